//! A primary and a backup domain controller at two ports, for a look with any LDAP client:
//! `cargo run -p mockdc-mocks --features ldap --example front -- ca.pem 3890 3891`. It ends with its
//! standard input.

#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::time::Instant;

use mockdc_mocks::ldap::{CertificateAuthority, LiveDomain, Options, Sockets, serve};
use mockdc_mocks::{Clock, Domain, SimTime, Span};
use tokio::net::{TcpListener, UdpSocket};

/// A second of the scenario in a second of the machine.
struct Wall(Instant);

impl Clock for Wall {
    fn now(&self) -> SimTime {
        SimTime::START + Span::millis(self.0.elapsed().as_millis() as i64)
    }
}

#[tokio::main(flavor = "current_thread")]
#[allow(clippy::disallowed_methods, reason = "the example's scenario follows the machine's clock")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut domain = Domain::builder().pdc("PDC1").bdc("BDC1").delay(Span::secs(20));
    domain.spec().domain.name = "CORP".into();
    let domain = domain
        .user("jdoe", "Passw0rd!", &[])
        .user("operator", "Passw0rd!", &["Account Operators"])
        .computer_accounts()
        .member_server("SRV1")
        .build(1)?;
    let live = LiveDomain::new(domain, Wall(Instant::now()));
    live.without_facts();
    live.observe(|event| println!("{event:?}"));
    let authority = CertificateAuthority::new("CORP-CA")?;
    let mut arguments = std::env::args().skip(1);
    if let Some(file) = arguments.next() {
        std::fs::write(file, authority.pem())?;
    }
    let mut servers = Vec::new();
    for dc in ["PDC1", "BDC1"] {
        let port: u16 = arguments.next().map_or(Ok(0), |port| port.parse())?;
        let ldap = TcpListener::bind(("127.0.0.1", port)).await?;
        let cldap = UdpSocket::bind(ldap.local_addr()?).await?;
        let ldaps = TcpListener::bind("127.0.0.1:0").await?;
        let sockets = Sockets { ldap: Some(ldap), ldaps: Some(ldaps), cldap: Some(cldap) };
        let options = Options { tls: Some(authority.clone()), ..Options::default() };
        let server = serve(sockets, &live, dc, options)?;
        if let (Some(ldap), Some(ldaps)) = (server.ldap_address(), server.ldaps_address()) {
            println!("{dc}: ldap://{ldap}, ldaps://{ldaps}, CORP\\Administrator, Adm1n-password!");
        }
        servers.push(server);
    }
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    Ok(())
}
