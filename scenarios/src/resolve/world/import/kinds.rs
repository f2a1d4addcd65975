//! What entries and attributes of an export are.

use std::ops::RangeInclusive;

use mockdc_mocks::dn;

use crate::ldif::LdifEntry;
use crate::resolve::world::directory::BUILT_IN;

/// The number that an attribute has, in these bounds.
pub(super) fn number(
    entry: &LdifEntry,
    name: &str,
    bounds: RangeInclusive<i64>,
) -> Result<Option<i64>, String> {
    let Some(value) = entry.values(name).first().copied() else { return Ok(None) };
    let number = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse::<i64>().ok());
    match number.filter(|number| bounds.contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("`{name}: {}` is no number of 32 bits", String::from_utf8_lossy(value).trim())),
    }
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    User,
    Computer,
    Group,
    Unit,
    Other(String),
}

/// An export may be one of some attributes only: then what it has tells what it is.
pub(super) fn class_of(entry: &LdifEntry) -> Class {
    let classes: Vec<String> = entry
        .values("objectClass")
        .into_iter()
        .map(|class| String::from_utf8_lossy(class).trim().to_ascii_lowercase())
        .collect();
    let is = |class: &str| classes.iter().any(|known| known == class);
    if classes.is_empty() {
        return match (entry.text("groupType"), entry.text("sAMAccountName")) {
            (Some(_), _) => Class::Group,
            (None, Some(name)) if name.ends_with('$') => Class::Computer,
            (None, Some(_)) => Class::User,
            (None, None) => Class::Other("none".to_owned()),
        };
    }
    match () {
        () if is("computer") => Class::Computer,
        () if is("user") => Class::User,
        () if is("group") => Class::Group,
        () if is("organizationalunit") => Class::Unit,
        () => {
            let last = entry.values("objectClass").last().copied().unwrap_or_default();
            Class::Other(String::from_utf8_lossy(last).trim().to_owned())
        }
    }
}

/// Whether every domain has this account: then the export adds to it no more than its members.
pub(super) fn is_everywhere(entry: &LdifEntry, name: &str) -> bool {
    entry.text("isCriticalSystemObject").is_some_and(is_true)
        || is_built_in(name)
        || FURTHER_BUILT_IN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

pub(super) fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

pub(super) fn is_true(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("true")
}

pub(super) fn folded(dn: &[u8]) -> Option<String> {
    dn::normal(std::str::from_utf8(dn).ok()?)
}

pub(super) fn start_ms(start: &str) -> Option<i64> {
    let date: jiff::civil::DateTime = start.parse().ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// Accounts that the directory of every domain shows, beside those that the model knows.
pub(super) const FURTHER_BUILT_IN: &[&str] = &[
    "krbtgt",
    "Domain Computers",
    "Domain Controllers",
    "Cert Publishers",
    "Schema Admins",
    "Enterprise Admins",
    "Group Policy Creator Owners",
];

/// Attributes that describe, and that are shown as they were.
pub(super) const KEPT: &[&str] = &[
    "adminDescription",
    "adminDisplayName",
    "c",
    "co",
    "comment",
    "company",
    "department",
    "description",
    "displayName",
    "division",
    "dNSHostName",
    "employeeID",
    "employeeNumber",
    "employeeType",
    "facsimileTelephoneNumber",
    "gecos",
    "generationQualifier",
    "gidNumber",
    "givenName",
    "homeDirectory",
    "homeDrive",
    "homePhone",
    "homePostalAddress",
    "info",
    "initials",
    "ipPhone",
    "l",
    "labeledURI",
    "legacyExchangeDN",
    "location",
    "loginShell",
    "mail",
    "middleName",
    "mobile",
    "msSFU30Name",
    "msSFU30NisDomain",
    "networkAddress",
    "o",
    "operatingSystem",
    "operatingSystemHotfix",
    "operatingSystemServicePack",
    "operatingSystemVersion",
    "otherFacsimileTelephoneNumber",
    "otherHomePhone",
    "otherIpPhone",
    "otherMailbox",
    "otherMobile",
    "otherPager",
    "otherTelephone",
    "ou",
    "pager",
    "personalTitle",
    "physicalDeliveryOfficeName",
    "postalAddress",
    "postalCode",
    "postOfficeBox",
    "preferredLanguage",
    "profilePath",
    "proxyAddresses",
    "roomNumber",
    "scriptPath",
    "serialNumber",
    "servicePrincipalName",
    "sn",
    "st",
    "street",
    "streetAddress",
    "telephoneNumber",
    "title",
    "uid",
    "uidNumber",
    "unixHomeDirectory",
    "userPrincipalName",
    "userSharedFolder",
    "wWWHomePage",
    "x121Address",
];

/// The same of those that are no text.
pub(super) const OCTETS: &[&str] = &["jpegPhoto", "thumbnailPhoto", "userCertificate"];

/// Attributes that name other objects.
pub(super) const REFERENCES: &[&str] = &["assistant", "managedBy", "manager", "seeAlso"];

/// Those of them that a group can have.
pub(super) const REFERENCES_OF_GROUPS: &[&str] = &["managedBy"];

/// Those of [`KEPT`] that a group can have.
pub(super) const OF_GROUPS: &[&str] = &[
    "adminDescription",
    "description",
    "displayName",
    "gidNumber",
    "info",
    "mail",
    "proxyAddresses",
    "wWWHomePage",
];

/// Attributes that a directory makes or computes by itself, and those that are taken over in another way.
pub(super) const MADE_ANEW: &[&str] = &[
    "accountExpires",
    "adminCount",
    "badPasswordTime",
    "badPwdCount",
    "canonicalName",
    "changetype",
    "cn",
    "codePage",
    "countryCode",
    "createTimeStamp",
    "directReports",
    "distinguishedName",
    "dSCorePropagationData",
    "instanceType",
    "isCriticalSystemObject",
    "lastLogoff",
    "lastLogon",
    "lastLogonTimestamp",
    "logonCount",
    "managedObjects",
    "member",
    "memberOf",
    "modifyTimeStamp",
    "msDS-User-Account-Control-Computed",
    "name",
    "nTSecurityDescriptor",
    "objectCategory",
    "objectClass",
    "objectGUID",
    "objectSid",
    "parentGUID",
    "primaryGroupID",
    "primaryGroupToken",
    "pwdLastSet",
    "replPropertyMetaData",
    "sAMAccountName",
    "sAMAccountType",
    "sDRightsEffective",
    "showInAdvancedViewOnly",
    "structuralObjectClass",
    "subSchemaSubEntry",
    "systemFlags",
    "uSNChanged",
    "uSNCreated",
    "whenChanged",
    "whenCreated",
];
