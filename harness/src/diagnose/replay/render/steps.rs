//! What happens in a setting.

use std::fmt::Write;

use super::super::setting::{Cause, Inferred, Method, Setting, Tells, Unreachable};
use super::text::{line, quoted, span};
use super::{ADMINISTRATOR, AN_ATTEMPT, PASSWORD};

/// How long before it is met a policy is written, in seconds: every machine has refreshed its policy by then.
const TO_ARRIVE: i64 = 3 * 3600;

/// When a client's service is started anew that no log shows to be installed, in seconds.
const RESTART: i64 = 30 * 60;

impl Setting {
    pub(super) fn steps(&self, out: &mut String) -> std::fmt::Result {
        let client = quoted(&self.client.value);
        match &self.cause {
            Cause::Delay(_) => self.install(out, 0),
            Cause::Unreachable(Unreachable { back, again, .. }) => {
                self.install(out, 0)?;
                if let Some(again) = again {
                    writeln!(out, "\n# {}", again.from)?;
                    self.install(out, again.value)?;
                }
                let Some(back) = back else { return Ok(()) };
                writeln!(out, "\n[[step]]\nid = \"back\"")?;
                line(out, "at", &span(back.value), &back.from)?;
                writeln!(out, "do = {{ share-add = {{ share = \"admin$\" }} }}\nat-host = {client}")
            }
            Cause::Session { until } => {
                self.session(until.as_ref(), out)?;
                self.install(out, self.cause.comes_first())
            }
            Cause::Stopped(service) => {
                writeln!(out, "\n[[step]]\nid = \"stop\"\nat = \"0s\"")?;
                let stop = format!("{{ service-stop = {{ service = \"{}\" }} }}", service.value);
                line(out, "do", &stop, &service.from)?;
                writeln!(out, "at-host = {client}")?;
                self.install(out, self.cause.comes_first())
            }
            Cause::NotGranted { installs, at_cycle, .. } => {
                writeln!(out, "\n[[step]]\nid = \"harden\"\nat = \"0s\"")?;
                writeln!(
                    out,
                    "# assumed: why membership of Administrators is not enough, neither a log says nor the article"
                )?;
                writeln!(
                    out,
                    "do = {{ right-revoke = {{ account = \"Administrators\", right = \"SeIncreaseQuotaPrivilege\" }} }}"
                )?;
                match installs {
                    true => self.install(out, 0),
                    false => self.launched("Clisvc", at_cycle, None, out),
                }
            }
            Cause::Locked { at_cycle } => {
                self.touches(out)?;
                self.launched("Clisvc", at_cycle, None, out)
            }
            Cause::Refused { service, at_cycle, .. } => self.launched(service, at_cycle, None, out),
            Cause::NoPrimary(_) => self.set_up(out),
            Cause::Policy { rights, restricted, at_cycle, since_install } => {
                // The policy comes after the install, and long enough before the client meets it.
                let met = since_install.as_ref().map(|since| since.value);
                let edited = met.map_or(5 * 60, |met| (met - TO_ARRIVE).max(met / 2));
                if met.is_some() {
                    self.install(out, 0)?;
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
                self.launched("Clisvc", at_cycle, since_install.as_ref(), out)
            }
        }
    }

    /// The client's service launches its components: at its restart, or by the cycle.
    fn launched(
        &self,
        service: &str,
        at_cycle: &Inferred<bool>,
        since_install: Option<&Inferred<i64>>,
        out: &mut String,
    ) -> std::fmt::Result {
        if at_cycle.value {
            return writeln!(out, "\n# {}: the cycle comes 23 hours after the start", at_cycle.from);
        }
        let (at, from) = since_install.map_or((RESTART, &at_cycle.from), |since| (since.value, &since.from));
        writeln!(out, "\n[[step]]\nid = \"restart\"\nat = {} # {from}", span(at))?;
        let client = quoted(&self.client.value);
        writeln!(out, "restart-service = {{ host = {client}, service = {} }}", quoted(service))
    }

    fn install(&self, out: &mut String, at: i64) -> std::fmt::Result {
        let (client, server) = (quoted(&self.client.value), quoted(&self.server.value));
        let how = match self.method.value {
            Method::Remote => format!("{{ client = {client}, by = {server} }}"),
            Method::Manual => {
                let (user, password) = match self.cause {
                    Cause::Stopped(_) => (format!("{}\\Installer", self.client.value), PASSWORD),
                    _ => ("Administrator".to_owned(), ADMINISTRATOR),
                };
                format!(
                    "{{ client = {client}, method = \"manual\", user = {{ user = {}, password = \"{password}\" }} }}",
                    quoted(&user)
                )
            }
        };
        writeln!(out, "\n[[step]]\nat = {}", span(at))?;
        line(out, "install", &how, &self.method.from)
    }

    /// A session of another account with the client.
    fn session(&self, until: Option<&Inferred<i64>>, out: &mut String) -> std::fmt::Result {
        let client = quoted(&self.client.value);
        writeln!(
            out,
            "\n[[script]]\nname = \"sender\" # assumed: which program holds the session, no log says\nhost = {}\n\
             at = \"0s\"\nuser = {{ user = \"SMSSender\", password = \"{PASSWORD}\" }}",
            quoted(&self.server.value)
        )?;
        writeln!(
            out,
            "\n[[script.step]]\ndo = {{ share-connect = {{ share = \"SMS_SITE\" }} }}\nat = {client}"
        )?;
        writeln!(out, "\n[[script.step]]")?;
        match until {
            Some(until) => line(out, "pause", &span(until.value), &until.from)?,
            None => {
                line(out, "pause", &span(AN_ATTEMPT * 2), "assumed: no line shows that the session ended")?
            }
        }
        writeln!(out, "\n[[script.step]]\ndo = {{ share-disconnect = {{}} }}\nat = {client}")
    }

    /// Another machine's agent, which comes to the PDC with the password of its own account.
    fn touches(&self, out: &mut String) -> std::fmt::Result {
        let host = self.other();
        let own = format!("{{ user = '{host}\\SMSCliToknAcct&', password = \"{PASSWORD}\" }}");
        writeln!(
            out,
            "\n[[script]]\nname = \"agent\"\nhost = {}\nuser = {own}\n\
             every = \"5m\" # assumed: often enough to lock\nfirst = \"1m\"",
            quoted(&host)
        )?;
        writeln!(
            out,
            "\n[[script.step]]\ndo = {{ share-connect = {{ share = \"SMS_SITE\" }} }}\nat = {}\nas = {own}\n\
             tolerate = \"any\"",
            quoted(&self.pdc())
        )
    }

    /// A set-up that notes what fails and goes on.
    fn set_up(&self, out: &mut String) -> std::fmt::Result {
        let Cause::NoPrimary(lines) = &self.cause else { return Ok(()) };
        writeln!(
            out,
            "\n[[script]]\nname = \"setup\"\nhost = {}\nat = \"0s\"\nuser = {{ user = \"Administrator\", password = \
             \"{ADMINISTRATOR}\" }}",
            quoted(&self.server.value)
        )?;
        let mut asked = Vec::new();
        for (number, told) in lines.iter().enumerate() {
            let (id, call) = match told.tells {
                Tells::NoPrimary => ("find", "do = { dc-find = { primary = true } }".to_owned()),
                Tells::NoAccount => (
                    "create",
                    format!(
                        "do = {{ user-add = {{ user = \"SMSServer_ABC\", password = \"{PASSWORD}\" }} }}\nat = {}",
                        quoted(&self.pdc())
                    ),
                ),
            };
            if !asked.contains(&id) {
                asked.push(id);
                writeln!(out, "\n[[script.step]]\nid = \"{id}\"\n{call}\ntolerate = \"any\"")?;
            }
            let log = format!(
                "[{{ log = {{ file = {}, component = {}, text = {} }} }}]",
                quoted(&told.file),
                quoted(&told.component),
                quoted(&told.text.value)
            );
            writeln!(out, "\n[[script.step]]\nid = \"line-{}\"", number + 1)?;
            writeln!(out, "if = {{ not = {{ result = {{ step = \"{id}\", is = 0 }} }} }}")?;
            line(out, "then", &log, &told.text.from)?;
        }
        writeln!(out, "\n[[script.step]]\nend = 0")
    }
}
