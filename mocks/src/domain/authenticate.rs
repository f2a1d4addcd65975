//! Who calls: each remote host checks the caller's credentials anew.

use std::borrow::Cow;
use std::sync::Arc;

use super::Domain;
use crate::directory::{Attempt, Change, DcIndex, Part, RecordValue, Rid, Standing, Verdict, check};
use crate::{
    AccountName, AdSpec, AdVersion, Answer, Authority, Caller, Credentials, Data, DcRole, Fact, HostName,
    LogonType, Replication, Reply, Right, SimTime, Token, Who, Win32Error,
};

/// Where Netlogon's parameters stand in a controller's registry.
const NETLOGON_PARAMETERS: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters";

/// A caller as the host that is called sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Principal {
    /// Whether it belongs to the host's Administrators, or to Domain Admins at a controller.
    pub(crate) administrator: bool,
    /// Whether it calls from another host.
    pub(crate) remote: bool,
}

/// Whose word on a password counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judge {
    /// A controller's database.
    Controller(DcIndex),
    /// The host's own database.
    Host,
}

/// An account that has been let in at a host.
pub(crate) struct Admitted {
    /// The account, as the host's database refers to it.
    rid: Rid,
    /// The controller that let it in; `None`: the host's own database.
    by: Option<DcIndex>,
}

impl Domain {
    /// Lets the caller in at a host, or says why not: 1326, 1327, 1330, 1331, 1793, 1907, 1909, 1311, 1385.
    pub(super) fn identify(
        &mut self,
        now: SimTime,
        by: &Caller,
        at: &HostName,
    ) -> Result<Principal, Win32Error> {
        let remote = by.host != *at;
        match &by.who {
            Who::System if remote => return Ok(Principal { administrator: false, remote }),
            Who::System => return Ok(Principal { administrator: true, remote }),
            Who::Token(token) if !remote && token.host == *at => {
                let administrator = token.administrator || token.credentials.is_none();
                return Ok(Principal { administrator, remote });
            }
            Who::Token(_) | Who::Credentials(_) => {}
        }
        let Some(credentials) = by.credentials() else {
            return Ok(Principal { administrator: false, remote });
        };
        if remote && self.clock_is_wrong(now, &by.host, at) {
            return Err(Win32Error::TIME_DIFF_AT_DC);
        }
        let admitted = self.admit(now, credentials, at, &by.host, LogonType::Network)?;
        let controller = self.hosts.get(at).is_some_and(|host| host.controller.is_some());
        let groups = &self.standing(&admitted, at).groups;
        let administrator =
            groups.contains(&Rid::ADMINISTRATORS) || (controller && groups.contains(&Rid::DOMAIN_ADMINS));
        Ok(Principal { administrator, remote })
    }

    /// LogonUser at a host.
    pub(super) fn logon(
        &mut self,
        now: SimTime,
        credentials: &Credentials,
        at: &HostName,
        from: &HostName,
        logon: LogonType,
    ) -> Answer {
        self.token(now, credentials, at, from, logon).map(Reply::Token)
    }

    /// Logs an account on at a host: its token, or the code.
    pub(super) fn token(
        &mut self,
        now: SimTime,
        credentials: &Credentials,
        at: &HostName,
        from: &HostName,
        logon: LogonType,
    ) -> Result<Arc<Token>, Win32Error> {
        let admitted = self.admit(now, credentials, at, from, logon)?;
        let Standing { groups, rights } = self.standing(&admitted, at).into_owned();
        let mut names: Vec<_> = groups.iter().filter_map(|group| self.name_at(at, *group).cloned()).collect();
        names.sort_unstable();
        names.dedup();
        Ok(Arc::new(Token {
            credentials: Some(credentials.clone()),
            host: at.clone(),
            logon,
            rights,
            administrator: groups.contains(&Rid::ADMINISTRATORS),
            groups: names.into(),
            issued: now,
        }))
    }

    /// Checks credentials and the right to this type of logon. A refusal is stated as a fact.
    pub(super) fn admit(
        &mut self,
        now: SimTime,
        credentials: &Credentials,
        at: &HostName,
        from: &HostName,
        logon: LogonType,
    ) -> Result<Admitted, Win32Error> {
        self.admit_or_computer(now, credentials, at, from, logon, false)
    }

    /// The same; with `computers` accounts of computers are let in as well.
    pub(super) fn admit_or_computer(
        &mut self,
        now: SimTime,
        credentials: &Credentials,
        at: &HostName,
        from: &HostName,
        logon: LogonType,
        computers: bool,
    ) -> Result<Admitted, Win32Error> {
        let admitted = self.verify(now, credentials, at, from, computers).and_then(|admitted| {
            match self.may_log_on(&admitted, at, logon) {
                true => Ok(admitted),
                false => Err(Win32Error::LOGON_TYPE_NOT_GRANTED),
            }
        });
        if let Err(error) = &admitted {
            let fact = Fact::LogonRefused {
                account: credentials.user.clone(),
                from: from.clone(),
                logon,
                error: *error,
            };
            self.facts.push(now, at, fact);
        }
        admitted
    }

    fn verify(
        &mut self,
        now: SimTime,
        credentials: &Credentials,
        at: &HostName,
        from: &HostName,
        computers: bool,
    ) -> Result<Admitted, Win32Error> {
        let Credentials { user, password, .. } = credentials;
        let time = self.wires.links.time_of_week(now);
        let attempt = Attempt { user, password, from, time, computers };
        match self.judge(now, credentials, at)? {
            Judge::Controller(dc) => {
                let rid = self.verify_at_controller(now, &attempt, dc)?;
                let own = self.hosts.get(at).is_some_and(|host| host.controller == Some(dc));
                if own {
                    self.let_in_without_netlogon(at, dc, rid)?;
                    return Ok(Admitted { rid, by: Some(dc) });
                }
                Ok(Admitted { rid: rid.foreign(), by: Some(dc) })
            }
            Judge::Host => {
                let Some(database) = self.hosts.get_mut(at).and_then(|host| host.accounts.as_mut()) else {
                    return Err(Win32Error::LOGON_FAILURE);
                };
                match database.check(now, &attempt) {
                    Verdict::Good(rid) => {
                        database.clear_bad_passwords(now, at, rid, &mut self.facts);
                        Ok(Admitted { rid, by: None })
                    }
                    Verdict::Unknown => Err(Win32Error::LOGON_FAILURE),
                    Verdict::Refused(error) => Err(error),
                    Verdict::WrongPassword(rid) => {
                        if let Some(change) = database.count_bad_password(now, at, rid, &mut self.facts) {
                            database.write_local(now, at, vec![change], &mut self.facts);
                            let account = credentials.user.clone();
                            self.facts.push(now, at, Fact::LockedOut { account });
                        }
                        Err(Win32Error::LOGON_FAILURE)
                    }
                }
            }
        }
    }

    /// A controller whose Netlogon service is stopped lets only administrators in: 1792 (FACTS.md, A40).
    fn let_in_without_netlogon(&self, at: &HostName, dc: DcIndex, rid: Rid) -> Result<(), Win32Error> {
        if self.wires.without_netlogon.contains(at) {
            let groups = self.controllers.database(dc).groups_of(rid);
            if !groups.contains(&Rid::ADMINISTRATORS) && !groups.contains(&Rid::DOMAIN_ADMINS) {
                return Err(Win32Error::NETLOGON_NOT_STARTED);
            }
        }
        Ok(())
    }

    /// Who judges these credentials at a host. An account of another machine is tried as one of the same name in the
    /// host's own database: so a token account meets a namesake with another password (Q231399).
    fn judge(&mut self, now: SimTime, credentials: &Credentials, at: &HostName) -> Result<Judge, Win32Error> {
        let own = self.hosts.get(at).and_then(|host| host.controller);
        match (&credentials.authority, own) {
            (_, Some(dc)) => Ok(Judge::Controller(dc)),
            (Authority::Local(_), None) => Ok(Judge::Host),
            // A machine of no domain knows only its own accounts.
            (Authority::Domain, None) if !self.members.belongs(at) => Ok(Judge::Host),
            (Authority::Domain, None) if self.wires.without_netlogon.contains(at) => {
                Err(Win32Error::NETLOGON_NOT_STARTED)
            }
            (Authority::Domain, None) => self.channel(now, at).map(Judge::Controller),
        }
    }

    /// A controller's answer. A wrong password is asked again at the PDC, when it can be reached; an unknown account
    /// is not (Q140967, Q184858, Q223997). Each controller counts; where accounts can be written the count locks.
    fn verify_at_controller(
        &mut self,
        now: SimTime,
        attempt: &Attempt<'_>,
        dc: DcIndex,
    ) -> Result<Rid, Win32Error> {
        let user = attempt.user;
        if self.is_read_only(dc) {
            return self.verify_behind(now, attempt, dc);
        }
        match self.controllers.database_to_ask(dc).check(now, attempt) {
            Verdict::Good(rid) => {
                self.let_in(now, dc, rid);
                return Ok(rid);
            }
            Verdict::Unknown => return Err(Win32Error::LOGON_FAILURE),
            Verdict::Refused(error) => return Err(error),
            Verdict::WrongPassword(rid) => {
                let pdc = self.controllers.pdc();
                let counts = !self.is_recent_password(dc, rid, attempt);
                if dc != pdc
                    && !self.avoids_pdc(dc)
                    && self.wires.finds(now, self.controllers.name(dc), self.controllers.name(pdc))
                {
                    match check(now, self.controllers.database(pdc), attempt) {
                        Verdict::Good(at_pdc) => {
                            self.let_in(now, pdc, at_pdc);
                            self.count_logon(now, dc, rid);
                            return Ok(rid);
                        }
                        Verdict::Refused(error) => return Err(error),
                        Verdict::WrongPassword(at_pdc) if !self.is_recent_password(pdc, at_pdc, attempt) => {
                            self.count_bad_password(now, pdc, at_pdc, user);
                        }
                        Verdict::WrongPassword(_) => {}
                        Verdict::Unknown => {}
                    }
                }
                if counts {
                    self.count_bad_password(now, dc, rid, user);
                }
            }
        }
        Err(Win32Error::LOGON_FAILURE)
    }

    /// A read-only controller keeps no passwords: one that writes answers for it, 1311 when there is none (FACTS.md, A58).
    /// An account that has not come to the read-only one yet is unknown.
    fn verify_behind(&mut self, now: SimTime, attempt: &Attempt<'_>, dc: DcIndex) -> Result<Rid, Win32Error> {
        let own = self.controllers.database(dc).user(attempt.user).ok_or(Win32Error::LOGON_FAILURE)?;
        let writers: Vec<DcIndex> = self.writers_behind(dc).collect();
        let from = self.controllers.name(dc);
        let found =
            writers.into_iter().find(|writer| self.wires.finds(now, from, self.controllers.name(*writer)));
        self.verify_at_controller(now, attempt, found.ok_or(Win32Error::NO_LOGON_SERVERS)?)?;
        self.count_logon(now, dc, own);
        Ok(own)
    }

    /// A controller has found an account's password right.
    fn let_in(&mut self, now: SimTime, dc: DcIndex, rid: Rid) {
        self.forget_bad_passwords(now, dc, rid);
        self.count_logon(now, dc, rid);
    }

    #[cfg(feature = "ldap")]
    fn count_logon(&mut self, now: SimTime, dc: DcIndex, rid: Rid) {
        self.controllers.database_to_ask(dc).count_logon(now, rid);
    }

    #[cfg(not(feature = "ldap"))]
    fn count_logon(&self, _now: SimTime, _dc: DcIndex, _rid: Rid) {}

    /// Whether a controller is read-only by its role.
    pub(crate) fn is_read_only(&self, dc: DcIndex) -> bool {
        self.controllers.controller(dc).role == DcRole::Rodc
    }

    /// The controllers to which a read-only one turns, in its order: those of its site that write, the PDC emulator, the
    /// others.
    pub(crate) fn writers_behind(&self, dc: DcIndex) -> impl Iterator<Item = DcIndex> {
        let site = |dc| &self.controllers.controller(dc).site;
        let mut writers: Vec<DcIndex> =
            self.controllers.indices().filter(|writer| self.model.writable(*writer)).collect();
        writers.sort_by_key(|writer| (site(*writer) != site(dc), *writer != self.controllers.pdc()));
        writers.into_iter()
    }

    /// Whether a wrong password is one of the last two before the present one: controllers of Windows Server 2003 refuse
    /// it and do not count it (FACTS.md, "Active Directory replication").
    fn is_recent_password(&self, dc: DcIndex, rid: Rid, attempt: &Attempt<'_>) -> bool {
        let Replication::Ad(AdSpec { version: AdVersion::Windows2003, .. }) = &self.spec.domain.replication
        else {
            return false;
        };
        let records = self.controllers.database(dc).records();
        matches!(records.value(&Part::Password(rid)), Some(RecordValue::Password(known))
            if known.earlier.iter().take(2).any(|earlier| earlier == attempt.password))
    }

    /// Whether a controller never asks the PDC about a wrong password: `AvoidPdcOnWan` under Active Directory.
    pub fn leaves_the_pdc_alone(&self, host: &HostName) -> bool {
        self.controllers.index(host).is_some_and(|dc| self.avoids_pdc(dc))
    }

    /// Whether a controller of Active Directory leaves the PDC emulator alone because that stands in another site:
    /// `AvoidPdcOnWan` in its registry (KB225511).
    pub(super) fn avoids_pdc(&self, dc: DcIndex) -> bool {
        let site = |dc| &self.controllers.controller(dc).site;
        let machine = || self.machines.find(self.controllers.name(dc));
        matches!(self.spec.domain.replication, Replication::Ad(_))
            && site(dc) != site(self.controllers.pdc())
            && machine().is_some_and(|machine| {
                machine.store.value(NETLOGON_PARAMETERS, "AvoidPdcOnWan") == Some(&Data::Dword(1))
            })
    }

    pub(crate) fn forget_bad_passwords(&mut self, now: SimTime, dc: DcIndex, rid: Rid) {
        if !self.controllers.database(dc).counts_bad_passwords() {
            return;
        }
        let (host, database) = self.controllers.database_mut(dc);
        database.clear_bad_passwords(now, host, rid, &mut self.facts);
    }

    fn count_bad_password(&mut self, now: SimTime, dc: DcIndex, rid: Rid, user: &AccountName) {
        let (host, database) = self.controllers.database_mut(dc);
        let change = database.count_bad_password(now, host, rid, &mut self.facts);
        if let Some(change) = change
            && self.model.writable(dc)
            && self.controllers.database(dc).locked_until(rid, now).is_none()
        {
            self.lock_out(now, dc, change, user);
        }
    }

    fn lock_out(&mut self, now: SimTime, dc: DcIndex, change: Change, user: &AccountName) {
        self.commit(now, dc, change);
        self.facts.push(now, self.controllers.name(dc), Fact::LockedOut { account: user.clone() });
    }

    /// The groups and rights that count for an account at a host, as the host's database refers to them.
    pub(super) fn standing(&mut self, admitted: &Admitted, at: &HostName) -> Cow<'_, Standing> {
        let own = self.hosts.get_mut(at).and_then(|host| host.accounts.as_mut());
        match (own, admitted.by) {
            (Some(own), None) => Cow::Borrowed(own.standing(admitted.rid)),
            // What counts here depends on two databases.
            (Some(own), Some(dc)) => {
                Cow::Owned(Standing::at(own, Some(self.controllers.database(dc)), admitted.rid))
            }
            (None, Some(dc)) => Cow::Borrowed(self.controllers.database_to_ask(dc).standing(admitted.rid)),
            (None, None) => Cow::default(),
        }
    }

    fn may_log_on(&mut self, admitted: &Admitted, at: &HostName, logon: LogonType) -> bool {
        let (right, denied) = match logon {
            LogonType::Interactive => (Right::InteractiveLogon, Right::DenyInteractiveLogon),
            LogonType::Network => (Right::NetworkLogon, Right::DenyNetworkLogon),
            LogonType::Batch => (Right::BatchLogon, Right::DenyBatchLogon),
            LogonType::Service => (Right::ServiceLogon, Right::DenyServiceLogon),
        };
        let rights = self.standing(admitted, at).rights;
        rights.contains(&right) && !rights.contains(&denied)
    }

    fn name_at(&self, at: &HostName, rid: Rid) -> Option<&AccountName> {
        let host = self.hosts.get(at)?;
        match (&host.accounts, host.controller, rid.domain_account()) {
            (Some(_), _, Some(account)) => self.controllers.database(self.controllers.pdc()).name(account),
            (Some(own), _, None) => own.name(rid),
            (None, Some(dc), _) => self.controllers.database(dc).name(rid),
            (None, None, _) => None,
        }
    }
}
