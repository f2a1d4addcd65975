//! Where Samba and the model did not say the same.

use std::fmt;

use mockdc_mocks::{AccountName, HostName, Name, SimTime, VerbKind};
use serde::{Deserialize, Serialize};

/// Something that Samba answered or showed otherwise than the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// When, in the scenario.
    pub at: SimTime,
    /// At which controller.
    pub host: HostName,
    /// What differs.
    pub what: Differs,
    /// What the model says.
    pub model: String,
    /// What Samba says.
    pub samba: String,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Differs {
    /// Whether a caller is let in.
    Caller {
        /// The account.
        account: AccountName,
    },
    /// The answer to an operation.
    Answer {
        /// The operation.
        verb: VerbKind,
        /// What it is about.
        subject: Option<Name>,
    },
    /// What a controller shows of an account after it has received changes.
    Shown {
        /// The account.
        account: AccountName,
    },
    /// What a controller shows of an account of which further changes are under way: Samba brings an object as it is at
    /// its source, with changes that the model says are not due yet.
    Early {
        /// The account.
        account: AccountName,
    },
    /// An object that should have reached a controller, and has not.
    Delivery {
        /// The account or group.
        subject: Name,
    },
}

impl Difference {
    /// Whether it is a limit of the backend that is known and documented, and no finding about Samba or the model.
    pub fn is_known_limit(&self) -> bool {
        matches!(self.what, Differs::Early { .. })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: ", self.at, self.host)?;
        match &self.what {
            Differs::Caller { account } => write!(f, "whether {account} is let in")?,
            Differs::Answer { verb, subject: Some(subject) } => write!(f, "{verb} {subject}")?,
            Differs::Answer { verb, subject: None } => write!(f, "{verb}")?,
            Differs::Shown { account } => write!(f, "what it shows of {account}")?,
            Differs::Early { account } => write!(f, "what it shows too early of {account}")?,
            Differs::Delivery { subject } => write!(f, "whether {subject} has arrived")?,
        }
        write!(f, ": the model says {}, Samba says {}", self.model, self.samba)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_reads_as_a_sentence() {
        let difference = Difference {
            at: SimTime(61_000),
            host: "BDC1".into(),
            what: Differs::Answer { verb: VerbKind::UserInfo, subject: Some("alice".into()) },
            model: "2221".to_owned(),
            samba: "the account".to_owned(),
        };
        let text = difference.to_string();
        assert_eq!(text, "1m1s at BDC1: user-info alice: the model says 2221, Samba says the account");
    }
}
