//! How far the logs of two histories are apart.

use std::collections::BTreeSet;

use super::trace::{Item, NEAR, align};
use crate::diagnose::history::{History, Part};

/// Waits whose lengths differ by less are of one length, in milliseconds.
const SAME: i64 = 60_000;

/// How far two traces are apart: what comes first weighs more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Distance {
    /// Events that only one of them has, on machines whose logs the customer gave.
    pub alone: usize,
    /// Pairs of events of two machines that come in another order, where the clocks are known well enough to tell.
    pub crossed: usize,
    /// How much the lengths of waits differ, in minutes.
    pub minutes: i64,
    /// What a setting makes a client log, of whom the customer gave no log: it may never have begun.
    pub unseen: usize,
    /// Whether the run's own logs are diagnosed as another article than the customer's.
    pub another: bool,
}

/// A trace with its times.
pub struct Traced<'h> {
    items: &'h [Item],
    /// When each was, by the site server's clock.
    at: Vec<Option<i64>>,
    /// How much the client's clock may be wrong beyond what is known of it; `None`: nothing is known.
    loose: Option<i64>,
}

impl<'h> Traced<'h> {
    /// A trace of a history about a client.
    pub fn new(history: &History, client: &str, items: &'h [Item]) -> Traced<'h> {
        let at = items.iter().map(|item| history.when(item.event)).collect();
        Traced { items, at, loose: history.looseness(client) }
    }

    /// How far another trace is from this one, which is the customer's.
    pub fn distance(&self, tried: &Traced<'_>) -> Distance {
        let given: BTreeSet<Part> = self.items.iter().map(|item| item.key.part).collect();
        let seen = |item: &&Item| given.is_empty() || given.contains(&item.key.part);
        let unseen = tried.items.iter().filter(|item| !seen(item) && item.key.part == Part::Client).count();
        let kept: Vec<usize> = (0..tried.items.len()).filter(|number| seen(&&tried.items[*number])).collect();
        let others: Vec<Item> = kept.iter().map(|number| tried.items[*number].clone()).collect();
        let (mut alone, mut apart, mut both) = (0, 0, Vec::new());
        for pair in align(self.items, &others) {
            match pair {
                (Some(one), Some(other)) => {
                    apart += (self.items[one].lasted - others[other].lasted).abs();
                    both.push((one, kept[other]));
                }
                _ => alone += 1,
            }
        }
        Distance { alone, crossed: self.crossed(tried, &both), minutes: apart / SAME, unseen, another: false }
    }

    /// Pairs of events, one of the site server and one of the client, in another order here and there.
    fn crossed(&self, tried: &Traced<'_>, both: &[(usize, usize)]) -> usize {
        let (Some(loose), Some(other_loose)) = (self.loose, tried.loose) else { return 0 };
        let near = NEAR + loose.max(other_loose);
        let of = |part: Part| both.iter().filter(move |(one, _)| self.items[*one].key.part == part);
        let mut crossed = 0;
        for (server, other_server) in of(Part::SiteServer) {
            for (client, other_client) in of(Part::Client) {
                let here = self.at[*client].zip(self.at[*server]).map(|(client, server)| client - server);
                let there = tried.at[*other_client].zip(tried.at[*other_server]);
                let there = there.map(|(client, server)| client - server);
                let (Some(here), Some(there)) = (here, there) else { continue };
                crossed +=
                    usize::from(here.abs() > near && there.abs() > near && here.signum() != there.signum());
            }
        }
        crossed
    }
}
