//! A scenario told as a story, in sentences.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Write as _};

use mockdc_mocks::{
    AdSpec, AdVersion, BusyHours, DcRole, DisabledHalf, Distribution, FunctionalLevel, GpoSpec, HostName,
    MachineKind, Membership, OpenHours, Os, Replication, RightSpec, SiteLinkSpec, Span, Weekdays,
};

use crate::wording::{
    claim_says, code_words, condition_says, distribution_words, fault_says, holders_words, listed,
    operation_says, pattern_clause, rate_words, right_words, steps_say, template_words,
};
use crate::{Action, Broken, Cause, InstallMethod, Plan, ScriptStart, Trigger, Violation};

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
    let readers: Vec<String> = names(DcRole::Rodc).collect();
    match bdcs.len() {
        0 if readers.is_empty() => writeln!(out, " and no other.")?,
        0 => writeln!(out, " and no other that writes.")?,
        1 => writeln!(out, " and the backup domain controller {}.", bdcs[0])?,
        n => writeln!(out, " and {n} backup domain controllers: {}.", row(bdcs))?,
    }
    match readers.len() {
        0 => {}
        1 => writeln!(out, "{} is a read-only domain controller.", readers[0])?,
        _ => writeln!(out, "{} are read-only domain controllers.", row(readers))?,
    }
    for import in &plan.imports {
        writeln!(out, "Its directory is that of an export, {import}.")?;
    }
    match &world.domain.replication {
        Replication::Delay(delay) => match &delay.all {
            Distribution::Constant(span) if span.as_millis() == 0 => {
                writeln!(out, "A change is visible everywhere at once.")?
            }
            Distribution::Constant(span) => {
                writeln!(out, "A change is visible everywhere {span} after its commit.")?
            }
            other => writeln!(out, "A change is visible after a drawn time: {}.", distribution_words(other))?,
        },
        Replication::Nt4(nt4) => {
            let first = nt4.first_pulse.unwrap_or(nt4.pulse);
            writeln!(
                out,
                "Netlogon replicates with a pulse of {}; the first comes after {first}.",
                nt4.pulse
            )?;
        }
        Replication::Ad(ad) => {
            let version = match ad.version {
                AdVersion::Windows2000 => "Windows 2000",
                AdVersion::Windows2003 => "Windows Server 2003",
            };
            let level = match ad.functional_level {
                None => "",
                Some(FunctionalLevel::Windows2000) => " at the functional level of Windows 2000",
                Some(FunctionalLevel::Windows2003Interim) => " at the interim level of Windows Server 2003",
                Some(FunctionalLevel::Windows2003) => " at the functional level of Windows Server 2003",
            };
            writeln!(out, "Active Directory of {version}{level} replicates changes.")?;
            if ad.tombstone_lifetime != AdSpec::default().tombstone_lifetime {
                writeln!(out, "A deletion is remembered for {}.", ad.tombstone_lifetime)?;
            }
            let fed: Vec<&str> =
                world.dcs.iter().filter(|dc| ad.feeds(dc)).map(|dc| dc.name.as_str()).collect();
            if let Some(nt4) = ad.mixed.as_ref().filter(|_| !fed.is_empty()) {
                let first = nt4.first_pulse.unwrap_or(nt4.pulse);
                let (bdcs, pulse) = (listed(&fed, "and"), nt4.pulse);
                writeln!(
                    out,
                    "In mixed mode the PDC emulator serves {bdcs} of Windows NT 4.0 by Netlogon with a pulse of {pulse}; the first comes after {first}."
                )?;
            }
            ad.site_links.iter().try_for_each(|link| site_link_says(out, link))?;
        }
    }
    for link in &world.links {
        let rate = link.bits_per_second.map_or_else(String::new, |rate| {
            let busy: String = link.busy.iter().map(busy_words).collect();
            format!(" carries {}{busy}", rate_words(rate))
        });
        let latency = match link.latency.as_millis() {
            0 => String::new(),
            _ => format!(" takes {} each way", link.latency),
        };
        let told: Vec<String> = [rate, latency].into_iter().filter(|told| !told.is_empty()).collect();
        if !told.is_empty() {
            let (one, other) = &link.between;
            writeln!(out, "The line between {one} and {other}{}.", told.join(" and"))?;
        }
    }
    let servers: BTreeSet<&HostName> = plan.site_servers.iter().map(|server| &server.machine).collect();
    for machine in world.machines.iter().filter(|machine| !servers.contains(&machine.name)) {
        let kind = match machine.kind {
            MachineKind::Workstation => "workstation",
            MachineKind::MemberServer => "member server",
        };
        let joined = match machine.membership {
            Membership::Domain => "",
            Membership::Workgroup => ", which has not joined the domain",
        };
        let server = machine
            .logon_server
            .as_ref()
            .map_or_else(String::new, |server| format!("; it asks {server} before other controllers"));
        writeln!(out, "{} is a {kind} with {}{joined}{server}.", machine.name, os_words(machine.machine.os))?;
    }
    world.rights.iter().try_for_each(|rights| rights_say(out, rights, "all domain controllers"))?;
    for dc in &world.dcs {
        dc.machine.rights.iter().try_for_each(|rights| rights_say(out, rights, dc.name.as_str()))?;
    }
    for machine in &world.machines {
        machine
            .machine
            .rights
            .iter()
            .try_for_each(|rights| rights_say(out, rights, machine.name.as_str()))?;
    }
    world.policies.iter().try_for_each(|policy| policy_says(out, policy))?;
    world.faults.iter().try_for_each(|fault| writeln!(out, "{}.", fault_says(fault)))
}

fn site_link_says(out: &mut String, link: &SiteLinkSpec) -> fmt::Result {
    let first = link.first.map_or_else(String::new, |first| format!(", for the first time after {first}"));
    let hours = |hours: &OpenHours| {
        let time =
            |span: Span| format!("{:02}:{:02}", span.as_millis() / 3_600_000, span.as_millis() / 60_000 % 60);
        format!("from {} to {}{}", time(hours.from), time(hours.to), days_words(hours.days))
    };
    let open: Vec<String> = link.open.iter().map(hours).collect();
    let open = if open.is_empty() { String::new() } else { format!(" {}", row(open)) };
    let jitter = match link.jitter {
        Some(jitter) if jitter > Span::ZERO => format!(", up to {jitter} late"),
        Some(_) => ", never late".to_owned(),
        None => String::new(),
    };
    let notify = if link.notify { "; its ends notify each other of changes" } else { "" };
    let sites: Vec<&str> = link.sites.iter().map(|site| site.as_str()).collect();
    writeln!(
        out,
        "The site link {} between {} opens every {}{open}{first}{jitter}{notify}.",
        link.name,
        listed(&sites, "and"),
        link.interval
    )
}

fn rights_say(out: &mut String, spec: &RightSpec, host: &str) -> fmt::Result {
    let rights: Vec<String> = spec.rights.iter().map(|right| right_words(*right)).collect();
    let word = if rights.len() == 1 { "right" } else { "rights" };
    writeln!(out, "From the start {} holds the {word} {} on {host}.", spec.account, listed(&rights, "and"))
}

/// A policy object that says something.
fn policy_says(out: &mut String, policy: &GpoSpec) -> fmt::Result {
    let mut sets: Vec<String> =
        policy.rights.iter().map(|(right, holders)| holders_words(*right, holders)).collect();
    for (group, members) in &policy.members {
        sets.push(match members.is_empty() {
            true => format!("{group} has no members"),
            false => format!("the members of {group} are {} and no other", listed(members, "and")),
        });
    }
    for (group, groups) in policy.member_of.iter().filter(|(_, groups)| !groups.is_empty()) {
        sets.push(format!("{group} is a member of {}", listed(groups, "and")));
    }
    if let Some(template) = &policy.template {
        sets.push(format!("its template says {}", template_words(template)));
    }
    if sets.is_empty() {
        return Ok(());
    }
    let links: Vec<String> = policy
        .links
        .iter()
        .map(|link| {
            let enabled = if link.enabled { "" } else { ", disabled" };
            let enforced = if link.enforced { ", enforced" } else { "" };
            let container = match link.container.as_str().strip_prefix("site:") {
                Some(site) => format!("the site {site}"),
                None if link.container == *"domain" => "the domain".to_owned(),
                None => format!("the unit {}", link.container),
            };
            format!("{container}{enforced}{enabled}")
        })
        .collect();
    let linked = if links.is_empty() { "nothing".to_owned() } else { listed(&links, "and") };
    let disabled = match policy.disabled {
        None => "",
        Some(DisabledHalf::Computer) => "; its computer half is disabled",
        Some(DisabledHalf::User) => "; its user half is disabled",
        Some(DisabledHalf::All) => "; it is disabled",
    };
    writeln!(out, "The policy \"{}\", linked to {linked}{disabled}: {}.", policy.name, sets.join("; "))
}

fn busy_words(busy: &BusyHours) -> String {
    let clock = |span: Span| {
        let minutes = span.as_millis() / 60_000;
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    };
    let days = days_words(busy.days);
    format!(", of which {}% is left from {} to {}{days}", busy.left, clock(busy.from), clock(busy.to))
}

fn days_words(days: Weekdays) -> String {
    match days.is_every_day() {
        true => String::new(),
        false => format!(" on {}", row(days.iter().map(|day| format!("{}s", day.name())))),
    }
}

fn os_words(os: Os) -> &'static str {
    match os {
        Os::Nt4 => "Windows NT 4.0",
        Os::Windows2000 => "Windows 2000",
        Os::Xp => "Windows XP",
        Os::Windows2003 => "Windows Server 2003",
    }
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
        let user = script.user.as_ref().map_or_else(String::new, |user| format!(" as {}", user.user));
        let start = match &script.start {
            ScriptStart::Trigger(trigger) => when(trigger),
            ScriptStart::Program(program) => format!("Whenever {program} starts"),
            ScriptStart::OnDemand => "When asked".to_owned(),
        };
        writeln!(out, "- {start}, the script \"{}\" runs{place}{user}:", script.name)?;
        for line in steps_say(&script.steps) {
            let stop = if line.ends_with(':') { "" } else { "." };
            writeln!(out, "    {line}{stop}")?;
        }
    }
    if let Some(program) = &plan.program {
        let user = &program.user.user;
        let what = match program.run.as_slice() {
            [] => "The user's own program".to_owned(),
            run => format!("`{}`", run.join(" ")),
        };
        writeln!(out, "- From the start, {what} runs on {} with the credentials of {user}.", program.host)?;
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
                Cause::Condition(condition) => condition_says(condition),
                Cause::Event(event) => pattern_clause(event).says(),
            };
            match after.as_millis() {
                0 => format!("{word} {what}"),
                _ if *each => format!("{after} after each time that {what}"),
                _ => format!("{after} after the first time that {what}"),
            }
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
        Action::Do { operation, user, require } => {
            let who = user.as_ref().map_or("an administrator".to_owned(), |user| user.user.to_string());
            let require = match require {
                None => String::new(),
                Some(0) => ", which must succeed".to_owned(),
                Some(code) => format!(", which must be answered {}", code_words(*code)),
            };
            format!("{who} {}{require}", operation_says(operation))
        }
        Action::RestartService { host, service } => format!("the service {service} on {host} is restarted"),
        Action::Run { script } => format!("the script \"{script}\" is started"),
    }
}

fn expected(out: &mut String, plan: &Plan) -> fmt::Result {
    writeln!(out, "What is expected:")?;
    for expect in &plan.expects {
        write!(out, "- {}", claim_says(&expect.claim))?;
        because(out, expect.because.as_deref())?;
    }
    for rule in &plan.rules {
        writeln!(out, "- The rule \"{}\": {}.", rule.name, claim_says(&rule.claim))?;
    }
    if plan.violates.is_empty() {
        return writeln!(out, "- Every promise is kept.");
    }
    let mut told: Vec<&Violation> = Vec::new();
    for violation in &plan.violates {
        let same = |other: &&Violation| (other.line, &other.because) == (violation.line, &violation.because);
        if told.iter().any(same) {
            continue;
        }
        told.push(violation);
        let group: Vec<String> = plan.violates.iter().filter(same).map(broken).collect();
        let why = violation.because.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
        match group.as_slice() {
            [one] => writeln!(out, "- This promise breaks{why}: {one}")?,
            many => {
                writeln!(out, "- These {} promises break{why}:", many.len())?;
                many.iter().try_for_each(|one| writeln!(out, "  - {one}"))?;
            }
        }
    }
    writeln!(out, "- Every other promise is kept.")
}

fn broken(violation: &Violation) -> String {
    match &violation.broken {
        Broken::Promise(promise) => promise.text().to_owned(),
        Broken::Rule(rule) => format!("The rule \"{rule}\"."),
    }
}

fn because(out: &mut String, why: Option<&str>) -> fmt::Result {
    match why {
        Some(why) => writeln!(out, ". Why: {}.", why.trim_end_matches('.')),
        None => writeln!(out, "."),
    }
}

fn row<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(", ")
}
