//! Tables by host name.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::HostName;

/// A table by host name, in the order in which the hosts were entered. Scenarios come from those who run them, so the
/// hash need not withstand an enemy; it never reaches an outcome.
pub(crate) type HostMap<V> = IndexMap<HostName, V, FxBuildHasher>;
