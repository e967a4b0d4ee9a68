//! How a value of a test is shown to people: credentials masked, length and depth bounded.

use std::borrow::Cow;
use std::io;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use crate::path::names_credential;

/// What stands for a credential.
pub(crate) const MASK: &str = "***";

/// The longest that a string is shown, in bytes, before the mark that it was cut.
const STRING_LIMIT: usize = 256;

/// The longest that a whole value is shown, in bytes of its JSON text; a longer one is shown as the start of that text.
const VALUE_LIMIT: usize = 1024;

/// The longest text that is read to find the credentials in it, in bytes: what it is read into takes several times that.
const READ_LIMIT: usize = 64 << 10;

/// The deepest that arrays and objects are shown. Reports nest these values,
/// and must stay below the 128 levels that `serde_json` reads back.
const DEPTH_LIMIT: usize = 32;

/// The value as it may appear in a report: members that look like credentials masked, also in strings that hold JSON,
/// and cut where it is longer than a mismatch needs.
pub(crate) fn shown(value: &Value) -> Value {
    let masked = Masked { value, depth: 0 };
    let mut text = Start::default();
    if serde_json::to_writer(&mut text, &masked).is_ok()
        && text.length <= VALUE_LIMIT
        && let Ok(whole) = serde_json::to_value(&masked)
    {
        return whole;
    }
    let kept = String::from_utf8_lossy(&text.kept);
    Value::from(cut(&kept, VALUE_LIMIT, text.length))
}

/// The text as it may appear in a report: cut where it is longer than a mismatch needs.
pub(crate) fn shown_text(text: String) -> String {
    if text.len() <= STRING_LIMIT {
        return text;
    }
    cut(&text, STRING_LIMIT, text.len())
}

/// The first bytes of a text that is `length` bytes long in all, at most `limit` of them and never half a character.
pub(crate) fn cut(text: &str, limit: usize, length: usize) -> String {
    let end = text.floor_char_boundary(limit);
    format!("{}… ({length} bytes)", &text[..end])
}

/// Keeps the start of what is written and counts the rest, so that a 6 MB answer is not copied to show its start.
#[derive(Default)]
struct Start {
    kept: Vec<u8>,
    length: usize,
}

impl io::Write for Start {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Four bytes over the limit, so that the last character within it is whole.
        let room = (VALUE_LIMIT + 4).saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.length += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Masked<'a> {
    value: &'a Value,
    depth: usize,
}

impl Masked<'_> {
    fn inner<'v>(&self, value: &'v Value) -> Masked<'v> {
        Masked {
            value,
            depth: self.depth + 1,
        }
    }
}

impl Serialize for Masked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Array(_) | Value::Object(_) if self.depth >= DEPTH_LIMIT => {
                serializer.serialize_str("…")
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => self.value.serialize(serializer),
            Value::String(text) => {
                let text = masked_text(text, self.depth);
                if text.len() <= STRING_LIMIT {
                    serializer.serialize_str(&text)
                } else {
                    serializer.serialize_str(&cut(&text, STRING_LIMIT, text.len()))
                }
            }
            Value::Array(items) => {
                let mut array = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    array.serialize_element(&self.inner(item))?;
                }
                array.end()
            }
            Value::Object(members) => {
                let mut object = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    if names_credential(name) {
                        object.serialize_entry(name, MASK)?;
                    } else {
                        object.serialize_entry(name, &self.inner(value))?;
                    }
                }
                object.end()
            }
        }
    }
}

/// A string that holds a JSON document, such as an API Gateway `body`, hides credentials like the document itself.
fn masked_text(text: &str, depth: usize) -> Cow<'_, str> {
    if !text.trim_start().starts_with(['{', '[']) {
        return Cow::Borrowed(text);
    }
    if text.len() > READ_LIMIT {
        return Cow::Owned(cut("", 0, text.len()));
    }
    match serde_json::from_str::<Value>(text) {
        Ok(document) if holds_credential(&document) => {
            let masked = Masked {
                value: &document,
                depth: depth + 1,
            };
            Cow::Owned(serde_json::to_string(&masked).unwrap_or_else(|_| MASK.to_owned()))
        }
        // Too deep to read, or several documents: which of it the name is of is not known.
        Err(_) if names_credential(text) => Cow::Owned(format!("{MASK} ({} bytes)", text.len())),
        Ok(_) | Err(_) => Cow::Borrowed(text),
    }
}

/// Whether a text holds JSON with a credential in it, or cannot be read to know.
pub(crate) fn hides_credential(text: &str) -> bool {
    matches!(masked_text(text, DEPTH_LIMIT), Cow::Owned(_))
}

fn holds_credential(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| names_credential(name) || holds_credential(value)),
        Value::Array(items) => items.iter().any(holds_credential),
        Value::String(text) => hides_credential(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(value: &Value, expected: &Value) {
        assert_eq!(&shown(value), expected);
    }

    #[test]
    fn credentials_are_masked_wherever_they_are() {
        check(
            &json!({"user": "a", "password": "p", "deep": [{"apiKey": {"id": 1}}]}),
            &json!({"user": "a", "password": "***", "deep": [{"apiKey": "***"}]}),
        );
        check(
            &json!(r#"{"n": 1.50, "token": "t"}"#),
            &json!(r#"{"n":1.5,"token":"***"}"#),
        );
        check(
            &json!({"body": r#"{"inner":"{\"secret\":1}"}"#}),
            &json!({"body": r#"{"inner":"{\"secret\":\"***\"}"}"#}),
        );
        // Without a credential the text stays as it is.
        check(&json!(r#"{"n": 1.50}"#), &json!(r#"{"n": 1.50}"#));
    }

    #[test]
    fn text_that_looks_like_json_and_cannot_be_read_tells_no_credential() {
        let deep = format!("{}{{\"token\":1}}{}", "[".repeat(130), "]".repeat(130));
        let long = |length: usize| format!("[{}1]", " ".repeat(length - 3));
        for (text, expected) in [
            (r#"{"password": "p", "n": 1e999}"#, "*** (29 bytes)"),
            ("{\"token\":1}\n{\"token\":2}", "*** (23 bytes)"),
            (&deep, "*** (271 bytes)"),
            ("{\"n\":1}\n{\"n\":2}", "{\"n\":1}\n{\"n\":2}"),
            ("[the token]", "*** (11 bytes)"),
            ("the token", "the token"),
            (&long(READ_LIMIT + 1), "… (65537 bytes)"),
        ] {
            check(&json!(text), &json!(expected));
            check(&json!([text]), &json!([expected]));
        }
        let shown = shown(&json!(long(READ_LIMIT)));
        assert!(shown.as_str().unwrap().starts_with("[   "), "{shown}");
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let limit = "é".repeat(STRING_LIMIT / 2);
        check(&json!(limit), &json!(limit));
        check(
            &json!(format!("x{limit}")),
            &json!(format!("x{}… (257 bytes)", "é".repeat(127))),
        );
        let Value::String(text) = shown(&json!(vec!["é"; 1000])) else {
            panic!("a long array is shown as text");
        };
        assert!(text.starts_with(r#"["é","é","#), "{text}");
        assert!(text.ends_with("… (5001 bytes)"), "{text}");
        assert!(text.len() <= VALUE_LIMIT + 20, "{}", text.len());
    }

    #[test]
    fn the_start_of_a_cut_value_never_ends_within_a_character() {
        for offset in 0..8 {
            let items = [json!("x".repeat(offset)), json!(vec!["é🦀"; 200])];
            let Value::String(text) = shown(&json!(items)) else {
                panic!("a long array is shown as text");
            };
            assert!(!text.contains('\u{fffd}'), "{text}");
        }
    }

    #[test]
    fn deep_values_are_cut_so_that_reports_can_be_read_back() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let bomb: Value = serde_json::from_str(&deep(127)).unwrap();
        let text = shown(&bomb).to_string();
        assert_eq!(text, format!("{}\"…\"{}", "[".repeat(32), "]".repeat(32)));
        let bomb = json!(format!("[{{\"token\":1}},{}]", deep(100)));
        assert!(shown(&bomb).as_str().unwrap().len() < 100);
    }
}
