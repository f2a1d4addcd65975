//! The rights that are effective at the start: a large domain has many, and they are worked out when somebody wants them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::directory::{Database, PrincipalKind, effective_rights};
use crate::{AccountName, RightSet};

/// Rights by the names of those who have any.
pub(crate) type RightsByName = BTreeMap<AccountName, RightSet>;

/// The rights that a controller's database gave at the start.
#[derive(Debug)]
pub(crate) struct FirstRights {
    /// As it was then: a clone that shares everything.
    database: Database,
    known: OnceLock<RightsByName>,
}

impl FirstRights {
    /// Those that a controller's database gives now.
    pub(super) fn of(database: &Database) -> FirstRights {
        FirstRights { database: database.clone(), known: OnceLock::new() }
    }

    /// The rights.
    pub(crate) fn known(&self) -> &RightsByName {
        self.known.get_or_init(|| rights_by_name(&self.database, None))
    }
}

/// The rights that are effective at a host by its own accounts and the domain's.
pub(super) fn rights_by_name(own: &Database, domain: Option<&Database>) -> RightsByName {
    let mut effective = RightsByName::new();
    for (rid, principal) in own.principals() {
        let holder = !own.rights(rid).is_empty();
        if holder || matches!(principal.kind, PrincipalKind::User | PrincipalKind::Foreign) {
            let rights = effective_rights(own, domain, rid);
            if !rights.is_empty() {
                effective.entry(principal.name.clone()).or_default().extend(rights);
            }
        }
    }
    effective
}
