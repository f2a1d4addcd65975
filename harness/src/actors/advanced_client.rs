//! A client that runs as Local System: no account, no right, no membership of its own.

use std::rc::Rc;
use std::sync::Arc;

use mockdc_mocks::{StartMode, Verb, Win32Error};
use mockdc_scenarios::Profile;

use super::accounts::{unless_gone, unless_there};
use super::client_service::Running;
use super::journal::Journal;
use super::loader::report_running;
use super::{Installation, components, maintenance};
use crate::run::{Ctx, ProgramStart};
use crate::timeline::EventKind;

/// Plays the service's program; it ends only with its process.
pub async fn run(ctx: Ctx, start: ProgramStart, client: Rc<Installation>) -> u32 {
    let profile = client.profile();
    let log = &profile.log;
    let journal = Journal::new(&profile, &log.client_service_file, &log.client_service_component);
    let _running = Running::under(&ctx, &client);
    report_running(&ctx, &start).await;
    let due = maintenance::due(&client, ctx.now());
    let _ = components::go_through(&ctx, &client, &journal, profile.client_service.rights_at_start).await;
    maintenance::cycles(&ctx, &client, due).await
}

/// Installs and starts the service under the caller, at the client's machine or from elsewhere.
pub async fn install(ctx: &Ctx, client: &Installation) -> Result<(), Win32Error> {
    let profile = client.profile();
    let rules = &profile.client_service;
    let create = Verb::ServiceCreate {
        service: rules.service.clone(),
        program: rules.program.clone(),
        account: None,
        start: StartMode::Automatic,
    };
    unless_there(ctx.call(&client.host, create).await)?;
    unless_there(ctx.call(&client.host, Verb::ServiceStart { service: rules.service.clone() }).await)
}

/// Upgrades an installed client to another product under the caller, who must be an administrator at its machine.
/// The result is 0 or a code, also when there is no client; on success the client follows the new profile.
pub async fn upgrade(ctx: Ctx, client: Rc<Installation>, to: Arc<Profile>) -> u32 {
    let name = to.name.as_str().into();
    match replace(&ctx, &client, to).await {
        Ok(()) => {
            ctx.record(EventKind::Upgraded { client: client.host.clone(), profile: name });
            0
        }
        Err(error) => error.code(),
    }
}

async fn replace(ctx: &Ctx, client: &Rc<Installation>, to: Arc<Profile>) -> Result<(), Win32Error> {
    let before = client.profile();
    let old = &before.client_service.service;
    match ctx.call(&client.host, Verb::ServiceStop { service: old.clone() }).await {
        // A machine without the client has nothing to upgrade.
        Err(error) if error.means_not_installed() => return Err(error),
        stopped => unless_gone(stopped)?,
    };
    let same = *old == to.client_service.service;
    client.set_profile(to);
    client.register(ctx.stage());
    if same {
        return unless_there(ctx.call(&client.host, Verb::ServiceStart { service: old.clone() }).await);
    }
    unless_gone(ctx.call(&client.host, Verb::ServiceDelete { service: old.clone() }).await)?;
    install(ctx, client).await
}
