//! Real clients at the ports of mock controllers. A client that is not installed is named, and the test passes; with
//! `MOCKDC_REQUIRE_CLIENTS=1`, as in continuous integration, it fails.

#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use base64::Engine;
use mockdc_mocks::ldap::{
    CertificateAuthority, DnsServer, LiveDomain, Manner, Options, Server, Sockets, serve, serve_dns,
};
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
    /// The names of the domain, at this controller's port 53 or at a free one.
    dns: DnsServer,
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
        Field::of(test, address, port, Manner::ActiveDirectory)
    }

    fn of(test: &str, address: &str, port: u16, manner: Manner) -> Result<Field, Box<dyn std::error::Error>> {
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
        let options = Options { tls: Some(authority.clone()), manner, ..Options::default() };
        let (server, dns) = runtime.block_on(async {
            let ldap = TcpListener::bind((address, port)).await?;
            let cldap = UdpSocket::bind(ldap.local_addr()?).await?;
            let ldaps = TcpListener::bind((address, if port == 0 { 0 } else { 636 })).await?;
            let sockets = Sockets { ldap: Some(ldap), ldaps: Some(ldaps), cldap: Some(cldap) };
            let server = serve(sockets, &live, "PDC1", options)?;
            let tcp = TcpListener::bind((address, if port == 0 { 0 } else { 53 })).await?;
            let udp = UdpSocket::bind(tcp.local_addr()?).await?;
            let at = server.ldap_address().ok_or("no address")?;
            // The backup is down, say: its name resolves all the same.
            let named = [("PDC1".into(), at), ("BDC1".into(), "127.0.0.9:389".parse()?)];
            let dns = serve_dns(udp, tcp, &live, None, &named)?;
            Ok::<_, Box<dyn std::error::Error>>((server, dns))
        })?;
        let authority = tempfile::Scratch::new(&format!("{test}.pem"), &authority.pem())?;
        Ok(Field { _runtime: runtime, server, dns, test: test.to_owned(), authority })
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
fn python_ldap3_synchronises_with_its_defaults() -> Outcome {
    if !has_module("ldap3", "python3-ldap3") {
        return Ok(());
    }
    let field = Field::new("dirsync", "127.0.0.1", 0)?;
    let script = format!(
        "from ldap3 import *\n\
         c = Connection(Server('{}'), user='{ADMINISTRATOR}', password='{PASSWORD}', auto_bind=True)\n\
         def entries(sync):\n\
         \x20   found = [e for e in sync.loop() if e['type'] == 'searchResEntry']\n\
         \x20   return found + (entries(sync) if sync.more_results else [])\n\
         sync = c.extend.microsoft.dir_sync('{BASE}', attributes=['*'])\n\
         print('all', len(entries(sync)) > 20)\n\
         print('then', len(entries(sync)))\n\
         one = Connection(Server('{}'), user='CORP\\\\jdoe', password='Passw0rd!', auto_bind=True)\n\
         try:\n\
         \x20   one.extend.microsoft.dir_sync('{BASE}').loop()\n\
         except Exception:\n\
         \x20   print('refused', 'insufficientAccessRights' in str(one.result))\n\
         c.modify('CN=jdoe,CN=Users,{BASE}', {{'title': [(MODIFY_REPLACE, ['Clerk'])]}})\n\
         c.modify('CN=Domain Admins,CN=Users,{BASE}', {{'member': [(MODIFY_ADD, ['CN=jdoe,CN=Users,{BASE}'])]}})\n\
         for entry in entries(sync):\n\
         \x20   names = sorted(n for n in entry['attributes'] if n not in ('objectGUID', 'instanceType'))\n\
         \x20   print('changed', entry['dn'].split(';')[-1].split(',')[0], names)",
        field.ldap(),
        field.ldap(),
    );
    let text = field.succeeds("/usr/bin/python3", &["-c", &script])?;
    for line in [
        "all True",
        "then 0",
        "changed CN=jdoe ['title']",
        "changed CN=Domain Admins ['member;range=1-1']",
        "refused True",
    ] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
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

#[test]
fn samba_tool_administers_users_and_groups_by_a_simple_bind() -> Outcome {
    if !there("samba-tool", "samba-common-bin, python3-samba, samba-dsdb-modules") {
        return Ok(());
    }
    let field = Field::new("samba-tool-simple", "127.0.0.1", 0)?;
    // Passwords are set over a protected connection only.
    let (ldap, ldaps) = (field.ldap(), field.ldaps());
    let name = format!("CN=Administrator,CN=Users,{BASE}");
    let authority = format!("--option=tls cafile={}", field.authority.0.display());
    let with = |url: &str, arguments: &[&str]| {
        let bind = format!("--simple-bind-dn={name}");
        let password = format!("--password={PASSWORD}");
        // The certificate names the controller and not the address.
        let verify = "--option=tls verify peer=ca_only";
        let access =
            ["-H", url, &bind, &password, &authority, verify, "--option=client ldap sasl wrapping=plain"];
        field.run("samba-tool", &[arguments, &access[..]].concat())
    };
    let done = |arguments: &[&str]| -> Result<String, Box<dyn std::error::Error>> {
        let (code, text) = with(&ldaps, arguments)?;
        assert_eq!(code, 0, "{arguments:?}:\n{text}");
        Ok(text)
    };
    done(&["user", "create", "ann", "Secret-123"])?;
    assert!(done(&["user", "list"])?.lines().any(|line| line == "ann"));
    assert!(done(&["user", "show", "ann"])?.contains("userAccountControl: 512"));
    done(&["user", "setpassword", "ann", "--newpassword=0ther-Secret"])?;
    done(&["group", "addmembers", "Domain Admins", "ann"])?;
    assert!(done(&["group", "listmembers", "Domain Admins"])?.lines().any(|line| line == "ann"));
    let (code, text) = with(&ldap, &["user", "list"])?;
    assert!(code == 0 && text.lines().any(|line| line == "ann"), "{text}");
    let (code, text) = with(&ldap, &["user", "setpassword", "ann", "--newpassword=In-the-clear1"])?;
    assert!(code != 0 && text.contains("0000001F"), "{text}");
    Ok(())
}

/// `net ads` and `adcli` know the port 389 only: they get a loopback address of their own, and DNS there.
fn at_389(test: &str, address: &str) -> Result<Option<Field>, Box<dyn std::error::Error>> {
    in_the_manner(Manner::ActiveDirectory, test, address)
}

/// The same, of a controller that has another one's manner.
fn in_the_manner(
    manner: Manner,
    test: &str,
    address: &str,
) -> Result<Option<Field>, Box<dyn std::error::Error>> {
    let free = std::net::TcpListener::bind((address, 389)).is_ok();
    if !left_out(
        free,
        &format!("port 389 of {address} cannot be opened here (it needs CAP_NET_BIND_SERVICE)"),
    ) {
        return Ok(None);
    }
    Field::of(test, address, 389, manner).map(Some)
}

/// Runs a client whose resolver asks a field's own DNS: in a mount namespace with another `resolv.conf`. `None`, with
/// the reason printed, where such a namespace cannot be made.
fn by_dns(field: &Field, client: &str) -> Result<Option<(i32, String)>, Box<dyn std::error::Error>> {
    let resolver = format!("nameserver {}\noptions timeout:2 attempts:2\n", field.dns.address().ip());
    let resolver = tempfile::Scratch::new(&format!("{}-resolv.conf", field.test), &resolver)?;
    let hosts = tempfile::Scratch::new(&format!("{}-nsswitch.conf", field.test), "hosts: files dns\n")?;
    let inside = format!(
        "mount --bind {} /etc/resolv.conf && mount --bind {} /etc/nsswitch.conf || exit 125; {client}",
        resolver.0.display(),
        hosts.0.display()
    );
    let (code, text) = field.run("unshare", &["-m", "sh", "-c", &inside])?;
    if code == 125 || text.contains("unshare failed") {
        left_out(false, &format!("no mount namespace with a resolver of its own can be made here: {text}"));
        return Ok(None);
    }
    Ok(Some((code, text)))
}

#[test]
fn dig_finds_the_controllers() -> Outcome {
    if !there("dig", "bind9-dnsutils") || !there("ldapsearch", "ldap-utils") {
        return Ok(());
    }
    let field = Field::new("dig", "127.0.0.1", 0)?;
    let at = field.dns.address();
    let port = field.server.ldap_address().map_or(0, |address| address.port());
    let dig = |arguments: &[&str]| {
        let (server, at) = (format!("@{}", at.ip()), at.port().to_string());
        field.succeeds("dig", &[&[server.as_str(), "-p", &at, "+time=5"], arguments].concat())
    };
    let (primary, backup) =
        (format!("0 100 {port} pdc1.corp.example."), "0 100 389 bdc1.corp.example.".to_owned());
    for transport in ["+notcp", "+tcp"] {
        let srv = |name: &str| dig(&[transport, "+short", "SRV", name]);
        let pdc = srv("_ldap._tcp.pdc._msdcs.corp.example")?;
        assert_eq!(pdc.trim(), primary);
        for name in [
            "_ldap._tcp.corp.example",
            "_ldap._tcp.dc._msdcs.corp.example",
            "_ldap._tcp.Default-First-Site-Name._sites.dc._msdcs.CORP.Example",
            "_ldap._tcp.gc._msdcs.corp.example",
            "_gc._tcp.corp.example",
        ] {
            let all = srv(name)?;
            let all: BTreeSet<&str> = all.lines().collect();
            assert_eq!(all, [primary.as_str(), &backup].into(), "{name}");
        }
        let kerberos = srv("_kerberos._tcp.dc._msdcs.corp.example")?;
        assert!(kerberos.contains("0 100 88 pdc1.corp.example."), "{kerberos}");
        assert_eq!(dig(&[transport, "+short", "A", "pdc1.corp.example"])?, "127.0.0.1\n");
        let domain = dig(&[transport, "+short", "A", "corp.example"])?;
        assert!(domain.contains("127.0.0.1\n") && domain.contains("127.0.0.9\n"), "{domain}");
    }
    let unknown = dig(&["A", "nobody.corp.example"])?;
    assert!(unknown.contains("status: NXDOMAIN") && unknown.contains("SOA"), "{unknown}");
    let foreign = dig(&["A", "example.org"])?;
    assert!(foreign.contains("status: REFUSED"), "{foreign}");
    // A settings object is found by its identifier, as replication partners find it.
    let settings = field.succeeds(
        "ldapsearch",
        &[
            "-x", "-LLL", "-o", "ldif-wrap=no", "-H", &field.ldap(), "-D", ADMINISTRATOR, "-w", PASSWORD, "-b",
            &format!("CN=NTDS Settings,CN=PDC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,{BASE}"),
            "-s", "base", "objectGUID",
        ],
    )?;
    let guid = settings.lines().find_map(|line| line.strip_prefix("objectGUID:: ")).ok_or("no identifier")?;
    let guid = base64::engine::general_purpose::STANDARD.decode(guid)?;
    let part =
        |places: &[usize]| places.iter().map(|place| format!("{:02x}", guid[*place])).collect::<String>();
    let guid =
        [part(&[3, 2, 1, 0]), part(&[5, 4]), part(&[7, 6]), part(&[8, 9]), part(&[10, 11, 12, 13, 14, 15])]
            .join("-");
    let alias = dig(&["+short", "CNAME", &format!("{guid}._msdcs.corp.example")])?;
    assert_eq!(alias, "pdc1.corp.example.\n");
    Ok(())
}

#[test]
fn net_ads_finds_the_controller_and_reads_sealed() -> Outcome {
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
    let credentials = format!("Administrator%{PASSWORD}");
    let search =
        ["ads", "search", "(sAMAccountName=jdoe)", "sAMAccountName", "objectSid", "-S", "127.77.0.1"];
    let access = ["-U", &credentials, "--use-kerberos=off", &settings];
    let found = field.succeeds("net", &[&search[..], &access].concat())?;
    assert!(found.contains("Got 1 replies") && found.contains("sAMAccountName: jdoe"), "{found}");
    assert!(found.contains("objectSid: S-1-5-21-"), "{found}");
    let wrong = ["-U", "Administrator%wrong", "--use-kerberos=off", &settings];
    let (code, text) = field.run("net", &[&search[..], &wrong].concat())?;
    assert!(code != 0, "{text}");
    // Without a server named, DNS says where to ask.
    if let Some((code, text)) = by_dns(&field, &format!("net ads info {settings}"))? {
        assert!(code == 0 && text.contains("LDAP server: 127.77.0.1"), "{code} {text}");
    }
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
    if let Some((code, text)) = by_dns(&field, "adcli info corp.example")? {
        assert!(code == 0 && text.contains("domain-controller = pdc1.corp.example"), "{code} {text}");
    }
    Ok(())
}

/// The data about one suite.
struct Suite {
    /// What a Samba AD of our container image passes.
    passed_by_samba: BTreeSet<String>,
    /// What it does not.
    failed_by_samba: BTreeSet<String>,
    /// What the front does not pass when it has Active Directory's manner.
    known: BTreeSet<String>,
}

fn suite(name: &str) -> Result<Suite, Box<dyn std::error::Error>> {
    let list: toml::Table = toml::from_str(include_str!("suites.toml"))?;
    let of = |table: &str, key: &str| -> Result<Vec<toml::Value>, Box<dyn std::error::Error>> {
        let all = list[table].as_array().ok_or("no list")?;
        Ok(all.iter().filter(|entry| entry[key].as_str() == Some(name)).cloned().collect())
    };
    let names = |value: &toml::Value| -> Option<BTreeSet<String>> {
        value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let measured = of("suite", "name")?.pop().ok_or("no such suite")?;
    let mut known = BTreeSet::new();
    for entry in of("known", "suite")? {
        let because = entry["because"].as_str().ok_or("no reason")?;
        assert!(because.len() > 20, "a reason is a sentence: {entry}");
        known.insert(entry["test"].as_str().ok_or("no test")?.to_owned());
    }
    Ok(Suite {
        passed_by_samba: names(&measured["samba-passes"]).ok_or("no names")?,
        failed_by_samba: names(&measured["samba-fails"]).ok_or("no names")?,
        known,
    })
}

/// The tests of `ldap_raw` that a controller fails.
fn raw_failures(field: &Field, address: &str) -> Result<BTreeSet<String>, Box<dyn std::error::Error>> {
    let settings = tempfile::Scratch::new(
        &format!("{}-smb.conf", field.test),
        "[global]\nworkgroup = CORP\nrealm = CORP.EXAMPLE\n",
    )?;
    let script = "exec env SERVER=\"$3\" DNSNAME=corp.example BASEDN=DC=corp,DC=example USERNAME=Administrator \
                  PASSWORD=\"$2\" SMB_CONF_PATH=\"$1\" /usr/bin/python3 -m unittest -v samba.tests.ldap_raw";
    let settings = settings.0.display().to_string();
    let (_, text) = field.run("sh", &["-c", script, "sh", &settings, PASSWORD, address])?;
    let of = |line: &str, word: &str| {
        let name = line.strip_prefix(word)?.split_once("(samba.tests.ldap_raw.")?.1;
        name.strip_suffix(')').map(str::to_owned)
    };
    assert!(text.contains("Ran 12 tests"), "{text}");
    let failed = text.lines().filter_map(|line| of(line, "FAIL: ").or_else(|| of(line, "ERROR: "))).collect();
    eprintln!("{text}");
    Ok(failed)
}

#[test]
fn samba_s_raw_messages_are_answered_but_for_what_is_listed() -> Outcome {
    if !has_module("samba.tests.ldap_raw", "python3-samba") {
        return Ok(());
    }
    let list = suite("samba.tests.ldap_raw")?;
    let Some(field) = at_389("ldap-raw", "127.77.0.3")? else { return Ok(()) };
    assert_eq!(raw_failures(&field, "127.77.0.3")?, list.known);
    // What Samba passes, a controller in its manner passes.
    let Some(field) = in_the_manner(Manner::Samba, "ldap-raw-samba", "127.77.0.5")? else { return Ok(()) };
    let failed = raw_failures(&field, "127.77.0.5")?;
    assert_eq!(failed, list.failed_by_samba);
    assert_eq!(failed.len() + list.passed_by_samba.len(), 12);
    Ok(())
}

/// The suites of `smbtorture ldap` that a controller fails, with what they say.
fn torture(
    field: &Field,
    address: &str,
    list: &Suite,
) -> Result<BTreeMap<String, String>, Box<dyn std::error::Error>> {
    let settings = tempfile::Scratch::new(
        &format!("{}-smb.conf", field.test),
        "[global]\nworkgroup = CORP\nrealm = CORP.EXAMPLE\n",
    )?;
    let settings = format!("--configfile={}", settings.0.display());
    let credentials = format!("{ADMINISTRATOR}%{PASSWORD}");
    let mut failed = BTreeMap::new();
    for suite in list.passed_by_samba.union(&list.failed_by_samba) {
        let (host, name) = (format!("ncacn_np:{address}"), format!("ldap.{suite}"));
        let arguments = [host.as_str(), &name, "-U", &credentials, "--use-kerberos=off", &settings];
        let (_, text) = field.run("smbtorture", &arguments)?;
        if !text.contains(&format!("success: {suite}")) {
            eprintln!("{text}");
            failed.insert(suite.to_owned(), text);
        }
    }
    Ok(failed)
}

#[test]
fn samba_s_torture_passes_but_for_what_is_listed() -> Outcome {
    if !there("smbtorture", "samba-testsuite") {
        return Ok(());
    }
    let list = suite("smbtorture ldap")?;
    for (manner, address) in [(Manner::ActiveDirectory, "127.77.0.4"), (Manner::Samba, "127.77.0.6")] {
        let test = format!("smbtorture-{manner:?}");
        let Some(field) = in_the_manner(manner, &test, address)? else { return Ok(()) };
        let failed = torture(&field, address, &list)?;
        let expected = if manner == Manner::Samba { &list.failed_by_samba } else { &list.known };
        assert_eq!(&failed.keys().cloned().collect::<BTreeSet<_>>(), expected, "{manner:?}");
        // Of `basic` it is the one part that Samba does not pass either, and no other.
        let text = failed.get("basic").ok_or("basic passes")?;
        assert!(text.contains("2nd bind as authenticated user should have failed"), "{text}");
        assert_eq!(text.matches("received 1 replies").count(), 3, "{text}");
        assert_eq!(text.matches(" - Errorcode: ").count(), 10, "{text}");
        assert!(text.contains("DS_NO_SUCH_OBJECT") || text.contains("DS_OBJ_NOT_FOUND"), "{text}");
    }
    Ok(())
}
