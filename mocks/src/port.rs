//! The port: a caller performs an operation at a host and gets a reply or a Win32 error.

use futures::future::LocalBoxFuture;

use crate::{Answer, Caller, Operation};

/// Whoever can perform operations: the fake in virtual time, a wire client, or a double in a test.
///
/// Each call to another host authenticates anew, so that a deleted account is refused.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Port {
    /// Performs `operation` as `by`. The future is done when the caller would have its answer.
    fn call(&self, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Answer>;
}
