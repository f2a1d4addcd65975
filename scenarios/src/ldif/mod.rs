//! LDIF, the text form of a directory's entries (RFC 2849): what exports of a domain are, and what logs come with.

mod reader;

pub use reader::*;
