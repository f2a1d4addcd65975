//! What a step does when its cue comes.

use mockdc_mocks::{Authority, Caller, Credentials, HostName, Operation, ServiceName, Verb, Who};
use mockdc_scenarios::{Action, Step};

use super::cast::Cast;
use crate::run::{ActorStart, Ctx};
use crate::timeline::{EventKind, Role};

/// Performs a step and records that it ran, with the code of what it did.
pub(super) async fn perform(ctx: Ctx, cast: &Cast, step: &Step) -> u32 {
    let code = act(&ctx, cast, &step.action).await;
    ctx.record(EventKind::Step { id: step.id.clone(), code });
    code
}

async fn act(ctx: &Ctx, cast: &Cast, action: &Action) -> u32 {
    match action {
        Action::Install { client, by, method, user } => {
            let user = user.clone().unwrap_or_else(|| cast.administrator());
            cast.install(ctx, client, by.as_ref(), *method, user);
            0
        }
        Action::Upgrade { client, profile } => cast.upgrade(ctx, client, profile).await,
        Action::Cycle { client } => cast.cycle(ctx, client).await,
        Action::Do { operation, user, require } => {
            let caller = caller(cast, operation, user.as_ref());
            let code = code_of(ctx.call_as(&caller, &operation.at, operation.verb.clone()).await);
            // A code that the step requires is the step's success; any other answer is its failure.
            match require {
                Some(required) if *required == code => 0,
                Some(_) if code == 0 => mockdc_mocks::Win32Error::CAN_NOT_COMPLETE.code(),
                _ => code,
            }
        }
        Action::RestartService { host, service } => restart(ctx, host, service).await,
        Action::Run { script } => {
            cast.run_script(ctx, script);
            0
        }
    }
}

/// Stops a service, when it runs, and starts it again, as its machine's own system.
async fn restart(ctx: &Ctx, host: &HostName, service: &ServiceName) -> u32 {
    let caller = Caller::system(host.clone());
    let _ = ctx.call_as(&caller, host, Verb::ServiceStop { service: service.clone() }).await;
    ctx.service_stopped(host, service).await;
    code_of(ctx.call_as(&caller, host, Verb::ServiceStart { service: service.clone() }).await)
}

/// Under whom an operator acts: as stated, as the domain's Administrator at a domain controller, or as the machine's
/// own system on a member.
fn caller(cast: &Cast, operation: &Operation, user: Option<&Credentials>) -> Caller {
    let host = operation.at.clone();
    let credentials = match user {
        Some(credentials) => credentials.clone(),
        None if cast.is_controller(&host) => cast.administrator(),
        None => return Caller::system(host),
    };
    Caller { host, who: Who::Credentials(credentials) }
}

fn code_of(answer: mockdc_mocks::Answer) -> u32 {
    answer.err().map_or(0, |error| error.code())
}

/// The operator who performs a step: a person at the PDC with the rights of a domain administrator.
pub(super) fn operator(cast: &Cast, subject: &mockdc_mocks::Name) -> ActorStart {
    let host = cast.pdc().clone();
    let caller = Caller { host: host.clone(), who: Who::Credentials(cast.administrator()) };
    ActorStart { role: Role::Operator, host, caller, process: None, subject: subject.clone() }
}

impl Cast {
    /// The credentials of the domain's built-in Administrator.
    pub(super) fn administrator(&self) -> Credentials {
        Credentials {
            authority: Authority::Domain,
            user: "Administrator".into(),
            password: self.plan.world.domain.administrator_password.clone(),
        }
    }

    /// Whether a host is a domain controller.
    pub(super) fn is_controller(&self, host: &HostName) -> bool {
        self.plan.world.dcs.iter().any(|dc| dc.name == *host)
    }
}
