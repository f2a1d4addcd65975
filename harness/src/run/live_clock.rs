//! The clock of a live run: the wall's with a speed, or one that stands until somebody moves it, and never past the
//! next instant at which the scenario has something to do.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mockdc_mocks::{Clock, SimTime, Span};
use tokio::time::Instant;

/// The scenario's clock as servers, the driver and the control API share it; cheap to clone.
///
/// While the driver plays an instant the clock stands still, and between two of them it runs no further than the next
/// one: what a client asks is answered in the state that the instant before left, however late the driver is.
#[derive(Clone, Debug)]
pub struct LiveClock {
    hands: Arc<Mutex<Hands>>,
}

#[derive(Debug)]
struct Hands {
    now: SimTime,
    /// Seconds of the scenario in one of the wall; `None`: it stands until somebody moves it.
    speed: Option<f64>,
    /// An instant of the wall and the scenario's at it.
    reference: (Instant, SimTime),
    /// How far it may run by itself; `None`: it stands, for the driver is at work.
    horizon: Option<SimTime>,
}

impl LiveClock {
    /// A clock at the scenario's start that stands until the driver lets it run.
    pub fn new(speed: Option<f64>) -> LiveClock {
        let reference = (Instant::now(), SimTime::START);
        let hands = Hands { now: SimTime::START, speed, reference, horizon: None };
        LiveClock { hands: Arc::new(Mutex::new(hands)) }
    }

    /// Its speed; `None`: it stands until somebody moves it.
    pub fn speed(&self) -> Option<f64> {
        self.lock().speed
    }

    /// Goes on with another speed from now on.
    pub fn set_speed(&self, speed: Option<f64>) {
        let mut hands = self.lock();
        let now = hands.read();
        hands.reference = (Instant::now(), now);
        hands.speed = speed;
    }

    /// Stops it and says where it stands.
    pub(super) fn freeze(&self) -> SimTime {
        let mut hands = self.lock();
        let now = hands.read();
        hands.horizon = None;
        now
    }

    /// Lets it run, no further than `horizon`, and says for how long of the wall that is; `None`: for ever.
    pub(super) fn thaw(&self, horizon: SimTime) -> Option<Duration> {
        let mut hands = self.lock();
        hands.horizon = Some(horizon);
        let speed = hands.speed?;
        if horizon == SimTime::NEVER {
            return None;
        }
        let ahead = horizon.since(hands.reference.1).as_millis().max(0) as f64 / 1_000.0 / speed;
        // An instant centuries ahead is never reached, and no panic either.
        let ahead = Duration::try_from_secs_f64(ahead).ok()?;
        Some(ahead.saturating_sub(hands.reference.0.elapsed()))
    }

    /// Sets it; the driver plays every instant up to it.
    pub(super) fn set(&self, now: SimTime) {
        let mut hands = self.lock();
        hands.now = hands.now.max(now);
    }

    /// Counts the wall's time anew from here: what was jumped over is not waited for.
    pub(super) fn rebase(&self) {
        let mut hands = self.lock();
        hands.reference = (Instant::now(), hands.now);
    }

    fn lock(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for LiveClock {
    fn now(&self) -> SimTime {
        self.lock().read()
    }
}

impl Hands {
    fn read(&mut self) -> SimTime {
        if let (Some(horizon), Some(speed)) = (self.horizon, self.speed) {
            let passed = self.reference.0.elapsed().as_secs_f64() * 1_000.0 * speed;
            // A float beyond the range of an integer becomes the largest one.
            let wall = self.reference.1 + Span::millis((passed as i64).min(i64::MAX / 4));
            self.now = self.now.max(wall.min(horizon));
        }
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paused(test: impl Future<Output = ()>) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(test);
    }

    #[test]
    fn it_runs_with_its_speed_up_to_the_horizon() {
        paused(async {
            let clock = LiveClock::new(Some(60.0));
            tokio::time::advance(Duration::from_secs(1)).await;
            assert_eq!(clock.now(), SimTime::START, "it stands until it is let go");
            assert_eq!(clock.thaw(SimTime(90_000)), Some(Duration::from_millis(500)));
            assert_eq!(clock.now(), SimTime(60_000));
            tokio::time::advance(Duration::from_secs(3)).await;
            assert_eq!(clock.now(), SimTime(90_000), "no further than where something is due");
            assert_eq!(clock.freeze(), SimTime(90_000));
            assert_eq!(clock.thaw(SimTime::NEVER), None);
            assert_eq!(clock.now(), SimTime(240_000), "the pace is kept");
            clock.set_speed(Some(1.0));
            tokio::time::advance(Duration::from_secs(1)).await;
            assert_eq!(clock.now(), SimTime(241_000));
        });
    }

    #[test]
    fn without_a_speed_it_stands_until_it_is_set() {
        paused(async {
            let clock = LiveClock::new(None);
            assert_eq!(clock.thaw(SimTime(5_000)), None);
            tokio::time::advance(Duration::from_secs(60)).await;
            assert_eq!(clock.now(), SimTime::START);
            clock.set(SimTime(3_000));
            clock.set(SimTime(2_000));
            assert_eq!(clock.now(), SimTime(3_000), "it never runs backwards");
        });
    }
}
