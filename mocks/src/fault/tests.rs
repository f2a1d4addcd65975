use crate::fault::{CallFate, FaultChange, Faults};
use crate::{
    FaultKind, FaultSpec, HostName, Occasions, Operation, SimTime, Span, Verb, VerbKind, Win32Error,
};

fn fault(name: &str, kind: FaultKind) -> FaultSpec {
    FaultSpec {
        name: name.into(),
        kind,
        from: Span::mins(1),
        until: Some(Span::mins(2)),
        count: Occasions::All,
        touches_nothing: false,
    }
}

fn at(text: &str) -> SimTime {
    SimTime::START + text.parse().unwrap()
}

fn host(name: &str) -> HostName {
    name.into()
}

fn info(host: &str) -> Operation {
    Operation::new(host, Verb::UserInfo { user: "SMS&_BDC1".into() })
}

const FINE: CallFate = CallFate::Performed { delay: Span::ZERO };

fn unreached(error: Win32Error) -> CallFate {
    CallFate::Lost { after: Span::ZERO, error }
}

fn partition(one_way: bool) -> FaultKind {
    FaultKind::Partition { from: vec!["SMS1".into()], to: vec!["PDC1".into()], one_way }
}

#[test]
fn a_window_opens_at_its_start_and_is_closed_at_its_end() {
    let mut faults = Faults::new(&[fault("cut", partition(false))]);
    assert_eq!(faults.call(at("59s"), &host("SMS1"), &info("PDC1")), FINE);
    assert_eq!(
        faults.call(at("1m"), &host("SMS1"), &info("PDC1")),
        unreached(Win32Error::SERVER_UNAVAILABLE)
    );
    assert_eq!(faults.call(at("2m"), &host("SMS1"), &info("PDC1")), FINE);
    let touches = faults.drain_touches();
    assert_eq!(touches.len(), 1);
    assert_eq!((touches[0].at, touches[0].fault.as_str()), (at("1m"), "cut"));
    assert_eq!(touches[0].touched, "user-info from SMS1");
}

#[test]
fn a_parted_share_and_its_files_are_53_and_everything_else_1722() {
    let mut faults = Faults::new(&[fault("cut", partition(false))]);
    let share = Operation::new("PDC1", Verb::ShareConnect { share: "admin$".into() });
    assert_eq!(faults.call(at("90s"), &host("SMS1"), &share), unreached(Win32Error::BAD_NETPATH));
    let read = Operation::new("PDC1", Verb::FileRead { path: "a.cfg".into() });
    assert_eq!(faults.call(at("90s"), &host("SMS1"), &read), unreached(Win32Error::BAD_NETPATH));
    let look = Operation::new("PDC1", Verb::UserInfo { user: "A".into() });
    assert_eq!(faults.call(at("90s"), &host("SMS1"), &look), unreached(Win32Error::SERVER_UNAVAILABLE));
    assert_eq!(faults.call(at("90s"), &host("BDC1"), &share), FINE, "others are not parted");
}

#[test]
fn a_one_way_partition_lets_the_other_direction_through() {
    let mut faults = Faults::new(&[fault("cut", partition(true))]);
    assert!(!faults.reaches(at("90s"), &host("SMS1"), &host("PDC1")));
    assert!(faults.reaches(at("90s"), &host("PDC1"), &host("SMS1")));
    let mut faults = Faults::new(&[fault("cut", partition(false))]);
    assert!(!faults.reaches(at("90s"), &host("PDC1"), &host("SMS1")));
}

#[test]
fn only_the_first_two_or_every_third_occasion_is_touched() {
    let refuse = |count| {
        let kind = FaultKind::Refuse {
            verb: VerbKind::UserInfo,
            at: None,
            from: None,
            account: None,
            code: Win32Error::ACCESS_DENIED,
        };
        Faults::new(&[FaultSpec { count, ..fault("no", kind) }])
    };
    let run = |mut faults: Faults| -> Vec<bool> {
        (0..6).map(|_| faults.call(at("90s"), &host("SMS1"), &info("PDC1")) != FINE).collect()
    };
    assert_eq!(run(refuse(Occasions::First(2))), [true, true, false, false, false, false]);
    assert_eq!(run(refuse(Occasions::Every(3))), [false, false, true, false, false, true]);
    assert_eq!(run(refuse(Occasions::Every(0))), [false; 6]);
}

#[test]
fn a_refusal_is_for_its_account_host_and_caller_only() {
    let kind = FaultKind::Refuse {
        verb: VerbKind::UserInfo,
        at: Some("PDC1".into()),
        from: Some("SMS1".into()),
        account: Some("sms&_bdc1".into()),
        code: Win32Error::PASSWORD_TOO_SHORT,
    };
    let mut faults = Faults::new(&[fault("no", kind)]);
    let other = Operation::new("PDC1", Verb::UserInfo { user: "Guest".into() });
    assert_eq!(faults.call(at("90s"), &host("SMS1"), &other), FINE);
    assert_eq!(faults.call(at("90s"), &host("BDC1"), &info("PDC1")), FINE);
    assert_eq!(faults.call(at("90s"), &host("SMS1"), &info("BDC1")), FINE);
    assert_eq!(faults.drain_touches(), [], "a fault that touched nothing says nothing");
    let refused = unreached(Win32Error::PASSWORD_TOO_SHORT);
    assert_eq!(faults.call(at("90s"), &host("SMS1"), &info("PDC1")), refused);
}

#[test]
fn a_dropped_call_costs_its_time_out() {
    let kind = FaultKind::Drop { verb: None, at: Some("PDC1".into()), from: None, timeout: Span::secs(45) };
    let mut faults = Faults::new(&[fault("loss", kind)]);
    let lost = CallFate::Lost { after: Span::secs(45), error: Win32Error::SERVER_UNAVAILABLE };
    assert_eq!(faults.call(at("90s"), &host("SMS1"), &info("PDC1")), lost);
}

#[test]
fn a_slow_link_costs_its_latency_there_and_back_and_bounds_the_speed() {
    let slow = |latency, bits_per_second| FaultKind::Slow {
        between: ("PDC1".into(), "BDC1".into()),
        latency: Span::millis(latency),
        bits_per_second,
    };
    let mut faults =
        Faults::new(&[fault("slow", slow(100, Some(9_600))), fault("slower", slow(50, Some(4_800)))]);
    let delay = Span::millis(300);
    assert_eq!(faults.call(at("90s"), &host("BDC1"), &info("PDC1")), CallFate::Performed { delay });
    assert_eq!(
        faults.slowed(at("90s"), &host("PDC1"), &host("BDC1")),
        Some((Span::millis(150), Some(4_800)))
    );
    assert_eq!(faults.slowed(at("90s"), &host("PDC1"), &host("BDC2")), None);
}

#[test]
fn a_held_controller_is_said_once_and_is_free_after_the_window() {
    let mut faults = Faults::new(&[fault("hold", FaultKind::Hold { at: vec!["BDC1".into()] })]);
    assert!(faults.held(at("1m"), &host("BDC1")));
    assert!(faults.held(at("90s"), &host("BDC1")));
    assert!(!faults.held(at("90s"), &host("BDC2")));
    assert!(!faults.held(at("2m"), &host("BDC1")));
    assert_eq!(faults.drain_touches().len(), 1);
}

#[test]
fn a_paused_host_answers_nobody_and_its_own_calls_wait_for_the_end() {
    let mut faults = Faults::new(&[fault("pause", FaultKind::Pause { at: "BDC1".into() })]);
    assert_eq!(faults.next_timeout(), Some(at("1m")));
    assert_eq!(faults.advance(at("1m")), [FaultChange::Network]);
    assert!(faults.paused(&host("BDC1")));
    let lost = CallFate::Lost { after: Span::secs(30), error: Win32Error::SERVER_UNAVAILABLE };
    assert_eq!(faults.call(at("90s"), &host("SMS1"), &info("BDC1")), lost);
    let delay = Span::secs(30);
    assert_eq!(faults.call(at("90s"), &host("BDC1"), &info("PDC1")), CallFate::Performed { delay });
    assert_eq!(faults.advance(at("2m")), [FaultChange::Resumed { host: "BDC1".into() }]);
    assert!(!faults.paused(&host("BDC1")));
    assert_eq!(faults.next_timeout(), None);
}

#[test]
fn a_crash_takes_the_host_down_and_its_end_brings_it_up() {
    let kind = FaultKind::Crash { at: "BDC1".into(), loses_unreplicated: true };
    let mut faults = Faults::new(&[fault("crash", kind)]);
    let crash = FaultChange::Crash { fault: "crash".into(), host: "BDC1".into(), loses_unreplicated: true };
    assert_eq!(faults.advance(at("1m")), [crash]);
    assert_eq!(faults.advance(at("2m")), [FaultChange::Restart { host: "BDC1".into() }]);
}

#[test]
fn clocks_may_differ_by_five_minutes_and_no_more() {
    let skew = |by| Faults::new(&[fault("skew", FaultKind::ClockSkew { at: "BDC1".into(), by })]);
    let differ = |faults: &Faults, time| faults.clocks_differ(at(time), &host("SMS1"), &host("BDC1"));
    let mut faults = skew(Span::mins(5));
    assert!(!differ(&faults, "90s"));
    faults.advance(at("1m"));
    assert_eq!(faults.drain_touches().len(), 1, "the machine's clock is touched when the window opens");
    let behind = skew(Span::millis(-300_001));
    assert!(differ(&behind, "90s"));
    assert!(!differ(&behind, "2m"));
    assert_eq!(behind.skew(at("90s"), &host("BDC1")), Span::millis(-300_001));
}
