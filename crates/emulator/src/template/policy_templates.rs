//! SAM's policy templates.
//!
//! Source: samtranslator/policy_templates_data/policy_templates.json (version 1.115.0).

use serde_json::{Value as Json, json};

/// What a policy template is.
#[derive(Debug)]
pub(super) enum PolicyTemplate {
    /// It concerns the emulated services: its one parameter, if it has one, and its statement's parts.
    Concerns {
        parameter: Option<&'static str>,
        actions: &'static [&'static str],
        /// The service, and what stands in its ARN before and after the parameter; `*` without one.
        resource: Option<(&'static str, &'static str, &'static str)>,
    },
    /// It concerns other services.
    Elsewhere,
}

/// The template of this name.
pub(super) fn find(name: &str) -> Option<PolicyTemplate> {
    let on_all = |actions| PolicyTemplate::Concerns {
        parameter: None,
        actions,
        resource: None,
    };
    Some(match name {
        "CloudWatchDashboardPolicy" => on_all(&[
            "cloudwatch:GetDashboard",
            "cloudwatch:ListDashboards",
            "cloudwatch:PutDashboard",
            "cloudwatch:ListMetrics",
        ]),
        "CloudWatchDescribeAlarmHistoryPolicy" => on_all(&["cloudwatch:DescribeAlarmHistory"]),
        "CloudWatchPutMetricPolicy" => on_all(&["cloudwatch:PutMetricData"]),
        "FilterLogEventsPolicy" => PolicyTemplate::Concerns {
            parameter: Some("LogGroupName"),
            actions: &["logs:FilterLogEvents"],
            resource: Some(("logs", "log-group:", ":log-stream:*")),
        },
        "LambdaInvokePolicy" => PolicyTemplate::Concerns {
            parameter: Some("FunctionName"),
            actions: &["lambda:InvokeFunction"],
            resource: Some(("lambda", "function:", "*")),
        },
        _ if ELSEWHERE.contains(&name) => PolicyTemplate::Elsewhere,
        _ => return None,
    })
}

/// The document of a template with its parameter filled in.
pub(super) fn document(actions: &[&str], resource: &str) -> Json {
    json!({ "Statement": { "Effect": "Allow", "Action": actions, "Resource": resource } })
}

/// The templates that concern other services only.
const ELSEWHERE: [&str; 76] = [
    "AMIDescribePolicy",
    "AWSSecretsManagerGetSecretValuePolicy",
    "AWSSecretsManagerRotationPolicy",
    "AcmGetCertificatePolicy",
    "AthenaQueryPolicy",
    "CloudFormationDescribeStacksPolicy",
    "CodeCommitCrudPolicy",
    "CodeCommitReadPolicy",
    "CodePipelineLambdaExecutionPolicy",
    "CodePipelineReadOnlyPolicy",
    "ComprehendBasicAccessPolicy",
    "CostExplorerReadOnlyPolicy",
    "DynamoDBBackupFullAccessPolicy",
    "DynamoDBCrudPolicy",
    "DynamoDBReadPolicy",
    "DynamoDBReconfigurePolicy",
    "DynamoDBRestoreFromBackupPolicy",
    "DynamoDBStreamReadPolicy",
    "DynamoDBWritePolicy",
    "EC2CopyImagePolicy",
    "EC2DescribePolicy",
    "EFSWriteAccessPolicy",
    "EKSDescribePolicy",
    "EcsRunTaskPolicy",
    "ElasticMapReduceAddJobFlowStepsPolicy",
    "ElasticMapReduceCancelStepsPolicy",
    "ElasticMapReduceModifyInstanceFleetPolicy",
    "ElasticMapReduceModifyInstanceGroupsPolicy",
    "ElasticMapReduceSetTerminationProtectionPolicy",
    "ElasticMapReduceTerminateJobFlowsPolicy",
    "ElasticsearchHttpPostPolicy",
    "EventBridgePutEventsPolicy",
    "FirehoseCrudPolicy",
    "FirehoseWritePolicy",
    "KMSDecryptPolicy",
    "KMSEncryptPolicy",
    "KMSEncryptPolicy_v2",
    "KinesisCrudPolicy",
    "KinesisStreamReadPolicy",
    "MobileAnalyticsWriteOnlyAccessPolicy",
    "OrganizationsListAccountsPolicy",
    "PinpointEndpointAccessPolicy",
    "PollyFullAccessPolicy",
    "RekognitionDetectOnlyPolicy",
    "RekognitionFacesManagementPolicy",
    "RekognitionFacesPolicy",
    "RekognitionLabelsPolicy",
    "RekognitionNoDataAccessPolicy",
    "RekognitionReadPolicy",
    "RekognitionWriteOnlyAccessPolicy",
    "Route53ChangeResourceRecordSetsPolicy",
    "S3CrudPolicy",
    "S3FullAccessPolicy",
    "S3ReadPolicy",
    "S3WritePolicy",
    "SESBulkTemplatedCrudPolicy",
    "SESBulkTemplatedCrudPolicy_v2",
    "SESCrudPolicy",
    "SESEmailTemplateCrudPolicy",
    "SESSendBouncePolicy",
    "SNSCrudPolicy",
    "SNSPublishMessagePolicy",
    "SQSPollerPolicy",
    "SQSSendMessagePolicy",
    "SSMParameterReadPolicy",
    "SSMParameterWithSlashPrefixReadPolicy",
    "SageMakerCreateEndpointConfigPolicy",
    "SageMakerCreateEndpointPolicy",
    "ServerlessRepoReadWriteAccessPolicy",
    "StepFunctionsCallbackPolicy",
    "StepFunctionsExecutionPolicy",
    "StepFunctionsExecutionPolicy_v2",
    "TextractDetectAnalyzePolicy",
    "TextractGetResultPolicy",
    "TextractPolicy",
    "VPCAccessPolicy",
];
