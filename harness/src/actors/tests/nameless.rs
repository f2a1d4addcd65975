//! Actors know no code, no article and no version: those belong to the domain and to profiles.

use std::path::Path;

/// What of a line names a code, an article or a version.
fn named(line: &str) -> Option<&str> {
    let number = line.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() >= 3);
    let version = ["SP1", "SP2", "SP3", "SP4", "sms-2"].into_iter().find(|version| line.contains(version));
    number.or(version)
}

#[test]
fn no_actor_names_a_code_an_article_or_a_version() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/actors");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        files += 1;
        for (number, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            assert_eq!(named(line), None, "{}:{}: {line}", path.display(), number + 1);
        }
    }
    assert!(files > 10);
}

#[test]
fn the_check_finds_what_it_looks_for() {
    for line in ["if code == 1326 {", "// Q304961", "/// KB828371", "// until SP3", "\"sms-2.0-sp3\""] {
        assert!(named(line).is_some(), "{line}");
    }
    assert_eq!(named("ctx.draw_name(8)"), None);
}
