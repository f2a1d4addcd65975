//! Whether an install succeeds, and when.

use mockdc::timeline::EventKind;
use mockdc_mocks::{Fact, StateKey};
use mockdc_tests::any::{self, Estate, HOUR, MINUTE, Travel, estates_of_one_writer, profiles, seeds};
use mockdc_tests::first_attempt;
use mockdc_tests::oracle::Release;
use mockdc_tests::property::{Case, config};
use mockdc_tests::text::span;
use proptest::prelude::*;

const VALUE: &str = r"registry = { 'HKLM\SOFTWARE\Microsoft\SMS\Client\Configuration\Domain Controller' = { 'Account Synchronization Max Wait (minutes)' = ";

proptest! {
    #![proptest_config(config())]

    /// The budget of each release, with the registry value of the PDC and without.
    #[test]
    fn an_install_succeeds_exactly_when_replication_fits_the_budget_of_its_release(
        profile in profiles(),
        value in proptest::option::of(5..300_i64),
        delay in prop_oneof![0..40 * MINUTE, 0..6 * HOUR, (0..100_i64).prop_map(|minutes| minutes * MINUTE)],
        seed in seeds(),
    ) {
        let release = Release::of(profile, value).ok_or_else(|| TestCaseError::fail("a release without a budget"))?;
        let travel = Travel::Delay { sam: delay, builtin: delay, lsa: delay };
        let estate = Estate { travel, bdcs: 1, domain: String::new() };
        let mut case = Case::new("budget-of-a-release", seed);
        let mut world = estate.to_string();
        if let Some(value) = value {
            world = world.replacen("role = \"pdc\"\n", &format!("role = \"pdc\"\n{VALUE}{value} }} }}\n"), 1);
        }
        case.add(&world);
        case.add(&any::install("BDC1", profile, 0));
        let (at, code) = match release.outcome(delay) {
            Ok(at) => (at, "code = 0"),
            Err(at) => (at, ""),
        };
        let event = format!("attempt-ended = {{ client = \"BDC1\", attempt = 1{}{code} }}", if code.is_empty() { "" } else { ", " });
        case.expect(format!("event = {{ {event} }}\nat = \"{}\"", span(at)));
        if code.is_empty() {
            case.expect("attempt-failed = { client = \"BDC1\", attempt = 1 }");
        }
        case.holds()?;
    }

    /// From the creation of the service account on, whatever the release and the instants: who would have succeeded
    /// succeeds, and not later. Before it a forced synchronisation only lets the install start at another phase of the
    /// pulses, and that can be the worse one. In Active Directory it can do harm: it brings an account, and the account's
    /// rights, which are policy, come with the next refresh (`q304961-account-before-its-rights`).
    #[test]
    fn forced_synchronisation_never_makes_an_outcome_worse(
        estate in estates_of_one_writer(1..=2, 70 * MINUTE),
        profile in profiles(),
        forced in prop::collection::vec((0..90 * MINUTE, any::<bool>()), 1..4),
        seed in seeds(),
    ) {
        let mut case = Case::new("forced-synchronisation", seed);
        case.add(&estate.to_string());
        case.add(&any::install("BDC1", profile, 0));
        let timeline = case.holds()?;
        let without = first_attempt(&timeline, "BDC1");
        let account = StateKey::Account { account: "SMS&_BDC1".into() };
        let created = timeline.events.iter().find(|event| {
            event.host == "PDC1" && matches!(&event.kind, EventKind::Fact(Fact::State { key, .. }) if *key == account)
        });
        let Some(created) = created.map(|event| event.at.as_millis()) else { return Ok(()) };
        for (later, full) in &forced {
            let at = span(created + 1 + later);
            case.add(&format!("[[step]]\nat = \"{at}\"\nsynchronize = {{ at = \"BDC1\", full = {full} }}\n"));
        }
        if let Some((at, 0)) = without {
            case.expect(format!(
                "event = {{ attempt-ended = {{ client = \"BDC1\", attempt = 1, code = 0 }} }}\nnot-after = \"{}\"", span(at)
            ));
        }
        case.holds()?;
    }

    /// A machine that nobody can reach is tried as often as the product says, and no more.
    #[test]
    fn attempts_are_as_many_as_the_time_allows(
        every in 10..180_i64, lasts in 1..12_i64, until in 1..40_i64, seed in seeds(),
    ) {
        let mut case = Case::new("attempts", seed);
        let lasts_for = lasts * every + every / 2;
        case.head = format!("until = \"{}\"", span(until * every * MINUTE / 2 + 1));
        case.add("[domain]\nreplication = { delay = \"1m\" }\n\n[[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[machine]]\nname = \"WS1\"\nadmin-share = false\n");
        case.add(&any::install("WS1", "sms-2.0-sp3", 0).replacen(
            "site = \"ABC\"\n",
            &format!("site = \"ABC\"\nccm.retry-every = \"{every}m\"\nccm.retry-for = \"{lasts_for}m\"\n"), 1));
        // One at the start, one each period after it, until the time for retries is over.
        let attempts = 1 + (until / 2).min(lasts);
        case.expect(format!("measure = {{ attempts = {{ client = \"WS1\" }} }}\nis = {attempts}"));
        case.holds()?;
    }

    /// Installs on several controllers at once are decided each, and each outcome stands in the record once.
    #[test]
    fn every_install_of_a_domain_is_decided(
        estate in estates_of_one_writer(2..=3, 50 * MINUTE), profile in profiles(), stagger in 1..30 * MINUTE, seed in seeds(),
    ) {
        let mut case = Case::new("every-install", seed);
        case.add(&estate.to_string());
        case.add(&format!("[[site-server]]\nname = \"SMS1\"\nsite = \"ABC\"\n\n[[client]]\nmachine = \"BDC*\"\nprofile = \"{profile}\"\n"));
        case.add(&format!("[[step]]\nat = \"0s\"\ninstall = {{ client = \"BDC*\", by = \"SMS1\" }}\nstagger = \"{}\"\n", span(stagger)));
        for bdc in estate.bdcs() {
            case.expect(format!("event = {{ attempt-ended = {{ client = \"{bdc}\", attempt = 1 }} }}\ntimes = 1"));
        }
        case.holds()?;
    }
}
