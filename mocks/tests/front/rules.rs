//! Rules of writing: scopes of groups, lengths of values, quotas of computers, and what a session may write.

use std::collections::HashSet;

use ldap3::controls::RawControl;
use ldap3::{Ldap, Mod, Scope, SearchEntry};

use mockdc_mocks::{AdSpec, AdVersion, Domain, Replication};

use super::{ADMINISTRATOR, BASE, Field, Outcome, Span, attributes, delayed, set};

const GLOBAL: &str = "-2147483646";
const LOCAL: &str = "-2147483644";
const UNIVERSAL: &str = "-2147483640";

pub(super) fn dn(name: &str) -> String {
    format!("CN={name},CN=Users,{BASE}")
}

async fn group(ldap: &mut Ldap, name: &'static str, kind: &'static str) -> Result<u32, ldap3::LdapError> {
    let list = attributes(&[("objectClass", "group"), ("sAMAccountName", name), ("groupType", kind)]);
    Ok(ldap.add(&dn(name), list).await?.rc)
}

async fn join(ldap: &mut Ldap, group: &str, member: &str) -> Result<(u32, String), ldap3::LdapError> {
    let member = HashSet::from([dn(member)]);
    let result = ldap.modify(&dn(group), vec![Mod::Add("member".to_owned(), member)]).await?;
    Ok((result.rc, result.text.chars().take(8).collect()))
}

pub(super) async fn base(
    ldap: &mut Ldap,
    dn: &str,
    names: &[&str],
) -> Result<SearchEntry, Box<dyn std::error::Error>> {
    let (entries, _) = ldap.search(dn, Scope::Base, "(objectClass=*)", names).await?.success()?;
    Ok(SearchEntry::construct(entries.into_iter().next().ok_or("no such object")?))
}

#[tokio::test]
async fn groups_hold_what_their_scope_allows() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    for (name, kind) in
        [("G1", GLOBAL), ("G2", GLOBAL), ("L1", LOCAL), ("L2", LOCAL), ("U1", UNIVERSAL), ("U2", UNIVERSAL)]
    {
        assert_eq!(group(&mut ldap, name, kind).await?, 0, "{name}");
    }
    // None of the three scopes, two of them, and a bit that nobody knows.
    for kind in ["-2147483648", "6", "66"] {
        assert_eq!(group(&mut ldap, "Bad", kind).await?, 53, "{kind}");
    }
    for (group, member, refused) in [
        ("G1", "G2", None),
        ("G1", "L1", Some("00002144")),
        ("G1", "U1", Some("00002145")),
        ("U1", "G1", None),
        ("U1", "U2", None),
        ("U1", "L1", Some("00002146")),
        ("L1", "G1", None),
        ("L1", "U1", None),
        ("L1", "L2", None),
    ] {
        let (code, text) = join(&mut ldap, group, member).await?;
        match refused {
            None => assert_eq!(code, 0, "{group} {member}: {text}"),
            Some(refused) => assert_eq!((code, text.as_str()), (53, refused), "{group} {member}"),
        }
    }
    for (name, kind, code) in [
        // G2 belongs to a global group, G1 does not; U1 has a universal member.
        ("G2", UNIVERSAL, 53),
        ("G1", UNIVERSAL, 0),
        ("U1", GLOBAL, 53),
        ("U2", GLOBAL, 0),
        ("G2", LOCAL, 53),
        ("L2", GLOBAL, 53),
        // L1 holds another local group, L2 none; U1 is in no universal group, G1 is in one by now.
        ("L1", UNIVERSAL, 53),
        ("L2", UNIVERSAL, 0),
        ("L2", LOCAL, 0),
        ("U1", LOCAL, 0),
        ("G1", LOCAL, 0),
        // Of security no more, and of distribution.
        ("U2", "2", 0),
        ("Domain Users", "2", 53),
        ("Domain Admins", UNIVERSAL, 53),
    ] {
        let change = vec![Mod::Replace("groupType", set(&[kind]))];
        assert_eq!(ldap.modify(&dn(name), change).await?.rc, code, "{name} {kind}");
    }
    assert_eq!(base(&mut ldap, &dn("U2"), &["sAMAccountType"]).await?.attrs["sAMAccountType"], ["268435457"]);
    Ok(())
}

#[tokio::test]
async fn a_group_that_becomes_local_or_universal_stays_the_same_group() -> Outcome {
    for version in [None, Some(AdVersion::Windows2000), Some(AdVersion::Windows2003)] {
        let builder = match version {
            Some(version) => {
                let ad = Replication::Ad(AdSpec { version, ..AdSpec::default() });
                Domain::builder().pdc("PDC1").bdc("BDC1").replication(ad).user("jdoe", "Passw0rd!", &[])
            }
            None => delayed(),
        };
        let field = Field::new(builder.user("ann", "Passw0rd!", &[])).await?;
        let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
        let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
        for (name, kind) in [("L1", LOCAL), ("Above", LOCAL)] {
            assert_eq!(group(&mut pdc, name, kind).await?, 0);
        }
        for (group, member) in [("L1", "jdoe"), ("Above", "L1")] {
            assert_eq!(join(&mut pdc, group, member).await?.0, 0);
        }
        let names =
            ["objectSid", "objectGUID", "whenCreated", "member", "memberOf", "groupType", "sAMAccountType"];
        let before = base(&mut pdc, &dn("L1"), &names).await?;
        let mut hours = 0;
        for (kind, account) in [(UNIVERSAL, "268435456"), (LOCAL, "536870912"), (UNIVERSAL, "268435456")] {
            let change = vec![Mod::Replace("groupType", set(&[kind]))];
            pdc.modify(&dn("L1"), change).await?.success()?;
            assert_eq!(join(&mut pdc, "L1", "ann").await?.0, 0, "{version:?} {kind}");
            hours += 3;
            field.hand.to(Span::hours(hours));
            for ldap in [&mut pdc, &mut bdc] {
                let after = base(ldap, &dn("L1"), &names).await?;
                assert_eq!(after.bin_attrs, before.bin_attrs);
                for same in ["whenCreated", "memberOf"] {
                    assert_eq!(after.attrs[same], before.attrs[same], "{version:?} {kind} {same}");
                }
                let members: std::collections::BTreeSet<_> = after.attrs["member"].iter().cloned().collect();
                assert_eq!(members, [dn("ann"), dn("jdoe")].into());
                assert_eq!(
                    (&after.attrs["groupType"][0][..], &after.attrs["sAMAccountType"][0][..]),
                    (kind, account)
                );
                let groups = base(ldap, &dn("jdoe"), &["tokenGroups", "memberOf"]).await?;
                assert_eq!(groups.attrs["memberOf"], [dn("L1")]);
                assert!(groups.bin_attrs["tokenGroups"].contains(&before.bin_attrs["objectSid"][0]));
            }
            let leave = vec![Mod::Delete("member".to_owned(), HashSet::from([dn("ann")]))];
            pdc.modify(&dn("L1"), leave).await?.success()?;
        }
        // It goes as one, and leaves one tombstone.
        pdc.delete(&dn("L1")).await?.success()?;
        field.hand.to(Span::hours(20));
        for ldap in [&mut pdc, &mut bdc] {
            let shown = super::control("1.2.840.113556.1.4.417", true, None);
            let search = ldap.with_controls(shown).search(
                BASE,
                Scope::Subtree,
                "(sAMAccountName=L1)",
                vec!["isDeleted"],
            );
            let (found, _) = search.await?.success()?;
            let found: Vec<_> =
                found.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct).collect();
            assert!(found.len() == 1 && found[0].attrs["isDeleted"] == ["TRUE"], "{found:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn in_mixed_mode_no_group_changes_its_scope() -> Outcome {
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1").replication(Replication::default());
    let field = Field::new(builder).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    assert_eq!(group(&mut ldap, "G1", GLOBAL).await?, 0);
    let change = vec![Mod::Replace("groupType", set(&[UNIVERSAL]))];
    let refused = ldap.modify(&dn("G1"), change).await?;
    assert!(refused.rc == 53 && refused.text.starts_with("00002141"), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn values_that_are_too_long_are_told_by_number_name_and_length() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    for (name, most, number) in [("description", 1_024, "d"), ("initials", 6, "2b"), ("givenName", 64, "2a")]
    {
        let change = |length: usize| vec![Mod::Replace(name.to_owned(), HashSet::from(["x".repeat(length)]))];
        ldap.modify(&dn("jdoe"), change(most)).await?.success()?;
        let refused = ldap.modify(&dn("jdoe"), change(most + 1)).await?;
        assert_eq!(refused.rc, 19, "{refused:?}");
        let expected = format!("Att {number} ({name}):len {}", 2 * (most + 1));
        assert!(
            refused.text.starts_with("00002082: AtrErr") && refused.text.contains(&expected),
            "{refused:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn anybody_makes_ten_computers() -> Outcome {
    let field = Field::new(delayed().user("ann", "Passw0rd!", &[])).await?;
    let mut ldap = Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    let pc = |number: usize| format!("CN=PC{number},CN=Computers,{BASE}");
    let list = |number: usize| -> Vec<(String, HashSet<String>)> {
        let one = |name: &str, value: &str| (name.to_owned(), HashSet::from([value.to_owned()]));
        vec![
            one("objectClass", "computer"),
            one("sAMAccountName", &format!("PC{number}$")),
            one("userAccountControl", "4096"),
        ]
    };
    for number in 0..10 {
        ldap.add(&pc(number), list(number)).await?.success()?;
    }
    let refused = ldap.add(&pc(10), list(10)).await?;
    assert!(refused.rc == 53 && refused.text.starts_with("0000216D: SvcErr"), "{refused:?}");
    // What is its own it may set up; nothing else, and nobody else's.
    let name = |value: &'static str| vec![Mod::Replace("dNSHostName", set(&[value]))];
    ldap.modify(&pc(0), name("pc0.corp.example")).await?.success()?;
    assert_eq!(ldap.modify(&pc(0), vec![Mod::Replace("location", set(&["x"]))]).await?.rc, 50);
    let mut ann = Field::bound(&field.pdc, ("CORP\\ann", "Passw0rd!")).await?;
    assert_eq!(ann.modify(&pc(0), name("x.corp.example")).await?.rc, 50);
    assert_eq!(ann.add(&format!("CN=PC10,CN=Users,{BASE}"), list(10)).await?.rc, 50);
    ann.add(&pc(10), list(10)).await?.success()?;
    // Whoever administers needs no quota, and raises it.
    let mut admin = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    admin.modify(BASE, vec![Mod::Replace("ms-DS-MachineAccountQuota", set(&["11"]))]).await?.success()?;
    ldap.add(&pc(11), list(11)).await?.success()?;
    let made = base(&mut admin, &pc(11), &["mS-DS-CreatorSID"]).await?;
    let jdoe = base(&mut admin, &dn("jdoe"), &["objectSid"]).await?;
    assert_eq!(made.bin_attrs["mS-DS-CreatorSID"], jdoe.bin_attrs["objectSid"]);
    Ok(())
}

#[tokio::test]
async fn an_object_says_what_a_session_may_write_of_it() -> Outcome {
    let field = Field::new(delayed()).await?;
    let names = ["allowedAttributesEffective", "allowedChildClassesEffective", "sDRightsEffective"];
    let users = format!("CN=Users,{BASE}");
    let mut admin = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let mut own = Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    let (all, few) =
        (base(&mut admin, &dn("jdoe"), &names).await?, base(&mut own, &dn("jdoe"), &names).await?);
    let may = |entry: &SearchEntry, name: &str| entry.attrs[names[0]].iter().any(|known| known == name);
    for (name, administrator, oneself) in
        [("title", true, false), ("telephoneNumber", true, true), ("objectGUID", false, false)]
    {
        assert_eq!((may(&all, name), may(&few, name)), (administrator, oneself), "{name}");
    }
    assert_eq!((all.attrs[names[2]][0].as_str(), few.attrs[names[2]][0].as_str()), ("15", "0"));
    let (all, few) = (base(&mut admin, &users, &names).await?, base(&mut own, &users, &names).await?);
    assert!(all.attrs[names[1]].iter().any(|class| class == "user"));
    assert!(!few.attrs.contains_key(names[1]) && !few.attrs.contains_key(names[0]), "{few:?}");
    Ok(())
}

#[tokio::test]
async fn what_is_asked_for_twice_is_given_once_and_graves_are_shown_on_request() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let found = base(&mut ldap, &dn("jdoe"), &["cn", "CN", "2.5.4.3"]).await?;
    assert_eq!(found.attrs.len(), 1);
    assert_eq!(found.attrs["cn"], ["jdoe"]);
    let graves = format!("CN=Deleted Objects,{BASE}");
    assert_eq!(ldap.search(&graves, Scope::Base, "(objectClass=*)", vec!["cn"]).await?.1.rc, 32);
    let control = RawControl { ctype: "1.2.840.113556.1.4.417".into(), crit: true, val: None };
    assert_eq!(base(ldap.with_controls(vec![control]), &graves, &["cn"]).await?.dn, graves);
    Ok(())
}

#[tokio::test]
async fn a_tombstone_keeps_who_made_a_computer_what_it_was_called_and_its_descriptor() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut jdoe = Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    let mut admin = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let pc = format!("CN=PC1,CN=Computers,{BASE}");
    let list = [("objectClass", "computer"), ("sAMAccountName", "PC1$"), ("userAccountControl", "4096")];
    jdoe.add(&pc, attributes(&list)).await?.success()?;
    let told = ["description", "dNSHostName"].map(|name| Mod::Replace(name, set(&["pc1.branch.example"])));
    jdoe.modify(&pc, told.to_vec()).await?.success()?;
    let names = ["dNSHostName", "description", "mS-DS-CreatorSID", "nTSecurityDescriptor"];
    let owner = base(&mut admin, &dn("jdoe"), &["nTSecurityDescriptor"]).await?;
    let mut descriptor = owner.bin_attrs["nTSecurityDescriptor"][0].clone();
    // A list that inherits nothing tells this descriptor from those that nobody has written.
    descriptor[3] |= 0x10;
    let given = (b"nTSecurityDescriptor".to_vec(), HashSet::from([descriptor]));
    admin.modify(&pc, vec![Mod::Replace(given.0, given.1)]).await?.success()?;
    let before = base(&mut admin, &pc, &names).await?;
    assert_ne!(before.bin_attrs["nTSecurityDescriptor"], owner.bin_attrs["nTSecurityDescriptor"]);
    admin.delete(&pc).await?.success()?;
    field.hand.to(Span::mins(40));
    field.live.advance();
    for server in [&field.pdc, &field.bdc] {
        let mut ldap = Field::bound(server, ADMINISTRATOR).await?;
        let shown = RawControl { ctype: "1.2.840.113556.1.4.417".into(), crit: true, val: None };
        let search =
            ldap.with_controls(vec![shown]).search(BASE, Scope::Subtree, "(sAMAccountName=PC1$)", names);
        let grave = search.await?.success()?.0.into_iter().next().ok_or("no tombstone")?;
        let grave = SearchEntry::construct(grave);
        assert_eq!(grave.attrs["dNSHostName"], ["pc1.branch.example"]);
        for name in ["mS-DS-CreatorSID", "nTSecurityDescriptor"] {
            assert_eq!(grave.bin_attrs.get(name), before.bin_attrs.get(name), "{name}");
        }
        assert!(!grave.attrs.contains_key("description"), "{grave:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_account_that_never_expires_shows_the_number_that_it_was_given() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    for number in ["0", "9223372036854775807", "0", "126800000000000000", "9223372036854775807"] {
        let change = vec![Mod::Replace("accountExpires", set(&[number]))];
        ldap.modify(&dn("jdoe"), change).await?.success()?;
        let shown = base(&mut ldap, &dn("jdoe"), &["accountExpires"]).await?;
        assert_eq!(shown.attrs["accountExpires"], [number]);
    }
    Ok(())
}

#[tokio::test]
async fn a_logon_name_that_no_account_may_have_is_refused_as_an_argument() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    assert_eq!(group(&mut ldap, "Clerks", GLOBAL).await?, 0);
    assert_eq!(group(&mut ldap, "Locals", LOCAL).await?, 0);
    let (long, longer) = ("x".repeat(21), "x".repeat(257));
    let bad = (80, "00000523: SysErr: ", "problem 22 (Invalid argument)");
    let empty = (21, "00000057: LdapErr: ", "Error in attribute conversion operation");
    let range = (19, "00002082: AtrErr: ", "Att 900dd (sAMAccountName):len 514");
    for (name, of_a_user, of_a_group) in [
        ("a/b", bad, bad),
        ("a\"b", bad, bad),
        ("a\u{1}b", bad, bad),
        ("ends.", bad, bad),
        (" ", bad, bad),
        ("", empty, empty),
        (long.as_str(), bad, (0, "", "")),
        (longer.as_str(), range, range),
        ("administrator", (68, "00000524: UpdErr", ""), (68, "00000524: UpdErr", "")),
        ("clerks", (68, "00000526: UpdErr", ""), (0, "", "")),
        ("LOCALS", (68, "00000563: UpdErr", ""), (68, "00000563: UpdErr", "")),
    ] {
        for (changed, class, (code, begins, holds)) in
            [("jdoe", "user", of_a_user), ("Clerks", "group", of_a_group)]
        {
            let values = |list: &[&str]| list.iter().map(ToString::to_string).collect::<HashSet<_>>();
            let list = vec![
                ("objectClass".to_owned(), values(&[class])),
                ("sAMAccountName".to_owned(), values(&[name])),
            ];
            let change = vec![Mod::Replace("sAMAccountName".to_owned(), values(&[name]))];
            let modified = ldap.modify(&dn(changed), change).await?;
            let added = match modified.rc {
                0 => {
                    let back = vec![Mod::Replace("sAMAccountName".to_owned(), values(&[changed]))];
                    ldap.modify(&dn(changed), back).await?.success()?;
                    // Another spelling of a group's own name is no name for anybody else.
                    let own = name.eq_ignore_ascii_case(changed);
                    assert_eq!(ldap.add(&dn("New"), list).await?.rc, if own { 68 } else { 0 }, "{name}");
                    if !own {
                        ldap.delete(&dn("New")).await?.success()?;
                    }
                    continue;
                }
                _ => ldap.add(&dn("New"), list).await?,
            };
            for refused in [modified, added] {
                assert_eq!(refused.rc, code, "{class} {name:?}: {refused:?}");
                assert!(refused.text.starts_with(begins) && refused.text.contains(holds), "{refused:?}");
            }
        }
    }
    Ok(())
}
