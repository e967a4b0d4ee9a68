//! Where in the text of an expectation something is, for people who will look there.

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
        // serde_json counts columns in bytes, and says 0 for what is before the first one.
        let lines = text.split_inclusive('\n');
        let before: usize = lines.take(error.line().max(1) - 1).map(str::len).sum();
        let offset = before + error.column().max(1) - 1;
        Self::of(text, text.floor_char_boundary(offset))
    }

    /// `offset` is one of `text`, in bytes.
    fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

impl Mismatch {
    /// What in the text of the event's expectation is not met: the instruction, else the member at the mismatch's path;
    /// or the deepest one on the way there that the expectation has, because defaults and comparisons speak of more than it.
    ///
    /// It is the start of the text when that is no JSON.
    pub fn place(&self, expectation: &str) -> Place {
        let mut walk = Walk::of(expectation);
        if walk.follow(&self.path)
            && let Value::Object(expected) = &self.expected
            && expected.len() == 1
        {
            for word in expected.keys().filter(|name| literal(name).is_none()) {
                walk.enter_key(|key| key == word);
            }
        }
        walk.place()
    }
}

impl ExpectationError {
    /// Where in the text that is no expectation the problem is.
    pub fn place(&self, expectation: &str) -> Place {
        match self {
            Self::Empty | Self::ByteOrderMark => Place::START,
            Self::NotJson(error) => Place::of_error(expectation, error),
            Self::Rule { path, .. } => {
                let mut walk = Walk::of(expectation);
                walk.follow(path);
                walk.place()
            }
        }
    }
}

/// A way into the text of a JSON document.
struct Walk<'t> {
    text: &'t str,
    /// The start of the innermost member or element that was entered, in bytes.
    offset: usize,
    /// Its value.
    value: Option<&'t RawValue>,
}

impl<'t> Walk<'t> {
    fn of(text: &'t str) -> Self {
        let value: Option<&RawValue> = serde_json::from_str(text).ok();
        let mut walk = Self {
            text,
            offset: 0,
            value,
        };
        if let Some(value) = value {
            walk.offset = range_in(text, value).start;
        }
        walk
    }

    fn place(&self) -> Place {
        Place::of(self.text, self.offset)
    }

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
        let members = self.value.and_then(|value| Members::of(value.get()).ok());
        let found = members.into_iter().flat_map(|members| members.0);
        let found = found
            .into_iter()
            .find(|(key, _)| serde_json::from_str::<String>(key.get()).is_ok_and(|key| is(&key)));
        let Some((key, value)) = found else {
            return false;
        };
        self.offset = range_in(self.text, key).start;
        self.value = Some(value);
        true
    }

    fn enter_element(&mut self, index: usize) -> bool {
        let elements: Option<Vec<&RawValue>> = self
            .value
            .and_then(|value| serde_json::from_str(value.get()).ok());
        let Some(&element) = elements.iter().flatten().nth(index) else {
            return false;
        };
        self.offset = range_in(self.text, element).start;
        self.value = Some(element);
        true
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
        fn check(path: &str, expected: Value, line: usize, column: usize) {
            let found = mismatch(path, expected.clone()).place(TEXT);
            assert_eq!(found, Place { line, column }, "{path} {expected}");
        }
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
            let place = mismatch("body.id", json!(1)).place(text);
            assert_eq!(place, Place::START, "{text:?}");
        }
        let place = mismatch("[1]", json!(1)).place("\n [1,\r\n\t2]");
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
