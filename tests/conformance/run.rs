//! Generating sequences, running them at the fake and at a subject, and making a failing one small.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::compare::{Difference, Subject};
use crate::known::Known;
use crate::play::{play, strange};
use crate::sequence::{Sequence, sequences};
use crate::stated::stated;

/// How long a run is, and from where.
pub(crate) struct Plan {
    sequences: u64,
    seed: u64,
    /// How many domains of Samba play side by side.
    pub(crate) domains: usize,
    /// How many sequences each plays before another takes its place.
    pub(crate) life: u64,
}

impl Plan {
    /// `MOCKDC_CONFORMANCE` sequences from the seed `MOCKDC_CONFORMANCE_SEED`; by default so many from 1. On Samba
    /// `MOCKDC_CONFORMANCE_DOMAINS` domains share them, three unless said otherwise, and each makes room for a new one
    /// after `MOCKDC_CONFORMANCE_LIFE` sequences, 150 unless said otherwise: each leaves its accounts and tombstones.
    pub(crate) fn from_environment(by_default: u64) -> Plan {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        Plan {
            sequences: number("MOCKDC_CONFORMANCE").unwrap_or(by_default),
            seed: number("MOCKDC_CONFORMANCE_SEED").unwrap_or(1),
            domains: number("MOCKDC_CONFORMANCE_DOMAINS").map_or(3, |count| count.clamp(1, 8) as usize),
            life: number("MOCKDC_CONFORMANCE_LIFE").unwrap_or(150),
        }
    }
}

/// What a run came to.
#[derive(Default)]
pub(crate) struct Report {
    sequences: u64,
    /// How many it should be.
    planned: u64,
    seed: u64,
    pub(crate) operations: u64,
    pub(crate) synchronisations: u64,
    pub(crate) pictures: u64,
    pub(crate) ended_early: u64,
    /// How many were played once more at the fake's front, for what only a client of LDAP sees.
    pub(crate) witnessed: u64,
    broken_down: u64,
    took: Duration,
    /// What each subject tells of itself.
    told: Vec<String>,
    met: BTreeMap<String, u64>,
    vanished: Vec<String>,
    /// What is not listed, by its kind.
    failures: BTreeMap<String, Failure>,
    /// Every difference, listed or not, once each.
    pub(crate) differences: BTreeMap<String, u64>,
}

impl Report {
    /// Whether every difference is listed, every listed one has occurred that should, every sequence was played, and
    /// hardly any subject broke down meanwhile: a run must not become green by breaking down.
    pub(crate) fn is_clean(&self) -> bool {
        self.failures.is_empty()
            && self.vanished.is_empty()
            && self.sequences == self.planned
            && self.broken_down <= most_breakdowns(self.sequences)
    }

    /// Adds what another subject of the same run came to.
    fn take(&mut self, other: Report) {
        self.sequences += other.sequences;
        self.operations += other.operations;
        self.synchronisations += other.synchronisations;
        self.pictures += other.pictures;
        self.ended_early += other.ended_early;
        self.witnessed += other.witnessed;
        self.broken_down += other.broken_down;
        self.told.extend(other.told);
        for (name, times) in other.met {
            *self.met.entry(name).or_default() += times;
        }
        for (kind, times) in other.differences {
            *self.differences.entry(kind).or_default() += times;
        }
        for (kind, failure) in other.failures {
            match self.failures.get_mut(&kind) {
                Some(known) => {
                    known.times += failure.times;
                    known.example = known.example.take().or(failure.example);
                }
                None => drop(self.failures.insert(kind, failure)),
            }
        }
    }
}

/// So many breakdowns are borne in a run of so many sequences: one, and one more with each 500.
fn most_breakdowns(sequences: u64) -> u64 {
    1 + sequences / 500
}

/// A difference that is not listed, with a sequence that shows it.
struct Failure {
    times: u64,
    example: Option<String>,
}

/// So many kinds of differences end a run: more would hardly be read.
const MOST_KINDS: usize = 30;
/// How long a sequence may take to be made small, and in how many attempts.
const SMALLER_WITHIN: Duration = Duration::from_secs(20);
const SMALLER_ATTEMPTS: u32 = 25;

/// Which sequences are left, and which kinds of differences somebody has made small: what the subjects of a run share.
struct Shared {
    stated: RefCell<VecDeque<(&'static str, Sequence)>>,
    next: Cell<u64>,
    end: u64,
    kinds: RefCell<BTreeSet<String>>,
}

/// Runs the suite against subjects of one sort, which may differ from the fake in what is `known`. Each sequence is
/// played at one of them, whichever is free.
pub(crate) async fn run(subjects: &mut [impl Subject], plan: &Plan, known: Known) -> Report {
    let began = Instant::now();
    let end = plan.seed + plan.sequences;
    let first = RefCell::new(stated().into());
    let shared = Shared { stated: first, next: Cell::new(plan.seed), end, kinds: RefCell::default() };
    let all = subjects.iter_mut().map(|subject| work(subject, &shared, known.clone()));
    let mut report = Report { seed: plan.seed, planned: plan.sequences, ..Report::default() };
    for part in futures::future::join_all(all).await {
        report.take(part);
    }
    report.took = began.elapsed();
    if report.failures.is_empty() {
        report.vanished = known.vanished(report.sequences, &report.met);
    }
    report
}

/// Plays sequences at one subject until none is left.
async fn work(subject: &mut impl Subject, shared: &Shared, mut known: Known) -> Report {
    let mut report = Report::default();
    // No two runs against one domain share names, and shrinking takes new ones.
    let mut number = 0;
    loop {
        let Some((name, sequence)) = shared.stated.borrow_mut().pop_front() else { break };
        let found = play(subject, &sequence, &mut number, &mut known, &mut report).await;
        println!("stated, {name}: {}", found.as_ref().map_or("as the fake".to_owned(), ToString::to_string));
        if let Some(failure) = found {
            let example = format!("stated, {name}: {failure}\n{}", told(&sequence));
            let failures = &mut report.failures;
            failures.entry(failure.kind()).or_insert(Failure { times: 0, example: Some(example) }).times += 1;
        }
    }
    let strategy = sequences();
    while shared.next.get() < shared.end && shared.kinds.borrow().len() < MOST_KINDS {
        let seed = shared.next.replace(shared.next.get() + 1);
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let Ok(tree) = strategy.new_tree(&mut runner) else { continue };
        let sequence = tree.current();
        let (started, before) = (Instant::now(), report.operations);
        let mut found = play(subject, &sequence, &mut number, &mut known, &mut report).await;
        if found.is_some()
            && let Some(reason) = subject.broken().await
        {
            // A subject that has broken down says nothing about the fake: a new one decides.
            println!("seed {seed}: broken down and begun again: {reason}");
            report.broken_down += 1;
            found = match subject.renew().await {
                Ok(()) => play(subject, &sequence, &mut number, &mut known, &mut report).await,
                Err(problem) => Some(strange(0, 0, "renew", problem)),
            };
        }
        report.sequences += 1;
        println!(
            "seed {seed}: {} operations, {} ms{}",
            report.operations - before,
            started.elapsed().as_millis(),
            found.as_ref().map(|difference| format!("; {difference}")).unwrap_or_default()
        );
        let Some(failure) = found else { continue };
        // One example of each kind, made small, is enough: the others are counted.
        let kind = failure.kind();
        let failures = report.failures.entry(kind.clone()).or_insert(Failure { times: 0, example: None });
        failures.times += 1;
        if !shared.kinds.borrow_mut().insert(kind.clone()) {
            continue;
        }
        // What a smaller sequence meets of what is known counts for nothing.
        let example = smaller(subject, sequence, tree, failure, (&mut number, &mut known.clone())).await;
        let file = std::env::temp_dir().join(format!("mockdc-conformance-{seed}.txt"));
        let text = format!("seed {seed}: {example}");
        let kept = std::fs::write(&file, &text)
            .map_or_else(|error| error.to_string(), |()| file.display().to_string());
        let example = Some(format!("{text}    written to {kept}"));
        report.failures.entry(kind).and_modify(|failure| failure.example = example);
    }
    report.told.extend(subject.told());
    report.met = known.into_met();
    report
}

/// Makes a failing sequence small: what follows the difference goes first, then what proptest finds needless, as long
/// as the difference is of the same kind.
async fn smaller(
    subject: &mut impl Subject,
    mut smallest: Sequence,
    mut tree: impl ValueTree<Value = Sequence>,
    mut failure: Difference,
    (number, known): (&mut u64, &mut Known),
) -> String {
    let (kind, end) = (failure.kind(), Instant::now() + SMALLER_WITHIN);
    smallest.steps.truncate(failure.step + 1);
    for _ in 0..SMALLER_ATTEMPTS {
        if Instant::now() > end || !tree.simplify() {
            break;
        }
        let mut again = tree.current();
        let mut scratch = Report::default();
        match play(subject, &again, number, known, &mut scratch).await {
            Some(difference) if difference.kind() == kind => {
                again.steps.truncate(difference.step + 1);
                (failure, smallest) = (difference, again);
            }
            _ => {
                if !tree.complicate() {
                    break;
                }
            }
        }
    }
    format!("{failure}\n{}", told(&smallest))
}

fn told(sequence: &Sequence) -> String {
    let mut text = format!("    policy {}\n", sequence.circumstances());
    for (number, step) in sequence.steps.iter().enumerate() {
        text += &format!("    {number}: {step:?}\n");
    }
    text
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} sequences from seed {}, {} operations, {} synchronisations, {} pictures compared, {} ended early, {} \
             witnessed at the front, {:.1} s",
            self.sequences,
            self.seed,
            self.operations,
            self.synchronisations,
            self.pictures,
            self.ended_early,
            self.witnessed,
            self.took.as_secs_f64()
        )?;
        for told in &self.told {
            writeln!(f, "{told}")?;
        }
        if self.broken_down > 0 {
            let most = most_breakdowns(self.sequences);
            writeln!(f, "broken down and begun again: {} times; {most} are borne", self.broken_down)?;
        }
        for (name, times) in &self.met {
            writeln!(f, "listed and met: {name}, {times} times")?;
        }
        for name in &self.vanished {
            writeln!(f, "listed, and no longer met: {name}; take it out of tests/conformance/known")?;
        }
        for (kind, Failure { times, example }) in &self.failures {
            writeln!(f, "not listed, {times} times: {kind}\n  {}", example.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }
}
