//! The subset of BER that LDAP allows (RFC 4511, 5.1): definite lengths, primitive strings, tags below 31.

/// Why bytes are no LDAP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The element ends before its length says so.
    #[error("the element is cut short")]
    Truncated,
    /// An indefinite length, which LDAP forbids.
    #[error("an indefinite length")]
    Indefinite,
    /// A length of more than four octets, or longer than a message may be.
    #[error("a length beyond the limit")]
    TooLong,
    /// Another tag than the one that must stand here.
    #[error("tag {found:#04x} where {expected:#04x} must stand")]
    Tag {
        /// What stands there.
        found: u8,
        /// What must.
        expected: u8,
    },
    /// An integer without octets or beyond its range.
    #[error("an integer out of range")]
    Integer,
    /// Filters within filters beyond the limit.
    #[error("filters nested too deeply")]
    TooDeep,
    /// A value that the protocol does not know at its place.
    #[error("a value that means nothing here")]
    Unknown,
    /// Octets after the end of what must be all.
    #[error("octets left over")]
    LeftOver,
}

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// A reader over the content of one element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element of any tag.
    pub(super) fn any(&mut self) -> Result<(u8, &'a [u8]), DecodeError> {
        let (tag, header, length) = header(self.rest)?.ok_or(DecodeError::Truncated)?;
        let end = header.checked_add(length).ok_or(DecodeError::TooLong)?;
        let content = self.rest.get(header..end).ok_or(DecodeError::Truncated)?;
        self.rest = &self.rest[end..];
        Ok((tag, content))
    }

    /// The next element, which must have this tag.
    pub(super) fn element(&mut self, expected: u8) -> Result<&'a [u8], DecodeError> {
        match self.peek() {
            None => Err(DecodeError::Truncated),
            Some(found) if found != expected => Err(DecodeError::Tag { found, expected }),
            Some(_) => Ok(self.any()?.1),
        }
    }

    /// The next element when it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, DecodeError> {
        match self.peek() {
            Some(found) if found == tag => Ok(Some(self.any()?.1)),
            _ => Ok(None),
        }
    }

    pub(super) fn inside(&mut self, tag: u8) -> Result<Reader<'a>, DecodeError> {
        Ok(Reader::new(self.element(tag)?))
    }

    pub(super) fn octets(&mut self) -> Result<&'a [u8], DecodeError> {
        self.element(OCTETS)
    }

    pub(super) fn integer(&mut self) -> Result<i32, DecodeError> {
        integer(self.element(INTEGER)?)
    }

    /// 32 bits, whether they are written as a number below zero or with a zero octet before them.
    pub(super) fn bits(&mut self) -> Result<u32, DecodeError> {
        match self.element(INTEGER)? {
            [0, rest @ ..] if rest.len() == 4 => {
                Ok(rest.iter().fold(0, |bits, octet| (bits << 8) | u32::from(*octet)))
            }
            content => integer(content).map(|number| number as u32),
        }
    }

    pub(super) fn enumerated(&mut self) -> Result<i32, DecodeError> {
        integer(self.element(ENUMERATED)?)
    }

    pub(super) fn boolean(&mut self) -> Result<bool, DecodeError> {
        boolean(self.element(BOOLEAN)?)
    }

    pub(super) fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::LeftOver) }
    }
}

pub(super) fn boolean(content: &[u8]) -> Result<bool, DecodeError> {
    match content {
        [octet] => Ok(*octet != 0),
        _ => Err(DecodeError::Integer),
    }
}

pub(super) fn integer(content: &[u8]) -> Result<i32, DecodeError> {
    if content.is_empty() || content.len() > 4 {
        return Err(DecodeError::Integer);
    }
    let sign = if content[0] & 0x80 != 0 { -1_i32 } else { 0 };
    Ok(content.iter().fold(sign, |value, octet| (value << 8) | i32::from(*octet)))
}

/// Tag, length of the header and length of the content; `None` when the header has not come yet as a whole.
pub(super) fn header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, DecodeError> {
    let [tag, first, rest @ ..] = bytes else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(DecodeError::Unknown);
    }
    if first & 0x80 == 0 {
        return Ok(Some((*tag, 2, usize::from(*first))));
    }
    let count = usize::from(first & 0x7f);
    match count {
        0 => Err(DecodeError::Indefinite),
        1..=4 if rest.len() < count => Ok(None),
        1..=4 => {
            let length = rest[..count].iter().fold(0_u64, |sum, octet| (sum << 8) | u64::from(*octet));
            Ok(Some((*tag, 2 + count, usize::try_from(length).map_err(|_| DecodeError::TooLong)?)))
        }
        _ => Err(DecodeError::TooLong),
    }
}

/// Writes elements. Constructed ones get lengths in the long form of four octets, as Active Directory sends them.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn new() -> Writer {
        Writer::default()
    }

    /// One that writes behind what is there.
    pub(super) fn behind(bytes: Vec<u8>) -> Writer {
        Writer { bytes }
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn constructed(&mut self, tag: u8, content: impl FnOnce(&mut Writer)) {
        self.bytes.extend([tag, 0x84, 0, 0, 0, 0]);
        let start = self.bytes.len();
        content(self);
        let length = u32::try_from(self.bytes.len() - start).unwrap_or(u32::MAX);
        self.bytes[start - 4..start].copy_from_slice(&length.to_be_bytes());
    }

    pub(super) fn primitive(&mut self, tag: u8, content: &[u8]) {
        self.bytes.push(tag);
        match content.len() {
            length @ 0..=0x7f => self.bytes.push(length as u8),
            length => {
                self.bytes.push(0x84);
                self.bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
            }
        }
        self.bytes.extend(content);
    }

    pub(super) fn octets(&mut self, content: &[u8]) {
        self.primitive(OCTETS, content);
    }

    pub(super) fn number(&mut self, tag: u8, value: i64) {
        let bytes = value.to_be_bytes();
        let mut start = 0;
        while start < 7
            && ((bytes[start] == 0 && bytes[start + 1] & 0x80 == 0)
                || (bytes[start] == 0xff && bytes[start + 1] & 0x80 != 0))
        {
            start += 1;
        }
        self.primitive(tag, &bytes[start..]);
    }
}
