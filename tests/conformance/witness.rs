//! What only a client of LDAP sees of the fake: the tombstones of deleted accounts, and in which order the accounts of a
//! pull come in. The fake's front plays the sequence once more as a witness, and its controllers are looked at as the
//! subject's are.

use std::collections::BTreeSet;

use crate::acts::{Act, Names};
use crate::compare::{Difference, Subject, differences};
use crate::front::Front;
use crate::picture::{DUPLICATE, Picture};
use crate::play::strange;
use crate::run::Report;
use crate::sequence::{Sequence, Step};

/// What has come in with one synchronisation.
pub(crate) struct Arrival {
    pub(crate) step: usize,
    pub(crate) to: usize,
    /// Accounts in the order in which the controller took them in.
    pub(crate) accounts: Vec<String>,
}

/// Lets a controller of a subject pull, and sees in which order it takes accounts in. Nothing when it cannot pull.
pub(crate) async fn pull(
    subject: &mut impl Subject,
    step: usize,
    to: usize,
    arrivals: &mut Vec<Arrival>,
) -> Result<bool, String> {
    let before = subject.committed(to).await?;
    let done = subject.synchronize(step, to).await;
    if done {
        arrivals.push(Arrival { step, to, accounts: subject.arrived(to, before).await? });
    }
    Ok(done)
}

/// Compares what a subject showed in a sequence, which it played to its end, with what the witness shows.
pub(crate) async fn compare(
    subject: &mut impl Subject,
    (sequence, names): (&Sequence, Names),
    arrivals: &[Arrival],
    report: &mut Report,
) -> Vec<Difference> {
    let last = sequence.steps.len().saturating_sub(1);
    let deletes = |step: &Step| {
        matches!(step, Step::Act { act: Act::Delete { .. } | Act::GroupDelete { .. } | Act::LocalDelete, .. })
    };
    // Where nothing was deleted, and no two accounts have come together, there is nothing to see.
    if !sequence.steps.iter().any(deletes) && arrivals.iter().all(|arrival| arrival.accounts.len() < 2) {
        return Vec::new();
    }
    let Some(graves) = subject.tombstones().await else { return Vec::new() };
    let (shown, own) = match replay(sequence, names).await {
        Ok(replayed) => replayed,
        Err(problem) => return vec![strange(last, 0, "witness", problem)],
    };
    report.witnessed += 1;
    let mut found = Vec::new();
    for (at, (one, other)) in shown.into_iter().zip(graves).enumerate() {
        match other {
            Ok(other) => found.extend(differences("tombstone", (last, at), &one, &other)),
            Err(problem) => found.push(strange(last, at, "tombstone", problem)),
        }
    }
    for difference in &mut found {
        let met = match difference.attribute.as_str() {
            "presence" => deleted_elsewhere(sequence, |act| matches!(act, Act::Rename { .. })),
            "userAccountControl" => deleted_elsewhere(sequence, |act| matches!(act, Act::Flag { .. })),
            _ => false,
        };
        if met {
            difference.attribute += ", changed elsewhere";
        }
    }
    let (unclear, lists) = (unclear(sequence, names), lists(sequence, names));
    for (one, other) in own.iter().zip(arrivals) {
        let mut unclear = unclear.clone();
        // In which order the lists of several groups follow is a matter of their identifiers.
        if lists.iter().filter(|group| other.accounts.contains(group)).count() > 1 {
            unclear.extend(lists.iter().cloned());
        }
        found.extend(order(one, other, &unclear));
    }
    found
}

/// Plays a sequence at a front of the fake: the tombstones at each controller, and what has come in.
async fn replay(sequence: &Sequence, names: Names) -> Result<([Picture; 2], Vec<Arrival>), String> {
    let mut front = Front::new().map_err(|error| error.to_string())?;
    let mut arrivals = Vec::new();
    front.begin(names, sequence).await?;
    for (step, action) in sequence.steps.iter().enumerate() {
        match action {
            Step::Act { at, act } => drop(front.act(step, *at, act, &act.verb(names, sequence)).await),
            Step::Synchronize { to } => drop(pull(&mut front, step, *to, &mut arrivals).await?),
            Step::Part | Step::Heal => front.part(step, matches!(action, Step::Part)).await?,
            Step::Days => front.days(step).await?,
        }
    }
    let graves = front.graves().await?;
    front.close().await;
    Ok((graves, arrivals))
}

/// Whether a user is changed in some way at one controller, and one is deleted at the other.
fn deleted_elsewhere(sequence: &Sequence, changes: impl Fn(&Act) -> bool) -> bool {
    let at = |is: &dyn Fn(&Act) -> bool| -> BTreeSet<usize> {
        let places = sequence.steps.iter().filter_map(|step| match step {
            Step::Act { at, act } if is(act) => Some(*at),
            _ => None,
        });
        places.collect()
    };
    let deleted = at(&|act| matches!(act, Act::Delete { .. }));
    at(&changes).iter().any(|place| deleted.contains(&(1 - place)))
}

/// Accounts whose last change is not the same for both: Samba writes at a logon when it was.
fn unclear(sequence: &Sequence, names: Names) -> BTreeSet<String> {
    let logons = sequence.steps.iter().filter_map(|step| match step {
        Step::Act { act: Act::Logon { user, .. }, .. } => Some(names.user(*user).to_string()),
        _ => None,
    });
    logons.collect()
}

/// Groups of which members come or go.
fn lists(sequence: &Sequence, names: Names) -> BTreeSet<String> {
    let groups = sequence.steps.iter().filter_map(|step| match step {
        Step::Act { act, .. } => match act {
            Act::Join { group, .. } | Act::Leave { group, .. } | Act::PrimaryGroup { group, .. } => {
                Some(names.group(*group))
            }
            Act::LocalJoin { .. } | Act::LocalLeave { .. } => Some(names.local()),
            _ => None,
        },
        _ => None,
    });
    groups.map(|group| group.to_string()).collect()
}

/// The difference of two arrivals: of the accounts that are clear and have come in at both, which came before which.
fn order(fake: &Arrival, subject: &Arrival, unclear: &BTreeSet<String>) -> Option<Difference> {
    let common = |own: &Arrival, other: &Arrival| {
        let clear = |name: &&String| {
            !unclear.contains(name.trim_end_matches(" (deleted)")) && !name.starts_with(DUPLICATE)
        };
        let kept = own.accounts.iter().filter(clear).filter(|name| other.accounts.contains(name));
        kept.map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let (one, other) = (common(fake, subject), common(subject, fake));
    (one != other).then(|| Difference {
        attribute: "order".to_owned(),
        fake: one,
        ..strange(fake.step, fake.to, "arrival", other)
    })
}
