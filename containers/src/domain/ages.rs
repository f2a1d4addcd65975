//! The scenario's time at Samba, whose clock is another.
//!
//! A run may pass a week in a second, so that nothing may lean on how much time passes at Samba. What depends on time is
//! brought in line just before a controller is asked: the age of a password is written so that it is the scenario's
//! age now, an account whose time is over is made to have expired, and bad passwords are forgotten when the scenario's
//! window is over. Samba then judges by its own rules. All of it is written into the controller's own copy alone, past
//! replication: that time passes is no change of the directory.

use mockdc_mocks::{AccountName, AccountPolicy, Caller, Operation, SimTime, Span, Verb};

use super::SambaError;
use super::world::World;
use crate::Place;

/// Longer than any run lasts on the wall: Samba's own windows never end by themselves.
const FOR_EVER: Span = Span::days(3_650);

impl World {
    /// The policy as Samba gets it: lockouts end when the model ends them.
    pub(super) fn timeless(&self, policy: &AccountPolicy) -> AccountPolicy {
        AccountPolicy { lockout_reset: FOR_EVER, lockout_duration: Some(FOR_EVER), ..policy.clone() }
    }

    /// Brings the accounts whose passwords an operation will be judged by in line with the scenario's time.
    pub(super) async fn keep_time(
        &mut self,
        now: SimTime,
        by: &Caller,
        place: Place,
        operation: &Operation,
    ) -> Result<(), SambaError> {
        let mut users: Vec<AccountName> = by.credentials().into_iter().map(|c| c.user.clone()).collect();
        match &operation.verb {
            Verb::Logon { credentials, .. } => users.push(credentials.user.clone()),
            Verb::UserChangePassword { user, .. } => users.push(user.clone()),
            _ => {}
        }
        users.dedup();
        for user in users {
            for at in [Some(place), (place != 0).then_some(0)].into_iter().flatten() {
                if !self.mirror.stands(at) {
                    self.keep_time_of(now, at, &user).await?;
                }
            }
        }
        Ok(())
    }

    async fn keep_time_of(
        &mut self,
        now: SimTime,
        place: Place,
        user: &AccountName,
    ) -> Result<(), SambaError> {
        let host = self.host(place);
        let Some(info) = self.model_user(now, &host, user) else { return Ok(()) };
        let Some(known) = self.ledger.account(user.name()).cloned() else { return Ok(()) };
        let doing = || format!("telling {host} the time of {user}");
        if info.expires.is_some_and(|expires| expires <= now) && self.expired.insert((place, known.guid)) {
            // Any instant that is over for Samba as well.
            let long_ago = SimTime::START - FOR_EVER.times(2);
            let over = self.scale.file_time(long_ago);
            let written = self.levers.write_local(place, known.guid, &[("accountExpires", over)]).await;
            written.map_err(SambaError::lever(doing()))?;
        }
        let age = now.since(info.password_set);
        let policy = &self.policy;
        let ages =
            policy.minimum_age > Span::ZERO || policy.maximum_age.is_some_and(|most| age.times(2) >= most);
        let must_change = info.flags.contains(&mockdc_mocks::AccountFlag::MustChangePassword);
        if ages && !must_change {
            let set = crate::file_time_now() - age.as_millis().saturating_mul(10_000);
            let written = self.levers.write_local(place, known.guid, &[("pwdLastSet", set)]).await;
            written.map_err(SambaError::lever(doing()))?;
        }
        let last = self.bad_passwords.get(&(host.clone(), user.clone())).copied();
        if info.bad_passwords > 0 && last.is_some_and(|last| now.since(last) >= policy.lockout_reset) {
            self.unlock(&host, user).await?;
        }
        Ok(())
    }
}
