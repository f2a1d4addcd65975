//! A controller's servers: listeners, their connections, and the handle that ends them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::connection::{self, Transport};
use super::{LiveDomain, Options, Sockets, TlsError, network};
use crate::HostName;

/// Why a controller's front cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The world has no such controller: name one of [`LiveDomain::controllers`].
    #[error("`{0}` is no controller of this domain")]
    NoController(HostName),
    /// A socket is unusable.
    #[error("a socket of {0} is unusable: {1}")]
    Socket(HostName, io::Error),
    /// TLS without a certificate: give [`Options::tls`] an authority.
    #[error("`{0}` listens for LDAP over TLS and has no certificate authority in its options")]
    NoCertificate(HostName),
    /// The authority cannot vouch for the controller.
    #[error("no certificate for `{0}`: {1}")]
    Tls(HostName, TlsError),
}

/// A running front; it ends when this is dropped.
#[derive(Debug)]
#[must_use = "the servers end when their handle is dropped"]
pub struct Server {
    dc: HostName,
    ldap: Option<SocketAddr>,
    ldaps: Option<SocketAddr>,
    cldap: Option<SocketAddr>,
    tasks: Vec<JoinHandle<()>>,
    counters: Arc<Counters>,
    stop: watch::Sender<bool>,
}

/// Numbers that the connections of one controller share.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) connections: AtomicU64,
    pub(super) open: AtomicUsize,
}

/// What all connections of one controller share.
pub(super) struct Front {
    pub(super) live: LiveDomain,
    pub(super) dc: HostName,
    pub(super) options: Options,
    pub(super) counters: Arc<Counters>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) tls: Option<TlsAcceptor>,
}

impl Front {
    /// A controller, opened, and what ends its connections.
    pub(super) fn new(
        live: &LiveDomain,
        dc: HostName,
        options: Options,
        needs_tls: bool,
    ) -> Result<(Front, watch::Sender<bool>), ServeError> {
        let Some((dc, _)) = live.controllers().into_iter().find(|(name, _)| *name == dc) else {
            return Err(ServeError::NoController(dc));
        };
        live.enter(|state, _| {
            let index = state.domain.directory().index(&dc).unwrap_or_default();
            state.open(index, options.dns_domain.as_deref());
        });
        let tls = match &options.tls {
            Some(authority) => {
                let name = live.controller_name(&dc);
                let acceptor = authority.acceptor(&name, dc.as_str());
                Some(acceptor.map_err(|error| ServeError::Tls(dc.clone(), error))?)
            }
            None if needs_tls => return Err(ServeError::NoCertificate(dc)),
            None => None,
        };
        let (stop, stopped) = watch::channel(false);
        let counters = Arc::new(Counters::default());
        Ok((Front { live: live.clone(), dc, options, counters, stop: stopped, tls }, stop))
    }
}

/// Serves one controller of a live domain. It must be called inside a tokio runtime, whose real time the connections'
/// limits use.
pub fn serve(
    sockets: impl Into<Sockets>,
    live: &LiveDomain,
    dc: impl Into<HostName>,
    options: Options,
) -> Result<Server, ServeError> {
    let (sockets, dc) = (sockets.into(), dc.into());
    let address = |listener: &Option<TcpListener>| {
        let address = listener.as_ref().map(TcpListener::local_addr).transpose();
        address.map_err(|error| ServeError::Socket(dc.clone(), error))
    };
    let ldap = address(&sockets.ldap)?;
    let ldaps = address(&sockets.ldaps)?;
    let cldap = sockets.cldap.as_ref().map(UdpSocket::local_addr).transpose();
    let cldap = cldap.map_err(|error| ServeError::Socket(dc.clone(), error))?;
    let (front, stop) = Front::new(live, dc, options, ldaps.is_some())?;
    let front = Arc::new(front);
    let (dc, counters) = (front.dc.clone(), front.counters.clone());
    let mut tasks = Vec::new();
    let gates = [(sockets.ldap, ldap, Transport::Plain), (sockets.ldaps, ldaps, Transport::Tls)];
    for (listener, address, transport) in gates {
        if let Some(address) = address {
            // A port that is closed from the beginning has nobody before its first client.
            let listener = listener.filter(|_| !network::is_closed(&front));
            tasks.push(tokio::spawn(accept(front.clone(), Gate { listener, address }, transport)));
        }
    }
    if let Some(socket) = sockets.cldap {
        tasks.push(tokio::spawn(super::netlogon::answer_datagrams(front.clone(), socket)));
    }
    Ok(Server { dc, ldap, ldaps, cldap, tasks, counters, stop })
}

impl Server {
    /// Which controller this is.
    pub fn dc(&self) -> &HostName {
        &self.dc
    }

    /// Where it answers LDAP.
    pub fn ldap_address(&self) -> Option<SocketAddr> {
        self.ldap
    }

    /// Where it answers LDAP over TLS.
    pub fn ldaps_address(&self) -> Option<SocketAddr> {
        self.ldaps
    }

    /// Where it answers connectionless LDAP.
    pub fn cldap_address(&self) -> Option<SocketAddr> {
        self.cldap
    }

    /// How many connections are open.
    pub fn open_connections(&self) -> usize {
        self.counters.open.load(Ordering::Relaxed)
    }

    /// Ends the front and waits until every connection is closed.
    pub async fn shut_down(mut self) {
        let _ = self.stop.send(true);
        for task in self.tasks.drain(..) {
            let _ = task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// A port, which a fault closes for a time: nobody listens there then.
struct Gate {
    listener: Option<TcpListener>,
    address: SocketAddr,
}

impl Gate {
    /// Closes the port, or opens it again.
    async fn turn(&mut self, front: &Front) -> io::Result<()> {
        if network::is_closed(front) {
            // Whoever waits to be taken in is reset with the socket.
            let listener = self.listener.take().and_then(|listener| listener.into_std().ok());
            let own = |stream: std::net::TcpStream| {
                stream.set_nonblocking(true)?;
                TcpStream::from_std(stream)
            };
            let waiting = listener.iter().flat_map(std::net::TcpListener::incoming);
            for stream in waiting.map_while(|accepted| accepted.and_then(own).ok()) {
                network::turn_away(front, &stream);
            }
        } else if self.listener.is_none() {
            self.listener = Some(TcpListener::bind(self.address).await?);
        }
        Ok(())
    }

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.listener {
            Some(listener) => listener.accept().await,
            None => std::future::pending().await,
        }
    }
}

/// How long a socket that the system refuses is waited for: others may be closed meanwhile.
const AGAIN: Duration = Duration::from_millis(20);

async fn accept(front: Arc<Front>, mut gate: Gate, transport: Transport) {
    let mut connections = JoinSet::new();
    let mut stop = front.stop.clone();
    let mut windows = front.live.windows();
    loop {
        windows.borrow_and_update();
        let refused = gate.turn(&front).await.is_err();
        tokio::select! {
            () = stopped(&mut stop) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = windows.changed() => {}
            () = tokio::time::sleep(AGAIN), if refused => {}
            accepted = gate.accept() => {
                let Ok((stream, peer)) = accepted else {
                    // Out of descriptors, say.
                    tokio::time::sleep(AGAIN).await;
                    continue;
                };
                if network::is_closed(&front) {
                    // It was there a moment before the port was closed.
                    network::turn_away(&front, &stream);
                } else if front.counters.open.load(Ordering::Relaxed) < front.options.limits.max_connections
                    && front.live.with(|domain, _| domain.is_up(&front.dc))
                {
                    front.counters.open.fetch_add(1, Ordering::Relaxed);
                    connections.spawn(connection::run(front.clone(), stream, peer, transport));
                }
            }
        }
    }
    connections.shutdown().await;
}

/// Done when the front is to end.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
