//! Schemas of values that have several forms, and of those that are read from the tree by hand.

use std::borrow::Cow;
use std::marker::PhantomData;

use mockdc_mocks::{Distribution, Span};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::read::{
    ConstantOr, DelayTable, Endless, Hosts, Length, Located, Model, Percent, Rate, RawData, RawDelay,
    RawReplication, Scalar, Short, Size, TimeOfDay,
};
use crate::{Profile, PromiseId};

/// One value, or a list of them.
pub(crate) struct OneOrMany<T>(PhantomData<T>);

/// Codes that are tolerated: a list, or `"any"`.
pub(crate) struct Tolerated;

/// The name of a client profile.
pub(crate) struct ProfileName;

/// The name of a promise or of a rule.
pub(crate) struct Breakable;

/// Values of a profile: any part of it.
pub(crate) struct ProfileValues;

/// Values of the server side of a profile, its section `ccm`.
pub(crate) struct ServerValues;

/// A size as it is written: `64KB`.
pub(crate) fn size_text(bytes: u64) -> String {
    match bytes {
        _ if bytes > 0 && bytes.is_multiple_of(1 << 20) => format!("{}MB", bytes >> 20),
        _ if bytes > 0 && bytes.is_multiple_of(1 << 10) => format!("{}KB", bytes >> 10),
        _ => format!("{bytes}B"),
    }
}

macro_rules! schemas {
    ($($type:ty, $name:expr, |$generator:ident| $schema:expr;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

/// Values of several forms, whose schemas stand where they are used.
macro_rules! forms {
    ($($type:ident<$of:ident>, |$generator:ident| $schema:expr;)*) => {$(
        impl<$of: JsonSchema> JsonSchema for $type<$of> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                format!("{}_{}", stringify!($type), $of::schema_name()).into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A text in a fixed form.
fn text(title: &str, description: &str, pattern: &str, example: &str) -> Schema {
    json_schema!({
        "title": title, "description": description, "type": "string", "pattern": pattern, "examples": [example],
    })
}

schemas! {
    Hosts, "Hosts", |_g| json_schema!({
        "title": "hosts",
        "description": "A host, a list of hosts, a wildcard such as `BDC*`, or a pattern such as `BDC{n}`.",
        "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
        "examples": ["BDC1"],
    });
    Scalar, "Constant", |_g| json_schema!({
        "title": "constant",
        "description": "A text, a whole number, or true or false.",
        "type": ["string", "integer", "boolean"],
        "examples": [5],
    });
    Size, "Size", |_g| text("size", "A number of bytes: a whole number with B, KB, MB or GB.", "^[0-9]+ *(B|KB|MB|GB)$", "64KB");
    Rate, "Rate", |_g| text("rate", "Bits a second: a whole number with bit/s, kbit/s, Mbit/s or Gbit/s.",
        "^[0-9]+ *([kKmMgG]?[bB][iI][tT]/[sS])$", "64kbit/s");
    Percent, "Percent", |_g| text("share", "A share in per cent, from 0% to 100%.", "^(100|[0-9]?[0-9]) *%$", "25%");
    TimeOfDay, "TimeOfDay", |_g| text("time of day", "Hours and minutes, from 00:00 to 24:00.",
        "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", "08:00");
    Endless, "Endless", |g| {
        let span = g.subschema_for::<Span>();
        json_schema!({
            "title": "duration or never",
            "description": "A duration, or `\"never\"` or `\"forever\"`: without end.",
            "anyOf": [span, { "enum": ["never", "forever"] }],
            "examples": ["never"],
        })
    };
    Length, "Length", |g| {
        let (span, drawn) = (g.subschema_for::<Span>(), g.subschema_for::<Distribution>());
        json_schema!({
            "title": "length",
            "description": "A duration, constant or drawn.",
            "anyOf": [{ "allOf": [span], "pattern": "^[^-]" }, drawn],
            "examples": [{ "uniform": { "from": "1m", "to": "9m" } }],
        })
    };
    RawDelay, "Delay", |g| {
        let (span, table) = (g.subschema_for::<Span>(), g.subschema_for::<DelayTable>());
        json_schema!({
            "title": "delay",
            "description": "How long after its commit a change is visible: one duration for every stream, or a table.",
            "anyOf": [{ "allOf": [span], "pattern": "^[^-]" }, table],
            "examples": ["40m"],
        })
    };
    RawData, "RegistryData", |_g| json_schema!({
        "title": "registry data",
        "description": "A text, a DWORD, or a list of texts.",
        "anyOf": [
            { "type": "string" },
            { "type": "integer", "minimum": 0, "maximum": u32::MAX },
            { "type": "array", "items": { "type": "string" } },
        ],
        "examples": [60],
    });
    Tolerated, "Tolerated", |_g| json_schema!({
        "title": "codes or any",
        "description": "A list of Win32 codes, or `\"any\"`.",
        "anyOf": [
            { "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": u32::MAX } },
            { "const": "any" },
        ],
        "examples": [[2224]],
    });
    ProfileName, "ProfileName", |_g| json_schema!({
        "title": "profile",
        "description": "The name of a client profile; `mockdc profiles` lists them.",
        "enum": Profile::names().collect::<Vec<_>>(),
        "examples": ["sms-2.0-sp3"],
    });
    Breakable, "PromiseOrRule", |_g| {
        let promises = PromiseId::ALL.iter().map(|promise| {
            serde_json::json!({ "const": promise.as_str(), "description": promise.text() })
        });
        json_schema!({
            "title": "promise or rule",
            "description": "The name of a promise, or of a rule of the file.",
            "anyOf": promises.chain([serde_json::json!({ "type": "string" })]).collect::<Vec<_>>(),
            "examples": ["loader-outlives-its-child"],
        })
    };
    ProfileValues, "ProfileValues", |_g| super::rules::profile_values(None);
    ServerValues, "ServerValues", |_g| super::rules::profile_values(Some("ccm"));
}

impl JsonSchema for Model {
    fn inline_schema() -> bool {
        RawReplication::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        RawReplication::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        RawReplication::json_schema(generator)
    }
}

forms! {
    OneOrMany<T>, |g| {
        let one = g.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    };
    Short<T>, |g| {
        let table = g.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }, table] })
    };
    ConstantOr<T>, |g| {
        let (constant, table) = (g.subschema_for::<Scalar>(), g.subschema_for::<T>());
        json_schema!({ "anyOf": [constant, table] })
    };
}
