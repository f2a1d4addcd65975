//! Adding, changing, deleting and moving objects: each request is one change that is made as a whole or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::account::{Account, free_name, password_refused, quoted, wrong_value};
use super::controls::Controls;
use super::live::State;
use super::message::{AttributeList, Modification, ModificationKind};
use super::schema::{Attribute, Syntax, schema};
use super::search::resolve;
use super::session::{Session, Told, text};
use super::view::{Values, View, number};
use super::{LdapError, Problem, Protection, ResultCode, dn, matching, rights};
use crate::directory::{Change, Object, Part, PrincipalKind, RecordValue, Rid};
use crate::{AccountName, AccountPolicy, ChangeKind, DcRole, Domain, SimTime, Span, Verb, Win32Error};

/// What a request does to one object.
struct Edit<'a> {
    view: View<'a>,
    id: Option<Rid>,
    class: String,
    account: Option<Account>,
    before: Option<Account>,
    group: Option<Group>,
    policy: Option<AccountPolicy>,
    /// Attributes without a meaning to the model, with their new values.
    stated: BTreeMap<&'static str, Values>,
    /// Attributes of an account that the model has a meaning for, as the request leaves them.
    pending: BTreeMap<&'static str, Values>,
    permissive: bool,
}

/// A group's name and members.
#[derive(Clone, Debug)]
struct Group {
    local: bool,
    name: AccountName,
    renamed: bool,
    /// The list as the model keeps it.
    listed: std::collections::BTreeSet<Rid>,
    changed: bool,
}

/// Whether the write may go on here: somebody is bound, and this controller takes writes.
fn begin(session: &Session, domain: &Domain, name: &str) -> Result<(), LdapError> {
    if session.identity.is_none() {
        return Err(LdapError::not_bound());
    }
    if domain.writable(session.dc_index(domain)) {
        return Ok(());
    }
    // A controller that only copies sends the client to the one that writes.
    let primary = domain.controllers().into_iter().find(|(_, role)| *role == DcRole::Pdc);
    let Some((primary, _)) = primary else { return Err(LdapError::unwilling(0x20AF, 0x0310_082F)) };
    let dns = session.front.options.dns_domain.clone();
    let naming = super::naming::Naming::new(domain.world().domain.name.as_str(), dns.as_deref());
    let host = naming.host(&primary);
    let port =
        session.front.options.referral_ports.get(&primary).map(|port| format!(":{port}")).unwrap_or_default();
    Err(LdapError::referral(&host, format!("ldap://{host}{port}/{name}")))
}

/// Adds an object.
pub(super) fn add(
    session: &Session,
    name: &[u8],
    attributes: &AttributeList<'_>,
    told: &mut Told,
) -> Result<(), LdapError> {
    let front = session.front.clone();
    front.live.enter(|state, now| {
        let name = text(name);
        begin(session, &state.domain, &name)?;
        let (change, id) = {
            let view = state.view(&front.dc, now, front.live.start_unix_ms());
            let rdns = dn::parse(&name).ok_or_else(|| LdapError::bad_name(&name))?;
            let [rdn, above @ ..] = rdns.as_slice() else { return Err(LdapError::bad_name(&name)) };
            let parent = match view.tree.walk(above) {
                Ok(parent) if view.tree.node(parent).is_some_and(|node| node.deleted_from.is_none()) => {
                    parent
                }
                _ => {
                    let above: Vec<String> = above.iter().map(dn::Rdn::written).collect();
                    resolve(&view, &above.join(","), false)?
                }
            };
            let mut edit = Edit::fresh(view, rdn, parent, attributes)?;
            if view.tree.child(parent, &rdn.key()).is_some() {
                return Err(LdapError::exists(0x2071, 0x031B_0ABE));
            }
            rights::may_add(session, &view, parent, &edit.class)?;
            for (attribute, values) in attributes {
                let attribute = known(attribute)?;
                edit.replace(session, attribute, owned(values))?;
            }
            (edit.creation(rdn, parent), edit.class.clone())
        };
        let rid = match id.as_str() {
            "user" | "inetOrgPerson" | "computer" | "group" => state.domain.allocate_rid(),
            _ => state.domain.allocate_object(),
        };
        commit(state, session, now, change(rid), rid, told);
        Ok(())
    })
}

/// Changes an object.
pub(super) fn modify(
    session: &Session,
    name: &[u8],
    changes: &[Modification<'_>],
    controls: &Controls,
    told: &mut Told,
) -> Result<(), LdapError> {
    let front = session.front.clone();
    front.live.enter(|state, now| {
        let name = text(name);
        begin(session, &state.domain, &name)?;
        let planned = {
            let view = state.view(&front.dc, now, front.live.start_unix_ms());
            let id = resolve(&view, &name, false)?;
            let mut edit = Edit::of(view, id, controls.permissive)?;
            edit.modify(session, changes).map(|()| (edit.changes(id), id))
        };
        match planned {
            Ok((None, _)) => Ok(()),
            Ok((Some(change), id)) => {
                commit(state, session, now, change, id, told);
                Ok(())
            }
            Err(Refused::Error(error)) => Err(error),
            Err(Refused::WrongPassword(user)) => {
                state.domain.wrong_password(now, session.dc_index(&state.domain), &user);
                Err(LdapError::attribute(
                    ResultCode::CONSTRAINT_VIOLATION,
                    0x56,
                    (1005, "CONSTRAINT_ATT_TYPE"),
                    0x9005a,
                    "unicodePwd",
                ))
            }
        }
    })
}

/// Deletes an object, and what is below it when the client says so.
pub(super) fn delete(
    session: &Session,
    name: &[u8],
    controls: &Controls,
    told: &mut Told,
) -> Result<(), LdapError> {
    let front = session.front.clone();
    front.live.enter(|state, now| {
        let name = text(name);
        begin(session, &state.domain, &name)?;
        let changes = {
            let view = state.view(&front.dc, now, front.live.start_unix_ms());
            let id = resolve(&view, &name, false)?;
            let mut doomed = view.tree.subtree(id);
            if doomed.len() > 1 && !controls.tree_delete {
                let problem = Problem("UpdErr", 6003, "CANT_ON_NON_LEAF");
                return Err(LdapError::service(
                    ResultCode::NOT_ALLOWED_ON_NON_LEAF,
                    0x2015,
                    0x031A_0D0D,
                    problem,
                ));
            }
            doomed.reverse();
            let mut changes = Vec::new();
            for id in doomed {
                rights::may_delete(session, &view, id)?;
                changes.extend(deletion(&view, id)?);
            }
            changes
        };
        let dc = session.dc_index(&state.domain);
        state.domain.commit_all(now, dc, changes);
        told.version = state.domain.directory().commit_count();
        Ok(())
    })
}

/// Renames or moves an object.
pub(super) fn modify_dn(
    session: &Session,
    name: &[u8],
    new_rdn: &[u8],
    new_superior: Option<&[u8]>,
    told: &mut Told,
) -> Result<(), LdapError> {
    let front = session.front.clone();
    front.live.enter(|state, now| {
        let name = text(name);
        begin(session, &state.domain, &name)?;
        let (change, id) = {
            let view = state.view(&front.dc, now, front.live.start_unix_ms());
            let id = resolve(&view, &name, false)?;
            let node = view.tree.node(id).ok_or_else(|| LdapError::no_object(""))?;
            let wished = text(new_rdn);
            let rdn = match dn::parse(&wished).as_deref() {
                Some([rdn]) => rdn.clone(),
                _ => return Err(LdapError::bad_name(&wished)),
            };
            let Some(old_parent) = node.parent.filter(|_| id < Rid::FIRST_FIXED) else {
                return Err(LdapError::unwilling(0x2077, 0x0305_0F4E));
            };
            let parent = match new_superior {
                Some(superior) => resolve(&view, &text(superior), false)?,
                None => old_parent,
            };
            rights::may_move(session, &view, id, parent)?;
            if view.tree.is_within(parent, id) {
                return Err(LdapError::unwilling(0x2077, 0x0305_0F4E));
            }
            let class = schema().class(&node.class).ok_or_else(object_class)?;
            names(class.rdn, &rdn, &view)?;
            stands(&view, &node.class, parent)?;
            if view.tree.child(parent, &rdn.key()).is_some_and(|other| other != id) {
                return Err(LdapError::exists(0x2071, 0x031B_0ABE));
            }
            let rdn = dn::Rdn { attribute: class.rdn.to_ascii_uppercase(), value: rdn.value };
            let object = Object { class: node.class.as_str().into(), parent, rdn: rdn.written() };
            let parts = vec![(Part::Object(id), Some(RecordValue::Object(Arc::new(object))))];
            (Change { kind: ChangeKind::Object, subject: rdn.value.as_str().into(), parts }, id)
        };
        commit(state, session, now, change, id, told);
        Ok(())
    })
}

fn commit(state: &mut State, session: &Session, now: SimTime, change: Change, id: Rid, told: &mut Told) {
    let dc = session.dc_index(&state.domain);
    state.domain.commit_all(now, dc, vec![change]);
    let database = state.domain.directory().database(dc);
    told.version = database.account_version(id).max(state.domain.directory().commit_count());
}

/// What deletes an object.
fn deletion(view: &View<'_>, id: Rid) -> Result<Vec<Change>, LdapError> {
    if id >= Rid::FIRST_FIXED || id.is_built_in() {
        return Err(LdapError::unwilling(0x2098, 0x0305_1BA3));
    }
    let verb = view.database.principal(id).map(|principal| match principal.kind {
        PrincipalKind::Group => Verb::GroupDelete { group: principal.name.clone() },
        PrincipalKind::LocalGroup => Verb::LocalGroupDelete { group: principal.name.clone() },
        _ => Verb::UserDelete { user: principal.name.clone() },
    });
    match verb {
        Some(verb) => {
            let planned = crate::directory::plan(view.now, view.database, None, &verb, id);
            planned
                .unwrap_or(Err(Win32Error::NOT_SUPPORTED))
                .map_err(|error| LdapError::unwilling(error.0, 0x031A_1236))
        }
        None => {
            let parts = view.database.extra_parts(id).map(|part| (part, None)).collect();
            let subject = view.tree.dn(id).as_str().into();
            Ok(vec![Change { kind: ChangeKind::Object, subject, parts }])
        }
    }
}

/// Why a modification is refused.
enum Refused {
    Error(LdapError),
    /// The old password is another one.
    WrongPassword(AccountName),
}

impl From<LdapError> for Refused {
    fn from(error: LdapError) -> Refused {
        Refused::Error(error)
    }
}

impl<'a> Edit<'a> {
    fn of(view: View<'a>, id: Rid, permissive: bool) -> Result<Edit<'a>, LdapError> {
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
            class: node.class.clone(),
            before: account.clone(),
            account,
            group,
            policy,
            stated: BTreeMap::new(),
            pending: BTreeMap::new(),
            permissive,
        })
    }

    fn fresh(
        view: View<'a>,
        rdn: &dn::Rdn,
        parent: Rid,
        attributes: &AttributeList<'_>,
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
            let guid = super::sid::guid(&rdn.key(), parent.0);
            let hex: String = guid.iter().map(|octet| format!("{octet:02X}")).collect();
            format!("${}-{}", &hex[..6], &hex[6..18])
        };
        let mut account = None;
        let mut group = None;
        match class.name {
            "user" | "inetOrgPerson" | "computer" => {
                let name = value("sAMAccountName").unwrap_or_else(made_up);
                let computer = class.name == "computer";
                free_name(&view, None, &name.as_str().into(), 20)?;
                account = Some(Account::fresh(name.as_str().into(), computer, view.now));
            }
            "group" => {
                let name = value("sAMAccountName").unwrap_or_else(made_up);
                free_name(&view, None, &name.as_str().into(), 256)?;
                let kind = value("groupType").map_or(Some(-2_147_483_646), |text| number(text.as_bytes()));
                let kind = kind.ok_or_else(|| LdapError::unwilling(0x57, 0x031A_0F80))?;
                let local = kind & 0x4 != 0;
                group = Some(Group {
                    local,
                    name: name.as_str().into(),
                    renamed: true,
                    listed: Default::default(),
                    changed: true,
                });
            }
            "domainDNS"
            | "builtinDomain"
            | "configuration"
            | "dMD"
            | "subSchema"
            | "nTDSDSA"
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
            class: class.name.to_owned(),
            account,
            before: None,
            group,
            policy: None,
            stated: BTreeMap::new(),
            pending: BTreeMap::new(),
            permissive: false,
        })
    }

    fn current(&self, attribute: &'static Attribute) -> Values {
        let written = self.pending.get(attribute.name).or_else(|| self.stated.get(attribute.name));
        match (written, self.id) {
            (Some(values), _) => values.clone(),
            (None, Some(id)) => self.view.values(id, &attribute.name.to_ascii_lowercase()),
            (None, None) => Vec::new(),
        }
    }

    fn modify(&mut self, session: &Session, changes: &[Modification<'_>]) -> Result<(), Refused> {
        if changes.is_empty() {
            return Err(LdapError::unwilling(0x57, 0x0C09_0B3E).into());
        }
        let password = |change: &&Modification<'_>| change.attribute.eq_ignore_ascii_case(b"unicodePwd");
        let passwords: Vec<_> = changes.iter().filter(password).collect();
        if !passwords.is_empty() {
            self.password(session, &passwords)?;
        }
        for change in changes.iter().filter(|change| !password(change)) {
            self.modification(session, change)?;
        }
        for (name, values) in self.pending.clone().into_iter().filter(|(_, values)| values.is_empty()) {
            self.settle(known(name.as_bytes())?, &values)?;
        }
        Ok(())
    }

    /// A password's reset by `replace`, or its change by `delete` of the old and `add` of the new one.
    fn password(&mut self, session: &Session, changes: &[&Modification<'_>]) -> Result<(), Refused> {
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

    fn modification(&mut self, session: &Session, change: &Modification<'_>) -> Result<(), LdapError> {
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
                let absent = || {
                    LdapError::attribute(
                        ResultCode::NO_SUCH_ATTRIBUTE,
                        0x2085,
                        (1001, "NO_ATTRIBUTE_OR_VAL"),
                        0,
                        attribute.name,
                    )
                };
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
                    return Err(LdapError::attribute(
                        ResultCode::NO_SUCH_ATTRIBUTE,
                        0x2085,
                        (1001, "NO_ATTRIBUTE_OR_VAL"),
                        0,
                        attribute.name,
                    ));
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
    fn replace(
        &mut self,
        session: &Session,
        attribute: &'static Attribute,
        values: Values,
    ) -> Result<(), LdapError> {
        let fresh = self.id.is_none();
        match attribute.name {
            "objectClass" | "sAMAccountName" if fresh => return Ok(()),
            "objectCategory" | "instanceType" | "distinguishedName" | "name" | "nTSecurityDescriptor"
                if fresh =>
            {
                return Ok(());
            }
            "nTSecurityDescriptor" if session.is_administrator() => return Ok(()),
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
        let class = schema().class(&self.class).ok_or_else(object_class)?;
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
        if !schema().allows(&self.class, attribute.name) {
            return Err(object_class());
        }
        self.check(attribute, &values)?;
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
                    let local = number(kind).is_some_and(|kind| kind & 4 != 0);
                    if local != group.local {
                        return Err(LdapError::unwilling(0x2141, 0x031A_0FFA));
                    }
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

    /// Whether values are of the attribute's syntax, and no more than it may have.
    fn check(&self, attribute: &'static Attribute, values: &Values) -> Result<(), LdapError> {
        if !attribute.many && values.len() > 1 {
            return Err(LdapError::attribute(
                ResultCode::CONSTRAINT_VIOLATION,
                0x2081,
                (1005, "CONSTRAINT_ATT_TYPE"),
                0,
                attribute.name,
            ));
        }
        for (index, value) in values.iter().enumerate() {
            let as_text = std::str::from_utf8(value).ok();
            let good = match attribute.syntax {
                Syntax::Integer => number(value).is_some_and(|n| i32::try_from(n).is_ok()),
                Syntax::LargeInteger => number(value).is_some(),
                Syntax::Boolean => matches!(as_text, Some("TRUE" | "FALSE")),
                Syntax::Time => as_text.and_then(super::time::parse_generalized).is_some(),
                Syntax::Dn => as_text.and_then(dn::parse).is_some_and(|rdns| !rdns.is_empty()),
                Syntax::Octets | Syntax::Sid | Syntax::Descriptor => true,
                _ => as_text.is_some_and(|text| !text.is_empty()),
            };
            if !good {
                return Err(wrong_value(attribute));
            }
            // A name that leads nowhere is no value.
            if attribute.syntax == Syntax::Dn && as_text.is_some_and(|dn| self.view.tree.find(dn).is_none()) {
                return Err(LdapError::attribute(
                    ResultCode::CONSTRAINT_VIOLATION,
                    0x20B0,
                    (1005, "CONSTRAINT_ATT_TYPE"),
                    0,
                    attribute.name,
                ));
            }
            if values[..index].iter().any(|other| matching::equal(&self.view, attribute, value, other)) {
                return Err(LdapError::attribute(
                    ResultCode::ATTRIBUTE_OR_VALUE_EXISTS,
                    0x2083,
                    (1006, "ATT_OR_VALUE_EXISTS"),
                    0,
                    attribute.name,
                ));
            }
        }
        Ok(())
    }

    fn settle(&mut self, attribute: &'static Attribute, values: &Values) -> Result<(), LdapError> {
        match &mut self.account {
            Some(account) => account.set(&self.view, self.id, attribute, values).unwrap_or(Ok(())),
            None => Ok(()),
        }
    }

    fn member_list(&mut self, values: &Values) -> Result<(), LdapError> {
        let change = Modification {
            kind: ModificationKind::Replace,
            attribute: b"member",
            values: values.iter().map(Vec::as_slice).collect(),
        };
        self.members(&change)
    }

    /// A change of a group's members.
    fn members(&mut self, change: &Modification<'_>) -> Result<(), LdapError> {
        let attribute = known(b"member")?;
        let mut others = self
            .stated
            .get("member")
            .cloned()
            .unwrap_or_else(|| self.id.and_then(|id| self.view.stated(id, "member")).unwrap_or_default());
        let (view, id) = (self.view, self.id);
        let Some(group) = &mut self.group else { return Err(object_class()) };
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
                    if Some(member) == id || (account == Some(PrincipalKind::LocalGroup) && !group.local) {
                        return Err(LdapError::unwilling(0x2141, 0x031A_11E2));
                    }
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

    fn stated_parts(&self, id: Rid) -> Vec<(Part, Option<RecordValue>)> {
        let mut parts = Vec::new();
        for (name, values) in &self.stated {
            let old = self.id.and_then(|id| self.view.stated(id, name));
            if old.as_ref() == Some(values)
                || (old.is_none() && values.is_empty() && self.fixed(name).is_empty())
            {
                continue;
            }
            let value = if values.is_empty() && self.fixed(name).is_empty() {
                None
            } else {
                Some(RecordValue::Values(values.clone().into()))
            };
            parts.push((Part::Attribute(id, (*name).into()), value));
        }
        parts
    }

    /// What an object has from the first day: an empty list must stand against it.
    fn fixed(&self, name: &str) -> Values {
        let node = self.id.and_then(|id| self.view.tree.node(id));
        node.and_then(|node| node.fixed.get(name)).cloned().unwrap_or_default()
    }

    /// What makes the object, once it has a number.
    fn creation(&self, rdn: &dn::Rdn, parent: Rid) -> impl FnOnce(Rid) -> Change + use<> {
        let class = schema().class(&self.class);
        let rdn = dn::Rdn {
            attribute: class.map_or("CN", |class| class.rdn).to_ascii_uppercase(),
            value: rdn.value.clone(),
        };
        let object = Object { class: self.class.as_str().into(), parent, rdn: rdn.written() };
        let placeholder = Rid(0);
        let stated = self.stated_parts(placeholder);
        let (account, group) = (self.account.clone(), self.group.clone());
        move |id| {
            let mut parts = vec![(Part::Object(id), Some(RecordValue::Object(Arc::new(object))))];
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

    /// What changes the object; `None`: nothing does.
    fn changes(&self, id: Rid) -> Option<Change> {
        let mut parts = self.stated_parts(id);
        let mut kind = ChangeKind::Object;
        let mut subject: crate::Name = self.view.tree.dn(id).as_str().into();
        if let (Some(account), before) = (&self.account, self.before.as_ref()) {
            let own = account.parts(id, before);
            subject = before.map_or(&account.name, |before| &before.name).name().clone();
            let touches = |wanted: fn(&Part) -> bool| own.iter().any(|(part, _)| wanted(part));
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
            subject = self.view.database.name(id).map_or(subject, |name| name.name().clone());
            let (head, members) = group_parts(group, id);
            if group.changed {
                kind = if group.local { ChangeKind::LocalGroupMember } else { ChangeKind::GroupMember };
                parts.push(members);
            }
            if group.renamed {
                parts.push(head);
            }
        }
        if let Some(policy) = &self.policy
            && *policy != self.view.database.account_policy()
        {
            kind = ChangeKind::AccountPolicy;
            parts.push((Part::AccountPolicy, Some(RecordValue::AccountPolicy(policy.clone()))));
        }
        (!parts.is_empty()).then_some(Change { kind, subject, parts })
    }
}

type PartValue = (Part, Option<RecordValue>);

fn group_parts(group: &Group, id: Rid) -> (PartValue, PartValue) {
    let name = Some(RecordValue::Name(group.name.clone()));
    let members = Some(RecordValue::Members(std::sync::Arc::new(group.listed.clone())));
    match group.local {
        true => ((Part::LocalGroup(id), name), (Part::LocalGroupMembers(id), members)),
        false => ((Part::Group(id), name), (Part::GroupMembers(id), members)),
    }
}

/// Sets one attribute of the domain's account policy; `None`: it is none of those.
fn set_policy(
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

/// Whether a class's objects are named by this attribute, and the name is not too long.
fn names(attribute: &str, rdn: &dn::Rdn, view: &View<'_>) -> Result<(), LdapError> {
    let fits = rdn.value.chars().count() <= 64;
    if rdn.attribute.eq_ignore_ascii_case(attribute) && fits {
        return Ok(());
    }
    Err(naming_violation(&view.tree.naming.root))
}

/// Whether objects of the class may stand in the other object.
fn stands(view: &View<'_>, class: &str, parent: Rid) -> Result<(), LdapError> {
    let node = view.tree.node(parent).ok_or_else(|| LdapError::no_object(""))?;
    let above = schema().lineage(&node.class);
    let allowed = schema()
        .lineage(class)
        .iter()
        .filter_map(|class| schema().class(class))
        .any(|class| class.superiors.iter().any(|superior| above.contains(superior)));
    if allowed { Ok(()) } else { Err(naming_violation(&view.tree.dn(parent))) }
}

fn naming_violation(best: &str) -> LdapError {
    LdapError::new(
        ResultCode::NAMING_VIOLATION,
        format!(
            "00002099: NameErr: DSID-0305109C, problem 2005 (NAMING_VIOLATION), data 0, best match of:\n\t'{best}'\n"
        ),
    )
}

fn object_class() -> LdapError {
    let problem = Problem("UpdErr", 6002, "OBJ_CLASS_VIOLATION");
    LdapError::service(ResultCode::OBJECT_CLASS_VIOLATION, 0x207D, 0x0315_1178, problem)
}

fn known(name: &[u8]) -> Result<&'static Attribute, LdapError> {
    let name = text(name);
    let name = name.strip_suffix(";binary").unwrap_or(&name);
    schema().attribute(name).ok_or_else(LdapError::undefined_attribute)
}

fn owned(values: &[&[u8]]) -> Values {
    values.iter().map(|value| value.to_vec()).collect()
}
