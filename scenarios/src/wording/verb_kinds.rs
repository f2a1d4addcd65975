//! Verbs without their arguments, as what a call is made for.

use mockdc_mocks::VerbKind;

/// What a call of a verb is made for: `create the user SMS&_BDC1`, `create a user`.
pub fn kind_words(kind: VerbKind, subject: Option<&str>) -> String {
    let (act, kind_of, article) = words(kind);
    match (subject, kind_of) {
        (_, "") => act.to_owned(),
        (Some(subject), _) => format!("{act} {subject}"),
        (None, kind_of) => format!("{act} {article} {kind_of}"),
    }
}

/// What it does, to what, and that thing's article.
fn words(kind: VerbKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        VerbKind::UserAdd => ("create", "user", "a"),
        VerbKind::UserDelete => ("delete", "user", "a"),
        VerbKind::UserInfo => ("read the attributes of", "user", "a"),
        VerbKind::UserSetPassword => ("reset the password of", "user", "a"),
        VerbKind::UserChangePassword => ("change the password of", "user", "a"),
        VerbKind::UserSetComment => ("set the comment of", "user", "a"),
        VerbKind::UserSetFlags => ("set the flags of", "user", "a"),
        VerbKind::UserSetExpiry => ("set the expiry of", "user", "a"),
        VerbKind::UserSetLogonLimits => ("limit the logons of", "user", "a"),
        VerbKind::DcFind => ("find a domain controller", "", ""),
        VerbKind::UserRename => ("rename", "user", "a"),
        VerbKind::UserSetPrimaryGroup => ("set the primary group of", "user", "a"),
        VerbKind::GroupAdd => ("create", "global group", "a"),
        VerbKind::GroupDelete => ("delete", "global group", "a"),
        VerbKind::GroupAddUser => ("add to a global group", "user", "a"),
        VerbKind::GroupRemoveUser => ("remove from a global group", "user", "a"),
        VerbKind::GroupMembers => ("read the members of", "global group", "a"),
        VerbKind::LocalGroupAdd => ("create", "local group", "a"),
        VerbKind::LocalGroupDelete => ("delete", "local group", "a"),
        VerbKind::LocalGroupAddMember => ("add to a local group", "member", "a"),
        VerbKind::LocalGroupRemoveMember => ("remove from a local group", "member", "a"),
        VerbKind::LocalGroupMembers => ("read the members of", "local group", "a"),
        VerbKind::LookupSid => ("look up", "SID", "a"),
        VerbKind::LookupName => ("look up", "name", "a"),
        VerbKind::RightGrant => ("grant a right to", "account", "an"),
        VerbKind::RightRevoke => ("revoke a right of", "account", "an"),
        VerbKind::RightsOf => ("read the rights of", "account", "an"),
        VerbKind::AccountPolicySet => ("set the account policy", "", ""),
        VerbKind::GpoWrite => ("write the template of", "policy", "a"),
        VerbKind::GpoDefineRight => ("define a right in", "policy", "a"),
        VerbKind::GpoAddToRight => ("add a holder to a right in", "policy", "a"),
        VerbKind::GpoUndefineRight => ("undefine a right in", "policy", "a"),
        VerbKind::GpoLink => ("link", "policy", "a"),
        VerbKind::GpoUnlink => ("unlink", "policy", "a"),
        VerbKind::PolicyRefresh => ("apply policy", "", ""),
        VerbKind::Logon => ("log on as", "user", "a"),
        VerbKind::ShareConnect => ("connect to", "share", "a"),
        VerbKind::ShareDisconnect => ("end the session with a host", "", ""),
        VerbKind::ShareAdd => ("share", "folder", "a"),
        VerbKind::ShareDelete => ("stop sharing", "folder", "a"),
        VerbKind::ServerInfo => ("read what kind of server it is", "", ""),
        VerbKind::ServiceCreate => ("create", "service", "a"),
        VerbKind::ServiceDelete => ("delete", "service", "a"),
        VerbKind::ServiceSetAccount => ("set the logon account of", "service", "a"),
        VerbKind::ServiceStart => ("start", "service", "a"),
        VerbKind::ServiceStop => ("stop", "service", "a"),
        VerbKind::ServiceQuery => ("query", "service", "a"),
        VerbKind::ServiceReport => ("report the state of", "service", "a"),
        VerbKind::ProcessLaunch => ("launch", "program", "a"),
        VerbKind::ProcessExit => ("end its process", "", ""),
        VerbKind::ProcessKill => ("kill a process", "", ""),
        VerbKind::RegistryRead => ("read", "registry value", "a"),
        VerbKind::RegistryWrite => ("write", "registry value", "a"),
        VerbKind::RegistryDelete => ("delete", "registry value", "a"),
        VerbKind::FileRead => ("read", "file", "a"),
        VerbKind::FileWrite => ("write", "file", "a"),
        VerbKind::FileDelete => ("delete", "file", "a"),
        VerbKind::Restart => ("restart it", "", ""),
        VerbKind::Synchronize => ("synchronise it", "", ""),
        VerbKind::SynchronizeDomain => ("synchronise the domain", "", ""),
        VerbKind::Snapshot => ("read all its accounts", "", ""),
    }
}
