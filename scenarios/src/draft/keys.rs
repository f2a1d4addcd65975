//! Which values of a scenario can be set.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value as Json;
use toml_edit::DocumentMut;

use super::amount::{Dimension, Setting};
use super::place::{Part, shown};
use crate::{Plan, Profile, schema};

/// A value of a scenario that can be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Key {
    /// Its dotted path.
    pub path: String,
    /// What it holds.
    pub kind: Kind,
    /// What the file states.
    pub stated: Option<Setting>,
    /// What counts when the file states nothing, where that is known.
    pub default: Option<Setting>,
    #[serde(skip)]
    pub(super) places: Vec<Vec<Part>>,
}

impl Key {
    /// The value that counts as the file stands.
    pub fn value(&self) -> Option<&Setting> {
        self.stated.as_ref().or(self.default.as_ref())
    }

    /// The dimension of a key that holds an amount.
    pub fn dimension(&self) -> Option<Dimension> {
        match self.kind {
            Kind::Amount(dimension) => Some(dimension),
            Kind::Switch | Kind::Text | Kind::Column => None,
        }
    }

    /// A setting of this key, read as a scenario writes it.
    pub fn setting(&self, text: &str) -> Result<Setting, String> {
        match self.kind {
            Kind::Amount(dimension) => match dimension.parse(text) {
                Ok(amount) => Ok(Setting::Amount(amount)),
                Err(error) => Err(error.to_string()),
            },
            Kind::Switch => match text {
                "true" => Ok(Setting::Switch(true)),
                "false" => Ok(Setting::Switch(false)),
                other => Err(format!("`{other}` is neither `true` nor `false`")),
            },
            Kind::Text | Kind::Column => Ok(Setting::Text(text.to_owned())),
        }
    }
}

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An amount.
    Amount(Dimension),
    /// True or false.
    Switch,
    /// A word or text.
    Text,
    /// `${column}`: a value that each case states for itself.
    Column,
}

/// Tables of which also keys are offered that the file does not state.
const WITH_DEFAULTS: &[&str] =
    &["domain", "dc", "machine", "site-server", "link", "site-link", "user", "fault"];

/// Keys whose values are numbers, and nothing that could vary.
const NEVER: &[&str] = &["format", "code", "code-is", "require", "seed"];

/// How deep tables lie in tables.
const DEEPEST: usize = 12;

/// The schema of the language, which knows the defaults.
static SCHEMA: LazyLock<Json> = LazyLock::new(schema);

pub(super) fn keys(document: &DocumentMut, plans: &[Plan]) -> Vec<Key> {
    let Ok(root) = toml::from_str::<toml::Table>(&document.to_string()) else { return Vec::new() };
    let mut found = Found::default();
    found.table(&root, &mut Vec::new());
    for (key, value) in &root {
        let node = &SCHEMA["properties"][key];
        if WITH_DEFAULTS.contains(&key.as_str()) {
            found.defaults(node, value, &mut vec![Part::Key(key.clone())], key == "domain");
        }
        if ["client", "site-server"].contains(&key.as_str()) {
            found.profiles(key, value, plans);
        }
    }
    if !root.contains_key("domain") {
        let nothing = toml::Value::Table(toml::Table::new());
        let way = &mut vec![Part::Key("domain".to_owned())];
        found.defaults(&SCHEMA["properties"]["domain"], &nothing, way, true);
    }
    if !root.contains_key("until") {
        found.add(vec![Part::Key("until".to_owned())], Kind::Amount(Dimension::Duration), None, None);
    }
    found.keys.into_values().collect()
}

#[derive(Default)]
struct Found {
    keys: BTreeMap<String, Key>,
}

impl Found {
    /// Adds a key unless it is there already; what the file states comes first.
    fn add(&mut self, way: Vec<Part>, kind: Kind, stated: Option<Setting>, default: Option<Setting>) {
        if way.iter().any(|part| matches!(part, Part::Key(key) if NEVER.contains(&key.as_str()))) {
            return;
        }
        let path = shown(&way);
        match self.keys.get_mut(&path) {
            Some(known) => known.default = known.default.take().or(default),
            None => {
                let key = Key { path: path.clone(), kind, stated, default, places: vec![way] };
                self.keys.insert(path, key);
            }
        }
    }

    fn table(&mut self, table: &toml::Table, way: &mut Vec<Part>) {
        for (key, value) in table {
            way.push(Part::Key(key.clone()));
            // What may vary is not itself a value of the scenario.
            if !(way.len() == 1 && key == "vary") {
                self.value(value, way);
            }
            way.pop();
        }
    }

    fn value(&mut self, value: &toml::Value, way: &mut Vec<Part>) {
        match value {
            toml::Value::Table(table) => self.table(table, way),
            toml::Value::Array(list) => {
                let names = names(list);
                for (index, item) in list.iter().enumerate() {
                    way.push(Part::Item { index, name: names[index].clone(), only: list.len() == 1 });
                    self.value(item, way);
                    way.pop();
                }
            }
            value => {
                let Some(stated) = Setting::of(value) else { return };
                let kind = match &stated {
                    Setting::Amount(amount) => Kind::Amount(amount.dimension),
                    Setting::Switch(_) => Kind::Switch,
                    Setting::Text(text) if text.contains("${") => Kind::Column,
                    Setting::Text(_) => Kind::Text,
                };
                self.add(way.clone(), kind, Some(stated), None);
            }
        }
    }

    /// Keys that the schema knows beside those that are stated. Tables that are not stated are entered when `deep`.
    fn defaults(&mut self, node: &Json, value: &toml::Value, way: &mut Vec<Part>, deep: bool) {
        if way.len() > DEEPEST {
            return;
        }
        if let toml::Value::Array(list) = value {
            let names = names(list);
            let item_node = forms(node).into_iter().find_map(|form| form.get("items")).unwrap_or(&Json::Null);
            for (index, item) in list.iter().enumerate() {
                way.push(Part::Item { index, name: names[index].clone(), only: list.len() == 1 });
                self.defaults(item_node, item, way, deep);
                way.pop();
            }
            return;
        }
        let toml::Value::Table(table) = value else { return };
        for form in forms(node) {
            let Some(properties) = form["properties"].as_object() else { continue };
            let one_verb = form["maxProperties"] == 1;
            for (key, inner) in properties {
                way.push(Part::Key(key.clone()));
                match table.get(key) {
                    Some(stated) => self.defaults(inner, stated, way, deep),
                    // Of several models one is chosen; Windows NT's, when none is.
                    None if one_verb && !(table.is_empty() && key == "nt4") => {}
                    None => match dimension(inner) {
                        Some(dimension) => {
                            let default = default_of(inner, dimension);
                            self.add(way.clone(), Kind::Amount(dimension), None, default);
                        }
                        None if deep => {
                            let nothing = toml::Value::Table(toml::Table::new());
                            self.defaults(inner, &nothing, way, deep);
                        }
                        None => {}
                    },
                }
                way.pop();
            }
        }
    }

    /// Values of the profiles of clients and site servers.
    fn profiles(&mut self, kind: &str, value: &toml::Value, plans: &[Plan]) {
        let toml::Value::Array(list) = value else { return };
        let names = names(list);
        for (index, item) in list.iter().enumerate() {
            let Some(profile) = profile_of(kind, item, plans) else { continue };
            let Ok(mut sections) = toml::Table::try_from(&profile) else { continue };
            sections.retain(|key, _| match kind {
                "site-server" => key == "ccm",
                _ => !["name", "title", "kind"].contains(&key),
            });
            let item = Part::Item { index, name: names[index].clone(), only: list.len() == 1 };
            let mut leaves = Found::default();
            leaves.table(&sections, &mut vec![Part::Key(kind.to_owned()), item]);
            for key in leaves.keys.into_values() {
                let way = key.places.into_iter().next().unwrap_or_default();
                // Items of a profile's lists are replaced as a whole.
                if way.iter().skip(2).all(|part| matches!(part, Part::Key(_))) {
                    self.add(way, key.kind, None, key.stated);
                }
            }
        }
    }
}

/// The profile that a client or site server follows, without what the file overrides.
fn profile_of(kind: &str, item: &toml::Value, plans: &[Plan]) -> Option<Profile> {
    match item.get("profile").and_then(toml::Value::as_str) {
        Some(name) => Profile::resolve(name, &toml::Table::new()).ok(),
        None if kind == "site-server" => {
            let client = plans.first()?.clients.first()?;
            Profile::resolve(&client.profile.name, &toml::Table::new()).ok()
        }
        None => None,
    }
}

/// The names by which the tables of a list can be told apart.
fn names(list: &[toml::Value]) -> Vec<Option<String>> {
    let name = |item: &toml::Value| {
        ["name", "machine", "id", "path", "user"].iter().find_map(|key| {
            let name = item.get(key)?.as_str()?;
            (!name.is_empty() && !name.contains(['[', ']', '"', '{']) && name.parse::<usize>().is_err())
                .then(|| name.to_owned())
        })
    };
    let names: Vec<Option<String>> = list.iter().map(name).collect();
    names
        .iter()
        .map(|name| name.clone().filter(|_| names.iter().filter(|other| *other == name).count() == 1))
        .collect()
}

/// The schemas that a schema stands for: itself, what it refers to, and its alternatives.
fn forms(node: &Json) -> Vec<&Json> {
    fn gather<'s>(node: &'s Json, depth: usize, forms: &mut Vec<&'s Json>) {
        if depth > 8 || !node.is_object() {
            return;
        }
        forms.push(node);
        if let Some(reference) = node["$ref"].as_str()
            && let Some(pointer) = reference.strip_prefix('#')
            && let Some(target) = SCHEMA.pointer(pointer)
        {
            gather(target, depth + 1, forms);
        }
        for form in ["anyOf", "allOf"].iter().filter_map(|key| node[*key].as_array()).flatten() {
            gather(form, depth + 1, forms);
        }
    }
    let mut all = Vec::new();
    gather(node, 0, &mut all);
    all
}

/// The dimension that a value of this schema is, where it is one.
fn dimension(node: &Json) -> Option<Dimension> {
    forms(node).into_iter().find_map(|form| {
        let whole = |kind: &Json| kind == "integer";
        match form["title"].as_str() {
            Some("duration") => Some(Dimension::Duration),
            Some("size") => Some(Dimension::Size),
            Some("rate") => Some(Dimension::Rate),
            Some("share") => Some(Dimension::Share),
            _ if whole(&form["type"])
                || form["type"].as_array().is_some_and(|kinds| kinds.iter().any(whole)) =>
            {
                Some(Dimension::Count)
            }
            _ => None,
        }
    })
}

fn default_of(node: &Json, dimension: Dimension) -> Option<Setting> {
    let amount = match &node["default"] {
        Json::String(text) => dimension.parse(text).ok()?,
        Json::Number(number) => dimension.parse(&number.to_string()).ok()?,
        _ => return None,
    };
    Some(Setting::Amount(amount))
}
