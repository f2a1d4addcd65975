//! `mockdc relay` when one end says nothing any more.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use socket2::{SockFilter, SockRef};

use super::command::Tested;

/// What a connection waits for at most, in seconds of the wall: much more than it takes.
const LIMIT: Duration = Duration::from_secs(40);

/// A relay that runs; it is ended when this is dropped.
struct Relay {
    child: Child,
    address: String,
}

impl Relay {
    fn start(to: &TcpListener, keep_alive: &str) -> Result<Relay, Box<dyn std::error::Error>> {
        let route = format!("0={}", to.local_addr()?);
        let mut child = Command::new(env!("CARGO_BIN_EXE_mockdc"))
            .args(["relay", "--keep-alive", keep_alive, &route])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("standard output is piped")?).read_line(&mut line)?;
        let (address, _) = line.split_once(" -> ").ok_or("no route is told")?;
        Ok(Relay { child, address: address.to_owned() })
    }

    /// A connection from end to end, over which an octet has gone either way.
    fn connect(&self, server: &TcpListener) -> Result<(TcpStream, TcpStream), Box<dyn std::error::Error>> {
        let mut client = TcpStream::connect(&self.address)?;
        let (mut served, _) = server.accept()?;
        for end in [&client, &served] {
            end.set_read_timeout(Some(LIMIT))?;
        }
        exchange(&mut client, &mut served)?;
        Ok((client, served))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn exchange(one: &mut TcpStream, other: &mut TcpStream) -> std::io::Result<()> {
    let mut octet = [0];
    one.write_all(b"?")?;
    other.read_exact(&mut octet)?;
    other.write_all(b"!")?;
    one.read_exact(&mut octet)
}

/// From now on nothing reaches this end, and it answers nothing: as a machine whose power is gone.
fn cut(end: &TcpStream) -> std::io::Result<()> {
    const RETURN: u16 = 0x06;
    SockRef::from(end).attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])
}

/// Waits until this end hears that the connection is over; `false` when it does not within the limit.
fn hears_the_end(end: &mut TcpStream) -> bool {
    match end.read(&mut [0; 8]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn an_end_that_is_gone_without_a_word_is_noticed_and_one_that_is_silent_stays() -> Tested {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let relay = Relay::start(&server, "1s")?;
    let (mut waiting, dead_server) = relay.connect(&server)?;
    let (mut asking, deaf_server) = relay.connect(&server)?;
    let (dead_client, mut serving) = relay.connect(&server)?;
    let (mut silent, mut served) = relay.connect(&server)?;
    for end in [&dead_server, &deaf_server, &dead_client] {
        cut(end)?;
    }
    asking.write_all(b"a request that nobody receives")?;
    assert!(hears_the_end(&mut waiting), "the client of a dead server hears of it");
    assert!(hears_the_end(&mut asking), "so does one whose request is under way");
    assert!(hears_the_end(&mut serving), "and the server of a dead client");
    // It has been asked as often as the others by now, and has answered.
    exchange(&mut silent, &mut served)?;
    Ok(())
}

#[test]
fn a_connection_is_closed_at_one_end_when_the_other_closes_it() -> Tested {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let relay = Relay::start(&server, "60s")?;
    let (mut client, served) = relay.connect(&server)?;
    drop(served);
    assert!(hears_the_end(&mut client));
    let (client, mut served) = relay.connect(&server)?;
    drop(client);
    assert!(hears_the_end(&mut served));
    Ok(())
}
