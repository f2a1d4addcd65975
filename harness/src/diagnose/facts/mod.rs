//! What a customer sends beside logs: security templates, registry exports, the state of replication, directory
//! entries.

mod ldif;
mod registry;
mod repadmin;

use mockdc_mocks::{Right, Template};

pub use ldif::Entry;
pub use registry::RegistryValue;
pub use repadmin::Link;

use super::read;

/// What kind of file it is, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A log.
    Log,
    /// `GptTmpl.inf`, or an export of `secedit`.
    Template,
    /// A `.reg` export.
    Registry,
    /// `repadmin /showrepl /csv`.
    Replication,
    /// LDIF.
    Directory,
}

/// Everything that is known beside logs.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Security templates, each with its file.
    pub templates: Vec<(String, Template)>,
    /// Registry values, each with its file.
    pub registry: Vec<(String, RegistryValue)>,
    /// Replication links, each with its file.
    pub links: Vec<(String, Link)>,
    /// Directory entries, each with its file.
    pub entries: Vec<(String, Entry)>,
}

/// A file of this kind cannot be read; the line and what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct FactError {
    /// The file.
    pub path: String,
    /// What is wrong, with its line where there is one.
    pub reason: String,
}

/// The kind of a file, by its first kilobytes as text.
pub(crate) fn kind_of(head: &str) -> Kind {
    let mut lines =
        head.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    if first.starts_with("Windows Registry Editor") || first == "REGEDIT4" {
        return Kind::Registry;
    }
    if head.contains("showrepl_COLUMNS") {
        return Kind::Replication;
    }
    let section =
        |line: &str| matches!(line, "[Unicode]" | "[Version]" | "[Privilege Rights]" | "[System Access]");
    if section(first)
        || (first.starts_with(';') && lines.clone().find(|line| !line.starts_with(';')).is_some_and(section))
    {
        return Kind::Template;
    }
    let mut entries = std::iter::once(first).chain(lines).filter(|line| !line.starts_with('#'));
    let entry = entries.find(|line| !line.to_ascii_lowercase().starts_with("version:")).unwrap_or_default();
    if entry.to_ascii_lowercase().starts_with("dn:") {
        return Kind::Directory;
    }
    Kind::Log
}

impl Facts {
    /// Adds what a file holds that is no log.
    pub fn add(&mut self, path: &str, kind: Kind, bytes: &[u8]) -> Result<(), FactError> {
        let failed =
            |reason: &dyn std::fmt::Display| FactError { path: path.to_owned(), reason: reason.to_string() };
        let whole = || read::decode(bytes);
        match kind {
            Kind::Log => {}
            Kind::Template => {
                let template = Template::read(bytes).map_err(|error| failed(&error))?;
                self.templates.push((path.to_owned(), template));
            }
            Kind::Registry => {
                let values = registry::values(&whole()).map_err(|error| failed(&error))?;
                self.registry.extend(values.into_iter().map(|value| (path.to_owned(), value)));
            }
            Kind::Replication => {
                let links = repadmin::links(&whole()).map_err(|error| failed(&error))?;
                self.links.extend(links.into_iter().map(|link| (path.to_owned(), link)));
            }
            Kind::Directory => {
                let entries = ldif::entries(&whole()).map_err(|error| failed(&error))?;
                self.entries.extend(entries.into_iter().map(|entry| (path.to_owned(), entry)));
            }
        }
        Ok(())
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
            && self.registry.is_empty()
            && self.links.is_empty()
            && self.entries.is_empty()
    }

    /// A registry value by the end of its key and its name, without regard to case.
    pub fn value(&self, key: &str, name: &str) -> Option<&(String, RegistryValue)> {
        let key = key.to_ascii_lowercase();
        self.registry.iter().find(|(_, value)| {
            value.key.to_ascii_lowercase().ends_with(&key) && value.name.eq_ignore_ascii_case(name)
        })
    }

    /// Who holds a right by the templates that define it; the file with it.
    pub fn right(&self, right: Right) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.templates.iter().filter_map(move |(path, template)| {
            let holders = template.right(right)?;
            Some((path.as_str(), holders.iter().map(|name| name.as_str()).collect()))
        })
    }

    /// The members that templates allow the local Administrators, with their file.
    pub fn administrators(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.templates.iter().flat_map(|(path, template)| {
            let groups = template.members().filter(|(group, _)| {
                let group = group.trim_start_matches('*');
                group == "S-1-5-32-544" || group.eq_ignore_ascii_case("Administrators")
            });
            groups.map(|(_, names)| (path.as_str(), names.iter().map(|name| name.as_str()).collect()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_what_it_holds() {
        assert_eq!(kind_of("\u{feff}Windows Registry Editor Version 5.00\r\n"), Kind::Registry);
        assert_eq!(kind_of("REGEDIT4\n"), Kind::Registry);
        assert_eq!(kind_of("showrepl_COLUMNS,Destination DSA Site\n"), Kind::Replication);
        assert_eq!(kind_of("[Unicode]\r\nUnicode=yes\r\n"), Kind::Template);
        assert_eq!(kind_of("# comment\nversion: 1\ndn: DC=corp\n"), Kind::Directory);
        assert_eq!(kind_of("Waiting for PDC/BDC Sync (2221)  $$<CliEx32.dll>"), Kind::Log);
        assert_eq!(kind_of(""), Kind::Log);
    }

    #[test]
    fn a_template_says_who_holds_a_right() -> Result<(), FactError> {
        let mut facts = Facts::default();
        let text = "[Unicode]\nUnicode=yes\n[Version]\nsignature=\"$CHICAGO$\"\nRevision=1\n[Privilege Rights]\n\
                    SeTcbPrivilege = *S-1-5-18\nSeShutdownPrivilege =\n[Group Membership]\n\
                    *S-1-5-32-544__Members = Administrator\n";
        facts.add("a/GptTmpl.inf", Kind::Template, text.as_bytes())?;
        let right: Right = "SeTcbPrivilege".parse().unwrap();
        assert_eq!(facts.right(right).collect::<Vec<_>>(), [("a/GptTmpl.inf", vec!["*S-1-5-18"])]);
        assert_eq!(facts.administrators().count(), 1);
        let error = facts.add("b", Kind::Registry, b"REGEDIT4\nnonsense\n").unwrap_err();
        assert!(error.to_string().starts_with("b: line 2"), "{error}");
        Ok(())
    }
}
