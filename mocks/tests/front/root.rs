//! What a controller lets itself be told at its root.

use std::collections::HashSet;

use ldap3::{Ldap, Mod, Scope};
use mockdc_mocks::Replication;

use super::{ADMINISTRATOR, BASE, Domain, Field, Outcome, attributes, delayed};

type Kind = fn(Vec<u8>, HashSet<Vec<u8>>) -> Mod<Vec<u8>>;

async fn told(
    ldap: &mut Ldap,
    kind: Kind,
    operation: &str,
    value: &[u8],
) -> Result<(u32, String), ldap3::LdapError> {
    let change = kind(operation.as_bytes().to_vec(), std::iter::once(value.to_vec()).collect());
    let result = ldap.modify("", vec![change]).await?;
    Ok((result.rc, result.text.chars().take(8).collect()))
}

async fn domain_identifier(ldap: &mut Ldap) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let (found, _) = ldap.search(BASE, Scope::Base, "(objectClass=*)", vec!["objectSid"]).await?.success()?;
    let entry = ldap3::SearchEntry::construct(found.into_iter().next().ok_or("no domain")?);
    Ok(entry.bin_attrs["objectSid"][0].clone())
}

#[tokio::test]
async fn operations_of_the_root_are_done_or_refused_with_the_reason() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    let sid = domain_identifier(&mut pdc).await?;
    let (done, away) = ((0, ""), (52, "000020AF"));
    let illegal = (53, "00002077");
    for (operation, value, here, there) in [
        ("schemaUpdateNow", b"1".as_slice(), done, done),
        ("SCHEMAUPDATENOW", b"anything", done, done),
        ("doGarbageCollection", b"1", done, done),
        ("doGarbageCollection", b"2", (53, "00000057"), (53, "00000057")),
        ("doOnlineDefrag", b"60", done, done),
        ("doOnlineDefrag", b"-1", (53, "00000057"), (53, "00000057")),
        ("fixupInheritance", b"dnt:54758", done, done),
        ("fixupInheritance", b"down", (53, "00000057"), (53, "00000057")),
        ("checkPhantoms", b"1", done, done),
        // Roles are the primary controller's, and stay with it.
        ("becomeSchemaMaster", b"1", done, away),
        ("becomePdc", &sid, done, away),
        ("becomePdc", b"1", (53, "00000057"), (53, "00000057")),
        ("invalidateRidPool", &sid, done, done),
        // What a controller would really do is not done, and not claimed to be.
        ("dumpDatabase", b"description sn", illegal, illegal),
        ("schemaUpgradeInProgress", b"1", illegal, illegal),
        ("schemaUpgradeInProgress", b"0", done, done),
        ("removeLingeringObject", b"x:y", (1, "00002095"), (1, "00002095")),
        ("replicateSingleObject", b"x:y", (1, "00002095"), (1, "00002095")),
        // Of later versions; what can only be read; an attribute of other objects; nothing at all.
        ("enableOptionalFeature", b"1", illegal, illegal),
        ("dnsHostName", b"x", illegal, illegal),
        ("description", b"x", illegal, illegal),
        ("noSuchThing", b"x", illegal, illegal),
    ] {
        for (ldap, (code, text)) in [(&mut pdc, here), (&mut bdc, there)] {
            let answer = told(ldap, Mod::Add, operation, value).await?;
            assert_eq!((answer.0, answer.1.as_str()), (code, text), "{operation}");
        }
    }
    assert_eq!(told(&mut pdc, Mod::Replace, "schemaUpdateNow", b"1").await?.0, 0);
    assert_eq!(told(&mut pdc, Mod::Delete, "schemaUpdateNow", b"1").await?, (53, "00002077".to_owned()));
    Ok(())
}

#[tokio::test]
async fn only_administrators_tell_the_root_anything_and_it_stays_where_it_is() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut own = Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    assert_eq!(told(&mut own, Mod::Add, "schemaUpdateNow", b"1").await?, (50, "00000005".to_owned()));
    let mut nobody = Field::at(&field.pdc).await?;
    assert_eq!(told(&mut nobody, Mod::Add, "schemaUpdateNow", b"1").await?.0, 1);
    let mut admin = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let unit = attributes(&[("objectClass", "organizationalUnit")]);
    assert_eq!(admin.add("", unit).await?.rc, 64);
    assert_eq!(admin.delete("").await?.rc, 32);
    assert_eq!(admin.modifydn("", "CN=x", true, None).await?.rc, 32);
    Ok(())
}

#[tokio::test]
async fn a_backup_of_windows_nt_is_told_itself_and_refers_nobody() -> Outcome {
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1").replication(Replication::default());
    let field = Field::new(builder).await?;
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    assert_eq!(told(&mut bdc, Mod::Add, "schemaUpdateNow", b"1").await?.0, 0);
    Ok(())
}
