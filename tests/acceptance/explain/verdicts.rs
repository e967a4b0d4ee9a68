//! How a deployment ended, and why.

use emulator::Program;
use serde_json::{Value, json};

use super::world::{World, assert_in_order, stand_in};
use crate::stack::program;

/// One deployment, and what must be said of it.
struct Case<'a> {
    unusual: &'a str,
    release: &'a str,
    pre_traffic: Program,
    status: i32,
    /// Parts of the text, in their order.
    text: &'a [&'a str],
    /// Members of the document, by JSON pointer.
    json: &'a [(&'a str, Value)],
}

async fn check(case: &Case<'_>) {
    let world = World::behind(case.pre_traffic.clone()).await;
    let id = world.deploy(case.release).await;
    check_explained(&world, &id, case);
}

fn check_explained(world: &World, id: &str, case: &Case<'_>) {
    let unusual = case.unusual;
    let text = world.explain(id, &[]);
    assert_eq!(
        text.status, case.status,
        "{unusual}: {}{}",
        text.stdout, text.stderr
    );
    assert_eq!(text.stderr, "", "{unusual}");
    assert_in_order(&text.stdout, case.text, unusual);

    let document = world.explain(id, &["--format", "json"]);
    assert_eq!(document.status, case.status, "{unusual}");
    let document = document.json();
    assert_eq!(document["exitStatus"], case.status, "{unusual}");
    for (pointer, expected) in case.json {
        assert_eq!(
            document.pointer(pointer),
            Some(expected),
            "{unusual}: {pointer} in {document:#}"
        );
    }
}

fn gate() -> Program {
    program("pre-traffic", &[])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_that_shipped() {
    check(&Case {
        unusual: "nothing",
        release: "order-api",
        pre_traffic: gate(),
        status: 0,
        text: &[
            "VersionedOrderAPI:prod  version 1 → 2  CodeDeployDefault.LambdaCanary10Percent5Minutes  d-",
            "created 2026-01-01T00:00:00Z by user in ServerlessDeploymentApplication/VersionedOrderAPIDeploymentGroup",
            "    0:02  BeforeAllowTraffic\n            CodeDeployHook_PreTraffic reported Succeeded\n            5 of 5 events met\n",
            "✓ CreateOrderMissingCustomer",
            // What comparing found looks like no failure.
            "✓ CreateOrderValid",
            "differs from version 1:",
            "body.version: \"1.0.0\" → \"2.0.0\"",
            "log /aws/lambda/CodeDeployHook_PreTraffic 2026/01/01/[$LATEST]",
            "          BeforeAllowTraffic Succeeded\n    5:02  AllowTraffic Succeeded\n    5:02  AfterAllowTraffic\n",
            "CodeDeployHook_PostTraffic reported Succeeded",
            "    5:02  deployment d-",
            "Succeeded\n\n          prod → version 2 now\n\nshipped: CodeDeployHook_PreTraffic reported Succeeded: 5 of 5 events met; \
             CodeDeployHook_PostTraffic reported Succeeded: 5 of 5 events met\n",
        ],
        json: &[
            ("/verdict", json!("shipped")),
            ("/deployment/status", json!("Succeeded")),
            ("/deployment/createTime", json!("2026-01-01T00:00:00Z")),
            ("/shift/targetVersion", json!("2")),
            ("/lifecycleEvents/1/name", json!("AllowTraffic")),
            ("/lifecycleEvents/2/hook/reports/0/report/lifecycleEvent", json!("AfterAllowTraffic")),
            ("/aliasNow/functionVersion", json!("2")),
        ],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_that_a_gate_stopped() {
    check(&Case {
        unusual: "stopped before it got traffic",
        release: "lost-validation",
        pre_traffic: gate(),
        status: 1,
        text: &[
            "BeforeAllowTraffic\n            CodeDeployHook_PreTraffic reported Failed\n            1 of 5 events unmet\n",
            "✗ CreateOrderMissingCustomer",
            "statusCode: expected 400, got 200",
            "reproduce: aws lambda invoke --function-name arn:aws:lambda:us-east-1:123456789012:function:VersionedOrderAPI:2 ",
            "--payload file://events/VersionedOrderAPI/CreateOrderMissingCustomer.json /dev/stdout\n",
            "BeforeAllowTraffic Failed\n          AllowTraffic Skipped\n          AfterAllowTraffic Skipped\n    0:02  deployment d-",
            "Failed: HOOK_EXECUTION_FAILURE The deployment failed because one or more",
            "    0:04  rollback d-",
            "Succeeded\n\n          prod → version 1 now\n\nrolled back: CodeDeployHook_PreTraffic reported Failed: 1 of 5 events \
             unmet: CreateOrderMissingCustomer: statusCode: expected 400, got 200\n",
        ],
        json: &[
            ("/verdict", json!("rolledBack")),
            ("/deployment/errorInformation/code", json!("HOOK_EXECUTION_FAILURE")),
            (
                "/lifecycleEvents/0/hook/reports/0/report/events/0/mismatches/0",
                json!({ "path": "statusCode", "expected": 400, "actual": 200 }),
            ),
            ("/lifecycleEvents/0/hook/logGroup", json!("/aws/lambda/CodeDeployHook_PreTraffic")),
            ("/rollback/status", json!("Succeeded")),
        ],
    })
    .await;
    check(&Case {
        unusual: "stopped when it had all traffic",
        release: "wrong-behind-the-alias",
        pre_traffic: gate(),
        status: 1,
        text: &[
            "CodeDeployHook_PreTraffic reported Succeeded",
            "AfterAllowTraffic\n            CodeDeployHook_PostTraffic reported Failed\n            5 of 5 events unmet\n",
            "function:VersionedOrderAPI:prod ",
            "AfterAllowTraffic Failed",
            "rolled back: CodeDeployHook_PostTraffic reported Failed: 5 of 5 events unmet",
        ],
        json: &[
            ("/lifecycleEvents/0/status", json!("Succeeded")),
            ("/lifecycleEvents/2/status", json!("Failed")),
        ],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_left_no_report() {
    check(&Case {
        unusual: "it crashed at each attempt",
        release: "order-api",
        pre_traffic: stand_in("crashes"),
        status: 1,
        text: &[
            "BeforeAllowTraffic\n            no report of CodeDeployHook_PreTraffic in log group /aws/lambda/CodeDeployHook_PreTraffic: it crashed",
            r#""status":"error","errorType":"Runtime.ExitError""#,
            " 1:00:02  BeforeAllowTraffic Failed",
            "rolled back: no report of CodeDeployHook_PreTraffic in log group",
            "; CodeDeploy gave up after one hour\n",
        ],
        json: &[
            ("/lifecycleEvents/0/hook/reports", json!([])),
            ("/lifecycleEvents/0/hook/logWasRead", json!(true)),
        ],
    })
    .await;
    check(&Case {
        unusual: "it answered and told nobody",
        release: "order-api",
        pre_traffic: stand_in("never-reports"),
        status: 1,
        text: &[
            "deployment d-",
            "Failed: TIMEOUT The deployment timed out",
            "rolled back: no report of CodeDeployHook_PreTraffic in log group /aws/lambda/CodeDeployHook_PreTraffic: it crashed, \
             timed out, was never invoked, or the log is not kept that long; CodeDeploy gave up after one hour\n",
        ],
        json: &[("/deployment/errorInformation/code", json!("TIMEOUT"))],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_that_an_alarm_stopped() {
    let world = World::new().await;
    world.pass(600).await;
    let id = world.begin("order-api");
    world.pass(60).await;
    world
        .emulator
        .set_alarm_state(
            "VersionedOrderAPI-prod-canary-evidence",
            "ALARM",
            "as asked",
        )
        .unwrap();
    world.finish().await;
    check_explained(
        &world,
        &id,
        &Case {
            unusual: "an alarm fires while traffic shifts",
            release: "",
            pre_traffic: gate(),
            status: 1,
            text: &[
                "CodeDeployHook_PreTraffic reported Succeeded",
                "AllowTraffic Failed\n          AfterAllowTraffic Skipped\n",
                "Stopped: ALARM_ACTIVE One or more alarms",
                "\n            alarm VersionedOrderAPI-prod-canary-evidence fired\n",
                "rolled back: the alarm VersionedOrderAPI-prod-canary-evidence fired during AllowTraffic\n",
            ],
            json: &[("/alarms", json!(["VersionedOrderAPI-prod-canary-evidence"]))],
        },
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_that_an_alarm_blocked() {
    let world = World::new().await;
    world.pass(600).await;
    let set = world.emulator.set_alarm_state(
        "VersionedOrderAPI-prod-canary-evidence",
        "ALARM",
        "as asked",
    );
    set.unwrap();
    let id = world.deploy("order-api").await;
    check_explained(
        &world,
        &id,
        &Case {
            unusual: "an alarm fires before the deployment begins",
            release: "",
            pre_traffic: gate(),
            status: 1,
            text: &[
                "BeforeAllowTraffic Failed\n          AllowTraffic Skipped\n",
                "rolled back: the alarm VersionedOrderAPI-prod-canary-evidence fired before the deployment began; that blocks every \
                 deployment, a fix too\n",
            ],
            json: &[("/deployment/status", json!("Stopped"))],
        },
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_is_explained_by_what_it_rolls_back() {
    let world = World::new().await;
    let id = world.deploy("lost-validation").await;
    let document = world.explain(&id, &["--format", "json"]).json();
    let rollback = document["rollback"]["deploymentId"].as_str().unwrap();
    assert_ne!(rollback, id);
    let ran = world.explain(rollback, &[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let first = format!(
        "{rollback} rolls back {id}, and this is about {id}\n\nVersionedOrderAPI:prod  version 1 → 2"
    );
    assert!(ran.stdout.starts_with(&first), "{}", ran.stdout);
    let own = world.explain(&id, &[]);
    assert!(
        ran.stdout.ends_with(&own.stdout),
        "{}\n{}",
        ran.stdout,
        own.stdout
    );
    let document = world.explain(rollback, &["--format", "json"]).json();
    assert_eq!(document["askedAbout"], rollback);
    assert_eq!(document["deployment"]["deploymentId"], *id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_that_is_still_running() {
    let world = World::behind(stand_in("never-reports")).await;
    let id = world.begin("order-api");
    check_explained(
        &world,
        &id,
        &Case {
            unusual: "it has not begun",
            release: "",
            pre_traffic: gate(),
            status: 2,
            text: &[
                "deployment d-",
                "Created\n",
                "still running: its status is Created\n",
            ],
            json: &[("/verdict", json!("stillRunning"))],
        },
    );
    world.pass(30).await;
    check_explained(
        &world,
        &id,
        &Case {
            unusual: "its hook has not reported",
            release: "",
            pre_traffic: gate(),
            status: 2,
            text: &[
                "    0:02  BeforeAllowTraffic\n            CodeDeployHook_PreTraffic has not reported yet\n",
                "BeforeAllowTraffic InProgress\n          AllowTraffic Pending\n",
                "prod → version 1 now",
                "still running: BeforeAllowTraffic is in progress, and CodeDeployHook_PreTraffic has not reported yet\n",
            ],
            json: &[("/deployment/status", json!("InProgress"))],
        },
    );
}
