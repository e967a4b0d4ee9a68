//! `errorInformation`: the codes and texts with which a deployment ends early.
//!
//! The texts marked confirmed in the README are copied from captures, letter by letter.

use serde::{Deserialize, Serialize};

use crate::action::CallError;

pub(crate) const ALIAS_VERSION_MISMATCH: &str =
    "The Lambda function alias version does not match the current version in AppSpec file.";
pub(crate) const FUNCTION_NAME_EMPTY: &str = "The Lambda function name cannot be null or empty";

/// `errorInformation.code`, as far as this platform uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorCode {
    /// An alarm stopped the deployment.
    AlarmActive,
    /// A hook reported `Failed`.
    HookExecutionFailure,
    /// The service role lacks a permission.
    IamRolePermissions,
    /// CodeDeploy could not go on.
    InternalError,
    /// The AppSpec does not fit the alias.
    InvalidLambdaConfiguration,
    /// A hook's function does not exist.
    InvalidLambdaFunction,
    /// `StopDeployment` was called.
    ManualStop,
    /// The service role made too many requests.
    Throttled,
    /// A hook did not report within one hour.
    Timeout,
}

impl ErrorCode {
    /// The code as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlarmActive => "ALARM_ACTIVE",
            Self::HookExecutionFailure => "HOOK_EXECUTION_FAILURE",
            Self::IamRolePermissions => "IAM_ROLE_PERMISSIONS",
            Self::InternalError => "INTERNAL_ERROR",
            Self::InvalidLambdaConfiguration => "INVALID_LAMBDA_CONFIGURATION",
            Self::InvalidLambdaFunction => "INVALID_LAMBDA_FUNCTION",
            Self::ManualStop => "MANUAL_STOP",
            Self::Throttled => "THROTTLED",
            Self::Timeout => "TIMEOUT",
        }
    }
}

/// Why a deployment ended as `Failed` or `Stopped`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorInformation {
    /// `errorInformation.code`.
    pub code: ErrorCode,
    /// `errorInformation.message`.
    pub message: String,
}

impl ErrorInformation {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    pub(crate) fn hook_execution_failure() -> Self {
        Self::new(
            ErrorCode::HookExecutionFailure,
            "The deployment failed because one or more of the lifecycle event validation functions failed.",
        )
    }

    pub(crate) fn hook_timeout() -> Self {
        Self::new(
            ErrorCode::Timeout,
            "The deployment timed out while waiting for a status callback. CodeDeploy expects a status callback \
             within one hour after a deployment hook is invoked.",
        )
    }

    /// `names` in the order of the deployment group, each in angle brackets.
    pub(crate) fn alarm_active(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| format!("<{name}>")).collect();
        Self::new(
            ErrorCode::AlarmActive,
            format!(
                "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, \
                 and the affected deployments have been stopped. Activated alarms: {}",
                names.join(" ")
            ),
        )
    }

    pub(crate) fn invalid_lambda_configuration(detail: Option<&str>) -> Self {
        let mut message = String::from(
            "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration \
             is missing or has an invalid configuration.",
        );
        if let Some(detail) = detail {
            message.push(' ');
            message.push_str(detail);
        }
        Self::new(ErrorCode::InvalidLambdaConfiguration, message)
    }

    pub(crate) fn manual_stop() -> Self {
        Self::new(
            ErrorCode::ManualStop,
            "The deployment was stopped by a user.",
        )
    }

    /// A call for the alias failed.
    pub(crate) fn alias_call(error: &CallError, role: &str) -> Self {
        match error {
            CallError::NotFound => Self::invalid_lambda_configuration(None),
            CallError::AccessDenied | CallError::Throttled | CallError::Other(_) => {
                Self::service_call(error, role, "AWSLambda")
            }
        }
    }

    /// The invocation of the hook `function` was refused.
    pub(crate) fn hook_call(error: &CallError, role: &str, function: &str) -> Self {
        match error {
            CallError::NotFound => Self::new(
                ErrorCode::InvalidLambdaFunction,
                format!(
                    "The deployment failed because the Lambda function {function}, which the hooks section of the \
                     AppSpec file names, does not exist."
                ),
            ),
            CallError::AccessDenied | CallError::Throttled | CallError::Other(_) => {
                Self::service_call(error, role, "AWSLambda")
            }
        }
    }

    /// The alarms could not be read.
    pub(crate) fn alarm_call(error: &CallError, role: &str) -> Self {
        Self::service_call(error, role, "AmazonCloudWatch")
    }

    fn service_call(error: &CallError, role: &str, service: &str) -> Self {
        match error {
            CallError::AccessDenied => Self::new(
                ErrorCode::IamRolePermissions,
                format!(
                    "The IAM role {role} does not give you permission to perform operations in the following AWS \
                     service: {service}. Contact your AWS administrator if you need help. If you are an AWS \
                     administrator, you can grant permissions to your users or groups by creating IAM policies."
                ),
            ),
            CallError::Throttled => Self::new(
                ErrorCode::Throttled,
                format!(
                    "The deployment failed because the number of requests by the IAM role {role} exceeded the \
                     request limit for {service}. Avoid retrying API requests at a high rate."
                ),
            ),
            CallError::NotFound | CallError::Other(_) => Self::new(
                ErrorCode::InternalError,
                format!("The deployment failed because a call to {service} failed: {error}."),
            ),
        }
    }
}
