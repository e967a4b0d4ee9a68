//! The command line: it parses, chooses, and draws; what it finds out comes from the other crates.

mod alias;
mod aws;
mod changeset;
mod cli;
mod clock;
mod draw;
mod events;
mod exit;
mod explain;
mod function_name;
mod function_reference;
mod init;
mod interrupt;
mod moment;
mod plan;
mod printable;
mod progress;
mod project;
mod reaper;
mod rehearse;
mod report;
mod serve;
mod stand_in;
mod test;
mod timeline;
mod whole_file;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::interrupt::Interrupts;

/// The emulator's threads make and drop small things for every call, which the system's allocator has them wait for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs `tollgate` with the process's arguments.
pub fn main() -> ExitCode {
    // Clap ends the process itself for --help and for wrong arguments, with status 0 and 2.
    let cli = Cli::parse();
    let outcome = if let Command::Reap = cli.command {
        reaper::reap()
    } else {
        run_to_end(cli)
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Nothing more can be done where even this cannot be written.
            let _ = writeln!(anstream::stderr(), "error: {error:#}");
            Exit::Undecided.into()
        }
    }
}

fn run_to_end(cli: Cli) -> Result<Exit> {
    tokio::runtime::Runtime::new()?.block_on(run(cli))
}

async fn run(cli: Cli) -> Result<Exit> {
    let mut out = Forgiving(anstream::stdout());
    let mut err = BestEffort(anstream::stderr());
    match &cli.command {
        Command::StandIn { fault } => {
            fault
                .serve()
                .await
                .map_err(|error| anyhow::anyhow!(error))?;
            Ok(Exit::WouldShip)
        }
        Command::Rehearse(args) => rehearse::rehearse(args, &mut out, &mut err).await,
        Command::Explain(args) => explain::explain(args, &mut out, &mut err).await,
        Command::Test(args) => test::test(args, &mut out, &mut err).await,
        Command::Events(args) => events::events(args, &mut out, &mut err).await,
        Command::Plan(args) => plan::plan(args, &mut out, &mut err).await,
        Command::Init(args) => init::init(args, &mut out, &mut err),
        // What it makes in AWS does not end with it, so that it sees to interruptions itself.
        Command::Changeset(args) => changeset::changeset(args, &mut out, &mut err).await,
        Command::Serve(args) => {
            let mut interrupts = Interrupts::listen()?;
            tokio::select! {
                biased;
                interrupted = interrupts.next() => {
                    interrupted.context("cannot wait for signals")?;
                    Ok(Exit::WouldShip)
                }
                never = serve::serve(args, &mut out, &mut err) => match never? {},
            }
        }
        Command::Reap => reaper::reap(),
    }
}

/// A stream whose reader may leave before the end: it has seen enough, and the verdict stands.
struct Forgiving<W>(W);

impl<W: Write> Write for Forgiving<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written.map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("cannot write to standard output: {error}"),
                )
            }),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

/// A stream for diagnostics: that they cannot be written costs no verdict.
struct BestEffort<W>(W);

impl<W: Write> Write for BestEffort<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.0.write(bytes).unwrap_or(bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        // What was lost cannot be told.
        let _ = self.0.flush();
        Ok(())
    }
}
