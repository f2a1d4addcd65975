//! Samba AD behind the port of `mockdc-mocks`.

pub mod codes;
mod difference;
mod directory;
mod domain;
mod levers;
mod logon;
mod nt_status;
mod refusal;
mod scale;

pub use codes::Act;
pub use difference::*;
pub use directory::*;
pub use domain::*;
pub use levers::*;
pub use logon::*;
pub use nt_status::*;
pub use refusal::*;
pub use scale::*;
