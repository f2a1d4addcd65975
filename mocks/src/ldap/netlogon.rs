//! The ping by which clients find a controller (MS-ADTS 6.3.3): a search of the root for the attribute `NetLogon`, over TCP
//! or in a datagram.

use std::sync::Arc;

use tokio::net::UdpSocket;

use super::live::Turn;
use super::message::{Filter, Request, SearchRequest, decode};
use super::naming::site_name;
use super::server::{Front, stopped};
use super::session::{Session, Told, text};
use super::{LdapError, ResultCode, WireOperation, network, reply, rootdse, sid};
use crate::directory::{Database, Rid};
use crate::{AccountFlag, AccountName, DcRole};

const PDC: u32 = 0x1;
const GLOBAL_CATALOG: u32 = 0x4;
const LDAP: u32 = 0x8;
const DIRECTORY: u32 = 0x10;
const TIME: u32 = 0x40;
const CLOSEST: u32 = 0x80;
const WRITABLE: u32 = 0x100;
const PARTIAL_SECRETS: u32 = 0x800;

/// What the ping says of the client.
#[derive(Debug, Default)]
struct Ping {
    domain: Option<String>,
    host: Option<String>,
    user: Option<String>,
    guid: Option<Vec<u8>>,
    /// The kinds of accounts that count as the user's, as SAMR has them; without any, none does.
    kinds: u32,
    /// Which answer the client wants; that of Windows 2000 where it does not say.
    version: Option<u32>,
}

/// Kinds of accounts, as SAMR has them.
const NORMAL: u32 = 0x10;
const WORKSTATION: u32 = 0x80;
const SERVER: u32 = 0x100;

/// What a ping's filter says of the client.
const SAID: &[&[u8]] =
    &[b"DnsDomain", b"Host", b"User", b"DomainGuid", b"DomainSid", b"NtVer", b"AAC", b"DnsHostName"];

/// Whether a filter's attribute is no attribute of the root, but says something of the client.
pub(super) fn is_said(attribute: &[u8]) -> bool {
    SAID.iter().any(|said| said.eq_ignore_ascii_case(attribute))
}

impl Ping {
    fn read(&mut self, filter: &Filter<'_>) {
        match filter {
            Filter::And(list) => list.iter().for_each(|filter| self.read(filter)),
            Filter::Equal(name, value) => match name.to_ascii_lowercase().as_slice() {
                b"dnsdomain" => self.domain = Some(text(value).trim_end_matches('.').to_owned()),
                b"host" => self.host = Some(text(value)),
                b"user" => self.user = Some(text(value)),
                b"domainguid" => self.guid = Some(value.to_vec()),
                b"ntver" => self.version = Some(little_endian(value)),
                b"aac" => self.kinds = little_endian(value),
                _ => {}
            },
            _ => {}
        }
    }
}

fn little_endian(value: &[u8]) -> u32 {
    let mut octets = [0; 4];
    for (octet, given) in octets.iter_mut().zip(value) {
        *octet = *given;
    }
    u32::from_le_bytes(octets)
}

/// Whether a search of the root asks for the ping's answer: `Some(None)` when there is none for this client.
pub(super) fn asked(
    session: &Session,
    turn: &mut Turn<'_>,
    search: &SearchRequest<'_>,
) -> Option<Option<Vec<u8>>> {
    let asks = search.attributes.iter().any(|name| name.eq_ignore_ascii_case(b"netlogon"));
    if !asks {
        return None;
    }
    let mut ping = Ping::default();
    ping.read(&search.filter);
    Some(answer(session, turn, &ping))
}

fn answer(session: &Session, turn: &mut Turn<'_>, ping: &Ping) -> Option<Vec<u8>> {
    let front = &session.front;
    turn.enter(|state, _| {
        let naming = state.naming(&front.dc).clone();
        let root = sid::guid(&naming.dns, Rid::FIRST_FIXED.0);
        let domain = &state.domain;
        let dc = domain.directory().index(&front.dc)?;
        let ours =
            |name: &str| name.eq_ignore_ascii_case(&naming.dns) || name.eq_ignore_ascii_case(&naming.netbios);
        let named = ping.domain.as_deref().filter(|name| !name.is_empty()).map(ours);
        let identified = ping.guid.as_ref().map(|guid| guid == &root);
        // One of the two that is right does.
        if [named, identified].contains(&Some(false)) && ![named, identified].contains(&Some(true)) {
            return None;
        }
        let user = ping.user.as_deref().filter(|user| !user.is_empty());
        let unknown = user.is_some_and(|user| !counts(domain.directory().database(dc), user, ping.kinds));
        let version = ping.version.unwrap_or(0x2);
        let controller = domain.directory().controller(dc);
        let mut flags = GLOBAL_CATALOG | LDAP | DIRECTORY | TIME | CLOSEST;
        if controller.role == DcRole::Pdc {
            flags |= PDC;
        }
        if domain.writable(dc) {
            flags |= WRITABLE;
        }
        if domain.is_read_only(dc) {
            flags |= PARTIAL_SECRETS;
        }
        let site = site_name(controller.site.as_str()).to_owned();
        let host = naming.host(&front.dc);
        let mut bytes = Vec::new();
        if version & 0x4 != 0 {
            bytes.extend(if unknown { 25_u16 } else { 23 }.to_le_bytes());
            bytes.extend([0, 0]);
            bytes.extend(flags.to_le_bytes());
            bytes.extend(root);
            for name in [&naming.dns, &naming.dns, &host] {
                labels(&mut bytes, name);
            }
            for name in [&naming.netbios, &front.dc.as_str().to_ascii_uppercase()] {
                label(&mut bytes, name);
            }
            label(&mut bytes, user.unwrap_or_default());
            labels(&mut bytes, &site);
            labels(&mut bytes, &site);
            bytes.extend(5_u32.to_le_bytes());
        } else {
            let wide = |bytes: &mut Vec<u8>, text: &str| {
                bytes.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
            };
            bytes.extend(if unknown { 21_u16 } else { 19 }.to_le_bytes());
            wide(&mut bytes, &format!("\\\\{}", front.dc.as_str().to_ascii_uppercase()));
            wide(&mut bytes, user.unwrap_or_default());
            wide(&mut bytes, &naming.netbios);
            if version & 0x2 != 0 {
                bytes.extend(root);
                bytes.extend([0; 16]);
                for name in [&naming.dns, &naming.dns, &host] {
                    labels(&mut bytes, name);
                }
                bytes.extend([127, 0, 0, 1]);
                bytes.extend(flags.to_le_bytes());
                bytes.extend(3_u32.to_le_bytes());
            } else {
                bytes.extend(1_u32.to_le_bytes());
            }
        }
        bytes.extend([0xff; 4]);
        Some(bytes)
    })
}

/// Whether there is an account of this name that is enabled and of one of the kinds.
fn counts(database: &Database, user: &str, kinds: u32) -> bool {
    let flags = database.user(&AccountName::from(user)).and_then(|id| database.flags(id));
    flags.is_some_and(|flags| {
        let kind = match flags {
            flags if flags.contains(&AccountFlag::ServerTrustAccount) => SERVER,
            flags if flags.contains(&AccountFlag::WorkstationTrustAccount) => WORKSTATION,
            _ => NORMAL,
        };
        kind & kinds != 0 && !flags.contains(&AccountFlag::Disabled)
    })
}

/// A DNS name as its labels.
fn labels(bytes: &mut Vec<u8>, name: &str) {
    for part in name.split('.').filter(|part| !part.is_empty()) {
        let part = &part.as_bytes()[..part.len().min(63)];
        bytes.push(part.len() as u8);
        bytes.extend(part);
    }
    bytes.push(0);
}

/// A text as one label.
fn label(bytes: &mut Vec<u8>, text: &str) {
    let text = &text.as_bytes()[..text.len().min(63)];
    if !text.is_empty() {
        bytes.push(text.len() as u8);
        bytes.extend(text);
    }
    bytes.push(0);
}

/// Answers datagrams until the front ends. Each is one message; what is none is dropped.
pub(super) async fn answer_datagrams(front: Arc<Front>, socket: UdpSocket) {
    let mut stop = front.stop.clone();
    let mut buffer = vec![0; 4096];
    loop {
        let received = tokio::select! {
            () = stopped(&mut stop) => return,
            received = socket.recv_from(&mut buffer) => received,
        };
        // An unreachable client of an earlier answer shows here.
        let Ok((length, peer)) = received else { continue };
        if !network::datagram_reaches(&front) {
            continue;
        }
        let session = Session::new(front.clone(), 0, Some(peer));
        if let Some(answer) = answer_datagram(&session, &buffer[..length]) {
            let _ = socket.send_to(&answer, peer).await;
        }
    }
}

pub(super) fn answer_datagram(session: &Session, datagram: &[u8]) -> Option<Vec<u8>> {
    let message = decode(datagram).ok()?;
    let Request::Search(search) = &message.request else { return None };
    let mut told = Told { target: text(search.base), ..Told::default() };
    let mut output = Vec::new();
    let mut turn = session.front.live.turn();
    let outcome = match search.base {
        b"" => rootdse::answer(session, &mut turn, message.id, search, &mut told, &mut output),
        // Without a connection there is nobody who could be bound.
        _ => Err(LdapError::new(ResultCode::OPERATIONS_ERROR, LdapError::not_bound().text)),
    };
    match &outcome {
        Ok(()) => reply::success(&mut output, message.id, 0x65, &[]),
        Err(error) => output.extend(reply::failure(message.id, 0x65, error, &[])),
    }
    session.tell(&mut turn, WireOperation::Cldap, told, Some(outcome.as_ref().copied()));
    Some(output)
}
