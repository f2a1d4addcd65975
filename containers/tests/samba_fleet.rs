//! What a fleet of Samba controllers does when it is told, and that nothing moves when it is not.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use ldap3::{LdapConnAsync, LdapConnSettings, Scope, SearchEntry};
use mockdc_containers::{
    AgentError, Context, Fleet, FleetError, FleetOptions, Guid, PASSWORD, docker_for_tests,
};

type Outcome = Result<(), Box<dyn Error>>;

/// One domain at a time.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const BASE: &str = "DC=corp,DC=test";

async fn directory(at: SocketAddr) -> Result<ldap3::Ldap, Box<dyn Error>> {
    let settings = LdapConnSettings::new().set_conn_timeout(Duration::from_secs(5));
    let (connection, mut ldap) = LdapConnAsync::with_settings(settings, &format!("ldap://{at}")).await?;
    ldap3::drive!(connection);
    ldap.simple_bind("CORP\\Administrator", PASSWORD).await?.success()?;
    Ok(ldap)
}

async fn add_user(at: SocketAddr, name: &str) -> Result<String, Box<dyn Error>> {
    let mut ldap = directory(at).await?;
    let attributes = vec![("objectClass", ["user"].into()), ("sAMAccountName", [name].into())];
    ldap.add(&format!("CN={name},CN=Users,{BASE}"), attributes).await?.success()?;
    guid(at, name).await?.ok_or_else(|| "the new user is not there".into())
}

/// The objectGUID of a user as this controller shows it, in text; `None` when it shows none.
async fn guid(at: SocketAddr, name: &str) -> Result<Option<String>, Box<dyn Error>> {
    let mut ldap = directory(at).await?;
    let filter = format!("(sAMAccountName={name})");
    let (found, _) = ldap.search(BASE, Scope::Subtree, &filter, vec!["objectGUID"]).await?.success()?;
    let entry = found.into_iter().find(|entry| !entry.is_ref()).map(SearchEntry::construct);
    Ok(entry.as_ref().and_then(Guid::of).map(|guid| guid.to_string()))
}

async fn domain(bdcs: usize) -> Result<Fleet, FleetError> {
    Fleet::start(FleetOptions { bdcs, partitions: true }).await
}

#[tokio::test]
async fn samba_a_change_is_seen_only_where_it_was_pulled() -> Outcome {
    if !docker_for_tests().await {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let fleet = domain(2).await?;
    let first = add_user(fleet.ldap(0), "first").await?;
    let _second = add_user(fleet.ldap(0), "second").await?;
    for bdc in [1, 2] {
        assert_eq!(guid(fleet.ldap(bdc), "first").await?, None);
    }

    fleet.agent(1).sync_object("PDC1", &first).await?;
    assert_eq!(guid(fleet.ldap(1), "first").await?, Some(first.clone()));
    assert_eq!(guid(fleet.ldap(1), "second").await?, None, "the other object was not asked for");
    assert_eq!(guid(fleet.ldap(2), "first").await?, None);

    fleet.agent(2).sync("PDC1", Context::Domain, false).await?;
    assert_eq!(guid(fleet.ldap(2), "first").await?, Some(first.clone()));
    assert!(guid(fleet.ldap(2), "second").await?.is_some());

    // A tombstone moves by the same identifier, here from one BDC to the other.
    directory(fleet.ldap(2)).await?.delete(&format!("CN=first,CN=Users,{BASE}")).await?.success()?;
    assert!(guid(fleet.ldap(1), "first").await?.is_some());
    fleet.agent(1).sync_object("BDC2", &first).await?;
    assert_eq!(guid(fleet.ldap(1), "first").await?, None);
    Ok(fleet.stop().await?)
}

#[tokio::test]
async fn samba_a_fleet_of_three_bdcs_where_each_pulls_from_each() -> Outcome {
    if !docker_for_tests().await {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let fleet = domain(3).await?;
    assert_eq!(fleet.size(), 4);
    // Once around: what one has made the next one gets, with all that came before.
    for (at, from) in [(1, 0), (2, 1), (3, 2), (0, 3)] {
        add_user(fleet.ldap(from), &format!("made-at-{from}")).await?;
        fleet.agent(at).sync(&mockdc_containers::controller(from), Context::Domain, true).await?;
        for earlier in 0..=from {
            let name = format!("made-at-{earlier}");
            assert!(guid(fleet.ldap(at), &name).await?.is_some(), "{name} at {at}");
        }
    }
    assert_eq!(guid(fleet.ldap(1), "made-at-3").await?, None, "nobody told it");
    let object = guid(fleet.ldap(0), "made-at-3").await?.ok_or("the PDC has it")?;
    fleet.agent(1).sync_object("BDC3", &object).await?;
    assert_eq!(guid(fleet.ldap(1), "made-at-3").await?, Some(object));
    Ok(fleet.stop().await?)
}

#[tokio::test]
async fn samba_partitions_pauses_and_crashes() -> Outcome {
    if !docker_for_tests().await {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let fleet = domain(1).await?;
    let pull = || fleet.agent(1).sync("PDC1", Context::Domain, true);

    fleet.partition(0, 1).await?;
    assert!(matches!(pull().await, Err(AgentError::Win32(..))), "the partition cuts replication");
    let cut = add_user(fleet.ldap(0), "cut").await?;
    assert_eq!(guid(fleet.ldap(1), "cut").await?, None, "the test still reaches both");
    fleet.crash(1).await?;
    assert!(directory(fleet.ldap(1)).await.is_err(), "a crashed controller does not answer");
    fleet.start_again(1).await?;
    assert!(matches!(pull().await, Err(AgentError::Win32(..))), "a restart does not heal a partition");
    fleet.heal(0, 1).await?;
    pull().await?;
    assert_eq!(guid(fleet.ldap(1), "cut").await?, Some(cut));

    fleet.crash(0).await?;
    assert!(pull().await.is_err(), "the source is gone");
    fleet.start_again(0).await?;
    pull().await?;

    fleet.pause(1).await?;
    let late = tokio::time::timeout(Duration::from_secs(1), directory(fleet.ldap(1))).await;
    assert!(late.is_err(), "a paused controller is silent");
    fleet.unpause(1).await?;
    directory(fleet.ldap(1)).await?;

    fleet.shut_down(1).await?;
    assert!(directory(fleet.ldap(1)).await.is_err());
    fleet.start_again(1).await?;
    assert!(guid(fleet.ldap(1), "cut").await?.is_some(), "a restart keeps what there was");
    Ok(fleet.stop().await?)
}

#[tokio::test]
async fn samba_rights_policies_and_password_ages_of_one_controller() -> Outcome {
    if !docker_for_tests().await {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let fleet = domain(1).await?;
    let (pdc, bdc) = (fleet.agent(0), fleet.agent(1));
    let sid = "S-1-5-21-304961-828371-2002-1103";

    pdc.set_rights(sid, ["SeTcbPrivilege", "SeServiceLogonRight"]).await?;
    assert_eq!(pdc.rights().await?[sid].len(), 2);
    assert!(!bdc.rights().await?.contains_key(sid), "rights stay where they were set");
    pdc.set_rights(sid, []).await?;
    assert!(!pdc.rights().await?.contains_key(sid));

    let policy = "{0BADF00D-0000-4000-8000-000000304961}";
    let path = "Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf";
    let files = BTreeMap::from([(path.to_owned(), b"[Unicode]\r\n".to_vec())]);
    assert_eq!(bdc.policy_files(policy).await?, None);
    bdc.set_policy_files(policy, Some(&files)).await?;
    assert_eq!(bdc.policy_files(policy).await?, Some(files));
    assert_eq!(pdc.policy_files(policy).await?, None);
    bdc.set_policy_files(policy, None).await?;
    assert_eq!(bdc.policy_files(policy).await?, None);

    // What time has done is written where it is asked for, and replicates nowhere.
    let user = add_user(fleet.ldap(0), "old").await?;
    bdc.sync("PDC1", Context::Domain, true).await?;
    let numbers = [pdc.status().await?.usn, bdc.status().await?.usn];
    pdc.write_local(&user, [("pwdLastSet", 126_000_000_000_000_000), ("badPwdCount", 2)]).await?;
    let filter = "(&(pwdLastSet=126000000000000000)(badPwdCount=2))";
    let shown = async |at| -> Result<usize, Box<dyn Error>> {
        let mut ldap = directory(at).await?;
        let (found, _) = ldap.search(BASE, Scope::Subtree, filter, vec!["cn"]).await?.success()?;
        Ok(found.iter().filter(|entry| !entry.is_ref()).count())
    };
    assert_eq!(shown(fleet.ldap(0)).await?, 1);
    bdc.sync("PDC1", Context::Domain, true).await?;
    bdc.sync_object("PDC1", &user).await?;
    assert_eq!(shown(fleet.ldap(1)).await?, 0);
    assert_eq!([pdc.status().await?.usn, bdc.status().await?.usn], numbers, "it takes no number");
    for wrong in [("description", 1), ("pwdLastSet", -1)] {
        let refused = pdc.write_local(&user, [wrong]).await;
        assert!(matches!(&refused, Err(AgentError::Refused(_))), "{refused:?}");
    }
    Ok(fleet.stop().await?)
}

#[tokio::test]
async fn samba_the_agent_turns_away_whoever_is_not_the_test() -> Outcome {
    if !docker_for_tests().await {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let fleet = domain(1).await?;
    let listed = docker(&[
        "ps",
        "--filter",
        &format!("label=mockdc.run={}", fleet.run()),
        "--format",
        "{{.Names}} {{.Ports}}",
    ])?;
    for line in listed.lines() {
        assert!(!line.contains("0.0.0.0") && !line.contains(":::"), "published beyond this machine: {line}");
    }
    let pdc = format!("mockdc-{}-pdc1", fleet.run());
    let ports = docker(&["port", &pdc, "8600/tcp"])?;
    let agent: SocketAddr = ports.lines().next().ok_or("no port")?.parse()?;
    assert_eq!(agent.ip(), Ipv4Addr::LOCALHOST);

    // Whoever does not know the token gets no further than the greeting.
    for greeting in
        ["{\"token\": \"0123456789abcdef0123456789abcdef\"}\n", "{\"op\": \"status\"}\n", "[]\n", "x\n"]
    {
        let answer = said(agent, greeting)?;
        assert!(answer.contains("wrong token"), "{greeting}: {answer}");
    }
    assert!(!said(agent, &"x".repeat(300))?.contains("\"ok\""), "a greeting has at most 256 bytes");

    // Neither another controller nor a process in the container itself gets to speak, even with the token.
    let token = docker(&["inspect", "-f", "{{range .Config.Env}}{{println .}}{{end}}", &pdc])?;
    let token =
        token.lines().find_map(|line| line.strip_prefix("MOCKDC_TOKEN=")).ok_or("no token")?.to_owned();
    let address =
        docker(&["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", &pdc])?;
    let speak = format!(
        "exec 3<>/dev/tcp/{}/8600 && printf '{{\"token\":\"{token}\"}}\\n' >&3 && timeout 5 cat <&3",
        address.trim()
    );
    for container in [pdc.replace("pdc1", "bdc1"), pdc.clone()] {
        let heard = Command::new("docker").args(["exec", &container, "bash", "-c", &speak]).output()?;
        assert!(heard.stdout.is_empty(), "{container}: {}", String::from_utf8_lossy(&heard.stdout));
    }

    // What is refused says why, and a request cannot name a file or a command.
    let traversal = BTreeMap::from([("../../x".to_owned(), Vec::new())]);
    let policy = "{0BADF00D-0000-4000-8000-000000304961}";
    let refused = fleet.agent(0).set_policy_files(policy, Some(&traversal)).await;
    assert!(
        matches!(&refused, Err(AgentError::Refused(why)) if why.contains("not a file name")),
        "{refused:?}"
    );
    let refused = fleet.agent(0).policy_files("../corp.test").await;
    assert!(matches!(&refused, Err(AgentError::Refused(_))), "{refused:?}");
    let refused = fleet.agent(0).set_rights("S-1-5-32-544)(x=*", []).await;
    assert!(matches!(&refused, Err(AgentError::Refused(_))), "{refused:?}");
    let refused = fleet.agent(0).sync("PDC1; id", Context::Domain, true).await;
    assert!(matches!(&refused, Err(AgentError::Refused(_))), "{refused:?}");

    // The container has no privilege beyond those that Samba needs, and NET_ADMIN for partitions.
    let given = docker(&[
        "inspect",
        "-f",
        "{{.HostConfig.Privileged}} {{.HostConfig.CapDrop}} {{.HostConfig.CapAdd}}",
        &pdc,
    ])?;
    assert!(
        given.starts_with("false [ALL]") && given.contains("NET_ADMIN") && !given.contains("SYS_ADMIN"),
        "{given}"
    );
    Ok(fleet.stop().await?)
}

#[tokio::test]
async fn samba_without_partitions_there_is_no_privilege() -> Outcome {
    if !docker_for_tests().await {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let fleet = Fleet::start(FleetOptions { bdcs: 1, partitions: false }).await?;
    let pdc = format!("mockdc-{}-pdc1", fleet.run());
    assert!(!docker(&["inspect", "-f", "{{.HostConfig.CapAdd}}", &pdc])?.contains("NET_ADMIN"));
    assert!(matches!(fleet.partition(0, 1).await, Err(FleetError::NoPartitions)));
    fleet.agent(1).sync("PDC1", Context::Domain, true).await?;
    Ok(fleet.stop().await?)
}

/// What the agent answers to a first line, and nothing more: then it hangs up.
fn said(agent: SocketAddr, greeting: &str) -> Result<String, Box<dyn Error>> {
    let mut stream = TcpStream::connect(agent)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(greeting.as_bytes())?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        // It hangs up with unread bytes.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => return Err(error.into()),
    }
    Ok(String::from_utf8(answer)?)
}

fn docker(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let done = Command::new("docker").args(arguments).output()?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
    }
    Ok(String::from_utf8(done.stdout)?)
}
