use proptest::prelude::*;

use crate::{AccountKey, AccountPolicy, Encoding, Name, Right, Span, Template, TemplateProblem};

const SAMPLE: &str = "\
[Unicode]
Unicode=yes
[Version]
signature=\"$CHICAGO$\"
Revision=1
; set by the security team
[system access]
minimumpasswordage = 1 ; days
MaximumPasswordAge = -1
LockoutDuration = -1
NewAdministratorName = \"root; really\"
[Privilege Rights]
SeServiceLogonRight = *S-1-5-21-1-2-3-1105, SMSCliSvcAcct& ,CORP\\SMSService,
SeAssignPrimaryTokenPrivilege =
SeCreatePagefilePrivilege = *S-1-5-32-544
SeTcbPrivilege = SMS&_BDC1,\\
   SMS#_BDC1
[Group Membership]
*S-1-5-32-544__Members = SMSCliSvcAcct&
*S-1-5-32-544__memberof =
[Registry Values]
MACHINE\\Software\\A=4,1
[File Security]
\"%SystemRoot%\",2,\"D:PAR(A;OICI;GA;;;BA)\"
";

fn names(list: &[&str]) -> Vec<Name> {
    list.iter().map(|name| Name::from(*name)).collect()
}

#[test]
fn a_file_of_the_field_is_read_with_all_its_oddities() {
    let template = Template::parse(SAMPLE).unwrap();
    assert_eq!(
        template.right(Right::ServiceLogon),
        Some(&names(&["*S-1-5-21-1-2-3-1105", "SMSCliSvcAcct&", "CORP\\SMSService"])[..])
    );
    assert_eq!(template.right(Right::Tcb), Some(&names(&["SMS&_BDC1", "SMS#_BDC1"])[..]));
    assert_eq!(template.right(Right::AssignPrimaryToken), Some(&[][..]), "defined and empty: nobody");
    assert_eq!(template.right(Right::Shutdown), None, "not defined");
    assert_eq!(template.rights().count(), 3);
    assert_eq!(template.members().collect::<Vec<_>>(), [("*S-1-5-32-544", &names(&["SMSCliSvcAcct&"])[..])]);
    assert_eq!(template.member_of().collect::<Vec<_>>(), [("*S-1-5-32-544", &[][..])]);
    let settings: Vec<_> = template.account_settings().collect();
    assert!(settings.contains(&(AccountKey::MinimumPasswordAge, 1)));
    let mut policy = AccountPolicy::default();
    settings.into_iter().for_each(|(key, value)| key.put(value, &mut policy));
    assert_eq!(policy.minimum_age, Span::days(1));
    assert_eq!(policy.maximum_age, None, "-1: never");
    assert_eq!(policy.lockout_duration, None, "-1: until an administrator unlocks");
}

#[test]
fn what_mockdc_does_not_know_is_written_back_as_it_stood() {
    let text = Template::parse(SAMPLE).unwrap().to_string();
    for kept in [
        "NewAdministratorName = \"root; really\"",
        "SeCreatePagefilePrivilege = *S-1-5-32-544",
        "; set by the security team",
        "MACHINE\\Software\\A=4,1",
        "\"%SystemRoot%\",2,\"D:PAR(A;OICI;GA;;;BA)\"",
    ] {
        assert!(text.contains(kept), "{kept} is not in\n{text}");
    }
}

#[test]
fn the_bytes_may_be_utf_16_or_utf_8_with_and_without_a_mark() {
    let template = Template::parse(SAMPLE).unwrap();
    for encoding in [Encoding::Utf16, Encoding::Utf8Marked, Encoding::Utf8] {
        assert_eq!(Template::read(&template.to_bytes(encoding)).as_ref(), Ok(&template), "{encoding:?}");
    }
    assert!(template.to_bytes(Encoding::Utf16).starts_with(&[0xff, 0xfe, b'[', 0]));
    let unmarked = &template.to_bytes(Encoding::Utf16)[2..];
    assert_eq!(Template::read(unmarked).unwrap_err().problem, TemplateProblem::Encoding);
    let latin = b"[Privilege Rights]\nSeTcbPrivilege = G\xe4ste\n";
    let error = Template::read(latin).unwrap_err();
    assert_eq!((error.line, error.problem), (2, TemplateProblem::Encoding));
}

#[test]
fn each_mistake_is_named_with_its_line_and_remedy() {
    let cases: &[(&str, usize, &str)] = &[
        ("SeTcbPrivilege = A", 1, "header"),
        ("\n[Privilege Rights\n", 2, "not closed"),
        ("[Privilege Rights]\n\nSeTcbPrivilege A", 3, "key = value"),
        ("[Privilege Rights]\nLogOnAsAService = A", 2, "SeServiceLogonRight"),
        ("[Privilege Rights]\nSeTcbPrivilege = A\nsetcbprivilege = B", 3, "line 2"),
        ("[Privilege Rights]\nSeTcbPrivilege = *S-2-5", 2, "*S-1-5-32-544"),
        ("[Privilege Rights]\nSeTcbPrivilege = A.B", 2, "allowed"),
        ("[Privilege Rights]\nSeTcbPrivilege = \\B", 2, "allowed"),
        ("[Group Membership]\nAdministrators = A", 2, "__Members"),
        ("[System Access]\nLockoutBadCount = five", 2, "0 to 999"),
        ("[System Access]\nMinimumPasswordAge = 1000", 2, "0 to 999"),
        ("[Version]\nsignature=\"$DOS$\"", 2, "$CHICAGO$"),
    ];
    for (text, line, remedy) in cases {
        let error = Template::parse(text).expect_err(text);
        assert_eq!(error.line, *line, "{text}");
        assert!(error.to_string().contains(remedy), "{error}");
    }
}

#[test]
fn names_follow_the_character_set_of_the_format() {
    for fine in ["SMS#_BDC1", "SMSCliSvcAcct&", "CORP\\A b", "NT AUTHORITY\\SYSTEM", "Gäste", "corp.local\\x"]
    {
        assert_eq!(crate::check_principal(fine), Ok(()), "{fine}");
    }
    let long = "x".repeat(257);
    for wrong in ["", "a.b", "a\"b", "a/b", "a\\b\\c", " a", "*S-1", "*S-1-5-", "*X-1-5-32", &long] {
        assert!(crate::check_principal(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_right_is_edited_as_the_policy_editor_does() {
    let mut template = Template::new();
    assert!(!template.add_to_right(Right::Tcb, "A".into()), "a right that is not defined stays so");
    assert_eq!(template.right(Right::Tcb), None);
    template.define_right(Right::Tcb, Vec::new());
    assert!(template.add_to_right(Right::Tcb, "A".into()));
    assert!(!template.add_to_right(Right::Tcb, "a".into()), "it is there already");
    assert!(template.remove_from_right(Right::Tcb, &"A".into()));
    assert_eq!(template.right(Right::Tcb), Some(&[][..]), "still defined");
    assert!(template.undefine_right(Right::Tcb));
    assert_eq!(template, Template::new());
}

fn principal() -> impl Strategy<Value = Name> {
    prop_oneof![
        "[A-Za-z][A-Za-z0-9#&_$~-]{0,18}".prop_map(Name::from),
        "[A-Z]{1,8}\\\\[a-z&#]{1,12}".prop_map(Name::from),
        (500u32..9_999).prop_map(|rid| Name::from(format!("*S-1-5-21-1-2-3-{rid}"))),
    ]
}

fn holders() -> impl Strategy<Value = Vec<Name>> {
    prop::collection::btree_set(principal(), 0..5).prop_map(|set| set.into_iter().collect())
}

prop_compose! {
    fn template()(
        rights in prop::collection::btree_map(prop::sample::select(Right::ALL), holders(), 0..6),
        members in prop::collection::btree_map(principal(), holders(), 0..3),
        member_of in prop::collection::btree_map(principal(), holders(), 0..3),
        settings in prop::collection::btree_map(prop::sample::select(&AccountKey::ALL[..]), 0i64..2, 0..4),
    ) -> Template {
        let mut template = Template::new();
        rights.into_iter().for_each(|(right, holders)| template.define_right(right, holders));
        members.into_iter().for_each(|(group, list)| template.define_members(group.as_str(), list));
        member_of.into_iter().for_each(|(group, list)| template.define_member_of(group.as_str(), list));
        settings.into_iter().for_each(|(key, value)| {
            // A minimum age that is not below the maximum is refused, which a test of its own looks at.
            let value = if key == AccountKey::MaximumPasswordAge { value + 2 } else { value };
            template.define_account_setting(key, value);
        });
        template
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(
        template in template(),
        encoding in prop::sample::select(&[Encoding::Utf16, Encoding::Utf8Marked, Encoding::Utf8][..]),
    ) {
        prop_assert_eq!(Template::read(&template.to_bytes(encoding)), Ok(template));
    }

    #[test]
    fn bytes_without_meaning_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Template::read(&bytes);
    }

    #[test]
    fn a_damaged_file_never_panics_and_names_a_line_that_exists(
        at in 0usize..SAMPLE.len(), cut in 0usize..40, junk in "[\\[\\]=;,*\\\\\"a-zé\\n-]{0,12}",
    ) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        bytes.splice(at..(at + cut).min(SAMPLE.len()), junk.bytes());
        let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
        if let Err(error) = Template::read(&bytes) {
            prop_assert!((1..=lines).contains(&error.line), "{}", error);
        }
    }

    #[test]
    fn the_account_policy_survives_a_template(history in 0u32..24, days in 0i64..999, threshold in 0u32..999) {
        let policy = AccountPolicy {
            history,
            minimum_age: Span::days(days),
            lockout_threshold: threshold,
            ..AccountPolicy::default()
        };
        let mut template = Template::new();
        template.define_account_policy(&policy);
        let mut read = AccountPolicy { maximum_age: None, lockout_duration: None, ..AccountPolicy::default() };
        template.account_settings().for_each(|(key, value)| key.put(value, &mut read));
        prop_assert_eq!(read, policy);
    }
}
