//! Conditions and comparisons, as they are written.

use mockdc_mocks::{AccountName, Counter, HostName, Name, Right, ServiceName, Span};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ConstantOr, Scalar};
use crate::Pattern;

/// A condition, and what else a `when` can wait for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawCondition {
    /// All of these hold.
    All(Vec<RawCondition>),
    /// One of these holds, or several.
    Any(Vec<RawCondition>),
    /// This does not hold.
    Not(Box<RawCondition>),
    /// The host's database shows the account.
    Visible(AccountAt),
    /// The host's database does not show the account.
    Gone(AccountAt),
    /// An attribute of an account compares so.
    Attribute(RawAttribute),
    /// The account is a member of the group.
    Member(RawMember),
    /// The right is effective for the account.
    Right(RawRightAt),
    /// The service is in a state; without `is`: it is installed.
    Service(RawServiceAt),
    /// A component of the client reports a status.
    Component(RawComponentAt),
    /// A registry value compares so; without `is`: it is there.
    Registry(RawRegistryAt),
    /// A file compares so; without `is`: it is there.
    File(RawFileAt),
    /// The share is there.
    Share(RawShareAt),
    /// Packets get from one host to the other.
    Reaches(RawReaches),
    /// The host is up.
    Up(RawUp),
    /// The machine belongs to the domain.
    Joined(RawUp),
    /// The machine's secure channel stands; with `is`: with this controller.
    SecureChannel(RawSecureChannel),
    /// A counter of the host compares so.
    Counter(RawCounter),
    /// The code of a script's step compares so.
    Result(RawResult),
    /// What a script keeps compares so; without `is`: it keeps something.
    Kept(RawKept),
    /// An event happened.
    Happened(RawHappened),
    /// The last such event is so old.
    Age(RawAge),
    /// The clock has reached this time since the start.
    Clock(Span),
    /// An event happens; only directly under `when`.
    Event(Pattern),
    /// A log line appears; only directly under `when`.
    Log(RawLogLine),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawLogLine {
    /// The host.
    pub(crate) host: HostName,
    /// The log file.
    pub(crate) file: Name,
    /// The line; a part of it with `*` at an end.
    pub(crate) line: String,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AccountAt {
    /// The account.
    pub(crate) account: AccountName,
    /// The host whose database is looked at.
    pub(crate) at: HostName,
}

/// A comparison: a constant, or one of the comparing words.
pub(crate) type RawIs = ConstantOr<RawComparison>;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawComparison {
    /// It is there, or it is not.
    Present(bool),
    /// It is equal.
    Equal(Scalar),
    /// It is there and not equal.
    Unequal(Scalar),
    /// It is so much or more; sizes and durations may be texts with units.
    AtLeast(Scalar),
    /// It is so much or less; sizes and durations may be texts with units.
    AtMost(Scalar),
    /// Its text contains this.
    Contains(String),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawAttribute {
    /// The account.
    pub(crate) account: AccountName,
    /// The host whose database is looked at.
    pub(crate) at: HostName,
    /// Its comment.
    pub(crate) comment: Option<RawIs>,
    /// How often its password was set.
    pub(crate) password_version: Option<RawIs>,
    /// When its password was set, since the start.
    pub(crate) password_set: Option<RawIs>,
    /// Its primary group.
    pub(crate) primary_group: Option<RawIs>,
    /// Whether it is disabled.
    pub(crate) disabled: Option<RawIs>,
    /// Whether it is locked out.
    pub(crate) locked_out: Option<RawIs>,
    /// Bad passwords in a row.
    pub(crate) bad_passwords: Option<RawIs>,
    /// Whether its password must be changed at the next logon.
    pub(crate) must_change_password: Option<RawIs>,
    /// When it expires, since the start.
    pub(crate) expires: Option<RawIs>,
}

fn yes() -> bool {
    true
}

macro_rules! states {
    ($($id:ident {
        $(#[doc = $doc:literal] $field:ident: $type:ty,)*
    } $(#[doc = $is_doc:literal] is: $is:ty = $default:literal)?;)*) => {$(
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub(crate) struct $id {
            $(#[doc = $doc] pub(crate) $field: $type,)*
            $(#[doc = $is_doc] #[serde(default = $default)] pub(crate) is: $is,)?
        }
    )*};
}

states! {
    RawMember {
        /// The group.
        group: AccountName,
        /// The account.
        member: AccountName,
        /// The host whose database is looked at.
        at: HostName,
    }
    /// `false`: it is not.
    is: bool = "yes";
    RawRightAt {
        /// The account.
        account: AccountName,
        /// The right.
        right: Right,
        /// The host.
        at: HostName,
    }
    /// `false`: it is not.
    is: bool = "yes";
    RawShareAt {
        /// The host.
        host: HostName,
        /// The share.
        share: Name,
    }
    /// `false`: it is not.
    is: bool = "yes";
    RawReaches {
        /// The one host.
        from: HostName,
        /// The other.
        to: HostName,
    }
    /// `false`: it does not.
    is: bool = "yes";
    RawUp {
        /// The host.
        host: HostName,
    }
    /// `false`: it is down.
    is: bool = "yes";
    RawSecureChannel {
        /// The machine.
        host: HostName,
        /// The controller that it stands with; `{ present = false }`: none.
        is: Option<RawIs>,
    };
    RawServiceAt {
        /// The host.
        host: HostName,
        /// The service.
        service: ServiceName,
        /// `stopped`, `start-pending` or `running`; `{ present = false }`: not installed.
        is: Option<RawIs>,
    };
    RawComponentAt {
        /// The host.
        host: HostName,
        /// The component's or agent's name, as the client reports it.
        component: Name,
        /// The status that it reports.
        is: Option<RawIs>,
    };
    RawRegistryAt {
        /// The host.
        host: HostName,
        /// The key.
        key: Name,
        /// The name of the value.
        value: Name,
        /// The comparison of its data.
        is: Option<RawIs>,
    };
    RawFileAt {
        /// The host.
        host: HostName,
        /// The path.
        path: Name,
        /// The comparison of its content.
        is: Option<RawIs>,
    };
    RawCounter {
        /// The host.
        at: HostName,
        /// What is counted.
        counter: Counter,
        /// The comparison.
        is: RawIs,
    };
    RawResult {
        /// The script; inside a script its own when absent.
        script: Option<Name>,
        /// The step's id.
        step: Name,
        /// The comparison of its code; 0 is success.
        is: RawIs,
    };
    RawKept {
        /// The script; inside a script its own when absent.
        script: Option<Name>,
        /// The name under which it keeps the value.
        name: Name,
        /// The comparison.
        is: Option<RawIs>,
    };
    RawHappened {
        /// The event.
        event: Pattern,
        /// How often; at least once when absent.
        times: Option<RawIs>,
    };
    RawAge {
        /// The event.
        of: Pattern,
        /// Its least age.
        at_least: Span,
    };
}
