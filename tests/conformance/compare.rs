//! What a subject of the suite does, and how its doings are compared.

use std::fmt;

use mockdc_mocks::Verb;

use crate::acts::{Act, Names};
use crate::picture::Picture;
use crate::sequence::Sequence;

/// An implementation of a domain with two controllers, between which nothing moves unless it is told.
pub(crate) trait Subject {
    /// Makes ready for a sequence, whose names nobody else uses.
    async fn begin(&mut self, names: Names, sequence: &Sequence) -> Result<(), String>;
    /// Performs an operation at a controller.
    async fn act(&mut self, step: usize, at: usize, act: &Act, verb: &Verb) -> Answer;
    /// Lets a controller pull everything from the other; says whether it could.
    async fn synchronize(&mut self, step: usize, to: usize) -> bool;
    /// Lets [`DAYS`](crate::sequence::DAYS) go by.
    async fn days(&mut self, step: usize) -> Result<(), String>;
    /// Cuts the controllers off from each other, or joins them again.
    async fn part(&mut self, step: usize, parted: bool) -> Result<(), String>;
    /// What each controller shows.
    async fn pictures(&mut self, step: usize) -> [Result<Picture, String>; 2];

    /// The highest update sequence number that a controller has given out.
    async fn committed(&mut self, _at: usize) -> Result<u64, String> {
        Ok(0)
    }

    /// The accounts of the sequence that a controller has taken in after a number, in the order in which it did.
    async fn arrived(&mut self, _at: usize, _after: u64) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    /// What is left at each controller of accounts that were deleted, where a client of LDAP can see it and the fake's
    /// front is what it is compared with.
    async fn tombstones(&mut self) -> Option<[Result<Picture, String>; 2]> {
        None
    }

    /// Why it has stopped to answer; nothing while it does.
    async fn broken(&mut self) -> Option<String> {
        None
    }

    /// Begins again with a new domain.
    async fn renew(&mut self) -> Result<(), String> {
        Ok(())
    }

    /// What it has to tell at the end of a run.
    fn told(&self) -> Option<String> {
        None
    }
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    /// A Win32 code, and how it looks on the wire: nothing where the client found out by looking.
    Code(u32, String),
    /// The implementation said something that has no code, or nothing.
    Strange(String),
}

impl Answer {
    /// The answer as a Win32 caller gets it.
    pub(crate) fn outcome(&self) -> String {
        match self {
            Answer::Done => "0".to_owned(),
            Answer::Code(code, _) => code.to_string(),
            Answer::Strange(text) => text.clone(),
        }
    }

    /// What went over the wire.
    pub(crate) fn wire(&self) -> String {
        match self {
            Answer::Code(_, wire) => wire.clone(),
            Answer::Done | Answer::Strange(_) => String::new(),
        }
    }
}

/// Where a subject did otherwise than the fake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) step: usize,
    pub(crate) at: usize,
    /// The operation's name (`user-add`, `logon`), `synchronize`, `picture`, `tombstone`, or `arrival`.
    pub(crate) what: String,
    /// Of a picture: which attribute, `presence` for an account that shows at one of them only. Of an operation: `wire`
    /// when the codes agree and their form on the wire does not.
    pub(crate) attribute: String,
    pub(crate) account: String,
    pub(crate) fake: String,
    pub(crate) subject: String,
}

impl Difference {
    /// What it is, wherever it occurs: names of accounts are left out.
    pub(crate) fn kind(&self) -> String {
        let Difference { what, attribute, fake, subject, .. } = self;
        let listed = matches!(attribute.as_str(), "groups" | "members" | "order");
        let shown = |value: &String| if listed { "…".to_owned() } else { value.clone() };
        format!("{what} {attribute}: fake `{}`, subject `{}`", shown(fake), shown(subject))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { step, at, what, attribute, account, fake, subject } = self;
        let about = if attribute.is_empty() { String::new() } else { format!(" {attribute} of {account}") };
        write!(f, "step {step} at DC {at}: {what}{about}: fake `{fake}`, subject `{subject}`")
    }
}

/// The differences of two pictures.
pub(crate) fn differences(
    what: &str,
    (step, at): (usize, usize),
    fake: &Picture,
    subject: &Picture,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let names: std::collections::BTreeSet<&String> = fake.keys().chain(subject.keys()).collect();
    for name in names {
        let difference = |attribute: &str, fake: String, subject: String| Difference {
            step,
            at,
            what: what.to_owned(),
            attribute: attribute.to_owned(),
            account: name.clone(),
            fake,
            subject,
        };
        match (fake.get(name), subject.get(name)) {
            (Some(one), Some(other)) => {
                for (attribute, value) in one {
                    let seen = other.get(attribute).cloned().unwrap_or_default();
                    if *value != seen {
                        found.push(difference(attribute, value.clone(), seen));
                    }
                }
            }
            (one, other) => {
                let word = |shown: bool| if shown { "shows" } else { "does not show" };
                found.push(difference(
                    "presence",
                    word(one.is_some()).to_owned(),
                    word(other.is_some()).to_owned(),
                ));
            }
        }
    }
    found
}
