//! What the actors of a run share: the clock, the timers, the domain model and the recorded events.

mod birth;
mod following;
mod opening;

pub(super) use birth::{Actor, Actors, Birth};
pub use birth::{ActorFuture, ActorStart, ProgramFactory, ProgramStart};
pub(crate) use opening::Opening;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use mockdc_mocks::{
    Caller, Domain, Fact, FactRecord, HostName, Language, Operation, Outcome, ProgramName, ServiceName,
    SimTime, Span, StateKey,
};
use rand_chacha::ChaCha8Rng;

use self::following::Waiting;
use super::Ctx;
use super::life::Doom;
use super::margin::{Margin, Watched};
use super::pulse::Pulse;
use super::secrets::Secrets;
use super::timers::Timers;
use super::turns::Present;
use crate::timeline::{ActorId, EndReason, Event, EventKind, Events, Live, Role};

/// Looks at each event as it is recorded. It must not record events itself; it may wake actors and spawn them.
pub type Observer = Rc<dyn Fn(&Stage, &Event)>;

/// Room for the events of a run beyond its opening.
const EXPECTED_EVENTS: usize = 512;

/// More events than this at one instant after the start, and a run of the smallest limit goes round in a circle.
const INSTANT_LIMIT: usize = 100_000;

/// The shared heart of a run.
pub struct Stage {
    now: Cell<SimTime>,
    pub(super) timers: RefCell<Timers>,
    /// Whose turn it is.
    pub(super) present: Present,
    pub(super) domain: RefCell<Option<Domain>>,
    events: RefCell<Events>,
    /// Room for the facts of an operation.
    facts: RefCell<Vec<FactRecord>>,
    secrets: Secrets,
    live: RefCell<Live>,
    witnesses: RefCell<Vec<Observer>>,
    observers: RefCell<Vec<Observer>>,
    programs: RefCell<BTreeMap<(HostName, ProgramName), ProgramFactory>>,
    pub(super) actors: RefCell<Actors>,
    pub(super) births: RefCell<VecDeque<Birth>>,
    next_actor: Cell<u32>,
    acting: Cell<Option<ActorId>>,
    pub(super) seen: Cell<Option<mockdc_mocks::Version>>,
    waiting: RefCell<Waiting>,
    skews: RefCell<Vec<Skew>>,
    languages: RefCell<BTreeMap<HostName, Language>>,
    seed: u64,
    limit: usize,
    curtain: Cell<SimTime>,
    busy: Cell<(SimTime, usize)>,
    progress: Cell<SimTime>,
    pub(super) ended: Cell<Option<EndReason>>,
    /// Calls of the actor whose turn it is that a world still works on.
    pub(super) under_way: Cell<u32>,
    /// Actors that were ended by their own call while its answer is still to come: they take it first.
    pub(super) condemned: RefCell<Option<Vec<Rc<Doom>>>>,
    pub(super) watched: RefCell<Option<Watched>>,
    pulse: OnceCell<Arc<Pulse>>,
}

/// How far a host's clock is wrong, and when.
struct Skew {
    host: HostName,
    from: SimTime,
    until: SimTime,
    by: Span,
}

impl Stage {
    /// A stage at the scenario's start. Without a domain model it serves rehearsals against another port.
    pub fn new(domain: Option<Domain>, live: Live, seed: u64, limit: usize) -> Rc<Stage> {
        Rc::new(Stage {
            now: Cell::new(SimTime::START),
            timers: RefCell::default(),
            present: Present::default(),
            domain: RefCell::new(domain),
            events: RefCell::default(),
            facts: RefCell::default(),
            secrets: Secrets::default(),
            live: RefCell::new(live),
            witnesses: RefCell::default(),
            observers: RefCell::default(),
            programs: RefCell::default(),
            actors: RefCell::default(),
            births: RefCell::default(),
            next_actor: Cell::new(0),
            acting: Cell::new(None),
            seen: Cell::new(None),
            waiting: RefCell::default(),
            skews: RefCell::default(),
            languages: RefCell::default(),
            seed,
            limit,
            curtain: Cell::new(SimTime::NEVER),
            busy: Cell::new((SimTime::START, 0)),
            progress: Cell::new(SimTime::START),
            ended: Cell::new(None),
            under_way: Cell::new(0),
            condemned: RefCell::default(),
            watched: RefCell::default(),
            pulse: OnceCell::new(),
        })
    }

    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.now.get()
    }

    pub(super) fn set_now(&self, now: SimTime) {
        debug_assert!(now >= self.now.get(), "time runs backwards");
        self.now.set(now);
        self.live.borrow_mut().advance(now);
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Registers the actor that plays `program` on `host`.
    pub fn program(&self, host: HostName, program: ProgramName, factory: ProgramFactory) {
        self.programs.borrow_mut().insert((host, program), factory);
    }

    /// Registers who looks at each event before the live view takes it in: patterns compare it with what was before.
    pub fn witness(&self, witness: Observer) {
        self.witnesses.borrow_mut().push(witness);
    }

    /// Registers who looks at each event once the live view has taken it in.
    pub fn observe(&self, observer: Observer) {
        self.observers.borrow_mut().push(observer);
    }

    /// States how far a host's clock is ahead from one instant to another: its log lines carry that time.
    pub fn skew(&self, host: HostName, from: Span, until: Option<Span>, by: Span) {
        let until = until.map_or(SimTime::NEVER, |until| SimTime::START + until);
        self.skews.borrow_mut().push(Skew { host, from: SimTime::START + from, until, by });
    }

    /// States in which language a host writes system texts; English when nobody says.
    pub fn speak(&self, host: HostName, language: Language) {
        self.languages.borrow_mut().insert(host, language);
    }

    pub(super) fn language_of(&self, host: &HostName) -> Language {
        self.languages.borrow().get(host).copied().unwrap_or_default()
    }

    /// What a host's clock shows, when that is not the run's time.
    pub(super) fn clock_of(&self, host: &HostName) -> Option<SimTime> {
        let skews = self.skews.borrow();
        let now = self.now();
        let applies = |skew: &&Skew| skew.host == *host && skew.from <= now && now < skew.until;
        skews.iter().rev().find(applies).map(|skew| now + skew.by)
    }

    /// Reads the live view of the run.
    pub fn live<R>(&self, read: impl FnOnce(&Live) -> R) -> R {
        read(&self.live.borrow())
    }

    /// Reads the events so far.
    pub fn events<R>(&self, read: impl FnOnce(&Events) -> R) -> R {
        read(&self.events.borrow())
    }

    /// Tells from now on how far the run has got.
    pub fn tell(&self, pulse: Arc<Pulse>) {
        self.pulse.get_or_init(|| pulse);
    }

    /// Notes events and deadlines from now on, for [`Stage::margin`].
    pub fn watch(&self) {
        *self.watched.borrow_mut() = Some(Watched::default());
    }

    /// The smallest gap between an event and a deadline since [`Stage::watch`]; forgets what was noted.
    pub fn margin(&self) -> Option<Margin> {
        self.watched.take().and_then(Watched::margin)
    }

    /// An actor's deadline has passed.
    #[inline]
    pub(super) fn deadline_passed(&self, at: SimTime) {
        if let Some(watched) = self.watched.borrow_mut().as_mut() {
            watched.deadline(at);
        }
    }

    /// Ends the run at the present instant.
    pub fn end(&self, reason: EndReason) {
        if self.ended.get().is_none() {
            self.ended.set(Some(reason));
        }
    }

    /// Says when the run is over because everything is decided; `None`: not yet known.
    pub fn set_curtain(&self, at: Option<SimTime>) {
        self.curtain.set(at.unwrap_or(SimTime::NEVER));
    }

    pub(super) fn curtain(&self) -> SimTime {
        self.curtain.get()
    }

    /// The last instant at which something happened that was not mere routine.
    pub(super) fn progress(&self) -> SimTime {
        self.progress.get()
    }

    /// Whether an actor waits that somebody must still wake: operators who wait for their cue do not count.
    pub(super) fn somebody_waits(&self) -> bool {
        self.actors.borrow().iter().any(|actor| actor.role != Role::Operator)
    }

    pub(super) fn take_events(&self) -> Events {
        self.events.take()
    }

    /// Records an event and lets everyone see it.
    pub fn record(&self, host: HostName, actor: Option<ActorId>, cause: Option<u64>, kind: EventKind) -> u64 {
        let seq = self.events.borrow().len() as u64;
        let event = Event { seq, at: self.now(), host, actor, cause, kind };
        for witness in self.witnesses.borrow().iter() {
            witness(self, &event);
        }
        self.live.borrow_mut().apply(&event);
        if let EventKind::Fact(fact) = &event.kind {
            self.follow(&event.host, fact);
        }
        self.wake_on_change(&event);
        if !is_routine(&event.kind) {
            self.progress.set(event.at);
            if let Some(watched) = self.watched.borrow_mut().as_mut() {
                watched.recorded(&event);
            }
        }
        for observer in self.observers.borrow().iter() {
            observer(self, &event);
        }
        let mut event = event;
        self.secrets.mask(&mut event.kind);
        self.events.borrow_mut().push(event);
        if let Some(pulse) = self.pulse.get() {
            pulse.recorded(seq, self.now());
        }
        self.count_at_instant();
        if seq as usize >= self.limit {
            self.end(EndReason::Runaway);
        }
        seq
    }

    /// A run that does not get on in time goes round in a circle. The start is the exception: it states the world.
    fn count_at_instant(&self) {
        let (at, count) = self.busy.get();
        let count = if at == self.now() { count + 1 } else { 1 };
        self.busy.set((self.now(), count));
        if count > INSTANT_LIMIT.max(self.limit / 50) && self.now() > SimTime::START || count > self.limit / 2
        {
            self.end(EndReason::Runaway);
        }
    }

    /// A password that a script has drawn: no event shows it.
    pub fn hide(&self, secret: &str) {
        self.secrets.note(secret);
    }

    /// Performs an operation on the stage's own model, and records what that brought about.
    pub(super) fn perform(&self, by: &Caller, operation: &Operation) -> Outcome {
        let outcome = match self.domain.borrow_mut().as_mut() {
            Some(domain) => domain.apply(self.now(), by, operation),
            None => {
                let answer = Err(mockdc_mocks::Win32Error::NOT_SUPPORTED);
                return Outcome { answer, takes: Span::ZERO, seen: None, arrived: false };
            }
        };
        self.record_facts();
        outcome
    }

    /// Records what the domain model has to say.
    pub(super) fn record_facts(&self) {
        let mut facts = self.facts.take();
        match self.domain.borrow_mut().as_mut() {
            Some(domain) => domain.take_facts(&mut facts),
            None => return,
        }
        self.record_these(facts.drain(..));
        self.facts.replace(facts);
    }

    /// Records what a world has to say.
    pub(crate) fn record_these(&self, facts: impl IntoIterator<Item = FactRecord>) {
        let acting = self.acting.get();
        for FactRecord { host, fact, .. } in facts {
            self.record(host, acting, None, EventKind::Fact(fact));
        }
    }

    pub(super) fn acting(&self) -> Option<ActorId> {
        self.acting.get()
    }

    pub(super) fn set_acting(&self, actor: Option<ActorId>) -> Option<ActorId> {
        self.acting.replace(actor)
    }

    /// Starts an actor as soon as the present one gives way.
    pub fn spawn(&self, start: ActorStart, run: Box<dyn FnOnce(Ctx) -> ActorFuture>) -> ActorId {
        self.spawn_service(start, None, run)
    }

    /// Gives a number to an actor that is not played here: a program of the user's own.
    pub(super) fn enrol(&self) -> ActorId {
        ActorId(self.next_actor.replace(self.next_actor.get() + 1))
    }

    fn spawn_service(
        &self,
        start: ActorStart,
        service: Option<ServiceName>,
        run: Box<dyn FnOnce(Ctx) -> ActorFuture>,
    ) -> ActorId {
        let id = ActorId(self.next_actor.replace(self.next_actor.get() + 1));
        self.births.borrow_mut().push_back(Birth { id, start, service, run });
        id
    }

    /// The random stream of a component, by name: the same for the same seed, whatever else draws.
    pub fn stream(&self, component: &str) -> ChaCha8Rng {
        use rand::SeedableRng;
        // FNV-1a over the seed and the name gives each component a seed of its own.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325 ^ self.seed;
        for byte in component.bytes() {
            hash ^= u64::from(byte);
            hash = hash.wrapping_mul(0x0100_0000_01b3);
        }
        ChaCha8Rng::seed_from_u64(hash)
    }
}

/// What a domain does for ever by itself, without changing anything.
fn is_routine(kind: &EventKind) -> bool {
    match kind {
        EventKind::Fact(fact) => matches!(
            fact,
            Fact::PolicyApplied { changed: false, .. }
                | Fact::Notified { .. }
                | Fact::SyncBegan { .. }
                | Fact::SyncEnded { deltas: 0, .. }
                | Fact::State { key: StateKey::Counter { .. }, .. }
        ),
        _ => false,
    }
}
