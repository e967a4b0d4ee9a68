//! Aliases.

use super::*;

const ALIASES: &str = "/2015-03-31/functions/f/aliases";
const PROD: &str = "/2015-03-31/functions/f/aliases/prod";

#[tokio::test]
async fn an_alias_points_where_it_is_told() {
    let client = Client::with_function().await;
    for text in ["one", "two"] {
        let code = json!({ "ZipFile": zip_file(text), "Publish": true });
        client
            .done("PUT", "/2015-03-31/functions/f/code", &code)
            .await;
    }
    let weights = |weights: Value| json!({ "AdditionalVersionWeights": weights });
    let body = json!({ "Name": "prod", "FunctionVersion": "1", "Description": "users" });
    let created = client.done("POST", ALIASES, &body).await;
    let expected = json!({
        "AliasArn": format!("{ARN}:f:prod"),
        "Name": "prod",
        "FunctionVersion": "1",
        "Description": "users",
    });
    assert_has(&created, &expected);
    assert!(created.get("RoutingConfig").is_none());
    let body = json!({ "RoutingConfig": weights(json!({ "2": 0.1 })), "RevisionId": created["RevisionId"] });
    let updated = client.done("PUT", PROD, &body).await;
    assert_has(
        &updated,
        &json!({ "RoutingConfig": weights(json!({ "2": 0.1 })), "Description": "users", "FunctionVersion": "1" }),
    );
    assert_eq!(client.get(PROD).await, updated);
    let through = client
        .get("/2015-03-31/functions/f/configuration?Qualifier=prod")
        .await;
    assert_has(
        &through,
        &json!({ "FunctionArn": format!("{ARN}:f:prod"), "Version": "1" }),
    );

    let alias = |name: &str, version: &str, routing: Value| json!({ "Name": name, "FunctionVersion": version, "RoutingConfig": weights(routing) });
    let values = "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]";
    let (high, low) = (
        format!(
            "ValidationException: 1 validation error detected: Value '{{2=2.0}}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: {values}"
        ),
        format!(
            "ValidationException: 1 validation error detected: Value '{{2=-1.0}}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: {values}"
        ),
    );
    let unknown = format!("ResourceNotFoundException: Function not found: {ARN}:f:99");
    let rows = [
        (
            "POST",
            ALIASES,
            alias("prod", "1", json!({})),
            409,
            "ResourceConflictException: Alias already exists: arn:aws:lambda:us-east-1:123456789012:function:f:prod",
        ),
        (
            "POST",
            ALIASES,
            alias("2024", "1", json!({})),
            400,
            "ValidationException: 1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
        ),
        (
            "POST",
            ALIASES,
            alias("new", "99", json!({})),
            404,
            unknown.as_str(),
        ),
        (
            "POST",
            ALIASES,
            alias("new", "1", json!({ "99": 0.5 })),
            404,
            &unknown,
        ),
        (
            "POST",
            ALIASES,
            alias("new", "x", json!({})),
            400,
            "ValidationException: 1 validation error detected: Value 'x' at 'functionVersion' failed to satisfy constraint: Member must satisfy regular expression pattern: (\\$LATEST(\\.PUBLISHED)?|[0-9]+)",
        ),
        (
            "POST",
            ALIASES,
            alias("new", "1", json!({ "2": 2.0 })),
            400,
            &high,
        ),
        (
            "POST",
            ALIASES,
            alias("new", "1", json!({ "2": -1.0 })),
            400,
            &low,
        ),
        (
            "POST",
            ALIASES,
            alias("new", "1", json!({ "$LATEST": 0.5 })),
            400,
            "ValidationException: 1 validation error detected: Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
        ),
        (
            "POST",
            ALIASES,
            alias("new", "1", json!({ "1": 0.5 })),
            400,
            "InvalidParameterValueException: Invalid function version 1. Function version 1 is already included in routing configuration.",
        ),
        (
            "POST",
            ALIASES,
            alias("new", "$LATEST", json!({ "1": 0.5 })),
            400,
            "InvalidParameterValueException: $LATEST is not supported for an alias pointing to more than 1 version",
        ),
        (
            "POST",
            ALIASES,
            alias("new", "1", json!({ "1": 0.5, "2": 0.5 })),
            400,
            "InvalidParameterValueException: Number of items in AdditionalVersionWeights cannot be greater than 1",
        ),
        (
            "POST",
            ALIASES,
            json!({ "Name": "new" }),
            400,
            "ValidationException: 1 validation error detected: Value null at 'functionVersion' failed to satisfy constraint: Member must not be null",
        ),
        (
            "POST",
            "/2015-03-31/functions/g/aliases",
            alias("new", "1", json!({})),
            404,
            "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:g:1",
        ),
        (
            "PUT",
            PROD,
            json!({ "RevisionId": created["RevisionId"] }),
            412,
            "PreconditionFailedException: The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
        ),
        (
            "PUT",
            "/2015-03-31/functions/f/aliases/none",
            json!({}),
            404,
            "ResourceNotFoundException: Alias not found: arn:aws:lambda:us-east-1:123456789012:function:f:none",
        ),
        (
            "GET",
            "/2015-03-31/functions/f/aliases/none",
            Value::Null,
            404,
            "ResourceNotFoundException: Cannot find alias arn: arn:aws:lambda:us-east-1:123456789012:function:f:none",
        ),
        (
            "GET",
            "/2015-03-31/functions/f?Qualifier=none",
            Value::Null,
            404,
            "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:none",
        ),
    ];
    check_refused(&client, &rows).await;
    let cleared =
        json!({ "RoutingConfig": weights(json!({})), "FunctionVersion": "2", "Description": "" });
    let updated = client.done("PUT", PROD, &cleared).await;
    assert!(updated.get("RoutingConfig").is_none());
    assert_has(
        &updated,
        &json!({ "FunctionVersion": "2", "Description": "" }),
    );
}

#[tokio::test]
async fn the_versions_of_a_weighted_alias_share_role_and_dead_letter_queue() {
    let client = Client::with_function().await;
    let other_role = "arn:aws:iam::123456789012:role/other";
    let queue = "arn:aws:sqs:us-east-1:123456789012:q";
    // Each differs from version 1 in what it names.
    for settings in [
        json!({ "Description": "one" }),
        json!({ "Description": "two" }),
        json!({ "Role": other_role }),
        json!({ "Role": ROLE, "DeadLetterConfig": { "TargetArn": queue } }),
        json!({ "Description": "the same queue" }),
    ] {
        let path = "/2015-03-31/functions/f/configuration";
        client.done("PUT", path, &settings).await;
        let path = "/2015-03-31/functions/f/versions";
        client.done("POST", path, &json!({})).await;
    }
    let alias = |name: &str, one: &str, other: &str| json!({ "Name": name, "FunctionVersion": one, "RoutingConfig": { "AdditionalVersionWeights": { other: 0.1 } } });
    let role = "InvalidParameterValueException: Specified versions must be associated with the same execution role";
    let dead_letters = "InvalidParameterValueException: Specified versions must be associated with the same dead-letter queue";
    let rows = [
        ("POST", ALIASES, alias("new", "1", "3"), 400, role),
        ("POST", ALIASES, alias("new", "3", "4"), 400, role),
        ("POST", ALIASES, alias("new", "1", "4"), 400, dead_letters),
    ];
    check_refused(&client, &rows).await;
    client.done("POST", ALIASES, &alias("a", "1", "2")).await;
    client.done("POST", ALIASES, &alias("b", "4", "5")).await;
    let update = json!({ "FunctionVersion": "3" });
    client
        .refused("PUT", &format!("{ALIASES}/a"), &update, 400, role)
        .await;
}
