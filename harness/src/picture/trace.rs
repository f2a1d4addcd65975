//! A run as a trace that Chrome's `about:tracing` and Perfetto open: a process for each host, a thread for each lane.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::scene::{Bar, BarKind, Mark, Scene};

/// Writes the trace. Times are the scenario's, in microseconds; those before its start count from below zero.
pub fn trace(out: &mut dyn Write, scene: &Scene) -> io::Result<()> {
    let mut processes: BTreeMap<&str, usize> = BTreeMap::new();
    for lane in &scene.lanes {
        let next = processes.len() + 1;
        processes.entry(lane.host.as_str()).or_insert(next);
    }
    let process = |lane: usize| processes[scene.lanes[lane].host.as_str()];
    let mut events: Vec<Value> = Vec::new();
    for (host, id) in &processes {
        let name = if host.is_empty() { "faults and other hosts" } else { host };
        events.push(json!({ "ph": "M", "name": "process_name", "pid": id, "args": { "name": name } }));
    }
    for (number, lane) in scene.lanes.iter().enumerate() {
        let (pid, name) = (process(number), &lane.label);
        events.push(
            json!({ "ph": "M", "name": "thread_name", "pid": pid, "tid": number, "args": { "name": name } }),
        );
        events.push(json!({
            "ph": "M", "name": "thread_sort_index", "pid": pid, "tid": number, "args": { "sort_index": number },
        }));
    }
    for Bar { lane, from, to, kind, text, seq } in &scene.bars {
        let category = match kind {
            BarKind::Life => "life",
            BarKind::Wait => "wait",
            BarKind::TimedOut => "time-out",
            BarKind::Down => "down",
            BarKind::Fault => "fault",
        };
        events.push(json!({
            "ph": "X", "name": text, "cat": category, "pid": process(*lane), "tid": lane,
            "ts": from * 1_000, "dur": (to - from) * 1_000, "args": { "event": seq },
        }));
    }
    let mut places: BTreeMap<u64, &Mark> = BTreeMap::new();
    for mark in &scene.marks {
        places.insert(mark.seq, mark);
        events.push(json!({
            "ph": "i", "s": "t", "name": mark.text, "cat": mark.kind, "pid": process(mark.lane), "tid": mark.lane,
            "ts": mark.at * 1_000, "args": { "event": mark.seq, "actor": mark.actor, "cause": mark.cause },
        }));
    }
    for (id, arrow) in scene.arrows.iter().enumerate() {
        for (phase, seq) in [("s", arrow.from), ("f", arrow.to)] {
            let Some(mark) = places.get(&seq) else { continue };
            events.push(json!({
                "ph": phase, "bp": "e", "id": id, "name": "replication", "cat": "replication",
                "pid": process(mark.lane), "tid": mark.lane, "ts": mark.at * 1_000,
            }));
        }
    }
    let document = json!({ "displayTimeUnit": "ms", "traceEvents": events });
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}
