//! A running domain: the containers of its controllers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use testcontainers::bollard::models::PortBinding;
use testcontainers::bollard::query_parameters as query;
use testcontainers::core::{ContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{GenericImage, ImageExt, TestcontainersError};

use crate::agent::{Agent, AgentError, Context};
use crate::engine::{Addresses, Engine, EngineError, HOST, OWNER, RUN};
use crate::image::{Image, ImageError, hex};
use crate::owner::Owner;
use crate::{sweep, watchdog};

/// The DNS name of the baked domain, and its Kerberos realm.
pub const REALM: &str = "CORP.TEST";
/// The NetBIOS name of the baked domain.
pub const DOMAIN: &str = "CORP";
/// The SID of the baked domain.
pub const DOMAIN_SID: &str = "S-1-5-21-304961-828371-2002";
/// The password of `Administrator`. It is no secret: it is in the image, and only this machine can reach the ports.
pub const PASSWORD: &str = "Adm1n-password!";

/// How long a controller may take to answer after its start.
const PATIENCE: Duration = Duration::from_secs(60);
/// The capabilities that Samba needs of those that an engine gives to every container; the others are taken away.
const KEPT: [&str; 10] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETUID",
    "SYS_CHROOT",
    "SETPCAP",
];

/// The name of the controller in that place: 0 is the primary one.
pub fn controller(place: usize) -> String {
    if place == 0 { "PDC1".to_owned() } else { format!("BDC{place}") }
}

/// What a fleet should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetOptions {
    /// How many backup domain controllers, 0 to 3.
    pub bdcs: usize,
    /// Whether the network between controllers can be cut: this alone gives the containers a privilege, `NET_ADMIN`.
    pub partitions: bool,
}

/// A domain of Samba controllers. Dropping it removes its containers and its network, in a panic too; SIGINT and
/// SIGTERM do as well, and end the process.
///
/// Controllers are spoken of by place: 0 is the primary domain controller, 1 the first backup domain controller.
#[derive(Debug)]
pub struct Fleet {
    run: String,
    engine: Engine,
    stopped: AtomicBool,
    /// How many containers the engine was asked for.
    begun: AtomicUsize,
    members: Vec<Member>,
    partitions: bool,
    cuts: Mutex<BTreeSet<(usize, usize)>>,
}

#[derive(Debug)]
struct Member {
    name: String,
    container: String,
    agent: Agent,
    addresses: Mutex<Addresses>,
}

/// A fleet could not be started or handled.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// A domain has one to three backup domain controllers at most in the image.
    #[error("a Samba domain can have up to 3 BDCs, not {0}: start fewer")]
    TooMany(usize),
    /// Partitions were not asked for at the start, and the containers lack the capability.
    #[error("the fleet was started without partitions: set `partitions` in its options")]
    NoPartitions,
    /// The image is not there and could not be built.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The container engine is absent or refuses.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A controller's agent failed.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// A container did not start or did not become ready within a minute: its own output is in the text.
    #[error("{0} did not start: {1}")]
    Start(String, TestcontainersError),
    /// A controller that was started again does not answer within a minute.
    #[error("{0} does not answer a minute after its start: see `docker logs`")]
    Silent(String),
    /// The operating system gives no random bytes for the run's token.
    #[error("no random bytes for the run's token: {0}")]
    Random(getrandom::Error),
}

impl Fleet {
    /// Builds the image if it is not there, removes what ended runs left over, and starts the domain. It is done when
    /// every controller answers and has pulled from the primary one.
    pub async fn start(options: FleetOptions) -> Result<Fleet, FleetError> {
        let FleetOptions { bdcs, partitions } = options;
        if bdcs > 3 {
            return Err(FleetError::TooMany(bdcs));
        }
        let image = Image::ensure().await?;
        let engine = Engine::connect().await?;
        let mut random = [0; 24];
        getrandom::fill(&mut random).map_err(FleetError::Random)?;
        let (token, run) = (hex(&random[..16]), hex(&random[16..]));
        watchdog::guard(&run);
        // From here on dropping `fleet` removes whatever was made.
        let mut fleet = Fleet {
            run,
            engine: engine.clone(),
            stopped: AtomicBool::new(false),
            begun: AtomicUsize::new(0),
            members: Vec::new(),
            partitions,
            cuts: Mutex::default(),
        };
        let network = fleet.network();
        let (swept, made) =
            futures::join!(sweep::sweep_with(&engine), engine.create_network(&network, &fleet.run));
        swept?;
        made?;
        let starts = (0..=bdcs).map(|place| fleet.start_member(&image, &token, bdcs, place));
        fleet.members = try_join_all(starts).await?;
        fleet.introduce().await?;
        try_join_all((1..=bdcs).map(|place| fleet.agent(place).sync("PDC1", Context::Domain, true))).await?;
        Ok(fleet)
    }

    async fn start_member(
        &self,
        image: &Image,
        token: &str,
        bdcs: usize,
        place: usize,
    ) -> Result<Member, FleetError> {
        let name = controller(place);
        let ports = [389, 445, 8600];
        let mut request = GenericImage::new(image.name, &image.tag)
            .with_wait_for(WaitFor::message_on_stdout(format!("mockdc: {name} is ready")))
            .with_container_name(format!("mockdc-{}-{}", self.run, name.to_lowercase()))
            .with_network(self.network())
            .with_labels([
                (RUN, self.run.clone()),
                (OWNER, Owner::this().label()),
                ("mockdc.dc", name.clone()),
            ])
            .with_env_var("MOCKDC_DC", &name)
            .with_env_var("MOCKDC_BDCS", bdcs.to_string())
            .with_env_var("MOCKDC_TOKEN", token)
            .with_cap_drop("ALL")
            .with_security_opt("no-new-privileges")
            .with_startup_timeout(PATIENCE)
            .with_host_config_modifier(move |config| {
                let local = || {
                    Some(vec![PortBinding {
                        host_ip: Some(HOST.to_owned()),
                        host_port: Some("0".to_owned()),
                    }])
                };
                config.publish_all_ports = Some(false);
                config.port_bindings =
                    Some(ports.map(|port| (format!("{port}/tcp"), local())).into_iter().collect());
                config.init = Some(true);
            });
        for capability in KEPT.into_iter().chain(self.partitions.then_some("NET_ADMIN")) {
            request = request.with_cap_add(capability);
        }
        for port in ports {
            request = request.with_mapped_port(0, ContainerPort::Tcp(port));
        }
        self.begun.fetch_add(1, Ordering::AcqRel);
        let container = request.start().await.map_err(|error| FleetError::Start(name.clone(), error))?;
        let id = container.id().to_owned();
        // The run is removed as a whole, also where testcontainers cannot: without a runtime, with its network.
        std::mem::forget(container);
        let addresses = self.engine.addresses(&id).await?;
        let agent = Agent::new(addresses.agent, token.to_owned());
        Ok(Member { name, container: id, agent, addresses: Mutex::new(addresses) })
    }

    /// Tells every controller that runs where the others are.
    async fn introduce(&self) -> Result<(), FleetError> {
        let all: BTreeMap<_, _> =
            self.members.iter().map(|member| (member.name.clone(), member.addresses().inside)).collect();
        let told = join_all(self.members.iter().map(async |member| {
            let mut peers = all.clone();
            peers.remove(&member.name);
            member.agent.peers(&peers).await
        }));
        for (member, told) in self.members.iter().zip(told.await) {
            match told {
                Ok(()) => {}
                Err(AgentError::Unreachable(..)) if !self.runs(member).await? => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// How many controllers the domain has.
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// The id of the run, which stands in the labels of everything that it made.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Where a controller's LDAP is; another port after [`Fleet::start_again`].
    pub fn ldap(&self, place: usize) -> SocketAddr {
        self.members[place].addresses().ldap
    }

    /// Where a controller's SMB is.
    pub fn smb(&self, place: usize) -> SocketAddr {
        self.members[place].addresses().smb
    }

    /// A controller's agent.
    pub fn agent(&self, place: usize) -> &Agent {
        &self.members[place].agent
    }

    /// Cuts the network between two controllers, both ways; the test still reaches both.
    pub async fn partition(&self, one: usize, other: usize) -> Result<(), FleetError> {
        self.can_partition()?;
        self.cuts().insert((one.min(other), one.max(other)));
        self.cut(one, other).await
    }

    /// Undoes [`Fleet::partition`].
    pub async fn heal(&self, one: usize, other: usize) -> Result<(), FleetError> {
        self.can_partition()?;
        self.cuts().remove(&(one.min(other), one.max(other)));
        let mends =
            [(one, other), (other, one)].map(|(at, from)| self.agent(at).heal(&self.members[from].name));
        try_join_all(mends).await?;
        Ok(())
    }

    async fn cut(&self, one: usize, other: usize) -> Result<(), FleetError> {
        let cuts =
            [(one, other), (other, one)].map(|(at, from)| self.agent(at).partition(&self.members[from].name));
        try_join_all(cuts).await?;
        Ok(())
    }

    fn cuts(&self) -> std::sync::MutexGuard<'_, BTreeSet<(usize, usize)>> {
        self.cuts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn can_partition(&self) -> Result<(), FleetError> {
        if self.partitions { Ok(()) } else { Err(FleetError::NoPartitions) }
    }

    /// Stops a controller's processor time: it accepts connections and answers nothing.
    pub async fn pause(&self, place: usize) -> Result<(), FleetError> {
        let done = self.engine.0.pause_container(&self.members[place].container).await;
        Ok(done.map_err(|error| EngineError::Refused("pause a container", error))?)
    }

    /// Undoes [`Fleet::pause`].
    pub async fn unpause(&self, place: usize) -> Result<(), FleetError> {
        let done = self.engine.0.unpause_container(&self.members[place].container).await;
        Ok(done.map_err(|error| EngineError::Refused("let a container go on", error))?)
    }

    /// Ends a controller at once, as a power failure does. What it had committed is there after
    /// [`Fleet::start_again`].
    pub async fn crash(&self, place: usize) -> Result<(), FleetError> {
        let done = self.engine.0.kill_container(&self.members[place].container, None).await;
        Ok(done.map_err(|error| EngineError::Refused("kill a container", error))?)
    }

    /// Shuts a controller down.
    pub async fn shut_down(&self, place: usize) -> Result<(), FleetError> {
        let options = query::StopContainerOptions { t: Some(10), ..Default::default() };
        let done = self.engine.0.stop_container(&self.members[place].container, Some(options)).await;
        Ok(done.map_err(|error| EngineError::Refused("stop a container", error))?)
    }

    /// Starts a controller after [`Fleet::crash`] or [`Fleet::shut_down`], and is done when it answers. Its addresses
    /// are others than before; its partitions hold.
    ///
    /// One that does not answer in time, or ends, is started once more: Samba does not always get up after a crash.
    pub async fn start_again(&self, place: usize) -> Result<(), FleetError> {
        match self.start_within(place, PATIENCE / 2).await {
            Err(error @ (FleetError::Silent(_) | FleetError::Engine(EngineError::Container(..)))) => {
                let name = &self.members[place].name;
                tracing::warn!("{name} does not get up after its restart: it is started once more ({error})");
                // It may have ended meanwhile; then there is nothing to end.
                let _ = self.crash(place).await;
                self.start_within(place, PATIENCE).await
            }
            done => done,
        }
    }

    async fn start_within(&self, place: usize, patience: Duration) -> Result<(), FleetError> {
        let member = &self.members[place];
        let done = self.engine.0.start_container(&member.container, None).await;
        done.map_err(|error| EngineError::Refused("start a container", error))?;
        let addresses = self.engine.addresses(&member.container).await?;
        *member.addresses.lock().unwrap_or_else(PoisonError::into_inner) = addresses;
        member.agent.moved(addresses.agent);
        let ready = async {
            // The agent listens at once and answers only when everything else does.
            while !member.agent.status().await.is_ok_and(|status| status.ready) {
                if !self.runs(member).await? {
                    return Err(
                        EngineError::Container(member.container.clone(), "ended after its start").into()
                    );
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            self.introduce().await?;
            let cuts: Vec<_> =
                self.cuts().iter().copied().filter(|(one, other)| [one, other].contains(&&place)).collect();
            for (one, other) in cuts {
                self.cut(one, other).await?;
            }
            Ok(())
        };
        tokio::time::timeout(patience, ready).await.map_err(|_| FleetError::Silent(member.name.clone()))?
    }

    async fn runs(&self, member: &Member) -> Result<bool, EngineError> {
        let found = self.engine.0.inspect_container(&member.container, None).await;
        let found = found.map_err(|error| EngineError::Refused("inspect a container", error))?;
        Ok(found.state.is_some_and(|state| state.running == Some(true) && state.paused != Some(true)))
    }

    /// Removes the fleet's containers and network and says when that is done. Dropping it does the same and blocks.
    pub async fn stop(&self) -> Result<(), EngineError> {
        watchdog::remove(&self.run).await?;
        self.stopped.store(true, Ordering::Release);
        Ok(())
    }

    fn network(&self) -> String {
        format!("mockdc-{}", self.run)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if !self.stopped.load(Ordering::Acquire) {
            watchdog::remove_blocking(&self.run, self.begun.load(Ordering::Acquire));
        }
    }
}

impl Member {
    fn addresses(&self) -> Addresses {
        *self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
