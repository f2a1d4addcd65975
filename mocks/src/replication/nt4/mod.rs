//! Netlogon replication of Windows NT 4.0 (FACTS.md, "Windows NT 4.0 replication").
//!
//! One controller writes. It logs a reference to every change, tells lagging backup domain controllers in cycles of a
//! pulse, and answers their requests with the objects as they are by then.

mod change_log;
mod cost;
mod cycle;
mod restore;
#[cfg(test)]
mod tests;
mod transfer;

pub(crate) use restore::Kept;

use change_log::ChangeLog;
use cycle::Engine;
use transfer::Bdc;

use super::{ReplicaState, ReplicationContext, ReplicationModel, Timers};
use crate::directory::{Commit, Controllers, DcIndex};
use crate::{
    Answer, ChangeKind, DcRole, DcSpec, Invocation, Nt4Spec, Reply, SimTime, Stream, Streams, SyncKind,
    SyncReason, Version, Win32Error,
};

/// The model: the PDC's change log and notification engine, and what each BDC is about.
#[derive(Debug)]
pub(crate) struct Nt4 {
    spec: Nt4Spec,
    pdc: DcIndex,
    log: ChangeLog,
    engine: Engine,
    /// The circular list that the engine walks: reverse alphabetical (Q244382).
    bdcs: Vec<Bdc>,
    timers: Timers<Timer>,
}

/// What the model waits for. At one instant a BDC's request comes before the end of its time-out, and both before the
/// next cycle: a deadline is inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// The next step of a BDC's synchronisation.
    Session(usize),
    /// The end of the PDC's patience with a BDC that it has told.
    Slot(usize),
    /// The beginning of a cycle.
    Cycle,
}

impl Nt4 {
    /// The model for these controllers, one of which is the PDC.
    pub(crate) fn new(spec: &Nt4Spec, dcs: &[DcSpec], streams: Streams) -> Nt4 {
        Nt4::serving(spec, dcs, streams, |_| true)
    }

    /// The model for the PDC and some of the other controllers.
    pub(crate) fn serving(
        spec: &Nt4Spec,
        dcs: &[DcSpec],
        streams: Streams,
        serves: impl Fn(DcIndex) -> bool,
    ) -> Nt4 {
        let pdc = dcs.iter().position(|dc| dc.role == DcRole::Pdc).unwrap_or(0);
        let mut bdcs: Vec<Bdc> = dcs
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != pdc && serves(DcIndex(*index as u16)))
            .map(|(index, dc)| {
                let own = dc.nt4.as_ref().unwrap_or(&spec.bdc).clone();
                Bdc::new(DcIndex(index as u16), own, streams.child(dc.name.as_str()).draws())
            })
            .collect();
        bdcs.sort_by(|a, b| dcs[usize::from(b.dc.0)].name.cmp(&dcs[usize::from(a.dc.0)].name));
        let mut model = Nt4 {
            spec: spec.clone(),
            pdc: DcIndex(pdc as u16),
            log: ChangeLog::new(spec.change_log_size),
            engine: Engine::new(spec),
            bdcs,
            timers: Timers::default(),
        };
        model.schedule(SimTime(-1));
        model
    }

    /// Writes a change that the PDC has, wherever it was made, into its log; its BDCs will be told.
    pub(crate) fn log(&mut self, now: SimTime, commit: &Commit, context: &mut ReplicationContext<'_>) {
        self.log.append(commit.stream, commit.version);
        if self.bdcs.is_empty() {
            return;
        }
        if urgent(&self.spec, commit.change) {
            self.announce(now, context);
        } else {
            self.await_next_cycle(now);
        }
    }

    /// The PDC has come back without these changes, some of which its BDCs may have: they read everything anew.
    pub(crate) fn forget(&mut self, lost: &[Version]) {
        self.log.forget(lost);
        let serials = self.log.serials();
        for bdc in &mut self.bdcs {
            bdc.wants_full = true;
            for (has, serial) in bdc.has.iter_mut().zip(serials) {
                *has = (*has).min(serial);
            }
        }
    }

    /// The place of a controller on the circular list; `None` for the PDC.
    fn place(&self, dc: DcIndex) -> Option<usize> {
        self.bdcs.iter().position(|bdc| bdc.dc == dc)
    }

    fn lags(&self, bdc: usize) -> bool {
        let bdc = &self.bdcs[bdc];
        bdc.wants_full || bdc.has != self.log.serials()
    }
}

impl ReplicationModel for Nt4 {
    fn writable(&self, at: DcIndex) -> bool {
        at == self.pdc
    }

    fn next_serial(&mut self, _at: DcIndex, stream: Stream) -> u64 {
        self.log.serial(stream) + 1
    }

    fn urgent(&self, change: ChangeKind) -> bool {
        urgent(&self.spec, change)
    }

    fn committed(&mut self, now: SimTime, commit: &Commit, context: &mut ReplicationContext<'_>) {
        if commit.origin == self.pdc {
            self.log(now, commit, context);
        }
    }

    fn next_timeout(&self) -> Option<SimTime> {
        self.timers.next()
    }

    fn advance(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        while let Some((at, timer)) = self.timers.pop(now) {
            match timer {
                Timer::Session(bdc) => {
                    let _ = self.step(at, bdc, context);
                }
                Timer::Slot(bdc) => self.free_place(at, bdc, context),
                Timer::Cycle => self.begin_cycle(at, context),
            }
        }
    }

    fn synchronize(
        &mut self,
        now: SimTime,
        at: DcIndex,
        full: bool,
        context: &mut ReplicationContext<'_>,
    ) -> Answer {
        match self.place(at) {
            Some(bdc) => match self.ask(now, bdc, sync_kind(full), SyncReason::Forced, context) {
                Some(error) => Err(error),
                None => Ok(Reply::Done),
            },
            None => self.synchronize_domain(now, at, full, context),
        }
    }

    fn synchronize_domain(
        &mut self,
        now: SimTime,
        by: DcIndex,
        full: bool,
        context: &mut ReplicationContext<'_>,
    ) -> Answer {
        if by != self.pdc && !context.reaches(now, by, self.pdc) {
            return Err(Win32Error::SERVER_UNAVAILABLE);
        }
        for bdc in 0..self.bdcs.len() {
            self.summon(now, bdc, sync_kind(full), context);
        }
        Ok(Reply::Done)
    }

    fn host_down(
        &mut self,
        now: SimTime,
        at: DcIndex,
        loses_unreplicated: bool,
        context: &mut ReplicationContext<'_>,
    ) -> Vec<Version> {
        if let Some(bdc) = self.place(at) {
            self.break_off(now, bdc, context);
            self.bdcs[bdc].again = None;
            return Vec::new();
        }
        for bdc in 0..self.bdcs.len() {
            if self.bdcs[bdc].transfers() {
                self.break_off(now, bdc, context);
            }
        }
        self.forget_round();
        let mut lost = Vec::new();
        if loses_unreplicated {
            for stream in Stream::ALL {
                let kept = self.bdcs.iter().map(|bdc| bdc.has[stream as usize]).max().unwrap_or(0);
                lost.append(&mut self.log.forget_after(stream, kept));
            }
            lost.sort();
        }
        lost
    }

    fn host_up(&mut self, now: SimTime, at: DcIndex, context: &mut ReplicationContext<'_>) {
        match self.place(at) {
            Some(bdc) => {
                // A BDC that starts asks by itself (Q244382).
                let full = self.bdcs[bdc].spec.full_at_start;
                self.ask(now, bdc, sync_kind(full), SyncReason::Startup, context);
            }
            None => self.schedule(now),
        }
    }

    fn snapshot(&mut self, at: DcIndex, _controllers: &Controllers) -> ReplicaState {
        ReplicaState::Nt4(self.keep(at))
    }

    fn restore(
        &mut self,
        _now: SimTime,
        at: DcIndex,
        state: &ReplicaState,
        _invocation: Invocation,
        _context: &mut ReplicationContext<'_>,
    ) {
        if let ReplicaState::Nt4(kept) = state {
            self.go_back(at, kept);
        }
    }

    fn due(&self, at: DcIndex, _commit: &Commit) -> Option<SimTime> {
        self.comes_next(at)
    }

    fn network_changed(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        for bdc in 0..self.bdcs.len() {
            if self.bdcs[bdc].is_stalled() {
                let _ = self.step(now, bdc, context);
            }
        }
    }
}

/// The classes that Q154502 lists: policy of lockout and passwords, a newly locked-out account, a secret. Creating
/// accounts, computers' included, membership, comments and ordinary passwords wait for the pulse (Q140967, Q149664); a
/// machine's password did not until Service Pack 4 (Q175468, Q223997).
fn urgent(spec: &Nt4Spec, change: ChangeKind) -> bool {
    match change {
        ChangeKind::AccountPolicy | ChangeKind::Lockout | ChangeKind::Secret => true,
        ChangeKind::MachinePassword => spec.machine_passwords_urgent,
        _ => false,
    }
}

fn sync_kind(full: bool) -> SyncKind {
    if full { SyncKind::Full } else { SyncKind::Partial }
}
