//! Faults of a scenario, as clients at the ports meet them.

use std::future::Future;
use std::time::Duration;

use ldap3::{Ldap, LdapError, Mod, Scope};
use mockdc_mocks::ldap::{LiveDomain, Options, Server, serve};
use mockdc_mocks::{
    Domain, DomainBuilder, Fact, FaultKind, FaultSpec, Occasions, SimTime, Span, VerbKind, Win32Error,
};
use tokio::net::TcpListener;

use super::{ADMINISTRATOR, BASE, Field, Hand, Outcome, attributes, find, set};

/// A controller with clients at a known host, and the scenario's time.
pub(super) struct Port {
    pub(super) hand: Hand,
    pub(super) live: LiveDomain,
    pub(super) pdc: Server,
}

pub(super) fn world() -> DomainBuilder {
    Domain::builder().pdc("PDC1").workstation("WS1").user("jdoe", "Passw0rd!", &[])
}

fn refuse(verb: VerbKind, code: Win32Error) -> FaultKind {
    FaultKind::Refuse { verb, at: None, from: None, account: None, code }
}

fn drop_of(verb: Option<VerbKind>, from: Option<&str>) -> FaultKind {
    FaultKind::Drop { verb, at: None, from: from.map(Into::into), timeout: Span::secs(30) }
}

impl Port {
    pub(super) async fn new(
        world: DomainBuilder,
        client: Option<&str>,
    ) -> Result<Port, Box<dyn std::error::Error>> {
        let hand = Hand::default();
        let live = LiveDomain::new(world.build(1)?, hand.clone());
        let options = Options { client: client.map(Into::into), ..Options::default() };
        let pdc = serve(TcpListener::bind("127.0.0.1:0").await?, &live, "PDC1", options)?;
        Ok(Port { hand, live, pdc })
    }

    /// Lets a span of the scenario's time pass.
    pub(super) fn to(&self, at: Span) {
        self.hand.to(at);
        self.live.advance();
    }

    /// What faults have touched since the last look.
    pub(super) fn touched(&self) -> Vec<String> {
        let records = self.live.with(|domain, _| domain.drain_facts());
        let touched = records.into_iter().filter_map(|record| match record.fact {
            Fact::FaultTouched { touched, .. } => Some(touched.to_string()),
            _ => None,
        });
        touched.collect()
    }

    /// Waits until something is due at this instant.
    pub(super) async fn due(&self, at: Span) -> Outcome {
        let mut changes = self.live.changes();
        while self.live.advance() != Some(SimTime::START + at) {
            tokio::time::timeout(Duration::from_secs(30), changes.changed()).await??;
        }
        Ok(())
    }

    /// Waits until a fault has touched something, and says what.
    pub(super) async fn touches(&self) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let mut changes = self.live.changes();
        loop {
            let touched = self.touched();
            if !touched.is_empty() {
                return Ok(touched);
            }
            tokio::time::timeout(Duration::from_secs(30), changes.changed()).await??;
        }
    }
}

pub(super) async fn within<T>(work: impl Future<Output = T>) -> Result<T, tokio::time::error::Elapsed> {
    tokio::time::timeout(Duration::from_secs(30), work).await
}

pub(super) fn jdoe() -> String {
    format!("CN=jdoe,CN=Users,{BASE}")
}

/// What a refused operation says: its result and the beginning of its text.
fn said(result: &ldap3::LdapResult) -> (u32, String) {
    (result.rc, result.text.chars().take(8).collect())
}

#[tokio::test]
async fn an_operation_is_refused_as_the_call_that_it_stands_for() -> Outcome {
    let every = [
        ("add", VerbKind::UserAdd, 5),
        ("group", VerbKind::GroupAdd, 1723),
        ("local", VerbKind::LocalGroupAdd, 1722),
        ("member", VerbKind::GroupAddUser, 2236),
        ("look", VerbKind::UserInfo, 2221),
        ("comment", VerbKind::UserSetComment, 170),
        ("delete", VerbKind::UserDelete, 1314),
    ];
    let world = every.iter().fold(world(), |world, (name, verb, code)| {
        world.fault(name, refuse(*verb, Win32Error(*code)), Span::ZERO, Some(Span::hours(1)))
    });
    let port = Port::new(world, None).await?;
    let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
    let dn = |name: &str| format!("CN={name},CN=Users,{BASE}");
    let user = attributes(&[("objectClass", "user"), ("sAMAccountName", "ann")]);
    let group = |kind| attributes(&[("objectClass", "group"), ("sAMAccountName", "g"), ("groupType", kind)]);
    let member = "CN=jdoe,CN=Users,DC=corp,DC=example";
    let joins = vec![Mod::Add("member", set(&[member]))];
    let admins = dn("Domain Admins");
    let text = vec![Mod::Replace("description", set(&["x"]))];
    let filter = "(sAMAccountName=jdoe)";
    let refusals = [
        said(&ldap.add(&dn("ann"), user.clone()).await?),
        said(&ldap.add(&dn("g"), group("-2147483646")).await?),
        said(&ldap.add(&dn("g"), group("-2147483644")).await?),
        said(&ldap.modify(&admins, joins.clone()).await?),
        said(&ldap.search(BASE, Scope::Subtree, filter, vec!["*"]).await?.1),
        said(&ldap.modify(&jdoe(), text).await?),
        said(&ldap.delete(&jdoe()).await?),
    ];
    let expected = [
        (50, "00000005"),
        (53, "000006BB"),
        (52, "000006BA"),
        (68, "00000562"),
        (32, "0000208D"),
        (51, "000000AA"),
        (53, "00000522"),
    ];
    assert_eq!(refusals, expected.map(|(code, text)| (code, text.to_owned())));
    let touched = port.touched();
    assert_eq!(touched.len(), every.len());
    assert_eq!(touched[0], "user-add from a client");

    // None of it was done, and all of it goes when the faults are over.
    port.to(Span::hours(1));
    assert_eq!(find(&mut ldap, "(sAMAccountName=ann)").await?.len(), 0);
    ldap.add(&dn("ann"), user).await?.success()?;
    ldap.modify(&admins, joins).await?.success()?;
    ldap.delete(&jdoe()).await?.success()?;
    assert_eq!(port.touched(), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_refusal_counts_and_looks_at_whom_and_from_where_it_is_asked() -> Outcome {
    let kind = FaultKind::Refuse {
        verb: VerbKind::UserInfo,
        at: None,
        from: Some("WS1".into()),
        account: Some("jdoe".into()),
        code: Win32Error::ACCESS_DENIED,
    };
    for (client, expected) in [(Some("WS1"), [50, 50, 0]), (Some("PDC1"), [0, 0, 0]), (None, [0, 0, 0])] {
        let port = Port::new(world(), client).await?;
        port.live.with(|domain, now| {
            let spec = FaultSpec {
                name: "deaf".into(),
                kind: kind.clone(),
                from: Span::ZERO,
                until: None,
                count: Occasions::First(2),
                touches_nothing: false,
            };
            domain.add_fault(now, spec)
        })?;
        let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
        assert_eq!(find(&mut ldap, "(sAMAccountName=Administrator)").await?.len(), 1, "another account");
        let mut codes = Vec::new();
        for _ in 0..3 {
            codes.push(ldap.search(&jdoe(), Scope::Base, "(objectClass=*)", vec!["*"]).await?.1.rc);
        }
        assert_eq!(codes, expected, "{client:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_bind_is_a_wrong_password_only_when_the_account_is_at_fault() -> Outcome {
    for (code, expected) in [(1326, (49, "80090308")), (1909, (49, "80090308")), (1722, (52, "000006BA"))] {
        let fault = refuse(VerbKind::Logon, Win32Error(code));
        let port = Port::new(world().fault("no", fault, Span::ZERO, Some(Span::mins(1))), None).await?;
        let mut ldap = Field::at(&port.pdc).await?;
        let refused = ldap.simple_bind(ADMINISTRATOR.0, ADMINISTRATOR.1).await?;
        assert_eq!(said(&refused), (expected.0, expected.1.to_owned()), "{}", refused.text);
        assert!(!refused.text.contains("data 6ba"));
        assert_eq!(port.touched(), ["logon from a client"]);
        port.to(Span::mins(1));
        ldap.simple_bind(ADMINISTRATOR.0, ADMINISTRATOR.1).await?.success()?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_dropped_is_not_done_and_the_connection_breaks_when_the_caller_would_give_up() -> Outcome {
    let fault = drop_of(Some(VerbKind::UserDelete), None);
    let port = Port::new(world().fault("lost", fault, Span::ZERO, Some(Span::mins(10))), None).await?;
    let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
    assert_eq!(find(&mut ldap, "(sAMAccountName=jdoe)").await?.len(), 1, "another operation");
    let deleting = tokio::spawn(async move { ldap.delete(&jdoe()).await });
    assert_eq!(port.touches().await?, ["user-delete from a client"]);
    port.due(Span::secs(30)).await?;
    port.to(Span::secs(29));
    assert!(!deleting.is_finished());
    port.to(Span::secs(30));
    assert!(within(deleting).await??.is_err(), "the connection is gone");
    let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
    assert_eq!(find(&mut ldap, "(sAMAccountName=jdoe)").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_fault_that_drops_everything_drops_binds_and_what_is_no_call() -> Outcome {
    let fault = drop_of(None, Some("WS1"));
    let world = || world().fault("deaf", fault.clone(), Span::ZERO, Some(Span::mins(10)));
    let port = Port::new(world(), Some("WS1")).await?;
    let (mut ldap, mut other) = (Field::at(&port.pdc).await?, Field::at(&port.pdc).await?);
    let binding = tokio::spawn(async move { ldap.simple_bind(ADMINISTRATOR.0, ADMINISTRATOR.1).await });
    assert_eq!(port.touches().await?, ["logon from WS1"]);
    let asking = tokio::spawn(async move { root(&mut other).await });
    assert_eq!(port.touches().await?, ["a message from WS1"]);
    port.due(Span::secs(30)).await?;
    port.to(Span::secs(30));
    assert!(within(binding).await??.is_err());
    assert!(within(asking).await??.is_err());
    // Of whom nobody knows where he is, the fault says nothing.
    let port = Port::new(world(), None).await?;
    Field::bound(&port.pdc, ADMINISTRATOR).await?;
    assert_eq!(port.touched(), Vec::<String>::new());
    Ok(())
}

/// The root of the directory service, which anybody may read.
async fn root(ldap: &mut Ldap) -> Result<(), LdapError> {
    ldap.search("", Scope::Base, "(objectClass=*)", vec!["dnsHostName"]).await?.success().map(|_| ())
}

#[tokio::test]
async fn a_slow_link_holds_each_answer_back_in_the_scenarios_time() -> Outcome {
    let between = ("PDC1".into(), "WS1".into());
    let slow = FaultKind::Slow { between, latency: Span::secs(2), bits_per_second: None };
    let world = || world().fault("slow", slow.clone(), Span::secs(10), None);
    let port = Port::new(world(), Some("WS1")).await?;
    let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
    port.to(Span::secs(10));
    let deleting = tokio::spawn(async move { ldap.delete(&jdoe()).await.map(|_| ldap) });
    assert_eq!(port.touches().await?, ["user-delete from WS1"]);
    // Two seconds there and two back.
    port.due(Span::secs(14)).await?;
    port.to(Span::millis(13_999));
    assert!(!deleting.is_finished());
    port.to(Span::secs(14));
    let _ldap = within(deleting).await???;
    let port = Port::new(world(), None).await?;
    port.to(Span::secs(10));
    Field::bound(&port.pdc, ADMINISTRATOR).await?;
    assert_eq!(port.touched(), Vec::<String>::new(), "nobody knows where the client is");
    Ok(())
}

#[tokio::test]
async fn a_paused_controller_answers_nothing_until_it_goes_on() -> Outcome {
    let pause = FaultKind::Pause { at: "PDC1".into() };
    let world = world().fault("asleep", pause, Span::mins(1), Some(Span::mins(5)));
    let port = Port::new(world, None).await?;
    let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
    port.to(Span::mins(1));
    let finding = tokio::spawn(async move { find(&mut ldap, "(sAMAccountName=jdoe)").await });
    assert_eq!(port.touches().await?, ["a message from a client"]);
    let mut other = Field::at(&port.pdc).await?;
    let binding = tokio::spawn(async move { other.simple_bind(ADMINISTRATOR.0, ADMINISTRATOR.1).await });
    assert_eq!(port.touches().await?, ["a message from a client"]);
    port.to(Span::mins(4));
    assert!(!finding.is_finished() && !binding.is_finished());
    port.to(Span::mins(5));
    assert_eq!(within(finding).await???.len(), 1);
    assert_eq!(within(binding).await???.rc, 0);
    Ok(())
}

#[tokio::test]
async fn what_a_modification_writes_says_which_operation_it_is() -> Outcome {
    let replace = |name, value| Mod::Replace(name, set(&[value]));
    let change = vec![Mod::Delete("unicodePwd", set(&["old"])), Mod::Add("unicodePwd", set(&["new"]))];
    let every = [
        (vec![replace("unicodePwd", "new")], VerbKind::UserSetPassword),
        (change, VerbKind::UserChangePassword),
        (vec![replace("title", "Clerk"), replace("description", "x")], VerbKind::UserSetComment),
        (vec![replace("userAccountControl", "514")], VerbKind::UserSetFlags),
        (vec![replace("lockoutTime", "0")], VerbKind::UserSetFlags),
        (vec![replace("accountExpires", "0")], VerbKind::UserSetExpiry),
        (vec![replace("userWorkstations", "WS1")], VerbKind::UserSetLogonLimits),
        (vec![replace("sAMAccountName", "doe")], VerbKind::UserRename),
        (vec![replace("primaryGroupID", "512")], VerbKind::UserSetPrimaryGroup),
    ];
    for (changes, verb) in every {
        let fault = refuse(verb, Win32Error(1314));
        let port = Port::new(world().fault("no", fault, Span::ZERO, None), None).await?;
        let mut ldap = Field::bound(&port.pdc, ADMINISTRATOR).await?;
        let refused = ldap.modify(&jdoe(), changes).await?;
        assert_eq!(said(&refused), (53, "00000522".to_owned()), "{verb}: {}", refused.text);
        assert_eq!(port.touched(), [format!("{verb} from a client")]);
    }
    Ok(())
}
