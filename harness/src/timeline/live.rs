//! What conditions are asked of: the view, the clock, and a count of the events that they speak of.

use mockdc_mocks::{SimTime, Span};
use mockdc_scenarios::{
    Cause, Claim, Condition, Moments, Pattern, Plan, ScriptAct, ScriptStart, ScriptStep, Trigger,
};

use super::{Event, StateView, matches, template};

/// A run so far, as conditions see it.
#[derive(Clone, Debug, Default)]
pub struct Live {
    view: StateView,
    tracked: Vec<Tracked>,
    now: SimTime,
}

/// A pattern that a condition speaks of, with the events so far that match it.
#[derive(Clone, Debug)]
struct Tracked {
    pattern: Pattern,
    hits: Hits,
}

#[derive(Clone, Debug)]
enum Hits {
    Counted {
        count: u64,
        last: Option<SimTime>,
    },
    /// The pattern holds `${kept}`: which events match is known only when it is asked. These may, each with the
    /// actors that had started before it.
    Kept {
        loose: Pattern,
        events: Vec<(Event, StateView)>,
    },
}

/// Events that match a pattern so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The instant of the last one.
    pub last: Option<SimTime>,
}

impl Live {
    /// Ready for every condition that the plan's steps and scripts ask while the run goes on.
    pub fn for_plan(plan: &Plan) -> Live {
        let mut live = Live { view: StateView::without_states(), ..Live::default() };
        for step in &plan.steps {
            live.register_trigger(&step.trigger);
        }
        for script in &plan.scripts {
            if let ScriptStart::Trigger(trigger) = &script.start {
                live.register_trigger(trigger);
            }
            live.register_steps(&script.steps);
        }
        live
    }

    /// Ready for these conditions.
    pub fn for_conditions<'a>(conditions: impl IntoIterator<Item = &'a Condition>) -> Live {
        let mut live = Live { view: StateView::without_states(), ..Live::default() };
        for condition in conditions {
            live.register(condition);
        }
        live
    }

    /// Ready for every condition and pattern of these claims.
    pub fn for_claims<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> Live {
        let mut live = Live { view: StateView::without_states(), ..Live::default() };
        for claim in claims {
            live.register_claim(claim);
        }
        live
    }

    /// Makes ready for a condition. Events that came before are not counted for it.
    pub fn register(&mut self, condition: &Condition) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|part| self.register(part))
            }
            Condition::Not(part) => self.register(part),
            Condition::State { .. } => self.keep_states(),
            Condition::Happened { event, .. } | Condition::Age { of: event, .. } => self.track(event),
            Condition::Result { .. } | Condition::Kept { .. } | Condition::Clock { .. } => {}
        }
    }

    /// Counts the events that match `pattern` from now on.
    pub fn track(&mut self, pattern: &Pattern) {
        if self.tracked.iter().any(|tracked| tracked.pattern == *pattern) {
            return;
        }
        if needs_states(pattern) {
            self.keep_states();
        }
        let hits = match template::loosened(pattern) {
            None => Hits::Counted { count: 0, last: None },
            Some(loose) => Hits::Kept { loose, events: Vec::new() },
        };
        self.tracked.push(Tracked { pattern: pattern.clone(), hits });
    }

    fn keep_states(&mut self) {
        self.view.keep_states();
    }

    fn register_trigger(&mut self, trigger: &Trigger) {
        match trigger {
            Trigger::When { what: Cause::Condition(condition), .. } => self.register(condition),
            Trigger::When { what: Cause::Event(pattern), .. } => {
                if needs_states(pattern) {
                    self.keep_states();
                }
            }
            Trigger::At(_) | Trigger::Every { .. } => {}
        }
    }

    fn register_steps(&mut self, steps: &[ScriptStep]) {
        for step in steps {
            match &step.act {
                ScriptAct::Wait { until, polling, .. } => {
                    self.register(until);
                    if let Some(polling) = polling {
                        self.register_steps(std::slice::from_ref(polling));
                    }
                }
                ScriptAct::If { condition, then, otherwise } => {
                    self.register(condition);
                    self.register_steps(then);
                    self.register_steps(otherwise);
                }
                ScriptAct::FirstOf(alternatives) => {
                    alternatives.iter().for_each(|steps| self.register_steps(steps));
                }
                _ => {}
            }
        }
    }

    fn register_claim(&mut self, claim: &Claim) {
        match claim {
            Claim::State { condition, when } => {
                self.register(condition);
                if let Moments::NeverWhile(other) = when {
                    self.register(other);
                }
                if let Moments::JustBefore(pattern) | Moments::JustAfter(pattern) = when
                    && needs_states(pattern)
                {
                    self.keep_states();
                }
            }
            Claim::OfMany { claims, .. } => claims.iter().for_each(|claim| self.register_claim(claim)),
            _ => {}
        }
    }

    /// Takes the next event in.
    pub fn apply(&mut self, event: &Event) {
        let view = &self.view;
        for tracked in &mut self.tracked {
            match &mut tracked.hits {
                Hits::Counted { count, last } => {
                    if matches(&tracked.pattern, event, Some(view)) {
                        *count += 1;
                        *last = Some(event.at);
                    }
                }
                Hits::Kept { loose, events } => {
                    if matches(loose, event, Some(view)) {
                        events.push((event.clone(), view.actors_alone()));
                    }
                }
            }
        }
        self.view.apply(event);
        self.now = self.now.max(event.at);
    }

    /// The clock has reached `now`; events may follow at this same instant.
    pub fn advance(&mut self, now: SimTime) {
        self.now = self.now.max(now);
    }

    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The state of the run.
    pub fn view(&self) -> &StateView {
        &self.view
    }

    /// The events so far that match `pattern`, in which `resolve` says what `${name}` stands for now. A pattern that
    /// nobody made ready for has none.
    pub fn tally(&self, pattern: &Pattern, resolve: impl Fn(&str) -> Option<String>) -> Tally {
        let Some(tracked) = self.tracked.iter().find(|tracked| tracked.pattern == *pattern) else {
            return Tally::default();
        };
        match &tracked.hits {
            Hits::Counted { count, last } => Tally { count: *count, last: *last },
            Hits::Kept { events, .. } => {
                let exact = template::resolved(pattern, resolve);
                let mut tally = Tally::default();
                for (event, actors) in events {
                    // The loose pattern has looked at the state; only names are left to compare.
                    if matches(&exact, event, (!needs_states(&exact)).then_some(actors)) {
                        tally = Tally { count: tally.count + 1, last: Some(event.at) };
                    }
                }
                tally
            }
        }
    }

    /// The time since the last event that matches; `None` before the first.
    pub fn age(&self, pattern: &Pattern, resolve: impl Fn(&str) -> Option<String>) -> Option<Span> {
        self.tally(pattern, resolve).last.map(|last| self.now.since(last))
    }
}

/// Whether telling a match needs the state before the event.
pub(crate) fn needs_states(pattern: &Pattern) -> bool {
    matches!(pattern, Pattern::Visible { .. } | Pattern::Gone { .. } | Pattern::ComponentStatus { .. })
}
