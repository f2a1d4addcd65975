//! What an account database remembers of those whom it has let in: every call is let in by its account's password,
//! groups and rights, and hardly any call changes them.

use super::{Attempt, Database, Part, RecordValue, Rid, Verdict, check, effective_rights, holders_rights};
use crate::{AccountFlag, AccountName, RightSet, Secret, SimTime};

/// More than this are not remembered; the least asked for go first.
const REMEMBERED: usize = 12;

/// An account's groups and rights at a host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Every group, as the host's database refers to it.
    pub(crate) groups: Vec<Rid>,
    /// The rights that are effective: its own, its groups', everyone's.
    pub(crate) rights: RightSet,
}

impl Standing {
    /// Of an account at a host, through groups of the domain as well.
    pub(crate) fn at(database: &Database, domain: Option<&Database>, rid: Rid) -> Standing {
        let groups = super::groups_at(database, domain, rid);
        let rights = holders_rights(database, rid, &groups);
        Standing { groups, rights }
    }
}

/// What is remembered. Each entry is forgotten when a record is put that it was made from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standings {
    accounts: Vec<(Rid, Standing)>,
    logons: Vec<GoodLogon>,
}

/// A name and a password that were good.
#[derive(Clone, Debug)]
struct GoodLogon {
    user: AccountName,
    password: Secret,
    rid: Rid,
    /// From then on the account has expired, or its password.
    until: SimTime,
}

impl Standings {
    /// A record is about to be put.
    pub(super) fn forget(&mut self, part: &Part) {
        match part {
            Part::User(rid) | Part::Group(rid) | Part::LocalGroup(rid) => {
                // A name may mean another account from now on.
                self.logons.clear();
                self.forget_account(*rid);
            }
            Part::Password(rid)
            | Part::Flags(rid)
            | Part::Expiry(rid)
            | Part::LogonLimits(rid)
            | Part::Lockout(rid) => self.logons.retain(|logon| logon.rid != *rid),
            Part::AccountPolicy => self.logons.clear(),
            Part::Rights(rid) if *rid == Rid::EVERYONE => self.accounts.clear(),
            Part::Rights(rid) => self.forget_account(*rid),
            // Who joins or leaves is told one by one.
            Part::GroupMembers(_) | Part::LocalGroupMembers(_) => {}
            Part::Comment(_) | Part::PrimaryGroup(_) | Part::Gpo(_) | Part::Links(_) => {}
            Part::Object(_) | Part::Attribute(..) => {}
        }
    }

    /// An account, or a group that others belong to, stands otherwise from now on.
    pub(super) fn forget_account(&mut self, rid: Rid) {
        self.accounts.retain(|(of, standing)| *of != rid && !standing.groups.contains(&rid));
    }
}

impl Database {
    /// An account's groups and rights in this database.
    pub(crate) fn standing(&mut self, rid: Rid) -> &Standing {
        let place = match self.standings.accounts.iter().position(|(of, _)| *of == rid) {
            // Whoever is asked for often moves to the front.
            Some(place) if place > 0 => {
                self.standings.accounts.swap(place, place - 1);
                place - 1
            }
            Some(place) => place,
            None => {
                let standing = Standing::at(self, None, rid);
                debug_assert_eq!(standing.rights, effective_rights(self, None, rid));
                self.standings.accounts.truncate(REMEMBERED - 1);
                self.standings.accounts.reserve_exact(1);
                self.standings.accounts.push((rid, standing));
                self.standings.accounts.len() - 1
            }
        };
        let (_, standing) = &self.standings.accounts[place];
        debug_assert!(
            standing.groups == self.groups_of(rid) && standing.rights == effective_rights(self, None, rid),
            "groups or rights of {rid:?} have changed and are remembered otherwise"
        );
        standing
    }

    /// As [`check`]; a good logon is remembered.
    pub(crate) fn check(&mut self, now: SimTime, attempt: &Attempt<'_>) -> Verdict {
        let known = |logon: &GoodLogon| {
            logon.user == *attempt.user && logon.password == *attempt.password && now < logon.until
        };
        if let Some(place) = self.standings.logons.iter().position(known) {
            let rid = self.standings.logons[place].rid;
            debug_assert_eq!(
                check(now, self, attempt),
                Verdict::Good(rid),
                "a logon is remembered otherwise"
            );
            if place > 0 {
                self.standings.logons.swap(place, place - 1);
            }
            return Verdict::Good(rid);
        }
        let verdict = check(now, self, attempt);
        if let Verdict::Good(rid) = verdict
            && let Some(until) = self.good_until(rid)
        {
            let (user, password) = (attempt.user.clone(), attempt.password.clone());
            self.standings.logons.retain(|logon| logon.user != user || logon.password != password);
            self.standings.logons.truncate(REMEMBERED - 1);
            self.standings.logons.reserve_exact(1);
            self.standings.logons.push(GoodLogon { user, password, rid, until });
        }
        verdict
    }

    /// Until when a logon that is good stays so when no record is put; `None` when that also depends on the hour or on
    /// the computer that it comes from.
    fn good_until(&self, rid: Rid) -> Option<SimTime> {
        let value = |part: Part| self.records().value(&part);
        if rid != Rid::ADMINISTRATOR && value(Part::LogonLimits(rid)).is_some() {
            return None;
        }
        let expires = self.expires(rid).unwrap_or(SimTime::NEVER);
        let never = self.flags(rid).is_some_and(|flags| flags.contains(&AccountFlag::PasswordNeverExpires));
        let maximum = match value(Part::AccountPolicy) {
            Some(RecordValue::AccountPolicy(policy)) if !never => policy.maximum_age,
            _ => None,
        };
        let password = match (maximum, value(Part::Password(rid))) {
            (Some(maximum), Some(RecordValue::Password(known))) => known.set + maximum,
            _ => SimTime::NEVER,
        };
        Some(expires.min(password))
    }
}
