//! The Client Configuration Manager: a site server's work on one request to install a client.

use std::fmt::Display;
use std::rc::Rc;

use mockdc_mocks::{
    AccountName, Authority, Caller, Credentials, Name, Secret, SimTime, StartMode, Verb, Who, Win32Error,
};
use mockdc_scenarios::{CcmRules, Decision, ProductKind, Profile, SiteServer};

use super::accounts::{Setup, unless_gone, unless_there};
use super::journal::Journal;
use super::sync::{Look, Wait, maximum_wait};
use super::{Installation, advanced_client};
use crate::run::Ctx;
use crate::timeline::{AccountPurpose, EventKind, Queue, WaitEnd, WaitFor};

/// Works on a request until the client is installed or the retries are exhausted; the result is 0 or the last
/// attempt's code. The caller is the account that the site server's services run under.
pub async fn install(ctx: Ctx, site: Rc<SiteServer>, client: Rc<Installation>) -> u32 {
    if site.excluded.contains(&client.host) {
        let (request, client) = (Name::from("none"), client.host.clone());
        ctx.record(EventKind::Queued { request, client, queue: Queue::NotMade });
        return 0;
    }
    let log = &site.profile.log;
    let journal = Journal::new(&site.profile, &log.ccm_file, &log.ccm_component);
    let request = Request { name: ctx.draw_name(8).into(), site: &site, client: &client, journal };
    let rules = &site.profile.ccm;
    request.log(&ctx, |lines| &lines.ccm_received, Queue::Incoming);
    request.queue(&ctx, Queue::Incoming);
    if rules.one_retry_per_machine && client.requests.get() > 0 {
        request.queue(&ctx, Queue::Removed);
        return 0;
    }
    client.requests.set(client.requests.get() + 1);
    ctx.sleep(rules.pick_up).await;
    let code = request.work(&ctx, rules).await;
    request.queue(&ctx, Queue::Removed);
    client.requests.set(client.requests.get() - 1);
    code
}

/// A request with all that its work needs.
struct Request<'a> {
    name: Name,
    site: &'a SiteServer,
    client: &'a Installation,
    journal: Journal,
}

/// An account that the boot loader runs under.
struct BootAccount {
    user: AccountName,
    password: Secret,
}

impl Request<'_> {
    async fn work(&self, ctx: &Ctx, rules: &CcmRules) -> u32 {
        let began = ctx.now();
        let mut attempts = 0;
        let code = loop {
            attempts += 1;
            let (code, decided) = self.attempt(ctx).await;
            if code == 0 {
                break code;
            }
            self.queue(ctx, Queue::Retry);
            let next = decided + rules.retry_every;
            let found_again = self.client.realm.domain.as_str().len() >= rules.least_domain_length;
            if !found_again || next >= began + rules.retry_for {
                break code;
            }
            ctx.sleep_until(next).await;
        };
        ctx.record(EventKind::InstallEnded { client: self.client.host.clone(), attempts, code });
        code
    }

    /// One attempt, to its decision and to the deletion of its account; the code and the instant of the decision.
    async fn attempt(&self, ctx: &Ctx) -> (u32, SimTime) {
        let attempt = self.client.begin_attempt();
        let client = self.client.host.clone();
        self.queue(ctx, Queue::Processing);
        ctx.record(EventKind::AttemptBegan { client: client.clone(), attempt });
        let values: &[(&str, &dyn Display)] = &[("request", &self.name), ("host", &client)];
        self.journal.line(ctx, |lines| &lines.ccm_begins, values);
        self.client.installer.set(None);
        let decide = |code: u32| {
            ctx.record(EventKind::AttemptEnded { client: client.clone(), attempt, code });
            (code, ctx.now())
        };

        let connected = match self.connect(ctx).await {
            Ok(caller) => caller,
            Err(error) => return decide(error.code()),
        };
        let decided = self.attempt_as(ctx, &connected, &decide).await;
        // A session that stays would stand in the way of the next attempt under another account.
        let _ = ctx.call_as(&connected, &client, Verb::ShareDisconnect {}).await;
        decided
    }

    /// What an attempt does once it has access to the target; `decide` states its code.
    async fn attempt_as(
        &self,
        ctx: &Ctx,
        connected: &Caller,
        decide: &impl Fn(u32) -> (u32, SimTime),
    ) -> (u32, SimTime) {
        let client = self.client.host.clone();
        if self.client.profile().kind == ProductKind::Advanced {
            let installed = advanced_client::install(&ctx.with_caller(connected.clone()), self.client).await;
            return decide(installed.err().map_or(0, Win32Error::code));
        }
        let profile = self.client.profile();
        let account = BootAccount {
            user: profile.accounts.bootstrap(self.client.host.as_str(), self.client.on_dc),
            password: ctx.password(profile.accounts.password_length),
        };
        if let Err(error) = self.start_loader(ctx, connected, &profile, &account).await {
            let decided = decide(error.code());
            self.delete_later(ctx, connected, &account).await;
            return decided;
        }
        let service = &profile.loader.service;
        let what = WaitFor::Service { service: service.clone(), at: client.clone() };
        let since = ctx.now();
        ctx.record(EventKind::WaitBegan { what: what.clone(), limit: None });
        ctx.service_stopped(&client, service).await;
        ctx.record(EventKind::WaitEnded { what, how: WaitEnd::Met, lasted: ctx.now().since(since) });

        let remote = ctx.with_caller(connected.clone());
        match self.site.profile.ccm.decides_attempt {
            Decision::LoaderStopped => {
                let decided = decide(self.look(&remote).await);
                self.delete_later(ctx, connected, &account).await;
                decided
            }
            Decision::BootstrapAccountDeleted => {
                self.delete_later(ctx, connected, &account).await;
                decide(self.look(&remote).await)
            }
            Decision::InstallerEnded => {
                // Polled in this order, the deletion is armed before anything that the installer does next.
                let deletion = self.delete_later(ctx, connected, &account);
                let decision = async { decide(self.result(&remote).await) };
                futures::future::join(deletion, decision).await.1
            }
        }
    }

    /// The installer's result; when it has none, what a look at the target says.
    async fn result(&self, remote: &Ctx) -> u32 {
        let ended = match self.client.installer.get() {
            Some(installer) => remote.process_ended(installer).await,
            None => None,
        };
        match ended {
            Some(code) => code,
            None => self.look(remote).await,
        }
    }

    /// 0 when the client's service is installed at the target.
    async fn look(&self, remote: &Ctx) -> u32 {
        let service = self.client.profile().client_service.service.clone();
        let answer = remote.call(&self.client.host, Verb::ServiceQuery { service }).await;
        answer.err().map_or(0, Win32Error::code)
    }

    /// Tries the configured accounts in turn and gives the first that has administrative access.
    async fn connect(&self, ctx: &Ctx) -> Result<Caller, Win32Error> {
        let rules = &self.site.profile.ccm;
        let target = &self.client.host;
        self.journal.line(ctx, |lines| &lines.ccm_tries_accounts, &[]);
        let mut refused = Win32Error::ACCESS_DENIED;
        for credentials in self.accounts(rules) {
            let account = self.full_name(&credentials);
            let caller = Caller { host: ctx.host().clone(), who: Who::Credentials(credentials) };
            let values: &[(&str, &dyn Display)] =
                &[("host", target), ("share", &rules.connect_share), ("account", &account)];
            self.journal.line(ctx, |lines| &lines.ccm_connects, values);
            let connect = Verb::ShareConnect { share: rules.connect_share.clone() };
            match ctx.call_as(&caller, target, connect).await {
                Ok(_) => {
                    self.journal.line(ctx, |lines| &lines.ccm_connected, values);
                    return Ok(caller);
                }
                Err(error) => {
                    refused = error;
                    let code = error.code();
                    let values: &[(&str, &dyn Display)] = &[
                        ("host", target),
                        ("share", &rules.connect_share),
                        ("account", &account),
                        ("code", &code),
                    ];
                    self.journal.line(ctx, |lines| &lines.ccm_refused, values);
                }
            }
        }
        let code = refused.code();
        let values: &[(&str, &dyn Display)] = &[("request", &self.name), ("host", target), ("code", &code)];
        self.journal.line(ctx, |lines| &lines.ccm_no_access, values);
        Err(refused)
    }

    /// Connection accounts first, then the account of the services; where the profile says so, the latter also as
    /// an account of the target's own database.
    fn accounts(&self, rules: &CcmRules) -> impl Iterator<Item = Credentials> {
        let own = &self.site.service_account;
        let elsewhere = (rules.tries_other_domains && !self.client.on_dc)
            .then(|| Credentials { authority: Authority::Local(self.client.host.clone()), ..own.clone() });
        self.site.connection_accounts.iter().cloned().chain([own.clone()]).chain(elsewhere)
    }

    fn full_name(&self, credentials: &Credentials) -> String {
        match &credentials.authority {
            Authority::Domain => format!("{}\\{}", self.client.realm.domain, credentials.user),
            Authority::Local(host) => format!("{host}\\{}", credentials.user),
        }
    }

    /// Makes the boot loader's account, waits until the target knows it, and starts the loader under it.
    async fn start_loader(
        &self,
        ctx: &Ctx,
        connected: &Caller,
        profile: &Profile,
        account: &BootAccount,
    ) -> Result<(), Win32Error> {
        let client = self.client;
        // The domain's accounts are made under the services' account, a member's own under the one that connected.
        let maker = if client.on_dc { ctx.clone() } else { ctx.with_caller(connected.clone()) };
        if let Err(error) = self.make_account(&maker, profile, account).await {
            let values: &[(&str, &dyn Display)] = &[("account", &account.user), ("code", &error.code())];
            self.journal.line(ctx, |lines| &lines.ccm_account_failed, values);
            return Err(error);
        }
        if client.on_dc {
            self.wait_for_account(ctx, connected, account).await?;
        }
        let remote = ctx.with_caller(connected.clone());
        let started = self.run_loader(&remote, profile, account).await;
        if let Err(error) = started {
            let values: &[(&str, &dyn Display)] = &[("host", &client.host), ("code", &error.code())];
            self.journal.line(ctx, |lines| &lines.ccm_loader_failed, values);
        }
        started
    }

    async fn make_account(
        &self,
        ctx: &Ctx,
        profile: &Profile,
        account: &BootAccount,
    ) -> Result<(), Win32Error> {
        let client = self.client;
        let setup = Setup {
            at: client.home(),
            account: &account.user,
            password: &account.password,
            on_dc: client.on_dc,
            rights: profile.accounts.rights(client.on_dc),
            profile,
        };
        let made = setup.make(ctx).await;
        ctx.record(EventKind::Purpose {
            account: account.user.clone(),
            purpose: AccountPurpose::Bootstrap,
            client: client.host.clone(),
            at: client.home().clone(),
        });
        made.map_err(|failure| failure.error())
    }

    async fn wait_for_account(
        &self,
        ctx: &Ctx,
        connected: &Caller,
        account: &BootAccount,
    ) -> Result<(), Win32Error> {
        let rules = &self.site.profile.ccm;
        let target = &self.client.host;
        let limit = maximum_wait(ctx, &rules.maximum_wait, &self.client.realm.pdc).await;
        let wait = Wait { account: &account.user, at: target, every: rules.probe_interval, limit };
        wait.until(ctx, async || {
            let look_up = Verb::UserInfo { user: account.user.clone() };
            match ctx.call_as(connected, target, look_up).await {
                Ok(_) => Look::There,
                Err(error) => {
                    self.journal.line(ctx, |lines| &lines.ccm_waits, &[("code", &error.code())]);
                    Look::NotYet(error)
                }
            }
        })
        .await
    }

    async fn run_loader(
        &self,
        remote: &Ctx,
        profile: &Profile,
        account: &BootAccount,
    ) -> Result<(), Win32Error> {
        let rules = &profile.loader;
        let target = &self.client.host;
        for path in &rules.files {
            let write = Verb::FileWrite { path: path.clone(), content: String::new() };
            remote.call(target, write).await?;
        }
        let credentials = self.client.credentials(account.user.clone(), account.password.clone());
        let service = &rules.service;
        let create = Verb::ServiceCreate {
            service: service.clone(),
            program: rules.program.clone(),
            account: Some(credentials.clone()),
            start: StartMode::Manual,
        };
        match remote.call(target, create).await {
            Err(error) if error.means_already_there() => {
                let change = Verb::ServiceSetAccount { service: service.clone(), account: Some(credentials) };
                remote.call(target, change).await?;
            }
            answer => drop(answer?),
        }
        unless_there(remote.call(target, Verb::ServiceStart { service: service.clone() }).await)
    }

    /// Deletes the boot loader's account the stated time from now.
    async fn delete_later(&self, ctx: &Ctx, connected: &Caller, account: &BootAccount) {
        ctx.sleep(self.site.profile.ccm.deletes_bootstrap_account_after).await;
        let on_dc = self.client.on_dc;
        let deleter = if on_dc { ctx.clone() } else { ctx.with_caller(connected.clone()) };
        let user = &account.user;
        self.journal.line(ctx, |lines| &lines.ccm_deletes, &[("account", user)]);
        let delete = Verb::UserDelete { user: user.clone() };
        if let Err(error) = unless_gone(deleter.call(self.client.home(), delete).await) {
            let values: &[(&str, &dyn Display)] = &[("account", user), ("code", &error.code())];
            self.journal.line(ctx, |lines| &lines.ccm_delete_failed, values);
        }
    }

    fn queue(&self, ctx: &Ctx, queue: Queue) {
        if queue != Queue::Incoming && queue != Queue::Removed {
            self.log(ctx, |lines| &lines.ccm_stored, queue);
        }
        ctx.record(EventKind::Queued { request: self.name.clone(), client: self.client.host.clone(), queue });
    }

    fn log(
        &self,
        ctx: &Ctx,
        pick: fn(&mockdc_scenarios::Wording) -> &mockdc_scenarios::Template,
        queue: Queue,
    ) {
        let queue = match queue {
            Queue::NotMade => "",
            Queue::Incoming => "Incoming",
            Queue::Processing => "Processing",
            Queue::Retry => "Retry",
            Queue::Removed => "Removed",
        };
        let values: &[(&str, &dyn Display)] =
            &[("request", &self.name), ("host", &self.client.host), ("queue", &queue)];
        self.journal.line(ctx, pick, values);
    }
}
