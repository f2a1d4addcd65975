//! Joining and leaving the domain, and the passwords of machines.

use super::accounts::{done, refused};
use super::members::MachineSecret;
use super::{Domain, Outcome};
use crate::directory::{DcIndex, Rid, Standing};
use crate::machine::NETLOGON;
use crate::{
    Answer, Authority, Caller, Credentials, HostName, LogonType, Membership, Name, Reply, Right, Secret,
    SimTime, StartMode, StateKey, Value, Verb, Win32Error,
};

/// NetJoinDomain's arguments.
struct Join<'a> {
    domain: Option<&'a Name>,
    server: Option<&'a HostName>,
    credentials: Option<&'a Credentials>,
    create: bool,
    rejoin: bool,
    password: Option<&'a Secret>,
}

/// What an account may do about accounts of computers at a controller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Power {
    /// Create, reset and disable any.
    Operator,
    /// Create only: *Add workstations to domain*.
    AddsWorkstations,
}

impl Domain {
    /// Performs a verb of membership at a machine; `None` when the verb is none.
    pub(super) fn membership_verb(
        &mut self,
        now: SimTime,
        by: &Caller,
        at: &HostName,
        verb: &Verb,
    ) -> Option<Outcome> {
        let answer = match verb {
            Verb::DomainJoin { domain, server, credentials, create, rejoin, password } => {
                let join = Join {
                    domain: domain.as_ref(),
                    server: server.as_ref(),
                    credentials: credentials.as_ref().or_else(|| by.credentials()),
                    create: *create,
                    rejoin: *rejoin,
                    password: password.as_ref(),
                };
                self.join(now, at, &join)
            }
            Verb::DomainUnjoin { credentials, disable_account } => {
                let credentials = credentials.as_ref().or_else(|| by.credentials());
                self.unjoin(now, at, credentials, *disable_account)
            }
            Verb::MachinePasswordChange {} => self.change_machine_password(now, at),
            Verb::MachinePasswordReset { server, credentials } => {
                let credentials = credentials.as_ref().or_else(|| by.credentials());
                self.reset_machine_password(now, at, server, credentials)
            }
            Verb::MachineSecretStore { password } => self.store_machine_secret(at, password.as_ref()),
            _ => return None,
        };
        Some(answer.map_or_else(refused, |reply| done(Ok(reply))))
    }

    /// NetJoinDomain: 2693 at a controller, 2691 when it has joined, 1355 when the domain or its controller is not
    /// found, the codes of a logon, 5 without the power to make the account, 2221 when there is none to use, 2224 when
    /// the name is a user's, 2226 at a BDC of Windows NT. The reply names the controller that has the account.
    fn join(&mut self, now: SimTime, at: &HostName, join: &Join<'_>) -> Answer {
        let member = self.members.find(at).ok_or(Win32Error::SETUP_DOMAIN_CONTROLLER)?;
        let joined = member.membership.is_domain();
        if !self.members.listed {
            return Err(Win32Error::NOT_SUPPORTED);
        }
        if joined && !join.rejoin {
            return Err(Win32Error::ALREADY_JOINED);
        }
        if join.domain.is_some_and(|domain| *domain != self.spec.domain.name) {
            return Err(Win32Error::NO_SUCH_DOMAIN);
        }
        let dc = self.joining_controller(now, at, join.server).ok_or(Win32Error::NO_SUCH_DOMAIN)?;
        let power = self.power(now, at, dc, join.credentials)?;
        let secret = join.password.cloned().unwrap_or_else(|| self.members.draw(at));
        self.enter_account(now, at, dc, power, join.create, &secret)?;
        if let Some(member) = self.members.find_mut(at) {
            member.membership = Membership::Domain;
            member.secret = Some(MachineSecret::fresh(&secret));
            member.joined_at = Some(dc);
        }
        self.note_channel(now, at, None, None);
        if !joined {
            self.becomes(now, at, dc, Membership::Domain);
        }
        Ok(self.named(dc))
    }

    /// The controller at which a machine joins: the one that it is told, else the PDC where it alone can be written,
    /// else the one that it finds.
    fn joining_controller(
        &mut self,
        now: SimTime,
        at: &HostName,
        server: Option<&HostName>,
    ) -> Option<DcIndex> {
        let given = match server {
            Some(server) => Some(self.controllers.index(server)?),
            None => self.sole_writer(),
        };
        match given {
            Some(dc) => self.wires.finds(now, at, self.controllers.name(dc)).then_some(dc),
            None => {
                let found = self.locate_for_joining(now, at)?;
                match self.is_read_only(found) {
                    // Whoever joins asks for a controller that writes.
                    true => {
                        let writers: Vec<DcIndex> = self.writers_behind(found).collect();
                        writers.into_iter().find(|dc| self.wires.finds(now, at, self.controllers.name(*dc)))
                    }
                    false => Some(found),
                }
            }
        }
    }

    /// The controller that takes changes, where only one does.
    fn sole_writer(&self) -> Option<DcIndex> {
        let pdc = self.controllers.pdc();
        let others = self.controllers.indices().any(|dc| dc != pdc && self.model.writable(dc));
        (!others).then_some(pdc)
    }

    /// As [`Domain::locate`] for a machine that does not belong to the domain yet.
    fn locate_for_joining(&mut self, now: SimTime, at: &HostName) -> Option<DcIndex> {
        let before = std::mem::replace(&mut self.members.find_mut(at)?.membership, Membership::Domain);
        let asks = std::mem::take(&mut self.members.spec.asks_for_account);
        let found = self.locate(now, at);
        self.members.spec.asks_for_account = asks;
        self.members.find_mut(at)?.membership = before;
        found
    }

    /// Lets an account in at a controller and says what it may do there about computers; 5 without any power.
    fn power(
        &mut self,
        now: SimTime,
        from: &HostName,
        dc: DcIndex,
        credentials: Option<&Credentials>,
    ) -> Result<Power, Win32Error> {
        let credentials = credentials
            .filter(|credentials| credentials.authority == Authority::Domain)
            .ok_or(Win32Error::ACCESS_DENIED)?;
        let host = self.controllers.name(dc).clone();
        if self.clock_is_wrong(now, from, &host) {
            return Err(Win32Error::TIME_DIFF_AT_DC);
        }
        let admitted = self.admit(now, credentials, &host, from, LogonType::Network)?;
        let Standing { groups, rights } = self.standing(&admitted, &host).into_owned();
        let operators = [Rid::ADMINISTRATORS, Rid::DOMAIN_ADMINS, Rid::ACCOUNT_OPERATORS];
        match () {
            () if operators.iter().any(|group| groups.contains(group)) => Ok(Power::Operator),
            () if rights.contains(&Right::MachineAccount) => Ok(Power::AddsWorkstations),
            () => Err(Win32Error::ACCESS_DENIED),
        }
    }

    /// The machine's account at a controller, made or given the machine's new password.
    fn enter_account(
        &mut self,
        now: SimTime,
        at: &HostName,
        dc: DcIndex,
        power: Power,
        create: bool,
        secret: &Secret,
    ) -> Result<(), Win32Error> {
        let database = self.controllers.database(dc);
        let change = match (database.computer(at), database.find(&crate::directory::computer_account(at))) {
            (Some(_), _) if power != Power::Operator => return Err(Win32Error::ACCESS_DENIED),
            (Some(rid), _) => database.plan_computer_password(now, rid, at, secret, true),
            (None, Some(_)) => return Err(Win32Error::NERR_USER_EXISTS),
            (None, None) if !create => return Err(Win32Error::USER_NOT_FOUND),
            (None, None) => database.plan_computer(now, self.controllers.next_rid(), at, secret),
        };
        if !self.model.writable(dc) {
            return Err(Win32Error::NOT_PRIMARY);
        }
        if change.kind == crate::ChangeKind::UserAdd {
            self.controllers.allocate_rid();
        }
        self.commit(now, dc, change);
        Ok(())
    }

    /// What joining or leaving does on the machine itself: the domain's groups enter or leave its own, and the
    /// Netlogon service starts with the machine, from its next start on, or no more.
    fn becomes(&mut self, now: SimTime, at: &HostName, dc: DcIndex, membership: Membership) {
        let domain = self.controllers.database(dc);
        if let Some(own) = self.hosts.get_mut(at).and_then(|host| host.accounts.as_mut()) {
            let changes = own.plan_membership(domain, membership.is_domain());
            own.write_local(now, at, changes, &mut self.facts);
        }
        let start = match membership {
            Membership::Domain => StartMode::Automatic,
            Membership::Workgroup => StartMode::Manual,
        };
        if let Some(machine) = self.machines.find_mut(at) {
            machine.services.set_start(NETLOGON, start);
        }
        self.facts.state(now, at, StateKey::Joined, Some(Value::Is(membership.is_domain())), None);
        self.state_rights(now, at);
    }

    /// NetUnjoinDomain: 2693 at a controller, 2692 when it has not joined. With `disable` the account is disabled at
    /// the controller that takes changes, under the given credentials.
    fn unjoin(
        &mut self,
        now: SimTime,
        at: &HostName,
        credentials: Option<&Credentials>,
        disable: bool,
    ) -> Answer {
        let member = self.members.find(at).ok_or(Win32Error::SETUP_DOMAIN_CONTROLLER)?;
        if !member.membership.is_domain() {
            return Err(Win32Error::NOT_JOINED);
        }
        if !self.members.listed {
            return Err(Win32Error::NOT_SUPPORTED);
        }
        let dc = self.joining_controller(now, at, None);
        if disable {
            let dc = dc.ok_or(Win32Error::NO_SUCH_DOMAIN)?;
            if self.power(now, at, dc, credentials)? != Power::Operator {
                return Err(Win32Error::ACCESS_DENIED);
            }
            if let Some(change) = self.controllers.database(dc).plan_disabled_computer(at) {
                self.commit(now, dc, change);
            }
        }
        self.note_channel(now, at, None, None);
        if let Some(member) = self.members.find_mut(at) {
            member.membership = Membership::Workgroup;
            member.secret = None;
            member.joined_at = None;
        }
        self.becomes(now, at, dc.unwrap_or(self.controllers.pdc()), Membership::Workgroup);
        Ok(Reply::Done)
    }

    /// The machine changes its password through its channel, at the channel's controller or, where that takes no
    /// changes, at the PDC behind it: 1311 when that one is not reached. It keeps the one before beside it.
    fn change_machine_password(&mut self, now: SimTime, at: &HostName) -> Answer {
        self.may_control_netlogon(at)?;
        let near = self.channel(now, at)?;
        if !self.members.listed {
            return Err(Win32Error::NOT_SUPPORTED);
        }
        let pdc = self.controllers.pdc();
        let dc = match self.model.writable(near) {
            true => near,
            false if self.is_read_only(near) => self.writers_behind(near).next().unwrap_or(pdc),
            false => pdc,
        };
        if dc != near && !self.wires.finds(now, self.controllers.name(near), self.controllers.name(dc)) {
            return Err(Win32Error::NO_LOGON_SERVERS);
        }
        let database = self.controllers.database(dc);
        let rid = database.computer(at).ok_or(Win32Error::NO_TRUST_SAM_ACCOUNT)?;
        let secret = self.members.draw(at);
        let change = self.controllers.database(dc).plan_computer_password(now, rid, at, &secret, false);
        self.commit(now, dc, change);
        if let Some(member) = self.members.find_mut(at) {
            member.secret = Some(match &member.secret {
                Some(old) => old.succeeded_by(&secret),
                None => MachineSecret::fresh(&secret),
            });
        }
        Ok(self.named(dc))
    }

    /// `netdom resetpwd`: an operator gives the machine and its account at one controller a new password. 2221 without
    /// an account there, 2226 where it takes no changes. A standing channel is given up.
    fn reset_machine_password(
        &mut self,
        now: SimTime,
        at: &HostName,
        server: &HostName,
        credentials: Option<&Credentials>,
    ) -> Answer {
        let member = self.members.find(at).ok_or(Win32Error::NOT_SUPPORTED)?;
        if !member.membership.is_domain() {
            return Err(Win32Error::NOT_JOINED);
        }
        if !self.members.listed {
            return Err(Win32Error::NOT_SUPPORTED);
        }
        let dc = self.joining_controller(now, at, Some(server)).ok_or(Win32Error::NO_SUCH_DOMAIN)?;
        let power = self.power(now, at, dc, credentials)?;
        let secret = self.members.draw(at);
        self.enter_account(now, at, dc, power, false, &secret)?;
        if let Some(member) = self.members.find_mut(at) {
            member.secret = Some(match &member.secret {
                Some(old) => old.succeeded_by(&secret),
                None => MachineSecret::fresh(&secret),
            });
        }
        self.note_channel(now, at, None, None);
        Ok(self.named(dc))
    }

    /// LsaStorePrivateData of `$MACHINE.ACC`: the machine believes its password to be this one, as after a restored
    /// image, or has no secret any more. A standing channel stays.
    fn store_machine_secret(&mut self, at: &HostName, password: Option<&Secret>) -> Answer {
        let listed = self.members.listed;
        let member = self.members.find_mut(at).ok_or(Win32Error::NOT_SUPPORTED)?;
        if !listed {
            return Err(Win32Error::NOT_SUPPORTED);
        }
        member.secret = password.map(MachineSecret::fresh);
        Ok(Reply::Done)
    }
}
