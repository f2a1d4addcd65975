//! Which component fails without which right: each right is taken away by policy, the client's service is restarted, and
//! the run says what was launched.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use mockdc_mocks::{Fact, GpoLinkSpec, GpoSpec, HostName, Right, SimTime, Span, Win32Error};
use mockdc_scenarios::{Action, Client, Plan, Step, Trigger};
use serde::Serialize;

use super::parallel::parallel;
use crate::orchestrator;
use crate::timeline::{EventKind, Timeline};

/// When the service is restarted: every machine has refreshed its policy by then.
const RESTART: SimTime = SimTime(3 * 3_600_000);

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
    /// A row for each right.
    pub rows: Vec<Row>,
}

/// What happens without a right.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// The right.
    pub right: Right,
    /// The code with which the client's service does not start; nothing when it does.
    pub service: Option<u32>,
    /// For each component the code of its launch: 0 for success; nothing when it was not due.
    pub launches: Vec<Option<u32>>,
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
        let components: Vec<String> = client.profile.components.keys().cloned().collect();
        let needed: BTreeSet<Right> = client
            .profile
            .components
            .values()
            .flat_map(|component| component.needs.iter().chain(&component.verification_needs))
            .copied()
            .chain([Right::ServiceLogon])
            .collect();
        let takes: Vec<Option<Right>> = std::iter::once(None).chain(needed.into_iter().map(Some)).collect();
        let runs = parallel(&takes, jobs, |right| {
            let plan = Arc::new(without(plan, client, *right));
            orchestrator::run(&plan, seed).map_err(|error| MatrixError::Run(error.to_string()))
        });
        let mut rows = Vec::new();
        for (right, run) in takes.iter().zip(runs) {
            let run = run?;
            let row = |right| row(&run, client, &components, right);
            match right {
                None => {
                    let whole = row(Right::ServiceLogon);
                    if !whole.launches.contains(&Some(0)) {
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
                    rows.push(row(*right));
                }
            }
        }
        Ok(Matrix {
            scenario: plan.name.clone(),
            machine: client.machine.clone(),
            profile: client.profile.name.clone(),
            components,
            rows,
        })
    }

    /// The matrix as a table for people.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "{}: what {} of {} launches without a right (service is the service itself)",
            self.scenario, self.machine, self.profile
        )?;
        let first = self.rows.iter().map(|row| row.right.constant().len()).max().unwrap_or(0);
        let heads: Vec<&str> =
            std::iter::once("service").chain(self.components.iter().map(String::as_str)).collect();
        write!(out, "{:first$}", "without")?;
        for head in &heads {
            write!(out, "  {head:>8}")?;
        }
        writeln!(out)?;
        for row in &self.rows {
            write!(out, "{:first$}", row.right.constant())?;
            let service = row.service.map_or_else(|| "runs".to_owned(), |code| code.to_string());
            let cells = row.launches.iter().map(|launch| match launch {
                Some(0) => "runs".to_owned(),
                Some(code) => code.to_string(),
                None => "-".to_owned(),
            });
            for (cell, head) in std::iter::once(service).chain(cells).zip(&heads) {
                write!(out, "  {cell:>width$}", width = head.len().max(8))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// The matrix as comma-separated values, with a head.
    pub fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "right,service,{}", self.components.join(","))?;
        for row in &self.rows {
            let cells =
                row.launches.iter().map(|launch| launch.map_or_else(String::new, |code| code.to_string()));
            let cells: Vec<String> = cells.collect();
            writeln!(out, "{},{},{}", row.right.constant(), row.service.unwrap_or(0), cells.join(","))?;
        }
        Ok(())
    }
}

/// The plan's world with the client installed, the right taken away, and the client's service restarted.
fn without(plan: &Plan, client: &Client, right: Option<Right>) -> Plan {
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
    plan.steps = vec![Step {
        id: "restart".into(),
        line: 1,
        trigger: Trigger::At(RESTART),
        action: Action::RestartService {
            host: client.machine.clone(),
            service: client.profile.client_service.service.clone(),
        },
    }];
    plan
}

fn reached(run: &Timeline, machine: &HostName) -> bool {
    run.events.iter().any(|event| {
        event.host == *machine
            && matches!(&event.kind, EventKind::Fact(Fact::PolicyApplied { objects, .. })
                if objects.iter().any(|object| *object == OBJECT))
    })
}

fn row(run: &Timeline, client: &Client, components: &[String], right: Right) -> Row {
    let since = run.events.iter().filter(|event| event.at >= RESTART && event.host == client.machine);
    let mut service = None;
    let mut launches = vec![None; components.len()];
    for event in since {
        match &event.kind {
            EventKind::Fact(Fact::ServiceFailed { service: failed, error, cause })
                if *failed == client.profile.client_service.service =>
            {
                service = Some(cause.unwrap_or(*error).code());
            }
            EventKind::ComponentLaunched { component, code } => {
                let place = client
                    .profile
                    .components
                    .iter()
                    .position(|(key, rules)| *component == **key || *component == rules.title);
                // The first launch after the restart counts; later ones repeat it.
                if let Some(slot) = place.and_then(|place| launches.get_mut(place))
                    && slot.is_none()
                {
                    *slot = Some(*code);
                }
            }
            _ => {}
        }
    }
    Row { right, service, launches }
}

/// How long a matrix plays, for who wants to say so.
pub const PLAYED: Span = Span(END.0);
