//! What each controller shows before and after each delivery: exactly what the model says.

mod play;

use std::time::Duration;

use mockdc_containers::{Differs, Kind, SambaDomain, docker_for_tests, policy_folder};
use mockdc_mocks::{
    AccountFlag, Fact, FaultKind, LogonType, Nt4Spec, Replication, Reply, Right, Span, StateKey, Verb,
};
use play::*;

#[tokio::test(flavor = "multi_thread")]
async fn samba_shows_a_change_at_a_bdc_when_it_is_due_and_not_before() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let mut play = Play::start(&mut world(2).delay(Span::mins(10))).await?;
    play.at(Span::mins(1)).await?;
    assert_eq!(play.code("PDC1", user_add("alice", PASSWORD)).await?, 0);
    play.at(Span::mins(2)).await?;
    assert_eq!(play.code("PDC1", user_add("bob", PASSWORD)).await?, 0);
    let grant = Verb::RightGrant { account: "alice".into(), right: Right::ServiceLogon };
    assert_eq!(play.code("PDC1", grant).await?, 0);

    // One millisecond before, nobody sees anything, the backend asked or not.
    play.now = mockdc_mocks::SimTime::START + Span::mins(11) - Span::millis(1);
    play.samba.advance_to(play.now).await?;
    for (place, bdc) in [(1, "BDC1"), (2, "BDC2")] {
        assert_eq!(play.code(bdc, user_info("alice")).await?, 2221);
        assert_eq!(play.code(bdc, logon("alice", PASSWORD, LogonType::Network)).await?, 1326);
        assert!(!play.shows(place, "alice").await?);
    }
    assert_eq!(play.code("PDC1", logon("alice", PASSWORD, LogonType::Network)).await?, 0);
    play.facts();

    play.at(Span::mins(11)).await?;
    let visible = |fact: &Fact, user: &str| {
        matches!(fact, Fact::State { key: StateKey::Account { account }, value: Some(_), .. }
            if account.as_str() == user)
    };
    let facts = play.facts();
    let alice: Vec<_> = facts.iter().filter(|record| visible(&record.fact, "alice")).collect();
    assert_eq!(alice.len(), 2, "{facts:?}");
    for (place, bdc) in [(1, "BDC1"), (2, "BDC2")] {
        assert!(play.shows(place, "alice").await? && !play.shows(place, "bob").await?);
        assert_eq!(play.code(bdc, logon("alice", PASSWORD, LogonType::Network)).await?, 0);
        // The right was granted a minute later.
        assert_eq!(play.code(bdc, logon("alice", PASSWORD, LogonType::Service)).await?, 1385);
    }
    play.at(Span::mins(12)).await?;
    for (place, bdc) in [(1, "BDC1"), (2, "BDC2")] {
        assert!(play.shows(place, "bob").await?);
        assert_eq!(play.code(bdc, logon("alice", PASSWORD, LogonType::Service)).await?, 0);
    }

    // A deletion travels as well; until it arrives the account logs on where it still is.
    assert_eq!(play.code("PDC1", user_delete("alice")).await?, 0);
    assert_eq!(play.code("PDC1", logon("alice", PASSWORD, LogonType::Network)).await?, 1326);
    assert_eq!(play.code("BDC1", logon("alice", PASSWORD, LogonType::Network)).await?, 0);
    play.at(Span::mins(22)).await?;
    assert_eq!(play.code("BDC1", logon("alice", PASSWORD, LogonType::Network)).await?, 1326);
    assert!(!play.shows(2, "alice").await?);
    play.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_takes_a_password_a_rename_and_a_group_to_the_bdc_in_the_order_of_the_model() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let mut play = Play::start(&mut world(1).delay(Span::mins(10)).user("alice", PASSWORD, &[])).await?;
    let group = || Verb::GroupMembers { group: "Installers".into() };
    let members = |reply: Result<Reply, u32>| match reply {
        Ok(Reply::Members(members)) => members.iter().map(|name| name.as_str().to_owned()).collect(),
        other => vec![format!("{other:?}")],
    };
    for (at, verb) in [
        (Span::mins(1), set_password("alice", "Secret-2")),
        (Span::mins(3), Verb::GroupAdd { group: "Installers".into() }),
        (Span::mins(5), group_member("Installers", "alice", true)),
        (Span::mins(7), Verb::UserRename { user: "alice".into(), to: "anna".into() }),
        (Span::mins(9), Verb::UserSetComment { user: "anna".into(), comment: "renamed".into() }),
    ] {
        play.at(at).await?;
        assert_eq!(play.code("PDC1", verb.clone()).await?, 0, "{verb:?}");
        if at < Span::mins(7) {
            // The new password is known at the PDC alone, which the BDC asks, as long as both know the name.
            assert_eq!(play.code("BDC1", logon("alice", "Secret-2", LogonType::Network)).await?, 0);
            assert_eq!(play.code("BDC1", logon("alice", PASSWORD, LogonType::Network)).await?, 0);
        }
    }
    assert_eq!(play.code("BDC1", logon("alice", "Secret-2", LogonType::Network)).await?, 1326);
    play.at(Span::mins(13)).await?;
    // Samba brings the group with its member, who is due two minutes later.
    assert_eq!(members(play.call("BDC1", group()).await?).len(), 1);
    play.at(Span::mins(15)).await?;
    play.at(Span::mins(19)).await?;
    assert_eq!(members(play.call("BDC1", group()).await?), ["anna"]);
    assert_eq!(play.code("BDC1", user_info("alice")).await?, 2221);
    assert_eq!(play.code("BDC1", logon("anna", "Secret-2", LogonType::Network)).await?, 0);
    assert_eq!(play.code("BDC1", logon("anna", PASSWORD, LogonType::Network)).await?, 1326);
    // Samba brings an object as it is at its source: the new name came with the password, before its time.
    let early = play.samba.differences();
    assert!(early.iter().any(|one| matches!(one.what, Differs::Early { .. })), "{early:?}");
    play.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_follows_a_pulse_a_forced_synchronisation_and_a_single_master() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let nt4 = Nt4Spec { pulse: Span::mins(50), first_pulse: Some(Span::mins(50)), ..Nt4Spec::default() };
    let mut play = Play::start(&mut world(1).replication(Replication::Nt4(nt4))).await?;
    play.at(Span::mins(1)).await?;
    assert_eq!(play.code("PDC1", user_add("alice", PASSWORD)).await?, 0);
    assert_eq!(play.code("BDC1", user_add("bob", PASSWORD)).await?, 2226);
    assert!(!play.shows(0, "bob").await? && !play.shows(1, "bob").await?);
    play.at(Span::mins(20)).await?;
    assert_eq!(play.code("BDC1", user_info("alice")).await?, 2221);

    assert_eq!(play.code("BDC1", Verb::Synchronize { full: false }).await?, 0);
    play.at(Span::mins(20) + Span::secs(5)).await?;
    assert_eq!(play.code("BDC1", user_info("alice")).await?, 0);

    assert_eq!(play.code("PDC1", user_add("bob", PASSWORD)).await?, 0);
    play.at(Span::mins(49)).await?;
    assert!(!play.shows(1, "bob").await?);
    play.at(Span::mins(51)).await?;
    assert!(play.shows(1, "bob").await?);
    play.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_is_held_parted_paused_crashed_and_restarted_with_the_scenario() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let parted = FaultKind::Partition { from: vec!["PDC1".into()], to: vec!["BDC1".into()], one_way: false };
    let mut world = world(1)
        .delay(Span::mins(1))
        .fault("held", FaultKind::Hold { at: vec!["BDC1".into()] }, Span::mins(1), Some(Span::mins(10)))
        .fault("parted", parted, Span::mins(20), Some(Span::mins(30)))
        .fault("paused", FaultKind::Pause { at: "BDC1".into() }, Span::mins(40), Some(Span::mins(50)))
        .fault(
            "crashed",
            FaultKind::Crash { at: "BDC1".into(), loses_unreplicated: false },
            Span::mins(60),
            Some(Span::mins(70)),
        );
    let mut play = Play::start(&mut world).await?;
    for (user, made, hidden, shown) in [
        ("held", Span::mins(2), Some(Span::mins(9)), Span::mins(10)),
        ("parted", Span::mins(21), Some(Span::mins(29)), Span::mins(30)),
        ("paused", Span::mins(41), None, Span::mins(50)),
        ("crashed", Span::mins(61), None, Span::mins(75)),
    ] {
        play.at(made).await?;
        assert_eq!(play.code("PDC1", user_add(user, PASSWORD)).await?, 0, "{user}");
        if let Some(hidden) = hidden {
            play.at(hidden).await?;
            assert!(!play.shows(1, user).await?, "{user}");
        }
        match user {
            "parted" => assert!(play.levers.sync(1, 0).await.is_err(), "the containers are parted, too"),
            "paused" | "crashed" => {
                let silent = tokio::time::timeout(Duration::from_secs(1), play.directory(1)).await;
                assert!(!matches!(silent, Ok(Ok(_))), "{user}: BDC1 still answers");
                assert_eq!(play.code("BDC1", user_info("held")).await?, 1722, "{user}");
            }
            _ => {}
        }
        play.at(shown).await?;
        assert!(play.shows(1, user).await?, "{user}");
        assert_eq!(play.code("BDC1", user_info(user)).await?, 0, "{user}");
    }
    play.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_and_the_model_are_compared_and_a_difference_is_told() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let play = Play::start(&mut world(0).user("alice", PASSWORD, &[])).await?;
    let behind = Verb::UserSetComment { user: "alice".into(), comment: "behind the model's back".into() };
    play.directory(0).await?.perform(&behind).await.ok_or("no verb of the directory")??;
    assert_eq!(play.code("PDC1", set_flags("alice", &[AccountFlag::Disabled], &[])).await?, 0);
    assert!(play.differences().is_empty());
    let Ok(Reply::User(info)) = play.call("PDC1", user_info("alice")).await? else {
        return Err("alice is gone".into());
    };
    assert_eq!(info.comment, "behind the model's back", "Samba's answer is the one that counts");
    let differences = play.differences();
    let [one] = differences.as_slice() else { return Err(format!("{differences:?}").into()) };
    assert!(matches!(&one.what, Differs::Answer { verb, .. } if verb.as_str() == "user-info"), "{one}");
    let found = play.directory(0).await?.find(&"alice".into()).await?.ok_or("alice is gone")?;
    assert_eq!(found.kind, Kind::User);
    play.samba.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_runs_by_its_own_clock_for_a_rust_test() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let domain = SambaDomain::builder().bdcs(1).delay(Span::mins(2)).speed(60.0).start().await?;
    let admin = mockdc_mocks::Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let mut verbs = vec![user_add("alice", PASSWORD)];
    verbs.push(Verb::LocalGroupAddMember { group: "Administrators".into(), member: "alice".into() });
    for verb in verbs {
        domain.call_verb(&admin, "PDC1", verb).await?;
    }
    let early = domain.call_verb(&admin, "BDC1", user_info("alice")).await;
    assert_eq!(early.map_err(|error| error.code()).err(), Some(2221));
    domain.pass(Span::mins(3)).await;
    // Nobody has asked since: the domain moves by itself.
    let replicated = |record: &mockdc_mocks::FactRecord| matches!(record.fact, Fact::Replicated { .. });
    assert_eq!(domain.drain_facts().iter().filter(|record| replicated(record)).count(), 2);
    assert!(domain.call_verb(&admin, "BDC1", user_info("alice")).await.is_ok());
    assert_eq!(domain.trouble(), None);
    domain.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_a_policy_comes_to_sysvol_in_two_parts() -> Checked {
    if !docker_for_tests().await {
        return Ok(());
    }
    let mut world = world(1).delay(Span::mins(10));
    world.spec().domain.refresh.sysvol = Some(Span::mins(30));
    let mut play = Play::start(&mut world).await?;
    let folder = policy_folder(&"Lock down".into());
    play.at(Span::mins(1)).await?;
    let template = "[Unicode]\r\nUnicode=yes\r\n[Version]\r\nsignature=\"$CHICAGO$\"\r\nRevision=1\r\n\
                    [Privilege Rights]\r\nSeServiceLogonRight = alice\r\n";
    let write = Verb::GpoWrite { gpo: "Lock down".into(), template: template.to_owned() };
    assert_eq!(play.code("PDC1", write).await?, 0);
    let files = play.levers.policy_files(0, &folder).await?.ok_or("the PDC has no folder")?;
    let (_, bytes) = files.iter().find(|(path, _)| path.ends_with("GptTmpl.inf")).ok_or("no template")?;
    let text: Vec<u16> = bytes[2..].chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
    assert!(String::from_utf16(&text)?.contains("SeServiceLogonRight = alice"));

    // The directory half is there after ten minutes, the files after thirty.
    play.at(Span::mins(31) - Span::millis(1)).await?;
    assert_eq!(play.levers.policy_files(1, &folder).await?, None);
    play.at(Span::mins(31)).await?;
    assert_eq!(play.levers.policy_files(1, &folder).await?.as_ref(), Some(&files));
    play.end().await
}
