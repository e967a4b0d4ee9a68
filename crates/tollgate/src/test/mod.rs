//! `tollgate test`: a function's test events, run and judged as the hooks do it.

mod output;
mod reference;
mod run;
mod suite;
mod target;

use std::io::Write;

use anyhow::{Context as _, Result};

use crate::cli::Test;
use crate::exit::Exit;
use crate::{aws, progress::Progress};
use output::JunitFile;
use reference::FunctionReference;
use run::{Tested, run};
use suite::Suite;
use target::lambda::Lambda;

/// Runs the command: prints what was found to `out`, progress and warnings to `err`.
pub(crate) async fn test(args: &Test, out: &mut impl Write, err: &mut impl Write) -> Result<Exit> {
    let (outcome, junit) = match args.junit.as_deref().map(JunitFile::at).transpose() {
        Ok(junit) => (tested(args, err).await, junit),
        Err(error) => (Err(error), None),
    };
    output::write(args, outcome, junit, out)
}

/// Runs what is to be run.
async fn tested(args: &Test, err: &mut impl Write) -> Result<Vec<Tested>> {
    let function = args
        .function
        .as_deref()
        .context("which function is to be tested? Give --function")?;
    let reference = FunctionReference::parse(function, args.qualifier.as_deref())?;
    let suite = Suite::find(&args.events, &reference.name)?.only(&args.only)?;
    suite.must_have_events()?;
    let config = aws::connect(&args.connection).await?;
    let target = Lambda::new(&config, reference);
    let tested = run(suite, &target, args, &mut Progress::on(err)).await?;
    Ok(vec![tested])
}
