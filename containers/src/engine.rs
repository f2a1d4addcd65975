//! The container engine, and the labels by which what is ours is known.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::models::{ContainerSummary, Network, NetworkCreateRequest};
use testcontainers::bollard::query_parameters as query;

use crate::owner::Owner;

/// Label with the id of the run that made a thing.
pub(crate) const RUN: &str = "mockdc.run";
/// Label with the process that made it.
pub(crate) const OWNER: &str = "mockdc.owner";
/// The names of our images; each stands on the next.
const IMAGES: [&str; 3] = ["mockdc-samba", "mockdc-packages", "mockdc-base"];

/// How long a network may be occupied by containers that are on their way out.
const LEAVING: Duration = Duration::from_secs(10);

/// A connection to the container engine.
#[derive(Clone, Debug)]
pub struct Engine(pub(crate) Docker);

/// The container engine could not do something.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no engine to talk to. Install and start Docker Engine 20.10 or later, or set `DOCKER_HOST`; the user
    /// must be allowed to use its socket.
    #[error(
        "Docker does not answer ({0}): install and start Docker Engine 20.10 or later, or set DOCKER_HOST"
    )]
    Absent(Error),
    /// The engine refused a request; the text is its own.
    #[error("Docker could not {0}: {1}")]
    Refused(&'static str, Error),
    /// A container is gone or not as it was made: someone removed it, or it ended by itself.
    #[error("container {0} {1}: see `docker logs {0}`")]
    Container(String, &'static str),
}

/// Where a container can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// From other containers of its network.
    pub(crate) inside: Ipv4Addr,
    /// From this machine.
    pub(crate) ldap: SocketAddr,
    pub(crate) smb: SocketAddr,
    pub(crate) agent: SocketAddr,
}

impl Engine {
    /// Connects to the engine of `DOCKER_HOST`, or else of this machine.
    pub async fn connect() -> Result<Engine, EngineError> {
        let docker = Docker::connect_with_defaults().map_err(EngineError::Absent)?;
        docker.negotiate_version().await.map(Engine).map_err(EngineError::Absent)
    }

    pub(crate) async fn has_image(&self, name: &str) -> Result<bool, EngineError> {
        match self.0.inspect_image(name).await {
            Ok(_) => Ok(true),
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(false),
            Err(error) => Err(EngineError::Refused("look for an image", error)),
        }
    }

    pub(crate) async fn create_network(&self, name: &str, run: &str) -> Result<(), EngineError> {
        let labels = [(RUN.to_owned(), run.to_owned()), (OWNER.to_owned(), Owner::this().label())];
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            labels: Some(labels.into_iter().collect()),
            ..Default::default()
        };
        self.0
            .create_network(request)
            .await
            .map_err(|error| EngineError::Refused("create a network", error))?;
        Ok(())
    }

    /// The containers, running or not, with a label, or with that label and value (`label=value`).
    pub(crate) async fn containers(&self, label: &str) -> Result<Vec<ContainerSummary>, EngineError> {
        let options = query::ListContainersOptions {
            all: true,
            filters: Some([("label".to_owned(), vec![label.to_owned()])].into_iter().collect()),
            ..Default::default()
        };
        self.0
            .list_containers(Some(options))
            .await
            .map_err(|error| EngineError::Refused("list containers", error))
    }

    pub(crate) async fn networks(&self, label: &str) -> Result<Vec<Network>, EngineError> {
        let options = query::ListNetworksOptions {
            filters: Some([("label".to_owned(), vec![label.to_owned()])].into_iter().collect()),
        };
        self.0
            .list_networks(Some(options))
            .await
            .map_err(|error| EngineError::Refused("list networks", error))
    }

    /// The names of the volumes with a label.
    pub(crate) async fn volumes(&self, label: &str) -> Result<Vec<String>, EngineError> {
        let options = query::ListVolumesOptions {
            filters: Some([("label".to_owned(), vec![label.to_owned()])].into_iter().collect()),
        };
        let found = self.0.list_volumes(Some(options)).await;
        let found = found.map_err(|error| EngineError::Refused("list volumes", error))?;
        Ok(found.volumes.unwrap_or_default().into_iter().map(|volume| volume.name).collect())
    }

    /// The names of our images, those that stand on others first.
    pub(crate) async fn images(&self) -> Result<Vec<String>, EngineError> {
        let found = self.0.list_images(None::<query::ListImagesOptions>).await;
        let found = found.map_err(|error| EngineError::Refused("list images", error))?;
        let mut names: Vec<_> = found.into_iter().flat_map(|image| image.repo_tags).collect();
        let rank =
            |name: &String| IMAGES.iter().position(|image| name.strip_prefix(image).is_some_and(is_tag));
        names.retain(|name| rank(name).is_some());
        names.sort_by_key(rank);
        Ok(names)
    }

    pub(crate) async fn remove_container(&self, id: &str) -> Result<bool, EngineError> {
        let options = query::RemoveContainerOptions { force: true, v: true, ..Default::default() };
        gone(self.0.remove_container(id, Some(options)).await, "remove a container")
    }

    /// Containers that somebody else removes just now take a moment to leave it (403 until then).
    pub(crate) async fn remove_network(&self, id: &str) -> Result<bool, EngineError> {
        let end = tokio::time::Instant::now() + LEAVING;
        loop {
            let removed = self.0.remove_network(id).await;
            let occupied = matches!(removed, Err(Error::DockerResponseServerError { status_code: 403, .. }));
            if !occupied || tokio::time::Instant::now() > end {
                return gone(removed, "remove a network");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn remove_volume(&self, name: &str) -> Result<bool, EngineError> {
        let options = query::RemoveVolumeOptions { force: true };
        gone(self.0.remove_volume(name, Some(options)).await, "remove a volume")
    }

    pub(crate) async fn remove_image(&self, name: &str) -> Result<bool, EngineError> {
        let options = query::RemoveImageOptions { force: true, ..Default::default() };
        gone(self.0.remove_image(name, Some(options), None).await.map(drop), "remove an image")
    }

    /// The addresses that a running container has now; they change when it is started again.
    pub(crate) async fn addresses(&self, id: &str) -> Result<Addresses, EngineError> {
        let found = self.0.inspect_container(id, None).await;
        let found = found.map_err(|error| EngineError::Refused("inspect a container", error))?;
        let lost = || EngineError::Container(id.to_owned(), "does not run or publishes no ports");
        let settings = found.network_settings.ok_or_else(lost)?;
        let inside =
            settings.networks.into_iter().flatten().find_map(|(_, end)| end.ip_address?.parse().ok());
        let ports = settings.ports.unwrap_or_default();
        let published = |port: &str| {
            let binding =
                ports.get(port)?.as_ref()?.iter().find(|binding| binding.host_ip.as_deref() == Some(HOST))?;
            Some(SocketAddr::from((Ipv4Addr::LOCALHOST, binding.host_port.as_ref()?.parse().ok()?)))
        };
        Ok(Addresses {
            inside: inside.ok_or_else(lost)?,
            ldap: published("389/tcp").ok_or_else(lost)?,
            smb: published("445/tcp").ok_or_else(lost)?,
            agent: published("8600/tcp").ok_or_else(lost)?,
        })
    }
}

/// Where ports are published.
pub(crate) const HOST: &str = "127.0.0.1";

fn is_tag(rest: &str) -> bool {
    rest.starts_with(':')
}

/// What a removal came to: `false` when somebody else was first.
fn gone(done: Result<(), Error>, what: &'static str) -> Result<bool, EngineError> {
    match done {
        Ok(()) => Ok(true),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(false),
        // "removal of container … is already in progress".
        Err(Error::DockerResponseServerError { status_code: 409, message })
            if message.contains("in progress") =>
        {
            Ok(false)
        }
        Err(error) => Err(EngineError::Refused(what, error)),
    }
}
