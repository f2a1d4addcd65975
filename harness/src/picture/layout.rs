//! Which lane everything of a run stands in.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{Fact, HostName, ProcessId, SimTime};

use super::scene::Lane;
use crate::report::role_words;
use crate::timeline::{ActorId, Event, EventKind, Role, Timeline};

/// More lanes than anyone scrolls through: what happens elsewhere stands in the lane of its host, or in one for all.
const MOST_LANES: usize = 240;

/// Hosts with lanes of their own at most.
const MOST_HOSTS: usize = 120;

/// The lanes of a run, and whose each is.
pub(super) struct Layout {
    pub(super) lanes: Vec<Lane>,
    hosts: BTreeMap<HostName, usize>,
    actors: BTreeMap<ActorId, usize>,
    processes: BTreeMap<(HostName, ProcessId), usize>,
    others: usize,
    pub(super) faults: Option<usize>,
}

impl Layout {
    pub(super) fn of(run: &Timeline) -> Layout {
        let world = &run.plan().world;
        // Controllers first, the PDC before all; then who does something, in the order of the scenario.
        let mut order: Vec<&HostName> = world.dcs.iter().map(|dc| &dc.name).collect();
        order.sort_by_key(|name| {
            world.dcs.iter().position(|dc| dc.name == **name && dc.role != mockdc_mocks::DcRole::Pdc)
        });
        order.extend(world.machines.iter().map(|machine| &machine.name));
        let busy: BTreeSet<&HostName> =
            run.events.iter().filter(|event| event.at > SimTime::START).map(|event| &event.host).collect();
        let named: BTreeSet<&HostName> = order.iter().copied().collect();
        order.extend(busy.iter().copied().filter(|host| !named.contains(host)));
        if order.len() > MOST_HOSTS {
            order.retain(|host| busy.contains(host));
            order.truncate(MOST_HOSTS);
        }
        let mut below: BTreeMap<&HostName, Vec<(String, Owner)>> = BTreeMap::new();
        let mut operators: BTreeMap<&HostName, Vec<ActorId>> = BTreeMap::new();
        let mut with_actor: BTreeSet<(&HostName, ProcessId)> = BTreeSet::new();
        for event in &run.events {
            if let (EventKind::ActorStarted { role, process, subject, .. }, Some(actor)) =
                (&event.kind, event.actor)
            {
                if *role == Role::Operator {
                    operators.entry(&event.host).or_default().push(actor);
                    continue;
                }
                let mut label = match role {
                    Role::Script => format!("script {subject}"),
                    role => role_words(*role).to_owned(),
                };
                if let Some(process) = process {
                    label += &format!(" ({})", process.0);
                    with_actor.insert((&event.host, *process));
                }
                below.entry(&event.host).or_default().push((label, Owner::Actor(actor)));
            }
        }
        for event in &run.events {
            if let EventKind::Fact(Fact::ProcessStarted { process, program, .. }) = &event.kind
                && !with_actor.contains(&(&event.host, *process))
            {
                let program = program.as_str().rsplit(['\\', '/']).next().unwrap_or_default();
                let label = format!("{program} ({})", process.0);
                below.entry(&event.host).or_default().push((label, Owner::Process(*process)));
            }
        }
        let mut layout = Layout {
            lanes: Vec::new(),
            hosts: BTreeMap::new(),
            actors: BTreeMap::new(),
            processes: BTreeMap::new(),
            others: 0,
            faults: None,
        };
        if !world.faults.is_empty() {
            layout.faults = Some(layout.add("", "faults", true));
        }
        for host in &order {
            let role = world.dcs.iter().find(|dc| dc.name == **host).map_or("", |dc| match dc.role {
                mockdc_mocks::DcRole::Pdc => " (PDC)",
                mockdc_mocks::DcRole::Bdc => " (BDC)",
                mockdc_mocks::DcRole::Rodc => " (RODC)",
            });
            let own = layout.add(host.as_str(), &format!("{host}{role}"), true);
            layout.hosts.insert((*host).clone(), own);
            if let Some(operators) = operators.get(host) {
                let lane = layout.add(host.as_str(), "operator", false);
                layout.actors.extend(operators.iter().map(|actor| (*actor, lane)));
            }
            for (label, owner) in below.get(host).into_iter().flatten() {
                // The lanes of later processes are those of their hosts, once there are many.
                let lane = match layout.lanes.len() < MOST_LANES {
                    true => layout.add(host.as_str(), label, false),
                    false => own,
                };
                match owner {
                    Owner::Actor(actor) => {
                        layout.actors.insert(*actor, lane);
                    }
                    Owner::Process(process) if lane != own => {
                        layout.processes.insert(((*host).clone(), *process), lane);
                    }
                    Owner::Process(_) => {}
                }
            }
        }
        let missing = run.events.iter().any(|event| !layout.hosts.contains_key(&event.host));
        layout.others = match missing {
            true => layout.add("", "other hosts", true),
            false => 0,
        };
        layout
    }

    pub(super) fn add(&mut self, host: &str, label: &str, head: bool) -> usize {
        self.lanes.push(Lane { host: host.to_owned(), label: label.to_owned(), head });
        self.lanes.len() - 1
    }

    pub(super) fn host(&self, host: &HostName) -> usize {
        self.hosts.get(host).copied().unwrap_or(self.others)
    }

    pub(super) fn lane(&self, event: &Event) -> usize {
        if let (EventKind::Fact(Fact::FaultTouched { .. }), Some(faults)) = (&event.kind, self.faults) {
            return faults;
        }
        if let Some(lane) = self.process(event) {
            return lane;
        }
        // What an actor brings about elsewhere belongs to that host.
        let own = event.actor.and_then(|actor| self.actors.get(&actor));
        if let Some(lane) = own.filter(|lane| self.lanes[**lane].host == event.host.as_str()) {
            return *lane;
        }
        self.host(&event.host)
    }

    /// The lane of a process that starts or ends, where it has one of its own.
    pub(super) fn process(&self, event: &Event) -> Option<usize> {
        match &event.kind {
            EventKind::Fact(Fact::ProcessStarted { process, .. } | Fact::ProcessEnded { process, .. }) => {
                self.processes.get(&(event.host.clone(), *process)).copied()
            }
            _ => None,
        }
    }
}

enum Owner {
    Actor(ActorId),
    Process(ProcessId),
}
