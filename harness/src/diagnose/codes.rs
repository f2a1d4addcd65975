//! Error codes in messages: by the place that a known line has for one, or by the way programs print them.

use mockdc_mocks::{Language, Win32Error};

/// The code that the values of a known line hold.
pub(super) fn of_values(values: &[(&str, &str)]) -> Option<u32> {
    let value = |wanted| values.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    if let Some(code) = value("code") {
        return number(code);
    }
    if let Some(hex) = value("hex") {
        return u32::from_str_radix(hex, 16).ok().map(win32);
    }
    value("text").and_then(of_text)
}

/// The code of a system's text, in any language that the model speaks.
pub fn of_text(text: &str) -> Option<u32> {
    let text = super::lexicon::trimmed(text);
    let languages = [Language::English, Language::German, Language::French, Language::Spanish];
    let same = |code: Win32Error, language| trim_point(code.text_in(language)) == trim_point(text);
    // Two codes have the same text; the net's own come second in the table and are the rarer ones.
    Win32Error::known()
        .find(|code| languages.iter().any(|language| same(*code, *language)))
        .map(Win32Error::code)
}

/// The language of a system's text other than English, if it is one of those that the model speaks.
pub fn language_of(text: &str) -> Option<Language> {
    let text = super::lexicon::trimmed(text);
    let others = [Language::German, Language::French, Language::Spanish];
    others.into_iter().find(|language| {
        Win32Error::known().any(|code| {
            let own = code.text_in(*language);
            own != code.text() && trim_point(own) == trim_point(text)
        })
    })
}

fn trim_point(text: &str) -> &str {
    text.trim().trim_end_matches('.')
}

/// The code in a message that no line explains: behind a word that announces one, or in brackets at its end.
pub fn of_message(message: &str) -> Option<u32> {
    const ANNOUNCED: [&str; 9] = [
        "error code: ",
        "Error code: ",
        "Error : ",
        "error: ",
        "Win32 Error: ",
        "return code =",
        "return code = ",
        "returned ",
        "status = ",
    ];
    let announced = ANNOUNCED.iter().filter_map(|mark| {
        let at = message.find(mark)? + mark.len();
        leading_number(&message[at..])
    });
    let in_brackets = || {
        let end = super::lexicon::trimmed(message).trim_end_matches('.').strip_suffix(')')?;
        let inner = &end[end.rfind('(')? + 1..];
        leading_number(inner.trim_start_matches('#'))
    };
    announced.chain(std::iter::once_with(in_brackets).flatten()).next().filter(|code| *code != 0)
}

fn leading_number(text: &str) -> Option<u32> {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|(at, letter)| {
            !(letter.is_ascii_hexdigit() || (*at == 1 && *letter == 'x') || (*at == 0 && *letter == '-'))
        })
        .map_or(text.len(), |(at, _)| at);
    number(&text[..end])
}

/// A code in any of its spellings: `1314`, `0x522`, `0x80070522`, `-2147023582`.
fn number(text: &str) -> Option<u32> {
    if let Some(hex) = text.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16).ok().map(win32);
    }
    let number: i64 = text.parse().ok()?;
    let number = match number {
        0.. => u32::try_from(number).ok()?,
        _ => u32::from_ne_bytes(i32::try_from(number).ok()?.to_ne_bytes()),
    };
    Some(win32(number))
}

/// The Win32 code within a result handle of the facility that stands for Win32.
fn win32(code: u32) -> u32 {
    match code >> 16 {
        0x8007 => code & 0xFFFF,
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_in_every_spelling() {
        assert_eq!(of_message("Warning - could not read files (#2147942405)"), Some(5));
        assert_eq!(of_message("x returned -2147467259"), Some(0x8000_4005));
        assert_eq!(of_message("Failed to connect, error code: 67"), Some(67));
        assert_eq!(of_message("NetpJoin: status = 0x8007052e"), Some(1326));
        assert_eq!(of_message("all is well (0)"), None);
        assert_eq!(of_message("took 5 minutes"), None);
        assert_eq!(of_text("Logon failure: unknown user name or bad password."), Some(1326));
        let french = "Échec d'ouverture de session : nom d'utilisateur inconnu ou mot de passe incorrect.";
        assert_eq!((of_text(french), language_of(french)), (Some(1326), Some(Language::French)));
        assert_eq!(language_of("Access is denied."), None);
    }
}
