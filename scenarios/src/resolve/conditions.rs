//! Conditions and comparisons, and the names that they and patterns speak of.

use mockdc_mocks::{AccountName, Attribute, SimTime, Span, StateKey, Value};
use toml::de::DeValue;

use super::context::Context;
use crate::diagnostic::did_you_mean;
use crate::read::{
    ConstantOr, Node, RawAttribute, RawComparison, RawCondition, RawIs, Scalar, entry, parse_size,
};
use crate::{Cause, Code, Comparison, Condition, Pattern, Problem};

/// The cause that a `when` waits for.
pub(super) fn cause(raw: RawCondition) -> Result<Cause, String> {
    Ok(match raw {
        RawCondition::Event(pattern) => Cause::Event(pattern),
        RawCondition::Log(line) => {
            Cause::Event(Pattern::Line { host: Some(line.host), file: Some(line.file), text: line.line })
        }
        other => Cause::Condition(condition(other)?),
    })
}

/// A condition. `Err` says what cannot stand in one.
pub(super) fn condition(raw: RawCondition) -> Result<Condition, String> {
    let state = |at, key, is| Ok(Condition::State { at, key, is });
    let presence = |is: bool| if is { Comparison::Present } else { Comparison::Absent };
    match raw {
        RawCondition::All(all) => Ok(Condition::All(all.into_iter().map(condition).collect::<Result<_, _>>()?)),
        RawCondition::Any(any) => Ok(Condition::Any(any.into_iter().map(condition).collect::<Result<_, _>>()?)),
        RawCondition::Not(inner) => Ok(Condition::Not(Box::new(condition(*inner)?))),
        RawCondition::Visible(of) => state(of.at, StateKey::Account { account: bare(of.account) }, Comparison::Present),
        RawCondition::Gone(of) => state(of.at, StateKey::Account { account: bare(of.account) }, Comparison::Absent),
        RawCondition::Attribute(raw) => attribute(raw),
        RawCondition::Member(raw) => {
            state(raw.at, StateKey::Member { group: bare(raw.group), member: bare(raw.member) }, presence(raw.is))
        }
        RawCondition::Right(raw) => {
            state(raw.at, StateKey::Right { account: bare(raw.account), right: raw.right }, presence(raw.is))
        }
        RawCondition::Share(raw) => state(raw.host, StateKey::Share { share: raw.share }, presence(raw.is)),
        RawCondition::Service(raw) => {
            state(raw.host, StateKey::Service { service: raw.service }, optional(raw.is, Kind::Plain)?)
        }
        RawCondition::Component(raw) => {
            state(raw.host, StateKey::Component { component: raw.component }, optional(raw.is, Kind::Plain)?)
        }
        RawCondition::Registry(raw) => {
            state(raw.host, StateKey::Registry { key: raw.key, value: raw.value }, optional(raw.is, Kind::Plain)?)
        }
        RawCondition::File(raw) => state(raw.host, StateKey::File { path: raw.path }, optional(raw.is, Kind::Plain)?),
        // Reachability is only stated where a fault has touched it: absent means that the host is reached.
        RawCondition::Reaches(raw) => {
            let cut = Condition::State {
                at: raw.from,
                key: StateKey::Reaches { to: raw.to },
                is: Comparison::Equal(Value::Is(false)),
            };
            Ok(if raw.is { Condition::Not(Box::new(cut)) } else { cut })
        }
        RawCondition::Up(raw) => state(raw.host, StateKey::Up, Comparison::Equal(Value::Is(raw.is))),
        RawCondition::Joined(raw) => {
            state(raw.host, StateKey::Joined, Comparison::Equal(Value::Is(raw.is)))
        }
        RawCondition::SecureChannel(raw) => {
            state(raw.host, StateKey::SecureChannel, optional(raw.is, Kind::Plain)?)
        }
        RawCondition::Counter(raw) => {
            state(raw.at, StateKey::Counter { counter: raw.counter }, comparison(raw.is, Kind::Size)?)
        }
        RawCondition::Result(raw) => {
            Ok(Condition::Result { script: raw.script, step: raw.step, is: comparison(raw.is, Kind::Plain)? })
        }
        RawCondition::Kept(raw) => {
            Ok(Condition::Kept { script: raw.script, name: raw.name, is: optional(raw.is, Kind::Plain)? })
        }
        RawCondition::Happened(raw) => {
            let count = match raw.times {
                None => Comparison::AtLeast(Value::Number(1)),
                Some(times) => comparison(times, Kind::Plain)?,
            };
            Ok(Condition::Happened { event: raw.event, count })
        }
        RawCondition::Age(raw) => Ok(Condition::Age { of: raw.of, at_least: raw.at_least }),
        RawCondition::Clock(span) => Ok(Condition::Clock { from: SimTime::START + span }),
        RawCondition::Event(_) => Err("`event` stands directly under `when`; inside conditions write `happened = { event = … }`".into()),
        RawCondition::Log(_) => {
            Err("`log` stands directly under `when`; inside conditions write `happened = { event = { line = … } }`".into())
        }
    }
}

/// `HOST\NAME` or `DOMAIN\NAME` as the database of a host knows it: which database it is, `at` says.
fn bare(account: AccountName) -> AccountName {
    match account.as_str().rsplit_once('\\') {
        Some((_, name)) => name.into(),
        None => account,
    }
}

/// How a constant is meant.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Plain,
    Size,
    Time,
}

fn attribute(raw: RawAttribute) -> Result<Condition, String> {
    let mut stated: Vec<(Attribute, RawIs)> = [
        (Attribute::Comment, raw.comment),
        (Attribute::PasswordVersion, raw.password_version),
        (Attribute::PasswordSet, raw.password_set),
        (Attribute::PrimaryGroup, raw.primary_group),
        (Attribute::Disabled, raw.disabled),
        (Attribute::LockedOut, raw.locked_out),
        (Attribute::BadPasswords, raw.bad_passwords),
        (Attribute::MustChangePassword, raw.must_change_password),
        (Attribute::Expires, raw.expires),
    ]
    .into_iter()
    .filter_map(|(attribute, is)| is.map(|is| (attribute, is)))
    .collect();
    let Some((attribute, is)) = stated.pop() else {
        return Err("`attribute` names no attribute, such as `comment = \"text\"`".into());
    };
    if !stated.is_empty() {
        return Err("`attribute` compares several attributes; join them with `all`".into());
    }
    let kind = if matches!(attribute, Attribute::PasswordSet | Attribute::Expires) {
        Kind::Time
    } else {
        Kind::Plain
    };
    let key = StateKey::Attribute { account: bare(raw.account), attribute };
    Ok(Condition::State { at: raw.at, key, is: comparison(is, kind)? })
}

fn optional(is: Option<RawIs>, kind: Kind) -> Result<Comparison, String> {
    is.map_or(Ok(Comparison::Present), |is| comparison(is, kind))
}

/// A comparison.
pub(super) fn comparison(raw: RawIs, kind: Kind) -> Result<Comparison, String> {
    Ok(match raw {
        ConstantOr::Constant(constant) => Comparison::Equal(value(constant, kind)?),
        ConstantOr::Table(RawComparison::Present(true)) => Comparison::Present,
        ConstantOr::Table(RawComparison::Present(false)) => Comparison::Absent,
        ConstantOr::Table(RawComparison::Equal(constant)) => Comparison::Equal(value(constant, kind)?),
        ConstantOr::Table(RawComparison::Unequal(constant)) => Comparison::Unequal(value(constant, kind)?),
        ConstantOr::Table(RawComparison::AtLeast(constant)) => Comparison::AtLeast(value(constant, kind)?),
        ConstantOr::Table(RawComparison::AtMost(constant)) => Comparison::AtMost(value(constant, kind)?),
        ConstantOr::Table(RawComparison::Contains(text)) => Comparison::Contains(text),
    })
}

fn value(constant: Scalar, kind: Kind) -> Result<Value, String> {
    Ok(match constant {
        Scalar::Is(is) => Value::Is(is),
        Scalar::Number(number) if kind == Kind::Time => {
            return Err(format!("`{number}` has no unit; write for example `\"{number}m\"`"));
        }
        Scalar::Number(number) => Value::Number(number),
        Scalar::Text(text) if text.contains("${") => Value::Text(text.into()),
        Scalar::Text(text) if kind == Kind::Time => {
            Value::Time(SimTime::START + text.parse::<Span>().map_err(|error| error.to_string())?)
        }
        Scalar::Text(text) if kind == Kind::Size => {
            let bytes = parse_size(&text)
                .ok_or_else(|| format!("`{text}` is no size; write for example `\"64KB\"`"))?;
            Value::Number(i64::try_from(bytes).unwrap_or(i64::MAX))
        }
        Scalar::Text(text) => Value::Text(text.into()),
    })
}

/// Checks the names in a condition or pattern, where they stand. `own` is the script whose steps ask.
pub(super) fn check_names(context: &mut Context<'_>, node: &Node<'_>, own: Option<&str>) {
    match node.get_ref() {
        DeValue::Array(items) => items.iter().for_each(|item| check_names(context, item, own)),
        DeValue::Table(table) => {
            let script = entry(node, "script").and_then(|script| script.get_ref().as_str()).or(own);
            for (key, value) in table {
                let key = key.get_ref().as_ref();
                match value.get_ref().as_str() {
                    Some(text) if !text.contains("${") => check_name(context, key, text, value, script),
                    Some(_) => {}
                    None if key == "kept" => check_kept(context, value, own),
                    None if key == "step" => {
                        if let Some(id) = entry(value, "id") {
                            check_step_id(context, id);
                        }
                    }
                    None => check_names(context, value, own),
                }
            }
        }
        _ => {}
    }
}

fn check_name(context: &mut Context<'_>, key: &str, text: &str, value: &Node<'_>, script: Option<&str>) {
    match key {
        "at" | "host" | "from" | "to" => {
            context.host(text, value.span());
        }
        "client" => {
            context.client(text, value.span());
        }
        "script" => {
            check_script(context, text, value);
        }
        "step" => check_script_step(context, text, value, script),
        "fault" if !context.faults.contains_key(&text.into()) => {
            let names: Vec<String> = context.faults.keys().map(ToString::to_string).collect();
            context.unknown(
                Code::UnknownFault,
                "fault",
                (text, value.span()),
                names.iter().map(String::as_str),
                "add a `[[fault]]` of this name",
            );
        }
        _ => {}
    }
}

/// A script that must exist.
pub(super) fn check_script(context: &mut Context<'_>, text: &str, value: &Node<'_>) {
    check_script_at(context, text, value.span());
}

pub(super) fn check_script_at(context: &mut Context<'_>, text: &str, span: std::ops::Range<usize>) {
    if !context.scripts.contains_key(&text.into()) {
        let names: Vec<String> = context.scripts.keys().map(ToString::to_string).collect();
        context.unknown(
            Code::UnknownScript,
            "script",
            (text, span),
            names.iter().map(String::as_str),
            "add a `[[script]]` of this name",
        );
    }
}

fn check_script_step(context: &mut Context<'_>, text: &str, value: &Node<'_>, script: Option<&str>) {
    let Some(names) = script.and_then(|script| context.scripts.get(&script.into())) else { return };
    if names.steps.contains(&text.into()) {
        return;
    }
    let steps: Vec<String> = names.steps.iter().map(ToString::to_string).collect();
    let help = did_you_mean(text, steps.iter().map(String::as_str));
    let message = format!("the script `{}` has no step `{text}`", script.unwrap_or_default());
    context.report(Problem::new(Code::UnknownStep, message).at(value.span(), "unknown").maybe_help(help));
}

fn check_step_id(context: &mut Context<'_>, id: &Node<'_>) {
    let Some(text) = id.get_ref().as_str() else { return };
    if !context.steps.contains(&text.into()) {
        let names: Vec<String> = context.steps.iter().map(ToString::to_string).collect();
        context.unknown(
            Code::UnknownStep,
            "step",
            (text, id.span()),
            names.iter().map(String::as_str),
            "give a `[[step]]` this `id`",
        );
    }
}

fn check_kept(context: &mut Context<'_>, node: &Node<'_>, own: Option<&str>) {
    let script = entry(node, "script").and_then(|script| script.get_ref().as_str()).or(own);
    if let (Some(value), Some(script)) = (entry(node, "script"), script) {
        check_script(context, script, value);
    }
    let (Some(name), Some(script)) = (entry(node, "name"), script) else { return };
    let Some(text) = name.get_ref().as_str() else { return };
    let Some(names) = context.scripts.get(&script.into()) else { return };
    if !names.kept.contains(&text.into()) {
        let kept: Vec<String> = names.kept.iter().map(ToString::to_string).collect();
        let problem = Problem::new(Code::UnknownKept, format!("the script `{script}` keeps no `{text}`"))
            .at(name.span(), "unknown")
            .maybe_help(did_you_mean(text, kept.iter().map(String::as_str)));
        context.report(problem);
    }
}
