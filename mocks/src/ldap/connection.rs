//! One client's connection: octets in, whole messages to the session, answers out in one write.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::message::open;
use super::network::{self, Passage};
use super::ntlm::Protector;
use super::server::Front;
use super::session::{Session, Then};
use super::{LdapError, Manner, Protection, WireEffect, WireOperation, message_length, reply};

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
/// How long the rest of a message that is not taken is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// There is room for so much at least when something is read.
const READ: usize = 4 * 1024;
/// The tag of a search.
const SEARCH: u8 = 0x63;
/// The most that stands in one protected frame.
const FRAME: usize = 32 * 1024;

pub(super) async fn run(front: Arc<Front>, stream: TcpStream, peer: SocketAddr, transport: Transport) {
    let _open = Open(front.clone());
    let _ = stream.set_nodelay(true);
    let number = front.counters.connections.fetch_add(1, Ordering::Relaxed) + 1;
    if let Some(effect) = front.options.faults.strike(WireOperation::Connect) {
        // A connection that is spoiled at once is left hanging until the client gives up, or reset.
        let mut stream = stream;
        let mut waste = Vec::new();
        while effect == WireEffect::Hang && stream.read_buf(&mut waste).await.is_ok_and(|count| count > 0) {
            waste.clear();
        }
        let _ = stream.set_zero_linger();
        return;
    }
    let mut session = Session::new(front.clone(), number, Some(peer));
    let (stream, apart) = (Stream::Plain(stream), front.options.manner == Manner::Samba);
    let mut line = Line { stream, protector: None, input: Vec::new(), sealed: Vec::new(), apart };
    if transport == Transport::Tls {
        if network::is_faulty(&front) && !network::reach(&front, true).await {
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
            let mut due = None;
            if let Some(length) = whole(&line.input[taken..]).filter(|_| network::is_faulty(front)) {
                // What was asked before has been answered by now.
                line.write(&mut output).await?;
                let message = &line.input[taken..taken + length];
                match network::pass(front, &mut session, message, came, &mut output).await {
                    Passage::Through { due: later } => due = later,
                    Passage::Refused => {
                        taken += length;
                        continue;
                    }
                    Passage::Lost { until } => {
                        network::until(front, until).await;
                        return line.reset();
                    }
                    Passage::Down => return Ok(()),
                }
            }
            let answered = answer(front, &mut session, &line.input, &mut taken, &mut output);
            if let Some(due) = due
                && !network::until(front, due).await
            {
                return Ok(());
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
                Pause::Then(Then::Spoil { effect, from }) => {
                    let mut spoilt = output.split_off(from);
                    line.write(&mut output).await?;
                    let half = spoilt.len() / 2;
                    match effect {
                        WireEffect::Drip { octets, pause } => {
                            for piece in spoilt.chunks(octets.max(1)) {
                                tokio::time::sleep(pause).await;
                                line.write(&mut piece.to_vec()).await?;
                            }
                        }
                        WireEffect::Malform => {
                            // A tag that no message begins with.
                            if let Some(first) = spoilt.first_mut() {
                                *first = 0x31;
                            }
                            line.write(&mut spoilt).await?;
                        }
                        WireEffect::Truncate => {
                            spoilt.truncate(half);
                            line.write(&mut spoilt).await?;
                            return line.close().await;
                        }
                        WireEffect::Reset => {
                            spoilt.truncate(half);
                            line.write(&mut spoilt).await?;
                            return line.reset();
                        }
                        WireEffect::Hang | WireEffect::Code(..) => loop {
                            line.input.clear();
                            if line.read(usize::MAX).await? == 0 {
                                return Ok(());
                            }
                        },
                    }
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
                    if network::is_faulty(front) && !network::reach(front, false).await {
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
        match session.handle(&mut turn, message, output) {
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

/// The connection with what protects it.
struct Line {
    stream: Stream,
    protector: Option<Box<Protector>>,
    /// Octets of messages.
    input: Vec<u8>,
    /// Octets of frames that have not come as a whole.
    sealed: Vec<u8>,
    /// Whether each message is written by itself.
    apart: bool,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.write_all(bytes).await,
            Stream::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }
}

impl Line {
    async fn start_tls(self, front: &Front) -> io::Result<Line> {
        let Line { stream, protector, input, sealed, apart } = self;
        let Stream::Plain(stream) = stream else {
            return Err(io::Error::other("TLS is there already"));
        };
        let Some(acceptor) = &front.tls else { return Err(io::Error::other("there is no certificate")) };
        let handshake = timeout(front.options.limits.init_recv_timeout, acceptor.accept(stream));
        let stream = handshake.await.map_err(io::Error::other)??;
        Ok(Line { stream: Stream::Tls(Box::new(stream)), protector, input, sealed, apart })
    }

    /// Reads what is there; 0: the client is gone.
    async fn read(&mut self, most: usize) -> io::Result<usize> {
        let buffer = if self.protector.is_some() { &mut self.sealed } else { &mut self.input };
        buffer.reserve(READ);
        let count = match &mut self.stream {
            Stream::Plain(stream) => stream.read_buf(buffer).await?,
            Stream::Tls(stream) => stream.read_buf(buffer).await?,
        };
        self.open_frames(most)?;
        Ok(count)
    }

    /// Takes whole frames apart: four octets of length, a signature, a message.
    fn open_frames(&mut self, most: usize) -> io::Result<()> {
        let Some(protector) = &mut self.protector else { return Ok(()) };
        let mut taken = 0;
        while let Some(length) = self.sealed.get(taken..taken + 4) {
            let length = length.iter().fold(0_usize, |sum, octet| (sum << 8) | usize::from(*octet));
            if length > most {
                return Err(io::Error::other("a frame beyond the limit"));
            }
            let Some(frame) = self.sealed.get(taken + 4..taken + 4 + length) else { break };
            let message = protector.unwrap(frame);
            self.input.extend(message.ok_or_else(|| io::Error::other("a signature is not the client's"))?);
            taken += 4 + length;
        }
        self.sealed.drain(..taken);
        Ok(())
    }

    async fn write(&mut self, output: &mut Vec<u8>) -> io::Result<()> {
        if output.is_empty() {
            return Ok(());
        }
        if self.apart && self.protector.is_none() {
            return self.write_apart(output).await;
        }
        let mut wrapped = Vec::new();
        if let Some(protector) = &mut self.protector {
            for piece in output.chunks(FRAME) {
                let frame = protector.wrap(piece);
                wrapped.extend((frame.len() as u32).to_be_bytes());
                wrapped.extend(frame);
            }
        }
        let bytes: &[u8] = if self.protector.is_some() { &wrapped } else { output };
        self.stream.write(bytes).await?;
        output.clear();
        Ok(())
    }

    /// Writes message by message.
    async fn write_apart(&mut self, output: &mut Vec<u8>) -> io::Result<()> {
        let mut rest = output.as_slice();
        while !rest.is_empty() {
            let length = message_length(rest).ok().flatten().unwrap_or(rest.len()).min(rest.len());
            let (message, after) = rest.split_at(length);
            self.stream.write(message).await?;
            rest = after;
        }
        output.clear();
        Ok(())
    }

    /// Reads so many octets and forgets them, as long as they come.
    async fn waste(&mut self, mut length: usize) -> io::Result<()> {
        while length > 0 {
            self.input.clear();
            match timeout(PATIENCE, self.read(usize::MAX)).await {
                Ok(Ok(count)) if count > 0 => length = length.saturating_sub(count),
                _ => break,
            }
        }
        Ok(())
    }

    /// Drops the connection so that the client sees it reset.
    fn reset(self) -> io::Result<()> {
        match &self.stream {
            Stream::Plain(stream) => stream.set_zero_linger(),
            Stream::Tls(stream) => stream.get_ref().0.set_zero_linger(),
        }
    }

    async fn close(mut self) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.shutdown().await,
            Stream::Tls(stream) => stream.shutdown().await,
        }
    }
}

/// Counts a connection as long as it is there.
struct Open(Arc<Front>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.counters.open.fetch_sub(1, Ordering::Relaxed);
    }
}
