//! The codes of what can be wrong. Their names are stable: scripts and search engines may hold on to them.

use std::fmt;

macro_rules! codes {
    ($($id:ident $name:literal $what:literal $mend:literal $example:literal;)*) => {
        /// What can be wrong with a scenario file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $what] $id,)* }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$id),*];

            /// Its stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$id => $name,)* }
            }

            /// What it means, in one line.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$id => $what,)* }
            }

            /// What it means, why it matters, how to mend it, and an example.
            pub fn explain(self) -> &'static str {
                match self {
                    $(Code::$id => concat!($name, "\n\n", $what, "\n\n", $mend, "\n\nExample:\n\n", $example, "\n"),)*
                }
            }
        }
    };
}

codes! {
    NotUtf8 "not-utf8" "The file is not UTF-8 text." "TOML is UTF-8. Save the file as UTF-8 without a byte order mark; editors of Windows call UTF-16 `Unicode`." "    iconv -f UTF-16 -t UTF-8 old.toml > new.toml";
    TooLarge "too-large" "The file is larger than 4 MB." "No scenario is: a name with `count` stands for many hosts, and a policy's template can be a file of its own (`template-file`)." "    [[dc]]\n    name = \"BDC{n:03}\"\n    count = 200";
    UnreadableFile "unreadable-file" "The file cannot be read." "Look at the path and at the permissions; a folder is searched by `mockdc run`, not read." "    mockdc check scenarios/kb/q304961-sp3-slow-bdc.toml";
    EmptyFile "empty-file" "The file says nothing." "A scenario needs at least `format`, a name and a primary domain controller." "    format = 1\n    name = \"smallest\"\n    [[dc]]\n    name = \"PDC1\"\n    role = \"pdc\"";
    Syntax "syntax" "The file is not TOML." "The place is where the reader lost the thread; the mistake is often a quote, bracket or comma just before it." "    title = \"a text in quotes\"";
    DuplicateKey "duplicate-key" "A key or table stands twice." "TOML allows a key once a table. Keep one of the two; what there are several of is written with double brackets, `[[step]]`." "    [[step]]\n    at = \"0s\"";
    FormatMissing "format-missing" "The file does not say which format of the language it uses." "Write `format = 1` as the first line. It lets old files be read the old way when the language grows." "    format = 1";
    FormatNotFirst "format-not-first" "`format` is not the first key." "Move the line to the top, so that a reader knows how to read what follows." "    format = 1\n    name = \"q304961\"";
    FormatUnsupported "format-unsupported" "This mockdc does not read that format." "It reads format 1. A file of a later format needs a later mockdc." "    format = 1";
    UnknownKey "unknown-key" "A key that the language does not have at this place." "Mostly a slip of the finger, or a key that belongs into another table. Unknown keys are never skipped: a skipped expectation would pass." "    [[dc]]\n    role = \"pdc\"      # not: rolle";
    MissingKey "missing-key" "A key that must be there is missing." "Add it; LANGUAGE.md shows each table with its keys." "    [[user]]\n    name = \"SVC\"\n    password = \"Secret-14-chars\"";
    WrongType "wrong-type" "A value of the wrong type." "Text stands in quotes, numbers and `true` do not, lists stand in square brackets, tables in braces." "    tags = [\"bdc\"]";
    UnknownWord "unknown-word" "A word that is none of those possible here." "Take one of the words that the message lists." "    role = \"bdc\"";
    SingleBrackets "single-brackets" "Single brackets around a table of which there can be several." "Write double brackets: `[[dc]]` adds a domain controller, `[dc]` would be the only one." "    [[dc]]\n    name = \"BDC1\"";
    DurationWithoutUnit "duration-without-unit" "A duration without a unit." "Durations are strings with units: w, d, h, m, s, ms. A bare number means seconds to one reader and minutes to the next." "    pulse = \"300s\"";
    BadDuration "bad-duration" "A text that is not a duration." "Numbers with units, without blanks: `15m`, `1h30m`, `250ms`." "    until = \"1h30m\"";
    BadQuantity "bad-quantity" "A text that is not a size, rate or percentage." "Sizes: B, KB, MB, GB. Rates: bit/s, kbit/s, Mbit/s, Gbit/s. Shares: `25%`." "    bandwidth = \"64kbit/s\"";
    BadTimeOfDay "bad-time-of-day" "A text that is not a time of day." "Hours and minutes with a colon, from 00:00 to 24:00." "    busy = [{ from = \"08:00\", to = \"18:00\", left = \"25%\" }]";
    BadDate "bad-date" "A text that is not a date with a time." "Year, month, day, then hours, minutes, seconds." "    start = \"2002-08-06 09:00:00\"";
    BadName "bad-name" "A name with a sign that it cannot have, or no name at all." "A scenario's name: small letters, digits, `-` and `.`. A host's name: no blanks and none of \\ / : * ? \" < > | , ; =. A site code: three letters or digits." "    name = \"q304961-sp3\"";
    NameTooLong "name-too-long" "A name longer than the system allows." "A computer's name has at most 15 characters and a user's at most 20 (Q159620)." "    name = \"BDC1\"";
    BadPattern "bad-pattern" "A name with `count` but without `{n}`, or the other way round." "`count` and `{n}` belong together: `{n}` is replaced by 1 to `count`, `{n:02}` pads with zeros. At most 100,000." "    name = \"BDC{n:02}\"\n    count = 20";
    MatchesNothing "matches-nothing" "A wildcard that no host matches." "A claim about no host at all would always hold. Look at the names of the hosts." "    for-each = \"BDC*\"";
    ReplicationNeedsTable "replication-needs-table" "`replication` is a word instead of a table." "The model is the key of a table that holds its values; an empty table takes the defaults." "    replication = { nt4 = { pulse = \"50m\", first-pulse = \"2m\" } }";
    LdifFile "ldif-file" "An export of a directory cannot be read." "The path is relative to the scenario file." "    [domain]\n    ldif = [\"customer.ldif\"]";
    Ldif "ldif" "Something in an export of a directory cannot be taken over." "An export lists entries (RFC 2849): `dn:`, then `attribute: value`, `::` before base64, an empty line between two. Records that modify, rename or delete entries are none." "    dn: CN=Ann Lee,OU=Staff,DC=customer,DC=example\n    objectClass: user\n    sAMAccountName: alee";
    NoProgram "no-program" "An expectation about a program in a file without `[program]`." "The table says where the user's own program is taken to run and under whom; `mockdc exec` starts it." "    [program]\n    run = [\"python3\", \"bootstrap.py\", \"{pdc.url}\"]";
    NoVerb "no-verb" "A table that does not say what it does." "A step, expectation, fault, condition or event is a table with exactly one verb." "    [[step]]\n    at = \"0s\"\n    install = { client = \"BDC1\" }";
    SeveralVerbs "several-verbs" "A table that says two things at once." "One verb a table: make two tables of it. Conditions are joined with `all` and `any`." "    [[expect]]\n    installed = \"BDC1\"\n    [[expect]]\n    installed = \"BDC2\"";
    NoTrigger "no-trigger" "A step that does not say when." "Exactly one of `at`, `every` and `when`." "    [[step]]\n    at = \"10m\"\n    synchronize = \"BDC1\"";
    KeysDisagree "keys-disagree" "Two keys that cannot stand together, or one that needs another." "`never`, `times` and `nth` exclude each other; `exactly`, `within` and `at-least` measure from `after`; `stagger` needs several clients." "    event = { account-deleted = { at = \"PDC1\" } }\n    after = { loader-stopped = {} }\n    exactly = \"15m\"";
    EmptyClaim "empty-claim" "An expectation that cannot fail." "An empty list of lines or claims holds whatever happens. Fill it, or leave the expectation out." "    log = { host = \"BDC1\", file = \"Wnremote.log\", none-of = [\"*1326*\"] }";
    NoPdc "no-pdc" "The domain has no primary domain controller." "Exactly one `[[dc]]` has `role = \"pdc\"`; with Active Directory it is the PDC emulator." "    [[dc]]\n    name = \"PDC1\"\n    role = \"pdc\"";
    TwoPdcs "two-pdcs" "The domain has two primary domain controllers." "One of them is `role = \"bdc\"`: every other domain controller is, with Active Directory too." "    [[dc]]\n    name = \"DC2\"\n    role = \"bdc\"";
    DuplicateName "duplicate-name" "Two things of a kind have the same name." "Names are compared without regard to case. Rename one of them." "    [[dc]]\n    name = \"BDC2\"";
    UnknownHost "unknown-host" "A host that the scenario does not have." "Hosts are the `[[dc]]`, `[[machine]]`, `[[site-server]]` of the file." "    [[machine]]\n    name = \"WS1\"";
    UnknownDc "unknown-dc" "A domain controller that the scenario does not have." "The host is missing, or it is a member server or workstation, which does not synchronise." "    synchronize = \"BDC1\"";
    UnknownClient "unknown-client" "A client that the scenario does not have." "A host becomes a client through a `[[client]]` table, which names its profile." "    [[client]]\n    machine = \"BDC1\"\n    profile = \"sms-2.0-sp3\"";
    UnknownSiteServer "unknown-site-server" "A site server that the scenario does not have." "A host becomes a site server through a `[[site-server]]` table." "    [[site-server]]\n    name = \"SMS1\"\n    site = \"ABC\"";
    NoSiteServer "no-site-server" "A remote install without a site server, or without saying which." "Add a `[[site-server]]`, or name one with `by`; or install by hand with `method = \"manual\"`." "    install = { client = \"BDC1\", by = \"SMS1\" }";
    UnknownGroup "unknown-group" "A group that does not exist." "Built-in groups and those of `[[group]]` exist, and on a machine its own." "    [[group]]\n    name = \"Installers\"";
    UnknownAccount "unknown-account" "An account that does not exist at the start." "Built-in accounts, `[[user]]` and `[[group]]` exist. Accounts that an install makes later cannot be members at the start." "    [[user]]\n    name = \"SVC\"\n    password = \"Secret-14-chars\"";
    UnknownUnit "unknown-unit" "An organisational unit that does not exist." "State it with `[[unit]]`; `Domain Controllers` is there of itself." "    [[unit]]\n    name = \"Workstations\"";
    UnknownContainer "unknown-container" "A policy object is linked to a container that does not exist." "Containers are `domain`, `site:NAME` and the names of units." "    links = [\"domain\"]";
    UnknownPolicy "unknown-policy" "A policy object that does not exist." "State it with `[[policy]]`. The two default policies exist of themselves." "    edit-policy = { policy = \"Default Domain Policy\", undefine-right = { right = \"SeTcbPrivilege\" } }";
    UnknownRight "unknown-right" "A user right that does not exist." "Rights are written with the constants of policy files (Q245207)." "    rights = [\"SeServiceLogonRight\"]";
    UnknownVerb "unknown-verb" "An operation that the port does not have." "The operations and their arguments are listed in LANGUAGE.md." "    do = { user-add = { user = \"SVC\", password = \"Secret-14-chars\" } }";
    UnknownEvent "unknown-event" "A kind of event that does not exist." "The kinds and their keys are listed in LANGUAGE.md, under Events." "    event = { account-deleted = { account = \"SMS#_BDC1\" } }";
    UnknownCondition "unknown-condition" "A kind of condition that does not exist." "The kinds are listed in LANGUAGE.md, under Conditions." "    when = { visible = { account = \"SVC\", at = \"BDC1\" } }";
    UnknownProfile "unknown-profile" "A client profile that does not exist." "Profiles are the versions of the product that mockdc knows; a change to one is written in place, beside `profile`." "    profile = \"sms-2.0-sp3\"";
    ProfileValue "profile-value" "A value of the profile is overridden with something that does not fit." "The keys beside `machine`, `profile` and `installed` are sections of the profile, with the profile's own keys and types." "    [[client]]\n    machine = \"BDC1\"\n    profile = \"sms-2.0-sp3\"\n    loader.waits-for-child = \"until-exit\"";
    UnknownScript "unknown-script" "A script that the scenario does not have." "State it with `[[script]]`." "    run = \"bootstrap\"";
    UnknownStep "unknown-step" "A step that does not exist." "Steps have the `id` given to them, or `step-N`; those of a script `SCRIPT-N`." "    result = { script = \"bootstrap\", step = \"create\", is = 0 }";
    UnknownFault "unknown-fault" "A fault that the scenario does not have." "State it with `[[fault]]`." "    event = { fault-touched = { fault = \"cable\" } }";
    UnknownPromise "unknown-promise" "Neither a promise nor a rule of the file." "Promises are listed in LANGUAGE.md; own rules are stated with `[[rule]]`." "    violates = [\"no-call-as-a-deleted-account\"]";
    UnknownKept "unknown-kept" "A value that no step of the script keeps." "Values come from `draw`, `set` and `keep`. `${host}` is always there." "    draw = { name = \"pw\", kind = \"password\", length = 14 }";
    ScriptLoop "script-loop" "A script runs itself." "It would never end. Repeat with `every`, or wait with `wait`." "    [[script]]\n    name = \"retry\"\n    every = \"1h\"";
    LimitBelowInterval "limit-below-interval" "A wait whose limit is shorter than its interval." "It would look once and give up. Make the limit longer or the interval shorter." "    wait = { until = { up = { host = \"BDC1\" } }, every = \"1m\", limit = \"60m\" }";
    UnknownPlaceholder "unknown-placeholder" "`${…}` with a name that stands for nothing here." "Columns of `[[case]]`, `${each}` under `for-each`, and inside scripts what they keep." "    [[case]]\n    name = \"sp3\"\n    profile = \"sms-2.0-sp3\"";
    UnusedColumn "unused-column" "A column of the cases that nothing uses." "Every case would run the same. Use it as `${column}`, or take it out." "    profile = \"${profile}\"";
    MissingColumn "missing-column" "A case without a column that the others have." "Every row has every column." "    [[case]]\n    name = \"sp4\"\n    profile = \"sms-2.0-sp4\"";
    UnknownCase "unknown-case" "`only-in` names a case that does not exist." "Take the name of a `[[case]]`." "    only-in = [\"sp3\"]";
    OutOfRange "out-of-range" "A value outside what the system accepts." "The ranges are those of the product: Netlogon's parameters, site link intervals, percentages." "    pulse = \"5m\"       # 60 s to 48 h";
    RandomizeTooLong "randomize-too-long" "A BDC may pause longer than the PDC waits for its answer." "`randomize` must be below `pulse-timeout1`, or healthy BDCs lose their place." "    bdc = { randomize = \"5s\" }\n    pulse-timeout1 = \"10s\"";
    AgesCrossed "ages-crossed" "The least age of a password is not below the greatest." "Nobody could ever change a password in time." "    account-policy = { minimum-age = \"1d\", maximum-age = \"42d\" }";
    LockoutTooShort "lockout-too-short" "A lockout ends before the count of bad passwords starts anew." "`lockout-duration` must be at least `lockout-reset` (Q128009)." "    account-policy = { lockout-threshold = 5, lockout-reset = \"30m\", lockout-duration = \"30m\" }";
    BeforeTheStart "before-the-start" "A time before the start of the scenario." "Times are spans since the start; what was before is stated as the world at the start." "    at = \"0s\"";
    AfterTheEnd "after-the-end" "A time after the end of the scenario: it can never bite." "Move it before `until`, or move `until`." "    until = \"3h\"";
    EmptyWindow "empty-window" "A window of time that ends before it begins." "`until`, `end` and `to` lie after `from` and `first`." "    from = \"10m\"\n    until = \"40m\"";
    SynchronizesThePdc "synchronizes-the-pdc" "The primary domain controller would synchronise with itself." "Name a BDC, or `\"domain\"` for all of them." "    synchronize = \"domain\"";
    WrongModel "wrong-model" "A value that belongs to another replication model." "`nt4` in a `[[dc]]` goes with `replication = { nt4 = … }`, `delay` with `delay`, `[[site-link]]` and a second site with `ad`." "    [domain]\n    replication = { ad = {} }";
    UnknownSite "unknown-site" "A site that no host is in." "A site exists when a `[[dc]]` or `[[machine]]` names it with `site`." "    [[dc]]\n    name = \"DC2\"\n    site = \"Branch\"";
    LinkToItself "link-to-itself" "A link or partition between a host and itself." "Name two hosts." "    between = [\"PDC1\", \"BDC1\"]";
    LocalAccountOnDc "local-account-on-dc" "A domain controller with local accounts." "It has only those of the domain: use `[[user]]` and `[[group]]`." "    [[user]]\n    name = \"SVC\"\n    password = \"Secret-14-chars\"";
    TemplateFile "template-file" "A template file that cannot be read, or a template stated twice." "The path is relative to the scenario; the text is UTF-16LE with a byte order mark, or UTF-8. `template` and `template-file` exclude each other." "    template-file = \"GptTmpl.inf\"";
    Template "template" "The text of a security template cannot be understood." "It is an INI text with sections such as `[Privilege Rights]`; each line is `name = value`." "    [Privilege Rights]\n    SeServiceLogonRight = *S-1-5-32-544";
    NothingToUpgrade "nothing-to-upgrade" "An upgrade of a client that nothing installs." "The client is not there at the start, and no step installs it: the upgrade would be refused with 1060." "    [[client]]\n    machine = \"WS1\"\n    profile = \"sms-2003-legacy\"\n    installed = true";
    ZeroInterval "zero-interval" "An interval of no time at all." "What repeats without time passing never ends." "    every = \"1m\"";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a code means, by its name.
pub fn explain(code: &str) -> Option<&'static str> {
    Code::ALL.iter().find(|known| known.as_str() == code).map(|known| known.explain())
}

/// The names of all codes.
pub fn codes() -> Vec<&'static str> {
    Code::ALL.iter().map(|code| code.as_str()).collect()
}
