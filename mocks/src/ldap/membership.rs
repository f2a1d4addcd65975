//! Who belongs to which group, as Active Directory shows it: the primary group apart from the others.

use super::sid;
use super::tree::{BACK_LINKS, Node};
use super::view::{Values, View};
use crate::AccountFlag;
use crate::directory::Rid;

/// Domain Computers, the primary group of workstations and member servers.
pub(super) const DOMAIN_COMPUTERS: Rid = Rid(515);
/// Domain Controllers.
const DOMAIN_CONTROLLERS: Rid = Rid(516);
/// Read-only Domain Controllers.
const READ_ONLY_CONTROLLERS: Rid = Rid(521);

impl View<'_> {
    /// Whether an account is a computer's.
    pub(super) fn is_computer(&self, id: Rid) -> bool {
        self.database.flags(id).is_some_and(crate::directory::is_computer)
    }

    /// The primary group that an account shows: a computer's is that of its kind, which the model does not know, unless
    /// somebody has given it another (MS-SAMR 3.1.1.8.1).
    pub(super) fn shown_primary_group(&self, id: Rid) -> Option<Rid> {
        let stored = self.primary_group(id);
        match stored {
            Some(Rid::DOMAIN_USERS) | None if self.is_computer(id) => Some(match () {
                () if self.tree.is_read_only(id) => READ_ONLY_CONTROLLERS,
                () if self.flag(id, AccountFlag::ServerTrustAccount) => DOMAIN_CONTROLLERS,
                () => DOMAIN_COMPUTERS,
            }),
            _ => stored,
        }
    }

    /// The members as Active Directory lists them: whose primary group it is does not stand in the list, nor does a
    /// computer stand among the users.
    pub(super) fn members(&self, group: Rid) -> Values {
        let members = self.database.members(group).into_iter();
        let listed = members.filter(|member| {
            let uncounted = group == Rid::DOMAIN_USERS && self.is_computer(*member);
            !uncounted && self.shown_primary_group(*member) != Some(group)
        });
        let mut values: Values = listed
            .filter(|member| self.tree.node(*member).is_some_and(|node| node.deleted_from.is_none()))
            .map(|member| self.tree.dn(member).into_bytes())
            .collect();
        values.extend(self.stated(group, "member").unwrap_or_default());
        values
    }

    /// The groups that list an object.
    pub(super) fn member_of(&self, id: Rid) -> Values {
        let primary = self.shown_primary_group(id);
        let mut groups: Vec<Rid> = self.database.direct_groups(id);
        if id < Rid::FIRST_OBJECT
            && id != Rid::DOMAIN_USERS
            && !self.is_computer(id)
            && self.database.is_member(Rid::DOMAIN_USERS, id)
        {
            groups.push(Rid::DOMAIN_USERS);
        }
        groups.retain(|group| Some(*group) != primary);
        let mut values: Values = groups
            .into_iter()
            .filter(|group| self.tree.node(*group).is_some())
            .map(|group| self.tree.dn(group).into_bytes())
            .collect();
        values.extend(self.listed_by_fixed(id).into_iter().map(|group| self.tree.dn(group).into_bytes()));
        values
    }

    /// The groups that every domain has, that mean nothing to the model, and that list an object.
    fn listed_by_fixed(&self, id: Rid) -> Vec<Rid> {
        let own = self.tree.dn(id);
        let lists = |group: Rid, node: &Node| {
            let members = self.stated(group, "member").or_else(|| node.fixed("member").cloned());
            members.is_some_and(|members| members.iter().any(|member| *member == own.as_bytes()))
        };
        let groups = self.tree.fixed_accounts().iter().copied();
        let nodes = groups.filter_map(|group| Some((group, self.tree.node(group)?)));
        nodes
            .filter(|(group, node)| node.class == "group" && lists(*group, node))
            .map(|(group, _)| group)
            .collect()
    }

    /// The objects that name this one, by the attribute that links back.
    pub(super) fn linked_back(&self, id: Rid, name: &str) -> Values {
        let Some((_, forward)) = BACK_LINKS.iter().find(|(back, _)| *back == name) else {
            return Values::new();
        };
        let own = self.tree.dn(id);
        let forms = self.forms(id);
        let names_it = |other: &Rid| {
            let there = self.tree.node(*other).is_some_and(|node| node.deleted_from.is_none());
            let values = self.stated(*other, forward).unwrap_or_default();
            there && values.iter().any(|value| value.eq_ignore_ascii_case(own.as_bytes()))
        };
        let found = self.tree.referrers(&forms).into_iter().filter(names_it);
        found.map(|other| self.tree.dn(other).into_bytes()).collect()
    }

    /// The values by which others may name an object.
    pub(super) fn forms(&self, id: Rid) -> Vec<Vec<u8>> {
        let Some(Node { guid, .. }) = self.tree.node(id) else { return Vec::new() };
        let account = self.values(id, "objectsid").into_iter().next();
        let account = account.and_then(|octets| Some(format!("<SID={}>", sid::written(&octets)?)));
        let by_guid = format!("<GUID={}>", sid::guid_text(guid));
        let all = [Some(by_guid), account, Some(self.tree.dn(id))];
        all.into_iter().flatten().map(String::into_bytes).collect()
    }

    /// The identifiers of all groups of an account, nested ones too.
    pub(super) fn token_groups(&self, id: Rid) -> Values {
        let primary = self.shown_primary_group(id);
        let mut groups: Vec<Rid> = Vec::new();
        if self.is_computer(id) {
            // What the model has of a computer in Domain Users is that group's list of whoever is not out of it.
            for group in self.database.direct_groups(id) {
                groups.push(group);
                groups.extend(self.database.groups_of(group));
            }
            groups.sort_unstable();
            groups.dedup();
        } else {
            groups = self.database.groups_of(id);
        }
        let mut sids: Values = groups.iter().map(|group| sid::of(self.database, *group)).collect();
        if let Some(primary) = primary.filter(|primary| !groups.contains(primary)) {
            sids.insert(0, sid::of(self.database, primary));
        }
        for group in self.listed_by_fixed(id) {
            sids.extend(
                self.tree.node(group).and_then(|node| node.fixed("objectSid")).into_iter().flatten().cloned(),
            );
        }
        sids
    }

    /// Whether an account is one of those that keep themselves to administrators (adminCount).
    pub(super) fn is_protected(&self, id: Rid) -> bool {
        const PROTECTED: [Rid; 6] = [
            Rid::ADMINISTRATORS,
            Rid::DOMAIN_ADMINS,
            Rid::ACCOUNT_OPERATORS,
            Rid::SERVER_OPERATORS,
            Rid::PRINT_OPERATORS,
            Rid::BACKUP_OPERATORS,
        ];
        id == Rid::ADMINISTRATOR
            || PROTECTED.contains(&id)
            || self.database.groups_of(id).iter().any(|group| PROTECTED.contains(group))
    }
}
