//! What a controller shows of a sequence's accounts, read by LDAP.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;

use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapConnAsync, Scope, SearchEntry};
use mockdc_containers::{DOMAIN, Guid, PASSWORD};

use crate::acts::Names;
use crate::picture::{DUPLICATE, Picture, User, group, picture, tombstones};
use crate::samba::base;

/// An open connection to one controller.
pub(crate) struct View {
    ldap: Ldap,
    /// Accounts that may show beside those that have a name of the sequence.
    beside: &'static str,
    /// The id under which others know the controller's changes.
    pub(crate) invocation: String,
}

/// Attributes that hold an instant which passes.
const TIMES: [&str; 3] = ["pwdLastSet", "badPasswordTime", "lockoutTime"];
/// Attributes whose stamps say nothing, by their numbers: `cn`, which like `name` each controller derives from the
/// account's place and stamps as its own, and `lastLogonTimestamp`, which Samba writes at a logon and the fake does not
/// keep.
const OWN_TO_SAMBA: [u64; 2] = [0x3, 0x0009_06A0];
const NAME: u64 = 0x0009_0001;
const LOCKOUT_TIME: u64 = 0x0009_0296;
/// What a client may see of a tombstone, if it is there. Instants, numbers and identifiers are each controller's own.
const OF_TOMBSTONES: [&str; 38] = [
    "accountExpires",
    "adminCount",
    "badPasswordTime",
    "badPwdCount",
    "cn",
    "codePage",
    "countryCode",
    "description",
    "displayName",
    "distinguishedName",
    "dSCorePropagationData",
    "groupType",
    "instanceType",
    "isCriticalSystemObject",
    "isDeleted",
    "isRecycled",
    "lastKnownParent",
    "lastLogoff",
    "lastLogon",
    "lockoutTime",
    "logonCount",
    "logonHours",
    "member",
    "memberOf",
    "name",
    "objectCategory",
    "objectClass",
    "objectGUID",
    "objectSid",
    "primaryGroupID",
    "pwdLastSet",
    "sAMAccountName",
    "sAMAccountType",
    "userAccountControl",
    "uSNChanged",
    "uSNCreated",
    "whenChanged",
    "whenCreated",
];
/// Those of which the values are compared as well.
const COMPARED: [&str; 8] = [
    "groupType",
    "instanceType",
    "isDeleted",
    "isRecycled",
    "lastKnownParent",
    "objectClass",
    "sAMAccountName",
    "userAccountControl",
];
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
/// An account that never expires.
const NEVER: i64 = i64::MAX;

impl View {
    pub(crate) async fn open(at: SocketAddr, invocation: String) -> Result<View, Box<dyn std::error::Error>> {
        let (connection, mut ldap) = LdapConnAsync::new(&format!("ldap://{at}")).await?;
        tokio::spawn(connection.drive());
        ldap.simple_bind(&format!("{DOMAIN}\\Administrator"), PASSWORD).await?.success()?;
        Ok(View { ldap, invocation, beside: "" })
    }

    /// The same at a controller that gives an account another name when it has lost its own.
    pub(crate) async fn with_duplicates(at: SocketAddr) -> Result<View, Box<dyn std::error::Error>> {
        let view = View::open(at, String::new()).await?;
        Ok(View { beside: "(sAMAccountName=$DUPLICATE-*)", ..view })
    }

    async fn search(
        &mut self,
        scope: Scope,
        filter: &str,
        wanted: &[&str],
    ) -> Result<Vec<SearchEntry>, String> {
        let found = self.ldap.search(&base(), scope, filter, wanted).await;
        let (entries, _) = found.and_then(ldap3::SearchResult::success).map_err(|error| error.to_string())?;
        Ok(entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct).collect())
    }

    /// The accounts of a sequence; `rights` are those of an account by its name and the last number of its identifier.
    pub(crate) async fn picture(
        &mut self,
        names: Names,
        rights: impl Fn(&str, u32) -> BTreeSet<String>,
    ) -> Result<Picture, String> {
        let wanted = [
            "sAMAccountName",
            "objectClass",
            "groupType",
            "description",
            "userAccountControl",
            "lockoutTime",
            "badPwdCount",
            "primaryGroupID",
            "pwdLastSet",
            "accountExpires",
            "memberOf",
            "objectSid",
        ];
        let found = self.search(Scope::Subtree, &self.filter(names), &wanted).await?;
        let entries: Vec<Entry> = found.into_iter().map(Entry::from).collect();
        let by_dn: BTreeMap<&str, String> =
            entries.iter().map(|entry| (entry.dn.as_str(), entry.shown_name())).collect();
        let by_rid: BTreeMap<u32, String> =
            entries.iter().map(|entry| (entry.rid, entry.shown_name())).collect();
        let named = |rid: u32| match rid {
            513 => "Domain Users".to_owned(),
            rid => by_rid.get(&rid).cloned().unwrap_or_default(),
        };
        let groups_of = |entry: &Entry| {
            let listed = entry.member_of.iter().map(|dn| match dn.to_ascii_lowercase() {
                lower if lower.starts_with("cn=domain users,") => "Domain Users".to_owned(),
                _ => by_dn.get(dn.as_str()).cloned().unwrap_or_else(|| dn.clone()),
            });
            let primary = entry.number("primaryGroupID").map(|rid| named(rid as u32));
            listed.chain(primary).filter(|name| !name.is_empty()).collect::<BTreeSet<_>>()
        };
        let mut accounts = Vec::new();
        for entry in &entries {
            let shown = if entry.is_group {
                let name = entry.shown_name();
                let members =
                    entries.iter().filter(|other| !other.is_group && groups_of(other).contains(&name));
                let kind =
                    if entry.number("groupType").unwrap_or(0) & 4 != 0 { "local-group" } else { "group" };
                group(kind, &members.map(Entry::shown_name).collect())
            } else {
                let control = entry.number("userAccountControl").unwrap_or(0);
                User {
                    comment: entry.text("description"),
                    disabled: control & 0x2 != 0,
                    must_change: entry.number("pwdLastSet") == Some(0),
                    never_expires: control & 0x1_0000 != 0,
                    locked_out: entry.number("lockoutTime").unwrap_or(0) != 0,
                    bad_passwords: entry.number("badPwdCount").unwrap_or(0) as u32,
                    primary_group: entry
                        .number("primaryGroupID")
                        .map(|rid| named(rid as u32))
                        .unwrap_or_default(),
                    groups: groups_of(entry),
                    expires: !matches!(entry.number("accountExpires"), None | Some(0 | NEVER)),
                    rights: rights(&entry.text("sAMAccountName"), entry.rid),
                }
                .shown()
            };
            accounts.push((entry.shown_name(), shown));
        }
        Ok(picture(accounts))
    }

    /// Each name in full, which the directory's index answers: a part of a name would cost more with each sequence.
    fn filter(&self, names: Names) -> String {
        let each = names.all().into_iter().map(|name| format!("(sAMAccountName={name})"));
        format!("(|{}{})", each.collect::<String>(), self.beside)
    }

    /// The instants of a sequence's users that are set.
    pub(crate) async fn times(
        &mut self,
        names: Names,
    ) -> Result<Vec<(Guid, Vec<(&'static str, i64)>)>, String> {
        let wanted = [&TIMES[..], &["objectGUID"]].concat();
        let found = self
            .search(Scope::Subtree, &format!("(&(objectClass=user){})", self.filter(names)), &wanted)
            .await?;
        let mut all = Vec::new();
        for found in found {
            let guid = Guid::of(&found).ok_or("an account without objectGUID")?;
            let entry = Entry::from(found);
            let times =
                TIMES.into_iter().filter_map(|name| Some((name, entry.number(name).filter(|at| *at > 0)?)));
            let times: Vec<_> = times.collect();
            if !times.is_empty() {
                all.push((guid, times));
            }
        }
        Ok(all)
    }

    /// The highest update sequence number under which this controller has changed an account of a sequence, tombstones
    /// included.
    pub(crate) async fn originated(&mut self, names: Names) -> Result<u64, String> {
        let wanted = ["replPropertyMetaData", "lockoutTime"];
        let found = self.search_graves(&self.filter(names), &wanted).await?;
        let mut highest = 0;
        for entry in found {
            let blob = entry.bin_attrs.get("replPropertyMetaData").and_then(|values| values.first());
            let lost = entry.dn.contains("CNF:");
            let unlocked = Entry::from(entry.clone()).number("lockoutTime") == Some(0);
            // As Samba stores it: a head of 16 bytes, then attribute, version, time, originator, number, local number.
            let stamps = blob.map_or(&[][..], |blob| blob.get(16..).unwrap_or_default()).chunks_exact(48);
            for stamp in stamps.filter(|stamp| guid_text(&stamp[16..32]) == self.invocation) {
                let (attribute, version) = (number(&stamp[..4]), number(&stamp[4..8]));
                let says_nothing = match attribute {
                    // Whoever meets a conflict of names writes the loser's new name.
                    NAME => !lost,
                    // An unlock writes a first zero into an account that was never locked.
                    LOCKOUT_TIME => unlocked && version == 1,
                    other => OWN_TO_SAMBA.contains(&other),
                };
                if !says_nothing {
                    highest = highest.max(number(&stamp[32..40]));
                }
            }
        }
        Ok(highest)
    }

    async fn search_graves(&mut self, filter: &str, wanted: &[&str]) -> Result<Vec<SearchEntry>, String> {
        self.ldap.with_controls(RawControl { ctype: SHOW_DELETED.to_owned(), crit: true, val: None });
        self.search(Scope::Subtree, filter, wanted).await
    }

    /// What is left of the accounts of a sequence that were deleted: which attributes, and what some of them say.
    pub(crate) async fn tombstones(&mut self, names: Names) -> Result<Picture, String> {
        let filter = format!("(&(isDeleted=TRUE){})", self.filter(names));
        let mut all = Vec::new();
        for found in self.search_graves(&filter, &["*"]).await? {
            let guid = Guid::of(&found).ok_or("a tombstone without objectGUID")?.to_string();
            let entry = Entry::from(found.clone());
            let mut shown = BTreeMap::new();
            for name in OF_TOMBSTONES {
                if !found.attrs.contains_key(name) && !found.bin_attrs.contains_key(name) {
                    continue;
                }
                let mut values = entry.attributes.get(name).cloned().unwrap_or_default();
                values.sort();
                shown.insert(
                    name,
                    if COMPARED.contains(&name) { values.join(", ") } else { "kept".to_owned() },
                );
            }
            let there = found.attrs.keys().chain(found.bin_attrs.keys());
            let others: BTreeSet<&str> =
                there.map(String::as_str).filter(|name| !OF_TOMBSTONES.contains(name)).collect();
            shown.insert("others", others.into_iter().collect::<Vec<_>>().join(", "));
            // The relative name has the identifier behind a line feed.
            let (stem, mark) = entry
                .text("cn")
                .split_once('\n')
                .map(|(stem, mark)| (stem.to_owned(), mark.to_owned()))
                .unwrap_or_default();
            let marked = mark.eq_ignore_ascii_case(&format!("DEL:{guid}"));
            shown.insert(
                "mark",
                format!("{} {marked}", if stem == entry.text("sAMAccountName") { "own name" } else { &stem }),
            );
            all.push((entry.text("sAMAccountName"), shown));
        }
        Ok(tombstones(all))
    }

    /// The highest update sequence number that this controller has given out.
    pub(crate) async fn committed(&mut self) -> Result<u64, String> {
        let found = self.ldap.search("", Scope::Base, "(objectClass=*)", vec!["highestCommittedUSN"]).await;
        let (entries, _) = found.and_then(ldap3::SearchResult::success).map_err(|error| error.to_string())?;
        let root = entries.into_iter().next().map(SearchEntry::construct).map(Entry::from);
        let number = root.and_then(|root| root.number("highestCommittedUSN"));
        number.map(|number| number as u64).ok_or_else(|| "a rootDSE without highestCommittedUSN".to_owned())
    }

    /// The accounts of a sequence, tombstones included, that have changed here after a number, in the order in which they
    /// have for the last time.
    pub(crate) async fn arrived(&mut self, names: Names, after: u64) -> Result<Vec<String>, String> {
        let wanted = ["sAMAccountName", "isDeleted", "uSNChanged"];
        let found = self.search_graves(&self.filter(names), &wanted).await?;
        let mut all: Vec<(i64, String)> = Vec::new();
        for entry in found.into_iter().map(Entry::from) {
            let number = entry.number("uSNChanged").ok_or("an account without uSNChanged")?;
            let deleted = entry.text("isDeleted") == "TRUE";
            let name = if deleted { format!("{} (deleted)", entry.shown_name()) } else { entry.shown_name() };
            if number as u64 > after {
                all.push((number, name));
            }
        }
        all.sort();
        Ok(all.into_iter().map(|(_, name)| name).collect())
    }

    /// How far this controller's up-to-dateness vector says that it has come with another's changes.
    pub(crate) async fn known_of(&mut self, invocation: &str) -> Result<u64, String> {
        let found = self.search(Scope::Base, "(objectClass=*)", &["replUpToDateVector"]).await?;
        let blob = found.first().and_then(|entry| entry.bin_attrs.get("replUpToDateVector")?.first());
        // A head of 16 bytes, then originator, number, time.
        let cursors = blob.map_or(&[][..], |blob| blob.get(16..).unwrap_or_default()).chunks_exact(32);
        let known = cursors.filter(|cursor| guid_text(&cursor[..16]) == invocation);
        Ok(known.map(|cursor| number(&cursor[16..24])).max().unwrap_or_default())
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

fn guid_text(bytes: &[u8]) -> String {
    bytes.try_into().map(|bytes| Guid(bytes).to_string()).unwrap_or_default()
}

struct Entry {
    dn: String,
    rid: u32,
    is_group: bool,
    member_of: Vec<String>,
    attributes: HashMap<String, Vec<String>>,
}

impl From<SearchEntry> for Entry {
    fn from(found: SearchEntry) -> Entry {
        let sid = found.bin_attrs.get("objectSid").and_then(|values| values.first());
        let rid = sid.and_then(|sid| sid.last_chunk::<4>()).map_or(0, |last| u32::from_le_bytes(*last));
        let is_group =
            found.attrs.get("objectClass").is_some_and(|all| all.iter().any(|class| class == "group"));
        Entry {
            rid,
            is_group,
            member_of: found.attrs.get("memberOf").cloned().unwrap_or_default(),
            dn: found.dn,
            attributes: found.attrs,
        }
    }
}

impl Entry {
    fn text(&self, attribute: &str) -> String {
        self.attributes.get(attribute).and_then(|values| values.first()).cloned().unwrap_or_default()
    }

    fn number(&self, attribute: &str) -> Option<i64> {
        self.attributes.get(attribute)?.first()?.parse().ok()
    }

    /// An account that lost its name in a conflict keeps `sAMAccountName` at Samba; its common name tells.
    fn shown_name(&self) -> String {
        let name = self.text("sAMAccountName");
        if self.dn.contains("CNF:") || name.starts_with("$DUPLICATE-") { DUPLICATE.to_owned() } else { name }
    }
}
