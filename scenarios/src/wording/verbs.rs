//! Operations with their arguments: what somebody does.

use mockdc_mocks::{
    AccountFlag, Credentials, Data, HostName, Invocation, LogonType, Operation, Right, ServiceState,
    StartMode, Verb,
};

use super::membership::membership_says;
use super::{listed, right_words};

/// What somebody does who performs an operation, in the third person: `synchronises BDC1`.
pub fn operation_says(operation: &Operation) -> String {
    verb_says(&operation.verb, Some(&operation.at))
}

/// What somebody does who performs a verb at a host; `None`: where that somebody is.
pub fn verb_says(verb: &Verb, host: Option<&HostName>) -> String {
    let at = host.map_or_else(String::new, |host| format!(" at {host}"));
    let on = host.map_or_else(String::new, |host| format!(" on {host}"));
    let it = host.map_or("its own machine".to_owned(), |host| host.to_string());
    match verb {
        Verb::UserAdd { user, flags, comment, .. } => {
            let flags: Vec<&str> = flags.iter().copied().map(flag_words).collect();
            let flags = if flags.is_empty() { String::new() } else { format!(", {}", listed(&flags, "and")) };
            let comment =
                comment.as_ref().map_or_else(String::new, |text| format!(", with the comment \"{text}\""));
            format!("creates the user {user}{at}{flags}{comment}")
        }
        Verb::UserDelete { user } => format!("deletes the user {user}{at}"),
        Verb::UserInfo { user } => format!("reads the attributes of {user}{at}"),
        Verb::UserSetPassword { user, .. } => format!("resets the password of {user}{at}"),
        Verb::UserChangePassword { user, .. } => format!("changes the password of {user}{at}"),
        Verb::UserSetComment { user, comment } => format!("sets the comment of {user}{at} to \"{comment}\""),
        Verb::UserSetFlags { user, set, clear } => {
            let told = |word: &str, flags: &std::collections::BTreeSet<AccountFlag>| {
                let flags: Vec<&str> = flags.iter().copied().map(flag_words).collect();
                (!flags.is_empty()).then(|| format!("{word} {}", listed(&flags, "and")))
            };
            let told: Vec<String> =
                [told("as", set), told("no longer as", clear)].into_iter().flatten().collect();
            match told.is_empty() {
                true => format!("leaves the flags of {user}{at} as they are"),
                false => format!("marks {user}{at} {}", listed(&told, "and")),
            }
        }
        Verb::UserSetExpiry { user, expires: Some(span) } => {
            format!("lets {user} expire {span} after the start{at}")
        }
        Verb::UserSetExpiry { user, expires: None } => format!("lets {user} never expire{at}"),
        Verb::UserSetLogonLimits { user, hours, workstations } => {
            let hosts: Vec<&str> = workstations.iter().map(HostName::as_str).collect();
            let hosts = match hosts.as_slice() {
                [] => "any computer".to_owned(),
                hosts => listed(hosts, "or"),
            };
            let hours = if hours.is_empty() { "at any hour" } else { "at certain hours" };
            format!("lets {user} log on {hours} and from {hosts}{at}")
        }
        Verb::DcFind { domain, primary } => {
            let what = if *primary { "the primary domain controller" } else { "a domain controller" };
            let domain = domain.as_ref().map_or_else(String::new, |domain| format!(" of {domain}"));
            format!("lets {it} find {what}{domain}")
        }
        Verb::DomainJoin { .. }
        | Verb::DomainUnjoin { .. }
        | Verb::SecureChannelQuery {}
        | Verb::SecureChannelReset { .. }
        | Verb::SecureChannelVerify {}
        | Verb::MachinePasswordChange {}
        | Verb::MachinePasswordReset { .. }
        | Verb::MachineSecretStore { .. } => membership_says(verb, &it).unwrap_or_default(),
        Verb::UserRename { user, to } => format!("renames {user} to {to}{at}"),
        Verb::UserSetPrimaryGroup { user, group } => format!("makes {group} the primary group of {user}{at}"),
        Verb::GroupAdd { group } => format!("creates the global group {group}{at}"),
        Verb::GroupDelete { group } => format!("deletes the global group {group}{at}"),
        Verb::GroupAddUser { group, user } => format!("adds {user} to the global group {group}{at}"),
        Verb::GroupRemoveUser { group, user } => format!("removes {user} from the global group {group}{at}"),
        Verb::GroupMembers { group } => format!("reads the members of the global group {group}{at}"),
        Verb::LocalGroupAdd { group } => format!("creates the local group {group}{at}"),
        Verb::LocalGroupDelete { group } => format!("deletes the local group {group}{at}"),
        Verb::LocalGroupAddMember { group, member } => {
            format!("adds {member} to the local group {group}{on}")
        }
        Verb::LocalGroupRemoveMember { group, member } => {
            format!("removes {member} from the local group {group}{on}")
        }
        Verb::LocalGroupMembers { group } => format!("reads the members of the local group {group}{on}"),
        Verb::LookupSid { sid, .. } => format!("looks up the SID {sid}{at}"),
        Verb::LookupName { account, .. } => format!("looks up the name {account}{at}"),
        Verb::RightGrant { account, right } => {
            format!("grants {account} the right {}{on}", right_words(*right))
        }
        Verb::RightRevoke { account, right } => {
            format!("takes the right {} from {account}{on}", right_words(*right))
        }
        Verb::RightsOf { account } => format!("reads the rights of {account}{on}"),
        Verb::AccountPolicySet { policy } => format!(
            "sets the account policy{at}: passwords of at least {} characters, lockout {}",
            policy.minimum_length,
            match policy.lockout_threshold {
                0 => "off".to_owned(),
                n => format!("after {n} bad passwords"),
            }
        ),
        Verb::GpoWrite { gpo, template } => {
            format!("writes the policy \"{gpo}\"{at} anew: {}", template_words(template))
        }
        Verb::GpoDefineRight { gpo, right, holders } => {
            format!("defines in the policy \"{gpo}\"{at} that {}", holders_words(*right, holders))
        }
        Verb::GpoAddToRight { gpo, right, holder } => {
            format!("adds {holder} to the right {} in the policy \"{gpo}\"{at}", right_words(*right))
        }
        Verb::GpoUndefineRight { gpo, right } => {
            format!("takes the definition of {} out of the policy \"{gpo}\"{at}", right_words(*right))
        }
        Verb::GpoLink { gpo, container, enabled, enforced } => {
            let enforced = if *enforced { ", enforced" } else { "" };
            let enabled = if *enabled { "" } else { ", disabled" };
            format!("links the policy \"{gpo}\" to {container}{at}{enforced}{enabled}")
        }
        Verb::GpoUnlink { gpo, container } => format!("unlinks the policy \"{gpo}\" from {container}{at}"),
        Verb::PolicyRefresh { force: false } => format!("lets {it} apply policy"),
        Verb::PolicyRefresh { force: true } => format!("lets {it} apply all policy, changed or not"),
        Verb::Logon { credentials, logon } => {
            let kind = match logon {
                LogonType::Interactive => "interactively",
                LogonType::Network => "over the network",
                LogonType::Batch => "as a batch job",
                LogonType::Service => "as a service",
            };
            format!("logs on{at} as {} {kind}", credentials.user)
        }
        Verb::ShareConnect { share } => format!("connects to the share {share} of {it}"),
        Verb::ShareDisconnect {} => format!("ends its session with {it}"),
        Verb::ShareAdd { share } => format!("shares {share}{on}"),
        Verb::ShareDelete { share } => format!("stops sharing {share}{on}"),
        Verb::ServerInfo {} => format!("asks {it} what kind of server it is"),
        Verb::ServiceCreate { service, program, account, start } => {
            let start = match start {
                StartMode::Automatic => "with the machine",
                StartMode::Manual => "on demand",
                StartMode::Disabled => "never",
            };
            format!(
                "creates the service {service}{on}, which runs {program} as {} and starts {start}",
                who(account)
            )
        }
        Verb::ServiceDelete { service } => format!("deletes the service {service}{on}"),
        Verb::ServiceSetAccount { service, account } => {
            format!("lets the service {service}{on} log on as {}", who(account))
        }
        Verb::ServiceStart { service } => format!("starts the service {service}{on}"),
        Verb::ServiceStop { service } => format!("stops the service {service}{on}"),
        Verb::ServiceQuery { service } => format!("asks for the state of the service {service}{on}"),
        Verb::ServiceReport { service, state, code } => match state {
            ServiceState::Running => format!("reports the service {service}{on} as running"),
            ServiceState::StartPending => format!("reports the service {service}{on} as starting"),
            ServiceState::Stopped => format!("reports the service {service}{on} as stopped with code {code}"),
        },
        Verb::ProcessLaunch { program, as_user, .. } => {
            let user = as_user.as_ref().map_or_else(String::new, |user| format!(" as {}", user.user));
            format!("launches {program}{on}{user}")
        }
        Verb::ProcessExit { process, code } => format!("ends process {}{on} with code {code}", process.0),
        Verb::ProcessKill { process } => format!("kills process {}{on}", process.0),
        Verb::RegistryRead { key, value } => format!("reads the registry value {key}\\{value}{on}"),
        Verb::RegistryWrite { key, value, data } => {
            format!("sets the registry value {key}\\{value}{on} to {}", data_words(data))
        }
        Verb::RegistryDelete { key, value } => format!("deletes the registry value {key}\\{value}{on}"),
        Verb::FileRead { path } => format!("reads the file {path}{on}"),
        Verb::FileWrite { path, .. } => format!("writes the file {path}{on}"),
        Verb::FileDelete { path } => format!("deletes the file {path}{on}"),
        Verb::Restart { down: None } => format!("restarts {it}"),
        Verb::Restart { down: Some(down) } => format!("restarts {it}, which is down for {down}"),
        Verb::Synchronize { full: false } => format!("synchronises {it} with its source"),
        Verb::Synchronize { full: true } => format!("synchronises {it} fully with its source"),
        Verb::SynchronizeDomain { full: false } => format!("synchronises the whole domain{at}"),
        Verb::SynchronizeDomain { full: true } => format!("synchronises the whole domain fully{at}"),
        Verb::Snapshot {} => format!("reads all accounts of {it}"),
        Verb::SnapshotTake { name } => format!("takes the snapshot {name} of {it}"),
        Verb::SnapshotRestore { name, invocation: Invocation::Kept } => {
            format!("copies the snapshot {name} of {it} back")
        }
        Verb::SnapshotRestore { name, invocation: Invocation::New } => {
            format!("restores {it} from the snapshot {name} under a new invocation id")
        }
    }
}

/// Who holds a right by policy: `"Log on as a service" (SeServiceLogonRight) belongs to SVC alone`.
pub fn holders_words<T: AsRef<str>>(right: Right, holders: &[T]) -> String {
    match holders {
        [] => format!("nobody has the right {}", right_words(right)),
        [one] => format!("only {} has the right {}", one.as_ref(), right_words(right)),
        many => format!("only {} have the right {}", listed(many, "and"), right_words(right)),
    }
}

/// What a security template sets, in one line, without its head.
pub fn template_words(template: &str) -> String {
    let mut section = String::new();
    let mut told = Vec::new();
    for line in template.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(';')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_ascii_lowercase();
            continue;
        }
        if matches!(section.as_str(), "unicode" | "version") {
            continue;
        }
        match line.split_once('=') {
            Some((name, value)) if value.trim().is_empty() => told.push(format!("{} = nobody", name.trim())),
            Some((name, value)) => {
                let holders: Vec<&str> = value.split(',').map(str::trim).collect();
                told.push(format!("{} = {}", name.trim(), holders.join(", ")));
            }
            None => told.push(line.to_owned()),
        }
    }
    if told.is_empty() { "it sets nothing".to_owned() } else { told.join("; ") }
}

/// Registry data as people read it.
pub fn data_words(data: &Data) -> String {
    match data {
        Data::Dword(number) => number.to_string(),
        Data::Text(text) => format!("\"{text}\""),
        Data::List(items) => {
            let items: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
            listed(&items, "and")
        }
    }
}

fn who(account: &Option<Credentials>) -> String {
    account.as_ref().map_or("Local System".to_owned(), |account| account.user.to_string())
}

fn flag_words(flag: AccountFlag) -> &'static str {
    match flag {
        AccountFlag::Disabled => "disabled",
        AccountFlag::MustChangePassword => "required to change its password",
        AccountFlag::CannotChangePassword => "unable to change its password",
        AccountFlag::PasswordNeverExpires => "having a password that never expires",
        AccountFlag::LockedOut => "locked out",
        AccountFlag::WorkstationTrustAccount => "a computer's account",
        AccountFlag::ServerTrustAccount => "a domain controller's account",
    }
}
