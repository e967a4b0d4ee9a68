//! Revisions and tags.

use serde_json::{Value, json};

use super::check;
use crate::world::{ROLE, World};

#[tokio::test]
async fn revisions_and_tags() {
    let world = World::with_groups().await;
    let raw = |content: &str| json!({ "revisionType": "String", "string": { "content": content } });
    let arn = |rest: &str| format!("arn:aws:codedeploy:us-east-1:123456789012:{rest}");
    let tags = |arn: &str| json!({ "ResourceArn": arn, "Tags": [{ "Key": "k", "Value": "v" }] });
    for (operation, input, exception) in [
        (
            "GetApplicationRevision",
            json!({ "revision": raw("a") }),
            "ApplicationNameRequiredException",
        ),
        (
            "GetApplicationRevision",
            json!({ "applicationName": "none", "revision": raw("a") }),
            "ApplicationDoesNotExistException",
        ),
        (
            "GetApplicationRevision",
            json!({ "applicationName": "app" }),
            "RevisionRequiredException",
        ),
        (
            "GetApplicationRevision",
            json!({ "applicationName": "app", "revision": raw("a") }),
            "RevisionDoesNotExistException",
        ),
        (
            "GetApplicationRevision",
            json!({ "applicationName": "app", "revision": { "revisionType": "S3" } }),
            "InvalidRevisionException",
        ),
        (
            "RegisterApplicationRevision",
            json!({ "applicationName": "app" }),
            "RevisionRequiredException",
        ),
        (
            "RegisterApplicationRevision",
            json!({ "applicationName": "app", "revision": { "string": { "sha256": "00" } } }),
            "InvalidRevisionException",
        ),
        (
            "RegisterApplicationRevision",
            json!({ "applicationName": "app", "revision": raw("a"), "description": "d".repeat(257) }),
            "DescriptionTooLongException",
        ),
        (
            "BatchGetApplicationRevisions",
            json!({ "applicationName": "app" }),
            "RevisionRequiredException",
        ),
        (
            "BatchGetApplicationRevisions",
            json!({ "applicationName": "app", "revisions": vec![raw("a"); 26] }),
            "BatchLimitExceededException",
        ),
        (
            "ListApplicationRevisions",
            json!({ "applicationName": "app", "sortBy": "name" }),
            "InvalidSortByException",
        ),
        (
            "ListApplicationRevisions",
            json!({ "applicationName": "app", "sortOrder": "up" }),
            "InvalidSortOrderException",
        ),
        (
            "ListApplicationRevisions",
            json!({ "applicationName": "app", "deployed": "maybe" }),
            "InvalidDeployedStateFilterException",
        ),
        (
            "ListApplicationRevisions",
            json!({ "applicationName": "app", "s3KeyPrefix": "k" }),
            "BucketNameFilterRequiredException",
        ),
        (
            "ListApplicationRevisions",
            json!({ "applicationName": "app", "nextToken": "?" }),
            "InvalidNextTokenException",
        ),
        ("TagResource", tags(""), "ResourceArnRequiredException"),
        ("TagResource", tags("app"), "InvalidArnException"),
        (
            "TagResource",
            tags("arn:aws:codedeploy:eu-west-1:123456789012:application:app"),
            "InvalidArnException",
        ),
        (
            "TagResource",
            tags(&arn("deploymentconfig:c")),
            "ArnNotSupportedException",
        ),
        (
            "TagResource",
            tags(&arn("application:none")),
            "ApplicationDoesNotExistException",
        ),
        (
            "TagResource",
            tags(&arn("deploymentgroup:app/none")),
            "DeploymentGroupDoesNotExistException",
        ),
        (
            "TagResource",
            json!({ "ResourceArn": arn("application:app") }),
            "TagRequiredException",
        ),
        (
            "TagResource",
            json!({ "ResourceArn": arn("application:app"), "Tags": [{ "Key": "" }] }),
            "InvalidTagsToAddException",
        ),
        (
            "UntagResource",
            json!({ "ResourceArn": arn("application:app") }),
            "TagRequiredException",
        ),
        (
            "UntagResource",
            json!({ "TagKeys": ["k"] }),
            "ResourceArnRequiredException",
        ),
        (
            "ListTagsForResource",
            json!({}),
            "ResourceArnRequiredException",
        ),
        (
            "ListTagsForResource",
            json!({ "ResourceArn": ROLE }),
            "InvalidArnException",
        ),
    ] {
        check(&world, operation, input, exception, "").await;
    }
    let many: Vec<Value> = (0..51)
        .map(|n| json!({ "Key": format!("k{n}"), "Value": "" }))
        .collect();
    let input = json!({ "ResourceArn": arn("application:app"), "Tags": many });
    check(
        &world,
        "TagResource",
        input,
        "InvalidTagsToAddException",
        "50",
    )
    .await;
}
