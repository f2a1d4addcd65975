//! Restricted groups: what `Members` replaces, what `Member Of` adds, and what the built-in Administrator keeps.

use crate::*;

const T0: SimTime = SimTime::START;
const REFRESH: i64 = 90;

fn at(minutes: i64) -> SimTime {
    T0 + Span::mins(minutes)
}

fn names(list: &[&str]) -> Vec<Name> {
    list.iter().map(|name| Name::from(*name)).collect()
}

type Lists<'a> = &'a [(&'a str, &'a [&'a str])];

/// A policy of restricted groups, linked to the domain.
fn policy(name: &str, members: Lists<'_>, member_of: Lists<'_>) -> GpoSpec {
    let lists = |lists: Lists<'_>| lists.iter().map(|(key, list)| ((*key).into(), names(list))).collect();
    GpoSpec {
        name: name.into(),
        template: None,
        rights: Default::default(),
        members: lists(members),
        member_of: lists(member_of),
        links: vec![GpoLinkSpec { container: "domain".into(), order: None, enabled: true, enforced: false }],
        disabled: None,
    }
}

/// A Windows 2000 workstation with a local user, in a domain with a user and a global group.
fn world(policies: Vec<GpoSpec>) -> DomainBuilder {
    let mut builder = Domain::builder().pdc("PDC1").workstation("WS1").user("clerk", "Secret-1", &[]);
    let spec = builder.spec();
    spec.groups = vec![GroupSpec {
        entry: Default::default(),
        name: "Helpdesk".into(),
        kind: GroupKind::Global,
        members: vec!["clerk".into()],
    }];
    spec.policies = policies;
    spec.domain.refresh.members.offset = Span::ZERO;
    let machine = &mut spec.machines[0].machine;
    machine.os = Os::Windows2000;
    machine.users = vec![UserSpec {
        entry: Default::default(),
        name: "helper".into(),
        password: "Secret-1".into(),
        comment: String::new(),
        flags: Default::default(),
        password_age: Span::ZERO,
        earlier_passwords: Vec::new(),
        member_of: vec!["Administrators".into()],
        expires: None,
        limits: Default::default(),
    }];
    builder
}

fn call(domain: &mut Domain, now: SimTime, verb: Verb) -> Result<Reply, u32> {
    let operation = Operation::new("WS1", verb);
    domain.apply(now, &Caller::system("WS1"), &operation).answer.map_err(Win32Error::code)
}

fn members(domain: &mut Domain, now: SimTime, group: &str) -> Vec<String> {
    match call(domain, now, Verb::LocalGroupMembers { group: group.into() }) {
        Ok(Reply::Members(members)) => members.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn write(domain: &mut Domain, now: SimTime, member_of: Lists<'_>) {
    let mut template = Template::default();
    for (member, groups) in member_of {
        template.define_member_of(member, names(groups));
    }
    let by = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let verb = Verb::GpoWrite { gpo: "P".into(), template: template.to_string() };
    domain.apply(now, &by, &Operation::new("PDC1", verb)).answer.unwrap();
}

#[test]
fn member_of_adds_to_what_is_there_and_takes_nobody_out() {
    let spec = policy("P", &[], &[("CORP\\Helpdesk", &["Administrators", "Power Users"])]);
    let mut domain = world(vec![spec]).build(1).unwrap();
    let administrators = ["Administrator", "helper", "Domain Admins", "Helpdesk"];
    assert_eq!(members(&mut domain, T0, "Administrators"), administrators);
    assert_eq!(members(&mut domain, T0, "Power Users"), ["Helpdesk"]);
    let credentials =
        Credentials { authority: Authority::Domain, user: "clerk".into(), password: "Secret-1".into() };
    match call(&mut domain, T0, Verb::Logon { credentials, logon: LogonType::Interactive }) {
        Ok(Reply::Token(token)) => assert!(token.administrator, "through the global group"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_member_of_has_added_is_put_back_and_stays_when_the_policy_no_longer_says_it() {
    let mut domain = world(vec![policy("P", &[], &[("Helpdesk", &["Administrators"])])]).build(1).unwrap();
    let remove =
        |member: &str| Verb::LocalGroupRemoveMember { group: "Administrators".into(), member: member.into() };
    call(&mut domain, at(1), remove("Helpdesk")).unwrap();
    assert_eq!(members(&mut domain, at(REFRESH + 1), "Administrators").len(), 3, "nothing has changed");
    assert_eq!(members(&mut domain, at(16 * 60), "Administrators").len(), 4, "the sixteenth hour");
    write(&mut domain, at(17 * 60), &[]);
    let later = at(17 * 60 + REFRESH);
    assert_eq!(members(&mut domain, later, "Administrators").len(), 4, "nothing says who would go");
}

#[test]
fn a_list_of_members_and_one_that_adds_to_it_hold_together() {
    let restricts = policy("R", &[("Administrators", &["helper"])], &[]);
    let adds = policy("A", &[], &[("Helpdesk", &["Administrators"])]);
    for policies in [vec![restricts.clone(), adds.clone()], vec![adds, restricts]] {
        let mut domain = world(policies).build(1).unwrap();
        assert_eq!(members(&mut domain, T0, "Administrators"), ["Administrator", "helper", "Helpdesk"]);
    }
}

#[test]
fn a_name_that_means_nothing_yet_harms_no_other_and_is_tried_again() {
    let spec = policy("P", &[], &[("LATER", &["Administrators"]), ("Helpdesk", &["NoSuchGroup", "Users"])]);
    let mut domain = world(vec![spec]).build(1).unwrap();
    assert!(members(&mut domain, T0, "Users").contains(&"Helpdesk".to_owned()));
    assert_eq!(members(&mut domain, T0, "Administrators").len(), 3);
    let user = Verb::UserAdd {
        user: "LATER".into(),
        password: "Secret-1".into(),
        comment: None,
        flags: Default::default(),
    };
    call(&mut domain, at(1), user).unwrap();
    assert_eq!(members(&mut domain, at(REFRESH - 1), "Administrators").len(), 3);
    assert!(members(&mut domain, at(REFRESH), "Administrators").contains(&"LATER".to_owned()));
}

#[test]
fn a_local_group_belongs_to_no_local_group_whatever_a_policy_says() {
    let spec = policy("P", &[("Administrators", &["Users", "helper"])], &[("Guests", &["Power Users"])]);
    let mut domain = world(vec![spec]).build(1).unwrap();
    assert_eq!(members(&mut domain, T0, "Administrators"), ["Administrator", "helper"]);
    assert!(members(&mut domain, T0, "Power Users").is_empty());
    let add = Verb::LocalGroupAddMember { group: "Power Users".into(), member: "Guests".into() };
    assert_eq!(call(&mut domain, T0, add), Err(1388), "nor by hand");
}

#[test]
fn the_built_in_administrator_stays_where_it_is_and_in_administrators_only() {
    let spec = policy("P", &[("Administrators", &[]), ("Power Users", &[])], &[]);
    let mut builder = world(vec![spec.clone()]);
    let power_users = GroupSpec {
        entry: Default::default(),
        name: "Power Users".into(),
        kind: GroupKind::Local,
        members: vec!["Administrator".into(), "helper".into()],
    };
    builder.spec().machines[0].machine.groups = vec![power_users];
    let mut domain = builder.build(1).unwrap();
    assert_eq!(members(&mut domain, T0, "Administrators"), ["Administrator"], "an empty list is nobody else");
    assert!(members(&mut domain, T0, "Power Users").is_empty(), "elsewhere it is one of many");

    let mut domain = world(Vec::new()).build(1).unwrap();
    let out = Verb::LocalGroupRemoveMember { group: "Administrators".into(), member: "Administrator".into() };
    call(&mut domain, T0, out).unwrap();
    let by = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let mut template = Template::default();
    template.define_members("Administrators", names(&["helper"]));
    for verb in [
        Verb::GpoWrite { gpo: "P".into(), template: template.to_string() },
        Verb::GpoLink { gpo: "P".into(), container: "domain".into(), enabled: true, enforced: false },
    ] {
        domain.apply(at(1), &by, &Operation::new("PDC1", verb)).answer.unwrap();
    }
    assert_eq!(members(&mut domain, at(2 * REFRESH), "Administrators"), ["helper"], "who is out stays out");
}

#[test]
fn the_built_in_accounts_are_meant_by_identifier_and_by_name_in_every_language() {
    for (group, administrator) in
        [("*S-1-5-32-544", "*S-1-5-32-545"), ("Administrators", "x"), ("Administratoren", "x")]
    {
        let mut builder = world(vec![policy("P", &[(group, &["helper", administrator])], &[])]);
        builder.spec().machines[0].machine.language = Language::German;
        let mut domain = builder.build(1).unwrap();
        assert_eq!(members(&mut domain, T0, "Administratoren"), ["Administrator", "helper"], "{group}");
        let rename = Verb::UserRename { user: "Administrator".into(), to: "Chef".into() };
        call(&mut domain, at(1), rename).unwrap();
        call(&mut domain, at(2), Verb::PolicyRefresh { force: true }).unwrap();
        assert_eq!(members(&mut domain, at(2), "Administratoren"), ["Chef", "helper"], "{group}");
    }
}

#[test]
fn the_stronger_of_two_objects_decides_a_list_even_when_they_spell_the_group_differently() {
    let by_name = policy("N", &[("Administrators", &["helper"])], &[]);
    let by_sid = policy("S", &[("*S-1-5-32-544", &["Helpdesk"])], &[]);
    for (policies, expected) in
        [(vec![by_name.clone(), by_sid.clone()], "helper"), (vec![by_sid, by_name], "Helpdesk")]
    {
        let mut domain = world(policies).build(1).unwrap();
        assert_eq!(members(&mut domain, T0, "Administrators"), ["Administrator", expected]);
    }
}
