//! Controllers of Windows NT 4.0 that are put back to an earlier state (FACTS.md, "Snapshots and restores").

use super::change_log::ChangeLog;
use super::transfer::Bdc;
use super::{Nt4, Timer};
use crate::SimTime;
use crate::directory::DcIndex;

/// What stands beside a controller's database on its disk.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// The PDC's change log.
    Primary(ChangeLog),
    /// A BDC's.
    Backup {
        /// Its serial numbers of SAM, BUILTIN and LSA.
        has: [u64; 3],
        /// Whether a full synchronisation was under way.
        wants_full: bool,
        /// The PDC's change log at that time: what these serial numbers stood for.
        log: ChangeLog,
    },
}

impl Nt4 {
    pub(in crate::replication) fn keep(&self, at: DcIndex) -> Kept {
        match self.place(at) {
            Some(place) => {
                let (has, wants_full) = (self.bdcs[place].has, self.bdcs[place].wants_full);
                Kept::Backup { has, wants_full, log: self.log.clone() }
            }
            None => Kept::Primary(self.log.clone()),
        }
    }

    /// A BDC goes on from its old serial numbers: what came since is asked for again, in part or in full as the change
    /// log allows. One that has heard of what the PDC has not, or for which its serial numbers stand for other changes by
    /// now, reads everything anew (ASSUME: at its next contact).
    pub(in crate::replication) fn go_back(&mut self, at: DcIndex, kept: &Kept) {
        match (self.place(at), kept) {
            (Some(place), Kept::Backup { has, wants_full, log }) => {
                let bdc = &mut self.bdcs[place];
                (bdc.has, bdc.wants_full) = (*has, *wants_full);
                bdc.keep_to(self.log.common(log));
            }
            (None, Kept::Primary(log)) => {
                let common = log.common(&self.log);
                self.log = log.clone();
                self.bdcs.iter_mut().for_each(|bdc| bdc.keep_to(common));
            }
            _ => {}
        }
    }

    /// When a BDC next moves: the next step of what goes on, or the next cycle.
    pub(in crate::replication) fn comes_next(&self, at: DcIndex) -> Option<SimTime> {
        let place = self.place(at)?;
        let bdc = &self.bdcs[place];
        if bdc.never() || bdc.is_stalled() {
            return None;
        }
        self.timers.armed(Timer::Session(place)).or_else(|| self.timers.armed(Timer::Cycle))
    }
}

impl Bdc {
    /// Its serial numbers mean what the PDC's mean as far as these: what is above them it has to read anew.
    fn keep_to(&mut self, common: [u64; 3]) {
        for (has, common) in self.has.iter_mut().zip(common) {
            self.wants_full |= *has > common;
            *has = (*has).min(common);
        }
    }
}
