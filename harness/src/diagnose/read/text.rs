//! Bytes of a file to text: UTF-16 in either order becomes UTF-8, everything else passes.

use std::borrow::Cow;

/// How a file stores its characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Unknown,
    Bytes,
    Utf16 {
        little: bool,
    },
}

/// Bytes that decide the form of a file.
const HEAD: usize = 64;

/// Turns chunks of a file into chunks of bytes with ASCII line ends.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    form: Form,
    /// The head of a file whose form is open, or bytes of a letter that the last chunk broke off.
    rest: Vec<u8>,
    text: Vec<u8>,
}

impl Decoder {
    /// The text of the next chunk.
    pub(super) fn decode<'a>(&'a mut self, chunk: &'a [u8]) -> &'a [u8] {
        match self.form {
            Form::Bytes => chunk,
            Form::Utf16 { little } => {
                self.rest.extend_from_slice(chunk);
                self.units(little);
                &self.text
            }
            Form::Unknown if self.rest.len() + chunk.len() < HEAD => {
                self.rest.extend_from_slice(chunk);
                &[]
            }
            Form::Unknown => {
                self.rest.extend_from_slice(chunk);
                self.decide()
            }
        }
    }

    /// What is left at the end of the file.
    pub(super) fn finish(&mut self) -> &[u8] {
        match self.form {
            Form::Unknown => self.decide(),
            _ => &[],
        }
    }

    /// Decides on the form and gives the text of what was kept.
    fn decide(&mut self) -> &[u8] {
        let (form, mark) = form_of(&self.rest);
        self.form = form;
        self.rest.drain(..mark);
        match form {
            Form::Utf16 { little } => self.units(little),
            _ => self.text = std::mem::take(&mut self.rest),
        }
        &self.text
    }

    /// Turns the whole letters of what was kept into text.
    fn units(&mut self, little: bool) {
        self.text.clear();
        let mut units: Vec<u16> = self
            .rest
            .chunks_exact(2)
            .map(|pair| match little {
                true => u16::from_le_bytes([pair[0], pair[1]]),
                false => u16::from_be_bytes([pair[0], pair[1]]),
            })
            .collect();
        let mut used = units.len() * 2;
        // A first half of a pair waits for the second.
        if units.last().is_some_and(|unit| (0xD800..0xDC00).contains(unit)) {
            units.pop();
            used -= 2;
        }
        for letter in char::decode_utf16(units) {
            let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.rest.drain(..used);
    }
}

/// The form of a file by its first bytes, and how many of them are a mark.
fn form_of(head: &[u8]) -> (Form, usize) {
    match head {
        [0xFF, 0xFE, ..] => (Form::Utf16 { little: true }, 2),
        [0xFE, 0xFF, ..] => (Form::Utf16 { little: false }, 2),
        [0xEF, 0xBB, 0xBF, ..] => (Form::Bytes, 3),
        // Without a mark: text of Western letters has a zero in every second byte.
        _ => {
            let head = &head[..head.len().min(HEAD) & !1];
            let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
            let most = head.len() * 3 / 8;
            match (head.len() >= 8, zeros(0), zeros(1)) {
                (true, 0, many) if many > most => (Form::Utf16 { little: true }, 0),
                (true, many, 0) if many > most => (Form::Utf16 { little: false }, 0),
                _ => (Form::Bytes, 0),
            }
        }
    }
}

/// A whole file as text.
pub fn decode(bytes: &[u8]) -> String {
    let mut decoder = Decoder::default();
    let mut whole = text(decoder.decode(bytes)).into_owned();
    whole.push_str(&text(decoder.finish()));
    whole
}

/// Bytes as text: UTF-8, or else the Western code page of Windows.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| western(*byte)).collect()),
    }
}

fn western(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
