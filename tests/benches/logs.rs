//! How many megabytes of a log one core reads in a second: a plain reader of lines, the reader of records, the reader
//! with recognition of steps, and a regular expression for the one dialect of the text, all over the same bytes.

use std::sync::LazyLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use mockdc::diagnose::read::{Piece, Reader};
use mockdc::diagnose::{Collector, Lexicon};

fn main() {
    divan::main();
}

/// Bytes that are read at a time, as from a file.
const CHUNK: usize = 256 * 1024;

/// Lines of an install and, for the larger part, of components that say nothing of it, 32 MB in all.
static LOG: LazyLock<Vec<u8>> = LazyLock::new(|| {
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
    let mut log = Vec::new();
    let mut line = 0u32;
    while log.len() < 32 * 1024 * 1024 {
        let (message, component) = MESSAGES[line as usize % MESSAGES.len()];
        let (minute, second, thread) = (line / 60 % 60, line % 60, 100 + line % 7 * 4);
        let text = format!(
            "{message}  $$<{component}><Tue Aug 06 09:{minute:02}:{second:02}.000 2002><thread={thread} (0x{thread:X})>\r\n"
        );
        log.extend_from_slice(text.as_bytes());
        line += 1;
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
        let mut collector = Collector::new(&lexicon, 0, String::new());
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
