//! Errors with the texts that Active Directory of Windows Server 2003 puts beside them (FACTS.md, "LDAP on the wire").

use crate::Win32Error;

/// An LDAP result code (RFC 4511, 4.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResultCode(pub u32);

macro_rules! codes {
    ($($name:ident $code:literal;)*) => {
        #[allow(missing_docs, reason = "the names are those of RFC 4511")]
        impl ResultCode {
            $(pub const $name: ResultCode = ResultCode($code);)*
        }
    };
}

codes! {
    SUCCESS 0; OPERATIONS_ERROR 1; PROTOCOL_ERROR 2; TIME_LIMIT_EXCEEDED 3; SIZE_LIMIT_EXCEEDED 4;
    COMPARE_FALSE 5; COMPARE_TRUE 6; AUTH_METHOD_NOT_SUPPORTED 7; STRONGER_AUTH_REQUIRED 8; REFERRAL 10;
    ADMIN_LIMIT_EXCEEDED 11; UNAVAILABLE_CRITICAL_EXTENSION 12; CONFIDENTIALITY_REQUIRED 13;
    SASL_BIND_IN_PROGRESS 14; NO_SUCH_ATTRIBUTE 16; UNDEFINED_ATTRIBUTE_TYPE 17; INAPPROPRIATE_MATCHING 18;
    CONSTRAINT_VIOLATION 19; ATTRIBUTE_OR_VALUE_EXISTS 20; INVALID_ATTRIBUTE_SYNTAX 21; NO_SUCH_OBJECT 32;
    INVALID_DN_SYNTAX 34; INAPPROPRIATE_AUTHENTICATION 48; INVALID_CREDENTIALS 49;
    INSUFFICIENT_ACCESS_RIGHTS 50; BUSY 51; UNAVAILABLE 52; UNWILLING_TO_PERFORM 53; NAMING_VIOLATION 64;
    OBJECT_CLASS_VIOLATION 65; NOT_ALLOWED_ON_NON_LEAF 66; NOT_ALLOWED_ON_RDN 67; ENTRY_ALREADY_EXISTS 68;
    OBJECT_CLASS_MODS_PROHIBITED 69; AFFECTS_MULTIPLE_DSAS 71; OTHER 80;
}

/// An error as it goes out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct LdapError {
    /// The code.
    pub code: ResultCode,
    /// The nearest object that there is.
    pub matched: String,
    /// The diagnostic message.
    pub text: String,
    /// Where else to ask.
    pub referrals: Vec<String>,
}

impl LdapError {
    pub(super) fn new(code: ResultCode, text: impl Into<String>) -> LdapError {
        LdapError { code, matched: String::new(), text: text.into(), referrals: Vec::new() }
    }

    /// An error of the protocol's head: `…: LdapErr: DSID-…, comment: …, data …, vece`.
    pub(super) fn head(code: ResultCode, win32: u32, dsid: u32, comment: &str, data: u32) -> LdapError {
        LdapError::new(
            code,
            format!("{win32:08X}: LdapErr: DSID-{dsid:08X}, comment: {comment}, data {data:x}, vece"),
        )
    }

    /// An error of the directory service.
    pub(super) fn service(code: ResultCode, win32: u32, dsid: u32, problem: Problem) -> LdapError {
        let Problem(kind, number, name) = problem;
        LdapError::new(
            code,
            format!("{win32:08X}: {kind}: DSID-{dsid:08X}, problem {number} ({name}), data 0\n"),
        )
    }

    /// An error about one attribute.
    pub(super) fn attribute(
        code: ResultCode,
        win32: u32,
        problem: (u32, &str),
        id: u32,
        name: &str,
    ) -> LdapError {
        let (number, what) = problem;
        let id = match (id, super::schema::schema().attribute(name)) {
            (0, Some(attribute)) => attribute.number(),
            _ => id,
        };
        LdapError::new(
            code,
            format!(
                "{win32:08X}: AtrErr: DSID-03190F00, #1:\n\t0: {win32:08X}: DSID-03190F00, problem {number} ({what}), \
                 data 0, Att {id:x} ({name})\n"
            ),
        )
    }

    /// The attribute has no values, or not this one.
    pub(super) fn no_value(attribute: &str) -> LdapError {
        let problem = (1001, "NO_ATTRIBUTE_OR_VAL");
        LdapError::attribute(ResultCode::NO_SUCH_ATTRIBUTE, 0x2085, problem, 0, attribute)
    }

    /// A refused bind. The sub-code stands in hexadecimal behind `data`.
    pub(super) fn bind(error: Win32Error, known: bool) -> LdapError {
        let data = match error {
            Win32Error::LOGON_FAILURE if !known => 0x525,
            error => error.0,
        };
        LdapError::head(
            ResultCode::INVALID_CREDENTIALS,
            0x8009_0308,
            0x0C09_0334,
            "AcceptSecurityContext error",
            data,
        )
    }

    pub(super) fn not_bound() -> LdapError {
        LdapError::head(
            ResultCode::OPERATIONS_ERROR,
            0,
            0x0C09_0627,
            "In order to perform this operation a successful bind must be completed on the connection.",
            0,
        )
    }

    pub(super) fn malformed() -> LdapError {
        LdapError::head(ResultCode::PROTOCOL_ERROR, 0x57, 0x0C09_0A85, "Error decoding ldap message", 0)
    }

    pub(super) fn control() -> LdapError {
        LdapError::head(ResultCode::PROTOCOL_ERROR, 0x57, 0x0C09_05AF, "Error processing control", 0)
    }

    /// A cookie of directory synchronisation that no controller has given (MS-DRSR 5.115.11).
    pub(super) fn bad_cookie() -> LdapError {
        LdapError::head(ResultCode::PROTOCOL_ERROR, 0x203D, 0x0C09_05AF, "Error processing control", 0)
    }

    pub(super) fn critical_control() -> LdapError {
        LdapError::head(
            ResultCode::UNAVAILABLE_CRITICAL_EXTENSION,
            0x57,
            0x0C09_0574,
            "Error processing control",
            0,
        )
    }

    pub(super) fn access_denied() -> LdapError {
        let problem = Problem("SecErr", 4003, "INSUFF_ACCESS_RIGHTS");
        LdapError::service(ResultCode::INSUFFICIENT_ACCESS_RIGHTS, 5, 0x0315_1D54, problem)
    }

    pub(super) fn unwilling(win32: u32, dsid: u32) -> LdapError {
        let problem = Problem("SvcErr", 5003, "WILL_NOT_PERFORM");
        LdapError::service(ResultCode::UNWILLING_TO_PERFORM, win32, dsid, problem)
    }

    pub(super) fn exists(win32: u32, dsid: u32) -> LdapError {
        let problem = Problem("UpdErr", 6005, "ENTRY_EXISTS");
        LdapError::service(ResultCode::ENTRY_ALREADY_EXISTS, win32, dsid, problem)
    }

    /// No such object; `best` is the nearest one above it.
    pub(super) fn no_object(best: &str) -> LdapError {
        let text = format!(
            "0000208D: NameErr: DSID-031001CD, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'{best}'\n"
        );
        LdapError { matched: best.to_owned(), ..LdapError::new(ResultCode::NO_SUCH_OBJECT, text) }
    }

    pub(super) fn bad_name(dn: &str) -> LdapError {
        LdapError::new(
            ResultCode::INVALID_DN_SYNTAX,
            format!(
                "0000208F: NameErr: DSID-031001BA, problem 2006 (BAD_NAME), data 8350, best match of:\n\t'{dn}'\n"
            ),
        )
    }

    /// An object of the empty name cannot be made: 0x206D, ERROR_DS_ROOT_MUST_BE_NC.
    pub(super) fn root_is_no_context() -> LdapError {
        LdapError::new(
            ResultCode::NAMING_VIOLATION,
            "0000206D: NameErr: DSID-0305109C, problem 2005 (NAMING_VIOLATION), data 0, best match of:\n\t''\n",
        )
    }

    /// A modification without changes.
    pub(super) fn nothing_to_change() -> LdapError {
        LdapError::head(
            ResultCode::UNWILLING_TO_PERFORM,
            0x57,
            0x0C09_0B3E,
            "Error in attribute conversion operation",
            0,
        )
    }

    /// A rename to nothing.
    pub(super) fn no_new_name() -> LdapError {
        LdapError::head(ResultCode::PROTOCOL_ERROR, 0x57, 0x0C09_0A85, "Error decoding ldap message", 0)
    }

    /// A new relative name of several parts.
    pub(super) fn names_in_a_name(rdn: &str) -> LdapError {
        LdapError::new(
            ResultCode::NAMING_VIOLATION,
            format!(
                "00000057: NameErr: DSID-0305109C, problem 2005 (NAMING_VIOLATION), data 0, best match of:\n\t'{rdn}'\n"
            ),
        )
    }

    /// A naming context's root has nothing above it that it could be renamed in: 0x2089, ERROR_DS_NO_PARENT_OBJECT.
    pub(super) fn no_parent() -> LdapError {
        let problem = Problem("UpdErr", 6001, "NAMING_VIOLATION");
        LdapError::service(ResultCode::OTHER, 0x2089, 0x0305_0F4E, problem)
    }

    /// The same error about another name: where a referral leads, that name is asked for.
    pub(super) fn about(mut self, name: &str) -> LdapError {
        for referral in &mut self.referrals {
            if let Some((server, _)) = referral.strip_prefix("ldap://").and_then(|rest| rest.split_once('/'))
            {
                *referral = format!("ldap://{server}/{name}");
            }
        }
        self
    }

    /// Another server knows; `host` stands in the text, `url` is where to go.
    pub(super) fn referral(host: &str, url: String) -> LdapError {
        let text = format!("0000202B: RefErr: DSID-031006E0, data 0, 1 access points\n\tref 1: '{host}'\n");
        LdapError { referrals: vec![url], ..LdapError::new(ResultCode::REFERRAL, text) }
    }

    /// An attribute's value of no length, where the syntax has none of that.
    pub(super) fn empty_value() -> LdapError {
        LdapError::head(
            ResultCode::INVALID_ATTRIBUTE_SYNTAX,
            0x57,
            0x0C09_0B38,
            "Error in attribute conversion operation",
            0,
        )
    }

    /// A name that no account may have: 0x523, ERROR_INVALID_ACCOUNT_NAME.
    pub(super) fn account_name() -> LdapError {
        LdapError::service(ResultCode::OTHER, 0x523, 0x031A_1202, Problem("SysErr", 22, "Invalid argument"))
    }

    /// Who has a role of the domain or forest is not reached: 0x20AF, ERROR_DS_COULDNT_CONTACT_FSMO.
    pub(super) fn role_owner_unreached() -> LdapError {
        let problem = Problem("SvcErr", 5002, "UNAVAILABLE");
        LdapError::service(ResultCode::UNAVAILABLE, 0x20AF, 0x0321_0380, problem)
    }

    /// An attribute that the schema does not have.
    pub(super) fn undefined_attribute() -> LdapError {
        LdapError::head(
            ResultCode::NO_SUCH_ATTRIBUTE,
            0x57,
            0x0C09_0A85,
            "Error in attribute conversion operation",
            0,
        )
    }
}

/// The kind of an error of the directory service, its problem's number and name.
pub(super) struct Problem(pub(super) &'static str, pub(super) u32, pub(super) &'static str);
