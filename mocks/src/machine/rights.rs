//! The rights of a machine's own policy, and the names of rights on each system.

use std::collections::{BTreeMap, BTreeSet};

use crate::directory::Rid;
use crate::{Os, Right};

impl Right {
    /// The name that the policy editor of a system shows. Windows XP and 2003 renamed some.
    pub fn title_on(self, os: Os) -> &'static str {
        match (self, os) {
            (Right::IncreaseQuota, Os::Xp | Os::Windows2003) => "Adjust memory quotas for a process",
            (Right::AssignPrimaryToken, Os::Nt4 | Os::Windows2000) => "Replace a process level token",
            (Right::AssignPrimaryToken, Os::Xp | Os::Windows2003) => "Replace a process-level token",
            (Right::InteractiveLogon, Os::Windows2003) => "Allow log on locally",
            (Right::DenyInteractiveLogon, Os::Xp | Os::Windows2003) => "Deny log on locally",
            (Right::DenyServiceLogon, Os::Xp | Os::Windows2003) => "Deny log on as a service",
            (Right::DenyBatchLogon, Os::Xp | Os::Windows2003) => "Deny log on as a batch job",
            (Right::MachineAccount, Os::Xp | Os::Windows2003) => "Add workstations to domain",
            (_, _) => self.title(),
        }
    }
}

/// Holders of rights, right by right.
pub(crate) type Holders = BTreeMap<Right, BTreeSet<Rid>>;

/// The rights that a member server or workstation grants before anybody changes them. Nobody logs on as a service,
/// acts as part of the operating system, replaces a process level token; quotas are the administrators' (2000: and
/// nobody else's). Access from the network is everyone's.
pub(crate) fn default_rights() -> Holders {
    let administrators_only = [
        Right::IncreaseQuota,
        Right::Debug,
        Right::LoadDriver,
        Right::Security,
        Right::TakeOwnership,
        Right::SystemTime,
        Right::RemoteShutdown,
    ];
    let with_operators = [Right::Backup, Right::Restore];
    let with_users = [Right::Shutdown, Right::InteractiveLogon];
    let mut holders = Holders::new();
    for right in administrators_only.into_iter().chain(with_operators).chain(with_users) {
        holders.entry(right).or_default().insert(Rid::ADMINISTRATORS);
    }
    for right in with_operators.into_iter().chain(with_users) {
        holders.entry(right).or_default().insert(Rid::BACKUP_OPERATORS);
    }
    for right in with_users {
        holders.entry(right).or_default().extend([Rid::POWER_USERS, Rid::USERS]);
    }
    holders.entry(Right::SystemTime).or_default().insert(Rid::POWER_USERS);
    for right in [Right::NetworkLogon, Right::ChangeNotify] {
        holders.entry(right).or_default().insert(Rid::EVERYONE);
    }
    holders
}

/// The machine's own policy beneath group policy: what it was before a right was defined, so that it comes back when
/// the definition goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnRights {
    /// Rights that group policy defines now: the machine's own holders, and those that policy put in their place.
    covered: BTreeMap<Right, Covered>,
}

#[derive(Clone, Debug, Default)]
struct Covered {
    own: BTreeSet<Rid>,
    policy: BTreeSet<Rid>,
}

impl OwnRights {
    /// Applies policy to the effective holders and gives the new ones, for the rights that change or may change.
    ///
    /// A right that policy defines has exactly the policy's holders. What was granted or revoked on the machine since
    /// the last application stays in the machine's own policy, without effect, until the right is no longer defined
    /// (Q280532: local policy still shows the right).
    pub(crate) fn apply(
        &mut self,
        effective: &Holders,
        defined: &BTreeMap<Right, BTreeSet<Rid>>,
    ) -> BTreeMap<Right, BTreeSet<Rid>> {
        let mut new = BTreeMap::new();
        let none = BTreeSet::new();
        for (right, holders) in defined {
            let now = effective.get(right).unwrap_or(&none);
            let covered = self
                .covered
                .entry(*right)
                .or_insert_with(|| Covered { own: now.clone(), policy: now.clone() });
            covered.learn(now);
            covered.policy.clone_from(holders);
            new.insert(*right, holders.clone());
        }
        let gone: Vec<Right> =
            self.covered.keys().copied().filter(|right| !defined.contains_key(right)).collect();
        for right in gone {
            if let Some(mut covered) = self.covered.remove(&right) {
                covered.learn(effective.get(&right).unwrap_or(&none));
                new.insert(right, covered.own);
            }
        }
        new
    }
}

impl Covered {
    /// Takes over what was granted and revoked on the machine since policy was applied.
    fn learn(&mut self, effective: &BTreeSet<Rid>) {
        self.own.extend(effective.difference(&self.policy));
        for revoked in self.policy.difference(effective) {
            self.own.remove(revoked);
        }
    }
}
