//! One machine: what is on it, whether it is up, and when it will be.

use crate::domain::Facts;
use crate::machine::{OwnRights, SERVER, Services, Store, WORKSTATION};
use crate::{Fact, HostName, MachineSettings, Name, Os, SimTime, Span, StateKey, Value, Win32Error};

/// A machine, a domain controller included.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) name: HostName,
    pub(crate) os: Os,
    pub(crate) site: Name,
    pub(crate) boot: Span,
    pub(crate) services: Services,
    pub(crate) store: Store,
    pub(crate) own_rights: OwnRights,
    up: bool,
    boots_at: Option<SimTime>,
}

impl Machine {
    /// The machine at the start. Its services are stopped: whoever builds the world boots it.
    pub(crate) fn new(name: HostName, settings: &MachineSettings) -> Machine {
        Machine {
            os: settings.os,
            site: settings.site.clone(),
            boot: settings.boot,
            services: Services::new(name.clone(), &settings.services),
            store: Store::new(name.clone(), settings),
            own_rights: OwnRights::default(),
            up: settings.up,
            boots_at: None,
            name,
        }
    }

    /// Whether it is up.
    #[cfg(test)]
    pub(crate) fn is_up(&self) -> bool {
        self.up
    }

    /// States what is on it at the start.
    pub(crate) fn state_all(&self, now: SimTime, facts: &mut Facts) {
        facts.state(now, &self.name, StateKey::Up, Some(Value::Is(self.up)), None);
        self.services.state_all(now, facts);
        self.store.state_all(now, facts);
    }

    /// The machine goes down; it comes up again at `again`, or when somebody brings it up. Its processes are the
    /// caller's to end.
    pub(crate) fn go_down(&mut self, now: SimTime, again: Option<SimTime>, facts: &mut Facts) {
        self.boots_at = again;
        if !self.up {
            return;
        }
        self.up = false;
        facts.push(now, &self.name, Fact::Machine { up: false });
        facts.state(now, &self.name, StateKey::Up, Some(Value::Is(false)), None);
        self.services.machine_down(now, facts);
    }

    /// The machine, being down, comes up at this instant.
    pub(crate) fn boot_at(&mut self, at: SimTime) {
        if !self.up {
            self.boots_at = Some(at);
        }
    }

    /// The machine comes up: policy and services are the caller's next steps.
    pub(crate) fn come_up(&mut self, now: SimTime, facts: &mut Facts) {
        self.boots_at = None;
        if self.up {
            return;
        }
        self.up = true;
        facts.push(now, &self.name, Fact::Machine { up: true });
        facts.state(now, &self.name, StateKey::Up, Some(Value::Is(true)), None);
    }

    /// When it comes up by itself, or a starting service is overdue.
    pub(crate) fn next_timeout(&self) -> Option<SimTime> {
        [self.boots_at, self.services.next_timeout()].into_iter().flatten().min()
    }

    /// When it comes up by itself.
    pub(crate) fn boots_at(&self) -> Option<SimTime> {
        self.boots_at
    }

    /// What NetServerGetInfo answers: 2138 without the Workstation service, 2114 without the Server service.
    pub(crate) fn server_info(&self) -> Result<(), Win32Error> {
        match () {
            () if !self.services.runs(WORKSTATION) => Err(Win32Error::WKSTA_NOT_STARTED),
            () if !self.services.runs(SERVER) => Err(Win32Error::SERVER_NOT_STARTED),
            () => Ok(()),
        }
    }

    /// What connecting to a share answers, credentials aside: 53 without the Server service, 67 when it is not shared.
    pub(crate) fn share(&self, share: &Name) -> Result<(), Win32Error> {
        match () {
            () if !self.services.runs(SERVER) => Err(Win32Error::BAD_NETPATH),
            () if !self.store.has_share(share) => Err(Win32Error::BAD_NET_NAME),
            () => Ok(()),
        }
    }
}
