//! The log lines of a run's events.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use mockdc_mocks::{Name, SimTime};
use mockdc_scenarios::{LogRules, Plan};

use super::Entry;
use crate::timeline::{Event, EventKind};

/// How the log lines of a run are written.
#[derive(Clone, Debug)]
pub struct LogFormat {
    start: DateTime,
    zone: String,
    zoned: Vec<Name>,
    one_blank: Vec<Name>,
}

/// The start of a scenario is no civil date and time such as `2002-08-06T09:00:00`.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the start `{start}` is no date and time: {reason}")]
pub struct StartError {
    /// The text.
    pub start: String,
    /// What is wrong with it.
    pub reason: String,
}

impl LogFormat {
    /// Lines of a run that starts at `start` in a time zone of this name.
    pub fn new(start: DateTime, zone: impl Into<String>) -> LogFormat {
        LogFormat { start, zone: zone.into(), zoned: Vec::new(), one_blank: Vec::new() }
    }

    /// With the components of a profile that state their time zone, and those that leave one blank.
    pub fn with_rules(mut self, rules: &LogRules) -> LogFormat {
        for (all, more) in [(&mut self.zoned, &rules.zoned), (&mut self.one_blank, &rules.one_blank)] {
            for component in more {
                if !all.contains(component) {
                    all.push(component.clone());
                }
            }
        }
        self
    }

    /// Lines of a plan's run: its start, its time zone, the components of all its profiles.
    pub fn of(plan: &Plan) -> Result<LogFormat, StartError> {
        let start = plan.start.parse().map_err(|error: jiff::Error| StartError {
            start: plan.start.clone(),
            reason: error.to_string(),
        })?;
        let sites = plan.site_servers.iter().map(|site| &site.profile);
        let profiles = sites.chain(plan.clients.iter().map(|client| &client.profile));
        let format = LogFormat::new(start, &plan.time_zone);
        Ok(profiles.fold(format, |format, profile| format.with_rules(&profile.log)))
    }

    /// The line of an event in its host's log file, without a line end; `None` for events that are no log lines.
    pub fn line(&self, event: &Event) -> Option<String> {
        let EventKind::Log { component, thread, clock, text, .. } = &event.kind else { return None };
        let entry = Entry {
            message: text,
            component: component.as_str(),
            at: self.civil(clock.unwrap_or(event.at)),
            zone: self.zoned.contains(component).then_some(self.zone.as_str()),
            thread: *thread,
            blanks: if self.one_blank.contains(component) { 1 } else { 2 },
        };
        Some(entry.raw())
    }

    /// The date and time of an instant; the last one that a calendar has when it lies beyond.
    pub fn civil(&self, at: SimTime) -> DateTime {
        self.start.saturating_add(SignedDuration::from_millis(at.as_millis()))
    }
}
