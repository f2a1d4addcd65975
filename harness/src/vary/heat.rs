//! The heat map of a sweep.

use std::fmt::Write;

use super::sweep::{Cell, Sweep};

/// Width and height of a cell, in pixels.
const CELL: (usize, usize) = (64, 30);

/// Space for the labels of rows and above the columns.
const MARGIN: (usize, usize) = (150, 104);

/// Colours of none that hold, half, and all: told apart by those who do not tell red from green, and in grey.
const SCALE: [(f64, [f64; 3]); 3] =
    [(0.0, [179.0, 64.0, 24.0]), (0.5, [236.0, 214.0, 160.0]), (1.0, [33.0, 102.0, 172.0])];

/// The sweep as a picture of its own: light or dark with its viewer, with the numbers of each cell as its title.
pub(super) fn svg(sweep: &Sweep) -> String {
    let (rows, columns) = match sweep.axes.as_slice() {
        [rows, columns] => (Some(rows), columns),
        [columns, ..] => (None, columns),
        [] => return String::new(),
    };
    let across = columns.values.len().max(1);
    let down = sweep.cells.len().div_ceil(across);
    let (width, height) = (MARGIN.0 + across * CELL.0 + 20, MARGIN.1 + down * CELL.1 + 64);
    let width = width.max(520);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title>{}</title>\n<style>\n\
         .ground {{ fill: #ffffff }} .ink {{ fill: #1b1f24 }} .faint {{ fill: #57606a }} .none {{ fill: #e4e7eb }}\n\
         @media (prefers-color-scheme: dark) {{ .ground {{ fill: #14171a }} .ink {{ fill: #e6edf3 }} .faint {{ fill: #9aa4af }} .none {{ fill: #2b3138 }} }}\n\
         </style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n",
        escaped(&sweep.scenario)
    );
    let mut label = |x: usize, y: usize, class: &str, anchor: &str, said: &str| {
        let _ = writeln!(
            text,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\" text-anchor=\"{anchor}\">{}</text>",
            escaped(said)
        );
    };
    label(16, 24, "ink", "start", &sweep.scenario);
    let seeds = match sweep.seeds {
        (from, to) if from == to => format!("seed {from}"),
        (from, to) => format!("seeds {from} to {to}; the share of runs that hold"),
    };
    label(16, 42, "faint", "start", &seeds);
    label(MARGIN.0, 66, "faint", "start", &format!("{} →", columns.key.path));
    if let Some(rows) = rows {
        label(16, MARGIN.1 - 8, "faint", "start", &format!("{} ↓", shortened(&rows.key.path, 20)));
    }
    for (column, value) in columns.values.iter().enumerate() {
        let x = MARGIN.0 + column * CELL.0 + CELL.0 / 2;
        label(x, MARGIN.1 - 8, "ink", "middle", &shortened(&value.to_string(), 9));
    }
    for (row, value) in rows.iter().flat_map(|rows| rows.values.iter().enumerate()) {
        let y = MARGIN.1 + row * CELL.1 + CELL.1 / 2 + 4;
        label(MARGIN.0 - 8, y, "ink", "end", &shortened(&value.to_string(), 20));
    }
    for (place, cell) in sweep.cells.iter().enumerate() {
        let (x, y) = (MARGIN.0 + place % across * CELL.0, MARGIN.1 + place / across * CELL.1);
        let _ = writeln!(text, "{}", square(cell, x, y));
    }
    legend(&mut text, MARGIN.1 + down * CELL.1 + 24);
    text + "</svg>\n"
}

fn square(cell: &Cell, x: usize, y: usize) -> String {
    let (width, height) = (CELL.0 - 2, CELL.1 - 2);
    let values: Vec<String> = cell.values.iter().map(ToString::to_string).collect();
    let mut said = format!("{}: {} of {} hold", values.join(", "), cell.held, cell.runs);
    if let Some(share) = cell.held_share {
        let _ = write!(said, " ({:.1}% to {:.1}%)", share.low * 100.0, share.high * 100.0);
    }
    if let Some(why) = &cell.why {
        let _ = write!(said, "; {why}");
    }
    let (fill, ink) = match cell.held_share {
        None => ("class=\"none\"".to_owned(), "class=\"faint\""),
        Some(share) => {
            let colour = colour(share.share);
            let light = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 140.0;
            let [red, green, blue] = colour.map(|part| part as u8);
            let ink = if light { "fill=\"#1b1f24\"" } else { "fill=\"#ffffff\"" };
            (format!("fill=\"#{red:02x}{green:02x}{blue:02x}\""), ink)
        }
    };
    format!(
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"3\" {fill}/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" {ink}>{}</text></g>",
        escaped(&said),
        x + width / 2,
        y + height / 2 + 4,
        escaped(&cell.mark())
    )
}

fn legend(text: &mut String, y: usize) {
    for (place, said) in ["none", "", "half", "", "all hold"].into_iter().enumerate() {
        let [red, green, blue] = colour(place as f64 / 4.0).map(|part| part as u8);
        let x = 16 + place * 44;
        let _ = writeln!(
            text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"44\" height=\"12\" fill=\"#{red:02x}{green:02x}{blue:02x}\"/>\
             <text x=\"{x}\" y=\"{}\" class=\"faint\">{said}</text>",
            y + 28
        );
    }
    let _ = writeln!(
        text,
        "<rect x=\"260\" y=\"{y}\" width=\"44\" height=\"12\" class=\"none\"/>\
         <text x=\"260\" y=\"{}\" class=\"faint\">not possible</text>",
        y + 28
    );
}

fn colour(share: f64) -> [f64; 3] {
    let [low, middle, high] = SCALE;
    let (from, to) = if share < middle.0 { (low, middle) } else { (middle, high) };
    let part = ((share - from.0) / (to.0 - from.0)).clamp(0.0, 1.0);
    std::array::from_fn(|n| from.1[n] + (to.1[n] - from.1[n]) * part)
}

fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    match length > most {
        true => format!("…{}", text.chars().skip(length + 1 - most).collect::<String>()),
        false => text.to_owned(),
    }
}

/// Text inside XML.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}
