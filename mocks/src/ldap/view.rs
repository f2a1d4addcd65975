//! What one controller shows of an object: each attribute, computed from the model, its parts and the tree.

use super::descriptor::Descriptor;
use super::dn;
use super::forest::category;
use super::schema::{Syntax, schema};
use super::sid;
use super::time::{file_time, generalized};
use super::tree::{Node, Tree};
use crate::directory::{Database, Part, Password, PrincipalKind, RecordValue, Rid};
use crate::{AccountFlag, LogonLimits, SimTime, Span};

/// Values of an attribute; none: the object has no such attribute.
pub(super) type Values = Vec<Vec<u8>>;

/// Flags of `userAccountControl`.
pub(super) mod uac {
    pub(in crate::ldap) const DISABLED: u32 = 0x2;
    pub(in crate::ldap) const LOCKOUT: u32 = 0x10;
    pub(in crate::ldap) const PASSWD_NOTREQD: u32 = 0x20;
    pub(in crate::ldap) const CANT_CHANGE: u32 = 0x40;
    pub(in crate::ldap) const NORMAL: u32 = 0x200;
    pub(in crate::ldap) const WORKSTATION: u32 = 0x1000;
    pub(in crate::ldap) const SERVER: u32 = 0x2000;
    pub(in crate::ldap) const DONT_EXPIRE: u32 = 0x1_0000;
    pub(in crate::ldap) const PASSWORD_EXPIRED: u32 = 0x80_0000;
    /// A read-only controller keeps no secrets but some (0x0400_0000), and may speak for others to itself (0x0100_0000).
    pub(in crate::ldap) const READ_ONLY: u32 = 0x0500_0000;
    /// What the model keeps as flags of its own, or computes.
    pub(in crate::ldap) const MODELLED: u32 =
        DISABLED | LOCKOUT | CANT_CHANGE | NORMAL | WORKSTATION | SERVER | DONT_EXPIRE | PASSWORD_EXPIRED;
}

/// How a value begins that means an object by an identifier, whatever it is called.
const BY_IDENTIFIER: [&[u8]; 2] = [b"<SID=", b"<GUID="];

/// Never, as a large integer.
const NEVER: i64 = i64::MAX;

/// One controller's directory at one instant.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) database: &'a Database,
    pub(super) tree: &'a Tree,
    pub(super) now: SimTime,
    pub(super) start_unix_ms: i64,
}

impl<'a> View<'a> {
    /// The values of an attribute, by its name in lower case.
    pub(super) fn values(&self, id: Rid, name: &str) -> Values {
        let Some(node) = self.tree.node(id) else { return Vec::new() };
        if let Some(values) = self.of_any(id, node, name) {
            return values;
        }
        if node.deleted_from.is_some() {
            return self.of_remains(id, name);
        }
        let modelled = match self.database.principal(id).map(|principal| principal.kind) {
            Some(PrincipalKind::User) => self.of_user(id, name),
            Some(PrincipalKind::Group | PrincipalKind::LocalGroup) => self.of_group(id, name),
            _ if id == self.tree.places().domain => self.of_domain(name),
            _ => None,
        };
        if let Some(values) = modelled {
            return values;
        }
        if let Some(values) = self.stated(id, name) {
            return values;
        }
        node.fixed(name).cloned().unwrap_or_default()
    }

    /// The attributes that an object shows to whoever asks for all.
    pub(super) fn shown(&self, id: Rid) -> Vec<(&'static str, Values)> {
        let Some(node) = self.tree.node(id) else { return Vec::new() };
        let attributes = schema().shown(node.class).iter();
        let all = attributes.filter_map(|name| {
            let values = self.values(id, &schema().attribute(name)?.key);
            (!values.is_empty()).then_some((*name, values))
        });
        all.collect()
    }

    /// The object of a name, its identifier in angle brackets included; or the nearest above.
    pub(super) fn find(&self, name: &str) -> Result<Rid, Missing> {
        let name = name.trim();
        if let Some(inner) = name.strip_prefix('<') {
            return self.by_identifier(inner).ok_or(Missing::Object(None));
        }
        // Of other domains' names more has to be read.
        if let Some(found @ (Ok(_) | Err(Some(_)))) = self.tree.walk_plain(name) {
            return found.map_err(Missing::Object);
        }
        let rdns = dn::parse(name).ok_or(Missing::Malformed)?;
        if rdns.is_empty() {
            return Err(Missing::Object(None));
        }
        match self.tree.walk(&rdns) {
            Ok(id) => Ok(id),
            Err(Some(best)) => Err(Missing::Object(Some(best))),
            Err(None) => {
                let labels: Vec<&str> = rdns
                    .iter()
                    .rev()
                    .take_while(|rdn| rdn.attribute.eq_ignore_ascii_case("dc"))
                    .map(|rdn| rdn.value.as_str())
                    .collect();
                if labels.is_empty() {
                    return Err(Missing::Object(None));
                }
                let labels: Vec<&str> = labels.into_iter().rev().collect();
                Err(Missing::Elsewhere(labels.join(".")))
            }
        }
    }

    /// The account that a simple bind means (MS-ADTS 5.1.1.1.1): a distinguished name, `DOMAIN\\user`, `user@domain`, a
    /// security identifier, and what only one account has: an identifier in braces, a canonical name, a display name, a
    /// service's principal name. A bare logon name means nobody.
    pub(super) fn bound_as(&self, name: &str) -> Option<crate::AccountName> {
        let spelt = name.contains(['\\', '@', '=']) || sid::parse(name).is_some();
        if let Some(user) = spelt.then(|| self.account_of(name)).flatten() {
            return Some(user);
        }
        let accounts = || self.database.principals().map(|(id, _)| id);
        let has = |id: Rid, attribute: &str| {
            self.values(id, attribute).iter().any(|value| value.eq_ignore_ascii_case(name.as_bytes()))
        };
        let bare = name.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
        let meant: Vec<Rid> = match bare.and_then(sid::parse_guid) {
            Some(guid) => self.tree.by_guid(&guid).into_iter().collect(),
            None => ["canonicalname", "displayname", "serviceprincipalname"]
                .into_iter()
                .map(|form| accounts().filter(|id| has(*id, form)).collect::<Vec<_>>())
                .find(|meant| !meant.is_empty())
                .unwrap_or_default(),
        };
        let [one] = meant[..] else { return None };
        let user = self.database.kind_of(one) == Some(PrincipalKind::User);
        self.database.name(one).filter(|_| user).cloned()
    }

    /// The account that a name means that a client gives: a distinguished name, `DOMAIN\\user`, `user@domain`, a bare
    /// name, an identifier.
    pub(super) fn account_of(&self, name: &str) -> Option<crate::AccountName> {
        let user = |id: Rid| {
            let user = self.database.kind_of(id) == Some(PrincipalKind::User);
            self.database.name(id).filter(|_| user).cloned()
        };
        let named = |name: &str| self.database.user(&name.into()).and_then(user);
        if let Some((domain, account)) = name.split_once('\\') {
            let naming = &self.tree.naming;
            let ours =
                domain.eq_ignore_ascii_case(&naming.netbios) || domain.eq_ignore_ascii_case(&naming.dns);
            return named(account).filter(|_| ours);
        }
        if let Some((account, domain)) = name.rsplit_once('@') {
            let naming = &self.tree.naming;
            let implicit =
                domain.eq_ignore_ascii_case(&naming.dns) || domain.eq_ignore_ascii_case(&naming.netbios);
            let principal = |(rid, _): &(Rid, &crate::directory::Principal)| {
                let names = self.stated(*rid, "userPrincipalName").unwrap_or_default();
                names.iter().any(|known| known.eq_ignore_ascii_case(name.as_bytes()))
            };
            let explicit = self.database.principals().find(principal).and_then(|(rid, _)| user(rid));
            return explicit.or_else(|| named(account).filter(|_| implicit));
        }
        if name.contains('=') {
            return self.find(name).ok().and_then(user);
        }
        named(name).or_else(|| {
            let octets = sid::parse(name)?;
            self.by_sid(&octets).and_then(user)
        })
    }

    fn by_identifier(&self, inner: &str) -> Option<Rid> {
        let inner = inner.strip_suffix('>')?;
        let (kind, value) = inner.split_once('=')?;
        if kind.eq_ignore_ascii_case("GUID") {
            return self.tree.by_guid(&sid::parse_guid(value)?);
        }
        if kind.eq_ignore_ascii_case("SID") {
            let octets = sid::parse(value).or_else(|| from_hex(value))?;
            return self.by_sid(&octets);
        }
        if kind.eq_ignore_ascii_case("WKGUID") {
            let (guid, within) = value.split_once(',')?;
            let (_, container) =
                super::forest::WELL_KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(guid))?;
            return self.tree.find(&format!("{container},{within}"));
        }
        None
    }

    pub(super) fn by_sid(&self, octets: &[u8]) -> Option<Rid> {
        if octets == sid::of_domain(self.database) {
            return Some(self.tree.places().domain);
        }
        sid::account(self.database, octets).or_else(|| {
            let has = |node: &Node| node.fixed("objectSid").is_some_and(|v| v.iter().any(|v| v == octets));
            self.tree.all_fixed().find(|(_, node)| has(node)).map(|(id, _)| id)
        })
    }

    fn of_any(&self, id: Rid, node: &Node, name: &str) -> Option<Values> {
        let deleted = node.deleted_from.is_some();
        Some(match name {
            "distinguishedname" => one(self.tree.dn(id)),
            "objectguid" => vec![node.guid.to_vec()],
            "name" => one(self.relative_name(node)),
            "cn" | "ou" | "dc" | "o" | "c" | "l" if self.names(node, name) => one(self.relative_name(node)),
            "objectclass" => {
                schema().lineage(node.class).iter().map(|class| class.as_bytes().to_vec()).collect()
            }
            "structuralobjectclass" => {
                schema().lineage(node.class).iter().rev().map(|class| class.as_bytes().to_vec()).collect()
            }
            "objectcategory" if deleted => Vec::new(),
            "objectcategory" => one(category(node.class, &self.tree.naming)),
            "instancetype" if node.fixed("instanceType").is_none() => one("4"),
            "whencreated" | "createtimestamp" => one(self.time(node.created)),
            "whenchanged" | "modifytimestamp" => one(self.time(node.changed)),
            // Accounts that the domain model does not list have their passwords from the first day.
            "pwdlastset" if node.fixed("accountExpires").is_some() => {
                one(self.file_time(node.created).to_string())
            }
            "usncreated" => one(node.usn_created.to_string()),
            "usnchanged" => one(node.usn_changed.to_string()),
            "isdeleted" if deleted => one("TRUE"),
            "lastknownparent" if deleted => {
                node.deleted_from.map(|from| one(self.tree.dn(from))).unwrap_or_default()
            }
            "parentguid" => {
                let parent = node.parent.and_then(|parent| self.tree.node(parent));
                parent.map(|parent| vec![parent.guid.to_vec()]).unwrap_or_default()
            }
            "canonicalname" => one(self.canonical(id)),
            "dscorepropagationdata" if deleted => Vec::new(),
            "dscorepropagationdata" => one("16010101000000.0Z"),
            "subschemasubentry" => one(format!("CN=Aggregate,{}", self.tree.naming.schema)),
            "ntsecuritydescriptor" => self
                .stated(id, "nTSecurityDescriptor")
                .or_else(|| self.kept(id, name))
                .unwrap_or_else(|| vec![Descriptor::of_any(self.database).written()]),
            "allowedattributes" => {
                schema().allowed(node.class).iter().map(|name| name.as_bytes().to_vec()).collect()
            }
            "allowedchildclasses" => schema()
                .classes()
                .filter(|class| class.superiors.contains(&node.class))
                .map(|class| class.name.as_bytes().to_vec())
                .collect(),
            "memberof" if !deleted => self.member_of(id),
            "directreports" | "managedobjects" if !deleted => self.linked_back(id, name),
            "objectsid" if self.database.principal(id).is_some() => vec![sid::of(self.database, id)],
            "objectsid" if deleted => self.of_remains(id, name),
            "attributetypes" if node.class == "subSchema" => {
                schema().attributes().map(|attribute| attribute.description().into_bytes()).collect()
            }
            "objectclasses" if node.class == "subSchema" => {
                schema().classes().map(|class| class.description().into_bytes()).collect()
            }
            "ldapsyntaxes" if node.class == "subSchema" => {
                Syntax::ALL.iter().map(|syntax| format!("( {} )", syntax.oid()).into_bytes()).collect()
            }
            "msds-isrodc" if matches!(node.class, "server" | "nTDSDSA" | "nTDSDSARO") => {
                let settings = match node.class {
                    "server" => self.tree.child(id, "cn=ntds settings").and_then(|id| self.tree.node(id)),
                    _ => Some(node),
                };
                let read_only = settings.is_some_and(|settings| settings.class == "nTDSDSARO");
                one(if read_only { "TRUE" } else { "FALSE" })
            }
            "dbcspwd" | "unicodepwd" | "supplementalcredentials" => Vec::new(),
            _ => return None,
        })
    }

    fn names(&self, node: &Node, name: &str) -> bool {
        node.rdn.split_once('=').is_some_and(|(attribute, _)| attribute.eq_ignore_ascii_case(name))
    }

    fn relative_name(&self, node: &Node) -> String {
        if let Some((_, value)) = node.rdn.split_once('=')
            && !node.rdn.contains(['\\', '"', ','])
        {
            return value.to_owned();
        }
        let rdn = dn::parse(&node.rdn).and_then(|rdns| rdns.into_iter().next());
        rdn.map(|rdn| rdn.value).unwrap_or_default()
    }

    fn canonical(&self, id: Rid) -> String {
        let mut rdns = dn::parse(&self.tree.dn(id)).unwrap_or_default();
        let labels = rdns.iter().rev().take_while(|rdn| rdn.attribute.eq_ignore_ascii_case("dc")).count();
        let domain = rdns.split_off(rdns.len() - labels);
        let domain: Vec<String> = domain.into_iter().map(|rdn| rdn.value).collect();
        let path: String =
            rdns.iter().rev().map(|rdn| format!("/{}", rdn.value.replace('/', "\\/"))).collect();
        format!("{}{}", domain.join("."), if path.is_empty() { "/" } else { &path })
    }

    pub(super) fn time(&self, at: SimTime) -> String {
        generalized(self.start_unix_ms.saturating_add(at.as_millis()))
    }

    fn file_time(&self, at: SimTime) -> i64 {
        if at == SimTime::NEVER {
            NEVER
        } else {
            file_time(self.start_unix_ms.saturating_add(at.as_millis()))
        }
    }

    pub(super) fn password(&self, id: Rid) -> Option<&'a Password> {
        match self.database.records().value(&Part::Password(id)) {
            Some(RecordValue::Password(password)) => Some(password),
            _ => None,
        }
    }

    pub(super) fn limits(&self, id: Rid) -> Option<&'a LogonLimits> {
        match self.database.records().value(&Part::LogonLimits(id)) {
            Some(RecordValue::Limits(limits)) => Some(&**limits),
            _ => None,
        }
    }

    /// The values that are stated for an attribute beside what the model knows.
    pub(super) fn stated(&self, id: Rid, name: &str) -> Option<Values> {
        let attributes = &self.database.extras(id)?.attributes;
        let values = attributes.get(&crate::Name::from(name))?;
        if values.iter().any(|value| is_by_identifier(value))
            && schema().attribute(name).is_some_and(|attribute| attribute.syntax == Syntax::Dn)
        {
            return Some(values.iter().filter_map(|value| self.named(value)).collect());
        }
        Some(values.to_vec())
    }

    /// The name of an object to which a value refers; of one that is meant by its security identifier the name that it has
    /// now. `None`: it is gone.
    fn named(&self, value: &[u8]) -> Option<Vec<u8>> {
        if !is_by_identifier(value) {
            return Some(value.to_vec());
        }
        let meant = self.by_identifier(std::str::from_utf8(value).ok()?.strip_prefix('<')?)?;
        let node = self.tree.node(meant)?;
        node.deleted_from.is_none().then(|| self.tree.dn(meant).into_bytes())
    }

    pub(super) fn flag(&self, id: Rid, flag: AccountFlag) -> bool {
        self.database.flags(id).is_some_and(|flags| flags.contains(&flag))
    }

    /// `userAccountControl` as it is stored: what is computed is not in it.
    pub(super) fn user_account_control(&self, id: Rid) -> u32 {
        let other = self.stated(id, "userAccountControl").and_then(|values| number(values.first()?));
        let bits = control_bits(other.unwrap_or_default() as u32, |flag| self.flag(id, flag));
        bits | if self.tree.is_read_only(id) { uac::READ_ONLY } else { 0 }
    }

    /// What a tombstone keeps of the account that it was.
    fn of_remains(&self, id: Rid, name: &str) -> Values {
        let Some(remains) = self.database.remains(id) else { return Vec::new() };
        let user = remains.principal.kind == PrincipalKind::User;
        match name {
            "objectsid" => vec![sid::of(self.database, id)],
            "samaccountname" => one(remains.principal.name.as_str()),
            "useraccountcontrol" if user => {
                let other = self.kept(id, name).and_then(|values| number(values.first()?));
                let has = |flag| remains.flags.contains(&flag);
                one(control_bits(other.unwrap_or_default() as u32, has).to_string())
            }
            "grouptype" if !user => self.kept(id, name).unwrap_or_else(|| {
                one(group_type(remains.principal.kind == PrincipalKind::LocalGroup, false))
            }),
            "dnshostname" if crate::directory::is_computer(&remains.flags) => {
                self.kept(id, name).unwrap_or_else(|| one(self.host_name(&remains.principal.name)))
            }
            "useraccountcontrol" | "grouptype" => Vec::new(),
            _ => self.kept(id, name).unwrap_or_default(),
        }
    }

    /// What was stated of an account that is deleted, as far as its tombstone keeps it.
    fn kept(&self, id: Rid, name: &str) -> Option<Values> {
        let stated = self.database.remains(id)?.stated.get(&crate::Name::from(name))?;
        Some(stated.to_vec())
    }

    /// What a computer is called that nobody has given another name.
    fn host_name(&self, account: &crate::AccountName) -> String {
        let host = account.as_str().trim_end_matches('$').to_ascii_lowercase();
        format!("{host}.{}", self.tree.naming.dns)
    }

    fn computed_control(&self, id: Rid) -> u32 {
        let mut bits = 0;
        if self.database.locked_until(id, self.now).is_some() {
            bits |= uac::LOCKOUT;
        }
        let old = self.password(id).is_some_and(|password| {
            let maximum = self.database.account_policy().maximum_age;
            maximum.is_some_and(|maximum| self.now.since(password.set) >= maximum)
        });
        let exempt = self.flag(id, AccountFlag::PasswordNeverExpires);
        if self.flag(id, AccountFlag::MustChangePassword) || (old && !exempt) {
            bits |= uac::PASSWORD_EXPIRED;
        }
        bits
    }

    pub(super) fn primary_group(&self, id: Rid) -> Option<Rid> {
        match self.database.records().value(&Part::PrimaryGroup(id)) {
            Some(RecordValue::Rid(group)) => Some(*group),
            _ => None,
        }
    }

    fn of_user(&self, id: Rid, name: &str) -> Option<Values> {
        let account = self.database.name(id)?;
        let computer = || {
            self.flag(id, AccountFlag::WorkstationTrustAccount)
                || self.flag(id, AccountFlag::ServerTrustAccount)
        };
        Some(match name {
            "samaccountname" => one(account.as_str()),
            "samaccounttype" => one(if computer() { "805306369" } else { "805306368" }),
            "useraccountcontrol" => one(self.user_account_control(id).to_string()),
            "msds-user-account-control-computed" => one(self.computed_control(id).to_string()),
            "description" => match self.database.records().value(&Part::Comment(id)) {
                Some(RecordValue::Text(text)) if !text.is_empty() => one(text.as_str()),
                _ => return None,
            },
            "primarygroupid" => self.shown_primary_group(id).map(|group| one(group.0.to_string()))?,
            "msds-isrodc" if computer() => one(if self.tree.is_read_only(id) { "TRUE" } else { "FALSE" }),
            "pwdlastset" => {
                let password = self.password(id)?;
                match self.flag(id, AccountFlag::MustChangePassword) {
                    true => one("0"),
                    false => one(self.file_time(password.set).to_string()),
                }
            }
            "accountexpires" => match self.database.expires(id) {
                Some(at) => one(self.file_time(at).to_string()),
                None => self.stated(id, "accountExpires").unwrap_or_else(|| one(NEVER.to_string())),
            },
            "lockouttime" => match self.database.records().value(&Part::Lockout(id)) {
                Some(RecordValue::Time(Some(since))) => one(self.file_time(*since).to_string()),
                _ if self.database.version(&Part::Lockout(id)).is_some_and(|version| version.0 > 0)
                    && self
                        .database
                        .records()
                        .record(&Part::Lockout(id))
                        .is_some_and(|r| r.stamp.revision > 1) =>
                {
                    one("0")
                }
                _ => Vec::new(),
            },
            "badpwdcount" => one(self.database.bad_passwords(id).0.to_string()),
            "badpasswordtime" => match self.database.bad_passwords(id) {
                (0, _) => one("0"),
                (_, last) => one(self.file_time(last).to_string()),
            },
            "userworkstations" => {
                let hosts = self.limits(id)?.workstations.iter().map(|host| host.as_str());
                let list = hosts.collect::<Vec<_>>().join(",");
                if list.is_empty() { Vec::new() } else { one(list) }
            }
            "logonhours" => self.logon_hours(id)?,
            "lastlogon" => {
                let last = self.database.logons(id).map_or(0, |logons| self.file_time(logons.last));
                one(last.to_string())
            }
            "logoncount" => one(self.database.logons(id).map_or(0, |logons| logons.count).to_string()),
            "codepage" | "countrycode" | "lastlogoff" if self.stated(id, name).is_none() => one("0"),
            "admincount" if self.is_protected(id) => one("1"),
            "iscriticalsystemobject" if id.is_built_in() => one("TRUE"),
            "dnshostname" if computer() && self.stated(id, "dNSHostName").is_none() => {
                one(self.host_name(account))
            }
            "tokengroups" | "tokengroupsglobalanduniversal" | "tokengroupsnogcacceptable" => {
                self.token_groups(id)
            }
            _ => return None,
        })
    }

    fn of_group(&self, id: Rid, name: &str) -> Option<Values> {
        let account = self.database.principal(id)?;
        let local = account.kind == PrincipalKind::LocalGroup;
        Some(match name {
            "samaccountname" => one(account.name.as_str()),
            "samaccounttype" => {
                let kind = self.stated(id, "groupType").and_then(|values| number(values.first()?));
                // Of distribution alone, not of security.
                let apart = i64::from(kind.is_some_and(|kind| kind >= 0));
                one((if local { 536_870_912 } else { 268_435_456 } + apart).to_string())
            }
            "grouptype" if self.stated(id, "groupType").is_none() => one(group_type(local, id.is_built_in())),
            "member" => self.members(id),
            "primarygrouptoken" => one(id.0.to_string()),
            "admincount" if self.is_protected(id) => one("1"),
            "iscriticalsystemobject" if id.is_built_in() => one("TRUE"),
            "systemflags" if sid::is_builtin(self.database, id) => one("-1946157056"),
            "tokengroups" | "tokengroupsglobalanduniversal" | "tokengroupsnogcacceptable" => {
                self.token_groups(id)
            }
            _ => return None,
        })
    }

    fn of_domain(&self, name: &str) -> Option<Values> {
        let policy = self.database.account_policy();
        let negative = |span: Span| one((-span.as_millis().saturating_mul(10_000)).to_string());
        Some(match name {
            "objectsid" => vec![sid::of_domain(self.database)],
            "maxpwdage" => policy.maximum_age.map_or_else(|| one(i64::MIN.to_string()), negative),
            "minpwdage" => negative(policy.minimum_age),
            "minpwdlength" => one(policy.minimum_length.to_string()),
            "pwdproperties" => one(u32::from(policy.complexity).to_string()),
            "pwdhistorylength" => one(policy.history.to_string()),
            "lockoutthreshold" => one(policy.lockout_threshold.to_string()),
            "lockoutduration" => policy.lockout_duration.map_or_else(|| one(i64::MIN.to_string()), negative),
            "lockoutobservationwindow" => negative(policy.lockout_reset),
            "creationtime" => one(self.file_time(SimTime::START).to_string()),
            _ => return None,
        })
    }

    /// The hours of the model as a week of 168 bits, from Sunday's first hour on.
    fn logon_hours(&self, id: Rid) -> Option<Values> {
        let hours = &self.limits(id)?.hours;
        if hours.is_empty() {
            return None;
        }
        let mut octets = vec![0_u8; 21];
        for bit in 0..168 {
            // The model's week begins a day later.
            let time = Span::hours(bit as i64) - Span::days(1);
            if hours.iter().any(|hours| hours.include(time)) {
                octets[bit / 8] |= 1 << (bit % 8);
            }
        }
        Some(vec![octets])
    }
}

/// Why a name leads to no object here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is no name.
    Malformed,
    /// There is none; the nearest above it.
    Object(Option<Rid>),
    /// It is a name of another domain.
    Elsewhere(String),
}

/// Whether a value means an object by an identifier.
fn is_by_identifier(value: &[u8]) -> bool {
    BY_IDENTIFIER.iter().any(|mark| value.starts_with(mark))
}

pub(super) fn one(value: impl Into<Vec<u8>>) -> Values {
    vec![value.into()]
}

pub(super) fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// The modelled flags of an account as bits of `userAccountControl`, beside what else was stated in it.
fn control_bits(stated: u32, has: impl Fn(AccountFlag) -> bool) -> u32 {
    let mut bits = stated & !uac::MODELLED;
    for (flag, bit) in [
        (AccountFlag::Disabled, uac::DISABLED),
        (AccountFlag::PasswordNeverExpires, uac::DONT_EXPIRE),
        (AccountFlag::WorkstationTrustAccount, uac::WORKSTATION),
        (AccountFlag::ServerTrustAccount, uac::SERVER),
    ] {
        if has(flag) {
            bits |= bit;
        }
    }
    if bits & (uac::WORKSTATION | uac::SERVER) == 0 {
        bits |= uac::NORMAL;
    }
    bits
}

/// `groupType` of a security group: local or global, built in or not.
fn group_type(local: bool, built_in: bool) -> &'static str {
    match (local, built_in) {
        (true, true) => "-2147483643",
        (true, false) => "-2147483644",
        (false, _) => "-2147483646",
    }
}
