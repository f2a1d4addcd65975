//! What a controller can be told to do by a modification of its root (MS-ADTS 3.1.1.3.3): the operations of Windows
//! Server 2003. What each of them comes to here, and why, stands in FACTS.md, "LDAP on the wire".

use crate::Domain;
use crate::ldap::live::Turn;
use crate::ldap::message::{Modification, ModificationKind};
use crate::ldap::session::{Session, text};
use crate::ldap::view::number;
use crate::ldap::{LdapError, ResultCode, sid};

/// What an operation takes as its value.
enum Takes {
    Anything,
    One,
    Switch,
    Seconds,
    Propagation,
    DomainIdentifier,
}

/// What comes of an operation whose value is right.
enum Outcome {
    /// It is done: what it would do has always been done here, or is nobody's to see.
    Done,
    /// Whoever asks has the role already, or cannot get it.
    Role,
    /// The controller does not do it, with the number and result of its refusal.
    Refused(ResultCode, u32),
}

use Outcome::{Done, Refused, Role};
use Takes::{Anything, DomainIdentifier, One, Propagation, Seconds, Switch};

/// ERROR_DS_ILLEGAL_MOD_OPERATION and ERROR_DS_GENERIC_ERROR.
const ILLEGAL: u32 = 0x2077;
const GENERIC: u32 = 0x2095;

const OPERATIONS: &[(&str, Takes, Outcome)] = &[
    ("becomeDomainMaster", Anything, Role),
    ("becomeInfrastructureMaster", Anything, Role),
    ("becomePdc", DomainIdentifier, Role),
    ("becomePdcWithCheckPoint", DomainIdentifier, Role),
    ("becomeRidMaster", Anything, Role),
    ("becomeSchemaMaster", Anything, Role),
    ("checkPhantoms", Anything, Done),
    ("doGarbageCollection", One, Done),
    ("doGarbageCollectionPhantomsNow", One, Done),
    ("doLinkCleanup", Anything, Done),
    ("doOnlineDefrag", Seconds, Done),
    ("dumpDatabase", Anything, Refused(ResultCode::UNWILLING_TO_PERFORM, ILLEGAL)),
    ("fixupInheritance", Propagation, Done),
    ("invalidateRidPool", DomainIdentifier, Done),
    ("recalcHierarchy", Anything, Done),
    ("removeLingeringObject", Anything, Refused(ResultCode::OPERATIONS_ERROR, GENERIC)),
    ("replicateSingleObject", Anything, Refused(ResultCode::OPERATIONS_ERROR, GENERIC)),
    ("schemaUpdateNow", Anything, Done),
    ("schemaUpgradeInProgress", Switch, Refused(ResultCode::UNWILLING_TO_PERFORM, ILLEGAL)),
    ("updateCachedMemberships", Anything, Done),
];

/// Modifies the root: every change of the request is an operation, and each of them has to be one that comes to something.
pub(super) fn modify(
    session: &Session,
    turn: &mut Turn<'_>,
    changes: &[Modification<'_>],
) -> Result<(), LdapError> {
    if session.identity.is_none() {
        return Err(LdapError::not_bound());
    }
    if changes.is_empty() {
        return Err(LdapError::nothing_to_change());
    }
    turn.enter(|state, _| changes.iter().try_for_each(|change| operate(session, &state.domain, change)))
}

fn operate(session: &Session, domain: &Domain, change: &Modification<'_>) -> Result<(), LdapError> {
    let illegal = || LdapError::unwilling(ILLEGAL, DSID);
    let name = text(change.attribute);
    let known = OPERATIONS.iter().find(|(operation, ..)| operation.eq_ignore_ascii_case(&name));
    // What can be read of the root, and what it has never heard of, is nobody's to write.
    let (_, takes, outcome) = known.ok_or_else(illegal)?;
    if !session.is_administrator() {
        return Err(LdapError::access_denied());
    }
    let value = match (change.kind, change.values.as_slice()) {
        (ModificationKind::Add | ModificationKind::Replace, [value]) => *value,
        _ => return Err(illegal()),
    };
    let database = domain.directory().database(session.dc_index(domain));
    let figure = number(value);
    let switched_off = matches!(takes, Switch) && figure == Some(0);
    let fits = match takes {
        Anything => true,
        One => figure == Some(1),
        Switch => matches!(figure, Some(0 | 1)),
        Seconds => figure.is_some_and(|seconds| seconds >= 0),
        Propagation => {
            let whole = ["1", "forceupdate", "downgrade"].iter();
            let mut whole = whole.map(|word| word.as_bytes());
            whole.any(|word| word.eq_ignore_ascii_case(value)) || value.starts_with(b"dnt:")
        }
        DomainIdentifier => value == sid::of_domain(database),
    };
    if !fits {
        return Err(LdapError::unwilling(0x57, DSID));
    }
    match outcome {
        Done => Ok(()),
        Role if session.dc_index(domain) == domain.directory().pdc() => Ok(()),
        Role => Err(LdapError::role_owner_unreached()),
        Refused(..) if switched_off => Ok(()),
        Refused(code, win32) => {
            let problem = match *code {
                ResultCode::OPERATIONS_ERROR => crate::ldap::Problem("SvcErr", 5012, "DIR_ERROR"),
                _ => crate::ldap::Problem("SvcErr", 5003, "WILL_NOT_PERFORM"),
            };
            Err(LdapError::service(*code, *win32, DSID, problem))
        }
    }
}

/// The place that refusals of the root name.
const DSID: u32 = 0x0C09_0B0D;
