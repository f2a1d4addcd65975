//! Who plays on a stage, and how one comes to it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use mockdc_mocks::{Caller, HostName, Name, ProcessId, ServiceName, Token};

use crate::run::Ctx;
use crate::run::life::Doom;
use crate::timeline::{ActorId, Role};

/// Who an actor is.
#[derive(Clone, Debug)]
pub struct ActorStart {
    /// What it plays.
    pub role: Role,
    /// Where it runs.
    pub host: HostName,
    /// Under whom it calls.
    pub caller: Caller,
    /// Its process, where it is one.
    pub process: Option<ProcessId>,
    /// The client, script or site that it serves.
    pub subject: Name,
}

/// A process that the domain model has started and that an actor shall play.
#[derive(Clone, Debug)]
pub struct ProgramStart {
    /// Its host.
    pub host: HostName,
    /// Its process.
    pub process: ProcessId,
    /// The token that it runs under.
    pub token: std::sync::Arc<Token>,
    /// The service, when it is a service's program.
    pub service: Option<ServiceName>,
}

/// An actor's body.
pub type ActorFuture = LocalBoxFuture<'static, u32>;

/// Makes the actor that plays a program.
pub type ProgramFactory = Rc<dyn Fn(&ProgramStart) -> (ActorStart, Box<dyn FnOnce(Ctx) -> ActorFuture>)>;

/// An actor that has not ended.
pub(in crate::run) struct Actor {
    pub(in crate::run) role: Role,
    pub(in crate::run) process: Option<ProcessId>,
    pub(in crate::run) doom: Rc<Doom>,
}

/// The actors that have not ended. Whoever plays a process is found by it, however many there are.
#[derive(Default)]
pub(in crate::run) struct Actors {
    all: BTreeMap<ActorId, Actor>,
    by_process: BTreeSet<(ProcessId, ActorId)>,
}

impl Actors {
    pub(in crate::run) fn insert(&mut self, id: ActorId, actor: Actor) {
        self.by_process.extend(actor.process.map(|process| (process, id)));
        self.all.insert(id, actor);
    }

    pub(in crate::run) fn remove(&mut self, id: ActorId) -> Option<Actor> {
        let actor = self.all.remove(&id)?;
        if let Some(process) = actor.process {
            self.by_process.remove(&(process, id));
        }
        Some(actor)
    }

    /// Those who play a process, in the order of starting.
    pub(in crate::run) fn playing(&self, process: ProcessId) -> impl Iterator<Item = ActorId> {
        let all = (process, ActorId(0))..=(process, ActorId(u32::MAX));
        self.by_process.range(all).map(|(_, id)| *id)
    }

    pub(in crate::run) fn iter(&self) -> impl Iterator<Item = &Actor> {
        self.all.values()
    }
}

/// An actor that shall start as soon as the present one gives way.
pub(in crate::run) struct Birth {
    pub(in crate::run) id: ActorId,
    pub(in crate::run) start: ActorStart,
    pub(in crate::run) service: Option<ServiceName>,
    pub(in crate::run) run: Box<dyn FnOnce(Ctx) -> ActorFuture>,
}
