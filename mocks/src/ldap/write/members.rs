//! Members of groups.

use super::rules::{known, object_class};
use super::{Edit, Group, groups};
use crate::directory::Rid;
use crate::ldap::account::wrong_value;
use crate::ldap::message::{Modification, ModificationKind};
use crate::ldap::session::text;
use crate::ldap::view::{Values, number};
use crate::ldap::{LdapError, matching};

impl Edit<'_> {
    pub(super) fn member_list(&mut self, values: &Values) -> Result<(), LdapError> {
        let change = Modification {
            kind: ModificationKind::Replace,
            attribute: b"member",
            values: values.iter().map(Vec::as_slice).collect(),
        };
        self.members(&change)
    }

    /// A change of a group's members.
    pub(super) fn members(&mut self, change: &Modification<'_>) -> Result<(), LdapError> {
        let attribute = known(b"member")?;
        let mut others = self
            .stated
            .get("member")
            .cloned()
            .unwrap_or_else(|| self.id.and_then(|id| self.view.stated(id, "member")).unwrap_or_default());
        let (view, id) = (self.view, self.id);
        let stated = self.stated.get("groupType").and_then(|values| number(values.first()?));
        let scope = match stated {
            Some(kind) => groups::scope(kind).ok(),
            None => id.and_then(|id| groups::scope_of(&view, id)),
        };
        let Some(group) = &mut self.group else { return Err(object_class()) };
        let scope = scope.unwrap_or(match group.local {
            true => groups::Scope::Local,
            false => groups::Scope::Global,
        });
        let inverted = id == Some(Rid::DOMAIN_USERS);
        let mut found = Vec::new();
        for value in &change.values {
            let dn = text(value);
            let member = view.find(&dn).map_err(|_| LdapError::no_object(&view.tree.naming.root))?;
            found.push(member);
        }
        let belongs = |group: &Group, member: Rid| match inverted {
            true => !group.listed.contains(&member),
            false => group.listed.contains(&member),
        };
        let put = |group: &mut Group, member: Rid, joins: bool| {
            group.changed = true;
            if joins != inverted {
                group.listed.insert(member)
            } else {
                group.listed.remove(&member)
            };
        };
        match change.kind {
            ModificationKind::Replace | ModificationKind::Delete
                if change.values.is_empty() || change.kind == ModificationKind::Replace =>
            {
                let old = match inverted {
                    true => id.map(|id| view.database.members(id)).unwrap_or_default(),
                    false => group.listed.iter().copied().collect(),
                };
                for member in old {
                    if id.is_none() || view.primary_group(member) != id {
                        put(group, member, false);
                    }
                }
                others.clear();
            }
            _ => {}
        }
        for (member, value) in found.into_iter().zip(&change.values) {
            let account = view.database.kind_of(member).filter(|_| member < Rid::FIRST_OBJECT);
            let plain = others.iter().position(|known| matching::equal(&view, attribute, value, known));
            let is_member = match account {
                Some(_) => belongs(group, member) || id.is_some() && view.primary_group(member) == id,
                None => plain.is_some(),
            };
            match change.kind {
                ModificationKind::Add | ModificationKind::Replace => {
                    if is_member {
                        if self.permissive || change.kind == ModificationKind::Replace {
                            continue;
                        }
                        return Err(LdapError::exists(0x562, 0x031A_11E2));
                    }
                    if Some(member) == id {
                        return Err(LdapError::unwilling(0x2141, 0x031A_11E2));
                    }
                    groups::may_join(&view, scope, member)?;
                    match account {
                        Some(_) => put(group, member, true),
                        None => others.push(view.tree.dn(member).into_bytes()),
                    }
                }
                ModificationKind::Delete => {
                    if !is_member {
                        if self.permissive {
                            continue;
                        }
                        return Err(LdapError::unwilling(0x561, 0x031A_120C));
                    }
                    if id.is_some() && view.primary_group(member) == id {
                        return Err(LdapError::unwilling(0x55E, 0x031A_120C));
                    }
                    match plain {
                        Some(at) if account.is_none() => {
                            others.remove(at);
                        }
                        _ => put(group, member, false),
                    }
                }
                ModificationKind::Increment => return Err(wrong_value(attribute)),
            }
        }
        if others != id.and_then(|id| view.stated(id, "member")).unwrap_or_default() {
            self.stated.insert("member", others);
        }
        Ok(())
    }
}
