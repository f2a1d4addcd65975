//! Octets as what an administrator's connection says: whatever it is, the controller answers whole messages and goes on.
#![no_main]

use std::sync::Mutex;

use libfuzzer_sys::fuzz_target;
use mockdc_mocks::ldap::{LiveDomain, Offline, Options, message_length};
use mockdc_mocks::{Clock, Domain, SimTime, Span};

/// A scenario that stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> SimTime {
        SimTime::START
    }
}

/// Inputs after which the directory begins anew, so that what one leaves behind does not pile up.
const FRESH: u32 = 2_000;

static CONTROLLER: Mutex<Option<(Offline, u32)>> = Mutex::new(None);

/// A simple bind as the administrator.
const BIND: &[u8] = b"\x30\x2d\x02\x01\x01\x60\x28\x02\x01\x03\x04\x12CORP\\Administrator\x80\x0fAdm1n-password!";

fn controller() -> Offline {
    let domain = Domain::builder().pdc("PDC1").bdc("BDC1").delay(Span::mins(40)).user("jdoe", "Passw0rd!", &[]);
    let live = LiveDomain::new(domain.build(1).expect("a sound world"), Still);
    live.facts_to(|_| {});
    Offline::new(&live, "PDC1", Options::default()).expect("the controller is there")
}

fuzz_target!(|octets: &[u8]| {
    let mut kept = CONTROLLER.lock().expect("one thread");
    if kept.as_ref().is_none_or(|(_, count)| *count >= FRESH) {
        *kept = Some((controller(), 0));
    }
    let (offline, count) = kept.as_mut().expect("it is there");
    *count += 1;
    let answer = offline.answer(&[BIND, octets].concat());
    assert_eq!(answer.get(..2), Some(&[0x30, 0x84][..]), "the bind is answered");
    let mut rest = answer.as_slice();
    while !rest.is_empty() {
        let length = message_length(rest).expect("an answer is a message").expect("and a whole one");
        rest = &rest[length..];
    }
});
