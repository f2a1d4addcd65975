//! How the scenario's clock follows the wall's.

use std::time::Duration;

use mockdc_mocks::SimTime;
use tokio::time::Instant;

/// How fast a run goes on the wall clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Where nothing is due the clock jumps to the next instant at which something is: nothing is waited for.
    Jump,
    /// So many seconds of the scenario pass in one of the wall: 60 is a minute in a second. An instant is not played
    /// before it has come.
    Times(f64),
}

impl std::str::FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Pace, String> {
        let number = text.strip_suffix('x').unwrap_or(text);
        match (text, number.parse::<f64>()) {
            ("jump", _) => Ok(Pace::Jump),
            (_, Ok(times)) if times.is_finite() && times >= 0.001 => Ok(Pace::Times(times)),
            (_, Ok(_)) => {
                Err("a speed is at least 0.001; 60 plays a minute of the scenario in a second".into())
            }
            (_, Err(_)) => Err(format!(
                "`{text}` is no speed: write a number, such as 60 for a minute of the scenario in a second, or `jump`"
            )),
        }
    }
}

impl std::fmt::Display for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Pace::Jump => f.write_str("jump"),
            Pace::Times(times) => write!(f, "{times}x"),
        }
    }
}

/// What a run on the wall clock took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Operations performed.
    pub calls: u64,
    /// How often the world moved by itself.
    pub advances: u64,
    /// How long the backend worked on both.
    pub worked: Duration,
    /// The greatest lateness: how long after its instant on the wall something was done. Zero where the clock jumps.
    pub lag: Duration,
}

/// The scenario's clock on the wall's.
pub(super) struct WallClock {
    pace: Pace,
    began: Instant,
    pub(super) effort: Effort,
}

impl WallClock {
    /// A clock whose scenario starts now.
    pub(super) fn start(pace: Pace) -> WallClock {
        WallClock { pace, began: Instant::now(), effort: Effort::default() }
    }

    /// Waits until `at` has come; not at all where the clock jumps.
    pub(super) async fn reach(&mut self, at: SimTime) {
        if let Some(due) = self.due(at) {
            tokio::time::sleep_until(due).await;
        }
    }

    /// Lets the backend work on what happens at `at`, and measures it.
    pub(super) async fn work<T>(&mut self, at: SimTime, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = work.await;
        let now = Instant::now();
        self.effort.worked += now - began;
        if let Some(due) = self.due(at) {
            self.effort.lag = self.effort.lag.max(now.saturating_duration_since(due));
        }
        done
    }

    fn due(&self, at: SimTime) -> Option<Instant> {
        let Pace::Times(times) = self.pace else { return None };
        let seconds = at.since(SimTime::START).as_millis() as f64 / 1_000.0 / times;
        // An instant centuries ahead is never reached, and no panic either.
        let ahead = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
        Some(self.began.checked_add(ahead).unwrap_or(self.began + Duration::from_secs(86_400 * 36_500)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_number_or_jump() {
        assert_eq!("jump".parse(), Ok(Pace::Jump));
        assert_eq!("60".parse(), Ok(Pace::Times(60.0)));
        assert_eq!("2.5x".parse(), Ok(Pace::Times(2.5)));
        for wrong in ["0", "-1", "fast", "nan", "inf", ""] {
            assert!(wrong.parse::<Pace>().is_err(), "{wrong}");
        }
        assert_eq!(Pace::Times(60.0).to_string(), "60x");
    }

    #[test]
    fn a_minute_of_the_scenario_takes_a_second_at_sixty() {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut clock = WallClock::start(Pace::Times(60.0));
            let began = Instant::now();
            clock.reach(SimTime(60_000)).await;
            assert_eq!(began.elapsed().as_secs_f64().round(), 1.0);
            clock.work(SimTime(60_000), tokio::time::sleep(Duration::from_millis(200))).await;
            assert!(clock.effort.lag >= Duration::from_millis(190), "{:?}", clock.effort);
            let before = Instant::now();
            clock.reach(SimTime(60_500)).await;
            assert_eq!(before.elapsed(), Duration::ZERO, "what is overdue is not waited for");
        });
    }

    #[test]
    fn a_clock_that_jumps_waits_for_nothing() {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut clock = WallClock::start(Pace::Jump);
            let began = Instant::now();
            clock.reach(SimTime(7 * 86_400_000)).await;
            clock.work(SimTime(0), tokio::time::sleep(Duration::from_millis(50))).await;
            assert_eq!(began.elapsed().as_millis() / 10, 5);
            assert_eq!(clock.effort.lag, Duration::ZERO);
        });
    }
}
