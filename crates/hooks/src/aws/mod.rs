//! The gate's ports over the real AWS SDKs.

mod calls;
mod error;
mod in_turn;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use in_turn::Turns;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The clients. Each call is made once: how often and how long depends on the hook's own time, which is known above this.
#[derive(Debug)]
pub(crate) struct Aws {
    codedeploy: aws_sdk_codedeploy::Client,
    lambda: aws_sdk_lambda::Client,
    schemas: aws_sdk_schemas::Client,
    turns: Turns,
}

impl Aws {
    /// Clients for the Region, credentials and endpoints that the environment names
    /// (`AWS_REGION`, `AWS_ENDPOINT_URL`, …), with a pool of connections that they share.
    /// Makes no call when those are set, as they are in Lambda.
    pub(crate) async fn connect() -> Self {
        let config = load().await;
        Self {
            codedeploy: aws_sdk_codedeploy::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            schemas: aws_sdk_schemas::Client::new(&config),
            turns: Turns::default(),
        }
    }
}

async fn load() -> SdkConfig {
    let http_client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::disabled())
        // An answer that waits for its turn is not one that has stalled.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await
}
