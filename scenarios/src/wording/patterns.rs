//! Patterns of events as clauses: `SMS#_BDC1 calls PDC1 from BDC1 and is answered 1326`.

use std::fmt::Display;

use mockdc_mocks::{HostName, Name, SyncKind, SyncReason, VerbKind};

use super::{Clause, code_words, kind_words, stream_words};
use crate::{LdapOperation, Pattern};

/// What happens when an event matches.
pub fn pattern_clause(pattern: &Pattern) -> Clause {
    match pattern {
        Pattern::AccountCreated { account, at } => {
            Clause::is(or(account, "an account"), "created").at(at_host(at))
        }
        Pattern::AccountDeleted { account, at } => {
            Clause::is(or(account, "an account"), "deleted").at(at_host(at))
        }
        Pattern::Visible { account, at } => {
            Clause::new(or(account, "an account"), "becomes", "become", "visible").at(at_host(at))
        }
        Pattern::Gone { account, at } => {
            Clause::new(or(account, "an account"), "ceases", "cease", "to be visible").at(at_host(at))
        }
        Pattern::LoaderStarted { host } => Clause::new(loader(host), "starts", "start", ""),
        Pattern::LoaderStopped { host } => Clause::new(loader(host), "stops", "stop", ""),
        Pattern::Call { verb, at, from, by, subject, code } => call(
            *verb,
            at.as_ref(),
            from.as_ref(),
            by.as_ref().map(|by| by.as_str()),
            subject.as_ref(),
            *code,
        ),
        Pattern::Ldap { operation, at, from, by, subject, result, stale } => ldap(
            *operation,
            (at.as_ref(), from.as_ref(), by.as_ref().map(|by| by.as_str())),
            subject.as_ref(),
            *result,
            *stale,
        ),
        Pattern::ProgramEnded { code } => {
            let rest = match code {
                None => String::new(),
                Some(0) => " with success".to_owned(),
                Some(code) => format!(" with exit code {code}"),
            };
            Clause::new("the program", "ends", "end", "").at(rest)
        }
        Pattern::LogonRefused { account, at, code } => {
            let subject =
                account.as_ref().map_or("a logon".to_owned(), |account| format!("a logon of {account}"));
            Clause::is(subject, "refused").at(format!("{}{}", at_host(at), with_code(*code)))
        }
        Pattern::SecureChannel { host, to, code } => {
            let subject = format!("the secure channel of {}", or(host, "a machine"));
            let with = to.as_ref().map_or_else(String::new, |to| format!(" with {to}"));
            match code {
                Some(0) => Clause::is(subject, format!("set up{with}")),
                Some(_) => {
                    Clause::new(subject, "fails", "fail", format!("to be set up{with}")).at(with_code(*code))
                }
                None => Clause::is(subject, format!("tried{with}")),
            }
        }
        Pattern::LockedOut { account, at } => {
            Clause::is(or(account, "an account"), "locked out").at(at_host(at))
        }
        Pattern::ServiceStarted { host, service } => {
            Clause::new(the_service(service), "starts", "start", "").at(on_host(host))
        }
        Pattern::ServiceStopped { host, service } => {
            Clause::new(the_service(service), "stops", "stop", "").at(on_host(host))
        }
        Pattern::ServiceFailed { host, service, code, cause } => {
            let cause = cause.map_or_else(String::new, |cause| format!(", because of {}", code_words(cause)));
            Clause::new(format!("{}{}", the_service(service), on_host(host)), "fails", "fail", "to start")
                .at(format!("{}{cause}", with_code(*code)))
        }
        Pattern::ProcessStarted { host, program } => {
            Clause::new(or(program, "a process"), "starts", "start", "").at(on_host(host))
        }
        Pattern::ProcessEnded { host, program, code } => {
            Clause::new(or(program, "a process"), "ends", "end", "").at(format!(
                "{}{}",
                on_host(host),
                with_result(*code)
            ))
        }
        Pattern::ComponentLaunched { host, component, code } => match code {
            Some(0) => Clause::is(or(component, "a component"), "launched").at(on_host(host)),
            code => {
                let subject = format!("the launch of {}{}", or(component, "a component"), on_host(host));
                let (third, base) = if code.is_some() { ("fails", "fail") } else { ("is", "be") };
                let rest = if code.is_some() { "" } else { "tried" };
                Clause::new(subject, third, base, rest).at(with_code(*code))
            }
        },
        Pattern::ComponentStatus { host, component, status } => {
            let subject = format!("the status of {}{}", or(component, "a component"), on_host(host));
            match status {
                Some(status) => Clause::new(subject, "becomes", "become", status.as_str()),
                None => Clause::new(subject, "changes", "change", ""),
            }
        }
        Pattern::Synchronized { at, kind, reason, failed } => synchronized(at, *kind, *reason, *failed),
        Pattern::Replicated { at, stream } => {
            let of = stream.map_or_else(String::new, |stream| format!(" of {}", stream_words(stream)));
            Clause::new(format!("a change{of}"), "arrives", "arrive", "").at(at_host(at))
        }
        Pattern::PolicyApplied { host, changed } => {
            let rest = match changed {
                None => "policy",
                Some(true) => "policy that changes something",
                Some(false) => "policy that changes nothing",
            };
            Clause::new(or(host, "a machine"), "applies", "apply", rest)
        }
        Pattern::Machine { host, up: true } => Clause::new(or(host, "a machine"), "comes", "come", "up"),
        Pattern::Machine { host, up: false } => Clause::new(or(host, "a machine"), "goes", "go", "down"),
        Pattern::Line { host, file, text } => {
            let file = file.as_ref().map_or("a log", |file| file.as_str());
            let host = host.as_ref().map_or_else(String::new, |host| format!(" of {host}"));
            Clause::is(format!("the line {}", line_words(text)), format!("written to {file}{host}"))
        }
        Pattern::AttemptBegan { client, attempt } => {
            Clause::new(an_attempt(client, *attempt), "begins", "begin", "")
        }
        Pattern::AttemptEnded { client, attempt, code } => {
            let subject = an_attempt(client, *attempt);
            match code {
                None => Clause::is(subject, "decided"),
                Some(0) => Clause::new(subject, "succeeds", "succeed", ""),
                Some(_) => Clause::new(subject, "fails", "fail", "").at(with_code(*code)),
            }
        }
        Pattern::Step { id } => Clause::new(format!("the step \"{id}\""), "runs", "run", ""),
        Pattern::ScriptStep { script, step, code } => {
            let script =
                script.as_ref().map_or("a script".to_owned(), |script| format!("the script \"{script}\""));
            let step = step.as_ref().map_or("a step".to_owned(), |step| format!("the step \"{step}\""));
            answered(
                Clause { predicates: Vec::new(), ..Clause::is(format!("{step} of {script}"), "") },
                *code,
            )
        }
        Pattern::ScriptEnded { script, code } => {
            let script =
                script.as_ref().map_or("a script".to_owned(), |script| format!("the script \"{script}\""));
            Clause::new(script, "ends", "end", "").at(with_result(*code))
        }
        Pattern::FaultTouched { fault } => {
            let fault = fault.as_ref().map_or("a fault".to_owned(), |fault| format!("the fault \"{fault}\""));
            Clause::new(fault, "touches", "touch", "something")
        }
    }
}

/// A line of a log in quotes; what a `*` leaves open is `…`. Products write rows of stars themselves: those stay.
pub fn line_words(line: &str) -> String {
    let open = |rest: Option<&str>, row: fn(&str) -> bool| rest.is_some_and(|rest| !row(rest));
    let start = open(line.strip_prefix('*'), |rest| rest.starts_with('*'));
    let line = if start { &line[1..] } else { line };
    let end = open(line.strip_suffix('*'), |rest| rest.ends_with('*'));
    let line = if end { &line[..line.len() - 1] } else { line };
    let dots = |open: bool| if open { "…" } else { "" };
    format!("\"{}{line}{}\"", dots(start), dots(end))
}

fn call(
    verb: Option<VerbKind>,
    at: Option<&HostName>,
    from: Option<&HostName>,
    by: Option<&str>,
    subject: Option<&Name>,
    code: Option<u32>,
) -> Clause {
    let mut rest = at.map_or("a host".to_owned(), |at| at.to_string());
    let caller = match (by, from) {
        (Some(by), Some(from)) => {
            rest = format!("{rest} from {from}");
            by.to_owned()
        }
        (Some(by), None) => by.to_owned(),
        (None, Some(from)) => from.to_string(),
        (None, None) => "someone".to_owned(),
    };
    match (verb, subject) {
        (Some(verb), subject) => rest = format!("{rest} to {}", kind_words(verb, subject.map(Name::as_str))),
        (None, Some(subject)) => rest = format!("{rest} about {subject}"),
        (None, None) => {}
    }
    let clause = Clause::new(caller, "calls", "call", rest);
    if code.is_some() { answered(clause, code) } else { clause }
}

fn ldap(
    operation: Option<LdapOperation>,
    (at, from, by): (Option<&HostName>, Option<&HostName>, Option<&str>),
    subject: Option<&Name>,
    result: Option<u32>,
    stale: Option<bool>,
) -> Clause {
    let who = match (by, from) {
        (Some(by), Some(from)) => format!("{by} on {from}"),
        (Some(by), None) => by.to_owned(),
        (None, Some(from)) => from.to_string(),
        (None, None) => "someone".to_owned(),
    };
    let what = operation.map_or("an LDAP operation".to_owned(), |operation| format!("LDAP {operation}"));
    let about = subject.map_or_else(String::new, |subject| format!(" about {subject}"));
    let at = at.map_or("a controller".to_owned(), |at| at.to_string());
    let clause = Clause::new(who, "sends", "send", format!("{at} an {what}{about}").replace("an an ", "an "));
    let clause = match result {
        None => clause,
        Some(0) => clause.and("succeeds", "succeed", ""),
        Some(code) => clause.and("gets", "get", format!("the result {code}")),
    };
    match stale {
        None => clause,
        Some(true) => clause.and("gets", "get", "an answer that lacks committed changes"),
        Some(false) => clause.and("gets", "get", "an answer that lacks nothing"),
    }
}

fn answered(clause: Clause, code: Option<u32>) -> Clause {
    match code {
        None => clause.and("is", "be", "answered"),
        Some(0) => clause.and("succeeds", "succeed", ""),
        Some(code) => clause.and("is", "be", format!("answered {code}")),
    }
}

fn synchronized(
    at: &Option<HostName>,
    kind: Option<SyncKind>,
    reason: Option<SyncReason>,
    failed: Option<bool>,
) -> Clause {
    let reason = reason.map(|reason| match reason {
        SyncReason::Notification => "announced",
        SyncReason::Urgent => "urgent",
        SyncReason::Forced => "forced",
        SyncReason::Startup => "starting",
        SyncReason::Schedule => "scheduled",
        SyncReason::ChangeLogLost => "repairing",
    });
    let kind = kind.map(|kind| match kind {
        SyncKind::Partial => "partial",
        SyncKind::Full => "full",
    });
    let words: Vec<&str> = reason.into_iter().chain(kind).chain(["synchronisation"]).collect();
    let words = words.join(" ");
    let article = if words.starts_with(['a', 'u']) { "an" } else { "a" };
    let of = at.as_ref().map_or_else(String::new, |at| format!(" of {at}"));
    let (third, base) = match failed {
        Some(true) => ("fails", "fail"),
        Some(false) => ("succeeds", "succeed"),
        None => ("ends", "end"),
    };
    Clause::new(format!("{article} {words}{of}"), third, base, "")
}

fn or(name: &Option<impl Display>, otherwise: &str) -> String {
    name.as_ref().map_or_else(|| otherwise.to_owned(), |name| name.to_string())
}

fn at_host(host: &Option<HostName>) -> String {
    host.as_ref().map_or_else(String::new, |host| format!(" at {host}"))
}

fn on_host(host: &Option<HostName>) -> String {
    host.as_ref().map_or_else(String::new, |host| format!(" on {host}"))
}

fn with_code(code: Option<u32>) -> String {
    code.map_or_else(String::new, |code| format!(" with {}", code_words(code)))
}

fn with_result(code: Option<u32>) -> String {
    if code == Some(0) { " with success".to_owned() } else { with_code(code) }
}

fn loader(host: &Option<HostName>) -> String {
    host.as_ref().map_or("a boot loader".to_owned(), |host| format!("the boot loader of {host}"))
}

fn the_service(service: &Option<impl Display>) -> String {
    service.as_ref().map_or("a service".to_owned(), |service| format!("the service {service}"))
}

fn an_attempt(client: &Option<HostName>, attempt: Option<u32>) -> String {
    let of = client.as_ref().map_or_else(String::new, |client| format!(" to install {client}"));
    attempt.map_or(format!("an attempt{of}"), |n| format!("attempt {n}{of}"))
}
