//! A setting as a scenario file.

mod steps;
mod text;
mod world;

use std::fmt::Write;

use super::setting::{Cause, Inferred, Lateness, Method, Setting, Unreachable};
use text::{line, quoted, span};

pub(super) use text::stand_in;

/// How long a run goes on after what it is about, in seconds.
const AFTERWARDS: i64 = 2 * 3600;

/// How long a run goes on whose logs show one attempt, in seconds: long enough for another one.
const AN_ATTEMPT: i64 = 2 * 3600;

/// The administrator's password that a scenario states where somebody acts as one.
const ADMINISTRATOR: &str = "Adm1n-password!";

/// The password of accounts whose own no log tells.
const PASSWORD: &str = "Secret-14-chars";

impl Setting {
    /// The scenario, with a comment at each value that was inferred.
    pub(super) fn render(&self) -> String {
        let mut out = String::new();
        // Writing into a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "# Written by `mockdc diagnose`. A value is *measured*, from the lines that its comment names, or"
        )?;
        writeln!(out, "# *assumed*, for the reason that it gives.")?;
        writeln!(out, "format = 1\nname = {}\ntitle = {}", quoted(&self.name), quoted(&self.title))?;
        writeln!(out, "cites = [{}]\ntags = [\"diagnosed\"]", quoted(&self.article))?;
        line(out, "start", &quoted(&self.start.value), &self.start.from)?;
        if let Some(seconds) = self.lasts() {
            writeln!(out, "until = {}", span(seconds))?;
        }
        self.world(out)?;
        self.faults(out)?;
        self.steps(out)?;
        self.expectations(out)
    }

    /// How long the run lasts, where it does not end by itself.
    fn lasts(&self) -> Option<i64> {
        const A_CYCLE: i64 = 24 * 3600;
        Some(match &self.cause {
            Cause::Policy { since_install: Some(since), .. } => since.value + AFTERWARDS,
            Cause::Unreachable(Unreachable { namesake: Some(namesake), .. }) => {
                // An attempt an hour, and as many wrong passwords.
                i64::try_from(namesake.value.1).unwrap_or_default() * 3600 + AFTERWARDS
            }
            Cause::Unreachable(Unreachable { back: Some(since), .. })
            | Cause::Session { until: Some(since) } => since.value + AFTERWARDS,
            Cause::Policy { at_cycle, .. }
            | Cause::Locked { at_cycle }
            | Cause::Refused { at_cycle, .. }
            | Cause::NotGranted { installs: false, at_cycle, .. }
                if at_cycle.value =>
            {
                A_CYCLE
            }
            Cause::Delay(_) | Cause::NotGranted { installs: true, .. } => return None,
            _ => AN_ATTEMPT,
        })
    }

    /// Whether the client is there at the start: its logs show nothing of an install.
    fn worked_before(&self) -> bool {
        match &self.cause {
            Cause::Policy { since_install, .. } => since_install.is_none(),
            Cause::NotGranted { installs, .. } => !installs,
            Cause::Locked { .. } | Cause::Refused { .. } => true,
            _ => false,
        }
    }

    /// What is late, and how.
    fn late(&self) -> Option<&Inferred<Lateness>> {
        match &self.cause {
            Cause::Delay(late) | Cause::NotGranted { late, .. } => Some(late),
            _ => None,
        }
    }

    /// The PDC where no log names it.
    fn pdc(&self) -> String {
        stand_in("PDC", &[&self.client.value, &self.server.value])
    }

    /// A machine that no log names.
    fn other(&self) -> String {
        stand_in("OTHER1", &[&self.client.value, &self.server.value])
    }

    /// Whether somebody acts as the domain's administrator.
    fn needs_administrator(&self) -> bool {
        match &self.cause {
            Cause::NoPrimary(_) => true,
            Cause::Stopped(_) => false,
            _ => self.method.value == Method::Manual,
        }
    }

    fn expectations(&self, out: &mut String) -> std::fmt::Result {
        for (host, file, lines) in &self.expected {
            writeln!(
                out,
                "\n[[expect]]\nlog = {{ host = {}, file = {}, in-order = [",
                quoted(host),
                quoted(file)
            )?;
            for line in lines {
                writeln!(out, "  {},", quoted(&format!("{line}*")))?;
            }
            writeln!(out, "] }}")?;
        }
        if let Cause::Unreachable(Unreachable { once: Some(once), .. }) = &self.cause {
            let client = quoted(&self.client.value);
            writeln!(out, "\n[[expect]]\nmeasure = {{ attempts = {{ client = {client} }} }}")?;
            line(out, "is", "1", &once.from)?;
        }
        if !self.violates.is_empty() {
            let all: Vec<String> = self.violates.iter().map(|promise| quoted(promise)).collect();
            writeln!(
                out,
                "\n[[expect]]\nviolates = [{}]\nbecause = \"the failure shows in the customer's logs\"",
                all.join(", ")
            )?;
        }
        Ok(())
    }
}
