//! What a log consists of: records with their stamps, and lines that are none.

use jiff::civil::DateTime;

/// In which form a record's stamp is written (FACTS.md, "Dialects of log files").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// SMS 1.x: no milliseconds, a line end within the date, a bare hexadecimal thread.
    FirstGeneration,
    /// SMS 2.0: weekday, month by name; a client states no time zone, a server its name.
    SecondGeneration,
    /// SMS 2003 and later: numeric date, and the zone as minutes to be added for universal time.
    ThirdGeneration,
    /// Configuration Manager clients: `<![LOG[…]LOG]!>` with attributes.
    Ccm,
    /// What the log viewer exports: message, component, date, time, thread.
    Viewer,
    /// The log of joining a domain: date and time first.
    NetSetup,
    /// A 16-bit program's: a component and nothing more.
    Starter,
}

/// How a stamp's time relates to universal time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone<'a> {
    /// It does not say.
    Unstated,
    /// By a name such as `Pacific Standard Time`.
    Named(&'a [u8]),
    /// Minutes that are to be added for universal time.
    Bias(i32),
}

/// Who wrote a record, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// The form.
    pub dialect: Dialect,
    /// A component's name, or the path of a program.
    pub component: &'a [u8],
    /// The time by the machine's clock; `None` where the stamp states none.
    pub at: Option<DateTime>,
    /// Whether the stamp leaves the year out; `at` has 1972 then.
    pub yearless: bool,
    /// The time zone.
    pub zone: Zone<'a>,
    /// The thread's number, where the stamp has one.
    pub thread: Option<u64>,
}

/// A record of a log.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The number of its first line, from 1.
    pub line: u64,
    /// How many lines it takes.
    pub lines: u32,
    /// Lines before it without a stamp, which may belong to its message; joined by line ends.
    pub lead: &'a [u8],
    /// The message, without blanks around it.
    pub message: &'a [u8],
    /// Who and when.
    pub stamp: Stamp<'a>,
}

/// Why a line belongs to no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It carries no stamp of any dialect.
    NoStamp,
    /// It begins a stamp that does not go on as one.
    BrokenStamp,
    /// The file ends within its record.
    Truncated,
    /// It is longer than a record can be.
    TooLong,
}

impl Why {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Why::NoStamp => "no stamp",
            Why::BrokenStamp => "broken stamp",
            Why::Truncated => "truncated",
            Why::TooLong => "too long for a record",
        }
    }
}

/// A line that belongs to no record.
#[derive(Clone, Copy, Debug)]
pub struct Unread<'a> {
    /// Its number, from 1.
    pub line: u64,
    /// What it says.
    pub text: &'a [u8],
    /// Why it was not read.
    pub why: Why,
}

/// What reading comes upon, in the order of the file.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// A record.
    Record(Record<'a>),
    /// A line that belongs to none.
    Unread(Unread<'a>),
}
