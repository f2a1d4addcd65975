//! The mock controllers' own ports as a backend: what LDAP can say reaches the domain by an LDAP client, over TCP.

mod answers;
mod own;
mod roads;
mod wires;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use mockdc_mocks::ldap::LiveDomain;
use mockdc_mocks::{
    Caller, Clock, Domain, Fact, FactRecord, FaultKind, HostName, Operation, SimTime, Span, StateKey, Value,
    WorldSpec,
};
use mockdc_scenarios::Plan;
use tokio::sync::Mutex;

pub use own::*;

use super::NoRun;
use super::play::Broken;
use crate::orchestrator;
use crate::run::{Performed, Trouble, World};
use roads::{Road, road};
use wires::Wires;

/// A domain whose controllers are reached at their ports, with a second model beside it that is called directly.
///
/// Both get every operation. The facts of the run are the second one's; the answers are those that came over the wire;
/// what the two answer and show is compared after each step.
#[derive(Clone)]
pub(super) struct Wired {
    field: Rc<Mutex<Field>>,
    said: Rc<RefCell<Said>>,
}

/// Everything that an operation works on.
struct Field {
    model: Domain,
    live: LiveDomain,
    hand: Hand,
    wires: Wires,
    facts: Vec<FactRecord>,
    differences: Vec<String>,
    by_wire: u64,
}

/// What can be said without waiting for whatever is under way.
#[derive(Default)]
struct Said {
    facts: Vec<FactRecord>,
    differences: Vec<String>,
    next_timeout: Option<SimTime>,
    by_wire: u64,
}

/// The clock of the live domain: it stands where the driver has set it.
#[derive(Clone, Debug, Default)]
struct Hand(Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> SimTime {
        SimTime(self.0.load(Ordering::SeqCst))
    }
}

/// Why no controller answers at a port.
struct NoPorts(String);

impl Wired {
    /// Opens the controllers of a plan's world on free ports of the loopback.
    pub(super) async fn start(plan: &Plan, seed: u64) -> Result<Wired, Broken> {
        let off = |error| Broken::Off(NoRun::Plan(error));
        let model = orchestrator::domain(plan, seed).map_err(off)?;
        let spec = orchestrator::world_of(plan);
        let since_monday = orchestrator::since_monday(plan).map_err(off)?;
        let start = orchestrator::start_unix_ms(plan).map_err(off)?;
        Wired::of(model, &spec, since_monday, start, seed).await.map_err(|NoPorts(error)| {
            let help = "help: `--backend ldap` opens ports on 127.0.0.1 for each controller; `--backend fake` needs none";
            Broken::Off(NoRun::Environment(format!("{error}\n{help}")))
        })
    }

    /// Opens the controllers of a world beside its model. `start`: the world's beginning in milliseconds since 1970.
    async fn of(
        model: Domain,
        spec: &WorldSpec,
        since_monday: Span,
        start: i64,
        seed: u64,
    ) -> Result<Wired, NoPorts> {
        if let Some(fault) = spec.faults.iter().find(|fault| fault.kind.is_at_ports()) {
            let why = "the model is called directly as well, and the two would part";
            return Err(NoPorts(format!("the fault `{}` lies on the wire: {why}", fault.name)));
        }
        let spec = without_lost_calls(spec);
        let served = Domain::new(&spec, since_monday, seed).map_err(|error| NoPorts(error.to_string()))?;
        let hand = Hand::default();
        let live = LiveDomain::starting_at(served, hand.clone(), start);
        let wires = Wires::open(&live, &spec, seed).await.map_err(NoPorts)?;
        let (facts, differences) = (Vec::new(), Vec::new());
        let mut field = Field { model, live, hand, wires, facts, differences, by_wire: 0 };
        field.take_facts(SimTime::START);
        let said = Rc::default();
        let wired = Wired { field: Rc::new(Mutex::new(field)), said };
        wired.say(&mut *wired.field.lock().await);
        Ok(wired)
    }

    /// Where the ports and the model have said different things so far.
    pub(super) fn differences(&self) -> Vec<String> {
        self.said.borrow().differences.clone()
    }

    /// How many operations went over the wire.
    pub(super) fn by_wire(&self) -> u64 {
        self.said.borrow().by_wire
    }

    fn say(&self, field: &mut Field) {
        let mut said = self.said.borrow_mut();
        said.facts.append(&mut field.facts);
        said.differences.clone_from(&field.differences);
        let served = field.live.with(|domain, _| domain.next_timeout());
        said.next_timeout = [field.model.next_timeout(), served].into_iter().flatten().min();
        said.by_wire = field.by_wire;
    }
}

impl World for Wired {
    fn call(&self, now: SimTime, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Performed> {
        let (wired, by) = (self.clone(), by.clone());
        async move {
            let mut field = wired.field.lock().await;
            let performed = field.perform(now, &by, &operation).await;
            wired.say(&mut field);
            performed
        }
        .boxed_local()
    }

    fn advance(&self, now: SimTime) -> LocalBoxFuture<'static, Result<(), Trouble>> {
        let wired = self.clone();
        async move {
            let mut field = wired.field.lock().await;
            field.advance(now);
            wired.say(&mut field);
            Ok(())
        }
        .boxed_local()
    }

    fn next_timeout(&self) -> Option<SimTime> {
        self.said.borrow().next_timeout
    }

    fn drain_facts(&self) -> Vec<FactRecord> {
        std::mem::take(&mut self.said.borrow_mut().facts)
    }
}

impl Field {
    /// Lets both move.
    fn advance(&mut self, now: SimTime) {
        self.hand.0.store(now.as_millis(), Ordering::SeqCst);
        self.model.advance(now);
        self.live.advance();
        self.take_facts(now);
    }

    /// Performs an operation at the model, and at the served domain by the wire where LDAP can say it.
    async fn perform(&mut self, now: SimTime, by: &Caller, operation: &Operation) -> Performed {
        self.advance(now);
        let writable = self.wires.takes_writes(&operation.at);
        let outcome = self.model.apply(now, by, operation);
        let answer = match road(by, operation, &outcome, writable) {
            // What was stopped on its way was stopped by the model's network, which the ports are not part of.
            Road::Nowhere => outcome.answer.clone(),
            Road::Direct => {
                let served = self.live.apply(by, operation).answer;
                self.compare(now, operation, &outcome.answer, &served, None);
                outcome.answer.clone()
            }
            Road::Wire(credentials) => {
                self.by_wire += 1;
                let answered = self.wires.perform(&operation.at, &credentials, &operation.verb).await?;
                let (answer, text) = answers::read(answered, &operation.verb, &outcome.answer);
                self.settle(now, operation, &outcome.answer, answer, text)
            }
        };
        self.take_facts(now);
        Ok(mockdc_mocks::Outcome { answer, ..outcome })
    }

    /// Keeps the model's facts for the run, and compares what both domains show from now on.
    fn take_facts(&mut self, now: SimTime) {
        let facts = self.model.drain_facts();
        let served = self.live.with(|domain, _| domain.drain_facts());
        let (expected, shown) = (states(&facts), states(&served));
        for (key, values) in &expected {
            if shown.get(key) != Some(values) {
                let (host, key) = key;
                let said = |values: Option<&Vec<_>>| format!("{:?}", values.map_or(&[][..], Vec::as_slice));
                self.differences.push(format!(
                    "{now} at {host}: {key:?}: the model shows {}, the ports {}",
                    said(Some(values)),
                    said(shown.get(&(host.clone(), key.clone())))
                ));
            }
        }
        for ((host, key), values) in shown.iter().filter(|(key, _)| !expected.contains_key(*key)) {
            self.differences.push(format!("{now} at {host}: {key:?}: only the ports show {values:?}"));
        }
        self.facts.extend(facts);
    }
}

type Shown = BTreeMap<(HostName, StateKey), Vec<Option<Value>>>;

/// What facts say of observable state, by its place, in order.
fn states(facts: &[FactRecord]) -> Shown {
    let mut shown = Shown::new();
    for FactRecord { host, fact, .. } in facts {
        if let Fact::State { key, value, .. } = fact {
            shown.entry((host.clone(), key.clone())).or_default().push(value.clone());
        }
    }
    shown
}

/// The world without what loses or refuses calls: the model decides that before anything goes over the wire.
fn without_lost_calls(spec: &WorldSpec) -> WorldSpec {
    let mut spec = spec.clone();
    spec.faults.retain(|fault| !matches!(fault.kind, FaultKind::Drop { .. } | FaultKind::Refuse { .. }));
    spec
}
