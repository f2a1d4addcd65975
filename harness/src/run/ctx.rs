//! What an actor can do: wait, call, write a log, start another.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use futures::future::LocalBoxFuture;
use mockdc_mocks::{
    AccountName, Answer, Caller, HostName, Language, Name, Operation, Outcome, ProcessId, Secret,
    ServiceName, SimTime, Span, Verb, Win32Error,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::sleep::{Sleep, Sleeping};
use super::stage::{ActorStart, Stage};
use super::{CallPath, answered};
use crate::timeline::{ActorId, EventKind, Events, Live};

/// An actor's hands.
#[derive(Clone)]
pub struct Ctx {
    actor: Rc<Body>,
    caller: Caller,
}

/// What an actor has whatever credentials it uses.
struct Body {
    stage: Rc<Stage>,
    path: CallPath,
    id: ActorId,
    process: Option<ProcessId>,
    random: RefCell<Option<Box<ChaCha8Rng>>>,
}

impl Ctx {
    pub(super) fn new(stage: Rc<Stage>, path: CallPath, id: ActorId, start: &ActorStart) -> Ctx {
        let actor = Body { stage, path, id, process: start.process, random: RefCell::default() };
        Ctx { actor: Rc::new(actor), caller: start.caller.clone() }
    }

    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.actor.stage.now()
    }

    /// Where the actor runs.
    pub fn host(&self) -> &HostName {
        &self.caller.host
    }

    /// Under whom it calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Its process, where it is one.
    pub fn process(&self) -> Option<ProcessId> {
        self.actor.process
    }

    /// Its number.
    pub fn id(&self) -> ActorId {
        self.actor.id
    }

    /// Asks for an operation, now; the answer is the future's.
    pub(super) fn ask(&self, by: &Caller, operation: Operation) -> impl Future<Output = Answer> + use<'_> {
        // The operation is performed before the future is polled.
        let asked = match &self.actor.path {
            CallPath::Model => Asked::Answer(self.actor.stage.perform(by, &operation)),
            CallPath::Port(port) => Asked::Future(port.call(by, operation)),
        };
        async move {
            match asked {
                Asked::Answer(outcome) => answered(&self.actor.stage, outcome).await,
                Asked::Future(answer) => answer.await,
            }
        }
    }

    /// The stage that it plays on.
    pub fn stage(&self) -> &Rc<Stage> {
        &self.actor.stage
    }

    /// The same actor under other credentials.
    pub fn with_caller(&self, caller: Caller) -> Ctx {
        Ctx { actor: self.actor.clone(), caller }
    }

    /// Lets time pass, from the first look at the future on.
    pub fn sleep(&self, span: Span) -> Sleep<'_> {
        Sleep { stage: &self.actor.stage, state: Sleeping::For(span) }
    }

    /// Waits for an instant; at once when it is past.
    pub fn sleep_until(&self, at: SimTime) -> Sleep<'_> {
        Sleep { stage: &self.actor.stage, state: Sleeping::Until(at) }
    }

    /// Performs `verb` at a host as the actor's caller.
    pub async fn call(&self, at: &HostName, verb: Verb) -> Answer {
        self.call_as(&self.caller, at, verb).await
    }

    /// Performs `verb` at a host as another caller.
    pub async fn call_as(&self, by: &Caller, at: &HostName, verb: Verb) -> Answer {
        let kind = verb.kind();
        let subject = verb.subject();
        let account: Option<AccountName> = by.credentials().map(|credentials| credentials.user.clone());
        let began = self.now();
        let acting = self.actor.stage.set_acting(Some(self.actor.id));
        let answer = self.ask(by, Operation { at: at.clone(), verb });
        self.actor.stage.set_acting(acting);
        self.actor.stage.seen.set(None);
        let answer = answer.await;
        let code = answer.as_ref().err().map_or(0, |error| error.code());
        self.record(EventKind::Call {
            verb: kind,
            at: at.clone(),
            by: account,
            subject,
            code,
            seen: self.actor.stage.seen.take(),
            took: self.now().since(began),
        });
        answer
    }

    /// The language of the actor's host.
    pub fn language(&self) -> Language {
        self.actor.stage.language_of(self.host())
    }

    /// The system's text for a code, in the language of the actor's host.
    pub fn system_text(&self, error: Win32Error) -> &'static str {
        error.text_in(self.language())
    }

    /// Writes a line to a log of the actor's host.
    pub fn log(&self, file: &Name, component: &Name, text: impl Into<String>) {
        let clock = self.actor.stage.clock_of(self.host());
        // Thread numbers of the products are multiples of four.
        let thread = 100 + 4 * self.actor.id.0;
        self.record(EventKind::Log {
            file: file.clone(),
            component: component.clone(),
            thread,
            clock,
            text: text.into(),
        });
    }

    /// Records an event of the actor and gives its place.
    pub fn record(&self, kind: EventKind) -> u64 {
        self.actor.stage.record(self.caller.host.clone(), Some(self.actor.id), None, kind)
    }

    /// Waits for a process to end and gives its exit code; `None` when it was ended from outside.
    pub async fn process_ended(&self, process: ProcessId) -> Option<u32> {
        poll_fn(|context| match self.actor.stage.process_end(process, context.waker()) {
            Some(code) => Poll::Ready(code),
            None => Poll::Pending,
        })
        .await
    }

    /// Waits until a service does not run.
    pub async fn service_stopped(&self, at: &HostName, service: &ServiceName) {
        let key = (at.clone(), service.clone());
        poll_fn(|context| match self.actor.stage.service_stop(&key, context.waker()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }

    /// Waits until `test` of the live view is true; it is looked at anew after each event.
    pub async fn until(&self, test: impl Fn(&Live) -> bool) {
        poll_fn(|context| {
            if self.actor.stage.live(&test) {
                return Poll::Ready(());
            }
            self.actor.stage.on_change(context.waker());
            Poll::Pending
        })
        .await;
    }

    /// Waits for the next event, whatever it is.
    pub async fn next_event(&self) {
        let seen = self.actor.stage.events(Events::len);
        poll_fn(|context| {
            if self.actor.stage.events(Events::len) > seen {
                return Poll::Ready(());
            }
            self.actor.stage.on_change(context.waker());
            Poll::Pending
        })
        .await;
    }

    /// The future's output, or `None` when the span is over first. A future that is ready at the last instant counts.
    pub async fn within<T>(&self, limit: Span, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let mut expiry = pin!(self.sleep(limit));
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            // A call that is under way takes no time of the scenario: its answer comes first.
            if self.actor.stage.under_way.get() > 0 {
                return Poll::Pending;
            }
            expiry.as_mut().poll(context).map(|()| None)
        })
        .await
    }

    /// Reads the live view of the run.
    pub fn view<R>(&self, read: impl FnOnce(&Live) -> R) -> R {
        self.actor.stage.live(read)
    }

    /// Draws from the actor's own stream.
    pub fn draw<R>(&self, draw: impl FnOnce(&mut ChaCha8Rng) -> R) -> R {
        let mut random = self.actor.random.borrow_mut();
        let stream = random
            .get_or_insert_with(|| Box::new(self.actor.stage.stream(&format!("actor/{}", self.actor.id.0))));
        draw(stream)
    }

    /// Draws a password of `length` characters, at least four: both cases, a digit and another character in it.
    pub fn password(&self, length: usize) -> Secret {
        const CLASSES: [&[u8]; 4] =
            [b"ABCDEFGHJKLMNPQRSTUVWXYZ", b"abcdefghijkmnopqrstuvwxyz", b"23456789", b"!#%()*+-=?@"];
        self.draw(|random| {
            let text: String = (0..length)
                .map(|place| {
                    let class =
                        if place < 4 { CLASSES[place] } else { CLASSES[random.random_range(0..4usize)] };
                    char::from(class[random.random_range(0..class.len())])
                })
                .collect();
            Secret::from(text)
        })
    }

    /// Draws a name of `length` letters and digits, a letter first.
    pub fn draw_name(&self, length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        self.draw(|random| {
            (0..length)
                .map(|place| {
                    let choice = if place == 0 { 26 } else { LETTERS.len() };
                    char::from(LETTERS[random.random_range(0..choice)])
                })
                .collect()
        })
    }

    /// Draws a span from zero to `up_to`, both included.
    pub fn draw_span(&self, up_to: Span) -> Span {
        self.draw(|random| Span::millis(random.random_range(0..=up_to.as_millis().max(0))))
    }

    /// Starts another actor as soon as this one gives way.
    pub fn spawn(
        &self,
        start: ActorStart,
        run: impl FnOnce(Ctx) -> LocalBoxFuture<'static, u32> + 'static,
    ) -> ActorId {
        self.actor.stage.spawn(start, Box::new(run))
    }
}

/// What has been asked for.
enum Asked {
    /// It is done, and the answer may take its time.
    Answer(Outcome),
    /// Somebody else does it.
    Future(LocalBoxFuture<'static, Answer>),
}
