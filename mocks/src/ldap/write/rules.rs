//! Rules of the schema that hold for every write, and how a breach is told.

use super::ranges;
use crate::directory::Rid;
use crate::ldap::account::wrong_value;
use crate::ldap::schema::{Attribute, Syntax, schema};
use crate::ldap::view::{Values, View, number};
use crate::ldap::{LdapError, Problem, ResultCode, dn, matching};

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

/// Whether values are of the attribute's syntax, and no more than it may have.
pub(super) fn fits(view: &View<'_>, attribute: &'static Attribute, values: &Values) -> Result<(), LdapError> {
    let constraint = |win32: u32| {
        let problem = (1005, "CONSTRAINT_ATT_TYPE");
        LdapError::attribute(ResultCode::CONSTRAINT_VIOLATION, win32, problem, 0, attribute.name)
    };
    if !attribute.many && values.len() > 1 {
        return Err(constraint(0x2081));
    }
    for (index, value) in values.iter().enumerate() {
        let as_text = std::str::from_utf8(value).ok();
        let good = match attribute.syntax {
            Syntax::Octets | Syntax::Sid | Syntax::Descriptor => true,
            _ if value.is_empty() => return Err(LdapError::empty_value()),
            Syntax::Integer => number(value).is_some_and(|n| i32::try_from(n).is_ok()),
            Syntax::LargeInteger => number(value).is_some(),
            Syntax::Boolean => matches!(as_text, Some("TRUE" | "FALSE")),
            Syntax::Time => as_text.and_then(crate::ldap::time::parse_generalized).is_some(),
            Syntax::Dn => as_text.and_then(dn::parse).is_some_and(|rdns| !rdns.is_empty()),
            _ => as_text.is_some(),
        };
        if !good {
            return Err(wrong_value(attribute));
        }
        ranges::fits(attribute, value)?;
        // A name that leads nowhere is no value.
        if attribute.syntax == Syntax::Dn && as_text.is_some_and(|dn| view.tree.find(dn).is_none()) {
            return Err(constraint(0x20B0));
        }
        if values[..index].iter().any(|other| matching::equal(view, attribute, value, other)) {
            return Err(LdapError::attribute(
                ResultCode::ATTRIBUTE_OR_VALUE_EXISTS,
                0x2083,
                (1006, "ATT_OR_VALUE_EXISTS"),
                0,
                attribute.name,
            ));
        }
    }
    Ok(())
}
