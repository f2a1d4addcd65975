//! All faults of a world, as calls, replication and machines meet them.

use std::collections::BTreeSet;

use crate::fault::Rule;
use crate::{FaultKind, FaultSpec, HostName, Name, Operation, SimTime, Span, VerbKind, Win32Error};

/// The faults of a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(super) rules: Vec<Rule>,
    /// Windows that open or close, the next one last.
    edges: Vec<(SimTime, Edge, usize)>,
    paused: BTreeSet<HostName>,
    /// How many windows have opened or closed.
    #[cfg(feature = "ldap")]
    turned: u64,
    pub(super) touches: Vec<Touch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Closes,
    Opens,
}

/// Something that a fault has touched: a fact in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touch {
    /// When.
    pub(crate) at: SimTime,
    /// At which host.
    pub(crate) host: HostName,
    /// The fault.
    pub(crate) fault: Name,
    /// What it touched, for people.
    pub(crate) touched: String,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallFate {
    /// It is performed; the caller waits this much longer.
    Performed {
        /// Added to the call's own time.
        delay: Span,
    },
    /// It never gets there, and the caller learns it after a time.
    Lost {
        /// After this.
        after: Span,
        /// With this.
        error: Win32Error,
    },
}

/// What a window's edge does to a machine or to the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FaultChange {
    /// The host goes down.
    Crash {
        /// The fault, for [`Faults::touch`] when the host was up.
        fault: Name,
        /// The host.
        host: HostName,
        /// Whether a controller forgets what it had not passed on.
        loses_unreplicated: bool,
    },
    /// The host is switched on again.
    Restart {
        /// The host.
        host: HostName,
    },
    /// The host's pause is over: what was due meanwhile happens now.
    Resumed {
        /// The host.
        host: HostName,
    },
    /// Traffic may take another course from now on.
    Network,
}

/// After how long a caller gives up a host that is paused or down: the usual time-out of a connection.
pub(crate) const CONNECT_TIMEOUT: Span = Span::secs(30);
/// The greatest difference of clocks that a logon of Active Directory tolerates: 5 minutes.
pub(crate) const CLOCK_TOLERANCE: Span = Span::mins(5);

impl Faults {
    /// The faults of a world at its start.
    pub(crate) fn new(specs: &[FaultSpec]) -> Faults {
        let rules: Vec<Rule> = specs.iter().map(Rule::new).collect();
        let mut edges = Vec::with_capacity(rules.len() * 2);
        for (at, rule) in rules.iter().enumerate() {
            if rule.from < rule.until {
                edges.push((rule.from, Edge::Opens, at));
                if rule.until < SimTime::NEVER {
                    edges.push((rule.until, Edge::Closes, at));
                }
            }
        }
        edges.sort_by(|a, b| b.cmp(a));
        Faults { rules, edges, ..Faults::default() }
    }

    /// Whether a fault has this name.
    pub(crate) fn is_known(&self, name: &Name) -> bool {
        self.rules.iter().any(|rule| rule.spec.name == *name)
    }

    /// Adds a fault whose window begins now or later.
    pub(crate) fn add(&mut self, spec: FaultSpec) {
        let rule = Rule::new(&spec);
        let place = self.rules.len();
        self.edges.push((rule.from, Edge::Opens, place));
        if rule.until < SimTime::NEVER {
            self.edges.push((rule.until, Edge::Closes, place));
        }
        self.edges.sort_by(|a, b| b.cmp(a));
        self.rules.push(rule);
    }

    /// Ends a fault now, or keeps it from beginning; says whether there was something to end.
    pub(crate) fn lift(&mut self, now: SimTime, name: &Name) -> bool {
        let lasts = |rule: &Rule| rule.spec.name == *name && rule.until > now;
        let Some(place) = self.rules.iter().position(lasts) else { return false };
        let rule = &mut self.rules[place];
        let began = rule.from <= now;
        rule.until = now;
        self.edges.retain(|(_, _, of)| *of != place);
        if began {
            self.edges.push((now, Edge::Closes, place));
            self.edges.sort_by(|a, b| b.cmp(a));
        }
        true
    }

    /// The faults whose windows are open.
    pub(crate) fn open_at(&self, now: SimTime) -> Vec<FaultSpec> {
        self.rules.iter().filter(|rule| rule.open(now)).map(|rule| rule.spec.clone()).collect()
    }

    /// How many windows have opened or closed so far.
    #[cfg(feature = "ldap")]
    pub(crate) fn turned(&self) -> u64 {
        self.turned
    }

    /// When the next window opens or closes.
    pub(crate) fn next_timeout(&self) -> Option<SimTime> {
        self.edges.last().map(|edge| edge.0)
    }

    /// Opens and closes the windows due up to and including `now`, and says what that does.
    pub(crate) fn advance(&mut self, now: SimTime) -> Vec<FaultChange> {
        let mut changes = Vec::new();
        while let Some((at, edge, rule)) = self.edges.pop_if(|edge| edge.0 <= now) {
            changes.extend(self.turn(at, edge, rule));
        }
        changes
    }

    fn turn(&mut self, at: SimTime, edge: Edge, rule: usize) -> Option<FaultChange> {
        #[cfg(feature = "ldap")]
        {
            self.turned += 1;
        }
        let rule = &self.rules[rule];
        match (&rule.spec.kind, edge) {
            (FaultKind::Partition { .. } | FaultKind::Hold { .. } | FaultKind::Slow { .. }, _) => {
                Some(FaultChange::Network)
            }
            (FaultKind::Pause { at: host }, Edge::Opens) => {
                self.paused.insert(host.clone());
                Some(FaultChange::Network)
            }
            (FaultKind::Pause { at: host }, Edge::Closes) => {
                let host = host.clone();
                // Another pause of the same host may last longer.
                let still = self.rules.iter().any(|rule| {
                    matches!(&rule.spec.kind, FaultKind::Pause { at: h } if *h == host) && rule.open(at)
                });
                if still {
                    return None;
                }
                self.paused.remove(&host);
                Some(FaultChange::Resumed { host })
            }
            (FaultKind::Crash { at: host, loses_unreplicated }, Edge::Opens) => Some(FaultChange::Crash {
                fault: rule.spec.name.clone(),
                host: host.clone(),
                loses_unreplicated: *loses_unreplicated,
            }),
            (FaultKind::Crash { at: host, .. }, Edge::Closes) => {
                Some(FaultChange::Restart { host: host.clone() })
            }
            (FaultKind::ClockSkew { at: host, by }, Edge::Opens) => {
                let touched = format!("the clock of {host}: {by}");
                let touch = Touch { at, host: host.clone(), fault: rule.spec.name.clone(), touched };
                self.touches.push(touch);
                None
            }
            (
                FaultKind::ClockSkew { .. }
                | FaultKind::Drop { .. }
                | FaultKind::Refuse { .. }
                | FaultKind::Wire(_)
                | FaultKind::ClosePort { .. },
                _,
            ) => None,
        }
    }

    /// What becomes of a call that `caller` makes now. The faults are asked in the order of the scenario; the first
    /// that stops the call decides.
    pub(crate) fn call(&mut self, now: SimTime, caller: &HostName, operation: &Operation) -> CallFate {
        let mut delay = Span::ZERO;
        if self.rules.is_empty() {
            return CallFate::Performed { delay };
        }
        let (host, verb) = (&operation.at, &operation.verb);
        let remote = caller != host;
        for rule in self.rules.iter_mut().filter(|rule| rule.open(now)) {
            let touched = |rule: &Rule| Touch {
                at: now,
                host: host.clone(),
                fault: rule.spec.name.clone(),
                touched: format!("{} from {caller}", verb.kind()),
            };
            let fate = match &rule.spec.kind {
                FaultKind::Partition { .. } if remote && rule.parts(caller, host) => {
                    Some(CallFate::Lost { after: Span::ZERO, error: unreachable(verb.kind()) })
                }
                FaultKind::Pause { at } if remote && at == host => {
                    Some(CallFate::Lost { after: CONNECT_TIMEOUT, error: unreachable(verb.kind()) })
                }
                // What runs on a paused host goes on when the pause ends; without an end it never does.
                FaultKind::Pause { at } if at == caller => {
                    if rule.meets() {
                        self.touches.push(touched(rule));
                        if rule.until == SimTime::NEVER {
                            let error = unreachable(verb.kind());
                            return CallFate::Lost { after: CONNECT_TIMEOUT, error };
                        }
                        delay = delay + rule.until.since(now);
                    }
                    continue;
                }
                FaultKind::Slow { latency, .. } if remote && rule.slows(caller, host).is_some() => {
                    // There and back.
                    let added = latency.times(2);
                    if rule.meets() {
                        self.touches.push(touched(rule));
                        delay = delay + added;
                    }
                    continue;
                }
                FaultKind::Drop { timeout, .. } if rule.fits_call(Some(caller), host, verb) => {
                    Some(CallFate::Lost { after: *timeout, error: Win32Error::SERVER_UNAVAILABLE })
                }
                FaultKind::Refuse { code, .. } if rule.fits_call(Some(caller), host, verb) => {
                    Some(CallFate::Lost { after: Span::ZERO, error: *code })
                }
                _ => None,
            };
            if let Some(fate) = fate
                && rule.meets()
            {
                self.touches.push(touched(rule));
                return fate;
            }
        }
        CallFate::Performed { delay }
    }

    /// Whether traffic of replication or authentication gets from one host to the other, pauses and crashes aside.
    pub(crate) fn reaches(&mut self, now: SimTime, from: &HostName, to: &HostName) -> bool {
        for rule in self.rules.iter_mut().filter(|rule| rule.open(now)) {
            if rule.parts(from, to) && rule.meets() {
                let touched = format!("traffic from {from} to {to}");
                let touch = Touch { at: now, host: to.clone(), fault: rule.spec.name.clone(), touched };
                self.touches.push(touch);
                return false;
            }
        }
        true
    }

    /// Whether hosts are parted now, without being an occasion: for what is only looked at.
    pub(crate) fn parted(&self, now: SimTime, from: &HostName, to: &HostName) -> bool {
        self.rules.iter().any(|rule| rule.open(now) && rule.parts(from, to))
    }

    /// Whether replication to a controller is held now.
    pub(crate) fn held(&mut self, now: SimTime, controller: &HostName) -> bool {
        for rule in self.rules.iter_mut().filter(|rule| rule.open(now)) {
            if !matches!(&rule.spec.kind, FaultKind::Hold { at } if at.contains(controller)) || !rule.meets()
            {
                continue;
            }
            self.touches.extend(rule.touches_once(now, controller, "replication to"));
            return true;
        }
        false
    }

    /// What slows traffic between two hosts now: latency one way, and a bound of the speed.
    pub(crate) fn slowed(&mut self, now: SimTime, a: &HostName, b: &HostName) -> Option<(Span, Option<u64>)> {
        let mut slowed: Option<(Span, Option<u64>)> = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.open(now)) {
            let Some((latency, bound)) = rule.slows(a, b) else { continue };
            if !rule.meets() {
                continue;
            }
            let touched = format!("traffic between {a} and {b}");
            let (host, fault) = (b.clone(), rule.spec.name.clone());
            self.touches.push(Touch { at: now, host, fault, touched });
            let (sum, least) = slowed.unwrap_or_default();
            slowed = Some((sum + latency, least.into_iter().chain(bound).min()));
        }
        slowed
    }

    /// Whether the host is paused.
    pub(crate) fn paused(&self, host: &HostName) -> bool {
        self.paused.contains(host)
    }

    /// Whether a crash of the host lasts.
    pub(crate) fn keeps_down(&self, now: SimTime, host: &HostName) -> bool {
        let crash = |rule: &Rule| matches!(&rule.spec.kind, FaultKind::Crash { at, .. } if at == host);
        self.rules.iter().any(|rule| rule.open(now) && crash(rule))
    }

    /// How far the host's clock is ahead now; negative: behind.
    pub(crate) fn skew(&self, now: SimTime, host: &HostName) -> Span {
        self.rules
            .iter()
            .filter(|rule| rule.open(now))
            .filter_map(|rule| match &rule.spec.kind {
                FaultKind::ClockSkew { at, by } if at == host => Some(*by),
                _ => None,
            })
            .fold(Span::ZERO, |sum, by| sum + by)
    }

    /// Whether the clocks of two hosts differ by more than a logon of Active Directory tolerates (2457).
    pub(crate) fn clocks_differ(&self, now: SimTime, a: &HostName, b: &HostName) -> bool {
        !self.rules.is_empty() && {
            let difference = self.skew(now, a) - self.skew(now, b);
            difference > CLOCK_TOLERANCE || difference < Span::ZERO - CLOCK_TOLERANCE
        }
    }

    /// States that a fault has touched a machine.
    pub(crate) fn touch(&mut self, at: SimTime, host: &HostName, fault: Name, touched: &str) {
        self.touches.push(Touch { at, host: host.clone(), fault, touched: touched.to_owned() });
    }

    /// Whether anything was touched since the last call of [`Faults::drain_touches`].
    pub(crate) fn have_touched(&self) -> bool {
        !self.touches.is_empty()
    }

    /// Takes what was touched since the last call, in order.
    pub(crate) fn drain_touches(&mut self) -> Vec<Touch> {
        std::mem::take(&mut self.touches)
    }
}

/// What a caller gets that cannot reach the host: 53 for shares and the files in them, 1722 for everything else.
pub(crate) fn unreachable(verb: VerbKind) -> Win32Error {
    match verb {
        VerbKind::ShareConnect | VerbKind::FileRead | VerbKind::FileWrite | VerbKind::FileDelete => {
            Win32Error::BAD_NETPATH
        }
        _ => Win32Error::SERVER_UNAVAILABLE,
    }
}
