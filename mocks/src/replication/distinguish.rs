//! One script under all three models: each keeps a property that the two others do not have.

use super::lab::{Lab, controllers, dcs};
use super::{Ad, DelayModel, Nt4};
use crate::{AdSpec, DelaySpec, Distribution, Nt4Spec, SimTime, Span, Streams};

const NAMES: [&str; 2] = ["PDC1", "BDC1"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    Delay,
    Nt4,
    Ad,
}

type Property = fn(&Lab) -> bool;

/// Two accounts are made at the PDC, the second 120 seconds after the first; where the BDC writes, a third there.
/// Five minutes is the delay, the pulse and the wait before a notification.
fn run(model: Model) -> Lab {
    let dcs = dcs(&NAMES);
    let mut lab = match model {
        Model::Delay => {
            let spec = DelaySpec { all: Distribution::Constant(Span::mins(5)), ..DelaySpec::default() };
            Lab::new(DelayModel::new(&spec, |_| None, &controllers(&dcs), Streams::new(1)), &dcs)
        }
        Model::Nt4 => Lab::new(Nt4::new(&Nt4Spec::default(), &dcs, Streams::new(1)), &dcs),
        Model::Ad => Lab::new(Ad::new(&AdSpec::default(), &dcs, Span::hours(9), Streams::new(1)), &dcs),
    };
    lab.run_to(Span::secs(10));
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::secs(130));
    lab.add_user("PDC1", "bob");
    if lab.model.writable(lab.dc("BDC1")) {
        lab.add_user("BDC1", "carol");
    }
    lab.run_to(Span::hours(1));
    lab
}

fn seen_after(lab: &Lab, user: &str, made: Span) -> Option<Span> {
    lab.visible("BDC1", user).map(|seen| seen - made)
}

/// Each change is seen exactly its delay after its own commit.
fn each_change_has_its_own_delay(lab: &Lab) -> bool {
    [("alice", 10), ("bob", 130)]
        .into_iter()
        .all(|(user, made)| seen_after(lab, user, Span::secs(made)) == Some(Span::mins(5)))
}

/// What is made between two pulses of the clock is seen together with the second of them, and the PDC alone writes.
fn a_pulse_gathers_the_changes_of_the_one_writer(lab: &Lab) -> bool {
    let answered = Span::mins(5)..=Span::mins(5) + Span::secs(1);
    let [alice, bob] = ["alice", "bob"].map(|user| lab.visible("BDC1", user));
    !lab.model.writable(lab.dc("BDC1")) && alice == bob && alice.is_some_and(|seen| answered.contains(&seen))
}

/// What is written at any controller reaches every other.
fn every_controller_writes(lab: &Lab) -> bool {
    lab.model.writable(lab.dc("BDC1")) && lab.shows("PDC1", "carol") && lab.converged()
}

#[test]
fn each_model_keeps_a_property_that_the_two_others_do_not_have() {
    let properties: [(Model, Property); 3] = [
        (Model::Delay, each_change_has_its_own_delay),
        (Model::Nt4, a_pulse_gathers_the_changes_of_the_one_writer),
        (Model::Ad, every_controller_writes),
    ];
    for model in [Model::Delay, Model::Nt4, Model::Ad] {
        let lab = run(model);
        for (of, property) in properties {
            assert_eq!(property(&lab), of == model, "the property of {of:?} under {model:?}");
        }
    }
}

#[test]
fn under_every_model_the_pair_ends_equal_and_a_forced_synchronisation_does_not_wait() {
    for model in [Model::Delay, Model::Nt4, Model::Ad] {
        let mut lab = run(model);
        assert!(lab.converged(), "{model:?}");
        lab.add_user("PDC1", "dave");
        assert!(lab.synchronize("BDC1", false).is_ok(), "{model:?}");
        let now = lab.now.since(SimTime::START);
        assert_eq!(lab.visible("BDC1", "dave"), Some(now), "{model:?}");
    }
}
