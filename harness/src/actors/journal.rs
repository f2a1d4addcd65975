//! An actor's log: the file, the component that signs, and the profile's wording.

use std::fmt::Display;
use std::sync::Arc;

use mockdc_mocks::Name;
use mockdc_scenarios::{Profile, Template, Wording};

use crate::run::Ctx;

/// Where an actor writes its lines.
#[derive(Clone)]
pub(super) struct Journal {
    profile: Arc<Profile>,
    file: Name,
    component: Name,
}

impl Journal {
    /// A log of `file`, signed by `component`, with the words of `profile`.
    pub(super) fn new(profile: &Arc<Profile>, file: &Name, component: &Name) -> Journal {
        Journal { profile: profile.clone(), file: file.clone(), component: component.clone() }
    }

    /// The same file, signed by another component.
    pub(super) fn signed(&self, component: &Name) -> Journal {
        Journal { component: component.clone(), ..self.clone() }
    }

    /// Writes a line; a step that the profile gives no words writes none.
    pub(super) fn line(&self, ctx: &Ctx, pick: fn(&Wording) -> &Template, values: &[(&str, &dyn Display)]) {
        let template = pick(&self.profile.log.lines);
        if !template.is_empty() {
            ctx.log(&self.file, &self.component, template.fill(values));
        }
    }
}
