//! Setting a value in a document, with everything around it left as it is.

use toml_edit::{InlineTable, Item, Table, Value};

use super::place::Part;

/// Sets the value at the end of this way; tables that are not there yet are made.
pub(super) fn put(item: &mut Item, way: &[Part], value: &Value) {
    match (way, item) {
        ([], item) => *item = Item::Value(like(item.as_value(), value)),
        ([Part::Key(key), rest @ ..], Item::Table(table)) => put_in_table(table, key, rest, value),
        ([Part::Item { index, .. }, rest @ ..], Item::ArrayOfTables(tables)) => {
            if let ([Part::Key(key), rest @ ..], Some(table)) = (rest, tables.get_mut(*index)) {
                put_in_table(table, key, rest, value);
            }
        }
        (way, Item::Value(inner)) => put_in_value(inner, way, value),
        // A way comes from the document itself, so that nothing else stands on it.
        _ => {}
    }
}

fn put_in_table(table: &mut Table, key: &str, rest: &[Part], value: &Value) {
    if !table.contains_key(key) {
        let made = match rest {
            [] => Item::Value(value.clone()),
            _ => {
                let mut made = Table::new();
                made.set_dotted(true);
                made.set_implicit(true);
                Item::Table(made)
            }
        };
        table.insert(key, made);
    }
    if let Some(item) = table.get_mut(key) {
        put(item, rest, value);
    }
}

fn put_in_value(at: &mut Value, way: &[Part], value: &Value) {
    match (way, at) {
        ([], at) => *at = like(Some(at), value),
        ([Part::Key(key), rest @ ..], Value::InlineTable(table)) => {
            if !table.contains_key(key) {
                let made = match rest {
                    [] => value.clone(),
                    _ => Value::InlineTable(InlineTable::new()),
                };
                table.insert(key, made);
            }
            if let Some(inner) = table.get_mut(key) {
                put_in_value(inner, rest, value);
            }
        }
        ([Part::Item { index, .. }, rest @ ..], Value::Array(list)) => {
            if let Some(inner) = list.get_mut(*index) {
                put_in_value(inner, rest, value);
            }
        }
        _ => {}
    }
}

/// The value with the blanks and the comment of the one that it replaces.
fn like(old: Option<&Value>, value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(old) = old {
        *value.decor_mut() = old.decor().clone();
    }
    value
}
