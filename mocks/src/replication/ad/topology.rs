//! Who pulls from whom: a ring in each site, site links between them.

use std::collections::VecDeque;

use super::schedule::Schedule;
use crate::directory::DcIndex;
use crate::{AdSpec, AdVersion, DcRole, DcSpec, Name, SiteLinkSpec, Span};

/// No controller of a site is further than this from another.
const HOPS: usize = 3;

/// A connection: `target` pulls from `source`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Connection {
    pub(super) source: DcIndex,
    pub(super) target: DcIndex,
    /// The source tells its partners one after the other; this one is the n-th, from 0. `None`: it tells nobody over
    /// this connection, as between sites.
    pub(super) notified: Option<i64>,
    /// When the target asks by itself: the poll inside a site, or the hours of the site link.
    pub(super) schedule: Schedule,
    /// Whether it joins two sites.
    pub(super) between_sites: bool,
    /// The longest random addition to an instant of the schedule.
    pub(super) jitter: Span,
}

/// The connections between the replicas of a domain; BDCs of Windows NT 4.0 have none, and a read-only controller is the
/// source of none. Sites without a path of links between them do not replicate. `since_monday` is the span from the last Monday's midnight to the start of the run.
pub(super) fn connections(spec: &AdSpec, dcs: &[DcSpec], since_monday: Span) -> Vec<Connection> {
    let mut sites: Vec<(&Name, Vec<DcIndex>)> = Vec::new();
    let writes = |dc: &DcSpec| dc.role != DcRole::Rodc && !spec.feeds(dc);
    for (index, dc) in dcs.iter().enumerate().filter(|(_, dc)| writes(dc)) {
        let dc_index = DcIndex(index as u16);
        match sites.iter_mut().find(|(site, _)| *site == &dc.machine.site) {
            Some((_, members)) => members.push(dc_index),
            None => sites.push((&dc.machine.site, vec![dc_index])),
        }
    }
    let mut connections = Vec::new();
    let mut told: Vec<i64> = vec![0; dcs.len()];
    for (_, members) in &sites {
        for (source, partners) in partners(members.len()).into_iter().enumerate() {
            for (rank, target) in partners.into_iter().enumerate() {
                told[usize::from(members[source].0)] += 1;
                connections.push(Connection {
                    source: members[source],
                    target: members[target],
                    notified: Some(rank as i64),
                    schedule: Schedule::every(spec.poll),
                    between_sites: false,
                    jitter: Span::ZERO,
                });
            }
        }
    }
    let names: Vec<&Name> = sites.iter().map(|(site, _)| *site).collect();
    for (a, b, link) in spanning_tree(&spec.site_links, &names) {
        // The first controller of a site is its bridgehead.
        let (a, b) = (sites[a].1[0], sites[b].1[0]);
        for (source, target) in [(a, b), (b, a)] {
            connections.push(over(spec, link, source, target, since_monday, &mut told));
        }
    }
    // A read-only controller pulls from the first one of its site that writes, or from the bridgehead of the nearest site
    // that has one.
    for (index, dc) in dcs.iter().enumerate().filter(|(_, dc)| dc.role == DcRole::Rodc) {
        let (own, target) = (&dc.machine.site, DcIndex(index as u16));
        if let Some((_, members)) = sites.iter().find(|(site, _)| *site == own) {
            let source = members[0];
            let notified = Some(next_rank(&mut told, source));
            let schedule = Schedule::every(spec.poll);
            let (between_sites, jitter) = (false, Span::ZERO);
            connections.push(Connection { source, target, notified, schedule, between_sites, jitter });
        } else if let Some((link, source)) = nearest(&spec.site_links, own, &sites) {
            connections.push(over(spec, link, source, target, since_monday, &mut told));
        }
    }
    connections
}

/// Who pulls from whom, as the directory shows it: sources and targets.
#[cfg(feature = "ldap")]
pub(crate) fn pairs(spec: &AdSpec, dcs: &[DcSpec]) -> Vec<(DcIndex, DcIndex)> {
    let all = connections(spec, dcs, Span::ZERO);
    all.into_iter().map(|connection| (connection.source, connection.target)).collect()
}

/// How many partners a source has told before this one.
fn next_rank(told: &mut [i64], source: DcIndex) -> i64 {
    let rank = told[usize::from(source.0)];
    told[usize::from(source.0)] += 1;
    rank
}

/// A connection over a site link.
fn over(
    spec: &AdSpec,
    link: &SiteLinkSpec,
    source: DcIndex,
    target: DcIndex,
    since_monday: Span,
    told: &mut [i64],
) -> Connection {
    let jitter = link.jitter.unwrap_or(match spec.version {
        AdVersion::Windows2000 => Span::mins(15),
        AdVersion::Windows2003 => Span::ZERO,
    });
    let notified = link.notify.then(|| next_rank(told, source));
    let schedule = Schedule::of(link, since_monday);
    Connection { source, target, notified, schedule, between_sites: true, jitter }
}

/// The cheapest link from a site to one with controllers that write, and the bridgehead there.
fn nearest<'a>(
    links: &'a [SiteLinkSpec],
    own: &Name,
    sites: &[(&Name, Vec<DcIndex>)],
) -> Option<(&'a SiteLinkSpec, DcIndex)> {
    let joins = links.iter().filter(|link| link.sites.contains(own));
    let ends = joins.flat_map(|link| {
        let there = sites.iter().filter(|(site, _)| link.sites.contains(site));
        there.map(move |(_, members)| (link, members[0]))
    });
    ends.min_by_key(|(link, source)| (link.cost, link.interval, *source))
}

/// A ring both ways, with further connections where it would be more than three hops long.
fn partners(n: usize) -> Vec<Vec<usize>> {
    let mut partners: Vec<Vec<usize>> = (0..n)
        .map(|i| match n {
            0 | 1 => Vec::new(),
            2 => vec![1 - i],
            _ => vec![(i + 1) % n, (i + n - 1) % n],
        })
        .collect();
    for from in 0..n {
        while let Some(far) = beyond_reach(&partners, from) {
            partners[from].push(far);
            partners[far].push(from);
        }
    }
    partners
}

/// The furthest controller that is too far away.
fn beyond_reach(partners: &[Vec<usize>], from: usize) -> Option<usize> {
    let mut hops = vec![usize::MAX; partners.len()];
    hops[from] = 0;
    let mut queue = VecDeque::from([from]);
    let mut last = from;
    while let Some(at) = queue.pop_front() {
        last = at;
        for next in &partners[at] {
            if hops[*next] == usize::MAX {
                hops[*next] = hops[at] + 1;
                queue.push_back(*next);
            }
        }
    }
    (hops[last] > HOPS).then_some(last)
}

/// The cheapest links that join as many sites as can be joined.
fn spanning_tree<'a>(links: &'a [SiteLinkSpec], sites: &[&Name]) -> Vec<(usize, usize, &'a SiteLinkSpec)> {
    let mut pairs = Vec::new();
    for link in links {
        let joined: Vec<usize> =
            link.sites.iter().filter_map(|site| sites.iter().position(|name| *name == site)).collect();
        for (index, a) in joined.iter().enumerate() {
            pairs.extend(joined[..index].iter().map(|b| (*b, *a, link)));
        }
    }
    pairs.sort_by_key(|(_, _, link)| (link.cost, link.interval));
    let mut group: Vec<usize> = (0..sites.len()).collect();
    pairs.retain(|(a, b, _)| {
        let (keep, give) = (group[*a], group[*b]);
        group.iter_mut().filter(|of| **of == give).for_each(|of| *of = keep);
        keep != give
    });
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replication::lab::dcs_in_sites;

    fn link(sites: &[&str], cost: u32) -> SiteLinkSpec {
        let sites = sites.iter().map(|site| Name::from(*site)).collect();
        SiteLinkSpec {
            name: "link".into(),
            sites,
            interval: Span::mins(180),
            first: None,
            cost,
            open: Vec::new(),
            jitter: None,
            notify: false,
        }
    }

    #[test]
    fn a_ring_of_seven_needs_nothing_more_and_a_larger_one_stays_within_three_hops() {
        assert!(partners(7).iter().all(|partners| partners.len() == 2));
        for n in [8, 12, 30] {
            let partners = partners(n);
            assert!((0..n).all(|from| beyond_reach(&partners, from).is_none()));
        }
        assert_eq!(partners(2), vec![vec![1], vec![0]]);
    }

    #[test]
    fn the_dear_side_of_a_triangle_of_sites_is_not_used() {
        let dcs = dcs_in_sites(&[("DC1", "A"), ("DC2", "B"), ("DC3", "C"), ("DC4", "D")]);
        let site_links = vec![link(&["A", "C"], 300), link(&["A", "B"], 100), link(&["B", "C"], 100)];
        let connections = connections(&AdSpec { site_links, ..AdSpec::default() }, &dcs, Span::ZERO);
        let pairs: Vec<_> = connections.iter().map(|c| (c.source.0, c.target.0)).collect();
        assert_eq!(pairs, vec![(0, 1), (1, 0), (1, 2), (2, 1)]);
    }

    #[test]
    fn nobody_pulls_from_a_read_only_controller_and_no_way_leads_through_its_site() {
        let mut dcs = dcs_in_sites(&[("DC1", "A"), ("DC2", "A"), ("RO1", "A"), ("RO2", "B"), ("DC3", "C")]);
        dcs[2].role = DcRole::Rodc;
        dcs[3].role = DcRole::Rodc;
        let pulls = |site_links: Vec<SiteLinkSpec>| {
            let connections = connections(&AdSpec { site_links, ..AdSpec::default() }, &dcs, Span::ZERO);
            connections.iter().map(|c| (c.source.0, c.target.0)).collect::<Vec<_>>()
        };
        let far = vec![link(&["A", "B"], 100), link(&["B", "C"], 50), link(&["A", "C"], 300)];
        assert_eq!(pulls(far), vec![(0, 1), (1, 0), (0, 4), (4, 0), (0, 2), (4, 3)]);
        assert_eq!(
            pulls(vec![link(&["A", "B"], 100), link(&["B", "C"], 50)]),
            [(0, 1), (1, 0), (0, 2), (4, 3)]
        );
    }
}
