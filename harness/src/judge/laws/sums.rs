//! Counters against the events that they count.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use mockdc_mocks::{Counter, Fact, HostName, StateKey, Value};

use crate::judge::Tested;
use crate::judge::laws::KeyHashes;
use crate::judge::outline::Outline;
use crate::timeline::{ActorId, EventKind};

const COUNTERS: [Counter; 4] =
    [Counter::DeltasReceived, Counter::BytesReceived, Counter::DeltasCommitted, Counter::Synchronizations];

fn place(counter: Counter) -> usize {
    match counter {
        Counter::DeltasReceived => 0,
        Counter::BytesReceived => 1,
        Counter::DeltasCommitted => 2,
        Counter::Synchronizations => 3,
    }
}

/// The sums of all hosts. What happens at one host comes in rows, so that the last one is looked at first.
#[derive(Default)]
struct Hosts {
    sums: IndexMap<HostName, Sums, KeyHashes>,
    last: usize,
}

impl Hosts {
    fn of(&mut self, host: &HostName) -> &mut Sums {
        if self.sums.get_index(self.last).is_none_or(|(last, _)| last != host) {
            let entry = self.sums.entry(host.clone());
            self.last = entry.index();
            entry.or_default();
        }
        &mut self.sums[self.last]
    }
}

/// What the events of one host add up to.
#[derive(Default)]
struct Sums {
    told: [Option<(i64, u64)>; COUNTERS.len()],
    synchronizations: u64,
    deltas: u64,
    bytes: u64,
    commits: u64,
    /// Synchronisations that have begun and not ended.
    open: u32,
}

pub(super) fn sums_add_up(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let mut hosts = Hosts::default();
    outline.register.sums.each(|event| {
        let EventKind::Fact(fact) = &event.kind else { return };
        match fact {
            Fact::State { key: StateKey::Counter { counter }, value, .. } => {
                let Some(Value::Number(number)) = value else {
                    tested.broken(format!("{counter:?} is no number"), [event.seq]);
                    return;
                };
                let sums = hosts.of(&event.host);
                if let Some((before, seq)) = sums.told[place(*counter)].replace((*number, event.seq))
                    && before > *number
                {
                    let text = format!("{counter:?} of {} falls from {before} to {number}", event.host);
                    tested.broken(text, [seq, event.seq]);
                }
            }
            Fact::SyncBegan { .. } => hosts.of(&event.host).open += 1,
            Fact::SyncEnded { deltas, bytes, busy_bytes, error, .. } => {
                let sums = hosts.of(&event.host);
                sums.open = sums.open.saturating_sub(1);
                sums.deltas += deltas;
                sums.bytes += bytes;
                sums.synchronizations += u64::from(error.is_none());
                if busy_bytes > bytes {
                    let text = format!("{busy_bytes} bytes in busy hours are more than all {bytes}");
                    tested.broken(text, [event.seq]);
                }
            }
            // Within a synchronisation its end counts them.
            Fact::Replicated { .. } => {
                let sums = hosts.of(&event.host);
                sums.deltas += u64::from(sums.open == 0);
            }
            Fact::Committed { .. } => hosts.of(&event.host).commits += 1,
            _ => {}
        }
    });
    hosts.sums.sort_unstable_keys();
    for (host, sums) in &hosts.sums {
        // While a synchronisation goes on its counters may run ahead of its end.
        if sums.open > 0 {
            continue;
        }
        let pairs = [
            (Counter::DeltasReceived, sums.deltas, true),
            (Counter::BytesReceived, sums.bytes, sums.synchronizations > 0),
            (Counter::Synchronizations, sums.synchronizations, true),
            (Counter::DeltasCommitted, sums.commits, true),
        ];
        for (counter, sum, counted) in pairs {
            let Some((told, seq)) = sums.told[place(counter)].filter(|_| counted) else { continue };
            tested.occasion();
            if u64::try_from(told) != Ok(sum) {
                let text = format!("{counter:?} of {host} says {told}, and its events add up to {sum}");
                tested.broken(text, [seq]);
            }
        }
    }
    attempts(outline, &mut tested);
    tested
}

/// Attempts are numbered by client; each request, which is an actor of its own, says how many of them it made.
#[derive(Default)]
struct Attempts {
    begun: u32,
    open: BTreeSet<u32>,
    by_request: BTreeMap<Option<ActorId>, u32>,
}

fn attempts(outline: &Outline<'_>, tested: &mut Tested) {
    let mut clients: BTreeMap<HostName, Attempts> = BTreeMap::new();
    let mut counted = 0;
    outline.register.requests.each(|event| {
        let mut breach = |text: String| tested.broken(text, [event.seq]);
        match &event.kind {
            EventKind::AttemptBegan { client, attempt } => {
                let known = clients.entry(client.clone()).or_default();
                known.begun += 1;
                known.open.insert(*attempt);
                *known.by_request.entry(event.actor).or_default() += 1;
                if *attempt != known.begun {
                    breach(format!("attempt {attempt} on {client} is the {}. that begins", known.begun));
                }
            }
            EventKind::AttemptEnded { client, attempt, .. } => {
                let was_open = clients.entry(client.clone()).or_default().open.remove(attempt);
                if !was_open {
                    breach(format!("attempt {attempt} on {client} ends without having begun"));
                }
            }
            EventKind::InstallEnded { client, attempts, .. } => {
                counted += 1;
                let known = clients.entry(client.clone()).or_default();
                let made = known.by_request.remove(&event.actor).unwrap_or_default();
                if *attempts != made {
                    breach(format!("the install of {client} counts {attempts} attempts of {made}"));
                }
            }
            _ => {}
        }
    });
    tested.occasions(counted);
}
