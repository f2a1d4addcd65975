//! What an object is before a request and what a request makes of it.

use std::collections::BTreeMap;

use super::rules::{fits, known, names, object_class, owned, stands};
use super::{Edit, Group, groups};
use crate::AccountName;
use crate::directory::{PrincipalKind, Rid};
use crate::ldap::account::{Account, free_name};
use crate::ldap::controls::Controls;
use crate::ldap::message::AttributeList;
use crate::ldap::schema::{Attribute, schema};
use crate::ldap::session::text;
use crate::ldap::view::{Values, View, number};
use crate::ldap::{LdapError, ResultCode, descriptor, dn};

impl<'a> Edit<'a> {
    pub(super) fn of(view: View<'a>, id: Rid, controls: &Controls) -> Result<Edit<'a>, LdapError> {
        let node = view.tree.node(id).ok_or_else(|| LdapError::no_object(""))?;
        let principal = view.database.principal(id);
        let account = match principal.map(|principal| principal.kind) {
            Some(PrincipalKind::User) => Account::of(&view, id),
            _ => None,
        };
        let group = principal.filter(|_| account.is_none()).map(|principal| Group {
            local: principal.kind == PrincipalKind::LocalGroup,
            name: principal.name.clone(),
            renamed: false,
            listed: view.database.listed(id).cloned().unwrap_or_default(),
            changed: false,
        });
        let policy = (id == view.tree.places().domain).then(|| view.database.account_policy());
        Ok(Edit {
            view,
            id: Some(id),
            class: node.class,
            before: account.clone(),
            account,
            group,
            policy,
            stated: BTreeMap::new(),
            pending: BTreeMap::new(),
            permissive: controls.permissive,
            descriptor: controls.descriptor.unwrap_or(descriptor::ALL),
        })
    }

    pub(super) fn fresh(
        view: View<'a>,
        rdn: &dn::Rdn,
        parent: Rid,
        attributes: &AttributeList<'_>,
        controls: &Controls,
    ) -> Result<Edit<'a>, LdapError> {
        let find = |name: &str| {
            attributes
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
                .map(|(_, values)| values)
        };
        let classes = find("objectClass").ok_or_else(object_class)?;
        let mut best = None;
        for class in classes {
            let class = schema().class(&text(class)).ok_or_else(|| {
                LdapError::head(
                    ResultCode::NO_SUCH_ATTRIBUTE,
                    0x57,
                    0x0C09_0B38,
                    "Error in attribute conversion operation",
                    0,
                )
            })?;
            let depth = schema().lineage(class.name).len();
            if class.category < 2 && best.is_none_or(|(known, _)| depth > known) {
                best = Some((depth, class));
            }
        }
        let Some((_, class)) = best.filter(|(_, class)| class.category == 1) else {
            return Err(object_class());
        };
        names(class.rdn, rdn, &view)?;
        stands(&view, class.name, parent)?;
        let value = |name: &str| find(name).and_then(|values| values.first()).map(|value| text(value));
        // The directory makes a name up for whom nobody names.
        let made_up = || {
            let guid = crate::ldap::sid::guid(&rdn.key(), parent.0);
            let hex: String = guid.iter().map(|octet| format!("{octet:02X}")).collect();
            format!("${}-{}", &hex[..6], &hex[6..18])
        };
        let logon_name = |most: usize| -> Result<AccountName, LdapError> {
            if let Some(values) = find("sAMAccountName") {
                fits(&view, known(b"sAMAccountName")?, &owned(values))?;
            }
            let name = AccountName::from(value("sAMAccountName").unwrap_or_else(made_up));
            free_name(&view, None, &name, most).map(|()| name)
        };
        let mut account = None;
        let mut group = None;
        match class.name {
            "user" | "inetOrgPerson" | "computer" => {
                let computer = class.name == "computer";
                account = Some(Account::fresh(logon_name(20)?, computer, view.now));
            }
            "group" => {
                let name = logon_name(256)?;
                let kind = value("groupType").map_or(Some(-2_147_483_646), |text| number(text.as_bytes()));
                let kind = kind.ok_or_else(|| LdapError::unwilling(0x57, 0x031A_0F80))?;
                let local = groups::scope(kind)? == groups::Scope::Local;
                group = Some(Group { local, name, renamed: true, listed: Default::default(), changed: true });
            }
            "domainDNS"
            | "builtinDomain"
            | "configuration"
            | "dMD"
            | "subSchema"
            | "nTDSDSA"
            | "nTDSDSARO"
            | "trustedDomain"
            | "attributeSchema"
            | "classSchema"
            | "rIDManager"
            | "foreignSecurityPrincipal" => {
                // These come into being by other means than an add.
                return Err(LdapError::unwilling(0x2077, 0x0305_0F4E));
            }
            _ => {
                let given = |name: &&str| {
                    let own = ["objectClass", "instanceType", "nTSecurityDescriptor", "objectCategory"];
                    own.contains(name) || name.eq_ignore_ascii_case(class.rdn) || find(name).is_some()
                };
                if !class.must.iter().all(|name| given(name) || *name == "cn") {
                    return Err(object_class());
                }
            }
        }
        Ok(Edit {
            view,
            id: None,
            class: class.name,
            account,
            before: None,
            group,
            policy: None,
            stated: BTreeMap::new(),
            pending: BTreeMap::new(),
            permissive: false,
            descriptor: controls.descriptor.unwrap_or(descriptor::ALL),
        })
    }

    pub(super) fn current(&self, attribute: &'static Attribute) -> Values {
        let written = self.pending.get(attribute.name).or_else(|| self.stated.get(attribute.name));
        match (written, self.id) {
            (Some(values), _) => values.clone(),
            (None, Some(id)) => self.view.values(id, &attribute.key),
            (None, None) => Vec::new(),
        }
    }
}
