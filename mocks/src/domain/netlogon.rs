//! The Netlogon service: who runs it validates domain logons, is found by locators and, in Windows NT 4.0, replicates.

use super::{Domain, Wires};
use crate::directory::DcIndex;
use crate::machine::NETLOGON;
use crate::replication::ReplicationContext;
use crate::{Answer, HostName, Name, Reply, ServiceName, SimTime, Win32Error};

impl Domain {
    /// NetGetDCName or DsGetDcName at a host: the name of a controller of the domain. 1355 for another domain, 1792
    /// when the host's own Netlogon service is stopped, 2453 when the primary is asked for and not found, 1908 when no
    /// controller is found at all.
    pub(super) fn find_controller(
        &mut self,
        now: SimTime,
        at: &HostName,
        domain: Option<&Name>,
        primary: bool,
    ) -> Answer {
        if domain.is_some_and(|domain| *domain != self.spec.domain.name) {
            return Err(Win32Error::NO_SUCH_DOMAIN);
        }
        if self.wires.without_netlogon.contains(at) {
            return Err(Win32Error::NETLOGON_NOT_STARTED);
        }
        let found = match primary {
            true => {
                let pdc = self.controllers.pdc();
                let found = self.wires.finds(now, at, self.controllers.name(pdc));
                found.then_some(pdc).ok_or(Win32Error::DC_NOT_FOUND)?
            }
            false => self.nearest_controller(now, at).ok_or(Win32Error::DOMAIN_CONTROLLER_NOT_FOUND)?,
        };
        Ok(Reply::Text(self.controllers.name(found).as_str().to_owned()))
    }

    /// A controller finds itself, a member the one that it logs on with.
    fn nearest_controller(&mut self, now: SimTime, at: &HostName) -> Option<DcIndex> {
        self.controllers.index(at).or_else(|| self.controller_for(now, at))
    }

    /// Before a machine starts its services: whether Netlogon will be among them.
    pub(super) fn netlogon_starts(&mut self, host: &HostName) {
        let name = ServiceName::from(NETLOGON);
        let settings = self.settings(host).into_iter().flat_map(|settings| &settings.services);
        let running = settings.into_iter().any(|service| service.running && service.name == name);
        let automatic =
            self.machines.find(host).is_some_and(|machine| machine.services.starts_with_machine(NETLOGON));
        let starts = automatic || (running && self.now == SimTime::START);
        self.wires.note_netlogon(host, starts);
    }

    /// The Netlogon service of a host may have been started or stopped.
    pub(super) fn netlogon_may_have_changed(&mut self, now: SimTime, host: &HostName) {
        let runs = self.machines.find(host).is_some_and(|machine| machine.services.runs(NETLOGON));
        if !self.wires.note_netlogon(host, runs) {
            return;
        }
        if self.members.find(host).is_some() {
            self.note_channel(now, host, None, None);
        }
        if !self.wires.netlogon_replicates {
            return;
        }
        let Some(dc) = self.controllers.index(host) else { return };
        let mut context = ReplicationContext {
            controllers: &mut self.controllers,
            network: &mut self.wires,
            facts: &mut self.facts,
        };
        match runs {
            true => self.model.host_up(now, dc, &mut context),
            false => {
                self.model.host_down(now, dc, false, &mut context);
            }
        }
    }
}

impl Wires {
    /// Notes whether a host's Netlogon service runs. Says whether that is news.
    fn note_netlogon(&mut self, host: &HostName, runs: bool) -> bool {
        match runs {
            true => self.without_netlogon.remove(host),
            false => self.without_netlogon.insert(host.clone()),
        }
    }
}
