//! Removing what is ours: what runs that ended left over, or everything.

use std::collections::BTreeSet;

use testcontainers::bollard::models::{ContainerSummary, Network};

use crate::engine::{Engine, EngineError, OWNER, RUN};
use crate::owner::{Life, Owner};

/// What [`clean`] does beside removing containers, networks and volumes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaning {
    /// The images go too; the next use builds them again, which takes minutes.
    pub images: bool,
    /// Nothing is removed: what would be is counted.
    pub dry_run: bool,
}

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
    remove(engine, RUN, Deed::Done, |owner| owner.life() == Life::Ended).await
}

/// Removes every container, network and volume of ours but those of runs under way in other processes of this
/// machine, which [`Removed::alive`] names. Images stay as long as there are such runs.
pub async fn clean(what: Cleaning) -> Result<Removed, EngineError> {
    let engine = Engine::connect().await?;
    let deed = if what.dry_run { Deed::Told } else { Deed::Done };
    let ours = |owner: &Owner| owner.life() != Life::Alive || *owner == Owner::this();
    let mut removed = remove(&engine, RUN, deed, ours).await?;
    if what.images && removed.alive.is_empty() {
        for image in engine.images().await? {
            removed.images += usize::from(deed == Deed::Told || engine.remove_image(&image).await?);
        }
    }
    Ok(removed)
}

/// Removes what one run made. Nothing else is touched.
pub(crate) async fn remove_run(engine: &Engine, run: &str) -> Result<Removed, EngineError> {
    remove(engine, &format!("{RUN}={run}"), Deed::Done, |_| true).await
}

/// Whether things are removed, or only counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Done,
    Told,
}

async fn remove(
    engine: &Engine,
    label: &str,
    deed: Deed,
    ours: impl Fn(&Owner) -> bool,
) -> Result<Removed, EngineError> {
    let mut removed = Removed::default();
    let told = deed == Deed::Told;
    let mut doomed = Vec::new();
    for container in engine.containers(label).await? {
        match fate(&container, &ours) {
            Fate::Goes => doomed.extend(container.id),
            Fate::Stays(run) => drop(removed.alive.insert(run)),
        }
    }
    let gone = doomed.iter().map(async |id| Ok(told || engine.remove_container(id).await?));
    for done in futures::future::join_all(gone).await {
        removed.containers += usize::from(done?);
    }
    for network in engine.networks(label).await? {
        match (fate(&network, &ours), network.id) {
            (Fate::Goes, Some(id)) => {
                removed.networks += usize::from(told || engine.remove_network(&id).await?);
            }
            (Fate::Goes, None) => {}
            (Fate::Stays(run), _) => drop(removed.alive.insert(run)),
        }
    }
    if removed.alive.is_empty() {
        for name in engine.volumes(label).await? {
            removed.volumes += usize::from(told || engine.remove_volume(&name).await?);
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
