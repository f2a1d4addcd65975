//! Lockout counting against the oracle.

use mockdc_tests::any::{Dated, MINUTE, in_time, seeds};
use mockdc_tests::oracle::Lockout;
use mockdc_tests::property::{Case, config};
use mockdc_tests::text::span;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Knock {
    Logon { at_primary: bool, right: bool },
    Unlock,
}

fn knocks() -> impl Strategy<Value = Knock> {
    prop_oneof![
        9 => (any::<bool>(), prop::bool::weighted(0.25))
            .prop_map(|(at_primary, right)| Knock::Logon { at_primary, right }),
        1 => Just(Knock::Unlock),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_primary_counts_and_locks_when_the_arithmetic_says(
        threshold in 1..6_u32,
        reset in 1..30_i64,
        longer in 0..30_i64,
        knocks in in_time(knocks(), 1_000..12 * MINUTE, 1..24),
        seed in seeds(),
    ) {
        let (reset, duration) = (reset * MINUTE, (reset + longer) * MINUTE);
        let mut oracle = Lockout::new(threshold, reset, duration);
        let mut case = Case::new("lockout", seed);
        case.add(&format!(
            "[domain]\naccount-policy = {{ lockout-threshold = {threshold}, lockout-reset = \"{}\", lockout-duration = \"{}\" }}\n\
             replication = {{ nt4 = {{ bdc = {{ randomize = \"0s\" }} }} }}\n\n\
             [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[dc]]\nname = \"BDC1\"\n\n\
             [[user]]\nname = \"SVC\"\npassword = \"Secret-14-chars\"\n",
            span(reset), span(duration)
        ));
        for Dated { at, what } in &knocks {
            let mut step = format!("[[step]]\nat = \"{}\"\n", span(*at));
            match what {
                Knock::Logon { at_primary, right } => {
                    let code = oracle.logon(*at, *at_primary, *right);
                    let host = if *at_primary { "PDC1" } else { "BDC1" };
                    let password = if *right { "Secret-14-chars" } else { "not-that-one" };
                    step += &format!(
                        "at-host = \"{host}\"\ndo = {{ logon = {{ credentials = {{ user = \"SVC\", password = \"{password}\" }}, logon = \"network\" }} }}\nrequire = {code}\n"
                    );
                    case.expect(format!(
                        "state = {{ attribute = {{ account = \"SVC\", at = \"PDC1\", locked-out = {} }} }}\nat = \"{}\"",
                        oracle.is_locked(*at), span(*at)
                    ));
                }
                Knock::Unlock => {
                    // An unlock travels with the pulse; the oracle speaks of a BDC that has heard of it.
                    oracle.unlock();
                    step += "do = { user-set-flags = { user = \"SVC\", clear = [\"locked-out\"] } }\n";
                    case.add(&step);
                    step = format!("[[step]]\nat = \"{}\"\nsynchronize = \"BDC1\"\n", span(*at));
                }
            }
            case.add(&step);
        }
        case.holds()?;
    }
}

/// A lockout that ends by itself leaves nothing behind that hides the next one.
#[test]
fn an_account_is_seen_to_be_locked_a_second_time() -> Result<(), TestCaseError> {
    let mut case = Case::new("locked-twice", 1);
    case.add(
        "[domain]\naccount-policy = { lockout-threshold = 1, lockout-reset = \"1m\", lockout-duration = \"1m\" }\n\n\
         [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[user]]\nname = \"SVC\"\npassword = \"Secret-14-chars\"\n",
    );
    for (at, locked) in [(1, true), (3, false), (5, true)] {
        if locked {
            case.add(&format!(
                "[[step]]\nat = \"{at}m\"\ndo = {{ logon = {{ credentials = {{ user = \"SVC\", password = \"no\" }}, logon = \"network\" }} }}\nrequire = 1326\n"
            ));
        }
        case.expect(format!(
            "state = {{ attribute = {{ account = \"SVC\", at = \"PDC1\", locked-out = {locked} }} }}\nat = \"{at}m\""
        ));
    }
    case.holds().map(drop)
}
