//! CodeDeploy's part of a Lambda deployment (AWS JSON 1.1).

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::cloudwatch::{SHIFT_END, SHIFT_START};
use super::scripted::{Protocol, Refusal, Request};
use super::{
    ACCOUNT, ALIAS, APPLICATION, CURRENT, DEPLOYMENT, EXECUTION, FUNCTION, GROUP, Put, REGION,
    TARGET, World, function_arn,
};
use crate::faults::runtime_api::now;
use crate::faults::wire::Connection;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new().route("/", post(codedeploy))
}

async fn codedeploy(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let target = headers
        .get("x-amz-target")
        .and_then(|name| name.to_str().ok());
    let operation = target
        .and_then(|name| name.strip_prefix("CodeDeploy_20141006."))
        .unwrap_or("?");
    let input: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let resource = match operation {
        "GetApplicationRevision" => {
            codedeploy_arn(&format!("application:{}", text("applicationName")))
        }
        // IAM finds the group by the deployment.
        _ => codedeploy_arn(&format!("deploymentgroup:{APPLICATION}/{GROUP}")),
    };
    if operation == "PutLifecycleEventHookExecutionStatus" {
        world.record().sent.push(text("status").to_owned());
    }
    let request = Request {
        protocol: Protocol::Json,
        action: format!("codedeploy:{operation}"),
        resource,
        special: None,
        asked: None,
    };
    let healthy = |_| {
        let answer = match operation {
            "GetApplicationRevision" if text("applicationName") != APPLICATION => {
                return Err((400, "ApplicationDoesNotExistException"));
            }
            "GetApplicationRevision" => world.get_application_revision(),
            _ => {
                known(text("deploymentId"))?;
                match operation {
                    "GetDeployment" => world.get_deployment(),
                    "ListDeploymentTargets" => json!({ "targetIds": [target_id()] }),
                    "GetDeploymentTarget" if text("targetId") != target_id() => {
                        return Err((400, "DeploymentTargetDoesNotExistException"));
                    }
                    "GetDeploymentTarget" => world.get_deployment_target(),
                    "PutLifecycleEventHookExecutionStatus" => {
                        world.put(text("lifecycleEventHookExecutionId"), text("status"))?
                    }
                    _ => return Err((400, "UnknownOperationException")),
                }
            }
        };
        Ok(Protocol::Json.reply(&answer))
    };
    world.answer(request, &connection, healthy).await.response
}

fn codedeploy_arn(resource: &str) -> String {
    format!("arn:aws:codedeploy:{REGION}:{ACCOUNT}:{resource}")
}

pub(super) fn target_id() -> String {
    format!("{FUNCTION}:{ALIAS}")
}

fn known(deployment: &str) -> Result<(), Refusal> {
    match deployment {
        DEPLOYMENT => Ok(()),
        "" => Err((400, "DeploymentIdRequiredException")),
        id if id.starts_with("d-") => Err((400, "DeploymentDoesNotExistException")),
        _ => Err((400, "InvalidDeploymentIdException")),
    }
}

impl World {
    fn get_deployment(&self) -> Value {
        json!({ "deploymentInfo": {
            "applicationName": APPLICATION,
            "deploymentGroupName": GROUP,
            "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
            "deploymentId": DEPLOYMENT,
            "revision": { "revisionType": "String", "string": { "sha256": "9f86d081884c7d65" } },
            "status": "InProgress",
            "createTime": 1_767_225_600.5,
            "creator": "user",
            "computePlatform": "Lambda",
        } })
    }

    /// As CloudFormation writes it.
    fn get_application_revision(&self) -> Value {
        let spec = json!({
            "version": "0.0",
            "Resources": [{ FUNCTION: { "Type": "AWS::Lambda::Function", "Properties": {
                "Name": FUNCTION, "Alias": ALIAS, "CurrentVersion": CURRENT, "TargetVersion": TARGET,
            } } }],
            "Hooks": [
                { "BeforeAllowTraffic": "CodeDeployHook_PreTraffic" },
                { "AfterAllowTraffic": "CodeDeployHook_PostTraffic" },
            ],
        });
        json!({
            "applicationName": APPLICATION,
            "revision": {
                "revisionType": "String",
                "string": { "content": spec.to_string(), "sha256": "9f86d081884c7d65" },
            },
            "revisionInfo": { "deploymentGroups": [GROUP] },
        })
    }

    fn get_deployment_target(&self) -> Value {
        let status = self.record().status.clone();
        let status = status.as_deref().unwrap_or("InProgress");
        let is_before = self.setting.lifecycle_event == "BeforeAllowTraffic";
        let (before, between, after) = match is_before {
            true if ["Failed", "Skipped"].contains(&status) => (status, "Skipped", "Skipped"),
            true => (status, "Pending", "Pending"),
            false => ("Succeeded", "Succeeded", status),
        };
        let mut allow_traffic = json!({ "lifecycleEventName": "AllowTraffic", "status": between });
        if between == "Succeeded" {
            allow_traffic["startTime"] = SHIFT_START.into();
            allow_traffic["endTime"] = SHIFT_END.into();
        }
        json!({ "deploymentTarget": { "deploymentTargetType": "LambdaTarget", "lambdaTarget": {
            "deploymentId": DEPLOYMENT,
            "targetId": target_id(),
            "targetArn": function_arn(&target_id()),
            "status": "InProgress",
            "lastUpdatedAt": 1_767_225_601.5,
            "lifecycleEvents": [
                { "lifecycleEventName": "BeforeAllowTraffic", "status": before },
                allow_traffic,
                { "lifecycleEventName": "AfterAllowTraffic", "status": after },
            ],
            "lambdaFunctionInfo": {
                "functionName": FUNCTION,
                "functionAlias": ALIAS,
                "currentVersion": CURRENT,
                "targetVersion": TARGET,
                "targetVersionWeight": if is_before { 0.0 } else { 1.0 },
            },
        } } })
    }

    fn put(&self, execution: &str, status: &str) -> Result<Value, Refusal> {
        let mut record = self.record();
        if execution != EXECUTION {
            return Err((400, "InvalidLifecycleEventHookExecutionIdException"));
        }
        if !["Succeeded", "Failed"].contains(&status) {
            return Err((400, "InvalidLifecycleEventHookExecutionStatusException"));
        }
        if record.status.is_some() {
            return Err((400, "LifecycleEventAlreadyCompletedException"));
        }
        record.status = Some(status.to_owned());
        record.puts.push(Put {
            status: status.to_owned(),
            at: now(),
        });
        Ok(json!({ "lifecycleEventHookExecutionId": execution }))
    }
}
