//! The client of the agent in each controller's container.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

/// How long an operation may take. A pull from a paused controller gives up by itself after about a minute.
const PATIENCE: Duration = Duration::from_secs(90);

/// The agent of one controller. Calls may overlap: each runs on a connection of its own.
pub struct Agent {
    token: String,
    place: Mutex<Place>,
}

struct Place {
    address: SocketAddr,
    idle: Vec<BufStream<TcpStream>>,
}

/// An operation of the agent failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// The connection to the agent failed or ended: the container is paused, stopped or gone.
    #[error("the agent of the controller at {0} does not answer: {1}")]
    Unreachable(SocketAddr, String),
    /// Replication answered with a Win32 code, such as 1232 (host unreachable), 8456 or 8457 (replication disabled).
    #[error("the controller's replication says {1} ({0})")]
    Win32(u32, String),
    /// Samba answered with an NTSTATUS.
    #[error("the controller says {1} (NTSTATUS {0:#010x})")]
    NtStatus(u32, String),
    /// The directory answered with an LDAP result code.
    #[error("the controller's directory says {1} (LDAP {0})")]
    Ldap(u32, String),
    /// The agent refused the request, and the text says why: an argument is not what it should be.
    #[error("the agent refuses: {0}")]
    Refused(String),
}

/// A naming context of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Accounts and groups.
    Domain,
    /// Sites and partitions.
    Configuration,
    /// The schema.
    Schema,
}

/// What a controller says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// `PDC1`, `BDC1` and so on.
    pub dc: String,
    /// The id under which other controllers know its changes.
    pub invocation: String,
    /// The highest update sequence number that it has committed.
    pub usn: u64,
    /// Whether LDAP, SMB and its replication service answer.
    pub ready: bool,
}

impl Agent {
    pub(crate) fn new(address: SocketAddr, token: String) -> Agent {
        Agent { token, place: Mutex::new(Place { address, idle: Vec::new() }) }
    }

    /// After a restart of the container the port is another.
    pub(crate) fn moved(&self, address: SocketAddr) {
        *self.place() = Place { address, idle: Vec::new() };
    }

    /// What the controller is and whether it answers. Takes about 0.2 s, because it tries a logon.
    pub async fn status(&self) -> Result<Status, AgentError> {
        let found = self.call("status", json!({})).await?;
        Ok(Status {
            dc: found["dc"].as_str().unwrap_or_default().to_owned(),
            invocation: found["invocation"].as_str().unwrap_or_default().to_owned(),
            usn: found["usn"].as_u64().unwrap_or_default(),
            ready: found["ready"].as_bool().unwrap_or_default(),
        })
    }

    /// Says where the other controllers are.
    pub(crate) async fn peers(&self, addresses: &BTreeMap<String, Ipv4Addr>) -> Result<(), AgentError> {
        self.call("peers", json!({ "addresses": addresses })).await.map(drop)
    }

    /// Pulls everything of a naming context from `source`. Unless `forced`, a source that does not give (8456) and a
    /// target that does not take (8457) are respected.
    pub async fn sync(&self, source: &str, context: Context, forced: bool) -> Result<(), AgentError> {
        let context = match context {
            Context::Domain => "domain",
            Context::Configuration => "configuration",
            Context::Schema => "schema",
        };
        self.call("sync", json!({ "source": source, "context": context, "forced": forced })).await.map(drop)
    }

    /// Pulls one object, or its tombstone, from `source` as it is there now. `guid` is its `objectGUID` in text.
    pub async fn sync_object(&self, source: &str, guid: &str) -> Result<(), AgentError> {
        self.call("sync_object", json!({ "source": source, "guid": guid })).await.map(drop)
    }

    /// Cuts this controller off from a peer; see [`Fleet::partition`](crate::Fleet::partition) for both sides.
    pub(crate) async fn partition(&self, peer: &str) -> Result<(), AgentError> {
        self.call("partition", json!({ "peer": peer })).await.map(drop)
    }

    pub(crate) async fn heal(&self, peer: &str) -> Result<(), AgentError> {
        self.call("heal", json!({ "peer": peer })).await.map(drop)
    }

    /// The account rights at this controller, by SID in text. Samba keeps them for each controller on its own.
    pub async fn rights(&self) -> Result<BTreeMap<String, BTreeSet<String>>, AgentError> {
        let found = self.call("rights", json!({})).await?;
        let rights = found.as_object().into_iter().flatten().map(|(sid, rights)| {
            let rights = rights.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
            (sid.clone(), rights.collect())
        });
        Ok(rights.collect())
    }

    /// Gives a SID exactly these rights at this controller, by their Windows names.
    pub async fn set_rights<'a>(
        &self,
        sid: &str,
        rights: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), AgentError> {
        let rights: Vec<_> = rights.into_iter().collect();
        self.call("set_rights", json!({ "sid": sid, "rights": rights })).await.map(drop)
    }

    /// The files of a group policy object (`{GUID}`) in this controller's SYSVOL, by path with `/`; `None` when its
    /// folder is not there.
    pub async fn policy_files(&self, policy: &str) -> Result<Option<BTreeMap<String, Vec<u8>>>, AgentError> {
        let found = self.call("policy_files", json!({ "policy": policy })).await?;
        if found["exists"] != true {
            return Ok(None);
        }
        let files = found["files"].as_object().into_iter().flatten().map(|(path, data)| {
            let data = data.as_str().and_then(|data| BASE64.decode(data).ok());
            data.map(|data| (path.clone(), data))
                .ok_or_else(|| AgentError::Refused(format!("{path} is not base64")))
        });
        files.collect::<Result<_, _>>().map(Some)
    }

    /// Makes the folder of a group policy object hold exactly these files, or removes it.
    pub async fn set_policy_files(
        &self,
        policy: &str,
        files: Option<&BTreeMap<String, Vec<u8>>>,
    ) -> Result<(), AgentError> {
        let files = files.map(|files| {
            let encoded = files.iter().map(|(path, data)| (path.clone(), Value::from(BASE64.encode(data))));
            encoded.collect::<Map<_, _>>()
        });
        self.call("set_policy_files", json!({ "policy": policy, "files": files })).await.map(drop)
    }

    /// Writes what depends on time of an account (`pwdLastSet`, `accountExpires`, `lockoutTime`, `badPwdCount`,
    /// `badPasswordTime`) into this controller's own copy: no other controller ever hears of it, and it conflicts with
    /// nothing. Instants are in units of 100 ns since 1601.
    pub async fn write_local<'a>(
        &self,
        guid: &str,
        values: impl IntoIterator<Item = (&'a str, i64)>,
    ) -> Result<(), AgentError> {
        let values: BTreeMap<&str, i64> = values.into_iter().collect();
        self.call("write_local", json!({ "guid": guid, "values": values })).await.map(drop)
    }

    async fn call(&self, operation: &str, mut arguments: Value) -> Result<Value, AgentError> {
        arguments["op"] = operation.into();
        let (address, idle) = {
            let mut place = self.place();
            (place.address, place.idle.pop())
        };
        let lost = |why: std::io::Error| AgentError::Unreachable(address, why.to_string());
        let exchange = async {
            let mut stream = match idle {
                Some(stream) => stream,
                None => self.greet(address).await?,
            };
            let reply = ask(&mut stream, &arguments).await.map_err(lost)?;
            let mut place = self.place();
            if place.address == address {
                place.idle.push(stream);
            }
            Ok(reply)
        };
        let late = |_| AgentError::Unreachable(address, format!("no answer to {operation} in {PATIENCE:?}"));
        understood(tokio::time::timeout(PATIENCE, exchange).await.map_err(late)??)
    }

    async fn greet(&self, address: SocketAddr) -> Result<BufStream<TcpStream>, AgentError> {
        let lost = |why: std::io::Error| AgentError::Unreachable(address, why.to_string());
        let stream = TcpStream::connect(address).await.map_err(lost)?;
        stream.set_nodelay(true).map_err(lost)?;
        let mut stream = BufStream::new(stream);
        let reply = ask(&mut stream, &json!({ "token": self.token })).await.map_err(lost)?;
        understood(reply).map(|_| stream)
    }

    fn place(&self) -> std::sync::MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent").field("address", &self.place().address).field("token", &"***").finish()
    }
}

async fn ask(stream: &mut BufStream<TcpStream>, request: &Value) -> std::io::Result<Value> {
    let mut line = request.to_string();
    line.push('\n');
    stream.write_all(line.as_bytes()).await?;
    stream.flush().await?;
    line.clear();
    if stream.read_line(&mut line).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_str(&line).map_err(std::io::Error::from)
}

/// An answer is `{"ok": …}`, or an error with the code of whoever refused.
fn understood(mut reply: Value) -> Result<Value, AgentError> {
    if reply.get("ok").is_some() {
        return Ok(reply["ok"].take());
    }
    let text = reply["error"].as_str().unwrap_or("no reason given").to_owned();
    let code = |name: &str| reply.get(name).and_then(Value::as_u64).and_then(|code| u32::try_from(code).ok());
    Err(if let Some(code) = code("code") {
        AgentError::Win32(code, text)
    } else if let Some(status) = code("status") {
        AgentError::NtStatus(status, text)
    } else if let Some(code) = code("ldap") {
        AgentError::Ldap(code, text)
    } else {
        AgentError::Refused(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_refusal_keeps_its_code() {
        let cases = [
            (json!({"code": 8457, "error": "x"}), AgentError::Win32(8457, "x".to_owned())),
            (
                json!({"status": 0xc000_0001_u32, "error": "x"}),
                AgentError::NtStatus(0xc000_0001, "x".to_owned()),
            ),
            (json!({"ldap": 32, "error": "x"}), AgentError::Ldap(32, "x".to_owned())),
            (json!({"error": "x"}), AgentError::Refused("x".to_owned())),
        ];
        for (reply, error) in cases {
            assert_eq!(understood(reply), Err(error));
        }
        assert_eq!(understood(json!({"ok": {"usn": 1}})), Ok(json!({"usn": 1})));
    }

    #[test]
    fn the_token_does_not_print() {
        let agent = Agent::new(([127, 0, 0, 1], 1).into(), "secret".to_owned());
        assert!(!format!("{agent:?}").contains("secret"));
    }
}
