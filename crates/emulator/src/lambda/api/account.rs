//! `GetAccountSettings`.

use serde_json::{Value, json};

use super::request::Request;
use crate::ServiceError;
use crate::execution::MAX_UNZIPPED_BYTES;
use crate::lambda::functions::CONCURRENT_EXECUTIONS;

/// What an account may store, in bytes (Lambda quotas: 75 GB).
const TOTAL_CODE_SIZE: u64 = 75 << 30;

pub(super) fn get(request: &Request) -> Result<Value, ServiceError> {
    let state = request.authorized("*")?;
    let lambda = &state.lambda;
    let versions = lambda
        .all_versions()
        .map(|(_, version)| version.configuration.code.code_size);
    let layers = lambda
        .all_layer_versions()
        .map(|layer| layer.content.code_size);
    Ok(json!({
        "AccountLimit": {
            "TotalCodeSize": TOTAL_CODE_SIZE,
            "CodeSizeUnzipped": MAX_UNZIPPED_BYTES,
            "CodeSizeZipped": super::code::MAX_ZIPPED_BYTES,
            "ConcurrentExecutions": CONCURRENT_EXECUTIONS,
            "UnreservedConcurrentExecutions": lambda.unreserved_concurrency(),
        },
        "AccountUsage": {
            "TotalCodeSize": versions.chain(layers).sum::<u64>(),
            "FunctionCount": lambda.function_names().count(),
        },
    }))
}
