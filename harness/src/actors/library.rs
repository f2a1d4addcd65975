//! The account library: what remote, manual and logon installs do alike to make the client's service.

use std::fmt::Display;

use mockdc_mocks::{AccountName, Reply, Secret, ServiceState, StartMode, Verb, Win32Error};
use mockdc_scenarios::{PdcCalls, Probe, Profile};

use super::Installation;
use super::accounts::{Setup, SetupError, unless_there};
use super::journal::Journal;
use super::sync::{Look, Wait, maximum_wait};
use crate::run::Ctx;
use crate::timeline::{AccountPurpose, EventKind};

/// Makes the client service's account, waits until it is there, installs and starts the service.
pub(super) async fn install(ctx: &Ctx, client: &Installation, journal: &Journal) -> Result<(), Win32Error> {
    let outcome = steps(ctx, client, journal).await;
    if let Err(error) = outcome {
        journal.line(ctx, |lines| &lines.launch_failed, &[("code", &error.code())]);
        journal.line(
            ctx,
            |lines| &lines.result,
            &[("code", &error.code()), ("text", &ctx.system_text(error))],
        );
    }
    journal.line(ctx, |lines| &lines.library_ends, &[]);
    outcome
}

async fn steps(ctx: &Ctx, client: &Installation, journal: &Journal) -> Result<(), Win32Error> {
    let profile = client.profile();
    if let Err(error) = ctx.call(ctx.host(), Verb::ServerInfo {}).await {
        journal.line(ctx, |lines| &lines.server_failed, &[("code", &error.code())]);
        return Err(error);
    }
    let service = profile.client_service.service.clone();
    match ctx.call(ctx.host(), Verb::ServiceQuery { service }).await {
        Ok(Reply::Service(ServiceState::Running)) => return Ok(()),
        Ok(_) => {}
        Err(error) => journal.line(ctx, |lines| &lines.not_registered, &[("code", &error.code())]),
    }
    journal.line(ctx, |lines| &lines.first_wait, &[]);
    ctx.sleep(profile.bootstrap.first_wait).await;

    let account = profile.accounts.client_service(client.host.as_str(), client.on_dc);
    let password = ctx.password(profile.accounts.password_length);
    if client.on_dc {
        journal.line(ctx, |lines| &lines.generated, &[("account", &account)]);
    }
    let made = make_account(ctx, client, &profile, &account, &password, journal).await;
    if let Err(failure) = made {
        let error = failure.error();
        if let SetupError::Group(error) = failure {
            journal.line(ctx, |lines| &lines.group_failed, &[("code", &error.code())]);
        }
        let values: &[(&str, &dyn Display)] = &[("code", &error.code()), ("text", &ctx.system_text(error))];
        journal.line(ctx, |lines| &lines.account_failed, values);
        return Err(error);
    }
    install_service(ctx, client, &profile, account, password, journal).await
}

/// At a domain controller the account is made at the PDC and has to come back to the controller's own copy.
async fn make_account(
    ctx: &Ctx,
    client: &Installation,
    profile: &Profile,
    account: &AccountName,
    password: &Secret,
    journal: &Journal,
) -> Result<(), SetupError> {
    let setup = Setup {
        at: client.home(),
        account,
        password,
        on_dc: client.on_dc,
        rights: profile.accounts.rights(client.on_dc),
        profile,
    };
    setup.make(ctx).await?;
    ctx.record(EventKind::Purpose {
        account: account.clone(),
        purpose: AccountPurpose::ClientService,
        client: client.host.clone(),
        at: client.home().clone(),
    });
    if !client.on_dc {
        return Ok(());
    }
    let rules = &profile.bootstrap;
    let limit = maximum_wait(ctx, &rules.maximum_wait, &client.realm.pdc).await;
    let wait = Wait { account, at: &client.host, every: rules.probe_interval, limit };
    wait.until(ctx, async || {
        let Err(error) = probe(ctx, client, rules.probe, account, password).await else { return Look::There };
        journal.line(ctx, |lines| &lines.waits, &[("code", &error.code())]);
        if rules.pdc_calls == PdcCalls::AtEachProbe
            && let Err(failure) = setup.make(ctx).await
        {
            return Look::Broken(failure);
        }
        Look::NotYet(SetupError::Account(error))
    })
    .await?;
    match rules.pdc_calls {
        PdcCalls::Once => Ok(()),
        PdcCalls::AfterTheWait | PdcCalls::AtEachProbe => setup.make(ctx).await,
    }
}

async fn probe(
    ctx: &Ctx,
    client: &Installation,
    how: Probe,
    user: &AccountName,
    password: &Secret,
) -> Result<(), Win32Error> {
    ctx.call(&client.host, Verb::UserInfo { user: user.clone() }).await?;
    if how == Probe::LookUpAndChange {
        // From the password to itself: whether a change is let through is all that matters.
        let (user, old, new) = (user.clone(), password.clone(), password.clone());
        ctx.call(client.home(), Verb::UserChangePassword { user, old, new }).await?;
    }
    Ok(())
}

async fn install_service(
    ctx: &Ctx,
    client: &Installation,
    profile: &Profile,
    account: AccountName,
    password: Secret,
    journal: &Journal,
) -> Result<(), Win32Error> {
    let rules = &profile.client_service;
    let service = &rules.service;
    let credentials = client.credentials(account, password);
    let create = Verb::ServiceCreate {
        service: service.clone(),
        program: rules.program.clone(),
        account: Some(credentials.clone()),
        start: StartMode::Automatic,
    };
    let created = match ctx.call(ctx.host(), create).await {
        Err(error) if error.means_already_there() => {
            let change = Verb::ServiceSetAccount { service: service.clone(), account: Some(credentials) };
            ctx.call(ctx.host(), change).await
        }
        answer => answer,
    };
    if let Err(error) = created {
        journal.line(ctx, |lines| &lines.scm_failed, &[("code", &error.code())]);
        return Err(error);
    }
    unless_there(ctx.call(ctx.host(), Verb::ServiceStart { service: service.clone() }).await)
}
