//! Why a right was missing: which policy object won, and which of its settings took the right away.

use mockdc_mocks::{AccountName, Fact, GpoName, HostName, Name, Right, StateKey, Value, Verb, Win32Error};
use mockdc_scenarios::Action;

use super::{Because, Inquiry};
use crate::report::instant;
use crate::timeline::{Event, EventKind};

/// What an object says of a right from an event on; `None`: it does not define it.
struct Definition<'p> {
    since: u64,
    object: &'p GpoName,
    holders: Option<Vec<String>>,
}

impl<'r> Inquiry<'r> {
    /// A logon that was refused.
    pub(super) fn logon(
        &self,
        event: &'r Event,
        error: Win32Error,
        account: Option<&AccountName>,
        depth: usize,
    ) -> Vec<Because> {
        let refusal = self.before(event.seq + 1).find_map(|other| match &other.kind {
            EventKind::Fact(Fact::LogonRefused { account, logon, error: of, .. })
                if *of == error && other.at == event.at =>
            {
                Some((other, account, *logon))
            }
            _ => None,
        });
        let account = account.or(refusal.map(|(_, account, _)| account));
        let Some(account) = account else { return Vec::new() };
        match error.code() {
            1385 => {
                let right = refusal.map_or(Right::ServiceLogon, |(_, _, logon)| right_of(logon));
                let host = refusal.map_or(&event.host, |(other, ..)| &other.host);
                vec![self.right(event, host, account, right)]
            }
            1326 | 1317 | 1332 => self.deletion(account.name(), event.seq, depth).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Why an account did not hold a right at a host when an event came.
    pub(super) fn right(
        &self,
        event: &'r Event,
        host: &HostName,
        account: &AccountName,
        right: Right,
    ) -> Because {
        let change = self.before(event.seq + 1).find(|other| {
            other.host == *host
                && matches!(&other.kind, EventKind::Fact(Fact::State {
                    key: StateKey::Right { account: of, right: is }, ..
                }) if *is == right && of.name() == account.name())
        });
        let lost = change.filter(|change| {
            matches!(&change.kind, EventKind::Fact(Fact::State { value: None | Some(Value::Is(false)), .. }))
        });
        let (told, at) = match (lost, change) {
            (Some(lost), _) => (
                Because::new(format!("{account} lost {right} at {host} at {}", instant(lost.at)), [lost.seq]),
                lost,
            ),
            // It holds the right by now, and its token is older.
            (None, Some(held)) => {
                let text = format!(
                    "{account} holds {right} at {host} since {}, but its token is older than that",
                    instant(held.at)
                );
                return Because::new(text, [held.seq]).and(self.logged_on(event, host));
            }
            (None, None) => (
                Because::new(format!("{account} did not hold {right} at {host} at any time before"), []),
                event,
            ),
        };
        told.and(self.decided(at, host, right))
    }

    /// The policy that decided a right at a host, when it was last applied.
    fn decided(&self, change: &'r Event, host: &HostName, right: Right) -> Vec<Because> {
        let is_policy = |other: &&&Event| {
            other.host == *host && matches!(&other.kind, EventKind::Fact(Fact::PolicyApplied { .. }))
        };
        let behind: Vec<&'r Event> =
            self.after(change.seq).take_while(|other| other.at == change.at).collect();
        let ahead: Vec<&'r Event> = self.before(change.seq + 1).collect();
        let applied = ahead
            .iter()
            .take_while(|other| other.at == change.at)
            .find(is_policy)
            .or_else(|| behind.iter().find(is_policy))
            .or_else(|| ahead.iter().find(is_policy));
        let Some(applied) = applied else {
            return vec![Because::new(
                format!("{host} had applied no policy by then: its own rights count"),
                [],
            )];
        };
        let EventKind::Fact(Fact::PolicyApplied { objects, .. }) = &applied.kind else { return Vec::new() };
        let definitions = self.definitions(right);
        // The strongest stands last.
        for object in objects.iter().rev() {
            let said = definitions
                .iter()
                .rfind(|definition| definition.object == object && definition.since <= applied.seq);
            let Some(Definition { since, holders: Some(holders), .. }) = said else { continue };
            let setting = match holders.is_empty() {
                true => format!("{} =   (defined, and nobody holds it)", right.constant()),
                false => format!("{} = {}", right.constant(), holders.join(",")),
            };
            let text = format!(
                "the policy object {object} won at {host} when policy was applied at {}, and its setting is `{setting}`",
                instant(applied.at)
            );
            let mut told = Because::new(text, [applied.seq]);
            if *since > 0 {
                told = told.and(self.event(*since).map(|edit| {
                    Because::new(format!("it was edited so at {}", instant(edit.at)), [edit.seq])
                }));
            }
            return vec![told];
        }
        let names: Vec<&str> = objects.iter().map(|object| object.as_str()).collect();
        let text = match names.is_empty() {
            true => format!("no policy object decides a value at {host}; its own rights count"),
            false => format!(
                "policy was applied at {} ({}), and none of these objects is known to define {right}: the machine's own \
                 rights count",
                instant(applied.at),
                names.join(", ")
            ),
        };
        vec![Because::new(text, [applied.seq])]
    }

    /// What the policy objects of the scenario say of a right, in the order of time.
    fn definitions(&self, right: Right) -> Vec<Definition<'r>> {
        let plan = self.run.plan();
        let mut definitions = Vec::new();
        for object in &plan.world.policies {
            let written = object.template.as_deref().and_then(|text| in_template(text, right));
            let stated = object.rights.get(&right).map(|holders| texts(holders));
            definitions.push(Definition { since: 0, object: &object.name, holders: stated.or(written) });
        }
        for event in &self.run.events {
            let EventKind::Step { id, code: 0 } = &event.kind else { continue };
            let Some(step) = plan.steps.iter().find(|step| step.id == *id) else { continue };
            let Action::Do { operation, .. } = &step.action else { continue };
            let (object, holders) = match &operation.verb {
                Verb::GpoWrite { gpo, template } => (gpo, in_template(template, right)),
                Verb::GpoDefineRight { gpo, right: of, holders } if *of == right => {
                    (gpo, Some(texts(holders)))
                }
                Verb::GpoUndefineRight { gpo, right: of } if *of == right => (gpo, None),
                Verb::GpoAddToRight { gpo, right: of, holder } if *of == right => {
                    let known = definitions.iter().rfind(|known: &&Definition<'_>| known.object == gpo);
                    let mut holders = known.and_then(|known| known.holders.clone()).unwrap_or_default();
                    holders.push(holder.to_string());
                    (gpo, Some(holders))
                }
                _ => continue,
            };
            definitions.push(Definition { since: event.seq, object, holders });
        }
        definitions
    }

    /// When the service under whose token something runs was started.
    fn logged_on(&self, event: &'r Event, host: &HostName) -> Option<Because> {
        let started = self.before(event.seq).find(|other| {
            other.host == *host && matches!(&other.kind, EventKind::Fact(Fact::ServiceStarted { .. }))
        })?;
        let text = format!("the service logged on at {}", instant(started.at));
        Some(Because::new(text, [started.seq]))
    }
}

fn right_of(logon: mockdc_mocks::LogonType) -> Right {
    use mockdc_mocks::LogonType;
    match logon {
        LogonType::Service => Right::ServiceLogon,
        LogonType::Network => Right::NetworkLogon,
        LogonType::Batch => Right::BatchLogon,
        _ => Right::InteractiveLogon,
    }
}

fn texts(names: &[Name]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// The holders that a security template gives a right; `None` when it does not define it.
fn in_template(text: &str, right: Right) -> Option<Vec<String>> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.eq_ignore_ascii_case("[Privilege Rights]");
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        if inside && key.trim().eq_ignore_ascii_case(right.constant()) {
            let names = value.split(',').map(|name| name.trim().to_owned());
            return Some(names.filter(|name| !name.is_empty()).collect());
        }
    }
    None
}
