//! Real clients at the ports of mock controllers. A client that is not installed is named, and the test passes; with
//! `MOCKDC_REQUIRE_CLIENTS=1`, as in continuous integration, it fails.

#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

use std::path::Path;
use std::process::Command;

use base64::Engine;
use mockdc_mocks::ldap::{CertificateAuthority, LiveDomain, Options, Server, Sockets, serve};
use mockdc_mocks::{Clock, Domain, SimTime, Span};
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::Runtime;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const BASE: &str = "DC=corp,DC=example";
const ADMINISTRATOR: &str = "CORP\\Administrator";
const PASSWORD: &str = "Adm1n-password!";
const OLD_DIGESTS: &str = "openssl_conf = init\n[init]\nproviders = list\n[list]\ndefault = on\nlegacy = on\n\
                           [on]\nactivate = 1\n";

/// A scenario that stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> SimTime {
        SimTime::START + Span::hours(1)
    }
}

/// A controller with everything that it can speak, until this is dropped.
struct Field {
    _runtime: Runtime,
    server: Server,
    test: String,
    authority: tempfile::Scratch,
}

/// A file of the test's own that goes with it.
mod tempfile {
    pub(crate) struct Scratch(pub(crate) std::path::PathBuf);

    impl Scratch {
        pub(crate) fn new(name: &str, content: &str) -> std::io::Result<Scratch> {
            let path = std::env::temp_dir().join(format!("mockdc-{}-{name}", std::process::id()));
            std::fs::write(&path, content)?;
            Ok(Scratch(path))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }
}

impl Field {
    /// A controller at a loopback address: at ports of its own, or at 389 for clients that know no other.
    fn new(test: &str, address: &str, port: u16) -> Result<Field, Box<dyn std::error::Error>> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let domain = Domain::builder()
            .pdc("PDC1")
            .bdc("BDC1")
            .delay(Span::mins(40))
            .user("jdoe", "Passw0rd!", &[])
            .computer_accounts()
            .build(1)?;
        let live = LiveDomain::new(domain, Still);
        let authority = CertificateAuthority::new("CORP-CA")?;
        let options = Options { tls: Some(authority.clone()), ..Options::default() };
        let server = runtime.block_on(async {
            let ldap = TcpListener::bind((address, port)).await?;
            let cldap = UdpSocket::bind(ldap.local_addr()?).await?;
            let ldaps = TcpListener::bind((address, 0)).await?;
            let sockets = Sockets { ldap: Some(ldap), ldaps: Some(ldaps), cldap: Some(cldap) };
            Ok::<_, Box<dyn std::error::Error>>(serve(sockets, &live, "PDC1", options)?)
        })?;
        let authority = tempfile::Scratch::new(&format!("{test}.pem"), &authority.pem())?;
        Ok(Field { _runtime: runtime, server, test: test.to_owned(), authority })
    }

    fn ldap(&self) -> String {
        self.server.ldap_address().map(|address| format!("ldap://{address}")).unwrap_or_default()
    }

    fn ldaps(&self) -> String {
        self.server.ldaps_address().map(|address| format!("ldaps://{address}")).unwrap_or_default()
    }

    /// Runs a client; its exit code and all that it says.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<(i32, String), Box<dyn std::error::Error>> {
        let mut command = Command::new("timeout");
        command.arg("60").arg(program).args(arguments).env("LDAPTLS_CACERT", &self.authority.0);
        // NTLM needs MD4, which OpenSSL keeps among what is old.
        let settings = tempfile::Scratch::new(&format!("{}.cnf", self.test), OLD_DIGESTS)?;
        let output = command.env("KRB5_CONFIG", "/dev/null").env("OPENSSL_CONF", &settings.0).output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned()))
    }

    /// Runs a client that must succeed; what it says.
    fn succeeds(&self, program: &str, arguments: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
        let (code, text) = self.run(program, arguments)?;
        assert_eq!(code, 0, "{program} {arguments:?}:\n{text}");
        Ok(text)
    }
}

/// Whether a client is there; the reason is printed when it is not.
fn there(program: &str, package: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).exists()));
    left_out(found, &format!("{program} is not installed (Debian: {package})"))
}

/// Whether Debian's Python has a module.
fn has_module(module: &str, package: &str) -> bool {
    let python = Path::new("/usr/bin/python3");
    let found = python.exists()
        && Command::new(python)
            .args(["-c", &format!("import {module}")])
            .output()
            .is_ok_and(|o| o.status.success());
    left_out(found, &format!("/usr/bin/python3 has no module {module} (Debian: {package})"))
}

fn left_out(found: bool, reason: &str) -> bool {
    let required = std::env::var_os("MOCKDC_REQUIRE_CLIENTS").is_some_and(|value| value == "1");
    assert!(found || !required, "MOCKDC_REQUIRE_CLIENTS=1, and {reason}");
    if !found {
        eprintln!("left out: {reason}");
    }
    found
}

#[test]
fn ldapsearch_reads_in_the_clear_under_starttls_and_over_ldaps() -> Outcome {
    if !there("ldapsearch", "ldap-utils") {
        return Ok(());
    }
    let field = Field::new("ldapsearch", "127.0.0.1", 0)?;
    let (ldap, ldaps) = (field.ldap(), field.ldaps());
    let root = field.succeeds("ldapsearch", &["-x", "-LLL", "-H", &ldap, "-b", "", "-s", "base"])?;
    assert!(root.contains("supportedCapabilities: 1.2.840.113556.1.4.800"), "{root}");
    for place in [vec!["-H", ldap.as_str()], vec!["-ZZ", "-H", ldap.as_str()], vec!["-H", ldaps.as_str()]] {
        let bind = ["-x", "-LLL", "-D", "jdoe@corp.example", "-w", "Passw0rd!", "-b", BASE];
        let all = [&bind[..], &place, &["(sAMAccountName=jdoe)", "cn", "memberOf"]].concat();
        let text = field.succeeds("ldapsearch", &all)?;
        assert!(text.contains("dn: CN=jdoe,CN=Users,DC=corp,DC=example\ncn: jdoe\n"), "{text}");
        assert!(text.contains("ldap://corp.example/CN=Configuration"), "{text}");
    }
    let paged = [
        "-x",
        "-LLL",
        "-E",
        "pr=7/noprompt",
        "-H",
        &ldap,
        "-D",
        ADMINISTRATOR,
        "-w",
        PASSWORD,
        "-b",
        BASE,
        "1.1",
    ];
    let pages = field.succeeds("ldapsearch", &paged)?;
    let whole: Vec<_> = paged.iter().filter(|a| !["-E", "pr=7/noprompt"].contains(a)).copied().collect();
    let whole = field.succeeds("ldapsearch", &whole)?;
    let names = |text: &str| {
        text.lines().filter(|line| line.starts_with("dn:")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(names(&whole).len() > 20 && names(&pages) == names(&whole), "{pages}");
    let wrong = ["-x", "-H", &ldap, "-D", ADMINISTRATOR, "-w", "wrong", "-b", BASE];
    let (code, text) = field.run("ldapsearch", &wrong)?;
    assert!(code == 49 && text.contains("AcceptSecurityContext error, data 52e, vece"), "{code} {text}");
    Ok(())
}

#[test]
fn ldapadd_ldapmodify_ldapmodrdn_and_ldapdelete_write() -> Outcome {
    if !there("ldapmodify", "ldap-utils") {
        return Ok(());
    }
    let field = Field::new("ldapmodify", "127.0.0.1", 0)?;
    let ldap = field.ldap();
    let password: Vec<u8> = "\"N3w-password\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let changes = format!(
        "dn: OU=People,{BASE}\nchangetype: add\nobjectClass: organizationalUnit\n\n\
         dn: CN=Ann Lee,OU=People,{BASE}\nchangetype: add\nobjectClass: user\nsAMAccountName: ann\n\n\
         dn: CN=Ann Lee,OU=People,{BASE}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: {}\n-\n\
         replace: userAccountControl\nuserAccountControl: 512\n-\nadd: description\ndescription: a clerk\n-\n\n\
         dn: CN=Staff,OU=People,{BASE}\nchangetype: add\nobjectClass: group\nsAMAccountName: staff\n\
         member: CN=Ann Lee,OU=People,{BASE}\n\n\
         dn: CN=Ann Lee,OU=People,{BASE}\nchangetype: modrdn\nnewrdn: CN=Ann Smith\ndeleteoldrdn: 1\n\
         newsuperior: CN=Users,{BASE}\n",
        base64::engine::general_purpose::STANDARD.encode(&password)
    );
    let file = tempfile::Scratch::new("changes.ldif", &changes)?;
    let file = file.0.display().to_string();
    field.succeeds(
        "ldapmodify",
        &["-x", "-ZZ", "-H", &ldap, "-D", ADMINISTRATOR, "-w", PASSWORD, "-f", &file],
    )?;
    let own = ["-x", "-LLL", "-H", &ldap, "-D", "CORP\\ann", "-w", "N3w-password", "-b", BASE, "(anr=ann)"];
    let text = field.succeeds("ldapsearch", &own)?;
    assert!(text.contains("dn: CN=Ann Smith,CN=Users,DC=corp,DC=example"), "{text}");
    assert!(text.contains("memberOf: CN=Staff,OU=People,DC=corp,DC=example"), "{text}");
    assert!(text.contains("userAccountControl: 512") && text.contains("description: a clerk"), "{text}");
    let unit = format!("OU=People,{BASE}");
    let delete = ["-x", "-H", &ldap, "-D", ADMINISTRATOR, "-w", PASSWORD];
    let (code, _) = field.run("ldapdelete", &[&delete[..], &[unit.as_str()]].concat())?;
    assert_eq!(code, 66);
    field.succeeds("ldapdelete", &[&delete[..], &["-r", unit.as_str()]].concat())?;
    // RFC 3062 is none of the directory's operations.
    let password = ["-x", "-H", &ldap, "-D", ADMINISTRATOR, "-w", PASSWORD, "-s", "x", "ann"];
    let (code, text) = field.run("ldappasswd", &password)?;
    assert!(code != 0 && text.contains("Protocol error"), "{code} {text}");
    Ok(())
}

#[test]
fn python_ldap3_reads_the_schema_and_binds_by_ntlm() -> Outcome {
    if !has_module("ldap3", "python3-ldap3") {
        return Ok(());
    }
    let field = Field::new("ldap3", "127.0.0.1", 0)?;
    let port = field.server.ldap_address().map_or(0, |address| address.port());
    let script = format!(
        "from ldap3 import *\n\
         s = Server('127.0.0.1', port={port}, get_info=ALL)\n\
         c = Connection(s, 'CORP\\\\jdoe', 'Passw0rd!', authentication=NTLM, auto_bind=True)\n\
         assert s.schema.attribute_types['sAMAccountName'].single_value\n\
         assert 'user' in s.schema.object_classes\n\
         c.search('{BASE}', '(sAMAccountName=jdoe)', attributes=['*'])\n\
         e = c.entries[0]\n\
         assert e.objectSid.value.startswith('S-1-5-21-') and e.objectGUID.value.startswith('{{')\n\
         assert e.whenCreated.value.year == 2002, e.whenCreated.value\n\
         c.search('<GUID=%s>' % e.objectGUID.value.strip('{{}}'), '(objectClass=*)', BASE, attributes=['cn'])\n\
         assert c.entries[0].cn == 'jdoe'\n\
         for name in ('jdoe', 'nobody'):\n\
         \x20   d = Connection(s, 'CORP\\\\' + name, 'wrong', authentication=NTLM)\n\
         \x20   assert not d.bind() and d.result['result'] == 49, d.result\n\
         print('done')\n"
    );
    let text = field.succeeds("/usr/bin/python3", &["-c", &script])?;
    assert!(text.ends_with("done\n"), "{text}");
    Ok(())
}

#[test]
fn python_ldap_pages_and_compares() -> Outcome {
    if !has_module("ldap", "python3-ldap") {
        return Ok(());
    }
    let field = Field::new("python-ldap", "127.0.0.1", 0)?;
    let script = format!(
        "import ldap, ldap.controls\n\
         l = ldap.initialize('{}')\n\
         l.simple_bind_s('jdoe@corp.example', 'Passw0rd!')\n\
         page, seen = ldap.controls.SimplePagedResultsControl(True, 10, b''), 0\n\
         while True:\n\
         \x20   m = l.search_ext('{BASE}', ldap.SCOPE_SUBTREE, '(objectClass=*)', ['cn'], serverctrls=[page])\n\
         \x20   _, data, _, controls = l.result3(m)\n\
         \x20   seen += sum(1 for dn, _ in data if dn)\n\
         \x20   page.cookie = controls[0].cookie\n\
         \x20   if not page.cookie: break\n\
         assert seen > 20, seen\n\
         assert l.compare_s('CN=jdoe,CN=Users,{BASE}', 'sAMAccountName', b'JDOE')\n\
         assert l.whoami_s() == 'u:CORP\\\\jdoe', l.whoami_s()\n\
         try: l.delete_s('CN=jdoe,CN=Users,{BASE}')\n\
         except ldap.INSUFFICIENT_ACCESS: print('done')\n",
        field.ldap()
    );
    let text = field.succeeds("/usr/bin/python3", &["-c", &script])?;
    assert!(text.ends_with("done\n"), "{text}");
    Ok(())
}

#[test]
fn samba_tool_administers_users_and_groups_under_sealed_ntlm() -> Outcome {
    if !there("samba-tool", "samba-common-bin, python3-samba, samba-dsdb-modules") {
        return Ok(());
    }
    let field = Field::new("samba-tool", "127.0.0.1", 0)?;
    let ldap = field.ldap();
    let credentials = format!("{ADMINISTRATOR}%{PASSWORD}");
    let with = |arguments: &[&str]| -> Result<String, Box<dyn std::error::Error>> {
        let access = ["-H", ldap.as_str(), "-U", credentials.as_str(), "--use-kerberos=off"];
        field.succeeds("samba-tool", &[arguments, &access[..]].concat())
    };
    with(&["user", "create", "ann", "Secret-123", "--given-name=Ann", "--surname=Lee"])?;
    let list = with(&["user", "list"])?;
    assert!(list.lines().any(|line| line == "ann") && list.lines().any(|line| line == "jdoe"), "{list}");
    let shown = with(&["user", "show", "ann"])?;
    assert!(shown.contains("dn: CN=Ann Lee,CN=Users,DC=corp,DC=example"), "{shown}");
    with(&["user", "setpassword", "ann", "--newpassword=0ther-Secret"])?;
    with(&["group", "add", "staff"])?;
    with(&["group", "addmembers", "staff", "ann,jdoe"])?;
    let members = with(&["group", "listmembers", "staff"])?;
    assert!(members.contains("ann") && members.contains("jdoe"), "{members}");
    let wrong = ["user", "list", "-H", &ldap, "-U", "CORP\\Administrator%wrong", "--use-kerberos=off"];
    let (code, text) = field.run("samba-tool", &wrong)?;
    assert_ne!(code, 0, "{text}");
    Ok(())
}

/// `net ads` and `adcli` know the port 389 only: they get a loopback address of their own.
fn at_389(test: &str, address: &str) -> Result<Option<Field>, Box<dyn std::error::Error>> {
    let free = std::net::TcpListener::bind((address, 389)).is_ok();
    if !left_out(
        free,
        &format!("port 389 of {address} cannot be opened here (it needs CAP_NET_BIND_SERVICE)"),
    ) {
        return Ok(None);
    }
    Field::new(test, address, 389).map(Some)
}

#[test]
fn net_ads_finds_the_controller() -> Outcome {
    if !there("net", "samba-common-bin") {
        return Ok(());
    }
    let Some(field) = at_389("net", "127.77.0.1")? else { return Ok(()) };
    let settings = "[global]\nworkgroup = CORP\nrealm = CORP.EXAMPLE\nsecurity = ads\n";
    let settings = tempfile::Scratch::new("smb.conf", settings)?;
    let settings = format!("--configfile={}", settings.0.display());
    let info = field.succeeds("net", &["ads", "info", "-S", "127.77.0.1", &settings])?;
    assert!(
        info.contains("LDAP server name: pdc1.corp.example") && info.contains("Realm: CORP.EXAMPLE"),
        "{info}"
    );
    let lookup = field.succeeds("net", &["ads", "lookup", "-S", "127.77.0.1", &settings])?;
    assert!(lookup.contains("Domain Controller: pdc1.corp.example"), "{lookup}");
    Ok(())
}

#[test]
fn adcli_discovers_the_domain() -> Outcome {
    if !there("adcli", "adcli") {
        return Ok(());
    }
    let Some(field) = at_389("adcli", "127.77.0.2")? else { return Ok(()) };
    let text = field.succeeds("adcli", &["info", "--domain-controller=127.77.0.2"])?;
    assert!(text.contains("domain-name = corp.example") && text.contains("domain-short = CORP"), "{text}");
    assert!(text.contains("domain-controller = pdc1.corp.example"), "{text}");
    Ok(())
}
