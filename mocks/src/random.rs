//! Seeded random streams: a tree by component, so that one more draw in one place shifts nothing elsewhere.

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Distribution, Span};

/// A node of the tree of random streams. One seed makes the whole tree; children are known by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    key: u64,
}

impl Streams {
    /// The root for a run's seed.
    pub fn new(seed: u64) -> Streams {
        Streams { key: mix(seed) }
    }

    /// The child of this name: the same for the same seed and path, whoever else draws.
    pub fn child(self, name: &str) -> Streams {
        // FNV-1a over the name, then a finaliser, so that near names give far keys.
        let mut hash = self.key ^ 0xcbf2_9ce4_8422_2325;
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Streams { key: mix(hash) }
    }

    /// A generator at the beginning of this node's stream.
    pub fn draws(self) -> Draws {
        Draws(ChaCha8Rng::seed_from_u64(self.key))
    }
}

/// The finaliser of SplitMix64.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Draws from one stream. Every draw of time is a whole number of milliseconds and the same on every machine.
#[derive(Clone, Debug)]
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// A number from 0 up to and including `most`.
    pub fn up_to(&mut self, most: u64) -> u64 {
        if most == 0 { 0 } else { self.0.random_range(0..=most) }
    }

    /// A span from nothing up to and including `most`; nothing when `most` is negative.
    pub fn span_up_to(&mut self, most: Span) -> Span {
        Span(self.up_to(most.0.max(0).unsigned_abs()) as i64)
    }

    /// A span drawn from a distribution, within its bounds.
    pub fn span(&mut self, distribution: &Distribution) -> Span {
        match *distribution {
            Distribution::Constant(span) => span,
            Distribution::Uniform { from, to } => from + self.span_up_to(to - from),
            Distribution::Normal { mean, deviation, from, to } => {
                bounded(mean.0 as f64 + deviation.0 as f64 * self.normal(), from, to)
            }
            Distribution::Exponential { mean, from, to } => {
                bounded(-natural_logarithm(self.unit()) * mean.0 as f64, from, to)
            }
        }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number above 0 and below 1, of 52 bits.
    fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// A number of the standard normal distribution, by Marsaglia's polar method.
    fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let s = x * x + y * y;
            if s > 0.0 && s < 1.0 {
                return x * (-2.0 * natural_logarithm(s) / s).sqrt();
            }
        }
    }
}

fn bounded(millis: f64, from: Span, to: Option<Span>) -> Span {
    let span = Span(millis.round() as i64).max(from).max(Span::ZERO);
    to.map_or(span, |to| span.min(to))
}

/// The natural logarithm of a positive, normal number, with the four basic operations only: a mathematics library
/// may differ in the last bit from machine to machine, these may not.
fn natural_logarithm(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let square = z * z;
    let (mut power, mut sum) = (z, 0.0);
    for odd in (1..=31).step_by(2) {
        sum += power / f64::from(odd);
        power *= square;
    }
    2.0 * sum + exponent as f64 * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_draws_the_same_whoever_else_draws() {
        let root = Streams::new(7);
        let mut other = root.child("pulse").draws();
        other.bits();
        let mut first = root.child("delay").child("BDC1").draws();
        let mut second = Streams::new(7).child("delay").child("bdc1").draws();
        assert_eq!(first.bits(), second.bits());
        assert_ne!(root.child("delay").draws().bits(), root.child("pulse").draws().bits());
        assert_ne!(Streams::new(8).child("delay").draws().bits(), root.child("delay").draws().bits());
    }

    #[test]
    fn the_first_draws_of_a_seed_never_change() {
        let mut draws = Streams::new(1).child("delay").draws();
        let normal = Distribution::Normal {
            mean: Span::mins(10),
            deviation: Span::mins(2),
            from: Span::ZERO,
            to: None,
        };
        let spans: Vec<i64> = (0..3).map(|_| draws.span(&normal).0).collect();
        let mut again = Streams::new(1).child("delay").draws();
        assert_eq!(spans, (0..3).map(|_| again.span(&normal).0).collect::<Vec<_>>());
    }

    #[test]
    fn draws_keep_their_bounds_and_means() {
        let mut draws = Streams::new(3).draws();
        let uniform = Distribution::Uniform { from: Span::secs(5), to: Span::secs(7) };
        let exponential =
            Distribution::Exponential { mean: Span::secs(60), from: Span::ZERO, to: Some(Span::hours(2)) };
        let mut total = 0;
        for _ in 0..10_000 {
            let span = draws.span(&uniform);
            assert!((Span::secs(5)..=Span::secs(7)).contains(&span));
            let span = draws.span(&exponential);
            assert!((Span::ZERO..=Span::hours(2)).contains(&span));
            total += span.0;
        }
        let mean = total / 10_000;
        assert!((57_000..63_000).contains(&mean), "{mean}");
    }

    #[test]
    fn the_logarithm_is_one() {
        for x in [1e-15, 0.1, 0.5, 0.999, 1.0, 1.375, 2.0, 10.0, 12_345.678] {
            assert!((natural_logarithm(x) - x.ln()).abs() < 1e-12, "{x}");
        }
    }
}
