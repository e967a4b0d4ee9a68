//! EventBridge Schemas, asked as SAM CLI asks it (1.170.0, `samcli/lib/schemas/schemas_api_caller.py`).

use std::error::Error;

use anyhow::{Context as _, Result, anyhow};
use aws_sdk_schemas::Client;
use aws_sdk_schemas::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_schemas::types::Type;
use hooks::REGISTRY;

use super::{Held, Outcome, Registry};
use crate::aws::{self, CallError};
use crate::cli::Connection;

/// The schema of one function.
#[derive(Debug)]
pub(in crate::events) struct AwsRegistry {
    client: Client,
    region: String,
    schema: String,
}

/// What a call is about, as IAM has it.
#[derive(Clone, Copy, Debug)]
enum Resource {
    Registry,
    Schema,
    /// The action knows no resources.
    Any,
}

impl AwsRegistry {
    /// # Errors
    /// There is no Region, or there are no credentials.
    pub(in crate::events) async fn connect(args: &Connection, function: &str) -> Result<Self> {
        let config = aws::connect(args).await?;
        let region = config.region().map(ToString::to_string);
        Ok(Self {
            client: Client::new(&config),
            region: region.unwrap_or_default(),
            schema: hooks::schema(function),
        })
    }

    /// Its ARN in an IAM policy; the account stays open, because finding it out would take another permission.
    fn arn(&self, resource: Resource) -> String {
        let partition = match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            _ if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let prefix = format!("arn:{partition}:schemas:{}:*", self.region);
        match resource {
            Resource::Registry => format!("{prefix}:registry/{REGISTRY}"),
            Resource::Schema => format!("{prefix}:schema/{REGISTRY}/{}", self.schema),
            Resource::Any => "*".to_owned(),
        }
    }

    /// The error for people: what failed, and what to do.
    fn failed(&self, error: &CallError, resource: Resource) -> anyhow::Error {
        if error.is_denied() {
            let why = error.why();
            let arn = self.arn(resource);
            return anyhow!(
                "{why}; allow {} on {arn} to your role or user",
                error.action
            );
        }
        error.told()
    }

    /// The answer; `None` where the service says what `unless` is for.
    fn unless<T, E>(
        &self,
        action: &'static str,
        resource: Resource,
        answer: Result<T, SdkError<E>>,
        unless: impl Fn(&CallError) -> bool,
    ) -> Result<Option<T>>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match answer.map_err(|error| CallError::of(action, error)) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if unless(&error) => Ok(None),
            Err(error) => Err(self.failed(&error, resource)),
        }
    }

    async fn create_registry_where_missing(&self) -> Result<()> {
        let found = self
            .client
            .describe_registry()
            .registry_name(REGISTRY)
            .send()
            .await;
        let action = "schemas:DescribeRegistry";
        let found = self.unless(action, Resource::Registry, found, CallError::is_missing)?;
        if found.is_none() {
            let created = self
                .client
                .create_registry()
                .registry_name(REGISTRY)
                .send()
                .await;
            let action = "schemas:CreateRegistry";
            self.unless(action, Resource::Registry, created, CallError::is_conflict)?;
        }
        Ok(())
    }
}

impl Registry for AwsRegistry {
    async fn read(&self, version: Option<u64>) -> Result<Option<Held>> {
        let answer = self
            .client
            .describe_schema()
            .registry_name(REGISTRY)
            .schema_name(&self.schema)
            .set_schema_version(version.map(|version| version.to_string()))
            .send()
            .await;
        let action = "schemas:DescribeSchema";
        let Some(answer) = self.unless(action, Resource::Schema, answer, CallError::is_missing)?
        else {
            return Ok(None);
        };
        Ok(Some(Held {
            content: answer.content().unwrap_or_default().to_owned(),
            version: number(answer.schema_version())?,
        }))
    }

    async fn discovered(&self, event: &str) -> Result<String> {
        let answer = self
            .client
            .get_discovered_schema()
            .events(event)
            .r#type(Type::OpenApi3)
            .send()
            .await;
        let action = "schemas:GetDiscoveredSchema";
        let answer = self.unless(action, Resource::Any, answer, |_| false)?;
        let content = answer.as_ref().and_then(|answer| answer.content());
        Ok(content
            .context("GetDiscoveredSchema answered without a schema")?
            .to_owned())
    }

    async fn create(&self, content: &str) -> Result<Outcome> {
        self.create_registry_where_missing().await?;
        let answer = self
            .client
            .create_schema()
            .registry_name(REGISTRY)
            .schema_name(&self.schema)
            .r#type(Type::OpenApi3)
            .content(content)
            .send()
            .await;
        let action = "schemas:CreateSchema";
        match self.unless(action, Resource::Schema, answer, CallError::is_conflict)? {
            Some(answer) => Ok(Outcome::Version(number(answer.schema_version())?)),
            None => Ok(Outcome::Overtaken),
        }
    }

    async fn update(&self, content: &str) -> Result<Outcome> {
        let answer = self
            .client
            .update_schema()
            .registry_name(REGISTRY)
            .schema_name(&self.schema)
            .r#type(Type::OpenApi3)
            .content(content)
            .send()
            .await;
        match answer.map_err(|error| CallError::of("schemas:UpdateSchema", error)) {
            Ok(answer) => Ok(Outcome::Version(number(answer.schema_version())?)),
            // "No change since the previous schema version"
            Err(error) if error.is_conflict() => Ok(Outcome::Unchanged),
            Err(error) if error.is_missing() => Ok(Outcome::Overtaken),
            Err(error) => Err(self.failed(&error, Resource::Schema)),
        }
    }

    async fn delete(&self) -> Result<()> {
        let answer = self
            .client
            .delete_schema()
            .registry_name(REGISTRY)
            .schema_name(&self.schema)
            .send()
            .await;
        let action = "schemas:DeleteSchema";
        self.unless(action, Resource::Schema, answer, CallError::is_missing)?;
        Ok(())
    }

    async fn versions(&self) -> Result<Vec<u64>> {
        let mut pages = self
            .client
            .list_schema_versions()
            .registry_name(REGISTRY)
            .schema_name(&self.schema)
            .into_paginator()
            .send();
        let mut versions = Vec::new();
        while let Some(page) = pages.next().await {
            let action = "schemas:ListSchemaVersions";
            let page = self.unless(action, Resource::Schema, page, CallError::is_missing)?;
            for version in page.iter().flat_map(|page| page.schema_versions()) {
                versions.push(number(version.schema_version())?);
            }
        }
        versions.sort_unstable();
        Ok(versions)
    }

    async fn delete_version(&self, version: u64) -> Result<()> {
        let answer = self
            .client
            .delete_schema_version()
            .registry_name(REGISTRY)
            .schema_name(&self.schema)
            .schema_version(version.to_string())
            .send()
            .await;
        let action = "schemas:DeleteSchemaVersion";
        self.unless(action, Resource::Schema, answer, CallError::is_missing)?;
        Ok(())
    }
}

/// Versions are numbers that count up; SAM CLI sorts them as such.
fn number(version: Option<&str>) -> Result<u64> {
    version
        .and_then(|version| version.parse().ok())
        .with_context(|| format!("the schema's version {version:?} is not a number"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_schemas::Config;
    use aws_sdk_schemas::config::BehaviorVersion;
    use aws_sdk_schemas::error::ErrorMetadata;
    use aws_sdk_schemas::operation::update_schema::UpdateSchemaError;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn a_refusal_names_the_action_and_the_resource() {
        let config = Config::builder().behavior_version(BehaviorVersion::latest());
        let registry = AwsRegistry {
            client: Client::from_conf(config.build()),
            region: "eu-west-1".to_owned(),
            schema: "_orders-schema".to_owned(),
        };
        // The service's own, and IAM's.
        for code in ["ForbiddenException", "AccessDeniedException"] {
            let refusal = ErrorMetadata::builder().code(code).message("no").build();
            let answer = HttpResponse::new(403.try_into().unwrap(), SdkBody::empty());
            let error = SdkError::service_error(UpdateSchemaError::generic(refusal), answer);
            let error = CallError::of("schemas:UpdateSchema", error);
            assert_eq!(
                registry.failed(&error, Resource::Schema).to_string(),
                format!(
                    "schemas:UpdateSchema failed: {code}: no; allow schemas:UpdateSchema on arn:aws:schemas:eu-west-1:*:\
                     schema/lambda-testevent-schemas/_orders-schema to your role or user"
                )
            );
        }
    }
}
