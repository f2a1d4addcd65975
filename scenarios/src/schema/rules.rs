//! What the types do not say by themselves: exactly one verb a table, keys that need others, placeholders.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::Profile;
use crate::resolve::{ACTIONS, ACTS, CLAIMS, EDITS, FAULTS, NOT_IN_DC, NOT_IN_MACHINE, NOT_IN_SERVER};

/// The definition of whatever may hold `${…}`.
const PLACEHOLDER: &str = "Placeholder";

/// What a text with a placeholder looks like.
const HOLDS_PLACEHOLDER: &str = "\\$\\{[^}]*\\}";

/// Applies `change` to a schema and to every schema inside it, inner ones first.
pub(super) fn walk(schema: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match (key.as_str(), value) {
                    ("properties" | "definitions" | "patternProperties", Value::Object(inner)) => {
                        inner.values_mut().for_each(|value| walk(value, change));
                    }
                    ("anyOf" | "oneOf" | "allOf", Value::Array(inner)) => {
                        inner.iter_mut().for_each(|value| walk(value, change));
                    }
                    ("items" | "additionalProperties" | "not" | "contains" | "propertyNames", value) => {
                        match value {
                            Value::Array(inner) => inner.iter_mut().for_each(|value| walk(value, change)),
                            value => walk(value, change),
                        }
                    }
                    _ => {}
                }
            }
            change(object);
        }
        Value::Array(list) => list.iter_mut().for_each(|value| walk(value, change)),
        _ => {}
    }
}

/// TOML has no null: a key that may be absent is no value that may be null.
pub(super) fn drop_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    if let Some(default) = object.get_mut("default") {
        drop_nulls_inside(default);
        if default.is_null() {
            object.remove("default");
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let Some(Value::Array(forms)) = object.get_mut("anyOf") else { return };
    let before = forms.len();
    forms.retain(|form| form.get("type").is_none_or(|kind| kind != "null"));
    if before > 1
        && let [only] = forms.as_slice()
        && let Value::Object(only) = only.clone()
    {
        object.remove("anyOf");
        match only.get("$ref") {
            Some(_) if !object.is_empty() => {
                object.insert("anyOf".into(), json!([only]));
            }
            _ => only.into_iter().for_each(|(key, value)| {
                object.entry(key).or_insert(value);
            }),
        }
    }
}

fn drop_nulls_inside(value: &mut Value) {
    if let Value::Object(object) = value {
        object.retain(|_, value| !value.is_null());
        object.values_mut().for_each(drop_nulls_inside);
    }
}

/// Tables with one verb each become one table with all verbs, of which one stands: a mistake inside is then told at its
/// own place, and an editor offers the verbs as keys. Words stand beside it.
pub(super) fn merge_verbs(object: &mut Map<String, Value>) {
    let Some(Value::Array(forms)) = object.get("oneOf") else { return };
    let is_verb = |form: &&Value| {
        form["properties"].as_object().is_some_and(|properties| properties.len() == 1)
            && form["required"].as_array().is_some_and(|required| required.len() == 1)
    };
    let words: Vec<Value> = forms.iter().filter(|form| form.get("const").is_some()).cloned().collect();
    let verbs: Vec<&Value> = forms.iter().filter(is_verb).collect();
    if verbs.is_empty() || words.len() + verbs.len() != forms.len() {
        return;
    }
    let mut properties = Map::new();
    for verb in verbs {
        properties.extend(verb["properties"].as_object().cloned().unwrap_or_default());
    }
    let table = json!({
        "type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1,
        "maxProperties": 1,
    });
    object.remove("oneOf");
    if words.is_empty() {
        object.extend(table.as_object().cloned().unwrap_or_default());
    } else {
        object.insert("anyOf".into(), Value::Array(words.into_iter().chain([table]).collect()));
    }
}

/// Editors pass over what stands beside `allOf`, and not over what stands beside `anyOf`.
pub(super) fn refer_by_any(object: &mut Map<String, Value>) {
    if object.get("allOf").and_then(Value::as_array).is_some_and(|all| all.len() == 1)
        && !object.contains_key("anyOf")
        && let Some(all) = object.remove("allOf")
    {
        object.insert("anyOf".into(), all);
    }
}

/// A table that is one verb of several describes it; the verb's key says the same, for an editor shows keys.
pub(super) fn describe_verbs(object: &mut Map<String, Value>) {
    let description = object.get("description").cloned();
    if let (Some(description), Some(Value::Object(properties))) = (description, object.get_mut("properties"))
        && properties.len() == 1
        && let Some(Value::Object(verb)) = properties.values_mut().next()
        && !verb.contains_key("description")
    {
        if let Some(reference) = verb.remove("$ref") {
            verb.insert("anyOf".into(), json!([{ "$ref": reference }]));
        }
        verb.insert("description".into(), description);
    }
}

/// Numbers have the bounds of their types; the names of the types say nothing to an editor.
pub(super) fn bound_numbers(object: &mut Map<String, Value>) {
    match object.get("format").and_then(Value::as_str) {
        Some("uint32") => {
            object.entry("minimum").or_insert(json!(0));
            object.entry("maximum").or_insert(json!(u32::MAX));
        }
        Some("uint64" | "uint") => {
            object.entry("minimum").or_insert(json!(0));
            object.entry("maximum").or_insert(json!(i64::MAX));
        }
        Some("int64") => {}
        _ => return,
    }
    object.remove("format");
}

/// The rules between the keys of tables.
pub(super) fn between_keys(definitions: &mut Map<String, Value>) {
    let mut rule = |name: &str, rules: Value| {
        let Some(Value::Object(table)) = definitions.get_mut(name) else { return };
        let Value::Object(rules) = rules else { return };
        for (key, value) in rules {
            match (table.get_mut(&key), value) {
                (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
                (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
                (_, value) => {
                    table.insert(key, value);
                }
            }
        }
    };
    let times = &["at", "every", "when"];
    let with_every = json!({ "first": ["every"], "end": ["every"], "count": ["every"], "each": ["when"] });
    rule("Step", one_of(ACTIONS));
    rule("Step", any_of(times));
    rule("Step", excluding(times, with_every.clone()));
    let beside = json!({
        "stagger": ["install"], "at-host": ["do"], "as": ["do"], "require": ["do"], "after": ["when"],
    });
    rule("Step", json!({ "dependencies": beside }));
    rule("Script", any_of(&["host", "program"]));
    rule("Script", excluding(times, with_every));
    rule("ScriptStep", one_of(ACTS));
    rule("ScriptStep", json!({ "dependencies": { "then": ["if"], "else": ["if"], "as": ["do"] } }));
    rule("Expect", one_of(CLAIMS));
    let timing = json!({
        "exactly": ["after"], "within": ["after"], "at-least": ["after"], "is": ["measure"],
        "times": ["event"], "nth": ["event"], "after": ["event"], "before": ["event"],
        "not-before": ["event"], "not-after": ["event"],
        "just-before": ["state"], "just-after": ["state"], "throughout": ["state"], "once": ["state"],
        "never-while": ["state"],
    });
    rule("Expect", json!({ "dependencies": timing }));
    rule("Fault", one_of(FAULTS));
    rule("Wire", one_of(&["result", "hang", "drip", "effect"]));
    rule("Wire", json!({ "dependencies": { "text": ["result"] } }));
    rule("EditPolicy", one_of(EDITS));
    rule("Client", one_of(&["machine", "machines"]));
    rule("Client", json!({ "required": ["profile"] }));
    rule("Attribute", json!({ "minProperties": 3 }));
    rule("Policy", json!({ "not": { "required": ["template", "template-file"] } }));
    for (name, foreign) in [("Dc", NOT_IN_DC), ("Machine", NOT_IN_MACHINE), ("SiteServer", NOT_IN_SERVER)] {
        let Some(mut table) = definitions.get("Host").cloned() else { continue };
        if let Some(Value::Object(properties)) = table.get_mut("properties") {
            foreign.iter().for_each(|key| drop(properties.remove(*key)));
            if name == "Dc" {
                // A domain controller has no accounts of its own.
                properties.remove("users");
            }
        }
        if name == "SiteServer" {
            table["required"] = json!(["name", "site"]);
        } else {
            table["oneOf"] = one_of(&["name", "names"])["oneOf"].take();
        }
        definitions.insert(name.into(), table);
    }
    definitions.remove("Host");
}

/// What a value must be beside its type.
pub(super) fn narrow(definitions: &mut Map<String, Value>) {
    let not_before_the_start = json!({ "pattern": "^[^-]" });
    let some_time = json!({ "pattern": "[1-9]|\\$\\{" });
    let not_empty = json!({ "minItems": 1 });
    let netbios = json!({ "pattern": "^[^{]{1,15}$|[{]" });
    let rules = [
        ("Step", &["at", "first", "end"][..], &not_before_the_start),
        ("Script", &["at", "first", "end"], &not_before_the_start),
        ("Fault", &["from", "until"], &not_before_the_start),
        ("Expect", &["at", "not-before", "not-after"], &not_before_the_start),
        ("Rule", &["at", "not-before", "not-after"], &not_before_the_start),
        ("Step", &["every"], &some_time),
        ("Script", &["every"], &some_time),
        ("Wait", &["every"], &some_time),
        ("Log", &["in-order", "none-of"], &not_empty),
        ("OfMany", &["claims"], &not_empty),
        ("Dc", &["name"], &netbios),
        ("Machine", &["name"], &netbios),
        ("SiteServer", &["name"], &netbios),
    ];
    for (name, keys, rule) in rules {
        let Some(Value::Object(properties)) =
            definitions.get_mut(name).and_then(|table| table.get_mut("properties"))
        else {
            continue;
        };
        for key in keys {
            if let (Some(Value::Object(property)), Value::Object(rule)) = (properties.get_mut(*key), rule) {
                property.extend(rule.clone());
            }
        }
    }
    for name in ["Dc", "Machine", "User"] {
        let Some(Value::Object(table)) = definitions.get_mut(name) else { continue };
        let pattern = json!({ "required": ["count"], "properties": { "name": { "pattern": "[{]n" } } });
        let plain = json!({ "not": { "required": ["count"] }, "properties": { "name": { "pattern": "^[^{]*$|\\$\\{" } } });
        table.insert("anyOf".into(), json!([pattern, plain]));
    }
    let examples = [
        ("Condition", json!({ "visible": { "account": "SVC", "at": "BDC1" } })),
        ("Attribute", json!({ "account": "SVC", "at": "BDC1", "disabled": true })),
        ("ScriptStep", json!({ "pause": "1m" })),
    ];
    for (name, example) in examples {
        if let Some(Value::Object(table)) = definitions.get_mut(name) {
            table.insert("examples".into(), json!([example]));
        }
    }
    // `commits` needs nothing beside it, and stands as a text or as a table with one key.
    if let Some(Value::Array(forms)) =
        definitions.get_mut("Measure").and_then(|measure| measure.get_mut("anyOf"))
    {
        let words: Vec<Value> = forms.iter().filter(|form| form.get("const").is_some()).cloned().collect();
        let table = forms.iter_mut().find_map(|form| form.get_mut("properties")?.as_object_mut());
        if let Some(table) = table {
            for word in words {
                let name = word["const"].as_str().unwrap_or_default().to_owned();
                let empty =
                    json!({ "description": word["description"], "type": "object", "maxProperties": 0 });
                table.insert(name, empty);
            }
        }
    }
}

fn one_of(keys: &[&str]) -> Value {
    json!({ "oneOf": keys.iter().map(|key| json!({ "required": [key] })).collect::<Vec<_>>() })
}

/// Each of the keys keeps the others out.
fn excluding(keys: &[&str], mut dependencies: Value) -> Value {
    for key in keys {
        let others: Vec<&str> = keys.iter().copied().filter(|other| other != key).collect();
        dependencies[key] = json!({ "not": any_of(&others) });
    }
    json!({ "dependencies": dependencies })
}

fn any_of(keys: &[&str]) -> Value {
    json!({ "anyOf": keys.iter().map(|key| json!({ "required": [key] })).collect::<Vec<_>>() })
}

/// Wherever a value stands, a text with `${…}` may stand for it: a column of a case, a host of `for-each`, a kept value.
/// Only the tables of the file itself are never written so.
pub(super) fn allow_placeholders(root: &mut Value, tables: &[&str]) {
    let known = root["definitions"].as_object().cloned().unwrap_or_default();
    walk(root, &mut |object| {
        for key in ["properties", "patternProperties"] {
            if let Some(Value::Object(values)) = object.get_mut(key) {
                values.values_mut().for_each(|value| allow_placeholder(value, &known));
            }
        }
        for key in ["items", "additionalProperties"] {
            match object.get_mut(key) {
                Some(Value::Array(values)) => {
                    values.iter_mut().for_each(|value| allow_placeholder(value, &known))
                }
                Some(value) => allow_placeholder(value, &known),
                None => {}
            }
        }
    });
    if let Some(Value::Object(definitions)) = root.get_mut("definitions") {
        for (_, definition) in definitions.iter_mut().filter(|(name, _)| !tables.contains(&name.as_str())) {
            allow_placeholder(definition, &known);
        }
        definitions.insert(PLACEHOLDER.into(), json!({
            "description": "A text with `${…}`: a column of `[[case]]`, `${each}` of `for-each`, or what a script keeps.",
            "type": "string",
            "pattern": HOLDS_PLACEHOLDER,
        }));
    }
}

/// `pattern` concerns texts alone, so that a mistake inside a table or list is still told at its own place.
fn allow_placeholder(value: &mut Value, definitions: &Map<String, Value>) {
    let Value::Object(object) = value else { return };
    let only_refers = object
        .get("anyOf")
        .and_then(Value::as_array)
        .is_some_and(|forms| forms.len() == 1 && forms[0].get("$ref").is_some());
    if only_refers
        || object.contains_key("$ref")
        || object.contains_key("allOf")
        || takes_any_text(object, definitions, 0)
    {
        return;
    }
    let placeholder = json!({ "$ref": format!("#/definitions/{PLACEHOLDER}") });
    for key in ["oneOf", "anyOf"] {
        if let Some(Value::Array(forms)) = object.get_mut(key)
            && !forms.contains(&placeholder)
        {
            forms.push(placeholder.clone());
            return;
        }
    }
    if object.contains_key("enum") || object.contains_key("const") {
        let mut outside = Map::new();
        for key in ["title", "description", "default", "examples"] {
            outside.extend(object.remove(key).map(|kept| (key.to_owned(), kept)));
        }
        outside.insert("anyOf".into(), json!([std::mem::take(object), placeholder]));
        *object = outside;
        return;
    }
    match (object.get("type").cloned(), object.get("pattern").and_then(Value::as_str)) {
        (Some(Value::String(kind)), Some(pattern))
            if kind == "string" && !pattern.ends_with(HOLDS_PLACEHOLDER) =>
        {
            let either = format!("{pattern}|{HOLDS_PLACEHOLDER}");
            object.insert("pattern".into(), json!(either));
        }
        (Some(Value::String(kind)), _) if kind != "string" => {
            object.insert("type".into(), json!([kind, "string"]));
            object.insert("pattern".into(), json!(HOLDS_PLACEHOLDER));
        }
        _ => {}
    }
}

/// Whether every text fits the schema already.
fn takes_any_text(object: &Map<String, Value>, definitions: &Map<String, Value>, depth: u32) -> bool {
    if depth > 8 {
        return false;
    }
    let inner =
        |value: &Value| value.as_object().is_some_and(|inner| takes_any_text(inner, definitions, depth + 1));
    if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
        let name = reference.trim_start_matches("#/definitions/");
        return definitions.get(name).is_some_and(inner);
    }
    if let Some(Value::Array(forms)) = object.get("anyOf") {
        return forms.iter().any(inner);
    }
    if let Some(Value::Array(forms)) = object.get("allOf") {
        return forms.iter().all(inner);
    }
    if ["pattern", "enum", "const", "oneOf", "not"].iter().any(|key| object.contains_key(*key)) {
        return false;
    }
    match object.get("type") {
        Some(Value::String(kind)) => kind == "string",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
        _ => object.keys().all(|key| ["description", "title", "default", "examples"].contains(&key.as_str())),
    }
}

/// A profile, or one section of it, in which every value may be left out.
pub(super) fn profile_values(section: Option<&str>) -> Schema {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<Profile>().to_value();
    walk(&mut schema, &mut |object| {
        object.remove("required");
    });
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for key in ["name", "title", "kind"] {
            properties.remove(key);
        }
    }
    let chosen = match section {
        Some(section) => schema["properties"][section].take(),
        None => schema,
    };
    Schema::try_from(chosen).unwrap_or_default()
}
