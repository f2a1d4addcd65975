//! The exact value at which the answer changes.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_scenarios::{Amount, Dimension, Key, Setting};
use serde::Serialize;

use super::parallel::parallel;
use super::trial::{Answer, Ends, Trial};

/// Where the answer changes is looked for here.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The least value that is tried.
    pub from: Amount,
    /// The greatest.
    pub to: Amount,
    /// The limit is told as exactly as this.
    pub resolution: Amount,
    /// Values that are tried before anything is halved.
    pub probes: usize,
}

impl Range {
    /// From nothing to far beyond what usually stands there.
    pub fn of(key: &Key, dimension: Dimension) -> Range {
        let resolution = dimension.resolution();
        let value = match key.value() {
            Some(Setting::Amount(amount)) => amount.value,
            _ => 0,
        };
        let far = match dimension {
            Dimension::Duration => 24 * 3_600_000,
            Dimension::Size => 64 << 20,
            Dimension::Rate => 100_000_000,
            Dimension::Share => 100,
            Dimension::Count => 64,
        };
        let to = match dimension {
            Dimension::Share => far,
            _ => far.max(value.saturating_mul(4)),
        };
        let from = if dimension == Dimension::Rate { 1 } else { 0 };
        Range { from: resolution.of(from), to: resolution.of(to), resolution, probes: 64 }
    }

    /// The values that are tried first: evenly spread, denser near the lower end, and around the present value.
    fn grid(&self, present: Option<i64>) -> BTreeSet<i64> {
        let (from, to, step) = (self.from.value, self.to.value, self.resolution.value.max(1));
        let mut grid = BTreeSet::from([from, to]);
        let half = (self.probes / 2).max(1);
        let reach = to.saturating_sub(from);
        for n in 1..half {
            let even = i128::from(reach) * n as i128 / half as i128;
            grid.insert(from + self.round(i64::try_from(even).unwrap_or(reach)));
            // From one step to the whole reach, each so many times the one before.
            let growth = (reach as f64 / step as f64).max(1.0).powf(n as f64 / half as f64);
            grid.insert(from + self.round((step as f64 * growth) as i64));
        }
        for present in present.into_iter().filter(|present| (from..=to).contains(present)) {
            grid.extend([present, (present - step).max(from), (present + step).min(to)]);
        }
        grid
    }

    fn round(&self, value: i64) -> i64 {
        let step = self.resolution.value.max(1);
        value / step * step
    }
}

/// Values with the same answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Band {
    /// The first of them.
    pub from: Amount,
    /// The last of them.
    pub to: Amount,
    /// The answer.
    pub ends: Ends,
    /// Why, as the run with the first value says it.
    pub why: Option<String>,
}

/// Where the answer changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Threshold {
    /// The key that varies.
    pub key: String,
    /// The value that counts as the file stands.
    pub present: Option<Setting>,
    /// The limits are as exact as this.
    pub resolution: Amount,
    /// Values that were tried.
    pub tried: usize,
    /// The widest step between values of one band that were tried: a window narrower than this may be missed.
    pub widest_gap: Amount,
    /// Whether there is one change at most, values that are not possible aside.
    pub monotone: bool,
    /// What holds from where to where, in order and without gaps.
    pub bands: Vec<Band>,
}

impl Threshold {
    /// Finds it. The range is tried in a grid, and wherever two neighbours differ the place between them is halved until
    /// it is as exact as asked for.
    pub fn find(trial: &Trial, key: &Key, range: Range, jobs: usize) -> Threshold {
        let present = key.value().cloned();
        let at = match &present {
            Some(Setting::Amount(amount)) => Some(amount.value),
            _ => None,
        };
        let mut answers: BTreeMap<i64, Answer> = BTreeMap::new();
        let mut wanted: Vec<i64> = range.grid(at).into_iter().collect();
        while !wanted.is_empty() {
            let given = parallel(&wanted, jobs, |value| {
                trial.answer(&[(key, Setting::Amount(range.from.of(*value)))])
            });
            answers.extend(wanted.drain(..).zip(given));
            // Halve every step over which the answer changes.
            let known: Vec<(i64, Ends)> =
                answers.iter().map(|(value, answer)| (*value, answer.ends)).collect();
            for pair in known.windows(2) {
                let [(low, one), (high, other)] = pair else { continue };
                if one != other && high - low > range.resolution.value {
                    let middle = low + range.round((high - low) / 2).max(range.resolution.value);
                    wanted.extend((middle < *high).then_some(middle));
                }
            }
        }
        let mut bands: Vec<Band> = Vec::new();
        let mut widest = 0;
        let mut before: Option<(i64, Ends)> = None;
        for (value, answer) in &answers {
            let value = *value;
            if let Some((before, ends)) = before
                && ends == answer.ends
            {
                widest = widest.max(value - before);
            }
            before = Some((value, answer.ends));
            match bands.last_mut() {
                Some(band) if band.ends == answer.ends => band.to = range.from.of(value),
                _ => bands.push(Band {
                    from: range.from.of(value),
                    to: range.from.of(value),
                    ends: answer.ends,
                    why: answer.why.clone(),
                }),
            }
        }
        let possible = bands.iter().filter(|band| band.ends != Ends::Refused).count();
        Threshold {
            key: key.path.clone(),
            present,
            resolution: range.resolution,
            tried: answers.len(),
            widest_gap: range.from.of(widest),
            monotone: possible <= 2,
            bands,
        }
    }

    /// Whether the answer changes at all where the scenario is possible.
    pub fn flips(&self) -> bool {
        let mut possible = self.bands.iter().filter(|band| band.ends != Ends::Refused);
        let first = possible.next();
        possible.any(|band| Some(band.ends) != first.map(|first| first.ends))
    }

    /// The limit in a sentence.
    pub fn sentence(&self) -> String {
        let possible: Vec<&Band> = self.bands.iter().filter(|band| band.ends != Ends::Refused).collect();
        let span = |band: &Band| match band.from == band.to {
            true => format!("at {}", band.from),
            false => format!("from {} to {}", band.from, band.to),
        };
        match possible.as_slice() {
            [] => format!("{}: no value is possible", self.key),
            [only] => format!("{}: {} {}, without a change", self.key, only.ends.word(), span(only)),
            [low, high] if low.ends == Ends::Holds => {
                format!("{}: {} from {}; tolerates {}", self.key, high.ends.word(), high.from, low.to)
            }
            [low, high] if high.ends == Ends::Holds => {
                format!("{}: {} up to {}; needs {}", self.key, low.ends.word(), low.to, high.from)
            }
            bands => {
                let told: Vec<String> =
                    bands.iter().map(|band| format!("{} {}", band.ends.word(), span(band))).collect();
                format!("{}: {}", self.key, told.join(", "))
            }
        }
    }
}
