//! Rules of the schema that hold for every write, and how a breach is told.

use crate::directory::Rid;
use crate::ldap::schema::{Attribute, schema};
use crate::ldap::view::{Values, View};
use crate::ldap::{LdapError, Problem, ResultCode, dn};

/// Whether a class's objects are named by this attribute, and the name is not too long.
pub(super) fn names(attribute: &str, rdn: &dn::Rdn, view: &View<'_>) -> Result<(), LdapError> {
    let fits = rdn.value.chars().count() <= 64;
    if rdn.attribute.eq_ignore_ascii_case(attribute) && fits {
        return Ok(());
    }
    Err(naming_violation(&view.tree.naming.root))
}

/// Whether objects of the class may stand in the other object.
pub(super) fn stands(view: &View<'_>, class: &str, parent: Rid) -> Result<(), LdapError> {
    let node = view.tree.node(parent).ok_or_else(|| LdapError::no_object(""))?;
    let above = schema().lineage(node.class);
    let allowed = schema()
        .lineage(class)
        .iter()
        .filter_map(|class| schema().class(class))
        .any(|class| class.superiors.iter().any(|superior| above.contains(superior)));
    if allowed { Ok(()) } else { Err(naming_violation(&view.tree.dn(parent))) }
}

pub(super) fn naming_violation(best: &str) -> LdapError {
    LdapError::new(
        ResultCode::NAMING_VIOLATION,
        format!(
            "00002099: NameErr: DSID-0305109C, problem 2005 (NAMING_VIOLATION), data 0, best match of:\n\t'{best}'\n"
        ),
    )
}

pub(super) fn object_class() -> LdapError {
    let problem = Problem("UpdErr", 6002, "OBJ_CLASS_VIOLATION");
    LdapError::service(ResultCode::OBJECT_CLASS_VIOLATION, 0x207D, 0x0315_1178, problem)
}

pub(super) fn known(name: &[u8]) -> Result<&'static Attribute, LdapError> {
    let name = String::from_utf8_lossy(name);
    let name = name.strip_suffix(";binary").unwrap_or(&name);
    schema().attribute(name).ok_or_else(LdapError::undefined_attribute)
}

pub(super) fn owned(values: &[&[u8]]) -> Values {
    values.iter().map(|value| value.to_vec()).collect()
}
