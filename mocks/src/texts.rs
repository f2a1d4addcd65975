//! System texts in the languages of a machine.

use crate::{Language, Win32Error};

/// Texts of the codes that the replayed installs write into logs: number, German, French, Spanish.
const TEXTS: &[(u32, [&str; 3])] = &[
    (
        2,
        [
            "Das System kann die angegebene Datei nicht finden.",
            "Le fichier spécifié est introuvable.",
            "El sistema no puede hallar el archivo especificado.",
        ],
    ),
    (5, ["Zugriff verweigert", "Accès refusé.", "Acceso denegado."]),
    (
        53,
        [
            "Der Netzwerkpfad wurde nicht gefunden.",
            "Le chemin réseau n'a pas été trouvé.",
            "No se ha encontrado la ruta de acceso de la red.",
        ],
    ),
    (
        1060,
        [
            "Der angegebene Dienst ist kein installierter Dienst.",
            "Le service spécifié n'existe pas en tant que service installé.",
            "El servicio especificado no existe como servicio instalado.",
        ],
    ),
    (
        1069,
        [
            "Der Dienst konnte wegen einer fehlerhaften Anmeldung nicht gestartet werden.",
            "Le service n'a pas pu démarrer en raison d'un échec de l'ouverture de session.",
            "El servicio no se ha iniciado debido a un error en el inicio de sesión.",
        ],
    ),
    (
        1314,
        [
            "Dem Client fehlt ein erforderliches Recht.",
            "Le client ne dispose pas d'un privilège nécessaire.",
            "El cliente no dispone de un privilegio requerido.",
        ],
    ),
    (
        1326,
        [
            "Anmeldung fehlgeschlagen: unbekannter Benutzername oder falsches Kennwort.",
            "Échec d'ouverture de session : nom d'utilisateur inconnu ou mot de passe incorrect.",
            "Error de inicio de sesión: nombre de usuario desconocido o contraseña incorrecta.",
        ],
    ),
    (
        1722,
        [
            "Der RPC-Server ist nicht verfügbar.",
            "Le serveur RPC n'est pas disponible.",
            "El servidor RPC no está disponible.",
        ],
    ),
    (
        2221,
        [
            "Der Benutzername konnte nicht gefunden werden.",
            "Impossible de trouver le nom d'utilisateur.",
            "No se ha encontrado el nombre de usuario.",
        ],
    ),
];

impl Win32Error {
    /// The system's text in a language; in English for codes whose text in that language mockdc does not know.
    pub fn text_in(self, language: Language) -> &'static str {
        let column = match language {
            Language::English => return self.text(),
            Language::German => 0,
            Language::French => 1,
            Language::Spanish => 2,
        };
        let row = TEXTS.iter().find(|row| row.0 == self.code());
        row.map_or_else(|| self.text(), |row| row.1[column])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_german_machine_speaks_german_where_its_text_is_known() {
        let german = Win32Error::LOGON_FAILURE.text_in(Language::German);
        assert_eq!(german, "Anmeldung fehlgeschlagen: unbekannter Benutzername oder falsches Kennwort.");
        assert_eq!(Win32Error::LOGON_FAILURE.text_in(Language::English), Win32Error::LOGON_FAILURE.text());
        assert_eq!(Win32Error(1056).text_in(Language::French), Win32Error(1056).text());
    }
}
