//! The reference page: every table, key, verb, condition and event of the language, from the same schema that editors
//! read.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::{TABLES, schema};

/// Tables inside tables deeper than this are shown by their names.
const DEEPEST: usize = 6;

/// The reference of the language as Markdown.
pub fn reference() -> String {
    let schema = schema();
    let page = Page { schema: &schema };
    let mut text = String::from(
        "# Reference of the scenario language\n\nEvery key that a scenario file can hold. This page is made from the \
         types that read a file; [`LANGUAGE.md`](LANGUAGE.md) is the guide, with whole scenarios. A key without a \
         default may be left out unless it is *required*. Wherever a value stands, a text with `${…}` may stand for it: \
         a column of `[[case]]`, `${each}` of `for-each`, or what a script keeps.\n\n",
    );
    let _ = writeln!(text, "Tables: {}.\n", page.contents());
    text += "## Head\n\nKeys at the top of the file, before its first table.\n\n";
    let head: Map<String, Value> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !page.is_table(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    text += &page.keys(&json!({ "properties": head, "required": schema["required"] }));
    let mut told = Vec::new();
    text += &page.section("`[domain]`", "Domain", schema["properties"]["domain"]["description"].as_str());
    told.push("Domain");
    for table in TABLES {
        text += &page.section(&format!("`[[{}]]`", table.key), table.definition, Some(table.doc));
        told.push(table.definition);
    }
    text += &page.section("`[[case]]`", "Case", schema["properties"]["case"]["description"].as_str());
    text += &page.section("`[vary]`", "Vary", None);
    text += "| value | meaning |\n|---|---|\n| `[\"time-out\", \"until-exit\"]` | one of these |\n| \
             `{ from = \"5m\", to = \"2h\" }` | any amount between the two, both included |\n\n";
    told.extend(["Case", "Vary", "Placeholder"]);
    let mut rest: Vec<(&String, &Value)> = schema["definitions"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !told.contains(&name.as_str()))
        .collect();
    rest.sort_by_key(|(name, _)| words(name));
    text += "## What stands inside\n\n";
    for (name, _) in rest {
        text += &page.section_at("###", &words(name), name, None);
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

struct Page<'s> {
    schema: &'s Value,
}

impl Page<'_> {
    fn is_table(&self, key: &str) -> bool {
        ["domain", "case", "vary"].contains(&key) || TABLES.iter().any(|table| table.key == key)
    }

    fn contents(&self) -> String {
        let links = TABLES.iter().map(|table| (format!("[[{}]]", table.key), table.definition));
        let all = std::iter::once(("[domain]".to_owned(), "Domain")).chain(links);
        let all: Vec<String> = all
            .chain([("[[case]]".to_owned(), "Case"), ("[vary]".to_owned(), "Vary")])
            .map(|(shown, name)| format!("[`{shown}`](#{})", anchor(name)))
            .collect();
        all.join(", ")
    }

    fn definition(&self, name: &str) -> &Value {
        &self.schema["definitions"][name]
    }

    fn section(&self, heading: &str, name: &str, doc: Option<&str>) -> String {
        self.section_at("##", heading, name, doc)
    }

    fn section_at(&self, level: &str, heading: &str, name: &str, doc: Option<&str>) -> String {
        let definition = self.definition(name);
        let mut text = format!("{level} {heading}\n\n<a id=\"{}\"></a>", anchor(name));
        let doc = doc.or_else(|| definition["description"].as_str()).unwrap_or_default();
        let _ = writeln!(text, "{}\n", line(doc));
        for rule in rules(definition) {
            let _ = writeln!(text, "{rule}\n");
        }
        text += &self.body(definition);
        text
    }

    /// What a definition says: its keys, its verbs, its words, or its form.
    fn body(&self, definition: &Value) -> String {
        if definition["properties"].is_object() {
            return self.keys(definition);
        }
        let forms = forms(definition);
        let words: Vec<(&Value, &Value)> = forms
            .iter()
            .filter_map(|form| form.get("const").map(|word| (word, &form["description"])))
            .collect();
        let tagged: Vec<&&Value> = forms.iter().filter(|form| form["properties"].is_object()).collect();
        let mut text = String::new();
        if !words.is_empty() {
            text += "| word | meaning |\n|---|---|\n";
            for (word, meaning) in &words {
                let _ = writeln!(text, "| `{word}` | {} |", line(meaning.as_str().unwrap_or_default()));
            }
            text += "\n";
        }
        if !tagged.is_empty() {
            text += HEADER;
            for form in &tagged {
                text += &self.rows("", form, 0);
            }
            text += "\n";
        }
        if words.is_empty() && tagged.is_empty() {
            let _ = write!(text, "Form: {}", self.type_of(definition, true));
            if let Some(example) = self.example(definition, 0) {
                let _ = write!(text, "; for example `{}`", inline(&example));
            }
            text += ".\n\n";
        }
        text
    }

    fn keys(&self, table: &Value) -> String {
        format!("{HEADER}{}\n", self.rows("", table, 0))
    }

    /// A row for each key of a table, and below it those of the tables that stand inside without a name of their own.
    fn rows(&self, before: &str, table: &Value, depth: usize) -> String {
        let mut text = String::new();
        let required: Vec<&str> =
            table["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (key, value) in table["properties"].as_object().into_iter().flatten() {
            let default = match value.get("default") {
                Some(default) => format!("`{}`", inline(default)),
                None if required.contains(&key.as_str()) => "*required*".to_owned(),
                None => String::new(),
            };
            let example = self.example(value, 0).map(|example| format!("`{}`", cell(&inline(&example))));
            let _ = writeln!(
                text,
                "| `{before}{key}` | {} | {} | {} | {} |",
                self.type_of(value, false),
                cell(&default),
                line(value["description"].as_str().unwrap_or_default()),
                example.unwrap_or_default(),
            );
            if value["properties"].is_object() && depth < DEEPEST {
                text += &self.rows(&format!("{before}{key}."), value, depth + 1);
            }
        }
        text
    }

    /// What can stand there, in words; names link to their sections.
    fn type_of(&self, schema: &Value, in_full: bool) -> String {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.trim_start_matches("#/definitions/");
            if let Some(section) = name.strip_prefix("ProfileValues/properties/") {
                return format!("[section `{section}`](#{})", anchor("ProfileValues"));
            }
            return format!("[{}](#{})", self.title(name), anchor(name));
        }
        let forms = forms(schema);
        if !forms.is_empty() {
            let mut told: Vec<String> = forms.iter().map(|form| self.type_of(form, in_full)).collect();
            told.dedup();
            return told.join(" or ");
        }
        if let Some(word) = schema.get("const") {
            return format!("`{word}`");
        }
        if let Some(words) = schema["enum"].as_array() {
            return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        // A text beside another type is only there for placeholders, when it has a form.
        let placeholder = kinds.len() == 2 && schema["pattern"].is_string();
        let told = kinds.iter().filter(|kind| !(placeholder && **kind == "string")).map(|kind| match *kind {
            "string" => match schema["pattern"].as_str() {
                Some(pattern) if in_full => {
                    let own = pattern.split("|\\$\\{").next().unwrap_or(pattern);
                    format!("text that matches `{}`", cell(own))
                }
                _ => "text".to_owned(),
            },
            "integer" => "whole number".to_owned(),
            "number" => "number".to_owned(),
            "boolean" => "true or false".to_owned(),
            "array" => match &schema["items"] {
                Value::Array(items) => {
                    items.iter().map(|item| self.type_of(item, false)).collect::<Vec<_>>().join(" and ")
                }
                items => format!("list: {}", self.type_of(items, false)),
            },
            _ => match &schema["additionalProperties"] {
                inner @ Value::Object(_) => format!("table of {}", self.type_of(inner, false)),
                _ => "table".to_owned(),
            },
        });
        told.collect::<Vec<_>>().join(" or ")
    }

    fn title(&self, name: &str) -> String {
        self.definition(name)["title"].as_str().map_or_else(|| words(name), str::to_owned)
    }

    /// A value that can stand there.
    fn example(&self, schema: &Value, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        if let Some(example) = schema["examples"].as_array().and_then(|examples| examples.first()) {
            return Some(example.clone());
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let inner = self.schema.pointer(reference.trim_start_matches('#'))?;
            return self.example(inner, depth + 1);
        }
        if let Some(form) = forms(schema).first() {
            return self.example(form, depth);
        }
        if let Some(word) = schema.get("const").or_else(|| schema["enum"].as_array()?.first()) {
            return Some(word.clone());
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"].as_array()?.first()?.as_str())?;
        Some(match kind {
            "boolean" => Value::Bool(schema["default"] != true),
            "integer" => schema.get("default").filter(|default| **default != 0).cloned().unwrap_or(json!(1)),
            "number" => json!(0.5),
            "string" => {
                schema.get("default").filter(|default| **default != "").cloned().unwrap_or(json!("…"))
            }
            "array" => match &schema["items"] {
                Value::Array(items) => Value::Array(
                    items.iter().map(|item| self.example(item, depth + 1)).collect::<Option<_>>()?,
                ),
                items => json!([self.example(items, depth + 1)?]),
            },
            _ => Value::Object(self.example_table(schema, depth)?),
        })
    }

    /// The keys that a table needs; its first one when it needs none.
    fn example_table(&self, schema: &Value, depth: usize) -> Option<Map<String, Value>> {
        let mut table = Map::new();
        let properties = schema["properties"].as_object();
        let mut needed: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (group, _) in groups(schema) {
            needed.extend(group.first());
        }
        if needed.is_empty() {
            needed.extend(properties.and_then(|properties| properties.keys().next()).map(String::as_str));
        }
        for key in needed {
            table.insert(key.to_owned(), self.example(properties?.get(key)?, depth + 1)?);
        }
        if let (true, inner @ Value::Object(_)) = (table.is_empty(), &schema["additionalProperties"]) {
            let name = schema["propertyNames"].as_object().map(|_| json!("SeServiceLogonRight"));
            let name = name.as_ref().and_then(Value::as_str).unwrap_or("NAME");
            table.insert(name.to_owned(), self.example(inner, depth + 1)?);
        }
        Some(table)
    }
}

const HEADER: &str = "| key | type | default | meaning | example |\n|---|---|---|---|---|\n";

/// The forms that a value can have, placeholders aside.
fn forms(schema: &Value) -> Vec<&Value> {
    if schema["properties"].is_object() {
        return Vec::new();
    }
    let forms = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    let own = |form: &&Value| {
        form["$ref"] != "#/definitions/Placeholder" && form["required"].is_null()
            || form["properties"].is_object()
    };
    forms.into_iter().flatten().filter(own).collect()
}

/// Groups of keys of which one stands, and whether another may stand beside it.
fn groups(definition: &Value) -> Vec<(Vec<&str>, bool)> {
    let group = |rule: &str| -> Vec<&str> {
        let forms = definition[rule].as_array().into_iter().flatten();
        forms
            .filter(|form| form["properties"].is_null())
            .filter_map(|form| form["required"][0].as_str())
            .collect()
    };
    let excludes = |keys: &[&str]| keys.iter().all(|key| definition["dependencies"][*key]["not"].is_object());
    let (exactly, some) = (group("oneOf"), group("anyOf"));
    let others = !some.is_empty() && !excludes(&some);
    [(exactly, false), (some, others)].into_iter().filter(|(keys, _)| !keys.is_empty()).collect()
}

/// What holds between the keys of a table, in sentences.
fn rules(definition: &Value) -> Vec<String> {
    let quoted = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let mut rules: Vec<String> = groups(definition)
        .iter()
        .filter(|(keys, _)| keys.len() > 1)
        .map(|(keys, others)| {
            format!("{} one of {}.", if *others { "At least" } else { "Exactly" }, quoted(keys))
        })
        .collect();
    let needs: Vec<String> = definition["dependencies"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, of)| Some(format!("`{key}` needs `{}`", of[0].as_str()?)))
        .collect();
    if !needs.is_empty() {
        rules.push(format!("{}.", needs.join("; ")));
    }
    rules
}

/// `SiteLink` as words: `site link`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn anchor(name: &str) -> String {
    format!("ref-{}", words(name).replace(' ', "-"))
}

/// A text on one line of a Markdown table.
fn line(text: &str) -> String {
    cell(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A value as it stands in a scenario file.
fn inline(value: &Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_fits_its_key() {
        let schema = schema();
        let page = Page { schema: &schema };
        let mut tried = 0;
        let mut wrong = Vec::new();
        for (name, definition) in schema["definitions"].as_object().unwrap() {
            let tables = std::iter::once(definition).chain(forms(definition));
            for (key, value) in tables.filter_map(|table| table["properties"].as_object()).flatten() {
                let Some(example) = page.example(value, 0) else {
                    wrong.push(format!("{name}.{key} has none"));
                    continue;
                };
                let mut whole = value.clone();
                whole["definitions"] = schema["definitions"].clone();
                let validator = jsonschema::draft7::options().build(&whole).unwrap();
                tried += 1;
                if !validator.is_valid(&example) {
                    wrong.push(format!("{name}.{key} = {example}"));
                }
            }
        }
        assert!(tried > 300, "{tried}");
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn links_lead_somewhere() {
        let page = reference();
        for link in page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(page.contains(&format!("<a id=\"{link}\"></a>")), "{link}");
        }
    }
}
