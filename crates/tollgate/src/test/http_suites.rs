//! Which test events are HTTP requests, of one function or of all that have any.

use anyhow::{Result, bail};
use checks::TestEvent;
use hooks::Document;
use serde_json::Value;

use super::suite::{Skipped, Suite};
use super::target::over_http::is_http;
use crate::cli::Test;
use crate::function_reference::FunctionReference;

/// The suites with events that are HTTP requests; the other events are skipped.
///
/// Without `--function` these are the folders in `--events` that have any, in the order of their names.
///
/// # Errors
/// There are none: nothing checked is not a pass.
pub(super) fn http_suites(args: &Test) -> Result<Vec<Suite>> {
    let functions = match &args.function {
        Some(function) => vec![FunctionReference::parse(function, None)?.name],
        None => Suite::folders(&args.events)?,
    };
    let mut suites = Vec::new();
    for function in &functions {
        suites.push(Suite::find(&args.events, function)?);
    }
    Suite::keep_only(&mut suites, &args.only)?;
    for suite in &mut suites {
        skip_others(suite);
    }
    suites.retain(|suite| !suite.events.is_empty());
    if suites.is_empty() {
        let folder = match &args.function {
            Some(_) => args.events.join(functions.concat()),
            None => args.events.join("*"),
        };
        bail!(
            "no test event in {}/*.json is an HTTP request that --api-url could send, and nothing checked is not a pass; \
             add one as API Gateway sends it to the function (`sam local generate-event apigateway http-api-proxy`), or \
             test the function itself with --function and without --api-url",
            folder.display()
        );
    }
    Ok(suites)
}

fn skip_others(suite: &mut Suite) {
    let mut kept = Vec::new();
    for event in suite.events.drain(..) {
        match why_not(&event) {
            Some(reason) => suite.skipped.push(Skipped {
                name: event.name,
                reason: reason.to_owned(),
            }),
            None => kept.push(event),
        }
    }
    suite.events = kept;
}

/// Why the event is not for HTTP. What cannot be read is no reason: such an event must show as broken.
fn why_not(event: &TestEvent<Document>) -> Option<&'static str> {
    let content = event.content(Document::read).ok()?;
    let payload: Value = serde_json::from_str(&content.payload).ok()?;
    if !is_http(&payload) {
        return Some("it is no HTTP request");
    }
    let requires_error = content
        .expectation
        .is_some_and(|expectation| expectation.requires_error());
    requires_error
        .then_some("its expectation is of a function error, which does not show over HTTP")
}
