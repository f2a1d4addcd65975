//! The files of group policy objects in the controllers' SYSVOL. Samba copies them nowhere: the controller of the
//! replication does, when the model says that a controller has received both halves of an object.

use mockdc_mocks::{GpoName, HostName, SimTime, Version};
use sha2::{Digest, Sha256};

use super::SambaError;
use super::world::World;
use crate::{Place, PolicyFiles};

/// The identifiers of the two objects with which a domain is born (FACTS.md, "Group policy").
const BORN: [(&str, &str); 2] = [
    ("Default Domain Policy", "{31B2F340-016D-11D2-945F-00C04FB984F9}"),
    ("Default Domain Controllers Policy", "{6AC1786C-016F-11D2-945F-00C04FB984F9}"),
];

/// Where the security template stands in an object's folder.
const TEMPLATE: &str = "Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf";

/// An object's files on their way to a controller.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    due: SimTime,
    to: Place,
    from: Place,
    gpo: GpoName,
}

impl World {
    /// Writes an object's template, as the model has it, at the controller where it was edited.
    pub(super) async fn write_policy(
        &mut self,
        now: SimTime,
        host: &HostName,
        version: Version,
        gpo: GpoName,
    ) -> Result<(), SambaError> {
        let Some(place) = self.place(host).filter(|place| !self.mirror.stands(*place)) else { return Ok(()) };
        // A link has no files.
        let Some(template) = self.model.policy_template(host, &gpo) else { return Ok(()) };
        self.policies.insert(version, (now, gpo.clone()));
        let mut files = PolicyFiles::from([(TEMPLATE.to_owned(), template)]);
        files.insert("GPT.INI".to_owned(), format!("[General]\r\nVersion={}\r\n", version.0).into_bytes());
        let written = self.levers.set_policy_files(place, &folder(&gpo), &files).await;
        written.map_err(SambaError::lever(format!("writing the policy {gpo} at {host}")))
    }

    /// The directory half of an object has arrived: the other follows, at once or after the delay that the world states.
    pub(super) fn policy_arrived(&mut self, now: SimTime, to: Place, from: Place, version: Version) {
        let Some((edited, gpo)) = self.policies.get(&version).cloned() else { return };
        let due = self.spec.domain.refresh.sysvol.map_or(now, |delay| now.max(edited + delay));
        self.copies.push(Copy { due, to, from, gpo });
    }

    /// When the next files are due.
    pub(super) fn next_copy(&self) -> Option<SimTime> {
        self.copies.iter().map(|copy| copy.due).min()
    }

    /// Copies what is due from controller to controller.
    pub(super) async fn copy_policies(&mut self, now: SimTime) -> Result<(), SambaError> {
        let (due, later): (Vec<Copy>, Vec<Copy>) =
            std::mem::take(&mut self.copies).into_iter().partition(|copy| copy.due <= now);
        self.copies = later;
        for Copy { to, from, gpo, .. } in due {
            if self.mirror.stands(to) || self.mirror.stands(from) {
                continue;
            }
            let doing = format!("copying the policy {gpo} to {}", self.host(to));
            let folder = folder(&gpo);
            let files =
                self.levers.policy_files(from, &folder).await.map_err(SambaError::lever(doing.clone()))?;
            if let Some(files) = files {
                let written = self.levers.set_policy_files(to, &folder, &files).await;
                written.map_err(SambaError::lever(doing))?;
            }
        }
        Ok(())
    }
}

/// The folder of an object: its identifier in braces. An object of a scenario has no other than its name, from which it
/// is made.
pub fn folder(gpo: &GpoName) -> String {
    if let Some((_, folder)) = BORN.iter().find(|(name, _)| gpo.as_str().eq_ignore_ascii_case(name)) {
        return (*folder).to_owned();
    }
    let digest = Sha256::digest(gpo.as_str().to_lowercase());
    let hex = |range: std::ops::Range<usize>| -> String {
        digest[range].iter().map(|byte| format!("{byte:02X}")).collect()
    };
    format!("{{{}-{}-{}-{}-{}}}", hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_object_has_a_folder_of_its_own() {
        assert_eq!(folder(&"default domain policy".into()), BORN[0].1);
        let (one, other) = (folder(&"Lock down".into()), folder(&"Lock up".into()));
        assert!(one != other && one.len() == 38 && one == folder(&"LOCK DOWN".into()), "{one} {other}");
    }
}
