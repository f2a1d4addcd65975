//! The processes of all machines, and what launching one under another account needs.

use std::collections::{BTreeMap, BTreeSet};
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
    /// Those of each machine.
    by_host: BTreeSet<(HostName, ProcessId)>,
    /// Those under each token, by where it lies: the table keeps it there.
    by_token: BTreeSet<(usize, ProcessId)>,
    last: u32,
}

/// Where a token lies.
fn place(token: &Arc<Token>) -> usize {
    Arc::as_ptr(token).addr()
}

impl Processes {
    /// Enters a process and gives it its number.
    pub(crate) fn enter(&mut self, host: &HostName, program: ProgramName, token: Arc<Token>) -> ProcessId {
        self.last += 1;
        let process = ProcessId(self.last);
        self.by_host.insert((host.clone(), process));
        self.by_token.insert((place(&token), process));
        self.table.insert(process, Process { host: host.clone(), program, token });
        process
    }

    /// A process that has not ended.
    pub(crate) fn find(&self, process: ProcessId) -> Option<&Process> {
        self.table.get(&process)
    }

    /// The latest process of a host that runs under exactly this token: who makes a call.
    pub(crate) fn of_token(&self, token: &Arc<Token>) -> Option<ProcessId> {
        let under = (place(token), ProcessId(0))..=(place(token), ProcessId(u32::MAX));
        self.by_token.range(under).next_back().map(|(_, process)| *process)
    }

    /// Ends a process; `code` is absent when it was ended from outside. Answers whether it was there.
    pub(crate) fn end(
        &mut self,
        now: SimTime,
        process: ProcessId,
        code: Option<u32>,
        facts: &mut Facts,
    ) -> bool {
        let Some(Process { host, program, token }) = self.table.remove(&process) else { return false };
        self.by_token.remove(&(place(&token), process));
        self.by_host.remove(&(host.clone(), process));
        facts.push(now, &host, Fact::ProcessEnded { process, program, code });
        true
    }

    /// Ends every process of a machine that goes down, in the order in which they were started.
    pub(crate) fn machine_down(&mut self, now: SimTime, host: &HostName, facts: &mut Facts) {
        let all = (host.clone(), ProcessId(0))..=(host.clone(), ProcessId(u32::MAX));
        let ids: Vec<ProcessId> = self.by_host.range(all).map(|(_, process)| *process).collect();
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
