//! Text from scenarios and runs on its way into formats that other programs read.

use super::summary::{RunResult, Summary};

/// Events that a reason shows at most.
const MOST: usize = 25;

/// The text with everything in it that a reader cannot see, or that turns the direction of what follows, written as
/// an escape: `\u{1b}`. Line ends and tabs stay; letters of every script stay.
pub fn visible(text: &str) -> String {
    mockdc_scenarios::visible(text).into_owned()
}

/// [`visible`], and on one line.
pub fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// Why a scenario did not pass, without colours: each reason with its place, the events that show it, and last the
/// command that repeats the run. Empty for one that passed.
pub fn reasons(summary: &Summary) -> String {
    if matches!(summary.result, RunResult::Pass | RunResult::Skipped) {
        return String::new();
    }
    let mut lines = Vec::new();
    for reason in &summary.reasons {
        let place = match reason.line {
            Some(line) => format!("{}:{line}", summary.file),
            None => summary.file.clone(),
        };
        lines.push(format!("{place}: {}", reason.text));
        if let Some(because) = &reason.because {
            lines.push(format!("  because {because}"));
        }
        for evidence in reason.evidence.iter().take(MOST) {
            let actor =
                if evidence.actor.is_empty() { String::new() } else { format!("  {}", evidence.actor) };
            lines.push(format!("    {}  {}{actor}  {}", evidence.at, evidence.host, evidence.what));
        }
        if let Some(more @ 1..) = reason.evidence.len().checked_sub(MOST) {
            lines.push(format!("    … and {more} more events"));
        }
    }
    let mut broken: Vec<&str> = summary.breaks_as_stated.iter().map(|broken| broken.name.as_str()).collect();
    broken.dedup();
    if !broken.is_empty() {
        lines.push(format!("breaks as stated: {}", broken.join(", ")));
    }
    lines.push(summary.rerun.clone());
    visible(&lines.join("\n"))
}

/// One line: the first reason, and how many others there are.
pub fn headline(summary: &Summary) -> String {
    let Some(first) = summary.reasons.first() else { return summary.result.word().to_owned() };
    let more = match summary.reasons.len() - 1 {
        0 => String::new(),
        1 => " (and 1 more reason)".to_owned(),
        more => format!(" (and {more} more reasons)"),
    };
    visible_line(&format!("{}{more}", first.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown_and_letters_stay() {
        assert_eq!(visible("a\x1b[31mb\0\u{202e}c\r\n\td"), "a\\u{1b}[31mb\\u{0}\\u{202e}c\\r\n\td");
        assert_eq!(visible_line("שלום 🎉 ]]>\n"), "שלום 🎉 ]]>\\n");
        assert_eq!(visible("\u{ffff}\u{85}\u{9b}"), "\\u{ffff}\\u{85}\\u{9b}");
    }
}
