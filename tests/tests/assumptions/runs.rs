//! Runs, and what must hold of each of them.

use std::sync::Arc;

use mockdc::timeline::{EndReason, Event, EventKind, Role, Timeline};
use mockdc_mocks::{Fact, StateKey, Value};
use mockdc_scenarios::Plan;
use mockdc_tests::oracle::{Install, Outcome};
pub(crate) use mockdc_tests::property::config;
use mockdc_tests::text::{install_on_bdc, span, values_of};
use mockdc_tests::{first_attempt, plan, replay};
use proptest::prelude::*;

pub(crate) const MINUTE: i64 = 60_000;

/// SP3 as it is by default, with nothing to wait for.
pub(crate) const SP3: Install = Install {
    delay: 0,
    site_probe: MINUTE,
    probe: MINUTE,
    maximum_wait: 60 * MINUTE,
    first_wait: MINUTE,
    loader_time_out: Some(15 * MINUTE),
    deletion_delay: 15 * MINUTE,
    calls_at_each_probe: false,
};

/// Runs a scenario and asserts what holds whatever an assumption's value: no law breaks, nothing hangs, and, in one
/// run of eight, the same seed gives the same run again.
pub(crate) fn sound(text: &str, seed: u64) -> Result<Timeline, TestCaseError> {
    let plan = plan(text);
    let timeline = lawful(&plan, seed, text)?;
    if seed.is_multiple_of(8) {
        let again = lawful(&plan, seed, text)?;
        prop_assert!(timeline.events == again.events, "two runs with seed {} differ\n{}", seed, text);
    }
    Ok(timeline)
}

fn lawful(plan: &Arc<Plan>, seed: u64, text: &str) -> Result<Timeline, TestCaseError> {
    let (timeline, judgement) = replay(plan, seed);
    prop_assert!(!judgement.shows_a_bug(), "{:?}\n{}", judgement.laws, text);
    let end = timeline.end_reason();
    prop_assert!(!matches!(end, None | Some(EndReason::Hang | EndReason::Runaway)), "{:?}\n{}", end, text);
    Ok(timeline)
}

/// An install on a controller, every change of which takes the install's delay.
pub(crate) fn on_bdc(install: &Install, site: &str, client: &str, more: &str) -> String {
    let (own_site, own_client) = values_of(install);
    let delay = format!("{{ delay = \"{}\" }}", span(install.delay));
    install_on_bdc(&delay, &format!("{own_site}\n{site}"), &format!("{own_client}\n{client}"), more)
}

/// The first attempt came to what the oracle says.
pub(crate) fn comes_to(timeline: &Timeline, install: &Install) -> Result<(), TestCaseError> {
    let seen = first_attempt(timeline, "BDC1");
    let at = match install.outcome() {
        Outcome::Installed { at } => {
            prop_assert_eq!(seen, Some((at, 0)), "{:?}", install);
            return Ok(());
        }
        Outcome::Refused { at } => {
            prop_assert_eq!(seen, Some((at, 1326)), "{:?}", install);
            return Ok(());
        }
        Outcome::TimedOut { at } => at,
        Outcome::BootstrapTimedOut => install.maximum_wait,
    };
    prop_assert!(seen.is_some_and(|(seen, code)| seen == at && code != 0), "{:?}: {:?}", install, seen);
    Ok(())
}

/// The lines of a log, with their instants.
pub(crate) fn lines<'a>(timeline: &'a Timeline, host: &str, file: &str) -> Vec<(i64, &'a str)> {
    let of = |event: &'a Event| match &event.kind {
        EventKind::Log { file: name, text, .. } if *name == file && event.host == host => {
            Some((event.at.as_millis(), text.as_str()))
        }
        _ => None,
    };
    timeline.events.iter().filter_map(of).collect()
}

/// How many lines of a log contain these words.
pub(crate) fn count(timeline: &Timeline, host: &str, file: &str, words: &str) -> usize {
    lines(timeline, host, file).iter().filter(|(_, line)| line.contains(words)).count()
}

/// The changes of a piece of state at a host.
pub(crate) fn states(timeline: &Timeline, host: &str, key: &StateKey) -> Vec<(i64, Option<Value>)> {
    let of = |event: &Event| match &event.kind {
        EventKind::Fact(Fact::State { key: of, value, .. }) if of == key && event.host == host => {
            Some((event.at.as_millis(), value.clone()))
        }
        _ => None,
    };
    timeline.events.iter().filter_map(of).collect()
}

/// The account in a host's database.
pub(crate) fn account(name: &str) -> StateKey {
    StateKey::Account { account: name.into() }
}

/// When an actor of this role first started.
pub(crate) fn first_start(timeline: &Timeline, of: Role) -> Option<&Event> {
    timeline
        .events
        .iter()
        .find(|event| matches!(event.kind, EventKind::ActorStarted { role, .. } if role == of))
}

/// When a service of a host first stopped.
pub(crate) fn first_stop(timeline: &Timeline, name: &str) -> Option<i64> {
    timeline.events.iter().find_map(|event| match &event.kind {
        EventKind::Fact(Fact::ServiceStopped { service, .. }) if *service == name => {
            Some(event.at.as_millis())
        }
        _ => None,
    })
}
