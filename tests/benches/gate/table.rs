//! The figures for people and for machines.

use std::fmt::Write as _;

use serde_json::json;

use crate::figure::Figure;
use crate::machine::Machine;

/// A Markdown table, with the command and the machine above it.
pub(crate) fn markdown(figures: &[Figure], machine: &Machine, command: &str) -> String {
    const HEAD: [&str; 5] = ["figure", "median", "spread", "limit", ""];
    let rows: Vec<[String; 5]> = figures.iter().map(Figure::cells).collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEAD[column].len(), 3]).max().unwrap_or(3)
    });
    let mut text = format!("`{command}` on {}:\n\n", machine.line());
    push_row(&mut text, &HEAD.map(str::to_owned), widths);
    push_row(&mut text, &widths.map(|width| "-".repeat(width)), widths);
    for row in &rows {
        push_row(&mut text, row, widths);
    }
    text
}

fn push_row(text: &mut String, cells: &[String; 5], widths: [usize; 5]) {
    for (cell, width) in cells.iter().zip(widths) {
        // Writing to a `String` does not fail.
        let _ = write!(text, "| {cell:<width$} ");
    }
    text.push_str("|\n");
}

/// The same as JSON, with numbers that are not rounded.
pub(crate) fn json(figures: &[Figure], machine: &Machine, command: &str) -> String {
    let figures: Vec<_> = figures.iter().map(Figure::json).collect();
    let document = json!({
        "command": command,
        "machine": machine.json(),
        "figures": figures,
    });
    format!("{document:#}\n")
}
