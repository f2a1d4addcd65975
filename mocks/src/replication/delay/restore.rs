//! Controllers under bare delays that are put back to an earlier state (FACTS.md, "Snapshots and restores").

use std::collections::BTreeSet;

use super::{DelayModel, Parcel, Place};
use crate::directory::{Controllers, DcIndex, Part, Record, Stamp};
use crate::replication::ReplicationContext;
use crate::{SimTime, Stream, Version};

/// How far a controller had come.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// The writer.
    Writer {
        /// Its serial numbers.
        serials: [u64; 3],
        /// The next commit.
        next: Version,
        /// Earlier commits that it had lost by then.
        undone: BTreeSet<Version>,
    },
    /// Another: the numbers of the parcels that had arrived, of those on record.
    Replica(BTreeSet<u64>),
}

impl DelayModel {
    pub(super) fn keep(&mut self, at: DcIndex, controllers: &Controllers) -> Kept {
        if at == self.writer {
            let (next, undone) = (controllers.next_version(), self.undone.clone());
            return Kept::Writer { serials: self.serials, next, undone };
        }
        Kept::Replica(self.arrived.entry(at).or_default().keys().copied().collect())
    }

    pub(super) fn go_back(
        &mut self,
        now: SimTime,
        at: DcIndex,
        kept: &Kept,
        context: &ReplicationContext<'_>,
    ) {
        match kept {
            Kept::Writer { serials, next, undone } => {
                self.serials = *serials;
                self.undo(now, *next, undone, context);
            }
            Kept::Replica(had) => self.deliver_again(now, at, had),
        }
    }

    /// The writer has lost its commits from `next` on, and of those before it the `undone`; what it had lost otherwise
    /// it has again. All that differs is put right at the others after the usual delay, behind what is under way.
    fn undo(
        &mut self,
        now: SimTime,
        next: Version,
        undone: &BTreeSet<Version>,
        context: &ReplicationContext<'_>,
    ) {
        let later = (next.0..context.controllers.next_version().0).map(Version);
        let lost: BTreeSet<Version> = later.clone().chain(undone.difference(&self.undone).copied()).collect();
        let back = |version: &&Version| **version < next && !undone.contains(*version);
        let back: BTreeSet<Version> = self.undone.iter().filter(back).copied().collect();
        if lost.is_empty() && back.is_empty() {
            return;
        }
        self.undone = undone.iter().copied().chain(later).collect();
        self.unsettled.extend(lost.iter().copied());
        // The new correction has in it whatever an earlier one had.
        self.drop_where(|parcel| {
            parcel.version.is_none_or(|version| lost.contains(&version) || back.contains(&version))
        });
        let commits = self.unsettled.iter().filter_map(|version| context.controllers.commit(*version));
        let parts: BTreeSet<Part> = commits.flat_map(|commit| commit.parts.iter().cloned()).collect();
        let records = context.controllers.database(self.writer).records();
        let records = parts.into_iter().map(|part| {
            let record = records.record(&part).cloned().unwrap_or_else(gone);
            (part, record)
        });
        let correction = Parcel { version: None, stream: None, records: records.collect(), safe: true };
        // Of a commit that is there again the others are told; what it changed comes with the correction.
        let returned = back.into_iter().map(Parcel::returned);
        let parcels: Vec<(u64, Parcel)> =
            returned.chain([correction]).map(|parcel| (self.number(), parcel)).collect();
        let writer = self.writer;
        for to in context.controllers.indices().filter(|to| *to != writer) {
            let at = self.along_all(now, to, None);
            self.due.extend(parcels.iter().map(|(number, parcel)| ((at, *number, to), parcel.clone())));
        }
    }

    /// What a controller had not got by the time of its snapshot comes again if it has arrived since, and what is under
    /// way keeps its turn: all in the order in which it was sent.
    fn deliver_again(&mut self, now: SimTime, to: DcIndex, had: &BTreeSet<u64>) {
        let waiting = self.take_all(to);
        let arrived = self.arrived.entry(to).or_default();
        let mut all: Vec<(Option<SimTime>, u64, Parcel)> = std::mem::take(arrived)
            .into_iter()
            .map(|(number, parcel)| (None, number, Parcel { safe: true, ..parcel }))
            .collect();
        all.extend(waiting.into_iter().map(|((due, number, _), parcel)| (Some(due), number, parcel)));
        all.sort_by_key(|(_, number, _)| *number);
        let lines = &mut self.lines[usize::from(to.0)];
        lines.iter_mut().for_each(|line| line.latest = now);
        for (due, number, parcel) in all {
            if had.contains(&number) {
                self.arrived.entry(to).or_default().insert(number, parcel);
                continue;
            }
            let at = match parcel.stream {
                None => self.along_all(now, to, due),
                Some(stream) => {
                    let line = &mut self.lines[usize::from(to.0)][stream as usize];
                    let at = due.unwrap_or_else(|| now + line.draws.span(&line.delay)).max(line.latest);
                    line.latest = at;
                    at
                }
            };
            self.due.insert((at, number, to), parcel);
        }
    }

    /// When something arrives that travels with all streams: behind what is under way in any of them. Without an
    /// instant it takes as long as a change of the accounts.
    fn along_all(&mut self, now: SimTime, to: DcIndex, due: Option<SimTime>) -> SimTime {
        let lines = &mut self.lines[usize::from(to.0)];
        let sam = &mut lines[Stream::Sam as usize];
        let at = due.unwrap_or_else(|| now + sam.draws.span(&sam.delay));
        let at = lines.iter().map(|line| line.latest).fold(at, SimTime::max);
        lines.iter_mut().for_each(|line| line.latest = at);
        at
    }

    /// Takes parcels off the way and off the record.
    pub(super) fn drop_where(&mut self, drops: impl Fn(&Parcel) -> bool) {
        self.due.retain(|_, parcel| !drops(parcel));
        for stopped in self.stopped.values_mut() {
            stopped.parcels.retain(|_, parcel| !drops(parcel));
        }
        for arrived in self.arrived.values_mut() {
            arrived.retain(|_, parcel| !drops(parcel));
        }
    }

    /// Everything on its way to a controller, in the order in which it was sent.
    pub(super) fn take_all(&mut self, to: DcIndex) -> Vec<(Place, Parcel)> {
        let places: Vec<Place> = self.due.keys().filter(|place| place.2 == to).copied().collect();
        let mut all: Vec<(Place, Parcel)> = places
            .into_iter()
            .filter_map(|place| self.due.remove(&place).map(|parcel| (place, parcel)))
            .collect();
        all.extend(self.stopped.remove(&to).into_iter().flat_map(|stopped| stopped.parcels));
        all.sort_by_key(|(place, _)| place.1);
        all
    }
}

/// Puts what a parcel brings into a controller's database. In a correction names may change places: those that others
/// may have by now go first.
pub(super) fn put_all(now: SimTime, to: DcIndex, parcel: &Parcel, context: &mut ReplicationContext<'_>) {
    if parcel.version.is_none() {
        for (part, record) in parcel.records.iter() {
            let named = matches!(part, Part::User(_) | Part::Group(_) | Part::LocalGroup(_));
            let here = context.controllers.database(to).records().value(part);
            if named && here.is_some() && here != record.value.as_ref() {
                context.put(now, to, part.clone(), gone());
            }
        }
    }
    for (part, record) in parcel.records.iter() {
        context.put(now, to, part.clone(), record.clone());
    }
}

fn gone() -> Record {
    Record { value: None, stamp: Stamp::default() }
}
