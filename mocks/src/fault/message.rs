//! What faults make of a message that a client of LDAP sends to a controller.

use crate::fault::{Faults, Rule, Touch};
use crate::{FaultKind, HostName, Occasions, PortOperation, SimTime, Span, Verb, Win32Error, WireEffect};

/// A message, as faults see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientMessage<'a> {
    /// The client's host; `None`: nobody knows it.
    pub(crate) from: Option<&'a HostName>,
    /// The controller.
    pub(crate) to: &'a HostName,
    /// The operations that it is; none for what no operation of the port says.
    pub(crate) verbs: &'a [Verb],
    /// What it asks of the port; `None`: nothing that is answered.
    pub(crate) operation: Option<PortOperation>,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessageFate {
    /// It is performed; its answer comes this much later.
    Performed {
        /// Added to the answer's time.
        delay: Span,
        /// What becomes of the answer then.
        effect: Option<WireEffect>,
    },
    /// This LDAP result is the answer, and nothing is performed.
    Answered {
        /// The result's number.
        code: u32,
        /// Its text.
        text: String,
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

    /// The pauses that keep a message to or from a paused host waiting: it is an occasion of each of them.
    pub(crate) fn pauses(&mut self, now: SimTime, message: &ClientMessage<'_>) -> Vec<usize> {
        let mut kept = Vec::new();
        for (place, rule) in self.rules.iter_mut().enumerate() {
            if rule.open(now) && is_pause(rule, message) && rule.meets() {
                self.touches.push(touch(now, rule, message, None));
                kept.push(place);
            }
        }
        kept
    }

    /// Whether a message waits for the end of a pause: one of those that it was an occasion of, or one that touches
    /// every occasion.
    pub(crate) fn waits(&self, now: SimTime, message: &ClientMessage<'_>, kept: &[usize]) -> bool {
        self.rules.iter().enumerate().any(|(place, rule)| {
            rule.open(now)
                && is_pause(rule, message)
                && (rule.spec.count == Occasions::All || kept.contains(&place))
        })
    }

    /// What becomes of a connection, before anything is read from it.
    pub(crate) fn connection(&mut self, now: SimTime, message: &ClientMessage<'_>) -> Option<WireEffect> {
        let mut fate = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.open(now)) {
            let Some(effect) = spoils(rule, message) else { continue };
            if rule.meets() && fate.is_none() {
                self.touches.push(touch(now, rule, message, None));
                fate = Some(effect);
            }
        }
        fate
    }

    /// Whether the ports of a controller are closed now; each fault that closes them touches them once.
    pub(crate) fn closes_port(&mut self, now: SimTime, controller: &HostName) -> bool {
        let mut closed = false;
        for rule in self.rules.iter_mut().filter(|rule| rule.open(now)) {
            let FaultKind::ClosePort { at } = &rule.spec.kind else { continue };
            if !at.is_empty() && !at.contains(controller) {
                continue;
            }
            closed = true;
            self.touches.extend(rule.touches_once(now, controller, "the ports of"));
        }
        closed
    }

    /// A client whose connection was there when the ports were closed is reset: it is an occasion of each fault that
    /// closes them. Whom the system refuses is seen by nobody.
    pub(crate) fn turns_away(&mut self, now: SimTime, message: &ClientMessage<'_>) {
        for rule in self.rules.iter_mut().filter(|rule| rule.open(now)) {
            let FaultKind::ClosePort { at } = &rule.spec.kind else { continue };
            if at.is_empty() || at.contains(message.to) {
                self.touches.push(touch(now, rule, message, None));
            }
        }
    }

    /// What becomes of a message that gets to its controller. Each fault meets a message once, however many operations
    /// it is; they are asked in the order of the scenario, and the first that stops the message decides. What is on the
    /// wire counts every message of its operation, also one that another has stopped.
    pub(crate) fn message(&mut self, now: SimTime, message: &ClientMessage<'_>) -> MessageFate {
        let (mut delay, mut spoilt, mut decided) = (Span::ZERO, None, None);
        for rule in self.rules.iter_mut().filter(|rule| rule.open(now)) {
            if let Some(effect) = spoils(rule, message) {
                if !rule.meets() || decided.is_some() || spoilt.is_some() {
                    continue;
                }
                self.touches.push(touch(now, rule, message, None));
                match effect {
                    WireEffect::Result { code, text } => decided = Some(MessageFate::Answered { code, text }),
                    WireEffect::Hang { lasts: Some(lasts) } => delay = delay + lasts,
                    effect => spoilt = Some(effect),
                }
                continue;
            }
            if decided.is_some() {
                continue;
            }
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
                decided = Some(fate);
            }
        }
        decided.unwrap_or(MessageFate::Performed { delay, effect: spoilt })
    }
}

fn is_pause(rule: &Rule, message: &ClientMessage<'_>) -> bool {
    matches!(&rule.spec.kind, FaultKind::Pause { at } if at == message.to || message.from == Some(at))
}

/// How a fault on the wire spoils what a message asks.
fn spoils(rule: &Rule, message: &ClientMessage<'_>) -> Option<WireEffect> {
    let FaultKind::Wire(wire) = &rule.spec.kind else { return None };
    wire.covers(message.to, message.operation?).then(|| wire.effect.clone())
}

fn touch(at: SimTime, rule: &Rule, message: &ClientMessage<'_>, place: Option<usize>) -> Touch {
    let verb = message.verbs.get(place.unwrap_or_default()).map(Verb::kind);
    let at_the_port = matches!(rule.spec.kind, FaultKind::Wire(_) | FaultKind::ClosePort { .. });
    let asked = message.operation.filter(|_| at_the_port);
    let what = match (asked, verb) {
        (Some(asked), _) => asked.as_str().to_owned(),
        (None, Some(verb)) => verb.to_string(),
        (None, None) => "a message".to_owned(),
    };
    let from = message.from.map_or("a client", HostName::as_str);
    let touched = format!("{what} from {from}");
    Touch { at, host: message.to.clone(), fault: rule.spec.name.clone(), touched }
}
