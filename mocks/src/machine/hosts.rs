//! All machines of a world: what the service control manager and its neighbours answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::{Facts, HostMap};
use crate::machine::{Machine, Processes, may_launch_as_another};
use crate::replication::Timers;
use crate::{
    Answer, Caller, Credentials, Fact, HostName, LogonType, ProcessId, ProgramName, Reply, Right, RightSet,
    RightsChecked, ServiceName, ServiceState, SimTime, Span, Token, Verb, Who, Win32Error,
};

/// What machines need of accounts: whoever owns the account databases answers.
pub(crate) trait Logons {
    /// LogonUser at the host: the account, then the right that the type needs.
    fn log_on(
        &mut self,
        now: SimTime,
        host: &HostName,
        credentials: &Credentials,
        logon: LogonType,
        facts: &mut Facts,
    ) -> Result<Arc<Token>, Win32Error>;

    /// Whether the host can map the account's name.
    fn knows(&mut self, now: SimTime, host: &HostName, credentials: &Credentials) -> bool;

    /// The rights that are effective at the host now for the account of a token.
    fn rights_now(&mut self, now: SimTime, host: &HostName, token: &Token) -> RightSet;
}

/// What the owner of the clock has to do for a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MachineTurn {
    /// The machine has come up: apply policy, then call [`Hosts::start_services`].
    Booted(HostName),
}

/// The machines, in the order of the world, and their processes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    machines: HostMap<Machine>,
    /// When each machine next does something by itself; by place in `machines`.
    timers: Timers<usize>,
    processes: Processes,
}

impl Hosts {
    /// Adds a machine.
    pub(crate) fn insert(&mut self, machine: Machine) {
        self.machines.insert(machine.name.clone(), machine);
    }

    /// A machine by its name.
    pub(crate) fn find(&self, host: &HostName) -> Option<&Machine> {
        self.machines.get(host)
    }

    /// A machine by its name, to change.
    pub(crate) fn find_mut(&mut self, host: &HostName) -> Option<&mut Machine> {
        self.machines.get_mut(host)
    }

    /// Every machine.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Machine> {
        self.machines.values()
    }

    /// The processes.
    #[cfg(test)]
    pub(crate) fn processes(&self) -> &Processes {
        &self.processes
    }

    /// When a machine next does something by itself: comes up, or gives up a service that does not report.
    pub(crate) fn next_timeout(&self) -> Option<SimTime> {
        debug_assert_eq!(
            self.timers.next(),
            self.machines.values().filter_map(Machine::next_timeout).min(),
            "a machine has changed and its timer has not"
        );
        self.timers.next()
    }

    /// A machine may have something else to do by itself now.
    fn rearm(&mut self, host: &HostName) {
        if let Some((place, _, machine)) = self.machines.get_full(host) {
            self.timers.set(place, machine.next_timeout());
        }
    }

    /// Does what is due up to and including `now`, and says which machines have come up.
    pub(crate) fn advance(&mut self, now: SimTime, facts: &mut Facts) -> Vec<MachineTurn> {
        let mut turns = Vec::new();
        for place in self.timers.pop_all(now) {
            let Some((_, machine)) = self.machines.get_index_mut(place) else { continue };
            for process in machine.services.overdue(now, facts) {
                self.processes.end(now, process, None, facts);
            }
            if machine.boots_at().is_some_and(|at| at <= now) {
                machine.come_up(now, facts);
                turns.push(MachineTurn::Booted(machine.name.clone()));
            }
            self.timers.set(place, machine.next_timeout());
        }
        turns
    }

    /// A machine goes down with its processes, and comes up at `again` unless somebody does it before.
    pub(crate) fn take_down(
        &mut self,
        now: SimTime,
        host: &HostName,
        again: Option<SimTime>,
        facts: &mut Facts,
    ) {
        if let Some(machine) = self.machines.get_mut(host) {
            machine.go_down(now, again, facts);
            self.processes.machine_down(now, host, facts);
            self.rearm(host);
        }
    }

    /// A machine that is down comes up at this instant.
    pub(crate) fn boot_at(&mut self, host: &HostName, at: SimTime) {
        if let Some(machine) = self.machines.get_mut(host) {
            machine.boot_at(at);
            self.rearm(host);
        }
    }

    /// A machine comes up now; policy and [`Hosts::start_services`] are the caller's next steps.
    pub(crate) fn bring_up(&mut self, now: SimTime, host: &HostName, facts: &mut Facts) {
        if let Some(machine) = self.machines.get_mut(host) {
            machine.come_up(now, facts);
            self.rearm(host);
        }
    }

    /// Starts the services of a machine that has come up: the automatic ones, in the order of their names. One that
    /// cannot start says so in the event log, and the others start all the same.
    pub(crate) fn start_services(
        &mut self,
        now: SimTime,
        host: &HostName,
        logons: &mut dyn Logons,
        facts: &mut Facts,
    ) {
        let automatic = self.machines.get(host).map(|machine| machine.services.automatic());
        for name in automatic.into_iter().flatten() {
            let _ = self.start_service(now, host, &name, logons, facts);
        }
    }

    /// What runs at the start of a run: the system's services, and those of `running`, which have reported long ago.
    pub(crate) fn start_running(
        &mut self,
        now: SimTime,
        host: &HostName,
        running: &[ServiceName],
        logons: &mut dyn Logons,
        facts: &mut Facts,
    ) {
        let Some(machine) = self.machines.get(host) else { return };
        let system = machine.services.automatic().into_iter();
        let system = system.filter(|name| machine.services.find(name).is_ok_and(|service| service.system));
        let names: Vec<ServiceName> = system.chain(running.iter().cloned()).collect();
        for name in names {
            let started = self.start_service(now, host, &name, logons, facts);
            if let (Ok(()), Some(machine)) = (started, self.machines.get_mut(host)) {
                let _ = machine.services.report(now, &name, ServiceState::Running, 0, facts);
            }
        }
        self.rearm(host);
    }

    /// Performs a verb of a machine: `None` when the verb is none. `administrator`: whether the caller belongs to the
    /// machine's Administrators; others are refused with 5 where that matters.
    #[expect(clippy::too_many_arguments, reason = "who calls what where, and what it takes to answer")]
    pub(crate) fn perform(
        &mut self,
        now: SimTime,
        by: &Caller,
        administrator: bool,
        host: &HostName,
        verb: &Verb,
        logons: &mut dyn Logons,
        facts: &mut Facts,
    ) -> Option<Answer> {
        let machine = self.machines.get_mut(host)?;
        if needs_administrator(verb) && !administrator {
            return Some(Err(Win32Error::ACCESS_DENIED));
        }
        if let Some(answer) = machine.store.perform(now, verb, facts) {
            return Some(answer);
        }
        let answer = self.perform_service(now, by, administrator, host, verb, logons, facts);
        self.rearm(host);
        answer
    }

    #[expect(clippy::too_many_arguments, reason = "as of perform")]
    fn perform_service(
        &mut self,
        now: SimTime,
        by: &Caller,
        administrator: bool,
        host: &HostName,
        verb: &Verb,
        logons: &mut dyn Logons,
        facts: &mut Facts,
    ) -> Option<Answer> {
        let machine = self.machines.get_mut(host)?;
        let services = &mut machine.services;
        Some(match verb {
            Verb::ServerInfo {} => machine.server_info().map(|()| Reply::Done),
            Verb::ShareConnect { share } => machine.share(share).and_then(|()| {
                // The administrative share is for administrators.
                match administrator || !share.as_str().ends_with('$') {
                    true => Ok(Reply::Done),
                    false => Err(Win32Error::ACCESS_DENIED),
                }
            }),
            Verb::ServiceCreate { service, program, account, start } => {
                let unknown = account.as_ref().is_some_and(|account| !logons.knows(now, host, account));
                match unknown {
                    true => Err(Win32Error::INVALID_SERVICE_ACCOUNT),
                    false => services
                        .create(now, service, program, account.clone(), *start, facts)
                        .map(|()| Reply::Done),
                }
            }
            Verb::ServiceSetAccount { service, account } => {
                let unknown = account.as_ref().is_some_and(|account| !logons.knows(now, host, account));
                match services.find(service) {
                    Err(error) => Err(error),
                    Ok(_) if unknown => Err(Win32Error::INVALID_SERVICE_ACCOUNT),
                    Ok(_) => services.set_account(service, account.clone()).map(|()| Reply::Done),
                }
            }
            Verb::ServiceDelete { service } => services.delete(now, service, facts).map(|()| Reply::Done),
            Verb::ServiceQuery { service } => {
                services.find(service).map(|service| Reply::Service(service.state))
            }
            Verb::ServiceReport { service, state, code } => {
                services.report(now, service, *state, *code, facts).map(|process| {
                    if let Some(process) = process {
                        self.processes.end(now, process, Some(*code), facts);
                    }
                    Reply::Done
                })
            }
            Verb::ServiceStop { service } => services.stop(now, service, facts).map(|process| {
                if let Some(process) = process {
                    self.processes.end(now, process, None, facts);
                }
                Reply::Done
            }),
            Verb::ServiceStart { service } => {
                self.start_service(now, host, service, logons, facts).map(|()| Reply::Done)
            }
            Verb::ProcessLaunch { program, as_user, rights, enables } => self
                .launch(now, by, host, (program, as_user.as_ref()), (*rights, enables), logons, facts)
                .map(Reply::Process),
            Verb::ProcessExit { process, code } => self.end_process(now, host, *process, Some(*code), facts),
            Verb::ProcessKill { process } => self.end_process(now, host, *process, None, facts),
            Verb::Restart { down } => {
                let away = down.unwrap_or(machine.boot).max(Span::ZERO);
                self.take_down(now, host, Some(now + away), facts);
                Ok(Reply::Done)
            }
            _ => return None,
        })
    }

    /// StartService: logon as the service's account, then its program. 1069 when the logon fails.
    pub(crate) fn start_service(
        &mut self,
        now: SimTime,
        host: &HostName,
        name: &ServiceName,
        logons: &mut dyn Logons,
        facts: &mut Facts,
    ) -> Result<(), Win32Error> {
        let machine = self.machines.get_mut(host).ok_or(Win32Error::SERVER_UNAVAILABLE)?;
        let service = machine.services.startable(name)?;
        if service.system {
            machine.services.started(now, name, None, facts);
            return Ok(());
        }
        let (program, account) = (service.program.clone(), service.account.clone());
        let token = match &account {
            None => system_token(now, host, LogonType::Service),
            Some(account) => match logons.log_on(now, host, account, LogonType::Service, facts) {
                Ok(token) => token,
                Err(cause) => {
                    let error = Win32Error::SERVICE_LOGON_FAILED;
                    machine.services.failed(now, name, error, Some(cause), facts);
                    return Err(error);
                }
            },
        };
        let process = self.processes.enter(host, program, Arc::clone(&token));
        machine.services.started(now, name, Some((process, token)), facts);
        self.rearm(host);
        Ok(())
    }

    /// CreateProcess under the caller's token, or LogonUser and CreateProcessAsUser under another account.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the call, and where it happens")]
    fn launch(
        &mut self,
        now: SimTime,
        by: &Caller,
        host: &HostName,
        (program, as_user): (&ProgramName, Option<&Credentials>),
        (checked, enables): (RightsChecked, &BTreeSet<Right>),
        logons: &mut dyn Logons,
        facts: &mut Facts,
    ) -> Result<ProcessId, Win32Error> {
        let own = match &by.who {
            Who::Token(token) => Some(Arc::clone(token)),
            Who::System => None,
            Who::Credentials(credentials) => {
                Some(logons.log_on(now, host, credentials, LogonType::Network, facts)?)
            }
        };
        let parent = own.as_ref().and_then(|token| self.processes.of_token(token));
        // Local System holds every right.
        if let Some(token) = own.as_ref().filter(|token| token.credentials.is_some())
            && (as_user.is_some() || !enables.is_empty())
        {
            let held = match checked {
                RightsChecked::AtLogon => token.rights,
                RightsChecked::Now => logons.rights_now(now, host, token),
            };
            if !enables.iter().all(|right| held.contains(right)) {
                return Err(Win32Error::PRIVILEGE_NOT_HELD);
            }
            if as_user.is_some() {
                let os = self.machines.get(host).map_or(crate::Os::Nt4, |machine| machine.os);
                may_launch_as_another(os, held)?;
            }
        }
        let token = match as_user {
            None => own.unwrap_or_else(|| system_token(now, host, LogonType::Service)),
            Some(account) => logons.log_on(now, host, account, LogonType::Interactive, facts)?,
        };
        let process = self.processes.enter(host, program.clone(), Arc::clone(&token));
        facts.push(now, host, Fact::ProcessStarted { process, program: program.clone(), token, parent });
        Ok(process)
    }

    /// A process ends. One that has ended already is no error for itself, and 87 for somebody else.
    fn end_process(
        &mut self,
        now: SimTime,
        host: &HostName,
        process: ProcessId,
        code: Option<u32>,
        facts: &mut Facts,
    ) -> Answer {
        if self.processes.find(process).is_some_and(|process| process.host != *host) {
            return Err(Win32Error::INVALID_PARAMETER);
        }
        if !self.processes.end(now, process, code, facts) {
            return if code.is_some() { Ok(Reply::Done) } else { Err(Win32Error::INVALID_PARAMETER) };
        }
        if let Some(machine) = self.machines.get_mut(host) {
            machine.services.process_ended(now, process, code.unwrap_or(0), facts);
            self.rearm(host);
        }
        Ok(Reply::Done)
    }
}

/// The token of Local System: every right, and the machine's Administrators.
pub(crate) fn system_token(now: SimTime, host: &HostName, logon: LogonType) -> Arc<Token> {
    Arc::new(Token {
        credentials: None,
        host: host.clone(),
        logon,
        rights: RightSet::ALL,
        groups: Default::default(),
        administrator: true,
        issued: now,
    })
}

/// Whether the caller has to be an administrator of the machine. A service's own program reports, and a process ends
/// itself, without.
fn needs_administrator(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::ServiceCreate { .. }
            | Verb::ServiceDelete { .. }
            | Verb::ServiceSetAccount { .. }
            | Verb::ServiceStart { .. }
            | Verb::ServiceStop { .. }
            | Verb::RegistryWrite { .. }
            | Verb::RegistryDelete { .. }
            | Verb::FileWrite { .. }
            | Verb::FileDelete { .. }
            | Verb::ShareAdd { .. }
            | Verb::ShareDelete { .. }
            | Verb::ProcessKill { .. }
            | Verb::Restart { .. }
    )
}
