//! The articles that the catalogue replays, each with what it says in a line (FACTS.md).

/// The condition of an article, in a line: what has to come together for it. `None` for an article, or another source,
/// that the catalogue does not know.
pub fn condition(article: &str) -> Option<&'static str> {
    CONDITIONS.binary_search_by_key(&article, |row| row.0).ok().map(|place| CONDITIONS[place].1)
}

/// Articles in ascending order.
const CONDITIONS: &[(&str, &str)] = &[
    ("KB214678", "controllers of one site are told of a change minutes after it, one after the other"),
    ("KB216993", "a deletion is remembered for a limited time, and wins over edits made elsewhere"),
    ("KB218614", "an account of one name is made at two controllers before they hear of each other"),
    (
        "KB225511",
        "a wrong password is asked again at the PDC emulator, unless that is in another site and avoided",
    ),
    ("KB317097", "a controller comes back after deletions that it missed were forgotten"),
    ("KB825916", "a group is edited at two controllers below the level that replicates members one by one"),
    (
        "KB828371",
        "policy defines one of five user rights without the client's account, and the service restarts or its cycle ends",
    ),
    (
        "KB875495",
        "a controller goes back to a copy of its disk, and gives out numbers that its partners know already",
    ),
    ("Q140967", "a BDC that sees a wrong password asks the PDC; an account that it does not know it refuses"),
    ("Q149664", "an administrator synchronises one BDC, or the whole domain, without waiting for the pulse"),
    ("Q153375", "accounts, local groups and rights are databases with a serial number each"),
    ("Q160324", "a member's account has not arrived at its controller, or has another password there"),
    ("Q167029", "a member sets up its secure channel with the controller that answers first"),
    ("Q175024", "the trust between a member and the domain fails because their passwords differ"),
    ("Q175468", "members change the password of their account by themselves"),
    ("Q199234", "one name stands for the account of each machine, and one for that of all controllers"),
    ("Q207429", "the Server or the Workstation service is stopped"),
    ("Q217044", "accounts of a removed site are left over with passwords that nobody knows"),
    (
        "Q221218",
        "a minimum password age is set, the target is a controller, and the product is the first release",
    ),
    ("Q223138", "a controller's client accounts lack \"Increase quotas\""),
    ("Q228866", "a site link has hours, and its interval begins anew when it opens"),
    ("Q231232", "23 hours have passed since the client's last maintenance"),
    (
        "Q231399",
        "accounts of one name have two passwords, and a client process touches the other one's domain",
    ),
    ("Q232653", "inventory reads a drive that somebody has mapped with other credentials"),
    ("Q235745", "setup on a BDC leaves out what only the PDC can make"),
    ("Q236048", "setup does not reach the PDC, and goes on"),
    ("Q238191", "a group changes that has many members, and its whole list travels"),
    ("Q241982", "a drive letter stands for a network path while the bootstrap account is in use"),
    ("Q242492", "the others' configuration cannot be read for a moment and is taken to be absent"),
    ("Q242926", "two requests for one machine are pending at once"),
    ("Q244382", "the PDC serves so many BDCs at a time, in its own order"),
    ("Q245649", "a BDC synchronises fully every 15 minutes, and the others wait"),
    ("Q253647", "NetGetDCName finds no PDC"),
    ("Q256123", "a service account's password was changed by hand, and a service starts with the stored one"),
    ("Q256198", "a driver's search touches a mapped drive"),
    ("Q257269", "CCM tries its account under the names of other domains"),
    ("Q260827", "a session to the PDC under other credentials stands already"),
    ("Q264630", "the target cannot be reached: an attempt an hour, for 7 days"),
    ("Q264697", "a service's account may not log on as a service"),
    ("Q265882", "the domain's name has fewer than four characters, and the product is SP2"),
    ("Q266729", "each database of a domain is compared and synchronised by itself"),
    ("Q268169", "the client's account lacks rights when its maintenance comes round"),
    ("Q271724", "an account needs longer to reach the target than the longest wait"),
    ("Q280532", "a domain policy defines \"Log on as a service\" without the client's account"),
    ("Q282289", "the domain demands longer passwords than the product makes"),
    ("Q295771", "Administrators is a restricted group that does not list the client's accounts"),
    ("Q297857", "the French SP3's Ccm.dll does not read the longest wait from the registry"),
    ("Q304961", "the loader stops before its child has seen its account at the target, and 15 minutes pass"),
    ("Q307434", "two look-ups of a controller find two, and one does not have the account yet"),
    ("Q311127", "a client's account leaves a Domain Users group that has many members"),
    ("Q318396", "a password has more than 14 characters"),
    ("Q320235", "the same as KB828371, with the clients of SMS 2.0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_ascends_so_that_look_ups_find() {
        assert!(CONDITIONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(condition("Q304961").is_some() && condition("Q304962").is_none());
    }

    #[test]
    fn a_condition_is_one_short_line() {
        for (article, condition) in CONDITIONS {
            assert!(!condition.contains('\n') && condition.len() <= 120, "{article}");
        }
    }
}
