//! Whether a condition holds: one evaluator for waits, branches, `when` and expectations.

use std::borrow::Cow;

use mockdc_mocks::{Name, SimTime, Span, Value};
use mockdc_scenarios::{Comparison, Condition};

use super::{Live, template};

/// Whether `condition` holds of the run so far. `asking` is the script that asks: `${name}` is one of its kept
/// values, and results and kept values are its own where the condition names no script.
pub fn holds(condition: &Condition, live: &Live, asking: Option<&Name>) -> bool {
    let kept = |name: &str| asking.and_then(|script| kept_value(live, script, name));
    match condition {
        Condition::All(parts) => parts.iter().all(|part| holds(part, live, asking)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, live, asking)),
        Condition::Not(part) => !holds(part, live, asking),
        Condition::State { at, key, is } => {
            let at = match template::is_template(at.as_str()) {
                true => Cow::Owned(template::substitute(at.as_str(), kept).into()),
                false => Cow::Borrowed(at),
            };
            let key = match template::key_is_template(key) {
                true => Cow::Owned(template::resolved(key, kept)),
                false => Cow::Borrowed(key),
            };
            compares(is, live.view().value(&at, &key).as_ref(), kept)
        }
        Condition::Result { script, step, is } => {
            let code = script.as_ref().or(asking).and_then(|script| live.view().result(script, step));
            compares(is, code.map(|code| Value::Number(code.into())).as_ref(), kept)
        }
        Condition::Kept { script, name, is } => {
            let text = script.as_ref().or(asking).and_then(|script| live.view().kept(script, name));
            compares(is, text.map(|text| Value::Text(text.into())).as_ref(), kept)
        }
        Condition::Happened { event, count } => {
            let seen = i64::try_from(live.tally(event, kept).count).unwrap_or(i64::MAX);
            let number = (seen > 0 || !asks_for_presence(count)).then_some(Value::Number(seen));
            compares(count, number.as_ref(), kept)
        }
        Condition::Age { of, at_least } => live.age(of, kept).is_some_and(|age| age >= *at_least),
        Condition::Clock { from } => live.now() >= *from,
    }
}

/// The instant from which a condition may hold without any event: the clock it waits for, or the end of an age.
/// `None`: only an event can change it. The run layer wakes a waiter at this instant.
pub fn next_look(condition: &Condition, live: &Live, asking: Option<&Name>) -> Option<SimTime> {
    let kept = |name: &str| asking.and_then(|script| kept_value(live, script, name));
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().filter_map(|part| next_look(part, live, asking)).min()
        }
        Condition::Not(part) => next_look(part, live, asking),
        Condition::Age { of, at_least } => {
            live.tally(of, kept).last.map(|last| last + *at_least).filter(|at| *at > live.now())
        }
        Condition::Clock { from } => (*from > live.now()).then_some(*from),
        _ => None,
    }
}

fn kept_value(live: &Live, script: &Name, name: &str) -> Option<String> {
    live.view().kept(script, &Name::from(name)).map(str::to_owned)
}

fn asks_for_presence(count: &Comparison) -> bool {
    matches!(count, Comparison::Present | Comparison::Absent)
}

/// Whether a value, or its absence, compares as stated. `kept` gives the values that `${name}` stands for.
pub fn compares(is: &Comparison, value: Option<&Value>, kept: impl Fn(&str) -> Option<String>) -> bool {
    let Some(value) = value else { return matches!(is, Comparison::Absent) };
    match is {
        Comparison::Present => true,
        Comparison::Absent => false,
        Comparison::Equal(wanted) => equals(value, &constant(wanted, kept)),
        Comparison::Unequal(wanted) => !equals(value, &constant(wanted, kept)),
        Comparison::AtLeast(wanted) => {
            order(value, &constant(wanted, kept)).is_some_and(|order| order.is_ge())
        }
        Comparison::AtMost(wanted) => {
            order(value, &constant(wanted, kept)).is_some_and(|order| order.is_le())
        }
        Comparison::Contains(part) => {
            let part = match template::is_template(part) {
                true => template::substitute(part, kept),
                false => part.clone(),
            };
            text(value).to_ascii_lowercase().contains(&part.to_ascii_lowercase())
        }
    }
}

fn constant<'a>(wanted: &'a Value, kept: impl Fn(&str) -> Option<String>) -> Cow<'a, Value> {
    match wanted {
        Value::Text(text) if template::is_template(text) => {
            Cow::Owned(Value::Text(template::substitute(text, kept).into()))
        }
        _ => Cow::Borrowed(wanted),
    }
}

/// Texts compare without regard to case. A kept value is always text: it equals the number, instant or truth value
/// that it spells.
fn equals(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.eq_ignore_ascii_case(b),
        (Value::Is(a), Value::Is(b)) => a == b,
        (Value::Is(flag), Value::Text(text)) | (Value::Text(text), Value::Is(flag)) => {
            text.eq_ignore_ascii_case(if *flag { "true" } else { "false" })
        }
        _ => order(a, b).is_some_and(|order| order.is_eq()),
    }
}

fn order(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Text(one), Value::Text(other)) => match (number(a), number(b)) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            _ => Some(Name::from(&**one).cmp(&Name::from(&**other))),
        },
        (Value::Time(one), Value::Text(text)) => {
            Some(one.as_millis().cmp(&text.parse::<Span>().ok()?.as_millis()))
        }
        (Value::Text(text), Value::Time(other)) => {
            Some(text.parse::<Span>().ok()?.as_millis().cmp(&other.as_millis()))
        }
        (Value::Time(one), Value::Time(other)) => Some(one.cmp(other)),
        _ => Some(number(a)?.cmp(&number(b)?)),
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) => text.trim().parse().ok(),
        Value::Is(_) | Value::Time(_) => None,
    }
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Is(flag) => Cow::Owned(flag.to_string()),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::Time(time) => Cow::Owned(time.to_string()),
    }
}
