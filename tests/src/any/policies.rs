//! What happens to a legacy client on a workstation: edits of policy, refreshes, restarts, cycles, changes by hand.

use std::fmt::Write;

use proptest::prelude::*;

use super::Dated;
use crate::oracle::FIVE;
use crate::text::span;

/// Something that happens to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The policy defines a right of [`FIVE`], with the client's account among its holders or not.
    Define {
        /// Which right.
        right: usize,
        /// Whether the account is listed.
        listed: bool,
    },
    /// The policy leaves the right undefined again.
    Undefine {
        /// Which right.
        right: usize,
    },
    /// The machine refreshes its policy.
    Refresh,
    /// The client's service is restarted.
    RestartService,
    /// The machine is restarted.
    Reboot,
    /// The client's maintenance cycle is run.
    Cycle,
    /// Somebody takes the account out of the local Administrators by hand.
    Leave,
    /// Somebody puts it back.
    Join,
}

/// Any of them; those that make the client launch its components are the likeliest.
pub fn turns() -> impl Strategy<Value = Turn> {
    prop_oneof![
        4 => (0..FIVE.len(), any::<bool>()).prop_map(|(right, listed)| Turn::Define { right, listed }),
        2 => (0..FIVE.len()).prop_map(|right| Turn::Undefine { right }),
        4 => Just(Turn::Refresh),
        3 => Just(Turn::RestartService),
        1 => Just(Turn::Reboot),
        3 => Just(Turn::Cycle),
        1 => Just(Turn::Leave),
        1 => Just(Turn::Join),
    ]
}

/// A domain of one Windows 2000 controller, and `WS1` with a client that is installed; its policy clock never ticks by
/// itself. The policy `Rights`, linked to the domain, defines nothing yet.
pub fn legacy_client(profile: &str) -> String {
    format!(
        "[domain]\nreplication = {{ delay = \"0s\" }}\nrefresh = {{ members = {{ every = \"7d\", offset = \"0s\", first = \"6d\" }}, reapply = \"90d\" }}\n\n\
         [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\nos = \"windows-2000\"\n\n\
         [[machine]]\nname = \"WS1\"\nos = \"windows-2000\"\nboot = \"1m\"\n\n\
         [[client]]\nmachine = \"WS1\"\nprofile = \"{profile}\"\ninstalled = true\n\n\
         [[policy]]\nname = \"Rights\"\nlinks = [\"domain\"]\n\n"
    )
}

/// The step of a turn, or the two of a restart, of which the start is the last line. What the account is called is the
/// caller's.
pub fn turn(dated: &Dated<Turn>, account: &str) -> String {
    let mut text = format!("[[step]]\nat = \"{}\"\n", span(dated.at));
    let holder = |listed: bool| match listed {
        true => format!("\"Administrator\", \"{account}\""),
        false => "\"Administrator\"".to_owned(),
    };
    let _ = match dated.what {
        Turn::Define { right, listed } => writeln!(
            text,
            "edit-policy = {{ policy = \"Rights\", define-right = {{ right = \"{}\", holders = [{}] }} }}\n",
            FIVE[right],
            holder(listed)
        ),
        Turn::Undefine { right } => writeln!(
            text,
            "edit-policy = {{ policy = \"Rights\", undefine-right = {{ right = \"{}\" }} }}\n",
            FIVE[right]
        ),
        Turn::Refresh => writeln!(text, "refresh-policy = \"WS1\"\n"),
        Turn::RestartService => writeln!(
            text,
            "at-host = \"WS1\"\ndo = {{ service-stop = {{ service = \"Clisvc\" }} }}\n\n\
             [[step]]\nat = \"{}\"\nat-host = \"WS1\"\ndo = {{ service-start = {{ service = \"Clisvc\" }} }}\n",
            span(dated.at + 1_000)
        ),
        Turn::Reboot => writeln!(text, "restart = \"WS1\"\n"),
        Turn::Cycle => writeln!(text, "cycle = \"WS1\"\n"),
        Turn::Leave | Turn::Join => {
            let verb = if dated.what == Turn::Leave { "remove" } else { "add" };
            writeln!(
                text,
                "at-host = \"WS1\"\ndo = {{ local-group-{verb}-member = {{ group = \"Administrators\", member = \"{account}\" }} }}\n"
            )
        }
    };
    text
}
