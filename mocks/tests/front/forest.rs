//! What a forest has from its first day: owners of roles, policies and their links, sites and who pulls from whom.

use ldap3::{Ldap, Scope, SearchEntry};
use mockdc_mocks::{AdSpec, Domain, DomainBuilder, Replication, SiteLinkSpec, Span};

use super::{ADMINISTRATOR, BASE, Field, Outcome};

/// Two controllers in two sites with a link between them.
fn estate() -> DomainBuilder {
    let link = SiteLinkSpec {
        name: "wan".into(),
        sites: vec!["HQ".into(), "Branch".into()],
        interval: Span::mins(30),
        first: None,
        cost: 200,
        open: Vec::new(),
        jitter: None,
        notify: false,
    };
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1");
    let spec = builder.spec();
    spec.domain.replication = Replication::Ad(AdSpec { site_links: vec![link], ..AdSpec::default() });
    spec.dcs[0].machine.site = "HQ".into();
    spec.dcs[1].machine.site = "Branch".into();
    builder
}

async fn all(ldap: &mut Ldap, base: &str, filter: &str) -> Result<Vec<SearchEntry>, ldap3::LdapError> {
    let (entries, _) = ldap.search(base, Scope::Subtree, filter, vec!["*"]).await?.success()?;
    Ok(entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct).collect())
}

fn settings(dc: &str, site: &str) -> String {
    format!("CN=NTDS Settings,CN={dc},CN=Servers,CN={site},CN=Sites,CN=Configuration,{BASE}")
}

#[tokio::test]
async fn the_five_roles_have_an_owner() -> Outcome {
    let field = Field::new(estate()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let mut owners = all(&mut ldap, BASE, "(fSMORoleOwner=*)").await?;
    owners.extend(all(&mut ldap, &format!("CN=Configuration,{BASE}"), "(fSMORoleOwner=*)").await?);
    owners.extend(all(&mut ldap, &format!("CN=Schema,CN=Configuration,{BASE}"), "(fSMORoleOwner=*)").await?);
    let mut names: Vec<&str> = owners
        .iter()
        .filter_map(|entry| entry.dn.strip_suffix(BASE))
        .map(|dn| dn.trim_end_matches(','))
        .collect();
    names.sort_unstable();
    names.dedup();
    let expected = [
        "",
        "CN=Infrastructure",
        "CN=Partitions,CN=Configuration",
        "CN=RID Manager$,CN=System",
        "CN=Schema,CN=Configuration",
    ];
    assert_eq!(names, expected);
    for entry in &owners {
        assert_eq!(entry.attrs["fSMORoleOwner"], [settings("PDC1", "HQ")], "{}", entry.dn);
    }
    Ok(())
}

#[tokio::test]
async fn policies_are_linked_and_groups_of_2003_are_there() -> Outcome {
    let field = Field::new(estate()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let policies = all(&mut ldap, BASE, "(objectClass=groupPolicyContainer)").await?;
    assert_eq!(policies.len(), 2);
    for (base, guid) in
        [(BASE.to_owned(), "{31B2F340"), (format!("OU=Domain Controllers,{BASE}"), "{6AC1786C")]
    {
        let linked = all(&mut ldap, &base, "(gPLink=*)").await?.remove(0);
        let link = &linked.attrs["gPLink"][0];
        let name = link.split("://").nth(1).and_then(|rest| rest.split(';').next()).ok_or("no link")?;
        assert!(name.contains(guid), "{link}");
        assert!(policies.iter().any(|policy| policy.dn == name), "{name}");
    }
    for (name, sid) in
        [("Remote Desktop Users", "S-1-5-32-555"), ("Pre-Windows 2000 Compatible Access", "S-1-5-32-554")]
    {
        let found = all(&mut ldap, BASE, &format!("(sAMAccountName={name})")).await?;
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!(all(&mut ldap, BASE, &format!("(objectSid={sid})")).await?[0].dn, found[0].dn);
    }
    let foreign = all(&mut ldap, &format!("CN=ForeignSecurityPrincipals,{BASE}"), "(cn=S-1-5-11)").await?;
    assert_eq!(foreign.len(), 1);
    Ok(())
}

#[tokio::test]
async fn sites_have_settings_links_and_connections() -> Outcome {
    let field = Field::new(estate()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let sites = format!("CN=Sites,CN=Configuration,{BASE}");
    let links = all(&mut ldap, &sites, "(&(objectClass=siteLink)(cn=wan))").await?;
    assert_eq!(
        (links[0].attrs["cost"][0].as_str(), links[0].attrs["replInterval"][0].as_str()),
        ("200", "30")
    );
    let mut joined = links[0].attrs["siteList"].clone();
    joined.sort();
    assert_eq!(joined, [format!("CN=Branch,{sites}"), format!("CN=HQ,{sites}")]);
    let settings_of_sites = all(&mut ldap, &sites, "(objectClass=nTDSSiteSettings)").await?;
    assert_eq!(settings_of_sites.len(), 3);
    let connections = all(&mut ldap, &sites, "(objectClass=nTDSConnection)").await?;
    let mut pulls: Vec<(String, String)> = connections
        .iter()
        .map(|one| {
            let target = one.dn.split_once(',').map_or(String::new(), |(_, above)| above.to_owned());
            (one.attrs["fromServer"][0].clone(), target)
        })
        .collect();
    pulls.sort();
    let (pdc, bdc) = (settings("PDC1", "HQ"), settings("BDC1", "Branch"));
    assert_eq!(pulls, [(bdc.clone(), pdc.clone()), (pdc, bdc)]);
    let rights = format!("CN=Extended-Rights,CN=Configuration,{BASE}");
    let reset = "(rightsGuid=00299570-246d-11d0-a768-00aa006e0529)";
    assert_eq!(
        all(&mut ldap, &rights, reset).await?[0].dn,
        format!("CN=User-Force-Change-Password,{rights}")
    );
    Ok(())
}

#[tokio::test]
async fn every_account_has_an_identifier_and_what_a_new_account_has() -> Outcome {
    let field = Field::new(estate()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let accounts = all(&mut ldap, BASE, "(sAMAccountName=*)").await?;
    assert!(accounts.iter().any(|account| account.dn.starts_with("CN=BDC1,OU=Domain Controllers")));
    let mut identifiers = std::collections::BTreeSet::new();
    for account in accounts {
        // Octets that happen to be a text stand with the texts.
        let text = account.attrs.get("objectSid").map(|values| values[0].clone().into_bytes());
        let sid = text.or_else(|| account.bin_attrs.get("objectSid").map(|values| values[0].clone()));
        let sid = sid.ok_or_else(|| format!("{} has none", account.dn))?;
        assert!(identifiers.insert(sid.clone()), "{}", account.dn);
        let text: String = sid.iter().map(|octet| format!("\\{octet:02x}")).collect();
        assert_eq!(all(&mut ldap, BASE, &format!("(objectSid={text})")).await?[0].dn, account.dn);
        if account.attrs["objectClass"].iter().any(|class| class == "user") {
            for (name, value) in
                [("lastLogoff", "0"), ("codePage", "0"), ("accountExpires", "9223372036854775807")]
            {
                assert_eq!(account.attrs[name], [value], "{}", account.dn);
            }
            let set = account.attrs["pwdLastSet"][0].parse::<i64>()?;
            assert!(set == 0 || set > 125_911_584_000_000_000, "{}: before the year 2000", account.dn);
        }
    }
    Ok(())
}
