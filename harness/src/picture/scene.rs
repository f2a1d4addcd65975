//! What is shown of a run: a lane for each host, actor and process, with what happened in it.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{AccountName, Fact, HostName, ProcessId, SimTime, StateKey, Value};
use mockdc_scenarios::wording;
use serde::Serialize;

use crate::judge::{Judged, Judgement};
use crate::report::{Cast, describe, role_words};
use crate::timeline::{ActorId, Event, EventKind, Role, Timeline, WaitEnd, WaitFor};

/// More lanes than anyone scrolls through: what happens elsewhere stands in the lane of its host, or in one for all.
const MOST_LANES: usize = 240;

/// Hosts with lanes of their own at most.
const MOST_HOSTS: usize = 120;

/// A row of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// The host; empty for the lane of faults and for that of all other hosts.
    pub host: String,
    /// What it is called.
    pub label: String,
    /// Whether it is the first lane of its host.
    pub head: bool,
}

/// Kinds of marks, which have colours and can be filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkKind {
    /// A state of a host.
    State,
    /// A call that succeeded.
    Call,
    /// A call, logon, launch or start that was refused.
    Refused,
    /// A line in a log.
    Log,
    /// Something of replication.
    Replication,
    /// A beginning or end of a wait.
    Wait,
    /// An attempt to install, a request, a component, a step.
    Course,
    /// Policy was applied.
    Policy,
    /// A fault touched something, or a machine went up or down.
    Fault,
    /// The end of the run.
    End,
}

/// An event in its lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Its number.
    pub seq: u64,
    /// When, in milliseconds since the start.
    pub at: i64,
    /// Its lane.
    pub lane: usize,
    /// What kind of event it is.
    pub kind: MarkKind,
    /// Where.
    pub host: String,
    /// Who; empty for the domain model.
    pub actor: String,
    /// What, in a sentence.
    pub text: String,
    /// The event that led to it.
    pub cause: Option<u64>,
}

/// Kinds of bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BarKind {
    /// An actor or process lives.
    Life,
    /// A wait that was met.
    Wait,
    /// A wait that timed out, was given up, or goes on at the end.
    TimedOut,
    /// A host is down or does not reach another.
    Down,
    /// An injected fault may bite.
    Fault,
}

/// A span of time in a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// The lane.
    pub lane: usize,
    /// From when.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// What it is.
    pub kind: BarKind,
    /// In a sentence.
    pub text: String,
    /// The event at its end, or at its beginning when it has no end.
    pub seq: Option<u64>,
}

/// A change on its way: from its commit to its being visible elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Arrow {
    /// The commit.
    pub from: u64,
    /// The event that shows it received.
    pub to: u64,
}

/// How a claim fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimState {
    /// It does not hold.
    Fails,
    /// It cannot be told.
    Untold,
    /// A promise that the scenario says is broken.
    BrokenAsStated,
    /// It holds.
    Holds,
}

/// An expectation, promise, rule or law, with the events that show how it fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// What it is: `expectation`, `promise`, `rule`, `reason`.
    pub kind: &'static str,
    /// How it fared.
    pub state: ClaimState,
    /// What it says.
    pub text: String,
    /// What was seen instead.
    pub seen: String,
    /// The line of the scenario.
    pub line: Option<u32>,
    /// Events that show it.
    pub evidence: Vec<u64>,
}

/// Bytes of replication in a span of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// From when.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// How many bytes.
    pub bytes: u64,
    /// The event at the end.
    pub seq: u64,
}

/// Everything that is shown of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scene {
    /// The lanes, from top to bottom.
    pub lanes: Vec<Lane>,
    /// All events, in order.
    pub marks: Vec<Mark>,
    /// Spans of time.
    pub bars: Vec<Bar>,
    /// Changes on their way.
    pub arrows: Vec<Arrow>,
    /// What was claimed; what does not hold comes first.
    pub claims: Vec<Claim>,
    /// Replication over time.
    pub traffic: Vec<Traffic>,
    /// The end of the run, in milliseconds since the start.
    pub end: i64,
}

impl Scene {
    /// Of a run and what was judged of it.
    pub fn of(run: &Timeline, judgement: &Judgement) -> Scene {
        let layout = Layout::of(run);
        let cast = Cast::of(&run.events);
        let polls = polls(run);
        let marks: Vec<Mark> = run
            .events
            .iter()
            .map(|event| Mark {
                seq: event.seq,
                at: event.at.as_millis(),
                lane: layout.lane(event),
                kind: if polls.contains(&event.seq) { MarkKind::Wait } else { kind_of(event) },
                host: event.host.to_string(),
                actor: cast.role(event),
                text: describe(event),
                cause: event.cause,
            })
            .collect();
        let end = run.end().max(SimTime(1)).as_millis();
        let mut scene = Scene {
            bars: bars(run, &layout, end),
            arrows: arrows(run),
            claims: claims(run, judgement),
            traffic: traffic(run),
            lanes: layout.lanes,
            marks,
            end,
        };
        scene.bars.sort_by_key(|bar| (bar.lane, bar.kind, bar.from));
        scene
    }
}

struct Layout {
    lanes: Vec<Lane>,
    hosts: BTreeMap<HostName, usize>,
    actors: BTreeMap<ActorId, usize>,
    processes: BTreeMap<(HostName, ProcessId), usize>,
    others: usize,
    faults: Option<usize>,
}

impl Layout {
    fn of(run: &Timeline) -> Layout {
        let world = &run.plan().world;
        // Controllers first, the PDC before all; then who does something, in the order of the scenario.
        let mut order: Vec<&HostName> = world.dcs.iter().map(|dc| &dc.name).collect();
        order.sort_by_key(|name| {
            world.dcs.iter().position(|dc| dc.name == **name && dc.role != mockdc_mocks::DcRole::Pdc)
        });
        order.extend(world.machines.iter().map(|machine| &machine.name));
        let busy: BTreeSet<&HostName> =
            run.events.iter().filter(|event| event.at > SimTime::START).map(|event| &event.host).collect();
        let named: BTreeSet<&HostName> = order.iter().copied().collect();
        order.extend(busy.iter().copied().filter(|host| !named.contains(host)));
        if order.len() > MOST_HOSTS {
            order.retain(|host| busy.contains(host));
            order.truncate(MOST_HOSTS);
        }
        let mut below: BTreeMap<&HostName, Vec<(String, Owner)>> = BTreeMap::new();
        let mut operators: BTreeMap<&HostName, Vec<ActorId>> = BTreeMap::new();
        let mut with_actor: BTreeSet<(&HostName, ProcessId)> = BTreeSet::new();
        for event in &run.events {
            if let (EventKind::ActorStarted { role, process, subject, .. }, Some(actor)) =
                (&event.kind, event.actor)
            {
                if *role == Role::Operator {
                    operators.entry(&event.host).or_default().push(actor);
                    continue;
                }
                let mut label = match role {
                    Role::Script => format!("script {subject}"),
                    role => role_words(*role).to_owned(),
                };
                if let Some(process) = process {
                    label += &format!(" ({})", process.0);
                    with_actor.insert((&event.host, *process));
                }
                below.entry(&event.host).or_default().push((label, Owner::Actor(actor)));
            }
        }
        for event in &run.events {
            if let EventKind::Fact(Fact::ProcessStarted { process, program, .. }) = &event.kind
                && !with_actor.contains(&(&event.host, *process))
            {
                let program = program.as_str().rsplit(['\\', '/']).next().unwrap_or_default();
                let label = format!("{program} ({})", process.0);
                below.entry(&event.host).or_default().push((label, Owner::Process(*process)));
            }
        }
        let mut layout = Layout {
            lanes: Vec::new(),
            hosts: BTreeMap::new(),
            actors: BTreeMap::new(),
            processes: BTreeMap::new(),
            others: 0,
            faults: None,
        };
        if !world.faults.is_empty() {
            layout.faults = Some(layout.add("", "faults", true));
        }
        for host in &order {
            let role = world
                .dcs
                .iter()
                .find(|dc| dc.name == **host)
                .map_or("", |dc| if dc.role == mockdc_mocks::DcRole::Pdc { " (PDC)" } else { " (BDC)" });
            let own = layout.add(host.as_str(), &format!("{host}{role}"), true);
            layout.hosts.insert((*host).clone(), own);
            if let Some(operators) = operators.get(host) {
                let lane = layout.add(host.as_str(), "operator", false);
                layout.actors.extend(operators.iter().map(|actor| (*actor, lane)));
            }
            for (label, owner) in below.get(host).into_iter().flatten() {
                // The lanes of later processes are those of their hosts, once there are many.
                let lane = match layout.lanes.len() < MOST_LANES {
                    true => layout.add(host.as_str(), label, false),
                    false => own,
                };
                match owner {
                    Owner::Actor(actor) => {
                        layout.actors.insert(*actor, lane);
                    }
                    Owner::Process(process) if lane != own => {
                        layout.processes.insert(((*host).clone(), *process), lane);
                    }
                    Owner::Process(_) => {}
                }
            }
        }
        let missing = run.events.iter().any(|event| !layout.hosts.contains_key(&event.host));
        layout.others = match missing {
            true => layout.add("", "other hosts", true),
            false => 0,
        };
        layout
    }

    fn add(&mut self, host: &str, label: &str, head: bool) -> usize {
        self.lanes.push(Lane { host: host.to_owned(), label: label.to_owned(), head });
        self.lanes.len() - 1
    }

    fn host(&self, host: &HostName) -> usize {
        self.hosts.get(host).copied().unwrap_or(self.others)
    }

    fn lane(&self, event: &Event) -> usize {
        if let (EventKind::Fact(Fact::FaultTouched { .. }), Some(faults)) = (&event.kind, self.faults) {
            return faults;
        }
        if let Some(lane) = self.process(event) {
            return lane;
        }
        // What an actor brings about elsewhere belongs to that host.
        let own = event.actor.and_then(|actor| self.actors.get(&actor));
        if let Some(lane) = own.filter(|lane| self.lanes[**lane].host == event.host.as_str()) {
            return *lane;
        }
        self.host(&event.host)
    }

    /// The lane of a process that starts or ends, where it has one of its own.
    fn process(&self, event: &Event) -> Option<usize> {
        match &event.kind {
            EventKind::Fact(Fact::ProcessStarted { process, .. } | Fact::ProcessEnded { process, .. }) => {
                self.processes.get(&(event.host.clone(), *process)).copied()
            }
            _ => None,
        }
    }
}

enum Owner {
    Actor(ActorId),
    Process(ProcessId),
}

fn kind_of(event: &Event) -> MarkKind {
    match &event.kind {
        EventKind::Fact(fact) => match fact {
            // How things stand at the start is no fault.
            Fact::State { key: StateKey::Up | StateKey::Reaches { .. }, .. } if event.at > SimTime::START => {
                MarkKind::Fault
            }
            Fact::Machine { .. } | Fact::FaultTouched { .. } => MarkKind::Fault,
            Fact::State { .. } => MarkKind::State,
            Fact::SyncEnded { error: Some(_), .. }
            | Fact::LogonRefused { .. }
            | Fact::LockedOut { .. }
            | Fact::ServiceFailed { .. }
            | Fact::SecureChannel { error: Some(_), .. } => MarkKind::Refused,
            Fact::Committed { .. }
            | Fact::Replicated { .. }
            | Fact::Notified { .. }
            | Fact::SyncBegan { .. }
            | Fact::SyncEnded { .. } => MarkKind::Replication,
            Fact::PolicyApplied { .. } => MarkKind::Policy,
            Fact::SecureChannel { .. }
            | Fact::ServiceStarted { .. }
            | Fact::ServiceStopped { .. }
            | Fact::ProcessStarted { .. }
            | Fact::ProcessEnded { .. } => MarkKind::Course,
        },
        EventKind::Call { code: 0, .. } => MarkKind::Call,
        EventKind::Call { .. } => MarkKind::Refused,
        EventKind::Log { .. } => MarkKind::Log,
        EventKind::WaitEnded { how: WaitEnd::TimedOut, .. } | EventKind::Lost { .. } => MarkKind::Refused,
        EventKind::WaitBegan { .. } | EventKind::WaitEnded { .. } => MarkKind::Wait,
        EventKind::AttemptEnded { code, .. }
        | EventKind::InstallEnded { code, .. }
        | EventKind::ComponentLaunched { code, .. }
        | EventKind::ActorEnded { code, .. }
        | EventKind::Step { code, .. }
        | EventKind::ScriptStep { code, .. }
            if *code != 0 =>
        {
            MarkKind::Refused
        }
        EventKind::End { .. } => MarkKind::End,
        _ => MarkKind::Course,
    }
}

/// Looks at what an actor waits for that were answered *not yet*: they belong to the wait, and are no failures.
fn polls(run: &Timeline) -> BTreeSet<u64> {
    let mut waits: BTreeMap<ActorId, &AccountName> = BTreeMap::new();
    let mut polls = BTreeSet::new();
    for event in &run.events {
        let Some(actor) = event.actor else { continue };
        match &event.kind {
            EventKind::WaitBegan { what: WaitFor::Account { account, .. }, .. } => {
                waits.insert(actor, account);
            }
            EventKind::WaitEnded { what: WaitFor::Account { .. }, .. } => {
                waits.remove(&actor);
            }
            EventKind::Call { code, subject: Some(subject), .. }
                if *code != 0 && waits.get(&actor).is_some_and(|account| account.name() == subject) =>
            {
                polls.insert(event.seq);
            }
            _ => {}
        }
    }
    polls
}

fn bars(run: &Timeline, layout: &Layout, end: i64) -> Vec<Bar> {
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

fn arrows(run: &Timeline) -> Vec<Arrow> {
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

fn traffic(run: &Timeline) -> Vec<Traffic> {
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

fn claims(run: &Timeline, judgement: &Judgement) -> Vec<Claim> {
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
