//! Expectations, rules and violations.

use std::ops::Range;

use mockdc_mocks::{Name, SimTime};

use super::conditions::{Kind, check_names, check_script_at, comparison, condition};
use super::context::Context;
use super::world::empty_window;
use super::{one_of, unusable};
use crate::diagnostic::did_you_mean;
use crate::read::{
    ConstantOr, Hosts, Located, Node, RawComparison, RawExpect, RawIs, RawLog, Scalar, Short, entry, items,
    read,
};
use crate::{
    Broken, Claim, Code, Expectation, LogLines, Measure, Moments, Occurrences, Problem, ProgramEnding,
    PromiseId, Quantity, Rule, ScriptEnding, Timing, Violation,
};

/// Verbs, of which a table has exactly one.
pub(crate) const CLAIMS: &[&str] = &[
    "installed",
    "attempt-failed",
    "install-failed",
    "script",
    "program",
    "event",
    "log",
    "state",
    "measure",
    "violates",
    "of-many",
];

/// An `[[expect]]`: an expectation, or promises that break.
pub(super) fn expectation(
    context: &mut Context<'_>,
    node: &Node<'_>,
    expects: &mut Vec<Expectation>,
    violates: &mut Vec<Violation>,
) {
    let line = context.line(node);
    let mut claims = Vec::new();
    let (mut because, mut hold) = (None, None);
    for node in context.repeated(node) {
        let Some(raw) = read::<RawExpect>(&node, &mut context.problems) else { continue };
        if !one_of(context, &node, CLAIMS, "expectation") {
            continue;
        }
        if let Some(broken) = &raw.violates {
            for word in broken {
                if let Some(broken) = self::broken(context, &word.value, word.span.clone()) {
                    violates.push(Violation { line, broken, because: raw.because.clone() });
                }
            }
            continue;
        }
        because = raw.because.clone();
        hold = raw.hold;
        claims.extend(claims_of(context, raw, &node));
    }
    if let Some(claim) = joined(claims, hold) {
        expects.push(Expectation { line, because, claim });
    }
}

/// A `[[rule]]`.
pub(super) fn rule(context: &mut Context<'_>, node: &Node<'_>) -> Option<Rule> {
    let line = context.line(node);
    let mut claims = Vec::new();
    let (mut name, mut hold) = (None, None);
    for node in context.repeated(node) {
        let raw = read::<RawExpect>(&node, &mut context.problems)?;
        if !one_of(context, &node, CLAIMS, "rule") {
            return None;
        }
        if let Some(word) = &raw.name {
            name = Some(Name::from(word.value.as_str()));
        }
        hold = raw.hold;
        claims.extend(claims_of(context, raw, &node));
    }
    let Some(name) = name else {
        context.report(
            Problem::new(Code::MissingKey, "`name` is missing")
                .at(node.span(), "a rule needs a name")
                .help("add `name = …`"),
        );
        return None;
    };
    Some(Rule { name, line, claim: joined(claims, hold)? })
}

/// The names of rules, so that `violates` can speak of them.
pub(super) fn declare_rules(context: &mut Context<'_>, nodes: &[Node<'_>]) {
    for node in nodes {
        let Some(name) = entry(node, "name") else { continue };
        let Some(text) = name.get_ref().as_str() else { continue };
        match context.rules.get(&text.into()).cloned() {
            Some(first) => context.duplicate("rules", text, name.span(), first),
            None => {
                context.rules.insert(text.into(), name.span());
            }
        }
    }
}

fn joined(mut claims: Vec<Claim>, hold: Option<Quantity>) -> Option<Claim> {
    match (claims.len(), hold) {
        (0, _) => None,
        (1, None) => claims.pop(),
        (_, hold) => Some(Claim::OfMany { claims, hold: hold.unwrap_or(Quantity::All) }),
    }
}

fn broken(context: &mut Context<'_>, text: &str, span: Range<usize>) -> Option<Broken> {
    if let Ok(promise) = text.parse::<PromiseId>() {
        return Some(Broken::Promise(promise));
    }
    if context.rules.contains_key(&text.into()) {
        return Some(Broken::Rule(text.into()));
    }
    let mut names: Vec<String> = context.rules.keys().map(ToString::to_string).collect();
    names.extend(PromiseId::ALL.iter().map(|promise| promise.as_str().to_owned()));
    let problem = Problem::new(Code::UnknownPromise, format!("`{text}` is neither a promise nor a rule"))
        .at(span, "unknown")
        .maybe_help(did_you_mean(text, names.iter().map(String::as_str)));
    context.report(problem);
    None
}

fn claims_of(context: &mut Context<'_>, mut raw: RawExpect, node: &Node<'_>) -> Vec<Claim> {
    for key in ["event", "after", "before", "just-before", "just-after", "never-while", "state", "measure"] {
        if let Some(inner) = entry(node, key) {
            check_names(context, inner, None);
        }
    }
    if let Some(raw) = raw.installed {
        let (hosts, attempt) = match raw {
            Short::Words(words) => (Hosts(words), None),
            Short::Table(table) => (table.client, table.attempt),
        };
        let clients = context.each_client(&hosts);
        return clients
            .into_iter()
            .map(|client| Claim::Installed { client: client.value, attempt })
            .collect();
    }
    if let Some(raw) = raw.attempt_failed {
        let attempt = raw.attempt.as_ref().map_or(1, |attempt| attempt.value);
        if attempt == 0 {
            let place = raw.attempt.map_or(node.span(), |attempt| attempt.span);
            context.report(
                Problem::new(Code::OutOfRange, "attempts count from 1")
                    .at(place, "from 1")
                    .help("write `attempt = 1`"),
            );
        }
        let clients = context.each_client(&raw.client);
        return clients
            .into_iter()
            .map(|client| Claim::AttemptFailed { client: client.value, attempt, code: raw.code })
            .collect();
    }
    if let Some(raw) = raw.install_failed {
        let (hosts, code) = match raw {
            Short::Words(words) => (Hosts(words), None),
            Short::Table(table) => (table.client, table.code),
        };
        let clients = context.each_client(&hosts);
        return clients
            .into_iter()
            .map(|client| Claim::InstallFailed { client: client.value, code })
            .collect();
    }
    if let Some(raw) = raw.script {
        check_script_at(context, &raw.name.value, raw.name.span.clone());
        let ended = match &raw.ended.value {
            Scalar::Number(code) => u32::try_from(*code).ok().map(ScriptEnding::Code),
            Scalar::Text(text) if text == "still-waiting" => Some(ScriptEnding::StillWaiting),
            Scalar::Text(text) if text == "never-started" => Some(ScriptEnding::NeverStarted),
            _ => None,
        };
        let Some(ended) = ended else {
            context.report(
                Problem::new(Code::UnknownWord, "a script ends with a code, or not at all")
                    .at(raw.ended.span, "neither")
                    .help("a code, `\"still-waiting\"` or `\"never-started\"`"),
            );
            return Vec::new();
        };
        return vec![Claim::Script { script: raw.name.value.as_str().into(), ended }];
    }
    if let Some(raw) = raw.program {
        return program_ended(context, raw, node);
    }
    if let Some(log) = raw.log {
        return logs(context, log);
    }
    if let Some(measure) = raw.measure {
        return measured(context, measure, raw.is, node);
    }
    if let Some(of_many) = raw.of_many {
        let nodes =
            entry(node, "of-many").and_then(|inner| entry(inner, "claims")).map(items).unwrap_or_default();
        let mut claims = Vec::new();
        for (raw, node) in of_many.value.claims.into_iter().zip(nodes) {
            if one_of(context, node, CLAIMS, "claim") {
                let hold = raw.hold;
                claims.extend(joined(claims_of(context, raw, node), hold));
            }
        }
        if claims.is_empty() {
            context.report(empty_claim(of_many.span));
        }
        return vec![Claim::OfMany { claims, hold: of_many.value.hold }];
    }
    if let Some(state) = raw.state.take() {
        return stated(context, state, raw, node);
    }
    events(context, raw, node)
}

/// A claim about the user's own program.
fn program_ended(
    context: &mut Context<'_>,
    raw: crate::read::RawProgramEnded,
    node: &Node<'_>,
) -> Vec<Claim> {
    if !context.has_program {
        let place = entry(node, "program").map_or(node.span(), |program| program.span());
        context.report(
            Problem::new(Code::NoProgram, "the file has no `[program]`")
                .at(place, "of which program?")
                .help("add a table `[program]`; `mockdc exec` runs it"),
        );
        return Vec::new();
    }
    let ended = match &raw.ended.value {
        Scalar::Number(code) => u32::try_from(*code).ok().map(ProgramEnding::Code),
        Scalar::Text(text) if text == "timed-out" => Some(ProgramEnding::TimedOut),
        Scalar::Text(text) if text == "killed" => Some(ProgramEnding::Killed),
        _ => None,
    };
    if ended.is_none() {
        context.report(
            Problem::new(Code::UnknownWord, "a program ends with a code, or is ended")
                .at(raw.ended.span, "neither")
                .help("an exit code, `\"timed-out\"` or `\"killed\"`"),
        );
    }
    ended.map(|ended| Claim::Program { ended }).into_iter().collect()
}

fn empty_claim(place: Range<usize>) -> Problem {
    Problem::new(Code::EmptyClaim, "this holds whatever happens")
        .at(place, "nothing is claimed")
        .help("fill the list, or leave the expectation out")
}

fn disagree(place: Range<usize>, message: &str, help: &str) -> Problem {
    Problem::new(Code::KeysDisagree, message).at(place, "here").help(help)
}

fn logs(context: &mut Context<'_>, log: Located<RawLog>) -> Vec<Claim> {
    let place = log.span.clone();
    let raw = log.value;
    let stated = usize::from(raw.in_order.is_some())
        + usize::from(raw.none_of.is_some())
        + usize::from(raw.line.is_some());
    if stated != 1 {
        let code = if stated == 0 { Code::NoVerb } else { Code::SeveralVerbs };
        context.report(
            Problem::new(code, "what of the log?")
                .at(place, "exactly one of three")
                .help("`in-order = [ … ]`, `none-of = [ … ]` or `line = …`"),
        );
        return Vec::new();
    }
    let lines = match (raw.in_order, raw.none_of, raw.line) {
        (Some(lines), ..) => LogLines::InOrder(lines),
        (_, Some(lines), _) => LogLines::NoneOf(lines),
        (.., Some(line)) => {
            let Some(count) = occurrences(context, raw.never.as_ref(), raw.times, None) else {
                return Vec::new();
            };
            LogLines::Count { line, count }
        }
        _ => return Vec::new(),
    };
    if let LogLines::InOrder(list) | LogLines::NoneOf(list) = &lines
        && list.is_empty()
    {
        context.report(empty_claim(place));
    }
    let hosts = context.each_host(&raw.host);
    hosts
        .into_iter()
        .map(|host| Claim::Log { host: host.value, file: raw.file.clone(), lines: lines.clone() })
        .collect()
}

fn occurrences(
    context: &mut Context<'_>,
    never: Option<&Located<bool>>,
    times: Option<Located<RawIs>>,
    nth: Option<&Located<u32>>,
) -> Option<Occurrences> {
    let never = never.filter(|never| never.value);
    let places: Vec<Range<usize>> = [
        never.map(|never| never.span.clone()),
        times.as_ref().map(|times| times.span.clone()),
        nth.map(|nth| nth.span.clone()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let [first, second, ..] = places.as_slice() {
        context.report(
            disagree(second.clone(), "the number is stated twice", "keep one of `never`, `times` and `nth`")
                .at(first.clone(), "and here"),
        );
        return None;
    }
    if never.is_some() {
        return Some(Occurrences::Never);
    }
    if let Some(nth) = nth {
        if nth.value == 0 {
            context.report(
                Problem::new(Code::OutOfRange, "events count from 1")
                    .at(nth.span.clone(), "from 1")
                    .help("write `nth = 1`"),
            );
        }
        return Some(Occurrences::Nth(nth.value));
    }
    let Some(times) = times else { return Some(Occurrences::Some) };
    let number = |scalar: &Scalar| match scalar {
        Scalar::Number(number) => u32::try_from(*number).ok(),
        _ => None,
    };
    let count = match &times.value {
        ConstantOr::Constant(scalar) | ConstantOr::Table(RawComparison::Equal(scalar)) => {
            number(scalar).map(|n| if n == 0 { Occurrences::Never } else { Occurrences::Exactly(n) })
        }
        ConstantOr::Table(RawComparison::AtLeast(scalar)) => number(scalar).map(Occurrences::AtLeast),
        ConstantOr::Table(RawComparison::AtMost(scalar)) => number(scalar).map(Occurrences::AtMost),
        ConstantOr::Table(_) => None,
    };
    if count.is_none() {
        context.report(
            Problem::new(Code::WrongType, "not a number of times")
                .at(times.span, "how often?")
                .help("write `times = 2`, `times = { at-least = 1 }` or `times = { at-most = 3 }`"),
        );
    }
    count
}

fn measured(context: &mut Context<'_>, measure: Measure, is: Option<RawIs>, node: &Node<'_>) -> Vec<Claim> {
    let Some(is) = is else {
        context.report(disagree(
            node.span(),
            "a measure without a comparison",
            "add `is = …`, such as `is = { at-most = 5 }`",
        ));
        return Vec::new();
    };
    let kind = if matches!(measure, Measure::Bytes { .. }) { Kind::Size } else { Kind::Plain };
    match comparison(is, kind) {
        Ok(is) => vec![Claim::Measure { measure, is }],
        Err(message) => {
            let place = entry(node, "is").map_or(node.span(), |is| is.span());
            context.report(Problem::new(Code::BadQuantity, message).at(place, "compared with this"));
            Vec::new()
        }
    }
}

fn stated(
    context: &mut Context<'_>,
    state: crate::read::RawCondition,
    raw: RawExpect,
    node: &Node<'_>,
) -> Vec<Claim> {
    let mut moments: Vec<Moments> = Vec::new();
    if let Some(at) = &raw.at {
        moments.push(Moments::At(context.instant(at)));
    }
    moments.extend(raw.just_before.map(Moments::JustBefore));
    moments.extend(raw.just_after.map(Moments::JustAfter));
    if let Some(throughout) = raw.throughout {
        match throughout.value {
            ConstantOr::Constant(Scalar::Is(true)) => {
                moments.push(Moments::Throughout { from: None, to: None })
            }
            ConstantOr::Constant(_) => {
                context.report(disagree(
                    throughout.span,
                    "`throughout` is true or a table",
                    "`throughout = { from = \"10m\", to = \"1h\" }`",
                ));
            }
            ConstantOr::Table(window) => {
                let from = window.from.as_ref().map(|from| context.instant(from));
                let to = window.to.as_ref().map(|to| context.instant(to));
                if let (Some(from), Some(to)) = (&window.from, &window.to)
                    && to.value < from.value
                {
                    empty_window(context, to.span.clone(), from.span.clone());
                }
                moments.push(Moments::Throughout { from, to });
            }
        }
    }
    moments.extend(raw.never.filter(|never| never.value).map(|_| Moments::Never));
    moments.extend(raw.once.filter(|once| once.value).map(|_| Moments::Once));
    if let Some(other) = raw.never_while {
        match condition(other) {
            Ok(other) => moments.push(Moments::NeverWhile(other)),
            Err(message) => context.report(unusable(node.span(), &message)),
        }
    }
    if moments.len() > 1 {
        context.report(disagree(
            node.span(),
            "the state is claimed of several moments",
            "make an expectation for each",
        ));
    }
    match condition(state) {
        Ok(condition) => vec![Claim::State { condition, when: moments.pop().unwrap_or(Moments::End) }],
        Err(message) => {
            let place = entry(node, "state").map_or(node.span(), |state| state.span());
            context.report(unusable(place, &message));
            Vec::new()
        }
    }
}

fn events(context: &mut Context<'_>, raw: RawExpect, node: &Node<'_>) -> Vec<Claim> {
    let Some(event) = raw.event else { return Vec::new() };
    let Some(count) = occurrences(context, raw.never.as_ref(), raw.times, raw.nth.as_ref()) else {
        return Vec::new();
    };
    let mut timing = Vec::new();
    if raw.after.is_none()
        && let Some(lost) = [&raw.exactly, &raw.within, &raw.at_least].into_iter().flatten().next()
    {
        context.report(disagree(
            lost.span.clone(),
            "measured from what?",
            "add `after = { … }`, the event from which to measure",
        ));
    }
    if let (Some(within), Some(least)) = (&raw.within, &raw.at_least)
        && within.value < least.value
    {
        empty_window(context, within.span.clone(), least.span.clone());
    }
    if let Some(event) = raw.after {
        timing.push(Timing::After {
            event,
            exactly: raw.exactly.map(|span| span.value),
            within: raw.within.map(|span| span.value),
            at_least: raw.at_least.map(|span| span.value),
        });
    }
    timing.extend(raw.before.map(|event| Timing::Before { event }));
    let mut instant = |span: Option<Located<mockdc_mocks::Span>>, make: fn(SimTime) -> Timing| {
        if let Some(span) = span {
            timing.push(make(context.instant(&span)));
        }
    };
    instant(raw.at, Timing::At);
    instant(raw.not_before, Timing::From);
    instant(raw.not_after, Timing::Until);
    if count == Occurrences::Never && !timing.is_empty() {
        context.report(disagree(
            node.span(),
            "what never happens has no time",
            "take `never` or the time out",
        ));
    }
    vec![Claim::Event { event, count, timing }]
}
