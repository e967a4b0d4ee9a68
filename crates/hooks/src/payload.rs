//! What CodeDeploy sends to a hook: two opaque ids, and nothing about the function under test.

use aws_lambda_events::codedeploy::CodeDeployLifecycleEvent;
use serde_json::Value;

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

/// Reads the ids; whatever else the payload holds is ignored.
pub(crate) fn read(payload: Value) -> Result<CodeDeployLifecycleEvent, PayloadError> {
    let ids: CodeDeployLifecycleEvent =
        serde_json::from_value(payload).map_err(PayloadError::Malformed)?;
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
    use crate::reason::reason;
    use serde_json::json;

    fn check(payload: Value, expected: Result<(&str, &str), &str>) {
        let shown = payload.to_string();
        match (read(payload), expected) {
            (Ok(ids), Ok((deployment, execution))) => {
                assert_eq!(ids.deployment_id, deployment, "{shown}");
                assert_eq!(ids.lifecycle_event_hook_execution_id, execution, "{shown}");
            }
            (Err(error), Err(part)) => {
                let text = reason(&error);
                assert!(text.contains(part), "{shown}: {text}");
            }
            (found, expected) => panic!("{shown}: found {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn reads_both_ids_or_says_which_is_missing() {
        let ids = Ok(("d-1", "e"));
        check(
            json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e"}),
            ids,
        );
        check(
            json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e", "CombinedEvent": {"x": 1}}),
            ids,
        );
        check(
            json!({"DeploymentId": "d-1"}),
            Err("missing field `LifecycleEventHookExecutionId`"),
        );
        check(
            json!({"LifecycleEventHookExecutionId": "e"}),
            Err("missing field `DeploymentId`"),
        );
        check(
            json!({"deploymentId": "d-1", "lifecycleEventHookExecutionId": "e"}),
            Err("missing field `DeploymentId`"),
        );
        check(
            json!({"DeploymentId": null, "LifecycleEventHookExecutionId": "e"}),
            Err("null"),
        );
        check(
            json!({"DeploymentId": 7, "LifecycleEventHookExecutionId": "e"}),
            Err("integer `7`"),
        );
        check(
            json!({"DeploymentId": " ", "LifecycleEventHookExecutionId": "e"}),
            Err("DeploymentId is empty"),
        );
        check(
            json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": ""}),
            Err("LifecycleEventHookExecutionId is empty"),
        );
        check(json!({}), Err("DeploymentId"));
        check(json!("d-1"), Err("string \"d-1\""));
        check(json!(null), Err("null"));
    }
}
