//! The API over the wire.

use serde_json::{Value, json};

use crate::testing::Wire;

const REGISTRY: &str = "/v1/registries/name/lambda-testevent-schemas";
const SCHEMA: &str = "/v1/registries/name/lambda-testevent-schemas/schemas/name/_orders-schema";
const ARN: &str =
    "arn:aws:schemas:us-east-1:123456789012:schema/lambda-testevent-schemas/_orders-schema";

/// A schema document with one shared test event.
fn document(event: &str) -> String {
    json!({
        "openapi": "3.0.0", "info": { "version": "1.0.0", "title": "Event" }, "paths": {},
        "components": { "schemas": {}, "examples": { event: { "value": {} } } },
    })
    .to_string()
}

async fn check(wire: &Wire, (method, path): (&str, &str), input: Value, expected: (u16, Value)) {
    let reply = wire.rest(method, path, &input).await;
    assert_eq!(
        (reply.status, reply.json()),
        expected,
        "{method} {path} {input}"
    );
}

/// Expects an error with that status, name and message.
async fn refused(
    wire: &Wire,
    call: (&str, &str),
    input: Value,
    (status, kind, message): (u16, &str, &str),
) {
    let reply = wire.rest(call.0, call.1, &input).await;
    let code = kind.strip_suffix("Exception").unwrap();
    let body = json!({ "Code": code, "Message": message });
    assert_eq!(
        (reply.status, reply.json()),
        (status, body),
        "{call:?} {input}"
    );
    let header = format!("x-amzn-errortype: {kind}\r\n");
    assert!(
        reply.headers.contains(&header),
        "{call:?}: {}",
        reply.headers
    );
}

/// The calls that `sam remote test-event put`, `put`, `list` and `delete` make, in their order.
#[tokio::test]
async fn a_shared_test_event_comes_and_goes_as_sam_does_it() {
    let wire = Wire::start().await;
    let no_registry = "Registry with name lambda-testevent-schemas does not exist.";
    let not_found = |message| (404, "NotFoundException", message);
    refused(
        &wire,
        ("GET", REGISTRY),
        Value::Null,
        not_found(no_registry),
    )
    .await;
    let registry = json!({
        "RegistryArn": "arn:aws:schemas:us-east-1:123456789012:registry/lambda-testevent-schemas",
        "RegistryName": "lambda-testevent-schemas", "tags": {},
    });
    check(
        &wire,
        ("POST", REGISTRY),
        json!({}),
        (201, registry.clone()),
    )
    .await;
    check(&wire, ("GET", REGISTRY), Value::Null, (200, registry)).await;
    let no_schema = "Schema with name _orders-schema does not exist.";
    refused(&wire, ("GET", SCHEMA), Value::Null, not_found(no_schema)).await;

    let discovered = wire
        .rest(
            "POST",
            "/v1/discover",
            &json!({ "Events": ["{\"a\":1}"], "Type": "OpenApi3" }),
        )
        .await;
    assert_eq!(discovered.status, 200);
    assert!(discovered.json()["Content"].is_string());

    let described = |version: &str| {
        json!({
            "LastModified": "2025-05-15T12:00:00.000Z", "SchemaArn": ARN, "SchemaName": "_orders-schema",
            "SchemaVersion": version, "tags": {}, "Type": "OpenApi3",
            "VersionCreatedDate": "2025-05-15T12:00:00.000Z",
        })
    };
    let input = |event: &str| json!({ "Content": document(event), "Type": "OpenApi3" });
    check(&wire, ("POST", SCHEMA), input("one"), (201, described("1"))).await;
    refused(
        &wire,
        ("PUT", SCHEMA),
        input("one"),
        (
            409,
            "ConflictException",
            "No change since the previous schema version.",
        ),
    )
    .await;
    for (event, version) in [("two", "2"), ("three", "3"), ("four", "4"), ("five", "5")] {
        check(
            &wire,
            ("PUT", SCHEMA),
            input(event),
            (200, described(version)),
        )
        .await;
    }
    let versions = wire
        .rest("GET", &format!("{SCHEMA}/versions"), &Value::Null)
        .await;
    assert_eq!(
        versions.json()["SchemaVersions"][4],
        json!({
            "SchemaArn": ARN, "SchemaName": "_orders-schema", "SchemaVersion": "1", "Type": "OpenApi3",
        })
    );
    check(
        &wire,
        ("DELETE", &format!("{SCHEMA}/version/1")),
        Value::Null,
        (204, Value::Null),
    )
    .await;
    check(&wire, ("PUT", SCHEMA), input("six"), (200, described("6"))).await;
    let mut newest = described("6");
    newest["Content"] = document("six").into();
    check(&wire, ("GET", SCHEMA), Value::Null, (200, newest)).await;
    let mut second = described("2");
    second["Content"] = document("two").into();
    check(
        &wire,
        ("GET", &format!("{SCHEMA}?schemaVersion=2")),
        Value::Null,
        (200, second),
    )
    .await;
    refused(
        &wire,
        ("GET", &format!("{SCHEMA}?schemaVersion=1")),
        Value::Null,
        not_found("Schema with name _orders-schema and version 1 does not exist."),
    )
    .await;
    check(&wire, ("DELETE", SCHEMA), Value::Null, (204, Value::Null)).await;
    refused(&wire, ("GET", SCHEMA), Value::Null, not_found(no_schema)).await;
    check(&wire, ("DELETE", REGISTRY), Value::Null, (204, Value::Null)).await;
}

#[tokio::test]
async fn what_is_forbidden_is_refused() {
    let wire = Wire::start().await;
    wire.rest("POST", REGISTRY, &Value::Null).await;
    wire.rest(
        "POST",
        SCHEMA,
        &json!({ "Content": document("one"), "Type": "OpenApi3" }),
    )
    .await;
    let bad = |message| (400, "BadRequestException", message);
    let content = |content: &str| json!({ "Content": content, "Type": "OpenApi3" });
    let events = |events: Value| json!({ "Events": events, "Type": "OpenApi3" });
    let long = "1".repeat(100_001);
    for (method, path, input, expected) in [
        (
            "POST",
            REGISTRY,
            json!({}),
            (
                409,
                "ConflictException",
                "Registry with name lambda-testevent-schemas already exists.",
            ),
        ),
        (
            "POST",
            SCHEMA,
            content(&document("x")),
            (
                409,
                "ConflictException",
                "Schema with name _orders-schema already exists.",
            ),
        ),
        (
            "DELETE",
            REGISTRY,
            Value::Null,
            bad(
                "Registry with name lambda-testevent-schemas cannot be deleted because it contains schemas.",
            ),
        ),
        (
            "POST",
            "/v1/registries/name/a%20b",
            json!({}),
            bad("Registry name \"a b\" is not valid."),
        ),
        (
            "POST",
            "/v1/registries/name/r",
            json!({ "Description": "x".repeat(257) }),
            bad("Description must have between 0 and 256 characters."),
        ),
        (
            "POST",
            "/v1/registries/name/r/schemas/name/s",
            content(&document("x")),
            (
                404,
                "NotFoundException",
                "Registry with name r does not exist.",
            ),
        ),
        (
            "PUT",
            SCHEMA,
            content(""),
            bad("Content must have between 1 and 100000 characters."),
        ),
        (
            "PUT",
            SCHEMA,
            content(&long),
            bad("Content must have between 1 and 100000 characters."),
        ),
        (
            "PUT",
            SCHEMA,
            content("{}"),
            bad("Content is not a valid OpenApi3 document."),
        ),
        (
            "PUT",
            SCHEMA,
            json!({ "Content": "{}", "Type": "Avro" }),
            bad("Schema type \"Avro\" is not supported."),
        ),
        (
            "PUT",
            SCHEMA,
            json!({ "Content": 1 }),
            bad("invalid type: integer `1`, expected a string at line 1 column 12"),
        ),
        (
            "POST",
            "/v1/discover",
            events(json!([])),
            bad("Events must contain between 1 and 10 events."),
        ),
        (
            "POST",
            "/v1/discover",
            events(json!([&long])),
            bad("Event must have between 1 and 100000 characters."),
        ),
        (
            "POST",
            "/v1/discover",
            events(json!(["{"])),
            bad("Event is not valid JSON: EOF while parsing an object at line 1 column 1."),
        ),
        (
            "POST",
            "/v1/discover",
            json!({ "Events": ["1"] }),
            bad("Type is required."),
        ),
        (
            "GET",
            "/v1/registries?limit=0",
            Value::Null,
            bad("Limit \"0\" is not valid."),
        ),
        (
            "GET",
            "/v1/registries?nextToken=%3F",
            Value::Null,
            bad("The specified NextToken is invalid."),
        ),
        (
            "GET",
            "/tags/arn:aws:schemas:us-east-1:123456789012:discoverer%2Fd",
            Value::Null,
            (
                404,
                "NotFoundException",
                "Resource arn:aws:schemas:us-east-1:123456789012:discoverer/d does not exist.",
            ),
        ),
        (
            "GET",
            &format!("{SCHEMA}/export?type=JSONSchemaDraft4"),
            Value::Null,
            (
                403,
                "ForbiddenException",
                "You cannot export non discovered or non aws managed schemas.",
            ),
        ),
    ] {
        refused(&wire, (method, path), input, expected).await;
    }
}

/// Follows the pages of a list and returns what is under `key` of each entry.
async fn pages(wire: &Wire, path: &str, list: &str, key: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut query = String::new();
    loop {
        let reply = wire
            .rest("GET", &format!("{path}{query}"), &Value::Null)
            .await;
        let output = reply.json();
        let entries = output[list].as_array().expect(list);
        let names = entries
            .iter()
            .map(|entry| entry[key].as_str().unwrap().to_owned());
        pages.push(names.collect());
        let Some(token) = output["NextToken"].as_str() else {
            return pages;
        };
        query = format!("&nextToken={token}");
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let wire = Wire::start().await;
    for registry in ["a", "b", "c"] {
        wire.rest(
            "POST",
            &format!("/v1/registries/name/{registry}"),
            &Value::Null,
        )
        .await;
        for schema in ["x1", "x2", "y"] {
            let path = format!("/v1/registries/name/{registry}/schemas/name/{schema}");
            for method in ["POST", "PUT", "PUT"] {
                let event = format!("{schema}-{method}-{registry}");
                let input = json!({ "Content": document(&event), "Type": "OpenApi3" });
                wire.rest(method, &path, &input).await;
            }
        }
    }
    let in_b = "/v1/registries/name/b/schemas";
    for (path, list, key, expected) in [
        (
            "/v1/registries?limit=2",
            "Registries",
            "RegistryName",
            json!([["a", "b"], ["c"]]),
        ),
        (
            "/v1/registries?scope=AWS",
            "Registries",
            "RegistryName",
            json!([[]]),
        ),
        (
            "/v1/registries?registryNamePrefix=c",
            "Registries",
            "RegistryName",
            json!([["c"]]),
        ),
        (
            &format!("{in_b}?limit=1"),
            "Schemas",
            "SchemaName",
            json!([["x1"], ["x2"], ["y"]]),
        ),
        (
            &format!("{in_b}?schemaNamePrefix=x"),
            "Schemas",
            "SchemaName",
            json!([["x1", "x2"]]),
        ),
        (
            &format!("{in_b}/name/y/versions?limit=1"),
            "SchemaVersions",
            "SchemaVersion",
            json!([["2"], ["1"]]),
        ),
        (
            &format!("{in_b}/search?keywords=X1-put+nothing"),
            "Schemas",
            "SchemaName",
            json!([["x1"]]),
        ),
    ] {
        let expected: Vec<Vec<String>> = serde_json::from_value(expected).unwrap();
        assert_eq!(pages(&wire, path, list, key).await, expected, "{path}");
    }
}

#[tokio::test]
async fn tags_are_added_and_taken_away() {
    let wire = Wire::start().await;
    wire.rest("POST", REGISTRY, &json!({ "tags": { "team": "a" } }))
        .await;
    let arn = "/tags/arn%3Aaws%3Aschemas%3Aus-east-1%3A123456789012%3Aregistry%2Flambda-testevent-schemas";
    for (method, path, input, expected) in [
        (
            "POST",
            arn.to_owned(),
            json!({ "tags": { "cost": "1" } }),
            json!({ "team": "a", "cost": "1" }),
        ),
        (
            "DELETE",
            format!("{arn}?tagKeys=team&tagKeys=none"),
            Value::Null,
            json!({ "cost": "1" }),
        ),
    ] {
        assert_eq!(wire.rest(method, &path, &input).await.status, 204, "{path}");
        check(
            &wire,
            ("GET", arn),
            Value::Null,
            (200, json!({ "tags": expected })),
        )
        .await;
    }
}
