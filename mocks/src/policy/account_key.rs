//! The account policy settings of a security template.

use crate::{AccountPolicy, Span};

/// A setting of `[System Access]` that mockdc gives a meaning to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKey {
    /// Days before a password may be changed: 0 to 999.
    MinimumPasswordAge,
    /// Days after which a password expires: 1 to 999; -1 (or 0): never.
    MaximumPasswordAge,
    /// Characters: 0 to 127.
    MinimumPasswordLength,
    /// 1: complex passwords are demanded.
    PasswordComplexity,
    /// Passwords remembered: 0 to 1000.
    PasswordHistorySize,
    /// Bad passwords that lock an account; 0: never.
    LockoutBadCount,
    /// Minutes without a bad password after which the count starts anew: 0 to 99,999.
    ResetLockoutCount,
    /// Minutes that a lockout lasts: 0 to 99,999; -1 (or 0): until an administrator unlocks it.
    LockoutDuration,
}

impl AccountKey {
    /// Every key.
    pub const ALL: [AccountKey; 8] = [
        AccountKey::MinimumPasswordAge,
        AccountKey::MaximumPasswordAge,
        AccountKey::MinimumPasswordLength,
        AccountKey::PasswordComplexity,
        AccountKey::PasswordHistorySize,
        AccountKey::LockoutBadCount,
        AccountKey::ResetLockoutCount,
        AccountKey::LockoutDuration,
    ];

    /// The key as a template spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            AccountKey::MinimumPasswordAge => "MinimumPasswordAge",
            AccountKey::MaximumPasswordAge => "MaximumPasswordAge",
            AccountKey::MinimumPasswordLength => "MinimumPasswordLength",
            AccountKey::PasswordComplexity => "PasswordComplexity",
            AccountKey::PasswordHistorySize => "PasswordHistorySize",
            AccountKey::LockoutBadCount => "LockoutBadCount",
            AccountKey::ResetLockoutCount => "ResetLockoutCount",
            AccountKey::LockoutDuration => "LockoutDuration",
        }
    }

    /// The key of this name, in any case; `None` for other settings of `[System Access]`.
    pub fn named(name: &str) -> Option<AccountKey> {
        AccountKey::ALL.into_iter().find(|key| key.as_str().eq_ignore_ascii_case(name))
    }

    /// The least and the most that a template may say.
    pub fn range(self) -> (i64, i64) {
        match self {
            AccountKey::MinimumPasswordAge => (0, 999),
            AccountKey::MaximumPasswordAge => (-1, 999),
            AccountKey::MinimumPasswordLength => (0, 127),
            AccountKey::PasswordComplexity => (0, 1),
            AccountKey::PasswordHistorySize => (0, 1_000),
            AccountKey::LockoutBadCount => (0, 999),
            AccountKey::ResetLockoutCount => (0, 99_999),
            AccountKey::LockoutDuration => (-1, 99_999),
        }
    }

    /// Writes a value, in the key's unit, into a policy. Values beyond the range are cut to it.
    pub fn put(self, value: i64, policy: &mut AccountPolicy) {
        let (least, most) = self.range();
        let value = value.clamp(least, most);
        let number = u32::try_from(value).unwrap_or(0);
        match self {
            AccountKey::MinimumPasswordAge => policy.minimum_age = Span::days(value),
            AccountKey::MaximumPasswordAge => policy.maximum_age = (value > 0).then(|| Span::days(value)),
            AccountKey::MinimumPasswordLength => policy.minimum_length = number,
            AccountKey::PasswordComplexity => policy.complexity = value != 0,
            AccountKey::PasswordHistorySize => policy.history = number,
            AccountKey::LockoutBadCount => policy.lockout_threshold = number,
            AccountKey::ResetLockoutCount => policy.lockout_reset = Span::mins(value),
            AccountKey::LockoutDuration => policy.lockout_duration = (value > 0).then(|| Span::mins(value)),
        }
    }

    /// What a policy says, in the key's unit; parts of a day or minute are cut off.
    pub fn of(self, policy: &AccountPolicy) -> i64 {
        let days = |span: Span| span.as_millis() / Span::days(1).as_millis();
        let minutes = |span: Span| span.as_millis() / Span::mins(1).as_millis();
        match self {
            AccountKey::MinimumPasswordAge => days(policy.minimum_age),
            AccountKey::MaximumPasswordAge => policy.maximum_age.map_or(-1, days),
            AccountKey::MinimumPasswordLength => i64::from(policy.minimum_length),
            AccountKey::PasswordComplexity => i64::from(policy.complexity),
            AccountKey::PasswordHistorySize => i64::from(policy.history),
            AccountKey::LockoutBadCount => i64::from(policy.lockout_threshold),
            AccountKey::ResetLockoutCount => minutes(policy.lockout_reset),
            AccountKey::LockoutDuration => policy.lockout_duration.map_or(-1, minutes),
        }
    }
}
