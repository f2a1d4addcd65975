//! Controllers and machines with what is on them.

use std::ops::Range;

use mockdc_mocks::{
    AdSpec, DcRole, DcSpec, DomainSpec, GroupKind, Language, MachineSettings, MachineSpec, Membership, Os,
    Replication, ServiceSpec,
};

use super::directory::{group_spec, local_user, right_spec};
use super::domain::check_bdc;
use crate::read::{RawHost, Word};
use crate::resolve::context::{Context, HostEntry, HostRole};
use crate::{Code, Problem};

/// Adds the table's hosts to those that exist.
pub(in crate::resolve) fn declare(context: &mut Context<'_>, words: &[Word], role: HostRole) {
    for word in words {
        if let Some(first) = context
            .hosts
            .get(&mockdc_mocks::HostName::from(word.value.as_str()))
            .map(|entry| entry.span.clone())
        {
            context.duplicate("hosts", &word.value, word.span.clone(), first);
            continue;
        }
        context.hosts.insert(word.value.as_str().into(), HostEntry { role, span: word.span.clone() });
    }
}

/// A domain controller's tables, one for each of its names.
pub(in crate::resolve) fn dcs(
    context: &mut Context<'_>,
    raw: &RawHost,
    words: &[Word],
    domain: &DomainSpec,
) -> Vec<DcSpec> {
    if let Some(user) = raw.users.first() {
        context.report(
            Problem::new(Code::LocalAccountOnDc, "a domain controller has no accounts of its own")
                .at(user.span.clone(), "a local account")
                .help("state it as a `[[user]]` of the domain"),
        );
    }
    if let Some(nt4) = &raw.nt4 {
        match &domain.replication {
            Replication::Nt4(model) => {
                let place = nt4.span.clone();
                check_bdc(context, &nt4.value, place.clone(), place.clone(), model.pulse_timeout1, place);
            }
            Replication::Ad(AdSpec { mixed: Some(mixed), .. }) if raw.os == Some(Os::Nt4) => {
                let place = nt4.span.clone();
                check_bdc(context, &nt4.value, place.clone(), place.clone(), mixed.pulse_timeout1, place);
            }
            Replication::Ad(_) => context.report(
                Problem::new(Code::WrongModel, "only a BDC of Windows NT 4.0 in mixed mode has these")
                    .at(nt4.span.clone(), "without effect")
                    .help("write `mixed = {}` in the domain's `ad` and `os = \"windows-nt-4\"` here, or take it out"),
            ),
            Replication::Delay(_) => wrong_model(context, nt4.span.clone(), "nt4"),
        }
    }
    if let Some(delay) = &raw.delay
        && !matches!(domain.replication, Replication::Delay(_))
    {
        wrong_model(context, delay.span.clone(), "delay");
    }
    let machine = settings(context, raw, domain);
    let role = raw.role.as_ref().map_or(DcRole::Bdc, |role| role.value);
    if let (Replication::Ad(ad), Some(Os::Nt4), Some(word)) = (&domain.replication, raw.os, words.first()) {
        check_nt4_dc(context, ad, role, word);
    }
    if let (DcRole::Rodc, Some(located)) = (role, &raw.role) {
        check_read_only(context, domain, located.span.clone(), raw.os);
    }
    words
        .iter()
        .map(|word| DcSpec {
            name: word.value.as_str().into(),
            role,
            machine: machine.clone(),
            delay: raw.delay.as_ref().map(|delay| delay.value.0.clone()),
            nt4: raw.nt4.as_ref().map(|nt4| nt4.value.clone()),
        })
        .collect()
}

/// A read-only controller: in Active Directory, at the level of Windows Server 2003.
fn check_read_only(context: &mut Context<'_>, domain: &DomainSpec, place: Range<usize>, os: Option<Os>) {
    let (problem, help) = match (&domain.replication, os) {
        (Replication::Ad(ad), os) if ad.takes_read_only() && os != Some(Os::Nt4) => return,
        (Replication::Ad(_), Some(Os::Nt4)) => (
            "a controller of Windows NT 4.0 cannot be read-only",
            "take its `os` out, or make it `role = \"bdc\"`",
        ),
        (Replication::Ad(_), _) => (
            "no read-only controller can be at this functional level",
            "write `version = \"windows-2003\"` in the domain's `ad`, and no lower `functional-level`",
        ),
        (Replication::Delay(_) | Replication::Nt4(_), _) => (
            "only Active Directory has read-only controllers",
            "write `replication = { ad = { version = \"windows-2003\" } }` in `[domain]`, or make it `role = \"bdc\"`",
        ),
    };
    context.report(Problem::new(Code::WrongModel, problem).at(place, "read-only").help(help));
}

/// A controller of Windows NT 4.0 in Active Directory: a BDC, in mixed mode.
fn check_nt4_dc(context: &mut Context<'_>, ad: &AdSpec, role: DcRole, word: &Word) {
    let (problem, help) = match (role, &ad.mixed) {
        (DcRole::Bdc, Some(_)) | (DcRole::Rodc, _) => return,
        (DcRole::Pdc, _) => (
            "the PDC emulator cannot run Windows NT 4.0",
            "give it another `os`, or the domain the model `nt4`",
        ),
        (DcRole::Bdc, None) => (
            "in native mode there are no BDCs of Windows NT 4.0",
            "write `mixed = {}` in the domain's `ad`: the PDC emulator then serves it by Netlogon's protocol",
        ),
    };
    context
        .report(Problem::new(Code::WrongModel, problem).at(word.span.clone(), "Windows NT 4.0").help(help));
}

pub(super) fn wrong_model(context: &mut Context<'_>, place: Range<usize>, model: &str) {
    context.report(
        Problem::new(
            Code::WrongModel,
            format!("this belongs to the model `{model}`, which the domain does not use"),
        )
        .at(place, "without effect")
        .help(format!("write `replication = {{ {model} = … }}` in `[domain]`, or take it out")),
    );
}

/// Machines, one for each of the table's names.
pub(in crate::resolve) fn machines(
    context: &mut Context<'_>,
    raw: &RawHost,
    words: &[Word],
    domain: &DomainSpec,
    kind: mockdc_mocks::MachineKind,
) -> Vec<MachineSpec> {
    let machine = settings(context, raw, domain);
    let membership = match raw.joined {
        Some(false) => Membership::Workgroup,
        Some(true) | None => Membership::Domain,
    };
    let logon_server =
        raw.logon_server.as_ref().and_then(|server| context.dc(&server.value, server.span.clone()));
    words
        .iter()
        .map(|word| MachineSpec {
            name: word.value.as_str().into(),
            kind: raw.kind.as_ref().map_or(kind, |kind| kind.value),
            machine: machine.clone(),
            membership,
            logon_server: logon_server.clone(),
        })
        .collect()
}

fn settings(context: &mut Context<'_>, raw: &RawHost, domain: &DomainSpec) -> MachineSettings {
    let plain = MachineSettings::default();
    let os = if matches!(domain.replication, Replication::Ad(_)) { Os::Windows2000 } else { Os::Nt4 };
    if let Some(site) = &raw.site {
        context.sites.insert(site.value.as_str().into());
    }
    if let Some(unit) = &raw.unit
        && !context.units.contains_key(&unit.value.as_str().into())
    {
        let names: Vec<String> = context.units.keys().map(ToString::to_string).collect();
        context.unknown(
            Code::UnknownUnit,
            "organisational unit",
            (&unit.value, unit.span.clone()),
            names.iter().map(String::as_str),
            "add a `[[unit]]` of this name",
        );
    }
    let services = raw
        .services
        .iter()
        .map(|service| ServiceSpec {
            name: service.name.clone(),
            program: service.program.clone(),
            account: service.account.as_ref().map(|account| context.credentials(account)),
            start: service.start,
            running: service.running,
        })
        .collect();
    MachineSettings {
        os: raw.os.unwrap_or(os),
        language: raw.language,
        site: raw.site.as_ref().map_or(plain.site, |site| site.value.as_str().into()),
        unit: raw.unit.as_ref().map(|unit| unit.value.as_str().into()),
        up: raw.up.unwrap_or(plain.up),
        boot: raw.boot.unwrap_or(plain.boot),
        users: raw.users.iter().map(|user| local_user(context, &user.value)).collect(),
        groups: raw.groups.iter().map(|group| group_spec(group, GroupKind::Local)).collect(),
        rights: raw.rights.iter().map(right_spec).collect(),
        services,
        registry: raw
            .registry
            .iter()
            .map(|(key, values)| {
                (key.clone(), values.iter().map(|(name, data)| (name.clone(), data.0.clone())).collect())
            })
            .collect(),
        files: raw.files.clone(),
        shares: raw.shares.clone(),
        admin_share: raw.admin_share.unwrap_or(plain.admin_share),
        refresh: raw.refresh,
    }
}

/// Whether every domain controller speaks English, so that built-in names are those that the reader knows.
pub(in crate::resolve) fn english(dcs: &[DcSpec]) -> bool {
    dcs.iter().all(|dc| dc.machine.language == Language::English)
}
