//! One fault with its window and its count of occasions.

use super::Touch;
use crate::{AccountName, FaultKind, FaultSpec, HostName, Occasions, SimTime, Span, Verb, VerbKind};

/// A fault with what it has met so far.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) spec: FaultSpec,
    pub(crate) from: SimTime,
    pub(crate) until: SimTime,
    met: u32,
    /// Controllers whose replication it has held, or whose ports it has closed already: said once each.
    pub(crate) held: Vec<HostName>,
}

impl Rule {
    pub(crate) fn new(spec: &FaultSpec) -> Rule {
        let from = SimTime::START + spec.from;
        let until = spec.until.map_or(SimTime::NEVER, |until| SimTime::START + until);
        Rule { spec: spec.clone(), from, until, met: 0, held: Vec::new() }
    }

    /// Whether the window, which excludes its end, is open.
    pub(crate) fn open(&self, now: SimTime) -> bool {
        self.from <= now && now < self.until
    }

    /// Counts an occasion and says whether the fault touches it.
    pub(crate) fn meets(&mut self) -> bool {
        self.met = self.met.saturating_add(1);
        match self.spec.count {
            Occasions::All => true,
            Occasions::First(n) => self.met <= n,
            Occasions::Every(n) => n > 0 && self.met.is_multiple_of(n),
            Occasions::Nth(n) => self.met == n,
            Occasions::After(n) => self.met > n,
        }
    }

    /// What it touches at a controller, `what` of it: said the first time and then no more.
    pub(crate) fn touches_once(&mut self, now: SimTime, controller: &HostName, what: &str) -> Option<Touch> {
        if self.held.contains(controller) {
            return None;
        }
        self.held.push(controller.clone());
        let (host, fault) = (controller.clone(), self.spec.name.clone());
        Some(Touch { at: now, host, fault, touched: format!("{what} {controller}") })
    }

    /// Whether traffic from one host to the other is cut by this partition.
    pub(crate) fn parts(&self, sender: &HostName, receiver: &HostName) -> bool {
        let FaultKind::Partition { from, to, one_way } = &self.spec.kind else { return false };
        let cut = |a: &HostName, b: &HostName| from.contains(a) && to.contains(b);
        cut(sender, receiver) || (!one_way && cut(receiver, sender))
    }

    /// What the fault adds to traffic between two hosts: latency one way, and a bound of the speed.
    pub(crate) fn slows(&self, a: &HostName, b: &HostName) -> Option<(Span, Option<u64>)> {
        let FaultKind::Slow { between: (x, y), latency, bits_per_second } = &self.spec.kind else {
            return None;
        };
        let same = (x == a && y == b) || (x == b && y == a);
        same.then_some((*latency, *bits_per_second))
    }

    /// Whether a call is one that this fault drops or refuses. Where nobody knows the caller's host, no fault fits that
    /// names one.
    pub(crate) fn fits_call(&self, caller: Option<&HostName>, host: &HostName, verb: &Verb) -> bool {
        let fits = |want_verb: Option<VerbKind>, at: &Option<HostName>, from: &Option<HostName>| {
            want_verb.is_none_or(|want| want == verb.kind())
                && at.as_ref().is_none_or(|at| at == host)
                && from.as_ref().is_none_or(|from| Some(from) == caller)
        };
        match &self.spec.kind {
            FaultKind::Drop { verb, at, from, .. } => fits(*verb, at, from),
            FaultKind::Refuse { verb: want, at, from, account, .. } => {
                fits(Some(*want), at, from) && account.as_ref().is_none_or(|account| names(verb, account))
            }
            _ => false,
        }
    }

    /// Whether this fault drops whatever comes from the caller to the host.
    #[cfg(feature = "ldap")]
    pub(crate) fn drops_all(&self, caller: Option<&HostName>, host: &HostName) -> bool {
        let FaultKind::Drop { verb: None, at, from, .. } = &self.spec.kind else { return false };
        at.as_ref().is_none_or(|at| at == host) && from.as_ref().is_none_or(|from| Some(from) == caller)
    }
}

/// Whether the verb's arguments name the account.
fn names(verb: &Verb, account: &AccountName) -> bool {
    match verb {
        Verb::UserAdd { user, .. }
        | Verb::UserDelete { user }
        | Verb::UserInfo { user }
        | Verb::UserSetPassword { user, .. }
        | Verb::UserChangePassword { user, .. }
        | Verb::UserSetComment { user, .. }
        | Verb::UserSetFlags { user, .. }
        | Verb::UserSetExpiry { user, .. }
        | Verb::UserSetLogonLimits { user, .. } => user == account,
        Verb::UserRename { user, to } => user == account || to == account,
        Verb::UserSetPrimaryGroup { user, group }
        | Verb::GroupAddUser { group, user }
        | Verb::GroupRemoveUser { group, user } => user == account || group == account,
        Verb::GroupAdd { group }
        | Verb::GroupDelete { group }
        | Verb::GroupMembers { group }
        | Verb::LocalGroupAdd { group }
        | Verb::LocalGroupDelete { group }
        | Verb::LocalGroupMembers { group } => group == account,
        Verb::LocalGroupAddMember { group, member } | Verb::LocalGroupRemoveMember { group, member } => {
            group == account || member == account
        }
        Verb::LookupName { account: named, .. }
        | Verb::RightGrant { account: named, .. }
        | Verb::RightRevoke { account: named, .. }
        | Verb::RightsOf { account: named } => named == account,
        Verb::Logon { credentials, .. }
        | Verb::DomainJoin { credentials: Some(credentials), .. }
        | Verb::DomainUnjoin { credentials: Some(credentials), .. }
        | Verb::MachinePasswordReset { credentials: Some(credentials), .. } => credentials.user == *account,
        Verb::ServiceCreate { account: Some(named), .. }
        | Verb::ServiceSetAccount { account: Some(named), .. }
        | Verb::ProcessLaunch { as_user: Some(named), .. } => named.user == *account,
        _ => false,
    }
}
