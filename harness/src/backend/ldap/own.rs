//! A domain at real ports, for Rust tests: what `--backend ldap` is for scenarios.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use mockdc_containers::Scale;
use mockdc_mocks::ldap::DEFAULT_START_UNIX_MS;
use mockdc_mocks::{
    AccountName, Answer, Caller, Domain, DomainBuilder, FactRecord, FaultKind, HostName, Operation, Port,
    Replication, Secret, SimTime, Span, SpecError, Verb, Win32Error, WorldSpec,
};

use super::{NoPorts, Wired};
use crate::run::{Trouble, World};

/// A domain whose controllers are called at their ports on 127.0.0.1, by an LDAP client over TCP, for all that LDAP can
/// say; the rest goes to the model directly. Clones are the same domain; its ports are closed with the last of them.
///
/// Time stands still but for [`LdapDomain::pass`] and what answers take, so that a test waits for nothing;
/// [`LdapDomainBuilder::speed`] lets it follow the wall. Polled in a tokio runtime.
///
/// ```
/// use mockdc::backend::LdapDomain;
/// use mockdc_mocks::{Caller, Span, Verb, Win32Error};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let domain = LdapDomain::builder().bdcs(2).delay(Span::mins(5)).start().await?;
/// let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
/// let (user, password) = ("SMS&_BDC1".into(), "S3cret-password".into());
/// let add = Verb::UserAdd { user, password, comment: None, flags: Default::default() };
/// domain.call_verb(&admin, "PDC1", add).await?;
///
/// let probe = || Verb::UserInfo { user: "SMS&_BDC1".into() };
/// assert_eq!(domain.call_verb(&admin, "BDC2", probe()).await, Err(Win32Error::USER_NOT_FOUND)); // 2221
/// domain.pass(Span::mins(5)).await?;
/// assert!(domain.call_verb(&admin, "BDC2", probe()).await.is_ok());
/// assert_eq!((domain.by_wire(), domain.differences()), (3, vec![]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LdapDomain(Rc<Own>);

struct Own {
    wired: Wired,
    clock: OwnClock,
    trouble: RefCell<Option<Trouble>>,
}

/// The scenario's time: moved by hand, or with the wall.
enum OwnClock {
    Still(Cell<SimTime>),
    Wall(Scale),
}

/// Why a domain is not at its ports.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LdapDomainError {
    /// The world cannot be built at all.
    #[error("the world is impossible: {0}")]
    World(#[from] SpecError),
    /// A port of 127.0.0.1 is not to be had: something else takes all of them, or may not be opened here.
    #[error("{0}")]
    Ports(String),
    /// A controller's port has stopped answering. That is a bug of mockdc.
    #[error("{0}")]
    Broken(#[from] Trouble),
}

/// Builds an [`LdapDomain`] step by step, as [`Domain::builder`] builds the model alone: the PDC is `PDC1`, the BDCs are
/// `BDC1`, `BDC2` and so on. Whatever has no method of its own stands in [`LdapDomainBuilder::spec`].
#[derive(Clone, Debug)]
#[must_use = "a builder opens no port before `start`"]
pub struct LdapDomainBuilder {
    world: DomainBuilder,
    speed: Option<f64>,
    seed: u64,
}

impl LdapDomainBuilder {
    /// Adds so many BDCs.
    pub fn bdcs(mut self, count: usize) -> LdapDomainBuilder {
        let present = self.world.spec().dcs.len() - 1;
        for number in present + 1..=present + count {
            self.world = self.world.bdc(format!("BDC{number}").as_str());
        }
        self
    }

    /// Adds a workstation; it has no port, and is called directly.
    pub fn workstation(mut self, name: impl Into<HostName>) -> LdapDomainBuilder {
        self.world = self.world.workstation(name);
        self
    }

    /// Adds a member server; it has no port, and is called directly.
    pub fn member_server(mut self, name: impl Into<HostName>) -> LdapDomainBuilder {
        self.world = self.world.member_server(name);
        self
    }

    /// Every change becomes visible elsewhere this long after its commit.
    pub fn delay(mut self, delay: Span) -> LdapDomainBuilder {
        self.world = self.world.delay(delay);
        self
    }

    /// Sets the replication model.
    pub fn replication(mut self, replication: Replication) -> LdapDomainBuilder {
        self.world = self.world.replication(replication);
        self
    }

    /// Adds a domain user that is a member of these groups beside Domain Users.
    pub fn user(
        mut self,
        name: impl Into<AccountName>,
        password: impl Into<Secret>,
        member_of: &[&str],
    ) -> LdapDomainBuilder {
        self.world = self.world.user(name, password, member_of);
        self
    }

    /// Adds a fault that touches every occasion from one instant until another.
    pub fn fault(
        mut self,
        name: &str,
        kind: FaultKind,
        from: Span,
        until: Option<Span>,
    ) -> LdapDomainBuilder {
        self.world = self.world.fault(name, kind, from, until);
        self
    }

    /// Lets the scenario run on the wall, so many times faster: 60 is a minute in a second.
    pub fn speed(mut self, speed: f64) -> LdapDomainBuilder {
        self.speed = Some(speed);
        self
    }

    /// The seed of everything that is drawn; 1 unless said otherwise.
    pub fn seed(mut self, seed: u64) -> LdapDomainBuilder {
        self.seed = seed;
        self
    }

    /// The world as plain data, to change what has no method here.
    pub fn spec(&mut self) -> &mut WorldSpec {
        self.world.spec()
    }

    /// Opens the controllers' ports. The run begins on Tuesday 2002-08-06 at 9:00, as that of a scenario does.
    ///
    /// # Errors
    ///
    /// When the world is impossible, or no port is to be had.
    pub async fn start(mut self) -> Result<LdapDomain, LdapDomainError> {
        let since_monday = Span::days(1) + Span::hours(9);
        let model = Domain::new(self.world.spec(), since_monday, self.seed)?;
        let started =
            Wired::of(model, self.world.spec(), since_monday, DEFAULT_START_UNIX_MS, self.seed).await;
        let wired = started.map_err(|NoPorts(why)| LdapDomainError::Ports(why))?;
        let clock = match self.speed {
            None => OwnClock::Still(Cell::new(SimTime::START)),
            Some(speed) => OwnClock::Wall(Scale::starting_now(speed)),
        };
        Ok(LdapDomain(Rc::new(Own { wired, clock, trouble: RefCell::default() })))
    }
}

impl LdapDomain {
    /// A domain of a PDC alone; the replication is that of Windows NT 4.0 unless said otherwise.
    pub fn builder() -> LdapDomainBuilder {
        LdapDomainBuilder { world: Domain::builder().pdc("PDC1"), speed: None, seed: 1 }
    }

    /// The present instant of the scenario.
    pub fn now(&self) -> SimTime {
        match &self.0.clock {
            OwnClock::Still(now) => now.get(),
            OwnClock::Wall(scale) => scale.now(),
        }
    }

    /// Performs a verb at a host. The future is done when the caller would have its answer.
    pub async fn call_verb(&self, by: &Caller, at: impl Into<HostName>, verb: Verb) -> Answer {
        self.call(by, Operation::new(at, verb)).await
    }

    /// Lets so much time of the scenario pass, and everything happen that is due in it.
    ///
    /// # Errors
    ///
    /// When a controller's port has stopped answering.
    pub async fn pass(&self, span: Span) -> Result<(), LdapDomainError> {
        self.until(self.now() + span).await;
        Ok(self.0.wired.advance(self.now()).await?)
    }

    /// Takes what has happened since the last call, in order, up to the last operation or passing of time.
    pub fn drain_facts(&self) -> Vec<FactRecord> {
        self.0.wired.drain_facts()
    }

    /// Where the ports have answered or shown otherwise than the model that is called directly.
    pub fn differences(&self) -> Vec<String> {
        self.0.wired.differences()
    }

    /// How many operations went over the wire.
    pub fn by_wire(&self) -> u64 {
        self.0.wired.by_wire()
    }

    /// What broke the domain; `None` as long as it works. Calls after it are answered with 1722.
    pub fn trouble(&self) -> Option<Trouble> {
        self.0.trouble.borrow().clone()
    }

    /// Waits until an instant has come.
    async fn until(&self, at: SimTime) {
        match &self.0.clock {
            OwnClock::Still(now) => now.set(now.get().max(at)),
            OwnClock::Wall(scale) => {
                if let Some(wall) = scale.wall(at) {
                    tokio::time::sleep_until(wall).await;
                }
            }
        }
    }
}

impl Port for LdapDomain {
    fn call(&self, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Answer> {
        let (domain, by) = (self.clone(), by.clone());
        async move {
            let now = domain.now();
            match domain.0.wired.call(now, &by, operation).await {
                Ok(outcome) => {
                    domain.until(now + outcome.takes).await;
                    outcome.answer
                }
                Err(trouble) => {
                    tracing::warn!(%trouble, "the domain at its ports is broken");
                    domain.0.trouble.borrow_mut().get_or_insert(trouble);
                    Err(Win32Error::SERVER_UNAVAILABLE)
                }
            }
        }
        .boxed_local()
    }
}

#[cfg(test)]
mod tests {
    use mockdc_mocks::{LogonType, Name};

    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    fn admin() -> Caller {
        Caller::domain("WS1", "Administrator", "Adm1n-password!")
    }

    fn comment(text: &str) -> Verb {
        Verb::UserSetComment { user: "jdoe".into(), comment: text.into() }
    }

    #[tokio::test]
    async fn what_ldap_can_say_goes_over_the_wire_and_the_rest_does_not() -> Outcome {
        let domain =
            LdapDomain::builder().bdcs(1).workstation("WS1").user("jdoe", "Passw0rd!", &[]).start().await?;
        domain.call_verb(&admin(), "PDC1", comment("at the port")).await?;
        assert_eq!(domain.by_wire(), 1);
        let key = || Name::from("HKLM\\Software\\x");
        let write = Verb::RegistryWrite { key: key(), value: "y".into(), data: mockdc_mocks::Data::Dword(1) };
        let local = Caller { host: "WS1".into(), who: mockdc_mocks::Who::System };
        domain.call_verb(&local, "WS1", write).await?;
        assert_eq!((domain.by_wire(), domain.differences(), domain.trouble()), (1, vec![], None));
        assert!(!domain.drain_facts().is_empty());
        Ok(())
    }

    #[tokio::test]
    async fn refusals_are_those_of_the_port() -> Outcome {
        let domain = LdapDomain::builder().bdcs(1).user("jdoe", "Passw0rd!", &[]).start().await?;
        assert_eq!(
            domain.call_verb(&admin(), "BDC1", comment("at a copy")).await,
            Err(Win32Error::NOT_PRIMARY)
        );
        let wrong = Caller::domain("WS1", "jdoe", "not-the-password").credentials().cloned().ok_or("none")?;
        let logon = Verb::Logon { credentials: wrong, logon: LogonType::Network };
        assert_eq!(domain.call_verb(&admin(), "PDC1", logon).await, Err(Win32Error::LOGON_FAILURE));
        assert_eq!(domain.differences(), Vec::<String>::new());
        Ok(())
    }

    #[tokio::test]
    async fn with_a_speed_its_clock_follows_the_wall() -> Outcome {
        let mut builder = LdapDomain::builder().bdcs(1).delay(Span::mins(10)).speed(6_000.0).seed(7);
        builder = builder.user("jdoe", "Passw0rd!", &[]);
        let domain = builder.start().await?;
        domain.call_verb(&admin(), "PDC1", comment("soon")).await?;
        let written = domain.now();
        domain.pass(Span::mins(10)).await?;
        assert!(domain.now().since(written) >= Span::mins(10));
        let shown = domain.call_verb(&admin(), "BDC1", Verb::UserInfo { user: "jdoe".into() }).await?;
        assert!(matches!(shown, mockdc_mocks::Reply::User(user) if user.comment == "soon"));
        Ok(())
    }

    #[tokio::test]
    async fn a_fault_on_the_wire_is_refused_and_not_inert() {
        let shut = FaultKind::ClosePort { at: Vec::new() };
        let builder = LdapDomain::builder().fault("shut", shut, Span::ZERO, None);
        let refused = builder.start().await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("the fault `shut` lies on the wire"), "{refused}");
    }

    #[tokio::test]
    async fn an_impossible_world_is_refused() -> Outcome {
        let mut builder = LdapDomain::builder();
        builder.spec().dcs.clear();
        assert!(matches!(builder.start().await, Err(LdapDomainError::World(_))));
        Ok(())
    }
}
