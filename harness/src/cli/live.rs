//! `mockdc serve` and `mockdc exec`.

use std::io;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use mockdc_mocks::Span;
use mockdc_scenarios::Plan;

use super::arguments::{Exec, Live, ReportFormat, Select, Serve};
use super::file;
use super::run::{DEFAULT_SEED, exit_of, tell};
use super::stop::Stop;
use super::{Exit, Streams, inspect};
use crate::live::{Lived, NoLive, NoPorts, Ports, Setup, Told, run_live, tame, write_output};
use crate::report::console::{self, Style};
use crate::report::{self, Outcome, Summary};

/// `mockdc serve`
pub(super) fn serve(serve: &Serve, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let plans = match plans(&serve.scenario, &serve.live, streams)? {
        Ok(plans) => plans,
        Err(exit) => return Ok(exit),
    };
    if let [_, _, ..] = plans.as_slice() {
        writeln!(
            streams.err,
            "error: `{}` holds {} scenarios, and one is served",
            serve.scenario.display(),
            plans.len()
        )?;
        let names: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
        writeln!(streams.err, "help: choose with `--name`: {}", names.join(", "))?;
        return Ok(Exit::Usage);
    }
    if let Some((from, to)) = serve.live.seeds.filter(|(from, to)| from != to) {
        writeln!(
            streams.err,
            "error: `--seeds {from}..{to}` is several runs, and one is served\nhelp: `--seeds {from}..{from}`"
        )?;
        return Ok(Exit::Usage);
    }
    let how = How { live: &serve.live, command: None, timeout: None, record: None };
    run_all(&plans, &how, streams)
}

/// `mockdc exec`
pub(super) fn exec(exec: &Exec, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let plans = match plans(&exec.scenario, &exec.live, streams)? {
        Ok(plans) => plans,
        Err(exit) => return Ok(exit),
    };
    let stated =
        plans.iter().all(|plan| plan.program.as_ref().is_some_and(|program| !program.run.is_empty()));
    if exec.command.is_empty() && !stated {
        writeln!(
            streams.err,
            "error: which program?\nhelp: give it after `--`, as in `mockdc exec {} -- python3 bootstrap.py {{pdc.url}}`, or \
             state it in the scenario: `[program]` with `run = [ … ]`",
            exec.scenario.display()
        )?;
        return Ok(Exit::Usage);
    }
    if let (Some(_), Some((from, to))) = (&exec.record, exec.live.seeds.filter(|(from, to)| from != to)) {
        writeln!(
            streams.err,
            "error: `--record` writes one run, and `--seeds {from}..{to}` is several\nhelp: `--seeds {from}..{from}`"
        )?;
        return Ok(Exit::Usage);
    }
    if exec.record.is_some() && plans.len() > 1 {
        writeln!(
            streams.err,
            "error: `--record` writes one run, and `{}` holds {} scenarios\nhelp: choose one with `--name`",
            exec.scenario.display(),
            plans.len()
        )?;
        return Ok(Exit::Usage);
    }
    let how = How {
        live: &exec.live,
        command: Some(&exec.command),
        timeout: exec.timeout,
        record: exec.record.as_deref(),
    };
    run_all(&plans, &how, streams)
}

/// How live runs are made.
struct How<'a> {
    live: &'a Live,
    /// The command line's program; empty: the scenario's own; `None`: there is none.
    command: Option<&'a [String]>,
    timeout: Option<Span>,
    record: Option<&'a Path>,
}

fn plans(path: &Path, live: &Live, streams: &mut Streams<'_>) -> io::Result<Result<Vec<Arc<Plan>>, Exit>> {
    if let Some(address) =
        live.control.filter(|address| !address.ip().is_loopback() && !live.control_from_anywhere)
    {
        writeln!(
            streams.err,
            "error: others could reach the control API at {address}\nhelp: take an address of this machine alone, such as \
             127.0.0.1:{}, or say `--control-from-anywhere`",
            address.port()
        )?;
        return Ok(Err(Exit::Usage));
    }
    let select =
        Select { paths: vec![path.to_owned()], name: live.name.clone(), tag: Vec::new(), set: Vec::new() };
    Ok(inspect::load(&select, streams)?.map(|selection| selection.plans.into_iter().map(Arc::new).collect()))
}

fn run_all(plans: &[Arc<Plan>], how: &How<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let live = how.live;
    let mut folder = match live.results.as_deref().map(report::ResultsFolder::create).transpose() {
        Ok(folder) => folder,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Environment);
        }
    };
    let style =
        Style { colour: streams.colour, names: 0 }.for_names(plans.iter().map(|plan| plan.name.as_str()));
    let mut summaries: Vec<Summary> = Vec::new();
    let (mut interrupted, mut cut_short) = (false, false);
    // One watch over all runs: whoever interrupts between two of them is heard as well.
    let (stop, _watch) = Stop::watched()?;
    let runs = plans.iter().flat_map(|plan| seeds(plan, live).map(move |seed| (plan, seed)));
    for (plan, seed) in runs {
        if stop.asked() {
            interrupted = true;
            break;
        }
        let setup = setup(plan, seed, how);
        let Lived { timeline, output, stopped } = match live_run(&setup, how, &stop, streams)? {
            Ok(lived) => lived,
            Err(error) => return refuse(&error, streams),
        };
        let judgement = crate::judge::judge(&timeline);
        let outcome = Outcome { timeline, judgement, rerun: rerun(&setup, how.command) };
        let summary = outcome.summary();
        if let Some(folder) = &mut folder {
            let written = folder.add(&summary, &outcome.timeline).map_err(|error| error.to_string());
            let written = written.and_then(|folder| match &setup.command {
                Some(_) => write_output(&folder, &output).map(drop).map_err(|error| error.to_string()),
                None => Ok(()),
            });
            if let Err(error) = written {
                writeln!(streams.err, "error: {error}")?;
                return Ok(Exit::Environment);
            }
        }
        if let Some(path) = how.record
            && let Err(error) =
                file::whole(path, |out| out.write_all(crate::live::recorded(&outcome.timeline).as_bytes()))
        {
            writeln!(streams.err, "error: cannot write `{}`: {error}", path.display())?;
            return Ok(Exit::Environment);
        }
        if live.format == ReportFormat::Console {
            console::scenario_line(streams.out, &summary, style)?;
            console::failure(streams.out, &summary, &outcome.timeline.events, style)?;
        }
        summaries.push(summary);
        if stopped && how.command.is_some() {
            (interrupted, cut_short) = (true, true);
            break;
        }
    }
    if let Some(mut folder) = folder
        && let Err(error) = folder.finish(None, &summaries)
    {
        writeln!(streams.err, "error: {error}")?;
        return Ok(Exit::Environment);
    }
    let exit = tell(&summaries, None, live.format, &live.junit, style, streams)?;
    streams.out.flush()?;
    let exit = match summaries.split_last() {
        // What a run that was cut short does not hold, it may not hold because of that.
        Some((_, whole)) if cut_short && exit <= Exit::Failed => {
            whole.iter().map(exit_of).max().unwrap_or(Exit::Passed)
        }
        _ => exit,
    };
    Ok(if interrupted { exit.max(Exit::Interrupted) } else { exit })
}

/// The seeds of a plan's runs.
fn seeds(plan: &Plan, live: &Live) -> RangeInclusive<u64> {
    match live.seeds {
        Some((from, to)) => from..=to,
        None => {
            let seed = plan.seed.or(live.seed).unwrap_or(DEFAULT_SEED);
            seed..=seed
        }
    }
}

/// Runs one scenario, and tells what is told while it goes on.
fn live_run(
    setup: &Setup,
    how: &How<'_>,
    stop: &Stop,
    streams: &mut Streams<'_>,
) -> io::Result<Result<Lived, NoLive>> {
    let serves = how.command.is_none();
    let json = how.live.format == ReportFormat::Json;
    let (out, err) = (&mut *streams.out, &mut *streams.err);
    let lived = run_live(
        setup,
        |inbox| stop.add(inbox),
        |told| match told {
            Told::Ready { endpoints, file } if serves && json => {
                let document = std::fs::read_to_string(file)?;
                let document = serde_json::from_str::<serde_json::Value>(&document).unwrap_or_default();
                writeln!(
                    out,
                    "{}",
                    serde_json::json!({ "endpoints": document, "file": file, "variables": endpoints.variables(file) })
                )?;
                out.flush()
            }
            Told::Ready { endpoints, file } if serves => {
                let speed =
                    setup.speed.map_or("its clock stands".to_owned(), |speed| format!("speed {speed}x"));
                writeln!(
                    out,
                    "{} is served, {speed}:\n\n{}\nCtrl-C ends it.",
                    endpoints.scenario,
                    endpoints.table(file)
                )?;
                out.flush()
            }
            Told::Ready { endpoints, .. } => match &endpoints.control {
                Some(control) => {
                    writeln!(err, "control {}, token in {}", control.url, control.token_file.display())
                }
                None => Ok(()),
            },
            Told::Note(note) => writeln!(err, "note: {note}"),
            Told::Line(line) => writeln!(err, "program | {}", tame(line)),
        },
    );
    Ok(lived)
}

fn setup(plan: &Arc<Plan>, seed: u64, how: &How<'_>) -> Setup {
    let live = how.live;
    let command = how.command.map(|command| match (command, &plan.program) {
        ([], Some(program)) => program.run.clone(),
        (command, _) => command.to_vec(),
    });
    Setup {
        plan: plan.clone(),
        seed,
        speed: live.speed.0,
        ports: match (live.port_base, live.address) {
            (Some(base), _) => Ports::From(base),
            (None, Some(first)) => Ports::WellKnown(first),
            (None, None) => Ports::Free,
        },
        listen: live.listen,
        public_port: live.public_port,
        files: live.files.clone(),
        control: live.control,
        command,
        timeout: how.timeout,
    }
}

/// The command that makes a run like this one again; `given`: the program, where the command line named it.
pub(super) fn rerun(setup: &Setup, given: Option<&[String]>) -> String {
    let plan = &setup.plan;
    let verb = if setup.command.is_some() { "exec" } else { "serve" };
    let mut words =
        vec!["mockdc".to_owned(), verb.into(), plan.file.clone(), "--name".into(), plan.name.clone()];
    match plan.seed {
        Some(own) if own == setup.seed => {}
        // A scenario's own seed comes before `--seed`; a range of one sets it aside.
        Some(_) => words.extend(["--seeds".into(), format!("{0}..{0}", setup.seed)]),
        None => words.extend(["--seed".into(), setup.seed.to_string()]),
    }
    let speed = setup.speed.map_or_else(|| "manual".to_owned(), |speed| speed.to_string());
    words.extend(["--speed".into(), speed]);
    if let Some(timeout) = setup.timeout {
        words.extend(["--timeout".into(), timeout.to_string()]);
    }
    if let Some(command) = given.filter(|command| !command.is_empty()) {
        words.push("--".into());
        words.extend(command.iter().cloned());
    }
    report::quoted(words.iter().map(String::as_str))
}

/// Says why there is no live run, and what helps.
pub(super) fn refuse(error: &NoLive, streams: &mut Streams<'_>) -> io::Result<Exit> {
    writeln!(streams.err, "error: {error}")?;
    if let Some(help) = remedy(error) {
        writeln!(streams.err, "help: {help}")?;
    }
    Ok(exit_for(error))
}

fn exit_for(error: &NoLive) -> Exit {
    match error {
        NoLive::Plan(_) => Exit::InvalidScenario,
        NoLive::Placeholder(_) => Exit::Usage,
        NoLive::Ports(NoPorts::Beyond { .. } | NoPorts::Addresses { .. }) => Exit::Usage,
        NoLive::Ports(_) | NoLive::Program(_) | NoLive::Control { .. } | NoLive::System(_) => {
            Exit::Environment
        }
    }
}

fn remedy(error: &NoLive) -> Option<&'static str> {
    match error {
        NoLive::Ports(NoPorts::Bind { address, error, .. } | NoPorts::BindDns { address, error }) => {
            Some(match error.kind() {
                io::ErrorKind::PermissionDenied if address.port() < 1024 => {
                    "ports below 1024 need a right (CAP_NET_BIND_SERVICE, or root): leave `--address` out, or give `--port-base`"
                }
                _ => "give another `--port-base` or `--address`, or leave it out: free ports are taken then",
            })
        }
        NoLive::Ports(NoPorts::Addresses { .. }) => Some("give an earlier `--address`"),
        NoLive::Ports(NoPorts::Dns(_)) => Some("give the domain and its controllers shorter names"),
        NoLive::Ports(_) => Some("give a smaller `--port-base`, or leave it out"),
        NoLive::Program(_) => {
            Some("give its path, or the name of a program in a folder of `PATH`, after `--`")
        }
        NoLive::Control { .. } => Some("give another address to `--control`; port 0 is a free one"),
        NoLive::Placeholder(_) => Some("`mockdc exec --help` lists the placeholders"),
        NoLive::Plan(_) | NoLive::System(_) => None,
    }
}
