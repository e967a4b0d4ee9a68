//! One run of a row: a hook, its world, and what could be seen from outside.

use std::time::Duration;

use serde_json::{Value, json};

use super::aws::{Aws, DEPLOYMENT, EXECUTION, Record, Setting};
use super::layer;
use super::process::{self, Written, arn};
use super::row::{Hook, Place, Row};
use super::runtime_api::{Delivered, Delivery};

/// What came of a row.
pub(super) struct Seen {
    pub(super) record: Record,
    pub(super) processes: Vec<Process>,
}

/// What came of one execution environment.
pub(super) struct Process {
    /// In order.
    pub(super) delivered: Vec<Delivered>,
    pub(super) written: Written,
}

impl Seen {
    /// Every delivery, in order.
    pub(super) fn delivered(&self) -> impl Iterator<Item = &Delivered> {
        self.processes.iter().flat_map(|process| &process.delivered)
    }
}

/// Runs a hook as the row says.
pub(super) async fn run(row: &Row, hook: Hook) -> Seen {
    let events = tempfile::tempdir().unwrap();
    layer::write(events.path(), &row.bundled, row.copies);
    let aws = Aws::start(Setting {
        lifecycle_event: row.lifecycle_event(hook).to_owned(),
        shared: row.shared.as_ref().map(text),
        settled: row.settled.clone(),
        script: row.script.clone(),
    })
    .await;
    let delivery = Delivery {
        request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        function_arn: arn(hook),
        payload: row.payload.as_ref().map_or_else(payload, text),
        timeout: Duration::from_millis(row.deadline_ms),
    };
    let start = async || {
        let address = &aws.server.address;
        process::Process::start(hook, &row.variables, address, events.path()).await
    };
    let end = async |process: process::Process, delivered| Process {
        delivered,
        written: process.end().await,
    };
    let mut process = start().await;
    let place = row.again.as_ref().map(|again| again.place);
    let processes = if place == Some(Place::AtOnce) {
        let mut other = start().await;
        let (one, two) = tokio::join!(process.deliver(delivery.clone()), other.deliver(delivery));
        vec![end(process, vec![one]).await, end(other, vec![two]).await]
    } else {
        let first = process.deliver(delivery.clone()).await;
        if let Some(again) = &row.again {
            aws.script(&again.script);
        }
        match place {
            Some(Place::SameProcess) => {
                let second = process.deliver(delivery).await;
                vec![end(process, vec![first, second]).await]
            }
            Some(Place::OtherProcess) => {
                let ended = end(process, vec![first]).await;
                let mut other = start().await;
                let second = other.deliver(delivery).await;
                vec![ended, end(other, vec![second]).await]
            }
            Some(Place::AtOnce) | None => vec![end(process, vec![first]).await],
        }
    };
    let record = std::mem::take(&mut *aws.record());
    Seen { record, processes }
}

/// What CodeDeploy sends.
fn payload() -> String {
    json!({ "DeploymentId": DEPLOYMENT, "LifecycleEventHookExecutionId": EXECUTION }).to_string()
}

/// Text as it is, any other JSON as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        json => json.to_string(),
    }
}
