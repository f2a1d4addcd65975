//! Who may write what: administrators all, account operators accounts that are no administrators', everybody a little
//! of oneself.

use super::LdapError;
use super::schema::Attribute;
use super::session::Session;
use super::view::View;
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
    decide(session.is_administrator() || operated || (own && PERSONAL.contains(&attribute.name)))
}

pub(super) fn may_reset_password(
    session: &Session,
    view: &View<'_>,
    id: Option<Rid>,
) -> Result<(), LdapError> {
    let operated = session.is_account_operator() && id.is_some_and(|id| is_operable(view, id));
    decide(session.is_administrator() || operated)
}
