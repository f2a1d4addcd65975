//! Built-in accounts: their identifiers, and their names in the language of the machine.

use super::Rid;
use crate::Language;

impl Rid {
    /// Everyone, S-1-1-0: no account of any database, yet a holder of rights.
    pub(crate) const EVERYONE: Rid = Rid(1);
    /// The built-in administrator.
    pub(crate) const ADMINISTRATOR: Rid = Rid(500);
    /// The built-in guest.
    pub(crate) const GUEST: Rid = Rid(501);
    /// Domain Admins.
    pub(crate) const DOMAIN_ADMINS: Rid = Rid(512);
    /// Domain Users.
    pub(crate) const DOMAIN_USERS: Rid = Rid(513);
    /// Domain Guests.
    pub(crate) const DOMAIN_GUESTS: Rid = Rid(514);
    /// BUILTIN\Administrators.
    pub(crate) const ADMINISTRATORS: Rid = Rid(544);
    /// BUILTIN\Users.
    pub(crate) const USERS: Rid = Rid(545);
    /// BUILTIN\Guests.
    pub(crate) const GUESTS: Rid = Rid(546);
    /// BUILTIN\Power Users, not on a controller.
    pub(crate) const POWER_USERS: Rid = Rid(547);
    /// BUILTIN\Account Operators, only on a controller.
    pub(crate) const ACCOUNT_OPERATORS: Rid = Rid(548);
    /// BUILTIN\Server Operators, only on a controller.
    pub(crate) const SERVER_OPERATORS: Rid = Rid(549);
    /// BUILTIN\Print Operators, only on a controller.
    pub(crate) const PRINT_OPERATORS: Rid = Rid(550);
    /// BUILTIN\Backup Operators.
    pub(crate) const BACKUP_OPERATORS: Rid = Rid(551);
    /// BUILTIN\Replicator.
    pub(crate) const REPLICATOR: Rid = Rid(552);
    /// The first identifier of an account that is not built in.
    pub(crate) const FIRST: Rid = Rid(1_000);

    const FOREIGN: u32 = 0x8000_0000;

    /// The first number of an object that is no account: it has no security identifier.
    pub(crate) const FIRST_OBJECT: Rid = Rid(0x4000_0000);

    /// The first number of an object that every domain has and that is no account: a container, say. All controllers of
    /// a domain number these alike.
    #[cfg(feature = "ldap")]
    pub(crate) const FIRST_FIXED: Rid = Rid(0x6000_0000);

    /// Whether this numbers an object that is no account.
    #[cfg_attr(not(feature = "ldap"), expect(dead_code, reason = "only the front makes objects"))]
    pub(crate) fn is_plain_object(self) -> bool {
        self.0 & (Rid::FOREIGN | Rid::FIRST_OBJECT.0) == Rid::FIRST_OBJECT.0
    }

    /// The domain's account `self`, as a member machine's own database refers to it.
    pub(crate) fn foreign(self) -> Rid {
        Rid(self.0 | Rid::FOREIGN)
    }

    /// The domain's account that a machine's own database refers to; `None` for the machine's own accounts.
    pub(crate) fn domain_account(self) -> Option<Rid> {
        (self.0 & Rid::FOREIGN != 0).then_some(Rid(self.0 & !Rid::FOREIGN))
    }

    /// Whether the account is one that every system has.
    pub(crate) fn is_built_in(self) -> bool {
        self.0 < Rid::FIRST.0
    }
}

/// What an account name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PrincipalKind {
    /// A user.
    User,
    /// A global group.
    Group,
    /// A local group.
    LocalGroup,
    /// An account of the domain, known by name to a machine's own database because a local group or right names it.
    Foreign,
}

/// Which databases have a built-in account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Controllers and machines.
    All,
    /// The domain only.
    Domain,
    /// Member servers and workstations only.
    Machine,
}

/// A built-in account.
pub(crate) struct BuiltIn {
    /// Its identifier.
    pub(crate) rid: Rid,
    /// What it is.
    pub(crate) kind: PrincipalKind,
    /// Which databases have it.
    pub(crate) holder: Holder,
    names: [&'static str; 4],
}

impl BuiltIn {
    /// Its name on a system of the language.
    pub(crate) fn name(&self, language: Language) -> &'static str {
        self.names[match language {
            Language::English => 0,
            Language::German => 1,
            Language::French => 2,
            Language::Spanish => 3,
        }]
    }
}

/// The built-in account of this identifier.
pub(crate) fn built_in(rid: Rid) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|account| account.rid == rid)
}

/// The built-in account of this English name, as scenario files may always write it.
pub(crate) fn built_in_named(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|account| account.names[0].eq_ignore_ascii_case(name))
}

macro_rules! built_in {
    ($($rid:ident $kind:ident $holder:ident $($name:literal)*;)*) => {
        /// Every built-in account.
        pub(crate) const BUILT_IN: &[BuiltIn] = &[$(BuiltIn {
            rid: Rid::$rid,
            kind: PrincipalKind::$kind,
            holder: Holder::$holder,
            names: [$($name),*],
        }),*];
    };
}

built_in! {
    ADMINISTRATOR User All "Administrator" "Administrator" "Administrateur" "Administrador";
    GUEST User All "Guest" "Gast" "Invité" "Invitado";
    DOMAIN_ADMINS Group Domain "Domain Admins" "Domänen-Admins" "Admins du domaine" "Admins. del dominio";
    DOMAIN_USERS Group Domain "Domain Users" "Domänen-Benutzer" "Utilisa. du domaine" "Usuarios del dominio";
    DOMAIN_GUESTS Group Domain "Domain Guests" "Domänen-Gäste" "Invités du domaine" "Invitados del dominio";
    ADMINISTRATORS LocalGroup All "Administrators" "Administratoren" "Administrateurs" "Administradores";
    USERS LocalGroup All "Users" "Benutzer" "Utilisateurs" "Usuarios";
    GUESTS LocalGroup All "Guests" "Gäste" "Invités" "Invitados";
    POWER_USERS LocalGroup Machine "Power Users" "Hauptbenutzer" "Utilisateurs avec pouvoir" "Usuarios avanzados";
    ACCOUNT_OPERATORS LocalGroup Domain "Account Operators" "Konten-Operatoren" "Opérateurs de compte" "Opers. de cuentas";
    SERVER_OPERATORS LocalGroup Domain "Server Operators" "Server-Operatoren" "Opérateurs de serveur" "Opers. de servidores";
    PRINT_OPERATORS LocalGroup Domain "Print Operators" "Druck-Operatoren" "Opérateurs d'impression" "Opers. de impresión";
    BACKUP_OPERATORS LocalGroup All "Backup Operators" "Sicherungs-Operatoren" "Opérateurs de sauvegarde" "Operadores de copia";
    REPLICATOR LocalGroup All "Replicator" "Replikations-Operator" "Duplicateurs" "Duplicadores";
}
