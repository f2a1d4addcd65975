//! Octets as a message: the reader takes them or refuses them, and what it takes it can tell.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mockdc_mocks::ldap::{Request, decode, message_length};

fuzz_target!(|octets: &[u8]| {
    let length = message_length(octets);
    if let Ok(message) = decode(octets) {
        assert_eq!(length, Ok(Some(octets.len())), "a message is as long as it says");
        if let Request::Search(search) = &message.request {
            let _ = search.filter.to_string();
        }
    }
});
