//! What one client has got to: who it is, what it has under way. Without sockets: a message in, answers out.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::bind::Negotiation;
use super::controls::Controls;
use super::live::{State, Turn};
use super::message::{Envelope, Message, Request, open};
use super::network::START_TLS;
use super::ntlm::Protector;
use super::search::{Paging, Watch};
use super::server::Front;
use super::view::View;
use super::{LdapError, Protection, ResultCode, WireEvent, WireOperation, reply};
use crate::directory::{DcIndex, Rid};
use crate::{AccountName, HostName, SimTime, Version};

/// One client's session.
pub(super) struct Session {
    pub(super) front: Arc<Front>,
    connection: u64,
    peer: Option<SocketAddr>,
    pub(super) from: HostName,
    pub(super) identity: Option<Identity>,
    pub(super) protection: Protection,
    /// Searches that have more pages, by the number in their cookies.
    pub(super) pagings: BTreeMap<u64, Paging>,
    pub(super) paging_number: u64,
    pub(super) watches: Vec<Watch>,
    /// Binds only check a password.
    pub(super) fast_bind: bool,
    pub(super) negotiation: Negotiation,
    pub(super) challenges: u32,
}

/// Whom the session stands for since its last bind.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Identity {
    pub(super) rid: Rid,
    pub(super) name: AccountName,
    /// Its groups at the bind, nested ones too.
    pub(super) groups: Vec<Rid>,
}

/// What the connection does after an answer.
#[derive(Debug)]
pub(super) enum Then {
    /// It reads on.
    GoOn,
    /// It closes.
    Close,
    /// It goes on under TLS.
    StartTls,
    /// Every further message is signed or sealed.
    Protect(Box<Protector>),
}

/// What is told of an operation when it is done.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) target: String,
    pub(super) filter: String,
    pub(super) entries: usize,
    pub(super) version: Option<Version>,
}

impl Session {
    pub(super) fn new(front: Arc<Front>, connection: u64, peer: Option<SocketAddr>) -> Session {
        let from = peer.map_or_else(|| "?".to_owned(), |peer| peer.ip().to_string());
        Session {
            front,
            connection,
            peer,
            from: from.into(),
            identity: None,
            protection: Protection::None,
            pagings: BTreeMap::new(),
            paging_number: 0,
            watches: Vec::new(),
            fast_bind: false,
            negotiation: Negotiation::default(),
            challenges: 0,
        }
    }

    pub(super) fn is_bound(&self) -> bool {
        self.identity.is_some()
    }

    /// The directory as this session's controller has it.
    pub(super) fn view<'s>(&self, state: &'s mut State, now: SimTime) -> View<'s> {
        state.view(&self.front.dc, now, self.front.live.start_unix_ms())
    }

    pub(super) fn dc_index(&self, domain: &crate::Domain) -> DcIndex {
        domain.directory().index(&self.front.dc).unwrap_or_default()
    }

    /// Tells of octets that are no message.
    pub(super) fn malformed(&self, turn: &mut Turn<'_>) {
        let error = LdapError::malformed();
        self.tell(turn, WireOperation::Malformed, Told::default(), Some(Err(&error)));
    }

    /// Refuses a request that the scenario refuses.
    pub(super) fn refuse(
        &mut self,
        turn: &mut Turn<'_>,
        envelope: &Envelope<'_>,
        request: &Request<'_>,
        error: &LdapError,
        output: &mut Vec<u8>,
    ) {
        let mut told = Told::default();
        match request {
            Request::Bind { name, .. } => {
                told.target = text(name);
                self.forget();
            }
            Request::Search(search) => {
                (told.target, told.filter) = (text(search.base), search.filter.to_string());
            }
            Request::Add { dn, .. }
            | Request::Modify { dn, .. }
            | Request::Delete(dn)
            | Request::ModifyDn { dn, .. }
            | Request::Compare { dn, .. } => told.target = text(dn),
            Request::Extended { oid, .. } => told.target = text(oid),
            _ => {}
        }
        let tag = reply::response_tag(envelope.tag);
        output.extend(reply::failure(envelope.id, tag, error, &[]));
        self.tell(turn, operation(request), told, Some(Err(error)));
    }

    /// Whatever comes of a bind, the one before is over, and what was under way under it.
    pub(super) fn forget(&mut self) {
        self.identity = None;
        self.pagings.clear();
        self.watches.clear();
    }

    /// Answers one whole message.
    pub(super) fn answer(&mut self, turn: &mut Turn<'_>, bytes: &[u8], output: &mut Vec<u8>) -> Then {
        let Ok(envelope) = open(bytes) else { return self.hang_up(turn, output) };
        match envelope.request() {
            Ok(Request::Unbind) => {
                self.tell(turn, WireOperation::Unbind, Told::default(), None);
                Then::Close
            }
            Ok(request) => match envelope.controls() {
                Ok(controls) => {
                    self.request(turn, Message { id: envelope.id, request, controls }, &envelope, output)
                }
                Err(_) => {
                    let tag = reply::response_tag(envelope.tag);
                    output.extend(reply::failure(envelope.id, tag, &LdapError::control(), &[]));
                    Then::GoOn
                }
            },
            Err(_) => self.hang_up(turn, output),
        }
    }

    fn hang_up(&mut self, turn: &mut Turn<'_>, output: &mut Vec<u8>) -> Then {
        self.malformed(turn);
        output.extend(reply::disconnection(&LdapError::malformed()));
        Then::Close
    }

    fn request(
        &mut self,
        turn: &mut Turn<'_>,
        message: Message<'_>,
        envelope: &Envelope<'_>,
        output: &mut Vec<u8>,
    ) -> Then {
        let id = message.id;
        let tag = reply::response_tag(envelope.tag);
        let controls = match &message.request {
            Request::Abandon(_) | Request::Bind { .. } => Ok(Controls::default()),
            _ => Controls::read(&message.controls),
        };
        let mut told = Told::default();
        let (operation, outcome) = match (message.request, controls) {
            (Request::Bind { version, name, credentials }, _) => {
                return self.bind(turn, id, version, name, &credentials, output);
            }
            (Request::Abandon(abandoned), _) => {
                self.watches.retain(|watch| watch.id != abandoned);
                told.target = abandoned.to_string();
                self.tell(turn, WireOperation::Abandon, told, None);
                return Then::GoOn;
            }
            (Request::Extended { oid, value }, Ok(_)) => return self.extended(turn, id, oid, value, output),
            (Request::Unbind, _) => return Then::Close,
            (request, Err(error)) => (operation(&request), Err(error)),
            (Request::Search(search), Ok(controls)) => {
                if self.front.live.is_observed() {
                    told.target = text(search.base);
                    told.filter = search.filter.to_string();
                }
                let start = output.len();
                match super::search::search(self, turn, id, &search, &controls, &mut told, output) {
                    // A watch has no last message.
                    Ok(_) if controls.notification => {
                        self.tell(turn, WireOperation::Search, told, None);
                        return Then::GoOn;
                    }
                    Ok(answer) => {
                        reply::success(output, id, tag, &answer);
                        self.tell(turn, WireOperation::Search, told, Some(Ok(())));
                        return Then::GoOn;
                    }
                    Err(error) => {
                        // Entries that came before a limit stay.
                        if error.code != ResultCode::SIZE_LIMIT_EXCEEDED {
                            output.truncate(start);
                        }
                        (WireOperation::Search, Err(error))
                    }
                }
            }
            (Request::Add { dn, attributes }, Ok(controls)) => {
                told.target = text(dn);
                (WireOperation::Add, super::write::add(self, turn, dn, &attributes, &controls, &mut told))
            }
            (Request::Modify { dn, changes }, Ok(controls)) => {
                if self.front.live.is_observed() {
                    told.target = text(dn);
                }
                (WireOperation::Modify, super::write::modify(self, turn, dn, &changes, &controls, &mut told))
            }
            (Request::Delete(dn), Ok(controls)) => {
                told.target = text(dn);
                (WireOperation::Delete, super::write::delete(self, turn, dn, &controls, &mut told))
            }
            (Request::ModifyDn { dn, new_rdn, new_superior, .. }, Ok(_)) => {
                told.target = text(dn);
                let moved = super::write::modify_dn(self, turn, dn, new_rdn, new_superior, &mut told);
                (WireOperation::ModifyDn, moved)
            }
            (Request::Compare { dn, attribute, value }, Ok(_)) => {
                told.target = text(dn);
                let outcome = match super::search::compare(self, turn, dn, attribute, value, &mut told) {
                    Ok(true) => Err(LdapError::new(ResultCode::COMPARE_TRUE, "")),
                    Ok(false) => Err(LdapError::new(ResultCode::COMPARE_FALSE, "")),
                    Err(error) => Err(error),
                };
                (WireOperation::Compare, outcome)
            }
            (Request::Unknown(_), Ok(_)) => return self.hang_up(turn, output),
        };
        match &outcome {
            Ok(()) => reply::success(output, id, tag, &[]),
            Err(error) => output.extend(reply::failure(id, tag, error, &[])),
        }
        self.tell(turn, operation, told, Some(outcome.as_ref().copied()));
        Then::GoOn
    }

    /// Whether somebody watches for changes on this connection.
    pub(super) fn is_watching(&self) -> bool {
        !self.watches.is_empty()
    }

    /// What has changed for the watches.
    pub(super) fn changes(&mut self, turn: &mut Turn<'_>, output: &mut Vec<u8>) {
        super::search::changes(self, turn, output);
    }

    pub(super) fn is_administrator(&self) -> bool {
        self.is_in(&[Rid::DOMAIN_ADMINS, Rid::ADMINISTRATORS])
    }

    pub(super) fn is_account_operator(&self) -> bool {
        self.is_in(&[Rid::ACCOUNT_OPERATORS])
    }

    fn is_in(&self, groups: &[Rid]) -> bool {
        self.identity
            .as_ref()
            .is_some_and(|identity| groups.iter().any(|group| identity.groups.contains(group)))
    }

    fn extended(
        &mut self,
        turn: &mut Turn<'_>,
        id: i32,
        oid: &[u8],
        value: Option<&[u8]>,
        output: &mut Vec<u8>,
    ) -> Then {
        let told = Told { target: text(oid), ..Told::default() };
        let outcome = match oid {
            b"1.3.6.1.4.1.4203.1.11.3" => {
                let who = self.identity.as_ref().map(|identity| {
                    let domain = turn.enter(|state, _| state.domain.world().domain.name.clone());
                    format!("u:{domain}\\{}", identity.name)
                });
                output.extend(reply::extended(id, Ok(()), None, Some(who.unwrap_or_default().as_bytes())));
                self.tell(turn, WireOperation::Extended, told, Some(Ok(())));
                return Then::GoOn;
            }
            START_TLS => {
                let outcome = match (self.protection, &self.front.tls) {
                    (Protection::Tls, _) => Err(LdapError::head(
                        ResultCode::OPERATIONS_ERROR,
                        0,
                        0x0C09_0E17,
                        "TLS or SSL already in effect",
                        0,
                    )),
                    (Protection::None, Some(_)) if self.identity.is_none() => Ok(()),
                    (_, Some(_)) => Err(LdapError::head(
                        ResultCode::OPERATIONS_ERROR,
                        0,
                        0x0C09_0E1D,
                        "Cannot start TLS on a connection that is bound",
                        0,
                    )),
                    (_, None) => Err(LdapError::head(
                        ResultCode::UNAVAILABLE,
                        0,
                        0x0C09_0E20,
                        "Error initializing SSL/TLS",
                        0,
                    )),
                };
                output.extend(reply::extended(id, outcome.as_ref().map(|_| ()), Some(&told.target), None));
                self.tell(turn, WireOperation::Extended, told, Some(outcome.as_ref().map(|_| ())));
                return if outcome.is_ok() { Then::StartTls } else { Then::GoOn };
            }
            // From now on binds only check a password and change nothing else.
            b"1.2.840.113556.1.4.1781" if self.identity.is_none() && value.is_none() => {
                self.fast_bind = true;
                Ok(())
            }
            b"1.2.840.113556.1.4.1781" => Err(LdapError::unwilling(0x57, 0x0C09_06E0)),
            b"1.3.6.1.4.1.1466.101.119.1" => Err(LdapError::unwilling(0x2077, 0x0C09_06E0)),
            _ => Err(LdapError::head(
                ResultCode::PROTOCOL_ERROR,
                0x57,
                0x0C09_0A94,
                "Unknown extended request OID",
                0,
            )),
        };
        output.extend(reply::extended(id, outcome.as_ref().map(|_| ()), Some(&text(oid)), None));
        self.tell(turn, WireOperation::Extended, told, Some(outcome.as_ref().copied()));
        Then::GoOn
    }

    /// A challenge that this server has not given before; the same in a run of the same seed.
    pub(super) fn challenge(&self) -> [u8; 8] {
        let Front { options, dc, .. } = &*self.front;
        let seed = format!("{}/{dc}/{}/{}", options.seed, self.connection, self.challenges);
        let digest = super::sid::guid(&seed, 0);
        std::array::from_fn(|index| digest[index])
    }

    pub(super) fn tell(
        &self,
        turn: &mut Turn<'_>,
        operation: WireOperation,
        told: Told,
        result: Option<Result<(), &LdapError>>,
    ) {
        if !self.front.live.is_observed() {
            return;
        }
        let (code, message) = match result {
            None => (None, String::new()),
            Some(Ok(())) => (Some(0), String::new()),
            Some(Err(error)) => (Some(error.code.0), error.text.clone()),
        };
        turn.tell(&WireEvent {
            at: self.front.live.now(),
            dc: self.front.dc.clone(),
            connection: self.connection,
            peer: self.peer,
            who: self.identity.as_ref().map(|identity| identity.name.clone()),
            protection: self.protection,
            operation,
            target: told.target,
            filter: told.filter,
            result: code,
            message,
            entries: told.entries,
            version: told.version,
        });
    }
}

/// Octets as text for people.
pub(super) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// What a request is called in events.
fn operation(request: &Request<'_>) -> WireOperation {
    match request {
        Request::Bind { .. } => WireOperation::Bind,
        Request::Unbind => WireOperation::Unbind,
        Request::Search(_) => WireOperation::Search,
        Request::Modify { .. } => WireOperation::Modify,
        Request::Add { .. } => WireOperation::Add,
        Request::Delete(_) => WireOperation::Delete,
        Request::ModifyDn { .. } => WireOperation::ModifyDn,
        Request::Compare { .. } => WireOperation::Compare,
        Request::Abandon(_) => WireOperation::Abandon,
        Request::Extended { .. } => WireOperation::Extended,
        Request::Unknown(_) => WireOperation::Malformed,
    }
}
