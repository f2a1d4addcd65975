//! Samba AD behind the port of `mockdc-mocks`.
//!
//! A [`Fleet`] is a domain of real Samba controllers in containers, one primary and up to three backup domain
//! controllers, that starts in seconds, replicates only when it is told, and leaves nothing behind. [`Image`] is what
//! its containers run, built on the first use; an [`Agent`] in each container does what LDAP and SMB cannot. [`sweep`]
//! removes what runs that were killed left over, [`clean`] all that is ours.
//!
//! A [`SambaDomain`] is a fleet with the domain model beside it: each operation goes to both, Samba's answer counts, a
//! [`Difference`] is kept. Nothing moves by itself in Samba; when the model says that a controller has received
//! changes, exactly these are brought to it. A test builds one by [`SambaDomain::builder`]; whoever has a clock of its
//! own drives a [`DrivenSamba`].
//!
//! # What Samba answers and what the model answers alone
//!
//! Samba answers the verbs for which [`samba_knows`] is true, when they are performed at a controller: accounts but for
//! those of computers, groups, passwords, flags, account policy by LDAP ([`Directory`]), logons by a session set-up of
//! SMB ([`session`]), and account rights through the agent. The model alone answers everything else: accounts of
//! computers, whatever is asked of another machine, registry, services, processes, files, shares, effective rights,
//! group policy and restricted groups, and the codes in [`MODEL_ALONE`]: single mastering, names of 20 characters, logon
//! hours and workstations, clocks.
//! [`inexpressible`] says what of a world cannot be played at all, with the reason.
//!
//! Three things are done beside Samba because Windows does them and Samba does not: a wrong password at a BDC is asked
//! again at the PDC; the right to a type of logon is looked for in the rights that stand at that controller; and time,
//! which is the scenario's: the age of a password, an expiry and the windows of lockouts are written just before
//! Samba judges by them.
//!
//! Codes come from tables with their sources: [`codes`] for LDAP, [`NtStatus`] for SMB.

mod agent;
mod capability;
pub mod codes;
mod difference;
mod directory;
mod domain;
mod engine;
mod fleet;
mod fleet_levers;
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
pub use capability::*;
pub use codes::Act;
pub use difference::*;
pub use directory::*;
pub use domain::*;
pub use engine::{Engine, EngineError};
pub use fleet::{DOMAIN, DOMAIN_SID, Fleet, FleetError, FleetOptions, PASSWORD, REALM, controller};
pub use fleet_levers::*;
pub use image::{Image, ImageError};
pub use levers::*;
pub use logon::*;
pub use nt_status::*;
pub use refusal::*;
pub use scale::*;
pub use sweep::{Cleaning, Removed, clean, sweep};
pub use testing::docker_for_tests;
pub use watchdog::leave_signals_to_the_program;
