//! What an outline is asked for by a key. Each look-up costs the same whether a run has ten clients or ten thousand,
//! so that judging a run costs its events and not their square.

use mockdc_mocks::{AccountName, Authority, HostName, Name, ProcessId};
use mockdc_scenarios::Client;

use super::index::Index;
use super::outline::{Outline, ProcessSpan};
use crate::timeline::{ActorId, Role};

#[derive(Default)]
pub(crate) struct Lookups<'a> {
    clients: Index<&'a Name, &'a Client>,
    /// Boot loaders by the client that they serve.
    loaders: Index<Name, ActorId>,
    /// Hosts on which the server side of a client's installs was played.
    managers: Index<Name, HostName>,
    /// Processes by the account under which they run, and by its database where it is a host's own.
    under: Index<(Name, Option<Name>), ProcessId>,
    children: Index<ProcessId, ProcessId>,
    on_host: Index<Name, ProcessId>,
}

impl<'a> Lookups<'a> {
    pub(crate) fn of(outline: &Outline<'a>) -> Lookups<'a> {
        let actors = outline.actors.iter();
        let loaders = actors.clone().filter(|(_, actor)| actor.role == Role::BootLoader);
        let managers = actors.filter(|(_, actor)| actor.role == Role::ClientConfigurationManager);
        let processes = outline.processes.iter();
        Lookups {
            clients: outline
                .run
                .plan()
                .clients
                .iter()
                .map(|client| (client.machine.name(), client))
                .collect(),
            loaders: loaders
                .flat_map(|(id, actor)| {
                    let host = Some(actor.host.name()).filter(|host| **host != actor.subject);
                    [Some(&actor.subject), host].into_iter().flatten().map(|client| (client.clone(), *id))
                })
                .collect(),
            managers: managers.map(|(_, actor)| (actor.subject.clone(), actor.host.clone())).collect(),
            under: processes.clone().filter_map(|(id, process)| Some((identity(process)?, *id))).collect(),
            children: processes.clone().filter_map(|(id, process)| Some((process.parent?, *id))).collect(),
            on_host: processes.map(|(id, process)| (process.host.name().clone(), *id)).collect(),
        }
    }

    /// The client that the plan has for a machine.
    pub(crate) fn client(&self, machine: &HostName) -> Option<&'a Client> {
        self.clients.of(&machine.name()).next().copied()
    }

    /// The boot loaders that serve a client: it is their subject, or the machine that they run on.
    pub(crate) fn loaders<'o>(&'o self, client: &'o HostName) -> impl Iterator<Item = ActorId> + 'o {
        self.loaders.of(client.name()).copied()
    }

    /// Where the server side of a client's installs was played.
    pub(crate) fn managers<'o>(&'o self, client: &'o HostName) -> impl Iterator<Item = &'o HostName> + 'o {
        self.managers.of(client.name())
    }

    /// The processes that run under the account of this name whose database is at `at`.
    pub(crate) fn under<'o>(
        &'o self,
        account: &AccountName,
        at: &HostName,
    ) -> impl Iterator<Item = ProcessId> + use<'o, 'a> {
        let of_domain = self.under.of(&(account.name().clone(), None));
        of_domain.chain(self.under.of(&(account.name().clone(), Some(at.name().clone())))).copied()
    }

    /// The processes that a process started.
    pub(crate) fn children(&self, parent: ProcessId) -> impl Iterator<Item = ProcessId> + use<'_, 'a> {
        self.children.of(&parent).copied()
    }

    /// The processes of a host.
    pub(crate) fn on_host<'o>(&'o self, host: &'o HostName) -> impl Iterator<Item = ProcessId> + 'o {
        self.on_host.of(host.name()).copied()
    }
}

/// Of the account that a process runs under, the name and, where it is a host's own, the host.
fn identity(process: &ProcessSpan) -> Option<(Name, Option<Name>)> {
    let (user, authority) = &**process.account.as_ref()?;
    let at = match authority {
        Authority::Domain => None,
        Authority::Local(host) => Some(host.name().clone()),
    };
    Some((user.name().clone(), at))
}
