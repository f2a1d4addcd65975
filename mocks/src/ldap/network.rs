//! The scenario's network between a client and a controller: what its faults make of each message.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::line::unless_gone;
use super::message::{Request, open};
use super::server::Front;
use super::session::Session;
use super::{LdapError, ResultCode, verbs};
use crate::fault::{ClientMessage, MessageFate};
use crate::{HostName, PortOperation, SimTime, Span, WireEffect};

/// The name of StartTLS (RFC 4511 4.14).
pub(super) const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// What becomes of a message.
#[derive(Debug)]
pub(super) enum Passage {
    /// The session answers it.
    Through {
        /// Not before this instant of the scenario.
        due: Option<SimTime>,
        /// What becomes of the answer.
        effect: Option<WireEffect>,
    },
    /// It is refused, and the refusal stands in the output.
    Refused,
    /// Nobody answers it, nor what comes behind it; the connection breaks at this instant of the scenario.
    Lost {
        /// When.
        until: SimTime,
    },
}

/// Whether faults have a say in what this front's clients ask.
pub(super) fn is_faulty(front: &Front) -> bool {
    front.live.is_faulty() && !front.options.spared
}

/// Whether nobody listens at the controller's ports now.
pub(super) fn is_closed(front: &Front) -> bool {
    is_faulty(front) && front.live.with(|domain, now| domain.wire_closed(now, &front.dc))
}

/// Resets a connection that was there when the port was closed, and says so.
pub(super) fn turn_away(front: &Front, stream: &TcpStream) {
    let message = connecting(front);
    front.live.with(|domain, now| domain.wire_turned_away(now, &message));
    let _ = stream.set_zero_linger();
}

fn connecting(front: &Front) -> ClientMessage<'_> {
    let from = front.options.client.as_ref();
    ClientMessage { from, to: &front.dc, verbs: &[], operation: Some(PortOperation::Connect) }
}

/// Takes a connection through the faults that spoil connections; `None`: nothing is left of it.
pub(super) async fn begin(front: &Front, mut stream: TcpStream) -> Option<TcpStream> {
    if !is_faulty(front) {
        return Some(stream);
    }
    let message = connecting(front);
    let (effect, now) = front.live.with(|domain, now| (domain.wire_connection(now, &message), now));
    match effect {
        None => Some(stream),
        Some(WireEffect::Hang { lasts: Some(lasts) }) => {
            let goes_on = unless_gone(&stream, until(front, now + lasts)).await == Some(true);
            goes_on.then_some(stream)
        }
        Some(WireEffect::Hang { lasts: None }) => {
            let mut waste = Vec::new();
            while stream.read_buf(&mut waste).await.is_ok_and(|count| count > 0) {
                waste.clear();
            }
            None
        }
        Some(_) => {
            let _ = stream.set_zero_linger();
            None
        }
    }
}

/// Takes a whole message, which came at this instant and has got to the controller, through the faults there.
pub(super) fn pass(
    front: &Front,
    session: &mut Session,
    message: &[u8],
    came: SimTime,
    output: &mut Vec<u8>,
) -> Passage {
    const THROUGH: Passage = Passage::Through { due: None, effect: None };
    let Ok(envelope) = open(message) else { return THROUGH };
    let Ok(request) = envelope.request() else { return THROUGH };
    let mut turn = front.live.turn();
    let workstation = verbs::workstation(&request);
    let (verbs, fate, now) = turn.enter(|state, now| {
        let verbs = verbs::verbs(&session.view(state, now), &request);
        let from = front.options.client.as_ref().or(workstation.as_ref());
        let message = ClientMessage { from, to: &front.dc, verbs: &verbs, operation: asked(&request) };
        let fate = state.domain.wire_fate(now, &message);
        (verbs, fate, now)
    });
    match fate {
        MessageFate::Performed { delay, effect } => {
            let due = (delay > Span::ZERO).then(|| came + delay);
            Passage::Through { due, effect }
        }
        MessageFate::Lost { after } => Passage::Lost { until: now + after },
        MessageFate::Refused { verb, code } => {
            if let Some(verb) = verbs.get(verb) {
                let error = LdapError::refused(verb, code);
                session.refuse(&mut turn, &envelope, &request, &error, output);
            }
            Passage::Refused
        }
        MessageFate::Answered { code, text } => {
            let error = LdapError::new(ResultCode(code), text);
            session.refuse(&mut turn, &envelope, &request, &error, output);
            Passage::Refused
        }
    }
}

/// What a request asks of the port, where it has an answer.
fn asked(request: &Request<'_>) -> Option<PortOperation> {
    Some(match request {
        Request::Bind { .. } => PortOperation::Bind,
        Request::Search(_) => PortOperation::Search,
        Request::Compare { .. } => PortOperation::Compare,
        Request::Add { .. } => PortOperation::Add,
        Request::Modify { .. } => PortOperation::Modify,
        Request::Delete(_) => PortOperation::Delete,
        Request::ModifyDn { .. } => PortOperation::Rename,
        Request::Extended { oid, .. } if *oid == START_TLS => PortOperation::StartTls,
        Request::Extended { .. } => PortOperation::Extended,
        Request::Unbind | Request::Abandon(_) | Request::Unknown(_) => return None,
    })
}

/// Waits until the network lets a message through, as packets do that are sent again; `false`: the controller went down
/// meanwhile. Only what is an `occasion` counts for the faults that keep it.
pub(super) async fn reach(front: &Front, occasion: bool) -> bool {
    let from: Option<&HostName> = front.options.client.as_ref();
    let message = ClientMessage { from, to: &front.dc, verbs: &[], operation: None };
    let mut changes = front.live.changes();
    let (mut first, mut kept) = (occasion, Vec::new());
    loop {
        changes.borrow_and_update();
        let (up, through) = front.live.with(|domain, now| {
            (domain.is_up(&front.dc), domain.wire_reaches(now, &message, first, &mut kept))
        });
        if !up || through {
            return up;
        }
        first = false;
        if changes.changed().await.is_err() {
            return false;
        }
    }
}

/// Whether a datagram gets to the controller: it is not sent again.
pub(super) fn datagram_reaches(front: &Front) -> bool {
    let from = front.options.client.as_ref();
    let message = ClientMessage { from, to: &front.dc, verbs: &[], operation: None };
    front.live.with(|domain, now| match is_faulty(front) {
        false => domain.is_up(&front.dc),
        true => domain.wire_reaches(now, &message, true, &mut Vec::new()),
    })
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
