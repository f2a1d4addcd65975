//! The wire front: real LDAP clients at the ports of mock domain controllers.
//!
//! A [`LiveDomain`] is a [`Domain`](crate::Domain) behind a lock with a clock of the scenario's time; [`serve`] opens
//! one of its controllers. What a client writes at one controller is seen at another when the model's replication
//! says so.
//!
//! ```
//! use mockdc_mocks::ldap::{LiveDomain, Options, serve};
//! use mockdc_mocks::{Clock, Domain, SimTime, Span};
//!
//! /// A scenario that stands still: a test moves its time by itself.
//! struct Noon;
//! impl Clock for Noon {
//!     fn now(&self) -> SimTime {
//!         SimTime::START + Span::hours(3)
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let domain = Domain::builder().pdc("PDC1").bdc("BDC1").delay(Span::mins(40)).build(1)?;
//! let live = LiveDomain::new(domain, Noon);
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let server = serve(listener, &live, "PDC1", Options::default())?;
//! assert!(server.ldap_address().is_some()); // ldapsearch -x -H ldap://…
//! server.shut_down().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod ber;
mod bind;
mod connection;
mod controls;
mod descriptor;
mod dirsync;
mod dns;
mod error;
mod event;
mod filter_text;
mod first_day;
mod forest;
mod ldif;
mod line;
mod live;
mod logon_times;
mod matching;
mod membership;
mod message;
mod naming;
mod netlogon;
mod network;
mod ntlm;
mod offline;
mod options;
#[cfg(test)]
mod oracles;
mod overlay;
mod rc4;
mod refusal;
mod reply;
mod rights;
mod rootdse;
mod schema;
mod search;
mod server;
mod session;
mod sid;
mod spnego;
mod spoil;
mod time;
mod tls;
mod tree;
mod verbs;
mod view;
mod write;

use crate::dn;

pub use ber::DecodeError;
pub use dns::{DnsError, DnsServer, serve_dns};
pub use error::*;
pub use event::*;
pub use live::*;
pub use message::*;
pub use offline::Offline;
pub use options::*;
pub use server::{ServeError, Server, serve};
pub use tls::*;
