//! The names of a domain and its forest of one.

use crate::HostName;

/// What a domain is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Naming {
    /// `corp.example`
    pub(super) dns: String,
    /// `CORP`
    pub(super) netbios: String,
    /// `DC=corp,DC=example`
    pub(super) root: String,
    /// `CN=Configuration,DC=corp,DC=example`
    pub(super) configuration: String,
    /// `CN=Schema,CN=Configuration,…`
    pub(super) schema: String,
}

impl Naming {
    pub(super) fn new(netbios: &str, dns: Option<&str>) -> Naming {
        let dns = dns.map_or_else(|| format!("{}.example", netbios.to_ascii_lowercase()), str::to_owned);
        let root: Vec<String> = dns.split('.').map(|label| format!("DC={label}")).collect();
        let root = root.join(",");
        let configuration = format!("CN=Configuration,{root}");
        let schema = format!("CN=Schema,{configuration}");
        Naming { dns, netbios: netbios.to_owned(), root, configuration, schema }
    }

    /// A controller's DNS name.
    pub(super) fn host(&self, dc: &HostName) -> String {
        format!("{}.{}", dc.as_str().to_ascii_lowercase(), self.dns)
    }

    /// A controller's entry among the servers of its site.
    pub(super) fn server(&self, dc: &HostName, site: &str) -> String {
        format!("CN={dc},CN=Servers,CN={site},CN=Sites,{}", self.configuration)
    }
}

/// A site as the forest calls it: the one that every forest begins with has a longer name than in scenarios.
pub(super) fn site_name(site: &str) -> &str {
    if site.is_empty() || site.eq_ignore_ascii_case("default") { "Default-First-Site-Name" } else { site }
}
