//! The control API of a live run: what an operator, a test or `mockdc ctl` asks of it while it goes on.
//!
//! Whatever changes the run is done by its driver between two instants, and is an event of its timeline.

mod api;
mod client;
mod document;
mod feed;
mod server;
mod status;

pub use api::*;
pub use client::*;
pub use document::*;
pub use feed::*;
pub use server::*;
pub use status::*;
