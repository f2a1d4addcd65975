//! Which attributes of which objects changed when: update sequence numbers of a controller, by attribute and by member.

use std::collections::BTreeMap;

use super::super::schema::schema;
use super::BACK_LINKS;
use crate::directory::{Beside, Part, Put, Rid};

/// What a domain's object shows of the account policy.
const POLICY: &[&str] = &[
    "maxpwdage",
    "minpwdage",
    "minpwdlength",
    "pwdproperties",
    "pwdhistorylength",
    "lockoutthreshold",
    "lockoutduration",
    "lockoutobservationwindow",
];

/// What a deletion leaves to a tombstone (MS-ADTS 3.1.1.5.5.6.1), of which other controllers are told nothing therefore.
const KEPT: &[&str] = &[
    "dnshostname",
    "grouptype",
    "legacyexchangedn",
    "ms-ds-creatorsid",
    "ntsecuritydescriptor",
    "samaccountname",
    "sidhistory",
    "useraccountcontrol",
];
/// What every object loses with its deletion, and what every account does, beside what was stated.
const LOST: &[&str] = &["objectcategory"];
const LOST_BY_ACCOUNTS: &[&str] = &["samaccounttype"];
const LOST_BY_USERS: &[&str] = &["codepage", "countrycode"];

/// What a part that was put changed of its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Touched {
    /// Attributes, by their names in lower case.
    Attributes(Vec<&'static str>),
    /// Who joined a group (`true`) or left it.
    Members(Vec<(Rid, bool)>),
}

impl Touched {
    /// Whether it touches attributes to which others link back.
    pub(super) fn links(&self) -> bool {
        let forward = |name: &&str| BACK_LINKS.iter().any(|(_, forward)| forward.eq_ignore_ascii_case(name));
        matches!(self, Touched::Attributes(names) if names.iter().any(forward))
    }

    /// The same when it was touched by its object's deletion, which tombstones keep some of.
    pub(super) fn by_deletion(self) -> Touched {
        match self {
            Touched::Attributes(mut names) => {
                names.retain(|name| !KEPT.contains(name));
                Touched::Attributes(names)
            }
            members => members,
        }
    }

    /// What a deletion takes besides, of an object of this class; it is the same that comes back by a reanimation.
    pub(super) fn of_the_class(class: &str) -> Touched {
        let lost = match class {
            "user" | "inetOrgPerson" | "computer" => [LOST, LOST_BY_ACCOUNTS, LOST_BY_USERS].concat(),
            "group" => [LOST, LOST_BY_ACCOUNTS].concat(),
            _ => LOST.to_vec(),
        };
        Touched::Attributes([lost.as_slice(), &["isdeleted", "lastknownparent"]].concat())
    }

    /// What one entry of the journal touched.
    pub(super) fn by(put: &mut Put) -> Touched {
        let named = |names: &[&'static str]| Touched::Attributes(names.to_vec());
        // Of an account that never expires the time when it does shows all the same.
        if put.beside == Beside::Void && !matches!(put.part, Part::Expiry(_)) {
            return named(&[]);
        }
        match &put.part {
            Part::User(_) | Part::Group(_) | Part::LocalGroup(_) => named(&["samaccountname"]),
            Part::Password(_) => named(&["pwdlastset"]),
            Part::Comment(_) => named(&["description"]),
            Part::Flags(_) if put.beside == Beside::MustChange => {
                named(&["pwdlastset", "useraccountcontrol"])
            }
            Part::Flags(_) => named(&["useraccountcontrol"]),
            Part::PrimaryGroup(_) => named(&["primarygroupid"]),
            Part::Expiry(_) => named(&["accountexpires"]),
            Part::LogonLimits(_) => named(&["logonhours", "userworkstations"]),
            Part::Lockout(_) => named(&["lockouttime"]),
            Part::GroupMembers(_) | Part::LocalGroupMembers(_) => match std::mem::take(&mut put.beside) {
                Beside::Members(members) => Touched::Members(members),
                _ => Touched::Members(Vec::new()),
            },
            Part::Attribute(_, name) => match schema().attribute(name.as_str()) {
                Some(attribute) => Touched::Attributes(vec![attribute.key.as_str()]),
                None => named(&[]),
            },
            Part::AccountPolicy => named(POLICY),
            // Where an object stands and what it is called is noted when it moves.
            Part::Object(_) | Part::Rights(_) | Part::Gpo(_) | Part::Links(_) => named(&[]),
        }
    }
}

/// What has changed of one object since its tree was planted.
#[derive(Clone, Debug, Default)]
pub(in crate::ldap) struct History {
    attributes: BTreeMap<&'static str, u64>,
    members: BTreeMap<Rid, (u64, bool)>,
}

impl History {
    pub(super) fn note(&mut self, touched: Touched, usn: u64) {
        match touched {
            Touched::Attributes(names) => {
                for name in names {
                    self.attributes.insert(name, usn);
                }
            }
            Touched::Members(members) => {
                for (member, joined) in members {
                    self.members.insert(member, (usn, joined));
                }
            }
        }
    }

    /// Whether an attribute, by its name in lower case, changed after a number.
    pub(in crate::ldap) fn changed(&self, name: &str, since: u64) -> bool {
        self.stated_changed(name, since) || name == "member" && self.members(since).next().is_some()
    }

    fn stated_changed(&self, name: &str, since: u64) -> bool {
        self.attributes.get(name).is_some_and(|usn| *usn > since)
    }

    /// Whether those members changed after a number that are no accounts.
    pub(in crate::ldap) fn others_changed(&self, since: u64) -> bool {
        self.stated_changed("member", since)
    }

    /// Who joined a group (`true`) or left it after a number.
    pub(in crate::ldap) fn members(&self, since: u64) -> impl Iterator<Item = (Rid, bool)> {
        let later = self.members.iter().filter(move |(_, (usn, _))| *usn > since);
        later.map(|(member, (_, joined))| (*member, *joined))
    }
}
