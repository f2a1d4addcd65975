//! LDAP messages as clients send them (RFC 4511), with the binds of Active Directory and increments (RFC 4525).

use super::ber::{self, BOOLEAN, DecodeError, OCTETS, Reader, SEQUENCE, SET};

/// How deep filters may be nested.
pub const MAX_FILTER_DEPTH: usize = 256;

/// A message. Everything is borrowed from the octets that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    /// Its number.
    pub id: i32,
    /// What is asked.
    pub request: Request<'a>,
    /// Controls, values undecoded.
    pub controls: Vec<Control<'a>>,
}

/// A control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control<'a> {
    /// Its object identifier.
    pub oid: &'a [u8],
    /// Whether the operation must fail without it.
    pub critical: bool,
    /// Its value.
    pub value: Option<&'a [u8]>,
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Request<'a> {
    /// Bind.
    Bind {
        /// The version of the protocol.
        version: i32,
        /// As whom.
        name: &'a [u8],
        /// How.
        credentials: BindCredentials<'a>,
    },
    /// Unbind: the client is gone.
    Unbind,
    /// Search.
    Search(SearchRequest<'a>),
    /// Modify.
    Modify {
        /// The object.
        dn: &'a [u8],
        /// In order.
        changes: Vec<Modification<'a>>,
    },
    /// Add.
    Add {
        /// The new object.
        dn: &'a [u8],
        /// Its attributes.
        attributes: AttributeList<'a>,
    },
    /// Delete.
    Delete(&'a [u8]),
    /// Modify DN.
    ModifyDn {
        /// The object.
        dn: &'a [u8],
        /// Its new relative name.
        new_rdn: &'a [u8],
        /// Whether the old one goes.
        delete_old: bool,
        /// Its new parent.
        new_superior: Option<&'a [u8]>,
    },
    /// Compare.
    Compare {
        /// The object.
        dn: &'a [u8],
        /// The attribute.
        attribute: &'a [u8],
        /// The value that it may have.
        value: &'a [u8],
    },
    /// Abandon an operation.
    Abandon(i32),
    /// Extended operation.
    Extended {
        /// Which.
        oid: &'a [u8],
        /// Its argument.
        value: Option<&'a [u8]>,
    },
    /// An operation that nobody has defined.
    Unknown(u8),
}

/// Attributes with their values.
pub type AttributeList<'a> = Vec<(&'a [u8], Vec<&'a [u8]>)>;

/// How a client binds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindCredentials<'a> {
    /// A password.
    Simple(&'a [u8]),
    /// A SASL mechanism.
    Sasl {
        /// Which.
        mechanism: &'a [u8],
        /// Its token, when one was sent.
        token: Option<&'a [u8]>,
    },
    /// Sicily: which packages are there.
    SicilyDiscovery,
    /// Sicily: the client's NTLM NEGOTIATE.
    SicilyNegotiate(&'a [u8]),
    /// Sicily: the client's NTLM AUTHENTICATE.
    SicilyResponse(&'a [u8]),
    /// A choice that nobody has defined.
    Unknown(u8),
}

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRequest<'a> {
    /// Where.
    pub base: &'a [u8],
    /// How deep.
    pub scope: Scope,
    /// Alias dereferencing, which Active Directory ignores.
    pub deref: i32,
    /// At most so many entries; 0: as many as the server gives.
    pub size_limit: u32,
    /// At most so many seconds; 0: as long as the server likes.
    pub time_limit: u32,
    /// Names of attributes only.
    pub types_only: bool,
    /// Which.
    pub filter: Filter<'a>,
    /// Attributes that are asked for.
    pub attributes: Vec<&'a [u8]>,
}

/// How deep a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The base itself.
    Base,
    /// Its children.
    One,
    /// It and everything below.
    Subtree,
}

/// A filter, values as they came: binary ones too.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter<'a> {
    /// All hold; true when there is none.
    And(Vec<Filter<'a>>),
    /// One holds.
    Or(Vec<Filter<'a>>),
    /// It does not hold.
    Not(Box<Filter<'a>>),
    /// Equality.
    Equal(&'a [u8], &'a [u8]),
    /// Initial, any and final pieces; without any it matches nothing (Samba's own tests send that).
    Substrings(&'a [u8], Vec<Piece<'a>>),
    /// Greater or equal.
    GreaterOrEqual(&'a [u8], &'a [u8]),
    /// Less or equal.
    LessOrEqual(&'a [u8], &'a [u8]),
    /// Presence.
    Present(&'a [u8]),
    /// Approximate, which Active Directory takes as equal.
    Approximate(&'a [u8], &'a [u8]),
    /// A matching rule.
    Extensible {
        /// The rule.
        rule: Option<&'a [u8]>,
        /// The attribute.
        attribute: Option<&'a [u8]>,
        /// The value.
        value: &'a [u8],
        /// Whether the parts of the name count.
        dn_attributes: bool,
    },
}

impl Filter<'_> {
    /// Whether an attribute stands anywhere in the filter.
    pub(super) fn mentions(&self, attribute: &[u8]) -> bool {
        match self {
            Filter::And(list) | Filter::Or(list) => list.iter().any(|filter| filter.mentions(attribute)),
            Filter::Not(inner) => inner.mentions(attribute),
            Filter::Equal(name, _)
            | Filter::Substrings(name, _)
            | Filter::GreaterOrEqual(name, _)
            | Filter::LessOrEqual(name, _)
            | Filter::Present(name)
            | Filter::Approximate(name, _) => name.eq_ignore_ascii_case(attribute),
            Filter::Extensible { attribute: named, .. } => {
                named.is_none_or(|named| named.eq_ignore_ascii_case(attribute))
            }
        }
    }
}

/// A piece of a substring filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// At the beginning.
    Initial(&'a [u8]),
    /// Anywhere.
    Any(&'a [u8]),
    /// At the end.
    Final(&'a [u8]),
}

/// One change of a modify request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modification<'a> {
    /// What is done.
    pub kind: ModificationKind,
    /// The attribute.
    pub attribute: &'a [u8],
    /// The values.
    pub values: Vec<&'a [u8]>,
}

/// What a modification does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModificationKind {
    /// Adds values.
    Add,
    /// Deletes values, or all of them.
    Delete,
    /// Puts values in place of all.
    Replace,
    /// Adds a number (RFC 4525).
    Increment,
}

/// The envelope of a message whose request could be wrong: the number and what stands behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope<'a> {
    pub(super) id: i32,
    pub(super) tag: u8,
    request: &'a [u8],
    controls: Option<&'a [u8]>,
}

/// How many octets the first message of `bytes` has; `None` when that cannot be told yet.
pub fn message_length(bytes: &[u8]) -> Result<Option<usize>, DecodeError> {
    match bytes.first() {
        None => Ok(None),
        Some(&SEQUENCE) => {
            let Some((_, header, length)) = ber::header(bytes)? else { return Ok(None) };
            header.checked_add(length).map(Some).ok_or(DecodeError::TooLong)
        }
        Some(found) => Err(DecodeError::Tag { found: *found, expected: SEQUENCE }),
    }
}

/// Reads one whole message.
pub fn decode(bytes: &[u8]) -> Result<Message<'_>, DecodeError> {
    let envelope = open(bytes)?;
    Ok(Message { id: envelope.id, request: envelope.request()?, controls: envelope.controls()? })
}

pub(super) fn open(bytes: &[u8]) -> Result<Envelope<'_>, DecodeError> {
    let mut outer = Reader::new(bytes);
    let mut message = outer.inside(SEQUENCE)?;
    outer.end()?;
    let id = message.integer()?;
    if id < 0 {
        return Err(DecodeError::Integer);
    }
    let (tag, request) = message.any()?;
    let controls = message.optional(0xa0)?;
    message.end()?;
    Ok(Envelope { id, tag, request, controls })
}

impl<'a> Envelope<'a> {
    pub(super) fn request(&self) -> Result<Request<'a>, DecodeError> {
        let mut body = Reader::new(self.request);
        let request = match self.tag {
            0x60 => bind(&mut body)?,
            0x42 => Request::Unbind,
            0x63 => Request::Search(search(&mut body)?),
            0x66 => modify(&mut body)?,
            0x68 => Request::Add { dn: body.octets()?, attributes: attributes(&mut body)? },
            0x4a => return Ok(Request::Delete(self.request)),
            0x6c => Request::ModifyDn {
                dn: body.octets()?,
                new_rdn: body.octets()?,
                delete_old: body.boolean()?,
                new_superior: body.optional(0x80)?,
            },
            0x6e => {
                let dn = body.octets()?;
                let mut assertion = body.inside(SEQUENCE)?;
                let (attribute, value) = (assertion.octets()?, assertion.octets()?);
                assertion.end()?;
                Request::Compare { dn, attribute, value }
            }
            0x50 => return ber::integer(self.request).map(Request::Abandon),
            0x77 => Request::Extended { oid: body.element(0x80)?, value: body.optional(0x81)? },
            tag => return Ok(Request::Unknown(tag)),
        };
        body.end()?;
        Ok(request)
    }

    pub(super) fn controls(&self) -> Result<Vec<Control<'a>>, DecodeError> {
        let mut list = Reader::new(self.controls.unwrap_or_default());
        let mut controls = Vec::new();
        while !list.is_empty() {
            let mut control = list.inside(SEQUENCE)?;
            let oid = control.octets()?;
            let critical = control.optional(BOOLEAN)?.map(ber::boolean).transpose()?.unwrap_or(false);
            let value = control.optional(OCTETS)?;
            control.end()?;
            controls.push(Control { oid, critical, value });
        }
        Ok(controls)
    }
}

fn bind<'a>(body: &mut Reader<'a>) -> Result<Request<'a>, DecodeError> {
    let (version, name) = (body.integer()?, body.octets()?);
    let (tag, content) = body.any()?;
    let credentials = match tag {
        0x80 => BindCredentials::Simple(content),
        0xa3 => {
            let mut sasl = Reader::new(content);
            let mechanism = sasl.octets()?;
            let token = sasl.optional(OCTETS)?;
            sasl.end()?;
            BindCredentials::Sasl { mechanism, token }
        }
        0x89 => BindCredentials::SicilyDiscovery,
        0x8a => BindCredentials::SicilyNegotiate(content),
        0x8b => BindCredentials::SicilyResponse(content),
        tag => BindCredentials::Unknown(tag),
    };
    Ok(Request::Bind { version, name, credentials })
}

fn search<'a>(body: &mut Reader<'a>) -> Result<SearchRequest<'a>, DecodeError> {
    let base = body.octets()?;
    let scope = match body.enumerated()? {
        0 => Scope::Base,
        1 => Scope::One,
        2 => Scope::Subtree,
        _ => return Err(DecodeError::Unknown),
    };
    let deref = body.enumerated()?;
    if !(0..=3).contains(&deref) {
        return Err(DecodeError::Unknown);
    }
    let limit = |number: i32| u32::try_from(number).map_err(|_| DecodeError::Integer);
    let (size_limit, time_limit) = (limit(body.integer()?)?, limit(body.integer()?)?);
    let types_only = body.boolean()?;
    let filter = filter(body, MAX_FILTER_DEPTH)?;
    let mut list = body.inside(SEQUENCE)?;
    let mut attributes = Vec::new();
    while !list.is_empty() {
        attributes.push(list.octets()?);
    }
    Ok(SearchRequest { base, scope, deref, size_limit, time_limit, types_only, filter, attributes })
}

fn filter<'a>(body: &mut Reader<'a>, depth: usize) -> Result<Filter<'a>, DecodeError> {
    let depth = depth.checked_sub(1).ok_or(DecodeError::TooDeep)?;
    let (tag, content) = body.any()?;
    let mut inner = Reader::new(content);
    let filter = match tag {
        0xa0 => Filter::And(filters(&mut inner, depth)?),
        0xa1 => Filter::Or(filters(&mut inner, depth)?),
        0xa2 => Filter::Not(Box::new(filter(&mut inner, depth)?)),
        0xa3 => Filter::Equal(inner.octets()?, inner.octets()?),
        0xa4 => {
            let attribute = inner.octets()?;
            let mut list = inner.inside(SEQUENCE)?;
            let mut pieces = Vec::new();
            while !list.is_empty() {
                pieces.push(match list.any()? {
                    (0x80, piece) if pieces.is_empty() => Piece::Initial(piece),
                    (0x81, piece) => Piece::Any(piece),
                    (0x82, piece) if list.is_empty() => Piece::Final(piece),
                    _ => return Err(DecodeError::Unknown),
                });
            }
            Filter::Substrings(attribute, pieces)
        }
        0xa5 => Filter::GreaterOrEqual(inner.octets()?, inner.octets()?),
        0xa6 => Filter::LessOrEqual(inner.octets()?, inner.octets()?),
        0x87 => return Ok(Filter::Present(content)),
        0xa8 => Filter::Approximate(inner.octets()?, inner.octets()?),
        0xa9 => {
            let (rule, attribute) = (inner.optional(0x81)?, inner.optional(0x82)?);
            let value = inner.element(0x83)?;
            let dn_attributes = inner.optional(0x84)?.map(ber::boolean).transpose()?.unwrap_or(false);
            Filter::Extensible { rule, attribute, value, dn_attributes }
        }
        _ => return Err(DecodeError::Unknown),
    };
    inner.end()?;
    Ok(filter)
}

fn filters<'a>(list: &mut Reader<'a>, depth: usize) -> Result<Vec<Filter<'a>>, DecodeError> {
    let mut filters = Vec::new();
    while !list.is_empty() {
        filters.push(filter(list, depth)?);
    }
    Ok(filters)
}

fn values<'a>(body: &mut Reader<'a>) -> Result<Vec<&'a [u8]>, DecodeError> {
    let mut set = body.inside(SET)?;
    let mut values = Vec::new();
    while !set.is_empty() {
        values.push(set.octets()?);
    }
    Ok(values)
}

fn attributes<'a>(body: &mut Reader<'a>) -> Result<AttributeList<'a>, DecodeError> {
    let mut list = body.inside(SEQUENCE)?;
    let mut attributes = Vec::new();
    while !list.is_empty() {
        let mut attribute = list.inside(SEQUENCE)?;
        attributes.push((attribute.octets()?, values(&mut attribute)?));
        attribute.end()?;
    }
    Ok(attributes)
}

fn modify<'a>(body: &mut Reader<'a>) -> Result<Request<'a>, DecodeError> {
    let dn = body.octets()?;
    let mut list = body.inside(SEQUENCE)?;
    let mut changes = Vec::new();
    while !list.is_empty() {
        let mut change = list.inside(SEQUENCE)?;
        let kind = match change.enumerated()? {
            0 => ModificationKind::Add,
            1 => ModificationKind::Delete,
            2 => ModificationKind::Replace,
            3 => ModificationKind::Increment,
            _ => return Err(DecodeError::Unknown),
        };
        let mut partial = change.inside(SEQUENCE)?;
        let (attribute, values) = (partial.octets()?, values(&mut partial)?);
        partial.end()?;
        change.end()?;
        changes.push(Modification { kind, attribute, values });
    }
    Ok(Request::Modify { dn, changes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag, 0x84];
        bytes.extend((content.len() as u32).to_be_bytes());
        bytes.extend(content);
        bytes
    }

    fn message(operation: &[u8], controls: &[u8]) -> Vec<u8> {
        tlv(0x30, &[&[2, 1, 7], operation, controls].concat())
    }

    #[test]
    fn binds_of_every_kind_read() {
        for (choice, expected) in [
            (tlv(0x80, b"pw"), BindCredentials::Simple(b"pw")),
            (tlv(0x89, b""), BindCredentials::SicilyDiscovery),
            (tlv(0x8a, b"neg"), BindCredentials::SicilyNegotiate(b"neg")),
            (tlv(0x8b, b"auth"), BindCredentials::SicilyResponse(b"auth")),
            (
                tlv(0xa3, &[tlv(4, b"GSS-SPNEGO"), tlv(4, &[0, 0xff])].concat()),
                BindCredentials::Sasl { mechanism: b"GSS-SPNEGO", token: Some(&[0, 0xff]) },
            ),
            (
                tlv(0xa3, &tlv(4, b"GSS-SPNEGO")),
                BindCredentials::Sasl { mechanism: b"GSS-SPNEGO", token: None },
            ),
            (tlv(0x88, b""), BindCredentials::Unknown(0x88)),
        ] {
            let octets = message(&tlv(0x60, &[vec![2, 1, 3], tlv(4, b"cn"), choice].concat()), &[]);
            let read = decode(&octets).unwrap();
            assert_eq!(read.id, 7);
            let Request::Bind { version, name, credentials } = read.request else { panic!("{read:?}") };
            assert_eq!((version, name, credentials), (3, b"cn".as_slice(), expected));
        }
    }

    #[test]
    fn filters_keep_binary_values_and_their_shape() {
        let guid = [0, 0xff, b'*', b'(', 0x5c, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        let equal = tlv(0xa3, &[tlv(4, b"objectGUID"), tlv(4, &guid)].concat());
        let pieces = [tlv(0x80, b"a"), tlv(0x81, b"b"), tlv(0x82, b"c")].concat();
        let substrings = tlv(0xa4, &[tlv(4, b"cn"), tlv(0x30, &pieces)].concat());
        let rule =
            tlv(0xa9, &[tlv(0x81, b"1.2"), tlv(0x82, b"x"), tlv(0x83, b"2"), vec![0x84, 1, 0xff]].concat());
        let filter = tlv(
            0xa0,
            &[equal, tlv(0xa2, &tlv(0x87, b"x")), tlv(0xa1, &[substrings, rule].concat())].concat(),
        );
        let fixed = [tlv(4, b""), vec![10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0]].concat();
        let search = tlv(0x63, &[fixed, filter, tlv(0x30, &tlv(4, b"1.1"))].concat());
        let octets = message(&search, &[]);
        let Request::Search(search) = decode(&octets).unwrap().request else { panic!() };
        let expected = Filter::And(vec![
            Filter::Equal(b"objectGUID", &guid),
            Filter::Not(Box::new(Filter::Present(b"x"))),
            Filter::Or(vec![
                Filter::Substrings(b"cn", vec![Piece::Initial(b"a"), Piece::Any(b"b"), Piece::Final(b"c")]),
                Filter::Extensible {
                    rule: Some(b"1.2"),
                    attribute: Some(b"x"),
                    value: b"2",
                    dn_attributes: true,
                },
            ]),
        ]);
        assert_eq!((search.filter, search.attributes), (expected, vec![b"1.1".as_slice()]));
    }

    #[test]
    fn a_wrong_control_keeps_the_message_and_its_number() {
        let octets = message(&[0x4a, 1, b'x'], &tlv(0xa0, &tlv(0x30, &tlv(1, &[0xff]))));
        let envelope = open(&octets).unwrap();
        assert_eq!((envelope.id, envelope.request()), (7, Ok(Request::Delete(b"x"))));
        assert!(envelope.controls().is_err());
    }

    #[test]
    fn what_the_protocol_forbids_is_refused() {
        assert_eq!(decode(&[0x30, 0x80, 2, 1, 1, 0x42, 0, 0, 0]), Err(DecodeError::Indefinite));
        assert_eq!(message_length(&[0x30, 0x85, 1, 0, 0, 0, 0]), Err(DecodeError::TooLong));
        assert_eq!(message_length(&[0x30, 0x84, 0]), Ok(None));
        assert_eq!(message_length(&[0x30, 0x84, 0, 0, 1, 0]), Ok(Some(262)));
        assert_eq!(decode(&[0x30, 5, 2, 1, 0xff, 0x42, 0]), Err(DecodeError::Integer));
        assert_eq!(decode(&[0x30, 6, 2, 1, 1, 0x42, 0, 0]), Err(DecodeError::LeftOver));
        assert_eq!(decode(&[0x30, 5, 2, 1, 1, 0x42, 1]), Err(DecodeError::Truncated));
        let mut filter = tlv(0x87, b"x");
        for _ in 0..MAX_FILTER_DEPTH {
            filter = tlv(0xa2, &filter);
        }
        let fixed = [tlv(4, b""), vec![10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0]].concat();
        let search = tlv(0x63, &[fixed, filter, tlv(0x30, b"")].concat());
        assert_eq!(decode(&message(&search, &[])), Err(DecodeError::TooDeep));
    }

    proptest::proptest! {
        #[test]
        fn no_octets_make_the_reader_panic(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = message_length(&octets);
            let _ = decode(&octets);
            let mut framed = vec![0x30, octets.len() as u8 & 0x7f];
            framed.extend(&octets[..octets.len().min(0x7f)]);
            let _ = decode(&framed);
        }
    }
}
