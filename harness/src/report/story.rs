//! A run in sentences: what each event says, short enough for a column.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mockdc_mocks::{Attribute, Fact, Name, SimTime, StateKey, Value, Win32Error};
use mockdc_scenarios::{LdapOperation, ProgramEnding};
use serde::Serialize;

use crate::timeline::{ActorId, EndReason, Event, EventKind, Events, LdapCall, Role, WaitEnd, WaitFor};

/// What an event says, in one line without its time, host and actor.
pub fn describe(event: &Event) -> String {
    match &event.kind {
        EventKind::Fact(fact) => describe_fact(fact),
        EventKind::Call { verb, at, by, subject, code, seen: _, took } => {
            let mut text = verb.to_string();
            if let Some(subject) = subject {
                let _ = write!(text, " {subject}");
            }
            if *at != event.host {
                let _ = write!(text, " at {at}");
            }
            if let Some(by) = by {
                let _ = write!(text, " as {by}");
            }
            let _ = write!(text, ": {}", code_text(*code));
            if took.as_millis() > 0 {
                let _ = write!(text, ", after {took}");
            }
            text
        }
        EventKind::Ldap(call) => {
            let LdapCall { operation, at, by, entry, filter, result, entries, behind, .. } = &**call;
            let mut text = format!("LDAP {operation}");
            if !entry.is_empty() {
                let _ = write!(text, " {}", one_line(entry));
            }
            if !filter.is_empty() {
                let _ = write!(text, " {}", one_line(filter));
            }
            let _ = write!(text, " at {at}");
            if let Some(by) = by {
                let _ = write!(text, " as {by}");
            }
            let _ = write!(text, ": {}", ldap_result(*result));
            if *operation == LdapOperation::Search && *result == 0 {
                let _ = write!(text, ", {entries} {}", if *entries == 1 { "entry" } else { "entries" });
            }
            if let Some(behind) = behind {
                let _ = write!(text, "; the controller is {behind} behind");
            }
            text
        }
        EventKind::ProgramEnded { ended } => match ended {
            ProgramEnding::Code(0) => "the program succeeds".into(),
            ProgramEnding::Code(code) => format!("the program ends with exit code {code}"),
            ProgramEnding::TimedOut => "the program's time is over: it is ended".into(),
            ProgramEnding::Killed => "a signal ends the program".into(),
        },
        EventKind::Intervention { what, .. } => format!("from outside: {}", one_line(what)),
        EventKind::Log { file, text, .. } => format!("{file}: {}", one_line(text)),
        EventKind::ActorStarted { process, account, subject, .. } => {
            let mut text = format!("starts, for {subject}");
            match account {
                Some(account) => text = text + " as " + account.as_str(),
                None => text.push_str(" as Local System"),
            }
            if let Some(process) = process {
                let _ = write!(text, ", process {}", process.0);
            }
            text
        }
        EventKind::ActorEnded { code, .. } => format!("ends: {}", code_text(*code)),
        EventKind::WaitBegan { what, limit } => match limit {
            Some(limit) => format!("waits for {}, {limit} at most", waited(what)),
            None => format!("waits for {}", waited(what)),
        },
        EventKind::WaitEnded { what, how, lasted } => {
            let end = match how {
                WaitEnd::Met => "is over",
                WaitEnd::TimedOut => "timed out",
                WaitEnd::Abandoned => "was given up",
            };
            format!("wait for {} {end} after {lasted}", waited(what))
        }
        EventKind::Purpose { account, purpose, client, at } => {
            format!("{account} at {at} is the {} account of {client}", words(purpose))
        }
        EventKind::Queued { request, client, queue } => {
            format!("request {request} for {client}: queue {}", words(queue))
        }
        EventKind::AttemptBegan { client, attempt } => format!("attempt {attempt} on {client} begins"),
        EventKind::AttemptEnded { client, attempt, code } => {
            format!("attempt {attempt} on {client} is decided: {}", code_text(*code))
        }
        EventKind::InstallEnded { client, attempts, code } => {
            let times = if *attempts == 1 { "attempt" } else { "attempts" };
            format!("install of {client} is over after {attempts} {times}: {}", code_text(*code))
        }
        EventKind::ComponentDue {
            component,
            account,
            needs,
            holds,
            needs_administrator,
            is_administrator,
        } => {
            let lacks: Vec<&str> = needs
                .iter()
                .filter(|right| !holds.contains(right))
                .map(|right| right.constant())
                .chain((*needs_administrator && !*is_administrator).then_some("Administrators"))
                .collect();
            let account = account.as_ref().map_or("Local System", |account| account.as_str());
            match lacks.is_empty() {
                true => format!("{component} is due; {account} holds what it needs"),
                false => format!("{component} is due; {account} lacks {}", lacks.join(", ")),
            }
        }
        EventKind::ComponentLaunched { component, code: 0 } => format!("{component} is launched"),
        EventKind::ComponentLaunched { component, code } => {
            format!("{component} is not launched: {}", code_text(*code))
        }
        EventKind::Upgraded { client, profile } => format!("{client} now follows {profile}"),
        EventKind::Step { id, code } => format!("step {id}: {}", code_text(*code)),
        EventKind::ScriptStep { script, step, code } => format!("{script}, {step}: {}", code_text(*code)),
        EventKind::ScriptKept { script, name, value } => {
            format!("{script} keeps {name} = {}", one_line(value))
        }
        EventKind::Lost { version, stream } => {
            format!("change {} of {} is lost with its controller", version.0, words(stream))
        }
        EventKind::End { reason } => match reason {
            EndReason::Until => "the scenario's end".into(),
            EndReason::Decided => "everything is decided".into(),
            EndReason::Quiet => "nothing is left that could happen".into(),
            EndReason::Hang => "hang: an actor waits, and nothing will ever happen".into(),
            EndReason::Runaway => "too many events: the run goes round in a circle".into(),
            EndReason::Stopped => "somebody ends the run".into(),
        },
    }
}

fn describe_fact(fact: &Fact) -> String {
    match fact {
        Fact::State { key, value, .. } => describe_state(key, value.as_ref()),
        Fact::Committed { version, stream, change, subject, serial, urgent } => format!(
            "commits change {}: {} {subject} ({} serial {serial}{})",
            version.0,
            words(change),
            words(stream),
            if *urgent { ", urgent" } else { "" }
        ),
        Fact::Replicated { version, stream, from, committed } => {
            format!("takes change {} ({}) from {from}, committed at {committed}", version.0, words(stream))
        }
        Fact::Notified { to } => format!("tells {to} of changes"),
        Fact::SyncBegan { from, kind, reason } => {
            format!("begins a {} synchronisation from {from} ({})", words(kind), words(reason))
        }
        Fact::SyncEnded { from, kind, reason, deltas, bytes, busy_bytes: _, took, error } => {
            let how = format!("{} synchronisation from {from} ({})", words(kind), words(reason));
            match error {
                Some(error) => format!("{how} failed: {error}"),
                None => format!("{how} is done: {deltas} changes, {bytes} bytes, {took}"),
            }
        }
        Fact::LogonRefused { account, from, logon, error } => {
            format!("refuses a {} logon of {account} from {from}: {error}", words(logon))
        }
        Fact::SecureChannel { to, error } => {
            let with = to.as_ref().map_or("no domain controller".to_owned(), |to| to.to_string());
            match error {
                None => format!("has a secure channel with {with}"),
                Some(error) => format!("has no secure channel with {with}: {error}"),
            }
        }
        Fact::LockedOut { account } => format!("{account} is locked out"),
        Fact::PolicyApplied { reason, objects, changed } => {
            let objects: Vec<&str> = objects.iter().map(|object| object.as_str()).collect();
            let objects = if objects.is_empty() { "no object".into() } else { objects.join(", ") };
            let changed = if *changed { "changes made" } else { "nothing changed" };
            format!("applies policy ({}): {objects}; {changed}", words(reason))
        }
        Fact::ServiceStarted { service, program, process, token } => {
            format!("service {service} starts: {program}, process {}, as {}", process.0, whose(token))
        }
        Fact::ServiceStopped { service, code } => format!("service {service} stops: {}", code_text(*code)),
        Fact::ServiceFailed { service, error, cause } => match cause {
            Some(cause) => format!("service {service} does not start: {error}, because of {cause}"),
            None => format!("service {service} does not start: {error}"),
        },
        Fact::ProcessStarted { process, program, token, .. } => {
            format!("process {} starts: {program}, as {}", process.0, whose(token))
        }
        Fact::ProcessEnded { process, program, code } => match code {
            Some(code) => format!("process {} ends: {program}, {}", process.0, code_text(*code)),
            None => format!("process {} is ended from outside: {program}", process.0),
        },
        Fact::Machine { up: true } => "comes up".into(),
        Fact::Machine { up: false } => "goes down".into(),
        Fact::FaultTouched { fault, touched } => format!("fault {fault} touches {touched}"),
    }
}

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

fn whose(token: &mockdc_mocks::Token) -> &str {
    token.credentials.as_ref().map_or("Local System", |credentials| credentials.user.as_str())
}

fn waited(what: &WaitFor) -> String {
    match what {
        WaitFor::Account { account, at } => format!("account {account} to reach {at}"),
        WaitFor::Process { process } => format!("process {} to end", process.0),
        WaitFor::Service { service, at } => format!("service {service} to stop at {at}"),
        WaitFor::Condition { step } => format!("the condition of {step}"),
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
fn words(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text.replace('-', " "),
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// Breaks and control characters would break the columns.
fn one_line(text: &str) -> String {
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

/// Who the actors of a run are, as its events tell.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    roles: BTreeMap<ActorId, (Role, Name)>,
}

impl Cast {
    /// Everyone who starts in these events.
    pub fn of(events: &Events) -> Cast {
        let roles = events.iter().filter_map(|event| match (&event.kind, event.actor) {
            (EventKind::ActorStarted { role, subject, .. }, Some(actor)) => {
                Some((actor, (*role, subject.clone())))
            }
            _ => None,
        });
        Cast { roles: roles.collect() }
    }

    /// Takes an event in, when somebody starts in it.
    pub fn add(&mut self, event: &Event) {
        if let (EventKind::ActorStarted { role, subject, .. }, Some(actor)) = (&event.kind, event.actor) {
            self.roles.insert(actor, (*role, subject.clone()));
        }
    }

    /// What an event's actor plays; nothing for the domain model itself.
    pub fn role(&self, event: &Event) -> String {
        match event.actor.map(|actor| self.roles.get(&actor)) {
            Some(Some((Role::Script, subject))) => format!("script {subject}"),
            Some(Some((role, _))) => role_words(*role).into(),
            Some(None) => "actor".into(),
            None => String::new(),
        }
    }

    /// Widths of the columns of host and actor, for these events.
    pub fn widths<'e>(&self, events: impl IntoIterator<Item = &'e Event>) -> Widths {
        events.into_iter().fold(Widths::default(), |widths, event| Widths {
            at: widths.at.max(instant(event.at).len()),
            host: widths.host.max(event.host.as_str().chars().count()),
            actor: widths.actor.max(self.role(event).chars().count()),
        })
    }

    /// An event in columns: time, host, actor, what.
    pub fn line(&self, event: &Event, widths: Widths) -> String {
        format!(
            "{:>at$}  {:<host$}  {:<actor$}  {}",
            instant(event.at),
            event.host,
            self.role(event),
            describe(event),
            at = widths.at,
            host = widths.host,
            actor = widths.actor,
        )
    }
}

/// Widths of columns, in characters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Widths {
    at: usize,
    host: usize,
    actor: usize,
}

/// What an actor plays, in the products' own short words.
pub fn role_words(role: Role) -> &'static str {
    match role {
        Role::ClientConfigurationManager => "CCM",
        Role::BootLoader => "boot loader",
        Role::Bootstrap => "bootstrap",
        Role::LogonInstall => "installer",
        Role::ClientService => "client service",
        Role::Maintenance => "maintenance",
        Role::AdvancedClient => "Advanced Client",
        Role::Operator => "operator",
        Role::Script => "script",
        Role::Program => "program",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mockdc_mocks::{
        ChangeKind, Counter, HostName, LogonType, ProcessId, RefreshReason, Right, Span, Stream, SyncKind,
        SyncReason, VerbKind, Version,
    };

    use super::*;
    use crate::timeline::{AccountPurpose, Queue};

    fn event(kind: EventKind) -> Event {
        Event { seq: 0, at: SimTime::START, host: "BDC1".into(), actor: None, cause: None, kind }
    }

    fn said(kind: EventKind) -> String {
        describe(&event(kind))
    }

    fn stated(key: StateKey, value: Option<Value>) -> String {
        said(EventKind::Fact(Fact::State { key, value, version: None }))
    }

    #[test]
    fn calls_say_verb_subject_host_account_and_code() {
        let call = |at: &str, code, took| {
            said(EventKind::Call {
                verb: VerbKind::GroupAdd,
                at: at.into(),
                by: Some("SMS#_BDC1".into()),
                subject: Some("SMSInternalCliGrp".into()),
                code,
                seen: None,
                took,
            })
        };
        assert_eq!(
            call("PDC1", 1326, Span::ZERO),
            "group-add SMSInternalCliGrp at PDC1 as SMS#_BDC1: 1326 ERROR_LOGON_FAILURE"
        );
        assert_eq!(
            call("BDC1", 0, Span::secs(2)),
            "group-add SMSInternalCliGrp as SMS#_BDC1: success, after 2s"
        );
    }

    #[test]
    fn states_are_sentences_both_ways() {
        let account = || StateKey::Account { account: "A".into() };
        assert_eq!(stated(account(), Some(Value::Text("user".into()))), "user A is visible");
        assert_eq!(stated(account(), None), "account A is not visible any more");
        let right = || StateKey::Right { account: "A".into(), right: Right::ServiceLogon };
        assert_eq!(stated(right(), Some(Value::Is(true))), "A holds SeServiceLogonRight");
        assert_eq!(stated(right(), None), "A does not hold SeServiceLogonRight");
        let reaches = || StateKey::Reaches { to: HostName::from("PDC1") };
        assert_eq!(stated(reaches(), Some(Value::Is(false))), "does not reach PDC1");
        assert_eq!(stated(reaches(), None), "reaches PDC1");
        assert_eq!(stated(StateKey::Up, Some(Value::Is(false))), "is down");
        let locked = StateKey::Attribute { account: "A".into(), attribute: Attribute::LockedOut };
        assert_eq!(stated(locked, Some(Value::Is(true))), "A is locked out");
        let counter = StateKey::Counter { counter: Counter::BytesReceived };
        assert_eq!(stated(counter, Some(Value::Number(9))), "bytes received stand at 9");
        let component = StateKey::Component { component: "Remote Control Agent".into() };
        assert_eq!(
            stated(component, Some(Value::Text("Install Pending".into()))),
            "Remote Control Agent: Install Pending"
        );
    }

    #[test]
    fn facts_of_replication_name_change_stream_and_cost() {
        assert_eq!(
            said(EventKind::Fact(Fact::Committed {
                version: Version(3),
                stream: Stream::Sam,
                change: ChangeKind::UserAdd,
                subject: "A".into(),
                serial: 17,
                urgent: true,
            })),
            "commits change 3: user add A (sam serial 17, urgent)"
        );
        let ended = |error| {
            said(EventKind::Fact(Fact::SyncEnded {
                from: "PDC1".into(),
                kind: SyncKind::Partial,
                reason: SyncReason::Forced,
                deltas: 4,
                bytes: 900,
                busy_bytes: 0,
                took: Span::secs(1),
                error,
            }))
        };
        assert_eq!(
            ended(None),
            "partial synchronisation from PDC1 (forced) is done: 4 changes, 900 bytes, 1s"
        );
        assert!(
            ended(Some(Win32Error::SERVER_UNAVAILABLE)).ends_with("failed: 1722 RPC_S_SERVER_UNAVAILABLE")
        );
    }

    #[test]
    fn what_hosts_do_is_said_with_its_cause() {
        assert_eq!(
            said(EventKind::Fact(Fact::ServiceFailed {
                service: "clisvc".into(),
                error: Win32Error::SERVICE_LOGON_FAILED,
                cause: Some(Win32Error::LOGON_TYPE_NOT_GRANTED),
            })),
            "service clisvc does not start: 1069 ERROR_SERVICE_LOGON_FAILED, because of \
             1385 ERROR_LOGON_TYPE_NOT_GRANTED"
        );
        assert_eq!(
            said(EventKind::Fact(Fact::LogonRefused {
                account: "A".into(),
                from: "WS1".into(),
                logon: LogonType::Network,
                error: Win32Error::LOGON_FAILURE,
            })),
            "refuses a network logon of A from WS1: 1326 ERROR_LOGON_FAILURE"
        );
        assert_eq!(
            said(EventKind::Fact(Fact::PolicyApplied {
                reason: RefreshReason::Interval,
                objects: vec![],
                changed: false
            })),
            "applies policy (interval): no object; nothing changed"
        );
        assert_eq!(
            said(EventKind::Fact(Fact::ProcessEnded {
                process: ProcessId(7),
                program: "Ccmboot.exe".into(),
                code: None
            })),
            "process 7 is ended from outside: Ccmboot.exe"
        );
    }

    #[test]
    fn a_component_that_is_due_says_what_its_account_lacks() {
        let due = |holds: Vec<Right>, is_administrator| {
            said(EventKind::ComponentDue {
                component: "Agent".into(),
                account: Some("SMSCliToknAcct&".into()),
                needs: vec![Right::Tcb, Right::IncreaseQuota],
                holds,
                needs_administrator: true,
                is_administrator,
            })
        };
        assert_eq!(
            due(vec![Right::Tcb], false),
            "Agent is due; SMSCliToknAcct& lacks SeIncreaseQuotaPrivilege, Administrators"
        );
        assert_eq!(
            due(vec![Right::IncreaseQuota, Right::Tcb], true),
            "Agent is due; SMSCliToknAcct& holds what it needs"
        );
    }

    #[test]
    fn actors_waits_and_attempts_are_told() {
        let what = WaitFor::Account { account: "SMS&_BDC1".into(), at: "BDC1".into() };
        for (kind, text) in [
            (
                EventKind::WaitBegan { what: what.clone(), limit: Some(Span::mins(60)) },
                "waits for account SMS&_BDC1 to reach BDC1, 1h at most",
            ),
            (
                EventKind::WaitEnded { what, how: WaitEnd::TimedOut, lasted: Span::mins(60) },
                "wait for account SMS&_BDC1 to reach BDC1 timed out after 1h",
            ),
            (
                EventKind::AttemptEnded { client: "BDC1".into(), attempt: 2, code: 1326 },
                "attempt 2 on BDC1 is decided: 1326 ERROR_LOGON_FAILURE",
            ),
            (
                EventKind::InstallEnded { client: "BDC1".into(), attempts: 1, code: 0 },
                "install of BDC1 is over after 1 attempt: success",
            ),
            (
                EventKind::Queued { request: "01MOLQGI".into(), client: "BDC1".into(), queue: Queue::Retry },
                "request 01MOLQGI for BDC1: queue retry",
            ),
            (
                EventKind::Purpose {
                    account: "A".into(),
                    purpose: AccountPurpose::ClientService,
                    client: "BDC1".into(),
                    at: "PDC1".into(),
                },
                "A at PDC1 is the client service account of BDC1",
            ),
            (
                EventKind::Log {
                    file: "Wnremote.log".into(),
                    component: "CliEx32.dll".into(),
                    thread: 108,
                    clock: None,
                    text: "first\nsecond".into(),
                },
                "Wnremote.log: first second",
            ),
            (
                EventKind::ScriptKept { script: "s".into(), name: "pw".into(), value: "***".into() },
                "s keeps pw = ***",
            ),
        ] {
            assert_eq!(said(kind), text);
        }
    }

    #[test]
    fn events_stand_in_columns() {
        let start = |id, role, subject: &str| Event {
            actor: Some(ActorId(id)),
            ..event(EventKind::ActorStarted { role, process: None, account: None, subject: subject.into() })
        };
        let mut late = event(EventKind::Fact(Fact::Machine { up: true }));
        late.at = SimTime(90_061_001);
        late.host = "PRINTSERVER".into();
        let events =
            [start(0, Role::ClientConfigurationManager, "BDC1"), start(1, Role::Script, "probe"), late];
        let cast = Cast::of(&events.to_vec().into());
        let widths = cast.widths(&events);
        let lines: Vec<String> = events.iter().map(|event| cast.line(event, widths)).collect();
        assert_eq!(
            lines,
            [
                "   00:00:00.000  BDC1         CCM           starts, for BDC1 as Local System",
                "   00:00:00.000  BDC1         script probe  starts, for probe as Local System",
                "1d 01:01:01.001  PRINTSERVER                comes up",
            ]
        );
    }

    #[test]
    fn instants_before_the_start_are_negative() {
        assert_eq!(instant(SimTime(-90_000)), "-00:01:30.000");
        assert_eq!(value_text(&Value::Text(Arc::from("a\tb"))), "a b");
    }
}
