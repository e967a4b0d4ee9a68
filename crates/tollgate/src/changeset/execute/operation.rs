//! What a stack says of one operation on it.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::StackEvent;
use serde::Serialize;

/// The type of a stack among its own events.
const STACK: &str = "AWS::CloudFormation::Stack";

/// How an operation has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The stack is as the change set has it.
    Done(String),
    /// It is not: it is as it was, or in between.
    Failed(String),
}

impl End {
    /// The stack's status.
    pub(super) fn status(&self) -> &str {
        match self {
            Self::Done(status) | Self::Failed(status) => status,
        }
    }

    /// `None` of a status in which something goes on. (`StackStatus`, CloudFormation API Reference: a stack whose operation is
    /// over is `_COMPLETE` or `_FAILED`; cleaning up is part of an update.)
    fn of(status: &str) -> Option<Self> {
        match status {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => {
                Some(Self::Done(status.to_owned()))
            }
            other if other.ends_with("_COMPLETE") || other.ends_with("_FAILED") => {
                Some(Self::Failed(status.to_owned()))
            }
            _ => None,
        }
    }
}

/// One thing that has happened to the stack or to a resource in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceEvent {
    /// In milliseconds since the operation's first event.
    #[serde(skip)]
    pub(super) at: u64,
    pub(super) logical_resource_id: String,
    pub(super) resource_type: String,
    pub(super) resource_status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_status_reason: Option<String>,
}

impl ResourceEvent {
    /// Whether it went wrong here, and not only because of something else that did.
    fn is_cause(&self) -> bool {
        let reason = self.resource_status_reason.as_deref().unwrap_or_default();
        let is_consequence = [
            "Resource creation cancelled",
            "Resource update cancelled",
            "Resource deletion cancelled",
        ]
        .iter()
        .any(|text| reason.starts_with(text));
        self.resource_status.ends_with("_FAILED") && self.resource_type != STACK && !is_consequence
    }
}

/// An operation: it is known by the token that it was begun with, which all of its events carry, those of a rollback as well
/// ("StackEvent", CloudFormation API Reference). So no earlier end of the stack is taken for its end.
#[derive(Debug)]
pub(super) struct Operation {
    stack: String,
    token: String,
    /// In milliseconds.
    began: Option<i64>,
    seen: BTreeSet<String>,
    causes: Vec<ResourceEvent>,
    end: Option<End>,
}

/// The most causes that are kept for the end.
const MOST: usize = 10;

impl Operation {
    /// Of the stack with this ARN.
    pub(super) fn of(stack: &str, token: &str) -> Self {
        Self {
            stack: stack.to_owned(),
            token: token.to_owned(),
            began: None,
            seen: BTreeSet::new(),
            causes: Vec::new(),
            end: None,
        }
    }

    pub(super) fn stack(&self) -> &str {
        &self.stack
    }

    /// Whether older events than those of this page may be new and its own: its last one is.
    pub(super) fn may_go_on(&self, page: &[StackEvent]) -> bool {
        page.last()
            .is_some_and(|event| self.is_own(event) && !self.is_seen(event))
    }

    /// Takes what CloudFormation gives, the newest first; what was new in it, the oldest first.
    pub(super) fn take(&mut self, events: Vec<StackEvent>) -> Vec<ResourceEvent> {
        let mut new = Vec::new();
        for event in events.into_iter().rev() {
            if !self.is_own(&event) || !self.seen.insert(event.event_id.clone().unwrap_or_default())
            {
                continue;
            }
            let at = event
                .timestamp
                .and_then(|time| time.to_millis().ok())
                .unwrap_or_default();
            let began = *self.began.get_or_insert(at);
            let is_stack = event.physical_resource_id.as_ref() == Some(&self.stack);
            let event = ResourceEvent {
                at: u64::try_from(at.saturating_sub(began)).unwrap_or_default(),
                logical_resource_id: event.logical_resource_id.unwrap_or_default(),
                resource_type: event.resource_type.unwrap_or_default(),
                resource_status: event
                    .resource_status
                    .map(|status| status.as_str().to_owned())
                    .unwrap_or_default(),
                resource_status_reason: event
                    .resource_status_reason
                    .filter(|reason| !reason.is_empty()),
            };
            if is_stack {
                self.end = End::of(&event.resource_status);
            }
            if event.is_cause() && self.causes.len() < MOST {
                self.causes.push(event.clone());
            }
            new.push(event);
        }
        new
    }

    pub(super) fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// What went wrong first, the first ones.
    pub(super) fn into_causes(self) -> Vec<ResourceEvent> {
        self.causes
    }

    fn is_own(&self, event: &StackEvent) -> bool {
        event.client_request_token.as_ref() == Some(&self.token)
    }

    fn is_seen(&self, event: &StackEvent) -> bool {
        event
            .event_id
            .as_ref()
            .is_some_and(|id| self.seen.contains(id))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::primitives::DateTime;

    use super::*;

    const ARN: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders/1";

    /// Events as CloudFormation lists them, from `seconds token id status reason` in the order in which they happened.
    fn events(lines: &[&str]) -> Vec<StackEvent> {
        let event = |(number, line): (usize, &&str)| {
            let words: Vec<&str> = line.splitn(5, ' ').collect();
            let is_stack = words[2] == "orders";
            StackEvent::builder()
                .event_id(number.to_string())
                .timestamp(DateTime::from_secs(words[0].parse().unwrap()))
                .client_request_token(words[1])
                .logical_resource_id(words[2])
                .physical_resource_id(if is_stack { ARN } else { "other" })
                .resource_type(if is_stack {
                    STACK
                } else {
                    "AWS::DynamoDB::Table"
                })
                .resource_status(words[3].into())
                .set_resource_status_reason(words.get(4).map(|&reason| reason.to_owned()))
                .build()
        };
        lines.iter().enumerate().map(event).rev().collect()
    }

    fn check(lines: &[&str], end: Option<End>, causes: &[&str]) {
        let mut operation = Operation::of(ARN, "ours");
        operation.take(events(lines));
        assert_eq!(operation.end(), end.as_ref(), "{lines:?}");
        let found: Vec<&str> = operation
            .causes
            .iter()
            .map(|cause| &*cause.logical_resource_id)
            .collect();
        assert_eq!(found, causes, "{lines:?}");
    }

    #[test]
    fn an_operation_ends_with_the_stack() {
        let done = |status: &str| Some(End::Done(status.to_owned()));
        let failed = |status: &str| Some(End::Failed(status.to_owned()));
        // An earlier update has ended well.
        check(&["1 theirs orders UPDATE_COMPLETE"], None, &[]);
        check(
            &[
                "1 ours orders UPDATE_IN_PROGRESS",
                "2 ours Table CREATE_COMPLETE",
            ],
            None,
            &[],
        );
        check(
            &["1 ours orders UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"],
            None,
            &[],
        );
        for status in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"] {
            check(&[&format!("1 ours orders {status}")], done(status), &[]);
        }
        for status in [
            "ROLLBACK_COMPLETE",
            "ROLLBACK_FAILED",
            "UPDATE_ROLLBACK_COMPLETE",
            "UPDATE_ROLLBACK_FAILED",
            "CREATE_FAILED",
            "UPDATE_FAILED",
            "DELETE_COMPLETE",
            "DELETE_FAILED",
            "IMPORT_ROLLBACK_COMPLETE",
            "IMPORT_ROLLBACK_FAILED",
        ] {
            check(&[&format!("1 ours orders {status}")], failed(status), &[]);
        }
        for status in [
            "ROLLBACK_IN_PROGRESS",
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        ] {
            check(&[&format!("1 ours orders {status}")], None, &[]);
        }
        check(
            &[
                "1 ours orders UPDATE_IN_PROGRESS",
                "2 ours Table CREATE_FAILED it is there already",
                "2 ours Other UPDATE_FAILED Resource update cancelled",
                "3 ours orders UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed",
                "4 ours Third DELETE_FAILED it is not empty",
                "5 ours orders UPDATE_ROLLBACK_COMPLETE",
            ],
            failed("UPDATE_ROLLBACK_COMPLETE"),
            &["Table", "Third"],
        );
        // A nested stack's own end is not this stack's.
        let mut nested = events(&["1 ours orders CREATE_COMPLETE"]);
        nested[0].physical_resource_id =
            Some("arn:aws:cloudformation:eu-west-1:123456789012:stack/nested/2".into());
        let mut operation = Operation::of(ARN, "ours");
        operation.take(nested);
        assert_eq!(operation.end(), None);
    }

    #[test]
    fn events_are_told_once_and_in_order() {
        let mut operation = Operation::of(ARN, "ours");
        let lines = [
            "5 theirs orders UPDATE_COMPLETE",
            "9 ours orders UPDATE_IN_PROGRESS",
            "11 ours Table CREATE_COMPLETE",
        ];
        let mut tell = |lines: &[&str]| {
            let page = events(lines);
            let may_go_on = operation.may_go_on(&page);
            let told = operation.take(page).into_iter();
            let told: Vec<String> = told
                .map(|event| format!("{} {}", event.at, event.logical_resource_id))
                .collect();
            (may_go_on, told)
        };
        assert_eq!(tell(&lines[..1]), (false, vec![]));
        assert_eq!(tell(&lines[..2]), (false, vec!["0 orders".to_owned()]));
        assert_eq!(tell(&lines), (false, vec!["2000 Table".to_owned()]));
        // A page that begins in the middle of the operation.
        assert!(Operation::of(ARN, "ours").may_go_on(&events(&lines)[..1]));
    }
}
