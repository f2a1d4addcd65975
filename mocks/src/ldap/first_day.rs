//! Objects that a forest has from its first day and that mean nothing to the model: default policies, built-in groups of
//! Windows Server 2003, transports and links of sites, connections, extended rights.

use super::forest::Forest;
use super::naming::{Naming, site_name};
use super::sid;
use crate::directory::{Database, DcIndex};
use crate::{Domain, Replication};

const HIDDEN: (&str, &str) = ("showInAdvancedViewOnly", "TRUE");
const CRITICAL: (&str, &str) = ("isCriticalSystemObject", "TRUE");

/// The two policies of every domain: names of their objects, and what they are called.
const POLICIES: [(&str, &str); 2] = [
    ("{31B2F340-016D-11D2-945F-00C04FB984F9}", "Default Domain Policy"),
    ("{6AC1786C-016F-11D2-945F-00C04fB984F9}", "Default Domain Controllers Policy"),
];

/// Local groups of every domain that the model does not know.
const GROUPS: &[(u32, &str, &str)] = &[
    (
        554,
        "Pre-Windows 2000 Compatible Access",
        "A backward compatibility group which allows read access on all users and groups in the domain",
    ),
    (555, "Remote Desktop Users", "Members in this group are granted the right to logon remotely"),
    (
        556,
        "Network Configuration Operators",
        "Members in this group can have some administrative privileges to manage configuration of networking features",
    ),
    (
        557,
        "Incoming Forest Trust Builders",
        "Members of this group can create incoming, one-way trusts to this forest",
    ),
    (558, "Performance Monitor Users", "Members of this group have remote access to monitor this computer"),
    (
        559,
        "Performance Log Users",
        "Members of this group have remote access to schedule logging of performance counters on this computer",
    ),
    (
        560,
        "Windows Authorization Access Group",
        "Members of this group have access to the computed tokenGroupsGlobalAndUniversal attribute on User objects",
    ),
    (561, "Terminal Server License Servers", "Terminal Server License Servers"),
    (
        562,
        "Distributed COM Users",
        "Members are allowed to launch, activate and use Distributed COM objects on this machine.",
    ),
];

/// Rights beside those of the masks: name, identifier, what it applies to, and the mask that it belongs to (MS-ADTS
/// 5.1.3.2.1, 6.1.1.2.7).
const RIGHTS: &[(&str, &str, &str, &str)] = &[
    (
        "User-Change-Password",
        "ab721a53-1e2f-11d0-9819-00aa0040529b",
        "bf967aba-0de6-11d0-a285-00aa003049e2",
        "256",
    ),
    (
        "User-Force-Change-Password",
        "00299570-246d-11d0-a768-00aa006e0529",
        "bf967aba-0de6-11d0-a285-00aa003049e2",
        "256",
    ),
    ("Send-As", "ab721a54-1e2f-11d0-9819-00aa0040529b", "bf967aba-0de6-11d0-a285-00aa003049e2", "256"),
    ("Receive-As", "ab721a56-1e2f-11d0-9819-00aa0040529b", "bf967aba-0de6-11d0-a285-00aa003049e2", "256"),
    (
        "DS-Replication-Get-Changes",
        "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2",
        "19195a5b-6da0-11d0-afd3-00c04fd930c9",
        "256",
    ),
    (
        "DS-Replication-Get-Changes-All",
        "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2",
        "19195a5b-6da0-11d0-afd3-00c04fd930c9",
        "256",
    ),
    (
        "DS-Replication-Synchronize",
        "1131f6ab-9c07-11d1-f79f-00c04fc2dcd2",
        "19195a5b-6da0-11d0-afd3-00c04fd930c9",
        "256",
    ),
    (
        "Reanimate-Tombstones",
        "45ec5156-db7e-47bb-b53f-dbeb2d03c40f",
        "19195a5b-6da0-11d0-afd3-00c04fd930c9",
        "256",
    ),
    ("Self-Membership", "bf9679c0-0de6-11d0-a285-00aa003049e2", "bf967a9c-0de6-11d0-a285-00aa003049e2", "8"),
    ("Validated-SPN", "f3a64788-5306-11d1-a9c5-0000f80367c1", "bf967a86-0de6-11d0-a285-00aa003049e2", "8"),
];

/// The links of a container's policy object.
pub(super) fn policy_link(naming: &Naming, which: usize) -> String {
    let name = POLICIES.get(which).map_or("", |(name, _)| name);
    format!("[LDAP://CN={name},CN=Policies,CN=System,{};0]", naming.root)
}

impl Forest {
    /// What stands in the domain.
    pub(super) fn first_day_of_domain(&mut self, database: &Database, naming: &Naming) {
        let root = &naming.root;
        for (name, shown) in POLICIES {
            let dn = format!("CN={name},CN=Policies,CN=System,{root}");
            let path = format!("\\\\{0}\\sysvol\\{0}\\Policies\\{name}", naming.dns);
            self.add(
                "groupPolicyContainer",
                dn.clone(),
                &[
                    ("displayName", shown),
                    ("gPCFileSysPath", &path),
                    ("gPCFunctionalityVersion", "2"),
                    ("versionNumber", "1"),
                    ("flags", "0"),
                    ("systemFlags", "-1946157056"),
                    CRITICAL,
                    HIDDEN,
                ],
            );
            for half in ["User", "Machine"] {
                self.add("container", format!("CN={half},{dn}"), &[HIDDEN]);
            }
        }
        for (rid, name, description) in GROUPS {
            if database.find(&(*name).into()).is_some() {
                continue;
            }
            self.add(
                "group",
                format!("CN={name},CN=Builtin,{root}"),
                &[
                    ("sAMAccountName", name),
                    ("groupType", "-2147483643"),
                    ("sAMAccountType", "536870912"),
                    ("systemFlags", "-1946157056"),
                    ("description", description),
                    CRITICAL,
                ],
            );
            self.give("objectSid", sid::parse(&format!("S-1-5-32-{rid}")).unwrap_or_default());
        }
        for known in ["S-1-5-4", "S-1-5-9", "S-1-5-11", "S-1-5-20"] {
            let dn = format!("CN={known},CN=ForeignSecurityPrincipals,{root}");
            self.add("foreignSecurityPrincipal", dn, &[HIDDEN]);
            self.give("objectSid", sid::parse(known).unwrap_or_default());
        }
    }

    /// What stands in the configuration beside controllers and partitions. `sites` are all of them, `settings` the names
    /// of the controllers' settings.
    pub(super) fn first_day_of_forest(
        &mut self,
        domain: &Domain,
        naming: &Naming,
        sites: &[&str],
        settings: &[String],
    ) {
        let base = &naming.configuration;
        let site = |name: &str| format!("CN={},CN=Sites,{base}", super::dn::escape(name));
        for name in sites {
            self.add(
                "nTDSSiteSettings",
                format!("CN=NTDS Site Settings,{}", site(name)),
                &[("options", "0"), HIDDEN],
            );
        }
        let transports = format!("CN=Inter-Site Transports,CN=Sites,{base}");
        for name in ["IP", "SMTP"] {
            self.add("interSiteTransport", format!("CN={name},{transports}"), &[("options", "0"), HIDDEN]);
        }
        let replication = &domain.world().domain.replication;
        let stated = match replication {
            Replication::Ad(ad) => ad.site_links.as_slice(),
            _ => &[],
        };
        for link in stated {
            let minutes = (link.interval.as_millis() / 60_000).to_string();
            let dn = format!("CN={},CN=IP,{transports}", super::dn::escape(link.name.as_str()));
            let options = if link.notify { "1" } else { "0" };
            self.add(
                "siteLink",
                dn,
                &[("cost", &link.cost.to_string()), ("replInterval", &minutes), ("options", options), HIDDEN],
            );
            for joined in &link.sites {
                self.give("siteList", site(site_name(joined.as_str())).into_bytes());
            }
        }
        if !stated.iter().any(|link| link.name.as_str().eq_ignore_ascii_case("DEFAULTIPSITELINK")) {
            let dn = format!("CN=DEFAULTIPSITELINK,CN=IP,{transports}");
            self.add("siteLink", dn, &[("cost", "100"), ("replInterval", "180"), HIDDEN]);
            // Sites that no link of the world joins are left where they began.
            let joined = |name: &str| {
                stated
                    .iter()
                    .flat_map(|link| &link.sites)
                    .any(|other| site_name(other.as_str()).eq_ignore_ascii_case(name))
            };
            for name in sites.iter().filter(|name| !joined(name)) {
                self.give("siteList", site(name).into_bytes());
            }
        }
        if let Replication::Ad(ad) = replication {
            let place = |dc: DcIndex| settings.get(usize::from(dc.0));
            for (number, (source, target)) in
                crate::replication::partners(ad, &domain.world().dcs).into_iter().enumerate()
            {
                let (Some(source), Some(target)) = (place(source), place(target)) else { continue };
                let name = sid::guid_text(&sid::guid(&format!("{source}/{target}"), number as u32));
                let all = [
                    ("fromServer", source.as_str()),
                    ("enabledConnection", "TRUE"),
                    ("options", "1"),
                    HIDDEN,
                ];
                self.add("nTDSConnection", format!("CN={name},{target}"), &all);
            }
        }
        for (name, guid, class, mask) in RIGHTS {
            let dn = format!("CN={name},CN=Extended-Rights,{base}");
            let shown = name.replace('-', " ");
            self.add(
                "controlAccessRight",
                dn,
                &[
                    ("displayName", &shown),
                    ("rightsGuid", guid),
                    ("appliesTo", class),
                    ("validAccesses", mask),
                    HIDDEN,
                ],
            );
        }
    }
}
