//! Removing what is ours: what runs that ended left over, or everything.

use std::collections::BTreeSet;

use testcontainers::bollard::models::{ContainerSummary, Network};

use crate::engine::{Engine, EngineError, OWNER, RUN};
use crate::owner::{Life, Owner};

/// What was removed, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many containers.
    pub containers: usize,
    /// How many networks.
    pub networks: usize,
    /// How many volumes.
    pub volumes: usize,
    /// How many images.
    pub images: usize,
    /// The ids of runs that are under way in other processes: what is theirs was left alone.
    pub alive: BTreeSet<String>,
}

/// Removes the containers and networks of runs whose process has ended. What belongs to a process that lives is left
/// alone, and so is what belongs to another machine or process namespace that uses the same engine.
pub async fn sweep() -> Result<Removed, EngineError> {
    sweep_with(&Engine::connect().await?).await
}

pub(crate) async fn sweep_with(engine: &Engine) -> Result<Removed, EngineError> {
    remove(engine, RUN, |owner| owner.life() == Life::Ended).await
}

/// Removes every container, network and volume of ours but those of runs under way in other processes of this
/// machine, which [`Removed::alive`] names.
pub async fn clean() -> Result<Removed, EngineError> {
    let engine = Engine::connect().await?;
    remove(&engine, RUN, |owner| owner.life() != Life::Alive || *owner == Owner::this()).await
}

/// [`clean`], and the images too; the next use builds them again, which takes minutes.
pub async fn clean_with_images() -> Result<Removed, EngineError> {
    let mut removed = clean().await?;
    if removed.alive.is_empty() {
        let engine = Engine::connect().await?;
        for image in engine.images().await? {
            removed.images += usize::from(engine.remove_image(&image).await?);
        }
    }
    Ok(removed)
}

/// Removes what one run made. Nothing else is touched.
pub(crate) async fn remove_run(engine: &Engine, run: &str) -> Result<Removed, EngineError> {
    remove(engine, &format!("{RUN}={run}"), |_| true).await
}

async fn remove(engine: &Engine, label: &str, ours: impl Fn(&Owner) -> bool) -> Result<Removed, EngineError> {
    let mut removed = Removed::default();
    let mut doomed = Vec::new();
    for container in engine.containers(label).await? {
        match fate(&container, &ours) {
            Fate::Goes => doomed.extend(container.id),
            Fate::Stays(run) => drop(removed.alive.insert(run)),
        }
    }
    let gone = futures::future::join_all(doomed.iter().map(|id| engine.remove_container(id))).await;
    for done in gone {
        removed.containers += usize::from(done?);
    }
    for network in engine.networks(label).await? {
        match (fate(&network, &ours), network.id) {
            (Fate::Goes, Some(id)) => removed.networks += usize::from(engine.remove_network(&id).await?),
            (Fate::Goes, None) => {}
            (Fate::Stays(run), _) => drop(removed.alive.insert(run)),
        }
    }
    if removed.alive.is_empty() {
        for name in engine.volumes(label).await? {
            removed.volumes += usize::from(engine.remove_volume(&name).await?);
        }
    }
    Ok(removed)
}

enum Fate {
    Goes,
    Stays(String),
}

/// A thing without a readable owner stays: nothing of ours is made without one.
fn fate(thing: &impl Labelled, ours: impl Fn(&Owner) -> bool) -> Fate {
    let owner = thing.label(OWNER).and_then(|label| Owner::parse(&label));
    if owner.is_some_and(|owner| ours(&owner)) {
        Fate::Goes
    } else {
        Fate::Stays(thing.label(RUN).unwrap_or_default())
    }
}

trait Labelled {
    fn label(&self, name: &str) -> Option<String>;
}

impl Labelled for ContainerSummary {
    fn label(&self, name: &str) -> Option<String> {
        self.labels.as_ref()?.get(name).cloned()
    }
}

impl Labelled for Network {
    fn label(&self, name: &str) -> Option<String> {
        self.labels.as_ref()?.get(name).cloned()
    }
}
