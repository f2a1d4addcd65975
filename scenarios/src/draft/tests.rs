use super::*;

const SCENARIO: &str = r#"# why
format = 1
name = "a"

[domain]
replication = { nt4 = { pulse = "50m" } } # slow

[[dc]]
name = "PDC1"
role = "pdc"

[[dc]]
name = "BDC1"
boot = "3m"

[[site-server]]
name = "SMS1"
site = "ABC"

[[client]]
machine = "BDC1"
profile = "sms-2.0-sp3"

[[fault]]
name = "cut"
partition = { from = ["PDC1"], to = ["BDC1"] }
from = "1m"
until = "2m"

[[step]]
at = "0s"
install = { client = "BDC1", by = "SMS1" }
"#;

fn draft() -> Draft {
    Draft::read_str("a.toml", SCENARIO).unwrap()
}

fn amount(key: &Key) -> String {
    key.value().map_or_else(|| "none".to_owned(), ToString::to_string)
}

#[test]
fn a_value_is_set_where_it_stands_and_everything_else_stays() {
    let draft = draft();
    let key = draft.find("domain.replication.nt4.pulse").unwrap();
    assert_eq!(amount(&key), "50m");
    let changed = draft.with(&key, &key.setting("29m").unwrap());
    assert_eq!(changed.text(), SCENARIO.replace("\"50m\"", "\"29m\""));
    let plan = &changed.plans().unwrap()[0];
    assert!(format!("{:?}", plan.world.domain.replication).contains("pulse: Span(1740000)"));
}

#[test]
fn defaults_of_language_and_profile_are_keys_too() {
    let draft = draft();
    for (path, value) in [
        ("domain.replication.nt4.pulse-maximum", "2h"),
        ("domain.replication.nt4.change-log-size", "64KB"),
        ("client.loader.time-out", "15m"),
        ("client.ccm.deletes-bootstrap-account-after", "15m"),
        ("site-server.ccm.retry-every", "1h"),
        ("dc[PDC1].boot", "2m"),
        ("dc[1].boot", "3m"),
        ("fault[0].until", "2m"),
        ("domain.account-policy.lockout-threshold", "0"),
    ] {
        let key = draft.find(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(amount(&key), value, "{path}");
        let more = match key.value().unwrap() {
            Setting::Amount(amount) => Setting::Amount(amount.of(amount.value * 2)),
            other => panic!("{other:?}"),
        };
        let changed = draft.with(&key, &more);
        let again = Draft::read_str("a.toml", &changed.text())
            .unwrap_or_else(|report| panic!("{path}: {}\n{}", report.render(100), changed.text()));
        assert_eq!(again.find(path).unwrap().stated, Some(more), "{path}\n{}", changed.text());
    }
}

#[test]
fn several_tables_need_a_choice_and_a_star_is_all_of_them() {
    let draft = draft();
    let error = draft.find("dc.boot").unwrap_err().to_string();
    assert!(error.contains("`dc[BDC1].boot`") && error.contains("`dc[PDC1].boot`"), "{error}");
    let key = draft.find("dc[*].boot").unwrap();
    let text = draft.with(&key, &key.setting("9m").unwrap()).text();
    assert_eq!(text.matches("boot = \"9m\"").count(), 2, "{text}");
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest() {
    let draft = draft();
    for (path, near) in [
        ("domain.replication.nt4.puls", "domain.replication.nt4.pulse"),
        ("pulse", "domain.replication.nt4.pulse"),
        ("client.loader.timeout", "client.loader.time-out"),
        ("domain.nt4.first-pulse", "domain.replication.nt4.first-pulse"),
    ] {
        match draft.find(path) {
            Err(KeyError::Unknown { nearest: Some(nearest), .. }) => assert_eq!(nearest, near),
            other => panic!("{path}: {other:?}"),
        }
    }
    for path in ["", ".", "dc[", "dc[1]boot", "\"open"] {
        assert!(matches!(draft.find(path), Err(KeyError::Form { .. })), "{path}");
    }
}

#[test]
fn words_and_switches_can_be_set() {
    let draft = draft();
    let key = draft.find("client.loader.waits-for-child").unwrap();
    assert_eq!(key.kind, Kind::Text);
    let changed = draft.with(&key, &key.setting("until-exit").unwrap());
    assert!(changed.plans().is_ok());
    let key = draft.find("client.ccm.tries-other-domains").unwrap();
    assert!(key.setting("perhaps").is_err());
    assert!(draft.with(&key, &key.setting("false").unwrap()).plans().is_ok());
}

#[test]
fn amounts_print_as_they_are_read() {
    for (dimension, text) in [
        (Dimension::Duration, "1h53m"),
        (Dimension::Size, "65KB"),
        (Dimension::Size, "0B"),
        (Dimension::Rate, "64kbit/s"),
        (Dimension::Share, "25%"),
        (Dimension::Count, "-7"),
    ] {
        assert_eq!(dimension.parse(text).unwrap().to_string(), text);
    }
    assert!(Dimension::Duration.parse("15").unwrap_err().to_string().contains("15m"));
}

#[test]
fn a_table_of_variables_is_read_and_its_mistakes_have_places() {
    let vary = |lines: &str| Draft::read_str("a.toml", &format!("{SCENARIO}\n[vary]\n{lines}\n"));
    let draft = vary("\"domain.replication.nt4.pulse\" = { from = \"5m\", to = \"2h\" }\n\"client.loader.waits-for-child\" = [\"time-out\", \"until-exit\"]").unwrap();
    let variables = draft.variables();
    assert_eq!(variables.len(), 2);
    assert!(matches!(&variables[0].values, Values::Range { from, .. } if from.to_string() == "5m"));
    assert!(matches!(&variables[1].values, Values::List(list) if list.len() == 2));
    assert!(!draft.keys().iter().any(|key| key.path.starts_with("vary")));
    for (lines, code, part) in [
        ("\"domain.replication.nt4.puls\" = [\"5m\"]", "unknown-key", "did you mean"),
        ("domain.replication.nt4.pulse = { from = \"5m\", to = \"2h\" }", "unknown-key", "no value"),
        ("\"domain.replication.nt4.pulse\" = { from = \"5m\" }", "wrong-type", "`to`"),
        ("\"domain.replication.nt4.pulse\" = { from = \"2h\", to = \"5m\" }", "empty-window", "nothing lies"),
        ("\"domain.replication.nt4.pulse\" = [5]", "wrong-type", "duration"),
        ("\"domain.replication.nt4.pulse\" = []", "wrong-type", "neither"),
        ("\"client.loader.waits-for-child\" = { from = \"a\", to = \"b\" }", "wrong-type", "list"),
    ] {
        let report = vary(lines).unwrap_err();
        let problem = &report.problems[0];
        assert_eq!(problem.code.as_str(), code, "{lines}: {}", problem.message);
        assert!(problem.message.contains(part), "{lines}: {}", problem.message);
        assert!(problem.labels[0].0.start >= SCENARIO.len(), "{lines}");
    }
    let report = Draft::read_str("a.toml", &SCENARIO.replace("name = \"a\"\n", "name = \"a\"\nvary = 3\n"))
        .unwrap_err();
    assert!(report.problems[0].message.contains("`vary` is a table"));
}

#[test]
fn tables_can_be_taken_out() {
    let draft = draft();
    assert_eq!((draft.count("fault"), draft.count("dc"), draft.count("rule")), (1, 2, 0));
    let less = draft.without_item("fault", 0);
    assert!(!less.text().contains("fault") && less.plans().is_ok());
    assert!(less.seeded(7).text().contains("seed = 7"));
    assert_eq!(less.seeded(7).plans().unwrap()[0].seed, Some(7));
}
