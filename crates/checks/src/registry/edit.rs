//! Changes of the document, in its text: what is not meant stays as it is written.

use serde_json::Value;
use serde_json::value::RawValue;

use super::RegistryError;
use super::outline::Outline;
use crate::raw::Members;

/// The content with that example, whose `value` is the JSON text as it is given.
///
/// An example that is there keeps its place and whatever else it has (`x-metadata`, `summary`). A new one stands last and looks
/// as `sam remote test-event put` writes it without an invocation type (SAM CLI 1.170.0).
///
/// # Errors
///
/// The content is no such document, or has a name twice; the value is not JSON.
pub fn put(content: &str, name: &str, value: &str) -> Result<String, RegistryError> {
    let value: &RawValue =
        serde_json::from_str(value).map_err(|source| RegistryError::NotJson {
            name: name.to_owned(),
            source,
        })?;
    let value = value.get();
    let outline = Outline::to_change(content)?;
    let Some(position) = outline.position(name) else {
        let example = format!(r#"{{"value": {value}, "x-metadata": {{"invocationType": null}}}}"#);
        return add(&outline, name, &example);
    };
    let example = &outline.examples[position];
    match example.value {
        Some(old) => Ok(outline.with(outline.place(old), value)),
        None => member(&outline, example.object, "value", value),
    }
}

/// The content without that example; unchanged where there is none.
///
/// # Errors
///
/// The content is no such document, or has a name twice.
pub fn delete(content: &str, name: &str) -> Result<String, RegistryError> {
    let outline = Outline::to_change(content)?;
    let (Some(position), Some(object)) = (outline.position(name), outline.examples_object) else {
        return Ok(content.to_owned());
    };
    let examples = &outline.examples;
    let end = outline.place(examples[position].object).end;
    let place = match (position.checked_sub(1), examples.get(position + 1)) {
        (Some(before), _) => outline.place(examples[before].object).end..end,
        (None, Some(after)) => {
            outline.place(examples[position].key).start..outline.place(after.key).start
        }
        (None, None) => return Ok(outline.with(outline.place(object), "{}")),
    };
    Ok(outline.with(place, ""))
}

/// The content with that example, whose whole text is given.
pub(super) fn set(content: &str, name: &str, example: &str) -> Result<String, RegistryError> {
    let outline = Outline::to_change(content)?;
    match outline.position(name) {
        Some(position) => {
            let place = outline.place(outline.examples[position].object);
            Ok(outline.with(place, example))
        }
        None => add(&outline, name, example),
    }
}

/// The content with empty examples.
pub(super) fn emptied(content: &str) -> Result<String, RegistryError> {
    let outline = Outline::of(content)?;
    match outline.examples_object {
        Some(object) => Ok(outline.with(outline.place(object), "{}")),
        None => member(&outline, outline.components, "examples", "{}"),
    }
}

fn add(outline: &Outline<'_>, name: &str, example: &str) -> Result<String, RegistryError> {
    let examples = || format!("{{{}: {example}}}", Value::from(name));
    match outline.examples_object {
        Some(object) if object.get() == "null" => {
            Ok(outline.with(outline.place(object), &examples()))
        }
        Some(object) => member(outline, object, name, example),
        None => member(outline, outline.components, "examples", &examples()),
    }
}

/// The content with one more member in an object of it.
fn member(
    outline: &Outline<'_>,
    object: &RawValue,
    name: &str,
    text: &str,
) -> Result<String, RegistryError> {
    let member = format!("{}: {text}", Value::from(name));
    let members = Members::of(object.get()).map_err(RegistryError::Malformed)?;
    Ok(match members.0.last() {
        Some((_, last)) => {
            let end = outline.place(last).end;
            outline.with(end..end, &format!(", {member}"))
        }
        None => outline.with(outline.place(object), &format!("{{{member}}}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::documents;

    /// What nobody here knows, in every place.
    const ODD: &str = r#"{"x-a" : 1.0,"components":{ "schemas":{"Event":{}},"examples": {"one":{"summary":"\u00fc","value":[1e5], "x-metadata":{"invocationType":"Event"}} ,
  "tw\u006f":{"value":12345678901234567890123}}, "x-b":1E400},"openapi":"3.0.0"}"#;

    #[test]
    fn what_is_put_is_all_that_changes() {
        let rows = [
            (ODD, "one", "{\"a\":  2}", ODD.replace("[1e5]", "{\"a\":  2}")),
            (ODD, "two", " 3 ", ODD.replace("12345678901234567890123", "3")),
            (
                ODD,
                "th\"ree",
                "null",
                ODD.replace("0123}}", r#"0123}, "th\"ree": {"value": null, "x-metadata": {"invocationType": null}}}"#),
            ),
            (
                r#"{"components":{"examples":{"a":{}}}}"#,
                "a",
                "1",
                r#"{"components":{"examples":{"a":{"value": 1}}}}"#.to_owned(),
            ),
            (
                r#"{"components":{"examples":{"a":{"summary":"s"}}}}"#,
                "a",
                "1",
                r#"{"components":{"examples":{"a":{"summary":"s", "value": 1}}}}"#.to_owned(),
            ),
            (
                r#"{"components":{"examples":null}}"#,
                "a",
                "1",
                r#"{"components":{"examples":{"a": {"value": 1, "x-metadata": {"invocationType": null}}}}}"#.to_owned(),
            ),
            (
                r#"{"components":{ }}"#,
                "a",
                "1",
                r#"{"components":{"examples": {"a": {"value": 1, "x-metadata": {"invocationType": null}}}}}"#.to_owned(),
            ),
        ];
        for (content, name, value, expected) in rows {
            let changed = put(content, name, value).unwrap();
            assert_eq!(changed, expected);
            let found = documents(&changed).unwrap();
            assert!(
                found.contains(&(name.to_owned(), value.trim().to_owned())),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_is_deleted_is_all_that_goes() {
        let rows = [
            (ODD, "none", ODD.to_owned()),
            (
                ODD,
                "two",
                ODD.replace(" ,\n  \"tw\\u006f\":{\"value\":12345678901234567890123}", ""),
            ),
            (
                ODD,
                "one",
                ODD.replace(
                    "\"one\":{\"summary\":\"\\u00fc\",\"value\":[1e5], \"x-metadata\":{\"invocationType\":\"Event\"}} ,\n  ",
                    "",
                ),
            ),
            (
                r#"{"components":{"examples": { "a": {} } }}"#,
                "a",
                r#"{"components":{"examples": {} }}"#.to_owned(),
            ),
            (r#"{"components":{}}"#, "a", r#"{"components":{}}"#.to_owned()),
        ];
        for (content, name, expected) in rows {
            assert_eq!(delete(content, name).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_ambiguous_is_not_changed() {
        let twice = r#"{"components":{"examples":{"a":{},"b":{},"\u0061":{}}}}"#;
        for error in [
            put(twice, "b", "1").unwrap_err(),
            delete(twice, "b").unwrap_err(),
        ] {
            assert!(error.to_string().contains("have the name \"a\""), "{error}");
        }
        let twice = r#"{"components":{"examples":{"a":{"value":1,"value":2}}}}"#;
        let error = put(twice, "a", "1").unwrap_err().to_string();
        assert!(error.contains("`value` is there twice"), "{error}");
        let error = put(ODD, "a", "{").unwrap_err().to_string();
        assert!(error.contains("\"a\" is not JSON: EOF"), "{error}");
        let error = put(ODD, "a", "1}, \"b\": {").unwrap_err().to_string();
        assert!(error.contains("trailing characters"), "{error}");
    }
}
