//! The root of the directory service: what a controller says of itself to anybody.

use super::live::Turn;
use super::message::{Filter, SearchRequest};
use super::naming::site_name;
use super::session::{Session, Told};
use super::time::generalized;
use super::{LdapError, Manner, reply};

/// Controls that are understood, as the root says.
pub(super) const CONTROLS: &[&str] = &[
    "1.2.840.113556.1.4.319",
    "1.2.840.113556.1.4.801",
    "1.2.840.113556.1.4.473",
    "1.2.840.113556.1.4.528",
    "1.2.840.113556.1.4.417",
    "1.2.840.113556.1.4.619",
    "1.2.840.113556.1.4.841",
    "1.2.840.113556.1.4.529",
    "1.2.840.113556.1.4.805",
    "1.2.840.113556.1.4.521",
    "1.2.840.113556.1.4.970",
    "1.2.840.113556.1.4.1338",
    "1.2.840.113556.1.4.474",
    "1.2.840.113556.1.4.1339",
    "1.2.840.113556.1.4.1340",
    "1.2.840.113556.1.4.1413",
];

/// Extended operations, as the root says. WhoAmI is answered, too, as later versions do.
/// Who am I came with Windows Server 2008; clients look for it here before they ask.
const EXTENSIONS: &[&str] = &[
    "1.3.6.1.4.1.1466.20037",
    "1.3.6.1.4.1.1466.101.119.1",
    "1.2.840.113556.1.4.1781",
    "1.3.6.1.4.1.4203.1.11.3",
];

/// Answers a base search of the empty name.
pub(super) fn answer(
    session: &Session,
    turn: &mut Turn<'_>,
    id: i32,
    search: &SearchRequest<'_>,
    told: &mut Told,
    output: &mut Vec<u8>,
) -> Result<(), LdapError> {
    let pinged = super::netlogon::asked(session, turn, search);
    // There is no answer for this client.
    if let Some(None) = pinged {
        return Ok(());
    }
    let mut all = attributes(session, turn, mentions(search, b"highestCommittedUSN"));
    let samba = session.front.options.manner == Manner::Samba;
    if samba {
        all.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    }
    let found = match &pinged {
        Some(_) => is_met_by_a_ping(&search.filter, &all),
        None => samba || meets(&search.filter, &all),
    };
    if !found {
        return Ok(());
    }
    let netlogon = pinged.flatten().map(|answer| ("Netlogon".to_owned(), vec![answer]));
    let wanted = |name: &str| {
        let operational = ["supportedExtension"].contains(&name);
        search.attributes.iter().any(|asked| asked.eq_ignore_ascii_case(name.as_bytes()))
            || ((search.attributes.is_empty() || search.attributes.contains(&b"*".as_slice()))
                && !operational)
            || (search.attributes.contains(&b"+".as_slice()) && operational)
    };
    let chosen: Vec<_> = all.into_iter().filter(|(name, _)| wanted(name)).chain(netlogon).collect();
    reply::entry(output, id, b"", &chosen, search.types_only);
    told.entries = 1;
    Ok(())
}

/// Whether a search wants to know an attribute, or asks for all.
fn mentions(search: &SearchRequest<'_>, name: &[u8]) -> bool {
    let list = &search.attributes;
    let asks = |asked: &&[u8]| asked.eq_ignore_ascii_case(name) || *asked == b"*";
    list.is_empty() || list.iter().any(asks) || search.filter.mentions(name)
}

/// Whether the root meets a filter. It has no class, and is found by it all the same.
fn meets(filter: &Filter<'_>, all: &[(String, Vec<Vec<u8>>)]) -> bool {
    let values = |name: &[u8]| {
        let known = all.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
        known.map_or(&[][..], |(_, values)| values)
    };
    match filter {
        Filter::And(list) => list.iter().all(|filter| meets(filter, all)),
        Filter::Or(list) => list.iter().any(|filter| meets(filter, all)),
        Filter::Not(inner) => !meets(inner, all),
        Filter::Present(name) => name.eq_ignore_ascii_case(b"objectClass") || !values(name).is_empty(),
        Filter::Substrings(name, _) => name.eq_ignore_ascii_case(b"objectClass"),
        Filter::Equal(name, wanted) => {
            // A client may ask for any class.
            wanted == b"*" || values(name).iter().any(|value| value.eq_ignore_ascii_case(wanted))
        }
        _ => false,
    }
}

/// Whether a ping's filter leaves the root in: what it says of the client is no condition, and whether there is an
/// attribute at all cannot be asked in one.
fn is_met_by_a_ping(filter: &Filter<'_>, all: &[(String, Vec<Vec<u8>>)]) -> bool {
    match filter {
        Filter::And(list) => list.iter().all(|filter| is_met_by_a_ping(filter, all)),
        Filter::Equal(name, _) if super::netlogon::is_said(name) => true,
        Filter::Present(name) => name.eq_ignore_ascii_case(b"objectClass"),
        filter => meets(filter, all),
    }
}

/// Every attribute of the root; update sequence numbers, for which the controller's objects have to be known, where
/// they are wanted.
fn attributes(session: &Session, turn: &mut Turn<'_>, with_usn: bool) -> Vec<(String, Vec<Vec<u8>>)> {
    let front = &session.front;
    let (naming, site, usn, now, read_only, level) = turn.enter(|state, now| {
        let naming = state.naming(&front.dc).clone();
        let directory = state.domain.directory();
        let site = directory.index(&front.dc).map(|dc| directory.controller(dc).site.as_str());
        let site = site_name(site.unwrap_or_default()).to_owned();
        let usn = if with_usn { state.parts(&front.dc).1.usn() } else { 0 };
        let read_only = state.domain.is_read_only(session.dc_index(&state.domain));
        (naming, site, usn, now, read_only, super::forest::functional_level(&state.domain))
    });
    let server = naming.server(&front.dc, &site);
    let host = naming.host(&front.dc);
    let text = |value: String| vec![value.into_bytes()];
    let list = |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect();
    vec![
        ("currentTime".into(), text(generalized(front.live.start_unix_ms() + now.as_millis()))),
        ("subschemaSubentry".into(), text(format!("CN=Aggregate,{}", naming.schema))),
        ("dsServiceName".into(), text(format!("CN=NTDS Settings,{server}"))),
        (
            "namingContexts".into(),
            [&naming.root, &naming.configuration, &naming.schema].map(|dn| dn.clone().into_bytes()).into(),
        ),
        ("defaultNamingContext".into(), text(naming.root.clone())),
        ("schemaNamingContext".into(), text(naming.schema.clone())),
        ("configurationNamingContext".into(), text(naming.configuration.clone())),
        ("rootDomainNamingContext".into(), text(naming.root.clone())),
        ("supportedControl".into(), list(CONTROLS)),
        ("supportedLDAPVersion".into(), list(&["3", "2"])),
        ("supportedLDAPPolicies".into(), list(POLICIES)),
        ("highestCommittedUSN".into(), text(usn.to_string())),
        ("supportedSASLMechanisms".into(), list(&["GSS-SPNEGO"])),
        ("supportedExtension".into(), list(EXTENSIONS)),
        ("dnsHostName".into(), text(host.clone())),
        (
            "ldapServiceName".into(),
            text(format!(
                "{}:{}$@{}",
                naming.dns,
                front.dc.as_str().to_ascii_lowercase(),
                naming.dns.to_ascii_uppercase()
            )),
        ),
        ("serverName".into(), text(server)),
        (
            "supportedCapabilities".into(),
            list(match read_only {
                true => &CAPABILITIES,
                false => &CAPABILITIES[..3],
            }),
        ),
        ("isSynchronized".into(), text("TRUE".into())),
        ("isGlobalCatalogReady".into(), text("TRUE".into())),
        ("domainFunctionality".into(), text(level.into())),
        ("forestFunctionality".into(), text(level.into())),
        // Read-only controllers came with Windows Server 2008.
        ("domainControllerFunctionality".into(), text(if read_only { "3" } else { "2" }.into())),
    ]
}

/// What a controller can: the last of them that it is read-only (MS-ADTS 3.1.1.3.4.3).
const CAPABILITIES: [&str; 4] = [
    "1.2.840.113556.1.4.800",
    "1.2.840.113556.1.4.1670",
    "1.2.840.113556.1.4.1791",
    "1.2.840.113556.1.4.1920",
];

const POLICIES: &[&str] = &[
    "MaxPoolThreads",
    "MaxDatagramRecv",
    "MaxReceiveBuffer",
    "InitRecvTimeout",
    "MaxConnections",
    "MaxConnIdleTime",
    "MaxPageSize",
    "MaxQueryDuration",
    "MaxTempTableSize",
    "MaxResultSetSize",
    "MaxNotificationPerConn",
    "MaxValRange",
];
