//! KB828371 in any order of policy edits, refreshes, restarts, cycles and changes by hand.

use mockdc_tests::any::{MINUTE, Turn, in_time, legacy_client, seeds, turn, turns};
use mockdc_tests::oracle::{FIVE, Legacy};
use mockdc_tests::property::{Case, config};
use mockdc_tests::text::span;
use proptest::prelude::*;

const ACCOUNT: &str = "SMSCliSvcAcct&";
const AGENTS: [&str; 2] = ["Software Inventory Client Agent", "Advertised Programs Client Agent"];

/// A restart of the machine takes so long, and everything else is over by then.
const BOOT: i64 = MINUTE;

/// From one maintenance cycle to the next; no round figure, so that no turn falls on one but by a rare chance.
const CYCLE: i64 = 47 * MINUTE + 13_577;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_component_launches_exactly_when_its_account_holds_what_it_needs_in_any_order(
        turns in in_time(turns(), 3 * MINUTE..40 * MINUTE, 1..14),
        profile in prop::sample::select(vec!["sms-2.0-sp4", "sms-2.0-sp4-hrp", "sms-2003-legacy"]),
        seed in seeds(),
    ) {
        let mut client = Legacy::new(CYCLE);
        let mut case = Case::new("launch-in-any-order", seed);
        let end = turns.last().map_or(0, |last| last.at);
        case.head = format!("until = \"{}\"", span(end + 5 * MINUTE));
        let own = format!("installed = true\nclient-service.cycle = \"{}\"", span(CYCLE));
        case.add(&legacy_client(profile).replacen("installed = true", &own, 1));
        for dated in &turns {
            client.reach(dated.at);
            // What is done already is refused, and what stands still cannot be restarted; neither is the point here. Cycles
            // come round by themselves.
            let possible = match dated.what {
                Turn::Leave => client.is_administrator(),
                Turn::Join => !client.is_administrator(),
                Turn::RestartService => client.is_running(),
                Turn::Cycle => false,
                _ => true,
            };
            if !possible {
                continue;
            }
            match dated.what {
                Turn::Define { right, listed } => client.define(right, listed),
                Turn::Undefine { right } => client.undefine(right),
                Turn::Refresh => client.apply(),
                Turn::RestartService => {
                    client.stop();
                    client.start(dated.at + 1_000);
                }
                Turn::Reboot => {
                    client.stop();
                    client.apply();
                    client.start(dated.at + BOOT);
                }
                Turn::Cycle => {}
                Turn::Leave => client.set_administrator(false),
                Turn::Join => client.set_administrator(true),
            }
            let mut text = turn(dated, ACCOUNT);
            if dated.what == Turn::RestartService && !client.is_running() {
                text = text.trim_end().to_owned() + "\nrequire = 1069\n";
            }
            case.add(&text);
            client.reach(dated.at + BOOT);
            let at = span(dated.at + BOOT);
            let status = if client.is_pending() { "Install Pending" } else { "Installed" };
            let service = if client.is_running() { "running" } else { "stopped" };
            let mut all: Vec<String> = AGENTS
                .iter()
                .map(|agent| format!("{{ component = {{ host = \"WS1\", component = \"{agent}\", is = \"{status}\" }} }}"))
                .collect();
            all.push(format!("{{ service = {{ host = \"WS1\", service = \"Clisvc\", is = \"{service}\" }} }}"));
            for (place, right) in FIVE.iter().enumerate() {
                all.push(format!(
                    "{{ right = {{ account = '{ACCOUNT}', right = \"{right}\", at = \"WS1\", is = {} }} }}",
                    client.holds(place)
                ));
            }
            case.expect(format!("state = {{ all = [\n  {},\n] }}\nat = \"{at}\"", all.join(",\n  ")));
        }
        case.holds()?;
    }
}
