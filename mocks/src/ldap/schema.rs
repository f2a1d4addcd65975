//! The part of Active Directory's schema that the front knows: attributes and classes with their identifiers.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;

use crate::Name;

/// How values of an attribute are written and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// A string whose case does not count.
    Text,
    /// A distinguished name.
    Dn,
    /// A number of 32 bits.
    Integer,
    /// A number of 64 bits.
    LargeInteger,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// Octets.
    Octets,
    /// A security identifier.
    Sid,
    /// GeneralizedTime.
    Time,
    /// An object identifier, or the name that stands for it.
    Oid,
    /// A security descriptor.
    Descriptor,
    /// Octets with a distinguished name.
    DnBinary,
    /// Printable, numeric and IA5 strings, whose case counts.
    Printable,
    /// Numeric string.
    Numeric,
    /// IA5 string.
    Ia5,
}

/// An attribute of the schema.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    /// Its name in lower case.
    pub(super) key: String,
    pub(super) oid: &'static str,
    pub(super) syntax: Syntax,
    pub(super) many: bool,
    /// Only the system writes it.
    pub(super) system: bool,
    /// It is computed when it is read.
    pub(super) computed: bool,
    /// It is given only when it is asked for.
    pub(super) operational: bool,
    pub(super) indexed: bool,
    /// It takes part in ambiguous name resolution.
    pub(super) anr: bool,
    /// Nobody reads it.
    pub(super) secret: bool,
}

/// A class of the schema.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) oid: &'static str,
    pub(super) superior: &'static str,
    /// 0 of 1988, 1 structural, 2 abstract, 3 auxiliary.
    pub(super) category: u8,
    pub(super) rdn: &'static str,
    pub(super) must: Vec<&'static str>,
    pub(super) may: Vec<&'static str>,
    pub(super) superiors: Vec<&'static str>,
}

/// The schema, in the order of names.
#[derive(Debug)]
pub(super) struct Schema {
    attributes: ByName<Attribute>,
    classes: ByName<Class>,
    by_oid: BTreeMap<&'static str, &'static str>,
    shown: ByName<Vec<&'static str>>,
    /// What objects of each class may have.
    allowed: ByName<IndexSet<Name, FxBuildHasher>>,
}

type ByName<V> = IndexMap<Name, V, FxBuildHasher>;

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::read);

/// The schema.
pub(super) fn schema() -> &'static Schema {
    &SCHEMA
}

impl Syntax {
    fn letter(letter: &str) -> Syntax {
        match letter {
            "D" => Syntax::Dn,
            "I" => Syntax::Integer,
            "L" => Syntax::LargeInteger,
            "B" => Syntax::Boolean,
            "O" => Syntax::Octets,
            "S" => Syntax::Sid,
            "T" => Syntax::Time,
            "K" => Syntax::Oid,
            "N" => Syntax::Descriptor,
            "X" => Syntax::DnBinary,
            "P" => Syntax::Printable,
            "M" => Syntax::Numeric,
            "A" => Syntax::Ia5,
            _ => Syntax::Text,
        }
    }

    /// The syntax's identifier in `attributeTypes`.
    pub(super) fn oid(self) -> &'static str {
        match self {
            Syntax::Text => "1.3.6.1.4.1.1466.115.121.1.15",
            Syntax::Dn => "1.3.6.1.4.1.1466.115.121.1.12",
            Syntax::Integer => "1.3.6.1.4.1.1466.115.121.1.27",
            Syntax::LargeInteger => "1.2.840.113556.1.4.906",
            Syntax::Boolean => "1.3.6.1.4.1.1466.115.121.1.7",
            Syntax::Octets | Syntax::Sid => "1.3.6.1.4.1.1466.115.121.1.40",
            Syntax::Time => "1.3.6.1.4.1.1466.115.121.1.24",
            Syntax::Oid => "1.3.6.1.4.1.1466.115.121.1.38",
            Syntax::Descriptor => "1.2.840.113556.1.4.907",
            Syntax::DnBinary => "1.2.840.113556.1.4.903",
            Syntax::Printable => "1.3.6.1.4.1.1466.115.121.1.44",
            Syntax::Numeric => "1.3.6.1.4.1.1466.115.121.1.36",
            Syntax::Ia5 => "1.3.6.1.4.1.1466.115.121.1.26",
        }
    }

    /// `oMObjectClass` of a schema entry, which tells syntaxes of objects apart: an encoded object identifier (MS-ADTS
    /// 3.1.1.2.2.2).
    pub(super) fn object_class(self) -> Option<&'static [u8]> {
        match self {
            // 1.3.12.2.1011.28.0.714
            Syntax::Dn => Some(b"\x2b\x0c\x02\x87\x73\x1c\x00\x85\x4a"),
            // 1.2.840.113556.1.1.1.11
            Syntax::DnBinary => Some(b"\x2a\x86\x48\x86\xf7\x14\x01\x01\x01\x0b"),
            _ => None,
        }
    }

    /// `attributeSyntax` and `oMSyntax` of a schema entry (MS-ADTS 3.1.1.2.2.2).
    pub(super) fn numbers(self) -> (&'static str, u32) {
        match self {
            Syntax::Text => ("2.5.5.12", 64),
            Syntax::Dn => ("2.5.5.1", 127),
            Syntax::Integer => ("2.5.5.9", 2),
            Syntax::LargeInteger => ("2.5.5.16", 65),
            Syntax::Boolean => ("2.5.5.8", 1),
            Syntax::Octets => ("2.5.5.10", 4),
            Syntax::Sid => ("2.5.5.17", 4),
            Syntax::Time => ("2.5.5.11", 24),
            Syntax::Oid => ("2.5.5.2", 6),
            Syntax::Descriptor => ("2.5.5.15", 66),
            Syntax::DnBinary => ("2.5.5.7", 127),
            Syntax::Printable => ("2.5.5.5", 19),
            Syntax::Numeric => ("2.5.5.6", 18),
            Syntax::Ia5 => ("2.5.5.5", 22),
        }
    }

    /// Every syntax, for `ldapSyntaxes`.
    pub(super) const ALL: [Syntax; 13] = [
        Syntax::Text,
        Syntax::Dn,
        Syntax::Integer,
        Syntax::LargeInteger,
        Syntax::Boolean,
        Syntax::Octets,
        Syntax::Time,
        Syntax::Oid,
        Syntax::Descriptor,
        Syntax::DnBinary,
        Syntax::Printable,
        Syntax::Numeric,
        Syntax::Ia5,
    ];
}

impl Schema {
    fn read() -> Schema {
        let mut attributes = ByName::default();
        let mut by_oid = BTreeMap::new();
        for line in include_str!("attributes.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split_ascii_whitespace();
            let mut field = || fields.next().unwrap_or_default();
            let (name, oid, syntax, flags) = (field(), field(), field(), field());
            let has = |flag| flags.contains(flag);
            by_oid.insert(oid, name);
            let attribute = Attribute {
                name,
                key: name.to_ascii_lowercase(),
                oid,
                syntax: Syntax::letter(syntax),
                many: has('m'),
                system: has('s'),
                computed: has('c'),
                operational: has('o'),
                indexed: has('i'),
                anr: has('a'),
                secret: has('n'),
            };
            attributes.insert(name.into(), attribute);
        }
        let mut classes = ByName::default();
        for line in include_str!("classes.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('|');
            let mut field = || fields.next().unwrap_or_default();
            let (name, oid, superior, category, rdn) = (field(), field(), field(), field(), field());
            let mut list = || field().split_ascii_whitespace().collect();
            let (must, may, superiors) = (list(), list(), list());
            by_oid.insert(oid, name);
            let category = category.parse().unwrap_or(1);
            let class = Class { name, oid, superior, category, rdn, must, may, superiors };
            classes.insert(name.into(), class);
        }
        attributes.sort_unstable_keys();
        classes.sort_unstable_keys();
        let (shown, allowed) = (ByName::default(), ByName::default());
        let mut schema = Schema { attributes, classes, by_oid, shown, allowed };
        for name in schema.classes.keys().cloned().collect::<Vec<_>>() {
            let shows = |name: &&str| {
                schema.attribute(name).is_some_and(|attribute| !attribute.operational && !attribute.secret)
            };
            let allowed = schema.allowed(name.as_str());
            let shown = allowed.iter().copied().filter(shows).collect();
            schema.shown.insert(name.clone(), shown);
            schema.allowed.insert(name, allowed.into_iter().map(Name::from).collect());
        }
        schema
    }

    /// The attributes of a class's objects that whoever asks for all may see.
    pub(super) fn shown(&self, class: &str) -> &[&'static str] {
        self.shown.get(&Name::from(class)).map_or(&[], Vec::as_slice)
    }

    /// The attribute of this name or identifier.
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        let name = name.strip_prefix("OID.").unwrap_or(name);
        self.attributes.get(&Name::from(self.named(name)))
    }

    /// The class of this name or identifier.
    pub(super) fn class(&self, name: &str) -> Option<&Class> {
        self.classes.get(&Name::from(self.named(name)))
    }

    /// The name that stands for an object identifier; a name stands for itself.
    fn named<'a>(&self, name: &'a str) -> &'a str {
        match name.as_bytes().first() {
            Some(b'0'..=b'9') => self.by_oid.get(name).copied().unwrap_or(name),
            _ => name,
        }
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.values()
    }

    pub(super) fn classes(&self) -> impl Iterator<Item = &Class> {
        self.classes.values()
    }

    /// A class and all above it, the topmost first.
    pub(super) fn lineage(&self, class: &str) -> Vec<&'static str> {
        let mut lineage = Vec::new();
        let mut next = self.class(class);
        while let Some(class) = next {
            lineage.push(class.name);
            next = if class.name == "top" { None } else { self.class(class.superior) };
        }
        lineage.reverse();
        lineage
    }

    /// The classes that stand beside a structural one without being named.
    fn beside(class: &str) -> &'static [&'static str] {
        match class {
            "user" | "group" => &["securityPrincipal", "mailRecipient"],
            "domainDNS" => &["samDomain", "samDomainBase"],
            "builtinDomain" => &["samDomainBase"],
            _ => &[],
        }
    }

    /// Whether a class allows an attribute.
    pub(super) fn allows(&self, class: &str, attribute: &str) -> bool {
        self.allowed.get(&Name::from(class)).is_some_and(|names| names.contains(&Name::from(attribute)))
    }

    /// Every attribute that a class allows.
    pub(super) fn allowed(&self, class: &str) -> Vec<&'static str> {
        let mut all: Vec<_> =
            self.classes_of(class).flat_map(|class| class.must.iter().chain(&class.may).copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn classes_of(&self, class: &str) -> impl Iterator<Item = &Class> {
        let lineage = self.lineage(class);
        let beside: Vec<&str> = lineage.iter().flat_map(|name| Schema::beside(name)).copied().collect();
        lineage.into_iter().chain(beside).filter_map(|name| self.class(name))
    }
}

/// Beginnings of object identifiers and the numbers that stand for them (MS-DRSR 5.16.4).
const PREFIXES: [(&str, u32); 10] = [
    ("2.5.4", 0),
    ("2.5.6", 1),
    ("1.2.840.113556.1.2", 2),
    ("1.2.840.113556.1.3", 3),
    ("2.5.5", 8),
    ("1.2.840.113556.1.4", 9),
    ("0.9.2342.19200300.100.1", 21),
    ("2.16.840.1.113730.3.1", 22),
    ("2.5.21", 24),
    ("2.5.18", 25),
];

impl Attribute {
    /// The number by which errors tell an attribute; 0 where its identifier begins otherwise than any that is numbered.
    pub(super) fn number(&self) -> u32 {
        let Some((prefix, last)) = self.oid.rsplit_once('.') else { return 0 };
        let known = PREFIXES.iter().find(|(known, _)| *known == prefix);
        let last = last.parse::<u32>().ok().filter(|last| *last < 0x4000);
        known.zip(last).map_or(0, |((_, number), last)| (number << 16) | last)
    }

    /// The line of `attributeTypes`. Active Directory writes the syntax in quotes.
    pub(super) fn description(&self) -> String {
        let single = if self.many { "" } else { "SINGLE-VALUE " };
        let fixed = if self.system || self.computed { "NO-USER-MODIFICATION " } else { "" };
        format!("( {} NAME '{}' SYNTAX '{}' {single}{fixed})", self.oid, self.name, self.syntax.oid())
    }
}

impl Class {
    /// The line of `objectClasses`.
    pub(super) fn description(&self) -> String {
        let kind = match self.category {
            2 => "ABSTRACT",
            3 => "AUXILIARY",
            _ => "STRUCTURAL",
        };
        let list = |word: &str, names: &[&str]| match names {
            [] => String::new(),
            names => format!(
                "{word} ({} ) ",
                names.iter().map(|name| format!(" {name}")).collect::<Vec<_>>().join(" $")
            ),
        };
        let superior = if self.name == "top" { String::new() } else { format!("SUP {} ", self.superior) };
        format!(
            "( {} NAME '{}' {superior}{kind} {}{})",
            self.oid,
            self.name,
            list("MUST", &self.must),
            list("MAY", &self.may)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_the_numbers_that_the_directory_writes() {
        let names = [
            ("unicodePwd", 0x9005a),
            ("sAMAccountName", 0x900dd),
            ("userAccountControl", 0x90008),
            ("description", 0xd),
            ("member", 0x1f),
            ("managedBy", 0x9028d),
        ];
        for (name, number) in names {
            assert_eq!(schema().attribute(name).map(Attribute::number), Some(number), "{name}");
        }
    }

    #[test]
    fn every_name_that_a_class_speaks_of_is_in_the_schema() {
        let schema = schema();
        for class in schema.classes() {
            assert!(schema.class(class.superior).is_some(), "{}: {}", class.name, class.superior);
            for name in class.must.iter().chain(&class.may) {
                assert!(schema.attribute(name).is_some(), "{}: {name}", class.name);
            }
            assert!(schema.attribute(class.rdn).is_some());
            assert_eq!(schema.lineage(class.name).first(), Some(&"top"));
        }
        let mut oids = std::collections::BTreeSet::new();
        let all = schema.attributes().map(|a| a.oid).chain(schema.classes().map(|c| c.oid));
        for oid in all {
            assert!(oids.insert(oid), "{oid} stands twice");
        }
        assert!(schema.allows("computer", "servicePrincipalName") && !schema.allows("group", "unicodePwd"));
    }
}
