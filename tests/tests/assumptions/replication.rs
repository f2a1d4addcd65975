//! Sweeps of what replication assumes.

use std::fmt::Write;

use mockdc::timeline::{EventKind, Timeline};
use mockdc_mocks::{Attribute, Fact, StateKey, Value};
use mockdc_tests::first_attempt;
use mockdc_tests::oracle::{Netlogon, Outcome, Places};
use mockdc_tests::text::{install_on_bdc, span};
use proptest::prelude::*;

use crate::runs::{MINUTE, account, config, sound, states};

const HOUR: i64 = 60 * MINUTE;

/// A domain under Netlogon whose BDCs answer at once: `netlogon` are further values of the model.
fn domain(netlogon: &str, bdcs: &str, more: &str) -> String {
    format!(
        "format = 1\nname = \"property\"\n\n[domain]\nreplication = {{ nt4 = {{ {netlogon}, bdc = {{ randomize = \"0s\" }} }} }}\n\n\
         [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n{bdcs}\n{more}\n"
    )
}

fn step(at: i64, verb: &str) -> String {
    format!("[[step]]\nat = \"{}\"\ndo = {{ {verb} }}\n\n", span(at))
}

const NEW_USER: &str = "user-add = { user = \"SVC\", password = \"Secret-14-chars\" }";

/// When the account became visible at a host.
fn visible(timeline: &Timeline, host: &str) -> Option<i64> {
    states(timeline, host, &account("SVC")).first().map(|(at, _)| *at)
}

proptest! {
    #![proptest_config(config())]

    /// Twelve BDCs, each behind a line of its own speed.
    #[test]
    fn a12_places_change_when_each_bdc_is_served_and_not_whether(
        concurrency in 1_usize..=12,
        batch in any::<bool>(),
        speeds in prop::collection::vec(1_u32..=100, 12),
        seed in 0_u64..64,
    ) {
        let slots = if batch { "batch" } else { "sliding" };
        let mut bdcs = String::from("[[dc]]\nname = \"BDC{n:02}\"\ncount = 12\n\n");
        for (n, speed) in speeds.iter().enumerate() {
            let _ = write!(bdcs, "[[link]]\nbetween = [\"PDC1\", \"BDC{:02}\"]\nbandwidth = \"{speed}kbit/s\"\n\n", n + 1);
        }
        let netlogon = format!("pulse = \"10m\", pulse-concurrency = {concurrency}, slots = \"{slots}\"");
        let timeline = sound(&domain(&netlogon, &bdcs, &step(MINUTE, NEW_USER)), seed)?;
        // How long each takes by itself is measured; the order and the ends are computed.
        let took = |host: &str| timeline.events.iter().find_map(|event| match &event.kind {
            EventKind::Fact(Fact::SyncEnded { took, .. }) if event.host == host => Some(took.as_millis()),
            _ => None,
        });
        let ring: Vec<String> = (1..=12).rev().map(|n| format!("BDC{n:02}")).collect();
        let durations: Option<Vec<i64>> = ring.iter().map(|host| took(host)).collect();
        let durations = durations.ok_or_else(|| TestCaseError::fail("a BDC was never served"))?;
        let ends = Places { concurrency, batch }.ends(&durations);
        for (host, end) in ring.iter().zip(ends) {
            prop_assert_eq!(visible(&timeline, host), Some(10 * MINUTE + end), "{} {}", host, slots);
        }
    }

    #[test]
    fn a13_each_bdc_is_told_at_least_every_pulse_maximum(
        pulse in 60_i64..=172_800, maximum in 60_i64..=172_800, commit in 0_i64..172_800, seed in 0_u64..64,
    ) {
        let (pulse, maximum, commit) = (pulse * 1_000, maximum * 1_000, commit * 1_000);
        let end = commit + 4 * pulse.max(maximum);
        let netlogon = format!("pulse = \"{}\", pulse-maximum = \"{}\"", span(pulse), span(maximum));
        let text = domain(&netlogon, "[[dc]]\nname = \"BDC1\"\n", &step(commit, NEW_USER))
            .replacen("name = \"property\"\n", &format!("name = \"property\"\nuntil = \"{}\"\n", span(end)), 1);
        let timeline = sound(&text, seed)?;
        let told: Vec<i64> = timeline.events.iter()
            .filter(|event| matches!(event.kind, EventKind::Fact(Fact::Notified { .. })))
            .map(|event| event.at.as_millis())
            .collect();
        let longest = pulse.max(maximum);
        let gaps = std::iter::once(&0).chain(&told).zip(told.iter().chain([&end]));
        for (before, after) in gaps {
            prop_assert!(after - before <= longest, "{} to {}: {:?}", before, after, told);
        }
        let served = Netlogon { pulse, first_pulse: pulse }.next(commit);
        prop_assert_eq!(visible(&timeline, "BDC1"), Some(served));
    }

    #[test]
    fn a32_the_first_pulse_decides_the_install(
        pulse in 60_i64..=4_000, first in 0_i64..=4_000, seed in 0_u64..64,
    ) {
        let netlogon = Netlogon { pulse: pulse * 1_000, first_pulse: first.min(pulse) * 1_000 };
        let replication = format!(
            "{{ nt4 = {{ pulse = \"{}\", first-pulse = \"{}\", bdc = {{ randomize = \"0s\" }} }} }}",
            span(netlogon.pulse), span(netlogon.first_pulse)
        );
        let timeline = sound(&install_on_bdc(&replication, "", "", ""), seed)?;
        let seen = first_attempt(&timeline, "BDC1");
        match netlogon.outcome(&crate::runs::SP3) {
            Outcome::Installed { at } => prop_assert_eq!(seen, Some((at, 0)), "{:?}", netlogon),
            Outcome::Refused { at } => prop_assert_eq!(seen, Some((at, 1326)), "{:?}", netlogon),
            Outcome::TimedOut { at } => prop_assert_eq!(seen, Some((at, 2221)), "{:?}", netlogon),
            Outcome::BootstrapTimedOut => prop_assert_eq!(seen, Some((HOUR, 2221)), "{:?}", netlogon),
        }
    }

    /// A local group weighs its size with each change of it, the rights of an account theirs.
    #[test]
    fn a36_sizes_scale_the_bytes_exactly(
        local_group in 1_u64..10_000, rights in 1_u64..10_000, groups in 0_usize..6, granted in 0_usize..=5, seed in 0_u64..64,
    ) {
        let mut steps = String::from("[[user]]\nname = \"SVC\"\npassword = \"Secret-14-chars\"\n\n");
        for n in 0..groups {
            steps += &step(MINUTE, &format!("local-group-add = {{ group = \"G{n}\" }}"));
            steps += &step(MINUTE, &format!("local-group-add-member = {{ group = \"G{n}\", member = \"SVC\" }}"));
        }
        for right in &mockdc_tests::oracle::FIVE[..granted] {
            steps += &step(MINUTE, &format!("right-grant = {{ account = \"SVC\", right = \"{right}\" }}"));
        }
        let netlogon = format!("pulse = \"5m\", sizes = {{ local-group = \"{local_group}B\", rights = \"{rights}B\" }}");
        let timeline = sound(&domain(&netlogon, "[[dc]]\nname = \"BDC1\"\n", &steps), seed)?;
        let bytes: u64 = timeline.events.iter().map(|event| match &event.kind {
            EventKind::Fact(Fact::SyncEnded { bytes, .. }) => *bytes,
            _ => 0,
        }).sum();
        prop_assert_eq!(bytes, 2 * groups as u64 * local_group + granted as u64 * rights);
    }

    #[test]
    fn a24_a_lockout_needs_a_threshold(threshold in 0_u32..8, wrong in 0_u32..10, seed in 0_u64..64) {
        let text = wrong_logons("{ delay = \"1m\" }", threshold, wrong);
        let timeline = sound(&text, seed)?;
        let locked = timeline.events.iter().any(|event| matches!(event.kind, EventKind::Fact(Fact::LockedOut { .. })));
        prop_assert_eq!(locked, threshold > 0 && wrong >= threshold, "{} {}", threshold, wrong);
    }

    /// A controller goes down in the same hour in which an account is deleted, and comes back some days later.
    #[test]
    fn a43_who_is_away_for_longer_than_a_deletion_is_remembered_keeps_the_account(
        lifetime in 2_i64..12, away in 1_i64..14, refuses in any::<bool>(), seed in 0_u64..64,
    ) {
        let version = if refuses { "windows-2003" } else { "windows-2000" };
        let text = format!(
            "format = 1\nname = \"property\"\nuntil = \"20d\"\n\n[domain]\n\
             replication = {{ ad = {{ version = \"{version}\", tombstone-lifetime = \"{lifetime}d\" }} }}\n\n\
             [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[dc]]\nname = \"BDC1\"\n\n\
             [[user]]\nname = \"SVC\"\npassword = \"Secret-14-chars\"\n\n\
             [[fault]]\nname = \"away\"\ncrash = {{ at = \"BDC1\" }}\nfrom = \"1m\"\nuntil = \"{away}d\"\n\n{}",
            // The last step keeps the run going while nothing happens.
            step(2 * MINUTE, "user-delete = { user = \"SVC\" }") + &step(19 * 24 * HOUR, "dc-find = {}")
        );
        let timeline = sound(&text, seed)?;
        let gone = states(&timeline, "BDC1", &account("SVC")).last().is_some_and(|(_, value)| value.is_none());
        prop_assert_eq!(gone, away <= lifetime, "{} days away, remembered for {}", away, lifetime);
    }

    #[test]
    fn a11_a_lockout_travels_at_once_where_the_model_knows_urgency(delay in MINUTE..HOUR, seed in 0_u64..64) {
        let arrives = |timeline: &Timeline| {
            let key = StateKey::Attribute { account: "SVC".into(), attribute: Attribute::LockedOut };
            states(timeline, "BDC1", &key).into_iter().find(|(_, value)| *value == Some(Value::Is(true))).map(|(at, _)| at)
        };
        let urgent = format!("{{ nt4 = {{ pulse = \"{}\", bdc = {{ randomize = \"0s\" }} }} }}", span(delay));
        prop_assert_eq!(arrives(&sound(&wrong_logons(&urgent, 1, 1), seed)?), Some(1_000));
        let patient = format!("{{ delay = \"{}\" }}", span(delay));
        prop_assert_eq!(arrives(&sound(&wrong_logons(&patient, 1, 1), seed)?), Some(1_000 + delay));
    }
}

/// Wrong passwords at the PDC, one a second.
fn wrong_logons(replication: &str, threshold: u32, wrong: u32) -> String {
    let mut text = format!(
        "format = 1\nname = \"property\"\n\n[domain]\nreplication = {replication}\n\
         account-policy = {{ lockout-threshold = {threshold}, lockout-reset = \"30m\", lockout-duration = \"forever\" }}\n\n\
         [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[dc]]\nname = \"BDC1\"\n\n\
         [[user]]\nname = \"SVC\"\npassword = \"Secret-14-chars\"\n\n"
    );
    for n in 0..i64::from(wrong) {
        text += &step(
            (n + 1) * 1_000,
            "logon = { credentials = { user = \"SVC\", password = \"wrong\" }, logon = \"network\" }",
        );
    }
    text
}
