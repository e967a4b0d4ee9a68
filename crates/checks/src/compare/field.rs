//! The walk along the fields of three documents at once.

use serde_json::{Map, Value};

use super::{Cover, Findings, Shape};
use crate::matching::same;
use crate::path::Path;

/// Walks the current version's two documents and the target's. Recursion is as deep as the documents, which
/// `serde_json` bounded when it read them.
pub(super) struct Fields<'v, 'f, 'a> {
    pub(super) path: Path<'v>,
    pub(super) findings: &'f mut Findings<'a>,
}

impl<'v> Fields<'v, '_, '_> {
    /// Compares the field at the path, which any of the documents may lack.
    pub(super) fn compare(
        &mut self,
        cover: Cover<'_>,
        target: Option<&'v Value>,
        current: [Option<&'v Value>; 2],
    ) {
        match current {
            [Some(Value::Object(one)), Some(Value::Object(other))] => match target {
                Some(Value::Object(target)) => self.compare_members(cover, target, [one, other]),
                _ => self.differ(cover, current[0], target),
            },
            [Some(Value::Array(one)), Some(Value::Array(other))] => match target {
                Some(Value::Array(target)) => self.compare_elements(cover, target, [one, other]),
                _ => self.differ(cover, current[0], target),
            },
            [one, other] if !agree(one, other) => self.findings.ignore(&self.path),
            [one, _] if !agree(one, target) => self.differ(cover, one, target),
            _ => {}
        }
    }

    fn compare_members(
        &mut self,
        cover: Cover<'_>,
        target: &'v Map<String, Value>,
        [one, other]: [&'v Map<String, Value>; 2],
    ) {
        let further = other.keys().filter(|name| !one.contains_key(*name));
        let added = target
            .keys()
            .filter(|name| !one.contains_key(*name) && !other.contains_key(*name));
        for name in one.keys().chain(further).chain(added) {
            let cover = cover.member(name, self.path.is_root());
            self.path.enter_member(name);
            self.compare(cover, target.get(name), [one.get(name), other.get(name)]);
            self.path.leave();
        }
    }

    /// A length is a field of its own; the elements that all three have are compared one by one.
    fn compare_elements(
        &mut self,
        cover: Cover<'_>,
        target: &'v [Value],
        [one, other]: [&'v [Value]; 2],
    ) {
        if one.len() != other.len() {
            self.path.enter_word("$len");
            self.findings.ignore(&self.path);
            self.path.leave();
        } else if one.len() != target.len() {
            let [current, target] = [one, target].map(|items| Shape::Len(items.len()));
            let covered = cover.covers_length();
            self.findings.differ(&self.path, covered, current, target);
        }
        for (index, ((one, other), target)) in one.iter().zip(other).zip(target).enumerate() {
            self.path.enter_element(index);
            self.compare(cover.element(index), Some(target), [Some(one), Some(other)]);
            self.path.leave();
        }
    }

    fn differ(&mut self, cover: Cover<'_>, current: Option<&Value>, target: Option<&Value>) {
        let is_response = self.path.is_root();
        let covered = cover.covers(current, is_response) && cover.covers(target, is_response);
        let [current, target] = [current, target].map(Shape::from);
        self.findings.differ(&self.path, covered, current, target);
    }
}

/// Whether two answers have the same value here, or neither has one. Numbers compare by value, as in matching.
/// Two arrays and two objects never come here: they are compared by what is in them.
fn agree(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same(one, other),
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => false,
    }
}
