//! Clients that are installed at the start: what a world holds for them.

use mockdc_mocks::{
    Authority, Credentials, GroupKind, GroupSpec, HostName, MachineSettings, RightSpec, Secret, ServiceSpec,
    StartMode, UserSpec, WorldSpec,
};
use mockdc_scenarios::{Client, ProductKind, Profile};

/// Adds to `world` what an installed client consists of: accounts, rights, memberships and a running service.
/// Clients that are not installed add nothing; a machine that the world lacks adds nothing either.
pub fn add_to_world(world: &mut WorldSpec, client: &Client) {
    if !client.installed {
        return;
    }
    let on_dc = world.dcs.iter().any(|dc| dc.name == client.machine);
    let profile = &client.profile;
    let service = service(client, profile, on_dc);
    if profile.kind == ProductKind::Legacy {
        if on_dc {
            add_domain_accounts(world, client, profile);
        } else if let Some(machine) = settings(world, &client.machine) {
            add_local_accounts(machine, client, profile);
        }
    }
    if let Some(machine) = settings(world, &client.machine) {
        machine.services.push(service);
    }
}

/// The password of a token account that exists at the start.
pub(super) fn token_password() -> Secret {
    "Token-at-1st-0".into()
}

fn service_password() -> Secret {
    "Servc-at-1st-0".into()
}

fn settings<'a>(world: &'a mut WorldSpec, host: &HostName) -> Option<&'a mut MachineSettings> {
    let dcs = world.dcs.iter_mut().filter(|dc| dc.name == *host).map(|dc| &mut dc.machine);
    let others = world.machines.iter_mut().filter(|machine| machine.name == *host).map(|m| &mut m.machine);
    dcs.chain(others).next()
}

fn service(client: &Client, profile: &Profile, on_dc: bool) -> ServiceSpec {
    let rules = &profile.client_service;
    let account = (profile.kind == ProductKind::Legacy).then(|| Credentials {
        authority: if on_dc { Authority::Domain } else { Authority::Local(client.machine.clone()) },
        user: profile.accounts.client_service(client.machine.as_str(), on_dc),
        password: service_password(),
    });
    ServiceSpec {
        name: rules.service.clone(),
        program: rules.program.clone(),
        account,
        start: StartMode::Automatic,
        running: true,
    }
}

/// Both accounts of a client with their rights: the service's and the token's.
fn accounts(client: &Client, profile: &Profile, on_dc: bool) -> [(UserSpec, RightSpec); 2] {
    let host = client.machine.as_str();
    let rules = &profile.accounts;
    let both = [
        (rules.client_service(host, on_dc), service_password(), rules.rights(on_dc)),
        (rules.token(host, on_dc), token_password(), &rules.token_rights[..]),
    ];
    both.map(|(name, password, rights)| {
        let user = UserSpec {
            entry: Default::default(),
            name: name.clone(),
            password,
            comment: String::new(),
            flags: Default::default(),
            password_age: Default::default(),
            earlier_passwords: Vec::new(),
            member_of: vec!["Administrators".into()],
            expires: None,
            limits: Default::default(),
        };
        (user, RightSpec { account: name, rights: rights.to_vec() })
    })
}

fn add_local_accounts(machine: &mut MachineSettings, client: &Client, profile: &Profile) {
    for (user, rights) in accounts(client, profile, false) {
        if machine.users.iter().all(|other| other.name != user.name) {
            machine.users.push(user);
            machine.rights.push(rights);
        }
    }
}

fn add_domain_accounts(world: &mut WorldSpec, client: &Client, profile: &Profile) {
    let group = &profile.accounts.internal_group;
    if world.groups.iter().all(|other| other.name != *group) {
        world.groups.push(GroupSpec {
            entry: Default::default(),
            name: group.clone(),
            kind: GroupKind::Global,
            members: Vec::new(),
        });
    }
    let [mut service, token] = accounts(client, profile, true);
    service.0.member_of.push(group.clone());
    for (user, rights) in [service, token] {
        if world.users.iter().all(|other| other.name != user.name) {
            world.users.push(user);
            world.rights.push(rights);
        }
    }
}
