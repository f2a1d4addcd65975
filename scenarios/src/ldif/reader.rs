//! Reading LDIF, whole: entries as far as they can be read, and every line that cannot.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// An entry of a directory, or a record of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdifEntry {
    /// The line of its `dn:`, from 1.
    pub line: usize,
    /// Its distinguished name.
    pub dn: Vec<u8>,
    /// Its attributes in the order of the file; one with several values stands several times.
    pub attributes: Vec<LdifValue>,
}

/// A line `attribute: value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdifValue {
    /// The line, from 1.
    pub line: usize,
    /// The attribute's name with its options: `cn;lang-de`.
    pub name: String,
    /// The value, decoded; of one that stands in another file (`:<`) that file's address.
    pub value: Vec<u8>,
    /// Whether the value stands in another file.
    pub elsewhere: bool,
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LdifError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl LdifEntry {
    /// The values of an attribute, without regard to case.
    pub fn values(&self, name: &str) -> Vec<&[u8]> {
        let own = self.attributes.iter().filter(|own| own.name.eq_ignore_ascii_case(name));
        own.map(|own| own.value.as_slice()).collect()
    }

    /// The first value of an attribute as text, when it is UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values(name).first().copied().and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// What `ldapsearch` writes between and behind the entries: referrals, and how the search ended.
const OF_THE_SEARCH: &[&str] = &["ref", "search", "result", "text", "matcheddn", "control", "pagedresults"];

/// The entries of a text, and the lines that cannot be read. Records of changes come as entries, with `changetype` and
/// the like as attributes.
pub fn read_ldif(text: &str) -> (Vec<LdifEntry>, Vec<LdifError>) {
    let (mut entries, mut errors) = (Vec::<LdifEntry>::new(), Vec::new());
    let mut open = false;
    for (line, whole) in unfolded(text) {
        if whole.is_empty() {
            open = false;
            continue;
        }
        if whole.starts_with('#') || whole == "-" {
            continue;
        }
        let LdifValue { name, value, elsewhere, .. } = match attribute(line, &whole) {
            Ok(attribute) => attribute,
            Err(reason) => {
                errors.push(LdifError { line, reason });
                continue;
            }
        };
        if name.eq_ignore_ascii_case("dn") {
            entries.push(LdifEntry { line, dn: value, attributes: Vec::new() });
            open = true;
        } else if open && let Some(entry) = entries.last_mut() {
            entry.attributes.push(LdifValue { line, name, value, elsewhere });
        } else if OF_THE_SEARCH.iter().any(|told| name.eq_ignore_ascii_case(told)) {
            continue;
        } else if !name.eq_ignore_ascii_case("version") {
            errors.push(LdifError {
                line,
                reason: format!("`{name}` stands outside of an entry, which begins with `dn:`"),
            });
        } else if value != b"1" {
            let version = String::from_utf8_lossy(&value).into_owned();
            errors.push(LdifError { line, reason: format!("version `{version}` is not 1") });
        }
    }
    (entries, errors)
}

/// The text of a file: UTF-8, or UTF-16 with its mark, as `ldifde -u` writes it. `Err`: the place of the first octet that
/// is neither.
pub fn ldif_text(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        Cow::Owned(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => Ok(wide(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Ok(wide(rest, u16::from_be_bytes)),
        _ => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| error.valid_up_to()),
    }
}

fn attribute(line: usize, whole: &str) -> Result<LdifValue, String> {
    let (name, value) = whole.split_once(':').ok_or_else(|| format!("`{whole}` is no `attribute: value`"))?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "-.;=_*".contains(c);
    if name.is_empty() || !name.chars().all(legal) {
        return Err(format!("`{name}` is no attribute"));
    }
    let name = name.to_owned();
    let (value, elsewhere) = match (value.strip_prefix(':'), value.strip_prefix('<')) {
        (Some(encoded), _) => {
            let encoded: String = encoded.chars().filter(|c| !c.is_whitespace()).collect();
            let decoded = STANDARD.decode(encoded);
            (decoded.map_err(|error| format!("the value of `{name}` is no base64: {error}"))?, false)
        }
        (None, Some(url)) => (url.trim().as_bytes().to_vec(), true),
        (None, None) => (value.trim_start_matches(' ').as_bytes().to_vec(), false),
    };
    Ok(LdifValue { line, name, value, elsewhere })
}

/// Lines with their continuations, which begin with a blank, put behind them; comments go on likewise.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match (line.strip_prefix(' '), lines.last_mut()) {
            (Some(more), Some((_, whole))) if !whole.is_empty() => whole.push_str(more),
            // A line of blanks parts entries like an empty one.
            _ if line.trim().is_empty() => lines.push((at + 1, String::new())),
            _ => lines.push((at + 1, line.to_owned())),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_encoded_and_commented_lines_are_read() {
        let text = "\u{feff}version: 1\r\n\r\n# an export\r\n  of the domain\r\ndn:: Q049WsO2\r\ndescription: one \
                    lo\r\n ng line \r\ncn;lang-de: Zoe\r\nempty:\r\nobjectGUID:: AP8=\r\njpegPhoto:< file:///x\r\n\r\n\r\n\
                    dn: DC=corp\r\nmaxPwdAge:-1\r\n";
        let (entries, errors) = read_ldif(text);
        assert_eq!(errors, []);
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[0].line, entries[0].dn.as_slice()), (5, "CN=Zö".as_bytes()));
        assert_eq!(entries[0].text("DESCRIPTION"), Some("one long line "));
        assert_eq!(entries[0].text("cn;lang-de"), Some("Zoe"));
        assert_eq!(entries[0].text("empty"), Some(""));
        assert_eq!(entries[0].values("objectguid"), [&[0, 0xff]]);
        assert!(entries[0].attributes.iter().any(|value| value.elsewhere && value.value == b"file:///x"));
        assert_eq!(entries[1].text("maxPwdAge"), Some("-1"));
    }

    #[test]
    fn what_a_search_tells_of_itself_is_no_entry() {
        let text = "dn: CN=a\nsearch: of its own\n\n# search reference\nref: ldap://corp.example/CN=Configuration\n\n\
                    # search result\nsearch: 2\nresult: 0 Success\ncontrol: 1.2.840.113556.1.4.319 false MAUCAQAEAA==\n\
                    pagedresults: cookie=\n\n# numEntries: 1\n";
        let (entries, errors) = read_ldif(text);
        assert_eq!(errors, []);
        assert_eq!((entries.len(), entries[0].text("search")), (1, Some("of its own")));
    }

    #[test]
    fn every_line_that_cannot_be_read_is_told() {
        let (entries, errors) =
            read_ldif("version: 2\ncn: a\n\ndn: CN=a\nnonsense\ncn:: !!\na b: c\nsn: d\n");
        let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
        assert_eq!(lines, [1, 2, 5, 6, 7]);
        assert!(errors[3].reason.contains("is no base64"), "{errors:?}");
        assert_eq!(entries[0].text("sn"), Some("d"));
    }

    #[test]
    fn text_is_utf8_or_marked_utf16() {
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("dn: CN=Zö".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(ldif_text(&wide).as_deref(), Ok("dn: CN=Zö"));
        assert_eq!(ldif_text("dn: ü".as_bytes()).as_deref(), Ok("dn: ü"));
        assert_eq!(ldif_text(b"dn: \xfc"), Err(4));
    }
}
