//! Where replicated state comes from.

use indexmap::IndexMap;
use mockdc_mocks::{Fact, Stream, Version};

use crate::judge::Tested;
use crate::judge::laws::KeyHashes;
use crate::judge::outline::{Mark, Outline};
use crate::timeline::EventKind;

pub(super) fn replicas_show_only_commits(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let mut commits: IndexMap<Version, (Mark, Stream), KeyHashes> = IndexMap::default();
    outline.register.replication.each(|event| {
        if let EventKind::Fact(Fact::Committed { version, stream, .. }) = &event.kind
            && let Some((first, _)) = commits.insert(*version, (Mark::of(event), *stream))
        {
            let text = format!("commit {} is made twice", version.0);
            tested.broken(text, [first.seq, event.seq]);
        }
    });
    outline.register.versions.each(|event| {
        let EventKind::Fact(fact) = &event.kind else { return };
        match fact {
            Fact::Replicated { version, stream, committed, .. } => {
                tested.occasion();
                match commits.get(version) {
                    None => {
                        let text =
                            format!("{} has taken commit {}, which nobody made", event.host, version.0);
                        tested.broken(text, [event.seq]);
                    }
                    Some((commit, _)) if commit.seq > event.seq => {
                        let text =
                            format!("{} has taken commit {} before it was made", event.host, version.0);
                        tested.broken(text, [event.seq, commit.seq]);
                    }
                    Some((commit, of)) if of != stream || commit.at != *committed => {
                        let text = format!(
                            "{} has taken commit {} from {of:?} at {} as one from {stream:?} at {committed}",
                            event.host, version.0, commit.at
                        );
                        tested.broken(text, [commit.seq, event.seq]);
                    }
                    Some(_) => {}
                }
            }
            // An operation may tell its effect before its commit, at the same instant.
            Fact::State { version: Some(version), key, .. } if *version != Version(0) => {
                tested.occasion();
                match commits.get(version) {
                    None => {
                        let text = format!(
                            "{} shows {key:?} of commit {}, which nobody made",
                            event.host, version.0
                        );
                        tested.broken(text, [event.seq]);
                    }
                    Some((commit, _)) if commit.at > event.at => {
                        let text = format!(
                            "{} shows {key:?} of commit {} before it was made",
                            event.host, version.0
                        );
                        tested.broken(text, [event.seq, commit.seq]);
                    }
                    Some(_) => {}
                }
            }
            _ => {}
        }
    });
    tested
}
