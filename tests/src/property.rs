//! Properties over whole scenarios: a case is a scenario with what an oracle expects of it, so that one that fails is
//! written out as a file that `mockdc run` replays.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mockdc::judge::{Judgement, ReasonKind, judge};
use mockdc::timeline::{EndReason, Timeline};
use mockdc_scenarios::Plan;
use proptest::test_runner::{Config, TestCaseError};

/// Where failing cases go: the variable `MOCKDC_FAILING`, or the folder `failing` below the package under test.
pub fn failing() -> PathBuf {
    std::env::var_os("MOCKDC_FAILING").map_or_else(|| PathBuf::from("failing"), PathBuf::from)
}

/// As many cases as [`crate::cases`] says. Nothing is kept but the scenario of a failing case.
pub fn config() -> Config {
    Config { cases: crate::cases(), failure_persistence: None, ..Config::default() }
}

/// A scenario with what is expected of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The property; it names the scenario, and the file of a failing case. Small letters, digits and `-`.
    pub name: String,
    /// The seed of the run.
    pub seed: u64,
    /// Keys before the first table, such as `until = "3h"`, each on a line.
    pub head: String,
    /// The world and what happens in it: TOML tables.
    pub world: String,
    /// What goes wrong. A fault that touches nothing is no failure here.
    pub faults: Vec<Fault>,
    /// What the oracle expects: the lines of one `[[expect]]` table each.
    pub expects: Vec<String>,
}

/// A fault of a case.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Its name.
    pub name: String,
    /// The other lines of its table.
    pub lines: String,
}

impl Case {
    /// A case of nothing but a name and a seed.
    pub fn new(name: &str, seed: u64) -> Case {
        let (head, world) = (String::new(), String::new());
        Case { name: name.to_owned(), seed, head, world, faults: Vec::new(), expects: Vec::new() }
    }

    /// Adds tables to the world.
    pub fn add(&mut self, tables: &str) {
        self.world.push_str(tables);
        self.world.push('\n');
    }

    /// Adds an expectation, by the lines of its table.
    pub fn expect(&mut self, lines: impl Into<String>) {
        self.expects.push(lines.into());
    }

    /// The scenario's text.
    pub fn text(&self) -> String {
        self.text_with(&[], &[])
    }

    fn text_with(&self, inert: &[String], broken: &[String]) -> String {
        let mut text = format!("format = 1\nname = \"{}\"\nseed = {}\n{}\n", self.name, self.seed, self.head);
        text.push_str(&self.world);
        for Fault { name, lines } in &self.faults {
            let _ = writeln!(text, "[[fault]]\nname = \"{name}\"\n{lines}");
            if inert.contains(name) {
                text.push_str("touches-nothing = true\n");
            }
            text.push('\n');
        }
        for lines in &self.expects {
            let _ = writeln!(text, "[[expect]]\n{lines}\n");
        }
        if !broken.is_empty() {
            let list: Vec<String> = broken.iter().map(|promise| format!("\"{promise}\"")).collect();
            let _ = writeln!(text, "[[expect]]\nviolates = [{}]", list.join(", "));
        }
        text
    }

    /// Reads the scenario.
    pub fn plan(&self) -> Result<Arc<Plan>, TestCaseError> {
        let text = self.text();
        match mockdc_scenarios::read_str(&format!("{}.toml", self.name), &text) {
            Ok(mut plans) => Ok(Arc::new(plans.remove(0))),
            Err(report) => Err(TestCaseError::fail(format!("{}\n{text}", report.render(100)))),
        }
    }

    /// Runs the scenario: no law is broken, it comes to an end, every step ends with its code, and every expectation
    /// holds. A case that fails is written into the folder [`failing`]; the error says how to replay it.
    ///
    /// Promises may break: they are the product's, and what a property says of them stands in an expectation.
    pub fn holds(&self) -> Result<Timeline, TestCaseError> {
        self.holds_or_is_written_to(&failing())
    }

    /// [`Case::holds`], with a folder of one's own.
    pub fn holds_or_is_written_to(&self, folder: &Path) -> Result<Timeline, TestCaseError> {
        let plan = self.plan()?;
        let timeline = mockdc::orchestrator::run(&plan, self.seed)
            .map_err(|error| TestCaseError::fail(format!("{error}\n{}", self.text())))?;
        let judgement = judge(&timeline);
        let mut wrong: Vec<&str> = judgement
            .reasons
            .iter()
            .filter(|reason| !matches!(reason.kind, ReasonKind::UnlistedPromise | ReasonKind::InertFault))
            .map(|reason| reason.text.as_str())
            .collect();
        if matches!(timeline.end_reason(), None | Some(EndReason::Hang | EndReason::Runaway)) {
            wrong.push("the run does not come to an end");
        }
        match wrong.is_empty() {
            true => Ok(timeline),
            false => Err(self.written(folder, &wrong.join("\n"), &timeline)),
        }
    }

    /// A failure that no expectation tells, such as two runs that differ, with the case written out.
    pub fn fails(&self, why: &str, timeline: &Timeline) -> TestCaseError {
        self.written(&failing(), why, timeline)
    }

    /// Writes the case out. The promises that its run breaks are listed, and a fault that touches nothing is declared
    /// to, so that replaying it fails for the property's reason alone.
    fn written(&self, folder: &Path, why: &str, timeline: &Timeline) -> TestCaseError {
        let judgement = judge(timeline);
        let text = self.text_with(&self.inert(&judgement), &broken(&judgement));
        let path = folder.join(format!("{}.toml", self.name));
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, &text));
        let place = match written {
            Ok(()) => format!("replay it: mockdc run {}", path.display()),
            Err(error) => format!("the case cannot be written to {}: {error}\n{text}", path.display()),
        };
        TestCaseError::fail(format!("{why}\n{place}"))
    }

    fn inert(&self, judgement: &Judgement) -> Vec<String> {
        let reasons = judgement.reasons.iter().filter(|reason| reason.kind == ReasonKind::InertFault);
        let texts: Vec<&str> = reasons.map(|reason| reason.text.as_str()).collect();
        let names = self.faults.iter().map(|fault| fault.name.clone());
        names
            .filter(|name| texts.iter().any(|text| text.split(|c: char| !is_of_a_name(c)).any(|w| w == name)))
            .collect()
    }
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn broken(judgement: &Judgement) -> Vec<String> {
    let broken = judgement.promises.iter().filter(|finding| !finding.breaches.is_empty());
    broken.map(|finding| finding.promise.to_string()).collect()
}
