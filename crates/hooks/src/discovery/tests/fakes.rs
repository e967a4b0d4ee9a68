//! AWS as data: what each call answers, and which calls were made.

use crate::ports::{
    Alias, CallError, CallErrorKind, Deployment, DeploymentTarget, GetAlias,
    GetApplicationRevision, GetDeployment, GetDeploymentTarget, ListDeploymentTargets,
    RevisionLocation,
};
use std::collections::HashMap;
use std::sync::Mutex;

/// The answers of AWS, and which of them were asked for. By default a deployment of `F` from 2 to 3 by `live`, which
/// names `pre` and `post`; its target says the same, and is before any traffic.
pub(super) struct Fake {
    pub(super) deployment: Result<Deployment, CallErrorKind>,
    pub(super) revision: Result<Option<RevisionLocation>, CallErrorKind>,
    pub(super) targets: Result<Vec<String>, CallErrorKind>,
    pub(super) target: Result<DeploymentTarget, CallErrorKind>,
    pub(super) alias: Result<Alias, CallErrorKind>,
    pub(super) calls: Mutex<Vec<&'static str>>,
}

const APP_SPEC: &str = "
version: 0.0
Resources: [my-function: {Type: 'AWS::Lambda::Function', Properties: {Name: F, Alias: live, CurrentVersion: 2, TargetVersion: 3}}]
Hooks: [BeforeAllowTraffic: pre, AfterAllowTraffic: post]
";

impl Default for Fake {
    fn default() -> Self {
        Self {
            deployment: Ok(Deployment {
                application: "app".to_owned(),
                status: Some("InProgress".to_owned()),
                compute_platform: Some("Lambda".to_owned()),
                revision: Some(RevisionLocation {
                    revision_type: "String".to_owned(),
                    content: None,
                    sha256: Some("5ha".to_owned()),
                }),
                is_rollback: false,
            }),
            revision: revision(Some(APP_SPEC)),
            targets: Ok(vec!["F:live".to_owned()]),
            target: Ok(DeploymentTarget {
                function: some("F"),
                alias: some("live"),
                current_version: some("2"),
                target_version: some("3"),
                lifecycle_events: progress(["InProgress", "Pending", "Pending"]),
                allow_traffic_start: None,
                allow_traffic_end: None,
            }),
            alias: Err(CallErrorKind::AccessDenied),
            calls: Mutex::default(),
        }
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "what it makes are members that may be missing"
)]
pub(super) fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn revision(content: Option<&str>) -> Result<Option<RevisionLocation>, CallErrorKind> {
    Ok(Some(RevisionLocation {
        content: content.map(str::to_owned),
        ..RevisionLocation::default()
    }))
}

pub(super) fn progress(statuses: [&str; 3]) -> Vec<(String, String)> {
    ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"]
        .into_iter()
        .zip(statuses)
        .map(|(name, status)| (name.to_owned(), status.to_owned()))
        .collect()
}

pub(super) fn alias(version: &str, weights: &[(&str, f64)]) -> Result<Alias, CallErrorKind> {
    let weights = weights
        .iter()
        .map(|(version, weight)| ((*version).to_owned(), *weight));
    Ok(Alias {
        function_version: version.to_owned(),
        additional_version_weights: HashMap::from_iter(weights),
    })
}

impl Fake {
    fn answer<T: Clone>(
        &self,
        action: &'static str,
        answer: &Result<T, CallErrorKind>,
    ) -> Result<T, CallError> {
        self.calls.lock().unwrap().push(action);
        answer.clone().map_err(|kind| CallError {
            action,
            kind,
            message: format!("{kind:?} as scripted"),
        })
    }

    pub(super) fn info(&mut self) -> &mut Deployment {
        self.deployment.as_mut().unwrap()
    }

    pub(super) fn target(&mut self) -> &mut DeploymentTarget {
        self.target.as_mut().unwrap()
    }

    /// The AppSpec with one part of it replaced.
    pub(super) fn app_spec(&mut self, from: &str, to: &str) {
        assert!(APP_SPEC.contains(from), "{from}");
        self.revision = revision(Some(&APP_SPEC.replace(from, to)));
    }

    /// One function for both hooks.
    pub(super) fn both(&mut self) {
        self.app_spec("post", "pre");
    }
}

impl GetDeployment for Fake {
    async fn get_deployment(&self, deployment_id: &str) -> Result<Deployment, CallError> {
        assert_eq!(deployment_id, "d-1");
        self.answer("codedeploy:GetDeployment", &self.deployment)
    }
}

impl GetApplicationRevision for Fake {
    async fn get_application_revision(
        &self,
        application: &str,
        revision: &RevisionLocation,
    ) -> Result<Option<RevisionLocation>, CallError> {
        assert_eq!(application, "app");
        assert_eq!(revision.sha256.as_deref(), Some("5ha"));
        self.answer("codedeploy:GetApplicationRevision", &self.revision)
    }
}

impl ListDeploymentTargets for Fake {
    async fn list_deployment_targets(&self, deployment_id: &str) -> Result<Vec<String>, CallError> {
        assert_eq!(deployment_id, "d-1");
        self.answer("codedeploy:ListDeploymentTargets", &self.targets)
    }
}

impl GetDeploymentTarget for Fake {
    async fn get_deployment_target(
        &self,
        deployment_id: &str,
        target_id: &str,
    ) -> Result<DeploymentTarget, CallError> {
        assert_eq!((deployment_id, target_id), ("d-1", "F:live"));
        self.answer("codedeploy:GetDeploymentTarget", &self.target)
    }
}

impl GetAlias for Fake {
    async fn get_alias(&self, function: &str, alias: &str) -> Result<Alias, CallError> {
        assert_eq!((function, alias), ("F", "live"));
        self.answer("lambda:GetAlias", &self.alias)
    }
}
