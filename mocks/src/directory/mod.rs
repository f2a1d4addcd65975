//! Account databases.

mod record;

pub(crate) use record::*;
