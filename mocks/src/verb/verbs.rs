//! Every verb, once: with its arguments, its name in scenario files, and the codes that it may end with.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    AccountFlag, AccountName, AccountPolicy, Credentials, Data, GpoName, HostName, Invocation, LogonHours,
    LogonType, Name, ProcessId, ProgramName, Right, RightsChecked, Secret, ServiceName, ServiceState, Span,
    StartMode,
};

macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident $name:literal { $($(#[$fdoc:meta])* $field:ident: $type:ty,)* })*) => {
        /// One operation of the port, with the arguments of the Win32 call that it stands for.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
        pub enum Verb {
            $($(#[$doc])* $verb { $($(#[$fdoc])* $field: $type,)* },)*
        }

        /// A verb without its arguments.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum VerbKind {
            $($(#[$doc])* $verb,)*
        }

        impl VerbKind {
            /// Every kind of verb.
            pub const ALL: &[VerbKind] = &[$(VerbKind::$verb),*];

            /// The name in scenario files and events: `user-add`.
            pub fn as_str(self) -> &'static str {
                match self { $(VerbKind::$verb => $name,)* }
            }
        }

        impl Verb {
            /// The verb without its arguments.
            pub fn kind(&self) -> VerbKind {
                match self { $(Verb::$verb { .. } => VerbKind::$verb,)* }
            }
        }
    };
}

verbs! {
    /// NetUserAdd: creates a user in the host's account database. 2224 exists, 2226 not the PDC, 2245 password.
    UserAdd "user-add" {
        /// The new account; at most 20 characters.
        user: AccountName,
        /// Its password.
        password: Secret,
        /// Its comment.
        #[serde(default)] comment: Option<String>,
        /// Flags that are set beside the normal ones.
        #[serde(default)] flags: BTreeSet<AccountFlag>,
    }
    /// NetUserDel. 2221 not found.
    UserDelete "user-delete" {
        /// The account.
        user: AccountName,
    }
    /// NetUserGetInfo. 2221 not found.
    UserInfo "user-info" {
        /// The account.
        user: AccountName,
    }
    /// NetUserSetInfo 1003, an administrator's reset.
    UserSetPassword "user-set-password" {
        /// The account.
        user: AccountName,
        /// The new password.
        password: Secret,
    }
    /// NetUserChangePassword, with the old one: 86-like refusals as 1326, 1327 by age, 2245 by length or history.
    UserChangePassword "user-change-password" {
        /// The account.
        user: AccountName,
        /// The password as the caller believes it to be.
        old: Secret,
        /// The new password.
        new: Secret,
    }
    /// Sets the account's comment.
    UserSetComment "user-set-comment" {
        /// The account.
        user: AccountName,
        /// The comment.
        comment: String,
    }
    /// Sets and clears account flags.
    UserSetFlags "user-set-flags" {
        /// The account.
        user: AccountName,
        /// Flags to set.
        #[serde(default)] set: BTreeSet<AccountFlag>,
        /// Flags to clear. Clearing `locked-out` unlocks.
        #[serde(default)] clear: BTreeSet<AccountFlag>,
    }
    /// Sets the instant at which the account expires; never when absent.
    UserSetExpiry "user-set-expiry" {
        /// The account.
        user: AccountName,
        /// The span from the scenario's start to the expiry.
        #[serde(default)] expires: Option<Span>,
    }
    /// Sets the hours and computers of a user's logons: 1328, 1329 otherwise. Empty lists limit nothing.
    UserSetLogonLimits "user-set-logon-limits" {
        /// The account.
        user: AccountName,
        /// The hours.
        #[serde(default)] hours: Vec<LogonHours>,
        /// The computers that it may log on from.
        #[serde(default)] workstations: BTreeSet<HostName>,
    }
    /// Renames an account.
    UserRename "user-rename" {
        /// The account.
        user: AccountName,
        /// Its new name.
        to: AccountName,
    }
    /// Makes a global group the user's primary group; the user must be a member (2237).
    UserSetPrimaryGroup "user-set-primary-group" {
        /// The account.
        user: AccountName,
        /// The global group.
        group: AccountName,
    }
    /// NetGroupAdd: a global group. 2223 exists.
    GroupAdd "group-add" {
        /// The group.
        group: AccountName,
    }
    /// NetGroupDel.
    GroupDelete "group-delete" {
        /// The group.
        group: AccountName,
    }
    /// NetGroupAddUser. 2236 already a member, 2221, 2220.
    GroupAddUser "group-add-user" {
        /// The global group.
        group: AccountName,
        /// The user.
        user: AccountName,
    }
    /// NetGroupDelUser. 1374 when it is the user's primary group, 2237 not a member.
    GroupRemoveUser "group-remove-user" {
        /// The global group.
        group: AccountName,
        /// The user.
        user: AccountName,
    }
    /// NetGroupGetUsers.
    GroupMembers "group-members" {
        /// The global group.
        group: AccountName,
    }
    /// NetLocalGroupAdd. 1379 exists.
    LocalGroupAdd "local-group-add" {
        /// The local group.
        group: AccountName,
    }
    /// NetLocalGroupDel. 1376.
    LocalGroupDelete "local-group-delete" {
        /// The local group.
        group: AccountName,
    }
    /// NetLocalGroupAddMembers. 1378 already, 1387 no such member, 1376.
    LocalGroupAddMember "local-group-add-member" {
        /// The local group.
        group: AccountName,
        /// The member: a domain account, or an account of the host's own database when one has this name.
        member: AccountName,
    }
    /// NetLocalGroupDelMembers. 1377.
    LocalGroupRemoveMember "local-group-remove-member" {
        /// The local group.
        group: AccountName,
        /// The member.
        member: AccountName,
    }
    /// NetLocalGroupGetMembers. 1376.
    LocalGroupMembers "local-group-members" {
        /// The local group.
        group: AccountName,
    }
    /// LookupAccountSid: the localised name of a well-known account. 122 when the buffer is too small.
    LookupSid "lookup-sid" {
        /// The security identifier, such as `S-1-5-32-544`.
        sid: String,
        /// The caller's buffer for the name, in characters with the closing zero; unbounded when absent.
        #[serde(default)] buffer: Option<u32>,
    }
    /// LookupAccountName: whether the host can map the name. 1332.
    LookupName "lookup-name" {
        /// The account.
        account: AccountName,
        /// The caller's buffer for the domain name, in characters with the closing zero.
        #[serde(default)] buffer: Option<u32>,
    }
    /// LsaAddAccountRights. 1332 when the name maps to nothing at this host.
    RightGrant "right-grant" {
        /// The account.
        account: AccountName,
        /// The right.
        right: Right,
    }
    /// LsaRemoveAccountRights.
    RightRevoke "right-revoke" {
        /// The account.
        account: AccountName,
        /// The right.
        right: Right,
    }
    /// The rights effective for the account at this host.
    RightsOf "rights-of" {
        /// The account.
        account: AccountName,
    }
    /// Sets the domain's account policy (at a DC) or the machine's.
    AccountPolicySet "account-policy-set" {
        /// The whole policy.
        policy: AccountPolicy,
    }
    /// Writes a group policy object's security template; creates the object when it is new.
    GpoWrite "gpo-write" {
        /// The object.
        gpo: GpoName,
        /// The text of its `GptTmpl.inf`.
        template: String,
    }
    /// Defines one user right in a group policy object, as the policy editor does.
    GpoDefineRight "gpo-define-right" {
        /// The object.
        gpo: GpoName,
        /// The right.
        right: Right,
        /// Who holds it: names or `*S-1-…`. Empty: nobody.
        holders: Vec<Name>,
    }
    /// Adds a name to a user right that the object defines; does nothing when it does not define it.
    GpoAddToRight "gpo-add-to-right" {
        /// The object.
        gpo: GpoName,
        /// The right.
        right: Right,
        /// The name to add.
        holder: Name,
    }
    /// Takes a user right out of an object: *not defined*.
    GpoUndefineRight "gpo-undefine-right" {
        /// The object.
        gpo: GpoName,
        /// The right.
        right: Right,
    }
    /// Links an object to a container, or changes the link.
    GpoLink "gpo-link" {
        /// The object.
        gpo: GpoName,
        /// The container: `domain`, `site:NAME` or an organisational unit's name.
        container: Name,
        /// Whether the link is enabled.
        #[serde(default = "yes")] enabled: bool,
        /// Whether the link is enforced (*No Override*).
        #[serde(default)] enforced: bool,
    }
    /// Removes a link.
    GpoUnlink "gpo-unlink" {
        /// The object.
        gpo: GpoName,
        /// The container.
        container: Name,
    }
    /// Refreshes the machine's policy at once (`secedit /refreshpolicy`).
    PolicyRefresh "policy-refresh" {
        /// Apply even what has not changed.
        #[serde(default)] force: bool,
    }
    /// LogonUser at this host: checks the account, then the right that the type needs.
    /// 1326, 1327, 1330, 1331, 1385, 1793, 1907, 1909, 1311.
    Logon "logon" {
        /// The credentials.
        credentials: Credentials,
        /// The type of logon.
        logon: LogonType,
    }
    /// NetGetDCName or DsGetDcName: the name of a controller that the host finds. 1355 for another domain, 1792 without
    /// the Netlogon service, 2453 when the primary is not found, 1908 when none is.
    DcFind "dc-find" {
        /// The domain; the host's own when absent.
        #[serde(default)] domain: Option<Name>,
        /// Only the primary domain controller, or PDC emulator, will do, as for NetGetDCName.
        #[serde(default)] primary: bool,
    }
    /// NetJoinDomain, performed at the machine: makes its account at a controller, or gives the account that is there a
    /// new password, and writes the machine's secret. It takes effect with the next restart. Gives the controller's
    /// name. 2693 at a controller, 2691 joined already, 1355 no such domain or controller, 5, 1326 and the other codes of
    /// a logon, 2221 no account without `create`, 2224 the name is a user's, 2226 at a BDC of Windows NT.
    DomainJoin "domain-join" {
        /// The domain.
        #[serde(default)] domain: Option<Name>,
        /// The controller that makes the account; the PDC of Windows NT, or the controller that is found, when absent.
        #[serde(default)] server: Option<HostName>,
        /// An account of the domain that may; the caller's own when absent.
        #[serde(default)] credentials: Option<Credentials>,
        /// The account is created when it is not there (NETSETUP_ACCT_CREATE).
        #[serde(default = "yes")] create: bool,
        /// Joins even a machine that has joined (NETSETUP_DOMAIN_JOIN_IF_JOINED).
        #[serde(default)] rejoin: bool,
        /// The machine's password; drawn when absent.
        #[serde(default)] password: Option<Secret>,
    }
    /// NetUnjoinDomain, performed at the machine. 2692 when it has not joined, 2693 at a controller.
    DomainUnjoin "domain-unjoin" {
        /// An account of the domain that may disable the machine's; the caller's own when absent.
        #[serde(default)] credentials: Option<Credentials>,
        /// The machine's account is disabled (NETSETUP_ACCT_DELETE).
        #[serde(default)] disable_account: bool,
    }
    /// I_NetLogonControl2 with NETLOGON_CONTROL_TC_QUERY (`nltest /sc_query`): the controller of the machine's secure
    /// channel, or the code with which the last attempt to set one up ended; 1311 before any.
    SecureChannelQuery "secure-channel-query" {}
    /// NETLOGON_CONTROL_REDISCOVER (`nltest /sc_reset`): gives the channel up and sets it up anew. Gives the
    /// controller's name. 1311, 1786, 1787, 1789.
    SecureChannelReset "secure-channel-reset" {
        /// With this controller; with the one that is found when absent.
        #[serde(default)] server: Option<HostName>,
    }
    /// NETLOGON_CONTROL_TC_VERIFY (`nltest /sc_verify`): the machine proves itself anew to the controller of its
    /// channel. Gives the controller's name. 1311, 1786, 1787, 1789.
    SecureChannelVerify "secure-channel-verify" {}
    /// NETLOGON_CONTROL_CHANGE_PASSWORD (`nltest /sc_change_pwd`): the machine changes its own password through its
    /// channel and keeps the one before beside it. Gives the name of the controller that took it.
    MachinePasswordChange "machine-password-change" {}
    /// `netdom resetpwd`: an operator gives the machine and its account at one controller a new password. 2221, 2226.
    MachinePasswordReset "machine-password-reset" {
        /// The controller.
        server: HostName,
        /// An account of the domain that may; the caller's own when absent.
        #[serde(default)] credentials: Option<Credentials>,
    }
    /// LsaStorePrivateData of `$MACHINE.ACC` at the machine: what it believes its password to be.
    MachineSecretStore "machine-secret-store" {
        /// The password; without one the machine has no secret any more: 1786.
        #[serde(default)] password: Option<Secret>,
    }
    /// Connects to a share: `admin$`. 53, 67, 5, 1326; 1219 while the calling host has a session with this one under
    /// another name. The session lasts until it is disconnected or one of the two goes down.
    ShareConnect "share-connect" {
        /// The share.
        share: Name,
    }
    /// Ends the calling host's session with this one. 2250 when it has none.
    ShareDisconnect "share-disconnect" {}
    /// Shares a folder under a name.
    ShareAdd "share-add" {
        /// The share.
        share: Name,
    }
    /// Stops sharing.
    ShareDelete "share-delete" {
        /// The share.
        share: Name,
    }
    /// NetServerGetInfo: 2114 without the Server service, 2138 without the Workstation service.
    ServerInfo "server-info" {}
    /// CreateService. 1073 exists, 1057 no such account.
    ServiceCreate "service-create" {
        /// The service.
        service: ServiceName,
        /// The program that it runs.
        program: ProgramName,
        /// Its logon account; Local System when absent.
        #[serde(default)] account: Option<Credentials>,
        /// Whether it starts with the machine.
        #[serde(default)] start: StartMode,
    }
    /// DeleteService. 1060.
    ServiceDelete "service-delete" {
        /// The service.
        service: ServiceName,
    }
    /// ChangeServiceConfig: the logon account.
    ServiceSetAccount "service-set-account" {
        /// The service.
        service: ServiceName,
        /// The new logon account; Local System when absent.
        #[serde(default)] account: Option<Credentials>,
    }
    /// StartService. 1069 when its logon fails, 1056, 1060.
    ServiceStart "service-start" {
        /// The service.
        service: ServiceName,
    }
    /// ControlService stop. 1062, 1060.
    ServiceStop "service-stop" {
        /// The service.
        service: ServiceName,
    }
    /// QueryServiceStatus. 1060.
    ServiceQuery "service-query" {
        /// The service.
        service: ServiceName,
    }
    /// SetServiceStatus, by the service's own program.
    ServiceReport "service-report" {
        /// The service.
        service: ServiceName,
        /// The state that it reports.
        state: ServiceState,
        /// Its exit code, with `stopped`.
        #[serde(default)] code: u32,
    }
    /// CreateProcess under the caller's own token, or LogonUser and CreateProcessAsUser under another account.
    /// 1314 when the caller lacks a right that this needs.
    ProcessLaunch "process-launch" {
        /// The program.
        program: ProgramName,
        /// Under which account; the caller's own token when absent.
        #[serde(default)] as_user: Option<Credentials>,
        /// Which rights of the caller count.
        #[serde(default)] rights: RightsChecked,
        /// Privileges that the caller enables for the launch beside those that the system itself demands; 1314 when
        /// it does not hold one.
        #[serde(default)] enables: BTreeSet<Right>,
    }
    /// A process ends, by its own report.
    ProcessExit "process-exit" {
        /// The process.
        process: ProcessId,
        /// Its exit code.
        #[serde(default)] code: u32,
    }
    /// TerminateProcess.
    ProcessKill "process-kill" {
        /// The process.
        process: ProcessId,
    }
    /// Reads a registry value. 2 when absent.
    RegistryRead "registry-read" {
        /// The key.
        key: Name,
        /// The value's name.
        value: Name,
    }
    /// Writes a registry value.
    RegistryWrite "registry-write" {
        /// The key.
        key: Name,
        /// The value's name.
        value: Name,
        /// Its data.
        data: Data,
    }
    /// Deletes a registry value. 2 when absent.
    RegistryDelete "registry-delete" {
        /// The key.
        key: Name,
        /// The value's name.
        value: Name,
    }
    /// Reads a file. 2 when absent.
    FileRead "file-read" {
        /// The path.
        path: Name,
    }
    /// Writes a file.
    FileWrite "file-write" {
        /// The path.
        path: Name,
        /// Its content.
        #[serde(default)] content: String,
    }
    /// Deletes a file. 2 when absent.
    FileDelete "file-delete" {
        /// The path.
        path: Name,
    }
    /// Restarts the machine: processes end, policy applies, then services start.
    Restart "restart" {
        /// How long it is away.
        #[serde(default)] down: Option<Span>,
    }
    /// Synchronises one domain controller from its source now, as Server Manager or Nltest does at a BDC.
    Synchronize "synchronize" {
        /// A full synchronisation instead of a partial one.
        #[serde(default)] full: bool,
    }
    /// Synchronises the whole domain, performed at the PDC.
    SynchronizeDomain "synchronize-domain" {
        /// A full synchronisation instead of a partial one.
        #[serde(default)] full: bool,
    }
    /// Everything that the host's account database shows, for comparison and debugging.
    Snapshot "snapshot" {}
    /// Keeps a domain controller's database with all that replication knows there, as a copy of its disk does. One of the
    /// same name is replaced.
    SnapshotTake "snapshot-take" {
        /// The snapshot's name, for this controller.
        name: Name,
    }
    /// Puts a domain controller's database back as a snapshot has it: the controller goes down and boots; one that is off
    /// comes up with it when it is switched on. 2 no such snapshot.
    SnapshotRestore "snapshot-restore" {
        /// The snapshot's name.
        name: Name,
        /// Under which invocation id an Active Directory controller goes on.
        #[serde(default)] invocation: Invocation,
    }
}

fn yes() -> bool {
    true
}

impl std::fmt::Display for VerbKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
