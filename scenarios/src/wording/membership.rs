//! Membership and secure channels in words.

use mockdc_mocks::{HostName, Verb};

/// What somebody does about a machine's membership or secure channel; `it` is the machine.
pub(super) fn membership_says(verb: &Verb, it: &str) -> Option<String> {
    Some(match verb {
        Verb::DomainJoin { domain, server, create, rejoin, .. } => {
            let again = if *rejoin { " anew" } else { "" };
            let domain = domain.as_ref().map_or("the domain".to_owned(), |domain| domain.to_string());
            let create = if *create { "" } else { ", with the account that is there" };
            format!("joins {it} to {domain}{again}{}{create}", by(server.as_ref()))
        }
        Verb::DomainUnjoin { disable_account, .. } => {
            let account = if *disable_account { " and disables its account" } else { "" };
            format!("takes {it} out of the domain{account}")
        }
        Verb::SecureChannelQuery {} => format!("asks {it} for its secure channel"),
        Verb::SecureChannelReset { server } => {
            let with = server.as_ref().map_or_else(String::new, |server| format!(" with {server}"));
            format!("sets up the secure channel of {it} anew{with}")
        }
        Verb::SecureChannelVerify {} => format!("verifies the secure channel of {it}"),
        Verb::MachinePasswordChange {} => format!("lets {it} change its machine password"),
        Verb::MachinePasswordReset { server, .. } => {
            format!("resets the machine password of {it}{}", by(Some(server)))
        }
        Verb::MachineSecretStore { password: Some(_) } => format!("stores another machine secret on {it}"),
        Verb::MachineSecretStore { password: None } => format!("deletes the machine secret of {it}"),
        _ => return None,
    })
}

fn by(server: Option<&HostName>) -> String {
    server.map_or_else(String::new, |server| format!(" at {server}"))
}
