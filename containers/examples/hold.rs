//! Starts a domain of Samba controllers, says where they are, and ends as it is told:
//!
//! `cargo run -p mockdc-containers --example hold -- BDCS [wait|stop|drop|fail|panic]`
//!
//! `wait` (the default) holds the domain until SIGINT or SIGTERM; the tests use the others.

use std::error::Error;
use std::io::{self, Write};

use mockdc_containers::{Fleet, FleetOptions, controller};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let bdcs = arguments.next().map_or(Ok(1), |bdcs| bdcs.parse())?;
    let end = arguments.next().unwrap_or_else(|| "wait".to_owned());
    let fleet = Fleet::start(FleetOptions { bdcs, partitions: true }).await?;
    let mut out = io::stdout();
    for place in 0..fleet.size() {
        writeln!(out, "{} ldap {} smb {}", controller(place), fleet.ldap(place), fleet.smb(place))?;
    }
    writeln!(out, "run {}", fleet.run())?;
    out.flush()?;
    match end.as_str() {
        "wait" => std::future::pending().await,
        "stop" => Ok(fleet.stop().await?),
        "drop" => Ok(()),
        "fail" => Err("told to fail".into()),
        "panic" => panic!("told to panic"),
        other => Err(format!("not an end: {other} (wait, stop, drop, fail, panic)").into()),
    }
}
