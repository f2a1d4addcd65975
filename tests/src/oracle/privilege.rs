//! KB828371: a legacy component launches exactly when its account holds the rights that this launch needs and its
//! membership stands (FACTS.md, "Required rights", and A29).

use std::collections::BTreeSet;

/// The five rights of the client's account, by the constants of policy files.
pub const FIVE: [&str; 5] = [
    "SeTcbPrivilege",
    "SeIncreaseQuotaPrivilege",
    "SeServiceLogonRight",
    "SeAssignPrimaryTokenPrivilege",
    "SeShutdownPrivilege",
];

/// What makes the client launch its components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The client's service is stopped and started.
    Restart,
    /// The maintenance cycle comes round.
    Cycle,
}

/// A client that lost rights to a policy.
#[derive(Clone, Debug)]
pub struct Client {
    /// The rights that a policy took from its account.
    pub lost: BTreeSet<&'static str>,
    /// Whether the account is a member of the local Administrators.
    pub administrator: bool,
    /// Whether the client runs as Local System.
    pub local_system: bool,
}

/// What the trigger makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The service does not start.
    pub service_refused: bool,
    /// The launches under the token account are refused for want of a right.
    pub launches_refused: bool,
    /// The two agents of the article fall to *Install Pending*.
    pub install_pending: bool,
}

impl Client {
    /// The fate of the client under a trigger.
    pub fn fate(&self, trigger: Trigger) -> Fate {
        let lost = |right: &str| !self.local_system && self.lost.contains(right);
        let service_refused = trigger == Trigger::Restart && lost("SeServiceLogonRight");
        // A service that does not run launches nothing and reports nothing.
        let runs = !service_refused;
        let launches_refused = runs
            && (lost("SeTcbPrivilege")
                || lost("SeIncreaseQuotaPrivilege")
                || lost("SeAssignPrimaryTokenPrivilege"));
        let unverified = runs && lost("SeShutdownPrivilege");
        let outcast = runs && !self.local_system && !self.administrator;
        Fate { service_refused, launches_refused, install_pending: launches_refused || unverified || outcast }
    }
}
