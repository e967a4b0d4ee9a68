//! The watch of the shipped template, with its schedule and its permissions, while CodeDeploy shifts traffic.

mod late;
mod speed;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use aws_smithy_http_client::Builder;
use emulator::{AliasChange, Call, Emulator, Happening, Program, Timestamp};
use evidence::{CanaryEvidence, Counts, Minute, Seen};
use hooks::{CountedMinute, WatchAnswer};
use serde_json::{Value, json};

use crate::harness::top_level;
use crate::stack::{Stack, emulator, program};

const FUNCTION: &str = "VersionedOrderAPI";

/// Calls through the alias in each minute.
const CALLS: u32 = 20;

/// How long after the end of its minute a count of Lambda's can be seen (crates/emulator/README.md).
const DELIVERY: Duration = Duration::from_secs(15);

/// What was sent through the alias in a minute: invocations and errors, by version.
type Sent = BTreeMap<String, (u64, u64)>;

/// The shipped stack, in which somebody calls the function all the time.
struct World {
    emulator: Emulator,
    stack: Stack,
    /// By the start of the minute, in seconds since 1970.
    sent: BTreeMap<u64, Sent>,
    runs: Vec<Run>,
    /// When version 2 got its first share of the calls.
    since: Option<Timestamp>,
}

/// A run of the watch that has ended.
struct Run {
    at: Timestamp,
    /// Its answer, or its error.
    answer: Result<WatchAnswer, Value>,
}

impl World {
    /// The template after `change`, with its first release.
    async fn new(change: impl Fn(String) -> String) -> Self {
        let template = fs::read_to_string(top_level().join("template.yaml")).unwrap();
        let parameters = [("DeploymentType", "Linear10PercentEvery1Minute")];
        let world = Self {
            emulator: emulator().await,
            stack: Stack::new(&change(template), &top_level(), &parameters),
            sent: BTreeMap::new(),
            runs: Vec::new(),
            since: None,
        };
        assert_eq!(world.deploy("release-1-0-0"), AliasChange::Created);
        world
    }

    fn deploy(&self, release: &str) -> AliasChange {
        let programs: BTreeMap<String, Program> = [
            (FUNCTION, release),
            ("CodeDeployHookPreTraffic", "pre-traffic"),
            ("CodeDeployHookPostTraffic", "post-traffic"),
            ("CanaryWatch", "canary-watch"),
        ]
        .into_iter()
        .map(|(id, name)| (id.to_owned(), program(name, &[])))
        .collect();
        let mut changes = self.stack.deploy(&self.emulator, &programs);
        changes.remove(FUNCTION).unwrap()
    }

    /// Lets so many minutes pass.
    async fn play(&mut self, minutes: u64) {
        let end = self.emulator.now() + Duration::from_secs(minutes * 60);
        loop {
            self.call().await;
            self.emulator.settle().await;
            for entry in self.emulator.take_timeline() {
                if let Happening::AliasUpdated {
                    additional_version_weight: Some(_),
                    ..
                } = entry.happening
                {
                    self.since.get_or_insert(entry.at);
                }
                self.runs.extend(Run::of(entry.at, entry.happening));
            }
            match self.emulator.next_due().filter(|due| *due <= end) {
                Some(due) => self.emulator.advance_to(due),
                None => break,
            };
        }
        self.emulator.advance_to(end);
    }

    /// The minute's calls, unless they have been made.
    async fn call(&mut self) {
        let minute = minute(self.emulator.now());
        if self.sent.contains_key(&minute) {
            return;
        }
        let mut sent = Sent::new();
        for _ in 0..CALLS {
            let call = Call {
                payload: r#"{"action":"status","orderId":"ORD-2024-001"}"#.into(),
                client_context: None,
            };
            let invoked = self.emulator.invoke(FUNCTION, Some("prod"), call).await;
            let invoked = invoked.unwrap();
            let (invocations, errors) = sent.entry(invoked.executed_version).or_default();
            *invocations += 1;
            *errors += u64::from(invoked.completion.function_error);
        }
        self.sent.insert(minute, sent);
    }

    /// The evidence against version 2 by the calls since `since` that can be seen at `now`, up to the minute `until`.
    fn evidence(&self, since: Timestamp, until: u64, now: Timestamp) -> f64 {
        let first = minute(since);
        let seen = |(start, sent): (&u64, &Sent)| {
            let end = Timestamp::from_millis((start + 60) * 1000);
            if end + DELIVERY > now {
                return Seen::default();
            }
            let of = |version: &str| sent.get(version).copied().unwrap_or_default();
            let counts = |(invocations, errors): (u64, u64)| Counts {
                invocations: Some(invocations),
                errors: Some(errors),
                error_samples: Some(invocations),
            };
            let (new, current) = (of("2"), of("1"));
            Seen {
                alias: counts((new.0 + current.0, new.1 + current.1)),
                new: counts(new),
                current: counts(current),
            }
        };
        let seconds = u32::try_from(since.as_millis() / 1000 - first).unwrap();
        let part = |start: u64| match start == first {
            true => f64::from(60 - seconds) / 60.0,
            false => 1.0,
        };
        let minutes = self.sent.range(first..until.max(first));
        let minutes: Vec<Minute> = minutes
            .map(|(start, sent)| Minute::seen(&seen((start, sent))).in_part(part(*start)))
            .collect();
        CanaryEvidence::of(&minutes).value()
    }

    /// What was published of the alias, by the start of its minute.
    async fn published(&self) -> BTreeMap<u64, f64> {
        let credentials =
            aws_sdk_cloudwatch::config::Credentials::new("test", "test", None, None, "test");
        let config = aws_sdk_cloudwatch::Config::builder()
            .behavior_version_latest()
            .region(aws_sdk_cloudwatch::config::Region::new("us-east-1"))
            .credentials_provider(credentials)
            .http_client(Builder::new().build_http())
            .endpoint_url(self.emulator.endpoint())
            .build();
        let dimension =
            |(name, value): (&str, &str)| Dimension::builder().name(name).value(value).build();
        let dimensions = [("function", FUNCTION), ("alias", "prod")].map(dimension);
        let metric = Metric::builder()
            .namespace("Tollgate")
            .metric_name("CanaryEvidence")
            .set_dimensions(Some(dimensions.into()));
        let stat = MetricStat::builder()
            .metric(metric.build())
            .period(60)
            .stat("Maximum");
        let query = MetricDataQuery::builder().id("e").metric_stat(stat.build());
        let seconds = aws_sdk_cloudwatch::primitives::DateTime::from_secs;
        let now = i64::try_from(self.emulator.now().as_millis() / 1000).unwrap();
        let output = aws_sdk_cloudwatch::Client::from_conf(config)
            .get_metric_data()
            .metric_data_queries(query.build())
            .start_time(seconds(now - 3_600))
            .end_time(seconds(now))
            .send()
            .await
            .unwrap();
        let result = &output.metric_data_results()[0];
        let times = result.timestamps().iter();
        let times = times.map(|time| u64::try_from(time.secs()).unwrap());
        times.zip(result.values().iter().copied()).collect()
    }
}

impl Run {
    fn of(at: Timestamp, happening: Happening) -> Option<Self> {
        let Happening::ScheduledRunEnded {
            function,
            payload,
            function_error,
            ..
        } = happening
        else {
            return None;
        };
        assert_eq!(function, "CanaryWatch");
        let answer = match function_error {
            true => Err(serde_json::from_str(&payload).unwrap()),
            false => Ok(serde_json::from_str(&payload).unwrap_or_else(|error| {
                panic!("{error}: {payload}");
            })),
        };
        Some(Self { at, answer })
    }
}

/// The start of a time's minute, in seconds since 1970.
fn minute(time: Timestamp) -> u64 {
    time.as_millis() / 60_000 * 60
}

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() < 1e-9,
        "{what}: {found} is not {expected}"
    );
}

#[tokio::test]
async fn every_minute_of_a_shift_publishes_what_evidence_computes_of_the_calls() {
    let mut world = World::new(|template| template).await;
    world.play(3).await;
    // Nothing was ever deployed, so that CodeDeploy knows of no alias.
    for run in world.runs.drain(..) {
        let answer = run.answer.unwrap();
        assert_eq!((answer.shifts.len(), answer.idle.len()), (0, 0));
    }
    let AliasChange::Deployment(id) = world.deploy("fails-one-in-twenty") else {
        panic!("a deployment was expected")
    };
    world.play(15).await;
    assert_eq!(world.emulator.deployment(&id).unwrap().status, "Succeeded");

    let errors: u64 = world
        .sent
        .values()
        .flat_map(|sent| sent.get("2"))
        .map(|sent| sent.1)
        .sum();
    assert!(errors > 1, "{errors} errors are too few to see anything");
    let since = world.since.unwrap();
    let published = world.published().await;
    let mut shifting = 0;
    for run in &world.runs {
        let answer = run.answer.as_ref().unwrap();
        let until = minute(run.at);
        let what = format!("the run at {:?}: {answer:?}", run.at);
        let value = published.get(&(until - 60)).copied();
        match answer.shifts.as_slice() {
            [] => {
                let idle: Vec<String> = answer.idle.iter().map(ToString::to_string).collect();
                assert_eq!(idle, ["VersionedOrderAPI:prod"], "{what}");
                assert_eq!(value, Some(0.0), "{what}");
            }
            [shift] => {
                shifting += 1;
                assert_eq!(shift.deployment_id.as_deref(), Some(&*id), "{what}");
                let versions = (shift.current_version.as_str(), shift.new_version.as_str());
                assert_eq!(versions, ("1", "2"), "{what}");
                let expected = world.evidence(since, until, run.at);
                assert_close(shift.evidence, expected, &what);
                assert_close(value.unwrap(), expected, &what);
                // The answer alone is enough to compute it again.
                let read: Vec<Minute> = shift.minutes.iter().map(CountedMinute::read).collect();
                let again = CanaryEvidence::of(&read).value();
                assert_close(again, expected, &what);
            }
            more => panic!("{} shifts: {what}", more.len()),
        }
    }
    assert!(shifting >= 9, "{shifting} runs in nine minutes");
}

/// Without the counts nothing is said of the shift, and nothing that could pass for good news.
#[tokio::test]
async fn a_watch_that_may_not_read_the_counts_publishes_nothing_of_the_shift() {
    let denied = |template: String| {
        let spoilt = template.replace("cloudwatch:GetMetricData", "cloudwatch:ListMetrics");
        assert_ne!(spoilt, template);
        spoilt
    };
    let mut world = World::new(denied).await;
    assert!(matches!(
        world.deploy("fails-one-in-twenty"),
        AliasChange::Deployment(_)
    ));
    world.play(5).await;
    let published = world.published().await;
    let failed = world
        .runs
        .iter()
        .filter_map(|run| Some((run.at, run.answer.as_ref().err()?)));
    let failed: Vec<(Timestamp, &Value)> = failed.collect();
    assert!(failed.len() >= 3, "{failed:?}");
    for (at, error) in failed {
        assert_eq!(error["errorType"], json!("EvidenceNotPublished"));
        let message = error["errorMessage"].as_str().unwrap();
        for part in [
            "VersionedOrderAPI:prod",
            "cloudwatch:GetMetricData failed",
            "AccessDenied",
        ] {
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(published.get(&(minute(at) - 60)), None, "{published:?}");
    }
}
