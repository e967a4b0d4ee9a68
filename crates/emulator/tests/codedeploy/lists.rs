//! Lists by the page, and deployments found among many.

use serde_json::{Value, json};

use crate::world::{World, appspec, deployment, with};

/// All items of a list, and how many were on each page.
async fn pages(
    world: &World,
    operation: &str,
    input: Value,
    member: &str,
) -> (Vec<String>, Vec<usize>) {
    let (mut items, mut sizes, mut token) = (Vec::new(), Vec::new(), Value::Null);
    loop {
        let input = with(input.clone(), json!({ "nextToken": token }));
        let answer = world.ok(operation, input).await;
        let page = answer[member].as_array().unwrap();
        items.extend(page.iter().map(|item| item.as_str().unwrap().to_owned()));
        sizes.push(page.len());
        token = answer["nextToken"].clone();
        if token.is_null() {
            return (items, sizes);
        }
    }
}

#[tokio::test]
async fn every_name_is_on_one_page() {
    let world = World::new().await;
    let mut names: Vec<String> = (0..250).map(|n| format!("a{n}")).collect();
    for name in &names {
        world
            .ok("CreateApplication", json!({ "applicationName": name }))
            .await;
    }
    names.sort();
    let (items, sizes) = pages(&world, "ListApplications", json!({}), "applications").await;
    assert_eq!((items, sizes), (names, vec![100, 100, 50]));
}

#[tokio::test]
async fn deployments_newest_first() {
    let world = World::with_groups().await;
    let mut ids = Vec::new();
    // They fail, because the AppSpec names a version that the alias does not have, and keep the group free.
    let wrong = appspec("fresh").replace("CurrentVersion: 1", "CurrentVersion: 7");
    for _ in 0..210 {
        let id = world
            .ok("CreateDeployment", deployment("fresh", &wrong))
            .await["deploymentId"]
            .clone();
        ids.insert(0, id.as_str().unwrap().to_owned());
        world.advance(10);
    }
    ids.insert(
        0,
        world
            .deploy("done", "CodeDeployDefault.LambdaAllAtOnce")
            .await,
    );
    world.advance(10);
    ids.insert(
        0,
        world
            .deploy("running", "CodeDeployDefault.LambdaCanary10Percent5Minutes")
            .await,
    );
    let named = |group: &str| json!({ "applicationName": "app", "deploymentGroupName": group });
    let statuses = |statuses: &[&str]| json!({ "includeOnlyStatuses": statuses });
    let start = 1_767_225_600;
    let created =
        |from: Value, to: Value| json!({ "createTimeRange": { "start": from, "end": to } });
    for (filter, expected, sizes) in [
        (json!({}), &ids[..], vec![100, 100, 12]),
        (named("fresh"), &ids[2..], vec![100, 100, 10]),
        (named("running"), &ids[..1], vec![1]),
        (statuses(&["Created", "InProgress"]), &ids[..1], vec![1]),
        (statuses(&["Succeeded"]), &ids[1..2], vec![1]),
        (
            statuses(&["Failed", "Stopped"]),
            &ids[2..],
            vec![100, 100, 10],
        ),
        (statuses(&["Baking"]), &[], vec![0]),
        (with(named("fresh"), statuses(&["Succeeded"])), &[], vec![0]),
        (
            created(json!(start + 2100), json!(null)),
            &ids[..2],
            vec![2],
        ),
        (
            created(json!(null), json!(start + 10)),
            &ids[210..],
            vec![2],
        ),
        (
            created(json!(start + 10), json!(start + 10)),
            &ids[210..211],
            vec![1],
        ),
        (json!({ "externalId": "x" }), &[], vec![0]),
    ] {
        let found = pages(&world, "ListDeployments", filter.clone(), "deployments").await;
        assert_eq!(found, (expected.to_vec(), sizes), "{filter}");
    }
    let some = json!({ "deploymentIds": [ids[0], "d-ABCDEFGHI", ids[1]] });
    let infos = world.ok("BatchGetDeployments", some).await["deploymentsInfo"].clone();
    let found: Vec<&Value> = infos
        .as_array()
        .unwrap()
        .iter()
        .map(|info| &info["deploymentId"])
        .collect();
    assert_eq!(found, [&json!(ids[0]), &json!(ids[1])]);
}
