//! Sweeps of what membership assumes: which controller a member asks, and whether that one trusts it.

use mockdc::timeline::{Event, EventKind, Timeline};
use mockdc_mocks::{Fact, Win32Error};
use mockdc_tests::text::span;
use proptest::prelude::*;

use crate::runs::{MINUTE, config, sound};

const HOUR: i64 = 60 * MINUTE;
const OPERATOR: &str = "credentials = { user = \"Administrator\", password = \"Adm1n-password!\" }";

/// A domain of one PDC and two more controllers, with what its `[domain]` and the machine WS1 say beside that.
fn world(domain: &str, machine: &str, more: &str) -> String {
    format!(
        "format = 1\nname = \"property\"\nuntil = \"4h\"\n\n[domain]\n{domain}\n\n[[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n\
         [[dc]]\nname = \"BDC1\"\n\n[[dc]]\nname = \"BDC2\"\nsite = \"Branch\"\n\n\
         [[machine]]\nname = \"WS1\"\nboot = \"1m\"\n{machine}\n\n{more}"
    )
}

/// A step of WS1's own system.
fn on_ws1(at: i64, verb: &str) -> String {
    format!("[[step]]\nat = \"{}\"\nat-host = \"WS1\"\ndo = {{ {verb} }}\n\n", span(at))
}

/// The attempts to set up WS1's secure channel: when, with whom, and the code.
fn channels(timeline: &Timeline) -> Vec<(i64, String, u32)> {
    let of = |event: &Event| match &event.kind {
        EventKind::Fact(Fact::SecureChannel { to, error }) => {
            let to = to.as_ref().map_or_else(String::new, ToString::to_string);
            Some((event.at.as_millis(), to, error.map_or(0, Win32Error::code)))
        }
        _ => None,
    };
    timeline.events.iter().filter_map(of).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a50_a_member_asks_its_logon_server_then_its_site_then_any(
        server in 0_usize..4, branch in any::<bool>(), down in prop::collection::vec(any::<bool>(), 3), seed in 0_u64..64,
    ) {
        let controllers = ["PDC1", "BDC1", "BDC2"];
        let mut machine = String::new();
        if branch {
            machine += "site = \"Branch\"\n";
        }
        if let Some(server) = controllers.get(server) {
            machine += &format!("logon-server = \"{server}\"\n");
        }
        let mut more = on_ws1(MINUTE, "secure-channel-reset = {}");
        for (host, _) in controllers.iter().zip(&down).filter(|(_, down)| **down) {
            more += &format!("[[fault]]\nname = \"{host}\"\ncrash = {{ at = \"{host}\" }}\nfrom = \"30s\"\n\n");
        }
        let timeline = sound(&world("replication = { delay = \"1m\" }", &machine, &more), seed)?;
        let order = if branch { [2, 0, 1] } else { [0, 1, 2] };
        let expected = [server].into_iter().chain(order).find(|dc| *dc < 3 && !down[*dc]);
        let asked = channels(&timeline).into_iter().find(|(at, ..)| *at == MINUTE);
        let wanted = match expected {
            Some(dc) => (MINUTE, controllers[dc].to_owned(), 0),
            None => (MINUTE, String::new(), 1311),
        };
        prop_assert_eq!(asked, Some(wanted));
    }

    #[test]
    fn a51_a_member_that_asks_for_its_account_finds_who_has_it(
        asks in any::<bool>(), delay in 2 * MINUTE..HOUR, logon in 2 * MINUTE..HOUR, seed in 0_u64..64,
    ) {
        let domain = format!(
            "replication = {{ delay = \"{}\" }}\nsecure-channel = {{ asks-for-account = {asks} }}", span(delay)
        );
        let more = on_ws1(0, &format!("domain-join = {{ {OPERATOR} }}"))
            + "[[step]]\nat = \"1s\"\nrestart = \"WS1\"\n\n"
            + &on_ws1(logon, "secure-channel-reset = {}");
        let timeline = sound(&world(&domain, "joined = false\nlogon-server = \"BDC1\"\n", &more), seed)?;
        let at_logon = channels(&timeline).into_iter().find(|(at, ..)| *at == logon);
        let arrived = logon >= delay;
        let wanted = match (arrived, asks) {
            (true, _) => (logon, "BDC1".to_owned(), 0),
            (false, true) => (logon, "PDC1".to_owned(), 0),
            (false, false) => (logon, "BDC1".to_owned(), 1787),
        };
        prop_assert_eq!(at_logon, Some(wanted));
    }

    #[test]
    fn a52_a_controller_that_asks_the_pdc_knows_the_latest_password(
        asks in any::<bool>(), delay in 2 * MINUTE..HOUR, verified in MINUTE..HOUR, cut in any::<bool>(), seed in 0_u64..64,
    ) {
        let domain = format!(
            "replication = {{ delay = \"{}\" }}\nsecure-channel = {{ checks-password-at-pdc = {asks} }}", span(delay)
        );
        let mut more = on_ws1(0, &format!("domain-join = {{ rejoin = true, {OPERATOR} }}"))
            + &on_ws1(verified, "secure-channel-verify = {}");
        if cut {
            more += &format!(
                "[[fault]]\nname = \"cable\"\npartition = {{ from = [\"BDC1\"], to = [\"PDC1\"] }}\nfrom = \"30s\"\nuntil = \"{}\"\n\n",
                span(HOUR + MINUTE)
            );
        }
        let timeline = sound(&world(&domain, "logon-server = \"BDC1\"\n", &more), seed)?;
        let arrived = !cut && verified >= delay;
        let good = arrived || (asks && !cut);
        let code = if good { 0 } else { 1789 };
        prop_assert_eq!(channels(&timeline).last().cloned(), Some((verified, "BDC1".to_owned(), code)));
    }

    #[test]
    fn a53_a_machine_may_turn_to_the_controller_at_which_it_joined(
        keeps in any::<bool>(), joined in 0_usize..3, seed in 0_u64..64,
    ) {
        let controllers = ["PDC1", "BDC1", "BDC2"];
        let domain = format!(
            "replication = {{ ad = {{ notify-first = \"30m\" }} }}\nsecure-channel = {{ joining-controller-first = {keeps} }}"
        );
        let join = format!("domain-join = {{ server = \"{}\", {OPERATOR} }}", controllers[joined]);
        let more = on_ws1(0, &join)
            + "[[step]]\nat = \"1s\"\nrestart = \"WS1\"\n\n[[site-link]]\nname = \"L\"\nsites = [\"Branch\", \"Default-First-Site-Name\"]\ninterval = \"1h\"\njitter = \"0s\"\n";
        let timeline = sound(&world(&domain, "joined = false\nlogon-server = \"BDC1\"\n", &more), seed)?;
        let asked = if keeps { joined } else { 1 };
        let code = if asked == joined { 0 } else { 1787 };
        let first = channels(&timeline).into_iter().next();
        prop_assert_eq!(first, Some((MINUTE + 1_000, controllers[asked].to_owned(), code)));
    }

    #[test]
    fn a54_the_password_of_a_machine_waits_for_the_pulse_or_does_not(
        urgent in any::<bool>(), pulse in 2 * MINUTE..HOUR, seed in 0_u64..64,
    ) {
        let domain = format!(
            "replication = {{ nt4 = {{ pulse = \"{}\", machine-passwords-urgent = {urgent}, bdc = {{ randomize = \"0s\" }} }} }}",
            span(pulse)
        );
        let more = on_ws1(MINUTE, "machine-password-change = {}");
        let timeline = sound(&world(&domain, "", &more), seed)?;
        let arrives = timeline.events.iter().find_map(|event| match &event.kind {
            EventKind::Fact(Fact::Replicated { .. }) if event.host == "BDC2" => Some(event.at.as_millis()),
            _ => None,
        });
        prop_assert_eq!(arrives, Some(if urgent { MINUTE } else { pulse }));
    }
}
