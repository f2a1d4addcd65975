//! A search for values with which a scenario fails, and for the smallest scenario that still does.

use mockdc_scenarios::{Amount, Draft, Setting, Values, Variable};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::Serialize;

use super::parallel::parallel;
use super::trial::{Answer, Ends, Trial};

/// Steps in which a failure is made smaller, at most.
const SHRINKS: u32 = 2_000;

/// Combinations that are tried at once, for each thread.
const AHEAD: usize = 4;

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
    "case",
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

impl Exploration {
    /// Before anything is tried.
    fn none(scenario: &str) -> Exploration {
        Exploration { scenario: scenario.to_owned(), tried: 0, refused: 0, open: 0, failure: None }
    }
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

/// Looks for a failure: tries the file's own values first, then `cases` combinations drawn under `seed`. What is found,
/// and every count, is the same whatever the number of `jobs`.
pub fn explore(trial: &Trial, variables: &[Variable], cases: u32, seed: u64, jobs: usize) -> Exploration {
    let mut search = Search { trial, variables, jobs: jobs.max(1), explored: Exploration::none(&trial.name) };
    let own = vec![(0, 0); variables.len()];
    let answer = search.answer(&own);
    let found = match search.count(&answer) {
        true => Some((own, answer)),
        false => search.draw(cases, seed),
    };
    let failure = found.and_then(|(draws, answer)| search.small(&draws, &answer));
    Exploration { failure, ..search.explored }
}

/// For each variable the side and the distance from the value of the file.
type Draws = Vec<(u8, i64)>;

/// A search that is under way.
struct Search<'s> {
    trial: &'s Trial,
    variables: &'s [Variable],
    jobs: usize,
    explored: Exploration,
}

impl Search<'_> {
    fn answer(&self, draws: &[(u8, i64)]) -> Answer {
        let drawn = self.variables.iter().zip(draws);
        let settings: Vec<_> =
            drawn.map(|(variable, draw)| (&variable.key, setting(variable, *draw))).collect();
        self.trial.answer(&settings)
    }

    /// Counts an answer, and says whether it is a failure.
    fn count(&mut self, answer: &Answer) -> bool {
        self.explored.tried += 1;
        match answer.ends {
            Ends::Holds => {}
            Ends::Refused => self.explored.refused += 1,
            Ends::Open => self.explored.open += 1,
            Ends::Fails | Ends::Bug => return true,
        }
        false
    }

    /// Draws combinations until one fails, and makes the values of the first that does smaller. Several are tried at
    /// once; those that were drawn after the first failure count for nothing.
    fn draw(&mut self, cases: u32, seed: u64) -> Option<(Draws, Answer)> {
        let config = Config { failure_persistence: None, source_file: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, rng(seed));
        let strategy: Vec<BoxedStrategy<(u8, i64)>> = self.variables.iter().map(strategy).collect();
        let mut left = usize::try_from(cases).unwrap_or(usize::MAX);
        while left > 0 {
            let at_once = left.min(self.jobs * AHEAD);
            left -= at_once;
            // Ranges and choices reject nothing, so that there is a tree for each.
            let trees: Vec<_> = (0..at_once).filter_map(|_| strategy.new_tree(&mut runner).ok()).collect();
            let draws: Vec<Draws> = trees.iter().map(ValueTree::current).collect();
            let answers = parallel(&draws, self.jobs, |draws| self.answer(draws));
            for (tree, answer) in trees.into_iter().zip(answers) {
                if self.count(&answer) {
                    return Some(self.shrink(tree, answer));
                }
            }
        }
        None
    }

    /// Brings the values of a failure as near to the file's own as it stays the same failure.
    fn shrink(&mut self, mut tree: impl ValueTree<Value = Draws>, first: Answer) -> (Draws, Answer) {
        let mut least = (tree.current(), first);
        let mut goes_on = tree.simplify();
        for _ in 0..SHRINKS {
            if !goes_on {
                break;
            }
            let draws = tree.current();
            let answer = self.answer(&draws);
            let fails = self.count(&answer);
            goes_on = if fails && answer.about == least.1.about {
                least = (draws, answer);
                tree.simplify()
            } else {
                tree.complicate()
            };
        }
        least
    }

    /// The failure of these draws, with everything taken out that it does not need.
    fn small(&self, draws: &[(u8, i64)], answer: &Answer) -> Option<Failure> {
        let mut small = self.trial.clone();
        let mut settings = Vec::new();
        for (variable, draw) in self.variables.iter().zip(draws) {
            let setting = setting(variable, *draw);
            if variable.key.value() != Some(&setting) {
                small.draft = small.draft.with(&variable.key, &setting);
                settings.push((variable.key.path.clone(), setting));
            }
        }
        small.draft = small.draft.without_table("vary");
        let seed = answer.seed?;
        small.seeds = seed..=seed;
        let mut taken_out = Vec::new();
        for _ in 0..PASSES {
            let before = taken_out.len();
            for kind in DISPENSABLE {
                self.take_out(kind, &mut small, answer, &mut taken_out);
            }
            if taken_out.len() == before {
                break;
            }
        }
        let why = small.answer(&[]).why.unwrap_or_default();
        Some(Failure { settings, seed, ends: answer.ends, why, taken_out, draft: small.draft.seeded(seed) })
    }

    /// Takes out the tables of a kind without which it is the same failure, the last first. Several are tried at once, and
    /// the first that is not needed goes.
    fn take_out(&self, kind: &str, small: &mut Trial, answer: &Answer, taken_out: &mut Vec<String>) {
        let mut left: Vec<usize> = (0..small.draft.count(kind)).collect();
        while !left.is_empty() {
            let next: Vec<usize> = left.iter().rev().take(self.jobs).copied().collect();
            let less: Vec<Trial> = next
                .iter()
                .map(|index| Trial { draft: small.draft.without_item(kind, *index), ..small.clone() })
                .collect();
            let answers = parallel(&less, self.jobs, |less| less.answer(&[]));
            let same = |still: &Answer| still.ends == answer.ends && still.about == answer.about;
            let tried = match answers.iter().position(same) {
                Some(place) => {
                    small.draft = less[place].draft.clone();
                    taken_out.push(format!("[[{kind}]]"));
                    place + 1
                }
                None => next.len(),
            };
            left.truncate(left.len() - tried);
        }
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
