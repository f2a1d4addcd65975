//! The scenario's network between a client and a controller: what its faults make of each message.

use super::message::open;
use super::server::Front;
use super::session::Session;
use super::verbs;
use crate::fault::{ClientMessage, MessageFate};
use crate::{HostName, SimTime, Span};

/// What becomes of a message.
#[derive(Debug)]
pub(super) enum Passage {
    /// The session answers it.
    Through {
        /// Not before this instant of the scenario.
        due: Option<SimTime>,
    },
    /// It is refused, and the refusal stands in the output.
    Refused,
    /// Nobody answers it, nor what comes behind it; the connection breaks at this instant of the scenario.
    Lost {
        /// When.
        until: SimTime,
    },
    /// The controller went down before it got there.
    Down,
}

/// Whether faults have a say in what this front's clients ask.
pub(super) fn is_faulty(front: &Front) -> bool {
    front.live.is_faulty() && !front.options.spared
}

/// Takes a whole message, which came at this instant, through the network.
pub(super) async fn pass(
    front: &Front,
    session: &mut Session,
    message: &[u8],
    came: SimTime,
    output: &mut Vec<u8>,
) -> Passage {
    if !reach(front, true).await {
        return Passage::Down;
    }
    let Ok(envelope) = open(message) else { return Passage::Through { due: None } };
    let Ok(request) = envelope.request() else { return Passage::Through { due: None } };
    let mut turn = front.live.turn();
    let workstation = verbs::workstation(&request);
    let (verbs, fate, now) = turn.enter(|state, now| {
        let verbs = verbs::verbs(&session.view(state, now), &request);
        let from = front.options.client.as_ref().or(workstation.as_ref());
        let message = ClientMessage { from, to: &front.dc, verbs: &verbs };
        let fate = state.domain.wire_fate(now, &message);
        (verbs, fate, now)
    });
    match fate {
        MessageFate::Performed { delay } if delay > Span::ZERO => {
            Passage::Through { due: Some(came + delay) }
        }
        MessageFate::Performed { .. } => Passage::Through { due: None },
        MessageFate::Lost { after } => Passage::Lost { until: now + after },
        MessageFate::Refused { verb, code } => {
            if let Some(verb) = verbs.get(verb) {
                session.refuse(&mut turn, &envelope, &request, verb, code, output);
            }
            Passage::Refused
        }
    }
}

/// Waits until the network lets a message through, as packets do that are sent again; `false`: the controller went down
/// meanwhile. Only what is an `occasion` counts for the faults that keep it.
pub(super) async fn reach(front: &Front, occasion: bool) -> bool {
    let from: Option<&HostName> = front.options.client.as_ref();
    let message = ClientMessage { from, to: &front.dc, verbs: &[] };
    let mut changes = front.live.changes();
    let mut first = occasion;
    loop {
        changes.borrow_and_update();
        let (up, through) = front
            .live
            .with(|domain, now| (domain.is_up(&front.dc), domain.wire_reaches(now, &message, first)));
        if !up || through {
            return up;
        }
        first = false;
        if changes.changed().await.is_err() {
            return false;
        }
    }
}

/// Waits until an instant of the scenario; `false`: the controller went down before it.
pub(super) async fn until(front: &Front, due: SimTime) -> bool {
    let mut changes = front.live.changes();
    loop {
        changes.borrow_and_update();
        let (up, there) = front.live.with(|domain, now| {
            if now < due {
                domain.wake_at(due);
            }
            (domain.is_up(&front.dc), now >= due)
        });
        if !up || there {
            return up;
        }
        if changes.changed().await.is_err() {
            return false;
        }
    }
}
