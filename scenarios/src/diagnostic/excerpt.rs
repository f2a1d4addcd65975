//! The lines of a file that a problem shows: where lines begin, and how long ones are cut.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::{Problem, visible};

/// Longer lines are cut around the places that matter, in bytes.
const LONGEST_LINE: usize = 200;

/// How much of a long line stands before and after such a place.
const AROUND: (usize, usize) = (40, 100);

/// What stands for the parts that are left out.
const GAP: &str = "…";

/// Lines beside those of a place; two are shown at most.
const BESIDE: usize = 2;

/// A place of more lines is shown by its first one.
const MOST_LINES: usize = 20;

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn new(text: &str) -> Lines {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines(std::iter::once(0).chain(after).collect())
    }

    /// The line of a byte, from 0.
    fn index(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The line of a byte, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.index(offset) + 1
    }

    /// Line and column of a byte, both from 1.
    pub(crate) fn place(&self, text: &str, offset: usize) -> (usize, usize) {
        let offset = offset.min(text.len());
        let line = self.index(offset);
        let before = String::from_utf8_lossy(&text.as_bytes()[self.0[line]..offset]).chars().count();
        (line + 1, before + 1)
    }

    /// The bytes of a line with its end.
    fn bytes(&self, text: &str, line: usize) -> Range<usize> {
        self.0[line]..self.0.get(line + 1).copied().unwrap_or(text.len())
    }
}

/// The part of a file that one problem shows, with the problem's places in it.
#[derive(Debug)]
pub(super) struct Excerpt {
    file: String,
    text: String,
    /// The line with which it begins, from 0.
    first_line: usize,
    /// The problem's places, as bytes of the excerpt.
    pub(super) labels: Vec<Range<usize>>,
    /// The column of the first place in the file, from 0.
    column: usize,
}

impl Excerpt {
    pub(super) fn new(file: &str, text: &str, lines: &Lines, problem: &Problem) -> Excerpt {
        let mut excerpt = Excerpt {
            file: visible(file).into_owned(),
            text: String::new(),
            first_line: 0,
            labels: Vec::new(),
            column: 0,
        };
        let places: Vec<Range<usize>> =
            problem.labels.iter().map(|(span, _)| shown(text, lines, span)).collect();
        let Some(primary) = places.first() else { return excerpt };
        excerpt.column = lines.place(text, primary.start).1 - 1;
        let all = || places.iter().flat_map(|place| [lines.index(place.start), lines.index(place.end)]);
        let first = all().min().unwrap_or(0).saturating_sub(BESIDE);
        let last = (all().max().unwrap_or(0) + BESIDE).min(lines.0.len() - 1);
        excerpt.first_line = first;
        excerpt.labels = vec![0..0; places.len()];
        for line in first..=last {
            excerpt.add(text, lines.bytes(text, line), &places);
        }
        excerpt
    }

    /// Adds a line, without what is far from every place in it when it is long.
    fn add(&mut self, text: &str, line: Range<usize>, places: &[Range<usize>]) {
        let length = text[line.clone()].trim_end_matches(['\n', '\r']).len();
        let content = line.start..line.start + length;
        let mut shown_to = content.start;
        for piece in pieces(text, &content, places) {
            if piece.start > shown_to {
                self.text.push_str(GAP);
            }
            let begin = self.text.len();
            // What is shown is longer than the text where that holds what cannot be seen.
            let within = |offset: usize| {
                begin + visible(&text[piece.start..offset.clamp(piece.start, piece.end)]).len()
            };
            for (place, label) in places.iter().zip(&mut self.labels) {
                if (piece.start..=piece.end).contains(&place.start) {
                    *label = within(place.start)..within(place.end);
                } else if place.start < piece.start && place.end >= piece.start {
                    label.end = within(place.end);
                }
            }
            self.text.push_str(&visible(&text[piece.clone()]));
            shown_to = piece.end;
        }
        if shown_to < content.end {
            self.text.push_str(GAP);
        }
        self.text.push_str(&text[content.end..line.end]);
    }
}

/// A place inside the text, on boundaries of characters, of not too many lines.
fn shown(text: &str, lines: &Lines, span: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    let end = text.floor_char_boundary(span.end).max(start);
    if lines.index(end) - lines.index(start) <= MOST_LINES {
        return start..end;
    }
    let line = lines.bytes(text, lines.index(start));
    start..line.start + text[line.clone()].trim_end().len().max(start - line.start)
}

/// The parts of a line that are shown.
fn pieces(text: &str, line: &Range<usize>, places: &[Range<usize>]) -> Vec<Range<usize>> {
    if line.len() <= LONGEST_LINE {
        return vec![line.clone()];
    }
    let mut starts: Vec<usize> = places
        .iter()
        .map(|place| place.start)
        .filter(|start| (line.start..=line.end).contains(start))
        .collect();
    if starts.is_empty() {
        starts.push(line.start);
    }
    starts.sort_unstable();
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for start in starts {
        let from = text.floor_char_boundary(start.saturating_sub(AROUND.0).max(line.start));
        let to = text.floor_char_boundary((start + AROUND.1).min(line.end));
        match pieces.last_mut() {
            Some(last) if from <= last.end => last.end = last.end.max(to),
            _ => pieces.push(from..to),
        }
    }
    pieces
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.text.read_span(span, before, after)?;
        // The heading asks for the first place alone; its column is that of the file.
        let heading = before == 0
            && after == 0
            && self.labels.first().is_some_and(|label| label.start == span.offset());
        let column = if heading { self.column } else { found.column() };
        let line = found.line() + self.first_line;
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.clone(),
            found.data(),
            *found.span(),
            line,
            column,
            found.line_count(),
        )))
    }
}
