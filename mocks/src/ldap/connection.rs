//! One client's connection: octets in, whole messages to the session, answers out in one write.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::server::Front;
use super::session::{Session, Then};
use super::{LdapError, message_length, reply};

/// How a connection starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// As it stands.
    Plain,
}

/// Answers of one turn are written together up to this size.
const FLUSH: usize = 256 * 1024;

pub(super) async fn run(front: Arc<Front>, stream: TcpStream, peer: SocketAddr, _transport: Transport) {
    let _open = Open(front.clone());
    let _ = stream.set_nodelay(true);
    let number = front.counters.connections.fetch_add(1, Ordering::Relaxed) + 1;
    let session = Session::new(front.clone(), number, Some(peer));
    // A connection that breaks is the client's affair.
    let _ = converse(&front, stream, session).await;
}

async fn converse(front: &Front, mut stream: TcpStream, mut session: Session) -> std::io::Result<()> {
    let limits = &front.options.limits;
    let mut input: Vec<u8> = Vec::with_capacity(8 * 1024);
    let mut output = Vec::new();
    let mut changes = front.live.changes();
    loop {
        let mut taken = 0;
        loop {
            let rest = &input[taken..];
            let length = match message_length(rest) {
                Ok(None) => break,
                Ok(Some(length)) if length <= limits.max_receive_buffer => length,
                Ok(Some(_)) | Err(_) => {
                    session.malformed();
                    output.extend(reply::disconnection(&LdapError::malformed()));
                    stream.write_all(&output).await?;
                    return stream.shutdown().await;
                }
            };
            let Some(message) = rest.get(..length) else { break };
            let then = session.handle(message, &mut output);
            taken += length;
            match then {
                Then::GoOn => {}
                Then::Close => {
                    stream.write_all(&output).await?;
                    return stream.shutdown().await;
                }
            }
            if output.len() >= FLUSH {
                stream.write_all(&output).await?;
                output.clear();
            }
        }
        input.drain(..taken);
        if !output.is_empty() {
            stream.write_all(&output).await?;
            output.clear();
        }
        let patience = if session.is_bound() { limits.max_conn_idle_time } else { limits.init_recv_timeout };
        if session.is_watching() {
            tokio::select! {
                read = stream.read_buf(&mut input) => match read? {
                    0 => return Ok(()),
                    _ => continue,
                },
                _ = changes.changed() => {
                    session.changes(&mut output);
                    if !output.is_empty() {
                        stream.write_all(&output).await?;
                        output.clear();
                    }
                    continue;
                }
            }
        }
        match timeout(patience, stream.read_buf(&mut input)).await {
            Ok(Ok(0)) => return Ok(()),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => return stream.shutdown().await,
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
