//! Why a change set could not be created, where its own `StatusReason` only points to it.

use std::collections::HashSet;

use aws_sdk_cloudformation::types::{EventFilter, OperationEvent};
use changeset::{ChangeSet, Status};

use super::reference::Arn;
use super::walk::Waiting;
use crate::aws::CallError;

/// How many reasons are told.
const TOLD: usize = 20;

/// How many sets are followed from one to that by which it failed.
const FOLLOWED: usize = 50;

/// How many pages of events are looked through for them.
const PAGES: usize = 10;

/// The set, and those by which it failed: the nested one which did, that which did in it, and so on. What hooks and
/// validations before the deployment found in the last is added to its `StatusReason`; and to that of the first, of which
/// the review tells then, that one of them cannot be read.
pub(super) async fn sets(waiting: &Waiting<'_>, set: ChangeSet) -> Vec<ChangeSet> {
    let mut seen: HashSet<String> = set.id.iter().cloned().collect();
    let mut sets = vec![set];
    while let Some(last) = sets.last_mut()
        && last.status == Some(Status::Failed)
    {
        let reason = last.status_reason.as_deref().unwrap_or_default();
        // "Nested change set ARN was not successfully created: Currently in FAILED."
        let Some(nested) = named(reason) else {
            // "The following hook(s)/validation failed: [AWS::EarlyValidation::…]"
            if let Some(id) = last
                .id
                .clone()
                .filter(|_| reason.contains("validation failed"))
            {
                add(last, &of_events(waiting, &id).await);
            }
            break;
        };
        if !seen.insert(nested.clone()) || seen.len() > FOLLOWED {
            break;
        }
        // A root fails before all nested ones have come to an end: so this one may still be waited for.
        match waiting.created(&nested).await {
            Ok(set) => sets.push(set),
            Err(error) => {
                if let Some(first) = sets.first_mut() {
                    add(first, &[format!("{error:#}")]);
                }
                break;
            }
        }
    }
    sets
}

fn add(set: &mut ChangeSet, reasons: &[String]) {
    let reason = set.status_reason.get_or_insert_default();
    for more in reasons {
        reason.push_str("; ");
        reason.push_str(more);
    }
}

/// The ARN of a change set that a text names.
fn named(text: &str) -> Option<String> {
    let words =
        text.split(|character: char| character.is_whitespace() || "[],;'\"".contains(character));
    words
        .map(|word| word.trim_end_matches(['.', ':']))
        .find_map(Arn::parse)
        .map(|arn| arn.as_str().to_owned())
}

/// What the failed events of the set's creation say.
async fn of_events(waiting: &Waiting<'_>, id: &str) -> Vec<String> {
    let mut pages = waiting
        .api
        .client
        .describe_events()
        .change_set_name(id)
        .filters(EventFilter::builder().failed_events(true).build())
        .into_paginator()
        .send();
    let mut reasons = Vec::new();
    for _ in 0..PAGES {
        match pages.next().await {
            Some(Ok(page)) => reasons.extend(page.operation_events().iter().filter_map(of_event)),
            Some(Err(error)) => {
                let error = CallError::of("cloudformation:DescribeEvents", error);
                reasons.push(format!("why is not known ({:#})", error.told()));
                break;
            }
            None => break,
        }
    }
    reasons.truncate(TOLD);
    reasons
}

/// `Orders: NAME_CONFLICT_VALIDATION at /Resources/Orders: it exists`
fn of_event(event: &OperationEvent) -> Option<String> {
    let reasons = [
        &event.validation_status_reason,
        &event.hook_status_reason,
        &event.resource_status_reason,
    ];
    let reason = reasons.into_iter().flatten().next()?;
    let check = event.validation_name.as_ref().or(event.hook_type.as_ref());
    let mut text = String::new();
    if let Some(id) = &event.logical_resource_id {
        text.push_str(&format!("{id}: "));
    }
    if let Some(check) = check {
        text.push_str(check);
        if let Some(path) = &event.validation_path {
            text.push_str(&format!(" at {path}"));
        }
        text.push_str(": ");
    }
    text.push_str(reason);
    Some(text)
}
