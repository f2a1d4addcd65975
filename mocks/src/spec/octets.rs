//! Values that are no text.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value of octets; written as hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Octets(pub Vec<u8>);

impl Octets {
    /// The octets that an even number of hexadecimal digits stands for.
    pub fn of_hex(text: &str) -> Option<Octets> {
        if !text.len().is_multiple_of(2) || !text.is_ascii() {
            return None;
        }
        let pairs = text.as_bytes().chunks_exact(2);
        let digit = |octet: u8| char::from(octet).to_digit(16);
        let octets = pairs.map(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8));
        octets.collect::<Option<Vec<u8>>>().map(Octets)
    }
}

impl fmt::Display for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Octets, D::Error> {
        let text = String::deserialize(deserializer)?;
        Octets::of_hex(&text).ok_or_else(|| D::Error::custom("octets are pairs of hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_written_and_read_as_digits() {
        let octets = Octets(vec![0, 0xff, 0x1a]);
        assert_eq!(octets.to_string(), "00ff1a");
        assert_eq!(Octets::of_hex("00FF1a"), Some(octets));
        assert_eq!([Octets::of_hex("0"), Octets::of_hex("+1"), Octets::of_hex("zz")], [None, None, None]);
    }
}
