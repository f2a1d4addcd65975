//! The catalogue reads, and each of its files says what a reader needs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mockdc_scenarios::{Plan, read_file};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kb");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the catalogue is a folder")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

fn plans(file: &Path) -> Vec<Plan> {
    read_file(file).unwrap_or_else(|report| panic!("{}", report.render(120)))
}

#[test]
fn every_file_of_the_catalogue_reads_and_is_named_after_its_scenario() {
    let files = files();
    assert!(files.len() >= 30, "{} files", files.len());
    for file in files {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        for plan in plans(&file) {
            let name = plan.name.split('[').next().unwrap_or_default();
            assert_eq!(name, stem);
            assert!(!plan.title.is_empty() && plan.description.len() > 80, "{name} explains itself");
            assert!(!plan.cites.is_empty() && plan.tags.len() >= 2, "{name} says where it comes from");
            assert!(plan.expects.len() >= 2, "{name} expects something");
        }
    }
}

#[test]
fn both_articles_have_failures_that_break_promises_and_cases_that_break_none() {
    for article in ["Q304961", "KB828371"] {
        let of_article: Vec<Plan> = files()
            .iter()
            .flat_map(|file| plans(file))
            .filter(|plan| plan.cites.first().is_some_and(|first| first == article))
            .collect();
        let broken = of_article.iter().filter(|plan| !plan.violates.is_empty()).count();
        assert!(broken >= 10 && broken < of_article.len(), "{article}: {broken} of {}", of_article.len());
    }
}

#[test]
fn the_five_rights_come_in_all_combinations() {
    for trigger in ["kb828371-rights-after-a-restart", "kb828371-rights-after-the-cycle"] {
        let file = files().into_iter().find(|file| file.ends_with(format!("{trigger}.toml"))).expect(trigger);
        let plans = plans(&file);
        let policies: BTreeSet<String> =
            plans.iter().map(|plan| format!("{:?}", plan.steps[0].action)).collect();
        assert_eq!((plans.len(), policies.len()), (32, 32));
    }
}
