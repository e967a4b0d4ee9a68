//! The test events that the team shares, beside those in files.

use anyhow::{Context as _, Result, bail};
use aws_config::SdkConfig;
use hooks::{CallErrorKind, Client, REGISTRY, schema, shared_events};

use super::suite::Suite;
use crate::aws;

/// The suite with the function's shared events behind its own, and the registry's document, which also holds the schema of the
/// events; of two with one name, the file's is taken.
///
/// That nothing is shared is a note, and there is no document.
///
/// # Errors
/// The registry cannot be read, or not be understood: events might be missed.
pub(super) async fn with_shared(
    mut suite: Suite,
    config: &SdkConfig,
) -> Result<(Suite, Option<String>)> {
    let place = aws::place(config);
    let schema = schema(&suite.function);
    let document = match Client::new(config).describe_schema(REGISTRY, &schema).await {
        Ok(document) => document,
        Err(error) => {
            let left_out = "or leave out --shared";
            match error.kind {
                CallErrorKind::NotFound => {
                    suite.notes.push(format!(
                        "no test events of {} are shared: {REGISTRY} has no schema {schema} in {place}",
                        suite.function
                    ));
                    return Ok((suite, None));
                }
                CallErrorKind::AccessDenied => bail!(
                    "{error}; allow {} on arn:aws:schemas:{}:<account>:schema/{REGISTRY}/{schema} to your role or user, \
                     {left_out}",
                    error.action,
                    aws::region(config)
                ),
                CallErrorKind::NoSuchHost => bail!(
                    "{error}; is EventBridge Schemas offered in {place}? Check --region, {left_out}"
                ),
                _ => bail!(
                    "cannot read the shared test events {REGISTRY}/{schema} in {place}: {error}; try again, {left_out}"
                ),
            }
        }
    };
    let shared = shared_events(&document).with_context(|| {
        format!("cannot understand the shared test events {REGISTRY}/{schema} in {place}")
    })?;
    let (events, clashes) = checks::merge(std::mem::take(&mut suite.events), shared);
    suite.events = events;
    suite.notes.extend(clashes.into_iter().map(|name| {
        format!(
            "the test event {name} is in {} and shared; the file was used",
            suite.folder.display()
        )
    }));
    Ok((suite, Some(document)))
}
