//! Applications.

use serde_json::json;

use super::check;
use crate::world::World;

#[tokio::test]
async fn applications() {
    let world = World::with_groups().await;
    let long = "n".repeat(101);
    for (operation, input, exception, message) in [
        (
            "CreateApplication",
            json!({}),
            "ApplicationNameRequiredException",
            "",
        ),
        (
            "CreateApplication",
            json!({ "applicationName": null }),
            "ApplicationNameRequiredException",
            "",
        ),
        (
            "CreateApplication",
            json!({ "applicationName": "" }),
            "ApplicationNameRequiredException",
            "",
        ),
        (
            "CreateApplication",
            json!({ "applicationName": 7 }),
            "SerializationException",
            "expected a string",
        ),
        (
            "CreateApplication",
            json!(["app"]),
            "SerializationException",
            "",
        ),
        (
            "CreateApplication",
            json!({ "applicationName": "a b" }),
            "InvalidApplicationNameException",
            "a b",
        ),
        (
            "CreateApplication",
            json!({ "applicationName": long }),
            "InvalidApplicationNameException",
            "",
        ),
        (
            "CreateApplication",
            json!({ "applicationName": "app" }),
            "ApplicationAlreadyExistsException",
            "app",
        ),
        (
            "CreateApplication",
            json!({ "applicationName": "x", "computePlatform": "lambda" }),
            "InvalidComputePlatformException",
            "The computePlatform should be Lambda, Server, or ECS.",
        ),
        (
            "CreateApplication",
            json!({ "applicationName": "x", "tags": [{ "Key": "", "Value": "v" }] }),
            "InvalidTagsToAddException",
            "",
        ),
        (
            "CreateApplication",
            json!({ "applicationName": "x", "tags": [{ "Key": "aws:k", "Value": "v" }] }),
            "InvalidTagsToAddException",
            "aws:",
        ),
        (
            "GetApplication",
            json!({ "applicationName": "none" }),
            "ApplicationDoesNotExistException",
            "No application found for name: none",
        ),
        (
            "BatchGetApplications",
            json!({ "applicationNames": [] }),
            "ApplicationNameRequiredException",
            "",
        ),
        (
            "BatchGetApplications",
            json!({ "applicationNames": vec!["app"; 101] }),
            "BatchLimitExceededException",
            "(100)",
        ),
        (
            "BatchGetApplications",
            json!({ "applicationNames": ["app", "none"] }),
            "ApplicationDoesNotExistException",
            "none",
        ),
        (
            "UpdateApplication",
            json!({ "applicationName": "none", "newApplicationName": "x" }),
            "ApplicationDoesNotExistException",
            "none",
        ),
        (
            "UpdateApplication",
            json!({ "applicationName": "app", "newApplicationName": "?" }),
            "InvalidApplicationNameException",
            "",
        ),
        (
            "DeleteApplication",
            json!({}),
            "ApplicationNameRequiredException",
            "",
        ),
        (
            "ListApplications",
            json!({ "nextToken": "?" }),
            "InvalidNextTokenException",
            "",
        ),
        (
            "NoSuchOperation",
            json!({}),
            "UnknownOperationException",
            "NoSuchOperation",
        ),
    ] {
        check(&world, operation, input, exception, message).await;
    }
    world
        .ok("CreateApplication", json!({ "applicationName": "other" }))
        .await;
    let taken = json!({ "applicationName": "app", "newApplicationName": "other" });
    check(
        &world,
        "UpdateApplication",
        taken,
        "ApplicationAlreadyExistsException",
        "other",
    )
    .await;
}
