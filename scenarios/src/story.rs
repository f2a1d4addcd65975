//! A scenario told as a story, in sentences.

use std::fmt::{self, Display, Write as _};

use mockdc_mocks::{DcRole, Distribution, GpoSpec, Replication};
use serde::Serialize;

use crate::{
    Action, Broken, Cause, Claim, InstallMethod, LogLines, Moments, Occurrences, Plan, Quantity,
    ScriptEnding, ScriptStart, Timing, Trigger,
};

/// The plan in plain sentences: the world, the clients, what happens when, what is expected.
pub fn story(plan: &Plan) -> String {
    let mut text = String::new();
    // Writing into a text does not fail.
    let _ = tell(&mut text, plan);
    text
}

fn tell(out: &mut String, plan: &Plan) -> fmt::Result {
    let title = if plan.title.is_empty() { &plan.name } else { &plan.title };
    writeln!(out, "{title}\n")?;
    if !plan.description.is_empty() {
        writeln!(out, "{}\n", plan.description.trim())?;
    }
    world(out, plan)?;
    clients(out, plan)?;
    happens(out, plan)?;
    expected(out, plan)
}

fn world(out: &mut String, plan: &Plan) -> fmt::Result {
    let world = &plan.world;
    let names = |role| world.dcs.iter().filter(move |dc| dc.role == role).map(|dc| dc.name.to_string());
    write!(
        out,
        "The domain {} has the primary domain controller {}",
        world.domain.name,
        row(names(DcRole::Pdc))
    )?;
    let bdcs: Vec<String> = names(DcRole::Bdc).collect();
    match bdcs.len() {
        0 => writeln!(out, " and no other.")?,
        1 => writeln!(out, " and the backup domain controller {}.", bdcs[0])?,
        n => writeln!(out, " and {n} backup domain controllers: {}.", row(bdcs))?,
    }
    match &world.domain.replication {
        Replication::Delay(delay) => match &delay.all {
            Distribution::Constant(span) => {
                writeln!(out, "A change is visible everywhere {span} after its commit.")?
            }
            other => writeln!(out, "A change is visible after a drawn time: {}.", words(other))?,
        },
        Replication::Nt4(nt4) => {
            let first = nt4.first_pulse.unwrap_or(nt4.pulse);
            writeln!(
                out,
                "Netlogon replicates with a pulse of {}; the first comes after {first}.",
                nt4.pulse
            )?;
        }
        Replication::Ad(ad) => writeln!(out, "Active Directory of {} replicates it.", words(&ad.version))?,
    }
    if !world.machines.is_empty() {
        writeln!(out, "Further machines: {}.", row(world.machines.iter().map(|machine| &machine.name)))?;
    }
    let speaks = |policy: &&GpoSpec| {
        policy.template.is_some()
            || !(policy.rights.is_empty() && policy.members.is_empty() && policy.member_of.is_empty())
    };
    for policy in world.policies.iter().filter(speaks) {
        let links = row(policy.links.iter().map(|link| &link.container));
        let links = if links.is_empty() { "nothing".to_owned() } else { links };
        writeln!(out, "The policy object \"{}\" is linked to {links}.", policy.name)?;
    }
    for fault in &world.faults {
        write!(out, "From {} on", fault.from)?;
        if let Some(until) = fault.until {
            write!(out, " until {until}")?;
        }
        writeln!(out, ", the fault \"{}\" strikes: {}.", fault.name, words(&fault.kind))?;
    }
    Ok(())
}

fn clients(out: &mut String, plan: &Plan) -> fmt::Result {
    for server in &plan.site_servers {
        writeln!(out, "{} is the site server of {}.", server.machine, server.site)?;
    }
    for client in &plan.clients {
        let has = if client.installed { "has" } else { "is to get" };
        writeln!(out, "{} {has} {}.", client.machine, client.profile.title)?;
    }
    writeln!(out)
}

fn happens(out: &mut String, plan: &Plan) -> fmt::Result {
    writeln!(out, "What happens:")?;
    for step in &plan.steps {
        writeln!(out, "- {}, {}.", when(&step.trigger), action(&step.action))?;
    }
    for script in &plan.scripts {
        let place = script.host.as_ref().map_or_else(String::new, |host| format!(" on {host}"));
        let start = match &script.start {
            ScriptStart::Trigger(trigger) => when(trigger),
            ScriptStart::Program(program) => format!("Whenever {program} starts"),
            ScriptStart::OnDemand => "When asked".to_owned(),
        };
        writeln!(
            out,
            "- {start}, the script \"{}\" runs{place} with {} steps.",
            script.name,
            script.steps.len()
        )?;
    }
    match plan.until {
        Some(until) => writeln!(out, "- At {until}, it ends.\n"),
        None => writeln!(out, "- It ends an hour after the first attempt of each install is decided.\n"),
    }
}

fn when(trigger: &Trigger) -> String {
    match trigger {
        Trigger::At(at) => format!("At {at}"),
        Trigger::Every { every, first, end, count } => {
            let first = first.map_or_else(String::new, |at| format!(" from {at} on"));
            let end = end.map_or_else(String::new, |at| format!(" until {at}"));
            let count = count.map_or_else(String::new, |n| format!(", {n} times at most"));
            format!("Every {every}{first}{end}{count}")
        }
        Trigger::When { what, each, after } => {
            let word = if *each { "Each time that" } else { "As soon as" };
            let what = match what {
                Cause::Condition(condition) => format!("this comes true: {}", words(condition)),
                Cause::Event(event) => format!("this happens: {}", words(event)),
            };
            let after = if after.0 == 0 { String::new() } else { format!(", {after} later") };
            format!("{word} {what}{after}")
        }
    }
}

fn action(action: &Action) -> String {
    match action {
        Action::Install { client, by, method, .. } => match (method, by) {
            (InstallMethod::Remote, Some(by)) => format!("{by} installs the client on {client}"),
            (InstallMethod::Remote, None) => format!("the client is installed on {client}"),
            (InstallMethod::Manual, _) => format!("an administrator installs the client on {client} by hand"),
            (InstallMethod::Logon, _) => format!("a logon script installs the client on {client}"),
        },
        Action::Upgrade { client, profile } => {
            format!("the client on {client} is upgraded to {}", profile.title)
        }
        Action::Cycle { client } => format!("the client on {client} runs its maintenance cycle"),
        Action::Do { operation, .. } => {
            format!("an operator performs this at {}: {}", operation.at, words(&operation.verb))
        }
        Action::RestartService { host, service } => format!("the service {service} on {host} is restarted"),
        Action::Run { script } => format!("the script \"{script}\" is started"),
    }
}

fn expected(out: &mut String, plan: &Plan) -> fmt::Result {
    writeln!(out, "What is expected:")?;
    for expect in &plan.expects {
        write!(out, "- {}", claim(&expect.claim))?;
        because(out, expect.because.as_deref())?;
    }
    for rule in &plan.rules {
        writeln!(out, "- The rule \"{}\": {}.", rule.name, claim(&rule.claim))?;
    }
    if plan.violates.is_empty() {
        return writeln!(out, "- Every promise is kept.");
    }
    for violation in &plan.violates {
        match &violation.broken {
            Broken::Promise(promise) => {
                write!(out, "- This promise breaks: {}", promise.text().trim_end_matches('.'))?
            }
            Broken::Rule(rule) => write!(out, "- The rule \"{rule}\" breaks")?,
        }
        because(out, violation.because.as_deref())?;
    }
    writeln!(out, "- Every other promise is kept.")
}

fn because(out: &mut String, why: Option<&str>) -> fmt::Result {
    match why {
        Some(why) => writeln!(out, ", because {why}."),
        None => writeln!(out, "."),
    }
}

fn claim(claim: &Claim) -> String {
    let with = |code: &Option<u32>| code.map_or_else(String::new, |code| format!(" with code {code}"));
    match claim {
        Claim::Installed { client, attempt } => {
            let by = attempt.map_or_else(String::new, |n| format!(" by attempt {n}"));
            format!("The client on {client} is installed{by}")
        }
        Claim::AttemptFailed { client, attempt, code } => {
            format!("Attempt {attempt} to install {client} fails{}", with(code))
        }
        Claim::InstallFailed { client, code } => {
            format!("The install of {client} fails for good{}", with(code))
        }
        Claim::Script { script, ended } => match ended {
            ScriptEnding::Code(code) => format!("The script \"{script}\" ends with {code}"),
            ScriptEnding::StillWaiting => format!("The script \"{script}\" still waits at the end"),
            ScriptEnding::NeverStarted => format!("The script \"{script}\" never starts"),
        },
        Claim::Event { event, count, timing } => {
            let timing: String = timing.iter().map(|timing| format!(", {}", time(timing))).collect();
            format!("This happens {}{timing}: {}", often(*count), words(event))
        }
        Claim::Log { host, file, lines } => match lines {
            LogLines::InOrder(lines) => format!("{file} of {host} holds in this order: {}", quoted(lines)),
            LogLines::NoneOf(lines) => format!("{file} of {host} holds none of: {}", quoted(lines)),
            LogLines::Count { line, count } => {
                format!("{file} of {host} holds {}: \"{line}\"", often(*count))
            }
        },
        Claim::State { condition, when } => format!("{} this holds: {}", moments(when), words(condition)),
        Claim::OfMany { claims, hold } => {
            let inner: Vec<String> = claims.iter().map(self::claim).collect();
            format!("{} of these hold: {}", quantity(*hold), inner.join("; "))
        }
        Claim::Measure { measure, is } => format!("{} is {}", words(measure), words(is)),
    }
}

fn time(timing: &Timing) -> String {
    match timing {
        Timing::After { event, exactly, within, at_least } => {
            let mut text = String::new();
            for (word, span) in [("exactly", exactly), ("at most", within), ("at least", at_least)] {
                if let Some(span) = span {
                    let _ = write!(text, "{word} {span} ");
                }
            }
            format!("{text}after {}", words(event))
        }
        Timing::Before { event } => format!("before {}", words(event)),
        Timing::At(at) => format!("at {at}"),
        Timing::From(at) => format!("not before {at}"),
        Timing::Until(at) => format!("not after {at}"),
    }
}

fn moments(moments: &Moments) -> String {
    match moments {
        Moments::End => "At the end".to_owned(),
        Moments::At(at) => format!("At {at}"),
        Moments::JustBefore(event) => format!("Just before {}", words(event)),
        Moments::JustAfter(event) => format!("Just after {}", words(event)),
        Moments::Throughout { from, to } => {
            let from = from.map_or_else(|| "the start".to_owned(), |at| at.to_string());
            let to = to.map_or_else(|| "the end".to_owned(), |at| at.to_string());
            format!("All the time from {from} to {to}")
        }
        Moments::Never => "At no moment".to_owned(),
        Moments::Once => "At some moment".to_owned(),
        Moments::NeverWhile(other) => format!("At no moment at which this is so ({})", words(other)),
    }
}

fn often(count: Occurrences) -> String {
    match count {
        Occurrences::Some => "at least once".to_owned(),
        Occurrences::Never => "never".to_owned(),
        Occurrences::Exactly(n) => format!("{n} times"),
        Occurrences::AtLeast(n) => format!("at least {n} times"),
        Occurrences::AtMost(n) => format!("at most {n} times"),
        Occurrences::Nth(n) => format!("at least {n} times, and of occasion {n} this is said"),
    }
}

fn quantity(quantity: Quantity) -> String {
    match quantity {
        Quantity::All => "All".to_owned(),
        Quantity::None => "None".to_owned(),
        Quantity::Exactly(n) => format!("Exactly {n}"),
        Quantity::AtLeast(n) => format!("At least {n}"),
        Quantity::AtMost(n) => format!("At most {n}"),
    }
}

fn row<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(", ")
}

fn quoted(lines: &[String]) -> String {
    row(lines.iter().map(|line| format!("\"{line}\"")))
}

/// A typed value in words: its keys and values, without what is absent.
fn words(value: &impl Serialize) -> String {
    serde_json::to_value(value).map(|value| plain(&value)).unwrap_or_default()
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        serde_json::Value::Object(fields) => {
            let parts: Vec<String> = fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| match value {
                    serde_json::Value::Object(_) => format!("{} ({})", key.replace('-', " "), plain(value)),
                    _ => format!("{} {}", key.replace('-', " "), plain(value)),
                })
                .collect();
            parts.join(", ")
        }
        other => other.to_string(),
    }
}
