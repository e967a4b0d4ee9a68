//! The gate against an AWS that fails in every way. Time is paused, so waits cost nothing.

mod blocking;
mod canary;
mod checking;
mod comparing;
mod durations;
mod fakes;
mod repeating;
mod reporting;

use super::{Environment, GateError, Invocation, run};
use crate::lifecycle_event::LifecycleEvent;
use crate::ports::{Deployment, InvokeResponse, RevisionLocation};
use crate::remembered::Remembered;
use aws_lambda_events::codedeploy::CodeDeployLifecycleEvent;
use checks::Verdict::{Failed, Succeeded};
use checks::{Report, Verdict};
use fakes::{Fake, Step, revision};
use serde_json::Value;
use std::fs;
use std::time::{Duration, UNIX_EPOCH};
use tokio::time::Instant;

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:F";

const HOOK_ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:CodeDeployHook_Gate";

/// Since 1970.
const RECEIVED: Duration = Duration::from_secs(1_795_362_000);

const PAYLOAD: &str = r#"{"DeploymentId":"d-1","LifecycleEventHookExecutionId":"e-1"}"#;

/// What Lambda gives the hook in every scenario that does not say otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The world before a run. By default the deployment of [`Fake`], with two bundled events that are met.
struct Scenario {
    payload: String,
    variables: Vec<(&'static str, String)>,
    bundled: Vec<(&'static str, &'static str)>,
    left: Option<Duration>,
    aws: Fake,
    overdue: Box<dyn FnOnce(CodeDeployLifecycleEvent, Duration, Duration) + Send>,
    log_fails: bool,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            payload: PAYLOAD.to_owned(),
            variables: Vec::new(),
            bundled: vec![("A.json", r#"{"a":1}"#), ("B.json", r#"{"b":2}"#)],
            left: Some(TIMEOUT),
            aws: Fake::default(),
            overdue: Box::new(|_, _, _| {}),
            log_fails: false,
        }
    }
}

impl Scenario {
    fn variable(&mut self, name: &'static str, value: impl Into<String>) {
        self.variables.push((name, value.into()));
    }

    fn invoke(
        &mut self,
        answer: impl Fn(&str, u32) -> Step<InvokeResponse> + Send + Sync + 'static,
    ) {
        self.aws.invoke = Box::new(answer);
    }

    fn put(&mut self, answer: impl Fn(u32) -> Step<()> + Send + Sync + 'static) {
        self.aws.put = Box::new(answer);
    }

    fn app_spec(&mut self, text: &str) {
        self.aws.revision = Step::Answer(Some(revision("String", Some(text))));
    }

    fn deployment(&mut self, platform: Option<&str>, revision: Option<RevisionLocation>) {
        self.aws.deployment = Step::Answer(Deployment {
            application: "app".to_owned(),
            status: Some("InProgress".to_owned()),
            compute_platform: platform.map(str::to_owned),
            revision,
            is_rollback: false,
        });
    }
}

/// And the world after it.
struct Played {
    result: Result<Report, GateError>,
    /// The lines of the log.
    logged: Vec<Value>,
    told: Vec<Verdict>,
    puts: u32,
    invoked: Vec<String>,
    /// How many of the invocations asked for the end of the log.
    log_tails: u32,
    /// How often CloudWatch was asked.
    metric_reads: u32,
    took: Duration,
}

async fn play(hook: LifecycleEvent, change: impl FnOnce(&mut Scenario)) -> Played {
    play_in(&environment(hook), change).await
}

fn environment(hook: LifecycleEvent) -> Environment {
    Environment {
        lifecycle_event: hook,
        function_name: "CodeDeployHook_h".to_owned(),
        remembered: Remembered::default(),
    }
}

async fn play_in(environment: &Environment, change: impl FnOnce(&mut Scenario)) -> Played {
    // How long a retry waits: how many there are is the same in every run.
    fastrand::seed(1);
    let mut scenario = Scenario::default();
    change(&mut scenario);
    let events = tempfile::tempdir().unwrap();
    fs::create_dir(events.path().join("F")).unwrap();
    for (name, text) in &scenario.bundled {
        fs::write(events.path().join("F").join(name), text).unwrap();
    }
    scenario.variable("GATE_EVENTS_DIR", events.path().display().to_string());
    let Scenario {
        payload,
        variables,
        left,
        aws,
        overdue,
        log_fails,
        ..
    } = scenario;
    let lookup = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.clone())
    };
    let mut logged = Vec::new();
    let start = Instant::now();
    let log = |line: &str| {
        assert!(!log_fails, "as scripted");
        assert!(!line.contains('\n'), "{line}");
        logged.push(serde_json::from_str(line).unwrap());
    };
    let invocation = Invocation {
        payload: &payload,
        function_arn: HOOK_ARN,
        left,
        received: UNIX_EPOCH + RECEIVED,
    };
    let result = run(environment, invocation, lookup, &aws, overdue, log).await;
    Played {
        result: result.map(|decided| decided.report.clone()),
        logged,
        told: aws.calls.told.into_inner().unwrap(),
        puts: aws.calls.puts.into_inner(),
        invoked: aws.calls.invoked.into_inner().unwrap(),
        log_tails: aws.calls.log_tails.into_inner(),
        metric_reads: aws.calls.metric_reads.into_inner(),
        took: start.elapsed(),
    }
}

/// The gate ends in one verdict for CodeDeploy, before the deadline, and its report has all of `parts`.
async fn check(
    hook: LifecycleEvent,
    change: impl FnOnce(&mut Scenario),
    verdict: Verdict,
    parts: &[&str],
) -> Played {
    let played = play(hook, change).await;
    let report = played
        .result
        .as_ref()
        .unwrap_or_else(|error| panic!("{parts:?}: {error}"));
    let text = serde_json::to_string(report).unwrap();
    for part in parts {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert_eq!(
        (report.verdict, played.told.as_slice()),
        (verdict, [verdict].as_slice()),
        "{text}"
    );
    let [line] = played.logged.as_slice() else {
        panic!("one line: {:?}", played.logged);
    };
    let logged: Report = serde_json::from_value(line.clone()).unwrap();
    assert_eq!(serde_json::to_string(&logged).unwrap(), text);
    assert_eq!(report.deployment_id.as_deref(), Some("d-1"), "{text}");
    assert_eq!(
        report.lifecycle_event.as_deref(),
        Some(hook.as_str()),
        "{text}"
    );
    assert!(played.took < TIMEOUT, "{:?}: {text}", played.took);
    played
}

async fn passes(
    hook: LifecycleEvent,
    change: impl FnOnce(&mut Scenario),
    parts: &[&str],
) -> Played {
    check(hook, change, Succeeded, parts).await
}

async fn fails(hook: LifecycleEvent, change: impl FnOnce(&mut Scenario), parts: &[&str]) -> Played {
    check(hook, change, Failed, parts).await
}

/// It fails before anything is invoked.
async fn blocks(hook: LifecycleEvent, change: impl FnOnce(&mut Scenario), parts: &[&str]) {
    let played = fails(hook, change, parts).await;
    assert!(played.invoked.is_empty(), "{parts:?}: {:?}", played.invoked);
}
