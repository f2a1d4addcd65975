//! Reanimation: a tombstone that becomes an object again (MS-ADTS 3.1.1.5.3.7).

use super::rules::{names, object_class, stands};
use super::{Edit, Group, Refused, write};
use crate::ChangeKind;
use crate::directory::{Change, Members, Part, PrincipalKind, REANIMATED, RecordValue, Rid};
use crate::ldap::account::{Account, free_name};
use crate::ldap::controls::Controls;
use crate::ldap::live::Turn;
use crate::ldap::message::{Modification, ModificationKind};
use crate::ldap::schema::schema;
use crate::ldap::search::{resolve, sees_deleted};
use crate::ldap::session::{Session, Told, text};
use crate::ldap::tree::BACK_LINKS;
use crate::ldap::view::View;
use crate::ldap::{LdapError, Problem, ResultCode, descriptor, dn};

/// A modification that reanimates: where the object goes, and what else is to be changed of it.
pub(super) struct Wish<'a> {
    to: String,
    rest: Vec<Modification<'a>>,
}

/// What a modification wishes that takes `isDeleted` away and replaces `distinguishedName`; `None`: it does not do both.
pub(super) fn wish<'a>(changes: &[Modification<'a>]) -> Option<Wish<'a>> {
    let of = |kind, name: &str| {
        let is = move |change: &&Modification<'_>| {
            change.kind == kind && change.attribute.eq_ignore_ascii_case(name.as_bytes())
        };
        changes.iter().find(is)
    };
    of(ModificationKind::Delete, "isDeleted")?;
    let [to] = of(ModificationKind::Replace, "distinguishedName")?.values[..] else { return None };
    let apart = ["isDeleted", "distinguishedName"];
    let is_other = |change: &&Modification<'_>| {
        !apart.iter().any(|name| change.attribute.eq_ignore_ascii_case(name.as_bytes()))
    };
    Some(Wish { to: text(to), rest: changes.iter().filter(is_other).cloned().collect() })
}

/// Reanimates an object. Whoever may not see deleted objects finds none.
pub(super) fn undelete(
    session: &Session,
    turn: &mut Turn<'_>,
    name: &[u8],
    wish: &Wish<'_>,
    controls: &Controls,
    told: &mut Told,
) -> Result<(), LdapError> {
    write(session, turn, name, |state, now, name| {
        let changes = {
            let view = session.view(state, now);
            let id = resolve(&view, name, sees_deleted(session, controls))?;
            let node = view.tree.node(id).ok_or_else(|| LdapError::no_object(""))?;
            let Some(from) = node.deleted_from else { return Err(LdapError::unwilling(0x2077, DSID)) };
            let rdns = dn::parse(&wish.to).ok_or_else(|| LdapError::bad_name(&wish.to))?;
            let [rdn, above @ ..] = rdns.as_slice() else { return Err(LdapError::root_is_no_context()) };
            let parent = view.tree.walk(above).map_err(|_| not_moved())?;
            place(&view, (id, node.class, from), rdn, parent)?;
            let mut edit = Edit::reanimated(view, id, controls)?;
            edit.modify(session, &wish.rest).map_err(|refused| match refused {
                Refused::Error(error) => error,
                // There is no password that could be wrong.
                Refused::WrongPassword(_) => LdapError::unwilling(0x57, DSID),
            })?;
            edit.check(&view, id)?;
            let mut changes = without_links(&view, id);
            let mut creation = edit.creation(rdn, parent)(id);
            creation.parts.insert(0, reanimates(id));
            changes.push(creation);
            changes
        };
        let dc = session.dc_index(&state.domain);
        state.domain.commit_all(now, dc, changes);
        told.version = state.domain.directory().commit_count();
        Ok(())
    })
}

/// What says that an object is there again by the change that it is the first part of.
pub(super) fn reanimates(id: Rid) -> (Part, Option<RecordValue>) {
    (Part::Attribute(id, REANIMATED.into()), Some(RecordValue::Values([].into())))
}

/// The place that refusals of a reanimation name.
const DSID: u32 = 0x031A_0E6C;

/// An object that cannot be moved where it shall go: there is nothing, or nothing that could hold it, or it is in another
/// naming context.
fn not_moved() -> LdapError {
    let problem = Problem("SvcErr", 5012, "DIR_ERROR");
    LdapError::service(ResultCode::OPERATIONS_ERROR, 0x2089, DSID, problem)
}

/// Whether a deleted object may stand in a place, under a name.
fn place(
    view: &View<'_>,
    (id, class, from): (Rid, &'static str, Rid),
    rdn: &dn::Rdn,
    parent: Rid,
) -> Result<(), LdapError> {
    let places = view.tree.places();
    let configured = |id: Rid| view.tree.is_within(id, places.configuration);
    let buried = view.tree.node(parent).is_none_or(|node| node.deleted_from.is_some());
    if buried || parent == places.deleted || parent == id || configured(from) != configured(parent) {
        return Err(not_moved());
    }
    let named = schema().class(class).ok_or_else(object_class)?.rdn;
    names(named, rdn, view).and_then(|()| stands(view, class, parent)).map_err(|_| not_moved())?;
    match view.tree.child(parent, &rdn.key()) {
        Some(_) => Err(LdapError::exists(0x2071, 0x031B_0ABE)),
        None => Ok(()),
    }
}

impl<'a> Edit<'a> {
    /// A deleted object as it comes back: what its tombstone kept, and what the directory gives to an account anew.
    fn reanimated(view: View<'a>, id: Rid, controls: &Controls) -> Result<Edit<'a>, LdapError> {
        let node = view.tree.node(id).ok_or_else(|| LdapError::no_object(""))?;
        let mut edit = Edit {
            view,
            id: Some(id),
            class: node.class,
            account: None,
            before: None,
            group: None,
            policy: None,
            stated: Default::default(),
            pending: Default::default(),
            permissive: controls.permissive,
            descriptor: controls.descriptor.unwrap_or(descriptor::ALL),
        };
        let parent = node.deleted_from.map(|from| view.tree.dn(from).into_bytes());
        edit.stated.insert("lastKnownParent", parent.into_iter().collect());
        let Some(remains) = view.database.remains(id) else { return Ok(edit) };
        for (name, values) in &remains.stated {
            let Some(attribute) = schema().attribute(name.as_str()) else { continue };
            if attribute.name != "userAccountControl" {
                edit.stated.insert(attribute.name, values.to_vec());
            }
        }
        for count in ["adminCount", "operatorCount"] {
            edit.stated.insert(count, vec![b"0".to_vec()]);
        }
        let name = remains.principal.name.clone();
        let local = remains.principal.kind == PrincipalKind::LocalGroup;
        match remains.principal.kind {
            PrincipalKind::User => {
                let control = view.values(id, "useraccountcontrol");
                edit.account = Some(Account::reanimated(name, &remains.flags, &control, view.now));
            }
            _ => {
                let listed = Members::default();
                edit.group = Some(Group { local, name, renamed: true, listed, changed: true });
            }
        }
        Ok(edit)
    }

    /// Whether nobody else has its logon name by now, and it has what its class demands: of an object that is no account
    /// its tombstone has kept none of that.
    fn check(&self, view: &View<'_>, id: Rid) -> Result<(), LdapError> {
        if let Some(account) = &self.account {
            return free_name(view, Some(id), &account.name, 20);
        }
        if let Some(group) = &self.group {
            return free_name(view, Some(id), &group.name, 256);
        }
        let class = schema().class(self.class).ok_or_else(object_class)?;
        let own = ["objectClass", "instanceType", "nTSecurityDescriptor", "objectCategory", "cn"];
        let given = |name: &&str| {
            let stated = self.stated.get(*name).is_some_and(|values| !values.is_empty());
            own.contains(name) || name.eq_ignore_ascii_case(class.rdn) || stated
        };
        if class.must.iter().all(given) { Ok(()) } else { Err(object_class()) }
    }
}

/// What ends the links to a deleted object, so that they do not come back with it: groups go on listing the number of an
/// account that is gone, and attributes the identifier.
fn without_links(view: &View<'_>, id: Rid) -> Vec<Change> {
    let mut changes = Vec::new();
    let out = view.database.listed(Rid::DOMAIN_USERS).is_some_and(|out| out.contains(&id));
    for group in view.database.direct_groups(id).into_iter().chain(out.then_some(Rid::DOMAIN_USERS)) {
        let (Some(principal), Some(listed)) = (view.database.principal(group), view.database.listed(group))
        else {
            continue;
        };
        let mut members = listed.clone();
        members.remove(&id);
        let members = RecordValue::Members(members);
        let (kind, part) = match principal.kind {
            PrincipalKind::LocalGroup => (ChangeKind::LocalGroupMember, Part::LocalGroupMembers(group)),
            _ => (ChangeKind::GroupMember, Part::GroupMembers(group)),
        };
        changes.push(Change::of(kind, &principal.name, part, members));
    }
    let forms = view.forms(id);
    for other in view.tree.referrers(&forms) {
        let attributes = view.database.extras(other).map(|extras| &extras.attributes);
        for (_, forward) in BACK_LINKS {
            let name = crate::Name::from(forward);
            let Some(values) = attributes.and_then(|attributes| attributes.get(&name)) else { continue };
            let rest: Vec<Vec<u8>> = values.iter().filter(|value| !forms.contains(value)).cloned().collect();
            if rest.len() < values.len() {
                let rest = (!rest.is_empty()).then(|| RecordValue::Values(rest.into()));
                let parts = vec![(Part::Attribute(other, name), rest)];
                let subject = view.database.name(other).map(|name| name.name().clone());
                let subject = subject.unwrap_or_else(|| view.tree.dn(other).as_str().into());
                changes.push(Change { kind: ChangeKind::Object, subject, parts });
            }
        }
    }
    changes
}
