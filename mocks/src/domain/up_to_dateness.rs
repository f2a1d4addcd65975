//! What a controller of Active Directory knows of everybody's changes, for whoever wants to compare.

use std::collections::BTreeMap;

use super::Domain;
use crate::HostName;

/// A controller's update sequence numbers (FACTS.md, "Active Directory replication").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpToDateness {
    /// The highest number that it has given to a change of its own database.
    pub usn: u64,
    /// The highest number that it has given to a change of its own making; 0 when it has made none.
    pub originated: u64,
    /// The up-to-dateness vector: of each originator, the highest originating number whose change is in here.
    pub vector: BTreeMap<HostName, u64>,
    /// High-watermarks: of each source, the last of the source's numbers that has been looked at.
    pub watermark: BTreeMap<HostName, u64>,
}

impl Domain {
    /// The numbers of a controller; `None` for other hosts, for BDCs of Windows NT 4.0, and under the models `delay` and
    /// `nt4`, which keep none.
    pub fn up_to_dateness(&self, host: &HostName) -> Option<UpToDateness> {
        let numbers = self.model.replica_numbers(self.controllers.index(host)?)?;
        let named = |numbers: &[u64]| {
            let names = self.controllers.indices().map(|dc| self.controllers.name(dc).clone());
            names.zip(numbers.iter().copied()).filter(|(_, number)| *number > 0).collect()
        };
        Some(UpToDateness {
            usn: numbers.usn,
            originated: numbers.originated,
            vector: named(&numbers.vector),
            watermark: named(&numbers.watermark),
        })
    }
}
