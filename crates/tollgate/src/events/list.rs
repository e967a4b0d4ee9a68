//! `tollgate events list`.

use std::io::Write;

use anyhow::Result;
use checks::registry::MAX_CONTENT;
use serde::Serialize;
use serde_json::json;

use super::Answer;
use super::documents::{Place, Places, names};
use super::files::Malformed;
use super::open::open;
use crate::cli::Shared;
use crate::draw::{BOLD, ODD};
use crate::exit::Exit;
use crate::printable::shortened;

/// A test event, wherever it is.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    name: String,
    r#where: &'static str,
    expectation: bool,
    /// What it takes in the registry with its expectation, as the files have it where there are files.
    characters: usize,
}

pub(super) async fn list(args: &Shared, err: &mut impl Write) -> Result<Answer> {
    let opened = open(args, Malformed::Refused, err).await?;
    let rows: Vec<Row> = opened
        .places
        .events()
        .into_iter()
        .map(|name| row(&opened.places, name))
        .collect();
    let used = opened
        .shared
        .content()
        .map_or(0, |content| content.chars().count());
    let mut members = opened.shared.members();
    members["events"] = json!(rows);
    members["characters"] = used.into();
    members["maxCharacters"] = MAX_CONTENT.into();
    Ok(Answer {
        exit: Exit::WouldShip,
        text: text(&args.function, &rows, used),
        members,
    })
}

fn row(places: &Places, name: &str) -> Row {
    let documents = names(name);
    let found: Vec<Place> = documents
        .iter()
        .filter_map(|name| places.place(name))
        .collect();
    let r#where = match found.as_slice() {
        [Place::Files] | [Place::Files, Place::Files] => "files",
        [Place::Shared] | [Place::Shared, Place::Shared] => "shared",
        [Place::Both] | [Place::Both, Place::Both] => "both",
        _ => "differ",
    };
    let document = |name: &String| places.files.get(name).or_else(|| places.shared.get(name));
    Row {
        name: name.to_owned(),
        r#where,
        expectation: document(&documents[1]).is_some(),
        characters: documents
            .iter()
            .filter_map(document)
            .map(|document| document.one_line().chars().count())
            .sum(),
    }
}

fn text(function: &str, rows: &[Row], used: usize) -> String {
    if rows.is_empty() {
        return format!("{function} has no test events, neither as files nor shared\n");
    }
    let names: Vec<String> = rows.iter().map(|row| shortened(&row.name)).collect();
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .max(10);
    let mut text = format!(
        "{BOLD}{:width$}  where   expectation  characters{BOLD:#}\n",
        "test event"
    );
    for (row, name) in rows.iter().zip(&names) {
        let expectation = if row.expectation { "yes" } else { "no" };
        let style = if row.r#where == "differ" {
            ODD
        } else {
            anstyle::Style::new()
        };
        text += &format!(
            "{name:width$}  {style}{:6}{style:#}  {expectation:11}  {:10}\n",
            row.r#where, row.characters
        );
    }
    text + &format!(
        "the registry holds {used} of at most {MAX_CONTENT} characters for {function}\n"
    )
}
