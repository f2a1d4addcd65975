//! Searches and comparisons.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::controls::{self, Controls};
use super::descriptor::{self, Descriptor};
use super::dirsync::synchronize;
use super::live::{State, Turn};
use super::message::{Filter, Scope, SearchRequest};
use super::reply::{self, ResponseControl};
use super::schema::{Attribute, Syntax, schema};
use super::session::{Session, Told, text};
use super::view::{Missing, View};
use super::{LdapError, ResultCode, matching, rights, rootdse, sid};
use crate::SimTime;
use crate::directory::Rid;

/// A paged search that has more to give.
#[derive(Debug)]
pub(super) struct Paging {
    rest: Vec<Rid>,
    search: u64,
}

/// A search that tells of changes until it is abandoned.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) id: i32,
    base: Rid,
    scope: Scope,
    attributes: Selection,
    seen: u64,
}

/// Which attributes of an entry are given, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    all: bool,
    named: Vec<Named>,
    pub(super) types_only: bool,
    extended_dn: Option<i32>,
    max_val_range: usize,
    /// The parts of security descriptors that are given; none of them to whoever may not see them all.
    descriptor: u32,
}

#[derive(Clone, Debug)]
struct Named {
    attribute: &'static Attribute,
    range: Option<(usize, Option<usize>)>,
}

impl Selection {
    pub(super) fn new(search: &SearchRequest<'_>, controls: &Controls, max_val_range: usize) -> Selection {
        let mut selection = Selection {
            all: search.attributes.is_empty(),
            named: Vec::new(),
            types_only: search.types_only,
            extended_dn: controls.extended_dn,
            max_val_range,
            descriptor: controls.descriptor.unwrap_or(descriptor::ALL),
        };
        for asked in &search.attributes {
            if *asked == b"*" {
                selection.all = true;
                continue;
            }
            let Ok(asked) = std::str::from_utf8(asked) else { continue };
            let mut options = asked.split(';');
            let Some(attribute) = options.next().and_then(|name| schema().attribute(name)) else { continue };
            let range = options.find_map(|option| {
                let (low, high) =
                    option.strip_prefix("range=").or(option.strip_prefix("Range="))?.split_once('-')?;
                let high = if high == "*" { None } else { Some(high.parse().ok()?) };
                Some((low.parse().ok()?, high))
            });
            // What is asked for twice is given once.
            let known = |named: &Named| named.attribute.name == attribute.name && named.range == range;
            if !selection.named.iter().any(known) {
                selection.named.push(Named { attribute, range });
            }
        }
        if controls.descriptor.is_some()
            && let Some(attribute) = schema().attribute("nTSecurityDescriptor")
        {
            let asked = selection.named.iter().any(|named| named.attribute.name == attribute.name);
            if !asked && selection.all {
                selection.named.push(Named { attribute, range: None });
            }
        }
        selection
    }

    /// The same as a session sees it: the list for audits belongs to whoever administers.
    pub(super) fn seen_by(mut self, session: &Session) -> Selection {
        if self.descriptor & descriptor::SACL != 0 && !session.is_administrator() {
            self.descriptor = 0;
        }
        self
    }

    /// An attribute's values; of a security descriptor the parts that are asked for.
    pub(super) fn values(&self, view: &View<'_>, id: Rid, attribute: &Attribute) -> Vec<Vec<u8>> {
        let values = view.values(id, &attribute.key);
        if attribute.syntax != Syntax::Descriptor {
            return values;
        }
        let parts =
            values.iter().filter_map(|value| Descriptor::read(value)).map(|all| all.parts(self.descriptor));
        parts.filter(|_| self.descriptor != 0).map(|parts| parts.written()).collect()
    }

    /// Which attributes are asked for: all of an object's, or these.
    pub(super) fn of(&self, view: &View<'_>, id: Rid) -> Vec<&'static Attribute> {
        let class = view.tree.node(id).map_or("top", |node| node.class);
        let all =
            schema().shown(class).iter().filter(|_| self.all).filter_map(|name| schema().attribute(name));
        let mut asked: Vec<&'static Attribute> = all.collect();
        for Named { attribute, .. } in &self.named {
            if !asked.iter().any(|known| known.name == attribute.name) {
                asked.push(attribute);
            }
        }
        asked
    }

    /// The values of names in the form that was asked for.
    pub(super) fn in_form(&self, view: &View<'_>, attribute: &Attribute, values: &mut [Vec<u8>]) {
        if self.extended_dn.is_some() && attribute.syntax == Syntax::Dn {
            for value in values {
                if let Some(id) = std::str::from_utf8(value).ok().and_then(|dn| view.tree.find(dn)) {
                    *value = self.dn(view, id).into_bytes();
                }
            }
        }
    }

    fn entry(&self, view: &View<'_>, id: Rid, message: i32, session: Option<&Session>, output: &mut Vec<u8>) {
        let mut attributes = Vec::with_capacity(self.named.len());
        if self.all {
            for (name, values) in view.shown(id) {
                let listed = self.named.iter().any(|named| named.attribute.name == name);
                if let Some(attribute) = schema().attribute(name).filter(|_| !listed) {
                    attributes.push(self.ranged(view, attribute, None, values));
                }
            }
        }
        for Named { attribute, range } in &self.named {
            let effective = session.and_then(|session| rights::effective(session, view, id, attribute.name));
            let values = effective.unwrap_or_else(|| self.values(view, id, attribute));
            if !values.is_empty() {
                attributes.push(self.ranged(view, attribute, *range, values));
            }
        }
        let dn = self.dn(view, id);
        reply::entry(output, message, dn.as_bytes(), &attributes, self.types_only);
    }

    /// A part of many values, named as such.
    fn ranged(
        &self,
        view: &View<'_>,
        attribute: &'static Attribute,
        range: Option<(usize, Option<usize>)>,
        mut values: Vec<Vec<u8>>,
    ) -> (Cow<'static, str>, Vec<Vec<u8>>) {
        let total = values.len();
        let mut name = Cow::Borrowed(attribute.name);
        if attribute.many && (range.is_some() || total > self.max_val_range) {
            let (low, high) = range.unwrap_or((0, None));
            let most = low.saturating_add(self.max_val_range);
            let end = high.map_or(total, |high| high.saturating_add(1)).min(total).min(most);
            let low = low.min(end);
            values = values[low..end].to_vec();
            let last = if end >= total { "*".to_owned() } else { (end - 1).to_string() };
            name.to_mut().push_str(&format!(";range={low}-{last}"));
        }
        self.in_form(view, attribute, &mut values);
        (name, values)
    }

    pub(super) fn dn(&self, view: &View<'_>, id: Rid) -> String {
        let dn = view.tree.dn(id);
        let Some(form) = self.extended_dn else { return dn };
        let Some(node) = view.tree.node(id) else { return dn };
        let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        let guid = if form == 1 { sid::guid_text(&node.guid) } else { hex(&node.guid) };
        let account = view.values(id, "objectsid").into_iter().next();
        let account = account.map(|octets| match form {
            1 => sid::written(&octets).unwrap_or_default(),
            _ => hex(&octets),
        });
        match account {
            Some(account) => format!("<GUID={guid}>;<SID={account}>;{dn}"),
            None => format!("<GUID={guid}>;{dn}"),
        }
    }
}

/// Whether a search is shown deleted objects: when it asks for them, and administrators alone (KB892806).
pub(super) fn sees_deleted(session: &Session, controls: &Controls) -> bool {
    controls.show_deleted && session.is_administrator()
}

/// Answers a search up to, and without, its last message.
pub(super) fn search(
    session: &mut Session,
    turn: &mut Turn<'_>,
    id: i32,
    search: &SearchRequest<'_>,
    controls: &Controls,
    told: &mut Told,
    output: &mut Vec<u8>,
) -> Result<Vec<ResponseControl>, LdapError> {
    if search.base.is_empty() && search.scope == Scope::Base {
        rootdse::answer(session, turn, id, search, told, output)?;
        return Ok(Vec::new());
    }
    if session.identity.is_none() {
        return Err(LdapError::not_bound());
    }
    let deleted = sees_deleted(session, controls);
    turn.enter(|state, now| {
        let view = session.view(state, now);
        let base = match search.base.is_empty() && controls.phantom_root {
            true => view.tree.places().domain,
            false => resolve(&view, &String::from_utf8_lossy(search.base), deleted)?,
        };
        if session.front.live.is_observed() {
            told.version = version(&view, base);
        }
        if controls.notification {
            return watch(session, &view, id, base, search, controls);
        }
        if controls.dirsync.is_some() {
            return synchronize(session, &view, id, base, search, controls, told, output);
        }
        page(session, &view, id, base, search, controls, told, output)
    })
}

#[allow(clippy::too_many_arguments, reason = "a search has this many sides")]
fn page(
    session: &mut Session,
    view: &View<'_>,
    id: i32,
    base: Rid,
    search: &SearchRequest<'_>,
    controls: &Controls,
    told: &mut Told,
    output: &mut Vec<u8>,
) -> Result<Vec<ResponseControl>, LdapError> {
    let limits = &session.front.options.limits;
    let (mut most, max_val_range) = (limits.max_page_size, limits.max_val_range);
    let mut answer = Vec::new();
    // Only pages are continued.
    let fingerprint = controls.paged.as_ref().map_or(0, |_| controls::fingerprint(search));
    let (mut found, fresh) = match &controls.paged {
        Some((_, cookie)) if !cookie.is_empty() => {
            let known = <[u8; 8]>::try_from(cookie.as_slice()).ok().map(u64::from_le_bytes);
            let paging = known.and_then(|number| session.pagings.remove(&number));
            match paging.filter(|paging| paging.search == fingerprint) {
                Some(paging) => (paging.rest, false),
                None => return Err(bad_cookie()),
            }
        }
        _ => (candidates(view, base, search, sees_deleted(session, controls)), true),
    };
    if fresh {
        found.retain(|id| matching::matches(view, *id, &search.filter) == Some(true));
        if let Some((name, reverse, critical)) = &controls.sort {
            match schema().attribute(name) {
                Some(attribute) => {
                    sort(view, &mut found, attribute, *reverse);
                    answer.push(controls::sorted(0));
                }
                None if *critical => return Err(LdapError::critical_control()),
                None => answer.push(controls::sorted(16)),
            }
        }
    }
    let selection = Selection::new(search, controls, max_val_range).seen_by(session);
    if let Some((size, _)) = controls.paged {
        // A page of none ends the search.
        if size == 0 {
            answer.push(controls::page(b""));
            return Ok(answer);
        }
        most = most.min(size);
    }
    let limited = search.size_limit > 0 && (search.size_limit as usize) < most;
    if limited {
        most = search.size_limit as usize;
    }
    let rest = if found.len() > most { found.split_off(most) } else { Vec::new() };
    for entry in &found {
        selection.entry(view, *entry, id, Some(session), output);
    }
    told.entries = found.len();
    if rest.is_empty() {
        if controls.paged.is_some() {
            answer.push(controls::page(b""));
        }
        output.extend(continuations(view, base, search, controls, id));
        return Ok(answer);
    }
    match &controls.paged {
        Some(_) if !limited => {
            session.paging_number += 1;
            let number = session.paging_number;
            // A client that forgets its searches does not fill the server.
            if session.pagings.len() >= 16 {
                session.pagings.pop_first();
            }
            session.pagings.insert(number, Paging { rest, search: fingerprint });
            answer.push(controls::page(&number.to_le_bytes()));
            Ok(answer)
        }
        _ => Err(LdapError::new(ResultCode::SIZE_LIMIT_EXCEEDED, "")),
    }
}

fn bad_cookie() -> LdapError {
    LdapError::head(
        ResultCode::UNAVAILABLE_CRITICAL_EXTENSION,
        0x57,
        0x0C09_0574,
        "Error processing control",
        0,
    )
}

/// The objects that a search may be about: one where the filter names it, all in its scope otherwise.
fn candidates(view: &View<'_>, base: Rid, search: &SearchRequest<'_>, deleted: bool) -> Vec<Rid> {
    let visible = |id: &Rid| {
        let graveyard = view.tree.places().deleted;
        deleted || (*id != graveyard && view.tree.node(*id).is_some_and(|node| node.deleted_from.is_none()))
    };
    let in_scope = |id: &Rid| match search.scope {
        Scope::Base => *id == base,
        Scope::One => view.tree.node(*id).is_some_and(|node| node.parent == Some(base)),
        Scope::Subtree => view.tree.is_within(*id, base),
    };
    if search.scope != Scope::Base
        && let Some(named) = named(view, &search.filter)
    {
        return named.into_iter().filter(in_scope).filter(visible).collect();
    }
    match search.scope {
        Scope::Base => vec![base],
        Scope::One => view.tree.children(base).filter(visible).collect(),
        Scope::Subtree => view.tree.subtree(base).into_iter().filter(visible).collect(),
    }
}

/// The few objects that alone can meet a filter, where an index tells.
fn named(view: &View<'_>, filter: &Filter<'_>) -> Option<Vec<Rid>> {
    match filter {
        Filter::And(list) => list.iter().find_map(|filter| named(view, filter)),
        Filter::Equal(name, value) => {
            let value_text = || std::str::from_utf8(value).ok();
            match schema().attribute(std::str::from_utf8(name).ok()?)?.key.as_str() {
                "samaccountname" => {
                    let name = value_text()?;
                    let mut found: Vec<Rid> = view.tree.fixed_named(name).collect();
                    let name = name.into();
                    found.extend(view.database.find(&name));
                    found.extend(view.database.buried(&name));
                    Some(found)
                }
                "objectguid" if value.len() == 16 => Some(view.tree.by_guid(value).into_iter().collect()),
                "objectsid" => {
                    let octets = value_text().and_then(sid::parse).unwrap_or_else(|| value.to_vec());
                    Some(view.by_sid(&octets).into_iter().collect())
                }
                "distinguishedname" => Some(view.find(value_text()?).ok().into_iter().collect()),
                "cn" | "name" | "ou" => Some(view.tree.by_name(&super::dn::fold(value_text()?))),
                _ => None,
            }
        }
        _ => None,
    }
}

fn sort(view: &View<'_>, found: &mut [Rid], attribute: &Attribute, reverse: bool) {
    found.sort_by(|one, other| {
        let value = |id: &Rid| view.values(*id, &attribute.key).into_iter().next();
        match (value(one), value(other)) {
            (Some(one), Some(other)) => {
                let order = matching::order(view, attribute, &one, &other);
                if reverse { order.reverse() } else { order }
            }
            // Whoever lacks the attribute comes last.
            (None, Some(_)) => {
                if reverse {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (Some(_), None) => {
                if reverse {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (None, None) => Ordering::Equal,
        }
    });
}

/// References to the naming contexts below the one that was searched.
fn continuations(
    view: &View<'_>,
    base: Rid,
    search: &SearchRequest<'_>,
    controls: &Controls,
    id: i32,
) -> Vec<u8> {
    let naming = &view.tree.naming;
    let places = view.tree.places();
    let below = match base {
        _ if controls.domain_scope || search.scope == Scope::Base => None,
        base if base == places.domain => Some(&naming.configuration),
        base if base == places.configuration => Some(&naming.schema),
        _ => None,
    };
    let Some(below) = below else { return Vec::new() };
    let depth = if search.scope == Scope::One { "??base" } else { "" };
    reply::reference(id, &format!("ldap://{}/{below}{depth}", naming.dns))
}

fn watch(
    session: &mut Session,
    view: &View<'_>,
    id: i32,
    base: Rid,
    search: &SearchRequest<'_>,
    controls: &Controls,
) -> Result<Vec<ResponseControl>, LdapError> {
    let everything =
        matches!(&search.filter, Filter::Present(name) if name.eq_ignore_ascii_case(b"objectClass"));
    if !everything {
        return Err(LdapError::unwilling(0x57, 0x0C09_0719));
    }
    if session.watches.len() >= session.front.options.limits.max_notification_per_conn {
        return Err(LdapError::head(
            ResultCode::ADMIN_LIMIT_EXCEEDED,
            0x2024,
            0x0C09_0727,
            "Too many notifications on this connection",
            0,
        ));
    }
    let attributes =
        Selection::new(search, controls, session.front.options.limits.max_val_range).seen_by(session);
    let seen = view.tree.usn();
    session.watches.push(Watch { id, base, scope: search.scope, attributes, seen });
    Ok(Vec::new())
}

/// What has changed for the watches of a session since they last looked.
pub(super) fn changes(session: &mut Session, turn: &mut Turn<'_>, output: &mut Vec<u8>) {
    turn.enter(|state, now| {
        let view = session.view(state, now);
        let watches = &mut session.watches;
        let latest = view.tree.usn();
        for watch in watches.iter_mut().filter(|watch| watch.seen < latest) {
            let mut changed: Vec<_> = view
                .tree
                .all()
                .filter(|(id, node)| {
                    node.usn_changed > watch.seen
                        && match watch.scope {
                            Scope::Base => *id == watch.base,
                            Scope::One => {
                                node.parent == Some(watch.base) || node.deleted_from == Some(watch.base)
                            }
                            Scope::Subtree => view.tree.is_within(*id, watch.base),
                        }
                })
                .map(|(id, node)| (node.usn_changed, id))
                .collect();
            changed.sort_unstable();
            for (_, id) in changed {
                watch.attributes.entry(&view, id, watch.id, None, output);
            }
            watch.seen = latest;
        }
    });
}

/// The object of a name, or the error that its absence is.
pub(super) fn resolve(view: &View<'_>, name: &str, deleted: bool) -> Result<Rid, LdapError> {
    let shown = |id: Option<Rid>| id.map(|id| view.tree.dn(id)).unwrap_or_default();
    match view.find(name) {
        Ok(id) => match view.tree.node(id) {
            Some(node) if (node.deleted_from.is_some() || id == view.tree.places().deleted) && !deleted => {
                Err(LdapError::no_object(&view.tree.naming.root))
            }
            _ => Ok(id),
        },
        Err(Missing::Malformed) => Err(LdapError::bad_name(name)),
        Err(Missing::Object(best)) => Err(LdapError::no_object(&shown(best))),
        Err(Missing::Elsewhere(domain)) => {
            let url = format!("ldap://{domain}/{name}");
            Err(LdapError::referral(&domain, url))
        }
    }
}

/// The version of what an operation is about, when that is one account.
pub(super) fn version(view: &View<'_>, id: Rid) -> Option<crate::Version> {
    view.database.account_version(id)
}

/// Compares a value.
pub(super) fn compare(
    session: &Session,
    turn: &mut Turn<'_>,
    dn: &[u8],
    attribute: &[u8],
    value: &[u8],
    told: &mut Told,
) -> Result<bool, LdapError> {
    if session.identity.is_none() {
        return Err(LdapError::not_bound());
    }
    turn.enter(|state: &mut State, now: SimTime| {
        let view = session.view(state, now);
        let id = resolve(&view, &text(dn), false)?;
        told.version = version(&view, id);
        let attribute = schema().attribute(&text(attribute)).ok_or_else(LdapError::undefined_attribute)?;
        let values = view.values(id, &attribute.key);
        if values.is_empty() {
            return Err(LdapError::no_value(attribute.name));
        }
        Ok(values.iter().any(|stored| matching::equal(&view, attribute, value, stored)))
    })
}
