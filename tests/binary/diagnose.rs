//! `mockdc diagnose` as somebody at a shell meets it: exit codes, JSON, the page.

use super::command::{Tested, folder, mockdc, top};

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

/// A folder with more than logs: what is none is named, and not shown line by line.
#[test]
fn files_that_are_no_logs_are_named_and_not_shown_line_by_line() -> Tested {
    let folder = folder("diagnose-strange")?;
    let setup = "Cannot find any PDC for domain CORP, Win32 return = 2453  $$<SMS_SETUP><Tue Aug 06 09:10:00.000 2002>\
                 <thread=108 (0x6C)>\r\nCannot create server account SMSServer_ABC in domain CORP.  $$<SMS_SETUP><Tue Aug \
                 06 09:10:00.000 2002><thread=108 (0x6C)>\r\n";
    std::fs::write(folder.join("SMSSetup.log"), setup)?;
    for number in 0..12 {
        std::fs::write(folder.join(format!("letter-{number}.txt")), "Dear all,\nplease find attached\n")?;
    }
    let ran = mockdc(&["diagnose", &folder.to_string_lossy()])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    for told in [
        "1 log of 1 machine: 2 records, 0 of them of no interest here; 0 lines not read",
        "12 files without any record: no known kind of log",
        "letter-0.txt: no record in 2 lines",
        "and 2 more files without a record",
        "Cannot create server account USER1 in domain DOMAIN1.",
        "Diagnosis of lines about no client: Q236048",
    ] {
        assert!(ran.out.contains(told), "{told}: {}", ran.out);
    }
    assert!(!ran.out.contains("Dear all") && !ran.out.contains("want of room"), "{}", ran.out);
    Ok(())
}

/// Each log in two files, as if it had been full in the middle.
#[test]
fn a_rotated_log_goes_on_where_the_one_before_it_ended() -> Tested {
    let rotated = folder("diagnose-rotated")?;
    for log in ["BDC1/Wnremote", "SMS1/Ccm"] {
        let text = std::fs::read_to_string(top().join(LOGS).join(log).with_extension("log"))?;
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let (full, rest) = lines.split_at(lines.len() / 2);
        let place = rotated.join(log);
        std::fs::create_dir_all(place.parent().ok_or("a folder")?)?;
        std::fs::write(place.with_extension("lo_"), full.concat())?;
        std::fs::write(place.with_extension("log"), rest.concat())?;
    }
    let told = |folder: &str| -> Result<serde_json::Value, Box<dyn std::error::Error>> {
        let ran = mockdc(&["diagnose", folder, "--format", "json"])?;
        assert_eq!(ran.code, 0, "{ran:?}");
        Ok(serde_json::from_str(&ran.out)?)
    };
    let (one, two) = (told(LOGS)?, told(&rotated.to_string_lossy())?);
    let diagnoses = |of: &serde_json::Value| -> Vec<(String, String)> {
        let all = of["diagnoses"].as_array().cloned().unwrap_or_default();
        let client = |told: &serde_json::Value| told["client"].to_string();
        let article = |told: &serde_json::Value| told["situations"][0]["article"].to_string();
        all.iter().map(|told| (client(told), article(told))).collect()
    };
    assert_eq!(diagnoses(&two), diagnoses(&one), "{two}");
    let waits = |of: &serde_json::Value| of["waits"].as_array().map(Vec::len);
    assert!(waits(&one).is_some_and(|waits| waits > 0), "{one}");
    assert_eq!(waits(&two), waits(&one), "{two}");
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

/// Writes a log of so many megabytes: a site server's about 300 clients, with lines that are known, lines that look like
/// errors, no two of them alike, and lines that say nothing of an install.
#[cfg(target_os = "linux")]
fn large_log(path: &std::path::Path, megabytes: u64) -> Tested {
    use std::io::Write;

    // A part of it again and again, since a test writes slowly: it holds more lines than are remembered at a time.
    let (mut part, mut number) = (Vec::new(), 0u64);
    while part.len() < 4 << 20 {
        let (host, minute, second) = (number % 300, number / 60 % 60, number % 60);
        let message = match number % 4 {
            0 => {
                format!(r"---> Failed to connect to \\PC{host:03}\admin$ using account CORP\SVC{number} (67)")
            }
            1 => format!("ERROR: job {number} failed, error code: {}", 2 + number % 90),
            _ => format!("Package {number} went through, and {host} more are in the queue behind it"),
        };
        write!(
            part,
            "{message}  $$<SMS_CLIENT_CONFIG_MANAGER><Tue Aug 06 09:{minute:02}:{second:02}.000 2002 Pacific Daylight \
             Time><thread={} (0x{:X})>\r\n",
            100 + host,
            100 + host
        )?;
        number += 1;
    }
    let mut out = std::fs::File::create(path)?;
    for _ in 0..megabytes / 4 {
        out.write_all(&part)?;
    }
    Ok(())
}

/// The most memory that `mockdc diagnose` takes for a log of so many megabytes, in megabytes.
#[cfg(target_os = "linux")]
fn peak_of_diagnosing(megabytes: u64) -> Result<u64, Box<dyn std::error::Error>> {
    use std::io::Read;
    use std::process::{Command, Stdio};

    let log = folder("diagnose-large")?.join("Ccm.log");
    large_log(&log, megabytes)?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_mockdc"))
        .arg("diagnose")
        .arg(&log)
        .arg("--all")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    // It tells nothing before it knows all, and then more than a pipe holds: so it is done and cannot have ended.
    let mut out = child.stdout.take().ok_or("its output")?;
    out.read_exact(&mut [0])?;
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let mut rest = String::new();
    out.read_to_string(&mut rest)?;
    assert!(rest.len() > 1 << 20, "it tells what it has kept: {}", rest.len());
    assert!(rest.contains("for want of room"), "it says that it has not kept everything");
    child.wait()?;
    std::fs::remove_file(log)?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("a peak")?;
    Ok(peak.trim().trim_end_matches(" kB").parse::<u64>()? >> 10)
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_a_log() -> Tested {
    let (half, whole) = (peak_of_diagnosing(32)?, peak_of_diagnosing(72)?);
    assert!(whole < MOST_MEMORY, "{whole} MB for a log of 72 MB");
    // What the allocator keeps for each thread varies by some ten megabytes. Text that is kept would show as 40.
    assert!(whole < half + 20, "{half} MB for 32 MB, {whole} MB for 72 MB");
    Ok(())
}

/// Megabytes of memory that a diagnosis takes at most, whatever the logs.
#[cfg(target_os = "linux")]
const MOST_MEMORY: u64 = 160;
