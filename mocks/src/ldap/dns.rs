//! The names of a domain: what its controllers register, so that a client's locator finds them (MS-ADTS 6.3.2).
//!
//! DNS knows no faults: a controller that is down or cut off still resolves.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_server::Server;
use hickory_server::net::runtime::TokioRuntimeProvider;
use hickory_server::proto::rr::rdata::{A, AAAA, CNAME, NS, SOA, SRV};
use hickory_server::proto::rr::{LowerName, Name, RData, Record};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use tokio::net::{TcpListener, UdpSocket};

use super::naming::{Naming, site_name};
use super::{LiveDomain, sid};
use crate::directory::{DcIndex, Rid};
use crate::{DcRole, HostName};

/// Seconds for which a record may be kept: what the Netlogon service registers.
const TTL: u32 = 600;
/// How long a connection may be silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// Answers that may wait on one connection.
const WAITING: usize = 32;
/// The port of Kerberos, which nothing here speaks: locators ask for it all the same.
const KERBEROS: u16 = 88;

/// Why the names of a domain cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// A socket is unusable.
    #[error("a socket for DNS is unusable: {0}")]
    Socket(#[from] io::Error),
    /// A name of the scenario is none of DNS: a label has 63 octets at most, and a name 255.
    #[error("`{name}` is no name of DNS: {reason}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// A running name server; it ends when this is dropped.
#[must_use = "the server ends when its handle is dropped"]
pub struct DnsServer {
    address: SocketAddr,
    _server: Server<Catalog>,
}

impl DnsServer {
    /// Where it answers, over UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl std::fmt::Debug for DnsServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DnsServer").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Serves the names of a live domain at both sockets, which have the same address. `addresses` says where each
/// controller answers LDAP. It must be called inside a tokio runtime.
pub fn serve_dns(
    udp: UdpSocket,
    tcp: TcpListener,
    live: &LiveDomain,
    dns_domain: Option<&str>,
    addresses: &[(HostName, SocketAddr)],
) -> Result<DnsServer, DnsError> {
    let address = udp.local_addr()?;
    let mut zone = Zone::new(live, dns_domain)?;
    let settings = live.enter(|state, _| {
        let index = |(dc, _): &(HostName, SocketAddr)| state.domain.directory().index(dc).unwrap_or_default();
        let dcs: Vec<DcIndex> = addresses.iter().map(index).collect();
        state.settings(&dcs, dns_domain)
    });
    for ((dc, address), settings) in addresses.iter().zip(settings) {
        zone.register(live, dc, *address, settings)?;
    }
    let origin = LowerName::new(&zone.origin);
    let mut catalog = Catalog::new();
    catalog.upsert(origin, vec![Arc::new(zone.handler)]);
    let mut server = Server::new(catalog);
    server.register_socket(udp);
    server.register_listener(tcp, PATIENCE, WAITING);
    Ok(DnsServer { address, _server: server })
}

struct Zone {
    naming: Naming,
    origin: Name,
    handler: InMemoryZoneHandler<TokioRuntimeProvider>,
}

impl Zone {
    fn new(live: &LiveDomain, dns_domain: Option<&str>) -> Result<Zone, DnsError> {
        let (netbios, pdc) = live.with(|domain, _| {
            let pdc = domain.controllers().into_iter().find(|(_, role)| *role == DcRole::Pdc);
            (domain.world().domain.name.to_string(), pdc.map(|(pdc, _)| pdc))
        });
        let naming = Naming::new(&netbios, dns_domain);
        let origin = name(&naming.dns)?;
        let handler = InMemoryZoneHandler::empty(origin.clone(), ZoneType::Primary, AxfrPolicy::Deny);
        let mut zone = Zone { naming, origin, handler };
        let primary = pdc.map_or_else(|| zone.naming.dns.clone(), |pdc| zone.naming.host(&pdc));
        let (dns, primary) = (zone.naming.dns.clone(), name(&primary)?);
        let keeper = name(&format!("hostmaster.{dns}"))?;
        zone.add(&dns, RData::SOA(SOA::new(primary.clone(), keeper, 1, 900, 600, 86_400, 3_600)))?;
        zone.add(&dns, RData::NS(NS(primary)))?;
        Ok(zone)
    }

    fn add(&mut self, at: &str, data: RData) -> Result<(), DnsError> {
        let record = Record::from_rdata(name(at)?, TTL, data);
        self.handler.upsert_mut(record, 1);
        Ok(())
    }

    /// What one controller registers, whose settings have this identifier.
    fn register(
        &mut self,
        live: &LiveDomain,
        dc: &HostName,
        address: SocketAddr,
        settings: Option<[u8; 16]>,
    ) -> Result<(), DnsError> {
        let dns = self.naming.dns.clone();
        let host = self.naming.host(dc);
        let (role, site) = live.with(|domain, _| {
            let directory = domain.directory();
            let controller = directory.controller(directory.index(dc).unwrap_or_default());
            (controller.role, site_name(controller.site.as_str()).to_owned())
        });
        let domain_guid = sid::guid_text(&sid::guid(&dns, Rid::FIRST_FIXED.0));
        let ip = match address.ip() {
            IpAddr::V4(ip) => RData::A(A(ip)),
            IpAddr::V6(ip) => RData::AAAA(AAAA(ip)),
        };
        self.add(&host, ip.clone())?;
        if role != DcRole::Rodc {
            self.add(&dns, ip.clone())?;
            self.add(&format!("gc._msdcs.{dns}"), ip)?;
        }
        let mut services = vec![
            (format!("_ldap._tcp.{dns}"), address.port()),
            (format!("_ldap._tcp.{site}._sites.{dns}"), address.port()),
            (format!("_ldap._tcp.dc._msdcs.{dns}"), address.port()),
            (format!("_ldap._tcp.{site}._sites.dc._msdcs.{dns}"), address.port()),
            (format!("_ldap._tcp.gc._msdcs.{dns}"), address.port()),
            (format!("_ldap._tcp.{site}._sites.gc._msdcs.{dns}"), address.port()),
            (format!("_gc._tcp.{dns}"), address.port()),
            (format!("_gc._tcp.{site}._sites.{dns}"), address.port()),
            (format!("_kerberos._tcp.{dns}"), KERBEROS),
            (format!("_kerberos._udp.{dns}"), KERBEROS),
            (format!("_kerberos._tcp.{site}._sites.{dns}"), KERBEROS),
            (format!("_kerberos._tcp.dc._msdcs.{dns}"), KERBEROS),
            (format!("_kerberos._tcp.{site}._sites.dc._msdcs.{dns}"), KERBEROS),
            (format!("_ldap._tcp.{domain_guid}.domains._msdcs.{dns}"), address.port()),
        ];
        if role == DcRole::Pdc {
            services.push((format!("_ldap._tcp.pdc._msdcs.{dns}"), address.port()));
        }
        // A read-only controller is found in its own site alone, and by its identifier (MS-ADTS 6.3.2.3).
        if role == DcRole::Rodc {
            services.retain(|(at, _)| at.contains("._sites."));
        }
        for (at, port) in services {
            self.add(&at, RData::SRV(SRV::new(0, 100, port, name(&host)?)))?;
        }
        match settings.map(|guid| sid::guid_text(&guid)) {
            Some(guid) => self.add(&format!("{guid}._msdcs.{dns}"), RData::CNAME(CNAME(name(&host)?))),
            None => Ok(()),
        }
    }
}

/// A name with its end.
fn name(text: &str) -> Result<Name, DnsError> {
    let wrong = |error: hickory_server::proto::ProtoError| DnsError::Name {
        name: text.to_owned(),
        reason: error.to_string(),
    };
    // Any octets make a label, a blank in a site's name too; only lengths are limited.
    let mut name = Name::from_labels(text.split('.').map(str::as_bytes)).map_err(wrong)?;
    name.set_fqdn(true);
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Domain, SimTime};

    struct Still;

    impl Clock for Still {
        fn now(&self) -> SimTime {
            SimTime::START
        }
    }

    #[tokio::test]
    async fn controllers_register_without_a_tree_what_their_trees_will_hold() {
        let domain = Domain::builder().pdc("PDC1").bdc("BDC1").bdc("BDC2").build(1).unwrap();
        let live = LiveDomain::new(domain, Still);
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = tcp.local_addr().unwrap();
        let all: Vec<_> = live.controllers().into_iter().map(|(dc, _)| (dc, at)).collect();
        let _server = serve_dns(udp, tcp, &live, Some("corp.test"), &all).unwrap();
        assert_eq!(live.enter(|state, _| state.grown()), 0);
        let told = live.enter(|state, _| state.settings(&dcs_of(&all, state), Some("corp.test")));
        for ((dc, _), told) in all.iter().zip(told) {
            let held = live.enter(|state, _| {
                let (_, tree, _) = state.parts(dc);
                let settings = format!("CN=NTDS Settings,{}", tree.naming.server(dc, site_name("")));
                assert!(settings.ends_with("DC=corp,DC=test"), "{settings}");
                assert_eq!(
                    tree.node(tree.places().domain).map(|node| node.guid),
                    Some(sid::guid(&tree.naming.dns, Rid::FIRST_FIXED.0))
                );
                tree.find(&settings).and_then(|id| tree.node(id)).map(|node| node.guid)
            });
            assert!(held.is_some() && held == told, "{dc}: {held:?}, {told:?}");
        }
        assert_eq!(live.enter(|state, _| state.grown()), 3);
    }

    fn dcs_of(all: &[(HostName, SocketAddr)], state: &crate::ldap::live::State) -> Vec<DcIndex> {
        all.iter().filter_map(|(dc, _)| state.domain.directory().index(dc)).collect()
    }

    #[test]
    fn names_of_the_field_are_names_of_dns_and_only_their_lengths_are_limited() {
        for text in [
            "pdc&1.corp.example",
            "_ldap._tcp.Head Office._sites.dc._msdcs.corp.example",
            "z\u{fc}rich.example",
        ] {
            let name = name(text).unwrap();
            assert!(name.is_fqdn(), "{text}");
            assert_eq!(name.num_labels() as usize, text.split('.').count(), "{text}");
        }
        assert!(name(&format!("{}.example", "x".repeat(64))).is_err());
        assert!(name("a..example").is_err());
    }
}
