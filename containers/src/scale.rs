//! The scenario's time on the clock of the wall: a speed and an origin.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mockdc_mocks::{SimTime, Span};
use tokio::time::Instant;

/// Where the scenario's start lies on the wall, and how many times faster than the wall the scenario runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    speed: f64,
    started: Instant,
    /// The same instant as Windows counts: steps of 100 ns since 1601.
    file_time: i64,
}

/// From 1601 to 1970 in steps of 100 ns.
const UNIX_FILE_TIME: i64 = 116_444_736_000_000_000;

impl Scale {
    /// A scenario that starts now. `speed` 60 lets a minute of the scenario pass in a second; anything that is no
    /// positive number counts as 1.
    pub fn starting_now(speed: f64) -> Scale {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Scale { speed, started: Instant::now(), file_time: file_time_now() }
    }

    /// A scenario whose start is an instant of a calendar of its own, in milliseconds since 1970 (UTC), as the
    /// controllers of a live domain have it. The directory holds its instants and spans as they are.
    pub fn starting_at(unix_ms: i64) -> Scale {
        let file_time = UNIX_FILE_TIME.saturating_add(unix_ms.saturating_mul(10_000));
        Scale { speed: 1.0, started: Instant::now(), file_time }
    }

    /// The same scale with its start this much later.
    #[must_use]
    pub fn later(self, by: Duration) -> Scale {
        let steps = i64::try_from(by.as_nanos() / 100).unwrap_or_default();
        Scale { started: self.started + by, file_time: self.file_time + steps, ..self }
    }

    /// How many times faster than the wall the scenario runs.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The present instant of the scenario; its start as long as that lies ahead.
    pub fn now(&self) -> SimTime {
        let passed = Instant::now().saturating_duration_since(self.started);
        SimTime((passed.as_secs_f64() * 1_000.0 * self.speed) as i64)
    }

    /// When an instant of the scenario comes on the wall; `None` for one beyond any clock.
    pub fn wall(&self, at: SimTime) -> Option<Instant> {
        self.started.checked_add(self.duration(at.since(SimTime::START)))
    }

    /// How long a span of the scenario lasts on the wall. A negative span lasts no time.
    pub fn duration(&self, span: Span) -> Duration {
        // Rounded up to a millisecond, so that whoever has slept is not early.
        let millis = (span.as_millis().max(0) as f64 / self.speed).ceil();
        Duration::from_millis(millis as u64)
    }

    /// How long a duration on the wall lasts in the scenario.
    pub fn span(&self, duration: Duration) -> Span {
        Span::millis((duration.as_secs_f64() * 1_000.0 * self.speed) as i64)
    }

    /// An instant as the directory holds it: `accountExpires`, `pwdLastSet`.
    pub fn file_time(&self, at: SimTime) -> i64 {
        self.file_time.saturating_add((at.as_millis() as f64 * 10_000.0 / self.speed) as i64)
    }

    /// The instant of the scenario that the directory means.
    pub fn sim_time(&self, file_time: i64) -> SimTime {
        SimTime((file_time.saturating_sub(self.file_time) as f64 / 10_000.0 * self.speed) as i64)
    }

    /// A span as the account policy of the directory holds it: negative steps of 100 ns, scaled; `never` is the least
    /// number of all.
    pub fn interval(&self, span: Option<Span>) -> i64 {
        match span {
            Some(span) => -((span.as_millis().max(0) as f64 * 10_000.0 / self.speed) as i64),
            None => i64::MIN,
        }
    }
}

/// The wall's time as Windows counts it: steps of 100 ns since 1601.
#[expect(
    clippy::disallowed_methods,
    reason = "ages that a real controller judges are written by its own clock"
)]
pub(crate) fn file_time_now() -> i64 {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_FILE_TIME + i64::try_from(unix.as_nanos() / 100).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_the_scenario_is_a_second_of_the_wall_at_speed_60() {
        let scale = Scale::starting_now(60.0);
        assert_eq!(scale.duration(Span::mins(1)), Duration::from_secs(1));
        assert_eq!(scale.span(Duration::from_secs(1)), Span::mins(1));
        assert_eq!(scale.interval(Some(Span::mins(30))), -300_000_000);
        assert_eq!(scale.interval(None), i64::MIN);
        let hour = SimTime::START + Span::hours(1);
        assert_eq!(scale.sim_time(scale.file_time(hour)), hour);
        assert_eq!(scale.duration(Span::millis(-5)), Duration::ZERO);
    }

    #[test]
    fn a_scenario_that_starts_later_stands_at_its_start_until_then() {
        let scale = Scale::starting_now(1_000.0).later(Duration::from_secs(3_600));
        assert_eq!(scale.now(), SimTime::START);
        assert!(Scale::starting_now(f64::NAN).speed() == 1.0);
    }
}
