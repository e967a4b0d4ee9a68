//! The review for machines.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::Result;
use changeset::{Deployment, Review};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::printable::steers;

/// The shape of the document; it changes when a member changes its meaning or goes.
const SCHEMA: u32 = 1;

pub(super) fn write(
    out: &mut impl Write,
    review: &Review,
    deployments: &[Deployment],
    exit: Exit,
    show_values: bool,
) -> Result<()> {
    let mut document = json!({ "schema": SCHEMA, "exitStatus": exit.status() });
    if let (Value::Object(document), Value::Object(mut members)) =
        (&mut document, serde_json::to_value(review)?)
    {
        if !show_values {
            members.get_mut("changes").into_iter().for_each(hide_values);
        }
        document.extend(members);
        document.insert("deployments".to_owned(), serde_json::to_value(deployments)?);
    }
    Ok(writeln!(out, "{}", spelled(&document))?)
}

pub(super) fn write_error(out: &mut impl Write, error: &anyhow::Error) -> Result<()> {
    let document = json!({
        "schema": SCHEMA, "exitStatus": Exit::Undecided.status(), "error": format!("{error:#}"),
    });
    Ok(writeln!(out, "{}", spelled(&document))?)
}

/// The document for a terminal as well: what would steer it is spelled as JSON's escapes, of which there are none but in
/// strings.
fn spelled(document: &Value) -> String {
    let text = format!("{document:#}");
    let mut spelled = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) && character != '\n' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` does not fail.
                let _ = write!(spelled, "\\u{unit:04x}");
            }
        } else {
            spelled.push(character);
        }
    }
    spelled
}

/// The document of a review whose change set was executed since: with how that ended.
pub(super) fn write_executed(
    out: &mut impl Write,
    review: &[u8],
    exit: Exit,
    executed: Result<Value, &anyhow::Error>,
) -> Result<()> {
    let mut document: Value = serde_json::from_slice(review)?;
    document["exitStatus"] = exit.status().into();
    match executed {
        Ok(execution) => document["execution"] = execution,
        Err(error) => document["error"] = format!("{error:#}").into(),
    }
    Ok(writeln!(out, "{}", spelled(&document))?)
}

fn hide_values(changes: &mut Value) {
    let changes = changes.as_array_mut().into_iter().flatten();
    let causes = changes.filter_map(|change| change.get_mut("causes")?.as_array_mut());
    for cause in causes.flatten().filter_map(Value::as_object_mut) {
        cause.shift_remove("before");
        cause.shift_remove("after");
    }
}
