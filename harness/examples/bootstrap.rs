//! A bootstrap with the crate `ldap3`, for `mockdc exec scenarios/examples/rust-ldap3.toml`: it makes an account at the
//! PDC, waits until every controller shows it, and removes it again.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use ldap3::{LdapConnAsync, Scope, SearchEntry, drive};

const ACCOUNT: &str = "svc-rust";

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(bootstrap())
}

async fn bootstrap() -> Result<(), Box<dyn Error>> {
    let base = std::env::var("MOCKDC_BASE_DN")?;
    let users = format!("CN=Users,{base}");
    let dn = format!("CN={ACCOUNT},{users}");
    let mut pdc = connect(&std::env::var("MOCKDC_PDC_URL")?).await?;
    let values = |value: &str| [value.to_owned()].into_iter().collect();
    // The crate asks for hash sets; which order they have does not matter to one value each.
    let attributes =
        vec![("objectClass".to_owned(), values("user")), ("sAMAccountName".to_owned(), values(ACCOUNT))];
    pdc.add(&dn, attributes).await?.success()?;
    for url in std::env::var("MOCKDC_URLS")?.split(' ') {
        let mut controller = connect(url).await?;
        while !shows(&mut controller, &users).await? {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        controller.unbind().await?;
    }
    pdc.delete(&dn).await?.success()?;
    pdc.unbind().await?;
    Ok(())
}

async fn connect(url: &str) -> Result<ldap3::Ldap, Box<dyn Error>> {
    let (connection, mut ldap) = LdapConnAsync::new(url).await?;
    drive!(connection);
    let password = std::fs::read_to_string(std::env::var("MOCKDC_PASSWORD_FILE")?)?;
    ldap.simple_bind(&std::env::var("MOCKDC_BIND_NAME")?, &password).await?.success()?;
    Ok(ldap)
}

async fn shows(ldap: &mut ldap3::Ldap, users: &str) -> Result<bool, Box<dyn Error>> {
    let filter = format!("(sAMAccountName={ACCOUNT})");
    let (entries, _) =
        ldap.search(users, Scope::Subtree, &filter, vec!["sAMAccountName"]).await?.success()?;
    let names: BTreeSet<String> = entries.into_iter().map(|entry| SearchEntry::construct(entry).dn).collect();
    Ok(!names.is_empty())
}
