//! `tollgate events diff`: what `push` would change.

use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};
use checks::{Spelled, file_name};
use serde::Serialize;
use serde_json::json;
use similar::TextDiff;

use super::Answer;
use super::documents::{Place, Places};
use super::files::Malformed;
use super::open::open;
use crate::cli::Shared;
use crate::draw::{BAD, BOLD, GOOD};
use crate::exit::Exit;
use crate::printable::{printable, shortened};

#[derive(Debug, Serialize)]
struct Difference {
    name: String,
    r#where: &'static str,
    /// Unified, from what is shared to the file; values at names that look like credentials are masked.
    diff: String,
}

pub(super) async fn diff(args: &Shared, err: &mut impl Write) -> Result<Answer> {
    let opened = open(args, Malformed::Refused, err).await?;
    let places = &opened.places;
    let differences: Vec<Difference> = places
        .names()
        .into_iter()
        .filter_map(|name| difference(places, name, &opened.folder))
        .collect();
    let mut members = opened.shared.members();
    members["differences"] = json!(differences);
    if places.events().is_empty() {
        // Nothing compared is not the same.
        bail!(
            "{} has no test events, neither in {} nor shared: check --function and --events",
            args.function,
            opened.folder.display()
        );
    }
    let (exit, text) = if differences.is_empty() {
        (Exit::WouldShip, "nothing differs\n".to_owned())
    } else {
        (Exit::WouldRollBack, differences.iter().map(drawn).collect())
    };
    Ok(Answer {
        exit,
        text,
        members,
    })
}

fn difference(places: &Places, name: &str, folder: &Path) -> Option<Difference> {
    let r#where = match places.place(name)? {
        Place::Both => return None,
        Place::Files => "files",
        Place::Shared => "shared",
        Place::Differ => "differ",
    };
    let lines = |document: Option<&Spelled>| {
        document.map_or_else(String::new, |document| document.masked().pretty() + "\n")
    };
    let (shared, file) = (
        lines(places.shared.get(name)),
        lines(places.files.get(name)),
    );
    let header = |there: bool, label: String| if there { label } else { "/dev/null".to_owned() };
    let diff = TextDiff::from_lines(&shared, &file);
    let mut diff = diff
        .unified_diff()
        .header(
            &header(!shared.is_empty(), format!("shared/{}", shortened(name))),
            &header(
                !file.is_empty(),
                shortened(&folder.join(file_name(name)).display().to_string()),
            ),
        )
        .to_string();
    if diff.is_empty() {
        diff = format!(
            "{}: only values differ that look like credentials, and are not shown\n",
            shortened(name)
        );
    }
    Some(Difference {
        name: name.to_owned(),
        r#where,
        diff,
    })
}

fn drawn(difference: &Difference) -> String {
    let line = |line: &str| {
        let style = match line.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => BOLD,
            [b'-', ..] => BAD,
            [b'+', ..] => GOOD,
            _ => anstyle::Style::new(),
        };
        format!("{style}{}{style:#}\n", printable(line))
    };
    difference.diff.lines().map(line).collect()
}
