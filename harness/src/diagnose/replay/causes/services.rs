//! Services that do not run where an install or a set-up needs them.

use super::super::customer::Customer;
use super::super::setting::{Cause, Inferred, SetupLine, Tells};
use crate::diagnose::report::place;

impl Customer<'_> {
    /// The service whose absence the install met, by its code (Q207429).
    pub(super) fn stopped(&self) -> Option<Cause> {
        let item = self.item("server-failed")?;
        let service = match item.key.code? {
            2114 => "LanmanServer",
            2138 => "LanmanWorkstation",
            _ => return None,
        };
        Some(Cause::Stopped(Inferred::measured(service, self.at(Some(item.event)))))
    }

    /// What a set-up that found no PDC wrote about it (Q236048, Q253647).
    pub(super) fn no_primary(&self) -> Option<Cause> {
        let lines: Vec<SetupLine> = self
            .trace
            .iter()
            .filter_map(|item| {
                let tells = match &*item.key.step {
                    "no-primary-controller" | "no-controller" => Tells::NoPrimary,
                    "no-server-account" => Tells::NoAccount,
                    _ => return None,
                };
                let event = &self.history.events[item.event];
                let path = &self.history.files[event.file].path;
                let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
                let text = Inferred::measured(self.names.hide(&event.message), place(self.history, event));
                Some(SetupLine {
                    tells,
                    file: self.names.hide(file),
                    component: self.names.hide(&event.component),
                    text,
                })
            })
            .collect();
        (!lines.is_empty()).then_some(Cause::NoPrimary(lines))
    }
}
