use deployment::{AliasRouting, CallError};

use crate::script::{Hook, ROLE, Script, secs, weighted};
use crate::world::World;

fn check_error(change: impl FnOnce(&mut Script), code: &str, message: &str) {
    let mut script = Script::default();
    change(&mut script);
    let world = World::play(script);
    let error = world.original().error_information().unwrap();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        (code, message)
    );
}

#[test]
fn the_app_spec_must_be_right() {
    let base = "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration \
                is missing or has an invalid configuration.";
    let code = "INVALID_LAMBDA_CONFIGURATION";
    check_error(
        |s| s.alias = Some(AliasRouting::to_version("7")),
        code,
        &format!(
            "{base} The Lambda function alias version does not match the current version in AppSpec file."
        ),
    );
    check_error(
        |s| s.spec.function = String::new(),
        code,
        &format!("{base} The Lambda function name cannot be null or empty"),
    );
    check_error(|s| s.alias = Some(weighted("1", "2", 0.1)), code, base);
    check_error(|s| s.alias = None, code, base);
    for version in [
        "$LATEST", "", "0", "02", "-2", "+2", "2 ", "2.0", "two", "²", "prod",
    ] {
        check_error(|s| s.spec.target_version = version.into(), code, base);
        check_error(|s| s.spec.current_version = version.into(), code, base);
    }
    check_error(|s| s.spec.target_version = "1".into(), code, base);
}

#[test]
fn texts() {
    check_error(
        |s| s.before = Hook::Reports(secs(0), "Failed"),
        "HOOK_EXECUTION_FAILURE",
        "The deployment failed because one or more of the lifecycle event validation functions failed.",
    );
    check_error(
        |s| s.before = Hook::Silent,
        "TIMEOUT",
        "The deployment timed out while waiting for a status callback. CodeDeploy expects a status callback within \
         one hour after a deployment hook is invoked.",
    );
    let alarmed = "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, \
                   and the affected deployments have been stopped. Activated alarms: <latency>";
    check_error(|s| s.alarm_at = Some(secs(0)), "ALARM_ACTIVE", alarmed);
    check_error(
        |s| {
            // The same name twice, in place of two alarms that fire together.
            s.spec.alarms = vec!["latency".into(), "errors".into(), "latency".into()];
            s.alarm_at = Some(secs(50));
        },
        "ALARM_ACTIVE",
        &format!("{alarmed} <latency>"),
    );
    let denied = |service: &str| {
        format!(
            "The IAM role {ROLE} does not give you permission to perform operations in the following AWS service: \
             {service}. Contact your AWS administrator if you need help. If you are an AWS administrator, you can \
             grant permissions to your users or groups by creating IAM policies."
        )
    };
    let throttled = format!(
        "The deployment failed because the number of requests by the IAM role {ROLE} exceeded the request limit for \
         AWSLambda. Avoid retrying API requests at a high rate."
    );
    check_error(
        |s| s.before = Hook::Refused(CallError::AccessDenied),
        "IAM_ROLE_PERMISSIONS",
        &denied("AWSLambda"),
    );
    check_error(
        |s| s.alias_read_fails = Some(CallError::AccessDenied),
        "IAM_ROLE_PERMISSIONS",
        &denied("AWSLambda"),
    );
    check_error(
        |s| s.polls_fail = Some((secs(0), CallError::AccessDenied)),
        "IAM_ROLE_PERMISSIONS",
        &denied("AmazonCloudWatch"),
    );
    check_error(
        |s| s.after = Hook::Refused(CallError::Throttled),
        "THROTTLED",
        &throttled,
    );
    check_error(
        |s| s.update_fails = Some((1, CallError::Throttled)),
        "THROTTLED",
        &throttled,
    );
    check_error(
        |s| s.before = Hook::Refused(CallError::NotFound),
        "INVALID_LAMBDA_FUNCTION",
        "The deployment failed because the Lambda function CodeDeployHook_pre, which the hooks section of the AppSpec \
         file names, does not exist.",
    );
    check_error(
        |s| s.update_fails = Some((0, CallError::Other("connection reset".into()))),
        "INTERNAL_ERROR",
        "The deployment failed because a call to AWSLambda failed: connection reset.",
    );
    check_error(
        |s| s.polls_fail = Some((secs(0), CallError::NotFound)),
        "INTERNAL_ERROR",
        "The deployment failed because a call to AmazonCloudWatch failed: not found.",
    );
    check_error(
        |s| s.stop = Some((secs(1), false)),
        "MANUAL_STOP",
        "The deployment was stopped by a user.",
    );
}
