//! Distinguished names (RFC 4514) as Active Directory compares them: case does not count, neither do blanks around.

/// A relative name: the attribute and its value without escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rdn {
    /// Its attribute as written: `CN`.
    pub attribute: String,
    /// Its value.
    pub value: String,
}

impl Rdn {
    /// What tells it from its siblings.
    pub fn key(&self) -> String {
        format!("{}={}", self.attribute.to_ascii_lowercase(), fold(&self.value))
    }

    /// As it stands in a name.
    pub fn written(&self) -> String {
        format!("{}={}", self.attribute, escape(&self.value))
    }
}

/// The keys of a name's parts as they stand in it, with commas between them; `None`: it has escapes, quotes, blanks or
/// letters of which a reader has to make something first.
#[cfg(any(feature = "ldap", test))]
pub(crate) fn plain_keys(text: &str) -> Option<String> {
    let mut keys = String::with_capacity(text.len());
    for part in text.split(',') {
        let (attribute, value) = part.split_once('=')?;
        let legal = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'.';
        let plain = |c: u8| c.is_ascii() && !b"\\\"+<>;".contains(&c);
        let bare = |text: &str| !text.is_empty() && !text.starts_with(' ') && !text.ends_with(' ');
        let sound =
            bare(attribute) && attribute.bytes().all(legal) && bare(value) && value.bytes().all(plain);
        // What only looks like white space to a reader of texts is left to it, too.
        if !sound || value.bytes().any(|c| c.is_ascii_control()) {
            return None;
        }
        if !keys.is_empty() {
            keys.push(',');
        }
        keys.push_str(part);
    }
    keys.make_ascii_lowercase();
    Some(keys)
}

/// Case folded for comparison.
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}

/// The relative names of a distinguished name, the leaf first; `None`: it is none.
pub fn parse(text: &str) -> Option<Vec<Rdn>> {
    let mut rdns = Vec::new();
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return Some(rdns);
    }
    loop {
        let (attribute, tail) = rest.split_once('=')?;
        let attribute = attribute.trim();
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if attribute.is_empty() || !attribute.chars().all(legal) {
            return None;
        }
        let (value, next) = value(tail.trim_start())?;
        if value.is_empty() {
            return None;
        }
        rdns.push(Rdn { attribute: attribute.to_owned(), value });
        match next {
            Some(next) => rest = next,
            None => return Some(rdns),
        }
    }
}

/// A value up to the next comma, without escapes, and what stands behind that.
fn value(text: &str) -> Option<(String, Option<&str>)> {
    let mut bytes = Vec::new();
    let mut kept = 0;
    let mut chars = text.char_indices().peekable();
    let mut quoted = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if bytes.is_empty() && !quoted => quoted = true,
            '"' if quoted => quoted = false,
            '\\' => {
                let (_, next) = chars.next()?;
                if let Some(high) = next.to_digit(16) {
                    let (_, low) = chars.next()?;
                    bytes.push((high * 16 + low.to_digit(16)?) as u8);
                } else {
                    let mut buffer = [0; 4];
                    bytes.extend(next.encode_utf8(&mut buffer).as_bytes());
                }
                kept = bytes.len();
            }
            ',' | ';' if !quoted => {
                bytes.truncate(bytes.len().min(kept.max(trimmed(&bytes))));
                return Some((String::from_utf8(bytes).ok()?, Some(&text[at + 1..])));
            }
            '+' | '<' | '>' if !quoted => return None,
            c => {
                let mut buffer = [0; 4];
                bytes.extend(c.encode_utf8(&mut buffer).as_bytes());
            }
        }
    }
    if quoted {
        return None;
    }
    bytes.truncate(kept.max(trimmed(&bytes)));
    Some((String::from_utf8(bytes).ok()?, None))
}

/// The length without blanks at the end.
fn trimmed(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1)
}

/// The form in which names are compared; `None`: it is no name.
pub fn normal(text: &str) -> Option<String> {
    let keys: Vec<_> = parse(text)?.iter().map(Rdn::key).collect();
    Some(keys.join(","))
}

/// A value with the escapes that it needs in a name.
pub fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => text.extend(['\\', c]),
            ' ' if at == 0 || at == last => text.extend(['\\', ' ']),
            '#' if at == 0 => text.extend(['\\', '#']),
            c if (c as u32) < 0x20 => text.push_str(&format!("\\{:02X}", c as u32)),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_case_blanks_and_escapes() {
        assert_eq!(normal(r"CN=Doe\, Jane , OU=People,DC=corp"), normal(r"cn=doe\2c jane,ou=people,dc=CORP"));
        assert_eq!(normal("cn=\"Doe, Jane\",dc=corp"), normal(r"cn=Doe\, Jane,dc=corp"));
        for wrong in
            ["cn", "=x", "cn=", "cn=a,", "cn=a+sn=b", "cn=\\", "cn=\\4", "cn=\"a", "c n=x", "cn=\\ff"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse(""), Some(Vec::new()));
        assert_eq!(parse(r"cn=a\ ").unwrap()[0].value, "a ");
    }

    #[test]
    fn the_keys_of_a_plain_name_are_those_that_a_reader_makes() {
        let sound = "CN=Doe (x=y) #1/2,OU=Two  Words,dc=CORP";
        for name in
            [sound, "CN=a", "cn=a, dc=b", "cn=ü", r"cn=a\,b", "cn=a,,dc=b", "cn=", "x", "", "cn=a ,dc=b"]
        {
            if let Some(keys) = plain_keys(name) {
                assert_eq!(Some(keys), normal(name), "{name}");
            }
        }
        assert!(plain_keys(sound).is_some() && plain_keys("CN=a").is_some());
        assert!(plain_keys(r"cn=a\,b").is_none() && plain_keys("cn=a, dc=b").is_none());
    }

    #[test]
    fn what_is_escaped_reads_back() {
        for value in
            ["a,b", " lead", "trail ", "#hash", "x=y", "quo\"te", "back\\slash", "new\nline", "ü;+<>"]
        {
            let written = format!("CN={},DC=x", escape(value));
            assert_eq!(parse(&written).unwrap()[0].value, value, "{written}");
        }
    }
}
