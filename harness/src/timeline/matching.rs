//! Which events a pattern means.

use mockdc_mocks::{Fact, HostName, Name, StateKey, Value, VerbKind, Win32Error};
use mockdc_scenarios::Pattern;

use super::{Event, EventKind, Role, StateView};

/// Whether `event` is one that `pattern` means.
///
/// `view` is the run's view just before the event, or just after it. Without it a pattern that needs to know more than the event says
/// takes the event at its word: a restated account counts as newly visible, and the end of a script, whose event
/// names no script, matches only patterns that name none.
pub fn matches(pattern: &Pattern, event: &Event, view: Option<&StateView>) -> bool {
    match &event.kind {
        EventKind::Fact(fact) => matches_fact(pattern, event, fact, view),
        EventKind::Call { verb, at, by, subject, code, .. } => match pattern {
            Pattern::Call { verb: v, at: a, from, by: b, subject: s, code: c } => {
                given(v, verb)
                    && given(a, at)
                    && given(from, &event.host)
                    && given_some(b, by.as_ref())
                    && given_some(s, subject.as_ref())
                    && given(c, code)
            }
            Pattern::AccountCreated { account, at: a } => {
                *verb == VerbKind::UserAdd && *code == 0 && given(a, at) && names(account, subject.as_ref())
            }
            Pattern::AccountDeleted { account, at: a } => {
                *verb == VerbKind::UserDelete
                    && *code == 0
                    && given(a, at)
                    && names(account, subject.as_ref())
            }
            _ => false,
        },
        EventKind::Ldap(call) => match pattern {
            Pattern::Ldap { operation: o, at: a, from, by: b, subject: s, result: r, stale } => {
                given(o, &call.operation)
                    && given(a, &call.at)
                    && given(from, &event.host)
                    && given_some(b, call.by.as_ref())
                    && given_some(s, call.subject.as_ref())
                    && given(r, &call.result)
                    && given(stale, &call.behind.is_some())
            }
            _ => false,
        },
        EventKind::ProgramEnded { ended } => match pattern {
            Pattern::ProgramEnded { code } => {
                code.is_none_or(|code| *ended == mockdc_scenarios::ProgramEnding::Code(code))
            }
            _ => false,
        },
        EventKind::Log { file, text, .. } => match pattern {
            Pattern::Line { host, file: f, text: t } => {
                given(host, &event.host) && given(f, file) && line_matches(t, text)
            }
            _ => false,
        },
        EventKind::ActorStarted { role, .. } => match pattern {
            Pattern::LoaderStarted { host } => *role == Role::BootLoader && given(host, &event.host),
            _ => false,
        },
        EventKind::ActorEnded { role, code } => match pattern {
            Pattern::LoaderStopped { host } => {
                *role == Role::BootLoader && given(host, &event.host) && !ended_before(event, view)
            }
            Pattern::ScriptEnded { script, code: c } => {
                *role == Role::Script && given(c, code) && given_some(script, script_of(event, view))
            }
            _ => false,
        },
        EventKind::AttemptBegan { client, attempt } => match pattern {
            Pattern::AttemptBegan { client: c, attempt: a } => given(c, client) && given(a, attempt),
            _ => false,
        },
        EventKind::AttemptEnded { client, attempt, code } => match pattern {
            Pattern::AttemptEnded { client: c, attempt: a, code: k } => {
                given(c, client) && given(a, attempt) && given(k, code)
            }
            _ => false,
        },
        EventKind::ComponentLaunched { component, code } => match pattern {
            Pattern::ComponentLaunched { host, component: c, code: k } => {
                given(host, &event.host) && given(c, component) && given(k, code)
            }
            _ => false,
        },
        EventKind::Step { id, .. } => matches!(pattern, Pattern::Step { id: wanted } if wanted == id),
        EventKind::ScriptStep { script, step, code } => match pattern {
            Pattern::ScriptStep { script: s, step: t, code: c } => {
                given(s, script) && given(t, step) && given(c, code)
            }
            _ => false,
        },
        _ => false,
    }
}

fn matches_fact(pattern: &Pattern, event: &Event, fact: &Fact, view: Option<&StateView>) -> bool {
    let host = &event.host;
    match (pattern, fact) {
        (
            Pattern::Visible { account, at },
            Fact::State { key: key @ StateKey::Account { account: a }, value: Some(_), .. },
        ) => given(at, host) && given(account, a) && !was_present(view, event, key).unwrap_or(false),
        (
            Pattern::Gone { account, at },
            Fact::State { key: key @ StateKey::Account { account: a }, value: None, .. },
        ) => given(at, host) && given(account, a) && was_present(view, event, key).unwrap_or(true),
        (
            Pattern::ComponentStatus { host: h, component, status },
            Fact::State { key: key @ StateKey::Component { component: c }, value, .. },
        ) => {
            given(h, host)
                && given(component, c)
                && status.as_ref().is_none_or(|wanted| status_is(value.as_ref(), wanted))
                && view.and_then(|view| view.is_change(event, key, value.as_ref())).unwrap_or(true)
        }
        (Pattern::LoaderStopped { host: h }, Fact::ProcessEnded { process, .. }) => {
            given(h, host)
                && view.is_some_and(|view| {
                    view.actor_of(*process).is_some_and(|actor| {
                        actor.role == Role::BootLoader && !view.had_ended(event, Some(actor))
                    })
                })
        }
        (Pattern::LogonRefused { account, at, code }, Fact::LogonRefused { account: a, error, .. }) => {
            given(account, a) && given(at, host) && coded(*code, Some(*error))
        }
        (Pattern::SecureChannel { host: h, to, code }, Fact::SecureChannel { to: t, error }) => {
            given(h, host)
                && given_some(to, t.as_ref())
                && code.is_none_or(|code| error.map_or(0, Win32Error::code) == code)
        }
        (Pattern::LockedOut { account, at }, Fact::LockedOut { account: a }) => {
            given(account, a) && given(at, host)
        }
        (Pattern::ServiceStarted { host: h, service }, Fact::ServiceStarted { service: s, .. })
        | (Pattern::ServiceStopped { host: h, service }, Fact::ServiceStopped { service: s, .. }) => {
            given(h, host) && given(service, s)
        }
        (
            Pattern::ServiceFailed { host: h, service, code, cause },
            Fact::ServiceFailed { service: s, error, cause: c },
        ) => given(h, host) && given(service, s) && coded(*code, Some(*error)) && coded(*cause, *c),
        (Pattern::ProcessStarted { host: h, program }, Fact::ProcessStarted { program: p, .. }) => {
            given(h, host) && given(program, p)
        }
        (
            Pattern::ProcessEnded { host: h, program, code },
            Fact::ProcessEnded { program: p, code: c, .. },
        ) => given(h, host) && given(program, p) && given_some(code, c.as_ref()),
        (
            Pattern::Synchronized { at, kind, reason, failed },
            Fact::SyncEnded { kind: k, reason: r, error, .. },
        ) => given(at, host) && given(kind, k) && given(reason, r) && given(failed, &error.is_some()),
        (Pattern::Replicated { at, stream }, Fact::Replicated { stream: s, .. }) => {
            given(at, host) && given(stream, s)
        }
        (Pattern::PolicyApplied { host: h, changed }, Fact::PolicyApplied { changed: c, .. }) => {
            given(h, host) && given(changed, c)
        }
        (Pattern::Machine { host: h, up }, Fact::Machine { up: u }) => given(h, host) && up == u,
        (Pattern::FaultTouched { fault }, Fact::FaultTouched { fault: f, .. }) => given(fault, f),
        _ => false,
    }
}

fn given<T: PartialEq>(wanted: &Option<T>, seen: &T) -> bool {
    wanted.as_ref().is_none_or(|wanted| wanted == seen)
}

fn given_some<T: PartialEq>(wanted: &Option<T>, seen: Option<&T>) -> bool {
    wanted.as_ref().is_none_or(|wanted| seen == Some(wanted))
}

fn names(wanted: &Option<mockdc_mocks::AccountName>, seen: Option<&Name>) -> bool {
    wanted.as_ref().is_none_or(|wanted| seen == Some(wanted.name()))
}

fn coded(wanted: Option<u32>, seen: Option<Win32Error>) -> bool {
    wanted.is_none_or(|wanted| seen.is_some_and(|error| error.code() == wanted))
}

fn status_is(value: Option<&Value>, wanted: &Name) -> bool {
    matches!(value, Some(Value::Text(text)) if *wanted == **text)
}

fn was_present(view: Option<&StateView>, event: &Event, key: &StateKey) -> Option<bool> {
    view.and_then(|view| view.was_present(event, key))
}

/// The script whose actor the event is of.
fn script_of<'a>(event: &Event, view: Option<&'a StateView>) -> Option<&'a Name> {
    view?.actor(event.actor?).map(|actor| &actor.subject)
}

/// Whether the actor's process had ended view: then its end was told already.
fn ended_before(event: &Event, view: Option<&StateView>) -> bool {
    view.is_some_and(|view| view.had_ended(event, event.actor.and_then(|id| view.actor(id))))
}

/// Whether a log line is the one that `pattern` means: the whole line, or a part of it where the pattern has a `*`
/// at an end. The newlines (`~`) with which the product closes a message may be left out.
pub fn line_matches(pattern: &str, line: &str) -> bool {
    let (open_start, pattern) = match pattern.strip_prefix('*') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let (open_end, pattern) = match pattern.strip_suffix('*') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let fits = |line: &str| match (open_start, open_end) {
        (false, false) => line == pattern,
        (true, false) => line.ends_with(pattern),
        (false, true) => line.starts_with(pattern),
        (true, true) => line.contains(pattern),
    };
    fits(line) || fits(line.trim_end_matches(['~', ' ']))
}

/// The host that a pattern speaks of, where it names one; reports look for near misses there.
pub fn host_of(pattern: &Pattern) -> Option<&HostName> {
    match pattern {
        Pattern::AccountCreated { at, .. }
        | Pattern::AccountDeleted { at, .. }
        | Pattern::Visible { at, .. }
        | Pattern::Gone { at, .. }
        | Pattern::Call { at, .. }
        | Pattern::Ldap { at, .. }
        | Pattern::LogonRefused { at, .. }
        | Pattern::LockedOut { at, .. }
        | Pattern::Synchronized { at, .. }
        | Pattern::Replicated { at, .. } => at.as_ref(),
        Pattern::LoaderStarted { host }
        | Pattern::LoaderStopped { host }
        | Pattern::ServiceStarted { host, .. }
        | Pattern::ServiceStopped { host, .. }
        | Pattern::ServiceFailed { host, .. }
        | Pattern::ProcessStarted { host, .. }
        | Pattern::ProcessEnded { host, .. }
        | Pattern::ComponentLaunched { host, .. }
        | Pattern::ComponentStatus { host, .. }
        | Pattern::PolicyApplied { host, .. }
        | Pattern::Machine { host, .. }
        | Pattern::SecureChannel { host, .. }
        | Pattern::Line { host, .. } => host.as_ref(),
        Pattern::AttemptBegan { client, .. } | Pattern::AttemptEnded { client, .. } => client.as_ref(),
        Pattern::Step { .. }
        | Pattern::ScriptStep { .. }
        | Pattern::ScriptEnded { .. }
        | Pattern::ProgramEnded { .. }
        | Pattern::FaultTouched { .. } => None,
    }
}
