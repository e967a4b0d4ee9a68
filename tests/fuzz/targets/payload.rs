//! What a hook reads of the payload that it is invoked with.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let found = hooks::read_payload(bytes);
    assert_eq!(found.as_ref().ok(), expected(bytes).as_ref(), "{found:?}");
    match found {
        Ok((deployment_id, execution_id)) => {
            let payload = json!({
                "DeploymentId": deployment_id,
                "LifecycleEventHookExecutionId": execution_id,
            });
            let again = hooks::read_payload(payload.to_string().as_bytes());
            assert_eq!(again, Ok((deployment_id, execution_id)));
        }
        // It becomes the function's error message.
        Err(reason) => assert!(!reason.is_empty() && reason.len() < 5_000, "{reason}"),
    }
});

/// Two texts that are not blank, under CodeDeploy's two keys.
fn expected(bytes: &[u8]) -> Option<(String, String)> {
    let payload: Value = serde_json::from_slice(bytes).ok()?;
    let id = |key| {
        let text = payload.as_object()?.get(key)?.as_str()?;
        (!text.trim().is_empty()).then(|| text.to_owned())
    };
    Some((id("DeploymentId")?, id("LifecycleEventHookExecutionId")?))
}
