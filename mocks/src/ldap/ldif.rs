//! A controller's directory as text (RFC 2849).

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::LiveDomain;
use crate::HostName;

/// Columns of a line; what is longer goes on in the next one, behind a blank.
const COLUMNS: usize = 76;

impl LiveDomain {
    /// The domain's part of one controller's directory, as its administrator sees it now: every object, parents first,
    /// with the attributes that a search for all of them gives. `None`: there is no such controller.
    pub fn ldif(&self, dc: &HostName) -> Option<String> {
        if !self.controllers().iter().any(|(name, _)| name == dc) {
            return None;
        }
        let start = self.start_unix_ms();
        Some(self.enter(|state, now| {
            let view = state.view(dc, now, start);
            let mut text = String::from("version: 1\n");
            for id in view.tree.subtree(view.tree.places().domain) {
                text.push('\n');
                line(&mut text, "dn", view.tree.dn(id).as_bytes());
                for (name, values) in view.shown(id) {
                    for value in values {
                        line(&mut text, name, &value);
                    }
                }
            }
            text
        }))
    }
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
