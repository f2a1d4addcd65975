//! Oracles, strategies and scenario texts for the property tests, and for yours: start at [`any`].
//!
//! An oracle is closed arithmetic written from `scenarios/FACTS.md`. It imports nothing from the domain model or the
//! harness: numbers in, an outcome out, so that it cannot repeat their mistakes.

use std::sync::Arc;

pub mod any;
pub mod oracle;
pub mod property;
pub mod text;

/// Runs a plan and judges it.
///
/// # Panics
///
/// When the plan's world cannot be built (a plan that was read from a file can), or when the run breaks a law: that is
/// a bug of mockdc, whatever the test is about.
pub fn replay(
    plan: &Arc<mockdc_scenarios::Plan>,
    seed: u64,
) -> (mockdc::timeline::Timeline, mockdc::judge::Judgement) {
    replay_prepared(&prepared(plan), seed)
}

/// Prepares a plan for many runs.
///
/// # Panics
///
/// When the plan's world cannot be built: a plan that was read from a file can.
pub fn prepared(plan: &Arc<mockdc_scenarios::Plan>) -> mockdc::orchestrator::Prepared {
    mockdc::orchestrator::Prepared::new(plan).expect("a world that was read can be built")
}

/// Runs a prepared plan and judges it.
///
/// # Panics
///
/// As [`replay`].
pub fn replay_prepared(
    plan: &mockdc::orchestrator::Prepared,
    seed: u64,
) -> (mockdc::timeline::Timeline, mockdc::judge::Judgement) {
    let timeline = plan.run(seed).expect("a plan that was prepared can be run");
    let judgement = plan.judge(&timeline);
    debug_assert_eq!(judgement, mockdc::judge::judge(&timeline));
    assert!(!judgement.shows_a_bug(), "a law is broken: {:?}", judgement.laws);
    (timeline, judgement)
}

/// Reads a scenario that has one case.
///
/// # Panics
///
/// When the text is no valid scenario; the message carries the diagnostics.
pub fn plan(text: &str) -> Arc<mockdc_scenarios::Plan> {
    match mockdc_scenarios::read_str("property.toml", text) {
        Ok(mut plans) => Arc::new(plans.remove(0)),
        Err(report) => panic!("{}\n{text}", report.render(100)),
    }
}

/// When the first attempt on a client was decided, in milliseconds since the start, and with which code.
pub fn first_attempt(timeline: &mockdc::timeline::Timeline, client: &str) -> Option<(i64, u32)> {
    use mockdc::timeline::EventKind;
    timeline.events.iter().find_map(|event| match &event.kind {
        EventKind::AttemptEnded { client: of, attempt: 1, code } if *of == client => {
            Some((event.at.as_millis(), *code))
        }
        _ => None,
    })
}

/// How often a property is tried: 256 times, or as often as `MOCKDC_CASES` says.
pub fn cases() -> u32 {
    std::env::var("MOCKDC_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(256)
}

/// The Rust block of the README, as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
