//! The table of FACTS.md against the sweeps: an assumption without one fails here.

use std::collections::BTreeSet;

const FACTS: &str = include_str!("../../../scenarios/FACTS.md");

/// The files with the sweeps. A sweep's name begins with the numbers of its assumptions: `a22_a30_…`.
const SWEEPS: [&str; 4] = [
    include_str!("client.rs"),
    include_str!("installs.rs"),
    include_str!("membership.rs"),
    include_str!("replication.rs"),
];

/// Assumptions without a value to sweep, and why.
const WITHOUT_A_VALUE: [(u32, &str); 13] = [
    (9, "fixed: every profile writes at the PDC; no key changes it"),
    (25, "fixed: a manual install runs as its user; no key changes it"),
    (26, "a reading of an article; what follows from it are the keys of A29"),
    (40, "not changed by any key: who is let in while Netlogon is stopped"),
    (41, "not changed by any key: the order of refusals"),
    (42, "a draw of the product's; the order of the controllers stands for it"),
    (44, "not changed by any key: what becomes of a name that was given up"),
    (45, "not changed by any key: whether partners find a rolled back controller out"),
    (46, "not changed by any key: a BDC that is ahead of its PDC"),
    (55, "not changed by any key: disabled computer accounts, and channels that stand"),
    (56, "not changed by any key: when joining takes effect"),
    (57, "not changed by any key: what an account's kind is told by"),
    (
        58,
        "not changed by any key: what a read-only controller answers; `mocks/tests/front/read_only.rs` has each",
    ),
];

fn assumed() -> BTreeSet<u32> {
    let number = |line: &str| line.strip_prefix("| A")?.split(' ').next()?.parse().ok();
    FACTS.lines().filter_map(number).collect()
}

fn swept() -> BTreeSet<u32> {
    let names =
        SWEEPS.iter().flat_map(|file| file.lines()).filter_map(|line| line.trim().strip_prefix("fn "));
    names
        .flat_map(|name| name.split('_').map_while(|part| part.strip_prefix('a')?.parse::<u32>().ok()))
        .collect()
}

#[test]
fn each_assumption_is_swept_or_says_why_it_has_no_value() {
    let (assumed, swept) = (assumed(), swept());
    assert!(assumed.len() > 25, "the table of FACTS.md is not where it was: {assumed:?}");
    let excused: BTreeSet<u32> = WITHOUT_A_VALUE.iter().map(|(number, _)| *number).collect();
    let missing: Vec<&u32> = assumed.iter().filter(|n| !swept.contains(n) && !excused.contains(n)).collect();
    assert!(missing.is_empty(), "assumptions without a sweep: {missing:?}");
    let idle: Vec<&u32> = excused.iter().filter(|n| swept.contains(n) || !assumed.contains(n)).collect();
    assert!(idle.is_empty(), "excused without need: {idle:?}");
    let unknown: Vec<&u32> = swept.iter().filter(|n| !assumed.contains(n)).collect();
    assert!(unknown.is_empty(), "swept, but not in the table: {unknown:?}");
}
