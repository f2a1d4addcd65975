//! Reads that were stale, and accounts that were gone: what was written, where, and when it got through.

use mockdc_mocks::{
    AccountName, ChangeKind, Fact, HostName, Name, Replication, StateKey, Version, Win32Error,
};

use super::{Because, Inquiry, answered, is, is_absence, later};
use crate::report::instant;
use crate::timeline::{Event, EventKind};

impl<'r> Inquiry<'r> {
    /// Why a call was answered as it was.
    pub(super) fn call(&self, event: &'r Event, depth: usize) -> Vec<Because> {
        let EventKind::Call { at, by, subject, code, seen, .. } = &event.kind else { return Vec::new() };
        let mut found: Vec<Because> = self.fault(event).into_iter().collect();
        match (*code, subject) {
            (0, subject) => {
                let stale = subject.as_ref().zip(*seen);
                found.extend(stale.and_then(|(subject, seen)| self.stale(event, at, subject, seen)));
                let gone = by.as_ref().and_then(|by| Some((by, self.deletion(by.name(), event.seq, depth)?)));
                found.extend(gone.map(|(by, deleted)| {
                    Because::new(format!("{at} still knew {by}, which had been deleted elsewhere"), [])
                        .and([deleted])
                }));
            }
            (code, subject) => {
                let error = Win32Error(code);
                // Who calls is looked at before what is called for: a caller that is gone gets nothing at all.
                let caller = by.as_ref().and_then(|by| self.caller(event, at, by, error, depth));
                let known = caller.is_some();
                found.extend(caller);
                if let (false, true, Some(subject)) = (known, is_absence(error), subject) {
                    found.push(self.absence(event, at, subject));
                }
                if let (true, Some(by)) = (code == 1385 || code == 1314 || code == 5, by) {
                    found.extend(self.logon(event, error, Some(by), depth));
                }
            }
        }
        found
    }

    /// A read that saw less than what had been written elsewhere.
    fn stale(&self, event: &'r Event, at: &HostName, subject: &Name, seen: Version) -> Option<Because> {
        let newer = self.before(event.seq).find(|other| {
            matches!(&other.kind, EventKind::Fact(Fact::Committed { version, subject: of, .. })
                if of == subject && *version > seen)
                && other.host != *at
        })?;
        let EventKind::Fact(Fact::Committed { version, .. }) = &newer.kind else { return None };
        // What had arrived by then was seen, whatever the read shows.
        if self.received(at, *version).is_some_and(|received| received.seq < event.seq) {
            return None;
        }
        let text = format!("the read was stale: it saw change {} of {subject}", seen.0);
        Some(Because::new(text, [event.seq]).and([self.under_way(newer, *version, at, event)]))
    }

    /// Why something was not in a controller's database.
    fn absence(&self, event: &'r Event, at: &HostName, subject: &Name) -> Because {
        let changes: Vec<&'r Event> = self
            .before(event.seq)
            .filter(|other| {
                matches!(&other.kind, EventKind::Fact(Fact::Committed { subject: of, .. }) if of == subject)
            })
            .collect();
        for change in &changes {
            let EventKind::Fact(Fact::Committed { version, change: kind, .. }) = &change.kind else {
                continue;
            };
            let here = change.host == *at
                || self.received(at, *version).is_some_and(|received| received.seq < event.seq);
            match (kind, here) {
                (ChangeKind::UserDelete | ChangeKind::GroupDelete | ChangeKind::LocalGroupDelete, true) => {
                    return self.deletion(subject, event.seq, 2).unwrap_or_else(|| {
                        Because::new(format!("{subject} had been deleted"), [change.seq])
                    });
                }
                (ChangeKind::UserAdd | ChangeKind::GroupAdd | ChangeKind::LocalGroupAdd, false) => {
                    return self.under_way(change, *version, at, event);
                }
                _ => {}
            }
        }
        match changes.is_empty() {
            true => Because::new(format!("nobody had created {subject} by then"), []),
            false => Because::new(format!("no change of {subject} had put it into the database of {at}"), []),
        }
    }

    /// A change that had been written, and had not reached a controller yet.
    fn under_way(&self, written: &'r Event, version: Version, at: &HostName, asked: &Event) -> Because {
        let EventKind::Fact(Fact::Committed { subject, .. }) = &written.kind else {
            return Because::new("a change was under way", [written.seq]);
        };
        let origin = &written.host;
        let mut text = format!(
            "{subject} was written at {origin} at {} (change {}), and {at} did not have it yet",
            instant(written.at),
            version.0
        );
        let mut events = vec![written.seq];
        let mut more = Vec::new();
        match self.received(at, version) {
            Some(received) => {
                let EventKind::Fact(Fact::Replicated { from, .. }) = &received.kind else {
                    return Because::new(text, events);
                };
                text += &format!(
                    ": it came from {from} at {}, {} than it was written and {} than it was asked for",
                    instant(received.at),
                    later(written.at, received.at),
                    later(asked.at, received.at)
                );
                events.push(received.seq);
                more.extend(self.carrier(received, from));
                more.extend(self.way(from, at));
            }
            None => {
                text += ", and did not get it before the run ended";
                more.extend(self.way(origin, at));
            }
        }
        more.extend(self.hindrances(written, at, version));
        Because::new(text, events).and(more)
    }

    /// How a change arrived that an event shows.
    pub(super) fn arrival(&self, event: &'r Event, version: Version) -> Option<Because> {
        let written = self.before(event.seq).find(
            |other| matches!(&other.kind, EventKind::Fact(Fact::Committed { version: of, .. }) if *of == version),
        )?;
        let EventKind::Fact(Fact::Committed { subject, .. }) = &written.kind else { return None };
        if written.host == event.host {
            let text = format!("{subject} was written there at {}", instant(written.at));
            let call = self.writer(written);
            return Some(Because::new(text, [written.seq]).and(call));
        }
        let received = self.received(&event.host, version)?;
        let EventKind::Fact(Fact::Replicated { from, .. }) = &received.kind else { return None };
        let text = format!(
            "change {} of {subject} was written at {} at {}, and came from {from}, {}",
            version.0,
            written.host,
            instant(written.at),
            later(written.at, received.at)
        );
        let more = self.carrier(received, from).into_iter().chain(self.way(from, &event.host));
        Some(Because::new(text, [written.seq, received.seq]).and(more))
    }

    /// The call that made a change.
    fn writer(&self, written: &'r Event) -> Option<Because> {
        let call = self.after(written.seq).take_while(|other| other.at == written.at).find(|other| {
            matches!(&other.kind, EventKind::Call { at, code: 0, .. } if *at == written.host)
                && other.actor.is_some()
        })?;
        let who = self.actor(call);
        let text = format!("{who} at {} called it: {}", call.host, crate::report::describe(call));
        Some(Because::new(text, [call.seq]))
    }

    /// The synchronisation that brought a change.
    fn carrier(&self, received: &'r Event, from: &HostName) -> Option<Because> {
        let began = self.before(received.seq).find(|other| {
            other.host == received.host
                && matches!(&other.kind, EventKind::Fact(Fact::SyncBegan { from: of, .. }) if of == from)
        });
        let ended = self.after(received.seq).find(|other| {
            other.host == received.host
                && matches!(&other.kind, EventKind::Fact(Fact::SyncEnded { from: of, .. }) if of == from)
        });
        let told = self.before(received.seq).find(|other| {
            other.host == *from
                && matches!(&other.kind, EventKind::Fact(Fact::Notified { to }) if *to == received.host)
        });
        let began = began.filter(|began| ended.is_some() || began.at == received.at)?;
        let mut text = format!("{} {}", began.host, crate::report::describe(began));
        let mut events = vec![began.seq];
        if let Some(told) = told {
            text += &format!(", having been told at {}", instant(told.at));
            events.push(told.seq);
        }
        events.extend(ended.map(|ended| ended.seq));
        Some(Because::new(text, events))
    }

    /// How changes get from one controller to another, as the scenario states it.
    fn way(&self, from: &HostName, to: &HostName) -> Option<Because> {
        let world = &self.run.plan().world;
        let model = match &world.domain.replication {
            Replication::Nt4(spec) => format!(
                "{from} tells its backup controllers every {}{}",
                spec.pulse,
                spec.first_pulse.map_or_else(String::new, |first| format!(", first at {first}"))
            ),
            Replication::Delay(_) => format!("changes reach {to} after the delay that the scenario states"),
            Replication::Ad(spec) => {
                let site = |host: &HostName| {
                    world.dcs.iter().find(|dc| dc.name == *host).map(|dc| dc.machine.site.clone())
                };
                match (site(from), site(to)) {
                    (Some(one), Some(other)) if one != other => {
                        let links = spec
                            .site_links
                            .iter()
                            .filter(|link| link.sites.contains(&one) && link.sites.contains(&other));
                        let links: Vec<String> =
                            links.map(|link| format!("{} every {}", link.name, link.interval)).collect();
                        match links.is_empty() {
                            true => format!("no single site link joins {one} and {other}: it takes several"),
                            false => {
                                format!("{one} and {other} are joined by the site link {}", links.join(", "))
                            }
                        }
                    }
                    _ => format!("partners in a site are notified after {:?}", spec.notify_first),
                }
            }
        };
        Some(Because::new(model, []))
    }

    /// Faults and failed synchronisations while a change was under way.
    fn hindrances(&self, written: &'r Event, at: &HostName, version: Version) -> Vec<Because> {
        let until = self.received(at, version).map_or(u64::MAX, |received| received.seq);
        let mut found: Vec<Because> = Vec::new();
        for event in self.after(written.seq).take_while(|event| event.seq < until) {
            let told = match &event.kind {
                EventKind::Fact(Fact::FaultTouched { fault, touched }) => {
                    format!("the injected fault {fault} touched {touched}")
                }
                EventKind::Fact(Fact::SyncEnded { from, error: Some(error), .. }) if event.host == *at => {
                    format!("a synchronisation of {at} from {from} failed with {error}")
                }
                EventKind::Fact(Fact::Machine { up: false })
                    if event.host == *at || event.host == written.host =>
                {
                    format!("{} was down from {}", event.host, instant(event.at))
                }
                _ => continue,
            };
            match found.iter_mut().find(|known| known.text == told) {
                Some(known) if known.events.len() < 3 => known.events.push(event.seq),
                Some(_) => {}
                None => found.push(Because::new(told, [event.seq])),
            }
        }
        found.truncate(4);
        found
    }

    /// When a controller received a change.
    pub(super) fn received(&self, at: &HostName, version: Version) -> Option<&'r Event> {
        self.run.events.iter().find(|event| {
            event.host == *at
                && matches!(&event.kind, EventKind::Fact(Fact::Replicated { version: of, .. }) if *of == version)
        })
    }

    /// Why whoever called was not let in.
    fn caller(
        &self,
        event: &'r Event,
        at: &HostName,
        by: &AccountName,
        error: Win32Error,
        depth: usize,
    ) -> Option<Because> {
        if !matches!(error.code(), 1326 | 1317 | 1332 | 1331 | 1909 | 1330 | 1907 | 5) {
            return None;
        }
        let deleted = self.deletion(by.name(), event.seq, depth)?;
        let text = format!("{by} did not exist any more when it called {at}: {}", answered(error.code()));
        Some(Because::new(text, [event.seq]).and([deleted]))
    }

    /// Who deleted an account, and after what.
    pub(super) fn deletion(&self, account: &Name, before: u64, depth: usize) -> Option<Because> {
        let deleted = self.before(before).find(|other| {
            matches!(&other.kind, EventKind::Fact(Fact::Committed {
                change: ChangeKind::UserDelete | ChangeKind::GroupDelete | ChangeKind::LocalGroupDelete,
                subject,
                ..
            }) if subject == account)
                || matches!(&other.kind, EventKind::Fact(Fact::State {
                    key: StateKey::Account { account: of }, value: None, version: None,
                }) if is(of, account))
        })?;
        // Created again since: then it is not gone because of this.
        let anew = self.before(before).take_while(|other| other.seq > deleted.seq).any(|other| {
            matches!(&other.kind, EventKind::Fact(Fact::Committed { change: ChangeKind::UserAdd, subject, .. })
                if subject == account)
        });
        if anew {
            return None;
        }
        let mut told = Because::new(
            format!("{account} was deleted at {} at {}", deleted.host, instant(deleted.at)),
            [deleted.seq],
        );
        if let Some(call) = self.after(deleted.seq).take_while(|other| other.at == deleted.at).find(
            |other| matches!(&other.kind, EventKind::Call { subject: Some(of), code: 0, .. } if of == account),
        ) {
            let who = self.actor(call);
            let mut deed = Because::new(format!("{who} at {} deleted it", call.host), [call.seq]);
            if let Some(end) = self.loader_end(deleted.seq).filter(|_| depth > 0) {
                let text = format!(
                    "the boot loader at {} had ended at {}, {} before",
                    end.host,
                    instant(end.at),
                    deleted.at.since(end.at)
                );
                deed = deed.and([Because::new(text, [end.seq]).and(self.still_running(end))]);
            }
            told = told.and([deed]);
        }
        Some(told)
    }

    /// A child of the loader that outlived it.
    fn still_running(&self, end: &'r Event) -> Option<Because> {
        let waiting = self.before(end.seq).find(|other| {
            other.host == end.host
                && other.actor != end.actor
                && matches!(other.kind, EventKind::WaitBegan { .. })
                && !self.before(end.seq).take_while(|between| between.seq > other.seq).any(|between| {
                    between.actor == other.actor && matches!(between.kind, EventKind::WaitEnded { .. })
                })
        })?;
        let text = format!(
            "{} on the same host was still waiting: {}",
            self.actor(waiting),
            crate::report::describe(waiting)
        );
        Some(Because::new(text, [waiting.seq]))
    }
}
