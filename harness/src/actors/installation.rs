//! What the actors of one client share, and what all clients of a domain share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use futures::FutureExt;
use indexmap::IndexMap;
use mockdc_mocks::{
    AccountName, Authority, Caller, Credentials, Fact, HostName, Name, ProcessId, ProgramName, Secret,
    SimTime, StateKey, Value,
};
use mockdc_scenarios::{ProductKind, Profile};

use super::{advanced_client, bootstrap, client_service, installed, loader};
use crate::run::{ActorFuture, ActorStart, Ctx, ProgramStart, Stage};
use crate::timeline::Role;

/// What all clients of a domain share.
pub struct Realm {
    /// The domain's NetBIOS name.
    pub domain: Name,
    /// Its primary domain controller, or PDC emulator.
    pub pdc: HostName,
    /// The password of the token account that all domain controllers share, once one of them has made it.
    pub(super) token_password: RefCell<Option<Secret>>,
}

impl Realm {
    /// A domain in which no client has been installed.
    pub fn new(domain: Name, pdc: HostName) -> Rc<Realm> {
        Rc::new(Realm { domain, pdc, token_password: RefCell::default() })
    }
}

/// A machine with the client that it gets or has. What it keeps would lie on the machine's disk: restarts do not
/// lose it.
pub struct Installation {
    /// The machine.
    pub host: HostName,
    /// Whether the machine is a domain controller.
    pub on_dc: bool,
    /// The domain.
    pub realm: Rc<Realm>,
    profile: RefCell<Arc<Profile>>,
    /// The process that installs, of the present attempt.
    pub(super) installer: Cell<Option<ProcessId>>,
    /// Attempts begun.
    pub(super) attempts: Cell<u32>,
    /// Requests of site servers that are not removed yet.
    pub(super) requests: Cell<u32>,
    /// The password of the local token account.
    pub(super) token_password: RefCell<Option<Secret>>,
    /// Agents and their status as last reported.
    pub(super) statuses: RefCell<IndexMap<Name, Name>>,
    /// When the next maintenance cycle is due.
    pub(super) next_cycle: Cell<Option<SimTime>>,
    /// Under whom the client's service runs, while it does.
    pub(super) service: RefCell<Option<Caller>>,
}

impl Installation {
    /// A machine without the client, which is to get it by `profile`.
    pub fn new(
        host: HostName,
        on_dc: bool,
        profile: impl Into<Arc<Profile>>,
        realm: Rc<Realm>,
    ) -> Rc<Installation> {
        Rc::new(Installation {
            host,
            on_dc,
            realm,
            profile: RefCell::new(profile.into()),
            installer: Cell::default(),
            attempts: Cell::default(),
            requests: Cell::default(),
            token_password: RefCell::default(),
            statuses: RefCell::default(),
            next_cycle: Cell::default(),
            service: RefCell::default(),
        })
    }

    /// A machine that has the client at the start; its world must hold what [`super::add_to_world`] adds.
    pub fn installed(
        host: HostName,
        on_dc: bool,
        profile: impl Into<Arc<Profile>>,
        realm: Rc<Realm>,
    ) -> Rc<Installation> {
        let password = installed::token_password();
        if on_dc {
            realm.token_password.replace(Some(password.clone()));
        }
        let client = Installation::new(host, on_dc, profile, realm);
        client.token_password.replace(Some(password));
        client.next_cycle.set(Some(SimTime::START + client.profile().client_service.cycle));
        let good = client.profile().client_service.good_status.clone();
        let agents: Vec<Name> = agents(&client.profile()).cloned().collect();
        client.statuses.replace(agents.into_iter().map(|agent| (agent, good.clone())).collect());
        client
    }

    /// The product and its version, with the scenario's overrides.
    pub fn profile(&self) -> Arc<Profile> {
        self.profile.borrow().clone()
    }

    pub(super) fn set_profile(&self, profile: Arc<Profile>) {
        self.profile.replace(profile);
    }

    /// The host whose account database holds the client's accounts.
    pub(super) fn home(&self) -> &HostName {
        if self.on_dc { &self.realm.pdc } else { &self.host }
    }

    /// An account of the client with its password.
    pub(super) fn credentials(&self, user: AccountName, password: Secret) -> Credentials {
        let authority = if self.on_dc { Authority::Domain } else { Authority::Local(self.host.clone()) };
        Credentials { authority, user, password }
    }

    /// The token account with its password, once it is known.
    pub(super) fn token_account(&self) -> Option<Credentials> {
        let password = match self.on_dc {
            true => self.realm.token_password.borrow().clone(),
            false => self.token_password.borrow().clone(),
        };
        let account = self.profile().accounts.token(self.host.as_str(), self.on_dc);
        password.map(|password| self.credentials(account, password))
    }

    /// Counts an attempt and gives its number, from 1.
    pub(super) fn begin_attempt(&self) -> u32 {
        self.attempts.set(self.attempts.get() + 1);
        self.attempts.get()
    }

    /// The statuses of a client that is installed at the start, as facts of the first instant.
    pub fn state_at_start(&self) -> Vec<Fact> {
        self.statuses.borrow().iter().map(|(agent, status)| status_fact(agent, status)).collect()
    }

    /// Registers the actors that play the client's programs on its machine.
    pub fn register(self: &Rc<Self>, stage: &Stage) {
        let profile = self.profile();
        match profile.kind {
            ProductKind::Legacy => {
                self.play(stage, &profile.loader.program, Role::BootLoader, |ctx, start, client| {
                    loader::run(ctx, start, client).boxed_local()
                });
                self.play(stage, &profile.bootstrap.program, Role::Bootstrap, |ctx, _, client| {
                    bootstrap::run(ctx, client).boxed_local()
                });
                self.play(
                    stage,
                    &profile.client_service.program,
                    Role::ClientService,
                    |ctx, start, client| client_service::run(ctx, start, client).boxed_local(),
                );
            }
            ProductKind::Advanced => {
                self.play(
                    stage,
                    &profile.client_service.program,
                    Role::AdvancedClient,
                    |ctx, start, client| advanced_client::run(ctx, start, client).boxed_local(),
                );
            }
        }
    }

    fn play(
        self: &Rc<Self>,
        stage: &Stage,
        program: &ProgramName,
        role: Role,
        run: fn(Ctx, ProgramStart, Rc<Installation>) -> ActorFuture,
    ) {
        let client = self.clone();
        stage.program(
            self.host.clone(),
            program.clone(),
            Rc::new(move |start: &ProgramStart| {
                let actor = ActorStart {
                    role,
                    host: start.host.clone(),
                    caller: Caller::token(start.token.clone()),
                    process: Some(start.process),
                    subject: client.host.as_str().into(),
                };
                let (start, client) = (start.clone(), client.clone());
                (actor, Box::new(move |ctx| run(ctx, start, client)))
            }),
        );
    }
}

/// The agents that a client reports, each once.
pub(super) fn agents(profile: &Profile) -> impl Iterator<Item = &Name> {
    use mockdc_scenarios::LaunchToken;
    let launched = profile
        .components
        .values()
        .filter(|component| component.launch != LaunchToken::None)
        .map(|c| &c.agent);
    let mut seen: Vec<&Name> = Vec::new();
    launched.filter(move |agent| {
        let new = *agent != "" && !seen.contains(agent);
        if new {
            seen.push(agent);
        }
        new
    })
}

/// An agent's status, as a fact.
pub(super) fn status_fact(agent: &Name, status: &Name) -> Fact {
    Fact::State {
        key: StateKey::Component { component: agent.clone() },
        value: Some(Value::Text(Arc::from(status.as_str()))),
        version: None,
    }
}
