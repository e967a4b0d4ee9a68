//! The schema of a function's events, as the shared registry has it: OpenAPI 3.0, inferred from the first event that was shared
//! (`GetDiscoveredSchema`; SAM CLI 1.170.0, `lambda_shared_test_event.py`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Number, Value};

use super::values::{Alteration, Kind};
use crate::registry::RegistryError;

/// The most values of an `enum` that are tried.
const MOST_VALUES: usize = 16;

/// The most references that are followed from one to the next: a schema may refer to itself.
const MOST_REFERENCES: usize = 8;

/// The schemas of a registry's document.
#[derive(Clone, Debug, Default)]
pub struct EventSchema(BTreeMap<String, Value>);

#[derive(Deserialize)]
struct Document {
    components: Option<Components>,
}

#[derive(Deserialize)]
struct Components {
    schemas: Option<BTreeMap<String, Value>>,
}

impl EventSchema {
    /// Reads the schemas of the registry's document, `components.schemas`, of which `Event` is that of the event; a document
    /// without them has nothing to say.
    ///
    /// # Errors
    ///
    /// The document is not of the shape that SAM and the console write.
    pub fn parse(content: &str) -> Result<Self, RegistryError> {
        let document: Document = serde_json::from_str(content).map_err(RegistryError::Malformed)?;
        let components = document.components.ok_or(RegistryError::NoComponents)?;
        Ok(Self(components.schemas.unwrap_or_default()))
    }

    pub(super) fn event(&self) -> Option<&Value> {
        self.resolved(self.0.get("Event")?)
    }

    /// That of a member, of which the schema of the object knows.
    pub(super) fn member<'s>(&'s self, object: &'s Value, name: &str) -> Option<&'s Value> {
        self.resolved(object.get("properties")?.get(name)?)
    }

    /// That of an array's elements.
    pub(super) fn element<'s>(&'s self, array: &'s Value) -> Option<&'s Value> {
        self.resolved(array.get("items")?)
    }

    fn resolved<'s>(&'s self, mut schema: &'s Value) -> Option<&'s Value> {
        for _ in 0..MOST_REFERENCES {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                return Some(schema);
            };
            schema = self
                .0
                .get(reference.strip_prefix("#/components/schemas/")?)?;
        }
        None
    }
}

/// The names of the members that the schema of an object knows.
pub(super) fn names(object: &Value) -> impl Iterator<Item = &String> {
    let properties = object.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(|properties| properties.keys())
}

/// The type that a schema says.
pub(super) fn kind(schema: &Value) -> Kind {
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => Kind::Boolean,
        Some("integer" | "number") => Kind::Number,
        Some("array") => Kind::Array,
        Some("object") => Kind::Object,
        _ if schema.get("properties").is_some() => Kind::Object,
        _ => Kind::Text,
    }
}

/// A value that a field may have which the event lacks.
pub(super) fn sample(schema: &Value) -> &'static str {
    match kind(schema) {
        Kind::Boolean => "true",
        Kind::Number => "1",
        Kind::Array => "[]",
        Kind::Object => "{}",
        Kind::Null | Kind::Text | Kind::Held => r#""x""#,
    }
}

/// What a schema makes one try: the other values of an `enum` and their neighbours, both sides of each limit, times and dates
/// that there are not.
pub(super) fn alterations(schema: &Value) -> Vec<Alteration> {
    let mut found = Vec::new();
    let values = schema.get("enum").and_then(Value::as_array);
    for value in values.into_iter().flatten().take(MOST_VALUES) {
        match value {
            Value::String(text) => of_choice(text, &mut found),
            other => found.push(Alteration::new(format!("enum-{other}"), other.to_string())),
        }
    }
    let limit = |name: &str| schema.get(name).and_then(Value::as_number);
    for (name, what) in [("minimum", "minimum"), ("maximum", "maximum")] {
        found.extend(
            limit(name)
                .into_iter()
                .flat_map(|limit| around(limit, what)),
        );
    }
    let length = |name: &str| {
        limit(name)
            .and_then(Number::as_u64)
            .filter(|length| *length < 1 << 16)
    };
    for (name, what, longer) in [
        ("minLength", "shorter-than-allowed", false),
        ("maxLength", "longer-than-allowed", true),
    ] {
        if let Some(length) = length(name) {
            let length = if longer {
                length + 1
            } else {
                length.saturating_sub(1)
            };
            let length = usize::try_from(length).unwrap_or_default();
            found.push(Alteration::new(what, format!("\"{}\"", "x".repeat(length))));
        }
    }
    let odd: &[(&str, &str)] = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => &[
            ("no-such-time", r#""2023-02-29T25:61:00Z""#),
            ("time-without-zone", r#""2024-02-29T00:00:00""#),
            ("leap-second", r#""2016-12-31T23:59:60Z""#),
            ("first-time", r#""0000-01-01T00:00:00Z""#),
            ("last-time", r#""9999-12-31T23:59:59.999999999+14:00""#),
        ],
        Some("date") => &[
            ("no-such-date", r#""2023-02-29""#),
            ("first-date", r#""0000-01-01""#),
            ("last-date", r#""9999-12-31""#),
        ],
        _ => &[],
    };
    found.extend(odd.iter().map(|(what, text)| Alteration::new(*what, *text)));
    found
}

fn of_choice(text: &str, found: &mut Vec<Alteration>) {
    let mut shorter = text.to_owned();
    shorter.pop();
    let swapped: String = text
        .chars()
        .map(|c| {
            if c.is_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    for (what, text) in [
        (format!("enum-{text}"), text.to_owned()),
        (format!("enum-{text}-longer"), format!("{text}x")),
        (format!("enum-{text}-shorter"), shorter),
        (format!("enum-{text}-other-case"), swapped),
    ] {
        found.push(Alteration::new(what, Value::from(text).to_string()));
    }
}

/// A limit that is an integer, and the integers beside it.
fn around(limit: &Number, what: &'static str) -> Vec<Alteration> {
    let Some(limit) = limit
        .as_i64()
        .map(i128::from)
        .or_else(|| limit.as_u64().map(i128::from))
    else {
        return vec![Alteration::new(what, limit.to_string())];
    };
    [("", 0), ("-minus-1", -1), ("-plus-1", 1)]
        .into_iter()
        .map(|(suffix, step)| {
            Alteration::new(format!("{what}{suffix}"), (limit + step).to_string())
        })
        .collect()
}
