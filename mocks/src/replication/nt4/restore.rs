//! Controllers of Windows NT 4.0 that are put back to an earlier state (FACTS.md, "Snapshots and restores").

use super::change_log::ChangeLog;
use super::{Nt4, Timer};
use crate::SimTime;
use crate::directory::DcIndex;

/// What stands beside a controller's database on its disk.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// The PDC's change log.
    Primary(ChangeLog),
    /// A BDC's serial numbers of SAM, BUILTIN and LSA, and whether a full synchronisation was under way.
    Backup([u64; 3], bool),
}

impl Nt4 {
    pub(in crate::replication) fn keep(&self, at: DcIndex) -> Kept {
        match self.place(at) {
            Some(place) => Kept::Backup(self.bdcs[place].has, self.bdcs[place].wants_full),
            None => Kept::Primary(self.log.clone()),
        }
    }

    /// A BDC goes on from its old serial numbers: what came since is asked for again, in part or in full as the change
    /// log allows. A PDC that is behind a BDC has it read everything anew (ASSUME: at that BDC's next contact).
    pub(in crate::replication) fn go_back(&mut self, at: DcIndex, kept: &Kept) {
        match (self.place(at), kept) {
            (Some(place), Kept::Backup(has, wants_full)) => {
                let bdc = &mut self.bdcs[place];
                (bdc.has, bdc.wants_full) = (*has, *wants_full);
            }
            (None, Kept::Primary(log)) if at == self.pdc => self.log = log.clone(),
            _ => {}
        }
        let serials = self.log.serials();
        for bdc in &mut self.bdcs {
            for (has, serial) in bdc.has.iter_mut().zip(serials) {
                bdc.wants_full |= *has > serial;
                *has = (*has).min(serial);
            }
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
