//! NTLM version 2 as a server takes it (MS-NLMP). The challenge and the time come from outside, so do the passwords.

use hmac::{Hmac, KeyInit, Mac};
use md4::Md4;
use md5::{Digest, Md5};

use super::rc4::Rc4;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

const UNICODE: u32 = 0x1;
const REQUEST_TARGET: u32 = 0x4;
const SIGN: u32 = 0x10;
const SEAL: u32 = 0x20;
const NTLM: u32 = 0x200;
const ALWAYS_SIGN: u32 = 0x8000;
const TARGET_TYPE_DOMAIN: u32 = 0x1_0000;
const EXTENDED_SECURITY: u32 = 0x8_0000;
const TARGET_INFO: u32 = 0x80_0000;
const VERSION: u32 = 0x200_0000;
const KEY_128: u32 = 0x2000_0000;
const KEY_EXCHANGE: u32 = 0x4000_0000;
const KEY_56: u32 = 0x8000_0000;

/// What a client may have that the server has, too.
const OFFERED: u32 = SIGN | SEAL | ALWAYS_SIGN | EXTENDED_SECURITY | KEY_128 | KEY_EXCHANGE | KEY_56;

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) netbios_domain: String,
    pub(super) netbios_computer: String,
    pub(super) dns_domain: String,
    pub(super) dns_computer: String,
}

/// A negotiation that waits for the client's proof.
#[derive(Clone, Debug)]
pub(super) struct Acceptor {
    negotiate: Vec<u8>,
    challenge_message: Vec<u8>,
    challenge: [u8; 8],
}

/// What a client has sent as its proof.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    pub(super) user: String,
    pub(super) domain: String,
    pub(super) workstation: String,
    response: Vec<u8>,
    session_key: Vec<u8>,
    flags: u32,
    message: Vec<u8>,
}

/// Why a token is refused before a password counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadToken;

impl Acceptor {
    /// Answers a client's NEGOTIATE. `time` is a file time.
    pub(super) fn new(
        negotiate: &[u8],
        names: &Names,
        challenge: [u8; 8],
        time: i64,
    ) -> Result<Acceptor, BadToken> {
        if !negotiate.starts_with(SIGNATURE) || le32(negotiate, 8) != Some(1) {
            return Err(BadToken);
        }
        let asked = le32(negotiate, 12).ok_or(BadToken)?;
        let flags =
            UNICODE | REQUEST_TARGET | NTLM | TARGET_TYPE_DOMAIN | TARGET_INFO | VERSION | (asked & OFFERED);
        let target = utf16(&names.netbios_domain);
        let mut info = Vec::new();
        let mut pair = |id: u16, value: &[u8]| {
            info.extend(id.to_le_bytes());
            info.extend((value.len() as u16).to_le_bytes());
            info.extend(value);
        };
        pair(2, &target);
        pair(1, &utf16(&names.netbios_computer));
        pair(4, &utf16(&names.dns_domain));
        pair(3, &utf16(&names.dns_computer));
        pair(5, &utf16(&names.dns_domain));
        pair(7, &time.to_le_bytes());
        pair(0, &[]);
        let mut message = SIGNATURE.to_vec();
        message.extend(2_u32.to_le_bytes());
        let field = |message: &mut Vec<u8>, length: usize, offset: usize| {
            message.extend((length as u16).to_le_bytes());
            message.extend((length as u16).to_le_bytes());
            message.extend((offset as u32).to_le_bytes());
        };
        field(&mut message, target.len(), 56);
        message.extend(flags.to_le_bytes());
        message.extend(challenge);
        message.extend([0; 8]);
        field(&mut message, info.len(), 56 + target.len());
        // Windows Server 2003: 5.2.3790, revision 15 of the protocol.
        message.extend([5, 2, 0xce, 0x0e, 0, 0, 0, 15]);
        message.extend(target);
        message.extend(info);
        Ok(Acceptor { negotiate: negotiate.to_vec(), challenge_message: message, challenge })
    }

    /// The CHALLENGE that goes to the client.
    pub(super) fn challenge_message(&self) -> &[u8] {
        &self.challenge_message
    }

    /// The session's key when the proof was made with this password.
    pub(super) fn check(&self, proof: &Proof, password: &str) -> Option<[u8; 16]> {
        let (tag, blob) = proof.response.split_at_checked(16)?;
        let hash = Md4::digest(utf16(password));
        let mut name = utf16(&proof.user.to_uppercase());
        name.extend(utf16(&proof.domain));
        let key = hmac_md5(&hash, &[&name]);
        let expected = hmac_md5(&key, &[&self.challenge, blob]);
        if !same(&expected, tag) {
            return None;
        }
        let base = hmac_md5(&key, &[&expected]);
        let key = if proof.flags & KEY_EXCHANGE != 0 && proof.flags & (SIGN | SEAL | ALWAYS_SIGN) != 0 {
            let sent = <[u8; 16]>::try_from(proof.session_key.as_slice()).ok()?;
            let mut key = sent;
            Rc4::new(&base).apply(&mut key);
            key
        } else {
            base
        };
        self.is_whole(proof, blob, &key).then_some(key)
    }

    /// Whether nobody has touched the three messages, where the client says that it protects them.
    fn is_whole(&self, proof: &Proof, blob: &[u8], key: &[u8; 16]) -> bool {
        let protects = av_pair(blob.get(28..).unwrap_or_default(), 6)
            .and_then(|value| le32(value, 0))
            .is_some_and(|flags| flags & 2 != 0);
        if !protects {
            return true;
        }
        let mut message = proof.message.clone();
        let Some(field) = message.get_mut(72..88) else { return false };
        let sent = field.to_vec();
        field.fill(0);
        same(&hmac_md5(key, &[&self.negotiate, &self.challenge_message, &message]), &sent)
    }
}

impl Proof {
    /// Reads a client's AUTHENTICATE.
    pub(super) fn read(message: &[u8]) -> Result<Proof, BadToken> {
        if !message.starts_with(SIGNATURE) || le32(message, 8) != Some(3) {
            return Err(BadToken);
        }
        let flags = le32(message, 60).ok_or(BadToken)?;
        let field = |at: usize| -> Result<&[u8], BadToken> {
            let length = usize::from(u16::from_le_bytes(
                message.get(at..at + 2).and_then(|octets| octets.try_into().ok()).ok_or(BadToken)?,
            ));
            let offset = le32(message, at + 4).ok_or(BadToken)? as usize;
            message.get(offset..offset.checked_add(length).ok_or(BadToken)?).ok_or(BadToken)
        };
        let text = |octets: &[u8]| -> Result<String, BadToken> {
            if flags & UNICODE == 0 {
                return Ok(String::from_utf8_lossy(octets).into_owned());
            }
            let units: Vec<u16> =
                octets.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).map_err(|_| BadToken)
        };
        Ok(Proof {
            response: field(20)?.to_vec(),
            domain: text(field(28)?)?,
            user: text(field(36)?)?,
            workstation: text(field(44)?)?,
            session_key: field(52).unwrap_or_default().to_vec(),
            flags,
            message: message.to_vec(),
        })
    }

    /// Whether this is nobody's proof.
    pub(super) fn is_anonymous(&self) -> bool {
        self.user.is_empty() && self.response.is_empty()
    }
}

/// What protects messages after the negotiation.
#[derive(Debug)]
pub(super) struct Protector {
    seals: bool,
    exchanged: bool,
    incoming: Direction,
    outgoing: Direction,
}

#[derive(Debug)]
struct Direction {
    sign_key: [u8; 16],
    seal_key: [u8; 16],
    cipher: Rc4,
    sequence: u32,
}

impl Direction {
    fn new(key: &[u8; 16], flags: u32, from_client: bool) -> Direction {
        let (sign, seal): (&[u8], &[u8]) = match from_client {
            true => (
                b"session key to client-to-server signing key magic constant\0",
                b"session key to client-to-server sealing key magic constant\0",
            ),
            false => (
                b"session key to server-to-client signing key magic constant\0",
                b"session key to server-to-client sealing key magic constant\0",
            ),
        };
        let strength = match flags {
            flags if flags & KEY_128 != 0 => 16,
            flags if flags & KEY_56 != 0 => 7,
            _ => 5,
        };
        let sign_key = md5(&[key, sign]);
        let seal_key = md5(&[&key[..strength], seal]);
        Direction { sign_key, seal_key, cipher: Rc4::new(&seal_key), sequence: 0 }
    }

    fn signature(&mut self, message: &[u8], exchanged: bool) -> [u8; 16] {
        let sequence = self.sequence.to_le_bytes();
        let mut tag = hmac_md5(&self.sign_key, &[&sequence, message]);
        if exchanged {
            self.cipher.apply(&mut tag[..8]);
        }
        self.sequence = self.sequence.wrapping_add(1);
        let mut signature = [0; 16];
        signature[0] = 1;
        signature[4..12].copy_from_slice(&tag[..8]);
        signature[12..].copy_from_slice(&sequence);
        signature
    }
}

impl Protector {
    /// The protection that was negotiated; `None`: messages go as they are.
    pub(super) fn new(key: &[u8; 16], proof: &Proof) -> Option<Protector> {
        let flags = proof.flags;
        if flags & EXTENDED_SECURITY == 0 || flags & (SIGN | SEAL) == 0 {
            return None;
        }
        Some(Protector {
            seals: flags & SEAL != 0,
            exchanged: flags & KEY_EXCHANGE != 0,
            incoming: Direction::new(key, flags, true),
            outgoing: Direction::new(key, flags, false),
        })
    }

    /// Whether messages are encrypted.
    pub(super) fn seals(&self) -> bool {
        self.seals
    }

    /// A signature of what goes out.
    pub(super) fn sign(&mut self, message: &[u8]) -> [u8; 16] {
        self.outgoing.signature(message, self.exchanged)
    }

    /// Whether a signature is the client's.
    pub(super) fn verify(&mut self, message: &[u8], signature: &[u8]) -> bool {
        same(&self.incoming.signature(message, self.exchanged), signature)
    }

    /// After the signatures over the list of mechanisms the ciphers start anew; the numbers go on.
    pub(super) fn restart_ciphers(&mut self) {
        for direction in [&mut self.incoming, &mut self.outgoing] {
            direction.cipher = Rc4::new(&direction.seal_key);
        }
    }

    /// A message with its signature, encrypted where that was negotiated.
    pub(super) fn wrap(&mut self, message: &[u8]) -> Vec<u8> {
        let mut body = message.to_vec();
        if self.seals {
            self.outgoing.cipher.apply(&mut body);
        }
        let mut wrapped = self.sign(message).to_vec();
        wrapped.extend(body);
        wrapped
    }

    /// What stands in a wrapped message; `None`: it is not the client's, or not the next one.
    pub(super) fn unwrap(&mut self, wrapped: &[u8]) -> Option<Vec<u8>> {
        let (signature, body) = wrapped.split_at_checked(16)?;
        let mut body = body.to_vec();
        if self.seals {
            self.incoming.cipher.apply(&mut body);
        }
        self.verify(&body, signature).then_some(body)
    }
}

fn av_pair(mut list: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let id = u16::from_le_bytes(list.get(..2)?.try_into().ok()?);
        let length = usize::from(u16::from_le_bytes(list.get(2..4)?.try_into().ok()?));
        let value = list.get(4..4 + length)?;
        match id {
            0 => return None,
            id if id == wanted => return Some(value),
            _ => list = &list[4 + length..],
        }
    }
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|octets| octets.try_into().ok()).map(u32::from_le_bytes)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn md5(pieces: &[&[u8]]) -> [u8; 16] {
    let mut digest = Md5::new();
    for piece in pieces {
        digest.update(piece);
    }
    digest.finalize().into()
}

fn hmac_md5(key: &[u8], pieces: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes keys of any length");
    for piece in pieces {
        mac.update(piece);
    }
    mac.finalize().into_bytes().into()
}

/// Whether octets are the same; how long that takes tells nothing.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of MS-NLMP 4.2.4: user `User`, domain `Domain`, password `Password`.
    #[test]
    fn the_published_example_is_accepted() {
        let challenge = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        let hash = Md4::digest(utf16("Password"));
        let mut name = utf16("USER");
        name.extend(utf16("Domain"));
        let key = hmac_md5(&hash, &[&name]);
        assert_eq!(hex(&key), "0c868a403bfd7a93a3001ef22ef02e3f");
        let mut blob = vec![1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        blob.extend([0xaa; 8]);
        blob.extend([0; 4]);
        for (id, text) in [(2_u16, "Domain"), (1, "Server")] {
            blob.extend(id.to_le_bytes());
            blob.extend((utf16(text).len() as u16).to_le_bytes());
            blob.extend(utf16(text));
        }
        blob.extend([0; 8]);
        let tag = hmac_md5(&key, &[&challenge, &blob]);
        assert_eq!(hex(&tag), "68cd0ab851e51c96aabc927bebef6a1c");
        assert_eq!(hex(&hmac_md5(&key, &[&tag])), "8de40ccadbc14a82f15cb0ad0de95ca3");

        let acceptor = Acceptor { negotiate: Vec::new(), challenge_message: Vec::new(), challenge };
        let mut response = tag.to_vec();
        response.extend(blob);
        let proof = Proof {
            user: "User".into(),
            domain: "Domain".into(),
            workstation: String::new(),
            response,
            session_key: Vec::new(),
            flags: UNICODE,
            message: Vec::new(),
        };
        assert!(acceptor.check(&proof, "Password").is_some());
        assert!(acceptor.check(&proof, "password").is_none());
        let touched = Proof { user: "Other".into(), ..proof };
        assert!(acceptor.check(&touched, "Password").is_none());
    }

    #[test]
    fn what_one_side_wraps_the_other_opens_in_order_and_unchanged() {
        let proof = Proof {
            user: String::new(),
            domain: String::new(),
            workstation: String::new(),
            response: Vec::new(),
            session_key: Vec::new(),
            flags: SIGN | SEAL | EXTENDED_SECURITY | KEY_128 | KEY_EXCHANGE,
            message: Vec::new(),
        };
        let mut server = Protector::new(&[7; 16], &proof).unwrap();
        let mut client = Protector::new(&[7; 16], &proof).unwrap();
        std::mem::swap(&mut client.incoming, &mut client.outgoing);
        for text in ["one", "two", ""] {
            let wrapped = client.wrap(text.as_bytes());
            assert_eq!(server.unwrap(&wrapped).unwrap(), text.as_bytes());
        }
        let mut wrapped = client.wrap(b"touched");
        wrapped[20] ^= 1;
        assert_eq!(server.unwrap(&wrapped), None);
        assert_eq!(server.unwrap(b"short"), None);
    }

    #[test]
    fn tokens_of_any_length_are_refused_without_a_panic() {
        let names = Names {
            netbios_domain: "CORP".into(),
            netbios_computer: "PDC1".into(),
            dns_domain: "corp.example".into(),
            dns_computer: "pdc1.corp.example".into(),
        };
        for length in 0..96 {
            for kind in [1, 3] {
                let mut token = SIGNATURE.to_vec();
                token.extend([kind, 0, 0, 0]);
                token.resize(length.max(12), 0xff);
                let _ = Acceptor::new(&token[..length.min(token.len())], &names, [0; 8], 0);
                let _ = Proof::read(&token[..length.min(token.len())]);
            }
        }
    }

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }
}
