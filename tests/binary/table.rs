//! The table of scenarios and backends, where Samba does not get to play.

use super::command::{Tested, folder, install, mockdc, mockdc_with, scenario};

/// A scenario that passes on the fake and that Samba cannot play, which is known before any container.
fn skipped(name: &str) -> std::io::Result<String> {
    let more =
        "[[step]]\nat = \"1s\"\ndo = { account-policy-set = { policy = { maximum-age = \"12h\" } } }\n";
    scenario(name, &install(name, "5m", more))
}

#[test]
fn the_table_is_written_after_an_environment_error() -> Tested {
    let results = folder("table-no-docker")?;
    let (one, other) = (skipped("table-skipped")?, scenario("table-lost", &install("table-lost", "5m", ""))?);
    let ran = mockdc_with(
        &["run", &one, &other, "--backend", "fake,samba", "--results", &results.to_string_lossy()],
        &[("DOCKER_HOST", "tcp://127.0.0.1:1")],
    )?;
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(ran.err.contains("needs a Docker engine that you may use"), "{}", ran.err);
    // What was played before stands in it, and what was not reached shows as that.
    let table = std::fs::read_to_string(results.join("table.txt"))?;
    let line = |name: &str| {
        let line = table.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().skip(3).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        (line("table-skipped "), line("table-lost ")),
        (words("pass skip"), words("pass -")),
        "{table}"
    );
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(results.join("table.json"))?)?;
    assert_eq!(json["backends"][1]["totals"]["skipped"], 1, "{json}");
    let markdown = std::fs::read_to_string(results.join("table.md"))?;
    assert!(markdown.contains("passwords expire after 12h"), "{markdown}");
    Ok(())
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn parts_that_were_played_on_two_backends_merge_to_the_table_of_the_whole() -> Tested {
    let dir = folder("table-merge")?;
    let at = |name: &str| dir.join(name).to_string_lossy().into_owned();
    let (one, other) = (skipped("table-first")?, skipped("table-second")?);
    let run = |results: &str, more: &[&str]| {
        let (results, mut arguments) = (at(results), vec!["run", &one, &other, "--backend", "fake,samba"]);
        arguments.extend(["--results", &results]);
        arguments.extend(more);
        mockdc(&arguments)
    };
    for (results, more) in [
        ("whole", &[][..]),
        ("1", &["--partition", "slice:1/2"][..]),
        ("2", &["--partition", "slice:2/2"][..]),
    ] {
        let ran = run(results, more)?;
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let merged = mockdc(&["report", "merge", &at("2"), &at("1"), "--table", &at("merged.md")])?;
    assert_eq!(merged.code, 0, "{merged:?}");
    let table = std::fs::read_to_string(at("merged.md"))?;
    assert_eq!(table, std::fs::read_to_string(at("whole/table.md"))?);
    assert_eq!(table.matches("| pass | skip |").count(), 2, "{table}");
    assert!(merged.out.contains("the backends agree wherever they ran the same scenario"), "{}", merged.out);
    // Without another backend there is no table to write.
    let fake = mockdc(&["run", &one, "--results", &at("fake")])?;
    assert_eq!(fake.code, 0, "{fake:?}");
    let alone = mockdc(&["report", "merge", &at("fake"), "--table", &at("alone.md")])?;
    assert_eq!(alone.code, 0, "{alone:?}");
    assert!(!dir.join("alone.md").exists());
    Ok(())
}
