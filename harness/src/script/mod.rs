//! The script actor: any other bootstrap, stated in the scenario file.
//!
//! [`Scripts`] holds the scripts of a plan and starts them: by the run, as the program of a service or a launch, or
//! from one another. A script that another runs is an actor of its own: it knows a copy of what its caller keeps,
//! what it keeps itself stays with it, and it gives back its code. It ends when its caller does.

mod condition;
mod memory;
mod perform;
#[cfg(test)]
mod provoked;
#[cfg(test)]
mod tests;
mod verbs;

use std::collections::BTreeMap;
use std::rc::Rc;

use futures::FutureExt;
use mockdc_mocks::{Caller, HostName, Name, ServiceName, ServiceState, Verb, Who, Win32Error};
use mockdc_scenarios::{Script, ScriptAct, ScriptStep};

use crate::run::{ActorStart, Ctx, ProgramFactory, ProgramStart};
use crate::timeline::Role;
use memory::Memory;
use perform::Performer;

/// Every verb of a script that can be told before it runs: those whose arguments hold nothing that it keeps or draws.
pub(crate) fn stated_verbs(script: &Script, domain: &Name) -> Vec<Verb> {
    let host = script.host.clone().unwrap_or_else(|| "".into());
    let memory = Memory::at(&host);
    let mut found = Vec::new();
    let mut steps: Vec<&ScriptStep> = script.steps.iter().collect();
    while let Some(step) = steps.pop() {
        match &step.act {
            ScriptAct::Do { verb, arguments, .. } => {
                found.extend(verbs::verb(*verb, arguments, &memory, domain).ok());
            }
            ScriptAct::Wait { polling, .. } => steps.extend(polling.as_deref()),
            ScriptAct::If { then, otherwise, .. } => steps.extend(then.iter().chain(otherwise)),
            ScriptAct::FirstOf(ways) => steps.extend(ways.iter().flatten()),
            ScriptAct::Pause(_)
            | ScriptAct::Keep { .. }
            | ScriptAct::Draw { .. }
            | ScriptAct::Log { .. }
            | ScriptAct::Run { .. }
            | ScriptAct::Report { .. }
            | ScriptAct::End(_) => {}
        }
    }
    found
}

/// The scripts of a plan.
#[derive(Clone)]
pub struct Scripts {
    by_name: Rc<BTreeMap<Name, Script>>,
    domain: Name,
}

impl Scripts {
    /// The scripts, and the name of the domain whose accounts they speak of.
    pub fn new(by_name: Rc<BTreeMap<Name, Script>>, domain: Name) -> Scripts {
        Scripts { by_name, domain }
    }

    /// A script by its name.
    pub fn get(&self, name: &Name) -> Option<&Script> {
        self.by_name.get(name)
    }

    /// Who a script is when a time, an event or a step starts it: on its own host, or else on `host`. `None` when
    /// there is no such script or no host to run it on.
    pub fn start(&self, name: &Name, host: Option<&HostName>) -> Option<ActorStart> {
        let script = self.get(name)?;
        let host = script.host.as_ref().or(host)?.clone();
        let caller = self.caller(script, &Memory::at(&host), Caller::system(host.clone()));
        Some(ActorStart { role: Role::Script, host, caller, process: None, subject: name.clone() })
    }

    /// The actor that plays a script as a program: anew at each start, under that start's token unless the script
    /// states credentials of its own.
    pub fn program(&self, name: &Name) -> ProgramFactory {
        let scripts = self.clone();
        let name = name.clone();
        Rc::new(move |start: &ProgramStart| {
            let ProgramStart { host, process, token, service } = start.clone();
            let mut caller = Caller::token(token);
            if let Some(script) = scripts.get(&name) {
                caller = scripts.caller(script, &Memory::at(&host), caller);
            }
            let actor = ActorStart {
                role: Role::Script,
                host,
                caller,
                process: Some(process),
                subject: name.clone(),
            };
            let (scripts, name) = (scripts.clone(), name.clone());
            (actor, Box::new(move |ctx| scripts.play(ctx, name, service).boxed_local()))
        })
    }

    /// Plays a script to its end and gives its code. `service` is the service whose program it is. A service whose
    /// program reports nothing anywhere counts as running from its start.
    pub async fn play(self, ctx: Ctx, name: Name, service: Option<ServiceName>) -> u32 {
        let memory = Memory::speaking(ctx.host(), ctx.language());
        if let Some(service) = service
            && !self.reports(&name, &mut Vec::new())
        {
            let running = Verb::ServiceReport { service, state: ServiceState::Running, code: 0 };
            // A refusal is recorded as the call's code; the program itself runs on, as any program would.
            let _ = ctx.call(ctx.host(), running).await;
        }
        self.perform(ctx, name, memory, 0).await
    }

    async fn perform(self, ctx: Ctx, name: Name, memory: Memory, depth: u32) -> u32 {
        let set = self.by_name.clone();
        match set.get(&name) {
            Some(script) => Performer::new(ctx, self, name, memory, depth).script(&script.steps).await,
            None => Win32Error::FILE_NOT_FOUND.code(),
        }
    }

    /// Under whom a script calls: its own credentials, or else as `given`. Credentials that cannot be filled leave
    /// it as given; resolving a scenario finds them.
    fn caller(&self, script: &Script, memory: &Memory, given: Caller) -> Caller {
        let stated = script.user.as_ref().and_then(|user| memory.credentials(user, &self.domain).ok());
        match stated {
            Some(credentials) => Caller { host: given.host, who: Who::Credentials(credentials) },
            None => given,
        }
    }

    /// Whether a script, or one that it runs, reports a service's state.
    fn reports<'a>(&'a self, name: &'a Name, seen: &mut Vec<&'a Name>) -> bool {
        if seen.contains(&name) {
            return false;
        }
        seen.push(name);
        self.get(name).is_some_and(|script| self.any_reports(&script.steps, seen))
    }

    fn any_reports<'a>(&'a self, steps: &'a [ScriptStep], seen: &mut Vec<&'a Name>) -> bool {
        steps.iter().any(|step| match &step.act {
            ScriptAct::Report { .. } => true,
            ScriptAct::Do { verb, .. } => *verb == mockdc_mocks::VerbKind::ServiceReport,
            ScriptAct::Run { script } => self.reports(script, seen),
            ScriptAct::If { then, otherwise, .. } => {
                self.any_reports(then, seen) || self.any_reports(otherwise, seen)
            }
            ScriptAct::FirstOf(alternatives) => {
                alternatives.iter().any(|steps| self.any_reports(steps, seen))
            }
            ScriptAct::Wait { polling: Some(step), .. } => self.any_reports(std::slice::from_ref(step), seen),
            _ => false,
        })
    }
}

/// The name that a unit variant has in scenario files: `must-change-password`.
fn kebab(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
