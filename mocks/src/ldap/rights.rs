//! Who may write what: administrators all, account operators accounts that are no administrators', everybody a little
//! of oneself, and a few computers.

use super::message::AttributeList;
use super::schema::{Attribute, schema};
use super::session::Session;
use super::view::{Values, View, number, uac};
use super::{LdapError, descriptor, sid};
use crate::directory::Rid;

/// Attributes that everybody may write of oneself (the property set *Personal Information*).
const PERSONAL: &[&str] = &[
    "assistant",
    "c",
    "facsimileTelephoneNumber",
    "homePhone",
    "homePostalAddress",
    "info",
    "ipPhone",
    "l",
    "mobile",
    "otherFacsimileTelephoneNumber",
    "otherHomePhone",
    "otherIpPhone",
    "otherMobile",
    "otherPager",
    "otherTelephone",
    "pager",
    "personalTitle",
    "physicalDeliveryOfficeName",
    "postalAddress",
    "postalCode",
    "postOfficeBox",
    "st",
    "street",
    "streetAddress",
    "telephoneNumber",
    "telexNumber",
    "thumbnailPhoto",
    "url",
    "userCertificate",
    "wWWHomePage",
    "x121Address",
];

fn decide(allowed: bool) -> Result<(), LdapError> {
    if allowed { Ok(()) } else { Err(LdapError::access_denied()) }
}

/// Whether account operators may touch the object: an account that has nothing to do with administration and is no
/// controller.
fn is_operable(view: &View<'_>, id: Rid) -> bool {
    view.database.principal(id).is_some()
        && !id.is_built_in()
        && !view.is_protected(id)
        && !view.tree.is_within(id, view.tree.places().controllers)
}

/// What whoever only has a quota of computers may state of a new one: the list of MS-ADTS 3.1.1.5.2.2, and a descriptor.
const OF_A_NEW_COMPUTER: &[&str] = &[
    "dNSHostName",
    "nTSecurityDescriptor",
    "objectClass",
    "sAMAccountName",
    "servicePrincipalName",
    "unicodePwd",
    "userAccountControl",
];

/// What whoever has made a computer may write of it later.
const OF_AN_OWN_COMPUTER: &[&str] = &[
    "description",
    "displayName",
    "dNSHostName",
    "msDS-SupportedEncryptionTypes",
    "operatingSystem",
    "operatingSystemServicePack",
    "operatingSystemVersion",
    "servicePrincipalName",
    "userAccountControl",
];

/// Who has made a computer under a quota, by the security identifier.
const CREATOR: &str = "mS-DS-CreatorSID";

/// A new computer below *Computers*, as a part of its maker's quota: the maker's security identifier, which the computer
/// keeps. `Ok(None)`: its maker needs none. 0x216D when the quota is used up.
pub(super) fn computer_of_a_quota(
    session: &Session,
    view: &View<'_>,
    parent: Rid,
    class: &str,
    attributes: &AttributeList<'_>,
) -> Result<Option<Vec<u8>>, LdapError> {
    let needs_no_quota = may_add(session, view, parent, class);
    let Some(identity) = session.identity.as_ref().filter(|_| needs_no_quota.is_err()) else {
        return needs_no_quota.map(|()| None);
    };
    let known = |name: &[u8]| OF_A_NEW_COMPUTER.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
    let control = attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"userAccountControl"));
    let kind = control.and_then(|(_, values)| number(values.first()?));
    let plain = kind.is_none_or(|bits| bits & !i64::from(uac::DISABLED | uac::PASSWD_NOTREQD) == 4096);
    if class != "computer"
        || parent != view.tree.places().computers
        || !plain
        || !attributes.iter().all(|(name, _)| known(name))
    {
        return needs_no_quota.map(|()| None);
    }
    let own = sid::of(view.database, identity.rid);
    let made = |id: &Rid| view.stated(*id, CREATOR).is_some_and(|values| values.contains(&own));
    let computers = view.database.principals().map(|(id, _)| id).filter(|id| view.is_computer(*id));
    let count = computers.filter(made).count();
    let quota = view.values(view.tree.places().domain, "ms-ds-machineaccountquota");
    let quota = quota.first().and_then(|value| number(value)).unwrap_or_default();
    match usize::try_from(quota).is_ok_and(|quota| count < quota) {
        true => Ok(Some(own)),
        false => Err(LdapError::unwilling(0x216D, 0x031A_1202)),
    }
}

/// Whether a session's account has made a computer under its quota.
fn has_made(session: &Session, view: &View<'_>, id: Option<Rid>) -> bool {
    let own = session.identity.as_ref().map(|identity| sid::of(view.database, identity.rid));
    let creator = id.and_then(|id| view.stated(id, CREATOR));
    own.zip(creator).is_some_and(|(own, creator)| creator.contains(&own))
}

/// The values of an attribute that says what a session may write: `None`, it is none of those.
pub(super) fn effective(session: &Session, view: &View<'_>, id: Rid, name: &str) -> Option<Values> {
    let writes = |attribute: &Attribute| {
        !attribute.system && !attribute.computed && may_change(session, view, Some(id), attribute).is_ok()
    };
    Some(match name {
        "allowedAttributesEffective" => {
            let mut allowed = view.values(id, "allowedattributes");
            allowed.retain(|name| {
                let name = std::str::from_utf8(name).ok();
                name.and_then(|name| schema().attribute(name)).is_some_and(writes)
            });
            allowed
        }
        "allowedChildClassesEffective" => {
            let mut allowed = view.values(id, "allowedchildclasses");
            allowed.retain(|class| {
                std::str::from_utf8(class).is_ok_and(|class| may_add(session, view, id, class).is_ok())
            });
            allowed
        }
        "sDRightsEffective" => {
            // The list for audits is the administrators'.
            let bits = match schema().attribute("nTSecurityDescriptor").is_some_and(writes) {
                true if session.is_administrator() => descriptor::ALL,
                true => descriptor::ALL & !descriptor::SACL,
                false => 0,
            };
            vec![bits.to_string().into_bytes()]
        }
        _ => return None,
    })
}

pub(super) fn may_add(session: &Session, view: &View<'_>, parent: Rid, class: &str) -> Result<(), LdapError> {
    let account = matches!(class, "user" | "inetOrgPerson" | "computer" | "group");
    let places = view.tree.places();
    let within = view.tree.is_within(parent, places.domain)
        && !view.tree.is_within(parent, places.controllers)
        && !view.tree.is_within(parent, places.builtin);
    decide(session.is_administrator() || (session.is_account_operator() && account && within))
}

pub(super) fn may_delete(session: &Session, view: &View<'_>, id: Rid) -> Result<(), LdapError> {
    decide(session.is_administrator() || (session.is_account_operator() && is_operable(view, id)))
}

pub(super) fn may_move(session: &Session, view: &View<'_>, id: Rid, parent: Rid) -> Result<(), LdapError> {
    let class = view.tree.node(id).map_or("", |node| node.class);
    may_delete(session, view, id)?;
    may_add(session, view, parent, class)
}

pub(super) fn may_change(
    session: &Session,
    view: &View<'_>,
    id: Option<Rid>,
    attribute: &Attribute,
) -> Result<(), LdapError> {
    let own = id.is_some() && id == session.identity.as_ref().map(|identity| identity.rid);
    let operated = session.is_account_operator() && id.is_some_and(|id| is_operable(view, id));
    let made = OF_AN_OWN_COMPUTER.contains(&attribute.name) && has_made(session, view, id);
    decide(session.is_administrator() || operated || made || (own && PERSONAL.contains(&attribute.name)))
}

pub(super) fn may_reset_password(
    session: &Session,
    view: &View<'_>,
    id: Option<Rid>,
) -> Result<(), LdapError> {
    let operated = session.is_account_operator() && id.is_some_and(|id| is_operable(view, id));
    decide(session.is_administrator() || operated || has_made(session, view, id))
}
