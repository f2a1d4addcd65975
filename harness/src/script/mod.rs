//! The script actor: any other bootstrap, stated in the scenario file.

mod memory;
mod verbs;

/// The name that a unit variant has in scenario files: `must-change-password`.
fn kebab(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
