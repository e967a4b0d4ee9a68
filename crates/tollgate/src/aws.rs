//! Speaking to AWS: as which account, in which Region, and what its errors mean to whoever reads them.

use std::env;
use std::error::Error;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_codedeploy::config::{
    Credentials, ProvideCredentials as _, SharedCredentialsProvider, SharedHttpClient,
};
use aws_sdk_codedeploy::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use hooks::{cause_text, http_client};
use http::Uri;

use crate::cli::Connection;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// An attempt at one call; the slowest, a search in a large log group, takes seconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// What clients of services are made of, as the options, the environment and the profile say, in this order. The Region
/// is known.
///
/// # Errors
/// An endpoint is no URL, there is no Region, or there are no credentials.
pub(crate) async fn connect(args: &Connection) -> Result<SdkConfig> {
    let http_client = http_client();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client.clone())
        .timeout_config(timeouts);
    if let Some(region) = &args.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &args.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &args.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let mut config = loader.load().await;
    check_endpoints(args, config.endpoint_url(), |name| env::var(name).ok())?;
    let Some(region) = config.region().cloned() else {
        let of_profile = args.profile.as_ref().map_or_else(String::new, |profile| {
            format!(" (the profile {profile:?} has none, or does not exist)")
        });
        bail!("no Region is known{of_profile}: give --region, or set AWS_REGION");
    };
    if let Some(profile) = &args.profile {
        // The default chain would ask the environment first; with the AWS CLI, a profile that is given wins.
        let provider = ProfileFileCredentialsProvider::builder()
            .profile_name(profile)
            .configure(
                &ProviderConfig::without_region()
                    .with_region(Some(region.clone()))
                    .with_http_client(http_client),
            )
            .build();
        config = config
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .build();
    }
    if args.endpoint_url.as_deref().is_some_and(is_without_tls) {
        let http_client = http_client_without_certificates()?;
        config = config.into_builder().http_client(http_client).build();
    }
    let credentials = config
        .credentials_provider()
        .context("no AWS credentials are configured")?;
    // Asked for before the first call, because its error would bury the reason.
    credentials
        .provide_credentials()
        .await
        .map_err(|error| anyhow::anyhow!(chain(&error)))
        .with_context(|| match &args.profile {
            Some(profile) => format!(
                "the profile {profile:?} gives no usable AWS credentials: check its name (`aws configure \
                 list-profiles`), or log in (`aws sso login --profile`)"
            ),
            None => "there are no usable AWS credentials: give --profile, log in (`aws sso login`), or set \
                     AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                .to_owned(),
        })?;
    Ok(config)
}

/// Whether nothing is encrypted on the way to an endpoint.
fn is_without_tls(url: &str) -> bool {
    url.parse::<Uri>()
        .is_ok_and(|uri| uri.scheme_str() == Some("http"))
}

/// A client that trusts nobody, for endpoints that need no trust: reading the root certificates takes milliseconds, in which
/// all calls wait.
fn http_client_without_certificates() -> Result<SharedHttpClient> {
    let trust = TlsContext::builder().with_trust_store(TrustStore::empty());
    let trust = trust.build().context("cannot make an HTTP client")?;
    Ok(Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(trust)
        .build_https())
}

/// Variables that lead one service elsewhere ("Service-specific endpoints", AWS SDKs and Tools Reference Guide), of those
/// that are called here.
const OF_SERVICES: [&str; 6] = [
    "AWS_ENDPOINT_URL_CLOUDFORMATION",
    "AWS_ENDPOINT_URL_CLOUDWATCH",
    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
    "AWS_ENDPOINT_URL_CODEDEPLOY",
    "AWS_ENDPOINT_URL_LAMBDA",
    "AWS_ENDPOINT_URL_SCHEMAS",
];

/// Refuses endpoints that are no URLs once, before any call fails on them; `common` is that of all services, wherever it was
/// found. `--endpoint-url` overrules the services' own.
fn check_endpoints(
    args: &Connection,
    common: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<()> {
    let own = |name| Some((name, variable(name).filter(|url| !url.is_empty())?));
    let found: Vec<(&str, String)> = match (&args.endpoint_url, common) {
        (Some(url), _) => vec![("--endpoint-url", url.clone())],
        (None, common) => {
            let place = if own("AWS_ENDPOINT_URL").is_some() {
                "AWS_ENDPOINT_URL"
            } else {
                "the profile's endpoint_url"
            };
            let common = common.map(|url| (place, url.to_owned()));
            common
                .into_iter()
                .chain(OF_SERVICES.into_iter().filter_map(own))
                .collect()
        }
    };
    for (place, url) in found {
        let is_usable = url.parse::<Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some()
        });
        if !is_usable {
            bail!(
                "{place}: {url:?} is no URL of an endpoint: give one that begins with https:// or http:// and names a host, \
                 for example http://127.0.0.1:9001, or leave it out for AWS itself"
            );
        }
    }
    Ok(())
}

/// The same for an emulator in this process, whatever is configured on this machine.
///
/// # Errors
/// There is no HTTP client.
pub(crate) fn emulated(endpoint: &str, region: &str) -> Result<SdkConfig> {
    let credentials = Credentials::new("tollgate", "tollgate", None, None, "tollgate");
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client_without_certificates()?)
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build())
}

/// The Region that is spoken to.
pub(crate) fn region(config: &SdkConfig) -> &str {
    config.region().map_or("", |region| region.as_ref())
}

/// Where AWS is, for people: the Region, and the endpoint where that is another.
pub(crate) fn place(config: &SdkConfig) -> String {
    let region = region(config);
    match config.endpoint_url() {
        Some(url) => format!("{region} ({url})"),
        None => region.to_owned(),
    }
}

/// Why a call gave nothing.
#[derive(Debug)]
pub(crate) struct CallError {
    /// The action as IAM spells it, for example `codedeploy:GetDeployment`.
    pub(crate) action: &'static str,
    /// The service's code, where it answered.
    code: Option<String>,
    message: String,
    /// Whether the service has refused the call (HTTP status 400 to 499).
    is_refusal: bool,
}

impl CallError {
    pub(crate) fn of<E>(action: &'static str, error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match &error {
            SdkError::ServiceError(refused) => {
                let refusal = refused.err();
                let code = refusal.code().map(str::to_owned);
                Self {
                    action,
                    message: match (&code, refusal.message()) {
                        (Some(code), Some(message)) => format!("{code}: {message}"),
                        (Some(code), None) => code.clone(),
                        // Something that is not the service has answered, or the service is not well.
                        (None, _) => format!(
                            "HTTP status {} without an error code",
                            refused.raw().status().as_u16()
                        ),
                    },
                    is_refusal: refused.raw().status().is_client_error(),
                    code,
                }
            }
            _ => Self {
                action,
                code: None,
                is_refusal: false,
                message: chain(&error),
            },
        }
    }

    /// Whether the service says that there is no such thing.
    pub(crate) fn is_missing(&self) -> bool {
        self.code.as_ref().is_some_and(|code| {
            code.ends_with("DoesNotExistException")
                || code == "ChangeSetNotFound"
                || code == "ResourceNotFoundException"
                || code == "NotFoundException"
        })
    }

    /// Whether the service says that it is so already, or that somebody else was first.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(
            self.code.as_deref(),
            Some("ConflictException" | "AlreadyExistsException")
        )
    }

    /// Whether the service has refused the call, so that nothing has happened. Without an answer, or with one about the
    /// service itself, something may have.
    pub(crate) fn is_refusal(&self) -> bool {
        self.is_refusal && self.code.is_some()
    }

    /// Whether CloudFormation says that a change set cannot be used like this in its present status.
    pub(crate) fn is_wrong_status(&self) -> bool {
        self.code.as_deref() == Some("InvalidChangeSetStatus")
    }

    /// Whether CloudFormation says that there is no such stack; it has no code of its own for that.
    pub(crate) fn is_no_stack(&self) -> bool {
        self.code.as_deref() == Some("ValidationError") && self.message.contains("does not exist")
    }

    /// Whether the caller may not do this.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(
            self.code.as_deref(),
            Some("AccessDenied" | "AccessDeniedException" | "ForbiddenException")
        )
    }

    /// Whether the deployment has not begun.
    pub(crate) fn is_not_started(&self) -> bool {
        self.code.as_deref() == Some("DeploymentNotStartedException")
    }

    /// What happened, in one line.
    pub(crate) fn why(&self) -> String {
        format!("{} failed: {}", self.action, self.message)
    }

    /// What happened and what to do about it, in one line.
    pub(crate) fn told(&self) -> anyhow::Error {
        match self.remedy() {
            Some(remedy) => anyhow::anyhow!("{}; {remedy}", self.why()),
            None => anyhow::anyhow!(self.why()),
        }
    }

    /// What to do about it, where that can be known.
    pub(crate) fn remedy(&self) -> Option<String> {
        match self.code.as_deref() {
            _ if self.is_denied() => Some(format!("allow {} to your role or user", self.action)),
            Some(code) if code.contains("Throttl") || code == "TooManyRequestsException" => {
                Some("try again".to_owned())
            }
            Some(_) => None,
            None => Some("check the network, the Region and the endpoint".to_owned()),
        }
    }
}

/// An error with all that caused it, each said once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause_text(cause);
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(option: Option<&str>, variables: &[(&str, &str)], expected: Option<&str>) {
        let args = Connection {
            region: None,
            profile: None,
            endpoint_url: option.map(str::to_owned),
        };
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let common = option
            .map(str::to_owned)
            .or_else(|| variable("AWS_ENDPOINT_URL"));
        let checked = check_endpoints(&args, common.as_deref(), variable);
        let refused = checked.err().map(|error| error.to_string());
        match (refused, expected) {
            (None, None) => {}
            (Some(refused), Some(expected)) if refused.starts_with(expected) => {}
            (refused, _) => panic!("{option:?} {variables:?}: {refused:?}"),
        }
    }

    #[test]
    fn only_http_goes_without_certificates() {
        let rows = [
            ("http://127.0.0.1:9001", true),
            ("HTTP://h", true),
            ("https://h", false),
            ("HTTPS://h:80", false),
            ("notaurl", false),
            ("", false),
        ];
        for (url, expected) in rows {
            assert_eq!(is_without_tls(url), expected, "{url}");
        }
    }

    #[test]
    fn an_endpoint_is_a_url() {
        for url in ["http://127.0.0.1:9001", "https://host/path/", "HTTP://h"] {
            check(Some(url), &[], None);
        }
        for url in [
            "notaurl",
            "",
            "localhost:9001",
            "http://",
            "ftp://host",
            "http://a b",
            "/path",
        ] {
            check(
                Some(url),
                &[],
                Some(&format!("--endpoint-url: {url:?} is no URL")),
            );
        }
        check(None, &[], None);
        check(
            None,
            &[("AWS_ENDPOINT_URL", "x")],
            Some("AWS_ENDPOINT_URL: \"x\" is no URL"),
        );
        let of_service = ("AWS_ENDPOINT_URL_SCHEMAS", "x");
        check(
            None,
            &[of_service],
            Some("AWS_ENDPOINT_URL_SCHEMAS: \"x\" is no URL"),
        );
        check(None, &[("AWS_ENDPOINT_URL_LAMBDA", "")], None);
        // The option overrules it.
        check(Some("http://host"), &[of_service], None);
    }
}
