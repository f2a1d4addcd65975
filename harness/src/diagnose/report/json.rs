//! The report for machines.

use serde_json::{Value, json};

use super::super::history::{History, Part};
use super::super::input::Input;
use super::super::rules::{Diagnosis, Evidence};
use super::{Names, instant};

/// The form of the document; it grows when keys change their meaning.
const FORMAT: u32 = 1;

/// Everything that the text says, as one object.
pub fn json(input: &Input, diagnoses: &[Diagnosis<'_>], names: &Names) -> Value {
    let history = &input.history;
    let files: Vec<Value> = history
        .files
        .iter()
        .map(|file| {
            let shown: Vec<Value> = file
                .shown
                .iter()
                .map(|line| json!({ "line": line.line, "why": line.why, "text": names.hide(&line.text) }))
                .collect();
            json!({
                "path": names.hide(&file.path), "bytes": file.bytes, "lines": file.lines, "records": file.records,
                "unrecognised": file.unrecognised, "unread": file.unread, "unread-lines": shown,
                "dropped": file.dropped,
            })
        })
        .collect();
    let machines: Vec<Value> = history
        .machines
        .iter()
        .zip(&history.clocks)
        .map(|(machine, clock)| {
            json!({
                "name": names.of(&machine.name), "part": machine.part, "name-is-certain": machine.certain,
                "clock": (machine.part == Part::Client).then_some(clock),
            })
        })
        .collect();
    let waits: Vec<Value> = history
        .waits
        .iter()
        .map(|wait| {
            json!({
                "machine": names.of(&history.machines[wait.machine].name),
                "about": wait.about.as_deref().map(|name| names.of(name)), "step": wait.step, "code": wait.code,
                "looks": wait.looks, "lasted-ms": wait.lasted, "first-event": wait.first, "last-event": wait.last,
                "ended-by-event": wait.then,
            })
        })
        .collect();
    json!({
        "format": FORMAT,
        "files": files,
        "refused": input.refused.iter().map(|error| names.hide(&error.to_string())).collect::<Vec<_>>(),
        "machines": machines,
        "universal-time": history.in_universal_time(),
        "events": events(history, names),
        "waits": waits,
        "diagnoses": diagnoses.iter().map(|diagnosis| of(diagnosis, names)).collect::<Vec<_>>(),
    })
}

fn events(history: &History, names: &Names) -> Vec<Value> {
    let event = |number: usize| {
        let event = &history.events[number];
        json!({
            "at": history.when(number).map(instant), "machine": names.of(&history.machines[history.machine_of[number]].name),
            "about": history.about[number].as_deref().map(|name| names.of(name)), "file": event.file, "line": event.line,
            "last-line": event.last_line, "count": event.count, "lasted-ms": event.lasted(), "thread": event.thread,
            "component": &*event.component, "step": event.step.as_deref(), "code": event.code,
            "message": names.hide(&event.message),
        })
    };
    (0..history.events.len()).map(event).collect()
}

fn of(diagnosis: &Diagnosis<'_>, names: &Names) -> Value {
    let evidence = |evidence: &Evidence| {
        let facts: Vec<String> = evidence.grounds.facts.iter().map(|fact| names.hide(fact)).collect();
        json!({ "weight": evidence.weight, "says": evidence.says, "events": evidence.grounds.events, "facts": facts })
    };
    let situations: Vec<Value> = diagnosis
        .situations
        .iter()
        .map(|situation| {
            json!({
                "article": situation.rule.article, "title": situation.rule.title, "score": situation.score,
                "evidence": situation.evidence.iter().map(evidence).collect::<Vec<_>>(),
                "helps": situation.rule.remedy, "ask": situation.rule.ask,
            })
        })
        .collect();
    json!({
        "client": names.of(&diagnosis.client),
        "likeliest": diagnosis.likeliest().iter().map(|situation| &situation.rule.article).collect::<Vec<_>>(),
        "situations": situations,
    })
}
