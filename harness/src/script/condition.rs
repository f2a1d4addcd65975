//! Conditions as a script asks them: with its own values and results, and everything else of the run.
//!
//! Two instances of one script share a name in the run's view, and secrets are hidden there; so what is the asking
//! script's own comes from its memory.

use mockdc_mocks::{HostName, Name};
use mockdc_mocks::{SimTime, StateKey, Value};
use mockdc_scenarios::{Comparison, Condition};
use serde_json::Value as Json;

use super::memory::Memory;
use crate::timeline::{Live, compares, holds};

/// Whether `condition` holds at `now` for the script `asking`, which remembers `memory`.
pub(crate) fn asked(
    condition: &Condition,
    live: &Live,
    now: SimTime,
    asking: &Name,
    memory: &Memory,
) -> bool {
    let kept = |name: &str| memory.value(&Name::from(name)).map(str::to_owned);
    let own = |script: &Option<Name>| script.as_ref().is_none_or(|script| script == asking);
    match condition {
        Condition::All(parts) => parts.iter().all(|part| asked(part, live, now, asking, memory)),
        Condition::Any(parts) => parts.iter().any(|part| asked(part, live, now, asking, memory)),
        Condition::Not(part) => !asked(part, live, now, asking, memory),
        Condition::Result { script, step, is } if own(script) => {
            let code = memory.code(step).map(|code| Value::Number(code.into()));
            compares(is, code.as_ref(), kept)
        }
        Condition::Kept { script, name, is } if own(script) => {
            let value = memory.value(name).map(|text| Value::Text(text.into()));
            compares(is, value.as_ref(), kept)
        }
        Condition::State { at, key, is } => {
            let at = filled_host(at, memory);
            compares(is, live.view().value(&at, &filled_key(key, memory)).as_ref(), kept)
        }
        Condition::Happened { event, count } => {
            let seen = live.tally(event, kept).count;
            match count {
                Comparison::Present => seen > 0,
                Comparison::Absent => seen == 0,
                _ => {
                    let seen = Value::Number(i64::try_from(seen).unwrap_or(i64::MAX));
                    compares(count, Some(&seen), kept)
                }
            }
        }
        Condition::Age { of, at_least } => {
            live.tally(of, kept).last.is_some_and(|last| now.since(last) >= *at_least)
        }
        Condition::Clock { from } => now >= *from,
        Condition::Result { .. } | Condition::Kept { .. } => holds(condition, live, Some(asking)),
    }
}

fn filled_host(host: &HostName, memory: &Memory) -> HostName {
    match memory.fill(host.as_str()) {
        Ok(text) if text != host.as_str() => text.as_ref().into(),
        _ => host.clone(),
    }
}

/// The key with kept values in its names; as written where it names what is not kept, and so matching nothing.
fn filled_key(key: &StateKey, memory: &Memory) -> StateKey {
    let Ok(mut json) = serde_json::to_value(key) else { return key.clone() };
    if !fill_texts(&mut json, memory) {
        return key.clone();
    }
    serde_json::from_value(json).unwrap_or_else(|_| key.clone())
}

fn fill_texts(json: &mut Json, memory: &Memory) -> bool {
    match json {
        Json::String(text) if text.contains("${") => match memory.fill(text) {
            Ok(filled) => {
                *text = filled.into_owned();
                true
            }
            Err(_) => false,
        },
        Json::Array(items) => items.iter_mut().fold(false, |any, item| fill_texts(item, memory) | any),
        Json::Object(fields) => fields.values_mut().fold(false, |any, item| fill_texts(item, memory) | any),
        _ => false,
    }
}
