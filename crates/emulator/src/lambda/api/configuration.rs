//! `FunctionConfiguration`, as all operations show it.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::lambda::{Account, FunctionRef, Version};
use crate::template::LogFormat;

/// A version as the lists show it, under the name by which it was asked for.
pub(super) fn listed(account: &Account, version: &Version, named: &FunctionRef) -> Value {
    Value::Object(members(account, version, named))
}

/// A version as all other operations show it: with its state, which is always that of one that is ready.
pub(super) fn shown(account: &Account, version: &Version, named: &FunctionRef) -> Value {
    let mut members = members(account, version, named);
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("State", json!("Active"));
    put("LastUpdateStatus", json!("Successful"));
    // Of the form that AWS's have; which runtime version that is, nobody can tell from the number.
    let hash = Sha256::digest(version.configuration.runtime.as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let arn = format!("arn:aws:lambda:{}::runtime:{hash}", account.region);
    put("RuntimeVersionConfig", json!({ "RuntimeVersionArn": arn }));
    Value::Object(members)
}

fn members(account: &Account, version: &Version, named: &FunctionRef) -> Map<String, Value> {
    let configuration = &version.configuration;
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("FunctionName", json!(version.function_name));
    put("FunctionArn", json!(named.arn(account)));
    put("Runtime", json!(configuration.runtime));
    put("Role", json!(configuration.role));
    put("Handler", json!(configuration.handler));
    put("CodeSize", json!(configuration.code.code_size));
    let description = version.description.as_ref();
    let description = description.unwrap_or(&configuration.description);
    put("Description", json!(description));
    put("Timeout", json!(configuration.timeout.as_secs()));
    put("MemorySize", json!(configuration.memory_size));
    put("LastModified", json!(version.last_modified));
    put("CodeSha256", json!(configuration.code.code_sha256));
    put("Version", json!(version.version));
    if !configuration.environment.is_empty() {
        let environment = json!({ "Variables": configuration.environment });
        put("Environment", environment);
    }
    put(
        "TracingConfig",
        json!({ "Mode": configuration.tracing_mode }),
    );
    put("RevisionId", json!(version.revision_id));
    if !configuration.layers.is_empty() {
        let layers: Vec<Value> = configuration
            .layers
            .iter()
            .map(|layer| json!({ "Arn": layer.arn, "CodeSize": layer.code_size }))
            .collect();
        put("Layers", json!(layers));
    }
    put("PackageType", json!("Zip"));
    put("Architectures", json!([configuration.architecture]));
    put(
        "EphemeralStorage",
        json!({ "Size": configuration.ephemeral_storage }),
    );
    let snap_start = json!({ "ApplyOn": configuration.snap_start, "OptimizationStatus": "Off" });
    put("SnapStart", snap_start);
    let mut logging = json!({
        "LogFormat": configuration.log_format.as_str(),
        "LogGroup": configuration.log_group,
    });
    if let (LogFormat::Json, Some(logging)) = (configuration.log_format, logging.as_object_mut()) {
        let levels = [
            ("ApplicationLogLevel", &configuration.application_log_level),
            ("SystemLogLevel", &configuration.system_log_level),
        ];
        for (name, level) in levels {
            let level = level.as_deref().unwrap_or("INFO");
            logging.insert(name.to_owned(), json!(level));
        }
    }
    put("LoggingConfig", logging);
    members.extend(configuration.shown.clone());
    members
}
