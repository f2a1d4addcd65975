//! Filters as people write them (RFC 4515).

use std::fmt::{self, Display, Write as _};

use super::{Filter, Piece};

impl Display for Filter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('(')?;
        match self {
            Filter::And(filters) => all(f, '&', filters)?,
            Filter::Or(filters) => all(f, '|', filters)?,
            Filter::Not(filter) => write!(f, "!{filter}")?,
            Filter::Equal(attribute, value) => compared(f, attribute, "=", value)?,
            Filter::GreaterOrEqual(attribute, value) => compared(f, attribute, ">=", value)?,
            Filter::LessOrEqual(attribute, value) => compared(f, attribute, "<=", value)?,
            Filter::Approximate(attribute, value) => compared(f, attribute, "~=", value)?,
            Filter::Present(attribute) => {
                escaped(f, attribute)?;
                f.write_str("=*")?;
            }
            Filter::Substrings(attribute, pieces) => {
                escaped(f, attribute)?;
                f.write_char('=')?;
                for piece in pieces {
                    match piece {
                        Piece::Initial(text) => escaped(f, text)?,
                        Piece::Any(text) | Piece::Final(text) => {
                            f.write_char('*')?;
                            escaped(f, text)?;
                        }
                    }
                }
                if !matches!(pieces.last(), None | Some(Piece::Final(_))) {
                    f.write_char('*')?;
                }
            }
            Filter::Extensible { rule, attribute, value, dn_attributes } => {
                attribute.map_or(Ok(()), |attribute| escaped(f, attribute))?;
                if *dn_attributes {
                    f.write_str(":dn")?;
                }
                if let Some(rule) = rule {
                    f.write_char(':')?;
                    escaped(f, rule)?;
                }
                f.write_str(":=")?;
                escaped(f, value)?;
            }
        }
        f.write_char(')')
    }
}

fn all(f: &mut fmt::Formatter<'_>, sign: char, filters: &[Filter<'_>]) -> fmt::Result {
    f.write_char(sign)?;
    filters.iter().try_for_each(|filter| write!(f, "{filter}"))
}

fn compared(f: &mut fmt::Formatter<'_>, attribute: &[u8], sign: &str, value: &[u8]) -> fmt::Result {
    escaped(f, attribute)?;
    f.write_str(sign)?;
    escaped(f, value)
}

/// Octets as text; those that mean something in a filter, and those that are no text, as `\` and two digits.
fn escaped(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    for chunk in octets.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '(' | ')' | '*' | '\\' | '\0'..='\u{1f}' | '\u{7f}' => write!(f, "\\{:02x}", letter as u32)?,
                letter => f.write_char(letter)?,
            }
        }
        chunk.invalid().iter().try_for_each(|octet| write!(f, "\\{octet:02x}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_written_as_rfc_4515_says() {
        let user = Filter::Equal(b"sAMAccountName", b"a(b*");
        let filter = Filter::And(vec![
            Filter::Present(b"objectClass"),
            Filter::Not(Box::new(user)),
            Filter::Substrings(b"cn", vec![Piece::Initial(b"a"), Piece::Any(b"b"), Piece::Final(b"c")]),
            Filter::Substrings(b"cn", vec![Piece::Any(b"b")]),
            Filter::Equal(b"objectGUID", &[0xff, b'A', 0]),
            Filter::Extensible {
                rule: Some(b"1.2"),
                attribute: Some(b"member"),
                value: b"x",
                dn_attributes: false,
            },
        ]);
        assert_eq!(
            filter.to_string(),
            "(&(objectClass=*)(!(sAMAccountName=a\\28b\\2a))(cn=a*b*c)(cn=*b*)(objectGUID=\\ffA\\00)(member:1.2:=x))"
        );
    }
}
