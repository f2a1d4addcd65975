//! What a request changes of the directory, as parts.

use std::sync::Arc;

use super::undelete::reanimates;
use super::{Edit, Group};
use crate::ChangeKind;
use crate::directory::{Change, Object, Part, PrincipalKind, RecordValue, Rid, is_computer};
use crate::ldap::dn;
use crate::ldap::schema::{Syntax, schema};
use crate::ldap::sid::guid_text;
use crate::ldap::view::Values;

impl Edit<'_> {
    pub(super) fn stated_parts(&self, id: Rid) -> Vec<(Part, Option<RecordValue>)> {
        let mut parts = Vec::new();
        for (name, values) in &self.stated {
            let old = self.id.and_then(|id| self.view.stated(id, name));
            if old.as_ref() == Some(values)
                || (old.is_none() && values.is_empty() && self.fixed(name).is_empty())
                || self.is_implied(name, values)
            {
                continue;
            }
            let value = if values.is_empty() && self.fixed(name).is_empty() {
                None
            } else {
                Some(RecordValue::Values(self.kept(name, values).into()))
            };
            parts.push((Part::Attribute(id, (*name).into()), value));
        }
        parts
    }

    /// Values as the directory keeps them: whom a name means it means whatever that one is called later.
    fn kept(&self, name: &str, values: &Values) -> Values {
        if schema().attribute(name).is_none_or(|attribute| attribute.syntax != Syntax::Dn) {
            return values.clone();
        }
        let by_identifier = |value: &Vec<u8>| {
            let meant = std::str::from_utf8(value).ok().and_then(|dn| self.view.tree.find(dn));
            let node = meant.and_then(|id| self.view.tree.node(id));
            node.map_or_else(
                || value.clone(),
                |node| format!("<GUID={}>", guid_text(&node.guid)).into_bytes(),
            )
        };
        values.iter().map(by_identifier).collect()
    }

    /// Whether a new group's type says no more than what it is: global or local, and of security.
    fn is_implied(&self, name: &str, values: &Values) -> bool {
        let Some(group) = self.group.as_ref().filter(|_| self.id.is_none() && name == "groupType") else {
            return false;
        };
        let implied: &[u8] = if group.local { b"-2147483644" } else { b"-2147483646" };
        matches!(values.as_slice(), [value] if value == implied)
    }

    /// What an object has from the first day: an empty list must stand against it.
    pub(super) fn fixed(&self, name: &str) -> Values {
        let node = self.id.and_then(|id| self.view.tree.node(id));
        node.and_then(|node| node.fixed(name)).cloned().unwrap_or_default()
    }

    /// What makes the object, once it has a number.
    pub(super) fn creation(&self, rdn: &dn::Rdn, parent: Rid) -> impl FnOnce(Rid) -> Change + use<> {
        let class = schema().class(self.class);
        let rdn = dn::Rdn {
            attribute: class.map_or("CN", |class| class.rdn).to_ascii_uppercase(),
            value: rdn.value.clone(),
        };
        let object = Object { class: self.class.into(), parent, rdn: rdn.written() };
        // One that comes back stands where the request puts it, wherever it stood from the first day.
        let own_place = self.id.is_none() && self.stands_by_default(&object);
        let placeholder = Rid(0);
        let stated = self.stated_parts(placeholder);
        let (account, group) = (self.account.clone(), self.group.clone());
        move |id| {
            // An account whose place and name say no more than the account itself has no part for them.
            let mut parts = match own_place {
                true => Vec::new(),
                false => vec![(Part::Object(id), Some(RecordValue::Object(Arc::new(object))))],
            };
            parts.extend(stated.into_iter().map(|(part, value)| match part {
                Part::Attribute(_, name) => (Part::Attribute(id, name), value),
                part => (part, value),
            }));
            let mut subject = rdn.value.as_str().into();
            let mut kind = ChangeKind::Object;
            if let Some(account) = account {
                parts.extend(account.parts(id, None));
                subject = account.name.name().clone();
                kind = ChangeKind::UserAdd;
            }
            if let Some(group) = group {
                let (head, members) = group_parts(&group, id);
                kind = if group.local { ChangeKind::LocalGroupAdd } else { ChangeKind::GroupAdd };
                subject = group.name.name().clone();
                parts.extend([members, head]);
            }
            Change { kind, subject, parts }
        }
    }

    /// Whether an account of this kind stands in this place, under this name, unless somebody says otherwise.
    fn stands_by_default(&self, object: &Object) -> bool {
        let (class, name) = match (&self.account, &self.group) {
            (Some(account), _) if !is_computer(&account.flags) => ("user", &account.name),
            (_, Some(group)) => ("group", &group.name),
            _ => return false,
        };
        let rdn = dn::Rdn { attribute: "CN".into(), value: name.as_str().to_owned() };
        object.class.as_str() == class
            && object.parent == self.view.tree.places().users
            && object.rdn == rdn.written()
    }

    /// An account's place and name in the directory, when they are those of its logon name so far.
    fn pinned(&self, id: Rid) -> Option<PartValue> {
        if self.view.database.extras(id).is_some_and(|extras| extras.object.is_some()) {
            return None;
        }
        let node = self.view.tree.node(id)?;
        let object = Object { class: node.class.into(), parent: node.parent?, rdn: node.rdn.to_string() };
        Some((Part::Object(id), Some(RecordValue::Object(Arc::new(object)))))
    }

    /// What changes the object; `None`: nothing does.
    pub(super) fn changes(&self, id: Rid) -> Option<Change> {
        let mut parts = self.stated_parts(id);
        let mut kind = ChangeKind::Object;
        let mut subject: Option<crate::Name> = None;
        if let (Some(account), before) = (&self.account, self.before.as_ref()) {
            let own = account.parts(id, before);
            subject = Some(before.map_or(&account.name, |before| &before.name).name().clone());
            let touches = |wanted: fn(&Part) -> bool| own.iter().any(|(part, _)| wanted(part));
            // Another logon name leaves the object where it is, under the name that it has there.
            if touches(|part| matches!(part, Part::User(_))) {
                parts.extend(self.pinned(id));
            }
            kind = if touches(|part| matches!(part, Part::Password(_))) {
                ChangeKind::Password
            } else if touches(|part| matches!(part, Part::User(_))) {
                ChangeKind::UserRename
            } else if own.is_empty() {
                ChangeKind::Object
            } else {
                ChangeKind::UserChange
            };
            parts.extend(own);
        }
        if let Some(group) = &self.group {
            subject = self.view.database.name(id).map(|name| name.name().clone()).or(subject);
            let (head, members) = group_parts(group, id);
            let was_local = self.view.database.kind_of(id) == Some(PrincipalKind::LocalGroup);
            if group.local != was_local {
                // The model has local groups and others apart: it is one no more, and the other from then on.
                kind = if group.local { ChangeKind::LocalGroupAdd } else { ChangeKind::GroupAdd };
                let (old_head, old_members) = group_parts(&Group { local: was_local, ..group.clone() }, id);
                // It may have been the other before. What shows stays there all the while.
                parts.insert(0, reanimates(id));
                parts.extend([members, (old_members.0, None), head, (old_head.0, None)]);
            } else if group.changed {
                kind = if group.local { ChangeKind::LocalGroupMember } else { ChangeKind::GroupMember };
                parts.push(members);
            }
            if group.renamed {
                parts.extend(self.pinned(id));
            }
            if group.renamed && group.local == was_local {
                parts.push(group_parts(group, id).0);
            }
        }
        if let Some(policy) = &self.policy
            && *policy != self.view.database.account_policy()
        {
            kind = ChangeKind::AccountPolicy;
            parts.push((Part::AccountPolicy, Some(RecordValue::AccountPolicy(policy.clone().into()))));
        }
        if parts.is_empty() {
            return None;
        }
        let subject = subject.unwrap_or_else(|| self.view.tree.dn(id).as_str().into());
        Some(Change { kind, subject, parts })
    }
}

type PartValue = (Part, Option<RecordValue>);

pub(super) fn group_parts(group: &Group, id: Rid) -> (PartValue, PartValue) {
    let name = Some(RecordValue::Name(group.name.clone()));
    let members = Some(RecordValue::Members(group.listed.clone()));
    match group.local {
        true => ((Part::LocalGroup(id), name), (Part::LocalGroupMembers(id), members)),
        false => ((Part::Group(id), name), (Part::GroupMembers(id), members)),
    }
}
