//! From an answer to an outcome.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Map, Number, Value, json};

use crate::expectation::{Demand, Node};
use crate::matching::{Matcher, Subject};
use crate::shown::shown;
use crate::{Answer, Expectation, Mismatch, Outcome, number, response};

/// Compares an answer with what is expected of it: [`Met`](Outcome::Met), or [`Unmet`](Outcome::Unmet) with every mismatch.
///
/// Without an expectation, or with one that says nothing of the response, there must be no function error,
/// and a whole `statusCode`, where the response has one, must be 200 to 399, also one that is written as a string.
pub fn judge(expectation: Option<&Expectation>, answer: &Answer) -> Outcome {
    let demand = expectation.map_or(&Demand::Default, |expectation| &expectation.demand);
    let mut mismatches = match demand {
        Demand::Error(node) => against_error(node.as_ref(), answer),
        Demand::Default | Demand::Response(_) if answer.function_error.is_some() => {
            vec![unexpected_error(answer)]
        }
        Demand::Default => against_default(answer).into_iter().collect(),
        Demand::Response(node) => against_response(node, answer),
    };
    let limit = expectation.and_then(|expectation| expectation.max_duration_ms.as_ref());
    mismatches.extend(limit.and_then(|limit| against_limit(limit, answer)));
    if mismatches.is_empty() {
        Outcome::Met
    } else {
        Outcome::Unmet(mismatches)
    }
}

fn against_response(node: &Node, answer: &Answer) -> Vec<Mismatch> {
    let mut matcher = Matcher::default();
    if answer.payload.trim_ascii().is_empty() {
        matcher.check(node, Subject::Absent);
        return matcher.into_mismatches();
    }
    match response::read(&answer.payload) {
        Some(response) => {
            matcher.check(node, Subject::Value(&response));
            matcher.into_mismatches()
        }
        None => vec![Mismatch {
            path: "$".to_owned(),
            expected: shown(&node.to_value()),
            actual: Some(shown(&text(&answer.payload).into())),
            compared_with: None,
        }],
    }
}

fn against_default(answer: &Answer) -> Option<Mismatch> {
    let payload = &answer.payload;
    let prelude = response::split_prelude(payload).map(|(prelude, _)| prelude);
    let text = text(prelude.unwrap_or(payload));
    // Raw values are skipped without recursion, so that depth does not hide a status, as neither do odd bytes.
    let response: BTreeMap<String, &RawValue> = serde_json::from_str(&text).ok()?;
    let status = response.get("statusCode")?.get();
    // API Gateway takes a string for the number in it, and AWS's own samples answer with one.
    let written = serde_json::from_str::<String>(status).ok();
    let number: Number = serde_json::from_str(written.as_deref().unwrap_or(status)).ok()?;
    let succeeded = !number::is_whole(&number)
        || number::compare(&number, &200.into()).is_ge()
            && number::compare(&number, &399.into()).is_le();
    (!succeeded).then(|| Mismatch {
        path: "statusCode".to_owned(),
        expected: json!({"$gte": 200, "$lte": 399}),
        actual: Some(shown(&written.map_or(Value::Number(number), Value::String))),
        compared_with: None,
    })
}

fn against_error(node: Option<&Node>, answer: &Answer) -> Vec<Mismatch> {
    let always = Node::Scalar(Value::Bool(true));
    let mut matcher = Matcher::default();
    matcher.path.enter_word("$error");
    match (&answer.function_error, node) {
        (Some(_), None) => {}
        (Some(_), Some(node)) => {
            matcher.check(node, Subject::Value(&error_of(&answer.payload)));
        }
        (None, node) => {
            matcher.check(node.unwrap_or(&always), Subject::Absent);
        }
    }
    matcher.into_mismatches()
}

fn unexpected_error(answer: &Answer) -> Mismatch {
    Mismatch {
        path: "$error".to_owned(),
        expected: json!({"$absent": true}),
        actual: Some(shown(&error_of(&answer.payload))),
        compared_with: None,
    }
}

/// `errorType` and `errorMessage` of a function error, without the stack trace that most runtimes add.
/// Runtimes answer with an object of these; whatever else is in the payload is taken for the message.
pub(crate) fn error_of(payload: &[u8]) -> Value {
    let text = text(payload);
    let members = match serde_json::from_str(&text) {
        Ok(Value::Object(mut members)) => ["errorType", "errorMessage"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), members.shift_remove(name)?)))
            .collect(),
        Ok(Value::String(message)) => Map::from_iter([("errorMessage".to_owned(), message.into())]),
        _ if text.trim().is_empty() => Map::new(),
        Ok(_) | Err(_) => Map::from_iter([("errorMessage".to_owned(), text.into())]),
    };
    Value::Object(members)
}

pub(crate) fn against_limit(limit: &Number, answer: &Answer) -> Option<Mismatch> {
    let duration = milliseconds(answer.duration);
    number::compare(&duration, limit).is_gt().then(|| Mismatch {
        path: "$maxDurationMs".to_owned(),
        expected: limit.clone().into(),
        actual: Some(duration.into()),
        compared_with: None,
    })
}

/// Milliseconds with up to three decimals, rounded up, so that what is over a limit also looks it.
fn milliseconds(duration: Duration) -> Number {
    let microseconds = u64::try_from(duration.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX);
    if microseconds.is_multiple_of(1000) {
        return (microseconds / 1000).into();
    }
    let seconds = Duration::from_micros(microseconds).as_secs_f64();
    Number::from_f64(seconds * 1000.0).unwrap_or_else(|| 0.into())
}

fn text(payload: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(payload)
}
