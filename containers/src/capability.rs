//! What a world needs and Samba cannot give.

use std::collections::BTreeSet;
use std::fmt;

use mockdc_mocks::{
    AccountFlag, AccountName, DcRole, FaultKind, Language, Occasions, Replication, Span, UserSpec, Verb,
    WorldSpec,
};

use crate::MOST_BDCS;

/// Something of a world or of its operations that Samba cannot show as the model does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inexpressible {
    /// What.
    pub what: String,
    /// Why.
    pub why: &'static str,
}

impl fmt::Display for Inexpressible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

/// Names that accounts of the baked domain have, and accounts of no other domain may get.
const TAKEN: &[&str] = &["krbtgt", crate::domain::CONTROL];

/// What of a world, and of the operations that are known in advance, cannot be played on Samba, each with its reason;
/// nothing when all of it can.
///
/// What the model answers alone (see [`crate::samba_knows`]) is no hindrance: machines, services, processes, files, the
/// registry, effective rights, group policy, limits of logons, clocks that are wrong.
pub fn inexpressible(spec: &WorldSpec, verbs: &[Verb]) -> Vec<Inexpressible> {
    let mut found = Vec::new();
    let mut cannot = |what: String, why| found.push(Inexpressible { what, why });
    if spec.dcs.len() > MOST_BDCS + 1 {
        let count = spec.dcs.len() - 1;
        cannot(format!("{count} backup domain controllers"), "the image has domains of at most three");
    }
    for dc in spec.dcs.iter().filter(|dc| dc.role == DcRole::Rodc) {
        cannot(format!("{} is read-only", dc.name), "the image's domains have controllers that write");
    }
    for dc in spec.dcs.iter().filter(|dc| dc.machine.language != Language::English) {
        let what = format!("{} speaks {:?}", dc.name, dc.machine.language);
        cannot(what, "the built-in accounts of Samba have English names");
    }
    for fault in &spec.faults {
        match &fault.kind {
            FaultKind::Crash { at, loses_unreplicated: true } if spec.dcs.iter().any(|dc| dc.name == *at) => {
                let what = format!("the crash `{}` of {at} loses changes", fault.name);
                cannot(what, "a container keeps what its controller had committed");
            }
            FaultKind::Pause { at }
                if fault.count != Occasions::All && spec.dcs.iter().any(|dc| dc.name == *at) =>
            {
                let what = format!("the pause `{}` of {at} is for so many occasions", fault.name);
                cannot(what, "a container stands still for a time, whoever calls it");
            }
            kind if kind.is_at_ports() => {
                let what = format!("the fault `{}` lies on the wire", fault.name);
                cannot(what, "only clients at the ports of the mock controllers meet it");
            }
            _ => {}
        }
    }
    if let Replication::Ad(ad) = &spec.domain.replication {
        let lifetime = ad.tombstone_lifetime;
        for fault in &spec.faults {
            let lasts = fault.until.map_or(Span::days(10_000), |until| until - fault.from);
            if matches!(fault.kind, FaultKind::Crash { .. } | FaultKind::Partition { .. })
                && lasts >= lifetime
            {
                let what =
                    format!("`{}` outlasts the {lifetime} for which deletions are remembered", fault.name);
                cannot(what, "Samba forgets them by its own clock, which does not run with the scenario's");
            }
        }
    }
    let policies = verbs.iter().filter_map(|verb| match verb {
        Verb::AccountPolicySet { policy } => Some(policy),
        _ => None,
    });
    for policy in std::iter::once(&spec.domain.account_policy).chain(policies) {
        if let Some(age) = policy.maximum_age.filter(|age| *age <= Span::days(1)) {
            let what = format!("passwords expire after {age}");
            cannot(what, "Samba lets no password expire whose greatest age is a day or less");
        }
    }
    let users = || spec.users.iter().chain(spec.dcs.iter().flat_map(|dc| &dc.machine.users));
    for user in users() {
        cannot_be_made(user, &mut cannot);
    }
    for verb in verbs {
        if let Verb::SnapshotTake { name } | Verb::SnapshotRestore { name, .. } = verb {
            cannot(format!("the snapshot {name} of a controller"), "a container's disk is not copied");
        }
        if let Verb::UserAdd { user, flags, .. } = verb {
            cannot_be_added(user, flags, &mut cannot);
        }
        if let Verb::UserAdd { user, password, .. } | Verb::UserSetPassword { user, password } = verb
            && password.reveal().is_empty()
        {
            cannot(format!("the password of {user} is empty"), EMPTY);
        }
    }
    found.sort();
    found.dedup();
    found
}

const EMPTY: &str = "LDAP takes a logon without a password for an anonymous one";

fn cannot_be_made(user: &UserSpec, cannot: &mut impl FnMut(String, &'static str)) {
    cannot_be_added(&user.name, &user.flags, cannot);
    if user.password.reveal().is_empty() {
        cannot(format!("the password of {} is empty", user.name), EMPTY);
    }
}

fn cannot_be_added(
    name: &AccountName,
    flags: &BTreeSet<AccountFlag>,
    cannot: &mut impl FnMut(String, &'static str),
) {
    if TAKEN.iter().any(|taken| name.as_str().eq_ignore_ascii_case(taken)) {
        cannot(format!("an account named {name}"), "Samba has an account of that name already");
    }
    let has = |flag| flags.contains(&flag);
    if has(AccountFlag::MustChangePassword) && has(AccountFlag::PasswordNeverExpires) {
        let what = format!("{name} must change a password that never expires");
        cannot(what, "Samba lets such an account in");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mockdc_mocks::{AccountPolicy, Domain};

    #[test]
    fn what_outlasts_the_tombstones_cannot_be_played() {
        let ad = mockdc_mocks::AdSpec { tombstone_lifetime: Span::days(60), ..Default::default() };
        let away = |days: i64| {
            let crash = FaultKind::Crash { at: "BDC1".into(), loses_unreplicated: false };
            let world = Domain::builder().pdc("PDC1").bdc("BDC1").replication(Replication::Ad(ad.clone()));
            let mut world = world.fault("away", crash, Span::days(1), Some(Span::days(1 + days)));
            inexpressible(world.spec(), &[]).len()
        };
        assert_eq!((away(59), away(60)), (0, 1));
    }

    #[test]
    fn what_lies_on_the_wire_of_mock_controllers_cannot_be_played() {
        let shut = FaultKind::ClosePort { at: Vec::new() };
        let mut world = Domain::builder().pdc("PDC1").fault("shut", shut, Span::ZERO, None);
        let found = inexpressible(world.spec(), &[]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "the fault `shut` lies on the wire");
    }

    #[test]
    fn a_plain_world_can_be_played_and_each_hindrance_has_its_reason() {
        let mut plain = Domain::builder().pdc("PDC1").bdc("BDC1").user("alice", "Secret-1", &[]);
        assert_eq!(inexpressible(plain.spec(), &[]), []);

        let crash = FaultKind::Crash { at: "BDC1".into(), loses_unreplicated: true };
        let mut odd = plain.user("krbtgt", "", &[]).fault("crash", crash, Span::mins(1), None);
        for name in ["BDC2", "BDC3", "BDC4"] {
            odd = odd.bdc(name);
        }
        odd.spec().dcs[1].machine.language = Language::German;
        odd.spec().users[1].flags =
            [AccountFlag::MustChangePassword, AccountFlag::PasswordNeverExpires].into();
        let policy = AccountPolicy { maximum_age: Some(Span::hours(3)), ..AccountPolicy::default() };
        let verbs = [
            Verb::AccountPolicySet { policy },
            Verb::UserSetPassword { user: "alice".into(), password: "".into() },
            Verb::SnapshotTake { name: "s".into() },
        ];
        let found = inexpressible(odd.spec(), &verbs);
        let whats: Vec<&str> = found.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(
            whats,
            [
                "4 backup domain controllers",
                "BDC1 speaks German",
                "an account named krbtgt",
                "krbtgt must change a password that never expires",
                "passwords expire after 3h",
                "the crash `crash` of BDC1 loses changes",
                "the password of alice is empty",
                "the password of krbtgt is empty",
                "the snapshot s of a controller",
            ]
        );
    }
}
