//! The bones of a run that laws and promises look at: actors, processes, accounts, attempts.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{
    AccountName, Authority, DcRole, Fact, HostName, Name, ProcessId, RightSet, SimTime, StateKey, Token,
    VerbKind,
};
use mockdc_scenarios::{Client, Profile, SiteServer};

use super::Start;
use super::list::List;
use super::lookups::Lookups;
use crate::timeline::{AccountPurpose, ActorId, Class, Classes, Event, EventKind, Events, Role, Timeline};

/// A mark in a run: an event and its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) seq: u64,
    pub(crate) at: SimTime,
}

impl Mark {
    pub(crate) fn of(event: &Event) -> Mark {
        Mark { seq: event.seq, at: event.at }
    }
}

/// What an outline is made of.
const OUTLINED: Classes = Classes::these(&[
    Class::Actor,
    Class::AccountCall,
    Class::Process,
    Class::Purpose,
    Class::Request,
    Class::Upgrade,
])
.and(Classes::ACCOUNTS);

/// An actor from its start to its end.
pub(crate) struct ActorSpan {
    pub(crate) role: Role,
    pub(crate) host: HostName,
    pub(crate) account: Option<AccountName>,
    pub(crate) process: Option<ProcessId>,
    pub(crate) subject: Name,
    pub(crate) started: Mark,
    /// By itself, with a code.
    pub(crate) ended: Option<(Mark, u32)>,
}

/// A process from its start to its end.
pub(crate) struct ProcessSpan {
    pub(crate) host: HostName,
    /// Whose account it runs under, and whose database that is in; `None`: Local System.
    pub(crate) account: Option<Box<(AccountName, Authority)>>,
    /// The rights of its token.
    pub(crate) rights: RightSet,
    pub(crate) parent: Option<ProcessId>,
    pub(crate) started: Mark,
    /// The exit code; none when it was ended from outside.
    pub(crate) ended: Option<(Mark, Option<u32>)>,
}

impl ProcessSpan {
    /// Whether it runs under an account of this name.
    pub(crate) fn is_under(&self, account: &AccountName) -> bool {
        self.account.as_ref().is_some_and(|own| own.0 == *account)
    }

    fn runs_at(&self, seq: u64) -> bool {
        self.started.seq < seq && self.ended.is_none_or(|(end, _)| end.seq > seq)
    }
}

/// An account that serves a purpose.
pub(crate) struct PurposeMark {
    pub(crate) account: AccountName,
    pub(crate) purpose: AccountPurpose,
    pub(crate) client: HostName,
    pub(crate) at: HostName,
    pub(crate) mark: Mark,
}

/// A change of an account's existence in a host's database.
pub(crate) struct Existence {
    pub(crate) account: Name,
    pub(crate) at: HostName,
    pub(crate) exists: bool,
    pub(crate) mark: Mark,
}

/// What a run consists of.
pub(crate) struct Outline<'a> {
    pub(crate) run: &'a Timeline,
    /// What the run begins with, where that is known.
    pub(crate) start: Option<&'a Start>,
    pub(crate) end: SimTime,
    pub(crate) actors: BTreeMap<ActorId, ActorSpan>,
    pub(crate) processes: BTreeMap<ProcessId, ProcessSpan>,
    /// Ends of processes, of those too that ran before the run began.
    ends: BTreeMap<ProcessId, Mark>,
    pub(crate) purposes: Vec<PurposeMark>,
    pub(crate) existence: Vec<Existence>,
    /// Of each account that serves a purpose, the places in `existence` that speak of it at its database.
    lives: BTreeMap<(Name, HostName), Vec<usize>>,
    lookups: Lookups<'a>,
    /// The last end of each client's install.
    pub(crate) install_ends: BTreeMap<HostName, Mark>,
    /// Upgrades of clients, with the profiles that they got.
    upgrades: Vec<(u64, HostName, Name)>,
    dcs: BTreeSet<&'a HostName>,
    pub(crate) register: Register<'a>,
}

/// Events by what they are about, each list in the order of the run: a check goes through what concerns it and no more.
pub(crate) struct Register<'a> {
    /// Calls that were answered.
    pub(crate) calls: List<'a>,
    /// Beginnings and ends of waits.
    pub(crate) waits: List<'a>,
    /// Components that are due, and launches of them.
    pub(crate) launches: List<'a>,
    /// Requests to install, attempts, and ends of installs.
    pub(crate) requests: List<'a>,
    /// Starts of services and processes, and ends of processes.
    pub(crate) processes: List<'a>,
    /// Services that could not be started.
    pub(crate) failed_services: List<'a>,
    /// Commits, synchronisations, and what may stand in their way.
    pub(crate) replication: List<'a>,
    /// States of hosts; those that all controllers show at a known start are left out.
    pub(crate) states: List<'a>,
    /// What counters say, and what they count: commits, replicated changes, synchronisations.
    pub(crate) sums: List<'a>,
    /// What came of a commit: replicated changes, and states that say which commit made them.
    pub(crate) versions: List<'a>,
    /// Steps of the scenario.
    pub(crate) steps: List<'a>,
    /// Operations of LDAP, commits, and what replicates of them.
    pub(crate) wire: List<'a>,
}

impl<'a> Register<'a> {
    /// Nothing yet but what is laid away in pages, from a place on.
    fn new(paged: Option<(&'a Events, usize)>) -> Register<'a> {
        let list = |classes| List::new(paged, classes);
        Register {
            calls: list(Classes::CALLS),
            waits: list(Classes::these(&[Class::Wait])),
            launches: list(Classes::these(&[Class::Launch])),
            requests: list(Classes::these(&[Class::Request])),
            processes: list(Classes::these(&[Class::Process])),
            failed_services: list(Classes::these(&[Class::ServiceFailed])),
            replication: list(Classes::REPLICATION),
            states: list(Classes::STATES),
            sums: list(Classes::SUMS),
            versions: list(Classes::VERSIONS),
            steps: list(Classes::these(&[Class::Step])),
            wire: list(Classes::WIRE),
        }
    }

    fn enter(&mut self, event: &'a Event) {
        if matches!(
            &event.kind,
            EventKind::Ldap(_) | EventKind::Fact(Fact::Committed { .. } | Fact::Replicated { .. })
        ) {
            self.wire.push(event);
        }
        let list = match &event.kind {
            EventKind::Fact(fact) => match fact {
                Fact::State { key: StateKey::Counter { .. }, .. } => {
                    self.sums.push(event);
                    &mut self.states
                }
                Fact::State { version: Some(version), .. } if version.0 != 0 => {
                    self.versions.push(event);
                    &mut self.states
                }
                Fact::State { .. } => &mut self.states,
                Fact::Replicated { .. } => {
                    self.sums.push(event);
                    &mut self.versions
                }
                Fact::Committed { .. } | Fact::SyncBegan { .. } | Fact::SyncEnded { .. } => {
                    self.sums.push(event);
                    &mut self.replication
                }
                Fact::ServiceStarted { .. } | Fact::ProcessStarted { .. } | Fact::ProcessEnded { .. } => {
                    &mut self.processes
                }
                Fact::ServiceFailed { .. } => &mut self.failed_services,
                Fact::Machine { .. } | Fact::Restored { .. } | Fact::FaultTouched { .. } => {
                    &mut self.replication
                }
                _ => return,
            },
            EventKind::Lost { .. } | EventKind::Intervention { .. } => &mut self.replication,
            EventKind::Call { .. } => &mut self.calls,
            EventKind::WaitBegan { .. } | EventKind::WaitEnded { .. } => &mut self.waits,
            EventKind::ComponentDue { .. } | EventKind::ComponentLaunched { .. } => &mut self.launches,
            EventKind::Queued { .. }
            | EventKind::AttemptBegan { .. }
            | EventKind::AttemptEnded { .. }
            | EventKind::InstallEnded { .. } => &mut self.requests,
            EventKind::Step { .. } => &mut self.steps,
            _ => return,
        };
        list.push(event);
    }
}

impl<'a> Outline<'a> {
    pub(crate) fn of(run: &'a Timeline) -> Outline<'a> {
        Outline::from_start(run, None)
    }

    /// The same of a run whose first events are known.
    pub(crate) fn from_start(run: &'a Timeline, start: Option<&'a Start>) -> Outline<'a> {
        let length = start.map_or(0, |start| start.length);
        let paged = run.events.are_paged().then_some((&run.events, length));
        let mut outline = Outline {
            run,
            start,
            end: run.end(),
            actors: BTreeMap::new(),
            processes: BTreeMap::new(),
            ends: BTreeMap::new(),
            purposes: Vec::new(),
            existence: Vec::new(),
            lives: BTreeMap::new(),
            lookups: Lookups::default(),
            install_ends: BTreeMap::new(),
            upgrades: Vec::new(),
            dcs: run.plan().world.dcs.iter().map(|dc| &dc.name).collect(),
            register: Register::new(paged),
        };
        match paged {
            // What the register has of these it reads when it is asked.
            Some((events, _)) => events.chosen(0, OUTLINED).for_each(|event| outline.take(&event)),
            None => {
                let told = start.map_or(&[][..], |start| &start.told);
                told.iter().chain(run.events.range(length..)).for_each(|event| outline.learn(event));
            }
        }
        let of_purpose =
            |purpose: &PurposeMark| ((purpose.account.name().clone(), purpose.at.clone()), Vec::new());
        outline.lives = outline.purposes.iter().map(of_purpose).collect();
        if !outline.lives.is_empty() {
            for (place, change) in outline.existence.iter().enumerate() {
                if let Some(life) = outline.lives.get_mut(&(change.account.clone(), change.at.clone())) {
                    life.push(place);
                }
            }
        }
        outline.lookups = Lookups::of(&outline);
        outline
    }

    fn learn(&mut self, event: &'a Event) {
        self.register.enter(event);
        self.take(event);
    }

    fn take(&mut self, event: &Event) {
        let mark = Mark::of(event);
        match &event.kind {
            EventKind::Fact(fact) => self.take_fact(event, fact, mark),
            EventKind::ActorStarted { role, process, account, subject } => {
                let Some(id) = event.actor else { return };
                let span = ActorSpan {
                    role: *role,
                    host: event.host.clone(),
                    account: account.clone(),
                    process: *process,
                    subject: subject.clone(),
                    started: mark,
                    ended: None,
                };
                self.actors.insert(id, span);
            }
            EventKind::ActorEnded { code, .. } => {
                if let Some(actor) = event.actor.and_then(|id| self.actors.get_mut(&id)) {
                    actor.ended.get_or_insert((mark, *code));
                }
            }
            EventKind::Purpose { account, purpose, client, at } => {
                let (account, client, at) = (account.clone(), client.clone(), at.clone());
                self.purposes.push(PurposeMark { account, purpose: *purpose, client, at, mark });
            }
            EventKind::Call { verb, at, subject: Some(account), code: 0, .. } => {
                let exists = match verb {
                    VerbKind::UserAdd => true,
                    VerbKind::UserDelete => false,
                    _ => return,
                };
                self.existence.push(Existence { account: account.clone(), at: at.clone(), exists, mark });
            }
            EventKind::InstallEnded { client, .. } => {
                self.install_ends.insert(client.clone(), mark);
            }
            EventKind::Upgraded { client, profile } => {
                self.upgrades.push((event.seq, client.clone(), profile.clone()));
            }
            _ => {}
        }
    }

    fn take_fact(&mut self, event: &Event, fact: &Fact, mark: Mark) {
        match fact {
            Fact::ServiceStarted { process, token, .. } => self.process(event, *process, token, None),
            Fact::ProcessStarted { process, token, parent, .. } => {
                self.process(event, *process, token, *parent);
            }
            Fact::ProcessEnded { process, code, .. } => {
                self.ends.entry(*process).or_insert(mark);
                if let Some(process) = self.processes.get_mut(process) {
                    process.ended.get_or_insert((mark, *code));
                }
            }
            Fact::State { key: StateKey::Account { account }, value, .. } => {
                let (account, exists) = (account.name().clone(), value.is_some());
                self.existence.push(Existence { account, at: event.host.clone(), exists, mark });
            }
            _ => {}
        }
    }

    fn process(&mut self, event: &Event, id: ProcessId, token: &Token, parent: Option<ProcessId>) {
        // A service's start is told as a service and as a process: the second adds only the parent.
        let span = self.processes.entry(id).or_insert_with(|| ProcessSpan {
            host: event.host.clone(),
            account: token
                .credentials
                .as_ref()
                .map(|own| Box::new((own.user.clone(), own.authority.clone()))),
            rights: token.rights,
            parent: None,
            started: Mark::of(event),
            ended: None,
        });
        span.parent = span.parent.or(parent);
    }

    /// Whether the host is a domain controller.
    pub(crate) fn is_dc(&self, host: &HostName) -> bool {
        self.dcs.contains(host)
    }

    /// The changes of the existence of an account that serves a purpose, in the database that it was made in.
    pub(crate) fn life<'o>(
        &'o self,
        account: &'o Name,
        at: &'o HostName,
    ) -> impl Iterator<Item = &'o Existence> {
        self.lives
            .get(&(account.clone(), at.clone()))
            .into_iter()
            .flatten()
            .map(|place| &self.existence[*place])
    }

    /// The primary domain controller.
    pub(crate) fn pdc(&self) -> Option<&'a HostName> {
        self.run.plan().world.dcs.iter().find(|dc| dc.role == DcRole::Pdc).map(|dc| &dc.name)
    }

    /// The end of an actor, by itself or with its process.
    pub(crate) fn end_of(&self, actor: &ActorSpan) -> Option<Mark> {
        let by_process = actor.process.and_then(|id| self.ends.get(&id).copied());
        match (actor.ended.map(|(mark, _)| mark), by_process) {
            (Some(one), Some(other)) => Some(if one.seq < other.seq { one } else { other }),
            (one, other) => one.or(other),
        }
    }

    /// Of these processes, those that run at the instant of an event, it not counted.
    pub(crate) fn running(
        &self,
        ids: impl Iterator<Item = ProcessId>,
        seq: u64,
    ) -> impl Iterator<Item = (ProcessId, &ProcessSpan)> {
        ids.filter_map(move |id| {
            Some((id, self.processes.get(&id)?)).filter(|(_, process)| process.runs_at(seq))
        })
    }

    /// The processes that run at the instant of an event under the account of this name whose database is at `at`.
    pub(crate) fn running_under<'o>(
        &'o self,
        account: &'o AccountName,
        at: &'o HostName,
        seq: u64,
    ) -> impl Iterator<Item = (ProcessId, &'o ProcessSpan)> {
        self.running(self.lookups.under(account, at), seq)
    }

    /// The processes of a host that run at the instant of an event.
    pub(crate) fn running_on<'o>(
        &'o self,
        host: &'o HostName,
        seq: u64,
    ) -> impl Iterator<Item = (ProcessId, &'o ProcessSpan)> {
        self.running(self.lookups.on_host(host), seq)
    }

    /// The processes that a process started and that run at the instant of an event.
    pub(crate) fn running_children(
        &self,
        parent: ProcessId,
        seq: u64,
    ) -> impl Iterator<Item = (ProcessId, &ProcessSpan)> {
        self.running(self.lookups.children(parent), seq)
    }

    /// The boot loaders that serve a client, as its subject's or as its host's.
    pub(crate) fn loaders<'o>(&'o self, client: &'o HostName) -> impl Iterator<Item = &'o ActorSpan> {
        self.lookups.loaders(client).filter_map(|id| self.actors.get(&id))
    }

    /// The client that the plan has for a machine.
    pub(crate) fn client(&self, machine: &HostName) -> Option<&'a Client> {
        self.lookups.client(machine)
    }

    /// The profile that a client has at an event: the plan's, or the one that it was upgraded to.
    pub(crate) fn profile(&self, machine: &HostName, seq: u64) -> Option<&'a Profile> {
        let before = self.upgrades.iter().rev().filter(|(at, ..)| *at < seq);
        let mut upgraded = before.filter(|(_, client, _)| client == machine).map(|(.., profile)| profile);
        match upgraded.next() {
            None => self.client(machine).map(|client| &*client.profile),
            Some(name) => self.run.plan().steps.iter().find_map(|step| match &step.action {
                mockdc_scenarios::Action::Upgrade { client, profile }
                    if client == machine && *name == *profile.name.as_str() =>
                {
                    Some(&**profile)
                }
                _ => None,
            }),
        }
    }

    /// The site server on whose behalf the server side of a client's install was played.
    pub(crate) fn site_server(&self, client: &HostName) -> Option<&'a SiteServer> {
        let plan = self.run.plan();
        self.lookups
            .managers(client)
            .filter_map(|host| plan.site_servers.iter().find(|server| server.machine == *host))
            .next()
            .or(plan.site_servers.first())
    }

    /// Whether the actor plays a part of the product, and not an operator or a script.
    pub(crate) fn is_product(&self, actor: Option<ActorId>) -> bool {
        actor
            .and_then(|id| self.actors.get(&id))
            .is_some_and(|actor| !matches!(actor.role, Role::Operator | Role::Script))
    }
}
