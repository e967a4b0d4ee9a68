use std::collections::BTreeMap;
use std::time::Duration;

use deployment::{
    AliasRouting, AutoRollbackEvent, CallError, Creator, Deployment, DeploymentConfig,
    DeploymentId, DeploymentSpec, Timestamp,
};

/// When every deployment of these tests is created.
pub(crate) const T0: Timestamp = Timestamp::from_millis(1_754_704_046_900);
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/CodeDeployServiceRole";

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// 10 % for five minutes, both hooks, two alarms, every rollback event.
pub(crate) fn spec() -> DeploymentSpec {
    DeploymentSpec {
        application: "app".into(),
        deployment_group: "group".into(),
        function: "orders".into(),
        alias: "prod".into(),
        current_version: "1".into(),
        target_version: "2".into(),
        before_allow_traffic: Some("CodeDeployHook_pre".into()),
        after_allow_traffic: Some("CodeDeployHook_post".into()),
        config: DeploymentConfig::from_sam_type("Canary10Percent5Minutes").unwrap(),
        alarms: vec!["errors".into(), "latency".into()],
        ignore_poll_alarm_failure: false,
        auto_rollback: AutoRollbackEvent::ALL.into(),
        service_role_arn: ROLE.into(),
        creator: Creator::User,
        description: String::new(),
        appspec_fault: None,
    }
}

pub(crate) fn deployment(spec: DeploymentSpec) -> Deployment {
    Deployment::new(spec, DeploymentId::from_entropy(1), T0)
}

/// What the world does, by time since [`T0`].
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) spec: DeploymentSpec,
    /// The alias before the deployment; none if it does not exist.
    pub(crate) alias: Option<AliasRouting>,
    /// From when the alarm `latency` is in `ALARM`.
    pub(crate) alarm_at: Option<Duration>,
    /// From when polls fail.
    pub(crate) polls_fail: Option<(Duration, CallError)>,
    pub(crate) alias_read_fails: Option<CallError>,
    /// Which update of the alias fails, from 0.
    pub(crate) update_fails: Option<(usize, CallError)>,
    pub(crate) before: Hook,
    pub(crate) after: Hook,
    /// When `StopDeployment` is called, and with which `autoRollbackEnabled`.
    pub(crate) stop: Option<(Duration, bool)>,
    /// When the hook that was invoked last, if any, reports once more.
    pub(crate) puts: Vec<(Duration, &'static str)>,
    /// How late ticks and answers come, in turn.
    pub(crate) delays: Vec<Duration>,
}

#[derive(Clone, Debug)]
pub(crate) enum Hook {
    /// Reports this long after its invocation, and ends.
    Reports(Duration, &'static str),
    /// Ends without a report.
    Silent,
    /// So many attempts end at once with a function error; the next one reports after so long.
    Crashes(u8, Duration, &'static str),
    /// Lambda refuses the invocation.
    Refused(CallError),
}

impl Default for Script {
    fn default() -> Self {
        Self {
            spec: spec(),
            alias: Some(AliasRouting::to_version("1")),
            alarm_at: None,
            polls_fail: None,
            alias_read_fails: None,
            update_fails: None,
            before: Hook::Reports(secs(1), "Succeeded"),
            after: Hook::Reports(secs(1), "Succeeded"),
            stop: None,
            puts: Vec::new(),
            delays: Vec::new(),
        }
    }
}

pub(crate) fn weighted(version: &str, other: &str, weight: f64) -> AliasRouting {
    AliasRouting {
        function_version: version.into(),
        additional_version_weights: BTreeMap::from([(other.into(), weight)]),
    }
}
