//! What a run on the wall clock is played against: the one seam between the driver and whoever performs operations.

use std::cell::RefCell;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use mockdc_mocks::{Caller, Domain, FactRecord, Operation, Outcome, SimTime};

/// A domain that the wall driver plays: it performs operations, moves by itself when it is told what time it is, and
/// says what happened.
///
/// It has no clock of its own. The driver has one thing under way at a time, so that an implementation sees
/// operations and advances in the order in which the virtual driver would make them. The scenario's clock stands still
/// until the future is done: the time that a backend takes is not the scenario's.
pub trait World {
    /// Performs `operation` as `by` at `now`. Everything that is due up to and including `now` happens first; what the
    /// operation brought about is among the facts when the future is done. [`Outcome::takes`] is the modelled latency,
    /// which the driver adds.
    fn call(&self, now: SimTime, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Performed>;

    /// Lets everything happen that is due up to and including `now`. The future is done when it can be seen.
    fn advance(&self, now: SimTime) -> LocalBoxFuture<'static, Result<(), Trouble>>;

    /// When the world next has something to do by itself.
    fn next_timeout(&self) -> Option<SimTime>;

    /// Takes what has happened since the last call, in order.
    fn drain_facts(&self) -> Vec<FactRecord>;
}

/// The outcome of an operation, or why the backend could give none.
pub type Performed = Result<Outcome, Trouble>;

/// The backend is not there any more: a container died, say. That is no answer of a domain controller, and it ends the
/// run. The text says what happened and what remedies it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

/// The domain model in this process, as a world.
#[derive(Clone)]
pub struct InProcess(Rc<RefCell<Domain>>);

impl InProcess {
    /// A world over this model.
    pub fn new(domain: Domain) -> InProcess {
        InProcess(Rc::new(RefCell::new(domain)))
    }
}

impl World for InProcess {
    fn call(&self, now: SimTime, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Performed> {
        let (domain, by) = (self.0.clone(), by.clone());
        async move { Ok(domain.borrow_mut().apply(now, &by, &operation)) }.boxed_local()
    }

    fn advance(&self, now: SimTime) -> LocalBoxFuture<'static, Result<(), Trouble>> {
        let domain = self.0.clone();
        async move {
            domain.borrow_mut().advance(now);
            Ok(())
        }
        .boxed_local()
    }

    fn next_timeout(&self) -> Option<SimTime> {
        self.0.borrow().next_timeout()
    }

    fn drain_facts(&self) -> Vec<FactRecord> {
        self.0.borrow_mut().drain_facts()
    }
}
