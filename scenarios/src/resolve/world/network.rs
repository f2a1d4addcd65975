//! Links between hosts, and between sites.

use std::ops::Range;

use mockdc_mocks::{
    BusyHours, LinkSpec, NoDay, OpenHours, Replication, SiteLinkSpec, Span, Weekday, Weekdays,
};

use super::domain::out_of_range;
use super::hosts::wrong_model;
use crate::read::{Located, Node, RawBusy, RawLink, RawSiteLink, Word, read};
use crate::resolve::context::Context;
use crate::{Code, Problem};

/// Links, one for each pair of hosts.
pub(in crate::resolve) fn links(context: &mut Context<'_>, nodes: &[Node<'_>]) -> Vec<LinkSpec> {
    let mut links = Vec::new();
    for node in nodes {
        let Some(raw) = read::<RawLink>(node, &mut context.problems) else { continue };
        for busy in &raw.busy {
            if busy.value.from.0 >= busy.value.to.0 {
                empty_window(context, busy.span.clone(), busy.span.clone());
            }
        }
        let mut hours = |busy: &RawBusy| BusyHours {
            from: busy.from.0,
            to: busy.to.0,
            days: weekdays(context, busy.days.as_ref()),
            left: busy.left.0,
        };
        let busy: Vec<BusyHours> = raw.busy.iter().map(|busy| hours(&busy.value)).collect();
        let pairs = pairs(context, &raw.between.0, &raw.between.1);
        links.extend(pairs.into_iter().map(|between| LinkSpec {
            between,
            bits_per_second: raw.bandwidth.map(|rate| rate.0),
            latency: raw.latency,
            busy: busy.clone(),
        }));
    }
    links
}

/// Pairs of different hosts.
pub(in crate::resolve) fn pairs(
    context: &mut Context<'_>,
    one: &Word,
    other: &Word,
) -> Vec<(mockdc_mocks::HostName, mockdc_mocks::HostName)> {
    let ones = context.each_host(&crate::read::Hosts(vec![one.clone()]));
    let others = context.each_host(&crate::read::Hosts(vec![other.clone()]));
    let found = !ones.is_empty() && !others.is_empty();
    let pairs: Vec<_> = ones
        .iter()
        .flat_map(|a| others.iter().map(move |b| (a.value.clone(), b.value.clone())))
        .filter(|(a, b)| a != b)
        .collect();
    if found && pairs.is_empty() {
        context.report(
            Problem::new(Code::LinkToItself, "both ends are the same host")
                .at(other.span.clone(), "the second end")
                .at(one.span.clone(), "the first end")
                .help("name two hosts"),
        );
    }
    pairs
}

pub(in crate::resolve) fn empty_window(context: &mut Context<'_>, end: Range<usize>, begin: Range<usize>) {
    let problem =
        Problem::new(Code::EmptyWindow, "the window ends before it begins").at(end.clone(), "ends here");
    let problem = if begin == end { problem } else { problem.at(begin, "begins here") };
    context.report(problem.help("make the end the later one"));
}

/// The days on which hours begin: every day unless the file says otherwise.
pub(in crate::resolve) fn weekdays(
    context: &mut Context<'_>,
    days: Option<&Located<Vec<Weekday>>>,
) -> Weekdays {
    let Some(days) = days else { return Weekdays::EVERY };
    Weekdays::try_from(days.value.clone()).unwrap_or_else(|NoDay| {
        context.report(
            Problem::new(Code::EmptyWindow, "hours of no day")
                .at(days.span.clone(), "never")
                .help("name a day, such as \"mon\", or leave `days` out: every day"),
        );
        Weekdays::EVERY
    })
}

/// Site links; they belong to the model `ad`.
pub(in crate::resolve) fn site_links(
    context: &mut Context<'_>,
    nodes: &[Node<'_>],
    replication: &mut Replication,
) {
    for node in nodes {
        let Some(raw) = read::<RawSiteLink>(node, &mut context.problems) else { continue };
        let interval = raw.interval.as_ref().map_or(Span::mins(180), |interval| interval.value);
        if let Some(place) = raw.interval.as_ref().map(|interval| interval.span.clone())
            && !(Span::mins(15)..=Span::days(7)).contains(&interval)
        {
            out_of_range(context, place, "interval", "15m to 7d");
        }
        let jitter = raw.jitter.as_ref().filter(|jitter| !(Span::ZERO..=interval).contains(&jitter.value));
        if let Some(jitter) = jitter {
            out_of_range(context, jitter.span.clone(), "jitter", "0s to the link's interval");
        }
        if let (Some(first), Some(open)) = (&raw.first, raw.open.first()) {
            context.report(
                Problem::new(Code::KeysDisagree, "the link's hours say when it opens")
                    .at(first.span.clone(), "says when it opens, too")
                    .at(open.span.clone(), "its hours")
                    .help("take `first` out: the interval begins anew each time that the hours open"),
            );
        }
        for site in &raw.sites {
            if !context.sites.contains(&site.value.as_str().into()) {
                let names: Vec<String> = context.sites.iter().map(ToString::to_string).collect();
                context.unknown(
                    Code::UnknownSite,
                    "site",
                    (&site.value, site.span.clone()),
                    names.iter().map(String::as_str),
                    "give a host this `site`",
                );
            }
        }
        let Replication::Ad(ad) = &mut *replication else {
            wrong_model(context, node.span(), "ad");
            continue;
        };
        ad.site_links.push(SiteLinkSpec {
            name: raw.name.value.as_str().into(),
            sites: raw.sites.iter().map(|site| site.value.as_str().into()).collect(),
            interval,
            first: raw.first.as_ref().map(|first| first.value),
            cost: raw.cost.unwrap_or(100),
            open: raw
                .open
                .iter()
                .map(|hours| OpenHours {
                    from: hours.value.from.0,
                    to: hours.value.to.0,
                    days: weekdays(context, hours.value.days.as_ref()),
                })
                .collect(),
            jitter: raw.jitter.as_ref().map(|jitter| jitter.value),
            notify: raw.notify,
        });
    }
}
