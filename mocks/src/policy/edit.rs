//! The verbs that edit group policy objects and links, and rights that are granted at a domain controller.

use std::sync::Arc;

use crate::directory::{Change, Database, Part, RecordValue, Rid};
use crate::policy::PolicyObject;
use crate::{ChangeKind, GpoLinkSpec, GpoName, GpoSpec, Name, Right, SpecError, Template, Verb, Win32Error};

/// The object that decides the rights of domain controllers.
pub(crate) const CONTROLLERS_POLICY: &str = "Default Domain Controllers Policy";
/// The unit of domain controllers.
pub(crate) const CONTROLLERS_UNIT: &str = "Domain Controllers";

/// What a verb of group policy would change at a controller; `None` when the verb is none. 2: no such object or
/// link; 87: the template is none.
pub(crate) fn plan_policy(database: &Database, verb: &Verb) -> Option<Result<Vec<Change>, Win32Error>> {
    let edit = |gpo: &GpoName, edit: &dyn Fn(&mut Template) -> bool| {
        let mut object = object(database, gpo).ok_or(Win32Error::FILE_NOT_FOUND)?;
        let changed = edit(&mut Arc::make_mut(&mut object).template);
        Ok(if changed { vec![write(object)] } else { Vec::new() })
    };
    Some(match verb {
        Verb::GpoWrite { gpo, template } => match Template::parse(template) {
            Ok(template) => {
                let mut object =
                    object(database, gpo).unwrap_or_else(|| Arc::new(PolicyObject::new(gpo.clone())));
                Arc::make_mut(&mut object).template = template;
                Ok(vec![write(object)])
            }
            Err(_) => Err(Win32Error::INVALID_PARAMETER),
        },
        Verb::GpoDefineRight { gpo, right, holders } => {
            match holders.iter().all(|holder| crate::check_principal(holder.as_str()).is_ok()) {
                true => edit(gpo, &|template| {
                    template.define_right(*right, holders.clone());
                    true
                }),
                false => Err(Win32Error::INVALID_PARAMETER),
            }
        }
        Verb::GpoAddToRight { gpo, right, holder } => match crate::check_principal(holder.as_str()) {
            Ok(()) => edit(gpo, &|template| template.add_to_right(*right, holder.clone())),
            Err(_) => Err(Win32Error::INVALID_PARAMETER),
        },
        Verb::GpoUndefineRight { gpo, right } => edit(gpo, &|template| template.undefine_right(*right)),
        Verb::GpoLink { gpo, container, enabled, enforced } => match object(database, gpo) {
            None => Err(Win32Error::FILE_NOT_FOUND),
            Some(_) => {
                let mut list = links(database, container);
                let (enabled, enforced) = (*enabled, *enforced);
                match list.iter_mut().find(|(name, _)| name == gpo) {
                    Some((_, link)) => (link.enabled, link.enforced) = (enabled, enforced),
                    None => {
                        let container = container.clone();
                        list.push((gpo.clone(), GpoLinkSpec { container, order: None, enabled, enforced }));
                    }
                }
                Ok(vec![write_links(container, list)])
            }
        },
        Verb::GpoUnlink { gpo, container } => {
            let mut list = links(database, container);
            let before = list.len();
            list.retain(|(name, _)| name != gpo);
            match list.len() == before {
                true => Err(Win32Error::FILE_NOT_FOUND),
                false => Ok(vec![write_links(container, list)]),
            }
        }
        _ => return None,
    })
}

/// A right that is granted or revoked at a controller whose rights policy decides: an edit of the Default Domain
/// Controllers Policy. `holders` hold the right there now; a right that the object does not define yet is defined
/// with them. `None`: nothing to change.
pub(crate) fn plan_right_in_policy(
    database: &Database,
    account: Rid,
    right: Right,
    grant: bool,
) -> Option<Change> {
    let name = GpoName::from(CONTROLLERS_POLICY);
    let mut object = object(database, &name).unwrap_or_else(|| Arc::new(PolicyObject::new(name)));
    let holder = written(database, account);
    let template = &mut Arc::make_mut(&mut object).template;
    let changed = match (template.right(right).is_some(), grant) {
        (true, true) => template.add_to_right(right, holder),
        (true, false) => template.remove_from_right(right, &holder),
        (false, _) => {
            let now = database.all_rights().filter(|(_, rights)| rights.contains(&right));
            let mut holders: Vec<Name> = now.map(|(rid, _)| written(database, rid)).collect();
            if grant && !holders.contains(&holder) {
                holders.push(holder);
            } else if !grant {
                holders.retain(|other| *other != holder);
            }
            template.define_right(right, holders);
            true
        }
    };
    changed.then(|| write(object))
}

/// An account of a controller's database as policy files write it: `*S-1-…`.
pub(crate) fn written(database: &Database, rid: Rid) -> Name {
    if rid == Rid::EVERYONE {
        return "*S-1-1-0".into();
    }
    if (544..1_000).contains(&rid.0) {
        return format!("*S-1-5-32-{}", rid.0).into();
    }
    let [a, b, c] = database.sid().unwrap_or_default();
    format!("*S-1-5-21-{a}-{b}-{c}-{}", rid.0).into()
}

/// Enters the objects and links of a world into a controller's database, as at the start. With `rights_in_policy`
/// the rights that the database holds become those of the Default Domain Controllers Policy.
pub(crate) fn load_policies(
    database: &mut Database,
    specs: &[GpoSpec],
    rights_in_policy: bool,
) -> Result<(), SpecError> {
    let mut links: std::collections::BTreeMap<Name, Vec<(GpoName, GpoLinkSpec)>> = Default::default();
    let mut controllers = PolicyObject::new(CONTROLLERS_POLICY.into());
    if rights_in_policy {
        for (rid, rights) in database.all_rights() {
            for right in rights {
                let mut holders = controllers.template.right(right).map(<[Name]>::to_vec).unwrap_or_default();
                holders.push(written(database, rid));
                controllers.template.define_right(right, holders);
            }
        }
        let container: Name = CONTROLLERS_UNIT.into();
        let link = GpoLinkSpec { container: container.clone(), order: None, enabled: true, enforced: false };
        links.entry(container).or_default().push((controllers.name.clone(), link));
    }
    for spec in specs {
        let object = PolicyObject::from_spec(spec)
            .map_err(|error| SpecError(format!("policy `{}`: {error}", spec.name)))?;
        if rights_in_policy && spec.name == controllers.name {
            // What the scenario says of this object comes on top of what the system defines in it.
            for (right, holders) in object.template.rights() {
                controllers.template.define_right(right, holders.to_vec());
            }
            controllers.disabled = object.disabled;
        } else {
            let part = Part::Gpo(spec.name.clone());
            database.load_value(part, RecordValue::Gpo(Arc::new(object)));
        }
        for link in &spec.links {
            let list = links.entry(link.container.clone()).or_default();
            list.retain(|(name, _)| *name != spec.name);
            list.push((spec.name.clone(), link.clone()));
        }
    }
    if rights_in_policy {
        let part = Part::Gpo(controllers.name.clone());
        database.load_value(part, RecordValue::Gpo(Arc::new(controllers)));
    }
    for (container, mut list) in links {
        list.sort_by_key(|(_, link)| link.order.unwrap_or(u32::MAX));
        database.load_value(Part::Links(container), RecordValue::Links(list));
    }
    Ok(())
}

fn object(database: &Database, gpo: &GpoName) -> Option<Arc<PolicyObject>> {
    match database.records().value(&Part::Gpo(gpo.clone())) {
        Some(RecordValue::Gpo(object)) => Some(Arc::clone(object)),
        _ => None,
    }
}

fn links(database: &Database, container: &Name) -> Vec<(GpoName, GpoLinkSpec)> {
    match database.records().value(&Part::Links(container.clone())) {
        Some(RecordValue::Links(list)) => list.clone(),
        _ => Vec::new(),
    }
}

fn write(object: Arc<PolicyObject>) -> Change {
    let name = object.name.clone();
    let subject = name.name().clone();
    Change {
        kind: ChangeKind::GroupPolicy,
        subject,
        parts: vec![(Part::Gpo(name), Some(RecordValue::Gpo(object)))],
    }
}

fn write_links(container: &Name, list: Vec<(GpoName, GpoLinkSpec)>) -> Change {
    Change {
        kind: ChangeKind::GroupPolicy,
        subject: container.clone(),
        parts: vec![(Part::Links(container.clone()), Some(RecordValue::Links(list)))],
    }
}
