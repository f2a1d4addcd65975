//! The client's maintenance cycle.

use std::rc::Rc;

use mockdc_mocks::{SimTime, Span, Win32Error};

use super::journal::Journal;
use super::{Installation, components};
use crate::run::Ctx;

/// When the next cycle of a client is due whose service starts at `now`: as it was due before, or a period from now
/// when that instant was missed or there was none.
pub(super) fn due(client: &Installation, now: SimTime) -> SimTime {
    let due = match client.next_cycle.get() {
        Some(due) if due > now => due,
        _ => now + client.profile().client_service.cycle,
    };
    client.next_cycle.set(Some(due));
    due
}

/// Runs the cycles of a service, for ever, the first one at `due`.
pub(super) async fn cycles(ctx: &Ctx, client: &Installation, mut due: SimTime) -> u32 {
    loop {
        ctx.sleep_until(due).await;
        // A service mostly waits: what a cycle needs is there only while it goes on.
        let _ = Box::pin(cycle(ctx, client)).await;
        // A cycle that was run by hand in the meantime has moved the next one.
        due = client.next_cycle.get().filter(|next| *next > ctx.now()).unwrap_or(ctx.now() + Span::millis(1));
    }
}

/// Runs one cycle now, under the service's account. The result is 0, or the code of a component that failed, or
/// that of a service that does not run.
pub async fn now(ctx: Ctx, client: Rc<Installation>) -> u32 {
    let running = client.service.borrow().clone();
    let outcome = match running {
        Some(caller) => Box::pin(cycle(&ctx.with_caller(caller), &client)).await,
        None => Err(Win32Error::SERVICE_NOT_ACTIVE),
    };
    outcome.err().map_or(0, Win32Error::code)
}

async fn cycle(ctx: &Ctx, client: &Installation) -> Result<(), Win32Error> {
    let profile = client.profile();
    let log = &profile.log;
    let own = Journal::new(&profile, &log.maintenance_file, &log.maintenance_component);
    let service = Journal::new(&profile, &log.client_service_file, &log.client_service_component);
    // A period of nothing would stop the clock.
    client.next_cycle.set(Some(ctx.now() + profile.client_service.cycle.max(Span::millis(1))));
    let failing = &profile.client_service.failing_status;
    for component in profile.components.values() {
        let pending = client.statuses.borrow().get(&component.agent) == Some(failing);
        let values: &[(&str, &dyn std::fmt::Display)] = &[("component", &component.title)];
        if pending {
            own.line(ctx, |lines| &lines.cycle_installs, values);
        } else {
            own.line(ctx, |lines| &lines.cycle_verifies, values);
        }
    }
    let outcome = components::go_through(ctx, client, &service, profile.client_service.rights_at_cycle).await;
    own.line(ctx, |lines| &lines.cycle_done, &[]);
    outcome
}
