//! What an LDAP server of Active Directory says when it refuses.

use std::fmt;

/// A refused LDAP operation, with the numbers that Active Directory and Samba put into its text.
///
/// The text of a refusal begins with eight hexadecimal digits, which are a Win32 code (MS-ADTS 3.1.1.3.1.9), and that
/// of a refused bind ends in `data 52e`, the Win32 code of the logon in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The result code of RFC 4511: 19 constraint violation, 32 no such object, 49 invalid credentials, …
    pub result: u32,
    /// The number at the beginning of the text.
    pub code: Option<u32>,
    /// The number after `data`.
    pub data: Option<u32>,
    /// The whole text.
    pub text: String,
}

impl Refusal {
    /// Reads a result code and its text.
    pub fn new(result: u32, text: impl Into<String>) -> Refusal {
        let text = text.into();
        let code = text.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let data = text.split(", data ").nth(1).and_then(|rest| {
            let digits = rest.split(|c: char| !c.is_ascii_hexdigit()).next()?;
            u32::from_str_radix(digits, 16).ok()
        });
        Refusal { result, code, data, text }
    }

    /// Whether the text contains these words, whatever their case.
    pub fn says(&self, words: &str) -> bool {
        self.text.to_lowercase().contains(&words.to_lowercase())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LDAP result {}: {}", self.result, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_text_are_found() {
        let bind = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v1db1";
        let bind = Refusal::new(49, bind);
        assert_eq!((bind.code, bind.data), (Some(0x8009_0308), Some(0x52e)));
        let short = Refusal::new(19, "0000052D: Constraint violation - the password is too short.");
        assert_eq!((short.code, short.data), (Some(0x52d), None));
        assert!(short.says("TOO SHORT"));
        let bare = Refusal::new(32, "no such object");
        assert_eq!((bare.code, bare.data), (None, None));
    }
}
