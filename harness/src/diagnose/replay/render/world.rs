//! Domain, controllers, machines and clients of a setting, and what goes wrong there.

use std::fmt::Write;

use super::super::setting::{Cause, Inferred, Lateness, Method, Setting, Unreachable};
use super::text::{line, quoted, span};
use super::{ADMINISTRATOR, PASSWORD};

/// When a fault begins at the latest that the client's service meets, in seconds.
const BEFORE_THE_RESTART: i64 = 10 * 60;

impl Setting {
    pub(super) fn world(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n[domain]")?;
        line(out, "name", &quoted(&self.domain.value), &self.domain.from)?;
        if self.needs_administrator() {
            writeln!(out, "administrator-password = \"{ADMINISTRATOR}\" # assumed: no log has it")?;
        }
        self.account_policy(out)?;
        if let Some(late) = self.late() {
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
        self.machines(out)?;
        if matches!(self.cause, Cause::NoPrimary(_)) {
            writeln!(out, "\n[[machine]]")?;
            line(out, "name", &quoted(&self.server.value), &self.server.from)?;
            return writeln!(out, "kind = \"member-server\" # assumed: Setup runs on the site server to be");
        }
        if !self.worked_before() && self.method.value == Method::Remote {
            self.site_server(out)?;
        }
        writeln!(out, "\n[[client]]\nmachine = {}", quoted(&self.client.value))?;
        line(out, "profile", &quoted(&self.profile.value), &self.profile.from)?;
        if self.worked_before() {
            writeln!(out, "installed = true # assumed: the client had worked before")?;
        }
        for (key, value) in &self.overrides {
            line(out, key, &value.value, &value.from)?;
        }
        Ok(())
    }

    fn account_policy(&self, out: &mut String) -> std::fmt::Result {
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
        if matches!(self.cause, Cause::Locked { .. }) {
            keys.extend(
                ["lockout-threshold = 5", "lockout-reset = \"30m\"", "lockout-duration = \"forever\""]
                    .map(str::to_owned),
            );
            from.push("assumed: what locks and for how long, no log says");
        }
        match keys.is_empty() {
            true => Ok(()),
            false => line(out, "account-policy", &format!("{{ {} }}", keys.join(", ")), &from.join("; ")),
        }
    }

    fn machines(&self, out: &mut String) -> std::fmt::Result {
        let name = |out: &mut String| line(out, "name", &quoted(&self.client.value), &self.client.from);
        if let Cause::Session { .. } = &self.cause {
            writeln!(out, "\n[[dc]]")?;
            name(out)?;
            writeln!(out, "role = \"pdc\" # assumed: sessions lead to the PDC, as the article has it")?;
            writeln!(out, "shares = [\"SMS_SITE\"]")?;
            self.language(out)?;
            return writeln!(
                out,
                "\n[[user]]\nname = \"SMSSender\" # assumed: whose session it is, no log says\npassword = \"{PASSWORD}\"\n\
                 member-of = [\"Domain Admins\"]"
            );
        }
        writeln!(
            out,
            "\n[[dc]]\nname = {} # assumed: no log names the PDC\nrole = \"pdc\"",
            quoted(&self.pdc())
        )?;
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
            Cause::Delay(_) | Cause::NotGranted { .. } => {
                writeln!(out, "\n[[dc]]")?;
                name(out)?;
                self.language(out)
            }
            Cause::Locked { .. } => {
                writeln!(out, "shares = [\"SMS_SITE\"]\n\n[[dc]]")?;
                name(out)?;
                self.language(out)?;
                writeln!(
                    out,
                    "\n[[machine]]\nname = {} # assumed: which machine it is, no log says",
                    quoted(&self.other())
                )?;
                writeln!(
                    out,
                    "users = [{{ name = \"SMSCliToknAcct&\", password = \"{PASSWORD}\", member-of = [\"Administrators\"] }}]"
                )
            }
            Cause::Policy { .. } => {
                writeln!(out, "os = \"windows-2000\" # assumed: domain policies need it\n\n[[machine]]")?;
                name(out)?;
                writeln!(out, "os = \"windows-2000\" # assumed: domain policies need it")?;
                writeln!(
                    out,
                    "refresh = {{ every = \"90m\", first = \"10m\" }} # assumed: any time before the restart or cycle"
                )
            }
            Cause::Refused { .. } => {
                writeln!(out, "\n[[machine]]")?;
                name(out)
            }
            Cause::Stopped(_) => {
                writeln!(out, "\n[[machine]]")?;
                name(out)?;
                match self.method.value {
                    Method::Manual => writeln!(
                        out,
                        "users = [{{ name = \"Installer\", password = \"{PASSWORD}\", member-of = [\"Administrators\"] }}] \
                         # assumed: who installs, no line says"
                    ),
                    Method::Remote => Ok(()),
                }
            }
            Cause::Unreachable(Unreachable { namesake, .. }) => {
                if namesake.is_some() {
                    writeln!(out, "os = \"windows-2000\" # assumed: a policy reaches the machine")?;
                }
                writeln!(out, "\n[[machine]]")?;
                name(out)?;
                if let Some(Inferred { value: (user, _), from }) = namesake {
                    writeln!(out, "os = \"windows-2000\" # assumed: a policy reaches the machine")?;
                    writeln!(out, "refresh = {{ every = \"90m\", first = \"0s\" }}")?;
                    let user = format!("[{{ name = {}, password = \"{PASSWORD}\" }}]", quoted(user));
                    line(out, "users", &user, from)?;
                }
                writeln!(out, "admin-share = false # assumed: why the share does not answer, no log says")?;
                self.lockout(out)
            }
            Cause::Session { .. } | Cause::NoPrimary(_) => Ok(()),
        }
    }

    /// The policy by which a machine locks accounts of its own.
    fn lockout(&self, out: &mut String) -> std::fmt::Result {
        let Cause::Unreachable(Unreachable { namesake: Some(namesake), .. }) = &self.cause else {
            return Ok(());
        };
        writeln!(out, "\n[[policy]]\nname = \"Default Domain Policy\"\n# {}", namesake.from)?;
        writeln!(
            out,
            "template = \"\"\"\n[Unicode]\nUnicode=yes\n[Version]\nsignature=\"$CHICAGO$\"\nRevision=1\n\
             [System Access]\nLockoutBadCount = {}\nResetLockoutCount = 1440\nLockoutDuration = 1440\n\"\"\"",
            namesake.value.1
        )
    }

    fn site_server(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n[[site-server]]")?;
        line(out, "name", &quoted(&self.server.value), &self.server.from)?;
        writeln!(out, "site = \"ABC\" # assumed: no line states the site's code")?;
        let Cause::Unreachable(Unreachable { namesake: Some(namesake), .. }) = &self.cause else {
            return Ok(());
        };
        let account = format!("{{ user = {}, password = \"Service-1-pass\" }}", quoted(&namesake.value.0));
        line(out, "service-account", &account, &namesake.from)
    }

    fn language(&self, out: &mut String) -> std::fmt::Result {
        match &self.language {
            Some(language) => line(out, "language", &quoted(&language.value), &language.from),
            None => Ok(()),
        }
    }

    /// What goes wrong.
    pub(super) fn faults(&self, out: &mut String) -> std::fmt::Result {
        let client = quoted(&self.client.value);
        if let Some(Inferred { value: Lateness::Held { until }, from }) = self.late() {
            writeln!(out, "\n[[fault]]\nname = \"late\"\nhold = {{ at = [{client}] }}")?;
            writeln!(out, "from = \"30s\" # assumed: after the first account and before the second")?;
            line(out, "until", &span(*until), from)?;
        }
        if let Cause::Refused { code, .. } = &self.cause {
            writeln!(out, "\n[[fault]]\nname = \"refused\"")?;
            writeln!(out, "from = {} # assumed: any time before", span(BEFORE_THE_RESTART))?;
            writeln!(
                out,
                "# assumed: no policy takes a right from Local System, and what else refuses it no log says"
            )?;
            let refuse = format!("{{ verb = \"process-launch\", at = {client}, code = {} }}", code.value);
            line(out, "refuse", &refuse, &code.from)?;
        }
        if let Cause::NoPrimary(_) = &self.cause {
            writeln!(out, "\n[[fault]]\nname = \"no-primary\"")?;
            let partition =
                format!("{{ from = [{}], to = [{}] }}", quoted(&self.server.value), quoted(&self.pdc()));
            line(out, "partition", &partition, "assumed: why no PDC answers, no log says")?;
        }
        if let Some(seconds) = &self.ahead {
            writeln!(out, "\n[[fault]]\nname = \"clock\"")?;
            let by = format!(
                "{}{}",
                if seconds.value < 0 { "-" } else { "" },
                span(seconds.value.abs()).trim_matches('"')
            );
            let skew = format!("{{ at = {client}, by = {} }}", quoted(&by));
            line(out, "clock-skew", &skew, &seconds.from)?;
        }
        Ok(())
    }
}
