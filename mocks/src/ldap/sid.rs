//! Identifiers as octets and as text.

use crate::directory::{Database, PrincipalKind, Rid};

/// A security identifier of authority 5, revision 1.
fn nt(subs: &[u32]) -> Vec<u8> {
    let mut octets = vec![1, subs.len() as u8, 0, 0, 0, 0, 0, 5];
    octets.extend(subs.iter().flat_map(|sub| sub.to_le_bytes()));
    octets
}

/// The domain's own.
pub(super) fn of_domain(database: &Database) -> Vec<u8> {
    let [a, b, c] = database.sid().unwrap_or_default();
    nt(&[21, a, b, c])
}

/// An account's: the local groups that every system has belong to the authority BUILTIN.
pub(super) fn of(database: &Database, rid: Rid) -> Vec<u8> {
    if is_builtin(database, rid) {
        return nt(&[32, rid.0]);
    }
    let [a, b, c] = database.sid().unwrap_or_default();
    nt(&[21, a, b, c, rid.0])
}

/// Whether an account is one of the authority BUILTIN.
pub(super) fn is_builtin(database: &Database, rid: Rid) -> bool {
    rid.is_built_in() && database.kind_of(rid) == Some(PrincipalKind::LocalGroup)
}

/// The account of an identifier; `None` where this domain has none such.
pub(super) fn account(database: &Database, sid: &[u8]) -> Option<Rid> {
    let last = sid.len().checked_sub(4)?;
    let rid = Rid(u32::from_le_bytes(sid[last..].try_into().ok()?));
    (database.principal(rid).is_some() && of(database, rid) == sid).then_some(rid)
}

/// `S-1-5-…` as octets.
pub(super) fn parse(text: &str) -> Option<Vec<u8>> {
    let mut fields = text.strip_prefix("S-").or_else(|| text.strip_prefix("s-"))?.split('-');
    let revision: u8 = fields.next()?.parse().ok()?;
    let authority: u64 = fields.next()?.parse().ok()?;
    let subs = fields.map(|field| field.parse::<u32>().ok()).collect::<Option<Vec<_>>>()?;
    if subs.len() > 15 || authority >> 48 != 0 {
        return None;
    }
    let mut octets = vec![revision, subs.len() as u8];
    octets.extend(&authority.to_be_bytes()[2..]);
    octets.extend(subs.iter().flat_map(|sub| sub.to_le_bytes()));
    Some(octets)
}

/// Octets as `S-1-5-…`.
pub(super) fn written(sid: &[u8]) -> Option<String> {
    let [revision, count, authority @ ..] = sid else { return None };
    let (authority, subs) = (authority.get(..6)?, authority.get(6..)?);
    if subs.len() != usize::from(*count) * 4 {
        return None;
    }
    let authority = authority.iter().fold(0_u64, |sum, octet| (sum << 8) | u64::from(*octet));
    let mut text = format!("S-{revision}-{authority}");
    for sub in subs.chunks_exact(4) {
        let sub = u32::from_le_bytes([sub[0], sub[1], sub[2], sub[3]]);
        text.push_str(&format!("-{sub}"));
    }
    Some(text)
}

/// The identifier of an object: the same in every run, different for each object of each domain.
pub(super) fn guid(seed: &str, number: u32) -> [u8; 16] {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(number).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    for byte in seed.bytes() {
        state = (state ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let mut guid = [0; 16];
    for half in guid.chunks_exact_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        half.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
    }
    // Version 4, variant of RFC 4122, in the byte order of Windows.
    guid[7] = (guid[7] & 0x0f) | 0x40;
    guid[8] = (guid[8] & 0x3f) | 0x80;
    guid
}

/// An identifier in braces' form, without them.
pub(super) fn guid_text(guid: &[u8; 16]) -> String {
    let [a, b, c, d, e, f, g, h, rest @ ..] = guid;
    let rest: String = rest.iter().map(|octet| format!("{octet:02x}")).collect();
    let (first, last) = rest.split_at(4);
    format!("{d:02x}{c:02x}{b:02x}{a:02x}-{f:02x}{e:02x}-{h:02x}{g:02x}-{first}-{last}")
}

/// An identifier written with hyphens, or as 32 hexadecimal digits of its octets.
pub(super) fn parse_guid(text: &str) -> Option<[u8; 16]> {
    let text = text.trim_matches(['{', '}']);
    let hyphens = text.contains('-');
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    let mut octets = [0; 16];
    for (octet, pair) in octets.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    if hyphens {
        octets[..4].reverse();
        octets[4..6].reverse();
        octets[6..8].reverse();
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_read_back() {
        let sid = parse("S-1-5-21-1-2-4294967295-500").unwrap();
        assert_eq!(written(&sid).as_deref(), Some("S-1-5-21-1-2-4294967295-500"));
        assert_eq!(parse("S-1"), None);
        assert_eq!(written(&sid[..9]), None);
        let id = guid("corp.example", 7);
        assert_eq!(parse_guid(&guid_text(&id)), Some(id));
        assert_ne!(id, guid("corp.example", 8));
        assert_ne!(id, guid("other.example", 7));
    }
}
