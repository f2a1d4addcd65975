//! JUnit, TAP and GitHub's commands of results with hostile names and texts.

use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::*;

const HOSTILE: [&str; 8] = [
    "]]>",
    "<failure/>&amp;\"'",
    "\0\u{1}\u{b}\u{1b}[31m\u{1b}]0;title",
    "🎉 עברית العربية \u{202e}txt.exe",
    "\u{fffe}\u{ffff}\u{fffd}",
    "::error file=x,line=1::obeyed",
    "##[add-mask]a\r\n::set-output name=a::b",
    "# SKIP\n  ...\nBail out!",
];

fn summary(name: &str, file: &str, result: RunResult, text: &str) -> Summary {
    let evidence = Evidence {
        event: 1,
        at: "00:10:00.000".into(),
        host: text.into(),
        actor: "boot loader".into(),
        what: text.into(),
    };
    let reason = Reason {
        kind: "expectation".into(),
        line: Some(12),
        text: text.into(),
        because: Some(text.into()),
        evidence: vec![evidence],
    };
    Summary {
        name: name.into(),
        title: text.into(),
        file: file.into(),
        seed: 7,
        backend: Default::default(),
        result,
        reasons: if result == RunResult::Pass { vec![] } else { vec![reason] },
        breaks_as_stated: vec![],
        promises: vec![],
        laws: vec![],
        expectations: 2,
        measures: Measures::default(),
        ended: None,
        rerun: format!("mockdc run {}", quoted([file])),
        wall: None,
    }
}

fn xml(summaries: &[Summary], many_seeds: bool) -> String {
    xml_as(summaries, many_seeds, JUnitForm::Usual)
}

fn xml_as(summaries: &[Summary], many_seeds: bool, form: JUnitForm) -> String {
    let mut bytes = Vec::new();
    junit(&mut bytes, &summaries.iter().collect::<Vec<_>>(), many_seeds, form).unwrap();
    String::from_utf8(bytes).unwrap()
}

type Names = &'static [&'static str];

/// What `junit-10.xsd` of Jenkins' xUnit plugin lets an element have: attributes, of which the first ones are required,
/// and elements in it. Only what may stand in a report of ours.
const STRICT: [(&str, Names, Names, Names); 8] = [
    ("testsuites", &[], &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &["skipped", "time", "timestamp", "hostname", "id", "package", "file"],
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
    ),
    (
        "testcase",
        &["name"],
        &["time", "classname", "group"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("failure", &[], &["type", "message"], &[]),
    ("error", &[], &["type", "message"], &[]),
    ("skipped", &[], &["type", "message"], &[]),
    ("system-out", &[], &[], &[]),
    ("system-err", &[], &[], &[]),
];

fn check_strict(node: Node<'_, '_>) {
    let tag = node.tag_name().name();
    let (_, required, optional, children) =
        STRICT.iter().find(|(name, ..)| *name == tag).unwrap_or_else(|| panic!("no element {tag}"));
    for name in *required {
        assert!(node.has_attribute(*name), "{tag} has no {name}");
    }
    for attribute in node.attributes() {
        let name = attribute.name();
        assert!(required.contains(&name) || optional.contains(&name), "{tag} may have no {name}");
    }
    for child in node.children().filter(Node::is_element) {
        assert!(children.contains(&child.tag_name().name()), "{:?} in {tag}", child.tag_name());
        check_strict(child);
    }
}

#[test]
fn the_strict_form_holds_to_the_schema_of_jenkins_and_loses_nothing() {
    let all = [
        summary("a[one]", "./kb/a.toml", RunResult::Pass, ""),
        summary("a[two]", "./kb/a.toml", RunResult::Fail, "it did not stop"),
        summary("b", "kb/b.toml", RunResult::Inconclusive, "the run ended before"),
        summary("c", "kb/c.toml", RunResult::Skipped, HOSTILE[0]),
        summary("skipped=\"1\"", "kb/d.toml", RunResult::Bug, HOSTILE[1]),
    ];
    let usual = xml(&all, false);
    let refused = std::panic::catch_unwind(|| check_strict(Document::parse(&usual).unwrap().root_element()));
    assert!(refused.is_err(), "the check sees what the schema forbids");
    let text = xml_as(&all, false, JUnitForm::Strict);
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    check_strict(document.root_element());
    let case = elements(elements(document.root_element(), "testsuite")[0], "testcase")[1];
    let told = elements(case, "system-out")[0].text().unwrap_or_default();
    for line in ["seed=7", "rerun=mockdc run ./kb/a.toml", "result=fail", "file=kb/a.toml", "line=12"] {
        assert!(told.contains(&format!("[[PROPERTY|{line}]]\n")), "{line}: {told}");
    }
}

fn elements<'a>(node: Node<'a, 'a>, name: &'a str) -> Vec<Node<'a, 'a>> {
    node.children().filter(|child| child.has_tag_name(name)).collect()
}

/// What the schemas of Jenkins, GitLab, Azure and Maven Surefire have in common.
fn check_rules(text: &str) {
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let root = document.root_element();
    assert!(root.has_tag_name("testsuites"));
    let number = |node: Node<'_, '_>, name: &str| -> usize {
        node.attribute(name).unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
    };
    let mut sums = [0; 4];
    let mut names = std::collections::BTreeSet::new();
    for suite in root.children().filter(Node::is_element) {
        assert!(suite.has_tag_name("testsuite"));
        assert!(suite.attribute("name").is_some());
        let cases = elements(suite, "testcase");
        let having = |name: &str| cases.iter().filter(|case| !elements(**case, name).is_empty()).count();
        let counted = [cases.len(), having("failure"), having("error"), having("skipped")];
        let stated = ["tests", "failures", "errors", "skipped"].map(|name| number(suite, name));
        assert_eq!(counted, stated);
        sums = std::array::from_fn(|place| sums[place] + counted[place]);
        for case in cases {
            let (class, name) = (case.attribute("classname").unwrap(), case.attribute("name").unwrap());
            assert!(names.insert((class.to_owned(), name.to_owned())), "{class} {name} stands there twice");
            check_case(case);
        }
    }
    assert_eq!(sums, ["tests", "failures", "errors", "skipped"].map(|name| number(root, name)));
}

fn check_case(case: Node<'_, '_>) {
    let tags: Vec<&str> =
        case.children().filter(Node::is_element).map(|child| child.tag_name().name()).collect();
    assert_eq!(tags.first(), Some(&"properties"), "{tags:?}");
    assert!(tags.len() <= 2, "one result at most: {tags:?}");
    for result in case.children().filter(|child| child.has_tag_name("failure") || child.has_tag_name("error"))
    {
        assert!(result.attribute("type").is_some() && result.attribute("message").is_some());
        assert!(!result.attribute("message").unwrap_or_default().contains('\n'));
    }
    for property in elements(elements(case, "properties")[0], "property") {
        assert!(property.attribute("name").is_some() && property.attribute("value").is_some());
    }
}

fn property<'a>(case: Node<'a, 'a>, name: &str) -> &'a str {
    elements(elements(case, "properties")[0], "property")
        .into_iter()
        .find(|property| property.attribute("name") == Some(name))
        .and_then(|property| property.attribute("value"))
        .unwrap_or_default()
}

#[test]
fn a_file_is_a_suite_and_each_result_has_its_element() {
    let all = [
        summary("a[one]", "./kb/a.toml", RunResult::Pass, ""),
        summary("a[two]", "./kb/a.toml", RunResult::Fail, "it did not stop"),
        summary("b", "kb/b.toml", RunResult::Inconclusive, "the run ended before"),
        summary("c", "kb/c.toml", RunResult::Skipped, "no nt4 replication"),
        summary("d", "kb/d.toml", RunResult::Bug, "a law is broken"),
    ];
    let text = xml(&all, false);
    check_rules(&text);
    let document = Document::parse(&text).unwrap();
    let suites = elements(document.root_element(), "testsuite");
    let names: Vec<_> = suites.iter().map(|suite| suite.attribute("name").unwrap()).collect();
    assert_eq!(names, ["kb/a.toml", "kb/b.toml", "kb/c.toml", "kb/d.toml"]);
    let case = elements(suites[0], "testcase")[1];
    assert_eq!((case.attribute("classname"), case.attribute("name")), (Some("kb.a"), Some("a[two]")));
    assert_eq!((case.attribute("file"), case.attribute("line")), (Some("kb/a.toml"), Some("12")));
    assert_eq!((property(case, "seed"), property(case, "rerun")), ("7", "mockdc run ./kb/a.toml"));
    let failure = elements(case, "failure")[0];
    assert_eq!(failure.attribute("type"), Some("expectation"));
    assert_eq!(
        failure.text(),
        Some(
            "./kb/a.toml:12: it did not stop\n  because it did not stop\n    00:10:00.000  it did not stop  boot loader  \
             it did not stop\nmockdc run ./kb/a.toml"
        )
    );
    let of = |suite: usize, name| elements(elements(suites[suite], "testcase")[0], name)[0];
    assert_eq!(of(1, "error").attribute("type"), Some("inconclusive"));
    assert_eq!(of(2, "skipped").attribute("message"), Some("no nt4 replication"));
    assert_eq!(of(3, "error").attribute("type"), Some("bug"));
}

#[test]
fn with_many_seeds_the_seed_is_part_of_the_name() {
    let mut all = [summary("a", "a.toml", RunResult::Pass, ""), summary("a", "a.toml", RunResult::Fail, "x")];
    all[1].seed = 8;
    let text = xml(&all, true);
    check_rules(&text);
    assert!(text.contains("name=\"a (seed 7)\"") && text.contains("name=\"a (seed 8)\""), "{text}");
    // Two of one name are told apart in any case.
    check_rules(&xml(&[all[0].clone(), all[0].clone()], false));
}

#[test]
fn hostile_names_and_texts_stay_texts() {
    for hostile in HOSTILE {
        for result in [RunResult::Pass, RunResult::Fail, RunResult::Skipped] {
            let text = xml(&[summary(hostile, &format!("kb/{hostile}.toml"), result, hostile)], false);
            check_rules(&text);
            assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'), "{text}");
        }
    }
    let text = xml(&[summary("a", "a", RunResult::Fail, HOSTILE[3])], false);
    assert!(text.contains("🎉 עברית العربية \\u{202e}txt.exe"), "{text}");
    let text = xml(&[summary("a", "a", RunResult::Fail, "before\u{1b}]after")], false);
    assert!(text.contains("before\\u{1b}]after"), "what follows an escape is not lost: {text}");
}

/// Reads what a TAP consumer reads: test points with their numbers, and whether each is green.
fn tap_points(text: &str) -> Vec<bool> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 14"));
    let planned: usize = lines.next().and_then(|plan| plan.strip_prefix("1..")).unwrap().parse().unwrap();
    let mut points = Vec::new();
    let mut inside = false;
    for line in lines {
        if let Some(block) = line.strip_prefix("  ") {
            inside = match block {
                "---" => true,
                "..." => false,
                _ => {
                    assert!(inside, "{line}");
                    let value = match block.strip_prefix("  - ") {
                        Some(item) => item,
                        None => block.split_once(": ").map_or("", |(_, value)| value),
                    };
                    if value.starts_with('"') {
                        serde_json::from_str::<String>(value).unwrap();
                    }
                    true
                }
            };
            continue;
        }
        assert!(!inside, "{line}");
        let (ok, rest) = match line.strip_prefix("not ok ") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("ok ").unwrap_or_else(|| panic!("{line}"))),
        };
        points.push(ok);
        assert!(rest.starts_with(&format!("{} - ", points.len())), "{line}");
    }
    assert_eq!(points.len(), planned);
    points
}

#[test]
fn tap_has_a_point_for_each_result_and_hostile_texts_change_none() {
    let mut all = vec![
        summary("a", "a.toml", RunResult::Pass, ""),
        summary("b", "b.toml", RunResult::Inconclusive, "open"),
        summary("c", "c.toml", RunResult::Skipped, "no Docker"),
    ];
    all.extend(HOSTILE.map(|hostile| summary(hostile, hostile, RunResult::Fail, hostile)));
    let mut bytes = Vec::new();
    tap(&mut bytes, &all.iter().collect::<Vec<_>>(), false).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let points = tap_points(&text);
    assert_eq!(points[..3], [true, false, true]);
    assert!(points[3..].iter().all(|ok| !ok));
    assert!(text.contains("ok 3 - c # SKIP no Docker\n"), "{text}");
    let skips = text.lines().filter(|line| !line.starts_with(' ') && line.contains(" # SKIP"));
    assert_eq!(skips.count(), 1, "{text}");
}

/// What a runner of GitHub Actions obeys: the command at the start of a line.
fn obeyed(output: &str) -> Vec<&str> {
    let lines = output.split(['\n', '\r']).map(str::trim_start);
    lines
        .filter(|line| line.contains("##[") || (line.starts_with("::") && line[2..].contains("::")))
        .collect()
}

#[test]
fn annotations_are_the_only_commands_and_name_their_lines() {
    let all: Vec<Summary> =
        HOSTILE.iter().map(|hostile| summary(hostile, hostile, RunResult::Fail, hostile)).collect();
    let all: Vec<&Summary> = all.iter().collect();
    let github = GitHub::default();
    let annotations = github.annotations(&all);
    assert_eq!(annotations.len(), HOSTILE.len());
    for annotation in &annotations {
        assert_eq!(annotation.lines().count(), 1, "{annotation}");
        assert!(!annotation.contains('\r'), "{annotation}");
        let (properties, _) = annotation[8..].split_once("::").unwrap();
        let names: Vec<&str> =
            properties.split(',').map(|pair| pair.split_once('=').unwrap().0.trim()).collect();
        assert_eq!(names, ["file", "line", "title"], "{annotation}");
    }
    let step = step_summary(&all);
    assert!(!step.contains("<failure") && !step.contains("]]>"), "{step}");
    assert_eq!(step.lines().filter(|line| line.starts_with("| FAIL |")).count(), HOSTILE.len());
}

#[test]
fn an_annotation_spans_the_table_that_failed() {
    let dir = std::env::temp_dir().join(format!("mockdc-github-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("kb")).unwrap();
    let file = dir.join("kb/a.toml");
    std::fs::write(&file, format!("{}[[expect]]\nlog = [\n]\n\n[[expect]]\n", "#\n".repeat(11))).unwrap();
    let summary = summary("a", &file.to_string_lossy(), RunResult::Fail, "50% of it: late, \nvery");
    let github = GitHub { workspace: Some(dir.clone()), step_summary: Some(dir.join("step")) };
    let annotations = github.annotations(&[&summary]);
    let start =
        "::error file=kb/a.toml,line=12,endLine=14,title=FAIL a::50%25 of it: late, %0Avery%0Abecause 50%25";
    assert!(annotations[0].starts_with(start), "{annotations:?}");
    github.summarize(&[&summary]).unwrap();
    github.summarize(&[&summary]).unwrap();
    let step = std::fs::read_to_string(dir.join("step")).unwrap();
    assert_eq!(step.matches("### mockdc: 0 passed, 1 failed").count(), 2, "{step}");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_runner_is_shown_ten_annotations_and_each_line_once() {
    let all: Vec<Summary> = (0..40)
        .map(|number| summary("a", "a.toml", RunResult::Fail, &format!("reason {}", number / 2)))
        .collect();
    let annotations = GitHub::default().annotations(&all.iter().collect::<Vec<_>>());
    assert_eq!(annotations.len(), 10);
    assert_eq!(annotations[9], "::error title=mockdc::11 more: see the step's summary");
}

proptest! {
    #[test]
    fn no_text_breaks_a_report(
        name in any::<String>(), text in any::<String>(), file in "[^\0]{1,20}", wild in ".{0,10}::.{0,5}::.{0,10}",
    ) {
        use std::io::Write;
        let texts = [text.as_str(), wild.as_str()];
        let all: Vec<Summary> = texts.iter().map(|text| summary(&name, &file, RunResult::Fail, text)).collect();
        check_rules(&xml(&all, false));
        let all: Vec<&Summary> = all.iter().collect();
        let mut bytes = Vec::new();
        tap(&mut bytes, &all, false).unwrap();
        tap_points(std::str::from_utf8(&bytes).unwrap());
        for annotation in GitHub::default().annotations(&all) {
            prop_assert_eq!(annotation.split(['\n', '\r']).count(), 1);
        }
        for (written, text) in [(Written::Text, format!("{name}\n{wild}\r{text}")), (Written::Quoted, wild.clone())] {
            let mut bytes = Vec::new();
            let mut out = Harmless::new(&mut bytes, written);
            out.write_all(text.as_bytes()).unwrap();
            out.finish().unwrap();
            let printed = String::from_utf8(bytes).unwrap();
            prop_assert!(obeyed(&printed).is_empty(), "{}", printed);
        }
    }
}
