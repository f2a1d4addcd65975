//! Rehearsals: one actor against any port, a double of a test among them.

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use mockdc_mocks::{Port, SimTime, Span};

use super::driver::Driver;
use super::stage::{ActorStart, Stage};
use super::{Ctx, Ending};
use crate::timeline::{EndReason, Events, Live};

/// Plays one actor in virtual time against a port.
pub struct Rehearsal {
    port: Rc<dyn Port>,
    limit: Span,
}

/// What came of a rehearsal.
pub struct Rehearsed {
    /// The actor's result; `None` when it had not ended.
    pub code: Option<u32>,
    /// Why the rehearsal ended.
    pub reason: EndReason,
    /// What happened.
    pub events: Events,
}

impl Rehearsal {
    /// Against `port`, for 30 days of virtual time at most.
    pub fn new(port: impl Port + 'static) -> Rehearsal {
        Rehearsal { port: Rc::new(port), limit: Span::days(30) }
    }

    /// Against the same port, for another length of virtual time.
    pub fn limit(self, limit: Span) -> Rehearsal {
        Rehearsal { limit, ..self }
    }

    /// Plays the actor to its end.
    pub fn play(
        self,
        start: ActorStart,
        run: impl FnOnce(Ctx) -> LocalBoxFuture<'static, u32> + 'static,
    ) -> Rehearsed {
        let stage = Stage::new(None, Live::default(), 1, 1_000_000);
        let host = start.host.clone();
        let id = stage.spawn(start, Box::new(run));
        let driver = Driver::with_port(stage, self.port);
        let Ending { events, reason, .. } = driver.run(SimTime::START + self.limit, host);
        let code = events.iter().find_map(|event| match event.kind {
            crate::timeline::EventKind::ActorEnded { code, .. } if event.actor == Some(id) => Some(code),
            _ => None,
        });
        Rehearsed { code, reason, events }
    }
}
