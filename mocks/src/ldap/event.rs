//! What happened on the wire, for whoever watches.

use std::net::SocketAddr;

use serde::Serialize;

use crate::{AccountName, HostName, SimTime, Version};

/// One operation of a client at one controller, with its result.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct WireEvent {
    /// When, in the scenario's time.
    pub at: SimTime,
    /// At which controller.
    pub dc: HostName,
    /// The connection's number at that controller, from 1.
    pub connection: u64,
    /// Where the client is.
    pub peer: Option<SocketAddr>,
    /// As whom; `None`: anonymous.
    pub who: Option<AccountName>,
    /// What protects the connection.
    pub protection: Protection,
    /// What was asked.
    pub operation: WireOperation,
    /// About what: a distinguished name, a user, an object identifier.
    pub target: String,
    /// A search's filter (RFC 4515); empty otherwise.
    pub filter: String,
    /// The LDAP result code; 0 is success. Absent when no answer belongs to it.
    pub result: Option<u32>,
    /// What the answer says beside the code.
    pub message: String,
    /// How many entries were given.
    pub entries: usize,
    /// The version of what the operation wrote or looked at, when it is about one account.
    pub version: Option<Version>,
}

/// What protects a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// Nothing.
    #[default]
    None,
    /// TLS.
    Tls,
    /// NTLM signatures.
    Signed,
    /// NTLM encryption.
    Sealed,
}

/// What a client asks on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireOperation {
    /// A connection was opened.
    Connect,
    /// Bind.
    Bind,
    /// Unbind.
    Unbind,
    /// Search.
    Search,
    /// Add.
    Add,
    /// Modify.
    Modify,
    /// Delete.
    Delete,
    /// Modify DN.
    ModifyDn,
    /// Compare.
    Compare,
    /// Abandon.
    Abandon,
    /// An extended operation.
    Extended,
    /// A datagram that asks for the controller's NetLogon answer, or a search in one.
    Cldap,
    /// What is no LDAP message.
    Malformed,
}
