//! Client profiles: what a version of a product waits for, how long, in which order, with which words.

use serde::{Deserialize, Serialize};

/// One version of a product, as data. A profile may extend another as a patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// Its name: `sms-2.0-sp3`.
    pub name: String,
    /// For people.
    pub title: String,
}
