//! A setting as a scenario file.

use std::fmt::Write;

use super::setting::{Cause, Inferred, Lateness, Method, Setting};

/// How long a run goes on after what it is about, in seconds.
const AFTERWARDS: i64 = 2 * 3600;

/// How long before it is met a policy is written, in seconds: every machine has refreshed its policy by then.
const TO_ARRIVE: i64 = 3 * 3600;

/// The administrator's password that a scenario states where somebody installs by hand.
const ADMINISTRATOR: &str = "Adm1n-password!";

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
        match &self.cause {
            Cause::Policy { since_install: Some(since), .. } | Cause::Unreachable { back: Some(since) } => {
                writeln!(out, "until = {}", span(since.value + AFTERWARDS))?;
            }
            Cause::Policy { at_cycle, .. } if at_cycle.value => writeln!(out, "until = \"24h\"")?,
            Cause::Policy { .. } | Cause::Unreachable { .. } => writeln!(out, "until = \"2h\"")?,
            Cause::Delay(_) => {}
        }
        writeln!(out, "\n[domain]")?;
        line(out, "name", &quoted(&self.domain.value), &self.domain.from)?;
        if self.method.value == Method::Manual {
            writeln!(out, "administrator-password = \"{ADMINISTRATOR}\" # assumed: no log has it")?;
        }
        self.policy(out)?;
        if let Cause::Delay(late) = &self.cause {
            let replication = match late.value {
                Lateness::Constant(seconds) => format!("{{ delay = {} }}", span(seconds)),
                Lateness::Pulse { first, every } => {
                    format!("{{ nt4 = {{ pulse = {}, first-pulse = {} }} }}", span(every), span(first))
                }
                Lateness::Held { .. } => "{ delay = \"0s\" }".to_owned(),
                Lateness::RightsLater { account, rights } => {
                    format!("{{ delay = {{ all = {}, lsa = {} }} }}", span(account), span(rights))
                }
            };
            line(out, "replication", &replication, &late.from)?;
        }
        writeln!(out, "\n[[dc]]\nname = \"PDC\" # assumed: no log names the PDC\nrole = \"pdc\"")?;
        self.language(out)?;
        if let Some(minutes) = &self.longest_wait {
            let value = format!(
                "{{ 'HKLM\\SOFTWARE\\Microsoft\\SMS\\Client\\Configuration\\Domain Controller' = \
                 {{ \"Account Synchronization Max Wait (minutes)\" = {} }} }}",
                minutes.value
            );
            line(out, "registry", &value, &minutes.from)?;
        }
        match &self.cause {
            Cause::Delay(_) => {
                writeln!(out, "\n[[dc]]")?;
                line(out, "name", &quoted(&self.client.value), &self.client.from)?;
                self.language(out)?;
            }
            Cause::Policy { .. } => {
                writeln!(out, "os = \"windows-2000\" # assumed: domain policies need it\n\n[[machine]]")?;
                line(out, "name", &quoted(&self.client.value), &self.client.from)?;
                writeln!(out, "os = \"windows-2000\" # assumed: domain policies need it")?;
                writeln!(
                    out,
                    "refresh = {{ every = \"90m\", first = \"10m\" }} # assumed: any time before the restart or cycle"
                )?;
            }
            Cause::Unreachable { .. } => {
                writeln!(out, "\n[[machine]]")?;
                line(out, "name", &quoted(&self.client.value), &self.client.from)?;
                writeln!(out, "admin-share = false # assumed: why the share does not answer, no log says")?;
            }
        }
        let worked_before = matches!(self.cause, Cause::Policy { since_install: None, .. });
        if !worked_before && self.method.value == Method::Remote {
            writeln!(out, "\n[[site-server]]")?;
            line(out, "name", &quoted(&self.server.value), &self.server.from)?;
            writeln!(out, "site = \"ABC\" # assumed: no line states the site's code")?;
        }
        writeln!(out, "\n[[client]]\nmachine = {}", quoted(&self.client.value))?;
        line(out, "profile", &quoted(&self.profile.value), &self.profile.from)?;
        if worked_before {
            writeln!(out, "installed = true # assumed: the client had worked before")?;
        }
        for (key, value) in &self.overrides {
            line(out, key, &value.value, &value.from)?;
        }
        if let Cause::Delay(Inferred { value: Lateness::Held { until }, from }) = &self.cause {
            writeln!(
                out,
                "\n[[fault]]\nname = \"late\"\nhold = {{ at = [{}] }}",
                quoted(&self.client.value)
            )?;
            writeln!(out, "from = \"30s\" # assumed: after the first account and before the second")?;
            line(out, "until", &span(*until), from)?;
        }
        if let Some(seconds) = &self.ahead {
            writeln!(out, "\n[[fault]]\nname = \"clock\"")?;
            let by = format!(
                "{}{}",
                if seconds.value < 0 { "-" } else { "" },
                span(seconds.value.abs()).trim_matches('"')
            );
            let skew = format!("{{ at = {}, by = {} }}", quoted(&self.client.value), quoted(&by));
            line(out, "clock-skew", &skew, &seconds.from)?;
        }
        self.steps(out)?;
        self.expectations(out)
    }

    fn policy(&self, out: &mut String) -> std::fmt::Result {
        let mut keys = Vec::new();
        let mut from = Vec::new();
        if let Some(days) = &self.minimum_age {
            keys.push(format!("minimum-age = \"{}d\"", days.value));
            from.push(days.from.as_str());
        }
        if let Some(length) = &self.minimum_length {
            keys.push(format!("minimum-length = {}", length.value));
            from.push(length.from.as_str());
        }
        match keys.is_empty() {
            true => Ok(()),
            false => line(out, "account-policy", &format!("{{ {} }}", keys.join(", ")), &from.join("; ")),
        }
    }

    fn steps(&self, out: &mut String) -> std::fmt::Result {
        let client = quoted(&self.client.value);
        match &self.cause {
            Cause::Delay(_) => self.install(out),
            Cause::Unreachable { back } => {
                self.install(out)?;
                let Some(back) = back else { return Ok(()) };
                writeln!(out, "\n[[step]]\nid = \"back\"")?;
                line(out, "at", &span(back.value), &back.from)?;
                writeln!(out, "do = {{ share-add = {{ share = \"admin$\" }} }}\nat-host = {client}")
            }
            Cause::Policy { rights, restricted, at_cycle, since_install } => {
                // The policy comes after the install, and long enough before the client meets it.
                let met = since_install.as_ref().map(|since| since.value);
                let edited = met.map_or(5 * 60, |met| (met - TO_ARRIVE).max(met / 2));
                if met.is_some() {
                    self.install(out)?;
                }
                for right in &rights.value {
                    writeln!(
                        out,
                        "\n[[step]]\nid = \"define-{}\"\nat = {} # assumed: any time before the policy arrives",
                        right.constant(),
                        span(edited)
                    )?;
                    let edit = format!(
                        "{{ policy = \"Default Domain Policy\", define-right = {{ right = \"{}\", holders = [\"Backup Operators\"] }} }}",
                        right.constant()
                    );
                    line(out, "edit-policy", &edit, &rights.from)?;
                }
                if *restricted {
                    writeln!(
                        out,
                        "\n[[step]]\nid = \"restrict\"\nat = {} # assumed: any time before the policy arrives",
                        span(edited)
                    )?;
                    writeln!(out, "# {}", rights.from)?;
                    writeln!(
                        out,
                        "edit-policy = {{ policy = \"Default Domain Policy\", write = \"\"\"\n[Unicode]\nUnicode=yes\n\
                         [Version]\nsignature=\"$CHICAGO$\"\nRevision=1\n[Group Membership]\n\
                         *S-1-5-32-544__Members = Domain Admins\n\"\"\" }}"
                    )?;
                }
                match at_cycle.value {
                    true => writeln!(out, "\n# {}: the cycle comes 23 hours after the start", at_cycle.from),
                    false => {
                        let (at, from) = match since_install {
                            Some(since) => (since.value, &since.from),
                            None => (30 * 60, &at_cycle.from),
                        };
                        writeln!(out, "\n[[step]]\nid = \"restart\"\nat = {} # {from}", span(at))?;
                        writeln!(out, "restart-service = {{ host = {client}, service = \"Clisvc\" }}")
                    }
                }
            }
        }
    }

    fn install(&self, out: &mut String) -> std::fmt::Result {
        let (client, server) = (quoted(&self.client.value), quoted(&self.server.value));
        let how = match self.method.value {
            Method::Remote => format!("{{ client = {client}, by = {server} }}"),
            Method::Manual => format!(
                "{{ client = {client}, method = \"manual\", user = {{ user = \"Administrator\", password = \
                 \"{ADMINISTRATOR}\" }} }}"
            ),
        };
        writeln!(out, "\n[[step]]\nat = \"0s\"")?;
        line(out, "install", &how, &self.method.from)
    }

    fn language(&self, out: &mut String) -> std::fmt::Result {
        match &self.language {
            Some(language) => line(out, "language", &quoted(&language.value), &language.from),
            None => Ok(()),
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

fn line(out: &mut String, key: &str, value: &str, from: &str) -> std::fmt::Result {
    writeln!(out, "{key} = {value} # {}", from.replace(['\n', '\r'], " "))
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A length of time as scenarios write it.
fn span(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = String::new();
    for (number, unit) in [(hours, 'h'), (minutes, 'm'), (rest, 's')] {
        if number > 0 {
            let _ = write!(text, "{number}{unit}");
        }
    }
    match text.is_empty() {
        true => "\"0s\"".to_owned(),
        false => format!("\"{text}\""),
    }
}
