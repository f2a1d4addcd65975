//! Security descriptors and passwords that are ordinary attributes: what is written is there to read.

use std::collections::HashSet;

use ldap3::controls::RawControl;
use ldap3::{Ldap, Mod, Scope, SearchEntry};

use super::{ADMINISTRATOR, BASE, Field, Outcome, attributes, delayed};

const NAME: &str = "nTSecurityDescriptor";
const OWNER: u8 = 1;
const DACL: u8 = 4;
const ALL: u8 = 15;

/// The control that names parts of a descriptor.
fn parts(flags: u8) -> RawControl {
    RawControl { ctype: "1.2.840.113556.1.4.801".into(), crit: true, val: Some(vec![0x30, 3, 2, 1, flags]) }
}

async fn read(
    ldap: &mut Ldap,
    dn: &str,
    flags: Option<u8>,
) -> Result<Option<Vec<u8>>, Box<dyn std::error::Error>> {
    if let Some(flags) = flags {
        ldap.with_controls(vec![parts(flags)]);
    }
    let (entries, _) = ldap.search(dn, Scope::Base, "(objectClass=*)", vec![NAME]).await?.success()?;
    let mut entry = SearchEntry::construct(entries.into_iter().next().ok_or("no such object")?);
    Ok(entry.bin_attrs.remove(NAME).and_then(|mut values| values.pop()))
}

fn written(descriptor: &[u8]) -> Vec<Mod<Vec<u8>>> {
    vec![Mod::Replace(NAME.into(), HashSet::from([descriptor.to_vec()]))]
}

/// A descriptor of System with an empty list.
fn of_system() -> Vec<u8> {
    let mut octets = vec![1, 0, 4, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0];
    octets.extend([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
    octets.extend([2, 0, 8, 0, 0, 0, 0, 0]);
    octets
}

#[tokio::test]
async fn a_descriptor_is_written_and_read_by_its_parts() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    let before = read(&mut ldap, &dn, Some(ALL)).await?.ok_or("no descriptor")?;
    let owner = read(&mut ldap, &dn, Some(OWNER)).await?.ok_or("no owner")?;
    assert!(owner.len() < before.len() && owner[16..20] == [0; 4], "{owner:?}");
    // The list alone; whose the object is stays.
    ldap.with_controls(vec![parts(DACL)]).modify(&dn, written(&of_system())).await?.success()?;
    let list = read(&mut ldap, &dn, Some(DACL)).await?.ok_or("no list")?;
    assert_eq!(list[20..], of_system()[32..]);
    assert_eq!(read(&mut ldap, &dn, Some(OWNER)).await?.ok_or("no owner")?, owner);
    // Without the control all that is given.
    ldap.modify(&dn, written(&of_system())).await?.success()?;
    let owner = read(&mut ldap, &dn, Some(OWNER)).await?.ok_or("no owner")?;
    assert_eq!(owner[20..], of_system()[20..32]);
    let refused = ldap.modify(&dn, written(b"nonsense")).await?;
    assert!(refused.rc == 53 && refused.text.starts_with("0000053A"), "{refused:?}");
    // It replicates as any attribute does.
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    assert_eq!(read(&mut bdc, &dn, Some(ALL)).await?, Some(before));
    field.hand.to(mockdc_mocks::Span::mins(40));
    assert_eq!(read(&mut bdc, &dn, Some(OWNER)).await?, Some(owner));
    Ok(())
}

#[tokio::test]
async fn who_does_not_administer_sees_a_descriptor_without_the_list_for_audits() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    for (flags, seen) in [(None, false), (Some(ALL), false), (Some(7), true), (Some(DACL), true)] {
        assert_eq!(read(&mut ldap, &dn, flags).await?.is_some(), seen, "{flags:?}");
    }
    assert_eq!(ldap.modify(&dn, written(&of_system())).await?.rc, 50);
    Ok(())
}

#[tokio::test]
async fn a_descriptor_of_an_addition_is_kept() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let unit = attributes(&[("objectClass", "organizationalUnit")]);
    let unit = unit.into_iter().map(|(name, values)| {
        (name.as_bytes().to_vec(), values.into_iter().map(|value| value.as_bytes().to_vec()).collect())
    });
    let own = (NAME.as_bytes().to_vec(), HashSet::from([of_system()]));
    let dn = format!("OU=Own,{BASE}");
    ldap.add(&dn, unit.chain([own]).collect()).await?.success()?;
    let owner = read(&mut ldap, &dn, Some(OWNER)).await?.ok_or("no owner")?;
    assert_eq!(owner[20..], of_system()[20..32]);
    Ok(())
}

#[tokio::test]
async fn user_password_is_an_ordinary_attribute_and_lets_nobody_in() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    let change = |value: &'static str| vec![Mod::Replace("userPassword", super::set(&[value]))];
    ldap.modify(&dn, change("{SSHA}x")).await?.success()?;
    let found = super::find(&mut ldap, "(sAMAccountName=jdoe)").await?.remove(0);
    assert_eq!(found.attrs["userPassword"], ["{SSHA}x"]);
    ldap.modify(&dn, change("Another-1!")).await?.success()?;
    assert_eq!(Field::at(&field.pdc).await?.simple_bind("CORP\\jdoe", "Another-1!").await?.rc, 49);
    Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    Ok(())
}
