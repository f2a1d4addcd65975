//! The objects that every forest of one domain has from its first day: containers, configuration, schema.

use super::naming::{Naming, site_name};
use super::schema::schema;
use super::sid;
use super::tree::Attributes;
use crate::directory::Database;
use crate::{DcRole, Domain, FunctionalLevel, Replication};

/// An object that is there from the first day.
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    pub(super) dn: String,
    pub(super) class: &'static str,
    pub(super) attributes: Attributes,
}

/// Containers that clients find by a number that never changes, and their names.
pub(super) const WELL_KNOWN: &[(&str, &str)] = &[
    ("A9D1CA15768811D1ADED00C04FD8D5CD", "CN=Users"),
    ("AA312825768811D1ADED00C04FD8D5CD", "CN=Computers"),
    ("A361B2FFFFD211D1AA4B00C04FD7D83A", "OU=Domain Controllers"),
    ("AB1D30F3768811D1ADED00C04FD8D5CD", "CN=System"),
    ("2FBAC1870ADE11D297C400C04FD8D5CD", "CN=Infrastructure"),
    ("18E2EA80684F11D2B9AA00C04F79F805", "CN=Deleted Objects"),
    ("22B70C67D56E4EFB91E9300FCA3DC1AA", "CN=ForeignSecurityPrincipals"),
    ("AB8153B7768811D1ADED00C04FD8D5CD", "CN=LostAndFound"),
];

/// The objects in the order in which they are stated.
pub(super) struct Forest {
    list: Vec<Fixed>,
}

impl Forest {
    pub(super) fn add(&mut self, class: &'static str, dn: String, attributes: &[(&str, &str)]) {
        let mut all = Attributes::new();
        for (name, value) in attributes {
            all.entry((*name).to_owned()).or_default().push(value.as_bytes().to_vec());
        }
        self.list.push(Fixed { dn, class, attributes: all });
    }

    pub(super) fn give(&mut self, name: &str, value: Vec<u8>) {
        if let Some(last) = self.list.last_mut() {
            last.attributes.entry(name.to_owned()).or_default().push(value);
        }
    }
}

/// Everything that is there from the first day, parents before children: the roots of the three naming contexts first.
/// `invocations` are the invocation ids of the controllers.
pub(super) fn forest(
    domain: &Domain,
    database: &Database,
    invocations: &[u32],
    naming: &Naming,
) -> Vec<Fixed> {
    let mut forest = Forest { list: Vec::new() };
    let critical = ("isCriticalSystemObject", "TRUE");
    let hidden = ("showInAdvancedViewOnly", "TRUE");
    let root = &naming.root;
    roots(&mut forest, domain, naming);
    let below = |name: &str| format!("{name},{root}");
    forest.add(
        "container",
        below("CN=Users"),
        &[("description", "Default container for upgraded user accounts"), critical],
    );
    forest.add(
        "container",
        below("CN=Computers"),
        &[("description", "Default container for upgraded computer accounts"), critical],
    );
    forest.add(
        "organizationalUnit",
        below("OU=Domain Controllers"),
        &[
            ("description", "Default container for domain controllers"),
            ("gPLink", &super::first_day::policy_link(naming, 1)),
            critical,
        ],
    );
    forest.add("builtinDomain", below("CN=Builtin"), &[critical]);
    forest.give("objectSid", sid::parse("S-1-5-32").unwrap_or_default());
    forest.add(
        "container",
        below("CN=System"),
        &[("description", "Builtin system settings"), critical, hidden],
    );
    forest.add(
        "lostAndFound",
        below("CN=LostAndFound"),
        &[("description", "Default container for orphaned objects"), critical, hidden],
    );
    let owner = role_owner(domain, naming);
    forest.add(
        "infrastructureUpdate",
        below("CN=Infrastructure"),
        &[("fSMORoleOwner", &owner), critical, hidden],
    );
    forest.add(
        "container",
        below("CN=ForeignSecurityPrincipals"),
        &[("description", "Default container for security identifiers (SIDs) associated with objects from external, trusted domains"), critical],
    );
    forest.add("container", below("CN=Deleted Objects"), &[critical, hidden, ("isDeleted", "TRUE")]);
    forest.add("container", below("CN=Program Data"), &[]);
    forest.add("container", below("CN=Policies,CN=System"), &[hidden]);
    forest.add("container", below("CN=AdminSDHolder,CN=System"), &[critical, hidden, ("adminCount", "1")]);
    forest.add("container", below("CN=MicrosoftDNS,CN=System"), &[hidden]);
    forest.add(
        "rIDManager",
        below("CN=RID Manager$,CN=System"),
        &[critical, hidden, ("fSMORoleOwner", &owner), ("rIDAvailablePool", "4611686014132422209")],
    );
    let has_readers = domain.world().dcs.iter().any(|dc| dc.role == DcRole::Rodc);
    accounts(&mut forest, database, naming, has_readers);
    forest.first_day_of_domain(database, naming);
    for unit in &domain.world().units {
        let mut dn = format!("OU={}", super::dn::escape(unit.name.as_str()));
        let mut parent = unit.parent.as_ref();
        let mut depth = 0;
        while let Some(name) = parent.filter(|_| depth < 32) {
            dn.push_str(&format!(",OU={}", super::dn::escape(name.as_str())));
            parent = domain
                .world()
                .units
                .iter()
                .find(|unit| unit.name == *name)
                .and_then(|unit| unit.parent.as_ref());
            depth += 1;
        }
        if !unit.name.as_str().eq_ignore_ascii_case("Domain Controllers") {
            forest.add("organizationalUnit", below(&dn), &[]);
        }
    }
    configuration(&mut forest, domain, database, invocations, naming);
    schema_entries(&mut forest, naming);
    // A unit may stand before the one that holds it in a world's list.
    forest.list[3..].sort_by_key(|fixed| fixed.dn.matches(',').count());
    forest.list
}

/// The settings of the controller that has the five roles of single masters.
fn role_owner(domain: &Domain, naming: &Naming) -> String {
    let directory = domain.directory();
    let pdc = directory.pdc();
    let site = site_name(directory.controller(pdc).site.as_str());
    format!("CN=NTDS Settings,{}", naming.server(directory.name(pdc), site))
}

/// The functional level of the domain and its forest: 0 is that of Windows 2000, and that of a domain in mixed mode; 2 is
/// that of Windows Server 2003 (MS-ADTS 6.1.4.3, 6.1.4.4).
pub(super) fn functional_level(domain: &Domain) -> &'static str {
    match &domain.world().domain.replication {
        Replication::Ad(ad) => match ad.level() {
            FunctionalLevel::Windows2000 => "0",
            FunctionalLevel::Windows2003Interim => "1",
            FunctionalLevel::Windows2003 => "2",
        },
        Replication::Nt4(_) | Replication::Delay(_) => "0",
    }
}

fn roots(forest: &mut Forest, domain: &Domain, naming: &Naming) {
    let owner = role_owner(domain, naming);
    let (root, configuration) = (&naming.root, &naming.configuration);
    let mixed = match &domain.world().domain.replication {
        Replication::Ad(ad) if ad.mixed.is_some() => "1",
        Replication::Nt4(_) => "1",
        Replication::Ad(_) | Replication::Delay(_) => "0",
    };
    forest.add(
        "domainDNS",
        root.clone(),
        &[
            ("fSMORoleOwner", &owner),
            ("gPLink", &super::first_day::policy_link(naming, 0)),
            ("instanceType", "5"),
            ("systemFlags", "-1946157056"),
            ("isCriticalSystemObject", "TRUE"),
            ("nTMixedDomain", mixed),
            ("msDS-Behavior-Version", functional_level(domain)),
            ("ms-DS-MachineAccountQuota", "10"),
            ("forceLogoff", "-9223372036854775808"),
            ("modifiedCount", "1"),
            ("serverState", "1"),
            ("uASCompat", "1"),
            ("nextRid", "1000"),
            ("rIDManagerReference", &format!("CN=RID Manager$,CN=System,{root}")),
            ("subRefs", configuration),
        ],
    );
    for (guid, container) in WELL_KNOWN {
        forest.give("wellKnownObjects", format!("B:32:{guid}:{container},{root}").into_bytes());
    }
    forest.add(
        "configuration",
        configuration.clone(),
        &[("instanceType", "13"), ("subRefs", &naming.schema), ("showInAdvancedViewOnly", "TRUE")],
    );
    forest.add(
        "dMD",
        naming.schema.clone(),
        &[
            ("instanceType", "13"),
            ("fSMORoleOwner", &owner),
            ("objectVersion", "30"),
            ("showInAdvancedViewOnly", "TRUE"),
        ],
    );
}

/// Accounts that a domain of Active Directory has and that mean nothing to the model.
fn accounts(forest: &mut Forest, database: &Database, naming: &Naming, has_readers: bool) {
    let root = &naming.root;
    let administrator =
        database.name(crate::directory::Rid::ADMINISTRATOR).map_or("Administrator", |name| name.as_str());
    let administrator = format!("CN={},CN=Users,{root}", super::dn::escape(administrator));
    for (rid, name, kind, description) in [
        (515, "Domain Computers", "-2147483646", "All workstations and servers joined to the domain"),
        (516, "Domain Controllers", "-2147483646", "All domain controllers in the domain"),
        (
            517,
            "Cert Publishers",
            "-2147483644",
            "Members of this group are permitted to publish certificates to the Active Directory",
        ),
        (518, "Schema Admins", "-2147483640", "Designated administrators of the schema"),
        (519, "Enterprise Admins", "-2147483640", "Designated administrators of the enterprise"),
        (
            520,
            "Group Policy Creator Owners",
            "-2147483646",
            "Members in this group can modify group policy for the domain",
        ),
        (
            521,
            "Read-only Domain Controllers",
            "-2147483646",
            "Members of this group are read-only domain controllers in the domain",
        ),
    ] {
        if database.find(&name.into()).is_some() || rid == 521 && !has_readers {
            continue;
        }
        forest.add(
            "group",
            format!("CN={name},CN=Users,{root}"),
            &[
                ("sAMAccountName", name),
                ("groupType", kind),
                ("sAMAccountType", if kind == "-2147483644" { "536870912" } else { "268435456" }),
                ("description", description),
                ("isCriticalSystemObject", "TRUE"),
            ],
        );
        forest.give("objectSid", domain_sid(database, rid));
        if matches!(rid, 518..=520) {
            forest.give("member", administrator.clone().into_bytes());
            forest.give("adminCount", b"1".to_vec());
        }
    }
    forest.add(
        "user",
        format!("CN=krbtgt,CN=Users,{root}"),
        &[
            ("sAMAccountName", "krbtgt"),
            ("userAccountControl", "514"),
            ("sAMAccountType", "805306368"),
            ("primaryGroupID", "513"),
            ("description", "Key Distribution Center Service Account"),
            ("showInAdvancedViewOnly", "TRUE"),
            ("adminCount", "1"),
            ("isCriticalSystemObject", "TRUE"),
        ],
    );
    forest.give("objectSid", domain_sid(database, 502));
    give_account(forest);
}

/// The identifiers of controllers whose accounts the world does not list: far behind those that a domain comes to.
const FIRST_CONTROLLER: u32 = 0x3F00_0000;

/// What every user and computer has that has not logged on (MS-SAMR 3.1.1.8.1).
fn give_account(forest: &mut Forest) {
    const ZERO: [&str; 7] = [
        "badPasswordTime",
        "badPwdCount",
        "codePage",
        "countryCode",
        "lastLogoff",
        "lastLogon",
        "logonCount",
    ];
    for name in ZERO {
        forest.give(name, b"0".to_vec());
    }
    forest.give("accountExpires", i64::MAX.to_string().into_bytes());
}

fn domain_sid(database: &Database, rid: u32) -> Vec<u8> {
    let mut sid = sid::of_domain(database);
    sid[1] += 1;
    sid.extend(rid.to_le_bytes());
    sid
}

fn configuration(
    forest: &mut Forest,
    domain: &Domain,
    database: &Database,
    invocations: &[u32],
    naming: &Naming,
) {
    let base = &naming.configuration;
    let below = |name: &str| format!("{name},{base}");
    let hidden = ("showInAdvancedViewOnly", "TRUE");
    forest.add("sitesContainer", below("CN=Sites"), &[hidden]);
    forest.add("subnetContainer", below("CN=Subnets,CN=Sites"), &[hidden]);
    forest.add("interSiteTransportContainer", below("CN=Inter-Site Transports,CN=Sites"), &[hidden]);
    forest.add(
        "crossRefContainer",
        below("CN=Partitions"),
        &[
            hidden,
            ("msDS-Behavior-Version", functional_level(domain)),
            ("fSMORoleOwner", &role_owner(domain, naming)),
        ],
    );
    forest.add("container", below("CN=Services"), &[hidden]);
    forest.add("container", below("CN=Extended-Rights"), &[hidden]);
    forest.add("container", below("CN=WellKnown Security Principals"), &[hidden]);
    forest.add("container", below("CN=Windows NT,CN=Services"), &[hidden]);
    forest.add("nTDSService", below("CN=Directory Service,CN=Windows NT,CN=Services"), &[hidden]);
    let partitions = [
        (naming.netbios.as_str(), naming.root.as_str(), "3"),
        ("Enterprise Configuration", base.as_str(), "1"),
        ("Enterprise Schema", naming.schema.as_str(), "1"),
    ];
    for (name, context, flags) in partitions {
        let dn = below(&format!("CN={},CN=Partitions", super::dn::escape(name)));
        forest.add(
            "crossRef",
            dn,
            &[("nCName", context), ("dnsRoot", &naming.dns), ("systemFlags", flags), hidden],
        );
        if flags == "3" {
            forest.give("nETBIOSName", naming.netbios.clone().into_bytes());
        }
    }
    for (name, sid) in [
        ("Everyone", "S-1-1-0"),
        ("Anonymous Logon", "S-1-5-7"),
        ("Authenticated Users", "S-1-5-11"),
        ("Creator Owner", "S-1-3-0"),
        ("Enterprise Domain Controllers", "S-1-5-9"),
        ("Interactive", "S-1-5-4"),
        ("Network", "S-1-5-2"),
        ("Self", "S-1-5-10"),
        ("System", "S-1-5-18"),
    ] {
        let dn = below(&format!("CN={name},CN=WellKnown Security Principals"));
        forest.add("foreignSecurityPrincipal", dn, &[hidden]);
        forest.give("objectSid", super::sid::parse(sid).unwrap_or_default());
    }
    let controllers: Vec<_> = domain
        .directory()
        .indices()
        .zip(invocations)
        .map(|(dc, invocation)| {
            let site = site_name(domain.directory().controller(dc).site.as_str()).to_owned();
            // A controller that was restored from a backup has another invocation id since.
            (domain.directory().name(dc).clone(), site, 1 + invocation, domain.is_read_only(dc))
        })
        .collect();
    let mut sites: Vec<&str> = vec!["Default-First-Site-Name"];
    for (_, site, ..) in &controllers {
        if !sites.iter().any(|known| known.eq_ignore_ascii_case(site)) {
            sites.push(site);
        }
    }
    let settings: Vec<String> = controllers
        .iter()
        .map(|(dc, site, ..)| format!("CN=NTDS Settings,{}", naming.server(dc, site)))
        .collect();
    forest.first_day_of_forest(domain, naming, &sites, &settings);
    for site in sites {
        let dn = below(&format!("CN={},CN=Sites", super::dn::escape(site)));
        forest.add("site", dn.clone(), &[hidden]);
        forest.add("serversContainer", format!("CN=Servers,{dn}"), &[hidden]);
    }
    for (dc, site, invocation, read_only) in &controllers {
        let server = naming.server(dc, site);
        let account = format!("CN={dc},OU=Domain Controllers,{}", naming.root);
        let host = naming.host(dc);
        forest.add(
            "server",
            server.clone(),
            &[("dNSHostName", &host), ("serverReference", &account), hidden],
        );
        let contexts = [&naming.root, base, &naming.schema];
        let dsa = if *read_only { "nTDSDSARO" } else { "nTDSDSA" };
        forest.add(
            dsa,
            format!("CN=NTDS Settings,{server}"),
            &[
                ("options", if *read_only { "37" } else { "1" }),
                ("msDS-Behavior-Version", if *read_only { "3" } else { "2" }),
                ("dMDLocation", &naming.schema),
                hidden,
            ],
        );
        // A read-only controller is master of none of them.
        let held: &[&str] = match read_only {
            true => &["msDS-hasFullReplicaNCs"],
            false => &["hasMasterNCs", "msDS-HasMasterNCs"],
        };
        for name in held {
            for context in contexts {
                forest.give(name, context.clone().into_bytes());
            }
        }
        forest.give("invocationId", sid::guid(&server, *invocation).to_vec());
        // Where the world does not list its controllers' accounts, the directory shows them all the same.
        if database.find(&format!("{dc}$").as_str().into()).is_none() {
            let name = format!("{dc}$");
            let (uac, primary) = if *read_only { ("83890176", "521") } else { ("532480", "516") };
            forest.add(
                "computer",
                account,
                &[
                    ("sAMAccountName", &name),
                    ("userAccountControl", uac),
                    ("sAMAccountType", "805306369"),
                    ("primaryGroupID", primary),
                    ("dNSHostName", &host),
                    ("operatingSystem", "Windows Server 2003"),
                    ("operatingSystemVersion", "5.2 (3790)"),
                    ("servicePrincipalName", &format!("HOST/{host}")),
                    ("servicePrincipalName", &format!("HOST/{dc}")),
                    ("servicePrincipalName", &format!("ldap/{host}/{}", naming.dns)),
                    ("servicePrincipalName", &format!("ldap/{host}")),
                    ("servicePrincipalName", &format!("GC/{host}/{}", naming.dns)),
                    ("serverReferenceBL", &server),
                    ("isCriticalSystemObject", "TRUE"),
                    ("msDS-isRODC", if *read_only { "TRUE" } else { "FALSE" }),
                ],
            );
            let place = domain.directory().index(dc).unwrap_or_default();
            forest.give("objectSid", domain_sid(database, FIRST_CONTROLLER + u32::from(place.0)));
            give_account(forest);
        }
    }
}

fn schema_entries(forest: &mut Forest, naming: &Naming) {
    let base = &naming.schema;
    forest.add("subSchema", format!("CN=Aggregate,{base}"), &[("showInAdvancedViewOnly", "TRUE")]);
    for attribute in schema().attributes() {
        let (syntax, om) = attribute.syntax.numbers();
        let yes_no = |yes| if yes { "TRUE" } else { "FALSE" };
        let flags = u32::from(attribute.indexed) | if attribute.anr { 4 } else { 0 };
        forest.add(
            "attributeSchema",
            format!("CN={},{base}", common_name(attribute.name)),
            &[
                ("lDAPDisplayName", attribute.name),
                ("attributeID", attribute.oid),
                ("attributeSyntax", syntax),
                ("oMSyntax", &om.to_string()),
                ("isSingleValued", yes_no(!attribute.many)),
                ("systemOnly", yes_no(attribute.system)),
                ("searchFlags", &flags.to_string()),
                ("adminDisplayName", &common_name(attribute.name)),
                ("showInAdvancedViewOnly", "TRUE"),
                ("systemFlags", if attribute.computed { "20" } else { "16" }),
            ],
        );
        forest.give("schemaIDGUID", sid::guid(attribute.oid, 0).to_vec());
        if let Some(class) = attribute.syntax.object_class() {
            forest.give("oMObjectClass", class.to_vec());
        }
    }
    for class in schema().classes() {
        let dn = format!("CN={},{base}", common_name(class.name));
        forest.add(
            "classSchema",
            dn.clone(),
            &[
                ("lDAPDisplayName", class.name),
                ("governsID", class.oid),
                ("subClassOf", class.superior),
                ("objectClassCategory", &class.category.to_string()),
                ("rDNAttID", class.rdn),
                ("adminDisplayName", &common_name(class.name)),
                ("defaultObjectCategory", &category(class.name, naming)),
                ("showInAdvancedViewOnly", "TRUE"),
                ("systemOnly", "FALSE"),
            ],
        );
        forest
            .give("schemaIDGUID", class_guid(class.name).unwrap_or_else(|| sid::guid(class.oid, 0)).to_vec());
        for (name, list) in [
            ("systemMustContain", &class.must),
            ("systemMayContain", &class.may),
            ("systemPossSuperiors", &class.superiors),
        ] {
            for value in list {
                forest.give(name, value.as_bytes().to_vec());
            }
        }
    }
}

/// Identifiers of classes that access control entries name.
fn class_guid(class: &str) -> Option<[u8; 16]> {
    let text = match class {
        "user" => "bf967aba-0de6-11d0-a285-00aa003049e2",
        "computer" => "bf967a86-0de6-11d0-a285-00aa003049e2",
        "group" => "bf967a9c-0de6-11d0-a285-00aa003049e2",
        "organizationalUnit" => "bf967aa5-0de6-11d0-a285-00aa003049e2",
        "container" => "bf967a8b-0de6-11d0-a285-00aa003049e2",
        "contact" => "5cb41ed0-0e4c-11d0-a286-00aa003049e2",
        _ => return None,
    };
    sid::parse_guid(text)
}

/// `objectCategory` of a class's objects.
pub(super) fn category(class: &str, naming: &Naming) -> String {
    let class = match class {
        "user" | "inetOrgPerson" | "contact" | "organizationalPerson" => "person",
        class => class,
    };
    format!("CN={},{}", common_name(class), naming.schema)
}

/// The schema's common name of an attribute or class: `sAMAccountName` is `SAM-Account-Name`.
pub(super) fn common_name(display: &str) -> String {
    match display {
        "cn" => return "Common-Name".into(),
        "sn" => return "Surname".into(),
        "c" => return "Country-Name".into(),
        "l" => return "Locality-Name".into(),
        "o" => return "Organization-Name".into(),
        "ou" => return "Organizational-Unit-Name".into(),
        "st" => return "State-Or-Province-Name".into(),
        "dc" => return "Domain-Component".into(),
        "co" => return "Text-Country".into(),
        "name" => return "RDN".into(),
        "distinguishedName" => return "Obj-Dist-Name".into(),
        "member" => return "Member".into(),
        "memberOf" => return "Is-Member-Of-DL".into(),
        "mail" => return "E-mail-Addresses".into(),
        "title" => return "Title".into(),
        "domainDNS" => return "Domain-DNS".into(),
        "nTDSDSA" => return "NTDS-DSA".into(),
        "nTDSDSARO" => return "NTDS-DSA-RO".into(),
        "dMD" => return "DMD".into(),
        "uid" => return "uid".into(),
        _ => {}
    }
    let chars: Vec<char> = display.chars().collect();
    let mut text = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let starts = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if starts && at > 1 {
            text.push('-');
        }
        if at == 0 { text.extend(c.to_uppercase()) } else { text.push(*c) }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_give_the_common_names_of_the_schema() {
        for (display, common) in [
            ("sAMAccountName", "SAM-Account-Name"),
            ("organizationalUnit", "Organizational-Unit"),
            ("user", "User"),
            ("userAccountControl", "User-Account-Control"),
            ("objectGUID", "Object-GUID"),
            ("domainDNS", "Domain-DNS"),
        ] {
            assert_eq!(common_name(display), common);
        }
        let mut names: Vec<_> = schema().attributes().map(|a| common_name(a.name).to_lowercase()).collect();
        names.extend(schema().classes().map(|c| common_name(c.name).to_lowercase()));
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "two entries of the schema have one name");
    }
}
