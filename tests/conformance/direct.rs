//! The fake, called directly: `ad` at the level of Windows Server 2003, in which nothing moves unless it is told.

use std::collections::BTreeSet;

use mockdc_mocks::{
    AccountFlag, AdSpec, AdVersion, Caller, Data, Domain, FaultKind, Operation, Replication, Reply, SimTime,
    SiteLinkSpec, Span, Verb, Win32Error,
};

use crate::acts::{Act, Names};
use crate::compare::{Answer, Subject};
use crate::picture::{DUPLICATE, Picture, User, group, numbers, picture};
use crate::sequence::{DAYS, Sequence, Step};
use crate::wire;

/// Ten seconds a step: far enough apart for stamps, near enough for the windows of a policy.
const STEP: Span = Span::secs(10);
const NEVER: Span = Span::days(10_000);
pub(crate) const DCS: [&str; 2] = ["PDC1", "BDC1"];

pub(crate) struct Direct {
    domain: Option<Domain>,
    names: Names,
    full: bool,
    /// When each step is.
    instants: Vec<SimTime>,
}

impl Direct {
    pub(crate) fn new() -> Direct {
        Direct { domain: None, names: Names(0), full: false, instants: Vec::new() }
    }

    /// Each pull brings the whole database.
    pub(crate) fn pulling_everything() -> Direct {
        Direct { full: true, ..Direct::new() }
    }

    fn apply(&mut self, step: usize, at: usize, verb: Verb) -> Result<Reply, u32> {
        let domain = self.domain.as_mut().expect("a sequence has begun");
        let admin = Caller::domain("WS1", "Administrator", "Adm1n-password!");
        let outcome = domain.apply(self.instants[step], &admin, &Operation::new(DCS[at], verb));
        outcome.answer.map_err(|error| error.code())
    }
}

/// When each step of a sequence is.
pub(crate) fn instants(steps: &[Step]) -> Vec<SimTime> {
    let mut now = SimTime::START;
    let each = steps.iter().map(|step| {
        now = now + STEP + if matches!(step, Step::Days) { DAYS } else { Span::ZERO };
        now
    });
    each.collect()
}

/// The domain in which a sequence is played at these instants.
pub(crate) fn domain(sequence: &Sequence, instants: &[SimTime]) -> Result<Domain, String> {
    let site_link = SiteLinkSpec {
        name: "link".into(),
        sites: vec!["HQ".into(), "Branch".into()],
        interval: NEVER,
        first: None,
        cost: 100,
        open: Vec::new(),
        jitter: Some(Span::ZERO),
        notify: false,
    };
    let ad = AdSpec {
        version: AdVersion::Windows2003,
        rights_in_policy: false,
        poll: NEVER,
        site_links: vec![site_link],
        ..AdSpec::default()
    };
    let mut builder = Domain::builder().pdc(DCS[0]).bdc(DCS[1]).workstation("WS1");
    builder = builder.replication(Replication::Ad(ad));
    let mut parted = None;
    for (number, step) in sequence.steps.iter().enumerate() {
        match (step, parted) {
            (Step::Part, None) => parted = Some(number),
            (Step::Heal, Some(since)) => {
                builder = cut(builder, instants[since], Some(instants[number]));
                parted = None;
            }
            _ => {}
        }
    }
    if let Some(since) = parted {
        builder = cut(builder, instants[since], None);
    }
    let spec = builder.spec();
    spec.domain.account_policy = sequence.policy(None);
    for (dc, site) in spec.dcs.iter_mut().zip(["HQ", "Branch"]) {
        dc.machine.site = site.into();
        if sequence.asks_the_pdc {
            continue;
        }
        // Controllers of Samba neither ask the PDC emulator about a wrong password nor tell it a new one.
        let key = r"HKLM\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters".to_owned();
        dc.machine.registry.entry(key).or_default().insert("AvoidPdcOnWan".to_owned(), Data::Dword(1));
    }
    builder.build(1).map_err(|error| error.to_string())
}

/// Whether a controller's up-to-dateness vector reaches the other's own numbers.
pub(crate) fn reaches(domain: &Domain, at: usize) -> Result<bool, String> {
    let of = |at: usize| domain.up_to_dateness(&DCS[at].into()).ok_or("a controller keeps numbers");
    let (own, other) = (of(at)?, of(1 - at)?);
    let known = own.vector.get(&DCS[1 - at].into()).copied().unwrap_or_default();
    Ok(known >= other.originated)
}

impl Subject for Direct {
    async fn begin(&mut self, names: Names, sequence: &Sequence) -> Result<(), String> {
        self.instants = instants(&sequence.steps);
        self.domain = Some(domain(sequence, &self.instants)?);
        self.names = names;
        Ok(())
    }

    async fn act(&mut self, step: usize, at: usize, act: &Act, verb: &Verb) -> Answer {
        match self.apply(step, at, verb.clone()) {
            Ok(_) => Answer::Done,
            Err(code) => Answer::Code(code, wire::expected(act, verb.kind(), Win32Error(code))),
        }
    }

    async fn days(&mut self, _step: usize) -> Result<(), String> {
        Ok(())
    }

    async fn synchronize(&mut self, step: usize, to: usize) -> bool {
        let full = self.full;
        self.apply(step, to, Verb::Synchronize { full }).is_ok()
    }

    async fn part(&mut self, _step: usize, _parted: bool) -> Result<(), String> {
        Ok(())
    }

    async fn pictures(&mut self, step: usize) -> [Result<Picture, String>; 2] {
        [self.picture(step, 0), self.picture(step, 1)]
    }
}

impl Direct {
    fn picture(&mut self, step: usize, at: usize) -> Result<Picture, String> {
        let snapshot = self.apply(step, at, Verb::Snapshot {}).map_err(|code| format!("snapshot: {code}"))?;
        let Reply::Text(text) = snapshot else { return Err("a snapshot is a text".to_owned()) };
        let lost = |name: &str| name.starts_with("$DUPLICATE-");
        let owned = |name: &str| self.names.owns(name) || lost(name);
        let shown = |name: &str| if lost(name) { DUPLICATE.to_owned() } else { name.to_owned() };
        let mut members: Vec<(String, String)> = Vec::new();
        let mut accounts: Vec<(String, String)> = Vec::new();
        let mut rights: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
            match kind {
                "member" => {
                    // The member is the last word: names of this suite have no blanks.
                    let (group, member) = rest.rsplit_once(' ').unwrap_or((rest, ""));
                    if owned(member) {
                        members.push((group.to_owned(), member.to_owned()));
                    }
                }
                "right" => {
                    let (account, right) = rest.rsplit_once(' ').unwrap_or((rest, ""));
                    rights.push((account.to_owned(), right.to_owned()));
                }
                "user" | "group" | "local-group" if owned(rest) => {
                    accounts.push((kind.to_owned(), rest.to_owned()));
                }
                _ => {}
            }
        }
        let mut seen_accounts = Vec::new();
        for (kind, name) in accounts {
            let seen = if kind == "user" {
                let info = Verb::UserInfo { user: name.as_str().into() };
                let Ok(Reply::User(info)) = self.apply(step, at, info) else {
                    return Err(format!("{name} has no attributes"));
                };
                let has = |flag| info.flags.contains(&flag);
                let groups = members.iter().filter(|(_, member)| *member == name);
                User {
                    comment: info.comment.clone(),
                    disabled: has(AccountFlag::Disabled),
                    must_change: has(AccountFlag::MustChangePassword),
                    never_expires: has(AccountFlag::PasswordNeverExpires),
                    locked_out: has(AccountFlag::LockedOut),
                    bad_passwords: info.bad_passwords,
                    primary_group: info
                        .primary_group
                        .as_ref()
                        .map_or(String::new(), |name| shown(name.as_str())),
                    groups: groups.map(|(group, _)| shown(group)).collect(),
                    expires: info.expires.is_some(),
                    rights: rights
                        .iter()
                        .filter(|(of, _)| *of == name)
                        .map(|(_, right)| right.clone())
                        .collect(),
                }
                .shown()
            } else {
                let of = members.iter().filter(|(group, _)| *group == name);
                group(&kind, &of.map(|(_, member)| shown(member)).collect::<BTreeSet<_>>())
            };
            seen_accounts.push((shown(&name), seen));
        }
        let mut picture = picture(seen_accounts);
        let domain = self.domain.as_ref().ok_or("no sequence has begun")?;
        let (name, shown) = numbers(reaches(domain, at)?);
        picture.insert(name, shown);
        Ok(picture)
    }
}

fn cut(
    builder: mockdc_mocks::DomainBuilder,
    since: SimTime,
    until: Option<SimTime>,
) -> mockdc_mocks::DomainBuilder {
    let kind = FaultKind::Partition { from: vec![DCS[0].into()], to: vec![DCS[1].into()], one_way: false };
    let at = |instant: SimTime| instant.since(SimTime::START);
    builder.fault(format!("cut-{}", since.0).as_str(), kind, at(since), until.map(at))
}
