//! Where a table of a document begins and ends.

use std::ops::RangeInclusive;

use toml::de::{DeTable, DeValue};

use super::Node;

/// The lines, from 1, of the table that begins on this line: of an `[[expect]]` for example, from its header to the end
/// of its last value. `None` when no table begins there.
pub fn table_lines(text: &str, line: u32) -> Option<RangeInclusive<u32>> {
    let (document, _) = DeTable::parse_recoverable(text);
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line_of = |at: usize| u32::try_from(starts.partition_point(|start| *start <= at)).unwrap_or(u32::MAX);
    let mut nodes: Vec<&Node<'_>> = document.get_ref().values().collect();
    while let Some(node) = nodes.pop() {
        if matches!(node.get_ref(), DeValue::Table(_)) && line_of(node.span().start) == line {
            return Some(line..=line_of(end(node).saturating_sub(1)).max(line));
        }
        nodes.extend(inside(node));
    }
    None
}

/// Where the last value of a node ends.
fn end(node: &Node<'_>) -> usize {
    inside(node).into_iter().map(end).chain([node.span().end]).max().unwrap_or_default()
}

fn inside<'n, 'i>(node: &'n Node<'i>) -> Vec<&'n Node<'i>> {
    match node.get_ref() {
        DeValue::Table(table) => table.values().collect(),
        DeValue::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lasts_from_its_header_to_its_last_value() {
        let text = "format = 1\n\n[[expect]]\nlog = { in-order = [\n  \"a\",\n] }\n\n# the next\n[[expect]]\nis = 2\n";
        assert_eq!(table_lines(text, 3), Some(3..=6));
        assert_eq!(table_lines(text, 9), Some(9..=10));
        assert_eq!(table_lines(text, 1), None);
        assert_eq!(table_lines(&text.replace('\n', "\r\n"), 9), Some(9..=10));
        assert_eq!(table_lines("[[a]]\nx = \"ä\"\n", 1), Some(1..=2));
        assert_eq!(table_lines("no toml", 1), None);
    }
}
