//! What can be asked: requests, answers, and what each does to a run.

use mockdc_mocks::{
    AccountPolicy, Caller, Credentials, FaultKind, FaultSpec, HostName, Invocation, Name, Occasions,
    Operation, Reply, SimTime, Span, Verb, Who,
};
use serde::{Deserialize, Serialize};

use crate::run::LiveDriver;

/// What was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Done {
    /// The scenario's time.
    pub now: SimTime,
    /// What, in words.
    pub what: String,
    /// The fault that was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Name>,
    /// The faults that were lifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifted: Vec<Name>,
    /// What an operation gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{error}")]
pub struct Refused {
    /// The status of HTTP that says so.
    #[serde(skip, default)]
    pub status: u16,
    /// Why.
    pub error: String,
    /// What remedies it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// The Win32 code with which the domain refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
}

impl Refused {
    /// With a status, a reason and a remedy.
    pub fn new(status: u16, error: impl Into<String>, help: impl Into<String>) -> Refused {
        Refused { status, error: error.into(), help: help.into(), code: None }
    }
}

/// `POST /v1/synchronize`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Synchronize {
    /// The backup controller; all of them when absent.
    pub at: Option<HostName>,
    /// The whole database, not only what has changed.
    pub full: bool,
}

/// `POST /v1/partition`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Partition {
    /// One side.
    pub from: Vec<HostName>,
    /// The other.
    pub to: Vec<HostName>,
    /// Only what goes from the first side to the other is lost.
    #[serde(default)]
    pub one_way: bool,
}

/// `POST /v1/heal`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Heal {
    /// The fault; all partitions that are open when absent.
    pub fault: Option<Name>,
}

/// `POST /v1/hold` and `POST /v1/release`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Hold {
    /// The controllers; for a release all of them when empty.
    pub at: Vec<HostName>,
}

/// `POST /v1/crash`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Crash {
    /// The host.
    pub at: HostName,
    /// A controller forgets what it had committed and not yet passed on.
    #[serde(default)]
    pub loses_unreplicated: bool,
}

/// `POST /v1/restart`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Restart {
    /// The host that a crash has taken down.
    pub at: HostName,
}

/// `POST /v1/snapshot`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Snapshot {
    /// The controller.
    pub at: HostName,
    /// The snapshot's name; one of that name is replaced. `latest` when absent.
    #[serde(default = "latest")]
    pub name: Name,
}

/// `POST /v1/restore`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Restore {
    /// The controller.
    pub at: HostName,
    /// The snapshot; `latest` when absent.
    #[serde(default = "latest")]
    pub name: Name,
    /// Under which invocation id a controller of Active Directory goes on.
    #[serde(default)]
    pub invocation: Invocation,
}

fn latest() -> Name {
    "latest".into()
}

/// `POST /v1/fault`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AddFault {
    /// Its name; `control-N` when absent.
    #[serde(default)]
    pub name: Option<Name>,
    /// What it does.
    pub kind: FaultKind,
    /// How long it lasts; until it is lifted when absent.
    #[serde(default)]
    pub lasts: Option<Span>,
    /// Which of the occasions it touches.
    #[serde(default)]
    pub count: Occasions,
}

/// `POST /v1/policy`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SetPolicy {
    /// The host; the PDC, for the whole domain, when absent.
    #[serde(default)]
    pub at: Option<HostName>,
    /// The whole account policy.
    pub policy: AccountPolicy,
}

/// `POST /v1/operation`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Perform {
    /// The host; the PDC when absent.
    #[serde(default)]
    pub at: Option<HostName>,
    /// Under whom; the domain's Administrator when absent.
    #[serde(default)]
    pub user: Option<Credentials>,
    /// The operation with its arguments.
    pub operation: Verb,
}

/// `POST /v1/advance`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Advance {
    /// By how much of the scenario's time.
    pub by: Span,
}

/// `POST /v1/speed`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Speed {
    /// Seconds of the scenario in one of the wall; nothing: the clock stands until somebody moves it.
    pub speed: Option<f64>,
}

/// The longest that somebody may let pass at once.
const LONGEST: Span = Span::days(366);

/// Something that changes a run.
pub trait Action: Send + 'static {
    /// Does it, in the driver's thread, between two instants. `administrator` is who operators act as.
    fn perform(self, driver: &mut LiveDriver, administrator: &Credentials) -> Result<Done, Refused>;
}

fn done(driver: &LiveDriver, what: String) -> Done {
    Done { now: driver.stage().now(), what, fault: None, lifted: Vec::new(), reply: None }
}

impl Action for Synchronize {
    fn perform(self, driver: &mut LiveDriver, administrator: &Credentials) -> Result<Done, Refused> {
        let full = self.full;
        let (at, operation) = match self.at {
            Some(at) => (Some(at), Verb::Synchronize { full }),
            None => (None, Verb::SynchronizeDomain { full }),
        };
        Perform { at, user: None, operation }.perform(driver, administrator)
    }
}

impl Action for SetPolicy {
    fn perform(self, driver: &mut LiveDriver, administrator: &Credentials) -> Result<Done, Refused> {
        let operation = Verb::AccountPolicySet { policy: self.policy };
        Perform { at: self.at, user: None, operation }.perform(driver, administrator)
    }
}

impl Action for Snapshot {
    fn perform(self, driver: &mut LiveDriver, administrator: &Credentials) -> Result<Done, Refused> {
        let operation = Verb::SnapshotTake { name: self.name };
        Perform { at: Some(self.at), user: None, operation }.perform(driver, administrator)
    }
}

impl Action for Restore {
    fn perform(self, driver: &mut LiveDriver, administrator: &Credentials) -> Result<Done, Refused> {
        let Restore { at, name, invocation } = self;
        known(driver, &at)?;
        let snapshots = driver.live().with(|domain, _| domain.snapshots(&at));
        if !snapshots.iter().any(|(known, _)| *known == name) {
            let names: Vec<&str> = snapshots.iter().map(|(name, _)| name.as_str()).collect();
            let help = match names.is_empty() {
                true => "no snapshot of it was taken: `POST /v1/snapshot` takes one".to_owned(),
                false => format!("there are: {}", names.join(", ")),
            };
            return Err(Refused::new(404, format!("there is no snapshot `{name}` of {at}"), help));
        }
        let operation = Verb::SnapshotRestore { name, invocation };
        Perform { at: Some(at), user: None, operation }.perform(driver, administrator)
    }
}

impl Action for Perform {
    fn perform(self, driver: &mut LiveDriver, administrator: &Credentials) -> Result<Done, Refused> {
        let at = self.at.unwrap_or_else(|| driver.pdc());
        known(driver, &at)?;
        let user = self.user.unwrap_or_else(|| administrator.clone());
        let kind = self.operation.kind();
        let subject = self.operation.subject().map_or_else(String::new, |subject| format!(" {subject}"));
        let what = format!("{kind}{subject} at {at} as {}", user.user);
        let by = Caller { host: at.clone(), who: Who::Credentials(user) };
        let outcome = driver.live().apply(&by, &Operation { at, verb: self.operation });
        driver.intervened(what.clone(), None, None);
        match outcome.answer {
            Ok(reply) => Ok(Done { reply: Some(reply), ..done(driver, what) }),
            Err(error) => {
                Err(Refused { code: Some(error.code()), ..Refused::new(409, format!("{what}: {error}"), "") })
            }
        }
    }
}

impl Action for AddFault {
    fn perform(self, driver: &mut LiveDriver, _: &Credentials) -> Result<Done, Refused> {
        let what = format!("fault {}", name_of(&self.kind));
        add(driver, self.name, self.kind, self.lasts, self.count, what)
    }
}

impl Action for Partition {
    fn perform(self, driver: &mut LiveDriver, _: &Credentials) -> Result<Done, Refused> {
        let Partition { from, to, one_way } = self;
        if from.is_empty() || to.is_empty() {
            return Err(Refused::new(422, "a partition has two sides", "name hosts in `from` and in `to`"));
        }
        let arrow = if one_way { "->" } else { "<->" };
        let what = format!("partition {} {arrow} {}", listed(&from), listed(&to));
        add(driver, None, FaultKind::Partition { from, to, one_way }, None, Occasions::All, what)
    }
}

impl Action for Crash {
    fn perform(self, driver: &mut LiveDriver, _: &Credentials) -> Result<Done, Refused> {
        let Crash { at, loses_unreplicated } = self;
        let what = format!("crash {at}");
        add(driver, None, FaultKind::Crash { at, loses_unreplicated }, None, Occasions::All, what)
    }
}

/// Replication to controllers is held from now on.
pub struct HoldNow(pub Hold);

impl Action for HoldNow {
    fn perform(self, driver: &mut LiveDriver, _: &Credentials) -> Result<Done, Refused> {
        let at = self.0.at;
        if at.is_empty() {
            return Err(Refused::new(422, "nothing is held", "name controllers in `at`"));
        }
        let what = format!("hold replication to {}", listed(&at));
        add(driver, None, FaultKind::Hold { at }, None, Occasions::All, what)
    }
}

/// Replication to controllers goes on.
pub struct Release(pub Hold);

impl Action for Release {
    fn perform(self, driver: &mut LiveDriver, _: &Credentials) -> Result<Done, Refused> {
        let wanted = self.0.at;
        let names = |at: &[HostName]| wanted.is_empty() || wanted.iter().any(|wanted| at.contains(wanted));
        lift(
            driver,
            "release replication",
            |fault| matches!(&fault.kind, FaultKind::Hold { at } if names(at)),
        )
    }
}

impl Action for Restart {
    fn perform(self, driver: &mut LiveDriver, _: &Credentials) -> Result<Done, Refused> {
        known(driver, &self.at)?;
        let what = format!("restart {}", self.at);
        lift(driver, &what, |fault| matches!(&fault.kind, FaultKind::Crash { at, .. } if *at == self.at))
    }
}

impl Action for Heal {
    fn perform(self, driver: &mut LiveDriver, _: &Credentials) -> Result<Done, Refused> {
        match self.fault {
            Some(name) => lift(driver, &format!("heal {name}"), |fault| fault.name == name),
            None => lift(driver, "heal", |fault| matches!(fault.kind, FaultKind::Partition { .. })),
        }
    }
}

impl Action for Advance {
    fn perform(self, driver: &mut LiveDriver, _: &Credentials) -> Result<Done, Refused> {
        if self.by <= Span::ZERO || self.by > LONGEST {
            let help = format!("write for example `\"10m\"`, at most {LONGEST}");
            return Err(Refused::new(422, format!("the clock does not move by {}", self.by), help));
        }
        let what = format!("advance by {}", self.by);
        driver.intervened(what.clone(), None, None);
        driver.pass(driver.stage().now() + self.by);
        Ok(done(driver, what))
    }
}

impl Action for Speed {
    fn perform(self, driver: &mut LiveDriver, _: &Credentials) -> Result<Done, Refused> {
        if self.speed.is_some_and(|speed| !speed.is_finite() || speed < 0.001) {
            return Err(Refused::new(
                422,
                "no such speed",
                "a speed is at least 0.001; null is a clock that stands",
            ));
        }
        driver.clock().set_speed(self.speed);
        let what = self.speed.map_or_else(|| "the clock stands".to_owned(), |speed| format!("speed {speed}"));
        driver.intervened(what.clone(), None, None);
        Ok(done(driver, what))
    }
}

fn add(
    driver: &mut LiveDriver,
    name: Option<Name>,
    kind: FaultKind,
    lasts: Option<Span>,
    count: Occasions,
    what: String,
) -> Result<Done, Refused> {
    let name = name.unwrap_or_else(|| driver.next_fault());
    let start = driver.stage().now().since(SimTime::START);
    let until = lasts.map(|lasts| start + lasts);
    let spec = FaultSpec { name: name.clone(), kind, from: start, until, count, touches_nothing: false };
    let added = driver.live().with(|domain, now| domain.add_fault(now, spec));
    added.map_err(|error| {
        Refused::new(422, error.to_string(), "`GET /v1/status` lists controllers and open faults")
    })?;
    // A fault with an end of its own is over some time; until then databases may differ.
    driver.intervened(what.clone(), Some(name.clone()), None);
    Ok(Done { fault: Some(name), ..done(driver, what) })
}

fn lift(driver: &mut LiveDriver, what: &str, which: impl Fn(&FaultSpec) -> bool) -> Result<Done, Refused> {
    let lifted: Vec<Name> = driver.live().with(|domain, now| {
        let open = domain.open_faults().into_iter().filter(|fault| which(fault));
        open.filter(|fault| domain.lift_fault(now, &fault.name)).map(|fault| fault.name).collect()
    });
    if lifted.is_empty() {
        return Err(Refused::new(
            404,
            format!("{what}: no such fault is open"),
            "`GET /v1/status` lists them",
        ));
    }
    for fault in &lifted {
        driver.intervened(format!("{what} ({fault})"), None, Some(fault.clone()));
    }
    Ok(Done { lifted, ..done(driver, what.to_owned()) })
}

fn known(driver: &LiveDriver, host: &HostName) -> Result<(), Refused> {
    let controllers = driver.live().controllers();
    if controllers.iter().any(|(name, _)| name == host) || driver.live().with(|domain, _| domain.is_up(host))
    {
        return Ok(());
    }
    let names: Vec<HostName> = controllers.into_iter().map(|(name, _)| name).collect();
    let help = format!("the domain controllers are {}", listed(&names));
    Err(Refused::new(404, format!("there is no host `{host}`, or it is down"), help))
}

fn listed(hosts: &[HostName]) -> String {
    let names: Vec<&str> = hosts.iter().map(HostName::as_str).collect();
    names.join(", ")
}

/// The name of a fault's kind in scenario files.
fn name_of(kind: &FaultKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::Object(kind)) => kind.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}
