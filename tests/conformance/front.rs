//! The fake through its LDAP front: the client that drives Samba, at ports of 127.0.0.1. What LDAP cannot say (the
//! NTSTATUS of a logon, rights, replication, the passing of time) goes to the model behind the front.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use mockdc_containers::{DOMAIN, Directory, Endpoint, PASSWORD, Scale, Trust};
use mockdc_mocks::ldap::{CertificateAuthority, LiveDomain, Options, Server, Sockets, serve};
use mockdc_mocks::{Caller, Clock, Operation, Reply, SimTime, Verb, Win32Error};
use tokio::net::TcpListener;

use crate::acts::{Act, Names};
use crate::compare::{Answer, Subject};
use crate::direct::{DCS, domain, instants, reaches};
use crate::picture::{Picture, numbers};
use crate::samba::{administrator, answer, base};
use crate::sequence::{Sequence, Way};
use crate::view::View;
use crate::wire;

type Problem = Box<dyn std::error::Error>;

pub(crate) struct Front {
    scale: Scale,
    authority: CertificateAuthority,
    trust: Trust,
    names: Names,
    instants: Vec<SimTime>,
    running: Option<Running>,
}

/// One domain and its front.
struct Running {
    live: LiveDomain,
    clock: Standing,
    servers: Vec<Server>,
    endpoints: Vec<Endpoint>,
    directories: Vec<Directory>,
    views: Vec<View>,
}

/// A clock that the suite sets before each step.
#[derive(Clone)]
struct Standing(Arc<AtomicI64>);

impl Clock for Standing {
    fn now(&self) -> SimTime {
        SimTime(self.0.load(Ordering::Relaxed))
    }
}

impl Front {
    pub(crate) fn new() -> Result<Front, Problem> {
        let authority = CertificateAuthority::new("mockdc conformance")?;
        let trust = Trust::in_authority(&authority.pem())?;
        Ok(Front {
            scale: Scale::starting_now(1.0),
            authority,
            trust,
            names: Names(0),
            instants: Vec::new(),
            running: None,
        })
    }

    async fn open(&self, sequence: &Sequence) -> Result<Running, Problem> {
        // The client writes instants by the clock of this machine; the scenario's zero is the same instant there.
        let start_unix_ms = self.scale.file_time(SimTime::START) / 10_000 - 11_644_473_600_000;
        let clock = Standing(Arc::new(AtomicI64::new(0)));
        let domain = domain(sequence, &self.instants)?;
        let live = LiveDomain::starting_at(domain, clock.clone(), start_unix_ms);
        let mut running = Running {
            live,
            clock,
            servers: Vec::new(),
            endpoints: Vec::new(),
            directories: Vec::new(),
            views: Vec::new(),
        };
        for dc in DCS {
            let sockets = Sockets {
                ldap: Some(TcpListener::bind("127.0.0.1:0").await?),
                ldaps: Some(TcpListener::bind("127.0.0.1:0").await?),
                cldap: None,
            };
            let options = Options {
                dns_domain: Some(mockdc_containers::REALM.to_ascii_lowercase()),
                tls: Some(self.authority.clone()),
                stamps_logons: false,
                ..Options::default()
            };
            let server = serve(sockets, &running.live, dc, options)?;
            let address = server.ldap_address().ok_or("it listens for LDAP")?;
            let secure = server.ldaps_address().ok_or("it listens for LDAP over TLS")?;
            let endpoint =
                Endpoint { ldap: address, smb: address, domain: DOMAIN.into(), base: base().as_str().into() };
            // The front takes passwords over TLS alone.
            let over_tls = Endpoint { ldap: secure, ..endpoint.clone() };
            let mut directory = Directory::connect_over_tls(&over_tls, self.scale, &self.trust).await?;
            directory.bind_as(&administrator()).await?;
            running.directories.push(directory);
            running.views.push(View::with_duplicates(address).await?);
            running.endpoints.push(endpoint);
            running.servers.push(server);
        }
        Ok(running)
    }

    /// The running domain at the instant of a step.
    fn at(&mut self, step: usize) -> Result<&mut Running, String> {
        let now = self.instants.get(step).copied().unwrap_or(SimTime::START);
        let running = self.running.as_mut().ok_or("no sequence has begun")?;
        running.clock.0.store(now.0, Ordering::Relaxed);
        Ok(running)
    }
}

impl Front {
    /// Shuts the servers of the sequence before.
    pub(crate) async fn close(&mut self) {
        for server in self.running.take().into_iter().flat_map(|running| running.servers) {
            server.shut_down().await;
        }
    }

    /// What is left at each controller of accounts that were deleted.
    pub(crate) async fn graves(&mut self) -> Result<[Picture; 2], String> {
        let names = self.names;
        let views = &mut self.running.as_mut().ok_or("no sequence has begun")?.views;
        Ok([views[0].tombstones(names).await?, views[1].tombstones(names).await?])
    }
}

impl Running {
    /// Performs an operation at the model behind the front.
    fn model(&self, at: usize, verb: Verb) -> Result<Reply, u32> {
        let admin = Caller::domain("WS1", "Administrator", PASSWORD);
        let outcome = self.live.apply(&admin, &Operation::new(DCS[at], verb));
        outcome.answer.map_err(|error| error.code())
    }

    async fn picture(&mut self, at: usize, names: Names) -> Result<Picture, String> {
        let Ok(Reply::Text(text)) = self.model(at, Verb::Snapshot {}) else {
            return Err("a snapshot is a text".to_owned());
        };
        let mut rights: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for line in text.lines().filter_map(|line| line.strip_prefix("right ")) {
            let (account, right) = line.rsplit_once(' ').unwrap_or((line, ""));
            rights.entry(account).or_default().insert(right.to_owned());
        }
        let of = |name: &str, _: u32| rights.get(name).cloned().unwrap_or_default();
        let mut picture = self.views[at].picture(names, of).await?;
        picture.extend([numbers(self.live.with(|domain, _| reaches(domain, at))?)]);
        Ok(picture)
    }
}

impl Subject for Front {
    async fn begin(&mut self, names: Names, sequence: &Sequence) -> Result<(), String> {
        self.close().await;
        self.names = names;
        self.instants = instants(&sequence.steps);
        self.running = Some(self.open(sequence).await.map_err(|error| error.to_string())?);
        Ok(())
    }

    async fn act(&mut self, step: usize, at: usize, act: &Act, verb: &Verb) -> Answer {
        let scale = self.scale;
        let running = match self.at(step) {
            Ok(running) => running,
            Err(problem) => return Answer::Strange(problem),
        };
        match (act, verb) {
            (Act::Logon { by: Way::Bind, .. }, Verb::Logon { credentials, .. }) => {
                answer(Directory::log_on(&running.endpoints[at], credentials, scale).await.map(drop))
            }
            (Act::Logon { .. } | Act::Right { .. }, _) => match running.model(at, verb.clone()) {
                Ok(_) => Answer::Done,
                Err(code) => Answer::Code(code, wire::expected(act, verb.kind(), Win32Error(code))),
            },
            _ => match running.directories[at].perform(verb).await {
                Some(done) => answer(done.map(drop)),
                None => Answer::Strange("the directory does not know this".to_owned()),
            },
        }
    }

    async fn synchronize(&mut self, step: usize, to: usize) -> bool {
        self.at(step).is_ok_and(|running| running.model(to, Verb::Synchronize { full: false }).is_ok())
    }

    async fn days(&mut self, _step: usize) -> Result<(), String> {
        Ok(())
    }

    async fn part(&mut self, _step: usize, _parted: bool) -> Result<(), String> {
        Ok(())
    }

    async fn pictures(&mut self, step: usize) -> [Result<Picture, String>; 2] {
        let names = self.names;
        match self.at(step) {
            Ok(running) => [running.picture(0, names).await, running.picture(1, names).await],
            Err(problem) => [Err(problem.clone()), Err(problem)],
        }
    }

    async fn committed(&mut self, at: usize) -> Result<u64, String> {
        self.running.as_mut().ok_or("no sequence has begun")?.views[at].committed().await
    }

    async fn arrived(&mut self, at: usize, after: u64) -> Result<Vec<String>, String> {
        let names = self.names;
        self.running.as_mut().ok_or("no sequence has begun")?.views[at].arrived(names, after).await
    }
}
