//! Q304961 against closed arithmetic: whatever the delays, time-outs and probes, an install on a domain controller
//! succeeds exactly when the oracle says so, at the millisecond that it says.

use mockdc::timeline::Timeline;
use mockdc_tests::oracle::{Install, Outcome};
use mockdc_tests::property::config;
use mockdc_tests::text::{install_on_bdc, span, values_of};
use mockdc_tests::{first_attempt, plan, replay};
use proptest::prelude::*;

const MINUTE: i64 = 60_000;

/// What the run came to, in the oracle's words.
fn outcome(timeline: &Timeline) -> Option<(i64, u32)> {
    first_attempt(timeline, "BDC1")
}

fn run(install: &Install) -> Timeline {
    let (site, client) = values_of(install);
    let text = install_on_bdc(&format!("{{ delay = \"{}\" }}", span(install.delay)), &site, &client, "");
    replay(&plan(&text), 1).0
}

fn check(install: &Install) -> Result<(), TestCaseError> {
    let timeline = run(install);
    let seen = outcome(&timeline);
    let expected = match install.outcome() {
        Outcome::Installed { at } => Some((at, 0)),
        Outcome::Refused { at } => Some((at, 1326)),
        Outcome::TimedOut { at } => {
            // Which code a wait that timed out ends with is the product's; that it fails, and when, is arithmetic.
            prop_assert!(
                seen.is_some_and(|(seen, code)| seen == at && code != 0),
                "{install:?}: {seen:?}, not {at}"
            );
            return Ok(());
        }
        Outcome::BootstrapTimedOut => {
            let at = install.maximum_wait;
            prop_assert!(
                seen.is_some_and(|(seen, code)| seen == at && code != 0),
                "{install:?}: {seen:?}, not {at}"
            );
            return Ok(());
        }
    };
    prop_assert_eq!(seen, expected, "{:?}", install);
    Ok(())
}

fn installs() -> impl Strategy<Value = Install> {
    let times = (0..80 * MINUTE, 1..5 * MINUTE, 1..5 * MINUTE, 10 * MINUTE..90 * MINUTE);
    let rest =
        (0..3 * MINUTE, proptest::option::weighted(0.8, MINUTE..50 * MINUTE), 0..30 * MINUTE, any::<bool>());
    (times, rest).prop_map(
        |((delay, site_probe, probe, maximum_wait), (first_wait, loader, deletion, each))| Install {
            // Probes of whole seconds keep a run of a slow case short without making it rounder than the arithmetic.
            delay,
            site_probe: site_probe.max(5_000),
            probe: probe.max(5_000),
            maximum_wait,
            first_wait,
            loader_time_out: loader,
            deletion_delay: deletion,
            calls_at_each_probe: each,
        },
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_install_succeeds_exactly_when_replication_fits_its_budget(install in installs()) {
        check(&install)?;
    }

    /// The delay is placed on the boundary and a millisecond to either side of it.
    #[test]
    fn the_boundary_is_where_the_arithmetic_puts_it(install in installs(), nudge in -1_i64..=1) {
        if let Some(loader) = install.loader_time_out {
            let budget = loader + install.deletion_delay - install.first_wait;
            let delay = (budget.div_euclid(install.probe) * install.probe + nudge).max(0);
            check(&Install { delay, ..install })?;
        }
    }

    /// A1: the boot loader's time-out was never published, so every value of it must give a consistent picture.
    #[test]
    fn the_unpublished_time_out_is_swept(minutes in 5_i64..=44, delay in 0_i64..70) {
        check(&Install {
            delay: delay * MINUTE,
            site_probe: MINUTE,
            probe: MINUTE,
            maximum_wait: 60 * MINUTE,
            first_wait: MINUTE,
            loader_time_out: Some(minutes * MINUTE),
            deletion_delay: 15 * MINUTE,
            calls_at_each_probe: false,
        })?;
    }

    /// Forcing a synchronisation never makes an outcome worse.
    #[test]
    fn forced_synchronisation_never_harms(install in installs(), at in 0_i64..90 * MINUTE) {
        let text = |more: &str| {
            let client = install.loader_time_out.map_or_else(
                || "loader.waits-for-child = \"until-exit\"".to_owned(),
                |time_out| format!("loader.time-out = \"{}\"", span(time_out)),
            );
            install_on_bdc(&format!("{{ delay = \"{}\" }}", span(install.delay)), "", &client, more)
        };
        let without = outcome(&replay(&plan(&text("")), 1).0);
        let step = format!("[[step]]\nat = \"{}\"\nsynchronize = \"BDC1\"\n", span(at));
        let with = outcome(&replay(&plan(&text(&step)), 1).0);
        if without.is_some_and(|(_, code)| code == 0) {
            prop_assert!(with.is_some_and(|(_, code)| code == 0), "{:?} {}: {:?} became {:?}", install, at, without, with);
        }
    }
}

/// Each value of the profile moves the boundary of success exactly as computed.
#[test]
fn each_profile_value_moves_the_boundary_as_computed() {
    let base = Install {
        delay: 0,
        site_probe: MINUTE,
        probe: MINUTE,
        maximum_wait: 60 * MINUTE,
        first_wait: MINUTE,
        loader_time_out: Some(15 * MINUTE),
        deletion_delay: 15 * MINUTE,
        calls_at_each_probe: false,
    };
    let boundary = |install: &Install| {
        // The largest delay that still succeeds, by bisection over whole seconds of the replayed runs.
        let succeeds = |seconds: i64| {
            outcome(&run(&Install { delay: seconds * 1_000, ..*install })).is_some_and(|(_, code)| code == 0)
        };
        let (mut good, mut bad) = (0, 4 * 60 * 60);
        assert!(succeeds(good) && !succeeds(bad), "{install:?}");
        while bad - good > 1 {
            let middle = (good + bad) / 2;
            if succeeds(middle) { good = middle } else { bad = middle }
        }
        good
    };
    assert_eq!(boundary(&base), 28 * 60);
    assert_eq!(boundary(&Install { loader_time_out: Some(20 * MINUTE), ..base }), 33 * 60);
    assert_eq!(boundary(&Install { deletion_delay: 40 * MINUTE, ..base }), 53 * 60);
    assert_eq!(boundary(&Install { probe: 7 * MINUTE, ..base }), 28 * 60);
    assert_eq!(boundary(&Install { probe: 10 * MINUTE, ..base }), 20 * 60);
    assert_eq!(boundary(&Install { maximum_wait: 11 * MINUTE, ..base }), 11 * 60);
    assert_eq!(boundary(&Install { loader_time_out: None, ..base }), 60 * 60);
}
