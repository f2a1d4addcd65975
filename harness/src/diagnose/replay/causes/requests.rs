//! What may have kept a site server from reaching a client, and what it does about that.

use super::super::customer::Customer;
use super::super::setting::{Cause, Inferred, Unreachable};
use crate::diagnose::Event;

/// The code of an account that is locked.
const LOCKED_OUT: u32 = 1909;

/// The code of a wrong password.
const WRONG_PASSWORD: u32 = 1326;

/// How long before an attempt that gets through the way is free, in seconds: half of the time between two.
const BEFORE: i64 = 30 * 60;

/// The greatest threshold that a policy can state (`LockoutBadCount`).
const MOST_WRONG: u64 = 999;

/// For how long a wrong password counts under the policy that the scenario states (`ResetLockoutCount`), in milliseconds.
const COUNT_LASTS: i64 = 1_440 * 60_000;

impl Customer<'_> {
    /// A share that does not answer, with what an article tells besides.
    pub(super) fn unreachable(&self, article: &str) -> Cause {
        Cause::Unreachable(Unreachable {
            back: self.back(),
            again: (article == "Q242926").then(|| self.second_request()).flatten(),
            namesake: (article == "Q257269").then(|| self.namesake()).flatten(),
            once: (article == "Q265882").then(|| self.stored_for_ever()).flatten(),
        })
    }

    /// When the way was free again, if an attempt got through: half an hour before it.
    pub(super) fn back(&self) -> Option<Inferred<i64>> {
        let through = self.find_since_begun(|event| event.is("ccm-connected"))?;
        let seconds = (self.history.when(through)? - self.begun()?) / 1000 - BEFORE;
        let from = format!("{} gets through, the attempt an hour before does not", self.at(Some(through)));
        (seconds > 0).then(|| Inferred::measured(seconds, from))
    }

    /// When a second request for the client was begun with, since what the scenario repeats begins.
    fn second_request(&self) -> Option<Inferred<i64>> {
        let request =
            |event: &Event| event.value("request").map(str::to_owned).filter(|_| event.is("ccm-begins"));
        let first = self.find_since_begun(|event| request(event).is_some())?;
        let named = request(&self.history.events[first]);
        let second = self.find_since_begun(|event| request(event).is_some_and(|own| Some(own) != named))?;
        let seconds = (self.history.when(second)? - self.begun()?) / 1000;
        let from =
            format!("{} begins with another request than {}", self.at(Some(second)), self.at(Some(first)));
        (seconds > 0).then(|| Inferred::measured(seconds, from))
    }

    /// The account of the client's own that is locked, and how many wrong passwords that took.
    fn namesake(&self) -> Option<Inferred<(String, u64)>> {
        let own = |event: &Event| {
            let (domain, user) = event.value("account")?.split_once('\\')?;
            domain.eq_ignore_ascii_case(&self.diagnosis.client).then(|| user.to_owned())
        };
        let refused = |event: &Event, code| event.is("ccm-refused") && event.code == Some(code);
        let locked = self.find_since_begun(|event| refused(event, LOCKED_OUT) && own(event).is_some())?;
        let user = own(&self.history.events[locked])?;
        let before = self.history.about_client(&self.diagnosis.client).take_while(|number| *number < locked);
        let before: Vec<usize> = before.collect();
        let (mut wrong, mut next) = (0, self.history.when(locked));
        for number in before.into_iter().rev() {
            let event = &self.history.events[number];
            if own(event).as_ref() != Some(&user) {
                continue;
            }
            let began = self.history.when(number);
            let over = next.zip(began).is_some_and(|(next, at)| next - (at + event.lasted()) >= COUNT_LASTS);
            // The count begins anew after a good password, and when its time is over.
            if event.is("ccm-connected") || over {
                break;
            }
            if refused(event, WRONG_PASSWORD) {
                wrong += event.count;
                next = began;
            }
        }
        let hidden = self.names.of(&user).to_owned();
        let from = format!(
            "{hidden} of the machine is refused with {WRONG_PASSWORD} so often ({wrong}) before it is locked, {}",
            self.at(Some(locked))
        );
        (wrong > 0).then(|| Inferred::measured((hidden, wrong.min(MOST_WRONG)), from))
    }

    /// The request is put aside, and that is the last that is heard of it.
    fn stored_for_ever(&self) -> Option<Inferred<()>> {
        let stored = self.trace.iter().rev().find(|item| &*item.key.step == "ccm-stored")?;
        Some(Inferred::measured((), format!("{} is the last line about it", self.at(Some(stored.event)))))
    }

    /// The first good event about the client since what the scenario repeats begins.
    fn find_since_begun(&self, good: impl Fn(&Event) -> bool) -> Option<usize> {
        let first = self.trace.iter().map(|item| item.event).min()?;
        self.find_number(|number, event| number >= first && good(event))
    }

    /// When what the scenario repeats begins.
    fn begun(&self) -> Option<i64> {
        self.history.when(self.trace.first()?.event)
    }
}
