//! Steps of scripts.

use mockdc_mocks::{HostName, Verb};

use super::{code_words, condition_says, kind_words, line_words, listed, verb_says};
use crate::{Draw, ScriptAct, ScriptStep};

/// What a script does, a line for each step; steps inside a step are indented by two blanks.
pub fn steps_say(steps: &[ScriptStep]) -> Vec<String> {
    steps.iter().flat_map(step_says).collect()
}

fn step_says(step: &ScriptStep) -> Vec<String> {
    let mut inner: Vec<String> = Vec::new();
    let mut indented = |steps: &[ScriptStep]| {
        inner.extend(steps_say(steps).into_iter().map(|line| format!("  {line}")));
    };
    let act = match &step.act {
        ScriptAct::Do { at, user, verb, arguments } => {
            let mut table = toml::Table::new();
            table.insert(verb.as_str().to_owned(), toml::Value::Table(arguments.clone()));
            let at = at.as_deref().map(HostName::from);
            let told = match toml::Value::Table(table).try_into::<Verb>() {
                Ok(verb) => verb_says(&verb, at.as_ref()),
                // Arguments that only kept values complete.
                Err(_) => {
                    let at = at.map_or("its own machine".to_owned(), |at| at.to_string());
                    format!("calls {at} to {}", kind_words(*verb, None))
                }
            };
            let user = user.as_ref().map_or_else(String::new, |user| format!(", as {}", user.user));
            format!("it {told}{user}")
        }
        ScriptAct::Wait { until, polling, every, limit } => {
            let limit = limit.map_or_else(String::new, |limit| format!(", for {limit} at most"));
            if let Some(polling) = polling {
                indented(std::slice::from_ref(polling));
            }
            let look = if polling.is_some() { " after this step" } else { "" };
            format!("it waits until {}, looking every {every}{look}{limit}", condition_says(until))
        }
        ScriptAct::Pause(span) => format!("it pauses for {span}"),
        ScriptAct::Keep { name, value } => format!("it keeps \"{value}\" as {name}"),
        ScriptAct::Draw { name, kind, length } => {
            let kind = match kind {
                Draw::Password => "password",
                Draw::Name => "name",
            };
            format!("it draws a {kind} of {length} characters and keeps it as {name}")
        }
        ScriptAct::Log { file, text, .. } => format!("it writes {} to {file}", line_words(text)),
        ScriptAct::If { condition, then, otherwise } => {
            indented(then);
            if !otherwise.is_empty() {
                inner.push("otherwise:".to_owned());
                inner.extend(steps_say(otherwise).into_iter().map(|line| format!("  {line}")));
            }
            format!("if {}:", condition_says(condition))
        }
        ScriptAct::Run { script } => format!("it runs the script \"{script}\""),
        ScriptAct::FirstOf(ways) => {
            for (number, way) in ways.iter().enumerate() {
                inner.push(format!("way {}:", number + 1));
                inner.extend(steps_say(way).into_iter().map(|line| format!("  {line}")));
            }
            "it tries these ways until one succeeds:".to_owned()
        }
        ScriptAct::Report { service, failed: None } => format!("it reports the service {service} as running"),
        ScriptAct::Report { service, failed: Some(code) } => {
            format!("it reports that the service {service} failed with {}", code_words(*code))
        }
        ScriptAct::End(0) => "it ends with success".to_owned(),
        ScriptAct::End(code) => format!("it ends with {}", code_words(*code)),
    };
    let mut line = act;
    if let Some(code) = step.require {
        line.push_str(&format!(
            ", which must be answered {}",
            if code == 0 { "with success".to_owned() } else { code_words(code) }
        ));
    }
    match &step.tolerate {
        Some(codes) if !codes.is_empty() => {
            let codes: Vec<String> = codes.iter().map(|code| code_words(*code)).collect();
            line.push_str(&format!("; {} will do as well", listed(&codes, "or")));
        }
        None if matches!(step.act, ScriptAct::Do { .. }) && step.require.is_none() => {
            line.push_str("; any answer will do")
        }
        _ => {}
    }
    if let Some(keep) = &step.keep {
        line.push_str(&format!("; it keeps the reply as {keep}"));
    }
    std::iter::once(line).chain(inner).collect()
}
