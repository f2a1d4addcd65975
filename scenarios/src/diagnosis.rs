//! What diagnosing goes by, as data: known lines, and what speaks for and against each article.

/// Lines of customers' logs that no profile writes.
pub const KNOWN_LINES: &str = include_str!("../diagnosis/lines.toml");
