//! How controllers begin, and how they answer what is asked at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ldap3::{Scope, SearchEntry};
use mockdc_mocks::ldap::{Server, WireOperation, message_length};
use mockdc_mocks::{
    AdSpec, Caller, Domain, DomainBuilder, Fact, FactRecord, FaultKind, FaultSpec, Occasions, Operation,
    PortOperation, Replication, SimTime, Span, StateKey, Verb, WireEffect, WireSpec,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{ADMINISTRATOR, BASE, Field, Outcome, attributes, control, delayed};

/// An object's name and attributes.
type Shown = (String, BTreeMap<String, String>);

/// Everything that a controller shows, tombstones and configuration included, and its highest number.
async fn everything(server: &Server) -> Result<Vec<Shown>, Box<dyn std::error::Error>> {
    let mut ldap = Field::bound(server, ADMINISTRATOR).await?;
    let mut all = Vec::new();
    for (base, scope) in [
        (BASE.to_owned(), Scope::Subtree),
        (format!("CN=Configuration,{BASE}"), Scope::Subtree),
        (String::new(), Scope::Base),
    ] {
        let wanted = match base.as_str() {
            "" => vec!["highestCommittedUSN"],
            _ => {
                vec!["*", "uSNCreated", "uSNChanged", "whenCreated", "whenChanged", "objectGUID", "memberOf"]
            }
        };
        let shown = ldap.with_controls(control("1.2.840.113556.1.4.417", true, None));
        let (entries, _) = shown.search(&base, scope, "(objectClass=*)", wanted).await?.success()?;
        let entries = entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct);
        all.extend(entries.map(|entry| {
            let texts = entry.attrs.into_iter().map(|(name, values)| (name, format!("{values:?}")));
            let octets = entry.bin_attrs.into_iter().map(|(name, values)| (name, format!("{values:?}")));
            // Whoever asks logs on, and whoever is asked counts it.
            let told = |(name, _): &(String, String)| name != "logonCount" && name != "lastLogon";
            (entry.dn, texts.chain(octets).filter(told).collect())
        }));
    }
    Ok(all)
}

/// Changes of all kinds at the primary, and time for them to arrive.
fn changes() -> Vec<Verb> {
    vec![
        Verb::UserAdd {
            user: "ann".into(),
            password: "Passw0rd!".into(),
            comment: None,
            flags: Default::default(),
        },
        Verb::UserSetComment { user: "jdoe".into(), comment: "on leave".into() },
        Verb::GroupAddUser { group: "Domain Guests".into(), user: "ann".into() },
        Verb::UserRename { user: "ann".into(), to: "anna".into() },
        Verb::UserDelete { user: "jdoe".into() },
    ]
}

fn change(field: &Field) -> Outcome {
    let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    for (step, verb) in changes().into_iter().enumerate() {
        field.hand.to(Span::mins(1 + step as i64));
        field.live.apply(&admin, &Operation::new("PDC1", verb)).answer?;
    }
    Ok(())
}

/// What comes and goes before anybody who asks late has asked: accounts and units that are renamed, and whose names are
/// given to others.
fn short_lives() -> Vec<Verb> {
    let add = |user: &str| Verb::UserAdd {
        user: user.into(),
        password: "Passw0rd!".into(),
        comment: None,
        flags: Default::default(),
    };
    vec![
        add("ben"),
        Verb::UserSetComment { user: "ben".into(), comment: "not for long".into() },
        Verb::UserDelete { user: "ben".into() },
        add("cid"),
        Verb::UserRename { user: "jdoe".into(), to: "jd".into() },
        add("jdoe"),
        Verb::UserRename { user: "cid".into(), to: "sid".into() },
        Verb::UserDelete { user: "jd".into() },
        Verb::GroupAddUser { group: "Domain Guests".into(), user: "sid".into() },
        Verb::UserDelete { user: "sid".into() },
        add("sid"),
    ]
}

#[tokio::test]
async fn what_came_and_went_leaves_the_same_whether_one_was_asked_meanwhile_or_not() -> Outcome {
    let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let (early, late) = (Field::new(delayed()).await?, Field::new(delayed()).await?);
    for (step, verb) in short_lives().into_iter().enumerate() {
        for field in [&early, &late] {
            field.hand.to(Span::mins(1 + step as i64));
            field.live.apply(&admin, &Operation::new("PDC1", verb.clone())).answer?;
        }
        for server in [&early.pdc, &early.bdc] {
            everything(server).await?;
        }
    }
    // What arrives at the backup is asked for as it comes, too; units are no accounts, and the database keeps nothing of
    // them. Whoever writes them is asked, so that it is the backup alone that is asked late.
    let (unit, moved) = (format!("OU=Short,{BASE}"), format!("OU=Shorter,{BASE}"));
    for (step, minute) in (20..23).enumerate() {
        for field in [&early, &late] {
            field.hand.to(Span::mins(minute));
            let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
            match step {
                0 => {
                    ldap.add(&unit, attributes(&[("objectClass", "organizationalUnit")])).await?.success()?
                }
                1 => ldap.modifydn(&unit, "OU=Shorter", true, None).await?.success()?,
                _ => ldap.delete(&moved).await?.success()?,
            };
        }
    }
    for at in 40..65 {
        for field in [&early, &late] {
            field.hand.to(Span::mins(at));
            field.live.advance();
        }
        everything(&early.bdc).await?;
    }
    for (one, other) in [(&early.pdc, &late.pdc), (&early.bdc, &late.bdc)] {
        let (one, other) = (everything(one).await?, everything(other).await?);
        assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one, other);
        }
        let graves: Vec<&Shown> = one.iter().filter(|(dn, _)| dn.contains("ADEL:")).collect();
        assert_eq!(graves.len(), 4, "{graves:?}");
        for (dn, shown) in graves {
            let has = |name: &str| shown.get(name).ok_or_else(|| format!("no {name}: {shown:?}"));
            assert!(has("whenCreated")? < has("whenChanged")?, "{dn}: {shown:?}");
            assert!(has("uSNCreated")? < has("uSNChanged")?, "{dn}: {shown:?}");
        }
        let (root, numbers) = one.last().ok_or("nothing shows")?;
        assert!(root.is_empty() && numbers.contains_key("highestCommittedUSN"), "{numbers:?}");
    }
    Ok(())
}

#[tokio::test]
async fn whoever_is_asked_late_shows_what_one_shows_who_was_asked_from_the_beginning() -> Outcome {
    let (early, late) = (Field::new(delayed()).await?, Field::new(delayed()).await?);
    let begun = everything(&early.pdc).await?;
    everything(&early.bdc).await?;
    for field in [&early, &late] {
        change(field)?;
    }
    let mut seen = Vec::new();
    for at in [Span::mins(10), Span::mins(43), Span::mins(90)] {
        for field in [&early, &late] {
            field.hand.to(at);
        }
        for (one, other) in [(&early.pdc, &late.pdc), (&early.bdc, &late.bdc)] {
            let (one, other) = (everything(one).await?, everything(other).await?);
            assert_eq!(one.len(), other.len(), "{at}");
            for (one, other) in one.iter().zip(&other) {
                assert_eq!(one, other, "{at}");
            }
            seen.push(one);
        }
    }
    let shows = |entries: &[Shown], name: &str| entries.iter().any(|(dn, _)| dn.starts_with(name));
    assert!(shows(&begun, "CN=jdoe,") && !shows(&begun, "CN=anna,"));
    // The backup has begun with the same objects, and has kept them until the changes came.
    assert!(shows(&seen[0], "CN=anna,") && shows(&seen[1], "CN=jdoe,") && !shows(&seen[1], "CN=anna,"));
    assert!(shows(&seen[5], "CN=anna,") && !shows(&seen[5], "CN=jdoe,"));
    Ok(())
}

fn states_a_right(record: &FactRecord) -> bool {
    matches!(record.fact, Fact::State { key: StateKey::Right { .. }, .. })
}

#[test]
fn facts_of_the_start_come_first_whenever_they_are_taken() -> Outcome {
    let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    type Told = Result<Vec<FactRecord>, Box<dyn std::error::Error>>;
    let told = |world: &DomainBuilder, taken_at_once: bool| -> Told {
        let mut domain = world.build(1)?;
        let mut facts = if taken_at_once { domain.drain_facts() } else { Vec::new() };
        for (step, verb) in changes().into_iter().enumerate() {
            let now = SimTime::START + Span::mins(step as i64);
            domain.apply(now, &admin, &Operation::new("PDC1", verb)).answer?;
        }
        let mut rest = Vec::new();
        domain.take_facts(&mut rest);
        facts.append(&mut rest);
        Ok(facts)
    };
    // Where policy decides the rights at controllers, these are stated apart from the directory.
    let directory = delayed().replication(Replication::Ad(AdSpec::default())).workstation("WKS1");
    for world in [delayed(), directory] {
        let (at_once, late) = (told(&world, true)?, told(&world, false)?);
        assert!(at_once.len() > 100, "{} facts", at_once.len());
        let at_backup = |record: &FactRecord| record.host == "BDC1" && states_a_right(record);
        assert!(at_once.iter().any(at_backup), "rights at the backup");
        assert_eq!(at_once, late);
    }
    Ok(())
}

#[tokio::test]
async fn changes_are_told_of_where_nobody_wants_facts() -> Outcome {
    let field = Field::new(delayed()).await?;
    field.live.without_facts();
    let mut told = field.live.changes();
    told.borrow_and_update();
    field.live.with(|_, _| ());
    assert!(!told.has_changed()?, "nothing has happened");
    change(&field)?;
    assert!(told.has_changed()?);
    assert!(field.live.with(|domain: &mut Domain, _| domain.drain_facts()).is_empty());

    // Whoever wants them later gets those from then on.
    let facts = Arc::new(Mutex::new(Vec::new()));
    let heard = facts.clone();
    field.live.facts_to(move |more| heard.lock().unwrap().extend(more));
    assert!(facts.lock().unwrap().is_empty());
    let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let verb = Verb::UserSetComment { user: "anna".into(), comment: "back".into() };
    field.live.apply(&admin, &Operation::new("PDC1", verb)).answer?;
    assert!(!facts.lock().unwrap().is_empty());
    Ok(())
}

pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, content.len() as u8], content].concat()
}

pub(crate) fn message(id: u8, operation: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(2, &[id]), operation.to_vec()].concat())
}

/// A base search for the description of an object.
pub(crate) fn search(id: u8, dn: &str) -> Vec<u8> {
    let head = [tlv(4, dn.as_bytes()), tlv(10, &[0]), tlv(10, &[0]), tlv(2, &[0]), tlv(2, &[0])].concat();
    let tail = [tlv(1, &[0]), tlv(0x87, b"objectClass"), tlv(0x30, &tlv(4, b"description"))].concat();
    message(id, &tlv(0x63, &[head, tail].concat()))
}

fn describe(id: u8, dn: &str, text: &str) -> Vec<u8> {
    let attribute = [tlv(4, b"description"), tlv(0x31, &tlv(4, text.as_bytes()))].concat();
    let change = tlv(0x30, &[tlv(10, &[2]), tlv(0x30, &attribute)].concat());
    message(id, &tlv(0x66, &[tlv(4, dn.as_bytes()), tlv(0x30, &change)].concat()))
}

pub(crate) fn bind(id: u8, (name, password): (&str, &str)) -> Vec<u8> {
    let body = [tlv(2, &[3]), tlv(4, name.as_bytes()), tlv(0x80, password.as_bytes())].concat();
    message(id, &tlv(0x60, &body))
}

#[tokio::test]
async fn what_is_asked_at_once_is_answered_in_its_order_and_each_sees_what_was_before() -> Outcome {
    let field = Field::new(delayed()).await?;
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = events.clone();
    field.live.observe(move |event| {
        heard.lock().unwrap().push((event.operation, event.result, event.target.clone()));
    });
    let spoilt = WireSpec {
        at: vec!["PDC1".into()],
        operation: Some(PortOperation::Modify),
        effect: WireEffect::Result { code: 51, text: "busy".to_owned() },
    };
    field.live.with(|domain, now| {
        domain.add_fault(
            now,
            FaultSpec {
                name: "busy".into(),
                kind: FaultKind::Wire(spoilt),
                from: Span::ZERO,
                until: None,
                count: Occasions::Nth(2),
                touches_nothing: false,
            },
        )
    })?;
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    let asked = [
        bind(1, ADMINISTRATOR),
        search(2, &dn),
        describe(3, &dn, "first"),
        search(4, &dn),
        describe(5, &dn, "refused"),
        search(6, &dn),
        // Whoever binds anew is somebody else from then on.
        bind(7, ("CORP\\jdoe", "Passw0rd!")),
        describe(8, &dn, "mine"),
        describe(9, &dn, "mine")[..20].to_vec(),
    ];
    let address = field.pdc.ldap_address().ok_or("no address")?;
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&asked.concat()).await?;
    let expected = [
        (1, 0x61, 0),
        (2, 0x64, 0),
        (2, 0x65, 0),
        (3, 0x67, 0),
        (4, 0x64, 0),
        (4, 0x65, 0),
        (5, 0x67, 51),
        (6, 0x64, 0),
        (6, 0x65, 0),
        (7, 0x61, 0),
        (8, 0x67, 50),
    ];
    let (mut input, mut answers) = (Vec::new(), Vec::new());
    while answers.len() < expected.len() {
        while let Some(length) = message_length(&input)?.filter(|length| *length <= input.len()) {
            answers.push(input.drain(..length).collect::<Vec<u8>>());
        }
        if answers.len() < expected.len() {
            assert_ne!(stream.read_buf(&mut input).await?, 0, "the controller has hung up");
        }
    }
    // Messages and operations have lengths of four octets: number, tag and code stand in places of their own.
    let code = |answer: &[u8]| if answer[9] == 0x64 { 0 } else { answer[17] };
    let kinds: Vec<_> = answers.iter().map(|answer| (answer[8], answer[9], code(answer))).collect();
    assert_eq!(kinds, expected);
    let says = |place: usize, text: &[u8]| answers[place].windows(text.len()).any(|part| part == text);
    assert!(!says(1, b"first") && says(4, b"first") && says(7, b"first") && !says(7, b"refused"));
    let events = events.lock().unwrap();
    let told: Vec<_> = events.iter().map(|(operation, result, _)| (*operation, *result)).collect();
    use WireOperation::{Bind, Modify, Search};
    let expected = [
        (Bind, Some(0)),
        (Search, Some(0)),
        (Modify, Some(0)),
        (Search, Some(0)),
        (Modify, Some(51)),
        (Search, Some(0)),
        (Bind, Some(0)),
        (Modify, Some(50)),
    ];
    assert_eq!(told, expected);
    assert!(
        events.iter().all(|(operation, result, target)| {
            *operation == Bind || *result == Some(51) || *target == dn
        })
    );
    Ok(())
}
