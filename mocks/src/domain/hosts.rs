//! Machines in a running domain: their verbs, their boots, and the logons that their services make.

use std::sync::Arc;

use super::accounts::done;
use super::{Domain, Facts, Outcome, Principal};
use crate::directory::{Database, effective_rights};
use crate::machine::{Hosts, Logons, MachineTurn, NETLOGON};
use crate::{
    Authority, Caller, Credentials, HostName, LogonType, MachineSettings, RefreshReason, Reply, RightSet,
    ServiceName, SimTime, Span, StateKey, Token, Value, Verb, Win32Error,
};

impl Domain {
    /// Performs a verb of a machine; `None` when the verb is none.
    pub(super) fn machine_verb(
        &mut self,
        now: SimTime,
        by: &Caller,
        principal: &Principal,
        at: &HostName,
        verb: &Verb,
    ) -> Option<Outcome> {
        if let Verb::Restart { down } = verb {
            let boot = self.machines.find(at)?.boot;
            let away = down.unwrap_or(boot).max(Span::ZERO);
            self.machine_down(now, at, false);
            self.machines.boot_at(at, now + away);
            return Some(done(Ok(Reply::Done)));
        }
        let outcome = self.with_machines(|machines, logons, facts| {
            machines.perform(now, by, principal.administrator, at, verb, logons, facts)
        });
        if let Verb::ServiceStart { service } | Verb::ServiceStop { service } = verb
            && service == &ServiceName::from(NETLOGON)
        {
            self.netlogon_may_have_changed(now, at);
        }
        outcome.map(done)
    }

    /// Lends the machines out, together with the accounts that they log on with.
    fn with_machines<T>(&mut self, work: impl FnOnce(&mut Hosts, &mut dyn Logons, &mut Facts) -> T) -> T {
        let mut machines = std::mem::take(&mut self.machines);
        let mut facts = std::mem::take(&mut self.facts);
        let result = work(&mut machines, &mut Accounts { domain: self }, &mut facts);
        self.machines = machines;
        self.facts = facts;
        result
    }

    /// What machines do by themselves: come up after a restart, give up a service that does not report.
    pub(super) fn advance_machines(&mut self, now: SimTime) {
        for turn in self.machines.advance(now, &mut self.facts) {
            let MachineTurn::Booted(host) = turn;
            self.machine_up(now, &host);
        }
    }

    /// What a boot does once the machine is up: the secure channel, then policy, then services.
    pub(super) fn booted(&mut self, now: SimTime, host: &HostName) {
        if self.members.listed && self.may_control_netlogon(host).is_ok() {
            // What fails here is stated, and fails again when it is needed.
            let _ = self.channel(now, host);
        }
        self.refresh_policy(now, host, RefreshReason::Startup);
        self.with_machines(|machines, logons, facts| machines.start_services(now, host, logons, facts));
    }

    /// What happens to machines at the start of a run: those that are up have been so for a while.
    pub(super) fn start_machines(&mut self) {
        let now = SimTime::START;
        let names: Vec<HostName> = self.machines.iter().map(|machine| machine.name.clone()).collect();
        for host in &names {
            self.netlogon_starts(host);
        }
        for host in names {
            if let Some(machine) = self.machines.find(&host) {
                machine.state_all(now, &mut self.facts);
            }
            if !self.members.belongs(&host) {
                self.facts.state(now, &host, StateKey::Joined, Some(Value::Is(false)), None);
            }
            self.state_first_rights(now, &host);
            if self.wires.down.contains(&host) {
                continue;
            }
            let services = self.settings(&host).map(|settings| settings.services.as_slice());
            let running = services.into_iter().flatten().filter(|service| service.running);
            let running: Vec<ServiceName> = running.map(|service| service.name.clone()).collect();
            self.with_machines(|machines, logons, facts| {
                machines.start_running(now, &host, &running, logons, facts);
            });
            // What runs was started before the policy came that is in force now: it keeps its token (FACTS.md, A22).
            if self.policies_exist() {
                self.refresh_policy(now, &host, RefreshReason::Startup);
            }
        }
    }

    pub(super) fn settings(&self, host: &HostName) -> Option<&MachineSettings> {
        let place = self.hosts.get_index_of(host)?;
        match self.spec.dcs.get(place) {
            Some(dc) => Some(&dc.machine),
            None => Some(&self.spec.machines.get(place - self.spec.dcs.len())?.machine),
        }
    }

    /// The accounts of a machine and, where it is no controller, the domain's as the machine reaches them.
    pub(super) fn databases(
        &mut self,
        now: SimTime,
        host: &HostName,
    ) -> Option<(&Database, Option<&Database>)> {
        match self.hosts.get(host)?.controller {
            Some(dc) => Some((self.controllers.database(dc), None)),
            None => {
                let domain = self.controller_for(now, host);
                let own = self.hosts.get(host)?.accounts.as_ref()?;
                Some((own, domain.map(|dc| self.controllers.database(dc))))
            }
        }
    }
}

/// The accounts of a domain, as machines ask for them.
struct Accounts<'a> {
    domain: &'a mut Domain,
}

impl Logons for Accounts<'_> {
    fn log_on(
        &mut self,
        now: SimTime,
        host: &HostName,
        credentials: &Credentials,
        logon: LogonType,
        facts: &mut Facts,
    ) -> Result<Arc<Token>, Win32Error> {
        std::mem::swap(facts, &mut self.domain.facts);
        let token = self.domain.token(now, credentials, host, host, logon);
        std::mem::swap(facts, &mut self.domain.facts);
        token
    }

    fn knows(&mut self, now: SimTime, host: &HostName, credentials: &Credentials) -> bool {
        let Some((own, domain)) = self.domain.databases(now, host) else { return false };
        match (&credentials.authority, domain) {
            (Authority::Domain, Some(domain)) => domain.user(&credentials.user).is_some(),
            (Authority::Domain, None) => own.is_domain() && own.user(&credentials.user).is_some(),
            (Authority::Local(_), _) => own.user(&credentials.user).is_some(),
        }
    }

    fn rights_now(&mut self, now: SimTime, host: &HostName, token: &Token) -> RightSet {
        let Some(credentials) = &token.credentials else { return RightSet::ALL };
        let Some((own, domain)) = self.domain.databases(now, host) else { return RightSet::default() };
        let rid = match (&credentials.authority, domain) {
            (Authority::Domain, Some(domain)) => {
                domain.user(&credentials.user).map(crate::directory::Rid::foreign)
            }
            _ => own.user(&credentials.user),
        };
        rid.map(|rid| effective_rights(own, domain, rid)).unwrap_or_default()
    }
}
