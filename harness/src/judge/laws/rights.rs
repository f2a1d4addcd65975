//! Rights that launches find, against the rights that policy gives.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{AccountName, Fact, HostName, Replication, Right, StateKey};

use crate::judge::Tested;
use crate::judge::outline::Outline;
use crate::timeline::{Class, Classes, EventKind};

/// A launch looks at the rights of its token or at those of now (FACTS.md, A30): what it finds is one of the two,
/// and what it misses is missing in one of the two.
pub(super) fn effective_rights(outline: &Outline<'_>) -> Tested {
    // The accounts whose launches are looked at.
    let mut due: BTreeSet<AccountName> = BTreeSet::new();
    outline.register.launches.each(|event| {
        if let EventKind::ComponentDue { account: Some(account), .. } = &event.kind
            && !due.contains(account)
        {
            due.insert(account.clone());
        }
    });
    if due.is_empty() {
        return Tested::default();
    }
    let mut tested = Tested::default();
    // Their rights that are effective now, by host.
    let mut effective: BTreeMap<HostName, BTreeSet<(Right, AccountName)>> = BTreeMap::new();
    for event in outline.run.events.chosen(0, Classes::these(&[Class::Launch]).and(Classes::RIGHTS)) {
        if let EventKind::ComponentDue { component, account: Some(account), needs, holds, .. } = &event.kind {
            let process = event.actor.and_then(|id| outline.actors.get(&id)?.process);
            // A cycle that is run by hand has no process of its own: it works under the service's token.
            let of_service = || {
                let mut running = outline.running_on(&event.host, event.seq).map(|(_, process)| process);
                running.find(|process| process.is_under(account))
            };
            let process = match process {
                Some(id) => outline.processes.get(&id),
                None => of_service(),
            };
            let of_account = process.filter(|process| process.is_under(account));
            let here = effective.get(&event.host);
            let now = |right: Right| here.is_some_and(|rights| rights.contains(&(right, account.clone())));
            tested.occasion();
            for right in needs {
                let in_token = of_account.map(|process| process.rights.contains(right));
                let found = holds.contains(right);
                let may = now(*right) || in_token.unwrap_or(false);
                let must = now(*right) && in_token.unwrap_or(true);
                if found && !may && states_groups_rights(outline, &event.host) {
                    let text =
                        format!("{component} finds {right} of {account}, which neither policy nor token has");
                    tested.broken(text, [event.seq]);
                } else if !found && must {
                    let text =
                        format!("{component} misses {right} of {account}, which policy and token have");
                    tested.broken(text, [event.seq]);
                }
            }
            for right in holds.iter().filter(|right| !needs.contains(right)) {
                let text = format!("{component} counts {right}, which it does not need");
                tested.broken(text, [event.seq]);
            }
        }
        if let EventKind::Fact(Fact::State { key: StateKey::Right { account, right }, value, .. }) =
            &event.kind
            && due.contains(account)
        {
            let rights = effective.entry(event.host.clone()).or_default();
            let held = (*right, account.clone());
            match value {
                Some(_) => rights.insert(held),
                None => rights.remove(&held),
            };
        }
    }
    tested
}

/// Whether a host's stated rights count those of its accounts' groups: where the directory itself holds the rights
/// it states each account's own.
fn states_groups_rights(outline: &Outline<'_>, host: &HostName) -> bool {
    match &outline.run.plan().world.domain.replication {
        Replication::Ad(ad) if ad.rights_in_policy => true,
        _ => !outline.is_dc(host),
    }
}
