//! Whether a condition holds for a client, and which lines say so.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Condition, Gap, Target, WaitCondition};
use crate::diagnose::codes::language_of;
use crate::diagnose::{Event, Facts, History};

/// What says that a condition holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grounds {
    /// Events, by their places in the history.
    pub events: Vec<usize>,
    /// Facts beside the logs, each in a sentence with its file.
    pub facts: Vec<String>,
}

impl Grounds {
    fn event(number: usize) -> Grounds {
        Grounds { events: vec![number], facts: Vec::new() }
    }

    fn fact(text: String) -> Grounds {
        Grounds { events: Vec::new(), facts: vec![text] }
    }

    fn add(&mut self, other: Grounds) {
        self.events.extend(other.events);
        self.facts.extend(other.facts);
        self.events.sort_unstable();
        self.events.dedup();
    }
}

/// The logs about one client, and the facts.
pub(super) struct Case<'h> {
    pub(super) history: &'h History,
    pub(super) facts: &'h Facts,
    pub(super) client: &'h str,
    /// The places of its events.
    pub(super) events: Vec<usize>,
    pub(super) target: Option<Target>,
}

/// Accounts of a client's service and of its token.
const CLIENT_ACCOUNTS: [&str; 3] = ["SMSCliSvcAcct&", "SMSCliToknAcct&", "SMSCliToknLocalAcct&"];

/// The account of a client's service off domain controllers.
const SERVICE_ACCOUNT: &str = "SMSCliSvcAcct&";

impl<'h> Case<'h> {
    pub(super) fn new(history: &'h History, facts: &'h Facts, client: &'h str) -> Case<'h> {
        let events = history.about_client(client).collect();
        let mut case = Case { history, facts, client, events, target: None };
        case.target = case.tell_target();
        case
    }

    /// What holds, or `None`.
    pub(super) fn holds(&self, condition: &Condition) -> Option<Grounds> {
        let c = condition;
        if c.line.is_some() || !c.lines.is_empty() {
            return self
                .events
                .iter()
                .find(|number| self.fits(c, **number))
                .map(|number| Grounds::event(*number));
        }
        if !c.order.is_empty() {
            return self.order(&c.order);
        }
        if let Some(wait) = &c.wait {
            return self.wait(wait);
        }
        if let Some(gap) = &c.gap {
            return self.gap(gap);
        }
        if let Some(last) = &c.last {
            return self.last(last);
        }
        if !c.all.is_empty() {
            let mut grounds = Grounds::default();
            for part in &c.all {
                grounds.add(self.holds(part)?);
            }
            return Some(grounds);
        }
        if !c.any.is_empty() {
            return c.any.iter().find_map(|part| self.holds(part));
        }
        if let Some(not) = &c.not {
            return self.holds(not).is_none().then(Grounds::default);
        }
        if let Some(target) = c.target {
            return (self.target == Some(target)).then(Grounds::default);
        }
        if let Some(wanted) = &c.language {
            return self.language(wanted);
        }
        if let Some(registry) = &c.registry {
            let (path, value) = self.facts.value(&registry.key, &registry.value)?;
            let number = value.number.filter(|number| *number >= registry.at_least)?;
            return Some(Grounds::fact(format!("{path}: `{}` is {number}", value.name)));
        }
        if !c.right_taken.is_empty() {
            return c.right_taken.iter().find_map(|right| {
                let (path, _) = self.facts.right(*right).find(|(_, holders)| !self.lists(holders))?;
                Some(Grounds::fact(format!("{path}: {} is defined without the account", right.constant())))
            });
        }
        if !c.rights_kept.is_empty() {
            let mut defined = c.rights_kept.iter().flat_map(|right| self.facts.right(*right)).peekable();
            let (path, _) = defined.peek()?.clone();
            let path = path.to_owned();
            return defined
                .all(|(_, holders)| self.lists(&holders))
                .then(|| Grounds::fact(format!("{path}: the account is listed")));
        }
        if c.administrators_restricted {
            let (path, _) = self.facts.administrators().find(|(_, members)| !self.lists(members))?;
            return Some(Grounds::fact(format!("{path}: Administrators is restricted without the account")));
        }
        if c.minimum_password_age {
            return self.facts.templates.iter().find_map(|(path, template)| {
                let mut settings = template.account_settings();
                let (key, value) =
                    settings.find(|(key, value)| key.as_str() == "MinimumPasswordAge" && *value > 0)?;
                Some(Grounds::fact(format!("{path}: {} is {value}", key.as_str())))
            });
        }
        if c.replication_fails {
            let (path, link) = self.facts.links.iter().find(|(_, link)| link.status != 0)?;
            let text =
                format!("{path}: {} pulls from {} with {}", link.destination, link.source, link.status);
            return Some(Grounds::fact(text));
        }
        if let Some(length) = c.short_domain {
            return self.accounts().find_map(|(number, domain, _)| {
                (!domain.is_empty()
                    && domain.chars().count() < length
                    && !domain.eq_ignore_ascii_case(self.client))
                .then(|| Grounds::event(number))
            });
        }
        if let Some(wanted) = c.prefixes {
            return self.prefixes(wanted);
        }
        c.requests_side_by_side.and_then(|wanted| self.side_by_side(wanted))
    }

    fn event(&self, number: usize) -> &'h Event {
        &self.history.events[number]
    }

    /// Whether an event is a line that the condition asks for.
    fn fits(&self, c: &Condition, number: usize) -> bool {
        let event = self.event(number);
        let step = event.step.as_deref().unwrap_or_default();
        let step_fits = c.line.as_deref() == Some(step) || c.lines.iter().any(|line| line == step);
        let code = event.code;
        step_fits
            && c.code.is_none_or(|wanted| code == Some(wanted))
            && (c.codes.is_empty() || code.is_some_and(|code| c.codes.contains(&code)))
            && c.value.as_deref().is_none_or(|wanted| {
                let wanted = wanted.to_lowercase();
                event.values.iter().any(|(_, value)| value.to_lowercase().contains(&wanted))
            })
    }

    /// Lines in this order. What a line of another machine's clock says is as good as the clocks are.
    fn order(&self, order: &[Condition]) -> Option<Grounds> {
        // From the end: the last line first, then the last one before it that fits.
        let mut grounds = Grounds::default();
        let mut end = self.events.len();
        for part in order.iter().rev() {
            let at = self.events[..end].iter().rposition(|number| self.fits(part, *number))?;
            grounds.add(Grounds::event(self.events[at]));
            end = at;
        }
        Some(grounds)
    }

    fn wait(&self, wanted: &WaitCondition) -> Option<Grounds> {
        self.history.waits_about(self.client).find_map(|wait| {
            let step = wait.step.as_str();
            let step_fits =
                wanted.line.as_deref() == Some(step) || wanted.lines.iter().any(|line| line == step);
            let code_fits = wanted.code.is_none_or(|code| wait.code == Some(code));
            if !step_fits || !code_fits || !within(wait.lasted, wanted.at_least, wanted.at_most) {
                return None;
            }
            let mut grounds = Grounds { events: vec![wait.first, wait.last], facts: Vec::new() };
            if let Some(then) = &wanted.then {
                let next = wait.then.filter(|next| self.fits(then, *next))?;
                if let Some(most) = wanted.within {
                    let (last, next) = (self.event(wait.last).last_at?, self.event(next).at?);
                    if next - last > most {
                        return None;
                    }
                }
                grounds.events.push(next);
            }
            grounds.events.dedup();
            Some(grounds)
        })
    }

    fn gap(&self, gap: &Gap) -> Option<Grounds> {
        let is = |number: usize, step: &str| {
            let event = self.event(number);
            match step {
                "ccm-stored-retry" => event.is("ccm-stored") && event.value("queue") == Some("Retry"),
                _ => event.is(step),
            }
        };
        let mut from = None;
        for number in self.events.iter().copied() {
            if is(number, &gap.from) {
                from = Some(number);
            } else if is(number, &gap.to)
                && let Some(begun) = from.take()
                && let Some((begun_at, at)) = self.history.when(begun).zip(self.history.when(number))
                && within(at - begun_at, gap.at_least, gap.at_most)
            {
                return Some(Grounds { events: vec![begun, number], facts: Vec::new() });
            }
        }
        None
    }

    /// The last of the site server's lines about the client is this one.
    fn last(&self, condition: &Condition) -> Option<Grounds> {
        let steps = self.events.iter().rev().copied().filter(|number| {
            self.event(*number)
                .step
                .as_deref()
                .is_some_and(|step| step.starts_with("ccm-") && step != "ccm-deletes")
        });
        let last = steps.into_iter().next()?;
        self.fits(condition, last).then(|| Grounds::event(last))
    }

    fn language(&self, wanted: &str) -> Option<Grounds> {
        self.events.iter().copied().find_map(|number| {
            let language = language_of(self.event(number).value("text")?)?;
            (format!("{language:?}").eq_ignore_ascii_case(wanted)).then(|| Grounds::event(number))
        })
    }

    /// Accounts with which the site server tried to connect: the event, the domain and the user.
    fn accounts(&self) -> impl Iterator<Item = (usize, &'h str, &'h str)> + '_ {
        self.events.iter().copied().filter_map(|number| {
            let event = self.event(number);
            let step = event.step.as_deref()?;
            let account = event.value("account").filter(|_| step.starts_with("ccm-"))?;
            let (domain, user) = account.split_once('\\')?;
            Some((number, domain, user))
        })
    }

    fn prefixes(&self, wanted: usize) -> Option<Grounds> {
        let mut domains: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (number, domain, user) in self.accounts() {
            domains.entry(user).or_default().entry(domain).or_insert(number);
        }
        let many = domains.into_values().find(|domains| domains.len() >= wanted)?;
        let mut events: Vec<usize> = many.into_values().collect();
        events.sort_unstable();
        Some(Grounds { events, facts: Vec::new() })
    }

    fn side_by_side(&self, wanted: usize) -> Option<Grounds> {
        let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
        for number in self.events.iter().copied() {
            let event = self.event(number);
            let Some(request) = event.value("request").filter(|_| event.is("ccm-stored")) else { continue };
            match event.value("queue") {
                Some("Retry") => drop(waiting.insert(request, number)),
                _ => drop(waiting.remove(request)),
            }
            if waiting.len() >= wanted {
                let mut events: Vec<usize> = waiting.into_values().collect();
                events.sort_unstable();
                return Some(Grounds { events, facts: Vec::new() });
            }
        }
        None
    }

    /// What the client is, by the accounts that are made for it.
    fn tell_target(&self) -> Option<Target> {
        let accounts: BTreeSet<&str> =
            self.events.iter().filter_map(|number| self.event(*number).value("account")).collect();
        let waits = self.history.waits_about(self.client).next().is_some();
        let has = |prefix: &str| accounts.iter().any(|account| account.starts_with(prefix));
        if has("SMS&_") || has("SMS#_") || waits {
            return Some(Target::DomainController);
        }
        let local = accounts
            .iter()
            .any(|account| account.starts_with("SMSCCMBootAcct&") || *account == SERVICE_ACCOUNT);
        local.then_some(Target::Member)
    }

    /// Whether holders or members include an account of the client, or everybody it belongs to.
    fn lists(&self, holders: &[&str]) -> bool {
        holders.iter().any(|holder| {
            let bare = holder.rsplit('\\').next().unwrap_or(holder);
            CLIENT_ACCOUNTS.iter().any(|account| bare.eq_ignore_ascii_case(account))
                || bare.eq_ignore_ascii_case(&format!("SMS&_{}", self.client))
        })
    }
}

fn within(value: i64, least: Option<i64>, most: Option<i64>) -> bool {
    least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most)
}
