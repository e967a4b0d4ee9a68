//! The environment of a function's process.
//!
//! Source: Lambda developer guide, "Working with Lambda environment variables".

use indexmap::IndexMap;

use super::{Account, Version};
use crate::ServiceError;

/// Names that a function's own variables may not have.
const RESERVED: [&str; 16] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// Refuses variables that Lambda sets itself.
pub(crate) fn check(environment: &IndexMap<String, String>) -> Result<(), ServiceError> {
    let taken: Vec<&str> = environment
        .keys()
        .map(String::as_str)
        .filter(|name| RESERVED.contains(name))
        .collect();
    if taken.is_empty() {
        return Ok(());
    }
    Err(ServiceError::bad_request(
        "InvalidParameterValueException",
        format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided contains reserved keys that are currently not supported for modification. Reserved keys used in \
             this request: {}",
            taken.join(", ")
        ),
    ))
}

/// All variables of a process but `AWS_LAMBDA_RUNTIME_API`, `endpoint` being where it finds AWS.
pub(super) fn of_process(
    version: &Version,
    account: &Account,
    endpoint: &str,
) -> Vec<(String, String)> {
    let configuration = &version.configuration;
    let name = &version.function_name;
    let task_root = configuration.code.task_root.display().to_string();
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    // Lambda gives them a value that the function's own may replace.
    let defaults = [
        set("LANG", "en_US.UTF-8"),
        set("TZ", ":UTC"),
        set("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
    ];
    let fixed = [
        set("AWS_LAMBDA_FUNCTION_NAME", name),
        set("AWS_LAMBDA_FUNCTION_VERSION", &version.version),
        set(
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            &configuration.memory_size.to_string(),
        ),
        set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        set("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{name}")),
        set(
            "AWS_LAMBDA_LOG_STREAM_NAME",
            &format!("emulator/[{}]{}", version.version, version.revision_id),
        ),
        set("AWS_REGION", &account.region),
        set("AWS_DEFAULT_REGION", &account.region),
        set("AWS_ACCESS_KEY_ID", "AKIDEMULATOR"),
        set("AWS_SECRET_ACCESS_KEY", "emulator"),
        set("AWS_SESSION_TOKEN", "emulator"),
        set("LAMBDA_TASK_ROOT", &task_root),
        set("_HANDLER", &configuration.handler),
        // Not Lambda's: they lead the function's AWS clients here, and nowhere else.
        set("AWS_ENDPOINT_URL", endpoint),
        set("AWS_EC2_METADATA_DISABLED", "true"),
        // Large bodies would come gzipped otherwise, which the emulator does not read.
        set("AWS_DISABLE_REQUEST_COMPRESSION", "true"),
    ];
    let own = configuration
        .environment
        .iter()
        .map(|(name, value)| set(name, value));
    defaults.into_iter().chain(own).chain(fixed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names_are_refused_and_named() {
        let environment = |names: &[&str]| {
            names
                .iter()
                .map(|name| ((*name).to_owned(), String::new()))
                .collect()
        };
        assert_eq!(
            check(&environment(&["STAGE", "TZ", "PATH", "LANG"])),
            Ok(())
        );
        let error = check(&environment(&["STAGE", "AWS_REGION", "_HANDLER"])).unwrap_err();
        assert_eq!(error.code, "InvalidParameterValueException");
        assert!(
            error.message.ends_with(": AWS_REGION, _HANDLER"),
            "{}",
            error.message
        );
    }
}
