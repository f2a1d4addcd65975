//! The user's own program, which runs against the served controllers of a scenario.

use mockdc_mocks::{Credentials, HostName, Name, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A program that `mockdc exec` starts beside the scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Program {
    /// The line of the file in which its table begins, from 1.
    pub line: u32,
    /// The host that it is taken to run on: links and faults between it and the controllers are the program's.
    pub host: HostName,
    /// The credentials that it is given.
    pub user: Credentials,
    /// The program and its arguments, when the command line has none.
    pub run: Vec<String>,
    /// How long it may run, on the wall clock; as long as the command line says when absent.
    pub timeout: Option<Span>,
    /// Files that are looked at when it has ended, as it names them.
    pub files: Vec<Name>,
}

/// How a program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgramEnding {
    /// By itself, with this exit code; 0 is success.
    Code(u32),
    /// It was ended because its time was over.
    TimedOut,
    /// A signal ended it.
    Killed,
}

/// Operations of LDAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LdapOperation {
    /// A bind: who the connection is from now on.
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
    /// An extended operation: StartTLS, Who am I?
    Extended,
    /// A datagram that asks which controller this is.
    Netlogon,
    /// What is no message of LDAP.
    Malformed,
}

impl LdapOperation {
    /// The name in scenario files and events.
    pub fn as_str(self) -> &'static str {
        match self {
            LdapOperation::Bind => "bind",
            LdapOperation::Search => "search",
            LdapOperation::Compare => "compare",
            LdapOperation::Add => "add",
            LdapOperation::Modify => "modify",
            LdapOperation::Delete => "delete",
            LdapOperation::Rename => "rename",
            LdapOperation::Extended => "extended",
            LdapOperation::Netlogon => "netlogon",
            LdapOperation::Malformed => "malformed",
        }
    }

    /// Whether it asks for what a controller shows, and changes nothing.
    pub fn reads(self) -> bool {
        matches!(self, LdapOperation::Search | LdapOperation::Compare)
    }

    /// Whether it changes the directory.
    pub fn writes(self) -> bool {
        matches!(
            self,
            LdapOperation::Add | LdapOperation::Modify | LdapOperation::Delete | LdapOperation::Rename
        )
    }
}

impl std::fmt::Display for LdapOperation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
