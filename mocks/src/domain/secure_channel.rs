//! Secure channels: which controller a member asks, and how the two prove themselves to each other.
//!
//! Every logon of a domain account at a member goes through its channel. One that stands is used as long as its
//! controller is found; a new one is set up with the machine's secret and the account in that controller's copy of the
//! directory (Q160324, Q175024), and so fails where the account, or its latest password, has not arrived.

use super::accounts::{done, refused};
use super::{Domain, Outcome};
use crate::directory::DcIndex;
use crate::{Answer, Fact, HostName, Reply, SimTime, StateKey, Value, Verb, Win32Error};

impl Domain {
    /// The controller that a member finds: its logon server, one of its site, any, each in the order of the world
    /// (FACTS.md, A50). Nothing is said of whether that controller trusts it.
    pub(super) fn locate(&mut self, now: SimTime, at: &HostName) -> Option<DcIndex> {
        let member = self.members.find(at)?;
        if !member.membership.is_domain() {
            return None;
        }
        let joined_at = member.joined_at.filter(|_| self.members.spec.joining_controller_first);
        let first = [joined_at, member.logon_server];
        let site = member.site.clone();
        for dc in first.into_iter().flatten() {
            if self.answers(now, at, dc) {
                return Some(dc);
            }
        }
        for near in [true, false] {
            for dc in self.controllers.indices() {
                let here = (self.controllers.controller(dc).site == site) == near;
                if here && !first.contains(&Some(dc)) && self.answers(now, at, dc) {
                    return Some(dc);
                }
            }
        }
        None
    }

    /// Whether a controller answers a member that looks for one.
    fn answers(&mut self, now: SimTime, at: &HostName, dc: DcIndex) -> bool {
        let asked = self.members.listed && self.members.spec.asks_for_account;
        (!asked || self.controllers.database(dc).computer(at).is_some())
            && self.wires.finds(now, at, self.controllers.name(dc))
    }

    /// The controller that a member turns to, whether or not it would trust it: that of its channel while that is
    /// found, else the one that it would set one up with.
    pub(super) fn controller_for(&mut self, now: SimTime, at: &HostName) -> Option<DcIndex> {
        let member = self.members.find(at)?;
        if !member.membership.is_domain() {
            return None;
        }
        match member.channel {
            Some(dc) if self.wires.finds(now, at, self.controllers.name(dc)) => Some(dc),
            _ => self.locate(now, at),
        }
    }

    /// The controller of a member's secure channel, which is set up where none stands: 1311 when no controller is
    /// found, 1786, 1787, 1789 when the one that is does not trust the machine.
    pub(super) fn channel(&mut self, now: SimTime, at: &HostName) -> Result<DcIndex, Win32Error> {
        let standing = self.members.find(at).and_then(|member| member.channel);
        if let Some(dc) = standing
            && self.wires.finds(now, at, self.controllers.name(dc))
        {
            return Ok(dc);
        }
        let found = self.locate(now, at);
        self.set_up_channel(now, at, found)
    }

    fn set_up_channel(
        &mut self,
        now: SimTime,
        at: &HostName,
        with: Option<DcIndex>,
    ) -> Result<DcIndex, Win32Error> {
        let answer = with.ok_or(Win32Error::NO_LOGON_SERVERS).and_then(|dc| {
            self.trusts(now, at, dc)?;
            Ok(dc)
        });
        self.note_channel(now, at, answer.ok(), answer.err());
        if self.members.listed {
            let to = with.map(|dc| self.controllers.name(dc).clone());
            self.facts.push(now, at, Fact::SecureChannel { to, error: answer.err() });
        }
        answer
    }

    /// Whether a member and a controller can prove themselves to each other.
    fn trusts(&mut self, now: SimTime, at: &HostName, dc: DcIndex) -> Result<(), Win32Error> {
        if !self.members.listed {
            return Ok(());
        }
        let member = self.members.find(at).ok_or(Win32Error::NO_TRUST_LSA_SECRET)?;
        let secret = member.secret.clone().ok_or(Win32Error::NO_TRUST_LSA_SECRET)?;
        let known = || [&secret.current].into_iter().chain(&secret.previous);
        let answer = self.controllers.database(dc).proves(at, known());
        let pdc = self.controllers.pdc();
        let asks = self.members.spec.checks_password_at_pdc && dc != pdc;
        match answer {
            Err(Win32Error::TRUSTED_RELATIONSHIP_FAILURE)
                if asks && self.wires.finds(now, self.controllers.name(dc), self.controllers.name(pdc)) =>
            {
                self.controllers.database(pdc).proves(at, known())
            }
            answer => answer,
        }
    }

    /// Notes which channel a member has from now on, and states it where it changes.
    pub(super) fn note_channel(
        &mut self,
        now: SimTime,
        at: &HostName,
        channel: Option<DcIndex>,
        error: Option<Win32Error>,
    ) {
        let Some(member) = self.members.find_mut(at) else { return };
        let changes = member.channel != channel;
        member.channel = channel;
        member.error = error;
        if channel.is_some() {
            member.joined_at = None;
        }
        if changes && self.members.listed {
            let value = channel.map(|dc| Value::Text(self.controllers.name(dc).as_str().into()));
            self.facts.state(now, at, StateKey::SecureChannel, value, None);
        }
    }

    /// I_NetLogonControl2 at a member, as Nltest calls it: `None` when the verb is none of these.
    pub(super) fn channel_verb(&mut self, now: SimTime, at: &HostName, verb: &Verb) -> Option<Outcome> {
        let query = matches!(verb, Verb::SecureChannelQuery {});
        if !query && !matches!(verb, Verb::SecureChannelReset { .. } | Verb::SecureChannelVerify {}) {
            return None;
        }
        Some(match self.may_control_netlogon(at) {
            Err(error) => refused(error),
            Ok(()) => done(match verb {
                Verb::SecureChannelReset { server } => self.reset_channel(now, at, server.as_ref()),
                Verb::SecureChannelVerify {} => self.verify_channel(now, at),
                _ => self.query_channel(at),
            }),
        })
    }

    /// Whether a host has a secure channel to ask about: 50 at a controller, 1792 without the Netlogon service, 1355
    /// at a machine of no domain.
    pub(super) fn may_control_netlogon(&self, at: &HostName) -> Result<(), Win32Error> {
        let member = self.members.find(at).ok_or(Win32Error::NOT_SUPPORTED)?;
        match () {
            () if !member.membership.is_domain() => Err(Win32Error::NO_SUCH_DOMAIN),
            () if self.wires.without_netlogon.contains(at) => Err(Win32Error::NETLOGON_NOT_STARTED),
            () => Ok(()),
        }
    }

    /// The controller of the channel, or how the last attempt to set one up ended; 1311 when there was none.
    fn query_channel(&self, at: &HostName) -> Answer {
        let member = self.members.find(at).ok_or(Win32Error::NOT_SUPPORTED)?;
        match member.channel {
            Some(dc) => Ok(self.named(dc)),
            None => Err(member.error.unwrap_or(Win32Error::NO_LOGON_SERVERS)),
        }
    }

    /// The channel is given up and set up anew, with a given controller or with the one that is found.
    fn reset_channel(&mut self, now: SimTime, at: &HostName, server: Option<&HostName>) -> Answer {
        let with = match server {
            None => self.locate(now, at),
            Some(server) => {
                let dc = self.controllers.index(server).ok_or(Win32Error::NO_SUCH_DOMAIN)?;
                self.wires.finds(now, at, server).then_some(dc)
            }
        };
        self.set_up_channel(now, at, with).map(|dc| self.named(dc))
    }

    /// The machine proves itself anew to the controller of its channel; without one, one is set up.
    fn verify_channel(&mut self, now: SimTime, at: &HostName) -> Answer {
        let standing = self.members.find(at).and_then(|member| member.channel);
        let with = match standing {
            Some(dc) if self.wires.finds(now, at, self.controllers.name(dc)) => Some(dc),
            _ => self.locate(now, at),
        };
        self.set_up_channel(now, at, with).map(|dc| self.named(dc))
    }

    pub(super) fn named(&self, dc: DcIndex) -> Reply {
        Reply::Text(self.controllers.name(dc).as_str().to_owned())
    }
}
