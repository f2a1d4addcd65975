//! The controllers' ports, and a client's connections to them.

use std::collections::BTreeMap;

use mockdc_containers::{Directory, DirectoryError, Endpoint, Scale, Trust};
use mockdc_mocks::ldap::{CertificateAuthority, Limits, LiveDomain, Options, Server, Sockets, serve};
use mockdc_mocks::{Credentials, DcRole, HostName, Replication, Reply, Verb, WorldSpec};
use tokio::net::TcpListener;

use crate::live::base_dn;
use crate::run::Trouble;

/// What a controller said.
pub(super) type Answered = Result<Reply, DirectoryError>;

/// The ports of all controllers.
pub(super) struct Wires {
    ports: BTreeMap<HostName, Port>,
    trust: Trust,
    scale: Scale,
    /// They end with this.
    _servers: Vec<Server>,
}

/// One controller's.
struct Port {
    plain: Endpoint,
    secure: Endpoint,
    takes_writes: bool,
    /// Connections that are open, the second under TLS. Each operation binds anew on its own.
    lines: [Option<Directory>; 2],
}

impl Wires {
    /// Serves every controller of a live domain.
    pub(super) async fn open(live: &LiveDomain, spec: &WorldSpec, seed: u64) -> Result<Wires, String> {
        let authority = CertificateAuthority::new("mockdc").map_err(|error| error.to_string())?;
        let trust = Trust::in_authority(&authority.pem())?;
        let scale = Scale::starting_at(live.start_unix_ms());
        let domain = &spec.domain.name;
        let dns = format!("{}.example", domain.as_str().to_ascii_lowercase());
        let single_master = !matches!(spec.domain.replication, Replication::Ad(_));
        let (mut ports, mut servers) = (BTreeMap::new(), Vec::new());
        for (dc, role) in live.controllers() {
            let busy = |error: std::io::Error| format!("no port on 127.0.0.1 for {dc}: {error}");
            let plain = TcpListener::bind("127.0.0.1:0").await.map_err(busy)?;
            let secure = TcpListener::bind("127.0.0.1:0").await.map_err(busy)?;
            let endpoint = |listener: &TcpListener| -> Result<Endpoint, std::io::Error> {
                let ldap = listener.local_addr()?;
                Ok(Endpoint { ldap, smb: ldap, domain: domain.as_str().into(), base: base_dn(&dns).into() })
            };
            let (at_plain, at_secure) = (endpoint(&plain).map_err(busy)?, endpoint(&secure).map_err(busy)?);
            let sockets = Sockets { ldap: Some(plain), ldaps: Some(secure), cldap: None };
            let options = Options {
                dns_domain: Some(dns.clone()),
                tls: Some(authority.clone()),
                limits: Limits { max_page_size: usize::MAX, max_val_range: usize::MAX, ..Limits::default() },
                spared: true,
                stamps_logons: false,
                seed,
                ..Options::default()
            };
            servers.push(serve(sockets, live, dc.clone(), options).map_err(|error| error.to_string())?);
            let takes_writes = match role {
                DcRole::Pdc => true,
                DcRole::Bdc => !single_master,
                DcRole::Rodc => false,
            };
            ports.insert(dc, Port { plain: at_plain, secure: at_secure, takes_writes, lines: [None, None] });
        }
        Ok(Wires { ports, trust, scale, _servers: servers })
    }

    /// Whether a host is a controller, and then whether it takes writes.
    pub(super) fn takes_writes(&self, host: &HostName) -> Option<bool> {
        self.ports.get(host).map(|port| port.takes_writes)
    }

    /// Performs a verb at a controller after a bind as the caller.
    pub(super) async fn perform(
        &mut self,
        dc: &HostName,
        caller: &Credentials,
        verb: &Verb,
    ) -> Result<Answered, Trouble> {
        let mut line = self.line(dc, carries_a_password(verb)).await?;
        let answered = match line.bind_as(caller).await {
            Err(error) => Err(error),
            Ok(()) => match verb {
                Verb::Logon { credentials, .. } => line.bind_as(credentials).await.map(|()| Reply::Done),
                // As NetUserSetInfo does it: the object keeps its name in the directory.
                Verb::UserRename { user, to } => line.set_account_name(user, to).await.map(|()| Reply::Done),
                verb => line.perform(verb).await.unwrap_or_else(|| {
                    Err(DirectoryError::Strange(format!("the client has no words for {}", verb.kind())))
                }),
            },
        };
        if let Err(error @ DirectoryError::Silent { .. }) = answered {
            return Err(Trouble(format!("{} at {dc}: {error}", verb.kind())));
        }
        if let Some(port) = self.ports.get_mut(dc) {
            port.lines[usize::from(carries_a_password(verb))] = Some(line);
        }
        Ok(answered)
    }

    /// An open connection; a new one where the controller has closed the last: it does so when something comes on it while
    /// the controller is down.
    async fn line(&mut self, dc: &HostName, secure: bool) -> Result<Directory, Trouble> {
        let trouble = |error: &dyn std::fmt::Display| Trouble(format!("connecting to {dc}: {error}"));
        let port = self.ports.get_mut(dc).ok_or_else(|| trouble(&"it is no controller"))?;
        if let Some(mut line) = port.lines[usize::from(secure)].take()
            && !line.is_closed()
        {
            return Ok(line);
        }
        let opened = match secure {
            true => Directory::connect_over_tls(&port.secure, self.scale, &self.trust).await,
            false => Directory::connect(&port.plain, self.scale).await,
        };
        opened.map_err(|error| trouble(&error))
    }
}

/// Whether a verb writes a password, which a controller takes only over a protected connection.
fn carries_a_password(verb: &Verb) -> bool {
    matches!(verb, Verb::UserAdd { .. } | Verb::UserSetPassword { .. } | Verb::UserChangePassword { .. })
}
