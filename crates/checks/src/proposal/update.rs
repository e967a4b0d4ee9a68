//! An expectation that is there, brought up to date: what still holds stays as it was written, and what its author left
//! out stays out.

use serde_json::{Map, Value};

use super::body::Bodies;
use super::finding::{Findings, Why};
use super::fresh::{Fresh, types};
use super::moment::Moment;
use super::with_top_words;
use crate::expectation::{Node, ObjectNode, Word, is_top_word};
use crate::matching::{holds, response_holds};
use crate::response::header_values_of;

/// Walks an expectation, as JSON and as the tree that was read from it, along the same place of every answer.
pub(super) struct Update<'a, 'f> {
    fresh: Fresh<'a, 'f>,
}

impl<'a, 'f> Update<'a, 'f> {
    pub(super) fn new(moment: &'f Moment<'f>, findings: &'f mut Findings) -> Self {
        Self {
            fresh: Fresh::new(moment, findings),
        }
    }

    /// `$error`, brought up to date with the errors that were answered. `old` is the whole document.
    pub(super) fn error(mut self, node: &'a Node, old: &'a Value, errors: &[&'a Value]) -> Value {
        const ERROR: &str = "$error";
        let mut new = old.clone();
        if let Some(argument) = old.get(ERROR) {
            self.fresh.path.enter_word(ERROR);
            let values: Vec<_> = errors.iter().copied().map(Some).collect();
            let argument = self.value(node, argument, &values);
            new[ERROR] = argument.unwrap_or(Value::Bool(true));
        }
        new
    }

    /// The whole document, brought up to date with the responses, of which there is at least one.
    pub(super) fn response(
        mut self,
        node: &'a Node,
        old: &'a Value,
        responses: &[&'a Value],
    ) -> Value {
        let objects: Option<Vec<&'a Map<String, Value>>> =
            responses.iter().map(|one| one.as_object()).collect();
        if let (Node::Object(object), Value::Object(members), Some(_)) = (node, old, &objects)
            && object.needs_object()
        {
            return self.response_members(object, members, responses);
        }
        if let (Node::Array(_), None) = (node, objects) {
            let values: Vec<_> = responses.iter().copied().map(Some).collect();
            return self.value(node, old, &values).unwrap_or_default();
        }
        let mark = self.fresh.findings.changes.len();
        let fresh = self.fresh.response(responses);
        self.note_replaced(mark, old, Some(&fresh));
        with_top_words(Some(old), fresh)
    }

    fn response_members(
        &mut self,
        object: &'a ObjectNode,
        old: &'a Map<String, Value>,
        responses: &[&'a Value],
    ) -> Value {
        let kept_words = |word: &Word| responses.iter().all(|one| word_holds(word, one));
        let objects: Vec<&'a Map<String, Value>> =
            responses.iter().filter_map(|one| one.as_object()).collect();
        self.object(object, old, kept_words, |update, member, json| {
            if responses.iter().all(|one| response_holds(member, one)) {
                return Some(json.clone());
            }
            let (name, node) = member;
            match name.as_str() {
                "body" => update.body(node, json, &objects),
                "headers" => update.headers(node, json, &objects),
                _ => {
                    let values: Vec<_> = responses.iter().map(|one| one.get(name)).collect();
                    update.value(node, json, &values)
                }
            }
        })
    }

    /// Every key of an object in its turn: instructions that hold stay, and what becomes of a member `update` says.
    fn object(
        &mut self,
        object: &'a ObjectNode,
        old: &'a Map<String, Value>,
        word_holds: impl Fn(&Word) -> bool,
        mut update: impl FnMut(&mut Self, &'a (String, Node), &'a Value) -> Option<Value>,
    ) -> Value {
        let is_root = self.fresh.path.is_root();
        let mut words = object.words.iter();
        let mut members = object.members.iter();
        let mut new = Map::new();
        for (key, json) in old {
            let is_word = key.starts_with('$') && !key.starts_with("$$");
            let kept = if is_word && is_root && is_top_word(key) {
                Some(json.clone())
            } else if is_word {
                let holds = words.next().is_some_and(&word_holds);
                if !holds {
                    self.fresh.path.enter_word(key);
                    self.note(json, None, Why::AnsweredOtherwise);
                    self.fresh.path.leave();
                }
                holds.then(|| json.clone())
            } else {
                members.next().and_then(|member| {
                    self.fresh.path.enter_member(&member.0);
                    let kept = update(self, member, json);
                    self.fresh.path.leave();
                    kept
                })
            };
            new.extend(kept.map(|json| (key.clone(), json)));
        }
        Value::Object(new)
    }

    /// One place below the top; `None` where nothing is there any more.
    fn value(
        &mut self,
        node: &'a Node,
        old: &'a Value,
        values: &[Option<&'a Value>],
    ) -> Option<Value> {
        if values.iter().all(|value| holds(node, *value)) {
            return Some(old.clone());
        }
        if let Some(end) = self.not_always_there(node, old, values) {
            return end;
        }
        let there: Vec<&'a Value> = values.iter().copied().flatten().collect();
        match (node, old) {
            (Node::Object(object), Value::Object(members))
                if object.needs_object() && there.iter().all(|value| value.is_object()) =>
            {
                let kept_words = |word: &Word| there.iter().all(|value| word_holds(word, value));
                Some(
                    self.object(object, members, kept_words, |update, (name, node), json| {
                        let values: Vec<_> = there.iter().map(|value| value.get(name)).collect();
                        update.value(node, json, &values)
                    }),
                )
            }
            (Node::Array(nodes), Value::Array(items)) => {
                let arrays: Option<Vec<_>> = there.iter().map(|value| value.as_array()).collect();
                let arrays = arrays.filter(|all| all.iter().all(|one| one.len() == all[0].len()));
                match (arrays, nodes.last().zip(items.last())) {
                    (Some(arrays), Some(last)) => Some(self.array(nodes, items, last, &arrays)),
                    _ => self.replaced(old, values),
                }
            }
            _ => self.replaced(old, values),
        }
    }

    /// What becomes of a place that no answer, or not every one, has.
    fn not_always_there(
        &mut self,
        node: &Node,
        old: &Value,
        values: &[Option<&'a Value>],
    ) -> Option<Option<Value>> {
        let there: Vec<&'a Value> = values.iter().copied().flatten().collect();
        if there.is_empty() {
            self.note(old, None, Why::NoLongerThere);
            return Some(None);
        }
        if there.len() == values.len() {
            return None;
        }
        let mark = self.fresh.findings.changes.len();
        let still_holds = there.iter().all(|value| holds(node, Some(value)));
        let node = if still_holds {
            old.clone()
        } else {
            types(&there)
        };
        let optional = self.fresh.optional(node);
        self.note_replaced(mark, old, Some(&optional));
        Some(Some(optional))
    }

    /// Arrays of one length. Further elements are expected to be as the `last` one was: with the members that the author
    /// chose there.
    fn array(
        &mut self,
        nodes: &'a [Node],
        items: &'a [Value],
        last: (&'a Node, &'a Value),
        arrays: &[&'a Vec<Value>],
    ) -> Value {
        let length = arrays.first().map_or(0, |array| array.len());
        let mut new = Vec::with_capacity(length);
        for index in 0..length {
            self.fresh.path.enter_element(index);
            let values: Vec<_> = arrays.iter().map(|array| array.get(index)).collect();
            let (node, item) = nodes.get(index).zip(items.get(index)).unwrap_or(last);
            let mark = self.fresh.findings.changes.len();
            let item = self.value(node, item, &values);
            if index >= items.len() {
                self.fresh.findings.changes.truncate(mark);
                self.fresh
                    .findings
                    .note(&self.fresh.path, None, item.as_ref(), Why::New);
            }
            self.fresh.path.leave();
            new.extend(item);
        }
        for (index, item) in items.iter().enumerate().skip(length) {
            self.fresh.path.enter_element(index);
            self.note(item, None, Why::NoLongerThere);
            self.fresh.path.leave();
        }
        Value::Array(new)
    }

    /// `body` of responses, where the old expectation does not hold.
    fn body(
        &mut self,
        node: &Node,
        old: &Value,
        responses: &[&Map<String, Value>],
    ) -> Option<Value> {
        let bodies = Bodies::read(responses);
        let values = bodies.values();
        let has_documents = bodies.texts().is_none();
        if let Some(values) = values.filter(|_| has_documents && !matches!(node, Node::Scalar(_))) {
            let mut at_body = Update {
                fresh: self.fresh.at_body(),
            };
            return at_body.value(node, old, &values);
        }
        let mark = self.fresh.findings.changes.len();
        let new = self.fresh.body(responses);
        self.note_replaced(mark, old, new.as_ref());
        new
    }

    /// `headers` of responses, where the old expectation does not hold: each name has the values that matching finds.
    fn headers(
        &mut self,
        node: &'a Node,
        old: &'a Value,
        responses: &[&'a Map<String, Value>],
    ) -> Option<Value> {
        let maps: Vec<Option<&'a Value>> = responses
            .iter()
            .map(|one| {
                let found = ["headers", "multiValueHeaders"].map(|place| one.get(place));
                found.into_iter().flatten().find(|value| value.is_object())
            })
            .collect();
        let (Node::Object(object), Value::Object(members)) = (node, old) else {
            return self.value(node, old, &own(responses));
        };
        if !object.needs_object() || maps.contains(&None) {
            return self.value(node, old, &own(responses));
        }
        let maps: Vec<&'a Value> = maps.into_iter().flatten().collect();
        let kept_words = |word: &Word| maps.iter().all(|map| word_holds(word, map));
        let new = self.object(object, members, kept_words, |update, (name, node), json| {
            let wants_list = matches!(node, Node::Array(_));
            let found: Vec<Vec<&'a Value>> = responses
                .iter()
                .map(|one| header_values_of(one, name, wants_list))
                .collect();
            let is_met = |values: &Vec<&'a Value>| {
                values.iter().any(|value| holds(node, Some(value)))
                    || values.is_empty() && holds(node, None)
            };
            if found.iter().all(is_met) {
                return Some(json.clone());
            }
            let first: Vec<_> = found.iter().map(|values| values.first().copied()).collect();
            update.value(node, json, &first)
        });
        Some(new)
    }

    /// The old expectation of a place is another thing than what is there in every answer.
    fn replaced(&mut self, old: &Value, values: &[Option<&'a Value>]) -> Option<Value> {
        let mark = self.fresh.findings.changes.len();
        let new = self.fresh.value(values);
        self.note_replaced(mark, old, new.as_ref());
        new
    }

    fn note(&mut self, was: &Value, is: Option<&Value>, why: Why) {
        let path = &self.fresh.path;
        self.fresh.findings.note(path, Some(was), is, why);
    }

    fn note_replaced(&mut self, mark: usize, was: &Value, is: Option<&Value>) {
        let path = &self.fresh.path;
        let why = Why::AnsweredOtherwise;
        self.fresh.findings.note_replaced(mark, path, was, is, why);
    }
}

/// `headers` themselves, whatever they are.
fn own<'a>(responses: &[&'a Map<String, Value>]) -> Vec<Option<&'a Value>> {
    responses.iter().map(|one| one.get("headers")).collect()
}

fn word_holds(word: &Word, value: &Value) -> bool {
    let node = Node::Object(ObjectNode {
        words: vec![word.clone()],
        members: Vec::new(),
    });
    holds(&node, Some(value))
}
