//! Where in the text of an expectation something is, for people who will look there.

use std::cell::OnceCell;
use std::iter;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::raw::{Members, range_in};
use crate::{ExpectationError, Mismatch};

/// A place in a text, both numbers from 1. Columns count characters (Unicode scalar values).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// Where a text begins.
    pub const START: Self = Self { line: 1, column: 1 };

    /// Where in `text` it was found to be no JSON.
    pub fn of_error(text: &str, error: &serde_json::Error) -> Self {
        let lines = Lines::of(text);
        // serde_json counts columns in bytes, and says 0 for what is before the first one.
        let line = lines.starts.get(error.line().max(1) - 1);
        let offset = line.unwrap_or(&text.len()) + error.column().max(1) - 1;
        lines.place(text.floor_char_boundary(offset))
    }
}

/// The places of the text of an expectation, which is read once for all that is looked for in it.
#[derive(Debug)]
pub struct Places<'t> {
    lines: Lines<'t>,
    /// `None` where the text is no JSON.
    root: Option<Part<'t>>,
}

impl<'t> Places<'t> {
    /// Looks no deeper into the text than is asked for later.
    pub fn within(expectation: &'t str) -> Self {
        let root: Option<&RawValue> = serde_json::from_str(expectation).ok();
        Self {
            lines: Lines::of(expectation),
            root: root.map(|value| Part::of(expectation, value, value)),
        }
    }

    /// What in the text of the event's expectation is not met: the instruction, else the member at the mismatch's path;
    /// or the deepest one on the way there that the expectation has, because defaults and comparisons speak of more than it.
    ///
    /// It is the start of the text when that is no JSON.
    pub fn of(&self, mismatch: &Mismatch) -> Place {
        self.find(|walk| {
            if walk.follow(&mismatch.path)
                && let Value::Object(expected) = &mismatch.expected
                && expected.len() == 1
            {
                for word in expected.keys().filter(|name| literal(name).is_none()) {
                    walk.enter_key(|key| key == word);
                }
            }
        })
    }

    /// The part at a path, or the deepest one on the way there.
    fn at(&self, path: &str) -> Place {
        self.find(|walk| {
            walk.follow(path);
        })
    }

    fn find(&self, way: impl FnOnce(&mut Walk<'_, 't>)) -> Place {
        let Some(root) = &self.root else {
            return Place::START;
        };
        let mut walk = Walk {
            text: self.lines.text,
            part: root,
        };
        way(&mut walk);
        self.lines.place(walk.part.offset)
    }
}

impl ExpectationError {
    /// Where in the text that is no expectation the problem is.
    pub fn place(&self, expectation: &str) -> Place {
        match self {
            Self::Empty | Self::ByteOrderMark => Place::START,
            Self::NotJson(error) => Place::of_error(expectation, error),
            Self::Rule { path, .. } => Places::within(expectation).at(path),
        }
    }
}

/// A text, and where its lines begin, in bytes.
#[derive(Debug)]
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let behind_ends = text.match_indices('\n').map(|(end, _)| end + 1);
        Self {
            text,
            starts: iter::once(0).chain(behind_ends).collect(),
        }
    }

    /// `offset` is one of the text, in bytes.
    fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset);
        // The first line begins at 0, so that there is always one.
        let start = line.checked_sub(1).map_or(0, |before| self.starts[before]);
        let before = self.text.get(start..offset).unwrap_or_default();
        Place {
            line,
            column: before.chars().count() + 1,
        }
    }
}

/// A member, an element, or the whole.
#[derive(Debug)]
struct Part<'t> {
    /// Where it begins in the text, in bytes: a member with its key.
    offset: usize,
    value: &'t str,
    /// Read when it is first entered.
    inner: OnceCell<Inner<'t>>,
}

#[derive(Debug)]
enum Inner<'t> {
    Nothing,
    /// Without those whose names stand for no text (`"\ud800"`), of which no path speaks.
    Members(Vec<(String, Part<'t>)>),
    Elements(Vec<Part<'t>>),
}

impl<'t> Part<'t> {
    /// `start` is what it begins with.
    fn of(text: &'t str, start: &'t RawValue, value: &'t RawValue) -> Self {
        Self {
            offset: range_in(text, start).start,
            value: value.get(),
            inner: OnceCell::new(),
        }
    }

    fn inner(&self, text: &'t str) -> &Inner<'t> {
        self.inner
            .get_or_init(|| Self::read(text, self.value).unwrap_or(Inner::Nothing))
    }

    fn read(text: &'t str, value: &'t str) -> Option<Inner<'t>> {
        if value.starts_with('{') {
            let members = Members::of(value).ok()?.0.into_iter();
            let members = members.filter_map(|(key, value)| {
                let name: String = serde_json::from_str(key.get()).ok()?;
                Some((name, Self::of(text, key, value)))
            });
            return Some(Inner::Members(members.collect()));
        }
        let elements: Vec<&RawValue> = serde_json::from_str(value).ok()?;
        let elements = elements.into_iter();
        let elements = elements.map(|element| Self::of(text, element, element));
        Some(Inner::Elements(elements.collect()))
    }
}

/// A way into the text of a JSON document.
struct Walk<'p, 't> {
    text: &'t str,
    /// The innermost part that was entered.
    part: &'p Part<'t>,
}

impl<'p, 't> Walk<'p, 't> {
    /// Enters all members, elements and instructions of a path as [`Path`](crate::path::Path) writes it, up to the first
    /// that is not there. Whether all are there.
    fn follow(&mut self, path: &str) -> bool {
        let mut rest = if path == "$" { "" } else { path };
        let mut within_headers = false;
        let mut depth = 0;
        while !rest.is_empty() {
            let Some((segment, behind)) = Segment::read(rest) else {
                return false;
            };
            let entered = match &segment {
                Segment::Element(index) => self.enter_element(*index),
                Segment::Word(word) => self.enter_key(|key| key == *word),
                Segment::Member(name) => {
                    self.enter_key(|key| literal(key) == Some(name))
                        || within_headers
                            && self.enter_key(|key| {
                                literal(key).is_some_and(|key| key.eq_ignore_ascii_case(name))
                            })
                }
            };
            if !entered {
                return false;
            }
            within_headers =
                depth == 0 && matches!(&segment, Segment::Member(name) if name == "headers");
            depth += 1;
            rest = behind;
        }
        true
    }

    fn enter_key(&mut self, is: impl Fn(&str) -> bool) -> bool {
        let Inner::Members(members) = self.part.inner(self.text) else {
            return false;
        };
        let found = members.iter().find(|(name, _)| is(name));
        self.enter(found.map(|(_, part)| part))
    }

    fn enter_element(&mut self, index: usize) -> bool {
        let Inner::Elements(elements) = self.part.inner(self.text) else {
            return false;
        };
        self.enter(elements.get(index))
    }

    /// Whether it is there.
    fn enter(&mut self, part: Option<&'p Part<'t>>) -> bool {
        if let Some(part) = part {
            self.part = part;
        }
        part.is_some()
    }
}

/// The name of the member that a key of an expectation speaks of; `None` for an instruction.
fn literal(key: &str) -> Option<&str> {
    match key.strip_prefix('$') {
        None => Some(key),
        Some(literal) => literal.starts_with('$').then_some(literal),
    }
}

enum Segment<'p> {
    Member(String),
    Element(usize),
    Word(&'p str),
}

impl<'p> Segment<'p> {
    /// The first segment of a path, and what is behind it; `None` where a long path was cut.
    fn read(path: &'p str) -> Option<(Self, &'p str)> {
        let Some(bracketed) = path.strip_prefix('[') else {
            let path = path.strip_prefix('.').unwrap_or(path);
            let end = path.find(['.', '[']).unwrap_or(path.len());
            let (name, behind) = path.split_at(end);
            let segment = if name.starts_with('$') {
                Self::Word(name)
            } else {
                Self::Member(name.to_owned())
            };
            return Some((segment, behind));
        };
        if bracketed.starts_with('"') {
            let mut names = serde_json::Deserializer::from_str(bracketed).into_iter();
            let name: String = names.next()?.ok()?;
            let behind = bracketed.get(names.byte_offset()..)?.strip_prefix(']')?;
            return Some((Self::Member(name), behind));
        }
        let (index, behind) = bracketed.split_once(']')?;
        Some((Self::Element(index.parse().ok()?), behind))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Expectation;

    const TEXT: &str = r#"{
  "statusCode": 200,
  "Headers": 1, "headers": { "Content-Type": { "$contains": "json" } },
  "body": { "ü": [1, [2,
      {"id": {"$type": "string", "$regex": "^O"}}]], "$$ref": 1, "$len": {"$gte": 3}, "\u0061": 1 },
  "$maxDurationMs": 100
}
"#;

    fn mismatch(path: &str, expected: Value) -> Mismatch {
        Mismatch {
            path: path.to_owned(),
            expected,
            actual: None,
            compared_with: None,
        }
    }

    #[test]
    fn the_deepest_part_of_the_expectation_on_the_path() {
        // One for all of them: nobody finds another place because of what was looked for before.
        let places = Places::within(TEXT);
        let check = |path: &str, expected: Value, line: usize, column: usize| {
            let found = places.of(&mismatch(path, expected.clone()));
            assert_eq!(found, Place { line, column }, "{path} {expected}");
        };
        check("$", json!({"a": 1}), 1, 1);
        check("statusCode", json!(200), 2, 3);
        check("$maxDurationMs", json!(100), 6, 3);
        // The instruction itself, where the mismatch is of one.
        check(
            r#"headers["Content-Type"]"#,
            json!({"$contains": "json"}),
            3,
            48,
        );
        check(r#"headers["Content-Type"]"#, json!("json"), 3, 30);
        // Comparing writes header names in lower case; other names have a case.
        check(r#"headers["content-type"]"#, json!("json"), 3, 30);
        check("STATUSCODE", json!(200), 1, 1);
        check(r#"body["ü"]"#, json!([]), 4, 13);
        check(r#"body["ü"][1]"#, json!([]), 4, 22);
        check(r#"body["ü"][1][1].id"#, json!({"$regex": "^O"}), 5, 34);
        check(
            r#"body["ü"][1][1].id"#,
            json!({"$type": "string", "$regex": "^O"}),
            5,
            8,
        );
        check(r#"body["$ref"]"#, json!(1), 5, 54);
        check("body", json!({"$len": {"$gte": 3}}), 5, 66);
        check("body", json!({"$len": 3}), 5, 66);
        // An array's own length has no instruction to point at.
        check(r#"body["ü"]"#, json!({"$len": 2}), 4, 13);
        check("body.a", json!(1), 5, 87);
        // What is not there: defaults, comparisons, and paths that were cut.
        check("$error", json!({"$absent": true}), 1, 1);
        check("body.gone.deeper[3]", json!({"$regex": "^O"}), 4, 3);
        check(r#"body["ü"][7].id"#, json!(1), 4, 13);
        check(r#"body["ü"][1][0].id"#, json!(1), 4, 23);
        check(r#"body["ü… (300 bytes)"#, json!(1), 4, 3);
        check("statusCode.$gte", json!(1), 2, 3);
        check("body.$len.$gte", json!(1), 5, 75);
    }

    #[test]
    fn any_text_has_a_place() {
        for text in ["", "{", "[1", "7", "\u{feff}{}"] {
            let place = Places::within(text).of(&mismatch("body.id", json!(1)));
            assert_eq!(place, Place::START, "{text:?}");
        }
        let place = Places::within("\n [1,\r\n\t2]").of(&mismatch("[1]", json!(1)));
        assert_eq!(place, Place { line: 3, column: 2 });
    }

    #[test]
    fn errors_are_where_they_are() {
        fn check(text: &str, line: usize, column: usize) {
            let place = Expectation::parse(text).unwrap_err().place(text);
            assert_eq!(place, Place { line, column }, "{text}");
        }
        check("", 1, 1);
        check("\u{feff}{}", 1, 1);
        check("{\n  \"ü\": 1,\n  \"ü\": true }", 3, 5);
        check("{\n  \"ü\": tru }", 2, 11);
        check("{\n\"a\": 1,\n}", 3, 1);
        check(
            "{\n  \"body\": [1, { \"x\": {\"$oneOf\": [1, {\"$regexp\": 1}]}}] }",
            2,
            38,
        );
        check("{\n  \"$error\": true,\n \"a\": 1 }", 2, 3);
        check("{\"ü\": \"", 1, 7);
    }
}
