//! What an estate costs: so many clients on members of one domain, installed one after the other over a day, with so
//! many domain controllers; everything recorded, and judged. One line an estate: how many events, how long the run and
//! its judgement take, the cost of a client over that of the first line's, and the most memory that was held so far.
//!
//! `MOCKDC_ESTATES=100x2,1000x10` names other estates: clients x controllers, up to 5,000 of each, as many as one
//! table of a scenario may stand for.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench says what it measured")]

use std::time::{Duration, Instant};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ESTATES: &str = "100x2,300x2,1000x2,3000x2,1000x100,1000x1000";

fn main() {
    let named = std::env::var("MOCKDC_ESTATES").unwrap_or_else(|_| ESTATES.to_owned());
    println!("clients  controllers      events       run     judge  a client  of the first  memory so far");
    let mut first = None;
    for estate in named.split(',').map(str::trim) {
        let Some((clients, controllers)) = size(estate) else {
            eprintln!(
                "`{estate}` is no estate: write CLIENTSxCONTROLLERS, such as 1000x10, each from 2 to 5000"
            );
            std::process::exit(2);
        };
        let plan = mockdc_tests::plan(&scenario(clients, controllers));
        let prepared = mockdc_tests::prepared(&plan);
        let (run, ran) = timed(|| prepared.run(1).expect("a plan that was prepared can be run"));
        let (judgement, judged) = timed(|| prepared.judge(&run));
        assert!(!judgement.shows_a_bug(), "a law is broken");
        let each = (ran + judged).as_secs_f64() / f64::from(clients);
        let of_first = each / *first.get_or_insert(each);
        println!(
            "{clients:>7}  {controllers:>11}  {:>10}  {:>6.2} s  {:>6.2} s  {:>6.0} us  {of_first:>12.2}  {:>13}",
            run.events.len(),
            ran.as_secs_f64(),
            judged.as_secs_f64(),
            each * 1e6,
            memory()
        );
    }
}

fn size(estate: &str) -> Option<(u32, u32)> {
    let (clients, controllers) = estate.split_once('x')?;
    Some((clients.parse().ok()?, controllers.parse().ok()?))
        .filter(|size| [size.0, size.1].iter().all(|number| (2..=5000).contains(number)))
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
