//! Which process a container belongs to, and whether that process still lives.

use std::fs;

/// A process, told apart from another with the same number by its start and by the machine that it runs on. It stands
/// in a label of whatever the process makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Process number.
    pid: u32,
    /// Start in clock ticks since the machine's own, from `/proc/<pid>/stat`; `None` where there is no `/proc`.
    start: Option<u64>,
    /// The boot and the process namespace in which the number means something.
    realm: String,
}

/// What is known of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// The process runs.
    Alive,
    /// It has ended, or another process has its number now.
    Ended,
    /// It belongs to another machine, another process namespace or a system without `/proc`: only its age can tell.
    Elsewhere,
}

impl Owner {
    /// This process.
    pub(crate) fn this() -> Owner {
        let pid = std::process::id();
        Owner { pid, start: start_of(pid), realm: realm() }
    }

    /// Whether the process still runs.
    pub(crate) fn life(&self) -> Life {
        if self.realm.is_empty() || self.start.is_none() || self.realm != realm() {
            return Life::Elsewhere;
        }
        if start_of(self.pid) == self.start { Life::Alive } else { Life::Ended }
    }

    /// The label's value.
    pub(crate) fn label(&self) -> String {
        format!(
            "{}:{}:{}",
            self.pid,
            self.start.map(|start| start.to_string()).unwrap_or_default(),
            self.realm
        )
    }

    /// Reads a label; `None` when it is not one of ours.
    pub(crate) fn parse(label: &str) -> Option<Owner> {
        let mut parts = label.splitn(3, ':');
        let pid = parts.next()?.parse().ok()?;
        let start = parts.next()?;
        let start = if start.is_empty() { None } else { Some(start.parse().ok()?) };
        Some(Owner { pid, start, realm: parts.next()?.to_owned() })
    }
}

/// The 22nd field of `/proc/<pid>/stat`; the second, in parentheses, may hold anything. A process that has ended and
/// waits to be reaped (state Z) counts as gone.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.nth(18)?.parse().ok() }
}

fn realm() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace =
        fs::read_link("/proc/self/ns/pid").map(|path| path.display().to_string()).unwrap_or_default();
    if boot.is_empty() { String::new() } else { format!("{} {namespace}", boot.trim()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_its_label_reads_back() {
        let owner = Owner::this();
        assert_eq!(Owner::parse(&owner.label()), Some(owner.clone()));
        assert_eq!(owner.life(), Life::Alive);
    }

    #[test]
    fn a_process_number_used_again_is_another_process() {
        let mut owner = Owner::this();
        owner.start = owner.start.map(|start| start + 1);
        assert_eq!(owner.life(), Life::Ended);
    }

    #[test]
    fn a_process_of_another_machine_cannot_be_judged() {
        let mut owner = Owner::this();
        owner.realm = "another boot".to_owned();
        assert_eq!(owner.life(), Life::Elsewhere);
    }

    #[test]
    fn what_is_no_label_of_ours_is_none() {
        for label in ["", "1", "x:1:y", "1:x:y"] {
            assert_eq!(Owner::parse(label), None, "{label}");
        }
    }
}
