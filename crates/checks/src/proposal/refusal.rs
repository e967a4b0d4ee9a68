//! What is not proposed, and why.

use serde_json::Value;

use crate::expectation::{Demand, Node};
use crate::judge::against_limit;
use crate::matching::response_holds;
use crate::shown::shown;
use crate::{Answer, Expectation, ExpectationError, Outcome, judge, number};

/// Why no expectation can be proposed. Values are JSON text, masked and cut as in a [`Mismatch`](crate::Mismatch).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotProposed {
    /// The text that is there is no expectation, and is not to be overwritten.
    #[error("the expectation that is there cannot be used: {0}")]
    Existing(ExpectationError),
    /// There is no answer to make one from.
    #[error("the function gave no answer")]
    NoAnswer,
    /// A function error, where nothing says that it is right.
    #[error(
        "the function failed: {0}; an expectation that requires that, `$error`, is written by hand"
    )]
    Failed(String),
    /// A function error in some answers only.
    #[error(
        "the function failed in some of its answers only: {0}; what is right has to be written by hand"
    )]
    FailedSometimes(String),
    /// The status is that of a failure, where nothing says that it is right.
    #[error(
        "the function answered with the status {0}; an expectation that requires that is written by hand"
    )]
    FailedStatus(String),
    /// The answers' status codes are not the same.
    #[error(
        "the function answered with the status {0}, then with {1}; which is right has to be written by hand"
    )]
    StatusDiffers(String, String),
    /// An answer is no JSON, of which an expectation could speak.
    #[error(
        "the answer is not JSON, or nests deeper than 127 levels: nothing can be expected of it"
    )]
    NotJson,
    /// Some answers are empty.
    #[error("only some of the answers are empty; which is right has to be written by hand")]
    EmptySometimes,
    /// The author's own limit is exceeded.
    #[error("it took {took} ms, and `$maxDurationMs` allows {limit}: that limit is raised by hand")]
    TooSlow {
        /// What `$maxDurationMs` says, in milliseconds.
        limit: String,
        /// How long the invocation took, in milliseconds.
        took: String,
    },
    /// It would be longer than anyone reviews.
    #[error(
        "the expectation would be {0} bytes long, more than anyone reviews; write down the part that matters by hand"
    )]
    TooLong(usize),
    /// What was found does not hold of the answers that it was made from, in this place.
    #[error("no expectation was found that all of the answers meet (at {0}); write it by hand")]
    NotMet(String),
}

/// A limit is the author's decision, and no answer moves it.
pub(super) fn refuse_slowness(
    expectation: &Expectation,
    answers: &[Answer],
) -> Result<(), NotProposed> {
    let Some(limit) = &expectation.max_duration_ms else {
        return Ok(());
    };
    match answers
        .iter()
        .find_map(|answer| against_limit(limit, answer))
    {
        Some(mismatch) => Err(NotProposed::TooSlow {
            limit: mismatch.expected.to_string(),
            took: mismatch.actual.unwrap_or_default().to_string(),
        }),
        None => Ok(()),
    }
}

/// Two calls can be answered with different statuses because the first one had its effect; and a status that says that
/// the function failed is as little right as a function error is. The expectation that is there may say otherwise.
pub(super) fn refuse_status(demand: &Demand, responses: &[&Value]) -> Result<(), NotProposed> {
    const STATUS: &str = "statusCode";
    if let Demand::Response(Node::Object(object)) = demand
        && let Some(status) = object.members.iter().find(|(name, _)| name == STATUS)
        && responses.iter().all(|one| response_holds(status, one))
    {
        return Ok(());
    }
    let statuses: Vec<Option<&Value>> = responses.iter().map(|one| one.get(STATUS)).collect();
    let first = statuses.first().copied().flatten();
    let said = |status: Option<&Value>| status.map_or_else(|| "none".to_owned(), json_text);
    if let Some(other) = statuses.iter().find(|status| **status != first) {
        return Err(NotProposed::StatusDiffers(said(first), said(*other)));
    }
    let number = match first {
        Some(Value::Number(number)) => Some(number.clone()),
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        _ => None,
    };
    let failed = number.is_some_and(|number| number::compare(&number, &500.into()).is_ge());
    if failed {
        return Err(NotProposed::FailedStatus(said(first)));
    }
    Ok(())
}

/// What is proposed is an expectation, and every answer meets it.
pub(super) fn verify(text: &str, answers: &[Answer]) -> Result<(), NotProposed> {
    let not_met = |place: String| Err(NotProposed::NotMet(place));
    let proposed = match Expectation::parse(text) {
        Ok(proposed) => proposed,
        Err(ExpectationError::Rule { path, .. }) => return not_met(path),
        Err(_) => return not_met("$".to_owned()),
    };
    for answer in answers {
        match judge(Some(&proposed), answer) {
            Outcome::Met => {}
            Outcome::Unmet(mismatches) => {
                let path = mismatches.into_iter().next().map(|mismatch| mismatch.path);
                return not_met(path.unwrap_or_default());
            }
            Outcome::Broken(reason) => return not_met(reason),
        }
    }
    Ok(())
}

/// The value as messages show it.
pub(super) fn json_text(value: &Value) -> String {
    shown(value).to_string()
}
