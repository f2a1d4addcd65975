//! Users, groups, rights and organisational units.

use mockdc_mocks::{GroupKind, GroupSpec, LogonHours, LogonLimits, RightSpec, UnitSpec, UserSpec};

use super::names::names_of;
use super::network::weekdays;
use crate::Code;
use crate::read::{Node, RawGroup, RawRight, RawUnit, RawUser, Word, read};
use crate::resolve::context::Context;

/// Groups and accounts that every domain has.
pub(super) const BUILT_IN: &[&str] = &[
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

/// Users, groups and rights of the domain.
pub(in crate::resolve) fn directory(
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
    let mut specs = Vec::new();
    for (raw, words) in &raw_users {
        let spec = local_user(context, raw);
        specs.extend(words.iter().map(|word| UserSpec { name: word.value.as_str().into(), ..spec.clone() }));
    }
    (
        specs,
        raw_groups.iter().map(|raw| group_spec(raw, raw.kind)).collect(),
        raw_rights.iter().map(right_spec).collect(),
    )
}

pub(super) fn local_user(context: &mut Context<'_>, raw: &RawUser) -> UserSpec {
    UserSpec {
        entry: Default::default(),
        name: raw.name.value.as_str().into(),
        password: raw.password.clone(),
        comment: raw.comment.clone(),
        flags: raw.flags.clone(),
        password_age: raw.password_age,
        earlier_passwords: raw.earlier_passwords.clone(),
        member_of: raw.member_of.iter().map(|group| group.value.as_str().into()).collect(),
        expires: raw.expires,
        limits: LogonLimits {
            hours: raw
                .logon_hours
                .iter()
                .map(|raw| LogonHours {
                    from: raw.from.0,
                    to: raw.to.0,
                    days: weekdays(context, raw.days.as_ref()),
                })
                .collect(),
            workstations: raw.workstations.iter().map(|host| host.value.as_str().into()).collect(),
        },
    }
}

pub(super) fn group_spec(raw: &RawGroup, kind: GroupKind) -> GroupSpec {
    GroupSpec {
        entry: Default::default(),
        name: raw.name.value.as_str().into(),
        kind,
        members: raw.members.iter().map(|member| member.value.as_str().into()).collect(),
    }
}

pub(super) fn right_spec(raw: &RawRight) -> RightSpec {
    RightSpec { account: raw.account.value.as_str().into(), rights: raw.rights.clone() }
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
pub(in crate::resolve) fn units(context: &mut Context<'_>, nodes: &[Node<'_>]) -> Vec<UnitSpec> {
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
