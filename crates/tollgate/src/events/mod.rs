//! `tollgate events`: test events between the files of `events/` and the registry that the Lambda console and SAM CLI share.

mod ask;
mod budget;
mod delete;
mod diff;
mod documents;
mod files;
mod generate;
mod list;
mod names;
mod open;
mod plan;
mod pull;
mod push;
mod registry;

use std::io::Write;

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::{Events, EventsCommand, Format};
use crate::exit::{self, Exit};
use crate::interrupt::unless_interrupted;
pub(crate) use generate::{Keeping, keep};

/// What a command says in the end, to people and to machines.
#[derive(Debug)]
struct Answer {
    exit: Exit,
    text: String,
    members: Value,
}

/// Runs the command: what it finds goes to `out`, progress and questions to `err`.
pub(crate) async fn events(
    args: &Events,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Exit> {
    let format = match &args.command {
        EventsCommand::List(args) | EventsCommand::Diff(args) => args.format,
        EventsCommand::Push(args) => args.shared.format,
        EventsCommand::Pull(args) => args.shared.format,
        EventsCommand::Delete(args) => args.format,
        EventsCommand::Generate(args) => args.format,
    };
    let answer = unless_interrupted(async {
        match &args.command {
            EventsCommand::List(args) => list::list(args, err).await,
            EventsCommand::Diff(args) => diff::diff(args, err).await,
            EventsCommand::Push(args) => push::push(args, out, err).await,
            EventsCommand::Pull(args) => pull::pull(args, out, err).await,
            EventsCommand::Delete(args) => delete::delete(args, out, err).await,
            EventsCommand::Generate(args) => generate::generate(args, err).await,
        }
    })
    .await;
    match (answer, format) {
        (Ok(answer), Format::Text) => {
            write!(out, "{}", answer.text)?;
            Ok(answer.exit)
        }
        (Ok(answer), Format::Json) => {
            writeln!(out, "{:#}", answer.exit.document(answer.members))?;
            Ok(answer.exit)
        }
        (Err(error), format) => {
            exit::write_error(&error, format, json!({}), out)?;
            Err(error)
        }
    }
}
