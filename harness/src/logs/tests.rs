use jiff::civil::{DateTime, date};
use mockdc_mocks::SimTime;
use mockdc_scenarios::Profile;

use super::*;
use crate::timeline::{Event, EventKind};

fn entry<'a>(message: &'a str, component: &'a str, at: DateTime, thread: u32) -> Entry<'a> {
    Entry { message, component, at, zone: None, thread, blanks: 2 }
}

#[test]
fn a_client_module_states_no_time_zone() {
    let at = date(1999, 3, 18).at(15, 6, 47, 218_000_000);
    let line = entry("Could not register CCIM; AppRegister return code =1060", "CliEx32.dll", at, 108).raw();
    assert_eq!(
        line,
        "Could not register CCIM; AppRegister return code =1060  $$<CliEx32.dll>\
         <Thu Mar 18 15:06:47.218 1999><thread=108 (0x6C)>"
    );
    let at = date(1999, 11, 15).at(16, 54, 10, 253_000_000);
    let message = "!!!WARNING: Problem starting App (5). Doing App Verify.";
    assert_eq!(
        entry(message, r"C:\WINNT\MS\SMS\CORE\BIN\CLISVCL.EXE", at, 52).raw(),
        r"!!!WARNING: Problem starting App (5). Doing App Verify.  $$<C:\WINNT\MS\SMS\CORE\BIN\CLISVCL.EXE><Mon Nov 15 16:54:10.253 1999><thread=52 (0x34)>"
    );
}

#[test]
fn the_boot_loader_states_its_time_zone_in_full() {
    let at = date(2001, 7, 26).at(14, 22, 53, 512_000_000);
    let component = r"C:\WINDOWS\sms_temp\CCMBtLdr.exe";
    let zone = Some("Pacific Standard Time");
    assert_eq!(
        Entry { zone, ..entry("** Service Thread is ending **", component, at, 1600) }.raw(),
        r"** Service Thread is ending **  $$<C:\WINDOWS\sms_temp\CCMBtLdr.exe><Thu Jul 26 14:22:53.512 2001 Pacific Standard Time><thread=1600 (0x640)>"
    );
}

#[test]
fn a_day_below_ten_has_a_zero_and_ccim_leaves_one_blank() {
    let at = date(2000, 1, 4).at(15, 19, 28, 663_000_000);
    let line = Entry { blanks: 1, ..entry("CCIM32 - Retry in 60 minutes", "CCIM32", at, 112) }.raw();
    assert_eq!(
        line,
        "CCIM32 - Retry in 60 minutes $$<CCIM32><Tue Jan 04 15:19:28.663 2000><thread=112 (0x70)>"
    );
}

#[test]
fn the_first_generation_breaks_the_line_within_the_date() {
    let at = date(1997, 6, 18).at(15, 49, 57, 0);
    let line = Entry { blanks: 0, ..entry("", "SMS_SITE_CONFIG_MANAGER", at, 0x12E) }.first_generation();
    assert_eq!(line, "$$<SMS_SITE_CONFIG_MANAGER><Wed Jun 18 15:49:57 1997~><thread=12E>");
    assert_eq!(Entry { blanks: 0, ..entry("", "SMSBOOT1.EXE", at, 0) }.starter(), "$$<SMSBOOT1.EXE>");
}

#[test]
fn the_viewer_shows_the_time_of_a_twelve_hour_clock() {
    let shown =
        |hour| entry("x~", "SMS_CLIENT_CONFIG_MANAGER", date(1999, 9, 20).at(hour, 24, 8, 0), 276).viewer();
    assert_eq!(shown(17), "x SMS_CLIENT_CONFIG_MANAGER 9/20/99 5:24:08 PM 276 (0x114)");
    assert!(shown(0).contains(" 12:24:08 AM ") && shown(12).contains(" 12:24:08 PM "));
}

#[test]
fn messages_run_together_as_the_article_prints_them() {
    let profile = Profile::resolve("sms-2003-legacy", &toml::Table::new()).unwrap();
    let lines = &profile.log.lines;
    let component = &profile.components["odpusr32"];
    let messages = [
        lines.launch_refused.fill(&[("path", &component.program), ("code", &1314)]),
        lines.component_failed.fill(&[("component", &component.title), ("hex", &"3EB")]),
        lines.verification_follows.fill(&[("code", &1003)]),
    ];
    assert_eq!(
        run_together(messages.iter().map(String::as_str)),
        "\"C:\\WINNT\\MS\\SMS\\clicomp\\SWDist32\\bin\\ODPUSR32.exe \" - Error : 1314\
         *** WNet User Groups Offer Data Provider - Error launching (#0x3EB)\
         !!!WARNING: Problem starting App (1003). Doing App Verify."
    );
}

#[test]
fn an_event_is_written_by_the_clock_of_its_host() {
    let profile = Profile::resolve("sms-2.0-sp3", &toml::Table::new()).unwrap();
    let start = date(2002, 8, 6).at(9, 0, 0, 0);
    let format = LogFormat::new(start, "GMT Daylight Time").with_rules(&profile.log);
    let event = |component: &str, clock| Event {
        seq: 0,
        at: SimTime(3_723_004),
        host: "BDC1".into(),
        actor: None,
        cause: None,
        kind: EventKind::Log {
            file: "Wnremote.log".into(),
            component: component.into(),
            thread: 104,
            clock,
            text: "x".to_owned(),
        },
    };
    let line = |component: &str, clock| format.line(&event(component, clock)).unwrap();
    assert_eq!(
        line("CliEx32.dll", None),
        "x  $$<CliEx32.dll><Tue Aug 06 10:02:03.004 2002><thread=104 (0x68)>"
    );
    let skewed = line(r"C:\WINNT\sms_temp\CCMBtLdr.exe", Some(SimTime(-1)));
    assert!(skewed.contains("<Tue Aug 06 08:59:59.999 2002 GMT Daylight Time>"), "{skewed}");
    assert!(line("CCIM32", None).starts_with("x $$<CCIM32>"));
    let other = Event {
        kind: EventKind::ActorEnded { role: crate::timeline::Role::Script, code: 0 },
        ..event("x", None)
    };
    assert_eq!(format.line(&other), None);
}
