//! The JSON Schema and the reference: as committed, true to the catalogue, and strict with what is wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jsonschema::Validator;
use mockdc_scenarios::{read_file, reference, schema, schema_text};
use serde_json::Value;

type Tested = Result<(), Box<dyn std::error::Error>>;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compares a committed file with what the types say now; `MOCKDC_BLESS=1` renews it.
fn check_committed(path: &str, text: &str) -> Tested {
    let path = here(path);
    if std::env::var_os("MOCKDC_BLESS").is_some() {
        fs::create_dir_all(path.parent().ok_or("a file has a folder")?)?;
        fs::write(&path, text)?;
    }
    let committed = fs::read_to_string(&path)?;
    let place = committed.lines().zip(text.lines()).position(|(one, other)| one != other);
    assert!(
        committed == text,
        "{} is not what the types say (line {:?}): run `MOCKDC_BLESS=1 cargo test -p mockdc-scenarios --test schema`",
        path.display(),
        place.map(|line| line + 1),
    );
    Ok(())
}

#[test]
fn the_committed_schema_is_what_the_types_say() -> Tested {
    check_committed("schema/scenario.json", &schema_text())
}

#[test]
fn the_committed_reference_is_what_the_types_say() -> Tested {
    check_committed("REFERENCE.md", &reference())
}

fn validator() -> Result<Validator, Box<dyn std::error::Error>> {
    let schema = schema();
    assert!(jsonschema::meta::is_valid(&schema));
    Ok(jsonschema::draft7::options().build(&schema)?)
}

/// Scenario files below a folder of this package.
fn files(folder: &str) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut files = Vec::new();
    let mut folders = vec![here(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A file as an editor's language server sees it: its tree, without the command line's own reading.
fn tree(path: &Path) -> Result<Value, Box<dyn std::error::Error>> {
    Ok(serde_json::to_value(toml::from_str::<toml::Table>(&fs::read_to_string(path)?)?)?)
}

#[test]
fn every_scenario_that_can_be_read_fits_the_schema() -> Tested {
    let validator = validator()?;
    let mut seen = 0;
    for folder in fs::read_dir(here("."))?.map(|entry| entry.map(|entry| entry.path())) {
        let folder = folder?;
        if !folder.is_dir() || ["src", "profiles", "target"].iter().any(|name| folder.ends_with(name)) {
            continue;
        }
        for path in files(&folder.to_string_lossy())? {
            if read_file(&path).is_err() {
                continue;
            }
            seen += 1;
            let tree = tree(&path)?;
            let errors: Vec<String> = validator
                .iter_errors(&tree)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        }
    }
    assert!(seen > 30, "{seen}");
    Ok(())
}

/// The language servers of editors, by their command lines: with this project's own files of settings they take every
/// scenario, and they find what the schema forbids.
#[test]
#[expect(clippy::print_stderr, reason = "what a test leaves out is said")]
fn the_language_servers_of_editors_take_every_scenario_and_find_a_wrong_key() -> Tested {
    let top = here("..").canonicalize()?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("language-servers");
    fs::create_dir_all(&folder)?;
    fs::copy(here("tests/wrong/unknown-key.toml"), folder.join("wrong.toml"))?;
    let schema = top.join("scenarios/schema/scenario.json");
    let schema = schema.display();
    fs::write(folder.join(".taplo.toml"), format!("[schema]\npath = \"file://{schema}\"\n"))?;
    let include = "include = [\"*.toml\"]";
    fs::write(folder.join("tombi.toml"), format!("[[schemas]]\npath = \"{schema}\"\n{include}\n"))?;
    for (tool, arguments) in [("taplo", &["check"][..]), ("tombi", &["lint", "--offline"])] {
        let run = |folder: &Path, file: &[&str]| {
            Command::new(tool).args(arguments).args(file).current_dir(folder).env("NO_COLOR", "1").output()
        };
        let Ok(all) = run(&top, &[]) else {
            let why = format!("{tool} is missing (pip install {tool})");
            assert!(std::env::var_os("MOCKDC_REQUIRE_EDITORS").is_none_or(|value| value != "1"), "{why}");
            eprintln!("left out: {why}");
            continue;
        };
        assert!(all.status.success(), "{tool}: {}", String::from_utf8_lossy(&all.stderr));
        let wrong = run(&folder, &["wrong.toml"])?;
        let told = [wrong.stdout, wrong.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        assert!(!wrong.status.success() && told.contains("rolle"), "{tool}: {told}");
    }
    Ok(())
}

/// What no schema can see: names that another table states, sums of times, the order of keys, files beside the
/// scenario, and how a file is encoded.
const BEYOND_A_SCHEMA: &[&str] = &[
    "after-the-end",
    "ages-crossed",
    "ages-crossed.by-a-step",
    "bad-date.past-the-last-year",
    "bad-pattern.too-many-copies",
    "duplicate-name",
    "empty-window",
    "empty-window.of-a-delay",
    "format-not-first",
    "keys-disagree.count-of-a-crash",
    "keys-disagree.functional-level",
    "keys-disagree.ldif-password",
    "keys-disagree.mixed-mode",
    "keys-disagree.site-link-hours",
    "ldif",
    "ldif-file",
    "limit-below-interval",
    "link-to-itself",
    "lockout-too-short",
    "matches-nothing",
    "missing-column",
    "no-program",
    "no-site-server",
    "nothing-to-upgrade",
    "out-of-range",
    "out-of-range.active-directory",
    "out-of-range.delay-below-zero",
    "out-of-range.too-many-controllers",
    "randomize-too-long",
    "script-loop",
    "script-loop.by-way-of-others",
    "synchronizes-the-pdc",
    "template",
    "template-file",
    "two-pdcs",
    "unknown-account",
    "unknown-case",
    "unknown-client",
    "unknown-container",
    "unknown-dc",
    "unknown-dc.of-the-wire",
    "unknown-fault",
    "unknown-group",
    "unknown-host",
    "unknown-kept",
    "unknown-placeholder",
    "unknown-policy",
    "unknown-promise",
    "unknown-script",
    "unknown-site",
    "unknown-site-server",
    "unknown-step",
    "unknown-unit",
    "unused-column",
    "wrong-model",
    "wrong-model.nt4-as-emulator",
    "wrong-model.nt4-in-native-mode",
    "wrong-model.read-only",
    "wrong-model.read-only-in-nt4",
];

#[test]
fn wrong_files_that_a_schema_can_catch_fail() -> Tested {
    let validator = validator()?;
    let mut missed = BTreeSet::new();
    for path in files("tests/wrong")? {
        let name = path.file_stem().ok_or("a file has a name")?.to_string_lossy().into_owned();
        // What is no TOML, or has a key twice, has no tree.
        let Ok(tree) = tree(&path) else { continue };
        if validator.is_valid(&tree) {
            missed.insert(name);
        }
    }
    let beyond: BTreeSet<String> = BEYOND_A_SCHEMA.iter().map(|name| (*name).to_owned()).collect();
    let too_many: Vec<_> = missed.symmetric_difference(&beyond).collect();
    assert!(too_many.is_empty(), "caught and listed, or neither: {too_many:?}");
    Ok(())
}

/// Every schema inside another, with the way to it.
fn each_schema(way: &str, schema: &Value, see: &mut dyn FnMut(&str, &Value)) {
    see(way, schema);
    match schema {
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| each_schema(&format!("{way}/{key}"), value, see));
        }
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(place, value)| each_schema(&format!("{way}/{place}"), value, see));
        }
        _ => {}
    }
}

#[test]
fn every_key_says_what_it_means() {
    let schema = schema();
    let mut silent = Vec::new();
    let mut keys = 0;
    each_schema("", &schema, &mut |way, schema| {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        // What only tests for a value states no key.
        if way.ends_with("/contains") || schema.get("type").is_none() {
            return;
        }
        for (key, value) in properties {
            keys += 1;
            if value.get("description").and_then(Value::as_str).is_none_or(str::is_empty) {
                silent.push(format!("{way}/{key}"));
            }
        }
    });
    assert!(keys > 500, "{keys}");
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn examples_and_defaults_fit_their_own_schemas() -> Tested {
    let schema = schema();
    let mut wrong = Vec::new();
    let mut tried = 0;
    let mut error = None;
    each_schema("", &schema, &mut |way, inner| {
        if !inner.is_object() || way.contains("/examples") || way.contains("/default") {
            return;
        }
        let examples = inner.get("examples").and_then(Value::as_array).into_iter().flatten();
        for value in examples.chain(inner.get("default")) {
            let mut whole = inner.clone();
            whole["definitions"] = schema["definitions"].clone();
            match jsonschema::draft7::options().build(&whole) {
                Ok(validator) if !validator.is_valid(value) => wrong.push(format!("{way}: {value}")),
                Ok(_) => tried += 1,
                Err(failed) => error = Some(failed.to_string()),
            }
        }
    });
    assert_eq!(error, None);
    assert!(tried > 100, "{tried}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}
