//! Mixed mode: the PDC emulator alone serves the BDCs of Windows NT 4.0, by Netlogon's protocol (KB and MS-ADTS,
//! nt4ReplicationState; FACTS.md, "Active Directory replication").

use super::Ad;
use crate::directory::DcIndex;
use crate::replication::ReplicationContext;
use crate::{SimTime, Version};

impl Ad {
    /// Whether a controller is a BDC of Windows NT 4.0.
    pub(super) fn is_fed(&self, dc: DcIndex) -> bool {
        self.fed.contains(&dc)
    }

    /// What has come to the PDC emulator, from a client or from another controller, enters its change log.
    pub(super) fn feed(
        &mut self,
        now: SimTime,
        at: DcIndex,
        versions: &[Version],
        context: &mut ReplicationContext<'_>,
    ) {
        let Some(netlogon) = self.netlogon.as_mut().filter(|_| at == self.pdc) else { return };
        for version in versions {
            if let Some(commit) = context.controllers.commit(*version).cloned() {
                netlogon.log(now, &commit, context);
            }
        }
    }
}
