//! Values of the product that a customer's logs show to be others than it comes with, and settings that differ in what
//! several causes may explain.

use super::customer::Customer;
use super::setting::{Cause, Inferred};

/// Seconds between two looks as the product comes (A4).
const USUAL_LOOKS: i64 = 60;

/// Minutes after which the loader stops as the product comes (A1).
const USUAL_LOADER: i64 = 15;

/// Minutes from the loader's stop to the deletion of its account as the product comes (A2).
const USUAL_DELETION: i64 = 15;

/// Minutes that a wait lasts at most as the product comes (A3).
const USUAL_WAIT: i64 = 60;

/// The value for the longest wait that Q271724 starts with, in minutes.
const ADVISED_WAIT: i64 = 300;

/// What a setting states beside its cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Variant {
    /// Values of the client's profile, by their keys.
    pub(super) overrides: Vec<(&'static str, Inferred<String>)>,
    /// The longest wait at the PDC, in minutes.
    pub(super) longest_wait: Option<Inferred<u32>>,
    /// Whether the difference of the clocks is part of it.
    pub(super) clocks_differ: bool,
}

impl Customer<'_> {
    /// Variants of a setting, the smallest first. What the logs show beyond doubt is in each.
    pub(super) fn variants(&self, causes: &[Cause]) -> Vec<Variant> {
        let plain = Variant { clocks_differ: true, ..Variant::default() };
        if !causes.iter().any(|cause| matches!(cause, Cause::Delay(_))) {
            return vec![Variant { longest_wait: self.stated_wait(), ..plain }];
        }
        let mut seen = Vec::new();
        seen.extend(self.loader().map(|value| ("loader.time-out", value)));
        for (step, key) in [("waits", "bootstrap.probe-interval"), ("ccm-waits", "ccm.probe-interval")] {
            seen.extend(self.looks(step).map(|value| (key, value)));
        }
        let deletion = self.deletion();
        let mut variants = Vec::new();
        for longest_wait in self.longest_waits() {
            let base = Variant { overrides: seen.clone(), longest_wait, ..plain.clone() };
            variants.push(base.clone());
            // An account that is deleted early, and a clock that is wrong, look the same at one end.
            if let Some(deletion) = &deletion {
                let mut early = Variant { clocks_differ: false, ..base.clone() };
                early.overrides.push(("ccm.deletes-bootstrap-account-after", deletion.clone()));
                variants.push(early);
            }
            if let Some(calls) = self.calls() {
                let mut calling = base;
                calling.overrides.push(("bootstrap.pdc-calls", calls));
                variants.push(calling);
            }
        }
        variants
    }

    /// Seconds between two looks of a wait.
    pub(super) fn between_looks(&self, step: &str) -> i64 {
        let waits = self.history.waits_about(&self.diagnosis.client);
        let lengths = waits.filter(|wait| wait.step == step && wait.looks > 2);
        let each = lengths.map(|wait| wait.lasted / 1000 / i64::try_from(wait.looks - 1).unwrap_or(i64::MAX));
        // Lines that were lost make the gaps longer, so that only much shorter or longer ones count.
        each.min().filter(|each| *each > 0 && !(50..=90).contains(each)).unwrap_or(USUAL_LOOKS)
    }

    fn looks(&self, step: &str) -> Option<Inferred<String>> {
        let every = self.between_looks(step);
        (every != USUAL_LOOKS).then(|| {
            Inferred::measured(format!("\"{every}s\""), format!("{}: the gaps", self.first_place(step)))
        })
    }

    /// The longest waits that there may be, in minutes; `None` for the one that the product comes with.
    fn longest_waits(&self) -> Vec<Option<Inferred<u32>>> {
        if let Some(stated) = self.stated_wait() {
            return vec![Some(stated)];
        }
        let waits = ["ccm-waits", "waits"].into_iter().filter_map(|step| self.item(step));
        let Some(longest) = waits.max_by_key(|item| item.lasted) else { return vec![None] };
        let minutes = (longest.lasted + 30_000) / 60_000;
        let lines = self.at(Some(longest.event));
        let measured = |minutes: i64| {
            let from = format!("{lines}: the wait is given up after that time");
            u32::try_from(minutes).ok().map(|minutes| Inferred::measured(minutes, from))
        };
        match minutes {
            // Looks up to the limit, which is one of them.
            ..USUAL_WAIT => vec![None, measured(minutes), measured(minutes + 1)],
            USUAL_WAIT => vec![None],
            _ => {
                let value = ADVISED_WAIT.max(minutes * 2);
                let from =
                    format!("{lines} lasts longer than {USUAL_WAIT} minutes, so that the PDC allows more");
                let enough = u32::try_from(value).ok().map(|value| Inferred::assumed(value, from));
                vec![enough, measured(minutes), measured(minutes + 1)]
            }
        }
    }

    /// The longest wait that a registry export states.
    fn stated_wait(&self) -> Option<Inferred<u32>> {
        let key = r"SMS\Client\Configuration\Domain Controller";
        let (path, value) = self.facts.value(key, "Account Synchronization Max Wait (minutes)")?;
        Some(Inferred::measured(value.number?, format!("{}; assumed to be the PDC's", self.names.hide(path))))
    }

    /// The loader's time-out, if the log shows another one than profiles have.
    fn loader(&self) -> Option<Inferred<String>> {
        let (begun, ended) = (self.when("not-registered")?, self.when("loader-ends")?);
        let minutes = (ended - begun + 30_000) / 60_000;
        // A loader that outlives the failure waits for its child, and no time-out shows.
        let failed =
            ["group-failed", "account-failed", "launch-failed"].iter().find_map(|step| self.when(step));
        let before = failed.is_none_or(|failed| ended < failed);
        let from = format!("{} to {}", self.first_place("not-registered"), self.first_place("loader-ends"));
        ((minutes - USUAL_LOADER).abs() > 1 && before && minutes > 0)
            .then(|| Inferred::measured(format!("\"{minutes}m\""), from))
    }

    /// How long after the loader's stop its account is deleted, if it is not as long as usual. Each machine's part is
    /// measured by its own clock: the site server's from the last look to the deletion, the client's the loader's life.
    fn deletion(&self) -> Option<Inferred<String>> {
        let (begun, ended) = (self.when("not-registered")?, self.when("loader-ends")?);
        let started = match self.item("ccm-waits") {
            Some(item) => {
                self.history.when(item.event)? + item.lasted + self.between_looks("ccm-waits") * 1000
            }
            None => self.when("ccm-connected")?,
        };
        let minutes = (self.when("ccm-deletes")? - started - (ended - begun) + 30_000) / 60_000;
        let from = format!(
            "{} comes so long after the loader's {}",
            self.first_place("ccm-deletes"),
            self.first_place("loader-ends")
        );
        ((minutes - USUAL_DELETION).abs() > 1 && minutes >= 0)
            .then(|| Inferred::measured(format!("\"{minutes}m\""), from))
    }

    /// Whether the installing program may call the PDC at each look, as one does that fails between two looks that it
    /// would have gone on with.
    fn calls(&self) -> Option<Inferred<String>> {
        let failed = self.item("group-failed").or(self.item("account-failed"))?;
        let waited = self.item("waits").filter(|item| item.lasted > 0)?;
        let from = format!(
            "the wait of {} ends with {} when the bootstrap account is gone, whether or not the other one has come",
            self.at(Some(waited.event)),
            self.at(Some(failed.event))
        );
        Some(Inferred::assumed("\"at-each-probe\"".to_owned(), from))
    }
}
