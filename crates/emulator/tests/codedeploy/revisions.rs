//! Revisions that are registered, deployed and found again.

use serde_json::{Value, json};

use crate::world::{World, appspec, deployment, with};

#[tokio::test]
async fn revisions() {
    let world = World::with_groups().await;
    let raw = |content: &str| json!({ "revisionType": "String", "string": { "content": content } });
    let register = |content: &str| json!({ "applicationName": "app", "revision": raw(content), "description": "first" });
    world
        .ok("RegisterApplicationRevision", register("one"))
        .await;
    let input = json!({ "applicationName": "app", "revisions": [raw("one"), raw("two")] });
    let answer = world.ok("BatchGetApplicationRevisions", input).await;
    let hash = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
    assert_eq!(
        answer["revisions"],
        json!([{
            "revisionLocation": { "revisionType": "String", "string": { "content": "one", "sha256": hash } },
            "genericRevisionInfo": { "deploymentGroups": [], "registerTime": 1_767_225_600.0, "description": "first" },
        }])
    );
    assert_eq!(answer["errorMessage"], "1 of the revisions do not exist");

    // A revision that is known can be deployed by its hash alone, in any case.
    let text = appspec("fresh");
    world
        .ok("RegisterApplicationRevision", register(&text))
        .await;
    let located = world
        .ok(
            "GetApplicationRevision",
            json!({ "applicationName": "app", "revision": raw(&text) }),
        )
        .await;
    let hash = located["revision"]["string"]["sha256"]
        .as_str()
        .unwrap()
        .to_uppercase();
    world.advance(60);
    let input = with(
        deployment("fresh", ""),
        json!({ "revision": { "revisionType": "String", "string": { "sha256": hash } } }),
    );
    world.ok("CreateDeployment", input).await;
    world.advance(60);
    assert_eq!(
        world
            .emulator
            .alias("fresh", "live")
            .unwrap()
            .function_version,
        "2"
    );

    let hashes = async |more: Value| -> Vec<String> {
        let list = world
            .ok(
                "ListApplicationRevisions",
                with(json!({ "applicationName": "app" }), more),
            )
            .await;
        let revisions = list["revisions"].as_array().unwrap().clone();
        let hash = |revision: &Value| {
            revision["string"]["sha256"]
                .as_str()
                .unwrap()
                .get(..4)
                .unwrap()
                .to_owned()
        };
        revisions.iter().map(hash).collect()
    };
    let fresh = hash.get(..4).unwrap().to_lowercase();
    for (filter, expected) in [
        (json!({ "sortBy": "lastUsedTime" }), vec!["7692", &fresh]),
        (
            json!({ "sortBy": "lastUsedTime", "sortOrder": "descending" }),
            vec![fresh.as_str(), "7692"],
        ),
        (json!({ "deployed": "include" }), vec![fresh.as_str()]),
        (json!({ "deployed": "exclude" }), vec!["7692"]),
        (json!({ "s3Bucket": "bucket", "s3KeyPrefix": "k" }), vec![]),
    ] {
        assert_eq!(hashes(filter.clone()).await, expected, "{filter}");
    }
}
