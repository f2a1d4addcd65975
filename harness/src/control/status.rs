//! What a live run looks like at one moment, replication above all: as `repadmin /showrepl` would show it.

use std::collections::BTreeMap;

use mockdc_mocks::{ChangeKind, DcRole, Fact, FaultSpec, HostName, Name, SimTime, Span, Version};
use serde::{Deserialize, Serialize};

use crate::run::LiveDriver;
use crate::timeline::{EventKind, Events};

/// A live run at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    /// The scenario.
    pub scenario: String,
    /// The scenario's time since its start.
    pub now: SimTime,
    /// Seconds of the scenario in one of the wall; nothing when the clock stands until somebody moves it.
    pub speed: Option<f64>,
    /// When the domain next moves by itself.
    pub next: Option<SimTime>,
    /// The controllers.
    pub dcs: Vec<DcStatus>,
    /// The faults that are open.
    pub faults: Vec<FaultSpec>,
    /// Events so far.
    pub events: usize,
}

/// A controller at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DcStatus {
    /// The controller.
    pub name: HostName,
    /// Its role.
    pub role: DcRole,
    /// Whether it is up.
    pub up: bool,
    /// The last synchronisation or change from each other controller.
    pub from: Vec<Inbound>,
    /// Changes committed elsewhere that have not arrived, the oldest first.
    pub waiting: Vec<Waiting>,
    /// The snapshots that were taken of it.
    #[serde(default)]
    pub snapshots: Vec<Kept>,
}

/// A snapshot of a controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Kept {
    /// Its name.
    pub name: Name,
    /// When it was taken.
    pub taken: SimTime,
}

/// What a controller has had from another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Inbound {
    /// The other.
    pub source: HostName,
    /// When something last arrived from it.
    pub last_success: Option<SimTime>,
    /// When a synchronisation with it last failed.
    pub last_failure: Option<SimTime>,
    /// The code of that failure.
    pub error: Option<u32>,
    /// Failures since the last success.
    pub failures: u32,
    /// Changes that arrived from it.
    pub changes: u64,
}

/// A change that a controller waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Waiting {
    /// Which.
    pub version: Version,
    /// What changed.
    pub change: ChangeKind,
    /// Of which account, group or policy.
    pub subject: Name,
    /// Where it was committed.
    pub origin: HostName,
    /// When.
    pub committed: SimTime,
    /// How long ago.
    pub age: Span,
    /// When replication next tries to bring it; nothing when nobody can say: it is held or parted from the controller,
    /// has not come to one of its sources, or never will.
    #[serde(default)]
    pub due: Option<SimTime>,
}

/// Changes that a status lists of a controller.
const MOST_WAITING: usize = 200;

impl Status {
    /// Of a run at the present instant.
    pub fn of(driver: &LiveDriver, scenario: &str) -> Status {
        let now = driver.stage().now();
        let (next, faults, ups) = driver.live().with(|domain, _| {
            let ups: Vec<bool> = domain.controllers().iter().map(|(name, _)| domain.is_up(name)).collect();
            (domain.next_timeout(), domain.open_faults(), ups)
        });
        let (seen, events) = driver.stage().events(|events| (Replicas::of(events), events.len()));
        let dcs = driver.live().controllers().into_iter().zip(ups).map(|((name, role), up)| DcStatus {
            from: seen.inbound.get(&name).into_iter().flatten().map(|(_, inbound)| inbound.clone()).collect(),
            waiting: {
                let mut waiting = seen.waiting(&name, now);
                driver.live().with(|domain, _| {
                    waiting
                        .iter_mut()
                        .for_each(|change| change.due = domain.arrives_next(&name, change.version));
                });
                waiting
            },
            snapshots: driver.live().with(|domain, _| {
                let kept = domain.snapshots(&name).into_iter();
                kept.map(|(name, taken)| Kept { name, taken }).collect()
            }),
            name,
            role,
            up,
        });
        Status {
            scenario: scenario.to_owned(),
            now,
            speed: driver.clock().speed(),
            next,
            dcs: dcs.collect(),
            faults,
            events,
        }
    }
}

/// What the events say of replication.
#[derive(Default)]
struct Replicas {
    commits: BTreeMap<Version, (HostName, SimTime, ChangeKind, Name)>,
    /// What each controller has, and since when.
    there: BTreeMap<HostName, BTreeMap<Version, SimTime>>,
    inbound: BTreeMap<HostName, BTreeMap<HostName, Inbound>>,
}

impl Replicas {
    fn of(events: &Events) -> Replicas {
        let mut seen = Replicas::default();
        for event in events {
            let fact = match &event.kind {
                EventKind::Fact(fact) => fact,
                // It was lost with the controller before another had it.
                EventKind::Lost { version, .. } => {
                    seen.commits.remove(version);
                    continue;
                }
                _ => continue,
            };
            match fact {
                Fact::Committed { version, change, subject, .. } => {
                    let commit = (event.host.clone(), event.at, *change, subject.clone());
                    seen.commits.insert(*version, commit);
                    seen.there.entry(event.host.clone()).or_default().insert(*version, event.at);
                }
                // What came after the snapshot is gone again.
                Fact::Restored { taken, .. } => {
                    let there = seen.there.entry(event.host.clone()).or_default();
                    there.retain(|_, since| *since <= *taken);
                }
                Fact::Replicated { version, from, .. } => {
                    seen.there.entry(event.host.clone()).or_default().insert(*version, event.at);
                    let inbound = seen.inbound(&event.host, from);
                    inbound.changes += 1;
                    inbound.last_success = Some(event.at);
                    inbound.failures = 0;
                }
                Fact::SyncEnded { from, error, .. } => {
                    let inbound = seen.inbound(&event.host, from);
                    match error {
                        None => (inbound.last_success, inbound.failures) = (Some(event.at), 0),
                        Some(error) => {
                            inbound.last_failure = Some(event.at);
                            inbound.error = Some(error.code());
                            inbound.failures += 1;
                        }
                    }
                }
                _ => {}
            }
        }
        seen
    }

    fn inbound(&mut self, at: &HostName, source: &HostName) -> &mut Inbound {
        self.inbound.entry(at.clone()).or_default().entry(source.clone()).or_insert_with(|| Inbound {
            source: source.clone(),
            last_success: None,
            last_failure: None,
            error: None,
            failures: 0,
            changes: 0,
        })
    }

    fn is_anywhere(&self, version: Version) -> bool {
        self.there.values().any(|there| there.contains_key(&version))
    }

    fn waiting(&self, at: &HostName, now: SimTime) -> Vec<Waiting> {
        let there = self.there.get(at);
        let lacks = self
            .commits
            .iter()
            .filter(|(version, _)| !there.is_some_and(|there| there.contains_key(version)));
        // What a restore took from the last controller that had it will come to nobody.
        let lacks = lacks.filter(|(version, _)| self.is_anywhere(**version));
        // Policy travels by another way, which these events do not tell of.
        let lacks = lacks.filter(|(_, (.., change, _))| *change != ChangeKind::GroupPolicy);
        lacks
            .take(MOST_WAITING)
            .map(|(version, (origin, committed, change, subject))| Waiting {
                version: *version,
                change: *change,
                subject: subject.clone(),
                origin: origin.clone(),
                committed: *committed,
                age: now.since(*committed),
                due: None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
