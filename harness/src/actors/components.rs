//! Launching and verifying a client's components, and the statuses that follow.

use std::collections::BTreeSet;
use std::fmt::Display;

use indexmap::IndexMap;
use mockdc_mocks::{AccountName, Name, Reply, Right, RightSet, RightsChecked, Verb, Who, Win32Error};
use mockdc_scenarios::{ComponentRules, LaunchToken};

use super::Installation;
use super::accounts::administrators;
use super::installation::status_fact;
use super::journal::Journal;
use crate::run::Ctx;
use crate::timeline::EventKind;

/// What counts for the service's account during one pass.
struct Standing {
    /// The account; `None`: Local System, which holds every right.
    account: Option<AccountName>,
    rights: RightSet,
    administrator: bool,
    checked: RightsChecked,
}

/// Goes through all components: launches and verifies each, then states each agent's status if it has changed.
/// The result is that of the last component that failed.
pub(super) async fn go_through(
    ctx: &Ctx,
    client: &Installation,
    journal: &Journal,
    checked: RightsChecked,
) -> Result<(), Win32Error> {
    let profile = client.profile();
    let standing = standing(ctx, client, journal, checked).await;
    let mut agents: IndexMap<&Name, bool> = IndexMap::new();
    let mut outcome = Ok(());
    for component in profile.components.values().filter(|component| component.launch != LaunchToken::None) {
        let launched = launch(ctx, client, journal, component, &standing).await;
        let verified = verify(ctx, client, journal, component, &standing);
        let result = launched.and(verified);
        if component.agent != "" {
            *agents.entry(&component.agent).or_insert(true) &= result.is_ok();
        }
        outcome = result.and(outcome);
    }
    let rules = &profile.client_service;
    for (agent, good) in agents {
        let status = if good { &rules.good_status } else { &rules.failing_status };
        let before = client.statuses.borrow_mut().insert(agent.clone(), status.clone());
        if before.as_ref() != Some(status) {
            ctx.record(EventKind::Fact(status_fact(agent, status)));
        }
    }
    let hex = format!("{:X}", outcome.err().map_or(0, Win32Error::code));
    journal.line(ctx, |lines| &lines.list_done, &[("hex", &hex)]);
    outcome
}

async fn standing(ctx: &Ctx, client: &Installation, journal: &Journal, checked: RightsChecked) -> Standing {
    let account = ctx.caller().credentials().map(|credentials| credentials.user.clone());
    let (mut rights, mut administrator) = match &ctx.caller().who {
        Who::Token(token) => (token.rights, token.administrator),
        Who::System | Who::Credentials(_) => (RightSet::default(), false),
    };
    let Some(name) = &account else {
        return Standing { account, rights: RightSet::ALL, administrator: true, checked };
    };
    if checked == RightsChecked::Now {
        // What cannot be read counts as not held.
        let failed = |error: Win32Error| {
            let values: &[(&str, &dyn Display)] = &[("account", name), ("code", &error.code())];
            journal.line(ctx, |lines| &lines.standing_failed, values);
        };
        let answer = ctx.call(ctx.host(), Verb::RightsOf { account: name.clone() }).await;
        rights = match answer {
            Ok(Reply::Rights(now)) => now,
            Ok(_) => RightSet::default(),
            Err(error) => {
                failed(error);
                RightSet::default()
            }
        };
        administrator = is_administrator(ctx, client, name).await.unwrap_or_else(|error| {
            failed(error);
            false
        });
    }
    Standing { account, rights, administrator, checked }
}

async fn is_administrator(
    ctx: &Ctx,
    client: &Installation,
    account: &AccountName,
) -> Result<bool, Win32Error> {
    let group = administrators(ctx, ctx.host(), &client.profile()).await?;
    let members = ctx.call(ctx.host(), Verb::LocalGroupMembers { group }).await?;
    Ok(matches!(members, Reply::Members(members) if members.contains(account)))
}

async fn launch(
    ctx: &Ctx,
    client: &Installation,
    journal: &Journal,
    component: &ComponentRules,
    standing: &Standing,
) -> Result<(), Win32Error> {
    let rules = &client.profile().client_service;
    // A launch includes the verification that follows it.
    let needs: BTreeSet<Right> =
        component.needs.iter().chain(&component.verification_needs).copied().collect();
    ctx.record(EventKind::ComponentDue {
        component: component.title.clone(),
        account: standing.account.clone(),
        holds: needs.iter().copied().filter(|right| standing.rights.contains(right)).collect(),
        needs: needs.into_iter().collect(),
        needs_administrator: component.needs_administrator,
        is_administrator: standing.administrator,
    });
    journal.line(ctx, |lines| &lines.component_begins, &[("component", &component.title)]);
    journal.line(ctx, |lines| &lines.component_launches, &[("component", &component.title)]);
    let (launched, own_result) = if component.needs_administrator && !standing.administrator {
        let code = Win32Error(rules.not_administrator_code);
        (Err(code), code)
    } else {
        (start(ctx, client, component, standing).await, Win32Error(rules.refused_launch_code))
    };
    let code = launched.err().map_or(0, Win32Error::code);
    ctx.record(EventKind::ComponentLaunched { component: component.title.clone(), code });
    if launched.is_ok() {
        return Ok(());
    }
    let values: &[(&str, &dyn Display)] = &[("path", &component.program), ("code", &code)];
    journal.line(ctx, |lines| &lines.launch_refused, values);
    let hex = format!("{:X}", own_result.code());
    let values: &[(&str, &dyn Display)] = &[("component", &component.title), ("hex", &hex)];
    journal.line(ctx, |lines| &lines.component_failed, values);
    journal.line(ctx, |lines| &lines.verification_follows, &[("code", &own_result.code())]);
    Err(own_result)
}

async fn start(
    ctx: &Ctx,
    client: &Installation,
    component: &ComponentRules,
    standing: &Standing,
) -> Result<(), Win32Error> {
    let as_user = match component.launch {
        LaunchToken::TokenAccount => client.token_account(),
        LaunchToken::Own | LaunchToken::None => None,
    };
    let launch = Verb::ProcessLaunch {
        program: component.program.clone(),
        as_user,
        rights: standing.checked,
        enables: component.needs.iter().copied().collect(),
    };
    ctx.call(ctx.host(), launch).await.map(drop)
}

/// A verification needs rights of the service's account and no call.
fn verify(
    ctx: &Ctx,
    client: &Installation,
    journal: &Journal,
    component: &ComponentRules,
    standing: &Standing,
) -> Result<(), Win32Error> {
    journal.line(ctx, |lines| &lines.component_verifies, &[("path", &component.program)]);
    if component.verification_needs.iter().all(|right| standing.rights.contains(right)) {
        return Ok(());
    }
    let error = Win32Error(client.profile().client_service.refused_verification_code);
    let values: &[(&str, &dyn Display)] = &[("component", &component.title), ("code", &error.code())];
    journal.line(ctx, |lines| &lines.verification_failed, values);
    Err(error)
}
