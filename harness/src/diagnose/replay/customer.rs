//! What a customer's logs say of the world in which a failure happened: names, version, clock, language.

use mockdc_scenarios::Profile;

use super::render::stand_in;
use super::setting::{Cause, Inferred, Method, Setting};
use super::trace::Item;
use super::variants::Variant;
use crate::diagnose::codes::language_of;
use crate::diagnose::history::{History, Part, account_host};
use crate::diagnose::report::{Names, instant, place};
use crate::diagnose::rules::Diagnosis;
use crate::diagnose::{Event, Facts};

/// The code of a look that a minimum age of passwords refuses (Q221218).
const TOO_RECENT: u32 = 1327;

/// The code of an account whose password is too short for the domain (Q282289).
const TOO_SHORT: u32 = 2245;

/// What is known of a customer.
pub(super) struct Customer<'h> {
    pub(super) history: &'h History,
    pub(super) facts: &'h Facts,
    pub(super) diagnosis: &'h Diagnosis<'h>,
    pub(super) names: &'h Names,
    pub(super) trace: &'h [Item],
}

impl Customer<'_> {
    pub(super) fn setting(
        &self,
        article: &str,
        cause: Cause,
        profile: Inferred<String>,
        variant: &Variant,
    ) -> Setting {
        let names = self.names;
        let client = names.of(&self.diagnosis.client).to_owned();
        let first = self.trace.first().map(|item| item.event);
        let start = first.and_then(|event| self.history.when(event)).map_or_else(
            || Inferred::assumed("2002-08-06 09:00:00".to_owned(), "no line has a time"),
            |at| match cause.comes_first() {
                0 => Inferred::measured(instant(at), self.at(first)),
                seconds => Inferred::measured(
                    instant(at - seconds * 1000),
                    format!("{seconds} s before {}, so that its cause is there", self.at(first)),
                ),
            },
        );
        let server = self.history.machines.iter().find(|machine| machine.part == Part::SiteServer);
        let server = match server {
            Some(machine) if machine.name != "SITESERVER" => {
                Inferred::measured(names.of(&machine.name).to_owned(), "the folder of its logs")
            }
            _ => Inferred::assumed(stand_in("SITE1", &[&client]), "no log names the site server"),
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
            profile,
            method: self.method(),
            language: self.language(),
            longest_wait: variant.longest_wait.clone(),
            overrides: variant.overrides.clone(),
            minimum_age: self.with_code(TOO_RECENT).map(|event| {
                let from =
                    format!("{} and never otherwise: any age above the wait does it", self.at(Some(event)));
                Inferred::assumed(1, from)
            }),
            minimum_length: self.with_code(TOO_SHORT).map(|event| {
                let from =
                    format!("{}: one more than the 14 characters that SMS makes", self.at(Some(event)));
                Inferred::assumed(15, from)
            }),
            ahead: if variant.clocks_differ { self.ahead() } else { None },
            cause,
            violates: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// Profiles whose wording the lines have, the oldest first.
    pub(super) fn profiles(&self, article: &str) -> Vec<Inferred<String>> {
        let known: Vec<&Event> = self.events().filter(|event| !event.profiles.is_empty()).collect();
        let fits = |name: &&'static str| known.iter().all(|event| event.profiles.contains(name));
        let line = known.iter().min_by_key(|event| event.profiles.len());
        let from = line.map_or_else(
            || "assumed: no line tells the version".to_owned(),
            |event| format!("measured: the wording of {}; of the versions that have it, the first that repeats the order", place(self.history, event)),
        );
        // The French service pack writes what the English one writes, and one article is about it alone.
        let of_the_article = |name: &&'static str| match *name {
            "sms-2003-advanced" => false,
            "sms-2.0-sp3-french" => article == "Q297857",
            _ => article != "Q297857",
        };
        // The profile of an article's own version first: an older one may do the same for another reason.
        let mut all: Vec<&'static str> = Profile::names().filter(of_the_article).filter(fits).collect();
        if all.is_empty() {
            all = Profile::names().filter(of_the_article).collect();
        }
        all.sort_by_key(|name| *name != "sms-2.0-sp3");
        all.into_iter().map(|name| Inferred { value: name.to_owned(), from: from.clone() }).collect()
    }

    /// How the client is installed: by the site server, unless a line is that of an installation by hand.
    fn method(&self) -> Inferred<Method> {
        let by_hand = |event: &Event| {
            event.is("manual-ends") || event.component.to_ascii_lowercase().ends_with(r"\smsman.exe")
        };
        match self.find(by_hand) {
            Some(event) => Inferred::measured(Method::Manual, self.at(Some(event))),
            None => Inferred::assumed(Method::Remote, "no line is that of an installation by hand"),
        }
    }

    /// The language of the system's own texts, where it is not English.
    fn language(&self) -> Option<Inferred<String>> {
        let (event, language) = self.history.about_client(&self.diagnosis.client).find_map(|number| {
            let text = self.history.events[number].value("text")?;
            Some((number, language_of(text)?))
        })?;
        Some(Inferred::measured(format!("{language:?}").to_lowercase(), self.at(Some(event))))
    }

    pub(super) fn ahead(&self) -> Option<Inferred<i64>> {
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

    pub(super) fn domain(&self) -> Inferred<String> {
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

    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.trace.iter().map(|item| &self.history.events[item.event])
    }

    pub(super) fn find(&self, good: impl Fn(&Event) -> bool) -> Option<usize> {
        self.find_number(|_, event| good(event))
    }

    pub(super) fn find_number(&self, good: impl Fn(usize, &Event) -> bool) -> Option<usize> {
        self.history
            .about_client(&self.diagnosis.client)
            .find(|number| good(*number, &self.history.events[*number]))
    }

    pub(super) fn first_place(&self, step: &str) -> String {
        let item = self.trace.iter().find(|item| &*item.key.step == step);
        item.map_or_else(String::new, |item| place(self.history, &self.history.events[item.event]))
    }

    /// Where an event stands.
    pub(super) fn at(&self, event: Option<usize>) -> String {
        event.map_or_else(|| "no line".to_owned(), |event| place(self.history, &self.history.events[event]))
    }

    /// Whether a policy for passwords refuses something.
    pub(super) fn policy_refuses(&self) -> bool {
        self.with_code(TOO_RECENT).or(self.with_code(TOO_SHORT)).is_some()
    }

    /// The first event of the trace with a code.
    fn with_code(&self, code: u32) -> Option<usize> {
        self.trace.iter().find(|item| item.key.code == Some(code)).map(|item| item.event)
    }

    /// The first event of the trace with a step.
    pub(super) fn item(&self, step: &str) -> Option<&Item> {
        self.trace.iter().find(|item| &*item.key.step == step)
    }

    /// When the first event of the trace with a step was, in milliseconds.
    pub(super) fn when(&self, step: &str) -> Option<i64> {
        self.history.when(self.item(step)?.event)
    }
}
