//! The commands and scenarios of the README and of the language's reference do what they say.

use std::io::{BufRead, BufReader};

use super::command::{Tested, mockdc, scenario, top};
use super::live::{Served, two};

/// The fenced blocks of a page with their language.
fn blocks(page: &str) -> Result<Vec<(String, String)>, std::io::Error> {
    let text = std::fs::read_to_string(top().join(page))?;
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    Ok(blocks)
}

#[test]
fn every_console_block_prints_what_it_shows() -> Tested {
    let mut commands = 0;
    for (language, body) in blocks("README.md")? {
        if language != "console" {
            continue;
        }
        for part in body.split("$ ").filter(|part| !part.trim().is_empty()) {
            let (command, shown) = part.split_once('\n').unwrap_or((part, ""));
            let arguments: Vec<&str> = command.split_whitespace().collect();
            let arguments = match arguments.as_slice() {
                ["cargo", "run", "--release", "--", rest @ ..] | ["mockdc", rest @ ..] => rest,
                other => panic!("the README shows a command that this test does not know: {other:?}"),
            };
            let ran = mockdc(arguments)?;
            let printed = format!("{}{}", ran.out, ran.err);
            let shown: Vec<&str> = shown.trim_end().lines().collect();
            let printed: Vec<&str> = printed.trim_end().lines().collect();
            compare(command, &shown, &printed);
            commands += 1;
        }
    }
    assert!(commands >= 3, "the README shows {commands} commands");
    Ok(())
}

/// Compares line by line, by words: columns widen with the longest name. A shown line `…` stands for any number of
/// printed ones.
fn compare(command: &str, shown: &[&str], printed: &[&str]) {
    let same = |one: &str, other: &str| one.split_whitespace().eq(other.split_whitespace());
    let mut at = 0;
    let mut gap = false;
    for line in shown {
        if line.trim() == "…" {
            gap = true;
            continue;
        }
        let found = match gap {
            true => printed[at..].iter().position(|printed| same(printed, line)).map(|offset| at + offset),
            false => printed.get(at).is_some_and(|printed| same(printed, line)).then_some(at),
        };
        let Some(found) = found else {
            panic!("`{command}` does not print\n{line}\nbut\n{}", printed.join("\n"));
        };
        at = found + 1;
        gap = false;
    }
    assert!(
        gap || at == printed.len(),
        "`{command}` prints more than the README shows:\n{}",
        printed[at..].join("\n")
    );
}

#[test]
fn every_whole_scenario_in_a_page_runs_and_passes() -> Tested {
    for (page, least) in [("README.md", 1), ("scenarios/LANGUAGE.md", 2)] {
        let mut scenarios = 0;
        for (language, body) in blocks(page)? {
            if language == "toml" && body.starts_with("format = 1") {
                scenarios += 1;
                let file = scenario(&format!("page-{}-{scenarios}", page.len()), &body)?;
                let ran = mockdc(&["run", &file])?;
                assert_eq!(ran.code, 0, "{page}: {ran:?}");
            }
        }
        assert!(scenarios >= least, "{page} shows {scenarios} whole scenarios");
    }
    Ok(())
}

/// The commands of `mockdc exec` that the README shows, with the scenario that the page itself has and a program that
/// does what its name says. One of them has the planted bug.
#[test]
fn every_shown_program_is_run_as_the_page_says() -> Tested {
    let all = blocks("README.md")?;
    let shown = all.iter().find(|(language, body)| language == "sh" && body.starts_with("mockdc exec "));
    let (_, body) = shown.ok_or("no block of `mockdc exec`")?;
    let whole = all.iter().find(|(language, body)| language == "toml" && body.starts_with("format = 1"));
    let place = super::command::folder("readme-exec")?;
    std::fs::create_dir_all(&place)?;
    std::fs::write(place.join("slow-bdc.toml"), &whole.ok_or("no scenario")?.1)?;
    std::fs::write(
        place.join("bootstrap.py"),
        "import sys\nassert sys.argv[1].startswith('ldap://127.0.0.1:')\n",
    )?;
    let mut commands = 0;
    for line in body.lines() {
        let there = match line {
            line if line.contains("openldap-tools") || line.contains("wrong-dc") => {
                super::exec::has_openldap()
            }
            line if line.contains("python3") => super::exec::has("python3", &["-V"], "apt install python3"),
            other => panic!("the README shows a program that this test does not know: {other}"),
        };
        commands += 1;
        if !there {
            continue;
        }
        let wanted = i32::from(line.contains("wrong-dc"));
        let at = if line.contains("slow-bdc") { place.clone() } else { top() };
        let script = format!("mockdc() {{ '{}' \"$@\"; }}; {line}", env!("CARGO_BIN_EXE_mockdc"));
        let ran = std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(at)
            .env_remove("GITHUB_ACTIONS")
            .output()?;
        let told = [ran.stdout, ran.stderr].concat();
        assert_eq!(ran.status.code(), Some(wanted), "{line}: {}", String::from_utf8_lossy(&told));
    }
    assert_eq!(commands, 3);
    Ok(())
}

/// The commands of `mockdc ctl` that the README shows, in its order, at a run that they fit.
#[test]
fn every_shown_command_of_the_control_api_does_its_work() -> Tested {
    let shown = blocks("README.md")?.into_iter().find(|(language, body)| {
        language == "sh" && body.lines().any(|line| line.starts_with("mockdc ctl "))
    });
    let (_, body) = shown.ok_or("no block of `mockdc ctl`")?;
    let file = scenario("readme-ctl", &two("readme-ctl", "[[dc]]\nname = \"BDC2\"\n"))?;
    let served = Served::start(&file, &["--speed", "manual"])?;
    let commands: Vec<Vec<&str>> = body
        .lines()
        .filter_map(|line| line.strip_prefix("mockdc ctl "))
        .map(|line| line.split(['#', '>']).next().unwrap_or_default().split_whitespace())
        .map(|words| words.map(|word| word.trim_matches('\'')).collect())
        .collect();
    assert!(commands.len() >= 8, "{commands:?}");
    assert_eq!(commands.last().map(Vec::as_slice), Some(&["stop"][..]));
    let mut followed = None;
    for command in &commands {
        if command.contains(&"--follow") {
            // It goes on until the run is over; what comes after it is done when it has begun to print.
            let mut child = served.ctl_begins(command)?;
            let mut lines = BufReader::new(child.stdout.take().ok_or("standard output is piped")?);
            let mut first = String::new();
            lines.read_line(&mut first)?;
            assert!(!first.is_empty(), "{command:?} prints nothing");
            followed = Some((child, std::thread::spawn(move || lines.lines().count())));
            continue;
        }
        let ran = served.ctl(command)?;
        assert_eq!(ran.code, 0, "{command:?}: {ran:?}");
    }
    let (mut child, rest) = followed.ok_or("nothing is followed")?;
    assert!(rest.join().map_err(|_| "it panicked")? > 0);
    assert_eq!(child.wait()?.code(), Some(0));
    assert_eq!(served.ended()?.0, 0);
    Ok(())
}
