//! What a hook reads of the payload that it is invoked with.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    let found = hooks::read_payload(bytes);
    // An id that is there twice is refused, and any other key may be repeated.
    if found.is_ok() || !repeats_a_key(bytes) {
        assert_eq!(found.as_ref().ok(), expected(bytes).as_ref(), "{found:?}");
    }
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

/// Two texts that are not blank, under CodeDeploy's two keys; whatever else there is may be any JSON.
fn expected(bytes: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let payload: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let id = |key| {
        let text: String = serde_json::from_str(payload.get(key)?.get()).ok()?;
        (!text.trim().is_empty()).then_some(text)
    };
    Some((id("DeploymentId")?, id("LifecycleEventHookExecutionId")?))
}

fn repeats_a_key(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| checks::parse_json(text).is_err())
}
