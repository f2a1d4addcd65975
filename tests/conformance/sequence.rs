//! What is done: sequences of operations at two controllers, with replication between them.

use std::collections::BTreeSet;

use mockdc_mocks::{AccountFlag, AccountName, AccountPolicy, Credentials, Secret, Span, Verb};
use proptest::prelude::*;
use serde::Serialize;

/// A sequence, and the account policy under which it runs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sequence {
    pub(crate) policy: Policy,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Policy {
    Nothing,
    History,
    MinimumAge,
    Length,
    Complexity,
    Lockout,
}

/// `at`, `to`: 0 is the primary domain controller, 1 the other.
#[derive(Clone, Debug, Serialize)]
pub(crate) enum Step {
    Act { at: usize, act: Act },
    Synchronize { to: usize },
    Part,
    Heal,
}

/// Numbers stand for names and passwords out of small stocks, so that they meet.
#[derive(Clone, Debug, Serialize)]
pub(crate) enum Act {
    Add { user: u8, password: u8, disabled: bool },
    Delete { user: u8 },
    SetPassword { user: u8, password: u8 },
    ChangePassword { user: u8, old: u8, new: u8 },
    Comment { user: u8, text: u8 },
    Flag { user: u8, flag: Flag, set: bool },
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
    Logon { user: u8, password: u8, by: Way },
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) enum Flag {
    Disabled,
    MustChange,
    NeverExpires,
    LockedOut,
}

/// By which protocol a logon is tried.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) enum Way {
    Bind,
    Session,
}

const PASSWORDS: [&str; 5] = ["Alpha-1-long", "Beta-2-longer", "Gamma-3-long!", "S-1hort", "alllowercase"];

pub(crate) fn sequences() -> impl Strategy<Value = Sequence> {
    let policy = prop_oneof![
        2 => Just(Policy::Nothing),
        1 => Just(Policy::History),
        1 => Just(Policy::MinimumAge),
        1 => Just(Policy::Length),
        1 => Just(Policy::Complexity),
        3 => Just(Policy::Lockout),
    ];
    (policy, prop::collection::vec(step(), 4..=30)).prop_map(|(policy, steps)| Sequence { policy, steps })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..2_usize, act()).prop_map(|(at, act)| Step::Act { at, act }),
        4 => (0..2_usize).prop_map(|to| Step::Synchronize { to }),
        1 => Just(Step::Part),
        1 => Just(Step::Heal),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let (user, group, password) = (0..3_u8, 0..2_u8, 0..3_u8);
    let any_password = 0..PASSWORDS.len() as u8;
    let flag = prop_oneof![
        Just(Flag::Disabled),
        Just(Flag::MustChange),
        Just(Flag::NeverExpires),
        Just(Flag::LockedOut)
    ];
    let way = prop_oneof![Just(Way::Bind), Just(Way::Session)];
    prop_oneof![
        6 => (user.clone(), any_password.clone(), prop::bool::weighted(0.1))
            .prop_map(|(user, password, disabled)| Act::Add { user, password, disabled }),
        2 => user.clone().prop_map(|user| Act::Delete { user }),
        2 => (user.clone(), any_password.clone())
            .prop_map(|(user, password)| Act::SetPassword { user, password }),
        3 => (user.clone(), password.clone(), any_password)
            .prop_map(|(user, old, new)| Act::ChangePassword { user, old, new }),
        2 => (user.clone(), 0..3_u8).prop_map(|(user, text)| Act::Comment { user, text }),
        3 => (user.clone(), flag, any::<bool>()).prop_map(|(user, flag, set)| Act::Flag { user, flag, set }),
        2 => (user.clone(), 0..4_u8).prop_map(|(user, to)| Act::Rename { user, to }),
        2 => (user.clone(), 0..3_u8).prop_map(|(user, group)| Act::PrimaryGroup { user, group }),
        3 => group.clone().prop_map(|group| Act::GroupAdd { group }),
        1 => group.clone().prop_map(|group| Act::GroupDelete { group }),
        4 => (group.clone(), user.clone()).prop_map(|(group, user)| Act::Join { group, user }),
        2 => (0..3_u8, user.clone()).prop_map(|(group, user)| Act::Leave { group, user }),
        1 => Just(Act::LocalAdd),
        1 => Just(Act::LocalDelete),
        2 => user.clone().prop_map(|user| Act::LocalJoin { user }),
        1 => user.clone().prop_map(|user| Act::LocalLeave { user }),
        7 => (user, password, way).prop_map(|(user, password, by)| Act::Logon { user, password, by }),
    ]
}

impl Policy {
    pub(crate) fn spec(self) -> AccountPolicy {
        let plain = AccountPolicy { maximum_age: None, ..AccountPolicy::default() };
        match self {
            Policy::Nothing => plain,
            Policy::History => AccountPolicy { history: 2, ..plain },
            Policy::MinimumAge => AccountPolicy { minimum_age: Span::days(1), ..plain },
            Policy::Length => AccountPolicy { minimum_length: 8, ..plain },
            Policy::Complexity => AccountPolicy { complexity: true, ..plain },
            Policy::Lockout => AccountPolicy { lockout_threshold: 2, lockout_duration: None, ..plain },
        }
    }
}

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

    /// Whether an account belongs to the sequence.
    pub(crate) fn owns(self, name: &str) -> bool {
        name.ends_with(&format!("q{}", self.0))
    }
}

impl Act {
    /// The operation; of a logon its credentials are what counts.
    pub(crate) fn verb(&self, names: Names) -> Verb {
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
            Act::Logon { user: n, password: p, .. } => Verb::Logon {
                credentials: Credentials {
                    user: user(n),
                    password: password(p),
                    authority: mockdc_mocks::Authority::Domain,
                },
                logon: mockdc_mocks::LogonType::Network,
            },
        }
    }
}
