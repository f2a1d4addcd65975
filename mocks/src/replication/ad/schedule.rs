//! When a connection is looked at by itself: the poll inside a site, the schedule and interval of a site link.

use crate::{OpenHours, SimTime, SiteLinkSpec, Span};

const DAY: i64 = 86_400_000;

/// The instants at which a connection is open by the clock, without jitter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    first: SimTime,
    interval: Span,
    /// Daily windows, with the last midnight before the start of the run; all day when empty.
    open: Vec<OpenHours>,
    midnight: SimTime,
}

impl Schedule {
    /// Every `interval` since the start of the run.
    pub(super) fn every(interval: Span) -> Schedule {
        let interval = interval.max(Span::millis(1));
        Schedule { first: SimTime::START + interval, interval, open: Vec::new(), midnight: SimTime::START }
    }

    /// A site link's. `midnight` is the span from the last midnight to the start of the run.
    pub(super) fn of(link: &SiteLinkSpec, midnight: Span) -> Schedule {
        let interval = link.interval.max(Span::millis(1));
        Schedule {
            first: SimTime::START + link.first.unwrap_or(interval),
            interval,
            open: link.open.clone(),
            midnight: SimTime::START - midnight,
        }
    }

    /// The next opening after an instant. In a daily window the interval begins anew with the window (Q228866).
    pub(super) fn after(&self, now: SimTime) -> SimTime {
        if self.open.is_empty() {
            let passed = (now.since(self.first).as_millis().div_euclid(self.interval.as_millis()) + 1).max(0);
            return self.first + self.interval.times(passed);
        }
        let today = now.since(self.midnight).as_millis().div_euclid(DAY);
        // A window over midnight may have begun yesterday; the first of tomorrow's is always after now.
        let next = (today - 1..=today + 1).flat_map(|day| {
            let midnight = self.midnight + Span::days(day);
            self.open
                .iter()
                .filter_map(move |hours| self.in_window(midnight + hours.from, hours.length(), now))
        });
        next.min().unwrap_or(SimTime::NEVER)
    }

    fn in_window(&self, opens: SimTime, length: Span, now: SimTime) -> Option<SimTime> {
        let passed = now.since(opens).as_millis().div_euclid(self.interval.as_millis()) + 1;
        let into = self.interval.times(passed.max(0));
        (into < length).then(|| opens + into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64, minutes: i64) -> SimTime {
        SimTime::START + Span::hours(hours) + Span::mins(minutes)
    }

    fn link(open: &[(i64, i64)]) -> Schedule {
        let open = open
            .iter()
            .map(|(from, to)| OpenHours { from: Span::hours(*from), to: Span::hours(*to) })
            .collect();
        let link = SiteLinkSpec {
            name: "wan".into(),
            sites: Vec::new(),
            interval: Span::mins(90),
            first: None,
            cost: 100,
            open,
            jitter: None,
            notify: false,
        };
        Schedule::of(&link, Span::hours(9))
    }

    #[test]
    fn without_hours_a_link_opens_at_every_interval_of_the_run() {
        let schedule = link(&[]);
        assert_eq!(schedule.after(at(0, 0)), at(1, 30));
        assert_eq!(schedule.after(at(1, 30)), at(3, 0));
    }

    #[test]
    fn the_interval_begins_anew_when_the_hours_open_and_ends_with_them() {
        // From 22:00 to 02:00; the run starts at 9:00.
        let schedule = link(&[(22, 2)]);
        assert_eq!(schedule.after(at(0, 0)), at(13, 0));
        assert_eq!(schedule.after(at(13, 0)), at(14, 30));
        assert_eq!(schedule.after(at(14, 30)), at(16, 0));
        // 02:30 would be after the end.
        assert_eq!(schedule.after(at(16, 0)), at(37, 0));
    }

    #[test]
    fn the_same_time_twice_is_the_whole_day() {
        let schedule = link(&[(12, 12)]);
        assert_eq!(schedule.after(at(0, 0)), at(1, 30), "the window of yesterday is still open");
        assert_eq!(schedule.after(at(2, 59)), at(3, 0));
    }
}
