//! The gate as text: one file, of which README shows the whole and `tollgate init` writes parts.

use emulator::template::{Document, TemplateError};

/// What is written into a template, with words in capitals for what differs from one function to another.
const GATE: &str = include_str!("gate.yaml");

/// The columns of one step in [`GATE`].
const STEP: usize = 2;

/// What the gate of one function is made with.
#[derive(Clone, Debug)]
pub(crate) struct Gate<'a> {
    /// The function's logical id.
    pub(crate) function: &'a str,
    /// Its `FunctionName`.
    pub(crate) name: &'a str,
    /// The alias, as it stands within `!Sub`.
    pub(crate) alias: &'a str,
    /// The folder of test events, relative to the template, with a `/` at its end.
    pub(crate) events: &'a str,
}

impl Gate<'_> {
    /// The alias as a value of its own: what has a parameter's name alone needs no `!Sub`, and cfn-lint wants none.
    fn alias_value(&self) -> String {
        let parameter = self.alias.strip_prefix("${");
        match parameter.and_then(|rest| rest.strip_suffix('}')) {
            Some(parameter) => format!("!Ref {parameter}"),
            None => format!("\"{}\"", self.alias),
        }
    }

    /// The whole, as a person would paste it.
    pub(crate) fn text(&self) -> String {
        let words = [
            ("FUNCTION", self.function),
            ("EVENTS", self.events),
            ("ALIAS", self.alias),
            ("QUALIFIER", &self.alias_value()),
            ("NAME", self.name),
        ];
        let (mut text, mut rest) = (String::new(), GATE);
        // In one pass: what is put in is not read again.
        while let Some((at, (word, value))) = words
            .iter()
            .filter_map(|word| Some((rest.find(word.0)?, word)))
            .min_by_key(|(at, _)| *at)
        {
            text.push_str(&rest[..at]);
            text.push_str(value);
            rest = &rest[at + word.len()..];
        }
        text.push_str(rest);
        text
    }
}

/// The gate's text, from which parts are taken by their paths.
#[derive(Debug)]
pub(crate) struct Snippet {
    lines: Vec<String>,
    document: Document,
}

impl Snippet {
    pub(crate) fn of(gate: &Gate<'_>) -> Result<Self, TemplateError> {
        let text = gate.text();
        Ok(Self {
            document: Document::read(&text)?,
            lines: text.lines().map(str::to_owned).collect(),
        })
    }

    /// The lines of what lies at a path, its key and the comment above it among them, from column `indent` on, in steps
    /// of `step` columns.
    pub(crate) fn part(&self, path: &[&str], indent: usize, step: usize) -> Vec<String> {
        let Some(part) = self.document.top().at(path) else {
            return Vec::new();
        };
        let key_line = part.place().line - 1;
        let column = columns(&self.lines[key_line]);
        let is_comment = |line: &&String| line.trim_start().starts_with('#');
        let comment = self.lines[..key_line].iter().rev().take_while(is_comment);
        let start = key_line - comment.count();
        let below = |line: &&String| !line.trim().is_empty() && columns(line) > column;
        let end = key_line + 1 + self.lines[key_line + 1..].iter().take_while(below).count();
        indented(&self.lines[start..end], indent, step)
    }
}

/// The spaces before the text of a line.
pub(crate) fn columns(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The same lines, from column `indent` on. What stands in an item of a list stays two columns behind its dash.
fn indented(lines: &[String], indent: usize, step: usize) -> Vec<String> {
    // The columns that are open, as they were and as they become.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let indented = lines.iter().map(|line| {
        let column = columns(line);
        open.retain(|(was, _)| *was <= column);
        let becomes = match open.last() {
            Some((was, becomes)) if *was == column => *becomes,
            Some((was, becomes)) => becomes + (column - was) / STEP * step,
            None => indent,
        };
        if open.last().is_none_or(|(was, _)| *was != column) {
            open.push((column, becomes));
        }
        let text = line.trim_start();
        if text.starts_with("- ") {
            open.push((column + 2, becomes + 2));
        }
        format!("{:becomes$}{text}", "")
    });
    indented.collect()
}
