//! Anything that a scenario can say: whatever comes of it, no law is broken, the run comes to an end, the same seed gives
//! the same run, and what was written down is judged as the run itself.

use mockdc::judge::judge;
use mockdc::timeline::Timeline;
use mockdc_tests::any::{self, HOUR, MINUTE, client, edits, estates, faults, in_time, profiles, seeds, step};
use mockdc_tests::property::{Case, config};
use mockdc_tests::text::span;
use proptest::prelude::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_no_law_is_broken(
        estate in estates(1..=3, 70 * MINUTE),
        (on_dc, on_member) in (profiles(), profiles()),
        method in prop::sample::select(vec!["remote", "manual", "logon"]),
        at in 0..HOUR,
        edits in in_time(edits(), 1_000..20 * MINUTE, 0..6),
        faults in faults(vec!["PDC1".into(), "BDC1".into(), "WS1".into(), "SMS1".into()], 3 * HOUR, 4),
        policy in prop::option::of((0..5_usize, any::<bool>())),
        seed in seeds(),
    ) {
        let mut case = Case::new("anything", seed);
        case.head = format!("until = \"{}\"", span(8 * HOUR));
        case.add(&estate.to_string());
        case.add("[[machine]]\nname = \"WS1\"\nos = \"windows-2000\"\n");
        case.add(&any::groups());
        if let Some((right, listed)) = policy {
            let right = mockdc_tests::oracle::FIVE[right];
            let holders = if listed { "\"SMSCliSvcAcct&\"" } else { "" };
            case.add(&format!("[[policy]]\nname = \"Strip\"\nlinks = [\"domain\"]\nrights = {{ {right} = [{holders}] }}\n"));
        }
        case.add(&any::install("BDC1", on_dc, 0));
        let by = if method == "remote" { "by = \"SMS1\"".to_owned() } else { format!("method = \"{method}\"") };
        case.add(&client("WS1", on_member, &format!("install = {{ client = \"WS1\", {by} }}"), at));
        case.faults = faults;
        // Nobody knows what these end with: a fault may refuse them. The operator shrugs.
        for edit in &edits {
            case.add(&step(edit, "PDC1", 0).replacen("[[step]]\n", "[[script]]\nhost = \"PDC1\"\n", 1).replacen(
                "at-host = \"PDC1\"\n", &format!("name = \"edit-{}\"\n\n[[script.step]]\ntolerate = \"any\"\n", edit.at), 1));
        }
        let timeline = case.holds()?;
        if seed.is_multiple_of(8) {
            let again = case.holds()?;
            if let Some(difference) = timeline.first_difference(&again) {
                return Err(case.fails(&format!("event {} differs", difference.seq), &timeline));
            }
            let mut written = Vec::new();
            timeline.write(&mut written).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let read = Timeline::read(written.as_slice()).map_err(|error| TestCaseError::fail(error.to_string()))?;
            if judge(&read) != judge(&timeline) {
                return Err(case.fails("the record is judged otherwise", &timeline));
            }
        }
    }
}
