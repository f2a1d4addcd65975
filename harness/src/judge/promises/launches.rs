//! Promises about what a client launches (KB828371).

use std::collections::BTreeMap;

use mockdc_mocks::{HostName, Name, Right, StateKey, Value};
use mockdc_scenarios::{ComponentRules, Profile};

use crate::judge::Tested;
use crate::judge::outline::Outline;
use crate::timeline::{Event, EventKind, Role, StateView};

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
    for event in &outline.run.events {
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
    tested
}

pub(super) fn rights_are_kept(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    for due in outline.run.events.iter().filter_map(due).filter(|due| !due.local_system) {
        tested.occasion();
        if !due.may_launch() {
            let text = format!("{} on {} is due and lacks {}", due.component, due.event.host, due.lack());
            tested.broken(text, [due.event.seq]);
        }
    }
    tested
}

pub(super) fn local_system_needs_no_policy(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    for event in &outline.run.events {
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
    let failures = events.iter().enumerate().filter_map(|(place, event)| match &event.kind {
        EventKind::ComponentLaunched { component, code } if *code != 0 => {
            Some((place, event, component, *code))
        }
        _ => None,
    });
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
        let from = events[..place].iter().rposition(|other| same(&other)).unwrap_or(place);
        let to =
            events[place..].iter().position(|other| same(&other)).map_or(events.len(), |next| place + next);
        let rules = outline.profile(&event.host, event.seq);
        let mut missing = Vec::new();
        if !events[from..to].iter().any(|line| names_code(line, &event.host, code)) {
            missing.push(format!("no log line names {code}"));
        }
        let agent = rules.and_then(|profile| component_rules(profile, component)).map(|rules| &rules.agent);
        let good = rules.map(|profile| &profile.client_service.good_status);
        if agent.is_none_or(|agent| !agent.as_str().is_empty())
            && !shows_failure(&events[..to], place, &event.host, &[Some(component), agent], good)
        {
            missing.push("no status shows it".to_owned());
        }
        if !missing.is_empty() {
            let text =
                format!("{component} on {} fails with {code}, and {}", event.host, missing.join(" and "));
            tested.broken(text, [event.seq]);
        }
    }
    tested
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
    events: &[Event],
    place: usize,
    host: &HostName,
    names: &[Option<&Name>],
    good: Option<&Name>,
) -> bool {
    let bad = |value: &Value| match value {
        Value::Text(text) => good.is_none_or(|good| *good != **text),
        _ => false,
    };
    let key = |name: &Name| StateKey::Component { component: name.clone() };
    let mut view = StateView::new();
    events[..place].iter().for_each(|event| view.apply(event));
    let keys: Vec<StateKey> = names.iter().flatten().map(|name| key(name)).collect();
    let bad_now = |view: &StateView| {
        keys.iter().any(|key| view.known(host, key).is_some_and(|known| bad(&known.value)))
    };
    bad_now(&view)
        || events[place..].iter().any(|event| {
            view.apply(event);
            bad_now(&view)
        })
}
