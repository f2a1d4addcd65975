//! The smallest setting whose own logs repeat a customer's order of events.

use std::collections::BTreeMap;
use std::sync::Arc;

use mockdc_mocks::Right;
use mockdc_scenarios::{Plan, Profile, read_str};

use super::setting::{Cause, Inferred, Lateness, Setting};
use super::trace::{Item, distance, history_of, trace};
use crate::diagnose::history::{History, Part, account_host};
use crate::diagnose::report::{Names, place};
use crate::diagnose::rules::{Diagnosis, Rule, diagnose};
use crate::diagnose::{Event, Facts, Lexicon};

/// A scenario that reproduces what the logs show.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The scenario file.
    pub text: String,
    /// How many settings were run.
    pub tried: usize,
    /// Events that only one of the two logs has: 0 when the order is the same.
    pub apart: usize,
}

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum NoScenario {
    /// No article is diagnosed, so there is nothing to reproduce. Give more logs: see what the report asks for.
    #[error("nothing is diagnosed, so there is nothing to reproduce")]
    Nothing,
    /// What causes the article's failure cannot be inferred from logs. Start from a scenario of the catalogue that cites it.
    #[error(
        "what causes {0} cannot be inferred from logs: start from a scenario of the catalogue that cites it (`mockdc list scenarios --format json`)"
    )]
    NotInferable(String),
    /// No setting could be run: a bug of mockdc.
    #[error("no setting could be run; the last one failed with: {0}")]
    NoneRuns(String),
}

/// Longest that a replay of one setting lasts, in the scenario's time, is what the scenario says; settings tried at most.
const MOST_TRIED: usize = 200;

/// Finds the smallest setting whose logs repeat the order of events about a diagnosed client.
pub fn fit(
    history: &History,
    facts: &Facts,
    diagnosis: &Diagnosis<'_>,
    names: &Names,
    lexicon: &Lexicon,
    rules: &[Rule],
) -> Result<Fitted, NoScenario> {
    let situation = diagnosis.situations.first().ok_or(NoScenario::Nothing)?;
    let wanted = trace(history, diagnosis);
    let customer = Customer { history, facts, diagnosis, names, trace: &wanted };
    let settings = customer.settings(&situation.rule.article)?;
    let mut best: Option<((usize, i64), Setting)> = None;
    let (mut tried, mut failed) = (0, String::new());
    for setting in settings.into_iter().take(MOST_TRIED) {
        tried += 1;
        let tried_trace = match replay(&setting.render(), lexicon, rules) {
            Ok((_, trace)) => trace,
            Err(error) => {
                failed = error;
                continue;
            }
        };
        let apart = distance(&wanted, &tried_trace);
        // Settings come the smallest first: a larger one must be better by a minute.
        let better =
            best.as_ref().is_none_or(|(known, _)| (apart.0, apart.1 / 60_000) < (known.0, known.1 / 60_000));
        if better {
            best = Some((apart, setting));
        }
        if apart.0 == 0 && apart.1 < 60_000 {
            break;
        }
    }
    let Some(((apart, _), mut setting)) = best else { return Err(NoScenario::NoneRuns(failed)) };
    // What the run says of itself goes into the file: its broken promises, and the customer's lines that it repeats.
    if let Ok((plan, own)) = replay(&setting.render(), lexicon, rules) {
        let (run, judgement) = judged(&plan).map_err(NoScenario::NoneRuns)?;
        setting.violates = judgement
            .promises
            .iter()
            .filter(|finding| finding.is_broken())
            .map(|finding| finding.promise.to_string())
            .collect();
        if apart == 0 {
            setting.expected = expected(&run, &own);
        }
    }
    Ok(Fitted { text: setting.render(), tried, apart })
}

/// Replays a scenario and gives its trace; in words why that cannot be done.
fn replay(text: &str, lexicon: &Lexicon, rules: &[Rule]) -> Result<(Arc<Plan>, Vec<Item>), String> {
    let mut plans = read_str("diagnosed.toml", text).map_err(|report| report.render(100))?;
    let plan = Arc::new(plans.remove(0));
    let timeline = crate::orchestrator::run(&plan, 1).map_err(|error| error.to_string())?;
    let history = history_of(lexicon, &timeline).map_err(|error| error.to_string())?;
    let all = diagnose(rules, &history, &Facts::default());
    let trace = all.first().map(|diagnosis| trace(&history, diagnosis)).unwrap_or_default();
    Ok((plan, trace))
}

fn judged(plan: &Arc<Plan>) -> Result<(History, crate::judge::Judgement), String> {
    let timeline = crate::orchestrator::run(plan, 1).map_err(|error| error.to_string())?;
    let judgement = crate::judge::judge(&timeline);
    let lexicon = Lexicon::built_in().map_err(|error| error.to_string())?;
    let history = history_of(&lexicon, &timeline).map_err(|error| error.to_string())?;
    Ok((history, judgement))
}

/// The lines of a run's trace as expectations, by host and file.
fn expected(run: &History, trace: &[Item]) -> Vec<(String, String, Vec<String>)> {
    let mut logs: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for item in trace {
        let event = &run.events[item.event];
        // A star stands for anything in an expectation, and a request's number is drawn anew.
        if event.message.contains('*') || event.value("request").is_some() {
            continue;
        }
        let path = &run.files[event.file].path;
        let Some((host, file)) = path.split_once('/') else { continue };
        let lines = logs.entry((host.to_owned(), file.to_owned())).or_default();
        lines.push(event.message.clone());
    }
    logs.into_iter().map(|((host, file), lines)| (host, file, lines)).collect()
}

/// What is known of a customer.
struct Customer<'h> {
    history: &'h History,
    facts: &'h Facts,
    diagnosis: &'h Diagnosis<'h>,
    names: &'h Names,
    trace: &'h [Item],
}

impl Customer<'_> {
    /// Settings that may reproduce an article's failure, the smallest first.
    fn settings(&self, article: &str) -> Result<Vec<Setting>, NoScenario> {
        let mut settings = Vec::new();
        match article {
            "Q304961" | "Q271724" | "Q297857" | "Q221218" | "Q282289" => {
                for late in self.delays(article) {
                    for profile in self.profiles() {
                        settings
                            .push(Setting { profile, ..self.setting(article, Cause::Delay(late.clone())) });
                    }
                }
            }
            "KB828371" | "Q320235" | "Q295771" => {
                for (rights, restricted) in self.taken() {
                    let product = match article {
                        "KB828371" => ["sms-2003-legacy", "sms-2.0-sp4"],
                        _ => ["sms-2.0-sp4", "sms-2003-legacy"],
                    };
                    for product in product {
                        let (rights, at_cycle) = (rights.clone(), self.at_cycle());
                        let since_install = self.since_install();
                        let cause = Cause::Policy { rights, restricted, at_cycle, since_install };
                        let why = "a product that the article is about; of the two the first that repeats the order";
                        let profile = Inferred::assumed(product.to_owned(), why);
                        settings.push(Setting { profile, ..self.setting(article, cause) });
                    }
                }
            }
            "Q264630" => {
                let cause = Cause::Unreachable { back: self.back() };
                for profile in self.profiles() {
                    settings.push(Setting { profile, ..self.setting(article, cause.clone()) });
                }
            }
            other => return Err(NoScenario::NotInferable(other.to_owned())),
        }
        Ok(settings)
    }

    fn setting(&self, article: &str, cause: Cause) -> Setting {
        let names = self.names;
        let client = names.of(&self.diagnosis.client).to_owned();
        let first = self.trace.first().map(|item| item.event);
        let start = first.and_then(|event| self.history.when(event)).map_or_else(
            || Inferred::assumed("2002-08-06 09:00:00".to_owned(), "no line has a time"),
            |at| Inferred::measured(crate::diagnose::report::instant(at), self.at(first)),
        );
        let server = self.history.machines.iter().find(|machine| machine.part == Part::SiteServer);
        let server = match server {
            Some(machine) if machine.name != "SITESERVER" => {
                Inferred::measured(names.of(&machine.name).to_owned(), "the folder of its logs")
            }
            _ => Inferred::assumed("SITE1".to_owned(), "no log names the site server"),
        };
        let named = self.find(|event| event.value("account").and_then(account_host).is_some());
        let client = match named {
            Some(event) => Inferred::measured(client, self.at(Some(event))),
            None => Inferred::measured(client, "the folder of its logs, or the site server's lines"),
        };
        Setting {
            name: format!("diagnosed-{}", article.to_lowercase()),
            article: article.to_owned(),
            title: self.diagnosis.situations[0].rule.title.clone(),
            start,
            domain: self.domain(),
            client,
            server,
            profile: Inferred::assumed("sms-2.0-sp3".to_owned(), "-"),
            longest_wait: self.longest_wait(),
            loader: matches!(cause, Cause::Delay(_)).then(|| self.loader()).flatten(),
            minimum_age: (article == "Q221218").then(|| {
                Inferred::assumed(
                    1,
                    "looks are refused with 1327 and never otherwise: any age above the wait does it",
                )
            }),
            minimum_length: (article == "Q282289")
                .then(|| Inferred::assumed(15, "one more than the 14 characters that SMS makes")),
            ahead: self.ahead(),
            cause,
            violates: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// Profiles whose wording the lines have, the oldest first.
    fn profiles(&self) -> Vec<Inferred<String>> {
        let known: Vec<&Event> = self.events().filter(|event| !event.profiles.is_empty()).collect();
        let fits = |name: &&'static str| known.iter().all(|event| event.profiles.contains(name));
        let line = known.iter().min_by_key(|event| event.profiles.len());
        let from = line.map_or_else(
            || "assumed: no line tells the version".to_owned(),
            |event| format!("measured: the wording of {}; of the versions that have it, the first that repeats the order", place(self.history, event)),
        );
        let legacy = |name: &&'static str| *name != "sms-2003-advanced" && *name != "sms-2.0-sp3-french";
        // The profile of an article's own version first: an older one may do the same for another reason.
        let mut all: Vec<&'static str> = Profile::names().filter(legacy).filter(fits).collect();
        if all.is_empty() {
            all = Profile::names().filter(legacy).collect();
        }
        all.sort_by_key(|name| *name != "sms-2.0-sp3");
        all.into_iter().map(|name| Inferred { value: name.to_owned(), from: from.clone() }).collect()
    }

    /// Delays that the waits allow, the simplest first.
    fn delays(&self, article: &str) -> Vec<Inferred<Lateness>> {
        if matches!(article, "Q221218" | "Q282289") {
            let early = Lateness::Pulse { first: 120, every: 300 };
            return vec![Inferred::assumed(early, "a policy refuses, and no delay: NT 4.0 as it comes")];
        }
        let wait = |step: &str| self.trace.iter().find(|item| &*item.key.step == step);
        // The account was not there at the last look and may have come at the next one.
        let minutes = |item: Option<&Item>| item.map_or(0, |item| item.lasted / 60_000 + 1);
        let (server, client) = (wait("ccm-waits"), wait("waits"));
        let lines = |items: [Option<&Item>; 2]| {
            let places: Vec<String> = items
                .iter()
                .flatten()
                .map(|item| place(self.history, &self.history.events[item.event]))
                .collect();
            places.join(", ")
        };
        let (own, site) = (minutes(client) * 60, minutes(server) * 60);
        let mut delays = Vec::new();
        for more in [0, 60, 300, 1800] {
            let from = format!(
                "{}: so long and no longer than until the next look was the account missing",
                lines([client, server])
            );
            delays.push(Inferred::measured(Lateness::Constant(own.max(site) + more), from));
        }
        if own > 0 && server.is_none() {
            // The site server never waited: the first account was there at once, and only the second is late. It is made
            // a minute after the start or two.
            for made in [60, 120] {
                let from = format!(
                    "{}: so long was the second account missing; no line shows a wait for the first",
                    lines([client, None])
                );
                delays.push(Inferred::measured(Lateness::Held { until: made + own }, from));
            }
        }
        if own > 0 {
            // The first account comes with the first pulse, at the last look that missed it or just after; the second is
            // made a minute or two later and comes with the next pulse.
            for (first, more) in
                [(site - 60, 0), (site - 60, 60), (site - 60, 120), (site, 0), (site, 60), (site, 120)]
            {
                let from = format!(
                    "{}: the first account came with the first pulse, the second with the next",
                    lines([server, client])
                );
                let pulse = Lateness::Pulse { first: first.max(60), every: own + more + 60 };
                delays.push(Inferred::measured(pulse, from));
            }
        }
        delays
    }

    /// What a policy may have taken, the least first; what templates say before anything else.
    fn taken(&self) -> Vec<(Inferred<Vec<Right>>, bool)> {
        let five = [
            "SeAssignPrimaryTokenPrivilege",
            "SeTcbPrivilege",
            "SeIncreaseQuotaPrivilege",
            "SeShutdownPrivilege",
        ];
        let five: Vec<Right> = five.iter().filter_map(|name| name.parse().ok()).collect();
        let mut taken = Vec::new();
        let listed =
            |holders: &[&str]| holders.iter().any(|holder| holder.to_lowercase().contains("smsclisvcacct&"));
        let missing: Vec<Right> = five
            .iter()
            .copied()
            .filter(|right| self.facts.right(*right).any(|(_, holders)| !listed(&holders)))
            .collect();
        if !missing.is_empty() {
            let paths: Vec<String> =
                self.facts.templates.iter().map(|(path, _)| self.names.hide(path)).collect();
            taken.push((Inferred::measured(missing, paths.join(", ")), false));
        }
        if self.trace.iter().any(|item| item.key.code == Some(5)) {
            let lines = self.first_place("launch-refused");
            taken.push((
                Inferred::measured(Vec::new(), format!("{lines}: refused with 5, as without Administrators")),
                true,
            ));
        }
        let launch = self.first_place("launch-refused");
        let verify = self.first_place("verification-failed");
        for right in &five {
            let from = format!(
                "the lines of {} are the same for each right that the launch needs",
                either(&launch, &verify)
            );
            taken.push((Inferred::assumed(vec![*right], from), false));
        }
        if let [first, .., last] = five.as_slice() {
            let from = format!(
                "measured: {launch} needs one right of the launch, {verify} the one of the verification"
            );
            taken.push((Inferred { value: vec![*first, *last], from }, false));
        }
        taken
    }

    /// Where the logs show the client's install: how long after their first line it met what it fails of.
    fn since_install(&self) -> Option<Inferred<i64>> {
        let of = |steps: &[&str]| {
            let item = self.trace.iter().find(|item| steps.contains(&&*item.key.step))?;
            Some((item.event, self.history.when(item.event)?))
        };
        let (installs, _) = of(&["ccm-connected"])?;
        let (meets, at) = of(&["token-account-failed", "launch-refused", "verification-failed"])?;
        let begun = self.history.when(self.trace.first()?.event)?;
        let seconds = (at - begun) / 1000;
        let lines = format!("{} to {}", self.at(Some(installs)), self.at(Some(meets)));
        (seconds > 0).then(|| Inferred::measured(seconds, lines))
    }

    /// When the share was there again, if an attempt got through: half an hour before it.
    fn back(&self) -> Option<Inferred<i64>> {
        const BEFORE: i64 = 30 * 60;
        let through = self.find(|event| event.step.as_deref() == Some("ccm-connected"))?;
        let begun = self.history.when(self.trace.first()?.event)?;
        let seconds = (self.history.when(through)? - begun) / 1000 - BEFORE;
        let from = format!("{} gets through, the attempt an hour before does not", self.at(Some(through)));
        (seconds > 0).then(|| Inferred::measured(seconds, from))
    }

    /// Whether the maintenance cycle came just before the failure.
    fn at_cycle(&self) -> Inferred<bool> {
        const NEAR: i64 = 5 * 60_000;
        let failed = self.trace.first().map(|item| item.event);
        let failed_at = failed.and_then(|event| self.history.when(event));
        let cycle = self.find_number(|number, event| {
            let near = self
                .history
                .when(number)
                .zip(failed_at)
                .is_some_and(|(at, failed)| (at - failed).abs() <= NEAR);
            event.step.as_deref().is_some_and(|step| step.starts_with("cycle-")) && near
        });
        match cycle {
            Some(event) => Inferred::measured(true, self.at(Some(event))),
            None => Inferred::assumed(false, "no line of a cycle stands near the failure"),
        }
    }

    fn longest_wait(&self) -> Option<Inferred<u32>> {
        let key = r"SMS\Client\Configuration\Domain Controller";
        let (path, value) = self.facts.value(key, "Account Synchronization Max Wait (minutes)")?;
        Some(Inferred::measured(value.number?, format!("{}; assumed to be the PDC's", self.names.hide(path))))
    }

    /// The loader's time-out, if the log shows another one than profiles have.
    fn loader(&self) -> Option<Inferred<i64>> {
        const USUAL: i64 = 15;
        let item = |step: &str| self.trace.iter().find(|item| &*item.key.step == step).map(|item| item.event);
        let (begun, ended) = (item("not-registered")?, item("loader-ends")?);
        let lasted = self.history.when(ended)? - self.history.when(begun)?;
        let minutes = (lasted + 30_000) / 60_000;
        // A loader that outlives the failure waits for its child, and no time-out shows.
        let failed = item("group-failed").or(item("account-failed")).or(item("launch-failed"));
        let before = failed
            .and_then(|failed| self.history.when(failed))
            .is_none_or(|at| self.history.when(ended).is_some_and(|ended| ended < at));
        let lines = format!("{} to {}", self.at(Some(begun)), self.at(Some(ended)));
        ((minutes - USUAL).abs() > 1 && before && minutes > 0).then(|| Inferred::measured(minutes, lines))
    }

    fn ahead(&self) -> Option<Inferred<i64>> {
        let number = self
            .history
            .machines
            .iter()
            .position(|machine| machine.part == Part::Client && machine.name == self.diagnosis.client)?;
        let clock = &self.history.clocks[number];
        clock.differs().then(|| {
            Inferred::measured(
                clock.ahead / 1000,
                format!("{} pairs of lines that must be in order", clock.pairs),
            )
        })
    }

    fn domain(&self) -> Inferred<String> {
        let account = self.find(|event| {
            event.value("account").is_some_and(|account| {
                account
                    .split_once('\\')
                    .is_some_and(|(domain, _)| !domain.eq_ignore_ascii_case(&self.diagnosis.client))
            })
        });
        let event = account.map(|number| &self.history.events[number]);
        match event.and_then(|event| event.value("account")?.split_once('\\')) {
            Some((domain, _)) => Inferred::measured(self.names.of(domain).to_owned(), self.at(account)),
            None => Inferred::assumed("CORP".to_owned(), "no line names the domain"),
        }
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.trace.iter().map(|item| &self.history.events[item.event])
    }

    fn find(&self, good: impl Fn(&Event) -> bool) -> Option<usize> {
        self.find_number(|_, event| good(event))
    }

    fn find_number(&self, good: impl Fn(usize, &Event) -> bool) -> Option<usize> {
        self.history
            .about_client(&self.diagnosis.client)
            .find(|number| good(*number, &self.history.events[*number]))
    }

    fn first_place(&self, step: &str) -> String {
        let item = self.trace.iter().find(|item| &*item.key.step == step);
        item.map_or_else(String::new, |item| place(self.history, &self.history.events[item.event]))
    }

    /// Where an event stands.
    fn at(&self, event: Option<usize>) -> String {
        event.map_or_else(|| "no line".to_owned(), |event| place(self.history, &self.history.events[event]))
    }
}

fn either<'t>(one: &'t str, other: &'t str) -> &'t str {
    if one.is_empty() { other } else { one }
}
