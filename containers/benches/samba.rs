//! How long a Samba domain takes: to start, to synchronise when forced, and to show a change that is due. Prints the
//! distribution of each, beside the limit that it should keep, and fails when a limit is missed: `cargo bench -p
//! mockdc-containers --bench samba`. `MOCKDC_BENCH_ROUNDS` (default 10) says how many domains are started; each is
//! measured ten times.

use std::error::Error;
use std::io::{Write, stdout};
use std::net::SocketAddr;
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, Scope, SearchEntry};
use mockdc_containers::{Context, Fleet, FleetOptions, Guid, Image, PASSWORD, docker_for_tests};
use tokio::time::{Instant, sleep, sleep_until};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const USERS: &str = "CN=Users,DC=corp,DC=test";
const TIMES_A_ROUND: usize = 10;
/// The delay after which a change is to be visible.
const DELAY: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> Outcome {
    if !docker_for_tests().await {
        return Ok(());
    }
    Image::ensure().await?;
    let rounds = std::env::var("MOCKDC_BENCH_ROUNDS").map_or(Ok(10), |rounds| rounds.parse())?;
    let (mut starts, mut stops, mut syncs, mut late) = (vec![], vec![], vec![], vec![]);
    for _ in 0..rounds {
        let begun = Instant::now();
        let fleet = Fleet::start(FleetOptions { bdcs: 1, partitions: true }).await?;
        starts.push(begun.elapsed().as_secs_f64());
        round(&fleet, &mut syncs, &mut late).await?;
        let begun = Instant::now();
        fleet.stop().await?;
        stops.push(begun.elapsed().as_secs_f64());
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    writeln!(stdout(), "load of the machine at the end: {}", load.trim())?;
    let missed = [
        line("PDC and BDC ready after the call", starts, Some(4.0))?,
        line("forced synchronisation", syncs, Some(0.5))?,
        line("change visible, against D", late, Some(0.25))?,
        line("removal of the domain", stops, None)?,
    ];
    match missed.into_iter().flatten().collect::<Vec<_>>().as_slice() {
        [] => Ok(()),
        missed => Err(format!("missed: {}", missed.join(", ")).into()),
    }
}

async fn round(fleet: &Fleet, syncs: &mut Vec<f64>, late: &mut Vec<f64>) -> Outcome {
    let (mut pdc, mut bdc) = (directory(fleet.ldap(0)).await?, directory(fleet.ldap(1)).await?);
    for number in 0..TIMES_A_ROUND {
        add(&mut pdc, &format!("sync{number}")).await?;
        let begun = Instant::now();
        fleet.agent(1).sync("PDC1", Context::Domain, true).await?;
        syncs.push(begun.elapsed().as_secs_f64());
        if guid(&mut bdc, &format!("sync{number}")).await?.is_none() {
            return Err("a synchronisation did not bring the new user".into());
        }
    }
    for number in 0..TIMES_A_ROUND {
        let name = format!("late{number}");
        add(&mut pdc, &name).await?;
        let due = Instant::now() + DELAY;
        let object = guid(&mut pdc, &name).await?.ok_or("the new user is not there")?;
        let pull = async {
            sleep_until(due).await;
            Ok(fleet.agent(1).sync_object("PDC1", &object).await?)
        };
        let look = async {
            while guid(&mut bdc, &name).await?.is_none() {
                sleep(Duration::from_millis(5)).await;
            }
            Outcome::Ok(Instant::now())
        };
        let (pulled, seen): (Outcome, _) = futures::join!(pull, look);
        pulled?;
        let seen = seen?;
        let late_by = seen.saturating_duration_since(due).as_secs_f64();
        let early_by = due.saturating_duration_since(seen).as_secs_f64();
        late.push(late_by - early_by);
    }
    Ok(())
}

async fn directory(at: SocketAddr) -> Outcome<Ldap> {
    let (connection, mut ldap) = LdapConnAsync::new(&format!("ldap://{at}")).await?;
    ldap3::drive!(connection);
    ldap.simple_bind("CORP\\Administrator", PASSWORD).await?.success()?;
    Ok(ldap)
}

async fn add(ldap: &mut Ldap, name: &str) -> Outcome {
    let attributes = vec![("objectClass", ["user"].into()), ("sAMAccountName", [name].into())];
    ldap.add(&format!("CN={name},{USERS}"), attributes).await?.success()?;
    Ok(())
}

async fn guid(ldap: &mut Ldap, name: &str) -> Outcome<Option<String>> {
    let filter = format!("(sAMAccountName={name})");
    let (found, _) = ldap.search(USERS, Scope::OneLevel, &filter, vec!["objectGUID"]).await?.success()?;
    let entry = found.into_iter().find(|entry| !entry.is_ref()).map(SearchEntry::construct);
    Ok(entry.as_ref().and_then(Guid::of).map(|guid| guid.to_string()))
}

/// One line: what was measured, how it is distributed, and the limit in seconds, which nothing may miss in either
/// direction. Gives what was measured when something did.
fn line(what: &str, mut seconds: Vec<f64>, limit: Option<f64>) -> Outcome<Option<String>> {
    seconds.sort_by(f64::total_cmp);
    let at = |share: f64| seconds[((seconds.len() - 1) as f64 * share).round() as usize];
    let (low, middle, high, last) = (at(0.0), at(0.5), at(0.9), at(1.0));
    let count = seconds.len();
    let missed = limit.filter(|limit| seconds.iter().any(|second| second.abs() > *limit));
    let told = match limit {
        Some(limit) => format!("limit {limit} s{}", if missed.is_some() { ", MISSED" } else { "" }),
        None => String::new(),
    };
    writeln!(
        stdout(),
        "{what:<34} n {count:>3}   least {low:>7.3}   median {middle:>7.3}   90 % {high:>7.3}   most {last:>7.3} s   {told}"
    )?;
    Ok(missed.map(|limit| format!("{what} ({last:.3} s, limit {limit} s)")))
}
