//! What a script remembers: kept values, the codes of its steps, and the texts that are filled with them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use mockdc_mocks::{Authority, Credentials, HostName, Language, Name, Secret, Win32Error};
use mockdc_scenarios::ScriptUser;

/// What secrets look like wherever people read them.
const HIDDEN: &str = "***";

/// Longer texts, in bytes, cannot be filled: values made of values would else double with every step.
const LONGEST_TEXT: usize = 64 << 10;

/// Kept values and the codes of steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    values: BTreeMap<Name, Kept>,
    codes: BTreeMap<Name, u32>,
    language: Language,
}

#[derive(Clone)]
struct Kept {
    text: String,
    secret: bool,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.secret { HIDDEN } else { &self.text })
    }
}

/// A text cannot be filled: it names a value that the script has not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfilled {
    /// No value of this name has been kept so far. Keep it in an earlier step.
    #[error("nothing has been kept as `{0}`")]
    Unkept(String),
    /// `${text:NAME}` wants the number of an error code.
    #[error("what is kept as `{0}` is no error code")]
    NoCode(String),
    /// The filled text would be longer than any that an operation takes. Keep shorter values.
    #[error("the filled text has more than {LONGEST_TEXT} bytes")]
    TooLong,
}

impl Memory {
    /// The memory with which a script starts on `host`: it knows that name as `${host}`, and nothing else.
    pub(crate) fn at(host: &HostName) -> Memory {
        Memory::speaking(host, Language::English)
    }

    /// The same on a host of a language, in which `${text:NAME}` speaks.
    pub(crate) fn speaking(host: &HostName, language: Language) -> Memory {
        let mut memory = Memory { language, ..Memory::default() };
        memory.keep(&"host".into(), host.as_str().to_owned());
        memory
    }

    /// The memory with which a sub-script starts: a copy of the values, and no step done.
    pub(crate) fn for_sub_script(&self) -> Memory {
        Memory { values: self.values.clone(), codes: BTreeMap::new(), language: self.language }
    }

    /// Keeps a value, in place of an older one of this name.
    pub(crate) fn keep(&mut self, name: &Name, text: String) {
        self.values.insert(name.clone(), Kept { text, secret: false });
    }

    /// Keeps a value that is never shown.
    pub(crate) fn keep_secret(&mut self, name: &Name, text: String) {
        self.values.insert(name.clone(), Kept { text, secret: true });
    }

    /// Keeps what `template` gives. It stays a secret when a part of it is one.
    pub(crate) fn keep_filled(&mut self, name: &Name, template: &str) -> Result<(), Unfilled> {
        let text = self.fill(template)?.into_owned();
        let secret = self.shown(template)?.as_ref() != text;
        self.values.insert(name.clone(), Kept { text, secret });
        Ok(())
    }

    /// What is kept under the name. It may be a secret.
    pub(crate) fn value(&self, name: &Name) -> Option<&str> {
        self.values.get(name).map(|kept| kept.text.as_str())
    }

    /// What is kept under the name, as people may see it.
    pub(crate) fn shown_value(&self, name: &Name) -> Option<&str> {
        self.values.get(name).map(|kept| if kept.secret { HIDDEN } else { kept.text.as_str() })
    }

    /// `text` with every secret that stands in it hidden.
    pub(crate) fn hidden(&self, text: &str) -> String {
        self.values
            .values()
            .filter(|kept| kept.secret && !kept.text.is_empty())
            .fold(text.to_owned(), |text, kept| text.replace(&kept.text, HIDDEN))
    }

    /// Notes the code with which a step ended.
    pub(crate) fn note(&mut self, step: &Name, code: u32) {
        self.codes.insert(step.clone(), code);
    }

    /// The code with which a step ended last.
    pub(crate) fn code(&self, step: &Name) -> Option<u32> {
        self.codes.get(step).copied()
    }

    /// `template` with kept values in it: `${name}`, and `${text:name}` for the system text of a kept code.
    pub(crate) fn fill<'t>(&self, template: &'t str) -> Result<Cow<'t, str>, Unfilled> {
        self.expand(template, |kept| &kept.text)
    }

    /// The same for people: secrets are `***`.
    pub(crate) fn shown<'t>(&self, template: &'t str) -> Result<Cow<'t, str>, Unfilled> {
        self.expand(template, |kept| if kept.secret { HIDDEN } else { &kept.text })
    }

    fn expand<'t>(&self, template: &'t str, show: impl Fn(&Kept) -> &str) -> Result<Cow<'t, str>, Unfilled> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((inside, tail)) = after.split_once('}') else { break };
            filled.push_str(before);
            let (name, system_text) = match inside.strip_prefix("text:") {
                Some(name) => (name, true),
                None => (inside, false),
            };
            let kept = self.values.get(&Name::from(name)).ok_or_else(|| Unfilled::Unkept(name.to_owned()))?;
            if system_text {
                let code = kept.text.parse().map_err(|_| Unfilled::NoCode(name.to_owned()))?;
                filled.push_str(Win32Error(code).text_in(self.language));
            } else {
                filled.push_str(show(kept));
            }
            if filled.len() > LONGEST_TEXT {
                return Err(Unfilled::TooLong);
            }
            rest = tail;
        }
        if filled.is_empty() && rest.len() == template.len() {
            return Ok(Cow::Borrowed(template));
        }
        filled.push_str(rest);
        if filled.len() > LONGEST_TEXT {
            return Err(Unfilled::TooLong);
        }
        Ok(Cow::Owned(filled))
    }

    /// The credentials that a script states, filled. `domain` is the domain's name.
    pub(crate) fn credentials(&self, user: &ScriptUser, domain: &Name) -> Result<Credentials, Unfilled> {
        let mut credentials = Credentials {
            authority: Authority::Domain,
            user: self.fill(&user.user)?.as_ref().into(),
            password: Secret::from(self.fill(&user.password)?.as_ref()),
        };
        settle_authority(&mut credentials, domain);
        Ok(credentials)
    }
}

/// Reads the prefix of an account's name: `NAME` and `DOMAIN\NAME` are the domain's, `HOST\NAME` is that host's own.
pub(crate) fn settle_authority(credentials: &mut Credentials, domain: &Name) {
    let Some((prefix, account)) = credentials.user.as_str().split_once('\\') else { return };
    credentials.authority =
        if *domain == *prefix { Authority::Domain } else { Authority::Local(prefix.into()) };
    credentials.user = account.into();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Memory {
        let mut memory = Memory::at(&"BDC1".into());
        memory.keep(&"code".into(), "1326".into());
        memory.keep_secret(&"password".into(), "pa55".into());
        memory
    }

    #[test]
    fn kept_values_and_system_texts_stand_in_texts() {
        let memory = memory();
        assert_eq!(memory.fill("SMS#_${HOST}").unwrap(), "SMS#_BDC1");
        assert_eq!(
            memory.fill("failed (${code}): ${text:code}~").unwrap(),
            "failed (1326): Logon failure: unknown user name or bad password.~"
        );
        assert!(matches!(memory.fill("nothing to fill").unwrap(), Cow::Borrowed(_)));
    }

    #[test]
    fn an_open_brace_that_never_closes_is_plain_text() {
        assert_eq!(memory().fill("costs $5, ${host} and ${never").unwrap(), "costs $5, BDC1 and ${never");
    }

    #[test]
    fn a_value_that_was_not_kept_is_an_error_that_names_it() {
        assert_eq!(memory().fill("${user}"), Err(Unfilled::Unkept("user".into())));
        assert_eq!(memory().fill("${text:host}"), Err(Unfilled::NoCode("host".into())));
    }

    #[test]
    fn a_secret_stays_one_in_whatever_is_made_of_it() {
        let mut memory = memory();
        memory.keep_filled(&"longer".into(), "${password}!").unwrap();
        assert_eq!(memory.fill("${longer}").unwrap(), "pa55!");
        assert_eq!(memory.shown("is ${longer}").unwrap(), "is ***");
        assert_eq!(memory.shown_value(&"longer".into()), Some("***"));
        assert!(!format!("{memory:?}").contains("pa55"));
    }

    #[test]
    fn a_value_that_doubles_with_every_step_ends_at_64_kilobytes() {
        let mut memory = memory();
        let x = "x".into();
        memory.keep(&x, "0123456789abcdef".into());
        let doublings = (0..40).map_while(|_| memory.keep_filled(&x, "${x}${x}").ok()).count();
        assert_eq!(doublings, 12, "16 bytes, doubled twelve times, are 64 KB");
        assert_eq!(memory.keep_filled(&x, "${x}."), Err(Unfilled::TooLong));
        assert_eq!(memory.value(&x).map(str::len), Some(LONGEST_TEXT));
    }

    #[test]
    fn the_prefix_of_an_account_says_whose_it_is() {
        let authority = |user: &str| {
            let user = ScriptUser { user: user.into(), password: "${password}".into() };
            let credentials = memory().credentials(&user, &"CORP".into()).unwrap();
            assert_eq!(credentials.password.reveal(), "pa55");
            (credentials.authority, credentials.user.to_string())
        };
        assert_eq!(authority("Operator"), (Authority::Domain, "Operator".into()));
        assert_eq!(authority("corp\\Operator"), (Authority::Domain, "Operator".into()));
        assert_eq!(authority("${host}\\Operator"), (Authority::Local("BDC1".into()), "Operator".into()));
    }

    #[test]
    fn a_sub_script_knows_the_values_and_none_of_the_steps() {
        let mut memory = memory();
        memory.note(&"create".into(), 2224);
        let sub = memory.for_sub_script();
        assert_eq!(sub.value(&"code".into()), Some("1326"));
        assert_eq!(sub.code(&"create".into()), None);
        assert_eq!(memory.code(&"create".into()), Some(2224));
    }
}
