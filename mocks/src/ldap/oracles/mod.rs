//! Our codec beside two others, `rasn-ldap` and `ldap3_proto`: what both read we read, and it means the same; what we
//! write they read. Where they are known to differ stands in [`KNOWN`], each with its reason and a message that shows
//! it; a difference that has vanished fails the tests too.

mod draw;
mod meaning;

use bytes::BytesMut;
use ldap3_proto::LdapCodec;
use ldap3_proto::proto::{LdapMsg, LdapOp};
use proptest::prelude::*;
use tokio_util::codec::{Decoder, Encoder};

use self::draw::{message, mutated};
use self::meaning::{Meaning, Term};
use super::reply::{self, ResponseControl};
use super::{LdapError, ResultCode, decode};

/// What the three read.
#[derive(Debug)]
struct Read {
    ours: Option<Meaning>,
    rasn: Option<Meaning>,
    proto: Option<Meaning>,
}

fn rasn_message(octets: &[u8]) -> Option<rasn_ldap::LdapMessage> {
    rasn::ber::decode(octets).ok()
}

fn proto_message(octets: &[u8]) -> Option<LdapMsg> {
    let mut codec = LdapCodec::new(Some(1 << 20), Some(64));
    codec.decode(&mut BytesMut::from(octets)).ok().flatten()
}

fn read(octets: &[u8]) -> Read {
    Read {
        ours: decode(octets).ok().map(|message| meaning::ours(&message)),
        rasn: rasn_message(octets).and_then(|message| meaning::rasn(&message)),
        proto: proto_message(octets).and_then(|message| meaning::proto(&message)),
    }
}

fn same(one: &Meaning, other: &Meaning) -> bool {
    let controls = match (&one.controls, &other.controls) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => true,
    };
    one.id == other.id && one.request == other.request && controls
}

/// The same cases in every run: what the libraries make of damaged messages is theirs to change.
fn config() -> ProptestConfig {
    let cases = std::env::var("MOCKDC_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(512);
    let rng_seed = proptest::test_runner::RngSeed::Fixed(cases.into());
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_others_read_we_read_alike(octets in message()) {
        let read = read(&octets);
        let ours = read.ours.as_ref().expect("a sound message");
        for (library, theirs) in [("rasn-ldap", &read.rasn), ("ldap3_proto", &read.proto)] {
            match theirs {
                Some(theirs) => prop_assert!(same(ours, theirs), "{library}: {read:#?}"),
                None => prop_assert!(why_refused(library, &ours.request).is_some(), "{library} refuses {octets:02x?}"),
            }
        }
    }

    #[test]
    fn what_others_write_we_read_alike(octets in message()) {
        let ours = meaning::ours(&decode(&octets).expect("a sound message"));
        if let Some(message) = rasn_message(&octets) {
            let again = rasn::ber::encode(&message).expect("what was read can be written");
            prop_assert_eq!(&meaning::ours(&decode(&again).expect("rasn-ldap's octets")), &ours);
        }
        if let Some(message) = proto_message(&octets).filter(|_| why_refused("ldap3_proto", &ours.request).is_none()) {
            let mut again = BytesMut::new();
            LdapCodec::default().encode(message, &mut again).expect("what was read can be written");
            prop_assert!(same(&meaning::ours(&decode(&again).expect("ldap3_proto's octets")), &ours));
        }
    }

    #[test]
    fn what_both_others_read_of_damaged_messages_we_read_alike(octets in mutated()) {
        let read = read(&octets);
        if let (Some(rasn), Some(proto)) = (&read.rasn, &read.proto)
            && same(rasn, proto)
        {
            let alike = read.ours.as_ref().is_some_and(|ours| same(ours, rasn));
            prop_assert!(alike || why_we_refuse(&octets, rasn).is_some(), "{octets:02x?}\n{read:#?}");
        }
    }

    #[test]
    fn what_we_write_others_read(
        id in 0..i32::MAX,
        (matched, text) in ("[a-zA-Z=, ]{0,40}", "[ -~]{0,200}"),
        code in prop::sample::select(&[1_u32, 2, 4, 10, 12, 14, 32, 34, 49, 50, 53, 68, 80][..]),
        referrals in prop::collection::vec("ldap://[a-z.]{1,20}/[A-Z=]{0,10}", 0..3),
        attributes in prop::collection::vec(("[a-zA-Z;]{1,20}", prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..4)), 0..5),
        token in prop::option::of(prop::collection::vec(any::<u8>(), 1..40)),
        types_only in any::<bool>(),
    ) {
        let error = LdapError { code: ResultCode(code), matched, text, referrals };
        let wanted = told(&error);
        for tag in [0x65, 0x67, 0x69, 0x6b, 0x6d, 0x6f] {
            let control = ResponseControl { oid: "1.2.3.4", value: vec![4, 1, 7] };
            prop_assert_eq!(answer(&reply::failure(id, tag, &error, &[control]))?, (id, tag, wanted.clone()));
        }
        let bound = reply::bind(id, Err(&error), token.as_deref(), false);
        prop_assert_eq!(answer(&bound)?, (id, 0x61, wanted.clone()));
        let extended = reply::extended(id, Err(&error), Some("1.3.6.1"), token.as_deref());
        prop_assert_eq!(answer(&extended)?, (id, 0x78, wanted));
        entry(id, &error.matched, &attributes, types_only)?;
    }
}

/// A result as the message carries it: a text has a zero octet at its end, as Active Directory's have.
fn told(error: &LdapError) -> (u32, String, String, Vec<String>) {
    let text = if error.text.is_empty() { String::new() } else { format!("{}\0", error.text) };
    (error.code.0, error.matched.clone(), text, error.referrals.clone())
}

type Answer = (i32, u8, (u32, String, String, Vec<String>));

/// A server's result, on which both libraries agree.
fn answer(octets: &[u8]) -> Result<Answer, TestCaseError> {
    use rasn_ldap::ProtocolOp;
    let refused = |library: &str| TestCaseError::fail(format!("{library} refuses {octets:02x?}"));
    let message = rasn_message(octets).ok_or_else(|| refused("rasn-ldap"))?;
    let of = |tag, result: &rasn_ldap::LdapResult| {
        let referrals = result.referral.iter().flatten().map(|url| url.0.clone()).collect();
        (
            tag,
            (
                result.result_code as u32,
                result.matched_dn.0.clone(),
                result.diagnostic_message.0.clone(),
                referrals,
            ),
        )
    };
    let (tag, result) = match &message.protocol_op {
        ProtocolOp::SearchResDone(done) => of(0x65, &done.0),
        ProtocolOp::ModifyResponse(done) => of(0x67, &done.0),
        ProtocolOp::AddResponse(done) => of(0x69, &done.0),
        ProtocolOp::DelResponse(done) => of(0x6b, &done.0),
        ProtocolOp::ModDnResponse(done) => of(0x6d, &done.0),
        ProtocolOp::CompareResponse(done) => of(0x6f, &done.0),
        ProtocolOp::BindResponse(bind) => {
            let referrals = bind.referral.iter().flatten().map(|url| url.0.clone()).collect();
            let texts = (bind.matched_dn.0.clone(), bind.diagnostic_message.0.clone());
            (0x61, (bind.result_code as u32, texts.0, texts.1, referrals))
        }
        ProtocolOp::ExtendedResp(extended) => {
            let referrals = extended.referral.iter().flatten().map(|url| url.0.clone()).collect();
            let texts = (extended.matched_dn.0.clone(), extended.diagnostic_message.0.clone());
            (0x78, (extended.result_code as u32, texts.0, texts.1, referrals))
        }
        _ => return Err(refused("the test")),
    };
    let other = proto_message(octets).ok_or_else(|| refused("ldap3_proto"))?;
    let (other_tag, other_result) = match other.op {
        LdapOp::SearchResultDone(result) => (0x65, result),
        LdapOp::ModifyResponse(result) => (0x67, result),
        LdapOp::AddResponse(result) => (0x69, result),
        LdapOp::DelResponse(result) => (0x6b, result),
        LdapOp::ModifyDNResponse(result) => (0x6d, result),
        LdapOp::CompareResult(result) => (0x6f, result),
        LdapOp::BindResponse(bind) => (0x61, bind.res),
        LdapOp::ExtendedResponse(extended) => (0x78, extended.res),
        _ => return Err(refused("the test")),
    };
    let code = other_result.code as i64 as u32;
    prop_assert_eq!((message.message_id as i32, tag, result.0), (other.msgid, other_tag, code));
    prop_assert_eq!((&result.1, &result.2), (&other_result.matcheddn, &other_result.message));
    // It reads no referrals; once it does, they are compared as well.
    prop_assert!(other_result.referral.is_empty());
    Ok((other.msgid, tag, result))
}

/// An entry that we write, read back by both.
fn entry(
    id: i32,
    dn: &str,
    attributes: &[(String, Vec<Vec<u8>>)],
    types_only: bool,
) -> Result<(), TestCaseError> {
    let mut octets = Vec::new();
    reply::entry(&mut octets, id, dn.as_bytes(), attributes, types_only);
    let wanted: Vec<(String, Vec<Vec<u8>>)> = attributes
        .iter()
        .map(|(name, values)| (name.clone(), if types_only { vec![] } else { values.clone() }))
        .collect();
    let Some(LdapOp::SearchResultEntry(read)) = proto_message(&octets).map(|message| message.op) else {
        return Err(TestCaseError::fail("ldap3_proto refuses an entry"));
    };
    let seen: Vec<_> = read.attributes.into_iter().map(|one| (one.atype, one.vals)).collect();
    prop_assert_eq!((read.dn.as_str(), &seen), (dn, &wanted));
    let Some(rasn_ldap::ProtocolOp::SearchResEntry(read)) =
        rasn_message(&octets).map(|message| message.protocol_op)
    else {
        return Err(TestCaseError::fail("rasn-ldap refuses an entry"));
    };
    let seen: Vec<_> = read
        .attributes
        .iter()
        .map(|one| {
            (one.r#type.0.clone(), one.vals.to_vec().into_iter().map(|value| value.to_vec()).collect())
        })
        .collect();
    prop_assert_eq!((read.object_name.as_str(), &seen), (dn, &wanted));
    Ok(())
}

/// Why a library does not read a sound message, when that is known.
fn why_refused(library: &str, request: &Term) -> Option<&'static str> {
    KNOWN.iter().find(|known| known.library == library && (known.about)(request)).map(|known| known.because)
}

/// Why we refuse what both others read, when that is known: with one bit put right we read it as they do.
fn why_we_refuse(octets: &[u8], theirs: &Meaning) -> Option<&'static str> {
    let put_right = (0..octets.len()).any(|place| {
        let mut octets = octets.to_vec();
        octets[place] ^= 0x20;
        decode(&octets).is_ok_and(|message| same(&meaning::ours(&message), theirs))
    });
    put_right.then_some(
        "a tag must say rightly whether it is of a constructed element (X.690 8.1.2.5), and they overlook it",
    )
}

/// A sound message that a library does not read, or not as it stands.
struct Known {
    library: &'static str,
    about: fn(&Term) -> bool,
    because: &'static str,
    /// The operation of a message that shows it.
    example: &'static [u8],
}

const KNOWN: &[Known] = &[
    Known {
        library: "ldap3_proto",
        about: |request| holds(request, &|term| matches!(term, Term::Is(word, parts) if is_assertion(word) && parts.iter().any(is_binary))),
        because: "it keeps a filter's values as text; an objectGUID is sixteen octets of any kind",
        example: b"\x63\x1c\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\xa3\x07\x04\x02ab\x04\x01\xde\x30\x00",
    },
    Known {
        library: "rasn-ldap",
        about: |request| holds(request, &|term| matches!(term, Term::Is("another way", _))),
        because: "it knows the two ways of RFC 4511 to bind, and not Sicily",
        example: b"\x60\x0a\x02\x01\x03\x04\x00\x8a\x03neg",
    },
    Known {
        library: "rasn-ldap",
        about: |request| holds(request, &|term| matches!(term, Term::Is("change", parts) if parts.first() == Some(&Term::Number(3)))),
        because: "it does not know the increment of RFC 4525",
        example: b"\x66\x14\x04\x01a\x30\x0f\x30\x0d\x0a\x01\x03\x30\x08\x04\x01b\x31\x03\x04\x011",
    },
];

fn is_assertion(word: &str) -> bool {
    matches!(word, "equal" | "greater" | "less" | "approximate")
}

fn is_binary(term: &Term) -> bool {
    matches!(term, Term::Octets(octets) if std::str::from_utf8(octets).is_err())
}

/// Whether something holds of a term or of a part of it.
fn holds(term: &Term, what: &dyn Fn(&Term) -> bool) -> bool {
    what(term) || matches!(term, Term::Is(_, parts) if parts.iter().any(|part| holds(part, what)))
}

#[test]
fn known_differences_are_there() {
    for known in KNOWN {
        let body = [&[2, 1, 7], known.example].concat();
        let octets = [&[0x30, body.len() as u8], body.as_slice()].concat();
        let read = read(&octets);
        let ours = read.ours.expect(known.because);
        assert!((known.about)(&ours.request), "the example does not show it: {}", known.because);
        let theirs = if known.library == "rasn-ldap" { read.rasn } else { read.proto };
        assert!(theirs.is_none(), "{} reads it by now: {}", known.library, known.because);
    }
}

#[test]
fn an_indefinite_length_is_read_by_one_library_and_forbidden_by_the_protocol() {
    let octets = [0x30, 0x80, 2, 1, 1, 0x42, 0, 0, 0];
    let read = read(&octets);
    assert!(read.ours.is_none() && read.proto.is_none() && read.rasn.is_some(), "{read:?}");
}
