//! `tollgate explain`: why a deployment rolled back, from what CodeDeploy, Lambda and the hooks' logs still know.

mod aws;
mod fetch;
mod hook;
mod log;
mod model;
mod render;
mod verdict;

use std::cell::Cell;
use std::io::Write;

use anyhow::{Result, bail};
use serde_json::json;

use crate::cli::{Explain, Format};
use crate::exit::{self, Exit};
use crate::interrupt::unless_interrupted;
use crate::progress;
use aws::Clients;
use model::Explanation;

/// Runs the command: prints the explanation to `out`, progress to `err`.
pub(crate) async fn explain(
    args: &Explain,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Exit> {
    let explained = unless_interrupted(explained(args, err)).await;
    match (explained, args.format) {
        (Ok(explanation), Format::Text) => {
            write!(out, "{}", render::explanation(&explanation)?)?;
            Ok(explanation.verdict.into())
        }
        (Ok(explanation), Format::Json) => {
            let exit = Exit::from(explanation.verdict);
            writeln!(out, "{:#}", exit.document(json!(explanation)))?;
            Ok(exit)
        }
        (Err(error), format) => {
            exit::write_error(&error, format, json!({}), out)?;
            Err(error)
        }
    }
}

/// Finds out what there is to know, with signs of life while that takes.
async fn explained(args: &Explain, err: &mut impl Write) -> Result<Explanation> {
    let id = args.deployment_id.as_str();
    check_id(id)?;
    let reading = Cell::new("your AWS configuration");
    let work = async {
        let clients = Clients::connect(&args.connection).await?;
        fetch::evidence(&clients, id, |what| reading.set(what)).await
    };
    let text = || format!("{id}: reading {} …", reading.get());
    let evidence = progress::during(err, text, work).await??;
    let (verdict, reason) = verdict::verdict(&evidence);
    Ok(Explanation {
        verdict,
        reason,
        evidence,
    })
}

/// What cannot be a deployment's id is not asked about.
fn check_id(id: &str) -> Result<()> {
    let is_id = id.strip_prefix("d-").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if !is_id {
        bail!(
            "{id:?} is not the id of a deployment, which looks like d-0B7YUA91L; CloudFormation names it in the events of \
             the alias, and `aws deploy list-deployments` lists them"
        );
    }
    Ok(())
}
