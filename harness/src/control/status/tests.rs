use mockdc_mocks::{Invocation, Stream};

use super::*;
use crate::timeline::story::{Story, span, time};

fn committed(story: &mut Story, version: u64, subject: &str) {
    let fact = Fact::Committed {
        version: Version(version),
        stream: Stream::Sam,
        change: ChangeKind::UserAdd,
        subject: subject.into(),
        serial: version,
        urgent: false,
    };
    story.fact("PDC1", fact);
}

fn replicated(story: &mut Story, version: u64) {
    let from = "PDC1".into();
    let fact =
        Fact::Replicated { version: Version(version), stream: Stream::Sam, from, committed: time("1m") };
    story.fact("BDC1", fact);
}

fn subjects(story: &Story, at: &str) -> Vec<String> {
    let seen = Replicas::of(&story.events.clone().into());
    let waiting = seen.waiting(&at.into(), time("1h"));
    waiting.into_iter().map(|change| change.subject.to_string()).collect()
}

#[test]
fn what_waits_is_what_has_been_committed_and_not_arrived() {
    let mut story = Story::default();
    story.at("1m");
    committed(&mut story, 1, "A");
    story.at("2m");
    committed(&mut story, 2, "B");
    replicated(&mut story, 1);
    assert_eq!(subjects(&story, "BDC1"), ["B"]);
    assert!(subjects(&story, "PDC1").is_empty());
    let seen = Replicas::of(&story.events.clone().into());
    assert_eq!(seen.waiting(&"BDC1".into(), time("1h"))[0].age, span("58m"));
}

#[test]
fn what_no_controller_has_any_more_waits_nowhere() {
    let mut story = Story::default();
    for (minute, version, subject) in [("1m", 1, "A"), ("3m", 2, "B"), ("4m", 3, "C")] {
        story.at(minute);
        committed(&mut story, version, subject);
    }
    replicated(&mut story, 2);
    let taken = time("2m");
    let restored = Fact::Restored { snapshot: "s".into(), taken, invocation: Invocation::New };
    story.at("5m").fact("PDC1", restored);
    assert_eq!(subjects(&story, "BDC1"), ["A"], "C is gone with the disk");
    assert_eq!(subjects(&story, "PDC1"), ["B"], "the other still has it");
    story.event("PDC1", EventKind::Lost { version: Version(1), stream: Stream::Sam });
    assert!(subjects(&story, "BDC1").is_empty());
}
