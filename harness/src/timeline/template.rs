//! Kept values in texts: `${name}`.

use mockdc_mocks::StateKey;
use mockdc_scenarios::Pattern;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

const OPEN: &str = "${";

/// Whether a text speaks of a kept value.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains(OPEN)
}

/// Puts kept values in. What `resolve` does not know stays as it is written.
pub(crate) fn substitute(text: &str, resolve: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        let Some(end) = tail.find('}') else {
            rest = tail;
            break;
        };
        match resolve(&tail[OPEN.len()..end]) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&tail[..=end]),
        }
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    out
}

/// Whether a key of state holds a kept value.
pub(crate) fn key_is_template(key: &StateKey) -> bool {
    match key {
        StateKey::Account { account }
        | StateKey::Attribute { account, .. }
        | StateKey::Right { account, .. } => is_template(account.as_str()),
        StateKey::Member { group, member } => is_template(group.as_str()) || is_template(member.as_str()),
        StateKey::Service { service } => is_template(service.as_str()),
        StateKey::Component { component } => is_template(component.as_str()),
        StateKey::Registry { key, value } => is_template(key.as_str()) || is_template(value.as_str()),
        StateKey::File { path } => is_template(path.as_str()),
        StateKey::Share { share } => is_template(share.as_str()),
        StateKey::Reaches { to } => is_template(to.as_str()),
        StateKey::Up | StateKey::Joined | StateKey::SecureChannel | StateKey::Counter { .. } => false,
    }
}

/// `thing` with kept values put into all its texts.
pub(crate) fn resolved<T>(thing: &T, resolve: impl Fn(&str) -> Option<String>) -> T
where
    T: Clone + Serialize + DeserializeOwned,
{
    let Ok(mut json) = serde_json::to_value(thing) else { return thing.clone() };
    each_text(&mut json, &mut |text| {
        if is_template(text) {
            *text = substitute(text, &resolve);
        }
    });
    serde_json::from_value(json).unwrap_or_else(|_| thing.clone())
}

fn each_text(json: &mut Json, change: &mut impl FnMut(&mut String)) {
    match json {
        Json::String(text) => change(text),
        Json::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Json::Object(fields) => fields.values_mut().for_each(|field| each_text(field, change)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// A pattern that matches whatever `pattern` may match once kept values are put in; `None` when it holds none.
pub(crate) fn loosened(pattern: &Pattern) -> Option<Pattern> {
    let Ok(Json::Object(mut variant)) = serde_json::to_value(pattern) else { return None };
    let mut found = false;
    for fields in variant.values_mut().filter_map(Json::as_object_mut) {
        for (name, field) in fields {
            if field.as_str().is_some_and(is_template) {
                found = true;
                // A line's text is the one field that cannot be absent and be matched by anything.
                *field = if name == "text" { Json::String("*".to_owned()) } else { Json::Null };
            }
        }
    }
    if !found {
        return None;
    }
    serde_json::from_value(Json::Object(variant)).ok()
}
