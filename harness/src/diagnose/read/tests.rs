use jiff::civil::date;
use proptest::prelude::*;

use super::*;

/// What was read, with owned texts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    line: u64,
    lines: u32,
    lead: String,
    message: String,
    component: String,
    at: Option<jiff::civil::DateTime>,
    zone: String,
    thread: Option<u64>,
    dialect: Option<Dialect>,
    why: Option<Why>,
}

fn read_in(bytes: &[u8], chunk: usize) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut take = |piece: Piece<'_>| {
        let own = |bytes: &[u8]| text(bytes).into_owned();
        seen.push(match piece {
            Piece::Record(record) => Seen {
                line: record.line,
                lines: record.lines,
                lead: own(record.lead),
                message: own(record.message),
                component: own(record.stamp.component),
                at: record.stamp.at,
                zone: match record.stamp.zone {
                    Zone::Unstated => String::new(),
                    Zone::Named(name) => own(name),
                    Zone::Bias(minutes) => minutes.to_string(),
                },
                thread: record.stamp.thread,
                dialect: Some(record.stamp.dialect),
                why: None,
            },
            Piece::Unread(unread) => Seen {
                line: unread.line,
                lines: 1,
                lead: String::new(),
                message: own(unread.text),
                component: String::new(),
                at: None,
                zone: String::new(),
                thread: None,
                dialect: None,
                why: Some(unread.why),
            },
        });
    };
    let mut reader = Reader::new();
    for part in bytes.chunks(chunk.max(1)) {
        reader.push(part, &mut take);
    }
    reader.finish(&mut take);
    seen
}

fn read(text: &str) -> Vec<Seen> {
    read_in(text.as_bytes(), usize::MAX)
}

fn one(text: &str) -> Seen {
    let mut seen = read(text);
    assert_eq!(seen.len(), 1, "{seen:?}");
    seen.remove(0)
}

const CLIENT: &str =
    "Waiting for PDC/BDC Sync (2221)  $$<CliEx32.dll><Tue Aug 06 09:04:00.123 2002><thread=116 (0x74)>";
const LOADER: &str = r"** Service Thread is ending **  $$<C:\WINNT\sms_temp\CCMBtLdr.exe><Tue Aug 06 09:18:00.000 2002 Pacific Standard Time><thread=112 (0x70)>";
const LATER: &str = "Starting up  $$<SMS_EXECUTIVE><07-15-2023 09:12:45.332+240><thread=4096 (0x1000)>";
const CCM: &str = r#"<![LOG[Policy arrived.]LOG]!><time="09:12:45.332-060" date="07-15-2023" component="PolicyAgent" context="" type="1" thread="5012" file="agent.cpp:103">"#;
const FIRST: &str = "Site is up $$<SMS_SITE_CONFIG_MANAGER><Wed Jun 18 15:49:57 1997~><thread=12E>";
const VIEWER: &str =
    "---> Trying all accounts in turn SMS_CLIENT_CONFIG_MANAGER 9/20/99 5:24:08 PM 276 (0x114)";

#[test]
fn each_dialect_is_told_by_its_record_within_one_file() {
    let starter = "Starting  $$<SMSBOOT1.EXE>";
    let joined = "08/06/2002 09:00:01 NetpDoDomainJoin";
    let all = [CLIENT, LOADER, LATER, CCM, FIRST, VIEWER, starter, joined].join("\r\n");
    let seen = read(&all);
    let dialects: Vec<_> = seen.iter().map(|seen| seen.dialect).collect();
    use Dialect as D;
    assert_eq!(
        dialects,
        [
            D::SecondGeneration,
            D::SecondGeneration,
            D::ThirdGeneration,
            D::Ccm,
            D::FirstGeneration,
            D::Viewer,
            D::Starter,
            D::NetSetup,
        ]
        .map(Some)
    );
    let lines: Vec<u64> = seen.iter().map(|seen| seen.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(seen[0].at, Some(date(2002, 8, 6).at(9, 4, 0, 123_000_000)));
    assert_eq!((seen[0].thread, seen[0].zone.as_str()), (Some(116), ""));
    assert_eq!(seen[1].zone, "Pacific Standard Time");
    assert_eq!((seen[2].zone.as_str(), seen[2].thread), ("240", Some(4096)));
    assert_eq!((seen[3].zone.as_str(), seen[3].message.as_str()), ("-60", "Policy arrived."));
    assert_eq!((seen[4].thread, seen[4].at), (Some(0x12E), Some(date(1997, 6, 18).at(15, 49, 57, 0))));
    assert_eq!(seen[5].at, Some(date(1999, 9, 20).at(17, 24, 8, 0)));
    assert_eq!(seen[5].component, "SMS_CLIENT_CONFIG_MANAGER");
    assert_eq!(seen[7].message, "NetpDoDomainJoin");
}

#[test]
fn what_mockdc_writes_is_read_back() {
    use crate::logs::Entry;
    let at = date(2002, 8, 6).at(0, 5, 9, 7_000_000);
    let entry = Entry {
        message: "Generated account name 'SMS&_BDC1'",
        component: r"C:\WINNT\x y.exe",
        at,
        zone: None,
        thread: 9,
        blanks: 1,
    };
    for (line, whole) in [
        (entry.raw(), true),
        (entry.first_generation(), false),
        (Entry { component: "X", ..entry.clone() }.viewer(), false),
    ] {
        let seen = one(&line);
        assert_eq!((seen.message.as_str(), seen.thread), (entry.message, Some(9)), "{line}");
        let seconds = at.with().subsec_nanosecond(0).build().unwrap();
        assert_eq!(seen.at, Some(if whole { at } else { seconds }), "{line}");
    }
}

#[test]
fn a_stamp_that_is_wrapped_over_two_or_three_lines_is_put_together() {
    for wrapped in [
        "Waiting for PDC/BDC Sync (2221)  $$<CliEx32.dll><Tue Aug 06 09:04:00.123\n2002><thread=116 (0x74)>",
        "Waiting for PDC/BDC Sync (2221)  $$<CliEx32.dll>\r\n<Tue Aug 06 09:04:00.123 2002>\r\n<thread=116 (0x74)>",
        "Waiting for PDC/BDC Sync (2221)  $$<CliEx\n32.dll><Tue Aug 06 09:04:00.123 2002><thread=116 (0x74)>",
        "Waiting for PDC/BDC Sync (2221)  $$<CliEx32.dll><Tue Aug 06 09:04:00.123 2002><thread=116\n(0x74)>",
    ] {
        let seen = one(wrapped);
        assert_eq!(seen.message, "Waiting for PDC/BDC Sync (2221)", "{wrapped}");
        assert_eq!((seen.component.as_str(), seen.thread), ("CliEx32.dll", Some(116)), "{wrapped}");
        assert_eq!(seen.at, Some(date(2002, 8, 6).at(9, 4, 0, 123_000_000)), "{wrapped}");
        assert_eq!(seen.lines as usize, wrapped.lines().count());
    }
    // What follows stays whole.
    let broken = format!("Waiting  $$<CliEx32.dll><Tue Aug\n{CLIENT}");
    let seen = read(&broken);
    assert_eq!((seen[0].why, seen[1].line), (Some(Why::BrokenStamp), 2));
}

#[test]
fn slips_and_gaps_of_the_field_are_read() {
    let slip = one("Text  <$$NAME><Tue Aug  6 9:04:00.123 2002><thread=116 (0x74)>");
    assert_eq!((slip.component.as_str(), slip.message.as_str()), ("NAME", "Text"));
    let slip = one("Text  $$>NAME><Tue Aug 6 9:04:00.123 2002><thread=116 (0x74)>");
    assert_eq!((slip.component.as_str(), slip.at), ("NAME", Some(date(2002, 8, 6).at(9, 4, 0, 123_000_000))));
    let path = one(LOADER);
    assert_eq!(path.component, r"C:\WINNT\sms_temp\CCMBtLdr.exe");
    let large =
        one("x  $$<A><Tue Aug 06 09:04:00.123 2002><thread=18446744073709551615 (0xFFFFFFFFFFFFFFFF)>");
    assert_eq!(large.thread, Some(u64::MAX));
    let no_thread = one("x  $$<A><Tue Aug 06 09:04:00.123 2002>");
    assert_eq!((no_thread.thread, no_thread.dialect), (None, Some(Dialect::SecondGeneration)));
    let two = read(&format!("x  $$<A><Tue Aug 06 09:04:00.123 2002>\n{CLIENT}"));
    assert_eq!((two.len(), two[0].thread, two[1].thread), (2, None, Some(116)));
    let dollars = one(r"Connected to \\A\admin$ $$<A><Tue Aug 06 09:04:00.123 2002><thread=1 (0x1)>");
    assert_eq!(dollars.message, r"Connected to \\A\admin$");
    let tilde = one("one~two~~  $$<A><Tue Aug 06 09:04:00.123 2002><thread=1 (0x1)>");
    assert_eq!(tilde.message, "one~two~~");
    let german = one("x\tSMS_X\t20.09.1999 17:24:08\t276 (0x114)");
    assert_eq!(german.at, Some(date(1999, 9, 20).at(17, 24, 8, 0)));
    let yearless = one("08/26 14:26:20 NetpDoDomainJoin");
    assert_eq!(yearless.at.map(|at| at.month()), Some(8));
}

#[test]
fn a_message_over_lines_keeps_the_lines_before_its_stamp() {
    let seen = one(&format!("UpdateClientRegistry returned Logon failure: unknown user name or\n{CLIENT}"));
    assert_eq!(seen.lead, "UpdateClientRegistry returned Logon failure: unknown user name or");
    let ccm = CCM.replace("arrived", "has\nat last\narrived");
    let seen = one(&ccm);
    assert_eq!((seen.lines, seen.message.as_str()), (3, "Policy has\nat last\narrived."));
}

#[test]
fn what_cannot_be_read_is_told_by_line() {
    let text = format!(
        "garbage\n\n{CLIENT}\nx  $$<A><Tue Foo 06 09:04:00.123 2002><thread=1 (0x1)>\n{LOADER}\nlast  $$<CliEx32.dll><Tue Aug 0"
    );
    let seen = read(&text);
    let unread: Vec<_> = seen.iter().filter_map(|seen| Some((seen.line, seen.why?))).collect();
    assert_eq!(unread, [(1, Why::NoStamp), (4, Why::BrokenStamp), (6, Why::Truncated)]);
    let half = read(&CCM[..60]);
    assert_eq!((half.len(), half[0].why), (1, Some(Why::Truncated)));
    let then = read(&format!("{}\n{CCM}", &CCM[..40]));
    assert_eq!((then[0].why, then[1].dialect), (Some(Why::BrokenStamp), Some(Dialect::Ccm)));
}

#[test]
fn utf_16_is_read_with_a_mark_and_without() {
    let text = format!("{CLIENT}\r\nÉchec  $$<A><Tue Aug 06 09:04:00.123 2002><thread=1 (0x1)>\r\n");
    let plain = read(&text);
    assert_eq!(plain[1].message, "Échec");
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for (mark, bytes) in [(&b"\xFF\xFE"[..], &little), (b"\xFE\xFF", &big), (b"", &little), (b"", &big)] {
        let bytes = [mark, bytes].concat();
        for chunk in [1, 3, 64, usize::MAX] {
            assert_eq!(read_in(&bytes, chunk), plain, "{chunk}");
        }
    }
    let western = b"\xC9chec  $$<A><Tue Aug 06 09:04:00.123 2002><thread=1 (0x1)>";
    assert_eq!(read_in(western, 7)[0].message, "Échec");
}

#[test]
fn a_file_without_line_ends_costs_no_memory_and_one_line() {
    let mut bytes = vec![b'x'; 3_000_000];
    bytes.extend_from_slice(format!("\n{CLIENT}\n").as_bytes());
    for chunk in [65_536, usize::MAX] {
        let seen = read_in(&bytes, chunk);
        assert_eq!((seen.len(), seen[0].why, seen[1].line), (2, Some(Why::TooLong), 2));
        assert_eq!(seen[0].message.len(), 256);
    }
}

/// Whole logs, with lines of every dialect in any order.
fn log() -> impl Strategy<Value = Vec<u8>> {
    let line =
        prop::sample::select(vec![CLIENT, LOADER, LATER, CCM, FIRST, VIEWER, "", "plain text", "x $$<A>"]);
    prop::collection::vec(line, 1..12).prop_map(|lines| lines.join("\r\n").into_bytes())
}

proptest! {
    #[test]
    fn no_bytes_bring_the_reader_down_and_chunks_change_nothing(
        log in log(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 0..40),
        chunk in 1..200usize,
    ) {
        let mut bytes = log;
        for (index, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = index.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        let whole = read_in(&bytes, usize::MAX);
        prop_assert_eq!(&read_in(&bytes, chunk), &whole);
        // Each line is told once, and in order.
        prop_assert!(whole.windows(2).all(|pair| pair[0].line < pair[1].line), "{:?}", whole);
    }

    #[test]
    fn a_line_that_is_lost_takes_no_other_with_it(log in log(), lost in any::<prop::sample::Index>()) {
        let text = String::from_utf8(log).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        let whole = [CLIENT, LOADER, LATER, CCM, FIRST, VIEWER];
        let lost = lost.index(lines.len());
        let left: Vec<&str> = lines.iter().enumerate().filter(|(at, _)| *at != lost).map(|(_, line)| *line).collect();
        let records = read(&left.join("\n")).iter().filter(|seen| seen.dialect.is_some_and(|d| d != Dialect::Starter)).count();
        prop_assert_eq!(records, left.iter().filter(|line| whole.contains(line)).count());
    }
}
