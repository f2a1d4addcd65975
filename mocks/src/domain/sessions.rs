//! Sessions between hosts: one host talks to another under one name at a time (Q260827).

use std::collections::BTreeMap;

use super::Domain;
use crate::{Answer, Authority, Caller, Credentials, HostName, Reply, Verb, Win32Error};

/// Under which name a host has a session with another.
type SessionName = (Authority, crate::AccountName);

/// The sessions that hosts have opened by connecting to shares of others: from, to, under which name.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    open: BTreeMap<(HostName, HostName), SessionName>,
}

impl Sessions {
    /// A host is gone, and its sessions in both directions.
    pub(super) fn host_down(&mut self, host: &HostName) {
        self.open.retain(|(from, to), _| from != host && to != host);
    }
}

impl Domain {
    /// Whether a call may open a session, before the other host is asked: 1219 under another name than the one of the
    /// session that is there. Only connecting to a share opens one; a host needs none with itself.
    pub(super) fn may_connect(&self, by: &Caller, at: &HostName, verb: &Verb) -> Result<(), Win32Error> {
        let Some(credentials) = connecting(by, at, verb) else { return Ok(()) };
        let there = self.sessions.open.get(&(by.host.clone(), at.clone()));
        match there
            .is_some_and(|(authority, user)| *authority != credentials.authority || *user != credentials.user)
        {
            true => Err(Win32Error::SESSION_CREDENTIAL_CONFLICT),
            false => Ok(()),
        }
    }

    /// Notes the session that a call has opened.
    pub(super) fn connected(&mut self, by: &Caller, at: &HostName, verb: &Verb) {
        if let Some(Credentials { authority, user, .. }) = connecting(by, at, verb) {
            self.sessions.open.insert((by.host.clone(), at.clone()), (authority.clone(), user.clone()));
        }
    }

    /// Ends the session of a host with another.
    pub(super) fn disconnect(&mut self, from: &HostName, to: &HostName) -> Answer {
        let ended = self.sessions.open.remove(&(from.clone(), to.clone()));
        ended.map(|_| Reply::Done).ok_or(Win32Error::NOT_CONNECTED)
    }
}

/// Under which account a call connects to another host.
fn connecting<'a>(by: &'a Caller, at: &HostName, verb: &Verb) -> Option<&'a Credentials> {
    match verb {
        Verb::ShareConnect { .. } if by.host != *at => by.credentials(),
        _ => None,
    }
}
