//! Each verb's success and each code that Samba can give, at a real primary domain controller.

mod play;

use mockdc_containers::docker_for_tests;
use mockdc_mocks::{AccountFlag, AccountPolicy, Caller, LogonType, Reply, Right, Span, Verb};
use play::*;

fn named(group: &str) -> mockdc_mocks::AccountName {
    group.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_gives_each_code_of_users_and_groups() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let play = Play::start(&mut world(0)).await?;
    let group_add = |group| Verb::GroupAdd { group: named(group) };
    let primary = |user: &str, group| Verb::UserSetPrimaryGroup { user: user.into(), group: named(group) };
    let rename = |user: &str, to: &str| Verb::UserRename { user: user.into(), to: to.into() };
    let comment = |comment: &str| Verb::UserSetComment { user: "alice".into(), comment: comment.into() };
    let members = |group| Verb::GroupMembers { group: named(group) };
    let expiry = |expires| Verb::UserSetExpiry { user: "bob".into(), expires };
    let long = "a-name-of-21-letters-";
    let script = [
        (user_add("alice", PASSWORD), 0),
        (user_add("ALICE", PASSWORD), 2224),
        (user_add("SMS&_BDC1", PASSWORD), 0),
        (user_add("SMS#_BDC1", PASSWORD), 0),
        (user_add(long, PASSWORD), 2202),
        (user_add("Domain Users", PASSWORD), 2223),
        (user_add("Administrators", PASSWORD), 1379),
        (user_info("alice"), 0),
        (user_info("nobody"), 2221),
        (comment("a comment"), 0),
        (comment(""), 0),
        (group_add("Installers"), 0),
        (group_add("Installers"), 2223),
        (group_add("alice"), 2224),
        (primary("alice", "Installers"), 2237),
        (group_member("Installers", "alice", true), 0),
        (group_member("Installers", "alice", true), 2236),
        (group_member("Installers", "nobody", true), 2221),
        (group_member("Nowhere", "alice", true), 2220),
        (group_member("Domain Users", "alice", false), 1374),
        (primary("alice", "Installers"), 0),
        (primary("alice", "Installers"), 0),
        (group_member("Domain Users", "alice", false), 0),
        (group_member("Domain Users", "alice", false), 2237),
        (group_member("Installers", "alice", false), 1374),
        (group_member("Installers", "SMS&_BDC1", false), 2237),
        (members("Installers"), 0),
        (members("Domain Users"), 0),
        (members("Domain Admins"), 0),
        (members("Nowhere"), 2220),
        (Verb::GroupDelete { group: named("Installers") }, 1374),
        (Verb::GroupDelete { group: named("Nowhere") }, 2220),
        (Verb::GroupDelete { group: named("Domain Admins") }, 2234),
        (rename("alice", "bob"), 0),
        (rename("bob", "SMS&_BDC1"), 2224),
        (rename("alice", "carol"), 2221),
        (user_info("bob"), 0),
        (user_add("alice", PASSWORD), 0),
        (expiry(Some(Span::hours(1))), 0),
        (user_info("bob"), 0),
        (expiry(None), 0),
        (Verb::LookupName { account: "bob".into(), buffer: None }, 0),
        (Verb::LookupName { account: "nobody".into(), buffer: None }, 1332),
        (user_delete("bob"), 0),
        (user_delete("bob"), 2221),
        (user_delete("Administrator"), 1371),
        (Verb::GroupDelete { group: named("Installers") }, 0),
    ];
    for (verb, code) in script {
        assert_eq!(play.code("PDC1", verb.clone()).await?, code, "{verb:?}");
    }
    play.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_gives_each_code_of_local_groups_and_rights() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let play = Play::start(&mut world(0).user("alice", PASSWORD, &["Administrators"])).await?;
    let add = |group| Verb::LocalGroupAdd { group: named(group) };
    let delete = |group| Verb::LocalGroupDelete { group: named(group) };
    let members = |group| Verb::LocalGroupMembers { group: named(group) };
    let grant = |account: &str, right| Verb::RightGrant { account: account.into(), right };
    let revoke = |account: &str, right| Verb::RightRevoke { account: account.into(), right };
    let rights = |account: &str| Verb::RightsOf { account: account.into() };
    let service = |user| logon(user, PASSWORD, LogonType::Service);
    let script = [
        (members("Administrators"), 0),
        (add("Local"), 0),
        (add("Local"), 1379),
        (local_member("Local", "alice", true), 0),
        (local_member("Local", "alice", true), 1378),
        (local_member("Local", "nobody", true), 1387),
        (local_member("Local", "Administrators", true), 1388),
        (local_member("Nowhere", "alice", true), 1376),
        (members("Local"), 0),
        (members("Nowhere"), 1376),
        (local_member("Local", "alice", false), 0),
        (local_member("Local", "alice", false), 1377),
        (delete("Local"), 0),
        (delete("Local"), 1376),
        (delete("Administrators"), 1371),
        (service("alice"), 1385),
        // Samba's own account calls refuse this right (1313); it stands in the list all the same.
        (grant("alice", Right::ServiceLogon), 0),
        (grant("alice", Right::Tcb), 0),
        (grant("nobody", Right::Tcb), 1332),
        (rights("alice"), 0),
        (rights("nobody"), 1332),
        (service("alice"), 0),
        (grant("alice", Right::DenyServiceLogon), 0),
        (service("alice"), 1385),
        (revoke("alice", Right::DenyServiceLogon), 0),
        (service("alice"), 0),
        (revoke("alice", Right::ServiceLogon), 0),
        (service("alice"), 1385),
    ];
    for (verb, code) in script {
        assert_eq!(play.code("PDC1", verb.clone()).await?, code, "{verb:?}");
    }
    let there = play.levers.rights(0).await?;
    let sid = play.directory(0).await?.find(&"alice".into()).await?.ok_or("alice is gone")?.sid;
    assert_eq!(there.get(&sid).map(|rights| rights.len()), Some(1), "{there:?}");
    play.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_gives_each_code_of_passwords_and_logons() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let mut world = world(0).user("alice", PASSWORD, &[]).user("old", PASSWORD, &[]);
    world.spec().users[1].password_age = Span::days(41);
    world.spec().domain.account_policy = AccountPolicy {
        history: 2,
        minimum_age: Span::days(1),
        minimum_length: 6,
        complexity: true,
        lockout_threshold: 3,
        ..AccountPolicy::default()
    };
    let mut play = Play::start(&mut world).await?;
    let on = |user, password| logon(user, password, LogonType::Network);
    let script = [
        (Span::mins(1), user_add("weak", "Ab-1"), 2245),
        (Span::mins(1), user_add("weak", "lowercase"), 2245),
        (Span::mins(1), on("alice", PASSWORD), 0),
        (Span::mins(1), on("alice", "wrong"), 1326),
        (Span::mins(1), on("nobody", PASSWORD), 1326),
        (Span::mins(2), change_password("alice", PASSWORD, "Secret-2"), 1327),
        (Span::mins(2), set_password("alice", "Ab-1"), 2245),
        (Span::days(1), change_password("alice", "wrong", "Secret-2"), 1326),
        (Span::days(1), change_password("alice", PASSWORD, PASSWORD), 2245),
        (Span::days(1), change_password("alice", PASSWORD, "lowercase"), 2245),
        (Span::days(1), on("old", PASSWORD), 1330),
        (Span::days(1), change_password("alice", PASSWORD, "Secret-2"), 0),
        (Span::days(1), on("alice", PASSWORD), 1326),
        (Span::days(1), on("alice", "Secret-2"), 0),
        (Span::days(3), change_password("alice", "Secret-2", PASSWORD), 2245),
        (Span::days(3), set_password("alice", PASSWORD), 0),
        (Span::days(3), set_flags("alice", &[AccountFlag::Disabled], &[]), 0),
        (Span::days(3), on("alice", PASSWORD), 1331),
        (Span::days(3), set_flags("alice", &[AccountFlag::MustChangePassword], &[AccountFlag::Disabled]), 0),
        (Span::days(3), on("alice", PASSWORD), 1907),
        (Span::days(3), set_flags("alice", &[], &[AccountFlag::MustChangePassword]), 0),
        (Span::days(3), on("alice", PASSWORD), 0),
        (Span::days(3), set_flags("alice", &[AccountFlag::CannotChangePassword], &[]), 0),
        (Span::days(5), change_password("alice", PASSWORD, "Secret-5"), 2243),
        (Span::days(5), Verb::UserSetExpiry { user: "alice".into(), expires: Some(Span::days(6)) }, 0),
        (Span::days(5), on("alice", PASSWORD), 0),
        (Span::days(6), on("alice", PASSWORD), 1793),
        (Span::days(6), Verb::UserSetExpiry { user: "alice".into(), expires: None }, 0),
        (Span::days(6), on("alice", "wrong"), 1326),
        (Span::days(6), on("alice", "wrong"), 1326),
        (Span::days(6), on("alice", PASSWORD), 0),
        (Span::days(6), on("alice", "wrong"), 1326),
        (Span::days(6), on("alice", "wrong"), 1326),
        // The window of half an hour is over: the count begins anew.
        (Span::days(7), on("alice", "wrong"), 1326),
        (Span::days(7), on("alice", "wrong"), 1326),
        (Span::days(7), on("alice", "wrong"), 1326),
        (Span::days(7), on("alice", PASSWORD), 1909),
        (Span::days(7), change_password("alice", PASSWORD, "Secret-6"), 1909),
        (Span::days(7), user_info("alice"), 0),
        // So is the lockout.
        (Span::days(8), on("alice", PASSWORD), 0),
        (Span::days(8), user_delete("alice"), 0),
        (Span::days(8), on("alice", PASSWORD), 1326),
    ];
    for (at, verb, code) in script {
        play.at(at).await?;
        assert_eq!(play.code("PDC1", verb.clone()).await?, code, "{at} {verb:?}");
    }
    play.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_counts_wrong_passwords_whatever_they_were_for() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let mut world = world(1).user("alice", PASSWORD, &[]);
    world.spec().domain.account_policy = AccountPolicy { lockout_threshold: 3, ..AccountPolicy::default() };
    let mut play = Play::start(&mut world).await?;
    let connect = || Verb::ShareConnect { share: "nowhere".into() };
    let by = |password| Caller::domain("BDC1", "alice", password);
    // A good password ends the count; at three the account is locked, and the other controller shows it as well.
    for (minute, password, code) in [
        (1, "wrong", 1326),
        (2, "wrong", 1326),
        (3, PASSWORD, 67),
        (4, "wrong", 1326),
        (5, "wrong", 1326),
        (6, "wrong", 1326),
        (7, PASSWORD, 1909),
    ] {
        play.at(Span::mins(minute)).await?;
        let answer = play.call_as(&by(password), "PDC1", connect()).await?;
        assert_eq!(answer.err(), Some(code), "{minute}");
        let shown = play.directory(0).await?.user_info(&"alice".into()).await?;
        assert_eq!(shown.flags.contains(&AccountFlag::LockedOut), minute >= 6, "{minute}");
    }
    play.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_lets_callers_in_by_their_own_names_and_refuses_what_they_may_not() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let mut world = world(0).user("alice", PASSWORD, &[]).user("op", PASSWORD, &["Administrators"]);
    let play = Play::start(&mut world).await?;
    let caller = |user: &str, password: &str| mockdc_mocks::Caller::domain("PDC1", user, password);
    let alice = caller("alice", PASSWORD);
    let op = caller("op", PASSWORD);
    for (by, verb, code) in [
        (&alice, user_info("op"), 0),
        (&alice, user_add("eve", PASSWORD), 5),
        (&alice, set_password("op", "Secret-9"), 5),
        (&alice, change_password("alice", PASSWORD, "Secret-2"), 0),
        (&alice, user_info("op"), 1326),
        (&caller("alice", "Secret-2"), user_info("op"), 0),
        (&op, user_add("eve", PASSWORD), 0),
        (&op, group_member("Domain Admins", "eve", true), 0),
        (&op, user_delete("op"), 0),
        (&op, user_info("alice"), 1326),
    ] {
        let got = play.call_as(by, "PDC1", verb.clone()).await?;
        assert_eq!(got.err().unwrap_or(0), code, "{verb:?}");
    }
    let info = play.call("PDC1", user_info("eve")).await?;
    let Ok(Reply::User(info)) = info else { return Err(format!("{info:?}").into()) };
    assert_eq!((info.comment.as_str(), info.password_version), ("made by a test", 1));
    play.end().await
}
