//! When a connection is looked at by itself: the poll inside a site, the schedule and interval of a site link.

use crate::{OpenHours, SimTime, SiteLinkSpec, Span};

const DAY: i64 = 86_400_000;

/// The instants at which a connection is open by the clock, without jitter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    first: SimTime,
    interval: Span,
    /// Windows, with the last Monday's midnight before the start of the run; always open when empty.
    open: Vec<OpenHours>,
    monday: SimTime,
}

impl Schedule {
    /// Every `interval` since the start of the run.
    pub(super) fn every(interval: Span) -> Schedule {
        let interval = interval.max(Span::millis(1));
        Schedule { first: SimTime::START + interval, interval, open: Vec::new(), monday: SimTime::START }
    }

    /// A site link's. `since_monday` is the span from the last Monday's midnight to the start of the run.
    pub(super) fn of(link: &SiteLinkSpec, since_monday: Span) -> Schedule {
        let interval = link.interval.max(Span::millis(1));
        Schedule {
            first: SimTime::START + link.first.unwrap_or(interval),
            interval,
            open: link.open.clone(),
            monday: SimTime::START - since_monday,
        }
    }

    /// The next opening after an instant. In a window the interval begins anew with the window (Q228866).
    pub(super) fn after(&self, now: SimTime) -> SimTime {
        if self.open.is_empty() {
            let passed = (now.since(self.first).as_millis().div_euclid(self.interval.as_millis()) + 1).max(0);
            return self.first + self.interval.times(passed);
        }
        let today = now.since(self.monday).as_millis().div_euclid(DAY);
        // A window over midnight may have begun yesterday; of a window of one day a week the next may be a week away.
        let next = (today - 1..=today + 7).flat_map(|day| {
            let midnight = self.monday + Span::days(day);
            let windows = self.open.iter().filter(move |hours| hours.days.has(day));
            windows.filter_map(move |hours| self.in_window(midnight + hours.from, hours.length(), now))
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
    use crate::Weekday;

    fn at(hours: i64, minutes: i64) -> SimTime {
        SimTime::START + Span::hours(hours) + Span::mins(minutes)
    }

    fn link(open: &[(i64, i64)]) -> Schedule {
        on(&Weekday::ALL, open)
    }

    /// Of a run that starts on a Monday at 9:00.
    fn on(days: &[Weekday], open: &[(i64, i64)]) -> Schedule {
        let open = open
            .iter()
            .map(|(from, to)| OpenHours {
                from: Span::hours(*from),
                to: Span::hours(*to),
                days: days.iter().copied().collect(),
            })
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

    #[test]
    fn a_window_of_one_day_a_week_waits_for_that_day() {
        // Sundays from 22:00 to 02:00; the run starts on a Monday at 9:00.
        let schedule = on(&[Weekday::Sun], &[(22, 2)]);
        let sunday = at(6 * 24 + 13, 0);
        assert_eq!(schedule.after(at(0, 0)), sunday);
        assert_eq!(schedule.after(sunday + Span::mins(180)), sunday + Span::days(7), "to the next week's");
        let both = on(&[Weekday::Sun, Weekday::Mon], &[(22, 2)]);
        assert_eq!(both.after(at(0, 0)), at(13, 0));
        assert_eq!(both.after(at(16, 0)), sunday);
    }

    #[test]
    fn a_window_that_began_on_a_day_of_its_own_lasts_over_midnight() {
        // The run starts on a Monday at 9:00, in the hours that began on Sunday at 22:00.
        let schedule = on(&[Weekday::Sun], &[(22, 12)]);
        assert_eq!(schedule.after(at(0, 0)), at(1, 0), "22:00 and eight intervals");
    }
}
