//! What becomes of a deployment whose hook may not do what it has to.

use emulator::CodeStore;

use super::world::{ALL_STATEMENTS, Case, FAILS, PASSES, Seen, World, check_all};

/// The hook's statements without those actions that are called so.
pub(super) fn without(action: &str) -> String {
    let left = ALL_STATEMENTS.replace(action, "sqs:SendMessage");
    assert_ne!(left, ALL_STATEMENTS, "{action}");
    left
}

#[tokio::test]
async fn a_hook_that_may_not_report_leaves_its_deployment_to_fail() {
    let store = CodeStore::create().unwrap();
    let denied = format!(
        "[{{ Effect: Deny, Action: codedeploy:Put*, Resource: '*' }}, {}",
        ALL_STATEMENTS.trim_start_matches('[')
    );
    let put = "codedeploy:PutLifecycleEventHookExecutionStatus";
    let rows = [
        (
            without(put),
            format!("because no identity-based policy allows the {put} action"),
        ),
        (
            denied,
            "with an explicit deny in an identity-based policy".to_owned(),
        ),
    ];
    for (statements, why) in rows {
        let case = Case {
            statements: &statements,
            // Until then it asks again: a policy may be new, and IAM is eventually consistent.
            hook_timeout: 6,
            ..PASSES
        };
        let world = World::new(&case, &store).await;
        let id = world.begin();
        world.finish().await;

        let seen = Seen::of(&world, &id);
        assert!(seen.reported.is_empty(), "{why}: {:?}", seen.reported);
        let (status, error) = world.state(&id);
        assert_eq!((status, error), ("Failed", Some("TIMEOUT")), "{why}");
        assert_eq!(world.alias(), ("1".to_owned(), None), "{why}");
        // The hook was told so, in IAM's words.
        let (payload, _) = &seen.ended[0];
        let user = "User: arn:aws:sts::123456789012:assumed-role/test-GateRole-";
        assert!(
            payload.contains(user) && payload.contains(&why),
            "{payload}"
        );
    }
}

#[tokio::test]
async fn a_hook_that_may_not_invoke_says_so() {
    check_all(&[Case {
        unusual: "it may not invoke the new version",
        statements: &without("lambda:InvokeFunction"),
        hook_timeout: 6,
        reason: &["1 of 1 events broken"],
        events: &[(
            "Ask",
            "bundled",
            "broken",
            "because no identity-based policy allows the lambda:InvokeFunction action",
        )],
        ..FAILS
    }])
    .await;
}
