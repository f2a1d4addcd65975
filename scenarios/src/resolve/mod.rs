//! From tables to plans: every name known, every value typed, every mistake reported at once.

mod clients;
mod conditions;
mod context;
mod expect;
mod faults;
mod program;
mod scripts;
mod steps;
mod world;

pub(crate) use self::expect::CLAIMS;
pub(crate) use self::faults::FAULTS;
pub(crate) use self::scripts::ACTS;
pub(crate) use self::steps::{ACTIONS, EDITS};

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use mockdc_mocks::{ComputerAccounts, DcRole, MachineKind, SimTime, Span, WorldSpec};
use toml::de::{DeTable, DeValue};

use self::context::{Context, HostRole};
use crate::diagnostic::did_you_mean;
use crate::draft::check_variables;
use crate::read::{
    Case, Head, Node, RawHost, Unread, check_placeholders, entry, is_scenario_name, keep_only_in, parse,
    read, read_bytes, single_brackets, substitute, table_node, take, take_cases, too_large, unknown_key,
    unused_columns,
};
use crate::{Code, Plan, Problem, Report};

/// How long a run without `until` lasts at most.
const LONGEST_RUN: Span = Span::days(31);

/// More than any time zone is away from another.
const ANY_ZONE: Span = Span::days(2);

/// Domain controllers that one domain can have.
const MOST_DCS: usize = 65_000;

/// Keys of the head.
pub(crate) const HEAD: &[&str] =
    &["format", "name", "title", "description", "cites", "tags", "start", "time-zone", "seed", "until"];

/// Tables of which there can be several.
pub(crate) const MANY: &[&str] = &[
    "dc",
    "machine",
    "site-server",
    "client",
    "link",
    "site-link",
    "user",
    "group",
    "right",
    "unit",
    "policy",
    "fault",
    "script",
    "step",
    "expect",
    "rule",
];

/// Keys of a host that a `[[dc]]` does not have.
pub(crate) const NOT_IN_DC: &[&str] = &[
    "kind",
    "joined",
    "logon-server",
    "profile",
    "service-account",
    "connection-accounts",
    "excluded",
    "ccm",
];

/// Keys of a host that a `[[machine]]` does not have.
pub(crate) const NOT_IN_MACHINE: &[&str] =
    &["role", "delay", "nt4", "profile", "service-account", "connection-accounts", "excluded", "ccm"];

/// Keys of a host that a `[[site-server]]` does not have.
pub(crate) const NOT_IN_SERVER: &[&str] = &["role", "delay", "nt4", "kind", "count", "names"];

/// Reads a scenario from its text; `label` is the file's name as the user gave it. One plan for each case.
pub fn read_str(label: &str, text: &str) -> Result<Vec<Plan>, Report> {
    let refused = |problems| Report::new(label, text, problems);
    let mut document = parse(text).map_err(refused)?;
    let mut problems = Vec::new();
    let cases = take_cases(&mut document, &mut problems);
    let vary = take(&mut document, "vary");
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let mut used = BTreeSet::new();
    let mut plans = Vec::new();
    let folder = Path::new(label).parent().unwrap_or(Path::new(""));
    let rows: Vec<Option<&Case<'_>>> =
        if cases.is_empty() { vec![None] } else { cases.iter().map(Some).collect() };
    for case in rows {
        let mut document = document.clone();
        keep_only_in(&mut document, case.map(|case| case.name.as_str()), &names, &mut problems);
        let mut node = table_node(document, 0..text.len());
        if let Some(case) = case {
            substitute(&mut node, &case.columns, &mut used, &mut problems);
        }
        let DeValue::Table(document) = node.into_inner() else { continue };
        let (plan, mut found) = plan(label, text, folder, document, case);
        problems.append(&mut found);
        plans.extend(plan);
    }
    // A table that `only-in` takes out of one case may still use its columns in another.
    unused_columns(&cases, &used, &mut problems);
    if let Some(vary) = vary.filter(|_| problems.is_empty()) {
        problems = check_variables(text, &plans, &vary);
    }
    if problems.is_empty() { Ok(plans) } else { Err(refused(problems)) }
}

/// Reads a scenario from a file.
pub fn read_file(path: &Path) -> Result<Vec<Plan>, Report> {
    let (label, text) = read_text(path)?;
    read_str(&label, &text)
}

/// The label and the text of a file.
pub(crate) fn read_text(path: &Path) -> Result<(String, String), Report> {
    let label = path.display().to_string();
    let bytes = read_bytes(path).map_err(|unread| {
        let unreadable = |message: String, help: &str| Problem::new(Code::UnreadableFile, message).help(help);
        let problem = match unread {
            Unread::Refused(kind) => {
                unreadable(format!("the file cannot be read: {kind}"), "look at the path and its permissions")
            }
            Unread::NotAFile => unreadable("this is not a file".to_owned(), "write the scenario into a file"),
            Unread::TooLarge => too_large("file"),
        };
        Report::new(&label, "", vec![problem])
    })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((label, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let problem = Problem::new(Code::NotUtf8, "the file is not UTF-8 text")
                .at(at..(at + '\u{fffd}'.len_utf8()).min(text.len()), "the first byte that is none")
                .help("save the file as UTF-8");
            Err(Report::new(&label, &text, vec![problem]))
        }
    }
}

/// The scenario's tables of each kind, taken out of the document.
struct Tables<'i>(DeTable<'i>);

impl<'i> Tables<'i> {
    fn many(&mut self, name: &str, problems: &mut Vec<Problem>) -> Vec<Node<'i>> {
        let Some(node) = take(&mut self.0, name) else { return Vec::new() };
        let span = node.span();
        match node.into_inner() {
            DeValue::Array(items) => items
                .into_iter()
                .filter(|item| {
                    let table = matches!(item.get_ref(), DeValue::Table(_));
                    if !table {
                        problems.push(single_brackets(name, item.span()));
                    }
                    table
                })
                .collect(),
            _ => {
                problems.push(single_brackets(name, span));
                Vec::new()
            }
        }
    }
}

fn plan(
    label: &str,
    text: &str,
    folder: &Path,
    mut document: DeTable<'_>,
    case: Option<&Case<'_>>,
) -> (Option<Plan>, Vec<Problem>) {
    let mut context = Context::new(text, folder);
    let mut head = DeTable::new();
    for key in HEAD {
        if let Some((key, _)) = document.iter().find(|(known, _)| known.get_ref() == key) {
            let key = key.clone();
            if let Some(value) = document.remove(&key) {
                head.insert(key, value);
            }
        }
    }
    let domain = take(&mut document, "domain");
    let program = take(&mut document, "program");
    context.has_program = program.is_some();
    let known: Vec<&str> =
        HEAD.iter().chain(MANY).copied().chain(["domain", "program", "case", "vary"]).collect();
    for (key, _) in document.iter().filter(|(key, _)| !MANY.contains(&key.get_ref().as_ref())) {
        context.report(unknown_key(key.get_ref(), key.span(), &known));
    }
    let mut tables = Tables(document);
    let mut many = |name: &str, context: &mut Context<'_>| {
        let nodes = tables.many(name, &mut context.problems);
        if name != "script" {
            nodes.iter().for_each(|node| check_placeholders(node, &[], &mut context.problems));
        }
        nodes
    };
    let end = head.values().map(|value| value.span().end).max().unwrap_or(0).min(text.len());
    let head = table_node(head, 0..end);
    check_placeholders(&head, &[], &mut context.problems);
    let head = read::<Head>(&head, &mut context.problems);
    if let Some(head) = &head {
        check_head(&mut context, head);
    }

    let nodes: std::collections::BTreeMap<&str, Vec<Node<'_>>> =
        MANY.iter().map(|name| (*name, many(name, &mut context))).collect();
    let start = head
        .as_ref()
        .and_then(|head| date(&head.start.as_ref()?.value))
        .unwrap_or_else(|| "2002-08-06T09:00:00".to_owned());
    let world = build_world(&mut context, domain.as_ref(), &nodes, &start);
    let Parts { mut world, imports, servers } = world;
    let (site_servers, clients) = clients::products(&mut context, &servers, &nodes["client"], &mut world);
    let program = program.as_ref().and_then(|node| program::program(&mut context, node, &world));
    scripts::declare_scripts(&mut context, &nodes["script"]);
    steps::declare_steps(&mut context, &nodes["step"]);
    expect::declare_rules(&mut context, &nodes["rule"]);
    let scripts = nodes["script"].iter().filter_map(|node| scripts::script(&mut context, node)).collect();
    let steps: Vec<crate::Step> = nodes["step"]
        .iter()
        .enumerate()
        .flat_map(|(at, node)| steps::steps(&mut context, node, at + 1))
        .collect();
    steps::check_upgrades(&mut context, &clients, &steps);
    let (mut expects, mut violates) = (Vec::new(), Vec::new());
    for node in &nodes["expect"] {
        expect::expectation(&mut context, node, &mut expects, &mut violates);
    }
    let rules = nodes["rule"].iter().filter_map(|node| expect::rule(&mut context, node)).collect();
    let plan = head.map(|head| Plan {
        name: case
            .map_or_else(|| head.name.value.clone(), |case| format!("{}[{}]", head.name.value, case.name)),
        title: head.title,
        description: head.description,
        cites: head.cites,
        tags: head.tags,
        file: label.to_owned(),
        start,
        time_zone: head.time_zone.unwrap_or_else(|| "Pacific Standard Time".to_owned()),
        seed: head.seed,
        until: head.until.map(|until| SimTime::START + until.value),
        world,
        imports,
        site_servers,
        clients,
        scripts,
        program,
        steps,
        expects,
        violates,
        rules,
    });
    (plan, context.problems)
}

fn date(text: &str) -> Option<String> {
    let date: jiff::civil::DateTime = text.parse().ok()?;
    text.contains(':').then(|| date.to_string())
}

fn check_head(context: &mut Context<'_>, head: &Head) {
    let name = &head.name.value;
    if !is_scenario_name(name) {
        context.report(
            Problem::new(Code::BadName, format!("`{}` is no name of a scenario", name.escape_debug()))
                .at(head.name.span.clone(), "not possible")
                .help("small letters, digits, `-` and `.`, with a letter or digit among them"),
        );
    }
    if let Some(start) = &head.start
        && date(&start.value).is_none()
    {
        context.report(
            Problem::new(Code::BadDate, format!("`{}` is not a date with a time", start.value))
                .at(start.span.clone(), "when?")
                .help("write for example `\"2002-08-06 09:00:00\"`"),
        );
    }
    if let Some(start) = &head.start
        && let Ok(begin) = start.value.parse::<jiff::civil::DateTime>()
    {
        let longest = head.until.as_ref().map_or(LONGEST_RUN, |until| until.value);
        let lasts = jiff::SignedDuration::from_millis((longest + ANY_ZONE).as_millis());
        if begin.checked_add(lasts).is_err() {
            context.report(
                Problem::new(Code::BadDate, "the run would go on past the year 9999")
                    .at(start.span.clone(), "too late")
                    .help("start earlier, or end sooner with `until`"),
            );
        }
    }
    if let Some(until) = &head.until {
        let at = context.instant(until);
        context.until = Some((at, until.span.clone()));
    }
}

struct Parts {
    world: WorldSpec,
    imports: Vec<crate::Import>,
    servers: Vec<clients::Server>,
}

fn build_world(
    context: &mut Context<'_>,
    domain: Option<&Node<'_>>,
    nodes: &std::collections::BTreeMap<&str, Vec<Node<'_>>>,
    start: &str,
) -> Parts {
    let mut spec = world::domain(context, domain);
    context.sites.insert("Default-First-Site-Name".into());
    context.units.insert("Domain Controllers".into(), 0..0);
    let mut units = world::units(context, &nodes["unit"]);

    let mut hosts: Vec<(&str, RawHost, Vec<crate::read::Word>, &Node<'_>)> = Vec::new();
    let mut dcs_so_far = 0;
    for kind in ["dc", "machine", "site-server"] {
        for node in &nodes[kind] {
            let raw = read_host(context, node, kind);
            let mut words = world::names_of(
                context,
                "host",
                raw.name.as_ref(),
                raw.names.as_deref(),
                raw.count.as_ref(),
                node,
                15,
            );
            if kind == "dc" {
                let before = dcs_so_far;
                dcs_so_far += words.len();
                if dcs_so_far > MOST_DCS {
                    words.clear();
                    if before <= MOST_DCS {
                        context.report(too_many_dcs(node.span()));
                    }
                }
            }
            let role = match (kind, &raw.role) {
                ("dc", Some(role)) if role.value == DcRole::Pdc => HostRole::Pdc,
                ("dc", _) => HostRole::Bdc,
                _ => HostRole::Machine,
            };
            // A site server may stand on a host that is stated elsewhere.
            let declared = kind == "site-server"
                && words.iter().any(|word| {
                    context.hosts.contains_key(&mockdc_mocks::HostName::from(word.value.as_str()))
                });
            if !declared {
                world::declare(context, &words, role);
            }
            hosts.push((if declared { "declared" } else { kind }, raw, words, node));
        }
    }
    let mut dcs = Vec::new();
    let mut machines = Vec::new();
    let mut servers = Vec::new();
    for (kind, raw, words, node) in hosts {
        match kind {
            "dc" => dcs.extend(world::dcs(context, &raw, &words, &spec)),
            "machine" => {
                machines.extend(world::machines(context, &raw, &words, &spec, MachineKind::Workstation))
            }
            _ => {
                if kind == "site-server" {
                    // Its `site` is the code of the product's site, not that of Active Directory.
                    let machine = RawHost { site: None, ..raw.clone() };
                    machines.extend(world::machines(
                        context,
                        &machine,
                        &words,
                        &spec,
                        MachineKind::MemberServer,
                    ));
                }
                servers.extend(words.into_iter().map(|name| clients::Server {
                    name,
                    raw: raw.clone(),
                    place: node.span(),
                }));
            }
        }
    }
    // Large estates have many, and they stay.
    machines.shrink_to_fit();
    check_pdc(context, &nodes["dc"]);
    if world::speaks_of_computers(context, nodes) {
        spec.computer_accounts = ComputerAccounts::Listed;
    }
    let imported = domain.map(|node| world::import(context, node, start)).unwrap_or_default();
    let (mut users, mut groups, rights) =
        world::directory(context, &nodes["user"], &nodes["group"], &nodes["right"], world::english(&dcs));
    users.extend(imported.users);
    groups.extend(imported.groups);
    units.extend(imported.units);
    spec.sid = imported.sid;
    world::site_links(context, &nodes["site-link"], &mut spec.replication);
    let links = world::links(context, &nodes["link"]);
    let policies = faults::policies(context, &nodes["policy"]);
    let faults = faults::faults(context, &nodes["fault"]);
    Parts {
        world: WorldSpec {
            domain: spec,
            dcs,
            machines,
            links,
            users,
            groups,
            rights,
            policies,
            units,
            faults,
        },
        imports: imported.imports,
        servers,
    }
}

fn too_many_dcs(place: Range<usize>) -> Problem {
    Problem::new(Code::OutOfRange, format!("the domain has more than {MOST_DCS} domain controllers"))
        .at(place, "with these there are too many")
        .help("lower `count`, or take tables out")
}

/// Reads a host's table. One that cannot be read still has its name, so that no consequence of it is reported.
fn read_host(context: &mut Context<'_>, node: &Node<'_>, kind: &str) -> RawHost {
    let foreign = match kind {
        "dc" => NOT_IN_DC,
        "machine" => NOT_IN_MACHINE,
        _ => NOT_IN_SERVER,
    };
    if let DeValue::Table(table) = node.get_ref() {
        for (key, _) in table.iter().filter(|(key, _)| foreign.contains(&key.get_ref().as_ref())) {
            context.report(
                Problem::new(Code::UnknownKey, format!("`{}` is no key here", key.get_ref()))
                    .at(key.span(), format!("not in a `[[{kind}]]`"))
                    .help("take it out, or move it to the table that it belongs to"),
            );
        }
    }
    read::<RawHost>(node, &mut context.problems).unwrap_or_else(|| {
        let mut quiet = Vec::new();
        RawHost {
            name: entry(node, "name").and_then(|name| read(name, &mut quiet)),
            names: entry(node, "names").and_then(|names| read(names, &mut quiet)),
            count: entry(node, "count").and_then(|count| read(count, &mut quiet)),
            role: entry(node, "role").and_then(|role| read(role, &mut quiet)),
            ..RawHost::default()
        }
    })
}

fn check_pdc(context: &mut Context<'_>, dcs: &[Node<'_>]) {
    let pdcs: Vec<Range<usize>> = context
        .hosts
        .values()
        .filter(|entry| entry.role == HostRole::Pdc)
        .map(|entry| entry.span.clone())
        .collect();
    match pdcs.as_slice() {
        [_] => {}
        [first, second, ..] => context.report(
            Problem::new(Code::TwoPdcs, "the domain has two primary domain controllers")
                .at(second.clone(), "the second")
                .at(first.clone(), "the first")
                .help("make one of them `role = \"bdc\"`"),
        ),
        [] => {
            let unread = dcs.iter().any(|dc| {
                entry(dc, "role").is_some_and(|role| !matches!(role.get_ref().as_str(), Some("bdc" | "rodc")))
            });
            // A role that cannot be read has been reported.
            if !unread {
                context.report(
                    Problem::new(Code::NoPdc, "the domain has no primary domain controller")
                        .at(
                            dcs.first().map_or(0..0, |dc| dc.span()),
                            "none of the domain controllers is the PDC",
                        )
                        .help("write `role = \"pdc\"` in one `[[dc]]`"),
                );
            }
        }
    }
}

/// Whether the table has exactly one of the verbs; says so when not.
fn one_of(context: &mut Context<'_>, node: &Node<'_>, verbs: &[&str], what: &str) -> bool {
    let DeValue::Table(table) = node.get_ref() else { return false };
    let found: Vec<(&str, Range<usize>)> = table
        .keys()
        .filter(|key| verbs.contains(&key.get_ref().as_ref()))
        .map(|key| (key.get_ref().as_ref(), key.span()))
        .collect();
    match found.as_slice() {
        [_] => true,
        [] => {
            context.report(
                Problem::new(Code::NoVerb, format!("the {what} does not say what"))
                    .at(node.span(), format!("this {what}"))
                    .help(format!("add one of: {}", crate::diagnostic::list(verbs.iter().copied()))),
            );
            false
        }
        [first, second, ..] => {
            context.report(
                Problem::new(
                    Code::SeveralVerbs,
                    format!("the {what} says two things: `{}` and `{}`", first.0, second.0),
                )
                .at(second.1.clone(), "the second")
                .at(first.1.clone(), "the first")
                .help("make a table for each"),
            );
            false
        }
    }
}

/// A condition that cannot be used.
fn unusable(place: Range<usize>, message: &str) -> Problem {
    Problem::new(Code::UnknownCondition, message.to_owned())
        .at(place, "in this condition")
        .maybe_help(did_you_mean("", []))
}
