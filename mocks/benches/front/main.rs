//! The wire front beside OpenLDAP's slapd: the same load, on the same machine, in the same run.
//!
//! Each measure is made in rounds, in which every server has its turn, and the median of the rounds' ratios counts, so
//! that what else goes on at the machine touches all alike. slapd is left out, with one line, where it is not installed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench talks to a person")]

mod load;
mod peers;

use std::io::Result;
use std::path::PathBuf;

use load::{Load, bind, describe, search};
use peers::{PASSWORD, Peer, USERS, serve_a_domain, user};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each server has its turn.
const ROUNDS: usize = 5;
/// Clients at once.
const CONNECTIONS: usize = 8;
/// Further controllers, by which the memory of one is measured.
const FURTHER: usize = 8;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == "serve") {
        return serve_a_domain(arguments.get(place + 1).map_or(Ok(0), |count| count.parse())?);
    }
    let mut met = true;
    let mock = Peer::mock(2)?;
    let mut answers = vec![mock.first_answer];
    for _ in 1..ROUNDS {
        answers.push(Peer::mock(2)?.first_answer);
    }
    answers.sort_unstable();
    met &= told("first answer", answers[ROUNDS / 2].as_secs_f64() * 1_000.0, "ms", 20.0, false);
    let alone = Peer::mock(0)?;
    let many = Peer::mock(FURTHER)?;
    for peer in [&alone, &many] {
        for address in &peer.addresses {
            searches(peer, *address, 1, 1, 200)?;
        }
    }
    let each = many.resident()?.saturating_sub(alone.resident()?) as f64 / FURTHER as f64 / 1_048_576.0;
    println!("resident with one controller: {:.1} MiB", alone.resident()? as f64 / 1_048_576.0);
    met &= told("each further controller", each, "MiB", 3.0, false);
    drop((alone, many));
    match find_slapd() {
        None => {
            println!("slapd is not installed (Debian package `slapd`): rates stand alone, without ratios");
            for (what, depth) in [("searches", 1), ("searches, 16 deep", 16)] {
                println!("{what}: {:.0}/s", searches(&mock, mock.address()?, CONNECTIONS, depth, USERS)?);
            }
            println!("modifies: {:.0}/s", modifies(&mock, 4_000)?);
        }
        Some(program) => {
            let [slapd, lazy] = [Peer::slapd(&program, true)?, Peer::slapd(&program, false)?];
            println!("slapd's first answer: {:.1} ms", slapd.first_answer.as_secs_f64() * 1_000.0);
            println!("slapd's memory: {:.1} MiB", slapd.resident()? as f64 / 1_048_576.0);
            met &= beside("searches", 2.5, &mock, ("slapd", &slapd), |peer| {
                searches(peer, peer.address()?, CONNECTIONS, 1, USERS / 4)
            })?;
            met &= beside("searches, 16 deep", 8.0, &mock, ("slapd", &slapd), |peer| {
                searches(peer, peer.address()?, CONNECTIONS, 16, USERS)
            })?;
            met &=
                beside("modifies", 3.0, &mock, ("slapd with dbnosync", &lazy), |peer| modifies(peer, 1_000))?;
            // What a disk takes is no limit of ours: told, and not asked for.
            beside("modifies", 1.0, &mock, ("slapd", &slapd), |peer| modifies(peer, 100))?;
        }
    }
    println!("{}", if met { "every limit is met" } else { "a limit is MISSED" });
    Ok(())
}

/// Tells a figure and whether it keeps its limit.
fn told(what: &str, figure: f64, unit: &str, limit: f64, at_least: bool) -> bool {
    let met = if at_least { figure >= limit } else { figure <= limit };
    let bound = if at_least { "at least" } else { "at most" };
    let verdict = if met { "met" } else { "MISSED" };
    println!("{what}: {figure:.2} {unit}; asked: {bound} {limit} {unit}: {verdict}");
    met
}

/// Lets two servers do the same in turn; the median of the ratios has to reach `least`.
fn beside(
    what: &str,
    least: f64,
    mock: &Peer,
    (name, other): (&str, &Peer),
    work: impl Fn(&Peer) -> Result<f64>,
) -> Result<bool> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let (ours, theirs) = (work(mock)?, work(other)?);
        rounds.push((ours / theirs, ours, theirs));
    }
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (ratio, ours, theirs) = rounds[rounds.len() / 2];
    println!("{what}: mockdc {ours:.0}/s, {name} {theirs:.0}/s");
    Ok(told(&format!("{what}, times {name}"), ratio, "times", least, true))
}

/// Searches for one user each, in answers a second.
fn searches(
    peer: &Peer,
    address: std::net::SocketAddr,
    connections: usize,
    depth: usize,
    count: usize,
) -> Result<f64> {
    let request = |place: usize| search(place as i32 + 2, peer.base, peer.key, &user(place * 7_919 % USERS));
    let requests: Vec<Vec<u8>> = (0..count).map(request).collect();
    let bind = bind(peer.bind_name, PASSWORD);
    Load { address, bind: &bind, connections, depth, requests: &requests, entries: 1 }.run()
}

/// Modifications of one user each, in answers a second.
fn modifies(peer: &Peer, count: usize) -> Result<f64> {
    let request = |place: usize| {
        // Another text than last time, so that each is a change.
        let text = format!("{:?}", (place, tokio::time::Instant::now()));
        describe(place as i32 + 2, &peer.dn(place * 7_919 % USERS), &text)
    };
    let requests: Vec<Vec<u8>> = (0..count).map(request).collect();
    let bind = bind(peer.bind_name, PASSWORD);
    let address = peer.address()?;
    Load { address, bind: &bind, connections: CONNECTIONS, depth: 1, requests: &requests, entries: 0 }.run()
}

/// The program `slapd`, where its package puts it or the path has it.
fn find_slapd() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("slapd")).find(|program| program.is_file())
}
