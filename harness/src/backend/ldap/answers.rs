//! What comes back over the wire, as a program of Win32 sees it, and whether the model says the same.

use std::collections::BTreeSet;

use mockdc_containers::{Act, DirectoryError, Refusal};
use mockdc_mocks::{AccountFlag, Answer, Operation, Reply, SimTime, Verb, Win32Error};

use super::Field;
use super::wires::Answered;

type W = Win32Error;

/// Refusals of the front that the client's own table does not have or means otherwise: the act, the LDAP result, the
/// number at the beginning of the text, and the code. The first row that fits counts.
const ROWS: &[(Option<Act>, u32, Option<u32>, Win32Error)] = &[
    // A controller that only copies refers writers to the one that writes.
    (None, 10, Some(0x202b), W::NOT_PRIMARY),
    (None, 80, Some(0x523), W::BAD_USERNAME),
    (Some(Act::Create), 68, Some(0x526), W::NERR_GROUP_EXISTS),
    (Some(Act::Create), 68, Some(0x563), W::ALIAS_EXISTS),
];

/// Codes of the model's password rules. A directory has one number for all of them, 0x52D.
const PASSWORD_RULES: &[Win32Error] = &[
    W::PASSWORD_TOO_SHORT,
    W::ACCOUNT_RESTRICTION,
    W::PASSWORD_RESTRICTION,
    W::PASSWORD_HISTORY_CONFLICT,
    W::PASSWORD_TOO_RECENT,
];

/// Accounts that stand in every directory and that the model does not have.
const OF_THE_DIRECTORY: &[&str] = &["krbtgt"];

/// The answer that a Win32 program would get, and what the controller said where it refused. `model` fills in what the
/// directory does not hold, and says which of several codes a refusal means that the wire does not tell apart.
pub(super) fn read(answered: Answered, verb: &Verb, model: &Answer) -> (Answer, Option<String>) {
    match answered {
        Ok(reply) => (Ok(complete(reply, verb, model)), None),
        Err(error) => {
            let text = error.to_string();
            (Err(code(&error, model)), Some(text))
        }
    }
}

fn code(error: &DirectoryError, model: &Answer) -> Win32Error {
    let (act, refusal) = match error {
        DirectoryError::Refused { refusal: Some(refusal), .. } => (None, refusal),
        DirectoryError::Unmapped { act, refusal } => (Some(*act), refusal),
        _ => return error.win32(),
    };
    if let Err(code) = model
        && says(refusal, *code)
    {
        return *code;
    }
    let fits = |row: &&(Option<Act>, u32, Option<u32>, Win32Error)| {
        row.1 == refusal.result
            && (row.0.is_none() || row.0 == act)
            && (row.2.is_none() || row.2 == refusal.code)
    };
    ROWS.iter().find(fits).map_or_else(|| error.win32(), |row| row.3)
}

/// Whether a refusal carries this very code in its text, or the number that stands for several of which it is one.
fn says(refusal: &Refusal, code: Win32Error) -> bool {
    refusal.data == Some(code.code())
        || refusal.code == Some(code.code())
        || (refusal.code == Some(W::PASSWORD_RESTRICTION.code()) && PASSWORD_RULES.contains(&code))
}

/// The reply with what no directory holds: a logon's token, how often a password was set, a flag that is no attribute.
fn complete(reply: Reply, verb: &Verb, model: &Answer) -> Reply {
    match (reply, model) {
        (Reply::User(mut shown), Ok(Reply::User(known))) => {
            shown.password_version = known.password_version;
            if shown.flags.contains(&AccountFlag::MustChangePassword) {
                shown.password_set = known.password_set;
            }
            if known.flags.contains(&AccountFlag::CannotChangePassword) {
                shown.flags.insert(AccountFlag::CannotChangePassword);
            }
            Reply::User(shown)
        }
        (Reply::Members(mut shown), Ok(Reply::Members(known))) => {
            shown.retain(|name| !OF_THE_DIRECTORY.iter().any(|own| name.as_str().eq_ignore_ascii_case(own)));
            // Members have no order in a directory.
            match shown.iter().collect::<BTreeSet<_>>() == known.iter().collect() {
                true => Reply::Members(known.clone()),
                false => Reply::Members(shown),
            }
        }
        (Reply::Done, Ok(known)) if matches!(verb, Verb::Logon { .. } | Verb::LookupName { .. }) => {
            known.clone()
        }
        (reply, _) => reply,
    }
}

impl Field {
    /// Compares the answers and gives the one that came from the ports; a token is the model's to give.
    pub(super) fn settle(
        &mut self,
        now: SimTime,
        operation: &Operation,
        model: &Answer,
        served: Answer,
        text: Option<String>,
    ) -> Answer {
        self.compare(now, operation, model, &served, text);
        match (&operation.verb, model) {
            (Verb::Logon { .. }, Err(code)) if served.is_ok() => Err(*code),
            _ => served,
        }
    }

    /// Notes where the answers differ.
    pub(super) fn compare(
        &mut self,
        now: SimTime,
        operation: &Operation,
        model: &Answer,
        served: &Answer,
        text: Option<String>,
    ) {
        if model != served {
            let Operation { at, verb } = operation;
            let subject = verb.subject().map(|name| format!(" {name}")).unwrap_or_default();
            let told = text.map(|text| format!(" ({text})")).unwrap_or_default();
            self.differences.push(format!(
                "{now} at {at}: {}{subject}: the model says {}, the port says {}{told}",
                verb.kind(),
                said(model),
                said(served)
            ));
        }
    }
}

fn said(answer: &Answer) -> String {
    match answer {
        Ok(reply) => format!("{reply:?}"),
        Err(code) => code.to_string(),
    }
}
