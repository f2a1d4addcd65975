//! How sure a share is that was counted in a sample.

use serde::Serialize;

/// A share with the interval in which the true one lies, with 95 per cent confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The share that was counted.
    pub share: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The normal quantile of a two-sided confidence of 95 per cent.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's score interval of `hits` in `of`; `None` for an empty sample.
pub fn wilson(hits: u64, of: u64) -> Option<Interval> {
    if of == 0 {
        return None;
    }
    let (hits, n) = (hits as f64, of as f64);
    let share = hits / n;
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    let end = |value: f64| (value / scale).clamp(0.0, 1.0);
    // At the ends the formula gives exactly 0 and 1, up to rounding.
    let low = if hits == 0.0 { 0.0 } else { end(middle - half) };
    let high = if hits == n { 1.0 } else { end(middle + half) };
    Some(Interval { share, low, high })
}
