//! The command line's grammar.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::backend::Backend;
use crate::report::Partition;
use crate::run::Pace;

/// Replays client installs against mock domain controllers, and says which timing invariants and privilege conditions
/// held.
///
/// Exit codes: 0 all passed; 1 an expectation or promise failed; 2 usage; 3 a scenario file is invalid; 4 nothing
/// selected; 5 inconclusive; 6 environment; 7 not deterministic; 8 a bug of mockdc; 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "mockdc", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios and give a verdict on each.
    Run(Run),
    /// List scenarios with their titles.
    List(List),
    /// Tell a scenario as a story in sentences.
    Show(Select),
    /// Read scenario files and report every mistake, without running anything.
    Check(Check),
    /// Lay scenario files out in the one way, keeping comments.
    Fmt(Fmt),
    /// Print the JSON Schema of scenario files, for editors.
    Schema,
    /// Explain a diagnostic code, a promise or a Win32 error code.
    Explain(Explain),
    /// List the client profiles, or print one with everything that it inherits.
    Profiles {
        /// The profile to print.
        name: Option<String>,
    },
    /// Judge a saved run again: an `events.jsonl`.
    Judge {
        /// The file.
        events: PathBuf,
        /// The form of the output.
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Find the exact value of a key at which the verdict flips.
    Threshold(super::threshold::Threshold),
    /// Run a scenario over ranges of one or two values, and over seeds: a table, CSV, a heat map.
    Sweep(super::sweep::Sweep),
    /// Vary what a scenario marks as variable, in search of a failure, and make what is found small.
    Explore(super::explore::Explore),
    /// Compare two profiles, two settings, two programs, or two results folders, and show only the differences.
    Compare(super::compare::Compare),
    /// Tell why something came about in a run that was saved: why a read was stale, a right missing, a wait over.
    Why(super::why::Why),
    /// Work with the results of runs.
    Report {
        /// What to do with them.
        #[command(subcommand)]
        command: Report,
    },
    /// Say what happened from logs, which article describes it, and with `--scenario` reproduce it.
    Diagnose(Diagnose),
    /// Serve the domain controllers of a scenario on real ports, while it goes on, until Ctrl-C.
    Serve(Serve),
    /// Run a program of your own against the served controllers of a scenario, and judge the run.
    Exec(Exec),
    /// Steer a live run: synchronise, partition, hold, crash, let time pass, look at what waits to replicate.
    Ctl(Ctl),
    /// Give a served controller an address of its own in a network: pass on what comes at a port, until the process ends.
    Relay(Relay),
    /// Say whether a domain controller answers at an address: exit code 0, or 6.
    Probe(Probe),
    /// Remove the containers, networks and volumes that runs on Samba left, and say what they were. What belongs to a
    /// run that is under way stays.
    Clean(Clean),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Which scenarios.
#[derive(Debug, Args)]
pub struct Select {
    /// Scenario files, and folders that are searched for them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Only scenarios whose name matches; `*` stands for anything. May be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub name: Vec<String>,
    /// Only scenarios that carry the tag. May be given several times: all of them.
    #[arg(long)]
    pub tag: Vec<String>,
    /// Set a value of the scenarios: `client.loader.time-out=20m`. May be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<Assignment>,
}

/// A key and what it is set to: `KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The dotted key.
    pub key: String,
    /// The value as it was written.
    pub value: String,
}

impl std::str::FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Assignment, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok(Assignment { key: key.trim().to_owned(), value: value.trim().to_owned() })
            }
            _ => Err("write KEY=VALUE, for example client.loader.time-out=20m".to_owned()),
        }
    }
}

impl std::fmt::Display for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// `mockdc run`
#[derive(Debug, Args)]
pub struct Run {
    /// Which scenarios.
    #[command(flatten)]
    pub select: Select,
    /// The seed of the run; a scenario's own seed comes first. 1 unless said otherwise.
    #[arg(long, conflicts_with = "seeds")]
    pub seed: Option<u64>,
    /// Run each scenario once for each seed, ends included: `1..500`. A scenario's own seed is set aside.
    #[arg(long, value_name = "FROM..TO", value_parser = seeds)]
    pub seeds: Option<(u64, u64)>,
    /// Run against the fakes in this process, against the same at real LDAP ports, or against Samba AD in containers;
    /// several one after the other, with a table of their verdicts.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "fake", value_name = "fake|ldap|samba")]
    pub backend: Vec<Backend>,
    /// Run on the wall clock: 60 plays a minute of the scenario in a second; `jump` waits for nothing where nothing is
    /// due. Samba jumps unless said otherwise, the fakes run in virtual time.
    #[arg(long, value_name = "SPEED|jump")]
    pub speed: Option<Pace>,
    /// Run only a part of what is selected, dealt out in order or by name: `slice:1/3`, `hash:1/3`.
    #[arg(long, value_name = "slice:M/N|hash:M/N")]
    pub partition: Option<Partition>,
    /// Run so many scenarios at once; as many as there are cores unless said otherwise. The output does not depend on it.
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<std::num::NonZeroU16>,
    /// Stop at the first scenario that does not pass.
    #[arg(long)]
    pub fail_fast: bool,
    /// Show each run's log beside a customer's, aligned, with the first difference; a difference is a failure.
    #[arg(long, value_name = "LOGS", conflicts_with_all = ["seeds", "check_determinism"])]
    pub against: Vec<PathBuf>,
    /// Leave names in the customer's logs as they are; only with `--against`.
    #[arg(long, requires = "against")]
    pub keep_names: bool,
    /// Write events, logs and summaries into this folder.
    #[arg(long, value_name = "DIR")]
    pub results: Option<PathBuf>,
    /// Results for CI systems.
    #[command(flatten)]
    pub junit: JUnitFiles,
    /// Write each run as a page that needs no network into this folder: lanes, replication, waits, what failed and where.
    #[arg(long, value_name = "DIR")]
    pub html: Option<PathBuf>,
    /// Write each run as a trace for Chrome's `about:tracing` or Perfetto into this folder.
    #[arg(long, value_name = "DIR")]
    pub trace: Option<PathBuf>,
    /// Run everything twice and show the first event that differs; in virtual time only.
    #[arg(long, conflicts_with = "speed")]
    pub check_determinism: bool,
    /// The seed of the second run of `--check-determinism`. Another one than the first run's shows that the check
    /// sees a difference, and how it tells it.
    #[arg(long, hide = true, value_name = "SEED", requires = "check_determinism")]
    pub second_seed: Option<u64>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// Files with the results as JUnit XML.
#[derive(Debug, Args)]
pub struct JUnitFiles {
    /// Write the results as JUnit XML into this file.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write them for a reader that checks a schema, as Jenkins' xUnit plugin does: without properties and places, which
    /// stand in each case's output instead.
    #[arg(long, value_name = "FILE")]
    pub junit_strict: Option<PathBuf>,
}

/// `mockdc report`
#[derive(Debug, Subcommand)]
pub enum Report {
    /// Put the results of all partitions of a run together, and end with the exit code of the whole.
    Merge(Merge),
    /// Write a saved run as a page that needs no network.
    Html(super::pictures::Picture),
    /// Write a saved run as a trace for Chrome's `about:tracing` or Perfetto.
    Trace(super::pictures::Picture),
    /// Draw a saved run in a few lines of the terminal.
    Picture(super::pictures::Picture),
}

/// `mockdc report merge`
#[derive(Debug, Args)]
pub struct Merge {
    /// Results folders, or the files `summary.json` in them.
    #[arg(required = true)]
    pub results: Vec<PathBuf>,
    /// Results for CI systems.
    #[command(flatten)]
    pub junit: JUnitFiles,
    /// Write the merged `summary.json` into this file.
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Write the table of scenarios and backends into this file, as Markdown; nothing when all ran on the fake alone.
    #[arg(long, value_name = "FILE")]
    pub table: Option<PathBuf>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// `mockdc diagnose`
#[derive(Clone, Debug, Args)]
pub struct Diagnose {
    /// Logs, and folders that are searched for them. A folder may hold one of each machine's. Security templates,
    /// registry exports, `repadmin /showrepl /csv` and LDIF are read as well.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Show every known line, also those of components that do their daily work.
    #[arg(long)]
    pub all: bool,
    /// Write the report as a page as well.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write a scenario that reproduces the failure: the smallest one found whose own logs repeat the order of events.
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// The client whose failure the scenario reproduces, by the name that the report gives it; the first one that is
    /// diagnosed unless said otherwise.
    #[arg(long, value_name = "NAME", requires = "scenario")]
    pub client: Option<String>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Leave the names of machines, users, domains and sites as they are. Otherwise stand-ins take their places in
    /// everything that is written.
    #[arg(long)]
    pub keep_names: bool,
}

/// `mockdc clean`
#[derive(Debug, Args)]
pub struct Clean {
    /// The images too; the next run on Samba builds them again, which takes minutes.
    #[arg(long)]
    pub images: bool,
    /// Say what would be removed, and remove nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// `mockdc list`
#[derive(Debug, Args)]
pub struct List {
    /// Scenario files, and folders that are searched for them; with `--kb`, `scenarios/kb` unless said otherwise.
    #[arg(required_unless_present = "kb")]
    pub paths: Vec<PathBuf>,
    /// Only scenarios whose name matches; `*` stands for anything. May be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub name: Vec<String>,
    /// Only scenarios that carry the tag. May be given several times: all of them.
    #[arg(long)]
    pub tag: Vec<String>,
    /// List articles: what each is about, the scenarios that replay it, and their verdicts, for which they are run.
    #[arg(long)]
    pub kb: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mockdc check`
#[derive(Debug, Args)]
pub struct Check {
    /// Scenario files, and folders that are searched for them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mockdc fmt`
#[derive(Debug, Args)]
pub struct Fmt {
    /// Scenario files, and folders that are searched for them; `-` reads standard input and writes standard output.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Change nothing: name the files that are laid out differently, and end with exit code 1 if there are some.
    #[arg(long)]
    pub check: bool,
}

/// `mockdc explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The code; without one, all codes with a line each.
    pub code: Option<String>,
}

/// Forms of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Console,
    /// For machines.
    Json,
}

/// Forms in which results are put out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[default]
    Console,
    /// For machines.
    Json,
    /// The Test Anything Protocol, version 14.
    Tap,
}

pub(super) fn seeds(text: &str) -> Result<(u64, u64), String> {
    let (from, to) = text.split_once("..").ok_or("write a range of seeds as FROM..TO, for example 1..500")?;
    let number = |part: &str| {
        part.trim_start_matches('=').parse::<u64>().map_err(|error| format!("`{part}`: {error}"))
    };
    let (from, to) = (number(from)?, number(to)?);
    if from > to {
        return Err(format!("the range {from}..{to} is empty: the first seed is the larger"));
    }
    if to - from >= 1_000_000 {
        return Err("at most 1,000,000 seeds in one go".to_owned());
    }
    Ok((from, to))
}

/// What a live run is.
#[derive(Debug, Args)]
pub struct Live {
    /// Only the scenario, or the case, whose name matches; `*` stands for anything. May be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub name: Vec<String>,
    /// How fast the scenario's clock runs: 60 lets a minute of the scenario pass in a second; `manual` lets it stand
    /// until `mockdc ctl advance` moves it.
    #[arg(long, value_name = "SPEED|manual", default_value = "1", value_parser = live_speed)]
    pub speed: LiveSpeed,
    /// The seed of the run; a scenario's own seed comes first. 1 unless said otherwise.
    #[arg(long, conflicts_with = "seeds")]
    pub seed: Option<u64>,
    /// Run with each of these seeds, one after the other, ends included: `1..5`. A scenario's own seed is set aside;
    /// `7..7` is one run.
    #[arg(long, value_name = "FROM..TO", value_parser = seeds)]
    pub seeds: Option<(u64, u64)>,
    /// The first port: each controller gets the next ten. Free ports unless said otherwise.
    #[arg(long, value_name = "PORT")]
    pub port_base: Option<u16>,
    /// Each controller at an address of its own, from this one on, with the ports that every client knows (389, 636), and
    /// DNS at the first one's port 53: for clients that know no other ports. A loopback address, as in 127.0.10.1; on
    /// most systems it needs root.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["port_base", "listen"], value_parser = loopback)]
    pub address: Option<std::net::Ipv4Addr>,
    /// Answer the control API and the live page at this address, or at this port of 127.0.0.1; 0 is a free one.
    #[arg(long, value_name = "ADDRESS", value_parser = control_address)]
    pub control: Option<std::net::SocketAddr>,
    /// Let the control API answer at an address that others can reach.
    #[arg(long, requires = "control")]
    pub control_from_anywhere: bool,
    /// The address of this machine at which the controllers listen; 0.0.0.0 is all of them, and whoever reaches it
    /// reaches the controllers. Clients are told that address under which this machine is reached from outside.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub listen: std::net::IpAddr,
    /// The port at which clients reach every controller under its own name, when something passes on what comes there,
    /// as `mockdc relay` does: referrals name it.
    #[arg(long, value_name = "PORT")]
    pub public_port: Option<u16>,
    /// Keep the run's files (endpoints.json, ca.pem, password, token) in this folder, and leave them there; a folder of
    /// the run's own otherwise, which goes with it.
    #[arg(long, value_name = "DIR")]
    pub files: Option<PathBuf>,
    /// Write events, logs and summaries into this folder.
    #[arg(long, value_name = "DIR")]
    pub results: Option<PathBuf>,
    /// Results for CI systems.
    #[command(flatten)]
    pub junit: JUnitFiles,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// How fast the clock of a live run runs; `None`: it stands until somebody moves it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveSpeed(pub Option<f64>);

/// `mockdc serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// The scenario file.
    pub scenario: PathBuf,
    /// What the run is.
    #[command(flatten)]
    pub live: Live,
}

/// `mockdc exec`
#[derive(Debug, Args)]
pub struct Exec {
    /// The scenario file; each of its cases gets a run of the program.
    pub scenario: PathBuf,
    /// What the run is.
    #[command(flatten)]
    pub live: Live,
    /// How long the program may run, on the wall clock: `90s`. The scenario's own time-out, or five minutes, unless
    /// said otherwise.
    #[arg(long, value_name = "TIME", value_parser = time_out)]
    pub timeout: Option<mockdc_mocks::Span>,
    /// Write what the program did as a scenario with a script that does it again in virtual time.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// The program and its arguments, after `--`; the scenario's own otherwise. `{pdc.url}`, `{dc.BDC1.url}`,
    /// `{base-dn}`, `{bind-name}` and `{password-file}` are filled in.
    #[arg(last = true, value_name = "PROGRAM")]
    pub command: Vec<String>,
}

/// `mockdc relay`
#[derive(Debug, Args)]
pub struct Relay {
    /// What is passed on: a port of 127.0.0.1, or an address with a port (0.0.0.0:389), to listen on, and where what
    /// comes there goes.
    #[arg(required = true, value_name = "PORT=HOST:PORT")]
    pub routes: Vec<super::relay::Route>,
    /// How long a connection may be silent before both ends are asked whether they are there. One that answers nothing for
    /// half as long again, or takes nothing of what is sent to it all that time, is gone: the other end is closed.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time_out)]
    pub keep_alive: mockdc_mocks::Span,
}

/// `mockdc probe`
#[derive(Debug, Args)]
pub struct Probe {
    /// Where a controller answers LDAP.
    #[arg(value_name = "HOST:PORT", value_parser = super::relay::host_and_port)]
    pub address: String,
    /// How long to wait for an answer, on the wall clock.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = time_out)]
    pub within: mockdc_mocks::Span,
}

/// `mockdc ctl`
#[derive(Debug, Args)]
pub struct Ctl {
    /// The control API's address; `MOCKDC_CONTROL_URL` otherwise.
    #[arg(long, env = "MOCKDC_CONTROL_URL", value_name = "URL")]
    pub url: String,
    /// The file with its token; `MOCKDC_CONTROL_TOKEN_FILE` otherwise.
    #[arg(long, env = "MOCKDC_CONTROL_TOKEN_FILE", value_name = "FILE")]
    pub token_file: PathBuf,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// What to do.
    #[command(subcommand)]
    pub command: Control,
}

/// What can be done with a live run.
#[derive(Debug, Subcommand)]
pub enum Control {
    /// Show the clock, the controllers, what waits to replicate, and the open faults.
    Status,
    /// Synchronise a backup controller, or all of them, now.
    Synchronize {
        /// The backup controller; all of them when absent.
        at: Option<String>,
        /// The whole database.
        #[arg(long)]
        full: bool,
    },
    /// Cut the traffic between hosts: `PDC1 BDC1,BDC2`.
    Partition {
        /// One side, with commas.
        from: String,
        /// The other side, with commas.
        to: String,
        /// Only what goes from the first side to the other is lost.
        #[arg(long)]
        one_way: bool,
    },
    /// Lift a fault; every open partition without a name.
    Heal {
        /// The fault.
        fault: Option<String>,
    },
    /// Hold replication to controllers.
    Hold {
        /// The controllers.
        #[arg(required = true)]
        at: Vec<String>,
    },
    /// Let held replication go on.
    Release {
        /// The controllers; all when absent.
        at: Vec<String>,
    },
    /// Take a host down.
    Crash {
        /// The host.
        at: String,
        /// It forgets what it had committed and not yet passed on.
        #[arg(long)]
        loses_unreplicated: bool,
    },
    /// Switch a host on that a crash took down.
    Restart {
        /// The host.
        at: String,
    },
    /// Keep the database of a controller, with all that replication knows there.
    Snapshot {
        /// The controller.
        at: String,
        /// The snapshot's name; one of that name is replaced.
        #[arg(long, default_value = "latest")]
        name: String,
    },
    /// Put the database of a controller back as a snapshot has it: it goes down and boots. One that is off comes up with
    /// it.
    Restore {
        /// The controller.
        at: String,
        /// The snapshot.
        #[arg(long, default_value = "latest")]
        name: String,
        /// With Active Directory: under the invocation id that it had, as when a disk is copied back (USN rollback), or
        /// under a new one, as a restore from a backup does.
        #[arg(long, value_enum, default_value_t)]
        invocation: UnderWhich,
    },
    /// Add any fault, as JSON: `{"pause": {"at": "BDC1"}}`, `{"wire": {"operation": "bind", "result": 51}}`.
    Fault {
        /// What it does, as in a scenario's `[[fault]]`.
        kind: String,
        /// Its name.
        #[arg(long)]
        name: Option<String>,
        /// How long it lasts: `10m`.
        #[arg(long, value_name = "TIME")]
        lasts: Option<String>,
        /// Which of the occasions it touches, as JSON: `{"first": 2}`, `{"every": 3}`, `{"nth": 3}`, `{"after": 2}`; all
        /// when absent.
        #[arg(long, value_name = "JSON")]
        count: Option<String>,
    },
    /// Set the account policy, as JSON; what is left out has its default.
    Policy {
        /// The policy.
        policy: String,
        /// The host; the PDC when absent.
        #[arg(long)]
        at: Option<String>,
    },
    /// Perform any operation of the port, as JSON: `{"user-info": {"user": "SVC"}}`.
    Operation {
        /// The operation.
        operation: String,
        /// The host; the PDC when absent.
        #[arg(long)]
        at: Option<String>,
    },
    /// Let time pass: `10m`.
    Advance {
        /// By how much.
        by: String,
    },
    /// Change the clock's speed; `manual` lets it stand.
    Speed {
        /// The speed.
        #[arg(value_parser = live_speed)]
        speed: LiveSpeed,
    },
    /// Print the directory of a controller as LDIF, as an administrator sees it now.
    Export {
        /// The controller; the PDC when absent.
        at: Option<String>,
        /// Only what not every domain has, as changes that `ldapadd` and `ldifde -i` give another directory.
        #[arg(long)]
        to_add: bool,
    },
    /// Print the timeline.
    Events {
        /// From this event on.
        #[arg(long, default_value_t = 0)]
        from: usize,
        /// Go on as it grows, until the run ends.
        #[arg(long)]
        follow: bool,
    },
    /// End the run; it is judged.
    Stop,
}

/// Under which invocation id a restored controller goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum UnderWhich {
    /// Under the one that it had.
    #[default]
    Kept,
    /// Under a new one.
    New,
}

impl UnderWhich {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            UnderWhich::Kept => "kept",
            UnderWhich::New => "new",
        }
    }
}

pub(super) fn live_speed(text: &str) -> Result<LiveSpeed, String> {
    if text == "manual" {
        return Ok(LiveSpeed(None));
    }
    match text.parse::<Pace>() {
        Ok(Pace::Times(speed)) => Ok(LiveSpeed(Some(speed))),
        Ok(Pace::Jump) => Err("clients do not jump: write a number, or `manual`".to_owned()),
        Err(why) => Err(why.replace("`jump`", "`manual`")),
    }
}

fn control_address(text: &str) -> Result<std::net::SocketAddr, String> {
    match text.parse::<u16>() {
        Ok(port) => Ok((std::net::Ipv4Addr::LOCALHOST, port).into()),
        Err(_) => text.parse().map_err(|_| {
            format!("`{text}` is no address: write a port, or an address with a port such as 127.0.0.1:8389")
        }),
    }
}

pub(super) fn time_out(text: &str) -> Result<mockdc_mocks::Span, String> {
    let span: mockdc_mocks::Span =
        text.parse().map_err(|error: mockdc_mocks::SpanError| error.to_string())?;
    if span <= mockdc_mocks::Span::ZERO {
        Err("it needs some time: more than 0s".to_owned())
    } else {
        Ok(span)
    }
}

/// An address of this machine alone.
fn loopback(text: &str) -> Result<std::net::Ipv4Addr, String> {
    let address: std::net::Ipv4Addr =
        text.parse().map_err(|_| "an IPv4 address, as in 127.0.10.1".to_owned())?;
    match address.is_loopback() {
        true => Ok(address),
        false => Err("others could reach it: an address of this machine alone, as in 127.0.10.1".into()),
    }
}
