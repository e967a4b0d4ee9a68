//! `tollgate changeset`: what a change set would destroy.

mod api;
mod command;
mod create;
mod deployments;
mod described;
mod execute;
mod input;
mod json;
mod markdown;
mod pace;
mod plan;
mod show;
mod table;

use std::io::Write;
use std::time::Duration;

use anyhow::Result;

use self::api::{Api, Reference};
use self::described::Described;
use crate::cli::{Changeset, ChangesetCommand, ReviewChangeset};
use crate::exit::Exit;
use crate::interrupt::Interrupts;

/// Runs the command: prints the plan and the verdict to `out`, and signs of life to `err`.
pub(crate) async fn changeset(
    args: &Changeset,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Exit> {
    match &args.command {
        None => review(&args.review, out, err).await,
        Some(ChangesetCommand::Create(args)) => create::create(args, out, err).await,
        Some(ChangesetCommand::Execute(args)) => execute::execute(args, out, err).await,
    }
}

async fn review(
    args: &ReviewChangeset,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Exit> {
    show::review(described(args, err).await, &args.judging, out)
}

/// The change sets, from where the arguments say that they are.
async fn described(args: &ReviewChangeset, err: &mut impl Write) -> Result<Described> {
    let template = args.template.as_deref();
    let Some(reference) = Reference::of(args)? else {
        return Described::by_files(&args.sources, template);
    };
    let connection = reference.connection(&args.connection, err)?;
    let timeout = Duration::from_secs(args.timeout.get().into());
    let read = async {
        let api = Api::connect(&connection).await?;
        Described::by_aws(&api, &reference, timeout, template, err).await
    };
    Interrupts::listen()?.unless(read).await?
}
