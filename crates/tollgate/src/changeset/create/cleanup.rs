//! Taking away what was made for a review.

use std::time::{Duration, Instant};

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{ChangeSetStatus, ChangeSetSummary, StackStatus};

use super::super::command::command;
use super::super::pace::Pace;
use crate::aws::CallError;
use crate::cli::Connection;

/// How long something may take to go: nested change sets are deleted one after the other, and one that is still being created
/// cannot be deleted before.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// The change set's ARN; its name where CloudFormation did not answer.
    pub(super) change_set: String,
    pub(super) stack: String,
    /// The ARN of the stack, if it was made together with the change set.
    pub(super) new_stack: Option<String>,
}

/// What is still there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) what: String,
    pub(super) why: String,
    /// What takes it away.
    pub(super) command: String,
}

impl Made {
    /// All of it, as it would be left now.
    pub(super) fn left(&self, why: &str, connection: &Connection) -> Vec<Left> {
        let stack = self.new_stack.is_some();
        let stack = stack.then(|| self.left_stack(why.to_owned(), connection));
        [self.left_set(why.to_owned(), connection)]
            .into_iter()
            .chain(stack)
            .collect()
    }

    fn left_set(&self, why: String, connection: &Connection) -> Left {
        let mut words = vec!["aws", "cloudformation", "delete-change-set"];
        if !self.change_set.starts_with("arn:") {
            words.extend(["--stack-name", &self.stack]);
        }
        words.extend(["--change-set-name", &self.change_set]);
        Left {
            what: format!("the change set {}", self.change_set),
            why,
            command: command(&words, connection),
        }
    }

    fn left_stack(&self, why: String, connection: &Connection) -> Left {
        // By its name: the ARN would do, and be longer; a stack in REVIEW_IN_PROGRESS holds its name.
        let words = [
            "aws",
            "cloudformation",
            "delete-stack",
            "--stack-name",
            &self.stack,
        ];
        Left {
            what: format!(
                "the stack {} in REVIEW_IN_PROGRESS, which has no resources",
                self.stack
            ),
            why,
            command: command(&words, connection),
        }
    }
}

/// Deletes the change set, and the stack if that came with it and has become nothing else since.
pub(super) async fn clean_up(client: &Client, made: &Made, connection: &Connection) -> Vec<Left> {
    let mut left = Vec::new();
    if let Err(why) = delete_set(client, made).await {
        left.push(made.left_set(why, connection));
    }
    if let Some(arn) = &made.new_stack {
        match delete_stack(client, made, arn).await {
            // With all of its change sets.
            Ok(true) => left.clear(),
            Ok(false) => {}
            Err(why) => left.push(made.left_stack(why, connection)),
        }
    }
    left
}

async fn delete_set(client: &Client, made: &Made) -> Result<(), String> {
    let stack = (!made.change_set.starts_with("arn:")).then(|| made.stack.clone());
    let deadline = Instant::now() + PATIENCE;
    let mut pace = Pace::default();
    loop {
        let call = client.delete_change_set().change_set_name(&made.change_set);
        let deleted = call.set_stack_name(stack.clone()).send().await;
        match deleted.map_err(|error| CallError::of("cloudformation:DeleteChangeSet", error)) {
            Ok(_) => break,
            Err(error) if error.is_missing() || error.is_no_stack() => return Ok(()),
            // It is still being created.
            Err(error) if error.is_wrong_status() && Instant::now() < deadline => pace.wait().await,
            Err(error) => return Err(told(&error)),
        }
    }
    // With nested stacks it takes its time, and may fail.
    loop {
        let call = client
            .describe_change_set()
            .change_set_name(&made.change_set);
        let found = call.set_stack_name(stack.clone()).send().await;
        match found.map_err(|error| CallError::of("cloudformation:DescribeChangeSet", error)) {
            Err(error) if error.is_missing() || error.is_no_stack() => return Ok(()),
            Err(error) => return Err(told(&error)),
            Ok(set) => match set.status {
                Some(ChangeSetStatus::DeleteComplete) => return Ok(()),
                Some(ChangeSetStatus::DeleteFailed) => {
                    let why = set.status_reason.unwrap_or_default();
                    return Err(format!("its Status is DELETE_FAILED: {why}"));
                }
                _ if Instant::now() >= deadline => {
                    return Err("CloudFormation takes too long to delete it".to_owned());
                }
                _ => pace.wait().await,
            },
        }
    }
}

/// Deletes the stack only as long as it is nothing but a name: somebody may have gone on with it. Whether it did.
async fn delete_stack(client: &Client, made: &Made, arn: &str) -> Result<bool, String> {
    if status(client, arn).await? != Some(StackStatus::ReviewInProgress) {
        return Ok(false);
    }
    let listed = client
        .list_change_sets()
        .stack_name(&made.stack)
        .send()
        .await;
    let listed =
        listed.map_err(|error| told(&CallError::of("cloudformation:ListChangeSets", error)))?;
    let is_own = |set: &ChangeSetSummary| {
        set.change_set_id.as_ref() == Some(&made.change_set)
            || set.change_set_name.as_ref() == Some(&made.change_set)
    };
    let more = listed.next_token.map(|_| "on a next page".to_owned());
    let mut listed = listed.summaries.unwrap_or_default().into_iter();
    let other = listed.find(|set| !is_own(set));
    if let Some(other) = other.and_then(|other| other.change_set_name).or(more) {
        return Err(format!("it has another change set, {other}"));
    }
    let deleted = client.delete_stack().stack_name(arn).send().await;
    deleted.map_err(|error| told(&CallError::of("cloudformation:DeleteStack", error)))?;
    let deadline = Instant::now() + PATIENCE;
    let mut pace = Pace::default();
    loop {
        match status(client, arn).await? {
            None | Some(StackStatus::DeleteComplete) => return Ok(true),
            Some(StackStatus::DeleteFailed) => {
                return Err("its StackStatus is DELETE_FAILED".to_owned());
            }
            Some(_) if Instant::now() >= deadline => {
                return Err("CloudFormation takes too long to delete it".to_owned());
            }
            Some(_) => pace.wait().await,
        }
    }
}

/// `None` if there is no such stack any more.
async fn status(client: &Client, arn: &str) -> Result<Option<StackStatus>, String> {
    let found = client.describe_stacks().stack_name(arn).send().await;
    match found.map_err(|error| CallError::of("cloudformation:DescribeStacks", error)) {
        Ok(found) => {
            let stack = found.stacks.unwrap_or_default().into_iter().next();
            Ok(stack.and_then(|stack| stack.stack_status))
        }
        Err(error) if error.is_no_stack() => Ok(None),
        Err(error) => Err(told(&error)),
    }
}

fn told(error: &CallError) -> String {
    format!("{:#}", error.told())
}
