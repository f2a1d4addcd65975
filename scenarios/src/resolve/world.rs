//! The world at the start: the domain, its hosts, network and directory.

use std::ops::Range;

use mockdc_mocks::{
    AccountPolicy, BusyHours, DcRole, DcSpec, DomainSpec, GroupKind, GroupSpec, Language, LinkSpec,
    LogonHours, LogonLimits, MachineSettings, MachineSpec, Nt4BdcSpec, Nt4Spec, Os, Replication, RightSpec,
    ServiceSpec, SiteLinkSpec, Span, UnitSpec, UserSpec,
};

use super::context::{Context, HostEntry, HostRole, place_of};
use crate::read::{
    Located, Node, RawDomain, RawGroup, RawHost, RawLink, RawRight, RawSiteLink, RawUnit, RawUser, Word, read,
};
use crate::{Code, Problem};

/// More copies of one table are a slip of the keyboard.
const MOST_COPIES: u32 = 5_000;

/// Groups and accounts that every domain has.
const BUILT_IN: &[&str] = &[
    "Administrator",
    "Guest",
    "Domain Admins",
    "Domain Users",
    "Domain Guests",
    "Administrators",
    "Users",
    "Guests",
    "Power Users",
    "Account Operators",
    "Server Operators",
    "Print Operators",
    "Backup Operators",
    "Replicator",
    "Everyone",
    "Authenticated Users",
    "Interactive",
    "Network",
    "Service",
    "System",
];

/// The domain's table.
pub(super) fn domain(context: &mut Context<'_>, node: Option<&Node<'_>>) -> DomainSpec {
    let mut spec = DomainSpec::default();
    let Some(node) = node else { return spec };
    let Some(raw) = read::<RawDomain>(node, &mut context.problems) else {
        return spec;
    };
    if let Some(name) = raw.name {
        check_length(context, "domain", &name, 15);
        spec.name = name.value.as_str().into();
    }
    context.domain = spec.name.clone();
    if let Some(model) = raw.replication {
        check_model(context, &model.value.0, node);
        spec.replication = model.value.0;
    }
    if let Some(policy) = raw.account_policy {
        spec.account_policy = policy.value.into();
        let place = crate::read::entry(node, "account-policy").unwrap_or(node);
        check_account_policy(context, &spec.account_policy, place);
    }
    spec.administrator_password = raw.administrator_password.unwrap_or(spec.administrator_password);
    spec.further_users = raw.further_users.unwrap_or(spec.further_users);
    if let Some(refresh) = raw.refresh {
        for (every, who) in [(refresh.dcs.every, "dcs"), (refresh.members.every, "members")] {
            if every <= Span::ZERO {
                let place = place_of(node, &["refresh", who, "every"]);
                context.report(zero_interval(place));
            }
        }
        spec.refresh = refresh;
    }
    spec
}

pub(super) fn zero_interval(place: Range<usize>) -> Problem {
    Problem::new(Code::ZeroInterval, "the interval is no time at all")
        .at(place, "more than `0s`")
        .help("write for example `\"1m\"`")
}

fn out_of_range(context: &mut Context<'_>, place: Range<usize>, what: &str, range: &str) {
    context.report(
        Problem::new(Code::OutOfRange, format!("`{what}` is outside what the system accepts"))
            .at(place, format!("from {range}"))
            .help(format!("take a value from {range}")),
    );
}

fn check_model(context: &mut Context<'_>, model: &Replication, node: &Node<'_>) {
    if let Replication::Nt4(nt4) = model {
        check_nt4(context, nt4, node);
    }
    if let Replication::Ad(ad) = model
        && ad.poll <= Span::ZERO
    {
        context.report(zero_interval(place_of(node, &["replication", "ad", "poll"])));
    }
}

fn check_nt4(context: &mut Context<'_>, nt4: &Nt4Spec, node: &Node<'_>) {
    let place = |key: &str| place_of(node, &["replication", "nt4", key]);
    let spans = [
        ("pulse", nt4.pulse, Span::secs(60), Span::hours(48), "60s to 48h"),
        ("pulse-maximum", nt4.pulse_maximum, Span::secs(60), Span::hours(48), "60s to 48h"),
        ("pulse-timeout1", nt4.pulse_timeout1, Span::secs(1), Span::secs(120), "1s to 120s"),
        ("pulse-timeout2", nt4.pulse_timeout2, Span::secs(60), Span::hours(1), "60s to 1h"),
    ];
    for (key, value, least, most, range) in spans {
        if !(least..=most).contains(&value) {
            out_of_range(context, place(key), key, range);
        }
    }
    if !(1..=500).contains(&nt4.pulse_concurrency) {
        out_of_range(context, place("pulse-concurrency"), "pulse-concurrency", "1 to 500");
    }
    if !(64 << 10..=4 << 20).contains(&nt4.change_log_size) {
        out_of_range(context, place("change-log-size"), "change-log-size", "64KB to 4MB");
    }
    if let Some(first) = nt4.first_pulse
        && first < Span::ZERO
    {
        let located = Located { value: first, span: place("first-pulse") };
        context.instant(&located);
    }
    let bdc = place_of(node, &["replication", "nt4", "bdc"]);
    let randomize = place_of(node, &["replication", "nt4", "bdc", "randomize"]);
    check_bdc(context, &nt4.bdc, bdc, randomize, nt4.pulse_timeout1, place("pulse-timeout1"));
}

fn check_bdc(
    context: &mut Context<'_>,
    bdc: &Nt4BdcSpec,
    place: Range<usize>,
    randomize: Range<usize>,
    timeout: Span,
    timeout_place: Range<usize>,
) {
    if bdc.governor > 100 {
        out_of_range(context, place, "governor", "0 to 100");
    }
    if !(Span::ZERO..=Span::secs(120)).contains(&bdc.randomize) {
        out_of_range(context, randomize, "randomize", "0s to 120s");
    } else if bdc.randomize >= timeout {
        context.report(
            Problem::new(Code::RandomizeTooLong, "a BDC may pause longer than the PDC waits")
                .at(randomize, format!("up to {}", bdc.randomize))
                .at(timeout_place, format!("the PDC waits {timeout}"))
                .help("make `randomize` shorter than `pulse-timeout1`"),
        );
    }
}

/// `node` is the policy's own table.
pub(super) fn check_account_policy(context: &mut Context<'_>, policy: &AccountPolicy, node: &Node<'_>) {
    let place = |key: &str| place_of(node, &[key]);
    if let Some(most) = policy.maximum_age
        && policy.minimum_age >= most
    {
        context.report(
            Problem::new(Code::AgesCrossed, "the least age of a password is not below the greatest")
                .at(place("minimum-age"), format!("at least {}", policy.minimum_age))
                .at(place("maximum-age"), format!("at most {most}"))
                .help("make `minimum-age` the smaller one, or `maximum-age = \"never\"`"),
        );
    }
    if let Some(duration) = policy.lockout_duration
        && duration < policy.lockout_reset
    {
        context.report(
            Problem::new(
                Code::LockoutTooShort,
                "a lockout ends before the count of bad passwords starts anew",
            )
            .at(place("lockout-duration"), format!("{duration}"))
            .at(place("lockout-reset"), format!("{}", policy.lockout_reset))
            .help("make `lockout-duration` at least as long as `lockout-reset`"),
        );
    }
}

/// Control characters, and characters of Unicode's category Cf, which turn or join text without being seen.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
            | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

fn check_length(context: &mut Context<'_>, what: &str, name: &Word, most: usize) {
    let bad = |c: char| is_unseen(c) || "\\/:*?\"<>|,;= {}".contains(c);
    let allowed_in_accounts = |c: char| c == ' ';
    let count = name.value.chars().count();
    if count > most {
        context.report(
            Problem::new(Code::NameTooLong, format!("`{}` has {count} characters", name.value))
                .at(name.span.clone(), format!("at most {most}"))
                .help(format!("the name of a {what} has at most {most} characters")),
        );
    } else if name.value.is_empty()
        || name.value.contains(|c| bad(c) && !(what == "user" && allowed_in_accounts(c)))
    {
        context.report(
            Problem::new(Code::BadName, format!("`{}` is no name of a {what}", name.value.escape_debug()))
                .at(name.span.clone(), "not possible")
                .help("no blanks, no signs that cannot be seen, and none of \\ / : * ? \" < > | , ; = { }"),
        );
    }
}

/// The names that a table with `name`, `names` or a pattern with `count` stands for.
pub(super) fn names_of(
    context: &mut Context<'_>,
    what: &str,
    name: Option<&Word>,
    names: Option<&[Word]>,
    count: Option<&Located<u32>>,
    node: &Node<'_>,
    most: usize,
) -> Vec<Word> {
    let all = match (name, names) {
        (Some(_), Some(names)) => {
            let place = names.first().map_or(node.span(), |word| word.span.clone());
            context.report(
                Problem::new(Code::KeysDisagree, "`name` and `names` stand together")
                    .at(place, "one of them")
                    .help("keep one"),
            );
            return Vec::new();
        }
        (None, None) => {
            context.report(
                Problem::new(Code::MissingKey, "`name` is missing")
                    .at(node.span(), "this table needs `name`")
                    .help("add `name = …`"),
            );
            return Vec::new();
        }
        (None, Some(names)) => names.to_vec(),
        (Some(name), None) => copies(context, name, count),
    };
    for word in &all {
        check_length(context, what, word, most);
    }
    all
}

fn copies(context: &mut Context<'_>, name: &Word, count: Option<&Located<u32>>) -> Vec<Word> {
    let pattern = name.value.split_once("{n").and_then(|(before, rest)| {
        let (width, after) = rest.split_once('}')?;
        let width = match width.strip_prefix(":0") {
            Some(digits) => digits.parse::<usize>().ok().filter(|width| *width <= 9)?,
            None if width.is_empty() => 0,
            None => return None,
        };
        Some((before, width, after))
    });
    let problem = |place: Range<usize>, message: &str| {
        Problem::new(Code::BadPattern, message)
            .at(place, "here")
            .help("write `name = \"BDC{n:02}\"` and `count = 20`")
    };
    match (pattern, count) {
        (None, None) => vec![name.clone()],
        (Some((before, width, after)), Some(count)) if (1..=MOST_COPIES).contains(&count.value) => (1
            ..=count.value)
            .map(|n| Located { value: format!("{before}{n:0width$}{after}"), span: name.span.clone() })
            .collect(),
        (Some(_), Some(count)) => {
            context.report(problem(count.span.clone(), "`count` is from 1 to 5000"));
            Vec::new()
        }
        (None, Some(count)) => {
            context.report(
                problem(count.span.clone(), "`count` without `{n}` in the name")
                    .at(name.span.clone(), "this name"),
            );
            Vec::new()
        }
        (Some(_), None) => {
            context.report(problem(name.span.clone(), "`{n}` in the name without `count`"));
            Vec::new()
        }
    }
}

/// Adds the table's hosts to those that exist.
pub(super) fn declare(context: &mut Context<'_>, words: &[Word], role: HostRole) {
    for word in words {
        if let Some(first) = context
            .hosts
            .get(&mockdc_mocks::HostName::from(word.value.as_str()))
            .map(|entry| entry.span.clone())
        {
            context.duplicate("hosts", &word.value, word.span.clone(), first);
            continue;
        }
        context.hosts.insert(word.value.as_str().into(), HostEntry { role, span: word.span.clone() });
    }
}

/// A domain controller's tables, one for each of its names.
pub(super) fn dcs(
    context: &mut Context<'_>,
    raw: &RawHost,
    words: &[Word],
    domain: &DomainSpec,
) -> Vec<DcSpec> {
    if let Some(user) = raw.users.first() {
        context.report(
            Problem::new(Code::LocalAccountOnDc, "a domain controller has no accounts of its own")
                .at(user.span.clone(), "a local account")
                .help("state it as a `[[user]]` of the domain"),
        );
    }
    if let Some(nt4) = &raw.nt4 {
        match &domain.replication {
            Replication::Nt4(model) => {
                let place = nt4.span.clone();
                check_bdc(context, &nt4.value, place.clone(), place.clone(), model.pulse_timeout1, place);
            }
            _ => wrong_model(context, nt4.span.clone(), "nt4"),
        }
    }
    if let Some(delay) = &raw.delay
        && !matches!(domain.replication, Replication::Delay(_))
    {
        wrong_model(context, delay.span.clone(), "delay");
    }
    let machine = settings(context, raw, domain);
    let role = raw.role.as_ref().map_or(DcRole::Bdc, |role| role.value);
    words
        .iter()
        .map(|word| DcSpec {
            name: word.value.as_str().into(),
            role,
            machine: machine.clone(),
            delay: raw.delay.as_ref().map(|delay| delay.value.0.clone()),
            nt4: raw.nt4.as_ref().map(|nt4| nt4.value.clone()),
        })
        .collect()
}

fn wrong_model(context: &mut Context<'_>, place: Range<usize>, model: &str) {
    context.report(
        Problem::new(
            Code::WrongModel,
            format!("this belongs to the model `{model}`, which the domain does not use"),
        )
        .at(place, "without effect")
        .help(format!("write `replication = {{ {model} = … }}` in `[domain]`, or take it out")),
    );
}

/// Machines, one for each of the table's names.
pub(super) fn machines(
    context: &mut Context<'_>,
    raw: &RawHost,
    words: &[Word],
    domain: &DomainSpec,
    kind: mockdc_mocks::MachineKind,
) -> Vec<MachineSpec> {
    let machine = settings(context, raw, domain);
    words
        .iter()
        .map(|word| MachineSpec {
            name: word.value.as_str().into(),
            kind: raw.kind.as_ref().map_or(kind, |kind| kind.value),
            machine: machine.clone(),
        })
        .collect()
}

fn settings(context: &mut Context<'_>, raw: &RawHost, domain: &DomainSpec) -> MachineSettings {
    let plain = MachineSettings::default();
    let os = if matches!(domain.replication, Replication::Ad(_)) { Os::Windows2000 } else { Os::Nt4 };
    if let Some(site) = &raw.site {
        context.sites.insert(site.value.as_str().into());
    }
    if let Some(unit) = &raw.unit
        && !context.units.contains_key(&unit.value.as_str().into())
    {
        let names: Vec<String> = context.units.keys().map(ToString::to_string).collect();
        context.unknown(
            Code::UnknownUnit,
            "organisational unit",
            (&unit.value, unit.span.clone()),
            names.iter().map(String::as_str),
            "add a `[[unit]]` of this name",
        );
    }
    let services = raw
        .services
        .iter()
        .map(|service| ServiceSpec {
            name: service.name.clone(),
            program: service.program.clone(),
            account: service.account.as_ref().map(|account| context.credentials(account)),
            start: service.start,
            running: service.running,
        })
        .collect();
    MachineSettings {
        os: raw.os.unwrap_or(os),
        language: raw.language,
        site: raw.site.as_ref().map_or(plain.site, |site| site.value.as_str().into()),
        unit: raw.unit.as_ref().map(|unit| unit.value.as_str().into()),
        up: raw.up.unwrap_or(plain.up),
        boot: raw.boot.unwrap_or(plain.boot),
        users: raw.users.iter().map(|user| local_user(&user.value)).collect(),
        groups: raw.groups.iter().map(|group| group_spec(group, GroupKind::Local)).collect(),
        rights: raw.rights.iter().map(right_spec).collect(),
        services,
        registry: raw
            .registry
            .iter()
            .map(|(key, values)| {
                (key.clone(), values.iter().map(|(name, data)| (name.clone(), data.0.clone())).collect())
            })
            .collect(),
        files: raw.files.clone(),
        shares: raw.shares.clone(),
        admin_share: raw.admin_share.unwrap_or(plain.admin_share),
        refresh: raw.refresh,
    }
}

fn local_user(raw: &RawUser) -> UserSpec {
    user_spec(raw, &raw.name.value)
}

fn user_spec(raw: &RawUser, name: &str) -> UserSpec {
    UserSpec {
        name: name.into(),
        password: raw.password.clone(),
        comment: raw.comment.clone(),
        flags: raw.flags.clone(),
        password_age: raw.password_age,
        earlier_passwords: raw.earlier_passwords.clone(),
        member_of: raw.member_of.iter().map(|group| group.value.as_str().into()).collect(),
        expires: raw.expires,
        limits: LogonLimits {
            hours: raw.logon_hours.iter().map(|raw| LogonHours { from: raw.from.0, to: raw.to.0 }).collect(),
            workstations: raw.workstations.iter().map(|host| host.value.as_str().into()).collect(),
        },
    }
}

fn group_spec(raw: &RawGroup, kind: GroupKind) -> GroupSpec {
    GroupSpec {
        name: raw.name.value.as_str().into(),
        kind,
        members: raw.members.iter().map(|member| member.value.as_str().into()).collect(),
    }
}

fn right_spec(raw: &RawRight) -> RightSpec {
    RightSpec { account: raw.account.value.as_str().into(), rights: raw.rights.clone() }
}

/// Users, groups and rights of the domain.
pub(super) fn directory(
    context: &mut Context<'_>,
    users: &[Node<'_>],
    groups: &[Node<'_>],
    rights: &[Node<'_>],
    english: bool,
) -> (Vec<UserSpec>, Vec<GroupSpec>, Vec<RightSpec>) {
    let mut raw_users = Vec::new();
    for node in users {
        let Some(raw) = read::<RawUser>(node, &mut context.problems) else { continue };
        let words = names_of(context, "user", Some(&raw.name), None, raw.count.as_ref(), node, 20);
        for word in &words {
            account(context, "users", word);
        }
        for host in &raw.workstations {
            context.host(&host.value, host.span.clone());
        }
        raw_users.push((raw, words));
    }
    let mut raw_groups = Vec::new();
    for node in groups {
        let Some(raw) = read::<RawGroup>(node, &mut context.problems) else { continue };
        account(context, "groups", &raw.name);
        raw_groups.push(raw);
    }
    let raw_rights: Vec<RawRight> =
        rights.iter().filter_map(|node| read(node, &mut context.problems)).collect();
    if english {
        for word in raw_users.iter().flat_map(|(raw, _)| &raw.member_of) {
            known_account(context, Code::UnknownGroup, "group", word);
        }
        for word in
            raw_groups.iter().flat_map(|raw| &raw.members).chain(raw_rights.iter().map(|raw| &raw.account))
        {
            known_account(context, Code::UnknownAccount, "account", word);
        }
    }
    (
        raw_users
            .iter()
            .flat_map(|(raw, words)| words.iter().map(|word| user_spec(raw, &word.value)))
            .collect(),
        raw_groups.iter().map(|raw| group_spec(raw, raw.kind)).collect(),
        raw_rights.iter().map(right_spec).collect(),
    )
}

fn account(context: &mut Context<'_>, what: &str, word: &Word) {
    let name = word.value.as_str().into();
    match context.accounts.get(&name).cloned() {
        Some(first) => context.duplicate(what, &word.value, word.span.clone(), first),
        None => {
            context.accounts.insert(name, word.span.clone());
        }
    }
}

fn known_account(context: &mut Context<'_>, code: Code, what: &str, word: &Word) {
    let text = word.value.rsplit('\\').next().unwrap_or(&word.value);
    let built_in = BUILT_IN.iter().any(|name| name.eq_ignore_ascii_case(text));
    if built_in || text.starts_with("*S-") || context.accounts.contains_key(&text.into()) {
        return;
    }
    let mut names: Vec<String> = context.accounts.keys().map(ToString::to_string).collect();
    names.extend(BUILT_IN.iter().map(|name| (*name).to_owned()));
    context.unknown(code, what, (text, word.span.clone()), names.iter().map(String::as_str), "");
}

/// Organisational units.
pub(super) fn units(context: &mut Context<'_>, nodes: &[Node<'_>]) -> Vec<UnitSpec> {
    let raws: Vec<RawUnit> = nodes.iter().filter_map(|node| read(node, &mut context.problems)).collect();
    for raw in &raws {
        match context.units.get(&raw.name.value.as_str().into()).cloned().filter(|place| !place.is_empty()) {
            Some(first) => context.duplicate("units", &raw.name.value, raw.name.span.clone(), first),
            None => {
                context.units.insert(raw.name.value.as_str().into(), raw.name.span.clone());
            }
        }
    }
    for parent in raws.iter().filter_map(|raw| raw.parent.as_ref()) {
        if !context.units.contains_key(&parent.value.as_str().into()) {
            let names: Vec<String> = context.units.keys().map(ToString::to_string).collect();
            context.unknown(
                Code::UnknownUnit,
                "organisational unit",
                (&parent.value, parent.span.clone()),
                names.iter().map(String::as_str),
                "add a `[[unit]]` of this name",
            );
        }
    }
    raws.into_iter()
        .map(|raw| UnitSpec {
            name: raw.name.value.as_str().into(),
            parent: raw.parent.map(|parent| parent.value.as_str().into()),
            block_inheritance: raw.block_inheritance,
        })
        .collect()
}

/// Links, one for each pair of hosts.
pub(super) fn links(context: &mut Context<'_>, nodes: &[Node<'_>]) -> Vec<LinkSpec> {
    let mut links = Vec::new();
    for node in nodes {
        let Some(raw) = read::<RawLink>(node, &mut context.problems) else { continue };
        for busy in &raw.busy {
            if busy.value.from.0 >= busy.value.to.0 {
                empty_window(context, busy.span.clone(), busy.span.clone());
            }
        }
        let busy: Vec<BusyHours> = raw
            .busy
            .iter()
            .map(|busy| BusyHours { from: busy.value.from.0, to: busy.value.to.0, left: busy.value.left.0 })
            .collect();
        let pairs = pairs(context, &raw.between.0, &raw.between.1);
        links.extend(pairs.into_iter().map(|between| LinkSpec {
            between,
            bits_per_second: raw.bandwidth.map(|rate| rate.0),
            latency: raw.latency,
            busy: busy.clone(),
        }));
    }
    links
}

/// Pairs of different hosts.
pub(super) fn pairs(
    context: &mut Context<'_>,
    one: &Word,
    other: &Word,
) -> Vec<(mockdc_mocks::HostName, mockdc_mocks::HostName)> {
    let ones = context.each_host(&crate::read::Hosts(vec![one.clone()]));
    let others = context.each_host(&crate::read::Hosts(vec![other.clone()]));
    let found = !ones.is_empty() && !others.is_empty();
    let pairs: Vec<_> = ones
        .iter()
        .flat_map(|a| others.iter().map(move |b| (a.value.clone(), b.value.clone())))
        .filter(|(a, b)| a != b)
        .collect();
    if found && pairs.is_empty() {
        context.report(
            Problem::new(Code::LinkToItself, "both ends are the same host")
                .at(other.span.clone(), "the second end")
                .at(one.span.clone(), "the first end")
                .help("name two hosts"),
        );
    }
    pairs
}

pub(super) fn empty_window(context: &mut Context<'_>, end: Range<usize>, begin: Range<usize>) {
    let problem =
        Problem::new(Code::EmptyWindow, "the window ends before it begins").at(end.clone(), "ends here");
    let problem = if begin == end { problem } else { problem.at(begin, "begins here") };
    context.report(problem.help("make the end the later one"));
}

/// Site links; they belong to the model `ad`.
pub(super) fn site_links(context: &mut Context<'_>, nodes: &[Node<'_>], replication: &mut Replication) {
    for node in nodes {
        let Some(raw) = read::<RawSiteLink>(node, &mut context.problems) else { continue };
        let interval = raw.interval.as_ref().map_or(Span::mins(180), |interval| interval.value);
        if let Some(place) = raw.interval.as_ref().map(|interval| interval.span.clone())
            && !(Span::mins(15)..=Span::days(7)).contains(&interval)
        {
            out_of_range(context, place, "interval", "15m to 7d");
        }
        for site in &raw.sites {
            if !context.sites.contains(&site.value.as_str().into()) {
                let names: Vec<String> = context.sites.iter().map(ToString::to_string).collect();
                context.unknown(
                    Code::UnknownSite,
                    "site",
                    (&site.value, site.span.clone()),
                    names.iter().map(String::as_str),
                    "give a host this `site`",
                );
            }
        }
        let Replication::Ad(ad) = &mut *replication else {
            wrong_model(context, node.span(), "ad");
            continue;
        };
        ad.site_links.push(SiteLinkSpec {
            name: raw.name.value.as_str().into(),
            sites: raw.sites.iter().map(|site| site.value.as_str().into()).collect(),
            interval,
            first: raw.first,
            cost: raw.cost.unwrap_or(100),
        });
    }
}

/// Whether every domain controller speaks English, so that built-in names are those that the reader knows.
pub(super) fn english(dcs: &[DcSpec]) -> bool {
    dcs.iter().all(|dc| dc.machine.language == Language::English)
}
