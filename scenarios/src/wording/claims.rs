//! Claims as sentences, and the parts that texts of failures are made of.

use super::Clause;
use super::{
    code_words, condition_never, condition_says, condition_while, line_words, listed, pattern_clause,
    sentence, value_words, values::compared,
};
use crate::{
    Claim, LogLines, Measure, Moments, Occurrences, Pattern, ProgramEnding, Quantity, ScriptEnding, Timing,
};

/// A claim as a sentence, without a full stop.
pub fn claim_says(claim: &Claim) -> String {
    match claim {
        Claim::Installed { client, attempt: None } => format!("The client on {client} gets installed"),
        Claim::Installed { client, attempt: Some(n) } => {
            format!("Attempt {n} installs the client on {client}")
        }
        Claim::AttemptFailed { client, attempt, code } => {
            format!("Attempt {attempt} to install {client} fails{}", with(*code))
        }
        Claim::InstallFailed { client, code } => {
            format!("The install of {client} fails for good{}", with(*code))
        }
        Claim::Script { script, ended } => match ended {
            ScriptEnding::Code(0) => format!("The script \"{script}\" succeeds"),
            ScriptEnding::Code(code) => format!("The script \"{script}\" ends with {}", code_words(*code)),
            ScriptEnding::StillWaiting => format!("The script \"{script}\" still waits at the end"),
            ScriptEnding::NeverStarted => format!("The script \"{script}\" never starts"),
        },
        Claim::Program { ended } => match ended {
            ProgramEnding::Code(0) => "The program succeeds".to_owned(),
            ProgramEnding::Code(code) => format!("The program ends with exit code {code}"),
            ProgramEnding::TimedOut => "The program is ended because its time is over".to_owned(),
            ProgramEnding::Killed => "A signal ends the program".to_owned(),
        },
        Claim::Event { event, count, timing } => sentence(&event_says(event, *count, timing)),
        Claim::Log { host, file, lines } => match lines {
            LogLines::InOrder(lines) if lines.len() == 1 => {
                format!("{file} of {host} shows {}", quoted(lines))
            }
            LogLines::InOrder(lines) => format!("{file} of {host} shows, in this order, {}", quoted(lines)),
            LogLines::NoneOf(lines) => {
                format!("{file} of {host} never shows {}", listed(&words(lines), "or"))
            }
            LogLines::Count { line, count } => match count {
                Occurrences::Never => format!("{file} of {host} never shows {}", line_words(line)),
                Occurrences::Some => format!("{file} of {host} shows {}", line_words(line)),
                count => format!("{file} of {host} shows {} {}", line_words(line), often(*count)),
            },
        },
        Claim::State { condition, when } => match when {
            Moments::Never => sentence(&condition_never(condition)),
            Moments::NeverWhile(other) => {
                sentence(&format!("{} {}", condition_never(condition), condition_while(other)))
            }
            when => format!("{}, {}", sentence(&moments_say(when)), condition_says(condition)),
        },
        Claim::OfMany { claims, hold } => {
            if let Some(told) = installs_say(claims, *hold) {
                return told;
            }
            let told: Vec<String> = claims.iter().map(claim_says).collect();
            let what = match (told.len(), hold) {
                (1, Quantity::None) => return format!("It is not so that {}", lower(&told[0])),
                (1, Quantity::All | Quantity::Exactly(1)) => return told[0].clone(),
                (n, Quantity::Exactly(wanted)) => format!("Exactly {wanted} of these {n} are true"),
                (n, Quantity::AtLeast(wanted)) => format!("At least {wanted} of these {n} are true"),
                (n, Quantity::AtMost(wanted)) => format!("At most {wanted} of these {n} are true"),
                (_, Quantity::All) => "All of these are true".to_owned(),
                (_, Quantity::None) => "None of these is true".to_owned(),
            };
            format!("{what}: {}", told.join("; "))
        }
        Claim::Measure { measure, is } => sentence(&measure_clause(measure, is).says()),
    }
}

/// The same install on several clients, so many of which succeed.
fn installs_say(claims: &[Claim], hold: Quantity) -> Option<String> {
    let mut clients = Vec::new();
    let mut attempts = Vec::new();
    for claim in claims {
        let Claim::Installed { client, attempt } = claim else { return None };
        clients.push(client.as_str());
        attempts.push(*attempt);
    }
    let attempt = *attempts.first()?;
    if attempts.iter().any(|other| *other != attempt) {
        return None;
    }
    let who =
        attempt.map_or("The install succeeds".to_owned(), |n| format!("Attempt {n} installs the client"));
    let names = listed(&clients, "and");
    let n = clients.len();
    let how_many = match hold {
        Quantity::All => return Some(format!("{who} on {names}")),
        Quantity::Exactly(wanted) if wanted as usize == n => return Some(format!("{who} on {names}")),
        Quantity::None | Quantity::Exactly(0) => {
            let who = attempt.map_or("The install does not succeed".to_owned(), |n| {
                format!("Attempt {n} does not install the client")
            });
            return Some(format!("{who} on {}", listed(&clients, "or")));
        }
        Quantity::Exactly(wanted) => format!("exactly {wanted}"),
        Quantity::AtLeast(wanted) => format!("at least {wanted}"),
        Quantity::AtMost(wanted) => format!("at most {wanted}"),
    };
    Some(format!("{who} on {how_many} of these {n}: {names}"))
}

/// An expected event as a fact: `SMS#_BDC1 is deleted at PDC1, exactly 15m after the boot loader of BDC1 stops`.
pub fn event_says(event: &Pattern, count: Occurrences, timing: &[Timing]) -> String {
    let clause = pattern_clause(event);
    let when = timings_say(timing);
    match count {
        Occurrences::Some => join(clause.says(), &when),
        Occurrences::Never => join(clause.never(), &when),
        Occurrences::Nth(n) if when.is_empty() => format!("at least {}, {}", times(n), clause.says()),
        Occurrences::Nth(1) => format!("the first time that {} is {when}", clause.says()),
        Occurrences::Nth(n) => format!("the {} time that {} is {when}", nth(n), clause.says()),
        count => match clause.predicates.len() {
            1 => join(format!("{} {}", clause.says(), often(count)), &when),
            _ => join(format!("it happens {} that {}", often(count), clause.says()), &when),
        },
    }
}

/// An expected event as a demand, of one that happens too seldom, too often or at the wrong time.
pub fn event_should(event: &Pattern, count: Occurrences, timing: &[Timing]) -> String {
    let clause = pattern_clause(event);
    let when = timings_say(timing);
    match count {
        Occurrences::Some => join(clause.should(), &when),
        Occurrences::Never => join(clause.should_never(), &when),
        Occurrences::Nth(n) if when.is_empty() => {
            format!("it should happen at least {} that {}", times(n), clause.says())
        }
        Occurrences::Nth(n) => format!("the {} time that {} should be {when}", nth(n), clause.says()),
        count => match clause.predicates.len() {
            1 => join(format!("{} {}", clause.should(), often(count)), &when),
            _ => join(format!("it should happen {} that {}", often(count), clause.says()), &when),
        },
    }
}

/// All timings of a claim, in a row; empty when there is none.
pub fn timings_say(timing: &[Timing]) -> String {
    let told: Vec<String> = timing.iter().map(timing_says).collect();
    listed(&told, "and")
}

/// When: `exactly 15m after the boot loader of BDC1 stops`.
pub fn timing_says(timing: &Timing) -> String {
    match timing {
        Timing::After { event, exactly, within, at_least } => {
            let spans = [("exactly", exactly), ("at least", at_least), ("at most", within)];
            let told: Vec<String> =
                spans.iter().filter_map(|(word, span)| span.map(|span| format!("{word} {span}"))).collect();
            let told = listed(&told, "and");
            let blank = if told.is_empty() { "" } else { " " };
            format!("{told}{blank}after {}", pattern_clause(event).says())
        }
        Timing::Before { event } => format!("before {}", pattern_clause(event).says()),
        Timing::At(at) => format!("at {at}"),
        Timing::From(at) => format!("not before {at}"),
        Timing::Until(at) => format!("not after {at}"),
    }
}

/// When a state holds, as the start of a sentence; of `Never` and `NeverWhile` the time in which it must not.
pub fn moments_say(moments: &Moments) -> String {
    match moments {
        Moments::End => "at the end".to_owned(),
        Moments::At(at) => format!("at {at}"),
        Moments::JustBefore(event) => format!("just before {}", pattern_clause(event).says()),
        Moments::JustAfter(event) => format!("just after {}", pattern_clause(event).says()),
        Moments::Throughout { from: None, to: None } => "all the time".to_owned(),
        Moments::Throughout { from: Some(from), to: None } => format!("from {from} on"),
        Moments::Throughout { from: None, to: Some(to) } => format!("until {to}"),
        Moments::Throughout { from: Some(from), to: Some(to) } => format!("from {from} to {to}"),
        Moments::Never => "at no moment".to_owned(),
        Moments::Once => "at some moment".to_owned(),
        Moments::NeverWhile(other) => format!("at no moment {}", condition_while(other)),
    }
}

/// A number over the run, compared.
pub fn measure_clause(measure: &Measure, is: &crate::Comparison) -> Clause {
    compared(Clause::is(measure_words(measure), ""), is, value_words)
}

/// What is counted: `the number of changes that BDC1 received`.
pub fn measure_words(measure: &Measure) -> String {
    match measure {
        Measure::Attempts { client } => format!("the number of attempts to install {client}"),
        Measure::Deltas { at: Some(at) } => format!("the number of changes that {at} received"),
        Measure::Deltas { at: None } => "the number of changes that all controllers received".to_owned(),
        Measure::Bytes { at, busy } => {
            let who = at.as_ref().map_or("all controllers".to_owned(), |at| at.to_string());
            let when = if *busy { " in busy hours" } else { "" };
            format!("the number of bytes that {who} received{when}")
        }
        Measure::Commits => "the number of changes committed in the domain".to_owned(),
        Measure::Events { event } => format!("the number of times that {}", pattern_clause(event).says()),
    }
}

/// How many of several: `at least 2`.
pub fn quantity_words(quantity: Quantity) -> String {
    match quantity {
        Quantity::All => "all".to_owned(),
        Quantity::None => "none".to_owned(),
        Quantity::Exactly(n) => format!("exactly {n}"),
        Quantity::AtLeast(n) => format!("at least {n}"),
        Quantity::AtMost(n) => format!("at most {n}"),
    }
}

/// How often: `once`, `at least 3 times`.
pub fn often(count: Occurrences) -> String {
    match count {
        Occurrences::Some => "at least once".to_owned(),
        Occurrences::Never => "never".to_owned(),
        Occurrences::Exactly(n) => format!("exactly {}", times(n)),
        Occurrences::AtLeast(n) | Occurrences::Nth(n) => format!("at least {}", times(n)),
        Occurrences::AtMost(n) => format!("at most {}", times(n)),
    }
}

/// `once`, `twice`, `3 times`.
pub fn times(n: u32) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

/// `first`, `second`, `21st`.
pub fn nth(n: u32) -> String {
    let end = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    match n {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        n => format!("{n}{end}"),
    }
}

fn join(said: String, times: &str) -> String {
    match times {
        "" => said,
        times if ["at ", "after ", "before "].iter().any(|word| times.starts_with(word)) => {
            format!("{said} {times}")
        }
        times => format!("{said}, {times}"),
    }
}

fn with(code: Option<u32>) -> String {
    code.map_or_else(String::new, |code| format!(" with {}", code_words(code)))
}

fn words(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| line_words(line)).collect()
}

fn quoted(lines: &[String]) -> String {
    listed(&words(lines), "and")
}

fn lower(text: &str) -> String {
    for word in ["The ", "Attempt ", "At ", "It ", "A ", "An "] {
        if text.starts_with(word) {
            return format!("{}{}", text[..1].to_lowercase(), &text[1..]);
        }
    }
    text.to_owned()
}
