//! What the account policy demands of a password.

use super::Password;
use crate::{AccountName, AccountPolicy, Secret, SimTime, Win32Error};

/// How a password comes to be: an administrator sets it, or its owner changes it (FACTS.md, A19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewPassword {
    /// Length and complexity count.
    Set,
    /// Least age and history count as well.
    Change {
        /// The least age does not count: the password must be changed.
        forced: bool,
    },
}

/// Whether the policy lets the password be used: 1327 by age (A18), 2245 by length, complexity or history.
pub(crate) fn check_new(
    policy: &AccountPolicy,
    user: &AccountName,
    new: &Secret,
    old: Option<&Password>,
    how: NewPassword,
    now: SimTime,
) -> Result<(), Win32Error> {
    if let (NewPassword::Change { forced }, Some(old)) = (how, old) {
        if !forced && now.since(old.set) < policy.minimum_age {
            return Err(Win32Error::ACCOUNT_RESTRICTION);
        }
        let remembered = policy.history as usize;
        if std::iter::once(&old.current).chain(&old.earlier).take(remembered).any(|used| used == new) {
            return Err(Win32Error::PASSWORD_TOO_SHORT);
        }
    }
    let too_short = (new.reveal().chars().count() as u64) < u64::from(policy.minimum_length);
    if too_short || (policy.complexity && !is_complex(user, new)) {
        return Err(Win32Error::PASSWORD_TOO_SHORT);
    }
    Ok(())
}

/// The password after this one, with the history that the policy asks for.
pub(crate) fn succeed(old: Option<&Password>, new: &Secret, history: u32, now: SimTime) -> Password {
    let Some(old) = old else {
        return Password { current: new.clone(), earlier: Vec::new(), set: now, version: 1 };
    };
    let earlier = std::iter::once(&old.current)
        .chain(&old.earlier)
        .take((history as usize).saturating_sub(1))
        .cloned()
        .collect();
    Password { current: new.clone(), earlier, set: now, version: old.version + 1 }
}

/// Six characters, three of four classes, no user name (Q161990).
fn is_complex(user: &AccountName, new: &Secret) -> bool {
    let text = new.reveal();
    let classes = [
        text.chars().any(char::is_uppercase),
        text.chars().any(char::is_lowercase),
        text.chars().any(|c| c.is_ascii_digit()),
        text.chars().any(|c| !c.is_alphanumeric()),
    ];
    let holds_name = text.to_lowercase().contains(&user.as_str().to_lowercase());
    text.chars().count() >= 6 && classes.into_iter().filter(|class| *class).count() >= 3 && !holds_name
}
