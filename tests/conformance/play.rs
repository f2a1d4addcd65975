//! One sequence, played at the fake and at a subject side by side.

use crate::acts::Names;
use crate::compare::{Answer, Difference, Subject, differences};
use crate::direct::Direct;
use crate::known::Known;
use crate::picture::has_lost_names;
use crate::run::Report;
use crate::sequence::{Sequence, Step};
use crate::witness;

/// Plays a sequence at both; gives the first difference that is not listed. A listed one ends the sequence where the two
/// have gone different ways.
pub(crate) async fn play(
    subject: &mut impl Subject,
    sequence: &Sequence,
    number: &mut u64,
    known: &mut Known,
    report: &mut Report,
) -> Option<Difference> {
    *number += 1;
    let names = Names(*number);
    let mut fake = Direct::new();
    let policy = sequence.circumstances();
    let mut arrivals = Vec::new();
    for begun in [fake.begin(names, sequence).await, subject.begin(names, sequence).await] {
        if let Err(problem) = begun {
            return Some(strange(0, 0, "begin", problem));
        }
    }
    for (step, action) in sequence.steps.iter().enumerate() {
        let mut found = Vec::new();
        match action {
            Step::Act { at, act } => {
                report.operations += 1;
                let verb = act.verb(names, sequence);
                let (one, other) =
                    (fake.act(step, *at, act, &verb).await, subject.act(step, *at, act, &verb).await);
                found.extend(answers(step, *at, verb.kind().as_str(), &one, &other));
            }
            Step::Synchronize { to } => {
                report.synchronisations += 1;
                found.extend(look(&mut fake, subject, step, report).await);
                if found.iter().all(|difference| known.meets(difference, &policy) == Some(false)) {
                    let one = fake.synchronize(step, *to).await;
                    let other = match witness::pull(subject, step, *to, &mut arrivals).await {
                        Ok(done) => done,
                        Err(problem) => return Some(strange(step, *to, "synchronize", problem)),
                    };
                    if one != other {
                        let word = |done: bool| if done { "done" } else { "refused" }.to_owned();
                        found.push(Difference {
                            fake: word(one),
                            subject: word(other),
                            ..strange(step, *to, "synchronize", String::new())
                        });
                    }
                    found.extend(look(&mut fake, subject, step, report).await);
                }
            }
            Step::Part | Step::Heal => {
                let parted = matches!(action, Step::Part);
                if let Err(problem) = subject.part(step, parted).await {
                    return Some(strange(step, 0, "part", problem));
                }
            }
            Step::Days => {
                for passed in [fake.days(step).await, subject.days(step).await] {
                    if let Err(problem) = passed {
                        return Some(strange(step, 0, "days", problem));
                    }
                }
            }
        }
        let last = step + 1 == sequence.steps.len();
        if found.is_empty() && last {
            found = look(&mut fake, subject, step, report).await;
        }
        // What becomes of accounts that share a name is each implementation's own.
        let conflict = matches!(action, Step::Synchronize { .. })
            && fake.pictures(step).await.iter().flatten().any(has_lost_names);
        if last && !conflict && found.iter().all(|difference| known.meets(difference, &policy) == Some(false))
        {
            found.extend(witness::compare(subject, (sequence, names), &arrivals, report).await);
        }
        let mut ends = false;
        for difference in &found {
            *report.differences.entry(difference.kind()).or_default() += 1;
            match known.meets(difference, &policy) {
                Some(end) => ends |= end,
                None => return Some(difference.clone()),
            }
        }
        if ends || conflict {
            report.ended_early += 1;
            break;
        }
    }
    None
}

/// The difference of two answers: the code first, then its form on the wire.
fn answers(step: usize, at: usize, what: &str, fake: &Answer, subject: &Answer) -> Option<Difference> {
    let difference = |attribute: &str, fake: String, subject: String| Difference {
        attribute: attribute.to_owned(),
        fake,
        ..strange(step, at, what, subject)
    };
    if fake.outcome() != subject.outcome() {
        return Some(difference("", fake.outcome(), subject.outcome()));
    }
    // Where the subject leaves the number out, there is nothing to compare it with.
    let (one, other) = (fake.wire(), subject.wire());
    let agree = one == other || one.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with(' '));
    (!agree).then(|| difference("wire", one, other))
}

/// Both controllers at both.
async fn look(
    fake: &mut Direct,
    subject: &mut impl Subject,
    step: usize,
    report: &mut Report,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let both = fake.pictures(step).await.into_iter().zip(subject.pictures(step).await);
    for (at, both) in both.enumerate() {
        report.pictures += 1;
        match both {
            (Ok(one), Ok(other)) => found.extend(differences("picture", (step, at), &one, &other)),
            (Err(problem), _) | (_, Err(problem)) => found.push(strange(step, at, "picture", problem)),
        }
    }
    found
}

pub(crate) fn strange(step: usize, at: usize, what: &str, subject: String) -> Difference {
    let fake = Answer::Done.outcome();
    let (attribute, account) = (String::new(), String::new());
    Difference { step, at, what: what.to_owned(), attribute, account, fake, subject }
}
