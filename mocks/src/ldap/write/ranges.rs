//! How long values may be: `rangeLower` and `rangeUpper` of the schema (MS-ADA1 to MS-ADA3), in characters of UTF-16 or in
//! octets.

use crate::ldap::schema::{Attribute, Syntax};
use crate::ldap::{LdapError, ResultCode};

/// Attributes with the least and the greatest length of a value.
const RANGES: &[(&str, usize, usize)] = &[
    ("adminDescription", 0, 1024),
    ("adminDisplayName", 1, 256),
    ("c", 1, 3),
    ("co", 1, 128),
    ("company", 1, 64),
    ("department", 1, 64),
    ("description", 0, 1024),
    ("displayName", 0, 256),
    ("displayNamePrintable", 1, 256),
    ("division", 0, 256),
    ("dNSHostName", 0, 2048),
    ("employeeID", 0, 16),
    ("employeeNumber", 1, 512),
    ("employeeType", 1, 256),
    ("facsimileTelephoneNumber", 1, 64),
    ("generationQualifier", 1, 64),
    ("givenName", 1, 64),
    ("homePhone", 1, 64),
    ("info", 1, 1024),
    ("initials", 1, 6),
    ("l", 1, 128),
    ("location", 0, 1024),
    ("mail", 0, 256),
    ("middleName", 0, 64),
    ("mobile", 1, 64),
    ("otherTelephone", 1, 64),
    ("pager", 1, 64),
    ("personalTitle", 1, 64),
    ("physicalDeliveryOfficeName", 1, 128),
    ("postalCode", 1, 40),
    ("postOfficeBox", 1, 40),
    ("sAMAccountName", 0, 256),
    ("sn", 1, 64),
    ("st", 1, 128),
    ("street", 1, 1024),
    ("streetAddress", 1, 1024),
    ("telephoneNumber", 1, 64),
    ("thumbnailPhoto", 0, 102_400),
    ("title", 1, 128),
    ("userPassword", 0, 128),
    ("userPrincipalName", 0, 1024),
    ("userWorkstations", 0, 1024),
    ("wWWHomePage", 1, 2048),
];

/// The greatest length of an attribute's values, where the schema states one.
pub(super) fn range(attribute: &Attribute) -> Option<(usize, usize)> {
    RANGES.iter().find(|(name, ..)| *name == attribute.name).map(|(_, least, most)| (*least, *most))
}

/// Whether a value is as long as it may be: 0x2082, ERROR_DS_RANGE_CONSTRAINT, when not.
pub(super) fn fits(attribute: &Attribute, value: &[u8]) -> Result<(), LdapError> {
    let Some((least, most)) = range(attribute) else { return Ok(()) };
    let (length, octets) = match std::str::from_utf8(value) {
        Ok(text) if attribute.syntax != Syntax::Octets => {
            let units = text.encode_utf16().count();
            (units, 2 * units)
        }
        _ => (value.len(), value.len()),
    };
    if (least..=most).contains(&length) {
        return Ok(());
    }
    let problem = (1005, "CONSTRAINT_ATT_TYPE");
    let mut error =
        LdapError::attribute(ResultCode::CONSTRAINT_VIOLATION, 0x2082, problem, 0, attribute.name);
    // Of a value that is too long its octets are told.
    if let Some(text) = error.text.strip_suffix('\n') {
        error.text = format!("{text}:len {octets}\n");
    }
    Err(error)
}
