//! Sweeps of what an installed client and its policy assume.

use std::collections::BTreeSet;
use std::fmt::Write;

use mockdc::timeline::{EventKind, Timeline};
use mockdc_mocks::{Fact, Right, StateKey, Value};
use mockdc_tests::first_attempt;
use mockdc_tests::oracle::FIVE;
use mockdc_tests::text::span;
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::runs::{MINUTE, account, config, count, sound, states};

const HOUR: i64 = 60 * MINUTE;
const SOFTWARE_INVENTORY: &str = "Software Inventory Client Agent";

/// A client on a member whose domain gives the lost rights to nobody, applied 10 minutes in; 20 minutes in its service
/// is restarted, or runs a cycle.
fn stripped(lost: &[&str], os: &str, client: &str, restart: bool, more: &str) -> String {
    let mut text = format!(
        "format = 1\nname = \"property\"\nuntil = \"1h\"\n\n[domain]\nreplication = {{ delay = \"1m\" }}\n\n\
         [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\nos = \"windows-2000\"\n\n[[machine]]\nname = \"WS1\"\nos = \"{os}\"\n\n\
         [[client]]\nmachine = \"WS1\"\nprofile = \"sms-2003-legacy\"\ninstalled = true\n{client}\n\n\
         [[policy]]\nname = \"Strip\"\n\n"
    );
    for right in lost {
        let verb = format!(
            "gpo-define-right = {{ gpo = \"Strip\", right = \"{right}\", holders = [\"Administrator\"] }}"
        );
        let _ = write!(text, "[[step]]\nat = \"1m\"\ndo = {{ {verb} }}\nat-host = \"PDC1\"\n\n");
    }
    let link = "gpo-link = { gpo = \"Strip\", container = \"domain\" }";
    let _ = write!(text, "[[step]]\nat = \"2m\"\ndo = {{ {link} }}\nat-host = \"PDC1\"\n\n");
    text += "[[step]]\nat = \"10m\"\ndo = { policy-refresh = { force = true } }\nat-host = \"WS1\"\n\n";
    text += "[[step]]\nat = \"20m\"\n";
    text += if restart {
        "restart-service = { host = \"WS1\", service = \"Clisvc\" }\n\n"
    } else {
        "cycle = \"WS1\"\n\n"
    };
    text + more
}

/// How many launches ended with this code.
fn launches(timeline: &Timeline, with: u32) -> usize {
    let of = |kind: &EventKind| matches!(kind, EventKind::ComponentLaunched { code, .. } if *code == with);
    timeline.events.iter().filter(|event| of(&event.kind)).count()
}

/// Whether an agent's last status is *Install Pending*.
fn pending(timeline: &Timeline, agent: &str) -> bool {
    let last = states(timeline, "WS1", &StateKey::Component { component: agent.into() }).pop();
    last.is_some_and(|(_, value)| value == Some(Value::Text("Install Pending".into())))
}

/// A right at a machine, as it changes.
fn right(timeline: &Timeline, host: &str, holder: &str, right: Right) -> Vec<(i64, bool)> {
    let key = StateKey::Right { account: holder.into(), right };
    states(timeline, host, &key).into_iter().map(|(at, value)| (at, value == Some(Value::Is(true)))).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a10_the_token_account_of_a_member_has_the_name_that_the_profile_gives(
        name in "[A-Z][A-Za-z]{3,15}&", seed in 0_u64..64,
    ) {
        let text = format!(
            "format = 1\nname = \"property\"\n\n[domain]\nreplication = {{ delay = \"1m\" }}\n\n\
             [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[machine]]\nname = \"WS1\"\n\n\
             [[site-server]]\nname = \"SMS1\"\nsite = \"ABC\"\n\n\
             [[client]]\nmachine = \"WS1\"\nprofile = \"sms-2.0-sp3\"\naccounts.token-elsewhere = \"{name}\"\n\n\
             [[step]]\nat = \"0s\"\ninstall = {{ client = \"WS1\", by = \"SMS1\" }}\n"
        );
        let timeline = sound(&text, seed)?;
        prop_assert_eq!(first_attempt(&timeline, "WS1"), Some((MINUTE, 0)));
        prop_assert_eq!(states(&timeline, "WS1", &account(&name)).len(), 1);
        prop_assert!(states(&timeline, "PDC1", &account(&name)).is_empty());
    }

    #[test]
    fn a14_a_right_put_back_by_hand_lasts_until_policy_is_applied_again(
        reapply in HOUR..48 * HOUR, granted in 1..72 * HOUR, every in 10 * MINUTE..5 * HOUR, seed in 0_u64..64,
    ) {
        let end = granted + reapply + MINUTE;
        let text = format!(
            "format = 1\nname = \"property\"\nuntil = \"{}\"\n\n[domain]\nreplication = {{ delay = \"1m\" }}\n\
             refresh = {{ members = {{ every = \"{}\", offset = \"0s\" }}, reapply = \"{}\" }}\n\n\
             [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\nos = \"windows-2000\"\n\n\
             [[machine]]\nname = \"WS1\"\nos = \"windows-2000\"\nusers = [{{ name = \"helper\", password = \"Secret-1\" }}]\n\n\
             [[policy]]\nname = \"Default Domain Policy\"\nrights = {{ SeTcbPrivilege = [] }}\n\n\
             [[step]]\nat = \"{}\"\ndo = {{ right-grant = {{ account = \"helper\", right = \"SeTcbPrivilege\" }} }}\nat-host = \"WS1\"\n",
            span(end), span(every), span(reapply), span(granted),
        );
        let timeline = sound(&text, seed)?;
        let held = right(&timeline, "WS1", "helper", Right::Tcb);
        // Applied at the start and then each interval of re-application; a refresh between them finds no news.
        let taken = (granted / reapply + 1) * reapply;
        let at_the_instant = granted % reapply == 0;
        prop_assume!(!at_the_instant);
        prop_assert_eq!(held, vec![(granted, true), (taken, false)]);
    }

    #[test]
    fn a22_a30_a_running_service_keeps_its_rights_unless_its_cycle_asks_anew(
        lost in subsequence(vec![FIVE[0], FIVE[1], FIVE[3]], 0..=3),
        start_now in any::<bool>(),
        cycle_now in any::<bool>(),
        restart in any::<bool>(),
        seed in 0_u64..64,
    ) {
        let when = |now: bool| if now { "now" } else { "at-logon" };
        let client = format!(
            "client-service.rights-at-start = \"{}\"\nclient-service.rights-at-cycle = \"{}\"",
            when(start_now), when(cycle_now)
        );
        let timeline = sound(&stripped(&lost, "windows-2000", &client, restart, ""), seed)?;
        // A restart logs on anew, so that both readings of its start are the same.
        let refused = !lost.is_empty() && (restart || cycle_now);
        prop_assert_eq!(launches(&timeline, 1314) > 0, refused, "{:?}", lost);
        prop_assert_eq!(pending(&timeline, SOFTWARE_INVENTORY), refused, "{:?}", lost);
    }

    #[test]
    fn a29_an_agent_needs_the_rights_that_the_profile_lists_for_it(
        lost in subsequence(FIVE.to_vec(), 0..=5),
        needs in subsequence(FIVE.to_vec(), 0..=5),
        verification in subsequence(FIVE.to_vec(), 0..=5),
        seed in 0_u64..64,
    ) {
        let client = format!(
            "components.sinv32.launch = \"own\"\ncomponents.sinv32.needs = {needs:?}\n\
             components.sinv32.verification-needs = {verification:?}"
        );
        let timeline = sound(&stripped(&lost, "windows-2000", &client, false, ""), seed)?;
        let lost: BTreeSet<&str> = lost.into_iter().collect();
        let fails = needs.iter().chain(&verification).any(|right| lost.contains(right));
        prop_assert_eq!(pending(&timeline, SOFTWARE_INVENTORY), fails, "{:?} {:?} {:?}", lost, needs, verification);
    }

    #[test]
    fn a34_the_codes_of_both_failures_are_the_profile_s(
        outcast in 1_u32..20_000, unverified in 1_u32..20_000, seed in 0_u64..64,
    ) {
        let client = format!(
            "client-service.not-administrator-code = {outcast}\nclient-service.refused-verification-code = {unverified}"
        );
        let expelled = "[[step]]\nat = \"12m\"\ndo = { local-group-remove-member = { group = \"Administrators\", member = \"SMSCliSvcAcct&\" } }\nat-host = \"WS1\"\n";
        let timeline = sound(&stripped(&["SeShutdownPrivilege"], "windows-2000", &client, false, expelled), seed)?;
        prop_assert!(launches(&timeline, outcast) > 0);
        let launch_line = format!(" - Error : {outcast}");
        let verification_line = format!(") returned {unverified}~");
        prop_assert!(count(&timeline, "WS1", "Clisvc.log", &launch_line) > 0);
        prop_assert!(count(&timeline, "WS1", "Clisvc.log", &verification_line) > 0);
        prop_assert!(pending(&timeline, SOFTWARE_INVENTORY));
    }

    #[test]
    fn a37_a_policy_applies_when_both_of_its_halves_are_there(
        delay in 0..2 * HOUR, sysvol in proptest::option::of(0..2 * HOUR), every in MINUTE..30 * MINUTE, edit in 0..HOUR, seed in 0_u64..64,
    ) {
        let both = delay.max(sysvol.unwrap_or(0));
        let sysvol = sysvol.map_or_else(String::new, |sysvol| format!(", sysvol = \"{}\"", span(sysvol)));
        let text = format!(
            "format = 1\nname = \"property\"\nuntil = \"4h\"\n\n[domain]\nreplication = {{ delay = \"{}\" }}\n\
             refresh = {{ members = {{ every = \"{}\", offset = \"0s\", first = \"{}\" }}{sysvol} }}\n\n\
             [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\nos = \"windows-2000\"\n\n[[dc]]\nname = \"DC2\"\nos = \"windows-2000\"\nsite = \"Branch\"\n\n\
             [[machine]]\nname = \"WS1\"\nos = \"windows-2000\"\nsite = \"Branch\"\n\n\
             [[user]]\nname = \"SVC\"\npassword = \"Secret-14-chars\"\n\n\
             [[step]]\nat = \"{}\"\ndo = {{ gpo-define-right = {{ gpo = \"Default Domain Policy\", right = \"SeTcbPrivilege\", holders = [\"SVC\"] }} }}\nat-host = \"PDC1\"\n",
            span(delay), span(every), span(every), span(edit),
        );
        let timeline = sound(&text, seed)?;
        let applied = timeline.events.iter().find_map(|event| match event.kind {
            EventKind::Fact(Fact::PolicyApplied { changed: true, .. }) if event.host == "WS1" => Some(event.at.as_millis()),
            _ => None,
        });
        let due = edit + both;
        let expected = ((due + every - 1) / every).max(1) * every;
        prop_assert_eq!(applied, Some(expected), "{}", text);
    }

    #[test]
    fn a38_a_right_granted_at_a_controller_waits_for_the_refresh_where_policy_holds_it(
        notify in 0..30 * MINUTE, every in MINUTE..30 * MINUTE, granted in 1..HOUR, in_policy in any::<bool>(), seed in 0_u64..64,
    ) {
        let text = format!(
            "format = 1\nname = \"property\"\nuntil = \"3h\"\n\n[domain]\n\
             replication = {{ ad = {{ notify-first = \"{}\", poll = \"24h\", rights-in-policy = {in_policy} }} }}\n\
             refresh = {{ dcs = {{ every = \"{}\", offset = \"0s\", first = \"{}\" }} }}\n\n\
             [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[dc]]\nname = \"DC2\"\n\n\
             [[user]]\nname = \"SVC\"\npassword = \"Secret-14-chars\"\n\n\
             [[step]]\nat = \"{}\"\ndo = {{ right-grant = {{ account = \"SVC\", right = \"SeTcbPrivilege\" }} }}\nat-host = \"PDC1\"\n",
            span(notify), span(every), span(every), span(granted),
        );
        let timeline = sound(&text, seed)?;
        let arrives = granted + notify;
        let expected = if in_policy { (arrives + every - 1) / every * every } else { arrives };
        prop_assert_eq!(right(&timeline, "DC2", "SVC", Right::Tcb), vec![(expected, true)], "{}", text);
    }
}

/// On systems whose LogonUser does not demand it, the right counts where the profile lists it.
#[test]
fn a39_the_right_to_act_as_the_system_counts_where_it_is_listed_or_demanded() -> Result<(), TestCaseError> {
    for (os, demands) in [("windows-2000", true), ("windows-xp", false), ("windows-2003", false)] {
        for listed in [false, true] {
            let needs = if listed { "[\"SeTcbPrivilege\"]" } else { "[]" };
            let client = ["odpusr32", "smsapm32", "sinv32"]
                .map(|component| format!("components.{component}.needs = {needs}\n"))
                .concat();
            let timeline = sound(&stripped(&["SeTcbPrivilege"], os, &client, false, ""), 0)?;
            prop_assert_eq!(launches(&timeline, 1314) > 0, listed || demands, "{} {}", os, listed);
        }
    }
    Ok(())
}
