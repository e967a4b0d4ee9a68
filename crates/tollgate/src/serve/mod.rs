//! `tollgate serve`: the emulator alone, for AWS clients.

mod deploy;
mod follow;

use std::convert::Infallible;
use std::io::Write;

use anyhow::{Result, bail};
use emulator::{Account, Beginning, CodeStore, DataDir, Emulator, NotResumed};
use serde_json::json;

use crate::cli::{Format, Serve};
use crate::clock::now;
use crate::project::Project;
use crate::reaper;
use deploy::Served;

/// Serves until it is dropped: says where on `out`, and what happens on `err`.
pub(crate) async fn serve(
    args: &Serve,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Infallible> {
    let project = match &args.template {
        Some(path) => Some(Project::of(path, &args.deployable, &args.profile)?),
        None if args.deployable.is_given() => {
            bail!(
                "--binary and --parameter-overrides are about a template: give it with --template"
            )
        }
        None => None,
    };
    if let Some(project) = &project {
        project.warn("served", err)?;
    }
    let data_dir = args.data_dir.as_deref().map(DataDir::open).transpose()?;
    let store = match &data_dir {
        Some(data_dir) => data_dir.code_store()?,
        None => CodeStore::create()?,
    };
    let reaper = reaper::start(&store, err)?;
    let account = Account::default();
    let region = account.region.clone();
    // Before anything is built: a port that is taken should cost nobody minutes.
    let beginning = Beginning {
        account,
        seed: args.seed,
        now: now()?,
        time_scale: Some(args.time_scale),
        port: args.port,
        store,
        reaper,
    };
    let begun = match data_dir {
        Some(data_dir) => Emulator::resume(beginning, data_dir).await,
        None => Emulator::start(beginning)
            .await
            .map_err(|source| NotResumed::Port {
                port: args.port,
                source,
            }),
    };
    let emulator = begun.map_err(|not_begun| match not_begun {
        NotResumed::Port { port, source } => anyhow::Error::new(source).context(format!(
            "cannot listen on 127.0.0.1:{port}; --port takes another, 0 a free one"
        )),
        NotResumed::State(error) => error.into(),
    })?;
    let served = match &project {
        Some(project) => deploy::deploy(project, &emulator, err).await?,
        None => Vec::new(),
    };
    announce(out, emulator.endpoint(), &region, &served, args.format)?;
    follow::follow(&emulator, err).await
}

/// Says what clients need to know.
fn announce(
    out: &mut impl Write,
    endpoint: &str,
    region: &str,
    served: &[Served],
    format: Format,
) -> Result<()> {
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", region),
        ("AWS_DEFAULT_REGION", region),
        ("AWS_ACCESS_KEY_ID", "tollgate"),
        ("AWS_SECRET_ACCESS_KEY", "tollgate"),
    ];
    match format {
        Format::Json => {
            let environment: serde_json::Map<_, _> = environment
                .into_iter()
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect();
            let line =
                json!({ "endpoint": endpoint, "environment": environment, "functions": served });
            writeln!(out, "{line}")?;
        }
        Format::Text => {
            for function in served {
                writeln!(out, "{function}")?;
            }
            if !served.is_empty() {
                writeln!(out)?;
            }
            writeln!(
                out,
                "Serving on {endpoint} until interrupted. For AWS clients:\n"
            )?;
            for (name, value) in environment {
                writeln!(out, "export {name}={value}")?;
            }
        }
    }
    Ok(out.flush()?)
}
