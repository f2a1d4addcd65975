//! A read-only domain controller at the ports: what it says of itself, where it sends writers, who answers its binds.

use ldap3::{Ldap, Mod, Scope, SearchEntry};
use mockdc_mocks::ldap::{LiveDomain, Options, Server, serve};
use mockdc_mocks::{
    AdSpec, AdVersion, Caller, Domain, DomainBuilder, FaultKind, FaultSpec, Occasions, Operation,
    Replication, Span, Verb,
};
use tokio::net::TcpListener;

use super::{ADMINISTRATOR, BASE, Field, Hand, Outcome, attributes, find, set};

/// A domain with a read-only controller in the site of its only writer.
fn branch() -> DomainBuilder {
    let ad = AdSpec { version: AdVersion::Windows2003, ..AdSpec::default() };
    let mut builder = Domain::builder().pdc("PDC1").rodc("RODC1").user("jdoe", "Passw0rd!", &[]);
    builder.spec().domain.replication = Replication::Ad(ad);
    builder.computer_accounts()
}

struct Branch {
    hand: Hand,
    live: LiveDomain,
    pdc: Server,
    rodc: Server,
}

async fn open(builder: DomainBuilder) -> Result<Branch, Box<dyn std::error::Error>> {
    let hand = Hand::default();
    let live = LiveDomain::new(builder.build(1)?, hand.clone());
    let pdc = serve(TcpListener::bind("127.0.0.1:0").await?, &live, "PDC1", Options::default())?;
    let rodc = serve(TcpListener::bind("127.0.0.1:0").await?, &live, "RODC1", Options::default())?;
    Ok(Branch { hand, live, pdc, rodc })
}

async fn base(ldap: &mut Ldap, dn: &str, name: &str) -> Result<SearchEntry, Box<dyn std::error::Error>> {
    let (entries, _) = ldap.search(dn, Scope::Base, "(objectClass=*)", vec!["*", name]).await?.success()?;
    Ok(SearchEntry::construct(entries.into_iter().next().ok_or("no such object")?))
}

#[tokio::test]
async fn a_read_only_controller_refers_every_write_to_one_that_writes() -> Outcome {
    let branch = open(branch()).await?;
    let mut rodc = Field::bound(&branch.rodc, ADMINISTRATOR).await?;
    let jdoe = format!("CN=jdoe,CN=Users,{BASE}");
    let unit = attributes(&[("objectClass", "organizationalUnit")]);
    for (target, refused) in [
        (format!("OU=Far,{BASE}"), rodc.add(&format!("OU=Far,{BASE}"), unit).await?),
        (jdoe.clone(), rodc.modify(&jdoe, vec![Mod::Replace("title", set(&["Clerk"]))]).await?),
        (jdoe.clone(), rodc.modifydn(&jdoe, "CN=x", true, None).await?),
        (jdoe.clone(), rodc.delete(&jdoe).await?),
    ] {
        assert_eq!(refused.rc, 10, "{refused:?}");
        assert_eq!(refused.refs, [format!("ldap://pdc1.corp.example/{target}")]);
    }
    assert_eq!(find(&mut rodc, "(sAMAccountName=jdoe)").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_directory_says_which_controllers_are_read_only() -> Outcome {
    let branch = open(branch()).await?;
    let mut rodc = Field::bound(&branch.rodc, ADMINISTRATOR).await?;
    let mut pdc = Field::bound(&branch.pdc, ADMINISTRATOR).await?;
    for (ldap, capable) in [(&mut rodc, true), (&mut pdc, false)] {
        let root = base(ldap, "", "supportedCapabilities").await?;
        let capabilities = &root.attrs["supportedCapabilities"];
        assert_eq!(capabilities.iter().any(|oid| oid == "1.2.840.113556.1.4.1920"), capable);
    }
    for (name, control, group, read_only) in
        [("RODC1", "83890176", "521", "TRUE"), ("PDC1", "8192", "516", "FALSE")]
    {
        let account =
            base(&mut pdc, &format!("CN={name},OU=Domain Controllers,{BASE}"), "msDS-isRODC").await?;
        assert_eq!(account.attrs["userAccountControl"], [control], "{name}");
        assert_eq!(account.attrs["primaryGroupID"], [group], "{name}");
        assert_eq!(account.attrs["msDS-isRODC"], [read_only], "{name}");
        let server =
            format!("CN={name},CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,{BASE}");
        assert_eq!(base(&mut pdc, &server, "msDS-isRODC").await?.attrs["msDS-isRODC"], [read_only]);
        let settings = base(&mut pdc, &format!("CN=NTDS Settings,{server}"), "msDS-isRODC").await?;
        assert_eq!(settings.attrs.contains_key("hasMasterNCs"), read_only == "FALSE", "{name}");
        assert_eq!(settings.attrs["msDS-isRODC"], [read_only]);
    }
    Ok(())
}

#[tokio::test]
async fn binds_at_a_read_only_controller_are_answered_by_one_that_writes() -> Outcome {
    let mut builder = branch();
    builder.spec().faults.push(FaultSpec {
        name: "cut".into(),
        kind: FaultKind::Partition { from: vec!["RODC1".into()], to: vec!["PDC1".into()], one_way: false },
        from: Span::hours(2),
        until: Some(Span::hours(3)),
        count: Occasions::All,
        touches_nothing: false,
    });
    let branch = open(builder).await?;
    let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let verb = Verb::UserSetPassword { user: "jdoe".into(), password: "N3w-password".into() };
    branch.live.apply(&admin, &Operation::new("PDC1", verb)).answer?;
    // It counts at once, and the old one no more: nothing of either is here.
    Field::bound(&branch.rodc, ("CORP\\jdoe", "N3w-password")).await?;
    let old = Field::at(&branch.rodc).await?.simple_bind("CORP\\jdoe", "Passw0rd!").await?;
    assert!(old.rc == 49 && old.text.contains("data 52e"), "{old:?}");
    branch.hand.to(Span::hours(2) + Span::mins(30));
    let refused = Field::at(&branch.rodc).await?.simple_bind("CORP\\jdoe", "N3w-password").await?;
    assert!(refused.rc == 52 && refused.text.starts_with("0000051F"), "{refused:?}");
    branch.hand.to(Span::hours(4));
    Field::bound(&branch.rodc, ("CORP\\jdoe", "N3w-password")).await?;
    Ok(())
}

#[tokio::test]
async fn a_read_only_controller_pulls_and_refuses_the_port_with_2226() -> Outcome {
    let branch = open(branch()).await?;
    let mut pdc = Field::bound(&branch.pdc, ADMINISTRATOR).await?;
    let mut rodc = Field::bound(&branch.rodc, ADMINISTRATOR).await?;
    let user = attributes(&[("objectClass", "user"), ("sAMAccountName", "ann")]);
    pdc.add(&format!("CN=Ann,CN=Users,{BASE}"), user).await?.success()?;
    assert!(find(&mut rodc, "(sAMAccountName=ann)").await?.is_empty());
    // The first partner of a site is told after fifteen seconds.
    branch.hand.to(Span::secs(15));
    assert_eq!(find(&mut rodc, "(sAMAccountName=ann)").await?.len(), 1);
    let admin = Caller::domain("RODC1", "Administrator", "Adm1n-password!");
    let verb = Verb::UserSetComment { user: "jdoe".into(), comment: "x".into() };
    let refused = branch.live.apply(&admin, &Operation::new("RODC1", verb)).answer.err();
    assert_eq!(refused.map(|error| error.code()), Some(2226));
    Ok(())
}

#[test]
fn only_active_directory_of_2003_has_read_only_controllers() {
    for replication in [Replication::default(), Replication::Ad(AdSpec::default())] {
        let mut builder = branch();
        builder.spec().domain.replication = replication;
        let error = builder.build(1).err().map(|error| error.0).unwrap_or_default();
        assert!(error.contains("`RODC1` cannot be read-only"), "{error}");
    }
}
