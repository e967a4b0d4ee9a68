//! Following an operation until its stack has come to rest.

use std::io::Write;
use std::time::Duration;

use anyhow::{Result, bail};
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackEvent;
use tokio::time::Instant;

use super::draw;
use super::operation::{End, Operation};
use crate::aws::CallError;
use crate::changeset::pace::Pace;
use crate::progress::Progress;

/// How many refusals in a row are taken for a passing trouble; the SDK has tried each again already.
const REFUSALS: u32 = 5;

/// The most pages that are read at once.
const PAGES: usize = 100;

/// Waits for the end. Each event is a line of `events`, where there is one to write it to; `err` gets signs of life.
///
/// # Errors
/// It cannot be told any more how the operation goes on.
pub(super) async fn until_the_end(
    client: &Client,
    operation: &mut Operation,
    timeout: Option<Duration>,
    mut events: Option<&mut dyn Write>,
    err: &mut dyn Write,
) -> Result<End> {
    let deadline = timeout.map(|timeout| (timeout, Instant::now() + timeout));
    let mut progress = Progress::on(err);
    let mut latest = "waiting for the stack".to_owned();
    let mut refusals = 0;
    let mut pace = Pace::default();
    loop {
        match new_events(client, operation).await {
            Ok(page) => {
                refusals = 0;
                for event in operation.take(page) {
                    let line = draw::event(&event);
                    if let Some(events) = &mut events {
                        progress.clear();
                        writeln!(events, "{line}")?;
                    }
                    latest = line;
                }
            }
            Err(error) => {
                refusals += 1;
                if error.is_denied() || refusals == REFUSALS {
                    return Err(error.told());
                }
            }
        }
        if let Some(end) = operation.end() {
            return Ok(end.clone());
        }
        if let Some((timeout, deadline)) = deadline
            && Instant::now() >= deadline
        {
            bail!(
                "the stack has not come to rest after {} s",
                timeout.as_secs()
            );
        }
        progress
            .during(|| format!("{latest} …"), pace.wait())
            .await?;
    }
}

/// As many of the newest events as hold all that are new, the newest first.
async fn new_events(client: &Client, operation: &Operation) -> Result<Vec<StackEvent>, CallError> {
    let mut events = Vec::new();
    let mut token = None;
    for _ in 0..PAGES {
        let call = client.describe_stack_events().stack_name(operation.stack());
        let page = call.set_next_token(token).send().await;
        let page =
            page.map_err(|error| CallError::of("cloudformation:DescribeStackEvents", error))?;
        let of_page = page.stack_events.unwrap_or_default();
        let may_go_on = operation.may_go_on(&of_page);
        events.extend(of_page);
        token = page.next_token;
        if !may_go_on || token.is_none() {
            break;
        }
    }
    Ok(events)
}
