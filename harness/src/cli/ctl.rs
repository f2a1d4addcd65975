//! `mockdc ctl`.

use std::borrow::Cow;
use std::io::{self, Write};

use hyper::Method;
use mockdc_mocks::SimTime;
use serde_json::{Value, json};

use super::arguments::{Control, Ctl, Format};
use super::{Exit, Streams};
use crate::control::{Client, ClientError, Done, Status};
use crate::report::instant;

/// `mockdc ctl`
pub(super) fn ctl(ctl: &Ctl, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let token = match std::fs::read_to_string(&ctl.token_file) {
        Ok(token) => token,
        Err(error) => {
            writeln!(streams.err, "error: cannot read the token in `{}`: {error}", ctl.token_file.display())?;
            writeln!(streams.err, "help: `mockdc serve --control 0` names the file when it starts")?;
            return Ok(Exit::Environment);
        }
    };
    let client = match Client::new(&ctl.url, &token) {
        Ok(client) => client,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Usage);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(perform(ctl, &client, streams))?;
    match asked {
        Ok(()) => Ok(Exit::Passed),
        Err(Failed::Json(what, error)) => {
            writeln!(streams.err, "error: {what} is no JSON: {error}")?;
            Ok(Exit::Usage)
        }
        Err(Failed::Client(error)) => {
            writeln!(streams.err, "error: {error}")?;
            Ok(match error {
                ClientError::Refused(refused) => {
                    if !refused.help.is_empty() {
                        writeln!(streams.err, "help: {}", refused.help)?;
                    }
                    match refused.status {
                        400 | 422 => Exit::Usage,
                        401 | 503 => Exit::Environment,
                        _ => Exit::Failed,
                    }
                }
                ClientError::Url(_) => Exit::Usage,
                ClientError::Unreachable(..) => {
                    writeln!(
                        streams.err,
                        "help: is the run over? `mockdc serve --control ADDRESS` prints where it answers"
                    )?;
                    Exit::Environment
                }
            })
        }
    }
}

enum Failed {
    Json(&'static str, serde_json::Error),
    Client(ClientError),
}

async fn perform(ctl: &Ctl, client: &Client, streams: &mut Streams<'_>) -> io::Result<Result<(), Failed>> {
    if let Control::Events { from, follow } = ctl.command {
        return events(client, from, follow, ctl.format, streams).await;
    }
    let (path, body) = match request(&ctl.command) {
        Ok(request) => request,
        Err(failed) => return Ok(Err(failed)),
    };
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let answer = match client.ask(method, &path, body.as_ref()).await {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(Failed::Client(error))),
    };
    match ctl.format {
        Format::Json => writeln!(streams.out, "{answer:#}")?,
        Format::Console => tell(&answer, streams.out)?,
    }
    Ok(Ok(()))
}

/// The route and the body of a command.
fn request(command: &Control) -> Result<(Cow<'static, str>, Option<Value>), Failed> {
    let json =
        |what, text: &str| serde_json::from_str::<Value>(text).map_err(|error| Failed::Json(what, error));
    Ok(match command {
        Control::Status | Control::Events { .. } => ("/v1/status".into(), None),
        Control::Export { at, to_add } => {
            let encoded = |at: &String| at.bytes().map(|octet| format!("%{octet:02X}")).collect::<String>();
            let at = at.as_ref().map_or_else(String::new, |at| format!("&at={}", encoded(at)));
            (format!("/v1/export?to-add={to_add}{at}").into(), None)
        }
        Control::Synchronize { at, full } => {
            ("/v1/synchronize".into(), Some(json!({ "at": at, "full": full })))
        }
        Control::Partition { from, to, one_way } => {
            let hosts = |text: &str| -> Vec<String> {
                text.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned).collect()
            };
            let body = json!({ "from": hosts(from), "to": hosts(to), "one-way": one_way });
            ("/v1/partition".into(), Some(body))
        }
        Control::Heal { fault } => ("/v1/heal".into(), Some(json!({ "fault": fault }))),
        Control::Hold { at } => ("/v1/hold".into(), Some(json!({ "at": at }))),
        Control::Release { at } => ("/v1/release".into(), Some(json!({ "at": at }))),
        Control::Crash { at, loses_unreplicated } => {
            ("/v1/crash".into(), Some(json!({ "at": at, "loses-unreplicated": loses_unreplicated })))
        }
        Control::Restart { at } => ("/v1/restart".into(), Some(json!({ "at": at }))),
        Control::Snapshot { at, name } => ("/v1/snapshot".into(), Some(json!({ "at": at, "name": name }))),
        Control::Restore { at, name, invocation } => {
            ("/v1/restore".into(), Some(json!({ "at": at, "name": name, "invocation": invocation.as_str() })))
        }
        Control::Fault { kind, name, lasts, count } => {
            let mut body = json!({ "kind": json("the fault", kind)?, "name": name, "lasts": lasts });
            if let Some(count) = count {
                body["count"] = json("the count", count)?;
            }
            ("/v1/fault".into(), Some(body))
        }
        Control::Policy { policy, at } => {
            ("/v1/policy".into(), Some(json!({ "policy": json("the policy", policy)?, "at": at })))
        }
        Control::Operation { operation, at } => (
            "/v1/operation".into(),
            Some(json!({ "operation": json("the operation", operation)?, "at": at })),
        ),
        Control::Advance { by } => ("/v1/advance".into(), Some(json!({ "by": by }))),
        Control::Speed { speed } => ("/v1/speed".into(), Some(json!({ "speed": speed.0 }))),
        Control::Stop => ("/v1/stop".into(), Some(json!({}))),
    })
}

async fn events(
    client: &Client,
    from: usize,
    follow: bool,
    format: Format,
    streams: &mut Streams<'_>,
) -> io::Result<Result<(), Failed>> {
    let out = &mut *streams.out;
    if follow {
        let mut failed = None;
        let followed = client
            .follow(from, |event| {
                let event = serde_json::from_str(event).unwrap_or_default();
                let written = event_line(&event, format, out).and_then(|()| out.flush());
                failed = written.err();
                failed.is_none()
            })
            .await;
        return match failed {
            Some(error) => Err(error),
            None => Ok(followed.map_err(Failed::Client)),
        };
    }
    let mut place = from;
    loop {
        let path = format!("/v1/events?from={place}");
        let events = match client.ask(Method::GET, &path, None).await {
            Ok(events) => events,
            Err(error) => return Ok(Err(Failed::Client(error))),
        };
        let events = events.as_array().cloned().unwrap_or_default();
        if events.is_empty() {
            return Ok(Ok(()));
        }
        place += events.len();
        events.iter().try_for_each(|event| event_line(event, format, out))?;
    }
}

fn event_line(event: &Value, format: Format, out: &mut dyn Write) -> io::Result<()> {
    let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
    match format {
        Format::Json => writeln!(out, "{event}"),
        Format::Console => {
            writeln!(out, "{}  {}  {}  {}", text("time"), text("host"), text("who"), text("what"))
        }
    }
}

fn tell(answer: &Value, out: &mut dyn Write) -> io::Result<()> {
    if let Ok(status) = serde_json::from_value::<Status>(answer.clone()) {
        return tell_status(&status, out);
    }
    if let Some(ldif) = answer["ldif"].as_str() {
        return write!(out, "{ldif}");
    }
    let Ok(done) = serde_json::from_value::<Done>(answer.clone()) else {
        return writeln!(out, "{}", answer["what"].as_str().unwrap_or("done"));
    };
    writeln!(out, "{}  {}", instant(done.now), done.what)?;
    if let Some(fault) = done.fault {
        writeln!(out, "fault {fault}: `mockdc ctl heal {fault}` lifts it")?;
    }
    match done.reply {
        None => Ok(()),
        Some(reply) => writeln!(out, "{}", serde_json::to_value(reply).unwrap_or_default()),
    }
}

fn tell_status(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let time = |at: Option<SimTime>| at.map_or_else(|| "never".to_owned(), instant);
    let speed = status.speed.map_or_else(|| "stands".to_owned(), |speed| format!("{speed}x"));
    writeln!(
        out,
        "{}  {}  clock {speed}, next move of the domain: {}",
        status.scenario,
        instant(status.now),
        time(status.next)
    )?;
    for dc in &status.dcs {
        writeln!(out, "\n{}{}", dc.name, if dc.up { "" } else { "  DOWN" })?;
        for inbound in &dc.from {
            write!(out, "  from {}: last success {}", inbound.source, time(inbound.last_success))?;
            if inbound.failures > 0 {
                let code = inbound.error.unwrap_or_default();
                write!(
                    out,
                    ", {} failures since, the last at {} with {code}",
                    inbound.failures,
                    time(inbound.last_failure)
                )?;
            }
            writeln!(out, ", {} changes", inbound.changes)?;
        }
        for kept in &dc.snapshots {
            writeln!(out, "  snapshot {} of {}", kept.name, instant(kept.taken))?;
        }
        for waiting in &dc.waiting {
            writeln!(
                out,
                "  waits for change {} of {}, committed at {} {} ago; {}",
                waiting.version.0,
                waiting.subject,
                waiting.origin,
                waiting.age,
                match waiting.due {
                    Some(due) => format!("comes next at {}", instant(due)),
                    None => "nothing brings it as things are".to_owned(),
                }
            )?;
        }
    }
    for fault in &status.faults {
        writeln!(out, "\nfault {}: {}", fault.name, serde_json::to_value(&fault.kind).unwrap_or_default())?;
    }
    Ok(())
}
