//! NTSTATUS values of logons and account calls, and the Win32 codes that they become.

use std::fmt;

use mockdc_mocks::Win32Error;

/// A status as SMB and the account calls give it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NtStatus(pub u32);

macro_rules! statuses {
    ($($value:literal $constant:ident $win32:ident;)*) => {
        impl NtStatus {
            $(#[doc = concat!("STATUS_", stringify!($constant))] pub const $constant: NtStatus = NtStatus($value);)*
        }

        /// The statuses and what RtlNtStatusToDosError makes of them (MS-ERREF 2.3.1, winerror.h).
        const TABLE: &[(u32, &str, Win32Error)] = &[$(($value, stringify!($constant), Win32Error::$win32)),*];
    };
}

statuses! {
    0xC000_0022 ACCESS_DENIED ACCESS_DENIED;
    0xC000_005E NO_LOGON_SERVERS NO_LOGON_SERVERS;
    0xC000_0063 USER_EXISTS USER_EXISTS;
    0xC000_0064 NO_SUCH_USER NO_SUCH_USER;
    0xC000_0065 GROUP_EXISTS GROUP_EXISTS;
    0xC000_0066 NO_SUCH_GROUP NO_SUCH_GROUP;
    0xC000_0067 MEMBER_IN_GROUP MEMBER_IN_GROUP;
    0xC000_0068 MEMBER_NOT_IN_GROUP MEMBER_NOT_IN_GROUP;
    0xC000_006A WRONG_PASSWORD LOGON_FAILURE;
    0xC000_006C PASSWORD_RESTRICTION PASSWORD_RESTRICTION;
    0xC000_006D LOGON_FAILURE LOGON_FAILURE;
    0xC000_006E ACCOUNT_RESTRICTION ACCOUNT_RESTRICTION;
    0xC000_006F INVALID_LOGON_HOURS INVALID_LOGON_HOURS;
    0xC000_0070 INVALID_WORKSTATION INVALID_WORKSTATION;
    0xC000_0071 PASSWORD_EXPIRED PASSWORD_EXPIRED;
    0xC000_0072 ACCOUNT_DISABLED ACCOUNT_DISABLED;
    0xC000_0073 NONE_MAPPED NONE_MAPPED;
    0xC000_0127 MEMBERS_PRIMARY_GROUP MEMBERS_PRIMARY_GROUP;
    0xC000_0151 NO_SUCH_ALIAS NO_SUCH_ALIAS;
    0xC000_0152 MEMBER_NOT_IN_ALIAS MEMBER_NOT_IN_ALIAS;
    0xC000_0153 MEMBER_IN_ALIAS MEMBER_IN_ALIAS;
    0xC000_0154 ALIAS_EXISTS ALIAS_EXISTS;
    0xC000_015B LOGON_TYPE_NOT_GRANTED LOGON_TYPE_NOT_GRANTED;
    0xC000_0192 NETLOGON_NOT_STARTED NETLOGON_NOT_STARTED;
    0xC000_0193 ACCOUNT_EXPIRED ACCOUNT_EXPIRED;
    0xC000_0224 PASSWORD_MUST_CHANGE PASSWORD_MUST_CHANGE;
    0xC000_0234 ACCOUNT_LOCKED_OUT ACCOUNT_LOCKED_OUT;
}

impl NtStatus {
    /// STATUS_SUCCESS
    pub const SUCCESS: NtStatus = NtStatus(0);

    /// The statuses that this table knows, in ascending order.
    pub fn known() -> impl Iterator<Item = NtStatus> {
        TABLE.iter().map(|row| NtStatus(row.0))
    }

    /// The name without `STATUS_`; `None` for a status that is not in the table.
    pub fn name(self) -> Option<&'static str> {
        if self == NtStatus::SUCCESS {
            return Some("SUCCESS");
        }
        self.row().map(|row| row.1)
    }

    /// What a Win32 caller gets of it; `None` for a status that is not in the table, and for success.
    ///
    /// A wrong password is 86 to the function of the run-time library; the logon functions and NetUserChangePassword
    /// hand it on as 1326, and so does this one.
    pub fn win32(self) -> Option<Win32Error> {
        self.row().map(|row| row.2)
    }

    fn row(self) -> Option<&'static (u32, &'static str, Win32Error)> {
        TABLE.binary_search_by_key(&self.0, |row| row.0).ok().map(|at| &TABLE[at])
    }
}

impl fmt::Display for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "0x{:08X} STATUS_{name}", self.0),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_ascends_so_that_look_ups_find() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(NtStatus::known().all(|status| status.win32().is_some_and(|code| code.name().is_some())));
        assert_eq!(NtStatus::LOGON_FAILURE.win32(), Some(Win32Error::LOGON_FAILURE));
        assert_eq!(NtStatus(0xC000_0224).to_string(), "0xC0000224 STATUS_PASSWORD_MUST_CHANGE");
        assert_eq!(NtStatus(0x1234).win32(), None);
    }
}
