//! Modifications, one after the other.

use super::rules::{fits, known, object_class, owned};
use super::{Edit, Refused, groups};
use crate::ldap::account::{Account, free_name, password_refused, quoted, wrong_value};
use crate::ldap::descriptor::Descriptor;
use crate::ldap::message::{Modification, ModificationKind};
use crate::ldap::schema::{Attribute, Syntax, schema};
use crate::ldap::session::{Session, text};
use crate::ldap::view::{Values, number};
use crate::ldap::{LdapError, Problem, Protection, ResultCode, matching, rights};
use crate::{AccountName, AccountPolicy, Span};

impl Edit<'_> {
    pub(super) fn modify(&mut self, session: &Session, changes: &[Modification<'_>]) -> Result<(), Refused> {
        let password = |change: &&Modification<'_>| change.attribute.eq_ignore_ascii_case(b"unicodePwd");
        let passwords: Vec<_> = changes.iter().filter(password).collect();
        if !passwords.is_empty() {
            self.password(session, &passwords)?;
        }
        for change in changes.iter().filter(|change| !password(change)) {
            self.modification(session, change)?;
        }
        let emptied: Vec<&str> =
            self.pending.iter().filter(|(_, values)| values.is_empty()).map(|(name, _)| *name).collect();
        for name in emptied {
            self.settle(known(name.as_bytes())?, &Values::new())?;
        }
        Ok(())
    }

    /// A password's reset by `replace`, or its change by `delete` of the old and `add` of the new one.
    pub(super) fn password(
        &mut self,
        session: &Session,
        changes: &[&Modification<'_>],
    ) -> Result<(), Refused> {
        if session.protection == Protection::None || session.protection == Protection::Signed {
            return Err(LdapError::unwilling(0x1F, 0x031A_0FC0).into());
        }
        let secret = |change: &Modification<'_>| match change.values.as_slice() {
            [value] => quoted(value).ok_or_else(|| password_refused(ResultCode::UNWILLING_TO_PERFORM)),
            _ => Err(password_refused(ResultCode::UNWILLING_TO_PERFORM)),
        };
        let Some(account) = &mut self.account else {
            return Err(Refused::Error(object_class()));
        };
        let of = |kind| changes.iter().find(|change| change.kind == kind);
        match (of(ModificationKind::Replace), of(ModificationKind::Delete), of(ModificationKind::Add)) {
            (Some(new), None, None) => {
                rights::may_reset_password(session, &self.view, self.id)?;
                account.set_password(&self.view, &secret(new)?)?;
            }
            (None, Some(old), Some(new)) => {
                let (old, new) = (secret(old)?, secret(new)?);
                account.change_password(&self.view, &old, &new).map_err(|error| match error {
                    Some(error) => Refused::Error(error),
                    None => Refused::WrongPassword(account.name.clone()),
                })?;
            }
            _ => return Err(LdapError::unwilling(0x57, 0x031A_0FC0).into()),
        }
        Ok(())
    }

    pub(super) fn modification(
        &mut self,
        session: &Session,
        change: &Modification<'_>,
    ) -> Result<(), LdapError> {
        let attribute = known(change.attribute)?;
        rights::may_change(session, &self.view, self.id, attribute)?;
        if attribute.name == "member" && self.group.is_some() {
            return self.members(change);
        }
        let mut values = self.current(attribute);
        let given = owned(&change.values);
        let holds = |values: &Values, value: &[u8]| {
            values.iter().position(|known| matching::equal(&self.view, attribute, value, known))
        };
        match change.kind {
            ModificationKind::Replace => values = given,
            ModificationKind::Add => {
                if given.is_empty() {
                    return Err(LdapError::unwilling(0x57, 0x0C09_0B3E));
                }
                for value in given {
                    match holds(&values, &value) {
                        Some(_) if self.permissive => {}
                        Some(_) => {
                            return Err(LdapError::attribute(
                                ResultCode::ATTRIBUTE_OR_VALUE_EXISTS,
                                0x2083,
                                (1006, "ATT_OR_VALUE_EXISTS"),
                                0,
                                attribute.name,
                            ));
                        }
                        None => values.push(value),
                    }
                }
            }
            ModificationKind::Delete => {
                let absent = || LdapError::no_value(attribute.name);
                if given.is_empty() {
                    if values.is_empty() && !self.permissive {
                        return Err(absent());
                    }
                    values.clear();
                }
                for value in &given {
                    match holds(&values, value) {
                        Some(at) => {
                            values.remove(at);
                        }
                        None if self.permissive => {}
                        None => return Err(absent()),
                    }
                }
            }
            ModificationKind::Increment => {
                let step = match given.as_slice() {
                    [step] => number(step),
                    _ => None,
                };
                let whole = matches!(attribute.syntax, Syntax::Integer | Syntax::LargeInteger);
                let step = step.filter(|_| whole).ok_or_else(|| wrong_value(attribute))?;
                if values.is_empty() {
                    return Err(LdapError::no_value(attribute.name));
                }
                for value in &mut values {
                    let sum = number(value).and_then(|value| value.checked_add(step));
                    *value = sum.ok_or_else(|| wrong_value(attribute))?.to_string().into_bytes();
                }
            }
        }
        self.replace(session, attribute, values)
    }

    /// Gives the object these values, whatever it had.
    pub(super) fn replace(
        &mut self,
        session: &Session,
        attribute: &'static Attribute,
        values: Values,
    ) -> Result<(), LdapError> {
        let fresh = self.id.is_none();
        match attribute.name {
            "objectClass" | "sAMAccountName" if fresh => return Ok(()),
            "objectCategory" | "instanceType" | "distinguishedName" | "name" if fresh => return Ok(()),
            "nTSecurityDescriptor" => return self.describe(attribute, &values),
            "unicodePwd" if fresh => {
                if matches!(session.protection, Protection::None | Protection::Signed) {
                    return Err(LdapError::unwilling(0x1F, 0x031A_0FC0));
                }
                let new = values.first().and_then(|value| quoted(value));
                let new = new.ok_or_else(|| password_refused(ResultCode::UNWILLING_TO_PERFORM))?;
                let account = self.account.as_mut().ok_or_else(object_class)?;
                return account.set_password(&self.view, &new);
            }
            "objectClass" => {
                let problem = Problem("UpdErr", 6008, "CANT_MOD_OBJ_CLASS");
                return Err(LdapError::service(
                    ResultCode::OBJECT_CLASS_MODS_PROHIBITED,
                    0x2078,
                    0x0315_1178,
                    problem,
                ));
            }
            _ => {}
        }
        let class = schema().class(self.class).ok_or_else(object_class)?;
        if attribute.name.eq_ignore_ascii_case(class.rdn) || attribute.name == "name" {
            // At a creation it stands in the name already.
            if fresh {
                return Ok(());
            }
            let problem = Problem("UpdErr", 6004, "CANT_ON_RDN");
            return Err(LdapError::service(ResultCode::NOT_ALLOWED_ON_RDN, 0x2016, 0x0315_1178, problem));
        }
        if attribute.system || attribute.computed {
            return Err(LdapError::unwilling(0x209A, 0x031A_1021));
        }
        if !schema().allows(self.class, attribute.name) {
            return Err(object_class());
        }
        fits(&self.view, attribute, &values)?;
        if self.account.is_some() && Account::models(attribute.name) {
            // A value may go before another comes: what is left at the end counts.
            self.pending.insert(attribute.name, values.clone());
            return match values.is_empty() {
                true => Ok(()),
                false => self.settle(attribute, &values),
            };
        }
        if self.group.is_some() && attribute.name == "member" {
            return self.member_list(&values);
        }
        if let Some(group) = &mut self.group {
            match (attribute.name, values.first()) {
                ("sAMAccountName", Some(name)) => {
                    let name = AccountName::from(text(name));
                    free_name(&self.view, self.id, &name, 256)?;
                    group.renamed = name.as_str() != group.name.as_str();
                    group.name = name;
                    return Ok(());
                }
                ("sAMAccountName", None) => return Err(LdapError::unwilling(0x57, 0x031A_0F4F)),
                ("groupType", Some(kind)) => {
                    let kind = number(kind).unwrap_or_default();
                    if let Some(id) = self.id {
                        groups::may_become(&self.view, id, kind)?;
                    }
                    group.local = groups::scope(kind)? == groups::Scope::Local;
                }
                _ => {}
            }
        }
        if let Some(policy) = &mut self.policy
            && let Some(done) = set_policy(policy, attribute, &values)
        {
            return done;
        }
        self.stated.insert(attribute.name, values);
        Ok(())
    }

    /// Gives the object the parts of a security descriptor that the request names; the others stay.
    fn describe(&mut self, attribute: &'static Attribute, values: &Values) -> Result<(), LdapError> {
        let given = match values.as_slice() {
            [value] => Descriptor::read(value),
            _ => None,
        };
        let given = given.ok_or_else(|| LdapError::unwilling(0x53A, 0x0315_1F0C))?;
        let old = self.current(attribute);
        let old = old.first().and_then(|value| Descriptor::read(value));
        let mut whole = old.unwrap_or_else(|| Descriptor::of_any(self.view.database));
        whole.take(&given, self.descriptor);
        self.stated.insert(attribute.name, vec![whole.written()]);
        Ok(())
    }

    pub(super) fn settle(&mut self, attribute: &'static Attribute, values: &Values) -> Result<(), LdapError> {
        let Some(account) = &mut self.account else { return Ok(()) };
        account.set(&self.view, self.id, attribute, values).unwrap_or(Ok(()))?;
        if attribute.name == "accountExpires" {
            // Never has two numbers: the account shows the one that it was given.
            let zero: Values = values.iter().filter(|value| number(value) == Some(0)).cloned().collect();
            let had = self.id.is_some_and(|id| self.view.stated(id, attribute.name).is_some());
            if had || !zero.is_empty() {
                self.stated.insert(attribute.name, zero);
            }
        }
        Ok(())
    }
}

/// Sets one attribute of the domain's account policy; `None`: it is none of those.
pub(super) fn set_policy(
    policy: &mut AccountPolicy,
    attribute: &'static Attribute,
    values: &Values,
) -> Option<Result<(), LdapError>> {
    let figure = values.first().and_then(|value| number(value));
    let span = |figure: i64| (figure != i64::MIN).then(|| Span::millis(-(figure / 10_000)));
    let small = |figure: i64| u32::try_from(figure).unwrap_or_default();
    match attribute.name {
        "maxPwdAge" => policy.maximum_age = span(figure?),
        "minPwdAge" => policy.minimum_age = span(figure?).unwrap_or_default(),
        "minPwdLength" => policy.minimum_length = small(figure?),
        "pwdHistoryLength" => policy.history = small(figure?),
        "pwdProperties" => policy.complexity = figure? & 1 != 0,
        "lockoutThreshold" => policy.lockout_threshold = small(figure?),
        "lockoutDuration" => policy.lockout_duration = span(figure?),
        "lockOutObservationWindow" => policy.lockout_reset = span(figure?).unwrap_or_default(),
        _ => return None,
    }
    Some(Ok(()))
}
