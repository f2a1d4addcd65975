//! Generating sequences, running them at the fake and at a subject, and making a failing one small.

use std::fmt;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::compare::{Difference, Subject};
use crate::known::Known;
use crate::play::play;
use crate::sequence::{Sequence, sequences};

/// How long a run is, and from where.
pub(crate) struct Plan {
    sequences: u64,
    seed: u64,
}

impl Plan {
    /// `MOCKDC_CONFORMANCE` sequences from the seed `MOCKDC_CONFORMANCE_SEED`; by default so many from 1.
    pub(crate) fn from_environment(by_default: u64) -> Plan {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        Plan {
            sequences: number("MOCKDC_CONFORMANCE").unwrap_or(by_default),
            seed: number("MOCKDC_CONFORMANCE_SEED").unwrap_or(1),
        }
    }
}

/// What a run came to.
#[derive(Default)]
pub(crate) struct Report {
    sequences: u64,
    seed: u64,
    pub(crate) operations: u64,
    pub(crate) synchronisations: u64,
    pub(crate) pictures: u64,
    pub(crate) ended_early: u64,
    took: Duration,
    met: Vec<(String, u64)>,
    vanished: Vec<String>,
    /// What is not listed, by its kind.
    failures: std::collections::BTreeMap<String, Failure>,
    /// Every difference, listed or not, once each.
    pub(crate) differences: std::collections::BTreeMap<String, u64>,
}

impl Report {
    /// Whether every difference is listed, and every listed one has occurred that should.
    pub(crate) fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.vanished.is_empty()
    }
}

/// A difference that is not listed, with a sequence that shows it.
struct Failure {
    times: u64,
    example: String,
}

/// So many kinds of differences end a run: more would hardly be read.
const MOST_KINDS: usize = 30;
/// How long a sequence may take to be made small, and in how many attempts.
const SMALLER_WITHIN: Duration = Duration::from_secs(20);
const SMALLER_ATTEMPTS: u32 = 25;

/// Runs the suite against a subject, which may differ in what is `known`.
pub(crate) async fn run(subject: &mut impl Subject, plan: &Plan, mut known: Known) -> Report {
    let mut report = Report { seed: plan.seed, ..Report::default() };
    let began = Instant::now();
    // No two runs against one domain share names, and shrinking takes new ones.
    let mut number = 0;
    let strategy = sequences();
    for seed in plan.seed..plan.seed + plan.sequences {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let Ok(tree) = strategy.new_tree(&mut runner) else { continue };
        let sequence = tree.current();
        let (started, before) = (Instant::now(), report.operations);
        let found = play(subject, &sequence, &mut number, &mut known, &mut report).await;
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
        let example = match report.failures.get_mut(&kind) {
            Some(failures) => {
                failures.times += 1;
                continue;
            }
            // What a smaller sequence meets of what is known counts for nothing.
            None => smaller(subject, sequence, tree, failure, (&mut number, &mut known.clone())).await,
        };
        let file = std::env::temp_dir().join(format!("mockdc-conformance-{seed}.txt"));
        let text = format!("seed {seed}: {example}");
        let kept = std::fs::write(&file, &text)
            .map_or_else(|error| error.to_string(), |()| file.display().to_string());
        report.failures.insert(kind, Failure { times: 1, example: format!("{text}    written to {kept}") });
        if report.failures.len() >= MOST_KINDS {
            break;
        }
    }
    report.took = began.elapsed();
    report.met = known.met().iter().map(|(name, times)| (name.clone(), *times)).collect();
    if report.failures.is_empty() {
        report.vanished = known.vanished(report.sequences);
    }
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
    let mut text = format!("    policy {:?}\n", sequence.policy);
    for (number, step) in sequence.steps.iter().enumerate() {
        text += &format!("    {number}: {step:?}\n");
    }
    text
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} sequences from seed {}, {} operations, {} synchronisations, {} pictures compared, {} ended early, {:.1} s",
            self.sequences,
            self.seed,
            self.operations,
            self.synchronisations,
            self.pictures,
            self.ended_early,
            self.took.as_secs_f64()
        )?;
        for (name, times) in &self.met {
            writeln!(f, "listed and met: {name}, {times} times")?;
        }
        for name in &self.vanished {
            writeln!(f, "listed, and no longer met: {name}; take it out of tests/conformance/known")?;
        }
        for (kind, Failure { times, example }) in &self.failures {
            writeln!(f, "not listed, {times} times: {kind}\n  {example}")?;
        }
        Ok(())
    }
}
