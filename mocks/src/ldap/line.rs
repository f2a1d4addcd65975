//! A connection with what protects it: octets read, taken apart, wrapped and written; and whether the client is still
//! there.

use std::future::Future;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::message_length;
use super::ntlm::Protector;
use super::server::Front;

/// How long the rest of a message that is not taken is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// There is room for so much at least when something is read.
const READ: usize = 4 * 1024;
/// The most that stands in one protected frame.
const FRAME: usize = 32 * 1024;

/// The connection with what protects it.
pub(super) struct Line {
    pub(super) stream: Stream,
    pub(super) protector: Option<Box<Protector>>,
    /// Octets of messages.
    pub(super) input: Vec<u8>,
    /// Octets of frames that have not come as a whole.
    pub(super) sealed: Vec<u8>,
    /// Whether each message is written by itself.
    pub(super) apart: bool,
}

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
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
    pub(super) async fn start_tls(self, front: &Front) -> io::Result<Line> {
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
    pub(super) async fn read(&mut self, most: usize) -> io::Result<usize> {
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
    pub(super) fn open_frames(&mut self, most: usize) -> io::Result<()> {
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

    pub(super) async fn write(&mut self, output: &mut Vec<u8>) -> io::Result<()> {
        if output.is_empty() {
            return Ok(());
        }
        if self.apart && self.protector.is_none() {
            return self.write_apart(output).await;
        }
        let bytes = self.wrap(std::mem::take(output));
        self.stream.write(&bytes).await?;
        // What has room for one answer has it for the next.
        if self.protector.is_none() {
            *output = bytes;
            output.clear();
        }
        Ok(())
    }

    /// Octets as the client gets them, TLS aside.
    pub(super) fn wrap(&mut self, output: Vec<u8>) -> Vec<u8> {
        let Some(protector) = &mut self.protector else { return output };
        let mut wrapped = Vec::new();
        for piece in output.chunks(FRAME) {
            let frame = protector.wrap(piece);
            wrapped.extend((frame.len() as u32).to_be_bytes());
            wrapped.extend(frame);
        }
        wrapped
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
    pub(super) async fn waste(&mut self, mut length: usize) -> io::Result<()> {
        while length > 0 {
            self.input.clear();
            match timeout(PATIENCE, self.read(usize::MAX)).await {
                Ok(Ok(count)) if count > 0 => length = length.saturating_sub(count),
                _ => break,
            }
        }
        Ok(())
    }

    /// Waits for something as long as the client is there; `None`: it has left.
    pub(super) async fn unless_gone<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        unless_gone(self.socket(), work).await
    }

    fn socket(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref().0,
        }
    }

    /// Drops the connection so that the client sees it reset.
    pub(super) fn reset(self) -> io::Result<()> {
        self.socket().set_zero_linger()
    }

    pub(super) async fn close(mut self) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.shutdown().await,
            Stream::Tls(stream) => stream.shutdown().await,
        }
    }
}

/// Waits for something as long as the client of a connection is there; `None`: it has left.
pub(super) async fn unless_gone<T>(stream: &TcpStream, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = left(stream) => None,
    }
}

/// Done when the client has closed its side. Octets that wait to be read are left where they are: what watches is a
/// second handle, with a readiness of its own. Where the system gives none, nobody is known to leave.
async fn left(stream: &TcpStream) {
    let second = stream.as_fd().try_clone_to_owned().and_then(|socket| {
        let socket = std::net::TcpStream::from(socket);
        TcpStream::from_std(socket)
    });
    let Ok(second) = second else { return std::future::pending().await };
    while let Ok(ready) = second.ready(Interest::READABLE).await {
        if ready.is_read_closed() {
            return;
        }
        // Only what comes next is news.
        let seen = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
        let _ = second.try_io(Interest::READABLE, seen);
    }
}
