//! What events are about, as far as whoever reads a long run chooses events by it.

use mockdc_mocks::{Fact, StateKey, VerbKind};

use super::{Event, EventKind};

/// What an event is about. The events of a class lie together in a page, so that others need not be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    Call,
    /// A call that made or deleted an account.
    AccountCall,
    Wait,
    Launch,
    Request,
    Step,
    Log,
    Actor,
    Purpose,
    Upgrade,
    Ldap,
    Program,
    Committed,
    Replicated,
    Synchronisation,
    /// What may stand in the way of replication.
    Disturbance,
    Process,
    ServiceFailed,
    /// Counters.
    Counter,
    /// States, and beside each of them those that say which commit made them.
    Account,
    AccountOfCommit,
    Right,
    RightOfCommit,
    State,
    StateOfCommit,
    End,
    Other,
}

/// How many classes there are.
pub(super) const CLASSES: usize = Class::Other as usize + 1;

impl Class {
    /// Of an event.
    pub(crate) fn of(event: &Event) -> Class {
        match &event.kind {
            EventKind::Fact(fact) => Class::of_fact(fact),
            EventKind::Call { verb: VerbKind::UserAdd | VerbKind::UserDelete, code: 0, .. } => {
                Class::AccountCall
            }
            EventKind::Call { .. } => Class::Call,
            EventKind::Ldap(_) => Class::Ldap,
            EventKind::ProgramEnded { .. } => Class::Program,
            EventKind::Intervention { .. } | EventKind::Lost { .. } => Class::Disturbance,
            EventKind::Log { .. } => Class::Log,
            EventKind::ActorStarted { .. } | EventKind::ActorEnded { .. } => Class::Actor,
            EventKind::WaitBegan { .. } | EventKind::WaitEnded { .. } => Class::Wait,
            EventKind::Purpose { .. } => Class::Purpose,
            EventKind::Queued { .. }
            | EventKind::AttemptBegan { .. }
            | EventKind::AttemptEnded { .. }
            | EventKind::InstallEnded { .. } => Class::Request,
            EventKind::ComponentDue { .. } | EventKind::ComponentLaunched { .. } => Class::Launch,
            EventKind::Upgraded { .. } => Class::Upgrade,
            EventKind::Step { .. } => Class::Step,
            EventKind::ScriptStep { .. } | EventKind::ScriptKept { .. } => Class::Other,
            EventKind::End { .. } => Class::End,
        }
    }

    fn of_fact(fact: &Fact) -> Class {
        match fact {
            Fact::State { key: StateKey::Counter { .. }, .. } => Class::Counter,
            Fact::State { key, version, .. } => {
                let of_commit = version.is_some_and(|version| version.0 != 0);
                match (key, of_commit) {
                    (StateKey::Account { .. }, false) => Class::Account,
                    (StateKey::Account { .. }, true) => Class::AccountOfCommit,
                    (StateKey::Right { .. }, false) => Class::Right,
                    (StateKey::Right { .. }, true) => Class::RightOfCommit,
                    (_, false) => Class::State,
                    (_, true) => Class::StateOfCommit,
                }
            }
            Fact::Committed { .. } => Class::Committed,
            Fact::Replicated { .. } => Class::Replicated,
            Fact::SyncBegan { .. } | Fact::SyncEnded { .. } => Class::Synchronisation,
            Fact::Machine { .. } | Fact::Restored { .. } | Fact::FaultTouched { .. } => Class::Disturbance,
            Fact::ServiceStarted { .. } | Fact::ProcessStarted { .. } | Fact::ProcessEnded { .. } => {
                Class::Process
            }
            Fact::ServiceFailed { .. } => Class::ServiceFailed,
            _ => Class::Other,
        }
    }
}

/// Some classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Classes(u32);

impl Classes {
    pub(crate) const ALL: Classes = Classes((1 << CLASSES) - 1);
    pub(crate) const CALLS: Classes = Classes::these(&[Class::Call, Class::AccountCall]);
    pub(crate) const REPLICATION: Classes =
        Classes::these(&[Class::Committed, Class::Synchronisation, Class::Disturbance]);
    pub(crate) const RIGHTS: Classes = Classes::these(&[Class::Right, Class::RightOfCommit]);
    pub(crate) const ACCOUNTS: Classes = Classes::these(&[Class::Account, Class::AccountOfCommit]);
    pub(crate) const STATES: Classes = Classes::these(&[Class::Counter, Class::State, Class::StateOfCommit])
        .and(Classes::RIGHTS)
        .and(Classes::ACCOUNTS);
    pub(crate) const SUMS: Classes =
        Classes::these(&[Class::Counter, Class::Replicated, Class::Committed, Class::Synchronisation]);
    pub(crate) const VERSIONS: Classes = Classes::these(&[
        Class::AccountOfCommit,
        Class::RightOfCommit,
        Class::StateOfCommit,
        Class::Replicated,
    ]);
    pub(crate) const WIRE: Classes = Classes::these(&[Class::Ldap, Class::Committed, Class::Replicated]);

    /// What a start that is known does not tell: states of hosts that no commit made.
    pub(crate) const UNTOLD: Classes = Classes::these(&[Class::Right, Class::State]);

    /// These and no others.
    pub(crate) const fn these(classes: &[Class]) -> Classes {
        let (mut all, mut place) = (0, 0);
        while place < classes.len() {
            all |= 1 << classes[place] as u32;
            place += 1;
        }
        Classes(all)
    }

    /// These and those.
    pub(crate) const fn and(self, other: Classes) -> Classes {
        Classes(self.0 | other.0)
    }

    /// These without those.
    pub(crate) const fn and_not(self, other: Classes) -> Classes {
        Classes(self.0 & !other.0)
    }

    /// Whether a class is one of them.
    pub(crate) const fn have(self, class: Class) -> bool {
        self.has(class as u8)
    }

    pub(super) const fn has(self, class: u8) -> bool {
        self.0 & (1 << class) != 0
    }

    pub(super) const fn meet(self, other: Classes) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn add(&mut self, class: Class) {
        self.0 |= 1 << class as u32;
    }

    pub(super) const NONE: Classes = Classes(0);
}
