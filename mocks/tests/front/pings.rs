//! The ping by which clients find a controller, and what the root says to other questions.

use mockdc_mocks::ldap::Manner;

use super::*;

/// Version 5 with the longer answer.
const LONG: &str = "(NtVer=\\06\\00\\00\\00)";
const KNOWN: u16 = 23;
const UNKNOWN: u16 = 25;

/// Asks for the ping's answer and more; the answer, and how many attributes came.
async fn ping(
    ldap: &mut Ldap,
    filter: &str,
    more: &[&str],
) -> Result<Option<(Vec<u8>, usize)>, Box<dyn std::error::Error>> {
    let attributes: Vec<&str> = ["netlogon"].iter().chain(more).copied().collect();
    let (entries, _) = ldap.search("", Scope::Base, filter, attributes).await?.success()?;
    let Some(entry) = entries.into_iter().next().map(SearchEntry::construct) else { return Ok(None) };
    let count = entry.attrs.len() + entry.bin_attrs.len();
    let answer = entry.bin_attrs.get("Netlogon").and_then(|values| values.first()).ok_or("no answer")?;
    Ok(Some((answer.clone(), count)))
}

fn operation(answer: &Option<(Vec<u8>, usize)>) -> Option<u16> {
    let (answer, _) = answer.as_ref()?;
    Some(u16::from_le_bytes([*answer.first()?, *answer.get(1)?]))
}

#[tokio::test]
async fn a_ping_knows_users_of_the_kinds_that_it_names() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::at(&field.pdc).await?;
    for (user, expected) in [
        ("", KNOWN),
        ("(User=jdoe)", UNKNOWN),
        ("(User=jdoe)(AAC=\\10\\00\\00\\00)", KNOWN),
        ("(User=jdoe)(AAC=\\80\\01\\00\\00)", UNKNOWN),
        ("(User=nobody)(AAC=\\10\\00\\00\\00)", UNKNOWN),
        // It is disabled.
        ("(User=Guest)(AAC=\\10\\00\\00\\00)", UNKNOWN),
    ] {
        let answer = ping(&mut ldap, &format!("(&{LONG}{user})"), &[]).await?;
        assert_eq!(operation(&answer), Some(expected), "{user}");
    }
    Ok(())
}

#[tokio::test]
async fn a_ping_finds_the_domain_by_its_name_or_its_identifier() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::at(&field.pdc).await?;
    let (answer, _) = ping(&mut ldap, &format!("(&{LONG})"), &[]).await?.ok_or("no answer")?;
    let guid: String = answer[8..24].iter().map(|octet| format!("\\{octet:02x}")).collect();
    let other = "\\01".repeat(16);
    for (asked, found) in [
        ("(DnsDomain=corp.example)".to_owned(), true),
        ("(DnsDomain=other.example)".to_owned(), false),
        (format!("(DomainGuid={guid})"), true),
        (format!("(DomainGuid={other})"), false),
        (format!("(DnsDomain=other.example)(DomainGuid={guid})"), true),
        (format!("(DnsDomain=corp.example)(DomainGuid={other})"), true),
        (format!("(DnsDomain=other.example)(DomainGuid={other})"), false),
    ] {
        let answer = ping(&mut ldap, &format!("(&{LONG}{asked})"), &[]).await?;
        assert_eq!(answer.is_some(), found, "{asked}");
    }
    Ok(())
}

#[tokio::test]
async fn a_ping_may_ask_for_more_of_the_root() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::at(&field.pdc).await?;
    let directory = "(supportedCapabilities=1.2.840.113556.1.4.800)";
    let filter = format!("(&{LONG}{directory})");
    let two = ping(&mut ldap, &filter, &["supportedCapabilities"]).await?;
    assert_eq!(two.map(|(_, count)| count), Some(2));
    let all = ping(&mut ldap, &filter, &["*"]).await?;
    assert!(all.is_some_and(|(_, count)| count > 10));
    let no_capability = format!("(&{LONG}(supportedCapabilities=1.2.3))");
    assert_eq!(ping(&mut ldap, &no_capability, &[]).await?, None);
    let any = format!("(&{LONG}(supportedCapabilities=*))");
    assert_eq!(ping(&mut ldap, &any, &["supportedCapabilities"]).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_controller_in_samba_s_manner_differs_where_samba_does() -> Outcome {
    let field = Field::new(delayed()).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let options = Options { manner: Manner::Samba, ..Options::default() };
    let samba = serve(listener, &field.live, "PDC1", options)?;
    let far = "(nothing=such)";
    for (server, bind, removal, found) in [(&field.pdc, 0, 1, 0), (&samba, 49, 34, 1)] {
        let mut ldap = Field::at(server).await?;
        assert_eq!(ldap.simple_bind("CN=jdoe,CN=Users,DC=corp,DC=example", "").await?.rc, bind);
        assert_eq!(ldap.delete("nonsense").await?.rc, removal);
        let root = ldap.search("", Scope::Base, far, vec!["defaultNamingContext"]).await?.success()?;
        assert_eq!(root.0.len(), found);
    }
    // A message of more than 256,000 octets before a bind: the connection is closed without a word.
    let mut stream = TcpStream::connect(samba.ldap_address().ok_or("no address")?).await?;
    let mut message = vec![0x30, 0x83, 0x03, 0xe8, 0x01];
    message.resize(256_006, 0);
    stream.write_all(&message).await?;
    assert_eq!(stream.read(&mut [0; 8]).await?, 0);
    Ok(())
}
