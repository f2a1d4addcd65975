//! What one client has got to: who it is, what it has under way. Without sockets: a message in, answers out.

use std::net::SocketAddr;
use std::sync::Arc;

use super::message::{BindCredentials, Envelope, Message, Request, open};
use super::server::Front;
use super::{LdapError, Protection, ResultCode, WireEvent, WireOperation, reply, rootdse};
use crate::directory::{DcIndex, Rid};
use crate::{AccountName, HostName, Secret, Version, Win32Error};

/// One client's session.
pub(super) struct Session {
    pub(super) front: Arc<Front>,
    connection: u64,
    peer: Option<SocketAddr>,
    pub(super) from: HostName,
    pub(super) identity: Option<Identity>,
    pub(super) protection: Protection,
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
}

/// What is told of an operation when it is done.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) target: String,
    pub(super) entries: usize,
    pub(super) version: Option<Version>,
}

impl Session {
    pub(super) fn new(front: Arc<Front>, connection: u64, peer: Option<SocketAddr>) -> Session {
        let from = peer.map_or_else(|| "?".to_owned(), |peer| peer.ip().to_string());
        Session { front, connection, peer, from: from.into(), identity: None, protection: Protection::None }
    }

    pub(super) fn is_bound(&self) -> bool {
        self.identity.is_some()
    }

    pub(super) fn dc_index(&self, domain: &crate::Domain) -> DcIndex {
        domain.directory().index(&self.front.dc).unwrap_or_default()
    }

    /// Tells of octets that are no message.
    pub(super) fn malformed(&self) {
        let error = LdapError::malformed();
        self.tell(WireOperation::Malformed, Told::default(), Err(&error));
    }

    /// Answers one whole message.
    pub(super) fn handle(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Then {
        let Ok(envelope) = open(bytes) else { return self.hang_up(output) };
        match envelope.request() {
            Ok(Request::Unbind) => {
                self.tell(WireOperation::Unbind, Told::default(), Ok(()));
                Then::Close
            }
            Ok(request) => match envelope.controls() {
                Ok(controls) => {
                    self.request(Message { id: envelope.id, request, controls }, &envelope, output)
                }
                Err(_) => {
                    let tag = reply::response_tag(envelope.tag);
                    output.extend(reply::failure(envelope.id, tag, &LdapError::control(), &[]));
                    Then::GoOn
                }
            },
            Err(_) => self.hang_up(output),
        }
    }

    fn hang_up(&mut self, output: &mut Vec<u8>) -> Then {
        self.malformed();
        output.extend(reply::disconnection(&LdapError::malformed()));
        Then::Close
    }

    fn request(&mut self, message: Message<'_>, envelope: &Envelope<'_>, output: &mut Vec<u8>) -> Then {
        let id = message.id;
        match message.request {
            Request::Bind { name, credentials, .. } => self.bind(id, name, &credentials, output),
            Request::Search(search) => {
                let mut told = Told { target: text(search.base), ..Told::default() };
                let outcome = rootdse::answer(self, id, &search, &mut told, output);
                match &outcome {
                    Ok(()) => output.extend(reply::success(id, 0x65, &[])),
                    Err(error) => output.extend(reply::failure(id, 0x65, error, &[])),
                }
                self.tell(WireOperation::Search, told, outcome.as_ref().copied());
            }
            _ => {
                let tag = reply::response_tag(envelope.tag);
                output.extend(reply::failure(id, tag, &LdapError::not_bound(), &[]));
            }
        }
        Then::GoOn
    }

    fn bind(&mut self, id: i32, name: &[u8], credentials: &BindCredentials<'_>, output: &mut Vec<u8>) {
        // Whatever comes of it, the bind before is over.
        self.identity = None;
        let target = text(name);
        let outcome = match credentials {
            BindCredentials::Simple(b"") if name.is_empty() => Ok(None),
            BindCredentials::Simple(password) => self.simple_bind(&target, password).map(Some),
            _ => Err(LdapError::head(
                ResultCode::AUTH_METHOD_NOT_SUPPORTED,
                0x57,
                0x0C09_0430,
                "The authentication method is not supported",
                0,
            )),
        };
        output.extend(reply::bind(id, outcome.as_ref().map(|_| ()), None, false));
        self.tell(WireOperation::Bind, Told { target, ..Told::default() }, outcome.as_ref().map(|_| ()));
        self.identity = outcome.ok().flatten();
    }

    fn simple_bind(&mut self, name: &str, password: &[u8]) -> Result<Identity, LdapError> {
        let front = self.front.clone();
        front.live.enter(|state, now| {
            let domain = &mut state.domain;
            let dc = self.dc_index(domain);
            let account = name.rsplit(['\\', '/']).next().unwrap_or(name);
            let user = AccountName::from(account.split('@').next().unwrap_or(account));
            let known = domain.directory().database(dc).user(&user).is_some();
            let password = Secret::from(String::from_utf8_lossy(password).into_owned());
            if password.reveal().is_empty() {
                // A bind with a name and no password is an anonymous one to the standard and a refused one here.
                return Err(LdapError::bind(Win32Error::LOGON_FAILURE, true));
            }
            // The logon happens at the controller itself: that is the computer that limits of workstations see.
            let rid = domain
                .wire_logon(now, &front.dc, &front.dc, &user, &password)
                .map_err(|error| LdapError::bind(error, known))?;
            let name = domain.directory().database(dc).name(rid).cloned().unwrap_or(user);
            Ok(Identity { rid, name, groups: domain.wire_groups(dc, rid) })
        })
    }

    pub(super) fn tell(&self, operation: WireOperation, told: Told, result: Result<(), &LdapError>) {
        let (code, message) = match result {
            Ok(()) => (0, String::new()),
            Err(error) => (error.code.0, error.text.clone()),
        };
        self.front.live.tell(&WireEvent {
            at: self.front.live.now(),
            dc: self.front.dc.clone(),
            connection: self.connection,
            peer: self.peer,
            who: self.identity.as_ref().map(|identity| identity.name.clone()),
            protection: self.protection,
            operation,
            target: told.target,
            result: Some(code),
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
