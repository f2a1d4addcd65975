//! Exports of a directory: what they hold comes back, by `domain.ldif` and by the tools of OpenLDAP.

use std::collections::BTreeMap;
use std::process::Command;

use super::command::{Tested, folder, mockdc, scenario, top};
use super::exec::has_openldap;
use super::live::{Served, two};

/// Entries of an export, each with its attributes but for those that a directory makes anew, or that change when
/// somebody asks it.
fn entries(ldif: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let anew =
        ["uSNCreated", "uSNChanged", "whenCreated", "whenChanged", "pwdLastSet", "lastLogon", "logonCount"];
    let (entries, errors) = mockdc_scenarios::ldif::read_ldif(ldif);
    assert_eq!(errors, []);
    let shown = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let kept = |entry: &mockdc_scenarios::ldif::LdifEntry| {
        let attributes = entry.attributes.iter().filter(|value| !anew.contains(&value.name.as_str()));
        let mut shown: Vec<_> = attributes.map(|value| (value.name.clone(), shown(&value.value))).collect();
        // Values of one attribute have no order.
        shown.sort();
        shown
    };
    entries.iter().map(|entry| (shown(&entry.dn), kept(entry))).collect()
}

/// A scenario that starts from an export.
fn imported(name: &str, file: &str) -> Result<String, Box<dyn std::error::Error>> {
    Ok(scenario(name, &two(name, "").replace("[domain]\n", &format!("[domain]\nldif = ['{file}']\n")))?)
}

#[test]
fn an_export_reads_back_to_the_same_objects() -> Tested {
    let customer = top().join("scenarios/tests/right/customer.ldif");
    let file = imported("ldif-in", &customer.to_string_lossy())?;
    let ran = mockdc(&["check", &file])?;
    assert!(
        ran.out.contains("customer.ldif: 2 users, 2 groups, 1 computer, 2 organisational units"),
        "{ran:?}"
    );
    let served = Served::start(&file, &["--speed", "manual"])?;
    let add = r#"{"user-add": {"user": "SVC", "password": "Pa55-word!", "comment": "made since"}}"#;
    assert_eq!(served.ctl(&["operation", add])?.code, 0);
    let first = served.ctl(&["export", "PDC1"])?.out;
    drop(served);
    let dn = "\ndn: CN=Ann Lee,OU=Sales,OU=Staff,DC=corp,DC=example\n";
    assert!(first.contains(dn) && first.contains("\nmail: ann.lee@customer.example\n"), "{first}");
    assert!(first.contains("\nmember: CN=WS17,CN=Computers,DC=corp,DC=example\n"), "{first}");
    // Identifiers, pictures and references are the customer's.
    let whole = first.replace("\n ", "");
    for line in [
        "objectGUID:: AAECAwQFBgcICQoLDA0ODw==",
        "objectSid:: AQUAAAAAAAUVAAAA0gKWSdM4+w1ApJoUUQQAAA==",
        "thumbnailPhoto:: /9j/4A==",
        "userCertificate:: MIIBAA==",
        "manager:: Q049WsO2ZSBLw7ZuaWcsQ049VXNlcnMsREM9Y29ycCxEQz1leGFtcGxl",
        "managedBy: CN=Ann Lee,OU=Sales,OU=Staff,DC=corp,DC=example",
    ] {
        assert!(whole.contains(&format!("\n{line}\n")), "{line}: {first}");
    }

    let export = folder("ldif-export")?.join("export.ldif");
    std::fs::create_dir_all(export.parent().ok_or("a folder")?)?;
    std::fs::write(&export, &first)?;
    let file = imported("ldif-back", &export.to_string_lossy())?;
    let served = Served::start(&file, &["--speed", "manual"])?;
    let second = served.ctl(&["export", "PDC1"])?.out;
    let (first, second) = (entries(&first), entries(&second));
    assert!(first.len() > 40, "{}", first.len());
    for (dn, attributes) in &first {
        assert_eq!(Some(attributes), second.get(dn), "{dn}");
    }
    assert_eq!(first.len(), second.len());
    Ok(())
}

/// Runs a tool of OpenLDAP as the domain's administrator at the primary controller.
fn tool(served: &Served, tool: &str, arguments: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let variable = |name: &str| served.variable(name);
    let ran = Command::new(tool)
        .args(["-x", "-H", &variable("MOCKDC_DC_PDC1_URL"), "-D", &variable("MOCKDC_BIND_NAME")])
        .args(["-y", &variable("MOCKDC_PASSWORD_FILE")])
        .args(arguments)
        .output()?;
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{tool}: {out}{err}");
    Ok(out.into_owned())
}

/// The same entries but for these attributes.
fn without(
    entries: BTreeMap<String, Vec<(String, String)>>,
    names: &[&str],
) -> BTreeMap<String, Vec<(String, String)>> {
    let kept = |(dn, mut all): (String, Vec<(String, String)>)| {
        all.retain(|(name, _)| !names.contains(&name.as_str()));
        (dn, all)
    };
    entries.into_iter().map(kept).collect()
}

#[test]
fn what_openldap_searches_and_adds_is_the_same_directory() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let customer = top().join("scenarios/tests/right/customer.ldif");
    let served =
        Served::start(&imported("ldif-tools", &customer.to_string_lossy())?, &["--speed", "manual"])?;
    let export = served.ctl(&["export"])?.out;
    let to_add = served.ctl(&["export", "--to-add"])?.out;
    let searched = tool(&served, "ldapsearch", &["-LLL", "-b", "DC=corp,DC=example"])?;
    drop(served);
    assert_eq!(entries(&export), entries(&searched), "a search gives what an export does");

    let folder = folder("ldif-tools-files")?;
    std::fs::create_dir_all(&folder)?;
    let written = |name: &str, text: &str| -> Result<String, Box<dyn std::error::Error>> {
        std::fs::write(folder.join(name), text)?;
        Ok(folder.join(name).to_string_lossy().into_owned())
    };
    let file = imported("ldif-searched", &written("searched.ldif", &searched)?)?;
    let served = Served::start(&file, &["--speed", "manual"])?;
    assert_eq!(entries(&served.ctl(&["export"])?.out), entries(&export));
    drop(served);

    // Another domain is given them, which makes identifiers of its own.
    let served = Served::start(&scenario("ldif-added", &two("ldif-added", ""))?, &["--speed", "manual"])?;
    tool(&served, "ldapadd", &["-f", &written("to-add.ldif", &to_add)?])?;
    let made_there = ["objectGUID", "objectSid", "badPwdCount", "badPasswordTime"];
    let added = without(entries(&served.ctl(&["export"])?.out), &made_there);
    assert_eq!(added, without(entries(&export), &made_there));
    Ok(())
}
