//! Expectations that a function's own answers suggest: the first draft of a file, or the file brought up to date.
//!
//! Whatever is proposed was judged: every answer that it was made from meets it.

mod body;
mod draw;
mod finding;
mod fresh;
mod moment;
mod pattern;
mod refusal;
mod update;

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::expectation::{Demand, is_top_word};
use crate::judge::error_of;
use crate::shown::shown;
use crate::{Answer, Expectation, ExpectationError, Outcome, judge, parse_json, response};
use finding::Findings;
pub use finding::{Change, Why};
use fresh::Fresh;
use moment::Moment;
pub use refusal::NotProposed;
use refusal::{json_text, refuse_slowness, refuse_status, verify};
use update::Update;

/// The longest expectation that is proposed, in bytes. More is no draft that a person reviews, and is as much as the shared
/// registry takes for all events of a function (`Content`, EventBridge Schemas API Reference).
const LONGEST: usize = 100_000;

/// What is to become of an event's expectation.
#[derive(Debug, Clone, PartialEq)]
pub enum Proposed {
    /// It stays as it is, byte for byte: every answer meets it.
    Unchanged,
    /// There was none.
    New(Proposal),
    /// There was one, and the answers do not meet it.
    Updated(Proposal),
}

/// An expectation that every answer meets.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The text of the `.expect.json` file.
    pub text: String,
    /// Of a new expectation, the places that are not simply what was answered; of an updated one, the places that changed.
    pub changes: Vec<Change>,
}

/// Proposes the expectation of an event from the answers to it: of the same version, one after the other, two or more, so
/// that what changes from one to the next is seen.
///
/// `existing` is the text of the expectation that is there, `now` the time of the last answer. The rules are on the page
/// of this crate, under "Proposing an expectation".
///
/// # Errors
///
/// Why none can be proposed. What is there is then to be left as it is.
pub fn propose(
    existing: Option<&str>,
    answers: &[Answer],
    now: SystemTime,
) -> Result<Proposed, NotProposed> {
    let expectation = existing
        .map(Expectation::parse)
        .transpose()
        .map_err(NotProposed::Existing)?;
    if answers.is_empty() {
        return Err(NotProposed::NoAnswer);
    }
    if let Some(expectation) = &expectation {
        let unmet = |answer| judge(Some(expectation), answer) != Outcome::Met;
        if !answers.iter().any(unmet) {
            return Ok(Proposed::Unchanged);
        }
        refuse_slowness(expectation, answers)?;
    }
    let old = existing
        .map(parse_json)
        .transpose()
        .map_err(|error| NotProposed::Existing(ExpectationError::NotJson(error)))?;
    let mut findings = Findings::default();
    let moment = Moment::new(now, answers);
    let before = expectation.as_ref().zip(old.as_ref());
    let mut document = document(before, answers, &moment, &mut findings)?;
    complete(&mut document, answers, &mut findings);

    let text = match (existing, &old) {
        (Some(text), Some(old)) => draw::redrawn(text, old, &document),
        _ => draw::drawn(&document),
    };
    if text.len() > LONGEST {
        return Err(NotProposed::TooLong(text.len()));
    }
    verify(&text, answers)?;
    let changes = findings.changes;
    let proposal = Proposal { text, changes };
    Ok(match existing {
        Some(_) => Proposed::Updated(proposal),
        None => Proposed::New(proposal),
    })
}

/// The new document, before it is known to hold.
fn document(
    before: Option<(&Expectation, &Value)>,
    answers: &[Answer],
    moment: &Moment<'_>,
    findings: &mut Findings,
) -> Result<Value, NotProposed> {
    let demand = before.map_or(&Demand::Default, |(expectation, _)| &expectation.demand);
    let old = before.map(|(_, old)| old);
    let errors: Vec<Value> = answers
        .iter()
        .filter(|answer| answer.function_error.is_some())
        .map(|answer| error_of(&answer.payload))
        .collect();
    if let Some(error) = errors.first() {
        return match (demand, old) {
            _ if errors.len() < answers.len() => {
                Err(NotProposed::FailedSometimes(json_text(error)))
            }
            (Demand::Error(Some(node)), Some(old)) => {
                let errors: Vec<&Value> = errors.iter().collect();
                Ok(Update::new(moment, findings).error(node, old, &errors))
            }
            _ => Err(NotProposed::Failed(json_text(error))),
        };
    }
    let empty = answers
        .iter()
        .filter(|answer| answer.payload.trim_ascii().is_empty());
    match empty.count() {
        0 => {}
        all if all == answers.len() => {
            let nothing = json!({"$absent": true});
            findings.replaced_all(old, &nothing);
            return Ok(with_top_words(old, nothing));
        }
        _ => return Err(NotProposed::EmptySometimes),
    }
    let responses: Option<Vec<Value>> = answers
        .iter()
        .map(|answer| response::read(&answer.payload))
        .collect();
    let responses = responses.ok_or(NotProposed::NotJson)?;
    let responses: Vec<&Value> = responses.iter().collect();
    refuse_status(demand, &responses)?;
    match (demand, old) {
        // Nothing was said of the response, and `complete` says the least that has to be said.
        (Demand::Default, Some(old)) => Ok(old.clone()),
        (Demand::Response(node), Some(old)) => {
            Ok(Update::new(moment, findings).response(node, old, &responses))
        }
        (Demand::Error(_), Some(old)) => {
            let fresh = Fresh::new(moment, &mut Findings::default()).response(&responses);
            findings.replaced_all(Some(old), &fresh);
            Ok(with_top_words(Some(old), fresh))
        }
        (_, None) => Ok(Fresh::new(moment, findings).response(&responses)),
    }
}

/// An expectation that says nothing of the response asks for a status of 200 to 399: where the function answers with
/// another, that status is the least that has to be said.
fn complete(document: &mut Value, answers: &[Answer], findings: &mut Findings) {
    let Value::Object(members) = document else {
        return;
    };
    let says_nothing = members
        .keys()
        .all(|name| is_top_word(name) && name != "$error");
    let unmet = answers
        .iter()
        .any(|answer| judge(None, answer) != Outcome::Met);
    if !says_nothing || !unmet {
        return;
    }
    let response = answers
        .first()
        .and_then(|answer| response::read(&answer.payload));
    if let Some(status) = response.as_ref().and_then(|one| one.get("statusCode")) {
        members.insert("statusCode".to_owned(), status.clone());
        findings.changes.push(Change {
            path: "statusCode".to_owned(),
            was: None,
            is: Some(shown(status)),
            why: Why::New,
        });
    }
}

/// `fresh` with the instructions that stand beside an expectation of the response: `$maxDurationMs` and `$compare`.
fn with_top_words(old: Option<&Value>, fresh: Value) -> Value {
    let kept: Map<String, Value> = old
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(name, _)| is_top_word(name) && *name != "$error")
        .map(|(name, argument)| (name.clone(), argument.clone()))
        .collect();
    if kept.is_empty() {
        return fresh;
    }
    let fresh = match fresh {
        Value::Object(members) => members,
        // What is no object has no place beside an instruction, but within one.
        other => Map::from_iter([("$oneOf".to_owned(), json!([other]))]),
    };
    Value::Object(kept.into_iter().chain(fresh).collect())
}
