//! The three methods by which a domain runs: apply, advance, next timeout.

use super::accounts::{done, refused};
use super::{Domain, Outcome, Principal, authorise};
use crate::fault::{CONNECT_TIMEOUT, CallFate, FaultChange, unreachable};
use crate::replication::{Network, ReplicationContext};
use crate::{Caller, Fact, HostName, Operation, SimTime, Span, Verb, Win32Error};

impl Domain {
    /// Performs an operation at `now`. Everything due up to and including `now` happens first.
    pub fn apply(&mut self, now: SimTime, by: &Caller, operation: &Operation) -> Outcome {
        self.advance(now);
        let now = self.now;
        let outcome = self.perform(now, by, operation);
        self.follow_locks();
        self.state_touches();
        // What the operation has set off without any delay happens before the caller sees the answer.
        self.advance(now);
        outcome
    }

    fn perform(&mut self, now: SimTime, by: &Caller, operation: &Operation) -> Outcome {
        let Operation { at, verb } = operation;
        let kind = verb.kind();
        if !self.hosts.contains_key(at) {
            return lost(unreachable(kind));
        }
        let remote = by.host != *at;
        // Whoever stands at a machine that is off can copy its disk. It asks for nobody's name.
        if !remote
            && self.wires.down.contains(at)
            && let Some(outcome) = self.snapshot_verb(now, at, verb)
        {
            return outcome;
        }
        if self.wires.down.contains(&by.host) {
            return lost(unreachable(kind));
        }
        // The caller's own system sees to its sessions, before anything travels.
        if let Verb::ShareDisconnect {} = verb {
            return done(self.disconnect(&by.host, at));
        }
        if let Err(error) = self.may_connect(by, at, verb) {
            return lost(error);
        }
        let mut takes = match self.wires.faults.call(now, &by.host, operation) {
            CallFate::Performed { delay } => delay,
            CallFate::Lost { after, error } => {
                return Outcome { takes: after, ..lost(error) };
            }
        };
        if self.wires.down.contains(at) {
            return Outcome { takes: CONNECT_TIMEOUT, ..lost(unreachable(kind)) };
        }
        if remote {
            takes = takes + self.wires.latency(now, &by.host, at).times(2);
        }
        let outcome = match self.identify(now, by, at) {
            Err(error) => refused(error),
            Ok(principal) if !authorise::may(&principal, verb) => refused(Win32Error::ACCESS_DENIED),
            Ok(principal) => self.dispatch(now, by, &principal, at, verb),
        };
        if outcome.answer.is_ok() {
            self.connected(by, at, verb);
        }
        Outcome { takes: takes + outcome.takes, ..outcome }
    }

    fn dispatch(
        &mut self,
        now: SimTime,
        by: &Caller,
        principal: &Principal,
        at: &HostName,
        verb: &Verb,
    ) -> Outcome {
        if let Some(outcome) = self.policy_verb(now, at, verb) {
            return outcome;
        }
        if let Some(outcome) = self.channel_verb(now, at, verb) {
            return outcome;
        }
        if let Some(outcome) = self.membership_verb(now, by, at, verb) {
            return outcome;
        }
        if let Some(outcome) = self.account_verb(now, at, verb) {
            self.rights_may_have_changed(now, at, verb);
            return outcome;
        }
        if let Some(outcome) = self.machine_verb(now, by, principal, at, verb) {
            return outcome;
        }
        if let Some(outcome) = self.snapshot_verb(now, at, verb) {
            return outcome;
        }
        match verb {
            Verb::Logon { credentials, logon } => done(self.logon(now, credentials, at, &by.host, *logon)),
            Verb::DcFind { domain, primary } => {
                done(self.find_controller(now, at, domain.as_ref(), *primary))
            }
            Verb::Synchronize { full } => done(self.synchronize(now, at, *full, false)),
            Verb::SynchronizeDomain { full } => done(self.synchronize(now, at, *full, true)),
            _ => refused(Win32Error::NOT_SUPPORTED),
        }
    }

    /// Lets everything happen that is due up to and including `now`.
    pub fn advance(&mut self, now: SimTime) {
        while let Some(due) = self.next_timeout().filter(|due| *due <= now) {
            // What is overdue happens now: facts never run backwards.
            let at = due.max(self.now);
            self.now = at;
            self.step(at);
        }
        self.now = self.now.max(now);
        self.state_touches();
    }

    /// When the model next has something to do by itself.
    pub fn next_timeout(&self) -> Option<SimTime> {
        [
            self.wires.faults.next_timeout(),
            self.wires.wakes.first().copied(),
            self.model.next_timeout(),
            self.policies.next_timeout(),
            self.machines.next_timeout(),
            self.next_unlock(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What is due at one instant: faults first, then replication, then machines.
    fn step(&mut self, at: SimTime) {
        while self.wires.wakes.first().is_some_and(|due| *due <= at) {
            self.wires.wakes.pop_first();
        }
        if self.wires.faults.next_timeout().is_some_and(|due| due <= at) {
            for change in self.wires.faults.advance(at) {
                self.fault_changed(at, change);
            }
        }
        if self.model.next_timeout().is_some_and(|due| due <= at) {
            let mut context = ReplicationContext {
                controllers: &mut self.controllers,
                network: &mut self.wires,
                facts: &mut self.facts,
            };
            self.model.advance(at, &mut context);
            self.controllers_may_have_other_rights(at);
        }
        self.follow_locks();
        if self.next_unlock().is_some_and(|due| due <= at) {
            self.advance_unlocks(at);
        }
        if self.machines.next_timeout().is_some_and(|due| due <= at) {
            self.advance_machines(at);
        }
        if self.policies.next_timeout().is_some_and(|due| due <= at) {
            self.advance_policies(at);
        }
        self.follow_locks();
        self.state_touches();
    }

    fn fault_changed(&mut self, at: SimTime, change: FaultChange) {
        match change {
            FaultChange::Network | FaultChange::Resumed { .. } => {
                let mut context = ReplicationContext {
                    controllers: &mut self.controllers,
                    network: &mut self.wires,
                    facts: &mut self.facts,
                };
                self.model.network_changed(at, &mut context);
                self.state_reachability(at);
            }
            FaultChange::Crash { fault, host, loses_unreplicated } => {
                let boots = self.machines.find(&host).is_some_and(|machine| machine.boots_at().is_some());
                if !self.wires.down.contains(&host) {
                    self.wires.faults.touch(at, &host, fault, "the machine went down");
                    self.machine_down(at, &host, loses_unreplicated);
                } else if boots {
                    self.wires.faults.touch(at, &host, fault, "the machine went down while it was booting");
                    self.machines.take_down(at, &host, None, &mut self.facts);
                }
            }
            FaultChange::Restart { host } => self.machine_boots(at, &host),
        }
    }

    /// A machine goes down.
    pub(super) fn machine_down(&mut self, at: SimTime, host: &HostName, loses_unreplicated: bool) {
        self.wires.down.insert(host.clone());
        self.sessions.host_down(host);
        self.note_channel(at, host, None, None);
        self.machines.take_down(at, host, None, &mut self.facts);
        if let Some(dc) = self.controllers.index(host) {
            let mut context = ReplicationContext {
                controllers: &mut self.controllers,
                network: &mut self.wires,
                facts: &mut self.facts,
            };
            let lost = self.model.host_down(at, dc, loses_unreplicated, &mut context);
            self.controllers.take_back(at, dc, &lost, &mut self.facts);
        }
    }

    /// A machine that was down is switched on: it comes up after the time that it takes to boot, unless another crash
    /// keeps it down.
    fn machine_boots(&mut self, at: SimTime, host: &HostName) {
        let boot = self.machines.find(host).map_or(Span::ZERO, |machine| machine.boot);
        if self.wires.down.contains(host) && !self.wires.faults.keeps_down(at, host) {
            self.machines.boot_at(host, at + boot.max(Span::ZERO));
        }
    }

    /// A machine comes up again.
    pub(super) fn machine_up(&mut self, at: SimTime, host: &HostName) {
        if !self.wires.down.remove(host) {
            return;
        }
        self.machines.bring_up(at, host, &mut self.facts);
        self.netlogon_starts(host);
        if let Some(dc) = self.controllers.index(host).filter(|_| self.wires.replicates(host)) {
            let mut context = ReplicationContext {
                controllers: &mut self.controllers,
                network: &mut self.wires,
                facts: &mut self.facts,
            };
            self.model.host_up(at, dc, &mut context);
        }
        self.booted(at, host);
    }

    /// States what faults have touched since the last time.
    fn state_touches(&mut self) {
        if !self.wires.faults.have_touched() {
            return;
        }
        for touch in self.wires.faults.drain_touches() {
            let fact = Fact::FaultTouched { fault: touch.fault, touched: touch.touched };
            self.facts.push(touch.at.max(self.now), &touch.host, fact);
        }
    }
}

/// What never got to its host.
fn lost(error: Win32Error) -> Outcome {
    Outcome { arrived: false, ..refused(error) }
}
