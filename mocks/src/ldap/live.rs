//! A domain that lives: shared by servers, observers and whoever drives its time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::WireEvent;
use super::naming::Naming;
use super::tree::Tree;
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
    /// Whether anybody is told of operations.
    observed: AtomicBool,
}

/// What stands behind the lock.
pub(super) struct State {
    pub(super) domain: Domain,
    pub(super) trees: BTreeMap<DcIndex, Tree>,
    /// The trees that stand in snapshots, by the numbers of these.
    kept: BTreeMap<u32, Tree>,
    /// How many snapshots have been looked at.
    snapshots: u32,
    facts: Option<FactSink>,
    observers: Vec<WireObserver>,
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
        let (trees, kept) = (BTreeMap::new(), BTreeMap::new());
        let snapshots = domain.snapshots_taken();
        let state = State { domain, trees, kept, snapshots, facts: None, observers: Vec::new() };
        let state = Mutex::new(state);
        let (clock, changed, observed) = (Box::new(clock), watch::Sender::new(0), AtomicBool::new(false));
        let shared = Shared { state, clock, start_unix_ms, changed, observed };
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
    /// sink, are the first.
    pub fn facts_to(&self, sink: impl FnMut(Vec<FactRecord>) + Send + 'static) {
        let mut state = self.lock();
        state.facts = Some(Box::new(sink));
        state.hand_over_facts();
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

    pub(super) fn enter<R>(&self, work: impl FnOnce(&mut State, SimTime) -> R) -> R {
        let (result, changed) = {
            let mut state = self.lock();
            let before = state.domain.pulse();
            let now = self.shared.clock.now();
            state.domain.advance(now);
            let result = work(&mut state, now);
            state.keep_trees();
            let changed = state.domain.pulse() != before;
            if state.facts.is_some() {
                state.hand_over_facts();
            }
            (result, changed)
        };
        if changed {
            self.shared.changed.send_modify(|count| *count = count.wrapping_add(1));
        }
        result
    }

    /// A controller's DNS name.
    pub(super) fn controller_name(&self, dc: &HostName) -> String {
        let mut state = self.lock();
        let (_, tree, _) = state.parts(dc);
        tree.naming.host(dc)
    }

    /// Whether [`LiveDomain::tell`] reaches anybody.
    pub(super) fn is_observed(&self) -> bool {
        self.shared.observed.load(Ordering::Relaxed)
    }

    pub(super) fn tell(&self, event: &WireEvent) {
        for observer in &mut self.lock().observers {
            observer(event);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes a controller's objects known by their names.
    pub(super) fn open(&mut self, dc: DcIndex, dns_domain: Option<&str>) {
        if !self.trees.contains_key(&dc) {
            let naming = Naming::new(self.domain.world().domain.name.as_str(), dns_domain);
            let tree = Tree::plant(&mut self.domain, dc, naming);
            self.trees.insert(dc, tree);
        }
    }

    /// A controller's place, its tree up to date, and the domain.
    pub(super) fn parts(&mut self, dc: &HostName) -> (DcIndex, &Tree, &Domain) {
        let dc = self.domain.directory().index(dc).unwrap_or_default();
        self.open(dc, None);
        self.follow(dc);
        (dc, &self.trees[&dc], &self.domain)
    }

    /// Takes in what a controller's database was put since the last time, if its objects are known by their names.
    fn follow(&mut self, dc: DcIndex) {
        let State { domain, trees, kept, .. } = self;
        let Some(tree) = trees.get_mut(&dc) else { return };
        if !tree.belongs_to(domain.directory().database(dc)) {
            let disk = domain.directory().database(dc).restored().disk;
            *tree = tree.put_back(disk.and_then(|disk| kept.get(&disk)), domain, dc);
        }
        let journal = domain.take_journal(dc);
        tree.follow(journal, domain.directory().database(dc));
    }

    /// Keeps the trees of the snapshots that were just taken, and those alone whose snapshots there are.
    fn keep_trees(&mut self) {
        let taken = self.domain.snapshots_taken();
        if taken == self.snapshots {
            return;
        }
        let disks: BTreeMap<u32, DcIndex> = self.domain.disks().collect();
        for (number, dc) in disks.range(self.snapshots + 1..) {
            self.follow(*dc);
            self.kept.extend(self.trees.get(dc).map(|tree| (*number, tree.clone())));
        }
        self.kept.retain(|number, _| disks.contains_key(number));
        self.snapshots = taken;
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
