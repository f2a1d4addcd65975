//! Mock domain controllers: a Windows domain without sockets, clocks or threads.
//!
//! For whoever tests software that creates accounts at a primary domain controller and then waits for them elsewhere:
//! the domain here replicates as slowly as you say, refuses with the codes of the real one, and gives the same run for
//! the same seed.
//!
//! ```
//! use mockdc_mocks::{Caller, Domain, Operation, SimTime, Span, Verb, Win32Error};
//!
//! let mut domain = Domain::builder().pdc("PDC1").bdc("BDC1").delay(Span::mins(40)).build(1)?;
//! let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
//! let (user, password) = ("SMS&_BDC1".into(), "S3cret-password".into());
//! let add = Verb::UserAdd { user, password, comment: None, flags: Default::default() };
//! domain.apply(SimTime::START, &admin, &Operation::new("PDC1", add)).answer?;
//!
//! let probe = Operation::new("BDC1", Verb::UserInfo { user: "SMS&_BDC1".into() });
//! let early = domain.apply(SimTime::START + Span::mins(39), &admin, &probe);
//! assert_eq!(early.answer, Err(Win32Error::USER_NOT_FOUND)); // 2221
//! assert!(domain.apply(SimTime::START + Span::mins(40), &admin, &probe).answer.is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The few types that matter
//!
//! - [`Domain`] is the whole model behind three methods: [`Domain::apply`] performs an operation,
//!   [`Domain::advance`] lets time pass, [`Domain::next_timeout`] says when something happens by itself. What happened
//!   comes out of [`Domain::drain_facts`].
//! - [`Verb`] is every operation with the arguments of its Win32 original, [`Reply`] what it gives, [`Win32Error`] why
//!   it fails; a [`Caller`] is a host and a principal, checked anew by each remote host.
//! - [`Fact`] is what the model says has happened; [`StateKey`] names a piece of a host's observable state.
//! - [`WorldSpec`] is a world at its start as plain data: controllers, machines, accounts, policies, links, faults.
//!   [`DomainBuilder`] makes one in a line or two.
//! - [`Port`] is the one method behind which the fake, a wire client and a double look the same.
//! - `ldap::LiveDomain` and `ldap::serve`, with the feature `ldap`, let real LDAP clients in.
//! - [`SimTime`] and [`Span`] are the run's time in milliseconds; [`Streams`] is its tree of random streams.
//!
//! # Where to start reading
//!
//! `domain` dispatches, lets callers in and advances; `directory` holds the account databases and the rules of each
//! account verb; `replication` has the three models behind one trait; `policy` resolves and applies group policy;
//! `machine` is services, processes, registry, files and shares; `fault` decides what goes wrong.

mod directory;
pub mod dn;
mod domain;
mod fact;
mod fault;
#[cfg(feature = "ldap")]
pub mod ldap;
mod machine;
mod name;
mod policy;
mod port;
mod principal;
mod random;
mod replication;
mod rights;
#[cfg(feature = "schema")]
mod schema;
mod spec;
mod texts;
mod time;
mod verb;
mod win32;

pub use domain::*;
pub use fact::*;
pub use name::*;
pub use policy::*;
pub use port::*;
pub use principal::*;
pub use random::*;
pub use rights::*;
pub use spec::*;
pub use time::*;
pub use verb::*;
pub use win32::*;
