//! Q304961 under Netlogon of Windows NT 4.0 against closed arithmetic: the rhythm of the pulses alone decides whether an
//! install succeeds, and when.

use mockdc_tests::oracle::{Install, Netlogon, Outcome};
use mockdc_tests::property::config;
use mockdc_tests::text::{install_on_bdc, span, values_of};
use mockdc_tests::{first_attempt, plan, replay};
use proptest::prelude::*;

const MINUTE: i64 = 60_000;

const NOT_YET: u32 = 2221;

fn check(netlogon: Netlogon, install: &Install) -> Result<(), TestCaseError> {
    let (site, client) = values_of(install);
    let replication = format!(
        "{{ nt4 = {{ pulse = \"{}\", first-pulse = \"{}\", bdc = {{ randomize = \"0s\" }} }} }}",
        span(netlogon.pulse),
        span(netlogon.first_pulse)
    );
    let (timeline, judgement) = replay(&plan(&install_on_bdc(&replication, &site, &client, "")), 1);
    prop_assert!(!judgement.shows_a_bug(), "{:?} {:?}: {:?}", netlogon, install, judgement.laws);
    let expected = match netlogon.outcome(install) {
        Outcome::Installed { at } => (at, 0),
        Outcome::Refused { at } => (at, 1326),
        Outcome::TimedOut { at } => (at, NOT_YET),
        Outcome::BootstrapTimedOut => (install.maximum_wait, NOT_YET),
    };
    prop_assert_eq!(first_attempt(&timeline, "BDC1"), Some(expected), "{:?} {:?}", netlogon, install);
    Ok(())
}

fn rhythms() -> impl Strategy<Value = Netlogon> {
    (MINUTE..90 * MINUTE, 0..=100_i64)
        .prop_map(|(pulse, percent)| Netlogon { pulse, first_pulse: pulse * percent / 100 })
}

fn installs() -> impl Strategy<Value = Install> {
    let looks = (20_000..5 * MINUTE, 20_000..5 * MINUTE, 10 * MINUTE..90 * MINUTE, 1..3 * MINUTE);
    let ends = (proptest::option::weighted(0.8, MINUTE..50 * MINUTE), 0..30 * MINUTE);
    (looks, ends).prop_map(
        |((site_probe, probe, maximum_wait, first_wait), (loader_time_out, deletion_delay))| Install {
            delay: 0,
            site_probe,
            probe,
            maximum_wait,
            first_wait,
            loader_time_out,
            deletion_delay,
            calls_at_each_probe: false,
        },
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_pulse_decides_whether_an_install_succeeds(netlogon in rhythms(), install in installs()) {
        check(netlogon, &install)?;
    }

    /// The pulse is placed on the end of the budget and a millisecond to either side.
    #[test]
    fn the_boundary_is_where_the_arithmetic_puts_it(
        first in 1..10 * MINUTE, install in installs(), nudge in -1_i64..=1,
    ) {
        if let Some(loader) = install.loader_time_out {
            // The second pulse comes as late as the last look that is early enough.
            let start = (first + install.site_probe - 1) / install.site_probe * install.site_probe;
            let created = start + install.first_wait;
            let budget = loader + install.deletion_delay - install.first_wait;
            let last = created + budget.div_euclid(install.probe) * install.probe + nudge;
            let pulse = last - first;
            if (MINUTE..48 * 60 * MINUTE).contains(&pulse) && pulse >= first {
                check(Netlogon { pulse, first_pulse: first }, &install)?;
            }
        }
    }
}

/// The rhythm of the article's domain: the shortest pulse that fails is the budget's.
#[test]
fn with_the_first_pulse_after_two_minutes_sp3_bears_a_pulse_of_29_minutes() -> Result<(), TestCaseError> {
    let sp3 = Install {
        delay: 0,
        site_probe: MINUTE,
        probe: MINUTE,
        maximum_wait: 60 * MINUTE,
        first_wait: MINUTE,
        loader_time_out: Some(15 * MINUTE),
        deletion_delay: 15 * MINUTE,
        calls_at_each_probe: false,
    };
    for minutes in 2..60 {
        let netlogon = Netlogon { pulse: minutes * MINUTE, first_pulse: 2 * MINUTE };
        check(netlogon, &sp3)?;
        let installed = matches!(netlogon.outcome(&sp3), Outcome::Installed { .. });
        prop_assert_eq!(installed, minutes <= 29, "{} minutes", minutes);
    }
    Ok(())
}
