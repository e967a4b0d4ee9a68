//! `GetDiscoveredSchema`: the schema that sample events have in common.
//!
//! Sources are AWS CLI's example of the call and the EventBridge user guide, "Creating a schema from event JSON",
//! which show the answers for a flat event and for one of an event bus. That nested objects become schemas of their
//! own, as in the schemas that AWS publishes of its own events, and how those are called, is inferred.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::SchemaType;

/// The keys that make an event one of an event bus.
const ENVELOPE: [&str; 3] = ["detail-type", "source", "detail"];

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// It was `null`.
    Unknown,
    /// It was of more than one type.
    Any,
    Boolean,
    Integer,
    Number,
    Text {
        is_time: bool,
    },
    Array(Box<Self>),
    Object(BTreeMap<String, Member>),
}

#[derive(Clone, Debug, PartialEq)]
struct Member {
    shape: Shape,
    /// Whether every event had it.
    required: bool,
}

/// The schema document of `events`, as compact JSON.
pub(super) fn discovered_schema(events: &[Value], schema_type: SchemaType) -> String {
    let shape = events
        .iter()
        .map(Shape::of)
        .reduce(Shape::merge)
        .unwrap_or(Shape::Unknown);
    let envelope = events.first().and_then(envelope);
    let title = envelope.map_or_else(
        || "Event".to_owned(),
        |(detail_type, _)| pascal_case(detail_type),
    );
    let mut writer = Writer {
        prefix: match schema_type {
            SchemaType::OpenApi3 => "#/components/schemas/",
            SchemaType::JsonSchemaDraft4 => "#/definitions/",
        },
        schemas: Vec::new(),
    };
    let root = match (envelope, &shape) {
        (Some((detail_type, source)), Shape::Object(members)) => {
            let index = writer.reserve("AWSEvent");
            let detail = members
                .get("detail")
                .map(|member| writer.write(&member.shape, &title));
            let mut properties = Map::new();
            properties.extend(detail.map(|detail| ("detail".to_owned(), detail)));
            for (name, member) in members.iter().filter(|(name, _)| *name != "detail") {
                properties.insert(
                    name.clone(),
                    writer.write(&member.shape, &pascal_case(name)),
                );
            }
            let schema = json!({
                "type": "object",
                "required": required(members),
                "x-amazon-events-detail-type": detail_type,
                "x-amazon-events-source": source,
                "properties": properties,
            });
            writer.settle(index, schema)
        }
        _ => {
            let index = writer.reserve("Event");
            let schema = writer.inline(&shape, "Event");
            writer.settle(index, schema)
        }
    };
    let mut schemas: Map<String, Value> = writer.schemas.into_iter().collect();
    let document = match schema_type {
        SchemaType::OpenApi3 => json!({
            "openapi": "3.0.0",
            "info": { "version": "1.0.0", "title": title },
            "paths": {},
            "components": { "schemas": schemas },
        }),
        SchemaType::JsonSchemaDraft4 => {
            let mut document = json!({
                "$schema": "http://json-schema.org/draft-04/schema#",
                "title": title,
                "definitions": {},
            });
            if let (Some(Value::Object(root)), Some(members)) =
                (schemas.shift_remove(&root), document.as_object_mut())
            {
                members.extend(root);
                members.insert("definitions".to_owned(), Value::Object(schemas));
            }
            document
        }
    };
    document.to_string()
}

/// `detail-type` and `source` of an event of an event bus.
fn envelope(event: &Value) -> Option<(&str, &str)> {
    let [detail_type, source, detail] = ENVELOPE.map(|name| event.get(name));
    detail.filter(|detail| detail.is_object())?;
    Some((detail_type?.as_str()?, source?.as_str()?))
}

impl Shape {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Unknown,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_f64() => Self::Number,
            Value::Number(_) => Self::Integer,
            Value::String(text) => Self::Text {
                is_time: is_time(text),
            },
            Value::Array(items) => Self::Array(Box::new(
                items
                    .iter()
                    .map(Self::of)
                    .reduce(Self::merge)
                    // Of an empty list AWS says that it holds objects.
                    .unwrap_or_else(|| Self::Object(BTreeMap::new())),
            )),
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| {
                    let shape = Self::of(value);
                    (
                        name.clone(),
                        Member {
                            shape,
                            required: true,
                        },
                    )
                };
                Self::Object(members.iter().map(member).collect())
            }
        }
    }

    /// What holds for both.
    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, shape) | (shape, Self::Unknown) => shape,
            (Self::Integer, Self::Number) | (Self::Number, Self::Integer) => Self::Number,
            (Self::Text { is_time: one }, Self::Text { is_time: other }) => Self::Text {
                is_time: one && other,
            },
            (Self::Array(one), Self::Array(other)) => Self::Array(Box::new(one.merge(*other))),
            (Self::Object(mut one), Self::Object(mut other)) => {
                for (name, member) in &mut one {
                    match other.remove(name) {
                        Some(met) => {
                            let shape = std::mem::replace(&mut member.shape, Self::Unknown);
                            member.shape = shape.merge(met.shape);
                            member.required &= met.required;
                        }
                        None => member.required = false,
                    }
                }
                let new = other.into_iter().map(|(name, member)| {
                    let required = false;
                    (name, Member { required, ..member })
                });
                one.extend(new);
                Self::Object(one)
            }
            (one, other) if one == other => one,
            _ => Self::Any,
        }
    }
}

/// Writes shapes, objects with members as schemas of their own.
struct Writer {
    prefix: &'static str,
    schemas: Vec<(String, Value)>,
}

impl Writer {
    /// Takes a name, or one with a number after it where it is taken, so that schemas stand in the order in which
    /// they are met.
    fn reserve(&mut self, name: &str) -> usize {
        let taken = |name: &str| self.schemas.iter().any(|(known, _)| known == name);
        let mut free = name.to_owned();
        let mut number = 1;
        while taken(&free) {
            free = format!("{name}_{number}");
            number += 1;
        }
        self.schemas.push((free, Value::Null));
        self.schemas.len() - 1
    }

    /// Puts the schema under the name that was reserved, and returns that.
    fn settle(&mut self, index: usize, schema: Value) -> String {
        let Some((name, place)) = self.schemas.get_mut(index) else {
            return String::new();
        };
        *place = schema;
        name.clone()
    }

    fn write(&mut self, shape: &Shape, name: &str) -> Value {
        match shape {
            Shape::Object(members) if !members.is_empty() => {
                let index = self.reserve(name);
                let schema = self.inline(shape, name);
                let name = self.settle(index, schema);
                json!({ "$ref": format!("{}{name}", self.prefix) })
            }
            _ => self.inline(shape, name),
        }
    }

    fn inline(&mut self, shape: &Shape, name: &str) -> Value {
        match shape {
            Shape::Unknown | Shape::Any => json!({}),
            Shape::Boolean => json!({ "type": "boolean" }),
            Shape::Integer => json!({ "type": "integer", "format": "int64" }),
            Shape::Number => json!({ "type": "number", "format": "double" }),
            Shape::Text { is_time: true } => json!({ "type": "string", "format": "date-time" }),
            Shape::Text { is_time: false } => json!({ "type": "string" }),
            Shape::Array(item) => {
                json!({ "type": "array", "items": self.write(item, &format!("{name}Item")) })
            }
            Shape::Object(members) => {
                let mut schema = json!({ "type": "object" });
                let required = required(members);
                if !required.is_empty() {
                    schema["required"] = required.into();
                }
                if !members.is_empty() {
                    let properties: Map<String, Value> = members
                        .iter()
                        .map(|(name, member)| {
                            (name.clone(), self.write(&member.shape, &pascal_case(name)))
                        })
                        .collect();
                    schema["properties"] = Value::Object(properties);
                }
                schema
            }
        }
    }
}

fn required(members: &BTreeMap<String, Member>) -> Vec<&str> {
    let required = members.iter().filter(|(_, member)| member.required);
    required.map(|(name, _)| name.as_str()).collect()
}

/// A name as a schema is called: letters and digits, each word with a capital.
fn pascal_case(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    let mut pascal = String::new();
    for word in words {
        let mut letters = word.chars();
        pascal.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        pascal.push_str(letters.as_str());
    }
    if pascal.is_empty() {
        "Event".to_owned()
    } else {
        pascal
    }
}

/// Whether a text is a date and time of RFC 3339.
fn is_time(text: &str) -> bool {
    let digits_as = |text: &str, form: &str| {
        text.len() == form.len()
            && text
                .bytes()
                .zip(form.bytes())
                .all(|(byte, form)| match form {
                    b'0' => byte.is_ascii_digit(),
                    _ => byte == form,
                })
    };
    let Some((time, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let zone = rest.strip_prefix('.').map_or(rest, |fraction| {
        fraction.trim_start_matches(|digit: char| digit.is_ascii_digit())
    });
    digits_as(time, "0000-00-00T00:00:00")
        && (zone == "Z" || digits_as(zone, "+00:00") || digits_as(zone, "-00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discovered_schemas_are_what_events_have_in_common() {
        let object = |required: Value, properties: Value| json!({ "type": "object", "required": required, "properties": properties });
        let (text, integer) = (
            json!({ "type": "string" }),
            json!({ "type": "integer", "format": "int64" }),
        );
        for (events, expected) in [
            // The example of AWS CLI's `schemas get-discovered-schema`, with the names in order.
            (
                json!([{ "Source": "com.mycompany.myapp", "Detail": "{}", "Resources": ["r1", "r2"], "DetailType": "t" }]),
                json!({ "Event": object(json!(["Detail", "DetailType", "Resources", "Source"]), json!({
                "Detail": text, "DetailType": text, "Resources": { "type": "array", "items": text }, "Source": text,
            })) }),
            ),
            (
                json!([{ "a": 1, "b": null, "c": true, "d": 1, "f": "x" }, { "a": 2, "b": "x", "c": "no", "d": 1.5, "e": 1 }]),
                json!({ "Event": object(json!(["a", "b", "c", "d"]), json!({
                "a": integer, "b": text, "c": {}, "d": { "type": "number", "format": "double" }, "e": integer, "f": text,
            })) }),
            ),
            (
                json!([{ "order-line": [{ "id": 1 }], "none": [], "at": "2025-05-15T12:00:00.5Z", "orderLineItem": { "x": 1 } }]),
                json!({
                    "Event": object(json!(["at", "none", "order-line", "orderLineItem"]), json!({
                        "at": { "type": "string", "format": "date-time" },
                        "none": { "type": "array", "items": { "type": "object" } },
                        "order-line": { "type": "array", "items": { "$ref": "#/components/schemas/OrderLineItem" } },
                        "orderLineItem": { "$ref": "#/components/schemas/OrderLineItem_1" },
                    })),
                    "OrderLineItem": object(json!(["id"]), json!({ "id": integer })),
                    "OrderLineItem_1": object(json!(["x"]), json!({ "x": integer })),
                }),
            ),
            (
                json!([[1, 2]]),
                json!({ "Event": { "type": "array", "items": integer } }),
            ),
            // The user guide's event of an event bus, shortened.
            (
                json!([{ "detail-type": "Step Functions Status", "source": "aws.states", "time": "2019-02-26T19:42:21Z", "detail": { "output": null, "startDate": 1 } }]),
                json!({
                    "AWSEvent": {
                        "type": "object", "required": ["detail", "detail-type", "source", "time"],
                        "x-amazon-events-detail-type": "Step Functions Status", "x-amazon-events-source": "aws.states",
                        "properties": {
                            "detail": { "$ref": "#/components/schemas/StepFunctionsStatus" }, "detail-type": text, "source": text,
                            "time": { "type": "string", "format": "date-time" },
                        },
                    },
                    "StepFunctionsStatus": object(json!(["output", "startDate"]), json!({ "output": {}, "startDate": integer })),
                }),
            ),
        ] {
            let content =
                discovered_schema(events.as_array().expect("events"), SchemaType::OpenApi3);
            let document: Value = serde_json::from_str(&content).expect("JSON");
            assert_eq!(document["components"]["schemas"], expected, "{events}");
            assert_eq!(document["openapi"], "3.0.0");
        }

        let draft4 = discovered_schema(
            &[json!({ "a": { "b": "x" } })],
            SchemaType::JsonSchemaDraft4,
        );
        assert_eq!(
        draft4,
        json!({
            "$schema": "http://json-schema.org/draft-04/schema#", "title": "Event",
            "definitions": { "A": object(json!(["b"]), json!({ "b": text })) },
            "type": "object", "required": ["a"], "properties": { "a": { "$ref": "#/definitions/A" } },
        })
        .to_string()
    );
    }
}
