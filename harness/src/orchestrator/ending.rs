//! When a run without an `until` is over: every first attempt decided, every script ended, every step done, and an
//! hour more.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use mockdc_mocks::{HostName, Name, SimTime, Span};
use mockdc_scenarios::{Action, Plan, ScriptStart, Trigger};

use crate::run::Stage;
use crate::timeline::{ActorId, EventKind, Queue, Role};

/// How long a run goes on after everything is decided.
pub const AFTERMATH: Span = Span::hours(1);

/// The longest run of a scenario that states no end of its own: Ccm retries for 7 days (Q264630), and a policy of
/// the slowest kind comes round within it.
pub const LONGEST: Span = Span::days(31);

/// What is still open in a run.
#[derive(Debug, Default)]
pub(super) struct Open {
    installs: BTreeSet<HostName>,
    scripts: BTreeSet<Name>,
    steps: BTreeSet<Name>,
    /// Steps that recur without end: only their first time counts.
    endless: BTreeSet<Name>,
    /// Steps that have run.
    ran: BTreeSet<Name>,
    /// The user's own program has not ended.
    program: bool,
    /// The last instant at which something was decided.
    decided: SimTime,
}

impl Open {
    /// What a plan leaves open at its start. Steps that wait for something that may never come do not count.
    pub(super) fn of(plan: &Plan) -> Open {
        let mut open = Open::default();
        for step in &plan.steps {
            let certain = !matches!(&step.trigger, Trigger::When { .. });
            let endless = match &step.trigger {
                Trigger::At(_) => false,
                Trigger::Every { end, count, .. } => end.is_none() && count.is_none(),
                Trigger::When { .. } => true,
            };
            if endless {
                open.endless.insert(step.id.clone());
            }
            if certain {
                open.steps.insert(step.id.clone());
            }
            if let (Action::Install { client, .. }, true) = (&step.action, certain) {
                open.installs.insert(client.clone());
            }
        }
        for script in &plan.scripts {
            if matches!(&script.start, ScriptStart::Trigger(Trigger::At(_))) {
                open.scripts.insert(script.name.clone());
            }
        }
        open
    }

    /// The same, and the user's own program.
    pub(super) fn with_a_program(self) -> Open {
        Open { program: true, ..self }
    }

    /// Closes what an event decides, and says whether it has changed anything. `script` is the script that an actor
    /// played, when one ends.
    fn close(&mut self, now: SimTime, kind: &EventKind, script: impl FnOnce() -> Option<Name>) -> bool {
        match kind {
            EventKind::AttemptBegan { client, attempt: 1 } => {
                self.installs.insert(client.clone());
            }
            EventKind::AttemptEnded { client, attempt: 1, .. } | EventKind::InstallEnded { client, .. } => {
                self.installs.remove(client);
            }
            EventKind::ActorEnded { role: Role::Script, .. } => {
                if let Some(script) = script() {
                    self.scripts.remove(&script);
                }
            }
            EventKind::ActorEnded { role: Role::Program, .. } => self.program = false,
            EventKind::Queued { client, queue: Queue::NotMade, .. } => {
                if !self.installs.remove(client) {
                    return false;
                }
            }
            EventKind::Step { id, .. } => {
                let again = !self.ran.insert(id.clone());
                if self.endless.contains(id) {
                    if again {
                        return false;
                    }
                    self.steps.remove(id);
                }
            }
            _ => return false,
        }
        self.decided = now;
        true
    }

    /// A step will not run again.
    pub(super) fn step_done(&mut self, id: &Name) {
        self.steps.remove(id);
    }

    /// The instant at which the run is over, when nothing is open.
    fn over(&self) -> Option<SimTime> {
        let open =
            self.program || !(self.installs.is_empty() && self.scripts.is_empty() && self.steps.is_empty());
        (!open).then_some(self.decided + AFTERMATH)
    }
}

/// Watches a run and moves its curtain: the instant at which it is over.
pub(super) fn watch(stage: &Rc<Stage>, open: &Rc<RefCell<Open>>) {
    let scripts: RefCell<BTreeMap<ActorId, Name>> = RefCell::default();
    let open = open.clone();
    stage.set_curtain(open.borrow().over());
    stage.observe(Rc::new(move |stage, event| {
        let mut open = open.borrow_mut();
        let decided = match &event.kind {
            EventKind::ActorStarted { role: Role::Script, subject, .. } => {
                scripts.borrow_mut().extend(event.actor.map(|actor| (actor, subject.clone())));
                false
            }
            kind => open.close(stage.now(), kind, || scripts.borrow_mut().remove(&event.actor?)),
        };
        if decided {
            stage.set_curtain(open.over());
        }
    }));
}
