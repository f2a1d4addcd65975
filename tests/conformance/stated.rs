//! Sequences that are stated, not drawn: what drawn ones hardly ever come to. Each run plays them first.

use crate::acts::Act;
use crate::sequence::{Flag, Policy, Sequence, Step, Way};

const PDC: usize = 0;
const BDC: usize = 1;

/// All of them, by what they show.
pub(crate) fn stated() -> Vec<(&'static str, Sequence)> {
    vec![
        ("an unlock that comes by replication", unlock_that_arrives()),
        ("wrong passwords that are asked again", wrong_passwords_asked_again()),
        ("a new password that only the primary controller knows", new_password_asked_again()),
        ("an account that only the primary controller disables", disabled_asked_again()),
        ("what is left of deleted accounts", deletions()),
        ("members that were deleted, and groups", deleted_members()),
        ("changes that meet a deletion", changes_that_meet_a_deletion()),
        ("the order of a pull", order_of_a_pull()),
        ("the order in which deletions come", order_of_deletions()),
    ]
}

fn at(at: usize, act: Act) -> Step {
    Step::Act { at, act }
}

fn add(user: u8) -> Step {
    at(PDC, Act::Add { user, password: 0, disabled: false })
}

fn logon(at_dc: usize, password: u8) -> Step {
    at(at_dc, Act::Logon { user: 0, password, by: Way::Session })
}

fn sync(to: usize) -> Step {
    Step::Synchronize { to }
}

fn sequence(policy: Policy, steps: Vec<Step>) -> Sequence {
    Sequence { policy, asks_the_pdc: false, steps }
}

fn asking(policy: Policy, steps: Vec<Step>) -> Sequence {
    Sequence { asks_the_pdc: true, ..sequence(policy, steps) }
}

/// Locked at the BDC, unlocked at the PDC: what the BDC has counted when the unlock comes.
fn unlock_that_arrives() -> Sequence {
    let unlock = at(PDC, Act::Flag { user: 0, flag: Flag::LockedOut, set: false });
    let steps =
        vec![add(0), sync(BDC), logon(BDC, 1), logon(BDC, 1), sync(PDC), unlock, sync(BDC), logon(BDC, 0)];
    sequence(Policy::Lockout, steps)
}

fn wrong_passwords_asked_again() -> Sequence {
    let steps = vec![
        add(0),
        // The BDC knows no such account, and asks nobody.
        logon(BDC, 1),
        sync(BDC),
        logon(BDC, 1),
        sync(PDC),
        // The second one locks at both.
        logon(BDC, 1),
        logon(BDC, 0),
        logon(PDC, 0),
    ];
    asking(Policy::Lockout, steps)
}

fn new_password_asked_again() -> Sequence {
    let new = at(PDC, Act::SetPassword { user: 0, password: 1 });
    asking(
        Policy::Lockout,
        vec![add(0), sync(BDC), new, logon(BDC, 1), logon(BDC, 0), sync(BDC), logon(BDC, 1)],
    )
}

fn disabled_asked_again() -> Sequence {
    let disable = at(PDC, Act::Flag { user: 0, flag: Flag::Disabled, set: true });
    let new = at(PDC, Act::SetPassword { user: 0, password: 1 });
    // The old password lets it in at the BDC, which has heard of nothing.
    asking(Policy::Lockout, vec![add(0), sync(BDC), disable, new, logon(BDC, 0), logon(BDC, 1), sync(PDC)])
}

fn deletions() -> Sequence {
    let steps = vec![
        add(0),
        add(1),
        at(PDC, Act::Comment { user: 0, text: 1 }),
        at(PDC, Act::Flag { user: 0, flag: Flag::NeverExpires, set: true }),
        at(PDC, Act::Flag { user: 1, flag: Flag::Disabled, set: true }),
        at(PDC, Act::GroupAdd { group: 0 }),
        at(PDC, Act::LocalAdd),
        at(PDC, Act::Join { group: 0, user: 0 }),
        at(PDC, Act::LocalJoin { user: 0 }),
        sync(BDC),
        // A change that meets the deletion at the other controller.
        at(BDC, Act::Comment { user: 0, text: 2 }),
        at(PDC, Act::Rename { user: 1, to: 2 }),
        at(PDC, Act::Delete { user: 0 }),
        at(PDC, Act::Delete { user: 2 }),
        at(PDC, Act::GroupDelete { group: 0 }),
        at(PDC, Act::LocalDelete),
        sync(BDC),
        sync(PDC),
        // The name is free again.
        add(0),
        sync(BDC),
        at(BDC, Act::Delete { user: 0 }),
        sync(PDC),
    ];
    sequence(Policy::Nothing, steps)
}

fn deleted_members() -> Sequence {
    let steps = vec![
        add(0),
        add(1),
        at(PDC, Act::GroupAdd { group: 0 }),
        at(PDC, Act::Join { group: 0, user: 0 }),
        at(PDC, Act::Join { group: 0, user: 1 }),
        sync(BDC),
        at(BDC, Act::Delete { user: 1 }),
        at(PDC, Act::Leave { group: 0, user: 1 }),
        sync(PDC),
        sync(BDC),
    ];
    sequence(Policy::Nothing, steps)
}

/// What a tombstone keeps is changed at the other controller, which has not heard of the deletion.
fn changes_that_meet_a_deletion() -> Sequence {
    let steps = vec![
        add(0),
        add(1),
        sync(BDC),
        at(PDC, Act::Rename { user: 0, to: 2 }),
        at(PDC, Act::Flag { user: 1, flag: Flag::NeverExpires, set: true }),
        at(BDC, Act::Delete { user: 0 }),
        at(BDC, Act::Delete { user: 1 }),
        sync(BDC),
    ];
    sequence(Policy::Nothing, steps)
}

/// Each account comes at the place of its last change.
fn order_of_a_pull() -> Sequence {
    let steps = vec![
        add(0),
        at(PDC, Act::GroupAdd { group: 0 }),
        add(1),
        add(2),
        at(PDC, Act::LocalAdd),
        at(PDC, Act::Comment { user: 0, text: 1 }),
        at(PDC, Act::Flag { user: 1, flag: Flag::NeverExpires, set: true }),
        at(PDC, Act::GroupAdd { group: 1 }),
        sync(BDC),
        at(PDC, Act::Comment { user: 2, text: 2 }),
        at(PDC, Act::Join { group: 1, user: 0 }),
        at(PDC, Act::Comment { user: 0, text: 2 }),
        sync(BDC),
    ];
    sequence(Policy::Nothing, steps)
}

fn order_of_deletions() -> Sequence {
    let steps = vec![
        add(0),
        add(1),
        at(PDC, Act::GroupAdd { group: 0 }),
        sync(BDC),
        at(PDC, Act::Delete { user: 1 }),
        add(2),
        at(PDC, Act::GroupDelete { group: 0 }),
        at(PDC, Act::Comment { user: 0, text: 1 }),
        sync(BDC),
    ];
    sequence(Policy::Nothing, steps)
}
