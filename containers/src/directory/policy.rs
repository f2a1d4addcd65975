//! The account policy: attributes of the domain's own entry.

use mockdc_mocks::{AccountPolicy, Span};

use super::modify::Edit;
use super::{Directory, DirectoryError, Entry, Guid, Kind, bytes, sid_text};
use crate::{Act, Scale};

/// `pwdProperties`: DOMAIN_PASSWORD_COMPLEX.
const COMPLEX: u32 = 1;

/// Samba lets no password expire whose greatest age is a day or less (seen from Samba 4.17).
pub(crate) const LEAST_MAXIMUM_AGE: Span = Span::days(1);

impl Directory {
    /// Sets the account policy; ages and windows are scaled, and a greatest age that would shrink to a day or less
    /// never comes (see [`crate::inexpressible`]).
    pub(crate) async fn set_policy(&mut self, policy: &AccountPolicy) -> Result<(), DirectoryError> {
        let base = self.endpoint().base.clone();
        let edits = policy_edits(policy, &self.scale());
        self.modify_entry(Act::Write, &base, edits).await
    }

    /// The domain's own entry, which holds the account policy.
    pub(crate) async fn head(&mut self) -> Result<Entry, DirectoryError> {
        let base = self.endpoint().base.clone();
        let wanted = ["objectGUID", "objectSid"];
        let found = self.search(&base, ldap3::Scope::Base, "(objectClass=*)", &wanted).await?;
        let strange = || DirectoryError::Strange(format!("`{base}` has no identifiers"));
        let entry = found.first().ok_or_else(strange)?;
        Ok(Entry {
            dn: entry.dn.clone(),
            guid: bytes(entry, "objectGUID")
                .and_then(|guid| guid.try_into().ok())
                .map(Guid)
                .ok_or_else(strange)?,
            sid: bytes(entry, "objectSid").and_then(sid_text).ok_or_else(strange)?,
            kind: Kind::LocalGroup,
            name: "".into(),
            primary_group: None,
        })
    }
}

/// Whether a greatest age of passwords can be written at this speed.
pub(crate) fn maximum_age_can_be_written(age: Span, scale: &Scale) -> bool {
    age.as_millis() as f64 / scale.speed() > LEAST_MAXIMUM_AGE.as_millis() as f64
}

fn policy_edits(policy: &AccountPolicy, scale: &Scale) -> Vec<Edit> {
    let maximum = policy.maximum_age.filter(|age| maximum_age_can_be_written(*age, scale));
    vec![
        Edit::set("pwdHistoryLength", policy.history),
        Edit::set("minPwdAge", scale.interval(Some(policy.minimum_age))),
        Edit::set("maxPwdAge", scale.interval(maximum)),
        Edit::set("minPwdLength", policy.minimum_length),
        Edit::set("pwdProperties", if policy.complexity { COMPLEX } else { 0 }),
        Edit::set("lockoutThreshold", policy.lockout_threshold),
        Edit::set("lockOutObservationWindow", scale.interval(Some(policy.lockout_reset))),
        Edit::set("lockoutDuration", scale.interval(policy.lockout_duration)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lockout_windows_shrink_and_a_greatest_age_that_shrinks_too_far_never_comes() {
        let scale = Scale::starting_now(60.0);
        let text = format!("{:?}", policy_edits(&AccountPolicy::default(), &scale));
        let value = |text: &str| format!("{:?}", text.as_bytes());
        assert!(text.contains(&format!("\"lockoutDuration\", {}", value("-300000000"))), "{text}");
        assert!(text.contains(&format!("\"maxPwdAge\", {}", value(&i64::MIN.to_string()))), "{text}");
        assert!(maximum_age_can_be_written(Span::days(42), &Scale::starting_now(1.0)));
    }
}
