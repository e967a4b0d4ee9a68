//! AWS as data: what CodeDeploy, Lambda and CloudWatch have, and what they were asked.

use crate::ports::{
    Alias, CallError, CallErrorKind, Deployment, DeploymentTarget, GetAlias, GetDeployment,
    GetDeploymentTarget, GetMetricData, ListDeploymentGroups, ListDeploymentTargets,
    ListDeployments, MetricDataPage, MetricDataRequest, MetricDataResult, MetricDatum, MetricStat,
    NamePage, PutMetricData,
};
use evidence::{Counts, Seen};
use std::collections::HashMap;
use std::future::pending;
use std::sync::Mutex;

/// 00:05:00 on 1 January 2026, when the run is due.
pub(super) const NOW: i64 = 1_767_225_900;

/// 00:01:17, when traffic is allowed: four minutes are over since.
pub(super) const ALLOWED: i64 = NOW - 4 * 60 + 17;

/// How a service misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Fails(CallErrorKind),
    Hangs,
}

const DENIED: Trouble = Trouble::Fails(CallErrorKind::AccessDenied);

/// A deployment of one group, which is not that of another.
#[derive(Clone)]
pub(super) struct Played {
    pub(super) id: String,
    pub(super) status: &'static str,
    pub(super) is_rollback: bool,
    pub(super) target: Result<DeploymentTarget, CallErrorKind>,
}

/// A deployment of `function:live` from version 2 to 3, with the statuses of its three lifecycle events.
pub(super) fn deployment(id: &str, function: &str, status: &'static str, events: &str) -> Played {
    let names = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"];
    let statuses = events.split_whitespace();
    let events = names.into_iter().zip(statuses);
    let text = |text: &str| Some(text.to_owned());
    let target = DeploymentTarget {
        function: text(function),
        alias: text("live"),
        current_version: text("2"),
        target_version: text("3"),
        lifecycle_events: events
            .map(|(name, status)| (name.to_owned(), status.to_owned()))
            .collect(),
        allow_traffic_start: Some(ALLOWED),
        allow_traffic_end: None,
    };
    Played {
        id: id.to_owned(),
        status,
        is_rollback: false,
        target: Ok(target),
    }
}

/// What has been counted through an alias; minutes are counted from 00:00.
pub(super) type Counted = Vec<(i64, Seen)>;

#[derive(Default)]
pub(super) struct Fake {
    /// Each group with its deployments, the newest first.
    pub(super) groups: Vec<(&'static str, Vec<Played>)>,
    pub(super) aliases: HashMap<&'static str, Alias>,
    /// By alias, `function:live`.
    pub(super) counted: HashMap<&'static str, Counted>,
    /// By action, and by action with the group or the alias behind it.
    pub(super) troubles: HashMap<&'static str, Trouble>,
    /// Troubles that pass: how often, by action.
    pub(super) passing: Mutex<HashMap<&'static str, (u32, Trouble)>>,
    /// The status of an alias' series where it is not `Complete`.
    pub(super) statuses: HashMap<&'static str, &'static str>,
    pub(super) calls: Calls,
}

/// What was asked.
#[derive(Default)]
pub(super) struct Calls {
    /// Actions with what they were about.
    pub(super) made: Mutex<Vec<String>>,
    pub(super) read: Mutex<Vec<MetricDataRequest>>,
    pub(super) put: Mutex<Vec<(&'static str, MetricDatum)>>,
}

impl Fake {
    /// An action, or an action with what it is about, from now on.
    pub(super) fn deny(&mut self, action: &'static str) {
        self.troubles.insert(action, DENIED);
    }

    /// Of all series of an alias, from now on.
    pub(super) fn status(&mut self, alias: &'static str, status: &'static str) {
        self.statuses.insert(alias, status);
    }

    async fn call(&self, action: &'static str, about: &str) -> Result<(), CallError> {
        let text = format!("{action} {about}");
        self.calls.made.lock().unwrap().push(text.clone());
        let passing = {
            let mut passing = self.passing.lock().unwrap();
            passing.get_mut(action).and_then(|(times, trouble)| {
                *times = times.checked_sub(1)?;
                Some(*trouble)
            })
        };
        let lasting = || {
            self.troubles
                .get(action)
                .or(self.troubles.get(text.as_str()))
        };
        match passing.or_else(|| lasting().copied()) {
            None => Ok(()),
            Some(Trouble::Hangs) => pending().await,
            Some(Trouble::Fails(kind)) => Err(CallError {
                action,
                kind,
                message: format!("{kind:?} as scripted"),
            }),
        }
    }

    fn played(&self, id: &str) -> &Played {
        let mut all = self.groups.iter().flat_map(|(_, played)| played);
        all.find(|played| played.id == id).unwrap()
    }
}

/// The page of one name that `token` counts, as if CodeDeploy had pages of one.
fn page(names: &[String], token: Option<&str>) -> NamePage {
    let index: usize = token.map_or(0, |token| token.parse().unwrap());
    let next = index + 1;
    NamePage {
        names: names.get(index).cloned().into_iter().collect(),
        next_token: (next < names.len()).then(|| next.to_string()),
    }
}

impl ListDeploymentGroups for Fake {
    async fn list_deployment_groups(
        &self,
        application: &str,
        next_token: Option<&str>,
    ) -> Result<NamePage, CallError> {
        self.call("codedeploy:ListDeploymentGroups", application)
            .await?;
        let names: Vec<String> = self
            .groups
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        Ok(page(&names, next_token))
    }
}

impl ListDeployments for Fake {
    async fn list_deployments(
        &self,
        _application: &str,
        group: &str,
        include_only_statuses: &[&str],
        next_token: Option<&str>,
    ) -> Result<NamePage, CallError> {
        let which = if include_only_statuses.is_empty() {
            "all"
        } else {
            "some"
        };
        self.call("codedeploy:ListDeployments", &format!("{group} {which}"))
            .await?;
        let (_, played) = self.groups.iter().find(|(name, _)| *name == group).unwrap();
        let ids: Vec<String> = played
            .iter()
            .filter(|one| {
                include_only_statuses.is_empty() || include_only_statuses.contains(&one.status)
            })
            .map(|one| one.id.clone())
            .collect();
        Ok(page(&ids, next_token))
    }
}

impl GetDeployment for Fake {
    async fn get_deployment(&self, deployment_id: &str) -> Result<Deployment, CallError> {
        self.call("codedeploy:GetDeployment", deployment_id).await?;
        let played = self.played(deployment_id);
        Ok(Deployment {
            application: "app".to_owned(),
            status: Some(played.status.to_owned()),
            compute_platform: Some("Lambda".to_owned()),
            revision: None,
            is_rollback: played.is_rollback,
        })
    }
}

impl ListDeploymentTargets for Fake {
    async fn list_deployment_targets(&self, deployment_id: &str) -> Result<Vec<String>, CallError> {
        self.call("codedeploy:ListDeploymentTargets", deployment_id)
            .await?;
        Ok(vec!["target".to_owned()])
    }
}

impl GetDeploymentTarget for Fake {
    async fn get_deployment_target(
        &self,
        deployment_id: &str,
        _target_id: &str,
    ) -> Result<DeploymentTarget, CallError> {
        const ACTION: &str = "codedeploy:GetDeploymentTarget";
        self.call(ACTION, deployment_id).await?;
        let target = self.played(deployment_id).target.clone();
        target.map_err(|kind| CallError {
            action: ACTION,
            kind,
            message: format!("{kind:?} as scripted"),
        })
    }
}

impl GetAlias for Fake {
    async fn get_alias(&self, function: &str, alias: &str) -> Result<Alias, CallError> {
        let name = format!("{function}:{alias}");
        self.call("lambda:GetAlias", &name).await?;
        Ok(self.aliases[name.as_str()].clone())
    }
}

impl GetMetricData for Fake {
    async fn get_metric_data(
        &self,
        request: &MetricDataRequest,
        _next_token: Option<&str>,
    ) -> Result<MetricDataPage, CallError> {
        self.call("cloudwatch:GetMetricData", "").await?;
        self.calls.read.lock().unwrap().push(request.clone());
        let queries = request.queries.iter().enumerate();
        Ok(MetricDataPage {
            results: queries
                .map(|(index, query)| self.result(index, query, request))
                .collect(),
            ..MetricDataPage::default()
        })
    }
}

impl Fake {
    fn result(
        &self,
        index: usize,
        query: &MetricStat,
        request: &MetricDataRequest,
    ) -> MetricDataResult {
        let dimension = |name: &str| {
            let found = query.dimensions.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.as_str())
        };
        let alias = dimension("Resource").unwrap();
        let counts = |seen: &Seen| match dimension("ExecutedVersion") {
            None => seen.alias,
            Some("3") => seen.new,
            Some(_) => seen.current,
        };
        let value = |counts: Counts| match (query.metric_name, query.stat) {
            ("Invocations", "Sum") => counts.invocations,
            ("Errors", "Sum") => counts.errors,
            ("Errors", "SampleCount") => counts.error_samples,
            other => panic!("{other:?}"),
        };
        let counted = self.counted.get(alias).into_iter().flatten();
        let (timestamps, values) = counted
            .map(|(minute, seen)| (NOW - 5 * 60 + minute * 60, value(counts(seen))))
            .filter(|(at, _)| request.start <= *at && *at < request.end)
            .filter_map(|(at, value)| Some((at, f64::from(u32::try_from(value?).unwrap()))))
            .unzip();
        MetricDataResult {
            query: Some(index),
            status_code: self.statuses.get(alias).unwrap_or(&"Complete").to_string(),
            messages: Vec::new(),
            timestamps,
            values,
        }
    }
}

impl PutMetricData for Fake {
    async fn put_metric_data(
        &self,
        namespace: &'static str,
        data: &[MetricDatum],
    ) -> Result<(), CallError> {
        self.call("cloudwatch:PutMetricData", &data.len().to_string())
            .await?;
        let data = data.iter().map(|datum| (namespace, datum.clone()));
        self.calls.put.lock().unwrap().extend(data);
        Ok(())
    }
}

/// Everything of a minute is known: invocations and errors of the new version and of the current one.
pub(super) fn known(new: (u64, u64), current: (u64, u64)) -> Seen {
    let counts = |(invocations, errors)| Counts {
        invocations: Some(invocations),
        errors: Some(errors),
        error_samples: Some(invocations),
    };
    Seen {
        alias: counts((new.0 + current.0, new.1 + current.1)),
        new: counts(new),
        current: counts(current),
    }
}
