//! Commands as a shell reads them.

/// Words joined to a command that a POSIX shell splits into the same words.
pub fn quoted<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words.into_iter().map(quoted_word).collect::<Vec<_>>().join(" ")
}

fn quoted_word(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_take_apart_is_quoted() {
        assert_eq!(
            quoted(["mockdc", "run", "kb/a.toml", "--name", "a[b=1]", "it's", ""]),
            r"mockdc run kb/a.toml --name 'a[b=1]' 'it'\''s' ''"
        );
    }

    #[test]
    fn a_real_shell_gives_the_words_back() {
        let words = ["a b", "$HOME", "`x`", "tab\there", "quote'd", "*", "back\\slash", "[0]"];
        let command = format!("printf '%s\\n' {}", quoted(words));
        let Ok(output) = std::process::Command::new("sh").arg("-c").arg(command).output() else { return };
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed.lines().collect::<Vec<_>>(), words);
    }
}
