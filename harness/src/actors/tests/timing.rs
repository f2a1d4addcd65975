use mockdc_mocks::{Fact, SimTime, Span, VerbKind, Win32Error};

use super::*;

const DAY: SimTime = SimTime(86_400_000);

fn attempt(profile: &Profile, delay: Span) -> Option<u32> {
    first_attempt(&install(profile, "BDC1", true, Double { delay, ..Double::default() }, DAY))
}

/// The first look at or after `delay`, looking each `every` from 0.
fn look(delay: i64, every: i64) -> i64 {
    delay.div_euclid(every) * every + if delay.rem_euclid(every) > 0 { every } else { 0 }
}

/// The closed arithmetic of one attempt with one delay for both accounts, in milliseconds; every value is the
/// profile's. The loader starts at the first look that finds its account; its child asks for the second account a
/// first wait later. The account is deleted a time-out and a deletion delay after the loader's start, unless the
/// loader waits for its child; at the same instant the deletion comes first.
struct Values {
    time_out: Option<i64>,
    deletes: i64,
    first_wait: i64,
    every: i64,
    limit: i64,
}

impl Values {
    fn succeeds(&self, delay: i64) -> bool {
        let met = look(delay, self.every);
        let before_deletion =
            self.time_out.is_none_or(|time_out| self.first_wait + met < time_out + self.deletes);
        met <= self.limit && before_deletion
    }
}

const SP3: Values =
    Values { time_out: Some(900_000), deletes: 900_000, first_wait: 60_000, every: 60_000, limit: 3_600_000 };

fn agrees(name: &str, overrides: &str, values: &Values) {
    let profile = profile(name, overrides);
    let longest = values.limit + values.every;
    let flip = (0..=longest / 1_000).map(|second| second * 1_000).find(|delay| !values.succeeds(delay + 1));
    let boundary = flip.expect("some delay is too long");
    for delay in
        [0, 1, 90_000, boundary - values.every, boundary - 1, boundary, boundary + 1, boundary + values.every]
    {
        let code = attempt(&profile, Span::millis(delay.max(0)));
        assert_eq!(
            code == Some(0),
            values.succeeds(delay.max(0)),
            "{name} {overrides}: {delay} ms gives {code:?}"
        );
    }
}

#[test]
fn the_boundary_of_sp3_lies_where_the_deletion_overtakes_the_first_look() {
    agrees("sms-2.0-sp3", "", &SP3);
    // Both sides of the boundary in figures: 28 minutes are the longest delay that passes.
    assert_eq!(attempt(&profile("sms-2.0-sp3", ""), Span::mins(28)), Some(0));
    let failed = attempt(&profile("sms-2.0-sp3", ""), Span::mins(28) + Span::millis(1));
    assert_eq!(failed, Some(Win32Error::LOGON_FAILURE.code()));
}

#[test]
fn a_loader_that_waits_for_its_child_leaves_only_the_longest_wait() {
    agrees("sms-2.0-sp4", "", &Values { time_out: None, ..SP3 });
    agrees("sms-2.0-sp3", "loader.waits-for-child = \"until-exit\"", &Values { time_out: None, ..SP3 });
}

#[test]
fn each_value_moves_the_boundary_as_computed() {
    agrees("sms-2.0-sp3", "loader.time-out = \"5m\"", &Values { time_out: Some(300_000), ..SP3 });
    agrees("sms-2.0-sp3", "loader.time-out = \"44m\"", &Values { time_out: Some(2_640_000), ..SP3 });
    agrees(
        "sms-2.0-sp3",
        "ccm.deletes-bootstrap-account-after = \"7m30s\"",
        &Values { deletes: 450_000, ..SP3 },
    );
    agrees("sms-2.0-sp3", "bootstrap.first-wait = \"10s\"", &Values { first_wait: 10_000, ..SP3 });
    let every = "ccm.probe-interval = \"45s\"\nbootstrap.probe-interval = \"45s\"";
    agrees("sms-2.0-sp3", every, &Values { every: 45_000, ..SP3 });
    let limit = "ccm.maximum-wait.default = \"20m\"\nbootstrap.maximum-wait.default = \"20m\"";
    agrees("sms-2.0-sp3", limit, &Values { limit: 1_200_000, ..SP3 });
    agrees("sms-2.0-sp4", limit, &Values { limit: 1_200_000, time_out: None, ..SP3 });
}

#[test]
fn the_log_of_a_slow_controller_ends_with_the_four_lines() {
    let profile = profile("sms-2.0-sp3", "");
    let events = install(&profile, "BDC1", true, Double { delay: Span::mins(35), ..Double::default() }, DAY);
    let lines = lines(&events, "Wnremote.log");
    let at =
        lines.iter().position(|line| *line == "ERROR: Could not create global group on PDC (1326)").unwrap();
    assert_eq!(lines[at - 1], "Waiting for PDC/BDC Sync (2221)");
    assert_eq!(
        lines[at + 1..at + 4],
        [
            "ERROR: Unable to create the Client Service Account. Win32 Error: 1326",
            "Warning: Could not launch/register CCIM - 1326",
            "UpdateClientRegistryForCCIMLaunch returned Logon failure: unknown user name or bad password.",
        ]
    );
}

#[test]
fn the_bootstrap_account_is_deleted_15_minutes_after_the_loader_stops() {
    for (name, delay) in [("sms-2.0-sp3", 40), ("sms-2.0-sp3", 1), ("sms-2.0-sp4", 40)] {
        let profile = profile(name, "");
        let events =
            install(&profile, "BDC1", true, Double { delay: Span::mins(delay), ..Double::default() }, DAY);
        let stopped = events.iter().find(|event| {
            matches!(&event.kind, EventKind::Fact(Fact::ServiceStopped { service, .. }) if *service == "CCMBtLdr")
        });
        let deleted = events
            .iter()
            .find(|event| matches!(&event.kind, EventKind::Call { verb: VerbKind::UserDelete, code: 0, .. }));
        assert_eq!(deleted.unwrap().at.since(stopped.unwrap().at), Span::mins(15), "{name}");
    }
}

#[test]
fn a_machine_out_of_reach_is_tried_each_hour_for_seven_days() {
    let profile = profile("sms-2.0-sp3", "");
    let double = Double { no_access: Some(Win32Error::BAD_NETPATH), ..Double::default() };
    let events = install(&profile, "BDC1", true, double, SimTime::START + Span::days(30));
    let began: Vec<SimTime> = events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::AttemptBegan { .. }))
        .map(|e| e.at)
        .collect();
    assert_eq!(began.len(), 168);
    assert!(began.windows(2).all(|pair| pair[1].since(pair[0]) == Span::hours(1)));
    let over = events.iter().find_map(|event| match event.kind {
        EventKind::InstallEnded { attempts, code, .. } => Some((attempts, code)),
        _ => None,
    });
    assert_eq!(over, Some((168, Win32Error::BAD_NETPATH.code())));
}

#[test]
fn a_short_domain_name_loses_its_retry_under_one_service_pack() {
    let attempts = |name: &str, overrides: &str| {
        let double = Double { no_access: Some(Win32Error::BAD_NETPATH), ..Double::default() };
        let events = install(&profile(name, overrides), "BDC1", true, double, DAY);
        events.iter().filter(|event| matches!(event.kind, EventKind::AttemptBegan { .. })).count()
    };
    // The domain of these tests has four letters: a bound of five is what three letters are to four.
    assert_eq!(attempts("sms-2.0-sp2", "ccm.least-domain-length = 5"), 1);
    assert!(attempts("sms-2.0-sp2", "") > 20 && attempts("sms-2.0-sp3", "") > 20);
}

#[test]
fn what_decides_an_attempt_is_a_value_of_the_profile() {
    let decided = |how: &str| {
        let profile = profile("sms-2.0-sp3", &format!("ccm.decides-attempt = \"{how}\""));
        let events =
            install(&profile, "BDC1", true, Double { delay: Span::mins(40), ..Double::default() }, DAY);
        let ended =
            events.iter().find(|event| matches!(event.kind, EventKind::AttemptEnded { attempt: 1, .. }));
        (ended.unwrap().at, first_attempt(&events).unwrap())
    };
    // The loader runs from 40 to 55 minutes, its account until 70; its child looks last at 81.
    assert_eq!(decided("loader-stopped"), (SimTime::START + Span::mins(55), 1060));
    assert_eq!(decided("bootstrap-account-deleted"), (SimTime::START + Span::mins(70), 1060));
    assert_eq!(decided("installer-ended"), (SimTime::START + Span::mins(81), 1326));
}

#[test]
fn a_workstation_needs_no_wait_and_loses_its_temporary_account() {
    let profile = profile("sms-2.0-sp3", "");
    let events = install(&profile, "WKS1", false, Double { delay: Span::days(1), ..Double::default() }, DAY);
    assert_eq!(first_attempt(&events), Some(0));
    let started = events.iter().filter(|event| matches!(event.kind, EventKind::WaitBegan { .. })).count();
    // The loader's stop and its child's end, and no account.
    assert_eq!(started, 2);
    let deleted = events.iter().any(|event| {
        matches!(&event.kind, EventKind::Call { verb: VerbKind::UserDelete, subject: Some(subject), at, .. }
            if *subject == "SMSCCMBootAcct&" && *at == "WKS1")
    });
    assert!(deleted);
}
