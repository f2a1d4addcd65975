//! `repadmin /showrepl /csv`: who replicates from whom, and what the last attempt gave.

/// A replication link of one naming context.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// Who pulls.
    pub destination: String,
    /// From whom.
    pub source: String,
    /// What.
    pub context: String,
    /// Failures in a row.
    pub failures: u64,
    /// The result of the last attempt, a Win32 code; 0 is success.
    pub status: u32,
    /// When it last succeeded, as the tool prints it.
    pub last_success: String,
}

/// Why the output cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RepadminError {
    /// No line names the columns. Save the output of `repadmin /showrepl * /csv` as it is.
    #[error(
        "no line `showrepl_COLUMNS` names the columns: save the output of `repadmin /showrepl * /csv` unchanged"
    )]
    NoColumns,
    /// A row has not the columns that the first line names.
    #[error("line {line}: the row has no column `{column}`")]
    Missing {
        /// The line, from 1.
        line: usize,
        /// The column.
        column: &'static str,
    },
}

/// The links in the output. Rows that tell of a server that could not be asked are links that failed.
pub(crate) fn links(text: &str) -> Result<Vec<Link>, RepadminError> {
    let mut columns: Option<Vec<String>> = None;
    let mut links = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if !line.starts_with("showrepl_") && !line.starts_with("\"showrepl_") {
            continue;
        }
        let fields = fields(line);
        if fields[0] == "showrepl_COLUMNS" {
            columns = Some(fields);
            continue;
        }
        let columns = columns.as_ref().ok_or(RepadminError::NoColumns)?;
        let field = |name: &'static str| {
            let place = columns.iter().position(|column| column.eq_ignore_ascii_case(name));
            let missing = RepadminError::Missing { line: at + 1, column: name };
            place.and_then(|place| fields.get(place)).ok_or(missing)
        };
        if fields[0] == "showrepl_ERROR" {
            let destination = fields.get(2).or(fields.last()).cloned().unwrap_or_default();
            let status = fields.iter().find_map(|field| field.parse().ok()).unwrap_or(1722);
            let (source, context, last_success) = (String::new(), String::new(), String::new());
            links.push(Link { destination, source, context, failures: 1, status, last_success });
            continue;
        }
        links.push(Link {
            destination: field("Destination DSA")?.clone(),
            source: field("Source DSA")?.clone(),
            context: field("Naming Context")?.clone(),
            failures: field("Number of Failures")?.parse().unwrap_or(0),
            status: field("Last Failure Status")?.parse().unwrap_or(0),
            last_success: field("Last Success Time")?.clone(),
        });
    }
    columns.map(|_| links).ok_or(RepadminError::NoColumns)
}

/// The fields of a row: parted by commas, in quotation marks where they hold one.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                push(&mut fields, '"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => push(&mut fields, letter),
        }
    }
    fields
}

fn push(fields: &mut [String], letter: char) {
    if let Some(field) = fields.last_mut() {
        field.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &str = "showrepl_COLUMNS,Destination DSA Site,Destination DSA,Naming Context,Source DSA Site,\
                           Source DSA,Transport Type,Number of Failures,Last Failure Time,Last Success Time,\
                           Last Failure Status";

    #[test]
    fn a_link_that_fails_is_told_with_its_code() -> Result<(), RepadminError> {
        let text = format!(
            "{COLUMNS}\r\nshowrepl_INFO,HQ,DC1,\"DC=corp,DC=com\",HQ,DC2,RPC,0,0,2005-03-01 10:00:00,0\r\n\
             showrepl_INFO,HQ,DC2,\"DC=corp,DC=com\",HQ,DC1,RPC,7,2005-03-01 10:05:00,2005-02-01 10:00:00,1722\r\n"
        );
        let links = links(&text)?;
        assert_eq!(links[0].context, "DC=corp,DC=com");
        assert_eq!((links[1].failures, links[1].status, links[1].source.as_str()), (7, 1722, "DC1"));
        Ok(())
    }

    #[test]
    fn output_without_its_first_line_is_refused() {
        assert_eq!(links("showrepl_INFO,HQ,DC1\n"), Err(RepadminError::NoColumns));
        let short = links(&format!("{COLUMNS}\nshowrepl_INFO,HQ\n"));
        assert!(matches!(short, Err(RepadminError::Missing { line: 2, .. })));
    }
}
