//! How a controller's front is set up.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::net::{TcpListener, UdpSocket};

use super::CertificateAuthority;
use crate::HostName;

/// How a controller shows on the wire. The default suits a test.
#[derive(Clone, Debug)]
pub struct Options {
    /// The domain's DNS name; by default its NetBIOS name and `.example`.
    pub dns_domain: Option<String>,
    /// Where a controller that does not write sends clients: the port of another controller, when it is not 389.
    pub referral_ports: BTreeMap<HostName, u16>,
    /// Who vouches for the controller's name in TLS; without one there is none.
    pub tls: Option<CertificateAuthority>,
    /// The host of the world that clients are taken to run on. What the scenario's faults cut between it and the
    /// controller waits until they are over, as packets do that are sent again, and what slows the two slows each answer.
    /// `None`: nobody knows it. Then only faults count that name no host of a caller's: a pause, `drop` and `refuse`
    /// without `from`.
    pub client: Option<HostName>,
    /// Clients are spared what the scenario's faults do to calls: whoever drives them has asked another model.
    pub spared: bool,
    /// Whether a logon writes `lastLogonTimestamp` where the domain's functional level has it so. Who compares the domain
    /// with another one that is not asked over LDAP, and so writes none, does without.
    pub stamps_logons: bool,
    /// What a client may use up.
    pub limits: Limits,
    /// Whose manner it has where two servers differ on the wire.
    pub manner: Manner,
    /// Seeds challenges and certificates' numbers; the same seed gives the same challenges.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            dns_domain: None,
            referral_ports: BTreeMap::new(),
            tls: None,
            client: None,
            spared: false,
            stamps_logons: true,
            limits: Limits::default(),
            manner: Manner::default(),
            seed: 1,
        }
    }
}

/// Whose manner a controller has on the wire where servers differ (FACTS.md, "LDAP on the wire").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Active Directory's: one limit of a message's size ([`Limits::max_receive_buffer`]), a bind with a name and without a
    /// password is anonymous, whoever is not bound is refused before a name is looked at, and the root is found by filters
    /// that hold.
    #[default]
    ActiveDirectory,
    /// That of Samba 4.17: messages of more than 256,000 octets are refused before a bind and as searches, of more than 16
    /// MiB otherwise, without a word; a bind with a name needs a password; names are looked at first; the root is found by
    /// any filter, and its attributes come by their names; each message is written by itself.
    Samba,
}

impl Manner {
    /// How many octets a message may have: what its length alone says, and what a search may have.
    pub(super) fn most(self, limits: &Limits, bound: bool) -> (usize, usize) {
        const SAMBA: usize = 256_000;
        match self {
            Manner::ActiveDirectory => (limits.max_receive_buffer, limits.max_receive_buffer),
            Manner::Samba if bound => (16 * 1024 * 1024, SAMBA),
            Manner::Samba => (SAMBA, SAMBA),
        }
    }
}

/// What a client may use up; names and values are those of Active Directory's default query policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a message: `MaxReceiveBuffer`.
    pub max_receive_buffer: usize,
    /// Connections at once: `MaxConnections`.
    pub max_connections: usize,
    /// How long a connection may be silent: `MaxConnIdleTime`. Time of the machine, not of the scenario.
    pub max_conn_idle_time: Duration,
    /// How long a connection may be silent before it binds: `InitRecvTimeout`.
    pub init_recv_timeout: Duration,
    /// Entries of one search or page: `MaxPageSize`.
    pub max_page_size: usize,
    /// Values of one attribute in one answer: `MaxValRange`.
    pub max_val_range: usize,
    /// Persistent searches of one connection: `MaxNotificationPerConn`.
    pub max_notification_per_conn: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_receive_buffer: 10 * 1024 * 1024,
            max_connections: 5_000,
            max_conn_idle_time: Duration::from_secs(900),
            init_recv_timeout: Duration::from_secs(120),
            max_page_size: 1_000,
            max_val_range: 1_500,
            max_notification_per_conn: 5,
        }
    }
}

/// Where a controller listens.
#[derive(Debug, Default)]
pub struct Sockets {
    /// LDAP, with StartTLS.
    pub ldap: Option<TcpListener>,
    /// LDAP over TLS.
    pub ldaps: Option<TcpListener>,
    /// Connectionless LDAP.
    pub cldap: Option<UdpSocket>,
}

impl From<TcpListener> for Sockets {
    fn from(ldap: TcpListener) -> Sockets {
        Sockets { ldap: Some(ldap), ..Sockets::default() }
    }
}
