//! What lasts: bars, changes on their way, replication over time, and what was claimed.

use std::collections::BTreeMap;

use mockdc_mocks::{Fact, HostName, StateKey, Value};
use mockdc_scenarios::wording;

use super::layout::Layout;
use super::scene::{Arrow, Bar, BarKind, Claim, ClaimState, Traffic};
use crate::judge::{Judged, Judgement};
use crate::report::describe;
use crate::timeline::{ActorId, EventKind, Role, Timeline, WaitEnd};

pub(super) fn bars(run: &Timeline, layout: &Layout, end: i64) -> Vec<Bar> {
    let mut bars = Vec::new();
    let mut lives: BTreeMap<usize, (i64, u64, String)> = BTreeMap::new();
    let mut waits: BTreeMap<(Option<ActorId>, String), (i64, u64, usize)> = BTreeMap::new();
    let mut down: BTreeMap<(&HostName, String), (i64, u64)> = BTreeMap::new();
    for event in &run.events {
        let (at, lane) = (event.at.as_millis(), layout.lane(event));
        match &event.kind {
            EventKind::ActorStarted { role, .. } if *role != Role::Operator => {
                lives.insert(lane, (at, event.seq, describe(event)));
            }
            EventKind::ActorEnded { role, .. } if *role != Role::Operator => {
                if let Some((from, _, text)) = lives.remove(&lane) {
                    let text = format!("{text}; {}", describe(event));
                    bars.push(Bar { lane, from, to: at, kind: BarKind::Life, text, seq: Some(event.seq) });
                }
            }
            EventKind::Fact(Fact::ProcessStarted { .. }) if layout.process(event).is_some() => {
                lives.entry(lane).or_insert((at, event.seq, describe(event)));
            }
            EventKind::Fact(Fact::ProcessEnded { .. }) if layout.process(event).is_some() => {
                if let Some((from, _, text)) = lives.remove(&lane) {
                    bars.push(Bar { lane, from, to: at, kind: BarKind::Life, text, seq: Some(event.seq) });
                }
            }
            EventKind::WaitBegan { what, .. } => {
                waits.insert((event.actor, format!("{what:?}")), (at, event.seq, lane));
            }
            EventKind::WaitEnded { what, how, .. } => {
                if let Some((from, _, lane)) = waits.remove(&(event.actor, format!("{what:?}"))) {
                    let kind = if *how == WaitEnd::Met { BarKind::Wait } else { BarKind::TimedOut };
                    bars.push(Bar { lane, from, to: at, kind, text: describe(event), seq: Some(event.seq) });
                }
            }
            EventKind::Fact(Fact::State {
                key: key @ (StateKey::Up | StateKey::Reaches { .. }),
                value,
                ..
            }) => {
                let name = (&event.host, format!("{key:?}"));
                match value {
                    Some(Value::Is(false)) => {
                        down.insert(name, (at, event.seq));
                    }
                    _ => {
                        if let Some((from, _)) = down.remove(&name) {
                            let lane = layout.host(&event.host);
                            let text = format!("until then: {}", describe(event));
                            bars.push(Bar {
                                lane,
                                from,
                                to: at,
                                kind: BarKind::Down,
                                text,
                                seq: Some(event.seq),
                            });
                        }
                    }
                }
            }
            _ => {}
        }
    }
    for (lane, (from, seq, text)) in lives {
        bars.push(Bar { lane, from, to: end, kind: BarKind::Life, text, seq: Some(seq) });
    }
    for ((_, what), (from, seq, lane)) in waits {
        let text = format!("still waiting at the end: {what}");
        bars.push(Bar { lane, from, to: end, kind: BarKind::TimedOut, text, seq: Some(seq) });
    }
    for ((host, _), (from, seq)) in down {
        let text =
            run.events.get(usize::try_from(seq).unwrap_or_default()).map_or_else(String::new, describe);
        bars.push(Bar { lane: layout.host(host), from, to: end, kind: BarKind::Down, text, seq: Some(seq) });
    }
    if let Some(lane) = layout.faults {
        for fault in &run.plan().world.faults {
            let from = fault.from.as_millis();
            let to = fault.until.map_or(end, |until| until.as_millis()).min(end);
            let text = format!("fault {}", fault.name);
            if from < to {
                bars.push(Bar { lane, from, to, kind: BarKind::Fault, text, seq: None });
            }
        }
    }
    bars
}

pub(super) fn arrows(run: &Timeline) -> Vec<Arrow> {
    let mut commits = BTreeMap::new();
    let mut arrows = Vec::new();
    for event in &run.events {
        match &event.kind {
            EventKind::Fact(Fact::Committed { version, .. }) => {
                commits.insert(*version, event.seq);
            }
            EventKind::Fact(Fact::Replicated { version, .. }) => {
                arrows.extend(commits.get(version).map(|from| Arrow { from: *from, to: event.seq }));
            }
            _ => {}
        }
    }
    arrows
}

pub(super) fn traffic(run: &Timeline) -> Vec<Traffic> {
    let moved = run.events.iter().filter_map(|event| match &event.kind {
        EventKind::Fact(Fact::SyncEnded { bytes, took, .. }) if *bytes > 0 => Some(Traffic {
            from: (event.at - *took).as_millis(),
            to: event.at.as_millis(),
            bytes: *bytes,
            seq: event.seq,
        }),
        _ => None,
    });
    moved.collect()
}

pub(super) fn claims(run: &Timeline, judgement: &Judgement) -> Vec<Claim> {
    let plan = run.plan();
    let state = |judged: Judged| match judged {
        Judged::Holds => ClaimState::Holds,
        Judged::Untold => ClaimState::Untold,
        Judged::Fails => ClaimState::Fails,
    };
    let mut claims: Vec<Claim> = Vec::new();
    for (expect, judged) in plan.expects.iter().zip(&judgement.expectations) {
        claims.push(Claim {
            kind: "expectation",
            state: state(judged.result.judged),
            text: wording::claim_says(&expect.claim),
            seen: judged.result.text.clone(),
            line: Some(expect.line),
            evidence: judged.result.evidence.clone(),
        });
    }
    for finding in judgement.promises.iter().filter(|finding| finding.occasions > 0) {
        let stated = plan
            .violates
            .iter()
            .any(|violation| violation.broken == mockdc_scenarios::Broken::Promise(finding.promise));
        let state = match (finding.is_broken(), stated) {
            (true, true) => ClaimState::BrokenAsStated,
            (true, false) => ClaimState::Fails,
            (false, _) => ClaimState::Holds,
        };
        claims.push(Claim {
            kind: "promise",
            state,
            text: format!("{}: {}", finding.promise, finding.promise.text()),
            seen: finding.breaches.first().map_or_else(String::new, |breach| breach.text.clone()),
            line: None,
            evidence: finding.breaches.iter().flat_map(|breach| breach.evidence.iter().copied()).collect(),
        });
    }
    for (rule, judged) in plan.rules.iter().zip(&judgement.rules) {
        claims.push(Claim {
            kind: "rule",
            state: state(judged.result.judged),
            text: format!("{}: {}", rule.name, wording::claim_says(&rule.claim)),
            seen: judged.result.text.clone(),
            line: Some(rule.line),
            evidence: judged.result.evidence.clone(),
        });
    }
    // What speaks against the run beside these: faults that touched nothing, steps that were refused, a hang.
    let told = ["expectation", "untold", "unlisted-promise", "unlisted-rule"];
    for reason in &judgement.reasons {
        let kind = serde_json::to_value(reason.kind).unwrap_or_default();
        if !told.iter().any(|known| kind == *known) {
            claims.push(Claim {
                kind: "reason",
                state: ClaimState::Fails,
                text: reason.text.clone(),
                seen: String::new(),
                line: reason.line,
                evidence: reason.evidence.clone(),
            });
        }
    }
    claims.sort_by_key(|claim| claim.state);
    claims
}
