//! Did-you-mean.

/// A sentence that offers the nearest of the names, or else lists them.
pub(crate) fn did_you_mean<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    let folded = wrong.to_lowercase();
    let nearest = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&folded, &name.to_lowercase()), *name))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, name)) if distance <= 1 + wrong.chars().count() / 4 => {
            Some(format!("did you mean `{name}`?"))
        }
        Some(_) => Some(format!("there are: {}", list(names))),
        None => None,
    }
}

/// Names in a row, cut when there are many.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let shown = names.len().min(30);
    let mut text = names[..shown].join(", ");
    if names.len() > shown {
        text.push_str(&format!(" and {} more", names.len() - shown));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_mended_and_a_stranger_gets_the_list() {
        assert_eq!(did_you_mean("BCD1", ["PDC1", "BDC1"]).unwrap(), "did you mean `BDC1`?");
        assert_eq!(did_you_mean("mainframe", ["PDC1", "BDC1"]).unwrap(), "there are: `PDC1`, `BDC1`");
        assert_eq!(did_you_mean("x", []), None);
    }
}
