//! Formatting: the catalogue is formatted, and whatever is formatted says the same and stays as it is.

use std::path::{Path, PathBuf};

use mockdc_scenarios::{format, read_file, read_str};
use proptest::prelude::*;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Scenario files of the package, galleries and the right ones of the tests.
fn files() -> Result<Vec<PathBuf>, std::io::Error> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && !["src", "profiles", "wrong", "target"].contains(&name.as_str()) {
                folders.push(path);
            } else if name.ends_with(".toml") && name != "Cargo.toml" {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The plans of a text, without the lines on which things stand.
fn meaning(label: &str, text: &str) -> Option<serde_json::Value> {
    fn without_lines(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(object) => {
                object.remove("line");
                object.values_mut().for_each(without_lines);
            }
            serde_json::Value::Array(list) => list.iter_mut().for_each(without_lines),
            _ => {}
        }
    }
    let mut plans = serde_json::to_value(read_str(label, text).ok()?).ok()?;
    without_lines(&mut plans);
    Some(plans)
}

#[test]
fn the_catalogue_is_formatted() -> Tested {
    let files = files()?;
    assert!(files.len() > 30, "{}", files.len());
    for path in files {
        let text = std::fs::read_to_string(&path)?;
        let formatted = format(&text)?;
        if std::env::var_os("MOCKDC_BLESS").is_some() {
            std::fs::write(&path, &formatted)?;
            continue;
        }
        assert!(formatted == text, "{} is not formatted: run `mockdc fmt scenarios`", path.display());
    }
    Ok(())
}

#[test]
fn formatting_changes_no_plan() -> Tested {
    let mut seen = 0;
    for path in files()?.iter().filter(|path| read_file(path).is_ok()) {
        let text = std::fs::read_to_string(path)?;
        let label = path.to_string_lossy();
        let sloppy = text.replace(" = ", "=").replace("{ ", "{").replace("\n\n", "\n\n\n");
        // A text that holds ` = ` itself says something else without the blanks.
        for text in [text.as_str(), sloppy.as_str()] {
            let formatted = format(text)?;
            assert_eq!(meaning(&label, text), meaning(&label, &formatted), "{label}");
            assert_eq!(format(&formatted)?, formatted, "{label}");
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
    Ok(())
}

/// Values as somebody writes them, with blanks, lines and comments wherever TOML has room for them.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1".to_owned()),
        Just("true".to_owned()),
        Just("\"a # b\"".to_owned()),
        Just("'''\nx\n  y = 1\n'''".to_owned()),
        Just("\"\"\"\r\n  z\"\"\"".to_owned()),
    ];
    let gap = prop_oneof![Just(""), Just(" "), Just("\t"), Just("  ")];
    let break_ = prop_oneof![Just(""), Just(" "), Just("\n"), Just(" # note\n"), Just("\n\n  # note\n")];
    leaf.prop_recursive(3, 20, 4, move |inner| {
        prop_oneof![
            (
                proptest::collection::vec((break_.clone(), inner.clone(), break_.clone()), 0..4),
                any::<bool>(),
                break_.clone()
            )
                .prop_map(|(items, comma, end)| {
                    let all: Vec<String> = items.iter().map(|(a, item, b)| format!("{a}{item}{b}")).collect();
                    let comma = if comma && !all.is_empty() { "," } else { "" };
                    format!("[{}{comma}{end}]", all.join(","))
                }),
            proptest::collection::vec((gap.clone(), inner, gap.clone()), 0..4).prop_map(|items| {
                let all: Vec<String> = items
                    .iter()
                    .enumerate()
                    .map(|(number, (a, item, b))| format!("{a}k{number}{b}={a}{item}{b}"))
                    .collect();
                format!("{{{}}}", all.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_file_says_the_same_and_stays(
        lines in proptest::collection::vec((value(), 0_usize..6, any::<bool>()), 0..12),
        end in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let mut text = String::new();
        for (number, (value, kind, note)) in lines.iter().enumerate() {
            match kind {
                0 => text += &format!("[t{number}]{end}"),
                1 => text += &format!("{end}{end}  [[many]]   # of many{end}"),
                2 => text += &format!("\t# a comment  {end}{end}{end}"),
                3 => text += &format!("d{number} . e = {value}{end}"),
                _ => text += &format!("  k{number}={value}{}{end}", if *note { "# note" } else { "" }),
            }
        }
        prop_assume!(toml::from_str::<toml::Table>(&text).is_ok());
        let formatted = format(&text).unwrap();
        prop_assert_eq!(&format(&formatted).unwrap(), &formatted);
        prop_assert_eq!(
            toml::from_str::<toml::Table>(&formatted).unwrap(),
            toml::from_str::<toml::Table>(&text).unwrap()
        );
        let notes = |text: &str| text.matches("note").count() + text.matches("comment").count();
        prop_assert_eq!(notes(&formatted), notes(&text), "no comment is lost");
        prop_assert!(formatted.lines().all(|line| line.contains("'''") || line.trim_end() == line), "{:?}", formatted);
    }
}
