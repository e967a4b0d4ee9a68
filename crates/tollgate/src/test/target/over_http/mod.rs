//! An API as what is tested: test events that are HTTP requests, sent over HTTP.

mod answer;
mod api_url;
mod request;

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use checks::{Answer, Invoke, Report, Side};
use hooks::LONGEST_CALL;
use http_body_util::{BodyExt as _, Limited};
use hyper_util::client::legacy::Error as HyperError;
use serde_json::Value;
use tokio::sync::SetOnce;

use super::Target;
use crate::aws::chain;
pub(in crate::test) use api_url::ApiUrl;
pub(in crate::test) use request::is_http;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What API Gateway answers at most: 10 MB ("Payload size", ibid.). It does not fit in an answer of Lambda's either.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// Sends events to an API. No redirect is followed, because it is an answer, and nothing is sent twice, because it may
/// have effects.
pub(in crate::test) struct OverHttp {
    api: ApiUrl,
    connector: Connector,
    /// Whether anything at the URL has answered.
    answered: AtomicBool,
    /// Why no connection was made, where nothing had answered before.
    reason: SetOnce<String>,
}

impl OverHttp {
    pub(in crate::test) fn new(api: ApiUrl) -> Self {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .build();
        let connector = Connector::builder()
            .connector_settings(settings)
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build();
        Self {
            api,
            connector,
            answered: AtomicBool::new(false),
            reason: SetOnce::new(),
        }
    }

    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<Value, String> {
        let request = HttpRequest::try_from(request.map(SdkBody::from))
            .map_err(|error| format!("it cannot be sent over HTTP: {}", chain(&error)))?;
        let mut response = match self.connector.call(request).await {
            Ok(response) => response,
            Err(error) => {
                let reason = chain(&error);
                self.note_failure(&error, &reason);
                return Err(format!("no answer over HTTP: {reason}"));
            }
        };
        self.answered.store(true, Ordering::Relaxed);
        let body = Limited::new(response.take_body(), LARGEST_BODY)
            .collect()
            .await
            .map_err(|error| format!("the answer broke off, or is larger than 10 MB: {error}"))?
            .to_bytes();
        let status = response.status().as_u16();
        Ok(answer::payload(status, response.headers().iter(), &body))
    }

    fn note_failure(&self, error: &ConnectorError, reason: &str) {
        if is_of_connecting(error) && !self.answered.load(Ordering::Relaxed) {
            // Only the first reason is told.
            let _ = self.reason.set(format!(
                "cannot reach the API at {}: {reason}; check --api-url, the network and the certificate",
                self.api
            ));
        }
    }
}

/// Whether no connection was made: the host is unknown, refuses, does not answer, or its certificate is not trusted.
fn is_of_connecting(error: &ConnectorError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error
            .downcast_ref::<HyperError>()
            .is_some_and(HyperError::is_connect)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

impl Invoke for OverHttp {
    async fn invoke(&self, _: Side, _: &str, payload: &str) -> Result<Answer, String> {
        let event: Value = serde_json::from_str(payload)
            .map_err(|error| format!("it is no HTTP request that can be read: {error}"))?;
        let request = request::request(&event, &self.api)?
            .ok_or_else(|| "it is no HTTP request".to_owned())?;
        let begun = Instant::now();
        // API Gateway says so itself after half a minute by default ("Quotas for …" in its Developer Guide); a function URL
        // waits as long as its function runs, and a load balancer as long as it is set to.
        let payload = tokio::time::timeout(LONGEST_CALL, self.send(request))
            .await
            .map_err(|_| format!("no answer over HTTP within {} s", LONGEST_CALL.as_secs()))??;
        Ok(Answer {
            payload: payload.to_string().into_bytes(),
            function_error: None,
            executed_version: None,
            duration: begun.elapsed(),
        })
    }
}

impl Target for OverHttp {
    fn shown(&self) -> String {
        self.api.to_string()
    }

    fn identified(&self, report: Report) -> Report {
        // HTTP does not tell which version has answered.
        report
    }

    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    async fn given_up(&self) -> String {
        self.reason.wait().await.clone()
    }

    fn reason(&self) -> Option<String> {
        self.reason.get().cloned()
    }
}
