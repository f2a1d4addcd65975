//! Scripts: their names first, then their steps.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use mockdc_mocks::{Name, Span, Verb};
use serde::Deserialize as _;
use toml::de::{DeValue, ValueDeserializer};

use super::conditions::{check_names, check_script_at, condition};
use super::context::{Context, ScriptNames};
use super::steps::{check_verb, trigger};
use super::{one_of, unusable};
use crate::diagnostic::did_you_mean;
use crate::read::{
    Node, RawScript, RawScriptStep, RawTrigger, Short, entry, items, placeholders, plain_table, read,
};
use crate::{Code, Problem, Script, ScriptAct, ScriptStart, ScriptStep};

/// Verbs, of which a table has exactly one.
pub(crate) const ACTS: &[&str] =
    &["do", "wait", "pause", "set", "draw", "log", "if", "run", "first-of", "report", "end"];

/// The names of scripts, of their steps and of what they keep, before any is resolved.
pub(super) fn declare_scripts(context: &mut Context<'_>, nodes: &[Node<'_>]) {
    let mut seen: BTreeMap<Name, Range<usize>> = BTreeMap::new();
    for node in nodes {
        let Some(name) = entry(node, "name") else { continue };
        let Some(text) = name.get_ref().as_str() else { continue };
        match seen.get(&text.into()).cloned() {
            Some(first) => context.duplicate("scripts", text, name.span(), first),
            None => {
                seen.insert(text.into(), name.span());
            }
        }
        let mut names = ScriptNames::default();
        names.kept.insert("host".into());
        if let Some(steps) = entry(node, "step") {
            let mut number = 0;
            collect(steps, text, &mut number, &mut names);
        }
        context.scripts.insert(text.into(), names);
    }
    check_loops(context);
}

/// Reports scripts that run themselves, be it through others: depth first, each loop once.
fn check_loops(context: &mut Context<'_>) {
    let mut done: BTreeSet<Name> = BTreeSet::new();
    let mut loops: Vec<Vec<(Name, Range<usize>)>> = Vec::new();
    for start in context.scripts.keys() {
        // Each entry: the script, the edge that led to it, and how many of its own edges have been followed.
        let mut path: Vec<(Name, Range<usize>, usize)> = Vec::new();
        let mut on_path: BTreeMap<Name, usize> = BTreeMap::new();
        if !done.contains(start) {
            on_path.insert(start.clone(), 0);
            path.push((start.clone(), 0..0, 0));
        }
        while let Some((name, _, followed)) = path.last_mut() {
            let next = context.scripts.get(name).and_then(|names| names.runs.get(*followed)).cloned();
            *followed += 1;
            match next {
                None => {
                    on_path.remove(name);
                    done.insert(name.clone());
                    path.pop();
                }
                Some((to, span)) => {
                    if let Some(from) = on_path.get(&to) {
                        let inner =
                            path[from + 1..].iter().map(|(name, span, _)| (name.clone(), span.clone()));
                        loops.push(inner.chain([(to, span)]).collect());
                    } else if !done.contains(&to) && context.scripts.contains_key(&to) {
                        on_path.insert(to.clone(), path.len());
                        path.push((to, span, 0));
                    }
                }
            }
        }
    }
    for edges in loops {
        context.report(script_loop(&edges));
    }
}

/// Longer loops are shown by their first steps.
const SHOWN_OF_A_LOOP: usize = 8;

fn script_loop(edges: &[(Name, Range<usize>)]) -> Problem {
    let help = "repeat it with `every`, or wait with `wait`";
    let Some((last, place)) = edges.last() else { return Problem::new(Code::ScriptLoop, "a loop") };
    if edges.len() == 1 {
        return Problem::new(Code::ScriptLoop, format!("the script `{last}` runs itself"))
            .at(place.clone(), "itself")
            .help(help);
    }
    let problem = Problem::new(Code::ScriptLoop, format!("the script `{last}` runs itself by way of others"));
    edges
        .iter()
        .take(SHOWN_OF_A_LOOP)
        .fold(problem, |problem, (to, span)| problem.at(span.clone(), format!("runs `{to}`")))
        .help(help)
}

/// Steps are counted in the order of the file, inner ones after the step that holds them.
fn collect(steps: &Node<'_>, script: &str, number: &mut u32, names: &mut ScriptNames) {
    for step in items(steps) {
        if matches!(step.get_ref(), DeValue::Array(_)) {
            collect(step, script, number, names);
            continue;
        }
        *number += 1;
        let text = |node: &Node<'_>, key: &str| {
            entry(node, key).and_then(|node| node.get_ref().as_str().map(Name::from))
        };
        names.steps.insert(text(step, "id").unwrap_or_else(|| format!("{script}-{number}").into()));
        names.kept.extend(text(step, "keep"));
        for act in ["set", "draw"] {
            names.kept.extend(entry(step, act).and_then(|act| text(act, "name")));
        }
        if let Some(run) = entry(step, "run") {
            names.runs.extend(run.get_ref().as_str().map(|text| (text.into(), run.span())));
        }
        for inner in ["then", "else", "first-of"] {
            if let Some(inner) = entry(step, inner) {
                collect(inner, script, number, names);
            }
        }
        if let Some(polling) = entry(step, "wait").and_then(|wait| entry(wait, "polling")) {
            collect(polling, script, number, names);
        }
    }
}

/// A `[[script]]`.
pub(super) fn script(context: &mut Context<'_>, node: &Node<'_>) -> Option<Script> {
    let raw = read::<RawScript>(node, &mut context.problems)?;
    let line = context.line(node);
    let host = raw.host.as_ref().and_then(|host| context.host(&host.value, host.span.clone()));
    if raw.host.is_none() && raw.program.is_none() {
        context.report(
            Problem::new(Code::MissingKey, "`host` is missing")
                .at(node.span(), "where does it run?")
                .help("add `host = …`, or `program = …` when it is the program of a service"),
        );
    }
    let start = RawTrigger {
        at: raw.at,
        every: raw.every,
        first: raw.first,
        end: raw.end,
        count: raw.count,
        when: raw.when,
        each: raw.each,
        after: raw.after,
    };
    let start = match (trigger(context, start, node, false)?, raw.program) {
        (Some(_), Some(_)) => {
            context.report(
                Problem::new(
                    Code::KeysDisagree,
                    "a service's program starts with the service, not at a time",
                )
                .at(node.span(), "this script")
                .help("keep `program` or the time"),
            );
            return None;
        }
        (Some(trigger), None) => ScriptStart::Trigger(trigger),
        (None, Some(program)) => ScriptStart::Program(program),
        (None, None) => ScriptStart::OnDemand,
    };
    let user = entry(node, "user").and_then(|user| read(user, &mut context.problems));
    let mut walk = Walk { script: raw.name.value.clone(), number: 0 };
    let steps = entry(node, "step").map(|steps| walk.steps(context, steps)).unwrap_or_default();
    Some(Script { name: raw.name.value.as_str().into(), line, host, user, start, steps })
}

struct Walk {
    script: String,
    number: u32,
}

impl Walk {
    fn steps(&mut self, context: &mut Context<'_>, nodes: &Node<'_>) -> Vec<ScriptStep> {
        items(nodes).into_iter().filter_map(|node| self.step(context, node)).collect()
    }

    fn step(&mut self, context: &mut Context<'_>, node: &Node<'_>) -> Option<ScriptStep> {
        self.number += 1;
        let number = self.number;
        let raw = read::<RawScriptStep>(node, &mut context.problems)?;
        if !one_of(context, node, ACTS, "step of a script") {
            return None;
        }
        let line = context.line(node);
        self.check_kept(context, node);
        let id = raw.id.as_ref().map_or_else(|| format!("{}-{number}", self.script), |id| id.value.clone());
        let tolerate = tolerated(context, node);
        let (require, keep) = (raw.require, raw.keep.clone());
        let act = self.act(context, raw, node)?;
        Some(ScriptStep { id: id.into(), line, act, tolerate, require, keep })
    }

    fn act(&mut self, context: &mut Context<'_>, raw: RawScriptStep, node: &Node<'_>) -> Option<ScriptAct> {
        if let Some(operation) = entry(node, "do") {
            return self.operation(context, operation, raw);
        }
        if let Some(wait) = raw.wait {
            return self.wait(context, wait, node);
        }
        if let Some(span) = raw.pause {
            return Some(ScriptAct::Pause(span));
        }
        if let Some(set) = raw.set {
            return Some(ScriptAct::Keep { name: set.name, value: set.value });
        }
        if let Some(draw) = raw.draw {
            if draw.length == 0 || draw.length > 256 {
                let place = entry(node, "draw").map_or(node.span(), |draw| draw.span());
                context.report(
                    Problem::new(Code::OutOfRange, "`length` is from 1 to 256 characters")
                        .at(place, "drawn here")
                        .help("write `length = 14`"),
                );
            }
            return Some(ScriptAct::Draw { name: draw.name, kind: draw.kind, length: draw.length });
        }
        if let Some(log) = raw.log {
            return Some(ScriptAct::Log { file: log.file, component: log.component, text: log.text });
        }
        if let Some(raw) = raw.condition {
            let condition = self.condition(context, raw, entry(node, "if").unwrap_or(node))?;
            let then = entry(node, "then").map(|then| self.steps(context, then)).unwrap_or_default();
            let otherwise = entry(node, "else").map(|other| self.steps(context, other)).unwrap_or_default();
            return Some(ScriptAct::If { condition, then, otherwise });
        }
        if let Some(word) = raw.run {
            check_script_at(context, &word.value, word.span.clone());
            return Some(ScriptAct::Run { script: word.value.as_str().into() });
        }
        if let Some(alternatives) = entry(node, "first-of") {
            let all = items(alternatives).into_iter().map(|steps| self.steps(context, steps)).collect();
            return Some(ScriptAct::FirstOf(all));
        }
        if let Some(report) = raw.report {
            return match report {
                Short::Words(words) => {
                    let service = words.first()?.value.as_str().into();
                    Some(ScriptAct::Report { service, failed: None })
                }
                Short::Table(table) => {
                    Some(ScriptAct::Report { service: table.service, failed: table.failed })
                }
            };
        }
        raw.end.map(ScriptAct::End)
    }

    fn condition(
        &self,
        context: &mut Context<'_>,
        raw: crate::read::RawCondition,
        node: &Node<'_>,
    ) -> Option<crate::Condition> {
        check_names(context, node, Some(&self.script));
        match condition(raw) {
            Ok(condition) => Some(condition),
            Err(message) => {
                context.report(unusable(node.span(), &message));
                None
            }
        }
    }

    fn wait(
        &mut self,
        context: &mut Context<'_>,
        wait: crate::read::Located<crate::read::RawWait>,
        node: &Node<'_>,
    ) -> Option<ScriptAct> {
        let raw = wait.value;
        let every = raw.every.as_ref().map_or(Span::mins(1), |every| every.value);
        if let Some(place) = raw.every.as_ref().map(|every| every.span.clone())
            && every <= Span::ZERO
        {
            context.report(super::world::zero_interval(place));
        }
        if let (Some(limit), Some(interval)) = (&raw.limit, &raw.every)
            && limit.value < interval.value
        {
            context.report(
                Problem::new(Code::LimitBelowInterval, "the wait is over before its second look")
                    .at(limit.span.clone(), format!("{} at most", limit.value))
                    .at(interval.span.clone(), format!("a look every {}", interval.value))
                    .help("make `limit` the longer one"),
            );
        }
        let node = entry(node, "wait")?;
        let until = self.condition(context, raw.until, entry(node, "until").unwrap_or(node));
        let polling = entry(node, "polling").and_then(|step| self.step(context, step)).map(Box::new);
        Some(ScriptAct::Wait { until: until?, polling, every, limit: raw.limit.map(|limit| limit.value) })
    }

    fn operation(&self, context: &mut Context<'_>, node: &Node<'_>, raw: RawScriptStep) -> Option<ScriptAct> {
        if let Some(at) = &raw.at
            && !at.value.contains("${")
        {
            context.host(&at.value, at.span.clone());
        }
        let verb = checked_verb(context, node)?;
        if !holds_placeholder(node) {
            check_verb(context, &verb, node);
        }
        let kind = verb.kind();
        let arguments = match node.get_ref() {
            DeValue::Table(table) => table.values().next().map(plain_table).unwrap_or_default(),
            _ => toml::Table::new(),
        };
        Some(ScriptAct::Do { at: raw.at.map(|at| at.value), user: raw.user, verb: kind, arguments })
    }

    /// Placeholders in the texts of the step itself; inner steps check their own.
    fn check_kept(&self, context: &mut Context<'_>, node: &Node<'_>) {
        let DeValue::Table(table) = node.get_ref() else { return };
        for (key, value) in table {
            if !["then", "else", "first-of"].contains(&key.get_ref().as_ref()) {
                self.check_texts(context, value);
            }
        }
    }

    fn check_texts(&self, context: &mut Context<'_>, node: &Node<'_>) {
        match node.get_ref() {
            DeValue::Array(items) => items.iter().for_each(|item| self.check_texts(context, item)),
            DeValue::Table(table) => table
                .iter()
                .filter(|(key, _)| key.get_ref() != "polling")
                .for_each(|(_, value)| self.check_texts(context, value)),
            DeValue::String(text) => {
                for name in placeholders(text) {
                    let plain = name.strip_prefix("text:").unwrap_or(&name);
                    let plain = plain.split('.').next().unwrap_or(plain);
                    let Some(names) = context.scripts.get(&self.script.as_str().into()) else { return };
                    if names.kept.contains(&plain.into()) {
                        continue;
                    }
                    let kept: Vec<String> = names.kept.iter().map(ToString::to_string).collect();
                    let problem = Problem::new(
                        Code::UnknownKept,
                        format!("`${{{name}}}`: no step of the script keeps `{plain}`"),
                    )
                    .at(node.span(), "in this text")
                    .maybe_help(did_you_mean(plain, kept.iter().map(String::as_str)));
                    context.report(problem);
                }
            }
            _ => {}
        }
    }
}

fn tolerated(context: &mut Context<'_>, node: &Node<'_>) -> Option<Vec<u32>> {
    let Some(node) = entry(node, "tolerate") else { return Some(Vec::new()) };
    match node.get_ref().as_str() {
        Some("any") => None,
        _ => read::<Vec<u32>>(node, &mut context.problems).or(Some(Vec::new())),
    }
}

fn holds_placeholder(node: &Node<'_>) -> bool {
    match node.get_ref() {
        DeValue::Table(table) => table.values().any(holds_placeholder),
        DeValue::Array(items) => items.iter().any(holds_placeholder),
        DeValue::String(text) => text.contains("${"),
        _ => false,
    }
}

/// Values that a placeholder may come to stand for; the first that fits will do.
const STAND_INS: [&str; 7] =
    ["x", "1s", "SeServiceLogonRight", "network", "running", "automatic", "at-logon"];

/// Reads a verb whose texts may hold placeholders: each gives way to a value of the right shape.
fn checked_verb(context: &mut Context<'_>, node: &Node<'_>) -> Option<Verb> {
    let mut trial = node.clone();
    let mut tries = vec![0; fill(&mut trial, &mut Vec::new(), &[])];
    for _ in 0..=tries.len() * (STAND_INS.len() + 2) {
        let mut trial = node.clone();
        let mut places = Vec::new();
        fill(&mut trial, &mut places, &tries);
        match Verb::deserialize(ValueDeserializer::from(trial.clone())) {
            Ok(verb) => return Some(verb),
            Err(error) => {
                let at = places.iter().position(|place| Some(place.clone()) == error.span());
                match at {
                    Some(at) if tries[at] < STAND_INS.len() + 1 => tries[at] += 1,
                    _ => return read::<Verb>(&trial, &mut context.problems),
                }
            }
        }
    }
    read::<Verb>(node, &mut context.problems)
}

/// Replaces texts that are nothing but a placeholder; gives their number.
fn fill(node: &mut Node<'_>, places: &mut Vec<std::ops::Range<usize>>, tries: &[usize]) -> usize {
    let span = node.span();
    match node.get_mut() {
        DeValue::Table(table) => table.iter_mut().for_each(|(_, value)| {
            fill(value, places, tries);
        }),
        DeValue::Array(items) => items.iter_mut().for_each(|item| {
            fill(item, places, tries);
        }),
        value @ DeValue::String(_) => {
            let text = value.as_str().unwrap_or_default();
            if text.starts_with("${") && text.ends_with('}') {
                let attempt = tries.get(places.len()).copied().unwrap_or(0);
                places.push(span);
                *value = match attempt.checked_sub(STAND_INS.len()) {
                    None => DeValue::String(Cow::Borrowed(STAND_INS[attempt])),
                    Some(0) => DeValue::Integer(Default::default()),
                    Some(_) => DeValue::Boolean(true),
                };
            }
        }
        _ => {}
    }
    places.len()
}
