//! CodeDeploy, Lambda, CloudWatch and EventBridge Schemas as a row scripts them; without a script, those of a healthy
//! deployment.
//!
//! Shapes and error codes: CodeDeploy API Reference (AWS JSON 1.1), Lambda API Reference and EventBridge Schema
//! Registry API Reference (both REST and JSON); CloudWatch API Reference (Smithy RPC v2 CBOR).

mod cloudwatch;
mod codedeploy;
mod lambda;
mod schemas;
mod scripted;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use serde_json::Value;

use super::answer::{Function, Step};
use super::wire::{self, Server};

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const APPLICATION: &str = "orders-ServerlessDeploymentApplication";
pub(crate) const GROUP: &str = "orders-VersionedOrderAPIDeploymentGroup";
pub(crate) const FUNCTION: &str = "VersionedOrderAPI";
pub(crate) const ALIAS: &str = "prod";
pub(crate) const CURRENT: &str = "1";
pub(crate) const TARGET: &str = "2";
pub(crate) const DEPLOYMENT: &str = "d-0B7YUA91L";
pub(crate) const EXECUTION: &str = "eyJlbmNyeXB0ZWREYXRhIjoiMGNPMjQifQ==";

/// What the hook's process says of itself does not decide anything: this does.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) calls: Vec<Call>,
    /// Every status that was sent, accepted or not.
    pub(crate) sent: Vec<String>,
    pub(crate) puts: Vec<Put>,
    pub(crate) invocations: Vec<Invocation>,
    /// What the last `GetAlias` that was answered said.
    pub(crate) alias: Option<Value>,
    /// The status that CodeDeploy has of the lifecycle event.
    pub(crate) status: Option<String>,
    /// How often the shared events were read to an end.
    pub(crate) schemas_read: usize,
    /// How often the calls of the shift were read to an end, as they are.
    pub(crate) counts_read: usize,
    /// The keys of the script that were asked for an answer.
    pub(crate) used: BTreeSet<String>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// As IAM spells it.
    pub(crate) action: String,
    /// The ARN that IAM checks it against.
    pub(crate) resource: String,
}

/// A `PutLifecycleEventHookExecutionStatus` that CodeDeploy has accepted.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    pub(crate) status: String,
    /// Milliseconds since the epoch.
    pub(crate) at: u128,
}

/// An invocation of the function under test.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub(crate) qualifier: String,
    pub(crate) payload: Bytes,
    /// What was answered to the end.
    pub(crate) answer: Option<Function>,
}

/// What a row says of the deployment.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// The one in progress.
    pub(crate) lifecycle_event: String,
    pub(crate) shared: Option<String>,
    pub(crate) settled: Option<String>,
    pub(crate) script: BTreeMap<String, Vec<Step>>,
}

/// The endpoints of one row, on one port.
pub(crate) struct Aws {
    pub(crate) server: Server,
    world: Arc<World>,
}

struct World {
    setting: Setting,
    script: Mutex<BTreeMap<String, VecDeque<Step>>>,
    record: Mutex<Record>,
}

impl Aws {
    pub(crate) async fn start(setting: Setting) -> Self {
        let world = Arc::new(World {
            script: Mutex::new(queues(&setting.script)),
            record: Mutex::new(Record {
                status: setting.settled.clone(),
                ..Record::default()
            }),
            setting,
        });
        let router = Router::new()
            .merge(cloudwatch::routes())
            .merge(codedeploy::routes())
            .merge(lambda::routes())
            .merge(schemas::routes())
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&world));
        Self {
            server: wire::serve(router).await,
            world,
        }
    }

    /// Replaces what is left of the script.
    pub(crate) fn script(&self, script: &BTreeMap<String, Vec<Step>>) {
        *self.world.script.lock().unwrap() = queues(script);
    }

    pub(crate) fn record(&self) -> MutexGuard<'_, Record> {
        self.world.record.lock().unwrap()
    }
}

impl World {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap()
    }
}

fn queues(script: &BTreeMap<String, Vec<Step>>) -> BTreeMap<String, VecDeque<Step>> {
    let queue = |steps: &Vec<Step>| steps.iter().cloned().collect();
    let queues = script
        .iter()
        .map(|(key, steps)| (key.clone(), queue(steps)));
    queues.collect()
}

/// The ARN of a function of the account, or of one of its versions or aliases.
pub(crate) fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}
