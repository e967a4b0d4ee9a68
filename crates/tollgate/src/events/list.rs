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
use crate::draw::{BAD, BOLD, ODD};
use crate::exit::Exit;
use crate::printable::{printable, shortened};

/// A test event, wherever it is.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    name: String,
    r#where: &'static str,
    expectation: bool,
    /// What it takes in the registry with its expectation, as the files have it where there are files.
    characters: usize,
    /// Why its files are not what they should be: then they are `malformed`, wherever the event is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    malformed: Vec<String>,
}

pub(super) async fn list(args: &Shared, err: &mut impl Write) -> Result<Answer> {
    let opened = open(args, Malformed::Told, err).await?;
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
    let mut exit = Exit::WouldShip;
    for reason in rows.iter().flat_map(|row| &row.malformed) {
        exit = Exit::Undecided;
        writeln!(err, "error: {}", printable(reason))?;
    }
    Ok(Answer {
        exit,
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
    let malformed: Vec<String> = documents
        .iter()
        .filter_map(|name| places.files.why_malformed(name))
        .map(str::to_owned)
        .collect();
    let r#where = match found.as_slice() {
        _ if !malformed.is_empty() => "malformed",
        [Place::Files] | [Place::Files, Place::Files] => "files",
        [Place::Shared] | [Place::Shared, Place::Shared] => "shared",
        [Place::Both] | [Place::Both, Place::Both] => "both",
        _ => "differ",
    };
    let document = |name: &String| places.files.get(name).or_else(|| places.shared.get(name));
    Row {
        name: name.to_owned(),
        r#where,
        expectation: places.place(&documents[1]).is_some(),
        characters: documents
            .iter()
            .filter_map(document)
            .map(|document| document.one_line().chars().count())
            .sum(),
        malformed,
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
    let place = rows.iter().map(|row| row.r#where.len());
    let place_width = place.max().unwrap_or(0).max(6);
    let mut text = format!(
        "{BOLD}{:width$}  {:place_width$}  expectation  characters{BOLD:#}\n",
        "test event", "where"
    );
    for (row, name) in rows.iter().zip(&names) {
        let expectation = if row.expectation { "yes" } else { "no" };
        let style = match row.r#where {
            "differ" => ODD,
            "malformed" => BAD,
            _ => anstyle::Style::new(),
        };
        text += &format!(
            "{name:width$}  {style}{:place_width$}{style:#}  {expectation:11}  {:10}\n",
            row.r#where, row.characters
        );
    }
    text + &format!(
        "the registry holds {used} of at most {MAX_CONTENT} characters for {function}\n"
    )
}
