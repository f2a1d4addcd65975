//! Binds: by password, by SASL's GSS-SPNEGO with NTLM, and by NTLM as Sicily carries it.

use super::live::Turn;
use super::message::BindCredentials;
use super::ntlm::{Acceptor, Names, Proof, Protector};
use super::session::{Identity, Session, Then, Told, text};
use super::spnego::{self, State};
use super::time::file_time;
use super::view::View;
use super::{LdapError, Manner, Protection, ResultCode, WireOperation, logon_times, reply};
use crate::directory::{Part, RecordValue};
use crate::{AccountName, HostName, Secret, Win32Error};

/// A negotiation that is under way on a connection.
#[derive(Debug, Default)]
pub(super) struct Negotiation {
    acceptor: Option<Acceptor>,
    /// The list of mechanisms that the client's signature is about.
    mechanisms: Option<Vec<u8>>,
    /// NTLM without SPNEGO around it.
    bare: bool,
}

/// What comes of one step of a bind.
enum Step {
    /// It goes on with this.
    GoOn(Vec<u8>),
    /// It is done: who, the last word, and what protects the connection from now on.
    Done(Identity, Option<Vec<u8>>, Option<Protector>),
}

impl Session {
    pub(super) fn bind(
        &mut self,
        turn: &mut Turn<'_>,
        id: i32,
        version: i32,
        name: &[u8],
        credentials: &BindCredentials<'_>,
        output: &mut Vec<u8>,
    ) -> Then {
        self.forget();
        let mut told = Told { target: text(name), ..Told::default() };
        if !(2..=3).contains(&version) {
            let error =
                LdapError::head(ResultCode::PROTOCOL_ERROR, 0x57, 0x0C09_0440, "Invalid protocol version", 0);
            output.extend(reply::bind(id, Err(&error), None, false));
            self.tell(turn, WireOperation::Bind, told, Some(Err(&error)));
            return Then::GoOn;
        }
        let negotiation = std::mem::take(&mut self.negotiation);
        match credentials {
            BindCredentials::Simple(password) => {
                let outcome = match password {
                    [] if self.front.options.manner == Manner::Samba && !name.is_empty() => {
                        Err(LdapError::bind(Win32Error::LOGON_FAILURE, false))
                    }
                    // A name without a password is nobody, and no error.
                    [] => Ok(None),
                    password => self.simple_bind(turn, &told.target, password).map(Some),
                };
                output.extend(reply::bind(id, outcome.as_ref().map(|_| ()), None, false));
                self.identity = outcome.as_ref().ok().cloned().flatten().filter(|_| !self.fast_bind);
                self.tell(turn, WireOperation::Bind, told, Some(outcome.as_ref().map(|_| ())));
                Then::GoOn
            }
            BindCredentials::SicilyDiscovery => {
                output.extend(reply::sicily(id, b"NTLM"));
                Then::GoOn
            }
            BindCredentials::SicilyNegotiate(token) => {
                let step = self.negotiate(turn, token, Negotiation::default());
                self.sicily(turn, id, step, told, output)
            }
            BindCredentials::SicilyResponse(token) => {
                let step = match negotiation.acceptor {
                    Some(acceptor) => self.prove(turn, &acceptor, token, &mut told),
                    None => Err(invalid_token()),
                };
                self.sicily(turn, id, step, told, output)
            }
            BindCredentials::Sasl { mechanism: b"GSS-SPNEGO" | b"GSSAPI", token } => {
                let step = self.spnego(turn, token.unwrap_or_default(), negotiation, &mut told);
                self.sasl(turn, id, step, told, output)
            }
            BindCredentials::Sasl { .. } | BindCredentials::Unknown(_) => {
                let error = LdapError::head(
                    ResultCode::AUTH_METHOD_NOT_SUPPORTED,
                    0x57,
                    0x0C09_0430,
                    "The authentication method is not supported",
                    0,
                );
                self.refused(turn, id, &error, told, output)
            }
        }
    }

    fn sicily(
        &mut self,
        turn: &mut Turn<'_>,
        id: i32,
        step: Result<Step, LdapError>,
        told: Told,
        output: &mut Vec<u8>,
    ) -> Then {
        match step {
            Ok(Step::GoOn(token)) => {
                output.extend(reply::sicily(id, &token));
                Then::GoOn
            }
            Ok(Step::Done(identity, _, protector)) => {
                output.extend(reply::sicily(id, b""));
                self.done(turn, identity, protector, told)
            }
            Err(error) => self.refused(turn, id, &error, told, output),
        }
    }

    fn sasl(
        &mut self,
        turn: &mut Turn<'_>,
        id: i32,
        step: Result<Step, LdapError>,
        told: Told,
        output: &mut Vec<u8>,
    ) -> Then {
        match step {
            Ok(Step::GoOn(token)) => {
                output.extend(reply::bind(id, Ok(()), Some(&token), true));
                Then::GoOn
            }
            Ok(Step::Done(identity, token, protector)) => {
                output.extend(reply::bind(id, Ok(()), token.as_deref(), false));
                self.done(turn, identity, protector, told)
            }
            Err(error) => self.refused(turn, id, &error, told, output),
        }
    }

    fn refused(
        &mut self,
        turn: &mut Turn<'_>,
        id: i32,
        error: &LdapError,
        told: Told,
        output: &mut Vec<u8>,
    ) -> Then {
        output.extend(reply::bind(id, Err(error), None, false));
        self.tell(turn, WireOperation::Bind, told, Some(Err(error)));
        Then::GoOn
    }

    fn done(
        &mut self,
        turn: &mut Turn<'_>,
        identity: Identity,
        protector: Option<Protector>,
        mut told: Told,
    ) -> Then {
        if told.target.is_empty() {
            told.target = identity.name.as_str().to_owned();
        }
        self.identity = Some(identity).filter(|_| !self.fast_bind);
        self.tell(turn, WireOperation::Bind, told, Some(Ok(())));
        // TLS protects already; two layers are refused by whoever asks for them, not here.
        match protector {
            Some(protector) => {
                if self.protection == Protection::None {
                    self.protection = if protector.seals() { Protection::Sealed } else { Protection::Signed };
                }
                Then::Protect(Box::new(protector))
            }
            None => Then::GoOn,
        }
    }

    fn simple_bind(
        &mut self,
        turn: &mut Turn<'_>,
        name: &str,
        password: &[u8],
    ) -> Result<Identity, LdapError> {
        let password = Secret::from(String::from_utf8_lossy(password).into_owned());
        let from = self.front.dc.clone();
        // The logon itself happens at the controller, which is therefore the computer that limits of workstations see.
        let chosen = |_: &[Secret]| Some(password.clone());
        self.log_on(turn, name, &from, |view, name| view.bound_as(name), chosen).map(|(identity, _)| identity)
    }

    /// Logs on whom `find` says that the name means, with the password that `choose` picks from those that could be
    /// meant: the controller's, the primary controller's, earlier ones. Whoever picks none presents a wrong one.
    fn log_on(
        &self,
        turn: &mut Turn<'_>,
        name: &str,
        from: &HostName,
        find: impl Fn(&View<'_>, &str) -> Option<AccountName>,
        choose: impl Fn(&[Secret]) -> Option<Secret>,
    ) -> Result<(Identity, Secret), LdapError> {
        let front = &self.front;
        turn.enter(|state, now| {
            let view = state.view(&front.dc, now, front.live.start_unix_ms());
            let user = find(&view, name);
            // A name that means nobody is tried as one that nobody can have, whoever it may be elsewhere.
            let unknown = match view.database.user(&name.into()) {
                Some(_) => AccountName::from(format!("?{name}")),
                None => AccountName::from(name),
            };
            let domain = &mut state.domain;
            let dc = self.dc_index(domain);
            let Some(user) = user else {
                let refused = domain.wire_logon(now, &front.dc, from, &unknown, &Secret::from("?"));
                let error = refused.err().unwrap_or(Win32Error::LOGON_FAILURE);
                return Err(LdapError::bind_refused(error, false));
            };
            let mut known = Vec::new();
            for controller in [dc, domain.directory().pdc()] {
                let database = domain.directory().database(controller);
                let part = database.user(&user).map(Part::Password);
                if let Some(RecordValue::Password(password)) =
                    part.and_then(|part| database.records().value(&part))
                {
                    known.push(password.current.clone());
                    known.extend(password.earlier.iter().cloned());
                }
            }
            // No password of a client has a zero in it.
            let presented = choose(&known).unwrap_or_else(|| Secret::from("\0"));
            let rid = domain
                .wire_logon(now, &front.dc, from, &user, &presented)
                .map_err(|error| LdapError::bind_refused(error, true))?;
            let name = domain.directory().database(dc).name(rid).cloned().unwrap_or(user);
            let groups = domain.wire_groups(dc, rid);
            if front.options.stamps_logons {
                let place = (dc, &front.dc);
                logon_times::note(state, place, rid, now, (front.live.start_unix_ms(), front.options.seed));
            }
            Ok((Identity { rid, name, groups }, presented))
        })
    }

    /// A client's first NTLM message: a challenge goes back.
    fn negotiate(
        &mut self,
        turn: &mut Turn<'_>,
        token: &[u8],
        negotiation: Negotiation,
    ) -> Result<Step, LdapError> {
        let front = self.front.clone();
        self.challenges += 1;
        let challenge = self.challenge();
        let acceptor = turn.enter(|state, now| {
            let naming = state.naming(&front.dc);
            let names = Names {
                netbios_domain: naming.netbios.clone(),
                netbios_computer: front.dc.as_str().to_ascii_uppercase(),
                dns_domain: naming.dns.clone(),
                dns_computer: naming.host(&front.dc),
            };
            let time = file_time(front.live.start_unix_ms() + now.as_millis());
            Acceptor::new(token, &names, challenge, time)
        });
        let acceptor = acceptor.map_err(|_| invalid_token())?;
        let answer = acceptor.challenge_message().to_vec();
        self.negotiation = Negotiation { acceptor: Some(acceptor), ..negotiation };
        Ok(Step::GoOn(answer))
    }

    /// A client's last NTLM message: its proof.
    fn prove(
        &mut self,
        turn: &mut Turn<'_>,
        acceptor: &Acceptor,
        token: &[u8],
        told: &mut Told,
    ) -> Result<Step, LdapError> {
        let proof = Proof::read(token).map_err(|_| invalid_token())?;
        if proof.is_anonymous() {
            return Err(LdapError::bind(Win32Error::LOGON_FAILURE, true));
        }
        told.target = match proof.domain.as_str() {
            "" => proof.user.clone(),
            domain => format!("{domain}\\{}", proof.user),
        };
        let name = match proof.domain.as_str() {
            "" => proof.user.clone(),
            // A domain that is not ours may be that of a name with an at sign, or none that counts.
            _ if proof.user.contains('@') => proof.user.clone(),
            _ => told.target.clone(),
        };
        let from = match proof.workstation.as_str() {
            "" => self.from.clone(),
            workstation => HostName::from(workstation),
        };
        let right = |known: &[Secret]| {
            known.iter().find(|password| acceptor.check(&proof, password.reveal()).is_some()).cloned()
        };
        let (identity, password) =
            self.log_on(turn, &name, &from, |view, name| view.account_of(name), right)?;
        let key = acceptor.check(&proof, password.reveal());
        let key = key.ok_or_else(|| LdapError::bind(Win32Error::LOGON_FAILURE, true))?;
        Ok(Step::Done(identity, None, Protector::new(&key, &proof)))
    }

    fn spnego(
        &mut self,
        turn: &mut Turn<'_>,
        token: &[u8],
        negotiation: Negotiation,
        told: &mut Told,
    ) -> Result<Step, LdapError> {
        if token.is_empty() {
            return Ok(Step::GoOn(spnego::offer()));
        }
        if token.starts_with(b"NTLMSSP\0") {
            return match (negotiation.bare, &negotiation.acceptor) {
                (true, Some(acceptor)) => self.prove(turn, acceptor, token, told),
                _ => self.negotiate(turn, token, Negotiation { bare: true, ..Negotiation::default() }),
            };
        }
        let read = spnego::read(token).ok_or_else(invalid_token)?;
        let mechanisms = read.mechanisms.clone().or(negotiation.mechanisms);
        if read.mechanisms.is_some() && !read.ntlm {
            return Err(invalid_token());
        }
        match (negotiation.acceptor, read.inner) {
            (Some(acceptor), Some(inner)) => match self.prove(turn, &acceptor, &inner, told)? {
                Step::Done(identity, _, mut protector) => {
                    let signature = match (read.signature, &mut protector, mechanisms) {
                        (Some(signature), Some(protector), Some(list)) => {
                            if !protector.verify(&list, &signature) {
                                return Err(invalid_token());
                            }
                            let signature = protector.sign(&list);
                            protector.restart_ciphers();
                            Some(signature)
                        }
                        _ => None,
                    };
                    let last = spnego::answer(
                        State::Completed,
                        false,
                        None,
                        signature.as_ref().map(<[u8; 16]>::as_slice),
                    );
                    Ok(Step::Done(identity, Some(last), protector))
                }
                Step::GoOn(token) => Ok(Step::GoOn(token)),
            },
            (None, Some(inner)) if inner.starts_with(b"NTLMSSP\0") => {
                match self.negotiate(turn, &inner, Negotiation { mechanisms, ..Negotiation::default() })? {
                    Step::GoOn(challenge) => {
                        Ok(Step::GoOn(spnego::answer(State::Incomplete, true, Some(&challenge), None)))
                    }
                    done => Ok(done),
                }
            }
            // The client began with another mechanism: it may go on with NTLM.
            _ if read.mechanisms.is_some() => {
                self.negotiation = Negotiation { mechanisms, ..Negotiation::default() };
                Ok(Step::GoOn(spnego::answer(State::Incomplete, true, None, None)))
            }
            _ => Err(invalid_token()),
        }
    }
}

/// SEC_E_INVALID_TOKEN.
fn invalid_token() -> LdapError {
    LdapError::head(
        ResultCode::INVALID_CREDENTIALS,
        0x8009_0308,
        0x0C09_0334,
        "AcceptSecurityContext error",
        0x57,
    )
}
