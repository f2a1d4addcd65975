//! A run on the wall clock: how fast it may go, and what is told of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::run::{Effort, Margin, Pace};

/// How late a change may become visible at a backend on the wall clock, and how late a deadline may be noticed: `cargo
/// bench -p mockdc-containers --bench samba` measures it.
pub const PRECISION: Duration = Duration::from_millis(250);

/// How often a run is tried when a container breaks down, or when the machine was too busy to keep a speed.
pub const MOST_ATTEMPTS: u32 = 3;

/// The slowest speed that a run is slowed down to: the scenario's own.
const SLOWEST: f64 = 1.0;

/// What is told of a run on the wall clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OnTheWall {
    /// The speed: `60x`, or `jump` where nothing was waited for.
    pub speed: String,
    /// The speed that was asked for, when its margin made the run slower.
    pub slowed_from: Option<String>,
    /// The smallest gap between an event and a deadline in the fake's run.
    pub margin: Option<Margin>,
    /// Runs that it took: more than one when something broke down or was late.
    pub attempts: u32,
    /// What was tried again at the backend.
    pub retries: u64,
    /// Operations performed.
    pub calls: u64,
    /// How many of them went over the wire, where the backend has one beside the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_wire: Option<u64>,
    /// How long the backend worked, in milliseconds of the wall clock.
    pub worked_ms: u64,
    /// The greatest lateness, in milliseconds of the wall clock.
    pub lag_ms: u64,
    /// Where the backend and the model said different things.
    pub differences: Vec<String>,
}

impl OnTheWall {
    /// What is told of an effort at a speed.
    pub(super) fn of(pace: Pace, effort: Effort) -> OnTheWall {
        OnTheWall {
            speed: pace.to_string(),
            slowed_from: None,
            margin: None,
            attempts: 1,
            retries: 0,
            calls: effort.calls,
            by_wire: None,
            worked_ms: millis(effort.worked),
            lag_ms: millis(effort.lag),
            differences: Vec::new(),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The speed at which a run may go, so that its margin is no finer than the precision: as asked for, or slower. Where
/// the clock jumps there is nothing to keep up with: it stands still while the backend works.
///
/// # Errors
///
/// Why the scenario cannot be run at a speed at all.
pub(super) fn allowed(asked: Pace, margin: Option<Margin>) -> Result<Pace, String> {
    let (Pace::Times(times), Some(margin)) = (asked, margin) else { return Ok(asked) };
    let most = margin.gap.as_millis() as f64 / PRECISION.as_millis() as f64;
    if times <= most {
        return Ok(asked);
    }
    if most >= SLOWEST {
        return Ok(Pace::Times(most));
    }
    let precision = PRECISION.as_secs_f64();
    let what = match margin.gap.as_millis() {
        0 => format!("an event and a deadline fall on one instant, {}", crate::report::instant(margin.event)),
        _ => format!(
            "only {} lie between the event at {} and the deadline at {}",
            margin.gap,
            crate::report::instant(margin.event),
            crate::report::instant(margin.deadline)
        ),
    };
    Err(format!(
        "{what}: on the wall clock that is finer than the precision of {precision} s at any speed; without `--speed` \
         the clock jumps and stands still while the backend works, so that their order is kept"
    ))
}

#[cfg(test)]
mod tests {
    use mockdc_mocks::{SimTime, Span};

    use super::*;

    fn margin(gap: Span) -> Option<Margin> {
        Some(Margin { gap, event: SimTime(60_000), deadline: SimTime(60_000) + gap })
    }

    #[test]
    fn a_wide_margin_leaves_the_speed_alone() {
        assert_eq!(allowed(Pace::Times(60.0), margin(Span::secs(15))), Ok(Pace::Times(60.0)));
        assert_eq!(allowed(Pace::Times(60.0), None), Ok(Pace::Times(60.0)));
    }

    #[test]
    fn a_fine_margin_slows_a_run_down_and_a_finer_one_refuses_it() {
        assert_eq!(allowed(Pace::Times(60.0), margin(Span::secs(5))), Ok(Pace::Times(20.0)));
        let refused = allowed(Pace::Times(60.0), margin(Span::millis(249))).unwrap_err();
        assert!(refused.contains("00:01:00.000") && refused.contains("0.25 s"), "{refused}");
        assert!(allowed(Pace::Times(1.0), margin(Span::ZERO)).is_err());
    }

    #[test]
    fn a_clock_that_jumps_needs_no_margin() {
        assert_eq!(allowed(Pace::Jump, margin(Span::ZERO)), Ok(Pace::Jump));
    }
}
