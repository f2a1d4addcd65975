//! Faults and drawn times.

use mockdc_mocks::{
    Distribution, FaultKind, FaultSpec, HostName, Occasions, PortOperation, WireCut, WireEffect, WireSpec,
    rate,
};

use super::{code_words, kind_words, listed, nth};

/// A fault as a sentence, with its name and its time, without a full stop.
pub fn fault_says(fault: &FaultSpec) -> String {
    let from = fault.from;
    let window = match (from.as_millis(), fault.until) {
        (0, None) => "All the time".to_owned(),
        (0, Some(until)) => format!("Until {until}"),
        (_, None) => format!("From {from} on"),
        (_, Some(until)) => format!("From {from} to {until}"),
    };
    let which = match fault.count {
        Occasions::All => String::new(),
        Occasions::First(1) => ", the first time only".to_owned(),
        Occasions::First(n) => format!(", the first {n} times only"),
        Occasions::Every(1) => String::new(),
        Occasions::Every(n) => format!(", every {} time only", nth(n)),
        Occasions::Nth(n) => format!(", the {} time only", nth(n)),
        Occasions::After(0) => String::new(),
        Occasions::After(1) => ", but not the first time".to_owned(),
        Occasions::After(n) => format!(", but not the first {n} times"),
    };
    let inert = if fault.touches_nothing { "; it is to touch nothing" } else { "" };
    format!("{window}, {}{which} (fault \"{}\"){inert}", kind_says(&fault.kind), fault.name)
}

fn kind_says(kind: &FaultKind) -> String {
    let hosts = |hosts: &[HostName]| {
        let hosts: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
        listed(&hosts, "and")
    };
    match kind {
        FaultKind::Partition { from, to, one_way: false } => {
            format!("there is no traffic between {} and {}", hosts(from), hosts(to))
        }
        FaultKind::Partition { from, to, one_way: true } => {
            format!("nothing gets from {} to {}", hosts(from), hosts(to))
        }
        FaultKind::Hold { at } => format!("replication to {} is held back", hosts(at)),
        FaultKind::Slow { between: (one, other), latency, bits_per_second } => {
            let rate = bits_per_second
                .map_or_else(String::new, |rate| format!(" and replicates at {}", rate_words(rate)));
            format!("traffic between {one} and {other} takes {latency} longer{rate}")
        }
        FaultKind::Drop { verb, at, from, timeout } => {
            let verb = verb.map_or_else(String::new, |verb| format!(" to {}", kind_words(verb, None)));
            format!(
                "calls{}{verb} get lost, and their callers give up after {timeout}",
                way(from.as_ref(), at.as_ref())
            )
        }
        FaultKind::Pause { at } => format!("{at} stands still"),
        FaultKind::Crash { at, loses_unreplicated: false } => format!("{at} is down"),
        FaultKind::Crash { at, loses_unreplicated: true } => {
            format!("{at} is down, and loses what it had not yet passed on")
        }
        FaultKind::ClockSkew { at, by } if by.as_millis() < 0 => {
            format!("the clock of {at} shows {by}, which is behind")
        }
        FaultKind::ClockSkew { at, by } => format!("the clock of {at} is {by} ahead"),
        FaultKind::Refuse { verb, at, from, account, code } => {
            let account = account.as_ref().map_or_else(String::new, |account| format!(" of {account}"));
            let verb = kind_words(*verb, None);
            let way = way(from.as_ref(), at.as_ref());
            format!("calls{account}{way} to {verb} are refused with {}", code_words(code.code()))
        }
        FaultKind::Wire(wire) => wire_says(wire),
        FaultKind::ClosePort { at } => format!("the ports of {} are closed", everybody(at)),
    }
}

/// Controllers, or all of them.
fn everybody(at: &[HostName]) -> String {
    let hosts: Vec<&str> = at.iter().map(HostName::as_str).collect();
    if hosts.is_empty() { "every controller".to_owned() } else { listed(&hosts, "and") }
}

fn wire_says(WireSpec { at, operation, effect }: &WireSpec) -> String {
    let at = everybody(at);
    let asked = match operation {
        None => "requests of LDAP",
        Some(PortOperation::Connect) => "connections",
        Some(PortOperation::Bind) => "binds",
        Some(PortOperation::Search) => "searches",
        Some(PortOperation::Compare) => "comparisons",
        Some(PortOperation::Add) => "additions",
        Some(PortOperation::Modify) => "modifications",
        Some(PortOperation::Delete) => "deletions",
        Some(PortOperation::Rename) => "renamings",
        Some(PortOperation::Extended) => "extended operations",
        Some(PortOperation::StartTls) => "requests of StartTLS",
    };
    let connections = *operation == Some(PortOperation::Connect);
    match effect {
        WireEffect::Result { code, text } if text.is_empty() => {
            format!("{asked} at the port of {at} are refused with the LDAP result {code}")
        }
        WireEffect::Result { code, text } => {
            format!("{asked} at the port of {at} are refused with the LDAP result {code} (\"{text}\")")
        }
        WireEffect::Hang { lasts: Some(lasts) } => {
            format!("{asked} at the port of {at} are answered {lasts} later")
        }
        WireEffect::Hang { lasts: None } => format!("{asked} at the port of {at} are never answered"),
        WireEffect::Drip { octets: 1, pause } => {
            format!("answers to {asked} at the port of {at} come octet by octet, one each {pause}")
        }
        WireEffect::Drip { octets, pause } => {
            format!(
                "answers to {asked} at the port of {at} come {octets} octets at a time, one piece each {pause}"
            )
        }
        WireEffect::Cut(WireCut::Reset) if connections => {
            format!("{asked} to the port of {at} are reset at once")
        }
        WireEffect::Cut(WireCut::Reset) => {
            format!("connections are reset in the midst of answers to {asked} at the port of {at}")
        }
        WireEffect::Cut(WireCut::Truncate) => {
            format!("connections are closed in the midst of answers to {asked} at the port of {at}")
        }
        WireEffect::Cut(WireCut::Malform) => {
            format!("answers to {asked} at the port of {at} are no messages of LDAP")
        }
    }
}

fn way(from: Option<&HostName>, at: Option<&HostName>) -> String {
    let from = from.map_or_else(String::new, |from| format!(" from {from}"));
    at.map_or(from.clone(), |at| format!("{from} to {at}"))
}

/// A rate of transfer: `64 kbit/s`.
pub fn rate_words(bits_per_second: u64) -> String {
    rate::text(bits_per_second)
}

/// How long something takes: `50m`, `between 1m and 5m`.
pub fn distribution_words(distribution: &Distribution) -> String {
    let bounds = |from: &mockdc_mocks::Span, to: &Option<mockdc_mocks::Span>| match (from.as_millis(), to) {
        (0, None) => String::new(),
        (0, Some(to)) => format!(", {to} at most"),
        (_, None) => format!(", {from} at least"),
        (_, Some(to)) => format!(", from {from} to {to}"),
    };
    match distribution {
        Distribution::Constant(span) => span.to_string(),
        Distribution::Uniform { from, to } => format!("between {from} and {to}"),
        Distribution::Normal { mean, deviation, from, to } => {
            format!("{mean} on average, spread by {deviation}{}", bounds(from, to))
        }
        Distribution::Exponential { mean, from, to } => {
            format!("{mean} on average, mostly less and sometimes far more{}", bounds(from, to))
        }
    }
}
