//! Installs at the machine itself: by an administrator, or by a logon script in the user's own context.

use std::rc::Rc;

use futures::FutureExt;
use mockdc_mocks::{Caller, Verb, Who, Win32Error};
use mockdc_scenarios::{InstallMethod, ProductKind, SiteServer};

use super::journal::Journal;
use super::{Installation, advanced_client, ccm, library};
use crate::run::{ActorStart, Ctx};
use crate::timeline::{EventKind, Role};

/// Installs under the caller, who is the user at the machine; the result is 0 or the last attempt's code.
///
/// A logon script whose user is no administrator leaves the install to `site`, where there is one.
pub async fn run(
    ctx: Ctx,
    client: Rc<Installation>,
    method: InstallMethod,
    site: Option<Rc<SiteServer>>,
) -> u32 {
    let profile = client.profile();
    let rules = &profile.logon_install;
    let by_script = method == InstallMethod::Logon;
    if by_script
        && rules.asks_site_server
        && let Some(site) = &site
        && !is_administrator(&ctx, &client).await
    {
        raise_request(&ctx, site, &client);
        return 0;
    }
    let mut attempts = 0;
    let code = loop {
        attempts += 1;
        let attempt = client.begin_attempt();
        ctx.record(EventKind::AttemptBegan { client: client.host.clone(), attempt });
        let code = install(&ctx, &client, by_script).await.err().map_or(0, Win32Error::code);
        ctx.record(EventKind::AttemptEnded { client: client.host.clone(), attempt, code });
        if code == 0 || !by_script || attempts > rules.retries {
            break code;
        }
        ctx.sleep(rules.retry_every).await;
    };
    ctx.record(EventKind::InstallEnded { client: client.host.clone(), attempts, code });
    code
}

async fn install(ctx: &Ctx, client: &Installation, by_script: bool) -> Result<(), Win32Error> {
    let profile = client.profile();
    if profile.kind == ProductKind::Advanced {
        return advanced_client::install(ctx, client).await;
    }
    let log = &profile.log;
    let (file, component) = match by_script {
        true => (&log.logon_file, &log.logon_component),
        false => (&log.manual_file, &log.manual_component),
    };
    let journal = Journal::new(&profile, file, &log.library_component);
    let outcome = library::install(ctx, client, &journal).await;
    if !by_script {
        journal.signed(component).line(ctx, |lines| &lines.manual_ends, &[]);
    }
    outcome
}

/// Administrators reach their own machine's administrative share, others do not.
async fn is_administrator(ctx: &Ctx, client: &Installation) -> bool {
    let share = client.profile().ccm.connect_share.clone();
    let answer = ctx.call(ctx.host(), Verb::ShareConnect { share }).await;
    !matches!(answer, Err(error) if error.means_no_access())
}

fn raise_request(ctx: &Ctx, site: &Rc<SiteServer>, client: &Rc<Installation>) {
    let start = ActorStart {
        role: Role::ClientConfigurationManager,
        host: site.machine.clone(),
        caller: Caller { host: site.machine.clone(), who: Who::Credentials(site.service_account.clone()) },
        process: None,
        subject: client.host.as_str().into(),
    };
    let (site, client) = (site.clone(), client.clone());
    ctx.spawn(start, move |ctx| ccm::install(ctx, site, client).boxed_local());
}
