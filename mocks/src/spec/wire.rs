//! What goes wrong on the wire: operations of LDAP that are spoiled at the ports of controllers.

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{HostName, Span};

/// The numbers of LDAP results that refuse something: RFC 4520 leaves those above to private use.
const RESULTS: std::ops::RangeInclusive<u32> = 1..=16_383;

/// Operations at the ports of controllers that are spoiled, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WireForm", into = "WireForm")]
pub struct WireSpec {
    /// The controllers; all of them when empty.
    pub at: Vec<HostName>,
    /// Which operation; every one that has an answer when absent.
    pub operation: Option<PortOperation>,
    /// What becomes of it.
    pub effect: WireEffect,
}

/// What a client asks at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PortOperation {
    /// A connection, before anything is read from it.
    Connect,
    /// A bind; each message of one that takes several.
    Bind,
    /// A search.
    Search,
    /// A comparison of one value.
    Compare,
    /// A new entry.
    Add,
    /// Attributes of an entry are changed.
    Modify,
    /// An entry is removed.
    Delete,
    /// An entry is renamed or moved.
    Rename,
    /// Any extended operation, StartTLS too.
    Extended,
    /// StartTLS.
    StartTls,
}

/// What becomes of a spoiled operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireEffect {
    /// It is not performed; the answer is this LDAP result.
    Result {
        /// Its number.
        code: u32,
        /// Its text.
        text: String,
    },
    /// It is performed, and the answer comes this much later; never when absent: the connection stays open.
    Hang {
        /// How much later.
        lasts: Option<Span>,
    },
    /// It is performed; the answer comes in pieces, with a pause before each.
    Drip {
        /// Octets of a piece; at least one.
        octets: u32,
        /// The pause.
        pause: Span,
    },
    /// It is performed; the answer breaks off, or is none.
    Cut(WireCut),
}

/// How an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WireCut {
    /// In the midst of a message of the answer, of an entry where there are any, the connection is reset.
    Reset,
    /// At the same place the connection is closed.
    Truncate,
    /// The answer comes whole and is no message of LDAP.
    Malform,
}

/// An answer in pieces, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Drip {
    /// Octets of a piece.
    #[serde(default = "one")]
    pub octets: u32,
    /// The pause before each.
    pub pause: Span,
}

fn one() -> u32 {
    1
}

/// For how long an answer is held back; `None`, written `forever`: it never comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding(pub Option<Span>);

/// A fault on the wire key by key, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WireForm {
    /// The controller or controllers; all of them when empty.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<HostName>,
    /// Which operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<PortOperation>,
    /// The LDAP result that is the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<u32>,
    /// The text of that result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// For how long the answer is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hang: Option<Holding>,
    /// The pieces in which the answer comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drip: Option<Drip>,
    /// How the answer breaks off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<WireCut>,
}

/// Why a fault on the wire makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireProblem {
    /// It does not say what becomes of the operation.
    #[error("the fault does not say what becomes of the operation")]
    NoEffect,
    /// It says two things.
    #[error("the fault says two things: `{0}` and `{1}`")]
    SeveralEffects(&'static str, &'static str),
    /// A text without a result.
    #[error("`text` without the result that it belongs to")]
    TextAlone,
    /// No such result.
    #[error("no LDAP result that refuses anything has the number {0}")]
    NoResult(u32),
    /// Nothing is held back.
    #[error("an answer that hangs for {0}")]
    NoHang(Span),
    /// Pieces of nothing.
    #[error("pieces of no octets")]
    NoOctets,
    /// Pieces without a pause between them.
    #[error("pieces with a pause of {0}")]
    NoPause(Span),
    /// A connection asks nothing that has an answer.
    #[error("a connection by itself has no answer that `{0}` could spoil")]
    Connection(&'static str),
}

impl WireProblem {
    /// The keys that it is about, the one to change first.
    pub fn keys(self) -> [Option<&'static str>; 2] {
        match self {
            WireProblem::NoEffect => [None, None],
            WireProblem::SeveralEffects(first, second) => [Some(second), Some(first)],
            WireProblem::TextAlone => [Some("text"), None],
            WireProblem::NoResult(_) => [Some("result"), None],
            WireProblem::NoHang(_) => [Some("hang"), None],
            WireProblem::NoOctets | WireProblem::NoPause(_) => [Some("drip"), None],
            WireProblem::Connection(key) => [Some(key), Some("operation")],
        }
    }

    /// What remedies it.
    pub fn help(self) -> &'static str {
        match self {
            WireProblem::NoEffect => "add one of `result`, `hang`, `drip` and `effect`",
            WireProblem::SeveralEffects(..) => "make a fault for each",
            WireProblem::TextAlone => "add `result`, or take `text` out",
            WireProblem::NoResult(_) => "take a number from 1 to 16383: 51 is busy, 52 unavailable",
            WireProblem::NoHang(_) => "write for example `\"30s\"`, or `\"forever\"`",
            WireProblem::NoOctets => "a piece has at least one",
            WireProblem::NoPause(_) => "write for example `pause = \"200ms\"`",
            WireProblem::Connection(_) => {
                "a connection can `hang` and be reset (`effect = \"reset\"`); `close-port` refuses it"
            }
        }
    }
}

impl TryFrom<WireForm> for WireSpec {
    type Error = WireProblem;

    fn try_from(form: WireForm) -> Result<WireSpec, WireProblem> {
        let stated = [
            form.result.map(|_| "result"),
            form.hang.map(|_| "hang"),
            form.drip.map(|_| "drip"),
            form.effect.map(|_| "effect"),
        ];
        let mut stated = stated.into_iter().flatten();
        if let (Some(first), Some(second)) = (stated.next(), stated.next()) {
            return Err(WireProblem::SeveralEffects(first, second));
        }
        if form.text.is_some() && form.result.is_none() {
            return Err(WireProblem::TextAlone);
        }
        let effect = match form {
            WireForm { result: Some(code), text, .. } => {
                if !RESULTS.contains(&code) {
                    return Err(WireProblem::NoResult(code));
                }
                WireEffect::Result { code, text: text.unwrap_or_default() }
            }
            WireForm { hang: Some(Holding(lasts)), .. } => {
                if let Some(none) = lasts.filter(|lasts| *lasts <= Span::ZERO) {
                    return Err(WireProblem::NoHang(none));
                }
                WireEffect::Hang { lasts }
            }
            WireForm { drip: Some(Drip { octets: 0, .. }), .. } => return Err(WireProblem::NoOctets),
            WireForm { drip: Some(Drip { octets, pause }), .. } => {
                if pause <= Span::ZERO {
                    return Err(WireProblem::NoPause(pause));
                }
                WireEffect::Drip { octets, pause }
            }
            WireForm { effect: Some(cut), .. } => WireEffect::Cut(cut),
            _ => return Err(WireProblem::NoEffect),
        };
        let of_a_connection = match &effect {
            WireEffect::Hang { .. } | WireEffect::Cut(WireCut::Reset) => None,
            WireEffect::Result { .. } => Some("result"),
            WireEffect::Drip { .. } => Some("drip"),
            WireEffect::Cut(_) => Some("effect"),
        };
        match of_a_connection {
            Some(key) if form.operation == Some(PortOperation::Connect) => Err(WireProblem::Connection(key)),
            _ => Ok(WireSpec { at: form.at, operation: form.operation, effect }),
        }
    }
}

impl From<WireSpec> for WireForm {
    fn from(WireSpec { at, operation, effect }: WireSpec) -> WireForm {
        let form = WireForm { at, operation, ..WireForm::default() };
        match effect {
            WireEffect::Result { code, text } => {
                let text = Some(text).filter(|text| !text.is_empty());
                WireForm { result: Some(code), text, ..form }
            }
            WireEffect::Hang { lasts } => WireForm { hang: Some(Holding(lasts)), ..form },
            WireEffect::Drip { octets, pause } => WireForm { drip: Some(Drip { octets, pause }), ..form },
            WireEffect::Cut(cut) => WireForm { effect: Some(cut), ..form },
        }
    }
}

impl WireSpec {
    /// Whether it is about this operation at this controller.
    pub fn covers(&self, at: &HostName, asked: PortOperation) -> bool {
        let here = self.at.is_empty() || self.at.contains(at);
        here && match self.operation {
            None => asked != PortOperation::Connect,
            Some(PortOperation::Extended) => {
                matches!(asked, PortOperation::Extended | PortOperation::StartTls)
            }
            Some(operation) => operation == asked,
        }
    }
}

impl PortOperation {
    /// The name in scenario files and events.
    pub fn as_str(self) -> &'static str {
        match self {
            PortOperation::Connect => "connect",
            PortOperation::Bind => "bind",
            PortOperation::Search => "search",
            PortOperation::Compare => "compare",
            PortOperation::Add => "add",
            PortOperation::Modify => "modify",
            PortOperation::Delete => "delete",
            PortOperation::Rename => "rename",
            PortOperation::Extended => "extended",
            PortOperation::StartTls => "start-tls",
        }
    }
}

impl Serialize for Holding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(span) => span.serialize(serializer),
            None => serializer.serialize_str("forever"),
        }
    }
}

impl<'de> Deserialize<'de> for Holding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Holding, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "never" | "forever" => Ok(Holding(None)),
            text => text.parse().map(|span| Holding(Some(span))).map_err(D::Error::custom),
        }
    }
}

/// One host, or a list of them.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<HostName>, D::Error> {
    struct Hosts;
    impl<'de> Visitor<'de> for Hosts {
        type Value = Vec<HostName>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a host or a list of hosts")
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<Vec<HostName>, E> {
            Ok(vec![text.into()])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, hosts: A) -> Result<Vec<HostName>, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(hosts))
        }
    }
    deserializer.deserialize_any(Hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<WireSpec, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            r#"{"at":["BDC1"],"operation":"bind","result":51,"text":"busy"}"#,
            r#"{"operation":"search","hang":"30s"}"#,
            r#"{"hang":"forever"}"#,
            r#"{"at":["BDC1","BDC2"],"operation":"start-tls","drip":{"octets":3,"pause":"200ms"}}"#,
            r#"{"operation":"connect","effect":"reset"}"#,
        ] {
            let spec = read(text).unwrap();
            assert_eq!(serde_json::to_string(&spec).unwrap(), text);
        }
        assert_eq!(read(r#"{"at":"BDC1","effect":"truncate"}"#).unwrap().at, [HostName::from("BDC1")]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, why) in [
            (r#"{"operation":"bind"}"#, "does not say what becomes"),
            (r#"{"result":51,"hang":"1s"}"#, "`result` and `hang`"),
            (r#"{"effect":"reset","text":"x"}"#, "`text` without"),
            (r#"{"result":0}"#, "the number 0"),
            (r#"{"result":16384}"#, "the number 16384"),
            (r#"{"hang":"0s"}"#, "hangs for 0"),
            (r#"{"drip":{"octets":0,"pause":"1s"}}"#, "no octets"),
            (r#"{"drip":{"pause":"0s"}}"#, "a pause of 0"),
            (r#"{"operation":"connect","effect":"malform"}"#, "a connection by itself"),
            (r#"{"operation":"unbind","hang":"1s"}"#, "unknown variant"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn an_operation_is_covered_by_its_own_name_and_by_none() {
        let spec = |text| read(text).unwrap();
        let (here, there): (HostName, HostName) = ("BDC1".into(), "PDC1".into());
        let any = spec(r#"{"at":"BDC1","hang":"1s"}"#);
        assert!(any.covers(&here, PortOperation::Search) && !any.covers(&there, PortOperation::Search));
        assert!(!any.covers(&here, PortOperation::Connect), "a connection has no answer");
        let extended = spec(r#"{"operation":"extended","hang":"1s"}"#);
        assert!(extended.covers(&there, PortOperation::StartTls));
        let tls = spec(r#"{"operation":"start-tls","hang":"1s"}"#);
        assert!(!tls.covers(&there, PortOperation::Extended));
    }
}
