//! What a server sends, encoded as Active Directory encodes it.

use super::ber::{ENUMERATED, INTEGER, OCTETS, SEQUENCE, SET, Writer};
use super::{LdapError, ResultCode};

/// The tag of the response that belongs to a request's tag.
pub(super) fn response_tag(request: u8) -> u8 {
    match request {
        0x60 => 0x61,
        0x63 => 0x65,
        0x66 => 0x67,
        0x68 => 0x69,
        0x4a => 0x6b,
        0x6c => 0x6d,
        0x6e => 0x6f,
        _ => 0x78,
    }
}

/// A control of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResponseControl {
    pub(super) oid: &'static str,
    pub(super) value: Vec<u8>,
}

/// A whole message around one operation.
pub(super) fn message(id: i32, controls: &[ResponseControl], operation: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut output = Vec::with_capacity(64);
    append(&mut output, id, controls, operation);
    output
}

/// The same behind what is there.
fn append(output: &mut Vec<u8>, id: i32, controls: &[ResponseControl], operation: impl FnOnce(&mut Writer)) {
    let mut writer = Writer::behind(std::mem::take(output));
    writer.constructed(SEQUENCE, |message| {
        message.number(INTEGER, i64::from(id));
        operation(message);
        if !controls.is_empty() {
            message.constructed(0xa0, |list| {
                for control in controls {
                    list.constructed(SEQUENCE, |writer| {
                        writer.octets(control.oid.as_bytes());
                        if !control.value.is_empty() {
                            writer.octets(&control.value);
                        }
                    });
                }
            });
        }
    });
    *output = writer.done();
}

fn result(writer: &mut Writer, code: ResultCode, matched: &str, text: &str, referrals: &[String]) {
    writer.number(ENUMERATED, i64::from(code.0));
    writer.octets(matched.as_bytes());
    // Active Directory ends its diagnostic messages with a zero octet.
    if text.is_empty() {
        writer.octets(b"");
    } else {
        let mut octets = text.as_bytes().to_vec();
        octets.push(0);
        writer.octets(&octets);
    }
    if !referrals.is_empty() {
        writer.constructed(0xa3, |list| {
            for referral in referrals {
                list.octets(referral.as_bytes());
            }
        });
    }
}

/// A response that says that all went well.
pub(super) fn success(output: &mut Vec<u8>, id: i32, tag: u8, controls: &[ResponseControl]) {
    append(output, id, controls, |writer| {
        writer.constructed(tag, |writer| result(writer, ResultCode::SUCCESS, "", "", &[]));
    });
}

/// A response with an error, or with another code than success.
pub(super) fn failure(id: i32, tag: u8, error: &LdapError, controls: &[ResponseControl]) -> Vec<u8> {
    message(id, controls, |writer| {
        writer.constructed(tag, |writer| {
            result(writer, error.code, &error.matched, &error.text, &error.referrals);
        });
    })
}

/// A bind's response with what the mechanism has to say: as `serverSaslCreds`, or in the place of the matched name as
/// Sicily has it.
pub(super) fn bind(
    id: i32,
    outcome: Result<(), &LdapError>,
    sasl: Option<&[u8]>,
    in_progress: bool,
) -> Vec<u8> {
    message(id, &[], |writer| {
        writer.constructed(0x61, |writer| {
            match outcome {
                Ok(()) if in_progress => result(writer, ResultCode::SASL_BIND_IN_PROGRESS, "", "", &[]),
                Ok(()) => result(writer, ResultCode::SUCCESS, "", "", &[]),
                Err(error) => result(writer, error.code, &error.matched, &error.text, &error.referrals),
            }
            if let Some(token) = sasl {
                writer.primitive(0x87, token);
            }
        });
    })
}

/// Sicily's answers carry their data where a matched name stands.
pub(super) fn sicily(id: i32, data: &[u8]) -> Vec<u8> {
    message(id, &[], |writer| {
        writer.constructed(0x61, |writer| {
            writer.number(ENUMERATED, 0);
            writer.octets(data);
            writer.octets(b"");
        });
    })
}

/// An extended response.
pub(super) fn extended(
    id: i32,
    outcome: Result<(), &LdapError>,
    oid: Option<&str>,
    value: Option<&[u8]>,
) -> Vec<u8> {
    message(id, &[], |writer| {
        writer.constructed(0x78, |writer| {
            match outcome {
                Ok(()) => result(writer, ResultCode::SUCCESS, "", "", &[]),
                Err(error) => result(writer, error.code, &error.matched, &error.text, &error.referrals),
            }
            if let Some(oid) = oid {
                writer.primitive(0x8a, oid.as_bytes());
            }
            if let Some(value) = value {
                writer.primitive(0x8b, value);
            }
        });
    })
}

/// The unsolicited notification with which a server hangs up.
pub(super) fn disconnection(error: &LdapError) -> Vec<u8> {
    extended(0, Err(error), Some("1.3.6.1.4.1.1466.20036"), None)
}

/// An entry with its attributes.
pub(super) fn entry<N: AsRef<str>>(
    output: &mut Vec<u8>,
    id: i32,
    dn: &[u8],
    attributes: &[(N, Vec<Vec<u8>>)],
    types_only: bool,
) {
    append(output, id, &[], |writer| {
        writer.constructed(0x64, |writer| {
            writer.octets(dn);
            writer.constructed(SEQUENCE, |list| {
                for (name, values) in attributes {
                    list.constructed(SEQUENCE, |attribute| {
                        attribute.octets(name.as_ref().as_bytes());
                        attribute.constructed(SET, |set| {
                            for value in values.iter().filter(|_| !types_only) {
                                set.primitive(OCTETS, value);
                            }
                        });
                    });
                }
            });
        });
    });
}

/// A search's continuation elsewhere.
pub(super) fn reference(id: i32, url: &str) -> Vec<u8> {
    message(id, &[], |writer| writer.constructed(0x73, |writer| writer.octets(url.as_bytes())))
}
