//! Durations, sizes, rates, shares and times of day: strings with units.

use std::fmt;

use mockdc_mocks::{Replication, Span, rate};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{RawReplication, refuse};
use crate::Code;

fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim()))
}

/// Bytes of a size such as `64KB`.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "B" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

pub(crate) fn parse_percent(text: &str) -> Option<u32> {
    match split(text)? {
        (number @ 0..=100, "%") => u32::try_from(number).ok(),
        _ => None,
    }
}

fn parse_time_of_day(text: &str) -> Option<Span> {
    let (hours, minutes) = text.split_once(':')?;
    if hours.len() != 2
        || minutes.len() != 2
        || !(hours.to_owned() + minutes).bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let day = Span::hours(hours) + Span::mins(minutes);
    (minutes < 60 && day <= Span::hours(24)).then_some(day)
}

macro_rules! texts {
    ($($(#[$doc:meta])* $id:ident($inner:ty), $parse:path, $code:ident, $what:literal, $example:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) struct $id(pub(crate) $inner);

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$id, D::Error> {
                struct V;
                impl Visitor<'_> for V {
                    type Value = $id;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!($what, " such as `\"", $example, "\"`"))
                    }
                    fn visit_str<E: Error>(self, text: &str) -> Result<$id, E> {
                        $parse(text).map($id).ok_or_else(|| refuse(
                            Code::$code,
                            format_args!(concat!("`{}` is not ", $what), text),
                            concat!("write for example `\"", $example, "\"`"),
                        ))
                    }
                    fn visit_i64<E: Error>(self, number: i64) -> Result<$id, E> {
                        Err(refuse(
                            Code::$code,
                            format_args!(concat!("`{}` is not ", $what, ": it has no unit"), number),
                            concat!("write for example `\"", $example, "\"`"),
                        ))
                    }
                }
                deserializer.deserialize_any(V)
            }
        }
    )*};
}

texts! {
    /// Bytes.
    Size(u64), parse_size, BadQuantity, "a size", "64KB";
    /// Bits a second.
    Rate(u64), rate::parse, BadQuantity, "a rate", "64kbit/s";
    /// A share in per cent.
    Percent(u32), parse_percent, BadQuantity, "a share", "25%";
    /// The span since midnight.
    TimeOfDay(Span), parse_time_of_day, BadTimeOfDay, "a time of day", "08:00";
}

/// A duration, or a word for *without end*.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Endless(pub(crate) Option<Span>);

impl<'de> Deserialize<'de> for Endless {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Endless, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "never" | "forever" => Ok(Endless(None)),
            _ => text.parse().map(|span| Endless(Some(span))).map_err(D::Error::custom),
        }
    }
}

/// The model of the domain, which is a table in any case.
#[derive(Clone, Debug)]
pub(crate) struct Model(pub(crate) Replication);

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Model, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Model;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table with the model's name as its key")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Model, E> {
                let model = if ["delay", "nt4", "ad"].contains(&text) { text } else { "nt4" };
                let inside =
                    if model == "delay" { "delay = \"40m\"".to_owned() } else { format!("{model} = {{}}") };
                Err(refuse(
                    Code::ReplicationNeedsTable,
                    format_args!("`replication` is a table with the model as its key, not the text `{text}`"),
                    format_args!("write `replication = {{ {inside} }}`; values of the model stand inside"),
                ))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Model, A::Error> {
                let models = "one of `delay`, `nt4` and `ad`";
                let Some(model) = map.next_key::<ModelName>()? else {
                    return Err(refuse(
                        Code::NoVerb,
                        "`replication` names no model",
                        format_args!("state {models}"),
                    ));
                };
                let replication = match model {
                    ModelName::Delay => RawReplication::Delay(map.next_value()?),
                    ModelName::Nt4 => RawReplication::Nt4(map.next_value()?),
                    ModelName::Ad => RawReplication::Ad(map.next_value()?),
                };
                if map.next_key::<ModelName>()?.is_some() {
                    return Err(refuse(
                        Code::SeveralVerbs,
                        "`replication` names two models",
                        format_args!("state {models}"),
                    ));
                }
                Ok(Model(replication.into()))
            }
        }
        deserializer.deserialize_any(V)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ModelName {
    Delay,
    Nt4,
    Ad,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_need_their_units() {
        assert_eq!(parse_size("64KB"), Some(65_536));
        assert_eq!(parse_size("64"), None);
        assert_eq!(parse_percent("101%"), None);
        assert_eq!(parse_time_of_day("08:30"), Some(Span::mins(510)));
        assert_eq!(parse_time_of_day("24:01"), None);
        assert_eq!(parse_size("99999999999999999999KB"), None);
    }
}
