//! Adding, changing, deleting and moving objects: each request is one change that is made as a whole or not at all.

mod changes;
mod edit;
mod groups;
mod members;
mod modify;
mod ranges;
mod root;
mod rules;
mod undelete;

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::{known, names, object_class, owned, stands};

use super::{LdapError, Manner, Problem, ResultCode, dn, rights};
use crate::directory::{Change, Members, Object, Part, PrincipalKind, RecordValue, Rid};
use crate::ldap::account::Account;
use crate::ldap::controls::Controls;
use crate::ldap::live::{State, Turn};
use crate::ldap::message::{AttributeList, Modification};
use crate::ldap::schema::schema;
use crate::ldap::search::resolve;
use crate::ldap::session::{Session, Told, text};
use crate::ldap::view::{Values, View};
use crate::{AccountName, AccountPolicy, ChangeKind, Domain, SimTime, Verb, Win32Error};

/// What a request does to one object.
struct Edit<'a> {
    view: View<'a>,
    id: Option<Rid>,
    class: &'static str,
    account: Option<Account>,
    before: Option<Account>,
    group: Option<Group>,
    policy: Option<AccountPolicy>,
    /// Attributes without a meaning to the model, with their new values.
    stated: BTreeMap<&'static str, Values>,
    /// Attributes of an account that the model has a meaning for, as the request leaves them.
    pending: BTreeMap<&'static str, Values>,
    permissive: bool,
    /// Which parts of a security descriptor it writes.
    descriptor: u32,
}

/// A group's name and members.
#[derive(Clone, Debug)]
struct Group {
    local: bool,
    name: AccountName,
    renamed: bool,
    /// The list as the model keeps it.
    listed: Members,
    changed: bool,
}

/// Whether the write may go on here: somebody is bound, and this controller takes writes.
fn begin(session: &Session, domain: &Domain, name: &str) -> Result<(), LdapError> {
    let named = dn::parse(name).is_some() && (name.is_empty() || !name.trim().is_empty());
    if session.front.options.manner == Manner::Samba && !named && !name.starts_with('<') {
        return Err(LdapError::bad_name(name));
    }
    if session.identity.is_none() {
        return Err(LdapError::not_bound());
    }
    if domain.writable(session.dc_index(domain)) {
        return Ok(());
    }
    // A controller that only copies sends the client to the one that writes; a read-only one to one that is near.
    let (directory, own) = (domain.directory(), session.dc_index(domain));
    let writer = match domain.is_read_only(own) {
        true => domain.writers_behind(own).next().unwrap_or(directory.pdc()),
        false => directory.pdc(),
    };
    let primary = directory.name(writer).clone();
    let dns = session.front.options.dns_domain.clone();
    let naming = crate::ldap::naming::Naming::new(domain.world().domain.name.as_str(), dns.as_deref());
    let host = naming.host(&primary);
    let port =
        session.front.options.referral_ports.get(&primary).map(|port| format!(":{port}")).unwrap_or_default();
    Err(LdapError::referral(&host, format!("ldap://{host}{port}/{name}")))
}

/// Does a write under the lock, where it may go on here.
fn write(
    session: &Session,
    turn: &mut Turn<'_>,
    name: &[u8],
    work: impl FnOnce(&mut State, SimTime, &str) -> Result<(), LdapError>,
) -> Result<(), LdapError> {
    turn.enter(|state, now| {
        let name = String::from_utf8_lossy(name);
        begin(session, &state.domain, &name)?;
        work(state, now, &name)
    })
}

/// Adds an object.
pub(in crate::ldap) fn add(
    session: &Session,
    turn: &mut Turn<'_>,
    name: &[u8],
    attributes: &AttributeList<'_>,
    controls: &Controls,
    told: &mut Told,
) -> Result<(), LdapError> {
    write(session, turn, name, |state, now, name| {
        let (change, id) = {
            let view = session.view(state, now);
            let rdns = dn::parse(name).ok_or_else(|| LdapError::bad_name(name))?;
            let [rdn, above @ ..] = rdns.as_slice() else { return Err(LdapError::root_is_no_context()) };
            let parent = match view.tree.walk(above) {
                Ok(parent) if view.tree.node(parent).is_some_and(|node| node.deleted_from.is_none()) => {
                    parent
                }
                _ => {
                    let above: Vec<String> = above.iter().map(dn::Rdn::written).collect();
                    resolve(&view, &above.join(","), false).map_err(|error| error.about(name))?
                }
            };
            let mut edit = Edit::fresh(view, rdn, parent, attributes, controls)?;
            if view.tree.child(parent, &rdn.key()).is_some() {
                return Err(LdapError::exists(0x2071, 0x031B_0ABE));
            }
            let creator = rights::computer_of_a_quota(session, &view, parent, edit.class, attributes)?;
            if let Some(creator) = creator {
                edit.stated.insert("mS-DS-CreatorSID", vec![creator]);
            }
            for (attribute, values) in attributes {
                let attribute = known(attribute)?;
                edit.replace(session, attribute, owned(values))?;
            }
            (edit.creation(rdn, parent), edit.class)
        };
        let rid = match id {
            "user" | "inetOrgPerson" | "computer" | "group" => state.domain.allocate_rid(),
            _ => state.domain.allocate_object(),
        };
        commit(state, session, now, change(rid), rid, told);
        Ok(())
    })
}

/// Changes an object.
pub(in crate::ldap) fn modify(
    session: &Session,
    turn: &mut Turn<'_>,
    name: &[u8],
    changes: &[Modification<'_>],
    controls: &Controls,
    told: &mut Told,
) -> Result<(), LdapError> {
    if name.is_empty() {
        return root::modify(session, turn, changes);
    }
    if let Some(wish) = undelete::wish(changes) {
        return undelete::undelete(session, turn, name, &wish, controls, told);
    }
    write(session, turn, name, |state, now, name| {
        let planned = {
            let view = session.view(state, now);
            if changes.is_empty() {
                return Err(LdapError::nothing_to_change());
            }
            let id = resolve(&view, name, false)?;
            let mut edit = Edit::of(view, id, controls)?;
            edit.modify(session, changes).map(|()| (edit.changes(id), id))
        };
        match planned {
            Ok((change, id)) => {
                if let Some(change) = change {
                    commit(state, session, now, change, id, told);
                }
                // A `lockoutTime` of 0, the only value that is let in, forgets bad passwords whether the account was
                // locked or not.
                if changes.iter().any(|change| change.attribute.eq_ignore_ascii_case(b"lockoutTime")) {
                    state.domain.forget_bad_passwords(now, session.dc_index(&state.domain), id);
                }
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
pub(in crate::ldap) fn delete(
    session: &Session,
    turn: &mut Turn<'_>,
    name: &[u8],
    controls: &Controls,
    told: &mut Told,
) -> Result<(), LdapError> {
    write(session, turn, name, |state, now, name| {
        let changes = {
            let view = session.view(state, now);
            let id = resolve(&view, name, false)?;
            if [view.tree.places().domain, view.tree.places().configuration].contains(&id) {
                rights::may_delete(session, &view, id)?;
                return Err(LdapError::unwilling(0x20CE, 0x031A_0FF4));
            }
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
pub(in crate::ldap) fn modify_dn(
    session: &Session,
    turn: &mut Turn<'_>,
    name: &[u8],
    new_rdn: &[u8],
    new_superior: Option<&[u8]>,
    told: &mut Told,
) -> Result<(), LdapError> {
    write(session, turn, name, |state, now, name| {
        let (change, id) = {
            let view = session.view(state, now);
            let id = resolve(&view, name, false)?;
            let node = view.tree.node(id).ok_or_else(|| LdapError::no_object(""))?;
            let wished = text(new_rdn);
            let rdn = match dn::parse(&wished).as_deref() {
                Some([rdn]) => rdn.clone(),
                Some([]) => return Err(LdapError::no_new_name()),
                Some(_) => return Err(LdapError::names_in_a_name(&wished)),
                None => return Err(LdapError::bad_name(&wished)),
            };
            if node.parent.is_none() {
                return Err(LdapError::no_parent());
            }
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
            let class = schema().class(node.class).ok_or_else(object_class)?;
            names(class.rdn, &rdn, &view)?;
            stands(&view, node.class, parent)?;
            if view.tree.child(parent, &rdn.key()).is_some_and(|other| other != id) {
                return Err(LdapError::exists(0x2071, 0x031B_0ABE));
            }
            let rdn = dn::Rdn { attribute: class.rdn.to_ascii_uppercase(), value: rdn.value };
            let object = Object { class: node.class.into(), parent, rdn: rdn.written() };
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
    if session.front.live.is_observed() {
        let database = state.domain.directory().database(dc);
        told.version = database.account_version(id).max(state.domain.directory().commit_count());
    }
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
