//! Tombstones that become objects again.

use std::collections::HashSet;

use ldap3::{Ldap, LdapResult, Mod, Scope, SearchEntry};
use mockdc_mocks::{AdSpec, AdVersion, Domain, DomainBuilder, Replication};

use super::rules::{base, dn};
use super::{ADMINISTRATOR, BASE, Field, Outcome, Span, attributes, control, find, set};

const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";

fn forest() -> DomainBuilder {
    forest_of(AdVersion::Windows2003)
}

fn forest_of(version: AdVersion) -> DomainBuilder {
    let ad = AdSpec { version, ..AdSpec::default() };
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1").replication(Replication::Ad(ad));
    builder.user("jdoe", "Passw0rd!", &[]).user("boss", "Passw0rd!", &[])
}

fn texts(values: &[&str]) -> HashSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// The tombstone of whom a filter finds.
async fn tombstone(ldap: &mut Ldap, filter: &str) -> Result<SearchEntry, Box<dyn std::error::Error>> {
    let filter = format!("(&(isDeleted=TRUE){filter})");
    let search = ldap.with_controls(control(SHOW_DELETED, true, None));
    let (found, _) = search.search(BASE, Scope::Subtree, &filter, vec!["*"]).await?.success()?;
    let mut found = found.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct);
    Ok(found.next_back().ok_or("no tombstone")?)
}

/// Asks for a tombstone to come back under a name, with further changes.
async fn ask(
    ldap: &mut Ldap,
    tombstone: &str,
    to: &str,
    more: Vec<Mod<String>>,
) -> Result<LdapResult, ldap3::LdapError> {
    let mut changes = vec![
        Mod::Delete("isDeleted".to_owned(), HashSet::new()),
        Mod::Replace("distinguishedName".to_owned(), texts(&[to])),
    ];
    changes.extend(more);
    ldap.with_controls(control(SHOW_DELETED, true, None)).modify(tombstone, changes).await
}

#[tokio::test]
async fn an_account_comes_back_as_itself_without_password_groups_and_what_was_stated() -> Outcome {
    let field = Field::new(forest()).await?;
    let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    let clerks = attributes(&[("objectClass", "group"), ("sAMAccountName", "Clerks")]);
    pdc.add(&dn("Clerks"), clerks).await?.success()?;
    let jdoe = dn("jdoe");
    let joins = vec![Mod::Add("member".to_owned(), texts(&[&jdoe]))];
    pdc.modify(&dn("Clerks"), joins.clone()).await?.success()?;
    pdc.modify(&jdoe, vec![Mod::Replace("title", set(&["Clerk"]))]).await?.success()?;
    pdc.modify(&dn("boss"), vec![Mod::Replace("manager".to_owned(), texts(&[&jdoe]))]).await?.success()?;
    let before = base(&mut pdc, &jdoe, &["*"]).await?;
    assert_eq!(before.attrs["directReports"], [dn("boss")]);
    pdc.delete(&jdoe).await?.success()?;
    field.hand.to(Span::mins(30));
    let grave = tombstone(&mut pdc, "(sAMAccountName=jdoe)").await?;
    ask(&mut pdc, &grave.dn, &jdoe, Vec::new()).await?.success()?;
    field.hand.to(Span::mins(60));
    for (ldap, server) in [(&mut pdc, &field.pdc), (&mut bdc, &field.bdc)] {
        let after = base(ldap, &jdoe, &["*", "memberOf", "directReports"]).await?;
        for same in ["objectSid", "objectGUID"] {
            let octets = |entry: &SearchEntry| entry.bin_attrs.get(same).cloned();
            assert_eq!(octets(&after), octets(&before), "{same}");
        }
        for (name, value) in [
            ("sAMAccountName", "jdoe"),
            ("userAccountControl", "514"),
            ("pwdLastSet", "0"),
            ("primaryGroupID", "513"),
            ("lastLogon", "0"),
            ("adminCount", "0"),
            ("lastKnownParent", &format!("CN=Users,{BASE}")),
            ("objectCategory", &format!("CN=Person,CN=Schema,CN=Configuration,{BASE}")),
        ] {
            assert_eq!(after.attrs[name], [value], "{name}");
        }
        let gone = ["title", "memberOf", "directReports", "isDeleted", "lastLogonTimestamp"];
        assert!(gone.iter().all(|name| !after.attrs.contains_key(*name)), "{after:?}");
        assert!(!base(ldap, &dn("Clerks"), &["member"]).await?.attrs.contains_key("member"));
        let refused = Field::at(server).await?.simple_bind("CORP\\jdoe", "Passw0rd!").await?;
        assert_eq!(refused.rc, 49, "{refused:?}");
        assert!(tombstone(ldap, "(sAMAccountName=jdoe)").await.is_err());
    }
    // It joins as anybody does, and may go and come again.
    pdc.modify(&dn("Clerks"), joins).await?.success()?;
    assert_eq!(
        base(&mut pdc, &dn("Clerks"), &["member"]).await?.attrs["member"],
        std::slice::from_ref(&jdoe)
    );
    pdc.delete(&jdoe).await?.success()?;
    let grave = tombstone(&mut pdc, "(sAMAccountName=jdoe)").await?;
    ask(&mut pdc, &grave.dn, &dn("Jane"), Vec::new()).await?.success()?;
    assert_eq!(find(&mut pdc, "(sAMAccountName=jdoe)").await?[0].dn, dn("Jane"));
    Ok(())
}

#[tokio::test]
async fn groups_and_units_come_back_empty_and_with_what_the_request_gives_them() -> Outcome {
    let field = Field::new(forest()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let kinds = [("G", "-2147483646"), ("L", "-2147483644"), ("U", "-2147483640")];
    for (name, kind) in kinds {
        let group = [("objectClass", "group"), ("sAMAccountName", name), ("groupType", kind)];
        ldap.add(&dn(name), attributes(&group)).await?.success()?;
        let joins = vec![Mod::Add("member".to_owned(), texts(&[&dn("jdoe")]))];
        ldap.modify(&dn(name), joins).await?.success()?;
        ldap.delete(&dn(name)).await?.success()?;
    }
    let unit = format!("OU=People,{BASE}");
    ldap.add(&unit, attributes(&[("objectClass", "organizationalUnit")])).await?.success()?;
    ldap.delete(&unit).await?.success()?;
    let grave = tombstone(&mut ldap, "(ou=People*)").await?;
    let describe = vec![Mod::Add("description".to_owned(), texts(&["back again"]))];
    ask(&mut ldap, &grave.dn, &unit, describe).await?.success()?;
    assert_eq!(base(&mut ldap, &unit, &["description"]).await?.attrs["description"], ["back again"]);
    for (name, kind) in kinds {
        let grave = tombstone(&mut ldap, &format!("(sAMAccountName={name})")).await?;
        let to = format!("CN={name},{unit}");
        ask(&mut ldap, &grave.dn, &to, Vec::new()).await?.success()?;
        let group = base(&mut ldap, &to, &["*"]).await?;
        assert_eq!((&group.attrs["groupType"][0][..], group.attrs.get("member")), (kind, None));
        let joins = vec![Mod::Add("member".to_owned(), texts(&[&dn("jdoe")]))];
        ldap.modify(&to, joins).await?.success()?;
    }
    assert_eq!(base(&mut ldap, &dn("jdoe"), &["memberOf"]).await?.attrs["memberOf"].len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_tombstone_that_cannot_come_back_stays() -> Outcome {
    let field = Field::new(forest().user("helper", "Passw0rd!", &["Account Operators"])).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let unit = format!("OU=People,{BASE}");
    ldap.add(&unit, attributes(&[("objectClass", "organizationalUnit")])).await?.success()?;
    let jdoe = dn("jdoe");
    let alive = ask(&mut ldap, &jdoe, &dn("Jane"), Vec::new()).await?;
    assert!(alive.rc == 53 && alive.text.starts_with("00002077"), "{alive:?}");
    ldap.delete(&jdoe).await?.success()?;
    let grave = tombstone(&mut ldap, "(sAMAccountName=jdoe)").await?.dn;
    let mut helper = Field::bound(&field.pdc, ("CORP\\helper", "Passw0rd!")).await?;
    assert_eq!(ask(&mut helper, &grave, &jdoe, Vec::new()).await?.rc, 32);
    let changes = vec![
        Mod::Delete("isDeleted".to_owned(), HashSet::new()),
        Mod::Replace("distinguishedName".to_owned(), texts(&[&jdoe])),
    ];
    assert_eq!(ldap.modify(&grave, changes).await?.rc, 32, "without the control there is no such object");
    for (to, code, number) in [
        (dn("boss"), 68, "00002071"),
        (format!("CN=jdoe,OU=Nowhere,{BASE}"), 1, "00002089"),
        (format!("CN=jdoe,CN=Deleted Objects,{BASE}"), 1, "00002089"),
        (format!("CN=jdoe,CN=Configuration,{BASE}"), 1, "00002089"),
        (format!("OU=jdoe,{unit}"), 1, "00002089"),
        ("jdoe".to_owned(), 34, "0000208F"),
    ] {
        let refused = ask(&mut ldap, &grave, &to, Vec::new()).await?;
        assert!(refused.rc == code && refused.text.starts_with(number), "{to}: {refused:?}");
    }
    // Its logon name has gone to another one.
    let other = attributes(&[("objectClass", "user"), ("sAMAccountName", "jdoe")]);
    ldap.add(&dn("Other"), other).await?.success()?;
    let taken = ask(&mut ldap, &grave, &jdoe, Vec::new()).await?;
    assert!(taken.rc == 68 && taken.text.starts_with("00000524"), "{taken:?}");
    let renamed = vec![Mod::Replace("sAMAccountName".to_owned(), texts(&["jdoe2"]))];
    ask(&mut ldap, &grave, &jdoe, renamed).await?.success()?;
    assert_eq!(find(&mut ldap, "(sAMAccountName=jdoe2)").await?[0].dn, jdoe);
    // Half a wish is none.
    let half = vec![Mod::Replace("distinguishedName", set(&["CN=x,DC=corp,DC=example"]))];
    assert_eq!(ldap.modify(&jdoe, half).await?.rc, 53);
    Ok(())
}

#[tokio::test]
async fn controllers_agree_on_who_came_back_whatever_else_was_written_meanwhile() -> Outcome {
    for version in [AdVersion::Windows2000, AdVersion::Windows2003] {
        // What another controller writes before it hears of the deletion: a name, several, its own deletion.
        for meanwhile in [0, 1, 5, 9] {
            let field = Field::new(forest_of(version)).await?;
            let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
            let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
            pdc.delete(&dn("jdoe")).await?.success()?;
            for name in ["a", "b", "c", "d", "jane"].into_iter().take(meanwhile) {
                let renamed = vec![Mod::Replace("sAMAccountName", set(&[name]))];
                bdc.modify(&dn("jdoe"), renamed).await?.success()?;
            }
            if meanwhile == 9 {
                bdc.delete(&dn("jdoe")).await?.success()?;
            }
            field.hand.to(Span::secs(2));
            let grave = tombstone(&mut pdc, "(sAMAccountName=jdoe)").await?;
            ask(&mut pdc, &grave.dn, &dn("jdoe"), Vec::new()).await?.success()?;
            field.hand.to(Span::hours(3));
            let mut shown = Vec::new();
            for ldap in [&mut pdc, &mut bdc] {
                let names = ["sAMAccountName", "userAccountControl", "pwdLastSet", "lastKnownParent"];
                shown.push(base(ldap, &dn("jdoe"), &names).await?.attrs);
            }
            assert_eq!(shown[0], shown[1], "{version:?} {meanwhile}");
            // It goes again, for good.
            bdc.delete(&dn("jdoe")).await?.success()?;
            field.hand.to(Span::hours(6));
            assert!(find(&mut pdc, "(cn=jdoe)").await?.is_empty());
        }
    }
    Ok(())
}
