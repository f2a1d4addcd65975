//! Situations at the ports of mock controllers, met with the `ldap3` crate and with bare sockets.

#![allow(clippy::disallowed_types, reason = "the client takes its values in this type")]

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapConnAsync, Mod, Scope, SearchEntry};
use mockdc_mocks::ldap::{LiveDomain, Options, Server, WireEvent, WireOperation, serve};
use mockdc_mocks::{Clock, Domain, DomainBuilder, Fact, FaultKind, Replication, SimTime, Span};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[path = "front/abuse.rs"]
mod abuse;
#[path = "front/computers.rs"]
mod computers;
#[path = "front/conflicts.rs"]
mod conflicts;
#[path = "front/descriptors.rs"]
mod descriptors;
#[path = "front/dirsync.rs"]
mod dirsync;
#[path = "front/faults.rs"]
mod faults;
#[path = "front/forest.rs"]
mod forest;
#[path = "front/identities.rs"]
mod identities;
#[path = "front/logons.rs"]
mod logons;
#[path = "front/pings.rs"]
mod pings;
#[path = "front/pipeline.rs"]
mod pipeline;
#[path = "front/read_only.rs"]
mod read_only;
#[path = "front/root.rs"]
mod root;
#[path = "front/rules.rs"]
mod rules;
#[path = "front/snapshots.rs"]
mod snapshots;
#[path = "front/start.rs"]
mod start;
#[path = "front/undelete.rs"]
mod undelete;
#[path = "front/wire.rs"]
mod wire;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const BASE: &str = "DC=corp,DC=example";
const ADMINISTRATOR: (&str, &str) = ("CORP\\Administrator", "Adm1n-password!");

/// The scenario's time, moved by the test.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn to(&self, at: Span) {
        self.0.store(at.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> SimTime {
        SimTime(self.0.load(Ordering::SeqCst))
    }
}

struct Field {
    hand: Hand,
    live: LiveDomain,
    pdc: Server,
    bdc: Server,
}

impl Field {
    async fn new(builder: DomainBuilder) -> Result<Field, Box<dyn std::error::Error>> {
        let hand = Hand::default();
        let live = LiveDomain::new(builder.build(1)?, hand.clone());
        let listen = || TcpListener::bind("127.0.0.1:0");
        let pdc = serve(listen().await?, &live, "PDC1", Options::default())?;
        let bdc = serve(listen().await?, &live, "BDC1", Options::default())?;
        Ok(Field { hand, live, pdc, bdc })
    }

    async fn at(server: &Server) -> Result<Ldap, Box<dyn std::error::Error>> {
        let url = format!("ldap://{}", server.ldap_address().ok_or("no address")?);
        let (connection, ldap) = LdapConnAsync::new(&url).await?;
        tokio::spawn(connection.drive());
        Ok(ldap)
    }

    async fn bound(
        server: &Server,
        (name, password): (&str, &str),
    ) -> Result<Ldap, Box<dyn std::error::Error>> {
        let mut ldap = Field::at(server).await?;
        ldap.simple_bind(name, password).await?.success()?;
        Ok(ldap)
    }
}

fn delayed() -> DomainBuilder {
    Domain::builder().pdc("PDC1").bdc("BDC1").delay(Span::mins(40)).user("jdoe", "Passw0rd!", &[])
}

async fn find(ldap: &mut Ldap, filter: &str) -> Result<Vec<SearchEntry>, ldap3::LdapError> {
    let (entries, _) = ldap.search(BASE, Scope::Subtree, filter, vec!["*"]).await?.success()?;
    Ok(entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct).collect())
}

fn set(values: &[&'static str]) -> HashSet<&'static str> {
    values.iter().copied().collect()
}

fn attributes(list: &[(&'static str, &'static str)]) -> Vec<(&'static str, HashSet<&'static str>)> {
    list.iter().map(|(name, value)| (*name, set(&[value]))).collect()
}

#[tokio::test]
async fn what_is_written_at_the_primary_shows_at_the_backup_when_the_model_says_so() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    let unit = attributes(&[("objectClass", "organizationalUnit"), ("description", "people")]);
    pdc.add(&format!("OU=People,{BASE}"), unit).await?.success()?;
    let user =
        attributes(&[("objectClass", "user"), ("sAMAccountName", "ann"), ("mail", "ann@corp.example")]);
    pdc.add(&format!("CN=Ann Lee,OU=People,{BASE}"), user).await?.success()?;
    assert_eq!(find(&mut pdc, "(mail=ANN@corp.example)").await?.len(), 1);
    field.hand.to(Span::mins(39));
    assert!(find(&mut bdc, "(|(ou=People)(sAMAccountName=ann))").await?.is_empty());
    field.hand.to(Span::mins(40));
    let found = find(&mut bdc, "(|(ou=People)(sAMAccountName=ann))").await?;
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].dn, format!("CN=Ann Lee,OU=People,{BASE}"));
    assert_eq!(found[1].attrs["mail"], ["ann@corp.example"]);
    Ok(())
}

#[tokio::test]
async fn another_logon_name_leaves_an_account_where_it_stands() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let group = attributes(&[("objectClass", "group"), ("sAMAccountName", "Clerks")]);
    pdc.add(&format!("CN=Clerks,CN=Users,{BASE}"), group).await?.success()?;
    for (cn, name) in [("jdoe", "jane"), ("Clerks", "Scribes")] {
        let dn = format!("CN={cn},CN=Users,{BASE}");
        pdc.modify(&dn, vec![Mod::Replace("sAMAccountName", set(&[name]))]).await?.success()?;
        let found = find(&mut pdc, &format!("(sAMAccountName={name})")).await?;
        assert_eq!(found[0].dn, dn);
        pdc.modify(&dn, vec![Mod::Replace("description", set(&["still here"]))]).await?.success()?;
        pdc.modifydn(&dn, &format!("CN={name}"), true, None).await?.success()?;
    }
    assert_eq!(find(&mut pdc, "(cn=jane)").await?[0].dn, format!("CN=jane,CN=Users,{BASE}"));
    Ok(())
}

#[tokio::test]
async fn a_change_a_move_and_a_deletion_replicate_too() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut pdc = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    pdc.modify(&dn, vec![Mod::Replace("title", set(&["Clerk"]))]).await?.success()?;
    pdc.modifydn(&dn, "CN=Jane Doe", true, None).await?.success()?;
    assert!(find(&mut bdc, "(title=clerk)").await?.is_empty());
    field.hand.to(Span::mins(40));
    let found = find(&mut bdc, "(title=clerk)").await?;
    assert_eq!(found[0].dn, format!("CN=Jane Doe,CN=Users,{BASE}"));
    pdc.delete(&found[0].dn).await?.success()?;
    assert_eq!(find(&mut bdc, "(sAMAccountName=jdoe)").await?.len(), 1);
    field.hand.to(Span::mins(80));
    assert!(find(&mut bdc, "(sAMAccountName=jdoe)").await?.is_empty());
    let gone = Field::at(&field.bdc).await?.simple_bind("jdoe@corp.example", "Passw0rd!").await?;
    assert!(gone.rc == 49 && gone.text.contains("data 525"), "{gone:?}");
    Ok(())
}

#[tokio::test]
async fn a_backup_of_windows_nt_sends_writers_to_the_primary() -> Outcome {
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1").replication(Replication::default());
    let field = Field::new(builder).await?;
    let mut bdc = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    let unit = attributes(&[("objectClass", "organizationalUnit")]);
    let refused = bdc.add(&format!("OU=People,{BASE}"), unit).await?;
    assert_eq!(refused.rc, 10);
    assert_eq!(refused.refs, [format!("ldap://pdc1.corp.example/OU=People,{BASE}")]);
    assert!(refused.text.starts_with("0000202B: RefErr"), "{}", refused.text);
    Ok(())
}

#[tokio::test]
async fn a_simple_bind_takes_the_forms_of_a_name_that_the_directory_takes() -> Outcome {
    let field = Field::new(delayed().user("ann", "Passw0rd!", &[])).await?;
    let mut admin = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    let told = [("displayName", "Jane Doe"), ("servicePrincipalName", "web/shop.corp.example")];
    let told = told.map(|(name, value)| Mod::Replace(name, set(&[value])));
    admin.modify(&dn, told.to_vec()).await?.success()?;
    let (found, _) = admin.search(&dn, Scope::Base, "(objectClass=*)", vec!["*"]).await?.success()?;
    let jdoe = SearchEntry::construct(found.into_iter().next().ok_or("no jdoe")?);
    let guid = &jdoe.bin_attrs["objectGUID"][0];
    let octets = |at: &[usize]| at.iter().map(|at| format!("{:02x}", guid[*at])).collect::<String>();
    let parts = [&[3, 2, 1, 0][..], &[5, 4], &[7, 6], &[8, 9], &[10, 11, 12, 13, 14, 15]];
    let guid = parts.map(octets).join("-");
    let mut ldap = Field::at(&field.pdc).await?;
    for name in [
        &dn,
        "CORP\\jdoe",
        "jdoe@corp.example",
        "corp.example/Users/jdoe",
        &format!("{{{guid}}}"),
        "jane doe",
        "web/shop.corp.example",
    ] {
        let bound = ldap.simple_bind(name, "Passw0rd!").await?;
        assert_eq!(bound.rc, 0, "{name}: {bound:?}");
    }
    // A bare logon name means nobody, and is no wrong password of whoever has it.
    for name in ["jdoe", "Jane", &format!("{{{guid}")] {
        let refused = ldap.simple_bind(name, "wrong").await?;
        assert!(refused.rc == 49 && refused.text.contains("data 525"), "{name}: {refused:?}");
    }
    let counted = find(&mut admin, "(&(sAMAccountName=jdoe)(badPwdCount>=1))").await?;
    assert!(counted.is_empty(), "{counted:?}");
    // Nor does a name that two have mean anybody.
    let other = format!("CN=ann,CN=Users,{BASE}");
    admin.modify(&other, vec![Mod::Replace("displayName", set(&["Jane Doe"]))]).await?.success()?;
    assert_eq!(ldap.simple_bind("Jane Doe", "Passw0rd!").await?.rc, 49);
    Ok(())
}

#[tokio::test]
async fn refused_binds_carry_the_sub_codes_of_the_directory() -> Outcome {
    use mockdc_mocks::AccountFlag::{Disabled, MustChangePassword};
    let mut builder = delayed()
        .user("off", "Passw0rd!", &[])
        .user("new", "Passw0rd!", &[])
        .user("old", "Passw0rd!", &[])
        .user("over", "Passw0rd!", &[]);
    let spec = builder.spec();
    spec.domain.account_policy.maximum_age = Some(Span::days(42));
    spec.domain.account_policy.lockout_threshold = 3;
    for user in &mut spec.users {
        match user.name.as_str() {
            "off" => drop(user.flags.insert(Disabled)),
            "new" => drop(user.flags.insert(MustChangePassword)),
            "old" => user.password_age = Span::days(50),
            "over" => user.expires = Some(Span::ZERO),
            _ => {}
        }
    }
    let field = Field::new(builder).await?;
    let mut ldap = Field::at(&field.pdc).await?;
    // A name without a password is nobody, and no error.
    ldap.simple_bind("CORP\\jdoe", "").await?.success()?;
    for (user, password, data) in [
        ("nobody", "Passw0rd!", "525"),
        ("jdoe", "wrong", "52e"),
        ("off", "Passw0rd!", "533"),
        ("new", "Passw0rd!", "773"),
        ("old", "Passw0rd!", "532"),
        ("over", "Passw0rd!", "701"),
        ("jdoe", "wrong", "52e"),
        ("jdoe", "wrong", "52e"),
        ("jdoe", "Passw0rd!", "775"),
    ] {
        let refused = ldap.simple_bind(&format!("CORP\\{user}"), password).await?;
        let expected = format!(
            "80090308: LdapErr: DSID-0C090334, comment: AcceptSecurityContext error, data {data}, vece"
        );
        assert_eq!((refused.rc, refused.text.trim_end_matches('\0')), (49, expected.as_str()), "{user}");
    }
    Ok(())
}

#[tokio::test]
async fn a_new_password_counts_at_the_backup_before_it_has_arrived() -> Outcome {
    use mockdc_mocks::{Caller, Operation, Verb};
    let field = Field::new(delayed()).await?;
    let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let verb = Verb::UserSetPassword { user: "jdoe".into(), password: "N3w-password".into() };
    field.live.apply(&admin, &Operation::new("PDC1", verb)).answer?;
    // The backup asks the primary before it refuses.
    Field::bound(&field.bdc, ("jdoe@corp.example", "N3w-password")).await?;
    // What it knows itself, it lets in.
    Field::bound(&field.bdc, ("jdoe@corp.example", "Passw0rd!")).await?;
    field.hand.to(Span::mins(40));
    assert!(Field::bound(&field.bdc, ("jdoe@corp.example", "Passw0rd!")).await.is_err());
    Ok(())
}

#[tokio::test]
async fn who_may_write_what_depends_on_the_groups_of_the_bind() -> Outcome {
    let field = Field::new(delayed().user("operator", "Passw0rd!", &["Account Operators"])).await?;
    let mut own = Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    own.modify(&dn, vec![Mod::Replace("telephoneNumber", set(&["1"]))]).await?.success()?;
    assert_eq!(own.modify(&dn, vec![Mod::Replace("title", set(&["Boss"]))]).await?.rc, 50);
    let user = || attributes(&[("objectClass", "user"), ("sAMAccountName", "ann")]);
    let ann = format!("CN=Ann,CN=Users,{BASE}");
    assert_eq!(own.add(&ann, user()).await?.rc, 50);
    let mut operator = Field::bound(&field.pdc, ("CORP\\operator", "Passw0rd!")).await?;
    operator.add(&ann, user()).await?.success()?;
    let administrator = format!("CN=Administrator,CN=Users,{BASE}");
    assert_eq!(operator.modify(&administrator, vec![Mod::Replace("title", set(&["x"]))]).await?.rc, 50);
    assert_eq!(
        operator.add(&format!("OU=X,{BASE}"), attributes(&[("objectClass", "organizationalUnit")])).await?.rc,
        50
    );
    let mut nobody = Field::at(&field.pdc).await?;
    let refused = nobody.search(BASE, Scope::Base, "(objectClass=*)", vec!["*"]).await?.1;
    assert!(refused.rc == 1 && refused.text.contains("a successful bind must be completed"), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn errors_are_written_as_the_directory_writes_them() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let jdoe = format!("CN=jdoe,CN=Users,{BASE}");
    let users = format!("CN=Users,{BASE}");
    let again = attributes(&[("objectClass", "user"), ("sAMAccountName", "JDOE")]);
    let twice = attributes(&[("objectClass", "user"), ("sAMAccountName", "other")]);
    let admins = format!("CN=Domain Admins,{users}");
    let list: HashSet<&str> = [jdoe.as_str()].into();
    ldap.modify(&admins, vec![Mod::Add("member", list.clone())]).await?.success()?;
    for (what, result, code, text) in [
        ("a name that is taken", ldap.add(&format!("CN=x,{users}"), again).await?, 68, "00000524: UpdErr"),
        ("an object that is there", ldap.add(&jdoe, twice).await?, 68, "00002071: UpdErr"),
        (
            "a member that is one",
            ldap.modify(&admins, vec![Mod::Add("member", list.clone())]).await?,
            68,
            "00000562: UpdErr",
        ),
        (
            "an attribute of no schema",
            ldap.modify(&jdoe, vec![Mod::Replace("fooBar", set(&["1"]))]).await?,
            16,
            "00000057: LdapErr",
        ),
        (
            "an attribute of another class",
            ldap.modify(&jdoe, vec![Mod::Replace("gPLink", set(&["1"]))]).await?,
            65,
            "0000207D: UpdErr",
        ),
        (
            "a number that is none",
            ldap.modify(&jdoe, vec![Mod::Replace("userAccountControl", set(&["many"]))]).await?,
            21,
            "00000057: AtrErr",
        ),
        (
            "a value that is not there",
            ldap.modify(&jdoe, vec![Mod::Delete("title", set(&["x"]))]).await?,
            16,
            "00002085: AtrErr",
        ),
        (
            "the name itself",
            ldap.modify(&jdoe, vec![Mod::Replace("cn", set(&["x"]))]).await?,
            67,
            "00002016: UpdErr",
        ),
        (
            "a password in the clear",
            ldap.modify(&jdoe, vec![Mod::Replace("unicodePwd", set(&["x"]))]).await?,
            53,
            "0000001F: SvcErr",
        ),
        (
            "an object that is not there",
            ldap.delete(&format!("CN=nix,{users}")).await?,
            32,
            "0000208D: NameErr",
        ),
        ("a built-in account", ldap.delete(&format!("CN=Guest,{users}")).await?, 53, "00002098: SvcErr"),
        ("what others stand in", ldap.delete(&users).await?, 66, "00002015: UpdErr"),
        ("a name that is none", ldap.delete("nonsense").await?, 34, "0000208F: NameErr"),
        ("the domain itself", ldap.delete(BASE).await?, 53, "000020CE: SvcErr"),
        (
            "the domain under another name",
            ldap.modifydn(BASE, "DC=other", true, None).await?,
            80,
            "00002089: UpdErr",
        ),
        (
            "a new name of two parts",
            ldap.modifydn(&format!("CN=Guest,{users}"), "CN=a,CN=b", true, None).await?,
            64,
            "00000057: NameErr",
        ),
        (
            "no new name",
            ldap.modifydn(&format!("CN=Guest,{users}"), "", true, None).await?,
            2,
            "00000057: LdapErr",
        ),
        (
            "an object without a name",
            ldap.add("", vec![("objectClass", HashSet::from(["container"]))]).await?,
            64,
            "0000206D: NameErr",
        ),
        ("another domain", ldap.delete("CN=x,DC=other,DC=com").await?, 10, "0000202B: RefErr"),
    ] {
        assert_eq!(result.rc, code, "{what}: {result:?}");
        assert!(result.text.starts_with(text), "{what}: {}", result.text);
    }
    Ok(())
}

#[tokio::test]
async fn a_request_of_which_one_part_is_wrong_changes_nothing() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    let changes =
        vec![Mod::Replace("title", set(&["Clerk"])), Mod::Replace("accountExpires", set(&["soon"]))];
    assert_eq!(ldap.modify(&dn, changes).await?.rc, 21);
    assert!(find(&mut ldap, "(title=*)").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn observers_are_told_of_each_operation_with_its_result() -> Outcome {
    let field = Field::new(delayed()).await?;
    let told: Arc<Mutex<Vec<WireEvent>>> = Arc::default();
    let list = told.clone();
    field.live.observe(move |event| list.lock().unwrap().push(event.clone()));
    let mut ldap = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    field.hand.to(Span::mins(5));
    find(&mut ldap, "(sAMAccountName=jdoe)").await?;
    assert_eq!(ldap.delete(&format!("CN=jdoe,CN=Users,{BASE}")).await?.rc, 10);
    let told = told.lock().unwrap();
    let seen: Vec<_> = told.iter().map(|event| (event.operation, event.result, event.at)).collect();
    let later = SimTime::START + Span::mins(5);
    assert_eq!(
        seen,
        [
            (WireOperation::Bind, Some(0), SimTime::START),
            (WireOperation::Search, Some(0), later),
            (WireOperation::Delete, Some(10), later),
        ]
    );
    assert!(told.iter().all(|event| event.dc == "BDC1" && event.who == Some("Administrator".into())));
    Ok(())
}

/// A whole bind message of an administrator, and a search, as octets.
fn messages() -> Vec<Vec<u8>> {
    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag, content.len() as u8];
        bytes.extend(content);
        bytes
    }
    let id = |n: u8| tlv(2, &[n]);
    let octets = |text: &str| tlv(4, text.as_bytes());
    let bind =
        tlv(0x60, &[tlv(2, &[3]), octets(ADMINISTRATOR.0), tlv(0x80, ADMINISTRATOR.1.as_bytes())].concat());
    let filter = tlv(
        0xa0,
        &[tlv(0x87, b"objectClass"), tlv(0xa2, &tlv(0xa3, &[octets("cn"), octets("x")].concat()))].concat(),
    );
    let fields = [
        octets(BASE),
        tlv(10, &[2]),
        tlv(10, &[0]),
        tlv(2, &[5]),
        tlv(2, &[0]),
        tlv(1, &[0]),
        filter,
        tlv(0x30, &octets("cn")),
    ];
    let control = tlv(
        0xa0,
        &tlv(
            0x30,
            &[octets("1.2.840.113556.1.4.319"), tlv(4, &tlv(0x30, &[tlv(2, &[3]), octets("")].concat()))]
                .concat(),
        ),
    );
    let search = [id(2), tlv(0x63, &fields.concat()), control].concat();
    let modify = tlv(
        0x66,
        &[
            octets("CN=jdoe,CN=Users,DC=corp,DC=example"),
            tlv(
                0x30,
                &tlv(
                    0x30,
                    &[tlv(10, &[2]), tlv(0x30, &[octets("title"), tlv(0x31, &octets("x"))].concat())]
                        .concat(),
                ),
            ),
        ]
        .concat(),
    );
    let negotiate = tlv(
        0x60,
        &[
            tlv(2, &[3]),
            octets(""),
            tlv(0xa3, &[octets("GSS-SPNEGO"), octets("NTLMSSP\0\x01\0\0\0\0\0\0\0")].concat()),
        ]
        .concat(),
    );
    vec![
        tlv(0x30, &[id(1), bind].concat()),
        tlv(0x30, &search),
        tlv(0x30, &[id(3), modify].concat()),
        tlv(0x30, &[id(4), negotiate].concat()),
        tlv(0x30, &[id(5), tlv(0x77, &tlv(0x80, b"1.3.6.1.4.1.4203.1.11.3"))].concat()),
    ]
}

#[tokio::test]
async fn what_is_no_message_is_answered_by_a_notice_of_disconnection() -> Outcome {
    let field = Field::new(delayed()).await?;
    let address = field.pdc.ldap_address().ok_or("no address")?;
    let deep = {
        // Filters within filters within filters.
        let mut filter = vec![0x87, 1, b'x'];
        for _ in 0..400 {
            let mut outer = vec![0xa2, 0x82, (filter.len() >> 8) as u8, filter.len() as u8];
            outer.extend(&filter);
            filter = outer;
        }
        let mut body = vec![4, 0, 10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0];
        body.extend(&filter);
        body.extend([0x30, 0]);
        let mut message = vec![2, 1, 1, 0x63, 0x82, (body.len() >> 8) as u8, body.len() as u8];
        message.extend(body);
        let mut whole = vec![0x30, 0x82, (message.len() >> 8) as u8, message.len() as u8];
        whole.extend(message);
        whole
    };
    for octets in
        [b"GET / HTTP/1.0\r\n\r\n".to_vec(), vec![0x30, 0x80, 0, 0], vec![0x30, 0x84, 0x7f, 0, 0, 0], deep]
    {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(&octets).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let text = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            text.contains("1.3.6.1.4.1.1466.20036") && text.contains("Error decoding ldap message"),
            "{text}"
        );
        assert_eq!(answer[..2], [0x30, 0x84], "lengths are in the long form");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_fault_cuts_between_the_client_and_a_controller_waits_until_it_is_over() -> Outcome {
    let cut = FaultKind::Partition { from: vec!["WS1".into()], to: vec!["BDC1".into()], one_way: false };
    let world = delayed().workstation("WS1").fault("cut", cut, Span::mins(10), Some(Span::mins(20)));
    let (hand, listen) = (Hand::default(), || TcpListener::bind("127.0.0.1:0"));
    let live = LiveDomain::new(world.build(1)?, hand.clone());
    let on_ws1 = Options { client: Some("WS1".into()), ..Options::default() };
    let pdc = serve(listen().await?, &live, "PDC1", on_ws1.clone())?;
    let bdc = serve(listen().await?, &live, "BDC1", on_ws1)?;
    let (mut at_pdc, mut at_bdc) =
        (Field::bound(&pdc, ADMINISTRATOR).await?, Field::bound(&bdc, ADMINISTRATOR).await?);
    live.with(|domain, _| domain.drain_facts());

    hand.to(Span::mins(10));
    let waiting = tokio::spawn(async move { find(&mut at_bdc, "(sAMAccountName=jdoe)").await });
    let mut changes = live.changes();
    let touched = |domain: &mut Domain| {
        domain.drain_facts().iter().any(|record| matches!(record.fact, Fact::FaultTouched { .. }))
    };
    while !live.with(|domain, _| touched(domain)) {
        tokio::time::timeout(Duration::from_secs(30), changes.changed()).await??;
    }
    assert_eq!(find(&mut at_pdc, "(sAMAccountName=jdoe)").await?.len(), 1, "nothing is cut there");
    assert!(!waiting.is_finished());

    hand.to(Span::mins(20));
    live.advance();
    let found = tokio::time::timeout(Duration::from_secs(30), waiting).await???;
    assert_eq!(found.len(), 1);
    Ok(())
}

fn control(oid: &str, critical: bool, value: Option<&[u8]>) -> RawControl {
    RawControl { ctype: oid.to_owned(), crit: critical, val: value.map(<[u8]>::to_vec) }
}

/// A search with one control: names, result.
async fn controlled(
    ldap: &mut Ldap,
    filter: &str,
    control: RawControl,
) -> Result<(Vec<String>, ldap3::LdapResult), ldap3::LdapError> {
    let search = ldap.with_controls(control).search(BASE, Scope::Subtree, filter, vec!["cn"]).await?;
    let ldap3::SearchResult(entries, result) = search;
    let entries = entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct);
    Ok((entries.map(|entry| entry.dn).collect(), result))
}

#[tokio::test]
async fn controls_are_obeyed_or_refused() -> Outcome {
    let field = Field::new(delayed().user("ann", "Passw0rd!", &[])).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let users = "(|(sAMAccountName=jdoe)(sAMAccountName=ann))";
    let (_, refused) = controlled(&mut ldap, users, control("1.2.3.4", true, None)).await?;
    assert!(refused.rc == 12 && refused.text.starts_with("00000057: LdapErr"), "{refused:?}");
    let (found, passed) = controlled(&mut ldap, users, control("1.2.3.4", false, None)).await?;
    assert_eq!((found.len(), passed.rc), (2, 0));
    let (_, wrong) =
        controlled(&mut ldap, users, control("1.2.840.113556.1.4.319", true, Some(b"x"))).await?;
    assert!(wrong.rc == 12 && wrong.text.starts_with("00000057: LdapErr"), "{wrong:?}");
    let passed = control("1.2.840.113556.1.4.319", false, Some(b"x"));
    let (found, passed) = controlled(&mut ldap, users, passed).await?;
    assert_eq!((found.len(), passed.rc, passed.ctrls.len()), (2, 0, 0));
    // Sorted by name, and the other way round.
    for (reverse, first) in [(None, "CN=ann"), (Some([0x81, 1, 0xff]), "CN=jdoe")] {
        let mut key = vec![4, 2, b'c', b'n'];
        key.extend(reverse.into_iter().flatten());
        let mut value = vec![0x30, key.len() as u8 + 2, 0x30, key.len() as u8];
        value.extend(key);
        let (found, _) =
            controlled(&mut ldap, users, control("1.2.840.113556.1.4.473", true, Some(&value))).await?;
        assert!(found.len() == 2 && found[0].starts_with(first), "{found:?}");
    }
    // What is deleted shows only to whoever says so.
    ldap.delete(&format!("CN=jdoe,CN=Users,{BASE}")).await?.success()?;
    assert!(find(&mut ldap, "(lastKnownParent=*)").await?.is_empty());
    let shown = control("1.2.840.113556.1.4.417", true, None);
    let (found, _) = controlled(&mut ldap, "(lastKnownParent=*)", shown).await?;
    assert!(found.len() == 1 && found[0].starts_with("CN=jdoe\\0ADEL:"), "{found:?}");
    // Its logon name finds it, and it keeps that, its flags and its identifier; not what it belonged to.
    let shown = control("1.2.840.113556.1.4.417", true, None);
    let named = "(sAMAccountName=jdoe)";
    let searched = ldap.with_controls(shown).search(BASE, Scope::Subtree, named, vec!["*"]).await?;
    let (entries, _) = searched.success()?;
    let grave = entries.into_iter().find(|entry| !entry.is_ref()).map(SearchEntry::construct);
    let grave = grave.ok_or("no tombstone")?;
    let has = |name: &str| grave.attrs.get(name).map(|values| values.join(", "));
    assert_eq!(has("userAccountControl").as_deref(), Some("512"), "{grave:?}");
    assert_eq!(has("lastKnownParent"), Some(format!("CN=Users,{BASE}")));
    assert!(grave.bin_attrs.contains_key("objectSid"), "{grave:?}");
    for gone in ["objectCategory", "sAMAccountType", "primaryGroupID", "pwdLastSet", "memberOf"] {
        assert_eq!(has(gone), None, "{grave:?}");
    }
    assert!(find(&mut ldap, named).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn synchronisation_gives_what_has_changed_since_its_cookie() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut ldap = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let dirsync = |cookie: &[u8]| {
        let mut value = vec![0x30, cookie.len() as u8 + 8, 2, 1, 0, 2, 1, 0, 4, cookie.len() as u8];
        value.extend(cookie);
        control("1.2.840.113556.1.4.841", true, Some(&value))
    };
    let (found, result) = controlled(&mut ldap, "(objectClass=user)", dirsync(b"")).await?;
    assert!(found.len() >= 3, "{found:?}");
    let answer = result.ctrls[0].1.val.clone().ok_or("no cookie")?;
    let mark = answer.windows(4).position(|octets| octets == b"MSDS").ok_or("no cookie")?;
    let cookie = &answer[mark..];
    let (found, _) = controlled(&mut ldap, "(objectClass=user)", dirsync(cookie)).await?;
    assert!(found.is_empty(), "{found:?}");
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    ldap.modify(&dn, vec![Mod::Replace("title", set(&["Clerk"]))]).await?.success()?;
    let (found, _) = controlled(&mut ldap, "(objectClass=user)", dirsync(cookie)).await?;
    assert_eq!(found, [dn]);
    let mut nobody = Field::bound(&field.pdc, ("CORP\\jdoe", "Passw0rd!")).await?;
    assert_eq!(controlled(&mut nobody, "(objectClass=user)", dirsync(b"")).await?.1.rc, 50);
    Ok(())
}

#[tokio::test]
async fn a_watch_tells_of_changes_as_they_arrive() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut watcher = Field::bound(&field.bdc, ADMINISTRATOR).await?;
    let mut writer = Field::bound(&field.pdc, ADMINISTRATOR).await?;
    let watch = control("1.2.840.113556.1.4.528", true, None);
    let base = format!("CN=Users,{BASE}");
    let mut stream = watcher
        .with_controls(watch)
        .streaming_search(&base, Scope::OneLevel, "(objectClass=*)", vec!["title"])
        .await?;
    let dn = format!("CN=jdoe,CN=Users,{BASE}");
    writer.modify(&dn, vec![Mod::Replace("title", set(&["Clerk"]))]).await?.success()?;
    let soon = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(soon, stream.next()).await.is_err(), "it has not replicated yet");
    field.hand.to(Span::mins(40));
    field.live.advance();
    let entry =
        tokio::time::timeout(std::time::Duration::from_secs(10), stream.next()).await??.ok_or("no entry")?;
    let entry = SearchEntry::construct(entry);
    assert_eq!((entry.dn, entry.attrs["title"].as_slice()), (dn, ["Clerk".to_owned()].as_slice()));
    Ok(())
}
