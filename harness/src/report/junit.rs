//! Results as JUnit XML, for whatever a CI system shows its tests with: a suite a file, a test case a scenario.

use std::collections::BTreeMap;
use std::io::{self, Write};

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::summary::{RunResult, Summary};
use super::text::{headline, reasons, visible, visible_line};

/// For whom the report is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JUnitForm {
    /// For most: properties of each case, the file and the line that failed.
    #[default]
    Usual,
    /// For readers that check a schema as strict as that of Jenkins' xUnit plugin (`junit-10.xsd`), which knows neither
    /// properties nor places of a case: what they tell stands in the case's output, as `[[PROPERTY|name=value]]`.
    Strict,
}

/// Writes the report. `many_seeds`: each scenario was run with several seeds, so that the seed is part of its name.
///
/// No time is stated: a run takes milliseconds, and the same runs give the same bytes. How long the scenario lasted in
/// its own time is the property `lasted`.
pub fn junit(
    out: &mut dyn Write,
    summaries: &[&Summary],
    many_seeds: bool,
    form: JUnitForm,
) -> io::Result<()> {
    let mut files: IndexMap<String, TestSuite> = IndexMap::new();
    let mut names: BTreeMap<(String, String), u32> = BTreeMap::new();
    for summary in summaries {
        let file = visible_line(&plain_path(&summary.file));
        let name = match many_seeds {
            true => format!("{} (seed {})", summary.label(), summary.seed),
            false => summary.label(),
        };
        let mut name = visible_line(&name);
        let class = class_of(&file);
        // CI systems know a test by these two alone.
        let times = names.entry((class.clone(), name.clone())).or_default();
        *times += 1;
        if *times > 1 {
            name = format!("{name} #{times}");
        }
        let suite = files.entry(file.clone()).or_insert_with(|| TestSuite::new(&file));
        suite.add_test_case(test_case(summary, &file, class, name, form));
    }
    let mut report = Report::new("mockdc");
    report.add_test_suites(files.into_values());
    match form {
        JUnitForm::Usual => report.serialize(out).map_err(io::Error::other),
        JUnitForm::Strict => strict(out, &report),
    }
}

/// Writes a report whose root has no attribute that the strict schema does not know.
pub(crate) fn strict(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let text = report.to_string().map_err(io::Error::other)?;
    let (head, rest) = text.split_once("<testsuites").unwrap_or(("", &text));
    let (root, rest) = rest.split_once('>').unwrap_or((rest, ""));
    let skipped = format!(" skipped=\"{}\"", report.skipped);
    write!(out, "{head}<testsuites{}>{rest}", root.replacen(&skipped, "", 1))
}

fn test_case(summary: &Summary, file: &str, class: String, name: String, form: JUnitForm) -> TestCase {
    let mut case = TestCase::new(name, status(summary));
    case.set_classname(class);
    let line = summary.reasons.iter().find_map(|reason| reason.line).map(|line| line.to_string());
    if form == JUnitForm::Usual {
        case.set_assertions(usize::try_from(summary.expectations).unwrap_or(usize::MAX));
        case.extra.insert(XmlString::new("file"), XmlString::new(file));
        if let Some(line) = &line {
            case.extra.insert(XmlString::new("line"), XmlString::new(line));
        }
    }
    let seed = summary.seed.to_string();
    let lasted = summary.measures.lasted.to_string();
    let events = summary.measures.events.to_string();
    let properties = [
        ("title", summary.title.as_str()),
        ("result", result_name(summary.result)),
        ("seed", &seed),
        ("rerun", &summary.rerun),
        ("lasted", &lasted),
        ("events", &events),
    ];
    let properties = properties.map(|(name, value)| (name, visible_line(value)));
    match form {
        JUnitForm::Usual => {
            for (name, value) in properties {
                case.add_property(Property::new(name, value));
            }
        }
        JUnitForm::Strict => {
            let places = [("file", Some(file)), ("line", line.as_deref())];
            let places = places.iter().filter_map(|(name, value)| Some((*name, (*value)?.to_owned())));
            let told: String = properties
                .into_iter()
                .chain(places)
                .map(|(name, value)| format!("[[PROPERTY|{name}={value}]]\n"))
                .collect();
            case.set_system_out(told);
        }
    }
    case
}

fn status(summary: &Summary) -> TestCaseStatus {
    let kind = match summary.result {
        RunResult::Pass => return TestCaseStatus::success(),
        RunResult::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(headline(summary));
            return status;
        }
        RunResult::Fail => NonSuccessKind::Failure,
        // Neither passed nor failed: whoever reads this must look at it, and so must not see green.
        RunResult::Inconclusive | RunResult::Bug => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    let of = match summary.result {
        RunResult::Fail => summary.reasons.first().map_or("fail", |reason| reason.kind.as_str()),
        result => result_name(result),
    };
    status.set_type(visible_line(of));
    status.set_message(headline(summary));
    status.set_description(visible(&reasons(summary)));
    status
}

/// The name of a result in files.
pub(super) fn result_name(result: RunResult) -> &'static str {
    match result {
        RunResult::Pass => "pass",
        RunResult::Fail => "fail",
        RunResult::Inconclusive => "inconclusive",
        RunResult::Bug => "bug",
        RunResult::Skipped => "skipped",
    }
}

/// The path with `/` between its parts and no `./` before them, on every system.
pub(super) fn plain_path(file: &str) -> String {
    let file = if cfg!(windows) { file.replace('\\', "/") } else { file.to_owned() };
    let mut rest = file.as_str();
    while let Some(after) = rest.strip_prefix("./") {
        rest = after.trim_start_matches('/');
    }
    rest.to_owned()
}

/// The class that CI systems group tests by: `scenarios.kb.q304961-nt4-bdc-sp3`.
fn class_of(file: &str) -> String {
    let stem = file.strip_suffix(".toml").unwrap_or(file);
    stem.split('/').filter(|part| !part.is_empty() && *part != "..").collect::<Vec<_>>().join(".")
}
