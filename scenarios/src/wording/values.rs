//! Values, keys of state and comparisons.

use mockdc_mocks::{Attribute, Counter, HostName, Right, StateKey, Stream, Value, Win32Error};

use super::Clause;
use crate::Comparison;

/// A value as people read it; texts stand in quotes.
pub fn value_words(value: &Value) -> String {
    match value {
        Value::Is(is) => if *is { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Time(time) => time.to_string(),
    }
}

/// A right by the name that policy editors show, and by its constant.
pub fn right_words(right: Right) -> String {
    format!("\"{}\" ({})", right.title(), right.constant())
}

/// A code with its meaning: `1326 (ERROR_LOGON_FAILURE)`.
pub fn code_words(code: u32) -> String {
    match Win32Error(code).name() {
        Some(name) if code != 0 => format!("{code} ({name})"),
        _ => code.to_string(),
    }
}

/// What a database of a domain controller holds.
pub fn stream_words(stream: Stream) -> &'static str {
    match stream {
        Stream::Sam => "users and global groups",
        Stream::Builtin => "local groups",
        Stream::Lsa => "rights and secrets",
    }
}

/// A piece of a host's state compared with something: `SMS&_BDC1 is visible at BDC1`.
pub fn state_clause(at: &HostName, key: &StateKey, is: &Comparison) -> Clause {
    let there = presence(is);
    let place = format!(" at {at}");
    let on = format!(" on {at}");
    match key {
        StateKey::Account { account } => match there {
            Some(there) => Clause::is(account.as_str(), "visible").at(place).negated_if(!there),
            None => compared(Clause::is(account.as_str(), "").at(place), is, plain_text),
        },
        StateKey::Attribute { account, attribute } => {
            if let (Some(word), Some(there)) = (flag_words(*attribute), truth(is)) {
                return Clause::is(account.as_str(), word).at(place).negated_if(!there);
            }
            let subject = format!("the {} of {account} at {at}", attribute_words(*attribute));
            compared(Clause::is(subject, ""), is, value_words)
        }
        StateKey::Member { group, member } => match truth(is) {
            Some(there) => {
                Clause::is(member.as_str(), format!("a member of {group}")).at(place).negated_if(!there)
            }
            None => {
                compared(Clause::is(format!("{member}'s membership of {group} at {at}"), ""), is, value_words)
            }
        },
        StateKey::Right { account, right } => match truth(is) {
            Some(there) => {
                let rest = format!("the right {}", right_words(*right));
                Clause::new(account.as_str(), "holds", "hold", rest).at(on).negated_if(!there)
            }
            None => {
                let subject = format!("the right {} of {account} on {at}", right_words(*right));
                compared(Clause::is(subject, ""), is, value_words)
            }
        },
        StateKey::Service { service } => {
            let clause = |rest: &str| Clause::is(format!("the service {service}"), rest).at(on);
            match there {
                Some(there) => clause("installed").negated_if(!there),
                None => compared(clause(""), is, service_text),
            }
        }
        StateKey::Component { component } => match there {
            Some(there) => {
                Clause::new(component.as_str(), "has", "have", if there { "a status" } else { "no status" })
                    .at(on)
            }
            None => compared(Clause::is(component.as_str(), "").at(on), is, plain_text),
        },
        StateKey::Registry { key, value } => {
            compared(Clause::is(format!("the registry value {key}\\{value} of {at}"), ""), is, value_words)
        }
        StateKey::File { path } => match there {
            Some(there) => {
                Clause::new(format!("the file {path}"), "exists", "exist", "").at(on).negated_if(!there)
            }
            None => {
                compared(Clause::is(format!("the content of the file {path} on {at}"), ""), is, value_words)
            }
        },
        StateKey::Share { share } => match truth(is) {
            Some(there) => Clause::new(at.as_str(), "shares", "share", share.as_str()).negated_if(!there),
            None => compared(Clause::is(format!("the share {share} of {at}"), ""), is, value_words),
        },
        StateKey::Reaches { to } => match truth(is) {
            Some(there) => Clause::new(at.as_str(), "reaches", "reach", to.as_str()).negated_if(!there),
            None => compared(Clause::is(format!("the way from {at} to {to}"), ""), is, value_words),
        },
        StateKey::Up => match truth(is) {
            Some(up) => Clause::is(at.as_str(), if up { "up" } else { "down" }),
            None => compared(Clause::is(at.as_str(), ""), is, value_words),
        },
        StateKey::Joined => match truth(is) {
            Some(joined) => Clause::is(at.as_str(), "a member of the domain").negated_if(!joined),
            None => compared(Clause::is(at.as_str(), ""), is, value_words),
        },
        StateKey::SecureChannel => match (there, is) {
            (Some(there), _) => {
                Clause::new(at.as_str(), "has", "have", "a secure channel").negated_if(!there)
            }
            (None, Comparison::Equal(Value::Text(dc))) => {
                Clause::new(at.as_str(), "has", "have", format!("its secure channel with {dc}"))
            }
            (None, is) => compared(Clause::is(format!("the secure channel of {at}"), ""), is, plain_text),
        },
        StateKey::Counter { counter } => {
            let subject = match counter {
                Counter::DeltasReceived => format!("the number of changes received by {at}"),
                Counter::BytesReceived => format!("the number of bytes received by {at}"),
                Counter::DeltasCommitted => format!("the number of changes committed at {at}"),
                Counter::Synchronizations => format!("the number of synchronisations of {at}"),
            };
            compared(Clause::is(subject, ""), is, value_words)
        }
    }
}

/// A piece of a host's state as it is: `Software Inventory Client Agent is Installed on WS1`.
pub fn state_says(at: &HostName, key: &StateKey, value: Option<&Value>) -> String {
    let is = match (key, value) {
        // What nobody has said is so by default.
        (StateKey::Up | StateKey::Joined | StateKey::Reaches { .. }, None) => Comparison::Present,
        (_, None) => Comparison::Absent,
        (StateKey::Account { .. } | StateKey::File { .. }, Some(_)) => Comparison::Present,
        (_, Some(value)) => Comparison::Equal(value.clone()),
    };
    state_clause(at, key, &is).says()
}

/// `clause` with the comparison behind its verb.
pub(super) fn compared(mut clause: Clause, is: &Comparison, words: impl Fn(&Value) -> String) -> Clause {
    let (rest, negated) = match is {
        Comparison::Present => ("set".to_owned(), false),
        Comparison::Absent => ("set".to_owned(), true),
        Comparison::Equal(value) => (words(value), false),
        Comparison::Unequal(value) => (words(value), true),
        Comparison::AtLeast(value) => (format!("at least {}", words(value)), false),
        Comparison::AtMost(value) => (format!("at most {}", words(value)), false),
        Comparison::Contains(part) => (format!("a text with \"{part}\""), false),
    };
    if let Some(predicate) = clause.predicates.last_mut() {
        predicate.rest = rest;
    }
    clause.negated_if(negated)
}

/// Whether it asks for being there, and which.
fn presence(is: &Comparison) -> Option<bool> {
    match is {
        Comparison::Present => Some(true),
        Comparison::Absent => Some(false),
        _ => None,
    }
}

/// Whether it asks for yes or no, and which.
fn truth(is: &Comparison) -> Option<bool> {
    match is {
        Comparison::Equal(Value::Is(is)) => Some(*is),
        Comparison::Unequal(Value::Is(is)) => Some(!*is),
        other => presence(other),
    }
}

/// Words of the field such as `Installed` need no quotes.
fn plain_text(value: &Value) -> String {
    match value {
        Value::Text(text) => match &**text {
            "user" => "a user".to_owned(),
            "group" => "a global group".to_owned(),
            "local-group" => "a local group".to_owned(),
            other => other.to_owned(),
        },
        other => value_words(other),
    }
}

fn service_text(value: &Value) -> String {
    match value {
        Value::Text(text) if &**text == "start-pending" => "starting".to_owned(),
        other => plain_text(other),
    }
}

/// Attributes that are so or not so.
fn flag_words(attribute: Attribute) -> Option<&'static str> {
    match attribute {
        Attribute::Disabled => Some("disabled"),
        Attribute::LockedOut => Some("locked out"),
        Attribute::MustChangePassword => Some("required to change its password"),
        _ => None,
    }
}

fn attribute_words(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Comment => "comment",
        Attribute::PasswordVersion => "password's version",
        Attribute::PasswordSet => "password's date",
        Attribute::PrimaryGroup => "primary group",
        Attribute::Disabled => "disabled flag",
        Attribute::LockedOut => "lockout",
        Attribute::BadPasswords => "count of bad passwords",
        Attribute::MustChangePassword => "duty to change the password",
        Attribute::Expires => "expiry",
    }
}
