//! Clients that mean ill, or know no better: others are served all the same, and nothing is left of them.

#![allow(clippy::disallowed_methods, reason = "sockets keep the time of the machine")]

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{ADMINISTRATOR, Field, Outcome, delayed, find, messages};

/// Connections that say nothing.
const IDLE: usize = 1_000;
/// Clients that send an octet now and then.
const SLOW: usize = 50;
/// Messages that are sent, damaged or not.
const MESSAGES: usize = 100_000;
/// Clients that send them.
const SENDERS: usize = 8;
/// Messages in one go.
const VOLLEY: usize = 50;
/// The most that the process may have grown by in the second half of it all, in octets.
const GROWTH: usize = 32 << 20;

/// A small generator: the same abuse in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    /// A message with a few octets changed, or octets that were never one.
    fn message(&mut self, originals: &[Vec<u8>]) -> Vec<u8> {
        if self.below(10) == 0 {
            let length = self.below(120);
            let content: Vec<u8> = (0..length).map(|_| self.below(256) as u8).collect();
            return [vec![0x30, length as u8], content].concat();
        }
        let mut message = originals[self.below(originals.len())].clone();
        for _ in 0..self.below(4) {
            let at = self.below(message.len());
            match self.below(4) {
                0 => message[at] = self.below(256) as u8,
                1 => message.truncate(at.max(1)),
                2 => message.insert(at, self.below(256) as u8),
                _ => message[at] ^= 1 << self.below(8),
            }
        }
        message
    }
}

/// What real clients have sent: the corpus of the fuzz target.
pub(crate) fn recorded() -> std::io::Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/message");
    let mut files: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    files.iter().map(std::fs::read).collect()
}

/// The memory that the process holds.
fn resident() -> Result<usize, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? * 1024)
}

/// Sends volleys until `count` messages have gone out, on as many connections as it takes; every third ends in the
/// middle of a message.
async fn bombard(
    address: SocketAddr,
    seed: u64,
    originals: &[Vec<u8>],
    count: usize,
) -> std::io::Result<usize> {
    let mut draw = Draw(seed);
    let (mut sent, mut connections) = (0, 0);
    while sent < count {
        let mut stream = TcpStream::connect(address).await?;
        connections += 1;
        let _ = stream.write_all(&messages()[0]).await;
        loop {
            let mut volley: Vec<u8> = Vec::new();
            for _ in 0..VOLLEY {
                volley.extend(draw.message(originals));
            }
            sent += VOLLEY;
            let killed = draw.below(3) == 0;
            if killed {
                volley.truncate(draw.below(volley.len()));
            }
            if stream.write_all(&volley).await.is_err() || killed || sent >= count {
                break;
            }
            // What comes back tells whether the connection lives; a server that waits for the rest of a message says
            // nothing, and then it is this client that gives up.
            let mut answer = [0; 16 << 10];
            let read = tokio::time::timeout(Duration::from_millis(20), stream.read(&mut answer)).await;
            match read {
                Ok(Ok(count)) if count > 0 => {}
                _ => break,
            }
        }
        if draw.below(2) == 0 {
            // The other side sees the connection reset and not closed.
            let _ = stream.set_zero_linger();
        }
    }
    Ok(connections)
}

/// A bind and a search, octet by octet; the server's answer to the last one.
async fn drip(address: SocketAddr) -> std::io::Result<usize> {
    let mut stream = TcpStream::connect(address).await?;
    let originals = messages();
    let whole = [originals[0].as_slice(), &originals[1]].concat();
    for octet in whole {
        stream.write_all(&[octet]).await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut answer = vec![0; 4096];
    stream.read(&mut answer).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_leaves_nothing_and_others_are_served() -> Outcome {
    // A client and a server in one process: two descriptors a connection.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: limit.maximum, maximum: limit.maximum },
    )?;
    let field = Field::new(delayed()).await?;
    let address = field.pdc.ldap_address().ok_or("no address")?;
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        idle.push(TcpStream::connect(address).await?);
    }
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    until(|| field.pdc.open_connections() > IDLE).await?;
    let mut slow = JoinSet::new();
    for _ in 0..SLOW {
        slow.spawn(drip(address));
    }

    let mut originals = messages();
    originals.extend(recorded()?);
    let (mut longest, mut connections, mut before) = (Duration::ZERO, 0, 0);
    for half in 0..2 {
        before = resident()?;
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            let originals = originals.clone();
            let seed = (half * SENDERS + sender) as u64 + 7;
            senders.spawn(async move { bombard(address, seed, &originals, MESSAGES / 2 / SENDERS).await });
        }
        loop {
            let started = Instant::now();
            assert_eq!(find(&mut ldap, "(sAMAccountName=jdoe)").await?.len(), 1);
            longest = longest.max(started.elapsed());
            match senders.try_join_next() {
                Some(done) => connections += done??,
                None if senders.is_empty() => break,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }
    while let Some(answered) = slow.join_next().await {
        assert!(answered?? > 0);
    }
    let grown = resident()?.saturating_sub(before);
    assert!(grown < GROWTH, "{grown} octets are left of {} messages", MESSAGES / 2);
    assert!(longest < Duration::from_secs(10), "another client waited {longest:?}");
    assert!(connections > 2 * SENDERS, "{connections} connections");

    drop((ldap, idle));
    until(|| field.pdc.open_connections() == 0).await?;
    let Field { pdc, .. } = field;
    pdc.shut_down().await;
    Ok(())
}

/// Waits for a condition, ten seconds at most.
async fn until(mut holds: impl FnMut() -> bool) -> Result<(), Box<dyn std::error::Error>> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        if Instant::now() > deadline {
            return Err("it does not come about".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[test]
fn what_real_clients_sent_is_read() -> Outcome {
    let recorded = recorded()?;
    assert!(recorded.len() > 30, "{} messages", recorded.len());
    for octets in recorded {
        mockdc_mocks::ldap::decode(&octets).map_err(|error| format!("{error}: {octets:02x?}"))?;
    }
    Ok(())
}
