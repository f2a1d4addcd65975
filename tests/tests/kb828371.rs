//! KB828371 against the oracle: a legacy component launches exactly when its account holds the rights that this launch
//! needs and its membership stands.

use std::collections::BTreeSet;
use std::fmt::Write;

use mockdc::timeline::{EventKind, Timeline};
use mockdc_mocks::{Fact, StateKey, Value};
use mockdc_tests::oracle::{Client, FIVE, Trigger};
use mockdc_tests::property::config;
use mockdc_tests::{plan, replay};
use proptest::prelude::*;
use proptest::sample::subsequence;

const PENDING: [&str; 2] = ["Software Inventory Client Agent", "Advertised Programs Client Agent"];

/// A client whose domain defines the lost rights for nobody, refreshed a minute in, and then the trigger.
fn text(client: &Client, trigger: Trigger, os: &str) -> String {
    let mut text = String::from(
        "format = 1\nname = \"property\"\nuntil = \"30h\"\n\n[domain]\nreplication = { delay = \"1m\" }\n\n\
         [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\nos = \"windows-2000\"\n\n",
    );
    let profile = if client.local_system { "sms-2003-advanced" } else { "sms-2003-legacy" };
    let _ = write!(
        text,
        "[[machine]]\nname = \"WS1\"\nos = \"{os}\"\n\n[[client]]\nmachine = \"WS1\"\nprofile = \"{profile}\"\ninstalled = true\n\n"
    );
    text.push_str("[[policy]]\nname = \"Strip\"\n\n");
    for right in &client.lost {
        let _ = write!(
            text,
            "[[step]]\nat = \"1m\"\ndo = {{ gpo-define-right = {{ gpo = \"Strip\", right = \"{right}\", holders = [\"Administrator\"] }} }}\nat-host = \"PDC1\"\n\n"
        );
    }
    if !client.lost.is_empty() {
        text.push_str(
            "[[step]]\nat = \"2m\"\ndo = { gpo-link = { gpo = \"Strip\", container = \"domain\" } }\nat-host = \"PDC1\"\n\n",
        );
    }
    if !client.administrator && !client.local_system {
        text.push_str(
            "[[step]]\nat = \"3m\"\ndo = { local-group-remove-member = { group = \"Administrators\", member = \"SMSCliSvcAcct&\" } }\nat-host = \"WS1\"\n\n",
        );
    }
    text.push_str(
        "[[step]]\nat = \"10m\"\ndo = { policy-refresh = { force = true } }\nat-host = \"WS1\"\n\n",
    );
    match trigger {
        Trigger::Restart if client.local_system => {
            text.push_str("[[step]]\nat = \"20m\"\nrestart = \"WS1\"\n")
        }
        Trigger::Restart => {
            text.push_str(
                "[[step]]\nat = \"20m\"\nrestart-service = { host = \"WS1\", service = \"Clisvc\" }\n",
            );
        }
        Trigger::Cycle => {}
    }
    text
}

/// The agents whose last status is *Install Pending*.
fn pending(timeline: &Timeline) -> BTreeSet<String> {
    let mut pending = BTreeSet::new();
    for event in &timeline.events {
        if let EventKind::Fact(Fact::State { key: StateKey::Component { component }, value, .. }) =
            &event.kind
        {
            match value {
                Some(Value::Text(status)) if &**status == "Install Pending" => {
                    pending.insert(component.to_string());
                }
                _ => {
                    pending.remove(component.as_str());
                }
            }
        }
    }
    pending
}

fn refused_launches(timeline: &Timeline) -> usize {
    timeline
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::ComponentLaunched { code, .. } if code != 0))
        .count()
}

fn service_refused(timeline: &Timeline) -> bool {
    timeline.events.iter().any(|event| matches!(event.kind, EventKind::Fact(Fact::ServiceFailed { .. })))
}

fn check(client: &Client, trigger: Trigger, os: &str) -> Result<(), TestCaseError> {
    let (timeline, _) = replay(&plan(&text(client, trigger, os)), 1);
    let fate = client.fate(trigger);
    let expected: BTreeSet<String> = if fate.install_pending {
        PENDING.iter().map(|agent| (*agent).to_owned()).collect()
    } else {
        BTreeSet::new()
    };
    prop_assert_eq!(pending(&timeline), expected, "{:?} {:?} {}", client, trigger, os);
    prop_assert_eq!(service_refused(&timeline), fate.service_refused, "{:?} {:?}", client, trigger);
    if fate.launches_refused {
        prop_assert!(refused_launches(&timeline) > 0, "{:?} {:?}: no launch was refused", client, trigger);
    } else if !fate.install_pending {
        prop_assert_eq!(refused_launches(&timeline), 0, "{:?} {:?}", client, trigger);
    }
    Ok(())
}

/// All 32 combinations, both triggers, every system, both kinds of client.
#[test]
fn every_combination_of_the_five_rights_has_the_fate_that_the_article_gives_it() -> Result<(), TestCaseError>
{
    for combination in 0_u32..32 {
        let lost = FIVE
            .iter()
            .enumerate()
            .filter(|(n, _)| combination & (1 << n) != 0)
            .map(|(_, right)| *right)
            .collect();
        for local_system in [false, true] {
            let client = Client { lost: BTreeSet::clone(&lost), administrator: true, local_system };
            for trigger in [Trigger::Restart, Trigger::Cycle] {
                check(&client, trigger, "windows-2000")?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_component_launches_exactly_when_its_account_holds_what_the_launch_needs(
        lost in subsequence(FIVE.to_vec(), 0..=5),
        administrator in any::<bool>(),
        local_system in any::<bool>(),
        restart in any::<bool>(),
        os in prop::sample::select(vec!["windows-2000", "windows-xp", "windows-2003"]),
    ) {
        let client = Client { lost: lost.into_iter().collect(), administrator, local_system };
        check(&client, if restart { Trigger::Restart } else { Trigger::Cycle }, os)?;
    }
}
