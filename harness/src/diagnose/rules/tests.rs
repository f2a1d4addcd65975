use super::*;
use crate::diagnose::{Collector, Facts, History, Kind, Lexicon, read::Reader};

/// The history of logs, each with its path and its lines.
fn history(logs: &[(&str, &[&str])]) -> History {
    let lexicon = Lexicon::built_in().unwrap();
    let (mut files, mut events) = (Vec::new(), Vec::new());
    for (number, (path, lines)) in logs.iter().enumerate() {
        let mut collector = Collector::new(&lexicon, number, (*path).to_owned(), usize::MAX);
        let mut reader = Reader::new();
        reader.push(lines.join("\r\n").as_bytes(), &mut |piece| collector.take(piece));
        let count = reader.finish(&mut |piece| collector.take(piece));
        let (file, more) = collector.finish(0, count);
        files.push(file);
        events.extend(more);
    }
    History::merge(files, events)
}

fn client(clock: &str, message: &str) -> String {
    format!("{message}  $$<CliEx32.dll><Tue Aug 06 {clock}.000 2002><thread=116 (0x74)>")
}

fn server(clock: &str, message: &str) -> String {
    format!(
        "{message}  $$<SMS_CLIENT_CONFIG_MANAGER><Tue Aug 06 {clock}.000 2002 Pacific Standard Time><thread=108 (0x6C)>"
    )
}

fn articles<'r>(diagnosis: &'r Diagnosis<'_>) -> Vec<&'r str> {
    diagnosis.likeliest().iter().map(|situation| situation.rule.article.as_str()).collect()
}

const REFUSED: &str = "ERROR: Could not create global group on PDC (1326)";
const WAITS: &str = "Waiting for PDC/BDC Sync (2221)";

#[test]
fn each_rule_speaks_of_steps_that_exist() -> Result<(), Box<dyn std::error::Error>> {
    let lexicon = Lexicon::built_in()?;
    let steps: Vec<&str> = lexicon.steps().collect();
    fn named<'c>(condition: &'c Condition, all: &mut Vec<&'c str>) {
        all.extend(condition.line.as_deref());
        all.extend(condition.lines.iter().map(String::as_str));
        if let Some(wait) = &condition.wait {
            all.extend(wait.line.as_deref());
            all.extend(wait.lines.iter().map(String::as_str));
        }
        if let Some(gap) = &condition.gap {
            all.extend([gap.from.trim_end_matches("-retry"), gap.to.as_str()]);
        }
        let inner = condition.order.iter().chain(&condition.all).chain(&condition.any);
        let inner = inner.chain(condition.not.as_deref()).chain(condition.last.as_deref());
        inner.for_each(|inner| named(inner, all));
    }
    for rule in Rule::built_in()? {
        assert!(!rule.ask.is_empty() && !rule.symptom.is_empty(), "{}", rule.article);
        for sign in rule.symptom.iter().chain(&rule.sign) {
            let mut all = Vec::new();
            named(&sign.when, &mut all);
            for step in all {
                assert!(steps.contains(&step), "{}: there is no step `{step}`", rule.article);
            }
        }
    }
    Ok(())
}

#[test]
fn the_order_of_lines_weighs_and_a_deletion_after_the_error_does_not() -> Result<(), RuleError> {
    let rules = Rule::built_in()?;
    let own = [
        client("09:04:00", "Generated account name 'SMS&_BDC1'"),
        client("09:05:00", WAITS),
        client("09:53:00", REFUSED),
    ];
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let score = |deletion: &str| {
        let delete = server(deletion, "---> Deleting the account \"SMS#_BDC1\"");
        let history = history(&[("a/BDC1/x.log", &own), ("a/SMS1/y.log", &[&delete])]);
        let all = diagnose(&rules, &history, &Facts::default());
        assert_eq!((all.len(), articles(&all[0])), (1, vec!["Q304961"]));
        all[0].situations[0].score
    };
    assert!(score("09:33:00") > score("09:55:00"));
    Ok(())
}

#[test]
fn success_is_no_article() -> Result<(), RuleError> {
    let rules = Rule::built_in()?;
    let lines = [client("09:05:00", WAITS), client("09:06:00", "Finished CliEx processing.~")];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let history = history(&[("BDC1/x.log", &lines)]);
    let all = diagnose(&rules, &history, &Facts::default());
    assert!(all.iter().all(|diagnosis| diagnosis.situations.is_empty()));
    Ok(())
}

#[test]
fn two_articles_with_one_and_the_same_log_are_both_told() -> Result<(), Box<dyn std::error::Error>> {
    let rules = Rule::built_in()?;
    let line = r#"***ERROR: Unable to launch "C:\WINNT\MS\SMS\clicomp\SWDist32\bin\ODPUSR32.exe " - Error : 1314  $$<CLISVCL.EXE><Tue Aug 06 09:00:00.000 2002><thread=1 (0x1)>"#;
    let history = history(&[("WS1/Clisvc.log", &[line])]);
    let all = diagnose(&rules, &history, &Facts::default());
    assert_eq!(articles(&all[0]), ["KB828371", "Q320235"]);
    let mut facts = Facts::default();
    let template = "[Unicode]\nUnicode=yes\n[Version]\nsignature=\"$CHICAGO$\"\nRevision=1\n\
                    [Privilege Rights]\nSeAssignPrimaryTokenPrivilege = *S-1-5-19\n";
    facts.add("GptTmpl.inf", Kind::Template, template.as_bytes())?;
    let with = diagnose(&rules, &history, &facts);
    assert!(with[0].situations[0].score > all[0].situations[0].score);
    Ok(())
}

#[test]
fn the_clock_of_a_client_is_bounded_by_what_must_come_first() {
    let own = [
        client("12:03:00", "Could not register CCIM; AppRegister return code =1060"),
        client("12:53:00", "Warning: Could not launch/register CCIM - 1326"),
    ];
    let site = [
        server("09:00:00", "======>Begin Processing request: \"AAAAAAAA\", machine name: \"BDC1\""),
        server(
            "09:02:00",
            "---> Connected to administrative share on machine BDC1 using account 'C\\SMSService'",
        ),
        server("09:53:00", "Stored request \"AAAAAAAA\", machine name \"BDC1\", in queue \"Retry\"."),
    ];
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let site: Vec<&str> = site.iter().map(String::as_str).collect();
    let history = history(&[("BDC1/x.log", &own), ("SMS1/y.log", &site)]);
    let at = history.machines.iter().position(|machine| machine.name == "BDC1").unwrap();
    let clock = &history.clocks[at];
    let hours = |hours: i64| hours * 3_600_000;
    assert_eq!((clock.least, clock.most), (Some(hours(3)), Some(hours(3) + 60_000)));
    assert_eq!(clock.ahead, hours(3));
    let order: Vec<&str> =
        history.events.iter().map(|event| event.step.as_deref().unwrap_or_default()).collect();
    assert_eq!(order, ["ccm-begins", "ccm-connected", "not-registered", "launch-failed", "ccm-stored"]);
}
