//! `mockdc diagnose` as somebody at a shell meets it: exit codes, JSON, the page.

use super::command::{Tested, folder, mockdc};

const LOGS: &str = "tests/data/diagnose/slow-bdc";

#[test]
fn a_failure_that_is_recognised_is_told_to_machines_with_its_lines() -> Tested {
    let ran = mockdc(&["diagnose", LOGS, "--format", "json"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let found: serde_json::Value = serde_json::from_str(&ran.out)?;
    let diagnosis = &found["diagnoses"][0];
    assert_eq!(diagnosis["situations"][0]["article"], "Q304961", "{diagnosis}");
    let evidence = diagnosis["situations"][0]["evidence"].as_array().ok_or("evidence")?;
    assert!(evidence.len() >= 5 && evidence.iter().all(|each| each["says"].is_string()), "{evidence:?}");
    for name in ["BDC1", "SMS1", "CORP"] {
        assert!(!ran.out.contains(name), "{name} has a stand-in");
    }
    let kept = mockdc(&["diagnose", LOGS, "--format", "json", "--keep-names"])?;
    assert!(kept.out.contains("BDC1"), "{}", kept.out);
    Ok(())
}

#[test]
fn what_cannot_be_told_and_what_cannot_be_read_have_codes_of_their_own() -> Tested {
    let folder = folder("diagnose-codes")?;
    let quiet = folder.join("Ccm.log");
    let line = "Waiting for CCR file.~  $$<SMS_CLIENT_CONFIG_MANAGER><Tue Aug 06 09:00:00.000 2002 Pacific Daylight \
                Time><thread=12 (0xC)>\r\n";
    std::fs::write(&quiet, line)?;
    let ran = mockdc(&["diagnose", &quiet.to_string_lossy()])?;
    assert_eq!(ran.code, 5, "insufficient evidence is an answer: {ran:?}");
    let thesis = folder.join("thesis.txt");
    std::fs::write(&thesis, "years of work\n")?;
    let ran = mockdc(&["diagnose", &thesis.to_string_lossy()])?;
    assert!(ran.code == 4 && ran.err.contains("help: "), "{ran:?}");
    let ran = mockdc(&["diagnose", "no/such/folder"])?;
    assert!(ran.code == 2 && ran.err.contains("no/such/folder"), "{ran:?}");
    let ran = mockdc(&["diagnose", LOGS, "--html", "no/such/folder/page.html"])?;
    assert!(ran.code == 6 && ran.err.contains("page.html"), "{ran:?}");
    let out = folder.join("out.toml").to_string_lossy().into_owned();
    let ran = mockdc(&["diagnose", LOGS, "--scenario", &out, "--client", "HOST9"])?;
    assert!(ran.code == 2 && ran.err.contains("HOST2"), "{ran:?}");
    Ok(())
}

#[test]
fn the_page_tells_what_the_text_tells_and_needs_nothing_else() -> Tested {
    let page = folder("diagnose-page")?.join("page.html");
    let ran = mockdc(&["diagnose", LOGS, "--html", &page.to_string_lossy()])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = std::fs::read_to_string(&page)?;
    let first = ran.out.lines().next().ok_or("a first line")?;
    for part in [first, "HOST2: Q304961", "Waiting for PDC/BDC Sync (2221) × 49 in 48 min", "<code>repadmin"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    for foreign in ["http://", "https://", "<script", "src=", "BDC1", "SMS1"] {
        assert!(!text.contains(foreign), "{foreign}: {text}");
    }
    assert!(text.contains("prefers-color-scheme:dark") && text.contains("@media print"));
    Ok(())
}
