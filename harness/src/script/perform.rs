//! Performing the steps of a script, one after the other.

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{Either, LocalBoxFuture, select};
use mockdc_mocks::{Caller, HostName, Name, Reply, ServiceState, Span, Verb, VerbKind, Who, Win32Error};
use mockdc_scenarios::{Condition, Draw, ScriptAct, ScriptStep, ScriptUser};

use super::memory::Memory;
use super::verbs::{Unusable, kept_of, verb};
use super::{Scripts, condition};
use crate::run::{ActorStart, Ctx};
use crate::timeline::{EventKind, Role, WaitEnd, WaitFor};

/// Scripts that run scripts that run scripts: more than anyone means.
const DEEPEST: u32 = 32;

/// Longer drawn names and passwords than any product takes.
const LONGEST_DRAW: u32 = 1_024;

/// One script at work.
pub(super) struct Performer {
    ctx: Ctx,
    scripts: Scripts,
    name: Name,
    memory: Memory,
    depth: u32,
}

/// How the script goes on after a step.
enum Flow {
    /// With the next one.
    On,
    /// Not at all: a step ended with a code that it does not go on with.
    Refused(u32),
    /// Not at all: it said so.
    End(u32),
}

/// What came of a step, before it is judged.
enum Done {
    /// An operation's reply.
    Reply(Reply),
    /// A code; 0 for success.
    Code(u32),
    /// The script ends with this code.
    End(u32),
}

impl Performer {
    pub(super) fn new(ctx: Ctx, scripts: Scripts, name: Name, memory: Memory, depth: u32) -> Performer {
        Performer { ctx, scripts, name, memory, depth }
    }

    /// Performs all steps and gives the script's code: 0 when none of them was refused and none ended it.
    pub(super) async fn script(mut self, steps: &[ScriptStep]) -> u32 {
        match self.steps(steps).await {
            Flow::On => 0,
            Flow::Refused(code) | Flow::End(code) => code,
        }
    }

    async fn steps(&mut self, steps: &[ScriptStep]) -> Flow {
        for step in steps {
            match self.step(step).await {
                Flow::On => {}
                other => return other,
            }
        }
        Flow::On
    }

    /// Performs a step, notes and records its code, and judges it.
    fn step<'a>(&'a mut self, step: &'a ScriptStep) -> LocalBoxFuture<'a, Flow> {
        async move {
            let done = match self.act(step).await {
                Ok(done) => done,
                Err(unusable) => {
                    let why = self.memory.hidden(&format!("{}: {unusable}", step.id));
                    self.remember(&"error".into(), why);
                    Done::Code(Win32Error::INVALID_PARAMETER.code())
                }
            };
            let code = match done {
                Done::Reply(_) => 0,
                Done::Code(code) | Done::End(code) => code,
            };
            if let Some(name) = &step.keep {
                self.keep(name, &done);
            }
            self.memory.note(&step.id, code);
            self.ctx.record(EventKind::ScriptStep { script: self.name.clone(), step: step.id.clone(), code });
            match done {
                Done::End(code) => Flow::End(code),
                _ => judged(step, code),
            }
        }
        .boxed_local()
    }

    async fn act(&mut self, step: &ScriptStep) -> Result<Done, Unusable> {
        Ok(match &step.act {
            ScriptAct::Do { at, user, verb, arguments } => {
                self.operate(at.as_deref(), user.as_ref(), *verb, arguments).await?
            }
            ScriptAct::Wait { until, polling, every, limit } => {
                self.wait(&step.id, until, polling.as_deref(), *every, *limit).await
            }
            ScriptAct::Pause(span) => {
                self.ctx.sleep(*span).await;
                Done::Code(0)
            }
            ScriptAct::Keep { name, value } => {
                self.memory.keep_filled(name, value)?;
                self.record_kept(name);
                Done::Code(0)
            }
            ScriptAct::Draw { name, kind, length } => self.draw(name, *kind, *length)?,
            ScriptAct::Log { file, component, text } => {
                let text = self.memory.shown(text)?.into_owned();
                self.ctx.log(file, component, text);
                Done::Code(0)
            }
            ScriptAct::If { condition, then, otherwise } => {
                let steps = if self.asks(condition) { then } else { otherwise };
                self.steps(steps).await.into()
            }
            ScriptAct::Run { script } => self.run(script).await?,
            ScriptAct::FirstOf(alternatives) => {
                let mut last = Flow::On;
                for steps in alternatives {
                    last = self.steps(steps).await;
                    if !matches!(last, Flow::Refused(_)) {
                        break;
                    }
                }
                last.into()
            }
            ScriptAct::Report { service, failed } => {
                let (state, code) = match failed {
                    None => (ServiceState::Running, 0),
                    Some(code) => (ServiceState::Stopped, *code),
                };
                let verb = Verb::ServiceReport { service: service.clone(), state, code };
                let answer = self.ctx.call(self.ctx.host(), verb).await;
                match failed {
                    Some(code) => Done::End(*code),
                    None => answer.into(),
                }
            }
            ScriptAct::End(code) => Done::End(*code),
        })
    }

    async fn operate(
        &mut self,
        at: Option<&str>,
        user: Option<&ScriptUser>,
        kind: VerbKind,
        arguments: &toml::Table,
    ) -> Result<Done, Unusable> {
        let verb = verb(kind, arguments, &self.memory, &self.scripts.domain)?;
        let at: HostName = match at {
            Some(at) => self.memory.fill(at)?.as_ref().into(),
            None => self.ctx.host().clone(),
        };
        let answer = match user {
            Some(user) => {
                let credentials = self.memory.credentials(user, &self.scripts.domain)?;
                let caller = Caller { host: self.ctx.host().clone(), who: Who::Credentials(credentials) };
                self.ctx.call_as(&caller, &at, verb).await
            }
            None => self.ctx.call(&at, verb).await,
        };
        Ok(answer.into())
    }

    /// Looks at the condition now, then at each interval, and for the last time at the deadline, which counts. A
    /// polling step goes before each look; one that has no answer at the deadline is given up. Its code is for the
    /// condition to look at: it ends the wait only where the step says what it tolerates or requires.
    async fn wait(
        &mut self,
        id: &Name,
        until: &Condition,
        polling: Option<&ScriptStep>,
        every: Span,
        limit: Option<Span>,
    ) -> Done {
        let began = self.ctx.now();
        let what = WaitFor::Condition { step: id.clone() };
        self.ctx.record(EventKind::WaitBegan { what: what.clone(), limit });
        // A look each millisecond is the most that time allows.
        let every = every.max(Span::millis(1));
        let deadline = limit.map(|limit| began + limit);
        let (how, done) = loop {
            if let Some(polling) = polling {
                let flow = match deadline {
                    Some(deadline) => {
                        let left = deadline.since(self.ctx.now());
                        self.ctx.clone().within(left, self.step(polling)).await
                    }
                    None => Some(self.step(polling).await),
                };
                match flow {
                    Some(Flow::On) | None => {}
                    Some(Flow::Refused(_)) if !is_particular(polling) => {}
                    Some(flow) => break (WaitEnd::Abandoned, flow.into()),
                }
            }
            if self.asks(until) {
                break (WaitEnd::Met, Done::Code(0));
            }
            let now = self.ctx.now();
            let next = match deadline {
                Some(deadline) if now >= deadline => {
                    break (WaitEnd::TimedOut, Done::Code(Win32Error::TIMEOUT.code()));
                }
                Some(deadline) => deadline.min(now + every),
                None => now + every,
            };
            self.ctx.sleep_until(next).await;
        };
        let lasted = self.ctx.now().since(began);
        self.ctx.record(EventKind::WaitEnded { what, how, lasted });
        done
    }

    fn asks(&self, condition: &Condition) -> bool {
        let now = self.ctx.now();
        self.ctx.view(|live| condition::asked(condition, live, now, &self.name, &self.memory))
    }

    fn draw(&mut self, name: &Name, kind: Draw, length: u32) -> Result<Done, Unusable> {
        if length > LONGEST_DRAW {
            return Err(serde::de::Error::custom(format!(
                "{length} characters are more than can be drawn: {LONGEST_DRAW}"
            )));
        }
        let length = length as usize;
        match kind {
            Draw::Password => {
                let password = self.ctx.password(length);
                self.ctx.stage().hide(password.reveal());
                self.memory.keep_secret(name, password.reveal().to_owned());
            }
            Draw::Name => self.memory.keep(name, self.ctx.draw_name(length)),
        }
        self.record_kept(name);
        Ok(Done::Code(0))
    }

    /// Runs another script as an actor of its own and waits for its code.
    async fn run(&mut self, name: &Name) -> Result<Done, Unusable> {
        let Some(script) = self.scripts.get(name) else {
            return Err(serde::de::Error::custom(format!("there is no script `{name}`")));
        };
        if self.depth >= DEEPEST {
            return Err(serde::de::Error::custom(format!(
                "scripts run scripts {DEEPEST} deep: `{name}` would be one more"
            )));
        }
        let mut given = self.ctx.caller().clone();
        if let Some(host) = script.host.as_ref().filter(|host| *host != self.ctx.host()) {
            given = Caller::system(host.clone());
        }
        let caller = self.scripts.caller(script, &self.memory, given);
        let start = ActorStart {
            role: Role::Script,
            host: caller.host.clone(),
            caller,
            process: None,
            subject: name.clone(),
        };
        let mut memory = self.memory.for_sub_script();
        memory.keep(&"host".into(), start.host.as_str().to_owned());
        let (mut ended, code) = oneshot::channel();
        let (scripts, name, depth) = (self.scripts.clone(), name.clone(), self.depth + 1);
        self.ctx.spawn(start, move |ctx| {
            async move {
                let body = scripts.perform(ctx, name, memory, depth).boxed_local();
                // Whoever waits for the code is gone when its process was ended: then this script ends, too.
                match select(body, ended.cancellation()).await {
                    Either::Left((code, _)) => {
                        let _ = ended.send(code);
                        code
                    }
                    Either::Right(_) => Win32Error::CAN_NOT_COMPLETE.code(),
                }
            }
            .boxed_local()
        });
        Ok(Done::Code(code.await.unwrap_or(Win32Error::CAN_NOT_COMPLETE.code())))
    }

    /// Keeps a reply's value with what hangs on it, or the code where there is no reply.
    fn keep(&mut self, name: &Name, done: &Done) {
        match done {
            Done::Reply(reply) => {
                let (main, rest) = kept_of(reply);
                self.remember(name, main);
                for (attribute, value) in rest {
                    self.remember(&Name::from(format!("{name}.{attribute}")), value);
                }
            }
            Done::Code(code) | Done::End(code) => self.remember(name, code.to_string()),
        }
    }

    fn remember(&mut self, name: &Name, value: String) {
        self.memory.keep(name, value);
        self.record_kept(name);
    }

    fn record_kept(&self, name: &Name) {
        let value = self.memory.shown_value(name).unwrap_or_default().to_owned();
        self.ctx.record(EventKind::ScriptKept { script: self.name.clone(), name: name.clone(), value });
    }
}

impl From<Flow> for Done {
    fn from(flow: Flow) -> Done {
        match flow {
            Flow::On => Done::Code(0),
            Flow::Refused(code) => Done::Code(code),
            Flow::End(code) => Done::End(code),
        }
    }
}

impl From<mockdc_mocks::Answer> for Done {
    fn from(answer: mockdc_mocks::Answer) -> Done {
        match answer {
            Ok(reply) => Done::Reply(reply),
            Err(error) => Done::Code(error.code()),
        }
    }
}

/// Whether a step says which codes it goes on with.
fn is_particular(step: &ScriptStep) -> bool {
    step.require.is_some() || step.tolerate.as_ref().is_some_and(|tolerated| !tolerated.is_empty())
}

/// Whether the script goes on with this code. A required failure that does not occur is itself a failure.
fn judged(step: &ScriptStep, code: u32) -> Flow {
    match (step.require, &step.tolerate) {
        (Some(required), _) if code == required => Flow::On,
        (Some(_), _) if code == 0 => Flow::Refused(Win32Error::CAN_NOT_COMPLETE.code()),
        (Some(_), _) => Flow::Refused(code),
        (None, None) => Flow::On,
        (None, Some(tolerated)) if code == 0 || tolerated.contains(&code) => Flow::On,
        (None, Some(_)) => Flow::Refused(code),
    }
}
