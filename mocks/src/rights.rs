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
