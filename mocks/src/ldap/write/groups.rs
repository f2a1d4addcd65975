//! What kinds of groups there are, and who may belong to which (MS-SAMR 3.1.1.6, 3.1.1.8.9).

use crate::directory::Rid;
use crate::ldap::LdapError;
use crate::ldap::view::{View, number};

/// How far a group reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Global,
    Local,
    Universal,
}

/// What breaches of the rules are called: the group's type is none, a global group would have a local or a universal
/// member, a universal one a local member, and a group that somebody has as the primary one would only distribute.
const NO_TYPE: u32 = 0x2141;
const GLOBAL_WITH_LOCAL: u32 = 0x2144;
const GLOBAL_WITH_UNIVERSAL: u32 = 0x2145;
const UNIVERSAL_WITH_LOCAL: u32 = 0x2146;
const HAS_PRIMARY_MEMBERS: u32 = 0x2149;

/// The bit of a group whose members have its rights; without it the group only distributes.
const SECURITY: u32 = 0x8000_0000;

fn refused(code: u32) -> LdapError {
    LdapError::unwilling(code, 0x031A_11E2)
}

/// The scope of a `groupType`: one of the three, and nothing that the directory does not know.
pub(super) fn scope(kind: i64) -> Result<Scope, LdapError> {
    const KNOWN: u32 = 0x8000_000f;
    match kind as u32 {
        bits if bits & !KNOWN != 0 => Err(refused(NO_TYPE)),
        bits => match bits & 0xe {
            2 => Ok(Scope::Global),
            4 => Ok(Scope::Local),
            8 => Ok(Scope::Universal),
            _ => Err(refused(NO_TYPE)),
        },
    }
}

/// The scope of a group that is there; `None`: it is no group.
pub(super) fn scope_of(view: &View<'_>, id: Rid) -> Option<Scope> {
    let kind = view.values(id, "grouptype").first().and_then(|value| number(value))?;
    scope(kind).ok()
}

/// Whether a group of one scope takes another object as a member.
pub(super) fn may_join(view: &View<'_>, group: Scope, member: Rid) -> Result<(), LdapError> {
    match (group, scope_of(view, member)) {
        (Scope::Global, Some(Scope::Local)) => Err(refused(GLOBAL_WITH_LOCAL)),
        (Scope::Global, Some(Scope::Universal)) => Err(refused(GLOBAL_WITH_UNIVERSAL)),
        (Scope::Universal, Some(Scope::Local)) => Err(refused(UNIVERSAL_WITH_LOCAL)),
        _ => Ok(()),
    }
}

/// Whether a group may be given another type. A global group that is in no global one may become universal, a universal one
/// global when no universal group is in it, and local when it is in no universal one; a local one without local groups may
/// become universal. Global and local groups do not become each other in one step, and in mixed mode no scope changes.
pub(super) fn may_become(view: &View<'_>, id: Rid, kind: i64) -> Result<(), LdapError> {
    let new = scope(kind)?;
    let Some(old) = scope_of(view, id) else { return Ok(()) };
    if kind as u32 & SECURITY == 0 && has_primary_members(view, id) {
        return Err(refused(HAS_PRIMARY_MEMBERS));
    }
    let of = |groups: Vec<Rid>, scope| groups.into_iter().any(|group| scope_of(view, group) == Some(scope));
    let above = |scope| of(view.database.direct_groups(id), scope);
    let below = |scope| of(view.database.members(id), scope);
    let breach = match (old, new) {
        (old, new) if old == new => return Ok(()),
        _ if id.is_built_in() || is_mixed(view) => Some(NO_TYPE),
        (Scope::Global, Scope::Universal) => above(Scope::Global).then_some(GLOBAL_WITH_UNIVERSAL),
        (Scope::Universal, Scope::Global) => below(Scope::Universal).then_some(GLOBAL_WITH_UNIVERSAL),
        (Scope::Universal, Scope::Local) => above(Scope::Universal).then_some(UNIVERSAL_WITH_LOCAL),
        (Scope::Local, Scope::Universal) => below(Scope::Local).then_some(UNIVERSAL_WITH_LOCAL),
        _ => Some(NO_TYPE),
    };
    breach.map_or(Ok(()), |breach| Err(refused(breach)))
}

/// Whether a domain is one of mixed mode.
fn is_mixed(view: &View<'_>) -> bool {
    view.values(view.tree.places().domain, "ntmixeddomain").iter().any(|mixed| mixed == b"1")
}

fn has_primary_members(view: &View<'_>, id: Rid) -> bool {
    view.database.principals().any(|(member, _)| view.shown_primary_group(member) == Some(id))
}
