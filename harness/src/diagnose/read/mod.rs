//! Reading logs: bytes in, records out. Sans-IO, streaming, and one dialect after the other within a file.

mod joints;
mod lines;
mod reader;
mod record;
mod stamp;
#[cfg(test)]
mod tests;
mod text;

pub use reader::Reader;
pub use record::{Dialect, Piece, Record, Stamp, Unread, Why, Zone};
pub use text::{decode, text};
