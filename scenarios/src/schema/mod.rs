//! The JSON Schema of scenario files, and the reference page, both made from the types that read them.

mod reference;
mod rules;
mod values;

pub use reference::reference;
pub(crate) use values::*;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::read::{
    Head, RawClient, RawDomain, RawExpect, RawFault, RawGroup, RawHost, RawLink, RawPolicy, RawRight,
    RawScript, RawSiteLink, RawStep, RawUnit, RawUser,
};

/// A table of the file: its key, its definition, and what it is for.
pub(super) struct Table {
    pub(super) key: &'static str,
    pub(super) definition: &'static str,
    pub(super) doc: &'static str,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

const fn table<T: JsonSchema>(key: &'static str, definition: &'static str, doc: &'static str) -> Table {
    Table { key, definition, doc, schema: SchemaGenerator::subschema_for::<T> }
}

/// Every table of a file beside `[domain]` and `[[case]]`. There can be several of each.
pub(super) const TABLES: &[Table] = &[
    table::<RawHost>("dc", "Dc", "A domain controller. Exactly one is the PDC."),
    table::<RawHost>("machine", "Machine", "A workstation or member server."),
    table::<RawHost>(
        "site-server",
        "SiteServer",
        "An SMS site server with its Client Configuration Manager.",
    ),
    table::<RawClient>(
        "client",
        "Client",
        "A machine with the product that it gets or has. Keys beside these are sections of the profile, overridden in place.",
    ),
    table::<RawLink>("link", "Link", "A network link between two hosts."),
    table::<RawSiteLink>("site-link", "SiteLink", "A site link of Active Directory."),
    table::<RawUser>("user", "User", "A user of the domain."),
    table::<RawGroup>("group", "Group", "A group of the domain."),
    table::<RawRight>("right", "HeldRights", "User rights that an account of the domain holds."),
    table::<RawUnit>("unit", "Unit", "An organisational unit."),
    table::<RawPolicy>("policy", "Policy", "A group policy object."),
    table::<RawStep>(
        "step",
        "Step",
        "Something that happens: exactly one verb, and exactly one of `at`, `every` and `when`.",
    ),
    table::<RawFault>("fault", "Fault", "Something that goes wrong: exactly one verb."),
    table::<RawScript>("script", "Script", "A program, stated as steps."),
    table::<RawExpect>("expect", "Expect", "What must hold: exactly one claim."),
    table::<RawExpect>(
        "rule",
        "Rule",
        "A rule of the file's own, checked like a promise: exactly one claim, and a `name`.",
    ),
];

/// Tables that may be bound to cases with `only-in`.
const BOUND: &[&str] = &["Step", "Expect", "Rule", "Policy", "Fault", "User"];

/// Tables that may be repeated with `for-each`.
const REPEATED: &[&str] = &["Step", "Expect"];

/// The JSON Schema (draft 7, which editors know best) of a scenario file.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    for table in TABLES {
        (table.schema)(&mut generator);
    }
    generator.subschema_for::<RawDomain>();
    let head = generator.root_schema_for::<Head>().to_value();
    let mut definitions = Map::new();
    for (name, mut schema) in generator.take_definitions(true) {
        rename_references(&mut schema);
        definitions.insert(plain(&name), schema);
    }
    definitions.remove("Head");
    let mut properties = head["properties"].as_object().cloned().unwrap_or_default();
    properties.values_mut().for_each(rename_references);
    properties.insert("format".into(), json!({
        "description": "The version of the language; always the first key.", "type": "integer", "const": 1,
    }));
    properties.insert(
        "domain".into(),
        json!({
            "description": "The domain.", "anyOf": [{ "$ref": "#/definitions/Domain" }],
        }),
    );
    let mut root = json!({ "definitions": definitions, "properties": properties });
    rules::walk(&mut root, &mut |object| {
        rules::drop_null(object);
        rules::bound_numbers(object);
        rules::describe_verbs(object);
        rules::merge_verbs(object);
        rules::refer_by_any(object);
    });
    let Some(Value::Object(mut definitions)) = root.get_mut("definitions").map(Value::take) else {
        return root;
    };
    let rule = definitions.get("Expect").cloned();
    definitions.extend(rule.map(|rule| ("Rule".to_owned(), rule)));
    if let Some(Value::Object(expect)) =
        definitions.get_mut("Expect").and_then(|expect| expect.get_mut("properties"))
    {
        expect.remove("name");
    }
    definitions["Rule"]["required"] = json!(["name"]);
    rules::between_keys(&mut definitions);
    rules::narrow(&mut definitions);
    let claims = definitions["Expect"].clone();
    definitions["Rule"]["oneOf"] = claims["oneOf"].clone();
    definitions["Rule"]["dependencies"] = claims["dependencies"].clone();
    sections_of_the_profile(&mut definitions);
    for name in BOUND {
        definitions[*name]["properties"]["only-in"] = json!({
            "description": "The cases that have this table; all when absent.",
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
        });
    }
    for name in REPEATED {
        definitions[*name]["properties"]["for-each"] = json!({
            "description": "Repeats the table for each of these hosts, with `${each}` in its place.",
            "anyOf": [{ "$ref": "#/definitions/Hosts" }],
        });
    }
    definitions.insert(
        "Case".into(),
        json!({
            "type": "object",
            "properties": { "name": {
                "description": "Its name: small letters, digits, `-` and `.`.",
                "examples": ["slow-link"], "type": "string",
                "pattern": "^[a-z0-9.-]*[a-z0-9][a-z0-9.-]*$",
            } },
            "additionalProperties": true,
            "required": ["name"],
        }),
    );
    definitions.insert(
        "Vary".into(),
        json!({
            "type": "object",
            "description": "What `mockdc explore` varies: a dotted key in quotes, and the values that it may take.",
            "examples": [{ "domain.replication.nt4.pulse": { "from": "5m", "to": "2h" } }],
            "additionalProperties": { "anyOf": [
                { "type": "array", "minItems": 1, "items": { "type": ["string", "integer", "boolean"] } },
                {
                    "type": "object",
                    "properties": {
                        "from": { "description": "The least value.", "type": ["string", "integer"] },
                        "to": { "description": "The greatest value.", "type": ["string", "integer"] },
                    },
                    "additionalProperties": false,
                    "required": ["from", "to"],
                },
            ] },
        }),
    );
    root["properties"]["vary"] = json!({
        "description": "What `mockdc explore` varies.", "anyOf": [{ "$ref": "#/definitions/Vary" }],
    });
    for (key, definition, doc) in
        TABLES.iter().map(|table| (table.key, table.definition, table.doc)).chain([(
            "case",
            "Case",
            "A row of values; the scenario is run once for each. `${column}` stands for a value.",
        )])
    {
        let reference = json!({ "$ref": format!("#/definitions/{definition}") });
        root["properties"][key] = json!({ "description": doc, "type": "array", "items": reference });
    }
    root["properties"]["dc"]["contains"] = json!({
        "required": ["role"],
        "properties": { "role": { "anyOf": [{ "const": "pdc" }, { "$ref": "#/definitions/Placeholder" }] } },
    });
    root["properties"]["start"]["pattern"] =
        json!("^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?$|\\$\\{");
    root["properties"]["name"]["pattern"] = json!("^[a-z0-9.-]*[a-z0-9][a-z0-9.-]*$");
    root["definitions"] = Value::Object(definitions);
    let tables: Vec<&str> = TABLES.iter().map(|table| table.definition).collect();
    rules::allow_placeholders(&mut root, &tables);
    // A table of the file is a table, whatever its values are.
    for key in TABLES.iter().map(|table| table.key).chain(["domain", "case"]) {
        if key != "domain" {
            root["properties"][key]["type"] = json!("array");
        }
        if let Some(Value::Object(table)) = root["properties"].get_mut(key) {
            table.remove("pattern");
        }
    }
    let Value::Object(body) = root else { return root };
    let mut whole = Map::new();
    whole.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    whole.insert("title".into(), json!("mockdc scenario"));
    whole.insert(
        "description".into(),
        json!("A scenario of mockdc: a world, what happens in it, and what is expected."),
    );
    whole.insert("type".into(), json!("object"));
    whole.insert("required".into(), json!(["format", "name", "dc"]));
    whole.insert("additionalProperties".into(), json!(false));
    whole.extend(body);
    Value::Object(whole)
}

/// The schema as the text that is committed and that `mockdc schema` prints.
pub fn schema_text() -> String {
    let mut text = format!("{:#}", schema());
    text.push('\n');
    text
}

/// Definitions are called by what they are in the file, not by the types that read them.
fn plain(name: &str) -> String {
    match name {
        // Types of the same names say what can stand inside.
        "RawRight" => "HeldRights".to_owned(),
        "RawDraw" => "DrawnValue".to_owned(),
        _ => name.strip_prefix("Raw").unwrap_or(name).to_owned(),
    }
}

fn rename_references(schema: &mut Value) {
    rules::walk(schema, &mut |object| {
        if let Some(Value::String(reference)) = object.get_mut("$ref")
            && let Some(name) = reference.strip_prefix("#/definitions/")
        {
            *reference = format!("#/definitions/{}", plain(name));
        }
    });
}

/// A client's keys beside its own are the sections of the profile.
fn sections_of_the_profile(definitions: &mut Map<String, Value>) {
    let sections = definitions
        .get("ProfileValues")
        .and_then(|profile| profile["properties"].as_object())
        .cloned()
        .unwrap_or_default();
    for key in sections.keys() {
        definitions["Client"]["properties"][key] = json!({
            "description": sections[key]["description"],
            "anyOf": [{ "$ref": format!("#/definitions/ProfileValues/properties/{key}") }],
        });
    }
}
