//! A program's own clock, made faster by libfaketime where that is installed.

use std::path::{Path, PathBuf};

/// Folders in which systems keep it.
const FOLDERS: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib/faketime",
    "/usr/lib64/faketime",
    "/usr/local/lib/faketime",
];

/// The library, the variant for programs with threads first.
pub fn faketime_library() -> Option<PathBuf> {
    let files = ["libfaketimeMT.so.1", "libfaketime.so.1"];
    let all = FOLDERS.iter().flat_map(|folder| files.iter().map(move |file| Path::new(folder).join(file)));
    all.into_iter().find(|path| path.is_file())
}

/// Variables that make a program's clock and waits so many times as fast.
pub fn faketime_variables(library: &Path, speed: f64) -> Vec<(String, String)> {
    let before = std::env::var("LD_PRELOAD").ok().filter(|value| !value.is_empty());
    let library = library.display();
    let preload = before.map_or_else(|| library.to_string(), |before| format!("{library}:{before}"));
    vec![
        ("LD_PRELOAD".into(), preload),
        ("FAKETIME".into(), format!("+0 x{speed}")),
        // What a program starts in its turn has the same clock, and not one that begins anew.
        ("FAKETIME_NO_CACHE".into(), "1".into()),
    ]
}
