//! Served controllers, programs against them, and the control API, as a user meets them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::command::{Tested, folder, mockdc, mockdc_with, scenario, top};

/// Two controllers; a change takes ten minutes from one to the other.
pub(crate) fn two(name: &str, more: &str) -> String {
    format!(
        r#"format = 1
name = "{name}"

[domain]
replication = {{ delay = "10m" }}

[[dc]]
name = "PDC1"
role = "pdc"

[[dc]]
name = "BDC1"

{more}
"#
    )
}

/// A `mockdc serve` that runs; it is ended when this is dropped.
pub(crate) struct Served {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    endpoints: Value,
    variables: Value,
}

impl Served {
    /// Serves a scenario, with the control API, and waits until it is ready.
    pub(crate) fn start(file: &str, arguments: &[&str]) -> Result<Served, Box<dyn std::error::Error>> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mockdc"))
            .args(["serve", file, "--format", "json", "--control", "0"])
            .args(arguments)
            .current_dir(top())
            .env_remove("GITHUB_ACTIONS")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("standard output is piped")?);
        let mut line = String::new();
        lines.read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)?;
        let (endpoints, variables) = (ready["endpoints"].clone(), ready["variables"].clone());
        Ok(Served { child, lines, endpoints, variables })
    }

    /// What a shell would be given under a name.
    pub(crate) fn variable(&self, name: &str) -> String {
        self.variables[name].as_str().unwrap_or_default().to_owned()
    }

    /// Runs `mockdc ctl`.
    pub(crate) fn ctl(&self, arguments: &[&str]) -> Result<super::command::Ran, Box<dyn std::error::Error>> {
        let (url, token) = (self.variable("MOCKDC_CONTROL_URL"), self.variable("MOCKDC_CONTROL_TOKEN_FILE"));
        let environment = [("MOCKDC_CONTROL_URL", &*url), ("MOCKDC_CONTROL_TOKEN_FILE", &*token)];
        let arguments: Vec<&str> = ["ctl"].iter().chain(arguments).copied().collect();
        Ok(mockdc_with(&arguments, &environment)?)
    }

    /// Begins `mockdc ctl` with its standard output in a pipe.
    pub(crate) fn ctl_begins(&self, arguments: &[&str]) -> std::io::Result<Child> {
        let names = ["MOCKDC_CONTROL_URL", "MOCKDC_CONTROL_TOKEN_FILE"];
        Command::new(env!("CARGO_BIN_EXE_mockdc"))
            .arg("ctl")
            .args(arguments)
            .current_dir(top())
            .env("NO_COLOR", "1")
            .env_remove("GITHUB_ACTIONS")
            .envs(names.map(|name| (name, self.variable(name))))
            .stdout(Stdio::piped())
            .spawn()
    }

    fn status(&self) -> Result<Value, Box<dyn std::error::Error>> {
        Ok(serde_json::from_str(&self.ctl(&["--format", "json", "status"])?.out)?)
    }

    /// Sends a request as it stands and gives the answer's status.
    fn raw(&self, request: &str) -> Result<u16, Box<dyn std::error::Error>> {
        let url = self.endpoints["control"]["url"].as_str().ok_or("a control API")?;
        let mut stream = TcpStream::connect(url.trim_start_matches("http://"))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.split_whitespace().nth(1).ok_or("a status")?.parse()?)
    }

    /// Waits for the end, and gives the exit code and what was printed.
    pub(crate) fn ended(mut self) -> Result<(i32, String), Box<dyn std::error::Error>> {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest)?;
        Ok((self.child.wait()?.code().unwrap_or(-1), rest))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_served_scenario_is_steered_and_judged() -> Tested {
    let file = scenario("live-served", &two("live-served", ""))?;
    let results = folder("live-served-results")?;
    let results = results.to_string_lossy().into_owned();
    let served = Served::start(&file, &["--speed", "manual", "--results", &results])?;
    for dc in served.endpoints["dcs"].as_array().ok_or("controllers")? {
        let port = u16::try_from(dc["port"].as_u64().ok_or("a port")?)?;
        TcpStream::connect(("127.0.0.1", port))?;
    }
    let add = r#"{"user-add": {"user": "SVC", "password": "Pa55-word!"}}"#;
    let ran = served.ctl(&["operation", add])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let waiting = |status: &Value| status["dcs"][1]["waiting"].as_array().map_or(0, Vec::len);
    assert!(waiting(&served.status()?) > 0, "it has not arrived at BDC1");
    assert_eq!(served.ctl(&["advance", "9m"])?.code, 0);
    assert!(waiting(&served.status()?) > 0, "ten minutes are not over");
    assert_eq!(served.ctl(&["hold", "BDC1"])?.code, 0);
    assert_eq!(served.ctl(&["advance", "5m"])?.code, 0);
    let status = served.status()?;
    assert!(waiting(&status) > 0, "it is held: {status:#}");
    assert_eq!(status["faults"][0]["name"], "control-1");
    assert_eq!(served.ctl(&["release"])?.code, 0);
    assert_eq!(served.ctl(&["advance", "11m"])?.code, 0);
    let status = served.status()?;
    assert_eq!(waiting(&status), 0, "{status:#}");
    assert_eq!(status["now"], 25 * 60_000);

    let info = r#"{"user-info": {"user": "NOBODY"}}"#;
    let ran = served.ctl(&["operation", info, "--at", "BDC1"])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("2221"), "{ran:?}");
    // What the primary knows by now and the backup does as well, as text.
    let exported = |at: &str| served.ctl(&["export", at]);
    let (pdc, bdc) = (exported("PDC1")?, exported("bdc1")?);
    let dn = "\ndn: CN=SVC,CN=Users,DC=corp,DC=example\n";
    assert!(pdc.out.starts_with("version: 1\n\ndn: DC=corp,DC=example\n") && pdc.out.contains(dn), "{pdc:?}");
    assert!(bdc.out.contains(dn) && bdc.out.contains("\nsAMAccountName: SVC\n"), "{bdc:?}");
    assert!(pdc.out.lines().all(|line| line.len() <= 76), "long lines are folded");
    let nowhere = exported("BDC&9")?;
    assert!(nowhere.code == 2 && nowhere.err.contains("there are: PDC1, BDC1"), "{nowhere:?}");
    let ran = served.ctl(&["events"])?;
    assert!(ran.out.contains("from outside: hold replication to BDC1"), "{}", ran.out);
    assert_eq!(served.ctl(&["crash", "BDC1"])?.code, 0);
    assert_eq!(served.status()?["dcs"][1]["up"], false);
    assert_eq!(served.ctl(&["restart", "BDC1"])?.code, 0);
    assert_eq!(served.ctl(&["advance", "5m"])?.code, 0);
    assert_eq!(served.status()?["dcs"][1]["up"], true);
    assert_eq!(served.ctl(&["partition", "PDC1", "BDC1"])?.code, 0);
    assert_eq!(served.ctl(&["heal"])?.code, 0);
    assert_eq!(served.ctl(&["stop"])?.code, 0);
    let (code, printed) = served.ended()?;
    assert_eq!(code, 0, "{printed}");
    let events = std::fs::read_to_string(PathBuf::from(&results).join("live-served/events.jsonl"))?;
    assert!(events.contains("\"intervention\""), "what was done from outside stands in the timeline");
    assert_eq!(mockdc(&["judge", &format!("{results}/live-served/events.jsonl")])?.code, 0);
    Ok(())
}

/// What a scenario says commands no runner, not even inside JSON.
#[test]
fn json_of_a_live_run_is_obeyed_by_no_runner() -> Tested {
    let name = "live-runner";
    let text = two(name, "[program]\n").replace("[domain]", "title = \"##[error]x\"\n[domain]");
    let file = scenario(name, &text)?;
    let actions = [("GITHUB_ACTIONS", "true")];
    let ran = mockdc_with(&["exec", &file, "--format", "json", "--", "sh", "-c", "exit 1"], &actions)?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!ran.out.contains("##["), "{}", ran.out);
    let told: Value = serde_json::from_str(ran.out.lines().next().ok_or("a line")?)
        .or_else(|_| serde_json::from_str(&ran.out))?;
    assert!(told.to_string().contains("##[error]x"), "{told}");
    Ok(())
}

#[test]
fn a_controller_is_kept_and_put_back() -> Tested {
    let file = scenario("live-restored", &two("live-restored", ""))?;
    let served = Served::start(&file, &["--speed", "manual"])?;
    let ran = served.ctl(&["restore", "BDC1"])?;
    assert!(ran.code == 1 && ran.err.contains("no snapshot of it was taken"), "{ran:?}");
    assert_eq!(served.ctl(&["snapshot", "BDC1", "--name", "early"])?.code, 0);
    let ran = served.ctl(&["restore", "BDC1"])?;
    assert!(ran.code == 1 && ran.err.contains("there are: early"), "{ran:?}");
    let add = r#"{"user-add": {"user": "SVC", "password": "Pa55-word!"}}"#;
    assert_eq!(served.ctl(&["operation", add])?.code, 0);
    let status = served.status()?;
    assert_eq!(status["dcs"][1]["waiting"][0]["due"], 10 * 60_000, "{status:#}");
    assert_eq!(status["dcs"][1]["snapshots"][0]["name"], "early");
    let ran = served.ctl(&["status"])?;
    assert!(ran.out.contains("; comes next at 00:10:00.000\n"), "{}", ran.out);
    assert!(ran.out.contains("  snapshot early of 00:00:00.000\n"), "{}", ran.out);
    assert_eq!(served.ctl(&["advance", "15m"])?.code, 0);
    let info = r#"{"user-info": {"user": "SVC"}}"#;
    assert_eq!(served.ctl(&["operation", info, "--at", "BDC1"])?.code, 0);
    assert!(served.ctl(&["export", "BDC1"])?.out.contains("CN=SVC,CN=Users"));
    assert_eq!(served.ctl(&["restore", "BDC1", "--name", "early"])?.code, 0);
    assert!(!served.ctl(&["export", "BDC1"])?.out.contains("CN=SVC"), "it has never heard of it");
    let status = served.status()?;
    assert_eq!(
        (&status["dcs"][1]["up"], &status["dcs"][1]["waiting"][0]["due"]),
        (&false.into(), &(25 * 60_000).into())
    );
    assert_eq!(served.ctl(&["advance", "10m"])?.code, 0);
    assert_eq!(served.ctl(&["operation", info, "--at", "BDC1"])?.code, 0, "it was delivered again");
    assert_eq!(served.ctl(&["hold", "BDC1"])?.code, 0);
    assert_eq!(served.ctl(&["operation", &add.replace("SVC", "SVC2")])?.code, 0);
    assert_eq!(served.ctl(&["advance", "20m"])?.code, 0);
    assert!(served.ctl(&["status"])?.out.contains("; nothing brings it as things are\n"));
    assert_eq!(served.ctl(&["release"])?.code, 0);
    // One that is off has the disk when it is switched on.
    assert_eq!(served.ctl(&["crash", "BDC1"])?.code, 0);
    let ran = served.ctl(&["restore", "BDC1", "--name", "early"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(served.ctl(&["advance", "20m"])?.code, 0);
    assert_eq!(served.status()?["dcs"][1]["up"], false);
    assert!(!served.ctl(&["export", "BDC1"])?.out.contains("CN=SVC"), "its disk is the early one");
    assert_eq!(served.ctl(&["restart", "BDC1"])?.code, 0);
    assert_eq!(served.ctl(&["advance", "20m"])?.code, 0);
    assert_eq!(served.ctl(&["operation", info, "--at", "BDC1"])?.code, 0, "it came up and was told");
    assert_eq!(served.ctl(&["stop"])?.code, 0);
    assert_eq!(served.ended()?.0, 0);
    Ok(())
}

#[test]
fn the_control_api_answers_nobody_without_its_token() -> Tested {
    let file = scenario("live-token", &two("live-token", ""))?;
    let served = Served::start(&file, &[])?;
    let get = |path: &str, more: &str| {
        served.raw(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n"))
    };
    assert_eq!(get("/v1/status", "")?, 401);
    assert_eq!(get("/v1/status?token=nonsense", "")?, 401);
    assert_eq!(get("/v1/status", "authorization: Bearer 00000000000000000000000000000000\r\n")?, 401);
    assert_eq!(get("/v1/nonsense", "")?, 404);
    assert_eq!(get("/v1/openapi.json", "")?, 200);
    assert_eq!(get("/", "")?, 200);
    let ran = served.ctl(&["advance", "-5m"])?;
    assert_ne!(ran.code, 0, "{ran:?}");
    let ran = served.ctl(&["fault", r#"{"pause": {"at": "NOBODY"}}"#])?;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("`NOBODY`"), "{ran:?}");
    assert_eq!(served.ctl(&["fault", "nonsense"])?.code, 2);
    let ran = served.ctl(&["heal", "nonsense"])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    Ok(())
}

/// Every route of the document answers, and with its token each of them does.
#[test]
fn the_document_describes_the_routes_that_there_are() -> Tested {
    let file = scenario("live-document", &two("live-document", ""))?;
    let served = Served::start(&file, &["--speed", "manual"])?;
    let token =
        std::fs::read_to_string(served.variables["MOCKDC_CONTROL_TOKEN_FILE"].as_str().ok_or("a token")?)?;
    let bearer = format!("authorization: Bearer {token}\r\n");
    let mut asked = 0;
    for route in mockdc::control::ROUTES
        .iter()
        .filter(|route| !["/v1/stop", "/v1/events/stream"].contains(&route.path))
    {
        let method = route.method.to_uppercase();
        let send = |method: &str| {
            served.raw(&format!(
                "{method} {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{bearer}content-length: 1\r\n\r\n!",
                route.path
            ))
        };
        let answer = send(&method)?;
        // A body of one `!` is no JSON: whoever takes one says so.
        let wanted = if route.body.is_empty() { 200 } else { 400 };
        assert_eq!(answer, wanted, "{method} {}", route.path);
        let other = if method == "GET" { "POST" } else { "GET" };
        assert_eq!(send(other)?, 405, "{other} {}", route.path);
        asked += 1;
    }
    assert!(asked >= 18, "{asked}");
    Ok(())
}

#[test]
fn a_program_is_judged_by_its_end_its_output_and_its_files() -> Tested {
    let report = folder("live-program-files")?.join("report.txt");
    let path = report.to_string_lossy().into_owned();
    let more = format!(
        r#"[program]
files = ['{path}']

[[expect]]
program = {{ ended = 3 }}

[[expect]]
log = {{ host = "PDC1", file = "stdout", in-order = ["first", "ldap://*"] }}

[[expect]]
log = {{ host = "PDC1", file = "stderr", line = "::error::nothing", times = 1 }}

[[expect]]
state = {{ file = {{ host = "PDC1", path = '{path}', is = {{ contains = "done" }} }} }}
"#
    );
    let file = scenario("live-program", &two("live-program", &more))?;
    let results = folder("live-program-results")?.to_string_lossy().into_owned();
    let body = format!(
        "echo first; echo $MOCKDC_PDC_URL; echo '::error::nothing' >&2; echo done > '{path}'; exit 3"
    );
    let ran = mockdc_with(
        &["exec", &file, "--results", &results, "--", "sh", "-c", &body],
        &[("GITHUB_ACTIONS", "true")],
    )?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.err.lines().any(|line| line.trim_start().starts_with("::error")), "{}", ran.err);
    let kept = std::fs::read_to_string(PathBuf::from(&results).join("live-program/program/stdout.txt"))?;
    assert!(kept.starts_with("first\nldap://127.0.0.1:"), "{kept}");
    let other = mockdc(&["exec", &file, "--", "sh", "-c", "exit 0"])?;
    assert_eq!(other.code, 1, "{other:?}");
    assert!(other.out.contains("the program should end with exit code 3, and it succeeded"), "{}", other.out);
    Ok(())
}

#[test]
fn a_program_is_ended_with_all_that_it_started() -> Tested {
    let file = scenario(
        "live-timeout",
        &two("live-timeout", "[program]\n\n[[expect]]\nprogram = { ended = \"timed-out\" }"),
    )?;
    let pid = folder("live-timeout-pid")?.join("pid");
    let body = format!("sleep 600 & echo $! > '{}'; wait", pid.display());
    let ran = mockdc(&["exec", &file, "--timeout", "500ms", "--", "sh", "-c", &body])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let pid = std::fs::read_to_string(pid)?;
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    // Whoever adopts orphans here may not have buried it yet.
    assert!(state.is_empty() || state.contains(") Z "), "{state}");
    Ok(())
}

#[test]
fn a_wrong_use_is_told_with_its_remedy() -> Tested {
    let file = scenario("live-wrong", &two("live-wrong", ""))?;
    let told = |arguments: &[&str], code: i32, text: &str| -> Tested {
        let ran = mockdc(arguments)?;
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(text), "{arguments:?}: {ran:?}");
        Ok(())
    };
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    told(&["serve", &file, "--port-base", &port], 6, "--port-base")?;
    told(&["serve", &file, "--control", &port], 6, "--control")?;
    told(&["serve", &file, "--port-base", "65530"], 2, "65535")?;
    told(&["serve", &file, "--address", "192.0.2.1"], 2, "others could reach it")?;
    told(&["serve", &file, "--address", "127.255.255.254"], 2, "an earlier `--address`")?;
    told(&["serve", &file, "--address", "127.0.10.1", "--port-base", "10389"], 2, "cannot be used with")?;
    told(&["serve", &file, "--address", "127.0.10.1", "--listen", "0.0.0.0"], 2, "cannot be used with")?;
    told(&["serve", &file, "--control", "0.0.0.0:0"], 2, "--control-from-anywhere")?;
    told(&["serve", &file, "--speed", "fast"], 2, "is no speed")?;
    told(&["exec", &file], 2, "which program?")?;
    told(&["exec", &file, "--", "/no/such/program"], 6, "cannot start `/no/such/program`")?;
    told(&["exec", &file, "--", "echo", "{dc.BDC9.url}"], 2, "there are: PDC1, BDC1")?;
    told(&["exec", &file, "--timeout", "0s", "--", "true"], 2, "needs some time")?;
    told(&["exec", "/no/such/file.toml", "--", "true"], 2, "no file or folder")?;
    told(
        &["ctl", "--url", "http://127.0.0.1:1", "--token-file", &file, "status"],
        6,
        "no control API answers",
    )?;
    told(&["ctl", "--url", "ftp://x", "--token-file", &file, "status"], 2, "is no address of a control API")?;
    told(
        &["ctl", "--url", "http://127.0.0.1:1", "--token-file", "/no/such/token", "status"],
        6,
        "cannot read the token",
    )?;
    Ok(())
}
