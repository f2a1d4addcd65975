//! Account verbs at a controller or against a machine's own database.

use super::{Domain, Outcome};
use crate::directory::{Change, Database, DcIndex, creates_account, plan, read};
use crate::replication::ReplicationContext;
use crate::{AccountFlag, Answer, HostName, Reply, SimTime, Span, Verb, Win32Error};

impl Domain {
    /// Performs a verb of the account database at a host; `None` when the verb is none.
    pub(super) fn account_verb(&mut self, now: SimTime, at: &HostName, verb: &Verb) -> Option<Outcome> {
        match self.hosts.get(at)?.controller {
            Some(dc) => self.at_controller(now, dc, verb),
            None => self.at_machine(now, at, verb),
        }
    }

    fn at_controller(&mut self, now: SimTime, dc: DcIndex, verb: &Verb) -> Option<Outcome> {
        let database = self.controllers.database(dc);
        if let Some((answer, seen)) = read(now, database, None, verb) {
            return Some(Outcome { seen, ..done(answer) });
        }
        let plan = plan(now, database, None, verb, self.controllers.next_rid())?;
        let changes = match plan {
            // A change of one's own password is looked at before it is found to be at the wrong place: with it a
            // program can ask whether a password has arrived (FACTS.md, "The number in the wait line"). Names are mapped
            // before anything is written: 1332, 1387.
            Err(error)
                if self.model.writable(dc)
                    || matches!(verb, Verb::UserChangePassword { .. })
                    || matches!(error, Win32Error::NONE_MAPPED | Win32Error::NO_SUCH_MEMBER) =>
            {
                if let (Verb::UserChangePassword { user, .. }, Win32Error::LOGON_FAILURE) = (verb, error) {
                    self.wrong_old_password(now, dc, user);
                }
                return Some(refused(error));
            }
            _ if !self.model.writable(dc) => return Some(refused(Win32Error::NOT_PRIMARY)),
            Err(error) => return Some(refused(error)),
            Ok(changes) => changes,
        };
        if creates_account(verb) {
            self.controllers.allocate_rid();
        }
        for change in changes {
            self.commit(now, dc, change);
        }
        // `lockoutTime` of 0 forgets bad passwords whether the account was locked or not (FACTS.md, "Active
        // Directory replication").
        if let Verb::UserSetFlags { user, clear, .. } = verb
            && clear.contains(&AccountFlag::LockedOut)
            && let Some(rid) = self.controllers.database(dc).user(user)
        {
            self.forget_bad_passwords(now, dc, rid);
        }
        Some(done(Ok(Reply::Done)))
    }

    fn at_machine(&mut self, now: SimTime, at: &HostName, verb: &Verb) -> Option<Outcome> {
        // Only verbs that name an account of the domain ask a controller; and only for a name that is not the
        // machine's own.
        let asks = match named(verb) {
            Some(name) => self.own(at)?.find(name).is_none(),
            None => matches!(verb, Verb::LookupSid { .. }),
        };
        let dc = match asks {
            // A machine that no controller trusts can map no name of the domain (1786, 1787, 1789).
            true if self.members.listed && self.may_control_netlogon(at).is_ok() => {
                match self.channel(now, at) {
                    Err(Win32Error::NO_LOGON_SERVERS) => None,
                    Err(error) => return Some(refused(error)),
                    Ok(dc) => Some(dc),
                }
            }
            true => self.controller_for(now, at),
            false => None,
        };
        let domain = dc.map(|dc| self.controllers.database(dc));
        let own = self.hosts.get_mut(at)?.accounts.as_mut()?;
        if let Some((answer, seen)) = read(now, own, domain, verb) {
            return Some(Outcome { seen, ..done(answer) });
        }
        if let (Some(name), Some(domain)) = (named(verb), domain)
            && let Some(rid) = domain.find(name)
        {
            own.know_foreign(rid, name);
        }
        let changes = match plan(now, own, domain, verb, own.next_rid())? {
            Ok(changes) => changes,
            Err(error) => return Some(refused(error)),
        };
        if creates_account(verb) {
            own.allocate_rid();
        }
        own.write_local(now, at, changes, &mut self.facts);
        Some(done(Ok(Reply::Done)))
    }

    fn own(&self, at: &HostName) -> Option<&Database> {
        self.hosts.get(at)?.accounts.as_ref()
    }

    pub(super) fn wrong_old_password(&mut self, now: SimTime, dc: DcIndex, user: &crate::AccountName) {
        let Some(rid) = self.controllers.database(dc).user(user) else { return };
        let (host, database) = self.controllers.database_mut(dc);
        let change = database.count_bad_password(now, host, rid, &mut self.facts);
        if let Some(change) = change.filter(|_| self.model.writable(dc)) {
            self.commit(now, dc, change);
            let account = user.clone();
            self.facts.push(now, self.controllers.name(dc), crate::Fact::LockedOut { account });
        }
    }

    /// Commits a change at a controller and tells the replication model.
    pub(super) fn commit(&mut self, now: SimTime, dc: DcIndex, change: Change) {
        let serial = self.model.next_serial(dc, change.stream());
        let urgent = self.model.urgent(change.kind);
        let version = self.controllers.commit_at(now, dc, change, serial, urgent, &mut self.facts);
        let Some(commit) = self.controllers.commit(version).cloned() else { return };
        if self.avoids_pdc(dc) {
            self.wires.avoids_pdc.insert(self.controllers.name(dc).clone());
        } else {
            self.wires.avoids_pdc.remove(self.controllers.name(dc));
        }
        let mut context = ReplicationContext {
            controllers: &mut self.controllers,
            network: &mut self.wires,
            facts: &mut self.facts,
        };
        self.model.committed(now, &commit, &mut context);
    }

    /// Synchronises one controller or the whole domain.
    pub(super) fn synchronize(
        &mut self,
        now: SimTime,
        at: &HostName,
        full: bool,
        whole_domain: bool,
    ) -> Answer {
        let dc = self.controllers.index(at).ok_or(Win32Error::NOT_SUPPORTED)?;
        if whole_domain && dc != self.controllers.pdc() {
            return Err(Win32Error::NOT_PRIMARY);
        }
        let mut context = ReplicationContext {
            controllers: &mut self.controllers,
            network: &mut self.wires,
            facts: &mut self.facts,
        };
        match whole_domain {
            true => self.model.synchronize_domain(now, dc, full, &mut context),
            false => self.model.synchronize(now, dc, full, &mut context),
        }
    }
}

/// The account that a verb names and that may be one of the domain.
fn named(verb: &Verb) -> Option<&crate::AccountName> {
    match verb {
        Verb::LocalGroupAddMember { member, .. } | Verb::LocalGroupRemoveMember { member, .. } => {
            Some(member)
        }
        Verb::RightGrant { account, .. }
        | Verb::RightRevoke { account, .. }
        | Verb::RightsOf { account }
        | Verb::LookupName { account, .. } => Some(account),
        _ => None,
    }
}

pub(super) fn done(answer: Answer) -> Outcome {
    Outcome { answer, takes: Span::ZERO, seen: None, arrived: true }
}

pub(super) fn refused(error: Win32Error) -> Outcome {
    done(Err(error))
}
