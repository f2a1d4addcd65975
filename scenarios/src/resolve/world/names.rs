//! Names of hosts and accounts, and the tables that stand for several.

use std::ops::Range;

use crate::diagnostic::is_unseen;
use crate::read::{Located, Node, Word};
use crate::resolve::context::Context;
use crate::{Code, Problem};

/// More copies of one table are a slip of the keyboard.
const MOST_COPIES: u32 = 100_000;

/// The names that a table with `name`, `names` or a pattern with `count` stands for.
pub(in crate::resolve) fn names_of(
    context: &mut Context<'_>,
    what: &str,
    name: Option<&Word>,
    names: Option<&[Word]>,
    count: Option<&Located<u32>>,
    node: &Node<'_>,
    most: usize,
) -> Vec<Word> {
    let all = match (name, names) {
        (Some(_), Some(names)) => {
            let place = names.first().map_or(node.span(), |word| word.span.clone());
            context.report(
                Problem::new(Code::KeysDisagree, "`name` and `names` stand together")
                    .at(place, "one of them")
                    .help("keep one"),
            );
            return Vec::new();
        }
        (None, None) => {
            context.report(
                Problem::new(Code::MissingKey, "`name` is missing")
                    .at(node.span(), "this table needs `name`")
                    .help("add `name = …`"),
            );
            return Vec::new();
        }
        (None, Some(names)) => names.to_vec(),
        (Some(name), None) => copies(context, name, count),
    };
    for word in &all {
        check_length(context, what, word, most);
    }
    all
}

fn copies(context: &mut Context<'_>, name: &Word, count: Option<&Located<u32>>) -> Vec<Word> {
    let pattern = name.value.split_once("{n").and_then(|(before, rest)| {
        let (width, after) = rest.split_once('}')?;
        let width = match width.strip_prefix(":0") {
            Some(digits) => digits.parse::<usize>().ok().filter(|width| *width <= 9)?,
            None if width.is_empty() => 0,
            None => return None,
        };
        Some((before, width, after))
    });
    let problem = |place: Range<usize>, message: &str| {
        Problem::new(Code::BadPattern, message)
            .at(place, "here")
            .help("write `name = \"BDC{n:02}\"` and `count = 20`")
    };
    match (pattern, count) {
        (None, None) => vec![name.clone()],
        (Some((before, width, after)), Some(count)) if (1..=MOST_COPIES).contains(&count.value) => (1
            ..=count.value)
            .map(|n| Located { value: format!("{before}{n:0width$}{after}"), span: name.span.clone() })
            .collect(),
        (Some(_), Some(count)) => {
            context.report(problem(count.span.clone(), "`count` is from 1 to 100000"));
            Vec::new()
        }
        (None, Some(count)) => {
            context.report(
                problem(count.span.clone(), "`count` without `{n}` in the name")
                    .at(name.span.clone(), "this name"),
            );
            Vec::new()
        }
        (Some(_), None) => {
            context.report(problem(name.span.clone(), "`{n}` in the name without `count`"));
            Vec::new()
        }
    }
}

pub(super) fn check_length(context: &mut Context<'_>, what: &str, name: &Word, most: usize) {
    let bad = |c: char| is_unseen(c) || "\\/:*?\"<>|,;= {}".contains(c);
    let allowed_in_accounts = |c: char| c == ' ';
    let count = name.value.chars().count();
    if count > most {
        context.report(
            Problem::new(Code::NameTooLong, format!("`{}` has {count} characters", name.value))
                .at(name.span.clone(), format!("at most {most}"))
                .help(format!("the name of a {what} has at most {most} characters")),
        );
    } else if name.value.is_empty()
        || name.value.contains(|c| bad(c) && !(what == "user" && allowed_in_accounts(c)))
    {
        context.report(
            Problem::new(Code::BadName, format!("`{}` is no name of a {what}", name.value.escape_debug()))
                .at(name.span.clone(), "not possible")
                .help("no blanks, no signs that cannot be seen, and none of \\ / : * ? \" < > | , ; = { }"),
        );
    }
}
