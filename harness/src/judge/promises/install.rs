//! Promises about the course of an install.

use std::collections::BTreeMap;

use mockdc_mocks::{HostName, Win32Error};

use crate::judge::Tested;
use crate::judge::outline::{Mark, Outline};
use crate::timeline::{Classes, Event, EventKind, Queue, Role, WaitEnd, WaitFor};

/// A loader that is ended from outside, or with its machine, cannot help it: only its own end counts.
pub(super) fn loader_outlives_its_child(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    for loader in outline.actors.values().filter(|actor| actor.role == Role::BootLoader) {
        let (Some((stop, _)), Some(own)) = (loader.ended, loader.process) else { continue };
        tested.occasion();
        let child = outline.running_children(own, stop.seq).next();
        if let Some((id, process)) = child {
            let text = format!(
                "the boot loader on {} stops {} after it started process {}, which still runs",
                loader.host,
                stop.at.since(process.started.at),
                id.0
            );
            tested.broken(text, [process.started.seq, stop.seq]);
        }
    }
    tested
}

/// Q264630: an attempt an hour, for 7 days from the first; the figures are the profile's.
pub(super) fn retries_stay_within_their_bound(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let mut begun: BTreeMap<HostName, Vec<Mark>> = BTreeMap::new();
    outline.register.requests.each(|event| {
        let client = match &event.kind {
            EventKind::InstallEnded { client, .. }
            | EventKind::Queued { client, queue: Queue::Incoming, .. } => {
                begun.remove(client);
                return;
            }
            EventKind::AttemptBegan { client, .. } => client,
            _ => return,
        };
        let attempts = begun.entry(client.clone()).or_default();
        if let (Some(first), Some(last), Some(server)) =
            (attempts.first(), attempts.last(), outline.site_server(client))
        {
            let rules = &server.profile.ccm;
            tested.occasion();
            let (gap, age) = (event.at.since(last.at), event.at.since(first.at));
            if gap < rules.retry_every {
                let text = format!(
                    "an attempt on {client} begins {gap} after the one before, not {}",
                    rules.retry_every
                );
                tested.broken(text, [last.seq, event.seq]);
            }
            if age >= rules.retry_for {
                let text = format!(
                    "attempt {} on {client} begins {age} after the first; they should end within {}",
                    attempts.len() + 1,
                    rules.retry_for
                );
                tested.broken(text, [first.seq, event.seq]);
            }
        }
        attempts.push(Mark::of(event));
    });
    tested
}

/// The waits of an install, on either side of it, for its own accounts. What the client's service waits for once it runs
/// (the token account, or a mark in its comment) has a limit of its own, which is no maximum wait for replication.
pub(super) fn wait_ends_within_its_maximum(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    outline.register.waits.each(|event| {
        let EventKind::WaitEnded { what: WaitFor::Account { account, at }, how, lasted } = &event.kind else {
            return;
        };
        let role = event.actor.and_then(|id| outline.actors.get(&id)).map(|actor| actor.role);
        let installs = matches!(
            role,
            Some(Role::ClientConfigurationManager | Role::Bootstrap | Role::LogonInstall | Role::BootLoader)
        );
        if !installs {
            return;
        }
        tested.occasion();
        if *how == WaitEnd::TimedOut {
            let text = match last_look(outline, event, at) {
                Some((_, code)) if !code.means_not_there() => format!(
                    "{account} is at {at}, and the wait for it is not met in {lasted}, the longest wait: its last \
                     look ends with {code}"
                ),
                _ => format!("{account} has not reached {at} in {lasted}, the longest wait"),
            };
            let look = last_look(outline, event, at).map(|(seq, _)| seq);
            tested.broken(text, look.into_iter().chain([event.seq]));
        }
    });
    tested
}

/// The last call at a host that the actor of an event made before it, with its code.
fn last_look(outline: &Outline<'_>, end: &Event, host: &HostName) -> Option<(u64, Win32Error)> {
    let earlier = outline.run.events.chosen_before(end.seq, Classes::CALLS);
    earlier.filter(|event| event.actor == end.actor).find_map(|event| match &event.kind {
        EventKind::Call { at, code, .. } if at == host => Some((event.seq, Win32Error(*code))),
        _ => None,
    })
}
