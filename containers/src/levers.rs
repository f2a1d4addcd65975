//! What the backend asks of the containers, beside LDAP and SMB.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;

use crate::{Endpoint, Guid};

/// A controller's place in the fleet: 0 is the PDC, 1 the first BDC.
pub type Place = usize;

/// The rights that stand in one controller's own list, by security identifier.
pub type RightsBySid = BTreeMap<String, BTreeSet<String>>;

/// The files of a group policy object, by path with `/`.
pub type PolicyFiles = BTreeMap<String, Vec<u8>>;

/// A lever did not move what it should. The text says which, why, and what remedies it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LeverError(pub String);

/// The outcome of pulling a lever.
pub type Pulled<'a, T> = BoxFuture<'a, Result<T, LeverError>>;

/// The controllers as things that run, replicate and hold rights.
pub trait Levers: Send + Sync {
    /// How many controllers there are, the PDC included.
    fn controllers(&self) -> usize;

    /// Where a controller answers. It changes when the controller starts anew.
    fn endpoint(&self, at: Place) -> Endpoint;

    /// Brings everything of the directory from one controller to another.
    fn sync(&self, at: Place, from: Place) -> Pulled<'_, ()>;

    /// Brings one object, a tombstone too, from one controller to another.
    fn sync_object(&self, at: Place, from: Place, object: Guid) -> Pulled<'_, ()>;

    /// The rights in a controller's list.
    fn rights(&self, at: Place) -> Pulled<'_, RightsBySid>;

    /// Replaces the rights of one security identifier in a controller's list.
    fn set_rights(&self, at: Place, sid: &str, rights: &BTreeSet<String>) -> Pulled<'_, ()>;

    /// Writes attributes that depend on time into a controller's own copy of a user: no originating change. Instants
    /// are in steps of 100 ns since 1601.
    fn write_local(&self, at: Place, user: Guid, values: &[(&'static str, i64)]) -> Pulled<'_, ()>;

    /// The files of a group policy object, `{GUID}`, in a controller's SYSVOL; `None` without its folder.
    fn policy_files(&self, at: Place, policy: &str) -> Pulled<'_, Option<PolicyFiles>>;

    /// Makes the folder of a group policy object hold exactly these files.
    fn set_policy_files(&self, at: Place, policy: &str, files: &PolicyFiles) -> Pulled<'_, ()>;

    /// Cuts all traffic between two controllers.
    fn part(&self, one: Place, other: Place) -> Pulled<'_, ()>;

    /// Joins two controllers again.
    fn heal(&self, one: Place, other: Place) -> Pulled<'_, ()>;

    /// Lets a controller stand still.
    fn pause(&self, at: Place) -> Pulled<'_, ()>;

    /// Lets it go on.
    fn resume(&self, at: Place) -> Pulled<'_, ()>;

    /// Ends a controller without warning.
    fn crash(&self, at: Place) -> Pulled<'_, ()>;

    /// Starts it again and waits until it answers.
    fn restart(&self, at: Place) -> Pulled<'_, ()>;

    /// Ends and removes every controller.
    fn stop(&self) -> Pulled<'_, ()>;
}
