//! Arguments as written become a verb of the port; a reply becomes texts that a script keeps.

use mockdc_mocks::{Credentials, Data, Name, Reply, ServiceState, UserInfo, Verb, VerbKind};
use serde::Deserialize as _;
use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer, StringDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, Unexpected, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;
use toml::{Table, Value};

use super::memory::{Memory, Unfilled, settle_authority};

/// Why arguments do not make a verb: what serde says, which names the argument.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unusable(String);

impl serde::de::Error for Unusable {
    fn custom<T: std::fmt::Display>(message: T) -> Unusable {
        Unusable(message.to_string())
    }
}

impl From<Unfilled> for Unusable {
    fn from(unfilled: Unfilled) -> Unusable {
        Unusable(unfilled.to_string())
    }
}

/// The verb that `arguments` describe, with kept values in every text. A text that is a template becomes a number
/// or a truth value where the verb wants one. `domain` is the domain's name, for `DOMAIN\NAME`.
pub(crate) fn verb(
    kind: VerbKind,
    arguments: &Table,
    memory: &Memory,
    domain: &Name,
) -> Result<Verb, Unusable> {
    let mut verb = Verb::deserialize(Call { kind, arguments, memory })?;
    if let Some(credentials) = credentials_of(&mut verb) {
        settle_authority(credentials, domain);
    }
    Ok(verb)
}

fn credentials_of(verb: &mut Verb) -> Option<&mut Credentials> {
    match verb {
        Verb::Logon { credentials, .. } => Some(credentials),
        Verb::ServiceCreate { account, .. } | Verb::ServiceSetAccount { account, .. } => account.as_mut(),
        Verb::ProcessLaunch { as_user, .. } => as_user.as_mut(),
        _ => None,
    }
}

/// What a script keeps of a reply: its main value, then attributes whose names go behind a dot: `${info.rid}`.
///
/// Of a user it is the comment, of a logon the account, of lists the names with commas between. A reply without
/// a value gives 0, the code of success.
pub(crate) fn kept_of(reply: &Reply) -> (String, Vec<(&'static str, String)>) {
    match reply {
        Reply::Done => ("0".into(), vec![]),
        Reply::User(user) => (user.comment.clone(), attributes_of(user)),
        Reply::Members(members) => (joined(members.iter()), vec![("count", members.len().to_string())]),
        Reply::Rights(rights) => (joined(rights.iter()), vec![("count", rights.len().to_string())]),
        Reply::Token(token) => (
            token.credentials.as_ref().map_or_else(|| "SYSTEM".into(), |by| by.user.to_string()),
            vec![
                ("administrator", token.administrator.to_string()),
                ("groups", joined(token.groups.iter())),
                ("rights", joined(token.rights.iter())),
            ],
        ),
        Reply::Process(process) => (process.0.to_string(), vec![]),
        Reply::Service(state) => (state_name(*state).into(), vec![]),
        Reply::Data(Data::Dword(number)) => (number.to_string(), vec![]),
        Reply::Data(Data::Text(text)) | Reply::Text(text) => (text.clone(), vec![]),
        Reply::Data(Data::List(list)) => (joined(list.iter()), vec![("count", list.len().to_string())]),
    }
}

fn attributes_of(user: &UserInfo) -> Vec<(&'static str, String)> {
    vec![
        ("name", user.name.to_string()),
        ("rid", user.rid.to_string()),
        ("primary-group", user.primary_group.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("password-version", user.password_version.to_string()),
        ("bad-passwords", user.bad_passwords.to_string()),
        ("flags", joined(user.flags.iter().map(super::kebab))),
    ]
}

fn joined(items: impl Iterator<Item = impl ToString>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

fn state_name(state: ServiceState) -> &'static str {
    match state {
        ServiceState::Stopped => "stopped",
        ServiceState::StartPending => "start-pending",
        ServiceState::Running => "running",
    }
}

/// A verb's name and arguments, as an externally tagged enum.
struct Call<'a> {
    kind: VerbKind,
    arguments: &'a Table,
    memory: &'a Memory,
}

impl<'de> Deserializer<'de> for Call<'_> {
    type Error = Unusable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusable> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'a, 'de> EnumAccess<'de> for Call<'a> {
    type Error = Unusable;
    type Variant = Content<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content<'a>), Unusable> {
        let name: StrDeserializer<'_, Unusable> = self.kind.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, Content::Table(self.arguments, self.memory)))
    }
}

/// What stands behind an enum's tag.
enum Content<'a> {
    Table(&'a Table, &'a Memory),
    One(Argument<'a>),
    Nothing,
}

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = Unusable;

    fn unit_variant(self) -> Result<(), Unusable> {
        match self {
            Content::Nothing => Ok(()),
            _ => Err(Unusable::custom("a name without content belongs here")),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Unusable> {
        match self {
            Content::One(argument) => seed.deserialize(argument),
            _ => Err(Unusable::custom("a value is missing")),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unusable> {
        self.struct_variant(&[], visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unusable> {
        match self {
            Content::Table(table, memory) => visitor.visit_map(map(table, memory)),
            Content::One(argument) => argument.deserialize_any(visitor),
            Content::Nothing => Err(Unusable::custom("a table is missing")),
        }
    }
}

fn map<'a, 'de>(
    table: &'a Table,
    memory: &'a Memory,
) -> MapDeserializer<'de, impl Iterator<Item = (&'a str, Argument<'a>)>, Unusable> {
    MapDeserializer::new(table.iter().map(move |(key, value)| (key.as_str(), Argument { value, memory })))
}

/// One argument as written, filled while it is read.
struct Argument<'a> {
    value: &'a Value,
    memory: &'a Memory,
}

impl<'a, 'de> IntoDeserializer<'de, Unusable> for Argument<'a> {
    type Deserializer = Argument<'a>;

    fn into_deserializer(self) -> Argument<'a> {
        self
    }
}

impl Argument<'_> {
    /// The filled text, when this is a template: only those may stand for something else than text.
    fn template(&self) -> Result<Option<String>, Unusable> {
        match self.value {
            Value::String(text) if text.contains("${") => Ok(Some(self.memory.fill(text)?.into_owned())),
            _ => Ok(None),
        }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusable> {
        match self.template()? {
            Some(text) => match text.trim().parse::<i64>() {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => Err(Unusable::invalid_type(Unexpected::Str(&text), &"a number")),
            },
            None => self.deserialize_any(visitor),
        }
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusable> {
            self.number(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Argument<'_> {
    type Error = Unusable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusable> {
        let memory = self.memory;
        match self.value {
            Value::String(text) => visitor.visit_string(memory.fill(text)?.into_owned()),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(is) => visitor.visit_bool(*is),
            Value::Datetime(instant) => visitor.visit_string(instant.to_string()),
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.iter().map(|value| Argument { value, memory })))
            }
            Value::Table(table) => visitor.visit_map(map(table, memory)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusable> {
        match self.template()? {
            Some(text) => match text.parse() {
                Ok(is) => visitor.visit_bool(is),
                Err(_) => Err(Unusable::invalid_type(Unexpected::Str(&text), &"true or false")),
            },
            None => self.deserialize_any(visitor),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusable> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unusable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unusable> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

impl<'a, 'de> EnumAccess<'de> for Argument<'a> {
    type Error = Unusable;
    type Variant = Content<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content<'a>), Unusable> {
        match self.value {
            Value::String(text) => {
                let name: StringDeserializer<Unusable> =
                    self.memory.fill(text)?.into_owned().into_deserializer();
                Ok((seed.deserialize(name)?, Content::Nothing))
            }
            Value::Table(table) if table.len() == 1 => {
                let (tag, value) = table.iter().next().ok_or_else(|| Unusable::custom("an empty table"))?;
                let name: StrDeserializer<'_, Unusable> = tag.as_str().into_deserializer();
                let content = Content::One(Argument { value, memory: self.memory });
                Ok((seed.deserialize(name)?, content))
            }
            _ => Err(Unusable::custom("a name, or a table with exactly one name, belongs here")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mockdc_mocks::{
        AccountFlag, AccountPolicy, Authority, LogonType, ProcessId, Right, RightsChecked, Span,
    };

    use super::*;

    fn memory() -> Memory {
        let mut memory = Memory::at(&"WS1".into());
        memory.keep(&"pid".into(), "42".into());
        memory.keep(&"yes".into(), "true".into());
        memory.keep_secret(&"password".into(), "pa55".into());
        memory
    }

    fn made(kind: VerbKind, arguments: &str) -> Result<Verb, String> {
        let table: Table = toml::from_str(arguments).unwrap();
        verb(kind, &table, &memory(), &"CORP".into()).map_err(|error| error.to_string())
    }

    #[test]
    fn kept_values_stand_in_every_text() {
        let made = made(
            VerbKind::UserAdd,
            "user = 'SMS#_${host}'\npassword = '${password}'\nflags = ['must-change-password']",
        );
        assert_eq!(
            made.unwrap(),
            Verb::UserAdd {
                user: "SMS#_WS1".into(),
                password: "pa55".into(),
                comment: None,
                flags: BTreeSet::from([AccountFlag::MustChangePassword]),
            }
        );
    }

    #[test]
    fn a_kept_number_is_a_number_where_the_verb_wants_one_and_text_elsewhere() {
        assert_eq!(
            made(VerbKind::ProcessKill, "process = '${pid}'").unwrap(),
            Verb::ProcessKill { process: ProcessId(42) }
        );
        assert_eq!(
            made(VerbKind::UserSetComment, "user = 'A'\ncomment = '${pid}'").unwrap(),
            Verb::UserSetComment { user: "A".into(), comment: "42".into() }
        );
        assert_eq!(
            made(VerbKind::LookupName, "account = 'A'\nbuffer = '${pid}'").unwrap(),
            Verb::LookupName { account: "A".into(), buffer: Some(42) }
        );
        assert_eq!(
            made(VerbKind::RegistryWrite, "key = 'K'\nvalue = 'V'\ndata = { dword = '${pid}' }").unwrap(),
            Verb::RegistryWrite { key: "K".into(), value: "V".into(), data: Data::Dword(42) }
        );
        assert_eq!(made(VerbKind::Synchronize, "full = '${yes}'").unwrap(), Verb::Synchronize { full: true });
    }

    #[test]
    fn nested_tables_become_policies_credentials_and_lists() {
        assert_eq!(
            made(VerbKind::AccountPolicySet, "policy = { history = 3, minimum-age = '1d' }").unwrap(),
            Verb::AccountPolicySet {
                policy: AccountPolicy { history: 3, minimum_age: Span::days(1), ..AccountPolicy::default() }
            }
        );
        let launch = made(
            VerbKind::ProcessLaunch,
            "program = 'agent.exe'\nrights = 'now'\nas-user = { user = '${host}\\A', password = 'p' }",
        );
        let Ok(Verb::ProcessLaunch { as_user: Some(user), rights, .. }) = launch else {
            panic!("{launch:?}")
        };
        assert_eq!((user.authority, user.user), (Authority::Local("WS1".into()), "A".into()));
        assert_eq!(rights, RightsChecked::Now);
        assert_eq!(
            made(
                VerbKind::GpoDefineRight,
                "gpo = 'Default Domain Policy'\nright = 'SeServiceLogonRight'\nholders = ['${host}\\A', 'B']"
            )
            .unwrap(),
            Verb::GpoDefineRight {
                gpo: "Default Domain Policy".into(),
                right: Right::ServiceLogon,
                holders: vec!["WS1\\A".into(), "B".into()],
            }
        );
        let logon =
            made(VerbKind::Logon, "credentials = { user = 'corp\\A', password = 'p' }\nlogon = 'network'");
        assert!(
            matches!(&logon, Ok(Verb::Logon { credentials, logon: LogonType::Network })
                if credentials.authority == Authority::Domain && credentials.user == "A"),
            "{logon:?}"
        );
        assert_eq!(made(VerbKind::ServerInfo, "").unwrap(), Verb::ServerInfo {});
    }

    #[test]
    fn wrong_arguments_say_what_is_wrong() {
        for (kind, arguments, message) in [
            (VerbKind::UserAdd, "user = 'A'", "missing field `password`"),
            (VerbKind::UserDelete, "usr = 'A'", "unknown field `usr`, expected `user`"),
            (VerbKind::UserDelete, "user = '${who}'", "nothing has been kept as `who`"),
            (VerbKind::ProcessKill, "process = '${host}'", "expected a number"),
            (VerbKind::ProcessKill, "process = 'seven'", "expected u32"),
            (VerbKind::ProcessKill, "process = -1", "expected u32"),
            (VerbKind::Synchronize, "full = '${host}'", "expected true or false"),
            (VerbKind::RightGrant, "account = 'A'\nright = 'SeFly'", "unknown variant `SeFly`"),
            (VerbKind::RegistryWrite, "key = 'K'\nvalue = 'V'\ndata = {}", "exactly one name"),
            (VerbKind::RegistryWrite, "key = 'K'\nvalue = 'V'\ndata = 'dword'", "a value is missing"),
            (VerbKind::Restart, "down = '5'", "no unit"),
        ] {
            let error = made(kind, arguments).unwrap_err();
            assert!(error.contains(message), "{arguments}: {error}");
        }
    }

    #[test]
    fn replies_are_kept_as_text() {
        let main = |reply: Reply| kept_of(&reply).0;
        assert_eq!(main(Reply::Done), "0");
        assert_eq!(main(Reply::Process(ProcessId(7))), "7");
        assert_eq!(main(Reply::Service(ServiceState::StartPending)), "start-pending");
        assert_eq!(main(Reply::Data(Data::Dword(90))), "90");
        assert_eq!(main(Reply::Text("Administrateurs".into())), "Administrateurs");
        assert_eq!(
            kept_of(&Reply::Members(vec!["A".into(), "B".into()])),
            ("A, B".into(), vec![("count", "2".into())])
        );
        assert_eq!(main(Reply::Rights([Right::Tcb].into())), "SeTcbPrivilege");
    }

    #[test]
    fn of_a_user_the_comment_is_kept_and_the_rest_behind_a_dot() {
        let user = UserInfo {
            name: "A".into(),
            rid: 1001,
            comment: "for the client".into(),
            flags: BTreeSet::from([AccountFlag::Disabled, AccountFlag::LockedOut]),
            primary_group: None,
            password_set: mockdc_mocks::SimTime::START,
            password_version: 2,
            bad_passwords: 3,
            expires: None,
        };
        let (main, rest) = kept_of(&Reply::User(Box::new(user)));
        assert_eq!(main, "for the client");
        assert!(rest.contains(&("rid", "1001".into())));
        assert!(rest.contains(&("flags", "disabled, locked-out".into())));
    }
}
