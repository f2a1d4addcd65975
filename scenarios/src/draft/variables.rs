//! What a scenario marks as variable: its table `[vary]`, a key and its values a line.

use toml::de::DeValue;

use super::amount::{Amount, Setting};
use super::keys::Key;
use super::place;
use crate::read::{Node, entry, plain};
use crate::{Code, Problem};

/// A key that may take other values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The key.
    pub key: Key,
    /// The values that it may take.
    pub values: Values,
}

/// Values that a key may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// Every amount between two, both included.
    Range {
        /// The least.
        from: Amount,
        /// The greatest.
        to: Amount,
    },
    /// These.
    List(Vec<Setting>),
}

impl Values {
    /// The values of `FROM..TO` or of `VALUE,VALUE,…`, for this key.
    pub fn parse(key: &Key, text: &str) -> Result<Values, String> {
        match text.split_once("..") {
            Some((from, to)) => {
                let dimension = key
                    .dimension()
                    .ok_or_else(|| format!("`{}` is no amount: list its values with commas", key.path))?;
                let amount = |text: &str| dimension.parse(text).map_err(|error| error.to_string());
                let (from, to) = (amount(from)?, amount(to.trim_start_matches('='))?);
                match from < to {
                    true => Ok(Values::Range { from, to }),
                    false => Err(format!("nothing lies between {from} and {to}")),
                }
            }
            None => Ok(Values::List(
                text.split(',').map(|value| key.setting(value.trim())).collect::<Result<_, _>>()?,
            )),
        }
    }
}

/// The variables of a table `[vary]`, and what is wrong with it.
pub(crate) fn variables(keys: &[Key], table: &Node<'_>) -> (Vec<Variable>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let DeValue::Table(entries) = table.get_ref() else {
        let problem = Problem::new(Code::WrongType, "`vary` is a table")
            .at(table.span(), "no table")
            .help("write `[vary]`, and below it a line for each key: `\"domain.replication.nt4.pulse\" = { from = \"5m\", to = \"2h\" }`");
        return (found, vec![problem]);
    };
    for (name, value) in entries {
        let key = match place::find(keys, name.get_ref()) {
            Ok(key) => key,
            Err(error) => {
                let mut problem =
                    Problem::new(Code::UnknownKey, error.to_string()).at(name.span(), "unknown");
                if matches!(value.get_ref(), DeValue::Table(table) if !table.contains_key("from")) {
                    problem =
                        problem.help("put the dotted key in quotes: `\"domain.replication.nt4.pulse\" = …`");
                }
                problems.push(problem);
                continue;
            }
        };
        match values(&key, value) {
            Ok(values) => found.push(Variable { key, values }),
            Err(problem) => problems.push(*problem),
        }
    }
    (found, problems)
}

fn values(key: &Key, value: &Node<'_>) -> Result<Values, Box<Problem>> {
    let wrong = |place: &Node<'_>, text: String| {
        Box::new(
            Problem::new(Code::WrongType, text)
                .at(place.span(), "of another type")
                .help("write a list of values, or `{ from = …, to = … }` for an amount"),
        )
    };
    let setting = |node: &Node<'_>| -> Result<Setting, Box<Problem>> {
        let text = match plain(node) {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(is) => is.to_string(),
            other => return Err(wrong(node, format!("`{other}` is no value that `{}` can take", key.path))),
        };
        key.setting(&text).map_err(|why| wrong(node, why))
    };
    match value.get_ref() {
        DeValue::Array(items) if !items.is_empty() => {
            Ok(Values::List(items.iter().map(setting).collect::<Result<_, _>>()?))
        }
        DeValue::Table(table) => {
            if let Some((other, _)) =
                table.iter().find(|(key, _)| !["from", "to"].contains(&&**key.get_ref()))
            {
                return Err(Box::new(
                    Problem::new(Code::UnknownKey, format!("`{}` is no key here", other.get_ref()))
                        .at(other.span(), "unknown")
                        .help("a range is `{ from = …, to = … }`"),
                ));
            }
            match (entry(value, "from"), entry(value, "to")) {
                (Some(from), Some(to)) => match (setting(from)?, setting(to)?) {
                    (Setting::Amount(from), Setting::Amount(least)) if from < least => {
                        Ok(Values::Range { from, to: least })
                    }
                    (Setting::Amount(from), Setting::Amount(least)) => Err(Box::new(
                        Problem::new(Code::EmptyWindow, format!("nothing lies between {from} and {least}"))
                            .at(to.span(), "not more than `from`")
                            .help("`to` is more than `from`"),
                    )),
                    _ => Err(wrong(value, format!("`{}` is no amount: list its values", key.path))),
                },
                _ => Err(wrong(value, "a range needs `from` and `to`".to_owned())),
            }
        }
        _ => Err(wrong(value, "neither a list nor a range".to_owned())),
    }
}
