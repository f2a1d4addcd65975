//! What verbs give.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{AccountFlag, AccountName, Data, ProcessId, RightSet, ServiceState, SimTime, Token};

/// What an operation gives when it succeeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It is done.
    Done,
    /// A user's attributes.
    User(Box<UserInfo>),
    /// Members of a group.
    Members(Vec<AccountName>),
    /// Rights.
    Rights(RightSet),
    /// A logon's token.
    Token(Arc<Token>),
    /// A launched process.
    Process(ProcessId),
    /// A service's state.
    Service(ServiceState),
    /// Registry data.
    Data(Data),
    /// A name or a file's content.
    Text(String),
}

/// A user's attributes as one host shows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct UserInfo {
    /// The account's name.
    pub name: AccountName,
    /// Its relative identifier.
    pub rid: u32,
    /// Its comment.
    pub comment: String,
    /// Its flags.
    pub flags: BTreeSet<AccountFlag>,
    /// Its primary group; `None` in a local account database.
    pub primary_group: Option<AccountName>,
    /// When its password was set.
    pub password_set: SimTime,
    /// How often its password was set, from 1.
    pub password_version: u64,
    /// Bad passwords counted at this host since the last good one.
    pub bad_passwords: u32,
    /// When it expires.
    pub expires: Option<SimTime>,
}

/// A success or a Win32 code.
pub type Answer = Result<Reply, crate::Win32Error>;
