//! `.reg` files: the exports of the registry editor, versions 4 and 5.

/// A value of the registry.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RegistryValue {
    /// Its key in full: `HKEY_LOCAL_MACHINE\SOFTWARE\…`.
    pub key: String,
    /// Its name; empty for a key's default value.
    pub name: String,
    /// What it holds, as text: strings without their marks, numbers in decimal, bytes as they stand.
    pub data: String,
    /// Its number, when it is one.
    pub number: Option<u32>,
}

/// Why a registry export cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(crate) struct RegistryError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// The values of an export. Keys and values that it deletes are left out.
pub(crate) fn values(text: &str) -> Result<Vec<RegistryValue>, RegistryError> {
    let mut values = Vec::new();
    let mut key: Option<&str> = None;
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate().skip(1);
    while let Some((at, line)) = lines.next() {
        let failed = |reason: String| RegistryError { line: at + 1, reason };
        let line = line.trim();
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name =
                rest.strip_suffix(']').ok_or_else(|| failed(format!("the key `{line}` has no end `]`")))?;
            key = (!name.starts_with('-')).then_some(name);
            continue;
        }
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            match lines.next() {
                Some((_, more)) => whole.push_str(more.trim()),
                None => break,
            }
        }
        let (name, data) = parts(&whole).ok_or_else(|| failed(format!("`{line}` is no `\"name\"=data`")))?;
        let Some(key) = key else { continue };
        if data == "-" {
            continue;
        }
        let number = data
            .strip_prefix("dword:")
            .map(|hex| u32::from_str_radix(hex, 16).map_err(|error| failed(format!("`{data}`: {error}"))));
        let number = number.transpose()?;
        let data = match number {
            Some(number) => number.to_string(),
            None => quoted(data).map_or_else(|| data.to_owned(), |(text, _)| text),
        };
        values.push(RegistryValue { key: key.to_owned(), name, data, number });
    }
    Ok(values)
}

fn parts(line: &str) -> Option<(String, &str)> {
    let (name, rest) = match line.strip_prefix('@') {
        Some(rest) => (String::new(), rest),
        None => quoted(line)?,
    };
    Some((name, rest.trim_start().strip_prefix('=')?.trim()))
}

/// A text in quotation marks, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut own = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((own, &inner[at + 1..])),
            '\\' => own.push(letters.next()?.1),
            _ => own.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_that_installs_read_is_found() -> Result<(), RegistryError> {
        let text = "Windows Registry Editor Version 5.00\r\n\r\n\
                    [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SMS\\Client\\Configuration\\Domain Controller]\r\n\
                    \"Account Synchronization Max Wait (minutes)\"=dword:0000012c\r\n\"Path\"=\"C:\\\\x\"\r\n\
                    \"Bytes\"=hex:01,\\\r\n  02\r\n[-HKEY_LOCAL_MACHINE\\Gone]\r\n\"a\"=dword:1\r\n";
        let values = values(text)?;
        assert_eq!(values.len(), 3);
        assert_eq!((values[0].number, values[0].data.as_str()), (Some(300), "300"));
        assert_eq!((values[1].data.as_str(), values[2].data.as_str()), (r"C:\x", "hex:01,02"));
        Ok(())
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        assert_eq!(values("REGEDIT4\n[A\n").unwrap_err().line, 2);
        assert_eq!(values("REGEDIT4\n[A]\n\"x\"=dword:zz\n").unwrap_err().line, 3);
        assert!(values("").unwrap().is_empty());
    }
}
