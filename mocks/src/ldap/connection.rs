//! One client's connection: octets in, whole messages to the session, answers out in one write.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::ntlm::Protector;
use super::server::Front;
use super::session::{Session, Then};
use super::{LdapError, Protection, WireEffect, WireOperation, message_length, reply};

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
    let mut line =
        Line { stream: Stream::Plain(stream), protector: None, input: Vec::new(), sealed: Vec::new() };
    if transport == Transport::Tls {
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
    let mut output = Vec::new();
    let mut changes = front.live.changes();
    loop {
        let mut taken = 0;
        while let Some(length) = match message_length(&line.input[taken..]) {
            Ok(length) if length.is_none_or(|length| length <= limits.max_receive_buffer) => length,
            Ok(_) | Err(_) => {
                session.malformed();
                output.extend(reply::disconnection(&LdapError::malformed()));
                line.write(&mut output).await?;
                return line.close().await;
            }
        } {
            let input = std::mem::take(&mut line.input);
            let Some(message) = input.get(taken..taken + length) else {
                line.input = input;
                break;
            };
            if front.options.client.is_some() {
                // What was asked before has been answered by now.
                line.write(&mut output).await?;
                if !let_through(front).await {
                    return Ok(());
                }
            }
            let then = session.handle(message, &mut output);
            line.input = input;
            taken += length;
            match then {
                Then::GoOn => {}
                Then::Close => {
                    line.write(&mut output).await?;
                    return line.close().await;
                }
                Then::Spoil { effect, from } => {
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
                Then::StartTls => {
                    line.write(&mut output).await?;
                    // What came in the clear behind the request belongs to nobody.
                    line.input.clear();
                    taken = 0;
                    line = line.start_tls(front).await?;
                    session.protection = Protection::Tls;
                }
                Then::Protect(protector) => {
                    line.write(&mut output).await?;
                    line.sealed = line.input.split_off(taken);
                    line.input.clear();
                    taken = 0;
                    line.protector = Some(protector);
                    line.open_frames(limits.max_receive_buffer)?;
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
                read = line.read(limits.max_receive_buffer) => if read? == 0 {
                    return Ok(());
                },
                _ = changes.changed() => session.changes(&mut output),
            }
            continue;
        }
        match timeout(patience, line.read(limits.max_receive_buffer)).await {
            Ok(Ok(0)) => return Ok(()),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => return line.close().await,
        }
        if !front.live.with(|domain, _| domain.is_up(&front.dc)) {
            return Ok(());
        }
    }
}

/// Waits until the scenario's network lets a client's message through; `false`: the controller went down meanwhile.
async fn let_through(front: &Front) -> bool {
    let Some(client) = &front.options.client else { return true };
    let mut changes = front.live.changes();
    let mut first = true;
    loop {
        changes.borrow_and_update();
        let (up, through) = front.live.with(|domain, now| {
            (domain.is_up(&front.dc), domain.wire_reaches(now, client, &front.dc, first))
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

/// The connection with what protects it.
struct Line {
    stream: Stream,
    protector: Option<Box<Protector>>,
    /// Octets of messages.
    input: Vec<u8>,
    /// Octets of frames that have not come as a whole.
    sealed: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Line {
    async fn start_tls(self, front: &Front) -> io::Result<Line> {
        let Line { stream, protector, input, sealed } = self;
        let Stream::Plain(stream) = stream else {
            return Err(io::Error::other("TLS is there already"));
        };
        let Some(acceptor) = &front.tls else { return Err(io::Error::other("there is no certificate")) };
        let handshake = timeout(front.options.limits.init_recv_timeout, acceptor.accept(stream));
        let stream = handshake.await.map_err(io::Error::other)??;
        Ok(Line { stream: Stream::Tls(Box::new(stream)), protector, input, sealed })
    }

    /// Reads what is there; 0: the client is gone.
    async fn read(&mut self, most: usize) -> io::Result<usize> {
        let buffer = if self.protector.is_some() { &mut self.sealed } else { &mut self.input };
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
        let mut wrapped = Vec::new();
        if let Some(protector) = &mut self.protector {
            for piece in output.chunks(FRAME) {
                let frame = protector.wrap(piece);
                wrapped.extend((frame.len() as u32).to_be_bytes());
                wrapped.extend(frame);
            }
        }
        let bytes: &[u8] = if self.protector.is_some() { &wrapped } else { output };
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes).await?,
            Stream::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await?;
            }
        }
        output.clear();
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
