//! GitHub Actions: annotations on lines of scenario files, the step's summary, and output that commands nothing.
//!
//! A runner obeys lines that begin with `::` and parts of lines that begin with `##[`. Titles, log lines and names come
//! from scenarios and from what is replayed, so whatever is printed passes through [`Harmless`].

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::junit::plain_path;
use super::summary::{RunResult, Summary, Totals};
use super::text::{headline, visible, visible_line};

/// Annotations that a runner shows of one step and kind.
const MOST_ANNOTATIONS: usize = 10;

/// Rows of the step's summary. A step may write a mebibyte.
const MOST_ROWS: usize = 500;

/// Letters of a text in the step's summary.
const LONGEST: usize = 400;

/// What a runner says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitHub {
    /// `GITHUB_WORKSPACE`: the folder to which the paths of annotations are relative.
    pub workspace: Option<PathBuf>,
    /// `GITHUB_STEP_SUMMARY`: the file to which a step adds its summary.
    pub step_summary: Option<PathBuf>,
}

impl GitHub {
    /// `None` outside of GitHub Actions.
    pub fn from_env() -> Option<GitHub> {
        let path = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        path("GITHUB_ACTIONS")?;
        Some(GitHub { workspace: path("GITHUB_WORKSPACE"), step_summary: path("GITHUB_STEP_SUMMARY") })
    }

    /// The commands that annotate the lines of what did not pass, each line once.
    pub fn annotations(&self, summaries: &[&Summary]) -> Vec<String> {
        let mut annotations = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        let mut files: BTreeMap<&str, Option<String>> = BTreeMap::new();
        let mut left_out = 0;
        for summary in summaries {
            if matches!(summary.result, RunResult::Pass | RunResult::Skipped) {
                continue;
            }
            let text =
                files.entry(&summary.file).or_insert_with(|| std::fs::read_to_string(&summary.file).ok());
            for reason in &summary.reasons {
                if !seen.insert((&summary.file, reason.line, &reason.text)) {
                    continue;
                }
                if annotations.len() >= MOST_ANNOTATIONS - 1 {
                    left_out += 1;
                    continue;
                }
                let mut properties = vec![format!("file={}", property(&self.path(&summary.file)))];
                if let Some(line) = reason.line {
                    properties.push(format!("line={line}"));
                    let table = text.as_deref().and_then(|text| mockdc_scenarios::table_lines(text, line));
                    properties.extend(table.map(|lines| format!("endLine={}", lines.end())));
                }
                let title = format!("{} {}", summary.result.word(), summary.name);
                properties.push(format!("title={}", property(&visible_line(&title))));
                let because =
                    reason.because.as_ref().map(|why| format!("\nbecause {why}")).unwrap_or_default();
                let message = format!("{}{because}\n{}", reason.text, summary.rerun);
                annotations.push(format!("::error {}::{}", properties.join(","), data(&visible(&message))));
            }
        }
        if left_out > 0 {
            annotations.push(format!("::error title=mockdc::{left_out} more: see the step's summary"));
        }
        annotations
    }

    /// Adds to the step's summary.
    pub fn summarize(&self, summaries: &[&Summary]) -> io::Result<()> {
        let Some(path) = &self.step_summary else { return Ok(()) };
        let mut file = std::fs::File::options().create(true).append(true).open(path)?;
        file.write_all(step_summary(summaries).as_bytes())
    }

    /// The path of a file relative to the workspace, or as it is.
    fn path(&self, file: &str) -> String {
        let absolute = std::path::absolute(file).unwrap_or_else(|_| Path::new(file).to_owned());
        let inside = self.workspace.as_ref().and_then(|workspace| absolute.strip_prefix(workspace).ok());
        plain_path(&inside.map_or(file.into(), Path::to_string_lossy))
    }
}

/// The step's summary, in GitHub's Markdown: the totals, and a row for each scenario that did not pass.
pub fn step_summary(summaries: &[&Summary]) -> String {
    let totals = Totals::of(summaries.iter().copied());
    let mut text = format!("### mockdc: {totals}\n\n");
    let bad: Vec<&&Summary> = summaries.iter().filter(|summary| summary.result != RunResult::Pass).collect();
    if bad.is_empty() {
        return text;
    }
    text += "| | scenario | why | again |\n|---|---|---|---|\n";
    for summary in bad.iter().take(MOST_ROWS) {
        let line = summary.reasons.iter().find_map(|reason| reason.line);
        let place = line.map_or(summary.file.clone(), |line| format!("{}:{line}", summary.file));
        text += &format!(
            "| {} | {}<br>{} | {} | <code>{}</code> |\n",
            summary.result.word(),
            cell(&summary.name),
            cell(&place),
            cell(&headline(summary)),
            cell(&summary.rerun),
        );
    }
    if let Some(more @ 1..) = bad.len().checked_sub(MOST_ROWS) {
        text += &format!("\n… and {more} more.\n");
    }
    text + "\n"
}

/// A text inside a cell of a Markdown table, in which it means nothing: every mark is a character reference.
fn cell(text: &str) -> String {
    let line = visible_line(text);
    let mut safe = String::new();
    for (number, letter) in line.chars().enumerate() {
        if number >= LONGEST {
            safe.push('…');
            break;
        }
        match letter {
            ' ' | '-' | '.' | ',' | '/' => safe.push(letter),
            _ if letter.is_ascii_punctuation() => safe += &format!("&#{};", letter as u32),
            _ => safe.push(letter),
        }
    }
    safe
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// What the text that is written is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Text for people.
    Text,
    /// JSON, or another form in which `\u0023` inside a text is a `#`.
    Quoted,
}

/// A writer that passes lines on so that a runner obeys none of them.
pub struct Harmless<'w> {
    inner: &'w mut dyn Write,
    written: Written,
    line: Vec<u8>,
}

impl<'w> Harmless<'w> {
    /// Over another writer.
    pub fn new(inner: &'w mut dyn Write, written: Written) -> Harmless<'w> {
        Harmless { inner, written, line: Vec::new() }
    }

    fn pass_on(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        // A mark that is broken across a character that is no UTF-8 is no mark.
        match std::str::from_utf8(&line) {
            Ok(text) => self.inner.write_all(harmless(text, self.written).as_bytes()),
            Err(_) => {
                self.inner.write_all(harmless(&String::from_utf8_lossy(&line), self.written).as_bytes())
            }
        }
    }

    /// Passes on what is not yet a whole line.
    pub fn finish(mut self) -> io::Result<()> {
        self.pass_on()?;
        self.inner.flush()
    }
}

impl Write for Harmless<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || piece.ends_with(b"\r") {
                self.pass_on()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A line that a runner obeys in no part.
fn harmless(line: &str, written: Written) -> String {
    let broken = match written {
        Written::Text => line.replace("##[", "# #["),
        Written::Quoted => line.replace("##[", "#\\u0023["),
    };
    let start = broken.len() - broken.trim_start().len();
    match broken[start..].strip_prefix("::") {
        Some(rest) => format!("{}: :{rest}", &broken[..start]),
        None => broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(pieces: &[&str], written: Written) -> String {
        let mut bytes = Vec::new();
        let mut out = Harmless::new(&mut bytes, written);
        for piece in pieces {
            out.write_all(piece.as_bytes()).unwrap();
        }
        out.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_that_commands_is_no_command_any_more() {
        assert_eq!(passed(&["::error::x\n"], Written::Text), ": :error::x\n");
        assert_eq!(passed(&[" \u{a0}\t::set-env name=a::x"], Written::Text), " \u{a0}\t: :set-env name=a::x");
        assert_eq!(passed(&["a\r::error::x"], Written::Text), "a\r: :error::x");
        assert_eq!(passed(&["see ##[add-mask]x\n"], Written::Text), "see # #[add-mask]x\n");
        assert_eq!(passed(&["a", "\n:", ":", "e::"], Written::Text), "a\n: :e::");
        assert_eq!(passed(&["std::io and a::b\n"], Written::Text), "std::io and a::b\n");
        assert_eq!(passed(&["###[x]\n"], Written::Text), "## #[x]\n");
    }

    #[test]
    fn json_says_the_same_in_other_letters() {
        let text = passed(&["{\"a\": \"##[error]\"}\n"], Written::Quoted);
        assert!(!text.contains("##["), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["a"], "##[error]");
    }

    #[test]
    fn properties_and_texts_of_commands_are_escaped() {
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
        assert_eq!(data("50% of\r\n::error::"), "50%25 of%0D%0A::error::");
    }

    #[test]
    fn a_cell_means_nothing() {
        assert_eq!(cell("a|b<img>`x`"), "a&#124;b&#60;img&#62;&#96;x&#96;");
        assert_eq!(cell("[l](http://x)\n"), "&#91;l&#93;&#40;http&#58;//x&#41;&#92;n");
    }
}
