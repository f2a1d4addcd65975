//! What a message means, in one form for three codecs.

use ldap3_proto::proto::{LdapBindCred, LdapFilter, LdapMsg, LdapOp, LdapPartialAttribute};
use rasn_ldap::{AuthenticationChoice, LdapMessage, PartialAttribute, ProtocolOp, SubstringChoice};

use crate::ldap::{BindCredentials, Filter, Message, ModificationKind, Piece, Request, Scope};

/// A meaning: a word with what belongs to it, octets, or a number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    Octets(Vec<u8>),
    Number(i64),
    Is(&'static str, Vec<Term>),
}

/// A message: its number, what is asked, and its controls where the codec keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) id: i64,
    pub(super) request: Term,
    pub(super) controls: Option<Vec<Term>>,
}

fn octets(value: impl AsRef<[u8]>) -> Term {
    Term::Octets(value.as_ref().to_vec())
}

/// What a message need not have: without it and empty are the same, because one library cannot tell them apart.
fn maybe(value: Option<impl AsRef<[u8]>>) -> Term {
    value.map_or_else(|| Term::Octets(Vec::new()), octets)
}

fn set(mut terms: Vec<Term>) -> Term {
    terms.sort();
    Term::Is("set", terms)
}

fn attribute(name: impl AsRef<[u8]>, values: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Term {
    Term::Is("attribute", vec![octets(name), set(values.into_iter().map(octets).collect())])
}

fn pair(word: &'static str, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Term {
    Term::Is(word, vec![octets(name), octets(value)])
}

/// What our own codec reads.
pub(super) fn ours(message: &Message<'_>) -> Meaning {
    let request = match &message.request {
        Request::Bind { version, name, credentials } => {
            let how = match credentials {
                BindCredentials::Simple(password) => Term::Is("simple", vec![octets(password)]),
                BindCredentials::Sasl { mechanism, token } => {
                    Term::Is("sasl", vec![octets(mechanism), maybe(*token)])
                }
                _ => Term::Is("another way", vec![]),
            };
            Term::Is("bind", vec![Term::Number((*version).into()), octets(name), how])
        }
        Request::Unbind => Term::Is("unbind", vec![]),
        Request::Search(search) => {
            let scope = match search.scope {
                Scope::Base => 0,
                Scope::One => 1,
                Scope::Subtree => 2,
            };
            let numbers = [
                scope,
                search.deref.into(),
                search.size_limit.into(),
                search.time_limit.into(),
                search.types_only.into(),
            ];
            searched(search.base, numbers, our_filter(&search.filter), &search.attributes)
        }
        Request::Modify { dn, changes } => {
            let changes = changes.iter().map(|change| {
                let kind = match change.kind {
                    ModificationKind::Add => 0,
                    ModificationKind::Delete => 1,
                    ModificationKind::Replace => 2,
                    ModificationKind::Increment => 3,
                };
                Term::Is("change", vec![Term::Number(kind), attribute(change.attribute, &change.values)])
            });
            Term::Is("modify", vec![octets(dn), Term::Is("list", changes.collect())])
        }
        Request::Add { dn, attributes } => {
            let list = attributes.iter().map(|(name, values)| attribute(name, values)).collect();
            Term::Is("add", vec![octets(dn), Term::Is("list", list)])
        }
        Request::Delete(dn) => Term::Is("delete", vec![octets(dn)]),
        Request::ModifyDn { dn, new_rdn, delete_old, new_superior } => Term::Is(
            "rename",
            vec![octets(dn), octets(new_rdn), Term::Number((*delete_old).into()), maybe(*new_superior)],
        ),
        Request::Compare { dn, attribute, value } => {
            Term::Is("compare", vec![octets(dn), octets(attribute), octets(value)])
        }
        Request::Abandon(id) => Term::Is("abandon", vec![Term::Number((*id).into())]),
        Request::Extended { oid, value } => Term::Is("extended", vec![octets(oid), maybe(*value)]),
        Request::Unknown(_) => Term::Is("unknown", vec![]),
    };
    let controls = message.controls.iter().map(|control| {
        Term::Is(
            "control",
            vec![octets(control.oid), Term::Number(control.critical.into()), maybe(control.value)],
        )
    });
    Meaning { id: message.id.into(), request, controls: Some(controls.collect()) }
}

fn searched(
    base: impl AsRef<[u8]>,
    numbers: [i64; 5],
    filter: Term,
    attributes: impl IntoIterator<Item = impl AsRef<[u8]>>,
) -> Term {
    let numbers = numbers.into_iter().map(Term::Number);
    let attributes = Term::Is("list", attributes.into_iter().map(octets).collect());
    Term::Is("search", std::iter::once(octets(base)).chain(numbers).chain([filter, attributes]).collect())
}

fn our_filter(filter: &Filter<'_>) -> Term {
    match filter {
        Filter::And(all) => Term::Is("and", vec![set(all.iter().map(our_filter).collect())]),
        Filter::Or(all) => Term::Is("or", vec![set(all.iter().map(our_filter).collect())]),
        Filter::Not(inner) => Term::Is("not", vec![our_filter(inner)]),
        Filter::Equal(name, value) => pair("equal", name, value),
        Filter::Substrings(name, pieces) => {
            let pieces = pieces.iter().map(|piece| match piece {
                Piece::Initial(piece) => Term::Is("initial", vec![octets(piece)]),
                Piece::Any(piece) => Term::Is("any", vec![octets(piece)]),
                Piece::Final(piece) => Term::Is("final", vec![octets(piece)]),
            });
            Term::Is("substrings", vec![octets(name), Term::Is("list", pieces.collect())])
        }
        Filter::GreaterOrEqual(name, value) => pair("greater", name, value),
        Filter::LessOrEqual(name, value) => pair("less", name, value),
        Filter::Present(name) => Term::Is("present", vec![octets(name)]),
        Filter::Approximate(name, value) => pair("approximate", name, value),
        Filter::Extensible { rule, attribute, value, dn_attributes } => Term::Is(
            "rule",
            vec![maybe(*rule), maybe(*attribute), octets(value), Term::Number((*dn_attributes).into())],
        ),
    }
}

/// What `rasn-ldap` reads; nothing for a message of a server.
pub(super) fn rasn(message: &LdapMessage) -> Option<Meaning> {
    let rasn_attribute = |one: &PartialAttribute| attribute(one.r#type.as_bytes(), one.vals.to_vec());
    let request = match &message.protocol_op {
        ProtocolOp::BindRequest(bind) => {
            let how = match &bind.authentication {
                AuthenticationChoice::Simple(password) => Term::Is("simple", vec![octets(password)]),
                AuthenticationChoice::Sasl(sasl) => Term::Is(
                    "sasl",
                    vec![octets(sasl.mechanism.as_bytes()), maybe(sasl.credentials.as_ref())],
                ),
                _ => return None,
            };
            Term::Is("bind", vec![Term::Number(bind.version.into()), octets(bind.name.as_bytes()), how])
        }
        ProtocolOp::UnbindRequest(_) => Term::Is("unbind", vec![]),
        ProtocolOp::SearchRequest(search) => searched(
            search.base_object.as_bytes(),
            [
                search.scope as i64,
                search.deref_aliases as i64,
                search.size_limit.into(),
                search.time_limit.into(),
                search.types_only.into(),
            ],
            rasn_filter(&search.filter)?,
            search.attributes.iter().map(|name| name.as_bytes()),
        ),
        ProtocolOp::ModifyRequest(modify) => {
            let changes = modify.changes.iter().map(|change| {
                let kind = Term::Number(change.operation as i64);
                Term::Is("change", vec![kind, rasn_attribute(&change.modification)])
            });
            Term::Is("modify", vec![octets(modify.object.as_bytes()), Term::Is("list", changes.collect())])
        }
        ProtocolOp::AddRequest(add) => {
            let list = add.attributes.iter().map(|one| attribute(one.r#type.as_bytes(), one.vals.to_vec()));
            Term::Is("add", vec![octets(add.entry.as_bytes()), Term::Is("list", list.collect())])
        }
        ProtocolOp::DelRequest(delete) => Term::Is("delete", vec![octets(delete.0.as_bytes())]),
        ProtocolOp::ModDnRequest(rename) => Term::Is(
            "rename",
            vec![
                octets(rename.entry.as_bytes()),
                octets(rename.new_rdn.as_bytes()),
                Term::Number(rename.delete_old_rdn.into()),
                maybe(rename.new_superior.as_ref().map(|dn| dn.as_bytes())),
            ],
        ),
        ProtocolOp::CompareRequest(compare) => Term::Is(
            "compare",
            vec![
                octets(compare.entry.as_bytes()),
                octets(compare.ava.attribute_desc.as_bytes()),
                octets(&compare.ava.assertion_value),
            ],
        ),
        ProtocolOp::AbandonRequest(abandon) => Term::Is("abandon", vec![Term::Number(abandon.0.into())]),
        ProtocolOp::ExtendedReq(extended) => {
            Term::Is("extended", vec![octets(&extended.request_name), maybe(extended.request_value.as_ref())])
        }
        _ => return None,
    };
    let controls = message.controls.iter().flatten().map(|control| {
        let critical = Term::Number(control.criticality.into());
        Term::Is(
            "control",
            vec![octets(&control.control_type), critical, maybe(control.control_value.as_ref())],
        )
    });
    Some(Meaning { id: message.message_id.into(), request, controls: Some(controls.collect()) })
}

fn rasn_filter(filter: &rasn_ldap::Filter) -> Option<Term> {
    use rasn_ldap::Filter;
    let pair_of = |word, ava: &rasn_ldap::AttributeValueAssertion| {
        pair(word, ava.attribute_desc.as_bytes(), &ava.assertion_value)
    };
    Some(match filter {
        Filter::And(all) => {
            Term::Is("and", vec![set(all.to_vec().into_iter().map(rasn_filter).collect::<Option<_>>()?)])
        }
        Filter::Or(all) => {
            Term::Is("or", vec![set(all.to_vec().into_iter().map(rasn_filter).collect::<Option<_>>()?)])
        }
        Filter::Not(inner) => Term::Is("not", vec![rasn_filter(inner)?]),
        Filter::EqualityMatch(ava) => pair_of("equal", ava),
        Filter::Substrings(substrings) => {
            let pieces = substrings.substrings.iter().map(|piece| {
                Some(match piece {
                    SubstringChoice::Initial(piece) => Term::Is("initial", vec![octets(piece)]),
                    SubstringChoice::Any(piece) => Term::Is("any", vec![octets(piece)]),
                    SubstringChoice::Final(piece) => Term::Is("final", vec![octets(piece)]),
                    _ => return None,
                })
            });
            let pieces = Term::Is("list", pieces.collect::<Option<_>>()?);
            Term::Is("substrings", vec![octets(substrings.r#type.as_bytes()), pieces])
        }
        Filter::GreaterOrEqual(ava) => pair_of("greater", ava),
        Filter::LessOrEqual(ava) => pair_of("less", ava),
        Filter::Present(name) => Term::Is("present", vec![octets(name.as_bytes())]),
        Filter::ApproxMatch(ava) => pair_of("approximate", ava),
        Filter::ExtensibleMatch(rule) => Term::Is(
            "rule",
            vec![
                maybe(rule.matching_rule.as_ref().map(|rule| rule.as_bytes())),
                maybe(rule.r#type.as_ref().map(|name| name.as_bytes())),
                octets(&rule.match_value),
                Term::Number(rule.dn_attributes.into()),
            ],
        ),
        _ => return None,
    })
}

/// What `ldap3_proto` reads, controls aside, whose values it takes apart; nothing for a message of a server.
pub(super) fn proto(message: &LdapMsg) -> Option<Meaning> {
    let proto_attribute = |one: &LdapPartialAttribute| attribute(&one.atype, &one.vals);
    let request = match &message.op {
        LdapOp::BindRequest(bind) => {
            let how = match &bind.cred {
                LdapBindCred::Simple(password) => Term::Is("simple", vec![octets(password)]),
                LdapBindCred::SASL(sasl) => {
                    Term::Is("sasl", vec![octets(&sasl.mechanism), octets(&sasl.credentials)])
                }
                LdapBindCred::Unsupported => Term::Is("another way", vec![]),
            };
            Term::Is("bind", vec![Term::Number(bind.version), octets(&bind.dn), how])
        }
        LdapOp::UnbindRequest => Term::Is("unbind", vec![]),
        LdapOp::SearchRequest(search) => searched(
            &search.base,
            [
                search.scope.clone() as i64,
                search.aliases.clone() as i64,
                search.sizelimit.into(),
                search.timelimit.into(),
                search.typesonly.into(),
            ],
            proto_filter(&search.filter),
            &search.attrs,
        ),
        LdapOp::ModifyRequest(modify) => {
            let changes = modify.changes.iter().map(|change| {
                let kind = Term::Number(change.operation.clone() as i64);
                Term::Is("change", vec![kind, proto_attribute(&change.modification)])
            });
            Term::Is("modify", vec![octets(&modify.dn), Term::Is("list", changes.collect())])
        }
        LdapOp::AddRequest(add) => {
            let list = add.attributes.iter().map(proto_attribute).collect();
            Term::Is("add", vec![octets(&add.dn), Term::Is("list", list)])
        }
        LdapOp::DelRequest(dn) => Term::Is("delete", vec![octets(dn)]),
        LdapOp::ModifyDNRequest(rename) => Term::Is(
            "rename",
            vec![
                octets(&rename.dn),
                octets(&rename.newrdn),
                Term::Number(rename.deleteoldrdn.into()),
                maybe(rename.new_superior.as_ref()),
            ],
        ),
        LdapOp::CompareRequest(compare) => {
            Term::Is("compare", vec![octets(&compare.dn), octets(&compare.atype), octets(&compare.val)])
        }
        LdapOp::AbandonRequest(id) => Term::Is("abandon", vec![Term::Number((*id).into())]),
        LdapOp::ExtendedRequest(extended) => {
            Term::Is("extended", vec![octets(&extended.name), maybe(extended.value.as_ref())])
        }
        _ => return None,
    };
    Some(Meaning { id: message.msgid.into(), request, controls: None })
}

fn proto_filter(filter: &LdapFilter) -> Term {
    match filter {
        LdapFilter::And(all) => Term::Is("and", vec![set(all.iter().map(proto_filter).collect())]),
        LdapFilter::Or(all) => Term::Is("or", vec![set(all.iter().map(proto_filter).collect())]),
        LdapFilter::Not(inner) => Term::Is("not", vec![proto_filter(inner)]),
        LdapFilter::Equality(name, value) => pair("equal", name, value),
        LdapFilter::Substring(name, pieces) => {
            let one = |word: &'static str, piece: &String| Term::Is(word, vec![octets(piece)]);
            let list = pieces.initial.iter().map(|piece| one("initial", piece));
            let list = list.chain(pieces.any.iter().map(|piece| one("any", piece)));
            let list = list.chain(pieces.final_.iter().map(|piece| one("final", piece)));
            Term::Is("substrings", vec![octets(name), Term::Is("list", list.collect())])
        }
        LdapFilter::GreaterOrEqual(name, value) => pair("greater", name, value),
        LdapFilter::LessOrEqual(name, value) => pair("less", name, value),
        LdapFilter::Present(name) => Term::Is("present", vec![octets(name)]),
        LdapFilter::Approx(name, value) => pair("approximate", name, value),
        LdapFilter::Extensible(rule) => Term::Is(
            "rule",
            vec![
                maybe(rule.matching_rule.as_ref()),
                maybe(rule.type_.as_ref()),
                octets(&rule.match_value),
                Term::Number(rule.dn_attributes.into()),
            ],
        ),
    }
}
