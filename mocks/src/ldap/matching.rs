//! Filters against objects: three-valued, by the syntax of each attribute, with the matching rules of the directory.

use std::cmp::Ordering;

use super::dn;
use super::message::{Filter, Piece};
use super::schema::{Attribute, Syntax, schema};
use super::sid;
use super::view::{Values, View, number};
use crate::directory::Rid;

const BIT_AND: &[u8] = b"1.2.840.113556.1.4.803";
const BIT_OR: &[u8] = b"1.2.840.113556.1.4.804";
const IN_CHAIN: &[u8] = b"1.2.840.113556.1.4.1941";

/// Whether an object meets a filter; `None`: that cannot be told, which no client sees as a match.
pub(super) fn matches(view: &View<'_>, id: Rid, filter: &Filter<'_>) -> Option<bool> {
    match filter {
        Filter::And(list) => {
            let mut all = Some(true);
            for filter in list {
                match matches(view, id, filter) {
                    Some(false) => return Some(false),
                    None => all = None,
                    Some(true) => {}
                }
            }
            all
        }
        Filter::Or(list) => {
            let mut any = Some(false);
            for filter in list {
                match matches(view, id, filter) {
                    Some(true) => return Some(true),
                    None => any = None,
                    Some(false) => {}
                }
            }
            any
        }
        Filter::Not(inner) => matches(view, id, inner).map(|met| !met),
        Filter::Present(name) => {
            let attribute = known(name)?;
            Some(!view.values(id, &attribute.key).is_empty())
        }
        Filter::Equal(name, value) | Filter::Approximate(name, value) => {
            if name.eq_ignore_ascii_case(b"anr") {
                return Some(resolves(view, id, value));
            }
            let attribute = known(name)?;
            let wanted = Wanted::new(view, attribute, value)?;
            Some(stored(view, id, attribute).iter().any(|value| wanted.equals(attribute, value)))
        }
        Filter::GreaterOrEqual(name, value) => compares(view, id, name, value, Ordering::is_ge),
        Filter::LessOrEqual(name, value) => compares(view, id, name, value, Ordering::is_le),
        Filter::Substrings(name, pieces) => {
            let attribute = known(name)?;
            if pieces.is_empty() {
                return None;
            }
            if attribute.name == "aNR" {
                let start = pieces.iter().find_map(|piece| match piece {
                    Piece::Initial(start) => Some(*start),
                    _ => None,
                })?;
                return Some(resolves(view, id, start));
            }
            // Names and numbers have no pieces.
            if !matches!(
                attribute.syntax,
                Syntax::Text | Syntax::Printable | Syntax::Numeric | Syntax::Ia5 | Syntax::Octets
            ) {
                return None;
            }
            let fold = attribute.syntax != Syntax::Octets;
            Some(stored(view, id, attribute).iter().any(|value| has_pieces(value, pieces, fold)))
        }
        Filter::Extensible { rule, attribute, value, .. } => {
            let attribute = known((*attribute)?)?;
            match *rule {
                Some(BIT_AND) => bits(view, id, attribute, value, |have, want| have & want == want),
                Some(BIT_OR) => bits(view, id, attribute, value, |have, want| have & want != 0),
                Some(IN_CHAIN) => in_chain(view, id, attribute, value),
                None => matches(view, id, &Filter::Equal(attribute.name.as_bytes(), value)),
                Some(_) => None,
            }
        }
    }
}

/// The attribute of a description, its options aside; `None`: the schema has none such.
fn known(name: &[u8]) -> Option<&'static Attribute> {
    let name = std::str::from_utf8(name).ok()?;
    schema().attribute(name.split(';').next().unwrap_or(name))
}

fn stored(view: &View<'_>, id: Rid, attribute: &Attribute) -> Values {
    view.values(id, &attribute.key)
}

/// A value that a filter asks for, brought into the form in which it is compared.
enum Wanted {
    Octets(Vec<u8>),
    Folded(String),
    Number(i64),
    Class(String),
}

impl Wanted {
    fn new(view: &View<'_>, attribute: &Attribute, value: &[u8]) -> Option<Wanted> {
        let text = || std::str::from_utf8(value).ok();
        Some(match attribute.syntax {
            Syntax::Octets | Syntax::Descriptor => Wanted::Octets(match text().and_then(sid::parse_guid) {
                // An identifier may be written as text.
                Some(guid) if attribute.name.ends_with("GUID") && value.len() != 16 => guid.to_vec(),
                _ => value.to_vec(),
            }),
            Syntax::Sid => Wanted::Octets(text().and_then(sid::parse).unwrap_or_else(|| value.to_vec())),
            Syntax::Integer | Syntax::LargeInteger => Wanted::Number(number(value)?),
            Syntax::Time => Wanted::Number(super::time::parse_generalized(text()?)?),
            Syntax::Dn if attribute.name == "objectCategory" && !value.contains(&b'=') => {
                // The category may be asked for by the class's name.
                let class = schema().class(text()?)?;
                Wanted::Folded(dn::normal(&super::forest::category(class.name, &view.tree.naming))?)
            }
            Syntax::Dn => {
                let text = text()?;
                let name = match text.starts_with('<') {
                    true => view.tree.dn(view.find(text).ok()?),
                    false => text.to_owned(),
                };
                Wanted::Folded(dn::normal(&name)?)
            }
            Syntax::Oid => {
                let text = text()?;
                let class = schema().class(text).map(|class| class.name);
                let name = class.or_else(|| schema().attribute(text).map(|attribute| attribute.name));
                Wanted::Class(dn::fold(name.unwrap_or(text)))
            }
            Syntax::Boolean => match text()?.to_ascii_uppercase().as_str() {
                boolean @ ("TRUE" | "FALSE") => Wanted::Octets(boolean.as_bytes().to_vec()),
                _ => return None,
            },
            Syntax::DnBinary | Syntax::Printable | Syntax::Numeric | Syntax::Ia5 | Syntax::Text => {
                Wanted::Folded(dn::fold(text()?.trim_end_matches(' ')))
            }
        })
    }

    fn equals(&self, attribute: &Attribute, value: &[u8]) -> bool {
        match self {
            Wanted::Folded(wanted) if attribute.syntax != Syntax::Dn && value.is_ascii() => {
                value.eq_ignore_ascii_case(wanted.as_bytes())
            }
            _ => self.compare(attribute, value) == Some(Ordering::Equal),
        }
    }

    /// How a stored value stands to the wanted one.
    fn compare(&self, attribute: &Attribute, value: &[u8]) -> Option<Ordering> {
        Some(match self {
            Wanted::Octets(wanted) => value.cmp(wanted.as_slice()),
            Wanted::Number(wanted) => {
                let value = match attribute.syntax {
                    Syntax::Time => super::time::parse_generalized(std::str::from_utf8(value).ok()?)?,
                    _ => number(value)?,
                };
                value.cmp(wanted)
            }
            Wanted::Folded(wanted) => {
                let text = std::str::from_utf8(value).ok()?;
                let folded = match attribute.syntax {
                    Syntax::Dn => dn::normal(text)?,
                    _ => dn::fold(text),
                };
                folded.as_str().cmp(wanted)
            }
            Wanted::Class(wanted) => dn::fold(std::str::from_utf8(value).ok()?).as_str().cmp(wanted),
        })
    }
}

fn compares(
    view: &View<'_>,
    id: Rid,
    name: &[u8],
    value: &[u8],
    holds: fn(Ordering) -> bool,
) -> Option<bool> {
    let attribute = known(name)?;
    let wanted = Wanted::new(view, attribute, value)?;
    let values = stored(view, id, attribute);
    Some(values.iter().any(|value| wanted.compare(attribute, value).is_some_and(holds)))
}

/// Whether a value equals another by the attribute's syntax.
pub(super) fn equal(view: &View<'_>, attribute: &Attribute, one: &[u8], other: &[u8]) -> bool {
    Wanted::new(view, attribute, one).map_or(one == other, |wanted| wanted.equals(attribute, other))
}

/// How values sort.
pub(super) fn order(view: &View<'_>, attribute: &Attribute, one: &[u8], other: &[u8]) -> Ordering {
    let wanted = Wanted::new(view, attribute, other);
    wanted.and_then(|wanted| wanted.compare(attribute, one)).unwrap_or_else(|| one.cmp(other))
}

fn has_pieces(value: &[u8], pieces: &[Piece<'_>], fold: bool) -> bool {
    let folded = |octets: &[u8]| match std::str::from_utf8(octets) {
        Ok(text) if fold => dn::fold(text).into_bytes(),
        _ => octets.to_vec(),
    };
    let value = folded(value);
    let mut rest = value.as_slice();
    for piece in pieces {
        match piece {
            Piece::Initial(start) => match rest.strip_prefix(folded(start).as_slice()) {
                Some(tail) => rest = tail,
                None => return false,
            },
            Piece::Any(middle) => {
                let middle = folded(middle);
                let at = match middle.len() {
                    0 => Some(0),
                    length => rest.windows(length).position(|window| window == middle),
                };
                match at {
                    Some(at) => rest = &rest[at + middle.len()..],
                    None => return false,
                }
            }
            Piece::Final(end) => return rest.ends_with(&folded(end)),
        }
    }
    true
}

fn bits(
    view: &View<'_>,
    id: Rid,
    attribute: &Attribute,
    value: &[u8],
    holds: fn(i64, i64) -> bool,
) -> Option<bool> {
    if !matches!(attribute.syntax, Syntax::Integer | Syntax::LargeInteger) {
        return None;
    }
    let mut wanted = number(value)?;
    if attribute.syntax == Syntax::Integer {
        wanted = i64::from(wanted as i32);
    }
    Some(stored(view, id, attribute).iter().filter_map(|value| number(value)).any(|have| holds(have, wanted)))
}

/// Whether the wanted object can be reached by following the attribute again and again.
fn in_chain(view: &View<'_>, id: Rid, attribute: &Attribute, value: &[u8]) -> Option<bool> {
    if attribute.syntax != Syntax::Dn {
        return None;
    }
    let target = view.find(std::str::from_utf8(value).ok()?).ok()?;
    let name = &attribute.key;
    let mut seen = vec![id];
    let mut next = 0;
    while let Some(at) = seen.get(next).copied() {
        for linked in view.values(at, name) {
            let Some(linked) = std::str::from_utf8(&linked).ok().and_then(|dn| view.tree.find(dn)) else {
                continue;
            };
            if linked == target {
                return Some(true);
            }
            if !seen.contains(&linked) {
                seen.push(linked);
            }
        }
        next += 1;
    }
    Some(false)
}

/// Ambiguous name resolution: a beginning of any of the attributes of its set; a text of two words also as first and
/// last name in either order.
fn resolves(view: &View<'_>, id: Rid, value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let (exact, text) = match text.strip_prefix('=') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let wanted = dn::fold(text.trim_start());
    let begins = |name: &str, wanted: &str| {
        view.values(id, name).iter().filter_map(|value| std::str::from_utf8(value).ok()).any(|value| {
            let value = dn::fold(value);
            if exact { value == wanted } else { value.starts_with(wanted) }
        })
    };
    if schema()
        .attributes()
        .filter(|attribute| attribute.anr)
        .any(|attribute| begins(&attribute.key, &wanted))
    {
        return true;
    }
    wanted.split_once(' ').is_some_and(|(first, last)| {
        (begins("givenname", first) && begins("sn", last))
            || (begins("sn", first) && begins("givenname", last))
    })
}
