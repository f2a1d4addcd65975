//! What goes wrong on the wire on purpose: rules by operation, counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::WireOperation;

/// A rule: which operations it spoils, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireFault {
    /// Which operation; [`WireOperation::Connect`] spoils connections before anything is read.
    pub operation: WireOperation,
    /// How many of them it lets through first.
    pub skip: u32,
    /// How many it spoils then.
    pub count: u32,
    /// How.
    pub effect: WireEffect,
}

/// How an operation is spoiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireEffect {
    /// It is not performed; this LDAP result code and text are the answer.
    Code(u32, String),
    /// It is performed and never answered; the connection stays open.
    Hang,
    /// It is performed; the connection is reset in the middle of the answer.
    Reset,
    /// It is performed; the connection is closed in the middle of the answer.
    Truncate,
    /// It is performed; the answer is no LDAP message.
    Malform,
    /// It is performed; the answer comes in pieces of so many octets with a pause of the machine's time before each.
    Drip {
        /// Octets of a piece; at least one.
        octets: usize,
        /// The pause before each.
        pause: Duration,
    },
}

/// The rules of one controller; clones share them. A rule is spent when it has spoiled its count.
#[derive(Clone, Debug, Default)]
pub struct WireFaults {
    rules: Arc<Mutex<Vec<Rule>>>,
    /// Whether a rule was ever injected: most controllers have none, and every operation asks.
    any: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Rule {
    fault: WireFault,
    met: u32,
    touched: u32,
}

impl WireFaults {
    /// Adds a rule; its place is what [`WireFaults::touched`] asks for. The earliest rule that applies is the one that
    /// spoils an operation.
    pub fn inject(&self, fault: WireFault) -> usize {
        let mut rules = self.lock();
        rules.push(Rule { fault, met: 0, touched: 0 });
        self.any.store(true, Ordering::Release);
        rules.len() - 1
    }

    /// How many operations a rule has spoiled: one that has touched nothing was injected in vain.
    pub fn touched(&self, place: usize) -> u32 {
        self.lock().get(place).map_or(0, |rule| rule.touched)
    }

    /// Ends every rule; what they have touched is still told.
    pub fn end(&self) {
        for rule in self.lock().iter_mut() {
            rule.fault.count = 0;
        }
    }

    /// Whether no rule was ever injected.
    pub(super) fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    pub(super) fn strike(&self, operation: WireOperation) -> Option<WireEffect> {
        let mut rules = self.lock();
        for rule in rules.iter_mut().filter(|rule| rule.fault.operation == operation) {
            rule.met = rule.met.saturating_add(1);
            if rule.met > rule.fault.skip && rule.touched < rule.fault.count {
                rule.touched += 1;
                return Some(rule.fault.effect.clone());
            }
        }
        None
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_spoils_its_count_after_what_it_skips() {
        let faults = WireFaults::default();
        let effect = WireEffect::Hang;
        let fault = WireFault { operation: WireOperation::Bind, skip: 1, count: 2, effect: effect.clone() };
        let place = faults.inject(fault);
        assert_eq!(faults.strike(WireOperation::Search), None);
        let struck: Vec<_> = (0..5).map(|_| faults.strike(WireOperation::Bind).is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert_eq!(faults.touched(place), 2);
        faults.inject(WireFault { operation: WireOperation::Bind, skip: 0, count: 9, effect });
        faults.end();
        assert_eq!(faults.strike(WireOperation::Bind), None);
    }
}
