//! Which operations of the port a client's request is: what a program of Win32 would call for the same purpose. So faults
//! that name operations touch clients of LDAP as they touch calls.

use std::collections::BTreeSet;

use super::dn;
use super::message::{
    AttributeList, BindCredentials, Filter, Modification, ModificationKind, Request, SearchRequest,
};
use super::ntlm::Proof;
use super::session::text;
use super::spnego;
use super::view::{View, number};
use crate::directory::{Principal, PrincipalKind, Rid};
use crate::{AccountName, Authority, Credentials, HostName, LogonType, Secret, Verb};

/// The operations that a request is, in its order: none for what is about no account.
pub(super) fn verbs(view: &View<'_>, request: &Request<'_>) -> Vec<Verb> {
    let found = |dn: &[u8]| view.find(&text(dn)).ok();
    let principal = |dn: &[u8]| found(dn).and_then(|id| view.database.principal(id));
    match request {
        Request::Bind { name, credentials, .. } => logon(view, name, credentials).into_iter().collect(),
        Request::Search(search) => sought(view, search).into_iter().collect(),
        Request::Compare { dn, .. } => principal(dn).map(look).into_iter().collect(),
        Request::Add { dn, attributes } => added(view, dn, attributes),
        Request::Modify { dn, changes } => found(dn).map_or_else(Vec::new, |id| modified(view, id, changes)),
        Request::Delete(dn) => principal(dn).map(deleted).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The computer that a bind says that it comes from.
pub(super) fn workstation(request: &Request<'_>) -> Option<HostName> {
    let Request::Bind { credentials, .. } = request else { return None };
    let proof = proof(credentials)?;
    (!proof.workstation.is_empty()).then(|| HostName::from(proof.workstation.as_str()))
}

/// A client's last NTLM message, whatever it is wrapped in.
fn proof(credentials: &BindCredentials<'_>) -> Option<Proof> {
    match credentials {
        BindCredentials::SicilyResponse(token) => Proof::read(token).ok(),
        BindCredentials::Sasl { token: Some(token), .. } => Proof::read(token).ok().or_else(|| {
            let inner = spnego::read(token)?.inner?;
            Proof::read(&inner).ok()
        }),
        _ => None,
    }
}

/// A bind that says who it is.
fn logon(view: &View<'_>, name: &[u8], credentials: &BindCredentials<'_>) -> Option<Verb> {
    let simple = matches!(credentials, BindCredentials::Simple(_));
    let name = match credentials {
        BindCredentials::Simple([]) => return None,
        BindCredentials::Simple(_) => text(name),
        credentials => {
            let proof = proof(credentials).filter(|proof| !proof.is_anonymous())?;
            match proof.domain.as_str() {
                _ if proof.user.contains('@') => proof.user,
                "" => proof.user,
                domain => format!("{domain}\\{}", proof.user),
            }
        }
    };
    let user = if simple { view.bound_as(&name) } else { view.account_of(&name) };
    let user = user.unwrap_or_else(|| name.as_str().into());
    let credentials = Credentials { authority: Authority::Domain, user, password: unknown() };
    Some(Verb::Logon { credentials, logon: LogonType::Network })
}

/// Faults look at no password.
fn unknown() -> Secret {
    Secret::from("")
}

/// What asks for an account or a group.
fn look(principal: &Principal) -> Verb {
    let group = principal.name.clone();
    match principal.kind {
        PrincipalKind::Group => Verb::GroupMembers { group },
        PrincipalKind::LocalGroup => Verb::LocalGroupMembers { group },
        _ => Verb::UserInfo { user: group },
    }
}

/// A search is about the account that its filter names, be it there or not, or that it begins at.
fn sought(view: &View<'_>, search: &SearchRequest<'_>) -> Option<Verb> {
    let principal = |name: &AccountName| {
        let found = view.database.find(name);
        found.and_then(|id| view.database.principal(id))
    };
    if let Some(name) = asserted(&search.filter, b"sAMAccountName") {
        let user = AccountName::from(name);
        return Some(principal(&user).map_or(Verb::UserInfo { user }, look));
    }
    let named = asserted(&search.filter, b"cn").and_then(|name| principal(&name.into()));
    let base = || view.find(&text(search.base)).ok().and_then(|id| view.database.principal(id));
    named.or_else(base).map(look)
}

/// The value that a filter asserts of an attribute.
fn asserted(filter: &Filter<'_>, attribute: &[u8]) -> Option<String> {
    match filter {
        Filter::And(list) | Filter::Or(list) => list.iter().find_map(|filter| asserted(filter, attribute)),
        Filter::Equal(name, value) if name.eq_ignore_ascii_case(attribute) => Some(text(value)),
        _ => None,
    }
}

fn deleted(principal: &Principal) -> Verb {
    let group = principal.name.clone();
    match principal.kind {
        PrincipalKind::Group => Verb::GroupDelete { group },
        PrincipalKind::LocalGroup => Verb::LocalGroupDelete { group },
        _ => Verb::UserDelete { user: group },
    }
}

/// The values of an attribute.
fn listed<'a>(attributes: &'a AttributeList<'a>, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    let of = attributes.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
    of.flat_map(|(_, values)| values.iter().copied())
}

fn added(view: &View<'_>, dn: &[u8], attributes: &AttributeList<'_>) -> Vec<Verb> {
    let values = |name| listed(attributes, name);
    let is = |class: &str| values(b"objectClass").any(|value| value.eq_ignore_ascii_case(class.as_bytes()));
    let first_rdn = || dn::parse(&text(dn))?.into_iter().next().map(|rdn| rdn.value);
    let Some(name) = values(b"sAMAccountName").next().map(text).or_else(first_rdn) else { return Vec::new() };
    let name = AccountName::from(name);
    if ["user", "inetOrgPerson", "computer"].iter().any(|class| is(class)) {
        let (password, flags) = (unknown(), BTreeSet::new());
        return vec![Verb::UserAdd { user: name, password, comment: None, flags }];
    }
    if !is("group") {
        return Vec::new();
    }
    let local = values(b"groupType").next().and_then(number).is_some_and(|kind| kind & 4 != 0);
    let add = match local {
        true => Verb::LocalGroupAdd { group: name.clone() },
        false => Verb::GroupAdd { group: name.clone() },
    };
    let members = values(b"member").filter_map(|member| member_of(view, member));
    std::iter::once(add).chain(members.map(|member| joins(local, &name, member))).collect()
}

/// The account that a value of `member` names.
fn member_of(view: &View<'_>, value: &[u8]) -> Option<AccountName> {
    view.find(&text(value)).ok().and_then(|id| view.database.name(id)).cloned()
}

fn joins(local: bool, group: &AccountName, member: AccountName) -> Verb {
    let group = group.clone();
    match local {
        true => Verb::LocalGroupAddMember { group, member },
        false => Verb::GroupAddUser { group, user: member },
    }
}

fn leaves(local: bool, group: &AccountName, member: AccountName) -> Verb {
    let group = group.clone();
    match local {
        true => Verb::LocalGroupRemoveMember { group, member },
        false => Verb::GroupRemoveUser { group, user: member },
    }
}

fn modified(view: &View<'_>, id: Rid, changes: &[Modification<'_>]) -> Vec<Verb> {
    let Some(principal) = view.database.principal(id) else { return Vec::new() };
    let mut verbs = Vec::new();
    for change in changes {
        let more = match principal.kind {
            PrincipalKind::User => written(view, &principal.name, change, changes).into_iter().collect(),
            kind => membership(view, id, &principal.name, kind == PrincipalKind::LocalGroup, change),
        };
        for verb in more {
            if !verbs.contains(&verb) {
                verbs.push(verb);
            }
        }
    }
    verbs
}

/// What a change of one attribute of a user is.
fn written(
    view: &View<'_>,
    user: &AccountName,
    change: &Modification<'_>,
    all: &[Modification<'_>],
) -> Option<Verb> {
    let user = user.clone();
    let value = change.values.first();
    Some(match text(change.attribute).to_ascii_lowercase().as_str() {
        "unicodepwd" => {
            let old = |change: &Modification<'_>| {
                change.kind == ModificationKind::Delete
                    && change.attribute.eq_ignore_ascii_case(b"unicodePwd")
            };
            match all.iter().any(old) {
                true => Verb::UserChangePassword { user, old: unknown(), new: unknown() },
                false => Verb::UserSetPassword { user, password: unknown() },
            }
        }
        "description" => {
            Verb::UserSetComment { user, comment: value.map(|value| text(value)).unwrap_or_default() }
        }
        "useraccountcontrol" | "pwdlastset" | "lockouttime" => {
            Verb::UserSetFlags { user, set: BTreeSet::new(), clear: BTreeSet::new() }
        }
        "accountexpires" => Verb::UserSetExpiry { user, expires: None },
        "userworkstations" | "logonhours" => {
            Verb::UserSetLogonLimits { user, hours: Vec::new(), workstations: BTreeSet::new() }
        }
        "samaccountname" => Verb::UserRename { user, to: text(value?).into() },
        "primarygroupid" => {
            let group = number(value?).and_then(|number| u32::try_from(number).ok()).map(Rid);
            Verb::UserSetPrimaryGroup { user, group: view.database.name(group?)?.clone() }
        }
        _ => return None,
    })
}

/// What a change of a group's members is, one after the other.
fn membership(
    view: &View<'_>,
    id: Rid,
    group: &AccountName,
    local: bool,
    change: &Modification<'_>,
) -> Vec<Verb> {
    if !change.attribute.eq_ignore_ascii_case(b"member") {
        return Vec::new();
    }
    let given: Vec<AccountName> = change.values.iter().filter_map(|value| member_of(view, value)).collect();
    let is_member = |name: &AccountName| {
        view.database.find(name).is_some_and(|member| view.database.is_member(id, member))
    };
    let present = || view.database.members(id).into_iter().filter_map(|id| view.database.name(id).cloned());
    match change.kind {
        ModificationKind::Add => given.into_iter().map(|member| joins(local, group, member)).collect(),
        ModificationKind::Delete if !change.values.is_empty() => {
            given.into_iter().map(|member| leaves(local, group, member)).collect()
        }
        _ => {
            let gone: Vec<_> = present().filter(|member| !given.contains(member)).collect();
            let gone = gone.into_iter().map(|member| leaves(local, group, member));
            let fresh = given.iter().filter(|member| !is_member(member)).cloned();
            gone.chain(fresh.map(|member| joins(local, group, member))).collect()
        }
    }
}
