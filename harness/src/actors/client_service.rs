//! The client's service: the token account, its components, and the maintenance cycle for as long as it runs.

use std::fmt::Display;
use std::rc::Rc;

use mockdc_mocks::{Reply, Verb, Win32Error};
use mockdc_scenarios::{Profile, TokenWait};

use super::accounts::{Setup, join_administrators, unless_there};
use super::journal::Journal;
use super::loader::report_running;
use super::sync::{Look, Wait};
use super::{Installation, components, maintenance};
use crate::run::{Ctx, ProgramStart};
use crate::timeline::{AccountPurpose, EventKind};

/// Plays the service's program; it ends only with its process.
pub async fn run(ctx: Ctx, start: ProgramStart, client: Rc<Installation>) -> u32 {
    let profile = client.profile();
    let log = &profile.log;
    let journal = Journal::new(&profile, &log.client_service_file, &log.client_service_component);
    let _running = Running::under(&ctx, &client);
    Box::pin(report_running(&ctx, &start)).await;
    // The launches that need the account show the same; the service goes on to them.
    if let Err(error) = Box::pin(token_account(&ctx, &client, &profile)).await {
        let account = profile.accounts.token(client.host.as_str(), client.on_dc);
        let values: &[(&str, &dyn Display)] = &[("account", &account), ("code", &error.code())];
        journal.line(&ctx, |lines| &lines.token_account_failed, values);
    }
    let due = maintenance::due(&client, ctx.now());
    let rules = &profile.client_service;
    let _ = Box::pin(components::go_through(&ctx, &client, &journal, rules.rights_at_start)).await;
    maintenance::cycles(&ctx, &client, due).await
}

/// Notes under whom the service runs, until it ends in whatever way.
pub(super) struct Running<'a>(&'a Installation);

impl<'a> Running<'a> {
    pub(super) fn under(ctx: &Ctx, client: &'a Installation) -> Running<'a> {
        client.service.replace(Some(ctx.caller().clone()));
        Running(client)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.service.replace(None);
    }
}

/// Sees to the account whose token agents get.
async fn token_account(ctx: &Ctx, client: &Installation, profile: &Profile) -> Result<(), Win32Error> {
    let known = client.token_account();
    let account = profile.accounts.token(client.host.as_str(), client.on_dc);
    let home = client.home();
    match known {
        Some(credentials) => {
            let (user, password) = (credentials.user, credentials.password);
            let add = Verb::UserAdd { user, password, comment: None, flags: Default::default() };
            unless_there(ctx.call(home, add).await)?;
        }
        None => {
            let password = ctx.password(profile.accounts.password_length);
            // The token account belongs to no group of the product's own, here or on a domain controller.
            let setup = Setup {
                at: home,
                account: &account,
                password: &password,
                on_dc: false,
                rights: &profile.accounts.token_rights,
                profile,
            };
            // Known at once: another controller's service must not make another password while this one works.
            let kept = if client.on_dc { &client.realm.token_password } else { &client.token_password };
            kept.replace(Some(password.clone()));
            setup.make(ctx).await.map_err(|failure| failure.error())?;
            ctx.record(EventKind::Purpose {
                account: account.clone(),
                purpose: AccountPurpose::ClientToken,
                client: client.host.clone(),
                at: home.clone(),
            });
        }
    }
    if !client.on_dc {
        // It puts both of its accounts back among the Administrators at each start; restricted groups may refuse them.
        join_administrators(ctx, home, &account, profile).await?;
        if let Some(own) = ctx.caller().credentials() {
            join_administrators(ctx, home, &own.user.clone(), profile).await?;
        }
        return Ok(());
    }
    let mark = client.host.as_str();
    let rules = &profile.client_service;
    if rules.token_wait == TokenWait::Comment {
        let comment = Verb::UserSetComment { user: account.clone(), comment: mark.to_owned() };
        ctx.call(home, comment).await?;
    }
    if rules.token_wait == TokenWait::Nothing {
        return Ok(());
    }
    let wait = Wait {
        account: &account,
        at: &client.host,
        every: rules.token_probe_interval,
        limit: rules.token_maximum_wait,
    };
    wait.until(ctx, async || match ctx.call(&client.host, Verb::UserInfo { user: account.clone() }).await {
        Ok(Reply::User(info)) if rules.token_wait == TokenWait::Comment && info.comment != mark => {
            Look::NotYet(Win32Error::NONE_MAPPED)
        }
        Ok(_) => Look::There,
        Err(error) => Look::NotYet(error),
    })
    .await
}
