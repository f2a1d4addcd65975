use mockdc_mocks::Right;
use mockdc_scenarios::Draft;

use super::*;

/// SP4, whose longest wait for an account is 60 minutes, under a delay; the account is created a minute after the start.
const WAIT: &str = r#"format = 1
name = "wait"

[domain]
replication = { delay = "10m" }

[[dc]]
name = "PDC1"
role = "pdc"

[[dc]]
name = "BDC1"

[[site-server]]
name = "SMS1"
site = "ABC"

[[client]]
machine = "BDC1"
profile = "sms-2.0-sp4"

[[step]]
at = "0s"
install = { client = "BDC1", by = "SMS1" }

[[expect]]
installed = { client = "BDC1", attempt = 1 }
"#;

fn trial(text: &str, name: &str) -> Trial {
    let draft = Draft::read_str("test.toml", text).unwrap_or_else(|report| panic!("{}", report.render(100)));
    Trial { draft, name: name.to_owned(), seeds: 1..=1, criterion: Criterion::Installed }
}

fn threshold(trial: &Trial, path: &str) -> Threshold {
    let key = trial.draft.find(path).unwrap();
    let range = Range::of(&key, key.dimension().unwrap());
    Threshold::find(trial, &key, range, 2)
}

#[test]
fn the_limit_of_a_delay_is_told_to_the_second() {
    let trial = trial(WAIT, "wait");
    let found = threshold(&trial, "domain.replication.delay");
    let limit = found.bands.iter().find(|band| band.ends == Ends::Holds).unwrap().to;
    let fails = found.bands.iter().find(|band| band.ends == Ends::Fails).unwrap().from;
    assert_eq!(fails.value - limit.value, 1_000, "{}", found.sentence());
    // One run on either side says the same.
    let key = trial.draft.find("domain.replication.delay").unwrap();
    for (value, ends) in [(limit, Ends::Holds), (fails, Ends::Fails)] {
        let answer = trial.answer(&[(&key, mockdc_scenarios::Setting::Amount(value))]);
        assert_eq!(answer.ends, ends, "{value}: {answer:?}");
    }
    assert!(
        found.sentence().contains(&format!("fails from {fails}; tolerates {limit}")),
        "{}",
        found.sentence()
    );
}

/// An account is expected at the controller at 20 minutes, neither before nor later: a window.
const WINDOW: &str = r#"format = 1
name = "window"
until = "2h"

[domain]
replication = { delay = "20m" }

[[dc]]
name = "PDC1"
role = "pdc"

[[dc]]
name = "BDC1"

[[step]]
at = "0s"
do = { user-add = { user = "SVC", password = "Secret-14-chars" } }

[[expect]]
event = { visible = { account = "SVC", at = "BDC1" } }
not-before = "15m"
not-after = "25m"
"#;

#[test]
fn an_answer_that_changes_twice_is_told_as_bands() {
    let mut trial = trial(WINDOW, "window");
    trial.criterion = Criterion::Verdict;
    let found = threshold(&trial, "domain.replication.delay");
    assert!(!found.monotone, "{}", found.sentence());
    let bands: Vec<_> =
        found.bands.iter().map(|band| (band.from.to_string(), band.to.to_string(), band.ends)).collect();
    assert_eq!(
        bands[..2],
        [
            ("0s".to_owned(), "14m59s".to_owned(), Ends::Fails),
            ("15m".to_owned(), "25m".to_owned(), Ends::Holds),
        ],
        "{}",
        found.sentence()
    );
    assert_eq!(bands[2].0, "25m1s");
}

#[test]
fn values_that_are_not_possible_are_bands_of_their_own() {
    let text = WAIT.replace("{ delay = \"10m\" }", "{ nt4 = { pulse = \"5m\" } }");
    let found = threshold(&trial(&text, "wait"), "domain.replication.nt4.pulse");
    let first = &found.bands[0];
    assert_eq!((first.ends, first.to.to_string().as_str()), (Ends::Refused, "59s"), "{}", found.sentence());
    assert!(first.why.as_ref().is_some_and(|why| !why.is_empty()));
}

#[test]
fn a_sweep_has_a_cell_for_each_combination_and_counts_seeds() {
    let mut trial = trial(WAIT, "wait");
    trial.seeds = 1..=3;
    let axis = |path: &str, values: &str| Axis::parse(trial.draft.find(path).unwrap(), values).unwrap();
    let axes = vec![
        axis("domain.replication.delay", "10m..90m/2"),
        axis("client.bootstrap.maximum-wait.default", "30m,60m,2h"),
    ];
    let sweep = Sweep::make(&trial, axes, 2);
    let marks: Vec<String> = sweep.cells.iter().map(Cell::mark).collect();
    assert_eq!(marks.len(), 9);
    assert_eq!(marks[0], "100.0%");
    assert_eq!(marks[6], "0.0%");
    assert!(sweep.cells.iter().all(|cell| cell.runs == 3));
    let mut csv = Vec::new();
    sweep.csv(&mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(csv.lines().count(), 10, "{csv}");
    assert!(csv.lines().nth(1).unwrap().starts_with("10m,30m,3,3,0,0,1.0000,0.4385,1.0000"), "{csv}");
    let mut svg = Vec::new();
    sweep.svg(&mut svg).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    let picture = roxmltree::Document::parse(&svg).unwrap();
    assert_eq!(picture.descendants().filter(|node| node.has_tag_name("g")).count(), 9);
}

#[test]
fn axes_are_ranges_or_lists() {
    let trial = trial(WAIT, "wait");
    let parse = |path: &str, text: &str| {
        Axis::parse(trial.draft.find(path).unwrap(), text)
            .map(|axis| axis.values.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(parse("domain.replication.delay", "0s..1m/3").unwrap(), ["0s", "20s", "40s", "1m"]);
    assert_eq!(
        parse("client.loader.waits-for-child", "time-out,until-exit").unwrap(),
        ["time-out", "until-exit"]
    );
    assert!(parse("domain.replication.delay", "1m..0s/3").is_err());
    assert!(parse("domain.replication.delay", "15").unwrap_err().contains("15m"));
    assert!(parse("client.loader.waits-for-child", "a..b/3").unwrap_err().contains("commas"));
}

#[test]
fn wilson_is_right_at_known_points() {
    // Values of the formula, worked out by hand for 0 of 10, 5 of 10 and 10 of 10.
    for (hits, of, low, high) in [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)] {
        let interval = wilson(hits, of).unwrap();
        assert!((interval.low - low).abs() < 1e-4 && (interval.high - high).abs() < 1e-4, "{interval:?}");
    }
    assert_eq!(wilson(0, 0), None);
}

const MEMBER: &str = r#"format = 1
name = "member"

[[dc]]
name = "DC1"
role = "pdc"
os = "windows-2000"

[[machine]]
name = "WS1"
os = "windows-2000"

[[client]]
machine = "WS1"
profile = "sms-2003-legacy"
installed = true
"#;

/// A29 and A30 of FACTS.md, for every right, component and moment.
#[test]
fn each_right_breaks_what_the_facts_say_at_each_moment() {
    let plan = &Draft::read_str("member.toml", MEMBER).unwrap().plans().unwrap()[0];
    let matrix = Matrix::make(plan, None, 1, 2).unwrap();
    let under_the_token = ["odpusr32", "smsapm32", "sinv32"];
    let verified = ["odpsys32", "odpusr32", "smsapm32", "sinv32"];
    let both = ["Advertised Programs Client Agent", "Software Inventory Client Agent"];
    assert_eq!(matrix.rows.len(), 3 * 5);
    for row in &matrix.rows {
        let (launch, verification): (Vec<_>, Vec<_>) =
            row.components.iter().map(|met| (met.launch, met.verification)).unzip();
        let refused = |refused: &[&str]| -> Vec<Option<u32>> {
            let code = |name: &String| if refused.contains(&name.as_str()) { 1314 } else { 0 };
            matrix.components.iter().map(|name| Some(code(name))).collect()
        };
        let mut failing = row.failing.clone();
        failing.sort();
        match (row.without, row.after) {
            // The running service does not notice; a start is refused, and then nothing changes a status.
            (Right::ServiceLogon, Moment::Cycle) => {
                assert_eq!((row.service, launch), (None, refused(&[])), "{row:?}");
                assert_eq!(failing, [""; 0], "{row:?}");
            }
            (Right::ServiceLogon, _) => {
                assert_eq!(row.service, Some(1385), "{row:?}");
                assert!(launch.iter().chain(&verification).all(Option::is_none), "{row:?}");
                assert_eq!(failing, [""; 0], "{row:?}");
            }
            (Right::Shutdown, _) => {
                assert_eq!((launch, verification), (refused(&[]), refused(&verified)), "{row:?}");
                assert_eq!(failing, both, "{row:?}");
            }
            (Right::Tcb | Right::IncreaseQuota | Right::AssignPrimaryToken, _) => {
                assert_eq!((launch, verification), (refused(&under_the_token), refused(&[])), "{row:?}");
                assert_eq!(
                    (row.service, failing.as_slice()),
                    (None, &both.map(str::to_owned)[..]),
                    "{row:?}"
                );
            }
            (other, _) => panic!("no component needs {other}"),
        }
    }
    let mut csv = Vec::new();
    matrix.csv(&mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(csv.lines().count(), 1 + 15 * matrix.components.len());
    let line = "cycle,SeTcbPrivilege,0,odpusr32,1314,0,Advertised Programs Client Agent,true";
    assert!(csv.lines().any(|told| told == line), "{csv}");
}

#[test]
fn where_policy_takes_no_right_away_there_is_no_matrix() {
    let nt = MEMBER.replace("os = \"windows-2000\"\n", "");
    let plan = &Draft::read_str("member.toml", &nt).unwrap().plans().unwrap()[0];
    assert!(matches!(Matrix::make(plan, None, 1, 2), Err(MatrixError::NoPolicy(_))));
    assert!(matches!(Matrix::make(plan, Some("WS9"), 1, 2), Err(MatrixError::NoClient { .. })));
}

#[test]
fn work_on_threads_comes_back_in_order() {
    let items: Vec<u64> = (0..100).collect();
    for jobs in [1, 3, 200] {
        assert_eq!(parallel(&items, jobs, |n| n * 2), items.iter().map(|n| n * 2).collect::<Vec<_>>());
    }
}

const VARIED: &str = r#"# kept
format = 1
name = "varied"

[domain]
replication = { delay = "10m" } # far from the limit

[[dc]]
name = "PDC1"
role = "pdc"

[[dc]]
name = "BDC1"

[[dc]]
name = "BDC2"

[[site-server]]
name = "SMS1"
site = "ABC"

[[client]]
machine = "BDC1"
profile = "sms-2.0-sp4"

[[step]]
at = "0s"
install = { client = "BDC1", by = "SMS1" }

[[step]]
at = "2h"
do = { user-add = { user = "OTHER", password = "Secret-14-chars" } }

[[expect]]
installed = { client = "BDC1", attempt = 1 }

[vary]
"domain.replication.delay" = { from = "0s", to = "3h" }
"client.loader.waits-for-child" = ["until-exit", "time-out"]
"#;

#[test]
fn a_failure_is_found_and_made_as_small_as_it_goes() {
    let mut trial = trial(VARIED, "varied");
    trial.criterion = Criterion::Verdict;
    let explored = explore(&trial, &trial.draft.variables(), 64, 1, 2);
    let failure = explored.failure.expect("a failure");
    assert_eq!(failure.ends, Ends::Fails);
    let text = failure.draft.text();
    assert!(text.starts_with("# kept"), "{text}");
    assert!(!text.contains("[vary]") && !text.contains("OTHER") && !text.contains("BDC2"), "{text}");
    // A second less of delay, and it does not fail in this way any more.
    let amount = |(_, setting): &&(String, _)| matches!(setting, mockdc_scenarios::Setting::Amount(_));
    let (path, found) = failure.settings.iter().find(amount).expect("a delay");
    let again = Trial { draft: Draft::read_str("test.toml", &text).unwrap(), ..trial.clone() };
    let answer = again.answer(&[]);
    assert_eq!(answer.ends, Ends::Fails, "{text}");
    if let mockdc_scenarios::Setting::Amount(amount) = found {
        let key = again.draft.find(path).unwrap();
        let nearer = mockdc_scenarios::Setting::Amount(amount.of(amount.value - 1_000));
        assert_ne!(again.answer(&[(&key, nearer)]).about, answer.about, "{amount}");
    }
    // The same draws find the same, however many are tried at once.
    for jobs in [1, 3, 16] {
        let second = explore(&trial, &trial.draft.variables(), 64, 1, jobs);
        assert_eq!(second.tried, explored.tried, "{jobs}");
        assert_eq!(second.failure.unwrap().draft.text(), text, "{jobs}");
    }
}

#[test]
fn a_case_that_fails_is_made_small_without_the_others() {
    let cases =
        ["one", "other"].map(|case| format!("\n[[case]]\nname = \"{case}\"\nuser = \"{case}\"\n")).concat();
    let text = VARIED.replace("user = \"OTHER\"", "user = \"${user}\"") + &cases;
    let trial = trial(&text, "varied[other]");
    let explored = explore(&trial, &trial.draft.variables(), 64, 1, 2);
    let failure = explored.failure.expect("a failure");
    let text = failure.draft.text();
    assert!(text.contains("\"other\"") && !text.contains("\"one\""), "{text}");
    let plans = failure.draft.plans().unwrap();
    assert_eq!(plans.iter().map(|plan| plan.name.as_str()).collect::<Vec<_>>(), ["varied[other]"]);
}

#[test]
fn what_cannot_fail_is_said_to_hold() {
    let trial =
        trial(&VARIED.replace("to = \"3h\"", "to = \"20m\"").replace(", \"time-out\"]", "]"), "varied");
    let explored = explore(&trial, &trial.draft.variables(), 32, 1, 2);
    assert!(explored.failure.is_none(), "{:?}", explored.failure.map(|failure| failure.why));
    assert!(explored.tried >= 32);
}
