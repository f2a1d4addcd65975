//! Scenario files: right ones become plans, wrong ones become reports, and nothing ever panics.

use std::fs;
use std::path::{Path, PathBuf};

use mockdc_mocks::{AccountFlag, AccountName, GroupKind, Octets, Replication, SimTime, Span, Weekday};
use mockdc_scenarios::{
    Action, Broken, Claim, Code, Occurrences, Plan, PromiseId, Quantity, Report, Timing, Trigger, codes,
    explain, read_file, read_str, story,
};
use proptest::prelude::*;

const WIDTH: usize = 100;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn right(name: &str) -> Vec<Plan> {
    let text = fs::read_to_string(folder("right").join(name)).unwrap();
    read_str(name, &text).unwrap_or_else(|report| panic!("{}", report.render(WIDTH)))
}

fn refused(text: &str) -> Report {
    read_str("wrong.toml", text).unwrap_err()
}

#[test]
fn the_first_scenario_of_the_reference_reads_as_it_stands() {
    let plans = right("sketch.toml");
    let [plan] = plans.as_slice() else { panic!("one plan") };
    let Replication::Nt4(nt4) = &plan.world.domain.replication else { panic!("nt4") };
    assert_eq!((nt4.pulse, nt4.first_pulse), (Span::mins(50), Some(Span::mins(2))));
    assert_eq!(plan.world.dcs.len(), 2);
    assert_eq!(plan.clients[0].profile.name, "sms-2.0-sp3");
    assert_eq!(plan.site_servers[0].service_account.user, *"SMSService");
    assert!(
        plan.world
            .users
            .iter()
            .any(|user| user.name == *"SMSService" && user.member_of[0] == *"Domain Admins")
    );
    assert_eq!(plan.world.machines[0].name, *"SMS1");
    assert!(matches!(&plan.steps[0].action, Action::Install { by: Some(by), .. } if *by == *"SMS1"));
    assert_eq!(plan.steps[0].trigger, Trigger::At(SimTime::START));
    let Claim::Event { timing, count: Occurrences::Some, .. } = &plan.expects[2].claim else {
        panic!("an event")
    };
    assert!(matches!(timing[0], Timing::After { exactly: Some(span), .. } if span == Span::mins(15)));
    assert_eq!(plan.violates.len(), 3);
    assert_eq!(plan.violates[0].broken, Broken::Promise(PromiseId::LoaderOutlivesItsChild));
}

#[test]
fn every_construct_reads() {
    let plans = right("everything.toml");
    let plan = &plans[0];
    assert_eq!(plan.until, Some(SimTime::START + Span::hours(10)));
    assert_eq!(
        plan.world.dcs.iter().map(|dc| dc.name.to_string()).collect::<Vec<_>>(),
        ["PDC1", "BDC01", "BDC02", "BDC03"]
    );
    assert_eq!(plan.world.links.len(), 3);
    assert_eq!(plan.world.links[0].bits_per_second, Some(64_000));
    assert_eq!(plan.clients.len(), 5);
    let at = |id: &str| &plan.steps.iter().find(|step| step.id == *id).unwrap().trigger;
    assert_eq!(*at("step-1-3"), Trigger::At(SimTime::START + Span::mins(20)), "staggered");
    assert!(matches!(at("step-3-2"), Trigger::When { after, .. } if *after == Span::secs(30)));
    assert!(
        matches!(&plan.expects[0].claim, Claim::OfMany { claims, hold: Quantity::AtLeast(2) } if claims.len() == 3)
    );
    assert!(
        matches!(&plan.expects[2].claim, Claim::OfMany { claims, hold: Quantity::All } if claims.len() == 2)
    );
    assert_eq!(plan.scripts[0].steps.len(), 7);
    assert_eq!(plan.world.policies[0].links[0].container, *"domain");
    assert_eq!(plan.rules[0].name, *"no-full-synchronisation");
    assert_eq!(plan.world.faults.len(), 2);
}

#[test]
fn cases_run_once_for_each_row() {
    let plans = right("cases.toml");
    assert_eq!(
        plans.iter().map(|plan| plan.name.as_str()).collect::<Vec<_>>(),
        ["two-packs[sp3]", "two-packs[sp4]"]
    );
    assert_eq!((plans[0].violates.len(), plans[1].violates.len()), (1, 0));
    assert_eq!((plans[0].expects.len(), plans[1].expects.len()), (0, 1));
    assert_eq!(plans[1].clients[0].profile.name, "sms-2.0-sp4");
}

/// The export has folded lines, base64, comments and the line ends of Windows.
#[test]
fn an_export_of_a_directory_is_there_at_the_start() {
    let plan = &right("imported.toml")[0];
    let user = |name: &str| plan.world.users.iter().find(|user| user.name == *name).unwrap();
    let ann = user("alee");
    assert_eq!(ann.comment, "Sells what there is, and what there is not, to whoever asks for it");
    assert_eq!(ann.entry.place.as_deref(), Some("CN=Ann Lee,OU=Sales,OU=Staff"));
    assert_eq!(ann.entry.attributes[&"MAIL".into()], ["ann.lee@customer.example"]);
    assert!(ann.flags.contains(&AccountFlag::PasswordNeverExpires) && ann.expires.is_none());
    // Whom she is told by, and whom she works for.
    assert_eq!(ann.entry.guid, Some(Octets((0..16).collect())));
    assert_eq!(
        (ann.entry.rid, plan.world.domain.sid),
        (Some(1_105), Some([1_234_567_890, 234_567_891, 345_678_912]))
    );
    assert_eq!(ann.entry.accounts[&"manager".into()], [AccountName::from("zkoenig")]);
    assert_eq!(ann.entry.octets[&"thumbnailPhoto".into()], [Octets(vec![0xff, 0xd8, 0xff, 0xe0])]);
    assert_eq!(ann.entry.octets[&"userCertificate".into()].len(), 1);
    let hours = &ann.limits.hours;
    assert_eq!((hours.len(), hours[0].from, hours[0].to), (1, Span::hours(8), Span::hours(17)));
    assert_eq!(hours[0].days.iter().count(), 6);
    assert!(!hours[0].days.contains(Weekday::Mon));
    let stations: Vec<&str> = ann.limits.workstations.iter().map(|host| host.as_str()).collect();
    assert_eq!(stations, ["WS17", "WS18"]);
    assert_eq!(ann.password.reveal(), "0f-Every-account");
    let zoe = user("zkoenig");
    assert_eq!(zoe.entry.place.as_deref(), Some("CN=Zöe König,CN=Users"));
    assert_eq!(zoe.entry.attributes[&"displayName".into()], ["Zoë König"]);
    assert!(
        zoe.flags.contains(&AccountFlag::Disabled) && zoe.flags.contains(&AccountFlag::MustChangePassword)
    );
    // 2002-08-31 16:00 UTC.
    assert_eq!(zoe.expires, Some(Span::days(25) + Span::hours(7)));
    let computer = user("WS17$");
    assert!(computer.flags.contains(&AccountFlag::WorkstationTrustAccount) && computer.entry.place.is_none());
    assert!(!plan.world.users.iter().any(|user| user.name == *"Administrator"), "every domain has it");
    let group = |name: &str| plan.world.groups.iter().find(|group| group.name == *name).unwrap();
    assert_eq!(group("Sellers").members, [AccountName::from("alee"), "WS17$".into()]);
    assert_eq!(group("Domain Admins").members, [AccountName::from("zkoenig")]);
    assert_eq!(group("Sellers").entry.accounts[&"managedBy".into()], [AccountName::from("alee")]);
    assert_eq!((group("Sellers").entry.rid, group("Printing").entry.rid), (Some(1_106), None));
    assert_eq!((group("Printing").kind, group("Sellers").kind), (GroupKind::Local, GroupKind::Global));
    let units: Vec<_> =
        plan.world.units.iter().map(|unit| (unit.name.as_str(), unit.parent.as_ref())).collect();
    assert_eq!(units, [("Staff", None), ("Sales", Some(&"Staff".into()))]);
    assert_eq!(
        plan.imports[0].to_string(),
        "tests/right/customer.ldif: 2 users, 2 groups, 1 computer, 2 organisational units; left out: \
         attribute extensionAttribute7 (1), attribute manager that names what is not taken over (1), \
         attribute objectSid (1), \
         deleted object (1), member or group that no export has (1), object of class domainDNS (1), object of class printQueue (1)"
    );
    assert!(story(plan).contains("Its directory is that of an export, tests/right/customer.ldif: 2 users"));
}

/// Whatever stands in an export, reading it comes to an end, with a plan or with problems.
#[test]
fn a_damaged_export_is_read_or_refused() {
    let whole = fs::read(folder("right").join("customer.ldif")).unwrap();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("damaged.ldif");
    let scenario = format!(
        "format = 1\nname = \"x\"\n[domain]\nldif = ['{}']\n[[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n",
        path.display()
    );
    let (mut read, mut refused) = (0, 0);
    for at in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] = [b'\n', 0xff, b':', b' '][at % 4];
        fs::write(&path, &damaged).unwrap();
        match read_str("damaged.toml", &scenario) {
            Ok(_) => read += 1,
            Err(report) => {
                assert!(report.problems.iter().all(|problem| problem.code == Code::Ldif));
                refused += 1;
            }
        }
    }
    assert!(read > 50 && refused > 50, "{read} {refused}");
    let half = &whole[..whole.len() / 2];
    let entries = half.windows(4).rposition(|end| end == b"\r\n\r\n").unwrap();
    fs::write(&path, &half[..entries]).unwrap();
    assert!(read_str("damaged.toml", &scenario).is_ok(), "the first entries");
}

#[test]
fn a_scenario_is_told_in_sentences() {
    let told = story(&right("sketch.toml")[0]);
    for sentence in [
        "The domain CORP has the primary domain controller PDC1 and the backup domain controller BDC1.",
        "Netlogon replicates with a pulse of 50m; the first comes after 2m.",
        "- At 0s, SMS1 installs the client on BDC1.",
        "- Attempt 1 to install BDC1 fails with 1326 (ERROR_LOGON_FAILURE).",
        "- SMS#_BDC1 is deleted at PDC1, exactly 15m after the boot loader of BDC1 stops.",
        "- These 3 promises break (the loader of SP3 stops before its child is done):",
    ] {
        assert!(told.contains(sentence), "{sentence}\n\n{told}");
    }
    assert!(story(&right("everything.toml")[0]).lines().count() > 40);
}

/// Wrong files have golden reports; `MOCKDC_BLESS=1` writes them anew.
#[test]
fn every_wrong_file_is_told_as_its_golden_file_says() {
    let bless = std::env::var_os("MOCKDC_BLESS").is_some();
    let mut seen = Vec::new();
    let mut failures = Vec::new();
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder("wrong")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ext| ext == "toml")) {
        // A second file for a code is called `CODE.what-else.toml`.
        let stem = file.file_stem().unwrap().to_str().unwrap();
        let code = stem.split('.').next().unwrap();
        let text = fs::read_to_string(file).unwrap();
        let Err(report) = read_str(&format!("{stem}.toml"), &text) else {
            failures.push(format!("{stem}: the file is accepted"));
            continue;
        };
        if !report.problems.iter().any(|problem| problem.code.as_str() == code) {
            failures.push(format!("{stem}: not among the problems:\n{}", report.render(WIDTH)));
        }
        seen.push(code.to_owned());
        let golden = file.with_extension("txt");
        let shown = report.render(WIDTH);
        if bless {
            fs::write(&golden, &shown).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != shown {
            failures.push(format!("{stem}: the report differs from its golden file:\n{shown}"));
        }
    }
    // These three cannot be files of text that a repository holds.
    let generated = ["not-utf8", "too-large", "unreadable-file"];
    for code in codes() {
        if !generated.contains(&code) && !seen.iter().any(|name| name == code) {
            failures.push(format!("{code}: no wrong file"));
        }
        assert!(explain(code).is_some_and(|text| text.contains("Example:")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn garbage_of_ten_megabytes_is_refused_at_once() {
    let text: String =
        std::iter::repeat_n("]]=\"[{\n", 10 << 20 >> 3).collect::<String>() + &"x".repeat(3 << 20);
    assert!(text.len() > 10 << 20);
    assert_eq!(refused(&text).problems[0].code, Code::TooLarge);
}

#[test]
fn garbage_below_the_limit_is_refused_with_a_few_places() {
    let report = refused(&"]]=\"[{\n".repeat(100_000));
    assert!(report.problems.len() <= 10);
    assert_eq!(report.problems[0].code, Code::Syntax);
}

#[test]
fn a_file_that_is_not_utf8_is_told_with_the_place() {
    let file = std::env::temp_dir().join(format!("mockdc-not-utf8-{}.toml", std::process::id()));
    fs::write(&file, b"format = 1\nname = \"gr\xfc\xdfe\"\n").unwrap();
    let report = read_file(&file).unwrap_err();
    fs::remove_file(&file).unwrap();
    assert_eq!(report.problems[0].code, Code::NotUtf8);
    assert_eq!(report.problems[0].labels[0].0.start, 21);
    assert!(report.render(WIDTH).contains("not-utf8"));
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let report = read_file(Path::new("no-such-file.toml")).unwrap_err();
    assert_eq!(report.problems[0].code, Code::UnreadableFile);
}

#[cfg(unix)]
#[test]
fn a_device_is_no_scenario_and_no_template() {
    let report = read_file(Path::new("/dev/zero")).unwrap_err();
    assert_eq!(report.problems[0].code, Code::UnreadableFile);
    let text = fs::read_to_string(folder("right").join("sketch.toml")).unwrap();
    let report = refused(&(text + "\n[[policy]]\nname = \"P\"\ntemplate-file = \"/dev/zero\"\n"));
    assert_eq!(report.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::TemplateFile]);
}

#[test]
fn a_file_of_more_than_four_megabytes_is_too_large_as_scenario_and_as_template() {
    let file = std::env::temp_dir().join(format!("mockdc-too-large-{}.toml", std::process::id()));
    fs::write(&file, vec![b' '; (4 << 20) + 1]).unwrap();
    let report = read_file(&file).unwrap_err();
    assert_eq!(report.problems[0].code, Code::TooLarge);
    let text = fs::read_to_string(folder("right").join("sketch.toml")).unwrap();
    let template = format!("\n[[policy]]\nname = \"P\"\ntemplate-file = '{}'\n", file.display());
    let report = refused(&(text + &template));
    fs::remove_file(&file).unwrap();
    assert_eq!(report.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::TooLarge]);
}

#[test]
fn all_mistakes_are_told_at_once_and_as_json() {
    let text = fs::read_to_string(folder("right").join("sketch.toml")).unwrap();
    let text = text
        .replace("pulse = \"50m\"", "pulse = 50")
        .replace("role = \"bdc\"", "rolle = \"bdc\"")
        .replace("by = \"SMS1\"", "by = \"SMS2\"")
        .replace("\"15m\"", "\"15\"");
    let report = refused(&text);
    let found: Vec<&str> = report.problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(
        found,
        ["duration-without-unit", "unknown-key", "unknown-site-server", "duration-without-unit"]
    );
    let json = report.to_json();
    assert_eq!(json["problems"][1]["code"], "unknown-key");
    assert_eq!(json["problems"][1]["places"][0]["line"], 17);
}

#[test]
fn of_many_problems_a_hundred_are_shown_and_the_others_counted() {
    let mut text = fs::read_to_string(folder("right").join("sketch.toml")).unwrap();
    for _ in 0..20_000 {
        text.push_str("\n[[step]]\nat = \"0s\"\nsynchronize = \"NOBODY\"\n");
    }
    let report = refused(&text);
    assert_eq!(report.problems.len(), 20_000);
    let shown = report.render(WIDTH);
    assert_eq!(shown.matches("unknown-dc").count(), 100);
    assert!(shown.ends_with("\nand 19900 more\n"), "{}", &shown[shown.len() - 200..]);
    assert_eq!(report.to_json()["problems"].as_array().unwrap().len(), 20_000);
}

#[test]
fn of_a_long_line_only_what_is_near_the_place_is_shown() {
    let text = fs::read_to_string(folder("right").join("sketch.toml")).unwrap();
    let long = format!(
        "\n[[user]]\nname = \"U\"\npassword = \"x\"\nearlier-passwords = [\"{}\", 5, \"{}\"]\n",
        "ü".repeat(100_000),
        "y".repeat(300_000)
    );
    let report = refused(&(text + &long));
    let shown = report.render(WIDTH);
    assert!(shown.contains("…üüü") && shown.contains("\", 5, \"yyy") && shown.contains("y…"), "{shown}");
    assert!(shown.len() < 3_000, "{} bytes", shown.len());
    let place = &report.to_json()["problems"][0]["places"][0];
    assert_eq!(place["column"], 100_026);
    assert!(shown.contains(&format!("wrong.toml:{}:", place["line"])), "{shown}");
}

fn mutated() -> impl Strategy<Value = String> {
    let texts: Vec<String> = ["sketch.toml", "everything.toml", "cases.toml"]
        .iter()
        .map(|name| fs::read_to_string(folder("right").join(name)).unwrap())
        .collect();
    let bits = prop::sample::select(vec![
        "",
        "\"",
        "[",
        "]]",
        "{",
        "= ",
        "5",
        "-1h",
        "\"\"",
        "true",
        "\n",
        "[[step]]\n",
        "${x}",
        "${each}",
        "*",
        "{n}",
        "\"999999999999w\"",
        "[[case]]\n",
        "ü",
        "at = \"5\"\n",
        "{ all = [] }",
        "\"domain\"",
        "count = 4\n",
        "0x5",
        "1.5",
        "1979-05-27",
        "inf",
    ]);
    let change = (any::<prop::sample::Index>(), 0..40usize, bits);
    (prop::sample::select(texts), prop::collection::vec(change, 1..6)).prop_map(|(mut text, changes)| {
        for (at, cut, bit) in changes {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let Some(start) = places.get(at.index(places.len().max(1))).copied() else { continue };
            let end = places.iter().copied().find(|end| *end >= start + cut).unwrap_or(text.len());
            text.replace_range(start..end, bit);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_file_makes_the_reader_panic(text in mutated()) {
        if let Err(report) = read_str("mutated.toml", &text) {
            prop_assert!(!report.problems.is_empty());
            prop_assert!(!report.render(WIDTH).is_empty());
            report.to_json();
        }
    }
}

#[test]
fn what_cannot_be_seen_in_a_file_is_shown_and_the_places_stay_right() {
    let text = fs::read_to_string(folder("right").join("sketch.toml")).unwrap();
    let text = text + "\n[[step]]\nat = \"0s\"\nsynchronize = \"B\u{202e}\u{200b}DC9\" # \u{2066}end\n";
    let report = refused(&text);
    let shown = report.render(WIDTH);
    assert!(!shown.contains(['\u{202e}', '\u{200b}', '\u{2066}']), "{shown}");
    let line = "synchronize = \"B\\u{202e}\\u{200b}DC9\" # \\u{2066}end";
    let lines: Vec<&str> = shown.lines().collect();
    let at = lines.iter().position(|shown| shown.ends_with(line)).unwrap_or_else(|| panic!("{shown}"));
    // The mark below begins and ends with the word, escapes included.
    let column = |line: &str, what: char| line.chars().position(|c| c == what).unwrap();
    assert_eq!(column(lines[at + 1], '─'), column(lines[at], '"'), "{shown}");
    assert!(shown.contains("there is no domain controller `B\\u{202e}\\u{200b}DC9`"), "{shown}");
    let json = report.to_json();
    let place = &json["problems"][0]["places"][0];
    assert_eq!(place["length"], "\"B\u{202e}\u{200b}DC9\"".len(), "places are those of the file");
}
