//! Domains: controllers and how changes travel between them.

use std::fmt;
use std::ops::RangeInclusive;

use proptest::prelude::*;

use super::{HOUR, MINUTE};
use crate::text::span;

/// A domain of a PDC, `PDC1`, and backup controllers `BDC1`, `BDC2`, ….
#[derive(Clone, Debug)]
pub struct Estate {
    /// How changes travel.
    pub travel: Travel,
    /// How many backup controllers there are.
    pub bdcs: usize,
    /// Further lines of the `[domain]` table.
    pub domain: String,
}

/// How changes travel; lengths in milliseconds.
#[derive(Clone, Debug)]
pub enum Travel {
    /// Each change is visible so long after its commit: accounts, local groups, rights.
    Delay {
        /// Users and global groups.
        sam: i64,
        /// Local groups.
        builtin: i64,
        /// Rights.
        lsa: i64,
    },
    /// Netlogon of Windows NT 4.0.
    Nt4 {
        /// From one cycle to the next.
        pulse: i64,
        /// The first cycle.
        first: i64,
        /// The longest pause of a BDC before it answers.
        randomize: i64,
    },
    /// Active Directory, in one site.
    Ad {
        /// Until the first partner is told.
        first: i64,
        /// Until each further one is.
        next: i64,
        /// Windows Server 2003, which replicates a group's members one by one.
        of_2003: bool,
    },
}

impl Estate {
    /// The backup controllers.
    pub fn bdcs(&self) -> impl Iterator<Item = String> + use<> {
        (1..=self.bdcs).map(|number| format!("BDC{number}"))
    }

    /// All controllers, the PDC first.
    pub fn controllers(&self) -> impl Iterator<Item = String> + use<> {
        std::iter::once("PDC1".to_owned()).chain(self.bdcs())
    }

    /// Whether only the PDC writes.
    pub fn has_one_writer(&self) -> bool {
        !matches!(self.travel, Travel::Ad { .. })
    }

    /// The longest that a change of the PDC takes to every controller while nothing is wrong, in milliseconds; for
    /// Windows NT without the time that a slow line takes.
    pub fn slowest(&self) -> i64 {
        match self.travel {
            Travel::Delay { sam, builtin, lsa } => sam.max(builtin).max(lsa),
            // A cycle that has just begun, the pause, and what a cycle that found nobody repeats.
            Travel::Nt4 { pulse, first, randomize } => first.max(2 * pulse) + randomize + MINUTE,
            // The poll of an hour brings what a notification did not.
            Travel::Ad { first, next, .. } => first + 8 * next + 2 * HOUR,
        }
    }
}

impl fmt::Display for Estate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[domain]\n{}replication = ", self.domain)?;
        match &self.travel {
            Travel::Delay { sam, builtin, lsa } => writeln!(
                f,
                "{{ delay = {{ all = \"{}\", builtin = \"{}\", lsa = \"{}\" }} }}",
                span(*sam),
                span(*builtin),
                span(*lsa)
            )?,
            Travel::Nt4 { pulse, first, randomize } => writeln!(
                f,
                "{{ nt4 = {{ pulse = \"{}\", first-pulse = \"{}\", bdc = {{ randomize = \"{}\" }} }} }}",
                span(*pulse),
                span(*first),
                span(*randomize)
            )?,
            Travel::Ad { first, next, of_2003 } => writeln!(
                f,
                "{{ ad = {{ version = \"{}\", notify-first = \"{}\", notify-next = \"{}\" }} }}",
                if *of_2003 { "windows-2003" } else { "windows-2000" },
                span(*first),
                span(*next)
            )?,
        }
        writeln!(f, "\n[[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n")?;
        for bdc in self.bdcs() {
            writeln!(f, "[[dc]]\nname = \"{bdc}\"\n")?;
        }
        Ok(())
    }
}

/// Domains under any of the three models, in which a change takes at most about `slowest` milliseconds, at least a
/// minute.
pub fn estates(bdcs: RangeInclusive<usize>, slowest: i64) -> impl Strategy<Value = Estate> {
    let travel = prop_oneof![delays(slowest), pulses(slowest), notifications(slowest)];
    (travel, bdcs).prop_map(|(travel, bdcs)| Estate { travel, bdcs, domain: String::new() })
}

/// Domains in which only the PDC writes.
pub fn estates_of_one_writer(bdcs: RangeInclusive<usize>, slowest: i64) -> impl Strategy<Value = Estate> {
    let travel = prop_oneof![delays(slowest), pulses(slowest)];
    (travel, bdcs).prop_map(|(travel, bdcs)| Estate { travel, bdcs, domain: String::new() })
}

/// Domains of Windows NT, whose BDCs get all streams at a pulse.
pub fn estates_of_windows_nt(bdcs: RangeInclusive<usize>, slowest: i64) -> impl Strategy<Value = Estate> {
    (pulses(slowest), bdcs).prop_map(|(travel, bdcs)| Estate { travel, bdcs, domain: String::new() })
}

/// Constant delays, one for each stream.
pub fn delays(slowest: i64) -> impl Strategy<Value = Travel> {
    (0..=slowest, 0..=slowest, 0..=slowest).prop_map(|(sam, builtin, lsa)| Travel::Delay {
        sam,
        builtin,
        lsa,
    })
}

/// Netlogon's rhythms.
pub fn pulses(slowest: i64) -> impl Strategy<Value = Travel> {
    (MINUTE..=slowest.max(2 * MINUTE), 0..=100_i64, 0..=9_000_i64).prop_map(|(pulse, percent, randomize)| {
        Travel::Nt4 { pulse, first: pulse * percent / 100, randomize }
    })
}

/// The notifications of Active Directory.
pub fn notifications(slowest: i64) -> impl Strategy<Value = Travel> {
    (0..=slowest, 0..=MINUTE, any::<bool>()).prop_map(|(first, next, of_2003)| Travel::Ad {
        first,
        next,
        of_2003,
    })
}
