//! Security identifiers in their written form.

use super::Rid;

/// The three numbers that tell a domain or a machine from others.
pub(crate) type SidAuthority = [u32; 3];

/// A security identifier that mockdc knows what to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sid {
    /// S-1-1-0
    Everyone,
    /// S-1-5-32-n
    BuiltIn(Rid),
    /// S-1-5-21-a-b-c-n
    Account {
        /// Whose account.
        authority: SidAuthority,
        /// Which.
        rid: Rid,
    },
}

/// Reads `S-1-5-32-544` and the like, without the star of policy files.
pub(crate) fn parse_sid(text: &str) -> Option<Sid> {
    let mut fields = text.trim().split('-');
    if !fields.next()?.eq_ignore_ascii_case("s") {
        return None;
    }
    let numbers = fields.map(|field| field.parse().ok()).collect::<Option<Vec<u32>>>()?;
    match *numbers {
        [1, 1, 0] => Some(Sid::Everyone),
        [1, 5, 32, rid] => Some(Sid::BuiltIn(Rid(rid))),
        [1, 5, 21, a, b, c, rid] => Some(Sid::Account { authority: [a, b, c], rid: Rid(rid) }),
        _ => None,
    }
}

/// The numbers of a domain or machine: the same for the same name in every run.
pub(crate) fn sid_authority(name: &str) -> SidAuthority {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    [0, 1, 2].map(|_| {
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3);
        }
        (hash >> 33) as u32
    })
}
