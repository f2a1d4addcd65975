//! What diagnosing goes by, as data: known lines, and what speaks for and against each article.

/// Lines of customers' logs that no profile writes.
pub const KNOWN_LINES: &str = include_str!("../diagnosis/lines.toml");

macro_rules! articles {
    ($($name:literal)*) => {
        /// What speaks for and against each article: its file's name and text.
        pub const DIAGNOSES: &[(&str, &str)] = &[$((
            $name,
            include_str!(concat!("../diagnosis/", $name, ".toml")),
        )),*];
    };
}

articles! {
    "kb828371" "q207429" "q221218" "q223138" "q231399" "q236048" "q242926" "q257269" "q260827" "q264630" "q265882"
    "q266729" "q271724" "q280532" "q282289" "q295771" "q297857" "q304961" "q320235"
}
