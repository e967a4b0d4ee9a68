//! What the report says of the calls that users made while traffic shifted.

use emulator::CodeStore;
use serde_json::Value;

use super::permissions::without;
use super::world::{Case, Hook, PASSES, Seen, World};

const CALLS: usize = 200;

/// The report of a deployment under traffic.
async fn report(case: &Case<'_>, store: &CodeStore) -> Value {
    let world = World::new(case, store).await;
    let id = world.begin_under(CALLS).await;
    world.finish().await;
    let seen = Seen::of(&world, &id);
    assert_eq!(seen.reported, [case.received], "{}", case.unusual);
    serde_json::from_str(&seen.ended[0].0).unwrap()
}

const GRADUAL: Case<'static> = Case {
    hook: Hook::PostTraffic,
    deployment_type: "Canary10Percent5Minutes",
    ..PASSES
};

#[tokio::test]
async fn every_call_of_the_shift_is_counted() {
    let store = CodeStore::create().unwrap();
    let case = Case {
        variables: &[("GATE_CANARY", "fail"), ("GATE_REQUIRED_BOUND", "50%")],
        ..GRADUAL
    };
    let report = report(&case, &store).await;
    let canary = &report["canary"];
    let count = |version: &str, of: &str| canary[version][of].as_u64().unwrap();
    let calls = (count("target", "calls"), count("current", "calls"));
    assert_eq!(calls.0 + calls.1, CALLS as u64, "{report}");
    // A tenth, by the emulator's draw.
    assert!((5..=40).contains(&calls.0), "{report}");
    assert_eq!(count("target", "errors") + count("current", "errors"), 0);
    let summary = canary["summary"].as_str().unwrap();
    let clean = format!("{} clean calls: an error rate of ", calls.0);
    assert!(summary.starts_with(&clean), "{summary}");
    let bound = 1.0 - 0.05_f64.powf(1.0 / calls.0 as f64);
    assert!(
        (canary["bound"].as_f64().unwrap() - bound).abs() < 1e-12,
        "{report}"
    );
}

#[tokio::test]
async fn a_hook_that_may_not_count_says_so() {
    let store = CodeStore::create().unwrap();
    let statements = without("cloudwatch:GetMetricData");
    let said = [
        "nothing is known of the calls that version 2 had",
        "the hook's role needs cloudwatch:GetMetricData on `*`",
        "because no identity-based policy allows the cloudwatch:GetMetricData action",
    ];
    for (policy, received, member) in [
        ("report", "Succeeded", "/canary/summary"),
        ("fail", "Failed", "/reason"),
    ] {
        let case = Case {
            unusual: policy,
            variables: &[("GATE_CANARY", policy)],
            statements: &statements,
            received,
            ..GRADUAL
        };
        let report = report(&case, &store).await;
        let text = report.pointer(member).and_then(Value::as_str).unwrap();
        for part in said {
            assert!(text.contains(part), "{policy}: {text}");
        }
    }
}
