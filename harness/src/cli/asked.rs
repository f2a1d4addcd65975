//! What the commands that try a scenario many times have in common.

use std::num::NonZeroU16;
use std::ops::RangeInclusive;

use clap::Args;
use mockdc_scenarios::Plan;

use super::arguments::seeds;
use super::pool;
use super::run::DEFAULT_SEED;
use crate::vary::Criterion;

/// What is asked of each run, with which seeds, and on how many threads.
#[derive(Debug, Args)]
pub struct Asked {
    /// What is asked of each run, and what must not be lost from one to another.
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub judge: Criterion,
    /// The seed; a scenario's own seed comes first. 1 unless said otherwise.
    #[arg(long, conflicts_with = "seeds")]
    pub seed: Option<u64>,
    /// Run with each of these seeds, ends included: `1..500`. A scenario's own seed is set aside.
    #[arg(long, value_name = "FROM..TO", value_parser = seeds)]
    pub seeds: Option<(u64, u64)>,
    /// Run so many at once; as many as there are cores unless said otherwise. The answer does not depend on it.
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<NonZeroU16>,
}

impl Asked {
    /// The seeds of a plan's runs.
    pub(super) fn seeds(&self, plan: &Plan) -> RangeInclusive<u64> {
        match self.seeds {
            Some((from, to)) => from..=to,
            None => {
                let seed = self.seed_of(plan);
                seed..=seed
            }
        }
    }

    /// The seed of a plan's one run.
    pub(super) fn seed_of(&self, plan: &Plan) -> u64 {
        plan.seed.or(self.seed).unwrap_or(DEFAULT_SEED)
    }

    /// How many runs go on at once.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.map_or_else(pool::cores, |jobs| usize::from(jobs.get()))
    }
}
