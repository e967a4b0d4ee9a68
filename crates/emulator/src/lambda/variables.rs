//! The environment of a function's process.
//!
//! Source: Lambda developer guide, "Working with Lambda environment variables".

use indexmap::IndexMap;
use serde_json::json;

use super::{Account, Version};
use crate::ServiceError;
use crate::execution::{map_opt, runtime_variables};

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

/// Variables that would lead the function's AWS clients past the emulator; they are left out here.
const MISLEADING: [&str; 9] = [
    "ALL_PROXY",
    "AWS_CONFIG_FILE",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "all_proxy",
    "http_proxy",
    "https_proxy",
];

/// The most that names and values may have together as JSON, in bytes (Lambda quotas: 4 KB).
const MAX_BYTES: usize = 4096;

/// Refuses what Lambda refuses: reserved and malformed names, and too much of it.
pub(crate) fn check(environment: &IndexMap<String, String>) -> Result<(), ServiceError> {
    let refused = |why: String| {
        let message = format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided {why}"
        );
        Err(ServiceError::bad_request(
            "InvalidParameterValueException",
            message,
        ))
    };
    let taken: Vec<&str> = environment
        .keys()
        .map(String::as_str)
        .filter(|name| RESERVED.contains(name))
        .collect();
    if !taken.is_empty() {
        return refused(format!(
            "contains reserved keys that are currently not supported for modification. Reserved keys used in this \
             request: {}",
            taken.join(", ")
        ));
    }
    if let Some((name, _)) = environment
        .iter()
        .find(|(name, value)| !is_name(name) || value.contains('\0'))
    {
        return refused(format!(
            "contains the variable {name:?}: names must match [a-zA-Z]([a-zA-Z0-9_])+"
        ));
    }
    // Measured as JSON without spaces, which the message shows (captures).
    let measured = json!(environment).to_string();
    if measured.len() > MAX_BYTES {
        return refused(format!(
            "exceeded the 4KB limit. String measured: {measured}"
        ));
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn misleads(name: &str) -> bool {
    name.starts_with("AWS_ENDPOINT_URL") || MISLEADING.contains(&name)
}

/// All variables of a process but those of its execution environment (the Runtime API's address, the log), `endpoint`
/// being where it finds AWS and `access_key_id` how it signs what it asks there.
pub(super) fn of_process(
    version: &Version,
    account: &Account,
    endpoint: &str,
    access_key_id: &str,
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
        set("AWS_REGION", &account.region),
        set("AWS_DEFAULT_REGION", &account.region),
        set("AWS_ACCESS_KEY_ID", access_key_id),
        set("AWS_SECRET_ACCESS_KEY", "emulator"),
        set("AWS_SESSION_TOKEN", "emulator"),
        set("LAMBDA_TASK_ROOT", &task_root),
        set("_HANDLER", &configuration.handler),
        // Not Lambda's: they lead the function's AWS clients here, and nowhere else.
        set("AWS_ENDPOINT_URL", endpoint),
        set("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let own = configuration
        .environment
        .iter()
        .filter(|(name, _)| !misleads(name))
        .map(|(name, value)| (name.clone(), map_opt(value, &configuration.opt)));
    let of_runtime = runtime_variables(&configuration.runtime, &configuration.opt);
    defaults
        .into_iter()
        .chain(of_runtime)
        .chain(own)
        .chain(fixed)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lambda_refuses_is_refused_and_named() {
        let long = "x".repeat(5000);
        let rows = [
            (
                vec![("STAGE", ""), ("TZ", ""), ("PATH", ""), ("LANG", "")],
                None,
            ),
            (
                vec![("STAGE", ""), ("AWS_REGION", ""), ("_HANDLER", "")],
                Some("AWS_REGION, _HANDLER"),
            ),
            (vec![("A=B", "")], Some("\"A=B\"")),
            (vec![("1ST", "")], Some("\"1ST\"")),
            (vec![("A", "")], Some("\"A\"")),
            (vec![("STAGE", "a\0b")], Some("\"STAGE\"")),
            (
                vec![("STAGE", long.as_str())],
                Some("exceeded the 4KB limit. String measured: {\"STAGE\":\"xxx"),
            ),
        ];
        for (variables, expected) in rows {
            let environment = variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            let message = check(&environment).err().map(|error| error.message);
            match (message, expected) {
                (None, None) => {}
                (Some(message), Some(expected)) => assert!(message.contains(expected), "{message}"),
                (message, expected) => panic!("{message:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn nothing_leads_past_the_emulator() {
        for name in [
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_CODEDEPLOY",
            "HTTPS_PROXY",
            "https_proxy",
            "AWS_PROFILE",
        ] {
            assert!(misleads(name), "{name}");
        }
        assert!(!misleads("STAGE") && !misleads("AWS_ENDPOINT"));
    }
}
