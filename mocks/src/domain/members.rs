//! Member servers and workstations: whether they belong to the domain, what they know of their own password, and which
//! controller they have a secure channel with.

use super::HostMap;
use crate::directory::{Controllers, Database, DcIndex, computer_account};
use crate::{
    AccountFlag, ComputerAccounts, DcRole, HostName, Membership, Name, Secret, SecureChannelSpec, Streams,
    Win32Error, WorldSpec,
};

/// The members of a domain, and whether their accounts count.
#[derive(Clone)]
pub(super) struct Members {
    table: HostMap<Member>,
    /// Whether accounts of computers stand in the directory; otherwise each member's trust is taken for granted.
    pub(super) listed: bool,
    /// What no source settles.
    pub(super) spec: SecureChannelSpec,
    streams: Streams,
}

/// A member server or workstation, or one that may become a member.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) membership: Membership,
    /// Its Active Directory site.
    pub(super) site: Name,
    /// Its secret, `$MACHINE.ACC`.
    pub(super) secret: Option<MachineSecret>,
    /// The controller at the other end of its secure channel.
    pub(super) channel: Option<DcIndex>,
    /// Why the last attempt to set one up failed.
    pub(super) error: Option<Win32Error>,
    /// The controller that it asks first.
    pub(super) logon_server: Option<DcIndex>,
    /// The controller that made its account, until the first channel stands.
    pub(super) joined_at: Option<DcIndex>,
    drawn: u32,
}

/// What a machine knows of its own password: a channel that the new one does not open is tried with the one before.
#[derive(Clone, Debug)]
pub(super) struct MachineSecret {
    pub(super) current: Secret,
    pub(super) previous: Option<Secret>,
}

impl MachineSecret {
    /// The secret after a change.
    pub(super) fn succeeded_by(&self, new: &Secret) -> MachineSecret {
        MachineSecret { current: new.clone(), previous: Some(self.current.clone()) }
    }

    /// A secret that was not there before.
    pub(super) fn fresh(secret: &Secret) -> MachineSecret {
        MachineSecret { current: secret.clone(), previous: None }
    }
}

impl Members {
    /// The members of a world at its start.
    pub(super) fn new(spec: &WorldSpec, controllers: &Controllers, streams: Streams) -> Members {
        let mut members = Members {
            table: HostMap::with_capacity_and_hasher(spec.machines.len(), Default::default()),
            listed: spec.domain.computer_accounts == ComputerAccounts::Listed,
            spec: spec.domain.secure_channel,
            streams,
        };
        for machine in &spec.machines {
            let joined = machine.membership.is_domain() && members.listed;
            let secret = joined.then(|| MachineSecret::fresh(&password_of(streams, &machine.name, 0)));
            let logon_server = machine.logon_server.as_ref().and_then(|dc| controllers.index(dc));
            let member = Member {
                membership: machine.membership,
                site: machine.machine.site.clone(),
                secret,
                channel: None,
                error: None,
                logon_server,
                joined_at: None,
                drawn: 0,
            };
            members.table.insert(machine.name.clone(), member);
        }
        members
    }

    /// The same members, whose passwords nobody has drawn, at the start of a run that draws from other streams.
    pub(super) fn under(self, streams: Streams) -> Members {
        debug_assert!(!self.listed, "passwords of computers are drawn from the seed");
        Members { streams, ..self }
    }

    /// A member machine, or one that may become a member; `None` for a controller.
    pub(super) fn find(&self, host: &HostName) -> Option<&Member> {
        self.table.get(host)
    }

    /// The same, to change.
    pub(super) fn find_mut(&mut self, host: &HostName) -> Option<&mut Member> {
        self.table.get_mut(host)
    }

    /// Whether a host belongs to the domain: a controller does.
    pub(super) fn belongs(&self, host: &HostName) -> bool {
        self.table.get(host).is_none_or(|member| member.membership.is_domain())
    }

    /// A new password for a machine, drawn from a stream of its own.
    pub(super) fn draw(&mut self, host: &HostName) -> Secret {
        let number = self.table.get_mut(host).map_or(0, |member| {
            member.drawn += 1;
            member.drawn
        });
        password_of(self.streams, host, number)
    }
}

/// Where the passwords of machines are drawn from.
pub(super) fn password_streams(seed: u64) -> Streams {
    Streams::new(seed).child("computer-accounts")
}

/// Enters the accounts of every member and controller into the domain's database, as they are at the start.
pub(super) fn load_computers(spec: &WorldSpec, database: &mut Database, streams: Streams) {
    for dc in &spec.dcs {
        let flag = match dc.role {
            DcRole::Pdc | DcRole::Bdc => AccountFlag::ServerTrustAccount,
            // A read-only controller's account is that of a workstation, with a bit of its own.
            DcRole::Rodc => AccountFlag::WorkstationTrustAccount,
        };
        database.load_computer(&dc.name, &password_of(streams, &dc.name, 0), flag);
    }
    let members = spec.machines.iter().filter(|machine| machine.membership.is_domain());
    for machine in members {
        let flag = AccountFlag::WorkstationTrustAccount;
        database.load_computer(&machine.name, &password_of(streams, &machine.name, 0), flag);
    }
}

/// The n-th password of a machine, of 14 characters as Windows NT draws them.
fn password_of(streams: Streams, host: &HostName, number: u32) -> Secret {
    let account = computer_account(host);
    let mut draws = streams.child(account.as_str()).child(&number.to_string()).draws();
    let drawn: String = (0..14).map(|_| char::from(b'!' + draws.up_to(93) as u8)).collect();
    drawn.into()
}
