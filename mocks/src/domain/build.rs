//! Building the world at the scenario's start.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::members::{Members, load_computers, password_streams};
use super::policies::{Policies, rights_in_policy};
use super::{Deferred, Domain, Facts, Host, HostMap, SpecError, Wires};
use crate::directory::{Controller, Controllers, Database, Rid};
use crate::fault::Faults;
use crate::machine::{Machine, NETLOGON};
use crate::policy::load_policies;
use crate::replication::{Ad, DelayModel, Links, Nt4, ReplicationModel, Timers};
use crate::{
    ComputerAccounts, DcRole, FaultKind, HostName, Replication, Right, SimTime, Span, StartMode, Streams,
    WorldSpec,
};

impl Domain {
    /// Builds the world at the start. `since_monday` is the span from the last Monday's midnight to it (busy
    /// hours need it); every draw comes from `seed`. Many runs of one world start from a [`super::WorldStart`].
    pub fn new(spec: &WorldSpec, since_monday: Span, seed: u64) -> Result<Domain, SpecError> {
        Domain::at_start(&Arc::new(spec.clone()), since_monday, seed)
    }

    /// The same, of a world that is shared.
    pub(super) fn at_start(
        spec: &Arc<WorldSpec>,
        since_monday: Span,
        seed: u64,
    ) -> Result<Domain, SpecError> {
        validate(spec)?;
        let mut domain = domain_database(spec)?;
        if spec.domain.computer_accounts == ComputerAccounts::Listed {
            load_computers(spec, &mut domain, password_streams(seed));
        }
        domain.settle();
        let controllers = controllers(spec, &domain)?;
        let streams = Streams::new(seed);
        let model = model(spec, &controllers, since_monday, streams.child("replication"));
        let all = spec.dcs.len() + spec.machines.len();
        let mut hosts = HostMap::with_capacity_and_hasher(all, Default::default());
        for dc in &spec.dcs {
            let controller = controllers.index(&dc.name);
            hosts.insert(dc.name.clone(), Host { controller, accounts: None });
        }
        let mut last: Option<(&crate::MachineSpec, Database)> = None;
        for machine in &spec.machines {
            let known = last.as_ref().filter(|(other, _)| accounts_alike(other, machine));
            let database = match known {
                Some((_, database)) => database.of_machine(&machine.name),
                None => local_database(spec, machine, &domain)?,
            };
            let accounts = Some(database.clone());
            last = Some((machine, database));
            hosts.insert(machine.name.clone(), Host { controller: None, accounts });
        }
        let down =
            machines(spec).filter(|(_, settings)| !settings.up).map(|(name, _)| name.clone()).collect();
        let wires = Wires {
            links: Links::new(&spec.links, since_monday),
            faults: Faults::new(&spec.faults),
            down,
            wakes: BTreeSet::new(),
            parted: BTreeSet::new(),
            without_netlogon: BTreeSet::new(),
            avoids_pdc: BTreeSet::new(),
            netlogon_replicates: matches!(spec.domain.replication, Replication::Nt4(_)),
        };
        let mut machines = crate::machine::Hosts::default();
        for dc in &spec.dcs {
            machines.insert(Machine::new(dc.name.clone(), &dc.machine));
        }
        for machine in &spec.machines {
            let mut host = Machine::new(machine.name.clone(), &machine.machine);
            if !machine.membership.is_domain() {
                host.services.set_start(NETLOGON, StartMode::Manual);
            }
            machines.insert(host);
        }
        let members = Members::new(spec, &controllers, password_streams(seed));
        let mut world = Domain {
            spec: spec.clone(),
            controllers,
            model,
            wires,
            sessions: Default::default(),
            hosts,
            unlocks: Timers::default(),
            machines,
            policies: Policies::new(spec, streams.child("policy")),
            members,
            snapshots: Default::default(),
            facts: Facts::default(),
            now: SimTime::START,
        };
        world.state_all();
        world.start_machines();
        world.arm_unlocks();
        Ok(world)
    }

    /// States the whole world as it is at the start.
    fn state_all(&mut self) {
        for (name, host) in &self.hosts {
            let database = match host.controller {
                Some(at) => Some(self.controllers.database(at)),
                None => host.accounts.as_ref(),
            };
            if let Some(database) = database {
                self.facts.defer(SimTime::START, name, Deferred::Database(database.clone()));
            }
        }
    }
}

/// Every host with its settings.
fn machines(spec: &WorldSpec) -> impl Iterator<Item = (&HostName, &crate::MachineSettings)> {
    let dcs = spec.dcs.iter().map(|dc| (&dc.name, &dc.machine));
    dcs.chain(spec.machines.iter().map(|machine| (&machine.name, &machine.machine)))
}

fn validate(spec: &WorldSpec) -> Result<(), SpecError> {
    let pdcs = spec.dcs.iter().filter(|dc| dc.role == DcRole::Pdc).count();
    if pdcs != 1 {
        return Err(SpecError(format!("a domain has exactly one PDC, this one has {pdcs}")));
    }
    let takes_read_only = matches!(&spec.domain.replication, Replication::Ad(ad) if ad.takes_read_only());
    if let Some(reader) = spec.dcs.iter().find(|dc| dc.role == DcRole::Rodc)
        && !takes_read_only
    {
        let needs = "a read-only controller needs Active Directory at the level of Windows Server 2003";
        return Err(SpecError(format!("`{}` cannot be read-only: {needs}", reader.name)));
    }
    if !spec.domain.account_policy.ages_agree() {
        let problem = "the account policy's minimum password age is not less than its maximum password age";
        return Err(SpecError(problem.to_owned()));
    }
    let mut names = BTreeSet::new();
    for (name, _) in machines(spec) {
        if name.as_str().is_empty() || name.as_str().chars().count() > 15 {
            return Err(SpecError(format!("`{name}` is no NetBIOS name: one has 1 to 15 characters")));
        }
        if !names.insert(name) {
            return Err(SpecError(format!("there are two hosts named `{name}`")));
        }
    }
    let known = |host: &HostName, what: &str| match names.contains(host) {
        true => Ok(()),
        false => Err(SpecError(format!("{what} names the host `{host}`, which does not exist"))),
    };
    for link in &spec.links {
        known(&link.between.0, "a link")?;
        known(&link.between.1, "a link")?;
    }
    for machine in &spec.machines {
        if let Some(server) = &machine.logon_server
            && !spec.dcs.iter().any(|dc| dc.name == *server)
        {
            let problem =
                format!("`{server}`, the logon server of `{}`, is no domain controller", machine.name);
            return Err(SpecError(problem));
        }
        if !machine.membership.is_domain() && spec.domain.computer_accounts.are_implied() {
            let problem =
                format!("`{}` can join only a domain that lists its computer accounts", machine.name);
            return Err(SpecError(problem));
        }
    }
    for fault in &spec.faults {
        let what = format!("the fault `{}`", fault.name);
        for host in fault.kind.hosts() {
            known(host, &what)?;
            if fault.kind.is_at_ports() && !spec.dcs.iter().any(|dc| dc.name == *host) {
                return Err(SpecError(format!(
                    "{what} is at the ports of `{host}`, which is no domain controller"
                )));
            }
        }
    }
    Ok(())
}

/// Whether rights in the domain's database are effective as they stand: everywhere but under Active Directory, where
/// group policy decides them.
fn states_rights(spec: &WorldSpec) -> bool {
    match &spec.domain.replication {
        Replication::Ad(ad) => !ad.rights_in_policy,
        Replication::Delay(_) | Replication::Nt4(_) => true,
    }
}

/// What a domain controller grants before anybody changes it.
const DEFAULT_RIGHTS: &[(Rid, &[Right])] = &[
    (Rid::EVERYONE, &[Right::NetworkLogon, Right::ChangeNotify]),
    (
        Rid::ADMINISTRATORS,
        &[
            Right::InteractiveLogon,
            Right::Shutdown,
            Right::RemoteShutdown,
            Right::Backup,
            Right::Restore,
            Right::Debug,
            Right::LoadDriver,
            Right::Security,
            Right::TakeOwnership,
            Right::SystemTime,
            Right::IncreaseQuota,
        ],
    ),
    (
        Rid::SERVER_OPERATORS,
        &[
            Right::InteractiveLogon,
            Right::Shutdown,
            Right::RemoteShutdown,
            Right::Backup,
            Right::Restore,
            Right::SystemTime,
        ],
    ),
    (Rid::BACKUP_OPERATORS, &[Right::InteractiveLogon, Right::Shutdown, Right::Backup, Right::Restore]),
    (Rid::ACCOUNT_OPERATORS, &[Right::InteractiveLogon, Right::Shutdown]),
    (Rid::PRINT_OPERATORS, &[Right::InteractiveLogon, Right::Shutdown]),
];

/// The domain's database at the start, in the language of the PDC.
fn domain_database(spec: &WorldSpec) -> Result<Database, SpecError> {
    let language =
        spec.dcs.iter().find(|dc| dc.role == DcRole::Pdc).map(|dc| dc.machine.language).unwrap_or_default();
    let settings = &spec.domain;
    let mut database = Database::domain(settings, language, states_rights(spec));
    if matches!(spec.domain.replication, Replication::Ad(_)) {
        database.link_members();
    }
    for (rid, rights) in DEFAULT_RIGHTS {
        database.load_rights_of(*rid, rights.iter().copied());
    }
    // What stands in the settings of a controller belongs to the domain: a controller has no accounts of its own.
    let settings = || spec.dcs.iter().map(|dc| &dc.machine);
    let users = || spec.users.iter().chain(settings().flat_map(|dc| &dc.users));
    let groups = || spec.groups.iter().chain(settings().flat_map(|dc| &dc.groups));
    let given =
        || users().filter_map(|user| user.entry.rid).chain(groups().filter_map(|group| group.entry.rid));
    if let Some(last) = given().max() {
        database.reserve_rids(last);
    }
    database.expect_users(users().count());
    for user in users() {
        let rid = database.rid_at_start(&user.entry)?;
        database.load_user(rid, user)?;
    }
    for group in groups() {
        let rid = database.rid_at_start(&group.entry)?;
        database.load_group(rid, group)?;
    }
    for user in users() {
        database.load_references(&user.name, &user.entry)?;
    }
    for group in groups() {
        database.load_references(&group.name, &group.entry)?;
    }
    for user in users() {
        for group in &user.member_of {
            database.load_membership(group, &user.name, None)?;
        }
    }
    for group in groups() {
        for member in &group.members {
            database.load_membership(&group.name, member, None)?;
        }
    }
    for rights in spec.rights.iter().chain(settings().flat_map(|dc| &dc.rights)) {
        database.load_rights(rights, None)?;
    }
    load_policies(&mut database, &spec.policies, rights_in_policy(spec))?;
    Ok(database)
}

fn controllers(spec: &WorldSpec, domain: &Database) -> Result<Controllers, SpecError> {
    if spec.dcs.len() > usize::from(u16::MAX) {
        return Err(SpecError("a domain has at most 65,535 controllers".to_owned()));
    }
    let mut template = domain.clone();
    let keeps_undo = spec
        .faults
        .iter()
        .any(|fault| matches!(fault.kind, FaultKind::Crash { loses_unreplicated: true, .. }));
    let mut controllers = Controllers::new(template.allocate_rid(), spec.domain.further_users);
    if keeps_undo {
        controllers.keep_undo();
    }
    for dc in &spec.dcs {
        let mut database = domain.clone();
        if dc.machine.language != domain.language() {
            database.speak(dc.machine.language);
        }
        let site = dc.machine.site.clone();
        controllers.insert(dc.name.clone(), Controller { role: dc.role, site, database });
    }
    Ok(controllers)
}

/// Whether the accounts of two machines differ by nothing but whose they are.
fn accounts_alike(one: &crate::MachineSpec, other: &crate::MachineSpec) -> bool {
    let (own, others) = (&one.machine, &other.machine);
    one.membership.is_domain() == other.membership.is_domain()
        && own.language == others.language
        && own.users == others.users
        && own.groups == others.groups
        && own.rights == others.rights
}

fn local_database(
    spec: &WorldSpec,
    machine: &crate::MachineSpec,
    domain: &Database,
) -> Result<Database, SpecError> {
    let settings = &machine.machine;
    let administrator = &spec.domain.administrator_password;
    let domain = machine.membership.is_domain().then_some(domain);
    let mut database = Database::local(&machine.name, settings.language, administrator, domain);
    for (right, holders) in crate::machine::default_rights() {
        for rid in holders {
            database.load_rights_of(rid, [right]);
        }
    }
    for user in &settings.users {
        let rid = database.allocate_rid();
        database.load_user(rid, user)?;
    }
    for group in &settings.groups {
        let rid = database.allocate_rid();
        let local = crate::GroupSpec { kind: crate::GroupKind::Local, ..group.clone() };
        database.load_group(rid, &local)?;
    }
    for user in &settings.users {
        for group in &user.member_of {
            database.load_membership(group, &user.name, domain)?;
        }
    }
    for group in &settings.groups {
        for member in &group.members {
            database.load_membership(&group.name, member, domain)?;
        }
    }
    for rights in &settings.rights {
        database.load_rights(rights, domain)?;
    }
    database.settle();
    Ok(database)
}

/// The model of replication before anything has happened.
pub(super) fn model(
    spec: &WorldSpec,
    controllers: &Controllers,
    since_monday: Span,
    streams: Streams,
) -> Box<dyn ReplicationModel> {
    match &spec.domain.replication {
        Replication::Delay(delay) => {
            let own = |at: crate::directory::DcIndex| spec.dcs[usize::from(at.0)].delay.as_ref();
            Box::new(DelayModel::new(delay, own, controllers, streams))
        }
        Replication::Nt4(nt4) => Box::new(Nt4::new(nt4, &spec.dcs, streams)),
        Replication::Ad(ad) => Box::new(Ad::new(ad, &spec.dcs, since_monday, streams)),
    }
}
