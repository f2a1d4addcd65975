//! What faults make of a message that a client of LDAP sends to a controller.

use crate::fault::{Faults, Rule, Touch};
use crate::{FaultKind, HostName, SimTime, Span, Verb, Win32Error};

/// A message, as faults see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientMessage<'a> {
    /// The client's host; `None`: nobody knows it.
    pub(crate) from: Option<&'a HostName>,
    /// The controller.
    pub(crate) to: &'a HostName,
    /// The operations that it is; none for what no operation of the port says.
    pub(crate) verbs: &'a [Verb],
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessageFate {
    /// It is performed; its answer comes this much later.
    Performed {
        /// Added to the answer's time.
        delay: Span,
    },
    /// It gets lost, and so does what comes behind it; the client's system gives up after a time.
    Lost {
        /// After this.
        after: Span,
    },
    /// The operation at this place in the message is refused with a code, and nothing is performed.
    Refused {
        /// Which of [`ClientMessage::verbs`].
        verb: usize,
        /// The code.
        code: Win32Error,
    },
}

impl Faults {
    /// Whether there was ever a fault.
    pub(crate) fn are_any(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Whether a pause keeps a message to or from a paused host waiting. It is an occasion of that pause.
    pub(crate) fn pauses(&mut self, now: SimTime, message: &ClientMessage<'_>) -> bool {
        let mut paused = false;
        for rule in self.rules.iter_mut().filter(|rule| rule.open(now)) {
            let FaultKind::Pause { at } = &rule.spec.kind else { continue };
            if at != message.to && message.from != Some(at) {
                continue;
            }
            paused = true;
            if rule.meets() {
                self.touches.push(touch(now, rule, message, None));
            }
        }
        paused
    }

    /// What becomes of a message that gets to its controller. Each fault meets a message once, however many operations
    /// it is; they are asked in the order of the scenario, and the first that stops the message decides.
    pub(crate) fn message(&mut self, now: SimTime, message: &ClientMessage<'_>) -> MessageFate {
        let mut delay = Span::ZERO;
        for rule in self.rules.iter_mut().filter(|rule| rule.open(now)) {
            let fits = |verb: &Verb| rule.fits_call(message.from, message.to, verb);
            let place = message.verbs.iter().position(fits);
            let fate = match &rule.spec.kind {
                FaultKind::Slow { latency, .. } => {
                    let slowed = message.from.and_then(|from| rule.slows(from, message.to));
                    // There and back.
                    let added = latency.times(2);
                    if slowed.is_some() && message.from != Some(message.to) && rule.meets() {
                        self.touches.push(touch(now, rule, message, None));
                        delay = delay + added;
                    }
                    continue;
                }
                // One that names no operation loses also what is none.
                FaultKind::Drop { timeout, .. }
                    if place.is_some() || rule.drops_all(message.from, message.to) =>
                {
                    MessageFate::Lost { after: *timeout }
                }
                FaultKind::Refuse { code, .. } => match place {
                    Some(verb) => MessageFate::Refused { verb, code: *code },
                    None => continue,
                },
                _ => continue,
            };
            if rule.meets() {
                self.touches.push(touch(now, rule, message, place));
                return fate;
            }
        }
        MessageFate::Performed { delay }
    }
}

fn touch(at: SimTime, rule: &Rule, message: &ClientMessage<'_>, place: Option<usize>) -> Touch {
    let verb = message.verbs.get(place.unwrap_or_default()).map(Verb::kind);
    let what = verb.map_or_else(|| "a message".to_owned(), |verb| verb.to_string());
    let from = message.from.map_or("a client", HostName::as_str);
    let touched = format!("{what} from {from}");
    Touch { at, host: message.to.clone(), fault: rule.spec.name.clone(), touched }
}
