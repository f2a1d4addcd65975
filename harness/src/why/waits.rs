//! Why a wait ended.

use mockdc_mocks::{Fact, Span, StateKey};

use super::{Because, Inquiry, later};
use crate::report::instant;
use crate::timeline::{Event, EventKind, WaitEnd, WaitFor};

impl<'r> Inquiry<'r> {
    /// What ended a wait, and what became of that for which it was.
    pub(super) fn wait(
        &self,
        event: &'r Event,
        what: &WaitFor,
        how: WaitEnd,
        lasted: Span,
        depth: usize,
    ) -> Vec<Because> {
        let began = self.before(event.seq).find(|other| {
            other.actor == event.actor
                && matches!(&other.kind, EventKind::WaitBegan { what: of, .. } if of == what)
        });
        match how {
            WaitEnd::Met => self.met(event, what, began, depth),
            WaitEnd::TimedOut => self.timed_out(event, what, began, lasted),
            WaitEnd::Abandoned => self.abandoned(event),
        }
    }

    fn met(&self, event: &'r Event, what: &WaitFor, began: Option<&'r Event>, depth: usize) -> Vec<Because> {
        let Some(met) = self.before(event.seq).find(|other| happened(other, what)) else {
            return Vec::new();
        };
        let mut text = format!("what it waited for came about at {}", instant(met.at));
        if met.at < event.at {
            text += &format!("; it looked {}", later(met.at, event.at));
        }
        if began.is_some_and(|began| began.seq > met.seq) {
            text = format!("what it waited for was there when it began to wait, since {}", instant(met.at));
        }
        vec![Because::new(text, [met.seq]).and([self.of(met, depth.min(3))])]
    }

    fn timed_out(
        &self,
        event: &'r Event,
        what: &WaitFor,
        began: Option<&'r Event>,
        lasted: Span,
    ) -> Vec<Because> {
        let mut found = Vec::new();
        if let Some(began) = began
            && let EventKind::WaitBegan { limit: Some(limit), .. } = &began.kind
        {
            let text =
                format!("it began at {} and may last {limit}; it had lasted {lasted}", instant(began.at));
            found.push(Because::new(text, [began.seq, event.seq]));
        }
        match self.after(event.seq).find(|other| happened(other, what)) {
            Some(late) => {
                let text = format!(
                    "what it waited for came about only at {}, {}",
                    instant(late.at),
                    later(event.at, late.at)
                );
                let why = match &late.kind {
                    EventKind::Fact(Fact::State { version: Some(version), .. }) => {
                        self.arrival(late, *version)
                    }
                    _ => None,
                };
                found.push(Because::new(text, [late.seq]).and(why));
            }
            None => found.push(Because::new("what it waited for never came about in this run", [])),
        }
        found
    }

    fn abandoned(&self, event: &'r Event) -> Vec<Because> {
        let end =
            self.before(event.seq).take_while(|other| other.at == event.at).find(|other| match &other.kind {
                EventKind::Fact(Fact::Machine { up: false }) => other.host == event.host,
                EventKind::Fact(Fact::ProcessEnded { .. } | Fact::ServiceStopped { .. }) => {
                    other.host == event.host
                }
                EventKind::ActorEnded { .. } => other.actor == event.actor,
                _ => false,
            });
        end.map(|end| Because::new("whoever waited was ended", [end.seq]).and([self.of(end, 1)]))
            .into_iter()
            .collect()
    }
}

/// Whether an event is what was waited for.
fn happened(event: &Event, what: &WaitFor) -> bool {
    match (what, &event.kind) {
        (
            WaitFor::Account { account, at },
            EventKind::Fact(Fact::State { key: StateKey::Account { account: of }, value: Some(_), .. }),
        ) => event.host == *at && of.name() == account.name(),
        (WaitFor::Process { process }, EventKind::Fact(Fact::ProcessEnded { process: of, .. })) => {
            of == process
        }
        (WaitFor::Service { service, at }, EventKind::Fact(Fact::ServiceStopped { service: of, .. })) => {
            event.host == *at && of == service
        }
        _ => false,
    }
}
