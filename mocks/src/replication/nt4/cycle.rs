//! The notification engine of the PDC (Q244382, Q142692): cycles, places, time-outs.

use super::{Nt4, Timer};
use crate::replication::ReplicationContext;
use crate::{Fact, Nt4Spec, SimTime, Slots, Span, SyncKind, SyncReason};

/// Where the engine stands.
#[derive(Debug)]
pub(super) struct Engine {
    /// When the next cycle begins. When nothing lags a cycle takes no time, so that whole pulses may be added.
    next: SimTime,
    /// Where on the circular list the next cycle starts.
    position: usize,
    /// BDCs that have been told and not yet come to an end.
    taken: usize,
    round: Option<Round>,
}

/// A walk round the circular list.
#[derive(Debug)]
struct Round {
    /// Which BDC is looked at next.
    cursor: usize,
    /// How many are still to be looked at.
    left: usize,
    /// Whether further places of the batch may be filled.
    filling: bool,
    reason: SyncReason,
}

impl Engine {
    pub(super) fn new(spec: &Nt4Spec) -> Engine {
        let next = SimTime::START + spec.first_pulse.unwrap_or(spec.pulse);
        Engine { next, position: 0, taken: 0, round: None }
    }

    /// The beginning of the first cycle after `now`.
    fn next_after(&self, now: SimTime, pulse: Span) -> SimTime {
        if self.next > now {
            return self.next;
        }
        let passed = now.since(self.next).as_millis() / pulse.as_millis() + 1;
        self.next + pulse.times(passed)
    }
}

impl Nt4 {
    /// Sees to it that the engine wakes at the next cycle that has something to do.
    pub(super) fn schedule(&mut self, now: SimTime) {
        if self.engine.round.is_some() || self.bdcs.is_empty() {
            return;
        }
        let pulse = self.pulse();
        self.engine.next = self.engine.next_after(now, pulse);
        let lagging = (0..self.bdcs.len()).any(|bdc| self.lags(bdc));
        let wake = match self.bdcs.iter().map(|bdc| bdc.told).min() {
            Some(told) if !lagging => {
                // The last cycle from which waiting for another would be longer than the pulse maximum allows.
                let beyond = told + self.spec.pulse_maximum - pulse;
                self.engine.next_after(beyond.max(now), pulse)
            }
            _ => self.engine.next,
        };
        self.timers.arm(Timer::Cycle, wake);
    }

    /// Something has been committed: every BDC lags, and the next cycle is not empty.
    pub(super) fn await_next_cycle(&mut self, now: SimTime) {
        if self.engine.round.is_none() {
            self.engine.next = self.engine.next_after(now, self.pulse());
            self.timers.arm_by(Timer::Cycle, self.engine.next);
        }
    }

    /// Begins a cycle. The next begins a pulse after this one began, or when this one ends if that is later.
    pub(super) fn begin_cycle(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        self.engine.next = now + self.pulse();
        if !context.up(self.pdc) {
            self.timers.arm(Timer::Cycle, self.engine.next);
            return;
        }
        self.begin_round(now, SyncReason::Notification, context);
    }

    /// Tells every lagging BDC at once, or adds them to the cycle that is under way. The rhythm of the pulses stays.
    pub(super) fn announce(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        let all = self.bdcs.len();
        match &mut self.engine.round {
            Some(round) => {
                round.left = all;
                round.reason = SyncReason::Urgent;
                self.fill_places(now, context);
            }
            None => self.begin_round(now, SyncReason::Urgent, context),
        }
    }

    fn begin_round(&mut self, now: SimTime, reason: SyncReason, context: &mut ReplicationContext<'_>) {
        let (cursor, left) = (self.engine.position, self.bdcs.len());
        self.engine.round = Some(Round { cursor, left, filling: true, reason });
        self.fill_places(now, context);
    }

    /// Walks on as long as there are places; ends the round when all have been looked at and all places are free.
    fn fill_places(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        loop {
            let concurrency = self.spec.pulse_concurrency.max(1) as usize;
            let taken = self.engine.taken;
            let Some(round) = &mut self.engine.round else { return };
            if round.left == 0 {
                if taken == 0 {
                    break;
                }
                return;
            }
            if self.spec.slots == Slots::Batch {
                round.filling = taken == 0 || (round.filling && taken < concurrency);
            }
            if taken >= concurrency || !round.filling {
                return;
            }
            let (bdc, reason) = (round.cursor, round.reason);
            round.cursor = (bdc + 1) % self.bdcs.len();
            round.left -= 1;
            let overdue = reason == SyncReason::Notification
                && self.bdcs[bdc].told + self.spec.pulse_maximum < self.engine.next;
            if !self.bdcs[bdc].has_place && (overdue || self.lags(bdc)) {
                self.tell(now, bdc, reason, context);
            }
        }
        self.engine.round = None;
        if self.engine.next <= now && context.up(self.pdc) {
            self.begin_cycle(now, context);
        } else {
            self.schedule(now);
        }
    }

    /// Pulses one BDC. One that is up to date has nothing to ask for and takes no place.
    fn tell(&mut self, now: SimTime, bdc: usize, reason: SyncReason, context: &mut ReplicationContext<'_>) {
        self.engine.position = (bdc + 1) % self.bdcs.len();
        let lags = self.lags(bdc);
        if lags {
            self.bdcs[bdc].has_place = true;
            self.engine.taken += 1;
            self.timers.arm(Timer::Slot(bdc), now + self.spec.pulse_timeout1);
        }
        self.notify(now, bdc, SyncKind::Partial, reason, context);
    }

    /// Tells one BDC outside of the cycle, as Server Manager does with the whole domain (Q149664).
    pub(super) fn summon(
        &mut self,
        now: SimTime,
        bdc: usize,
        kind: SyncKind,
        context: &mut ReplicationContext<'_>,
    ) {
        self.notify(now, bdc, kind, SyncReason::Forced, context);
    }

    fn notify(
        &mut self,
        now: SimTime,
        bdc: usize,
        kind: SyncKind,
        reason: SyncReason,
        context: &mut ReplicationContext<'_>,
    ) {
        self.bdcs[bdc].told = now;
        let dc = self.bdcs[bdc].dc;
        let to = context.controllers.name(dc).clone();
        context.fact(now, self.pdc, Fact::Notified { to });
        if context.reaches(now, self.pdc, dc) {
            self.answer_later(now, bdc, kind, reason, context);
        }
    }

    /// A BDC is done, or the PDC has waited long enough: the next one may be told.
    pub(super) fn free_place(&mut self, now: SimTime, bdc: usize, context: &mut ReplicationContext<'_>) {
        self.timers.disarm(Timer::Slot(bdc));
        if std::mem::take(&mut self.bdcs[bdc].has_place) {
            self.engine.taken -= 1;
            self.fill_places(now, context);
        }
    }

    /// The PDC goes down: whom it had told is forgotten; cycles go on by the clock when it is back.
    pub(super) fn forget_round(&mut self) {
        for bdc in 0..self.bdcs.len() {
            self.timers.disarm(Timer::Slot(bdc));
            self.bdcs[bdc].has_place = false;
        }
        self.timers.disarm(Timer::Cycle);
        self.engine.taken = 0;
        self.engine.round = None;
    }

    fn pulse(&self) -> Span {
        self.spec.pulse.max(Span::millis(1))
    }
}
