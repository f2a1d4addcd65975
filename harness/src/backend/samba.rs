//! Samba AD in containers, as a world for the wall driver.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use mockdc_containers::{DrivenSamba, SambaError, inexpressible, start_fleet};
use mockdc_mocks::{Caller, Fact, FactRecord, Operation, SimTime, Span, StateKey, Verb, WorldSpec};
use mockdc_scenarios::{Action, Plan};

use super::NoRun;
use super::play::Broken;
use crate::run::{Pace, Performed, Trouble, World};
use crate::timeline::{Event, EventKind, Timeline};

/// A domain of Samba controllers with the model beside it.
pub(super) struct Samba(pub(super) DrivenSamba);

impl World for Samba {
    fn call(&self, now: SimTime, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Performed> {
        let (samba, by) = (self.0.clone(), by.clone());
        async move { samba.perform_at(now, &by, operation).await.map_err(broken) }.boxed_local()
    }

    fn advance(&self, now: SimTime) -> LocalBoxFuture<'static, Result<(), Trouble>> {
        let samba = self.0.clone();
        async move { samba.advance_to(now).await.map_err(broken) }.boxed_local()
    }

    fn next_timeout(&self) -> Option<SimTime> {
        self.0.next_timeout()
    }

    fn drain_facts(&self) -> Vec<FactRecord> {
        self.0.drain_facts()
    }
}

fn broken(error: SambaError) -> Trouble {
    Trouble(error.to_string())
}

/// So many domains side by side, of scenarios whose clock jumps: nothing in them can be late, and what takes the time is
/// mostly waiting for containers.
const SIDE_BY_SIDE: usize = 3;

/// How many domains there are now.
static DOMAINS: Mutex<usize> = Mutex::new(0);
static GONE: Condvar = Condvar::new();

/// The right to have the containers of one domain, until it is dropped.
pub(super) struct Turn(());

impl Drop for Turn {
    fn drop(&mut self) {
        *DOMAINS.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        GONE.notify_all();
    }
}

/// Waits for the right to have containers: one domain at a time whatever `--jobs` says where the wall's clock counts, since
/// a machine that runs two is late in both; [`SIDE_BY_SIDE`] where it jumps.
pub(super) fn turn(pace: Pace) -> Turn {
    let most = match pace {
        Pace::Times(_) => 1,
        Pace::Jump => SIDE_BY_SIDE,
    };
    let domains = DOMAINS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut domains =
        GONE.wait_while(domains, |domains| *domains >= most).unwrap_or_else(PoisonError::into_inner);
    *domains += 1;
    Turn(())
}

/// Says that no scenario follows, and waits until the containers of those under way are gone.
pub(super) fn last_turn() {
    CLOSED.store(true, Ordering::SeqCst);
    let domains = DOMAINS.lock().unwrap_or_else(PoisonError::into_inner);
    drop(GONE.wait_while(domains, |domains| *domains > 0));
}

/// Whether anyone may still have a turn.
pub(super) fn closed() -> bool {
    CLOSED.load(Ordering::SeqCst)
}

static CLOSED: AtomicBool = AtomicBool::new(false);

/// What a scenario needs and the backend lacks, a sentence each.
pub(super) fn missing(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Do { operation, .. } => Some(operation.verb.clone()),
        _ => None,
    });
    let spec = crate::orchestrator::world_of(plan);
    let domain = &spec.domain.name;
    let scripts = plan.scripts.iter().flat_map(|script| crate::script::stated_verbs(script, domain));
    inexpressible(&spec, &steps.chain(scripts).collect::<Vec<Verb>>())
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// What a run on the fake meets that Samba does otherwise, a sentence each.
pub(super) fn met(rehearsed: &Timeline) -> Option<String> {
    let lost = |event: &Event| match &event.kind {
        EventKind::Fact(Fact::State { key: StateKey::Account { account }, .. }) => {
            account.as_str().starts_with("$DUPLICATE-")
        }
        _ => false,
    };
    let event = rehearsed.events.iter().find(|event| lost(event))?;
    let at = crate::report::instant(event.at);
    Some(format!("two accounts meet under one name at {at}: with Samba both keep it, and neither can log on"))
}

/// Starts a domain for a world.
pub(super) async fn start(spec: &WorldSpec, since_monday: Span, seed: u64) -> Result<DrivenSamba, Broken> {
    let environment = |error: SambaError| match error {
        SambaError::NotReady(_) => Broken::Down(error.to_string()),
        error => Broken::Off(NoRun::Environment(format!(
            "{error}\nhelp: `--backend samba` needs a Docker engine that you may use (`docker info`); the fakes, \
             `--backend fake`, need nothing"
        ))),
    };
    let fleet = start_fleet(spec).await.map_err(environment)?;
    // Controllers that run and do not let the world be made in them may do so the next time.
    DrivenSamba::start(spec, since_monday, seed, fleet).await.map_err(|error| Broken::Down(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_states_counts_and_what_it_draws_does_not() -> Result<(), Box<dyn std::error::Error>> {
        let text = r#"format = 1
name = "script"

[[dc]]
name = "PDC1"
role = "pdc"

[[script]]
name = "own"
host = "PDC1"
at = "0s"

[[script.step]]
draw = { name = "secret", kind = "password", length = 14 }

[[script.step]]
do = { user-add = { user = "A", password = "${secret}" } }

[[script.step]]
first-of = [
  [{ do = { user-add = { user = "krbtgt", password = "Secret-1-pass" } } }],
  [{ do = { account-policy-set = { policy = { maximum-age = "12h" } } } }],
]
"#;
        let plans = mockdc_scenarios::read_str("script.toml", text).map_err(|report| report.to_string())?;
        let missing = missing(&plans[0]);
        assert_eq!(missing.len(), 2, "{missing:?}");
        assert!(
            missing[0].contains("krbtgt") && missing[1].contains("passwords expire after 12h"),
            "{missing:?}"
        );
        Ok(())
    }
}
