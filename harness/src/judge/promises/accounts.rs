//! Promises about the lives of accounts.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{AccountName, HostName, Name, SimTime, Span};
use mockdc_scenarios::LdapOperation;

use crate::judge::Tested;
use crate::judge::outline::{Existence, Mark, Outline, PurposeMark};
use crate::timeline::{AccountPurpose, Event, EventKind, LdapCall};

/// Accounts that are deleted, as the events go by.
struct Deleted<'o, C: Iterator<Item = &'o Existence>> {
    changes: std::iter::Peekable<C>,
    deleted: BTreeMap<(Name, HostName), Mark>,
}

impl<'o, C: Iterator<Item = &'o Existence>> Deleted<'o, C> {
    fn new(changes: C) -> Self {
        Deleted { changes: changes.peekable(), deleted: BTreeMap::new() }
    }

    /// Goes on to an event.
    fn before(&mut self, event: &Event) {
        while let Some(change) = self.changes.next_if(|change| change.mark.seq < event.seq) {
            let key = || (change.account.clone(), change.at.clone());
            if !change.exists {
                // A deletion is told twice, by its call and by its effect: the earlier one counts.
                self.deleted.entry(key()).or_insert(change.mark);
            } else if !self.deleted.is_empty() {
                self.deleted.remove(&key());
            }
        }
    }

    /// Since when an account has been gone.
    fn gone(&self, account: &Name, at: &HostName) -> Option<Mark> {
        // In most runs nothing ever is.
        let any = !self.deleted.is_empty();
        any.then(|| self.deleted.get(&(account.clone(), at.clone())).copied()).flatten()
    }
}

/// A program's binds on the wire, by the same measure as the calls of a product.
fn binds_as_a_deleted_account(outline: &Outline<'_>, tested: &mut Tested) {
    let mut accounts = Deleted::new(outline.existence.iter());
    outline.register.wire.each(|event| {
        let EventKind::Ldap(call) = &event.kind else { return };
        let LdapCall { operation: LdapOperation::Bind, at, by, subject, result, .. } = &**call else {
            return;
        };
        let Some(account) = subject.as_ref().or(by.as_ref().map(AccountName::name)) else { return };
        if !outline.is_product(event.actor) {
            return;
        }
        tested.occasion();
        accounts.before(event);
        if let Some(gone) = accounts.gone(account, at) {
            let after = event.at.since(gone.at);
            let text = format!("a program binds at {at} as {account} ({result}), {after} after its deletion");
            tested.broken(text, [gone.seq, event.seq]);
        }
    });
}

/// Q304961: calls to the PDC as the deleted bootstrap account end with 1326. Which code comes does not matter.
pub(super) fn no_call_as_a_deleted_account(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    binds_as_a_deleted_account(outline, &mut tested);
    let mut accounts = Deleted::new(outline.existence.iter());
    outline.register.calls.each(|event| {
        accounts.before(event);
        let EventKind::Call { verb, at, by: Some(by), code, took, .. } = &event.kind else { return };
        if !outline.is_dc(at) || !outline.is_product(event.actor) {
            return;
        }
        tested.occasion();
        let Some(gone) = accounts.gone(by.name(), at) else { return };
        let made = event.at - *took;
        if gone.at < made || (gone.at == made && *took == Span::ZERO) {
            let text = format!(
                "{verb} is called at {at} as {by} ({code}), {} after its deletion",
                made.since(gone.at)
            );
            tested.broken(text, [gone.seq, event.seq]);
        }
    });
    tested
}

fn bootstrap_accounts<'o>(outline: &'o Outline<'_>) -> impl Iterator<Item = &'o PurposeMark> {
    let mut seen = BTreeSet::new();
    outline.purposes.iter().filter(move |purpose| {
        let key = (&purpose.account, &purpose.client, &purpose.at);
        purpose.purpose == AccountPurpose::Bootstrap && seen.insert(key)
    })
}

/// The instants at which an account of this name ceased to exist at a host; of each deletion the first mark.
fn deletions<'o>(
    outline: &'o Outline<'_>,
    account: &'o Name,
    at: &'o HostName,
) -> impl Iterator<Item = Mark> {
    let mut existed = true;
    outline.life(account, at).filter_map(move |change| {
        let deletion = existed && !change.exists;
        existed = change.exists;
        deletion.then_some(change.mark)
    })
}

pub(super) fn outlives_its_processes(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    for purpose in bootstrap_accounts(outline) {
        for deletion in deletions(outline, purpose.account.name(), &purpose.at) {
            tested.occasion();
            let under = outline.running_under(&purpose.account, &purpose.at, deletion.seq);
            // Of several the first that was started.
            let orphan = under.min_by_key(|(id, _)| *id);
            if let Some((id, process)) = orphan {
                let text = format!(
                    "{} is deleted at {} while process {} on {} still runs under it",
                    purpose.account, purpose.at, id.0, process.host
                );
                tested.broken(text, [process.started.seq, deletion.seq]);
            }
        }
    }
    tested
}

/// A deletion counts as punctual when it is this little late: the calls before it take their time.
const PUNCTUAL: Span = Span::secs(1);

/// How long after a loader's stop the account of a client is to be deleted.
fn delay(outline: &Outline<'_>, client: &HostName) -> Option<Span> {
    Some(outline.site_server(client)?.profile.ccm.deletes_bootstrap_account_after)
}

/// The stops of a client's boot loaders, by themselves or from outside.
fn loader_stops<'o>(outline: &'o Outline<'_>, client: &'o HostName) -> impl Iterator<Item = Mark> + 'o {
    outline.loaders(client).filter_map(|actor| outline.end_of(actor))
}

pub(super) fn deleted_on_time(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    for purpose in bootstrap_accounts(outline) {
        let Some(delay) = delay(outline, &purpose.client) else { continue };
        for stop in loader_stops(outline, &purpose.client) {
            let due = stop.at + delay;
            if due + PUNCTUAL >= outline.end || stop.seq < purpose.mark.seq {
                continue;
            }
            tested.occasion();
            let account = &purpose.account;
            let after = |mark: &Mark| mark.seq > stop.seq;
            match deletions(outline, account.name(), &purpose.at).find(after) {
                Some(deletion) if deletion.at >= due && deletion.at <= due + PUNCTUAL => {}
                Some(deletion) => {
                    let text = format!(
                        "{account} is deleted {} after the boot loader's stop, not {delay}",
                        deletion.at.since(stop.at)
                    );
                    tested.broken(text, [stop.seq, deletion.seq]);
                }
                None if exists(outline, account.name(), &purpose.at, due) => {
                    let text = format!("{account} is not deleted {delay} after the boot loader's stop");
                    tested.broken(text, [purpose.mark.seq, stop.seq]);
                }
                // It was gone before the loader stopped: another promise's matter.
                None => {}
            }
        }
    }
    tested
}

/// Whether the account exists at an instant; one that serves a purpose and was never deleted does.
fn exists(outline: &Outline<'_>, account: &Name, at: &HostName, when: SimTime) -> bool {
    let changes = outline.life(account, at);
    changes.take_while(|change| change.mark.at <= when).last().is_none_or(|change| change.exists)
}

pub(super) fn none_left_over(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    for purpose in bootstrap_accounts(outline) {
        let over = outline.install_ends.get(&purpose.client);
        let (Some(over), Some(delay)) = (over, delay(outline, &purpose.client)) else { continue };
        let stop = loader_stops(outline, &purpose.client).last();
        let due = stop.map_or(over.at, |stop| stop.at.max(over.at)) + delay;
        let runs = outline.loaders(&purpose.client).any(|actor| outline.end_of(actor).is_none());
        if due >= outline.end || runs {
            continue;
        }
        tested.occasion();
        if exists(outline, purpose.account.name(), &purpose.at, outline.end) {
            let text = format!(
                "{} still exists at {} at the end, and the install of {} is over since {}",
                purpose.account, purpose.at, purpose.client, over.at
            );
            tested.broken(text, [purpose.mark.seq, over.seq]);
        }
    }
    tested
}
