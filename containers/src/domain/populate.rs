//! The world at the scenario's start, made in the directory.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{
    AccountFlag, AccountName, AccountPolicy, Authority, Credentials, GroupKind, Name, Reply, SimTime,
    UserSpec, Verb,
};

use super::SambaError;
use super::ledger::Known;
use super::world::{CONTROL, CONTROL_PASSWORD, World};
use crate::{Directory, DirectoryError, Kind};

/// The account with which a domain is born.
const ADMINISTRATOR: &str = "Administrator";

impl World {
    /// Makes the accounts, memberships, policy and rights of the world at the PDC, and brings them everywhere.
    pub(super) async fn populate(&mut self, administrator_password: &str) -> Result<(), SambaError> {
        self.open(administrator_password).await?;
        let settings = || self.spec.dcs.iter().map(|dc| &dc.machine);
        let users: Vec<UserSpec> =
            self.spec.users.iter().chain(settings().flat_map(|dc| &dc.users)).cloned().collect();
        let groups: Vec<_> =
            self.spec.groups.iter().chain(settings().flat_map(|dc| &dc.groups)).cloned().collect();
        for user in &users {
            self.make_user(user).await?;
        }
        for group in &groups {
            let found = self.control(0).await?.find(&group.name).await;
            if found.map_err(SambaError::directory("looking a group up"))?.is_none() {
                let group = group.name.clone();
                self.at_pdc(match groups.iter().any(|g| g.name == group && g.kind == GroupKind::Local) {
                    true => Verb::LocalGroupAdd { group },
                    false => Verb::GroupAdd { group },
                })
                .await?;
            }
        }
        for user in &users {
            for group in &user.member_of {
                self.make_member(group, &user.name).await?;
            }
        }
        for group in &groups {
            for member in &group.members {
                self.make_member(&group.name, member).await?;
            }
        }
        self.settle_the_born().await?;
        // The model has every user in Domain Users; a domain of Samba is born with Guest in Domain Guests alone.
        self.make_member(&"Domain Users".into(), &"Guest".into()).await?;
        let policy = self.timeless(&self.spec.domain.account_policy);
        self.at_pdc(Verb::AccountPolicySet { policy }).await?;
        self.take_stock().await?;
        self.make_rights().await?;
        for place in 1..self.levers.controllers() {
            let doing = format!("bringing the world to {}", self.host(place));
            self.levers.sync(place, 0).await.map_err(SambaError::lever(doing))?;
        }
        Ok(())
    }

    /// Makes the account under which the backend works, and the account of the administrator as the world has it.
    async fn open(&mut self, administrator_password: &str) -> Result<(), SambaError> {
        let doing = || SambaError::directory("making the account of the backend");
        let endpoint = self.levers.endpoint(0);
        let administrator = |password: &str| Credentials {
            authority: Authority::Domain,
            user: ADMINISTRATOR.into(),
            password: password.into(),
        };
        let born = administrator(administrator_password);
        let mut first = Directory::log_on(&endpoint, &born, self.scale).await.map_err(doing())?;
        let lenient = AccountPolicy { maximum_age: None, ..AccountPolicy::default() };
        let history = self.spec.domain.account_policy.history;
        let lenient = self.timeless(&AccountPolicy { history, ..lenient });
        let flags = BTreeSet::from([AccountFlag::PasswordNeverExpires]);
        let add =
            Verb::UserAdd { user: CONTROL.into(), password: CONTROL_PASSWORD.into(), comment: None, flags };
        let mut verbs = vec![Verb::AccountPolicySet { policy: lenient }, add];
        verbs.push(Verb::GroupAddUser { group: "Domain Admins".into(), user: CONTROL.into() });
        let wanted = self.spec.domain.administrator_password.clone();
        if wanted.reveal() != administrator_password {
            verbs.push(Verb::UserSetPassword { user: ADMINISTRATOR.into(), password: wanted });
        }
        for verb in verbs {
            if let Some(done) = first.perform(&verb).await {
                done.map_err(doing())?;
            }
        }
        Ok(())
    }

    /// Gives the accounts with which a domain is born the flags and the comment that the model has them with: an
    /// administrator's password never expires there.
    async fn settle_the_born(&mut self) -> Result<(), SambaError> {
        let pdc = self.host(0);
        for user in [ADMINISTRATOR, "Guest"].map(AccountName::from) {
            let Some(info) = self.model_user(SimTime::START, &pdc, &user) else { continue };
            let named = [AccountFlag::Disabled, AccountFlag::PasswordNeverExpires];
            let (set, clear) = named.into_iter().partition(|flag| info.flags.contains(flag));
            self.at_pdc(Verb::UserSetFlags { user: user.clone(), set, clear }).await?;
            self.at_pdc(Verb::UserSetComment { user, comment: info.comment }).await?;
        }
        Ok(())
    }

    async fn make_user(&mut self, user: &UserSpec) -> Result<(), SambaError> {
        // The oldest password first; an administrator's resets fill the history.
        let mut passwords = user.earlier_passwords.iter().rev().chain([&user.password]).cloned();
        let Some(first) = passwords.next() else { return Ok(()) };
        let name = user.name.clone();
        let comment = Some(user.comment.clone());
        let flags = user.flags.clone();
        let must = flags.contains(&AccountFlag::MustChangePassword);
        self.at_pdc(Verb::UserAdd { user: name.clone(), password: first, comment, flags }).await?;
        for password in passwords {
            self.at_pdc(Verb::UserSetPassword { user: name.clone(), password }).await?;
        }
        if must && !user.earlier_passwords.is_empty() {
            let set = BTreeSet::from([AccountFlag::MustChangePassword]);
            self.at_pdc(Verb::UserSetFlags { user: name.clone(), set, clear: BTreeSet::new() }).await?;
        }
        if user.expires.is_some() {
            self.at_pdc(Verb::UserSetExpiry { user: name, expires: user.expires }).await?;
        }
        Ok(())
    }

    async fn make_member(&mut self, group: &AccountName, member: &AccountName) -> Result<(), SambaError> {
        let found = self.control(0).await?.find(group).await;
        let found = found.map_err(SambaError::directory(format!("looking {group} up")))?;
        let (group, member) = (group.clone(), member.clone());
        let verb = match found.map(|entry| entry.kind) {
            Some(Kind::LocalGroup) => Verb::LocalGroupAddMember { group, member },
            _ => Verb::GroupAddUser { group, user: member },
        };
        self.at_pdc(verb).await
    }

    /// Performs a verb of the world's making; what is there already is as good as made.
    async fn at_pdc(&mut self, verb: Verb) -> Result<(), SambaError> {
        match self.control(0).await?.perform(&verb).await {
            Some(Err(error)) if !error.win32().means_already_there() => {
                let subject = verb.subject().map(|name| format!(" {name}")).unwrap_or_default();
                Err(SambaError::directory(format!("making the world: {}{subject}", verb.kind()))(error))
            }
            _ => Ok(()),
        }
    }

    /// Learns every account, and which of them the model does not have.
    async fn take_stock(&mut self) -> Result<(), SambaError> {
        let stock = |error: DirectoryError| SambaError::directory("taking stock of the directory")(error);
        let directory = self.control(0).await?;
        let accounts = directory.accounts("(sAMAccountName=*)").await.map_err(stock)?;
        let head = directory.head().await.map_err(stock)?;
        self.ledger.know_head(head.guid);
        let modelled = self.modelled_names();
        for entry in accounts {
            if !modelled.contains(&entry.name) {
                self.hidden.insert(entry.name.clone());
            }
            self.ledger.know(&entry.name, Known { guid: entry.guid, sid: entry.sid });
        }
        Ok(())
    }

    fn pdc_snapshot(&mut self) -> String {
        let pdc = self.host(0);
        match self.model_says(SimTime::START, &pdc, Verb::Snapshot {}) {
            Ok(Reply::Text(text)) => text,
            _ => String::new(),
        }
    }

    fn modelled_names(&mut self) -> BTreeSet<AccountName> {
        let snapshot = self.pdc_snapshot();
        let names = snapshot.lines().filter_map(|line| {
            let (kind, name) = line.split_once(' ')?;
            matches!(kind, "user" | "group" | "local-group").then(|| AccountName::from(name))
        });
        names.collect()
    }

    /// Writes the rights of the model into every controller's list, and takes out what only Samba grants.
    async fn make_rights(&mut self) -> Result<(), SambaError> {
        let snapshot = self.pdc_snapshot();
        let mut rights: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let everyone = ["SeNetworkLogonRight", "SeChangeNotifyPrivilege"].map(str::to_owned);
        rights.insert("S-1-1-0".to_owned(), BTreeSet::from(everyone));
        let specs = || self.spec.rights.iter().chain(self.spec.dcs.iter().flat_map(|dc| &dc.machine.rights));
        let listed = snapshot.lines().filter_map(|line| line.strip_prefix("right ")?.rsplit_once(' '));
        let listed = listed.map(|(name, right)| (Name::from(name), right.to_owned()));
        let of_everyone = specs().filter(|spec| spec.account.as_str().eq_ignore_ascii_case("Everyone"));
        let of_everyone = of_everyone.flat_map(|spec| {
            spec.rights.iter().map(|right| (spec.account.name().clone(), right.constant().to_owned()))
        });
        for (name, right) in listed.chain(of_everyone) {
            if let Some(sid) = self.sid_of(&name) {
                rights.entry(sid).or_default().insert(right);
            }
        }
        for place in 0..self.levers.controllers() {
            let doing = format!("writing the rights of {}", self.host(place));
            let there = self.levers.rights(place).await.map_err(SambaError::lever(doing.clone()))?;
            let nothing = BTreeSet::new();
            let sids: BTreeSet<&String> = there.keys().chain(rights.keys()).collect();
            for sid in sids {
                let wanted = rights.get(sid).unwrap_or(&nothing);
                if there.get(sid).unwrap_or(&nothing) != wanted {
                    let written = self.levers.set_rights(place, sid, wanted).await;
                    written.map_err(SambaError::lever(doing.clone()))?;
                }
            }
        }
        Ok(())
    }
}
