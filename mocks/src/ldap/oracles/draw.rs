//! Messages that are drawn: every operation, with lengths in every form that BER has.

use proptest::prelude::*;

/// An element with its length in one of the forms that are allowed, the shortest or not.
pub(super) fn element(tag: u8, content: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (0_u8..5, content).prop_map(move |(form, content)| {
        let mut octets = vec![tag];
        let length = (content.len() as u32).to_be_bytes();
        match form {
            0 | 1 if content.len() < 0x80 => octets.push(length[3]),
            0..=2 if content.len() < 0x100 => octets.extend([0x81, length[3]]),
            0..=3 if content.len() < 0x1_0000 => octets.extend([0x82, length[2], length[3]]),
            _ => {
                octets.push(0x84);
                octets.extend(length);
            }
        }
        octets.extend(content);
        octets
    })
}

fn joined(parts: impl Strategy<Value = Vec<Vec<u8>>>) -> impl Strategy<Value = Vec<u8>> {
    parts.prop_map(|parts| parts.concat())
}

/// A constructed element around others of one kind.
fn list(
    tag: u8,
    items: impl Strategy<Value = Vec<u8>>,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<u8>> {
    element(tag, joined(prop::collection::vec(items, count)))
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => "[A-Za-z][A-Za-z0-9;-]{0,14}".prop_map(String::into_bytes),
        2 => "\\PC{0,8}".prop_map(String::into_bytes),
    ]
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    element(4, text())
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let long = Just(vec![b'x'; 300]);
    element(4, prop_oneof![6 => text(), 2 => prop::collection::vec(any::<u8>(), 0..20), 1 => long])
}

fn number(tag: u8, range: std::ops::RangeInclusive<i32>) -> impl Strategy<Value = Vec<u8>> {
    let content = range.prop_map(|number| {
        let octets = number.to_be_bytes();
        let sign = if number < 0 { 0xff } else { 0 };
        let spare = |place: &usize| octets[*place] == sign && (octets[place + 1] ^ sign) & 0x80 == 0;
        octets[(0..3).take_while(spare).count()..].to_vec()
    });
    content.prop_map(move |content| [vec![tag, content.len() as u8], content].concat())
}

fn boolean(tag: u8) -> impl Strategy<Value = Vec<u8>> {
    any::<bool>().prop_map(move |yes| vec![tag, 1, if yes { 0xff } else { 0 }])
}

fn pair(tag: u8) -> impl Strategy<Value = Vec<u8>> {
    element(tag, (name(), value()).prop_map(|(name, value)| [name, value].concat()))
}

fn maybe(part: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    prop::option::of(part).prop_map(Option::unwrap_or_default)
}

fn substrings() -> impl Strategy<Value = Vec<u8>> {
    let middle = joined(prop::collection::vec(element(0x81, text()), 1..3));
    let pieces = (maybe(element(0x80, text())), middle, maybe(element(0x82, text())));
    let pieces = element(0x30, pieces.prop_map(|(first, middle, last)| [first, middle, last].concat()));
    element(0xa4, (name(), pieces).prop_map(|(name, pieces)| [name, pieces].concat()))
}

fn filter() -> impl Strategy<Value = Vec<u8>> {
    let rule = (
        maybe(element(0x81, text())),
        maybe(element(0x82, text())),
        element(0x83, text()),
        maybe(Just(vec![0x84, 1, 0xff])),
    );
    let rule = rule.prop_map(|(rule, name, value, dn)| [rule, name, value, dn].concat());
    let leaf = prop_oneof![
        4 => pair(0xa3),
        1 => pair(0xa5),
        1 => pair(0xa6),
        1 => pair(0xa8),
        3 => element(0x87, text()),
        2 => substrings(),
        2 => element(0xa9, rule),
    ];
    leaf.boxed().prop_recursive(4, 12, 3, |inner| {
        prop_oneof![list(0xa0, inner.clone(), 0..3), list(0xa1, inner.clone(), 0..3), element(0xa2, inner),]
            .boxed()
    })
}

fn search() -> impl Strategy<Value = Vec<u8>> {
    let fixed = (name(), number(10, 0..=2), number(10, 0..=3), number(2, 0..=i32::MAX), number(2, 0..=600));
    let fixed = fixed.prop_map(|(base, scope, deref, size, time)| [base, scope, deref, size, time].concat());
    let all = (fixed, boolean(1), filter(), list(0x30, name(), 0..4));
    element(0x63, all.prop_map(|(fixed, types, filter, names)| [fixed, types, filter, names].concat()))
}

fn attribute(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let parts = (name(), list(0x31, value(), 1..most));
    element(0x30, parts.prop_map(|(name, values)| [name, values].concat()))
}

fn bind() -> impl Strategy<Value = Vec<u8>> {
    let sasl = (name(), maybe(value())).prop_map(|(mechanism, token)| [mechanism, token].concat());
    let how = prop_oneof![4 => element(0x80, text()), 3 => element(0xa3, sasl), 1 => element(0x8a, text())];
    element(
        0x60,
        (number(2, 2..=4), name(), how).prop_map(|(version, name, how)| [version, name, how].concat()),
    )
}

fn operation() -> impl Strategy<Value = Vec<u8>> {
    let change = (number(10, 0..=3), attribute(3)).prop_map(|(kind, what)| [kind, what].concat());
    let modify = (name(), list(0x30, element(0x30, change), 0..4)).prop_map(|(dn, list)| [dn, list].concat());
    let add = (name(), list(0x30, attribute(4), 1..4)).prop_map(|(dn, list)| [dn, list].concat());
    let rename = (name(), name(), boolean(1), maybe(element(0x80, text())));
    let rename = rename.prop_map(|(dn, rdn, old, parent)| [dn, rdn, old, parent].concat());
    let compare = (name(), pair(0x30)).prop_map(|(dn, pair)| [dn, pair].concat());
    let extended =
        (element(0x80, "[0-9]\\.[0-9.]{1,12}".prop_map(String::into_bytes)), maybe(element(0x81, text())));
    let extended = extended.prop_map(|(oid, value)| [oid, value].concat());
    prop_oneof![
        3 => bind(),
        8 => search(),
        1 => Just(vec![0x42, 0]),
        3 => element(0x66, modify),
        3 => element(0x68, add),
        1 => element(0x4a, text()),
        1 => element(0x6c, rename),
        1 => element(0x6e, compare),
        1 => number(0x50, 1..=i32::MAX),
        1 => element(0x77, extended),
    ]
}

/// A whole message of a client.
pub(super) fn message() -> impl Strategy<Value = Vec<u8>> {
    // Of a kind that no library knows, so that none reads its value.
    let control = (name(), maybe(boolean(1)), maybe(value()));
    let control = control.prop_map(|(oid, critical, value)| [oid, critical, value].concat());
    let parts = (number(2, 1..=i32::MAX), operation(), maybe(list(0xa0, element(0x30, control), 1..3)));
    element(0x30, parts.prop_map(|(id, operation, controls)| [id, operation, controls].concat()))
}

/// A message of which some octets were changed, put in or taken away; its outer length is right again.
pub(super) fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, any::<u8>()), 1..4);
    (message(), changes).prop_map(|(mut octets, changes)| {
        for (place, kind, octet) in changes {
            let place = place.index(octets.len());
            match kind {
                0 => octets[place] = octet,
                1 => octets[place] ^= 1 << (octet & 7),
                2 => octets.insert(place, octet),
                _ if octets.len() > 1 => drop(octets.remove(place)),
                _ => {}
            }
        }
        let header = match octets.get(1) {
            Some(0x81) => 3,
            Some(0x82) => 4,
            Some(0x84) => 6,
            _ => 2,
        };
        let content = octets.get(header..).unwrap_or_default().to_vec();
        [vec![0x30, 0x84], (content.len() as u32).to_be_bytes().to_vec(), content].concat()
    })
}
