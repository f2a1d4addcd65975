//! The service control manager's table.

use super::Row;
use crate::domain::Facts;
use crate::{
    Credentials, Fact, HostName, ProcessId, ProgramName, ServiceName, ServiceSpec, ServiceState, SimTime,
    Span, StartMode, StateKey, Token, Value, Win32Error,
};

/// A service that does not report within this has not started: 1053 (30 seconds, as ever).
pub(crate) const START_TIMEOUT: Span = Span::secs(30);
/// The Server service. Without it 2114.
pub(crate) const SERVER: &str = "LanmanServer";
/// The Workstation service. Without it 2138.
pub(crate) const WORKSTATION: &str = "LanmanWorkstation";
/// The Netlogon service. Without it 1792.
pub(crate) const NETLOGON: &str = "Netlogon";

/// An installed service.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) program: ProgramName,
    pub(crate) account: Option<Credentials>,
    pub(crate) start: StartMode,
    pub(crate) state: ServiceState,
    /// Its process, while it is not stopped. Services of the system itself have none of their own.
    pub(crate) process: Option<ProcessId>,
    /// Part of the system: it runs as soon as it is started, and no actor plays it.
    pub(crate) system: bool,
    deadline: Option<SimTime>,
    deleted: bool,
}

/// The services of one machine.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    host: HostName,
    table: Row<ServiceName, Service>,
}

impl Services {
    /// The table at the start: the Server, Workstation and Netlogon services, which run, and what the machine
    /// states. A statement about one of those three replaces it.
    pub(crate) fn new(host: HostName, specs: &[ServiceSpec]) -> Services {
        let mut services = Services { host, table: Row::default() };
        for name in [SERVER, WORKSTATION, NETLOGON] {
            let system = Service {
                program: "services.exe".into(),
                account: None,
                start: StartMode::Automatic,
                state: ServiceState::Stopped,
                process: None,
                system: true,
                deadline: None,
                deleted: false,
            };
            services.table.insert(name.into(), system);
        }
        for spec in specs {
            let system = services.table.get(&spec.name).is_some_and(|service| service.system);
            let service = Service {
                program: spec.program.clone(),
                account: spec.account.clone(),
                start: spec.start,
                state: ServiceState::Stopped,
                process: None,
                system,
                deadline: None,
                deleted: false,
            };
            services.table.insert(spec.name.clone(), service);
        }
        services
    }

    /// CreateService: 1073 when it exists, 1072 while a deleted one of this name still runs.
    pub(crate) fn create(
        &mut self,
        now: SimTime,
        name: &ServiceName,
        program: &ProgramName,
        account: Option<Credentials>,
        start: StartMode,
        facts: &mut Facts,
    ) -> Result<(), Win32Error> {
        match self.table.get(name) {
            Some(service) if service.deleted => return Err(Win32Error::SERVICE_MARKED_FOR_DELETE),
            Some(_) => return Err(Win32Error::SERVICE_EXISTS),
            None => {}
        }
        let service = Service {
            program: program.clone(),
            account,
            start,
            state: ServiceState::Stopped,
            process: None,
            system: false,
            deadline: None,
            deleted: false,
        };
        self.table.insert(name.clone(), service);
        self.state(now, name, facts);
        Ok(())
    }

    /// DeleteService: gone at once, or, while it runs, as soon as it stops.
    pub(crate) fn delete(
        &mut self,
        now: SimTime,
        name: &ServiceName,
        facts: &mut Facts,
    ) -> Result<(), Win32Error> {
        let service = self.find_mut(name)?;
        if service.deleted {
            return Err(Win32Error::SERVICE_MARKED_FOR_DELETE);
        }
        service.deleted = true;
        self.bury(now, name, facts);
        Ok(())
    }

    /// ChangeServiceConfig: the account counts from the next start on.
    pub(crate) fn set_account(
        &mut self,
        name: &ServiceName,
        account: Option<Credentials>,
    ) -> Result<(), Win32Error> {
        let service = self.find_mut(name)?;
        if service.deleted {
            return Err(Win32Error::SERVICE_MARKED_FOR_DELETE);
        }
        service.account = account;
        Ok(())
    }

    /// Lets a service start with the machine, or no more: from the machine's next start on.
    pub(crate) fn set_start(&mut self, name: &str, start: StartMode) {
        if let Some(service) = self.table.get_mut(&ServiceName::from(name)) {
            service.start = start;
        }
    }

    /// The service. 1060.
    pub(crate) fn find(&self, name: &ServiceName) -> Result<&Service, Win32Error> {
        self.table.get(name).ok_or(Win32Error::SERVICE_DOES_NOT_EXIST)
    }

    fn find_mut(&mut self, name: &ServiceName) -> Result<&mut Service, Win32Error> {
        self.table.get_mut(name).ok_or(Win32Error::SERVICE_DOES_NOT_EXIST)
    }

    /// The service, when it can be started: 1060, 1056 when it is not stopped, 1058 disabled, 1072 deleted.
    pub(crate) fn startable(&self, name: &ServiceName) -> Result<&Service, Win32Error> {
        let service = self.find(name)?;
        match service {
            _ if service.state != ServiceState::Stopped => Err(Win32Error::SERVICE_ALREADY_RUNNING),
            _ if service.deleted => Err(Win32Error::SERVICE_MARKED_FOR_DELETE),
            _ if service.start == StartMode::Disabled => Err(Win32Error::SERVICE_DISABLED),
            _ => Ok(service),
        }
    }

    /// The service's program has been started: it is pending until it reports. A service of the system runs at once.
    pub(crate) fn started(
        &mut self,
        now: SimTime,
        name: &ServiceName,
        process: Option<(ProcessId, std::sync::Arc<Token>)>,
        facts: &mut Facts,
    ) {
        let Some(service) = self.table.get_mut(name) else { return };
        match process {
            Some((process, token)) => {
                service.state = ServiceState::StartPending;
                service.process = Some(process);
                service.deadline = Some(now + START_TIMEOUT);
                let program = service.program.clone();
                self.state(now, name, facts);
                let fact = Fact::ServiceStarted { service: name.clone(), program, process, token };
                facts.push(now, &self.host, fact);
            }
            None => {
                service.state = ServiceState::Running;
                self.state(now, name, facts);
            }
        }
    }

    /// SetServiceStatus by the service's program. With `stopped` it ends: its process is handed back.
    pub(crate) fn report(
        &mut self,
        now: SimTime,
        name: &ServiceName,
        state: ServiceState,
        code: u32,
        facts: &mut Facts,
    ) -> Result<Option<ProcessId>, Win32Error> {
        let service = self.find_mut(name)?;
        if service.state == ServiceState::Stopped {
            return Err(Win32Error::SERVICE_NOT_ACTIVE);
        }
        match state {
            ServiceState::Stopped => Ok(self.stopped(now, name, code, facts)),
            ServiceState::StartPending => {
                // A checkpoint: the manager waits anew.
                if service.state == ServiceState::StartPending {
                    service.deadline = Some(now + START_TIMEOUT);
                }
                Ok(None)
            }
            ServiceState::Running => {
                if service.state != ServiceState::Running {
                    service.state = ServiceState::Running;
                    service.deadline = None;
                    self.state(now, name, facts);
                }
                Ok(None)
            }
        }
    }

    /// ControlService stop: 1062 when it does not run. Its process, if it has one, is to be ended.
    pub(crate) fn stop(
        &mut self,
        now: SimTime,
        name: &ServiceName,
        facts: &mut Facts,
    ) -> Result<Option<ProcessId>, Win32Error> {
        match self.find(name)?.state {
            ServiceState::Stopped => Err(Win32Error::SERVICE_NOT_ACTIVE),
            _ => Ok(self.stopped(now, name, 0, facts)),
        }
    }

    /// A process has ended: the service that ran in it has stopped.
    pub(crate) fn process_ended(&mut self, now: SimTime, process: ProcessId, code: u32, facts: &mut Facts) {
        let name = self.table.iter().find(|(_, service)| service.process == Some(process));
        if let Some(name) = name.map(|(name, _)| name.clone()) {
            self.stopped(now, &name, code, facts);
        }
    }

    /// When the next pending start is overdue.
    pub(crate) fn next_timeout(&self) -> Option<SimTime> {
        self.table.values().filter_map(|service| service.deadline).min()
    }

    /// Services that have not reported in time: they fail with 1053, and their processes are to be ended.
    pub(crate) fn overdue(&mut self, now: SimTime, facts: &mut Facts) -> Vec<ProcessId> {
        let late = |service: &Service| service.deadline.is_some_and(|deadline| deadline <= now);
        let names: Vec<ServiceName> =
            self.table.iter().filter(|(_, service)| late(service)).map(|(name, _)| name.clone()).collect();
        let mut processes = Vec::new();
        for name in names {
            self.failed(now, &name, Win32Error::SERVICE_REQUEST_TIMEOUT, None, facts);
            processes.extend(self.stopped(now, &name, Win32Error::SERVICE_REQUEST_TIMEOUT.code(), facts));
        }
        processes
    }

    /// States that a service could not be started.
    pub(crate) fn failed(
        &self,
        now: SimTime,
        name: &ServiceName,
        error: Win32Error,
        cause: Option<Win32Error>,
        facts: &mut Facts,
    ) {
        facts.push(now, &self.host, Fact::ServiceFailed { service: name.clone(), error, cause });
    }

    /// The services that start with the machine, in the order of their names; those of the system first.
    pub(crate) fn automatic(&self) -> Vec<ServiceName> {
        let automatic = |system: bool| {
            self.table
                .iter()
                .filter(move |(_, service)| service.start == StartMode::Automatic && service.system == system)
                .map(|(name, _)| name.clone())
        };
        automatic(true).chain(automatic(false)).collect()
    }

    /// The machine has gone down, and everything with it.
    pub(crate) fn machine_down(&mut self, now: SimTime, facts: &mut Facts) {
        let running = |service: &Service| service.state != ServiceState::Stopped;
        let names: Vec<ServiceName> =
            self.table.iter().filter(|(_, service)| running(service)).map(|(name, _)| name.clone()).collect();
        for name in names {
            if let Some(service) = self.table.get_mut(&name) {
                service.state = ServiceState::Stopped;
                service.process = None;
                service.deadline = None;
            }
            self.state(now, &name, facts);
            self.bury(now, &name, facts);
        }
    }

    /// Whether a service starts by itself with the machine.
    pub(crate) fn starts_with_machine(&self, name: &str) -> bool {
        self.table.get(&ServiceName::from(name)).is_some_and(|service| service.start == StartMode::Automatic)
    }

    /// Whether a service runs.
    pub(crate) fn runs(&self, name: &str) -> bool {
        self.table.get(&ServiceName::from(name)).is_some_and(|service| service.state == ServiceState::Running)
    }

    /// States every service.
    pub(crate) fn state_all(&self, now: SimTime, facts: &mut Facts) {
        self.table.keys().for_each(|name| self.state(now, name, facts));
    }

    fn stopped(
        &mut self,
        now: SimTime,
        name: &ServiceName,
        code: u32,
        facts: &mut Facts,
    ) -> Option<ProcessId> {
        let service = self.table.get_mut(name)?;
        service.state = ServiceState::Stopped;
        service.deadline = None;
        let process = service.process.take();
        self.state(now, name, facts);
        facts.push(now, &self.host, Fact::ServiceStopped { service: name.clone(), code });
        self.bury(now, name, facts);
        process
    }

    /// Removes a deleted service once it is stopped.
    fn bury(&mut self, now: SimTime, name: &ServiceName, facts: &mut Facts) {
        let gone = |service: &Service| service.deleted && service.state == ServiceState::Stopped;
        if self.table.get(name).is_some_and(gone) {
            self.table.remove(name);
            facts.state(now, &self.host, StateKey::Service { service: name.clone() }, None, None);
        }
    }

    fn state(&self, now: SimTime, name: &ServiceName, facts: &mut Facts) {
        let Some(service) = self.table.get(name) else { return };
        let text = match service.state {
            ServiceState::Stopped => "stopped",
            ServiceState::StartPending => "start-pending",
            ServiceState::Running => "running",
        };
        let key = StateKey::Service { service: name.clone() };
        facts.state(now, &self.host, key, Some(Value::Text(text.into())), None);
    }
}
