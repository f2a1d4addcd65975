//! What goes wrong between hosts, in windows that end.

use proptest::prelude::*;

use crate::property::Fault;
use crate::text::span;

/// Up to `most` faults between `PDC1` and the backup controllers, or of these, all over before `until` (milliseconds).
/// None of them keeps an operator at the PDC from writing there.
pub fn faults_of_replication(bdcs: usize, until: i64, most: usize) -> impl Strategy<Value = Vec<Fault>> {
    let one = (0..7_usize, 0..bdcs.max(1), 0..until / 2, 1..=until / 2);
    prop::collection::vec(one, 0..=most).prop_map(move |list| {
        let numbered = list.into_iter().enumerate();
        numbered
            .map(|(number, (kind, bdc, from, lasts))| fault(number, kind, bdc + 1, from, from + lasts))
            .collect()
    })
}

fn fault(number: usize, kind: usize, bdc: usize, from: i64, until: i64) -> Fault {
    let what = match kind {
        0 => format!("partition = {{ from = [\"BDC{bdc}\"], to = [\"PDC1\"] }}"),
        1 => format!("partition = {{ from = [\"PDC1\"], to = [\"BDC{bdc}\"], one-way = true }}"),
        2 => format!("partition = {{ from = [\"BDC{bdc}\"], to = [\"PDC1\"], one-way = true }}"),
        3 => format!("hold = {{ at = [\"BDC{bdc}\"] }}"),
        4 => format!(
            "slow = {{ between = [\"PDC1\", \"BDC{bdc}\"], latency = \"2s\", bandwidth = \"9600bit/s\" }}"
        ),
        5 => format!("pause = {{ at = \"BDC{bdc}\" }}"),
        _ => format!("crash = {{ at = \"BDC{bdc}\" }}"),
    };
    let lines = format!("{what}\nfrom = \"{}\"\nuntil = \"{}\"", span(from), span(until));
    Fault { name: format!("fault-{number}"), lines }
}

/// Up to `most` faults of any kind at any of `hosts`, with counts and without, over before `until` (milliseconds).
pub fn faults(hosts: Vec<String>, until: i64, most: usize) -> impl Strategy<Value = Vec<Fault>> {
    let counts = prop_oneof![2 => Just(String::new()), 1 => (1..4_u32).prop_map(|n| format!("count = {{ first = {n} }}\n")),
        1 => (2..4_u32).prop_map(|n| format!("count = {{ every = {n} }}\n"))];
    let places = (0..hosts.len(), 1..hosts.len().max(2));
    let verbs = prop::sample::select(vec![
        "user-add",
        "user-info",
        "service-start",
        "share-connect",
        "process-launch",
    ]);
    let codes = prop::sample::select(vec![5_u32, 53, 67, 1069, 1219, 1311, 1326, 1722, 2221, 2245]);
    let one = (0..9_usize, places, 0..until / 2, 1..=until / 2, counts, verbs, codes);
    prop::collection::vec(one, 0..=most).prop_map(move |list| {
        let mut faults = Vec::new();
        for (number, (kind, (one, step), from, lasts, count, verb, code)) in list.into_iter().enumerate() {
            let (one, other) = (&hosts[one], &hosts[(one + step) % hosts.len()]);
            let counted = if matches!(kind, 5 | 7) { "" } else { &count };
            let what = match kind {
                _ if one == other => format!("pause = {{ at = \"{one}\" }}"),
                0 => format!("partition = {{ from = [\"{one}\"], to = [\"{other}\"] }}"),
                1 => format!("partition = {{ from = [\"{one}\"], to = [\"{other}\"], one-way = true }}"),
                2 => format!("slow = {{ between = [\"{one}\", \"{other}\"], latency = \"2s\" }}"),
                3 => format!("drop = {{ verb = \"{verb}\", at = \"{one}\", timeout = \"30s\" }}"),
                4 => format!("pause = {{ at = \"{one}\" }}"),
                5 => format!("crash = {{ at = \"{one}\" }}"),
                6 => format!("refuse = {{ verb = \"{verb}\", at = \"{one}\", code = {code} }}"),
                7 => format!("clock-skew = {{ at = \"{one}\", by = \"-10m\" }}"),
                _ => format!("refuse = {{ verb = \"{verb}\", code = {code} }}"),
            };
            let lines =
                format!("{what}\nfrom = \"{}\"\nuntil = \"{}\"\n{counted}", span(from), span(from + lasts));
            faults.push(Fault { name: format!("fault-{number}"), lines });
        }
        faults
    })
}
