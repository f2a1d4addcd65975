//! Samba's controllers: account verbs by LDAP, logons by SMB and LDAP, replication by the agents.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mockdc_containers::{
    Agent, AgentError, Context, DOMAIN, Directory, DirectoryError, Endpoint, Fleet, FleetOptions, PASSWORD,
    REALM, Scale, controller, session,
};
use mockdc_mocks::{AccountName, Authority, Credentials, Right, Verb, Win32Error};

use crate::acts::{Act, Names};
use crate::compare::{Answer, Subject};
use crate::picture::{Picture, numbers};
use crate::sequence::{DAYS, Sequence, Way};
use crate::view::View;

pub(crate) struct Samba {
    fleet: Fleet,
    directories: Vec<Directory>,
    views: [View; 2],
    scale: Scale,
    names: Names,
    parted: bool,
    /// Whether the other controller asks the primary one about a wrong password.
    asks_the_pdc: bool,
    /// In which second of the wall what was last written at each controller that the other has not pulled.
    written: [BTreeMap<String, u64>; 2],
    /// Rights that were changed at the PDC and not yet copied: Samba keeps them for each controller.
    rights: BTreeSet<String>,
    /// Accounts of this domain that have rights, or had.
    granted: BTreeSet<String>,
    /// How long it has waited so that stamps differ.
    waited: Duration,
    /// How many domains there were, and how many sequences the present one has seen.
    domains: u32,
    /// How often a domain had to be started once more, because the machine was too busy.
    started_again: u32,
    seen: u64,
    /// After so many it is another domain's turn.
    life: u64,
}

/// So often a domain that takes another's place is tried to be started.
const STARTS: u32 = 3;

type Problem = Box<dyn std::error::Error>;

impl Samba {
    /// So many domains, each for `life` sequences at a time.
    pub(crate) async fn start_several(count: usize, life: u64) -> Result<Vec<Samba>, Problem> {
        // One after the other up to the first container, so that an image is built once; then together.
        mockdc_containers::Image::ensure().await?;
        let all = futures::future::try_join_all((0..count).map(|_| Samba::start(life))).await?;
        Ok(all)
    }

    async fn start(life: u64) -> Result<Samba, Problem> {
        let fleet = Fleet::start(FleetOptions { bdcs: 1, partitions: true }).await?;
        let (admin, scale) = (administrator(), Scale::starting_now(1.0));
        let (mut directories, mut views) = (Vec::new(), Vec::new());
        for place in 0..2 {
            let endpoint = endpoint(&fleet, place);
            directories.push(Directory::log_on(&endpoint, &admin, scale).await?);
            let invocation = fleet.agent(place).status().await?.invocation;
            views.push(View::open(endpoint.ldap, invocation).await?);
        }
        Ok(Samba {
            fleet,
            directories,
            views: views.try_into().map_err(|_| "a domain has two controllers")?,
            scale,
            names: Names(0),
            parted: false,
            asks_the_pdc: false,
            written: Default::default(),
            rights: BTreeSet::new(),
            granted: BTreeSet::new(),
            waited: Duration::ZERO,
            domains: 1,
            started_again: 0,
            seen: 0,
            life,
        })
    }

    pub(crate) async fn stop_all(all: Vec<Samba>) {
        futures::future::join_all(all.iter().map(Samba::remove)).await;
    }

    async fn remove(&self) {
        if let Err(error) = self.fleet.stop().await {
            eprintln!("the Samba domain was not removed: {error}");
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

    /// A logon. A wrong password of an account that is there is asked again at the primary controller where the sequence
    /// has it so: Windows does that, Samba does not, so the suite does it, and Samba counts at both.
    async fn logon(&mut self, at: usize, credentials: &Credentials, by: Way) -> Answer {
        let answer = self.logon_at(at, credentials, by).await;
        let wrong = matches!(&answer, Answer::Code(code, _) if *code == Win32Error::LOGON_FAILURE.code());
        if at == 0 || !wrong || !self.asks_the_pdc || self.parted {
            return answer;
        }
        match self.directories[at].find(&credentials.user).await {
            Ok(Some(_)) => self.logon_at(0, credentials, by).await,
            Ok(None) => answer,
            Err(error) => Answer::Strange(error.to_string()),
        }
    }

    async fn logon_at(&self, at: usize, credentials: &Credentials, by: Way) -> Answer {
        match by {
            Way::Bind => {
                answer(Directory::log_on(&endpoint(&self.fleet, at), credentials, self.scale).await.map(drop))
            }
            Way::Session => match session(&endpoint(&self.fleet, at), credentials).await {
                Ok(status) if status == mockdc_containers::NtStatus::SUCCESS => Answer::Done,
                Ok(status) => match status.win32() {
                    Some(code) => Answer::Code(code.code(), format!("nt {:08x}", status.0)),
                    None => Answer::Strange(status.to_string()),
                },
                Err(error) => answer(Err(error)),
            },
        }
    }

    /// Stamps carry whole seconds: who writes at one controller what the other has written in this second, and what has
    /// not been pulled since, waits for the next one, so that the order of the two is the order of their stamps.
    async fn part_stamps(&mut self, at: usize, writes: &[String]) {
        let written = &self.written[1 - at];
        let meets = || writes.iter().filter_map(|what| written.get(what)).any(|last| *last == second());
        let began = Instant::now();
        while meets() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.waited += began.elapsed();
    }

    async fn right(&mut self, at: usize, account: &AccountName, right: Right, grant: bool) -> Answer {
        let found = match self.directories[at].find(account).await {
            Ok(Some(found)) => found,
            Ok(None) => return Answer::Code(Win32Error::NONE_MAPPED.code(), String::new()),
            Err(error) => return answer(Err(error)),
        };
        let agent = self.fleet.agent(at);
        let changed = async {
            let mut rights = agent.rights().await?.remove(&found.sid).unwrap_or_default();
            let changes = match grant {
                true => rights.insert(right.constant().to_owned()),
                false => rights.remove(right.constant()),
            };
            if changes {
                agent.set_rights(&found.sid, rights.iter().map(String::as_str)).await?;
            }
            Ok::<bool, AgentError>(changes)
        };
        match changed.await {
            Ok(true) => {
                self.granted.insert(found.sid.clone());
                self.rights.insert(found.sid);
            }
            Ok(false) => {}
            Err(error) => return Answer::Strange(error.to_string()),
        }
        Answer::Done
    }

    /// Brings what was changed of rights at the PDC to the BDC, as the backend does: they are no part of Samba's directory.
    async fn copy_rights(&mut self) -> Result<(), AgentError> {
        if self.rights.is_empty() {
            return Ok(());
        }
        let mut there = self.fleet.agent(0).rights().await?;
        for sid in std::mem::take(&mut self.rights) {
            let rights = there.remove(&sid).unwrap_or_default();
            self.fleet.agent(1).set_rights(&sid, rights.iter().map(String::as_str)).await?;
        }
        Ok(())
    }
}

impl Subject for Samba {
    async fn begin(&mut self, names: Names, sequence: &Sequence) -> Result<(), String> {
        if self.seen == self.life {
            self.renew().await?;
        }
        self.seen += 1;
        self.names = names;
        self.asks_the_pdc = sequence.asks_the_pdc;
        if self.parted {
            self.part(0, false).await?;
        }
        self.rights.clear();
        for sid in std::mem::take(&mut self.granted) {
            for place in 0..2 {
                let gone = self.fleet.agent(place).set_rights(&sid, []).await;
                gone.map_err(|error| error.to_string())?;
            }
        }
        for to in [0, 1] {
            if !self.synchronize(0, to).await {
                return Err(format!("{} cannot pull", controller(to)));
            }
        }
        let policy = Verb::AccountPolicySet { policy: sequence.policy(None) };
        self.directories[0].perform(&policy).await.ok_or("no policy")?.map_err(|error| error.to_string())?;
        if self.synchronize(0, 1).await { Ok(()) } else { Err("the policy does not arrive".to_owned()) }
    }

    async fn act(&mut self, _step: usize, at: usize, act: &Act, verb: &Verb) -> Answer {
        let writes = act.writes(self.names);
        self.part_stamps(at, &writes).await;
        let answer = match (act, verb) {
            (Act::Logon { by, .. }, Verb::Logon { credentials, .. }) => {
                self.logon(at, credentials, *by).await
            }
            (_, Verb::RightGrant { account, right }) => self.right(at, account, *right, true).await,
            (_, Verb::RightRevoke { account, right }) => self.right(at, account, *right, false).await,
            _ => match self.directories[at].perform(verb).await {
                Some(done) => answer(done.map(drop)),
                None => Answer::Strange("the directory does not know this".to_owned()),
            },
        };
        // A refused one may have written as well: a wrong password counts, and may lock, here and where it was asked.
        let now = second();
        if self.asks_the_pdc && at != 0 && matches!(act, Act::Logon { .. }) {
            self.written[0].extend(writes.iter().map(|what| (what.clone(), now)));
        }
        self.written[at].extend(writes.into_iter().map(|what| (what, now)));
        answer
    }

    async fn synchronize(&mut self, _step: usize, to: usize) -> bool {
        if !self.pull(to).await {
            return false;
        }
        self.written[1 - to].clear();
        to == 0 || self.copy_rights().await.is_ok()
    }

    async fn days(&mut self, _step: usize) -> Result<(), String> {
        for (place, view) in self.views.iter_mut().enumerate() {
            for (guid, times) in view.times(self.names).await? {
                let earlier = times.into_iter().map(|(name, time)| (name, time - DAYS.as_millis() * 10_000));
                let written = self.fleet.agent(place).write_local(&guid.to_string(), earlier).await;
                written.map_err(|error| error.to_string())?;
            }
        }
        Ok(())
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

    async fn pictures(&mut self, _step: usize) -> [Result<Picture, String>; 2] {
        let (names, fleet) = (self.names, &self.fleet);
        let rights_differ = !self.rights.is_empty();
        let [one, other] = &mut self.views;
        let ids = [one.invocation.clone(), other.invocation.clone()];
        let seen = |place: usize, view| seen(fleet.agent(place), view, names, &ids[1 - place]);
        let (one, other) = futures::join!(seen(0, one), seen(1, other));
        let reached = |own: &Seen, there: &Seen| own.known >= there.originated;
        let (first, second) = match (&one, &other) {
            (Ok(one), Ok(other)) => (reached(one, other), reached(other, one)),
            _ => (false, false),
        };
        // A change of rights is one of the fake's directory.
        let with = |seen: Result<Seen, String>, reaches: bool| {
            seen.map(|mut seen| {
                seen.picture.extend([numbers(reaches)]);
                seen.picture
            })
        };
        [with(one, first), with(other, second && !rights_differ)]
    }

    async fn committed(&mut self, at: usize) -> Result<u64, String> {
        self.views[at].committed().await
    }

    async fn arrived(&mut self, at: usize, after: u64) -> Result<Vec<String>, String> {
        self.views[at].arrived(self.names, after).await
    }

    async fn tombstones(&mut self) -> Option<[Result<Picture, String>; 2]> {
        let names = self.names;
        Some([self.views[0].tombstones(names).await, self.views[1].tombstones(names).await])
    }

    async fn broken(&mut self) -> Option<String> {
        for place in 0..2 {
            match self.fleet.agent(place).status().await {
                Ok(status) if status.ready => {}
                Ok(_) => return Some(format!("{} is not ready", controller(place))),
                Err(error) => return Some(error.to_string()),
            }
        }
        None
    }

    async fn renew(&mut self) -> Result<(), String> {
        self.remove().await;
        let mut started = Samba::start(self.life).await;
        for _ in 1..STARTS {
            if let Err(error) = &started {
                println!("a domain did not start, and is started again: {error}");
                self.started_again += 1;
                started = Samba::start(self.life).await;
            }
        }
        let fresh = started.map_err(|error| error.to_string())?;
        let (waited, domains) = (self.waited, self.domains + 1);
        let started_again = self.started_again;
        *self = Samba { waited, domains, started_again, ..fresh };
        Ok(())
    }

    fn told(&self) -> Option<String> {
        let (domains, waited) = (self.domains, self.waited.as_secs_f64());
        let again = self.started_again;
        Some(format!(
            "domains one after the other: {domains}, {again} started again; waiting for stamps to differ: {waited:.1} s"
        ))
    }
}

/// What one controller shows, and what it knows of the other's changes.
struct Seen {
    picture: Picture,
    originated: u64,
    known: u64,
}

async fn seen(agent: &Agent, view: &mut View, names: Names, other: &str) -> Result<Seen, String> {
    let rights = agent.rights().await.map_err(|error| error.to_string())?;
    let of = |_: &str, rid: u32| {
        let ends_with = format!("-{rid}");
        let own = rights.iter().filter(|(sid, _)| sid.starts_with("S-1-5-21-") && sid.ends_with(&ends_with));
        own.flat_map(|(_, rights)| rights.clone()).collect()
    };
    let picture = view.picture(names, of).await?;
    Ok(Seen { picture, originated: view.originated(names).await?, known: view.known_of(other).await? })
}

fn endpoint(fleet: &Fleet, place: usize) -> Endpoint {
    Endpoint {
        ldap: fleet.ldap(place),
        smb: fleet.smb(place),
        domain: DOMAIN.into(),
        base: base().as_str().into(),
    }
}

pub(crate) fn administrator() -> Credentials {
    Credentials { user: "Administrator".into(), password: PASSWORD.into(), authority: Authority::Domain }
}

pub(crate) fn base() -> String {
    REALM.to_ascii_lowercase().split('.').map(|part| format!("DC={part}")).collect::<Vec<_>>().join(",")
}

fn second() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

pub(crate) fn answer(done: Result<(), DirectoryError>) -> Answer {
    match done {
        Ok(()) => Answer::Done,
        Err(DirectoryError::Refused { code, refusal }) => {
            // The number of a refused bind stands behind `data`, any other at the beginning.
            let wire = refusal.map(|refusal| match (refusal.data, refusal.code) {
                (Some(data), _) if refusal.result == 49 => format!("ldap 49 data {data:x}"),
                (_, Some(code)) => format!("ldap {} {code:08x}", refusal.result),
                (_, None) => format!("ldap {}", refusal.result),
            });
            Answer::Code(code.code(), wire.unwrap_or_default())
        }
        Err(other) => Answer::Strange(other.to_string()),
    }
}
