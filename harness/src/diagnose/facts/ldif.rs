//! LDIF: entries of a directory as text (RFC 2849).

use mockdc_scenarios::ldif::{LdifError, LdifValue, read_ldif};

/// An entry of the directory.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// Its name.
    pub dn: String,
    /// Its attributes in the order of the file; one with several values stands several times.
    pub attributes: Vec<(String, String)>,
}

impl Entry {
    /// The first value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The entries of a file, as text whatever their code page. Records of changes count as entries with what they add.
pub(crate) fn entries(text: &str) -> Result<Vec<Entry>, LdifError> {
    let (entries, errors) = read_ldif(text);
    if let Some(error) = errors.into_iter().next() {
        return Err(error);
    }
    let shown = |octets: &[u8]| super::super::read::text(octets).trim().to_owned();
    let attribute = |LdifValue { name, value, .. }: LdifValue| (name, shown(&value));
    Ok(entries
        .into_iter()
        .map(|entry| Entry {
            dn: shown(&entry.dn),
            attributes: entry.attributes.into_iter().map(attribute).collect(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_and_encoded_values_are_read() -> Result<(), LdifError> {
        let text = "version: 1\n\ndn: CN=SMS&_BDC1,CN=Us\n ers,DC=corp\nsAMAccountName: SMS&_BDC1\n\
                    description:: w4l0w6k=\n\ndn: DC=corp\nmaxPwdAge: -1\n";
        let entries = entries(text)?;
        assert_eq!(entries[0].dn, "CN=SMS&_BDC1,CN=Users,DC=corp");
        assert_eq!(entries[0].attribute("DESCRIPTION"), Some("Été"));
        assert_eq!(entries[1].attribute("maxpwdage"), Some("-1"));
        Ok(())
    }

    #[test]
    fn a_line_that_is_no_attribute_is_told() {
        assert_eq!(entries("dn: a\nnonsense\n").unwrap_err().line, 2);
        assert_eq!(entries("cn: a\n").unwrap_err().line, 1);
    }
}
