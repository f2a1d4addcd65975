//! Time zones by the names that Windows writes into logs.

/// Minutes to be added for universal time. Names without `Daylight` and `Summer` are the standard time.
const ZONES: &[(&str, i32)] = &[
    ("Hawaiian", 600),
    ("Alaskan", 540),
    ("Pacific", 480),
    ("US Mountain", 420),
    ("Mountain", 420),
    ("Central", 360),
    ("Eastern", 300),
    ("Atlantic", 240),
    ("E. South America", 180),
    ("Greenwich", 0),
    ("GMT", 0),
    ("W. Europe", -60),
    ("Central Europe", -60),
    ("Central European", -60),
    ("Romance", -60),
    ("E. Europe", -120),
    ("GTB", -120),
    ("South Africa", -120),
    ("Israel", -120),
    ("Russian", -180),
    ("India", -330),
    ("China", -480),
    ("W. Australia", -480),
    ("Tokyo", -540),
    ("Korea", -540),
    ("AUS Eastern", -600),
    ("New Zealand", -720),
];

/// Minutes that a zone's name adds for universal time; `None` for a name that is not known.
pub(super) fn bias_of(name: &str) -> Option<i32> {
    let (stem, daylight) = match (name.strip_suffix(" Daylight Time"), name.strip_suffix(" Standard Time")) {
        (Some(stem), _) => (stem, 60),
        (_, Some(stem)) => (stem, 0),
        _ => return matches!(name, "UTC" | "GMT" | "Coordinated Universal Time").then_some(0),
    };
    ZONES.iter().find(|(zone, _)| *zone == stem).map(|(_, bias)| bias - daylight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_is_an_hour_nearer_to_universal_time_in_the_west() {
        assert_eq!(bias_of("Pacific Standard Time"), Some(480));
        assert_eq!(bias_of("Pacific Daylight Time"), Some(420));
        assert_eq!(bias_of("GMT Daylight Time"), Some(-60));
        assert_eq!(bias_of("Narnia Standard Time"), None);
    }
}
