//! An actor's wait for an instant.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use mockdc_mocks::{SimTime, Span};

use super::stage::Stage;
use super::timers::TimerId;

/// A wait for an instant, by [`Ctx::sleep`](super::Ctx::sleep) and [`Ctx::sleep_until`](super::Ctx::sleep_until). Its
/// timer is armed at the first look and forgotten when the wait is given up.
pub struct Sleep<'a> {
    pub(super) stage: &'a Stage,
    pub(super) state: Sleeping,
}

/// How far a wait has got.
pub(super) enum Sleeping {
    /// It is to begin, for so long.
    For(Span),
    /// It is to begin, until then.
    Until(SimTime),
    /// Its timer is armed, or has fired since.
    Armed(TimerId, SimTime),
    /// It is over.
    Over,
}

impl Sleep<'_> {
    /// Begins to wait for an instant; over at once when it is past.
    fn begin(&mut self, at: SimTime, context: &Context<'_>) -> Poll<()> {
        if at <= self.stage.now() {
            self.state = Sleeping::Over;
            return Poll::Ready(());
        }
        let wakes = self.stage.present.wakes(context.waker());
        self.state = Sleeping::Armed(self.stage.timers.borrow_mut().arm(at, wakes), at);
        Poll::Pending
    }
}

impl Future for Sleep<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.state {
            Sleeping::Armed(id, at) => {
                let mut timers = self.stage.timers.borrow_mut();
                if timers.is_armed(id) {
                    timers.renew(id, self.stage.present.wakes(context.waker()));
                    return Poll::Pending;
                }
                drop(timers);
                self.state = Sleeping::Over;
                self.stage.deadline_passed(at);
                Poll::Ready(())
            }
            Sleeping::For(span) => {
                let at = self.stage.now() + span;
                self.begin(at, context)
            }
            Sleeping::Until(at) => self.begin(at, context),
            Sleeping::Over => Poll::Ready(()),
        }
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Sleeping::Armed(id, _) = self.state {
            self.stage.timers.borrow_mut().disarm(id);
        }
    }
}
