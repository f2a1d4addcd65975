//! Controllers, machines and what is on them, as they are written.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{
    Data, DcRole, Language, MachineKind, Name, Nt4BdcSpec, Os, ProgramName, RefreshInterval, Secret,
    ServiceName, Span, StartMode,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hosts, Located, RawDelay, RawGroup, RawRight, RawUser, Word};
use crate::schema::{ProfileName, ServerValues};

/// `[[dc]]`, `[[machine]]` and the machine's part of `[[site-server]]`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawHost {
    /// The NetBIOS name. With `count` a pattern: `BDC{n}`, or `BDC{n:02}` with leading zeros.
    pub(crate) name: Option<Word>,
    /// Several names that share everything else.
    pub(crate) names: Option<Vec<Word>>,
    /// How many machines the pattern in `name` stands for.
    pub(crate) count: Option<Located<u32>>,
    /// Its role; exactly one controller is the `pdc`.
    #[schemars(extend("default" = "bdc"))]
    pub(crate) role: Option<Located<DcRole>>,
    /// Which kind of machine.
    #[schemars(extend("default" = "workstation"))]
    pub(crate) kind: Option<Located<MachineKind>>,
    /// Whether it belongs to the domain at the start.
    #[schemars(extend("default" = true))]
    pub(crate) joined: Option<bool>,
    /// The controller that it asks first.
    pub(crate) logon_server: Option<Word>,
    /// Its operating system; `windows-2000` where the domain replicates with `ad`.
    #[schemars(extend("default" = "windows-nt-4"))]
    pub(crate) os: Option<Os>,
    /// Its language: names of built-in groups and system texts follow it.
    pub(crate) language: Language,
    /// Its Active Directory site.
    #[schemars(extend("default" = "Default-First-Site-Name"))]
    pub(crate) site: Option<Word>,
    /// Its organisational unit; the domain itself when absent.
    pub(crate) unit: Option<Word>,
    /// Whether it is up at the start.
    #[schemars(extend("default" = true))]
    pub(crate) up: Option<bool>,
    /// How long a restart takes until services start.
    #[schemars(extend("default" = "2m"))]
    pub(crate) boot: Option<Span>,
    /// Accounts of its own database (not on a domain controller: use `[[user]]`).
    pub(crate) users: Vec<Located<RawUser>>,
    /// Local groups of its own, and further members of built-in ones.
    pub(crate) groups: Vec<RawGroup>,
    /// Rights of the machine's own policy, beside the defaults.
    pub(crate) rights: Vec<RawRight>,
    /// Services that are installed at the start.
    pub(crate) services: Vec<RawService>,
    /// Registry values: the key, then the name of the value.
    pub(crate) registry: BTreeMap<String, BTreeMap<String, RawData>>,
    /// Files: path and content.
    pub(crate) files: BTreeMap<String, String>,
    /// Shares beside `admin$`.
    pub(crate) shares: BTreeSet<Name>,
    /// Whether `admin$` is shared.
    #[schemars(extend("default" = true))]
    pub(crate) admin_share: Option<bool>,
    /// Its own refresh of group policy; the domain's when absent.
    pub(crate) refresh: Option<RefreshInterval>,
    /// Its own delay, with the `delay` model.
    pub(crate) delay: Option<Located<RawDelay>>,
    /// Its own Netlogon parameters, with the `nt4` model.
    pub(crate) nt4: Option<Located<Nt4BdcSpec>>,
    // Those of a site server.
    /// The profile of its server side; that of the first client when absent.
    #[schemars(with = "Option<ProfileName>")]
    pub(crate) profile: Option<Word>,
    /// The account of its services, made as a domain administrator unless a `[[user]]` has the name.
    pub(crate) service_account: Option<RawCredentials>,
    /// Client remote installation accounts, tried first and in this order.
    pub(crate) connection_accounts: Vec<RawCredentials>,
    /// Hosts for which no request is made.
    pub(crate) excluded: Option<Hosts>,
    /// Values of the profile's server side, its section `ccm`, overridden in place.
    #[schemars(with = "Option<ServerValues>")]
    pub(crate) ccm: Option<Located<toml::Table>>,
}

/// Registry data: a number, a text or a list of texts.
#[derive(Clone, Debug)]
pub(crate) struct RawData(pub(crate) Data);

impl<'de> Deserialize<'de> for RawData {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<RawData, D::Error> {
        struct V;
        impl<'de> serde::de::Visitor<'de> for V {
            type Value = RawData;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string, a number from 0 to 4294967295, or a list of strings")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RawData, E> {
                Ok(RawData(Data::Text(text.to_owned())))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<RawData, E> {
                u32::try_from(number)
                    .map(|number| RawData(Data::Dword(number)))
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<RawData, A::Error> {
                let mut list = Vec::new();
                while let Some(text) = seq.next_element()? {
                    list.push(text);
                }
                Ok(RawData(Data::List(list)))
            }
        }
        deserializer.deserialize_any(V)
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawCredentials {
    /// The account: `NAME` or `DOMAIN\NAME` for the domain's, `HOST\NAME` for that machine's own.
    pub(crate) user: Word,
    /// Its password, as the caller believes it to be.
    pub(crate) password: Secret,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawService {
    /// Its short name.
    pub(crate) name: ServiceName,
    /// The program that it runs.
    pub(crate) program: ProgramName,
    /// Its logon account; Local System when absent.
    pub(crate) account: Option<RawCredentials>,
    /// When it starts by itself.
    #[serde(default)]
    pub(crate) start: StartMode,
    /// Whether it runs at the start of the run.
    #[serde(default)]
    pub(crate) running: bool,
}
