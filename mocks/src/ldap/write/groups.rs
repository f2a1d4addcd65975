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
/// member, a universal one a local member.
const NO_TYPE: u32 = 0x2141;
const GLOBAL_WITH_LOCAL: u32 = 0x2144;
const GLOBAL_WITH_UNIVERSAL: u32 = 0x2145;
const UNIVERSAL_WITH_LOCAL: u32 = 0x2146;

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

/// Whether a group may be given another scope: a global one that is in no global group may become universal, a
/// universal one without universal members global. A local group stays one (FACTS.md, "LDAP on the wire").
pub(super) fn may_become(view: &View<'_>, id: Rid, new: Scope) -> Result<(), LdapError> {
    let Some(old) = scope_of(view, id) else { return Ok(()) };
    match (old, new) {
        (old, new) if old == new => Ok(()),
        (Scope::Global, Scope::Universal) => {
            let above = view.database.direct_groups(id);
            match above.into_iter().any(|group| scope_of(view, group) == Some(Scope::Global)) {
                true => Err(refused(GLOBAL_WITH_UNIVERSAL)),
                false => Ok(()),
            }
        }
        (Scope::Universal, Scope::Global) => {
            let members = view.database.members(id);
            match members.into_iter().any(|member| scope_of(view, member) == Some(Scope::Universal)) {
                true => Err(refused(GLOBAL_WITH_UNIVERSAL)),
                false => Ok(()),
            }
        }
        _ => Err(refused(NO_TYPE)),
    }
}
