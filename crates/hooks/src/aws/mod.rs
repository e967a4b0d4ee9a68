//! The ports of gate and watch over the real AWS SDKs.

mod calls;
mod cloudwatch;
mod environment;
mod error;
mod http;
mod in_turn;

pub use http::http_client;

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::{BehaviorVersion, StalledStreamProtectionConfig};
use aws_types::SdkConfig;
use environment::Environment;
use in_turn::Turns;
use std::env;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The clients. Each call is made once: how often and how long depends on the hook's own time, which is known above this.
#[derive(Debug)]
pub(crate) struct Aws {
    cloudwatch: aws_sdk_cloudwatch::Client,
    codedeploy: aws_sdk_codedeploy::Client,
    lambda: aws_sdk_lambda::Client,
    schemas: aws_sdk_schemas::Client,
    turns: Turns,
}

impl Aws {
    /// Clients for the Region, credentials and endpoints that the environment names
    /// (`AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, …), with a pool of connections that they share.
    /// Connects to nothing yet.
    pub(crate) fn from_environment() -> Self {
        Self::of(Environment(|name| env::var(name).ok()))
    }

    fn of(environment: Environment) -> Self {
        Self::with(&config(environment))
    }

    /// Clients for the Region, credentials and endpoints of `config`, whose retries and timeouts are not used.
    pub(crate) fn with(config: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .build();
        let config = config
            .to_builder()
            .timeout_config(timeouts)
            .retry_config(RetryConfig::disabled())
            // An answer that waits for its turn is not one that has stalled.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self {
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
            codedeploy: aws_sdk_codedeploy::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            schemas: aws_sdk_schemas::Client::new(&config),
            turns: Turns::default(),
        }
    }
}

fn config(environment: Environment) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .region(environment.region())
        .use_fips(environment.flag("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(environment.flag("AWS_USE_DUALSTACK_ENDPOINT"))
        .service_config(environment);
    config.set_credentials_provider(environment.credentials());
    config.build()
}

#[cfg(test)]
mod tests {
    use super::environment::Variables;
    use super::*;
    use crate::ports::{GetDeployment, InvokeFunction, InvokeRequest};

    #[tokio::test]
    async fn says_what_is_missing_outside_lambda() {
        let rows: [(Variables, &str); 2] = [
            (
                |name| (name == "AWS_REGION").then(|| "eu-west-1".to_owned()),
                "credentials",
            ),
            (
                |name| name.contains("KEY").then(|| "key".to_owned()),
                "region",
            ),
        ];
        for (variables, expected) in rows {
            let aws = Aws::of(Environment(variables));
            let error = aws.get_deployment("d-1").await.unwrap_err();
            assert!(error.message.to_lowercase().contains(expected), "{error}");
        }
    }

    #[tokio::test]
    async fn an_unusable_endpoint_shows_nothing_of_the_request() {
        for endpoint in ["notaurl", "http://", "http://a b", "ftp:/x", "/"] {
            let config = config(Environment(|name| {
                let is_needed = name.contains("KEY") || name == "AWS_REGION";
                is_needed.then(|| "marked-variable".to_owned())
            }))
            .into_builder()
            .endpoint_url(endpoint)
            .build();
            let request = InvokeRequest {
                function: "F",
                qualifier: Some("1"),
                payload: r#"{"card":"marked-payload"}"#,
                client_context: "{}",
                log_tail: false,
            };
            let invoked = Aws::with(&config).invoke_function(request).await;
            let error = invoked.map(drop).unwrap_err();
            assert!(!error.message.contains("marked-"), "{endpoint}: {error}");
            assert!(!error.message.contains("Request"), "{endpoint}: {error}");
            assert!(error.message.contains("endpoint"), "{endpoint}: {error}");
        }
    }
}
