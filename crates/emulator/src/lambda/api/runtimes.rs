//! The runtimes that Lambda knows, and what it says of others.
//!
//! Sources: service model `lambda/2015-03-31`; developer guide, "Lambda runtimes"; texts: captures.

use crate::ServiceError;
use crate::lambda::validation::invalid_parameter;

/// The runtimes with which functions can be created, in the order of Lambda's own message.
pub(super) const SUPPORTED: [&str; 25] = [
    "nodejs20.x",
    "python3.14",
    "provided.al2023",
    "python3.12",
    "python3.13",
    "nodejs24.x",
    "nodejs22.x",
    "java25",
    "python3.10",
    "python3.11",
    "java21",
    "ruby3.3",
    "ruby3.4",
    "ruby3.2",
    "python3.8",
    "python3.9",
    "java17",
    "nodejs16.x",
    "dotnet10",
    "dotnet8",
    "java11",
    "dotnet6",
    "nodejs18.x",
    "provided.al2",
    "java8.al2",
];

/// Those with which they no longer can.
const DEPRECATED: [&str; 20] = [
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "go1.x",
    "java8",
    "nodejs",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs4.3",
    "nodejs4.3-edge",
    "nodejs6.10",
    "nodejs8.10",
    "provided",
    "python2.7",
    "python3.6",
    "python3.7",
    "ruby2.5",
    "ruby2.7",
];

/// # Errors
/// `InvalidParameterValueException` for what is no runtime, or one that no function can have any more.
pub(super) fn check(runtime: &str) -> Result<(), ServiceError> {
    if SUPPORTED.contains(&runtime) {
        return Ok(());
    }
    if DEPRECATED.contains(&runtime) {
        return Err(invalid_parameter(format!(
            "The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. \
             We recommend you use a supported runtime while creating or updating functions."
        )));
    }
    Err(invalid_parameter(format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a \
         valid ARN",
        SUPPORTED.join(", ")
    )))
}

/// Whether SnapStart may be asked of functions with a runtime (developer guide, "Improving startup performance with
/// Lambda SnapStart").
pub(super) fn has_snap_start(runtime: &str) -> bool {
    let version = |prefix: &str| {
        let number = runtime.strip_prefix(prefix)?;
        number.parse::<u32>().ok()
    };
    version("java").is_some_and(|version| version >= 11)
        || version("python3.").is_some_and(|version| version >= 12)
        || version("dotnet").is_some_and(|version| version >= 8)
}
