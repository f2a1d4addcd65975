//! A search for values with which a scenario fails, and for the smallest scenario that still does.

use std::cell::{Cell, RefCell};

use mockdc_scenarios::{Amount, Draft, Setting, Values, Variable};
use proptest::strategy::{BoxedStrategy, Strategy};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde::Serialize;

use super::trial::{Answer, Ends, Trial};

/// Steps in which a failure is made smaller, at most.
const SHRINKS: u32 = 2_000;

/// Kinds of tables that may be taken out of a scenario that fails, if it fails without them in the same way.
const DISPENSABLE: &[&str] = &[
    "rule",
    "expect",
    "fault",
    "step",
    "script",
    "link",
    "policy",
    "right",
    "group",
    "user",
    "client",
    "machine",
    "site-server",
    "dc",
];

/// Times that all tables are gone through.
const PASSES: usize = 3;

/// What was found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Exploration {
    /// The scenario.
    pub scenario: String,
    /// Combinations that were tried.
    pub tried: u32,
    /// Of these, combinations with which the scenario is not possible.
    pub refused: u32,
    /// Combinations that cannot be told.
    pub open: u32,
    /// The failure, made small; nothing when none was found.
    pub failure: Option<Failure>,
}

/// A failure, made small.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Failure {
    /// The values that differ from those of the file, in the order of the variables.
    pub settings: Vec<(String, Setting)>,
    /// The seed of the run.
    pub seed: u64,
    /// How it ended.
    pub ends: Ends,
    /// Why.
    pub why: String,
    /// Tables that the failure does not need, and that are taken out.
    pub taken_out: Vec<String>,
    /// The scenario that fails.
    #[serde(skip)]
    pub draft: Draft,
}

/// Looks for a failure: tries the file's own values first, then `cases` combinations drawn under `seed`.
pub fn explore(trial: &Trial, variables: &[Variable], cases: u32, seed: u64) -> Exploration {
    let (refused, open, tried) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let found: RefCell<Option<Answer>> = RefCell::new(None);
    let mut runner = TestRunner::new_with_rng(
        Config {
            cases,
            max_shrink_iters: SHRINKS,
            failure_persistence: None,
            source_file: None,
            ..Config::default()
        },
        rng(seed),
    );
    let strategy: Vec<BoxedStrategy<(u8, i64)>> = variables.iter().map(strategy).collect();
    let attempt = |draws: Vec<(u8, i64)>| {
        let settings: Vec<Setting> =
            variables.iter().zip(&draws).map(|(variable, draw)| setting(variable, *draw)).collect();
        let pairs: Vec<_> = variables
            .iter()
            .zip(&settings)
            .map(|(variable, setting)| (&variable.key, setting.clone()))
            .collect();
        let answer = trial.answer(&pairs);
        tried.set(tried.get() + 1);
        match answer.ends {
            Ends::Holds => return Ok(()),
            Ends::Refused => {
                refused.set(refused.get() + 1);
                return Ok(());
            }
            Ends::Open => {
                open.set(open.get() + 1);
                return Ok(());
            }
            Ends::Fails | Ends::Bug => {}
        }
        // While it is made smaller it stays the same failure.
        let mut found = found.borrow_mut();
        if found.as_ref().is_some_and(|first| first.about != answer.about) {
            return Ok(());
        }
        found.get_or_insert(answer);
        Err(TestCaseError::fail("fails"))
    };
    let own = vec![(0, 0); variables.len()];
    let failing = match attempt(own.clone()) {
        Err(_) => Some(own),
        Ok(()) => match runner.run(&strategy, attempt) {
            Err(TestError::Fail(_, draws)) => Some(draws),
            Err(TestError::Abort(_)) | Ok(()) => None,
        },
    };
    let failure = failing.and_then(|draws| failure(trial, variables, &draws));
    Exploration {
        scenario: trial.name.clone(),
        tried: tried.get(),
        refused: refused.get(),
        open: open.get(),
        failure,
    }
}

fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// A side and a distance from the value of the file, so that what is drawn shrinks towards that value.
fn strategy(variable: &Variable) -> BoxedStrategy<(u8, i64)> {
    match &variable.values {
        Values::Range { .. } => {
            let (origin, from, to, step) = range(variable);
            let (up, down) = ((to - origin) / step, (origin - from) / step);
            let sides = if down == 0 { 0..=0_u8 } else { 0..=1_u8 };
            (sides, 0..=up.max(down).max(0)).boxed()
        }
        Values::List(list) => (0..=0_u8, 0..=(list.len() as i64 - 1).max(0)).boxed(),
    }
}

/// The file's own value, the ends, and the step, as numbers.
fn range(variable: &Variable) -> (i64, i64, i64, i64) {
    let Values::Range { from, to } = &variable.values else { return (0, 0, 0, 1) };
    let own = match variable.key.value() {
        Some(Setting::Amount(own)) => own.value.clamp(from.value, to.value),
        _ => from.value,
    };
    // Steps of a second make no sense between milliseconds.
    let unit = from.dimension.resolution().value;
    let step = if [own, from.value, to.value].iter().all(|value| value % unit == 0) { unit } else { 1 };
    (own, from.value, to.value, step)
}

fn setting(variable: &Variable, (side, distance): (u8, i64)) -> Setting {
    match &variable.values {
        Values::Range { from, .. } => {
            let (origin, least, most, step) = range(variable);
            let by = distance.saturating_mul(step);
            let value = if side == 0 { origin.saturating_add(by) } else { origin.saturating_sub(by) };
            Setting::Amount(Amount { value: value.clamp(least, most), ..*from })
        }
        Values::List(list) => {
            // The file's own value first, where it is among them.
            let own =
                variable.key.value().and_then(|own| list.iter().position(|value| value == own)).unwrap_or(0);
            let place = usize::try_from(distance).unwrap_or(0) % list.len().max(1);
            let place = match place {
                0 => own,
                place if place <= own => place - 1,
                place => place,
            };
            list[place].clone()
        }
    }
}

/// The failure of these draws, with everything taken out that it does not need.
fn failure(trial: &Trial, variables: &[Variable], draws: &[(u8, i64)]) -> Option<Failure> {
    let mut small = trial.clone();
    let mut settings = Vec::new();
    for (variable, draw) in variables.iter().zip(draws) {
        let setting = setting(variable, *draw);
        if variable.key.value() != Some(&setting) {
            small.draft = small.draft.with(&variable.key, &setting);
            settings.push((variable.key.path.clone(), setting));
        }
    }
    small.draft = small.draft.without_table("vary");
    let answer = small.answer(&[]);
    let seed = answer.seed.filter(|_| matches!(answer.ends, Ends::Fails | Ends::Bug))?;
    small.seeds = seed..=seed;
    let mut taken_out = Vec::new();
    for _ in 0..PASSES {
        let before = taken_out.len();
        for kind in DISPENSABLE {
            for index in (0..small.draft.count(kind)).rev() {
                let less = Trial { draft: small.draft.without_item(kind, index), ..small.clone() };
                let still = less.answer(&[]);
                if still.ends == answer.ends && still.about == answer.about {
                    small = less;
                    taken_out.push(format!("[[{kind}]]"));
                }
            }
        }
        if taken_out.len() == before {
            break;
        }
    }
    let why = small.answer(&[]).why.unwrap_or_default();
    Some(Failure { settings, seed, ends: answer.ends, why, taken_out, draft: small.draft.seeded(seed) })
}
