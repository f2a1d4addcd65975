//! Why something came about: answers from the timeline alone, each naming the events that it stands on.
//!
//! [`why`] takes an event and gives a [`Because`]: a sentence, the events that show it, and what led to that.

mod accounts;
mod policy;
mod waits;

use mockdc_mocks::{AccountName, Fact, HostName, Name, SimTime, StateKey, Value, Win32Error};
use serde::Serialize;

use crate::report::{code_text, describe, instant};
use crate::timeline::{ActorId, Event, EventKind, Role, Timeline};

/// How far an answer goes back.
const DEEPEST: usize = 8;

/// A sentence about an event, and what led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Because {
    /// What was so.
    pub text: String,
    /// The events that show it.
    pub events: Vec<u64>,
    /// What led to it.
    pub because: Vec<Because>,
}

impl Because {
    pub(self) fn new(text: impl Into<String>, events: impl IntoIterator<Item = u64>) -> Because {
        let mut events: Vec<u64> = events.into_iter().collect();
        events.sort_unstable();
        events.dedup();
        Because { text: text.into(), events, because: Vec::new() }
    }

    fn and(mut self, because: impl IntoIterator<Item = Because>) -> Because {
        for next in because {
            if !self.because.contains(&next) {
                self.because.push(next);
            }
        }
        self
    }

    /// The answer as lines, each set in below what it explains.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.add_lines(0, &mut lines);
        lines
    }

    fn add_lines(&self, depth: usize, lines: &mut Vec<String>) {
        let events: Vec<String> = self.events.iter().map(|seq| format!("#{seq}")).collect();
        let lead = if depth == 0 { "" } else { "because " };
        let shown = if events.is_empty() { String::new() } else { format!("  [{}]", events.join(" ")) };
        lines.push(format!("{}{lead}{}{shown}", "  ".repeat(depth), self.text));
        for next in &self.because {
            next.add_lines(depth + 1, lines);
        }
    }
}

/// Why the event with this number came about; `None` when the run has no such event.
pub fn why(run: &Timeline, seq: u64) -> Option<Because> {
    let event = run.events.get(usize::try_from(seq).ok()?)?;
    Some(Inquiry { run }.of(event, DEEPEST))
}

/// Who asks a run.
struct Inquiry<'r> {
    run: &'r Timeline,
}

impl<'r> Inquiry<'r> {
    /// The event with its explanation.
    fn of(&self, event: &'r Event, depth: usize) -> Because {
        let text = format!("{}  {}  {}", instant(event.at), event.host, describe(event));
        let told = Because::new(text, [event.seq]);
        if depth == 0 {
            return told;
        }
        told.and(self.reasons(event, depth - 1))
    }

    fn reasons(&self, event: &'r Event, depth: usize) -> Vec<Because> {
        let found = match &event.kind {
            EventKind::Call { .. } => self.call(event, depth),
            EventKind::WaitEnded { what, how, lasted } => self.wait(event, what, *how, *lasted, depth),
            EventKind::ComponentLaunched { component, code } if *code != 0 => {
                self.launch(event, component, depth)
            }
            EventKind::ComponentDue { account, needs, holds, .. } => {
                let lacking = needs.iter().filter(|right| !holds.contains(right));
                match account {
                    Some(account) => {
                        lacking.map(|right| self.right(event, &event.host, account, *right)).collect()
                    }
                    None => Vec::new(),
                }
            }
            EventKind::Fact(Fact::State { key, value, version }) => match (key, value) {
                (StateKey::Right { account, right }, None | Some(Value::Is(false))) => {
                    vec![self.right(event, &event.host, account, *right)]
                }
                (StateKey::Account { account }, None) => {
                    self.deletion(account.name(), event.seq, depth).into_iter().collect()
                }
                (StateKey::Component { component }, _) => self.status(event, component, depth),
                _ => version.and_then(|version| self.arrival(event, version)).into_iter().collect(),
            },
            EventKind::Fact(Fact::Replicated { version, .. }) => {
                self.arrival(event, *version).into_iter().collect()
            }
            EventKind::Fact(Fact::ServiceFailed { error, cause, .. }) => {
                self.logon(event, cause.unwrap_or(*error), None, depth)
            }
            EventKind::Fact(Fact::LogonRefused { account, error, .. }) => {
                self.logon(event, *error, Some(account), depth)
            }
            EventKind::AttemptEnded { client, code, .. } | EventKind::InstallEnded { client, code, .. }
                if *code != 0 =>
            {
                self.attempt(event, client, *code, depth)
            }
            EventKind::ActorEnded { code, .. } if *code != 0 => self.last_failure(event, *code, depth),
            EventKind::Log { .. } => self.log_line(event, depth),
            _ => Vec::new(),
        };
        if !found.is_empty() {
            return found;
        }
        // Nothing special is known of it: what led to it by the record itself.
        event
            .cause
            .and_then(|cause| self.event(cause))
            .map(|cause| self.of(cause, depth))
            .into_iter()
            .collect()
    }

    fn event(&self, seq: u64) -> Option<&'r Event> {
        self.run.events.get(usize::try_from(seq).ok()?)
    }

    /// Events before this one, the latest first.
    fn before(&self, seq: u64) -> impl Iterator<Item = &'r Event> + use<'r> {
        self.run.events.before(seq).rev()
    }

    /// Events after this one, in order.
    fn after(&self, seq: u64) -> impl Iterator<Item = &'r Event> + use<'r> {
        self.run.events.since(seq.saturating_add(1))
    }

    /// A fault that touched something at the same instant, shortly before.
    fn fault(&self, event: &Event) -> Option<Because> {
        self.before(event.seq).take_while(|other| other.at == event.at).take(8).find_map(|other| match &other
            .kind
        {
            EventKind::Fact(Fact::FaultTouched { fault, touched }) => {
                Some(Because::new(format!("the injected fault {fault} touched {touched}"), [other.seq]))
            }
            _ => None,
        })
    }

    /// The attempt failed because of the last call that was refused in it.
    fn attempt(&self, event: &'r Event, client: &HostName, code: u32, depth: usize) -> Vec<Because> {
        let began = self
            .before(event.seq)
            .find(|other| matches!(&other.kind, EventKind::AttemptBegan { client: of, .. } if of == client));
        let since = began.map_or(0, |began| began.seq);
        let refused = |other: &&&Event| {
            matches!(&other.kind, EventKind::Call { code: refused, .. } if *refused == code)
                && (other.host == *client || self.serves(other.actor, client))
        };
        let timed_out = |other: &&&Event| {
            matches!(&other.kind, EventKind::WaitEnded { how: crate::timeline::WaitEnd::TimedOut, .. })
                && (other.host == *client || self.serves(other.actor, client))
        };
        let within: Vec<&'r Event> = self.before(event.seq).take_while(|other| other.seq > since).collect();
        let failed = within.iter().find(refused).or_else(|| within.iter().find(timed_out));
        match failed {
            Some(failed) => vec![self.of(failed, depth)],
            None => {
                let ended = within.iter().find(|other| {
                    matches!(&other.kind, EventKind::ActorEnded { code: ended, .. } if *ended == code)
                });
                ended.map(|ended| self.of(ended, depth)).into_iter().collect()
            }
        }
    }

    fn serves(&self, actor: Option<ActorId>, client: &HostName) -> bool {
        let Some(actor) = actor else { return false };
        self.run.events.iter().any(|event| {
            event.actor == Some(actor)
                && matches!(&event.kind, EventKind::ActorStarted { subject, .. } if *subject == *client.as_str())
        })
    }

    /// The last call of an actor that was refused with its own code, or at all.
    fn last_failure(&self, event: &'r Event, code: u32, depth: usize) -> Vec<Because> {
        let own: Vec<&'r Event> = self
            .before(event.seq)
            .filter(|other| other.actor.is_some() && other.actor == event.actor)
            .collect();
        let same = own
            .iter()
            .find(|other| matches!(&other.kind, EventKind::Call { code: refused, .. } if *refused == code));
        let timed_out = || {
            own.iter().find(|other| {
                matches!(&other.kind, EventKind::WaitEnded { how, .. } if *how != crate::timeline::WaitEnd::Met)
            })
        };
        same.or_else(timed_out).map(|failed| self.of(failed, depth)).into_iter().collect()
    }

    /// A line says what its writer has just learned.
    fn log_line(&self, event: &'r Event, depth: usize) -> Vec<Because> {
        let telling = self.before(event.seq).find(|other| {
            other.actor == event.actor
                && other.actor.is_some()
                && matches!(
                    other.kind,
                    EventKind::Call { .. }
                        | EventKind::WaitEnded { .. }
                        | EventKind::WaitBegan { .. }
                        | EventKind::ComponentLaunched { .. }
                        | EventKind::ScriptStep { .. }
                )
        });
        let told = telling.map(|other| {
            Because::new("its writer had just done or learned this", []).and([self.of(other, depth)])
        });
        told.into_iter().collect()
    }

    fn status(&self, event: &'r Event, component: &Name, depth: usize) -> Vec<Because> {
        let refused = self.before(event.seq).take_while(|other| other.at == event.at).find(|other| {
            other.host == event.host
                && matches!(&other.kind, EventKind::ComponentLaunched { code, .. } if *code != 0)
        });
        match refused {
            Some(refused) => vec![
                Because::new(format!("a component of {component} was not launched"), [refused.seq])
                    .and([self.of(refused, depth)]),
            ],
            None => Vec::new(),
        }
    }

    fn launch(&self, event: &'r Event, component: &Name, depth: usize) -> Vec<Because> {
        let due = self.before(event.seq).find(|other| {
            other.host == event.host
                && matches!(&other.kind, EventKind::ComponentDue { component: due, .. } if due == component)
        });
        due.map(|due| self.of(due, depth)).into_iter().collect()
    }

    /// What the caller of an event is called in sentences.
    fn actor(&self, event: &Event) -> String {
        crate::report::Cast::of(&self.run.events).role(event)
    }

    /// When a machine, a process or a loader that served this host last ended before the event.
    fn loader_end(&self, seq: u64) -> Option<&'r Event> {
        self.before(seq)
            .find(|other| matches!(other.kind, EventKind::ActorEnded { role: Role::BootLoader, .. }))
    }
}

/// A code as the end of a sentence.
fn answered(code: u32) -> String {
    code_text(code)
}

/// How much later, in words.
fn later(from: SimTime, to: SimTime) -> String {
    format!("{} later", to.since(from))
}

/// Whether an account goes by this name.
fn is(account: &AccountName, name: &Name) -> bool {
    account.name() == name
}

/// Codes that mean: the account or group is not there.
fn is_absence(error: Win32Error) -> bool {
    matches!(error.code(), 2221 | 2220 | 1376 | 1317 | 1319 | 1332 | 2236)
}

#[cfg(test)]
mod tests;
