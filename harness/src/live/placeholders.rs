//! What stands for an address in a program's arguments: `{pdc.url}`.

use std::net::SocketAddr;

use super::{Endpoint, Endpoints};

/// Why an argument cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPlaceholder {
    /// There is no such controller.
    #[error("`{{{placeholder}}}`: the scenario has no domain controller `{dc}`; there are: {known}")]
    NoController {
        /// As it is written.
        placeholder: String,
        /// The name.
        dc: String,
        /// The names that there are.
        known: String,
    },
    /// A controller has no such property.
    #[error(
        "`{{{placeholder}}}`: of a controller there are `url`, `host`, `port`, `address`, `name` and `ldaps-url`"
    )]
    NoProperty {
        /// As it is written.
        placeholder: String,
    },
    /// The run has none.
    #[error("`{{{placeholder}}}`: this run has none")]
    None {
        /// As it is written.
        placeholder: String,
    },
}

/// An argument with its placeholders filled in. Braces around anything else stay as they are.
pub fn fill(argument: &str, endpoints: &Endpoints, endpoints_file: &str) -> Result<String, BadPlaceholder> {
    let mut filled = String::with_capacity(argument.len());
    let mut rest = argument;
    while let Some(start) = rest.find('{') {
        let (before, tail) = rest.split_at(start);
        filled.push_str(before);
        let Some(end) = tail.find('}') else {
            rest = tail;
            break;
        };
        match value(&tail[1..end], endpoints, endpoints_file)? {
            Some(value) => {
                filled.push_str(&value);
                rest = &tail[end + 1..];
            }
            None => {
                filled.push('{');
                rest = &tail[1..];
            }
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

fn value(name: &str, endpoints: &Endpoints, file: &str) -> Result<Option<String>, BadPlaceholder> {
    let none = || BadPlaceholder::None { placeholder: name.to_owned() };
    if let Some(property) = name.strip_prefix("pdc.") {
        return of(endpoints.pdc().ok_or_else(none)?, name, property).map(Some);
    }
    if let Some(rest) = name.strip_prefix("dc.") {
        let (dc, property) = rest.rsplit_once('.').unwrap_or((rest, "url"));
        let found = endpoints.dcs.iter().find(|endpoint| endpoint.name == *dc);
        let found = found.ok_or_else(|| {
            let known: Vec<&str> = endpoints.dcs.iter().map(|dc| dc.name.as_str()).collect();
            let (placeholder, dc, known) = (name.to_owned(), dc.to_owned(), known.join(", "));
            BadPlaceholder::NoController { placeholder, dc, known }
        })?;
        return of(found, name, property).map(Some);
    }
    Ok(Some(match name {
        "base-dn" => endpoints.base_dn.clone(),
        "scenario-dir" => endpoints.scenario_dir.display().to_string(),
        "domain" => endpoints.domain.clone(),
        "dns" => endpoints.dns.to_string(),
        "dns-domain" => endpoints.dns_domain.clone(),
        "user" => endpoints.user.clone(),
        "bind-name" => endpoints.bind_name.clone(),
        "password-file" => endpoints.password_file.display().to_string(),
        "ca-file" => endpoints.ca_file.as_ref().ok_or_else(none)?.display().to_string(),
        "control-url" => endpoints.control.as_ref().ok_or_else(none)?.url.clone(),
        "endpoints" => file.to_owned(),
        _ => return Ok(None),
    }))
}

fn of(dc: &Endpoint, placeholder: &str, property: &str) -> Result<String, BadPlaceholder> {
    Ok(match property {
        "url" => dc.url.clone(),
        "host" => dc.host.to_string(),
        "port" => dc.port.to_string(),
        "address" => SocketAddr::new(dc.host, dc.port).to_string(),
        "name" => dc.name.to_string(),
        "ldaps-url" => {
            let none = || BadPlaceholder::None { placeholder: placeholder.to_owned() };
            dc.ldaps_url.clone().ok_or_else(none)?
        }
        _ => return Err(BadPlaceholder::NoProperty { placeholder: placeholder.to_owned() }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::endpoints::example;

    fn filled(argument: &str) -> Result<String, String> {
        fill(argument, &example(), "/tmp/x/endpoints.json").map_err(|error| error.to_string())
    }

    #[test]
    fn placeholders_are_filled_in_and_other_braces_stay() {
        assert_eq!(filled("--url={pdc.url}").unwrap(), "--url=ldap://127.0.0.1:10389");
        assert_eq!(
            filled("{dc.br-dc1.address} {base-dn} {dns}").unwrap(),
            "127.0.0.1:10399 DC=corp,DC=example 127.0.0.1:10391"
        );
        for other in ["{print $1}", "${HOME}", "{\"a\": {}}", "{", "}{", "{}", "a{b"] {
            assert_eq!(filled(other).unwrap(), other);
        }
        assert_eq!(filled("{{pdc.port}}").unwrap(), "{10389}");
    }

    #[test]
    fn what_cannot_be_filled_in_is_told() {
        assert!(filled("{dc.BDC9.url}").unwrap_err().contains("there are: PDC1, BR-DC1"));
        assert!(filled("{pdc.colour}").unwrap_err().contains("`url`, `host`"));
        assert!(filled("{ca-file}").unwrap_err().contains("this run has none"));
    }
}
