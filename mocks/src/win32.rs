//! Win32 and network-management error codes: number, name and system text (FACTS.md, "Error codes").

use std::fmt;

use serde::{Deserialize, Serialize};

/// A Win32 error code. It serialises as its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Win32Error(pub u32);

macro_rules! codes {
    ($($number:literal $short:ident $name:literal $text:literal;)*) => {
        impl Win32Error {
            $(#[doc = concat!($name, ": ", $text)]
            pub const $short: Win32Error = Win32Error($number);)*
        }

        const TABLE: &[(u32, &str, &str)] = &[$(($number, $name, $text)),*];
    };
}

codes! {
    2 FILE_NOT_FOUND "ERROR_FILE_NOT_FOUND" "The system cannot find the file specified.";
    5 ACCESS_DENIED "ERROR_ACCESS_DENIED" "Access is denied.";
    50 NOT_SUPPORTED "ERROR_NOT_SUPPORTED" "The network request is not supported.";
    53 BAD_NETPATH "ERROR_BAD_NETPATH" "The network path was not found.";
    67 BAD_NET_NAME "ERROR_BAD_NET_NAME" "The network name cannot be found.";
    87 INVALID_PARAMETER "ERROR_INVALID_PARAMETER" "The parameter is incorrect.";
    121 SEM_TIMEOUT "ERROR_SEM_TIMEOUT" "The semaphore timeout period has expired.";
    122 INSUFFICIENT_BUFFER "ERROR_INSUFFICIENT_BUFFER" "The data area passed to a system call is too small.";
    997 IO_PENDING "ERROR_IO_PENDING" "Overlapped I/O operation is in progress.";
    1003 CAN_NOT_COMPLETE "ERROR_CAN_NOT_COMPLETE" "Cannot complete this function.";
    1053 SERVICE_REQUEST_TIMEOUT "ERROR_SERVICE_REQUEST_TIMEOUT" "The service did not respond to the start or control request in a timely fashion.";
    1056 SERVICE_ALREADY_RUNNING "ERROR_SERVICE_ALREADY_RUNNING" "An instance of the service is already running.";
    1057 INVALID_SERVICE_ACCOUNT "ERROR_INVALID_SERVICE_ACCOUNT" "The account name is invalid or does not exist.";
    1058 SERVICE_DISABLED "ERROR_SERVICE_DISABLED" "The service cannot be started, because it is disabled.";
    1060 SERVICE_DOES_NOT_EXIST "ERROR_SERVICE_DOES_NOT_EXIST" "The specified service does not exist as an installed service.";
    1062 SERVICE_NOT_ACTIVE "ERROR_SERVICE_NOT_ACTIVE" "The service has not been started.";
    1069 SERVICE_LOGON_FAILED "ERROR_SERVICE_LOGON_FAILED" "The service did not start due to a logon failure.";
    1072 SERVICE_MARKED_FOR_DELETE "ERROR_SERVICE_MARKED_FOR_DELETE" "The specified service has been marked for deletion.";
    1073 SERVICE_EXISTS "ERROR_SERVICE_EXISTS" "The specified service already exists.";
    1219 SESSION_CREDENTIAL_CONFLICT "ERROR_SESSION_CREDENTIAL_CONFLICT" "The credentials supplied conflict with an existing set of credentials.";
    1300 NOT_ALL_ASSIGNED "ERROR_NOT_ALL_ASSIGNED" "Not all privileges referenced are assigned to the caller.";
    1311 NO_LOGON_SERVERS "ERROR_NO_LOGON_SERVERS" "There are currently no logon servers available to service the logon request.";
    1313 NO_SUCH_PRIVILEGE "ERROR_NO_SUCH_PRIVILEGE" "A specified privilege does not exist.";
    1314 PRIVILEGE_NOT_HELD "ERROR_PRIVILEGE_NOT_HELD" "A required privilege is not held by the client.";
    1316 USER_EXISTS "ERROR_USER_EXISTS" "The specified user already exists.";
    1317 NO_SUCH_USER "ERROR_NO_SUCH_USER" "The specified user does not exist.";
    1318 GROUP_EXISTS "ERROR_GROUP_EXISTS" "The specified group already exists.";
    1319 NO_SUCH_GROUP "ERROR_NO_SUCH_GROUP" "The specified group does not exist.";
    1320 MEMBER_IN_GROUP "ERROR_MEMBER_IN_GROUP" "The specified user account is already a member of the specified group.";
    1321 MEMBER_NOT_IN_GROUP "ERROR_MEMBER_NOT_IN_GROUP" "The specified user account is not a member of the specified group account.";
    1325 PASSWORD_RESTRICTION "ERROR_PASSWORD_RESTRICTION" "Unable to update the password because a password update rule has been violated.";
    1326 LOGON_FAILURE "ERROR_LOGON_FAILURE" "Logon failure: unknown user name or bad password.";
    1327 ACCOUNT_RESTRICTION "ERROR_ACCOUNT_RESTRICTION" "Logon failure: user account restriction.";
    1328 INVALID_LOGON_HOURS "ERROR_INVALID_LOGON_HOURS" "Logon failure: account logon time restriction violation.";
    1329 INVALID_WORKSTATION "ERROR_INVALID_WORKSTATION" "Logon failure: user not allowed to log on to this computer.";
    1330 PASSWORD_EXPIRED "ERROR_PASSWORD_EXPIRED" "Logon failure: the specified account password has expired.";
    1331 ACCOUNT_DISABLED "ERROR_ACCOUNT_DISABLED" "Logon failure: account currently disabled.";
    1332 NONE_MAPPED "ERROR_NONE_MAPPED" "No mapping between account names and security IDs was done.";
    1354 INVALID_DOMAIN_ROLE "ERROR_INVALID_DOMAIN_ROLE" "This operation is only allowed for the Primary Domain Controller of the domain.";
    1355 NO_SUCH_DOMAIN "ERROR_NO_SUCH_DOMAIN" "The specified domain does not exist.";
    1371 SPECIAL_ACCOUNT "ERROR_SPECIAL_ACCOUNT" "Cannot perform this operation on built-in accounts.";
    1374 MEMBERS_PRIMARY_GROUP "ERROR_MEMBERS_PRIMARY_GROUP" "The user cannot be removed from a group because the group is currently the user's primary group.";
    1376 NO_SUCH_ALIAS "ERROR_NO_SUCH_ALIAS" "The specified local group does not exist.";
    1377 MEMBER_NOT_IN_ALIAS "ERROR_MEMBER_NOT_IN_ALIAS" "The specified account name is not a member of the local group.";
    1378 MEMBER_IN_ALIAS "ERROR_MEMBER_IN_ALIAS" "The specified account name is already a member of the local group.";
    1379 ALIAS_EXISTS "ERROR_ALIAS_EXISTS" "The specified local group already exists.";
    1380 LOGON_NOT_GRANTED "ERROR_LOGON_NOT_GRANTED" "Logon failure: the user has not been granted the requested logon type at this computer.";
    1385 LOGON_TYPE_NOT_GRANTED "ERROR_LOGON_TYPE_NOT_GRANTED" "Logon failure: the user has not been granted the requested logon type at this computer.";
    1387 NO_SUCH_MEMBER "ERROR_NO_SUCH_MEMBER" "A new member could not be added to a local group because the member does not exist.";
    1388 INVALID_MEMBER "ERROR_INVALID_MEMBER" "A new member could not be added to a local group because the member has the wrong account type.";
    1460 TIMEOUT "ERROR_TIMEOUT" "This operation returned because the timeout period expired.";
    1722 SERVER_UNAVAILABLE "RPC_S_SERVER_UNAVAILABLE" "The RPC server is unavailable.";
    1786 NO_TRUST_LSA_SECRET "ERROR_NO_TRUST_LSA_SECRET" "The workstation does not have a trust secret.";
    1787 NO_TRUST_SAM_ACCOUNT "ERROR_NO_TRUST_SAM_ACCOUNT" "The domain controller does not have an account for this workstation.";
    1788 TRUSTED_DOMAIN_FAILURE "ERROR_TRUSTED_DOMAIN_FAILURE" "The trust relationship between the primary domain and the trusted domain failed.";
    1789 TRUSTED_RELATIONSHIP_FAILURE "ERROR_TRUSTED_RELATIONSHIP_FAILURE" "The trust relationship between this workstation and the primary domain failed.";
    1792 NETLOGON_NOT_STARTED "ERROR_NETLOGON_NOT_STARTED" "An attempt was made to logon, but the network logon service was not started.";
    1793 ACCOUNT_EXPIRED "ERROR_ACCOUNT_EXPIRED" "The user's account has expired.";
    1807 NOLOGON_WORKSTATION_TRUST_ACCOUNT "ERROR_NOLOGON_WORKSTATION_TRUST_ACCOUNT" "The account used is a computer account. Use your global user account or local user account to access this server.";
    1808 NOLOGON_SERVER_TRUST_ACCOUNT "ERROR_NOLOGON_SERVER_TRUST_ACCOUNT" "The account used is a server trust account. Use your global user account or local user account to access this server.";
    1907 PASSWORD_MUST_CHANGE "ERROR_PASSWORD_MUST_CHANGE" "The user must change his password before he logs on the first time.";
    1908 DOMAIN_CONTROLLER_NOT_FOUND "ERROR_DOMAIN_CONTROLLER_NOT_FOUND" "Could not find the domain controller for this domain.";
    1909 ACCOUNT_LOCKED_OUT "ERROR_ACCOUNT_LOCKED_OUT" "The referenced account is currently locked out and may not be logged on to.";
    2114 SERVER_NOT_STARTED "NERR_ServerNotStarted" "The Server service is not started.";
    2118 DUPLICATE_SHARE "NERR_DuplicateShare" "The name has already been shared.";
    2138 WKSTA_NOT_STARTED "NERR_WkstaNotStarted" "The Workstation service has not been started.";
    2202 BAD_USERNAME "NERR_BadUsername" "The specified username is invalid.";
    2220 GROUP_NOT_FOUND "NERR_GroupNotFound" "The group name could not be found.";
    2221 USER_NOT_FOUND "NERR_UserNotFound" "The user name could not be found.";
    2223 NERR_GROUP_EXISTS "NERR_GroupExists" "The group already exists.";
    2224 NERR_USER_EXISTS "NERR_UserExists" "The user account already exists.";
    2226 NOT_PRIMARY "NERR_NotPrimary" "This operation is only allowed on the primary domain controller of the domain.";
    2234 SPECIAL_GROUP_OPERATION "NERR_SpeGroupOp" "This operation is not allowed on this special group.";
    2236 USER_IN_GROUP "NERR_UserInGroup" "The user already belongs to this group.";
    2237 USER_NOT_IN_GROUP "NERR_UserNotInGroup" "The user does not belong to this group.";
    2242 NERR_PASSWORD_EXPIRED "NERR_PasswordExpired" "The password of this user has expired.";
    2243 PASSWORD_CANT_CHANGE "NERR_PasswordCantChange" "The password of this user cannot change.";
    2244 PASSWORD_HISTORY_CONFLICT "NERR_PasswordHistConflict" "This password cannot be used now.";
    2245 PASSWORD_TOO_SHORT "NERR_PasswordTooShort" "The password is shorter than required.";
    2246 PASSWORD_TOO_RECENT "NERR_PasswordTooRecent" "The password of this user is too recent to change.";
    2248 DATABASE_UP_TO_DATE "NERR_DatabaseUpToDate" "This replicant database is up to date.";
    2249 SYNC_REQUIRED "NERR_SyncRequired" "This replicant database is outdated; synchronization is required.";
    2250 NOT_CONNECTED "ERROR_NOT_CONNECTED" "This network connection does not exist.";
    2310 NET_NAME_NOT_FOUND "NERR_NetNameNotFound" "This shared resource does not exist.";
    2351 INVALID_COMPUTER "NERR_InvalidComputer" "This computer name is invalid.";
    2452 LAST_ADMIN "NERR_LastAdmin" "The last administrator account cannot be deleted.";
    2453 DC_NOT_FOUND "NERR_DCNotFound" "Could not find the domain controller for this domain.";
    2457 TIME_DIFF_AT_DC "NERR_TimeDiffAtDC" "The clock of this computer differs from that of the domain controller.";
    2691 ALREADY_JOINED "NERR_SetupAlreadyJoined" "The computer is already joined to a domain.";
    2692 NOT_JOINED "NERR_SetupNotJoined" "The computer is not currently joined to a domain.";
    2693 SETUP_DOMAIN_CONTROLLER "NERR_SetupDomainController" "The computer is a domain controller and cannot be unjoined from its domain.";
    8614 REPL_LIFETIME_EXCEEDED "ERROR_DS_REPL_LIFETIME_EXCEEDED" "The Active Directory cannot replicate with this server because the time since the last replication with this server has exceeded the tombstone lifetime.";
}

impl Win32Error {
    /// The codes that mockdc knows, in ascending order.
    pub fn known() -> impl Iterator<Item = Win32Error> {
        TABLE.iter().map(|row| Win32Error(row.0))
    }

    /// The number.
    pub fn code(self) -> u32 {
        self.0
    }

    /// The symbolic name of the public headers, or `None` for a code that mockdc does not know.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.1)
    }

    /// The system's text in English, as the message file prints it, or `(null)` as the products logged it.
    pub fn text(self) -> &'static str {
        self.row().map_or("(null)", |row| row.2)
    }

    /// Whether it says that what was to be made is there already: account, group, member, service, share.
    pub fn means_already_there(self) -> bool {
        use Win32Error as E;
        matches!(
            self,
            E::USER_EXISTS
                | E::GROUP_EXISTS
                | E::MEMBER_IN_GROUP
                | E::MEMBER_IN_ALIAS
                | E::ALIAS_EXISTS
                | E::NERR_GROUP_EXISTS
                | E::NERR_USER_EXISTS
                | E::USER_IN_GROUP
                | E::SERVICE_EXISTS
                | E::SERVICE_ALREADY_RUNNING
                | E::DUPLICATE_SHARE
        )
    }

    /// Whether it says that what was to be changed or removed is not there: account, group, member, service, file.
    pub fn means_not_there(self) -> bool {
        use Win32Error as E;
        matches!(
            self,
            E::FILE_NOT_FOUND
                | E::SERVICE_DOES_NOT_EXIST
                | E::SERVICE_NOT_ACTIVE
                | E::NO_SUCH_USER
                | E::NO_SUCH_GROUP
                | E::MEMBER_NOT_IN_GROUP
                | E::NONE_MAPPED
                | E::NO_SUCH_ALIAS
                | E::MEMBER_NOT_IN_ALIAS
                | E::GROUP_NOT_FOUND
                | E::USER_NOT_FOUND
                | E::USER_NOT_IN_GROUP
        )
    }

    /// Whether it says that a service is not installed, running or not.
    pub fn means_not_installed(self) -> bool {
        self == Win32Error::SERVICE_DOES_NOT_EXIST
    }

    /// Whether it says that the caller lacks the access that was needed.
    pub fn means_no_access(self) -> bool {
        self == Win32Error::ACCESS_DENIED
    }

    fn row(self) -> Option<&'static (u32, &'static str, &'static str)> {
        TABLE.binary_search_by_key(&self.0, |row| row.0).ok().map(|at| &TABLE[at])
    }
}

impl fmt::Display for Win32Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for Win32Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Win32Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_ascends_so_that_look_ups_find() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(Win32Error::LOGON_FAILURE.name(), Some("ERROR_LOGON_FAILURE"));
        assert_eq!(Win32Error(1326).text(), "Logon failure: unknown user name or bad password.");
        assert_eq!(Win32Error(4_000_000).to_string(), "4000000");
    }
}
