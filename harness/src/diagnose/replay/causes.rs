//! What may have caused an article's failure, the simplest first.

use mockdc_mocks::Right;

use super::NoScenario;
use super::customer::Customer;
use super::setting::{Cause, Inferred, Lateness, Setting};
use super::trace::Item;
use crate::diagnose::report::place;

impl Customer<'_> {
    /// Settings that may reproduce an article's failure, the smallest first: those that need least beside the cause, of
    /// these the simplest causes, and of each the versions in their order.
    pub(super) fn settings(&self, article: &str) -> Result<Vec<Setting>, NoScenario> {
        let causes = self.causes(article)?;
        let profiles = match article {
            "KB828371" | "Q320235" | "Q295771" => products(article),
            _ => self.profiles(article),
        };
        let mut settings = Vec::new();
        for variant in self.variants(&causes) {
            for cause in &causes {
                for profile in &profiles {
                    settings.push(self.setting(article, cause.clone(), profile.clone(), &variant));
                }
            }
        }
        Ok(settings)
    }

    fn causes(&self, article: &str) -> Result<Vec<Cause>, NoScenario> {
        Ok(match article {
            "Q304961" | "Q271724" | "Q297857" | "Q221218" | "Q282289" => {
                let early = self.policy_refuses().then(|| {
                    let early = Lateness::Pulse { first: 120, every: 300 };
                    Inferred::assumed(early, "a policy refuses, and no delay: NT 4.0 as it comes")
                });
                early.into_iter().chain(self.delays()).map(Cause::Delay).collect()
            }
            "Q266729" => self.rights_later().into_iter().map(Cause::Delay).collect(),
            "KB828371" | "Q320235" | "Q295771" => {
                let (at_cycle, since_install) = (self.at_cycle(), self.since_install());
                let taken = self.taken().into_iter().map(|(rights, restricted)| Cause::Policy {
                    rights,
                    restricted,
                    at_cycle: at_cycle.clone(),
                    since_install: since_install.clone(),
                });
                taken.collect()
            }
            "Q264630" => vec![Cause::Unreachable { back: self.back() }],
            other => return Err(NoScenario::NotInferable(other.to_owned())),
        })
    }

    /// Delays that the waits allow, the simplest first.
    fn delays(&self) -> Vec<Inferred<Lateness>> {
        let (server, client) = (self.item("ccm-waits"), self.item("waits"));
        // The account was not there at the last look and may have come at the next one.
        let missing = |item: Option<&Item>| {
            item.map_or(0, |item| {
                let every = self.between_looks(&item.key.step);
                (item.lasted + every * 500) / (every * 1000) * every + every
            })
        };
        let next = client.or(server).map_or(60, |item| self.between_looks(&item.key.step));
        let (own, site) = (missing(client), missing(server));
        let mut delays = Vec::new();
        for more in [0, next, 300, 1800] {
            let from = format!(
                "{}: so long and no longer than until the next look was the account missing",
                self.places([client, server])
            );
            delays.push(Inferred::measured(Lateness::Constant(own.max(site) + more), from));
        }
        if own > 0 && server.is_none() {
            // The site server never waited: the first account was there at once, and only the second is late. It is made
            // a minute after the start or two.
            for made in [60, 120] {
                let from = format!(
                    "{}: so long was the second account missing; no line shows a wait for the first",
                    self.places([client, None])
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
                    self.places([server, client])
                );
                let pulse = Lateness::Pulse { first: first.max(60), every: own + more + 60 };
                delays.push(Inferred::measured(pulse, from));
            }
        }
        delays
    }

    /// Accounts that arrive as the site server's wait shows, and their rights after the next look.
    fn rights_later(&self) -> Vec<Inferred<Lateness>> {
        let server = self.item("ccm-waits");
        let account = server.map_or(0, |item| item.lasted / 1000 + self.between_looks(&item.key.step));
        let refused =
            ["ccm-loader-failed", "launch-failed", "result"].iter().find_map(|step| self.item(step));
        let from = format!(
            "{}: a service does not start under an account that is there",
            self.places([server, refused])
        );
        let later = |more| {
            let late = Lateness::RightsLater { account, rights: account + more };
            Inferred::measured(late, from.clone())
        };
        [60, 300, 1800].into_iter().map(later).collect()
    }

    fn places(&self, items: [Option<&Item>; 2]) -> String {
        let places = items.iter().flatten().map(|item| place(self.history, &self.history.events[item.event]));
        let places: Vec<String> = places.collect();
        if places.is_empty() { "no line shows a wait".to_owned() } else { places.join(", ") }
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
}

/// Products whose clients lose rights to a policy.
fn products(article: &str) -> Vec<Inferred<String>> {
    let names = match article {
        "KB828371" => ["sms-2003-legacy", "sms-2.0-sp4"],
        _ => ["sms-2.0-sp4", "sms-2003-legacy"],
    };
    let why = "a product that the article is about; of the two the first that repeats the order";
    names.into_iter().map(|name| Inferred::assumed(name.to_owned(), why)).collect()
}

fn either<'t>(one: &'t str, other: &'t str) -> &'t str {
    if one.is_empty() { other } else { one }
}
