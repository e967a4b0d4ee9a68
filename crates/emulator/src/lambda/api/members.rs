//! What CreateFunction and UpdateFunctionConfiguration have in common: the members that make a configuration.

use std::time::Duration;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::runtimes;
use crate::ServiceError;
use crate::lambda::validation::{Violations, invalid_parameter, is_role_arn, is_word};
use crate::lambda::{FunctionConfiguration, check_variables};
use crate::template::LogFormat;

/// The members; those that a request does not have change nothing.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Settings {
    pub(super) role: Option<String>,
    pub(super) handler: Option<String>,
    pub(super) runtime: Option<String>,
    pub(super) layers: Option<Vec<String>>,
    description: Option<String>,
    timeout: Option<i64>,
    memory_size: Option<i64>,
    environment: Option<Environment>,
    ephemeral_storage: Option<EphemeralStorage>,
    tracing_config: Option<TracingConfig>,
    logging_config: Option<LoggingConfig>,
    snap_start: Option<SnapStart>,
    // Shown, without effect.
    vpc_config: Option<VpcConfig>,
    dead_letter_config: Option<DeadLetterConfig>,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    // Refused.
    file_system_configs: Option<Vec<Value>>,
    image_config: Option<Value>,
    capacity_provider_config: Option<Value>,
    durable_config: Option<Value>,
    runtime_config: Option<Value>,
    accelerator_config: Option<Value>,
    tenancy_config: Option<Value>,
    code_signing_config_arn: Option<String>,
    publish_to: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: Option<IndexMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EphemeralStorage {
    size: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TracingConfig {
    mode: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LoggingConfig {
    log_format: Option<String>,
    application_log_level: Option<String>,
    system_log_level: Option<String>,
    log_group: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnapStart {
    apply_on: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VpcConfig {
    subnet_ids: Option<Vec<String>>,
    security_group_ids: Option<Vec<String>>,
    ipv6_allowed_for_dual_stack: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetterConfig {
    target_arn: Option<String>,
}

impl Settings {
    /// Adds what breaks the constraints of the service model.
    pub(super) fn check(&self, violations: &mut Violations) {
        violations.pattern(
            self.role.as_deref(),
            "role",
            r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
            is_role_arn,
        );
        let handler = self.handler.as_deref();
        violations.length(handler, "handler", 0..=128);
        violations.pattern(handler, "handler", r"[^\s]+", |handler| {
            !handler.is_empty() && !handler.contains(char::is_whitespace)
        });
        violations.length(self.description.as_deref(), "description", 0..=256);
        violations.range(self.timeout, "timeout", 1..=900);
        violations.range(self.memory_size, "memorySize", 128..=i64::MAX);
        if let Some(storage) = &self.ephemeral_storage {
            violations.required(storage.size.as_ref(), "ephemeralStorage.size");
            violations.range(storage.size, "ephemeralStorage.size", 512..=10_240);
        }
        if let Some(tracing) = &self.tracing_config {
            let modes = ["Active", "PassThrough"];
            violations.one_of(tracing.mode.as_deref(), "tracingConfig.mode", &modes);
        }
        if let Some(snap_start) = &self.snap_start {
            let values = ["PublishedVersions", "None"];
            violations.one_of(snap_start.apply_on.as_deref(), "snapStart.applyOn", &values);
        }
        if let Some(logging) = &self.logging_config {
            logging.check(violations);
        }
        if let Some(vpc) = &self.vpc_config {
            let ids = |ids: &Option<Vec<String>>| ids.clone().unwrap_or_default();
            let (subnets, groups) = (ids(&vpc.subnet_ids), ids(&vpc.security_group_ids));
            check_ids(
                violations,
                "subnetIds",
                "subnet-[0-9a-z]*",
                "subnet-",
                &subnets,
            );
            check_ids(
                violations,
                "securityGroupIds",
                "sg-[0-9a-zA-Z]*",
                "sg-",
                &groups,
            );
        }
    }

    /// Refuses what the emulator does not do, and what Lambda refuses beyond the service model.
    ///
    /// # Errors
    /// `InvalidParameterValueException`, and `ValidationException` for too much memory.
    pub(super) fn refuse(&self) -> Result<(), ServiceError> {
        let unsupported = [
            (
                "CapacityProviderConfig",
                self.capacity_provider_config.is_some(),
            ),
            (
                "CodeSigningConfigArn",
                self.code_signing_config_arn.is_some(),
            ),
            ("DurableConfig", self.durable_config.is_some()),
            ("RuntimeConfig", self.runtime_config.is_some()),
            ("AcceleratorConfig", self.accelerator_config.is_some()),
            ("TenancyConfig", self.tenancy_config.is_some()),
            ("PublishTo", self.publish_to.is_some()),
            ("ImageConfig", self.image_config.is_some()),
            (
                "FileSystemConfigs",
                self.file_system_configs
                    .as_ref()
                    .is_some_and(|configs| !configs.is_empty()),
            ),
        ];
        if let Some((member, _)) = unsupported.iter().find(|(_, given)| *given) {
            return Err(invalid_parameter(format!(
                "the emulator does not support {member}"
            )));
        }
        if self.memory_size.is_some_and(|size| size > 10_240) {
            return Err(ServiceError::bad_request(
                "ValidationException",
                "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240",
            ));
        }
        if let Some(runtime) = &self.runtime {
            runtimes::check(runtime)?;
        }
        if let Some(Environment {
            variables: Some(variables),
        }) = &self.environment
        {
            check_variables(variables)?;
        }
        Ok(())
    }

    /// Makes the configuration what the request says it should be; layers are not its business.
    ///
    /// # Errors
    /// `InvalidParameterValueException` for settings that do not go together.
    pub(super) fn apply(
        self,
        configuration: &mut FunctionConfiguration,
    ) -> Result<(), ServiceError> {
        let set = |to: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *to = value;
            }
        };
        set(&mut configuration.role, self.role);
        set(&mut configuration.handler, self.handler);
        set(&mut configuration.runtime, self.runtime);
        set(&mut configuration.description, self.description);
        if let Some(timeout) = self.timeout {
            configuration.timeout = Duration::from_secs(timeout.unsigned_abs());
        }
        let number = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
        if let Some(size) = number(self.memory_size) {
            configuration.memory_size = size;
        }
        if let Some(environment) = self.environment {
            configuration.environment = environment.variables.unwrap_or_default();
        }
        if let Some(size) = self
            .ephemeral_storage
            .and_then(|storage| number(storage.size))
        {
            configuration.ephemeral_storage = size;
        }
        let mode = self.tracing_config.and_then(|tracing| tracing.mode);
        set(&mut configuration.tracing_mode, mode);
        let apply_on = self.snap_start.and_then(|snap_start| snap_start.apply_on);
        set(&mut configuration.snap_start, apply_on);
        let runtime = &configuration.runtime;
        if configuration.snap_start != "None" && !runtimes::has_snap_start(runtime) {
            return Err(invalid_parameter(format!(
                "{runtime} is not supported for SnapStart enabled functions."
            )));
        }
        if let Some(logging) = self.logging_config {
            logging.apply(configuration)?;
        }
        let shown = &mut configuration.shown;
        if let Some(vpc) = self.vpc_config {
            let vpc = json!({
                "SubnetIds": vpc.subnet_ids.unwrap_or_default(),
                "SecurityGroupIds": vpc.security_group_ids.unwrap_or_default(),
                "VpcId": "",
                "Ipv6AllowedForDualStack": vpc.ipv6_allowed_for_dual_stack.unwrap_or_default(),
            });
            shown.insert("VpcConfig".to_owned(), vpc);
        }
        // An empty text ends it.
        let mut show = |name: &str, text: Option<String>, value: &dyn Fn(&str) -> Value| match text
            .as_deref()
        {
            Some("") => drop(shown.remove(name)),
            Some(text) => drop(shown.insert(name.to_owned(), value(text))),
            None => {}
        };
        show("KMSKeyArn", self.kms_key_arn, &|arn| json!(arn));
        let target = self
            .dead_letter_config
            .map(|config| config.target_arn.unwrap_or_default());
        show(
            "DeadLetterConfig",
            target,
            &|arn| json!({ "TargetArn": arn }),
        );
        Ok(())
    }
}

impl LoggingConfig {
    fn check(&self, violations: &mut Violations) {
        let format = self.log_format.as_deref();
        violations.one_of(format, "loggingConfig.logFormat", &["JSON", "Text"]);
        violations.one_of(
            self.application_log_level.as_deref(),
            "loggingConfig.applicationLogLevel",
            &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"],
        );
        violations.one_of(
            self.system_log_level.as_deref(),
            "loggingConfig.systemLogLevel",
            &["DEBUG", "INFO", "WARN"],
        );
        let group = self.log_group.as_deref();
        violations.length(group, "loggingConfig.logGroup", 1..=512);
        violations.pattern(
            group,
            "loggingConfig.logGroup",
            r"[\.\-_/#A-Za-z0-9]+",
            |group| is_word(group, b".-_/#"),
        );
    }

    fn apply(self, configuration: &mut FunctionConfiguration) -> Result<(), ServiceError> {
        match self.log_format.as_deref() {
            Some("JSON") => configuration.log_format = LogFormat::Json,
            Some(_) => configuration.log_format = LogFormat::Text,
            None => {}
        }
        let level = self.application_log_level.is_some() || self.system_log_level.is_some();
        match configuration.log_format {
            LogFormat::Text if level => {
                return Err(invalid_parameter(
                    "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from your request \
                     or change the LogFormat to \"JSON\" and try again.",
                ));
            }
            LogFormat::Text => {
                configuration.application_log_level = None;
                configuration.system_log_level = None;
            }
            LogFormat::Json => {
                let info = || Some("INFO".to_owned());
                let current = configuration.application_log_level.take().or_else(info);
                configuration.application_log_level = self.application_log_level.or(current);
                let current = configuration.system_log_level.take().or_else(info);
                configuration.system_log_level = self.system_log_level.or(current);
            }
        }
        if let Some(group) = self.log_group {
            configuration.log_group = group;
        }
        Ok(())
    }
}

fn check_ids(violations: &mut Violations, at: &str, pattern: &str, prefix: &str, ids: &[String]) {
    let is_id = |id: &String| {
        id.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || is_word(rest, b""))
    };
    if !ids.iter().all(is_id) {
        violations.add(
            format!("[{}]", ids.join(", ")),
            &format!("vpcConfig.{at}"),
            format!(
                "Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have \
                 length greater than or equal to 0, Member must satisfy regular expression pattern: {pattern}]"
            ),
        );
    }
}
