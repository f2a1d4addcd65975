//! The grammar of stamps (FACTS.md, "Dialects of log files").
//!
//! Every parser takes the bytes after the mark that introduces it and says nothing about what stood before.

use jiff::civil::DateTime;
use winnow::Parser;
use winnow::combinator::{alt, opt, preceded, terminated};
use winnow::error::EmptyError;
use winnow::stream::AsChar;
use winnow::token::{any, one_of, take_till, take_while};

use super::record::{Dialect, Stamp, Zone};

type Parsed<T> = Result<T, EmptyError>;

/// The stamp behind `$$<`: component, date and time, thread. What follows it may only be blank.
pub(super) fn suffix(bytes: &[u8]) -> Option<Stamp<'_>> {
    let mut input = bytes;
    let component = component(&mut input).ok()?;
    blanks(&mut input).ok()?;
    if input.is_empty() {
        // Only a program's name may stand alone: anything else is a stamp that breaks off.
        let program = component.len() > 4 && component[component.len() - 4..].eq_ignore_ascii_case(b".exe");
        return program.then_some(Stamp {
            dialect: Dialect::Starter,
            component,
            at: None,
            yearless: false,
            zone: Zone::Unstated,
            thread: None,
        });
    }
    let (at, zone, dialect) = alt((numeric_date, named_date)).parse_next(&mut input).ok()?;
    blanks(&mut input).ok()?;
    let thread = match input.is_empty() {
        true => None,
        false => Some(thread(dialect)(&mut input).ok()?),
    };
    blanks(&mut input).ok()?;
    input.is_empty().then_some(Stamp { dialect, component, at: Some(at), yearless: false, zone, thread })
}

/// Whether a text that is no stamp yet may become one with the next line behind it.
pub(super) fn may_go_on(bytes: &[u8]) -> bool {
    // Complete stamps end with `>`; a component or a date may, too, when the wrap falls between two brackets.
    bytes.len() < 400 && bytes.iter().filter(|byte| **byte == b'>').count() <= 2
}

fn component<'a>(input: &mut &'a [u8]) -> Parsed<&'a [u8]> {
    terminated(take_till(1.., |byte| byte == b'>' || byte == b'\n'), b'>').parse_next(input)
}

/// `<Tue Aug 06 09:03:00.000 2002 Pacific Standard Time>`, and with `~` and without milliseconds in SMS 1.x.
fn named_date<'a>(input: &mut &'a [u8]) -> Parsed<(DateTime, Zone<'a>, Dialect)> {
    sign(b'<', input)?;
    blanks(input)?;
    opt((alpha3, blank)).parse_next(input)?;
    let month = month(input)?;
    blanks(input)?;
    let day = number(input)?;
    blank(input)?;
    let (hour, minute, second, milli) = clock(input)?;
    blank(input)?;
    let year = number(input)?;
    let tilde = opt(b'~').parse_next(input)?.is_some();
    blanks(input)?;
    let zone = take_till(0.., |byte| byte == b'>').parse_next(input)?;
    sign(b'>', input)?;
    let zone = match zone.trim_ascii() {
        b"" => Zone::Unstated,
        name => Zone::Named(name),
    };
    let dialect = match tilde || milli.is_none() {
        true => Dialect::FirstGeneration,
        false => Dialect::SecondGeneration,
    };
    Ok((civil((year, month, day), (hour, minute, second, milli)).ok_or(EmptyError)?, zone, dialect))
}

/// `<07-15-2023 09:12:45.332+240>`
fn numeric_date<'a>(input: &mut &'a [u8]) -> Parsed<(DateTime, Zone<'a>, Dialect)> {
    sign(b'<', input)?;
    blanks(input)?;
    let date = month_first(input)?;
    blank(input)?;
    let (hour, minute, second, milli) = clock(input)?;
    let zone = opt(bias).parse_next(input)?.map_or(Zone::Unstated, Zone::Bias);
    blanks(input)?;
    sign(b'>', input)?;
    let at = civil(date, (hour, minute, second, milli)).ok_or(EmptyError)?;
    Ok((at, zone, Dialect::ThirdGeneration))
}

/// `<thread=112 (0x70)>`, or `<thread=12E>` in SMS 1.x.
fn thread(dialect: Dialect) -> impl Fn(&mut &[u8]) -> Parsed<u64> {
    move |input| {
        b"<thread=".parse_next(input)?;
        blanks(input)?;
        let digits = take_while(1.., AsChar::is_hex_digit).parse_next(input)?;
        blanks(input)?;
        let hex = opt((b"(0x", take_while(1.., AsChar::is_hex_digit), b')')).parse_next(input)?;
        blanks(input)?;
        sign(b'>', input)?;
        let radix = match (dialect, hex) {
            (Dialect::FirstGeneration, None) => 16,
            _ => 10,
        };
        whole(digits, radix).ok_or(EmptyError)
    }
}

/// The attributes behind `]LOG]!>`: `<time="09:12:45.332+240" date="07-15-2023" component="X" … thread="4096" …>`.
pub(super) fn ccm(bytes: &[u8]) -> Option<Stamp<'_>> {
    let mut input = bytes.trim_ascii();
    sign(b'<', &mut input).ok()?;
    let (mut time, mut date, mut component, mut thread) = (None, None, &b""[..], None);
    while let Ok((name, value)) = attribute(&mut input) {
        match name {
            b"time" => time = Some(value),
            b"date" => date = Some(value),
            b"component" => component = value,
            b"thread" => thread = whole(value.trim_ascii(), 10),
            _ => {}
        }
    }
    blanks(&mut input).ok()?;
    sign(b'>', &mut input).ok()?;
    if !input.trim_ascii().is_empty() {
        return None;
    }
    let mut time = time?;
    let (hour, minute, second, milli) = clock(&mut time).ok()?;
    let zone = opt(bias).parse_next(&mut time).ok()?.map_or(Zone::Unstated, Zone::Bias);
    let at = civil(month_first(&mut date?).ok()?, (hour, minute, second, milli))?;
    Some(Stamp { dialect: Dialect::Ccm, component, at: Some(at), yearless: false, zone, thread })
}

fn attribute<'a>(input: &mut &'a [u8]) -> Parsed<(&'a [u8], &'a [u8])> {
    let name = preceded(blanks, take_while(1.., AsChar::is_alpha)).parse_next(input)?;
    b"=\"".parse_next(input)?;
    let value = terminated(take_till(0.., b'"'), b'"').parse_next(input)?;
    Ok((name, value))
}

/// A line of the viewer, read from its end: `MESSAGE COMPONENT 9/20/99 5:24:08 PM 276 (0x114)`. Gives the message too.
/// Columns are parted by blanks or by tabs; a date with dots has its day first.
pub(super) fn viewer(line: &[u8]) -> Option<(&[u8], Stamp<'_>)> {
    let line = line.trim_ascii_end();
    let tabs = memchr::memchr(b'\t', line).is_some();
    let (rest, hex) = last_word(line)?;
    let hex = hex.strip_prefix(b"(0x")?.strip_suffix(b")")?;
    let (rest, thread) = last_word(rest)?;
    let thread = whole(thread, 10)?;
    if whole(hex, 16)? != thread {
        return None;
    }
    let (mut rest, mut word) = last_word(rest)?;
    let half = match word {
        b"AM" | b"am" => Some(0),
        b"PM" | b"pm" => Some(12),
        _ => None,
    };
    if half.is_some() {
        (rest, word) = last_word(rest)?;
    }
    let (hour, minute, second, milli) = clock(&mut { word }).ok()?;
    let hour = match half {
        Some(more) if (1..=12).contains(&hour) => hour % 12 + more,
        Some(_) => return None,
        None => hour,
    };
    let (rest, word) = last_word(rest)?;
    let date = loose_date(&mut { word }).ok()?;
    let at = civil(date, (hour, minute, second, milli))?;
    let rest = rest.trim_ascii_end();
    let (message, component) = match tabs {
        true => memchr::memrchr(b'\t', rest).map(|at| (&rest[..at], &rest[at + 1..]))?,
        false => last_word(rest)?,
    };
    let stamp = Stamp {
        dialect: Dialect::Viewer,
        component,
        at: Some(at),
        yearless: false,
        zone: Zone::Unstated,
        thread: Some(thread),
    };
    Some((message.trim_ascii(), stamp))
}

/// A line of NetSetup.log: `08/06 09:00:01 message`, `08/06/2002 09:00:01 message`, or with `:123` milliseconds.
pub(super) fn net_setup(line: &[u8]) -> Option<(&[u8], Stamp<'_>)> {
    let mut input = line;
    let month = number(&mut input).ok()?;
    sign(b'/', &mut input).ok()?;
    let day = number(&mut input).ok()?;
    let year = opt(preceded(b'/', number)).parse_next(&mut input).ok()?;
    blank(&mut input).ok()?;
    let (hour, minute, second, mut milli) = clock(&mut input).ok()?;
    if milli.is_none() {
        milli = opt(preceded(b':', number)).parse_next(&mut input).ok()?;
    }
    if input.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
        return None;
    }
    let at = civil((year.unwrap_or(LEAP_YEAR), month, day), (hour, minute, second, milli))?;
    let stamp = Stamp {
        dialect: Dialect::NetSetup,
        component: b"NetSetup",
        at: Some(at),
        yearless: year.is_none(),
        zone: Zone::Unstated,
        thread: None,
    };
    Some((input.trim_ascii(), stamp))
}

/// Stands for a year that is not stated: it has every day that a year can have.
const LEAP_YEAR: u32 = 1972;

fn last_word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.trim_ascii_end();
    let at = line.iter().rposition(u8::is_ascii_whitespace)?;
    Some((&line[..at], &line[at + 1..]))
}

type Clock = (u32, u32, u32, Option<u32>);

/// `09:03:00`, `9:46:43`, `09:12:45.332`; a fraction counts in milliseconds.
fn clock(input: &mut &[u8]) -> Parsed<Clock> {
    let hour = number(input)?;
    sign(b':', input)?;
    let minute = number(input)?;
    sign(b':', input)?;
    let second = number(input)?;
    let milli = opt(preceded(b'.', take_while(1..=9, AsChar::is_dec_digit))).parse_next(input)?;
    let milli = milli.map(|digits: &[u8]| {
        let value = |place: usize| digits.get(place).map_or(0, |digit| u32::from(digit - b'0'));
        value(0) * 100 + value(1) * 10 + value(2)
    });
    Ok((hour, minute, second, milli))
}

fn month_first(input: &mut &[u8]) -> Parsed<(u32, u32, u32)> {
    let month = number(input)?;
    one_of((b'-', b'/')).parse_next(input)?;
    let day = number(input)?;
    one_of((b'-', b'/')).parse_next(input)?;
    Ok((number(input)?, month, day))
}

fn loose_date(input: &mut &[u8]) -> Parsed<(u32, u32, u32)> {
    let first = number(input)?;
    let mark = any.parse_next(input)?;
    let second = number(input)?;
    sign(mark, input)?;
    let year = number(input)?;
    let year = match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        _ => year,
    };
    if !input.is_empty() {
        return Err(EmptyError);
    }
    match (mark, first) {
        (b'.', _) | (b'/' | b'-', 13..) => Ok((year, second, first)),
        (b'/' | b'-', _) => Ok((year, first, second)),
        _ => Err(EmptyError),
    }
}

/// `+240`, `-060`: minutes to be added for universal time.
fn bias(input: &mut &[u8]) -> Parsed<i32> {
    let sign = one_of((b'+', b'-')).parse_next(input)?;
    let digits = take_while(1..=4, AsChar::is_dec_digit).parse_next(input)?;
    let minutes = whole(digits, 10).and_then(|minutes| i32::try_from(minutes).ok()).ok_or(EmptyError)?;
    Ok(if sign == b'-' { -minutes } else { minutes })
}

fn month(input: &mut &[u8]) -> Parsed<u32> {
    const MONTHS: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let name = alpha3(input)?;
    let place = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(*month)).ok_or(EmptyError)?;
    Ok(place as u32 + 1)
}

fn alpha3<'a>(input: &mut &'a [u8]) -> Parsed<&'a [u8]> {
    take_while(3..=3, AsChar::is_alpha).parse_next(input)
}

/// Exactly this byte.
fn sign(byte: u8, input: &mut &[u8]) -> Parsed<()> {
    one_of(byte).void().parse_next(input)
}

fn blank(input: &mut &[u8]) -> Parsed<()> {
    take_while(1.., is_blank).void().parse_next(input)
}

fn blanks(input: &mut &[u8]) -> Parsed<()> {
    take_while(0.., is_blank).void().parse_next(input)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Up to four digits.
fn number(input: &mut &[u8]) -> Parsed<u32> {
    let digits = take_while(1..=4, AsChar::is_dec_digit).parse_next(input)?;
    Ok(digits.iter().fold(0, |sum, digit: &u8| sum * 10 + u32::from(digit - b'0')))
}

/// A number of any length that 64 bits hold.
fn whole(digits: &[u8], radix: u32) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

fn civil((year, month, day): (u32, u32, u32), (hour, minute, second, milli): Clock) -> Option<DateTime> {
    let byte = |value: u32| i8::try_from(value).ok();
    DateTime::new(
        i16::try_from(year).ok()?,
        byte(month)?,
        byte(day)?,
        byte(hour)?,
        byte(minute)?,
        byte(second)?,
        i32::try_from(milli.unwrap_or(0).min(999)).ok()? * 1_000_000,
    )
    .ok()
}
