//! How far apart the clocks of machines are, from pairs of lines of which one must have come before the other.
//!
//! A client's clock minus the site server's is at most the time from a cause at the site server to its effect at the
//! client, and at least the time from an effect at the site server back to its cause at the client.

use super::collect::Event;

/// The deletion of the bootstrap account follows the loader's stop by this much (Q304961).
const DELETION: i64 = 15 * 60_000;

/// What is known of a machine's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Clock {
    /// How much it is ahead of the reference, in milliseconds, as assumed in what follows.
    pub ahead: i64,
    /// The least that the pairs allow.
    pub least: Option<i64>,
    /// The most.
    pub most: Option<i64>,
    /// How many pairs say so.
    pub pairs: usize,
    /// Whether pairs contradict each other, so that nothing was assumed.
    pub contradictory: bool,
}

impl Clock {
    /// Whether the pairs say that the clocks differ.
    pub fn differs(&self) -> bool {
        self.ahead != 0
    }

    /// How much more it may be wrong, in milliseconds, if pairs of lines say so from both sides.
    pub fn looseness(&self) -> Option<i64> {
        let (least, most) = (self.least?, self.most?);
        (!self.contradictory).then(|| (most - self.ahead).max(self.ahead - least).max(0))
    }
}

/// One attempt to install, as one of both sides saw it. Times are in milliseconds.
#[derive(Clone, Debug, Default)]
struct Side {
    /// The last thing that the site server did before the client began, or the client's first step.
    start: Option<i64>,
    /// The loader's stop, or the deletion that follows it.
    loader: Option<i64>,
    /// The client's end, or that the request was put aside for a retry.
    end: Option<i64>,
}

/// The clock of a client against its site server's, of whose events `when` gives the time.
pub(super) fn compare(
    server: &[&Event],
    client: &[&Event],
    server_when: &dyn Fn(&Event) -> Option<i64>,
    client_when: &dyn Fn(&Event) -> Option<i64>,
) -> Clock {
    let causes = server_side(server, server_when);
    let effects = client_side(client, client_when);
    if causes.is_empty() || effects.is_empty() {
        return Clock::default();
    }
    // Where one side misses attempts, those of the other are tried against it in each place.
    let (few, many) = (causes.len().min(effects.len()), causes.len().max(effects.len()));
    let shifts = 0..=many - few;
    let fits = shifts.map(|shift| {
        let (causes, effects) = match causes.len() >= effects.len() {
            true => (&causes[shift..shift + few], &effects[..]),
            false => (&causes[..], &effects[shift..shift + few]),
        };
        bounds(causes, effects)
    });
    let best = fits.min_by_key(|clock| (clock.contradictory, clock.ahead.abs()));
    best.unwrap_or_default()
}

fn bounds(causes: &[Side], effects: &[Side]) -> Clock {
    let (mut least, mut most, mut pairs) = (None::<i64>, None::<i64>, 0);
    for (cause, effect) in causes.iter().zip(effects) {
        if let (Some(before), Some(after)) = (cause.start, effect.start) {
            most = Some(most.map_or(after - before, |most| most.min(after - before)));
            pairs += 1;
        }
        let later =
            [(effect.loader.map(|stopped| stopped + DELETION), cause.loader), (effect.end, cause.end)];
        for (before, after) in later {
            if let (Some(before), Some(after)) = (before, after) {
                least = Some(least.map_or(before - after, |least| least.max(before - after)));
                pairs += 1;
            }
        }
    }
    let contradictory = least.zip(most).is_some_and(|(least, most)| least > most);
    let ahead = match (contradictory, least, most) {
        (false, Some(least), _) if least > 0 => least,
        (false, _, Some(most)) if most < 0 => most,
        _ => 0,
    };
    Clock { ahead, least, most, pairs, contradictory }
}

fn server_side(events: &[&Event], when: &dyn Fn(&Event) -> Option<i64>) -> Vec<Side> {
    let mut sides: Vec<Side> = Vec::new();
    for event in events {
        if event.is("ccm-begins") {
            sides.push(Side { start: when(event), ..Side::default() });
        }
        let Some(side) = sides.last_mut() else { continue };
        let last = || event.last_at.zip(event.at).and_then(|(last, at)| Some(when(event)? + last - at));
        if (event.is("ccm-connected") || event.is("ccm-waits")) && side.loader.is_none() {
            side.start = last();
        } else if event.is("ccm-deletes") {
            side.loader = side.loader.or_else(|| when(event));
        } else if event.is("ccm-stored") && event.value("queue") == Some("Retry") {
            side.end = side.end.or_else(|| when(event));
        }
    }
    sides
}

fn client_side(events: &[&Event], when: &dyn Fn(&Event) -> Option<i64>) -> Vec<Side> {
    let mut sides: Vec<Side> = Vec::new();
    for event in events {
        if event.is("not-registered") {
            sides.push(Side { start: when(event), ..Side::default() });
        }
        let Some(side) = sides.last_mut() else { continue };
        if event.is("loader-ends") {
            side.loader = side.loader.or_else(|| when(event));
        } else if event.is("launch-failed") || event.is("result") {
            side.end = side.end.or_else(|| when(event));
        }
    }
    sides
}
