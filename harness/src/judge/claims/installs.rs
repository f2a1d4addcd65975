//! Claims about installs and scripts.

use std::collections::BTreeMap;

use mockdc_mocks::{HostName, Name};
use mockdc_scenarios::ScriptEnding;

use super::{ClaimResult, Reading};
use crate::judge::outline::Outline;
use crate::timeline::{EventKind, Queue, Role};

/// What a run knows of the attempts on a client.
#[derive(Default)]
pub(super) struct Attempts {
    /// Begun, with the event.
    pub(super) begun: Vec<(u32, u64)>,
    /// Decided, with the code and the event.
    ended: Vec<(u32, u32, u64)>,
    /// The last end of an install, with its code and the event.
    over: Option<(u32, u64)>,
    /// No request was made.
    not_made: Option<u64>,
}

/// The attempts on every client.
pub(super) fn attempts(outline: &Outline<'_>) -> BTreeMap<HostName, Attempts> {
    let mut all: BTreeMap<HostName, Attempts> = BTreeMap::new();
    outline.register.requests.each(|event| match &event.kind {
        EventKind::AttemptBegan { client, attempt } => {
            all.entry(client.clone()).or_default().begun.push((*attempt, event.seq));
        }
        EventKind::AttemptEnded { client, attempt, code } => {
            all.entry(client.clone()).or_default().ended.push((*attempt, *code, event.seq));
        }
        EventKind::InstallEnded { client, code, .. } => {
            all.entry(client.clone()).or_default().over = Some((*code, event.seq));
        }
        EventKind::Queued { client, queue: Queue::NotMade, .. } => {
            all.entry(client.clone()).or_default().not_made = Some(event.seq);
        }
        _ => {}
    });
    all
}

pub(super) fn installed(reading: &Reading<'_>, client: &HostName, attempt: Option<u32>) -> ClaimResult {
    let none = Attempts::default();
    let known = reading.attempts.get(client).unwrap_or(&none);
    if let Some(wanted) = attempt {
        return match known.ended.iter().find(|(number, _, _)| *number == wanted) {
            Some((_, 0, _)) => ClaimResult::holds(),
            Some((_, code, seq)) => {
                let text = format!("attempt {wanted} should install {client}, and ended with {code}");
                ClaimResult::fails(text, [*seq])
            }
            None => undecided(known, client, wanted, reading),
        };
    }
    // An attempt that succeeds decides the install; a later install may still fail.
    let last = known.ended.last().map(|(_, code, seq)| (*code, *seq));
    match last.max_by_seq(known.over) {
        Some((0, _)) => ClaimResult::holds(),
        Some((code, seq)) => ClaimResult::fails(
            format!("{client} should be installed, and its install ended with {code}"),
            [seq],
        ),
        None if known.begun.is_empty() => {
            match (reading.outline.client(client).is_some_and(|client| client.installed), known.not_made) {
                (true, _) => ClaimResult::holds(),
                (false, Some(seq)) => {
                    let text = format!("no request to install {client} was made: it is excluded");
                    ClaimResult::fails(text, [seq])
                }
                (false, None) => ClaimResult::untold(format!("no attempt to install {client} was made"), []),
            }
        }
        None => undecided(known, client, 1, reading),
    }
}

trait Latest {
    fn max_by_seq(self, other: Self) -> Self;
}

impl Latest for Option<(u32, u64)> {
    fn max_by_seq(self, other: Self) -> Self {
        self.into_iter().chain(other).max_by_key(|(_, seq)| *seq)
    }
}

/// An attempt that has no end: it still goes on, was not made yet, or never will be.
fn undecided(known: &Attempts, client: &HostName, attempt: u32, reading: &Reading<'_>) -> ClaimResult {
    if let Some((_, seq)) = known.begun.iter().find(|(number, _)| *number == attempt) {
        let text = format!("attempt {attempt} on {client} is undecided at the end ({})", reading.end());
        return ClaimResult::untold(text, [*seq]);
    }
    if let Some((code, seq)) = known.over {
        let text =
            format!("there is no attempt {attempt} on {client}: the install ended before, with {code}");
        return ClaimResult::fails(text, [seq]);
    }
    let text = format!("attempt {attempt} on {client} was not made by the end ({})", reading.end());
    ClaimResult::untold(text, known.ended.last().map(|(_, _, seq)| *seq))
}

pub(super) fn attempt_failed(
    reading: &Reading<'_>,
    client: &HostName,
    attempt: u32,
    code: Option<u32>,
) -> ClaimResult {
    let none = Attempts::default();
    let known = reading.attempts.get(client).unwrap_or(&none);
    let with = code.map_or(String::new(), |code| format!(" with {code}"));
    match known.ended.iter().find(|(number, _, _)| *number == attempt) {
        None => undecided(known, client, attempt, reading),
        Some((_, 0, seq)) => ClaimResult::fails(
            format!("attempt {attempt} on {client} should fail{with}, and succeeded"),
            [*seq],
        ),
        Some((_, ended, _)) if code.is_none_or(|code| code == *ended) => ClaimResult::holds(),
        Some((_, ended, seq)) => {
            let text = format!("attempt {attempt} on {client} should fail{with}, and failed with {ended}");
            ClaimResult::fails(text, [*seq])
        }
    }
}

pub(super) fn install_failed(reading: &Reading<'_>, client: &HostName, code: Option<u32>) -> ClaimResult {
    let none = Attempts::default();
    let known = reading.attempts.get(client).unwrap_or(&none);
    match known.over {
        Some((0, seq)) => {
            ClaimResult::fails(format!("the install of {client} should fail for good, and succeeded"), [seq])
        }
        Some((ended, seq)) => match code {
            Some(code) if code != ended => {
                let text = format!(
                    "the install of {client} should fail for good with {code}, and ended with {ended}"
                );
                ClaimResult::fails(text, [seq])
            }
            _ => ClaimResult::holds(),
        },
        None => {
            let made = known.begun.len();
            let text = format!(
                "the install of {client} is not over at the end ({}), after {made} attempts: a later `until` would tell",
                reading.end()
            );
            ClaimResult::untold(text, known.ended.last().map(|(_, _, seq)| *seq))
        }
    }
}

pub(super) fn script_ended(reading: &Reading<'_>, script: &Name, ended: ScriptEnding) -> ClaimResult {
    let outline = reading.outline;
    let last = outline
        .actors
        .values()
        .filter(|actor| actor.role == Role::Script && actor.subject == *script)
        .max_by_key(|actor| actor.started.seq);
    let (seen, evidence) = match last {
        None => ("never started".to_owned(), Vec::new()),
        Some(actor) => match (actor.ended, outline.end_of(actor)) {
            (Some((end, code)), _) => {
                if ended == ScriptEnding::Code(code) {
                    return ClaimResult::holds();
                }
                (format!("ended with {code}"), vec![end.seq])
            }
            (None, Some(end)) => ("was ended from outside".to_owned(), vec![end.seq]),
            (None, None) => {
                if ended == ScriptEnding::StillWaiting {
                    return ClaimResult::holds();
                }
                ("is still waiting at the end".to_owned(), vec![actor.started.seq])
            }
        },
    };
    if last.is_none() && ended == ScriptEnding::NeverStarted {
        return ClaimResult::holds();
    }
    let wanted = match ended {
        ScriptEnding::Code(code) => format!("end with {code}"),
        ScriptEnding::StillWaiting => "still wait at the end".to_owned(),
        ScriptEnding::NeverStarted => "never start".to_owned(),
    };
    ClaimResult::fails(format!("script {script} should {wanted}, and {seen}"), evidence)
}
