use std::sync::Arc;

use proptest::prelude::*;

use crate::policy::{AppliedLink, Container, Level, PolicyObject, resolve};
use crate::{AccountKey, DisabledHalf, Name, Right};

fn object(name: &str, holder: &str) -> PolicyObject {
    let mut object = PolicyObject::new(name.into());
    object.template.define_right(Right::ServiceLogon, vec![holder.into()]);
    object
}

fn link(object: PolicyObject) -> AppliedLink {
    AppliedLink { object: Arc::new(object), enabled: true, enforced: false }
}

fn enforced(object: PolicyObject) -> AppliedLink {
    AppliedLink { enforced: true, ..link(object) }
}

fn container(level: Level, links: Vec<AppliedLink>) -> Container {
    Container { level, links, blocks_inheritance: false }
}

/// Who decides "log on as a service", or nothing.
fn decider(containers: &[Container]) -> Option<String> {
    resolve(containers).rights.get(&Right::ServiceLogon).map(|decided| decided.by.to_string())
}

fn site_domain_units() -> Vec<Container> {
    vec![
        container(Level::Site, vec![link(object("Site", "a"))]),
        container(Level::Domain, vec![link(object("Domain", "b"))]),
        container(Level::Unit, vec![link(object("Outer", "c"))]),
        container(Level::Unit, vec![link(object("Inner", "d"))]),
    ]
}

#[test]
fn the_nearest_container_wins() {
    let mut containers = site_domain_units();
    for expected in ["Inner", "Outer", "Domain", "Site"] {
        assert_eq!(decider(&containers).as_deref(), Some(expected));
        containers.pop();
    }
    assert_eq!(decider(&containers), None);
}

#[test]
fn what_is_not_defined_nearer_comes_from_farther_and_lists_are_not_merged() {
    let mut nearer = PolicyObject::new("Nearer".into());
    nearer.template.define_right(Right::Tcb, Vec::new());
    let containers = [
        container(
            Level::Domain,
            vec![link({
                let mut domain = object("Domain", "b");
                domain.template.define_right(Right::Tcb, vec!["b".into()]);
                domain
            })],
        ),
        container(Level::Unit, vec![link(nearer)]),
    ];
    let resolved = resolve(&containers);
    assert_eq!(resolved.rights[&Right::ServiceLogon].value, [Name::from("b")]);
    assert!(resolved.rights[&Right::Tcb].value.is_empty(), "defined and empty replaces: nobody");
    assert_eq!(resolved.rights[&Right::Tcb].by, "Nearer");
    assert_eq!(resolved.deciders(false), ["Domain", "Nearer"]);
}

#[test]
fn link_order_one_is_the_strongest_of_its_container() {
    let links = vec![link(object("First", "a")), link(object("Second", "b"))];
    assert_eq!(decider(&[container(Level::Domain, links)]).as_deref(), Some("First"));
}

#[test]
fn a_disabled_link_or_computer_half_does_not_count() {
    let mut off = link(object("Off", "a"));
    off.enabled = false;
    let half = |disabled| link(PolicyObject { disabled: Some(disabled), ..object("Half", "a") });
    for (first, expected) in [
        (off, "Second"),
        (half(DisabledHalf::Computer), "Second"),
        (half(DisabledHalf::All), "Second"),
        (half(DisabledHalf::User), "Half"),
    ] {
        let containers = [container(Level::Domain, vec![first, link(object("Second", "b"))])];
        assert_eq!(decider(&containers).as_deref(), Some(expected));
    }
}

#[test]
fn an_enforced_link_wins_over_everything_nearer_and_the_highest_of_them_over_all() {
    let mut containers = site_domain_units();
    containers[1].links[0].enforced = true;
    assert_eq!(decider(&containers).as_deref(), Some("Domain"));
    containers[3].links[0].enforced = true;
    assert_eq!(decider(&containers).as_deref(), Some("Domain"));
    containers[0].links.push(enforced(object("Site enforced", "e")));
    assert_eq!(decider(&containers).as_deref(), Some("Site enforced"));
}

#[test]
fn a_block_keeps_out_what_is_above_unless_it_is_enforced() {
    let mut containers = site_domain_units();
    containers[3].links.clear();
    containers[3].blocks_inheritance = true;
    assert_eq!(decider(&containers), None);
    containers[0].links[0].enforced = true;
    assert_eq!(decider(&containers).as_deref(), Some("Site"));
}

#[test]
fn account_policy_counts_for_domain_accounts_only_at_the_domain() {
    let mut domain = PolicyObject::new("Domain".into());
    domain.template.define_account_setting(AccountKey::LockoutBadCount, 5);
    let mut unit = PolicyObject::new("Unit".into());
    unit.template.define_account_setting(AccountKey::LockoutBadCount, 3);
    let containers = [container(Level::Domain, vec![link(domain)]), container(Level::Unit, vec![link(unit)])];
    let resolved = resolve(&containers);
    assert_eq!(resolved.domain_account[&AccountKey::LockoutBadCount].value, 5);
    assert_eq!(resolved.account[&AccountKey::LockoutBadCount].value, 3);
}

/// What the oracle knows of a link: the rights that its object defines, and the switches.
#[derive(Clone, Debug)]
struct Drawn {
    rights: Vec<Right>,
    enabled: bool,
    enforced: bool,
    disabled: Option<DisabledHalf>,
}

const DRAWN_RIGHTS: [Right; 3] = [Right::Tcb, Right::ServiceLogon, Right::Shutdown];

fn drawn() -> impl Strategy<Value = Drawn> {
    let halves = prop::sample::select(vec![
        None,
        None,
        None,
        Some(DisabledHalf::Computer),
        Some(DisabledHalf::User),
        Some(DisabledHalf::All),
    ]);
    let rights = prop::sample::subsequence(DRAWN_RIGHTS.to_vec(), 0..=3);
    (rights, prop::bool::weighted(0.8), prop::bool::weighted(0.3), halves)
        .prop_map(|(rights, enabled, enforced, disabled)| Drawn { rights, enabled, enforced, disabled })
}

/// Walks the containers for one right: enforced links from the top down, then the others from the machine up to the
/// first block.
fn oracle(world: &[(bool, Vec<Drawn>)], right: Right) -> Option<(usize, usize)> {
    let counts = |link: &Drawn| {
        link.enabled
            && link.rights.contains(&right)
            && link.disabled != Some(DisabledHalf::Computer)
            && link.disabled != Some(DisabledHalf::All)
    };
    for (c, (_, links)) in world.iter().enumerate() {
        for (l, link) in links.iter().enumerate() {
            if link.enforced && counts(link) {
                return Some((c, l));
            }
        }
    }
    for (c, (blocks, links)) in world.iter().enumerate().rev() {
        for (l, link) in links.iter().enumerate() {
            if !link.enforced && counts(link) {
                return Some((c, l));
            }
        }
        if *blocks {
            return None;
        }
    }
    None
}

proptest! {
    #[test]
    fn each_right_is_decided_as_a_walk_through_the_containers_finds(
        world in prop::collection::vec((prop::bool::weighted(0.2), prop::collection::vec(drawn(), 0..4)), 1..6)
    ) {
        let containers: Vec<Container> = world
            .iter()
            .enumerate()
            .map(|(c, (blocks, links))| Container {
                level: [Level::Site, Level::Domain].get(c).copied().unwrap_or(Level::Unit),
                blocks_inheritance: *blocks,
                links: links
                    .iter()
                    .enumerate()
                    .map(|(l, drawn)| {
                        let mut object = PolicyObject::new(format!("{c}-{l}").into());
                        for right in &drawn.rights {
                            object.template.define_right(*right, vec![format!("H{c}-{l}").into()]);
                        }
                        object.disabled = drawn.disabled;
                        AppliedLink { object: Arc::new(object), enabled: drawn.enabled, enforced: drawn.enforced }
                    })
                    .collect(),
            })
            .collect();
        let resolved = resolve(&containers);
        for right in DRAWN_RIGHTS {
            let expected = oracle(&world, right).map(|(c, l)| format!("{c}-{l}"));
            prop_assert_eq!(resolved.rights.get(&right).map(|decided| decided.by.to_string()), expected);
        }
    }
}
