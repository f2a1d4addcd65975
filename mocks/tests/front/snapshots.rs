//! Controllers that are put back to an earlier state, as their directory shows it.

use std::collections::BTreeMap;

use ldap3::{Mod, Scope, SearchEntry};
use mockdc_mocks::ldap::Server;
use mockdc_mocks::{AdSpec, Caller, Domain, Invocation, Operation, Replication, Span, Verb};

use super::{ADMINISTRATOR, BASE, Field, Outcome, attributes, control, set};

/// What a controller shows of its numbers and graves.
#[derive(Debug)]
struct Shown {
    usn: u64,
    invocation: Vec<u8>,
    /// `uSNChanged` of what stands in `CN=Users` and what is deleted, by the first part of its name.
    changed: BTreeMap<String, String>,
}

impl Shown {
    async fn at(server: &Server) -> Result<Shown, Box<dyn std::error::Error>> {
        let mut ldap = Field::bound(server, ADMINISTRATOR).await?;
        let root = ldap.search("", Scope::Base, "(objectClass=*)", vec!["highestCommittedUSN"]).await?;
        let (root, _) = root.success()?;
        let root = root.into_iter().map(SearchEntry::construct).next().ok_or("no root DSE")?;
        let settings = format!(
            "CN=NTDS Settings,CN=BDC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,{BASE}"
        );
        let (found, _) =
            ldap.search(&settings, Scope::Base, "(objectClass=*)", vec!["invocationId"]).await?.success()?;
        let found = found.into_iter().map(SearchEntry::construct).next().ok_or("no settings")?;
        let text = found.attrs.get("invocationId").map(|values| values[0].clone().into_bytes());
        let invocation = text.or_else(|| found.bin_attrs.get("invocationId").map(|values| values[0].clone()));
        let deleted = control("1.2.840.113556.1.4.417", true, None);
        let filter = "(|(sAMAccountName=jdoe)(sAMAccountName=ann)(sAMAccountName=bob)(sAMAccountName=carl)\
                      (sAMAccountName=dora))";
        let searched = ldap.with_controls(deleted).search(BASE, Scope::Subtree, filter, vec!["uSNChanged"]);
        let (entries, _) = searched.await?.success()?;
        let entries = entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct);
        let name = |dn: &str| dn.split([',', ':']).next().unwrap_or_default().to_owned();
        let changed = entries.map(|entry| (name(&entry.dn), entry.attrs["uSNChanged"][0].clone())).collect();
        let usn = root.attrs["highestCommittedUSN"][0].parse()?;
        Ok(Shown { usn, invocation: invocation.ok_or("no invocationId")?, changed })
    }

    fn names(&self) -> Vec<&str> {
        self.changed.keys().map(String::as_str).collect()
    }
}

fn apply(field: &Field, verb: Verb) -> Outcome {
    let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    field.live.apply(&admin, &Operation::new("BDC1", verb)).answer?;
    Ok(())
}

fn restore(field: &Field, invocation: Invocation) -> Outcome {
    apply(field, Verb::SnapshotRestore { name: "s".into(), invocation })
}

#[tokio::test]
async fn numbers_and_tombstones_of_a_restored_controller_are_those_of_its_disk() -> Outcome {
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1").user("jdoe", "Passw0rd!", &[]);
    let builder = builder.user("carl", "Passw0rd!", &[]);
    let field = Field::new(builder.replication(Replication::Ad(AdSpec::default()))).await?;
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    let user = |name| attributes(&[("objectClass", "user"), ("sAMAccountName", name)]);
    bdc.add(&format!("CN=ann,CN=Users,{BASE}"), user("ann")).await?.success()?;
    bdc.delete(&format!("CN=jdoe,CN=Users,{BASE}")).await?.success()?;
    field.hand.to(Span::hours(1));
    apply(&field, Verb::SnapshotTake { name: "s".into() })?;
    let before = Shown::at(&field.bdc).await?;
    assert_eq!(before.names(), ["CN=ann", "CN=carl", "CN=jdoe\\0ADEL"]);

    field.hand.to(Span::hours(2));
    bdc.add(&format!("CN=bob,CN=Users,{BASE}"), user("bob")).await?.success()?;
    let title = vec![Mod::Replace("title", set(&["Clerk"]))];
    bdc.modify(&format!("CN=ann,CN=Users,{BASE}"), title).await?.success()?;
    bdc.delete(&format!("CN=bob,CN=Users,{BASE}")).await?.success()?;
    field.hand.to(Span::hours(3));
    let later = Shown::at(&field.bdc).await?;
    assert!(later.usn > before.usn && later.changed["CN=ann"] > before.changed["CN=ann"], "{later:?}");
    assert_eq!(later.names(), ["CN=ann", "CN=bob\\0ADEL", "CN=carl", "CN=jdoe\\0ADEL"]);

    // The disk copied back.
    restore(&field, Invocation::Kept)?;
    field.hand.to(Span::hours(4));
    let after = Shown::at(&field.bdc).await?;
    assert_eq!((after.usn, &after.changed), (before.usn, &before.changed));
    assert_eq!(after.invocation, before.invocation);

    // What is deleted at the primary before anybody looks at the restored controller has a grave there, too.
    restore(&field, Invocation::Kept)?;
    let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    pdc.delete(&format!("CN=carl,CN=Users,{BASE}")).await?.success()?;
    field.hand.to(Span::hours(5));
    let after = Shown::at(&field.bdc).await?;
    assert_eq!(after.names(), ["CN=ann", "CN=carl\\0ADEL", "CN=jdoe\\0ADEL"]);
    assert_eq!(after.changed["CN=ann"], before.changed["CN=ann"]);

    // From a backup: another invocation id, and no number that anybody has seen.
    restore(&field, Invocation::New)?;
    field.hand.to(Span::hours(6));
    let anew = Shown::at(&field.bdc).await?;
    assert_ne!(anew.invocation, before.invocation);
    assert!(anew.usn > after.usn, "{anew:?}");
    assert!(anew.changed.contains_key("CN=jdoe\\0ADEL") && anew.changed.contains_key("CN=carl\\0ADEL"));

    // The disk has the id that it had.
    restore(&field, Invocation::Kept)?;
    field.hand.to(Span::hours(7));
    let back = Shown::at(&field.bdc).await?;
    assert_eq!(back.invocation, before.invocation);
    assert_eq!(back.changed["CN=jdoe\\0ADEL"], before.changed["CN=jdoe\\0ADEL"]);
    Ok(())
}

/// What a tombstone at a controller has of the account that it was.
async fn grave(server: &Server, name: &str) -> Result<Option<SearchEntry>, Box<dyn std::error::Error>> {
    let mut ldap = Field::bound(server, ADMINISTRATOR).await?;
    let deleted = control("1.2.840.113556.1.4.417", true, None);
    let filter = format!("(&(isDeleted=TRUE)(sAMAccountName={name}))");
    let attributes = vec!["objectSid", "lastKnownParent", "userAccountControl"];
    let searched = ldap.with_controls(deleted).search(BASE, Scope::Subtree, &filter, attributes);
    let (entries, _) = searched.await?.success()?;
    Ok(entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct).next())
}

#[tokio::test]
async fn what_was_made_and_deleted_in_lost_time_lies_in_its_grave_again() -> Outcome {
    for invocation in [Invocation::New, Invocation::Kept] {
        let builder = Domain::builder().pdc("PDC1").bdc("BDC1");
        let field = Field::new(builder.replication(Replication::Ad(AdSpec::default()))).await?;
        apply(&field, Verb::SnapshotTake { name: "s".into() })?;
        field.hand.to(Span::hours(1));
        // No other controller has ever seen either of them alive.
        for (server, name) in [(&field.bdc, "bob"), (&field.pdc, "dora")] {
            let mut ldap = Field::bound(server, ADMINISTRATOR).await?;
            let dn = format!("CN={name},CN=Users,{BASE}");
            let user = attributes(&[("objectClass", "user"), ("sAMAccountName", name)]);
            ldap.add(&dn, user).await?.success()?;
            ldap.delete(&dn).await?.success()?;
        }
        let left = grave(&field.bdc, "bob").await?.ok_or("a grave where it was made")?;
        field.hand.to(Span::hours(3));
        restore(&field, invocation)?;
        field.hand.to(Span::hours(5));
        let [bob, dora] = [grave(&field.bdc, "bob").await?, grave(&field.bdc, "dora").await?];
        assert_eq!(dora.map(|entry| entry.attrs), grave(&field.pdc, "dora").await?.map(|entry| entry.attrs));
        let elsewhere = grave(&field.pdc, "bob").await?.ok_or("a grave elsewhere")?;
        assert_eq!((&elsewhere.dn, &elsewhere.attrs), (&left.dn, &left.attrs));
        match invocation {
            Invocation::New => {
                let bob = bob.ok_or("no grave of what it had made itself")?;
                assert_eq!((bob.dn, bob.attrs, bob.bin_attrs), (left.dn, left.attrs, left.bin_attrs));
            }
            // Nobody offers it what it made under the id that it has again.
            Invocation::Kept => assert!(bob.is_none(), "{bob:?}"),
        }
    }
    Ok(())
}
