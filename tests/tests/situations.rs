//! Situations that articles tell of beside the two, each as a scenario whose expectations all hold.

use mockdc::judge::Verdict;
use mockdc::timeline::EndReason;
use mockdc_tests::text::install_on_bdc;
use mockdc_tests::{plan, replay};

/// The scenario passes: each expectation holds, and no promise breaks that it does not list.
fn passes(text: &str) {
    let (timeline, judgement) = replay(&plan(text), 1);
    assert_eq!(judgement.verdict, Verdict::Pass, "{:#?}\n{text}", judgement.reasons);
    assert_ne!(timeline.end_reason(), Some(EndReason::Hang));
}

fn installs(replication: &str, client: &str, more: &str) -> String {
    install_on_bdc(replication, "", client, more)
}

fn member(client: &str, more: &str) -> String {
    format!(
        "format = 1\nname = \"situation\"\n\n[domain]\nreplication = {{ delay = \"1m\" }}\nadministrator-password = \"Adm1n-password!\"\n\n\
         [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[dc]]\nname = \"BDC1\"\n\n[[machine]]\nname = \"WS1\"\nos = \"windows-2000\"\n\n\
         [[site-server]]\nname = \"SMS1\"\nsite = \"ABC\"\n\n[[client]]\nmachine = [\"WS1\", \"BDC1\"]\nprofile = \"sms-2.0-sp3\"\n{client}\n\n{more}"
    )
}

/// Q221218: the probe of the first release changes the password, and a minimum age refuses that for days.
#[test]
fn under_a_minimum_password_age_the_first_release_waits_in_vain() {
    let replication = "{ delay = \"2m\" }\naccount-policy = { minimum-age = \"1d\" }";
    let of_rtm = "[[expect]]\nattempt-failed = { client = \"BDC1\", code = 1327 }\n\n\
        [[expect]]\nlog = { host = \"BDC1\", file = \"Wnremote.log\", line = \"Waiting for PDC/BDC Sync (1327)*\", times = { at-least = 30 } }\n\n\
        [[expect]]\nstate = { visible = { account = \"SMS&_BDC1\", at = \"BDC1\" } }\nat = \"10m\"\n\n\
        [[expect]]\nbecause = \"no waiting makes a password older by a day\"\nviolates = [\"wait-ends-within-its-maximum\"]\n";
    let waits = "loader.waits-for-child = \"until-exit\"";
    let rtm = installs(replication, waits, of_rtm).replace("sms-2.0-sp3", "sms-2.0-rtm");
    passes(&rtm);
    let of_sp1 = "[[expect]]\ninstalled = { client = \"BDC1\", attempt = 1 }\n\n\
        [[expect]]\nlog = { host = \"BDC1\", file = \"Wnremote.log\", none-of = [\"Waiting for PDC/BDC Sync (1327)*\"] }\n";
    passes(&installs(replication, waits, of_sp1).replace("sms-2.0-sp3", "sms-2.0-sp1"));
}

#[test]
fn an_administrator_installs_by_hand_on_a_workstation_and_on_a_controller() {
    for host in ["WS1", "BDC1"] {
        let more = format!(
            "[[step]]\nat = \"0s\"\ninstall = {{ client = \"{host}\", method = \"manual\", user = {{ user = \"Administrator\", password = \"Adm1n-password!\" }} }}\n\n\
             [[expect]]\ninstalled = {{ client = \"{host}\", attempt = 1 }}\n\n\
             [[expect]]\nlog = {{ host = \"{host}\", file = \"Wn_manual.log\", line = \"Finished CliEx processing*\", times = 1 }}\n\n\
             [[expect]]\nevent = {{ account-created = {{ account = \"SMS#_BDC1\" }} }}\nnever = true\n\n\
             [[expect]]\nevent = {{ loader-started = {{ host = \"{host}\" }} }}\nnever = true\n"
        );
        passes(&member("", &more));
    }
}

#[test]
fn a_logon_script_without_rights_leaves_the_install_to_the_site_server() {
    let more = "[[user]]\nname = \"clerk\"\npassword = \"Secret-14-chars\"\n\n\
        [[step]]\nat = \"0s\"\ninstall = { client = \"WS1\", method = \"logon\", user = { user = \"clerk\", password = \"Secret-14-chars\" } }\n\n\
        [[expect]]\ninstalled = { client = \"WS1\", attempt = 1 }\n\n\
        [[expect]]\nevent = { loader-started = { host = \"WS1\" } }\n\n\
        [[expect]]\nlog = { host = \"SMS1\", file = \"Ccm.log\", line = \"Received request*\", times = 1 }\n";
    passes(&member("", more));
}

/// Q264630: an hour between attempts, for seven days.
#[test]
fn a_request_is_given_up_after_168_attempts_in_seven_days() {
    let more = "[[step]]\nat = \"0s\"\ninstall = { client = \"WS1\", by = \"SMS1\" }\n\n\
        [[expect]]\ninstall-failed = { client = \"WS1\", code = 67 }\n\n\
        [[expect]]\nmeasure = { attempts = { client = \"WS1\" } }\nis = 168\n";
    let text = member("", more)
        .replacen(
            "os = \"windows-2000\"\n\n[[site",
            "os = \"windows-2000\"\nadmin-share = false\n\n[[site",
            1,
        )
        .replacen("name = \"situation\"\n", "name = \"situation\"\nuntil = \"8d\"\n", 1);
    passes(&text);
}

/// Q311127: with the switch at the PDC the accounts stay in Domain Users, and its long list does not travel again.
#[test]
fn the_switch_of_the_rollup_keeps_the_accounts_in_domain_users() {
    // One list of 5,000 members weighs 4,096 and 40,000 bytes, and each of the two accounts leaves the group once.
    let netlogon = "{ nt4 = { pulse = \"5m\", bdc = { randomize = \"0s\" } } }\nfurther-users = 5000";
    let more = |is: bool, bytes: &str| {
        format!(
            "[[expect]]\ninstalled = {{ client = \"BDC1\", attempt = 1 }}\n\n\
             [[expect]]\nstate = {{ member = {{ group = \"Domain Users\", member = \"SMS&_BDC1\", at = \"BDC1\", is = {is} }} }}\n\n\
             [[expect]]\nmeasure = {{ bytes = {{ at = \"BDC1\" }} }}\nis = {{ {bytes} }}\n"
        )
    };
    let text = installs(netlogon, "", &more(false, "at-least = \"88192B\""))
        .replace("sms-2.0-sp3", "sms-2.0-sp4-hrp");
    passes(&text);
    let key = "HKLM\\SOFTWARE\\Microsoft\\SMS\\Client\\Configuration\\Domain Controller";
    let switch = format!(
        "role = \"pdc\"\nregistry = {{ '{key}' = {{ 'Enable Domain User Group Membership' = 1 }} }}\n"
    );
    let text =
        installs(netlogon, "", &more(true, "at-most = \"44095B\"")).replace("sms-2.0-sp3", "sms-2.0-sp4-hrp");
    passes(&text.replacen("role = \"pdc\"\n", &switch, 1));
}

/// The advanced client needs no accounts: the policy that stops the legacy client does it no harm.
#[test]
fn an_upgrade_to_the_advanced_client_ends_its_need_of_rights() {
    let text = "format = 1\nname = \"situation\"\nuntil = \"30h\"\n\n[[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\nos = \"windows-2000\"\n\n\
        [[machine]]\nname = \"WS1\"\nos = \"windows-2000\"\n\n\
        [[client]]\nmachine = \"WS1\"\nprofile = \"sms-2003-legacy\"\ninstalled = true\n\n\
        [[step]]\nat = \"1h\"\nupgrade = { client = \"WS1\", profile = \"sms-2003-advanced\" }\n\n\
        [[step]]\nat = \"2h\"\nedit-policy = { policy = \"Default Domain Policy\", define-right = { right = \"SeTcbPrivilege\", holders = [] } }\n\n\
        [[step]]\nat = \"6h\"\nrestart = \"WS1\"\n\n\
        [[expect]]\nevent = { component-launched = { host = \"WS1\", code = 1314 } }\nnever = true\n\n\
        [[expect]]\nstate = { service = { host = \"WS1\", service = \"CcmExec\", is = \"running\" } }\n";
    passes(text);
}

/// Nobody starts the service that the script waits for: it waits still when the run is over, and the run says so.
#[test]
fn a_script_that_waits_for_ever_is_still_waiting_and_no_success() {
    let text = |expected: &str| {
        format!(
            "format = 1\nname = \"situation\"\nuntil = \"1d\"\n\n[[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[machine]]\nname = \"WS1\"\n\n\
             [[script]]\nname = \"watch\"\nhost = \"WS1\"\nat = \"0s\"\n\n\
             [[script.step]]\nwait = {{ until = {{ service = {{ host = \"WS1\", service = \"Nobody\", is = \"running\" }} }} }}\n\n\
             [[expect]]\nscript = {{ name = \"watch\", ended = {expected} }}\n"
        )
    };
    passes(&text("\"still-waiting\""));
    let (_, judgement) = replay(&plan(&text("0")), 1);
    assert_eq!(judgement.verdict, Verdict::Fail);
}

/// What no BDC has yet is lost with the PDC's disk; what one has stays.
#[test]
fn a_crash_of_the_pdc_loses_what_has_not_replicated() {
    let text = "format = 1\nname = \"situation\"\nuntil = \"3h\"\n\n[domain]\nreplication = { nt4 = { pulse = \"10m\", bdc = { randomize = \"0s\" } } }\n\n\
        [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[dc]]\nname = \"BDC1\"\n\n\
        [[step]]\nat = \"5m\"\ndo = { user-add = { user = \"EARLY\", password = \"Secret-14-chars\" } }\n\n\
        [[step]]\nat = \"15m\"\ndo = { user-add = { user = \"LATE\", password = \"Secret-14-chars\" } }\n\n\
        [[fault]]\nname = \"disk\"\ncrash = { at = \"PDC1\", loses-unreplicated = true }\nfrom = \"16m\"\nuntil = \"40m\"\n\n\
        [[expect]]\nstate = { visible = { account = \"EARLY\", at = \"PDC1\" } }\n\n\
        [[expect]]\nstate = { visible = { account = \"EARLY\", at = \"BDC1\" } }\n\n\
        [[expect]]\nstate = { gone = { account = \"LATE\", at = \"PDC1\" } }\n\n\
        [[expect]]\nstate = { gone = { account = \"LATE\", at = \"BDC1\" } }\nthroughout = true\n";
    passes(text);
}

/// Q278660: one token account serves all controllers, made once; each install needs it and none takes it from another.
#[test]
fn several_controllers_share_one_token_account() {
    let text = "format = 1\nname = \"situation\"\n\n[domain]\nreplication = { delay = \"2m\" }\n\n\
        [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[dc]]\nname = \"BDC{n}\"\ncount = 3\n\n\
        [[site-server]]\nname = \"SMS1\"\nsite = \"ABC\"\n\n[[client]]\nmachine = \"BDC*\"\nprofile = \"sms-2.0-sp4\"\n\n\
        [[step]]\nat = \"0s\"\ninstall = { client = \"BDC*\", by = \"SMS1\" }\nstagger = \"10m\"\n\n\
        [[expect]]\ninstalled = \"BDC*\"\n\n\
        [[expect]]\nevent = { account-created = { account = \"SMSCliToknAcct&\", at = \"PDC1\" } }\ntimes = 1\n\n\
        [[expect]]\nevent = { component-launched = { code = 0 } }\ntimes = { at-least = 18 }\n";
    passes(text);
}

/// There is nothing to upgrade where no client is: the step ends with 1060 and leaves the machine as it was.
#[test]
fn an_upgrade_before_the_install_is_refused_and_the_install_is_of_the_old_product() {
    let more = "[[step]]\nid = \"too-early\"\nat = \"1m\"\nupgrade = { client = \"WS1\", profile = \"sms-2003-advanced\" }\n\n\
        [[step]]\nat = \"1h\"\ninstall = { client = \"WS1\", by = \"SMS1\" }\n\n\
        [[expect]]\nevent = { call = { verb = \"service-stop\", at = \"WS1\", code = 1060 } }\nat = \"1m\"\n\n\
        [[expect]]\nstate = { service = { host = \"WS1\", service = \"CcmExec\", is = { present = false } } }\nthroughout = true\n\n\
        [[expect]]\ninstalled = \"WS1\"\n\n\
        [[expect]]\nstate = { service = { host = \"WS1\", service = \"Clisvc\", is = \"running\" } }\n";
    let (_, judgement) = replay(&plan(&member("", more)), 1);
    let reasons: Vec<&str> = judgement.reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert_eq!(reasons, ["step too-early ended with 1060 ERROR_SERVICE_DOES_NOT_EXIST"]);
}
