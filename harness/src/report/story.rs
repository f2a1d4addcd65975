//! A run in sentences: what each event says, short enough for a column.

use std::fmt::Write as _;

use mockdc_mocks::{Fact, Invocation};
use mockdc_scenarios::{LdapOperation, ProgramEnding};

use super::words::{one_line, words};
use super::{code_text, describe_state, ldap_result};
use crate::timeline::{EndReason, Event, EventKind, LdapCall, WaitEnd, WaitFor};

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
        Fact::SnapshotTaken { snapshot } => format!("is copied as snapshot {snapshot}"),
        Fact::Restored { snapshot, taken, invocation } => format!(
            "is put back to snapshot {snapshot} of {taken}, {}",
            match invocation {
                Invocation::Kept => "under the invocation id that it had",
                Invocation::New => "under a new invocation id",
            }
        ),
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
