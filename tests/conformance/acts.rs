//! Single operations: which verb they are, and what they may write.

use std::collections::BTreeSet;

use mockdc_mocks::{AccountFlag, AccountName, Authority, Credentials, LogonType, Right, Secret, Span, Verb};
use serde::Serialize;

use crate::sequence::{Expiry, Flag, Policy, Sequence, Way};

/// Numbers stand for names and passwords out of small stocks, so that they meet.
#[derive(Clone, Debug, Serialize)]
pub(crate) enum Act {
    Add { user: u8, password: u8, disabled: bool },
    Delete { user: u8 },
    SetPassword { user: u8, password: u8 },
    ChangePassword { user: u8, old: u8, new: u8 },
    Comment { user: u8, text: u8 },
    Flag { user: u8, flag: Flag, set: bool },
    Expires { user: u8, expiry: Expiry },
    Rename { user: u8, to: u8 },
    PrimaryGroup { user: u8, group: u8 },
    GroupAdd { group: u8 },
    GroupDelete { group: u8 },
    Join { group: u8, user: u8 },
    Leave { group: u8, user: u8 },
    LocalAdd,
    LocalDelete,
    LocalJoin { user: u8 },
    LocalLeave { user: u8 },
    Right { user: u8, service: bool, grant: bool },
    Policy { policy: Policy },
    Logon { user: u8, password: u8, by: Way },
}

pub(crate) const PASSWORDS: [&str; 5] =
    ["Alpha-1-long", "Beta-2-longer", "Gamma-3-long!", "S-1hort", "alllowercase"];

/// The names of one sequence: no other has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names(pub u64);

impl Names {
    pub(crate) fn user(self, n: u8) -> AccountName {
        format!("u{n}q{}", self.0).as_str().into()
    }

    /// The last one is that of all users.
    pub(crate) fn group(self, n: u8) -> AccountName {
        match n {
            2 => "Domain Users".into(),
            n => format!("g{n}q{}", self.0).as_str().into(),
        }
    }

    pub(crate) fn local(self) -> AccountName {
        format!("lq{}", self.0).as_str().into()
    }

    /// Every name that the sequence can give.
    pub(crate) fn all(self) -> Vec<AccountName> {
        let users = (0..4).map(|n| self.user(n));
        users.chain((0..2).map(|n| self.group(n))).chain([self.local()]).collect()
    }

    /// Whether an account belongs to the sequence.
    pub(crate) fn owns(self, name: &str) -> bool {
        name.ends_with(&format!("q{}", self.0))
    }
}

impl Act {
    /// What it may write: names of accounts, each with the group of attributes that are decided together.
    pub(crate) fn writes(&self, names: Names) -> Vec<String> {
        let of = |name: AccountName, what: &[&str]| -> Vec<String> {
            what.iter().map(|what| format!("{name} {what}")).collect()
        };
        let user = |n: &u8, what: &[&str]| of(names.user(*n), what);
        let everything = ["name", "password", "control", "comment", "expiry", "primary", "members"];
        match self {
            Act::Add { user: n, .. } => user(n, &everything),
            Act::Delete { user: n } => user(n, &["name", "members"]),
            Act::SetPassword { user: n, .. } | Act::ChangePassword { user: n, .. } => user(n, &["password"]),
            Act::Logon { user: n, .. } => user(n, &["password"]),
            Act::Comment { user: n, .. } => user(n, &["comment"]),
            Act::Flag { user: n, flag: Flag::MustChange | Flag::LockedOut, .. } => user(n, &["password"]),
            Act::Flag { user: n, .. } => user(n, &["control"]),
            Act::Expires { user: n, .. } => user(n, &["expiry"]),
            Act::Rename { user: n, to } => [user(n, &["name"]), user(to, &["name"])].concat(),
            Act::PrimaryGroup { user: n, .. } => user(n, &["primary", "members"]),
            Act::GroupAdd { group } | Act::GroupDelete { group } => of(names.group(*group), &["name"]),
            Act::Join { user: n, .. } | Act::Leave { user: n, .. } => user(n, &["members"]),
            Act::LocalAdd | Act::LocalDelete => of(names.local(), &["name"]),
            Act::LocalJoin { user: n } | Act::LocalLeave { user: n } => user(n, &["members"]),
            Act::Right { .. } | Act::Policy { .. } => Vec::new(),
        }
    }

    /// The operation; of a logon its credentials are what counts.
    pub(crate) fn verb(&self, names: Names, sequence: &Sequence) -> Verb {
        let user = |n: &u8| names.user(*n);
        let group = |n: &u8| names.group(*n);
        let password = |n: &u8| Secret::from(PASSWORDS[usize::from(*n)]);
        match self {
            Act::Add { user: n, password: p, disabled } => Verb::UserAdd {
                user: user(n),
                password: password(p),
                comment: None,
                flags: disabled.then_some(AccountFlag::Disabled).into_iter().collect(),
            },
            Act::Delete { user: n } => Verb::UserDelete { user: user(n) },
            Act::SetPassword { user: n, password: p } => {
                Verb::UserSetPassword { user: user(n), password: password(p) }
            }
            Act::ChangePassword { user: n, old, new } => {
                Verb::UserChangePassword { user: user(n), old: password(old), new: password(new) }
            }
            Act::Comment { user: n, text } => {
                Verb::UserSetComment { user: user(n), comment: ["", "one", "two"][usize::from(*text)].into() }
            }
            Act::Flag { user: n, flag, set } => {
                let flag = BTreeSet::from([match flag {
                    Flag::Disabled => AccountFlag::Disabled,
                    Flag::MustChange => AccountFlag::MustChangePassword,
                    Flag::NeverExpires => AccountFlag::PasswordNeverExpires,
                    Flag::LockedOut => AccountFlag::LockedOut,
                }]);
                // Nobody sets the flag of a lockout: it can only be cleared.
                let unlocks = flag.contains(&AccountFlag::LockedOut);
                let (set, clear) =
                    if *set && !unlocks { (flag, BTreeSet::new()) } else { (BTreeSet::new(), flag) };
                Verb::UserSetFlags { user: user(n), set, clear }
            }
            Act::Expires { user: n, expiry } => {
                let expires = match expiry {
                    Expiry::Never => None,
                    Expiry::Past => Some(Span::ZERO),
                    Expiry::Future => Some(Span::days(4_000)),
                };
                Verb::UserSetExpiry { user: user(n), expires }
            }
            Act::Rename { user: n, to } => Verb::UserRename { user: user(n), to: user(to) },
            Act::PrimaryGroup { user: n, group: g } => {
                Verb::UserSetPrimaryGroup { user: user(n), group: group(g) }
            }
            Act::GroupAdd { group: g } => Verb::GroupAdd { group: group(g) },
            Act::GroupDelete { group: g } => Verb::GroupDelete { group: group(g) },
            Act::Join { group: g, user: n } => Verb::GroupAddUser { group: group(g), user: user(n) },
            Act::Leave { group: g, user: n } => Verb::GroupRemoveUser { group: group(g), user: user(n) },
            Act::LocalAdd => Verb::LocalGroupAdd { group: names.local() },
            Act::LocalDelete => Verb::LocalGroupDelete { group: names.local() },
            Act::LocalJoin { user: n } => Verb::LocalGroupAddMember { group: names.local(), member: user(n) },
            Act::LocalLeave { user: n } => {
                Verb::LocalGroupRemoveMember { group: names.local(), member: user(n) }
            }
            Act::Right { user: n, service, grant } => {
                let right = if *service { Right::ServiceLogon } else { Right::Tcb };
                match grant {
                    true => Verb::RightGrant { account: user(n), right },
                    false => Verb::RightRevoke { account: user(n), right },
                }
            }
            Act::Policy { policy } => Verb::AccountPolicySet { policy: sequence.policy(Some(*policy)) },
            Act::Logon { user: n, password: p, .. } => Verb::Logon {
                credentials: Credentials {
                    user: user(n),
                    password: password(p),
                    authority: Authority::Domain,
                },
                logon: LogonType::Network,
            },
        }
    }
}
