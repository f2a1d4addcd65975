//! The domain's table: replication, policies, refresh.

use std::ops::Range;

use mockdc_mocks::{
    AccountPolicy, AdSpec, AdVersion, DomainSpec, FunctionalLevel, Nt4BdcSpec, Nt4Spec, Replication, Span,
};

use super::names::check_length;
use crate::read::{Located, Node, RawDomain, read};
use crate::resolve::context::{Context, place_of};
use crate::{Code, Problem};

/// The domain's table.
pub(in crate::resolve) fn domain(context: &mut Context<'_>, node: Option<&Node<'_>>) -> DomainSpec {
    let mut spec = DomainSpec::default();
    let Some(node) = node else { return spec };
    let Some(raw) = read::<RawDomain>(node, &mut context.problems) else {
        return spec;
    };
    if let Some(name) = raw.name {
        check_length(context, "domain", &name, 15);
        spec.name = name.value.as_str().into();
    }
    context.domain = spec.name.clone();
    if let Some(model) = raw.replication {
        check_model(context, &model.value.0, node);
        spec.replication = model.value.0;
    }
    if let Some(policy) = raw.account_policy {
        spec.account_policy = policy.value.into();
        let place = crate::read::entry(node, "account-policy").unwrap_or(node);
        check_account_policy(context, &spec.account_policy, place);
    }
    spec.administrator_password = raw.administrator_password.unwrap_or(spec.administrator_password);
    if raw.ldif.is_empty()
        && let Some(place) = crate::read::entry(node, "ldif-password")
    {
        context.report(
            Problem::new(Code::KeysDisagree, "`ldif-password` without `ldif`")
                .at(place.span(), "of no account")
                .help("name an export with `ldif = [\"customer.ldif\"]`, or take the key out"),
        );
    }
    spec.further_users = raw.further_users.unwrap_or(spec.further_users);
    spec.computer_accounts = raw.computer_accounts.unwrap_or_default();
    spec.secure_channel = raw.secure_channel.unwrap_or_default();
    if let Some(refresh) = raw.refresh {
        for (every, who) in [(refresh.dcs.every, "dcs"), (refresh.members.every, "members")] {
            if every <= Span::ZERO {
                let place = place_of(node, &["refresh", who, "every"]);
                context.report(zero_interval(place));
            }
        }
        spec.refresh = refresh;
    }
    spec
}

pub(in crate::resolve) fn zero_interval(place: Range<usize>) -> Problem {
    Problem::new(Code::ZeroInterval, "the interval is no time at all")
        .at(place, "more than `0s`")
        .help("write for example `\"1m\"`")
}

pub(super) fn out_of_range(context: &mut Context<'_>, place: Range<usize>, what: &str, range: &str) {
    context.report(
        Problem::new(Code::OutOfRange, format!("`{what}` is outside what the system accepts"))
            .at(place, format!("from {range}"))
            .help(format!("take a value from {range}")),
    );
}

fn check_model(context: &mut Context<'_>, model: &Replication, node: &Node<'_>) {
    match model {
        Replication::Nt4(nt4) => check_nt4(context, nt4, node, &["replication", "nt4"]),
        Replication::Ad(ad) => check_ad(context, ad, node),
        Replication::Delay(_) => {}
    }
}

fn check_ad(context: &mut Context<'_>, ad: &AdSpec, node: &Node<'_>) {
    let place = |key: &str| place_of(node, &["replication", "ad", key]);
    if ad.poll <= Span::ZERO {
        context.report(zero_interval(place("poll")));
    }
    if ad.tombstone_lifetime < Span::days(2) {
        out_of_range(context, place("tombstone-lifetime"), "tombstone-lifetime", "2d on");
    }
    let level = ad.level();
    if level > FunctionalLevel::Windows2000 && ad.version == AdVersion::Windows2000 {
        context.report(
            Problem::new(Code::KeysDisagree, "a domain controller of Windows 2000 cannot be at this level")
                .at(place("functional-level"), "a level of Windows Server 2003")
                .at(place("version"), "Windows 2000")
                .help("write `version = \"windows-2003\"`, or take `functional-level` out"),
        );
    }
    let Some(nt4) = &ad.mixed else { return };
    check_nt4(context, nt4, node, &["replication", "ad", "mixed"]);
    if level == FunctionalLevel::Windows2003 {
        context.report(
            Problem::new(Code::KeysDisagree, "no BDC of Windows NT 4.0 can be at this level")
                .at(place("mixed"), "serves BDCs of Windows NT 4.0")
                .at(place("functional-level"), "Windows Server 2003")
                .help("write `functional-level = \"windows-2003-interim\"`, or take `mixed` out"),
        );
    }
}

/// `path` leads from the domain's table to Netlogon's values.
fn check_nt4(context: &mut Context<'_>, nt4: &Nt4Spec, node: &Node<'_>, path: &[&str]) {
    let place_in = |keys: &[&str]| place_of(node, &[path, keys].concat());
    let place = |key: &str| place_in(&[key]);
    let spans = [
        ("pulse", nt4.pulse, Span::secs(60), Span::hours(48), "60s to 48h"),
        ("pulse-maximum", nt4.pulse_maximum, Span::secs(60), Span::hours(48), "60s to 48h"),
        ("pulse-timeout1", nt4.pulse_timeout1, Span::secs(1), Span::secs(120), "1s to 120s"),
        ("pulse-timeout2", nt4.pulse_timeout2, Span::secs(60), Span::hours(1), "60s to 1h"),
    ];
    for (key, value, least, most, range) in spans {
        if !(least..=most).contains(&value) {
            out_of_range(context, place(key), key, range);
        }
    }
    if !(1..=500).contains(&nt4.pulse_concurrency) {
        out_of_range(context, place("pulse-concurrency"), "pulse-concurrency", "1 to 500");
    }
    if !(64 << 10..=4 << 20).contains(&nt4.change_log_size) {
        out_of_range(context, place("change-log-size"), "change-log-size", "64KB to 4MB");
    }
    if let Some(first) = nt4.first_pulse
        && first < Span::ZERO
    {
        let located = Located { value: first, span: place("first-pulse") };
        context.instant(&located);
    }
    let (bdc, randomize) = (place_in(&["bdc"]), place_in(&["bdc", "randomize"]));
    check_bdc(context, &nt4.bdc, bdc, randomize, nt4.pulse_timeout1, place("pulse-timeout1"));
}

pub(super) fn check_bdc(
    context: &mut Context<'_>,
    bdc: &Nt4BdcSpec,
    place: Range<usize>,
    randomize: Range<usize>,
    timeout: Span,
    timeout_place: Range<usize>,
) {
    if bdc.governor > 100 {
        out_of_range(context, place, "governor", "0 to 100");
    }
    if !(Span::ZERO..=Span::secs(120)).contains(&bdc.randomize) {
        out_of_range(context, randomize, "randomize", "0s to 120s");
    } else if bdc.randomize >= timeout {
        context.report(
            Problem::new(Code::RandomizeTooLong, "a BDC may pause longer than the PDC waits")
                .at(randomize, format!("up to {}", bdc.randomize))
                .at(timeout_place, format!("the PDC waits {timeout}"))
                .help("make `randomize` shorter than `pulse-timeout1`"),
        );
    }
}

/// `node` is the policy's own table.
pub(in crate::resolve) fn check_account_policy(
    context: &mut Context<'_>,
    policy: &AccountPolicy,
    node: &Node<'_>,
) {
    let place = |key: &str| place_of(node, &[key]);
    if let Some(most) = policy.maximum_age
        && policy.minimum_age >= most
    {
        context.report(
            Problem::new(Code::AgesCrossed, "the least age of a password is not below the greatest")
                .at(place("minimum-age"), format!("at least {}", policy.minimum_age))
                .at(place("maximum-age"), format!("at most {most}"))
                .help("make `minimum-age` the smaller one, or `maximum-age = \"never\"`"),
        );
    }
    if let Some(duration) = policy.lockout_duration
        && duration < policy.lockout_reset
    {
        context.report(
            Problem::new(
                Code::LockoutTooShort,
                "a lockout ends before the count of bad passwords starts anew",
            )
            .at(place("lockout-duration"), format!("{duration}"))
            .at(place("lockout-reset"), format!("{}", policy.lockout_reset))
            .help("make `lockout-duration` at least as long as `lockout-reset`"),
        );
    }
}
