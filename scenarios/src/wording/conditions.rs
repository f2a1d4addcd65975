//! Conditions: `SMS&_BDC1 is visible at PDC1 and at BDC1, and SMS#_BDC1 is not visible at PDC1`.

use mockdc_mocks::{Name, Value};

use super::{Clause, listed, pattern_clause, state_clause, value_words, values::compared};
use crate::{Comparison, Condition};

/// A condition as a fact.
pub fn condition_says(condition: &Condition) -> String {
    told(condition, &Clause::says)
}

/// A condition as a demand.
pub fn condition_should(condition: &Condition) -> String {
    told(condition, &Clause::should)
}

/// A condition as something that never holds.
pub fn condition_never(condition: &Condition) -> String {
    match condition_clause(condition) {
        Some(clause) => clause.never(),
        None => format!("it is never so that {}", condition_says(condition)),
    }
}

/// A condition as something that should never hold.
pub fn condition_should_never(condition: &Condition) -> String {
    match condition_clause(condition) {
        Some(clause) => clause.should_never(),
        None => format!("it should never be so that {}", condition_says(condition)),
    }
}

/// The time in which a condition holds: `while SMS#_BDC1 is visible at PDC1`, `before 30m`.
pub fn condition_while(condition: &Condition) -> String {
    match condition {
        Condition::Clock { from } => format!("from {from} on"),
        Condition::Not(part) => match &**part {
            Condition::Clock { from } => format!("before {from}"),
            _ => format!("while {}", condition_says(condition)),
        },
        _ => format!("while {}", condition_says(condition)),
    }
}

/// A condition that is one clause.
pub fn condition_clause(condition: &Condition) -> Option<Clause> {
    Some(match condition {
        Condition::All(parts) | Condition::Any(parts) => match parts.as_slice() {
            [part] => condition_clause(part)?,
            _ => return None,
        },
        Condition::Not(part) => condition_clause(part)?.negated_if(true),
        Condition::State { at, key, is } => state_clause(at, key, is),
        Condition::Result { script, step, is } => {
            let subject = format!("the step \"{step}\"{}", of_script(script));
            match is {
                Comparison::Present => Clause::new(subject, "has", "have", "run"),
                Comparison::Absent => Clause::new(subject, "has", "have", "run").negated_if(true),
                Comparison::Equal(Value::Number(0)) => Clause::new(subject, "has", "have", "succeeded"),
                Comparison::Unequal(Value::Number(0)) => Clause::new(subject, "has", "have", "failed"),
                Comparison::Equal(value) => {
                    Clause::new(subject, "has", "have", format!("ended with {}", value_words(value)))
                }
                other => compared(Clause::is(format!("the code of {subject}"), ""), other, value_words),
            }
        }
        Condition::Kept { script, name, is } => compared(
            Clause::is(format!("the kept value \"{name}\"{}", of_script(script)), ""),
            is,
            value_words,
        ),
        Condition::Happened { event, count } => {
            let (often, negated) = match count {
                Comparison::Present | Comparison::AtLeast(Value::Number(1)) => (String::new(), false),
                Comparison::Absent
                | Comparison::Equal(Value::Number(0))
                | Comparison::AtMost(Value::Number(0)) => (String::new(), true),
                Comparison::Equal(value) => (format!(" {} times", value_words(value)), false),
                Comparison::Unequal(value) => (format!(" {} times", value_words(value)), true),
                Comparison::AtLeast(value) => (format!(" at least {} times", value_words(value)), false),
                Comparison::AtMost(value) => (format!(" at most {} times", value_words(value)), false),
                Comparison::Contains(part) => (format!(" a number of times with \"{part}\""), false),
            };
            let rest = format!("happened{often} that {}", pattern_clause(event).says());
            Clause::new("it", "has", "have", rest).negated_if(negated)
        }
        Condition::Age { of, at_least } => {
            let rest = format!("at least {at_least} since the last time that {}", pattern_clause(of).says());
            Clause::is("it", rest)
        }
        Condition::Clock { from } => Clause::is("it", format!("{from} or later")),
    })
}

fn told(condition: &Condition, form: &dyn Fn(&Clause) -> String) -> String {
    let (parts, word) = match condition {
        Condition::All(parts) => (parts, "and"),
        Condition::Any(parts) => (parts, "or"),
        Condition::Not(part) if condition_clause(part).is_none() => {
            let not = Clause::is("it", format!("so that {}", condition_says(part))).negated_if(true);
            return form(&not);
        }
        other => return condition_clause(other).map(|clause| form(&clause)).unwrap_or_default(),
    };
    let mut clauses = Vec::new();
    let mut others = Vec::new();
    for part in parts {
        match condition_clause(part) {
            Some(clause) => clauses.push(clause),
            // `or` inside `and` needs a word in front to be read rightly.
            None if parts.len() > 1 && word == "and" => {
                others.push(format!("either {}", self::told(part, form)))
            }
            None => others.push(self::told(part, form)),
        }
    }
    let told: Vec<String> = joined(clauses, word).iter().map(form).chain(others).collect();
    match told.len() {
        0 => "nothing is asked".to_owned(),
        2 => format!("{}, {word} {}", told[0], told[1]),
        _ => listed(&told, word),
    }
}

/// Clauses that say the same of several places or of several subjects become one.
fn joined(clauses: Vec<Clause>, word: &str) -> Vec<Clause> {
    let mut places: Vec<(Clause, Vec<String>)> = Vec::new();
    for clause in clauses {
        let place = clause.place.trim_start().to_owned();
        let same = |known: &Clause| {
            (&known.subject, &known.predicates, known.negated)
                == (&clause.subject, &clause.predicates, clause.negated)
        };
        // `not at A or at B` would be read as neither.
        let mergeable = |places: &[String]| {
            !places[0].is_empty() && !place.is_empty() && (word == "and" || !clause.negated)
        };
        match places.iter_mut().find(|(known, places)| same(known) && mergeable(places)) {
            Some((_, places)) if !places.contains(&place) => places.push(place),
            Some(_) => {}
            None => places.push((clause, vec![place])),
        }
    }
    let mut subjects: Vec<(Clause, Vec<String>)> = Vec::new();
    for (clause, places) in places {
        let place = listed(&places, word);
        let clause = Clause { place: if place.is_empty() { place } else { format!(" {place}") }, ..clause };
        let same = |known: &Clause| {
            (&known.place, &known.predicates, known.negated)
                == (&clause.place, &clause.predicates, clause.negated)
                && clause.predicates.len() == 1
                && clause.predicates[0].third == "is"
                && word == "and"
        };
        match subjects.iter_mut().find(|(known, _)| same(known)) {
            Some((_, subjects)) => subjects.push(clause.subject),
            None => {
                let subject = clause.subject.clone();
                subjects.push((clause, vec![subject]));
            }
        }
    }
    let plural = |(mut clause, subjects): (Clause, Vec<String>)| {
        if subjects.len() > 1 {
            clause.subject = listed(&subjects, "and");
            clause.predicates.iter_mut().for_each(|predicate| predicate.third = "are");
        }
        clause
    };
    let mut told: Vec<Clause> = Vec::new();
    for clause in subjects.into_iter().map(plural) {
        let same = |known: &Clause| {
            (&known.subject, &known.place, known.negated) == (&clause.subject, &clause.place, clause.negated)
                && known.predicates.len() == 1
                && known.predicates[0].third == "holds"
                && clause.predicates[0].third == "holds"
                && (word == "and" || !clause.negated)
        };
        match told.iter_mut().find(|known| same(known)) {
            Some(known) => {
                let word = if known.negated { "nor" } else { word };
                let rest = &mut known.predicates[0].rest;
                *rest = format!("{rest} {word} {}", clause.predicates[0].rest);
            }
            None => told.push(clause),
        }
    }
    told
}

fn of_script(script: &Option<Name>) -> String {
    script.as_ref().map_or_else(String::new, |script| format!(" of the script \"{script}\""))
}
