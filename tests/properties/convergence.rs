//! Replicas become one once changes and faults end.

use mockdc::timeline::EventKind;
use mockdc_tests::any::{
    self, Dated, Edit, Estate, HOUR, MINUTE, Travel, edits, estates, faults_of_replication, in_time, seeds,
    step,
};
use mockdc_tests::property::{Case, config};
use mockdc_tests::text::span;
use proptest::prelude::*;

use crate::directories::{difference, edit_at_the_pdc, expect_everywhere, expect_what_the_pdc_shows};

/// The end of a case whose changes and faults are over by `quiet`: when everything must be everywhere.
fn until(estate: &Estate, quiet: i64) -> String {
    // A full synchronisation over the slow line of a fault, and an hour to be sure of.
    format!("until = \"{}\"", span(quiet + 2 * estate.slowest() + 3 * HOUR))
}

fn last(edits: &[Dated<Edit>]) -> i64 {
    edits.last().map_or(0, |edit| edit.at)
}

proptest! {
    #![proptest_config(config())]

    /// The oracle plays the changes in the order in which the PDC saw them; all controllers come to the same.
    #[test]
    fn replicas_converge_to_what_the_pdc_was_told(
        estate in estates(1..=3, 30 * MINUTE),
        edits in in_time(edits(), 1_000..20 * MINUTE, 0..12),
        faults in faults_of_replication(3, 2 * HOUR, 3),
        seed in seeds(),
    ) {
        let mut case = Case::new("replicas-converge", seed);
        case.head = until(&estate, last(&edits).max(2 * HOUR));
        case.add(&estate.to_string());
        let directory = edit_at_the_pdc(&mut case, &edits);
        case.faults = faults.into_iter().filter(|fault| stands(fault, &estate)).collect();
        expect_everywhere(&mut case, &estate, &directory);
        case.holds()?;
    }

    /// Controllers of Active Directory that were changed at the same time and heard of it in whatever order agree.
    #[test]
    fn replicas_that_saw_the_same_changes_in_any_order_agree_on_every_attribute(
        travel in any::notifications(30 * MINUTE),
        bdcs in 1..=2_usize,
        edits in in_time((edits(), 0..3_usize), 500..15 * MINUTE, 2..14),
        faults in faults_of_replication(2, 2 * HOUR, 3),
        seed in seeds(),
    ) {
        let estate = Estate { travel, bdcs, domain: String::new() };
        let mut case = Case::new("replicas-agree", seed);
        case.head = until(&estate, edits.last().map_or(0, |edit| edit.at).max(2 * HOUR));
        case.add(&estate.to_string());
        case.add(&any::groups());
        let hosts: Vec<String> = estate.controllers().collect();
        // Nobody crashes here: whoever writes is there.
        case.faults = faults
            .into_iter()
            .filter(|fault| stands(fault, &estate) && !fault.lines.starts_with("crash") && !fault.lines.starts_with("pause"))
            .collect();
        let at = |edit: &Dated<(Edit, usize)>| hosts[edit.what.1 % hosts.len()].clone();
        let plain = |edit: &Dated<(Edit, usize)>| Dated { at: edit.at, what: edit.what.0.clone() };
        let steps = |codes: &[u32]| -> String {
            edits.iter().enumerate().map(|(n, edit)| step(&plain(edit), &at(edit), codes.get(n).copied().unwrap_or(0))).collect()
        };
        // What each change answers depends on what has arrived by then: a first run tells it, the second demands it.
        let mut rehearsal = case.clone();
        rehearsal.add(&steps(&[]));
        let first = mockdc::orchestrator::run(&rehearsal.plan()?, seed).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let codes: Vec<u32> = first.events.iter().filter_map(|event| match &event.kind {
            EventKind::Step { code, .. } => Some(*code),
            _ => None,
        }).collect();
        prop_assert_eq!(codes.len(), edits.len());
        case.add(&steps(&codes));
        let timeline = case.holds()?;
        for host in &hosts[1..] {
            if let Some(why) = difference(&timeline, "PDC1", host) {
                expect_what_the_pdc_shows(&mut case, &estate, &timeline);
                return Err(case.fails(&why, &timeline));
            }
        }
    }

    /// One BDC is synchronised partly, another fully, and nothing else ever reaches them.
    #[test]
    fn partial_and_full_synchronisation_of_windows_nt_give_the_same_database(
        edits in in_time(edits(), 1_000..5 * MINUTE, 0..16),
        earlier in 0..60 * MINUTE,
        seed in seeds(),
    ) {
        const NEVER: i64 = 48 * HOUR;
        let travel = Travel::Nt4 { pulse: NEVER, first: NEVER, randomize: 0 };
        let estate = Estate { travel, bdcs: 2, domain: String::new() };
        let end = last(&edits) + 10 * MINUTE;
        let mut case = Case::new("partial-and-full", seed);
        case.head = format!("until = \"{}\"", span(end + 10 * MINUTE));
        case.add(&estate.to_string());
        let directory = edit_at_the_pdc(&mut case, &edits);
        // Somewhere on the way the first one had a part of it already.
        let on_the_way = span(earlier.min(end - 1));
        case.add(&format!("[[step]]\nat = \"{on_the_way}\"\nsynchronize = \"BDC1\"\n"));
        case.add(&format!("[[step]]\nat = \"{}\"\nsynchronize = \"BDC1\"\n", span(end)));
        case.add(&format!("[[step]]\nat = \"{}\"\nsynchronize = {{ at = \"BDC2\", full = true }}\n", span(end)));
        case.expect("event = { synchronized = { at = \"BDC2\", kind = \"full\" } }\ntimes = 1");
        case.expect("event = { synchronized = { at = \"BDC1\", kind = \"full\" } }\nnever = true");
        expect_everywhere(&mut case, &estate, &directory);
        let timeline = case.holds()?;
        for one in ["PDC1", "BDC2"] {
            if let Some(why) = difference(&timeline, one, "BDC1") {
                return Err(case.fails(&why, &timeline));
            }
        }
    }
}

/// Whether the fault speaks of a controller that the estate has.
fn stands(fault: &mockdc_tests::property::Fault, estate: &Estate) -> bool {
    (1..=estate.bdcs).any(|bdc| fault.lines.contains(&format!("\"BDC{bdc}\"")))
}
