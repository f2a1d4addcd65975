//! A small world, every order of what can happen in it: one PDC, one BDC, one client that writes, reads, deletes and
//! replicates, a PDC that fails and comes back. Every answer is compared with a model of two booleans, and every law is
//! judged. `MOCKDC_DEPTH` says how many things happen in a row; the test prints how many orders that are.

use std::sync::Arc;

use mockdc::judge::laws;
use mockdc::timeline::{EndReason, Event, EventKind, Timeline};
use mockdc_mocks::{
    Caller, Domain, FaultKind, FaultSpec, HostName, Occasions, Operation, SimTime, Span, Verb, Win32Error,
};
use mockdc_scenarios::Plan;

/// From one act to the next: a restart is long over by then.
const BEAT: Span = Span::mins(10);

/// How many acts in a row, unless `MOCKDC_DEPTH` says otherwise.
const DEPTH: u32 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// The client makes its account at the PDC.
    Write,
    /// The BDC is synchronised.
    Replicate,
    /// The client looks its account up at the BDC.
    Read,
    /// The client deletes its account at the PDC.
    Delete,
    /// The PDC fails with its disk: what no other controller has is lost. The client goes on with the BDC.
    FailOver,
    /// The PDC comes back; when it never went, the BDC is restarted.
    Restart,
}

const ACTS: [Act; 6] = [Act::Write, Act::Replicate, Act::Read, Act::Delete, Act::FailOver, Act::Restart];

/// Whether the account is at either controller, and whether the PDC is up.
#[derive(Clone, Copy, Debug)]
struct Model {
    at_pdc: bool,
    at_bdc: bool,
    up: bool,
    /// A BDC that starts asks for what it lacks (Q244382); where each change has its own delay it does not.
    asks_at_start: bool,
}

/// What an act must answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Code(u32),
    /// The PDC is not there; which code says so is the verb's.
    NotReached,
    /// Nobody is asked.
    Nothing,
}

impl Model {
    fn play(&mut self, act: Act) -> Answer {
        match act {
            Act::Write | Act::Delete if !self.up => Answer::NotReached,
            Act::Write => Answer::Code(if std::mem::replace(&mut self.at_pdc, true) { 2224 } else { 0 }),
            Act::Delete => Answer::Code(if std::mem::replace(&mut self.at_pdc, false) { 0 } else { 2221 }),
            Act::Read => Answer::Code(if self.at_bdc { 0 } else { 2221 }),
            Act::Replicate if !self.up => Answer::NotReached,
            Act::Replicate => {
                self.at_bdc = self.at_pdc;
                Answer::Code(0)
            }
            Act::FailOver => {
                self.at_pdc = self.at_bdc;
                self.up = false;
                Answer::Nothing
            }
            Act::Restart if self.up => {
                if self.asks_at_start {
                    self.at_bdc = self.at_pdc;
                }
                Answer::Nothing
            }
            Act::Restart => {
                self.up = true;
                Answer::Nothing
            }
        }
    }
}

/// The domain under a model of replication that brings nothing by itself while the acts last.
struct World {
    plan: Plan,
    /// A BDC that starts asks for what it lacks.
    asks_at_start: bool,
    /// Time enough for everything to come by itself.
    settles: Span,
}

fn plan(replication: &str) -> Plan {
    let text = format!(
        "format = 1\nname = \"exhaustive\"\n\n[domain]\nreplication = {replication}\n\n[[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\nboot = \"1m\"\n\n\
         [[dc]]\nname = \"BDC1\"\nboot = \"1m\"\n\n[[machine]]\nname = \"WS1\"\n"
    );
    Plan::clone(&mockdc_tests::plan(&text))
}

/// Plays an order of acts, compares each answer, lets everything settle and judges the laws.
fn check(World { plan, asks_at_start, settles }: &World, acts: &[Act]) -> Result<(), String> {
    let mut plan = plan.clone();
    plan.world.faults = failures(acts);
    let plan = Arc::new(plan);
    let mut domain = mockdc::orchestrator::domain(&plan, 1).map_err(|error| error.to_string())?;
    let mut model = Model { at_pdc: false, at_bdc: false, up: true, asks_at_start: *asks_at_start };
    let client = Caller::domain("WS1", "Administrator", "Adm1n-password!");
    let mut now = SimTime::START;
    for (number, act) in acts.iter().enumerate() {
        now += BEAT;
        advance(&mut domain, now);
        let answer = operation(*act, model.up).map(|operation| {
            // A crash and a return are faults of this instant, and the model of the domain has moved by now.
            domain.apply(now, &client, &operation).answer.err().map_or(0, Win32Error::code)
        });
        let fits = match (model.play(*act), answer) {
            (Answer::Nothing, _) => true,
            (Answer::Code(expected), Some(code)) => expected == code,
            (Answer::NotReached, Some(code)) => code != 0 && code != 2224 && code != 2221,
            (_, None) => false,
        };
        if !fits {
            return Err(format!("act {number} of {acts:?} answers {answer:?}; now {model:?}"));
        }
    }
    now += *settles;
    advance(&mut domain, now);
    let mut events: Vec<Event> = Vec::new();
    for record in domain.drain_facts() {
        let (seq, kind) = (events.len() as u64, EventKind::Fact(record.fact));
        events.push(Event { seq, at: record.at, host: record.host, actor: None, cause: None, kind });
    }
    let end = EventKind::End { reason: EndReason::Until };
    let (seq, host) = (events.len() as u64, HostName::from("PDC1"));
    events.push(Event { seq, at: now, host, actor: None, cause: None, kind: end });
    let findings = laws(&Timeline::new(plan, 1, events));
    match findings.iter().find(|finding| !finding.breaches.is_empty()) {
        Some(broken) => Err(format!("{acts:?} breaks {}: {:?}", broken.law, broken.breaches)),
        None => Ok(()),
    }
}

fn operation(act: Act, up: bool) -> Option<Operation> {
    let user = || "SVC".into();
    Some(match act {
        Act::Write => {
            let verb = Verb::UserAdd {
                user: user(),
                password: "Secret-14-chars".into(),
                comment: None,
                flags: Default::default(),
            };
            Operation::new("PDC1", verb)
        }
        Act::Delete => Operation::new("PDC1", Verb::UserDelete { user: user() }),
        Act::Read => Operation::new("BDC1", Verb::UserInfo { user: user() }),
        Act::Replicate => Operation::new("BDC1", Verb::Synchronize { full: false }),
        Act::Restart if up => Operation::new("BDC1", Verb::Restart { down: None }),
        Act::Restart | Act::FailOver => return None,
    })
}

/// The windows in which the PDC is away.
fn failures(acts: &[Act]) -> Vec<FaultSpec> {
    let mut faults: Vec<FaultSpec> = Vec::new();
    let mut down = false;
    for (number, act) in acts.iter().enumerate() {
        let at = BEAT.times(number as i64 + 1);
        match act {
            Act::FailOver if !down => {
                down = true;
                faults.push(FaultSpec {
                    name: format!("crash-{number}").as_str().into(),
                    kind: FaultKind::Crash { at: "PDC1".into(), loses_unreplicated: true },
                    from: at,
                    until: None,
                    count: Occasions::All,
                    touches_nothing: false,
                });
            }
            Act::Restart if down => {
                down = false;
                if let Some(fault) = faults.last_mut() {
                    fault.until = Some(at);
                }
            }
            _ => {}
        }
    }
    faults
}

fn advance(domain: &mut Domain, now: SimTime) {
    while let Some(next) = domain.next_timeout().filter(|next| *next <= now) {
        domain.advance(next);
    }
    domain.advance(now);
}

fn depth(default: u32) -> u32 {
    std::env::var("MOCKDC_DEPTH").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Every order of so many acts, on two threads.
fn every_order(replication: &str, asks_at_start: bool, settles: Span, depth: u32) {
    let world = World { plan: plan(replication), asks_at_start, settles };
    let orders = ACTS.len().pow(depth);
    let of = |number: usize| -> Vec<Act> {
        (0..depth).map(|place| ACTS[number / ACTS.len().pow(place) % ACTS.len()]).collect()
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let work = |first: usize| {
            let numbers = (first..orders).step_by(2);
            numbers.filter_map(|number| check(&world, &of(number)).err()).collect::<Vec<_>>()
        };
        let other = scope.spawn(move || work(1));
        let mut failures = work(0);
        failures.extend(other.join().expect("the other thread ends"));
        failures
    });
    let told: Vec<&String> = failures.iter().take(5).collect();
    assert!(failures.is_empty(), "{} of {orders} orders of {depth}: {told:#?}", failures.len());
    let mut out = std::io::stdout();
    let _ = std::io::Write::write_fmt(
        &mut out,
        format_args!("exhaustive: {orders} orders of {depth} acts under {replication}\n"),
    );
}

#[test]
fn every_order_under_windows_nt_answers_and_keeps_the_laws() {
    let nt4 = "{ nt4 = { pulse = \"48h\", first-pulse = \"48h\", bdc = { randomize = \"0s\" } } }";
    every_order(nt4, true, Span::days(20), depth(DEPTH));
}

#[test]
fn every_order_under_a_delay_answers_and_keeps_the_laws() {
    every_order("{ delay = \"5d\" }", false, Span::days(20), depth(DEPTH));
}

/// Two controllers of Active Directory, of which the client writes to the PDC emulator alone.
#[test]
fn every_order_under_active_directory_answers_and_keeps_the_laws() {
    every_order("{ ad = { notify-first = \"5h\", poll = \"6h\" } }", true, Span::hours(30), depth(DEPTH - 1));
}
