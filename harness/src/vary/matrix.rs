//! Which component fails without which right, and when: each right is taken away by policy, something makes the client
//! launch its components anew, and the run says what came of it.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use indexmap::IndexMap;
use mockdc_mocks::{
    Fact, GpoLinkSpec, GpoSpec, HostName, Operation, Right, SimTime, StateKey, Value, Verb, Win32Error,
};
use mockdc_scenarios::{Action, Client, Plan, Step, Trigger};
use serde::Serialize;

use super::parallel::parallel;
use crate::orchestrator;
use crate::timeline::{EventKind, Timeline};

/// When components are launched anew: every machine has refreshed its policy by then.
const ANEW: SimTime = SimTime(3 * 3_600_000);

/// The end of the run.
const END: SimTime = SimTime(4 * 3_600_000);

/// The name of the policy object that takes the right away.
const OBJECT: &str = "right taken away";

/// Why there is no matrix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    /// The scenario has no such client. Remedy: name one of those that it has.
    #[error("the scenario has no client on `{wanted}`; it has {}", list(known))]
    NoClient {
        /// The machine.
        wanted: String,
        /// Machines with clients.
        known: Vec<String>,
    },
    /// The client launches nothing as it is. Remedy: choose a client whose components run.
    #[error("{machine} launches no component even with all its rights: {why}")]
    NothingLaunched {
        /// The machine.
        machine: HostName,
        /// Why.
        why: String,
    },
    /// Policy does not reach the machine. Remedy: a machine of Windows 2000 or later, in a domain that has one.
    #[error(
        "{0} applies no group policy, so that none takes a right away: it needs `os = \"windows-2000\"` or later, and so does its domain controller"
    )]
    NoPolicy(HostName),
    /// A run could not be made.
    #[error("{0}")]
    Run(String),
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// What makes a client launch its components anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// Its service is restarted (KB828371).
    ServiceRestart,
    /// Its machine is restarted.
    MachineRestart,
    /// Its maintenance cycle comes, and the service runs on (KB828371; FACTS.md, A30).
    Cycle,
}

impl Moment {
    /// All of them.
    pub const ALL: [Moment; 3] = [Moment::ServiceRestart, Moment::MachineRestart, Moment::Cycle];

    /// The words for it, after "after".
    pub fn words(self) -> &'static str {
        match self {
            Moment::ServiceRestart => "a restart of the service",
            Moment::MachineRestart => "a restart of the machine",
            Moment::Cycle => "a maintenance cycle",
        }
    }

    /// The word for it in tables for machines.
    pub fn word(self) -> &'static str {
        match self {
            Moment::ServiceRestart => "service-restart",
            Moment::MachineRestart => "machine-restart",
            Moment::Cycle => "cycle",
        }
    }

    fn action(self, client: &Client) -> Action {
        let host = client.machine.clone();
        match self {
            Moment::ServiceRestart => {
                Action::RestartService { host, service: client.profile.client_service.service.clone() }
            }
            Moment::MachineRestart => Action::Do {
                operation: Operation::new(host, Verb::Restart { down: None }),
                user: None,
                require: None,
            },
            Moment::Cycle => Action::Cycle { client: host },
        }
    }
}

/// Rights by components.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Matrix {
    /// The scenario.
    pub scenario: String,
    /// The client's machine.
    pub machine: HostName,
    /// Its profile.
    pub profile: String,
    /// The components, in the order of their launch.
    pub components: Vec<String>,
    /// For each component the agent whose status it decides; empty for none.
    pub agents: Vec<String>,
    /// A row for each moment and right.
    pub rows: Vec<Row>,
}

/// What happens without a right.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// What makes the components be launched anew.
    pub after: Moment,
    /// The right.
    pub without: Right,
    /// The code with which the client's service does not start; nothing when it does.
    pub service: Option<u32>,
    /// For each component what came of it.
    pub components: Vec<Met>,
    /// The agents that show the status of a failure at the end.
    pub failing: Vec<String>,
}

/// What came of a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Met {
    /// The code of its launch: 0 for success; nothing when it was not due.
    pub launch: Option<u32>,
    /// The code of the verification that follows, which a refused launch has as well: 0 for success; nothing when
    /// there was none.
    pub verification: Option<u32>,
}

impl Matrix {
    /// Makes it for the client on a machine; for the scenario's first client when none is named.
    pub fn make(plan: &Plan, machine: Option<&str>, seed: u64, jobs: usize) -> Result<Matrix, MatrixError> {
        let client = plan
            .clients
            .iter()
            .find(|client| machine.is_none_or(|wanted| client.machine == *wanted))
            .ok_or_else(|| MatrixError::NoClient {
                wanted: machine.unwrap_or("any machine").to_owned(),
                known: plan.clients.iter().map(|client| client.machine.to_string()).collect(),
            })?;
        let needed: BTreeSet<Right> = client
            .profile
            .components
            .values()
            .flat_map(|component| component.needs.iter().chain(&component.verification_needs))
            .copied()
            .chain([Right::ServiceLogon])
            .collect();
        let whole = (Moment::ServiceRestart, None);
        let each =
            Moment::ALL.into_iter().flat_map(|moment| needed.iter().map(move |right| (moment, Some(*right))));
        let runs: Vec<(Moment, Option<Right>)> = std::iter::once(whole).chain(each).collect();
        let made = parallel(&runs, jobs, |(moment, right)| {
            let plan = Arc::new(without(plan, client, *moment, *right));
            orchestrator::run(&plan, seed).map_err(|error| MatrixError::Run(error.to_string()))
        });
        let mut rows = Vec::new();
        for ((moment, right), run) in runs.into_iter().zip(made) {
            let run = run?;
            let row = |right| row(&run, client, moment, right);
            match right {
                None => {
                    let whole = row(Right::ServiceLogon);
                    if !whole.components.iter().any(|met| met.launch == Some(0)) {
                        let why = match whole.service {
                            Some(code) => format!("its service ends with {}", Win32Error(code)),
                            None => "none is due".into(),
                        };
                        return Err(MatrixError::NothingLaunched { machine: client.machine.clone(), why });
                    }
                }
                Some(right) => {
                    if !reached(&run, &client.machine) {
                        return Err(MatrixError::NoPolicy(client.machine.clone()));
                    }
                    rows.push(row(right));
                }
            }
        }
        let rules = client.profile.components.values();
        Ok(Matrix {
            scenario: plan.name.clone(),
            machine: client.machine.clone(),
            profile: client.profile.name.clone(),
            components: client.profile.components.keys().cloned().collect(),
            agents: rules.map(|component| component.agent.to_string()).collect(),
            rows,
        })
    }
}

/// The plan's world with the client installed, the right taken away, and something that makes it launch its components
/// anew.
fn without(plan: &Plan, client: &Client, moment: Moment, right: Option<Right>) -> Plan {
    let mut plan = plan.clone();
    plan.clients.retain(|other| other.machine == client.machine);
    plan.clients.iter_mut().for_each(|client| client.installed = true);
    plan.scripts.clear();
    plan.expects.clear();
    plan.violates.clear();
    plan.rules.clear();
    plan.world.faults.clear();
    plan.until = Some(END);
    if let Some(right) = right {
        plan.world.policies.push(GpoSpec {
            name: OBJECT.into(),
            template: None,
            rights: [(right, Vec::new())].into(),
            members: Default::default(),
            member_of: Default::default(),
            links: vec![GpoLinkSpec {
                container: "domain".into(),
                order: Some(1),
                enabled: true,
                enforced: true,
            }],
            disabled: None,
        });
    }
    plan.steps =
        vec![Step { id: "anew".into(), line: 1, trigger: Trigger::At(ANEW), action: moment.action(client) }];
    plan
}

fn reached(run: &Timeline, machine: &HostName) -> bool {
    run.events.iter().any(|event| {
        event.host == *machine
            && matches!(&event.kind, EventKind::Fact(Fact::PolicyApplied { objects, .. })
                if objects.iter().any(|object| *object == OBJECT))
    })
}

fn row(run: &Timeline, client: &Client, moment: Moment, without: Right) -> Row {
    let rules = &client.profile.components;
    let wording = &client.profile.log.lines;
    let refused = client.profile.client_service.refused_verification_code;
    let since = run.events.iter().filter(|event| event.at >= ANEW && event.host == client.machine);
    let mut service = None;
    let mut components = vec![Met::default(); rules.len()];
    // What follows a second launch belongs to that one.
    let mut again = vec![false; rules.len()];
    for event in since {
        match &event.kind {
            EventKind::Fact(Fact::ServiceFailed { service: failed, error, cause })
                if *failed == client.profile.client_service.service =>
            {
                service = Some(cause.unwrap_or(*error).code());
            }
            EventKind::ComponentLaunched { component, code } => {
                let place = rules.values().position(|rules| *component == rules.title);
                // The first launch counts; later ones repeat it.
                let Some(place) = place else { continue };
                match components[place].launch {
                    None => components[place].launch = Some(*code),
                    Some(_) => again[place] = true,
                }
            }
            // A verification is no call: it leaves a line when it begins, and another when it fails.
            EventKind::Log { text, .. } => {
                for ((met, rules), again) in components.iter_mut().zip(rules.values()).zip(&again) {
                    if met.launch.is_none() || *again {
                        continue;
                    }
                    let values: &[(&str, &dyn Display)] =
                        &[("component", &rules.title), ("code", &refused), ("path", &rules.program)];
                    if **text == *wording.component_verifies.fill(values) {
                        met.verification = met.verification.or(Some(0));
                    } else if **text == *wording.verification_failed.fill(values) {
                        met.verification = Some(refused);
                    }
                }
            }
            _ => {}
        }
    }
    let mut shown: IndexMap<&str, bool> = IndexMap::new();
    for event in run.events.iter().filter(|event| event.host == client.machine) {
        if let EventKind::Fact(Fact::State { key: StateKey::Component { component }, value, .. }) =
            &event.kind
        {
            let fails = matches!(value, Some(Value::Text(status)) if **status == *client.profile.client_service.failing_status.as_str());
            shown.insert(component.as_str(), fails);
        }
    }
    let failing = shown.into_iter().filter(|(_, fails)| *fails).map(|(agent, _)| agent.to_owned()).collect();
    Row { after: moment, without, service, components, failing }
}
