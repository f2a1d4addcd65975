//! A controller's directory as text (RFC 2849).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::LiveDomain;
use super::schema::{Syntax, schema};
use super::view::{Values, View};
use crate::directory::Rid;
use crate::{AccountFlag, HostName};

/// Columns of a line; what is longer goes on in the next one, behind a blank.
const COLUMNS: usize = 76;

/// Attributes that a directory gives an object by itself although whoever makes it might, or that mean nothing elsewhere.
const MADE_THERE: &[&str] = &[
    "adminCount",
    "gPLink",
    "gPOptions",
    "lockoutTime",
    "objectCategory",
    "otherWellKnownObjects",
    "showInAdvancedViewOnly",
];

impl LiveDomain {
    /// The domain's part of one controller's directory, as its administrator sees it now: every object, parents first,
    /// with the attributes that a search for all of them gives. `None`: there is no such controller.
    pub fn ldif(&self, dc: &HostName) -> Option<String> {
        self.written(dc, |view, ids, text| {
            for id in ids {
                text.push('\n');
                line(text, "dn", view.tree.dn(id).as_bytes());
                for (name, values) in view.shown(id) {
                    values.iter().for_each(|value| line(text, name, value));
                }
            }
        })
    }

    /// What has to be added to another directory of the same name, by `ldapadd` or `ldifde -i`, so that it has what one
    /// controller's directory has now and not every domain: as changes, without what a directory makes by itself. Passwords
    /// are not among it. Values that name other objects come last, when these are there. `None`: there is no such
    /// controller.
    pub fn ldif_to_add(&self, dc: &HostName) -> Option<String> {
        self.written(dc, |view, ids, text| {
            let ids: Vec<Rid> = ids.collect();
            let own: BTreeSet<Rid> = ids.iter().copied().filter(|id| is_own(view, *id)).collect();
            let names: BTreeSet<Vec<u8>> = own.iter().map(|id| view.tree.dn(*id).into_bytes()).collect();
            for id in ids.iter().filter(|id| own.contains(id)) {
                change(text, &view.tree.dn(*id), "add");
                let (classes, others): (Vec<_>, Vec<_>) =
                    added(view, *id).partition(|(name, _)| *name == "objectClass");
                for (name, values) in classes.iter().chain(&others) {
                    values.iter().for_each(|value| line(text, name, value));
                }
            }
            for id in ids {
                let whole = own.contains(&id);
                for (name, mut values) in view.shown(id) {
                    // What every domain has, has members beside.
                    values.retain(|value| whole || names.contains(value));
                    if is_reference(name) && !values.is_empty() && (whole || name == "member") {
                        change(text, &view.tree.dn(id), "modify");
                        line(text, "add", name.as_bytes());
                        values.iter().for_each(|value| line(text, name, value));
                        text.push_str("-\n");
                    }
                }
            }
        })
    }

    /// What `write` makes of the objects of a controller's domain that are not deleted.
    fn written(
        &self,
        dc: &HostName,
        write: impl FnOnce(&View<'_>, &mut dyn Iterator<Item = Rid>, &mut String),
    ) -> Option<String> {
        if !self.controllers().iter().any(|(name, _)| name == dc) {
            return None;
        }
        let start = self.start_unix_ms();
        Some(self.enter(|state, now| {
            let view = state.view(dc, now, start);
            let mut text = String::from("version: 1\n");
            let places = view.tree.places();
            // Neither deleted objects nor the container of these are found by a search.
            let there = |id: &Rid| {
                let node = view.tree.node(*id).filter(|_| *id != places.deleted);
                node.is_some_and(|node| node.deleted_from.is_none())
            };
            let ids = view.tree.subtree(places.domain);
            write(&view, &mut ids.into_iter().filter(there), &mut text);
            text
        }))
    }
}

/// Whether an object is there because somebody made it, and not in every domain. Controllers have accounts of their own.
fn is_own(view: &View<'_>, id: Rid) -> bool {
    if id >= Rid::FIRST_FIXED {
        let unit = view.tree.node(id).is_some_and(|node| node.class == "organizationalUnit");
        return unit && id != view.tree.places().controllers;
    }
    let controller = |flags: &BTreeSet<_>| flags.contains(&AccountFlag::ServerTrustAccount);
    !id.is_built_in() && !view.database.flags(id).is_some_and(controller)
}

/// The attributes with which an object is added: those that nobody but whoever adds it can know.
fn added(view: &View<'_>, id: Rid) -> impl Iterator<Item = (&'static str, Values)> {
    let all = view.shown(id).into_iter();
    all.filter(|(name, values)| {
        let made = schema().attribute(name).is_none_or(|attribute| attribute.system || attribute.computed);
        let default = match *name {
            // Anything but a password that has to be changed.
            "pwdLastSet" => values.iter().any(|value| value != b"0"),
            "primaryGroupID" => true,
            _ => false,
        };
        !made && !default && !is_reference(name) && !MADE_THERE.contains(name)
    })
}

/// Whether values of an attribute name other objects.
fn is_reference(name: &str) -> bool {
    schema()
        .attribute(name)
        .is_some_and(|attribute| attribute.syntax == Syntax::Dn && !attribute.system && !attribute.computed)
        && !MADE_THERE.contains(&name)
}

/// The head of a change.
fn change(text: &mut String, dn: &str, kind: &str) {
    text.push('\n');
    line(text, "dn", dn.as_bytes());
    line(text, "changetype", kind.as_bytes());
}

/// An attribute with a value, encoded where plain text could not carry it, and folded.
fn line(text: &mut String, name: &str, value: &[u8]) {
    let plain = std::str::from_utf8(value).ok().filter(|value| {
        !value.starts_with([' ', ':', '<'])
            && !value.ends_with(' ')
            && value.bytes().all(|octet| (0x20..0x7f).contains(&octet))
    });
    let mut whole = name.to_owned();
    // Writing into a text does not fail.
    let _ = match plain {
        Some(value) => write!(whole, ": {value}"),
        None => write!(whole, ":: {}", STANDARD.encode(value)),
    };
    let mut rest = whole.as_str();
    let mut room = COLUMNS;
    while rest.len() > room {
        let (now, then) = rest.split_at(room);
        let _ = write!(text, "{now}\n ");
        rest = then;
        room = COLUMNS - 1;
    }
    let _ = writeln!(text, "{rest}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, value: &[u8]) -> String {
        let mut text = String::new();
        line(&mut text, name, value);
        text
    }

    #[test]
    fn values_are_plain_encoded_or_folded() {
        assert_eq!(written("cn", b"Ann Lee"), "cn: Ann Lee\n");
        assert_eq!(written("cn", "Zoë".as_bytes()), "cn:: Wm/Dqw==\n");
        assert_eq!(written("cn", b" x"), "cn:: IHg=\n");
        assert_eq!(written("cn", b"x "), "cn:: eCA=\n");
        assert_eq!(written("objectGUID", &[0, 0xff]), "objectGUID:: AP8=\n");
        let long = written("description", &[b'a'; 200]);
        assert!(long.lines().all(|line| line.len() <= COLUMNS));
        assert_eq!(long.replace("\n ", ""), format!("description: {}\n", "a".repeat(200)));
    }
}
