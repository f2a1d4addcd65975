//! Accounts of computers at the ports: what keeps them apart from users, and how they prove themselves.

use ldap3::controls::RawControl;
use ldap3::{Mod, Scope, SearchEntry};
use mockdc_mocks::{AccountFlag, Caller, Operation, Verb};

use super::{ADMINISTRATOR, BASE, Field, Outcome, attributes, delayed, find, set};

/// `userAccountControl` of an ordinary user, a workstation and a controller.
const KINDS: [&str; 3] = ["512", "4096", "8192"];

#[tokio::test]
async fn no_flag_makes_a_computer_of_a_user_or_moves_it() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let computer = attributes(&[("objectClass", "computer"), ("sAMAccountName", "PC9$")]);
    let places =
        [("jdoe", format!("CN=jdoe,CN=Users,{BASE}")), ("PC9$", format!("CN=PC9,CN=Computers,{BASE}"))];
    ldap.add(&places[1].1, computer).await?.success()?;
    for (own, (name, place)) in places.iter().enumerate() {
        for (kind, bits) in KINDS.into_iter().enumerate() {
            let change = vec![Mod::Replace("userAccountControl", set(&[bits]))];
            let code = ldap.modify(place, change).await?.rc;
            assert_eq!(code, if kind == own { 0 } else { 53 }, "{name} {bits}");
        }
        // Without a kind it is the one that the account has.
        ldap.modify(place, vec![Mod::Replace("userAccountControl", set(&["2"]))]).await?.success()?;
        let found = find(&mut ldap, &format!("(sAMAccountName={name})")).await?;
        assert_eq!(found[0].dn, *place);
        let bits: u32 = found[0].attrs["userAccountControl"][0].parse()?;
        assert_eq!(bits, 2 | [512, 4096][own], "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_computer_binds_with_its_password() -> Outcome {
    let field = Field::new(delayed()).await?;
    let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let verb = Verb::UserAdd {
        user: "PC9$".into(),
        password: "Machine-1!".into(),
        comment: None,
        flags: [AccountFlag::WorkstationTrustAccount].into(),
    };
    field.live.apply(&admin, &Operation::new("PDC1", verb)).answer.map_err(|error| error.to_string())?;
    let mut ldap = Field::at(&field.pdc).await?;
    assert_eq!(ldap.simple_bind("CORP\\PC9$", "another").await?.rc, 49);
    ldap.simple_bind("CORP\\PC9$", "Machine-1!").await?.success()?;
    assert_eq!(find(&mut ldap, "(sAMAccountName=jdoe)").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_empty_name_is_everything_under_the_control_of_a_phantom_root() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let filter = "(sAMAccountName=jdoe)";
    assert_eq!(ldap.search("", Scope::Subtree, filter, vec!["cn"]).await?.1.rc, 32);
    // A sequence of one number: 2.
    let val = Some(vec![0x30, 3, 2, 1, 2]);
    let control = RawControl { ctype: "1.2.840.113556.1.4.1340".into(), crit: true, val };
    let search = ldap.with_controls(vec![control]).search("", Scope::Subtree, filter, vec!["cn"]);
    let (entries, _) = search.await?.success()?;
    let names: Vec<String> = entries
        .into_iter()
        .filter(|entry| !entry.is_ref())
        .map(|entry| SearchEntry::construct(entry).dn)
        .collect();
    assert_eq!(names, [format!("CN=jdoe,CN=Users,{BASE}")]);
    Ok(())
}

#[tokio::test]
async fn clients_find_who_am_i_at_the_root() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let search = ldap.search("", Scope::Base, "(objectClass=*)", vec!["supportedExtension"]);
    let (entries, _) = search.await?.success()?;
    let root = SearchEntry::construct(entries.into_iter().next().ok_or("no root")?);
    assert!(root.attrs["supportedExtension"].contains(&"1.3.6.1.4.1.4203.1.11.3".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_computer_has_the_primary_group_of_its_kind() -> Outcome {
    let field = Field::new(delayed().workstation("WS1").computer_accounts()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let group = attributes(&[("objectClass", "group"), ("sAMAccountName", "Kiosks")]);
    let kiosks = format!("CN=Kiosks,CN=Users,{BASE}");
    ldap.add(&kiosks, group).await?.success()?;
    let ws1 = format!("CN=WS1,CN=Computers,{BASE}");
    let member = std::collections::HashSet::from([ws1.clone()]);
    ldap.modify(&kiosks, vec![Mod::Add("member".to_owned(), member)]).await?.success()?;
    let accounts = [
        (ws1, 515_u32, "Domain Computers", Some(vec![kiosks])),
        (format!("CN=PDC1,OU=Domain Controllers,{BASE}"), 516, "Domain Controllers", None),
    ];
    for (dn, primary, name, listed) in accounts {
        let (entries, _) =
            ldap.search(&dn, Scope::Base, "(objectClass=*)", vec!["*", "tokenGroups"]).await?.success()?;
        let account = SearchEntry::construct(entries.into_iter().next().ok_or("no account")?);
        assert_eq!(account.attrs["primaryGroupID"], [primary.to_string()]);
        // The primary group is neither in the account's list nor in its own, and first among the token's groups.
        assert_eq!(account.attrs.get("memberOf"), listed.as_ref());
        let group = find(&mut ldap, &format!("(sAMAccountName={name})")).await?.remove(0);
        assert!(!group.attrs.contains_key("member"), "{group:?}");
        let sids = &account.bin_attrs["tokenGroups"];
        assert_eq!(sids[0], group.bin_attrs["objectSid"][0]);
        assert_eq!(sids.len(), 1 + listed.map_or(0, |listed| listed.len()), "{sids:?}");
        let found = find(&mut ldap, &format!("(&(objectClass=computer)(primaryGroupID={primary}))")).await?;
        assert!(found.iter().any(|computer| computer.dn == dn), "{found:?}");
    }
    let users = find(&mut ldap, "(sAMAccountName=Domain Users)").await?.remove(0);
    assert!(!users.attrs.contains_key("member"), "{users:?}");
    Ok(())
}
