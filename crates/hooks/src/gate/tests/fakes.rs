//! AWS as data: what each call answers, and what it was asked.

use crate::ports::{
    Alias, CallError, CallErrorKind, Deployment, DeploymentTarget, DescribeSchema, GetAlias,
    GetApplicationRevision, GetDeployment, GetDeploymentTarget, GetMetricData, InvokeFunction,
    InvokeRequest, InvokeResponse, ListDeploymentTargets, MetricDataPage, MetricDataRequest,
    MetricDataResult, MetricStat, PutLifecycleEventHookExecutionStatus, RevisionLocation,
};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use checks::Verdict;
use std::collections::HashMap;
use std::future::pending;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// What becomes of a call.
#[derive(Debug, Clone)]
pub(super) enum Step<T> {
    Answer(T),
    Fail(CallErrorKind),
    Hang,
    Panic,
}

impl<T> Step<T> {
    async fn play(self, action: &'static str) -> Result<T, CallError> {
        match self {
            Self::Answer(answer) => Ok(answer),
            Self::Fail(kind) => Err(CallError {
                action,
                kind,
                message: format!("{kind:?} as scripted"),
            }),
            Self::Hang => pending().await,
            Self::Panic => panic!("{action} as scripted"),
        }
    }
}

type InvokeStep = dyn Fn(&str, u32) -> Step<InvokeResponse> + Send + Sync;
type PutStep = dyn Fn(u32) -> Step<()> + Send + Sync;

/// By default a deployment of `F` from 2 to 3 by `live`, whose AppSpec explains it, and whose every invocation answers `{}`.
pub(super) struct Fake {
    pub(super) deployment: Step<Deployment>,
    pub(super) revision: Step<Option<RevisionLocation>>,
    pub(super) targets: Step<Vec<String>>,
    pub(super) deployment_target: Step<DeploymentTarget>,
    pub(super) schema: Step<String>,
    /// What CloudWatch counts of each minute: calls and errors of the target, and of the current version.
    pub(super) minutes: Step<Vec<[u64; 4]>>,
    pub(super) alias: Step<Alias>,
    /// What the first so many reads of the alias give.
    pub(super) alias_at_first: (u32, Step<Alias>),
    /// By the payload, and by how often anything was invoked before.
    pub(super) invoke: Box<InvokeStep>,
    /// The same for the current version.
    pub(super) invoke_current: Box<InvokeStep>,
    /// By how often it was called before.
    pub(super) put: Box<PutStep>,
    pub(super) calls: Calls,
}

/// What was asked.
#[derive(Default)]
pub(super) struct Calls {
    /// `function:qualifier client context`, of each invocation.
    pub(super) invoked: Mutex<Vec<String>>,
    /// The verdicts that CodeDeploy has accepted.
    pub(super) told: Mutex<Vec<Verdict>>,
    pub(super) puts: AtomicU32,
    pub(super) alias_reads: AtomicU32,
    /// How often CloudWatch was asked.
    pub(super) metric_reads: AtomicU32,
    /// How many invocations asked for the end of the log.
    pub(super) log_tails: AtomicU32,
}

pub(super) const APP_SPEC: &str = r#"{"version":"0.0","Resources":[{"F":{"Type":"AWS::Lambda::Function","Properties":{"Name":"F","Alias":"live","CurrentVersion":"2","TargetVersion":"3"}}}],"Hooks":[]}"#;

impl Default for Fake {
    fn default() -> Self {
        Self {
            deployment: Step::Answer(Deployment {
                application: "app".to_owned(),
                status: Some("InProgress".to_owned()),
                compute_platform: Some("Lambda".to_owned()),
                revision: Some(revision("String", None)),
                is_rollback: false,
            }),
            revision: Step::Answer(Some(revision("String", Some(APP_SPEC)))),
            targets: Step::Fail(CallErrorKind::AccessDenied),
            deployment_target: Step::Fail(CallErrorKind::AccessDenied),
            schema: Step::Fail(CallErrorKind::NotFound),
            minutes: Step::Fail(CallErrorKind::AccessDenied),
            alias: alias("3", &[]),
            alias_at_first: (0, Step::Panic),
            invoke: Box::new(|_, _| answer("{}", "3")),
            invoke_current: Box::new(|_, _| answer("{}", "2")),
            put: Box::new(|_| Step::Answer(())),
            calls: Calls::default(),
        }
    }
}

pub(super) fn revision(revision_type: &str, content: Option<&str>) -> RevisionLocation {
    RevisionLocation {
        revision_type: revision_type.to_owned(),
        content: content.map(str::to_owned),
        sha256: Some("5ha".to_owned()),
    }
}

pub(super) fn alias(version: &str, weights: &[(&str, f64)]) -> Step<Alias> {
    let weights = weights
        .iter()
        .map(|(version, weight)| ((*version).to_owned(), *weight));
    Step::Answer(Alias {
        function_version: version.to_owned(),
        additional_version_weights: HashMap::from_iter(weights),
    })
}

pub(super) fn answer(payload: &str, version: &str) -> Step<InvokeResponse> {
    Step::Answer(InvokeResponse {
        payload: payload.into(),
        function_error: None,
        executed_version: Some(version.to_owned()),
        log_tail: None,
    })
}

/// The same with the report of Lambda's log: how long it took, and how long it took to start.
pub(super) fn answer_after(version: &str, ms: f64, init_ms: Option<f64>) -> Step<InvokeResponse> {
    let init = init_ms.map_or_else(String::new, |ms| format!("Init Duration: {ms} ms\t"));
    let report = format!("REPORT RequestId: r\tDuration: {ms} ms\t{init}\n");
    Step::Answer(InvokeResponse {
        payload: "{}".into(),
        function_error: None,
        executed_version: Some(version.to_owned()),
        log_tail: Some(BASE64_STANDARD.encode(report)),
    })
}

impl GetDeployment for Fake {
    async fn get_deployment(&self, deployment_id: &str) -> Result<Deployment, CallError> {
        assert_eq!(deployment_id, "d-1");
        self.deployment
            .clone()
            .play("codedeploy:GetDeployment")
            .await
    }
}

impl GetApplicationRevision for Fake {
    async fn get_application_revision(
        &self,
        application: &str,
        revision: &RevisionLocation,
    ) -> Result<Option<RevisionLocation>, CallError> {
        assert_eq!(
            (application, revision.sha256.as_deref()),
            ("app", Some("5ha"))
        );
        self.revision
            .clone()
            .play("codedeploy:GetApplicationRevision")
            .await
    }
}

impl ListDeploymentTargets for Fake {
    async fn list_deployment_targets(&self, deployment_id: &str) -> Result<Vec<String>, CallError> {
        assert_eq!(deployment_id, "d-1");
        self.targets
            .clone()
            .play("codedeploy:ListDeploymentTargets")
            .await
    }
}

impl GetDeploymentTarget for Fake {
    async fn get_deployment_target(
        &self,
        deployment_id: &str,
        target_id: &str,
    ) -> Result<DeploymentTarget, CallError> {
        assert_eq!((deployment_id, target_id), ("d-1", "F:live"));
        self.deployment_target
            .clone()
            .play("codedeploy:GetDeploymentTarget")
            .await
    }
}

impl DescribeSchema for Fake {
    async fn describe_schema(&self, registry: &str, schema: &str) -> Result<String, CallError> {
        assert_eq!(
            (registry, schema),
            ("lambda-testevent-schemas", "_F-schema")
        );
        self.schema.clone().play("schemas:DescribeSchema").await
    }
}

impl GetAlias for Fake {
    async fn get_alias(&self, function: &str, alias: &str) -> Result<Alias, CallError> {
        assert!(
            function.ends_with('F') && alias == "live",
            "{function} {alias}"
        );
        let before = self.calls.alias_reads.fetch_add(1, Ordering::Relaxed);
        let step = match &self.alias_at_first {
            (reads, step) if before < *reads => step,
            _ => &self.alias,
        };
        step.clone().play("lambda:GetAlias").await
    }
}

impl GetMetricData for Fake {
    /// The nine series of the shift, in the order in which they were asked for.
    async fn get_metric_data(
        &self,
        request: &MetricDataRequest,
        _next_token: Option<&str>,
    ) -> Result<MetricDataPage, CallError> {
        self.calls.metric_reads.fetch_add(1, Ordering::Relaxed);
        let minutes = self
            .minutes
            .clone()
            .play("cloudwatch:GetMetricData")
            .await?;
        let result = |(index, stat): (usize, &MetricStat)| {
            let version = stat.dimensions.get(2).map(|(_, version)| version.as_str());
            let value = |[calls, errors, of_current, errors_of_current]: [u64; 4]| {
                let (calls, errors) = match version {
                    Some("3") => (calls, errors),
                    Some("2") => (of_current, errors_of_current),
                    _ => (calls + of_current, errors + errors_of_current),
                };
                match (stat.metric_name, stat.stat) {
                    ("Errors", "Sum") => errors,
                    _ => calls,
                }
            };
            let all = (request.start..).step_by(60).zip(&minutes);
            // Nothing is said of a minute without calls.
            let counted = all
                .take_while(|(start, _)| *start < request.end)
                .filter(|(_, counts)| counts[0] + counts[2] > 0);
            let (timestamps, values) = counted
                .map(|(start, counts)| (start, f64::from(u32::try_from(value(*counts)).unwrap())))
                .unzip();
            MetricDataResult {
                query: Some(index),
                status_code: "Complete".to_owned(),
                messages: Vec::new(),
                timestamps,
                values,
            }
        };
        Ok(MetricDataPage {
            results: request.queries.iter().enumerate().map(result).collect(),
            ..MetricDataPage::default()
        })
    }
}

impl InvokeFunction for Fake {
    async fn invoke_function(
        &self,
        request: InvokeRequest<'_>,
    ) -> Result<InvokeResponse, CallError> {
        let before = {
            let mut invoked = self.calls.invoked.lock().unwrap();
            let InvokeRequest {
                function,
                qualifier,
                client_context,
                ..
            } = request;
            let qualifier = qualifier.unwrap();
            invoked.push(format!("{function}:{qualifier} {client_context}"));
            if request.log_tail {
                self.calls.log_tails.fetch_add(1, Ordering::Relaxed);
            }
            u32::try_from(invoked.len() - 1).unwrap()
        };
        let invoke = match request.qualifier {
            Some("2") => &self.invoke_current,
            _ => &self.invoke,
        };
        invoke(request.payload, before)
            .play("lambda:InvokeFunction")
            .await
    }
}

impl PutLifecycleEventHookExecutionStatus for Fake {
    async fn put_lifecycle_event_hook_execution_status(
        &self,
        deployment_id: &str,
        lifecycle_event_hook_execution_id: &str,
        verdict: Verdict,
    ) -> Result<(), CallError> {
        assert_eq!(
            (deployment_id, &lifecycle_event_hook_execution_id[..2]),
            ("d-1", "e-")
        );
        let before = self.calls.puts.fetch_add(1, Ordering::Relaxed);
        (self.put)(before)
            .play("codedeploy:PutLifecycleEventHookExecutionStatus")
            .await?;
        self.calls.told.lock().unwrap().push(verdict);
        Ok(())
    }
}
