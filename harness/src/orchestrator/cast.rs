//! Who plays in a run: the clients with their programs, the site servers, and the scripts.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use futures::FutureExt;
use mockdc_mocks::{Caller, Credentials, DcRole, HostName, Name, ProgramName, Who};
use mockdc_scenarios::{InstallMethod, Plan, Profile, ScriptStart, SiteServer};

use crate::actors::{self, Installation, Realm};
use crate::run::{ActorStart, Ctx, Stage};
use crate::script::Scripts;
use crate::timeline::Role;

/// The actors of a plan.
pub(super) struct Cast {
    pub(super) plan: Arc<Plan>,
    pdc: HostName,
    clients: BTreeMap<HostName, Rc<Installation>>,
    sites: BTreeMap<HostName, Rc<SiteServer>>,
    scripts: Scripts,
}

impl Cast {
    /// Casts a plan.
    pub(super) fn new(plan: Arc<Plan>) -> Cast {
        let world = &plan.world;
        let pdc = world
            .dcs
            .iter()
            .find(|dc| dc.role == DcRole::Pdc)
            .map_or_else(|| "PDC".into(), |dc| dc.name.clone());
        let realm = Realm::new(world.domain.name.clone(), pdc.clone());
        let clients = plan
            .clients
            .iter()
            .map(|client| {
                let on_dc = world.dcs.iter().any(|dc| dc.name == client.machine);
                let (host, profile) = (client.machine.clone(), client.profile.clone());
                let made = match client.installed {
                    true => Installation::installed(host, on_dc, profile, realm.clone()),
                    false => Installation::new(host, on_dc, profile, realm.clone()),
                };
                (client.machine.clone(), made)
            })
            .collect();
        let sites =
            plan.site_servers.iter().map(|site| (site.machine.clone(), Rc::new(site.clone()))).collect();
        let scripts = plan.scripts.iter().map(|script| (script.name.clone(), script.clone())).collect();
        let scripts = Scripts::new(Rc::new(scripts), world.domain.name.clone());
        Cast { plan: plan.clone(), pdc, clients, sites, scripts }
    }

    /// Tells the stage who plays which program, and states what installed clients show at the start.
    pub(super) fn register(&self, stage: &Rc<Stage>) {
        for client in self.clients.values() {
            client.register(stage);
        }
        for script in &self.plan.scripts {
            if let ScriptStart::Program(program) = &script.start {
                for host in self.hosts_of(script.host.as_ref()) {
                    stage.program(host, ProgramName::from(program), self.scripts.program(&script.name));
                }
            }
        }
    }

    /// What installed clients show at the start.
    pub(super) fn show(&self, stage: &Rc<Stage>) {
        for client in self.clients.values() {
            for fact in client.state_at_start() {
                stage.record(client.host.clone(), None, None, crate::timeline::EventKind::Fact(fact));
            }
        }
    }

    /// One host, or all of them.
    fn hosts_of(&self, host: Option<&HostName>) -> Vec<HostName> {
        let world = &self.plan.world;
        let all =
            || world.dcs.iter().map(|dc| &dc.name).chain(world.machines.iter().map(|machine| &machine.name));
        host.map_or_else(|| all().cloned().collect(), |host| vec![host.clone()])
    }

    /// The primary domain controller.
    pub(super) fn pdc(&self) -> &HostName {
        &self.pdc
    }

    /// Starts an install.
    pub(super) fn install(
        &self,
        ctx: &Ctx,
        client: &HostName,
        by: Option<&HostName>,
        method: InstallMethod,
        user: Credentials,
    ) {
        let Some(client) = self.clients.get(client).cloned() else { return };
        let site = by.or(self.sites.keys().next()).and_then(|site| self.sites.get(site)).cloned();
        let actor = |role, host: &HostName, credentials: Credentials| ActorStart {
            role,
            host: host.clone(),
            caller: Caller { host: host.clone(), who: Who::Credentials(credentials) },
            process: None,
            subject: client.host.as_str().into(),
        };
        match (method, site) {
            (InstallMethod::Remote, Some(site)) => {
                let start =
                    actor(Role::ClientConfigurationManager, &site.machine, site.service_account.clone());
                ctx.spawn(start, move |ctx| actors::ccm::install(ctx, site, client).boxed_local());
            }
            // Reading a scenario refuses a remote install without a site server.
            (InstallMethod::Remote, None) => {}
            (InstallMethod::Manual | InstallMethod::Logon, site) => {
                let start = actor(Role::LogonInstall, &client.host, user);
                ctx.spawn(start, move |ctx| {
                    actors::logon_install::run(ctx, client, method, site).boxed_local()
                });
            }
        }
    }

    /// Upgrades a client to another product.
    pub(super) async fn upgrade(&self, ctx: &Ctx, client: &HostName, profile: &Arc<Profile>) -> u32 {
        match self.clients.get(client) {
            Some(client) => {
                actors::advanced_client::upgrade(ctx.clone(), client.clone(), profile.clone()).await
            }
            None => mockdc_mocks::Win32Error::SERVICE_DOES_NOT_EXIST.code(),
        }
    }

    /// Runs a client's maintenance now.
    pub(super) async fn cycle(&self, ctx: &Ctx, client: &HostName) -> u32 {
        match self.clients.get(client) {
            Some(client) => actors::maintenance::now(ctx.clone(), client.clone()).await,
            None => mockdc_mocks::Win32Error::SERVICE_DOES_NOT_EXIST.code(),
        }
    }

    /// Starts a script.
    pub(super) fn run_script(&self, ctx: &Ctx, script: &Name) {
        if let Some(start) = self.scripts.start(script, Some(&self.pdc)) {
            let (scripts, name) = (self.scripts.clone(), script.clone());
            ctx.spawn(start, move |ctx| scripts.play(ctx, name, None).boxed_local());
        }
    }
}
