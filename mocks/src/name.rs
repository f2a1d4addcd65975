//! Names of hosts, accounts, services and the like: compared without regard to case, as Windows does.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A name, cheap to clone; equality and order ignore ASCII case, the spelling is kept.
///
/// Nearly all names are short and lie in the value itself: they are made, cloned, compared and dropped without an
/// allocation or a shared count.
#[derive(Clone)]
pub struct Name(Text);

/// Where a name's letters lie. What fits is always short, so that equal names lie alike but for their case.
#[derive(Clone)]
enum Text {
    Short(Short),
    Long(Arc<str>),
}

/// Letters in place; behind them only zeros.
#[derive(Clone, Copy)]
struct Short {
    letters: [u8; SHORT],
    length: u8,
}

/// The longest name that lies in the value, in bytes.
const SHORT: usize = 22;

impl Short {
    #[inline]
    fn bytes(&self) -> &[u8] {
        &self.letters[..usize::from(self.length)]
    }

    /// The letters as three numbers, as the machine loads them.
    #[inline]
    fn loaded(&self) -> [u64; 3] {
        // The last two letters of the second word stand in the third as well: they change neither order nor equality.
        [self.word::<0>(), self.word::<8>(), self.word::<{ SHORT - 8 }>()]
    }

    /// Eight letters one by one: every build makes one load of them, and no call.
    #[inline(always)]
    fn word<const FROM: usize>(&self) -> u64 {
        let l = &self.letters;
        u64::from_ne_bytes([
            l[FROM],
            l[FROM + 1],
            l[FROM + 2],
            l[FROM + 3],
            l[FROM + 4],
            l[FROM + 5],
            l[FROM + 6],
            l[FROM + 7],
        ])
    }

    /// The letters as three numbers, which are in the order of the letters; capitals as they stand.
    #[inline]
    fn words(&self) -> [u64; 3] {
        let [a, b, c] = self.loaded();
        [a.to_be(), b.to_be(), c.to_be()]
    }
}

/// Eight letters with ASCII capitals as small letters.
#[inline]
fn folded(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    // In each byte of seven bits the high bit says whether a sum has passed 127.
    let low = word & !HIGH;
    let from_a = low + ONES * (128 - b'A' as u64);
    let beyond_z = low + ONES * (127 - b'Z' as u64);
    let capital = from_a & !beyond_z & !word & HIGH;
    word | (capital >> 2)
}

impl Name {
    fn of(text: &str) -> Name {
        if text.len() > SHORT {
            return Name(Text::Long(text.into()));
        }
        let mut letters = [0; SHORT];
        letters[..text.len()].copy_from_slice(text.as_bytes());
        Name(Text::Short(Short { letters, length: text.len() as u8 }))
    }

    /// The name as it was spelt.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // They were copied from a text and are one.
            Text::Short(short) => std::str::from_utf8(short.bytes()).unwrap_or_default(),
            Text::Long(text) => text,
        }
    }

    fn bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Short(short) => short.bytes(),
            Text::Long(text) => text.as_bytes(),
        }
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name::of(text)
    }
}

impl From<String> for Name {
    fn from(text: String) -> Name {
        Name::of(&text)
    }
}

impl From<&Name> for Name {
    fn from(name: &Name) -> Name {
        name.clone()
    }
}

impl PartialEq for Name {
    #[inline]
    fn eq(&self, other: &Name) -> bool {
        match (&self.0, &other.0) {
            (Text::Short(one), Text::Short(other)) => {
                if one.length != other.length {
                    return false;
                }
                // Folding knows no order of bytes.
                let ([a, b, c], [x, y, z]) = (one.loaded(), other.loaded());
                (a == x || folded(a) == folded(x))
                    && (b == y || folded(b) == folded(y))
                    && (c == z || folded(c) == folded(z))
            }
            (Text::Long(one), Text::Long(other)) => {
                Arc::ptr_eq(one, other) || one.eq_ignore_ascii_case(other)
            }
            _ => false,
        }
    }
}

impl Eq for Name {}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.bytes().eq_ignore_ascii_case(other.as_bytes())
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    #[inline]
    fn cmp(&self, other: &Name) -> Ordering {
        if let (Text::Short(one), Text::Short(other)) = (&self.0, &other.0) {
            let (one_words, other_words) = (one.words(), other.words());
            for (one, other) in one_words.into_iter().zip(other_words) {
                if one != other {
                    let (one, other) = (folded(one), folded(other));
                    if one != other {
                        return if one < other { Ordering::Less } else { Ordering::Greater };
                    }
                }
            }
            return one.length.cmp(&other.length);
        }
        let (one, two) = (self.bytes(), other.bytes());
        for (a, b) in one.iter().zip(two) {
            if a != b {
                let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
                if a != b {
                    return a.cmp(&b);
                }
            }
        }
        one.len().cmp(&two.len())
    }
}

impl Hash for Name {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Text::Short(short) => {
                let [first, second, third] = short.loaded();
                state.write_u64(folded(first));
                // Most names are of one word.
                if short.length > 8 {
                    state.write_u64(folded(second));
                    state.write_u64(folded(third));
                }
            }
            Text::Long(text) => {
                let mut folded = [0_u8; 32];
                for piece in text.as_bytes().chunks(folded.len()) {
                    let folded = &mut folded[..piece.len()];
                    folded.copy_from_slice(piece);
                    folded.make_ascii_lowercase();
                    state.write(folded);
                }
                state.write_u8(0xff);
            }
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(Spelt)
    }
}

/// Takes a name from wherever its letters lie: a short one needs no allocation.
struct Spelt;

impl serde::de::Visitor<'_> for Spelt {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As serde says it of any text: what is read of a scenario is refused in the same words.
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Name, E> {
        Ok(Name::of(text))
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $kind:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $kind(Name);

        impl $kind {
            /// The name as it was spelt.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The untyped name.
            pub fn name(&self) -> &Name {
                &self.0
            }
        }

        impl From<&str> for $kind {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $kind {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<Name> for $kind {
            fn from(name: Name) -> Self {
                Self(name)
            }
        }

        impl From<&$kind> for $kind {
            fn from(name: &$kind) -> Self {
                name.clone()
            }
        }

        impl PartialEq<str> for $kind {
            fn eq(&self, other: &str) -> bool {
                self.0 == *other
            }
        }

        impl PartialEq<&str> for $kind {
            fn eq(&self, other: &&str) -> bool {
                self.0 == **other
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl AsRef<str> for $kind {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    )*};
}

names! {
    /// A machine's NetBIOS name.
    HostName;
    /// The name of a user, a global group or a local group, without its domain.
    AccountName;
    /// A service's short name, as the service control manager knows it.
    ServiceName;
    /// A program: the path or file name that a service or process runs.
    ProgramName;
    /// A group policy object's name.
    GpoName;
}

/// A password or another secret; it prints as `***`.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Arc<str>);

impl Secret {
    /// The secret itself. Do not print it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(text.into())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_keep_their_spelling() {
        let a: HostName = "Bdc1".into();
        let b: HostName = "BDC1".into();
        assert_eq!(a, b);
        assert_eq!(a.cmp(&b), Ordering::Equal);
        assert_eq!(a.to_string(), "Bdc1");
    }

    #[test]
    fn a_name_is_as_small_as_a_string() {
        assert_eq!(size_of::<Name>(), 24);
        assert_eq!(size_of::<Option<Name>>(), 24);
    }

    /// The order and equality that names have, letter by letter.
    fn letter_by_letter(one: &str, other: &str) -> Ordering {
        let small = |text: &str| text.bytes().map(|letter| letter.to_ascii_lowercase()).collect::<Vec<u8>>();
        small(one).cmp(&small(other))
    }

    fn hash_of(name: &Name) -> u64 {
        let mut hasher = rustc_hash::FxHasher::default();
        name.hash(&mut hasher);
        hasher.finish()
    }

    proptest::proptest! {
        #[test]
        fn names_compare_letter_by_letter(
            one in "[a-cA-CZz\\[@`{é\0]{0,26}", other in "[a-cA-CZz\\[@`{é\0]{0,26}", same in 0_usize..26,
        ) {
            // Random texts hardly ever share their beginning: let them.
            let shared: String = one.chars().take(same).collect::<String>() + &other;
            for other in [&other, &shared, &one.to_ascii_uppercase(), &one.to_ascii_lowercase()] {
                let names = [Name::from(one.as_str()), Name::from(other.as_str())];
                let order = letter_by_letter(&one, other);
                proptest::prop_assert_eq!(names[0].cmp(&names[1]), order);
                proptest::prop_assert_eq!(names[0] == names[1], order == Ordering::Equal);
                proptest::prop_assert_eq!(names[0] == **other, order == Ordering::Equal);
                proptest::prop_assert_eq!(names[0].as_str(), one.as_str());
                if order == Ordering::Equal {
                    proptest::prop_assert_eq!(hash_of(&names[0]), hash_of(&names[1]));
                }
            }
        }
    }

    #[test]
    fn a_secret_never_prints() {
        let secret: Secret = "hunter2".into();
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
    }
}
