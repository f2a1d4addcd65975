//! A client's octets answered without a socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::server::Front;
use super::session::{Session, Then};
use super::{LdapError, LiveDomain, Options, ServeError, message_length, reply};
use crate::HostName;

/// One controller whose clients are octets: what a test or a fuzzer sends, without the kernel between. There is no TLS,
/// and a connection ends where it would go on protected.
pub struct Offline {
    front: Arc<Front>,
    connections: AtomicU64,
}

impl Offline {
    /// A controller of a live domain. The options' limits hold; faults do not touch it.
    pub fn new(live: &LiveDomain, dc: impl Into<HostName>, options: Options) -> Result<Offline, ServeError> {
        let front = Arc::new(Front::new(live, dc.into(), options, false)?.0);
        Ok(Offline { front, connections: AtomicU64::new(0) })
    }

    /// What one new connection answers to these octets until they end or it closes.
    pub fn answer(&self, octets: &[u8]) -> Vec<u8> {
        let number = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let mut session = Session::new(self.front.clone(), number, None);
        let mut turn = self.front.live.turn();
        let mut output = Vec::new();
        let mut rest = octets;
        loop {
            let length = match message_length(rest) {
                Ok(Some(length)) if length <= self.front.options.limits.max_receive_buffer => length,
                Ok(None) => return output,
                Ok(Some(_)) | Err(_) => {
                    session.malformed(&mut turn);
                    output.extend(reply::disconnection(&LdapError::malformed()));
                    return output;
                }
            };
            let Some((message, after)) = rest.split_at_checked(length) else { return output };
            match session.answer(&mut turn, message, &mut output) {
                Then::GoOn => rest = after,
                Then::Close | Then::StartTls | Then::Protect(_) => return output,
            }
        }
    }
}

impl std::fmt::Debug for Offline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offline").field("dc", &self.front.dc).finish_non_exhaustive()
    }
}
