//! When a machine first refreshes its policy, where its names stand, and links that are taken away.

use crate::*;

fn at(span: Span) -> SimTime {
    SimTime::START + span
}

fn admin() -> Caller {
    Caller::domain("PDC1", "Administrator", "Adm1n-password!")
}

fn perform(domain: &mut Domain, now: SimTime, verb: Verb) -> u32 {
    domain.apply(now, &admin(), &Operation::new("PDC1", verb)).answer.err().map_or(0, Win32Error::code)
}

/// A workstation whose rights to log on as a batch job the policy gives to `holder` alone.
fn world(holder: &str) -> DomainBuilder {
    let mut builder = Domain::builder().pdc("PDC1").workstation("WS1").user("clerk", "Secret-1", &[]);
    let link = GpoLinkSpec { container: "domain".into(), order: None, enabled: true, enforced: false };
    let spec = builder.spec();
    spec.machines[0].machine.os = Os::Windows2000;
    spec.policies = vec![GpoSpec {
        name: "Batch".into(),
        template: None,
        rights: [(Right::BatchLogon, vec![holder.into()])].into(),
        members: Default::default(),
        member_of: Default::default(),
        links: vec![link],
        disabled: None,
    }];
    builder
}

fn holds_batch(domain: &mut Domain, now: SimTime, account: &str) -> bool {
    let verb = Verb::RightsOf { account: account.into() };
    let operation = Operation::new("WS1", verb);
    match domain.apply(now, &Caller::system("WS1"), &operation).answer {
        Ok(Reply::Rights(rights)) => rights.contains(&Right::BatchLogon),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_of_another_host_means_nothing_here() {
    for (holder, means) in [("WS1\\Administrator", true), ("WS2\\Administrator", false)] {
        let mut domain = world(holder).build(1).unwrap();
        assert_eq!(holds_batch(&mut domain, at(Span::ZERO), "Administrator"), means, "{holder}");
    }
}

#[test]
fn the_first_refresh_is_when_its_interval_says() {
    let mut builder = world("clerk");
    let interval = RefreshInterval { every: Span::mins(90), offset: Span::ZERO, first: Some(Span::mins(7)) };
    builder.spec().domain.refresh.members = interval;
    let mut domain = builder.build(1).unwrap();
    domain.drain_facts();
    // Nothing is applied when nothing has changed.
    for (minute, right) in [(1, Right::ServiceLogon), (50, Right::Shutdown)] {
        let holders = vec!["clerk".into()];
        let define = Verb::GpoDefineRight { gpo: "Batch".into(), right, holders };
        assert_eq!(perform(&mut domain, at(Span::mins(minute)), define), 0);
    }
    domain.advance(at(Span::mins(100)));
    let applied: Vec<SimTime> = domain
        .drain_facts()
        .into_iter()
        .filter(|record| record.host == "WS1" && matches!(record.fact, Fact::PolicyApplied { .. }))
        .map(|record| record.at)
        .collect();
    assert_eq!(applied, [at(Span::mins(7)), at(Span::mins(97))]);
}

#[test]
fn a_link_that_is_taken_away_is_gone_and_no_other() {
    let mut domain = world("clerk").build(1).unwrap();
    let unlink = || Verb::GpoUnlink { gpo: "Batch".into(), container: "domain".into() };
    let now = at(Span::mins(1));
    let other = Verb::GpoUnlink { gpo: "Other".into(), container: "domain".into() };
    assert_eq!(perform(&mut domain, now, other), 2, "there is no such link");
    assert_eq!(perform(&mut domain, now, unlink()), 0);
    assert_eq!(perform(&mut domain, now, unlink()), 2, "it is gone");
}
