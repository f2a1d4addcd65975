//! A scenario file's problems, all of them, as miette shows them and as JSON.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use serde_json::{Value, json};

use super::excerpt::{Excerpt, Lines};
use super::{Code, visible};

/// More problems than anyone reads at once.
const MOST_SHOWN: usize = 100;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its code, which `mockdc explain` tells more about.
    pub code: Code,
    /// What is wrong here.
    pub message: String,
    /// Where, as bytes of the file, each with a word; the first is the place itself.
    pub labels: Vec<(Range<usize>, String)>,
    /// How to mend it.
    pub help: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Problem {
        Problem { code, message: message.into(), labels: Vec::new(), help: None }
    }

    pub(crate) fn at(mut self, span: Range<usize>, label: impl Into<String>) -> Problem {
        self.labels.push((span, label.into()));
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// Its words may quote the file: what cannot be seen there is shown by its number.
    fn show_what_hides(&mut self) {
        let words = self.labels.iter_mut().map(|(_, label)| label).chain(&mut self.help);
        for text in words.chain([&mut self.message]) {
            if let Cow::Owned(shown) = visible(text) {
                *text = shown;
            }
        }
    }

    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Problem {
        self.help = self.help.or(help);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.is_empty() {
            return None;
        }
        Some(Box::new(self.labels.iter().map(|(span, label)| {
            LabeledSpan::new((!label.is_empty()).then(|| label.clone()), span.start, span.len())
        })))
    }
}

/// Everything that is wrong with a scenario file.
#[derive(Debug)]
pub struct Report {
    /// The file, as the user named it.
    pub file: String,
    /// The problems, in the order of the file; at least one.
    pub problems: Vec<Problem>,
    source: NamedSource<Arc<str>>,
}

impl Report {
    pub(crate) fn new(file: &str, text: &str, mut problems: Vec<Problem>) -> Report {
        problems.iter_mut().for_each(Problem::show_what_hides);
        problems.sort_by_key(|problem| problem.labels.first().map_or(0, |(span, _)| span.start));
        // The same place is read once for every case.
        let mut seen = BTreeSet::new();
        problems
            .retain(|problem| problem.labels.is_empty() || seen.insert((problem.code, labels_of(problem))));
        Report { file: file.to_owned(), problems, source: NamedSource::new(file, Arc::from(text)) }
    }

    /// The report as text, without colours, in lines of at most `width` characters where words allow. The first
    /// hundred problems are shown, the others counted.
    pub fn render(&self, width: usize) -> String {
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
            .with_width(width)
            .with_links(false);
        let mut text = String::new();
        let lines = Lines::new(self.source.inner());
        for problem in self.problems.iter().take(MOST_SHOWN) {
            let excerpt = Excerpt::new(&self.file, self.source.inner(), &lines, problem);
            // Writing into a text does not fail.
            let _ = handler.render_report(&mut text, &Placed { problem, excerpt });
            text.push('\n');
        }
        if let Some(more) = self.problems.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            text.push_str(&format!("and {more} more\n"));
        }
        text
    }

    /// The report as a JSON object: file, and problems with code, message, help, and places by line and column.
    pub fn to_json(&self) -> Value {
        let problems: Vec<Value> = {
            let lines = Lines::new(self.source.inner());
            self.problems.iter().map(|problem| self.problem_json(&lines, problem)).collect()
        };
        json!({ "file": self.file, "problems": problems })
    }

    fn problem_json(&self, lines: &Lines, problem: &Problem) -> Value {
        let places: Vec<Value> = problem
            .labels
            .iter()
            .map(|(span, label)| {
                let (line, column) = lines.place(self.source.inner(), span.start);
                json!({
                    "offset": span.start, "length": span.len(), "line": line, "column": column, "label": label,
                })
            })
            .collect();
        json!({
            "code": problem.code.as_str(),
            "message": problem.message,
            "help": problem.help,
            "places": places,
        })
    }
}

/// Places and words of a problem, in a form that has an order.
fn labels_of(problem: &Problem) -> Vec<(usize, usize, String)> {
    problem.labels.iter().map(|(span, label)| (span.start, span.end, label.clone())).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => write!(f, "{} has a problem", self.file),
            n => write!(f, "{} has {n} problems", self.file),
        }
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

/// A problem with its part of the source, to be shown alone.
#[derive(Debug)]
struct Placed<'a> {
    problem: &'a Problem,
    excerpt: Excerpt,
}

impl fmt::Display for Placed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.problem, f)
    }
}

impl std::error::Error for Placed<'_> {}

impl Diagnostic for Placed<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.excerpt.labels.is_empty() {
            return None;
        }
        Some(Box::new(self.excerpt.labels.iter().zip(&self.problem.labels).map(|(span, (_, label))| {
            LabeledSpan::new((!label.is_empty()).then(|| label.clone()), span.start, span.len())
        })))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }
}
