//! One client's connection: octets in, whole messages to the session, answers out in one write.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::line::{Line, Stream};
use super::message::open;
use super::network::{self, Passage};
use super::server::Front;
use super::session::{Session, Then};
use super::spoil::{self, After};
use super::{LdapError, Manner, Protection, message_length, reply};

/// How a connection starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// As it stands.
    Plain,
    /// Under TLS.
    Tls,
}

/// Answers of one turn are written together up to this size.
const FLUSH: usize = 256 * 1024;
/// So many messages are answered in one turn at the domain: others want theirs.
const TURN: usize = 64;
/// The tag of a search.
const SEARCH: u8 = 0x63;

pub(super) async fn run(front: Arc<Front>, stream: TcpStream, peer: SocketAddr, transport: Transport) {
    let _open = Open(front.clone());
    let _ = stream.set_nodelay(true);
    let number = front.counters.connections.fetch_add(1, Ordering::Relaxed) + 1;
    let Some(stream) = network::begin(&front, stream).await else { return };
    let mut session = Session::new(front.clone(), number, Some(peer));
    let (stream, apart) = (Stream::Plain(stream), front.options.manner == Manner::Samba);
    let mut line = Line { stream, protector: None, input: Vec::new(), sealed: Vec::new(), apart };
    if transport == Transport::Tls {
        if network::is_faulty(&front) && line.unless_gone(network::reach(&front, true)).await != Some(true) {
            return;
        }
        match line.start_tls(&front).await {
            Ok(encrypted) => line = encrypted,
            // A client that speaks no TLS is told nothing that it could read.
            Err(_) => return,
        }
        session.protection = Protection::Tls;
    }
    // A connection that breaks is the client's affair.
    let _ = converse(&front, line, session).await;
}

async fn converse(front: &Front, mut line: Line, mut session: Session) -> io::Result<()> {
    let limits = &front.options.limits;
    let (most_of_all, _) = front.options.manner.most(limits, true);
    let mut output = Vec::new();
    let mut changes = front.live.changes();
    // When the last octets came.
    let mut came = front.live.now();
    loop {
        let mut taken = 0;
        loop {
            let (mut due, mut spoilt) = (None, None);
            if let Some(length) = whole(&line.input[taken..]).filter(|_| network::is_faulty(front)) {
                // What was asked before has been answered by now.
                line.write(&mut output).await?;
                // The controller goes down, or the client leaves, before it gets there.
                if line.unless_gone(network::reach(front, true)).await != Some(true) {
                    return Ok(());
                }
                let message = &line.input[taken..taken + length];
                match network::pass(front, &mut session, message, came, &mut output) {
                    Passage::Through { due: later, effect } => (due, spoilt) = (later, effect),
                    Passage::Refused => {
                        taken += length;
                        continue;
                    }
                    Passage::Lost { until } => {
                        line.unless_gone(network::until(front, until)).await;
                        return line.reset();
                    }
                }
            }
            let answered = answer(front, &mut session, &line.input, &mut taken, &mut output);
            if let Some(due) = due
                && line.unless_gone(network::until(front, due)).await != Some(true)
            {
                return Ok(());
            }
            if let Some(effect) = spoilt {
                match spoil::spoil(front, &mut line, effect, &mut output).await? {
                    After::GoesOn => {}
                    After::Reset => return line.reset(),
                    After::Close => return line.close().await,
                    After::Gone => return Ok(()),
                }
            }
            match answered {
                Pause::Starved => break,
                // What was answered before it went down is on its way.
                Pause::Down => return line.write(&mut output).await,
                Pause::Malformed => {
                    line.write(&mut output).await?;
                    return line.close().await;
                }
                Pause::TooLong(length) => {
                    line.write(&mut output).await?;
                    line.waste(length - (line.input.len() - taken).min(length)).await?;
                    return line.close().await;
                }
                Pause::Then(Then::GoOn) => {}
                Pause::Then(Then::Close) => {
                    line.write(&mut output).await?;
                    return line.close().await;
                }
                Pause::Then(Then::StartTls) => {
                    line.write(&mut output).await?;
                    // What came in the clear behind the request belongs to nobody.
                    line.input.clear();
                    taken = 0;
                    line = line.start_tls(front).await?;
                    session.protection = Protection::Tls;
                }
                Pause::Then(Then::Protect(protector)) => {
                    line.write(&mut output).await?;
                    line.sealed = line.input.split_off(taken);
                    line.input.clear();
                    taken = 0;
                    line.protector = Some(protector);
                    line.open_frames(most_of_all)?;
                }
            }
            if output.len() >= FLUSH {
                line.write(&mut output).await?;
            }
        }
        line.input.drain(..taken);
        line.write(&mut output).await?;
        let patience = match session.is_bound() {
            true => limits.max_conn_idle_time,
            false => limits.init_recv_timeout,
        };
        if session.is_watching() {
            tokio::select! {
                read = line.read(most_of_all) => if read? == 0 {
                    return Ok(());
                },
                _ = changes.changed() => {
                    if network::is_faulty(front)
                        && line.unless_gone(network::reach(front, false)).await != Some(true)
                    {
                        return Ok(());
                    }
                    session.changes(&mut front.live.turn(), &mut output);
                }
            }
            came = front.live.now();
            continue;
        }
        match timeout(patience, line.read(most_of_all)).await {
            Ok(Ok(0)) => return Ok(()),
            Ok(Ok(_)) => came = front.live.now(),
            Ok(Err(error)) => return Err(error),
            Err(_) => return line.close().await,
        }
    }
}

/// Why a turn of answers ends.
enum Pause {
    /// No whole message is left.
    Starved,
    /// What came is no message; the client has been told.
    Malformed,
    /// A message of so many octets is not taken, and nothing is said about it.
    TooLong(usize),
    /// The controller is down: it says no more.
    Down,
    /// The last answer asks for something, or is one of many.
    Then(Then),
}

/// Answers the messages that have come as a whole, in one turn at the domain: all of them, or as many as are written
/// together, or one where each has its own way through the scenario's network.
fn answer(
    front: &Front,
    session: &mut Session,
    input: &[u8],
    taken: &mut usize,
    output: &mut Vec<u8>,
) -> Pause {
    let mut turn = front.live.turn();
    let manner = front.options.manner;
    let together = if network::is_faulty(front) { 1 } else { TURN };
    for _ in 0..together {
        let (most, most_of_a_search) = manner.most(&front.options.limits, session.is_bound());
        let length = match message_length(&input[*taken..]) {
            Ok(None) => return Pause::Starved,
            Ok(Some(length)) if length <= most => length,
            Ok(Some(length)) if manner == Manner::Samba => return Pause::TooLong(length),
            Ok(Some(_)) | Err(_) => {
                session.malformed(&mut turn);
                output.extend(reply::disconnection(&LdapError::malformed()));
                return Pause::Malformed;
            }
        };
        let Some(message) = input.get(*taken..*taken + length) else { return Pause::Starved };
        if length > most_of_a_search && open(message).is_ok_and(|envelope| envelope.tag == SEARCH) {
            return Pause::TooLong(length);
        }
        if !turn.has_begun() && !turn.enter(|state, _| state.domain.is_up(&front.dc)) {
            return Pause::Down;
        }
        *taken += length;
        match session.answer(&mut turn, message, output) {
            Then::GoOn if output.len() < FLUSH => {}
            then => return Pause::Then(then),
        }
    }
    Pause::Then(Then::GoOn)
}

/// The length of a message that has come as a whole.
fn whole(input: &[u8]) -> Option<usize> {
    message_length(input).ok().flatten().filter(|length| *length <= input.len())
}

/// Counts a connection as long as it is there.
struct Open(Arc<Front>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.counters.open.fetch_sub(1, Ordering::Relaxed);
    }
}
