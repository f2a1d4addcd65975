//! Samba's controllers: account verbs by LDAP, logons by SMB and LDAP, replication by the agents.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ldap3::{Ldap, LdapConnAsync, Scope, SearchEntry};
use mockdc_containers::{
    Context, DOMAIN, Directory, DirectoryError, Endpoint, Fleet, FleetOptions, PASSWORD, REALM, Scale,
    controller, session,
};
use mockdc_mocks::{Authority, Credentials, Verb};

use crate::compare::{Answer, Subject};
use crate::picture::{DUPLICATE, Picture, User, group};
use crate::sequence::{Act, Names, Sequence, Way};

pub(crate) struct Samba {
    fleet: Fleet,
    directories: Vec<Directory>,
    readers: Vec<Ldap>,
    scale: Scale,
    names: Names,
    parted: bool,
    /// In which second of the wall something was last written at each controller and not yet pulled by the other.
    written: [u64; 2],
}

type Problem = Box<dyn std::error::Error>;

impl Samba {
    pub(crate) async fn start() -> Result<Samba, Problem> {
        let fleet = Fleet::start(FleetOptions { bdcs: 1, partitions: true }).await?;
        let scale = Scale::starting_now(1.0);
        let mut samba = Samba {
            fleet,
            directories: Vec::new(),
            readers: Vec::new(),
            scale,
            names: Names(0),
            parted: false,
            written: [0; 2],
        };
        let admin = administrator();
        for place in 0..2 {
            let endpoint = samba.endpoint(place);
            samba.directories.push(Directory::log_on(&endpoint, &admin, scale).await?);
            let (connection, mut ldap) = LdapConnAsync::new(&format!("ldap://{}", endpoint.ldap)).await?;
            tokio::spawn(connection.drive());
            ldap.simple_bind(&format!("{DOMAIN}\\Administrator"), PASSWORD).await?.success()?;
            samba.readers.push(ldap);
        }
        Ok(samba)
    }

    pub(crate) async fn stop(self) {
        if let Err(error) = self.fleet.stop().await {
            eprintln!("the Samba domain was not removed: {error}");
        }
    }

    fn endpoint(&self, place: usize) -> Endpoint {
        Endpoint {
            ldap: self.fleet.ldap(place),
            smb: self.fleet.smb(place),
            domain: DOMAIN.into(),
            base: base().as_str().into(),
        }
    }

    async fn pull(&self, to: usize) -> bool {
        let source = controller(1 - to);
        let first = self.fleet.agent(to).sync(&source, Context::Domain, true).await;
        // The first call after a cut goes over a connection that is gone.
        match first {
            Ok(()) => true,
            Err(_) if self.parted => false,
            Err(_) => self.fleet.agent(to).sync(&source, Context::Domain, true).await.is_ok(),
        }
    }

    async fn logon(&self, at: usize, credentials: &Credentials, by: Way) -> Answer {
        match by {
            Way::Bind => {
                answer(Directory::log_on(&self.endpoint(at), credentials, self.scale).await.map(drop))
            }
            Way::Session => match session(&self.endpoint(at), credentials).await {
                Ok(status) if status == mockdc_containers::NtStatus::SUCCESS => Answer::Done,
                Ok(status) => match status.win32() {
                    Some(code) => Answer::Code(code.code()),
                    None => Answer::Strange(status.to_string()),
                },
                Err(error) => answer(Err(error)),
            },
        }
    }

    /// Stamps carry whole seconds: who writes at one controller what the other may have written in this second waits
    /// for the next one, so that the order of the two is the order of their stamps.
    async fn part_stamps(&mut self, at: usize) {
        while self.written[1 - at] == second() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.written[at] = second();
    }
}

impl Subject for Samba {
    async fn begin(&mut self, names: Names, sequence: &Sequence) -> Result<(), String> {
        self.names = names;
        if self.parted {
            self.part(0, false).await?;
        }
        let policy = Verb::AccountPolicySet { policy: sequence.policy.spec() };
        for to in [0, 1] {
            if !self.pull(to).await {
                return Err(format!("{} cannot pull", controller(to)));
            }
        }
        self.directories[0].perform(&policy).await.ok_or("no policy")?.map_err(|error| error.to_string())?;
        self.written = [0; 2];
        if self.pull(1).await { Ok(()) } else { Err("the policy does not arrive".to_owned()) }
    }

    async fn act(&mut self, _step: usize, at: usize, act: &Act) -> Answer {
        let verb = act.verb(self.names);
        if let (Act::Logon { by, .. }, Verb::Logon { credentials, .. }) = (act, &verb) {
            self.part_stamps(at).await;
            return self.logon(at, credentials, *by).await;
        }
        self.part_stamps(at).await;
        match self.directories[at].perform(&verb).await {
            Some(done) => answer(done.map(drop)),
            None => Answer::Strange("the directory does not know this".to_owned()),
        }
    }

    async fn synchronize(&mut self, _step: usize, to: usize) -> bool {
        self.pull(to).await
    }

    async fn part(&mut self, _step: usize, parted: bool) -> Result<(), String> {
        if parted != self.parted {
            let done = match parted {
                true => self.fleet.partition(0, 1).await,
                false => self.fleet.heal(0, 1).await,
            };
            done.map_err(|error| error.to_string())?;
            self.parted = parted;
        }
        Ok(())
    }

    async fn picture(&mut self, _step: usize, at: usize) -> Result<Picture, String> {
        let suffix = format!("q{}", self.names.0);
        let wanted = [
            "sAMAccountName",
            "cn",
            "objectClass",
            "groupType",
            "description",
            "userAccountControl",
            "lockoutTime",
            "badPwdCount",
            "primaryGroupID",
            "pwdLastSet",
            "memberOf",
            "objectSid",
        ];
        let filter = format!("(sAMAccountName=*{suffix})");
        let found = self.readers[at].search(&base(), Scope::Subtree, &filter, wanted).await;
        let (entries, _) = found.and_then(ldap3::SearchResult::success).map_err(|error| error.to_string())?;
        let entries: Vec<Entry> = entries.into_iter().map(SearchEntry::construct).map(Entry::from).collect();
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
        let mut picture = Picture::new();
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
                }
                .shown()
            };
            picture.insert(entry.shown_name(), shown);
        }
        Ok(picture)
    }
}

struct Entry {
    dn: String,
    rid: u32,
    is_group: bool,
    member_of: Vec<String>,
    attributes: std::collections::HashMap<String, Vec<String>>,
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
        if self.dn.contains("CNF:") { DUPLICATE.to_owned() } else { self.text("sAMAccountName") }
    }
}

fn administrator() -> Credentials {
    Credentials { user: "Administrator".into(), password: PASSWORD.into(), authority: Authority::Domain }
}

fn base() -> String {
    REALM.to_ascii_lowercase().split('.').map(|part| format!("DC={part}")).collect::<Vec<_>>().join(",")
}

fn second() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn answer(done: Result<(), DirectoryError>) -> Answer {
    match done {
        Ok(()) => Answer::Done,
        Err(DirectoryError::Refused { code, .. }) => Answer::Code(code.code()),
        Err(other) => Answer::Strange(other.to_string()),
    }
}
