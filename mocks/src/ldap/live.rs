//! A domain that lives: shared by servers, observers and whoever drives its time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::WireEvent;
use super::naming::Naming;
use super::tree::{Tree, Trees};
use super::view::View;
use crate::directory::DcIndex;
use crate::{Caller, Clock, DcRole, Domain, FactRecord, HostName, Operation, Outcome, SimTime};

/// 2002-08-06 09:00:00 UTC in milliseconds since 1970: when a run starts unless said otherwise.
pub const DEFAULT_START_UNIX_MS: i64 = 1_028_624_400_000;

/// A domain behind a lock, with a clock of the scenario's time; cheap to clone. Everything that goes through it first
/// lets happen what is due.
#[derive(Clone)]
pub struct LiveDomain {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    clock: Box<dyn Clock + Send + Sync>,
    start_unix_ms: i64,
    changed: watch::Sender<u64>,
    /// How often the window of a fault has opened or closed.
    windows: watch::Sender<u64>,
    /// Whether anybody is told of operations.
    observed: AtomicBool,
    /// Whether there was ever a fault.
    faulty: AtomicBool,
}

/// What stands behind the lock.
pub(super) struct State {
    pub(super) domain: Domain,
    trees: Trees,
    facts: Option<FactSink>,
    observers: Vec<WireObserver>,
}

/// A turn at the domain: from the first operation of a turn on, the lock is held until the turn is over. So what a client
/// has asked at once is answered at once, and costs one lock. Nobody else may be waited for in a turn, and nothing in it
/// may lock the domain by other means.
pub(super) struct Turn<'a> {
    live: &'a LiveDomain,
    held: Option<Held<'a>>,
}

struct Held<'a> {
    state: MutexGuard<'a, State>,
    /// The domain's pulse when the turn began.
    before: (u64, Option<SimTime>, u64),
}

type FactSink = Box<dyn FnMut(Vec<FactRecord>) + Send>;
type WireObserver = Box<dyn FnMut(&WireEvent) + Send>;

impl LiveDomain {
    /// A live domain whose scenario starts at [`DEFAULT_START_UNIX_MS`].
    pub fn new(domain: Domain, clock: impl Clock + Send + Sync + 'static) -> LiveDomain {
        LiveDomain::starting_at(domain, clock, DEFAULT_START_UNIX_MS)
    }

    /// A live domain whose scenario's zero is this instant, in milliseconds since 1970 (UTC).
    pub fn starting_at(
        mut domain: Domain,
        clock: impl Clock + Send + Sync + 'static,
        start_unix_ms: i64,
    ) -> LiveDomain {
        domain.keep_undo();
        let trees = Trees::new(&domain);
        let faulty = AtomicBool::new(domain.has_faults());
        let state = State { domain, trees, facts: None, observers: Vec::new() };
        let state = Mutex::new(state);
        let (clock, changed, observed) = (Box::new(clock), watch::Sender::new(0), AtomicBool::new(false));
        let windows = watch::Sender::new(0);
        let shared = Shared { state, clock, start_unix_ms, changed, windows, observed, faulty };
        LiveDomain { shared: Arc::new(shared) }
    }

    /// The scenario's time now.
    pub fn now(&self) -> SimTime {
        self.shared.clock.now()
    }

    /// The scenario's zero, in milliseconds since 1970 (UTC).
    pub fn start_unix_ms(&self) -> i64 {
        self.shared.start_unix_ms
    }

    /// Performs an operation of the port now.
    pub fn apply(&self, by: &Caller, operation: &Operation) -> Outcome {
        self.with(|domain, now| domain.apply(now, by, operation))
    }

    /// Lets everything happen that is due by now, and says when something is due next.
    pub fn advance(&self) -> Option<SimTime> {
        self.with(|domain, _| domain.next_timeout())
    }

    /// The controllers with their roles, in the order of the world.
    pub fn controllers(&self) -> Vec<(HostName, DcRole)> {
        self.lock().domain.controllers()
    }

    /// Works with the domain under the lock, at the present instant; what is due has happened. Facts go to their sink
    /// when `work` is done. `work` must not come back here.
    pub fn with<R>(&self, work: impl FnOnce(&mut Domain, SimTime) -> R) -> R {
        self.enter(|state, now| work(&mut state.domain, now))
    }

    /// From now on every fact goes to `sink`, in order, under the lock. The facts up to now, which have waited for a
    /// sink, are the first; none have waited since [`LiveDomain::without_facts`].
    pub fn facts_to(&self, sink: impl FnMut(Vec<FactRecord>) + Send + 'static) {
        let mut state = self.lock();
        state.facts = Some(Box::new(sink));
        state.domain.want_facts();
        state.hand_over_facts();
    }

    /// Nobody wants facts: those that wait are forgotten, and so is each that comes before [`LiveDomain::facts_to`]. Facts
    /// that state the start of a large domain are not even made.
    pub fn without_facts(&self) {
        self.lock().domain.forget_facts();
    }

    /// From now on `observer` is told of each operation on the wire, in order, under the lock: it must be quick and must
    /// not come back here.
    pub fn observe(&self, observer: impl FnMut(&WireEvent) + Send + 'static) {
        self.lock().observers.push(Box::new(observer));
        self.shared.observed.store(true, Ordering::SeqCst);
    }

    /// A number that grows when something has happened in the domain, or when what is due next is due at another
    /// instant than before: whoever sleeps until then looks again.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// A number that grows when the window of a fault opens or closes.
    pub(super) fn windows(&self) -> watch::Receiver<u64> {
        self.shared.windows.subscribe()
    }

    pub(super) fn enter<R>(&self, work: impl FnOnce(&mut State, SimTime) -> R) -> R {
        self.turn().enter(work)
    }

    /// A turn at the domain.
    pub(super) fn turn(&self) -> Turn<'_> {
        Turn { live: self, held: None }
    }

    /// A controller's DNS name.
    pub(super) fn controller_name(&self, dc: &HostName) -> String {
        self.lock().naming(dc).host(dc)
    }

    /// Whether [`LiveDomain::tell`] reaches anybody.
    pub(super) fn is_observed(&self) -> bool {
        self.shared.observed.load(Ordering::Relaxed)
    }

    /// Whether there was ever a fault: where there was none, nobody asks what it does.
    pub(super) fn is_faulty(&self) -> bool {
        self.shared.faulty.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Turn<'a> {
    /// Works with what stands behind the lock, at the present instant; what is due has happened. Facts go to their sink
    /// when `work` is done.
    pub(super) fn enter<R>(&mut self, work: impl FnOnce(&mut State, SimTime) -> R) -> R {
        let live = self.live;
        let state: &mut State = &mut self.hold().state;
        // Whoever waited for the lock is later than whoever had it.
        let now = live.shared.clock.now();
        state.domain.advance(now);
        let result = work(state, now);
        state.trees.keep(&mut state.domain);
        state.trees.shorten(&mut state.domain);
        if state.facts.is_some() {
            state.hand_over_facts();
        }
        result
    }

    /// Whether an operation was done in it.
    pub(super) fn has_begun(&self) -> bool {
        self.held.is_some()
    }

    /// Tells whoever watches of an operation.
    pub(super) fn tell(&mut self, event: &WireEvent) {
        for observer in &mut self.hold().state.observers {
            observer(event);
        }
    }

    fn hold(&mut self) -> &mut Held<'a> {
        let live = self.live;
        self.held.get_or_insert_with(|| {
            let state = live.lock();
            let before = state.domain.pulse();
            Held { state, before }
        })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(Held { state, before }) = self.held.take() else { return };
        let after = state.domain.pulse();
        let changed = after != before;
        if changed {
            self.live.shared.faulty.store(state.domain.has_faults(), Ordering::Relaxed);
        }
        drop(state);
        if changed {
            self.live.shared.changed.send_modify(|count| *count = count.wrapping_add(1));
        }
        if after.2 != before.2 {
            self.live.shared.windows.send_replace(after.2);
        }
    }
}

impl State {
    /// Makes a controller's objects known by their names.
    pub(super) fn open(&mut self, dc: DcIndex, dns_domain: Option<&str>) {
        self.trees.open(&mut self.domain, dc, dns_domain);
    }

    /// What a controller's domain is called.
    pub(super) fn naming(&mut self, dc: &HostName) -> &Naming {
        let dc = self.domain.directory().index(dc).unwrap_or_default();
        self.trees.naming(&mut self.domain, dc)
    }

    /// The identifiers of controllers' NTDS settings; a controller that is not opened yet is opened.
    pub(super) fn settings(&mut self, dcs: &[DcIndex], dns_domain: Option<&str>) -> Vec<Option<[u8; 16]>> {
        self.trees.settings(&mut self.domain, dcs, dns_domain)
    }

    /// How many controllers' objects are known by their names.
    #[cfg(test)]
    pub(super) fn grown(&self) -> usize {
        self.trees.grown()
    }

    /// A controller's place, its tree up to date, and the domain.
    pub(super) fn parts(&mut self, dc: &HostName) -> (DcIndex, &Tree, &Domain) {
        let dc = self.domain.directory().index(dc).unwrap_or_default();
        let tree = self.trees.follow(&mut self.domain, dc);
        (dc, tree, &self.domain)
    }

    /// A controller's directory now.
    pub(super) fn view(&mut self, dc: &HostName, now: SimTime, start_unix_ms: i64) -> View<'_> {
        let (dc, tree, domain) = self.parts(dc);
        View { database: domain.directory().database(dc), tree, now, start_unix_ms }
    }

    fn hand_over_facts(&mut self) {
        let facts = self.domain.drain_facts();
        if let Some(sink) = self.facts.as_mut().filter(|_| !facts.is_empty()) {
            sink(facts);
        }
    }
}

impl std::fmt::Debug for LiveDomain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveDomain").field("now", &self.now()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::Verb;

    /// A clock that counts the looks at it while nobody has the lock.
    #[derive(Clone, Default)]
    struct Watched {
        live: Arc<OnceLock<LiveDomain>>,
        looks: Arc<AtomicUsize>,
        unlocked: Arc<AtomicUsize>,
    }

    impl Clock for Watched {
        fn now(&self) -> SimTime {
            self.looks.fetch_add(1, Ordering::SeqCst);
            if self.live.get().is_some_and(|live| live.shared.state.try_lock().is_ok()) {
                self.unlocked.fetch_add(1, Ordering::SeqCst);
            }
            SimTime::START
        }
    }

    #[test]
    fn journals_of_controllers_that_nobody_asks_stay_short() {
        let clock = Watched::default();
        let domain =
            Domain::builder().pdc("PDC1").bdc("BDC1").user("jdoe", "Passw0rd!", &[]).build(1).unwrap();
        let live = LiveDomain::new(domain, clock);
        let longest = |state: &State| {
            let directory = state.domain.directory();
            directory.indices().map(|dc| directory.database(dc).journal_length()).max().unwrap_or_default()
        };
        live.enter(|state, _| {
            for dc in state.domain.directory().indices().collect::<Vec<_>>() {
                state.open(dc, None);
            }
        });
        let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
        let mut most = 0;
        for count in 0..6_000 {
            let verb = Verb::UserSetComment { user: "jdoe".into(), comment: count.to_string() };
            let outcome = live.apply(&admin, &Operation::new("PDC1", verb));
            assert!(outcome.answer.is_ok(), "{outcome:?}");
            most = most.max(live.enter(|state, _| longest(state)));
        }
        assert!((4_096..4_400).contains(&most), "{most} entries");
        assert!(live.enter(|state, _| longest(state)) < 3_000);
    }

    #[test]
    fn the_instant_of_an_operation_is_read_under_the_lock() {
        let clock = Watched::default();
        let domain = Domain::builder().pdc("PDC1").build(1).unwrap();
        let live = LiveDomain::new(domain, clock.clone());
        clock.live.set(live.clone()).unwrap();
        let mut turn = live.turn();
        turn.enter(|_, _| ());
        turn.enter(|_, _| ());
        drop(turn);
        live.advance();
        assert_eq!(clock.looks.load(Ordering::SeqCst), 3);
        assert_eq!(clock.unlocked.load(Ordering::SeqCst), 0);
    }
}
