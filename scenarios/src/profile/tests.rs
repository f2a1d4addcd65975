use mockdc_mocks::{Right, Span};

use super::*;

fn overrides(text: &str) -> toml::Table {
    text.parse().unwrap()
}

fn plain(name: &str) -> Profile {
    Profile::resolve(name, &toml::Table::new()).unwrap()
}

#[test]
fn every_built_in_profile_reads_and_knows_its_name() {
    assert_eq!(Profile::names().count(), 10);
    for name in Profile::names() {
        let profile = plain(name);
        assert_eq!(profile.name, name);
        let again = toml::Value::try_from(&profile).unwrap().try_into::<Profile>().unwrap();
        assert_eq!(again, profile);
    }
}

#[test]
fn a_service_pack_changes_what_its_articles_say_and_no_more() {
    let (rtm, sp1) = (plain("sms-2.0-rtm"), plain("sms-2.0-sp1"));
    assert_eq!((rtm.bootstrap.probe, sp1.bootstrap.probe), (Probe::LookUpAndChange, Probe::LookUp));
    assert!(!rtm.accounts.rights_on_dc.contains(&Right::IncreaseQuota));
    assert_eq!(sp1.accounts.rights_on_dc.len(), 5);
    let (sp3, fixed) = (plain("sms-2.0-sp3"), plain("sms-2.0-sp3-hotfix"));
    assert_eq!(sp3.loader.waits_for_child, ChildWait::TimeOut);
    assert_eq!(fixed.loader.waits_for_child, ChildWait::UntilExit);
    assert_eq!(
        Profile { loader: sp3.loader.clone(), name: sp3.name.clone(), title: sp3.title.clone(), ..fixed },
        sp3
    );
    assert!(
        sp3.bootstrap.maximum_wait.reads_registry
            && !plain("sms-2.0-sp2").bootstrap.maximum_wait.reads_registry
    );
    assert_eq!(plain("sms-2003-advanced").kind, ProductKind::Advanced);
}

#[test]
fn an_override_changes_one_value_in_place() {
    let profile =
        Profile::resolve("sms-2.0-sp3", &overrides("loader.waits-for-child = \"until-exit\"")).unwrap();
    assert_eq!(profile.loader.waits_for_child, ChildWait::UntilExit);
    assert_eq!(profile.loader.time_out, Span::mins(15));
    let nested = overrides("[components.odpusr32]\nneeds = []\n[ccm.maximum-wait]\ndefault = \"300m\"");
    let profile = Profile::resolve("sms-2.0-sp3", &nested).unwrap();
    assert!(profile.components["odpusr32"].needs.is_empty());
    assert_eq!(profile.ccm.maximum_wait.default, Span::mins(300));
}

#[test]
fn a_wrong_override_is_named_with_its_path_and_a_remedy() {
    let error = |text: &str| Profile::resolve("sms-2.0-sp3", &overrides(text)).unwrap_err().to_string();
    assert_eq!(
        error("loader.time-oot = \"15m\""),
        "a profile has no value `loader.time-oot` (did you mean `loader.time-out`?)"
    );
    assert!(error("loader.time-out = \"15\"").starts_with("`loader.time-out`: `15` has no unit"));
    assert!(error("loader.time-out = 15").starts_with("`loader.time-out`: invalid type: integer `15`"));
    let two = "bootstrap.probe = \"look-up\"\nloader.waits-for-child = \"for-ever\"";
    assert!(error(two).starts_with("`loader.waits-for-child`: unknown variant `for-ever`"));
    assert!(error("loader = 3").starts_with("`loader`: invalid type"));
    assert!(error("name = \"x\"").contains("`name`"));
    assert!(error("[components.new]\ntitle = \"x\"").starts_with("`components.new`: missing field"));
    assert!(
        error("[components.hinv32]\nneeds = [\"SeWrong\"]").starts_with("`components.hinv32.needs`")
            || error("[components.hinv32]\nneeds = [\"SeWrong\"]").starts_with("`components.hinv32`")
    );
}

#[test]
fn an_unknown_profile_is_refused_with_the_names_that_exist() {
    let error = Profile::resolve("sms-2.0-sp5", &toml::Table::new()).unwrap_err().to_string();
    assert!(error.starts_with("there is no profile `sms-2.0-sp5` (did you mean `sms-2.0-sp"), "{error}");
    assert!(error.contains("sms-2003-advanced"));
}

#[test]
fn a_template_takes_its_values_and_leaves_other_braces_alone() {
    let line = Template("a {code} {x} {code".to_owned()).fill(&[("code", &5)]);
    assert_eq!(line, "a 5 {x} {code");
    let accounts = plain("sms-2.0-sp3").accounts;
    assert_eq!(accounts.bootstrap("BDC1", true), "SMS#_BDC1");
    assert_eq!(accounts.client_service("WKS1", false), "SMSCliSvcAcct&");
}

#[test]
fn a_generated_account_name_fits_a_host_name_of_fifteen_characters() {
    for name in Profile::names() {
        let accounts = plain(name).accounts;
        let host = "ABCDEFGHIJKLMNO";
        assert_eq!(accounts.bootstrap(host, true).as_str().len(), 20);
        assert!(accounts.client_service(host, true).as_str().len() <= 20);
    }
}
