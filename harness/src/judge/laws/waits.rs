//! Waits and their limits.

use mockdc_mocks::{SimTime, Span};

use crate::judge::Tested;
use crate::judge::outline::{Mark, Outline};
use crate::timeline::{ActorId, Classes, Event, EventKind, WaitEnd, WaitFor};

struct Open {
    actor: Option<ActorId>,
    what: WaitFor,
    limit: Option<Span>,
    began: Mark,
}

pub(super) fn waits_end_by_their_limit(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let mut open: Vec<Open> = Vec::new();
    outline.register.waits.each(|event| match &event.kind {
        EventKind::WaitBegan { what, limit } => {
            let (what, began) = (what.clone(), Mark::of(event));
            open.push(Open { actor: event.actor, what, limit: *limit, began });
        }
        EventKind::WaitEnded { what, how, lasted } => {
            let place = open.iter().rposition(|wait| wait.actor == event.actor && wait.what == *what);
            let Some(place) = place else {
                tested.broken("a wait ends that never began", [event.seq]);
                return;
            };
            let wait = open.remove(place);
            tested.occasion();
            let over = wait.limit.map(|limit| wait.began.at + limit).filter(|due| event.at > *due);
            if over.is_some_and(|due| looks_until(outline, event, due)) {
                return;
            }
            if let Some(text) = fault(&wait, event.at, *how, *lasted) {
                tested.broken(text, [wait.began.seq, event.seq]);
            }
        }
        _ => {}
    });
    for wait in open {
        let Some(due) = wait.limit.map(|limit| wait.began.at + limit) else { continue };
        let ended = wait.actor.and_then(|id| outline.end_of(outline.actors.get(&id)?));
        let over = ended.map_or(outline.end, |mark| mark.at);
        if due < over {
            let text = format!("a wait of at most {} still goes on at {over}", due.since(wait.began.at));
            tested.broken(text, [wait.began.seq]);
        }
    }
    tested
}

/// Whether the actor's last call before the wait's end was made by the limit and answered at the end: a look that
/// begins in time counts, however long its answer takes.
fn looks_until(outline: &Outline<'_>, end: &Event, due: SimTime) -> bool {
    let earlier = outline.run.events.chosen_before(end.seq, Classes::CALLS);
    let last = earlier.filter(|event| event.actor == end.actor).find_map(|event| match event.kind {
        EventKind::Call { took, .. } => Some((event.at, event.at - took)),
        _ => None,
    });
    last.is_some_and(|(answered, made)| made <= due && answered == end.at)
}

fn fault(wait: &Open, ended: SimTime, how: WaitEnd, lasted: Span) -> Option<String> {
    let passed = ended.since(wait.began.at);
    if lasted != passed {
        return Some(format!("a wait says that it lasted {lasted}, and {passed} have passed"));
    }
    match (wait.limit, how) {
        (Some(limit), _) if passed > limit => Some(format!("a wait of at most {limit} lasted {passed}")),
        (Some(limit), WaitEnd::TimedOut) if passed < limit => {
            Some(format!("a wait of {limit} is given up after {passed}"))
        }
        (None, WaitEnd::TimedOut) => Some("a wait without a limit is given up".to_owned()),
        _ => None,
    }
}
