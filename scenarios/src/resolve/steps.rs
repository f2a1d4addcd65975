//! Steps: when, and what.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use mockdc_mocks::{Credentials, HostName, Name, Operation, SimTime, Span, Verb, VerbKind};

use super::conditions::{cause, check_names, check_script_at};
use super::context::{Context, HostRole};
use super::faults::{DEFAULT_POLICIES, container};
use super::world::{check_account_policy, empty_window, zero_interval};
use super::{one_of, unusable};
use crate::read::{
    Hosts, Located, Node, RawEditPolicy, RawInstall, RawStep, RawTrigger, RawUpgrade, Short, Word, entry,
    items, read,
};
use crate::{Action, Client, Code, InstallMethod, Problem, Step, Trigger};

/// Verbs of `edit-policy`.
pub(crate) const EDITS: &[&str] =
    &["define-right", "add-to-right", "undefine-right", "write", "link", "unlink"];

/// Verbs, of which a table has exactly one.
pub(crate) const ACTIONS: &[&str] = &[
    "install",
    "upgrade",
    "cycle",
    "synchronize",
    "restart-service",
    "restart",
    "refresh-policy",
    "edit-policy",
    "do",
    "run",
];

/// The ids that steps have, before any is resolved, so that patterns can speak of them.
pub(super) fn declare_steps(context: &mut Context<'_>, nodes: &[Node<'_>]) {
    let mut seen: BTreeMap<Name, Range<usize>> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        let id =
            entry(node, "id").and_then(|id| id.get_ref().as_str().map(|text| (text.to_owned(), id.span())));
        if let Some((text, span)) = &id {
            let name = Name::from(text.as_str());
            match seen.get(&name).cloned() {
                Some(first) => context.duplicate("steps", text, span.clone(), first),
                None => {
                    seen.insert(name, span.clone());
                }
            }
        }
        context.steps.insert(id.map_or_else(|| format!("step-{}", at + 1), |(text, _)| text).into());
    }
}

/// A `[[step]]`: as many steps as it has operations.
pub(super) fn steps(context: &mut Context<'_>, node: &Node<'_>, number: usize) -> Vec<Step> {
    let line = context.line(node);
    let mut all: Vec<(Trigger, Action)> = Vec::new();
    let mut id = format!("step-{number}");
    for node in context.repeated(node) {
        let Some(raw) = read::<RawStep>(&node, &mut context.problems) else { continue };
        if let Some(word) = &raw.id {
            id = word.value.clone();
        }
        let stagger = raw.stagger.clone();
        let is_one = one_of(context, &node, ACTIONS, "step");
        let Some((trigger, actions)) = triggered(context, raw, &node, is_one) else { continue };
        if let Some(stagger) = &stagger
            && (actions.len() < 2 || !matches!(trigger, Trigger::At(_)))
        {
            context.report(
                Problem::new(Code::KeysDisagree, "`stagger` needs several clients and an `at`")
                    .at(stagger.span.clone(), "without effect")
                    .help("install several clients, or take it out"),
            );
        }
        for (nth, action) in actions.into_iter().enumerate() {
            let later =
                stagger.as_ref().map_or(Span::ZERO, |span| span.value.times(i64::try_from(nth).unwrap_or(0)));
            let trigger = match &trigger {
                Trigger::At(at) => Trigger::At(*at + later),
                other => other.clone(),
            };
            all.push((trigger, action));
        }
    }
    let several = all.len() > 1;
    all.into_iter()
        .enumerate()
        .map(|(nth, (trigger, action))| Step {
            id: if several { format!("{id}-{}", nth + 1) } else { id.clone() }.into(),
            line,
            trigger,
            action,
        })
        .collect()
}

fn triggered(
    context: &mut Context<'_>,
    mut raw: RawStep,
    node: &Node<'_>,
    is_one: bool,
) -> Option<(Trigger, Vec<Action>)> {
    let trigger = RawTrigger {
        at: raw.at.take(),
        every: raw.every.take(),
        first: raw.first.take(),
        end: raw.end.take(),
        count: raw.count,
        when: raw.when.take(),
        each: raw.each,
        after: raw.after,
    };
    let trigger = self::trigger(context, trigger, node, true)?;
    let actions = if is_one { actions(context, raw, node) } else { Vec::new() };
    Some((trigger?, actions))
}

/// The trigger of a step or script; `Some(None)` when a script has none.
pub(super) fn trigger(
    context: &mut Context<'_>,
    raw: RawTrigger,
    node: &Node<'_>,
    required: bool,
) -> Option<Option<Trigger>> {
    let stated =
        usize::from(raw.at.is_some()) + usize::from(raw.every.is_some()) + usize::from(raw.when.is_some());
    if stated > 1 || (stated == 0 && required) {
        let (code, message) = if stated == 0 {
            (Code::NoTrigger, "the step does not say when")
        } else {
            (Code::KeysDisagree, "the table says in two ways when")
        };
        context.report(
            Problem::new(code, message)
                .at(node.span(), "this table")
                .help("exactly one of `at`, `every` and `when`"),
        );
        return None;
    }
    let wrong = (raw.every.is_none() && (raw.first.is_some() || raw.end.is_some() || raw.count.is_some()))
        || (raw.when.is_none() && (raw.each.is_some() || raw.after.is_some()));
    if wrong {
        context.report(
            Problem::new(Code::KeysDisagree, "a key without the trigger that it belongs to")
                .at(node.span(), "in this table")
                .help("`first`, `end` and `count` go with `every`; `each` and `after` with `when`"),
        );
    }
    if let Some(at) = raw.at {
        return Some(Some(Trigger::At(context.instant(&at))));
    }
    if let Some(every) = raw.every {
        if every.value <= Span::ZERO {
            context.report(zero_interval(every.span));
        }
        let first = raw.first.as_ref().map(|first| context.instant(first));
        if let Some(end) = &raw.end
            && end.value < raw.first.as_ref().map_or(Span::ZERO, |first| first.value)
        {
            let begin = raw.first.as_ref().map_or(end.span.clone(), |first| first.span.clone());
            empty_window(context, end.span.clone(), begin);
        }
        let end = raw.end.map(|end| SimTime::START + end.value);
        return Some(Some(Trigger::Every { every: every.value, first, end, count: raw.count }));
    }
    let Some(when) = raw.when else { return Some(None) };
    let place = entry(node, "when").map_or(node.span(), |when| when.span());
    if let Some(when) = entry(node, "when") {
        check_names(context, when, None);
    }
    match cause(when) {
        Ok(what) => Some(Some(Trigger::When {
            what,
            each: raw.each.unwrap_or(false),
            after: raw.after.unwrap_or_default(),
        })),
        Err(message) => {
            context.report(unusable(place, &message));
            None
        }
    }
}

fn actions(context: &mut Context<'_>, raw: RawStep, node: &Node<'_>) -> Vec<Action> {
    if entry(node, "do").is_none() && (raw.at_host.is_some() || raw.user.is_some() || raw.require.is_some()) {
        context.report(
            Problem::new(Code::KeysDisagree, "`at-host`, `as` and `require` belong to `do`")
                .at(node.span(), "a step without `do`")
                .help("take them out, or state the operation with `do`"),
        );
    }
    if let Some(raw) = raw.install {
        return installs(context, raw, node);
    }
    if let Some(raw) = raw.upgrade {
        return upgrades(context, raw);
    }
    if let Some(hosts) = raw.cycle {
        return context
            .each_client(&hosts)
            .into_iter()
            .map(|host| Action::Cycle { client: host.value })
            .collect();
    }
    if let Some(raw) = raw.synchronize {
        return synchronize(context, raw);
    }
    if let Some(raw) = raw.restart_service {
        let hosts = context.each_host(&raw.host);
        return hosts
            .into_iter()
            .map(|host| Action::RestartService { host: host.value, service: raw.service.clone() })
            .collect();
    }
    if let Some(raw) = raw.restart {
        let (hosts, down) = match raw {
            Short::Words(words) => (Hosts(words), None),
            Short::Table(table) => (table.host, table.down),
        };
        return at_each(context, &hosts, &Verb::Restart { down });
    }
    if let Some(raw) = raw.refresh_policy {
        let (hosts, force) = match raw {
            Short::Words(words) => (Hosts(words), false),
            Short::Table(table) => (table.host, table.force),
        };
        return at_each(context, &hosts, &Verb::PolicyRefresh { force });
    }
    if let Some(raw) = raw.edit_policy {
        return edit_policy(context, raw, node);
    }
    if let Some(script) = raw.run {
        check_script_at(context, &script.value, script.span.clone());
        return vec![Action::Run { script: script.value.as_str().into() }];
    }
    let Some(operations) = entry(node, "do") else { return Vec::new() };
    let user = raw.user.as_ref().map(|user| context.credentials(user));
    operations_of(context, operations, raw.at_host, user, raw.require)
}

fn done(at: HostName, verb: Verb) -> Action {
    Action::Do { operation: Operation { at, verb }, user: None, require: None }
}

fn at_each(context: &mut Context<'_>, hosts: &Hosts, verb: &Verb) -> Vec<Action> {
    context.each_host(hosts).into_iter().map(|host| done(host.value, verb.clone())).collect()
}

fn installs(context: &mut Context<'_>, raw: RawInstall, node: &Node<'_>) -> Vec<Action> {
    let by = match (&raw.by, raw.method) {
        (Some(word), InstallMethod::Remote) => site_server(context, word),
        (Some(word), _) => {
            context.report(
                Problem::new(Code::KeysDisagree, "a manual or logon install is made by no site server")
                    .at(word.span.clone(), "not with this method")
                    .help("take `by` out"),
            );
            None
        }
        (None, InstallMethod::Remote) => only_site_server(context, node),
        (None, _) => None,
    };
    let user = raw.user.as_ref().map(|user| context.credentials(user));
    context
        .each_client(&raw.client)
        .into_iter()
        .map(|client| Action::Install {
            client: client.value,
            by: by.clone(),
            method: raw.method,
            user: user.clone(),
        })
        .collect()
}

fn site_server(context: &mut Context<'_>, word: &Word) -> Option<HostName> {
    let host = HostName::from(word.value.as_str());
    if context.site_servers.contains_key(&host) {
        return Some(host);
    }
    let names: Vec<String> = context.site_servers.keys().map(ToString::to_string).collect();
    context.unknown(
        Code::UnknownSiteServer,
        "site server",
        (&word.value, word.span.clone()),
        names.iter().map(String::as_str),
        "add a `[[site-server]]` of this name",
    );
    None
}

fn only_site_server(context: &mut Context<'_>, node: &Node<'_>) -> Option<HostName> {
    let place = entry(node, "install").map_or(node.span(), |install| install.span());
    let mut names = context.site_servers.keys();
    match (names.next(), names.next()) {
        (Some(only), None) => Some(only.clone()),
        (first, _) => {
            let message = match first {
                None => "a remote install without a site server",
                Some(_) => "several site servers, and the install does not say which",
            };
            context.report(
                Problem::new(Code::NoSiteServer, message)
                    .at(place, "made by whom?")
                    .help("name a `[[site-server]]` with `by`, or write `method = \"manual\"`"),
            );
            None
        }
    }
}

/// Reports upgrades of clients that are not there at the start and that no step installs.
pub(super) fn check_upgrades(context: &mut Context<'_>, clients: &[Client], steps: &[Step]) {
    let at_start = clients.iter().filter(|client| client.installed).map(|client| &client.machine);
    let by_steps = steps.iter().filter_map(|step| match &step.action {
        Action::Install { client, .. } => Some(client),
        _ => None,
    });
    let installed: BTreeSet<&HostName> = at_start.chain(by_steps).collect();
    for Located { value: client, span } in std::mem::take(&mut context.upgrades) {
        if !installed.contains(&client) {
            context.report(
                Problem::new(Code::NothingToUpgrade, format!("nothing installs the client on `{client}`"))
                    .at(span, "nothing to upgrade")
                    .help("write `installed = true` in its `[[client]]`, or install it with an earlier step"),
            );
        }
    }
}

fn upgrades(context: &mut Context<'_>, raw: RawUpgrade) -> Vec<Action> {
    let clients = context.each_client(&raw.client);
    let Some(profile) = context.profile(&raw.profile, &raw.overrides, raw.profile.span.clone()) else {
        return Vec::new();
    };
    let profile = std::sync::Arc::new(profile);
    context.upgrades.extend(clients.iter().cloned());
    clients
        .into_iter()
        .map(|client| Action::Upgrade { client: client.value, profile: profile.clone() })
        .collect()
}

fn synchronize(context: &mut Context<'_>, raw: Located<Short<crate::read::RawSynchronize>>) -> Vec<Action> {
    let (hosts, full) = match raw.value {
        Short::Words(words) => (Hosts(words), false),
        Short::Table(table) => (table.at, table.full),
    };
    let mut actions = Vec::new();
    for word in &hosts.0 {
        if word.value.eq_ignore_ascii_case("domain") && !context.hosts.contains_key(&HostName::from("domain"))
        {
            actions.extend(context.pdc().map(|pdc| done(pdc, Verb::SynchronizeDomain { full })));
            continue;
        }
        let exact = !word.value.contains(['*', '{']);
        let found = if exact {
            let dc = context.dc(&word.value, word.span.clone());
            dc.map(|value| Located { value, span: word.span.clone() }).into_iter().collect()
        } else {
            context.each_host(&Hosts(vec![word.clone()]))
        };
        for host in found {
            if exact && is_pdc(context, &host.value) {
                context.report(synchronizes_pdc(&host));
            } else if context.hosts[&host.value].role == HostRole::Bdc {
                actions.push(done(host.value, Verb::Synchronize { full }));
            }
        }
    }
    actions
}

fn is_pdc(context: &Context<'_>, host: &HostName) -> bool {
    // With Active Directory the emulator takes changes from others as well, yet synchronising is asked of a replica.
    context.hosts.get(host).is_some_and(|entry| entry.role == HostRole::Pdc)
}

fn synchronizes_pdc(host: &Located<HostName>) -> Problem {
    Problem::new(Code::SynchronizesThePdc, format!("`{}` is the primary domain controller", host.value))
        .at(host.span.clone(), "has no source to synchronise from")
        .help("name a BDC, or write `synchronize = \"domain\"`")
}

fn edit_policy(context: &mut Context<'_>, raw: RawEditPolicy, node: &Node<'_>) -> Vec<Action> {
    let place = entry(node, "edit-policy").unwrap_or(node);
    if !one_of(context, place, EDITS, "edit") {
        return Vec::new();
    }
    let gpo = raw.policy.value.as_str();
    let default = DEFAULT_POLICIES.iter().any(|(name, _)| name.eq_ignore_ascii_case(gpo));
    if raw.write.is_none() && !default && !context.policies.contains_key(&gpo.into()) {
        let names: Vec<String> = context.policies.keys().map(ToString::to_string).collect();
        let all = names.iter().map(String::as_str).chain(DEFAULT_POLICIES.iter().map(|(name, _)| *name));
        let all: Vec<&str> = all.collect();
        context.unknown(Code::UnknownPolicy, "policy object", (gpo, raw.policy.span.clone()), all, "");
    }
    let gpo = mockdc_mocks::GpoName::from(gpo);
    let verb = if let Some(raw) = raw.define_right {
        Verb::GpoDefineRight { gpo, right: raw.right, holders: raw.holders }
    } else if let Some(raw) = raw.add_to_right {
        Verb::GpoAddToRight { gpo, right: raw.right, holder: raw.holder }
    } else if let Some(raw) = raw.undefine_right {
        Verb::GpoUndefineRight { gpo, right: raw.right }
    } else if let Some(text) = raw.write {
        if let Err(error) = mockdc_mocks::Template::parse(&text.value) {
            context.report(
                Problem::new(Code::Template, format!("the template cannot be understood: {error}"))
                    .at(text.span.clone(), "this template")
                    .help("`mockdc explain template` shows one"),
            );
        }
        Verb::GpoWrite { gpo, template: text.value }
    } else if let Some(raw) = raw.link {
        container(context, &raw.container);
        Verb::GpoLink {
            gpo,
            container: raw.container.value.as_str().into(),
            enabled: raw.enabled.unwrap_or(true),
            enforced: raw.enforced,
        }
    } else if let Some(raw) = raw.unlink {
        container(context, &raw.container);
        Verb::GpoUnlink { gpo, container: raw.container.value.as_str().into() }
    } else {
        return Vec::new();
    };
    let at = match raw.at {
        Some(word) => context.dc(&word.value, word.span),
        None => context.pdc(),
    };
    at.map(|at| done(at, verb)).into_iter().collect()
}

/// What an operation's own type does not tell: an account policy that contradicts itself.
pub(super) fn check_verb(context: &mut Context<'_>, verb: &Verb, node: &Node<'_>) {
    if let Verb::AccountPolicySet { policy } = verb {
        let arguments = entry(node, "account-policy-set");
        let place = arguments.and_then(|arguments| entry(arguments, "policy")).unwrap_or(node);
        check_account_policy(context, policy, place);
    }
}

fn operations_of(
    context: &mut Context<'_>,
    operations: &Node<'_>,
    at_host: Option<Hosts>,
    user: Option<Credentials>,
    require: Option<u32>,
) -> Vec<Action> {
    let hosts: Vec<HostName> = match at_host {
        Some(hosts) => context.each_host(&hosts).into_iter().map(|host| host.value).collect(),
        None => context.pdc().into_iter().collect(),
    };
    let mut actions = Vec::new();
    for item in items(operations) {
        let Some(verb) = read::<Verb>(item, &mut context.problems) else { continue };
        check_verb(context, &verb, item);
        for host in &hosts {
            if verb.kind() == VerbKind::Synchronize && is_pdc(context, host) {
                context.report(synchronizes_pdc(&Located { value: host.clone(), span: item.span() }));
            }
            let operation = Operation { at: host.clone(), verb: verb.clone() };
            actions.push(Action::Do { operation, user: user.clone(), require });
        }
    }
    actions
}
