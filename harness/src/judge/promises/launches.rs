//! Promises about what a client launches (KB828371).

use std::collections::BTreeMap;
use std::ops::Range;

use mockdc_mocks::{Fact, HostName, Name, Right, StateKey, Value, Win32Error};
use mockdc_scenarios::{ComponentRules, Profile};

use crate::judge::Tested;
use crate::judge::outline::Outline;
use crate::timeline::{Event, EventKind, Events, Role, StateView};

/// A component due, with what it lacks.
struct Due<'a> {
    event: &'a Event,
    component: &'a Name,
    local_system: bool,
    missing: Vec<Right>,
    lacks_membership: bool,
}

impl Due<'_> {
    fn may_launch(&self) -> bool {
        self.missing.is_empty() && !self.lacks_membership
    }

    fn lack(&self) -> String {
        let mut lacks: Vec<&str> = self.missing.iter().map(|right| right.constant()).collect();
        if self.lacks_membership {
            lacks.push("membership of the local Administrators");
        }
        lacks.join(", ")
    }
}

fn due(event: &Event) -> Option<Due<'_>> {
    let EventKind::ComponentDue { component, account, needs, holds, needs_administrator, is_administrator } =
        &event.kind
    else {
        return None;
    };
    Some(Due {
        event,
        component,
        local_system: account.is_none(),
        missing: needs.iter().copied().filter(|right| !holds.contains(right)).collect(),
        lacks_membership: *needs_administrator && !is_administrator,
    })
}

pub(super) fn launches_with_its_rights(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let mut open: BTreeMap<(&HostName, &Name), Due<'_>> = BTreeMap::new();
    for event in outline.register.launches.iter().copied() {
        if let Some(next) = due(event) {
            if let Some(left) = open.insert((&event.host, next.component), next)
                && left.may_launch()
                // A client that is ended in between has not had its turn.
                && left.event.actor == event.actor
            {
                let text = format!("{} on {} was due and was not launched", left.component, event.host);
                tested.broken(text, [left.event.seq, event.seq]);
            }
            continue;
        }
        let EventKind::ComponentLaunched { component, code } = &event.kind else { continue };
        let Some(due) = open.remove(&(&event.host, component)) else { continue };
        if !due.may_launch() {
            continue;
        }
        tested.occasion();
        if *code != 0 {
            let text = format!("{component} on {} has all that it needs, and fails with {code}", event.host);
            tested.broken(text, [due.event.seq, event.seq]);
        }
    }
    for refused in refused_starts(outline).into_iter().filter(|refused| !refused.lacks_the_right()) {
        tested.occasion();
        tested.broken(refused.told("nothing of its client is launched"), [refused.event.seq]);
    }
    tested
}

/// The service of an installed client that could not log on: none of its components is launched (Q280532).
struct RefusedStart<'a> {
    event: &'a Event,
    service: &'a Name,
    cause: Option<Win32Error>,
    /// The agents' statuses at that moment.
    statuses: BTreeMap<&'a Name, &'a Value>,
    good: &'a Name,
}

impl RefusedStart<'_> {
    /// Whether its account may not log on as a service, rather than not at all.
    fn lacks_the_right(&self) -> bool {
        self.cause == Some(Win32Error::LOGON_TYPE_NOT_GRANTED)
    }

    fn told(&self, what: &str) -> String {
        let cause = self.cause.map_or(String::new(), |cause| format!(", beneath it {}", cause.code()));
        let code = Win32Error::SERVICE_LOGON_FAILED.code();
        format!("{} on {} does not start ({code}{cause}): {what}", self.service, self.event.host)
    }

    fn shows(&self) -> bool {
        self.statuses.values().any(|status| is_bad(status, Some(self.good)))
    }
}

/// Starts of clients' services that were refused at the logon. A client without a status is not installed yet: its
/// install tells the failure itself.
fn refused_starts<'a>(outline: &Outline<'a>) -> Vec<RefusedStart<'a>> {
    let is_refused = |event: &Event| matches!(&event.kind, EventKind::Fact(Fact::ServiceFailed { error, .. }) if *error == Win32Error::SERVICE_LOGON_FAILED);
    if !outline.register.failed_services.iter().any(|event| is_refused(event)) {
        return Vec::new();
    }
    let mut refused = Vec::new();
    let mut statuses: BTreeMap<&HostName, BTreeMap<&Name, &Value>> = BTreeMap::new();
    for event in &outline.run.events {
        match &event.kind {
            EventKind::Fact(Fact::State { key: StateKey::Component { component }, value, .. }) => {
                let here = statuses.entry(&event.host).or_default();
                match value {
                    Some(value) => here.insert(component, value),
                    None => here.remove(component),
                };
            }
            EventKind::Fact(Fact::ServiceFailed { service, cause, .. }) if is_refused(event) => {
                let rules = outline.profile(&event.host, event.seq).map(|profile| &profile.client_service);
                let Some(rules) = rules.filter(|rules| rules.service == *service) else { continue };
                let Some(here) = statuses.get(&event.host).filter(|here| !here.is_empty()) else { continue };
                let (service, good) = (service.name(), &rules.good_status);
                refused.push(RefusedStart { event, service, cause: *cause, statuses: here.clone(), good });
            }
            _ => {}
        }
    }
    refused
}

fn is_bad(value: &Value, good: Option<&Name>) -> bool {
    match value {
        Value::Text(text) => good.is_none_or(|good| *good != **text),
        _ => false,
    }
}

pub(super) fn rights_are_kept(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    for due in outline.register.launches.iter().copied().filter_map(due).filter(|due| !due.local_system) {
        tested.occasion();
        if !due.may_launch() {
            let text = format!("{} on {} is due and lacks {}", due.component, due.event.host, due.lack());
            tested.broken(text, [due.event.seq]);
        }
    }
    for refused in refused_starts(outline).into_iter().filter(RefusedStart::lacks_the_right) {
        tested.occasion();
        tested.broken(refused.told("its account may not log on as a service"), [refused.event.seq]);
    }
    tested
}

pub(super) fn local_system_needs_no_policy(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    for event in outline.register.launches.iter().copied() {
        if let Some(due) = due(event).filter(|due| due.local_system) {
            tested.occasion();
            if !due.may_launch() {
                let text = format!(
                    "{} on {} runs as Local System and lacks {}",
                    due.component,
                    event.host,
                    due.lack()
                );
                tested.broken(text, [event.seq]);
            }
        }
        let by = event.actor.and_then(|id| outline.actors.get(&id));
        if let EventKind::ComponentLaunched { component, code } = &event.kind
            && by.is_some_and(|actor| actor.role == Role::AdvancedClient && actor.account.is_none())
        {
            tested.occasion();
            if *code != 0 {
                let text =
                    format!("{component} on {} runs as Local System and fails with {code}", event.host);
                tested.broken(text, [event.seq]);
            }
        }
    }
    tested
}

/// From a component's being due to its next being due, a line of a log of the host names the code, and its agent
/// shows another status than the good one.
pub(super) fn failed_launch_is_reported(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let events = &outline.run.events;
    let is_failure =
        |event: &&Event| matches!(event.kind, EventKind::ComponentLaunched { code, .. } if code != 0);
    // Without any, there is nothing to look for from one end of the run to the other.
    let any = outline.register.launches.iter().any(is_failure);
    let failures = any.then(|| events.iter().enumerate()).into_iter().flatten().filter_map(
        |(place, event)| match &event.kind {
            EventKind::ComponentLaunched { component, code } if *code != 0 => {
                Some((place, event, component, *code))
            }
            _ => None,
        },
    );
    for (place, event, component, code) in failures {
        // A run that ends at this very instant leaves no time for a report.
        if event.at == outline.end {
            continue;
        }
        tested.occasion();
        let same = |other: &&Event| {
            other.host == event.host
                && matches!(&other.kind, EventKind::ComponentDue { component: due, .. } if due == component)
        };
        let from = events.range(..place).rposition(|other| same(&other)).unwrap_or(place);
        let to =
            events.range(place..).position(|other| same(&other)).map_or(events.len(), |next| place + next);
        let rules = outline.profile(&event.host, event.seq);
        let mut missing = Vec::new();
        if !events.range(from..to).any(|line| names_code(line, &event.host, code)) {
            missing.push(format!("no log line names {code}"));
        }
        let agent = rules.and_then(|profile| component_rules(profile, component)).map(|rules| &rules.agent);
        let good = rules.map(|profile| &profile.client_service.good_status);
        if agent.is_none_or(|agent| !agent.as_str().is_empty())
            && !shows_failure(events, place..to, &event.host, &[Some(component), agent], good)
        {
            missing.push("no status shows it".to_owned());
        }
        if !missing.is_empty() {
            let text =
                format!("{component} on {} fails with {code}, and {}", event.host, missing.join(" and "));
            tested.broken(text, [event.seq]);
        }
    }
    // The service control manager tells the code (events 7000 and 7013); a status must show it as well.
    for refused in refused_starts(outline) {
        if refused.event.at == outline.end {
            continue;
        }
        tested.occasion();
        if !refused.shows() && !shows_later(outline, &refused) {
            let text = format!("each of its agents goes on showing {}", refused.good);
            tested.broken(refused.told(&text), [refused.event.seq]);
        }
    }
    tested
}

/// Whether an agent of the host shows another status than the good one before the service starts again.
fn shows_later(outline: &Outline<'_>, refused: &RefusedStart<'_>) -> bool {
    let later = outline.run.events.since(refused.event.seq);
    let here = later.filter(|event| event.host == refused.event.host);
    let until = here.take_while(|event| {
        !matches!(&event.kind, EventKind::Fact(Fact::ServiceStarted { service, .. }) if service.name() == refused.service)
    });
    until.into_iter().any(|event| match &event.kind {
        EventKind::Fact(Fact::State { key: StateKey::Component { .. }, value: Some(value), .. }) => {
            is_bad(value, Some(refused.good))
        }
        _ => false,
    })
}

fn component_rules<'a>(profile: &'a Profile, component: &Name) -> Option<&'a ComponentRules> {
    let named = |(key, rules): &(&'a String, &'a ComponentRules)| {
        *component == *key.as_str() || rules.title == *component
    };
    profile.components.iter().find(named).map(|(_, rules)| rules)
}

fn names_code(event: &Event, host: &HostName, code: u32) -> bool {
    let EventKind::Log { text, .. } = &event.kind else { return false };
    event.host == *host && (text.contains(&code.to_string()) || text.contains(&format!("0x{code:X}")))
}

/// Whether the agent's status is not good just before the failure, or at some moment after it.
fn shows_failure(
    events: &Events,
    places: Range<usize>,
    host: &HostName,
    names: &[Option<&Name>],
    good: Option<&Name>,
) -> bool {
    let key = |name: &Name| StateKey::Component { component: name.clone() };
    let mut view = StateView::new();
    events.range(..places.start).for_each(|event| view.apply(event));
    let keys: Vec<StateKey> = names.iter().flatten().map(|name| key(name)).collect();
    let bad_now = |view: &StateView| {
        keys.iter().any(|key| view.known(host, key).is_some_and(|known| is_bad(&known.value, good)))
    };
    bad_now(&view)
        || events.range(places).any(|event| {
            view.apply(event);
            bad_now(&view)
        })
}
