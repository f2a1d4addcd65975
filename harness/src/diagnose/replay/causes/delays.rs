//! How late accounts and their rights may have been.

use super::super::customer::Customer;
use super::super::setting::{Inferred, Lateness};
use super::super::trace::Item;
use crate::diagnose::report::place;

impl Customer<'_> {
    /// Delays that the waits allow, the simplest first.
    pub(super) fn delays(&self) -> Vec<Inferred<Lateness>> {
        let (server, client) = (self.item("ccm-waits"), self.item("waits"));
        // The account was not there at the last look and may have come at the next one.
        let missing = |item: Option<&Item>| {
            item.map_or(0, |item| {
                let every = self.between_looks(&item.key.step);
                (item.lasted + every * 500) / (every * 1000) * every + every
            })
        };
        let next = client.or(server).map_or(60, |item| self.between_looks(&item.key.step));
        let (own, site) = (missing(client), missing(server));
        let mut delays = Vec::new();
        for more in [0, next, 300, 1800] {
            let from = format!(
                "{}: so long and no longer than until the next look was the account missing",
                self.places([client, server])
            );
            delays.push(Inferred::measured(Lateness::Constant(own.max(site) + more), from));
        }
        if own > 0 && server.is_none() {
            // The site server never waited: the first account was there at once, and only the second is late. It is made
            // a minute after the start or two.
            for made in [60, 120] {
                let from = format!(
                    "{}: so long was the second account missing; no line shows a wait for the first",
                    self.places([client, None])
                );
                delays.push(Inferred::measured(Lateness::Held { until: made + own }, from));
            }
        }
        if own > 0 {
            // The first account comes with the first pulse, at the last look that missed it or just after; the second is
            // made a minute or two later and comes with the next pulse.
            for (first, more) in
                [(site - 60, 0), (site - 60, 60), (site - 60, 120), (site, 0), (site, 60), (site, 120)]
            {
                let from = format!(
                    "{}: the first account came with the first pulse, the second with the next",
                    self.places([server, client])
                );
                let pulse = Lateness::Pulse { first: first.max(60), every: own + more + 60 };
                delays.push(Inferred::measured(pulse, from));
            }
        }
        delays
    }

    /// Accounts that arrive as the site server's wait shows, and their rights after the next look.
    pub(super) fn rights_later(&self) -> Vec<Inferred<Lateness>> {
        let server = self.item("ccm-waits");
        let account = server.map_or(0, |item| item.lasted / 1000 + self.between_looks(&item.key.step));
        let refused =
            ["ccm-loader-failed", "launch-failed", "result"].iter().find_map(|step| self.item(step));
        let from = format!(
            "{}: a service does not start under an account that is there",
            self.places([server, refused])
        );
        let later = |more| {
            let late = Lateness::RightsLater { account, rights: account + more };
            Inferred::measured(late, from.clone())
        };
        [60, 300, 1800].into_iter().map(later).collect()
    }

    fn places(&self, items: [Option<&Item>; 2]) -> String {
        let places = items.iter().flatten().map(|item| place(self.history, &self.history.events[item.event]));
        let places: Vec<String> = places.collect();
        if places.is_empty() { "no line shows a wait".to_owned() } else { places.join(", ") }
    }
}
