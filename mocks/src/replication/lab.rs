//! A domain of bare controllers in which tests commit changes and watch them travel.

use super::{Links, OpenNetwork, ReplicationContext, ReplicationModel};
use crate::directory::{
    Commit, Controller, Controllers, Database, DatabaseKind, DcIndex, Part, Password, Record, RecordValue,
    Rid, Stamp,
};
use crate::domain::Facts;
use crate::{
    Answer, ChangeKind, Counter, DcRole, DcSpec, Fact, FactRecord, HostName, LinkSpec, MachineSettings,
    Right, SimTime, Span, StateKey, Stream, Value, Version,
};

/// The first of these names is the PDC; all controllers stand in one site.
pub(super) fn dcs(names: &[&str]) -> Vec<DcSpec> {
    dcs_in_sites(&names.iter().map(|name| (*name, "HQ")).collect::<Vec<_>>())
}

/// Controllers with their sites; the first is the PDC.
pub(super) fn dcs_in_sites(names: &[(&str, &str)]) -> Vec<DcSpec> {
    names
        .iter()
        .enumerate()
        .map(|(index, (name, site))| DcSpec {
            name: (*name).into(),
            role: if index == 0 { DcRole::Pdc } else { DcRole::Bdc },
            machine: MachineSettings { site: (*site).into(), ..MachineSettings::default() },
            delay: None,
            nt4: None,
        })
        .collect()
}

/// The controllers with nothing in their databases.
pub(super) fn controllers(dcs: &[DcSpec]) -> Controllers {
    let mut controllers = Controllers::new(Rid::FIRST, 0);
    for dc in dcs {
        let database = Database::new(DatabaseKind::Domain { states_rights: true }, dc.machine.language);
        let (role, site) = (dc.role, dc.machine.site.clone());
        controllers.insert(dc.name.clone(), Controller { role, site, database });
    }
    controllers
}

/// The controllers under one model, with everything that has happened.
pub(super) struct Lab {
    pub(super) model: Box<dyn ReplicationModel>,
    pub(super) controllers: Controllers,
    pub(super) network: OpenNetwork,
    facts: Facts,
    told: Vec<FactRecord>,
    pub(super) now: SimTime,
}

impl Lab {
    pub(super) fn new(model: impl ReplicationModel + 'static, dcs: &[DcSpec]) -> Lab {
        Lab::over(model, dcs, &[])
    }

    /// With links; the run starts at 9 o'clock.
    pub(super) fn over(model: impl ReplicationModel + 'static, dcs: &[DcSpec], links: &[LinkSpec]) -> Lab {
        let controllers = controllers(dcs);
        let links = Links::new(links, Span::hours(9));
        Lab {
            model: Box::new(model),
            controllers,
            network: OpenNetwork { links, ..OpenNetwork::default() },
            facts: Facts::default(),
            told: Vec::new(),
            now: SimTime::START,
        }
    }

    pub(super) fn dc(&self, name: &str) -> DcIndex {
        self.controllers.index(&name.into()).expect("a controller of this name")
    }

    fn with<T>(
        &mut self,
        act: impl FnOnce(&mut dyn ReplicationModel, SimTime, &mut ReplicationContext<'_>) -> T,
    ) -> T {
        let Lab { model, controllers, network, facts, now, .. } = self;
        let result = act(model.as_mut(), *now, &mut ReplicationContext { controllers, network, facts });
        self.told.append(&mut self.facts.drain());
        result
    }

    /// Lets the time pass to an instant, by the model's own time-outs.
    pub(super) fn run_to(&mut self, until: Span) {
        let until = SimTime::START + until;
        while let Some(at) = self.model.next_timeout().filter(|at| *at <= until) {
            assert!(at >= self.now, "a time-out of {at} at {}", self.now);
            self.now = at;
            self.with(|model, now, context| model.advance(now, context));
            assert!(self.model.next_timeout().is_none_or(|next| next > at), "time stands still at {at}");
        }
        self.now = until;
    }

    /// Commits values of parts at a controller that may write.
    pub(super) fn commit(
        &mut self,
        at: &str,
        stream: Stream,
        change: ChangeKind,
        parts: Vec<(Part, Option<RecordValue>)>,
    ) -> Version {
        let origin = self.dc(at);
        assert!(self.model.writable(origin), "{at} does not write");
        let version = self.controllers.next_version();
        let usn = self.model.next_serial(origin, stream);
        let names = parts.iter().map(|(part, _)| part.clone()).collect();
        let now = self.now;
        self.with(|model, now, context| {
            let stamped = |(part, value)| {
                let old = context.controllers.database(origin).records().record(&part);
                let revision = old.map_or(0, |record| record.stamp.revision) + 1;
                (part, Record { value, stamp: Stamp { revision, at: now, origin, usn, version } })
            };
            let parts: Vec<(Part, Record)> = parts.into_iter().map(stamped).collect();
            let members = context.controllers.members_changed(origin, &parts);
            context.controllers.remember(version, origin, parts.iter().map(|(part, _)| part.clone()));
            for (part, record) in parts {
                context.put(now, origin, part, record);
            }
            let (parts, subject) = (names, "subject".into());
            let commit = Commit { version, parts, members, stream, change, subject, origin, at: now };
            context.controllers.enter(commit.clone());
            model.committed(now, &commit, context);
        });
        assert!(self.model.next_timeout().is_none_or(|at| at >= now));
        version
    }

    pub(super) fn add_user(&mut self, at: &str, name: &str) -> Rid {
        let rid = self.controllers.allocate_rid();
        let password = Password { current: "p".into(), earlier: Vec::new(), set: self.now, version: 1 };
        let parts = vec![
            (Part::User(rid), Some(RecordValue::Name(name.into()))),
            (Part::Password(rid), Some(RecordValue::Password(password))),
        ];
        self.commit(at, Stream::Sam, ChangeKind::UserAdd, parts);
        rid
    }

    pub(super) fn delete_user(&mut self, at: &str, rid: Rid) {
        let parts = vec![(Part::User(rid), None), (Part::Password(rid), None)];
        self.commit(at, Stream::Sam, ChangeKind::UserDelete, parts);
    }

    pub(super) fn set_password(&mut self, at: &str, rid: Rid, version: u64) {
        let password = Password { current: "q".into(), earlier: Vec::new(), set: self.now, version };
        let parts = vec![(Part::Password(rid), Some(RecordValue::Password(password)))];
        self.commit(at, Stream::Sam, ChangeKind::Password, parts);
    }

    pub(super) fn comment(&mut self, at: &str, rid: Rid, text: &str) {
        let parts = vec![(Part::Comment(rid), Some(RecordValue::Text(text.into())))];
        self.commit(at, Stream::Sam, ChangeKind::UserChange, parts);
    }

    pub(super) fn lock_out(&mut self, at: &str, rid: Rid) {
        let parts = vec![(Part::Lockout(rid), Some(RecordValue::Time(Some(self.now))))];
        self.commit(at, Stream::Sam, ChangeKind::Lockout, parts);
    }

    pub(super) fn add_group(&mut self, at: &str, name: &str, members: &[Rid]) -> Rid {
        let rid = self.controllers.allocate_rid();
        let members = RecordValue::Members(members.iter().copied().collect());
        let parts = vec![
            (Part::Group(rid), Some(RecordValue::Name(name.into()))),
            (Part::GroupMembers(rid), Some(members)),
        ];
        self.commit(at, Stream::Sam, ChangeKind::GroupAdd, parts);
        rid
    }

    pub(super) fn delete_group(&mut self, at: &str, rid: Rid) {
        let parts = vec![(Part::Group(rid), None), (Part::GroupMembers(rid), None)];
        self.commit(at, Stream::Sam, ChangeKind::GroupDelete, parts);
    }

    pub(super) fn set_members(&mut self, at: &str, group: Rid, members: &[Rid]) {
        let members = RecordValue::Members(members.iter().copied().collect());
        let parts = vec![(Part::GroupMembers(group), Some(members))];
        self.commit(at, Stream::Sam, ChangeKind::GroupMember, parts);
    }

    /// Takes a member out of a group, or in.
    pub(super) fn toggle_member(&mut self, at: &str, group: Rid, member: Rid) {
        let mut members: Vec<Rid> = self
            .controllers
            .database(self.dc(at))
            .listed(group)
            .into_iter()
            .flat_map(|members| members.iter())
            .copied()
            .collect();
        match members.iter().position(|rid| *rid == member) {
            Some(place) => drop(members.remove(place)),
            None => members.push(member),
        }
        self.set_members(at, group, &members);
    }

    pub(super) fn rename(&mut self, at: &str, rid: Rid, name: &str) {
        let parts = vec![(Part::User(rid), Some(RecordValue::Name(name.into())))];
        self.commit(at, Stream::Sam, ChangeKind::UserRename, parts);
    }

    /// Takes back what a crash has lost.
    pub(super) fn take_back(&mut self, at: &str, lost: &[Version]) {
        let (dc, now) = (self.dc(at), self.now);
        let Lab { controllers, facts, .. } = self;
        controllers.take_back(now, dc, lost, facts);
        self.told.append(&mut self.facts.drain());
    }

    pub(super) fn grant(&mut self, at: &str, rid: Rid, right: Right) {
        let parts = vec![(Part::Rights(rid), Some(RecordValue::Rights([right].into())))];
        self.commit(at, Stream::Lsa, ChangeKind::Rights, parts);
    }

    pub(super) fn synchronize(&mut self, at: &str, full: bool) -> Answer {
        let dc = self.dc(at);
        self.with(|model, now, context| model.synchronize(now, dc, full, context))
    }

    pub(super) fn synchronize_domain(&mut self, at: &str, full: bool) -> Answer {
        let dc = self.dc(at);
        self.with(|model, now, context| model.synchronize_domain(now, dc, full, context))
    }

    pub(super) fn take_down(&mut self, at: &str, loses_unreplicated: bool) -> Vec<Version> {
        let dc = self.dc(at);
        self.network.down.insert(at.into());
        self.with(|model, now, context| model.host_down(now, dc, loses_unreplicated, context))
    }

    pub(super) fn bring_up(&mut self, at: &str) {
        let dc = self.dc(at);
        self.network.down.remove(&HostName::from(at));
        self.with(|model, now, context| model.host_up(now, dc, context));
    }

    /// No traffic between two hosts.
    pub(super) fn part(&mut self, a: &str, b: &str) {
        self.network.parted.insert((a.into(), b.into()));
        self.network.parted.insert((b.into(), a.into()));
    }

    /// Everything reaches everything again, and nothing is held.
    pub(super) fn heal(&mut self) {
        self.network.parted.clear();
        self.network.held.clear();
        self.with(|model, now, context| model.network_changed(now, context));
    }

    pub(super) fn hold(&mut self, at: &str) {
        self.network.held.insert(at.into());
    }

    /// Whether a user of this name is in the controller's database.
    pub(super) fn shows(&self, at: &str, name: &str) -> bool {
        self.controllers.database(self.dc(at)).user(&name.into()).is_some()
    }

    /// When the user of this name became visible at a controller.
    pub(super) fn visible(&self, at: &str, name: &str) -> Option<Span> {
        let key = StateKey::Account { account: name.into() };
        self.told
            .iter()
            .filter(|record| record.host == at)
            .filter(|record| matches!(&record.fact, Fact::State { key: k, value: Some(_), .. } if *k == key))
            .map(|record| record.at.since(SimTime::START))
            .next_back()
    }

    /// The facts of one controller.
    pub(super) fn facts(&self, at: &str) -> impl Iterator<Item = (Span, &Fact)> {
        let at = HostName::from(at);
        self.told
            .iter()
            .filter(move |record| record.host == at)
            .map(|record| (record.at.since(SimTime::START), &record.fact))
    }

    /// The last state of a counter.
    pub(super) fn counter(&self, at: &str, counter: Counter) -> u64 {
        let key = StateKey::Counter { counter };
        self.facts(at)
            .filter_map(|(_, fact)| match fact {
                Fact::State { key: k, value: Some(Value::Number(n)), .. } if *k == key => Some(*n as u64),
                _ => None,
            })
            .last()
            .unwrap_or(0)
    }

    /// The synchronisations that ended at a controller: when, and the fact.
    pub(super) fn ended(&self, at: &str) -> Vec<(Span, Fact)> {
        self.facts(at)
            .filter(|(_, fact)| matches!(fact, Fact::SyncEnded { .. }))
            .map(|(at, fact)| (at, fact.clone()))
            .collect()
    }

    /// When the PDC or a partner told a controller of changes.
    pub(super) fn notified(&self, by: &str, whom: &str) -> Vec<Span> {
        self.facts(by)
            .filter(|(_, fact)| matches!(fact, Fact::Notified { to } if *to == whom))
            .map(|(at, _)| at)
            .collect()
    }

    /// Every part of a controller's database, for comparison.
    pub(super) fn database(&self, at: &str) -> Vec<(Part, Record)> {
        let records = self.controllers.database(self.dc(at)).records();
        records.iter().map(|(part, record)| (part, record.clone())).collect()
    }

    /// Whether all controllers hold the same.
    pub(super) fn converged(&self) -> bool {
        let first = self.controllers.database(DcIndex(0)).records();
        self.controllers.indices().all(|dc| {
            let other = self.controllers.database(dc).records();
            first.iter().eq(other.iter())
        })
    }
}
