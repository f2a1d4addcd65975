//! What is shown of a run: a lane for each host, actor and process, with what happened in it.

use mockdc_mocks::SimTime;
use serde::Serialize;

use super::layout::Layout;
use super::marks::{kind_of, polls};
use super::spans::{arrows, bars, claims, traffic};
use crate::judge::Judgement;
use crate::report::{Cast, describe};
use crate::timeline::Timeline;

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
