//! `mockdc list --kb`.

use super::command::{Tested, install, mockdc, scenario};

#[test]
fn every_article_of_the_catalogue_has_a_condition_scenarios_and_their_verdicts() -> Tested {
    let ran = mockdc(&["list", "--kb", "--format", "json"])?;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let articles: serde_json::Value = serde_json::from_str(&ran.out)?;
    let articles = articles.as_array().ok_or("a list")?;
    assert!(articles.len() >= 40, "{}", articles.len());
    for article in articles {
        assert!(article["condition"].is_string(), "{article}");
        assert_eq!(article["verdict"], "pass", "{article}");
        assert!(article["scenarios"].as_array().is_some_and(|scenarios| !scenarios.is_empty()), "{article}");
    }
    let seed = articles.iter().find(|article| article["article"] == "Q304961").ok_or("Q304961")?;
    let names = seed["scenarios"].to_string();
    assert!(names.contains("q304961-nt4-bdc-sp3") && names.contains("q304961-nt4-bdc-sp4"), "{names}");
    Ok(())
}

#[test]
fn the_galleries_cite_only_sources_that_the_table_knows_or_that_are_no_articles() -> Tested {
    let galleries =
        ["scenarios/active-directory", "scenarios/field", "scenarios/promises", "scenarios/trust"];
    let ran = mockdc(&[&["list", "--kb", "--format", "json"], galleries.as_slice()].concat())?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let articles: Vec<serde_json::Value> = serde_json::from_str(&ran.out)?;
    let unknown = articles.iter().filter(|article| article["condition"].is_null());
    for article in unknown {
        let name = article["article"].as_str().unwrap_or_default();
        let number = name.trim_start_matches("KB").trim_start_matches('Q');
        assert!(!number.chars().all(|c| c.is_ascii_digit()), "{name} has no condition");
    }
    Ok(())
}

#[test]
fn a_scenario_that_does_not_pass_shows_in_the_table_and_in_the_exit_code() -> Tested {
    let text = install("its-own", "40m", "")
        .replace("name = \"its-own\"", "name = \"its-own\"\ncites = [\"Q304961\"]");
    let file = scenario("its-own", &text)?;
    let ran = mockdc(&["list", "--kb", &file])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("Q304961  the loader stops before"), "{ran:?}");
    assert_eq!(lines[1], "  FAIL  its-own");
    assert_eq!(lines[3], "1 articles, 1 scenarios with 1 cases: 1 scenarios do not pass");
    assert!(lines[4].starts_with("mockdc run ") && lines[4].ends_with("--name its-own"), "{ran:?}");
    Ok(())
}

#[test]
fn list_without_paths_is_refused_unless_it_lists_articles() -> Tested {
    assert_eq!(mockdc(&["list"])?.code, 2);
    assert_eq!(mockdc(&["list", "--kb", "no-such-folder"])?.code, 2);
    Ok(())
}
