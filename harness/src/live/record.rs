//! What a program did, as a scenario with a script that does it again in virtual time.

use std::collections::BTreeMap;

use mockdc_mocks::{AccountName, Attribute, Fact, HostName, Name, SimTime, Span, StateKey, Value as State};
use mockdc_scenarios::{LdapOperation, Plan};
use toml::{Table, Value};

use crate::timeline::{Event, EventKind, Events, LdapCall, Timeline};

/// The script's name.
const SCRIPT: &str = "recorded";

/// The password of recorded accounts: the wire's own is not kept.
const PASSWORD: &str = "Pa55-word-recorded!";

/// Kinds of faults that only clients at ports meet.
const AT_PORTS: [&str; 2] = ["wire", "close-port"];

/// The scenario of a run with its program's traffic as a script. The world and the steps stay; expectations go, for
/// they are about the program.
pub fn recorded(run: &Timeline) -> String {
    let plan = run.plan();
    let text = std::fs::read_to_string(&plan.file).unwrap_or_default();
    let mut scenario: Table = toml::from_str(&text).unwrap_or_default();
    for key in ["program", "expect", "rule"] {
        scenario.remove(key);
    }
    // What is at ports does not touch the script: what it did to the program's operations is in them already.
    if let Some(Value::Array(faults)) = scenario.get_mut("fault") {
        faults.retain(|fault| AT_PORTS.iter().all(|kind| fault.get(kind).is_none()));
        if faults.is_empty() {
            scenario.remove("fault");
        }
    }
    let case = plan.name.split_once('[').and_then(|(_, case)| case.strip_suffix(']'));
    if let (Some(case), Some(Value::Array(rows))) = (case, scenario.get_mut("case")) {
        rows.retain(|row| row.get("name").and_then(Value::as_str) == Some(case));
    }
    let name = plan.name.split('[').next().unwrap_or_default();
    scenario.insert("name".into(), format!("{name}-recorded").into());
    let mut expect = Table::new();
    expect.insert("script".into(), table([("name", SCRIPT.into()), ("ended", Value::Integer(0))]));
    scenario.insert("expect".into(), Value::Array(vec![Value::Table(expect)]));
    let scripts = scenario.entry("script").or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(scripts) = scripts {
        scripts.push(Value::Table(script(plan, &run.events)));
    }
    let head = format!(
        "# Recorded by `mockdc exec`: what a program did over LDAP, as operations of the port. Passwords that it set are\n\
         # not recorded; `{PASSWORD}` stands for them.\n"
    );
    let mut keys = Table::new();
    // `format` is the first key of a scenario.
    keys.insert("format".into(), Value::Integer(1));
    scenario.remove("format");
    keys.extend(scenario);
    head + &toml::to_string(&keys).unwrap_or_default()
}

fn script(plan: &Plan, events: &Events) -> Table {
    let mut script = Table::new();
    script.insert("name".into(), SCRIPT.into());
    let host = plan.program.as_ref().map(|program| program.host.to_string());
    let pdc = || plan.world.dcs.first().map(|dc| dc.name.to_string()).unwrap_or_default();
    script.insert("host".into(), host.unwrap_or_else(pdc).into());
    let (user, password) = match &plan.program {
        Some(program) => (program.user.user.to_string(), program.user.password.reveal().to_owned()),
        None => ("Administrator".to_owned(), plan.world.domain.administrator_password.reveal().to_owned()),
    };
    script.insert("user".into(), credentials(&user, &password));
    let mut replay = Replay { user, password, ..Replay::default() };
    events.iter().for_each(|event| replay.take(event));
    let begins = replay.begins.unwrap_or_default();
    script.insert("at".into(), begins.since(SimTime::START).to_string().into());
    script.insert("step".into(), Value::Array(replay.steps));
    script
}

/// Pieces of state with their new values; `None`: gone.
type States = Vec<(StateKey, Option<State>)>;

#[derive(Default)]
struct Replay {
    user: String,
    password: String,
    begins: Option<SimTime>,
    now: SimTime,
    steps: Vec<Value>,
    /// The kinds of all accounts that were ever seen.
    kinds: BTreeMap<Name, String>,
    /// States since the last operation at each controller, that no actor of the scenario brought about, and when the
    /// last of them came: an operation is told once it is answered, which is later.
    fresh: BTreeMap<HostName, (SimTime, States)>,
}

impl Replay {
    fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Fact(Fact::State { key, value, .. }) => {
                if let (StateKey::Account { account }, Some(State::Text(kind))) = (key, value) {
                    self.kinds.insert(account.name().clone(), kind.to_string());
                }
                if event.at >= SimTime::START && event.actor.is_none() {
                    let (latest, states) = self.fresh.entry(event.host.clone()).or_default();
                    *latest = event.at;
                    states.push((key.clone(), value.clone()));
                }
            }
            // What has come from elsewhere is no doing of a client's.
            EventKind::Fact(Fact::Replicated { .. }) => {
                self.fresh.remove(&event.host);
            }
            EventKind::Ldap(call) => {
                let LdapCall { operation, at, by, subject, result, entries, .. } = &**call;
                let (changed, fresh) = self.fresh.remove(at).unwrap_or((event.at, States::new()));
                let when = if operation.writes() && *result == 0 { changed } else { event.at };
                let verbs = match operation {
                    operation if operation.writes() => {
                        self.written(*operation, *result, subject.as_ref(), fresh)
                    }
                    LdapOperation::Search | LdapOperation::Compare => {
                        self.looked(subject.as_ref(), *result, *entries)
                    }
                    LdapOperation::Bind => self.bound(by.as_ref(), subject.as_ref(), *result),
                    _ => Vec::new(),
                };
                for (verb, arguments, require) in verbs {
                    self.step(when, at, verb, arguments, require);
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, now: SimTime, at: &HostName, verb: &str, arguments: Value, require: Option<u32>) {
        if self.begins.is_none() {
            self.begins = Some(now);
            self.now = now;
        }
        let passed = now.since(self.now);
        if passed > Span::ZERO {
            self.steps.push(table([("pause", passed.to_string().into())]));
            self.now = now;
        }
        let mut step = Table::new();
        step.insert("do".into(), table([(verb, arguments)]));
        step.insert("at".into(), at.to_string().into());
        if let Some(code) = require {
            step.insert("require".into(), Value::Integer(code.into()));
        }
        self.steps.push(Value::Table(step));
    }

    /// What a write did, or the refusal that it met.
    fn written(
        &self,
        operation: LdapOperation,
        result: u32,
        subject: Option<&Name>,
        fresh: States,
    ) -> Vec<(&'static str, Value, Option<u32>)> {
        let Some(subject) = subject else { return Vec::new() };
        if result != 0 {
            return match (operation, result) {
                (LdapOperation::Add, 68) => vec![("user-add", new_user(subject), Some(2224))],
                (LdapOperation::Delete, 32) => vec![("user-delete", of_user(subject), Some(2221))],
                _ => Vec::new(),
            };
        }
        let added = fresh.iter().any(|(key, value)| {
            value.is_some() && matches!(key, StateKey::Account { account } if account.name() == subject)
        });
        // What goes with an account is no doing of its own.
        let gone: Vec<&AccountName> =
            fresh.iter().filter_map(|(key, value)| removed(key, value.as_ref())).collect();
        let follows = |key: &StateKey| match key {
            StateKey::Member { group, member } => gone.contains(&group) || gone.contains(&member),
            StateKey::Attribute { account, .. } => gone.contains(&account),
            _ => false,
        };
        let own = fresh.iter().filter(|(key, _)| !follows(key));
        own.filter_map(|(key, value)| self.change(key, value.as_ref(), added)).collect()
    }

    fn change(
        &self,
        key: &StateKey,
        value: Option<&State>,
        added: bool,
    ) -> Option<(&'static str, Value, Option<u32>)> {
        let kind = |account: &AccountName| self.kinds.get(account.name()).map(String::as_str);
        Some(match (key, value) {
            (StateKey::Account { account }, Some(_)) => match kind(account)? {
                "group" => ("group-add", of_group(account.name()), None),
                "local-group" => ("local-group-add", of_group(account.name()), None),
                _ => ("user-add", new_user(account.name()), None),
            },
            (StateKey::Account { account }, None) => match kind(account)? {
                "group" => ("group-delete", of_group(account.name()), None),
                "local-group" => ("local-group-delete", of_group(account.name()), None),
                _ => ("user-delete", of_user(account.name()), None),
            },
            (StateKey::Member { group, member }, value) => {
                let there = value.is_some_and(|value| *value != State::Is(false));
                // A new user is a member of Domain Users by itself.
                if added && *group == *"Domain Users" {
                    return None;
                }
                let (verb, of) = match (kind(group)? == "local-group", there) {
                    (false, true) => ("group-add-user", "user"),
                    (false, false) => ("group-remove-user", "user"),
                    (true, true) => ("local-group-add-member", "member"),
                    (true, false) => ("local-group-remove-member", "member"),
                };
                (verb, table([("group", text(group)), (of, text(member))]), None)
            }
            (StateKey::Attribute { account, attribute: Attribute::Comment }, value) => {
                let comment = match value {
                    Some(State::Text(text)) if !text.is_empty() || !added => text.to_string(),
                    None if !added => String::new(),
                    _ => return None,
                };
                ("user-set-comment", table([("user", text(account)), ("comment", comment.into())]), None)
            }
            (StateKey::Attribute { account, attribute: Attribute::PasswordVersion }, Some(_)) if !added => {
                ("user-set-password", table([("user", text(account)), ("password", PASSWORD.into())]), None)
            }
            (StateKey::Attribute { account, attribute: Attribute::Disabled }, value) if !added => {
                let list = Value::Array(vec!["disabled".into()]);
                let which = if matches!(value, Some(State::Is(true))) { "set" } else { "clear" };
                ("user-set-flags", table([("user", text(account)), (which, list)]), None)
            }
            _ => return None,
        })
    }

    fn looked(
        &self,
        subject: Option<&Name>,
        result: u32,
        entries: u32,
    ) -> Vec<(&'static str, Value, Option<u32>)> {
        let Some(subject) = subject else { return Vec::new() };
        let found = match result {
            0 => entries > 0,
            // No such object.
            32 => false,
            // A comparison has its answer.
            5 | 6 => true,
            // Nobody looked.
            _ => return Vec::new(),
        };
        let kind = self.kinds.get(subject).map(String::as_str);
        let (verb, arguments, missing) = match kind {
            Some("group") => ("group-members", of_group(subject), 2220),
            Some("local-group") => ("local-group-members", of_group(subject), 1376),
            _ => ("user-info", of_user(subject), 2221),
        };
        vec![(verb, arguments, (!found).then_some(missing))]
    }

    fn bound(
        &self,
        by: Option<&AccountName>,
        subject: Option<&Name>,
        result: u32,
    ) -> Vec<(&'static str, Value, Option<u32>)> {
        let logon = |user: &str, password: &str| {
            table([("credentials", credentials(user, password)), ("logon", "network".into())])
        };
        // Who a connection is bound as shows from the next operation on; a bind itself tells whom it is about.
        let user = Name::from(self.user.as_str());
        let own = by.is_some_and(|by| *by.name() == user) || subject.is_some_and(|subject| *subject == user);
        match (by, subject, result) {
            (.., 0) if own => vec![("logon", logon(&self.user, &self.password), None)],
            (None, Some(subject), 49) => {
                vec![("logon", logon(subject.as_str(), "not-the-password"), Some(1326))]
            }
            _ => Vec::new(),
        }
    }
}

/// The account that a piece of state says is gone.
fn removed<'a>(key: &'a StateKey, value: Option<&State>) -> Option<&'a AccountName> {
    match (key, value) {
        (StateKey::Account { account }, None) => Some(account),
        _ => None,
    }
}

fn new_user(user: &Name) -> Value {
    table([("user", user.to_string().into()), ("password", PASSWORD.into())])
}

fn of_user(user: &Name) -> Value {
    table([("user", user.to_string().into())])
}

fn of_group(group: &Name) -> Value {
    table([("group", group.to_string().into())])
}

fn credentials(user: &str, password: &str) -> Value {
    table([("user", user.into()), ("password", password.into())])
}

fn text(account: &AccountName) -> Value {
    account.to_string().into()
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
