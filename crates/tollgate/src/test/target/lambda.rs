//! A function of Lambda, on AWS or on an emulator.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use aws_config::SdkConfig;
use checks::{Answer, Invoke, Report, Side};
use hooks::{CallError, CallErrorKind, Client, Invocation};
use tokio::sync::Notify;

use super::Target;
use crate::test::reference::FunctionReference;

/// How the function under test can tell a test event from a user's request, as it can with the hooks'.
const CLIENT_CONTEXT: &str = r#"{"custom":{"tollgate":"test"}}"#;

/// A function at a version or an alias.
#[derive(Debug)]
pub(in crate::test) struct Lambda {
    client: Client,
    reference: FunctionReference,
    /// Where it is called, for people.
    place: String,
    /// The versions that have answered (`ExecutedVersion`).
    versions: Mutex<BTreeSet<String>>,
    /// Why it cannot be invoked at all.
    reason: OnceLock<String>,
    given_up: Notify,
}

impl Lambda {
    /// Connects to nothing yet.
    pub(in crate::test) fn new(config: &SdkConfig, reference: FunctionReference) -> Self {
        let region = config.region().map_or("", |region| region.as_ref());
        Self {
            client: Client::new(config),
            reference,
            place: match config.endpoint_url() {
                Some(url) => format!("{region} ({url})"),
                None => region.to_owned(),
            },
            versions: Mutex::default(),
            reason: OnceLock::new(),
            given_up: Notify::new(),
        }
    }

    fn versions(&self) -> BTreeSet<String> {
        let versions = self.versions.lock();
        versions.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The failure in words; one that every other event would meet, too, ends the run.
    fn failed(&self, error: &CallError) -> String {
        let function = self.reference.shown();
        let place = &self.place;
        let reason = match error.kind {
            CallErrorKind::NotFound => format!(
                "there is no function {function} in {place}, for this account: {error}; check the name, its version or \
                 alias, --region, --profile and --endpoint-url"
            ),
            CallErrorKind::AccessDenied => {
                let Self { reference, .. } = self;
                let qualified = match &reference.qualifier {
                    Some(qualifier) => format!("{}:{qualifier}", reference.address),
                    None => reference.address.clone(),
                };
                format!(
                    "{error}; allow {} on {qualified} to your role or user",
                    error.action
                )
            }
            CallErrorKind::NotSent | CallErrorKind::NoSuchHost => format!(
                "cannot reach Lambda in {place}: {error}; check the network, --region and --endpoint-url"
            ),
            CallErrorKind::Throttled
            | CallErrorKind::NotReady
            | CallErrorKind::Unavailable
            | CallErrorKind::NoAnswer
            | CallErrorKind::AlreadyCompleted
            | CallErrorKind::Refused => return error.to_string(),
        };
        // Only the first reason is told.
        let _ = self.reason.set(reason.clone());
        self.given_up.notify_one();
        reason
    }
}

impl Invoke for Lambda {
    async fn invoke(
        &self,
        _side: Side,
        _event_name: &str,
        payload: &str,
    ) -> Result<Answer, String> {
        let invocation = Invocation {
            function: &self.reference.address,
            qualifier: self.reference.qualifier.as_deref(),
            payload,
            client_context: CLIENT_CONTEXT,
        };
        let answer = self.client.invoke(invocation).await;
        let answer = answer.map_err(|error| self.failed(&error))?;
        if let Some(version) = &answer.executed_version {
            let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
            if !versions.contains(version) {
                versions.insert(version.clone());
            }
        }
        Ok(answer)
    }
}

impl Target for Lambda {
    fn shown(&self) -> String {
        let function = self.reference.shown();
        let versions: Vec<String> = self.versions().into_iter().collect();
        match versions.as_slice() {
            [] => function,
            [version] if self.reference.qualifier.as_ref() == Some(version) => function,
            [version] if version == "$LATEST" => format!("{function}, {version}"),
            [version] => format!("{function}, version {version}"),
            versions => format!("{function}, versions {}", versions.join(", ")),
        }
    }

    fn identified(&self, report: Report) -> Report {
        let mut versions = self.versions().into_iter();
        let alias = self.reference.qualifier.clone();
        Report {
            alias: alias.filter(|alias| {
                alias != "$LATEST" && !alias.bytes().all(|byte| byte.is_ascii_digit())
            }),
            target_version: match (versions.next(), versions.next()) {
                (Some(version), None) => Some(version),
                _ => None,
            },
            ..report
        }
    }

    fn notes(&self) -> Vec<String> {
        let versions: Vec<String> = self.versions().into_iter().collect();
        if versions.len() < 2 {
            return Vec::new();
        }
        vec![format!(
            "versions {} have answered: the alias was moved meanwhile, or shares its traffic between them; a version \
             behind --function is tested alone",
            versions.join(" and ")
        )]
    }

    async fn given_up(&self) -> String {
        self.given_up.notified().await;
        self.reason().unwrap_or_default()
    }

    fn reason(&self) -> Option<String> {
        self.reason.get().cloned()
    }
}
