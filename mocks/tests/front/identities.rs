//! Accounts that have their identifiers from elsewhere, and attributes that name accounts.

use std::collections::HashSet;

use ldap3::{Ldap, Mod, Scope, SearchEntry};
use mockdc_mocks::{Domain, DomainBuilder, Octets, Span};

use super::{ADMINISTRATOR, BASE, Field, Outcome, attributes, find};

/// Ann works for Bob, and both have identifiers of their own.
fn given() -> DomainBuilder {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").delay(Span::mins(1));
    builder =
        builder.user("ann", "Passw0rd!", &[]).user("new", "Passw0rd!", &[]).user("bob", "Passw0rd!", &[]);
    let spec = builder.spec();
    spec.domain.sid = Some([1, 2, 3]);
    spec.users[0].entry.guid = Some(Octets((0..16).collect()));
    spec.users[0].entry.rid = Some(2_105);
    spec.users[0].entry.accounts.insert("manager".into(), vec!["bob".into()]);
    spec.users[0].entry.octets.insert("thumbnailPhoto".into(), vec![Octets(vec![0xff, 0xd8, 0, 0xff])]);
    spec.users[2].entry.rid = Some(1_001);
    builder
}

async fn one(ldap: &mut Ldap, name: &str) -> Result<SearchEntry, Box<dyn std::error::Error>> {
    Ok(find(ldap, &format!("(sAMAccountName={name})")).await?.pop().ok_or("no such account")?)
}

/// `S-1-5-21-1-2-3` and the last number of an account.
fn sid(rid: u32) -> Vec<u8> {
    let subs = [21, 1, 2, 3, rid];
    [1, 5, 0, 0, 0, 0, 0, 5].into_iter().chain(subs.into_iter().flat_map(u32::to_le_bytes)).collect()
}

fn octets(entry: &SearchEntry, name: &str) -> Vec<u8> {
    let text = || entry.attrs.get(name).map(|values| values[0].clone().into_bytes());
    entry.bin_attrs.get(name).map(|values| values[0].clone()).or_else(text).unwrap_or_default()
}

#[tokio::test]
async fn accounts_have_the_identifiers_that_they_are_given() -> Outcome {
    let field = Field::new(given()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let ann = one(&mut ldap, "ann").await?;
    assert_eq!(octets(&ann, "objectGUID"), (0..16).collect::<Vec<u8>>());
    assert_eq!(octets(&ann, "thumbnailPhoto"), [0xff, 0xd8, 0, 0xff]);
    let user = attributes(&[("objectClass", "user"), ("sAMAccountName", "later")]);
    ldap.add(&format!("CN=later,CN=Users,{BASE}"), user).await?.success()?;
    // Nobody is given a number that an account of the start has, or a lower one.
    for (name, rid) in [("ann", 2_105), ("bob", 1_001), ("new", 2_106), ("later", 2_107)] {
        assert_eq!(octets(&one(&mut ldap, name).await?, "objectSid"), sid(rid), "{name}");
    }
    let by_guid = "<GUID=03020100-0504-0706-0809-0a0b0c0d0e0f>";
    let (found, _) = ldap.search(by_guid, Scope::Base, "(objectClass=*)", vec!["cn"]).await?.success()?;
    assert_eq!(found.into_iter().map(SearchEntry::construct).next().map(|entry| entry.dn), Some(ann.dn));
    Ok(())
}

#[tokio::test]
async fn whom_an_attribute_names_may_be_renamed_and_deleted() -> Outcome {
    let field = Field::new(given()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let bob = format!("CN=bob,CN=Users,{BASE}");
    assert_eq!(one(&mut ldap, "ann").await?.attrs["manager"][0], bob);
    assert_eq!(find(&mut ldap, &format!("(manager={bob})")).await?.len(), 1);
    ldap.modifydn(&bob, "CN=Robert", true, None).await?.success()?;
    let robert = format!("CN=Robert,CN=Users,{BASE}");
    assert_eq!(one(&mut ldap, "ann").await?.attrs["manager"][0], robert);
    ldap.delete(&robert).await?.success()?;
    assert!(!one(&mut ldap, "ann").await?.attrs.contains_key("manager"));
    Ok(())
}

#[tokio::test]
async fn names_that_a_client_writes_follow_whom_they_mean_and_link_back() -> Outcome {
    let field = Field::new(given()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let [ann, bob, new] = ["ann", "bob", "new"].map(|name| format!("CN={name},CN=Users,{BASE}"));
    let manager = |name: &str| vec![Mod::Replace("manager".to_owned(), HashSet::from([name.to_owned()]))];
    ldap.modify(&new, manager(&bob)).await?.success()?;
    let group = attributes(&[("objectClass", "group"), ("sAMAccountName", "Clerks")]);
    let clerks = format!("CN=Clerks,CN=Users,{BASE}");
    ldap.add(&clerks, group).await?.success()?;
    let managed = HashSet::from([bob.clone()]);
    ldap.modify(&clerks, vec![Mod::Replace("managedBy".to_owned(), managed)]).await?.success()?;
    ldap.modifydn(&bob, "CN=Robert", true, None).await?.success()?;
    let robert = format!("CN=Robert,CN=Users,{BASE}");
    assert_eq!(one(&mut ldap, "new").await?.attrs["manager"], std::slice::from_ref(&robert));
    assert_eq!(find(&mut ldap, &format!("(managedBy={robert})")).await?[0].dn, clerks);
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    // The backup knows of Ann alone until it has heard of the others.
    assert_eq!(one(&mut bdc, "bob").await?.attrs["directReports"], std::slice::from_ref(&ann));
    field.hand.to(Span::mins(1));
    for ldap in [&mut ldap, &mut bdc] {
        let mut boss = one(ldap, "bob").await?;
        boss.attrs.get_mut("directReports").ok_or("no reports")?.sort();
        assert_eq!(boss.attrs["directReports"], [ann.clone(), new.clone()]);
        assert_eq!(boss.attrs["managedObjects"], std::slice::from_ref(&clerks));
        assert_eq!(find(ldap, &format!("(directReports={new})")).await?.len(), 1);
    }
    ldap.modify(&new, manager(&ann)).await?.success()?;
    assert_eq!(one(&mut ldap, "bob").await?.attrs["directReports"], [ann]);
    let back = vec![Mod::Replace("directReports".to_owned(), HashSet::from([new]))];
    assert_eq!(ldap.modify(&robert, back).await?.rc, 53);
    ldap.delete(&robert).await?.success()?;
    assert!(!find(&mut ldap, "(cn=Clerks)").await?[0].attrs.contains_key("managedBy"));
    Ok(())
}

#[test]
fn identifiers_and_names_that_cannot_be_are_refused() {
    let refused = |change: fn(&mut DomainBuilder)| {
        let mut builder = given();
        change(&mut builder);
        builder.build(1).err().map(|error| error.0).unwrap_or_default()
    };
    assert!(refused(|_| ()).is_empty());
    let twice = refused(|builder| builder.spec().users[2].entry.rid = Some(2_105));
    assert!(twice.contains("`ann` has the identifier 2105"), "{twice}");
    let built_in = refused(|builder| builder.spec().users[2].entry.rid = Some(999));
    assert!(built_in.contains("999 is no identifier"), "{built_in}");
    let unknown = refused(|builder| {
        builder.spec().users[1].entry.accounts.insert("manager".into(), vec!["nobody".into()]);
    });
    assert!(unknown.contains("`nobody`, the manager of `new`, does not exist"), "{unknown}");
}
