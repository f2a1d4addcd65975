//! JSON Schemas of the texts that scenario files are made of. Structs and enums derive theirs.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{AccountName, GpoName, HostName, Name, ProgramName, Secret, ServiceName, Span};

/// What a [`Span`] looks like: `1h30m`.
const SPAN: &str = "^-?([0-9]+(ms|w|d|h|m|s))+$";

macro_rules! texts {
    ($($type:ident, $title:literal, $example:literal, $doc:literal;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "title": $title, "description": $doc, "type": "string", "examples": [$example] })
            }
        }
    )*};
}

texts! {
    Name, "name", "Example", "A name; case makes no difference.";
    HostName, "host", "BDC1", "A machine's NetBIOS name; case makes no difference.";
    AccountName, "account", "SVC", "A user or group: `NAME` or `DOMAIN\\NAME` for the domain's, `HOST\\NAME` for that machine's own.";
    ServiceName, "service", "Clisvc", "A service's short name.";
    ProgramName, "program", "Clisvc.exe", "The path or file name of a program.";
    GpoName, "policy object", "Default Domain Policy", "A group policy object's name.";
    Secret, "password", "Secret-14-chars", "A password. It prints as `***`.";
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "duration",
            "description": "A length of time, or the time since the start: whole numbers with the units w, d, h, m, s, ms.",
            "type": "string",
            "pattern": SPAN,
            "examples": ["15m"],
        })
    }
}
