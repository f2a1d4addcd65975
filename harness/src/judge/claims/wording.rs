//! Patterns, conditions and numbers in the words of the scenario language.

use serde::Serialize;
use serde_json::Value as Json;

/// A part of a claim as the language writes it, without what is left open.
pub(super) fn worded(part: &impl Serialize) -> String {
    let mut out = String::new();
    match serde_json::to_value(part) {
        Ok(json) => put(&json, &mut out),
        Err(error) => out = error.to_string(),
    }
    out
}

fn put(json: &Json, out: &mut String) {
    match json {
        Json::Null => out.push_str("nothing"),
        Json::Bool(flag) => out.push_str(&flag.to_string()),
        Json::Number(number) => out.push_str(&number.to_string()),
        Json::String(text) => out.push_str(text),
        Json::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                put(item, out);
            }
            out.push(']');
        }
        Json::Object(fields) => {
            for (place, (name, value)) in fields.iter().filter(|(_, value)| !value.is_null()).enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                out.push_str(name);
                if let Json::Object(inner) = value {
                    if inner.values().all(Json::is_null) {
                        continue;
                    }
                    out.push_str(" { ");
                    put(value, out);
                    out.push_str(" }");
                } else {
                    out.push(' ');
                    put(value, out);
                }
            }
        }
    }
}
