//! What each release makes of an install on a controller (FACTS.md, "Timeline of a domain controller install", Q271724,
//! Q297857, Q304961): how long it waits, and whether the loader outlives its child.

use super::timing::first_probe;

const MINUTE: i64 = 60_000;

/// How often either program looks.
const PROBE: i64 = MINUTE;

/// The installing program's wait before it makes the service account.
const FIRST_WAIT: i64 = MINUTE;

/// The boot loader's own time-out and the time until the bootstrap account is deleted (A1, Q304961).
const LOADER_AND_DELETION: i64 = 30 * MINUTE;

/// What a release does within its waits; lengths in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// The longest that the site server waits for the bootstrap account.
    pub site_maximum_wait: i64,
    /// The longest that the installing program waits for the service account.
    pub maximum_wait: i64,
    /// The loader stops only after its child.
    pub loader_outlives_its_child: bool,
    /// The look at the service account is a change of its password at the PDC, so that it is refused once the bootstrap
    /// account is deleted, and the wait goes on (Q221218).
    pub looks_by_changing: bool,
}

impl Release {
    /// A release of SMS 2.0 by the name of its profile, when the PDC's registry holds `value` minutes as the longest
    /// wait; `None` for one that this oracle does not know.
    pub fn of(profile: &str, value: Option<i64>) -> Option<Release> {
        let (site_reads, client_reads, loader_outlives_its_child) = match profile {
            "sms-2.0-rtm" | "sms-2.0-sp1" | "sms-2.0-sp2" => (false, false, false),
            "sms-2.0-sp3" => (true, true, false),
            "sms-2.0-sp3-french" => (false, true, false),
            "sms-2.0-sp3-hotfix" | "sms-2.0-sp4" | "sms-2.0-sp4-hrp" => (true, true, true),
            _ => return None,
        };
        let longest = |reads: bool| value.filter(|_| reads).map_or(60, |value| value) * MINUTE;
        Some(Release {
            site_maximum_wait: longest(site_reads),
            maximum_wait: longest(client_reads),
            loader_outlives_its_child,
            looks_by_changing: profile == "sms-2.0-rtm",
        })
    }

    /// Whether the first attempt succeeds when each change takes `delay`, with the instant: `Ok` of the success, `Err` of
    /// the failure.
    pub fn outcome(&self, delay: i64) -> Result<i64, i64> {
        let seen = first_probe(delay, PROBE);
        if seen > self.site_maximum_wait {
            return Err(self.site_maximum_wait);
        }
        let created = seen + FIRST_WAIT;
        if seen > self.maximum_wait {
            return Err(created + self.maximum_wait);
        }
        // The loader started when the bootstrap account was seen.
        let deleted = seen + LOADER_AND_DELETION;
        match self.loader_outlives_its_child || created + seen < deleted {
            true => Ok(created + seen),
            false if self.looks_by_changing => Err(created + self.maximum_wait),
            false => Err(created + seen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sp3_with_the_value_still_fails_and_sp4_with_it_does_not() {
        let delay = 3 * 60 * MINUTE;
        let sp3 = Release::of("sms-2.0-sp3", Some(300)).map(|release| release.outcome(delay));
        let sp4 = Release::of("sms-2.0-sp4", Some(300)).map(|release| release.outcome(delay));
        assert!(matches!((sp3, sp4), (Some(Err(_)), Some(Ok(_)))));
        let french = Release::of("sms-2.0-sp3-french", Some(300)).map(|release| release.outcome(delay));
        assert_eq!(french, Some(Err(60 * MINUTE)));
    }
}
