//! What the hook finds out from CodeDeploy, beyond the AppSpec of a hook of its own.

use emulator::CodeStore;
use serde_json::Value;

use super::world::{Case, Hook, PASSES, Seen, World};

/// The payload does not say which of the two is asked; the deployment target does.
#[tokio::test]
async fn one_function_serves_both_lifecycle_events() {
    let case = Case {
        unusual: "one function for both hooks",
        hook: Hook::Both,
        ..PASSES
    };
    let world = World::new(&case, &CodeStore::create().unwrap()).await;
    let id = world.begin();
    world.finish().await;
    let seen = Seen::of(&world, &id);
    let reports: Vec<Value> = seen
        .ended
        .iter()
        .map(|(payload, _)| serde_json::from_str(payload).unwrap())
        .collect();
    let found: Vec<_> = reports
        .iter()
        .map(|report| [&report["lifecycleEvent"], &report["verdict"]])
        .collect();
    let expected = [
        ["BeforeAllowTraffic", "Succeeded"],
        ["AfterAllowTraffic", "Succeeded"],
    ];
    assert_eq!(found, expected, "{reports:?}");
    assert_eq!(reports[0]["notes"], Value::Null);
    let note = reports[1]["notes"][0].as_str().unwrap();
    assert!(note.contains("the hook for BeforeAllowTraffic"), "{note}");
    assert_eq!(seen.reported, ["Succeeded", "Succeeded"]);
    assert_eq!(world.state(&id), ("Succeeded", None));
    assert_eq!(world.alias(), ("2".to_owned(), None));
}
