//! The negotiation around NTLM (RFC 4178), as far as a server that has nothing but NTLM needs it.

use super::ber::{ENUMERATED, OCTETS, Reader, SEQUENCE};

const SPNEGO: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];
const NTLMSSP: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a];
const OID: u8 = 0x06;

/// What a client's token says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Token {
    /// The list of mechanisms as it came, when this is a first token.
    pub(super) mechanisms: Option<Vec<u8>>,
    /// Whether NTLM is in that list, and whether it is the first.
    pub(super) ntlm: bool,
    pub(super) ntlm_first: bool,
    /// The mechanism's own token.
    pub(super) inner: Option<Vec<u8>>,
    /// The signature over the list of mechanisms.
    pub(super) signature: Option<Vec<u8>>,
}

/// Reads a token; `None`: it is none.
pub(super) fn read(token: &[u8]) -> Option<Token> {
    let mut outer = Reader::new(token);
    match outer.peek()? {
        0x60 => {
            let mut inner = Reader::new(outer.any().ok()?.1);
            if inner.element(OID).ok()? != SPNEGO {
                return None;
            }
            let mut fields = inner.inside(0xa0).ok()?.inside(SEQUENCE).ok()?;
            let mut read = Token::default();
            while !fields.is_empty() {
                let (tag, content) = fields.any().ok()?;
                match tag {
                    0xa0 => {
                        read.mechanisms = Some(content.to_vec());
                        let mut list = Reader::new(content).inside(SEQUENCE).ok()?;
                        let mut first = true;
                        while !list.is_empty() {
                            let is_ntlm = list.element(OID).ok()? == NTLMSSP;
                            read.ntlm |= is_ntlm;
                            read.ntlm_first |= is_ntlm && first;
                            first = false;
                        }
                    }
                    0xa2 => read.inner = Some(Reader::new(content).element(OCTETS).ok()?.to_vec()),
                    0xa3 => read.signature = Reader::new(content).element(OCTETS).ok().map(<[u8]>::to_vec),
                    _ => {}
                }
            }
            read.mechanisms.is_some().then_some(read)
        }
        0xa1 => {
            let mut fields = outer.inside(0xa1).ok()?.inside(SEQUENCE).ok()?;
            let mut read = Token::default();
            while !fields.is_empty() {
                let (tag, content) = fields.any().ok()?;
                match tag {
                    0xa2 => read.inner = Some(Reader::new(content).element(OCTETS).ok()?.to_vec()),
                    0xa3 => read.signature = Some(Reader::new(content).element(OCTETS).ok()?.to_vec()),
                    _ => {}
                }
            }
            Some(read)
        }
        _ => None,
    }
}

/// The first word of a server whom the client asks to begin: which mechanisms there are.
pub(super) fn offer() -> Vec<u8> {
    let mechanisms = wrap(0xa0, &wrap(SEQUENCE, &wrap(OID, NTLMSSP)));
    let hint = wrap(0xa0, &wrap(0x1b, b"not_defined_in_RFC4178@please_ignore"));
    let hints = wrap(0xa3, &wrap(SEQUENCE, &hint));
    let init = wrap(0xa0, &wrap(SEQUENCE, &[mechanisms, hints].concat()));
    wrap(0x60, &[wrap(OID, SPNEGO), init].concat())
}

/// Where the negotiation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is done.
    Completed = 0,
    /// It goes on.
    Incomplete = 1,
}

/// An answer.
pub(super) fn answer(
    state: State,
    names_mechanism: bool,
    inner: Option<&[u8]>,
    signature: Option<&[u8]>,
) -> Vec<u8> {
    let mut fields = wrap(0xa0, &wrap(ENUMERATED, &[state as u8]));
    if names_mechanism {
        fields.extend(wrap(0xa1, &wrap(OID, NTLMSSP)));
    }
    if let Some(inner) = inner {
        fields.extend(wrap(0xa2, &wrap(OCTETS, inner)));
    }
    if let Some(signature) = signature {
        fields.extend(wrap(0xa3, &wrap(OCTETS, signature)));
    }
    wrap(0xa1, &wrap(SEQUENCE, &fields))
}

/// An element in DER: the shortest length.
fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match content.len() {
        length @ 0..=0x7f => bytes.push(length as u8),
        length @ 0x80..=0xff => bytes.extend([0x81, length as u8]),
        length => bytes.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    bytes.extend(content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_reads_as_a_first_token() {
        let token = read(&offer()).unwrap();
        assert!(token.ntlm && token.ntlm_first && token.inner.is_none());
    }

    #[test]
    fn an_answer_reads_back() {
        let inner = [7; 300];
        let token = read(&answer(State::Incomplete, true, Some(&inner), Some(b"sig"))).unwrap();
        assert_eq!(token.inner.as_deref(), Some(inner.as_slice()));
        assert_eq!(token.signature.as_deref(), Some(b"sig".as_slice()));
    }

    #[test]
    fn nonsense_is_no_token() {
        let good = offer();
        for length in 0..good.len() {
            assert_eq!(read(&good[..length]), None);
        }
        assert_eq!(read(b"NTLMSSP\0"), None);
    }
}
