//! Building blocks of tables: values that know their place, and short forms.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::Code;

/// A value with its place in the file, for whatever a diagnostic may point at.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    /// The value.
    pub(crate) value: T,
    /// Its bytes.
    pub(crate) span: Range<usize>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Located<T>, D::Error> {
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        let span = spanned.span();
        Ok(Located { value: spanned.into_inner(), span })
    }
}

/// Text with its place.
pub(crate) type Word = Located<String>;

/// The mark that sets a code and a help apart in an error of serde's, which is text alone.
pub(super) const MARK: char = '\u{1}';

/// An error that knows its code and help.
pub(super) fn refuse<E: Error>(code: Code, message: impl fmt::Display, help: impl fmt::Display) -> E {
    E::custom(format_args!("{}{MARK}{message}{MARK}{help}", code.as_str()))
}

/// One text, a list of texts, or a table.
#[derive(Clone, Debug)]
pub(crate) enum Short<T> {
    /// The short form.
    Words(Vec<Word>),
    /// The long form.
    Table(T),
}

enum Inner<T> {
    One(String),
    Many(Vec<Word>),
    Table(T),
}

struct InnerVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for InnerVisitor<T> {
    type Value = Inner<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a list of strings or a table")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Inner<T>, E> {
        Ok(Inner::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Inner<T>, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = seq.next_element()? {
            words.push(word);
        }
        Ok(Inner::Many(words))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Inner<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Inner::Table)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Inner<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Inner<T>, D::Error> {
        deserializer.deserialize_any(InnerVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Short<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Short<T>, D::Error> {
        let Located { value, span } = Located::<Inner<T>>::deserialize(deserializer)?;
        Ok(match value {
            Inner::One(text) => Short::Words(vec![Located { value: text, span }]),
            Inner::Many(words) => Short::Words(words),
            Inner::Table(table) => Short::Table(table),
        })
    }
}

/// One host, a list of hosts, a wildcard or a pattern, as written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts(pub(crate) Vec<Word>);

impl<'de> Deserialize<'de> for Hosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hosts, D::Error> {
        match Short::<Never>::deserialize(deserializer)? {
            Short::Words(words) => Ok(Hosts(words)),
            Short::Table(never) => match never {},
        }
    }
}

/// No table can stand here.
#[derive(Clone, Debug)]
pub(crate) enum Never {}

impl<'de> Deserialize<'de> for Never {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Never, D::Error> {
        Err(refuse(Code::WrongType, "a table stands where a name or a list of names belongs", ""))
    }
}

/// A constant in a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Text(String),
    Number(i64),
    Is(bool),
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a whole number, or true or false")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_bool<E: Error>(self, is: bool) -> Result<Scalar, E> {
        Ok(Scalar::Is(is))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

/// Whatever a table or a constant can be: `5`, `"text"`, or `{ at-least = 5 }`.
#[derive(Clone, Debug)]
pub(crate) enum ConstantOr<T> {
    /// A constant.
    Constant(Scalar),
    /// A table.
    Table(T),
}

struct ConstantVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ConstantVisitor<T> {
    type Value = ConstantOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a whole number, true or false, or a table")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ConstantOr<T>, E> {
        Ok(ConstantOr::Constant(Scalar::Text(text.to_owned())))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<ConstantOr<T>, E> {
        Ok(ConstantOr::Constant(Scalar::Number(number)))
    }

    fn visit_bool<E: Error>(self, is: bool) -> Result<ConstantOr<T>, E> {
        Ok(ConstantOr::Constant(Scalar::Is(is)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ConstantOr<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(ConstantOr::Table)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ConstantOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ConstantOr<T>, D::Error> {
        deserializer.deserialize_any(ConstantVisitor(PhantomData))
    }
}
