//! Where the controllers of a live run answer, and how a client gets in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use mockdc_mocks::ldap::{
    CertificateAuthority, DnsError, DnsServer, LiveDomain, Options, ServeError, Server, Sockets, serve,
    serve_dns,
};
use mockdc_mocks::{DcRole, HostName};
use mockdc_scenarios::Plan;
use serde::Serialize;
use tokio::net::{TcpListener, UdpSocket};

use super::Setup;

/// From one controller's ports to the next one's.
pub const PORT_STEP: u16 = 10;

/// Everything that a client must know.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Endpoints {
    /// The scenario.
    pub scenario: String,
    /// The folder of its file.
    pub scenario_dir: PathBuf,
    /// The NetBIOS name of the domain.
    pub domain: String,
    /// Its DNS name.
    pub dns_domain: String,
    /// The base of its directory: `DC=corp,DC=example`.
    pub base_dn: String,
    /// Seconds of the scenario in one of the wall; nothing when the clock stands until somebody moves it.
    pub speed: Option<f64>,
    /// The controllers, the PDC among them.
    pub dcs: Vec<Endpoint>,
    /// Where the names of the domain are served, over UDP and TCP: `127.0.0.1:10391`. Locators find the controllers
    /// when their resolver asks there.
    pub dns: SocketAddr,
    /// The account whose credentials are given.
    pub user: String,
    /// Its name for a simple bind.
    pub bind_name: String,
    /// A file that holds its password and nothing else.
    pub password_file: PathBuf,
    /// The certificate of the authority that signs the controllers' own, as PEM; nothing while they speak no TLS.
    pub ca_file: Option<PathBuf>,
    /// The control API, where there is one.
    pub control: Option<ControlEndpoint>,
}

/// A controller's addresses.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Endpoint {
    /// The controller.
    pub name: HostName,
    /// Its role.
    pub role: DcRole,
    /// The address: `127.0.0.1`.
    pub host: IpAddr,
    /// The port of LDAP, with StartTLS where there is TLS.
    pub port: u16,
    /// The same as a URL.
    pub url: String,
    /// LDAP over TLS.
    pub ldaps_url: Option<String>,
}

/// Where the control API answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ControlEndpoint {
    /// Its address as a URL.
    pub url: String,
    /// A file that holds its token.
    pub token_file: PathBuf,
}

/// Why the controllers cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum NoPorts {
    /// Something else has the port. Remedy: another `--port-base`, or none, so that free ones are taken.
    #[error("cannot listen on {address} for {dc}: {error}")]
    Bind {
        /// The controller.
        dc: HostName,
        /// The address.
        address: SocketAddr,
        /// The system's words.
        error: std::io::Error,
    },
    /// Something else has the port of the name server, or it needs the right to open one below 1024.
    #[error("cannot listen on {address} for DNS: {error}")]
    BindDns {
        /// The address.
        address: SocketAddr,
        /// The system's words.
        error: std::io::Error,
    },
    /// The ports would go beyond the last one.
    #[error("with the port base {base} there are no ports for {dcs} controllers: the last one is 65535")]
    Beyond {
        /// The base.
        base: u16,
        /// Controllers.
        dcs: usize,
    },
    /// The addresses would go beyond those of the machine itself.
    #[error(
        "from {first} on there are no addresses for {dcs} controllers: the last one of this machine is 127.255.255.254"
    )]
    Addresses {
        /// The first one.
        first: Ipv4Addr,
        /// Controllers.
        dcs: usize,
    },
    /// The names of the domain cannot be served.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// The front refuses.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Which ports the controllers get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ports {
    /// Free ones.
    #[default]
    Free,
    /// From this one on, [`PORT_STEP`] a controller.
    From(u16),
    /// Those that every client knows, 389, 636 and 53, each controller at an address of its own from this one on.
    WellKnown(Ipv4Addr),
}

/// What answers at the ports.
#[derive(Debug)]
pub struct Opened {
    /// The controllers.
    pub servers: Vec<Server>,
    /// Where they answer.
    pub dcs: Vec<Endpoint>,
    /// The names of the domain.
    pub dns: DnsServer,
}

/// The DNS name that a domain gets: that of its NetBIOS name under `example`.
pub fn dns_domain(plan: &Plan) -> String {
    format!("{}.example", plan.world.domain.name.as_str().to_ascii_lowercase())
}

/// The base of the directory of a DNS name.
pub fn base_dn(dns: &str) -> String {
    let labels: Vec<String> = dns.split('.').map(|label| format!("DC={label}")).collect();
    labels.join(",")
}

/// The sockets of a controller.
struct Bound {
    sockets: Sockets,
    ldap: SocketAddr,
}

/// Opens every controller, with LDAP, LDAP over TLS and connectionless LDAP, and a name server for all of them.
pub async fn open(
    live: &LiveDomain,
    setup: &Setup,
    authority: &CertificateAuthority,
) -> Result<Opened, NoPorts> {
    let Setup { plan, seed, ports, listen, public_port, .. } = setup;
    let controllers = live.controllers();
    let mut bound = Vec::new();
    // All are known to exist before the first is taken.
    let places = 0..controllers.len();
    let addresses: Vec<[SocketAddr; 2]> =
        places.map(|place| ports.of(place, controllers.len(), *listen)).collect::<Result<_, _>>()?;
    for ((dc, _), [ldap, ldaps]) in controllers.iter().zip(addresses) {
        bound.push(bind(dc, ldap, ldaps).await?);
    }
    let dns_domain = dns_domain(plan);
    let port = |bound: &Bound| public_port.unwrap_or(bound.ldap.port());
    let named: Vec<_> = controllers
        .iter()
        .zip(&bound)
        .map(|((dc, _), bound)| (dc.clone(), SocketAddr::from((reached(bound.ldap).ip(), port(bound)))))
        .collect();
    let (udp, tcp) = bind_dns(ports.dns(*listen)).await?;
    let dns = serve_dns(udp, tcp, live, Some(&dns_domain), &named)?;
    let referral_ports: BTreeMap<HostName, u16> =
        named.iter().map(|(dc, address)| (dc.clone(), address.port())).collect();
    let (mut servers, mut dcs) = (Vec::new(), Vec::new());
    for ((dc, role), Bound { sockets, ldap }) in controllers.iter().zip(bound) {
        let options = Options {
            dns_domain: Some(dns_domain.clone()),
            referral_ports: referral_ports.clone(),
            tls: Some(authority.clone()),
            seed: *seed,
            client: plan.program.as_ref().map(|program| program.host.clone()),
            ..Options::default()
        };
        let server = serve(sockets, live, dc.clone(), options)?;
        dcs.push(Endpoint {
            name: dc.clone(),
            role: *role,
            host: reached(ldap).ip(),
            port: ldap.port(),
            url: format!("ldap://{}", reached(ldap)),
            ldaps_url: server.ldaps_address().map(|address| format!("ldaps://{}", reached(address))),
        });
        servers.push(server);
    }
    Ok(Opened { servers, dcs, dns })
}

impl Ports {
    /// Where one of so many controllers answers LDAP and LDAP over TLS; port 0 is a free one.
    fn of(self, place: usize, dcs: usize, listen: IpAddr) -> Result<[SocketAddr; 2], NoPorts> {
        let (ip, ldap, ldaps): (IpAddr, u16, u16) = match self {
            Ports::Free => (listen, 0, 0),
            Ports::From(base) => {
                let offset = u16::try_from(place).ok().and_then(|place| place.checked_mul(PORT_STEP));
                let port = offset.and_then(|offset| base.checked_add(offset));
                let port = port.filter(|port| *port < u16::MAX - 1).ok_or(NoPorts::Beyond { base, dcs })?;
                (listen, port, port + 1)
            }
            Ports::WellKnown(first) => {
                let ip = u32::try_from(place).ok().and_then(|place| first.to_bits().checked_add(place));
                let ip = ip.map(Ipv4Addr::from_bits).filter(|ip| ip.is_loopback() && *ip < LAST_LOOPBACK);
                (ip.ok_or(NoPorts::Addresses { first, dcs })?.into(), 389, 636)
            }
        };
        Ok([SocketAddr::from((ip, ldap)), SocketAddr::from((ip, ldaps))])
    }

    /// Where the names are served.
    fn dns(self, listen: IpAddr) -> SocketAddr {
        match self {
            Ports::Free => SocketAddr::from((listen, 0)),
            // Behind the first controller's two; `of` has refused a base without a third.
            Ports::From(base) => SocketAddr::from((listen, base.saturating_add(2))),
            Ports::WellKnown(first) => SocketAddr::from((first, 53)),
        }
    }
}

/// The broadcast address of the machine's own network, which nobody can have.
const LAST_LOOPBACK: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

/// LDAP and datagrams at one address, LDAP over TLS at the other.
async fn bind(dc: &HostName, ldap: SocketAddr, ldaps: SocketAddr) -> Result<Bound, NoPorts> {
    let refused = |address| move |error| NoPorts::Bind { dc: dc.clone(), address, error };
    let (datagrams, listener) = pair(ldap).await.map_err(refused(ldap))?;
    let ldap = listener.local_addr().map_err(refused(ldap))?;
    let over_tls = TcpListener::bind(ldaps).await.map_err(refused(ldaps))?;
    let sockets = Sockets { ldap: Some(listener), ldaps: Some(over_tls), cldap: Some(datagrams) };
    Ok(Bound { sockets, ldap })
}

async fn bind_dns(address: SocketAddr) -> Result<(UdpSocket, TcpListener), NoPorts> {
    pair(address).await.map_err(|error| NoPorts::BindDns { address, error })
}

/// A port that is free for connections and for datagrams, or this one.
async fn pair(address: SocketAddr) -> std::io::Result<(UdpSocket, TcpListener)> {
    // What the system takes for free is so for one kind; each that is not for the other is kept until a pair is found,
    // so that it is not offered again.
    let mut halves = Vec::new();
    loop {
        let tcp = TcpListener::bind(address).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(_) if address.port() == 0 && halves.len() < MOST_HALVES => halves.push(tcp),
            Err(error) => return Err(error),
        }
    }
}

/// Ports that are looked at before it is said that there is no pair.
const MOST_HALVES: usize = 256;

/// The address that a client is told. Where every address of this machine is listened at, it is the one under which the
/// machine sends to others; its loopback address when it sends nowhere.
pub fn reached(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    // Nothing is sent: the system only chooses the address from which it would. These nets are kept for documents.
    let (any, other, own): (_, _, IpAddr) = match address.ip() {
        IpAddr::V4(_) => ("0.0.0.0:0", "192.0.2.1:9", Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(_) => ("[::]:0", "[2001:db8::1]:9", Ipv6Addr::LOCALHOST.into()),
    };
    let chosen = std::net::UdpSocket::bind(any).and_then(|socket| {
        socket.connect(other)?;
        socket.local_addr()
    });
    let ip = chosen.map(|chosen| chosen.ip()).ok().filter(|ip| !ip.is_unspecified()).unwrap_or(own);
    SocketAddr::from((ip, address.port()))
}

impl Endpoints {
    /// The primary domain controller's.
    pub fn pdc(&self) -> Option<&Endpoint> {
        self.dcs.iter().find(|dc| dc.role == DcRole::Pdc)
    }

    /// The variables that a program gets.
    pub fn variables(&self, endpoints_file: &Path) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::new();
        let mut set = |name: &str, value: String| {
            variables.insert(format!("MOCKDC_{name}"), value);
        };
        set("SCENARIO", self.scenario.clone());
        set("SCENARIO_DIR", self.scenario_dir.display().to_string());
        set("DOMAIN", self.domain.clone());
        set("DNS_DOMAIN", self.dns_domain.clone());
        set("BASE_DN", self.base_dn.clone());
        set("SPEED", self.speed.map_or_else(|| "manual".to_owned(), |speed| speed.to_string()));
        set("USER", self.user.clone());
        set("BIND_NAME", self.bind_name.clone());
        set("PASSWORD_FILE", self.password_file.display().to_string());
        set("ENDPOINTS", endpoints_file.display().to_string());
        set("DNS", self.dns.to_string());
        let urls: Vec<&str> = self.dcs.iter().map(|dc| dc.url.as_str()).collect();
        set("URLS", urls.join(" "));
        if let Some(pdc) = self.pdc() {
            set("PDC", pdc.name.to_string());
            set("PDC_URL", pdc.url.clone());
            set("PDC_HOST", pdc.host.to_string());
            set("PDC_PORT", pdc.port.to_string());
        }
        for dc in &self.dcs {
            let name = variable_part(dc.name.as_str());
            set(&format!("DC_{name}_URL"), dc.url.clone());
            set(&format!("DC_{name}_HOST"), dc.host.to_string());
            set(&format!("DC_{name}_PORT"), dc.port.to_string());
            if let Some(url) = &dc.ldaps_url {
                set(&format!("DC_{name}_LDAPS_URL"), url.clone());
            }
        }
        if let Some(ca) = &self.ca_file {
            set("CA_FILE", ca.display().to_string());
        }
        if let Some(control) = &self.control {
            set("CONTROL_URL", control.url.clone());
            set("CONTROL_TOKEN_FILE", control.token_file.display().to_string());
        }
        variables
    }

    /// The endpoints as a table for people, and as lines for a shell.
    pub fn table(&self, endpoints_file: &Path) -> String {
        let mut text = String::new();
        let width = self.dcs.iter().map(|dc| dc.name.as_str().len()).max().unwrap_or(0);
        for dc in &self.dcs {
            let role = match dc.role {
                DcRole::Pdc => "pdc",
                DcRole::Bdc => "bdc",
                DcRole::Rodc => "rodc",
            };
            let ldaps = dc.ldaps_url.as_ref().map_or_else(String::new, |url| format!("  {url}"));
            // Writing into a text does not fail.
            let _ = writeln!(text, "  {:<width$}  {role}  {}{ldaps}", dc.name.as_str(), dc.url);
        }
        let _ = writeln!(text, "  base DN  {}", self.base_dn);
        let _ = writeln!(text, "  DNS      {}, domain {}", self.dns, self.dns_domain);
        let _ = writeln!(text, "  bind as  {}, password in {}", self.bind_name, self.password_file.display());
        if let Some(control) = &self.control {
            let _ = writeln!(text, "  control  {}, token in {}", control.url, control.token_file.display());
        }
        text.push('\n');
        for (name, value) in self.variables(endpoints_file) {
            let _ = writeln!(text, "export {name}={}", crate::report::quoted([value.as_str()]));
        }
        text
    }
}

/// A host's name as a part of a variable's.
fn variable_part(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' })
        .collect()
}

#[cfg(test)]
pub(crate) fn example() -> Endpoints {
    let endpoint = |name: &str, role, port: u16| Endpoint {
        name: name.into(),
        role,
        host: IpAddr::from([127, 0, 0, 1]),
        port,
        url: format!("ldap://127.0.0.1:{port}"),
        ldaps_url: None,
    };
    Endpoints {
        scenario: "slow-bdc".into(),
        scenario_dir: "scenarios/field".into(),
        domain: "CORP".into(),
        dns_domain: "corp.example".into(),
        base_dn: base_dn("corp.example"),
        speed: Some(60.0),
        dcs: vec![endpoint("PDC1", DcRole::Pdc, 10389), endpoint("BR-DC1", DcRole::Bdc, 10399)],
        dns: SocketAddr::from((Ipv4Addr::LOCALHOST, 10391)),
        user: "Administrator".into(),
        bind_name: "Administrator@corp.example".into(),
        password_file: "/tmp/x/password".into(),
        ca_file: None,
        control: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_every_controller_by_variables() {
        let variables = example().variables(Path::new("/tmp/x/endpoints.json"));
        let value = |name: &str| variables.get(name).map(String::as_str);
        assert_eq!(value("MOCKDC_PDC_URL"), Some("ldap://127.0.0.1:10389"));
        assert_eq!(value("MOCKDC_DC_BR_DC1_PORT"), Some("10399"));
        assert_eq!(value("MOCKDC_BASE_DN"), Some("DC=corp,DC=example"));
        assert_eq!(value("MOCKDC_SPEED"), Some("60"));
        assert_eq!(value("MOCKDC_DNS"), Some("127.0.0.1:10391"));
        assert_eq!(value("MOCKDC_CONTROL_URL"), None);
    }

    #[test]
    fn a_shell_can_take_the_lines_as_they_stand() {
        let mut endpoints = example();
        endpoints.password_file = "/tmp/it's mine/password".into();
        let table = endpoints.table(Path::new("/tmp/x/endpoints.json"));
        assert!(table.contains("  BR-DC1  bdc  ldap://127.0.0.1:10399\n"), "{table}");
        assert!(table.contains("export MOCKDC_PASSWORD_FILE='/tmp/it'\\''s mine/password'\n"), "{table}");
    }

    #[test]
    fn clients_are_told_an_address_that_they_can_reach() {
        let told = |address: &str| reached(address.parse().unwrap());
        assert_eq!(told("127.0.10.1:389").to_string(), "127.0.10.1:389");
        for all in ["0.0.0.0:10389", "[::]:10389"] {
            let told = told(all);
            assert!(!told.ip().is_unspecified() && told.port() == 10389, "{told}");
            assert_eq!(told.is_ipv6(), all.starts_with('['), "{told}");
            // It is this machine's own, where it has addresses of this kind at all.
            let localhost = if told.is_ipv6() { "::1" } else { "127.0.0.1" };
            if std::net::TcpListener::bind((localhost, 0)).is_ok() {
                std::net::TcpListener::bind((told.ip(), 0)).unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_free_port_is_free_for_connections_and_for_datagrams() {
        let localhost = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut pairs = Vec::new();
        for _ in 0..50 {
            let (udp, tcp) = pair(localhost).await.unwrap();
            assert_eq!(udp.local_addr().unwrap(), tcp.local_addr().unwrap());
            pairs.push((udp, tcp));
        }
        let taken = pairs[0].1.local_addr().unwrap();
        assert!(pair(taken).await.is_err());
    }

    #[test]
    fn controllers_get_ports_from_a_base_or_addresses_of_their_own() {
        let shown = |ports: Ports, place| {
            ports.of(place, 3, Ipv4Addr::LOCALHOST.into()).map(|[ldap, ldaps]| format!("{ldap} {ldaps}"))
        };
        assert_eq!(shown(Ports::From(10389), 2).unwrap(), "127.0.0.1:10409 127.0.0.1:10410");
        assert_eq!(Ports::From(10389).dns(Ipv4Addr::LOCALHOST.into()).port(), 10391);
        assert!(matches!(shown(Ports::From(65_534), 0), Err(NoPorts::Beyond { .. })));
        let own = Ports::WellKnown(Ipv4Addr::new(127, 0, 10, 255));
        assert_eq!(shown(own, 1).unwrap(), "127.0.11.0:389 127.0.11.0:636");
        let last = Ports::WellKnown(Ipv4Addr::new(127, 255, 255, 254));
        assert!(shown(last, 0).is_ok() && matches!(shown(last, 1), Err(NoPorts::Addresses { .. })));
    }
}
