//! Mixed mode: a BDC of Windows NT 4.0 behind the PDC emulator of an Active Directory domain.

use super::Ad;
use crate::replication::lab::{Lab, dcs};
use crate::{AdSpec, DcSpec, Fact, Nt4BdcSpec, Nt4Spec, Os, Reply, Span, Streams, SyncKind, SyncReason};

fn mixed(pulse: Span) -> (AdSpec, Vec<DcSpec>) {
    let mut dcs = dcs(&["PDC1", "DC2", "NT4"]);
    for dc in &mut dcs {
        dc.machine.os = if dc.name == "NT4" { Os::Nt4 } else { Os::Windows2000 };
    }
    let bdc = Nt4BdcSpec { randomize: Span::ZERO, ..Nt4BdcSpec::default() };
    let nt4 = Nt4Spec { pulse, bdc, ..Nt4Spec::default() };
    (AdSpec { mixed: Some(nt4), ..AdSpec::default() }, dcs)
}

fn lab() -> Lab {
    let (spec, dcs) = mixed(Span::mins(7));
    Lab::new(Ad::new(&spec, &dcs, Span::ZERO, Streams::new(1)), &dcs)
}

#[test]
fn a_write_at_a_replica_reaches_the_nt4_bdc_over_the_emulator_and_its_pulse() {
    let mut lab = lab();
    lab.run_to(Span::mins(1));
    lab.add_user("DC2", "alice");
    lab.run_to(Span::mins(30));
    assert_eq!(lab.visible("PDC1", "alice"), Some(Span::mins(6)));
    assert_eq!(lab.visible("NT4", "alice"), Some(Span::mins(7)));
    // A minute later it misses that pulse, because it comes to the emulator at 7 minutes and 30 seconds.
    let mut lab = self::lab();
    lab.run_to(Span::secs(150));
    lab.add_user("DC2", "alice");
    lab.run_to(Span::mins(30));
    assert_eq!(lab.visible("PDC1", "alice"), Some(Span::secs(450)));
    assert_eq!(lab.visible("NT4", "alice"), Some(Span::mins(14)));
}

#[test]
fn the_emulator_alone_serves_it_and_it_does_not_write() {
    let mut lab = lab();
    assert!(!lab.model.writable(lab.dc("NT4")) && lab.model.writable(lab.dc("DC2")));
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(30));
    assert_eq!(lab.visible("NT4", "alice"), Some(Span::mins(7)));
    let sources: Vec<String> = lab
        .ended("NT4")
        .into_iter()
        .filter_map(|(_, fact)| match fact {
            Fact::SyncEnded { from, deltas: 1.., .. } => Some(from.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(sources, vec!["PDC1"]);
    assert!(lab.converged());
}

#[test]
fn a_lockout_goes_through_the_replicas_and_to_the_nt4_bdc_at_once() {
    let mut lab = lab();
    let alice = lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(20));
    lab.lock_out("DC2", alice);
    lab.run_to(Span::mins(20) + Span::secs(1));
    assert!(lab.converged());
}

#[test]
fn forcing_the_nt4_bdc_brings_what_the_emulator_has_and_no_more() {
    let mut lab = lab();
    lab.add_user("PDC1", "alice");
    lab.add_user("DC2", "bob");
    assert_eq!(lab.synchronize("NT4", false), Ok(Reply::Done));
    assert!(lab.shows("NT4", "alice") && !lab.shows("NT4", "bob"));
    assert!(lab.synchronize_domain("PDC1", false).is_ok());
    lab.run_to(Span::secs(1));
    assert!(lab.shows("NT4", "bob"));
    assert!(lab.synchronize("NT4", true).is_ok());
    assert!(lab.ended("NT4").iter().any(|(_, fact)| matches!(
        fact,
        Fact::SyncEnded { kind: SyncKind::Full, reason: SyncReason::Forced, .. }
    )));
}

#[test]
fn while_the_emulator_is_cut_off_the_nt4_bdc_hears_nothing() {
    let mut lab = lab();
    lab.part("PDC1", "DC2");
    lab.add_user("DC2", "alice");
    lab.run_to(Span::hours(2));
    assert!(!lab.shows("NT4", "alice"));
    lab.heal();
    lab.run_to(Span::hours(4));
    assert!(lab.shows("NT4", "alice") && lab.converged());
}

#[test]
fn an_emulator_that_comes_back_without_a_change_takes_it_from_its_bdc() {
    let mut lab = lab();
    lab.controllers.keep_undo();
    lab.add_user("PDC1", "alice");
    assert!(lab.synchronize("NT4", false).is_ok());
    let lost = lab.take_down("PDC1", true);
    assert_eq!(lost, vec![crate::Version(1)]);
    lab.take_back("PDC1", &lost);
    lab.bring_up("PDC1");
    lab.run_to(Span::hours(3));
    assert!(!lab.shows("PDC1", "alice"));
    lab.add_user("PDC1", "bob");
    lab.run_to(Span::hours(4));
    assert!(lab.shows("NT4", "bob"));
    let full = |fact: &Fact| matches!(fact, Fact::SyncEnded { kind: SyncKind::Full, error: None, .. });
    assert!(lab.ended("NT4").iter().any(|(_, fact)| full(fact)));
}

#[test]
fn in_native_mode_every_controller_is_a_replica() {
    let (spec, dcs) = mixed(Span::mins(7));
    let native = AdSpec { mixed: None, ..spec };
    let mut lab = Lab::new(Ad::new(&native, &dcs, Span::ZERO, Streams::new(1)), &dcs);
    assert!(lab.model.writable(lab.dc("NT4")));
    lab.add_user("NT4", "alice");
    lab.run_to(Span::mins(30));
    assert!(lab.converged());
}
