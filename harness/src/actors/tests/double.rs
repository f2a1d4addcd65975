//! A double of the port: one domain controller that shows a new account a fixed delay after the PDC has it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use mockdc_mocks::{
    AccountName, Answer, Caller, Credentials, Fact, HostName, LogonType, Operation, Port, ProcessId,
    ProgramName, Reply, Right, RightSet, ServiceName, ServiceState, SimTime, Span, Token, UserInfo, Verb,
    Who, Win32Error,
};

use crate::run::Stage;
use crate::timeline::EventKind;

/// The double's answers and what it remembers.
#[derive(Default)]
pub(super) struct Double {
    pub(super) stage: OnceCell<Rc<Stage>>,
    /// From an account's creation to its appearance at any host that is not the PDC.
    pub(super) delay: Span,
    /// What every connection to a share is answered with, when refused.
    pub(super) no_access: Option<Win32Error>,
    /// The rights of every token.
    pub(super) rights: RefCell<RightSet>,
    /// Whether every token is an administrator's.
    pub(super) administrator: Cell<bool>,
    pub(super) created: RefCell<BTreeMap<AccountName, SimTime>>,
    pub(super) deleted: RefCell<BTreeSet<AccountName>>,
    pub(super) groups: RefCell<BTreeSet<AccountName>>,
    pub(super) services: RefCell<BTreeMap<ServiceName, (ProgramName, Option<Credentials>)>>,
    pub(super) running: RefCell<BTreeMap<ServiceName, ProcessId>>,
    pub(super) processes: Cell<u32>,
}

/// The double as a port.
pub(super) struct Shared(pub(super) Rc<Double>);

impl Port for Shared {
    fn call(&self, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Answer> {
        let answer = self.0.answer(by, operation);
        async move { answer }.boxed_local()
    }
}

impl Double {
    fn stage(&self) -> &Rc<Stage> {
        self.stage.get().expect("the test sets the stage first")
    }

    fn now(&self) -> SimTime {
        self.stage().now()
    }

    pub(super) fn answer(&self, by: &Caller, operation: Operation) -> Answer {
        let Operation { at, verb } = operation;
        if let Some(credentials) = by.credentials()
            && at != by.host
            && self.deleted.borrow().contains(&credentials.user)
        {
            return Err(Win32Error::LOGON_FAILURE);
        }
        match verb {
            Verb::ShareConnect { .. } => self.no_access.map_or(Ok(Reply::Done), Err),
            Verb::GroupAdd { group } => match self.groups.borrow_mut().insert(group) {
                true => Ok(Reply::Done),
                false => Err(Win32Error::NERR_GROUP_EXISTS),
            },
            Verb::UserAdd { user, .. } => {
                self.deleted.borrow_mut().remove(&user);
                let mut created = self.created.borrow_mut();
                if created.contains_key(&user) {
                    return Err(Win32Error::NERR_USER_EXISTS);
                }
                created.insert(user, self.now());
                Ok(Reply::Done)
            }
            Verb::UserDelete { user } => {
                self.created.borrow_mut().remove(&user);
                self.deleted.borrow_mut().insert(user);
                Ok(Reply::Done)
            }
            Verb::UserInfo { user } => self.info(&at, user),
            Verb::LookupSid { .. } => Ok(Reply::Text("Administrators".to_owned())),
            Verb::LocalGroupMembers { .. } => {
                let own = by.credentials().map(|credentials| credentials.user.clone());
                Ok(Reply::Members(own.into_iter().filter(|_| self.administrator.get()).collect()))
            }
            Verb::RightsOf { .. } => Ok(Reply::Rights(*self.rights.borrow())),
            Verb::RegistryRead { .. } => Err(Win32Error::FILE_NOT_FOUND),
            Verb::ServiceQuery { service } => match self.services.borrow().contains_key(&service) {
                true => Ok(Reply::Service(ServiceState::Stopped)),
                false => Err(Win32Error::SERVICE_DOES_NOT_EXIST),
            },
            Verb::ServiceCreate { service, program, account, .. } => {
                self.services.borrow_mut().insert(service, (program, account));
                Ok(Reply::Done)
            }
            Verb::ServiceStart { service } => self.start(&at, service),
            Verb::ServiceReport { service, state: ServiceState::Stopped, code } => {
                self.end(&at, self.running.borrow_mut().remove(&service), code);
                self.tell(&at, Fact::ServiceStopped { service, code });
                Ok(Reply::Done)
            }
            Verb::ProcessLaunch { program, as_user, .. } => self.launch(by, &at, program, as_user),
            Verb::ProcessExit { process, code } => {
                self.end(&at, Some(process), code);
                Ok(Reply::Done)
            }
            _ => Ok(Reply::Done),
        }
    }

    fn info(&self, at: &HostName, user: AccountName) -> Answer {
        let created = self.created.borrow().get(&user).copied();
        match created {
            Some(created) if *at == "PDC1" || created + self.delay <= self.now() => {
                Ok(Reply::User(Box::new(UserInfo {
                    name: user,
                    rid: 1000,
                    comment: at.as_str().to_owned(),
                    flags: BTreeSet::new(),
                    primary_group: None,
                    password_set: created,
                    password_version: 1,
                    bad_passwords: 0,
                    expires: None,
                })))
            }
            _ => Err(Win32Error::USER_NOT_FOUND),
        }
    }

    fn start(&self, at: &HostName, service: ServiceName) -> Answer {
        let Some((program, account)) = self.services.borrow().get(&service).cloned() else {
            return Err(Win32Error::SERVICE_DOES_NOT_EXIST);
        };
        let process = self.next_process();
        self.running.borrow_mut().insert(service.clone(), process);
        let token = self.token(at, account);
        self.tell(at, Fact::ServiceStarted { service, program, process, token });
        Ok(Reply::Done)
    }

    fn launch(&self, by: &Caller, at: &HostName, program: ProgramName, user: Option<Credentials>) -> Answer {
        const NEEDED: [Right; 3] = [Right::Tcb, Right::IncreaseQuota, Right::AssignPrimaryToken];
        if user.is_some() && !NEEDED.iter().all(|right| self.rights.borrow().contains(right)) {
            return Err(Win32Error::PRIVILEGE_NOT_HELD);
        }
        let token = match (&by.who, user) {
            (Who::Token(token), None) => token.clone(),
            (_, user) => self.token(at, user),
        };
        let process = self.next_process();
        self.tell(at, Fact::ProcessStarted { process, program, token, parent: None });
        Ok(Reply::Process(process))
    }

    fn end(&self, at: &HostName, process: Option<ProcessId>, code: u32) {
        if let Some(process) = process {
            self.tell(at, Fact::ProcessEnded { process, program: "x".into(), code: Some(code) });
        }
    }

    fn token(&self, host: &HostName, credentials: Option<Credentials>) -> Arc<Token> {
        Arc::new(Token {
            credentials,
            host: host.clone(),
            logon: LogonType::Service,
            rights: *self.rights.borrow(),
            groups: Default::default(),
            administrator: self.administrator.get(),
            issued: self.now(),
        })
    }

    fn next_process(&self) -> ProcessId {
        self.processes.set(self.processes.get() + 1);
        ProcessId(self.processes.get())
    }

    fn tell(&self, host: &HostName, fact: Fact) {
        self.stage().record(host.clone(), None, None, EventKind::Fact(fact));
    }
}
