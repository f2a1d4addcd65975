//! A fleet of containers as the levers of the backend.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use futures::FutureExt;

use crate::{
    Context, DOMAIN, Endpoint, Fleet, Guid, LeverError, Levers, Place, PolicyFiles, Pulled, REALM,
    RightsBySid, controller,
};

/// A running fleet, as [`crate::DrivenSamba::start`] takes it. Dropping it removes the containers.
#[derive(Debug)]
pub struct FleetLevers {
    fleet: RwLock<Option<Arc<Fleet>>>,
    controllers: usize,
}

impl FleetLevers {
    /// The levers of a fleet.
    pub fn new(fleet: Fleet) -> FleetLevers {
        FleetLevers { controllers: fleet.size(), fleet: RwLock::new(Some(Arc::new(fleet))) }
    }

    fn fleet(&self) -> Result<Arc<Fleet>, LeverError> {
        let fleet = self.fleet.read().unwrap_or_else(PoisonError::into_inner).clone();
        fleet.ok_or_else(|| LeverError("the containers have been stopped".to_owned()))
    }
}

fn failed(error: impl std::fmt::Display) -> LeverError {
    LeverError(error.to_string())
}

impl Levers for FleetLevers {
    fn controllers(&self) -> usize {
        self.controllers
    }

    fn endpoint(&self, at: Place) -> Endpoint {
        let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let (ldap, smb) = match self.fleet() {
            Ok(fleet) => (fleet.ldap(at), fleet.smb(at)),
            Err(_) => (nowhere, nowhere),
        };
        let parts = REALM.split('.').map(|part| format!("DC={}", part.to_lowercase()));
        Endpoint { ldap, smb, domain: DOMAIN.into(), base: parts.collect::<Vec<_>>().join(",").into() }
    }

    fn sync(&self, at: Place, from: Place) -> Pulled<'_, ()> {
        async move {
            let fleet = self.fleet()?;
            fleet.agent(at).sync(&controller(from), Context::Domain, true).await.map_err(failed)
        }
        .boxed()
    }

    fn sync_object(&self, at: Place, from: Place, object: Guid) -> Pulled<'_, ()> {
        async move {
            let fleet = self.fleet()?;
            fleet.agent(at).sync_object(&controller(from), &object.to_string()).await.map_err(failed)
        }
        .boxed()
    }

    fn rights(&self, at: Place) -> Pulled<'_, RightsBySid> {
        async move { self.fleet()?.agent(at).rights().await.map_err(failed) }.boxed()
    }

    fn set_rights(&self, at: Place, sid: &str, rights: &BTreeSet<String>) -> Pulled<'_, ()> {
        let (sid, rights) = (sid.to_owned(), rights.clone());
        async move {
            let fleet = self.fleet()?;
            fleet.agent(at).set_rights(&sid, rights.iter().map(String::as_str)).await.map_err(failed)
        }
        .boxed()
    }

    fn write_local(&self, at: Place, user: Guid, values: &[(&'static str, i64)]) -> Pulled<'_, ()> {
        let values = values.to_vec();
        async move { self.fleet()?.agent(at).write_local(&user.to_string(), values).await.map_err(failed) }
            .boxed()
    }

    fn policy_files(&self, at: Place, policy: &str) -> Pulled<'_, Option<PolicyFiles>> {
        let policy = policy.to_owned();
        async move { self.fleet()?.agent(at).policy_files(&policy).await.map_err(failed) }.boxed()
    }

    fn set_policy_files(&self, at: Place, policy: &str, files: &PolicyFiles) -> Pulled<'_, ()> {
        let (policy, files) = (policy.to_owned(), files.clone());
        async move { self.fleet()?.agent(at).set_policy_files(&policy, Some(&files)).await.map_err(failed) }
            .boxed()
    }

    fn part(&self, one: Place, other: Place) -> Pulled<'_, ()> {
        async move { self.fleet()?.partition(one, other).await.map_err(failed) }.boxed()
    }

    fn heal(&self, one: Place, other: Place) -> Pulled<'_, ()> {
        async move { self.fleet()?.heal(one, other).await.map_err(failed) }.boxed()
    }

    fn pause(&self, at: Place) -> Pulled<'_, ()> {
        async move { self.fleet()?.pause(at).await.map_err(failed) }.boxed()
    }

    fn resume(&self, at: Place) -> Pulled<'_, ()> {
        async move { self.fleet()?.unpause(at).await.map_err(failed) }.boxed()
    }

    fn crash(&self, at: Place) -> Pulled<'_, ()> {
        async move { self.fleet()?.crash(at).await.map_err(failed) }.boxed()
    }

    fn restart(&self, at: Place) -> Pulled<'_, ()> {
        async move { self.fleet()?.start_again(at).await.map_err(failed) }.boxed()
    }

    fn stop(&self) -> Pulled<'_, ()> {
        async move {
            let fleet = self.fleet.write().unwrap_or_else(PoisonError::into_inner).take();
            match fleet.map(Arc::try_unwrap) {
                Some(Ok(fleet)) => fleet.stop().await.map_err(failed),
                // Whoever still pulls a lever drops the fleet when it is done.
                Some(Err(_)) | None => Ok(()),
            }
        }
        .boxed()
    }
}
