//! Directory synchronisation: what has changed in a naming context since a client's last cookie (MS-ADTS 3.1.1.3.4.1.3).

use std::borrow::Cow;

use super::controls::{self, Controls};
use super::message::SearchRequest;
use super::reply::{self, ResponseControl};
use super::schema::Attribute;
use super::search::Selection;
use super::session::{Session, Told};
use super::tree::Node;
use super::view::{Values, View};
use super::{LdapError, ResultCode, matching, sid};
use crate::directory::Rid;

/// The client sees what it may read, and needs no right to replicate.
const OBJECT_SECURITY: u32 = 0x1;
/// What others stand in comes before them.
const ANCESTORS_FIRST: u32 = 0x800;
/// Of members those who joined and those who left.
const INCREMENTAL_VALUES: u32 = 0x8000_0000;

/// What is given of each object, whether it has changed or not.
const ALWAYS: [&str; 2] = ["objectguid", "instancetype"];
/// What is given of an object that is new, was moved, renamed, deleted or brought back.
const OF_THE_NAME: [&str; 2] = ["name", "parentguid"];
/// What is given of an object that was deleted, or has come back, and of a tombstone that is new.
const OF_A_DELETION: [&str; 2] = ["isdeleted", "lastknownparent"];
/// What controllers do not tell each other.
const NOT_REPLICATED: [&str; 19] = [
    "badpasswordtime",
    "badpwdcount",
    "createtimestamp",
    "directreports",
    "distinguishedname",
    "dscorepropagationdata",
    "lastlogoff",
    "lastlogon",
    "logoncount",
    "managedobjects",
    "memberof",
    "modifytimestamp",
    "serverreferencebl",
    "structuralobjectclass",
    "subrefs",
    "subschemasubentry",
    "usnchanged",
    "usncreated",
    "whenchanged",
];

/// How far a client has come: everything up to `since`, and of what changed up to `upto` the part before `last`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cookie {
    /// Whose numbers these are.
    database: [u8; 16],
    since: u64,
    upto: u64,
    /// The order and number of the last object that was given; `None`: the round is over.
    last: Option<(u64, u32)>,
}

impl Cookie {
    const MARK: &[u8] = b"MSDS";

    fn read(octets: &[u8]) -> Option<Cookie> {
        let fields: &[u8; 45] = octets.strip_prefix(Cookie::MARK)?.try_into().ok()?;
        let number =
            |at: usize| fields[at..at + 8].iter().rev().fold(0, |sum, octet| (sum << 8) | u64::from(*octet));
        let last = (number(33), u32::from_le_bytes([fields[41], fields[42], fields[43], fields[44]]));
        Some(Cookie {
            database: fields[..16].try_into().ok()?,
            since: number(16),
            upto: number(24),
            last: (fields[32] != 0).then_some(last),
        })
    }

    fn written(&self) -> Vec<u8> {
        let mut octets = Cookie::MARK.to_vec();
        octets.extend(self.database);
        octets.extend(self.since.to_le_bytes());
        octets.extend(self.upto.to_le_bytes());
        octets.push(u8::from(self.last.is_some()));
        let (order, number) = self.last.unwrap_or_default();
        octets.extend(order.to_le_bytes());
        octets.extend(number.to_le_bytes());
        octets
    }
}

/// Answers a search with the control.
#[allow(clippy::too_many_arguments, reason = "a search has this many sides")]
pub(super) fn synchronize(
    session: &Session,
    view: &View<'_>,
    id: i32,
    base: Rid,
    search: &SearchRequest<'_>,
    controls: &Controls,
    told: &mut Told,
    output: &mut Vec<u8>,
) -> Result<Vec<ResponseControl>, LdapError> {
    let Some((flags, most, cookie)) = &controls.dirsync else { return Ok(Vec::new()) };
    let replicates = session.is_administrator();
    // Only whole naming contexts are told of; a scope that is none of theirs is taken for theirs.
    let whole = view.tree.node(base).is_some_and(|node| node.parent.is_none());
    if flags & OBJECT_SECURITY == 0 && !(whole && replicates) {
        return Err(LdapError::head(
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS,
            0x2105,
            0x0C09_07B5,
            "Error processing control",
            0,
        ));
    }
    if !whole {
        return Err(LdapError::unwilling(0x20F7, 0x0315_0A8F));
    }
    let mut cookie = match cookie.as_slice() {
        [] => Cookie::default(),
        octets => Cookie::read(octets).ok_or_else(LdapError::bad_cookie)?,
    };
    let database = own_database(session, view);
    if cookie.database != database {
        // Numbers of another controller say nothing here: everything comes again.
        cookie = Cookie { database, ..Cookie::default() };
    }
    if cookie.last.is_none() {
        cookie.upto = view.tree.usn();
    }
    let changed =
        |node: &Node| node.usn_changed > cookie.since && (replicates || node.deleted_from.is_none());
    let order = |id: Rid, node: &Node| match flags & ANCESTORS_FIRST != 0 {
        true => (depth(view, id), id.0),
        false => (node.usn_changed, id.0),
    };
    let mut found: Vec<((u64, u32), Rid)> = view
        .tree
        .subtree(base)
        .into_iter()
        .filter_map(|id| view.tree.node(id).filter(|node| changed(node)).map(|node| (order(id, node), id)))
        .filter(|(order, _)| cookie.last.is_none_or(|last| *order > last))
        .collect();
    found.retain(|(_, id)| matching::matches(view, *id, &search.filter) == Some(true));
    found.sort_unstable();
    let selection = Selection::new(search, controls, usize::MAX).seen_by(session);
    let start = output.len();
    // A client that names no size leaves it to the server.
    let room = usize::try_from(*most).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
    let limit = session.front.options.limits.max_page_size;
    let mut last = None;
    for (order, entry) in &found {
        if told.entries >= limit || output.len() - start >= room {
            break;
        }
        give(view, &selection, *entry, (cookie.since, *flags), id, output);
        told.entries += 1;
        last = Some(*order);
    }
    let more = told.entries < found.len();
    match more {
        true => cookie.last = last,
        false => (cookie.since, cookie.last) = (cookie.upto, None),
    }
    Ok(vec![controls::synchronized(more, &cookie.written())])
}

/// What tells a controller's numbers from another's, and from those that it had before its disk was put back.
fn own_database(session: &Session, view: &View<'_>) -> [u8; 16] {
    let restored = view.tree.restored();
    sid::guid(&format!("{}/{}/{restored:?}", view.tree.naming.dns, session.front.dc), 0)
}

/// How many objects one stands in.
fn depth(view: &View<'_>, id: Rid) -> u64 {
    let above = std::iter::successors(Some(id), |id| view.tree.node(*id)?.parent);
    above.take(256).count() as u64
}

/// One object with what changed of it.
fn give(
    view: &View<'_>,
    selection: &Selection,
    id: Rid,
    (since, flags): (u64, u32),
    message: i32,
    output: &mut Vec<u8>,
) {
    let Some(node) = view.tree.node(id) else { return };
    let history = view.tree.history(id);
    let is_new = node.usn_created > since;
    let has_changed = |name: &str| is_new || history.is_some_and(|history| history.changed(name, since));
    let moved = has_changed("name");
    let mut attributes: Vec<(Cow<'static, str>, Values)> = Vec::new();
    let mut add = |name: Cow<'static, str>, attribute: &Attribute, mut values: Values| {
        selection.in_form(view, attribute, &mut values);
        attributes.push((name, values));
    };
    let own = ALWAYS.iter().chain(OF_THE_NAME.iter().filter(|_| moved));
    let own = own.chain(OF_A_DELETION.iter().filter(|name| has_changed(name)));
    let own: Vec<&'static Attribute> =
        own.filter_map(|name| super::schema::schema().attribute(name)).collect();
    for attribute in &own {
        let values = view.values(id, &attribute.key);
        if !values.is_empty() || !is_new {
            add(attribute.name.into(), attribute, values);
        }
    }
    for attribute in selection.of(view, id) {
        let key = attribute.key.as_str();
        let apart = attribute.computed || attribute.secret || NOT_REPLICATED.contains(&key);
        if apart
            || own.iter().any(|known| known.name == attribute.name)
            || OF_THE_NAME.contains(&key)
            || OF_A_DELETION.contains(&key)
        {
            continue;
        }
        let named = matches!(key, "cn" | "ou" | "dc" | "o" | "c" | "l") && moved;
        if !(has_changed(key) || named && !view.values(id, key).is_empty()) {
            continue;
        }
        let values = selection.values(view, id, attribute);
        if key == "member" && flags & INCREMENTAL_VALUES != 0 {
            let (joined, left) = match (is_new, history) {
                (false, Some(history)) => increments(view, id, history, since),
                _ => (values, Values::new()),
            };
            for (range, values) in [("member;range=1-1", joined), ("member;range=0-0", left)] {
                if !values.is_empty() {
                    add(range.into(), attribute, values);
                }
            }
        } else if !(is_new && values.is_empty()) {
            // One that has been taken away comes without values.
            add(attribute.name.into(), attribute, values);
        }
    }
    reply::entry(output, message, selection.dn(view, id).as_bytes(), &attributes, selection.types_only);
}

/// Who joined a group and who left it. Of members that are no accounts all count as joined when one has changed.
fn increments(view: &View<'_>, group: Rid, history: &super::tree::History, since: u64) -> (Values, Values) {
    let (mut joined, mut left) = (Values::new(), Values::new());
    for (member, is_member) in history.members(since) {
        let Some(node) = view.tree.node(member) else { continue };
        if node.deleted_from.is_some() || view.shown_primary_group(member) == Some(group) {
            continue;
        }
        let name = view.tree.dn(member).into_bytes();
        if is_member { joined.push(name) } else { left.push(name) }
    }
    if history.others_changed(since) {
        joined.extend(view.stated(group, "member").unwrap_or_default());
    }
    (joined, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_as_it_was_written_and_nothing_else_is_one() {
        let cookie = Cookie { database: [7; 16], since: 8_200, upto: 8_300, last: Some((5, 0x6000_0001)) };
        let written = cookie.written();
        assert_eq!(Cookie::read(&written), Some(cookie));
        let over = Cookie { last: None, ..cookie };
        assert_eq!(Cookie::read(&over.written()), Some(over));
        assert_eq!(Cookie::read(&written[..48]), None);
        assert_eq!(Cookie::read(b"MSDS"), None);
    }
}
