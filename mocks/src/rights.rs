//! User rights: privileges and logon rights by the constants that policy files use (Q245207).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! rights {
    ($($(#[$doc:meta])* $right:ident = $constant:literal, $ui:literal;)*) => {
        /// A user right.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Right {
            $($(#[$doc])* #[doc = $ui] #[serde(rename = $constant)] $right,)*
        }

        impl Right {
            /// Every right that mockdc knows.
            pub const ALL: &[Right] = &[$(Right::$right),*];

            /// The constant, as `GptTmpl.inf` spells it: `SeServiceLogonRight`.
            pub fn constant(self) -> &'static str {
                match self { $(Right::$right => $constant),* }
            }

            /// The name that the policy editor of Windows 2000 shows: `Log on as a service`.
            pub fn title(self) -> &'static str {
                match self { $(Right::$right => $ui),* }
            }
        }
    };
}

rights! {
    Tcb = "SeTcbPrivilege", "Act as part of the operating system";
    IncreaseQuota = "SeIncreaseQuotaPrivilege", "Increase quotas";
    ServiceLogon = "SeServiceLogonRight", "Log on as a service";
    AssignPrimaryToken = "SeAssignPrimaryTokenPrivilege", "Replace a process level token";
    Shutdown = "SeShutdownPrivilege", "Shut down the system";
    NetworkLogon = "SeNetworkLogonRight", "Access this computer from the network";
    InteractiveLogon = "SeInteractiveLogonRight", "Log on locally";
    BatchLogon = "SeBatchLogonRight", "Log on as a batch job";
    DenyNetworkLogon = "SeDenyNetworkLogonRight", "Deny access to this computer from the network";
    DenyInteractiveLogon = "SeDenyInteractiveLogonRight", "Deny logon locally";
    DenyServiceLogon = "SeDenyServiceLogonRight", "Deny logon as a service";
    DenyBatchLogon = "SeDenyBatchLogonRight", "Deny logon as a batch job";
    MachineAccount = "SeMachineAccountPrivilege", "Add workstations to domain";
    Backup = "SeBackupPrivilege", "Back up files and directories";
    Restore = "SeRestorePrivilege", "Restore files and directories";
    Debug = "SeDebugPrivilege", "Debug programs";
    LoadDriver = "SeLoadDriverPrivilege", "Load and unload device drivers";
    Security = "SeSecurityPrivilege", "Manage auditing and security log";
    TakeOwnership = "SeTakeOwnershipPrivilege", "Take ownership of files or other objects";
    SystemTime = "SeSystemTimePrivilege", "Change the system time";
    RemoteShutdown = "SeRemoteShutdownPrivilege", "Force shutdown from a remote system";
    CreateToken = "SeCreateTokenPrivilege", "Create a token object";
    CreatePermanent = "SeCreatePermanentPrivilege", "Create permanent shared objects";
    ChangeNotify = "SeChangeNotifyPrivilege", "Bypass traverse checking";
    Audit = "SeAuditPrivilege", "Generate security audits";
}

/// A set of user rights, in the order of [`Right::ALL`]; on paper a list of constants.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RightSet(u32);

impl RightSet {
    /// Every right that mockdc knows: what Local System holds.
    pub const ALL: RightSet = RightSet(u32::MAX >> (32 - Right::ALL.len()));

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether it holds the right.
    pub fn contains(self, right: &Right) -> bool {
        self.0 & RightSet::bit(*right) != 0
    }

    /// Adds a right. Says whether it is new.
    pub fn insert(&mut self, right: Right) -> bool {
        let new = !self.contains(&right);
        self.0 |= RightSet::bit(right);
        new
    }

    /// Takes a right away. Says whether it was there.
    pub fn remove(&mut self, right: &Right) -> bool {
        let there = self.contains(right);
        self.0 &= !RightSet::bit(*right);
        there
    }

    /// The rights of this set that the other has not.
    pub fn without(self, other: RightSet) -> RightSet {
        RightSet(self.0 & !other.0)
    }

    /// The rights that one of the two has and the other has not.
    pub fn symmetric_difference(self, other: RightSet) -> RightSet {
        RightSet(self.0 ^ other.0)
    }

    /// The rights in their order.
    pub fn iter(self) -> RightSetIter {
        RightSetIter(self.0)
    }

    fn bit(right: Right) -> u32 {
        1 << right as u32
    }
}

/// The rights of a [`RightSet`].
#[derive(Clone, Debug)]
pub struct RightSetIter(u32);

impl Iterator for RightSetIter {
    type Item = Right;

    fn next(&mut self) -> Option<Right> {
        let right = Right::ALL.get(self.0.trailing_zeros() as usize).copied()?;
        self.0 &= self.0 - 1;
        Some(right)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let length = self.0.count_ones() as usize;
        (length, Some(length))
    }
}

impl IntoIterator for RightSet {
    type Item = Right;
    type IntoIter = RightSetIter;

    fn into_iter(self) -> RightSetIter {
        self.iter()
    }
}

impl FromIterator<Right> for RightSet {
    fn from_iter<T: IntoIterator<Item = Right>>(rights: T) -> RightSet {
        let mut set = RightSet::default();
        set.extend(rights);
        set
    }
}

impl FromIterator<RightSet> for RightSet {
    fn from_iter<T: IntoIterator<Item = RightSet>>(sets: T) -> RightSet {
        RightSet(sets.into_iter().fold(0, |all, set| all | set.0))
    }
}

impl Extend<Right> for RightSet {
    fn extend<T: IntoIterator<Item = Right>>(&mut self, rights: T) {
        rights.into_iter().for_each(|right| {
            self.insert(right);
        });
    }
}

impl<const N: usize> From<[Right; N]> for RightSet {
    fn from(rights: [Right; N]) -> RightSet {
        rights.into_iter().collect()
    }
}

impl fmt::Debug for RightSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for RightSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for RightSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<RightSet, D::Error> {
        Ok(Vec::<Right>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.constant())
    }
}

/// The text is no constant of a user right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no user right")]
pub struct UnknownRight(pub String);

impl FromStr for Right {
    type Err = UnknownRight;

    fn from_str(text: &str) -> Result<Right, UnknownRight> {
        Right::ALL
            .iter()
            .copied()
            .find(|right| right.constant().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownRight(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_rights_keeps_their_order_and_holds_each_once() {
        let mut set = RightSet::from([Right::Audit, Right::Tcb, Right::Audit]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Right::Tcb, Right::Audit]);
        assert!(!set.insert(Right::Tcb) && set.remove(&Right::Tcb) && !set.remove(&Right::Tcb));
        assert!(set.contains(&Right::Audit) && !set.contains(&Right::Tcb));
        assert_eq!(RightSet::ALL.iter().collect::<Vec<_>>(), Right::ALL);
        assert_eq!((RightSet::ALL.len(), set.len(), RightSet::default().len()), (Right::ALL.len(), 1, 0));
        assert!(RightSet::default().is_empty() && !set.is_empty());
        assert_eq!(serde_json::to_string(&set).unwrap(), "[\"SeAuditPrivilege\"]");
        assert_eq!(serde_json::from_str::<RightSet>("[\"SeAuditPrivilege\"]").unwrap(), set);
        assert_eq!(format!("{set:?} {}", Right::Tcb), "{Audit} SeTcbPrivilege");
    }

    #[test]
    fn sets_are_taken_from_each_other_and_put_together() {
        let one = RightSet::from([Right::Tcb, Right::Audit]);
        let other = RightSet::from([Right::Audit, Right::Backup]);
        assert_eq!(one.without(other), [Right::Tcb].into());
        assert_eq!(other.without(one), [Right::Backup].into());
        assert_eq!(one.symmetric_difference(other), [Right::Tcb, Right::Backup].into());
        assert!(one.symmetric_difference(one).is_empty() && one.without(one).is_empty());
        assert_eq!(
            [one, other].into_iter().collect::<RightSet>(),
            [Right::Tcb, Right::Backup, Right::Audit].into()
        );
    }

    #[test]
    fn a_constant_is_read_whatever_its_case_and_another_text_is_refused() {
        assert_eq!("setcbprivilege".parse(), Ok(Right::Tcb));
        assert_eq!("SeTcb".parse::<Right>(), Err(UnknownRight("SeTcb".into())));
        assert_eq!(Right::Tcb.title(), "Act as part of the operating system");
    }
}
