//! The processes of all machines, and what launching one under another account needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::Facts;
use crate::{Fact, HostName, Os, ProcessId, ProgramName, Right, RightSet, SimTime, Token, Win32Error};

/// A process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) host: HostName,
    pub(crate) program: ProgramName,
    pub(crate) token: Arc<Token>,
}

/// The processes of a run; numbers are never used again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Processes {
    table: BTreeMap<ProcessId, Process>,
    last: u32,
}

impl Processes {
    /// Enters a process and gives it its number.
    pub(crate) fn enter(&mut self, host: &HostName, program: ProgramName, token: Arc<Token>) -> ProcessId {
        self.last += 1;
        let process = ProcessId(self.last);
        self.table.insert(process, Process { host: host.clone(), program, token });
        process
    }

    /// A process that has not ended.
    pub(crate) fn find(&self, process: ProcessId) -> Option<&Process> {
        self.table.get(&process)
    }

    /// The latest process of a host that runs under exactly this token: who makes a call.
    pub(crate) fn of_token(&self, token: &Arc<Token>) -> Option<ProcessId> {
        self.table.iter().rev().find(|(_, process)| Arc::ptr_eq(&process.token, token)).map(|(id, _)| *id)
    }

    /// Ends a process; `code` is absent when it was ended from outside. Answers whether it was there.
    pub(crate) fn end(
        &mut self,
        now: SimTime,
        process: ProcessId,
        code: Option<u32>,
        facts: &mut Facts,
    ) -> bool {
        let Some(Process { host, program, .. }) = self.table.remove(&process) else { return false };
        facts.push(now, &host, Fact::ProcessEnded { process, program, code });
        true
    }

    /// Ends every process of a machine that goes down, in the order in which they were started.
    pub(crate) fn machine_down(&mut self, now: SimTime, host: &HostName, facts: &mut Facts) {
        let ids: Vec<ProcessId> =
            self.table.iter().filter(|(_, process)| process.host == *host).map(|(id, _)| *id).collect();
        for process in ids {
            self.end(now, process, None, facts);
        }
    }
}

/// Whether a caller with these rights may launch a process under another account: LogonUser needs to act as part of
/// the operating system, on Windows NT and 2000 (KB285879); CreateProcessAsUser needs to replace a process level
/// token and to increase quotas. 1314 when one is missing.
pub(crate) fn may_launch_as_another(os: Os, rights: RightSet) -> Result<(), Win32Error> {
    let logon_needs_tcb = matches!(os, Os::Nt4 | Os::Windows2000);
    let held = |right| rights.contains(&right);
    match (!logon_needs_tcb || held(Right::Tcb))
        && held(Right::AssignPrimaryToken)
        && held(Right::IncreaseQuota)
    {
        true => Ok(()),
        false => Err(Win32Error::PRIVILEGE_NOT_HELD),
    }
}
