//! Deliveries that CodeDeploy did not make, or made twice.

use emulator::{CodeStore, Completion};
use serde_json::{Value, json};

use super::world::{Case, Hook, PASSES, Seen, World};

const MET: &str = r#"{ "components": { "examples": { "Ask": { "value": {} } } } }"#;
const UNMET: &str = r#"{ "components": { "examples": { "Ask": { "value": { "do": "fail" } } } } }"#;

fn answer(completion: &Completion) -> Value {
    serde_json::from_slice(&completion.payload).unwrap()
}

/// The verdict in the hook's answer, which is no function error.
fn verdict(completion: &Completion) -> String {
    let answer = answer(completion);
    assert!(!completion.function_error, "{answer}");
    answer["verdict"].as_str().unwrap().to_owned()
}

/// Where there is nobody to report to, an error is all that a hook can end in.
#[tokio::test]
async fn what_cannot_be_reported_is_a_function_error() {
    let store = CodeStore::create().unwrap();
    for hook in [Hook::PreTraffic, Hook::PostTraffic] {
        let world = World::new(&Case { hook, ..PASSES }, &store).await;
        let (id, payload) = world.begin_in_silence().await;
        let execution = &payload["LifecycleEventHookExecutionId"];
        let rows = [
            (json!(null), "InvalidPayload", "invalid type: null"),
            (json!("garbage"), "InvalidPayload", "invalid type: string"),
            (json!([]), "InvalidPayload", "not CodeDeploy's"),
            (json!({}), "InvalidPayload", "missing field `DeploymentId`"),
            (
                json!({ "DeploymentId": id }),
                "InvalidPayload",
                "missing field `LifecycleEventHookExecutionId`",
            ),
            (
                json!({ "DeploymentId": 7, "LifecycleEventHookExecutionId": execution }),
                "InvalidPayload",
                "invalid type: integer `7`",
            ),
            (
                json!({ "DeploymentId": "", "LifecycleEventHookExecutionId": execution }),
                "InvalidPayload",
                "the payload's DeploymentId is empty",
            ),
            (
                json!({ "DeploymentId": "d-000000000", "LifecycleEventHookExecutionId": execution }),
                "VerdictNotReported",
                "DeploymentDoesNotExistException",
            ),
            (
                json!({ "DeploymentId": "nonsense", "LifecycleEventHookExecutionId": execution }),
                "VerdictNotReported",
                "InvalidDeploymentIdException",
            ),
            (
                json!({ "DeploymentId": id, "LifecycleEventHookExecutionId": "unknown" }),
                "VerdictNotReported",
                "InvalidLifecycleEventHookExecutionIdException",
            ),
        ];
        for (payload, error_type, part) in rows {
            let completion = world.invoke_hook(&payload).await;
            let error = answer(&completion);
            assert!(completion.function_error, "{hook:?} {payload}: {error}");
            assert_eq!(error["errorType"], error_type, "{hook:?} {payload}");
            let message = error["errorMessage"].as_str().unwrap();
            assert!(message.contains(part), "{hook:?} {payload}: {message}");
        }
        assert!(Seen::of(&world, &id).reported.is_empty(), "{hook:?}");
        assert_eq!(world.state(&id), ("InProgress", None), "{hook:?}");
        // The same function still serves a payload that is as it should be.
        let completion = world.invoke_hook(&payload).await;
        assert_eq!(verdict(&completion), "Succeeded", "{hook:?}");
        assert_eq!(Seen::of(&world, &id).reported, ["Succeeded"], "{hook:?}");
    }
}

/// Lambda delivers an asynchronous invocation at least once; here the registry has changed between two deliveries.
#[tokio::test]
async fn the_first_verdict_stays() {
    let store = CodeStore::create().unwrap();
    let (met, unmet) = ((MET, "Succeeded"), (UNMET, "Failed"));
    for (hook, first, second, alias) in [
        (Hook::PreTraffic, met, unmet, "2"),
        (Hook::PreTraffic, unmet, met, "1"),
        (Hook::PostTraffic, met, unmet, "2"),
        (Hook::PostTraffic, unmet, met, "1"),
    ] {
        let unusual = format!("{hook:?}: {first:?}, then {second:?}");
        let case = Case {
            hook,
            bundled: &[],
            shared: first.0,
            ..PASSES
        };
        let world = World::new(&case, &store).await;
        let (id, payload) = world.begin_in_silence().await;
        let delivered = verdict(&world.invoke_hook(&payload).await);
        assert_eq!(delivered, first.1, "{unusual}");
        assert_eq!(Seen::of(&world, &id).reported, [first.1], "{unusual}");

        world.share(second.0);
        // What was decided is not decided again, now and when the deployment has ended.
        assert_eq!(verdict(&world.invoke_hook(&payload).await), first.1);
        world.finish().await;
        assert_eq!(verdict(&world.invoke_hook(&payload).await), first.1);

        assert!(Seen::of(&world, &id).reported.is_empty(), "{unusual}");
        let end = match first.1 {
            "Succeeded" => ("Succeeded", None),
            _ => ("Failed", Some("HOOK_EXECUTION_FAILURE")),
        };
        assert_eq!(world.state(&id), end, "{unusual}");
        assert_eq!(world.alias(), (alias.to_owned(), None), "{unusual}");
    }
}

#[tokio::test]
async fn of_two_deliveries_at_once_one_is_received_and_none_fails() {
    let world = World::new(&PASSES, &CodeStore::create().unwrap()).await;
    let (id, payload) = world.begin_in_silence().await;
    let (one, other) = tokio::join!(world.invoke_hook(&payload), world.invoke_hook(&payload));
    // The one that comes second takes over what CodeDeploy has already.
    assert_eq!([verdict(&one), verdict(&other)], ["Succeeded", "Succeeded"]);
    assert_eq!(Seen::of(&world, &id).reported, ["Succeeded"]);
    world.finish().await;
    assert_eq!(world.state(&id), ("Succeeded", None));
}
