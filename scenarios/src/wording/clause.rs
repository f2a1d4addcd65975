//! The grammar: who does or is what, and where, in each of the forms that sentences need.

/// A main clause with one subject: `SMS#_BDC1 calls PDC1 and is answered 1326`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Who or what.
    pub subject: String,
    /// What it does, one after the other.
    pub predicates: Vec<Predicate>,
    /// Where: ` at PDC1`, with its blank; empty when it is said elsewhere.
    pub place: String,
    /// Whether it is denied.
    pub negated: bool,
}

/// A verb with what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// The third person: `is`, `calls`.
    pub third: &'static str,
    /// The base form: `be`, `call`.
    pub base: &'static str,
    /// What follows, without a blank before it: `deleted`, `PDC1 from BDC1`.
    pub rest: String,
}

impl Predicate {
    /// A verb with what follows it.
    pub fn new(third: &'static str, base: &'static str, rest: impl Into<String>) -> Predicate {
        Predicate { third, base, rest: rest.into() }
    }

    fn with(&self, verb: &str) -> String {
        if self.rest.is_empty() { verb.to_owned() } else { format!("{verb} {}", self.rest) }
    }

    fn is_auxiliary(&self) -> bool {
        matches!(self.third, "is" | "has" | "are" | "have")
    }
}

impl Clause {
    /// `subject` with one predicate.
    pub fn new(
        subject: impl Into<String>,
        third: &'static str,
        base: &'static str,
        rest: impl Into<String>,
    ) -> Clause {
        Clause {
            subject: subject.into(),
            predicates: vec![Predicate::new(third, base, rest)],
            place: String::new(),
            negated: false,
        }
    }

    /// `subject` is `rest`.
    pub fn is(subject: impl Into<String>, rest: impl Into<String>) -> Clause {
        Clause::new(subject, "is", "be", rest)
    }

    /// With a place, as ` at PDC1`.
    pub fn at(self, place: impl Into<String>) -> Clause {
        Clause { place: place.into(), ..self }
    }

    /// With a further predicate.
    pub fn and(mut self, third: &'static str, base: &'static str, rest: impl Into<String>) -> Clause {
        self.predicates.push(Predicate::new(third, base, rest));
        self
    }

    /// Denied when `negated`.
    pub fn negated_if(self, negated: bool) -> Clause {
        Clause { negated: self.negated != negated, ..self }
    }

    /// As a fact: `SMS#_BDC1 is not visible at PDC1`.
    pub fn says(&self) -> String {
        self.sentence(|predicate| match (self.negated, predicate.is_auxiliary()) {
            (false, _) => predicate.with(predicate.third),
            (true, true) => predicate.with(&format!("{} not", predicate.third)),
            (true, false) => predicate.with(&format!("does not {}", predicate.base)),
        })
    }

    /// As a demand: `SMS#_BDC1 should call PDC1 and be answered 1326`.
    pub fn should(&self) -> String {
        let word = if self.negated { "should not" } else { "should" };
        self.demand(word)
    }

    /// As something that never is: `SMS#_BDC1 is never visible at PDC1`.
    pub fn never(&self) -> String {
        if self.predicates.len() > 1 || self.negated {
            return format!("it never happens that {}", self.says());
        }
        self.sentence(|predicate| match predicate.is_auxiliary() {
            true => predicate.with(&format!("{} never", predicate.third)),
            false => predicate.with(&format!("never {}", predicate.third)),
        })
    }

    /// As something that should never be.
    pub fn should_never(&self) -> String {
        if self.predicates.len() > 1 || self.negated {
            return format!("it should never happen that {}", self.says());
        }
        self.demand("should never")
    }

    /// The short answer to a demand that was not met: `is not`, `does not`, `never does`.
    pub fn never_does(&self) -> &'static str {
        match self.predicates.first() {
            Some(predicate) if predicate.third == "is" => "never is",
            _ => "never does",
        }
    }

    /// The short answer to a demand that was met too often or at the wrong time: `is`, `does`.
    pub fn does(&self) -> &'static str {
        match self.predicates.first() {
            Some(predicate) if predicate.third == "is" => "is",
            _ => "does",
        }
    }

    fn demand(&self, word: &str) -> String {
        let mut first = true;
        self.sentence(|predicate| {
            let verb = if first { format!("{word} {}", predicate.base) } else { predicate.base.to_owned() };
            first = false;
            predicate.with(&verb)
        })
    }

    fn sentence(&self, mut form: impl FnMut(&Predicate) -> String) -> String {
        let predicates: Vec<String> = self.predicates.iter().map(&mut form).collect();
        format!("{} {}{}", self.subject, predicates.join(" and "), self.place)
    }
}

/// `text` with a capital at its start, unless its first word is a name.
pub fn sentence(text: &str) -> String {
    const STARTERS: [&str; 14] =
        ["a", "an", "the", "it", "at", "no", "of", "someone", "just", "all", "so", "whenever", "in", "there"];
    let word = text.split(' ').next().unwrap_or_default().trim_end_matches(',');
    let starts = STARTERS.contains(&word)
        || matches!(
            word,
            "as" | "attempt" | "from" | "until" | "exactly" | "before" | "one" | "each" | "every"
        );
    match (starts, text.chars().next()) {
        (true, Some(first)) => format!("{}{}", first.to_uppercase(), &text[first.len_utf8()..]),
        _ => text.to_owned(),
    }
}

/// Items in a row: `A`, `A and B`, `A, B and C`.
pub fn listed<T: AsRef<str>>(items: &[T], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [front @ .., last] => {
            let front: Vec<&str> = front.iter().map(AsRef::as_ref).collect();
            format!("{} {word} {}", front.join(", "), last.as_ref())
        }
    }
}
