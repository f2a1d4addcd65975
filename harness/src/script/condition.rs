//! Conditions as a script asks them: with its own values and results, and everything else of the run.
//!
//! Two instances of one script share a name in the run's view, and secrets are hidden there; so what is the asking
//! script's own comes from its memory.

use std::borrow::Cow;

use mockdc_mocks::{HostName, Name, SimTime, StateKey, Value};
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
fn filled_key<'k>(key: &'k StateKey, memory: &Memory) -> Cow<'k, StateKey> {
    if names_of(key).into_iter().all(|name| !name.contains("${")) {
        return Cow::Borrowed(key);
    }
    let Ok(mut json) = serde_json::to_value(key) else { return Cow::Borrowed(key) };
    fill_texts(&mut json, memory);
    serde_json::from_value(json).map_or(Cow::Borrowed(key), Cow::Owned)
}

/// The names in a key that may hold kept values.
fn names_of(key: &StateKey) -> [&str; 2] {
    match key {
        StateKey::Account { account }
        | StateKey::Attribute { account, .. }
        | StateKey::Right { account, .. } => [account.as_str(), ""],
        StateKey::Member { group, member } => [group.as_str(), member.as_str()],
        StateKey::Service { service } => [service.as_str(), ""],
        StateKey::Component { component } => [component.as_str(), ""],
        StateKey::Registry { key, value } => [key.as_str(), value.as_str()],
        StateKey::File { path } => [path.as_str(), ""],
        StateKey::Share { share } => [share.as_str(), ""],
        StateKey::Reaches { to } => [to.as_str(), ""],
        StateKey::Up | StateKey::Joined | StateKey::SecureChannel | StateKey::Counter { .. } => ["", ""],
    }
}

fn fill_texts(json: &mut Json, memory: &Memory) {
    match json {
        Json::String(text) if text.contains("${") => {
            if let Ok(filled) = memory.fill(text) {
                *text = filled.into_owned();
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| fill_texts(item, memory)),
        Json::Object(fields) => fields.values_mut().for_each(|field| fill_texts(field, memory)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::story::Story;
    use mockdc_mocks::VerbKind;
    use mockdc_scenarios::Pattern;

    fn live(story: &Story, conditions: &[&Condition]) -> Live {
        let mut live = Live::for_conditions(conditions.iter().copied());
        story.events.iter().for_each(|event| live.apply(event));
        live
    }

    fn kept(name: &str, value: &str) -> Memory {
        let mut memory = Memory::at(&"BDC1".into());
        memory.keep(&name.into(), value.into());
        memory
    }

    #[test]
    fn kept_values_stand_in_the_names_of_hosts_and_accounts() {
        let condition = Condition::State {
            at: "${host}".into(),
            key: StateKey::Account { account: "SMS&_${dc}".into() },
            is: Comparison::Equal(Value::Text("${kind}".into())),
        };
        let mut story = Story::default();
        story.user("BDC1", "SMS&_BDC1");
        let live = live(&story, &[&condition]);
        let holds = |memory: &Memory| asked(&condition, &live, SimTime::START, &"s".into(), memory);
        let mut memory = kept("dc", "BDC1");
        memory.keep(&"kind".into(), "user".into());
        assert!(holds(&memory));
        assert!(!holds(&kept("dc", "PDC1")));
        assert!(!holds(&kept("nothing", "")));
    }

    #[test]
    fn events_are_counted_and_their_age_runs_on_while_nothing_happens() {
        let event = || Pattern::Call {
            verb: Some(VerbKind::UserInfo),
            at: None,
            from: None,
            by: None,
            subject: Some("${who}".into()),
            code: None,
        };
        let happened = |count| Condition::Happened { event: event(), count };
        let twice = happened(Comparison::AtLeast(Value::Number(2)));
        let age = Condition::Age { of: event(), at_least: mockdc_mocks::Span::mins(5) };
        let never = happened(Comparison::Absent);
        let mut story = Story::default();
        for subject in ["A", "B", "A"] {
            story.call("WS1", None, "PDC1", VerbKind::UserInfo, subject, 0);
        }
        let live = live(&story, &[&twice, &age, &never]);
        let holds = |condition, who, now| asked(condition, &live, now, &"s".into(), &kept("who", who));
        assert!(holds(&twice, "A", SimTime::START) && !holds(&twice, "B", SimTime::START));
        assert!(holds(&never, "C", SimTime::START) && !holds(&never, "A", SimTime::START));
        assert!(holds(&age, "A", SimTime(300_000)) && !holds(&age, "A", SimTime(299_999)));
        assert!(!holds(&age, "C", SimTime(900_000)));
    }

    #[test]
    fn what_another_script_keeps_and_got_is_read_from_the_run() {
        use crate::timeline::EventKind;
        let kept_there = Condition::Kept {
            script: Some("other".into()),
            name: "word".into(),
            is: Comparison::Equal(Value::Text("theirs".into())),
        };
        let result = Condition::Result {
            script: Some("other".into()),
            step: "look".into(),
            is: Comparison::Equal(Value::Number(2221)),
        };
        let mut story = Story::default();
        story.event(
            "WS1",
            EventKind::ScriptKept { script: "other".into(), name: "word".into(), value: "theirs".into() },
        );
        story.event("WS1", EventKind::ScriptStep { script: "other".into(), step: "look".into(), code: 2221 });
        let live = live(&story, &[]);
        let both = Condition::All(vec![kept_there, result]);
        assert!(asked(&both, &live, SimTime::START, &"mine".into(), &Memory::default()));
        // Asked by that script itself, its own memory counts: this instance has done nothing yet.
        assert!(!asked(&both, &live, SimTime::START, &"other".into(), &Memory::default()));
    }
}
