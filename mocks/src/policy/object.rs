//! A group policy object as controllers hold it.

use crate::{DisabledHalf, GpoName, GpoSpec, Template, TemplateError};

/// A group policy object: what replicates as one piece.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PolicyObject {
    /// Its name.
    pub(crate) name: GpoName,
    /// Its security template.
    pub(crate) template: Template,
    /// Which half is disabled.
    pub(crate) disabled: Option<DisabledHalf>,
}

impl PolicyObject {
    /// An object that defines nothing.
    pub(crate) fn new(name: GpoName) -> PolicyObject {
        PolicyObject { name, template: Template::new(), disabled: None }
    }

    /// The object of a scenario: its text, with the rights and groups that stand beside it written into it.
    pub(crate) fn from_spec(spec: &GpoSpec) -> Result<PolicyObject, TemplateError> {
        let mut template = match &spec.template {
            Some(text) => Template::parse(text)?,
            None => Template::new(),
        };
        for (right, holders) in &spec.rights {
            template.define_right(*right, holders.clone());
        }
        for (group, members) in &spec.members {
            template.define_members(group.as_str(), members.clone());
        }
        for (group, groups) in &spec.member_of {
            template.define_member_of(group.as_str(), groups.clone());
        }
        Ok(PolicyObject { name: spec.name.clone(), template, disabled: spec.disabled })
    }

    /// Whether machines read its security settings.
    pub(crate) fn counts_for_machines(&self) -> bool {
        !matches!(self.disabled, Some(DisabledHalf::Computer | DisabledHalf::All))
    }
}
