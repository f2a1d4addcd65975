//! `lastLogonTimestamp`: the one time of a logon that controllers tell each other, and therefore seldom write (MS-ADA1).

use super::live::State;
use super::time::{file_time, from_file_time};
use super::view::number;
use crate::directory::{Change, DcIndex, Part, RecordValue, Rid};
use crate::{ChangeKind, Domain, FunctionalLevel, HostName, Replication, SimTime, Span, Streams};

/// What it is called.
const ATTRIBUTE: &str = "lastLogonTimestamp";
/// How many days old it may get where the domain does not say so.
const INTERVAL_DAYS: i64 = 14;
/// How much less that is at most, so that not everybody's is written on the same day.
const SPREAD: Span = Span::days(5);

/// An account has logged on at a controller: from the functional level of Windows Server 2003 on, its time is written
/// when there is none, or when the one that is there has grown old.
pub(super) fn note(
    state: &mut State,
    (dc, host): (DcIndex, &HostName),
    account: Rid,
    now: SimTime,
    (start_unix_ms, seed): (i64, u64),
) {
    if !is_kept(&state.domain) || !state.domain.writable(dc) {
        return;
    }
    let view = state.view(host, now, start_unix_ms);
    let interval = view.values(view.tree.places().domain, "msds-logontimesyncinterval");
    let days = interval.first().and_then(|days| number(days)).unwrap_or(INTERVAL_DAYS);
    let old = view.stated(account, ATTRIBUTE).and_then(|values| number(values.first()?));
    let is_due = match old {
        _ if days <= 0 => false,
        None => true,
        Some(old) => {
            let last = SimTime(from_file_time(old).saturating_sub(start_unix_ms));
            now.since(last) >= lasts(days, Streams::new(seed), account, old)
        }
    };
    let Some(name) = view.database.name(account).filter(|_| is_due) else { return };
    let value = file_time(start_unix_ms.saturating_add(now.as_millis())).to_string().into_bytes();
    let part = Part::Attribute(account, ATTRIBUTE.into());
    let change = Change::of(ChangeKind::Object, name, part, RecordValue::Values([value].into()));
    state.domain.commit_all(now, dc, vec![change]);
}

/// How old a value gets: the interval less a part of five days, which is drawn once for each value; nothing less where
/// the interval is not longer than that.
fn lasts(days: i64, streams: Streams, account: Rid, value: i64) -> Span {
    let interval = Span::days(days.min(100_000));
    if interval <= SPREAD {
        return interval;
    }
    let streams = streams.child("last logon timestamp").child(&format!("{}/{value}", account.0));
    interval - streams.draws().span_up_to(SPREAD)
}

/// Whether the domain is one in which controllers keep it.
fn is_kept(domain: &Domain) -> bool {
    matches!(&domain.world().domain.replication, Replication::Ad(ad) if ad.level() == FunctionalLevel::Windows2003)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lasts_the_interval_less_a_part_of_five_days_and_always_the_same() {
        let drawn = |value: i64| lasts(14, Streams::new(1), Rid(1_105), value);
        let spans: Vec<Span> = (0..200).map(drawn).collect();
        assert!(spans.iter().all(|span| (Span::days(9)..=Span::days(14)).contains(span)));
        assert!(
            spans.iter().any(|span| *span < Span::days(10))
                && spans.iter().any(|span| *span > Span::days(13))
        );
        assert_eq!(spans, (0..200).map(drawn).collect::<Vec<_>>());
        assert_ne!(lasts(14, Streams::new(2), Rid(1_105), 0), drawn(0));
        assert_eq!(lasts(5, Streams::new(1), Rid(1_105), 0), Span::days(5));
        assert_eq!(lasts(1, Streams::new(1), Rid(1_105), 0), Span::days(1));
    }
}
