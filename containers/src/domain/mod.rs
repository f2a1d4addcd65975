//! A whole domain of Samba controllers behind the port: a model beside it, and the controllers made to show what the
//! model says.

mod ages;
mod answers;
mod builder;
mod deliver;
mod drive;
mod ledger;
mod logon;
mod mirror;
mod own;
mod perform;
mod populate;
mod sysvol;
mod world;

pub use answers::{MODEL_ALONE, samba_knows};
pub use builder::*;
pub use drive::*;
pub use own::*;
pub use sysvol::folder as policy_folder;
pub(crate) use world::CONTROL;

use mockdc_mocks::SpecError;

use crate::{DirectoryError, LeverError};

/// Samba, or the way to it, is not as it has to be. That is no answer of a domain controller.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SambaError {
    /// The world cannot be built at all.
    #[error("the world is impossible: {0}")]
    Spec(#[from] SpecError),
    /// The world has more controllers than a fleet, or none that is the PDC. The remedy is a world with one PDC and at
    /// most three BDCs.
    #[error("a Samba domain has one PDC and at most {most} BDCs here, this world has {found} controllers")]
    Controllers {
        /// How many BDCs a fleet may have.
        most: usize,
        /// How many controllers the world has.
        found: usize,
    },
    /// A container does not do what it is told: look whether it runs (`docker ps -a`) and what it says (`docker logs`).
    #[error("{doing}: {problem}")]
    Lever {
        /// What was being done.
        doing: String,
        /// What went wrong.
        problem: LeverError,
    },
    /// A controller's directory does not let the backend itself work: look what the container says (`docker logs`).
    #[error("{doing}: {problem}")]
    Directory {
        /// What was being done.
        doing: String,
        /// What went wrong.
        problem: DirectoryError,
    },
    /// A container has started and does not get ready: the machine is too busy, or the container says why (`docker logs`).
    /// Another start may go well.
    #[error("starting the containers: {0}")]
    NotReady(String),
    /// The domain has been stopped, or the task that worked for it has ended.
    #[error("the Samba domain is not there any more: start another")]
    Stopped,
}

impl SambaError {
    fn lever(doing: impl Into<String>) -> impl FnOnce(LeverError) -> SambaError {
        let doing = doing.into();
        |problem| SambaError::Lever { doing, problem }
    }

    fn directory(doing: impl Into<String>) -> impl FnOnce(DirectoryError) -> SambaError {
        let doing = doing.into();
        |problem| SambaError::Directory { doing, problem }
    }
}
