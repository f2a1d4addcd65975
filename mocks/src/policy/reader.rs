//! Reads security templates: bytes to text, text to sections, each mistake with its line and remedy.

use crate::policy::template::{
    GROUP_MEMBERSHIP, Line, MEMBER_OF, MEMBERS, PRIVILEGE_RIGHTS, SYSTEM_ACCESS, Section, UNICODE, VERSION,
    without_suffix,
};
use crate::{AccountKey, Name, Template};

/// A mistake in a security template, with the line in which it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TemplateError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there, and what to do.
    pub problem: TemplateProblem,
}

/// What can be wrong with a security template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateProblem {
    /// The bytes are neither UTF-16 with a byte order mark nor UTF-8. Save the file as *Unicode*.
    #[error(
        "the text is neither UTF-16 (little endian, with a byte order mark) nor UTF-8; save it as Unicode"
    )]
    Encoding,
    /// A setting stands before the first section. Put a header such as `[Privilege Rights]` above it.
    #[error("`{0}` stands in no section; put a header such as `[Privilege Rights]` above it")]
    NoSection(String),
    /// A header is not closed. Write `[Name]`.
    #[error("the header `{0}` is not closed; write `[Name]` on a line of its own")]
    Header(String),
    /// A line of a known section is no setting. Write `key = value`, or `;` before a comment.
    #[error("`{0}` is no setting; write `key = value`, or put `;` before a comment")]
    Setting(String),
    /// A key stands twice. Keep one of the lines.
    #[error("`{key}` is already defined in line {first}; keep one of the two")]
    Twice {
        /// The key.
        key: String,
        /// The line of the first one.
        first: usize,
    },
    /// The signature is not that of a template. Write `signature="$CHICAGO$"`.
    #[error("`{0}` is no signature of a security template; write `signature=\"$CHICAGO$\"`")]
    Signature(String),
    /// A value that should be a number is none.
    #[error("`{value}` is no number; `{key}` takes a whole number from {least} to {most}")]
    Number {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// The least value.
        least: i64,
        /// The most.
        most: i64,
    },
    /// A password could not be changed before it expires.
    #[error(
        "MinimumPasswordAge is {minimum} days and MaximumPasswordAge {maximum}; the least age must be less than \
         the greatest, which -1 switches off"
    )]
    Ages {
        /// The least age.
        minimum: i64,
        /// The greatest age.
        maximum: i64,
    },
    /// A key of `[Privilege Rights]` has not the form of a user right: `Se…Privilege` or `Se…Right`.
    #[error("`{0}` is no user right; rights are written like `SeServiceLogonRight` or `SeTcbPrivilege`")]
    Right(String),
    /// A key of `[Group Membership]` names no list. Add `__Members` or `__Memberof`.
    #[error("`{0}` names no list of a group; write `{0}__Members` or `{0}__Memberof`")]
    Group(String),
    /// A security identifier is malformed. Write `*S-1-5-32-544`.
    #[error("`{0}` is no security identifier; write `*S-1-5-32-544`, for example")]
    Sid(String),
    /// A name holds a character that the format does not allow (MS-GPSB), or is empty or too long.
    #[error(
        "`{0}` is no name of an account or group; allowed are letters, digits, blanks and !#$%&'()-@^_`{{}}~, \
         up to 256 characters, with `DOMAIN\\` before it where it is needed"
    )]
    Account(String),
}

impl Template {
    /// Reads a stored template: UTF-16 (little endian, with a byte order mark) or UTF-8, with or without one.
    pub fn read(bytes: &[u8]) -> Result<Template, TemplateError> {
        Template::parse(&decode(bytes)?)
    }

    /// Reads the text of a template.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader::default();
        let mut lines = text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            let number = at + 1;
            let mut line = line.trim().to_owned();
            // A setting whose line ends with a backslash goes on in the next one.
            while reader.understands() && !line.starts_with(';') && line.ends_with('\\') {
                line.pop();
                let Some((_, next)) = lines.next() else { break };
                line.truncate(line.trim_end().len());
                line.push_str(next.trim());
            }
            reader.line(number, &line)?;
        }
        let template = Template { sections: reader.sections };
        let stands_at = |key: AccountKey| reader.seen.iter().find(|((_, name), _)| *name == *key.as_str());
        match (ages(&template), stands_at(AccountKey::MinimumPasswordAge)) {
            (Some((minimum, maximum)), Some((_, line))) if maximum > 0 && minimum >= maximum => {
                Err(TemplateError { line: *line, problem: TemplateProblem::Ages { minimum, maximum } })
            }
            _ => Ok(template),
        }
    }
}

/// The least and the greatest age of passwords, in days, where the template defines both.
fn ages(template: &Template) -> Option<(i64, i64)> {
    let days = |wanted: AccountKey| template.account_settings().find(|(key, _)| *key == wanted);
    Some((days(AccountKey::MinimumPasswordAge)?.1, days(AccountKey::MaximumPasswordAge)?.1))
}

/// The text of stored bytes.
fn decode(bytes: &[u8]) -> Result<String, TemplateError> {
    let wrong = |line: usize| TemplateError { line, problem: TemplateProblem::Encoding };
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        let (pairs, odd) = rest.as_chunks::<2>();
        let mut text = String::with_capacity(pairs.len());
        for unit in char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair))) {
            text.push(unit.map_err(|_| wrong(lines(text.as_bytes())))?);
        }
        return if odd.is_empty() { Ok(text) } else { Err(wrong(lines(text.as_bytes()))) };
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // UTF-16 without a mark would pass as UTF-8 full of zeros.
    if let Some(zero) = bytes.iter().position(|byte| *byte == 0) {
        return Err(wrong(lines(&bytes[..zero])));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(wrong(lines(&bytes[..error.valid_up_to()]))),
    }
}

/// The line in which the text after `bytes` stands.
fn lines(bytes: &[u8]) -> usize {
    1 + bytes.iter().filter(|byte| **byte == b'\n').count()
}

#[derive(Default)]
struct Reader {
    sections: Vec<Section>,
    /// The section of the present line.
    at: Option<usize>,
    /// Keys of known sections with their lines.
    seen: std::collections::BTreeMap<(usize, Name), usize>,
}

impl Reader {
    /// Whether the present section is one whose lines mockdc reads; all others are kept as they stand.
    fn understands(&self) -> bool {
        self.at.is_some_and(|at| {
            let name = &self.sections[at].name;
            [UNICODE, VERSION, SYSTEM_ACCESS, PRIVILEGE_RIGHTS, GROUP_MEMBERSHIP]
                .iter()
                .any(|known| *name == **known)
        })
    }

    fn line(&mut self, number: usize, line: &str) -> Result<(), TemplateError> {
        let wrong = |problem| TemplateError { line: number, problem };
        if line.starts_with('[') {
            let header = without_comment(line);
            let name = header[1..].strip_suffix(']').map(str::trim).filter(|name| !name.contains(['[', ']']));
            let name = name.ok_or_else(|| wrong(TemplateProblem::Header(line.to_owned())))?;
            self.open(name);
            return Ok(());
        }
        let Some(at) = self.at else {
            return match line.is_empty() || line.starts_with(';') {
                true => Ok(()),
                false => Err(wrong(TemplateProblem::NoSection(line.to_owned()))),
            };
        };
        if line.is_empty() {
            return Ok(());
        }
        if line.starts_with(';') || !self.understands() {
            self.sections[at].lines.push(Line::Kept(line.to_owned()));
            return Ok(());
        }
        let setting = without_comment(line);
        let (key, value) =
            setting.split_once('=').ok_or_else(|| wrong(TemplateProblem::Setting(setting.to_owned())))?;
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() {
            return Err(wrong(TemplateProblem::Setting(setting.to_owned())));
        }
        let line = setting_line(&self.sections[at].name, key, value).map_err(wrong)?;
        if let Some(first) = self.seen.insert((at, key.into()), number) {
            return Err(wrong(TemplateProblem::Twice { key: key.to_owned(), first }));
        }
        self.sections[at].lines.push(line);
        Ok(())
    }

    /// Goes on in the section of this name; a second header of the same name continues the first.
    fn open(&mut self, name: &str) {
        let known = self.sections.iter().position(|section| section.name == *name);
        self.at = Some(known.unwrap_or_else(|| {
            self.sections.push(Section { name: name.into(), lines: Vec::new() });
            self.sections.len() - 1
        }));
    }
}

/// The line without what follows a `;` outside of quotes.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ';' if !quoted => return line[..at].trim_end(),
            _ => {}
        }
    }
    line.trim_end()
}

fn setting_line(section: &Name, key: &str, value: &str) -> Result<Line, TemplateProblem> {
    if *section == *PRIVILEGE_RIGHTS {
        let folded = key.to_ascii_lowercase();
        let form = folded.starts_with("se") && (folded.ends_with("privilege") || folded.ends_with("right"));
        if !form || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(TemplateProblem::Right(key.to_owned()));
        }
        return Ok(Line::List { key: key.into(), names: names(value)? });
    }
    if *section == *GROUP_MEMBERSHIP {
        let group = without_suffix(key, MEMBERS).or_else(|| without_suffix(key, MEMBER_OF));
        check_principal(group.ok_or_else(|| TemplateProblem::Group(key.to_owned()))?)?;
        return Ok(Line::List { key: key.into(), names: names(value)? });
    }
    if *section == *SYSTEM_ACCESS
        && let Some(key) = AccountKey::named(key)
    {
        let (least, most) = key.range();
        let number = value.parse::<i64>().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let value = value.to_owned();
            return Err(TemplateProblem::Number { key: key.as_str(), value, least, most });
        }
    }
    if *section == *VERSION && key.eq_ignore_ascii_case("signature") {
        let signature = value.trim_matches('"');
        if !signature.eq_ignore_ascii_case("$CHICAGO$") && !signature.eq_ignore_ascii_case("$WINDOWS NT$") {
            return Err(TemplateProblem::Signature(value.to_owned()));
        }
    }
    Ok(Line::Setting { key: key.into(), value: value.to_owned() })
}

/// The names of a list. Nothing at all is the empty list: nobody.
fn names(value: &str) -> Result<Vec<Name>, TemplateProblem> {
    let mut names: Vec<Name> = Vec::new();
    for part in value.split(',') {
        let part = part.trim();
        let part = part.strip_prefix('"').and_then(|part| part.strip_suffix('"')).unwrap_or(part).trim();
        // Editors leave a comma behind; the policy engine passes over it.
        if part.is_empty() {
            continue;
        }
        check_principal(part)?;
        let name = Name::from(part);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether the text can stand for an account or group in a template: `NAME`, `DOMAIN\NAME` or `*S-1-…`.
pub fn check_principal(text: &str) -> Result<(), TemplateProblem> {
    if let Some(sid) = text.strip_prefix('*') {
        let mut parts = sid.split('-');
        let form = parts.next().is_some_and(|s| s.eq_ignore_ascii_case("s")) && parts.next() == Some("1");
        let numbers: Vec<&str> = parts.collect();
        let digits = |part: &&str| {
            !part.is_empty() && part.len() <= 15 && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        return match form && (1..=16).contains(&numbers.len()) && numbers.iter().all(digits) {
            true => Ok(()),
            false => Err(TemplateProblem::Sid(text.to_owned())),
        };
    }
    let wrong = || TemplateProblem::Account(text.to_owned());
    let name = match text.split_once('\\') {
        Some((domain, name)) if !domain.is_empty() && domain.chars().all(|c| legal(c) || c == '.') => name,
        Some(_) => return Err(wrong()),
        None => text,
    };
    let length = name.chars().count();
    let fine = (1..=256).contains(&length) && name.trim() == name && name.chars().all(legal);
    if fine { Ok(()) } else { Err(wrong()) }
}

/// The characters of MS-GPSB's group and account names.
fn legal(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, ' ' | '!' | '#'..=')' | '-' | '@' | '^'..='`' | '{' | '}' | '~')
}
