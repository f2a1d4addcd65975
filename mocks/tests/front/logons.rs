//! What a directory keeps of logons: `lastLogon` and `logonCount` of each controller, `lastLogonTimestamp` of all.

use ldap3::{Ldap, Mod};
use mockdc_mocks::ldap::Server;
use mockdc_mocks::{AdSpec, AdVersion, Caller, Domain, Operation, Replication, Verb};

use super::rules::{base, dn};
use super::{ADMINISTRATOR, BASE, Field, Outcome, Span, attributes, delayed, set};

#[tokio::test]
async fn logons_are_counted_where_they_are() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let names = ["lastLogon", "logonCount"];
    let before = base(&mut ldap, &dn("jdoe"), &names).await?;
    assert_eq!((before.attrs["lastLogon"][0].as_str(), before.attrs["logonCount"][0].as_str()), ("0", "0"));
    field.hand.to(mockdc_mocks::Span::mins(1));
    for _ in 0..2 {
        Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    }
    let refused = Field::at(&field.pdc).await?.simple_bind("CORP\\jdoe", "wrong").await?;
    assert_eq!(refused.rc, 49);
    let after = base(&mut ldap, &dn("jdoe"), &names).await?;
    assert_eq!(after.attrs["logonCount"], ["2"]);
    // A minute after the start, in steps of 100 ns since 1601.
    assert_eq!(after.attrs["lastLogon"], ["126730980600000000"]);
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    assert_eq!(base(&mut bdc, &dn("jdoe"), &names).await?.attrs["logonCount"], ["0"]);
    Ok(())
}

#[tokio::test]
async fn the_time_of_a_logon_that_replicates_is_written_when_it_has_grown_old() -> Outcome {
    let ad = AdSpec { version: AdVersion::Windows2003, ..AdSpec::default() };
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1").replication(Replication::Ad(ad));
    let field = Field::new(builder.user("jdoe", "Passw0rd!", &[])).await?;
    let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    let name = "lastLogonTimestamp";
    let shown = async |ldap: &mut Ldap| -> Result<Option<String>, Box<dyn std::error::Error>> {
        let shown = base(ldap, &dn("jdoe"), &[name]).await?;
        Ok(shown.attrs.get(name).map(|values| values[0].clone()))
    };
    let log_on = async |server: &Server, at: Span| -> Outcome {
        field.hand.to(at);
        Field::bound(server, ("CORP\\jdoe", "Passw0rd!")).await?;
        Ok(())
    };
    assert_eq!(shown(&mut pdc).await?, None);
    log_on(&field.bdc, Span::mins(1)).await?;
    // A minute after the start, in steps of 100 ns since 1601.
    let first = Some("126730980600000000".to_owned());
    assert_eq!((shown(&mut pdc).await?, shown(&mut bdc).await?), (None, first.clone()));
    field.hand.to(Span::mins(10));
    assert_eq!(shown(&mut pdc).await?, first);
    // Whatever part of five days was drawn, nine days less a minute are too few and fourteen enough.
    log_on(&field.pdc, Span::days(9)).await?;
    assert_eq!(shown(&mut pdc).await?, first);
    log_on(&field.pdc, Span::days(14) + Span::mins(1)).await?;
    let second = shown(&mut pdc).await?;
    assert!(second > first, "{second:?}");
    // No interval, no time.
    let never = vec![Mod::Replace("msDS-LogonTimeSyncInterval", set(&["0"]))];
    pdc.modify(BASE, never).await?.success()?;
    log_on(&field.pdc, Span::days(40)).await?;
    assert_eq!(shown(&mut pdc).await?, second);
    let refused = pdc.modify(&dn("jdoe"), vec![Mod::Replace(name, set(&["0"]))]).await?;
    assert_eq!(refused.rc, 53, "{refused:?}");
    let root = base(&mut pdc, "", &["domainFunctionality"]).await?;
    assert_eq!(root.attrs["domainFunctionality"], ["2"]);
    Ok(())
}

#[tokio::test]
async fn where_the_level_is_lower_no_time_of_a_logon_replicates() -> Outcome {
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1").replication(Replication::Ad(AdSpec::default()));
    let field = Field::new(builder.user("jdoe", "Passw0rd!", &[])).await?;
    let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    let shown = base(&mut pdc, &dn("jdoe"), &["lastLogonTimestamp", "logonCount"]).await?;
    assert_eq!((shown.attrs.get("lastLogonTimestamp"), &shown.attrs["logonCount"][0][..]), (None, "1"));
    let level = base(&mut pdc, BASE, &["msDS-Behavior-Version"]).await?;
    assert_eq!(level.attrs["msDS-Behavior-Version"], ["0"]);
    Ok(())
}

#[tokio::test]
async fn a_logon_counts_whichever_way_it_comes() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let caller = Caller::domain("WS1", "jdoe", "Passw0rd!");
    let look = Operation::new("PDC1", Verb::UserInfo { user: "jdoe".into() });
    field.live.apply(&caller, &look).answer?;
    let names = ["logonCount"];
    assert_eq!(base(&mut pdc, &dn("jdoe"), &names).await?.attrs["logonCount"], ["1"]);
    // A deleted account that comes back by another of its name has not logged on.
    pdc.delete(&dn("jdoe")).await?.success()?;
    let user = attributes(&[("objectClass", "user"), ("sAMAccountName", "jdoe")]);
    pdc.add(&dn("jdoe"), user).await?.success()?;
    assert_eq!(base(&mut pdc, &dn("jdoe"), &names).await?.attrs["logonCount"], ["0"]);
    Ok(())
}
