//! `tollgate plan`: what a deployment type can catch at a given traffic.

mod advice;
mod deployment_type;
mod figures;
mod measured;
mod model;
mod render;
mod simulate;
mod traffic;

use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::cli::{Format, Plan as Args};
use crate::exit::{self, Exit};
use crate::interrupt::unless_interrupted;
use crate::progress;
use model::Plan;
use simulate::Work;

pub(crate) use deployment_type::DeploymentType;

/// Runs the command: prints the plan to `out`, progress to `err`.
pub(crate) async fn plan(args: &Args, out: &mut impl Write, err: &mut impl Write) -> Result<Exit> {
    let planned = unless_interrupted(planned(args, err)).await;
    match (planned, args.format) {
        (Ok(plan), Format::Text) => {
            write!(out, "{}", render::plan(&plan)?)?;
            Ok(Exit::WouldShip)
        }
        (Ok(plan), Format::Json) => {
            let exit = Exit::WouldShip;
            writeln!(out, "{:#}", exit.document(json!(plan)))?;
            Ok(exit)
        }
        (Err(error), format) => {
            exit::write_error(&error, format, json!({}), out)?;
            Err(error)
        }
    }
}

async fn planned(args: &Args, err: &mut impl Write) -> Result<Plan> {
    let reading = || "reading from CloudWatch …".to_owned();
    let traffic = progress::during(err, reading, traffic::asked(args)).await??;
    let types = match args.deployment_type.as_slice() {
        [] => DeploymentType::predefined(),
        given => given.to_vec(),
    };
    let timing = model::timing(args.metrics_delay);
    let cells = model::cells(&traffic, &types, timing)?;
    let work = Leaving(Arc::new(Work::new(cells, args.runs, args.seed)));
    let simulating = {
        let work = Arc::clone(&work.0);
        let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        tokio::task::spawn_blocking(move || work.done_by(threads))
    };
    let percent = || format!("simulating shifts: {:.0} %", work.0.progress() * 100.0);
    let outcomes = progress::during(err, percent, simulating)
        .await?
        .context("the simulation has panicked")?;
    let settings = (args.seed, args.runs, timing);
    Ok(Plan::of(settings, traffic, &types, outcomes))
}

/// Work that ends when nobody waits for it any more: the runtime would wait for its threads.
struct Leaving(Arc<Work>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.leave();
    }
}
