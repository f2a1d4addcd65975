//! Site servers and clients.

use std::ops::Range;

use mockdc_mocks::{Authority, Credentials, UserSpec, WorldSpec};

use super::context::{Context, place_of};
use crate::read::{Node, RawClient, RawHost, Word, entry, plain_table, read, table_node};
use crate::{Client, Code, Problem, Profile, SiteServer};

/// The account under which a site server's services run unless the scenario says otherwise (Q318479).
const SERVICE_ACCOUNT: (&str, &str) = ("SMSService", "SMSService-pw1!");

/// The profile of a site server in a scenario without clients.
const PLAIN_PROFILE: &str = "sms-2.0-sp3";

/// A `[[site-server]]` whose machine is stated.
pub(super) struct Server {
    pub(super) name: Word,
    pub(super) raw: RawHost,
    pub(super) place: Range<usize>,
}

/// Keys of a `[[client]]` that are not sections of the profile.
const OWN: &[&str] = &["machine", "machines", "profile", "installed"];

/// Site servers and clients, and the accounts that site servers need.
pub(super) fn products(
    context: &mut Context<'_>,
    servers: &[Server],
    nodes: &[Node<'_>],
    world: &mut WorldSpec,
) -> (Vec<SiteServer>, Vec<Client>) {
    let mut clients: Vec<Client> = Vec::new();
    for node in nodes {
        clients.extend(client(context, node));
    }
    let mut site_servers = Vec::new();
    for server in servers {
        let place = server.name.span.clone();
        let host = server.name.value.as_str().into();
        if let Some(first) = context.site_servers.get(&host).cloned() {
            context.duplicate("site servers", &server.name.value, place.clone(), first);
        }
        context.site_servers.insert(host, place);
        site_servers.extend(site_server(
            context,
            server,
            clients.first().map(|client| &*client.profile),
            world,
        ));
    }
    (site_servers, clients)
}

fn client(context: &mut Context<'_>, node: &Node<'_>) -> Vec<Client> {
    let toml::de::DeValue::Table(table) = node.get_ref() else { return Vec::new() };
    let mut own = toml::de::DeTable::new();
    for (key, value) in table.iter().filter(|(key, _)| OWN.contains(&key.get_ref().as_ref())) {
        own.insert(key.clone(), value.clone());
    }
    let mut overrides = plain_table(node);
    for key in OWN {
        overrides.remove(*key);
    }
    let place =
        table.keys().find(|key| !OWN.contains(&key.get_ref().as_ref())).map_or(node.span(), |key| key.span());
    let own = table_node(own, node.span());
    let raw = read::<RawClient>(&own, &mut context.problems);
    let Some(raw) = raw else {
        // The machine is a client all the same, so that no consequence is reported.
        let hosts = ["machine", "machines"].iter().filter_map(|key| entry(node, key)).next();
        if let Some(hosts) = hosts.and_then(|hosts| read::<crate::read::Hosts>(hosts, &mut Vec::new())) {
            for host in context.each_host(&hosts) {
                context.clients.insert(host.value, host.span);
            }
        }
        return Vec::new();
    };
    let hosts = match (raw.machine, raw.machines) {
        (Some(hosts), None) | (None, Some(hosts)) => hosts,
        (None, None) => {
            context.report(
                Problem::new(Code::MissingKey, "`machine` is missing")
                    .at(node.span(), "a client is a product on a machine")
                    .help("add `machine = …`"),
            );
            return Vec::new();
        }
        (Some(_), Some(_)) => {
            context.report(
                Problem::new(Code::KeysDisagree, "`machine` and `machines` stand together")
                    .at(place_of(node, &["machines"]), "one of them")
                    .at(place_of(node, &["machine"]), "and the other")
                    .help("keep one"),
            );
            return Vec::new();
        }
    };
    let hosts = context.each_host(&hosts);
    for host in &hosts {
        match context.clients.get(&host.value).cloned() {
            Some(first) => context.duplicate("clients", host.value.as_str(), host.span.clone(), first),
            None => {
                context.clients.insert(host.value.clone(), host.span.clone());
            }
        }
    }
    let Some(word) = raw.profile else {
        context.report(
            Problem::new(Code::MissingKey, "`profile` is missing")
                .at(node.span(), "which version of the product?")
                .help(format!("add `profile = …`; there are: {}", crate::diagnostic::list(Profile::names()))),
        );
        return Vec::new();
    };
    let Some(profile) = context.profile(&word, &overrides, place) else { return Vec::new() };
    let profile = std::sync::Arc::new(profile);
    hosts
        .into_iter()
        .map(|host| Client { machine: host.value, profile: profile.clone(), installed: raw.installed })
        .collect()
}

fn site_server(
    context: &mut Context<'_>,
    server: &Server,
    first: Option<&Profile>,
    world: &mut WorldSpec,
) -> Option<SiteServer> {
    let raw = &server.raw;
    let Some(code) = &raw.site else {
        context.report(
            Problem::new(Code::MissingKey, "`site` is missing")
                .at(server.place.clone(), "which site?")
                .help("add the site code: `site = \"ABC\"`"),
        );
        return None;
    };
    if code.value.len() != 3 || !code.value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        context.report(
            Problem::new(Code::BadName, format!("`{}` is no site code", code.value))
                .at(code.span.clone(), "not possible")
                .help("three letters or digits"),
        );
    }
    let profile = match &raw.profile {
        Some(word) => context.profile(word, &toml::Table::new(), word.span.clone())?,
        None => match first {
            Some(profile) => profile.clone(),
            None => Profile::resolve(PLAIN_PROFILE, &toml::Table::new()).ok()?,
        },
    };
    let profile = match &raw.ccm {
        Some(ccm) => {
            let overrides =
                toml::Table::from_iter([("ccm".to_owned(), toml::Value::Table(ccm.value.clone()))]);
            match profile.with(&overrides) {
                Ok(profile) => profile,
                Err(error) => {
                    let word = raw.profile.as_ref().map(|word| word.span.clone());
                    context.profile_value(&error, ccm.span.clone(), word);
                    return None;
                }
            }
        }
        None => profile,
    };
    let service_account = match &raw.service_account {
        Some(account) => context.credentials(account),
        None => Credentials {
            authority: Authority::Domain,
            user: SERVICE_ACCOUNT.0.into(),
            password: world
                .users
                .iter()
                .find(|user| user.name == *SERVICE_ACCOUNT.0)
                .map_or_else(|| SERVICE_ACCOUNT.1.into(), |user| user.password.clone()),
        },
    };
    let stated = world.users.iter().any(|user| user.name == service_account.user);
    let built_in = service_account.user == *"Administrator";
    if !stated && !built_in && service_account.authority == Authority::Domain {
        world.users.push(UserSpec {
            entry: Default::default(),
            name: service_account.user.clone(),
            password: service_account.password.clone(),
            comment: String::new(),
            flags: Default::default(),
            password_age: Default::default(),
            earlier_passwords: Vec::new(),
            member_of: vec!["Domain Admins".into()],
            expires: None,
            limits: Default::default(),
        });
    }
    let connection_accounts =
        raw.connection_accounts.iter().map(|account| context.credentials(account)).collect();
    let excluded = raw.excluded.clone().unwrap_or_default();
    let excluded = context.each_host(&excluded).into_iter().map(|host| host.value).collect();
    Some(SiteServer {
        machine: server.name.value.as_str().into(),
        site: code.value.as_str().into(),
        profile: profile.into(),
        service_account,
        connection_accounts,
        excluded,
    })
}
