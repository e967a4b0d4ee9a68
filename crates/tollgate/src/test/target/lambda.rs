//! A function of Lambda, on AWS or on an emulator.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use checks::{Answer, Invoke, Report, Side};
use hooks::{CallError, CallErrorKind, Client, Invocation};
use tokio::sync::SetOnce;
use tokio::task::JoinSet;

use super::Target;
use super::ramp_up::RampUp;
use crate::aws;
use crate::function_reference::{FunctionReference, is_version};
use crate::test::current::Current;

/// How the function under test can tell a test event from a user's request, as it can with the hooks'.
const CLIENT_CONTEXT: &str = r#"{"custom":{"tollgate":"test"}}"#;

/// A function at a version or an alias.
#[derive(Debug)]
pub(in crate::test) struct Lambda {
    client: Arc<Client>,
    ramp_up: RampUp,
    reference: FunctionReference,
    /// What its answers are compared with, if they are.
    current: Option<Current>,
    /// Where it is called, for people.
    place: String,
    /// The versions that have answered (`ExecutedVersion`).
    versions: Mutex<BTreeSet<String>>,
    /// Why it cannot be invoked at all.
    reason: SetOnce<String>,
}

impl Lambda {
    /// Connects to nothing yet.
    pub(in crate::test) fn new(config: &SdkConfig, reference: FunctionReference) -> Self {
        Self {
            client: Arc::new(Client::new(config)),
            ramp_up: RampUp::default(),
            reference,
            place: aws::place(config),
            current: None,
            versions: Mutex::default(),
            reason: SetOnce::new(),
        }
    }

    /// The same, which is known not to start, for this reason.
    pub(in crate::test) fn unstartable(self, reason: String) -> Self {
        Self {
            reason: SetOnce::new_with(Some(reason)),
            ..self
        }
    }

    /// The same, whose answers are compared with that version's.
    pub(in crate::test) fn compared_with(self, current: Current) -> Self {
        Self {
            current: Some(current),
            ..self
        }
    }

    /// Makes the call on a task of its own, so that the calls of many events are prepared, sent and received on all of the
    /// machine's processors, beside the judging. It ends where this is dropped.
    async fn call(&self, qualifier: Option<&str>, payload: &str) -> Result<Answer, CallError> {
        let _in_flight = self.ramp_up.begin().await;
        let client = Arc::clone(&self.client);
        let function = self.reference.address.clone();
        let qualifier = qualifier.map(str::to_owned);
        let payload = payload.to_owned();
        let mut calls = JoinSet::new();
        calls.spawn(async move {
            let invocation = Invocation {
                function: &function,
                qualifier: qualifier.as_deref(),
                payload: &payload,
                client_context: CLIENT_CONTEXT,
            };
            client.invoke(invocation).await
        });
        // `join_all` goes on with a panic of the task, which breaks this event alone.
        let mut called = calls.join_all().await;
        called.remove(0)
    }

    fn versions(&self) -> BTreeSet<String> {
        let versions = self.versions.lock();
        versions.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The failure in words, with what to do about it where every other event would meet it, too.
    fn failure(&self, error: &CallError, qualifier: Option<&str>) -> Failure {
        let FunctionReference { address, name, .. } = &self.reference;
        let qualified = |function: &str| match qualifier {
            Some(qualifier) => format!("{function}:{qualifier}"),
            None => function.to_owned(),
        };
        let place = &self.place;
        let has_expired = |code| error.message.starts_with(code);
        match error.kind {
            CallErrorKind::NotFound => Failure::OfAll(format!(
                "there is no function {} in {place}, for this account: {error}; check the name, its version or alias, \
                 --region, --profile and --endpoint-url",
                qualified(name)
            )),
            CallErrorKind::AccessDenied => Failure::OfAll(format!(
                "{error}; allow {} on {} to your role or user, if these are the credentials that you mean",
                error.action,
                qualified(address)
            )),
            CallErrorKind::NotSent | CallErrorKind::NoSuchHost => Failure::OfAll(format!(
                "cannot reach Lambda in {place}: {error}; check the network, --region and --endpoint-url"
            )),
            CallErrorKind::Refused if UNUSABLE_CREDENTIALS.into_iter().any(has_expired) => {
                Failure::OfAll(format!(
                    "{error}; these credentials cannot be used any more, or not yet: log in again (`aws sso login`), and \
                     check the machine's clock"
                ))
            }
            CallErrorKind::Throttled
            | CallErrorKind::NotReady
            | CallErrorKind::Unavailable
            | CallErrorKind::NoAnswer
            | CallErrorKind::AlreadyCompleted
            | CallErrorKind::Refused => Failure::OfEvent(error.to_string()),
        }
    }

    /// Ends the run: only the first reason is told.
    fn give_up(&self, reason: &str) {
        let _ = self.reason.set(reason.to_owned());
    }
}

/// Codes of "Common error types" (AWS Lambda API Reference, and of Signature Version 4) that no policy would help with.
const UNUSABLE_CREDENTIALS: [&str; 3] = [
    "ExpiredToken",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
];

/// Why an event has no answer.
enum Failure {
    OfEvent(String),
    /// No event could have one.
    OfAll(String),
}

impl Invoke for Lambda {
    async fn invoke(&self, side: Side, _event_name: &str, payload: &str) -> Result<Answer, String> {
        let qualifier = match (side, &self.current) {
            (Side::Current, Some(current)) => Some(current.version.as_str()),
            (Side::Current, None) | (Side::Target, _) => self.reference.qualifier.as_deref(),
        };
        let answer = match self.call(qualifier, payload).await {
            Ok(answer) => answer,
            Err(error) => {
                return Err(match (self.failure(&error, qualifier), side) {
                    (Failure::OfAll(reason), Side::Target) => {
                        self.give_up(&reason);
                        reason
                    }
                    // What the target answers can be judged without the version that it would be compared with.
                    (Failure::OfAll(reason), Side::Current) | (Failure::OfEvent(reason), _) => {
                        reason
                    }
                });
            }
        };
        if let (Side::Target, Some(version)) = (side, &answer.executed_version) {
            let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
            if !versions.contains(version) {
                versions.insert(version.clone());
            }
        }
        Ok(answer)
    }
}

impl Target for Lambda {
    fn current_version(&self) -> Option<&str> {
        self.current
            .as_ref()
            .map(|current| current.version.as_str())
    }

    fn shown(&self) -> String {
        let function = self.reference.shown();
        let versions: Vec<String> = self.versions().into_iter().collect();
        let tested = match versions.as_slice() {
            [] => function,
            [version] if self.reference.qualifier.as_ref() == Some(version) => function,
            [version] => format!("{function}, {}", said(version)),
            versions => format!("{function}, versions {}", versions.join(", ")),
        };
        match &self.current {
            Some(Current { qualifier, version }) if is_version(qualifier) => {
                format!("{tested}, compared with {}", said(version))
            }
            Some(Current { qualifier, version }) => {
                format!("{tested}, compared with {qualifier}, {}", said(version))
            }
            None => tested,
        }
    }

    fn identified(&self, report: Report) -> Report {
        let mut versions = self.versions().into_iter();
        let alias = self.reference.qualifier.clone();
        Report {
            alias: alias.filter(|alias| !is_version(alias)),
            target_version: match (versions.next(), versions.next()) {
                (Some(version), None) => Some(version),
                _ => None,
            },
            ..report
        }
    }

    fn notes(&self) -> Vec<String> {
        let versions: Vec<String> = self.versions().into_iter().collect();
        let mut notes = Vec::new();
        if versions.len() > 1 {
            notes.push(format!(
                "versions {} have answered: the alias was moved meanwhile, or shares its traffic between them; a version \
                 behind --function is tested alone",
                versions.join(" and ")
            ));
        }
        if let (Some(current), [version]) = (&self.current, versions.as_slice())
            && *version == current.version
        {
            notes.push(format!(
                "{} is what was tested: it was compared with itself",
                said(version)
            ));
        }
        notes
    }

    async fn given_up(&self) -> String {
        self.reason.wait().await.clone()
    }

    fn reason(&self) -> Option<String> {
        self.reason.get().cloned()
    }
}

/// A version, as people say it.
fn said(version: &str) -> String {
    match version {
        "$LATEST" => version.to_owned(),
        number => format!("version {number}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;
    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn calls_begin_as_the_ramp_lets_them() {
        let config = aws::emulated("http://127.0.0.1:1", "us-east-1").unwrap();
        let reference = FunctionReference::parse("f", None).unwrap();
        let lambda = Lambda::new(&config, reference);
        let calls = join_all((0..10).map(|_| lambda.call(None, "{}")));
        // They have asked for their places when they are given up.
        assert!(timeout(Duration::ZERO, calls).await.is_err());
        let begun = Instant::now();
        let _ten = join_all((0..10).map(|_| lambda.ramp_up.begin())).await;
        assert_eq!(begun.elapsed(), Duration::ZERO, "ten there were already");
    }
}
