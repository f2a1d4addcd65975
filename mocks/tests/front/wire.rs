//! Operations that are spoiled on the wire: refused, held back, cut, garbled, in drops; ports that are closed.

use std::io::ErrorKind;
use std::time::Duration;

use ldap3::{Mod, Scope};
use mockdc_mocks::ldap::{Options, message_length, serve};
use mockdc_mocks::{FaultKind, FaultSpec, Occasions, SimTime, Span};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::faults::{Port, jdoe, within, world};
use super::start::{bind, message, search, tlv};
use super::{ADMINISTRATOR, Field, Outcome, find, set};

const JDOE: &str = "(sAMAccountName=jdoe)";

/// A fault as it is written for the control API.
fn kind(text: &str) -> Result<FaultKind, serde_json::Error> {
    serde_json::from_str(text)
}

impl Port {
    /// Adds a fault from now on.
    fn add(&self, name: &str, text: &str, count: Occasions) -> Outcome {
        let spec = FaultSpec {
            name: name.into(),
            kind: kind(text)?,
            from: Span::ZERO,
            until: None,
            count,
            touches_nothing: false,
        };
        self.live.with(|domain, now| domain.add_fault(now, spec))?;
        Ok(())
    }

    async fn stream(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect(self.pdc.ldap_address().ok_or(ErrorKind::AddrNotAvailable)?).await
    }

    /// Sends what is asked on a connection of its own.
    async fn asks(&self, messages: &[Vec<u8>]) -> std::io::Result<TcpStream> {
        let mut stream = self.stream().await?;
        stream.write_all(&messages.concat()).await?;
        Ok(stream)
    }

    /// Lets time go on as it is due until something is done.
    async fn drives<T>(&self, work: impl Future<Output = T>) -> Result<T, tokio::time::error::Elapsed> {
        let mut changes = self.live.changes();
        let drive = async {
            loop {
                changes.borrow_and_update();
                match self.live.advance() {
                    Some(due) => self.hand.to(due.since(SimTime::START)),
                    None => drop(changes.changed().await),
                }
            }
        };
        within(async {
            tokio::select! {
                done = work => done,
                () = drive => unreachable!("it never ends"),
            }
        })
        .await
    }
}

/// Messages that came one behind the other, and what is left behind the last whole one.
fn whole(mut octets: &[u8]) -> (usize, &[u8]) {
    let mut count = 0;
    while let Ok(Some(length)) = message_length(octets) {
        if length > octets.len() {
            break;
        }
        octets = &octets[length..];
        count += 1;
    }
    (count, octets)
}

#[tokio::test]
async fn the_first_two_binds_are_refused_and_the_next_one_is_not() -> Outcome {
    let port = Port::new(world(), None).await?;
    port.add(
        "busy",
        r#"{"wire": {"at": "PDC1", "operation": "bind", "result": 51, "text": "later"}}"#,
        Occasions::First(2),
    )?;
    // It counts every bind, those too that another fault has stopped.
    port.add("third", r#"{"wire": {"operation": "bind", "result": 52}}"#, Occasions::Nth(3))?;
    let mut ldap = Field::at(&port.pdc).await?;
    let mut said = Vec::new();
    for _ in 0..4 {
        let bound = ldap.simple_bind(ADMINISTRATOR.0, ADMINISTRATOR.1).await?;
        said.push((bound.rc, bound.text.trim_end_matches('\0').to_owned()));
    }
    let expected = [(51, "later"), (51, "later"), (52, ""), (0, "")];
    assert_eq!(said, expected.map(|(code, text)| (code, text.to_owned())));
    assert_eq!(port.touched(), ["bind from a client"; 3]);
    Ok(())
}

#[tokio::test]
async fn a_refused_operation_is_not_performed_and_others_are() -> Outcome {
    for (operation, code) in [("delete", 51), ("modify", 52), ("rename", 53), ("search", 1), ("compare", 80)]
    {
        let port = Port::new(world(), None).await?;
        port.add(
            "no",
            &format!(r#"{{"wire": {{"operation": "{operation}", "result": {code}}}}}"#),
            Occasions::First(1),
        )?;
        let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
        let dn = jdoe();
        let asked = async |ldap: &mut ldap3::Ldap| -> Result<u32, ldap3::LdapError> {
            Ok(match operation {
                "delete" => ldap.delete(&dn).await?.rc,
                "modify" => ldap.modify(&dn, vec![Mod::Replace("title", set(&["Clerk"]))]).await?.rc,
                "rename" => ldap.modifydn(&dn, "CN=doe", true, None).await?.rc,
                "search" => ldap.search(&dn, Scope::Base, "(objectClass=*)", vec!["cn"]).await?.1.rc,
                _ => ldap.compare(&dn, "sAMAccountName", "jdoe").await?.0.rc,
            })
        };
        assert_eq!(asked(&mut ldap).await?, code, "{operation}");
        let done = if operation == "compare" { 6 } else { 0 };
        assert_eq!(asked(&mut ldap).await?, done, "{operation}: nothing was done before");
        assert_eq!(port.touched(), [format!("{operation} from a client")]);
    }
    Ok(())
}

#[tokio::test]
async fn start_tls_is_refused_by_its_own_name_and_as_an_extended_operation() -> Outcome {
    let who_am_i = message(2, &tlv(0x77, &tlv(0x80, b"1.3.6.1.4.1.4203.1.11.3")));
    let start_tls = message(3, &tlv(0x77, &tlv(0x80, b"1.3.6.1.4.1.1466.20037")));
    for (operation, refused) in [("start-tls", 1), ("extended", 2)] {
        let port = Port::new(world(), None).await?;
        port.add(
            "no",
            &format!(r#"{{"wire": {{"operation": "{operation}", "result": 51}}}}"#),
            Occasions::All,
        )?;
        let mut stream = port.asks(&[who_am_i.clone(), start_tls.clone()]).await?;
        let mut answer = Vec::new();
        while whole(&answer).0 < 2 {
            assert!(within(stream.read_buf(&mut answer)).await?? > 0, "{answer:?}");
        }
        assert_eq!(port.touched().len(), refused, "{operation}");
        assert_eq!(port.touched(), Vec::<String>::new());
    }
    Ok(())
}

#[tokio::test]
async fn the_third_search_hangs_for_half_a_minute_and_is_answered_then() -> Outcome {
    let port = Port::new(world(), None).await?;
    port.add("slow", r#"{"wire": {"operation": "search", "hang": "30s"}}"#, Occasions::Nth(3))?;
    let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
    for _ in 0..2 {
        assert_eq!(find(&mut ldap, JDOE).await?.len(), 1);
    }
    assert_eq!(port.touched(), Vec::<String>::new());
    let finding = tokio::spawn(async move { find(&mut ldap, JDOE).await.map(|found| (found.len(), ldap)) });
    assert_eq!(port.touches().await?, ["search from a client"]);
    port.due(Span::secs(30)).await?;
    port.to(Span::millis(29_999));
    assert!(!finding.is_finished());
    port.to(Span::secs(30));
    let (found, mut ldap) = within(finding).await???;
    assert_eq!(found, 1);
    assert_eq!(find(&mut ldap, JDOE).await?.len(), 1, "the fourth does not wait");
    Ok(())
}

#[tokio::test]
async fn what_hangs_for_ever_has_been_done_all_the_same() -> Outcome {
    let port = Port::new(world(), None).await?;
    port.add("mute", r#"{"wire": {"operation": "modify", "hang": "forever"}}"#, Occasions::All)?;
    let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
    let changes = vec![Mod::Replace("title", set(&["Clerk"]))];
    let hanging = tokio::spawn(async move { ldap.modify(&jdoe(), changes).await.map(|_| ()) });
    assert_eq!(port.touches().await?, ["modify from a client"]);
    let mut other = Field::bound(&port.pdc, ADMINISTRATOR).await?;
    assert_eq!(find(&mut other, "(title=clerk)").await?.len(), 1);
    port.to(Span::days(1));
    assert!(!hanging.is_finished());
    hanging.abort();
    Ok(())
}

#[tokio::test]
async fn an_answer_is_reset_and_cut_in_mid_entry_and_garbled() -> Outcome {
    let asked = [bind(1, ADMINISTRATOR), search(2, &jdoe())];
    for effect in ["reset", "truncate", "malform"] {
        let port = Port::new(world(), None).await?;
        port.add(
            "bad",
            &format!(r#"{{"wire": {{"operation": "search", "effect": "{effect}"}}}}"#),
            Occasions::All,
        )?;
        let mut stream = port.asks(&asked).await?;
        let mut answer = Vec::new();
        if effect == "malform" {
            while !answer.contains(&0x31) {
                assert!(within(stream.read_buf(&mut answer)).await?? > 0, "{answer:?}");
            }
            let (whole, rest) = whole(&answer);
            assert_eq!((whole, rest[0]), (1, 0x31), "the bind was answered");
        } else {
            let ended = within(stream.read_to_end(&mut answer)).await?;
            let error = ended.err().map(|error| error.kind());
            assert_eq!(error, (effect == "reset").then_some(ErrorKind::ConnectionReset));
            let (whole, rest) = whole(&answer);
            let length = rest.get(1..6).map_or(0, |length| usize::from(length[4]));
            assert!(whole == 1 && rest.len() > 6 && rest.len() < length, "{effect}: {rest:?}");
            assert_eq!(rest.get(9), Some(&0x64), "in the midst of the entry: {rest:?}");
        }
        assert_eq!(port.touched(), ["search from a client"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_drip_costs_its_pause_for_each_piece_and_loses_nothing() -> Outcome {
    let port = Port::new(world(), None).await?;
    let mut usual = Vec::new();
    let mut stream = port.asks(&[search(1, "")]).await?;
    while whole(&usual).0 < 2 {
        within(stream.read_buf(&mut usual)).await??;
    }
    port.add(
        "drip",
        r#"{"wire": {"operation": "search", "drip": {"octets": 3, "pause": "2s"}}}"#,
        Occasions::All,
    )?;
    stream.write_all(&search(1, "")).await?;
    let mut dripped = vec![0; usual.len()];
    port.drives(stream.read_exact(&mut dripped)).await??;
    assert_eq!(dripped, usual);
    let pieces = i64::try_from(usual.len().div_ceil(3))?;
    assert_eq!(port.live.now(), SimTime::START + Span::secs(2 * pieces));
    Ok(())
}

#[tokio::test]
async fn a_connection_hangs_or_is_reset_before_anything_is_asked() -> Outcome {
    let port = Port::new(world(), None).await?;
    port.add("deaf", r#"{"wire": {"operation": "connect", "hang": "10s"}}"#, Occasions::First(1))?;
    port.add("reset", r#"{"wire": {"operation": "connect", "effect": "reset"}}"#, Occasions::Nth(2))?;
    let asked = [bind(1, ADMINISTRATOR)];
    let mut first = port.asks(&asked).await?;
    assert_eq!(port.touches().await?, ["connect from a client"]);
    let mut second = port.stream().await?;
    let mut answer = Vec::new();
    let reset = within(second.read_to_end(&mut answer)).await?;
    assert_eq!(reset.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    let mut third = port.asks(&asked).await?;
    assert!(within(third.read_buf(&mut answer)).await?? > 0);
    port.due(Span::secs(10)).await?;
    port.to(Span::secs(10));
    assert!(within(first.read_buf(&mut answer)).await?? > 0, "it goes on");
    Ok(())
}

#[tokio::test]
async fn a_closed_port_refuses_connections_for_its_window_and_leaves_those_that_are_there() -> Outcome {
    let closed = world().fault("shut", kind(r#"{"close-port": {}}"#)?, Span::mins(1), Some(Span::mins(2)));
    let port = Port::new(closed, None).await?;
    let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
    let refused = async |expected: bool| {
        within(async {
            while port.stream().await.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
                != expected
            {
                tokio::task::yield_now().await;
            }
        })
        .await
    };
    port.to(Span::mins(1));
    refused(true).await?;
    // Whoever came just before is reset.
    let touched = port.touched();
    let known = ["the ports of PDC1", "connect from a client"];
    assert!(
        touched[0] == known[0] && touched.iter().all(|what| known.contains(&what.as_str())),
        "{touched:?}"
    );
    assert_eq!(find(&mut ldap, JDOE).await?.len(), 1, "the connection is there");
    port.to(Span::mins(2));
    refused(false).await?;
    Field::bound(&port.pdc, ADMINISTRATOR).await?;
    assert_eq!(port.touched(), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn each_client_that_is_there_when_a_port_closes_is_reset_and_counted() -> Outcome {
    let closed = world().fault("shut", kind(r#"{"close-port": {}}"#)?, Span::mins(1), None);
    let port = Port::new(closed, None).await?;
    Field::bound(&port.pdc, ADMINISTRATOR).await?;
    let address = port.pdc.ldap_address().ok_or("no address")?;
    port.to(Span::mins(1));
    // Nobody takes them in while this test does not wait.
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(std::net::TcpStream::connect(address)?);
    }
    for stream in waiting {
        stream.set_nonblocking(true)?;
        let reset = within(TcpStream::from_std(stream)?.read_to_end(&mut Vec::new())).await?;
        assert_eq!(reset.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    }
    let mut touched = port.touched();
    touched.sort();
    assert_eq!(
        touched,
        ["connect from a client", "connect from a client", "connect from a client", "the ports of PDC1"]
    );
    let refused = within(TcpStream::connect(address)).await?;
    assert_eq!(refused.map_err(|error| error.kind()).err(), Some(ErrorKind::ConnectionRefused));
    assert_eq!(port.touched(), Vec::<String>::new(), "nobody sees whom the system refuses");
    Ok(())
}

#[tokio::test]
async fn a_port_that_is_closed_from_the_beginning_is_opened_at_its_time() -> Outcome {
    let closed =
        world().fault("shut", kind(r#"{"close-port": {"at": "PDC1"}}"#)?, Span::ZERO, Some(Span::mins(1)));
    let port = Port::new(closed, None).await?;
    let refused = port.stream().await.map_err(|error| error.kind()).err();
    assert_eq!(refused, Some(ErrorKind::ConnectionRefused));
    port.to(Span::mins(1));
    within(async {
        while port.stream().await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await?;
    Field::bound(&port.pdc, ADMINISTRATOR).await?;
    Ok(())
}

#[tokio::test]
async fn a_client_that_leaves_while_it_waits_is_not_kept() -> Outcome {
    for fault in [
        r#"{"pause": {"at": "PDC1"}}"#,
        r#"{"drop": {"at": "PDC1", "timeout": "1h"}}"#,
        r#"{"wire": {"operation": "bind", "hang": "1h"}}"#,
        r#"{"wire": {"operation": "bind", "hang": "forever"}}"#,
        r#"{"wire": {"operation": "bind", "drip": {"pause": "1h"}}}"#,
        r#"{"wire": {"operation": "connect", "hang": "1h"}}"#,
    ] {
        let port = Port::new(world(), None).await?;
        port.add("wait", fault, Occasions::All)?;
        let asked = [bind(1, ADMINISTRATOR), search(2, &jdoe())];
        let stream = port.asks(&asked).await?;
        port.touches().await?;
        assert_eq!(port.pdc.open_connections(), 1);
        drop(stream);
        let gone = tokio::time::timeout(Duration::from_secs(30), async {
            while port.pdc.open_connections() > 0 {
                tokio::task::yield_now().await;
            }
        });
        assert!(gone.await.is_ok(), "{fault}");
    }
    Ok(())
}

#[tokio::test]
async fn a_pause_with_a_count_keeps_only_the_occasions_that_it_counts() -> Outcome {
    let port = Port::new(world(), None).await?;
    port.add("asleep", r#"{"pause": {"at": "PDC1"}}"#, Occasions::Nth(2))?;
    let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
    let finding = tokio::spawn(async move { find(&mut ldap, JDOE).await.map(|found| found.len()) });
    assert_eq!(port.touches().await?, ["a message from a client"]);
    let mut other = within(Field::bound(&port.pdc, ADMINISTRATOR)).await??;
    assert_eq!(within(find(&mut other, JDOE)).await??.len(), 1);
    assert!(!finding.is_finished());
    assert!(port.live.with(|domain, now| domain.lift_fault(now, &"asleep".into())));
    assert_eq!(within(finding).await???, 1);
    Ok(())
}

#[tokio::test]
async fn faults_at_one_controllers_port_leave_the_other_one_alone() -> Outcome {
    let port = Port::new(world().bdc("BDC1"), None).await?;
    let bdc = serve(TcpListener::bind("127.0.0.1:0").await?, &port.live, "BDC1", Options::default())?;
    port.add("busy", r#"{"wire": {"at": ["BDC1"], "result": 51}}"#, Occasions::All)?;
    Field::bound(&port.pdc, ADMINISTRATOR).await?;
    let mut ldap = Field::at(&bdc).await?;
    assert_eq!(ldap.simple_bind(ADMINISTRATOR.0, ADMINISTRATOR.1).await?.rc, 51);
    let refused = port.add("x", r#"{"close-port": {"at": "WS1"}}"#, Occasions::All);
    let why = refused.err().ok_or("a workstation has no port")?.to_string();
    assert_eq!(why, "`WS1` has no ports: it is no domain controller");
    Ok(())
}
