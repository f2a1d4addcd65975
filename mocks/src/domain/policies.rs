//! Group policy in a running domain: refreshes, edits, and the rights that machines state.

use std::collections::VecDeque;
use std::sync::Arc;

use super::accounts::{done, refused};
use super::first_rights::{FirstRights, RightsByName};
use super::{Deferred, Domain, HostMap, Outcome};
use crate::directory::{Change, DcIndex, Part, RecordValue};
use crate::policy::{
    CONTROLLERS_UNIT, Place, PolicyClient, Resolver, plan_policy, plan_right_in_policy, resolve,
};
use crate::replication::{Network, Timers};
use crate::{
    AccountName, ChangeKind, DcRole, Encoding, Fact, GpoName, HostName, MachineSettings, Os, RefreshReason,
    Replication, Reply, Right, SimTime, StateKey, Streams, Value, Verb, Win32Error, WorldSpec,
};

/// The policy engines of the machines that have one, and the rights that were stated last.
#[derive(Clone, Default)]
pub(super) struct Policies {
    /// In the order of their names.
    clients: HostMap<PolicyClient>,
    /// When each engine next has something to do; by place in `clients`.
    timers: Timers<usize>,
    /// Many machines have the same.
    stated: HostMap<Arc<RightsByName>>,
    /// Those of the last few statements that differ.
    recent: VecDeque<Arc<RightsByName>>,
    /// The same of controllers of which nothing was stated since the start.
    first: HostMap<Arc<FirstRights>>,
    /// Nothing refreshes before there is a policy.
    active: bool,
}

/// Whether the rights of controllers come from the Default Domain Controllers Policy.
pub(super) fn rights_in_policy(spec: &WorldSpec) -> bool {
    matches!(&spec.domain.replication, Replication::Ad(ad) if ad.rights_in_policy)
}

impl Policies {
    /// The engines of a world. Windows NT has none; a controller has one where policy decides its rights.
    pub(super) fn new(spec: &WorldSpec, streams: Streams) -> Policies {
        let mut clients = HostMap::default();
        let mut add = |name: &HostName, settings: &MachineSettings, controller: bool| {
            let refresh = &spec.domain.refresh;
            let usual = if controller { refresh.dcs } else { refresh.members };
            let controllers = crate::Name::from(CONTROLLERS_UNIT);
            let unit = settings.unit.as_ref().or(controller.then_some(&controllers));
            let place = Place::new(&settings.site, unit, &spec.units);
            let draws = streams.child(name.as_str()).draws();
            let interval = settings.refresh.unwrap_or(usual);
            clients.insert(name.clone(), PolicyClient::new(place, interval, refresh.reapply, draws));
        };
        if rights_in_policy(spec) {
            spec.dcs.iter().for_each(|dc| add(&dc.name, &dc.machine, true));
        }
        for machine in spec.machines.iter().filter(|machine| machine.machine.os != Os::Nt4) {
            add(&machine.name, &machine.machine, false);
        }
        let active = !spec.policies.is_empty() || rights_in_policy(spec);
        clients.sort_unstable_keys();
        let mut policies = Policies { clients, active, ..Policies::default() };
        policies.arm_all();
        policies
    }

    /// When the next machine refreshes.
    pub(super) fn next_timeout(&self) -> Option<SimTime> {
        self.timers.next().filter(|_| self.active)
    }

    /// The same engines at the start of a run that draws from other streams.
    pub(super) fn under(mut self, streams: Streams) -> Policies {
        for (name, client) in &mut self.clients {
            client.drawing_from(streams.child(name.as_str()).draws());
        }
        self.arm_all();
        self
    }

    /// These rights, in one piece of memory with their like that were stated lately.
    fn shared(&mut self, rights: RightsByName) -> Arc<RightsByName> {
        const REMEMBERED: usize = 8;
        if let Some(known) = self.recent.iter().find(|known| ***known == rights) {
            return known.clone();
        }
        let rights = Arc::new(rights);
        self.recent.truncate(REMEMBERED - 1);
        self.recent.push_front(rights.clone());
        rights
    }

    fn arm_all(&mut self) {
        for (place, client) in self.clients.values().enumerate() {
            self.timers.arm(place, client.next_timeout());
        }
    }
}

impl Domain {
    /// The security template of a group policy object as a controller stores it: the bytes of `GptTmpl.inf`. `None` when
    /// the host is no controller or has no such object.
    pub fn policy_template(&self, at: &HostName, gpo: &GpoName) -> Option<Vec<u8>> {
        let database = self.controllers.database(self.controllers.index(at)?);
        match database.records().value(&Part::Gpo(gpo.clone())) {
            Some(RecordValue::Gpo(object)) => Some(object.template.to_bytes(Encoding::Utf16)),
            _ => None,
        }
    }

    /// Performs a verb of group policy; `None` when the verb is none here.
    pub(super) fn policy_verb(&mut self, now: SimTime, at: &HostName, verb: &Verb) -> Option<Outcome> {
        if let Verb::PolicyRefresh { force } = verb {
            let reason = if *force { RefreshReason::Forced } else { RefreshReason::Interval };
            self.refresh_policy(now, at, reason);
            return Some(done(Ok(Reply::Done)));
        }
        if let Some(dc) = self.controllers.index(at) {
            if rights_in_policy(&self.spec)
                && let Verb::RightGrant { account, right } | Verb::RightRevoke { account, right } = verb
            {
                let grant = matches!(verb, Verb::RightGrant { .. });
                return Some(done(self.right_in_policy(now, dc, account, *right, grant)));
            }
            return Some(match plan_policy(self.controllers.database(dc), verb)? {
                Err(error) => refused(error),
                Ok(_) if !self.model.writable(dc) => refused(Win32Error::NOT_PRIMARY),
                Ok(changes) => {
                    changes.into_iter().for_each(|change| self.commit(now, dc, change));
                    self.wake_policies(now);
                    done(Ok(Reply::Done))
                }
            });
        }
        None
    }

    /// LsaAddAccountRights at a controller of Active Directory: its own rights follow at once, the object that decides
    /// them is edited, and the others take it over by replication and refresh.
    fn right_in_policy(
        &mut self,
        now: SimTime,
        dc: DcIndex,
        account: &AccountName,
        right: Right,
        grant: bool,
    ) -> crate::Answer {
        let database = self.controllers.database(dc);
        let rid = database.find(account).ok_or(Win32Error::NONE_MAPPED)?;
        let edit = plan_right_in_policy(database, rid, right, grant);
        let mut rights = database.rights(rid);
        let changed = if grant { rights.insert(right) } else { rights.remove(&right) };
        if let Some(edit) = edit {
            self.commit(now, dc, edit);
        }
        if changed {
            let change =
                Change::of(ChangeKind::Rights, account, Part::Rights(rid), RecordValue::Rights(rights));
            let (host, database) = self.controllers.database_mut(dc);
            let host = host.clone();
            database.write_local(now, &host, vec![change], &mut self.facts);
            self.state_rights(now, &host);
        }
        Ok(Reply::Done)
    }

    /// Whether there is any policy to apply.
    pub(super) fn policies_exist(&self) -> bool {
        self.policies.active
    }

    /// An account verb has been performed at a host: the rights of its accounts may be others now.
    pub(super) fn rights_may_have_changed(&mut self, now: SimTime, at: &HostName, verb: &Verb) {
        if !super::authorise::reads(verb.kind()) {
            self.state_rights(now, at);
        }
    }

    /// Replication has moved: where policy decides the rights of controllers, memberships may have come or gone.
    pub(super) fn controllers_may_have_other_rights(&mut self, now: SimTime) {
        if rights_in_policy(&self.spec) {
            for dc in self.controllers.take_touched() {
                let host = self.controllers.name(dc).clone();
                self.state_rights(now, &host);
            }
        }
    }

    /// The first policy of a run starts the clocks, as if they had run all the time.
    fn wake_policies(&mut self, now: SimTime) {
        if !std::mem::replace(&mut self.policies.active, true) {
            for client in self.policies.clients.values_mut() {
                client.due(now);
            }
            self.policies.arm_all();
        }
    }

    /// The refreshes that are due.
    pub(super) fn advance_policies(&mut self, now: SimTime) {
        for place in self.policies.timers.pop_all(now) {
            let Some((host, client)) = self.policies.clients.get_index_mut(place) else { continue };
            let (host, reason) = (host.clone(), client.due(now));
            self.policies.timers.arm(place, client.next_timeout());
            if let Some(reason) = reason {
                self.refresh_policy(now, &host, reason);
            }
        }
    }

    /// Applies policy to a machine. With `Interval` only when something has changed.
    pub(super) fn refresh_policy(&mut self, now: SimTime, host: &HostName, reason: RefreshReason) {
        if !self.policies.clients.contains_key(host) || !self.wires.up(host) {
            return;
        }
        if !self.members.belongs(host) {
            return;
        }
        let member = self.controllers.index(host).is_none();
        if member && self.members.listed && self.channel(now, host).is_err() {
            // Nobody to ask who would trust the machine.
            return;
        }
        let Some(controller) = self.policy_controller(now, host) else { return };
        let Some((place, _, client)) = self.policies.clients.get_full_mut(host) else { return };
        let sysvol = self.spec.domain.refresh.sysvol;
        let found = client.look(now, controller, self.controllers.database(controller), sysvol);
        if reason == RefreshReason::Interval && !client.is_news(&found) {
            return;
        }
        let policy = resolve(&found.containers);
        let domain = self.controllers.database(controller);
        let database = match self.hosts.get(host).and_then(|host| host.accounts.as_ref()) {
            Some(own) => own,
            None => domain,
        };
        let resolver = Resolver {
            host,
            database,
            domain: member.then_some(domain),
            domain_name: &self.spec.domain.name,
        };
        let Some(machine) = self.machines.find_mut(host) else { return };
        let mut application = resolver.application(&policy, &mut machine.own_rights);
        let newcomers = resolver.newcomers(&application);
        if !member && controller != self.controllers.pdc() {
            // The PDC emulator alone writes the domain's account policy.
            application.account = None;
        }
        client.note_applied(now, found, application.unresolved);
        self.policies.timers.arm(place, client.next_timeout());
        let changed =
            !application.rights.is_empty() || !application.groups.is_empty() || application.account.is_some();
        if member {
            if let Some(own) = self.hosts.get_mut(host).and_then(|host| host.accounts.as_mut()) {
                for (rid, name) in newcomers {
                    own.know_foreign(rid, &name);
                }
                let changes = application.rights.into_iter().chain(application.groups);
                let changes = changes.chain(application.account).collect();
                own.write_local(now, host, changes, &mut self.facts);
            }
        } else {
            let (_, database) = self.controllers.database_mut(controller);
            database.write_local(now, host, application.rights, &mut self.facts);
            for change in application.groups.into_iter().chain(application.account) {
                self.commit(now, controller, change);
            }
        }
        if changed {
            self.state_rights(now, host);
        }
        let fact = Fact::PolicyApplied { reason, objects: policy.deciders(!member), changed };
        self.facts.push(now, host, fact);
    }

    /// The controller that a machine asks for policy: itself when it is one, the first of its site that answers, the
    /// PDC, any.
    fn policy_controller(&mut self, now: SimTime, host: &HostName) -> Option<DcIndex> {
        if let Some(own) = self.controllers.index(host) {
            return Some(own);
        }
        let site = self.machines.find(host)?.site.clone();
        let near = |dc: &DcIndex| self.controllers.controller(*dc).site == site;
        let (near, far): (Vec<DcIndex>, Vec<DcIndex>) = self.controllers.indices().partition(near);
        let pdc = std::iter::once(self.controllers.pdc()).filter(|pdc| {
            debug_assert!(self.controllers.controller(*pdc).role == DcRole::Pdc);
            far.contains(pdc)
        });
        let order: Vec<DcIndex> = near.iter().copied().chain(pdc).chain(far.iter().copied()).collect();
        order.into_iter().find(|dc| self.wires.reaches(now, host, self.controllers.name(*dc)))
    }

    /// States which rights are effective at a host at the start: as many facts once somebody takes them. Those at
    /// controllers are worked out only then, or when rights change.
    pub(super) fn state_first_rights(&mut self, now: SimTime, host: &HostName) {
        let Some(dc) = self.controllers.index(host) else {
            let Some((own, domain)) = self.databases(now, host) else { return };
            let rights = RightsByName::at(own, domain);
            let rights = self.policies.shared(rights);
            self.facts.defer(now, host, Deferred::Rights(rights.clone()));
            self.policies.stated.insert(host.clone(), rights);
            return;
        };
        if rights_in_policy(&self.spec) {
            let first = Arc::new(FirstRights::of(self.controllers.database(dc)));
            self.facts.defer(now, host, Deferred::FirstRights(first.clone()));
            self.policies.first.insert(host.clone(), first);
        }
    }

    /// States which rights are effective at a host, as far as they have changed since the last time. Where rights
    /// count as they stand in the directory, the directory itself states them.
    pub(super) fn state_rights(&mut self, now: SimTime, host: &HostName) {
        if self.controllers.index(host).is_some() && !rights_in_policy(&self.spec) {
            return;
        }
        let Some((own, domain)) = self.databases(now, host) else { return };
        let after = RightsByName::at(own, domain);
        let after = self.policies.shared(after);
        let first = self.policies.first.swap_remove(host);
        let old = self.policies.stated.insert(host.clone(), after.clone());
        let none = RightsByName::default();
        let before = old.as_deref().or(first.as_deref().map(FirstRights::known)).unwrap_or(&none);
        for (name, old, new) in RightsByName::changes(before, &after) {
            for right in old.symmetric_difference(new) {
                let value = new.contains(&right).then_some(Value::Is(true));
                let key = StateKey::Right { account: name.clone(), right };
                self.facts.state(now, host, key, value, None);
            }
        }
    }
}
