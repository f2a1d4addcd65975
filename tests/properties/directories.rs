//! Directories: what an oracle knows of one, and what a run shows of each controller's.

use std::collections::BTreeMap;

use mockdc::timeline::{EventKind, Timeline};
use mockdc_mocks::{Attribute, Fact, HostName, StateKey, Value};
use mockdc_tests::any::{Dated, Edit, Estate, GROUPS, USERS, step};
use mockdc_tests::oracle::Directory;
use mockdc_tests::property::Case;

/// What a change answers at the one writer.
pub(crate) fn answer(directory: &mut Directory, edit: &Edit) -> u32 {
    match edit {
        Edit::Add(user) => directory.add(*user),
        Edit::Delete(user) => directory.delete(*user),
        Edit::Comment(user, text) => directory.comment(*user, &format!("note {text}")),
        Edit::Password(user, _) => directory.password(*user),
        Edit::Join(group, user) => directory.join(*group, *user),
        Edit::Leave(group, user) => directory.leave(*group, *user),
        Edit::Grant(user) => directory.grant(*user),
    }
}

/// Adds the changes to a case, made at the PDC, with the codes that they must end with; gives what is there in the end.
pub(crate) fn edit_at_the_pdc(case: &mut Case, edits: &[Dated<Edit>]) -> Directory {
    let mut directory = Directory::default();
    case.add(&mockdc_tests::any::groups());
    for edit in edits {
        let code = answer(&mut directory, &edit.what);
        case.add(&step(edit, "PDC1", code));
    }
    directory
}

/// Expects every controller to show the directory in the end.
pub(crate) fn expect_everywhere(case: &mut Case, estate: &Estate, directory: &Directory) {
    for at in estate.controllers() {
        let mut all = Vec::new();
        for (place, user) in USERS.iter().enumerate() {
            let account = format!("account = \"{user}\", at = \"{at}\"");
            let Some((comment, passwords, granted)) = directory.user(place) else {
                all.push(format!("{{ gone = {{ {account} }} }}"));
                continue;
            };
            all.push(format!("{{ visible = {{ {account} }} }}"));
            all.push(format!("{{ attribute = {{ {account}, password-version = {passwords} }} }}"));
            if !comment.is_empty() {
                all.push(format!("{{ attribute = {{ {account}, comment = \"{comment}\" }} }}"));
            }
            if estate.has_one_writer() {
                // In Active Directory a right goes into policy, and is in force after the next refresh.
                all.push(format!(
                    "{{ right = {{ {account}, right = \"SeServiceLogonRight\", is = {granted} }} }}"
                ));
            }
            for (group, name) in GROUPS.iter().enumerate() {
                let is = directory.is_member(group, place);
                all.push(format!(
                    "{{ member = {{ group = \"{name}\", member = \"{user}\", at = \"{at}\", is = {is} }} }}"
                ));
            }
        }
        case.expect(format!("state = {{ all = [\n  {},\n] }}", all.join(",\n  ")));
    }
}

/// What a controller shows of users and groups at the end of a run. Bad passwords are counted at each controller alone.
pub(crate) fn shown(timeline: &Timeline, at: &str) -> BTreeMap<StateKey, Value> {
    let at = HostName::from(at);
    let mut shown = BTreeMap::new();
    for event in timeline.events.iter().filter(|event| event.host == at) {
        let EventKind::Fact(Fact::State { key, value, .. }) = &event.kind else { continue };
        let replicates = match key {
            StateKey::Account { .. } | StateKey::Member { .. } => true,
            StateKey::Attribute { attribute, .. } => *attribute != Attribute::BadPasswords,
            _ => false,
        };
        match value {
            Some(value) if replicates => drop(shown.insert(key.clone(), value.clone())),
            None if replicates => drop(shown.remove(key)),
            _ => {}
        }
    }
    shown
}

/// The first thing in which two controllers differ.
pub(crate) fn difference(timeline: &Timeline, one: &str, other: &str) -> Option<String> {
    let (first, second) = (shown(timeline, one), shown(timeline, other));
    let keys = first.keys().chain(second.keys());
    let differing = keys.into_iter().find(|key| first.get(key) != second.get(key))?;
    Some(format!(
        "{differing:?}: {:?} at {one}, {:?} at {other}",
        first.get(differing),
        second.get(differing)
    ))
}

/// Expects every controller to show what the first one shows in this run, so that a file tells the difference.
pub(crate) fn expect_what_the_pdc_shows(case: &mut Case, estate: &Estate, timeline: &Timeline) {
    let shown = shown(timeline, "PDC1");
    for at in estate.bdcs() {
        for user in USERS {
            let there = shown.contains_key(&StateKey::Account { account: user.into() });
            let word = if there { "visible" } else { "gone" };
            case.expect(format!("state = {{ {word} = {{ account = \"{user}\", at = \"{at}\" }} }}"));
            let comment = StateKey::Attribute { account: user.into(), attribute: Attribute::Comment };
            if let Some(Value::Text(text)) = shown.get(&comment) {
                case.expect(format!(
                    "state = {{ attribute = {{ account = \"{user}\", at = \"{at}\", comment = \"{text}\" }} }}"
                ));
            }
            for group in GROUPS {
                let is = shown.contains_key(&StateKey::Member { group: group.into(), member: user.into() });
                case.expect(format!(
                    "state = {{ member = {{ group = \"{group}\", member = \"{user}\", at = \"{at}\", is = {is} }} }}"
                ));
            }
        }
    }
}
