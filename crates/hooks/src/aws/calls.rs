//! One SDK call per port.

#![expect(
    deprecated,
    reason = "CloudFormation still writes revisions of the deprecated type `String`"
)]

use super::Aws;
use super::error::call_error;
use crate::ports::{
    Alias, CallError, CallErrorKind, Deployment, DeploymentTarget, DescribeSchema, GetAlias,
    GetApplicationRevision, GetDeployment, GetDeploymentTarget, InvokeFunction, InvokeRequest,
    InvokeResponse, ListDeploymentGroups, ListDeploymentTargets, ListDeployments, NamePage,
    PutLifecycleEventHookExecutionStatus, RevisionLocation,
};
use aws_sdk_codedeploy::types::{
    self, AppSpecContent, DeploymentStatus, LambdaFunctionInfo, LifecycleEventStatus, RawString,
    RevisionLocationType,
};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use checks::Verdict;

impl GetDeployment for Aws {
    async fn get_deployment(&self, deployment_id: &str) -> Result<Deployment, CallError> {
        const ACTION: &str = "codedeploy:GetDeployment";
        let output = self
            .codedeploy
            .get_deployment()
            .deployment_id(deployment_id)
            .send()
            .await
            .map_err(|error| call_error(ACTION, error))?;
        let info = output
            .deployment_info
            .ok_or_else(|| incomplete(ACTION, "deploymentInfo"))?;
        Ok(Deployment {
            application: info
                .application_name
                .ok_or_else(|| incomplete(ACTION, "applicationName"))?,
            status: info.status.map(|status| status.as_str().to_owned()),
            compute_platform: info.compute_platform.map(|name| name.as_str().to_owned()),
            revision: info.revision.map(from_sdk),
            is_rollback: info.rollback_info.is_some_and(|rollback| {
                // The one that is rolled back has the other member.
                rollback.rollback_triggering_deployment_id.is_some()
            }),
        })
    }
}

impl GetApplicationRevision for Aws {
    async fn get_application_revision(
        &self,
        application: &str,
        revision: &RevisionLocation,
    ) -> Result<Option<RevisionLocation>, CallError> {
        let output = self
            .codedeploy
            .get_application_revision()
            .application_name(application)
            .revision(to_sdk(revision))
            .send()
            .await
            .map_err(|error| call_error("codedeploy:GetApplicationRevision", error))?;
        Ok(output.revision.map(from_sdk))
    }
}

impl ListDeploymentGroups for Aws {
    async fn list_deployment_groups(
        &self,
        application: &str,
        next_token: Option<&str>,
    ) -> Result<NamePage, CallError> {
        let output = self
            .codedeploy
            .list_deployment_groups()
            .application_name(application)
            .set_next_token(next_token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| call_error("codedeploy:ListDeploymentGroups", error))?;
        Ok(NamePage {
            names: output.deployment_groups.unwrap_or_default(),
            next_token: output.next_token,
        })
    }
}

impl ListDeployments for Aws {
    async fn list_deployments(
        &self,
        application: &str,
        group: &str,
        include_only_statuses: &[&str],
        next_token: Option<&str>,
    ) -> Result<NamePage, CallError> {
        let statuses = include_only_statuses.iter().copied();
        let statuses: Vec<DeploymentStatus> = statuses.map(DeploymentStatus::from).collect();
        let output = self
            .codedeploy
            .list_deployments()
            .application_name(application)
            .deployment_group_name(group)
            .set_include_only_statuses((!statuses.is_empty()).then_some(statuses))
            .set_next_token(next_token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| call_error("codedeploy:ListDeployments", error))?;
        Ok(NamePage {
            names: output.deployments.unwrap_or_default(),
            next_token: output.next_token,
        })
    }
}

impl ListDeploymentTargets for Aws {
    async fn list_deployment_targets(&self, deployment_id: &str) -> Result<Vec<String>, CallError> {
        let output = self
            .codedeploy
            .list_deployment_targets()
            .deployment_id(deployment_id)
            .send()
            .await
            .map_err(|error| call_error("codedeploy:ListDeploymentTargets", error))?;
        // A Lambda deployment has one target, so there is no second page.
        Ok(output.target_ids.unwrap_or_default())
    }
}

impl GetDeploymentTarget for Aws {
    async fn get_deployment_target(
        &self,
        deployment_id: &str,
        target_id: &str,
    ) -> Result<DeploymentTarget, CallError> {
        const ACTION: &str = "codedeploy:GetDeploymentTarget";
        let output = self
            .codedeploy
            .get_deployment_target()
            .deployment_id(deployment_id)
            .target_id(target_id)
            .send()
            .await
            .map_err(|error| call_error(ACTION, error))?;
        let target = output
            .deployment_target
            .and_then(|target| target.lambda_target)
            .ok_or_else(|| incomplete(ACTION, "lambdaTarget"))?;
        let lifecycle_events = target.lifecycle_events.unwrap_or_default();
        let allow_traffic = lifecycle_events
            .iter()
            .find(|event| event.lifecycle_event_name.as_deref() == Some("AllowTraffic"));
        let allow_traffic_start = allow_traffic.and_then(|event| event.start_time);
        let allow_traffic_end = allow_traffic.and_then(|event| event.end_time);
        let target_of = |info: LambdaFunctionInfo| DeploymentTarget {
            function: info.function_name,
            alias: info.function_alias,
            current_version: info.current_version,
            target_version: info.target_version,
            ..DeploymentTarget::default()
        };
        Ok(DeploymentTarget {
            allow_traffic_start: allow_traffic_start.map(|time| time.secs()),
            allow_traffic_end: allow_traffic_end.map(|time| time.secs()),
            lifecycle_events: lifecycle_events
                .into_iter()
                .filter_map(|event| {
                    let status = event.status?.as_str().to_owned();
                    Some((event.lifecycle_event_name?, status))
                })
                .collect(),
            ..target
                .lambda_function_info
                .map(target_of)
                .unwrap_or_default()
        })
    }
}

impl PutLifecycleEventHookExecutionStatus for Aws {
    async fn put_lifecycle_event_hook_execution_status(
        &self,
        deployment_id: &str,
        lifecycle_event_hook_execution_id: &str,
        verdict: Verdict,
    ) -> Result<(), CallError> {
        const ACTION: &str = "codedeploy:PutLifecycleEventHookExecutionStatus";
        let output = self
            .codedeploy
            .put_lifecycle_event_hook_execution_status()
            .deployment_id(deployment_id)
            .lifecycle_event_hook_execution_id(lifecycle_event_hook_execution_id)
            .status(match verdict {
                Verdict::Succeeded => LifecycleEventStatus::Succeeded,
                Verdict::Failed => LifecycleEventStatus::Failed,
            })
            .send()
            .await
            .map_err(|error| call_error(ACTION, error))?;
        // CodeDeploy answers with the id. Without it something else has answered, and CodeDeploy would wait for an hour.
        match output.lifecycle_event_hook_execution_id {
            Some(_) => Ok(()),
            None => Err(CallError {
                kind: CallErrorKind::NoAnswer,
                ..incomplete(ACTION, "lifecycleEventHookExecutionId")
            }),
        }
    }
}

impl GetAlias for Aws {
    async fn get_alias(&self, function: &str, alias: &str) -> Result<Alias, CallError> {
        const ACTION: &str = "lambda:GetAlias";
        let output = self
            .lambda
            .get_alias()
            .function_name(function)
            .name(alias)
            .send()
            .await
            .map_err(|error| call_error(ACTION, error))?;
        Ok(Alias {
            function_version: output
                .function_version
                .ok_or_else(|| incomplete(ACTION, "FunctionVersion"))?,
            additional_version_weights: output
                .routing_config
                .and_then(|routing| routing.additional_version_weights)
                .unwrap_or_default(),
        })
    }
}

impl InvokeFunction for Aws {
    async fn invoke_function(
        &self,
        request: InvokeRequest<'_>,
    ) -> Result<InvokeResponse, CallError> {
        // Kept until the end of this call: on one thread the answer is looked at before the next one is received.
        let in_turn = self.turns.one();
        let output = self
            .lambda
            .invoke()
            .function_name(request.function)
            .set_qualifier(request.qualifier.map(str::to_owned))
            .invocation_type(InvocationType::RequestResponse)
            .set_log_type(request.log_tail.then_some(LogType::Tail))
            .client_context(BASE64_STANDARD.encode(request.client_context))
            .payload(Blob::new(request.payload))
            .customize()
            .interceptor(in_turn.clone())
            .send()
            .await
            .map_err(|error| call_error("lambda:InvokeFunction", error))?;
        Ok(InvokeResponse {
            payload: output.payload.map(Blob::into_inner).unwrap_or_default(),
            function_error: output.function_error,
            executed_version: output.executed_version,
            log_tail: output.log_result,
        })
    }
}

impl DescribeSchema for Aws {
    async fn describe_schema(&self, registry: &str, schema: &str) -> Result<String, CallError> {
        const ACTION: &str = "schemas:DescribeSchema";
        let output = self
            .schemas
            .describe_schema()
            .registry_name(registry)
            .schema_name(schema)
            .send()
            .await
            .map_err(|error| call_error(ACTION, error))?;
        output.content.ok_or_else(|| incomplete(ACTION, "Content"))
    }
}

fn incomplete(action: &'static str, member: &str) -> CallError {
    CallError {
        action,
        kind: CallErrorKind::Refused,
        message: format!("the answer has no {member}"),
    }
}

fn from_sdk(location: types::RevisionLocation) -> RevisionLocation {
    let (content, sha256) = match (location.string, location.app_spec_content) {
        (Some(raw), _) => (raw.content, raw.sha256),
        (None, Some(raw)) => (raw.content, raw.sha256),
        (None, None) => (None, None),
    };
    RevisionLocation {
        revision_type: location
            .revision_type
            .map(|name| name.as_str().to_owned())
            .unwrap_or_default(),
        content,
        sha256,
    }
}

fn to_sdk(location: &RevisionLocation) -> types::RevisionLocation {
    let revision_type = RevisionLocationType::from(location.revision_type.as_str());
    let (content, sha256) = (location.content.clone(), location.sha256.clone());
    let builder = types::RevisionLocation::builder();
    let builder = if revision_type == RevisionLocationType::String {
        let raw = RawString::builder().set_content(content).set_sha256(sha256);
        builder.string(raw.build())
    } else {
        let raw = AppSpecContent::builder()
            .set_content(content)
            .set_sha256(sha256);
        builder.app_spec_content(raw.build())
    };
    builder.revision_type(revision_type).build()
}
