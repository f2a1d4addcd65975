//! Objects of one name that are made at two controllers: one keeps it, the same one everywhere.

use ldap3::controls::RawControl;
use ldap3::{Ldap, Scope, SearchEntry};
use mockdc_mocks::{AdSpec, Replication, Span};

use super::{ADMINISTRATOR, BASE, Field, Outcome, attributes, delayed};

/// Names and identifiers of what is called `name` at a controller.
async fn namesakes(ldap: &mut Ldap, filter: &str) -> Result<Vec<(String, Vec<u8>)>, ldap3::LdapError> {
    let (entries, _) = ldap.search(BASE, Scope::Subtree, filter, vec!["objectGUID"]).await?.success()?;
    let entries = entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct);
    let mut all: Vec<_> = entries
        .map(|entry| {
            let octets = entry.bin_attrs.get("objectGUID").map(|values| values[0].clone());
            let text = || entry.attrs.get("objectGUID").map(|values| values[0].clone().into_bytes());
            (entry.dn.clone(), octets.or_else(text).unwrap_or_default())
        })
        .collect();
    all.sort();
    Ok(all)
}

/// A domain of Active Directory, with the Administrator at both of its controllers.
async fn two_writers() -> Result<(Field, Ldap, Ldap), Box<dyn std::error::Error>> {
    let field = Field::new(delayed().replication(Replication::Ad(AdSpec::default()))).await?;
    let pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    Ok((field, pdc, bdc))
}

#[tokio::test]
async fn of_two_objects_of_one_name_all_controllers_leave_it_to_the_same() -> Outcome {
    for gap in [Span::ZERO, Span::secs(5)] {
        let (field, mut pdc, mut bdc) = two_writers().await?;
        let unit = || attributes(&[("objectClass", "organizationalUnit")]);
        let contact = || attributes(&[("objectClass", "contact")]);
        field.hand.to(Span::mins(1));
        pdc.add(&format!("OU=Twin,{BASE}"), unit()).await?.success()?;
        bdc.add(&format!("CN=twin,CN=Users,{BASE}"), contact()).await?.success()?;
        field.hand.to(Span::mins(1) + gap);
        bdc.add(&format!("OU=Twin,{BASE}"), unit()).await?.success()?;
        pdc.add(&format!("CN=twin,CN=Users,{BASE}"), contact()).await?.success()?;
        field.hand.to(Span::hours(1));
        for (filter, kept) in
            [("(ou=Twin*)", format!("OU=Twin,{BASE}")), ("(cn=twin*)", format!("CN=twin,CN=Users,{BASE}"))]
        {
            let (there, here) = (namesakes(&mut pdc, filter).await?, namesakes(&mut bdc, filter).await?);
            assert_eq!(there.len(), 2, "{filter}: {there:?}");
            assert_eq!(there, here, "{filter}, a gap of {gap}");
            assert_eq!(there.iter().filter(|(dn, _)| *dn == kept).count(), 1, "{there:?}");
            assert_eq!(there.iter().filter(|(dn, _)| dn.contains("CNF:")).count(), 1, "{there:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_account_that_loses_its_logon_name_keeps_its_name_with_a_mark() -> Outcome {
    // Asked meanwhile, and asked only when all is over.
    for early in [true, false] {
        let (field, mut pdc, mut bdc) = two_writers().await?;
        let user = || attributes(&[("objectClass", "user"), ("sAMAccountName", "twin")]);
        field.hand.to(Span::mins(1));
        pdc.add(&format!("CN=twin,CN=Users,{BASE}"), user()).await?.success()?;
        field.hand.to(Span::mins(1) + Span::secs(5));
        bdc.add(&format!("CN=twin,CN=Users,{BASE}"), user()).await?.success()?;
        if early {
            field.hand.to(Span::mins(7));
            namesakes(&mut pdc, "(cn=twin*)").await?;
            namesakes(&mut bdc, "(cn=twin*)").await?;
        }
        field.hand.to(Span::hours(1));
        let (there, here) =
            (namesakes(&mut pdc, "(cn=twin*)").await?, namesakes(&mut bdc, "(cn=twin*)").await?);
        assert_eq!(there, here, "{early}");
        let [kept, lost] = there.as_slice() else { return Err(format!("{there:?}").into()) };
        assert_eq!(kept.0, format!("CN=twin,CN=Users,{BASE}"));
        assert!(lost.0.starts_with("CN=twin\\0ACNF:"), "{there:?}");
        for ldap in [&mut pdc, &mut bdc] {
            let given = namesakes(ldap, "(sAMAccountName=$DUPLICATE-*)").await?;
            assert_eq!(given, std::slice::from_ref(lost));
            assert_eq!(namesakes(ldap, "(sAMAccountName=twin)").await?, std::slice::from_ref(kept));
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_made_below_an_object_that_is_deleted_elsewhere_is_found_without_a_home() -> Outcome {
    let (field, mut pdc, mut bdc) = two_writers().await?;
    let unit = || attributes(&[("objectClass", "organizationalUnit")]);
    pdc.add(&format!("OU=Home,{BASE}"), unit()).await?.success()?;
    field.hand.to(Span::hours(1));
    pdc.delete(&format!("OU=Home,{BASE}")).await?.success()?;
    bdc.add(&format!("OU=Kid,OU=Home,{BASE}"), unit()).await?.success()?;
    field.hand.to(Span::hours(2));
    for ldap in [&mut pdc, &mut bdc] {
        let found: Vec<String> = namesakes(ldap, "(ou=Kid)").await?.into_iter().map(|(dn, _)| dn).collect();
        assert_eq!(found, [format!("OU=Kid,CN=LostAndFound,{BASE}")]);
    }
    Ok(())
}

#[tokio::test]
async fn deleted_objects_show_to_administrators_alone() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let unit = attributes(&[("objectClass", "organizationalUnit")]);
    ldap.add(&format!("OU=Gone,{BASE}"), unit).await?.success()?;
    ldap.delete(&format!("OU=Gone,{BASE}")).await?.success()?;
    for (who, many) in [(ADMINISTRATOR, 1), (("CORP\\jdoe", "Passw0rd!"), 0)] {
        let mut ldap = Field::bound(&field.pdc, who).await?;
        let control = RawControl { ctype: "1.2.840.113556.1.4.417".into(), crit: true, val: None };
        let found = namesakes(ldap.with_controls(vec![control]), "(isDeleted=TRUE)").await?;
        let found = found.iter().filter(|(dn, _)| dn.starts_with("OU=Gone")).count();
        assert_eq!(found, many, "{}", who.0);
    }
    Ok(())
}

#[tokio::test]
async fn of_two_units_that_are_moved_below_each_other_one_loses_its_home() -> Outcome {
    let (field, mut pdc, mut bdc) = two_writers().await?;
    for name in ["X", "Y"] {
        let unit = attributes(&[("objectClass", "organizationalUnit")]);
        pdc.add(&format!("OU={name},{BASE}"), unit).await?.success()?;
    }
    field.hand.to(Span::hours(1));
    let [x, y] = ["X", "Y"].map(|name| format!("OU={name},{BASE}"));
    pdc.modifydn(&x, "OU=X", true, Some(&y)).await?.success()?;
    field.hand.to(Span::hours(1) + Span::secs(5));
    bdc.modifydn(&y, "OU=Y", true, Some(&x)).await?.success()?;
    field.hand.to(Span::hours(3));
    let (there, here) =
        (namesakes(&mut pdc, "(|(ou=X)(ou=Y))").await?, namesakes(&mut bdc, "(|(ou=X)(ou=Y))").await?);
    assert_eq!(there, here);
    let mut names: Vec<String> = there.into_iter().map(|(dn, _)| dn).collect();
    names.sort();
    let lost = format!("OU=X,CN=LostAndFound,{BASE}");
    assert_eq!(names, [lost.clone(), format!("OU=Y,{lost}")]);
    Ok(())
}

#[tokio::test]
async fn orphans_of_one_name_are_found_alike_everywhere() -> Outcome {
    let (field, mut pdc, mut bdc) = two_writers().await?;
    for name in ["A1", "B1"] {
        let unit = attributes(&[("objectClass", "organizationalUnit")]);
        pdc.add(&format!("OU={name},{BASE}"), unit).await?.success()?;
    }
    field.hand.to(Span::hours(1));
    for name in ["A1", "B1"] {
        pdc.delete(&format!("OU={name},{BASE}")).await?.success()?;
        let kid = attributes(&[("objectClass", "contact")]);
        bdc.add(&format!("CN=kid,OU={name},{BASE}"), kid).await?.success()?;
    }
    field.hand.to(Span::hours(3));
    let (there, here) = (namesakes(&mut pdc, "(cn=kid*)").await?, namesakes(&mut bdc, "(cn=kid*)").await?);
    assert_eq!(there.len(), 2);
    assert_eq!(there, here);
    Ok(())
}
