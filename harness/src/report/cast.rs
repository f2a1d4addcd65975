//! Who acts in a run, and its events in columns.

use std::collections::BTreeMap;

use mockdc_mocks::Name;

use super::{describe, instant};
use crate::timeline::{ActorId, Class, Classes, Event, EventKind, Events, Role};

/// Who the actors of a run are, as its events tell.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    roles: BTreeMap<ActorId, (Role, Name)>,
}

impl Cast {
    /// Everyone who starts in these events.
    pub fn of(events: &Events) -> Cast {
        let started = events.chosen(0, Classes::these(&[Class::Actor]));
        let roles = started.filter_map(|event| match (&event.kind, event.actor) {
            (EventKind::ActorStarted { role, subject, .. }, Some(actor)) => {
                Some((actor, (*role, subject.clone())))
            }
            _ => None,
        });
        Cast { roles: roles.collect() }
    }

    /// Takes an event in, when somebody starts in it.
    pub fn add(&mut self, event: &Event) {
        if let (EventKind::ActorStarted { role, subject, .. }, Some(actor)) = (&event.kind, event.actor) {
            self.roles.insert(actor, (*role, subject.clone()));
        }
    }

    /// What an event's actor plays; nothing for the domain model itself.
    pub fn role(&self, event: &Event) -> String {
        match event.actor.map(|actor| self.roles.get(&actor)) {
            Some(Some((Role::Script, subject))) => format!("script {subject}"),
            Some(Some((role, _))) => role_words(*role).into(),
            Some(None) => "actor".into(),
            None => String::new(),
        }
    }

    /// Widths of the columns of host and actor, for these events.
    pub fn widths<'e>(&self, events: impl IntoIterator<Item = &'e Event>) -> Widths {
        events.into_iter().fold(Widths::default(), |widths, event| Widths {
            at: widths.at.max(instant(event.at).len()),
            host: widths.host.max(event.host.as_str().chars().count()),
            actor: widths.actor.max(self.role(event).chars().count()),
        })
    }

    /// An event in columns: time, host, actor, what.
    pub fn line(&self, event: &Event, widths: Widths) -> String {
        format!(
            "{:>at$}  {:<host$}  {:<actor$}  {}",
            instant(event.at),
            event.host,
            self.role(event),
            describe(event),
            at = widths.at,
            host = widths.host,
            actor = widths.actor,
        )
    }
}

/// Widths of columns, in characters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Widths {
    at: usize,
    host: usize,
    actor: usize,
}

/// What an actor plays, in the products' own short words.
pub fn role_words(role: Role) -> &'static str {
    match role {
        Role::ClientConfigurationManager => "CCM",
        Role::BootLoader => "boot loader",
        Role::Bootstrap => "bootstrap",
        Role::LogonInstall => "installer",
        Role::ClientService => "client service",
        Role::Maintenance => "maintenance",
        Role::AdvancedClient => "Advanced Client",
        Role::Operator => "operator",
        Role::Script => "script",
        Role::Program => "program",
    }
}
