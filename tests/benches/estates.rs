//! What an estate costs: so many clients on members of one domain, installed one after the other over a day, with so
//! many domain controllers; everything recorded, and judged. Each estate has a process of its own, and a line: how many
//! events, how long the preparation, the run and its judgement take, the cost of a client over that of the first line's,
//! the same for N log N in the place of N, and the most memory that was held.
//!
//! `MOCKDC_ESTATES=100x2,1000x10` names other estates: clients x controllers, up to 100,000 clients and 1,000
//! controllers.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench says what it measured")]

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use mockdc::judge::LawFinding;
use mockdc::orchestrator::Prepared;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ESTATES: &str = "100x2,1000x2,10000x2,100000x2,100x100,1000x100,10000x100,100x1000,1000x1000";

/// What is asked of the largest estate.
const AIM: &str =
    "asked of 100000 clients: less than 60 s and 2048 MiB, and no line's last ratio much above 1";

/// Names the one estate of a child process.
const ONE: &str = "MOCKDC_ONE_ESTATE";

fn main() -> ExitCode {
    if let Some((clients, controllers)) = std::env::var(ONE).ok().as_deref().and_then(size) {
        measure(clients, controllers);
        return ExitCode::SUCCESS;
    }
    let named = std::env::var("MOCKDC_ESTATES").unwrap_or_else(|_| ESTATES.to_owned());
    println!(
        "clients  controllers      events  prepared       run     judge  a client  of the first  by N log N   most memory"
    );
    let mut first = None;
    for estate in named.split(',').map(str::trim) {
        let Some((clients, _)) = size(estate) else {
            eprintln!(
                "`{estate}` is no estate: write CLIENTSxCONTROLLERS, such as 1000x10, from 2 to 100000 and from 2 to 1000"
            );
            return ExitCode::from(2);
        };
        let Some((head, took, memory)) = measured(estate) else {
            eprintln!("the estate `{estate}` could not be measured");
            return ExitCode::FAILURE;
        };
        let clients = f64::from(clients);
        let (each, by_log) = (took / clients, took / (clients * clients.ln()));
        let (of_first, of_log) = *first.get_or_insert((each, by_log));
        let (of_first, of_log) = (each / of_first, by_log / of_log);
        println!("{head}  {:>5.0} us  {of_first:>12.2}  {of_log:>10.2}  {memory:>12}", each * 1e6);
    }
    println!("{AIM}");
    ExitCode::SUCCESS
}

/// What a process of its own says of an estate: the first columns, the seconds that it took, the most memory.
fn measured(estate: &str) -> Option<(String, f64, String)> {
    let own = std::env::current_exe().ok()?;
    let output = Command::new(own).env(ONE, estate).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let mut lines = text.lines();
    Some((lines.next()?.to_owned(), lines.next()?.parse().ok()?, lines.next()?.to_owned()))
}

fn measure(clients: u32, controllers: u32) {
    let (plan, _) = timed(|| mockdc_tests::plan(&scenario(clients, controllers)));
    let (prepared, preparation) =
        timed(|| Prepared::for_one_run(&plan).expect("a world that was read can be built"));
    let (run, ran) = timed(|| prepared.run(1).expect("a plan that was prepared can be run"));
    let (judgement, judged) = timed(|| prepared.judge(&run));
    let broken: Vec<&LawFinding> = judgement.laws.iter().filter(|law| !law.breaches.is_empty()).collect();
    assert!(!judgement.shows_a_bug(), "{broken:?}");
    let [preparation, ran, judged] = [preparation, ran, judged].map(|took| took.as_secs_f64());
    println!(
        "{clients:>7}  {controllers:>11}  {:>10}  {preparation:>6.2} s  {ran:>6.2} s  {judged:>6.2} s",
        run.events.len()
    );
    println!("{}", preparation + ran + judged);
    println!("{}", memory());
}

fn size(estate: &str) -> Option<(u32, u32)> {
    let (clients, controllers) = estate.split_once('x')?;
    let (clients, controllers) = (clients.parse().ok()?, controllers.parse().ok()?);
    ((2..=100_000).contains(&clients) && (2..=1_000).contains(&controllers)).then_some((clients, controllers))
}

fn scenario(clients: u32, controllers: u32) -> String {
    // The last begins two hours before the end of the day.
    let stagger = 79_200_000 / clients;
    format!(
        "format = 1\nname = \"estate\"\nuntil = \"24h\"\n\n[domain]\nreplication = {{ delay = \"15m\" }}\n\n\
         [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[dc]]\nname = \"BDC{{n}}\"\ncount = {}\n\n\
         [[site-server]]\nname = \"SMS1\"\nsite = \"ABC\"\n\n[[machine]]\nname = \"WS{{n}}\"\ncount = {clients}\n\n\
         [[client]]\nmachine = \"WS*\"\nprofile = \"sms-2003-legacy\"\n\n\
         [[step]]\nat = \"1m\"\ninstall = {{ client = \"WS*\", by = \"SMS1\" }}\nstagger = \"{stagger}ms\"\n",
        controllers - 1
    )
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time on the wall")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed())
}

/// The most memory that this process has held.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    match most.and_then(|number| number.parse::<u64>().ok()) {
        Some(kib) => format!("{} MiB", kib / 1024),
        None => "not known".to_owned(),
    }
}
