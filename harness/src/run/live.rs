//! The driver of a live run: the scenario's actors go on in the scenario's time, while clients of LDAP, a program and
//! an operator come in from outside.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use mockdc_mocks::ldap::LiveDomain;
use mockdc_mocks::{Answer, Caller, HostName, Operation, Outcome, Port, SimTime, Span};

use super::inbox::{Heard, Inbox};
use super::life::{Next, latency, life, what_next};
use super::live_clock::LiveClock;
use super::stage::Stage;
use super::turns::Turns;
use super::wire::Watcher;
use super::{CallPath, Ending};
use crate::timeline::{ActorId, EndReason, EventKind, Role};

/// The port of a live run's own actors.
struct LivePort {
    stage: Rc<Stage>,
    live: LiveDomain,
    watcher: Rc<Watcher>,
    inbox: Inbox,
    asked: Waiting,
}

/// What was heard and only the driver can do, in order.
type Waiting = Rc<RefCell<VecDeque<Heard>>>;

impl Port for LivePort {
    fn call(&self, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Answer> {
        let asked = self.stage.now();
        let outcome = self.live.apply(by, &operation);
        // What clients brought about before this call comes first: the domain has done it in this order.
        hear(&self.stage, &self.watcher, &self.inbox, &self.asked);
        let Outcome { answer, takes, seen, .. } = outcome;
        let stage = self.stage.clone();
        let mut answer = Some(answer);
        async move {
            if takes > Span::ZERO {
                latency(&stage, asked + takes).await;
            }
            stage.seen.set(seen);
            // It is polled once after it is ready, and the actor that called looks at `seen` before anyone else.
            poll_fn(move |_| answer.take().map_or(Poll::Pending, Poll::Ready)).await
        }
        .boxed_local()
    }
}

/// ERROR_PROCESS_ABORTED, what a program is said to have ended with that something else has ended.
const PROCESS_ABORTED: u32 = 1067;

/// When a live run ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// Never: somebody ends it.
    Never,
    /// The scenario's end, once the program has ended. From then on nothing is waited for: the clock jumps.
    AfterTheProgram,
}

/// Drives a stage over a live domain.
pub struct LiveDriver {
    pub(super) stage: Rc<Stage>,
    live: LiveDomain,
    clock: LiveClock,
    inbox: Inbox,
    path: CallPath,
    turns: Turns,
    watcher: Rc<Watcher>,
    program: Option<(ActorId, HostName)>,
    /// The program has ended, or there was none to wait for.
    closing: bool,
    /// Faults that were added without a name.
    faults: u32,
    asked: Waiting,
}

impl LiveDriver {
    /// A driver over a live domain whose clock is `clock`. `client` is the host that wire clients are taken to be at;
    /// each controller's own when absent.
    pub fn new(stage: Rc<Stage>, live: LiveDomain, clock: LiveClock, client: Option<HostName>) -> LiveDriver {
        let inbox = Inbox::default();
        inbox.listen(&live);
        let watcher = Rc::new(Watcher::new(client));
        let watches = watcher.clone();
        stage.witness(Rc::new(move |_, event| watches.see(event)));
        let asked = Waiting::default();
        let port = Rc::new(LivePort {
            stage: stage.clone(),
            live: live.clone(),
            watcher: watcher.clone(),
            inbox: inbox.clone(),
            asked: asked.clone(),
        });
        let turns = Turns::on(&stage.present);
        LiveDriver {
            stage,
            live,
            clock,
            inbox,
            path: CallPath::Port(port),
            turns,
            watcher,
            program: None,
            closing: false,
            faults: 0,
            asked,
        }
    }

    /// Where the driver hears of what happens beside it.
    pub fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    /// The stage.
    pub fn stage(&self) -> &Rc<Stage> {
        &self.stage
    }

    /// The domain.
    pub fn live(&self) -> &LiveDomain {
        &self.live
    }

    /// The clock.
    pub fn clock(&self) -> &LiveClock {
        &self.clock
    }

    /// The user's program starts on a host, with an account's credentials: what clients ask from now on is its doing.
    pub fn program_starts(&mut self, host: HostName, account: mockdc_mocks::AccountName) {
        let id = self.stage.enrol();
        let subject = "program".into();
        let kind =
            EventKind::ActorStarted { role: Role::Program, process: None, account: Some(account), subject };
        self.stage.record(host.clone(), Some(id), None, kind);
        self.watcher.belongs_to(id);
        self.program = Some((id, host));
    }

    /// Records that somebody changed the course of the run from outside.
    pub fn intervened(
        &self,
        what: String,
        adds: Option<mockdc_mocks::Name>,
        lifts: Option<mockdc_mocks::Name>,
    ) {
        let host = self.pdc();
        self.stage.record(host, None, None, EventKind::Intervention { what, adds, lifts });
    }

    /// A name for a fault that nobody has named.
    pub fn next_fault(&mut self) -> mockdc_mocks::Name {
        self.faults += 1;
        format!("control-{}", self.faults).into()
    }

    /// The primary domain controller.
    pub fn pdc(&self) -> HostName {
        let pdc = self.live.controllers().into_iter().find(|(_, role)| *role == mockdc_mocks::DcRole::Pdc);
        pdc.map_or_else(|| "PDC".into(), |(name, _)| name)
    }

    /// Lets time pass from outside: every instant up to `to` is played. A clock with a speed goes on from there.
    pub fn pass(&mut self, to: SimTime) {
        while self.stage.ended.get().is_none() {
            let next = self.next_instant();
            let Some(next) = next.filter(|next| *next <= to) else { break };
            self.play(next);
        }
        self.reach(to);
        self.clock.rebase();
    }

    /// Runs until the end that `close` says, until somebody stops it, or until it runs away. `closes` is called once
    /// when nobody from outside is waited for any more, before the clock jumps to the end. `told` is called whenever
    /// something may have happened.
    pub async fn run(
        mut self,
        until: SimTime,
        close: Close,
        closes: impl AsyncFnOnce(),
        mut told: impl FnMut(&Stage),
    ) -> Ending {
        self.hear();
        self.settle();
        while self.stage.ended.get().is_none() && !(self.closing && close == Close::AfterTheProgram) {
            told(&self.stage);
            self.wait_and_play().await;
        }
        closes().await;
        self.hear();
        self.settle();
        self.attend_all();
        while self.stage.ended.get().is_none() {
            let last = until.min(self.stage.curtain());
            let model = self.live.advance();
            match what_next(&self.stage, model, until) {
                Next::Play(next) => self.play(next),
                Next::End(reason) => self.stage.end(reason),
                Next::FinishAndEnd(reason) => {
                    self.reach(last.max(self.stage.now()));
                    self.stage.end(reason);
                }
            }
        }
        let reason = self.stage.ended.get().unwrap_or(EndReason::Quiet);
        self.stage.record(self.pdc(), None, None, EventKind::End { reason });
        told(&self.stage);
        self.inbox.close();
        Ending { events: self.stage.take_events(), reason, at: self.stage.now() }
    }

    /// When the scenario next has something to do by itself.
    fn next_instant(&self) -> Option<SimTime> {
        let timer = self.stage.timers.borrow().next_deadline();
        let next = timer.into_iter().chain(self.live.advance()).min();
        next.map(|next| next.max(self.stage.now()))
    }

    /// Lets the clock run until something is due or somebody comes in, and plays it.
    async fn wait_and_play(&mut self) {
        // What has been heard already rings no more.
        if !self.asked.borrow().is_empty() {
            return self.attend_all();
        }
        // A client's message may wait for an instant that nothing else is due at, and that no fact tells of.
        let mut changes = self.live.changes();
        let next = self.next_instant().unwrap_or(SimTime::NEVER);
        if next <= self.stage.now() {
            self.play(next);
            return self.attend_all();
        }
        let until = self.clock.thaw(next);
        let due = async {
            match until {
                Some(wait) if wait > Duration::ZERO => tokio::time::sleep(wait).await,
                Some(_) => {}
                None => std::future::pending().await,
            }
        };
        let inbox = self.inbox.clone();
        tokio::select! {
            () = inbox.rings() => {}
            Ok(()) = changes.changed() => {}
            () = due => {}
        }
        let now = self.clock.freeze();
        // Whoever is at work in the domain has read the clock before it stood: what it does there is heard first.
        self.live.advance();
        self.hear();
        self.stage.set_now(now.max(self.stage.now()));
        self.settle();
        if next <= now {
            self.play(next);
        }
        self.attend_all();
    }

    /// Does what was asked meanwhile.
    fn attend_all(&mut self) {
        loop {
            let asked = self.asked.borrow_mut().pop_front();
            let Some(asked) = asked else { return };
            self.attend(asked);
            self.hear();
            self.settle();
        }
    }

    fn attend(&mut self, asked: Heard) {
        match asked {
            Heard::Asked(action) => action(self),
            Heard::Stop => self.stage.end(EndReason::Stopped),
            Heard::Line { file, text } => {
                let Some((id, host)) = self.program.clone() else { return };
                let kind = EventKind::Log {
                    file: file.into(),
                    component: "program".into(),
                    thread: 100 + 4 * id.0,
                    clock: self.stage.clock_of(&host),
                    text,
                };
                self.stage.record(host, Some(id), None, kind);
            }
            Heard::Ended { ended, files } => {
                self.closing = true;
                let Some((id, host)) = self.program.clone() else { return };
                for (path, content) in files {
                    let key = mockdc_mocks::StateKey::File { path: path.into() };
                    let value = content.map(|text| mockdc_mocks::Value::Text(text.into()));
                    let fact = mockdc_mocks::Fact::State { key, value, version: None };
                    self.stage.record(host.clone(), Some(id), None, EventKind::Fact(fact));
                }
                self.stage.record(host.clone(), Some(id), None, EventKind::ProgramEnded { ended });
                let code = match ended {
                    mockdc_scenarios::ProgramEnding::Code(code) => code,
                    mockdc_scenarios::ProgramEnding::TimedOut => mockdc_mocks::Win32Error::TIMEOUT.code(),
                    mockdc_scenarios::ProgramEnding::Killed => PROCESS_ABORTED,
                };
                self.stage.record(host, Some(id), None, EventKind::ActorEnded { role: Role::Program, code });
            }
            Heard::Facts(_) | Heard::Wire(_) => {}
        }
    }

    /// Everything that happens at one instant.
    fn play(&mut self, now: SimTime) {
        self.reach(now);
        while self.stage.ended.get().is_none() {
            let due = self.stage.timers.borrow_mut().pop_due(now);
            let Some(wakes) = due else { break };
            self.turns.wake(wakes);
            self.settle();
        }
    }

    /// Brings the clock to an instant and lets the domain move, then everyone who saw it.
    fn reach(&mut self, now: SimTime) {
        self.clock.set(now);
        self.live.advance();
        self.hear();
        self.stage.set_now(now.max(self.stage.now()));
        self.settle();
    }

    /// Records what was heard.
    fn hear(&mut self) {
        hear(&self.stage, &self.watcher, &self.inbox, &self.asked);
    }

    /// Lets every actor go on until all of them wait, newly born ones included.
    fn settle(&mut self) {
        loop {
            while let Some(birth) = self.next_birth() {
                let life = life(birth, &self.stage, &self.path);
                self.turns.add(life);
            }
            self.turns.all();
            if self.stage.births.borrow().is_empty() || self.stage.ended.get().is_some() {
                return;
            }
        }
    }

    fn next_birth(&self) -> Option<super::stage::Birth> {
        self.stage.births.borrow_mut().pop_front()
    }
}

/// Records what the domain and its servers say; what only the driver can do is put by, in order.
fn hear(stage: &Stage, watcher: &Watcher, inbox: &Inbox, asked: &Waiting) {
    while let Some(heard) = inbox.take() {
        match heard {
            Heard::Facts(facts) => {
                for record in facts {
                    stage.set_now(record.at.max(stage.now()));
                    stage.record_these(vec![record]);
                }
            }
            Heard::Wire(event) => {
                stage.set_now(event.at.max(stage.now()));
                if let Some((host, actor, kind)) = watcher.told(&event) {
                    stage.record(host, actor, None, kind);
                }
            }
            other => asked.borrow_mut().push_back(other),
        }
    }
}
