//! Promises about what a client launches (KB828371).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use mockdc_mocks::{Fact, HostName, Name, Right, StateKey, Value, Win32Error};
use mockdc_scenarios::{ComponentRules, Profile};

use crate::judge::Tested;
use crate::judge::outline::{Mark, Outline};
use crate::timeline::{ActorId, Class, Classes, Event, EventKind, Role};

/// A component due, with what it lacks.
struct Due {
    mark: Mark,
    host: HostName,
    actor: Option<ActorId>,
    component: Name,
    local_system: bool,
    missing: Vec<Right>,
    lacks_membership: bool,
}

impl Due {
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

fn due(event: &Event) -> Option<Due> {
    let EventKind::ComponentDue { component, account, needs, holds, needs_administrator, is_administrator } =
        &event.kind
    else {
        return None;
    };
    Some(Due {
        mark: Mark::of(event),
        host: event.host.clone(),
        actor: event.actor,
        component: component.clone(),
        local_system: account.is_none(),
        missing: needs.iter().copied().filter(|right| !holds.contains(right)).collect(),
        lacks_membership: *needs_administrator && !is_administrator,
    })
}

pub(super) fn launches_with_its_rights(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let mut open: BTreeMap<(HostName, Name), Due> = BTreeMap::new();
    outline.register.launches.each(|event| {
        if let Some(next) = due(event) {
            if let Some(left) = open.insert((next.host.clone(), next.component.clone()), next)
                && left.may_launch()
                // A client that is ended in between has not had its turn.
                && left.actor == event.actor
            {
                let text = format!("{} on {} was due and was not launched", left.component, event.host);
                tested.broken(text, [left.mark.seq, event.seq]);
            }
            return;
        }
        let EventKind::ComponentLaunched { component, code } = &event.kind else { return };
        let Some(due) = open.remove(&(event.host.clone(), component.clone())) else { return };
        if !due.may_launch() {
            return;
        }
        tested.occasion();
        if *code != 0 {
            let text = format!("{component} on {} has all that it needs, and fails with {code}", event.host);
            tested.broken(text, [due.mark.seq, event.seq]);
        }
    });
    for refused in refused_starts(outline).into_iter().filter(|refused| !refused.lacks_the_right()) {
        tested.occasion();
        tested.broken(refused.told("nothing of its client is launched"), [refused.mark.seq]);
    }
    tested
}

/// The service of an installed client that could not log on: none of its components is launched (Q280532).
struct RefusedStart<'a> {
    mark: Mark,
    host: HostName,
    service: Name,
    cause: Option<Win32Error>,
    /// The agents' statuses at that moment.
    statuses: BTreeMap<Name, Value>,
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
        format!("{} on {} does not start ({code}{cause}): {what}", self.service, self.host)
    }

    fn shows(&self) -> bool {
        self.statuses.values().any(|status| is_bad(status, Some(self.good)))
    }
}

/// Starts of clients' services that were refused at the logon. A client without a status is not installed yet: its
/// install tells the failure itself.
fn refused_starts<'a>(outline: &Outline<'a>) -> Vec<RefusedStart<'a>> {
    let is_refused = |event: &Event| matches!(&event.kind, EventKind::Fact(Fact::ServiceFailed { error, .. }) if *error == Win32Error::SERVICE_LOGON_FAILED);
    if !outline.register.failed_services.any(is_refused) {
        return Vec::new();
    }
    let mut refused = Vec::new();
    let mut statuses: BTreeMap<HostName, BTreeMap<Name, Value>> = BTreeMap::new();
    let telling = Classes::STATES.and(Classes::these(&[Class::ServiceFailed]));
    for event in outline.run.events.chosen(0, telling) {
        match &event.kind {
            EventKind::Fact(Fact::State { key: StateKey::Component { component }, value, .. }) => {
                let here = statuses.entry(event.host.clone()).or_default();
                match value {
                    Some(value) => here.insert(component.clone(), value.clone()),
                    None => here.remove(component),
                };
            }
            EventKind::Fact(Fact::ServiceFailed { service, cause, .. }) if is_refused(&event) => {
                let rules = outline.profile(&event.host, event.seq).map(|profile| &profile.client_service);
                let Some(rules) = rules.filter(|rules| rules.service == *service) else { continue };
                let Some(here) = statuses.get(&event.host).filter(|here| !here.is_empty()) else { continue };
                refused.push(RefusedStart {
                    mark: Mark::of(&event),
                    host: event.host.clone(),
                    service: service.name().clone(),
                    cause: *cause,
                    statuses: here.clone(),
                    good: &rules.good_status,
                });
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
    outline.register.launches.each(|event| {
        let Some(due) = due(event).filter(|due| !due.local_system) else { return };
        tested.occasion();
        if !due.may_launch() {
            let text = format!("{} on {} is due and lacks {}", due.component, due.host, due.lack());
            tested.broken(text, [due.mark.seq]);
        }
    });
    for refused in refused_starts(outline).into_iter().filter(RefusedStart::lacks_the_right) {
        tested.occasion();
        tested.broken(refused.told("its account may not log on as a service"), [refused.mark.seq]);
    }
    tested
}

pub(super) fn local_system_needs_no_policy(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    outline.register.launches.each(|event| {
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
    });
    tested
}

/// A launch that failed.
struct Failure {
    mark: Mark,
    host: HostName,
    component: Name,
    code: u32,
}

/// What a host tells that may have to do with its failures, each with the number of the event.
#[derive(Default)]
struct Told {
    codes: BTreeSet<u32>,
    due: Vec<(u64, Name)>,
    /// Lines of logs that name a code.
    named: Vec<(u64, u32)>,
    statuses: Vec<(u64, Name, Option<Value>)>,
}

impl Told {
    fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ComponentDue { component, .. } => self.due.push((event.seq, component.clone())),
            EventKind::Log { text, .. } => {
                let named = self.codes.iter().filter(|code| names_code(text, **code));
                self.named.extend(named.map(|code| (event.seq, *code)));
            }
            EventKind::Fact(Fact::State { key: StateKey::Component { component }, value, .. }) => {
                self.statuses.push((event.seq, component.clone(), value.clone()));
            }
            _ => {}
        }
    }

    /// From the last time that a component was due before an event to the next time that it is.
    fn turn(&self, component: &Name, seq: u64) -> Range<u64> {
        let due = || self.due.iter().filter(|(_, due)| due == component).map(|(due, _)| *due);
        let from = due().take_while(|due| *due < seq).last().unwrap_or(seq);
        from..due().find(|due| *due >= seq).unwrap_or(u64::MAX)
    }

    /// Whether one of these shows another status than the good one just before an event, or from there to another.
    fn shows_failure(&self, between: Range<u64>, names: &[Option<&Name>], good: Option<&Name>) -> bool {
        names.iter().flatten().any(|name| {
            let own = || self.statuses.iter().filter(|(_, of, _)| of == *name);
            let is_bad = |value: &Option<Value>| value.as_ref().is_some_and(|value| is_bad(value, good));
            let before = own().take_while(|(seq, ..)| *seq < between.start).last();
            before.is_some_and(|(_, _, value)| is_bad(value))
                || own().any(|(seq, _, value)| between.contains(seq) && is_bad(value))
        })
    }
}

/// The launches that failed, and what their hosts tell.
fn failures(outline: &Outline<'_>) -> (Vec<Failure>, BTreeMap<HostName, Told>) {
    let mut failures = Vec::new();
    let mut hosts: BTreeMap<HostName, Told> = BTreeMap::new();
    outline.register.launches.each(|event| {
        let EventKind::ComponentLaunched { component, code } = &event.kind else { return };
        if *code != 0 {
            let (mark, host) = (Mark::of(event), event.host.clone());
            hosts.entry(host.clone()).or_default().codes.insert(*code);
            failures.push(Failure { mark, host, component: component.clone(), code: *code });
        }
    });
    // Without any, there is nothing to look for from one end of the run to the other.
    if !failures.is_empty() {
        let telling = Classes::STATES.and(Classes::these(&[Class::Launch, Class::Log]));
        for event in outline.run.events.chosen(0, telling) {
            if let Some(told) = hosts.get_mut(&event.host) {
                told.take(&event);
            }
        }
    }
    (failures, hosts)
}

/// From a component's being due to its next being due, a line of a log of the host names the code, and its agent
/// shows another status than the good one.
pub(super) fn failed_launch_is_reported(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let (failures, hosts) = failures(outline);
    for Failure { mark, host, component, code } in &failures {
        let Some(told) = hosts.get(host) else { continue };
        // A run that ends at this very instant leaves no time for a report.
        if mark.at == outline.end {
            continue;
        }
        tested.occasion();
        let turn = told.turn(component, mark.seq);
        let rules = outline.profile(host, mark.seq);
        let mut missing = Vec::new();
        if !told.named.iter().any(|(seq, named)| turn.contains(seq) && named == code) {
            missing.push(format!("no log line names {code}"));
        }
        let agent = rules.and_then(|profile| component_rules(profile, component)).map(|rules| &rules.agent);
        let good = rules.map(|profile| &profile.client_service.good_status);
        if agent.is_none_or(|agent| !agent.as_str().is_empty())
            && !told.shows_failure(mark.seq..turn.end, &[Some(component), agent], good)
        {
            missing.push("no status shows it".to_owned());
        }
        if !missing.is_empty() {
            let text = format!("{component} on {host} fails with {code}, and {}", missing.join(" and "));
            tested.broken(text, [mark.seq]);
        }
    }
    // The service control manager tells the code (events 7000 and 7013); a status must show it as well.
    for refused in refused_starts(outline) {
        if refused.mark.at == outline.end {
            continue;
        }
        tested.occasion();
        if !refused.shows() && !shows_later(outline, &refused) {
            let text = format!("each of its agents goes on showing {}", refused.good);
            tested.broken(refused.told(&text), [refused.mark.seq]);
        }
    }
    tested
}

/// Whether an agent of the host shows another status than the good one before the service starts again.
fn shows_later(outline: &Outline<'_>, refused: &RefusedStart<'_>) -> bool {
    let from = usize::try_from(refused.mark.seq).unwrap_or(usize::MAX);
    let later = outline.run.events.chosen(from, Classes::STATES.and(Classes::these(&[Class::Process])));
    let here = later.filter(|event| event.host == refused.host);
    let mut until = here.take_while(|event| {
        !matches!(&event.kind, EventKind::Fact(Fact::ServiceStarted { service, .. }) if *service.name() == refused.service)
    });
    until.any(|event| match &event.kind {
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

fn names_code(text: &str, code: u32) -> bool {
    text.contains(&code.to_string()) || text.contains(&format!("0x{code:X}"))
}
