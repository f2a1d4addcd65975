//! How many megabytes of a log one core reads in a second: a plain reader of lines, the reader of records, the reader
//! with recognition of steps, and a regular expression for the one dialect of the text, all over the same bytes. Before
//! them a file of 500 MB (`MOCKDC_LOG_MB` says otherwise) is diagnosed, with the memory that this takes.

use std::io::Write;
use std::sync::LazyLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use mockdc::diagnose::read::{Piece, Reader};
use mockdc::diagnose::rules::{Rule, diagnose};
use mockdc::diagnose::{Collector, Lexicon, ROOM, find, load};

fn main() {
    // A test of the benches, and whoever asks for one of the others, needs no large file.
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if asked.iter().any(|argument| argument == "--bench")
        && asked
            .iter()
            .all(|argument| argument.starts_with('-') || "a_large_file".contains(argument.as_str()))
    {
        a_large_file().expect("a file can be written and read");
    }
    divan::main();
}

/// Reads and diagnoses a file as `mockdc diagnose` does, and prints how fast, and how much memory it took at most.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it is measured on the wall clock, and told"
)]
fn a_large_file() -> Result<(), Box<dyn std::error::Error>> {
    let megabytes = std::env::var("MOCKDC_LOG_MB").map_or(Ok(500), |given| given.parse::<u64>())?;
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("large.log");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&path)?);
    let (mut written, mut number) = (0, 0);
    while written < megabytes << 20 {
        let line = line(number);
        out.write_all(line.as_bytes())?;
        written += line.len() as u64;
        number += 1;
    }
    out.flush()?;
    drop(out);
    let (lexicon, rules) = (Lexicon::built_in()?, Rule::built_in()?);
    let begun = std::time::Instant::now();
    let before = on_core();
    let input = load(&find(std::slice::from_ref(&path))?, &lexicon, &mut |_| {})?;
    let read = begun.elapsed();
    let found = diagnose(&rules, &input.history, &input.facts);
    let all = begun.elapsed();
    let on_core = on_core().zip(before).map(|(after, before)| after - before);
    let rate = |time: std::time::Duration| megabytes as f64 / time.as_secs_f64();
    println!(
        "a_large_file: {megabytes} MB, {number} records: read at {:.0} MB/s, read and diagnosed at {:.0} MB/s, {} of \
         its time on a core; {} events kept, {} clients; peak memory {}",
        rate(read),
        rate(all),
        on_core.map_or_else(|| "not known".to_owned(), |time| format!("{:.0} MB/s", rate(time))),
        input.history.events.len(),
        found.len(),
        peak().unwrap_or_else(|| "not known on this system".to_owned())
    );
    std::fs::remove_file(path)?;
    Ok(())
}

/// How long this thread has been on a core, as Linux tells it: on a machine that others use as well, a rate by the wall
/// clock says more of them.
fn on_core() -> Option<std::time::Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(std::time::Duration::from_nanos(told.split_whitespace().next()?.parse().ok()?))
}

/// The most memory that this process has had, as Linux tells it.
fn peak() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(format!("{} MB", line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? >> 10))
}

/// Bytes that are read at a time, as from a file.
const CHUNK: usize = 256 * 1024;

/// A line of a log: of an install or, for the larger part, of components that say nothing of it.
fn line(line: u32) -> String {
    const MESSAGES: [(&str, &str); 5] = [
        ("Waiting for PDC/BDC Sync (2221)", "CliEx32.dll"),
        (
            "Thread 204 took a package from the queue and has 17 more to go through before it sleeps",
            "SMS_EXECUTIVE",
        ),
        (
            r"Verifying application [C:\WINNT\MS\SMS\clicomp\SINV\sinv32.exe]~",
            r"C:\WINNT\MS\SMS\CORE\BIN\CLISVCL.EXE",
        ),
        ("Status message 5203 was handed over to the status manager without any delay", "SMS_EXECUTIVE"),
        (
            r"---> Failed to connect to \\SPARC\admin$ using account HAMPTON\SMSService (67)",
            "SMS_CLIENT_CONFIG_MANAGER",
        ),
    ];
    let (message, component) = MESSAGES[line as usize % MESSAGES.len()];
    let (minute, second, thread) = (line / 60 % 60, line % 60, 100 + line % 7 * 4);
    format!(
        "{message}  $$<{component}><Tue Aug 06 09:{minute:02}:{second:02}.000 2002><thread={thread} (0x{thread:X})>\r\n"
    )
}

/// 32 MB of them.
static LOG: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut log = Vec::new();
    for number in 0.. {
        if log.len() >= 32 * 1024 * 1024 {
            break;
        }
        log.extend_from_slice(line(number).as_bytes());
    }
    log
});

#[divan::bench]
fn lines_alone(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::new(LOG.len())).bench(|| memchr::memchr_iter(b'\n', black_box(&LOG)).count());
}

#[divan::bench]
fn records(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::new(LOG.len())).bench(|| {
        let mut records = 0u64;
        let mut take = |piece: Piece<'_>| records += u64::from(matches!(piece, Piece::Record(_)));
        let mut reader = Reader::new();
        for chunk in LOG.chunks(CHUNK) {
            reader.push(chunk, &mut take);
        }
        reader.finish(&mut take);
        records
    });
}

#[divan::bench]
fn records_and_steps(bencher: Bencher<'_, '_>) {
    let lexicon = Lexicon::built_in().expect("the built-in lines are whole");
    bencher.counter(BytesCount::new(LOG.len())).bench(|| {
        let mut collector = Collector::new(&lexicon, 0, String::new(), ROOM);
        let mut take = |piece: Piece<'_>| collector.take(piece);
        let mut reader = Reader::new();
        for chunk in LOG.chunks(CHUNK) {
            reader.push(chunk, &mut take);
        }
        let lines = reader.finish(&mut take);
        collector.finish(LOG.len() as u64, lines).1.len()
    });
}

#[divan::bench]
fn a_regular_expression(bencher: Bencher<'_, '_>) {
    let stamp = regex::bytes::Regex::new(
        r"^(.*?) *\$\$<([^>]*)><(\w{3} \w{3} +\d+ \d+:\d+:\d+\.\d+ \d+)([^>]*)><thread=(\d+) \(0x[0-9A-F]+\)>\r?$",
    )
    .expect("the expression is whole");
    bencher
        .counter(BytesCount::new(LOG.len()))
        .bench(|| LOG.split(|byte| *byte == b'\n').filter(|line| stamp.captures(line).is_some()).count());
}
