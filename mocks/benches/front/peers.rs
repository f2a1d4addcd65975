//! The servers: this program itself, started anew as a domain of mock controllers, and slapd.

use std::fs;
use std::io::{BufRead, BufReader, Error, Result};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mockdc_mocks::ldap::{LiveDomain, Options, serve};
use mockdc_mocks::{AdSpec, Clock, Domain, Replication, SimTime, Span};
use tokio::time::Instant;

use super::load::{Client, root};

/// How many users each directory has.
pub(crate) const USERS: usize = 10_000;
/// The password of whoever binds.
pub(crate) const PASSWORD: &str = "Adm1n-password!";

/// The name of a user.
pub(crate) fn user(number: usize) -> String {
    format!("user{number:05}")
}

/// A server process; it ends with this.
pub(crate) struct Peer {
    child: Child,
    /// Where it answers; the mock controllers have an address each.
    pub(crate) addresses: Vec<SocketAddr>,
    /// From its start to the first answer.
    pub(crate) first_answer: Duration,
    /// Whom connections bind as.
    pub(crate) bind_name: &'static str,
    /// What is above the users.
    pub(crate) base: &'static str,
    /// The attribute that holds a user's name.
    pub(crate) key: &'static str,
    folder: Option<PathBuf>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

impl Peer {
    /// This program as a domain of a primary and so many backup controllers.
    pub(crate) fn mock(backups: usize) -> Result<Peer> {
        let began = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", &backups.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| Error::other("no standard output"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let addresses: Vec<SocketAddr> =
            line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let mut peer = Peer {
            child,
            addresses,
            first_answer: Duration::ZERO,
            bind_name: "CORP\\Administrator",
            base: "CN=Users,DC=corp,DC=example",
            key: "sAMAccountName",
            folder: None,
        };
        Client::connect(peer.address()?)?.ask(&root(), 1)?;
        peer.first_answer = began.elapsed();
        Ok(peer)
    }

    /// slapd with an mdb database in a folder of its own; `sync`: whether each write waits for the disk.
    pub(crate) fn slapd(program: &Path, sync: bool) -> Result<Peer> {
        let name = format!("mockdc-bench-slapd-{}-{sync}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let data = folder.join("data");
        fs::create_dir_all(&data)?;
        let configuration = folder.join("slapd.conf");
        fs::write(&configuration, slapd_conf(&folder, sync))?;
        let ldif = folder.join("users.ldif");
        fs::write(&ldif, slapd_ldif())?;
        let loaded = Command::new(program.with_file_name("slapadd"))
            .arg("-q")
            .arg("-f")
            .arg(&configuration)
            .arg("-l")
            .arg(&ldif)
            .stderr(Stdio::null())
            .status()?;
        if !loaded.success() {
            return Err(Error::other(format!("slapadd ends with {loaded}")));
        }
        // slapd cannot be given port 0 and asked for the one that it got.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let began = Instant::now();
        let child = Command::new(program)
            .args(["-d", "0", "-h", &format!("ldap://{address}"), "-f"])
            .arg(&configuration)
            .stderr(Stdio::null())
            .spawn()?;
        let mut peer = Peer {
            child,
            addresses: vec![address],
            first_answer: Duration::ZERO,
            bind_name: "cn=admin,dc=corp,dc=example",
            base: "ou=people,dc=corp,dc=example",
            key: "uid",
            folder: Some(folder),
        };
        while let Err(error) = Client::connect(address).and_then(|mut client| client.ask(&root(), 1)) {
            if peer.child.try_wait()?.is_some() || began.elapsed() > Duration::from_secs(20) {
                return Err(Error::other(format!("slapd does not answer: {error}")));
            }
            std::thread::yield_now();
        }
        peer.first_answer = began.elapsed();
        Ok(peer)
    }

    /// Where it answers; the primary controller of several.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        self.addresses.first().copied().ok_or_else(|| Error::other("the server has no address"))
    }

    /// The distinguished name of a user.
    pub(crate) fn dn(&self, number: usize) -> String {
        let rdn = if self.key == "uid" { "uid" } else { "CN" };
        format!("{rdn}={},{}", user(number), self.base)
    }

    /// Its resident memory in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
        kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| Error::other("no VmRSS"))
    }
}

fn slapd_conf(folder: &Path, sync: bool) -> String {
    let folder = folder.display();
    let nosync = if sync { "" } else { "dbnosync\n" };
    format!(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n\
         pidfile {folder}/pid\ndatabase mdb\nmaxsize 1073741824\nsuffix \"dc=corp,dc=example\"\n\
         rootdn \"cn=admin,dc=corp,dc=example\"\nrootpw {PASSWORD}\ndirectory {folder}/data\n\
         index objectClass eq\nindex uid eq\n{nosync}"
    )
}

fn slapd_ldif() -> String {
    let mut ldif = String::from(
        "dn: dc=corp,dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: corp\no: corp\n\n\
         dn: ou=people,dc=corp,dc=example\nobjectClass: organizationalUnit\nou: people\n\n",
    );
    for number in 0..USERS {
        let user = user(number);
        ldif.push_str(&format!(
            "dn: uid={user},ou=people,dc=corp,dc=example\nobjectClass: inetOrgPerson\nuid: {user}\ncn: {user}\n\
             sn: {user}\ndescription: number {number}\nuserPassword: {PASSWORD}\n\n"
        ));
    }
    ldif
}

/// A scenario that runs as fast as the machine's clock.
struct Wall(Instant);

impl Clock for Wall {
    fn now(&self) -> SimTime {
        SimTime::START + Span::millis(self.0.elapsed().as_millis() as i64)
    }
}

/// The other end of [`Peer::mock`]: serves until somebody ends the process.
#[allow(clippy::print_stdout, reason = "the addresses go to whoever has started this")]
pub(crate) fn serve_a_domain(backups: usize) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut builder = Domain::builder().pdc("PDC1");
    for number in 1..=backups {
        builder = builder.bdc(format!("BDC{number}").as_str());
    }
    builder.spec().domain.name = "CORP".into();
    builder.spec().domain.administrator_password = PASSWORD.into();
    builder = builder.replication(Replication::Ad(AdSpec::default()));
    for number in 0..USERS {
        builder = builder.user(user(number).as_str(), PASSWORD, &[]);
        if let Some(user) = builder.spec().users.last_mut() {
            user.comment = format!("number {number}");
        }
    }
    let live = LiveDomain::new(builder.build(1)?, Wall(Instant::now()));
    live.without_facts();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let (mut servers, mut line) = (Vec::new(), String::new());
        for (dc, _) in live.controllers() {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            line.push_str(&format!("{} ", listener.local_addr()?));
            servers.push(serve(listener, &live, dc, Options::default())?);
        }
        println!("{line}");
        std::future::pending::<std::result::Result<(), Box<dyn std::error::Error>>>().await
    })
}
