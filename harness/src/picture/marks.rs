//! What kind of thing each event is.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{AccountName, Fact, SimTime, StateKey};

use super::scene::MarkKind;
use crate::timeline::{ActorId, Event, EventKind, Timeline, WaitEnd, WaitFor};

/// What kind of thing an event is.
pub(super) fn kind_of(event: &Event) -> MarkKind {
    match &event.kind {
        EventKind::Fact(fact) => match fact {
            // How things stand at the start is no fault.
            Fact::State { key: StateKey::Up | StateKey::Reaches { .. }, .. } if event.at > SimTime::START => {
                MarkKind::Fault
            }
            Fact::Machine { .. } | Fact::Restored { .. } | Fact::FaultTouched { .. } => MarkKind::Fault,
            Fact::State { .. } => MarkKind::State,
            Fact::SyncEnded { error: Some(_), .. }
            | Fact::LogonRefused { .. }
            | Fact::LockedOut { .. }
            | Fact::ServiceFailed { .. }
            | Fact::SecureChannel { error: Some(_), .. } => MarkKind::Refused,
            Fact::Committed { .. }
            | Fact::Replicated { .. }
            | Fact::Notified { .. }
            | Fact::SnapshotTaken { .. }
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
pub(super) fn polls(run: &Timeline) -> BTreeSet<u64> {
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
