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
    /// It stays as it is, byte for byte: every answer meets it, and it says something of the response.
    Unchanged,
    /// There was none.
    New(Proposal),
    /// There was one, and the answers do not meet it, or it says nothing of the response.
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
        let is_met = |answer| judge(Some(expectation), answer) == Outcome::Met;
        // One that says nothing of the response is a place to say it in, also where the answers are not wrong.
        if !matches!(expectation.demand, Demand::Default) && answers.iter().all(is_met) {
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
    let document = document(before, answers, &moment, &mut findings)?;
    if old.as_ref() == Some(&document) {
        return Ok(Proposed::Unchanged);
    }

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
            findings.replaced_all(demand, old, &nothing);
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
    let filled_in = |findings: &mut Findings, demand| {
        let fresh = Fresh::new(moment, &mut Findings::default()).response(&responses);
        findings.replaced_all(demand, old, &fresh);
        with_top_words(old, fresh)
    };
    match (demand, old) {
        (Demand::Response(node), Some(old)) => {
            let updated = Update::new(moment, findings).response(node, old, &responses);
            // Otherwise the next proposal would fill in what this one has emptied.
            if says_nothing(&updated) {
                return Ok(filled_in(findings, &Demand::Default));
            }
            Ok(updated)
        }
        (Demand::Error(_) | Demand::Default, Some(_)) => Ok(filled_in(findings, demand)),
        (_, None) => Ok(Fresh::new(moment, findings).response(&responses)),
    }
}

/// Whether it leaves the response to what is asked without an expectation.
fn says_nothing(document: &Value) -> bool {
    document.as_object().is_some_and(|members| {
        members
            .keys()
            .all(|name| is_top_word(name) && name != "$error")
    })
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
