//! Hand-made runs for tests.

use mockdc_mocks::{
    AccountName, Fact, HostName, LogonType, Name, ProcessId, SimTime, Span, StateKey, Token, Value, VerbKind,
    Version,
};

use std::sync::Arc;

use mockdc_mocks::{DcRole, WorldSpec};
use mockdc_scenarios::{Client, Plan, Profile};

use super::{ActorId, Event, EventKind, Role, Timeline};

/// Writes events down one after the other.
#[derive(Default)]
pub(crate) struct Story {
    pub(crate) events: Vec<Event>,
    now: SimTime,
    actor: Option<ActorId>,
}

pub(crate) fn span(text: &str) -> Span {
    text.parse().unwrap()
}

pub(crate) fn time(text: &str) -> SimTime {
    SimTime::START + span(text)
}

pub(crate) fn account_key(account: &str) -> StateKey {
    StateKey::Account { account: account.into() }
}

/// A token of nobody in particular.
pub(crate) fn token(account: Option<&str>, host: &str) -> std::sync::Arc<Token> {
    std::sync::Arc::new(Token {
        credentials: account.map(|account| mockdc_mocks::Credentials {
            authority: Default::default(),
            user: account.into(),
            password: "secret".into(),
        }),
        host: host.into(),
        logon: LogonType::Service,
        rights: Default::default(),
        groups: Default::default(),
        administrator: true,
        issued: SimTime::START,
    })
}

impl Story {
    pub(crate) fn at(&mut self, text: &str) -> &mut Story {
        self.now = time(text);
        self
    }

    /// What follows is done by this actor; `None`: by the domain model.
    pub(crate) fn by(&mut self, actor: Option<u32>) -> &mut Story {
        self.actor = actor.map(ActorId);
        self
    }

    pub(crate) fn event(&mut self, host: &str, kind: EventKind) -> &mut Story {
        self.events.push(Event {
            seq: self.events.len() as u64,
            at: self.now,
            host: host.into(),
            actor: self.actor,
            cause: None,
            kind,
        });
        self
    }

    pub(crate) fn fact(&mut self, host: &str, fact: Fact) -> &mut Story {
        self.event(host, EventKind::Fact(fact))
    }

    pub(crate) fn state(&mut self, host: &str, key: StateKey, value: Option<Value>) -> &mut Story {
        self.fact(host, Fact::State { key, value, version: None })
    }

    pub(crate) fn versioned(
        &mut self,
        host: &str,
        key: StateKey,
        value: Option<Value>,
        version: u64,
    ) -> &mut Story {
        self.fact(host, Fact::State { key, value, version: Some(Version(version)) })
    }

    pub(crate) fn user(&mut self, host: &str, account: &str) -> &mut Story {
        self.state(host, account_key(account), Some(Value::Text("user".into())))
    }

    pub(crate) fn gone(&mut self, host: &str, account: &str) -> &mut Story {
        self.state(host, account_key(account), None)
    }

    pub(crate) fn call(
        &mut self,
        from: &str,
        by: Option<&str>,
        at: &str,
        verb: VerbKind,
        subject: &str,
        code: u32,
    ) -> &mut Story {
        let kind = EventKind::Call {
            verb,
            at: HostName::from(at),
            by: by.map(AccountName::from),
            subject: Some(Name::from(subject)),
            code,
            seen: None,
            took: Span::ZERO,
        };
        self.event(from, kind)
    }

    pub(crate) fn line(&mut self, host: &str, file: &str, text: &str) -> &mut Story {
        let kind = EventKind::Log {
            file: file.into(),
            component: "CliEx32.dll".into(),
            thread: 108,
            clock: None,
            text: text.to_owned(),
        };
        self.event(host, kind)
    }

    /// An actor starts; what follows is done by it.
    pub(crate) fn starts(
        &mut self,
        actor: u32,
        role: Role,
        host: &str,
        account: Option<&str>,
        process: Option<u32>,
        subject: &str,
    ) -> &mut Story {
        self.by(Some(actor)).event(
            host,
            EventKind::ActorStarted {
                role,
                process: process.map(ProcessId),
                account: account.map(AccountName::from),
                subject: subject.into(),
            },
        )
    }

    pub(crate) fn ends(&mut self, actor: u32, role: Role, host: &str, code: u32) -> &mut Story {
        self.by(Some(actor)).event(host, EventKind::ActorEnded { role, code })
    }

    pub(crate) fn process_ends(
        &mut self,
        host: &str,
        process: u32,
        program: &str,
        code: Option<u32>,
    ) -> &mut Story {
        let fact = Fact::ProcessEnded { process: ProcessId(process), program: program.into(), code };
        self.by(None).fact(host, fact)
    }
}

/// PDC1, BDC1 and the site server SMS1; a client of SP3 on BDC1.
pub(crate) fn plan() -> Plan {
    let dc = |name: &str, role| mockdc_mocks::DcSpec {
        name: name.into(),
        role,
        machine: Default::default(),
        delay: None,
        nt4: None,
    };
    let profile = Profile::resolve("sms-2.0-sp3", &toml::Table::new()).unwrap();
    Plan {
        imports: Vec::new(),
        name: "hand-made".into(),
        title: String::new(),
        description: String::new(),
        cites: Vec::new(),
        tags: Vec::new(),
        file: "hand-made.toml".into(),
        start: "2002-08-06T09:00:00".into(),
        time_zone: "Pacific Standard Time".into(),
        seed: None,
        until: None,
        world: WorldSpec {
            dcs: vec![dc("PDC1", DcRole::Pdc), dc("BDC1", DcRole::Bdc)],
            ..WorldSpec::default()
        },
        site_servers: vec![mockdc_scenarios::SiteServer {
            machine: "SMS1".into(),
            site: "ABC".into(),
            profile: profile.clone().into(),
            service_account: mockdc_mocks::Credentials {
                authority: Default::default(),
                user: "SMSService".into(),
                password: "secret".into(),
            },
            connection_accounts: Vec::new(),
            excluded: Vec::new(),
        }],
        clients: vec![Client { machine: "BDC1".into(), profile: profile.into(), installed: false }],
        scripts: Vec::new(),
        program: None,
        steps: Vec::new(),
        expects: Vec::new(),
        violates: Vec::new(),
        rules: Vec::new(),
    }
}

pub(crate) fn timeline(plan: Plan, story: &Story) -> Timeline {
    Timeline::new(Arc::new(plan), 7, story.events.clone())
}
