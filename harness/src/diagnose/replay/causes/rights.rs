//! What may have kept a client's service from launching its components.

use mockdc_mocks::Right;
use mockdc_scenarios::{ProductKind, Profile};

use super::super::customer::Customer;
use super::super::setting::{Cause, Inferred, Lateness};

impl Customer<'_> {
    /// What may keep a client's components from being launched: a policy that takes a right from its account, and where
    /// it has no account, something else.
    pub(super) fn rights_lost(&self) -> Vec<Cause> {
        let at_cycle = self.at_cycle();
        if let Some(profile) = self.as_local_system() {
            let launch = self.item("launch-refused").and_then(|item| Some((item, item.key.code?)));
            return launch
                .map(|(item, code)| Cause::Refused {
                    code: Inferred::measured(code, self.at(Some(item.event))),
                    service: profile.client_service.service.to_string(),
                    at_cycle,
                })
                .into_iter()
                .collect();
        }
        let since_install = self.since_install();
        let taken = self.taken().into_iter().map(|(rights, restricted)| Cause::Policy {
            rights,
            restricted,
            at_cycle: at_cycle.clone(),
            since_install: since_install.clone(),
        });
        taken.collect()
    }

    /// Products whose clients lose rights to a policy, or cannot: by who writes the lines.
    pub(super) fn products(&self, article: &str) -> Vec<Inferred<String>> {
        if let Some(profile) = self.as_local_system() {
            let lines = self.at(self.item("launch-refused").map(|item| item.event));
            return vec![Inferred::measured(
                profile.name.to_string(),
                format!("{lines}: the program that writes it"),
            )];
        }
        let names = match article {
            "KB828371" => ["sms-2003-legacy", "sms-2.0-sp4"],
            _ => ["sms-2.0-sp4", "sms-2003-legacy"],
        };
        let why = "a product that the article is about; of the two the first that repeats the order";
        names.into_iter().map(|name| Inferred::assumed(name.to_owned(), why)).collect()
    }

    /// The product whose service runs as Local System and writes the lines of the refused launch, if one does.
    fn as_local_system(&self) -> Option<Profile> {
        let component = &self.history.events[self.item("launch-refused")?.event].component;
        let mut products =
            Profile::names().filter_map(|name| Profile::resolve(name, &toml::Table::new()).ok());
        products.find(|profile| {
            let own = profile.log.client_service_component.as_str();
            profile.kind == ProductKind::Advanced && own.eq_ignore_ascii_case(component)
        })
    }

    /// Accounts of a domain controller's client that nobody grants the right: as the logs show the install, or as after it.
    pub(super) fn never_granted(&self) -> Vec<Cause> {
        let at_cycle = self.at_cycle();
        let installs = self.item("not-registered").is_some() || self.item("ccm-connected").is_some();
        let delays = match installs {
            true => self.delays(),
            false => vec![Inferred::assumed(Lateness::Constant(0), "no line is about the install")],
        };
        let cause = |late| Cause::NotGranted { late, installs, at_cycle: at_cycle.clone() };
        delays.into_iter().map(cause).collect()
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

    /// Whether the maintenance cycle came just before the failure.
    pub(super) fn at_cycle(&self) -> Inferred<bool> {
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

fn either<'t>(one: &'t str, other: &'t str) -> &'t str {
    if one.is_empty() { other } else { one }
}
