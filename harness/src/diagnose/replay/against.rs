//! Two logs side by side: a run's, and a customer's.

use std::io::{self, Write};

use mockdc_scenarios::visible;

use super::trace::{Item, align, trace};
use crate::diagnose::history::History;
use crate::diagnose::report::{Names, instant, length};
use crate::diagnose::rules::Diagnosis;

/// Columns of a side.
const SIDE: usize = 62;

/// Writes both traces side by side. Answers whether they have the same events in the same order.
pub fn against(
    out: &mut dyn Write,
    (run, of_run): (&History, &Diagnosis<'_>),
    (customer, of_customer): (&History, &Diagnosis<'_>),
    names: &Names,
) -> io::Result<bool> {
    let (left, right) = (trace(run, of_run), trace(customer, of_customer));
    let pairs = align(&left, &right);
    writeln!(out, "  {:SIDE$}  | the customer's logs", "this run")?;
    let mut first = None;
    for (number, (one, other)) in pairs.iter().enumerate() {
        let one_text = one.map_or_else(String::new, |at| told(run, &left[at], &Names::kept()));
        let other_text = other.map_or_else(String::new, |at| told(customer, &right[at], names));
        let same = one.is_some() && other.is_some();
        if !same && first.is_none() {
            first = Some(number);
        }
        let mark = match (same, one.is_some()) {
            (true, _) => ' ',
            (false, true) => '<',
            (false, false) => '>',
        };
        writeln!(out, "{mark} {}  | {}", fitted(&one_text), other_text)?;
    }
    match first.map(|first| pairs[first]) {
        None => writeln!(out, "the same events in the same order: {}", pairs.len())?,
        Some((Some(at), _)) => {
            writeln!(
                out,
                "first difference: only this run has `{}`",
                visible(&run.events[left[at].event].message)
            )?;
        }
        Some((None, at)) => {
            let message = at.map_or("", |at| customer.events[right[at].event].message.as_str());
            writeln!(
                out,
                "first difference: only the customer's logs have `{}`",
                visible(&names.hide(message))
            )?;
        }
    }
    Ok(first.is_none())
}

fn told(history: &History, item: &Item, names: &Names) -> String {
    let event = &history.events[item.event];
    let clock = event.at.map_or_else(|| "-".to_owned(), instant);
    let clock = clock.split_once(' ').map_or(clock.as_str(), |(_, clock)| clock);
    let lasted = match item.lasted {
        0 => String::new(),
        lasted => format!(" for {}", length(lasted)),
    };
    format!("{clock} {}{lasted}", visible(&names.hide(&event.message)))
}

/// A text in as many columns as a side has.
fn fitted(text: &str) -> String {
    match text.chars().count() > SIDE {
        true => text.chars().take(SIDE - 1).chain(['…']).collect(),
        false => format!("{text:SIDE$}"),
    }
}
