//! From answers to an expectation of them: what they have in common, and matchers for what they do not.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::body::Bodies;
use super::finding::{Findings, Why};
use super::moment::{Moment, names_version};
use super::pattern;
use crate::expectation::{JsonType, escaped};
use crate::matching::{is_of, same};
use crate::path::Path;
use crate::response::header_values_of;
use crate::shown::hides_credential;

/// The longest text that is written down, in bytes.
const LONGEST_TEXT: usize = 1024;

/// The longest array whose elements are.
const LONGEST_ARRAY: usize = 100;

/// The deepest that values are written down. It also keeps a decoded body, which `serde_json` read from its own top, within
/// what it reads of the expectation.
const DEEPEST: usize = 32;

/// The members of a response that API Gateway knows.
///
/// Source: API Gateway developer guide, "Lambda proxy integrations", output formats for REST and HTTP APIs;
/// Elastic Load Balancing adds `statusDescription` ("Lambda functions as targets").
const GATEWAY_MEMBERS: [&str; 7] = [
    "statusCode",
    "statusDescription",
    "headers",
    "multiValueHeaders",
    "cookies",
    "body",
    "isBase64Encoded",
];

/// Makes an expectation of the same place in every answer.
pub(super) struct Fresh<'a, 'f> {
    moment: &'f Moment<'f>,
    pub(super) findings: &'f mut Findings,
    pub(super) path: Path<'a>,
}

impl<'a, 'f> Fresh<'a, 'f> {
    pub(super) fn new(moment: &'f Moment<'f>, findings: &'f mut Findings) -> Self {
        Self {
            moment,
            findings,
            path: Path::default(),
        }
    }

    /// The same findings, at `body`: the one place below which values are not the answer's own, but decoded from it.
    pub(super) fn at_body<'b>(&mut self) -> Fresh<'b, '_> {
        let mut path = Path::default();
        path.enter_member("body");
        Fresh {
            moment: self.moment,
            findings: self.findings,
            path,
        }
    }

    /// The expectation of whole responses, of which there is at least one.
    pub(super) fn response(&mut self, responses: &[&'a Value]) -> Value {
        let objects: Option<Vec<&'a Map<String, Value>>> =
            responses.iter().map(|one| one.as_object()).collect();
        let Some(objects) = objects else {
            let values: Vec<_> = responses.iter().copied().map(Some).collect();
            return self.value(&values).unwrap_or_default();
        };
        let is_gateway = |response: &&Map<String, Value>| {
            response.contains_key("statusCode")
                && response
                    .keys()
                    .all(|name| GATEWAY_MEMBERS.contains(&name.as_str()))
        };
        if objects.iter().all(is_gateway) {
            return self.gateway_response(&objects);
        }
        self.members(&objects)
    }

    /// Status, content type and body are what a function decides; other headers are mostly noise.
    fn gateway_response(&mut self, responses: &[&'a Map<String, Value>]) -> Value {
        let mut expectation = Map::new();
        for name in ["statusCode", "headers", "body"] {
            self.path.enter_member(name);
            let node = match name {
                "headers" => self.content_type(responses),
                "body" => self.body(responses),
                _ => {
                    let values: Vec<_> = responses.iter().map(|one| one.get(name)).collect();
                    self.value(&values)
                }
            };
            self.path.leave();
            expectation.extend(node.map(|node| (name.to_owned(), node)));
        }
        Value::Object(expectation)
    }

    fn content_type(&mut self, responses: &[&'a Map<String, Value>]) -> Option<Value> {
        const NAME: &str = "content-type";
        let first = responses.first()?;
        let own_name = ["headers", "multiValueHeaders"]
            .into_iter()
            .filter_map(|place| first.get(place)?.as_object())
            .flat_map(Map::keys)
            .find(|name| name.eq_ignore_ascii_case(NAME))?;
        // Where an answer lacks it, there may be no headers at all to say anything of.
        let is_there = |response: &&Map<String, Value>| header_of(response, own_name).is_some();
        if !responses.iter().all(is_there) {
            return None;
        }
        let node = self.header(responses, own_name);
        node.map(|node| json!({ own_name.as_str(): node }))
    }

    /// The headers that are members of a direct answer. Matching knows their names in any case, and so of two that differ
    /// in nothing else the first one counts.
    fn headers(&mut self, responses: &[&'a Map<String, Value>]) -> Value {
        let members = responses.iter().filter_map(|one| one.get("headers"));
        let mut expectation = Map::new();
        let mut known = BTreeSet::new();
        for name in members.filter_map(Value::as_object).flat_map(Map::keys) {
            if known.insert(name.to_ascii_lowercase()) {
                let node = self.header(responses, name);
                expectation.extend(node.map(|node| (escaped(name), node)));
            }
        }
        Value::Object(expectation)
    }

    fn header(&mut self, responses: &[&'a Map<String, Value>], name: &'a str) -> Option<Value> {
        let values: Vec<_> = responses.iter().map(|one| header_of(one, name)).collect();
        self.path.enter_member(name);
        let node = self.value(&values);
        self.path.leave();
        node
    }

    /// The expectation of what is at one place of every answer; `None` when nothing is there in any.
    pub(super) fn value(&mut self, values: &[Option<&'a Value>]) -> Option<Value> {
        let there: Vec<&'a Value> = values.iter().copied().flatten().collect();
        let first = *there.first()?;
        if there.len() < values.len() {
            return Some(self.optional(types(&there)));
        }
        if self.path.is_credential() {
            return Some(self.noted(json!({"$any": true}), Why::Credential));
        }
        if self.path.depth() > DEEPEST {
            return Some(self.noted(types(&there), Why::TooLarge));
        }
        let objects: Option<Vec<_>> = there.iter().map(|value| value.as_object()).collect();
        if let Some(objects) = objects {
            return Some(self.members(&objects));
        }
        let arrays: Option<Vec<_>> = there.iter().map(|value| value.as_array()).collect();
        if let Some(arrays) = arrays {
            return Some(self.array(&arrays));
        }
        let texts: Option<Vec<&str>> = there.iter().map(|value| value.as_str()).collect();
        if let Some(texts) = texts {
            return Some(self.text(&texts));
        }
        if there.iter().any(|other| !same(first, other)) {
            return Some(self.noted(types(&there), Why::AnswersDiffer));
        }
        if first
            .as_u64()
            .is_some_and(|number| self.moment.counts_now(number))
        {
            return Some(self.noted(types(&there), Why::WillDiffer));
        }
        Some(first.clone())
    }

    /// What only some answers have is of the type that it has there: it was seen too seldom to say more.
    pub(super) fn optional(&mut self, node: Value) -> Value {
        let node = if self.path.is_credential() {
            json!({"$any": true})
        } else {
            node
        };
        let node = json!({"$oneOf": [node, {"$absent": true}]});
        self.noted(node, Why::SometimesThere)
    }

    fn members(&mut self, objects: &[&'a Map<String, Value>]) -> Value {
        let mut names: Vec<&'a String> = Vec::new();
        let mut known = BTreeSet::new();
        for name in objects.iter().flat_map(|object| object.keys()) {
            if known.insert(name) {
                names.push(name);
            }
        }
        let is_response = self.path.is_root();
        let mut expectation = Map::new();
        for name in names {
            self.path.enter_member(name);
            let values: Vec<_> = objects.iter().map(|object| object.get(name)).collect();
            let is_object = |value: &Option<&Value>| value.is_some_and(Value::is_object);
            let node = match name.as_str() {
                "body" if is_response => self.body(objects),
                "headers" if is_response && values.iter().all(is_object) => {
                    Some(self.headers(objects))
                }
                _ => self.value(&values),
            };
            self.path.leave();
            expectation.extend(node.map(|node| (escaped(name), node)));
        }
        Value::Object(expectation)
    }

    fn array(&mut self, arrays: &[&'a Vec<Value>]) -> Value {
        let lengths = || arrays.iter().map(|items| items.len());
        let (least, most) = (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0));
        if least != most {
            let mut node = json!({"$type": "array"});
            if least > 0 {
                node["$len"] = json!({"$gte": 1});
            }
            return self.noted(node, Why::AnswersDiffer);
        }
        if most > LONGEST_ARRAY {
            return self.noted(json!({"$type": "array", "$len": most}), Why::TooLarge);
        }
        let mut items = Vec::with_capacity(most);
        for index in 0..most {
            self.path.enter_element(index);
            let values: Vec<_> = arrays.iter().map(|array| array.get(index)).collect();
            items.extend(self.value(&values));
            self.path.leave();
        }
        Value::Array(items)
    }

    fn text(&mut self, texts: &[&str]) -> Value {
        let text = texts.first().copied().unwrap_or_default();
        let any = || json!({"$type": "string"});
        if texts.iter().any(|text| hides_credential(text)) {
            return self.noted(any(), Why::Credential);
        }
        let differ = texts.iter().any(|other| *other != text);
        let name = self.path.name();
        if self.moment.is_version(name, texts) {
            let why = if differ {
                Why::AnswersDiffer
            } else {
                Why::WillDiffer
            };
            return self.noted(json!({"$regex": pattern::FUNCTION_VERSION}), why);
        }
        if differ {
            let node = pattern::common(texts).map_or_else(any, |regex| json!({"$regex": regex}));
            return self.noted(node, Why::AnswersDiffer);
        }
        if let Some(regex) = pattern::passing(text, self.moment.is_now(text), names_version(name)) {
            return self.noted(json!({"$regex": regex}), Why::WillDiffer);
        }
        if text.len() > LONGEST_TEXT {
            return self.noted(any(), Why::TooLarge);
        }
        text.into()
    }

    /// The expectation of the `body` of responses; `None` where there is none, and nothing can be said of it.
    pub(super) fn body(&mut self, responses: &[&Map<String, Value>]) -> Option<Value> {
        let bodies = Bodies::read(responses);
        let Some(values) = bodies.values() else {
            // Only its own text can be expected of what is not the base64 that it should be.
            let raw = bodies.same_raw().filter(|raw| raw.len() <= LONGEST_TEXT);
            if raw.is_none() {
                self.findings
                    .note(&self.path, None, None, Why::NotDecodable);
            }
            return raw.map(Value::from);
        };
        let mut at_body = self.at_body();
        let Some(texts) = bodies.texts() else {
            return at_body.value(&values);
        };
        match at_body.text(&texts) {
            // A string is compared with the raw one.
            Value::String(_) => match bodies.same_raw() {
                Some(raw) => Some(raw.into()),
                None => Some(at_body.noted(json!({"$type": "string"}), Why::AnswersDiffer)),
            },
            node => Some(node),
        }
    }

    pub(super) fn noted(&mut self, node: Value, why: Why) -> Value {
        self.findings.note(&self.path, None, Some(&node), why);
        node
    }
}

/// The value of a header that counts when it is written down: any of its values may match.
fn header_of<'a>(response: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    header_values_of(response, name, false).first().copied()
}

/// The type, or types, that values have.
pub(super) fn types(values: &[&Value]) -> Value {
    let mut names: Vec<&str> = Vec::new();
    let all_whole = values
        .iter()
        .filter(|value| value.is_number())
        .all(|value| is_of(JsonType::Integer, value));
    for value in values {
        let one = match value {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Number(_) if all_whole => JsonType::Integer,
            Value::Number(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::Array(_) => JsonType::Array,
            Value::Object(_) => JsonType::Object,
        };
        if !names.contains(&one.name()) {
            names.push(one.name());
        }
    }
    match names.as_slice() {
        [one] => json!({ "$type": one }),
        several => json!({ "$type": several }),
    }
}
