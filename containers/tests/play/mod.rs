//! What the tests with containers share: a Samba domain under the test's own clock.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use mockdc_containers::{Difference, Directory, DrivenSamba, Levers, Scale, start_fleet};
use mockdc_mocks::{
    AccountFlag, AccountName, Authority, Caller, Credentials, Domain, DomainBuilder, FactRecord, LogonType,
    Operation, Reply, Secret, SimTime, Span, Verb,
};

pub(crate) type Checked = Result<(), Box<dyn Error>>;

/// The password that every user of these tests has at first.
pub(crate) const PASSWORD: &str = "Secret-1";

/// A PDC with so many BDCs to change as the test needs it.
pub(crate) fn world(bdcs: usize) -> DomainBuilder {
    (1..=bdcs).fold(Domain::builder().pdc("PDC1"), |world, number| world.bdc(format!("BDC{number}").as_str()))
}

/// A domain under way.
pub(crate) struct Play {
    pub(crate) samba: DrivenSamba,
    pub(crate) now: SimTime,
    pub(crate) admin: Caller,
    pub(crate) levers: Arc<dyn Levers>,
}

impl Play {
    pub(crate) async fn start(world: &mut DomainBuilder) -> Result<Play, Box<dyn Error>> {
        let spec = world.spec().clone();
        let levers = start_fleet(&spec).await?;
        let samba = DrivenSamba::start(&spec, Span::ZERO, 1, levers.clone()).await?;
        samba.drain_facts();
        let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
        Ok(Play { samba, now: SimTime::START, admin, levers })
    }

    /// Lets the scenario come to an instant.
    pub(crate) async fn at(&mut self, since_start: Span) -> Checked {
        self.now = SimTime::START + since_start;
        Ok(self.samba.advance_to(self.now).await?)
    }

    /// What the administrator gets for a verb.
    pub(crate) async fn call(&self, at: &str, verb: Verb) -> Result<Result<Reply, u32>, Box<dyn Error>> {
        self.call_as(&self.admin, at, verb).await
    }

    /// What somebody gets for a verb.
    pub(crate) async fn call_as(
        &self,
        by: &Caller,
        at: &str,
        verb: Verb,
    ) -> Result<Result<Reply, u32>, Box<dyn Error>> {
        let outcome = self.samba.perform_at(self.now, by, Operation::new(at, verb)).await?;
        Ok(outcome.answer.map_err(|error| error.code()))
    }

    /// The code that a verb gets; 0 for success.
    pub(crate) async fn code(&self, at: &str, verb: Verb) -> Result<u32, Box<dyn Error>> {
        Ok(self.call(at, verb).await?.err().unwrap_or(0))
    }

    /// Whether a controller shows a user to somebody who asks Samba itself, behind the backend's back.
    pub(crate) async fn shows(&self, place: usize, user: &str) -> Result<bool, Box<dyn Error>> {
        Ok(self.directory(place).await?.find(&user.into()).await?.is_some())
    }

    /// A connection to a controller, past the backend.
    pub(crate) async fn directory(&self, place: usize) -> Result<Directory, Box<dyn Error>> {
        let credentials = credentials("Administrator", "Adm1n-password!");
        Ok(Directory::log_on(&self.levers.endpoint(place), &credentials, Scale::starting_now(1.0)).await?)
    }

    pub(crate) fn facts(&self) -> Vec<FactRecord> {
        self.samba.drain_facts()
    }

    /// Differences that are findings.
    pub(crate) fn differences(&self) -> Vec<Difference> {
        self.samba.differences().into_iter().filter(|difference| !difference.is_known_limit()).collect()
    }

    /// Ends the domain; no difference must have come up that the test has not taken.
    pub(crate) async fn end(self) -> Checked {
        let differences: Vec<String> = self.differences().iter().map(ToString::to_string).collect();
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        Ok(self.samba.stop().await?)
    }
}

pub(crate) fn credentials(user: &str, password: &str) -> Credentials {
    Credentials { authority: Authority::Domain, user: user.into(), password: password.into() }
}

pub(crate) fn user_add(user: &str, password: &str) -> Verb {
    Verb::UserAdd {
        user: user.into(),
        password: password.into(),
        comment: Some("made by a test".to_owned()),
        flags: BTreeSet::new(),
    }
}

pub(crate) fn user_info(user: &str) -> Verb {
    Verb::UserInfo { user: user.into() }
}

pub(crate) fn user_delete(user: &str) -> Verb {
    Verb::UserDelete { user: user.into() }
}

pub(crate) fn set_password(user: &str, password: &str) -> Verb {
    Verb::UserSetPassword { user: user.into(), password: password.into() }
}

pub(crate) fn change_password(user: &str, old: &str, new: &str) -> Verb {
    Verb::UserChangePassword { user: user.into(), old: Secret::from(old), new: Secret::from(new) }
}

pub(crate) fn set_flags(user: &str, set: &[AccountFlag], clear: &[AccountFlag]) -> Verb {
    Verb::UserSetFlags {
        user: user.into(),
        set: set.iter().copied().collect(),
        clear: clear.iter().copied().collect(),
    }
}

pub(crate) fn group_member(group: &str, user: &str, joins: bool) -> Verb {
    let (group, user): (AccountName, AccountName) = (group.into(), user.into());
    match joins {
        true => Verb::GroupAddUser { group, user },
        false => Verb::GroupRemoveUser { group, user },
    }
}

pub(crate) fn local_member(group: &str, member: &str, joins: bool) -> Verb {
    let (group, member): (AccountName, AccountName) = (group.into(), member.into());
    match joins {
        true => Verb::LocalGroupAddMember { group, member },
        false => Verb::LocalGroupRemoveMember { group, member },
    }
}

pub(crate) fn logon(user: &str, password: &str, logon: LogonType) -> Verb {
    Verb::Logon { credentials: credentials(user, password), logon }
}
