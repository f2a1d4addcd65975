//! What was run together: enough to tell whether the results of two machines belong to one whole.

use std::fmt;
use std::str::FromStr;

use mockdc_scenarios::Plan;
use serde::{Deserialize, Serialize};

use crate::backend::Backend;

/// All scenarios that a command selected, and the part of them that it ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Series {
    /// Every scenario that was selected, in order, those of other partitions among them.
    pub cases: Vec<String>,
    /// A digest of all their plans; it does not depend on where the files lie.
    pub plans: String,
    /// The range of seeds, ends included, when each scenario was run once for each.
    pub seeds: Option<(u64, u64)>,
    /// The seed of scenarios that state none.
    pub seed: u64,
    /// What each scenario was run against, in order.
    #[serde(default = "the_fake")]
    pub backends: Vec<Backend>,
    /// Which part was run; all when absent.
    pub partition: Option<Partition>,
    /// The run was stopped before its end: by `--fail-fast`, or by somebody.
    pub stopped: bool,
}

impl Series {
    /// Of everything that is selected, before a partition is taken.
    pub fn of(plans: &[Plan], seeds: Option<(u64, u64)>, seed: u64) -> Series {
        let mut digest = Fnv::default();
        for plan in plans {
            let plan = Plan { file: String::new(), ..plan.clone() };
            // A plan is a tree of texts, numbers and maps with texts as keys: it always serialises.
            digest.eat(serde_json::to_string(&plan).unwrap_or_default().as_bytes());
            digest.eat(b"\n");
        }
        Series {
            cases: plans.iter().map(|plan| plan.name.clone()).collect(),
            plans: format!("{:016x}", digest.value()),
            seeds,
            seed,
            backends: the_fake(),
            partition: None,
            stopped: false,
        }
    }

    /// How many runs each scenario stands for.
    pub fn runs_a_case(&self) -> u64 {
        self.seeds.map_or(1, |(from, to)| to - from + 1) * self.backends.len() as u64
    }
}

/// What scenarios were run against before there was a choice.
fn the_fake() -> Vec<Backend> {
    vec![Backend::Fake]
}

/// A part of the selected scenarios: `slice:2/3` or `hash:2/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Partition {
    /// How the scenarios are dealt out.
    pub deal: Deal,
    /// Which part, from 1.
    pub part: u64,
    /// How many parts there are.
    pub parts: u64,
}

/// How scenarios are dealt out to parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deal {
    /// One after the other, in their order: parts are as even as can be.
    Slice,
    /// By the name of each: a new scenario moves no other to another part.
    Hash,
}

impl Partition {
    /// Whether the part holds the scenario that stands at `place`, from 0, among those selected.
    pub fn holds(self, place: usize, name: &str) -> bool {
        let number = match self.deal {
            Deal::Slice => place as u64,
            Deal::Hash => {
                let mut digest = Fnv::default();
                digest.eat(name.as_bytes());
                digest.value()
            }
        };
        number % self.parts == self.part - 1
    }
}

/// The text is no partition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a partition as slice:M/N or hash:M/N, with M from 1 to N: for example slice:1/3")]
pub struct NoPartition;

impl FromStr for Partition {
    type Err = NoPartition;

    fn from_str(text: &str) -> Result<Partition, NoPartition> {
        let (deal, numbers) = text.split_once(':').ok_or(NoPartition)?;
        let (part, parts) = numbers.split_once('/').ok_or(NoPartition)?;
        let deal = match deal {
            "slice" => Deal::Slice,
            "hash" => Deal::Hash,
            _ => return Err(NoPartition),
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_| NoPartition);
        let (part, parts) = (number(part)?, number(parts)?);
        if part == 0 || part > parts { Err(NoPartition) } else { Ok(Partition { deal, part, parts }) }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deal = match self.deal {
            Deal::Slice => "slice",
            Deal::Hash => "hash",
        };
        write!(f, "{deal}:{}/{}", self.part, self.parts)
    }
}

impl From<Partition> for String {
    fn from(partition: Partition) -> String {
        partition.to_string()
    }
}

impl TryFrom<String> for Partition {
    type Error = NoPartition;

    fn try_from(text: String) -> Result<Partition, NoPartition> {
        text.parse()
    }
}

/// FNV-1a with 64 bits, mixed at the end: the same on every machine and in every version, which the standard library's
/// hashers do not promise.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn eat(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn value(&self) -> u64 {
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        mixed ^ (mixed >> 33)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_scenario_is_in_exactly_one_part(
            names in proptest::collection::btree_set("[a-z0-9.-]{1,12}", 0..60),
            parts in 1_u64..9,
            deal in prop_oneof![Just(Deal::Slice), Just(Deal::Hash)],
        ) {
            for (place, name) in names.iter().enumerate() {
                let held = (1..=parts).filter(|part| Partition { deal, part: *part, parts }.holds(place, name));
                prop_assert_eq!(held.count(), 1);
            }
        }

        #[test]
        fn a_hash_looks_at_the_name_alone(name in ".{0,20}", place in 0_usize..99, other in 0_usize..99) {
            let partition = Partition { deal: Deal::Hash, part: 2, parts: 3 };
            prop_assert_eq!(partition.holds(place, &name), partition.holds(other, &name));
        }

        #[test]
        fn slices_are_even(count in 0_usize..200, parts in 1_u64..9) {
            let size = |part| {
                let part = Partition { deal: Deal::Slice, part, parts };
                (0..count).filter(|place| part.holds(*place, "any")).count()
            };
            let sizes: Vec<usize> = (1..=parts).map(size).collect();
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{:?}", sizes);
        }
    }

    #[test]
    fn hashes_stay_what_they_were() {
        let part =
            |name| (1..=4).find(|part| Partition { deal: Deal::Hash, part: *part, parts: 4 }.holds(0, name));
        let parts: Vec<_> = ["a", "b", "q304961-nt4-bdc-sp3", "kb828371-workaround[fixed]"].map(part).into();
        assert_eq!(parts, [Some(4), Some(1), Some(4), Some(1)]);
    }

    #[test]
    fn partitions_are_written_as_they_are_read() {
        for text in ["slice:1/1", "hash:3/7"] {
            assert_eq!(text.parse::<Partition>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "slice",
            "slice:0/3",
            "slice:4/3",
            "hash:1/0",
            "count:1/2",
            "slice:1",
            "slice:-1/2",
            "hash:a/b",
        ] {
            assert_eq!(text.parse::<Partition>(), Err(NoPartition), "{text}");
        }
    }
}
