//! Deltas and bytes add up.

use mockdc_tests::any::{
    Edit, Estate, HOUR, MINUTE, Travel, edits_of_users, estates_of_one_writer, in_time, seeds,
};
use mockdc_tests::oracle::Directory;
use mockdc_tests::property::{Case, config};
use mockdc_tests::text::span;
use proptest::prelude::*;

use crate::directories::{answer, edit_at_the_pdc};

/// Bytes on the wire (FACTS.md, "Sizes").
const USER: i64 = 1_024;
const GROUP: i64 = 4_096;
const MEMBER: i64 = 8;

proptest! {
    #![proptest_config(config())]

    /// Each change that the PDC lets through is one commit, and one delta at each BDC.
    #[test]
    fn each_change_is_one_delta_at_each_controller(
        estate in estates_of_one_writer(1..=3, 30 * MINUTE),
        edits in in_time(edits_of_users(), 1_000..10 * MINUTE, 0..16),
        seed in seeds(),
    ) {
        let mut case = Case::new("one-delta-each", seed);
        let end = edits.last().map_or(0, |edit| edit.at) + estate.slowest() + HOUR;
        case.head = format!("until = \"{}\"", span(end));
        case.add(&estate.to_string());
        let directory = edit_at_the_pdc(&mut case, &edits);
        let changes = directory.changes;
        case.expect(format!("measure = {{ commits = {{}} }}\nis = {changes}"));
        for bdc in estate.bdcs() {
            case.expect(format!("measure = {{ deltas = {{ at = \"{bdc}\" }} }}\nis = {changes}"));
        }
        case.holds()?;
    }

    /// A user's changes weigh a user each, a group's the group with the members that it has when it travels.
    #[test]
    fn bytes_are_those_of_the_objects_as_they_are_when_they_travel(
        edits in in_time((0..4_usize, prop::option::of((0..2_usize, any::<bool>()))), 1_000..MINUTE, 1..20),
        seed in seeds(),
    ) {
        let travel = Travel::Nt4 { pulse: 48 * HOUR, first: 48 * HOUR, randomize: 0 };
        let estate = Estate { travel, bdcs: 1, domain: String::new() };
        let edits: Vec<_> = edits
            .into_iter()
            .map(|dated| {
                let (user, group) = dated.what;
                let what = match group {
                    None => Edit::Add(user),
                    Some((group, true)) => Edit::Join(group, user),
                    Some((group, false)) => Edit::Leave(group, user),
                };
                mockdc_tests::any::Dated { at: dated.at, what }
            })
            .collect();
        let mut case = Case::new("bytes", seed);
        let end = edits.last().map_or(0, |edit| edit.at) + MINUTE;
        case.head = format!("until = \"{}\"", span(end + 10 * MINUTE));
        case.add(&estate.to_string());
        let directory = edit_at_the_pdc(&mut case, &edits);
        case.add(&format!("[[step]]\nat = \"{}\"\nsynchronize = \"BDC1\"\n", span(end)));
        let mut bytes = 0;
        let mut so_far = Directory::default();
        for edit in &edits {
            if answer(&mut so_far, &edit.what) == 0 {
                bytes += match edit.what {
                    Edit::Join(group, _) | Edit::Leave(group, _) => {
                        GROUP + MEMBER * i64::try_from(directory.members(group)).unwrap_or(0)
                    }
                    _ => USER,
                };
            }
        }
        case.expect(format!("measure = {{ bytes = {{ at = \"BDC1\" }} }}\nis = \"{bytes}B\""));
        case.holds()?;
    }
}
