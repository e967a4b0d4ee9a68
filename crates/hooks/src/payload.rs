//! What CodeDeploy sends to a hook: two opaque ids, and nothing about the function under test.

use crate::reason::reason;
use aws_lambda_events::codedeploy::CodeDeployLifecycleEvent;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// The payload names no deployment or no hook execution, so that nothing can be reported about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PayloadError {
    #[error(
        "the payload is not CodeDeploy's {{\"DeploymentId\", \"LifecycleEventHookExecutionId\"}}"
    )]
    Malformed(#[source] serde_json::Error),
    #[error("the payload's {0} is empty")]
    Empty(&'static str),
}

/// Reads both ids from the bytes that Lambda delivers, or says why not.
///
/// Hidden, because it is of use only to the fuzz target of this parser: the runtime reads the bytes in production, and
/// the gate goes on from there.
#[doc(hidden)]
pub fn read_payload(bytes: &[u8]) -> Result<(String, String), String> {
    let payload = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let ids = read(payload).map_err(|error| reason(&error))?;
    Ok((ids.deployment_id, ids.lifecycle_event_hook_execution_id))
}

/// Reads the ids from the payload's text; whatever else it holds is ignored, however deep it nests.
///
/// An id that is there twice is not one that could be relied upon.
pub(crate) fn read(payload: &str) -> Result<CodeDeployLifecycleEvent, PayloadError> {
    // A list of two strings would do for the struct, and is nothing that CodeDeploy sends.
    serde_json::from_str::<HashMap<String, &RawValue>>(payload).map_err(PayloadError::Malformed)?;
    let ids: CodeDeployLifecycleEvent =
        serde_json::from_str(payload).map_err(PayloadError::Malformed)?;
    if ids.deployment_id.trim().is_empty() {
        return Err(PayloadError::Empty("DeploymentId"));
    }
    if ids.lifecycle_event_hook_execution_id.trim().is_empty() {
        return Err(PayloadError::Empty("LifecycleEventHookExecutionId"));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(payload: &str, expected: Result<(&str, &str), &str>) {
        match (read(payload), expected) {
            (Ok(ids), Ok((deployment, execution))) => {
                assert_eq!(ids.deployment_id, deployment, "{payload}");
                assert_eq!(
                    ids.lifecycle_event_hook_execution_id, execution,
                    "{payload}"
                );
            }
            (Err(error), Err(part)) => {
                let text = reason(&error);
                assert!(text.contains(part), "{payload}: {text}");
            }
            (found, expected) => panic!("{payload}: found {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn reads_both_ids_or_says_which_is_missing() {
        let ids = Ok(("d-1", "e"));
        let rows = [
            (
                r#"{"DeploymentId":"d-1","LifecycleEventHookExecutionId":"e"}"#,
                ids,
            ),
            (
                r#"{"a":[1],"DeploymentId":"d-1","LifecycleEventHookExecutionId":"e","CombinedEvent":{"x":1}}"#,
                ids,
            ),
            (
                r#"{"DeploymentId":"d-1"}"#,
                Err("missing field `LifecycleEventHookExecutionId`"),
            ),
            (
                r#"{"LifecycleEventHookExecutionId":"e"}"#,
                Err("missing field `DeploymentId`"),
            ),
            (
                r#"{"deploymentId":"d-1","lifecycleEventHookExecutionId":"e"}"#,
                Err("missing field `DeploymentId`"),
            ),
            (
                r#"{"DeploymentId":null,"LifecycleEventHookExecutionId":"e"}"#,
                Err("null"),
            ),
            (
                r#"{"DeploymentId":7,"LifecycleEventHookExecutionId":"e"}"#,
                Err("integer `7`"),
            ),
            (
                r#"{"DeploymentId":"d-1","DeploymentId":"d-2","LifecycleEventHookExecutionId":"e"}"#,
                Err("duplicate field `DeploymentId`"),
            ),
            (
                r#"{"DeploymentId":" ","LifecycleEventHookExecutionId":"e"}"#,
                Err("DeploymentId is empty"),
            ),
            (
                r#"{"DeploymentId":"d-1","LifecycleEventHookExecutionId":""}"#,
                Err("LifecycleEventHookExecutionId is empty"),
            ),
            ("{}", Err("DeploymentId")),
            (r#""d-1""#, Err("string \"d-1\"")),
            ("null", Err("null")),
            ("[]", Err("not CodeDeploy's")),
            (r#"["d-1","e"]"#, Err("invalid type: sequence")),
            ("", Err("EOF")),
        ];
        for (payload, expected) in rows {
            check(payload, expected);
        }
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let payload =
            format!(r#"{{"DeploymentId":"d-1","LifecycleEventHookExecutionId":"e","x":{deep}}}"#);
        assert!(read(&payload).is_ok());
    }
}
