//! Directory synchronisation: what comes after the first time is what has changed, and no more.

use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapResult, Mod, Scope, SearchEntry};

use super::{ADMINISTRATOR, BASE, Field, Outcome, attributes, delayed, set};

const INCREMENTAL: u32 = 0x8000_0000;
const ANCESTORS_FIRST: u32 = 0x800;

/// The control's value: flags, most octets, cookie.
fn asked(flags: u32, most: u16, cookie: &[u8]) -> RawControl {
    let mut value = vec![2, 5, 0];
    value.extend(flags.to_be_bytes());
    value.extend([2, 3, 0]);
    value.extend(most.to_be_bytes());
    value.extend([4, cookie.len() as u8]);
    value.extend(cookie);
    value.splice(0..0, [0x30, value.len() as u8]);
    RawControl { ctype: "1.2.840.113556.1.4.841".into(), crit: true, val: Some(value) }
}

/// A client that goes on from its last cookie.
struct Follower {
    ldap: Ldap,
    flags: u32,
    most: u16,
    cookie: Vec<u8>,
}

impl Follower {
    async fn ask(&mut self, filter: &str) -> Result<(Vec<SearchEntry>, LdapResult), ldap3::LdapError> {
        let control = asked(self.flags, self.most, &self.cookie);
        let search = self.ldap.with_controls(vec![control]).search(BASE, Scope::Subtree, filter, vec!["*"]);
        let ldap3::SearchResult(entries, result) = search.await?;
        Ok((entries.into_iter().map(SearchEntry::construct).collect(), result))
    }

    /// One page and whether more is to come.
    async fn page(&mut self, filter: &str) -> Result<(Vec<SearchEntry>, bool), Box<dyn std::error::Error>> {
        let (entries, result) = self.ask(filter).await?;
        let answer =
            result.success()?.ctrls.into_iter().find_map(|control| control.1.val).ok_or("no cookie")?;
        let mark = answer.windows(4).position(|octets| octets == b"MSDS").ok_or("no cookie")?;
        self.cookie = answer[mark..].to_vec();
        // A sequence with a long length, and in it the number that says whether there is more.
        Ok((entries, answer[8] != 0))
    }

    async fn one(&mut self, filter: &str) -> Result<SearchEntry, Box<dyn std::error::Error>> {
        let (mut entries, more) = self.page(filter).await?;
        assert!(entries.len() == 1 && !more, "{entries:?}");
        Ok(entries.remove(0))
    }
}

/// The names of an entry's attributes, those that come with every entry apart.
fn changed(entry: &SearchEntry) -> Vec<&str> {
    let names = entry.attrs.keys().chain(entry.bin_attrs.keys()).map(String::as_str);
    let mut names: Vec<&str> = names.filter(|name| !["objectGUID", "instanceType"].contains(name)).collect();
    names.sort_unstable();
    names
}

async fn follower(field: &Field, flags: u32, most: u16) -> Result<Follower, Box<dyn std::error::Error>> {
    let ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    Ok(Follower { ldap, flags, most, cookie: Vec::new() })
}

#[tokio::test]
async fn attributes_come_when_they_have_changed_and_without_values_when_they_are_gone() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut writer = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let mut follower = follower(&field, 0, 0).await?;
    let (users, _) = follower.page("(objectClass=user)").await?;
    let jdoe = users.iter().find(|user| user.dn.starts_with("CN=jdoe")).ok_or("no jdoe")?;
    assert!(jdoe.attrs.contains_key("sAMAccountName") && jdoe.bin_attrs.contains_key("objectSid"));
    assert!(!jdoe.attrs.contains_key("uSNChanged"), "controllers do not tell it each other");
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    writer
        .modify(&dn, vec![Mod::Replace("title", set(&["Clerk"])), Mod::Replace("info", set(&["x"]))])
        .await?
        .success()?;
    let entry = follower.one("(objectClass=user)").await?;
    assert_eq!(changed(&entry), ["info", "title"]);
    assert_eq!(entry.attrs["title"], ["Clerk"]);
    writer.modify(&dn, vec![Mod::Delete("title", set(&[]))]).await?.success()?;
    let entry = follower.one("(objectClass=user)").await?;
    assert_eq!((changed(&entry), entry.attrs["title"].len()), (vec!["title"], 0));
    writer.modify(&dn, vec![Mod::Replace("userAccountControl", set(&["514"]))]).await?.success()?;
    assert_eq!(changed(&follower.one("(objectClass=user)").await?), ["userAccountControl"]);
    writer.modifydn(&dn, "CN=Jane", true, None).await?.success()?;
    let entry = follower.one("(objectClass=user)").await?;
    assert_eq!(changed(&entry), ["cn", "name", "parentGUID"]);
    writer.delete(&entry.dn).await?.success()?;
    let entry = follower.one("(isDeleted=TRUE)").await?;
    assert_eq!(entry.attrs["isDeleted"], ["TRUE"]);
    assert!(entry.dn.starts_with("CN=Jane\\0ADEL:"), "{}", entry.dn);
    assert!(follower.page("(objectClass=*)").await?.0.is_empty());
    Ok(())
}

#[tokio::test]
async fn of_a_deletion_comes_what_it_has_taken_and_of_a_reanimation_what_it_has_given() -> Outcome {
    let field = Field::new(delayed().user("ann", "Passw0rd!", &[])).await?;
    let mut writer = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let mut follower = follower(&field, 0, 0).await?;
    let [jdoe, ann] = ["jdoe", "ann"].map(|name| format!("CN={name},CN=Users,{BASE}"));
    writer.modify(&jdoe, vec![Mod::Replace("title", set(&["Clerk"]))]).await?.success()?;
    follower.page("(objectClass=*)").await?;
    for dn in [&jdoe, &ann] {
        writer.delete(dn).await?.success()?;
    }
    let of_all = [
        "accountExpires",
        "cn",
        "codePage",
        "countryCode",
        "isDeleted",
        "lastKnownParent",
        "name",
        "objectCategory",
        "parentGUID",
        "primaryGroupID",
        "pwdLastSet",
        "sAMAccountType",
    ];
    let (graves, _) = follower.page("(isDeleted=TRUE)").await?;
    for grave in &graves {
        let titled = grave.dn.starts_with("CN=jdoe");
        let expected = of_all.iter().copied().chain(titled.then_some("title"));
        assert_eq!(changed(grave), expected.collect::<Vec<_>>());
        for gone in ["pwdLastSet", "objectCategory"] {
            assert!(grave.attrs[gone].is_empty(), "{gone}: {grave:?}");
        }
        assert_eq!(grave.attrs["lastKnownParent"], [format!("CN=Users,{BASE}")]);
    }
    assert_eq!(graves.len(), 2);
    let grave = graves.iter().find(|grave| grave.dn.starts_with("CN=jdoe")).ok_or("no tombstone")?;
    let back = vec![
        Mod::Delete("isDeleted".to_owned(), std::collections::HashSet::new()),
        Mod::Replace("distinguishedName".to_owned(), std::collections::HashSet::from([jdoe.clone()])),
    ];
    let shown = super::control("1.2.840.113556.1.4.417", true, None);
    writer.with_controls(shown).modify(&grave.dn, back).await?.success()?;
    let entry = follower.one("(objectClass=user)").await?;
    assert_eq!((&entry.dn, &entry.attrs["isDeleted"][..]), (&jdoe, &[] as &[String]));
    for (name, value) in [("pwdLastSet", "0"), ("sAMAccountType", "805306368"), ("name", "jdoe")] {
        assert_eq!(entry.attrs[name], [value]);
    }
    assert!(follower.page("(objectClass=*)").await?.0.is_empty());
    Ok(())
}

#[tokio::test]
async fn members_come_as_those_who_joined_and_those_who_left() -> Outcome {
    let field = Field::new(delayed().user("ann", "Passw0rd!", &[])).await?;
    let mut writer = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let group = attributes(&[("objectClass", "group"), ("sAMAccountName", "Clerks")]);
    let clerks = format!("CN=Clerks,CN=Users,{BASE}");
    writer.add(&clerks, group).await?.success()?;
    let [ann, jdoe] = ["ann", "jdoe"].map(|name| format!("CN={name},CN=Users,{BASE}"));
    let member = |name: &str| std::collections::HashSet::from([name.to_owned()]);
    writer.modify(&clerks, vec![Mod::Add("member".to_owned(), member(&ann))]).await?.success()?;
    let filter = "(cn=Clerks)";
    let (mut values, mut whole) = (follower(&field, INCREMENTAL, 0).await?, follower(&field, 0, 0).await?);
    assert_eq!(values.one(filter).await?.attrs["member;range=1-1"], std::slice::from_ref(&ann));
    assert_eq!(whole.one(filter).await?.attrs["member"], std::slice::from_ref(&ann));
    let swap =
        vec![Mod::Add("member".to_owned(), member(&jdoe)), Mod::Delete("member".to_owned(), member(&ann))];
    writer.modify(&clerks, swap).await?.success()?;
    let entry = values.one(filter).await?;
    assert_eq!(changed(&entry), ["member;range=0-0", "member;range=1-1"]);
    assert_eq!(entry.attrs["member;range=1-1"], std::slice::from_ref(&jdoe));
    assert_eq!(entry.attrs["member;range=0-0"], [ann]);
    assert_eq!(whole.one(filter).await?.attrs["member"], [jdoe]);
    Ok(())
}

#[tokio::test]
async fn pages_of_a_synchronisation_give_each_object_once_and_parents_first() -> Outcome {
    let field = Field::new(delayed()).await?;
    for flags in [0, ANCESTORS_FIRST] {
        let mut follower = follower(&field, flags, 4_000).await?;
        let (mut names, mut pages) = (Vec::new(), 0);
        loop {
            let (entries, more) = follower.page("(objectClass=*)").await?;
            names.extend(entries.into_iter().map(|entry| entry.dn));
            pages += 1;
            if !more {
                break;
            }
        }
        assert!(pages > 5, "{pages} pages");
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        if flags == ANCESTORS_FIRST {
            let depths: Vec<usize> = names.iter().map(|name| name.matches(',').count()).collect();
            assert!(depths.is_sorted(), "{names:?}");
        }
        assert!(follower.page("(objectClass=*)").await?.0.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn whoever_may_not_replicate_sees_what_it_may_read() -> Outcome {
    let field = Field::new(delayed()).await?;
    let ldap = Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    let mut follower = Follower { ldap, flags: 0, most: 0, cookie: Vec::new() };
    let (_, refused) = follower.ask("(objectClass=user)").await?;
    assert!(refused.rc == 50 && refused.text.starts_with("00002105"), "{refused:?}");
    follower.flags = 1;
    let (found, _) = follower.page("(objectClass=user)").await?;
    assert!(found.iter().any(|user| user.dn.starts_with("CN=jdoe")), "{found:?}");
    // A cookie of another controller says nothing here: everything comes again.
    let ldap = Field::bound(&field.bdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    let again = Follower { ldap, ..follower }.page("(objectClass=user)").await?.0;
    assert_eq!(again.len(), found.len());
    Ok(())
}

#[tokio::test]
async fn whole_naming_contexts_are_synchronised_whatever_the_scope() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let users = format!("CN=Users,{BASE}");
    let mut ask = async |base: &str, scope: Scope, control: RawControl| {
        let search = ldap.with_controls(vec![control]).search(base, scope, "(objectClass=user)", vec!["cn"]);
        search.await.map(|ldap3::SearchResult(found, result)| (found.len(), result))
    };
    let (all, whole) = ask(BASE, Scope::Subtree, asked(0, 0, b"")).await?;
    assert!(all > 0 && whole.rc == 0, "{whole:?}");
    let (found, base) = ask(BASE, Scope::Base, asked(0, 0, b"")).await?;
    assert_eq!((found, base.rc), (all, 0), "{base:?}");
    let (_, part) = ask(&users, Scope::Subtree, asked(0, 0, b"")).await?;
    assert!(part.rc == 50 && part.text.starts_with("00002105"), "{part:?}");
    let (_, part) = ask(&users, Scope::Subtree, asked(1, 0, b"")).await?;
    assert_eq!(part.rc, 53, "{part:?}");
    let (_, foreign) = ask(BASE, Scope::Subtree, asked(0, 0, b"another server's")).await?;
    assert!(foreign.rc == 2 && foreign.text.starts_with("0000203D"), "{foreign:?}");
    Ok(())
}
