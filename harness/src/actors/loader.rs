//! The boot loader: a service that starts the installing program and waits for it.

use std::rc::Rc;

use mockdc_mocks::{Reply, ServiceState, Verb, Win32Error};
use mockdc_scenarios::ChildWait;

use super::Installation;
use super::journal::Journal;
use crate::run::{Ctx, ProgramStart};
use crate::timeline::{EventKind, WaitEnd, WaitFor};

/// Plays the loader's program; the result is its child's, or 0 when it stopped waiting.
pub async fn run(ctx: Ctx, start: ProgramStart, client: Rc<Installation>) -> u32 {
    let profile = client.profile();
    let journal = Journal::new(&profile, &profile.log.remote_file, &profile.log.loader_component);
    report_running(&ctx, &start).await;
    let code = match load(&ctx, &client, &journal).await {
        Ok(code) => code,
        Err(error) => error.code(),
    };
    journal.line(&ctx, |lines| &lines.loader_ends, &[]);
    code
}

async fn load(ctx: &Ctx, client: &Installation, journal: &Journal) -> Result<u32, Win32Error> {
    let profile = client.profile();
    let list = profile.loader.server_list.clone();
    if let Err(error) = ctx.call(ctx.host(), Verb::FileRead { path: list.clone() }).await {
        let values: &[(&str, &dyn std::fmt::Display)] =
            &[("path", &list), ("code", &error.code()), ("text", &ctx.system_text(error))];
        journal.line(ctx, |lines| &lines.loader_no_servers, values);
        journal.line(
            ctx,
            |lines| &lines.loader_no_child,
            &[("code", &error.code()), ("text", &ctx.system_text(error))],
        );
        return Err(error);
    }
    let launch = Verb::ProcessLaunch {
        program: profile.bootstrap.program.clone(),
        as_user: None,
        rights: Default::default(),
        enables: Default::default(),
    };
    let child = match ctx.call(ctx.host(), launch).await {
        Ok(Reply::Process(child)) => child,
        Ok(_) => return Ok(0),
        Err(error) => {
            let values: &[(&str, &dyn std::fmt::Display)] =
                &[("code", &error.code()), ("text", &ctx.system_text(error))];
            journal.line(ctx, |lines| &lines.loader_no_child, values);
            return Err(error);
        }
    };
    client.installer.set(Some(child));

    let began = ctx.now();
    let what = WaitFor::Process { process: child };
    let limit = match profile.loader.waits_for_child {
        ChildWait::TimeOut => Some(profile.loader.time_out),
        ChildWait::UntilExit => None,
    };
    ctx.record(EventKind::WaitBegan { what: what.clone(), limit });
    let ended = match limit {
        Some(limit) => ctx.within(limit, ctx.process_ended(child)).await,
        None => Some(ctx.process_ended(child).await),
    };
    let how = if ended.is_some() { WaitEnd::Met } else { WaitEnd::TimedOut };
    ctx.record(EventKind::WaitEnded { what, how, lasted: ctx.now().since(began) });
    Ok(ended.flatten().unwrap_or(0))
}

/// Tells the service control manager that the service runs.
pub(super) async fn report_running(ctx: &Ctx, start: &ProgramStart) {
    if let Some(service) = &start.service {
        let report = Verb::ServiceReport { service: service.clone(), state: ServiceState::Running, code: 0 };
        // Who cannot report is told so by the manager; there is nobody else to tell.
        let _ = ctx.call(ctx.host(), report).await;
    }
}
