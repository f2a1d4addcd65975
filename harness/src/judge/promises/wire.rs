//! Promises about programs on the wire.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{Fact, HostName, Name, Version};
use mockdc_scenarios::LdapOperation;

use crate::judge::Tested;
use crate::judge::outline::{Mark, Outline};
use crate::timeline::{ActorId, EventKind, LdapCall};

/// A change that a program committed.
#[derive(Clone, Copy)]
struct Own {
    version: Version,
    seq: u64,
}

/// Who asks, about what, where.
type Asked = (ActorId, Name, HostName);

/// A program may well ask a controller again and again until a change is there; what it asked last is what it acts on.
pub(super) fn last_read_shows_own_writes(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    // What replicates matters only to whoever reads.
    if !outline.register.wire.any(|event| matches!(event.kind, EventKind::Ldap(_))) {
        return tested;
    }
    let mut there: BTreeMap<HostName, BTreeSet<Version>> = BTreeMap::new();
    let mut latest: BTreeMap<(HostName, Name), Version> = BTreeMap::new();
    let mut subjects: BTreeMap<Version, Name> = BTreeMap::new();
    // Commits at a controller since the last operation there, by subject: those that a write has brought about.
    let mut fresh: BTreeMap<HostName, Vec<(Version, Name)>> = BTreeMap::new();
    let mut own: BTreeMap<(ActorId, Name), Vec<Own>> = BTreeMap::new();
    let mut reads: BTreeMap<Asked, Option<(Mark, Own)>> = BTreeMap::new();
    outline.register.wire.each(|event| {
        match &event.kind {
            EventKind::Fact(Fact::Committed { version, subject, .. }) => {
                there.entry(event.host.clone()).or_default().insert(*version);
                latest.insert((event.host.clone(), subject.clone()), *version);
                subjects.insert(*version, subject.clone());
                fresh.entry(event.host.clone()).or_default().push((*version, subject.clone()));
            }
            EventKind::Fact(Fact::Replicated { version, .. }) => {
                there.entry(event.host.clone()).or_default().insert(*version);
                if let Some(subject) = subjects.get(version) {
                    let known = latest.entry((event.host.clone(), subject.clone())).or_default();
                    *known = (*known).max(*version);
                }
            }
            EventKind::Ldap(call) => {
                let LdapCall { operation, at, subject, result, .. } = &**call;
                let Some(subject) = subject else {
                    if operation.writes() {
                        fresh.remove(at);
                    }
                    return;
                };
                let Some(actor) = event.actor else { return };
                // What a logon writes is the controller's doing.
                if *operation == LdapOperation::Bind {
                    fresh.remove(at);
                }
                if operation.writes() {
                    let fresh = fresh.remove(at).unwrap_or_default();
                    if *result == 0 {
                        let mine = fresh.into_iter().filter(|(_, of)| of == subject);
                        let mine = mine.map(|(version, _)| Own { version, seq: event.seq });
                        own.entry((actor, subject.clone())).or_default().extend(mine);
                    }
                } else if operation.reads() {
                    let Some(own) = own.get(&(actor, subject.clone())) else { return };
                    // A controller that has a later change of the account has what the earlier ones left.
                    let shown = latest.get(&(at.clone(), subject.clone())).copied().unwrap_or_default();
                    let has = |version| there.get(at).is_some_and(|there| there.contains(version));
                    let lacks = own.iter().find(|own| own.version > shown && !has(&own.version)).copied();
                    let read = Mark::of(event);
                    reads.insert((actor, subject.clone(), at.clone()), lacks.map(|own| (read, own)));
                }
            }
            _ => {}
        }
    });
    for ((_, subject, at), lacks) in reads {
        tested.occasion();
        if let Some((read, own)) = lacks {
            let text = format!(
                "the program last reads {subject} at {at} at {}, where its own change {} has not arrived",
                read.at, own.version.0
            );
            tested.broken(text, [own.seq, read.seq]);
        }
    }
    tested
}
