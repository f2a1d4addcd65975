//! Faults and drawn times.

use mockdc_mocks::{Distribution, FaultKind, FaultSpec, HostName, Occasions};

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
    }
}

fn way(from: Option<&HostName>, at: Option<&HostName>) -> String {
    let from = from.map_or_else(String::new, |from| format!(" from {from}"));
    at.map_or(from.clone(), |at| format!("{from} to {at}"))
}

/// A rate of transfer: `64 kbit/s`.
pub fn rate_words(bits_per_second: u64) -> String {
    match bits_per_second {
        rate if rate > 0 && rate % 1_000_000 == 0 => format!("{} Mbit/s", rate / 1_000_000),
        rate if rate > 0 && rate % 1_000 == 0 => format!("{} kbit/s", rate / 1_000),
        rate => format!("{rate} bit/s"),
    }
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
