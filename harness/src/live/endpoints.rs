//! Where the controllers of a live run answer, and how a client gets in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use mockdc_mocks::ldap::{CertificateAuthority, LiveDomain, Options, ServeError, Server, Sockets, serve};
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
    /// The ports would go beyond the last one.
    #[error("with the port base {base} there are no ports for {dcs} controllers: the last one is 65535")]
    Beyond {
        /// The base.
        base: u16,
        /// Controllers.
        dcs: usize,
    },
    /// The front refuses.
    #[error(transparent)]
    Serve(#[from] ServeError),
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

/// Opens every controller, on free ports or from a base on, with LDAP, LDAP over TLS and connectionless LDAP.
pub async fn open(
    live: &LiveDomain,
    setup: &Setup,
    authority: &CertificateAuthority,
) -> Result<(Vec<Server>, Vec<Endpoint>), NoPorts> {
    let Setup { plan, seed, port_base: base, listen, public_port, .. } = setup;
    let controllers = live.controllers();
    let mut bound = Vec::new();
    for (place, (dc, _)) in controllers.iter().enumerate() {
        let beyond = || NoPorts::Beyond { base: base.unwrap_or_default(), dcs: controllers.len() };
        let port = match base {
            None => None,
            Some(base) => {
                let offset = u16::try_from(place).ok().and_then(|place| place.checked_mul(PORT_STEP));
                let port = offset.and_then(|offset| base.checked_add(offset));
                Some(port.filter(|port| *port < u16::MAX).ok_or_else(beyond)?)
            }
        };
        bound.push(bind(dc, *listen, port).await?);
    }
    let port = |bound: &Bound| public_port.unwrap_or(bound.ldap.port());
    let referral_ports: BTreeMap<HostName, u16> =
        controllers.iter().zip(&bound).map(|((dc, _), bound)| (dc.clone(), port(bound))).collect();
    let (mut servers, mut endpoints) = (Vec::new(), Vec::new());
    for ((dc, role), Bound { sockets, ldap }) in controllers.iter().zip(bound) {
        let options = Options {
            dns_domain: Some(dns_domain(plan)),
            referral_ports: referral_ports.clone(),
            tls: Some(authority.clone()),
            seed: *seed,
            client: plan.program.as_ref().map(|program| program.host.clone()),
            ..Options::default()
        };
        let server = serve(sockets, live, dc.clone(), options)?;
        endpoints.push(Endpoint {
            name: dc.clone(),
            role: *role,
            host: ldap.ip(),
            port: ldap.port(),
            url: format!("ldap://{ldap}"),
            ldaps_url: server.ldaps_address().map(|address| format!("ldaps://{address}")),
        });
        servers.push(server);
    }
    Ok((servers, endpoints))
}

/// LDAP at a port, LDAP over TLS at the next one, and datagrams at the first; free ones without a port.
async fn bind(dc: &HostName, listen: IpAddr, port: Option<u16>) -> Result<Bound, NoPorts> {
    let at = |port: u16| SocketAddr::from((listen, port));
    let refused = |address| move |error| NoPorts::Bind { dc: dc.clone(), address, error };
    let first = at(port.unwrap_or(0));
    let listener = TcpListener::bind(first).await.map_err(refused(first))?;
    let ldap = listener.local_addr().map_err(refused(first))?;
    let next = at(port.map_or(0, |port| port + 1));
    let over_tls = TcpListener::bind(next).await.map_err(refused(next))?;
    let datagrams = match (UdpSocket::bind(ldap).await, port) {
        (Ok(socket), _) => Some(socket),
        (Err(error), Some(_)) => return Err(refused(ldap)(error)),
        // A free port of one kind may be taken in the other; few clients send datagrams.
        (Err(_), None) => None,
    };
    Ok(Bound { sockets: Sockets { ldap: Some(listener), ldaps: Some(over_tls), cldap: datagrams }, ldap })
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
            };
            let ldaps = dc.ldaps_url.as_ref().map_or_else(String::new, |url| format!("  {url}"));
            // Writing into a text does not fail.
            let _ = writeln!(text, "  {:<width$}  {role}  {}{ldaps}", dc.name.as_str(), dc.url);
        }
        let _ = writeln!(text, "  base DN  {}", self.base_dn);
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
}
