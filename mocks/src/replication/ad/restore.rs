//! Controllers of Active Directory that are put back to an earlier state (KB875495; FACTS.md, "Snapshots and
//! restores").

use std::collections::BTreeSet;

use super::vectors::Replica;
use super::{Ad, Timer};
use crate::directory::{Commit, DcIndex};
use crate::replication::nt4;
use crate::{Invocation, SimTime, Version};

/// An invocation id: under whose name update sequence numbers are given out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    /// The controller.
    pub(super) owner: DcIndex,
    /// Whether numbers have rolled back under it.
    pub(super) reused: bool,
}

impl Identity {
    /// The one that a controller starts with.
    pub(super) fn first(owner: DcIndex) -> Identity {
        Identity { owner, reused: false }
    }
}

/// What stands beside a controller's database on its disk.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    replica: Replica,
    /// Passwords that had reached the PDC emulator ahead of replication.
    pushed: BTreeSet<Version>,
    /// What the Netlogon service kept there, in mixed mode.
    netlogon: Option<nt4::Kept>,
}

impl Ad {
    /// The identity under which a controller made a change. Numbers do not tell: a disk that was copied back brings an
    /// old identity with it, whose numbers may go on into those of a later one.
    pub(super) fn identity_of(&self, origin: DcIndex, version: Version) -> usize {
        self.made_under.get(&version).copied().unwrap_or(usize::from(origin.0))
    }

    pub(super) fn keep(&self, at: DcIndex) -> Kept {
        let serves = at == self.pdc || self.is_fed(at);
        Kept {
            replica: self.replicas[usize::from(at.0)].clone(),
            pushed: self.pushed.clone(),
            netlogon: self.netlogon.as_ref().filter(|_| serves).map(|netlogon| netlogon.keep(at)),
        }
    }

    /// Under the identity that the copied disk has a controller gives out numbers again that its partners' vectors cover
    /// already: what it writes under them stays there, and what it had made under another one since comes back. Under a
    /// new one its numbers go on above all that anybody has seen, partners return what it had made after the snapshot, and
    /// what it writes goes out.
    pub(super) fn go_back(&mut self, at: DcIndex, kept: &Kept, invocation: Invocation) {
        let own = usize::from(at.0);
        let before = std::mem::replace(&mut self.replicas[own], kept.replica.clone());
        let identities = self.identities.len();
        let replica = &mut self.replicas[own];
        replica.vector.resize(identities, 0);
        // What it has made it has made, and partners may have it.
        replica.originated = before.originated;
        match invocation {
            Invocation::Kept => self.identities[kept.replica.identity].reused = true,
            Invocation::New => {
                let seen = self.replicas.iter().map(|other| other.watermark[own]);
                let places = (0..identities).filter(|place| self.identities[*place].owner == at);
                let known =
                    places.flat_map(|place| self.replicas.iter().map(move |other| other.vector[place]));
                let above = seen.chain(known).fold(before.usn.max(kept.replica.usn), u64::max);
                self.identities.push(Identity { owner: at, reused: false });
                self.replicas.iter_mut().for_each(|other| other.vector.push(0));
                let replica = &mut self.replicas[own];
                (replica.usn, replica.identity) = (above, identities);
            }
        }
        if at == self.pdc {
            self.pushed = kept.pushed.clone();
        }
        if let (Some(netlogon), Some(kept)) = (&mut self.netlogon, &kept.netlogon) {
            netlogon.go_back(at, kept);
        }
    }

    /// When a controller next asks a partner that has a change.
    pub(super) fn comes_next(&self, at: DcIndex, commit: &Commit) -> Option<SimTime> {
        if let Some(netlogon) = self.netlogon.as_ref().filter(|_| self.is_fed(at)) {
            return netlogon.comes_next(at);
        }
        let origin = &self.replicas[usize::from(commit.origin.0)];
        let made = origin.originated.iter().find(|(_, version)| *version == commit.version)?.0;
        let identity = self.identity_of(commit.origin, commit.version);
        let has = |dc: DcIndex| self.replicas[usize::from(dc.0)].vector[identity] >= made;
        // What is known under its number, or of its own making, is not asked for.
        if has(at) || self.replicas[usize::from(at.0)].identity == identity {
            return None;
        }
        let moves = |link: usize| {
            let timers = [Timer::Pull(link), Timer::Notify(link), Timer::Window(link)];
            timers.into_iter().filter_map(|timer| self.timers.armed(timer)).min()
        };
        let links = self.inbound(at).into_iter().filter(|link| has(self.ends(*link).0));
        links.filter_map(moves).min()
    }
}
