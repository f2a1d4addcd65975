//! Group policy: security templates, objects, and which of them decide a machine's settings.

mod account_key;
mod client;
mod edit;
mod object;
mod reader;
mod resolve;
mod template;

pub use account_key::*;
pub(crate) use client::*;
pub(crate) use edit::*;
pub(crate) use object::*;
pub use reader::*;
pub(crate) use resolve::*;
pub use template::*;

#[cfg(test)]
mod resolve_tests;
#[cfg(test)]
mod template_tests;
