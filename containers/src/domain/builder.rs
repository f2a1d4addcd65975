//! Samba domains for Rust tests, in a line or two.

use std::sync::Arc;

use mockdc_mocks::{
    AccountName, Domain, DomainBuilder, FaultKind, HostName, Replication, Secret, Span, WorldSpec,
};

use super::{DrivenSamba, MOST_BDCS, SambaDomain, SambaError};
use crate::{Fleet, FleetError, FleetLevers, FleetOptions, LeverError, Levers};

/// Builds a [`SambaDomain`] step by step, as [`Domain::builder`] builds the fake: the PDC is `PDC1`, the BDCs are `BDC1`
/// to `BDC3`. Whatever has no method of its own stands in [`SambaDomainBuilder::spec`].
#[derive(Clone, Debug)]
#[must_use = "a builder starts nothing before `start`"]
pub struct SambaDomainBuilder {
    world: DomainBuilder,
    speed: f64,
    seed: u64,
}

impl SambaDomain {
    /// A domain of a PDC alone, whose scenario runs as fast as the wall; the replication is that of Windows NT 4.0
    /// unless said otherwise.
    pub fn builder() -> SambaDomainBuilder {
        SambaDomainBuilder { world: Domain::builder().pdc("PDC1"), speed: 1.0, seed: 1 }
    }
}

impl SambaDomainBuilder {
    /// Adds so many BDCs; at most three in all.
    pub fn bdcs(mut self, count: usize) -> SambaDomainBuilder {
        let present = self.world.spec().dcs.len() - 1;
        for number in present + 1..=present + count {
            self.world = self.world.bdc(format!("BDC{number}").as_str());
        }
        self
    }

    /// Adds a workstation, which the model alone plays.
    pub fn workstation(mut self, name: impl Into<HostName>) -> SambaDomainBuilder {
        self.world = self.world.workstation(name);
        self
    }

    /// Adds a member server, which the model alone plays.
    pub fn member_server(mut self, name: impl Into<HostName>) -> SambaDomainBuilder {
        self.world = self.world.member_server(name);
        self
    }

    /// Every change becomes visible elsewhere this long after its commit.
    pub fn delay(mut self, delay: Span) -> SambaDomainBuilder {
        self.world = self.world.delay(delay);
        self
    }

    /// Sets the replication model.
    pub fn replication(mut self, replication: Replication) -> SambaDomainBuilder {
        self.world = self.world.replication(replication);
        self
    }

    /// Adds a domain user that is a member of these groups beside Domain Users.
    pub fn user(
        mut self,
        name: impl Into<AccountName>,
        password: impl Into<Secret>,
        member_of: &[&str],
    ) -> SambaDomainBuilder {
        self.world = self.world.user(name, password, member_of);
        self
    }

    /// Adds a fault that touches every occasion from one instant until another.
    pub fn fault(
        mut self,
        name: &str,
        kind: FaultKind,
        from: Span,
        until: Option<Span>,
    ) -> SambaDomainBuilder {
        self.world = self.world.fault(name, kind, from, until);
        self
    }

    /// How many times faster than the wall the scenario runs: 60 is a minute in a second.
    pub fn speed(mut self, speed: f64) -> SambaDomainBuilder {
        self.speed = speed;
        self
    }

    /// The seed of everything that is drawn; 1 unless said otherwise.
    pub fn seed(mut self, seed: u64) -> SambaDomainBuilder {
        self.seed = seed;
        self
    }

    /// The world as plain data, to change what has no method here.
    pub fn spec(&mut self) -> &mut WorldSpec {
        self.world.spec()
    }

    /// Starts the containers, makes the world in them, and starts its clock. Builds the image when it is not there.
    ///
    /// # Errors
    ///
    /// When there is no Docker, when the world is impossible, or when Samba does not do as it is told.
    pub async fn start(mut self) -> Result<SambaDomain, SambaError> {
        let fleet = start_fleet(self.world.spec()).await?;
        self.start_on(fleet).await
    }

    /// Makes the world on controllers that run already, and starts its clock.
    ///
    /// # Errors
    ///
    /// When the world is impossible, or Samba does not do as it is told.
    pub async fn start_on(mut self, levers: Arc<dyn Levers>) -> Result<SambaDomain, SambaError> {
        let controllers = self.world.spec().dcs.len();
        if controllers > MOST_BDCS + 1 {
            return Err(SambaError::Controllers { most: MOST_BDCS, found: controllers });
        }
        let driven = DrivenSamba::start(self.world.spec(), Span::ZERO, self.seed, levers).await?;
        Ok(SambaDomain::run(driven, self.speed))
    }
}

/// Starts the containers that a world needs.
///
/// # Errors
///
/// When there is no Docker, or a container does not start.
pub async fn start_fleet(spec: &WorldSpec) -> Result<Arc<dyn Levers>, SambaError> {
    let bdcs = spec.dcs.len().saturating_sub(1);
    if bdcs > MOST_BDCS {
        return Err(SambaError::Controllers { most: MOST_BDCS, found: spec.dcs.len() });
    }
    // The privilege that a partition needs is asked for only when there is one.
    let partitions = spec.faults.iter().any(|fault| matches!(fault.kind, FaultKind::Partition { .. }));
    let fleet = Fleet::start(FleetOptions { bdcs, partitions }).await;
    let fleet = fleet.map_err(|error| match error {
        FleetError::Start(..) | FleetError::Silent(_) | FleetError::Agent(_) => {
            SambaError::NotReady(error.to_string())
        }
        error => SambaError::Lever {
            doing: "starting the containers".to_owned(),
            problem: LeverError(error.to_string()),
        },
    })?;
    Ok(Arc::new(FleetLevers::new(fleet)))
}
