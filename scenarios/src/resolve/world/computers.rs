//! Whether a scenario has to do with accounts of computers.

use std::collections::BTreeMap;

use mockdc_mocks::{HostName, VerbKind};
use toml::de::DeValue;

use crate::read::Node;
use crate::resolve::context::Context;

/// Verbs that are about membership, secrets and secure channels.
const VERBS: [VerbKind; 8] = [
    VerbKind::DomainJoin,
    VerbKind::DomainUnjoin,
    VerbKind::SecureChannelQuery,
    VerbKind::SecureChannelReset,
    VerbKind::SecureChannelVerify,
    VerbKind::MachinePasswordChange,
    VerbKind::MachinePasswordReset,
    VerbKind::MachineSecretStore,
];

/// Conditions, events and keys of hosts that are.
const WORDS: [&str; 2] = ["joined", "secure-channel"];

/// Whether the tables name a computer's account (`WS1$`, or a kept value before the `$`), or use a verb, condition,
/// event or key that is about them. Where none does, every member's trust is taken for granted.
pub(in crate::resolve) fn speaks_of_computers(
    context: &Context<'_>,
    nodes: &BTreeMap<&str, Vec<Node<'_>>>,
) -> bool {
    nodes.values().flatten().any(|node| speaks(context, node))
}

fn speaks(context: &Context<'_>, node: &Node<'_>) -> bool {
    match node.get_ref() {
        DeValue::Table(table) => table.iter().any(|(key, value)| {
            let key = key.get_ref().as_ref();
            WORDS.contains(&key) || is_verb(key) || names_computer(context, key) || speaks(context, value)
        }),
        DeValue::Array(items) => items.iter().any(|item| speaks(context, item)),
        DeValue::String(text) => is_verb(text) || names_computer(context, text),
        _ => false,
    }
}

fn is_verb(text: &str) -> bool {
    VERBS.iter().any(|verb| verb.as_str() == text)
}

/// Whether a text holds the name of a host, or a kept value, right before a `$`.
fn names_computer(context: &Context<'_>, text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let before = &text[..at];
        if text[at..].starts_with("${") {
            return false;
        }
        let start = before
            .rfind(|c: char| !c.is_alphanumeric() && !"-_#&".contains(c))
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        before.ends_with('}') || context.hosts.contains_key(&HostName::from(&before[start..]))
    })
}
