//! Each module is a table of template texts and of what must come of them.

mod deployments;
mod hostile;
mod processed;
mod resources;
mod roles;
mod schedules;
mod text;
mod values;

use super::{Context, Function, NoteKind, Stack, Template};

/// The template that this repository deploys.
const OURS: &str = include_str!("../../../../../template.yaml");

fn context() -> Context {
    let pairs = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    Context {
        parameters: pairs(&[]),
        region: "eu-west-1".to_owned(),
        account_id: "123456789012".to_owned(),
        stack_name: "shop".to_owned(),
        versions: pairs(&[("F", "7")]),
    }
}

/// What comes of a template, errors as they are displayed.
fn resolve(text: &str, context: &Context) -> Result<Stack, String> {
    let template = Template::read(text).map_err(|error| error.to_string())?;
    template
        .resolve(context)
        .map_err(|errors| errors.to_string())
}

/// A template with one function `F`. `properties` are its properties beside `CodeUri` from line 8
/// on, and `rest` is what follows the resource from the left margin.
fn with_function(properties: &str, rest: &str) -> String {
    let mut text = String::from(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    \
         Properties:\n      FunctionName: orders\n      CodeUri: target\n",
    );
    for line in properties.lines() {
        text.push_str(&format!("      {line}\n"));
    }
    text + rest
}

fn function(properties: &str, rest: &str) -> Result<Function, String> {
    let stack = resolve(&with_function(properties, rest), &context())?;
    Ok(stack
        .functions
        .into_iter()
        .find(|function| function.logical_id == "F")
        .expect("F is created"))
}

/// The notes of one kind, as `line subject` or `line subject: detail`.
fn notes(stack: &Stack, kind: NoteKind) -> Vec<String> {
    let of_kind = stack.notes.iter().filter(|note| note.kind == kind);
    let shown = of_kind.map(|note| {
        let detail = if note.detail.is_empty() {
            String::new()
        } else {
            format!(": {}", note.detail)
        };
        format!("{} {}{detail}", note.place.line, note.subject)
    });
    shown.collect()
}
