//! What is done: drawn sequences of operations at two controllers, with replication between them.

use mockdc_mocks::{AccountPolicy, Span};
use proptest::prelude::*;
use serde::Serialize;

use crate::acts::{Act, PASSWORDS};

/// A sequence, and the account policy under which it begins.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sequence {
    pub(crate) policy: Policy,
    /// Whether the other controller asks the primary one about a wrong password. Passwords are written at the primary
    /// one then, since what is written elsewhere would be told it, too, and Samba does neither.
    pub(crate) asks_the_pdc: bool,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Policy {
    Nothing,
    History,
    MinimumAge,
    MaximumAge,
    Length,
    Complexity,
    Lockout,
}

/// `at`, `to`: 0 is the primary domain controller, 1 the other.
#[derive(Clone, Debug, Serialize)]
pub(crate) enum Step {
    Act {
        at: usize,
        act: Act,
    },
    Synchronize {
        to: usize,
    },
    Part,
    Heal,
    /// Three days go by: longer than any age of a policy here.
    Days,
}

/// How long [`Step::Days`] is.
pub(crate) const DAYS: Span = Span::days(3);

/// Numbers stand for flags and ways, as for names.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) enum Flag {
    Disabled,
    MustChange,
    NeverExpires,
    LockedOut,
}

/// By which protocol a logon is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Way {
    Bind,
    Session,
}

/// When an account expires.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) enum Expiry {
    Never,
    Past,
    Future,
}

pub(crate) fn sequences() -> impl Strategy<Value = Sequence> {
    let policy = prop_oneof![
        2 => Just(Policy::Nothing),
        1 => Just(Policy::History),
        1 => Just(Policy::MinimumAge),
        2 => Just(Policy::MaximumAge),
        1 => Just(Policy::Length),
        1 => Just(Policy::Complexity),
        3 => Just(Policy::Lockout),
    ];
    let asks_the_pdc = prop::bool::weighted(0.15);
    (policy, asks_the_pdc, prop::collection::vec(step(), 4..=30)).prop_map(
        |(policy, asks_the_pdc, mut steps)| {
            for step in &mut steps {
                if let Step::Act { at, act: Act::SetPassword { .. } | Act::ChangePassword { .. } } = step
                    && asks_the_pdc
                {
                    *at = 0;
                }
            }
            Sequence { policy, asks_the_pdc, steps }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        40 => (0..2_usize, act()).prop_map(|(at, act)| match act {
            // Samba keeps rights and takes new policies apart for each controller: one is where they are changed.
            act @ (Act::Right { .. } | Act::Policy { .. }) => Step::Act { at: 0, act },
            act => Step::Act { at, act },
        }),
        8 => (0..2_usize).prop_map(|to| Step::Synchronize { to }),
        2 => Just(Step::Part),
        2 => Just(Step::Heal),
        1 => Just(Step::Days),
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
    let expiry = prop_oneof![Just(Expiry::Never), Just(Expiry::Past), Just(Expiry::Future)];
    let policy = prop_oneof![
        Just(Policy::Nothing),
        Just(Policy::History),
        Just(Policy::MinimumAge),
        Just(Policy::MaximumAge),
        Just(Policy::Length),
        Just(Policy::Complexity),
    ];
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
        1 => (user.clone(), expiry).prop_map(|(user, expiry)| Act::Expires { user, expiry }),
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
        2 => (user.clone(), any::<bool>(), prop::bool::weighted(0.7))
            .prop_map(|(user, service, grant)| Act::Right { user, service, grant }),
        1 => policy.prop_map(|policy| Act::Policy { policy }),
        7 => (user, password, way).prop_map(|(user, password, by)| Act::Logon { user, password, by }),
    ]
}

impl Sequence {
    /// Under what a difference may be known: the policy, and `asks` behind it where a wrong password is asked again.
    pub(crate) fn circumstances(&self) -> String {
        format!("{:?}{}", self.policy, if self.asks_the_pdc { " asks" } else { "" })
    }

    /// The policy that the sequence begins with, and the one that a step sets: a threshold stays what it was.
    pub(crate) fn policy(&self, set: Option<Policy>) -> AccountPolicy {
        let threshold = self.policy.spec().lockout_threshold;
        let policy = set.unwrap_or(self.policy).spec();
        AccountPolicy { lockout_threshold: threshold, lockout_duration: None, ..policy }
    }
}

impl Policy {
    fn spec(self) -> AccountPolicy {
        let plain = AccountPolicy { maximum_age: None, ..AccountPolicy::default() };
        match self {
            Policy::Nothing => plain,
            Policy::History => AccountPolicy { history: 2, ..plain },
            Policy::MinimumAge => AccountPolicy { minimum_age: Span::days(1), ..plain },
            Policy::MaximumAge => AccountPolicy { maximum_age: Some(Span::days(2)), ..plain },
            Policy::Length => AccountPolicy { minimum_length: 8, ..plain },
            Policy::Complexity => AccountPolicy { complexity: true, ..plain },
            Policy::Lockout => AccountPolicy { lockout_threshold: 2, ..plain },
        }
    }
}
