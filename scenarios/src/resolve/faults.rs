//! Policy objects and faults.

use mockdc_mocks::{
    FaultKind, FaultSpec, GpoLinkSpec, GpoSpec, Holding, HostName, Occasions, Span, Template, Win32Error,
    WireForm, WireProblem, WireSpec,
};

use super::context::{Context, place_of};
use super::one_of;
use super::world::{empty_window, pairs};
use crate::read::{
    Hosts, Located, Node, RawFault, RawPolicy, Short, Unread, Word, entry, read, read_bytes, too_large,
};
use crate::{Code, Problem};

/// Verbs of faults, of which a table has exactly one.
pub(crate) const FAULTS: &[&str] =
    &["partition", "hold", "slow", "drop", "pause", "crash", "clock-skew", "refuse", "wire", "close-port"];

/// Objects that exist without being stated, and where they are linked.
pub(super) const DEFAULT_POLICIES: [(&str, &str); 2] =
    [("Default Domain Policy", "domain"), ("Default Domain Controllers Policy", "Domain Controllers")];

/// Policy objects.
pub(super) fn policies(context: &mut Context<'_>, nodes: &[Node<'_>]) -> Vec<GpoSpec> {
    let mut policies = Vec::new();
    for node in nodes {
        let Some(raw) = read::<RawPolicy>(node, &mut context.problems) else { continue };
        let name = raw.name.value.as_str().into();
        match context.policies.get(&name).cloned().filter(|place| !place.is_empty()) {
            Some(first) => context.duplicate("policy objects", &raw.name.value, raw.name.span.clone(), first),
            None => {
                context.policies.insert(name, raw.name.span.clone());
            }
        }
        policies.push(policy(context, raw));
    }
    for (name, container) in DEFAULT_POLICIES {
        if !policies.iter().any(|policy| policy.name == name) {
            policies.push(GpoSpec {
                name: name.into(),
                template: None,
                rights: Default::default(),
                members: Default::default(),
                member_of: Default::default(),
                links: vec![plain_link(container)],
                disabled: None,
            });
        }
    }
    policies
}

fn policy(context: &mut Context<'_>, raw: RawPolicy) -> GpoSpec {
    let template = template(context, &raw);
    let links = match raw.links {
        None => DEFAULT_POLICIES
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(&raw.name.value))
            .map(|(_, container)| plain_link(container))
            .collect(),
        Some(links) => {
            let mut all = Vec::new();
            for link in links {
                match link {
                    Short::Words(words) => {
                        for word in words {
                            container(context, &word);
                            all.push(plain_link(&word.value));
                        }
                    }
                    Short::Table(table) => {
                        container(context, &table.container);
                        all.push(GpoLinkSpec {
                            container: table.container.value.as_str().into(),
                            order: table.order,
                            enabled: table.enabled.unwrap_or(true),
                            enforced: table.enforced,
                        });
                    }
                }
            }
            all
        }
    };
    GpoSpec {
        name: raw.name.value.as_str().into(),
        template,
        rights: raw.rights,
        members: raw.members,
        member_of: raw.member_of,
        links,
        disabled: raw.disabled,
    }
}

fn plain_link(container: &str) -> GpoLinkSpec {
    GpoLinkSpec { container: container.into(), order: None, enabled: true, enforced: false }
}

/// A container that must exist.
pub(super) fn container(context: &mut Context<'_>, word: &Word) {
    let text = word.value.as_str();
    let known = text.eq_ignore_ascii_case("domain")
        || text.strip_prefix("site:").is_some_and(|site| context.sites.contains(&site.into()))
        || context.units.contains_key(&text.into());
    if !known {
        let mut names = vec!["domain".to_owned()];
        names.extend(context.sites.iter().map(|site| format!("site:{site}")));
        names.extend(context.units.keys().map(ToString::to_string));
        context.unknown(
            Code::UnknownContainer,
            "container",
            (text, word.span.clone()),
            names.iter().map(String::as_str),
            "",
        );
    }
}

fn template(context: &mut Context<'_>, raw: &RawPolicy) -> Option<String> {
    match (&raw.template, &raw.template_file) {
        (None, None) => None,
        (Some(text), None) => {
            if let Err(error) = Template::parse(&text.value) {
                context.report(template_problem(text, &error.to_string()));
            }
            Some(text.value.clone())
        }
        (None, Some(file)) => template_file(context, file),
        (Some(text), Some(file)) => {
            context.report(
                Problem::new(Code::TemplateFile, "`template` and `template-file` stand together")
                    .at(file.span.clone(), "the file")
                    .at(text.span.clone(), "the text")
                    .help("keep one of them"),
            );
            None
        }
    }
}

fn template_problem(place: &Word, error: &str) -> Problem {
    Problem::new(Code::Template, format!("the template cannot be understood: {error}"))
        .at(place.span.clone(), "this template")
        .help("`mockdc explain template` shows one")
}

fn template_file(context: &mut Context<'_>, file: &Word) -> Option<String> {
    let bytes = match read_bytes(&context.folder.join(&file.value)) {
        Ok(bytes) => bytes,
        Err(unread) => {
            let unreadable = |why: String| {
                Problem::new(Code::TemplateFile, format!("the file `{}` {why}", file.value))
                    .help("put the file beside the scenario")
            };
            let problem = match unread {
                Unread::Refused(kind) => unreadable(format!("cannot be read: {kind}")),
                Unread::NotAFile => unreadable("is a device or pipe".to_owned()),
                Unread::TooLarge => too_large("template"),
            };
            context.report(problem.at(file.span.clone(), "relative to the scenario"));
            return None;
        }
    };
    match Template::read(&bytes) {
        Ok(template) => Some(template.to_string()),
        Err(error) => {
            context.report(template_problem(file, &error.to_string()));
            None
        }
    }
}

/// Faults.
pub(super) fn faults(context: &mut Context<'_>, nodes: &[Node<'_>]) -> Vec<FaultSpec> {
    let mut faults = Vec::new();
    for node in nodes {
        let Some(raw) = read::<RawFault>(node, &mut context.problems) else { continue };
        let name = raw.name.value.as_str().into();
        if let Some(first) = context.faults.get(&name).cloned() {
            context.duplicate("faults", &raw.name.value, raw.name.span.clone(), first);
        }
        context.faults.insert(name, raw.name.span.clone());
        let from =
            raw.from.as_ref().map_or(Span::ZERO, |from| context.instant(from).since(Default::default()));
        let until = raw.until.as_ref().map(|until| {
            let start = raw.from.clone().unwrap_or(Located { value: Span::ZERO, span: until.span.clone() });
            if until.value <= start.value {
                empty_window(context, until.span.clone(), start.span);
            }
            until.value
        });
        check_count(context, &raw, node);
        let (name, count, touches_nothing) = (raw.name.clone(), raw.count, raw.touches_nothing);
        for kind in kinds(context, raw, node) {
            faults.push(FaultSpec {
                name: name.value.as_str().into(),
                kind,
                from,
                until,
                count,
                touches_nothing,
            });
        }
    }
    faults
}

/// A machine is down, its port closed or its clock wrong for the whole window: there are no occasions to count.
fn check_count(context: &mut Context<'_>, raw: &RawFault, node: &Node<'_>) {
    if let Some(count) = entry(node, "count")
        && (raw.crash.is_some() || raw.clock_skew.is_some() || raw.close_port.is_some())
        && raw.count != Occasions::All
    {
        context.report(
            Problem::new(Code::KeysDisagree, "this fault has no occasions to count")
                .at(count.span(), "without effect")
                .help("take `count` out: a crash, a closed port and a wrong clock last for the whole window"),
        );
    }
    if let Some(count) = entry(node, "count")
        && matches!(raw.count, Occasions::First(0) | Occasions::Every(0) | Occasions::Nth(0))
    {
        context.report(
            Problem::new(Code::OutOfRange, "occasions count from 1")
                .at(count.span(), "touches nothing")
                .help("write for example `count = { first = 2 }`"),
        );
    }
}

fn kinds(context: &mut Context<'_>, raw: RawFault, node: &Node<'_>) -> Vec<FaultKind> {
    if !one_of(context, node, FAULTS, "fault") {
        return Vec::new();
    }
    let host = |context: &mut Context<'_>, word: &Word| context.host(&word.value, word.span.clone());
    if let Some(raw) = raw.partition {
        let (from, to) = (values(context, &raw.from), values(context, &raw.to));
        if let (Some(both), Some(word)) = (from.iter().find(|host| to.contains(host)), raw.to.0.first()) {
            let problem = Problem::new(Code::LinkToItself, format!("`{both}` stands on both sides"))
                .at(word.span.clone(), "one side")
                .help("a host is on one side only");
            context.report(problem);
        }
        return vec![FaultKind::Partition { from, to, one_way: raw.one_way }];
    }
    if let Some(raw) = raw.hold {
        return vec![FaultKind::Hold { at: values(context, &raw.at) }];
    }
    if let Some(raw) = raw.slow {
        let bits_per_second = raw.bandwidth.map(|rate| rate.0);
        return pairs(context, &raw.between.0, &raw.between.1)
            .into_iter()
            .map(|between| FaultKind::Slow { between, latency: raw.latency, bits_per_second })
            .collect();
    }
    if let Some(raw) = raw.drop {
        return vec![FaultKind::Drop {
            verb: raw.verb,
            at: raw.at.and_then(|word| host(context, &word)),
            from: raw.from.and_then(|word| host(context, &word)),
            timeout: raw.timeout.unwrap_or(Span::secs(30)),
        }];
    }
    if let Some(raw) = raw.pause {
        return host(context, &raw.at).map(|at| FaultKind::Pause { at }).into_iter().collect();
    }
    if let Some(raw) = raw.crash {
        let loses_unreplicated = raw.loses_unreplicated;
        return host(context, &raw.at)
            .map(|at| FaultKind::Crash { at, loses_unreplicated })
            .into_iter()
            .collect();
    }
    if let Some(raw) = raw.clock_skew {
        return host(context, &raw.at)
            .map(|at| FaultKind::ClockSkew { at, by: raw.by })
            .into_iter()
            .collect();
    }
    if let Some(raw) = raw.refuse {
        return vec![FaultKind::Refuse {
            verb: raw.verb,
            at: raw.at.and_then(|word| host(context, &word)),
            from: raw.from.and_then(|word| host(context, &word)),
            account: raw.account,
            code: Win32Error(raw.code),
        }];
    }
    if let Some(raw) = raw.wire {
        let at = controllers(context, &raw.at);
        let form = WireForm {
            at,
            operation: raw.operation,
            result: raw.result,
            text: raw.text,
            hang: raw.hang.map(|hang| Holding(hang.0)),
            drip: raw.drip,
            effect: raw.effect,
        };
        return match WireSpec::try_from(form) {
            Ok(wire) => vec![FaultKind::Wire(wire)],
            Err(problem) => {
                context.report(wire_problem(node, problem));
                Vec::new()
            }
        };
    }
    if let Some(raw) = raw.close_port {
        return vec![FaultKind::ClosePort { at: controllers(context, &raw.at) }];
    }
    Vec::new()
}

/// Hosts that have ports: domain controllers.
fn controllers(context: &mut Context<'_>, hosts: &Hosts) -> Vec<HostName> {
    let hosts = context.each_host(hosts);
    hosts.into_iter().filter_map(|host| context.dc(host.value.as_str(), host.span)).collect()
}

fn wire_problem(node: &Node<'_>, why: WireProblem) -> Problem {
    let code = match why {
        WireProblem::NoEffect => Code::NoVerb,
        WireProblem::SeveralEffects(..) => Code::SeveralVerbs,
        WireProblem::TextAlone | WireProblem::Connection(_) => Code::KeysDisagree,
        WireProblem::NoResult(_)
        | WireProblem::NoHang(_)
        | WireProblem::NoOctets
        | WireProblem::NoPause(_) => Code::OutOfRange,
    };
    let mut problem = Problem::new(code, why.to_string()).help(why.help());
    let [first, second] = why.keys();
    let place = |key: Option<&str>| key.map(|key| place_of(node, &["wire", key]));
    problem = match place(first) {
        Some(place) => problem.at(place, "this"),
        None => problem.at(place_of(node, &["wire"]), "this fault"),
    };
    match place(second) {
        Some(place) => problem.at(place, "beside this"),
        None => problem,
    }
}

fn values(context: &mut Context<'_>, hosts: &Hosts) -> Vec<mockdc_mocks::HostName> {
    context.each_host(hosts).into_iter().map(|host| host.value).collect()
}
