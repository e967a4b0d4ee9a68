//! An emulator with a function, and one turn of what a thousand releases do to it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use emulator::{Account, Beginning, CodeStore, DataDir, Emulator, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::Result;
use crate::client::Client;

const FUNCTION: &str = "/2015-03-31/functions/order-api";

/// What a turn does, in this order.
pub(crate) const OPERATIONS: [&str; 8] = [
    "UpdateFunctionConfiguration, PublishVersion",
    "GetFunctionConfiguration",
    "ListVersionsByFunction",
    "CreateAlias",
    "CreateDeployment",
    "deployment to its end",
    "GetDeployment",
    "ListDeployments",
];

/// How long each of [`OPERATIONS`] took.
pub(crate) type Turn = [Duration; OPERATIONS.len()];

/// Where the state is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Memory,
    DataDirectory,
}

impl Place {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::DataDirectory => "data directory",
        }
    }
}

/// The emulator, whose time stands still unless a deployment is taken to its end.
pub(crate) struct World<'a> {
    emulator: Emulator,
    client: Client,
    runtime: &'a Runtime,
    _files: TempDir,
}

impl<'a> World<'a> {
    /// An emulator with a function, its version 1, the alias that is deployed to, and a deployment group; its files are
    /// in `folder`, because a temporary directory may be no disk.
    pub(crate) fn new(place: Place, folder: &Path, runtime: &'a Runtime) -> Result<Self> {
        let files = tempfile::tempdir_in(folder)?;
        let package = files.path().join("package");
        fs::create_dir(&package)?;
        fs::write(package.join("bootstrap"), "#!/bin/sh\n")?;
        let emulator = runtime.block_on(emulator(place, &files.path().join("state")))?;
        let mut client = Client::of(emulator.endpoint())?;
        client.lambda(
            "POST /2015-03-31/functions",
            &json!({
                "FunctionName": "order-api", "Runtime": "provided.al2023", "Handler": "bootstrap", "Publish": true,
                "Role": "arn:aws:iam::123456789012:role/order-api",
                "Code": { "S3Bucket": "local", "S3Key": package },
            }),
        )?;
        let alias = json!({ "Name": "live", "FunctionVersion": "1" });
        client.lambda(&format!("POST {FUNCTION}/aliases"), &alias)?;
        let application = json!({ "applicationName": "shop", "computePlatform": "Lambda" });
        client.codedeploy("CreateApplication", &application)?;
        client.codedeploy(
            "CreateDeploymentGroup",
            &json!({
                "applicationName": "shop", "deploymentGroupName": "order-api",
                "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
                "serviceRoleArn": "arn:aws:iam::123456789012:role/codedeploy",
                "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
            }),
        )?;
        Ok(Self {
            emulator,
            client,
            runtime,
            _files: files,
        })
    }

    /// The `number`th release, from 1: how long each of [`OPERATIONS`] takes.
    pub(crate) fn turn(&mut self, number: usize) -> Result<Turn> {
        let version = number + 1;
        let (update, publish) = (
            format!("PUT {FUNCTION}/configuration"),
            format!("POST {FUNCTION}/versions"),
        );
        let description = json!({ "Description": format!("release {number}") });
        let (published, publishing) = timed(|| {
            self.client.lambda(&update, &description)?;
            self.client.lambda(&publish, &json!({}))
        })?;
        expect(&published["Version"], &version.to_string())?;

        let get = format!("GET {FUNCTION}/configuration?Qualifier={version}");
        let (got, getting) = timed(|| self.client.lambda(&get, &Value::Null))?;
        expect(&got["Version"], &version.to_string())?;

        let list = format!("GET {FUNCTION}/versions?MaxItems=50");
        let (_, listing) = timed(|| self.client.lambda(&list, &Value::Null))?;

        let aliases = format!("POST {FUNCTION}/aliases");
        let alias =
            json!({ "Name": format!("release-{number}"), "FunctionVersion": version.to_string() });
        let (_, naming) = timed(|| self.client.lambda(&aliases, &alias))?;

        let deployment = new_deployment(number, version);
        let (created, deploying) =
            timed(|| self.client.codedeploy("CreateDeployment", &deployment))?;

        let (_, ending) = timed(|| self.end_deployment())?;

        let id = json!({ "deploymentId": created["deploymentId"] });
        let (shown, showing) = timed(|| self.client.codedeploy("GetDeployment", &id))?;
        expect(&shown["deploymentInfo"]["status"], "Succeeded")?;

        let group = json!({ "applicationName": "shop", "deploymentGroupName": "order-api" });
        let (listed, listing_deployments) =
            timed(|| self.client.codedeploy("ListDeployments", &group))?;
        if listed["deployments"][0] != created["deploymentId"] {
            return Err(format!("the newest deployment is not the first: {listed}").into());
        }
        Ok([
            publishing,
            getting,
            listing,
            naming,
            deploying,
            ending,
            showing,
            listing_deployments,
        ])
    }

    /// Lets time pass until no deployment runs.
    fn end_deployment(&self) -> Result<()> {
        while self.emulator.is_deploying() {
            let due = self.emulator.next_due().ok_or("nothing is due")?;
            self.emulator.advance_to(due);
        }
        // As `tollgate serve` does, whose log takes what has happened.
        drop(self.emulator.take_timeline());
        Ok(())
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        // The emulator's tasks end in its runtime.
        self.runtime.block_on(self.emulator.settle());
    }
}

async fn emulator(place: Place, directory: &Path) -> Result<Emulator> {
    let data_dir = match place {
        Place::Memory => None,
        Place::DataDirectory => Some(DataDir::open(directory)?),
    };
    let beginning = Beginning {
        account: Account::default(),
        seed: 1,
        now: Timestamp::from_millis(1_767_225_600_000),
        time_scale: None,
        port: 0,
        store: match &data_dir {
            None => CodeStore::create()?,
            Some(data_dir) => data_dir.code_store()?,
        },
        reaper: None,
    };
    Ok(match data_dir {
        None => Emulator::start(beginning).await?,
        Some(data_dir) => Emulator::resume(beginning, data_dir).await?,
    })
}

/// From the version that the release before brought to that of this one, all at once and without hooks.
fn new_deployment(number: usize, version: usize) -> Value {
    let properties = json!({
        "Name": "order-api", "Alias": "live", "CurrentVersion": number.to_string(), "TargetVersion": version.to_string(),
    });
    let resource = json!({ "Type": "AWS::Lambda::Function", "Properties": properties });
    let appspec = json!({ "version": 0.0, "Resources": [{ "order-api": resource }] });
    json!({
        "applicationName": "shop", "deploymentGroupName": "order-api",
        "revision": {
            "revisionType": "AppSpecContent", "appSpecContent": { "content": appspec.to_string() },
        },
    })
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let begun = Instant::now();
    let done = work()?;
    Ok((done, begun.elapsed()))
}

fn expect(value: &Value, expected: &str) -> Result<()> {
    if value == expected {
        Ok(())
    } else {
        Err(format!("{value} is not {expected:?}").into())
    }
}
