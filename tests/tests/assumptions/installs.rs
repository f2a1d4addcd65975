//! Sweeps of what an install on a domain controller assumes.

use mockdc::timeline::{EventKind, Role, Timeline, WaitFor};
use mockdc_mocks::{Fact, StateKey, Value, VerbKind};
use mockdc_tests::first_attempt;
use mockdc_tests::oracle::{FIVE, Install, Outcome};
use mockdc_tests::text::{install_on_bdc, span};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::runs::{
    MINUTE, SP3, account, comes_to, config, count, first_start, first_stop, lines, on_bdc, sound, states,
};

/// The longest that waits for an account were allowed to last, in the order of their beginning.
fn limits(timeline: &Timeline) -> Vec<i64> {
    let limit = |kind: &EventKind| match kind {
        EventKind::WaitBegan { what: WaitFor::Account { .. }, limit: Some(limit) } => Some(limit.as_millis()),
        _ => None,
    };
    timeline.events.iter().filter_map(|event| limit(&event.kind)).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a1_the_loader_s_own_time_out_moves_the_budget_and_nothing_else(
        seconds in 8 * 60_i64..45 * 60, waits in any::<bool>(), delay in 0..70 * MINUTE, seed in 0_u64..64,
    ) {
        let install = Install { delay, loader_time_out: (!waits).then_some(seconds * 1_000), ..SP3 };
        comes_to(&sound(&on_bdc(&install, "", "", ""), seed)?, &install)?;
    }

    #[test]
    fn a2_the_bootstrap_account_is_deleted_so_long_after_the_loader_s_stop(
        deletion in 0..60 * MINUTE, delay in 0..60 * MINUTE, seed in 0_u64..64,
    ) {
        let install = Install { delay, deletion_delay: deletion, ..SP3 };
        let timeline = sound(&on_bdc(&install, "", "", ""), seed)?;
        comes_to(&timeline, &install)?;
        let stopped = first_stop(&timeline, "CCMBtLdr");
        prop_assert!(stopped.is_some());
        let gone = states(&timeline, "PDC1", &account("SMS#_BDC1")).into_iter().find(|(_, value)| value.is_none());
        prop_assert_eq!(gone.map(|(at, _)| at), stopped.map(|at| at + deletion));
    }

    #[test]
    fn a3_each_wait_has_the_maximum_for_itself(
        maximum in 5 * MINUTE..90 * MINUTE, percent in 51_i64..=99, seed in 0_u64..64,
    ) {
        // Both waits together are longer than the maximum; the loader waits for its child.
        let install = Install {
            delay: maximum * percent / 100,
            maximum_wait: maximum,
            site_probe: 30_000,
            probe: 30_000,
            loader_time_out: None,
            ..SP3
        };
        prop_assume!(install.delay + 30_000 <= maximum);
        let timeline = sound(&on_bdc(&install, "", "", ""), seed)?;
        comes_to(&timeline, &install)?;
        prop_assert!(first_attempt(&timeline, "BDC1").is_some_and(|(at, code)| code == 0 && at > maximum));
        prop_assert_eq!(limits(&timeline)[..2].to_vec(), vec![maximum, maximum]);
    }

    #[test]
    fn a4_a_wait_writes_a_line_with_each_look_that_fails(
        site_probe in 20_000..5 * MINUTE, probe in 20_000..5 * MINUTE, delay in 0..55 * MINUTE, seed in 0_u64..64,
    ) {
        let install = Install { delay, site_probe, probe, loader_time_out: None, ..SP3 };
        let timeline = sound(&on_bdc(&install, "", "", ""), seed)?;
        comes_to(&timeline, &install)?;
        let failing = |every: i64| usize::try_from((delay + every - 1) / every).unwrap_or(0);
        let waiting = "Waiting for PDC/BDC Sync (2221)";
        prop_assert_eq!(count(&timeline, "SMS1", "Ccm.log", waiting), failing(site_probe));
        prop_assert_eq!(count(&timeline, "BDC1", "Wnremote.log", waiting), failing(probe));
    }

    #[test]
    fn a5_no_loader_starts_when_the_bootstrap_account_is_later_than_ccm_s_maximum(
        maximum in MINUTE..90 * MINUTE, delay in 0..90 * MINUTE, seed in 0_u64..64,
    ) {
        let install = Install { delay, ..SP3 };
        let site = format!("ccm.maximum-wait.default = \"{}\"", span(maximum));
        let text = install_on_bdc(&format!("{{ delay = \"{}\" }}", span(delay)), &site, "", "");
        let timeline = sound(&text, seed)?;
        let looks = (delay + MINUTE - 1) / MINUTE * MINUTE;
        if looks > maximum {
            let first = first_attempt(&timeline, "BDC1");
            prop_assert!(first.is_some_and(|(at, code)| at == maximum && code == 2221), "{:?}", first);
            let started = first_start(&timeline, Role::BootLoader).map(|event| event.at.as_millis());
            prop_assert!(started.is_none_or(|at| at > maximum));
        } else {
            let started = first_start(&timeline, Role::BootLoader).map(|event| event.at.as_millis());
            prop_assert_eq!(started, Some(looks), "{:?}", install);
        }
    }

    #[test]
    fn a16_the_registry_of_the_pdc_counts_where_the_profile_reads_it(
        minutes in proptest::option::of(1_u32..300),
        site_reads in any::<bool>(),
        program_reads in any::<bool>(),
        delay in 0..20 * MINUTE,
        seed in 0_u64..64,
    ) {
        let text = install_on_bdc(
            &format!("{{ delay = \"{}\" }}", span(delay)),
            &format!("ccm.maximum-wait.reads-registry = {site_reads}"),
            &format!("bootstrap.maximum-wait.reads-registry = {program_reads}\nloader.waits-for-child = \"until-exit\""),
            "",
        );
        let key = "HKLM\\SOFTWARE\\Microsoft\\SMS\\Client\\Configuration\\Domain Controller";
        let registry = minutes.map_or_else(String::new, |minutes| {
            format!("registry = {{ '{key}' = {{ 'Account Synchronization Max Wait (minutes)' = {minutes} }} }}\n")
        });
        let text = text.replacen("role = \"pdc\"\n", &format!("role = \"pdc\"\n{registry}"), 1);
        let timeline = sound(&text, seed)?;
        let limit = |reads: bool| minutes.filter(|_| reads).map_or(60, i64::from) * MINUTE;
        let limits = limits(&timeline);
        prop_assert_eq!(limits.first(), Some(&limit(site_reads)));
        if let Some((at, 0)) = first_attempt(&timeline, "BDC1") {
            prop_assert_eq!(limits.get(1), Some(&limit(program_reads)), "{}", at);
        }
    }

    #[test]
    fn a17_the_order_of_group_and_account_changes_the_line_and_not_the_code(
        account_first in any::<bool>(), delay in 0..60 * MINUTE, seed in 0_u64..64,
    ) {
        let install = Install { delay, ..SP3 };
        let order = if account_first { "account-first" } else { "group-first" };
        let timeline = sound(&on_bdc(&install, "", &format!("bootstrap.order = \"{order}\""), ""), seed)?;
        comes_to(&timeline, &install)?;
        if let Outcome::Refused { at } = install.outcome() {
            let lines: Vec<&str> =
                lines(&timeline, "BDC1", "Wnremote.log").into_iter().filter(|(when, _)| *when == at).map(|(_, line)| line).collect();
            let group = lines.iter().position(|line| *line == "ERROR: Could not create global group on PDC (1326)");
            let account = lines.iter().position(|line| line.contains("Unable to create the Client Service Account. Win32 Error: 1326"));
            prop_assert_eq!(group.is_some(), !account_first, "{:?}", lines);
            prop_assert!(account.is_some(), "{:?}", lines);
        }
    }

    #[test]
    fn a28_when_the_program_calls_again_decides_when_it_is_refused(
        calls in select(vec!["after-the-wait", "at-each-probe", "once"]),
        delay in 0..60 * MINUTE,
        probe in 20_000..5 * MINUTE,
        seed in 0_u64..64,
    ) {
        let mut install = Install { delay, probe, calls_at_each_probe: calls == "at-each-probe", ..SP3 };
        let text = on_bdc(&install, "", "", "").replace("\"after-the-wait\"", &format!("{calls:?}"));
        let timeline = sound(&text, seed)?;
        if calls == "once" {
            // Nothing calls the PDC after the deletion: only the maximum wait counts.
            install.loader_time_out = None;
        }
        comes_to(&timeline, &install)?;
    }

    #[test]
    fn a31_a_forced_synchronisation_helps_until_the_deletion(
        delay in 30 * MINUTE..55 * MINUTE, forced in 0..60 * MINUTE, seed in 0_u64..64,
    ) {
        let install = Install { delay, ..SP3 };
        let created = install.loader_start().unwrap_or(0) + install.first_wait;
        let at = created + forced;
        let step = format!("[[step]]\nat = \"{}\"\nsynchronize = \"BDC1\"\n", span(at));
        let timeline = sound(&on_bdc(&install, "", "", &step), seed)?;
        // From the creation on the forced synchronisation is as good as a shorter delay.
        let looks = (delay.min(forced) + MINUTE - 1) / MINUTE * MINUTE;
        let deleted = created - MINUTE + 30 * MINUTE;
        let code = if created + looks < deleted { 0 } else { 1326 };
        prop_assert_eq!(first_attempt(&timeline, "BDC1"), Some((created + looks, code)), "{} {}", delay, forced);
    }

    #[test]
    fn a33_what_decides_an_attempt_changes_its_end_and_not_the_client(
        decides in select(vec!["installer-ended", "loader-stopped", "bootstrap-account-deleted"]),
        delay in 0..28 * MINUTE,
        seed in 0_u64..64,
    ) {
        let install = Install { delay, ..SP3 };
        let timeline = sound(&on_bdc(&install, &format!("ccm.decides-attempt = {decides:?}"), "", ""), seed)?;
        let (start, end) = match install.outcome() {
            Outcome::Installed { at } => (install.loader_start().unwrap_or(0), at),
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        let stopped = end.min(start + 15 * MINUTE);
        let expected = match decides {
            "installer-ended" => (end, 0),
            "loader-stopped" if end < start + 15 * MINUTE => (stopped, 0),
            // At one instant the time-out comes first: it was set up earlier.
            "loader-stopped" => (stopped, 1060),
            _ => (stopped + 15 * MINUTE, 0),
        };
        prop_assert_eq!(first_attempt(&timeline, "BDC1"), Some(expected), "{}", delay);
        // Whatever the site server thinks of it, the client's service starts when the program is done.
        let started = first_start(&timeline, Role::ClientService).map(|event| event.at.as_millis());
        prop_assert_eq!(started, Some(end));
    }

    #[test]
    fn a35_a_wording_moves_nothing(words in "[A-Za-z ]{1,30}", delay in 0..60 * MINUTE, seed in 0_u64..64) {
        let install = Install { delay, ..SP3 };
        let plain = sound(&on_bdc(&install, "", "", ""), seed)?;
        let worded = sound(&on_bdc(&install, "", &format!("log.lines.waits = \"{words}\""), ""), seed)?;
        let silent = |timeline: &Timeline| -> Vec<_> {
            let mut events: Vec<_> = timeline.events.iter().map(|event| (event.at, event.kind.clone())).collect();
            for (_, kind) in &mut events {
                if let EventKind::Log { text, .. } = kind {
                    text.clear();
                }
            }
            events
        };
        prop_assert!(silent(&plain) == silent(&worded), "{:?}", words);
        prop_assert_eq!(
            count(&plain, "BDC1", "Wnremote.log", "Waiting for PDC/BDC Sync"),
            lines(&worded, "BDC1", "Wnremote.log").iter().filter(|(_, line)| *line == words).count()
        );
    }

    #[test]
    fn a6_a7_the_spelling_of_names_moves_nothing(
        prefix in "[A-Z]{1,4}", group in "[A-Za-z]{3,12}", delay in 0..60 * MINUTE, seed in 0_u64..64,
    ) {
        let install = Install { delay, ..SP3 };
        let names = format!(
            "accounts.client-service-on-dc = \"{prefix}_{{host}}\"\naccounts.internal-group = \"G{group}\""
        );
        let timeline = sound(&on_bdc(&install, "", &names, ""), seed)?;
        comes_to(&timeline, &install)?;
        if install.delay <= 28 * MINUTE {
            for name in [format!("{prefix}_BDC1"), format!("G{group}")] {
                prop_assert!(!states(&timeline, "BDC1", &account(&name)).is_empty(), "{}", name);
            }
        }
    }

    #[test]
    fn a20_an_attempt_commits_what_its_steps_add_up_to(
        rights in subsequence(FIVE.to_vec(), 0..=5), leaves in any::<bool>(), seed in 0_u64..64,
    ) {
        let rights: Vec<&str> = rights.into_iter().chain(["SeServiceLogonRight"]).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        let client = format!(
            "accounts.rights-on-dc = {rights:?}\nbootstrap.leaves-users-group = {leaves}\nbootstrap.pdc-calls = \"once\""
        );
        let timeline = sound(&install_on_bdc("{ delay = \"1m\" }", "", &client, ""), seed)?;
        prop_assert_eq!(first_attempt(&timeline, "BDC1").map(|(_, code)| code), Some(0));
        let service = first_start(&timeline, Role::ClientService).map_or(0, |event| event.seq);
        let commits = timeline
            .events
            .iter()
            .filter(|event| event.seq < service && event.host == "PDC1")
            .filter(|event| matches!(event.kind, EventKind::Fact(Fact::Committed { .. })))
            .count();
        // Of each account: itself, the group, the primary group, the other group left, Administrators, each right.
        let each = 1 + 1 + 1 + usize::from(leaves) + 1 + rights.len();
        prop_assert_eq!(commits, 1 + 2 * each, "{:?} {}", rights, leaves);
    }
}

/// All 32 sets.
#[test]
fn a8_the_account_gets_the_rights_that_the_profile_lists() -> Result<(), TestCaseError> {
    for combination in 0_usize..32 {
        let listed: Vec<&str> = FIVE
            .iter()
            .enumerate()
            .filter(|(n, _)| combination >> n & 1 == 1)
            .map(|(_, right)| *right)
            .collect();
        let client = format!("accounts.rights-on-dc = {listed:?}");
        let timeline = sound(&install_on_bdc("{ delay = \"1m\" }", "", &client, ""), combination as u64)?;
        let logs_on = listed.contains(&"SeServiceLogonRight");
        let code = first_attempt(&timeline, "BDC1").map(|(_, code)| code);
        prop_assert_eq!(code, Some(if logs_on { 0 } else { 1069 }), "{:?}", listed);
        let granted = |name: &str| {
            let of = |kind: &EventKind| {
                matches!(kind, EventKind::Call { verb: VerbKind::RightGrant, subject: Some(subject), at, code: 0, .. }
                if *subject == name && *at == "PDC1")
            };
            timeline.events.iter().filter(|event| of(&event.kind)).count()
        };
        // The second pass grants them once more.
        let service = if logs_on { 2 * listed.len() } else { 0 };
        prop_assert_eq!(granted("SMS&_BDC1"), service, "{:?}", listed);
    }
    Ok(())
}

/// The probe of the first release changes the password, which a minimum age refuses; that of the others looks only.
#[test]
fn a18_a19_a_minimum_age_stops_a_probe_that_changes_the_password() -> Result<(), TestCaseError> {
    for probe in ["look-up", "look-up-and-change"] {
        for age in ["0s", "1m", "1d"] {
            let text = install_on_bdc(
                &format!("{{ delay = \"2m\" }}\naccount-policy = {{ minimum-age = \"{age}\" }}"),
                "",
                &format!("bootstrap.probe = \"{probe}\"\nloader.waits-for-child = \"until-exit\""),
                "",
            );
            let timeline = sound(&text, 0)?;
            let never = probe == "look-up-and-change" && age == "1d";
            let first = first_attempt(&timeline, "BDC1");
            let expected = if never { (63 * MINUTE, 1327) } else { (5 * MINUTE, 0) };
            prop_assert_eq!(first, Some(expected), "{} {}", probe, age);
            let told = count(&timeline, "BDC1", "Wnremote.log", "Waiting for PDC/BDC Sync (1327)");
            prop_assert_eq!(told > 0, never, "{} {}", probe, age);
        }
    }
    Ok(())
}

/// Effective rights are what a component asks about: the grants show in the state of the target too.
#[test]
fn a8_the_rights_arrive_at_the_target() -> Result<(), TestCaseError> {
    let timeline = sound(&install_on_bdc("{ delay = \"1m\" }", "", "", ""), 0)?;
    for right in mockdc_mocks::Right::ALL.iter().filter(|right| FIVE.contains(&right.to_string().as_str())) {
        let key = StateKey::Right { account: "SMS&_BDC1".into(), right: *right };
        prop_assert_eq!(
            states(&timeline, "BDC1", &key).first().map(|(_, value)| value.clone()),
            Some(Some(Value::Is(true))),
            "{}",
            right
        );
    }
    Ok(())
}
