//! A live run from start to end.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mockdc_mocks::ldap::{CertificateAuthority, LiveDomain, Server};
use mockdc_mocks::{Credentials, Span};
use mockdc_scenarios::Plan;

use super::{
    BadPlaceholder, ControlEndpoint, Endpoints, NoPorts, NoProgram, Opened, Output, Ports, Program, Running,
    Scratch, base_dn, dns_domain, faketime_library, faketime_variables, fill, open,
};
use crate::control;
use crate::orchestrator::{self, RunError};
use crate::run::{Close, Inbox, LiveClock, LiveDriver, Stage};
use crate::timeline::{EndReason, Timeline};

/// How long a program may run when nobody says.
pub const USUAL_TIMEOUT: Span = Span::mins(5);

/// What a live run is to be.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The scenario.
    pub plan: Arc<Plan>,
    /// The seed.
    pub seed: u64,
    /// Seconds of the scenario in one of the wall; `None`: the clock stands until somebody moves it.
    pub speed: Option<f64>,
    /// Which ports the controllers get.
    pub ports: Ports,
    /// The address at which the controllers listen.
    pub listen: IpAddr,
    /// The port at which clients reach every controller, when it is not the one at which it listens.
    pub public_port: Option<u16>,
    /// Where the run's files are kept; a folder that goes with the run when absent.
    pub files: Option<PathBuf>,
    /// Where the control API answers, if it does.
    pub control: Option<SocketAddr>,
    /// The program with its arguments, if there is one.
    pub command: Option<Vec<String>>,
    /// How long it may run, on the wall clock.
    pub timeout: Option<Span>,
}

/// What is told while a live run goes on.
pub enum Told<'a> {
    /// The controllers answer from now on.
    Ready {
        /// Where.
        endpoints: &'a Endpoints,
        /// The same as a file.
        file: &'a Path,
    },
    /// Something for people.
    Note(&'a str),
    /// A line that the program wrote.
    Line(&'a str),
}

/// A live run that is over.
#[derive(Debug)]
pub struct Lived {
    /// What happened.
    pub timeline: Timeline,
    /// What the program wrote.
    pub output: Output,
    /// Whether somebody ended it.
    pub stopped: bool,
}

/// Why there is no live run.
#[derive(Debug, thiserror::Error)]
pub enum NoLive {
    /// The plan cannot be run.
    #[error(transparent)]
    Plan(#[from] RunError),
    /// A controller cannot be served.
    #[error(transparent)]
    Ports(#[from] NoPorts),
    /// The program does not start.
    #[error(transparent)]
    Program(#[from] NoProgram),
    /// An argument of the program speaks of something that is not there.
    #[error(transparent)]
    Placeholder(#[from] BadPlaceholder),
    /// The control API cannot be served.
    #[error("cannot listen on {address} for the control API: {error}")]
    Control {
        /// The address.
        address: SocketAddr,
        /// The system's words.
        error: io::Error,
    },
    /// The system refuses a file, a folder or a thread.
    #[error("{0}")]
    System(#[from] io::Error),
}

/// Runs a scenario live: until the program has ended and the scenario after it, or until somebody stops it. `stop` is
/// handed what stops it; `tell` is called in this thread.
pub fn run_live(
    setup: &Setup,
    stop: impl FnOnce(Inbox),
    mut tell: impl FnMut(Told<'_>) -> io::Result<()>,
) -> Result<Lived, NoLive> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .thread_name("mockdc")
        .build()?;
    let lived = runtime.block_on(live(setup, stop, &mut tell));
    // A connection that a client keeps open is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(200));
    lived
}

async fn live(
    setup: &Setup,
    stop: impl FnOnce(Inbox),
    tell: &mut impl FnMut(Told<'_>) -> io::Result<()>,
) -> Result<Lived, NoLive> {
    let Setup { plan, seed, .. } = setup;
    let scratch = match &setup.files {
        Some(folder) => Scratch::at(folder)?,
        None => Scratch::new()?,
    };
    let clock = LiveClock::new(setup.speed);
    let domain = orchestrator::domain(plan, *seed)?;
    let live = LiveDomain::starting_at(domain, clock.clone(), orchestrator::start_unix_ms(plan)?);
    let waits = setup.command.is_some();
    let orchestrator::LiveSet { stage, until } = orchestrator::set_up_live(plan, *seed, waits);
    let program = plan.program.as_ref();
    let mut driver = LiveDriver::new(stage, live.clone(), clock, program.map(|program| program.host.clone()));
    let inbox = driver.inbox();

    let authority =
        CertificateAuthority::new("mockdc").map_err(|error| io::Error::other(error.to_string()))?;
    let Opened { servers, dcs, dns } = open(&live, setup, &authority).await?;
    let user = credentials(plan);
    let feed = control::Feed::default();
    let mut endpoints = Endpoints {
        scenario: plan.name.clone(),
        scenario_dir: scenario_dir(plan),
        domain: plan.world.domain.name.to_string(),
        dns_domain: dns_domain(plan),
        base_dn: base_dn(&dns_domain(plan)),
        speed: setup.speed,
        dcs,
        dns: super::reached(dns.address()),
        bind_name: format!("{}@{}", user.user, dns_domain(plan)),
        user: user.user.to_string(),
        password_file: scratch.write("password", user.password.reveal())?,
        ca_file: Some(scratch.write("ca.pem", &authority.pem())?),
        control: None,
    };
    let control = match setup.control {
        None => None,
        Some(address) => {
            let refused = |error| NoLive::Control { address, error };
            let server = control::Control::bind(address).await.map_err(refused)?;
            let token_file = scratch.write("token", server.token())?;
            endpoints.control = Some(ControlEndpoint { url: server.url(), token_file });
            let shared = control::Shared::new(
                plan.clone(),
                endpoints.clone(),
                live.clone(),
                inbox.clone(),
                feed.clone(),
            );
            Some(server.serve(shared))
        }
    };
    let file = scratch
        .write("endpoints.json", &(serde_json::to_string_pretty(&endpoints).unwrap_or_default() + "\n"))?;
    // Whoever is told that it is ready may ask it to stop.
    stop(inbox.clone());
    tell(Told::Ready { endpoints: &endpoints, file: &file })?;

    let output = Output::default();
    let mut running = None;
    if let Some(command) = &setup.command {
        let started = prepare(setup, command, &endpoints, &file, tell)?;
        let host = program.map_or_else(|| driver.pdc(), |program| program.host.clone());
        driver.program_starts(host, user.user.clone());
        running = Some(Running::start(&started, &inbox, &output)?);
    }
    let mut failed = None;
    let mut show = |stage: &Stage| {
        feed.publish(stage);
        for line in output.fresh() {
            if let Err(error) = tell(Told::Line(&line)) {
                failed.get_or_insert(error);
            }
        }
    };
    let close = if waits { Close::AfterTheProgram } else { Close::Never };
    let closes = async || {
        if let Some(running) = running.take() {
            running.end().await;
        }
        shut(servers).await;
    };
    let ending = driver.run(until, close, closes, &mut show).await;
    if let Some(control) = control {
        control.end().await;
    }
    drop(dns);
    if let Some(error) = failed {
        return Err(NoLive::System(error));
    }
    let stopped = ending.reason == EndReason::Stopped;
    Ok(Lived { timeline: Timeline::new(plan.clone(), *seed, ending.events), output, stopped })
}

/// The program as it is started: its arguments filled in, its variables set.
fn prepare(
    setup: &Setup,
    command: &[String],
    endpoints: &Endpoints,
    file: &Path,
    tell: &mut impl FnMut(Told<'_>) -> io::Result<()>,
) -> Result<Program, NoLive> {
    let shown = file.display().to_string();
    let command = command.iter().map(|word| fill(word, endpoints, &shown)).collect::<Result<_, _>>()?;
    let mut variables = endpoints.variables(file);
    if let Some(speed) = setup.speed.filter(|speed| *speed != 1.0) {
        match faketime_library() {
            Some(library) => variables.extend(faketime_variables(&library, speed)),
            None => tell(Told::Note(
                "libfaketime is not installed: the program's own clock and its waits keep the wall's pace",
            ))?,
        }
    }
    let stated = setup.plan.program.as_ref();
    let timeout = setup.timeout.or(stated.and_then(|program| program.timeout)).unwrap_or(USUAL_TIMEOUT);
    let files =
        stated.map_or_else(Vec::new, |program| program.files.iter().map(ToString::to_string).collect());
    let timeout = Duration::from_millis(timeout.as_millis().unsigned_abs());
    for path in files.iter().filter(|path| Path::new(path).exists()) {
        tell(Told::Note(&format!("{path} is there already: it counts when the program writes it")))?;
    }
    Ok(Program { command, variables, timeout, files })
}

async fn shut(servers: Vec<Server>) {
    for server in servers {
        server.shut_down().await;
    }
}

/// The folder of a plan's file, as a path that a program can take from wherever it runs.
fn scenario_dir(plan: &Plan) -> PathBuf {
    let folder = Path::new(&plan.file).parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}

/// The credentials that a client is given.
fn credentials(plan: &Plan) -> Credentials {
    plan.program.as_ref().map_or_else(
        || Credentials {
            authority: mockdc_mocks::Authority::Domain,
            user: "Administrator".into(),
            password: plan.world.domain.administrator_password.clone(),
        },
        |program| program.user.clone(),
    )
}

/// Writes what the program wrote into a results folder.
pub fn write_output(folder: &Path, output: &Output) -> io::Result<PathBuf> {
    let folder = folder.join("program");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("stdout.txt"), output.stdout())?;
    std::fs::write(folder.join("stderr.txt"), output.stderr())?;
    Ok(folder)
}
