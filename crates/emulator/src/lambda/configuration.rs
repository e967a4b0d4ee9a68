//! What a function version is: its code and its settings.

use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::validation::invalid_parameter;
use crate::ServiceError;
use crate::execution::{LayerContent, MAX_UNZIPPED_BYTES, Snapshot};
use crate::template::LogFormat;

/// What `CreateFunction` and the two `UpdateFunction…` calls set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FunctionConfiguration {
    /// The code that is run.
    pub code: Snapshot,
    /// For people.
    pub description: String,
    /// The execution role's ARN.
    pub role: String,
    /// For example `provided.al2023`.
    pub runtime: String,
    /// For example `bootstrap`.
    pub handler: String,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// In MB; given to the function as a value, not enforced.
    pub memory_size: u32,
    /// The function's environment variables, as they were given.
    pub environment: IndexMap<String, String>,
    /// `x86_64` or `arm64`; shown, and otherwise without effect.
    pub architecture: String,
    /// The layers, in the order in which they are laid over each other.
    pub layers: Vec<LayerReference>,
    /// The directory that stands for `/opt`.
    pub opt: PathBuf,
    /// Base64 of the SHA-256 of what is in it; empty in records from before there was one.
    #[serde(default)]
    pub opt_sha256: String,
    /// The log group that its output goes to.
    pub log_group: String,
    /// The form of the lines that Lambda itself writes there.
    pub log_format: LogFormat,
    /// `LoggingConfig.ApplicationLogLevel`; shown only.
    pub application_log_level: Option<String>,
    /// `LoggingConfig.SystemLogLevel`; shown only.
    pub system_log_level: Option<String>,
    /// The size of `/tmp` in MB; shown only.
    pub ephemeral_storage: u32,
    /// `TracingConfig.Mode`; shown only.
    pub tracing_mode: String,
    /// `SnapStart.ApplyOn`; shown only.
    pub snap_start: String,
    /// Members of the API that are shown as they were given and have no effect here.
    pub shown: Map<String, Value>,
}

/// A layer version as a function refers to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LayerReference {
    /// The layer version's ARN.
    pub arn: String,
    /// The size of its zip file in bytes.
    pub code_size: u64,
    /// The size of its files in bytes; 0 in records from before it was kept.
    #[serde(default)]
    pub unzipped_size: u64,
}

impl FunctionConfiguration {
    /// A function with `code` and otherwise Lambda's defaults (API reference, CreateFunction).
    pub(crate) fn new(name: &str, code: Snapshot, opt: LayerContent) -> Self {
        Self {
            code,
            opt: opt.directory,
            opt_sha256: opt.sha256,
            description: String::new(),
            role: String::new(),
            runtime: String::new(),
            handler: String::new(),
            timeout: Duration::from_secs(3),
            memory_size: 128,
            environment: IndexMap::new(),
            architecture: "x86_64".to_owned(),
            layers: Vec::new(),
            log_group: format!("/aws/lambda/{name}"),
            log_format: LogFormat::Text,
            application_log_level: None,
            system_log_level: None,
            ephemeral_storage: 512,
            tracing_mode: "PassThrough".to_owned(),
            snap_start: "None".to_owned(),
            shown: Map::new(),
        }
    }

    /// # Errors
    /// `InvalidParameterValueException` when code and layers have more files than Lambda takes.
    pub(crate) fn check_size(&self) -> Result<(), ServiceError> {
        let of_layers: u64 = self.layers.iter().map(|layer| layer.unzipped_size).sum();
        let size = self.code.unzipped_size + of_layers;
        if size > MAX_UNZIPPED_BYTES {
            return Err(invalid_parameter(format!(
                "Function code combined with layers exceeds the maximum allowed size of {MAX_UNZIPPED_BYTES} bytes. \
                 The actual size is {size} bytes."
            )));
        }
        Ok(())
    }

    /// Whether both have the same content, wherever the copies of their files are.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        let here = Self {
            code: self.code.clone(),
            opt: self.opt.clone(),
            ..other.clone()
        };
        self.code.code_sha256 == other.code.code_sha256 && *self == here
    }
}
