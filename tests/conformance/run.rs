//! Generating sequences, running them at the fake and at a subject, and making a failing one small.

use std::fmt;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::compare::{Answer, Difference, Subject, differences};
use crate::direct::Direct;
use crate::known::Known;
use crate::picture::DUPLICATE;
use crate::sequence::{Names, Sequence, Step, sequences};

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
    operations: u64,
    synchronisations: u64,
    pictures: u64,
    ended_early: u64,
    took: Duration,
    met: Vec<(String, u64)>,
    vanished: Vec<String>,
    /// What is not listed, with the sequence made small.
    failures: Vec<String>,
    /// Every difference, listed or not, once each.
    pub(crate) differences: std::collections::BTreeMap<String, u64>,
}

impl Report {
    /// Whether every difference is listed, and every listed one has occurred that should.
    pub(crate) fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.vanished.is_empty()
    }
}

/// Runs the suite against a subject.
pub(crate) async fn run(subject: &mut impl Subject, plan: &Plan) -> Report {
    let mut known = Known::read();
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
        let Ok(mut tree) = strategy.new_tree(&mut runner) else { continue };
        let sequence = tree.current();
        let found = play(subject, &sequence, &mut number, &mut known, &mut report).await;
        report.sequences += 1;
        let Some(mut failure) = found else { continue };
        let (mut smallest, mut left) = (sequence, 60);
        while left > 0 && tree.simplify() {
            left -= 1;
            let mut again = tree.current();
            let mut scratch = Report::default();
            match play(subject, &again, &mut number, &mut known, &mut scratch).await {
                Some(difference) if difference.what == failure.what => {
                    failure = difference;
                    std::mem::swap(&mut smallest, &mut again);
                }
                _ => {
                    if !tree.complicate() {
                        break;
                    }
                }
            }
        }
        let text = format!("seed {seed}: {failure}\n{}", told(&smallest));
        let file = std::env::temp_dir().join(format!("mockdc-conformance-{seed}.txt"));
        let kept = std::fs::write(&file, &text)
            .map_or_else(|error| error.to_string(), |()| file.display().to_string());
        report.failures.push(format!("{text}    written to {kept}"));
        if report.failures.len() >= 12 {
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

/// Plays a sequence at both; gives the first difference that is not listed. A listed one ends the sequence where the two
/// have gone different ways.
async fn play(
    subject: &mut impl Subject,
    sequence: &Sequence,
    number: &mut u64,
    known: &mut Known,
    report: &mut Report,
) -> Option<Difference> {
    *number += 1;
    let names = Names(*number);
    let mut fake = Direct::new();
    let policy = format!("{:?}", sequence.policy);
    for begun in [fake.begin(names, sequence).await, subject.begin(names, sequence).await] {
        if let Err(problem) = begun {
            return Some(strange(0, 0, "begin", problem));
        }
    }
    for (step, action) in sequence.steps.iter().enumerate() {
        let mut found = Vec::new();
        match action {
            Step::Act { at, act } => {
                report.operations += 1;
                let (one, other) = (fake.act(step, *at, act).await, subject.act(step, *at, act).await);
                if one != other {
                    let what = act.verb(names).kind().to_string();
                    found.push(Difference {
                        step,
                        at: *at,
                        what,
                        attribute: String::new(),
                        account: String::new(),
                        fake: one.to_string(),
                        subject: other.to_string(),
                    });
                }
            }
            Step::Synchronize { to } => {
                report.synchronisations += 1;
                found.extend(look(&mut fake, subject, step, report).await);
                if found.is_empty() {
                    let (one, other) =
                        (fake.synchronize(step, *to).await, subject.synchronize(step, *to).await);
                    if one != other {
                        let word = |done: bool| if done { "done" } else { "refused" }.to_owned();
                        found.push(Difference {
                            fake: word(one),
                            subject: word(other),
                            ..strange(step, *to, "synchronize", String::new())
                        });
                    }
                    found.extend(look(&mut fake, subject, step, report).await);
                }
            }
            Step::Part | Step::Heal => {
                let parted = matches!(action, Step::Part);
                if let Err(problem) = subject.part(step, parted).await {
                    return Some(strange(step, 0, "part", problem));
                }
            }
        }
        if found.is_empty() && step + 1 == sequence.steps.len() {
            found = look(&mut fake, subject, step, report).await;
        }
        for difference in &found {
            let key = format!(
                "{} {} fake={} subject={}",
                difference.what, difference.attribute, difference.fake, difference.subject
            );
            if difference.what != "picture" || difference.attribute != "groups" {
                *report.differences.entry(key).or_default() += 1;
            }
            if !known.meets(difference, &policy) {
                return Some(difference.clone());
            }
        }
        let conflict = match fake.picture(step, 0).await {
            Ok(picture) => picture.contains_key(DUPLICATE),
            Err(_) => true,
        };
        if !found.is_empty() || conflict {
            report.ended_early += 1;
            break;
        }
    }
    None
}

/// Both controllers at both.
async fn look(
    fake: &mut Direct,
    subject: &mut impl Subject,
    step: usize,
    report: &mut Report,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for at in 0..2 {
        report.pictures += 1;
        match (fake.picture(step, at).await, subject.picture(step, at).await) {
            (Ok(one), Ok(other)) => found.extend(differences(step, at, &one, &other)),
            (Err(problem), _) | (_, Err(problem)) => found.push(strange(step, at, "picture", problem)),
        }
    }
    found
}

fn strange(step: usize, at: usize, what: &str, subject: String) -> Difference {
    let fake = Answer::Done.to_string();
    Difference {
        step,
        at,
        what: what.to_owned(),
        attribute: String::new(),
        account: String::new(),
        fake,
        subject,
    }
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
        for failure in &self.failures {
            writeln!(f, "not listed: {failure}")?;
        }
        Ok(())
    }
}
