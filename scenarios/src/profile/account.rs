//! Accounts that an install creates (FACTS.md, "Accounts and groups").

use mockdc_mocks::{AccountName, Right};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names, passwords, groups and rights of a client's accounts. `{host}` stands for the machine's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AccountRules {
    /// The boot loader's account for a domain controller: `SMS#_{host}` (Q271724, Q304961).
    pub bootstrap_on_dc: String,
    /// The boot loader's local account elsewhere (Q241982).
    pub bootstrap_elsewhere: String,
    /// The client service's account for a domain controller: `SMS&_{host}` (Q199234; A6).
    pub client_service_on_dc: String,
    /// The client service's local account elsewhere (KB828371).
    pub client_service_elsewhere: String,
    /// The account whose token agents get, on domain controllers: one in the domain (Q278660).
    pub token_on_dc: String,
    /// The same, elsewhere: local. Its name changed with SMS 2003 (A10).
    pub token_elsewhere: String,
    /// The global group that becomes primary group of the accounts of a domain controller (Q311127; A7).
    pub internal_group: AccountName,
    /// The global group that those accounts leave then (Q311127).
    pub users_group: AccountName,
    /// The security identifier of the local Administrators; their name is looked up (Q231399).
    pub administrators_sid: String,
    /// Characters of a generated password: 14 (Q282289, Q318396).
    pub password_length: usize,
    /// Rights granted to the boot loader's and the client service's accounts of a domain controller: the five of
    /// KB828371 (A8); the first release left one out (Q223138).
    pub rights_on_dc: Vec<Right>,
    /// Rights granted to those accounts elsewhere: the five of KB828371.
    pub rights_elsewhere: Vec<Right>,
    /// Rights granted to the token account (Q224286, Q223138).
    pub token_rights: Vec<Right>,
}

impl AccountRules {
    /// The boot loader's account for `host`.
    pub fn bootstrap(&self, host: &str, on_dc: bool) -> AccountName {
        named(if on_dc { &self.bootstrap_on_dc } else { &self.bootstrap_elsewhere }, host)
    }

    /// The client service's account for `host`.
    pub fn client_service(&self, host: &str, on_dc: bool) -> AccountName {
        named(if on_dc { &self.client_service_on_dc } else { &self.client_service_elsewhere }, host)
    }

    /// The rights of the boot loader's and the client service's accounts.
    pub fn rights(&self, on_dc: bool) -> &[Right] {
        if on_dc { &self.rights_on_dc } else { &self.rights_elsewhere }
    }

    /// The token account for `host`.
    pub fn token(&self, host: &str, on_dc: bool) -> AccountName {
        named(if on_dc { &self.token_on_dc } else { &self.token_elsewhere }, host)
    }
}

fn named(pattern: &str, host: &str) -> AccountName {
    pattern.replace("{host}", host).into()
}
