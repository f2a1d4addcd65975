//! The logs of every scenario, stripped of all else, are diagnosed as one of the articles that the scenario cites, or
//! the evidence is insufficient; never as another article.
//!
//! *Diagnosed as* means: among the articles with the most evidence is one that the scenario cites. Logs of two articles
//! may be the same to the byte; then both are told, with equal evidence.

#![expect(clippy::print_stdout, reason = "how many are told, and how")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mockdc::diagnose::read::Reader;
use mockdc::diagnose::rules::{Rule, diagnose};
use mockdc::diagnose::{Collector, Facts, History, Lexicon};
use mockdc::logs::LogFormat;
use mockdc::timeline::{EventKind, Timeline};
use mockdc_scenarios::{Plan, read_file};

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Every scenario of the project.
fn plans() -> Vec<Arc<Plan>> {
    let folders = ["kb", "field", "promises", "faults", "trust", "active-directory"];
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(folder);
        let entries = std::fs::read_dir(folder).expect("the folder is there");
        files.extend(entries.map(|entry| entry.expect("an entry can be read").path()));
    }
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let read = |file: &PathBuf| read_file(file).unwrap_or_else(|report| panic!("{}", report.render(120)));
    files.iter().flat_map(read).map(Arc::new).collect()
}

/// The lines of each log of a run, by host and file.
type Logs = BTreeMap<(String, String), Vec<String>>;

fn logs(timeline: &Timeline) -> Result<Logs, Box<dyn std::error::Error>> {
    let format = LogFormat::of(timeline.plan())?;
    let mut logs = Logs::new();
    for event in &timeline.events {
        if let (EventKind::Log { file, .. }, Some(line)) = (&event.kind, format.line(event)) {
            logs.entry((event.host.as_str().to_owned(), file.as_str().to_owned())).or_default().push(line);
        }
    }
    Ok(logs)
}

fn history(lexicon: &Lexicon, logs: &Logs) -> History {
    let (mut files, mut events) = (Vec::new(), Vec::new());
    for (number, ((host, file), lines)) in logs.iter().enumerate() {
        let mut collector = Collector::new(lexicon, number, format!("{host}/{file}"), usize::MAX);
        let mut reader = Reader::new();
        for line in lines {
            reader.push(line.as_bytes(), &mut |piece| collector.take(piece));
            reader.push(b"\r\n", &mut |piece| collector.take(piece));
        }
        let count = reader.finish(&mut |piece| collector.take(piece));
        let (log, more) = collector.finish(0, count);
        files.push(log);
        events.extend(more);
    }
    History::merge(files, events)
}

/// A generator of numbers that is the same everywhere.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A line of another component, which says nothing of installs.
const OTHERS: [&str; 4] = [
    "Thread is idle  $$<SMS_DISTRIBUTION_MANAGER><Tue Aug 06 09:04:00.123 2002 Pacific Standard Time><thread=900 (0x384)>",
    "ERROR: cannot open the mailbox (53)  $$<SMS_LAN_SENDER><Tue Aug 06 09:14:00.123 2002 Pacific Standard Time><thread=901 (0x385)>",
    "Collected 12 files~  $$<SINV32><Tue Aug 06 09:24:00.123 2002><thread=902 (0x386)>",
    "<![LOG[Raising event]LOG]!><time=\"09:34:00.000+480\" date=\"08-06-2002\" component=\"CcmExec\" context=\"\" type=\"1\" thread=\"903\" file=\"x.cpp:1\">",
];

/// The same logs after the field has been at them: a tenth of the lines lost, others mixed in, each machine's clock
/// wrong by minutes or hours.
fn spoiled(logs: &Logs, seed: u64) -> Logs {
    let mut draw = Draw(seed);
    let mut spoiled = Logs::new();
    let mut skews: BTreeMap<&str, i64> = BTreeMap::new();
    for ((host, file), lines) in logs {
        let skew = *skews.entry(host).or_insert_with(|| draw.below(6 * 3600) as i64 - 3 * 3600);
        let mut kept = Vec::new();
        for line in lines {
            if draw.below(10) == 0 {
                continue;
            }
            kept.push(skewed(line, skew));
            if draw.below(10) == 0 {
                kept.push(OTHERS[draw.below(4) as usize].to_owned());
            }
        }
        spoiled.insert((host.clone(), file.clone()), kept);
    }
    spoiled
}

/// A line of SMS 2.0 with its time moved by so many seconds.
fn skewed(line: &str, by: i64) -> String {
    const FORM: &str = "%a %b %d %H:%M:%S.%3f %Y";
    let Some(open) = line.rfind("$$<").and_then(|mark| Some(mark + line[mark..].find("><")? + 2)) else {
        return line.to_owned();
    };
    let length = "Tue Aug 06 09:04:00.123 2002".len();
    let Some(stamp) = line.get(open..open + length) else { return line.to_owned() };
    let Ok(at) = jiff::civil::DateTime::strptime(FORM, stamp) else { return line.to_owned() };
    let moved = at.saturating_add(jiff::SignedDuration::from_secs(by));
    format!("{}{}{}", &line[..open], moved.strftime(FORM), &line[open + length..])
}

struct Count {
    own: usize,
    insufficient: usize,
    ties: usize,
}

fn round_trip(spoil: Option<u64>) -> Result<Count, Box<dyn std::error::Error>> {
    let lexicon = Lexicon::built_in()?;
    let rules = Rule::built_in()?;
    let mut count = Count { own: 0, insufficient: 0, ties: 0 };
    let mut wrong = Vec::new();
    for (number, plan) in plans().into_iter().enumerate() {
        let (name, cites) = (plan.name.clone(), plan.cites.clone());
        let timeline = mockdc::orchestrator::run(&plan, plan.seed.unwrap_or(1))?;
        let logs = logs(&timeline)?;
        let logs = match spoil {
            Some(seed) => spoiled(&logs, seed.wrapping_add(number as u64 * 7919)),
            None => logs,
        };
        let history = history(&lexicon, &logs);
        for diagnosis in diagnose(&rules, &history, &Facts::default()) {
            let articles: Vec<&str> =
                diagnosis.likeliest().iter().map(|situation| situation.rule.article.as_str()).collect();
            match articles.as_slice() {
                [] => count.insufficient += 1,
                articles if articles.iter().any(|article| cites.iter().any(|cited| *cited == *article)) => {
                    count.own += 1;
                    count.ties += usize::from(articles.len() > 1);
                }
                articles => {
                    wrong.push(format!("{name}, {}: {articles:?}, cites {cites:?}", diagnosis.client))
                }
            }
        }
    }
    assert!(wrong.is_empty(), "diagnosed as another article:\n{}", wrong.join("\n"));
    println!(
        "{} as their own article ({} of them in a tie), {} insufficient",
        count.own, count.ties, count.insufficient
    );
    Ok(count)
}

#[test]
fn the_logs_of_every_scenario_are_diagnosed_as_its_own_article_or_not_at_all() -> Tested {
    let count = round_trip(None)?;
    assert!(count.own >= 100, "{} runs were told by their logs", count.own);
    Ok(())
}

#[test]
fn lost_lines_foreign_lines_and_wrong_clocks_lead_to_no_other_article() -> Tested {
    for seed in 1..=3 {
        let count = round_trip(Some(seed))?;
        assert!(count.own >= 90, "{} runs were told by their spoiled logs", count.own);
    }
    Ok(())
}

/// The failure of each article that shows in logs at all is told by its own logs.
#[test]
fn the_seed_articles_are_told() -> Tested {
    let lexicon = Lexicon::built_in()?;
    let rules = Rule::built_in()?;
    for (scenario, article) in [
        ("q304961-nt4-bdc-sp3", "Q304961"),
        ("q304961-windows-2000-dc-sp3", "Q304961"),
        ("kb828371-article", "KB828371"),
    ] {
        let plan = plans().into_iter().find(|plan| plan.name == scenario).ok_or("the scenario exists")?;
        let history = history(&lexicon, &logs(&mockdc::orchestrator::run(&plan, 1)?)?);
        let diagnoses = diagnose(&rules, &history, &Facts::default());
        let best = diagnoses[0].likeliest();
        assert!(best.iter().any(|situation| situation.rule.article == article), "{scenario}");
    }
    Ok(())
}

/// For each diagnosis of the catalogue a scenario is written whose own logs repeat the order of events, and whose run
/// passes. No case is excepted.
#[test]
fn a_scenario_is_written_that_repeats_the_order_of_events_and_passes() -> Tested {
    let (lexicon, rules) = (Lexicon::built_in()?, Rule::built_in()?);
    let fitted =
        mockdc::vary::parallel(&plans(), 2, |plan| fitted(plan, &lexicon, &rules, &Facts::default()));
    let (mut repeated, mut apart, mut open, mut wrong) = (0, Vec::new(), BTreeSet::new(), Vec::new());
    let mut articles = BTreeSet::new();
    for result in fitted {
        match result? {
            None => {}
            Some((_, Ok(article))) => {
                repeated += 1;
                articles.insert(article);
            }
            Some((name, Err(Left::Apart(events)))) => apart.push((name, events)),
            Some((_, Err(Left::NotInferred(article)))) => drop(open.insert(article)),
            Some((name, Err(Left::Wrong(why)))) => wrong.push(format!("{name}: {why}")),
        }
    }
    println!("{repeated} are repeated, of {articles:?}; not: {apart:?}; not inferred: {open:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(apart.is_empty() && open.is_empty(), "not repeated: {apart:?}; not inferred: {open:?}");
    assert!(repeated >= 135, "{repeated} are repeated");
    assert!(articles.len() >= 15, "{articles:?}");
    Ok(())
}

/// What is left to be wished of a scenario.
enum Left {
    /// So many events differ.
    Apart(usize),
    /// The cause of this article is not inferred from logs.
    NotInferred(String),
    /// It is not as it should be.
    Wrong(String),
}

/// The name of a scenario whose logs are diagnosed as its own article, and what came of fitting a scenario to them: the
/// article, when it repeats them.
type OfAScenario = Result<Option<(String, Result<String, Left>)>, String>;

fn fitted(plan: &Arc<Plan>, lexicon: &Lexicon, rules: &[Rule], facts: &Facts) -> OfAScenario {
    use mockdc::diagnose::replay::{NoScenario, fit};
    use mockdc::diagnose::report::Names;

    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", plan.name);
    let timeline = mockdc::orchestrator::run(plan, plan.seed.unwrap_or(1)).map_err(|error| told(&error))?;
    let history = history(lexicon, &logs(&timeline).map_err(|error| told(&*error))?);
    let diagnoses = diagnose(rules, &history, facts);
    let own = |article: &str| plan.cites.iter().any(|cited| *cited == *article);
    let Some(diagnosis) = diagnoses
        .iter()
        .find(|found| found.situations.first().is_some_and(|situation| own(&situation.rule.article)))
    else {
        return Ok(None);
    };
    let names = Names::replaced(&history, facts);
    let wrong = |why: String| Ok(Some((plan.name.clone(), Err(Left::Wrong(why)))));
    let fitted = match fit(&history, facts, diagnosis, &names, lexicon, rules) {
        Ok(fitted) => fitted,
        Err(NoScenario::NotInferable(article)) => {
            return Ok(Some((plan.name.clone(), Err(Left::NotInferred(article)))));
        }
        Err(error) => return wrong(error.to_string()),
    };
    let text = &fitted.text;
    let dcs = plan.world.dcs.iter().map(|dc| &dc.name);
    let mut hosts = dcs.chain(plan.world.machines.iter().map(|machine| &machine.name));
    if let Some(host) = hosts.find(|host| text.contains(&format!("\"{host}\""))) {
        return wrong(format!("the name {host} is in it\n{text}"));
    }
    if !text.contains("measured: ") || !text.contains("assumed: ") {
        return wrong(format!("nothing says where values come from\n{text}"));
    }
    let (_, judgement) = mockdc_tests::replay(&mockdc_tests::plan(text), 1);
    if judgement.verdict != mockdc::judge::Verdict::Pass {
        return wrong(format!("{:#?}\n{text}", judgement.reasons));
    }
    Ok(Some(match (fitted.apart, fitted.crossed) {
        (0, 0) => (plan.name.clone(), Ok(diagnosis.situations[0].rule.article.clone())),
        (0, crossed) => (plan.name.clone(), Err(Left::Wrong(format!("{crossed} pairs are crossed\n{text}")))),
        (apart, _) => (plan.name.clone(), Err(Left::Apart(apart))),
    }))
}

/// The logs of a run, the host and file of its site server's, and the line of that at which each attempt begins.
type SiteServers = (Logs, (String, String), Vec<usize>);

/// The logs of a case.
fn site_servers(name: &str) -> Result<SiteServers, Box<dyn std::error::Error>> {
    let plan = plans().into_iter().find(|plan| plan.name == name).ok_or("the scenario exists")?;
    let wording = &plan.site_servers[0].profile.log;
    let begins = wording.lines.ccm_begins.0.split('{').next().unwrap_or_default().to_owned();
    let key = (plan.site_servers[0].machine.to_string(), wording.ccm_file.to_string());
    let logs = logs(&mockdc::orchestrator::run(&plan, 1)?)?;
    let attempts = logs[&key].iter().enumerate().filter(|(_, line)| line.starts_with(&begins));
    let attempts = attempts.map(|(number, _)| number).collect();
    Ok((logs, key, attempts))
}

/// The scenario that is written for the first diagnosis of these logs.
fn written(logs: &Logs) -> Result<String, Box<dyn std::error::Error>> {
    use mockdc::diagnose::{replay::fit, report::Names};

    let (lexicon, rules, facts) = (Lexicon::built_in()?, Rule::built_in()?, Facts::default());
    let history = history(&lexicon, logs);
    let diagnoses = diagnose(&rules, &history, &facts);
    let diagnosis = diagnoses.first().ok_or("nothing is diagnosed")?;
    let names = Names::replaced(&history, &facts);
    Ok(fit(&history, &facts, diagnosis, &names, &lexicon, &rules)?.text)
}

const A_DAY: i64 = 24 * 3600;

#[test]
fn an_attempt_of_another_month_is_no_part_of_the_scenario() -> Tested {
    let (mut logs, key, attempts) =
        site_servers("q260827-session-to-the-pdc[session-ends-before-the-retry]")?;
    let pause = |text: String| {
        let line = text.lines().find(|line| line.starts_with("pause = ")).map(str::to_owned);
        line.ok_or(format!("no session ends\n{text}"))
    };
    let alone = pause(written(&logs)?)?;
    let lines = logs.get_mut(&key).ok_or("the site server has a log")?;
    let last = *attempts.last().ok_or("there is an attempt")?;
    let older: Vec<String> = lines[last..].iter().map(|line| skewed(line, -30 * A_DAY)).collect();
    lines.splice(..0, older);
    let with_the_older = pause(written(&logs)?)?;
    assert!(with_the_older.contains("measured: "), "{with_the_older}");
    let value = |line: &str| line.split(" # ").next().map(str::to_owned);
    assert_eq!(value(&with_the_older), value(&alone));
    Ok(())
}

#[test]
fn wrong_passwords_before_the_count_began_anew_do_not_count() -> Tested {
    let (mut logs, key, attempts) = site_servers("q257269-multiple-domain-prefixes[sp1]")?;
    let stated = |text: String| {
        let line = text.lines().find(|line| line.starts_with("LockoutBadCount = ")).map(str::to_owned);
        line.ok_or(format!("no policy locks\n{text}"))
    };
    assert_eq!(stated(written(&logs)?)?, "LockoutBadCount = 5");
    let third = *attempts.get(2).ok_or("there are three attempts")?;
    let lines = logs.get_mut(&key).ok_or("the site server has a log")?;
    lines[..third].iter_mut().for_each(|line| *line = skewed(line, -10 * A_DAY));
    assert_eq!(stated(written(&logs)?)?, "LockoutBadCount = 3");
    Ok(())
}

/// A value of the registry that is not obeyed tells of the French service pack, or of one before the third.
#[test]
fn a_registry_export_beside_the_logs_becomes_part_of_the_scenario() -> Tested {
    let (lexicon, rules) = (Lexicon::built_in()?, Rule::built_in()?);
    let file = folder("registry")?.join("pdc.reg");
    std::fs::write(
        &file,
        "Windows Registry Editor Version 5.00\r\n\r\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SMS\\Client\\Configuration\\Domain Controller]\r\n\
         \"Account Synchronization Max Wait (minutes)\"=dword:0000012c\r\n",
    )?;
    let facts = mockdc::diagnose::load(&mockdc::diagnose::find(&[file])?, &lexicon, &mut |_| {})?.facts;
    for case in ["french", "french-a-second-later"] {
        let name = format!("q297857-french-sp3[{case}]");
        let plan = plans().into_iter().find(|plan| plan.name == name).ok_or("the scenario exists")?;
        let timeline = mockdc::orchestrator::run(&plan, 1)?;
        let history = history(&lexicon, &logs(&timeline)?);
        let found = diagnose(&rules, &history, &facts);
        let articles: Vec<&str> =
            found[0].likeliest().iter().map(|found| found.rule.article.as_str()).collect();
        assert_eq!(articles, ["Q271724", "Q297857"], "a value that is not read: French, or before SP3");
        match fitted(&plan, &lexicon, &rules, &facts)? {
            Some((_, Ok(_))) => {}
            Some((_, Err(Left::Wrong(why)))) => return Err(why.into()),
            Some((_, Err(Left::Apart(events)))) => {
                return Err(format!("{case}: {events} events differ").into());
            }
            Some((_, Err(Left::NotInferred(article)))) => return Err(format!("{case}: {article}").into()),
            None => return Err("nothing is diagnosed".into()),
        }
    }
    Ok(())
}

fn folder(name: &str) -> Result<PathBuf, std::io::Error> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("diagnosis-{name}"));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
