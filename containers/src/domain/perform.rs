//! An operation: the model gets it, Samba gets what it knows, and Samba's answer counts.

use std::collections::BTreeSet;

use mockdc_mocks::{
    AccountFlag, AccountName, Answer, Caller, Credentials, HostName, LogonType, Operation, Outcome, Reply,
    Right, SimTime, Span, Verb, VerbKind, Who, Win32Error,
};

use super::SambaError;
use super::ledger::Known;
use super::world::World;
use crate::{Differs, Directory, DirectoryError, Guid, NtStatus, Place, session};

/// Codes that the model alone can give: Samba knows no such rule, or its time is not the scenario's.
pub const MODEL_ALONE: &[Win32Error] = &[
    // Single master.
    Win32Error::NOT_PRIMARY,
    // Names of 20 characters, and which characters.
    Win32Error::BAD_USERNAME,
    // What the built-in accounts are protected from.
    Win32Error::SPECIAL_ACCOUNT,
    Win32Error::SPECIAL_GROUP_OPERATION,
    Win32Error::LAST_ADMIN,
    // A local group in another.
    Win32Error::INVALID_MEMBER,
    // No attribute of the directory.
    Win32Error::PASSWORD_CANT_CHANGE,
    // The clock of the scenario, and the name of the calling computer.
    Win32Error::INVALID_LOGON_HOURS,
    Win32Error::INVALID_WORKSTATION,
    Win32Error::TIME_DIFF_AT_DC,
    // A service of the machine.
    Win32Error::NETLOGON_NOT_STARTED,
    // Arguments that no call takes.
    Win32Error::INVALID_PARAMETER,
    Win32Error::NOT_SUPPORTED,
];

/// Codes by which a host does not let a caller in.
const NOT_LET_IN: &[Win32Error] = &[
    Win32Error::LOGON_FAILURE,
    Win32Error::ACCOUNT_RESTRICTION,
    Win32Error::INVALID_LOGON_HOURS,
    Win32Error::INVALID_WORKSTATION,
    Win32Error::PASSWORD_EXPIRED,
    Win32Error::ACCOUNT_DISABLED,
    Win32Error::LOGON_TYPE_NOT_GRANTED,
    Win32Error::NETLOGON_NOT_STARTED,
    Win32Error::ACCOUNT_EXPIRED,
    Win32Error::PASSWORD_MUST_CHANGE,
    Win32Error::ACCOUNT_LOCKED_OUT,
    Win32Error::TIME_DIFF_AT_DC,
];

/// Whether Samba answers this verb at a controller; every other is answered by the model alone.
pub fn samba_knows(verb: VerbKind) -> bool {
    use VerbKind as V;
    matches!(
        verb,
        V::UserAdd
            | V::UserDelete
            | V::UserInfo
            | V::UserSetPassword
            | V::UserChangePassword
            | V::UserSetComment
            | V::UserSetFlags
            | V::UserSetExpiry
            | V::UserRename
            | V::UserSetPrimaryGroup
            | V::GroupAdd
            | V::GroupDelete
            | V::GroupAddUser
            | V::GroupRemoveUser
            | V::GroupMembers
            | V::LocalGroupAdd
            | V::LocalGroupDelete
            | V::LocalGroupAddMember
            | V::LocalGroupRemoveMember
            | V::LocalGroupMembers
            | V::LookupName
            | V::RightGrant
            | V::RightRevoke
            | V::RightsOf
            | V::AccountPolicySet
            | V::Logon
    )
}

/// Who performs a verb at a controller.
enum Hand {
    /// The caller itself, on a connection of its own.
    Caller(Box<Directory>),
    /// The backend, for a caller that the controller's own host vouches for, or that the PDC let in.
    Backend,
}

impl World {
    /// Lets everything happen that is due, and makes the controllers show it; faults lie on the containers in their time.
    pub(super) async fn advance(&mut self, now: SimTime) -> Result<(), SambaError> {
        while let Some(edge) = self.mirror.next_edge(self.now).filter(|edge| *edge <= now) {
            let before = edge - Span::millis(1);
            if before > self.now {
                self.model.advance(before);
                self.take_facts(before, &[]).await?;
            }
            self.model.advance(edge);
            self.take_facts(edge, &[]).await?;
        }
        self.model.advance(now);
        self.take_facts(now, &[]).await
    }

    /// Performs an operation at the model and, where Samba knows the verb, at Samba.
    pub(super) async fn perform(
        &mut self,
        now: SimTime,
        by: &Caller,
        operation: &Operation,
    ) -> Result<Outcome, SambaError> {
        self.advance(now).await?;
        let place = self.place(&operation.at).filter(|_| samba_knows(operation.verb.kind()));
        let mut further = Vec::new();
        if let Some(place) = place {
            self.keep_time(now, by, place, operation).await?;
            further = self.accounts_beside(now, operation);
        }
        let outcome = self.model.apply(now, by, operation);
        let answer = match place {
            Some(place) if outcome.arrived => {
                let samba = self.at_samba(now, by, place, operation, &outcome.answer).await?;
                self.settle(now, operation, &outcome.answer, samba)
            }
            _ => outcome.answer.clone(),
        };
        if let (Some(place), true) = (place, answer.is_ok()) {
            self.note(place, &operation.verb).await?;
        }
        self.take_facts(now, &further).await?;
        Ok(Outcome { answer, ..outcome })
    }

    /// Groups that change in the directory together with a user's primary group: the user moves from the list of
    /// one into that of the other.
    fn accounts_beside(&mut self, now: SimTime, operation: &Operation) -> Vec<Guid> {
        let Verb::UserSetPrimaryGroup { user, group } = &operation.verb else { return Vec::new() };
        let before = self.model_user(now, &operation.at, user).and_then(|info| info.primary_group);
        let groups = before.iter().chain([group]).map(AccountName::name);
        groups.filter_map(|group| self.ledger.account(group).map(|known| known.guid)).collect()
    }

    async fn at_samba(
        &mut self,
        now: SimTime,
        by: &Caller,
        place: Place,
        operation: &Operation,
        model: &Answer,
    ) -> Result<Answer, SambaError> {
        let host = operation.at.clone();
        let hand = match self.let_in(now, by, place, &host).await? {
            Ok(hand) => hand,
            Err(code) => return Ok(Err(code)),
        };
        if let Err(code) = model {
            let rights = matches!(operation.verb, Verb::RightGrant { .. } | Verb::RightRevoke { .. });
            let alone = MODEL_ALONE.contains(code)
                || ((rights || matches!(hand, Hand::Backend)) && *code == Win32Error::ACCESS_DENIED)
                || (*code == Win32Error::LOGON_TYPE_NOT_GRANTED && operation.verb.kind() != VerbKind::Logon);
            let own = matches!(operation.verb, Verb::Logon { .. } | Verb::UserChangePassword { .. });
            let refused = !alone && !own && NOT_LET_IN.contains(code);
            if let Some(credentials) = by.credentials().filter(|_| refused) {
                // What is not in the model is not done: it would never agree with Samba again.
                let what = Differs::Caller { account: credentials.user.clone() };
                self.differs(now, &host, what, code, "it is");
            }
            if alone || refused {
                return Ok(Err(*code));
            }
        }
        match &operation.verb {
            Verb::Logon { credentials, logon } => {
                self.log_on(now, place, &host, credentials, *logon, model).await
            }
            Verb::RightGrant { account, right } => self.right(place, account, *right, true).await,
            Verb::RightRevoke { account, right } => self.right(place, account, *right, false).await,
            Verb::RightsOf { account } => Ok(match self.sid_at(place, account).await? {
                // What is effective is the machine's business; whether there is such an account is Samba's.
                Some(_) => model.clone(),
                None => Err(Win32Error::NONE_MAPPED),
            }),
            Verb::AccountPolicySet { policy } => {
                let verb = Verb::AccountPolicySet { policy: self.timeless(policy) };
                self.by_hand(hand, place, &verb).await
            }
            verb => {
                let answer = self.by_hand(hand, place, verb).await?;
                Ok(self.complete(answer, model))
            }
        }
    }

    /// Lets a caller in at a controller: what its bind says.
    ///
    /// A wrong password at a BDC is asked again at the PDC when the account exists here and the PDC can be reached
    /// (Q140967): Windows does so, Samba does not, so the backend does it.
    async fn let_in(
        &mut self,
        now: SimTime,
        by: &Caller,
        place: Place,
        host: &HostName,
    ) -> Result<Result<Hand, Win32Error>, SambaError> {
        let trusted = match &by.who {
            Who::System => true,
            Who::Token(token) => by.host == *host && token.host == *host,
            Who::Credentials(_) => false,
        };
        let Some(credentials) = by.credentials().filter(|_| !trusted) else { return Ok(Ok(Hand::Backend)) };
        let endpoint = self.levers.endpoint(place);
        let bound = Directory::log_on(&endpoint, credentials, self.scale).await;
        match code_of(bound, || format!("logging {} on at {host}", credentials.user))? {
            Ok(directory) => Ok(Ok(Hand::Caller(Box::new(directory)))),
            Err(Win32Error::LOGON_FAILURE) if self.may_ask_the_pdc(now, place, host, credentials).await? => {
                let pdc = self.levers.endpoint(0);
                let asked = Directory::log_on(&pdc, credentials, self.scale).await;
                let asked = code_of(asked, || format!("asking the PDC for {}", credentials.user))?;
                Ok(asked.map(|_| Hand::Backend))
            }
            Err(code) => Ok(Err(code)),
        }
    }

    async fn may_ask_the_pdc(
        &mut self,
        now: SimTime,
        place: Place,
        host: &HostName,
        credentials: &Credentials,
    ) -> Result<bool, SambaError> {
        if place == 0 || self.sid_at(place, &credentials.user).await?.is_none() {
            return Ok(false);
        }
        Ok(self.model_says(now, host, Verb::DcFind { domain: None, primary: true }).is_ok())
    }

    async fn by_hand(&mut self, hand: Hand, place: Place, verb: &Verb) -> Result<Answer, SambaError> {
        let performed = match hand {
            Hand::Caller(mut directory) => directory.perform(verb).await,
            Hand::Backend => self.control(place).await?.perform(verb).await,
        };
        let doing = || format!("{} at {}", verb.kind(), self.host(place));
        performed.map_or(Ok(Err(Win32Error::NOT_SUPPORTED)), |answer| code_of(answer, doing))
    }

    /// A logon: the status of a session set-up, then the right to this type of logon, which Samba never asks for.
    async fn log_on(
        &mut self,
        now: SimTime,
        place: Place,
        host: &HostName,
        credentials: &Credentials,
        logon: LogonType,
        model: &Answer,
    ) -> Result<Answer, SambaError> {
        let doing = || format!("logging {} on at {host}", credentials.user);
        let endpoint = self.levers.endpoint(place);
        let mut status = session(&endpoint, credentials).await.map_err(SambaError::directory(doing()))?;
        if status == NtStatus::LOGON_FAILURE && self.may_ask_the_pdc(now, place, host, credentials).await? {
            let pdc = self.levers.endpoint(0);
            status = session(&pdc, credentials).await.map_err(SambaError::directory(doing()))?;
        }
        if status != NtStatus::SUCCESS {
            // A status that the table does not know is 59: unexpected network error.
            return Ok(Err(status.win32().unwrap_or(Win32Error(59))));
        }
        match model {
            // In a domain whose policy decides rights they are the machine's, and so is the verdict.
            Ok(_) | Err(Win32Error::LOGON_TYPE_NOT_GRANTED) if self.policy_decides_rights() => {
                Ok(model.clone())
            }
            _ if !self.may_log_on(place, &credentials.user, logon).await? => {
                Ok(Err(Win32Error::LOGON_TYPE_NOT_GRANTED))
            }
            Ok(reply) => Ok(Ok(reply.clone())),
            // A token is the model's to give: there is none, and the difference is told.
            Err(_) => Ok(Ok(Reply::Done)),
        }
    }

    fn policy_decides_rights(&self) -> bool {
        matches!(&self.spec.domain.replication, mockdc_mocks::Replication::Ad(ad) if ad.rights_in_policy)
    }

    async fn may_log_on(
        &mut self,
        place: Place,
        user: &AccountName,
        logon: LogonType,
    ) -> Result<bool, SambaError> {
        let (right, denied) = match logon {
            LogonType::Interactive => (Right::InteractiveLogon, Right::DenyInteractiveLogon),
            LogonType::Network => (Right::NetworkLogon, Right::DenyNetworkLogon),
            LogonType::Batch => (Right::BatchLogon, Right::DenyBatchLogon),
            LogonType::Service => (Right::ServiceLogon, Right::DenyServiceLogon),
        };
        let doing = format!("reading the rights of {user} at {}", self.host(place));
        let rights = self.levers.rights(place).await.map_err(SambaError::lever(doing.clone()))?;
        let sids = self.control(place).await?.sids_of(user).await.map_err(SambaError::directory(doing))?;
        let held: BTreeSet<&str> = sids
            .iter()
            .map(String::as_str)
            .chain(["S-1-1-0"])
            .filter_map(|sid| rights.get(sid))
            .flatten()
            .map(String::as_str)
            .collect();
        Ok(held.contains(right.constant()) && !held.contains(denied.constant()))
    }

    async fn right(
        &mut self,
        place: Place,
        account: &AccountName,
        right: Right,
        grant: bool,
    ) -> Result<Answer, SambaError> {
        let Some(sid) = self.sid_at(place, account).await? else { return Ok(Err(Win32Error::NONE_MAPPED)) };
        // Where policy decides, a grant goes into an object of the policy, which the model keeps.
        if self.policy_decides_rights() {
            return Ok(Ok(Reply::Done));
        }
        let doing = format!("changing the rights of {account} at {}", self.host(place));
        let mut rights = self.levers.rights(place).await.map_err(SambaError::lever(doing.clone()))?;
        let mut own = rights.remove(&sid).unwrap_or_default();
        let changed = match grant {
            true => own.insert(right.constant().to_owned()),
            false => own.remove(right.constant()),
        };
        if changed {
            self.levers.set_rights(place, &sid, &own).await.map_err(SambaError::lever(doing))?;
        }
        Ok(Ok(Reply::Done))
    }

    /// The security identifier of an account as this controller sees it now.
    async fn sid_at(&mut self, place: Place, account: &AccountName) -> Result<Option<String>, SambaError> {
        if account.as_str().eq_ignore_ascii_case("Everyone") {
            return Ok(Some("S-1-1-0".to_owned()));
        }
        let doing = format!("looking {account} up at {}", self.host(place));
        let found = self.control(place).await?.find(account).await.map_err(SambaError::directory(doing))?;
        Ok(found.map(|entry| entry.sid))
    }

    /// Samba's reply, with what the directory does not hold: instants of the scenario, how often the password was
    /// set, a flag that is no attribute; and without what the model does not have.
    fn complete(&self, samba: Answer, model: &Answer) -> Answer {
        match (samba?, model) {
            (Reply::User(mut shown), Ok(Reply::User(known))) => {
                shown.password_set = known.password_set;
                shown.password_version = known.password_version;
                if shown.expires.is_some() && known.expires.is_some() {
                    shown.expires = known.expires;
                }
                if known.flags.contains(&AccountFlag::CannotChangePassword) {
                    shown.flags.insert(AccountFlag::CannotChangePassword);
                }
                Ok(Reply::User(shown))
            }
            (Reply::Members(mut members), _) => {
                members.retain(|member| !self.hidden.contains(member));
                Ok(Reply::Members(members))
            }
            (reply, _) => Ok(reply),
        }
    }

    /// Compares the answers and gives Samba's.
    fn settle(&mut self, now: SimTime, operation: &Operation, model: &Answer, samba: Answer) -> Answer {
        if same(model, &samba) {
            return samba;
        }
        let reads = matches!(
            operation.verb.kind(),
            VerbKind::UserInfo | VerbKind::GroupMembers | VerbKind::LocalGroupMembers
        );
        let subject = operation.verb.subject();
        let on_its_way = subject.clone().filter(|name| {
            let known = self.ledger.account(name);
            reads && known.is_some_and(|known| self.ledger.awaits(&operation.at, known.guid))
        });
        let what = match on_its_way {
            // The object has come whole, before some of its changes are due.
            Some(name) => Differs::Early { account: name.as_str().into() },
            None => Differs::Answer { verb: operation.verb.kind(), subject },
        };
        self.differs(now, &operation.at, what, said(model), said(&samba));
        match (&operation.verb, model) {
            (Verb::Logon { .. }, Err(code)) if samba.is_ok() => Err(*code),
            _ => samba,
        }
    }

    /// Learns what an operation has changed: accounts made or renamed, the policy, an expiry.
    async fn note(&mut self, place: Place, verb: &Verb) -> Result<(), SambaError> {
        let name = match verb {
            Verb::UserAdd { user, .. } | Verb::UserRename { to: user, .. } => user,
            Verb::GroupAdd { group } | Verb::LocalGroupAdd { group } => group,
            Verb::AccountPolicySet { policy } => {
                self.policy = policy.clone();
                return Ok(());
            }
            Verb::UserSetExpiry { user, .. } => {
                if let Some(guid) = self.ledger.account(user.name()).map(|known| known.guid) {
                    self.expired.retain(|(_, expired)| *expired != guid);
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        let doing = format!("looking {name} up at {}", self.host(place));
        let found = self.control(place).await?.find(name).await.map_err(SambaError::directory(doing))?;
        if let Some(entry) = found {
            self.ledger.know(name, Known { guid: entry.guid, sid: entry.sid });
        }
        Ok(())
    }
}

/// A result of the directory as an answer, or as a trouble when it is none.
fn code_of<T>(
    result: Result<T, DirectoryError>,
    doing: impl FnOnce() -> String,
) -> Result<Result<T, Win32Error>, SambaError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(DirectoryError::Refused { code, .. }) => Ok(Err(code)),
        Err(problem) => Err(SambaError::Directory { doing: doing(), problem }),
    }
}

/// Whether two answers say the same: identifiers and instants are each side's own, members have no order.
fn same(model: &Answer, samba: &Answer) -> bool {
    match (model, samba) {
        (Ok(Reply::User(model)), Ok(Reply::User(samba))) => {
            model.name == samba.name
                && model.comment == samba.comment
                && model.flags == samba.flags
                && model.primary_group == samba.primary_group
                && model.bad_passwords == samba.bad_passwords
                && model.expires.is_some() == samba.expires.is_some()
        }
        (Ok(Reply::Members(model)), Ok(Reply::Members(samba))) => {
            model.iter().collect::<BTreeSet<_>>() == samba.iter().collect::<BTreeSet<_>>()
        }
        (model, samba) => model == samba,
    }
}

fn said(answer: &Answer) -> String {
    match answer {
        Ok(reply) => format!("{reply:?}"),
        Err(code) => code.to_string(),
    }
}
