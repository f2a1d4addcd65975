//! An operation: the model gets it, Samba gets what it knows, and Samba's answer counts.

use mockdc_mocks::{
    AccountName, Answer, Caller, Operation, Outcome, SimTime, Span, Verb, VerbKind, Win32Error,
};

use super::SambaError;
use super::answers::{MODEL_ALONE, code_of, samba_answers};
use super::ledger::Known;
use super::logon::Hand;
use super::world::World;
use crate::{Differs, Guid, Place};

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

impl World {
    /// When the containers next have something done to them: a fault begins or ends, files of a policy are due.
    pub(super) fn next_edge(&self) -> Option<SimTime> {
        [self.mirror.next_edge(self.now), self.next_copy()].into_iter().flatten().min()
    }

    /// Lets everything happen that is due, and makes the controllers show it; faults lie on the containers in their time.
    pub(super) async fn advance(&mut self, now: SimTime) -> Result<(), SambaError> {
        while let Some(edge) = self.next_edge().filter(|edge| *edge <= now) {
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
        let place = self.place(&operation.at).filter(|_| samba_answers(&operation.verb));
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
        self.samba_was_asked = place.is_some() && outcome.arrived;
        let taken = self.take_facts(now, &further).await;
        self.samba_was_asked = false;
        taken?;
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

    async fn by_hand(&mut self, hand: Hand, place: Place, verb: &Verb) -> Result<Answer, SambaError> {
        let performed = match hand {
            Hand::Caller(mut directory) => directory.perform(verb).await,
            Hand::Backend => self.control(place).await?.perform(verb).await,
        };
        let doing = || format!("{} at {}", verb.kind(), self.host(place));
        performed.map_or(Ok(Err(Win32Error::NOT_SUPPORTED)), |answer| code_of(answer, doing))
    }

    /// The security identifier of an account as this controller sees it now.
    pub(super) async fn sid_at(
        &mut self,
        place: Place,
        account: &AccountName,
    ) -> Result<Option<String>, SambaError> {
        if account.as_str().eq_ignore_ascii_case("Everyone") {
            return Ok(Some("S-1-1-0".to_owned()));
        }
        let doing = format!("looking {account} up at {}", self.host(place));
        let found = self.control(place).await?.find(account).await.map_err(SambaError::directory(doing))?;
        Ok(found.map(|entry| entry.sid))
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
