//! `mockdc relay` and `mockdc probe`: a controller's own address in a network, and whether anyone answers at one.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::arguments::{Probe, Relay};
use super::{Exit, Streams};

/// A port of 127.0.0.1 to listen on, and where what comes there goes: `389=model:3890`. Another address is named:
/// `0.0.0.0:389=model:3890`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    listen: SocketAddr,
    to: String,
}

impl FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Route, String> {
        let wrong = || {
            format!(
                "`{text}` is no route: write PORT=HOST:PORT, such as 389=model:3890, or ADDRESS:PORT=HOST:PORT"
            )
        };
        let (listen, to) = text.split_once('=').ok_or_else(wrong)?;
        let listen = match listen.parse::<u16>() {
            Ok(port) => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            Err(_) => listen.parse().map_err(|_| wrong())?,
        };
        Ok(Route { listen, to: host_and_port(to).map_err(|_| wrong())? })
    }
}

/// A host, by name or address, with a port.
pub(super) fn host_and_port(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` is no address: write HOST:PORT, such as pdc1:389");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    match port.parse::<u16>() {
        Ok(1..) if !host.is_empty() => Ok(text.to_owned()),
        _ => Err(wrong()),
    }
}

/// When an end counts as gone that says nothing: it is asked after a silence, and then so often at intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct KeepAlive {
    silence: Duration,
    interval: Duration,
}

impl KeepAlive {
    /// Questions without an answer after which nobody is there.
    const QUESTIONS: u32 = 3;

    /// Half of the silence is left for the questions; the system counts in whole seconds, nine hours of them at most.
    fn after(silence: Duration) -> KeepAlive {
        let whole = |duration: Duration| Duration::from_secs(duration.as_secs().clamp(1, 32_767));
        KeepAlive { silence: whole(silence), interval: whole(silence / (2 * KeepAlive::QUESTIONS)) }
    }

    fn set(self, end: &TcpStream) -> io::Result<()> {
        use rustix::net::sockopt;
        sockopt::set_socket_keepalive(end, true)?;
        sockopt::set_tcp_keepidle(end, self.silence)?;
        sockopt::set_tcp_keepintvl(end, self.interval)?;
        sockopt::set_tcp_keepcnt(end, KeepAlive::QUESTIONS)?;
        // An end that owes a receipt is asked nothing: what was sent to it is sent again, for a quarter of an hour unless
        // it is said otherwise.
        let all = self.silence + self.interval * KeepAlive::QUESTIONS;
        sockopt::set_tcp_user_timeout(end, u32::try_from(all.as_millis()).unwrap_or(u32::MAX))?;
        Ok(())
    }
}

/// How long the other end may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// `mockdc relay`
pub(super) fn relay(relay: &Relay, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let silence = Duration::from_millis(u64::try_from(relay.keep_alive.as_millis()).unwrap_or_default());
    let keep_alive = KeepAlive::after(silence);
    runtime.block_on(async {
        // Whoever reads that it listens may end it.
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut listeners = Vec::new();
        for route in &relay.routes {
            match TcpListener::bind(route.listen).await {
                Ok(listener) => {
                    writeln!(streams.out, "{} -> {}", listener.local_addr()?, route.to)?;
                    listeners.push((listener, route.to.clone()));
                }
                Err(error) => {
                    writeln!(streams.err, "error: cannot listen on {}: {error}", route.listen)?;
                    writeln!(
                        streams.err,
                        "help: another port, or `0` for a free one, is named before the `=`"
                    )?;
                    return Ok(Exit::Environment);
                }
            }
        }
        streams.out.flush()?;
        let mut ways = JoinSet::new();
        for (listener, to) in listeners {
            ways.spawn(pass(listener, to, keep_alive));
        }
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(Exit::Passed)
    })
}

/// Passes on what comes, until the process ends. A client whose way on is closed sees its connection closed, as at a
/// controller that is down.
async fn pass(listener: TcpListener, to: String, keep_alive: KeepAlive) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    let to = to.clone();
                    open.spawn(async move {
                        let Ok(Ok(server)) = timeout(CONNECT, TcpStream::connect(&to)).await else { return };
                        let _ = carry(client, server, keep_alive).await;
                    });
                }
                // No descriptor is left, say: those that are open may end.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            Some(_) = open.join_next() => {}
        }
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, keep_alive: KeepAlive) -> io::Result<()> {
    for end in [&client, &server] {
        end.set_nodelay(true)?;
        // An end that is gone without a word is found out, and the other one hears of it.
        keep_alive.set(end)?;
    }
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// A search for the root's own entry, without attributes.
const ROOT: [u8; 39] =
    *b"\x30\x25\x02\x01\x01\x63\x20\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x0bobjectClass\x30\x00";

/// `mockdc probe`
pub(super) fn probe(probe: &Probe, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let within = Duration::from_millis(u64::try_from(probe.within.as_millis()).unwrap_or_default());
    let asked = runtime.block_on(async {
        let end = Instant::now() + within;
        loop {
            let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let asked = match timeout(left, ask(&probe.address)).await {
                Ok(asked) => asked,
                Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")),
            };
            if asked.is_ok() || Instant::now() >= end {
                return asked;
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    match asked {
        Ok(()) => Ok(Exit::Passed),
        Err(error) => {
            writeln!(streams.err, "error: no domain controller answers at {}: {error}", probe.address)?;
            writeln!(streams.err, "help: `--within 10s` waits until one does")?;
            Ok(Exit::Environment)
        }
    }
}

/// Asks for the root's own entry; an entry has to come.
async fn ask(address: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&ROOT).await?;
    let mut answer = [0; 64];
    let mut held = 0;
    while held < answer.len() {
        let count = stream.read(&mut answer[held..]).await?;
        held += count;
        // After the head of the message and its number stands the tag of a found entry.
        let tag = answer[..held].windows(4).position(|octets| octets[..3] == [2, 1, 1] && octets[3] == 0x64);
        match (tag, count) {
            (Some(place), _) if place <= 8 => return Ok(()),
            (_, 0) => break,
            _ => {}
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "what answers there is no directory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_a_port_and_an_address() {
        let route: Route = "389=model:3890".parse().unwrap();
        assert_eq!(route, Route { listen: ([127, 0, 0, 1], 389).into(), to: "model:3890".into() });
        let open: Route = "0.0.0.0:389=model:3890".parse().unwrap();
        assert!(open.listen.ip().is_unspecified());
        assert!("127.0.0.2:0=[::1]:3890".parse::<Route>().is_ok());
        for wrong in ["", "389", "389=", "x=model:1", "389=model", "389=model:0", "389=:1", "99999=model:1"] {
            let error = wrong.parse::<Route>().unwrap_err();
            assert!(error.contains("389=model:3890"), "{wrong}: {error}");
        }
    }

    #[test]
    fn an_end_is_gone_when_half_as_long_again_has_passed() {
        let minute = KeepAlive::after(Duration::from_secs(60));
        assert_eq!((minute.silence, minute.interval), (Duration::from_secs(60), Duration::from_secs(10)));
        let least = KeepAlive::after(Duration::from_millis(10));
        assert_eq!((least.silence, least.interval), (Duration::from_secs(1), Duration::from_secs(1)));
    }

    #[test]
    fn the_question_is_one_message() {
        assert_eq!(usize::from(ROOT[1]) + 2, ROOT.len());
    }
}
