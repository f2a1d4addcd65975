//! The words for states, values, codes and instants.

use mockdc_mocks::{Attribute, SimTime, StateKey, Value, Win32Error};
use serde::Serialize;

/// A piece of state with its value, as a sentence; `None`: it is not there.
pub fn describe_state(key: &StateKey, value: Option<&Value>) -> String {
    let is = |yes: bool, there: String, gone: String| if yes { there } else { gone };
    let there = value.is_some_and(|value| *value != Value::Is(false));
    match key {
        StateKey::Account { account } => match value {
            Some(kind) => format!("{} {account} is visible", value_text(kind)),
            None => format!("account {account} is not visible any more"),
        },
        StateKey::Attribute { account, attribute } => {
            let attribute = attribute_words(*attribute);
            match value {
                Some(Value::Is(yes)) => {
                    format!("{account} {} {attribute}", if *yes { "is" } else { "is not" })
                }
                Some(Value::Text(text)) if text.is_empty() => format!("{account} has no {attribute}"),
                Some(value) => format!("{attribute} of {account} is {}", value_text(value)),
                None if matches!(
                    key,
                    StateKey::Attribute {
                        attribute: Attribute::Disabled | Attribute::LockedOut | Attribute::MustChangePassword,
                        ..
                    }
                ) =>
                {
                    format!("{account} is not {attribute} any more")
                }
                None => format!("{account} has no {attribute} any more"),
            }
        }
        StateKey::Member { group, member } => {
            is(there, format!("{member} is a member of {group}"), format!("{member} is no member of {group}"))
        }
        StateKey::Right { account, right } => {
            is(there, format!("{account} holds {right}"), format!("{account} does not hold {right}"))
        }
        StateKey::Service { service } => match value {
            Some(state) => format!("service {service} is {}", value_text(state)),
            None => format!("service {service} is not installed"),
        },
        StateKey::Component { component } => match value {
            Some(status) => format!("{component}: {}", value_text(status)),
            None => format!("{component} has no status"),
        },
        StateKey::Registry { key, value: name } => match value {
            Some(data) => format!("{key}\\{name} is {}", value_text(data)),
            None => format!("{key}\\{name} is not there"),
        },
        StateKey::File { path } => {
            is(there, format!("file {path} is there"), format!("file {path} is not there"))
        }
        StateKey::Share { share } => is(there, format!("shares {share}"), format!("does not share {share}")),
        StateKey::Reaches { to } => {
            is(there || value.is_none(), format!("reaches {to}"), format!("does not reach {to}"))
        }
        StateKey::Up => is(there || value.is_none(), "is up".into(), "is down".into()),
        StateKey::Joined => is(
            there || value.is_none(),
            "is a member of the domain".into(),
            "is no member of the domain".into(),
        ),
        StateKey::SecureChannel => match value {
            Some(dc) => format!("its secure channel is with {}", value_text(dc)),
            None => "has no secure channel".into(),
        },
        StateKey::Counter { counter } => {
            format!("{} stand at {}", words(counter), value.map_or("0".into(), value_text))
        }
    }
}

fn attribute_words(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Comment => "comment",
        Attribute::PasswordVersion => "password version",
        Attribute::PasswordSet => "password age",
        Attribute::PrimaryGroup => "primary group",
        Attribute::Disabled => "disabled",
        Attribute::LockedOut => "locked out",
        Attribute::BadPasswords => "count of bad passwords",
        Attribute::MustChangePassword => "required to change its password",
        Attribute::Expires => "expiry",
    }
}

/// A value as people read it.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Is(is) => is.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => one_line(text),
        Value::Time(time) => time.to_string(),
    }
}

/// A code with its name; 0 is success.
pub fn code_text(code: u32) -> String {
    match code {
        0 => "success".into(),
        code => Win32Error(code).to_string(),
    }
}

/// A result code of LDAP with the name that RFC 4511 gives it.
pub fn ldap_result(code: u32) -> String {
    let name = match code {
        0 => return "success".into(),
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        5 => "compareFalse",
        6 => "compareTrue",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        14 => "saslBindInProgress",
        16 => "noSuchAttribute",
        17 => "undefinedAttributeType",
        18 => "inappropriateMatching",
        19 => "constraintViolation",
        20 => "attributeOrValueExists",
        21 => "invalidAttributeSyntax",
        32 => "noSuchObject",
        34 => "invalidDNSyntax",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        64 => "namingViolation",
        65 => "objectClassViolation",
        66 => "notAllowedOnNonLeaf",
        67 => "notAllowedOnRDN",
        68 => "entryAlreadyExists",
        _ => return format!("result {code}"),
    };
    format!("{code} ({name})")
}

/// An enum's name in words: `client service`, `change log lost`.
pub(super) fn words(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text.replace('-', " "),
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// Breaks and control characters would break the columns.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// An instant as a clock counts it since the start: `00:10:30.000`, with days in front from the first one on.
pub fn instant(at: SimTime) -> String {
    let millis = at.as_millis().unsigned_abs();
    let (days, rest) = (millis / 86_400_000, millis % 86_400_000);
    let sign = if at.as_millis() < 0 { "-" } else { "" };
    let days = if days > 0 { format!("{days}d ") } else { String::new() };
    format!(
        "{sign}{days}{:02}:{:02}:{:02}.{:03}",
        rest / 3_600_000,
        rest / 60_000 % 60,
        rest / 1_000 % 60,
        rest % 1_000
    )
}
