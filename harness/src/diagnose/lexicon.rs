//! Which step of an install a message is: the wordings of all profiles, and lines that only articles print.

use std::collections::BTreeMap;

use mockdc_scenarios::{KNOWN_LINES, Profile};
use serde::Deserialize;

/// All known lines.
#[derive(Debug)]
pub struct Lexicon {
    lines: Vec<Line>,
    /// Lines by the first byte of their text.
    heads: Vec<Vec<u16>>,
    /// Lines that begin with a value.
    headless: Vec<u16>,
}

/// A line that is known.
#[derive(Debug)]
struct Line {
    step: String,
    parts: Vec<Part>,
    /// The longest text within it, to look for first.
    longest: memchr::memmem::Finder<'static>,
    profiles: Vec<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(String),
}

/// A message that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<'l, 'm> {
    /// The step, by the name that it has in profiles: `group-failed`.
    pub step: &'l str,
    /// The values in it.
    pub values: Vec<(&'l str, &'m str)>,
    /// The profiles whose wording this is; none for a line that only articles print.
    pub profiles: &'l [&'static str],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Extra {
    line: Vec<ExtraLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtraLine {
    step: String,
    text: String,
    #[serde(rename = "source")]
    _source: String,
}

/// Why there is no lexicon. Both sources are built in, so users never see this.
#[derive(Debug, thiserror::Error)]
#[error("the built-in lines are broken: {0}")]
pub struct LexiconError(String);

impl Lexicon {
    /// The lines of all built-in profiles and of `scenarios/diagnosis/lines.toml`.
    pub fn built_in() -> Result<Lexicon, LexiconError> {
        let broken = |error: &dyn std::fmt::Display| LexiconError(error.to_string());
        let mut wordings: BTreeMap<(String, String), Vec<&'static str>> = BTreeMap::new();
        for name in Profile::names() {
            let profile = Profile::resolve(name, &toml::Table::new()).map_err(|error| broken(&error))?;
            let lines = toml::Table::try_from(&profile.log.lines).map_err(|error| broken(&error))?;
            for (step, text) in lines {
                let Some(text) = text.as_str().filter(|text| !text.is_empty()) else { continue };
                wordings.entry((step, text.to_owned())).or_default().push(name);
            }
        }
        let extra: Extra = toml::from_str(KNOWN_LINES).map_err(|error| broken(&error))?;
        for ExtraLine { step, text, .. } in extra.line {
            wordings.entry((step, text)).or_default();
        }
        let lines = wordings.into_iter().map(|((step, text), profiles)| Line::new(step, &text, profiles));
        Ok(Lexicon::of(lines.collect()))
    }

    fn of(lines: Vec<Line>) -> Lexicon {
        let mut heads = vec![Vec::new(); 256];
        let mut headless = Vec::new();
        for (number, line) in (0u16..).zip(&lines) {
            match line.parts.first() {
                Some(Part::Text(text)) => heads[usize::from(text.as_bytes()[0])].push(number),
                _ => headless.push(number),
            }
        }
        Lexicon { lines, heads, headless }
    }

    /// The step of a message, if it is a known one. Line ends (`~`) around it do not count.
    pub fn recognise<'l, 'm>(&'l self, message: &'m str) -> Option<Known<'l, 'm>> {
        let message = trimmed(message);
        let head = usize::from(*message.as_bytes().first()?);
        let candidates = self.heads[head].iter().chain(&self.headless);
        candidates.map(|number| &self.lines[usize::from(*number)]).find_map(|line| {
            let values = line.matches(message)?;
            Some(Known { step: &line.step, values, profiles: &line.profiles })
        })
    }

    /// The names of all steps.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.step.as_str())
    }
}

impl Line {
    fn new(step: String, text: &str, profiles: Vec<&'static str>) -> Line {
        let parts = parts(trimmed(text));
        let texts = parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Place(_) => None,
        });
        let longest = texts.max_by_key(|text| text.len()).unwrap_or_default();
        let longest = memchr::memmem::Finder::new(longest).into_owned();
        Line { step, parts, longest, profiles }
    }

    fn matches<'l, 'm>(&'l self, message: &'m str) -> Option<Vec<(&'l str, &'m str)>> {
        if let Some(Part::Text(head)) = self.parts.first() {
            if !message.starts_with(head.as_str()) {
                return None;
            }
        } else {
            self.longest.find(message.as_bytes())?;
        }
        let mut rest = message;
        let mut values = Vec::new();
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Text(text) => rest = rest.strip_prefix(text.as_str())?,
                Part::Place(name) => {
                    let end = match parts.peek() {
                        Some(Part::Text(text)) => rest.find(text.as_str())?,
                        _ => rest.len(),
                    };
                    let value = &rest[..end];
                    if !fits(name, value) {
                        return None;
                    }
                    values.push((name.as_str(), value));
                    rest = &rest[end..];
                }
            }
        }
        rest.is_empty().then_some(values)
    }
}

/// Without the line ends and blanks around.
pub(super) fn trimmed(message: &str) -> &str {
    message.trim_matches(|letter: char| letter == '~' || letter.is_whitespace())
}

fn fits(place: &str, value: &str) -> bool {
    match place {
        "code" => value.strip_prefix('-').unwrap_or(value).parse::<u64>().is_ok(),
        "hex" => u64::from_str_radix(value, 16).is_ok(),
        _ => true,
    }
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|close| open + close) else { break };
        if open > 0 {
            parts.push(Part::Text(rest[..open].to_owned()));
        }
        parts.push(Part::Place(rest[open + 1..close].to_owned()));
        rest = &rest[close + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_told_by_the_wording_of_any_profile() -> Result<(), LexiconError> {
        let lexicon = Lexicon::built_in()?;
        let known = |message| lexicon.recognise(message).map(|known| known.step.to_owned());
        assert_eq!(known("Waiting for PDC/BDC Sync (2221)").as_deref(), Some("waits"));
        assert_eq!(known("--->Wait Waiting for PDC/BDC Sync (2221)").as_deref(), Some("ccm-waits"));
        assert_eq!(known("Finished CliEx processing.~").as_deref(), Some("library-ends"));
        assert_eq!(known("Waiting for PDC/BDC Sync (soon)"), None);
        assert_eq!(known("NetServerGetInfo failed (2138)~").as_deref(), Some("server-failed"));
        assert_eq!(known("something else"), None);
        let refused = r#"***ERROR: Unable to launch "C:\x\ODPUSR32.exe " - Error : 1314"#;
        let found = lexicon.recognise(refused).unwrap();
        assert_eq!(found.values, [("path", r"C:\x\ODPUSR32.exe"), ("code", "1314")]);
        let run_together = r#""C:\x\ODPUSR32.exe " - Error : 1314*** A - Error launching (#0x3EB)!!!WARNING"#;
        let found = lexicon.recognise(run_together).unwrap();
        assert_eq!((found.step, found.values[1]), ("launch-refused", ("code", "1314")));
        let later = lexicon.recognise("Warning: Could not launch/register CCIM - 1326").unwrap();
        assert!(later.profiles.contains(&"sms-2.0-sp3") && !later.profiles.contains(&"sms-2.0-rtm"));
        let share = r"---> Attempting to connect to administrative share '\\BDC1\admin$' using account 'CORP\SMSService'";
        let found = lexicon.recognise(share).unwrap();
        assert_eq!(found.values, [("host", "BDC1"), ("share", "admin$"), ("account", r"CORP\SMSService")]);
        Ok(())
    }
}
