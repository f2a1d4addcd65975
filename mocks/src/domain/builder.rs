//! Worlds for Rust tests, in a line or two.

use std::sync::Arc;

use super::{Domain, SpecError};
use crate::{
    DcRole, DcSpec, DelaySpec, Distribution, FaultKind, FaultSpec, HostName, MachineKind, MachineSettings,
    MachineSpec, Occasions, Replication, Secret, Span, UserSpec, WorldSpec,
};

/// Builds a [`Domain`] step by step. Whatever has no method of its own stands in [`DomainBuilder::spec`].
#[derive(Clone, Debug, Default)]
#[must_use = "a builder builds nothing before `build`"]
pub struct DomainBuilder {
    /// Shared with the domains that were built.
    spec: Arc<WorldSpec>,
    since_monday: Span,
}

impl Domain {
    /// An empty world to add controllers and machines to; the replication is that of Windows NT 4.0 unless said
    /// otherwise.
    pub fn builder() -> DomainBuilder {
        DomainBuilder::default()
    }
}

impl DomainBuilder {
    /// Adds the primary domain controller.
    pub fn pdc(self, name: impl Into<HostName>) -> DomainBuilder {
        self.dc(name.into(), DcRole::Pdc)
    }

    /// Adds a backup domain controller.
    pub fn bdc(self, name: impl Into<HostName>) -> DomainBuilder {
        self.dc(name.into(), DcRole::Bdc)
    }

    /// Adds a read-only domain controller of Active Directory.
    pub fn rodc(self, name: impl Into<HostName>) -> DomainBuilder {
        self.dc(name.into(), DcRole::Rodc)
    }

    fn dc(mut self, name: HostName, role: DcRole) -> DomainBuilder {
        let machine = MachineSettings::default();
        self.spec().dcs.push(DcSpec { name, role, machine, delay: None, nt4: None });
        self
    }

    /// Adds a workstation.
    pub fn workstation(self, name: impl Into<HostName>) -> DomainBuilder {
        self.machine(name.into(), MachineKind::Workstation)
    }

    /// Adds a member server.
    pub fn member_server(self, name: impl Into<HostName>) -> DomainBuilder {
        self.machine(name.into(), MachineKind::MemberServer)
    }

    fn machine(mut self, name: HostName, kind: MachineKind) -> DomainBuilder {
        self.spec().machines.push(MachineSpec::new(name, kind));
        self
    }

    /// Every change becomes visible elsewhere this long after its commit.
    pub fn delay(self, delay: Span) -> DomainBuilder {
        let all = Distribution::Constant(delay);
        self.replication(Replication::Delay(DelaySpec { all, ..DelaySpec::default() }))
    }

    /// Lists the accounts of machines in the directory, so that their secure channels can fail.
    pub fn computer_accounts(mut self) -> DomainBuilder {
        self.spec().domain.computer_accounts = crate::ComputerAccounts::Listed;
        self
    }

    /// Adds a workstation that belongs to no domain yet.
    pub fn newcomer(mut self, name: impl Into<HostName>) -> DomainBuilder {
        let mut machine = MachineSpec::new(name, MachineKind::Workstation);
        machine.membership = crate::Membership::Workgroup;
        self.spec().machines.push(machine);
        self.computer_accounts()
    }

    /// Sets the replication model.
    pub fn replication(mut self, replication: Replication) -> DomainBuilder {
        self.spec().domain.replication = replication;
        self
    }

    /// Adds a domain user that is a member of these groups beside Domain Users.
    pub fn user(
        mut self,
        name: impl Into<crate::AccountName>,
        password: impl Into<Secret>,
        member_of: &[&str],
    ) -> DomainBuilder {
        self.spec().users.push(UserSpec {
            entry: Default::default(),
            name: name.into(),
            password: password.into(),
            comment: String::new(),
            flags: std::collections::BTreeSet::new(),
            password_age: Span::ZERO,
            earlier_passwords: Vec::new(),
            member_of: member_of.iter().map(|group| (*group).into()).collect(),
            expires: None,
            limits: Default::default(),
        });
        self
    }

    /// Adds a fault that touches every occasion from one instant until another.
    pub fn fault(mut self, name: &str, kind: FaultKind, from: Span, until: Option<Span>) -> DomainBuilder {
        let count = Occasions::All;
        self.spec().faults.push(FaultSpec {
            name: name.into(),
            kind,
            from,
            until,
            count,
            touches_nothing: false,
        });
        self
    }

    /// How long after a Monday's midnight the run starts; that midnight itself unless said otherwise. Hours of links
    /// and logons need it.
    pub fn starts_at(mut self, since_monday: Span) -> DomainBuilder {
        self.since_monday = since_monday;
        self
    }

    /// The world as plain data, to change what has no method here.
    pub fn spec(&mut self) -> &mut WorldSpec {
        Arc::make_mut(&mut self.spec)
    }

    /// Builds the world. The same seed gives the same run.
    pub fn build(&self, seed: u64) -> Result<Domain, SpecError> {
        Domain::at_start(&self.spec, self.since_monday, seed)
    }
}
