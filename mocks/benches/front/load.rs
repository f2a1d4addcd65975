//! The load generator: requests that are encoded beforehand, threads that write them, and a reader of replies that
//! knows no more of LDAP than where a message ends and whether it is a last one.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::time::Instant;

/// How long a server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut whole = vec![tag];
    match content.len() {
        length @ 0..=127 => whole.push(length as u8),
        length => {
            whole.push(0x82);
            whole.extend((length as u16).to_be_bytes());
        }
    }
    whole.extend(content);
    whole
}

fn message(id: i32, operation: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(2, &id.to_be_bytes()), operation.to_vec()].concat())
}

/// A simple bind.
pub(crate) fn bind(name: &str, password: &str) -> Vec<u8> {
    let body = [tlv(2, &[3]), tlv(4, name.as_bytes()), tlv(0x80, password.as_bytes())].concat();
    message(1, &tlv(0x60, &body))
}

/// A search below `base` for entries whose attribute has a value, with two attributes of each.
pub(crate) fn search(id: i32, base: &str, attribute: &str, value: &str) -> Vec<u8> {
    let filter = [tlv(4, attribute.as_bytes()), tlv(4, value.as_bytes())].concat();
    let wanted = [tlv(4, b"cn"), tlv(4, b"description")].concat();
    let scope = tlv(10, &[2]);
    let head = [tlv(4, base.as_bytes()), scope, tlv(10, &[0]), tlv(2, &[0]), tlv(2, &[0]), tlv(1, &[0])];
    let body = [head.concat(), tlv(0xA3, &filter), tlv(0x30, &wanted)].concat();
    message(id, &tlv(0x63, &body))
}

/// A search for the root's own entry.
pub(crate) fn root() -> Vec<u8> {
    let head = [tlv(4, b""), tlv(10, &[0]), tlv(10, &[0]), tlv(2, &[0]), tlv(2, &[0]), tlv(1, &[0])].concat();
    let body = [head, tlv(0x87, b"objectClass"), tlv(0x30, &tlv(4, b"namingContexts"))].concat();
    message(1, &tlv(0x63, &body))
}

/// A modification that replaces the description of an entry.
pub(crate) fn describe(id: i32, dn: &str, text: &str) -> Vec<u8> {
    let attribute = [tlv(4, b"description"), tlv(0x31, &tlv(4, text.as_bytes()))].concat();
    let change = tlv(0x30, &[tlv(10, &[2]), tlv(0x30, &attribute)].concat());
    message(id, &tlv(0x66, &[tlv(4, dn.as_bytes()), tlv(0x30, &change)].concat()))
}

/// A client's connection.
pub(crate) struct Client {
    stream: TcpStream,
    input: Vec<u8>,
    start: usize,
    /// Entries that came.
    pub(crate) entries: usize,
}

impl Client {
    /// Connects.
    pub(crate) fn connect(address: SocketAddr) -> Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Client { stream, input: Vec::new(), start: 0, entries: 0 })
    }

    /// Sends requests at once and waits until so many have been answered, all of them with success.
    pub(crate) fn ask(&mut self, requests: &[u8], answers: usize) -> Result<()> {
        self.stream.write_all(requests)?;
        let mut answered = 0;
        while answered < answers {
            match self.next()? {
                Some(true) => answered += 1,
                Some(false) => {}
                None => {
                    self.input.drain(..self.start);
                    self.start = 0;
                    let held = self.input.len();
                    self.input.resize(held + 64 * 1024, 0);
                    let count = self.stream.read(&mut self.input[held..])?;
                    self.input.truncate(held + count);
                    if count == 0 {
                        return Err(Error::new(
                            ErrorKind::UnexpectedEof,
                            "the server has closed the connection",
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the next message; whether it is the last of an answer.
    fn next(&mut self) -> Result<Option<bool>> {
        let input = &self.input[self.start..];
        let Some((head, length)) = header(input) else { return Ok(None) };
        if input.len() < head + length {
            return Ok(None);
        }
        let body = &input[head..head + length];
        self.start += head + length;
        let strange = || Error::new(ErrorKind::InvalidData, "a reply that is none");
        let (id_head, id) = header(body).ok_or_else(strange)?;
        let operation = body.get(id_head + id..).ok_or_else(strange)?;
        match operation.first() {
            Some(0x64) => {
                self.entries += 1;
                Ok(Some(false))
            }
            Some(0x73) => Ok(Some(false)),
            Some(0x61 | 0x65 | 0x67) => {
                let (result_head, _) = header(operation).ok_or_else(strange)?;
                match operation.get(result_head..) {
                    Some([10, 1, 0, ..]) => Ok(Some(true)),
                    Some([10, 1, code, ..]) => {
                        Err(Error::new(ErrorKind::InvalidData, format!("the server refuses with {code}")))
                    }
                    _ => Err(strange()),
                }
            }
            _ => Err(strange()),
        }
    }
}

/// The length of an element's head and of its content, when the head is there.
fn header(input: &[u8]) -> Option<(usize, usize)> {
    match *input.get(1)? {
        short @ 0..=0x7f => Some((2, usize::from(short))),
        long => {
            let count = usize::from(long & 0x7f);
            let octets = input.get(2..2 + count)?;
            Some((2 + count, octets.iter().fold(0, |sum, octet| (sum << 8) | usize::from(*octet))))
        }
    }
}

/// What is sent over each of several connections: as many requests at once as `depth` says.
pub(crate) struct Load<'a> {
    /// The server.
    pub(crate) address: SocketAddr,
    /// The bind with which each connection begins.
    pub(crate) bind: &'a [u8],
    /// How many connections there are.
    pub(crate) connections: usize,
    /// How many requests are under way on each.
    pub(crate) depth: usize,
    /// The requests; each connection sends all of them, beginning at another.
    pub(crate) requests: &'a [Vec<u8>],
    /// Entries that each request brings.
    pub(crate) entries: usize,
}

impl Load<'_> {
    /// Sends everything and gives answers a second.
    pub(crate) fn run(&self) -> Result<f64> {
        let batches: Vec<Vec<u8>> = self.requests.chunks(self.depth).map(<[Vec<u8>]>::concat).collect();
        let mut clients = Vec::new();
        for _ in 0..self.connections {
            let mut client = Client::connect(self.address)?;
            client.ask(self.bind, 1)?;
            clients.push(client);
        }
        let began = Instant::now();
        std::thread::scope(|scope| {
            let workers: Vec<_> = clients
                .iter_mut()
                .enumerate()
                .map(|(place, client)| {
                    let (batches, whole) = (&batches, self.requests.len());
                    scope.spawn(move || -> Result<()> {
                        let first = place * batches.len() / self.connections;
                        for batch in 0..batches.len() {
                            let batch = (first + batch) % batches.len();
                            let answers = match batch + 1 == batches.len() {
                                true => whole - batch * self.depth,
                                false => self.depth,
                            };
                            client.ask(&batches[batch], answers)?;
                        }
                        match client.entries == whole * self.entries {
                            true => Ok(()),
                            false => Err(Error::other(format!("{} entries came", client.entries))),
                        }
                    })
                })
                .collect();
            workers.into_iter().try_for_each(|worker| {
                worker.join().unwrap_or_else(|_| Err(Error::other("a client's thread has panicked")))
            })
        })?;
        Ok((self.connections * self.requests.len()) as f64 / began.elapsed().as_secs_f64())
    }
}
