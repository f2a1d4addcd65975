//! The state of a Samba domain under way: the model, the controllers, and what is known of both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use mockdc_mocks::{
    AccountName, AccountPolicy, Answer, Authority, Caller, Credentials, Domain, FactRecord, GpoName,
    HostName, Name, Operation, Reply, SimTime, Verb, Version, WorldSpec,
};

use super::SambaError;
use super::ledger::Ledger;
use super::mirror::Mirror;
use super::sysvol::Copy;
use crate::{Difference, Differs, Directory, Guid, Levers, Place, Scale};

/// The account under which the backend itself works. No controller shows it to anybody.
pub(crate) const CONTROL: &str = "mockdc-control";
/// Its password: it exists only as long as the containers do, which only this machine reaches.
pub(super) const CONTROL_PASSWORD: &str = "c0ntrol-0f-mockdc!";

/// Everything that an operation or an advance works on.
pub(super) struct World {
    pub(super) spec: WorldSpec,
    /// The model, which gets every operation and says what becomes visible when.
    pub(super) model: Domain,
    pub(super) levers: Arc<dyn Levers>,
    pub(super) places: IndexMap<HostName, Place>,
    pub(super) scale: Scale,
    pub(super) ledger: Ledger,
    pub(super) mirror: Mirror,
    /// Accounts that Samba has and the model does not.
    pub(super) hidden: BTreeSet<AccountName>,
    pub(super) now: SimTime,
    pub(super) differences: Vec<Difference>,
    pub(super) facts: Vec<FactRecord>,
    /// The account policy that was set last.
    pub(super) policy: AccountPolicy,
    /// Accounts whose expiry a controller has been told of.
    pub(super) expired: BTreeSet<(Place, Guid)>,
    /// When a controller last counted a bad password of a user.
    pub(super) bad_passwords: BTreeMap<(HostName, AccountName), SimTime>,
    /// Whether the facts to be taken come of an operation that Samba was asked for as well.
    pub(super) samba_was_asked: bool,
    /// Objects of group policy that were edited: when, and which.
    pub(super) policies: BTreeMap<Version, (SimTime, GpoName)>,
    /// Their files that are under way.
    pub(super) copies: Vec<Copy>,
    /// How often something had to be tried again.
    pub(super) retries: u64,
    connections: BTreeMap<Place, Directory>,
}

impl World {
    pub(super) fn new(spec: WorldSpec, model: Domain, levers: Arc<dyn Levers>, scale: Scale) -> World {
        let mut names: Vec<&HostName> = spec.dcs.iter().map(|dc| &dc.name).collect();
        // The PDC has the first place whatever the order of the world.
        if let Some(pdc) = spec.dcs.iter().position(|dc| dc.role == mockdc_mocks::DcRole::Pdc) {
            let pdc = names.remove(pdc);
            names.insert(0, pdc);
        }
        let places = names.into_iter().cloned().enumerate().map(|(place, name)| (name, place)).collect();
        let mirror = Mirror::new(&spec.faults);
        World {
            policy: spec.domain.account_policy.clone(),
            expired: BTreeSet::new(),
            bad_passwords: BTreeMap::new(),
            samba_was_asked: false,
            policies: BTreeMap::new(),
            copies: Vec::new(),
            spec,
            model,
            levers,
            places,
            scale,
            ledger: Ledger::default(),
            mirror,
            hidden: BTreeSet::new(),
            now: SimTime::START,
            differences: Vec::new(),
            facts: Vec::new(),
            retries: 0,
            connections: BTreeMap::new(),
        }
    }

    /// A controller's place; `None` for any other host.
    pub(super) fn place(&self, host: &HostName) -> Option<Place> {
        self.places.get(host).copied()
    }

    /// The controller at a place.
    pub(super) fn host(&self, place: Place) -> HostName {
        self.places.get_index(place).map(|(host, _)| host.clone()).unwrap_or_else(|| "".into())
    }

    /// The connection under which the backend itself works at a controller; opened anew when the last one is gone.
    pub(super) async fn control(&mut self, place: Place) -> Result<&mut Directory, SambaError> {
        if self.connections.get_mut(&place).is_none_or(Directory::is_closed) {
            let credentials = Credentials {
                authority: Authority::Domain,
                user: CONTROL.into(),
                password: CONTROL_PASSWORD.into(),
            };
            let endpoint = self.levers.endpoint(place);
            let opened = Directory::log_on(&endpoint, &credentials, self.scale).await;
            let doing = format!("connecting to {}", self.host(place));
            self.connections.insert(place, opened.map_err(SambaError::directory(doing))?);
        }
        self.connections.get_mut(&place).ok_or(SambaError::Stopped)
    }

    /// Forgets a connection that will not work any more.
    pub(super) fn disconnect(&mut self, place: Place) {
        self.connections.remove(&place);
    }

    /// What the model says at a controller when it is asked from inside: nothing is counted, refused or delayed.
    pub(super) fn model_says(&mut self, now: SimTime, at: &HostName, verb: Verb) -> Answer {
        self.model.apply(now, &Caller::system(at.clone()), &Operation::new(at.clone(), verb)).answer
    }

    /// What the model shows of a user at a controller.
    pub(super) fn model_user(
        &mut self,
        now: SimTime,
        at: &HostName,
        user: &AccountName,
    ) -> Option<mockdc_mocks::UserInfo> {
        match self.model_says(now, at, Verb::UserInfo { user: user.clone() }) {
            Ok(Reply::User(info)) => Some(*info),
            _ => None,
        }
    }

    pub(super) fn differs(
        &mut self,
        at: SimTime,
        host: &HostName,
        what: Differs,
        model: impl ToString,
        samba: impl ToString,
    ) {
        let difference =
            Difference { at, host: host.clone(), what, model: model.to_string(), samba: samba.to_string() };
        tracing::debug!(%difference, "Samba and the model differ");
        self.differences.push(difference);
    }

    /// The account that a name means in the directory, by what the backend knows of it.
    pub(super) fn sid_of(&self, name: &Name) -> Option<String> {
        match name.as_str().eq_ignore_ascii_case("Everyone") {
            true => Some("S-1-1-0".to_owned()),
            false => self.ledger.account(name).map(|known| known.sid.clone()),
        }
    }
}
