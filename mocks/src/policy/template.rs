//! A security template: the text of `GptTmpl.inf`, with the parts that mockdc understands and all others kept.

use std::fmt::{self, Write as _};

use crate::{AccountKey, AccountPolicy, Name, Right};

/// A security template, as `GptTmpl.inf` of a group policy object holds it (MS-GPSB 2.2).
///
/// Sections and keys without a meaning here are kept and written back. Keys are compared without regard to case.
/// A right or group that is *defined and empty* is something else than one that is not defined: nobody holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    pub(crate) sections: Vec<Section>,
}

/// A section with its lines, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) name: Name,
    pub(crate) lines: Vec<Line>,
}

/// A line of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// `key = value`, in a section that mockdc understands.
    Setting { key: Name, value: String },
    /// `key = name, name`, in `[Privilege Rights]` or `[Group Membership]`.
    List { key: Name, names: Vec<Name> },
    /// Anything else, as it stands.
    Kept(String),
}

pub(crate) const UNICODE: &str = "Unicode";
pub(crate) const VERSION: &str = "Version";
pub(crate) const SYSTEM_ACCESS: &str = "System Access";
pub(crate) const PRIVILEGE_RIGHTS: &str = "Privilege Rights";
pub(crate) const GROUP_MEMBERSHIP: &str = "Group Membership";
pub(crate) const MEMBERS: &str = "__Members";
pub(crate) const MEMBER_OF: &str = "__Memberof";

/// How a template's text is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-16, little endian, with a byte order mark: what the policy editor writes.
    #[default]
    Utf16,
    /// UTF-8 with a byte order mark.
    Utf8Marked,
    /// UTF-8 without a mark.
    Utf8,
}

impl Template {
    /// An empty template with the header that Windows expects.
    pub fn new() -> Template {
        let mut template = Template::default();
        template.put(UNICODE, "Unicode", "yes");
        template.put(VERSION, "signature", "\"$CHICAGO$\"");
        template.put(VERSION, "Revision", "1");
        template
    }

    /// The rights that the template defines, with their holders, in the order of the file. Rights that mockdc does
    /// not know are kept and not listed.
    pub fn rights(&self) -> impl Iterator<Item = (Right, &[Name])> {
        self.lists(PRIVILEGE_RIGHTS)
            .filter_map(|(key, names)| key.as_str().parse::<Right>().ok().map(|right| (right, names)))
    }

    /// Who holds a right; `None`: not defined.
    pub fn right(&self, right: Right) -> Option<&[Name]> {
        self.list(PRIVILEGE_RIGHTS, right.constant())
    }

    /// Defines a right with exactly these holders.
    pub fn define_right(&mut self, right: Right, holders: Vec<Name>) {
        self.put_list(PRIVILEGE_RIGHTS, right.constant().into(), holders);
    }

    /// Adds a holder to a right that is defined. Answers whether the template changed.
    pub fn add_to_right(&mut self, right: Right, holder: Name) -> bool {
        match self.list_mut(PRIVILEGE_RIGHTS, right.constant()) {
            Some(names) if !names.contains(&holder) => {
                names.push(holder);
                true
            }
            _ => false,
        }
    }

    /// Takes a holder from a right that is defined; the right stays defined. Answers whether the template changed.
    pub fn remove_from_right(&mut self, right: Right, holder: &Name) -> bool {
        let Some(names) = self.list_mut(PRIVILEGE_RIGHTS, right.constant()) else { return false };
        let before = names.len();
        names.retain(|name| name != holder);
        names.len() != before
    }

    /// Takes a right's definition out. Answers whether there was one.
    pub fn undefine_right(&mut self, right: Right) -> bool {
        self.remove(PRIVILEGE_RIGHTS, right.constant())
    }

    /// The restricted groups with a `Members` list.
    pub fn members(&self) -> impl Iterator<Item = (&str, &[Name])> {
        self.groups(MEMBERS)
    }

    /// The restricted groups with a `Member Of` list.
    pub fn member_of(&self) -> impl Iterator<Item = (&str, &[Name])> {
        self.groups(MEMBER_OF)
    }

    /// Restricts a group (a name or `*S-1-…`) to these members.
    pub fn define_members(&mut self, group: &str, members: Vec<Name>) {
        self.put_list(GROUP_MEMBERSHIP, format!("{group}{MEMBERS}").into(), members);
    }

    /// Makes a group a member of these groups.
    pub fn define_member_of(&mut self, group: &str, groups: Vec<Name>) {
        self.put_list(GROUP_MEMBERSHIP, format!("{group}{MEMBER_OF}").into(), groups);
    }

    /// The account policy settings that the template defines, in their own units (days, minutes).
    pub fn account_settings(&self) -> impl Iterator<Item = (AccountKey, i64)> {
        self.settings(SYSTEM_ACCESS).filter_map(|(key, value)| {
            let key = AccountKey::named(key.as_str())?;
            Some((key, value.parse::<i64>().ok()?))
        })
    }

    /// Defines one account policy setting, in its own unit.
    pub fn define_account_setting(&mut self, key: AccountKey, value: i64) {
        self.put(SYSTEM_ACCESS, key.as_str(), &value.to_string());
    }

    /// Defines every account policy setting.
    pub fn define_account_policy(&mut self, policy: &AccountPolicy) {
        for key in AccountKey::ALL {
            self.define_account_setting(key, key.of(policy));
        }
    }

    /// The template as stored bytes.
    pub fn to_bytes(&self, encoding: Encoding) -> Vec<u8> {
        let text = self.to_string();
        match encoding {
            Encoding::Utf16 => {
                let mut bytes = vec![0xff, 0xfe];
                bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
                bytes
            }
            Encoding::Utf8Marked => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            Encoding::Utf8 => text.into_bytes(),
        }
    }

    fn groups(&self, suffix: &'static str) -> impl Iterator<Item = (&str, &[Name])> {
        self.lists(GROUP_MEMBERSHIP)
            .filter_map(move |(key, names)| Some((without_suffix(key.as_str(), suffix)?, names)))
    }

    fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == *name)
    }

    fn section_mut(&mut self, name: &str) -> &mut Section {
        let at = match self.sections.iter().position(|section| section.name == *name) {
            Some(at) => at,
            None => {
                self.sections.push(Section { name: name.into(), lines: Vec::new() });
                self.sections.len() - 1
            }
        };
        &mut self.sections[at]
    }

    fn settings(&self, section: &str) -> impl Iterator<Item = (&Name, &str)> {
        self.section(section).into_iter().flat_map(|section| &section.lines).filter_map(|line| match line {
            Line::Setting { key, value } => Some((key, value.as_str())),
            Line::List { .. } | Line::Kept(_) => None,
        })
    }

    fn lists(&self, section: &str) -> impl Iterator<Item = (&Name, &[Name])> {
        self.section(section).into_iter().flat_map(|section| &section.lines).filter_map(|line| match line {
            Line::List { key, names } => Some((key, names.as_slice())),
            Line::Setting { .. } | Line::Kept(_) => None,
        })
    }

    fn list(&self, section: &str, key: &str) -> Option<&[Name]> {
        self.lists(section).find(|(other, _)| **other == *key).map(|(_, names)| names)
    }

    fn list_mut(&mut self, section: &str, key: &str) -> Option<&mut Vec<Name>> {
        let section = self.sections.iter_mut().find(|other| other.name == *section)?;
        section.lines.iter_mut().find_map(|line| match line {
            Line::List { key: other, names } if *other == *key => Some(names),
            _ => None,
        })
    }

    fn put(&mut self, section: &str, key: &str, text: &str) {
        let section = self.section_mut(section);
        for line in &mut section.lines {
            if let Line::Setting { key: other, value } = line
                && *other == *key
            {
                text.clone_into(value);
                return;
            }
        }
        section.lines.push(Line::Setting { key: key.into(), value: text.to_owned() });
    }

    fn put_list(&mut self, section: &str, key: Name, list: Vec<Name>) {
        match self.list_mut(section, key.as_str()) {
            Some(names) => *names = list,
            None => self.section_mut(section).lines.push(Line::List { key, names: list }),
        }
    }

    fn remove(&mut self, section: &str, key: &str) -> bool {
        let Some(at) = self.sections.iter().position(|other| other.name == *section) else { return false };
        let lines = &mut self.sections[at].lines;
        let before = lines.len();
        lines.retain(|line| !matches!(line, Line::List { key: other, .. } if *other == *key));
        let removed = lines.len() != before;
        if lines.is_empty() {
            self.sections.remove(at);
        }
        removed
    }
}

/// The text without `suffix`, which may stand in any case.
pub(crate) fn without_suffix<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(suffix.len())?;
    let (head, tail) = (text.get(..at)?, text.get(at..)?);
    tail.eq_ignore_ascii_case(suffix).then_some(head)
}

impl fmt::Display for Template {
    /// The text of the file, with the line ends of Windows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for section in &self.sections {
            write!(f, "[{}]\r\n", section.name)?;
            for line in &section.lines {
                match line {
                    Line::Setting { key, value } => write!(f, "{key} = {value}")?,
                    Line::List { key, names } => {
                        write!(f, "{key} = ")?;
                        for (at, name) in names.iter().enumerate() {
                            if at > 0 {
                                f.write_char(',')?;
                            }
                            write!(f, "{name}")?;
                        }
                    }
                    Line::Kept(text) => f.write_str(text)?,
                }
                f.write_str("\r\n")?;
            }
        }
        Ok(())
    }
}
