//! How a controller's front is set up.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::net::{TcpListener, UdpSocket};

use super::{CertificateAuthority, WireFaults};
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
    /// What goes wrong on the wire; keep a clone to change it while the front runs.
    pub faults: WireFaults,
    /// The host of the world that clients are taken to run on. What the scenario's faults cut between it and the
    /// controller waits until they are over, as packets do that are sent again. `None`: clients are beside every
    /// controller.
    pub client: Option<HostName>,
    /// What a client may use up.
    pub limits: Limits,
    /// Seeds challenges and certificates' numbers; the same seed gives the same challenges.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            dns_domain: None,
            referral_ports: BTreeMap::new(),
            tls: None,
            faults: WireFaults::default(),
            client: None,
            limits: Limits::default(),
            seed: 1,
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
