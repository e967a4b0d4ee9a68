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
    /// How long an answer may take, from the first attempt to connect to its last byte.
    limit: Duration,
    /// Whether anything at the URL has answered.
    answered: AtomicBool,
    /// Why no connection was made, where nothing had answered before.
    reason: SetOnce<String>,
}

impl OverHttp {
    /// Where an answer takes longer than `limit`, there is none. API Gateway answers by itself before a minute is over: it
    /// waits 30 s at most for the function of an HTTP API, and 29 s for that of a REST API unless that quota was raised ("Quotas for
    /// configuring and running …" in its Developer Guide). A function URL waits as long as its function runs, and a load
    /// balancer as long as it is set to.
    pub(in crate::test) fn new(api: ApiUrl, limit: Duration) -> Self {
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
            limit,
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
        let payload = tokio::time::timeout(self.limit, self.send(request))
            .await
            .map_err(|_| {
                format!(
                    "no answer over HTTP within {} s; see whether the function is behind this URL and ends, or give it longer \
                     with --api-timeout",
                    self.limit.as_secs_f64()
                )
            })??;
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_never_comes_is_not_waited_for() {
        // The system takes the connection, and nobody reads.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = OverHttp::new(ApiUrl::parse(&url).unwrap(), Duration::from_millis(50));
        let event = json!({ "httpMethod": "GET", "path": "/" }).to_string();
        let reason = target.invoke(Side::Target, "A", &event).await.unwrap_err();
        assert!(
            reason.starts_with("no answer over HTTP within 0.05 s; "),
            "{reason}"
        );
        assert!(reason.ends_with("--api-timeout"), "{reason}");
    }
}
