//! `tollgate changeset`: what a change set would destroy.

mod create;
mod execute;
mod input;
mod json;
mod markdown;
mod plan;
mod show;
mod table;

use std::io::Write;

use anyhow::Result;

use crate::cli::{Changeset, ChangesetCommand, ReviewChangeset};
use crate::exit::Exit;

/// Runs the command: prints the plan and the verdict to `out`, and signs of life to `err`.
pub(crate) async fn changeset(
    args: &Changeset,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Exit> {
    match &args.command {
        None => review(&args.review, out),
        Some(ChangesetCommand::Create(args)) => create::create(args, out, err).await,
        Some(ChangesetCommand::Execute(args)) => execute::execute(args, out, err).await,
    }
}

fn review(args: &ReviewChangeset, out: &mut impl Write) -> Result<Exit> {
    show::review(input::read(&args.sources), &args.judging, out)
}
