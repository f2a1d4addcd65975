//! The report as one page that needs nothing else: no script, no fonts, light or dark as the reader has it.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::super::history::Part;
use super::super::input::Input;
use super::super::rules::Diagnosis;
use super::console::{files, grounds, place, skew};
use super::unread::{MOST_STRANGE, no_log};
use super::{Names, code, instant, length};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--for:#18794e;--against:#b4232a;--code:#8881}\
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.2rem .6rem;border-bottom:1px solid var(--line)}\
td.m,code{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere}\
td.t{white-space:nowrap;font-variant-numeric:tabular-nums}.for{color:var(--for)}.against{color:var(--against)}\
td.w{min-width:9em}small{font-weight:normal}tr.e td{background:var(--code)}\
@media(prefers-color-scheme:dark){:root{--for:#4cc38a;--against:#ff6369}}\
@media print{:root{color-scheme:light}body{font-size:10pt;max-width:none;margin:0}h2,h3{break-after:avoid}\
tr,li{break-inside:avoid}}";

/// Most events of the page's timeline.
const MOST: usize = 5_000;

/// Writes the page.
pub fn html(
    out: &mut dyn Write,
    input: &Input,
    diagnoses: &[Diagnosis<'_>],
    names: &Names,
) -> io::Result<()> {
    let history = &input.history;
    let mut page = String::new();
    // Writing into a string cannot fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>mockdc diagnose</title><style>{STYLE}</style><h1>What the logs say</h1><p>"
    );
    let mut read = Vec::new();
    files(&mut read, input, names)?;
    page.push_str(&escaped(String::from_utf8_lossy(&read).trim_end()).replace('\n', "<br>"));
    for diagnosis in diagnoses {
        let client =
            if diagnosis.client.is_empty() { "lines about no client" } else { names.of(&diagnosis.client) };
        let likeliest: Vec<&str> =
            diagnosis.likeliest().iter().map(|situation| situation.rule.article.as_str()).collect();
        let verdict = match likeliest.is_empty() {
            true => "insufficient evidence".to_owned(),
            false => likeliest.join(" or "),
        };
        let _ = write!(page, "<h2>{}: {}</h2>", escaped(client), escaped(&verdict));
        for situation in &diagnosis.situations {
            let rule = situation.rule;
            let _ = write!(
                page,
                "<h3>{} {} <small>evidence {}</small></h3><ul>",
                escaped(&rule.article),
                escaped(&rule.title),
                situation.score
            );
            for evidence in &situation.evidence {
                let side = if evidence.weight < 0 { "against" } else { "for" };
                let places = grounds(history, &evidence.grounds, names);
                let _ = write!(
                    page,
                    "<li><b class=\"{side}\">{side}</b> {}<code>{}</code>",
                    escaped(&evidence.says),
                    escaped(&places)
                );
            }
            let _ = write!(page, "</ul><p>Helps: {}</p><p>Ask next:</p><ul>", marked(&rule.remedy));
            for question in &rule.ask {
                let _ = write!(page, "<li>{}", marked(question));
            }
            page.push_str("</ul>");
        }
    }
    let mut clocks = String::new();
    let reference = history.machines.iter().find(|machine| machine.part == Part::SiteServer);
    for (machine, clock) in history.machines.iter().zip(&history.clocks) {
        if let Some(reference) = reference.filter(|_| machine.part == Part::Client) {
            let text = format!("{}: {}", names.of(&machine.name), skew(clock, names.of(&reference.name)));
            let _ = write!(clocks, "<li>{}", escaped(&text));
        }
    }
    if !clocks.is_empty() {
        let _ = write!(page, "<h2>Clocks</h2><ul>{clocks}</ul>");
    }
    page.push_str("<h2>Timeline</h2><table><tr><th>When<th>Machine<th>Where<th>What");
    for number in 0..history.events.len().min(MOST) {
        let event = &history.events[number];
        let at = history.when(number).map_or_else(|| "-".to_owned(), instant);
        let machine = names.of(&history.machines[history.machine_of[number]].name);
        let failed = event.code.filter(|code| *code != 0);
        let _ = write!(
            page,
            "<tr{}><td class=\"t\">{at}<td>{}<td class=\"m w\">{}<td class=\"m\">{}",
            if failed.is_some() { " class=\"e\"" } else { "" },
            escaped(machine),
            escaped(&place(history, event)),
            escaped(&names.hide(&event.message))
        );
        if event.count > 1 {
            let _ = write!(page, " × {} in {}", event.count, length(event.lasted()));
        }
        if let Some(failed) = failed {
            let _ = write!(page, "<br><small>{}</small>", escaped(&code(failed)));
        }
    }
    page.push_str("</table>");
    if history.events.len() > MOST {
        let _ = write!(page, "<p>and {} more</p>", history.events.len() - MOST);
    }
    let mut unread = String::new();
    for file in history.files.iter().filter(|file| file.is_no_log()).take(MOST_STRANGE) {
        let path = escaped(&names.hide(&file.path));
        let _ = write!(unread, "<tr><td class=\"m\">{path}<td>{}<td>", no_log(file));
    }
    let strange = history.files.iter().filter(|file| file.is_no_log()).count();
    if strange > MOST_STRANGE {
        let _ = write!(unread, "<tr><td>and {} more<td><td>", strange - MOST_STRANGE);
    }
    for file in history.files.iter().filter(|file| !file.is_no_log()) {
        for line in &file.shown {
            let _ = write!(
                unread,
                "<tr><td class=\"m\">{}:{}<td>{}<td class=\"m\">{}",
                escaped(&names.hide(&file.path)),
                line.line,
                line.why.text(),
                escaped(&names.hide(&line.text))
            );
        }
    }
    if !unread.is_empty() {
        let _ = write!(page, "<h2>Not read</h2><table><tr><th>Where<th>Why<th>What{unread}</table>");
    }
    page.push_str("</html>\n");
    out.write_all(page.as_bytes())
}

/// Text with what stands between backticks as code.
fn marked(text: &str) -> String {
    let mut marked = String::new();
    for (place, part) in escaped(text).split('`').enumerate() {
        match place % 2 {
            0 => marked.push_str(part),
            _ => {
                let _ = write!(marked, "<code>{part}</code>");
            }
        }
    }
    marked
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
