//! Samba AD behind the port of `mockdc-mocks`.
//!
//! A [`Fleet`] is a domain of real Samba controllers in containers, one primary and up to three backup domain
//! controllers, that starts in seconds, replicates only when it is told, and leaves nothing behind. [`Image`] is what
//! its containers run, built on the first use; an [`Agent`] in each container does what LDAP and SMB cannot. [`sweep`]
//! removes what runs that were killed left over, [`clean`] all that is ours.

mod agent;
pub mod codes;
mod difference;
mod directory;
mod domain;
mod engine;
mod fleet;
mod image;
mod levers;
mod logon;
mod nt_status;
mod owner;
mod refusal;
mod scale;
mod sweep;
mod testing;
mod watchdog;

pub use agent::{Agent, AgentError, Context, Status};
pub use codes::Act;
pub use difference::*;
pub use directory::*;
pub use domain::*;
pub use engine::{Engine, EngineError};
pub use fleet::{DOMAIN, DOMAIN_SID, Fleet, FleetError, FleetOptions, PASSWORD, REALM, controller};
pub use image::{Image, ImageError};
pub use levers::*;
pub use logon::*;
pub use nt_status::*;
pub use refusal::*;
pub use scale::*;
pub use sweep::{Removed, clean, clean_with_images, sweep};
pub use testing::docker_for_tests;
pub use watchdog::leave_signals_to_the_program;
